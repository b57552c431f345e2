//! Writing the bank's tables; what the bank decides is counted anew.

use super::audit;
use super::ledger;
use super::writer::Writing;
use crate::store::{BankOrder, Deed, Entry, StoreError};
use canvass_core::domain::{Bank, DeviceNumber, PersonId, UnitId};
use rusqlite::{Connection, params};
use std::collections::HashMap;

/// Replaces the whole bank.
pub(super) fn replace(writing: &mut Writing<'_>, bank: &Bank) -> Result<(), StoreError> {
    let db = writing.db;
    db.execute_batch("DELETE FROM unit; DELETE FROM person; DELETE FROM membership; DELETE FROM device;")?;
    for unit in bank.units() {
        let parent = unit.parent.as_ref().map(UnitId::as_str);
        db.prepare_cached("INSERT INTO unit (id, parent, level, name) VALUES (?, ?, ?, ?)")?.execute(params![
            unit.id.as_str(),
            parent,
            unit.level.name(),
            unit.name
        ])?;
    }
    for person in bank.people() {
        db.prepare_cached("INSERT INTO person (id, name, role) VALUES (?, ?, ?)")?.execute(params![
            person.id.as_str(),
            person.name,
            person.roles.to_string()
        ])?;
    }
    for member in bank.memberships() {
        let until = member.until.map(|date| date.to_string());
        db.prepare_cached("INSERT INTO membership (person, unit, from_date, until_date) VALUES (?, ?, ?, ?)")?
            .execute(params![member.person.as_str(), member.unit.as_str(), member.from.to_string(), until])?;
    }
    for device in bank.devices() {
        insert_device(db, device.number, &device.person)?;
    }
    bump(db)?;
    ledger::recount_all(writing)
}

/// Adds to the bank, and notes what that changes of anybody's rights; says whether anything differed.
pub(super) fn extend(writing: &mut Writing<'_>, order: BankOrder) -> Result<bool, StoreError> {
    let bank = writing.bank()?;
    let extended = bank.with(order.units, order.people, order.memberships)?;
    let differs = extended != *bank;
    if differs {
        replace(writing, &extended)?;
        for (subject, detail) in differences(&bank, &extended) {
            let entry = Entry::new(order.by.clone(), Deed::BankChanged, subject).with(detail);
            audit::note(writing.db, order.at, &entry)?;
        }
    }
    Ok(differs)
}

/// Which units and people of a bank are otherwise than they were, and how, by ids alone.
fn differences(was: &Bank, is: &Bank) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for unit in is.units() {
        let words = match was.unit(&unit.id) {
            Some(known) if known == unit => continue,
            Some(known) if known.parent == unit.parent && known.level == unit.level => "renamed".to_owned(),
            _ => format!("{} below {}", unit.level.name(), unit.parent.as_ref().map_or("none", UnitId::as_str)),
        };
        found.push((format!("unit/{}", unit.id), words));
    }
    let (before, after) = (belonging(was), belonging(is));
    for person in is.people() {
        let known = was.person(&person.id);
        let before = before.get(&person.id).map(Vec::as_slice).unwrap_or_default();
        let after = after.get(&person.id).map(Vec::as_slice).unwrap_or_default();
        let mut words = Vec::new();
        match known {
            None => words.push(format!("new, {}", person.roles)),
            Some(known) if known.roles != person.roles => words.push(format!("{}, was {}", person.roles, known.roles)),
            Some(known) if known.name != person.name => words.push("renamed".to_owned()),
            Some(_) => {}
        }
        words.extend(after.iter().filter(|member| !before.contains(member)).cloned());
        words.extend(before.iter().filter(|member| !after.contains(member)).map(|member| format!("no more {member}")));
        if !words.is_empty() {
            found.push((format!("person/{}", person.id), words.join("; ")));
        }
    }
    found
}

/// Everybody's memberships in words.
fn belonging(bank: &Bank) -> HashMap<PersonId, Vec<String>> {
    let mut found: HashMap<PersonId, Vec<String>> = HashMap::new();
    for member in bank.memberships() {
        let until = member.until.map(|until| format!(" until {until}")).unwrap_or_default();
        let words = format!("in {} from {}{until}", member.unit, member.from);
        found.entry(member.person.clone()).or_default().push(words);
    }
    found
}

pub(super) fn insert_device(db: &Connection, number: DeviceNumber, person: &PersonId) -> Result<(), StoreError> {
    db.prepare_cached("INSERT INTO device (number, person) VALUES (?, ?)")?
        .execute(params![number.get(), person.as_str()])?;
    Ok(())
}

pub(super) fn bump(db: &Connection) -> Result<(), StoreError> {
    db.execute("UPDATE setting SET value = value + 1 WHERE name = 'bank_version'", [])?;
    Ok(())
}

//! Writing the bank's tables; what the bank decides is counted anew.

use super::bank::admitted;
use super::ledger;
use super::writer::Writing;
use crate::store::StoreError;
use canvass_core::domain::{Bank, DeviceNumber, Membership, Person, PersonId, Unit, UnitId};
use rusqlite::{Connection, params};

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

/// Adds to the bank; says whether anything differed.
pub(super) fn extend(
    writing: &mut Writing<'_>,
    units: Vec<Unit>,
    people: Vec<Person>,
    memberships: Vec<Membership>,
) -> Result<bool, StoreError> {
    let bank = writing.bank()?;
    let extended = bank.with(units, people, memberships)?;
    let differs = extended != *bank;
    if differs {
        replace(writing, &extended)?;
    }
    Ok(differs)
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

/// Notes a new device as this person's.
pub(super) fn admit(writing: &mut Writing<'_>, device: DeviceNumber, person: &PersonId) -> Result<(), StoreError> {
    if !admitted(writing.db, device, person)? {
        insert_device(writing.db, device, person)?;
        bump(writing.db)?;
        // What it recorded while the bank did not list it has an author again.
        ledger::recount_unplaced(writing)?;
    }
    Ok(())
}

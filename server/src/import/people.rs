//! People and their memberships from a file with the columns id, name, role, unit, from, until: a row for each time that
//! somebody belongs to a unit. People and memberships that the file does not list stay as they are: what somebody achieved
//! counts where they were on that day.

use super::cells::Cells;
use super::error::ImportError;
use super::index::{digest, number};
use super::mapping::{Column, Mapping};
use super::progress;
use super::report::{Outcome, Report};
use super::table::Table;
use super::units::extend;
use crate::store::Store;
use canvass_core::domain::{
    Bank, BankError, Date, Invalid, Membership, Person, PersonId, Role, Roles, ServerTime, UnitId,
};
use indicatif::ProgressBar;
use std::collections::{BTreeMap, BTreeSet, HashMap};

const COLUMNS: [Column; 6] = [
    Column::required("id", &["code", "工号", "员工号"]),
    Column::required("name", &["姓名"]),
    Column::required("role", &["角色", "岗位"]),
    Column::required("unit", &["机构", "机构号"]),
    Column::required("from", &["起始日期", "开始日期"]),
    Column::required("until", &["终止日期", "结束日期"]),
];

type Place = (PersonId, UnitId, Date);

/// Imports people, all or none; a preview has no time at which anything is written.
///
/// # Errors
/// The first thing that is wrong with the file, or with the bank that would come of it; nothing is written then.
pub async fn people(
    store: &dyn Store,
    table: &Table,
    mapping: &Mapping,
    at: Option<ServerTime>,
    bar: &ProgressBar,
    report: &mut Report,
) -> Result<(), ImportError> {
    let found = mapping.find(table.header(), &COLUMNS)?;
    report.summary().left = found.left(table.header()).into_iter().map(str::to_owned).collect();
    let bank = store.bank().await?;
    progress::checking(bar);
    let mut people: BTreeMap<PersonId, (u32, Person)> = BTreeMap::new();
    let mut memberships: BTreeMap<Place, (u32, Membership)> = BTreeMap::new();
    let mut seen: HashMap<u128, u32> = HashMap::new();
    let mut outcomes = Vec::new();
    for row in table.rows()? {
        let row = row?;
        bar.inc(1);
        let (person, membership) = person(&Cells { row: &row, found: &found }, &bank)?;
        if let Some(first) = seen.insert(number(&digest(row.cells())), row.line) {
            outcomes.push((row.line, Outcome::Identical, person.id, format!("the same as line {first}")));
            continue;
        }
        outcomes.push((row.line, outcome(&bank, &person, &membership), person.id.clone(), String::new()));
        let twice = |line: u32, what: &str| ImportError::Row {
            line: row.line,
            words: format!("{what} of {} is otherwise on line {line}; make them say the same", person.id),
        };
        if let Some((line, known)) = people.insert(person.id.clone(), (row.line, person.clone()))
            && known != person
        {
            return Err(twice(line, "the name or role"));
        }
        let place = (membership.person.clone(), membership.unit.clone(), membership.from);
        if let Some((line, _)) = memberships.insert(place, (row.line, membership)) {
            return Err(twice(line, "the same membership"));
        }
    }
    if outcomes.is_empty() {
        return Err(ImportError::Empty);
    }
    let people: Vec<Person> = people.into_values().map(|(_, person)| person).collect();
    let memberships: Vec<Membership> = memberships.into_values().map(|(_, membership)| membership).collect();
    let named = |error: BankError| ImportError::Bank { line: None, error };
    let after = bank.with(Vec::new(), people.clone(), memberships.clone()).map_err(named)?;
    let twice = overlapping(&after);
    report.begin()?;
    progress::writing_at_once(bar, outcomes.len(), at.is_none());
    extend(store, at, named, (Vec::new(), people, memberships)).await?;
    for (line, outcome, id, mut reason) in outcomes {
        if twice.contains(&id) {
            report
                .summary()
                .note("belongs to two units at once, so counts for neither: give the earlier one its until");
            reason = [reason, "belongs to two units at once".to_owned()].join("; ").trim_start_matches("; ").to_owned();
        }
        report.row(line, outcome, id.as_str(), &reason)?;
        bar.inc(1);
    }
    Ok(())
}

fn outcome(bank: &Bank, person: &Person, membership: &Membership) -> Outcome {
    let same = |m: &&Membership| m.person == person.id && m.unit == membership.unit && m.from == membership.from;
    match (bank.person(&person.id), bank.memberships().find(same)) {
        (Some(known), Some(was)) if known == person && was == membership => Outcome::Unchanged,
        (None, _) => Outcome::Created,
        _ => Outcome::Updated,
    }
}

/// Who belongs to two units on one day.
fn overlapping(bank: &Bank) -> BTreeSet<PersonId> {
    let mut of: BTreeMap<&PersonId, Vec<&Membership>> = BTreeMap::new();
    for membership in bank.memberships() {
        of.entry(&membership.person).or_default().push(membership);
    }
    let both = |a: &Membership, b: &Membership| {
        let before = |one: &Membership, other: &Membership| one.until.is_some_and(|until| until <= other.from);
        a.unit != b.unit && !before(a, b) && !before(b, a)
    };
    let clash = |all: &[&Membership]| all.iter().enumerate().any(|(at, a)| all[..at].iter().any(|b| both(a, b)));
    of.into_iter().filter(|(_, all)| clash(all)).map(|(person, _)| person.clone()).collect()
}

/// One role or several, parted by commas, by their names or as pages call them in Chinese.
fn roles(text: &str) -> Result<Roles, Invalid> {
    let mut roles = Vec::new();
    for name in text.split([',', '，', '、', ';']).map(str::trim) {
        let labelled = Role::ALL.into_iter().find(|role| role.label().zh == name);
        roles.push(labelled.map_or_else(|| Role::named(name), Ok)?);
    }
    Roles::of(roles).ok_or_else(|| Invalid::new("role", text, "at least one role"))
}

fn person(cells: &Cells<'_>, bank: &Bank) -> Result<(Person, Membership), ImportError> {
    const CODE: &str = "write a code of 1 to 32 of A-Z a-z 0-9 . _ -";
    let (id, unit, role) = (cells.required("id")?, cells.required("unit")?, cells.required("role")?);
    let id: PersonId = id.parse().map_err(|_| cells.wrong("id", id, CODE))?;
    let known: UnitId = unit.parse().map_err(|_| cells.wrong("unit", unit, CODE))?;
    if bank.unit(&known).is_none() {
        return Err(cells.wrong("unit", unit, "the bank has no such unit: import it with `import units` first"));
    }
    let roles = roles(role).map_err(|error| cells.wrong("role", role, &format!("write {}", error.expected)))?;
    let from = cells.date("from")?.ok_or_else(|| cells.wrong("from", "", "write the first day as 2026-03-02"))?;
    let until = cells.date("until")?;
    if let Some(until) = until.filter(|until| *until <= from) {
        let remedy = "it is the first day no more there, so it must be later than `from`";
        return Err(cells.wrong("until", &until.to_string(), remedy));
    }
    let person = Person { id: id.clone(), name: cells.required("name")?.to_owned(), roles };
    Ok((person, Membership { person: id, unit: known, from, until }))
}

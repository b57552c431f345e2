//! Units from a file with the columns id, parent, level, name. Units that the file does not list stay as they are.

use super::cells::Cells;
use super::error::ImportError;
use super::index::{digest, number};
use super::mapping::{Column, Mapping};
use super::progress;
use super::report::{Outcome, Report};
use super::table::Table;
use crate::store::{Actor, BankOrder, Store, StoreError};
use canvass_core::domain::{BankError, ServerTime, Unit, UnitId, UnitLevel};
use indicatif::ProgressBar;
use std::collections::{BTreeMap, HashMap};

const COLUMNS: [Column; 4] = [
    Column::required("id", &["code", "机构号", "编号"]),
    Column::required("parent", &["上级", "上级机构"]),
    Column::required("level", &["级别"]),
    Column::required("name", &["名称", "机构名称"]),
];

/// Imports units, all or none; a preview has no time at which anything is written.
///
/// # Errors
/// The first thing that is wrong with the file, or with the bank that would come of it; nothing is written then.
pub async fn units(
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
    let mut units: BTreeMap<UnitId, (u32, Unit)> = BTreeMap::new();
    let mut seen: HashMap<u128, u32> = HashMap::new();
    let mut outcomes = Vec::new();
    for row in table.rows()? {
        let row = row?;
        bar.inc(1);
        let cells = Cells { row: &row, found: &found };
        let unit = unit(&cells)?;
        if let Some(first) = seen.insert(number(&digest(row.cells())), row.line) {
            outcomes.push((row.line, Outcome::Identical, unit.id, format!("the same as line {first}")));
            continue;
        }
        let outcome = match bank.unit(&unit.id) {
            None => Outcome::Created,
            Some(known) if *known == unit => Outcome::Unchanged,
            Some(_) => Outcome::Updated,
        };
        outcomes.push((row.line, outcome, unit.id.clone(), String::new()));
        if let Some((first, _)) = units.insert(unit.id.clone(), (row.line, unit.clone())) {
            let words = format!("unit {} stands on line {first} already, otherwise; keep one of the two", unit.id);
            return Err(ImportError::Row { line: row.line, words });
        }
    }
    if outcomes.is_empty() {
        return Err(ImportError::Empty);
    }
    let lines: HashMap<UnitId, u32> = units.iter().map(|(id, (line, _))| (id.clone(), *line)).collect();
    let roots = units.values().filter(|(_, unit)| unit.parent.is_none()).map(|(line, _)| *line).max();
    let named = |error: BankError| {
        let line = match &error {
            BankError::Parent { unit, .. } => lines.get(unit).copied(),
            BankError::Roots(_) => roots,
            _ => None,
        };
        ImportError::Bank { line, error }
    };
    let units: Vec<Unit> = units.into_values().map(|(_, unit)| unit).collect();
    bank.with(units.clone(), Vec::new(), Vec::new()).map_err(&named)?;
    report.begin()?;
    progress::writing_at_once(bar, outcomes.len(), at.is_none());
    extend(store, at, named, (units, Vec::new(), Vec::new())).await?;
    for (line, outcome, id, reason) in outcomes {
        report.row(line, outcome, id.as_str(), &reason)?;
        bar.inc(1);
    }
    Ok(())
}

type Additions = (Vec<Unit>, Vec<canvass_core::domain::Person>, Vec<canvass_core::domain::Membership>);

/// Extends the bank, unless this is a preview.
pub(super) async fn extend(
    store: &dyn Store,
    at: Option<ServerTime>,
    named: impl Fn(BankError) -> ImportError,
    (units, people, memberships): Additions,
) -> Result<(), ImportError> {
    if let Some(at) = at {
        // The store does it again upon the bank as it then is: a phone may have been let in meanwhile.
        let done = store.extend_bank(BankOrder { units, people, memberships, by: Actor::Operator, at }).await;
        done.map_err(|error| match error {
            StoreError::Bank(error) => named(error),
            other => other.into(),
        })?;
    }
    Ok(())
}

fn unit(cells: &Cells<'_>) -> Result<Unit, ImportError> {
    let id = |what: &str, text: &str| {
        text.parse::<UnitId>().map_err(|_| cells.wrong(what, text, "write a code of 1 to 32 of A-Z a-z 0-9 . _ -"))
    };
    let level = cells.required("level")?;
    let named = match level {
        "总行" => Ok(UnitLevel::HeadOffice),
        "支行" | "分行" => Ok(UnitLevel::Branch),
        "网点" => Ok(UnitLevel::SubBranch),
        name => UnitLevel::named(name),
    };
    Ok(Unit {
        id: id("id", cells.required("id")?)?,
        parent: cells.text("parent")?.map(|parent| id("parent", parent)).transpose()?,
        level: named.map_err(|_| cells.wrong("level", level, "write head_office, branch or sub_branch"))?,
        name: cells.required("name")?.to_owned(),
    })
}

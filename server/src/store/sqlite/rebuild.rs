//! Rebuilding: rows, contributions and tallies from nothing but the bank and the change log (and the contributions of what was
//! erased, as they stood), and what differed from those kept.

use super::writer::Writing;
use super::{ledger, read, records, tally};
use crate::store::{Rebuilt, StoreError};
use canvass_core::domain::RecordId;
use canvass_core::projection::project;
use rusqlite::{Connection, params};
use std::collections::BTreeMap;
use std::path::Path;

/// Makes everything derived anew.
pub(super) fn rebuild(writing: &mut Writing<'_>) -> Result<Rebuilt, StoreError> {
    let db = writing.db;
    let mut found = Rebuilt { changes: read::count(db, "SELECT count(*) FROM change")?, ..Rebuilt::default() };
    let ids: Vec<Vec<u8>> = db
        .prepare("SELECT DISTINCT record FROM change WHERE record NOT IN (SELECT record FROM erased) ORDER BY record")?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for id in &ids {
        let id = RecordId::from_bytes(id)?;
        let history = records::History::of(db, id)?;
        let (Some(document), Some(arrival)) = (history.document()?, history.arrival) else { continue };
        let row = project(id, &document).ok_or_else(|| StoreError::Damaged(format!("record {id} has no kind")))?;
        // A damaged row differs too.
        if records::row(db, id).ok().flatten().as_ref() != Some(&row) {
            found.rows_differing += 1;
        }
        records::save(db, &row, arrival)?;
        found.records += 1;
    }
    // Rows of records that the log does not have.
    found.rows_differing +=
        db.execute("DELETE FROM record WHERE NOT EXISTS (SELECT 1 FROM change WHERE change.record = record.id)", [])?;
    db.execute("UPDATE setting SET value = value + 1 WHERE name = 'campaign_version'", [])?;
    let by_key = |all: Vec<_>| -> BTreeMap<_, _> {
        all.into_iter().map(|one: canvass_core::ranking::Contribution| (ledger::key_of(&one), one)).collect()
    };
    let (kept, kept_tallies) = (by_key(ledger::all(db)?), tally::kept_tallies(db)?);
    found.contributions = ledger::count_from_nothing(writing)?;
    let (now, now_tallies) = (by_key(ledger::all(db)?), tally::kept_tallies(db)?);
    found.contributions_differing = now.iter().filter(|(key, one)| kept.get(key) != Some(one)).count()
        + kept.keys().filter(|key| !now.contains_key(key)).count();
    found.tallies_differing = now_tallies.symmetric_difference(&kept_tallies).count();
    Ok(found)
}

/// Copies the bank and the change log of another file, all of it or up to a number, with what stays of what was erased, and
/// nothing else.
pub(super) fn copy_log(db: &Connection, source: &Path, until: Option<i64>) -> Result<(), StoreError> {
    db.execute("ATTACH DATABASE ? AS source", params![source.to_string_lossy()])?;
    let until = until.unwrap_or(i64::MAX);
    let copied = db.execute_batch(&format!(
        "BEGIN;
         DELETE FROM change;
         DELETE FROM erased;
         INSERT INTO unit SELECT * FROM source.unit;
         INSERT INTO person SELECT * FROM source.person;
         INSERT INTO membership SELECT * FROM source.membership;
         INSERT INTO device SELECT * FROM source.device;
         INSERT INTO change SELECT * FROM source.change WHERE seq <= {until};
         INSERT INTO erased SELECT * FROM source.erased;
         INSERT INTO contribution SELECT * FROM source.contribution WHERE source IN (SELECT record FROM source.erased);
         COMMIT;",
    ));
    db.execute_batch("DETACH DATABASE source")?;
    Ok(copied?)
}

//! Which other units work a community of the same name: one of the few things that a unit is told of another, and no more than
//! that (who begins a community learns at once that somebody is there already, and asks).

use super::records;
use crate::ingest::namesake_of;
use crate::store::StoreError;
use canvass_core::domain::{RecordId, UnitId};
use canvass_core::projection::Row;
use rusqlite::{Connection, params};
use std::collections::BTreeSet;

/// How many other units are named at most.
const NAMED: usize = 8;

/// Notes a prospect's name, or that it has none by which others would know it.
pub(super) fn save(db: &Connection, row: &Row) -> Result<(), StoreError> {
    match namesake_of(row) {
        Some(name) => db
            .prepare_cached("INSERT OR REPLACE INTO namesake (prospect, name) VALUES (?, ?)")?
            .execute(params![row.id.as_bytes(), name.cast_signed()])?,
        None => db.prepare_cached("DELETE FROM namesake WHERE prospect = ?")?.execute([row.id.as_bytes()])?,
    };
    Ok(())
}

/// Notes the names of a store that was written before they were noted.
pub(super) fn fill(db: &Connection) -> Result<(), StoreError> {
    let missing = "SELECT id FROM record WHERE kind = 'prospect' AND NOT EXISTS (SELECT 1 FROM namesake)";
    let ids: Vec<Vec<u8>> = db.prepare(missing)?.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    if ids.is_empty() {
        return Ok(());
    }
    let tx = db.unchecked_transaction()?;
    for id in ids {
        // A damaged row stands in nobody's way here; a rebuild makes it anew, with its name.
        if let Ok(Some(row)) = records::row(&tx, RecordId::from_bytes(&id)?) {
            save(&tx, &row)?;
        }
    }
    Ok(tx.commit()?)
}

/// The units, other than one, to which a community of this one's name is assigned.
pub(super) fn also(db: &Connection, prospect: RecordId, unit: &UnitId) -> Result<BTreeSet<UnitId>, StoreError> {
    let mut select = db.prepare_cached(
        "SELECT DISTINCT held.unit FROM namesake AS own
         JOIN namesake AS other ON other.name = own.name AND other.prospect <> own.prospect
         JOIN record AS held ON held.prospect = other.prospect AND held.kind = 'assignment' AND held.author = 0
         WHERE own.prospect = ?1 AND held.unit <> ?2
             AND NOT EXISTS (SELECT 1 FROM record AS newer WHERE newer.prospect = held.prospect
                 AND newer.kind = 'assignment' AND newer.author = 0
                 AND (newer.occurred_at, newer.id) > (held.occurred_at, held.id))
         ORDER BY held.unit LIMIT ?3",
    )?;
    let limit = i64::try_from(NAMED).unwrap_or(i64::MAX);
    let found = select.query_map(params![prospect.as_bytes(), unit.as_str(), limit], |row| row.get::<_, String>(0))?;
    found.map(|unit| Ok(unit?.parse()?)).collect()
}

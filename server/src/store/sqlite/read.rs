//! Plain questions.

use super::{bank, feeds, ledger, records};
use crate::ingest::{Assigned, Grants};
use crate::store::{Counts, StoreError, Versions};
use canvass_core::document::ChangeHash;
use canvass_core::domain::{Bank, Date, PersonId, RecordId, UnitId};
use canvass_core::domain::{KINDS, prospect};
use canvass_core::projection::Row;
use rusqlite::{Connection, params};
use std::collections::{BTreeMap, BTreeSet, HashSet};

pub(super) fn versions(db: &Connection) -> Result<Versions, StoreError> {
    Ok(Versions {
        sequence: feeds::sequence(db)?,
        ledger: ledger::version(db)?.unsigned_abs(),
        bank: bank::version(db)?.unsigned_abs(),
    })
}

pub(super) fn rows(db: &Connection, ids: &[RecordId]) -> Result<Vec<Row>, StoreError> {
    let rows: Result<Vec<Option<Row>>, StoreError> = ids.iter().map(|id| records::row(db, *id)).collect();
    Ok(rows?.into_iter().flatten().collect())
}

pub(super) fn assigned(db: &Connection, prospects: &[RecordId]) -> Result<BTreeMap<RecordId, Assigned>, StoreError> {
    let mut all = BTreeMap::new();
    for prospect in prospects {
        all.extend(feeds::assigned(db, *prospect)?.map(|assigned| (*prospect, assigned)));
    }
    Ok(all)
}

pub(super) fn dossiers(db: &Connection, prospect: RecordId) -> Result<Vec<RecordId>, StoreError> {
    let mut select = db.prepare_cached("SELECT id FROM record WHERE prospect = ? AND kind = ? ORDER BY id")?;
    let mut ids = Vec::new();
    for kind in KINDS.iter().filter(|kind| kind.is_confidential()) {
        let found = select.query_map(params![prospect.as_bytes(), kind.name], |row| row.get::<_, [u8; 16]>(0))?;
        for id in found {
            ids.push(RecordId::from_bytes(&id?)?);
        }
    }
    Ok(ids)
}

pub(super) fn prospects_in(
    db: &Connection,
    districts: &BTreeSet<String>,
) -> Result<Vec<(RecordId, String, String)>, StoreError> {
    let mut select = db.prepare_cached(
        "SELECT id, body ->> '$.district' AS district, body ->> '$.name' FROM record
         WHERE kind = ? AND district IS NOT NULL",
    )?;
    let mut rows = select.query([prospect::KIND.name])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let district: String = row.get(1)?;
        if districts.contains(&district) {
            let id = RecordId::from_bytes(&row.get::<_, [u8; 16]>(0)?)?;
            found.push((id, district, row.get::<_, Option<String>>(2)?.unwrap_or_default()));
        }
    }
    Ok(found)
}

/// The prospects whose newest assignment is to a unit, or to one person in it.
pub(super) fn territory(db: &Connection, unit: &UnitId, owner: Option<&PersonId>) -> Result<Vec<RecordId>, StoreError> {
    let mut select = db.prepare_cached(
        "SELECT prospect FROM record AS held WHERE kind = 'assignment' AND author = 0 AND unit = ?1
         AND (?2 IS NULL OR owner = ?2)
         AND NOT EXISTS (SELECT 1 FROM record AS newer WHERE newer.prospect = held.prospect
             AND newer.kind = 'assignment' AND newer.author = 0
             AND (newer.occurred_at, newer.id) > (held.occurred_at, held.id))
         ORDER BY prospect",
    )?;
    let found =
        select.query_map(params![unit.as_str(), owner.map(PersonId::as_str)], |row| row.get::<_, Vec<u8>>(0))?;
    found.map(|id| Ok(RecordId::from_bytes(&id?)?)).collect()
}

pub(super) fn rows_for(db: &Connection, bank: &Bank, person: &PersonId, today: Date) -> Result<Vec<Row>, StoreError> {
    let mut rows = Vec::new();
    let grants = Grants::of(bank, person, today).ok_or_else(|| StoreError::UnknownPerson(person.clone()))?;
    for audience in grants.audiences(bank).into_iter().filter(|audience| !audience.is_confidential()) {
        let mut select = db.prepare_cached(&format!(
            "SELECT {} FROM told JOIN feed ON feed.record = told.record AND feed.feed = told.feed AND last = told.seq
             JOIN record ON record.id = told.record WHERE told.feed = ? AND gone = 0",
            records::COLUMNS
        ))?;
        for row in select.query_map([audience.to_string()], records::read)? {
            let row = Row::try_from(row?)?;
            if grants.reads(&row.kind) {
                rows.push(row);
            }
        }
    }
    Ok(rows)
}

/// Reads the whole log: hashes have no index, and only audits ask.
pub(super) fn has_changes(db: &Connection, hashes: &[ChangeHash]) -> Result<HashSet<ChangeHash>, StoreError> {
    let wanted: HashSet<&ChangeHash> = hashes.iter().collect();
    let mut select = db.prepare_cached("SELECT hash FROM change")?;
    let mut found = select.query([])?;
    let mut there = HashSet::new();
    while let Some(row) = found.next()? {
        let hash = ChangeHash::from_bytes(row.get_ref(0)?.as_blob().unwrap_or_default());
        there.extend(hash.filter(|hash| wanted.contains(hash)));
    }
    Ok(there)
}

pub(super) fn counts(db: &Connection) -> Result<Counts, StoreError> {
    let count = |sql: &str| -> Result<usize, StoreError> { Ok(count(db, sql)?) };
    Ok(Counts {
        changes: count("SELECT count(*) FROM change")?,
        records: count("SELECT count(*) FROM record")?,
        in_conflict: count("SELECT count(*) FROM record WHERE conflicts <> ''")?,
        quarantined: count("SELECT count(*) FROM quarantine")?,
    })
}

pub(super) fn count(db: &Connection, sql: &str) -> rusqlite::Result<usize> {
    db.query_row(sql, [], |row| Ok(usize::try_from(row.get::<_, i64>(0)?).unwrap_or(0)))
}

//! Erasure: what a person asked the bank to destroy leaves this phone at once, sent or not. Whoever recorded it is told that
//! it is gone, and nothing of what it said.

use super::inbox::{self, Quarantined};
use super::{ReplicaError, attachments, changes, drafts, receipts, rows};
use crate::document::change_hash;
use crate::domain::{Fields, Kind, PhoneTime, RecordId, attachment, prospect, visit};
use crate::wire::ERASED;
use rusqlite::{Connection, OptionalExtension, params};

/// Destroys what a file holds of some records, and of all that belongs to them. Returns how many records those were.
pub(super) fn erase(db: &Connection, records: &[RecordId], now: PhoneTime) -> Result<usize, ReplicaError> {
    let mut gone = 0;
    for record in records {
        let kind: Option<String> = db
            .prepare_cached("SELECT kind FROM record WHERE id = ?")?
            .query_row([record.as_bytes()], |row| row.get(0))
            .optional()?;
        let belonging: Vec<Vec<u8>> = db
            .prepare_cached(
                "SELECT id FROM record
                 WHERE prospect = ?1 OR id = ?1 OR (kind = ?2 AND body ->> '$.of.b' = lower(hex(?1)))",
            )?
            .query_map(params![record.as_bytes(), attachment::KIND.name], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        let mut unsent = 0;
        for id in &belonging {
            unsent += changes::pending(db, RecordId::from_bytes(id)?)?.len();
            destroy(db, id)?;
        }
        // What was refused, or let go of, can be in the inbox still: also what would have begun a record of it.
        destroy(db, record.as_bytes())?;
        let begun: Vec<Vec<u8>> = db
            .prepare_cached("SELECT record FROM quarantine WHERE bytes <> x'' AND instr(bytes, ?) > 0")?
            .query_map([record.as_bytes()], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        for id in &begun {
            destroy(db, id)?;
        }
        gone += belonging.len();
        if kind.is_some() || unsent > 0 {
            let kind = kind.map_or(Ok(Kind::from(&prospect::KIND)), |kind| kind.parse())?;
            tell(db, *record, &kind, unsent, now)?;
        }
    }
    if gone > 0 {
        receipts::prune(db)?;
    }
    Ok(gone)
}

fn destroy(db: &Connection, id: &[u8]) -> Result<(), ReplicaError> {
    attachments::erase(db, id)?;
    rows::remove(db, RecordId::from_bytes(id)?)?;
    drafts::erase(db, id)?;
    let retired: Option<Vec<u8>> = db
        .prepare_cached("SELECT prospect FROM retired WHERE record = ?")?
        .query_row([id], |row| row.get(0))
        .optional()?;
    for sql in [
        "DELETE FROM change WHERE record = ?",
        // But for the line that tells of it.
        "DELETE FROM quarantine WHERE record = ? AND bytes <> x''",
        "DELETE FROM retired WHERE ?1 IN (record, prospect)",
        "DELETE FROM wanted WHERE record = ?",
        "DELETE FROM reassigned WHERE prospect = ?",
    ] {
        db.prepare_cached(sql)?.execute([id])?;
    }
    match retired {
        Some(prospect) => rows::forget(db, RecordId::from_bytes(id)?, visit::KIND.name, Some(&prospect)),
        None => Ok(()),
    }
}

/// Puts a line into the inbox that says what went, and nothing of what it said.
fn tell(db: &Connection, record: RecordId, kind: &Kind, unsent: usize, at: PhoneTime) -> Result<(), ReplicaError> {
    let mut words = format!("this {kind} was erased everywhere, as a person asked for with whom it had to do");
    if unsent > 0 {
        words.push_str(&format!("; {unsent} changes made here that had not been sent went with it"));
    }
    let (hash, fields) = (change_hash(record.as_bytes()), Fields::new());
    inbox::refuse(db, &Quarantined { hash, record, kind, bytes: &[], fields: &fields, at }, ERASED, &words)
}

/// Remembers what is to be erased in the file of dossiers, which is locked.
pub(super) fn remember(db: &Connection, records: &[RecordId]) -> Result<(), ReplicaError> {
    for record in records {
        db.prepare_cached("INSERT OR IGNORE INTO erased (record) VALUES (?)")?.execute([record.as_bytes()])?;
    }
    Ok(())
}

/// What was remembered.
pub(super) fn remembered(db: &Connection) -> Result<Vec<RecordId>, ReplicaError> {
    let mut select = db.prepare_cached("SELECT record FROM erased")?;
    let found = select.query_map([], |row| row.get::<_, Vec<u8>>(0))?;
    found.map(|id| Ok(RecordId::from_bytes(&id?)?)).collect()
}

/// It is done.
pub(super) fn forget(db: &Connection) -> Result<(), ReplicaError> {
    db.execute("DELETE FROM erased", [])?;
    Ok(())
}

//! The table of changes: the truth of a phone.

use super::receipts::Proof;
use super::{ReplicaError, rows};
use crate::document::{Change, ChangeHash, Document, DocumentError, change_hash};
use crate::domain::RecordId;
use rusqlite::{Connection, OptionalExtension, params};

/// Where a change comes from.
#[derive(Clone, Copy)]
pub(super) enum Origin<'a> {
    /// Made here, and not yet acknowledged.
    Outbox,
    /// From the server, with its proof of who wrote it.
    Server(&'a Proof<'a>),
}

pub(super) fn insert(
    db: &Connection,
    record: RecordId,
    change: &Change,
    origin: Origin<'_>,
) -> Result<(), ReplicaError> {
    let (own, acknowledged, receipt, at) = match origin {
        Origin::Outbox => (1, 0, None, 0),
        Origin::Server(proof) => (0, 1, proof.number(db)?, proof.at.millis()),
    };
    db.prepare_cached(
        "INSERT INTO change (record, hash, bytes, own, acknowledged, receipt, acknowledged_at)
         VALUES (?, ?, ?, ?, ?, ?, ?)",
    )?
    .execute(params![record.as_bytes(), change.hash.as_bytes(), change.bytes, own, acknowledged, receipt, at])?;
    Ok(())
}

/// A change as it stood in the table.
#[derive(Debug)]
pub(super) struct Stood {
    pub(super) hash: ChangeHash,
    bytes: Vec<u8>,
    own: bool,
    acknowledged: bool,
    receipt: Option<i64>,
}

/// A record's changes in their order, but for those that storage damaged.
pub(super) fn sound(db: &Connection, record: RecordId) -> Result<Vec<Stood>, ReplicaError> {
    let mut select = db
        .prepare_cached("SELECT hash, bytes, own, acknowledged, receipt FROM change WHERE record = ? ORDER BY place")?;
    let mut found = select.query([record.as_bytes()])?;
    let mut all = Vec::new();
    while let Some(row) = found.next()? {
        let (hash, bytes) = (hash_of(row.get_ref(0)?.as_blob().unwrap_or_default())?, row.get::<_, Vec<u8>>(1)?);
        if change_hash(&bytes) == hash {
            all.push(Stood { hash, bytes, own: row.get(2)?, acknowledged: row.get(3)?, receipt: row.get(4)? });
        }
    }
    Ok(all)
}

/// Puts a change back that the server does not have: into the outbox, if it can be sent.
pub(super) fn put_back(db: &Connection, record: RecordId, change: &Stood) -> Result<(), ReplicaError> {
    let sendable = change.own || change.receipt.is_some();
    db.prepare_cached(
        "INSERT INTO change (record, hash, bytes, own, acknowledged, receipt) VALUES (?, ?, ?, ?, ?, ?)",
    )?
    .execute(params![
        record.as_bytes(),
        change.hash.as_bytes(),
        change.bytes,
        change.own,
        change.acknowledged && !sendable,
        change.receipt
    ])?;
    Ok(())
}

/// Of a change that came again from the server: whether it was made here.
pub(super) fn keep_own(db: &Connection, change: &Stood) -> Result<(), ReplicaError> {
    db.prepare_cached("UPDATE change SET own = ? WHERE hash = ?")?
        .execute(params![change.own, change.hash.as_bytes()])?;
    // What it replaced need not be kept any longer.
    db.prepare_cached("DELETE FROM quarantine WHERE replaced_by = ?")?.execute([change.hash.as_bytes()])?;
    Ok(())
}

/// A record's document, with the bytes its changes take; `None` when no change of it is here.
pub(super) fn document(db: &Connection, record: RecordId) -> Result<Option<(Document, usize)>, ReplicaError> {
    let changes = bytes_of(db, record, "")?;
    if changes.is_empty() {
        return Ok(None);
    }
    let size = changes.iter().map(Vec::len).sum();
    Ok(Some((Document::load(changes.iter().map(Vec::as_slice))?, size)))
}

/// The changes of a record that the server has, as a document.
pub(super) fn acknowledged_document(db: &Connection, record: RecordId) -> Result<Option<Document>, ReplicaError> {
    let changes = bytes_of(db, record, "AND acknowledged = 1")?;
    if changes.is_empty() {
        return Ok(None);
    }
    Ok(Some(Document::load(changes.iter().map(Vec::as_slice))?))
}

fn bytes_of(db: &Connection, record: RecordId, which: &str) -> Result<Vec<Vec<u8>>, ReplicaError> {
    let sql = format!("SELECT hash, bytes FROM change WHERE record = ? {which} ORDER BY place");
    let mut select = db.prepare_cached(&sql)?;
    let mut found = select.query([record.as_bytes()])?;
    let mut changes = Vec::new();
    while let Some(row) = found.next()? {
        let (hash, bytes): (Vec<u8>, Vec<u8>) = (row.get(0)?, row.get(1)?);
        // Automerge verifies neither hash nor checksum here, and panics on some damaged bytes.
        if bytes.get(4..8) != hash.get(..4) || change_hash(&bytes) != hash_of(&hash)? {
            return Err(DocumentError::Damaged.into());
        }
        changes.push(bytes);
    }
    Ok(changes)
}

/// The record's changes that are still in the outbox, in their order.
pub(super) fn pending(db: &Connection, record: RecordId) -> Result<Vec<(ChangeHash, Vec<u8>)>, ReplicaError> {
    let mut select =
        db.prepare_cached("SELECT hash, bytes FROM change WHERE record = ? AND acknowledged = 0 ORDER BY place")?;
    let pending = select.query_map([record.as_bytes()], |row| Ok((row.get::<_, Vec<u8>>(0)?, row.get(1)?)))?;
    let mut changes = Vec::new();
    for change in pending {
        let (hash, bytes) = change?;
        changes.push((hash_of(&hash)?, bytes));
    }
    Ok(changes)
}

/// Notes that the server has a change durably, by its proof if there is one. Returns whether that is news.
pub(super) fn acknowledge(db: &Connection, hash: &ChangeHash, proof: &Proof<'_>) -> Result<bool, ReplicaError> {
    let news = db
        .prepare_cached("UPDATE change SET acknowledged = 1, acknowledged_at = ? WHERE hash = ? AND acknowledged = 0")?
        .execute(params![proof.at.millis(), hash.as_bytes()])?;
    if news > 0
        && let Some(number) = proof.number(db)?
    {
        db.prepare_cached("UPDATE change SET receipt = ? WHERE hash = ?")?.execute(params![number, hash.as_bytes()])?;
    }
    // What this change replaced need not be kept any longer.
    db.prepare_cached("DELETE FROM quarantine WHERE replaced_by = ?")?.execute([hash.as_bytes()])?;
    Ok(news > 0)
}

/// Notes that the server could not take a change yet, so that it holds up nothing behind it.
pub(super) fn wait(db: &Connection, hash: &ChangeHash) -> Result<(), ReplicaError> {
    db.prepare_cached("UPDATE change SET waiting = 1 WHERE hash = ?")?.execute([hash.as_bytes()])?;
    Ok(())
}

/// Puts a record's acknowledged changes back into the outbox, as far as they are this phone's own or a receipt says whose
/// they are: the server turned out not to have them.
pub(super) fn requeue(db: &Connection, record: RecordId) -> Result<(), ReplicaError> {
    db.prepare_cached("UPDATE change SET acknowledged = 0 WHERE record = ? AND (own = 1 OR receipt IS NOT NULL)")?
        .execute([record.as_bytes()])?;
    Ok(())
}

/// Puts every change back into the outbox that is this phone's own or that a receipt proves: the server lost it, or may have.
pub(super) fn doubt(db: &Connection) -> Result<(), ReplicaError> {
    db.execute("UPDATE change SET acknowledged = 0 WHERE acknowledged = 1 AND (own = 1 OR receipt IS NOT NULL)", [])?;
    db.execute("UPDATE change SET waiting = 0 WHERE waiting = 1", [])?;
    Ok(())
}

/// Whether all of a record's changes in the outbox were made here: others' can be there only to be brought back.
pub(super) fn pending_are_own(db: &Connection, record: RecordId) -> Result<bool, ReplicaError> {
    let mut select = db.prepare_cached("SELECT 1 FROM change WHERE record = ? AND acknowledged = 0 AND own = 0")?;
    Ok(select.query_row([record.as_bytes()], |_| Ok(())).optional()?.is_none())
}

pub(super) fn remove(db: &Connection, hash: &ChangeHash) -> Result<(), ReplicaError> {
    db.prepare_cached("DELETE FROM change WHERE hash = ?")?.execute([hash.as_bytes()])?;
    Ok(())
}

/// How many changes the server does not have yet.
pub(super) fn outstanding(db: &Connection) -> Result<usize, ReplicaError> {
    Ok(db.prepare_cached("SELECT count(*) FROM change WHERE acknowledged = 0")?.query_row([], rows::count)?)
}

/// How many records those are about.
pub(super) fn outstanding_records(db: &Connection) -> Result<usize, ReplicaError> {
    // By itself SQLite would look through all changes to have them by record.
    let sql = "SELECT count(DISTINCT record) FROM change INDEXED BY outbox WHERE acknowledged = 0";
    Ok(db.prepare_cached(sql)?.query_row([], rows::count)?)
}

pub(super) fn exists(db: &Connection, record: RecordId) -> Result<bool, ReplicaError> {
    let found: Option<i64> = db
        .prepare_cached("SELECT 1 FROM change WHERE record = ? LIMIT 1")?
        .query_row([record.as_bytes()], |row| row.get(0))
        .optional()?;
    Ok(found.is_some())
}

/// Whether there is any change at all.
pub(super) fn any(db: &Connection) -> Result<bool, ReplicaError> {
    Ok(db.query_row("SELECT EXISTS (SELECT 1 FROM change)", [], |row| row.get(0))?)
}

pub(super) fn hash_of(bytes: &[u8]) -> Result<ChangeHash, ReplicaError> {
    ChangeHash::from_bytes(bytes).ok_or_else(|| ReplicaError::Damaged("a change hash is not 32 bytes".to_owned()))
}

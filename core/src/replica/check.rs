//! The check, and what is asked for whole: records that differ from what the server has, and older ones that left the phone and
//! are wanted back.

use super::receipts::{self, Proof};
use super::{Files, ReplicaError, apply, changes, retention, rows};
use crate::document::gate::{Guarded, Refusal, Rules};
use crate::document::{ChangeHash, change_hash};
use crate::domain::{PhoneTime, RecordId};
use crate::sync::Checked;
use crate::wire::{CheckDigest, Delivery, Inventory, Request, Response};
use rusqlite::{Connection, params};
use std::collections::BTreeSet;

/// How many records one request asks for at most.
const FETCHED: usize = 200;

/// What the phone has of what the server acknowledged. Bytes are read again: what storage damaged differs.
fn inventory(files: &Files) -> Result<Inventory, ReplicaError> {
    let mut inventory = Inventory::default();
    for (db, confidential) in std::iter::once((&files.main, false)).chain(files.dossiers.iter().map(|db| (db, true))) {
        let mut select = db.prepare_cached(
            "SELECT record, bytes FROM change WHERE acknowledged = 1
                 AND NOT EXISTS (SELECT 1 FROM record WHERE id = change.record AND leaving = 1)
             ORDER BY record",
        )?;
        let found = select.query_map([], |row| {
            Ok((row.get::<_, Vec<u8>>(0)?, change_hash(row.get_ref(1)?.as_blob().unwrap_or_default())))
        })?;
        let found = found.map(|change| {
            let (record, hash) = change?;
            Ok::<_, ReplicaError>((RecordId::from_bytes(&record)?, hash))
        });
        inventory.add_all(confidential, found)?;
        let mut retired = db.prepare_cached("SELECT record, digest FROM retired")?;
        let mut found = retired.query([])?;
        while let Some(row) = found.next()? {
            let digest = CheckDigest::from_bytes(row.get_ref(1)?.as_blob().unwrap_or_default());
            let damaged = || ReplicaError::Damaged("a digest is not 16 bytes".to_owned());
            let record = RecordId::from_bytes(row.get_ref(0)?.as_blob().unwrap_or_default())?;
            inventory.add(confidential, record, digest.ok_or_else(damaged)?);
        }
    }
    Ok(inventory)
}

/// Compares what the phone has with the server's answer, once all of the response is applied; what differs is asked for.
pub(super) fn compare(files: &Files, response: &Response, now: PhoneTime) -> Result<Option<Checked>, ReplicaError> {
    let Some(answer) = &response.check else { return Ok(None) };
    let (inventory, open) = (inventory(files)?, files.dossiers.is_some());
    let records = inventory.records();
    if answer.listed.is_empty() {
        let differing = inventory.differing_months(&answer.months, open);
        return Ok(Some(Checked::Months { records, differing }));
    }
    let differing = inventory.differing_records(answer, open);
    let tx = files.main.unchecked_transaction()?;
    want(&tx, &differing, now)?;
    tx.commit()?;
    Ok(Some(Checked::Records { records, differing: differing.len() }))
}

/// Asks for records whole.
pub(super) fn want(db: &Connection, records: &[RecordId], now: PhoneTime) -> Result<(), ReplicaError> {
    for record in records {
        db.prepare_cached("INSERT OR IGNORE INTO wanted (record, since) VALUES (?, ?)")?
            .execute(params![record.as_bytes(), now.millis()])?;
    }
    Ok(())
}

/// What is asked for.
pub(super) fn wanted(db: &Connection) -> Result<Vec<RecordId>, ReplicaError> {
    let mut select = db.prepare_cached("SELECT record FROM wanted ORDER BY since, record LIMIT ?")?;
    let found = select.query_map([i64::try_from(FETCHED).unwrap_or(i64::MAX)], |row| row.get::<_, Vec<u8>>(0))?;
    found.map(|id| Ok(RecordId::from_bytes(&id?)?)).collect()
}

/// Whether a delivery begins with a record's first change: a server that knows nothing of what was asked for sends only what is new.
pub(super) fn is_whole(delivery: &Delivery) -> bool {
    let mut from_nothing = Guarded::empty(delivery.record, delivery.kind.clone());
    let first = delivery.changes.first().map(|bytes| from_nothing.admit(bytes, &Rules::phone()));
    !matches!(first, Some(Err(Refusal::NeedsDeps(_))) | None)
}

/// Takes in a record that was asked for: the phone then has what the server has of it, and in the outbox what the server lacks,
/// as far as that is its own or proven. Returns how many changes were new.
pub(super) fn take_whole(
    db: &Connection,
    delivery: &Delivery,
    proof: &Proof<'_>,
    now: PhoneTime,
) -> Result<usize, ReplicaError> {
    let record = delivery.record;
    let before = changes::sound(db, record)?;
    db.prepare_cached("DELETE FROM change WHERE record = ?")?.execute([record.as_bytes()])?;
    retention::is_back(db, record)?;
    let new = apply::deliver(db, delivery, proof, now)?;
    let there: BTreeSet<ChangeHash> = delivery.hashes().collect();
    let (known, lacking): (Vec<_>, Vec<_>) = before.into_iter().partition(|change| there.contains(&change.hash));
    for change in &known {
        changes::keep_own(db, change)?;
    }
    for change in &lacking {
        changes::put_back(db, record, change)?;
    }
    match changes::document(db, record)? {
        Some((document, _)) => rows::save(db, record, &document)?,
        None => rows::remove(db, record)?,
    }
    receipts::prune(db)?;
    Ok(new.saturating_sub(known.len()))
}

/// What was asked for has come, gone, or is not known there.
pub(super) fn note_answered(db: &Connection, request: &Request, response: &Response) -> Result<(), ReplicaError> {
    let answered = |record: &RecordId| {
        response.deliveries.iter().any(|delivery| delivery.record == *record)
            || [&response.evictions, &response.unknown, &response.erased].into_iter().any(|all| all.contains(record))
    };
    // A server that has no more to say and did not answer never will.
    for record in request.fetch.iter().filter(|record| !response.more || answered(record)) {
        db.prepare_cached("DELETE FROM wanted WHERE record = ?")?.execute([record.as_bytes()])?;
    }
    Ok(())
}

/// Whether there is something to ask for.
pub(super) fn is_wanting(db: &Connection) -> Result<bool, ReplicaError> {
    Ok(db.query_row("SELECT EXISTS (SELECT 1 FROM wanted)", [], |row| row.get(0))?)
}

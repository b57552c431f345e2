//! Erasure: a person's right over their data. The bytes of a record's changes are destroyed; their places, hashes and marks stay,
//! so that the log has no hole and phones are answered. What counted goes on counting as it stood.

use super::erased_list::ErasedList;
use super::feeds::{self, Numbers};
use super::writer::Writing;
use super::{audit, records};
use crate::store::{Actor, Deed, Entry, EraseOrder, StoreError};
use canvass_core::document::change_hash;
use canvass_core::domain::{
    AudienceRule, Kind, RecordId, ServerTime, WrittenBy, attachment, dispute, prospect, verification,
};
use canvass_core::wire::{ERASED, Push, Verdict};
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// Erases a record; with a prospect all that belongs to it. Returns what was erased, nothing if it was before.
pub(super) fn erase(
    writing: &mut Writing<'_>,
    list: &ErasedList,
    order: &EraseOrder,
) -> Result<Vec<RecordId>, StoreError> {
    let (db, mark) = (writing.db, writing.mark());
    if is_erased(db, order.record)? {
        return Ok(Vec::new());
    }
    let missing = || StoreError::NoSuchRecord { kind: "record", id: order.record };
    let kind = kind_of(db, order.record)?.ok_or_else(missing)?;
    if is_the_banks(&kind) {
        let words = "is the bank's own: prospects, and what people record of them, can be erased";
        return Err(StoreError::Forbidden(format!("a {kind} {words}")));
    }
    let records = with_all_of_it(db, order.record)?;
    // What is in the list is erased, whatever becomes of this transaction: the next opening of the database sees to it.
    list.add(&records.iter().map(|record| (*record, order.at)).collect())?;
    destroy(db, &records, order.at, mark)?;
    writing.owes_checkpoint();
    let subject = format!("{kind}/{}", order.record);
    let entry = Entry::new(order.by.clone(), Deed::Erased, subject);
    audit::note(db, order.at, &entry.with(format!("{} records: {}", records.len(), order.reason)))?;
    Ok(records)
}

/// Whether records of a kind are the bank's own: nobody can ask for those to be erased.
fn is_the_banks(kind: &Kind) -> bool {
    kind.spec().is_some_and(|spec| spec.written_by == WrittenBy::Server || spec.audience == AudienceRule::Bank)
}

/// Brings a database that is being opened and the list together: what a backup brought back is erased again.
pub(super) fn reconcile(db: &Connection, list: &ErasedList, mark: i64) -> Result<(), StoreError> {
    let (listed, done) = (list.read()?, all(db)?);
    if done.keys().any(|record| !listed.contains_key(record)) {
        list.add(&done)?;
    }
    let mut back: BTreeMap<RecordId, ServerTime> =
        listed.into_iter().filter(|(record, _)| !done.contains_key(record)).collect();
    // What nobody can erase stays, whoever wrote its id there.
    let mut own = Vec::new();
    for record in back.keys() {
        own.extend(kind_of(db, *record)?.filter(is_the_banks).map(|_| *record));
    }
    back.retain(|record, _| !own.contains(record));
    if back.is_empty() {
        return Ok(());
    }
    db.execute_batch("BEGIN IMMEDIATE")?;
    let erased = back.iter().try_for_each(|(record, at)| {
        // With its prospect, say, which the list names too.
        if is_erased(db, *record)? {
            return Ok(());
        }
        let records = with_all_of_it(db, *record)?;
        destroy(db, &records, *at, mark)?;
        let entry = Entry::new(Actor::Server, Deed::Erased, format!("record/{record}"));
        audit::note(db, *at, &entry.with(format!("again, by the list beside the keys: {} records", records.len())))
    });
    let ended = db.execute_batch(if erased.is_ok() { "COMMIT" } else { "ROLLBACK" });
    erased.and(ended.map_err(StoreError::from))?;
    tracing::warn!(records = back.len(), "this database held what had been erased: it is erased again");
    checkpoint(db).map(drop)
}

/// Takes what was destroyed out of the log beside the file, too. Returns whether that could be done: somebody may be reading.
pub(super) fn checkpoint(db: &Connection) -> Result<bool, StoreError> {
    let busy: i64 = db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    Ok(busy == 0)
}

/// Destroys what there is of records, the named one first, and tells every phone.
fn destroy(db: &Connection, records: &[RecordId], at: ServerTime, mark: i64) -> Result<(), StoreError> {
    let mut numbers = Numbers::of(db)?;
    forget_refused(db, records)?;
    for record in records {
        let (id, kind) = (record.as_bytes(), kind_of(db, *record)?);
        db.prepare_cached("INSERT OR IGNORE INTO erased (record, kind, erased_at) VALUES (?, ?, ?)")?
            .execute(params![id, kind.as_ref().map(Kind::name), at.millis()])?;
        for sql in ["UPDATE change SET bytes = x'', sealed = 0 WHERE record = ?", "DELETE FROM record WHERE id = ?"] {
            db.prepare_cached(sql)?.execute([id])?;
        }
        let seq = numbers.next();
        // A commit like any other: by its mark a phone finds out that a server restored since does not have it.
        db.prepare_cached(
            "INSERT INTO change (seq, record, hash, device, received_at, sealed, bytes, mark)
             VALUES (?, ?, zeroblob(32), 0, ?, 0, x'', ?)",
        )?
        .execute(params![seq, id, at.millis(), mark])?;
        feeds::tell_of_erasure(db, *record, seq)?;
    }
    numbers.save(db)
}

/// Destroys what was refused or is held of records, and what begins a record that belongs to the named one: its bytes say so.
fn forget_refused(db: &Connection, records: &[RecordId]) -> Result<(), StoreError> {
    let all: HashSet<&[u8]> = records.iter().map(|record| record.as_bytes().as_slice()).collect();
    let named = records.first().map_or(&[][..], |record| record.as_bytes().as_slice());
    for (table, bytes) in [
        ("quarantine", "iif(sealed, unseal('quarantine', bytes, record), bytes)"),
        ("held", "unseal('quarantine', bytes, record)"),
    ] {
        let mut select = db.prepare_cached(&format!("SELECT hash, device, record, {bytes} FROM {table}"))?;
        let mut found = select.query([])?;
        let mut gone: Vec<(Vec<u8>, i64)> = Vec::new();
        while let Some(row) = found.next()? {
            let (record, bytes) = (row.get_ref(2)?, row.get_ref(3)?);
            let bytes = bytes.as_blob().unwrap_or_default();
            if all.contains(record.as_blob().unwrap_or_default()) || bytes.windows(16).any(|window| window == named) {
                gone.push((row.get(0)?, row.get(1)?));
            }
        }
        for (hash, device) in gone {
            db.prepare_cached(&format!("DELETE FROM {table} WHERE hash = ? AND device = ?"))?
                .execute(params![hash, device])?;
        }
    }
    Ok(())
}

/// A record, first, and for a prospect all that belongs to it, held or not; of another the verdicts on it, what was disputed of it, and its attachments.
fn with_all_of_it(db: &Connection, record: RecordId) -> Result<Vec<RecordId>, StoreError> {
    let mut all = vec![record];
    if kind_of(db, record)?.is_none_or(|kind| kind.is(&prospect::KIND)) {
        let sql = "SELECT id FROM record WHERE prospect = ?1 AND id <> ?1
                   UNION SELECT record FROM held WHERE prospect = ?1 AND record <> ?1";
        let mut select = db.prepare_cached(sql)?;
        for id in select.query_map([record.as_bytes()], |row| row.get::<_, Vec<u8>>(0))? {
            all.push(RecordId::from_bytes(&id?)?);
        }
    } else {
        let mut select = db.prepare_cached(
            "SELECT id FROM record WHERE prospect = (SELECT prospect FROM record WHERE id = ?1) AND kind IN (?2, ?3, ?4)
                 AND ?5 IN (body ->> '$.outcome.b', body ->> '$.of.b', body ->> '$.about.b')",
        )?;
        let kinds = [verification::KIND.name, attachment::KIND.name, dispute::KIND.name];
        let about = params![record.as_bytes(), kinds[0], kinds[1], kinds[2], record.to_string()];
        for id in select.query_map(about, |row| row.get::<_, Vec<u8>>(0))? {
            all.push(RecordId::from_bytes(&id?)?);
        }
    }
    Ok(all)
}

/// The kind of a record of which the log has something, or that is held or in quarantine.
fn kind_of(db: &Connection, record: RecordId) -> Result<Option<Kind>, StoreError> {
    let sql = "SELECT kind FROM record WHERE id = ?1 UNION ALL SELECT kind FROM held WHERE record = ?1
               UNION ALL SELECT kind FROM quarantine WHERE record = ?1 LIMIT 1";
    let kind: Option<String> = db.prepare_cached(sql)?.query_row([record.as_bytes()], |row| row.get(0)).optional()?;
    Ok(kind.map(|kind| kind.parse()).transpose()?)
}

/// Every record that was erased, and when.
pub(super) fn all(db: &Connection) -> Result<BTreeMap<RecordId, ServerTime>, StoreError> {
    let mut select = db.prepare_cached("SELECT record, erased_at FROM erased")?;
    let mut found = select.query([])?;
    let mut all = BTreeMap::new();
    while let Some(row) = found.next()? {
        let record = RecordId::from_bytes(row.get_ref(0)?.as_blob().unwrap_or_default())?;
        all.insert(record, ServerTime::from_millis(row.get(1)?)?);
    }
    Ok(all)
}

/// Whether a record was erased.
pub(super) fn is_erased(db: &Connection, record: RecordId) -> Result<bool, StoreError> {
    let mut select = db.prepare_cached("SELECT 1 FROM erased WHERE record = ?")?;
    Ok(select.query_row([record.as_bytes()], |_| Ok(())).optional()?.is_some())
}

/// Which of some records were erased.
pub(super) fn among(db: &Connection, records: &[RecordId]) -> Result<BTreeSet<RecordId>, StoreError> {
    let mut found = BTreeSet::new();
    for record in records {
        if is_erased(db, *record)? {
            found.insert(*record);
        }
    }
    Ok(found)
}

/// What whoever writes to something erased is told.
pub(super) fn words(kind: &Kind) -> String {
    format!(
        "this {kind} was erased, as a person asked for with whom it had to do: nothing of it is kept, here or there"
    )
}

/// The verdicts on a push to a record that was erased; none if it was not. What the log had is known, and gone; of what is new
/// not even the bytes are kept.
pub(super) fn verdicts(db: &Connection, push: &Push) -> Result<Option<Vec<Verdict>>, StoreError> {
    if !is_erased(db, push.record)? {
        return Ok(None);
    }
    let known: HashSet<Vec<u8>> = records::hashes(db, push.record)?;
    let verdict = |bytes: &[u8]| match known.contains(change_hash(bytes).as_bytes().as_slice()) {
        true => Verdict::Known,
        false => Verdict::Refused { code: ERASED.to_owned(), words: words(&push.kind) },
    };
    Ok(Some(push.changes.iter().map(|bytes| verdict(bytes)).collect()))
}

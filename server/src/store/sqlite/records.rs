//! The change log and the rows made from it.

use super::namesakes;
use crate::store::StoreError;
use canvass_core::document::gate::Guarded;
use canvass_core::document::{Change, ChangeHash, Document, change_hash};
use canvass_core::domain::{DeviceNumber, Kind, KindSpec, RecordId, ServerTime, campaign, prospect};
use canvass_core::projection::{PROJECTION, Row, StoredRow};
use canvass_core::wire::{Commit, Push};
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::HashSet;

/// The columns of a row in the order of [`read`].
pub(super) const COLUMNS: &str =
    "id, kind, prospect, author, unit, owner, state, occurred_at, due_at,
     iif(record.sealed, unseal_text('dossier', body, id), body), iif(record.sealed, unseal_text('dossier', conflicts, id), conflicts),
     flags, heads";

pub(super) fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<StoredRow> {
    Ok(StoredRow {
        id: row.get(0)?,
        kind: row.get(1)?,
        prospect: row.get(2)?,
        author: row.get(3)?,
        unit: row.get(4)?,
        owner: row.get(5)?,
        state: row.get(6)?,
        occurred_at: row.get(7)?,
        due_at: row.get(8)?,
        body: row.get(9)?,
        conflicts: row.get(10)?,
        flags: row.get(11)?,
        heads: row.get(12)?,
    })
}

/// When a record's first change came, and the number of its last.
#[derive(Debug, Clone, Copy)]
pub(super) struct Arrival {
    pub(super) received_at: ServerTime,
    /// When its newest change came.
    pub(super) changed_at: ServerTime,
    pub(super) seq: i64,
}

/// When a record's newest change came; what a restored server gets back comes in any order.
pub(super) fn changed_at(db: &Connection, record: RecordId) -> Result<Option<ServerTime>, StoreError> {
    let mut select = db.prepare_cached("SELECT max(received_at) FROM change WHERE record = ?")?;
    let latest: Option<i64> = select.query_row([record.as_bytes()], |row| row.get(0))?;
    Ok(latest.map(ServerTime::from_millis).transpose()?)
}

pub(super) fn append(
    db: &Connection,
    (seq, mark): (i64, i64),
    record: RecordId,
    change: &Change,
    device: DeviceNumber,
    received_at: ServerTime,
    sealed: bool,
) -> Result<(), StoreError> {
    db.prepare_cached(
        "INSERT INTO change (seq, record, hash, device, received_at, sealed, bytes, mark)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, iif(?6, seal('dossier', ?7, ?2), ?7), ?8)",
    )?
    .execute(params![
        seq,
        record.as_bytes(),
        change.hash.as_bytes(),
        device.get(),
        received_at.millis(),
        sealed,
        change.bytes,
        mark
    ])?;
    Ok(())
}

/// How far the log has come; none while it is empty.
pub(super) fn last_commit(db: &Connection) -> Result<Option<Commit>, StoreError> {
    let mut select = db.prepare_cached("SELECT seq, mark FROM change ORDER BY seq DESC LIMIT 1")?;
    let found: Option<(i64, i64)> = select.query_row([], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    Ok(found.map(|(seq, mark)| Commit { sequence: seq.unsigned_abs(), mark: mark.cast_unsigned() }))
}

/// Whether the log has what a phone was told of it.
pub(super) fn has_commit(db: &Connection, commit: &Commit) -> Result<bool, StoreError> {
    let mut select = db.prepare_cached("SELECT mark FROM change WHERE seq = ?")?;
    let seq = i64::try_from(commit.sequence).unwrap_or(i64::MAX);
    let mark: Option<i64> = select.query_row([seq], |row| row.get(0)).optional()?;
    Ok(mark.is_some_and(|mark| mark.cast_unsigned() == commit.mark))
}

/// The hashes of a record's changes in the log.
pub(super) fn hashes(db: &Connection, record: RecordId) -> Result<HashSet<Vec<u8>>, StoreError> {
    let mut select = db.prepare_cached("SELECT hash FROM change WHERE record = ?")?;
    let found = select.query_map([record.as_bytes()], |row| row.get::<_, Vec<u8>>(0))?;
    Ok(found.collect::<Result<_, _>>()?)
}

/// Whether the log has all of a push already: told from hashes, so that what is sent again costs little.
pub(super) fn has_all(db: &Connection, push: &Push) -> Result<bool, StoreError> {
    let found = hashes(db, push.record)?;
    Ok(push.changes.iter().all(|bytes| found.contains(change_hash(bytes).as_bytes().as_slice())))
}

/// What the log has of a record.
pub(super) struct History {
    pub(super) record: RecordId,
    /// The device of its first change.
    pub(super) begun_by: Option<DeviceNumber>,
    /// When its first change came, and the number of its last.
    pub(super) arrival: Option<Arrival>,
    changes: Vec<Vec<u8>>,
}

impl History {
    pub(super) fn of(db: &Connection, record: RecordId) -> Result<Self, StoreError> {
        let mut select = db.prepare_cached(
            "SELECT device, received_at, seq, iif(sealed, unseal('dossier', bytes, record), bytes) FROM change
             WHERE record = ? ORDER BY seq",
        )?;
        let mut found = select.query([record.as_bytes()])?;
        let mut history = Self { record, begun_by: None, arrival: None, changes: Vec::new() };
        while let Some(change) = found.next()? {
            let came = ServerTime::from_millis(change.get(1)?)?;
            let (first, newest) =
                history.arrival.map_or((came, came), |one| (one.received_at, one.changed_at.max(came)));
            history.begun_by = history.begun_by.or(Some(DeviceNumber::new(change.get(0)?)));
            history.arrival = Some(Arrival { received_at: first, changed_at: newest, seq: change.get(2)? });
            history.changes.push(change.get(3)?);
        }
        Ok(history)
    }

    /// Of a record's history that a change is appended to: when the record first came, and the change's number.
    pub(super) fn then(&self, received_at: ServerTime, seq: i64) -> Arrival {
        let of = self.arrival.unwrap_or(Arrival { received_at, changed_at: received_at, seq });
        Arrival { seq, changed_at: of.changed_at.max(received_at), ..of }
    }

    /// The document; none of a record that the log does not have.
    pub(super) fn document(&self) -> Result<Option<Document>, StoreError> {
        if self.changes.is_empty() {
            return Ok(None);
        }
        Ok(Some(Document::load(self.changes.iter().map(Vec::as_slice))?))
    }

    /// The document behind the gate; `kind` is what a push calls a record not known yet.
    pub(super) fn guarded(&self, kind: &Kind) -> Result<Guarded, StoreError> {
        let record = self.record;
        let Some(document) = self.document()? else { return Ok(Guarded::empty(record, kind.clone())) };
        let kind = document.kind().ok_or_else(|| StoreError::Damaged(format!("record {record} has no kind")))?;
        Ok(Guarded::of(record, kind, document, self.changes.iter().map(Vec::len).sum()))
    }
}

/// Whether what belongs to records of a kind lies encrypted.
pub(super) fn is_sealed(kind: &Kind) -> bool {
    kind.spec().is_some_and(KindSpec::is_confidential)
}

/// A change's hash as it is stored.
pub(super) fn hash(bytes: &[u8]) -> Result<ChangeHash, StoreError> {
    ChangeHash::from_bytes(bytes).ok_or_else(|| StoreError::Damaged("a change's hash is not 32 bytes".to_owned()))
}

/// Writes a record's row.
pub(super) fn save(db: &Connection, row: &Row, arrival: Arrival) -> Result<(), StoreError> {
    if row.kind.is(&campaign::KIND) {
        db.execute("UPDATE setting SET value = value + 1 WHERE name = 'campaign_version'", [])?;
    }
    let stored = StoredRow::from(row);
    db.prepare_cached(
        "INSERT INTO record (id, kind, prospect, author, unit, owner, state, occurred_at, due_at, body, conflicts, flags,
                             heads, projection, received_at, seq, sealed)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, iif(?17, seal('dossier', ?10, ?1), ?10),
                 iif(?17, seal('dossier', ?11, ?1), ?11), ?12, ?13, ?14, ?15, ?16, ?17)
         ON CONFLICT (id) DO UPDATE SET
             kind = excluded.kind, prospect = excluded.prospect, author = excluded.author, unit = excluded.unit,
             owner = excluded.owner, state = excluded.state, occurred_at = excluded.occurred_at,
             due_at = excluded.due_at, body = excluded.body, conflicts = excluded.conflicts, flags = excluded.flags,
             heads = excluded.heads, projection = excluded.projection, received_at = excluded.received_at,
             seq = excluded.seq, sealed = excluded.sealed",
    )?
    .execute(params![
        stored.id,
        stored.kind,
        stored.prospect,
        stored.author,
        stored.unit,
        stored.owner,
        stored.state,
        stored.occurred_at,
        stored.due_at,
        stored.body,
        stored.conflicts,
        stored.flags,
        stored.heads,
        PROJECTION,
        arrival.received_at.millis(),
        arrival.seq,
        is_sealed(&row.kind)
    ])?;
    if row.kind.is(&prospect::KIND) {
        namesakes::save(db, row)?;
    }
    Ok(())
}

pub(super) fn row(db: &Connection, id: RecordId) -> Result<Option<Row>, StoreError> {
    let mut select = db.prepare_cached(&format!("SELECT {COLUMNS} FROM record WHERE id = ?"))?;
    let stored = select.query_row([id.as_bytes()], read).optional()?;
    Ok(stored.map(Row::try_from).transpose()?)
}

/// Who wrote a change of the log, and when it came.
pub(super) fn written(
    db: &Connection,
    record: RecordId,
    hash: &ChangeHash,
) -> Result<Option<(DeviceNumber, ServerTime)>, StoreError> {
    let mut select = db.prepare_cached("SELECT device, received_at FROM change WHERE record = ? AND hash = ?")?;
    let found = select.query_row(params![record.as_bytes(), hash.as_bytes()], |row| Ok((row.get(0)?, row.get(1)?)));
    let Some((device, received_at)) = found.optional()? else { return Ok(None) };
    Ok(Some((DeviceNumber::new(device), ServerTime::from_millis(received_at)?)))
}

/// When the newest verdict on something of a prospect was given.
pub(super) fn verified_at(db: &Connection, prospect: Option<RecordId>) -> Result<Option<ServerTime>, StoreError> {
    let sql = "SELECT max(received_at) FROM record WHERE prospect = ? AND kind = 'verification'";
    let latest: Option<i64> =
        db.prepare_cached(sql)?.query_row([prospect.map(|prospect| prospect.as_bytes().to_vec())], |row| row.get(0))?;
    Ok(latest.map(ServerTime::from_millis).transpose()?)
}

/// Every row that belongs to a prospect, its own included, in the order of their last changes.
pub(super) fn of_prospect(db: &Connection, prospect: RecordId) -> Result<Vec<Row>, StoreError> {
    let mut select = db.prepare_cached(&format!("SELECT {COLUMNS} FROM record WHERE prospect = ? ORDER BY seq"))?;
    let found = select.query_map([prospect.as_bytes()], read)?;
    found.map(|row| Ok(Row::try_from(row?)?)).collect()
}

//! The change log and the rows made from it.

use crate::store::StoreError;
use canvass_core::document::gate::Guarded;
use canvass_core::document::{Change, Document};
use canvass_core::domain::campaign;
use canvass_core::domain::{DeviceNumber, Kind, RecordId, ServerTime};
use canvass_core::projection::{PROJECTION, Row, StoredRow};
use rusqlite::{Connection, OptionalExtension, params};

/// The columns of a row in the order of [`read`].
pub(super) const COLUMNS: &str =
    "id, kind, prospect, author, unit, owner, state, occurred_at, due_at, body, conflicts, flags, heads";

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
    pub(super) seq: i64,
}

pub(super) fn append(
    db: &Connection,
    seq: i64,
    record: RecordId,
    change: &Change,
    device: DeviceNumber,
    received_at: ServerTime,
) -> Result<(), StoreError> {
    db.prepare_cached("INSERT INTO change (seq, record, hash, device, received_at, bytes) VALUES (?, ?, ?, ?, ?, ?)")?
        .execute(params![
            seq,
            record.as_bytes(),
            change.hash.as_bytes(),
            device.get(),
            received_at.millis(),
            change.bytes
        ])?;
    Ok(())
}

/// A record's document behind the gate, as far as the log has it; `kind` is what a push calls a record not known yet.
pub(super) fn guarded(db: &Connection, record: RecordId, kind: &Kind) -> Result<Guarded, StoreError> {
    let changes = bytes_of(db, record)?;
    if changes.is_empty() {
        return Ok(Guarded::empty(record, kind.clone()));
    }
    let document = Document::load(changes.iter().map(Vec::as_slice))?;
    let kind = document.kind().ok_or_else(|| StoreError::Damaged(format!("record {record} has no kind")))?;
    Ok(Guarded::of(record, kind, document, changes.iter().map(Vec::len).sum()))
}

pub(super) fn bytes_of(db: &Connection, record: RecordId) -> Result<Vec<Vec<u8>>, StoreError> {
    let mut select = db.prepare_cached("SELECT bytes FROM change WHERE record = ? ORDER BY seq")?;
    Ok(select.query_map([record.as_bytes()], |row| row.get(0))?.collect::<Result<_, _>>()?)
}

/// The device of a record's first change, if the log has the record.
pub(super) fn begun_by(db: &Connection, record: RecordId) -> Result<Option<DeviceNumber>, StoreError> {
    let mut select = db.prepare_cached("SELECT device FROM change WHERE record = ? ORDER BY seq LIMIT 1")?;
    Ok(select.query_row([record.as_bytes()], |row| row.get(0)).optional()?.map(DeviceNumber::new))
}

/// Writes a record's row. Its arrival follows from the log.
pub(super) fn save(db: &Connection, row: &Row) -> Result<Arrival, StoreError> {
    let arrival = arrival(db, row.id)?;
    if row.kind.is(&campaign::KIND) {
        db.execute("UPDATE setting SET value = value + 1 WHERE name = 'campaign_version'", [])?;
    }
    let stored = StoredRow::from(row);
    db.prepare_cached(
        "INSERT OR REPLACE INTO record (id, kind, prospect, author, unit, owner, state, occurred_at, due_at, body,
                                        conflicts, flags, heads, projection, received_at, seq)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
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
        arrival.seq
    ])?;
    Ok(arrival)
}

fn arrival(db: &Connection, record: RecordId) -> Result<Arrival, StoreError> {
    let mut first = db.prepare_cached("SELECT received_at FROM change WHERE record = ? ORDER BY seq LIMIT 1")?;
    let mut last = db.prepare_cached("SELECT seq FROM change WHERE record = ? ORDER BY seq DESC LIMIT 1")?;
    let received_at = ServerTime::from_millis(first.query_row([record.as_bytes()], |row| row.get(0))?)?;
    Ok(Arrival { received_at, seq: last.query_row([record.as_bytes()], |row| row.get(0))? })
}

pub(super) fn row(db: &Connection, id: RecordId) -> Result<Option<Row>, StoreError> {
    let mut select = db.prepare_cached(&format!("SELECT {COLUMNS} FROM record WHERE id = ?"))?;
    let stored = select.query_row([id.as_bytes()], read).optional()?;
    Ok(stored.map(Row::try_from).transpose()?)
}

/// Every row that belongs to a prospect, its own included, in the order of their last changes.
pub(super) fn of_prospect(db: &Connection, prospect: RecordId) -> Result<Vec<Row>, StoreError> {
    let mut select = db.prepare_cached(&format!("SELECT {COLUMNS} FROM record WHERE prospect = ? ORDER BY seq"))?;
    let found = select.query_map([prospect.as_bytes()], read)?;
    found.map(|row| Ok(Row::try_from(row?)?)).collect()
}

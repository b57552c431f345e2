//! The table of rows: what lists and queries read, made from documents and never read back into them.

use super::{ReplicaError, gazetteer, glance, notes};
use crate::document::Document;
use crate::domain::{RecordId, prospect};
use crate::projection::{PROJECTION, Row, StoredRow, project};
use rusqlite::{Connection, OptionalExtension, params};

/// The columns of a row in the order of [`read`].
pub(super) const COLUMNS: &str =
    "id, kind, prospect, author, unit, owner, state, occurred_at, due_at, body, conflicts, flags, heads";

/// Derives a record's row and writes it, with what lookups need of it.
pub(super) fn save(db: &Connection, id: RecordId, document: &Document) -> Result<(), ReplicaError> {
    let Some(derived) = project(id, document) else { return remove(db, id) };
    let row = StoredRow::from(&derived);
    db.prepare_cached(
        "INSERT INTO record (id, kind, prospect, author, unit, owner, state, occurred_at, due_at, body, conflicts,
                             flags, heads, projection)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)
         ON CONFLICT (id) DO UPDATE SET kind = ?2, prospect = ?3, author = ?4, unit = ?5, owner = ?6, state = ?7,
             occurred_at = ?8, due_at = ?9, body = ?10, conflicts = ?11, flags = ?12, heads = ?13, projection = ?14",
    )?
    .execute(params![
        row.id,
        row.kind,
        row.prospect,
        row.author,
        row.unit,
        row.owner,
        row.state,
        row.occurred_at,
        row.due_at,
        row.body,
        row.conflicts,
        row.flags,
        row.heads,
        PROJECTION
    ])?;
    if let Some(prospect) = &row.prospect {
        glance::look(db, &row.kind, prospect)?;
    }
    if derived.kind.is(&prospect::KIND) {
        glance::note_tier(db, id, &derived.fields)?;
    }
    gazetteer::note(db, &derived)?;
    notes::note(db, &derived)
}

/// Removes a record's row, and all that lookups had of it.
pub(super) fn remove(db: &Connection, id: RecordId) -> Result<(), ReplicaError> {
    let of: Option<(String, Option<Vec<u8>>)> = db
        .prepare_cached("DELETE FROM record WHERE id = ? RETURNING kind, prospect")?
        .query_row([id.as_bytes()], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((kind, prospect)) = of else { return Ok(()) };
    notes::forget(db, id)?;
    forget(db, id, &kind, prospect.as_deref())
}

/// Lets the lists of prospects follow a record of one that is gone, from this phone's rows or from what it knew of retired ones.
pub(super) fn forget(db: &Connection, id: RecordId, kind: &str, prospect: Option<&[u8]>) -> Result<(), ReplicaError> {
    if let Some(prospect) = prospect {
        glance::look_after_removal(db, kind, prospect)?;
    }
    gazetteer::forget(db, id, kind, prospect)
}

/// Reads the columns of a row.
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

/// Turns stored columns into rows.
pub(super) fn parse(stored: impl Iterator<Item = rusqlite::Result<StoredRow>>) -> Result<Vec<Row>, ReplicaError> {
    stored.map(|row| Ok(Row::try_from(row?)?)).collect()
}

/// Reads a count.
pub(super) fn count(row: &rusqlite::Row<'_>) -> rusqlite::Result<usize> {
    Ok(usize::try_from(row.get::<_, i64>(0)?).unwrap_or(0))
}

//! Export: all that somebody may see on this phone, as lines of JSON, however much that is. What one may not see is not here.

use super::{Replica, ReplicaError, rows};
use crate::domain::{KINDS, PhoneTime, RecordId};
use crate::projection::{Row, heading, line};
use crate::wire::Reading;
use rusqlite::{Connection, params};
use std::io::Write;
use std::path::Path;

/// How many records are in memory at once.
const AT_ONCE: usize = 200;

impl Replica {
    /// Writes every record on this phone as a line of JSON, in the order of their ids; before them, a line for each kind says what
    /// it and its fields are called. Returns how many records those were. Dossiers are not among them.
    ///
    /// # Errors
    /// When the database cannot be read, or what is written cannot be taken.
    pub fn export(&self, to: &mut impl Write) -> Result<usize, ReplicaError> {
        headings(to, false)?;
        let (db, mut after, mut written) = (self.main()?, None, 0);
        while let Some(batch) = batch(db, after)? {
            after = batch.last().map(|row| row.id);
            written += write_all(to, &batch)?;
        }
        Ok(written)
    }

    /// Writes every dossier likewise: only on the explicit wish of the person. Each is noted as read first, under a fresh id.
    ///
    /// # Errors
    /// When the dossiers are locked, storage is full (then what could not be noted is not written), or as for [`Self::export`].
    pub fn export_dossiers(
        &mut self,
        to: &mut impl Write,
        now: PhoneTime,
        mut fresh: impl FnMut() -> RecordId,
    ) -> Result<usize, ReplicaError> {
        self.open_dossiers(now)?;
        headings(to, true)?;
        let (mut after, mut written) = (None, 0);
        while let Some(batch) = batch(self.open_dossiers(now)?, after)? {
            let readings: Vec<_> = batch.iter().map(|row| Reading { id: fresh(), dossier: row.id, at: now }).collect();
            self.note_readings(&readings)?;
            after = batch.last().map(|row| row.id);
            written += write_all(to, &batch)?;
        }
        Ok(written)
    }
}

/// The next records after one; none when there are no more.
fn batch(db: &Connection, after: Option<RecordId>) -> Result<Option<Vec<Row>>, ReplicaError> {
    let sql = format!("SELECT {} FROM record WHERE id > ? ORDER BY id LIMIT ?", rows::COLUMNS);
    let after = after.map_or(Vec::new(), |id| id.as_bytes().to_vec());
    let most = i64::try_from(AT_ONCE).unwrap_or(i64::MAX);
    let rows = rows::parse(db.prepare_cached(&sql)?.query_map(params![after, most], rows::read)?)?;
    Ok(Some(rows).filter(|rows| !rows.is_empty()))
}

fn headings(to: &mut impl Write, confidential: bool) -> Result<(), ReplicaError> {
    for kind in KINDS.iter().filter(|kind| kind.is_confidential() == confidential) {
        write(to, &heading(kind))?;
    }
    Ok(())
}

fn write_all(to: &mut impl Write, rows: &[Row]) -> Result<usize, ReplicaError> {
    rows.iter().try_for_each(|row| write(to, &line(row)))?;
    Ok(rows.len())
}

fn write(to: &mut impl Write, line: &str) -> Result<(), ReplicaError> {
    let failed = |error| ReplicaError::of_file(Path::new("the export"), &error);
    to.write_all(line.as_bytes()).and_then(|()| to.write_all(b"\n")).map_err(failed)
}

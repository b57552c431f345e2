//! A consistent copy of the whole file while others write, and a look into such a copy.

use super::read::count;
use crate::store::StoreError;
use rusqlite::{Connection, OpenFlags, OptionalExtension};
use std::path::Path;

/// Copies the database as it is at one moment into a new file. Writers go on meanwhile; what was deleted is not in the copy.
pub(super) fn copy(from: &Path, to: &Path) -> Result<(), StoreError> {
    let db = Connection::open_with_flags(from, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    db.execute_batch("PRAGMA busy_timeout = 10000; PRAGMA cache_size = -16384; PRAGMA temp_store = FILE;")?;
    let to = to.to_str().ok_or_else(|| StoreError::Storage(format!("{} is no text", to.display())))?;
    db.execute("VACUUM INTO ?", [to])?;
    Ok(())
}

/// What a copy holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspected {
    /// Changes in its log.
    pub changes: usize,
    /// Records.
    pub records: usize,
    /// Entries of its audit log.
    pub audit_entries: usize,
    /// The fingerprint of the secrets by which it was written.
    pub secrets: Option<Vec<u8>>,
}

impl Inspected {
    /// Looks through a database that nobody uses.
    ///
    /// # Errors
    /// When it is no sound database of the server's.
    pub fn of(path: &Path) -> Result<Self, StoreError> {
        let db = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
        let said: String = db.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
        if said != "ok" {
            return Err(StoreError::Damaged(said));
        }
        Ok(Self {
            changes: count(&db, "SELECT count(*) FROM change")?,
            records: count(&db, "SELECT count(*) FROM record")?,
            audit_entries: count(&db, "SELECT count(*) FROM audit")?,
            secrets: db.query_row("SELECT value FROM secret_check", [], |row| row.get(0)).optional()?,
        })
    }
}

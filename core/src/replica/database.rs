//! One database file: its key, its durability and its tables. The phone's own file and the file of dossiers are alike.

use super::ReplicaError;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};
use std::fmt::Write;
use std::path::Path;
use zeroize::Zeroizing;

mod embedded {
    refinery::embed_migrations!("migrations");
}

/// How many migrations there are. A file says in its header how many it went through, so that one which is up to date
/// opens without reading and comparing them.
const MIGRATIONS: i64 = 6;

/// What an acknowledged save survives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Durability {
    /// Power loss: every save waits for the disk.
    #[default]
    PowerLoss,
    /// The app's end; power loss can take the latest saves with it, but never harms the file.
    Consistent,
    /// The app's end, but not power loss: for tests and simulations.
    AppEnd,
}

/// Opens a file, or starts one, encrypted if there is a key.
pub(super) fn connect(path: &Path, key: Option<&[u8; 32]>, durability: Durability) -> Result<Connection, ReplicaError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut db = Connection::open_with_flags(path, flags)?;
    if let Some(key) = key {
        unlock(&db, key)?;
    }
    let synchronous = match durability {
        Durability::PowerLoss => "FULL",
        Durability::Consistent => "NORMAL",
        Durability::AppEnd => "OFF",
    };
    // The first look into the file: here a wrong key shows.
    db.pragma_update(None, "synchronous", synchronous).map_err(wrong_key)?;
    // What goes is gone from the file, too: keys that are dropped, what was erased.
    db.pragma_update(None, "secure_delete", true)?;
    db.set_prepared_statement_cache_capacity(128);
    // A statement is planned once, and not anew for each value that is bound to it.
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    let done: i64 = db.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(wrong_key)?;
    if done != MIGRATIONS {
        // The file remembers this.
        db.pragma_update(None, "journal_mode", "WAL")?;
        // All in one transaction with the notes of what was done: cut off anywhere, the file is as it was before.
        let migrations = embedded::migrations::runner().set_grouped(true);
        migrations.run(&mut db).map_err(|error| migration_error(&error))?;
        db.pragma_update(None, "user_version", MIGRATIONS)?;
    }
    Ok(db)
}

fn unlock(db: &Connection, key: &[u8; 32]) -> Result<(), ReplicaError> {
    if !cfg!(feature = "sqlcipher") {
        return Err(ReplicaError::NoEncryption);
    }
    // A wrong key is told as an error; it need not be written about as well.
    db.execute_batch("PRAGMA cipher_log_level = NONE")?;
    db.execute_batch(&pragma("key", key))?;
    Ok(())
}

/// Encrypts an open file under another key from now on.
pub(super) fn change_key(db: &Connection, key: &[u8; 32]) -> Result<(), ReplicaError> {
    Ok(db.execute_batch(&pragma("rekey", key))?)
}

/// The pragma that hands over a raw key: SQLCipher derives none from it.
fn pragma(name: &str, key: &[u8; 32]) -> Zeroizing<String> {
    let mut sql = Zeroizing::new(String::with_capacity(100));
    // Writing into a string never fails.
    let _ = write!(sql, "PRAGMA {name} = \"x'");
    for byte in key {
        let _ = write!(sql, "{byte:02x}");
    }
    sql.push_str("'\"");
    sql
}

fn wrong_key(error: rusqlite::Error) -> ReplicaError {
    match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => ReplicaError::WrongKey,
        _ => error.into(),
    }
}

fn migration_error(error: &refinery::Error) -> ReplicaError {
    match error.kind() {
        refinery::error::Kind::DivergentVersion(..) | refinery::error::Kind::MissingVersion(_) => {
            ReplicaError::Newer(error.to_string())
        }
        _ => ReplicaError::Damaged(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_migration_is_counted() {
        let all = embedded::migrations::runner().get_migrations().len();
        assert_eq!(i64::try_from(all), Ok(MIGRATIONS));
    }
}

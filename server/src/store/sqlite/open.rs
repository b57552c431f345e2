//! Opening the file, and the readers beside the writer.

use super::seal;
use crate::secrets::{Secrets, SecretsError};
use crate::store::StoreError;
use rand::SeedableRng;
use rand::rngs::StdRng;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, OptionalExtension};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use tokio::sync::Semaphore;

mod embedded {
    refinery::embed_migrations!("migrations");
}

/// How to open a store.
#[derive(Debug, Clone)]
pub struct SqliteOptions {
    /// Whether a commit waits for the disk. Only simulations may turn this off.
    pub durable: bool,
    /// Where the server's own record ids come from: the machine's randomness, or a seed. Secrets never come from a seed.
    pub seed: Option<u64>,
    /// Where the secret file is; beside the database, as `canvass.key`, unless said otherwise.
    pub secret_file: Option<PathBuf>,
}

impl Default for SqliteOptions {
    fn default() -> Self {
        Self { durable: true, seed: None, secret_file: None }
    }
}

/// How many readers work at once.
const READERS: usize = 4;

/// Where a data folder's database is.
pub fn database_in(folder: &Path) -> PathBuf {
    folder.join("canvass.db")
}

/// Where the secret file of a database is.
pub(super) fn secret_file(path: &Path, options: &SqliteOptions) -> PathBuf {
    options.secret_file.clone().unwrap_or_else(|| path.with_file_name("canvass.key"))
}

/// The secrets that go with a database: its file's, made with a new database. A database whose secrets are missing or others
/// is not opened: it could not be read, and what phones hold could not be proven.
pub(super) fn secrets(db: &Connection, file: &Path) -> Result<Secrets, StoreError> {
    let failed = |error: SecretsError| StoreError::Secret(error.to_string());
    let known: Option<Vec<u8>> = db.query_row("SELECT value FROM secret_check", [], |row| row.get(0)).optional()?;
    let secrets = match (&known, file.exists()) {
        (None, false) => Secrets::make(file, rand::random()).map_err(failed)?,
        _ => Secrets::read(file).map_err(failed)?,
    };
    match known {
        Some(known) if known != secrets.fingerprint() => Err(StoreError::Secret(format!(
            "{} is not the secret file of this database: give the right one with --secret-file",
            file.display()
        ))),
        Some(_) => Ok(secrets),
        None => {
            db.execute("INSERT INTO secret_check (value) VALUES (?)", [secrets.fingerprint()])?;
            Ok(secrets)
        }
    }
}

/// Lets nobody else on the machine read the file; what SQLite makes beside it is as the file is.
fn for_its_owner_alone(path: &Path) -> Result<(), StoreError> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
        let mut options = std::fs::OpenOptions::new();
        let made = options.write(true).create_new(true).mode(0o600).open(path);
        let failed = |error: std::io::Error| StoreError::Storage(format!("{}: {error}", path.display()));
        match made {
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
                let mode = std::fs::metadata(path).map_err(failed)?.permissions().mode();
                if mode & 0o077 != 0 {
                    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode & !0o077)).map_err(failed)?;
                }
            }
            Err(error) => return Err(failed(error)),
        }
    }
    Ok(())
}

pub(super) fn connect(path: &Path, durable: bool) -> Result<Connection, StoreError> {
    for_its_owner_alone(path)?;
    let mut db = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    let synchronous = if durable { "FULL" } else { "OFF" };
    db.execute_batch(&format!(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = {synchronous}; PRAGMA busy_timeout = 10000;
         PRAGMA cache_size = -16384; PRAGMA wal_autocheckpoint = 16384; PRAGMA secure_delete = ON;"
    ))?;
    prepare_once(&db)?;
    // All in one transaction with the notes of what was done: cut off anywhere, the file is as it was before.
    let migrations = embedded::migrations::runner().set_grouped(true);
    migrations.run(&mut db).map_err(|error| match error.kind() {
        refinery::error::Kind::DivergentVersion(..) | refinery::error::Kind::MissingVersion(_) => {
            StoreError::Newer(error.to_string())
        }
        _ => StoreError::Storage(error.to_string()),
    })?;
    Ok(db)
}

/// Lets a statement be planned once for all its parameters; SQLite would plan some again for every value.
fn prepare_once(db: &Connection) -> Result<(), StoreError> {
    db.set_prepared_statement_cache_capacity(128);
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(())
}

pub(super) fn entropy(seed: Option<u64>) -> StdRng {
    match seed {
        Some(seed) => StdRng::seed_from_u64(seed),
        None => StdRng::from_rng(&mut rand::rng()),
    }
}

/// Connections that only read, each in a snapshot of its own.
#[derive(Debug)]
pub(super) struct Readers {
    path: PathBuf,
    secrets: Secrets,
    idle: Mutex<Vec<Connection>>,
    permits: Semaphore,
}

impl Readers {
    pub(super) fn new(path: &Path, secrets: Secrets) -> Self {
        Self { path: path.to_owned(), secrets, idle: Mutex::default(), permits: Semaphore::new(READERS) }
    }

    /// Reads in one transaction, off the async threads.
    pub(super) async fn run<T: Send + 'static>(
        self: std::sync::Arc<Self>,
        read: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let _permit = self.permits.acquire().await.map_err(|_| StoreError::Busy)?;
        let readers = self.clone();
        let done = tokio::task::spawn_blocking(move || {
            let mut db = readers.take()?;
            let tx = db.transaction()?;
            let result = read(&tx);
            drop(tx);
            readers.give_back(db);
            result
        });
        done.await.map_err(|error| StoreError::Storage(error.to_string()))?
    }

    fn take(&self) -> Result<Connection, StoreError> {
        let idle = self.idle.lock().ok().and_then(|mut idle| idle.pop());
        match idle {
            Some(db) => Ok(db),
            None => {
                let db = Connection::open_with_flags(
                    &self.path,
                    OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX,
                )?;
                // Little: what many phones read in turn stays in the system's cache, not four times in here.
                db.execute_batch("PRAGMA busy_timeout = 10000; PRAGMA cache_size = -4096;")?;
                prepare_once(&db)?;
                seal::install(&db, &self.secrets)?;
                Ok(db)
            }
        }
    }

    fn give_back(&self, db: Connection) {
        if let Ok(mut idle) = self.idle.lock() {
            idle.push(db);
        }
    }
}

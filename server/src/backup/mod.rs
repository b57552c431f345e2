//! Backups: a consistent copy of the database, encrypted by a key from the secret file, in one file that can be kept anywhere.
//! Who has it, but not the secret file, reads nothing in it; who changes it is found out.

mod seal;

use crate::secrets::{Secrets, SecretsError};
use crate::store::sqlite::{Inspected, database_in};
use crate::store::{Actor, Audit, Deed, Entry, SqliteOptions, SqliteStore, Store, StoreError};
use canvass_core::domain::ServerTime;
use data_encoding::HEXLOWER;
use seal::Header;
use std::fs::File;
use std::io::{BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// Why there is no backup, or no database from one.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// A file cannot be read or written.
    #[error("{file} cannot be used: {error}")]
    File {
        /// The file.
        file: PathBuf,
        /// What the system says.
        error: std::io::Error,
    },
    /// Something is there that must not be lost.
    #[error("{0} is there already: nothing was written over it; name another")]
    Exists(PathBuf),
    /// Another backup of the same database is being made.
    #[error("another backup command works in {0} just now: wait for its end")]
    UnderWay(PathBuf),
    /// The file is no backup, or of a newer version.
    #[error("{0} is not a backup that this version of canvass-server can read")]
    NotABackup(PathBuf),
    /// The backup was made with other secrets.
    #[error(
        "{file} was made with another secret file (fingerprint {made_with}) than the one given ({given}): give the one that was in use then with --secret-file"
    )]
    OtherSecrets {
        /// The backup.
        file: PathBuf,
        /// The fingerprint of the secrets that it was made with.
        made_with: String,
        /// The fingerprint of those that were given.
        given: String,
    },
    /// The bytes are not those that were written.
    #[error(
        "{file} is damaged, was changed or is cut off after {sound} sound bytes: nothing of it is used; take another backup"
    )]
    Damaged {
        /// The backup.
        file: PathBuf,
        /// How much of its database could be read until then.
        sound: u64,
    },
    /// What is in it is no sound database.
    #[error("what {file} holds is no sound database: {words}")]
    Unsound {
        /// The backup.
        file: PathBuf,
        /// What is wrong.
        words: String,
    },
    /// There are no secrets.
    #[error(transparent)]
    Secrets(#[from] SecretsError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// More than a backup may hold, or a task that broke.
    #[error("the backup could not be made: {0}")]
    Failed(String),
}

/// What a backup holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contents {
    /// When it was made.
    pub made_at: ServerTime,
    /// The size of its database.
    pub bytes: u64,
    /// What is in the database.
    pub inspected: Inspected,
}

/// Makes a backup while the server may go on working. It is whole and durable, or not there at all.
///
/// # Errors
/// When the file is there already, or cannot be written.
pub async fn create(store: &SqliteStore, file: &Path, at: ServerTime) -> Result<u64, BackupError> {
    if file.exists() {
        return Err(BackupError::Exists(file.to_owned()));
    }
    let room = Room::enter(store.path().parent().unwrap_or(Path::new(".")))?;
    let copy = room.copy();
    store.copy_to(copy.clone()).await?;
    let (secrets, target) = (store.secrets().clone(), file.to_owned());
    let salt: [u8; 32] = rand::random();
    let written = off_thread(move || {
        let header = Header { fingerprint: secrets.fingerprint(), made_at: at, salt };
        let failed = |error| BackupError::File { file: target.clone(), error };
        let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        // For this user's eyes only, and under its name only once it is whole.
        let mut sealed = NamedTempFile::new_in(folder).map_err(failed)?;
        let plain = File::open(&copy).map_err(|error| BackupError::File { file: copy.clone(), error })?;
        let mut out = BufWriter::new(sealed.as_file_mut());
        let written = seal::seal(&mut BufReader::new(plain), &mut out, &header, &secrets)
            .and_then(|written| out.flush().map(|()| written))
            .map_err(failed)?;
        drop(out);
        sealed.as_file().sync_all().map_err(failed)?;
        sealed.persist_noclobber(&target).map_err(|error| failed(error.error))?;
        sync_folder(folder).map_err(failed)?;
        Ok(written)
    })
    .await?;
    drop(room);
    let entry = Entry::new(Actor::Operator, Deed::BackupMade, "database").with(format!("{written} bytes"));
    store.note(entry, at).await?;
    Ok(written)
}

/// Reads a whole backup, and says what is in it. Nothing of it stays in the folder.
///
/// # Errors
/// When it cannot be read to its end, or holds no sound database.
pub async fn verify(file: &Path, folder: &Path, secrets: &Secrets) -> Result<Contents, BackupError> {
    let (file, folder, secrets) = (file.to_owned(), folder.to_owned(), secrets.clone());
    off_thread(move || {
        let room = Room::enter(&folder)?;
        unpack(&file, &room.copy(), &secrets)
    })
    .await
}

/// Makes a database from a backup in a folder that has none. It notes in the audit log that it was restored.
///
/// # Errors
/// When the folder has a database, or the backup cannot be read to its end.
pub async fn restore(
    file: &Path,
    folder: &Path,
    options: SqliteOptions,
    secrets: &Secrets,
    at: ServerTime,
) -> Result<Contents, BackupError> {
    let database = database_in(folder);
    if database.exists() {
        return Err(BackupError::Exists(database));
    }
    let (source, target, secrets) = (file.to_owned(), database.clone(), secrets.clone());
    let folder = folder.to_owned();
    let contents = off_thread(move || {
        std::fs::create_dir_all(&folder).map_err(|error| BackupError::File { file: folder.clone(), error })?;
        let room = Room::enter(&folder)?;
        let contents = unpack(&source, &room.copy(), &secrets)?;
        let failed = |error| BackupError::File { file: target.clone(), error };
        // A link fails where a rename would write over a database that came meanwhile.
        std::fs::hard_link(room.copy(), &target).map_err(failed)?;
        sync_folder(&folder).map_err(failed)?;
        Ok(contents)
    })
    .await?;
    let store = SqliteStore::open(&database, options)?;
    store.begin_audit_anew().await?;
    store.close_doors().await?;
    let detail = format!("as of {}", contents.made_at);
    store.note(Entry::new(Actor::Operator, Deed::BackupRestored, "database").with(detail), at).await?;
    Ok(contents)
}

/// Decrypts a backup into a file and looks through the database in it.
fn unpack(file: &Path, copy: &Path, secrets: &Secrets) -> Result<Contents, BackupError> {
    let failed = |error| BackupError::File { file: file.to_owned(), error };
    let mut sealed = BufReader::new(File::open(file).map_err(failed)?);
    let header = Header::read(&mut sealed).map_err(failed)?;
    let header = header.ok_or_else(|| BackupError::NotABackup(file.to_owned()))?;
    if header.fingerprint != secrets.fingerprint() {
        return Err(BackupError::OtherSecrets {
            file: file.to_owned(),
            made_with: HEXLOWER.encode(&header.fingerprint),
            given: HEXLOWER.encode(&secrets.fingerprint()),
        });
    }
    let here = |error| BackupError::File { file: copy.to_owned(), error };
    let mut plain = BufWriter::new(File::create_new(copy).map_err(here)?);
    let bytes = match seal::open(&mut sealed, &mut plain, &header, secrets) {
        Ok(bytes) => bytes,
        Err(seal::Unsealed::Damaged { sound }) => {
            return Err(BackupError::Damaged { file: file.to_owned(), sound });
        }
        Err(seal::Unsealed::Read(error)) => return Err(failed(error)),
        Err(seal::Unsealed::Write(error)) => return Err(here(error)),
    };
    plain.flush().map_err(here)?;
    plain.get_ref().sync_all().map_err(here)?;
    drop(plain);
    let unsound = |words: String| BackupError::Unsound { file: file.to_owned(), words };
    let inspected = Inspected::of(copy).map_err(|error| unsound(error.to_string()))?;
    if inspected.secrets.as_deref() != Some(&header.fingerprint) {
        return Err(unsound("it was written by another secret file".to_owned()));
    }
    Ok(Contents { made_at: header.made_at, bytes, inspected })
}

/// Where a plain copy lies while it is worked on: a folder for this user's eyes only, in the database's own, removed with this.
/// What a killed command left there, the next one removes.
struct Room {
    folder: PathBuf,
    _lock: File,
}

impl Room {
    fn enter(data: &Path) -> Result<Self, BackupError> {
        let (folder, lock) = (data.join(".backup"), data.join(".backup.lock"));
        let failed = |error| BackupError::File { file: lock.clone(), error };
        let file = File::options().create(true).truncate(false).write(true).open(&lock).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(std::fs::TryLockError::WouldBlock) => return Err(BackupError::UnderWay(data.to_owned())),
            Err(std::fs::TryLockError::Error(error)) => return Err(failed(error)),
        }
        let failed = |error| BackupError::File { file: folder.clone(), error };
        if folder.exists() {
            std::fs::remove_dir_all(&folder).map_err(failed)?;
        }
        let mut builder = std::fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&folder).map_err(failed)?;
        Ok(Self { folder, _lock: file })
    }

    fn copy(&self) -> PathBuf {
        self.folder.join("copy.db")
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.folder) {
            let folder = self.folder.display();
            tracing::error!(%error, %folder, "the plain copy could not be removed: remove it by hand");
        }
    }
}

/// Makes a new name in a folder durable.
fn sync_folder(folder: &Path) -> std::io::Result<()> {
    File::open(folder)?.sync_all()
}

async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, BackupError> + Send + 'static,
) -> Result<T, BackupError> {
    tokio::task::spawn_blocking(work).await.map_err(|error| BackupError::Failed(error.to_string()))?
}

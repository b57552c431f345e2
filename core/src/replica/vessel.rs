//! The files of one person on a phone, and the keys that open them. Each key is made from the app's (or the server's) and
//! from 32 random bytes beside the database, the salt: once those are destroyed, the app's key alone opens nothing any more.
//! Flash may keep the overwritten salt, though, and an earlier copy of it still opens copies of the files under the app's key:
//! so the app deletes that key, too, once a phone was wiped.

use super::ReplicaError;
use crate::domain::PersonId;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::fmt;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// 32 bytes that the app keeps in the platform's key store. They are wiped from memory when this ends.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseKey(Zeroizing<[u8; 32]>);

impl DatabaseKey {
    /// A key of these bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }
}

impl fmt::Debug for DatabaseKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DatabaseKey(…)")
    }
}

/// What a key opens: none opens the other.
#[derive(Debug, Clone, Copy)]
pub(super) enum Opens {
    Main,
    Dossiers,
}

/// The files of one person.
#[derive(Debug, Clone)]
pub(super) struct Vessel {
    pub(super) main: PathBuf,
    pub(super) dossiers: PathBuf,
    salt: PathBuf,
}

impl Vessel {
    pub(super) fn at(main: &Path) -> Self {
        Self { main: main.to_owned(), dossiers: main.with_extension("dossiers"), salt: main.with_extension("salt") }
    }

    /// Keeps fresh random bytes beside a database that does not exist yet.
    pub(super) fn seal(&self, random: &[u8; 32]) -> Result<(), ReplicaError> {
        let failed = |error| ReplicaError::of_file(&self.salt, &error);
        let mut file = std::fs::File::create(&self.salt).map_err(failed)?;
        file.write_all(random).and_then(|()| file.sync_all()).map_err(failed)?;
        // Its name, too, must outlive a power cut: without these bytes nothing opens any more.
        #[cfg(unix)]
        if let Some(folder) = self.salt.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)?;
        }
        Ok(())
    }

    /// The key of one of the files.
    pub(super) fn key(&self, given: &[u8; 32], opens: Opens) -> Result<Zeroizing<[u8; 32]>, ReplicaError> {
        let salt = match std::fs::read(&self.salt) {
            Ok(salt) => Zeroizing::new(salt),
            Err(error) if error.kind() == ErrorKind::NotFound => return Err(ReplicaError::Wiped),
            Err(error) => return Err(ReplicaError::of_file(&self.salt, &error)),
        };
        // A wipe that was cut off left zeros, or less.
        if salt.len() != 32 || salt.iter().all(|byte| *byte == 0) {
            return Err(ReplicaError::Wiped);
        }
        let label: &[u8] = match opens {
            Opens::Main => b"canvass replica 1\n",
            Opens::Dossiers => b"canvass dossiers 1\n",
        };
        let keyed = Hmac::<Sha256>::new_from_slice(given).map_err(|error| ReplicaError::Damaged(error.to_string()))?;
        let bytes = keyed.chain_update(label).chain_update(salt.as_slice()).finalize().into_bytes();
        Ok(Zeroizing::new(bytes.into()))
    }

    pub(super) fn main_key(&self, given: Option<&DatabaseKey>) -> Result<Option<Zeroizing<[u8; 32]>>, ReplicaError> {
        given.map(|given| self.key(&given.0, Opens::Main)).transpose()
    }

    /// Destroys what the keys are made from, then the files. Cut off anywhere, it can be done again.
    pub(super) fn destroy(&self) -> Result<(), ReplicaError> {
        if self.salt.exists() {
            let failed = |error| ReplicaError::of_file(&self.salt, &error);
            let mut file = std::fs::OpenOptions::new().write(true).open(&self.salt).map_err(failed)?;
            file.write_all(&[0; 32]).and_then(|()| file.sync_all()).map_err(failed)?;
        }
        for database in [&self.dossiers, &self.main] {
            for ending in ["-wal", "-shm", "-journal", ""] {
                let mut name = database.clone().into_os_string();
                name.push(ending);
                remove(Path::new(&name))?;
            }
        }
        remove(&self.salt)
    }
}

fn remove(path: &Path) -> Result<(), ReplicaError> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(ReplicaError::of_file(path, &error)),
        _ => Ok(()),
    }
}

/// Where a person's database lies in a phone's folder. Several people can share one phone; each has a database of their own.
pub fn database_of(folder: &Path, person: &PersonId) -> PathBuf {
    folder.join(format!("{person}.{DATABASE}"))
}

/// Who has a database in a phone's folder, by code.
///
/// # Errors
/// When the folder cannot be read.
pub fn people_in(folder: &Path) -> Result<Vec<PersonId>, ReplicaError> {
    let failed = |error| ReplicaError::of_file(folder, &error);
    let mut people = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.extension().is_some_and(|ending| ending == DATABASE) {
            people.extend(path.file_stem().and_then(|name| name.to_str()?.parse::<PersonId>().ok()));
        }
    }
    people.sort();
    Ok(people)
}

const DATABASE: &str = "db";

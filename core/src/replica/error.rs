//! What can go wrong on a phone, and what to do about it. Whatever it is, what was saved before is still there.

use crate::document::DocumentError;
use crate::domain::{Invalid, RecordId};
use crate::projection::BodyError;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Why the replica could not do what was asked. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum ReplicaError {
    /// A value cannot be recorded as it is.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// The record is not on this phone.
    #[error("record {0} is not on this phone: sync, or ask whether it was assigned elsewhere")]
    NoSuchRecord(RecordId),
    /// There is already a record of this id.
    #[error("record {0} exists already: make a new id")]
    Exists(RecordId),
    /// There is nothing to settle.
    #[error("field {field} of record {record} is not in conflict")]
    NoConflict {
        /// The record.
        record: RecordId,
        /// The field.
        field: String,
    },
    /// The disk is full.
    #[error("the phone's storage is full: free some space and save again; what was saved before is safe")]
    Full,
    /// Nobody enrolled here yet.
    #[error("there is no phone at {0}: enrol it with an invitation")]
    NotEnrolled(PathBuf),
    /// Somebody did, and their work may not have been sent.
    #[error("this person is enrolled on this phone already ({0}): open that, or give it up first")]
    AlreadyEnrolled(PathBuf),
    /// The phone's keys are destroyed, and with them all it held.
    #[error("this phone was wiped: ask your administrator for a new invitation")]
    Wiped,
    /// The file does not open under the key.
    #[error("the database does not open under this key, or it is no database of this app: give the key of its making")]
    WrongKey,
    /// A key was given to a build that cannot encrypt.
    #[error("this build of the app cannot encrypt: build it with the feature `sqlcipher`, or give no key")]
    NoEncryption,
    /// This phone cannot hold dossiers.
    #[error("this phone holds no dossiers: that needs the feature `sqlcipher` and a key for its database")]
    NoDossiers,
    /// The lease of the dossiers has run out, or there was none yet.
    #[error("the dossiers are locked until the next sync: connect, and sync")]
    DossiersLocked,
    /// The key lies in the platform's key store.
    #[error("this phone signs by its platform's key store: give its signer when opening it")]
    NoSigner,
    /// The platform's key store holds another key by now.
    #[error("the platform's key store signs by another key than this phone enrolled with: enrol it anew")]
    OtherSigner,
    /// The server speaks of another phone than this one.
    #[error("this invitation is for another person, or from another server, than this phone's: scan the right one")]
    AnotherPhone,
    /// A file could not be read, written or destroyed.
    #[error("{0} could not be used: {1}")]
    File(PathBuf, String),
    /// The file was written by a newer version.
    #[error("this database was written by a newer version of the app: update the app ({0})")]
    Newer(String),
    /// Stored bytes are damaged.
    #[error("the database is damaged: {0}")]
    Damaged(String),
    /// Anything else the database says.
    #[error("the database could not be used: {0}")]
    Storage(rusqlite::Error),
}

impl ReplicaError {
    pub(super) fn of_file(path: &Path, error: &std::io::Error) -> Self {
        match error.kind() {
            ErrorKind::StorageFull => Self::Full,
            _ => Self::File(path.to_owned(), error.to_string()),
        }
    }
}

impl From<rusqlite::Error> for ReplicaError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DiskFull) => Self::Full,
            Some(rusqlite::ErrorCode::DatabaseCorrupt | rusqlite::ErrorCode::NotADatabase) => {
                Self::Damaged(error.to_string())
            }
            _ => Self::Storage(error),
        }
    }
}

impl From<DocumentError> for ReplicaError {
    fn from(error: DocumentError) -> Self {
        Self::Damaged(error.to_string())
    }
}

impl From<BodyError> for ReplicaError {
    fn from(error: BodyError) -> Self {
        Self::Damaged(error.to_string())
    }
}

impl From<crate::wire::WireError> for ReplicaError {
    fn from(error: crate::wire::WireError) -> Self {
        Self::Damaged(error.to_string())
    }
}

//! What can go wrong on a phone, and what to do about it. Whatever it is, what was saved before is still there.

use crate::document::DocumentError;
use crate::domain::{Invalid, RecordId};
use crate::projection::BodyError;

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
    /// The file belongs to another phone or person.
    #[error("this database belongs to device {device} of {person}: open it as theirs, or start a new one")]
    OtherOwner {
        /// The device in the file.
        device: u32,
        /// The person in the file.
        person: String,
    },
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

//! What can go wrong, as apps catch it: each case has its own type, and says what happened and what to do.

use canvass_core::domain::Invalid;
use canvass_core::replica::ReplicaError;
use canvass_core::sync::SyncError;

/// Why the phone could not do what was asked. Whatever it is, what was saved before is still there.
// No field may be called `message`: that does not compile in Kotlin.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, uniffi::Error)]
#[uniffi::export(Display)]
pub enum PhoneError {
    /// A value cannot be recorded as it is; nothing was saved.
    #[error("{field}: {reason}")]
    Invalid {
        /// The argument, or the record's field.
        field: String,
        /// What was found and what is expected.
        reason: String,
    },
    /// It is not on this phone.
    #[error("{id} is not on this phone: sync, or ask whether it was assigned elsewhere")]
    NotFound {
        /// The record or inbox entry asked for.
        id: String,
    },
    /// The field is not in conflict, or no longer.
    #[error("field {field} is not in conflict: show the record again")]
    NoConflict {
        /// The field.
        field: String,
    },
    /// The phone's storage is full; this was not saved.
    #[error("the phone's storage is full: free some space and save again; what was saved before is safe")]
    StorageFull,
    /// The file belongs to another phone or person.
    #[error("this database belongs to device {device} of {person}: open it as theirs, or start a new one")]
    OtherOwner {
        /// The device in the file.
        device: u32,
        /// The person in the file.
        person: String,
    },
    /// The file was written by a newer version of the app.
    #[error("this database was written by a newer version of the app: update the app ({reason})")]
    Newer {
        /// What the database says.
        reason: String,
    },
    /// The file is damaged.
    #[error("the database is damaged: {reason}")]
    Damaged {
        /// What is damaged.
        reason: String,
    },
    /// The file could not be used.
    #[error("the database could not be used: {reason}")]
    Storage {
        /// What the database says.
        reason: String,
    },
    /// The server could not be reached. Not synced; nothing is lost.
    #[error("not synced: gave up after {attempts} attempts ({reason}); try again when the network is better")]
    Unreachable {
        /// Attempts in a row that failed.
        attempts: u32,
        /// What the last one said.
        reason: String,
    },
    /// The server will not talk to this phone as it is. Not synced; nothing is lost.
    #[error("not synced: the server refused this phone ({status}): {reason}")]
    Rejected {
        /// HTTP status.
        status: u16,
        /// What the server says.
        reason: String,
    },
    /// The sync could not go on. Not synced; nothing is lost.
    #[error("not synced: {reason}")]
    SyncFailed {
        /// Why, and what to do.
        reason: String,
    },
    /// The app ended the sync. What had been exchanged by then is kept, and the next sync goes on from there.
    #[error("not synced: the sync was cancelled")]
    Cancelled,
}

impl From<Invalid> for PhoneError {
    fn from(error: Invalid) -> Self {
        let reason = format!("`{}` is not valid; expected {}", error.found, error.expected);
        Self::Invalid { field: error.what, reason }
    }
}

impl From<ReplicaError> for PhoneError {
    fn from(error: ReplicaError) -> Self {
        match error {
            ReplicaError::Invalid(invalid) => invalid.into(),
            ReplicaError::NoSuchRecord(id) => Self::NotFound { id: id.to_string() },
            ReplicaError::NoConflict { field, .. } => Self::NoConflict { field },
            ReplicaError::Full => Self::StorageFull,
            ReplicaError::OtherOwner { device, person } => Self::OtherOwner { device, person },
            ReplicaError::Newer(reason) => Self::Newer { reason },
            ReplicaError::Damaged(reason) => Self::Damaged { reason },
            ReplicaError::Storage(error) => Self::Storage { reason: error.to_string() },
            // Ids are made here, of fresh randomness: trying again makes another.
            ReplicaError::Exists(_) => Self::Storage { reason: error.to_string() },
        }
    }
}

impl From<SyncError> for PhoneError {
    fn from(error: SyncError) -> Self {
        match error {
            SyncError::GaveUp { failures, last } => Self::Unreachable { attempts: failures, reason: last },
            SyncError::Rejected { status, words } => Self::Rejected { status, reason: words },
            SyncError::Request(_) | SyncError::Endless(_) => Self::SyncFailed { reason: error.to_string() },
        }
    }
}

//! What the store can say no with.

use canvass_core::domain::{BankError, DeviceNumber, Invalid, PersonId, RecordId, Week};

/// Why an operation did nothing.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// The person is not of the bank.
    #[error("person {0} is not known to this bank: ask head office to add them")]
    UnknownPerson(PersonId),
    /// The person's login was disabled.
    #[error("person {0} was disabled: enable them first")]
    Disabled(PersonId),
    /// The device is somebody else's.
    #[error("device {device} belongs to another person: start the app anew with a number of its own")]
    OthersDevice {
        /// The device.
        device: DeviceNumber,
    },
    /// The person has a login already.
    #[error("{0} has a login already: `user reset` gives it another one-time password")]
    LoginExists(PersonId),
    /// The person has no login.
    #[error("{0} has no login: `user add` makes one")]
    NoLogin(PersonId),
    /// There is no such record.
    #[error("there is no {kind} {id}")]
    NoSuchRecord {
        /// The kind that was looked for.
        kind: &'static str,
        /// The id.
        id: RecordId,
    },
    /// There is no such bulletin.
    #[error("no bulletin of {0} was sealed as revision {1}: `bulletin list` says which were")]
    NoBulletin(Week, u32),
    /// Somebody else edited the campaign since it was looked at.
    #[error("campaign {0} was edited by somebody else meanwhile: look at what it says now, and edit it again")]
    CampaignEditedMeanwhile(RecordId),
    /// Units, people and memberships that do not make a bank.
    #[error(transparent)]
    Bank(#[from] BankError),
    /// The outcome is not what the verifier saw.
    #[error("outcome {0} was edited meanwhile: look at it again before you judge it")]
    EditedMeanwhile(RecordId),
    /// Somebody gave a verdict since the verifier looked.
    #[error("outcome {0} was judged meanwhile: look at it again before you judge it")]
    JudgedMeanwhile(RecordId),
    /// People disagree about what was claimed.
    #[error("people entered different values in outcome {0}: they choose one on a phone, and then it can be judged")]
    Undecided(RecordId),
    /// A person may not do this.
    #[error("{0}")]
    Forbidden(String),
    /// A value cannot be written as it is.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// The device was revoked while its request was being worked on.
    #[error("device {0} was revoked")]
    Revoked(DeviceNumber),
    /// The disk is full.
    #[error("the server's disk is full: free some space; nothing that was acknowledged is lost")]
    Full,
    /// Too much is waiting.
    #[error("the server is busy: try again in a moment")]
    Busy,
    /// The secret file is not the one by which this database was written.
    #[error("{0}")]
    Secret(String),
    /// Stored bytes are damaged.
    #[error("the database is damaged: {0}")]
    Damaged(String),
    /// The file was written by a newer version.
    #[error("the database was written by a newer version: update canvass-server ({0})")]
    Newer(String),
    /// Anything else the database says.
    #[error("the database could not be used: {0}")]
    Storage(String),
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::Full,
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy,
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Damaged(error.to_string()),
            _ => Self::Storage(error.to_string()),
        }
    }
}

impl From<canvass_core::projection::BodyError> for StoreError {
    fn from(error: canvass_core::projection::BodyError) -> Self {
        Self::Damaged(error.to_string())
    }
}

impl From<canvass_core::document::DocumentError> for StoreError {
    fn from(error: canvass_core::document::DocumentError) -> Self {
        Self::Damaged(error.to_string())
    }
}

//! What can go wrong, as apps catch it: each case has its own type, and says what happened and what to do.

use crate::edge::count;
use canvass_core::domain::Invalid;
use canvass_core::replica::ReplicaError;
use canvass_core::sync::{EnrolmentError, SyncError};

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
        /// The whole of it in Chinese.
        in_chinese: String,
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
    /// Nobody of that code enrolled in that folder.
    #[error("there is no phone here: enrol it with an invitation")]
    NotEnrolled,
    /// The invitation's person is enrolled here already, and their work may not have been sent.
    #[error("this person is enrolled on this phone already: open their phone, or give it up first")]
    AlreadyEnrolled,
    /// The server did not take this phone in by the invitation.
    #[error("the server did not take this phone in ({code}): {reason}")]
    InvitationRefused {
        /// What is wrong, for programs: `invitation-unknown`, `invitation-expired`, `invitation-void`, `invitation-used`.
        code: String,
        /// What the server says.
        reason: String,
    },
    /// Another server answered than the one that invited.
    #[error("{reason}")]
    OtherServer {
        /// What to do.
        reason: String,
    },
    /// The sync at which the phone learned that it was revoked: its keys are destroyed, and with them all it held. Delete its key
    /// from the platform's key store. Every later call throws `Wiped`.
    #[error(
        "this phone was revoked and wiped. Of what the server did not have, {handed_over} changes were handed over first; {not_taken} it did not take, {not_sent} were not sent. Ask your administrator for a new invitation"
    )]
    Revoked {
        /// Changes that went to the server first, for a leader to decide on.
        handed_over: u32,
        /// Changes that the server did not take: they are lost.
        not_taken: u32,
        /// Changes that were not wanted, could not be opened, or did not fit: they are lost.
        not_sent: u32,
    },
    /// The phone was revoked before: its keys are destroyed, and with them all it held. Delete its key from the platform's key
    /// store.
    #[error("this phone was wiped: ask your administrator for a new invitation")]
    Wiped,
    /// The key is not the one of this database.
    #[error("the database does not open under this key: give the key of its making")]
    WrongKey,
    /// A key was given, and this build cannot encrypt.
    #[error("this build of the library cannot encrypt: build it with the feature `sqlcipher`")]
    NoEncryption,
    /// This phone cannot hold dossiers.
    #[error("this phone holds no dossiers: that needs the feature `sqlcipher` and a key")]
    NoDossiers,
    /// The lease of the dossiers has run out, or there was none yet.
    #[error("the dossiers are locked until the next sync: connect, and sync")]
    DossiersLocked,
    /// The platform's key store did not sign, or is not the one that this phone enrolled with.
    #[error("the phone's key did not sign: {reason}")]
    SignerFailed {
        /// What the platform says, and what to do.
        reason: String,
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
        Self::Invalid { in_chinese: error.in_chinese(), field: error.what, reason }
    }
}

impl From<ReplicaError> for PhoneError {
    fn from(error: ReplicaError) -> Self {
        match error {
            ReplicaError::Invalid(invalid) => invalid.into(),
            ReplicaError::NoSuchRecord(id) => Self::NotFound { id: id.to_string() },
            ReplicaError::NoConflict { field, .. } => Self::NoConflict { field },
            ReplicaError::Full => Self::StorageFull,
            ReplicaError::NotEnrolled(_) => Self::NotEnrolled,
            ReplicaError::AlreadyEnrolled(_) => Self::AlreadyEnrolled,
            ReplicaError::Wiped => Self::Wiped,
            ReplicaError::WrongKey => Self::WrongKey,
            ReplicaError::NoEncryption => Self::NoEncryption,
            ReplicaError::NoDossiers => Self::NoDossiers,
            ReplicaError::DossiersLocked => Self::DossiersLocked,
            ReplicaError::NoSigner | ReplicaError::OtherSigner => Self::SignerFailed { reason: error.to_string() },
            ReplicaError::AnotherPhone => Self::OtherServer { reason: error.to_string() },
            ReplicaError::File(..) => Self::Storage { reason: error.to_string() },
            ReplicaError::Newer(reason) => Self::Newer { reason },
            ReplicaError::Damaged(reason) => Self::Damaged { reason },
            ReplicaError::Storage(error) => Self::Storage { reason: error.to_string() },
            // Ids are made here, of fresh randomness: trying again makes another.
            ReplicaError::Exists(_) => Self::Storage { reason: error.to_string() },
        }
    }
}

impl From<EnrolmentError> for PhoneError {
    fn from(error: EnrolmentError) -> Self {
        match error {
            EnrolmentError::Lost(reason) => Self::Unreachable { attempts: 1, reason },
            EnrolmentError::Rejected { code, words, .. } => Self::InvitationRefused { code, reason: words },
            EnrolmentError::Untrusted(error) => Self::OtherServer { reason: error.to_string() },
            EnrolmentError::Signing(error) => Self::SignerFailed { reason: error.to_string() },
        }
    }
}

impl From<SyncError> for PhoneError {
    fn from(error: SyncError) -> Self {
        match error {
            SyncError::GaveUp { failures, last } => Self::Unreachable { attempts: failures, reason: last },
            SyncError::Rejected { status, words } => Self::Rejected { status, reason: words },
            SyncError::Revoked { handed_over, not_taken, not_sent } => Self::Revoked {
                handed_over: count(handed_over),
                not_taken: count(not_taken),
                not_sent: count(not_sent),
            },
            SyncError::Signing(error) => Self::SignerFailed { reason: error.to_string() },
            SyncError::Request(_) | SyncError::Endless(_) => Self::SyncFailed { reason: error.to_string() },
        }
    }
}

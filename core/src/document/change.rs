//! A change as bytes: what phones push, servers log and everybody keeps.

use crate::domain::{DeviceNumber, PhoneTime};
use sha2::{Digest, Sha256};
use std::fmt;

/// A change's hash, which names it everywhere.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChangeHash([u8; 32]);

impl ChangeHash {
    /// The hash from its 32 bytes; `None` when there are not 32.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    pub(super) fn to_automerge(self) -> automerge::ChangeHash {
        automerge::ChangeHash(self.0)
    }
}

impl From<automerge::ChangeHash> for ChangeHash {
    fn from(hash: automerge::ChangeHash) -> Self {
        Self(hash.0)
    }
}

impl fmt::Display for ChangeHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ChangeHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The hash that a change's bytes have, whether or not they make sense: of everything behind magic and checksum.
pub fn change_hash(bytes: &[u8]) -> ChangeHash {
    ChangeHash(Sha256::digest(bytes.get(8..).unwrap_or_default()).into())
}

/// One change, encoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Its hash.
    pub hash: ChangeHash,
    /// Its bytes: one plain change chunk.
    pub bytes: Vec<u8>,
    /// The changes it was made upon.
    pub deps: Vec<ChangeHash>,
    /// The device that wrote it, if the change says so: only an actor's first one in a document does.
    pub author: Option<DeviceNumber>,
    /// The clock of the device that wrote it.
    pub recorded_at: Option<PhoneTime>,
}

impl Change {
    pub(super) fn of(change: &automerge::Change) -> Self {
        Self {
            hash: change.hash().into(),
            bytes: change.raw_bytes().to_vec(),
            deps: change.deps().iter().copied().map(Into::into).collect(),
            author: change.author().as_ref().and_then(super::convert::device),
            recorded_at: PhoneTime::from_millis(change.timestamp()).ok(),
        }
    }
}

/// Why a document could not be made, edited or loaded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DocumentError {
    /// Stored bytes are not what was stored.
    #[error("stored changes are damaged: restore the database from a backup, or sync into a new one")]
    Damaged,
    /// A first change without any field.
    #[error("a record without any field cannot be created")]
    NoEffect,
    /// Automerge refused.
    #[error("the document could not be changed: {0}")]
    Automerge(String),
}

impl From<automerge::AutomergeError> for DocumentError {
    fn from(error: automerge::AutomergeError) -> Self {
        Self::Automerge(error.to_string())
    }
}

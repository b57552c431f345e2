//! What waits for a leader's decision: work that came later than a lease after its phone was last told what it may do, and
//! what a revoked phone handed over.

use super::{Actor, StoreError};
use async_trait::async_trait;
use canvass_core::domain::{DeviceNumber, Kind, RecordId, ServerTime, UnitId};
use canvass_core::projection::Row;
use canvass_core::wire::{Push, Verdict};

/// Why a record is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeldFor {
    /// Its phone had not been told for longer than a lease, and by now its person may not write it.
    Lease,
    /// Its phone was revoked.
    Revoked,
}

impl HeldFor {
    /// Its name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Lease => "lease",
            Self::Revoked => "revoked",
        }
    }

    /// That of a name.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Lease, Self::Revoked].into_iter().find(|held| held.name() == name)
    }
}

/// A record of which something is held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldRecord {
    /// The record.
    pub record: RecordId,
    /// Its kind.
    pub kind: Kind,
    /// The phone that sent it.
    pub device: DeviceNumber,
    /// The unit whose leaders decide; none: head office.
    pub unit: Option<UnitId>,
    /// Why.
    pub held_for: HeldFor,
    /// When the first of it came.
    pub received_at: ServerTime,
    /// How many changes.
    pub changes: usize,
    /// What the record would be with them; none if it is confidential, or they do not fit.
    pub row: Option<Row>,
}

/// A leader's decision on what is held of a record.
#[derive(Debug, Clone)]
pub struct DecideOrder {
    /// The record.
    pub record: RecordId,
    /// The phone that sent it.
    pub device: DeviceNumber,
    /// Whether it is taken.
    pub accept: bool,
    /// Why, in words for whoever recorded it.
    pub reason: String,
    /// Who decides. That they may is the caller's to check, by [`HeldRecord::unit`].
    pub by: Actor,
    /// When.
    pub at: ServerTime,
}

/// What a decision came to, counted in changes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Decided {
    /// In the record now.
    pub accepted: usize,
    /// Refused, by the leader or because they break a rule.
    pub refused: usize,
    /// Still held: others must come first, or too many edits stand side by side.
    pub waiting: usize,
}

/// What a revoked phone hands over.
#[derive(Debug, Clone)]
pub struct HandOverOrder {
    /// The phone.
    pub device: DeviceNumber,
    /// The digest of the request, by which its repetition is known.
    pub digest: [u8; 32],
    /// When it came.
    pub at: ServerTime,
    /// What the phone had not pushed.
    pub pushes: Vec<Push>,
}

/// What the store does with what is held.
#[async_trait]
pub trait Queue: Send + Sync {
    /// Everything that is held, oldest first.
    async fn held(&self) -> Result<Vec<HeldRecord>, StoreError>;

    /// Decides on what is held of a record.
    async fn decide(&self, order: DecideOrder) -> Result<Decided, StoreError>;

    /// Holds what a revoked phone had not pushed, once; none if that is not wanted, or something else was taken already.
    async fn hand_over(&self, order: HandOverOrder) -> Result<Option<Vec<Vec<Verdict>>>, StoreError>;
}

//! What waits for a leader's decision: work that came later than a lease after its phone was last told what it may do, and
//! what a revoked phone handed over.

use super::{Actor, StoreError};
use crate::ingest::{Proven, Told};
use async_trait::async_trait;
use canvass_core::domain::{DeviceNumber, Kind, RecordId, ServerTime, UnitId};
use canvass_core::projection::Row;
use canvass_core::wire::{Push, Reading, Verdict};

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
    /// The place of the last of them: a decision is on what was shown, and on nothing that came since.
    pub until: u64,
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
    /// Up to which of its changes: [`HeldRecord::until`].
    pub until: u64,
    /// Who decides.
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
    /// What the phone had been told, if it proves that.
    pub told: Option<Told>,
    /// Authors of changes that are not the phone's own, as far as it proves them.
    pub proven: Proven,
    /// Dossiers that were read on it.
    pub readings: Vec<Reading>,
    /// What the phone had not pushed.
    pub pushes: Vec<Push>,
}

/// What the store does with what is held.
#[async_trait]
pub trait Queue: Send + Sync {
    /// Everything that is held, oldest first, without what it says.
    async fn held(&self) -> Result<Vec<HeldRecord>, StoreError>;

    /// What records would be with what is held of them, in their order; none of what is confidential, or does not fit.
    async fn held_rows(&self, held: Vec<HeldRecord>) -> Result<Vec<Option<Row>>, StoreError>;

    /// Decides on what is held of a record. A person may who leads the unit of its prospect, as that is then.
    async fn decide(&self, order: DecideOrder) -> Result<Decided, StoreError>;

    /// Holds what a revoked phone had not pushed, once; none if that is not wanted, or something else was taken already.
    async fn hand_over(&self, order: HandOverOrder) -> Result<Option<Vec<Vec<Verdict>>>, StoreError>;
}

//! Disputes: remarks on facts as they count, and the answers. Nothing of a trail is ever edited.

use super::StoreError;
use async_trait::async_trait;
use canvass_core::domain::dispute::Dispute;
use canvass_core::domain::{PersonId, RecordId, ServerTime};
use canvass_core::projection::Row;

/// A remark, or an answer.
#[derive(Debug, Clone)]
pub struct DisputeOrder {
    /// The visit, activity or outcome.
    pub about: RecordId,
    /// In which campaign it counts, or does not.
    pub campaign: RecordId,
    /// The remark that is answered; none to begin a trail.
    pub answers: Option<RecordId>,
    /// Whether that settles it: for those who give verdicts.
    pub settled: bool,
    /// What is said.
    pub text: String,
    /// By whom, who has to have the right to.
    pub by: PersonId,
    /// When.
    pub at: ServerTime,
}

/// A remark as it was kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// The record of it.
    pub id: RecordId,
    /// The prospect of the fact.
    pub prospect: RecordId,
    /// What was said.
    pub said: Dispute,
}

/// A record from which contributions come, with the server's clock beside the phone's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// Its row.
    pub row: Row,
    /// When its first change came.
    pub received_at: ServerTime,
}

/// What the store does with disputes.
#[async_trait]
pub trait Disputes: Send + Sync {
    /// Keeps a remark. Returns its record.
    async fn dispute(&self, order: DisputeOrder) -> Result<RecordId, StoreError>;

    /// Every remark of a campaign, in the order in which they were made.
    async fn remarks(&self, campaign: RecordId) -> Result<Vec<Remark>, StoreError>;

    /// A record that can count; none of other kinds.
    async fn fact(&self, record: RecordId) -> Result<Option<Fact>, StoreError>;
}

//! Campaigns as head office makes them in the browser: written by the server, in a person's name, through the same gate as
//! what phones record; and drafts of their rules, played over the weeks so far before anything is written.

use super::{Actor, StoreError};
use async_trait::async_trait;
use canvass_core::document::ChangeHash;
use canvass_core::domain::campaign::Campaign;
use canvass_core::domain::{Fields, RecordId, ServerTime};
use canvass_core::ranking::Rehearsal;

/// What is edited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edited {
    /// A campaign that is begun under an id, so that the same order sent twice begins it once.
    New(RecordId),
    /// A campaign's record as somebody saw it.
    Seen {
        /// The record.
        id: RecordId,
        /// Its heads then, sorted.
        heads: Vec<ChangeHash>,
    },
}

impl Edited {
    /// The record.
    pub fn id(&self) -> RecordId {
        match self {
            Self::New(id) | Self::Seen { id, .. } => *id,
        }
    }
}

/// An order to make or to edit a campaign.
#[derive(Debug, Clone)]
pub struct EditOrder {
    /// What is edited.
    pub what: Edited,
    /// Fields and values. Those that stand there already are not put again.
    pub puts: Fields,
    /// By whom: a person has to have the right to.
    pub by: Actor,
    /// When.
    pub at: ServerTime,
}

/// An order to play a draft over the weeks so far.
#[derive(Debug, Clone)]
pub struct RehearseOrder {
    /// The campaign as it is; none if the draft is of a new one.
    pub campaign: Option<RecordId>,
    /// The draft.
    pub draft: Campaign,
    /// For whom: a person has to have the right to edit campaigns.
    pub by: Actor,
    /// Now: weeks that have begun are played.
    pub at: ServerTime,
}

/// What the store does with campaigns beyond what phones record.
#[async_trait]
pub trait Campaigns: Send + Sync {
    /// Makes a campaign or edits one, and counts anew what that changes. What was edited since it was seen, or was begun
    /// already, stays as it is: [`StoreError::CampaignEditedMeanwhile`].
    async fn edit_campaign(&self, order: EditOrder) -> Result<(), StoreError>;

    /// Plays a draft over the weeks so far, in one snapshot; nothing is written.
    async fn rehearse(&self, order: RehearseOrder) -> Result<Rehearsal, StoreError>;
}

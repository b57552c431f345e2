//! Bulletins: rankings that were sealed, with all that is needed to prove later what they were made from.

use super::{Actor, StoreError, Whose};
use async_trait::async_trait;
use canvass_core::domain::{Bank, Digest, RecordId, ServerTime, Week};
use canvass_core::ranking::{Bulletin, Contribution, Phone};
use std::path::PathBuf;

/// An order to seal a week of a campaign, and to revise those sealed before it.
#[derive(Debug, Clone)]
pub struct SealOrder {
    /// The campaign.
    pub campaign: RecordId,
    /// The week, which has to be over.
    pub week: Week,
    /// By whom: a person has to have the right to.
    pub by: Actor,
    /// When.
    pub at: ServerTime,
}

/// Which bulletin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct BulletinKey {
    /// The campaign.
    pub campaign: RecordId,
    /// The week.
    pub week: Week,
    /// From 1.
    pub revision: u32,
}

/// A bulletin as lists show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedAt {
    /// Which.
    pub key: BulletinKey,
    /// When it was sealed.
    pub at: ServerTime,
    /// By whom, as the audit log names them.
    pub by: String,
    /// The digest of its sheet.
    pub digest: Digest,
}

/// What a recomputation from the change log found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BulletinCheck {
    /// Which bulletin.
    pub key: BulletinKey,
    /// The digest that it was sealed with.
    pub digest: Digest,
    /// Whether the sheet that is kept still has that digest, and says from how much of what it was made.
    pub sheet_whole: bool,
    /// Whether that digest is the one that everybody in the bank was told of.
    pub told: bool,
    /// How many contributions it was made from.
    pub contributions: usize,
    /// How many were taken as they were sealed, since what they come from was erased.
    pub erased: usize,
    /// How many are otherwise when recomputed from the change log, or are not there, or are there in addition.
    pub differing: usize,
    /// Whether the ranking made anew from them says the same.
    pub figures_equal: bool,
}

impl BulletinCheck {
    /// Whether the bulletin is what the change log says.
    pub fn holds(&self) -> bool {
        self.sheet_whole && self.told && self.differing == 0 && self.figures_equal
    }
}

/// What the store does with bulletins.
#[async_trait]
pub trait Bulletins: Send + Sync {
    /// Seals a week, and makes a revision of each week sealed before it of which a figure differs by now; the week itself, if
    /// it was sealed already. In one transaction beside all ingest, so what is in no bulletin is in the next. Returns
    /// what was written, none if nothing differed.
    async fn seal(&self, order: SealOrder) -> Result<Vec<BulletinKey>, StoreError>;

    /// Every bulletin of a campaign, the newest week first, in it the newest revision.
    async fn bulletins(&self, campaign: RecordId) -> Result<Vec<SealedAt>, StoreError>;

    /// A bulletin.
    async fn bulletin(&self, key: BulletinKey) -> Result<Option<(SealedAt, Bulletin)>, StoreError>;

    /// Some of the contributions that a bulletin was made from, counted or not.
    async fn sealed_contributions(&self, key: BulletinKey, whose: Whose) -> Result<Vec<Contribution>, StoreError>;

    /// When it was last looked whether a campaign's bulletins are to be sealed or revised.
    async fn last_sealing(&self, campaign: RecordId) -> Result<Option<ServerTime>, StoreError>;

    /// The bulletins that everybody in the bank was told of: one that is not kept was taken away, or lost with a restored backup.
    async fn told_of(&self, campaign: RecordId) -> Result<Vec<BulletinKey>, StoreError>;

    /// The bank as it was when a bulletin was sealed.
    async fn sealed_bank(&self, key: BulletinKey) -> Result<Bank, StoreError>;

    /// The phones in use, and when each was last heard of.
    async fn phones(&self) -> Result<Vec<Phone>, StoreError>;

    /// What a week's bulletin would say if it were sealed now, with the causes since the last one; nothing is written.
    async fn unsealed(&self, campaign: RecordId, week: Week, at: ServerTime) -> Result<Bulletin, StoreError>;

    /// Recomputes a bulletin from the change log as it was then, in another database at a path that nothing is at.
    async fn check_bulletin(&self, key: BulletinKey, scratch: PathBuf) -> Result<BulletinCheck, StoreError>;
}

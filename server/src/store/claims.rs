//! Claims: outcomes that wait for the back office's verdict, with all that a verifier needs to give one, and the ledger files
//! that are matched with them.

use super::{Actor, StoreError};
use crate::verification::{LedgerRow, Reference, Standing};
use async_trait::async_trait;
use canvass_core::domain::verification::{Verdict, Verification};
use canvass_core::domain::{Date, Money, PersonId, RecordId, ServerTime, UnitId};
use canvass_core::projection::Row;
use canvass_core::ranking::Contribution;
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

/// A verifier's verdict on an outcome.
#[derive(Debug, Clone)]
pub struct VerifyOrder {
    /// The outcome.
    pub outcome: RecordId,
    /// Its heads as the verifier saw them while it was pending: a verdict is on what was seen, and on nothing that came since.
    /// None judges it as it now stands, also where it was judged before.
    pub heads: Option<Vec<u8>>,
    /// The verdict.
    pub verdict: Verdict,
    /// Why, in words for the claimant.
    pub reason: Option<String>,
    /// The amount found in the ledger, if it differs.
    pub amount: Option<Money>,
    /// The day found in the ledger, if it differs.
    pub opened_on: Option<Date>,
    /// The unit to which it is credited, if not the claimant's home unit.
    pub unit: Option<UnitId>,
    /// When it was judged.
    pub at: ServerTime,
    /// By whom: a person has to have the right to.
    pub by: Actor,
}

impl VerifyOrder {
    /// A verdict on an outcome as it now stands and as it was claimed, without words.
    pub fn new(outcome: RecordId, verdict: Verdict, at: ServerTime, by: Actor) -> Self {
        Self { outcome, heads: None, verdict, reason: None, amount: None, opened_on: None, unit: None, at, by }
    }
}

/// Whoever looks at claims, and the day: what is theirs to judge follows from it, as it does when they do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judge {
    /// Who.
    pub person: PersonId,
    /// The day.
    pub today: Date,
}

/// An outcome that waits for a verdict.
#[derive(Debug, Clone)]
pub struct Claim {
    /// Its row; what it says is judged under its heads.
    pub row: Row,
    /// When the server heard of it first.
    pub received_at: ServerTime,
    /// The number of its last change.
    pub seq: u64,
    /// The prospect's name, if the prospect is here.
    pub prospect: Option<String>,
    /// What of it is pending, in whichever campaigns, each with the rule.
    pub pending: Vec<Contribution>,
    /// What was said of it before, the latest last: of what it was then, or an edit since.
    pub verdicts: Vec<Given>,
}

/// A verdict that was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// When.
    pub at: ServerTime,
    /// What it says.
    pub verification: Verification,
}

/// A claim that names a booking and does not wait, or not for this judge.
#[derive(Debug, Clone)]
pub struct Naming {
    /// The outcome.
    pub row: Row,
    /// The prospect's name, if it is the judge's to see.
    pub prospect: Option<String>,
    /// How it stands.
    pub standing: Standing,
}

/// Everything that a ledger file is matched with, at one moment.
#[derive(Debug, Clone, Default)]
pub struct Beside {
    /// What waits for this judge's verdict.
    pub pending: Vec<Claim>,
    /// What else names a booking of the file.
    pub others: Vec<Naming>,
    /// The number of the last change there was.
    pub sequence: u64,
}

/// The number of a ledger file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LedgerFileId(pub i64);

impl fmt::Display for LedgerFileId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for LedgerFileId {
    type Err = std::num::ParseIntError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

/// A ledger file that was brought in, without its rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerFile {
    /// Its number.
    pub id: LedgerFileId,
    /// What it was called.
    pub name: String,
    /// Who brought it.
    pub by: PersonId,
    /// When.
    pub at: ServerTime,
    /// How many rows it has.
    pub rows: usize,
}

/// A ledger file that is brought in.
#[derive(Debug, Clone)]
pub struct BringOrder {
    /// What it is called.
    pub name: String,
    /// A mark of its bytes, by which the same file is known again.
    pub digest: [u8; 32],
    /// What it says.
    pub rows: Vec<LedgerRow>,
    /// Who brings it.
    pub by: PersonId,
    /// When.
    pub at: ServerTime,
}

/// What the store does for verifiers.
#[async_trait]
pub trait Claims: Send + Sync {
    /// The outcomes whose verdict is a judge's to give, of one campaign or of all, in the order in which they came.
    async fn waiting(&self, judge: Judge, campaign: Option<RecordId>) -> Result<Vec<RecordId>, StoreError>;

    /// One of them with all that a verdict needs; none if it waits no longer, or not for this judge.
    async fn claim(&self, judge: Judge, outcome: RecordId) -> Result<Option<Claim>, StoreError>;

    /// All that wait for a judge, and whatever else names one of some bookings, whosever it is to judge.
    async fn claims_with(&self, judge: Judge, bookings: BTreeSet<Reference>) -> Result<Beside, StoreError>;

    /// Gives several verdicts in one transaction. Each stands by itself: one that came too late, or is not its person's to
    /// give, leaves nothing and takes nobody along.
    async fn verify_each(&self, orders: Vec<VerifyOrder>) -> Result<Vec<Result<RecordId, StoreError>>, StoreError>;

    /// Keeps a ledger file. The same file of the same person is kept once. Returns its number, and whether it is new.
    async fn bring_ledger(&self, order: BringOrder) -> Result<(LedgerFileId, bool), StoreError>;

    /// All ledger files, newest first.
    async fn ledger_files(&self) -> Result<Vec<LedgerFile>, StoreError>;

    /// A ledger file with its rows.
    async fn ledger_file(&self, id: LedgerFileId) -> Result<Option<(LedgerFile, Vec<LedgerRow>)>, StoreError>;
}

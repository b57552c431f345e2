//! The server's memory, behind a trait of whole operations, so that another database can take SQLite's place. Each
//! operation but [`Store::ingest`] is one transaction; what it returns is durable.

mod attachments;
pub mod audit;
pub mod bulletins;
pub mod campaigns;
pub mod claims;
pub mod clocks;
pub mod devices;
pub mod disputes;
mod error;
pub mod logins;
pub mod queue;
pub mod sqlite;

pub use attachments::{KnownAttachment, Standing};
pub use audit::{Actor, Audit, Deed, Entry};
pub use bulletins::{BulletinCheck, BulletinKey, Bulletins, SealOrder, SealedAt};
pub use campaigns::{Campaigns, EditOrder, Edited, RehearseOrder};
pub use claims::{Claims, VerifyOrder};
pub use clocks::{Clocks, Skew};
pub use devices::Devices;
pub use disputes::{DisputeOrder, Disputes, Fact, Remark};
pub use error::StoreError;
pub use logins::{
    CodeAnswer, GivenCode, LogIn, LoggedIn, LoginState, Logins, NewPassword, OneTime, Session, SessionState, SetUp,
    Tried, Visitor, Which,
};
pub use queue::Queue;
pub use sqlite::{SqliteOptions, SqliteStore};

use crate::ingest::{Assigned, FromFile, Imported, Proven, Told};
use crate::secrets::Secrets;
use async_trait::async_trait;
use canvass_core::document::ChangeHash;
use canvass_core::domain::campaign::Campaign;
use canvass_core::domain::{
    Bank, Date, DeviceNumber, Fields, Kind, Membership, Person, PersonId, RecordId, ServerTime, Unit, UnitId, Week,
};
use canvass_core::projection::Row;
use canvass_core::ranking::{Community, Contribution, Tally};
use canvass_core::wire::{
    Answer, Ask, Commit, Delivery, Position, Push, Reading, ReceiptEntry, Reference, Standings, Verdict,
};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

/// How long a phone may go on without contact: 14 days, in milliseconds.
pub const LEASE_MS: i64 = 14 * 86_400_000;

/// What one phone pushed.
#[derive(Debug, Clone)]
pub struct IngestOrder {
    /// The phone.
    pub device: DeviceNumber,
    /// When it came.
    pub received_at: ServerTime,
    /// What the phone had been told, if it proves that.
    pub told: Option<Told>,
    /// How long what it was told holds, in milliseconds.
    pub lease_ms: i64,
    /// Authors of changes that are not the phone's own, as far as it proves them.
    pub proven: Proven,
    /// Dossiers that were read on it.
    pub readings: Vec<Reading>,
    /// What it pushed.
    pub pushes: Vec<Push>,
}

impl IngestOrder {
    /// What a phone pushed that proves nothing beyond itself.
    pub fn new(device: DeviceNumber, received_at: ServerTime, pushes: Vec<Push>) -> Self {
        Self {
            device,
            received_at,
            told: None,
            lease_ms: LEASE_MS,
            proven: Proven::new(),
            readings: Vec::new(),
            pushes,
        }
    }
}

/// What one phone asks back.
#[derive(Debug, Clone)]
pub struct PullOrder {
    /// Whose phone it is.
    pub person: PersonId,
    /// The time, which decides the person's units and the week of the standings.
    pub now: ServerTime,
    /// Where it stands in each feed.
    pub positions: Vec<Position>,
    /// The version of its reference data.
    pub reference: u64,
    /// The version of its standings.
    pub standings: u64,
    /// About how many bytes of changes it will take.
    pub budget: usize,
    /// What the phone had been told, if it proves that.
    pub told: Option<Told>,
    /// Whether the phone can keep dossiers.
    pub dossiers: bool,
    /// What it pushed in the same request, which it need not get back.
    pub pushed: HashSet<ChangeHash>,
    /// Changes of them that the server had already.
    pub known: Vec<(RecordId, ChangeHash)>,
    /// Whether the log does not have the commit that it names: what it was told before is another server's.
    pub lost: bool,
    /// What it asks of a check.
    pub check: Option<Ask>,
    /// Records that it asks for whole.
    pub fetch: Vec<RecordId>,
    /// The records that it pushed something of in the same request, which it has, be they its person's or not.
    pub pushed_of: Vec<RecordId>,
}

impl PullOrder {
    /// What a phone asks that has nothing yet, and brings nothing.
    pub fn new(person: PersonId, now: ServerTime, budget: usize) -> Self {
        Self {
            person,
            now,
            positions: Vec::new(),
            reference: 0,
            standings: 0,
            budget,
            told: None,
            dossiers: false,
            pushed: HashSet::new(),
            known: Vec::new(),
            lost: false,
            check: None,
            fetch: Vec::new(),
            pushed_of: Vec::new(),
        }
    }
}

/// What a phone gets back.
#[derive(Debug, Clone, Default)]
pub struct Pulled {
    /// New changes.
    pub deliveries: Vec<Delivery>,
    /// Who wrote each change of them, and when it came, in the same order.
    pub receipt: Vec<ReceiptEntry>,
    /// Records that left the phone's audiences.
    pub evictions: Vec<RecordId>,
    /// Records that were erased.
    pub erased: Vec<RecordId>,
    /// Records that the phone asked for, and of which the log has nothing.
    pub unknown: Vec<RecordId>,
    /// The digests that it asked for.
    pub check: Option<Answer>,
    /// Where it stands afterwards.
    pub positions: Vec<Position>,
    /// Whether there is more.
    pub more: bool,
    /// The reference data, if its version differs.
    pub reference: Option<Reference>,
    /// The standings, if there is no more and their version differs.
    pub standings: Option<Standings>,
    /// What the phone is told by this.
    pub told: Option<Told>,
    /// Who wrote what the server had already of what was pushed, and when it came.
    pub known: Proven,
    /// How far the log has come.
    pub commit: Option<Commit>,
}

/// A record that the server itself writes, as device 0.
#[derive(Debug, Clone)]
pub struct ServerRecord {
    /// Its kind.
    pub kind: Kind,
    /// The prospect it belongs to.
    pub prospect: Option<RecordId>,
    /// Its fields.
    pub fields: Fields,
    /// For a prospect: the unit to which it is assigned.
    pub assigned_to: Option<UnitId>,
}

/// An order to assign a prospect.
#[derive(Debug, Clone)]
pub struct AssignOrder {
    /// The prospect.
    pub prospect: RecordId,
    /// To whom.
    pub to: Assigned,
    /// Who assigns.
    pub by: Actor,
    /// When.
    pub at: ServerTime,
}

/// An order to erase what was recorded of somebody who asks for it.
#[derive(Debug, Clone)]
pub struct EraseOrder {
    /// The record; with a prospect goes all that belongs to it.
    pub record: RecordId,
    /// Why, for the audit log: never with what is erased.
    pub reason: String,
    /// By whom.
    pub by: Actor,
    /// When.
    pub at: ServerTime,
}

/// What is added to the bank.
#[derive(Debug, Clone)]
pub struct BankOrder {
    /// Units.
    pub units: Vec<Unit>,
    /// People.
    pub people: Vec<Person>,
    /// Memberships.
    pub memberships: Vec<Membership>,
    /// By whom.
    pub by: Actor,
    /// When.
    pub at: ServerTime,
}

/// A campaign with its record's id.
#[derive(Debug, Clone)]
pub struct StoredCampaign {
    /// The record.
    pub id: RecordId,
    /// The campaign.
    pub campaign: Arc<Campaign>,
}

/// Whose contributions are asked for.
#[derive(Debug, Clone)]
pub enum Whose {
    /// Those credited to any of some units (`None`: to no unit at all).
    Units(Vec<Option<UnitId>>),
    /// Those of one person, whichever unit they are credited to.
    Person(PersonId),
    /// Those of one prospect.
    Prospect(RecordId),
}

/// What was last changed: each number grows when something of its sort does, also by another process's hand.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Versions {
    /// The last change of any record.
    pub sequence: u64,
    /// The ledger: campaigns, contributions, tallies.
    pub ledger: u64,
    /// The bank: units, people, memberships, devices.
    pub bank: u64,
}

/// What a rebuild found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rebuilt {
    /// Records in the change log.
    pub records: usize,
    /// Changes in the change log.
    pub changes: usize,
    /// Rows that differed from what was kept.
    pub rows_differing: usize,
    /// Contributions computed.
    pub contributions: usize,
    /// Contributions that differed from what was kept.
    pub contributions_differing: usize,
    /// Tallies that differed from what was kept.
    pub tallies_differing: usize,
}

impl Rebuilt {
    /// Whether all that was kept equals what the change log says.
    pub fn nothing_differed(&self) -> bool {
        self.rows_differing + self.contributions_differing + self.tallies_differing == 0
    }
}

/// How much there is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Changes in the log.
    pub changes: usize,
    /// Records.
    pub records: usize,
    /// Records in conflict.
    pub in_conflict: usize,
    /// Changes in quarantine.
    pub quarantined: usize,
}

/// The operations. All are safe to call from many tasks, and while another process works on the same store.
#[async_trait]
pub trait Store:
    Audit + Bulletins + Campaigns + Claims + Clocks + Devices + Disputes + Logins + Queue + Send + Sync + 'static
{
    /// The secrets by which the store is written.
    fn secrets(&self) -> &Secrets;

    /// Takes in what a phone pushed: check, append, project, count. A verdict for each change. It is one transaction, or, if
    /// others wait, several of some records each, with theirs in between; if one fails, what was taken in before stays, and
    /// is known when it is sent again.
    async fn ingest(&self, order: IngestOrder) -> Result<Vec<Vec<Verdict>>, StoreError>;

    /// Whether the log has what a phone was told of it: one that was restored from a backup may not.
    async fn has_commit(&self, commit: Commit) -> Result<bool, StoreError>;

    /// What is new for a phone. Loads no document.
    async fn pull(&self, order: PullOrder) -> Result<Pulled, StoreError>;

    /// What was last changed: cheap enough to be asked every second.
    async fn versions(&self) -> Result<Versions, StoreError>;

    /// The bank as it is.
    async fn bank(&self) -> Result<Arc<Bank>, StoreError>;

    /// Replaces the bank and counts anew what depends on it.
    async fn set_bank(&self, bank: Bank) -> Result<(), StoreError>;

    /// Adds units, people and memberships to the bank as it is then, or puts them in the place of their like
    /// ([`Bank::with`]); devices stay. What differs is noted in the audit log. Returns whether anything did: if not,
    /// nothing is counted anew.
    async fn extend_bank(&self, order: BankOrder) -> Result<bool, StoreError>;

    /// Brings prospects to what a file says of them ([`crate::ingest::merge`]), as the server, through the same gate as
    /// phones' changes. Returns what each came to.
    async fn import_prospects(&self, prospects: Vec<FromFile>, at: ServerTime) -> Result<Vec<Imported>, StoreError>;

    /// Writes records as the server, through the same gate as phones' changes. Returns their ids.
    async fn write(&self, records: Vec<ServerRecord>, at: ServerTime) -> Result<Vec<RecordId>, StoreError>;

    /// Assigns a prospect: its records move to the audiences that follow. What is assigned so already stays as it is.
    async fn assign(&self, order: AssignOrder) -> Result<(), StoreError>;

    /// Destroys a record's changes and whatever else is kept of it, here and by and by on every phone; what counted goes on
    /// counting as it stood. With a prospect goes all that belongs to it. Returns what was erased; nothing the second time.
    async fn erase(&self, order: EraseOrder) -> Result<Vec<RecordId>, StoreError>;

    /// Every record that was erased.
    async fn all_erased(&self) -> Result<Vec<RecordId>, StoreError>;

    /// Which of some records were erased.
    async fn erased(&self, records: Vec<RecordId>) -> Result<BTreeSet<RecordId>, StoreError>;

    /// The prospects that are assigned to a unit itself, or to one account manager in it, in the order of their ids.
    async fn territory(&self, unit: UnitId, owner: Option<PersonId>) -> Result<Vec<RecordId>, StoreError>;

    /// Writes a verification of an outcome: as it was seen, if the order says how, else as it now stands.
    async fn verify(&self, order: VerifyOrder) -> Result<RecordId, StoreError>;

    /// All campaigns, newest first.
    async fn campaigns(&self) -> Result<Vec<StoredCampaign>, StoreError>;

    /// The sums of a campaign's contributions.
    async fn tallies(&self, campaign: RecordId) -> Result<Vec<Tally>, StoreError>;

    /// Some of a campaign's contributions, up to a week.
    async fn contributions(
        &self,
        campaign: RecordId,
        whose: Whose,
        until: Week,
    ) -> Result<Vec<Contribution>, StoreError>;

    /// Rows by their ids; those not here are left out.
    async fn rows(&self, ids: Vec<RecordId>) -> Result<Vec<Row>, StoreError>;

    /// To whom some prospects are assigned; those that nobody is assigned to are left out.
    async fn assigned(&self, prospects: Vec<RecordId>) -> Result<BTreeMap<RecordId, Assigned>, StoreError>;

    /// The confidential records of a prospect, by their ids alone.
    async fn dossiers(&self, prospect: RecordId) -> Result<Vec<RecordId>, StoreError>;

    /// Every row that belongs to a prospect, its own included, in the order of their last changes.
    async fn group(&self, prospect: RecordId) -> Result<Vec<Row>, StoreError>;

    /// The prospects of some districts, whoever began them: id, district, name. Goes through all prospects.
    async fn prospects_in(&self, districts: BTreeSet<String>) -> Result<Vec<(RecordId, String, String)>, StoreError>;

    /// Every community, with whether a campaign won it by a week. Goes through all prospects.
    async fn communities(&self, campaign: RecordId, until: Week) -> Result<Vec<Community>, StoreError>;

    /// Attachments by their records, in the same order, as far as a person's phone may know of them on a day.
    async fn attachments(
        &self,
        person: PersonId,
        today: Date,
        records: Vec<RecordId>,
    ) -> Result<Vec<Option<KnownAttachment>>, StoreError>;

    /// Every row that a person's phone should hold on a day, dossiers apart.
    async fn rows_for(&self, person: &PersonId, today: Date) -> Result<Vec<Row>, StoreError>;

    /// Which of some changes the log has.
    async fn has_changes(&self, hashes: Vec<ChangeHash>) -> Result<HashSet<ChangeHash>, StoreError>;

    /// Makes rows, contributions and tallies anew from the change log, and says what differed.
    async fn rebuild(&self) -> Result<Rebuilt, StoreError>;

    /// How much there is.
    async fn counts(&self) -> Result<Counts, StoreError>;
}

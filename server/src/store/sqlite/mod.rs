//! The store in one SQLite file: one writer thread with group commit, readers beside it. Nothing is kept in memory that
//! another process's commit could make stale: what is cached is checked against its version in the same transaction.

mod attachments;
mod audit;
mod bank;
mod bring_back;
mod bulletin_check;
mod bulletins;
mod campaigns;
mod check;
mod claims;
mod clocks;
mod copy;
mod devices;
mod disputes;
mod doors;
mod editing;
mod erased_list;
mod erasure;
mod factors;
mod feeds;
mod head;
mod ingest;
mod judging;
mod ledger;
mod lockout;
mod logins;
mod market;
mod namesakes;
mod open;
mod pull;
mod queue;
mod read;
mod rebuild;
mod records;
mod rehearsing;
mod room;
mod roster;
mod seal;
mod sessions;
mod standings;
mod tally;
mod verify;
mod writer;

pub use copy::Inspected;
pub use open::{SqliteOptions, database_in};

use super::audit::{AuditCheck, AuditPage, AuditQuery};
use super::{
    AssignOrder, Audit, BankOrder, BulletinCheck, BulletinKey, Bulletins, Campaigns, Counts, DisputeOrder, Disputes,
    EditOrder, Entry, EraseOrder, Fact, IngestOrder, KnownAttachment, PullOrder, Pulled, Rebuilt, RehearseOrder,
    Remark, SealOrder, SealedAt, ServerRecord, Store, StoreError, StoredCampaign, VerifyOrder, Versions, Whose,
};
use crate::ingest::{Assigned, FromFile, Imported};
use crate::secrets::Secrets;
use crate::store::devices::{
    Credential, DeviceState, Devices, EnrolOrder, InvitationError, InviteOrder, Invited, RevokeOrder,
};
use crate::store::queue::{DecideOrder, Decided, HandOverOrder, HeldRecord, Queue};
use async_trait::async_trait;
use bank::CachedBank;
use canvass_core::document::ChangeHash;
use canvass_core::domain::{Bank, Date, DeviceNumber, PersonId, RecordId, ServerTime, UnitId, Week};
use canvass_core::projection::Row;
use canvass_core::ranking::{Bulletin, Community, Contribution, Phone, Rehearsal, Tally};
use canvass_core::wire::{Commit, Verdict};
use erased_list::ErasedList;
use head::Head;
use open::Readers;
use rand::RngExt;
use standings::SharedStandings;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use writer::Writer;

/// The store in one SQLite file.
#[derive(Debug)]
pub struct SqliteStore {
    path: PathBuf,
    /// They go before the writer: whoever closes the file last tidies up, and only the writer may.
    readers: Arc<Readers>,
    writer: Writer,
    bank: Arc<Mutex<CachedBank>>,
    standings: Arc<SharedStandings>,
    secrets: Secrets,
    secret_file: PathBuf,
    head: Head,
    erased: ErasedList,
}

impl SqliteStore {
    /// Opens the store at a path, or starts one there.
    ///
    /// # Errors
    /// When the file cannot be used, is damaged or of a newer version.
    pub fn open(path: &Path, options: SqliteOptions) -> Result<Self, StoreError> {
        let connection = open::connect(path, options.durable)?;
        let secret_file = open::secret_file(path, &options);
        let secrets = open::secrets(&connection, &secret_file)?;
        seal::install(&connection, &secrets)?;
        let erased = ErasedList::of(&secret_file);
        let head = Head::of(path, &secret_file);
        let mut entropy = open::entropy(options.seed);
        erasure::reconcile(&connection, &erased, entropy.random())?;
        namesakes::fill(&connection)?;
        Ok(Self {
            path: path.to_owned(),
            writer: Writer::start(connection, entropy, secrets.clone(), head.clone())?,
            readers: Arc::new(Readers::new(path, secrets.clone())),
            bank: Arc::default(),
            standings: Arc::default(),
            secrets,
            secret_file,
            head,
            erased,
        })
    }

    /// Writes a consistent copy of the whole store to a new file, while others go on writing.
    ///
    /// # Errors
    /// When the file is there, or cannot be written.
    pub async fn copy_to(&self, file: PathBuf) -> Result<(), StoreError> {
        let from = self.path.clone();
        let copied = tokio::task::spawn_blocking(move || copy::copy(&from, &file));
        copied.await.map_err(|error| StoreError::Storage(error.to_string()))?
    }

    /// Ends every session and voids every invitation: what a backup brings back of them may have been ended since.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub async fn close_doors(&self) -> Result<(), StoreError> {
        self.writer
            .run(|writing| {
                writing.db.execute("DELETE FROM session", [])?;
                devices::void_all(writing.db)
            })
            .await
    }

    /// Takes the audit log's end as it is now for where it went to: after a backup was restored, or because the operator says
    /// so. What was cut off before is not found out any more.
    ///
    /// # Errors
    /// When that cannot be kept beside the secret file.
    pub async fn begin_audit_anew(&self) -> Result<(), StoreError> {
        let (head, secrets) = (self.head.clone(), self.secrets.clone());
        self.read(move |db| head.begin_anew(db, &secrets)).await
    }

    /// Where the file is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Starts another store at a path from nothing but this one's bank and change log, and rebuilds it: what it then says
    /// is a recomputation from the beginning.
    ///
    /// # Errors
    /// When the new file cannot be written.
    pub async fn recomputed_at(&self, path: &Path) -> Result<Self, StoreError> {
        let options = SqliteOptions { durable: false, seed: None, secret_file: Some(self.secret_file.clone()) };
        let other = Self::open(path, options)?;
        let source = self.path.clone();
        other.writer.outside(move |connection| rebuild::copy_log(connection, &source, None)).await?;
        other.rebuild().await?;
        Ok(other)
    }

    /// Runs SQL against the file, past every check: how the demo plants a fault, and tests make damage.
    ///
    /// # Errors
    /// When the SQL fails.
    pub async fn tamper(&self, sql: String) -> Result<usize, StoreError> {
        self.writer.run(move |writing| Ok(writing.db.execute(&sql, [])?)).await
    }

    async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&rusqlite::Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.readers.clone().run(read).await
    }

    /// Reads with the bank as the same snapshot has it.
    async fn read_with_bank<T: Send + 'static>(
        &self,
        read: impl FnOnce(&rusqlite::Connection, &Arc<Bank>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let cached = self.bank.clone();
        self.read(move |db| {
            let bank = cached.lock().unwrap_or_else(PoisonError::into_inner).get(db)?;
            read(db, &bank)
        })
        .await
    }
}

#[async_trait]
impl Store for SqliteStore {
    fn secrets(&self) -> &Secrets {
        &self.secrets
    }

    async fn ingest(&self, order: IngestOrder) -> Result<Vec<Vec<Verdict>>, StoreError> {
        let order = Arc::new(order);
        let mut verdicts = Vec::with_capacity(order.pushes.len());
        while verdicts.len() < order.pushes.len() {
            let (order, from) = (order.clone(), verdicts.len());
            verdicts.extend(self.writer.run(move |writing| ingest::ingest(writing, &order, from)).await?);
        }
        let mut noted = 0;
        while noted < order.readings.len() {
            let order = order.clone();
            noted += self.writer.run(move |writing| ingest::note_readings(writing, &order, noted)).await?;
        }
        Ok(verdicts)
    }

    async fn has_commit(&self, commit: Commit) -> Result<bool, StoreError> {
        self.read(move |db| records::has_commit(db, &commit)).await
    }

    async fn pull(&self, order: PullOrder) -> Result<Pulled, StoreError> {
        let standings = self.standings.clone();
        self.read_with_bank(move |db, bank| {
            let mut pulled = pull::pull(db, bank, &order)?;
            // Only with the last of a sync: what comes before is about to change them.
            if !pulled.more {
                pulled.standings = standings.unlike(order.standings, db, bank, order.now)?;
            }
            Ok(pulled)
        })
        .await
    }

    async fn versions(&self) -> Result<Versions, StoreError> {
        self.read(read::versions).await
    }

    async fn bank(&self) -> Result<Arc<Bank>, StoreError> {
        self.read_with_bank(|_, bank| Ok(bank.clone())).await
    }

    async fn set_bank(&self, bank: Bank) -> Result<(), StoreError> {
        self.writer.run(move |writing| roster::replace(writing, &bank)).await
    }

    async fn extend_bank(&self, order: BankOrder) -> Result<bool, StoreError> {
        self.writer.run(move |writing| roster::extend(writing, order)).await
    }

    async fn import_prospects(&self, prospects: Vec<FromFile>, at: ServerTime) -> Result<Vec<Imported>, StoreError> {
        self.writer.run(move |writing| ingest::import(writing, &prospects, at)).await
    }

    async fn write(&self, records: Vec<ServerRecord>, at: ServerTime) -> Result<Vec<RecordId>, StoreError> {
        self.writer.run(move |writing| ingest::write(writing, &records, at)).await
    }

    async fn assign(&self, order: AssignOrder) -> Result<(), StoreError> {
        self.writer.run(move |writing| ingest::reassign(writing, &order)).await
    }

    async fn erase(&self, order: EraseOrder) -> Result<Vec<RecordId>, StoreError> {
        let list = self.erased.clone();
        let erased = self.writer.run(move |writing| erasure::erase(writing, &list, &order)).await?;
        // Behind the next turn of the writer the log beside the file is empty, unless somebody reads: then it is soon.
        self.writer.outside(|_| Ok(())).await?;
        Ok(erased)
    }

    async fn all_erased(&self) -> Result<Vec<RecordId>, StoreError> {
        self.read(|db| Ok(erasure::all(db)?.into_keys().collect())).await
    }

    async fn erased(&self, records: Vec<RecordId>) -> Result<BTreeSet<RecordId>, StoreError> {
        self.read(move |db| erasure::among(db, &records)).await
    }

    async fn territory(&self, unit: UnitId, owner: Option<PersonId>) -> Result<Vec<RecordId>, StoreError> {
        self.read(move |db| read::territory(db, &unit, owner.as_ref())).await
    }

    async fn verify(&self, order: VerifyOrder) -> Result<RecordId, StoreError> {
        self.writer.run(move |writing| verify::verify(writing, &order)).await
    }

    async fn campaigns(&self) -> Result<Vec<StoredCampaign>, StoreError> {
        self.read(campaigns::all).await
    }

    async fn tallies(&self, campaign: RecordId) -> Result<Vec<Tally>, StoreError> {
        self.read(move |db| tally::tallies(db, campaign)).await
    }

    async fn contributions(
        &self,
        campaign: RecordId,
        whose: Whose,
        until: Week,
    ) -> Result<Vec<Contribution>, StoreError> {
        self.read(move |db| ledger::of(db, campaign, &whose, until)).await
    }

    async fn rows(&self, ids: Vec<RecordId>) -> Result<Vec<Row>, StoreError> {
        self.read(move |db| read::rows(db, &ids)).await
    }

    async fn assigned(&self, prospects: Vec<RecordId>) -> Result<BTreeMap<RecordId, Assigned>, StoreError> {
        self.read(move |db| read::assigned(db, &prospects)).await
    }

    async fn dossiers(&self, prospect: RecordId) -> Result<Vec<RecordId>, StoreError> {
        self.read(move |db| read::dossiers(db, prospect)).await
    }

    async fn group(&self, prospect: RecordId) -> Result<Vec<Row>, StoreError> {
        self.read(move |db| records::of_prospect(db, prospect)).await
    }

    async fn prospects_in(&self, districts: BTreeSet<String>) -> Result<Vec<(RecordId, String, String)>, StoreError> {
        self.read(move |db| read::prospects_in(db, &districts)).await
    }

    async fn communities(&self, campaign: RecordId, until: Week) -> Result<Vec<Community>, StoreError> {
        self.read(move |db| market::communities(db, campaign, until)).await
    }

    async fn attachments(
        &self,
        person: PersonId,
        today: Date,
        records: Vec<RecordId>,
    ) -> Result<Vec<Option<KnownAttachment>>, StoreError> {
        self.read_with_bank(move |db, bank| attachments::known(db, bank, &person, today, &records)).await
    }

    async fn rows_for(&self, person: &PersonId, today: Date) -> Result<Vec<Row>, StoreError> {
        let person = person.clone();
        self.read_with_bank(move |db, bank| read::rows_for(db, bank, &person, today)).await
    }

    async fn has_changes(&self, hashes: Vec<ChangeHash>) -> Result<HashSet<ChangeHash>, StoreError> {
        self.read(move |db| read::has_changes(db, &hashes)).await
    }

    async fn rebuild(&self) -> Result<Rebuilt, StoreError> {
        self.writer.run(rebuild::rebuild).await
    }

    async fn counts(&self) -> Result<Counts, StoreError> {
        self.read(read::counts).await
    }
}

#[async_trait]
impl Audit for SqliteStore {
    async fn note(&self, entry: Entry, at: ServerTime) -> Result<(), StoreError> {
        self.writer.run(move |writing| audit::note(writing.db, at, &entry)).await
    }

    async fn audit(&self, query: AuditQuery) -> Result<AuditPage, StoreError> {
        self.read(move |db| audit::read(db, &query)).await
    }

    async fn verify_audit(&self) -> Result<AuditCheck, StoreError> {
        let (head, secrets) = (self.head.clone(), self.secrets.clone());
        // The second place is read before the snapshot is taken: it never says more than what is durable.
        self.read(move |db| audit::verify(db, &secrets, head.read(&secrets))).await
    }
}

#[async_trait]
impl Bulletins for SqliteStore {
    async fn seal(&self, order: SealOrder) -> Result<Vec<BulletinKey>, StoreError> {
        self.writer.run(move |writing| bulletins::seal(writing, &order)).await
    }

    async fn bulletins(&self, campaign: RecordId) -> Result<Vec<SealedAt>, StoreError> {
        self.read(move |db| bulletins::all(db, campaign)).await
    }

    async fn bulletin(&self, key: BulletinKey) -> Result<Option<(SealedAt, Bulletin)>, StoreError> {
        self.read(move |db| bulletins::one(db, key)).await
    }

    async fn sealed_contributions(&self, key: BulletinKey, whose: Whose) -> Result<Vec<Contribution>, StoreError> {
        self.read(move |db| bulletins::sealed(db, key, Some(&whose))).await
    }

    async fn last_sealing(&self, campaign: RecordId) -> Result<Option<ServerTime>, StoreError> {
        self.read(move |db| bulletins::last_sealing(db, campaign)).await
    }

    async fn told_of(&self, campaign: RecordId) -> Result<Vec<BulletinKey>, StoreError> {
        self.read(move |db| Ok(bulletins::notices(db, campaign)?.into_keys().collect())).await
    }

    async fn sealed_bank(&self, key: BulletinKey) -> Result<Bank, StoreError> {
        self.read(move |db| bulletins::sealed_bank(db, key)).await
    }

    async fn phones(&self) -> Result<Vec<Phone>, StoreError> {
        self.read(bulletins::phones).await
    }

    async fn unsealed(&self, campaign: RecordId, week: Week, at: ServerTime) -> Result<Bulletin, StoreError> {
        self.read_with_bank(move |db, bank| bulletins::unsealed(db, bank, (campaign, week), at)).await
    }

    async fn check_bulletin(&self, key: BulletinKey, scratch: PathBuf) -> Result<BulletinCheck, StoreError> {
        let sealed = self.read(move |db| bulletin_check::read(db, key)).await?;
        if scratch.exists() {
            let words = format!("{} is there already: name a path at which nothing is", scratch.display());
            return Err(StoreError::Storage(words));
        }
        let options = SqliteOptions { durable: false, seed: None, secret_file: Some(self.secret_file.clone()) };
        let other = Self::open(&scratch, options)?;
        let source = self.path.clone();
        let sealed = Arc::new(sealed);
        let filled = sealed.clone();
        other.writer.outside(move |connection| bulletin_check::fill(connection, &source, &filled)).await?;
        other.set_bank(sealed.bank.clone()).await?;
        other.rebuild().await?;
        other.read(move |db| bulletin_check::compare(db, &sealed)).await
    }
}

#[async_trait]
impl Disputes for SqliteStore {
    async fn dispute(&self, order: DisputeOrder) -> Result<RecordId, StoreError> {
        self.writer.run(move |writing| disputes::keep(writing, &order)).await
    }

    async fn remarks(&self, campaign: RecordId) -> Result<Vec<Remark>, StoreError> {
        self.read(move |db| disputes::of_campaign(db, campaign)).await
    }

    async fn fact(&self, record: RecordId) -> Result<Option<Fact>, StoreError> {
        self.read(move |db| disputes::fact(db, record)).await
    }
}

#[async_trait]
impl Campaigns for SqliteStore {
    async fn edit_campaign(&self, order: EditOrder) -> Result<(), StoreError> {
        self.writer.run(move |writing| editing::edit(writing, &order)).await
    }

    async fn rehearse(&self, order: RehearseOrder) -> Result<Rehearsal, StoreError> {
        self.read_with_bank(move |db, bank| rehearsing::rehearse(db, bank, &order)).await
    }
}

#[async_trait]
impl Queue for SqliteStore {
    async fn held(&self) -> Result<Vec<HeldRecord>, StoreError> {
        self.read(queue::all).await
    }

    async fn held_rows(&self, held: Vec<HeldRecord>) -> Result<Vec<Option<Row>>, StoreError> {
        self.read(move |db| held.iter().map(|held| queue::with_it(db, held)).collect()).await
    }

    async fn decide(&self, order: DecideOrder) -> Result<Decided, StoreError> {
        self.writer.run(move |writing| queue::decide_on(writing, &order)).await
    }

    async fn hand_over(&self, order: HandOverOrder) -> Result<Option<Vec<Vec<Verdict>>>, StoreError> {
        self.writer.run(move |writing| queue::hand_over(writing, &order)).await
    }
}

#[async_trait]
impl Devices for SqliteStore {
    async fn invite(&self, order: InviteOrder) -> Result<Invited, StoreError> {
        let secrets = self.secrets.clone();
        self.writer.run(move |writing| devices::invite(writing, &secrets, &order)).await
    }

    async fn enrol(&self, order: EnrolOrder) -> Result<Result<DeviceNumber, InvitationError>, StoreError> {
        let secrets = self.secrets.clone();
        self.writer.run(move |writing| devices::enrol(writing, &secrets, &order)).await
    }

    async fn credential(&self, device: DeviceNumber) -> Result<Option<Credential>, StoreError> {
        self.read(move |db| devices::credential(db, device)).await
    }

    async fn seen(&self, device: DeviceNumber, at: ServerTime) -> Result<(), StoreError> {
        if self.read(move |db| devices::is_news(db, device, at)).await? {
            self.writer.run(move |writing| devices::seen(writing.db, device, at)).await?;
        }
        Ok(())
    }

    async fn devices(&self) -> Result<Vec<DeviceState>, StoreError> {
        self.read(devices::all).await
    }

    async fn revoke(&self, order: RevokeOrder) -> Result<Vec<DeviceNumber>, StoreError> {
        self.writer.run(move |writing| devices::revoke(writing.db, &order)).await
    }
}

//! The one writer: a thread that takes what is waiting, runs it in one transaction, each job in a savepoint of its own,
//! and answers only after the commit.

use super::bank::CachedBank;
use super::ledger::CachedCampaigns;
use crate::store::StoreError;
use canvass_core::document::{Actor, Authorship};
use canvass_core::domain::{DeviceNumber, RecordId, ServerTime};
use rand::RngExt;
use rand::rngs::StdRng;
use rusqlite::Connection;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread::JoinHandle;
use tokio::sync::{mpsc, oneshot};

/// How many jobs one commit takes at most.
const GROUP: usize = 64;
/// How many jobs may wait before callers are told that the server is busy.
const WAITING: usize = 1024;

/// What a job works with: the open transaction, what is cached beside it, and the server's own pen.
pub(super) struct Writing<'a> {
    pub(super) db: &'a Connection,
    pub(super) bank: &'a mut CachedBank,
    pub(super) campaigns: &'a mut CachedCampaigns,
    entropy: &'a mut StdRng,
    actor: Actor,
}

impl Writing<'_> {
    /// A fresh id for a record of the server's own.
    pub(super) fn new_id(&mut self, at: ServerTime) -> RecordId {
        RecordId::new(at.millis(), self.entropy.random())
    }

    /// The server as an author.
    pub(super) fn authorship(&self, at: ServerTime) -> Authorship {
        Authorship { device: DeviceNumber::SERVER, actor: self.actor, at: at.as_recorded() }
    }
}

/// Answers a job's caller, once it is known whether the commit held.
type Answer = Box<dyn FnOnce(Result<(), StoreError>) + Send>;

/// Runs a job; says whether its work is to be kept, and how to answer.
type Grouped = Box<dyn FnOnce(&mut Writing<'_>) -> (bool, Answer) + Send>;

/// Runs outside any transaction.
type Alone = Box<dyn FnOnce(&Connection) + Send>;

enum Job {
    Grouped(Grouped),
    Alone(Alone),
}

#[derive(Debug)]
pub(super) struct Writer {
    jobs: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    pub(super) fn start(db: Connection, entropy: StdRng) -> Result<Self, StoreError> {
        let (jobs, waiting) = mpsc::channel(WAITING);
        let thread = std::thread::Builder::new()
            .name("writer".to_owned())
            .spawn(move || work(&db, entropy, waiting))
            .map_err(|error| StoreError::Storage(error.to_string()))?;
        Ok(Self { jobs: Some(jobs), thread: Some(thread) })
    }

    /// Runs a job within the next commit. What it returns is durable; when it fails, nothing of it is.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Writing<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (answer, result) = oneshot::channel();
        let grouped: Grouped = Box::new(move |writing| {
            let outcome = catch_unwind(AssertUnwindSafe(|| job(writing))).unwrap_or_else(|_| {
                Err(StoreError::Storage("an operation panicked; nothing of it was kept".to_owned()))
            });
            let keep = outcome.is_ok();
            // The caller may have gone; the work stands all the same.
            let answer = move |committed: Result<(), StoreError>| drop(answer.send(committed.and(outcome)));
            (keep, Box::new(answer) as Answer)
        });
        self.send(Job::Grouped(grouped))?;
        result.await.map_err(|_| StoreError::Busy)?
    }

    /// Runs a job outside any transaction.
    pub(super) async fn outside<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (answer, result) = oneshot::channel();
        self.send(Job::Alone(Box::new(move |db| drop(answer.send(job(db))))))?;
        result.await.map_err(|_| StoreError::Busy)?
    }

    fn send(&self, job: Job) -> Result<(), StoreError> {
        self.jobs.as_ref().and_then(|jobs| jobs.try_send(job).ok()).ok_or(StoreError::Busy)
    }
}

impl Drop for Writer {
    /// Lets the writer finish what was asked of it.
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

fn work(db: &Connection, mut entropy: StdRng, mut waiting: mpsc::Receiver<Job>) {
    let actor = Actor::new(entropy.random());
    let (mut bank, mut campaigns) = (CachedBank::default(), CachedCampaigns::default());
    let mut next = waiting.blocking_recv();
    while let Some(first) = next.take() {
        let mut group = Vec::new();
        let mut alone = None;
        match first {
            Job::Grouped(job) => group.push(job),
            Job::Alone(job) => alone = Some(job),
        }
        while alone.is_none() && group.len() < GROUP {
            match waiting.try_recv() {
                Ok(Job::Grouped(job)) => group.push(job),
                Ok(job @ Job::Alone(_)) => {
                    next = Some(job);
                    break;
                }
                Err(_) => break,
            }
        }
        if let Some(job) = alone {
            job(db);
        } else {
            let writing = Writing { db, bank: &mut bank, campaigns: &mut campaigns, entropy: &mut entropy, actor };
            commit(writing, group);
        }
        if next.is_none() {
            next = waiting.blocking_recv();
        }
    }
    // Leaves one tidy file behind; if another process still reads, it will do so later.
    drop(db.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)"));
}

/// Runs jobs in one transaction and answers them.
fn commit(mut writing: Writing<'_>, group: Vec<Grouped>) {
    let db = writing.db;
    let mut kept: Vec<Answer> = Vec::new();
    let fail = |kept: &mut Vec<Answer>, error: &StoreError| {
        kept.drain(..).for_each(|answer| answer(Err(error.clone())));
    };
    for job in group {
        if db.is_autocommit()
            && let Err(error) = db.execute_batch("BEGIN IMMEDIATE")
        {
            // The job's caller learns that the server is busy when its answer is dropped.
            tracing::warn!(%error, "a transaction could not begin");
            continue;
        }
        if let Err(error) = db.execute_batch("SAVEPOINT job") {
            fail(&mut kept, &error.into());
            continue;
        }
        let (keep, answer) = job(&mut writing);
        if db.is_autocommit() {
            // A full disk makes SQLite roll back everything.
            fail(&mut kept, &StoreError::Full);
            answer(Err(StoreError::Full));
            writing.forget();
            continue;
        }
        if keep {
            match db.execute_batch("RELEASE job") {
                Ok(()) => kept.push(answer),
                Err(error) => answer(Err(error.into())),
            }
        } else {
            // Undoing cannot fail for want of space; if it fails otherwise, the commit below fails too.
            drop(db.execute_batch("ROLLBACK TO job; RELEASE job"));
            writing.forget();
            answer(Ok(()));
        }
    }
    if db.is_autocommit() {
        return;
    }
    match db.execute_batch("COMMIT") {
        Ok(()) => kept.into_iter().for_each(|answer| answer(Ok(()))),
        Err(error) => {
            drop(db.execute_batch("ROLLBACK"));
            writing.forget();
            fail(&mut kept, &error.into());
        }
    }
}

impl Writing<'_> {
    /// Drops what was cached within a transaction that did not hold.
    fn forget(&mut self) {
        *self.bank = CachedBank::default();
        *self.campaigns = CachedCampaigns::default();
    }
}

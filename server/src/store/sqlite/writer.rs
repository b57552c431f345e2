//! The one writer: a thread that takes what is waiting, runs it in one transaction, each job in a savepoint of its own,
//! and answers only after the commit.

use super::bank::CachedBank;
use super::campaigns::CachedCampaigns;
use super::erasure;
use super::head::{Follower, Head};
use crate::secrets::Secrets;
use crate::store::StoreError;
use canvass_core::document::{Actor, Authorship};
use canvass_core::domain::{Bank, DeviceNumber, RecordId, ServerTime};
use rand::RngExt;
use rand::rngs::StdRng;
use rusqlite::Connection;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
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
    /// Whether something that was destroyed lies in the log beside the file still.
    owing: &'a mut bool,
    actor: Actor,
    others: Others<'a>,
}

/// Who else wants the writer.
#[derive(Clone, Copy)]
struct Others<'a> {
    in_the_group: bool,
    waiting: &'a mpsc::Receiver<Job>,
}

impl Writing<'_> {
    /// Whether others wait for the commit or for their turn: a job that can do its work in parts then does one.
    pub(super) fn others_wait(&self) -> bool {
        self.others.in_the_group || !self.others.waiting.is_empty()
    }

    /// Something was destroyed that is to leave the log beside the file, too.
    pub(super) fn owes_checkpoint(&mut self) {
        *self.owing = true;
    }

    /// A fresh id for a record of the server's own.
    pub(super) fn new_id(&mut self, at: ServerTime) -> RecordId {
        RecordId::new(at.millis(), self.entropy.random())
    }

    /// A fresh random number.
    pub(super) fn mark(&mut self) -> i64 {
        self.entropy.random()
    }

    /// The bank, as this transaction sees it.
    pub(super) fn bank(&mut self) -> Result<Arc<Bank>, StoreError> {
        self.bank.get(self.db)
    }

    /// The server as an author.
    pub(super) fn authorship(&self, at: ServerTime) -> Authorship {
        Authorship { device: DeviceNumber::SERVER, actor: self.actor, at: at.as_recorded() }
    }
}

/// Answers a job's caller, once it is known whether the commit held.
type Answer = Box<dyn FnOnce(Result<(), StoreError>) + Send>;

/// Runs a job, or takes the reason why it cannot run; says whether its work is to be kept, and how to answer.
type Grouped = Box<dyn FnOnce(Result<&mut Writing<'_>, StoreError>) -> (bool, Answer) + Send>;

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
    /// Starts the thread. What the audit log comes to is kept in `head` after each commit that added to it.
    pub(super) fn start(db: Connection, entropy: StdRng, secrets: Secrets, head: Head) -> Result<Self, StoreError> {
        let (jobs, waiting) = mpsc::channel(WAITING);
        let thread = std::thread::Builder::new()
            .name("writer".to_owned())
            .spawn(move || work(&db, entropy, &secrets, &head, waiting))
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
            let outcome = writing.and_then(|writing| contain(|| job(writing)));
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
        self.send(Job::Alone(Box::new(move |db| drop(answer.send(contain(|| job(db)))))))?;
        result.await.map_err(|_| StoreError::Busy)?
    }

    fn send(&self, job: Job) -> Result<(), StoreError> {
        self.jobs.as_ref().and_then(|jobs| jobs.try_send(job).ok()).ok_or(StoreError::Busy)
    }
}

/// A job that panics fails alone; the writer goes on.
fn contain<T>(job: impl FnOnce() -> Result<T, StoreError>) -> Result<T, StoreError> {
    catch_unwind(AssertUnwindSafe(job))
        .unwrap_or_else(|_| Err(StoreError::Storage("an operation panicked; nothing of it was kept".to_owned())))
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

fn work(db: &Connection, mut entropy: StdRng, secrets: &Secrets, head: &Head, mut waiting: mpsc::Receiver<Job>) {
    let actor = Actor::new(entropy.random());
    let mut follower = Follower::of(db, head, secrets);
    let (mut bank, mut campaigns) = (CachedBank::default(), CachedCampaigns::default());
    let mut owing = false;
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
            let (bank, campaigns, entropy) = (&mut bank, &mut campaigns, &mut entropy);
            let others = Others { in_the_group: group.len() > 1, waiting: &waiting };
            commit(Writing { db, bank, campaigns, entropy, owing: &mut owing, actor, others }, group);
            follower.follow(db);
            owing = owing && !emptied(db);
        }
        if next.is_none() {
            next = waiting.blocking_recv();
        }
    }
    // Leaves one tidy file behind; if another process still reads, it will do so later.
    drop(db.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)"));
}

/// Empties the log beside the file, if nobody reads it just now. Returns whether it did; nobody is kept waiting for it.
fn emptied(db: &Connection) -> bool {
    let wait = db.pragma_query_value(None, "busy_timeout", |row| row.get::<_, i64>(0)).unwrap_or(10_000);
    let done = db.pragma_update(None, "busy_timeout", 0).is_ok() && erasure::checkpoint(db).unwrap_or(false);
    // A pragma that tells its value: there is no use for it here.
    drop(db.pragma_update(None, "busy_timeout", wait));
    done
}

/// Runs jobs in one transaction and answers them.
fn commit(mut writing: Writing<'_>, group: Vec<Grouped>) {
    let db = writing.db;
    let mut kept: Vec<Answer> = Vec::new();
    let mut group = group.into_iter();
    while let Some(job) = group.next() {
        let begun = if db.is_autocommit() { db.execute_batch("BEGIN IMMEDIATE") } else { Ok(()) };
        if let Err(error) = begun.and_then(|()| db.execute_batch("SAVEPOINT job")) {
            tracing::warn!(%error, "a transaction could not begin");
            // Nobody waits again for what could not be had just now: another process may hold the file for long.
            let error = StoreError::from(error);
            for job in std::iter::once(job).chain(group.by_ref()) {
                let (_, answer) = job(Err(error.clone()));
                answer(Ok(()));
            }
            undo(&mut writing, &mut kept, &error);
            return;
        }
        let (keep, answer) = job(Ok(&mut writing));
        if db.is_autocommit() {
            // A full disk makes SQLite roll back everything.
            answer(if keep { Err(StoreError::Full) } else { Ok(()) });
            undo(&mut writing, &mut kept, &StoreError::Full);
            continue;
        }
        let settled = if keep { "RELEASE job" } else { "ROLLBACK TO job; RELEASE job" };
        match (db.execute_batch(settled), keep) {
            (Ok(()), true) => kept.push(answer),
            (Ok(()), false) => {
                writing.forget();
                answer(Ok(()));
            }
            (Err(error), _) => {
                // Half of the job might be in the transaction, so none of it may be committed.
                let error = StoreError::from(error);
                answer(Err(error.clone()));
                undo(&mut writing, &mut kept, &error);
            }
        }
    }
    if db.is_autocommit() {
        return;
    }
    match db.execute_batch("COMMIT") {
        Ok(()) => kept.into_iter().for_each(|answer| answer(Ok(()))),
        Err(error) => undo(&mut writing, &mut kept, &error.into()),
    }
}

/// Rolls back whatever is open, and tells those whose work was in it.
fn undo(writing: &mut Writing<'_>, kept: &mut Vec<Answer>, error: &StoreError) {
    if !writing.db.is_autocommit() {
        drop(writing.db.execute_batch("ROLLBACK"));
    }
    writing.forget();
    kept.drain(..).for_each(|answer| answer(Err(error.clone())));
}

impl Writing<'_> {
    /// Drops what was cached within a transaction that did not hold.
    fn forget(&mut self) {
        *self.bank = CachedBank::default();
        *self.campaigns = CachedCampaigns::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use std::path::Path;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::{Arc, Mutex};

    fn secrets() -> Secrets {
        Secrets::from_master([7; 32]).expect("secrets")
    }

    fn database(path: &Path) -> Connection {
        let db = Connection::open(path).expect("opened");
        db.execute_batch("PRAGMA journal_mode = WAL; CREATE TABLE IF NOT EXISTS noted (n INTEGER)").expect("made");
        db
    }

    fn noted(db: &Connection) -> Vec<i64> {
        let mut select = db.prepare("SELECT n FROM noted ORDER BY n").expect("prepared");
        select.query_map([], |row| row.get(0)).expect("read").collect::<Result<_, _>>().expect("numbers")
    }

    fn note(n: i64) -> impl FnOnce(&mut Writing<'_>) -> Result<(), StoreError> + Send {
        move |writing| Ok(writing.db.execute("INSERT INTO noted VALUES (?)", [n]).map(drop)?)
    }

    type Heard = Vec<Result<(), StoreError>>;
    type Work = Box<dyn FnOnce(&mut Writing<'_>) -> Result<(), StoreError> + Send>;

    /// A job of a group, whose caller notes what it hears in its place.
    fn grouped(n: usize, work: Work, heard: &Arc<Mutex<Heard>>) -> Grouped {
        let heard = heard.clone();
        Box::new(move |writing| {
            let outcome = writing.and_then(|writing| contain(|| work(writing)));
            let keep = outcome.is_ok();
            let answer = move |committed: Result<(), StoreError>| {
                heard.lock().expect("heard")[n] = committed.and(outcome);
            };
            (keep, Box::new(answer))
        })
    }

    /// Commits jobs as one group on a connection, and says what each caller heard.
    fn as_one_group(db: &Connection, jobs: Vec<Work>) -> Heard {
        let silence = Err(StoreError::Storage("silence".to_owned()));
        let heard = Arc::new(Mutex::new(vec![silence; jobs.len()]));
        let group = jobs.into_iter().enumerate().map(|(n, work)| grouped(n, work, &heard)).collect();
        let (mut bank, mut campaigns) = (CachedBank::default(), CachedCampaigns::default());
        let mut entropy = StdRng::seed_from_u64(1);
        let actor = Actor::new([1; 16]);
        let (_jobs, waiting) = mpsc::channel(1);
        let others = Others { in_the_group: true, waiting: &waiting };
        let (bank, campaigns, entropy) = (&mut bank, &mut campaigns, &mut entropy);
        let owing = &mut false;
        commit(Writing { db, bank, campaigns, entropy, owing, actor, others }, group);
        std::mem::take(&mut *heard.lock().expect("heard"))
    }

    #[test]
    fn a_job_that_fails_or_panics_leaves_nothing_and_takes_nobody_along() {
        let folder = tempfile::tempdir().expect("folder");
        let db = database(&folder.path().join("a.db"));
        let heard = as_one_group(
            &db,
            vec![
                Box::new(note(1)),
                Box::new(|writing| {
                    note(2)(writing)?;
                    Err(StoreError::Damaged("tried".into()))
                }),
                Box::new(|writing| {
                    note(3)(writing)?;
                    panic!("a job panics on purpose")
                }),
                Box::new(note(4)),
            ],
        );
        assert!(matches!(heard.as_slice(), [Ok(()), Err(StoreError::Damaged(_)), Err(StoreError::Storage(_)), Ok(())]));
        assert_eq!(noted(&db), [1, 4]);
    }

    #[test]
    fn a_group_waits_once_for_a_busy_file_and_everyone_in_it_is_told() {
        static WAITED: AtomicUsize = AtomicUsize::new(0);
        let folder = tempfile::tempdir().expect("folder");
        let (mut db, other) = (database(&folder.path().join("a.db")), database(&folder.path().join("a.db")));
        let gives_up = |_| {
            WAITED.fetch_add(1, Ordering::SeqCst);
            false
        };
        db.busy_handler(Some(gives_up)).expect("set");
        other.execute_batch("BEGIN IMMEDIATE").expect("locked");
        let heard = as_one_group(&db, vec![Box::new(note(1)), Box::new(note(2)), Box::new(note(3))]);
        assert!(heard.iter().all(|heard| matches!(heard, Err(StoreError::Busy))), "{heard:?}");
        assert_eq!(WAITED.load(Ordering::SeqCst), 1);
        other.execute_batch("ROLLBACK").expect("unlocked");
        assert!(as_one_group(&db, vec![Box::new(note(4))])[0].is_ok());
        assert_eq!(noted(&db), [4]);
    }

    #[test]
    fn when_the_disk_is_full_nobody_of_the_group_is_told_that_work_was_kept() {
        let folder = tempfile::tempdir().expect("folder");
        let db = database(&folder.path().join("a.db"));
        assert!(as_one_group(&db, vec![Box::new(note(1))])[0].is_ok());
        db.execute_batch("PRAGMA max_page_count = 2").expect("set");
        let fill = |writing: &mut Writing<'_>| {
            Ok(writing.db.execute("INSERT INTO noted VALUES (zeroblob(1000000))", []).map(drop)?)
        };
        let heard = as_one_group(&db, vec![Box::new(note(2)), Box::new(fill), Box::new(note(3))]);
        assert!(matches!(heard[1], Err(StoreError::Full)), "{heard:?}");
        let told: Vec<i64> =
            [(2, &heard[0]), (3, &heard[2])].iter().filter(|(_, h)| h.is_ok()).map(|(n, _)| *n).collect();
        assert_eq!(noted(&db), [vec![1], told].concat(), "{heard:?}");
    }

    #[tokio::test]
    async fn the_writer_outlives_a_job_that_panics_outside_a_transaction() {
        let folder = tempfile::tempdir().expect("folder");
        let db = database(&folder.path().join("a.db"));
        let writer = Writer::start(
            db,
            StdRng::seed_from_u64(1),
            secrets(),
            Head::of(Path::new("nowhere"), Path::new("nowhere")),
        )
        .expect("started");
        let panicked: Result<(), _> = writer.outside(|_| panic!("a job panics on purpose")).await;
        assert!(matches!(panicked, Err(StoreError::Storage(_))));
        assert!(writer.run(note(1)).await.is_ok());
    }
}

//! What only a SQLite file can meet with: newer and foreign files, a full disk, another process that holds it for long.

use crate::dossiers::PLANTED;
use crate::stage::*;
use canvass_core::domain::dossier::{self, Dossier};
use canvass_core::domain::{DeviceNumber, Money};
use canvass_core::wire::{Push, Verdict};
use canvass_server::store::claims::BringOrder;
use canvass_server::store::sqlite::database_in;
use canvass_server::store::{IngestOrder, SqliteOptions, SqliteStore, Store, StoreError};
use canvass_server::verification::LedgerRow;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::task::JoinSet;

/// A folder with a database, thrown away afterwards.
pub(crate) struct Folder(tempfile::TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    fn path(&self) -> PathBuf {
        database_in(self.0.path())
    }

    fn sqlite(&self) -> Result<SqliteStore, StoreError> {
        // No test cuts the power, so none waits for the disk.
        SqliteStore::open(&self.path(), SqliteOptions { durable: false, ..SqliteOptions::default() })
    }

    fn outside(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.path()).expect("opened")
    }
}

impl crate::Place for Folder {
    fn open(&self) -> Arc<dyn Store> {
        Arc::new(self.sqlite().expect("opened"))
    }
}

fn order(push: Push) -> IngestOrder {
    IngestOrder::new(DeviceNumber::new(3), server(NOON), vec![push])
}

/// Sets a pragma of the writer's own connection. Its answer is taken for an error, but it holds.
async fn set(store: &SqliteStore, pragma: &str) {
    drop(store.tamper(format!("PRAGMA {pragma}")).await);
}

#[tokio::test]
async fn a_file_of_a_newer_version_is_left_alone() {
    let folder = Folder::new();
    drop(with_bank(&folder).await);
    let sql = "INSERT INTO refinery_schema_history (version, name, applied_on, checksum)
               VALUES (99, 'later', '2027-01-01T00:00:00Z', '1')";
    folder.outside().execute(sql, []).expect("written");
    assert!(matches!(folder.sqlite(), Err(StoreError::Newer(_))));
}

#[test]
fn a_file_that_is_no_database_is_named_as_damaged() {
    let folder = Folder::new();
    std::fs::write(folder.path(), "区;小区;均价\n".repeat(500)).expect("written");
    assert!(matches!(folder.sqlite(), Err(StoreError::Damaged(_))));
    assert!(std::fs::read_to_string(folder.path()).expect("read").starts_with('区'), "the file was changed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_is_named_keeps_what_was_acknowledged_and_nothing_by_halves() {
    let folder = Folder::new();
    let store = Arc::new(folder.sqlite().expect("opened"));
    store.set_bank(bank()).await.expect("set");
    let mut pen = Pen::of(3);
    send(&*store, 3, vec![&mut pen.prospect("银枫家园")]).await;
    let pages: i64 = folder.outside().query_row("PRAGMA page_count", [], |row| row.get(0)).expect("counted");
    set(&store, &format!("max_page_count = {}", pages + 20)).await;

    let mut waiting = JoinSet::new();
    for n in 0..120 {
        let mut draft = pen.prospect(&format!("小区{n}"));
        pen.edit(&mut draft, "note", "字".repeat(600).as_str());
        let (push, store) = (draft.push(), store.clone());
        waiting.spawn(async move { (push.clone(), store.ingest(order(push)).await) });
    }
    let (mut kept, mut lost) = (Vec::new(), Vec::new());
    while let Some(done) = waiting.join_next().await {
        match done.expect("joined") {
            (push, Ok(verdicts)) => {
                assert_eq!(verdicts, [[Verdict::Accepted, Verdict::Accepted]]);
                kept.push(push);
            }
            (push, Err(StoreError::Full)) => lost.push(push),
            (_, Err(error)) => panic!("{error}"),
        }
    }
    assert!(!lost.is_empty(), "the disk was never full");
    let hashes =
        |pushes: &[Push]| -> Vec<_> { pushes.iter().flat_map(|push| push.hashes().collect::<Vec<_>>()).collect() };
    assert_eq!(store.has_changes(hashes(&kept)).await.expect("asked").len(), kept.len() * 2);
    assert_eq!(store.has_changes(hashes(&lost)).await.expect("asked").len(), 0);

    // There is room again: everything goes on, and nothing was left half done.
    set(&store, "max_page_count = 1000000").await;
    for push in lost {
        assert_eq!(store.ingest(order(push)).await.expect("ingested"), [[Verdict::Accepted, Verdict::Accepted]]);
    }
    assert!(store.rebuild().await.expect("rebuilt").nothing_differed());
    assert_eq!(held_by(&*store, "bob").await.len(), 2 * 121, "each prospect with its assignment");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_another_process_holds_the_file_callers_are_told_that_it_is_busy() {
    let folder = Folder::new();
    let store = Arc::new(folder.sqlite().expect("opened"));
    store.set_bank(bank()).await.expect("set");
    set(&store, "busy_timeout = 20").await;
    let other = folder.outside();
    other.execute_batch("BEGIN IMMEDIATE").expect("locked");
    let mut pen = Pen::of(3);
    let mut waiting = JoinSet::new();
    let mut pushes = Vec::new();
    for n in 0..20 {
        let push = pen.prospect(&format!("小区{n}")).push();
        pushes.push(push.clone());
        let store = store.clone();
        waiting.spawn(async move { store.ingest(order(push)).await });
    }
    while let Some(done) = waiting.join_next().await {
        assert!(matches!(done.expect("joined"), Err(StoreError::Busy)));
    }
    // Reading goes on all the while.
    assert_eq!(held_by(&*store, "ann").await.len(), 0);
    other.execute_batch("ROLLBACK").expect("unlocked");
    for push in pushes {
        assert_eq!(store.ingest(order(push)).await.expect("ingested"), [[Verdict::Accepted]]);
    }
}

#[tokio::test]
async fn a_long_push_lets_others_in_between_and_loses_nothing_by_it() {
    let folder = Folder::new();
    let store = folder.sqlite().expect("opened");
    store.set_bank(bank()).await.expect("set");
    let (mut heavy, mut other) = (Pen::of(3), Pen::of(1));
    let long: Vec<Push> = (0..100).map(|n| heavy.prospect(&format!("小区{n}")).push()).collect();
    let short = vec![other.prospect("银枫家园").push()];
    let of = |device, pushes| IngestOrder::new(DeviceNumber::new(device), server(NOON), pushes);
    // All wait for the file while another process holds it, so none of them finds the writer idle.
    let holder = folder.outside();
    holder.execute_batch("BEGIN IMMEDIATE").expect("locked");
    let let_go = async { holder.execute_batch("ROLLBACK").expect("unlocked") };
    let (long, short, ()) = tokio::join!(store.ingest(of(3, long)), store.ingest(of(1, short)), let_go);
    assert_eq!(long.expect("ingested"), vec![[Verdict::Accepted]; 100]);
    assert_eq!(short.expect("ingested"), [[Verdict::Accepted]]);
    let came = "SELECT count(*) FROM change WHERE device = 3 AND seq < (SELECT max(seq) FROM change WHERE device = 1)";
    let before: i64 = folder.outside().query_row(came, [], |row| row.get(0)).expect("counted");
    assert!((1..100).contains(&before), "{before} of the long push came before the short one");
    assert!(store.rebuild().await.expect("rebuilt").nothing_differed());
}

#[tokio::test]
async fn a_campaign_mended_by_another_process_is_the_one_that_counts() {
    let folder = Folder::new();
    let (one, two) = (with_bank(&folder).await, crate::Place::open(&folder));
    let (mut head, mut ann) = (Pen::of(1), Pen::of(3));
    let mut rules = head.campaign(&campaign(2, 1));
    send(&*two, 1, vec![&mut rules]).await;
    folder.outside().execute("UPDATE record SET state = 'withdrawn' WHERE kind = 'campaign'", []).expect("damaged");
    // This process counts by the damaged row …
    let mut prospect = ann.prospect("银枫家园");
    let mut visit = ann.visit(prospect.id, NOON);
    let restarted = crate::Place::open(&folder);
    send(&*restarted, 3, vec![&mut prospect, &mut visit]).await;
    assert!(restarted.tallies(rules.id).await.expect("tallies").is_empty());
    // … until another one has mended it.
    one.rebuild().await.expect("rebuilt");
    let mut again = ann.visit(prospect.id, NOON);
    send(&*restarted, 3, vec![&mut again]).await;
    assert_eq!(one.tallies(rules.id).await.expect("tallies")[0].value, 2);
    assert!(one.rebuild().await.expect("rebuilt").nothing_differed());
}

/// Everything in a folder, as bytes.
fn all_bytes(folder: &std::path::Path) -> Vec<u8> {
    let files = std::fs::read_dir(folder).expect("a folder").map(|file| file.expect("a file").path());
    files.flat_map(|file| std::fs::read(file).expect("read")).collect()
}

fn has(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[tokio::test]
async fn a_name_in_a_dossier_or_in_quarantine_stands_nowhere_in_the_files() {
    let folder = Folder::new();
    let store = with_bank(&folder).await;
    let mut pen = Pen::of(3);
    let mut prospect = pen.prospect("银枫家园");
    let named = Dossier::named(PLANTED).to_fields();
    let mut chair = pen.record(&dossier::KIND, Some(prospect.id), &named);
    send(&*store, 3, vec![&mut prospect, &mut chair]).await;
    // A conflict in it, and one that is refused.
    let mut other = pen.record(&dossier::KIND, Some(prospect.id), &Dossier::named("李秘密丁戊己").to_fields());
    let verdicts = push_at(&*store, 6, NOON, vec![other.push()]).await;
    assert!(matches!(verdicts[0][0], Verdict::Refused { .. }), "{verdicts:?}");
    let found = |bytes: &[u8]| (has(bytes, PLANTED), has(bytes, "李秘密丁戊己"), has(bytes, "银枫家园"));
    assert_eq!(found(&all_bytes(folder.0.path())), (false, false, true), "while it is open");
    drop(store);
    assert_eq!(found(&all_bytes(folder.0.path())), (false, false, true), "and when it is closed");
}

#[tokio::test]
async fn what_a_ledger_file_says_and_is_called_stands_nowhere_in_the_files() {
    let folder = Folder::new();
    let store = with_bank(&folder).await;
    let rows = vec![LedgerRow {
        line: 2,
        reference: "KH-77441".into(),
        amount: Money::from_fen(8_812_345_678).ok(),
        date: today(),
    }];
    let order =
        BringOrder {
            name: "三月对公台账.csv".into(), digest: [7; 32], rows, by: person("head"), at: server(NOON)
        };
    let (id, _) = store.bring_ledger(order).await.expect("kept");
    let found = |bytes: &[u8]| ["KH-77441", "8812345678", "三月对公台账"].map(|text| has(bytes, text));
    assert_eq!(found(&all_bytes(folder.0.path())), [false; 3], "while it is open");
    let (file, rows) = store.ledger_file(id).await.expect("read").expect("there");
    assert_eq!((file.name.as_str(), rows[0].reference.as_str()), ("三月对公台账.csv", "KH-77441"));
    drop(store);
    assert_eq!(found(&all_bytes(folder.0.path())), [false; 3], "and when it is closed");
}

#[tokio::test]
async fn a_database_opens_with_its_own_secret_file_alone() {
    let folder = Folder::new();
    drop(with_bank(&folder).await);
    let secret = folder.path().with_file_name("canvass.key");
    let kept = std::fs::read(&secret).expect("read");
    std::fs::remove_file(&secret).expect("removed");
    assert!(matches!(folder.sqlite(), Err(StoreError::Secret(_))), "no new one is made for an old database");
    let elsewhere = tempfile::tempdir().expect("a folder");
    let other = SqliteStore::open(&database_in(elsewhere.path()), SqliteOptions::default()).expect("opened");
    drop(other);
    let options = |file| SqliteOptions { secret_file: Some(file), ..SqliteOptions::default() };
    let others = options(elsewhere.path().join("canvass.key"));
    assert!(matches!(SqliteStore::open(&folder.path(), others), Err(StoreError::Secret(_))));
    let moved = elsewhere.path().join("kept.key");
    std::fs::copy(elsewhere.path().join("canvass.key"), &moved).expect("copied");
    std::fs::write(&moved, kept).expect("written");
    assert!(SqliteStore::open(&folder.path(), options(moved)).is_ok());
}

#[tokio::test]
async fn what_was_erased_and_the_list_beside_the_keys_come_together_at_each_opening() {
    let folder = Folder::new();
    let store = with_bank(&folder).await;
    let mut pen = Pen::of(3);
    let (mut first, mut second) = (pen.prospect("银枫家园"), pen.prospect("东湖花园"));
    send(&*store, 3, vec![&mut first, &mut second]).await;
    store.erase(crate::erasing::order(first.id)).await.expect("erased");
    drop(store);
    // The list was lost: it is written anew.
    let list = folder.0.path().join("canvass.erased");
    let whole = std::fs::read_to_string(&list).expect("a list");
    assert!(whole.contains(&first.id.to_string()));
    std::fs::remove_file(&list).expect("removed");
    drop(folder.sqlite().expect("opened"));
    assert_eq!(std::fs::read_to_string(&list).expect("a list"), whole);
    // The server died between the list and the database: the next opening erases what the list says.
    let line = format!("{} {NOON}\n", second.id);
    std::fs::write(&list, whole.clone() + &line).expect("written");
    let store = folder.sqlite().expect("opened");
    assert_eq!(store.counts().await.expect("counts").records, 0);
    assert_eq!(store.erased(vec![first.id, second.id]).await.expect("asked").len(), 2);
    drop(store);
    // A list that nobody can read lets nothing come back unseen: the server does not start.
    std::fs::write(&list, "scribbled\n".to_owned() + &whole).expect("written");
    let refused = folder.sqlite().expect_err("refused").to_string();
    assert!(refused.contains("line 1") && refused.contains("canvass.erased"), "{refused}");
}

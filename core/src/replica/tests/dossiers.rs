//! Promises of dossiers: they lie in a file of their own under a key that goes with the lease, and none is shown before its
//! reading is in the outbox.

use super::encrypted::{begin, files_with, keyed};
use super::*;
use crate::domain::dossier::{self, Dossier};
use crate::domain::{Audience, PersonId};
use crate::sync::{Reply, Session, SyncError};
use crate::wire::{ABLE_DOSSIERS, DossierKey, Position, Push};
use tempfile::TempDir;

pub(super) fn known(name: &str) -> Fields {
    Dossier { phone: Some("138-1234-5678".into()), ..Dossier::named(name) }.to_fields()
}

/// What the server says with a lease of 14 days.
pub(super) fn lease(request: &Request) -> Response {
    let key = Some(DossierKey::new([6; 32]));
    let lease_ms = (14 * DAYS).unsigned_abs();
    Response { dossier_key: key, lease_ms, ..answer(request, |_| Verdict::Accepted) }
}

pub(super) fn sync(
    replica: &mut Replica,
    now: PhoneTime,
    respond: impl Fn(&Request) -> Response,
) -> (Request, Applied) {
    let request = replica.request(PLENTY, 1_000_000, 1, now).expect("a request");
    let response = respond(&request);
    let applied = replica.apply(&request, &response, now).expect("applied");
    (request, applied)
}

/// A phone with a prospect that the server has and a lease since the beginning.
pub(super) fn leased() -> (TempDir, Replica) {
    let folder = tempfile::tempdir().expect("a directory");
    let mut replica = begin(folder.path(), 7);
    replica.create(id(1), &prospect::KIND, None, &community("银枫家园"), at(0)).expect("created");
    sync(&mut replica, at(0), lease);
    (folder, replica)
}

/// That, and a dossier in the outbox.
fn with_dossier() -> (TempDir, Replica) {
    let (folder, mut replica) = leased();
    replica.create(id(2), &dossier::KIND, Some(id(1)), &known("周建国"), at(10)).expect("created");
    (folder, replica)
}

pub(super) fn reopen(folder: &TempDir, replica: Replica, n: u8, now: PhoneTime) -> Replica {
    drop(replica);
    let opening = Opening { at: now, ..keyed(7, n) };
    Replica::open(&folder.path().join("P7.db"), opening, None).expect("opens")
}

pub(super) fn readings(replica: &Replica) -> Vec<(RecordId, RecordId)> {
    let request = replica.request(PLENTY, 1, 1, at(0)).expect("a request");
    request.readings.iter().map(|reading| (reading.id, reading.dossier)).collect()
}

pub(super) fn ids() -> impl FnMut() -> RecordId {
    let mut next = 100;
    move || {
        next += 1;
        id(next)
    }
}

#[test]
fn a_dossier_is_recorded_read_edited_and_searched_while_the_lease_holds() {
    let (folder, mut replica) = with_dossier();
    assert_eq!(replica.outstanding().expect("counts"), 1);
    let view = replica.read_dossier(id(2), at(20), id(50)).expect("shown");
    assert_eq!((view.row.fields.text("name"), view.unsynced), (Some("周建国"), 1));
    let puts = fields(&[("habits", "围棋".into())]);
    replica.edit(id(2), &puts, at(30)).expect("edited").expect("differs");
    let mut replica = reopen(&folder, replica, 1, at(40));
    let found = |replica: &mut Replica, prospect, text| {
        replica.read_dossiers(prospect, text, at(50), ids()).expect("shown").len()
    };
    assert_eq!(found(&mut replica, None, Some("围")), 1);
    assert_eq!(found(&mut replica, Some(id(1)), None), 1);
    assert_eq!((found(&mut replica, Some(id(9)), None), found(&mut replica, None, Some("象棋"))), (0, 0));
    // Lists, records and the inbox of everything else know nothing of it.
    assert_eq!(replica.query(&Query::default()).expect("lists").len(), 1);
    assert_eq!(replica.record(id(2)).expect("reads"), None);
    assert!(
        replica.query(&Query { kind: Some((&dossier::KIND).into()), ..Query::default() }).expect("lists").is_empty()
    );
}

#[test]
fn a_reading_is_in_the_outbox_before_anything_is_shown_and_until_the_server_answered() {
    let (folder, mut replica) = with_dossier();
    assert_eq!(readings(&replica), []);
    replica.read_dossier(id(2), at(20), id(50)).expect("shown");
    replica.read_dossiers(Some(id(1)), None, at(21), || id(51)).expect("shown");
    let replica = reopen(&folder, replica, 1, at(30));
    assert_eq!(readings(&replica), [(id(50), id(2)), (id(51), id(2))]);
    // A dossier that is not here was not read.
    let mut replica = replica;
    assert!(matches!(replica.read_dossier(id(9), at(31), id(52)), Err(ReplicaError::NoSuchRecord(_))));
    let (request, applied) = sync(&mut replica, at(40), lease);
    assert_eq!((request.readings.len(), applied.outstanding), (2, 0));
    assert_eq!(readings(&replica), []);
}

#[test]
fn what_cannot_be_noted_is_not_shown() {
    let (_folder, mut replica) = with_dossier();
    let pages = replica.main().expect("open").query_row("SELECT * FROM pragma_page_count", [], |row| row.get(0));
    replica.cap_pages(pages.expect("a number"));
    let mut fresh = ids();
    let mut last = None;
    for n in 0..200 {
        last = replica.read_dossier(id(2), at(20 + n), RecordId::new(DAY + n, [7; 10])).err();
        if last.is_some() {
            break;
        }
    }
    assert!(matches!(last, Some(ReplicaError::Full)), "{last:?}");
    assert!(matches!(replica.read_dossiers(None, None, at(300), &mut fresh), Err(ReplicaError::Full)));
    assert!(matches!(replica.read_dossier(id(2), at(301), fresh()), Err(ReplicaError::Full)));
}

#[test]
fn no_file_of_the_phone_shows_a_dossier_and_the_phones_own_does_not_even_hold_one() {
    let (folder, mut replica) = with_dossier();
    replica.read_dossier(id(2), at(20), id(50)).expect("shown");
    sync(&mut replica, at(30), |request| answer(request, |_| refused("size")));
    assert_eq!(replica.dossier_inbox(at(31), ids()).expect("shown").len(), 1);
    assert!(replica.inbox().expect("reads").is_empty());
    let planted = ["周建国", "138-1234-5678"];
    for text in planted {
        assert_eq!(files_with(folder.path(), text), Vec::<String>::new());
    }
    // Every value of every table of the phone's own file, as its key shows them; an index of words has its own in tables, too.
    let db = replica.main().expect("open");
    let sql = "SELECT name FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'";
    let mut select = db.prepare(sql).expect("a schema");
    let tables: Vec<String> =
        select.query_map([], |row| row.get(0)).expect("reads").collect::<Result<_, _>>().expect("names");
    let (mut values, mut own) = (0, false);
    for table in tables {
        let mut select = db.prepare(&format!("SELECT * FROM {table}")).expect("a table");
        let columns = select.column_count();
        let mut found = select.query([]).expect("reads");
        while let Some(row) = found.next().expect("reads") {
            for n in 0..columns {
                let bytes = match row.get_ref(n).expect("a value") {
                    rusqlite::types::ValueRef::Text(bytes) | rusqlite::types::ValueRef::Blob(bytes) => bytes.to_vec(),
                    _ => Vec::new(),
                };
                let holds = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
                assert!(!planted.iter().any(|text| holds(text)), "{table}");
                own |= holds("银枫家园");
                values += 1;
            }
        }
    }
    assert!(values > 40 && own, "the check reads what is there: {values}");
}

#[test]
fn when_the_lease_has_run_out_the_key_is_gone_and_the_next_sync_brings_it_again() {
    let (folder, replica) = with_dossier();
    let late = at(15 * DAYS);
    let mut replica = reopen(&folder, replica, 1, late);
    for _ in 0..2 {
        assert!(!replica.dossiers_are_open(late).expect("answers"));
        assert!(matches!(replica.read_dossier(id(2), late, id(50)), Err(ReplicaError::DossiersLocked)));
        assert!(matches!(replica.read_dossiers(None, None, late, ids()), Err(ReplicaError::DossiersLocked)));
        let recorded = replica.create(id(3), &dossier::KIND, Some(id(1)), &known("李"), late);
        assert!(matches!(recorded, Err(ReplicaError::DossiersLocked)), "{recorded:?}");
        assert_eq!(replica.outstanding().expect("counts"), 1, "what was not sent is still counted");
        replica = reopen(&folder, replica, 2, late);
    }
    assert_eq!(readings(&replica), [], "nothing was shown");
    let held: Option<Vec<u8>> =
        replica.main().expect("open").query_row("SELECT dossier_key FROM phone", [], |row| row.get(0)).expect("a row");
    assert_eq!(held, None);

    let (request, applied) = sync(&mut replica, late, lease);
    assert!(request.pushes.is_empty() && request.able == [ABLE_DOSSIERS]);
    assert!(applied.resumes && applied.outstanding == 1, "the outbox goes on: {applied:?}");
    let (request, applied) = sync(&mut replica, late, lease);
    assert_eq!((hashes(&request).len(), applied.outstanding, applied.resumes), (1, 0, false));
    assert_eq!(replica.read_dossier(id(2), late, id(50)).expect("shown").unsynced, 0);
}

#[test]
fn the_lease_runs_out_on_a_phone_that_is_never_closed_too() {
    let (_folder, mut replica) = with_dossier();
    assert!(replica.dossiers_are_open(at(14 * DAYS - 1)).expect("answers"));
    assert!(!replica.dossiers_are_open(at(14 * DAYS)).expect("answers"));
    assert!(!replica.dossiers_are_open(at(1)).expect("answers"), "and stays so whatever the clock says");
}

#[test]
fn a_clock_turned_back_does_not_help() {
    let (folder, mut replica) = with_dossier();
    replica.read_dossier(id(2), at(13 * DAYS), id(50)).expect("shown");
    let mut replica = reopen(&folder, replica, 1, at(DAYS));
    assert!(matches!(replica.read_dossier(id(2), at(DAYS), id(51)), Err(ReplicaError::DossiersLocked)));
    // Little by little, over many openings: what moved backwards adds up.
    let (folder, mut replica) = with_dossier();
    let mut shown = 0;
    for n in 0..60_u8 {
        let now = at(i64::from(n % 2) * 60_000);
        replica = reopen(&folder, replica, n + 1, now);
        shown += usize::from(replica.read_dossier(id(2), now, id(100 + n)).is_ok());
    }
    assert!((5..15).contains(&shown), "{shown}");
}

#[test]
fn what_the_phone_saw_pass_is_spent_also_where_no_dossier_was_read() {
    // Opened every day, and turned back when the lease is nearly over.
    let (folder, mut replica) = with_dossier();
    for n in 1..=13_u8 {
        replica = reopen(&folder, replica, n, at(i64::from(n) * DAYS));
    }
    let mut replica = reopen(&folder, replica, 14, at(60_000));
    assert!(!replica.dossiers_are_open(at(60_000)).expect("answers"));
    // The same without turning back: what each opening spent stays spent.
    let (folder, replica) = with_dossier();
    let mut replica = reopen(&folder, replica, 1, at(13 * DAYS));
    assert!(replica.dossiers_are_open(at(14 * DAYS - 1)).expect("answers"));
    // Never closed, and only looked at, until the app is killed.
    let (folder, mut replica) = with_dossier();
    for day in 1..=13 {
        assert!(replica.dossiers_are_open(at(day * DAYS)).expect("answers"));
    }
    let mut replica = reopen(&folder, replica, 1, at(60_000));
    assert!(!replica.dossiers_are_open(at(60_000)).expect("answers"));
}

#[test]
fn a_clock_that_was_turned_back_once_is_remembered_though_the_app_was_killed_at_once() {
    let minutes = |n: i64| at(n * 60_000);
    let (folder, mut replica) = with_dossier();
    assert!(replica.dossiers_are_open(minutes(60)).expect("answers"));
    assert!(replica.dossiers_are_open(minutes(56)).expect("answers"), "four minutes are forgiven");
    let mut replica = reopen(&folder, replica, 1, minutes(60));
    assert!(!replica.dossiers_are_open(minutes(58)).expect("answers"), "six are not");
}

#[test]
fn another_sync_renews_the_lease() {
    let (_folder, mut replica) = with_dossier();
    sync(&mut replica, at(10 * DAYS), lease);
    assert!(replica.dossiers_are_open(at(20 * DAYS)).expect("answers"));
    sync(&mut replica, at(21 * DAYS), |request| answer(request, |_| Verdict::Accepted));
    assert!(replica.dossiers_are_open(at(23 * DAYS)).expect("answers"), "no word on the lease leaves it as it is");
    assert!(!replica.dossiers_are_open(at(24 * DAYS)).expect("answers"));
}

#[test]
fn who_may_read_dossiers_no_more_is_locked_out_by_the_very_next_response() {
    let (folder, mut replica) = with_dossier();
    let feed = Audience::Dossiers("P7".parse().expect("a person"), None);
    let stands = |high| vec![Position { feed: feed.clone(), low: 0, high }];
    sync(&mut replica, at(20), |request| Response { positions: stands(5), ..lease(request) });
    replica.create(id(3), &dossier::KIND, Some(id(1)), &known("李"), at(30)).expect("created");
    // A request that did not say that this phone can hold dossiers is answered without a key, too.
    let mut silent = replica.request(PLENTY, 1, 1, at(40)).expect("a request");
    silent.able.clear();
    let no_key = Response { dossier_key: None, ..lease(&silent) };
    replica.apply(&silent, &Response { verdicts: vec![vec![Verdict::Held]], ..no_key }, at(40)).expect("applied");
    assert!(replica.dossiers_are_open(at(41)).expect("answers"));

    let gone = |request: &Request| Response {
        verdicts: vec![vec![Verdict::Held]],
        evictions: vec![id(2)],
        positions: stands(0),
        dossier_key: None,
        ..lease(request)
    };
    let (_, applied) = sync(&mut replica, at(50), gone);
    assert_eq!((applied.evicted, applied.outstanding), (1, 1), "what is evicted goes first");
    let mut replica = replica;
    for n in 1..3 {
        assert!(!replica.dossiers_are_open(at(51)).expect("answers"));
        assert!(matches!(replica.read_dossiers(None, None, at(51), ids()), Err(ReplicaError::DossiersLocked)));
        let key = "SELECT dossier_key FROM phone";
        let held: Option<Vec<u8>> = replica.main().expect("open").query_row(key, [], |row| row.get(0)).expect("a row");
        assert_eq!((held, replica.outstanding().expect("counts")), (None, 1));
        replica = reopen(&folder, replica, n, at(52));
    }
    assert_eq!(replica.request(1, 1, 1, at(53)).expect("a request").positions, [], "the feed is let go of");
    // Who may read them again gets them with the next key.
    sync(&mut replica, at(60), lease);
    assert_eq!(replica.read_dossier(id(3), at(61), id(50)).expect("shown").unsynced, 1);
}

#[test]
fn dossiers_that_the_server_brings_lie_in_their_file_and_their_feeds_go_on_after_a_locked_time() {
    let (_folder, theirs) = with_dossier();
    let pushed: Vec<Push> = theirs.request(PLENTY, 1, 1, at(0)).expect("a request").pushes;
    let folder = tempfile::tempdir().expect("a directory");
    let mut ours = begin(folder.path(), 8);
    let person: PersonId = "P8".parse().expect("a person");
    let feed = Audience::Dossiers(person, None);
    let bring = |request: &Request| {
        let delivered =
            pushed.iter().map(|p| Delivery { record: p.record, kind: p.kind.clone(), changes: p.changes.clone() });
        Response {
            deliveries: delivered.collect(),
            positions: vec![Position { feed: feed.clone(), low: 0, high: 5 }],
            ..answer(request, |_| Verdict::Accepted)
        }
    };
    // Without a key there is no place for them: they are asked for again.
    let (_, applied) = sync(&mut ours, at(0), bring);
    assert_eq!((applied.pulled, ours.request(1, 1, 1, at(0)).expect("a request").positions.len()), (0, 0));
    let with_key =
        |request: &Request| Response { dossier_key: Some(DossierKey::new([8; 32])), lease_ms: 1_000, ..bring(request) };
    let (_, applied) = sync(&mut ours, at(0), with_key);
    assert_eq!((applied.pulled, ours.count().expect("counts")), (1, 0));
    assert_eq!(ours.read_dossiers(None, None, at(1), ids()).expect("shown").len(), 1);
    assert!(!ours.dossiers_are_open(at(5_000)).expect("answers"));
    let request = ours.request(1, 1, 1, at(5_000)).expect("a request");
    assert_eq!(request.positions, [Position { feed: feed.clone(), low: 0, high: 5 }]);
    // A record that left the person's audiences goes from there too.
    let gone = |request: &Request| Response { evictions: vec![id(2)], deliveries: Vec::new(), ..with_key(request) };
    assert_eq!(sync(&mut ours, at(6_000), gone).1.evicted, 1);
    assert!(ours.read_dossiers(None, None, at(6_001), ids()).expect("shown").is_empty());
}

#[test]
fn another_key_from_the_server_opens_the_same_dossiers_from_then_on() {
    let (folder, mut replica) = with_dossier();
    let other = |request: &Request| Response { dossier_key: Some(DossierKey::new([9; 32])), ..lease(request) };
    sync(&mut replica, at(20), other);
    let mut replica = reopen(&folder, replica, 1, at(30));
    assert!(replica.read_dossier(id(2), at(30), id(50)).is_ok());
}

#[test]
fn a_refused_dossier_is_settled_in_its_own_file() {
    let (_folder, mut replica) = with_dossier();
    let (_, applied) = sync(&mut replica, at(20), |request| answer(request, |_| refused("not-your-role")));
    assert_eq!((applied.refused, applied.outstanding), (1, 0));
    let inbox = replica.dossier_inbox(at(21), ids()).expect("shown");
    let [entry] = inbox.as_slice() else { panic!("{inbox:?}") };
    assert_eq!((entry.record, entry.fields.text("name")), (id(2), Some("周建国")));
    assert_eq!(readings(&replica).len(), 1, "what a person had put into a dossier is read like the dossier");
    replica.dismiss(&entry.hash).expect("dismissed");
    assert!(replica.dossier_inbox(at(22), ids()).expect("shown").is_empty());
}

#[test]
fn a_revoked_phone_hands_over_its_dossiers_work_and_destroys_both_files() {
    let (folder, mut replica) = with_dossier();
    replica.read_dossier(id(2), at(20), id(50)).expect("shown");
    let farewell = replica.farewell(PLENTY, 1, at(30)).expect("a request");
    assert_eq!((farewell.pushes.len(), farewell.readings.len()), (1, 1));
    replica.wipe().expect("wiped");
    assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 0);
    assert!(matches!(replica.read_dossier(id(2), at(31), id(51)), Err(ReplicaError::Wiped)));
}

#[test]
fn a_revoked_phone_says_that_work_in_locked_dossiers_was_not_sent() {
    let (_folder, mut replica) = with_dossier();
    let late = at(20 * DAYS);
    let mut session: Session = replica.session(1).expect("a session");
    assert!(matches!(replica.advance(&mut session, 1, late).expect("advances"), Action::Transmit(_)));
    session.received(&super::enrolled::revoked(7, 99, true), late);
    let Action::Transmit(last) = replica.advance(&mut session, 2, late).expect("advances") else { panic!("no post") };
    let request = Request::decode(&last.body).expect("a request");
    let body = answer(&request, |_| Verdict::Held).encode().expect("encodes");
    session.received(&Reply { status: 200, body }, late);
    let Action::Done(result) = replica.advance(&mut session, 3, late).expect("advances") else { panic!("not done") };
    assert_eq!(result, Err(SyncError::Revoked { handed_over: 0, not_taken: 0, not_sent: 1 }));
}

#[test]
fn one_session_unlocks_the_dossiers_and_sends_what_waited_there() {
    let (_folder, mut replica) = with_dossier();
    let late = at(20 * DAYS);
    let mut session: Session = replica.session(1).expect("a session");
    let (mut rounds, mut pushed) = (0, 0);
    loop {
        match replica.advance(&mut session, 1, late).expect("advances") {
            Action::Transmit(post) => {
                let request = Request::decode(&post.body).expect("a request");
                pushed += request.pushes.len();
                rounds += 1;
                let body = lease(&request).encode().expect("encodes");
                session.received(&Reply { status: 200, body }, late);
            }
            Action::Done(result) => {
                assert!(result.expect("synced").synced());
                break;
            }
            Action::Wait(_) => panic!("nothing failed"),
        }
    }
    assert_eq!((rounds, pushed), (2, 1));
}

#[test]
fn a_dossier_that_is_erased_while_the_dossiers_are_locked_is_gone_once_they_are_open() {
    let (folder, mut replica) = with_dossier();
    sync(&mut replica, at(20), lease);
    replica.create(id(3), &dossier::KIND, Some(id(1)), &known("陈阿姨"), at(30)).expect("created");
    // The lease runs out; what comes then concerns the locked file, too.
    let late = at(15 * DAYS);
    assert!(!replica.dossiers_are_open(late).expect("looks"));
    let erases = |request: &Request| Response { erased: vec![id(2)], ..answer(request, |_| Verdict::Accepted) };
    sync(&mut replica, late, erases);
    let mut replica = reopen(&folder, replica, 1, late);
    sync(&mut replica, late, lease);
    sync(&mut replica, late, lease);
    let found = replica.read_dossiers(None, None, late, ids()).expect("shown");
    assert_eq!(found.iter().map(|view| view.row.id).collect::<Vec<_>>(), [id(3)]);
    let told = replica.dossier_inbox(late, ids()).expect("shown");
    assert!(told.len() == 1 && told[0].record == id(2) && told[0].fields.is_empty(), "{told:?}");
    // With the prospect all goes that belongs to it, in both files; of what was not sent yet its person is told.
    replica.create(id(4), &dossier::KIND, Some(id(1)), &known("吴老师"), late).expect("created");
    let mut request = replica.request(PLENTY, 1_000_000, 1, late).expect("a request");
    request.pushes.clear();
    let all = Response { erased: vec![id(1)], ..lease(&request) };
    replica.apply(&request, &all, late).expect("applied");
    let told = replica.dossier_inbox(late, ids()).expect("shown");
    assert!(told.iter().any(|entry| format!("{:?}", entry.reason).contains("1 changes made here")), "{told:?}");
    assert!(replica.read_dossiers(None, None, late, ids()).expect("shown").is_empty());
    assert_eq!(replica.record(id(1)).expect("reads"), None);
}

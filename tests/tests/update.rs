//! Updates: files that an app or a server of an earlier version left are opened by today's, and nothing in them is lost: neither
//! what was never sent nor what was refused, nor what only the server knows. An update that is cut off is as if it had not begun.

#![expect(clippy::expect_used, reason = "fixtures are right or the test is wrong")]

use canvass_core::document::{Actor as DocumentActor, Authorship, Document};
use canvass_core::domain::campaign::Metric;
use canvass_core::domain::dossier::Dossier;
use canvass_core::domain::verification::Verdict;
use canvass_core::domain::{DeviceNumber, RecordId, dossier, visit};
use canvass_core::ranking::Status;
use canvass_core::replica::{Durability, InboxReason, Opening, Replica, ReplicaError};
use canvass_core::wire::{Push, Request};
use canvass_server::clock::Clock;
use canvass_server::ingest::Assigned;
use canvass_server::store::devices::{InviteOrder, RevokeOrder, Revoked};
use canvass_server::store::sqlite::database_in;
use canvass_server::store::{
    Actor, AssignOrder, Audit, Devices, Logins, Queue, SqliteOptions, SqliteStore, Store, StoreError,
};
use canvass_tests::golden::{
    AUDIT, PHONE, SERVER, dump, golden, hand_out_secret, hashes_in, load, old_changes, old_phone, old_server, sql,
};
use canvass_tests::{Holder, World, date, enrolled, person, small_bank, unit, week};
use rusqlite::Connection;
use std::path::Path;

const WANG: DeviceNumber = DeviceNumber::new(11);

/// A world whose server and phone of B1-S1-P1 go on from golden files, two days later.
fn updated(seed: u64) -> (World, Holder) {
    let folder = tempfile::tempdir().expect("a folder");
    old_server(folder.path());
    old_phone(folder.path());
    let world = World::in_folder(seed, folder, small_bank(2).1);
    world.becomes(date("2026-03-04"), 9);
    let wang = world.unencrypted_phone("B1-S1-P1");
    (world, wang)
}

fn named(phone: &mut Holder, name: &str) -> RecordId {
    let rows = phone.rows();
    rows.values().find(|row| row.fields.text("name") == Some(name)).expect("a prospect of that name").id
}

#[test]
fn an_app_update_brings_along_all_that_the_phone_held_and_sends_what_was_never_sent() {
    let (world, mut wang) = updated(1);
    // What was recorded, sent or not, is shown as it was.
    let (silver, golden) = (named(&mut wang, "银枫家园"), named(&mut wang, "金桥小区"));
    assert_eq!((wang.unsynced(silver), wang.unsynced(golden), wang.outstanding()), (1, 1, 4));
    let row = wang.row(silver).expect("a row");
    assert_eq!(row.conflicts.iter().map(|one| one.field.as_str()).collect::<Vec<_>>(), ["households"]);
    assert_eq!(row.fields.text("note"), Some("物业经理周三在"));
    let visits = wang.rows().values().filter(|row| row.kind.is(&visit::KIND)).count();
    assert_eq!(visits, 3, "one that is synced and two that are not");
    let inbox = wang.inbox();
    assert!(matches!(&inbox[0].reason, InboxReason::Refused { code, .. } if code == "not-in-your-audience"));
    assert_eq!((inbox.len(), inbox[0].fields.text("note")), (1, Some("谈了方案")));
    assert!(wang.replica().bank().expect("a bank").person(&person("B1-L")).is_some());
    assert_eq!(wang.replica().standings().expect("standings")[0].name, "百日会战");
    assert_eq!(wang.replica().clock_skew_ms().expect("read"), Some(0));

    // It goes on where it stood: nothing is fetched anew, and nothing is called lost.
    let report = wang.sync();
    assert!(report.synced(), "{report:?}");
    assert_eq!((report.applied.acknowledged, report.applied.refused), (4, 0));
    let log = wang.faults.take_log();
    assert!(!log[0].request.positions.is_empty() && log[0].request.commit.is_some());
    assert!(log.iter().all(|exchange| !exchange.response.lost));
    let held = hashes_in(PHONE);
    assert!(held.len() > 10, "{}", held.len());
    let there = world.run(world.store.has_changes(held.clone())).expect("read");
    assert_eq!(there.len(), held.len(), "all that the phone held is on the server");
    // The prospect had been assigned elsewhere meanwhile: what was done in good faith was taken, by the token of then.
    assert_eq!(world.row(silver).expect("a row").fields.text("note"), Some("物业经理周三在"));
    world.assert_holds_its_own(&mut wang);
    assert_eq!(wang.inbox(), inbox, "until the person has dealt with it");
}

#[test]
fn a_server_update_keeps_and_serves_all_that_the_server_had() {
    let (world, mut wang) = updated(2);
    let log = old_changes();
    assert_eq!(world.run(world.store.has_changes(log.clone())).expect("read").len(), log.len());
    let campaign = world.run(world.store.campaigns()).expect("campaigns")[0].id;
    // The account was confirmed; the visits are one of B1 and one of B2.
    let standing = world.standing(campaign, week("2026-W10"), "B1");
    assert_eq!((standing.rank, standing.total[&Metric::Fund].confirmed), (1, 3_000_000));
    let confirmed = world.contributions(campaign).iter().filter(|one| one.status == Status::Confirmed).count();
    assert_eq!(confirmed, 4, "{:#?}", world.contributions(campaign));
    world.assert_rebuilds(campaign);
    // What only the server knows: the dossier that lies encrypted, what is held, who was revoked, the audit log, a login.
    let silver = named(&mut wang, "银枫家园");
    let dossiers = world.run(world.store.dossiers(silver)).expect("read");
    assert_eq!(world.row(dossiers[0]).expect("a row").fields.text("name"), Some("周主任"));
    let held = world.run(world.store.held()).expect("held");
    assert_eq!((held.len(), held[0].unit.clone()), (1, Some(unit("B3-S1"))));
    let devices = world.run(world.store.devices()).expect("devices");
    assert_eq!(devices.iter().filter(|device| device.revoked.is_some()).count(), 1);
    let audit = world.run(world.store.verify_audit()).expect("checked");
    assert!(audit.entries > 5 && audit.fault.is_none(), "{audit:?}");
    assert_eq!(world.counts().quarantined, 1);
    let logins = world.run(world.store.logins(world.clock.now())).expect("read");
    assert_eq!(logins.iter().map(|login| login.person.as_str()).collect::<Vec<_>>(), ["B1-L"]);
    // Phones sync with it, one that was there before and one that begins.
    for mut phone in [wang, world.phone("B2-S1-P1"), world.phone("B1-L")] {
        assert!(phone.sync().synced());
        world.assert_holds_its_own(&mut phone);
    }
    world.assert_rebuilds(campaign);
}

/// The table in which it is noted which migrations were done; it is made before the first of them, empty.
fn notes_of_migrations() -> String {
    let phone = sql(PHONE);
    let (_, table) = phone.split_once("CREATE TABLE refinery_schema_history").expect("the table");
    let (columns, _) = table.split_once(';').expect("its end");
    format!("CREATE TABLE refinery_schema_history{columns};")
}

/// What is in the way of a migration's end: a table of the name of the last one that it makes.
fn put_in_the_way(path: &Path, table: &str) {
    let db = Connection::open(path).expect("a database");
    db.execute(&format!("CREATE TABLE {table} (in_the_way INTEGER)"), []).expect("made");
}

fn take_away(path: &Path, table: &str) {
    Connection::open(path).expect("a database").execute(&format!("DROP TABLE {table}"), []).expect("dropped");
}

#[test]
fn an_app_update_that_is_cut_off_leaves_the_phones_file_as_it_was() {
    let folder = tempfile::tempdir().expect("a folder");
    // The file of an app with one migration, which had recorded something; and one that has gone through none yet.
    let (phone, notes) = (sql(PHONE), notes_of_migrations());
    let noted = phone.lines().find(|line| line.starts_with("INSERT INTO refinery_schema_history")).expect("the first");
    let first = std::fs::read_to_string(golden("../../core/migrations/V1__replica.sql")).expect("a migration");
    let kept = "INSERT INTO change (record, hash, bytes, own, acknowledged) VALUES (x'01', x'02', x'03', 1, 0);
                INSERT INTO setting (name, value) VALUES ('owner', 'B1-S1-P1'); PRAGMA user_version = 1;";
    for (name, sql) in [("one.db", format!("{first} {notes} {noted} {kept}")), ("none.db", notes.clone())] {
        let path = folder.path().join(name);
        load(&sql, &path);
        put_in_the_way(&path, "reading");
        let before = dump(&path);
        for _ in 0..2 {
            assert!(matches!(open(&path), Err(ReplicaError::Damaged(_))));
            assert_eq!(dump(&path), before, "{name}: as if the update had not begun");
        }
        // What was in the way is gone: the same update goes through.
        take_away(&path, "reading");
        assert!(matches!(open(&path), Err(ReplicaError::NotEnrolled(_))), "before the second migration none was");
    }
    let after = dump(&folder.path().join("one.db"));
    assert!(
        after.contains("CREATE TABLE reading") && after.contains("INSERT INTO change VALUES (1, X'01', X'02', X'03'")
    );
}

fn open(path: &Path) -> Result<Replica, ReplicaError> {
    let (durability, at) = (Durability::PowerLoss, World::new(3).now());
    Replica::open(path, Opening { actor_seed: [1; 16], durability, key: None, at }, None)
}

#[test]
fn a_server_update_that_is_cut_off_leaves_the_servers_file_as_it_was() {
    // In the way of a migration that came after all that the golden file had; and a file that has gone through none yet.
    for is_old in [true, false] {
        let folder = tempfile::tempdir().expect("a folder");
        let path = database_in(folder.path());
        if is_old {
            old_server(folder.path());
        } else {
            load(&notes_of_migrations(), &path);
        }
        put_in_the_way(&path, "device_clock");
        let before = dump(&path);
        let open = || SqliteStore::open(&path, SqliteOptions::default());
        for _ in 0..2 {
            assert!(matches!(open(), Err(StoreError::Storage(_))));
            assert_eq!(dump(&path), before, "as if the update had not begun");
        }
        take_away(&path, "device_clock");
        drop(open().expect("opened"));
        let after = dump(&path);
        let rows = |text: &str| text.lines().filter(|line| line.starts_with("INSERT INTO change ")).count();
        assert_eq!((after.contains("CREATE TABLE device_clock"), rows(&after)), (true, rows(&before)));
    }
}

#[test]
fn a_file_of_a_newer_app_is_left_alone_by_an_older_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("phone-00011.db");
    old_phone(folder.path());
    let later = "INSERT INTO refinery_schema_history (version, name, applied_on, checksum)
                 VALUES (99, 'later', '2027-01-01T00:00:00Z', '1'); PRAGMA user_version = 99;";
    Connection::open(&path).expect("a database").execute_batch(later).expect("written");
    let before = dump(&path);
    assert!(matches!(open(&path), Err(ReplicaError::Newer(_))));
    assert_eq!(dump(&path), before);
}

/// How the golden databases were made, by the code as it then was: `cargo test -p canvass-tests --test update -- --ignored`
/// writes those that are missing.
#[test]
#[ignore = "writes golden databases that are missing"]
fn write_what_is_missing() {
    let folder = tempfile::tempdir().expect("a folder");
    hand_out_secret(folder.path());
    let (bank, phones) = small_bank(2);
    let world = World::in_folder(2026, folder, phones.clone());
    world.run(world.store.set_bank(bank)).expect("a bank");
    world.run(enrolled(&world.store, &phones));
    world.launch(&World::plain_campaign());
    let (mut wang, mut li) = (world.unencrypted_phone("B1-S1-P1"), world.unencrypted_phone("B1-S1-P2"));
    // What everybody has: a prospect with a visit and an account that was confirmed, and a field in conflict.
    let silver = wang.prospect("银枫家园");
    wang.visit(silver);
    let claim = wang.claim_account(silver, date("2026-03-02"), 30_000);
    wang.sync();
    li.sync();
    wang.edit(silver, "households", 900);
    li.edit(silver, "households", 1_100);
    wang.sync();
    li.sync();
    world.judge(claim, Verdict::Confirmed, None);
    // A dossier, which the server keeps encrypted.
    let authorship = Authorship { device: WANG, actor: DocumentActor::new([9; 16]), at: world.now() };
    let (id, kind) = (RecordId::new(world.now().millis(), [9; 10]), (&dossier::KIND).into());
    let fields = Dossier::named("周主任").to_fields();
    let (_, change) = Document::create(id, &kind, Some(silver), &fields, &authorship).expect("created");
    let mut request = Request::new(WANG, person("B1-S1-P1"), world.now(), 7, 1_000_000);
    request.pushes = vec![Push { record: id, kind, changes: vec![change.bytes.into()] }];
    world.ask(&request);
    // A visit with another unit's prospect, which is refused.
    let mut zhang = world.unencrypted_phone("B2-S1-P1");
    let east = zhang.prospect("东湖小区");
    zhang.visit(east);
    zhang.sync();
    wang.visit(east);
    wang.sync();
    assert_eq!(wang.inbox().len(), 1);
    // A phone that is revoked, and hands over what it had not sent.
    let mut liu = world.unencrypted_phone("B3-S1-P1");
    liu.sync();
    liu.prospect("西关小区");
    let (by, at) = (Actor::Operator, world.clock.now());
    let order = RevokeOrder {
        devices: Revoked::Device(liu.device()),
        by: by.clone(),
        reason: "lost".to_owned(),
        hand_over: true,
        at,
    };
    world.run(world.store.revoke(order)).expect("revoked");
    assert!(liu.try_sync().is_err());
    // An invitation that nobody has answered, and somebody who has logged in.
    world.run(world.store.invite(InviteOrder { person: person("B1-S2-P1"), by, at })).expect("invited");
    world.cookie("B1-L");
    // What is on the phone alone, about a prospect that goes to another branch before the phone hears of it.
    wang.sync();
    let golden_bridge = wang.prospect("金桥小区");
    wang.visit(golden_bridge);
    wang.edit(silver, "note", "物业经理周三在");
    wang.visit(silver);
    let to = Assigned { unit: unit("B2-S1"), owner: Some(person("B2-S1-P1")) };
    let order = AssignOrder { prospect: silver, to, by: Actor::Operator, at: world.clock.now() };
    world.run(world.store.assign(order)).expect("assigned");
    if !golden(AUDIT).exists() {
        std::fs::copy(world.folder().join("canvass.audit"), golden(AUDIT)).expect("copied");
    }
    for (name, path) in [(PHONE, wang.database()), (SERVER, &database_in(world.folder()))] {
        if !golden(name).exists() {
            std::fs::write(golden(name), dump(path)).expect("written");
        }
    }
}

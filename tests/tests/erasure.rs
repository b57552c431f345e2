//! A person's right over their data: what is erased is gone from the server and from every phone, stays gone whatever comes back,
//! and what it counted for still counts.

#![expect(clippy::expect_used, reason = "fixtures are right or the test is wrong")]

use canvass_core::domain::RecordId;
use canvass_core::domain::verification::Verdict;
use canvass_server::clock::Clock;
use canvass_server::store::audit::AuditQuery;
use canvass_server::store::{Actor, Audit, EraseOrder, Store, StoreError};
use canvass_tests::{Holder, World, date, sync_all, week};
use std::path::Path;

/// A name that stands nowhere else.
const NAME: &str = "银枫家园七号楼";

fn erase(world: &World, record: RecordId) -> Result<Vec<RecordId>, StoreError> {
    let (reason, at) = ("asked for in writing".to_owned(), world.clock.now());
    world.run(world.store.erase(EraseOrder { record, reason, by: Actor::Operator, at }))
}

/// Whether a file of a folder, its logs included, holds some bytes.
fn holds(folder: &Path, stem: &str, wanted: &str) -> bool {
    let files = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let of_stem = files
        .filter(|path| path.is_file() && path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(stem)));
    of_stem.into_iter().any(|path| {
        let bytes = std::fs::read(&path).expect("a file");
        bytes.windows(wanted.len()).any(|window| window == wanted.as_bytes())
    })
}

fn on_server(world: &World) -> bool {
    holds(world.folder(), "canvass.db", NAME)
}

fn on_phone(phone: &Holder) -> bool {
    let path = phone.database();
    let stem = path.file_name().expect("a name").to_string_lossy().into_owned();
    holds(path.parent().expect("a folder"), &stem, NAME)
}

/// How many pieces of attachments lie on a phone.
fn pieces(phone: &Holder) -> i64 {
    let db = rusqlite::Connection::open(phone.database()).expect("a database");
    db.query_row("SELECT count(*) FROM piece", [], |row| row.get(0)).expect("counted")
}

#[test]
fn a_photo_that_was_taken_of_it_meanwhile_is_kept_nowhere() {
    let world = World::new(506);
    let (mut wang, mut li) = (world.phone("B1-S1-P1"), world.phone("B1-S1-P2"));
    let (prospect, other) = (wang.prospect(NAME), wang.prospect("东湖花园"));
    let visit = wang.visit(other);
    wang.sync();
    li.sync();
    // Offline, both take photos of what is erased meanwhile: of a prospect, and of one visit to another.
    let photos = [li.attach(prospect, &[7; 70_000]), li.attach(visit, &[8; 70_000]), wang.attach(visit, &[9; 70_000])];
    let kept = li.attach(other, &[6; 70_000]);
    erase(&world, prospect).expect("erased");
    erase(&world, visit).expect("erased");
    for phone in [&mut li, &mut wang] {
        phone.sync();
        phone.sync();
        phone.transfer();
        assert_eq!(phone.outstanding(), 0);
    }
    assert!(photos.into_iter().all(|photo| world.row(photo).is_none()));
    assert_eq!((pieces(&wang), pieces(&li)), (0, 2), "the photo of what was not erased stays");
    assert!(li.attachment(kept).expect("here").confirmed);
}

#[test]
fn an_erased_prospect_is_gone_everywhere_and_what_counted_still_counts() {
    let world = World::new(501);
    let campaign = world.launch(&World::plain_campaign());
    let (mut wang, mut li, mut leader) = (world.phone("B1-S1-P1"), world.phone("B1-S1-P2"), world.phone("B1-L"));
    let prospect = wang.prospect(NAME);
    let other = wang.prospect("东湖花园");
    wang.visit(prospect);
    let won = wang.claim_account(prospect, date("2026-03-02"), 9_000);
    let kept = wang.visit(other);
    wang.sync();
    world.judge(won, Verdict::Confirmed, None);
    for phone in [&mut wang, &mut li, &mut leader] {
        phone.sync();
    }
    // One phone goes on recording where nobody hears of the erasure.
    li.edit(prospect, "households", 900);
    li.visit(prospect);
    let before = (world.contributions(campaign), world.tallies(campaign), world.standings(campaign, week("2026-W10")));
    assert!(cfg!(feature = "sqlcipher") || (on_server(&world) && on_phone(&wang) && on_phone(&li)), "it was there");

    let erased = erase(&world, prospect).expect("erased");
    assert_eq!(erased.len(), 5, "the prospect, its visit, its account, the assignment and the verdict");
    assert!(!on_server(&world));
    assert!(world.row(prospect).is_none());
    for phone in [&mut wang, &mut li, &mut leader] {
        phone.sync();
        assert_eq!(phone.outstanding(), 0);
        assert!(phone.row(prospect).is_none());
        assert!(!on_phone(phone), "{}", phone.person());
        world.assert_holds_its_own(phone);
    }
    assert!(wang.row(kept).is_some());
    assert!(!on_server(&world), "nor does what came late bring anything back");
    // Whoever had it is told, once, and of what was not sent too.
    let told: Vec<_> = li.inbox();
    let told =
        |words: &str| told.iter().any(|entry| entry.fields.is_empty() && format!("{:?}", entry.reason).contains(words));
    assert!(told("erased"), "{:?}", li.inbox());
    assert_eq!(wang.inbox().len(), 1);
    // What counted counts, after a recomputation too.
    let now = (world.contributions(campaign), world.tallies(campaign), world.standings(campaign, week("2026-W10")));
    assert_eq!(now, before);
    world.assert_rebuilds(campaign);
    let now = (world.contributions(campaign), world.tallies(campaign), world.standings(campaign, week("2026-W10")));
    assert_eq!(now, before);
    // Said again it changes nothing.
    assert!(erase(&world, prospect).expect("erased before").is_empty());
}

#[test]
fn one_record_is_erased_and_the_rest_of_its_prospect_stays() {
    let world = World::new(502);
    let campaign = world.launch(&World::plain_campaign());
    let (mut wang, mut li) = (world.phone("B1-S1-P1"), world.phone("B1-S1-P2"));
    let prospect = wang.prospect("东湖花园");
    let first = wang.claim_account(prospect, date("2026-03-02"), 9_000);
    wang.visit(prospect);
    sync_all(&mut [world.phone("H-P")]);
    wang.sync();
    li.sync();
    let before = world.tallies(campaign);
    assert_eq!(erase(&world, first).expect("erased"), [first]);
    wang.sync();
    li.sync();
    assert!(wang.row(first).is_none() && li.row(first).is_none() && wang.row(prospect).is_some());
    assert_eq!(world.tallies(campaign), before);
    // The community was won by what was erased: a second account does not win it again.
    world.pass_hours(24);
    let second = li.claim_account(prospect, date("2026-03-03"), 1_000);
    li.sync();
    let of = |source| world.contributions(campaign).into_iter().filter(move |one| one.source == source);
    assert!(of(second).all(|one| format!("{:?}", one.rule) == "AlreadyWon"));
    assert_eq!(
        world.tallies(campaign).iter().map(|t| t.count).sum::<i64>(),
        before.iter().map(|t| t.count).sum::<i64>() + 2
    );
    world.assert_rebuilds(campaign);
}

#[test]
fn what_was_erased_stays_erased_when_an_older_backup_takes_the_servers_place() {
    let mut world = World::new(503);
    let campaign = world.launch(&World::plain_campaign());
    let (mut wang, mut li) = (world.phone("B1-S1-P1"), world.phone("B1-S1-P2"));
    let prospect = wang.prospect(NAME);
    wang.sync();
    let backup = world.folder().join("backup");
    std::fs::create_dir(&backup).expect("a folder");
    world.run(world.store.copy_to(backup.join("canvass.db"))).expect("copied");
    std::fs::copy(world.folder().join("canvass.key"), backup.join("canvass.key")).expect("the secret file");
    // Recorded after the backup, erased with the rest: the backup never had it.
    let visit = wang.visit(prospect);
    wang.sync();
    li.sync();
    // A copy of a phone from before the erasure, with its files.
    let copy = tempfile::tempdir().expect("a folder");
    for ending in ["db", "salt"] {
        let from = li.database().with_extension(ending);
        if from.exists() {
            std::fs::copy(&from, copy.path().join(from.file_name().expect("a name"))).expect("copied");
        }
    }
    erase(&world, prospect).expect("erased");
    wang.sync();
    std::fs::copy(world.folder().join("canvass.erased"), backup.join("canvass.erased")).expect("the list");
    world.start_from(&backup);
    assert!(world.row(prospect).is_none() && !holds(&backup, "canvass.db", NAME));
    // Every phone brings back what it holds; one of them never heard of the erasure, and one was put back to before it.
    for phone in [&mut wang, &mut li, &mut world.phone_in("B1-S1-P2", copy.path())] {
        phone.sync();
        phone.sync();
        assert!(phone.row(prospect).is_none() && phone.row(visit).is_none(), "{}", phone.person());
        assert_eq!(phone.outstanding(), 0);
    }
    assert!(world.row(prospect).is_none() && world.row(visit).is_none() && !holds(&backup, "canvass.db", NAME));
    world.assert_rebuilds(campaign);
}

#[test]
fn what_the_bank_itself_wrote_or_nobody_recorded_cannot_be_erased() {
    let world = World::new(504);
    let campaign = world.launch(&World::plain_campaign());
    let refused = erase(&world, campaign).expect_err("refused").to_string();
    assert!(refused.contains("campaign"), "{refused}");
    assert!(matches!(erase(&world, RecordId::new(1, [1; 10])), Err(StoreError::NoSuchRecord { .. })));
}

#[test]
fn head_office_erases_a_prospect_from_its_page_by_typing_its_name_and_nobody_else_does() {
    let world = World::new(505);
    let campaign = world.launch(&World::plain_campaign());
    let mut wang = world.phone("B1-S1-P1");
    let prospect = wang.prospect(NAME);
    wang.claim_account(prospect, date("2026-03-02"), 9_000);
    wang.sync();
    // A photo is with both phones and on the server; another has not been sent yet.
    let photo = wang.attach(prospect, &[7; 70_000]);
    wang.sync();
    assert_eq!(wang.transfer().brought, 1);
    wang.attach(prospect, &[8; 70_000]);
    let page = format!("/prospects/{prospect}?campaign={campaign}&week=2026-W10&lang=en");
    let offered = |who: &str| world.get_as(who, &page).text().contains("id=\"erase\"");
    assert!(offered("H-P") && !offered("B1-L") && !offered("B1-S1-P1"));
    let fields = |name: &str, reason: &str| {
        let sent = [("do", "erase"), ("name", name), ("reason", reason)];
        world.submit("H-P", &page, &sent)
    };
    for (name, reason) in [("银枫家园", "asked for in writing"), (NAME, ""), ("", "asked for in writing")] {
        assert_eq!(fields(name, reason).status, 400);
    }
    // Only prospects are erased from a page, and only by their names.
    let visit = wang.visit(prospect);
    wang.sync();
    let shown = world.get_as("H-P", "/account?lang=en").text();
    let token = shown.split("name=\"form\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a form");
    let sent = [("form", token), ("lang", "en"), ("do", "erase"), ("name", ""), ("reason", "clumsy")];
    let refused = world.send_form(Some(&world.cookie("H-P")), &format!("/prospects/{visit}"), &sent);
    assert_eq!((refused.status, world.row(visit).is_some()), (404, true));
    // Somebody without the duty gets nowhere with a form of their own making.
    let shown = world.get_as("B1-L", "/account?lang=en").text();
    let token = shown.split("name=\"form\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a form");
    let sent = [("form", token), ("lang", "en"), ("do", "erase"), ("name", NAME), ("reason", "不想让人看见")];
    let refused = world.send_form(Some(&world.cookie("B1-L")), &format!("/prospects/{prospect}"), &sent);
    assert_eq!(refused.status, 403, "{}", refused.text());
    assert!(world.row(prospect).is_some());
    assert_eq!(fields(NAME, "asked for in writing").status, 303);
    assert!(world.row(prospect).is_none() && !on_server(&world));
    assert_eq!(world.run(world.app().blobs.erase(photo)).expect("asked"), 0, "its bytes went with it");
    wang.sync();
    assert_eq!((pieces(&wang), wang.replica().unsent_attachments().expect("read").len()), (0, 0));
    let gone = world.get(&page);
    assert_eq!(gone.status, 410);
    assert!(gone.text().contains("erased"));
    // The figure stays, and says why it leads nowhere.
    let unit = world.get(&format!("/units/B1?campaign={campaign}&week=2026-W10&lang=en")).text();
    assert!(unit.contains("Erased") && !unit.contains(NAME), "{unit}");
    let query = AuditQuery { deed: Some("erased".to_owned()), limit: 9, ..AuditQuery::default() };
    let entries = world.run(world.store.audit(query)).expect("read").entries;
    let [noted] = entries.as_slice() else { panic!("{entries:?}") };
    assert_eq!((noted.actor.as_str(), noted.subject.clone()), ("person/H-P", format!("prospect/{prospect}")));
}

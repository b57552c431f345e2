//! What a phone keeps: a check says how much of it differs from what the server has, and mends that; old visits leave, and come
//! back when they are asked for.

#![expect(clippy::expect_used, reason = "fixtures are right or the test is wrong")]

use canvass_core::domain::RecordId;
use canvass_core::domain::verification::Verdict;
use canvass_core::sync::CheckReport;
use canvass_server::clock::Clock;
use canvass_server::ingest::Assigned;
use canvass_server::store::{Actor, AssignOrder, Store};
use canvass_tests::{Holder, World, date, unit};
use rusqlite::Connection;

/// Does something to a phone's database behind its back.
fn damage(phone: &Holder, sql: &str) -> usize {
    Connection::open(phone.database()).expect("a database").execute(sql, []).expect("damaged")
}

fn retired(phone: &mut Holder, prospect: RecordId) -> usize {
    phone.replica().retired(prospect).expect("read")
}

fn all_alike(records: usize) -> CheckReport {
    CheckReport { records, found: 0, differing: 0 }
}

#[test]
fn a_check_of_a_sound_phone_costs_one_small_question_and_finds_nothing() {
    let world = World::new(601);
    let campaign = world.launch(&World::plain_campaign());
    let (mut wang, mut leader) = (world.phone("B1-S1-P1"), world.phone("B1-L"));
    for n in 0..30 {
        let prospect = wang.prospect(&format!("小区{n}"));
        wang.visit(prospect);
    }
    wang.sync();
    leader.sync();
    // Thirty prospects, their assignments and visits, and the campaign.
    assert_eq!(wang.check(), all_alike(91));
    leader.faults.take_log();
    assert_eq!(leader.check(), all_alike(91));
    let log = leader.faults.take_log();
    assert_eq!(log.len(), 1);
    assert!(log[0].response.deliveries.is_empty() && log[0].response.check.is_some());
    // News that come with the very answer are no difference; nor is what was not sent yet or is held.
    let prospect = wang.prospect("新小区");
    let won = wang.claim_account(prospect, date("2026-03-02"), 5_000);
    wang.sync();
    world.judge(won, Verdict::Confirmed, None);
    assert_eq!(leader.check(), all_alike(95));
    leader.edit(prospect, "note", "周三再去");
    assert_eq!(leader.check(), all_alike(95));
    assert_eq!(wang.check(), all_alike(95));
    world.assert_rebuilds(campaign);
}

#[test]
fn what_differs_on_the_phone_is_found_and_sent_again_and_nothing_else() {
    let world = World::new(602);
    let (mut wang, mut li) = (world.phone("B1-S1-P1"), world.phone("B1-S1-P2"));
    let prospects: Vec<_> = (0..20).map(|n| wang.prospect(&format!("小区{n}"))).collect();
    let visit = wang.visit(prospects[3]);
    wang.sync();
    li.sync();
    li.edit(prospects[4], "note", "李看过了");
    let before = li.rows();
    // A record is gone, of another one bytes are damaged; a third has an edit that is not sent yet.
    let hex = |id: &RecordId| id.to_string().replace('-', "");
    let lost = format!("DELETE FROM change WHERE record = x'{}'", hex(&visit));
    assert_eq!(damage(&li, &lost), 1);
    damage(&li, &format!("DELETE FROM record WHERE id = x'{}'", hex(&visit)));
    let bad = format!("UPDATE change SET bytes = zeroblob(length(bytes)) WHERE record = x'{}'", hex(&prospects[5]));
    assert_eq!(damage(&li, &bad), 1);
    li.restart();
    li.faults.take_log();
    let report = li.check();
    assert_eq!(report, CheckReport { records: 41, found: 2, differing: 0 });
    let delivered: Vec<_> = li
        .faults
        .take_log()
        .into_iter()
        .flat_map(|exchange| exchange.response.deliveries)
        .map(|it| it.record)
        .collect();
    assert_eq!(delivered.len(), 2, "{delivered:?}");
    assert!(delivered.contains(&visit) && delivered.contains(&prospects[5]));
    assert_eq!(li.rows(), before);
    assert_eq!((li.outstanding(), li.inbox().len()), (0, 0));
    assert_eq!(li.check(), all_alike(41));
    // It is whole: it can be edited again, and others get that.
    li.edit(prospects[5], "note", "还在");
    li.sync();
    wang.sync();
    assert_eq!(wang.rows(), li.rows());
}

#[test]
fn what_the_server_lacks_or_should_not_be_here_is_found_as_well() {
    let world = World::new(603);
    let campaign = world.launch(&World::plain_campaign());
    let (mut wang, mut li) = (world.phone("B1-S1-P1"), world.phone("B1-S1-P2"));
    let (lost, half, gone) = (wang.prospect("银枫家园"), wang.prospect("东湖花园"), wang.prospect("南苑"));
    wang.sync();
    li.sync();
    li.edit(half, "note", "李看过了");
    li.sync();
    // The log goes on behind it, so that this is no server that was restored.
    wang.prospect("北苑");
    wang.sync();
    li.sync();
    // The server's own disk lost a record, and the end of another one; and a phone kept what went elsewhere.
    let hex = |id: &RecordId| id.to_string().replace('-', "");
    world.run(world.store.tamper(format!("DELETE FROM change WHERE record = x'{}'", hex(&lost)))).expect("lost");
    let last = format!("DELETE FROM change WHERE seq = (SELECT max(seq) FROM change WHERE record = x'{}')", hex(&half));
    world.run(world.store.tamper(last)).expect("lost");
    world.run(world.store.rebuild()).expect("rebuilt");
    let to = Assigned { unit: unit("B2-S1"), owner: None };
    let order = AssignOrder { prospect: gone, to, by: Actor::Operator, at: world.clock.now() };
    world.run(world.store.assign(order)).expect("assigned");
    li.faults.rewrite_each(|_, response| response.evictions.clear());
    li.sync();
    assert!(li.row(gone).is_some());
    li.faults.rewrite_each(|_, _| {});
    let report = li.check();
    assert_eq!(
        (report.found, report.differing),
        (4, 0),
        "two that the server lacks, and one with its assignments: {report:?}"
    );
    assert!(world.row(lost).is_some() && li.row(gone).is_none());
    assert_eq!(world.row(half).expect("a row").fields.text("note"), Some("李看过了"));
    for phone in [&mut wang, &mut li] {
        let report = phone.check();
        assert_eq!(report.differing, 0);
        world.assert_holds_its_own(phone);
    }
    world.assert_rebuilds(campaign);
}

#[test]
fn old_visits_leave_a_phone_and_come_back_when_they_are_asked_for_or_edited() {
    let world = World::new(604);
    let (mut wang, mut li) = (world.phone("B1-S1-P1"), world.phone("B1-S1-P2"));
    let (prospect, other) = (wang.prospect("银枫家园"), wang.prospect("东湖花园"));
    let old: Vec<_> = (0..5).map(|_| wang.visit(prospect)).collect();
    let elsewhere = wang.visit(other);
    // One that is not over yet: somebody is expected again in half a year.
    let now = wang.now();
    let awaited = wang.visit(other);
    let next = now.plus_millis(180 * 86_400_000);
    wang.edit(awaited, "next_at", next);
    wang.sync();
    li.sync();
    assert!(li.replica().set_retention_days(Some(7)).is_err(), "a restored server may want them back");
    li.replica().set_retention_days(Some(90)).expect("set");
    let whole = li.rows();
    world.pass_hours(24 * 100);
    let fresh = wang.visit(prospect);
    wang.sync();
    li.sync();
    li.sync();
    assert!(old.iter().chain([&elsewhere]).all(|visit| li.row(*visit).is_none()));
    assert!(li.row(prospect).is_some() && li.row(fresh).is_some() && li.row(awaited).is_some());
    assert_eq!((retired(&mut li, prospect), retired(&mut li, other)), (5, 1));
    assert_eq!(wang.rows().len(), 12, "who did not wish so keeps all");
    // A check knows them still.
    assert_eq!(li.check(), all_alike(12));
    // Asked for, they come back as they were, and stay.
    let now = li.now();
    assert_eq!(li.replica().fetch_retired(prospect, now).expect("asked"), 5);
    li.sync();
    li.sync();
    assert!(old.iter().all(|visit| li.row(*visit) == whole.get(visit).cloned()));
    assert_eq!(retired(&mut li, prospect), 0);
    // Somebody edits one that is not here: it comes whole.
    assert!(li.row(elsewhere).is_none());
    wang.edit(elsewhere, "note", "补记");
    wang.sync();
    li.sync();
    assert_eq!(li.row(elsewhere), wang.row(elsewhere));
    assert_eq!(li.inbox().len(), 0);
    assert_eq!(li.check(), all_alike(12));
    // After a month they leave again; what is not sent yet never does.
    world.pass_hours(24 * 40);
    li.edit(elsewhere, "note", "本月再访");
    li.faults.cut();
    assert!(li.try_sync().is_err());
    li.faults.mend();
    assert!(li.row(elsewhere).is_some());
    li.sync();
    li.sync();
    assert!(old.iter().all(|visit| li.row(*visit).is_none()));
    assert!(li.row(elsewhere).is_some(), "it was sent just now");
}

#[test]
fn what_is_retired_here_leaves_for_good_when_its_prospect_goes_elsewhere() {
    let world = World::new(605);
    let mut wang = world.phone("B1-S1-P1");
    let prospect = wang.prospect("银枫家园");
    let visit = wang.visit(prospect);
    wang.sync();
    wang.replica().set_retention_days(Some(90)).expect("set");
    world.pass_hours(24 * 100);
    wang.sync();
    assert!(wang.row(visit).is_none());
    let to = Assigned { unit: unit("B2-S1"), owner: None };
    let order = AssignOrder { prospect, to, by: Actor::Operator, at: world.clock.now() };
    world.run(world.store.assign(order)).expect("assigned");
    wang.sync();
    assert_eq!((wang.rows().len(), retired(&mut wang, prospect)), (0, 0));
    assert_eq!(wang.check(), all_alike(0));
}

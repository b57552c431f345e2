//! Handing over prospects, one by one and by the territory: the old phones let go, the new ones get all that belongs to them,
//! work that was under way is taken and stays its author's. Three failures of other systems are replayed by their numbers.

#![expect(clippy::expect_used, reason = "fixtures are right or the test is wrong")]

use canvass_core::domain::RecordId;
use canvass_core::ranking::Status;
use canvass_core::replica::InboxReason;
use canvass_core::wire::Verdict;
use canvass_server::clock::Clock;
use canvass_server::ingest::Assigned;
use canvass_server::store::{Actor, Queue, Store};
use canvass_server::territory::{self, TerritoryOrder};
use canvass_tests::{Holder, World, date, person, sync_all, unit};

fn hand_over(world: &World, prospects: Vec<RecordId>, to: &str, owner: Option<&str>) -> usize {
    let to = Assigned { unit: unit(to), owner: owner.map(person) };
    let order = TerritoryOrder { prospects, to, by: Actor::Operator };
    let done = world.run(territory::assign(&*world.store, &world.clock, order, |_| {}));
    done.expect("handed over")
}

fn territory(world: &World, of: &str) -> Vec<RecordId> {
    world.run(world.store.territory(unit(of), None)).expect("a territory")
}

/// A manager's prospects with three visits each.
fn walked(holder: &mut Holder, prospects: usize) -> Vec<RecordId> {
    let ids: Vec<_> = (0..prospects).map(|n| holder.prospect(&format!("小区{n}"))).collect();
    for id in &ids {
        for _ in 0..3 {
            holder.visit(*id);
        }
    }
    holder.sync();
    ids
}

fn assert_each_holds_its_own(world: &World, phones: &mut [Holder]) {
    for _ in 0..2 {
        sync_all(phones);
    }
    for phone in phones {
        assert_eq!((phone.outstanding(), phone.inbox().len()), (0, 0), "{}", phone.person());
        world.assert_holds_its_own(phone);
    }
}

/// medic/cht-core #11306: households that were reassigned stayed on phones, their uploads were refused, and counts differed.
#[test]
fn reassigned_households_leave_the_old_phone_and_its_late_work_is_taken_and_credited() {
    let world = World::new(101);
    let campaign = world.launch(&World::plain_campaign());
    let (mut wang, mut zhang) = (world.phone("B1-S1-P1"), world.phone("B2-S1-P1"));
    zhang.sync();
    let households = walked(&mut wang, 5);
    // Offline, the old one goes on working with what is handed over meanwhile.
    let visit = wang.visit(households[0]);
    wang.edit(households[1], "households", 900);
    assert_eq!(hand_over(&world, households.clone(), "B2-S1", Some("B2-S1-P1")), 5);
    zhang.sync();
    assert_eq!(zhang.rows().len(), world.rows_for("B2-S1-P1").len());
    let report = wang.sync();
    assert!(report.synced() && report.applied.refused == 0, "{report:?}");
    assert!(households.iter().all(|id| wang.row(*id).is_none()), "nothing of them stays");
    zhang.sync();
    assert!(zhang.row(visit).is_some(), "the late visit is where the prospect is now");
    assert_eq!(zhang.row(households[1]), world.row(households[1]));
    let credited = world.contributions(campaign).into_iter().find(|one| one.source == visit).expect("it counts");
    assert_eq!((credited.person, credited.unit), (Some(person("B1-S1-P1")), Some(unit("B1-S1"))));
    assert_eq!(credited.status, Status::Confirmed);
    assert_each_holds_its_own(&world, &mut world.everybody());
    world.assert_rebuilds(campaign);
}

/// medic/cht-core #5701: edits to contacts that had been moved failed without anybody being told.
#[test]
fn an_edit_to_what_was_moved_ends_in_sight_whatever_becomes_of_it() {
    let world = World::new(102);
    let mut wang = world.phone("B1-S1-P1");
    let [moved, long_ago] = walked(&mut wang, 2)[..] else { panic!("two prospects") };
    hand_over(&world, vec![moved, long_ago], "B2-S1", None);
    // Within the lease it is taken; after that it waits for a leader, and says so until then.
    wang.edit(moved, "note", "钥匙在门卫处");
    wang.faults.take_log();
    world.pass_hours(24 * 20);
    let report = wang.sync();
    assert_eq!((report.applied.outstanding, report.synced()), (1, false));
    let said: Vec<_> = wang.faults.take_log().into_iter().flat_map(|exchange| exchange.response.verdicts).collect();
    assert!(said.contains(&vec![Verdict::Held]), "{said:?}");
    assert_eq!(wang.unsynced(moved), 1, "it is shown as not synced");
    // However often it is sent until then.
    assert_eq!((wang.sync().applied.refused, wang.unsynced(moved)), (0, 1));
    let held = world.run(world.store.held()).expect("a queue");
    assert_eq!(held.iter().map(|held| held.record).collect::<Vec<_>>(), [moved]);
    let decision = canvass_server::store::queue::DecideOrder {
        record: moved,
        device: wang.device(),
        accept: false,
        reason: "那边已经另约".to_owned(),
        until: held[0].until,
        by: Actor::Operator,
        at: world.clock.now(),
    };
    world.run(world.store.decide(decision)).expect("decided");
    wang.sync();
    let inbox = wang.inbox();
    let [entry] = inbox.as_slice() else { panic!("{inbox:?}") };
    assert!(matches!(&entry.reason, InboxReason::Refused { words, .. } if words.contains("那边已经另约")), "{entry:?}");
}

/// avni-server #320: taking an area away left its data on phones, and giving one did not bring what was there before.
#[test]
fn a_territory_taken_away_leaves_nothing_and_one_given_comes_with_its_history() {
    let world = World::new(103);
    let campaign = world.launch(&World::plain_campaign());
    let (mut wang, mut zhang, mut li) = (world.phone("B1-S1-P1"), world.phone("B2-S1-P1"), world.phone("B1-S2-P1"));
    let area = walked(&mut wang, 20);
    let elsewhere = walked(&mut li, 2);
    let claim = wang.claim_account(area[3], date("2026-03-02"), 4_000);
    wang.sync();
    let mut of_b1 = territory(&world, "B1-S1");
    of_b1.sort_unstable();
    let mut expected = area.clone();
    expected.sort_unstable();
    assert_eq!(of_b1, expected, "a sub-branch's own, not its neighbour's");
    // It is cut off half way, and said again.
    assert_eq!(hand_over(&world, of_b1[..8].to_vec(), "B2-S1", Some("B2-S1-P1")), 8);
    let left = territory(&world, "B1-S1");
    assert_eq!(left.len(), 12, "what was handed over is no longer in it");
    assert_eq!(hand_over(&world, left, "B2-S1", Some("B2-S1-P1")), 12);
    assert!(territory(&world, "B1-S1").is_empty());
    wang.sync();
    assert_eq!(wang.rows().keys().filter(|id| area.contains(id)).count(), 0);
    zhang.sync();
    for id in &area {
        let visits = zhang.rows().into_values().filter(|row| row.prospect == Some(*id) && row.kind.name() == "visit");
        assert_eq!(visits.count(), 3, "with its history");
    }
    assert!(zhang.row(claim).is_some() && zhang.row(elsewhere[0]).is_none());
    // And back again, to another person.
    assert_eq!(hand_over(&world, territory(&world, "B2-S1"), "B1-S1", Some("B1-S1-P2")), 20);
    assert_each_holds_its_own(&world, &mut world.everybody());
    assert_eq!(world.phone("B1-S1-P2").rows().keys().filter(|id| area.contains(id)).count(), 20);
    assert_eq!(world.run(world.store.territory(unit("B1-S1"), Some(person("B1-S1-P2")))).expect("hers").len(), 20);
    world.assert_rebuilds(campaign);
}

/// dimagi/commcare-android #1807: one bad form kept all others from being sent.
#[test]
fn one_refused_record_holds_back_no_other() {
    let world = World::new(104);
    let (mut wang, mut zhang) = (world.phone("B1-S1-P1"), world.phone("B2-S1-P1"));
    let (ours, theirs) = (wang.prospect("银枫家园"), zhang.prospect("东湖花园"));
    sync_all(&mut [zhang]);
    wang.sync();
    // Another unit's prospect, which the phone was never told of: this visit cannot be taken.
    let bad = wang.visit(theirs);
    let good: Vec<_> = (0..10).map(|_| wang.visit(ours)).collect();
    let report = wang.sync();
    assert_eq!((report.applied.refused, report.applied.acknowledged), (1, 10), "{report:?}");
    assert!(good.iter().all(|id| world.row(*id).is_some()));
    let inbox = wang.inbox();
    assert_eq!(inbox.iter().map(|entry| entry.record).collect::<Vec<_>>(), [bad]);
    assert_eq!(world.counts().quarantined, 1, "with its bytes");
    assert_eq!(wang.outstanding(), 0);
}

#[test]
fn both_are_told_what_left_and_what_came() {
    let world = World::new(58);
    let (mut wang, mut li, mut zhao) = (world.phone("B1-S1-P1"), world.phone("B1-S1-P2"), world.phone("B2-S1-P1"));
    let prospect = wang.prospect("银枫家园");
    wang.visit(prospect);
    sync_all(&mut [world.phone("B1-S1-P2"), world.phone("B2-S1-P1")]);
    wang.sync();
    li.sync();
    zhao.prospect("静安新城");
    zhao.sync();
    let told = |phone: &mut Holder| -> Vec<(String, bool, usize)> {
        let all = phone.replica().reassigned().expect("read");
        all.into_iter().map(|one| (one.name, one.came, one.records)).collect()
    };
    assert_eq!(
        (told(&mut wang), told(&mut li), told(&mut zhao)),
        (vec![], vec![], vec![]),
        "nothing was assigned anew"
    );
    // Work that is not sent yet leaves only once the server has it.
    wang.visit(prospect);
    hand_over(&world, vec![prospect], "B2-S1", Some("B2-S1-P1"));
    for phone in [&mut wang, &mut li, &mut zhao] {
        phone.sync();
    }
    zhao.sync();
    let name = || "银枫家园".to_owned();
    assert_eq!(told(&mut wang), [(name(), false, 4)], "the prospect, its first assignment and two visits");
    assert_eq!(told(&mut li), [(name(), false, 3)]);
    assert_eq!(told(&mut zhao), [(name(), true, 5)], "with both assignments");
    // Back again: the last time is what is shown. Within a unit, whoever gets it is told.
    world.pass_hours(24);
    hand_over(&world, vec![prospect], "B1-S1", Some("B1-S1-P1"));
    for phone in [&mut wang, &mut li, &mut zhao] {
        phone.sync();
    }
    assert_eq!(told(&mut zhao), [(name(), false, 5)]);
    assert_eq!(told(&mut li), [(name(), true, 6)]);
    world.pass_hours(24 * 100);
    hand_over(&world, vec![prospect], "B1-S1", Some("B1-S1-P2"));
    for phone in [&mut wang, &mut li, &mut zhao] {
        phone.sync();
    }
    assert_eq!(told(&mut li), [(name(), true, 7)]);
}

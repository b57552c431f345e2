//! Offline for days, apps that end, answers that get lost, a server without room: nothing that was saved is lost, nothing
//! is there twice, and nothing is called synced before the server has it.

#![expect(clippy::expect_used, reason = "fixtures are right or the test is wrong")]

use canvass_core::sync::SyncError;
use canvass_server::store::Store;
use canvass_tests::{Holder, World, basement};
use rusqlite::Connection;

/// Days of work without a network, the app ending every night. Returns how many changes were made.
fn days_offline(world: &World, holder: &mut Holder, days: usize) -> usize {
    let mut changes = 0;
    for day in 0..days {
        let prospect = holder.prospect(&format!("小区{day}"));
        holder.visit(prospect);
        holder.edit(prospect, "households", 100 + i64::try_from(day).expect("few"));
        changes += 3;
        world.pass_hours(24);
        holder.restart();
    }
    changes
}

#[test]
fn days_of_work_without_a_network_arrive_whole_and_once() {
    let world = World::new(1);
    let mut wang = world.phone("B1-S1-P1");
    wang.sync();
    wang.faults.cut();
    let before = world.counts();
    let changes = days_offline(&world, &mut wang, 5);
    let kept = wang.rows();
    assert_eq!(wang.outstanding(), changes);
    assert!(matches!(wang.try_sync(), Err(SyncError::GaveUp { .. })));
    assert_eq!((wang.outstanding(), world.counts()), (changes, before));

    wang.faults.mend();
    let report = wang.sync();
    assert_eq!((report.applied.acknowledged, report.applied.outstanding), (changes, 0));
    // Five first assignments are the server's own.
    assert_eq!(world.counts().changes, before.changes + changes + 5);
    for (id, row) in kept {
        assert_eq!(world.row(id), Some(row));
    }
    world.assert_holds_its_own(&mut wang);
}

#[test]
fn an_answer_lost_after_the_server_committed_doubles_nothing() {
    let world = World::new(2);
    let mut wang = world.phone("B1-S1-P1");
    let prospect = wang.prospect("银枫家园");
    let visit = wang.visit(prospect);
    // As many as one sync tries.
    wang.faults.lose_answers(8);
    assert!(matches!(wang.try_sync(), Err(SyncError::GaveUp { failures: 8, .. })));
    let committed = world.counts();
    assert_eq!(committed.records, 3, "prospect, visit and assignment are there");
    assert_eq!((wang.unsynced(prospect), wang.unsynced(visit)), (1, 1), "the phone cannot know");

    wang.restart();
    wang.edit(visit, "note", "再谈一次");
    let report = wang.sync();
    assert_eq!(report.applied.acknowledged, 3);
    let after = world.counts();
    assert_eq!((after.records, after.changes), (committed.records, committed.changes + 1));
    assert_eq!(wang.outstanding(), 0);
    world.assert_holds_its_own(&mut wang);
}

#[test]
fn requests_that_arrive_late_behind_newer_ones_change_nothing() {
    let world = World::new(3);
    let mut wang = world.phone("B1-S1-P1");
    let prospect = wang.prospect("银枫家园");
    wang.faults.hold_requests(3);
    wang.sync();
    wang.edit(prospect, "households", 900);
    wang.sync();
    let before = (world.counts(), world.row(prospect));
    assert_eq!(wang.release_late(), 3);
    assert_eq!((world.counts(), world.row(prospect)), before);
    wang.sync();
    world.assert_holds_its_own(&mut wang);
}

#[test]
fn a_bit_flipped_on_the_way_costs_another_try_and_nothing_else() {
    let world = World::new(7);
    let mut phones = ["B1-S1-P1", "B1-S1-P2"].map(|code| world.phone(code));
    for n in 0..150 {
        let prospect = phones[n % 2].prospect("银枫家园");
        let visit = phones[n % 2].visit(prospect);
        phones[n % 2].edit(visit, "note", format!("第{n}次").as_str());
        for phone in &mut phones {
            // Somewhere in the body, there and back.
            phone.faults.flip_bit(true, n * 6151);
            phone.faults.flip_bit(false, n * 7907);
            phone.sync();
            assert!(phone.inbox().is_empty(), "{:?}", phone.inbox());
        }
    }
    assert_eq!(world.counts().quarantined, 0);
    for phone in &mut phones {
        phone.sync();
        world.assert_holds_its_own(phone);
    }
}

#[test]
fn only_what_the_server_has_is_shown_as_synced() {
    let world = World::new(4);
    let mut wang = world.phone("B1-S1-P1");
    wang.weather(basement());
    let mut checked = 0;
    for n in 0..40 {
        let prospect = wang.prospect(&format!("小区{n}"));
        if n % 3 == 0 {
            wang.edit(prospect, "households", 100 + n);
        }
        let _ = wang.try_sync();
        let on_server = |id| world.row(id).map(|row| row.heads);
        for (id, row) in wang.rows() {
            if wang.unsynced(id) == 0 {
                assert_eq!(on_server(id), Some(row.heads));
                checked += 1;
            }
        }
        let noted = wang.phone().acknowledged().iter().copied().collect::<Vec<_>>();
        let there = world.run(world.store.has_changes(noted.clone())).expect("read");
        assert_eq!(there.len(), noted.len());
    }
    assert!(checked > 100, "{checked}");
    wang.sync_at_last();
    world.assert_holds_its_own(&mut wang);
}

#[test]
fn a_phone_that_never_syncs_keeps_everything() {
    let world = World::new(5);
    let mut wang = world.phone("B1-S1-P1");
    wang.faults.cut();
    let changes = days_offline(&world, &mut wang, 30);
    let rows = wang.rows();
    for _ in 0..3 {
        assert!(wang.try_sync().is_err());
        wang.restart();
        assert_eq!((wang.outstanding(), wang.rows().len()), (changes, 60));
    }
    assert_eq!(wang.rows(), rows);
    assert_eq!(world.counts().changes, 0);
}

#[test]
fn a_server_without_room_refuses_whole_loses_nothing_and_takes_it_later() {
    let world = World::new(6);
    let mut wang = world.phone("B1-S1-P1");
    let first = wang.prospect("银枫家园");
    wang.sync();
    let before = world.counts();

    world.fill_disk();
    let note = "很长的记录。".repeat(200);
    let prospects: Vec<_> = (0..60).map(|n| wang.prospect(&format!("小区{n}"))).collect();
    for prospect in &prospects {
        wang.edit(*prospect, "address", "某街1号");
        let visit = wang.visit(*prospect);
        wang.edit(visit, "note", note.as_str());
    }
    let outstanding = wang.outstanding();
    match wang.try_sync() {
        Err(SyncError::GaveUp { last, .. }) => assert!(last.contains("disk is full"), "{last}"),
        other => panic!("{other:?}"),
    }
    assert_eq!(wang.outstanding(), outstanding, "nothing is called synced");
    assert_eq!(world.counts(), before, "nothing was half kept");
    assert!(world.row(first).is_some(), "what was there can be read");
    let mut other = world.phone("B1-S1-P2");
    other.sync();
    assert!(other.row(first).is_some(), "a phone that only pulls is served");
    wang.restart();
    assert_eq!(wang.outstanding(), outstanding);

    world.make_room();
    assert!(wang.sync().synced());
    other.sync();
    for holder in [&mut wang, &mut other] {
        world.assert_holds_its_own(holder);
    }
    // The file is sound after all that.
    let file = Connection::open(world.store.path()).expect("a file");
    let sound: String = file.query_row("PRAGMA integrity_check", [], |row| row.get(0)).expect("checked");
    assert_eq!(sound, "ok");
}

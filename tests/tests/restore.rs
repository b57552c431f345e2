//! A server that was put back to an older backup: what any phone still holds comes back, whoever wrote it, with its author and
//! its time, and counts as it counted before; what was decided since the restore stands.

#![expect(clippy::expect_used, reason = "fixtures are right or the test is wrong")]

use canvass_core::domain::RecordId;
use canvass_core::domain::campaign::Metric;
use canvass_core::domain::verification::Verdict;
use canvass_core::projection::Row;
use canvass_core::ranking::{Contribution, Status, Tally};
use canvass_core::sync::{Enrolment, EnrolmentError, Reply};
use canvass_core::wire::{Before, Invitation, InvitationCode};
use canvass_server::clock::Clock;
use canvass_server::ingest::Assigned;
use canvass_server::store::devices::{InviteOrder, RevokeOrder, Revoked};
use canvass_server::store::{Actor, AssignOrder, Devices, Store};
use canvass_tests::{Holder, World, date, key_of, person, sync_all, unit};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// A copy of the server's files, as a backup or an image of its disk is one.
fn back_up(world: &World, name: &str) -> PathBuf {
    let folder = world.folder().join(name);
    std::fs::create_dir(&folder).expect("a folder");
    world.run(world.store.copy_to(folder.join("canvass.db"))).expect("copied");
    std::fs::copy(world.folder().join("canvass.key"), folder.join("canvass.key")).expect("the secret file");
    folder
}

fn assign(world: &World, prospect: RecordId, to: &str, owner: Option<&str>) {
    let to = Assigned { unit: unit(to), owner: owner.map(person) };
    let order = AssignOrder { prospect, to, by: Actor::Operator, at: world.clock.now() };
    world.run(world.store.assign(order)).expect("assigned");
}

fn assigned(world: &World, prospect: RecordId) -> Assigned {
    world.run(world.store.assigned(vec![prospect])).expect("read").remove(&prospect).expect("assigned")
}

/// What the server says of the bank's work.
fn said(world: &World, campaign: RecordId) -> (BTreeMap<RecordId, Row>, Vec<Tally>, Vec<Contribution>) {
    (world.rows_for("H-P"), world.tallies(campaign), world.contributions(campaign))
}

/// Everybody syncs until nobody has anything to say any more, and holds what they should.
fn settle(world: &World, phones: &mut [Holder]) {
    for _ in 0..2 {
        sync_all(phones);
    }
    for phone in phones {
        assert_eq!(phone.outstanding(), 0, "{}", phone.person());
        world.assert_holds_its_own(phone);
    }
}

#[test]
fn what_phones_hold_comes_back_to_a_restored_server_and_counts_as_it_counted() {
    let mut world = World::new(91);
    let campaign = world.launch(&World::plain_campaign());
    let mut wang = world.phone("B1-S1-P1");
    let early = wang.prospect("银枫家园");
    wang.sync();
    let backup = back_up(&world, "backup");
    // A week's work after the backup: new prospects, edits on both phones, a claim confirmed and one rejected, a prospect that
    // went to another unit, a conflict.
    world.pass_hours(30);
    let (mut li, mut leader) = (world.phone("B1-S1-P2"), world.phone("B1-L"));
    li.sync();
    let late = li.prospect("东湖花园");
    let (won, lost) =
        (li.claim_account(late, date("2026-03-03"), 4_000), wang.claim_account(early, date("2026-03-03"), 7_000));
    wang.visit(early);
    wang.edit(early, "households", 900);
    li.edit(early, "households", 1_100);
    sync_all(&mut [wang, li]);
    world.judge(won, Verdict::Confirmed, None);
    world.judge(lost, Verdict::Rejected, Some("not in the ledger"));
    assign(&world, late, "B2-S1", Some("B2-S1-P1"));
    let mut phones = world.everybody();
    settle(&world, &mut phones);
    leader.sync();
    let before = said(&world, campaign);

    world.start_from(&backup);
    assert!(world.row(late).is_none(), "the backup is from before");
    let there: BTreeSet<RecordId> = world.rows_for("H-P").into_keys().collect();
    world.pass_hours(100);
    phones.iter().for_each(|phone| drop(phone.faults.take_log()));
    settle(&world, &mut phones);
    // Only what was lost is sent again: of a record that was there before, what changed since.
    let log = phones.iter().flat_map(|phone| phone.faults.take_log());
    let pushes: Vec<_> = log.flat_map(|exchange| exchange.request.pushes).collect();
    let again = pushes.iter().filter(|push| there.contains(&push.record) && push.record != early);
    assert_eq!(again.count(), 0);
    assert!(pushes.iter().filter(|push| push.record == early).all(|push| push.changes.len() < 4));
    assert_eq!(said(&world, campaign), before);
    assert_eq!(assigned(&world, late), Assigned { unit: unit("B2-S1"), owner: Some(person("B2-S1-P1")) });
    world.assert_rebuilds(campaign);
    // Nobody is asked for the same again.
    for phone in &mut phones {
        phone.faults.take_log();
        phone.sync();
        let log = phone.faults.take_log();
        assert!(log.iter().all(|exchange| exchange.request.pushes.is_empty() && !exchange.response.lost));
        assert_eq!(log.len(), 1);
    }
}

#[test]
fn a_restored_server_that_has_grown_again_is_still_found_out() {
    let mut world = World::new(92);
    let campaign = world.launch(&World::plain_campaign());
    let (mut wang, mut other) = (world.phone("B1-S1-P1"), world.phone("B2-S1-P1"));
    sync_all(&mut [world.phone("B1-S1-P1")]);
    let backup = back_up(&world, "backup");
    let prospect = wang.prospect("银枫家园");
    let visit = wang.visit(prospect);
    wang.sync();
    world.start_from(&backup);
    // Others make up more than was lost before the phone with the lost work is heard of again.
    for n in 0..30 {
        other.prospect(&format!("小区{n}"));
    }
    other.sync();
    assert!(wang.sync().applied.acknowledged >= 2);
    assert!(world.row(visit).is_some());
    settle(&world, &mut world.everybody());
    world.assert_rebuilds(campaign);
}

#[test]
fn an_authors_work_comes_back_from_a_colleagues_phone_as_the_authors() {
    let mut world = World::new(93);
    let campaign = world.launch(&World::plain_campaign());
    let (mut wang, mut li) = (world.phone("B1-S1-P1"), world.phone("B1-S1-P2"));
    sync_all(&mut [world.phone("B1-S1-P1"), world.phone("B1-S1-P2")]);
    let backup = back_up(&world, "backup");
    world.pass_hours(5);
    let prospect = wang.prospect("银枫家园");
    let visit = wang.visit(prospect);
    // The answer is lost on the way, so that only a repetition proves these changes.
    wang.faults.lose_answers(1);
    wang.sync();
    li.sync();
    let before = said(&world, campaign);
    // The author's phone is lost for good.
    drop(wang);
    world.start_from(&backup);
    let (devices, by) = (Revoked::AllOf(person("B1-S1-P1")), Actor::Operator);
    let order = RevokeOrder { devices, by, reason: "lost".to_owned(), hand_over: false, at: world.clock.now() };
    world.run(world.store.revoke(order)).expect("revoked");
    world.pass_hours(200);
    li.sync();
    assert_eq!(said(&world, campaign), before);
    assert!(world.row(visit).is_some());
    assert_eq!(world.contributions(campaign)[0].person, Some(person("B1-S1-P1")));
    world.assert_rebuilds(campaign);
}

#[test]
fn what_was_acknowledged_only_when_it_was_sent_again_is_proven_too() {
    let mut world = World::new(95);
    let campaign = world.launch(&World::plain_campaign());
    let mut wang = world.phone("B1-S1-P1");
    wang.sync();
    let backup = back_up(&world, "backup");
    let prospect = wang.prospect("银枫家园");
    // A visit that lies ahead counts for nothing, by when it came. The first answer is lost on the way.
    let ahead = wang.now().plus_millis(3 * 3_600_000);
    wang.visit_at(prospect, ahead);
    wang.faults.lose_answers(1);
    wang.sync();
    let before = said(&world, campaign);
    world.start_from(&backup);
    world.pass_hours(48);
    wang.sync();
    assert_eq!(said(&world, campaign), before, "by the time when it came first");
}

#[test]
fn what_was_decided_after_the_restore_stands_over_what_comes_back() {
    let mut world = World::new(94);
    let campaign = world.launch(&World::plain_campaign());
    let mut wang = world.phone("B1-S1-P1");
    let prospect = wang.prospect("银枫家园");
    let claim = wang.claim_account(prospect, date("2026-03-02"), 4_000);
    wang.sync();
    let backup = back_up(&world, "backup");
    world.pass_hours(1);
    world.judge(claim, Verdict::Confirmed, None);
    assign(&world, prospect, "B2-S1", None);
    let mut holder = world.phone("B2-S1-P1");
    holder.sync();
    world.start_from(&backup);
    world.pass_hours(1);
    world.judge(claim, Verdict::Rejected, Some("found out"));
    assign(&world, prospect, "B3-S1", None);
    // The phone brings the verdict and the assignment from before; the later ones hold, here and there.
    settle(&world, &mut world.everybody());
    assert_eq!(assigned(&world, prospect).unit, unit("B3-S1"));
    let statuses: Vec<_> = world.contributions(campaign).iter().map(|one| (one.metric, one.status)).collect();
    assert_eq!(statuses, [(Metric::Communities, Status::Rejected), (Metric::Fund, Status::Rejected)]);
    world.assert_rebuilds(campaign);
}

#[test]
fn a_phone_that_was_taken_in_after_the_backup_comes_back_by_an_invitation_with_all_it_holds() {
    let mut world = World::new(98);
    let campaign = world.launch(&World::plain_campaign());
    let (mut wang, mut li) = (world.phone("B1-S1-P1"), world.phone("B1-S1-P2"));
    let backup = back_up(&world, "backup");
    let prospect = li.prospect("东湖花园");
    li.claim_account(prospect, date("2026-03-02"), 4_000);
    li.sync();
    wang.sync();
    let not_sent = li.visit(prospect);
    let before = said(&world, campaign);
    world.start_from(&backup);
    // The backup is from before the phone was taken in.
    for sql in [
        "DELETE FROM device WHERE number = 12",
        "DELETE FROM device_key WHERE number = 12",
        "UPDATE setting SET value = value + 1 WHERE name = 'bank_version'",
    ] {
        world.run(world.store.tamper(sql.to_owned())).expect("restored");
    }
    let refused = li.try_sync().expect_err("nobody knows it");
    assert!(refused.to_string().contains("401"), "{refused}");
    // Others bring back what it wrote; whose that is, nobody knows yet, so it counts for nobody.
    wang.sync();
    assert!(world.row(prospect).is_some());
    // An invitation for somebody else does not bring it back, nor one for a number that is taken, nor does anybody without its token.
    let now = world.now();
    let invitation = |world: &World, who: &str| {
        let order = InviteOrder { person: person(who), by: Actor::Operator, at: world.clock.now() };
        let invited = world.run(world.store.invite(order)).expect("invited");
        let fingerprint = world.store.secrets().signer().public_key().fingerprint();
        let code = InvitationCode::new(invited.code);
        Invitation { base: "https://canvass.test".to_owned(), number: invited.number, code, fingerprint }
    };
    let answer = |world: &World, enrolment: &Enrolment| {
        let answer = world.post_under("", "/v1/enrol", enrolment.post().body);
        enrolment.received(&Reply { status: answer.status, body: answer.body })
    };
    let taken = |told: Result<_, EnrolmentError>| match told.err() {
        Some(EnrolmentError::Rejected { code, .. }) => code == "number-taken",
        other => panic!("{other:?}"),
    };
    let others = li.replica().comes_back(&invitation(&world, "B1-S1-P1"), now).expect("asked");
    assert!(taken(answer(&world, &others)));
    let guessed = Before { device: li.device(), token: vec![7; 60].into() };
    let forged = Enrolment::again(&invitation(&world, "B1-S1-P2"), &key_of(li.device()), guessed, now).expect("signed");
    assert!(taken(answer(&world, &forged)));
    let known = wang.replica().comes_back(&invitation(&world, "B1-S1-P1"), now).expect("asked");
    assert!(taken(answer(&world, &known)), "that number has a phone");
    // One for its person does, also when its answer was lost once.
    let enrolment = li.replica().comes_back(&invitation(&world, "B1-S1-P2"), now).expect("asked");
    drop(answer(&world, &enrolment));
    let enrolled = answer(&world, &enrolment).expect("taken in again");
    li.replica().taken_in_again(&enrolled, now).expect("kept");
    assert!(wang.replica().taken_in_again(&enrolled, now).is_err(), "it is about another phone");
    let mut phones = [world.phone("H-P"), wang, li];
    settle(&world, &mut phones);
    let [_, _, li] = &mut phones;
    assert_eq!(li.unsynced(not_sent), 0);
    let after = said(&world, campaign);
    assert!(before.0.keys().all(|record| after.0.contains_key(record)), "and the visit beside them");
    assert!(before.2.iter().all(|one| after.2.contains(one)));
    world.assert_rebuilds(campaign);
}

//! Clocks that are wrong: a phone's years off or set back, the server's set back. Nobody is locked out, no work is lost or changes
//! its order, nothing is decided by a phone's clock but the day that its person names, and whose clock is wrong is said to
//! those who can do something about it.

#![expect(clippy::expect_used, reason = "fixtures are right or the test is wrong")]

use canvass_core::domain::campaign::Metric;
use canvass_core::domain::verification::Verdict;
use canvass_core::domain::{RecordId, ServerTime, Value};
use canvass_core::ranking::{Rule, Status};
use canvass_core::replica::Durability;
use canvass_core::sync::{Failure, Post, Reply};
use canvass_core::wire::{Invitation, InvitationCode};
use canvass_server::clock::Clock;
use canvass_server::demo::bank::PhoneOwner;
use canvass_server::demo::link::Transport;
use canvass_server::demo::phone::{Phone, Setup, enrol};
use canvass_server::ingest::Assigned;
use canvass_server::store::devices::InviteOrder;
use canvass_server::store::{Actor, AssignOrder, Clocks, Devices, Store};
use canvass_tests::{Holder, World, date, person, sync_all, unit, week};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

const MINUTE: i64 = 60_000;
const DAY: i64 = 86_400_000;
const FIVE_YEARS: i64 = 1_826 * DAY;

/// The way to the server, without faults.
struct Wire<'a>(&'a World);

impl Transport for Wire<'_> {
    fn post(&mut self, post: &Post) -> Result<Reply, Failure> {
        let authorization = post.authorization.as_deref().unwrap_or_default();
        let answer = self.0.post_under(authorization, post.path, post.body.clone());
        Ok(Reply { status: answer.status, body: answer.body })
    }
}

/// What the contributions say of a visit.
fn counted(world: &World, campaign: RecordId, visit: RecordId) -> Option<(Status, Rule)> {
    let all = world.contributions(campaign);
    all.iter().find(|one| one.source == visit && one.metric == Metric::Visits).map(|one| (one.status, one.rule))
}

fn assign(world: &World, prospect: RecordId, to: &str) {
    let to = Assigned { unit: unit(to), owner: None };
    let order = AssignOrder { prospect, to, by: Actor::Operator, at: world.clock.now() };
    world.run(world.store.assign(order)).expect("assigned");
}

fn set_server_clock(world: &World, by: i64) {
    world.clock.set_to(ServerTime::from_millis(world.clock.now().millis() + by).expect("in range"));
}

#[test]
fn a_phone_years_off_enrols_and_syncs_and_its_work_arrives_as_it_was_made() {
    for (seed, skew_ms) in [(1, FIVE_YEARS), (2, -FIVE_YEARS)] {
        let world = World::new(seed);
        let order = InviteOrder { person: person("B1-S1-P1"), by: Actor::Operator, at: world.clock.now() };
        let invited = world.run(world.store.invite(order)).expect("invited");
        let invitation = Invitation {
            base: "https://canvass.test".to_owned(),
            number: invited.number,
            code: InvitationCode::new(invited.code),
            fingerprint: world.store.secrets().fingerprint(),
        };
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let wrong = world.now().plus_millis(skew_ms);
        let identity = enrol(&invitation, &mut Wire(&world), &mut rng, wrong).expect("taken in");
        let role = canvass_core::domain::Role::AccountManager;
        let device = identity.enrolled.device;
        let owner = PhoneOwner { device, person: person("B1-S1-P1"), unit: unit("B1-S1"), role };
        let folder = tempfile::tempdir().expect("a folder");
        let (durability, path) = (Durability::AppEnd, folder.path().to_owned());
        let setup = Setup { folder: path, durability, key: None, seed, skew_ms };
        let mut phone = Phone::take(owner, identity, setup, world.now()).expect("a phone");
        // What it records, in order, and what it makes of it, in order.
        let named = |name: &str| canvass_core::domain::prospect::Prospect::named(name).to_fields();
        let kind = &canvass_core::domain::prospect::KIND;
        let first = phone.record(kind, None, &named("银枫家园"), world.now()).expect("recorded");
        world.pass_hours(1);
        let second = phone.record(kind, None, &named("金桥小区"), world.now()).expect("recorded");
        assert!(first < second, "ids follow the phone's own clock");
        let report = phone.sync(&mut Wire(&world), world.now()).expect("synced");
        assert!(report.synced() && report.applied.refused == 0, "{report:?}");
        assert_eq!(phone.replica().clock_skew_ms().expect("read"), Some(-skew_ms), "measured, and kept on the phone");
        let row = world.row(second).expect("a row");
        assert_eq!((row.author, row.fields.text("name")), (Some(device), Some("金桥小区")));
        // A colleague whose clock is right has it, changes it, and that is the later edit, whatever the clocks say.
        let mut li = world.phone("B1-S1-P2");
        li.sync();
        li.edit(first, "households", 950);
        li.sync();
        phone.sync(&mut Wire(&world), world.now()).expect("synced");
        let puts = |households: i64| {
            canvass_core::domain::Fields::new().with("households".parse().expect("a name"), households.into())
        };
        phone.edit(first, &puts(1_000), world.now()).expect("edited");
        phone.sync(&mut Wire(&world), world.now()).expect("synced");
        li.sync();
        let row = li.row(first).expect("a row");
        assert_eq!((row.fields.int("households"), row.conflicts.len()), (Some(1_000), 0));
        world.assert_holds_its_own(&mut li);
    }
}

#[test]
fn leaders_are_told_whose_clock_is_wrong_until_it_is_right_again() {
    let world = World::new(3);
    let mut wrong = [("B1-S1-P1", FIVE_YEARS), ("B1-S1-P2", 4 * MINUTE), ("B1-S2-P1", -3 * 60 * MINUTE)]
        .map(|(code, skew)| world.phone_ahead(code, skew));
    sync_all(&mut wrong);
    let clocks = |of: &str| {
        let page = world.get_as(of, "/devices?lang=en").text();
        let said = [" ahead", " behind"].map(|word| page.matches(word).count());
        (said, page.contains("1826 days ahead"), page.contains("3 hours behind"))
    };
    assert_eq!(clocks("B1-L"), ([1, 1], true, true), "those that are off by more than a request may be, and no others");
    assert!(world.get_as("B1-L", "/devices?device=11&lang=zh").text().contains("快 1826 天"));
    assert_eq!(clocks("B2-L").0, [0, 0], "they are not theirs");
    // Another sync by the same clock is no news; a clock that is set right is.
    sync_all(&mut wrong);
    assert_eq!(world.run(world.store.wrong_clocks()).expect("read").len(), 2);
    let mut right = world.phone("B1-S1-P1");
    right.sync();
    assert_eq!(right.replica().clock_skew_ms().expect("read"), Some(0));
    assert_eq!(clocks("B1-L"), ([0, 1], false, true));
}

#[test]
fn visits_count_in_the_week_that_their_person_names_and_not_before_they_happened() {
    let world = World::new(4);
    let campaign = world.launch(&World::plain_campaign());
    let mut wang = world.phone("B1-S1-P1");
    let prospect = wang.prospect("银枫家园");
    wang.sync();
    world.becomes(date("2026-03-09"), 9);
    let now = wang.now();
    let just = wang.visit_at(prospect, now.plus_millis(10 * MINUTE));
    let ahead = wang.visit_at(prospect, now.plus_millis(10 * MINUTE + 1));
    let late = wang.visit_at(prospect, now.plus_millis(-4 * DAY));
    wang.sync();
    assert_eq!(counted(&world, campaign, just), Some((Status::Confirmed, Rule::Visited)));
    assert_eq!(counted(&world, campaign, ahead), Some((Status::Excluded, Rule::Future)));
    // It came in the second week and counts in the first.
    let all = world.contributions(campaign);
    assert_eq!(all.iter().find(|one| one.source == late).expect("listed").week, week("2026-W10"));
    assert_eq!(world.standing(campaign, week("2026-W10"), "B1").total[&Metric::Visits].confirmed, 1);
    assert_eq!(world.standing(campaign, week("2026-W11"), "B1").total[&Metric::Visits].confirmed, 2);
    // When its time has come it still had not happened when it was reported; put right by its person, it counts.
    world.pass_hours(24);
    world.assert_rebuilds(campaign);
    assert_eq!(counted(&world, campaign, ahead), Some((Status::Excluded, Rule::Future)));
    wang.edit(ahead, "occurred_at", Value::Time(now.millis()));
    wang.sync();
    assert_eq!(counted(&world, campaign, ahead), Some((Status::Confirmed, Rule::Visited)));
    world.assert_rebuilds(campaign);
}

#[test]
fn what_a_phone_with_a_wrong_clock_recorded_is_listed_by_its_rule_and_can_be_put_right() {
    let world = World::new(5);
    let campaign = world.launch(&World::plain_campaign());
    let mut days_ahead = world.phone_ahead("B1-S1-P1", 3 * DAY);
    let mut years_ahead = world.phone_ahead("B2-S1-P1", FIVE_YEARS);
    let mut behind = world.phone_ahead("B3-S1-P1", -3 * DAY);
    world.becomes(date("2026-03-10"), 9);
    let mut visited = |phone: &mut Holder| {
        let prospect = phone.prospect("银枫家园");
        let visit = phone.visit(prospect);
        assert!(phone.sync().synced());
        visit
    };
    let [soon, never, early] = [&mut days_ahead, &mut years_ahead, &mut behind].map(&mut visited);
    // Three days ahead: dated after it came. Three days behind: in the week before, as its person's phone says.
    assert_eq!(counted(&world, campaign, soon), Some((Status::Excluded, Rule::Future)));
    assert_eq!(counted(&world, campaign, early), Some((Status::Confirmed, Rule::Visited)));
    assert_eq!(world.standing(campaign, week("2026-W10"), "B3").score, 2);
    // Years ahead it lies in no campaign; it is on the server all the same, and nobody's figures change.
    assert_eq!(counted(&world, campaign, never), None);
    assert!(world.row(never).is_some());
    // The clocks are set right, and so are the times.
    for (code, visit) in [("B1-S1-P1", soon), ("B2-S1-P1", never), ("B3-S1-P1", early)] {
        let mut phone = world.phone(code);
        let now = phone.now();
        phone.edit(visit, "occurred_at", Value::Time(now.millis()));
        assert!(phone.sync().synced());
        assert_eq!(counted(&world, campaign, visit), Some((Status::Confirmed, Rule::Visited)));
        world.assert_holds_its_own(&mut phone);
    }
    assert_eq!(world.standing(campaign, week("2026-W10"), "B3").score, 0);
    world.assert_rebuilds(campaign);
}

#[test]
fn a_clock_set_back_between_edits_changes_no_order() {
    let world = World::new(6);
    let mut wang = world.phone("B1-S1-P1");
    let prospect = wang.prospect("银枫家园");
    wang.edit(prospect, "households", 900);
    // Two years back, in the middle of unsent work, and once more while the app is shut.
    drop(wang);
    let mut wang = world.phone_ahead("B1-S1-P1", -730 * DAY);
    wang.edit(prospect, "households", 950);
    let visit = wang.visit(prospect);
    drop(wang);
    let mut wang = world.phone_ahead("B1-S1-P1", -740 * DAY);
    wang.edit(prospect, "households", 980);
    wang.edit(visit, "note", "再谈一次");
    assert_eq!(wang.outstanding(), 6);
    let report = wang.sync();
    assert!(report.synced() && report.applied.refused == 0, "{report:?}");
    let row = world.row(prospect).expect("a row");
    assert_eq!((row.fields.int("households"), row.conflicts.len(), row.heads.len()), (Some(980), 0, 1));
    assert_eq!(world.row(visit).expect("a row").fields.text("note"), Some("再谈一次"));
    world.assert_holds_its_own(&mut wang);
}

#[test]
fn two_values_at_the_same_time_are_in_conflict_whatever_the_clocks_say_and_no_clock_chooses() {
    let shown = |skews: [i64; 2]| {
        let world = World::new(7);
        let prospect = {
            let mut leader = world.phone("B1-S1-P1");
            let prospect = leader.prospect("银枫家园");
            leader.sync();
            prospect
        };
        let [mut wang, mut li] =
            [("B1-S1-P1", skews[0]), ("B1-S1-P2", skews[1])].map(|(code, skew)| world.phone_ahead(code, skew));
        li.sync();
        wang.edit(prospect, "households", 900);
        li.edit(prospect, "households", 1_100);
        for _ in 0..2 {
            wang.sync();
            li.sync();
        }
        let row = world.row(prospect).expect("a row");
        assert_eq!((row.conflicts.len(), row.conflicts[0].claims.len()), (1, 2));
        assert_eq!(wang.row(prospect), Some(row.clone()));
        assert_eq!(li.row(prospect), Some(row.clone()));
        row.fields.int("households")
    };
    let right = shown([0, 0]);
    for skews in [[FIVE_YEARS, 0], [0, FIVE_YEARS], [-FIVE_YEARS, 0], [-FIVE_YEARS, FIVE_YEARS]] {
        assert_eq!(shown(skews), right, "{skews:?}");
    }
}

#[test]
fn a_server_clock_that_was_years_ahead_and_is_set_right_leaves_the_last_word_last() {
    let world = World::new(8);
    let campaign = world.launch(&World::plain_campaign());
    let mut wang = world.phone("B1-S1-P1");
    let prospect = wang.prospect("银枫家园");
    let claim = wang.claim_account(prospect, date("2026-03-02"), 4_000);
    wang.sync();
    set_server_clock(&world, FIVE_YEARS);
    world.judge(claim, Verdict::Confirmed, None);
    assign(&world, prospect, "B2-S1");
    set_server_clock(&world, -FIVE_YEARS);
    world.judge(claim, Verdict::Rejected, Some("查无此户"));
    assign(&world, prospect, "B3-S1");
    let holds = world.run(world.store.assigned(vec![prospect])).expect("read").remove(&prospect).expect("assigned");
    assert_eq!(holds.unit, unit("B3-S1"));
    assert!(world.contributions(campaign).iter().all(|one| one.status == Status::Rejected));
    // Phones say the same, and the former holder lets go of it.
    let mut holder = world.phone("B3-S1-P1");
    sync_all(&mut [world.phone("B2-S1-P1"), world.phone("B1-S1-P1")]);
    holder.sync();
    assert!(holder.row(prospect).is_some() && world.phone("B1-S1-P1").row(prospect).is_none());
    world.assert_holds_its_own(&mut holder);
    world.assert_rebuilds(campaign);
}

#[test]
fn a_server_clock_set_back_loses_nothing_and_locks_nobody_out() {
    let world = World::new(9);
    let campaign = world.launch(&World::plain_campaign());
    let (mut wang, mut li) = (world.phone("B1-S1-P1"), world.phone("B1-S1-P2"));
    let prospect = wang.prospect("银枫家园");
    wang.sync();
    li.sync();
    let true_now = wang.now();
    set_server_clock(&world, -2 * DAY);
    // People's phones are right, and two days ahead of the server.
    let by = |phone: &mut Holder| phone.sync_by(true_now).unwrap_or_else(|error| panic!("{error}"));
    let visit = wang.visit_at(prospect, true_now.plus_millis(-3 * DAY));
    wang.edit(prospect, "households", 900);
    let report = by(&mut wang);
    assert!(report.synced() && report.applied.refused == 0, "{report:?}");
    li.edit(prospect, "note", "保安室在北门");
    assert!(by(&mut li).synced());
    assert!(by(&mut wang).synced());
    for phone in [&mut wang, &mut li] {
        let row = phone.row(prospect).expect("a row");
        assert_eq!((row.fields.int("households"), row.fields.text("note")), (Some(900), Some("保安室在北门")));
        world.assert_holds_its_own(phone);
    }
    assert!(world.row(visit).is_some());
    // Every phone being ahead alike says whose clock it is.
    let wrong = world.run(world.store.wrong_clocks()).expect("read");
    assert_eq!(wrong.values().map(|skew| skew.0).collect::<Vec<_>>(), [-2 * DAY, -2 * DAY]);
    // What a phone was told before the clock went back still counts as told.
    assign(&world, prospect, "B2-S1");
    wang.edit(prospect, "households", 980);
    assert_eq!(by(&mut wang).applied.refused, 0);
    assert_eq!(world.row(prospect).expect("a row").fields.int("households"), Some(980));
    world.assert_rebuilds(campaign);
}

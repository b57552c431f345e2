//! The journey of an account manager's day: what is recorded in a basement moves the branch's rank once it is synced, and
//! what the back office says of a claim comes back to the phone that made it.

#![expect(clippy::expect_used, reason = "fixtures are right or the test is wrong")]

use canvass_core::domain::campaign::Metric;
use canvass_core::domain::verification::{self, Verdict};
use canvass_core::domain::{Kind, RecordId};
use canvass_core::ranking::{Figure, Rule, Status};
use canvass_core::replica::Query;
use canvass_tests::{Holder, World, date, unit, week};

/// Ranks of B1, B2 and B3.
fn ranks(world: &World, campaign: RecordId) -> [u32; 3] {
    ["B1", "B2", "B3"].map(|branch| world.standing(campaign, week("2026-W10"), branch).rank)
}

/// The units and their ranks as a phone shows them.
fn read_ranks(holder: &mut Holder) -> Vec<(String, u32)> {
    let standings = holder.replica().standings().expect("read");
    standings.iter().flat_map(|standings| &standings.units).map(|place| (place.unit.to_string(), place.rank)).collect()
}

fn communities(world: &World, campaign: RecordId) -> Figure {
    world.standing(campaign, week("2026-W10"), "B1").total[&Metric::Communities]
}

fn status_and_rule(world: &World, campaign: RecordId, source: RecordId, metric: Metric) -> (Status, Rule) {
    let all = world.contributions(campaign);
    let one = all.iter().find(|one| one.source == source && one.metric == metric).expect("a contribution");
    (one.status, one.rule)
}

#[test]
fn a_visit_recorded_offline_moves_the_branchs_rank_once_it_is_synced() {
    let world = World::new(1);
    let campaign = world.launch(&World::plain_campaign());
    let mut ahead = world.phone("B2-S1-P1");
    let prospect = ahead.prospect("天通苑");
    ahead.visit(prospect);
    ahead.sync();
    assert_eq!(ranks(&world, campaign), [2, 1, 2], "B2 leads by its visit, the others share a rank");

    let mut wang = world.phone("B1-S1-P1");
    wang.sync();
    wang.faults.cut();
    let prospect = wang.prospect("银枫家园");
    let visits = [wang.visit(prospect), wang.visit(prospect)];
    assert!(wang.try_sync().is_err());
    assert_eq!(wang.outstanding(), 3);
    assert_eq!(visits.map(|visit| wang.unsynced(visit)), [1, 1]);
    assert_eq!(ranks(&world, campaign), [2, 1, 2], "what is not synced does not count");

    wang.faults.mend();
    assert!(wang.sync().synced());
    assert_eq!(wang.outstanding(), 0);
    assert_eq!(ranks(&world, campaign), [1, 2, 3]);
    let b1 = world.standing(campaign, week("2026-W10"), "B1");
    assert_eq!((b1.score, b1.total[&Metric::Visits]), (4, Figure { confirmed: 2, pending: 0 }));
    let visit = world.contributions(campaign).into_iter().find(|one| one.source == visits[0]).expect("it counts");
    assert_eq!((visit.unit, visit.person), (Some(unit("B1-S1")), Some(wang.person())));
    world.assert_rebuilds(campaign);
}

#[test]
fn a_visit_on_one_phone_moves_the_rank_that_another_phone_reads() {
    let world = World::new(5);
    let mut wang = world.phone("B1-S1-P1");
    wang.sync();
    assert!(wang.replica().standings().expect("read").is_empty(), "there is no campaign yet");
    let campaign = world.launch(&World::plain_campaign());
    wang.sync();
    assert_eq!(read_ranks(&mut wang), [("B1", 1), ("B2", 1), ("B3", 1)].map(|(unit, rank)| (unit.to_owned(), rank)));
    let home = unit("B1-S1");
    let bank = wang.replica().bank().expect("read");
    let standings = wang.replica().standings().expect("read");
    assert_eq!(standings[0].place_of(&home, &bank).map(|place| &place.unit), Some(&unit("B1")));

    let mut other = world.phone("B2-S1-P1");
    let prospect = other.prospect("天通苑");
    other.visit(prospect);
    other.sync();
    let b2_leads = [("B2", 1), ("B1", 2), ("B3", 2)].map(|(unit, rank)| (unit.to_owned(), rank));
    assert_eq!(read_ranks(&mut other), b2_leads, "the sync that brings the visit brings the rank");
    wang.sync();
    assert_eq!(read_ranks(&mut wang), b2_leads);
    let told = wang.replica().standings().expect("read");
    assert_eq!((told[0].campaign, told[0].week, told[0].name.as_str()), (campaign, week("2026-W10"), "百日会战"));
    let kept = world.standings(campaign, week("2026-W10"));
    let scores = kept.iter().map(|standing| (standing.unit.clone(), standing.score, standing.target));
    assert!(told[0].units.iter().map(|place| (place.unit.clone(), place.score, place.target)).eq(scores));
}

#[test]
fn standings_come_again_only_when_they_say_something_else() {
    let world = World::new(6);
    let campaign = world.launch(&World::plain_campaign());
    let mut wang = world.phone("B1-S1-P1");
    let mut other = world.phone("B2-S1-P1");
    let prospect = other.prospect("天通苑");
    other.sync();
    wang.sync();
    let brought = |wang: &mut Holder| {
        wang.faults.take_log();
        wang.sync();
        wang.faults.take_log().iter().any(|exchange| exchange.response.standings.is_some())
    };
    assert!(!brought(&mut wang), "nothing has changed");
    other.edit(prospect, "households", 800);
    other.sync();
    assert!(!brought(&mut wang), "households are not ranked");

    let claim = other.claim_account(prospect, date("2026-03-02"), 20_000);
    other.sync();
    assert!(brought(&mut wang), "a claim counts");
    world.judge(claim, Verdict::Confirmed, None);
    assert!(brought(&mut wang), "what was pending is confirmed");
    assert!(!brought(&mut wang));
    world.becomes(date("2026-03-09"), 8);
    assert!(brought(&mut wang), "a new week has begun");
    assert_eq!(wang.replica().standings().expect("read")[0].units[0].movement, Some(0));
    let mut head_office = world.phone("H-P");
    head_office.sync();
    head_office.edit(campaign, "name", "春季会战");
    head_office.sync();
    assert!(brought(&mut wang), "the campaign has another name");
    assert!(!brought(&mut wang));

    world.becomes(date("2026-04-26"), 8);
    assert!(brought(&mut wang), "it is over: its last week stands");
    assert_eq!(wang.replica().standings().expect("read")[0].week, week("2026-W13"));
    world.becomes(date("2026-04-27"), 8);
    assert!(brought(&mut wang), "four weeks later it goes");
    assert!(wang.replica().standings().expect("read").is_empty() && !brought(&mut wang));
}

#[test]
fn a_colleague_of_the_same_unit_and_the_leader_see_what_was_recorded_and_nobody_else_does() {
    let world = World::new(2);
    let mut wang = world.phone("B1-S1-P1");
    let prospect = wang.prospect("银枫家园");
    let visit = wang.visit(prospect);
    wang.sync();
    for (code, sees) in
        [("B1-S1-P2", true), ("B1-L", true), ("B1-S2-P1", false), ("B2-S1-P1", false), ("B2-L", false), ("H-P", false)]
    {
        let mut other = world.phone(code);
        other.sync();
        assert_eq!(other.row(prospect).is_some(), sees, "{code}");
        assert_eq!(other.row(visit).is_some(), sees, "{code}");
    }
}

#[test]
fn a_claim_is_pending_until_it_is_judged_and_again_after_an_edit() {
    let world = World::new(3);
    let campaign = world.launch(&World::plain_campaign());
    let mut wang = world.phone("B1-S1-P1");
    let prospect = wang.prospect("银枫家园");
    let claim = wang.claim_account(prospect, date("2026-03-02"), 20_000);
    wang.sync();
    let judged = |metric| status_and_rule(&world, campaign, claim, metric);
    assert_eq!(communities(&world, campaign), Figure { confirmed: 0, pending: 1 });
    assert_eq!(world.standing(campaign, week("2026-W10"), "B1").score, 120, "pending counts: 100 + 20,000 ÷ 1,000");
    assert_eq!(judged(Metric::Fund), (Status::Pending, Rule::AwaitingVerification));

    world.pass_hours(1);
    let verification = world.judge(claim, Verdict::Confirmed, None);
    assert_eq!(communities(&world, campaign), Figure { confirmed: 1, pending: 0 });
    assert_eq!(judged(Metric::Fund), (Status::Confirmed, Rule::Fund));

    wang.sync();
    let query = Query { kind: Some(Kind::from(&verification::KIND)), ..Query::default() };
    let seen = wang.replica().query(&query).expect("read");
    assert_eq!(seen.iter().map(|row| row.id).collect::<Vec<_>>(), [verification]);
    assert_eq!(seen[0].fields.text("verdict"), Some("confirmed"));
    assert_eq!(seen[0].fields.record("outcome"), Some(claim));
    assert_eq!(seen[0].prospect, Some(prospect));

    wang.edit(claim, "amount", 3_000_000);
    wang.sync();
    assert_eq!(communities(&world, campaign), Figure { confirmed: 0, pending: 1 });
    assert_eq!(judged(Metric::Fund), (Status::Pending, Rule::EditedSinceVerification));
    assert_eq!(world.standing(campaign, week("2026-W10"), "B1").score, 130);

    world.judge(claim, Verdict::Confirmed, None);
    assert_eq!(judged(Metric::Fund), (Status::Confirmed, Rule::Fund));
    world.assert_rebuilds(campaign);
}

#[test]
fn a_rejected_claim_leaves_the_standing_and_its_reason_reaches_the_claimant() {
    let world = World::new(4);
    let campaign = world.launch(&World::plain_campaign());
    let mut wang = world.phone("B1-S1-P1");
    let prospect = wang.prospect("银枫家园");
    let claim = wang.claim_account(prospect, date("2026-03-02"), 20_000);
    wang.sync();
    assert_eq!(ranks(&world, campaign), [1, 2, 2]);

    let verification = world.judge(claim, Verdict::Rejected, Some("台账中查无此户"));
    assert_eq!(ranks(&world, campaign), [1, 1, 1]);
    assert_eq!(world.standing(campaign, week("2026-W10"), "B1").score, 0);
    let rejected = (Status::Rejected, Rule::RejectedByVerification);
    assert_eq!(status_and_rule(&world, campaign, claim, Metric::Communities), rejected);

    wang.sync();
    let told = wang.row(verification).expect("on the claimant's phone");
    assert_eq!(told.fields.text("reason"), Some("台账中查无此户"));
    world.assert_rebuilds(campaign);
}

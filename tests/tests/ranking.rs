//! The ranking from phone to page: one small case worked by hand, every figure with its arithmetic.

#![expect(clippy::expect_used, reason = "fixtures are right or the test is wrong")]

use canvass_core::domain::campaign::{self, Campaign, Metric};
use canvass_core::domain::outcome::Product;
use canvass_core::domain::verification::Verdict;
use canvass_core::domain::{PhoneTime, RecordId, Zone};
use canvass_core::ranking::{Figure, Rule, Standing, Status, explain};
use canvass_tests::{Holder, World, date, sync_all, unit, week};
use std::collections::BTreeMap;

/// Three weeks for B1, B2, B3 and H (which stands for what no branch takes). In the first week a community is 100 points,
/// each 1,000 yuan of fund 1 up to a cap of 50,000 yuan, 10 cards 3 up to 40 cards, a visit 2. From the second week on a
/// visit is 7.
fn campaign() -> Campaign {
    let version =
        |pairs: &[(&str, i64)]| pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).into())).collect();
    let first = [
        ("target", 5),
        ("points/communities", 100),
        ("points/fund", 1),
        ("per/fund", 100_000),
        ("cap/fund", 5_000_000),
        ("points/cards", 3),
        ("per/cards", 10),
        ("cap/cards", 40),
        ("points/visits", 2),
    ];
    Campaign {
        name: "百日会战".to_owned(),
        starts: date("2026-03-02"),
        ends: date("2026-03-22"),
        zone: Zone::china(),
        cutoff: campaign::CUTOFF,
        units: ["B1", "B2", "B3", "H"].into_iter().map(unit).collect(),
        versions: BTreeMap::from([
            (week("2026-W10"), version(&first)),
            (week("2026-W11"), version(&[("points/visits", 7)])),
        ]),
    }
}

fn at(day: &str, hour: i64) -> PhoneTime {
    PhoneTime::from_millis(Zone::china().start_of(date(day)) + hour * 3_600_000).expect("in range")
}

/// `unit rank score`, in order.
fn table(standings: &[Standing]) -> Vec<String> {
    standings.iter().map(|one| format!("{} {} {}", one.unit, one.rank, one.score)).collect()
}

fn rule_of(world: &World, campaign: RecordId, source: RecordId, metric: Metric) -> (Status, Rule) {
    let all = world.contributions(campaign);
    let found = all.iter().find(|one| one.source == source && one.metric == metric).expect("a contribution");
    (found.status, found.rule)
}

struct Played {
    world: World,
    campaign: RecordId,
    second_account: RecordId,
    future_visit: RecordId,
    late_visit: RecordId,
}

/// Two weeks of work. `backwards` lets the phones sync in the other order.
fn play(backwards: bool) -> Played {
    let world = World::new(1);
    let campaign = world.launch(&campaign());
    let mut phones = ["B1-S1-P1", "B1-S2-P1", "B2-S1-P1", "B3-S1-P1"].map(|code| world.phone(code));
    sync_all(&mut phones);
    let sync = |phones: &mut [Holder]| {
        if backwards {
            phones.reverse();
        }
        sync_all(phones);
        if backwards {
            phones.reverse();
        }
    };
    // Tuesday of the first week.
    world.becomes(date("2026-03-03"), 9);
    let [wang, li, zhang, liu] = &mut phones;
    let silver = wang.prospect("银枫家园");
    wang.claim_account(silver, date("2026-03-02"), 30_999);
    let second_account = wang.claim_account(silver, date("2026-03-03"), 90_000);
    let late_visit = wang.visit_at(silver, at("2026-03-03", 9));
    let gold = li.prospect("金桥小区");
    li.claim_account(gold, date("2026-03-02"), 28_000);
    let east = zhang.prospect("东湖小区");
    zhang.claim(east, Product::Cards, date("2026-03-03"), None, Some(29));
    zhang.visit(east);
    zhang.visit(east);
    let west = liu.prospect("西关小区");
    liu.visit(west);
    liu.visit(west);
    liu.claim(west, Product::Cards, date("2026-03-03"), None, Some(25));
    // Dated tomorrow, and it comes today: it has not happened yet.
    let future_visit = liu.visit_at(west, at("2026-03-04", 6));
    let west_account = liu.claim_account(west, date("2026-03-03"), 5_000);
    world.becomes(date("2026-03-03"), 20);
    // B1's first phone has no network until the second week: its facts come late, and count in their own week.
    let [_, rest @ ..] = &mut phones;
    sync(rest);
    world.judge(west_account, Verdict::Rejected, Some("查无此户"));
    world.becomes(date("2026-03-10"), 9);
    let [_, _, zhang, liu] = &mut phones;
    zhang.visit(east);
    for _ in 0..15 {
        liu.visit(west);
    }
    sync(&mut phones);
    Played { world, campaign, second_account, future_visit, late_visit }
}

#[test]
fn the_first_week_is_as_worked_by_hand() {
    let Played { world, campaign, .. } = play(false);
    let standings = world.standings(campaign, week("2026-W10"));
    // B1: two communities 2 × 100 = 200; fund 30,999 + 28,000 = 58,999 yuan, capped at 50,000: ÷ 1,000 = 50; one
    //     visit, which came late, 2: 252.
    // B2: cards 29 × 3 ÷ 10 = 8 (8.7 cut); visits 2 × 2 = 4: 12.
    // B3: cards 25 × 3 ÷ 10 = 7 (7.5 cut); visits 2 × 2 = 4; the future visit and the rejected account nothing: 11.
    // H: nothing: 0.
    assert_eq!(table(&standings), ["B1 1 252", "B2 2 12", "B3 3 11", "H 4 0"]);
    let b1 = &standings[0];
    assert_eq!(b1.total[&Metric::Fund], Figure { confirmed: 0, pending: 5_899_900 });
    assert_eq!(b1.points[&Metric::Fund], 50);
    assert_eq!(b1.target, 5);
    assert!(standings.iter().all(|one| one.movement.is_none()), "it is the first week");
}

#[test]
fn the_second_week_has_its_own_rules_movements_and_a_shared_rank() {
    let Played { world, campaign, .. } = play(false);
    let standings = world.standings(campaign, week("2026-W11"));
    // From this week on a visit is 7, for all visits so far:
    // B1: 200 + 50 + 1 × 7 = 257.
    // B2: 8 + 3 × 7 = 29.
    // B3: 7 + 17 × 7 = 126.
    assert_eq!(table(&standings), ["B1 1 257", "B3 2 126", "B2 3 29", "H 4 0"]);
    let movements: Vec<_> = standings.iter().map(|one| one.movement).collect();
    assert_eq!(movements, [Some(0), Some(1), Some(-1), Some(0)]);
    assert_eq!(standings[1].week[&Metric::Visits].confirmed, 15);
    assert_eq!(standings[1].total[&Metric::Visits].confirmed, 17);
}

#[test]
fn equal_scores_share_a_rank_and_the_next_is_skipped() {
    let world = World::new(2);
    let campaign = world.launch(&campaign());
    for (code, visits) in [("B1-S1-P1", 3), ("B2-S1-P1", 2), ("B3-S2-P2", 2)] {
        let mut phone = world.phone(code);
        let prospect = phone.prospect("小区");
        for _ in 0..visits {
            phone.visit(prospect);
        }
        phone.sync();
    }
    // 3 × 2, 2 × 2, 2 × 2, nothing.
    assert_eq!(table(&world.standings(campaign, week("2026-W10"))), ["B1 1 6", "B2 2 4", "B3 2 4", "H 4 0"]);
}

#[test]
fn what_does_not_count_is_listed_with_its_rule() {
    let Played { world, campaign, second_account, future_visit, .. } = play(false);
    let rule = |source, metric| rule_of(&world, campaign, source, metric);
    assert_eq!(rule(second_account, Metric::Communities), (Status::Excluded, Rule::AlreadyWon));
    assert_eq!(rule(second_account, Metric::Fund), (Status::Excluded, Rule::AlreadyWon));
    assert_eq!(rule(future_visit, Metric::Visits), (Status::Excluded, Rule::Future));
    let bank = world.run(canvass_server::store::Store::bank(&*world.store)).expect("a bank");
    let all = world.contributions(campaign);
    let explained = explain(&self::campaign(), &bank, &all, &unit("B3"), week("2026-W10"), None);
    assert_eq!(explained.value, 11);
    let left_out: Vec<_> = explained.left_out.iter().map(|one| one.rule).collect();
    assert_eq!(left_out.iter().filter(|rule| **rule == Rule::RejectedByVerification).count(), 2, "{left_out:?}");
    assert_eq!(left_out.iter().filter(|rule| **rule == Rule::Future).count(), 1, "{left_out:?}");
}

#[test]
fn a_late_visit_counts_in_the_week_in_which_it_took_place() {
    let Played { world, campaign, late_visit, .. } = play(false);
    let all = world.contributions(campaign);
    let late = all.iter().find(|one| one.source == late_visit).expect("it counts");
    assert_eq!(
        (late.week, late.status, late.unit.as_ref()),
        (week("2026-W10"), Status::Confirmed, Some(&unit("B1-S1")))
    );
}

#[test]
fn the_same_facts_in_another_order_of_arrival_make_the_same_standings() {
    let (played, reversed) = (play(false), play(true));
    for week in ["2026-W10", "2026-W11", "2026-W12"].map(week) {
        let standings = |played: &Played| played.world.standings(played.campaign, week);
        assert_eq!(standings(&played), standings(&reversed));
    }
    for played in [played, reversed] {
        played.world.assert_rebuilds(played.campaign);
    }
}

//! A case worked by hand: three branches, two weeks, and what a draft moves.

use super::*;
use crate::domain::{Date, Person, RecordId, Unit, UnitLevel, Value, Zone};
use crate::ranking::tallies;

fn unit(id: &str) -> UnitId {
    id.parse().expect("a unit")
}

fn week(text: &str) -> Week {
    text.parse().expect("a week")
}

fn bank() -> Bank {
    let unit = |id: &str, parent: Option<&str>, level| Unit {
        id: unit(id),
        parent: parent.map(unit),
        level,
        name: id.to_owned(),
    };
    let mut units = vec![unit("H", None, UnitLevel::HeadOffice)];
    units.extend(["B1", "B2", "B3"].map(|id| unit(id, Some("H"), UnitLevel::Branch)));
    units.push(unit("S1", Some("B1"), UnitLevel::SubBranch));
    Bank::new(units, Vec::<Person>::new(), vec![], vec![]).expect("a bank")
}

/// Two weeks. A community is 100 points, a visit 10; tier 1 from nothing is rewarded with 1,000 yuan, tier 2 from 20,000
/// yuan with 3,000.
fn campaign() -> Campaign {
    let rules = [
        ("points/communities", 100),
        ("points/visits", 10),
        ("tier/1", 0),
        ("tier/2", 2_000_000),
        ("reward/1", 100_000),
        ("reward/2", 300_000),
    ];
    Campaign {
        name: "百日会战".to_owned(),
        starts: Date::constant(2026, 3, 2),
        ends: Date::constant(2026, 3, 15),
        zone: Zone::china(),
        cutoff: crate::domain::campaign::CUTOFF,
        units: ["B1", "B2", "B3"].into_iter().map(unit).collect(),
        versions: [(week("2026-W10"), rules.iter().map(|(key, value)| ((*key).to_owned(), (*value).into())).collect())]
            .into(),
    }
}

fn with(key: &str, from: &str, value: i64) -> Campaign {
    let mut draft = campaign();
    draft.versions.entry(week(from)).or_default().insert(key.to_owned(), Value::Int(value));
    draft
}

fn one(n: u8, at: &str, in_week: &str, metric: Metric, rule: Rule) -> Contribution {
    Contribution {
        campaign: RecordId::new(1, [9; 10]),
        source: RecordId::new(2, [n; 10]),
        metric,
        prospect: RecordId::new(3, [n; 10]),
        unit: Some(unit(at)),
        person: None,
        week: week(in_week),
        value: 1,
        status: rule.status(),
        rule,
    }
}

/// B1 (through S1) wins a small community in the first week; B2 makes eleven visits in it, and wins a large one in the
/// second; B3 claims one that nobody has judged yet.
fn facts() -> Vec<Contribution> {
    let won = |tier| Rule::Won { tier: Some(tier) };
    let mut all = vec![
        one(1, "S1", "2026-W10", Metric::Communities, won(1)),
        one(2, "B2", "2026-W11", Metric::Communities, won(2)),
        one(3, "B3", "2026-W10", Metric::Communities, Rule::AwaitingVerification),
    ];
    all.extend((10..21).map(|n| one(n, "B2", "2026-W10", Metric::Visits, Rule::Visited)));
    all
}

fn played(draft: &Campaign, until: &str) -> Rehearsal {
    let (facts, present) = (facts(), campaign());
    let tallies = tallies(&facts);
    let side = |campaign| Side { campaign, tallies: &tallies, won: &facts };
    rehearsal(Some(side(&present)), side(draft), &bank(), week(until))
}

type Told = (u32, i64, i64);

fn told(rehearsal: &Rehearsal) -> Vec<(String, String, Option<Told>, Option<Told>)> {
    let seat = |seat: Option<Seat>| seat.map(|seat| (seat.rank, seat.score, seat.reward / 100));
    let one = |one: &Rehearsed| (one.week.to_string(), one.unit.to_string(), seat(one.before), seat(one.after));
    rehearsal.moved().map(one).collect()
}

fn line(
    week: &str,
    unit: &str,
    before: Option<Told>,
    after: Option<Told>,
) -> (String, String, Option<Told>, Option<Told>) {
    (week.to_owned(), unit.to_owned(), before, after)
}

#[test]
fn rules_that_are_worth_more_move_the_ranks_of_the_weeks_from_which_they_hold() {
    // 110 of B2 before 100 of B1; at 120 a community B1 leads in the first week, and both win one by the second.
    let draft = played(&with("points/communities", "2026-W10", 120), "2026-W11");
    assert_eq!(
        told(&draft),
        [
            line("2026-W10", "B1", Some((2, 100, 1_000)), Some((1, 120, 1_000))),
            line("2026-W10", "B2", Some((1, 110, 0)), Some((2, 110, 0))),
        ]
    );
    assert_eq!((draft.units_moved(), draft.reward_change()), (2, 0));
    assert_eq!(draft.all.len(), 6, "whoever does not move is there too");
    assert!(told(&played(&with("points/communities", "2026-W11", 120), "2026-W11")).is_empty());
}

#[test]
fn a_reward_is_that_of_the_tier_of_each_community_confirmed_in_the_week() {
    let draft = played(&with("reward/2", "2026-W10", 500_000), "2026-W11");
    assert_eq!(told(&draft), [line("2026-W11", "B2", Some((1, 210, 3_000)), Some((1, 210, 5_000)))]);
    assert_eq!((draft.units_moved(), draft.reward_change()), (0, 200_000));
    assert!(told(&played(&with("reward/2", "2026-W10", 500_000), "2026-W10")).is_empty(), "not in weeks to come");
    // What ends is rewarded with nothing.
    let mut ends = campaign();
    ends.versions.entry(week("2026-W11")).or_default().insert("end/reward/2".to_owned(), Value::Bool(true));
    assert_eq!(played(&ends, "2026-W11").reward_change(), -300_000);
}

#[test]
fn a_unit_that_leaves_or_joins_is_named_and_a_new_campaign_has_no_before() {
    let mut draft = campaign();
    draft.units.remove(&unit("B2"));
    let told_of = told(&played(&draft, "2026-W10"));
    assert_eq!(
        told_of,
        [
            line("2026-W10", "B1", Some((2, 100, 1_000)), Some((1, 100, 1_000))),
            line("2026-W10", "B3", Some((3, 0, 0)), Some((2, 0, 0))),
            line("2026-W10", "B2", Some((1, 110, 0)), None),
        ]
    );
    let (facts, new) = (facts(), campaign());
    let tallies = tallies(&facts);
    let side = Side { campaign: &new, tallies: &tallies, won: &facts };
    let fresh = rehearsal(None, side, &bank(), week("2026-W10"));
    assert!(fresh.all.iter().all(|one| one.before.is_none() && one.moves()));
    assert_eq!(fresh.reward_change(), 100_000);
}

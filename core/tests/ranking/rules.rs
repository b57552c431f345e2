//! What a campaign lets count, who is credited, and who leads.

use crate::stage::*;
use canvass_core::domain::campaign::{Campaign, Metric};
use canvass_core::domain::outcome::Product;
use canvass_core::domain::verification::{Verdict, Verification};
use canvass_core::domain::{Fields, Money, RecordId, ServerTime, UnitLevel, Value, activity};
use canvass_core::ranking::{Basis, Group, GroupRow, Status, Tally, contributions, standings, tallies};

/// The lines by rules that hold from the campaign's first week on, beside its own.
fn lines_by(rules: &[(&str, Value)], team: &[(&str, i64)], rows: &[GroupRow]) -> Vec<String> {
    let mut campaign = campaign();
    let version = campaign.versions.get_mut(&week("2026-W10")).expect("a version");
    version.extend(rules.iter().map(|(key, value)| ((*key).to_owned(), value.clone())));
    let team = team.iter().map(|(person, share)| (person.parse().expect("a person"), *share)).collect();
    let found = contributions(&Group { team: &team, ..group(rows) }, &[(id(200), campaign)], &bank());
    found.into_iter().map(line).collect()
}

#[test]
fn only_visits_of_the_sort_that_the_campaign_asks_for_count_and_the_others_are_listed() {
    let rules = [("channel/on_site", true.into()), ("minutes", 20.into())];
    let mut visit = visit_at(1, 1, morning(3));
    assert_eq!(lines_by(&rules, &[], &[visit.clone()]), ["1 visits S1 2026-W10 1 excluded does-not-qualify"]);
    put(&mut visit, "minutes", 20.into());
    assert_eq!(lines_by(&rules, &[], &[visit.clone()]), ["1 visits S1 2026-W10 1 confirmed visited"]);
    put(&mut visit, "channel", "phone".into());
    assert_eq!(lines_by(&rules, &[], &[visit]), ["1 visits S1 2026-W10 1 excluded does-not-qualify"]);
}

#[test]
fn an_account_below_what_the_campaign_asks_for_wins_nothing_and_makes_way_for_the_next() {
    let rules = [("least/account", Value::Int(2_000_000))];
    let rows = [account(1, 1, 3, 19_999), account(2, 2, 4, 20_000)];
    let expected = [
        "1 communities S1 2026-W10 1 excluded does-not-qualify",
        "1 fund S1 2026-W10 1999900 excluded does-not-qualify",
        "2 communities S2 2026-W10 1 pending awaiting-verification",
        "2 fund S2 2026-W10 2000000 pending awaiting-verification",
    ];
    assert_eq!(lines_by(&rules, &[], &rows), expected);
    // What the back office finds decides, not what was claimed.
    let found = Verification { amount: Money::from_yuan(20_001).ok(), ..judged(1, Verdict::Confirmed) };
    let with = lines_by(&rules, &[], &[rows[0].clone(), rows[1].clone(), verdict(3, &found)]);
    assert_eq!(with[0], "1 communities S1 2026-W10 1 confirmed won-tier-2");
}

#[test]
fn what_comes_too_many_days_after_its_day_is_left_out_as_late_and_only_if_the_campaign_says_so() {
    let late = came_at(visit_at(1, 1, morning(3)), morning(7));
    assert_eq!(
        lines_by(&[("late_days", 4.into())], &[], std::slice::from_ref(&late)),
        ["1 visits S1 2026-W10 1 confirmed visited"]
    );
    assert_eq!(
        lines_by(&[("late_days", 3.into())], &[], std::slice::from_ref(&late)),
        ["1 visits S1 2026-W10 1 excluded late"]
    );
    assert_eq!(lines_by(&[], &[], &[late]), ["1 visits S1 2026-W10 1 confirmed visited"]);
}

#[test]
fn what_a_clock_wrote_that_cannot_have_been_right_is_left_out_if_the_campaign_says_so() {
    let rule = [("untrusted", Value::from("leave_out"))];
    let by_clock = |recorded_at: i64, occurred_at: i64| {
        let mut row = came_at(visit_at(1, 1, occurred_at), morning(9));
        row.row.id = RecordId::new(recorded_at, [1; 10]);
        [row]
    };
    let kept = ["1 visits S1 2026-W10 1 confirmed visited"];
    let left_out = ["1 visits S1 2026-W10 1 excluded untrusted-clock"];
    assert_eq!(lines_by(&rule, &[], &by_clock(morning(3), morning(3))), kept, "six days offline");
    assert_eq!(lines_by(&rule, &[], &by_clock(morning(10), morning(3))), left_out, "recorded after it was received");
    assert_eq!(lines_by(&rule, &[], &by_clock(morning(2), morning(3))), left_out, "recorded before it happened");
    assert_eq!(lines_by(&[], &[], &by_clock(morning(10), morning(3))), kept);
}

#[test]
fn an_activity_counts_once_it_was_held() {
    let mut fields = Fields::new().with("name".parse().expect("a name"), "木偶剧".into());
    fields.put("planned_at".parse().expect("a name"), Value::Time(morning(3)));
    let mut show = record(1, &activity::KIND, 1, fields, morning(3));
    assert!(lines(std::slice::from_ref(&show)).is_empty());
    put(&mut show, "occurred_at", Value::Time(morning(10)));
    // Recorded when it was planned, a week before; held, and said to be, on the day.
    assert_eq!(only(show.clone()), "1 activities S1 2026-W11 1 excluded future");
    show.changed_at = ServerTime::from_millis(morning(10)).expect("in range");
    assert_eq!(only(show.clone()), "1 activities S1 2026-W11 1 confirmed activity-held");
    let strict = [("late_days", 0.into()), ("untrusted", Value::from("leave_out"))];
    assert_eq!(lines_by(&strict, &[], &[show]), ["1 activities S1 2026-W11 1 confirmed activity-held"]);
}

#[test]
fn a_teams_outcome_is_shared_in_whole_numbers_and_each_counts_for_their_own_unit() {
    let rule = [("credit", Value::from("team"))];
    let rows = [account(1, 1, 3, 1), claim(2, 1, Product::Cards, 3, Some(10))];
    let team = [("P1", 30), ("P2", 60), ("P6", 10)];
    let expected = [
        "1 communities S2 2026-W10 1 pending awaiting-verification",
        "1 fund S1 2026-W10 33 pending awaiting-verification",
        "1 fund S2 2026-W10 67 pending awaiting-verification",
        "2 cards S1 2026-W10 3 pending awaiting-verification",
        "2 cards S2 2026-W10 7 pending awaiting-verification",
    ];
    let mut found = lines_by(&rule, &team, &rows);
    found.sort();
    let mut wanted = expected.map(str::to_owned);
    wanted.sort();
    assert_eq!(found, wanted);
    let nobody_at_home = lines_by(&rule, &[("P6", 90)], &rows);
    assert!(nobody_at_home.iter().all(|line| line.contains("excluded no-home-unit")), "{nobody_at_home:?}");
    assert_eq!(lines_by(&rule, &[], &rows), lines(&rows), "without a team it is the recorder's");
    assert_eq!(lines_by(&[], &team, &rows), lines(&rows), "without the rule, too");
    let office = Verification { unit: Some(unit_id("S3")), ..judged(1, Verdict::Confirmed) };
    let found = lines_by(&rule, &team, &[rows[0].clone(), verdict(3, &office)]);
    assert!(found.iter().all(|line| line.contains(" S3 ")), "{found:?}");
}

#[test]
fn who_reached_the_score_first_leads_where_the_rules_say_so() {
    let sum = |unit: &str, week_: &str, value| Tally {
        unit: unit_id(unit),
        week: week(week_),
        metric: Metric::Visits,
        status: Status::Confirmed,
        value,
        count: value,
    };
    let tallies =
        [sum("B1", "2026-W11", 4), sum("B2", "2026-W10", 1), sum("B2", "2026-W11", 3), sum("B3", "2026-W10", 4)];
    let mut campaign = campaign();
    let placed = |campaign: &Campaign| -> Vec<(String, u32)> {
        let all = standings(campaign, week("2026-W11"), &bank(), &tallies, Basis::Confirmed);
        all.into_iter().map(|one| (one.unit.to_string(), one.rank)).collect()
    };
    let said =
        |placed: &[(&str, u32)]| placed.iter().map(|(unit, rank)| ((*unit).to_owned(), *rank)).collect::<Vec<_>>();
    assert_eq!(placed(&campaign), said(&[("B1", 1), ("B2", 1), ("B3", 1)]));
    campaign.versions.get_mut(&week("2026-W10")).expect("rules").insert("tie".to_owned(), "first".into());
    assert_eq!(placed(&campaign), said(&[("B3", 1), ("B1", 2), ("B2", 2)]));
}

#[test]
fn a_bulletin_ranks_what_is_confirmed_and_another_level_ranks_its_own_units_with_their_own_targets() {
    let rows = [account(1, 1, 3, 10), confirmed(2, 1), claim(3, 2, Product::Cards, 3, Some(40))];
    let sums = tallies(&count(&rows));
    let (campaign, bank, first) = (campaign(), bank(), week("2026-W10"));
    let scores = |campaign: &Campaign, basis| -> Vec<(String, i64, i64)> {
        let all = standings(campaign, first, &bank, &sums, basis);
        all.into_iter().map(|one| (one.unit.to_string(), one.score, one.target)).collect()
    };
    let said = |all: &[(&str, i64, i64)]| all.iter().map(|(u, s, t)| ((*u).to_owned(), *s, *t)).collect::<Vec<_>>();
    assert_eq!(scores(&campaign, Basis::Counted), said(&[("B1", 100, 5), ("B2", 12, 5), ("B3", 0, 5)]));
    assert_eq!(scores(&campaign, Basis::Confirmed), said(&[("B1", 100, 5), ("B2", 0, 5), ("B3", 0, 5)]));
    let mut below = campaign.clone();
    below.versions.get_mut(&first).expect("rules").insert("target_of/S2".to_owned(), 2.into());
    let below = below.at_level(UnitLevel::SubBranch, &bank);
    assert_eq!(scores(&below, Basis::Counted), said(&[("S1", 100, 0), ("S2", 12, 2), ("S3", 0, 0)]));
    // A sub-branch that takes part itself keeps the target; its neighbours below a branch that does have none.
    let mut mixed = campaign.clone();
    mixed.units.insert(unit_id("S3"));
    let mixed = mixed.at_level(UnitLevel::SubBranch, &bank);
    assert_eq!(scores(&mixed, Basis::Counted), said(&[("S1", 100, 0), ("S2", 12, 0), ("S3", 0, 5)]));
    // Targets of its own level are those of the campaign, also before one's own begins and after it ends.
    let mut own = campaign.clone();
    own.versions.entry(week("2026-W11")).or_default().insert("target_of/B1".to_owned(), 8.into());
    own.versions.entry(week("2026-W12")).or_default().insert("end/target_of/B1".to_owned(), true.into());
    own.versions.entry(week("2026-W13")).or_default().insert("end/target".to_owned(), true.into());
    let there = own.at_level(UnitLevel::Branch, &bank);
    let target = |campaign: &Campaign, text: &str| campaign.rules(week(text)).target_of(&unit_id("B1"));
    for (text, expected) in [("2026-W10", 5), ("2026-W11", 8), ("2026-W12", 5), ("2026-W13", 0)] {
        assert_eq!((target(&own, text), target(&there, text)), (expected, expected), "{text}");
    }
}

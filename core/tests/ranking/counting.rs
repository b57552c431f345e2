//! What a fact counts as, and what the ranking makes of it.

use crate::stage::*;
use canvass_core::domain::campaign::Metric;
use canvass_core::domain::outcome::Product;
use canvass_core::domain::verification::{Verdict, Verification};
use canvass_core::domain::{Money, Value};
use canvass_core::ranking::{
    Basis, Contribution, Figure, GroupRow, Rule, Standing, explain, standings, tallies, unplaced,
};
use std::collections::BTreeSet;

#[test]
fn an_account_is_pending_until_confirmed_and_then_names_its_funds_tier() {
    let opened = account(1, 1, 3, 20_000);
    let pending = lines(std::slice::from_ref(&opened));
    assert_eq!(pending[0], "1 communities S1 2026-W10 1 pending awaiting-verification");
    assert_eq!(pending[1], "1 fund S1 2026-W10 2000000 pending awaiting-verification");
    let expected = ["1 communities S1 2026-W10 1 confirmed won-tier-2", "1 fund S1 2026-W10 2000000 confirmed fund"];
    assert_eq!(lines(&[opened, confirmed(2, 1)]), expected);
    let without_a_fund = [claim(1, 1, Product::Account, 3, None), confirmed(2, 1)];
    assert_eq!(lines(&without_a_fund), ["1 communities S1 2026-W10 1 confirmed won-tier-1"]);
}

#[test]
fn the_newest_verdict_on_the_present_version_holds_with_what_it_found() {
    let opened = account(1, 1, 3, 20_000);
    let refused = verdict(3, &judged(1, Verdict::Rejected));
    let found = Verification {
        amount: Money::from_yuan(19_999).ok(),
        opened_on: Some(march(9)),
        unit: Some(unit_id("S3")),
        ..judged(1, Verdict::Confirmed)
    };
    // By the server's order, not by their ids.
    let earlier = verdict(2, &found);
    let later = GroupRow { seq: 4, ..earlier.clone() };
    let expected = [
        "1 communities S1 2026-W10 1 rejected rejected-by-verification",
        "1 fund S1 2026-W10 2000000 rejected rejected-by-verification",
    ];
    assert_eq!(lines(&[opened.clone(), earlier, refused.clone()]), expected);
    let corrected = ["1 communities S3 2026-W11 1 confirmed won-tier-1", "1 fund S3 2026-W11 1999900 confirmed fund"];
    assert_eq!(lines(&[later.clone(), opened.clone(), refused]), corrected);

    let mut edited = opened.clone();
    edited.row.heads = vec![head(77)];
    assert_eq!(lines(&[edited, later.clone()])[0], "1 communities S1 2026-W10 1 pending edited-since-verification");
    let mut taken_back = later;
    taken_back.row.withdrawn = true;
    assert_eq!(lines(&[opened, taken_back])[0], "1 communities S1 2026-W10 1 pending awaiting-verification");
}

#[test]
fn the_first_account_by_day_then_id_wins_the_community_and_a_refused_one_makes_way() {
    let mut rows = vec![account(1, 1, 5, 30_000), account(2, 2, 4, 40_000), account(3, 3, 4, 50_000)];
    let expected = [
        "1 communities S1 2026-W10 1 excluded already-won",
        "1 fund S1 2026-W10 3000000 excluded already-won",
        "2 communities S2 2026-W10 1 pending awaiting-verification",
        "2 fund S2 2026-W10 4000000 pending awaiting-verification",
        "3 communities S3 2026-W10 1 excluded already-won",
        "3 fund S3 2026-W10 5000000 excluded already-won",
    ];
    assert_eq!(lines(&rows), expected);
    rows.push(verdict(4, &judged(2, Verdict::Rejected)));
    let lines = lines(&rows);
    assert_eq!(lines[0], "1 communities S1 2026-W10 1 excluded already-won");
    assert_eq!(lines[2], "2 communities S2 2026-W10 1 rejected rejected-by-verification");
    assert_eq!(lines[4], "3 communities S3 2026-W10 1 pending awaiting-verification");
}

#[test]
fn a_visit_dated_more_than_ten_minutes_after_it_came_is_left_out() {
    let at = morning(3);
    assert_eq!(only(came_at(visit_at(1, 1, at), at - 600_000)), "1 visits S1 2026-W10 1 confirmed visited");
    assert_eq!(only(came_at(visit_at(1, 1, at), at - 600_001)), "1 visits S1 2026-W10 1 excluded future");
}

#[test]
fn an_account_dated_after_it_came_is_left_out_until_the_back_office_has_found_it() {
    let early = came_at(account(1, 1, 5, 10), morning(4));
    assert_eq!(lines(std::slice::from_ref(&early))[0], "1 communities S1 2026-W10 1 excluded future");
    let with_another = lines(&[early.clone(), account(2, 2, 6, 10)]);
    assert_eq!(with_another[2], "2 communities S2 2026-W10 1 pending awaiting-verification");
    assert_eq!(lines(&[early, confirmed(2, 1)])[0], "1 communities S1 2026-W10 1 confirmed won-tier-1");
}

#[test]
fn a_withdrawn_record_is_left_out_and_its_community_can_be_won_again() {
    let mut withdrawn = account(1, 1, 3, 1);
    withdrawn.row.withdrawn = true;
    let lines = lines(&[withdrawn, confirmed(2, 1), account(3, 1, 9, 1)]);
    assert_eq!(lines[0], "1 communities S1 2026-W10 1 excluded withdrawn");
    assert_eq!(lines[2], "3 communities S1 2026-W11 1 pending awaiting-verification");
}

#[test]
fn a_fact_is_credited_to_the_one_home_unit_of_its_day() {
    assert_eq!(only(visit_at(1, 7, morning(9))), "1 visits S1 2026-W11 1 confirmed visited");
    assert_eq!(only(visit_at(1, 7, morning(10))), "1 visits S2 2026-W11 1 confirmed visited");
    assert_eq!(only(visit_at(1, 6, morning(3))), "1 visits - 2026-W10 1 excluded no-home-unit");
    assert_eq!(only(visit_at(1, 99, morning(3))), "1 visits - 2026-W10 1 excluded unknown-author");
}

#[test]
fn a_planned_visit_counts_for_nothing_until_it_has_taken_place() {
    let mut planned = visit_at(1, 1, morning(3));
    let [planned_at, occurred_at] = ["planned_at", "occurred_at"].map(|name| name.parse().expect("a name"));
    planned.row.fields.put(planned_at, Value::Time(morning(3)));
    assert_eq!(only(planned.clone()), "1 visits S1 2026-W10 1 confirmed visited");
    planned.row.fields.put(occurred_at, Value::Null);
    assert!(lines(&[planned]).is_empty(), "not even among what is left out");
}

#[test]
fn what_cannot_be_read_is_listed_and_not_lost() {
    assert_eq!(only(claim(1, 1, Product::Cards, 3, None)), "1 cards S1 2026-W10 0 excluded unreadable");
    let mut strange = account(1, 1, 3, 5);
    put(&mut strange, "amount", Value::Int(-1));
    assert_eq!(lines(std::slice::from_ref(&strange))[1], "1 fund S1 2026-W10 0 excluded unreadable");
    put(&mut strange, "product", "gold".into());
    assert_eq!(only(strange), "1 communities S1 2026-W10 0 excluded unreadable");
    let mut timeless = visit_at(1, 1, morning(9));
    put(&mut timeless, "occurred_at", Value::Null);
    assert_eq!(only(timeless), "1 visits S1 2026-W11 1 excluded unreadable");
}

#[test]
fn days_and_weeks_are_those_of_the_campaigns_zone() {
    let first_moment = START - 9 * 3_600_000;
    let at = |moment| lines(&[visit_at(1, 1, moment)]);
    assert!(at(first_moment - 1).is_empty(), "the day before the campaign");
    assert_eq!(at(first_moment), ["1 visits S1 2026-W10 1 confirmed visited"]);
    assert_eq!(at(first_moment + 7 * DAY - 1), ["1 visits S1 2026-W10 1 confirmed visited"]);
    assert_eq!(at(first_moment + 7 * DAY), ["1 visits S1 2026-W11 1 confirmed visited"]);
    assert!(at(first_moment + 28 * DAY).is_empty(), "the day after the campaign");
    assert!(lines(&[account(1, 1, 30, 5)]).is_empty(), "the day after the campaign");
}

#[test]
fn while_people_disagree_what_held_before_counts_and_an_outcome_is_pending_whatever_was_judged() {
    let amounts = [Value::Int(200), Value::Int(300)];
    let disputed = in_conflict(account(1, 1, 3, 1), "amount", amounts.clone(), Some(Value::Int(100)));
    let expected = ["1 communities S1 2026-W10 1 pending conflict", "1 fund S1 2026-W10 100 pending conflict"];
    assert_eq!(lines(&[disputed, confirmed(2, 1)]), expected);
    let nothing_before = in_conflict(account(1, 1, 3, 1), "amount", amounts, Some(Value::Null));
    assert_eq!(lines(&[nothing_before])[1], "1 fund S1 2026-W10 300 pending conflict");
    let note = in_conflict(account(1, 1, 3, 1), "note", ["a".into(), "b".into()], None);
    assert_eq!(lines(&[note, confirmed(2, 1)])[1], "1 fund S1 2026-W10 100 confirmed fund");

    let times = [Value::Time(morning(3)), Value::Time(morning(10))];
    let mut moved = in_conflict(visit_at(1, 1, morning(20)), "occurred_at", times, Some(Value::Time(morning(4))));
    assert_eq!(only(moved.clone()), "1 visits S1 2026-W10 1 confirmed visited");
    moved.row.conflicts[0].before = None;
    assert_eq!(only(moved), "1 visits S1 2026-W11 1 pending conflict");
}

/// The facts of the case worked by hand; each line of rows is a prospect.
fn worked_case() -> Vec<Contribution> {
    let prospects: Vec<Vec<GroupRow>> = vec![
        // First week. B1 has a community, confirmed; its fund is above the cap: 100 + 50.
        vec![account(1, 1, 3, 80_000), confirmed(2, 1)],
        // B2 has one pending, above the cap too: 100 + 50. B1's later account of the same community is left out.
        vec![account(11, 2, 4, 50_999), account(12, 1, 5, 90_000)],
        // B3's is refused; it has 12 cards, 3 × 12 ÷ 10 = 3, and a visit, 2.
        vec![account(21, 4, 3, 10_000), verdict(22, &judged(21, Verdict::Rejected))],
        vec![claim(31, 4, Product::Cards, 6, Some(12)), confirmed(32, 31), visit_at(33, 4, morning(6))],
        // B4 takes no part.
        vec![visit_at(41, 5, morning(6))],
        // Second week. B2's other sub-branch makes two visits, 4, and dates a third one ahead.
        vec![visit_at(51, 3, morning(9)), visit_at(52, 3, morning(10)), came_at(visit_at(53, 3, morning(13)), START)],
        // B3 issues 39 more cards; 51 are more than 40: 3 × 40 ÷ 10 = 12.
        vec![claim(61, 4, Product::Cards, 11, Some(39))],
        // Third week, a visit is worth 5. B1 makes three, 15.
        vec![visit_at(71, 1, morning(16)), visit_at(72, 1, morning(17)), visit_at(73, 1, morning(18))],
    ];
    prospects.iter().flat_map(|rows| count(rows)).collect()
}

fn places(standings: &[Standing]) -> Vec<(&str, u32, i64, Option<i32>)> {
    standings.iter().map(|s| (s.unit.as_str(), s.rank, s.score, s.movement)).collect()
}

#[test]
fn three_branches_over_three_weeks_as_worked_by_hand() {
    let (campaign, bank) = (campaign(), bank());
    let tallies = tallies(&worked_case());
    let first = standings(&campaign, week("2026-W10"), &bank, &tallies, Basis::Counted);
    assert_eq!(places(&first), [("B1", 1, 150, None), ("B2", 1, 150, None), ("B3", 3, 5, None)]);
    let second = standings(&campaign, week("2026-W11"), &bank, &tallies, Basis::Counted);
    assert_eq!(places(&second), [("B2", 1, 154, Some(0)), ("B1", 2, 150, Some(-1)), ("B3", 3, 14, Some(0))]);
    // The new worth of a visit holds for those made before, too.
    let third = standings(&campaign, week("2026-W12"), &bank, &tallies, Basis::Counted);
    assert_eq!(places(&third), [("B1", 1, 165, Some(1)), ("B2", 2, 160, Some(-1)), ("B3", 3, 17, Some(0))]);

    let (b2, b3) = (&second[0], &second[2]);
    assert_eq!(b2.target, 5);
    assert_eq!(b2.total[&Metric::Communities], Figure { confirmed: 0, pending: 1 });
    assert_eq!(b2.total[&Metric::Fund], Figure { confirmed: 0, pending: 5_099_900 });
    assert_eq!(b2.week[&Metric::Fund], Figure::default());
    assert_eq!(b2.week[&Metric::Visits], Figure { confirmed: 2, pending: 0 });
    assert_eq!((b2.points[&Metric::Communities], b2.points[&Metric::Fund], b2.points[&Metric::Visits]), (100, 50, 4));
    assert_eq!(b3.total[&Metric::Cards], Figure { confirmed: 12, pending: 39 });
    assert_eq!(b3.week[&Metric::Cards], Figure { confirmed: 0, pending: 39 });
    assert_eq!((b3.points[&Metric::Cards], b3.points[&Metric::Communities]), (12, 0));
    let outside = unplaced(&campaign, week("2026-W11"), &bank, &tallies);
    assert_eq!(outside[&Metric::Visits], Figure { confirmed: 1, pending: 0 });
}

#[test]
fn why_a_branch_has_no_more_is_told_with_each_rule() {
    let (campaign, bank, all) = (campaign(), bank(), worked_case());
    let why = |unit, week_text, metric| {
        let why = explain(&campaign, &bank, &all, &unit_id(unit), week(week_text), metric);
        let rules = |found: &[&Contribution]| found.iter().map(|c| c.rule).collect::<Vec<_>>();
        (why.value, rules(&why.counted), rules(&why.left_out))
    };
    assert_eq!(why("B1", "2026-W11", Some(Metric::Fund)), (8_000_000, vec![Rule::Fund], vec![Rule::AlreadyWon]));
    let counted = vec![Rule::AwaitingVerification, Rule::AwaitingVerification, Rule::Visited, Rule::Visited];
    assert_eq!(why("B2", "2026-W11", None), (154, counted, vec![Rule::Future]));
    assert_eq!(why("B3", "2026-W10", Some(Metric::Communities)), (0, vec![], vec![Rule::RejectedByVerification]));
}

#[test]
fn equal_scores_share_a_rank_the_next_is_skipped_and_a_unit_with_nothing_is_listed() {
    let mut campaign = campaign();
    campaign.units = ["S1", "S2", "S3", "B3", "B4", "gone"].into_iter().map(unit_id).collect();
    let visits = [(1, 1), (2, 1), (3, 1), (4, 2), (5, 2), (6, 3), (7, 3), (8, 4)];
    let rows = visits.map(|(n, device)| visit_at(n, device, morning(3)));
    let standings = standings(&campaign, week("2026-W10"), &bank(), &tallies(&count(&rows)), Basis::Counted);
    let ranks: Vec<_> = standings.iter().map(|s| (s.unit.as_str(), s.rank, s.score)).collect();
    assert_eq!(ranks, [("S1", 1, 6), ("S2", 2, 4), ("S3", 2, 4), ("B3", 4, 2), ("B4", 5, 0), ("gone", 5, 0)]);
}

#[test]
fn a_sub_branch_that_takes_part_itself_does_not_count_for_its_branch() {
    let mut campaign = campaign();
    campaign.units.insert(unit_id("S2"));
    let rows = [visit_at(1, 2, morning(3)), visit_at(2, 3, morning(3))];
    let standings = standings(&campaign, week("2026-W10"), &bank(), &tallies(&count(&rows)), Basis::Counted);
    let visits: BTreeSet<_> = standings.iter().map(|s| (s.unit.as_str(), s.total[&Metric::Visits].confirmed)).collect();
    assert_eq!(visits, BTreeSet::from([("B1", 0), ("B2", 1), ("B3", 0), ("S2", 1)]));
}

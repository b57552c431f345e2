//! What holds for any facts in any order.

use crate::stage::*;
use canvass_core::domain::campaign::Metric;
use canvass_core::domain::outcome::Product;
use canvass_core::domain::verification::{Verdict, Verification};
use canvass_core::domain::{Week, Zone, verification};
use canvass_core::ranking::{
    Basis, Contribution, Figure, Group, GroupRow, Placement, Reach, Rule, Status, contributions, explain,
    explain_unplaced, standings, tallies, trends, unplaced,
};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use std::collections::{BTreeMap, BTreeSet};

/// Any row of a prospect: visits, outcomes and verdicts on them, right ones and odd ones.
fn any_row(n: u8) -> impl Strategy<Value = GroupRow> {
    let what = (0..8_u8, 1..9_u32, 1..31_i8, 0..90_000_i64);
    (what, 0..12_u8, any::<bool>(), 0..6_u8, 0..6_u64).prop_map(move |(what, of, yes, oddity, seq)| {
        let (kind, device, day, figure) = what;
        let mut row = match kind {
            0 | 1 => visit_at(n, device, morning(day)),
            2 | 3 => account(n, device, day, figure),
            4 => claim(n, device, Product::Cards, day, Some(figure)),
            5 => claim(n, device, Product::Wealth, day, yes.then_some(figure)),
            _ => {
                let unit = (oddity == 1).then(|| unit_id(if yes { "S3" } else { "S4" }));
                let opened_on = (oddity == 2).then(|| march(day));
                let says = if figure % 3 == 0 { Verdict::Rejected } else { Verdict::Confirmed };
                verdict(n, &Verification { unit, opened_on, ..judged(of, says) })
            }
        };
        row.row.withdrawn = oddity == 3;
        if oddity == 4 {
            row.received_at = row.received_at.plus_millis(-2 * DAY);
        }
        if oddity == 5 && matches!(kind, 2 | 3) {
            row = in_conflict(row, "amount", [1.into(), figure.into()], yes.then_some(7.into()));
        }
        row.seq = seq;
        row
    })
}

fn any_rows() -> impl Strategy<Value = Vec<GroupRow>> {
    (0..12_u8).map(any_row).collect::<Vec<_>>()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, rng_seed: RngSeed::Fixed(10), ..ProptestConfig::with_cases(300) })]

    #[test]
    fn a_prospects_contributions_depend_on_its_set_of_rows_alone(
        (rows, mut shuffled) in any_rows().prop_flat_map(|rows| (Just(rows.clone()), Just(rows).prop_shuffle())),
        again in 0..12_usize,
    ) {
        shuffled.push(rows[again].clone());
        prop_assert_eq!(count(&rows), count(&shuffled));
    }

    #[test]
    fn records_counted_apart_as_far_as_each_reaches_come_to_the_same_as_together(rows in any_rows(), known in any::<bool>()) {
        let count = |rows: &[GroupRow]| {
            contributions(&Group { known, ..group(rows) }, &[(id(200), campaign())], &bank())
        };
        let (alone, others): (Vec<_>, Vec<_>) =
            rows.iter().cloned().partition(|row| Reach::of(&row.row.kind, true) == Reach::Itself);
        let mut apart: Vec<_> = alone.chunks(1).flat_map(count).chain(count(&others)).collect();
        apart.sort_unstable();
        prop_assert_eq!(apart, count(&rows));
    }

    #[test]
    fn what_a_team_shares_adds_up_to_what_it_would_be_undivided(
        rows in any_rows(),
        shares in prop::collection::vec(0..100_i64, 3),
    ) {
        let mut by_team = campaign();
        by_team.versions.get_mut(&week("2026-W10")).expect("rules").insert("credit".to_owned(), "team".into());
        // None of the three is without a home on any day, so that nothing is left out for that.
        let team = ["P1", "P2", "P3"].map(|person| person.parse().expect("a person")).into_iter().zip(shares).collect();
        let shared = contributions(&Group { team: &team, ..group(&rows) }, &[(id(200), by_team)], &bank());
        let sum = |all: &[Contribution]| {
            let mut sums: BTreeMap<_, i64> = BTreeMap::new();
            for one in all.iter().filter(|one| one.rule != Rule::NoHomeUnit && one.rule != Rule::UnknownAuthor) {
                *sums.entry((one.source, one.metric)).or_default() += one.value;
            }
            sums
        };
        let (whole, shared) = (sum(&count(&rows)), sum(&shared));
        for (key, value) in &whole {
            prop_assert_eq!(shared.get(key), Some(value), "{:?}", key);
        }
    }

    #[test]
    fn every_fact_within_the_campaign_is_listed_and_a_community_is_won_once(rows in any_rows()) {
        let all = count(&rows);
        let keys: BTreeSet<_> = all.iter().map(|c| (c.campaign, c.source, c.metric)).collect();
        prop_assert_eq!(keys.len(), all.len());
        prop_assert!(all.iter().all(|c| c.status == c.rule.status() && (c.unit.is_some() || !c.status.counts())));
        let won = |c: &&Contribution| c.metric == Metric::Communities && c.status.counts();
        prop_assert!(all.iter().filter(won).count() <= 1);
        for row in rows.iter().map(|row| &row.row).filter(|row| !row.kind.is(&verification::KIND)) {
            let visited_on = row.fields.time("occurred_at").map(|time| time.date(&Zone::china()));
            let day = row.fields.date("opened_on").or(visited_on).expect("a day");
            let redated = rows.iter().map(|other| &other.row.fields)
                .any(|other| other.record("outcome") == Some(row.id) && other.date("opened_on").is_some());
            let listed = all.iter().any(|c| c.source == row.id);
            prop_assert!(redated || listed == campaign().covers(day), "{}", row.id);
        }
    }

    #[test]
    fn figures_add_up_are_explained_and_do_not_depend_on_order(
        // A few prospects, so that more than one community can be won.
        (all, shuffled) in any_rows().prop_map(|rows| rows.chunks(3).flat_map(count).collect::<Vec<_>>())
            .prop_flat_map(|all| (Just(all.clone()), Just(all).prop_shuffle())),
        later in 0..5_i64,
    ) {
        let (campaign, bank) = (campaign(), bank());
        let week = Week::from_number(week("2026-W10").number() + later).expect("a week");
        let sums = tallies(&all);
        let ranking = standings(&campaign, week, &bank, &sums, Basis::Counted);
        prop_assert_eq!(&ranking, &standings(&campaign, week, &bank, &tallies(&shuffled), Basis::Counted));
        let backwards: Vec<_> = sums.iter().rev().cloned().collect();
        prop_assert_eq!(&ranking, &standings(&campaign, week, &bank, &backwards, Basis::Counted));

        for (unit, trend) in trends(&campaign, week, &bank, &sums, Basis::Counted) {
            for point in &trend {
                let then = standings(&campaign, point.week, &bank, &sums, Basis::Counted);
                let own = then.iter().find(|standing| standing.unit == unit).expect("every unit is ranked");
                prop_assert_eq!((point.rank, point.score), (own.rank, own.score));
            }
            prop_assert_eq!(trend.last().map(|point| point.week), Some(week.min(Week::of(campaign.ends))));
        }

        let outside = unplaced(&campaign, week, &bank, &sums);
        for (metric, status) in Metric::ALL.into_iter().flat_map(|m| [(m, Status::Confirmed), (m, Status::Pending)]) {
            let of = |figure: &Figure| if status == Status::Confirmed { figure.confirmed } else { figure.pending };
            let placed: i64 = ranking.iter().map(|standing| of(&standing.total[&metric])).sum();
            let alike = all.iter().filter(|c| c.metric == metric && c.status == status && c.week <= week);
            prop_assert_eq!(placed + of(&outside[&metric]), alike.map(|c| c.value).sum::<i64>());
        }

        let mut told = 0;
        for standing in &ranking {
            for metric in Metric::ALL {
                let why = explain(&campaign, &bank, &shuffled, &standing.unit, week, Some(metric));
                let sum: i64 = why.counted.iter().map(|c| c.value).sum();
                prop_assert_eq!((sum, why.value), (standing.total[&metric].counted(), sum));
                prop_assert_eq!(why.figures[&metric], standing.total[&metric]);
            }
            let why = explain(&campaign, &bank, &shuffled, &standing.unit, week, None);
            prop_assert_eq!((why.value, standing.points.values().sum::<i64>()), (standing.score, standing.score));
            told += why.counted.len() + why.left_out.len();
        }
        let why = explain_unplaced(&campaign, &bank, &shuffled, week, None);
        prop_assert_eq!(&why.figures, &outside);
        told += why.counted.len() + why.left_out.len();
        prop_assert_eq!(told, all.iter().filter(|c| c.week <= week).count());
    }

    #[test]
    fn the_unit_that_stands_for_another_is_the_nearest_upwards_that_takes_part(
        part in prop::collection::btree_set(0..9_usize, 0..9),
    ) {
        let (mut campaign, bank) = (campaign(), bank());
        let units: Vec<_> = bank.units().map(|unit| unit.id.clone()).collect();
        campaign.units = part.into_iter().map(|n| units[n].clone()).collect();
        let placement = Placement::new(&campaign, &bank);
        for unit in &units {
            let nearest = bank.upwards(unit).map(|above| &above.id).find(|above| campaign.units.contains(above));
            prop_assert_eq!(placement.of(unit), nearest);
        }
    }
}

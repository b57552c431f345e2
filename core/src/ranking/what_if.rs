//! “If my two pending accounts are confirmed, we go from 7th to 5th”: places as they would be, from sums alone, so that a
//! phone and a page say the same.

use super::Figures;
use super::score::{Basis, ranks, score};
use crate::domain::UnitId;
use crate::domain::campaign::{Metric, Rules};
use std::collections::BTreeMap;

/// A unit's place by its sums.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The unit.
    pub unit: UnitId,
    /// Its rank from 1; equal scores share one.
    pub rank: u32,
    /// Its points in all.
    pub score: i64,
}

/// What is supposed to be confirmed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// Of which ranked unit.
    pub unit: UnitId,
    /// What it adds to.
    pub metric: Metric,
    /// How much: what is pending of the unit becomes confirmed by as much, and what it would be beyond that comes on top.
    pub value: i64,
}

/// The places of units by their sums, the first one first, equal ones by code.
pub fn places(rules: &Rules, totals: &BTreeMap<UnitId, Figures>, basis: Basis) -> Vec<Place> {
    let place = |(unit, figures): (&UnitId, &Figures)| Place {
        unit: unit.clone(),
        rank: 0,
        score: score(rules, figures, basis),
    };
    let mut places: Vec<Place> = totals.iter().map(place).collect();
    places.sort_by(|a, b| b.score.cmp(&a.score).then_with(|| a.unit.cmp(&b.unit)));
    let ranks: Vec<u32> = ranks(places.iter().map(|place| place.score)).collect();
    for (place, rank) in places.iter_mut().zip(ranks) {
        place.rank = rank;
    }
    places
}

/// The places by what is confirmed, if this were confirmed as well.
pub fn what_if(rules: &Rules, totals: &BTreeMap<UnitId, Figures>, given: &[Given]) -> Vec<Place> {
    let mut supposed = totals.clone();
    for given in given {
        if let Some(figures) = supposed.get_mut(&given.unit) {
            let figure = figures.entry(given.metric).or_default();
            figure.confirmed = figure.confirmed.saturating_add(given.value);
            figure.pending = figure.pending.saturating_sub(given.value).max(0);
        }
    }
    places(rules, &supposed, Basis::Confirmed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::campaign::Weight;
    use crate::ranking::Figure;

    fn totals(of: &[(&str, i64, i64)]) -> BTreeMap<UnitId, Figures> {
        let one = |(unit, confirmed, pending): &(&str, i64, i64)| {
            let figure = Figure { confirmed: *confirmed, pending: *pending };
            (unit.parse().expect("a unit"), BTreeMap::from([(Metric::Communities, figure)]))
        };
        of.iter().map(one).collect()
    }

    fn said(places: &[Place]) -> Vec<(&str, u32, i64)> {
        places.iter().map(|place| (place.unit.as_str(), place.rank, place.score)).collect()
    }

    #[test]
    fn two_pending_accounts_confirmed_lift_a_branch_past_those_that_it_overtakes_and_no_others() {
        let weights = BTreeMap::from([(Metric::Communities, Weight { points: 10, per: 1, cap: None })]);
        let rules = Rules { weights, ..Rules::default() };
        let totals = totals(&[("A", 5, 0), ("B", 3, 9), ("C", 2, 2), ("D", 3, 0)]);
        assert_eq!(
            said(&places(&rules, &totals, Basis::Confirmed)),
            [("A", 1, 50), ("B", 2, 30), ("D", 2, 30), ("C", 4, 20)]
        );
        let ours = Given { unit: "C".parse().expect("a unit"), metric: Metric::Communities, value: 1 };
        let then = what_if(&rules, &totals, &[ours.clone(), ours.clone()]);
        assert_eq!(said(&then), [("A", 1, 50), ("C", 2, 40), ("B", 3, 30), ("D", 3, 30)]);
        let nobodys = Given { unit: "X".parse().expect("a unit"), ..ours };
        assert_eq!(what_if(&rules, &totals, &[nobodys]), places(&rules, &totals, Basis::Confirmed));
    }
}

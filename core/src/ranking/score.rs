//! From figures to points, from points to ranks.

use super::{Figure, Figures};
use crate::domain::campaign::{Metric, Rules, Weight};
use std::collections::BTreeMap;

/// Which figures earn points.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Basis {
    /// What is confirmed and what is pending: standings as they are now.
    #[default]
    Counted,
    /// What is confirmed alone: bulletins, rewards.
    Confirmed,
}

impl Basis {
    /// Its name in addresses.
    pub fn name(self) -> &'static str {
        match self {
            Self::Counted => "counted",
            Self::Confirmed => "confirmed",
        }
    }

    /// What of a figure earns points.
    pub fn of(self, figure: Figure) -> i64 {
        match self {
            Self::Counted => figure.counted(),
            Self::Confirmed => figure.confirmed,
        }
    }
}

/// The points that a value earns: whole ones only.
fn earned(weight: &Weight, value: i64) -> i64 {
    let value = weight.cap.map_or(value, |cap| value.min(cap.max(0)));
    let points = i128::from(weight.points) * i128::from(value) / i128::from(weight.per.max(1));
    i64::try_from(points).unwrap_or(i64::MAX)
}

/// The points of every metric by some rules.
pub(super) fn points(rules: &Rules, figures: &Figures, basis: Basis) -> BTreeMap<Metric, i64> {
    let one = |metric: Metric| {
        let value = figures.get(&metric).map_or(0, |figure| basis.of(*figure));
        rules.weights.get(&metric).map_or(0, |weight| earned(weight, value))
    };
    Metric::ALL.into_iter().map(|metric| (metric, one(metric))).collect()
}

/// The sum of points.
pub(super) fn sum(points: &BTreeMap<Metric, i64>) -> i64 {
    points.values().fold(0, |sum, points| sum.saturating_add(*points))
}

/// What some figures earn by some rules.
pub fn score(rules: &Rules, figures: &Figures, basis: Basis) -> i64 {
    sum(&points(rules, figures, basis))
}

/// The ranks of things that come in their order, the first one first: those that are equal share a rank, and the next is
/// skipped (1-2-2-4).
pub fn ranks<T: PartialEq>(ordered: impl Iterator<Item = T>) -> impl Iterator<Item = u32> {
    let mut rank = 0;
    let mut last = None;
    (1..).zip(ordered).map(move |(place, one)| {
        if last.as_ref() != Some(&one) {
            rank = place;
        }
        last = Some(one);
        rank
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_are_whole_and_stop_at_the_cap() {
        let weight = |points, per, cap| Weight { points, per, cap };
        assert_eq!(earned(&weight(3, 10, None), 39), 11);
        assert_eq!(earned(&weight(3, 10, Some(20)), 39), 6);
        assert_eq!(earned(&weight(3, 10, Some(-1)), 39), 0);
        assert_eq!(earned(&weight(1_000_000, 1, None), i64::MAX), i64::MAX);
        assert_eq!(earned(&weight(1_000_000, 100_000_000_000_000, None), i64::MAX), 92_233_720_368);
    }

    #[test]
    fn equal_ones_share_a_rank_and_the_next_is_skipped() {
        assert_eq!(ranks([9, 7, 7, 1].into_iter()).collect::<Vec<_>>(), [1, 2, 2, 4]);
        assert_eq!(ranks([0, 0].into_iter()).collect::<Vec<_>>(), [1, 1]);
    }
}

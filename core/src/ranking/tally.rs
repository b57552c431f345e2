//! Sums of contributions: what standings are made of.

use super::{Contribution, Status};
use crate::domain::campaign::Metric;
use crate::domain::{UnitId, Week};
use std::collections::BTreeMap;

/// The sum of one campaign's contributions that are alike in all of this.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tally {
    /// The unit credited, wherever it stands in the tree.
    pub unit: UnitId,
    /// The week.
    pub week: Week,
    /// What was counted.
    pub metric: Metric,
    /// How it counts.
    pub status: Status,
    /// The sum of the values.
    pub value: i64,
    /// How many contributions.
    pub count: i64,
}

/// The tallies of one campaign's contributions, in order. Those without a unit are in none; no such one counts.
pub fn tallies<'a>(contributions: impl IntoIterator<Item = &'a Contribution>) -> Vec<Tally> {
    let mut sums: BTreeMap<(&UnitId, Week, Metric, Status), (i64, i64)> = BTreeMap::new();
    for contribution in contributions {
        let Some(unit) = &contribution.unit else { continue };
        let sum = sums.entry((unit, contribution.week, contribution.metric, contribution.status)).or_default();
        sum.0 = sum.0.saturating_add(contribution.value);
        sum.1 = sum.1.saturating_add(1);
    }
    let tally = |((unit, week, metric, status), (value, count)): ((&UnitId, _, _, _), _)| Tally {
        unit: unit.clone(),
        week,
        metric,
        status,
        value,
        count,
    };
    sums.into_iter().map(tally).collect()
}

/// What a metric comes to, in its own unit: fen, cards, visits or communities.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Figure {
    /// Confirmed.
    pub confirmed: i64,
    /// Still to be judged.
    pub pending: i64,
}

impl Figure {
    /// What counts in standings: both together.
    pub fn counted(self) -> i64 {
        self.confirmed.saturating_add(self.pending)
    }

    /// Adds a value that counts; one that does not changes nothing.
    pub fn add(&mut self, status: Status, value: i64) {
        match status {
            Status::Confirmed => self.confirmed = self.confirmed.saturating_add(value),
            Status::Pending => self.pending = self.pending.saturating_add(value),
            Status::Rejected | Status::Excluded => {}
        }
    }
}

/// What every metric comes to.
pub type Figures = BTreeMap<Metric, Figure>;

/// Every metric with nothing in it, so that no table has a hole.
pub(super) fn no_figures() -> Figures {
    Metric::ALL.into_iter().map(|metric| (metric, Figure::default())).collect()
}

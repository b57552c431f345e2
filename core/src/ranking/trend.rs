//! Where every unit stood week by week.

use super::score::{Basis, ranks, score};
use super::tally::no_figures;
use super::{Figures, Placement, Tally};
use crate::domain::campaign::Campaign;
use crate::domain::{Bank, UnitId, Week};
use std::collections::{BTreeMap, HashMap};

/// Where a unit stood in a week.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrendPoint {
    /// The week.
    pub week: Week,
    /// The unit's rank in the standings of that week.
    pub rank: u32,
    /// Its points in all by then.
    pub score: i64,
}

/// Where every participating unit stood in each week since the campaign began, up to a week: as [`super::standings`] says of each
/// of them, in one walk through the tallies.
pub fn trends(
    campaign: &Campaign,
    until: Week,
    bank: &Bank,
    tallies: &[Tally],
    basis: Basis,
) -> BTreeMap<UnitId, Vec<TrendPoint>> {
    let placement = Placement::new(campaign, bank);
    let mut by_week: BTreeMap<Week, Vec<(&UnitId, &Tally)>> = BTreeMap::new();
    for tally in tallies.iter().filter(|tally| tally.status.counts()) {
        if let Some(unit) = placement.of(&tally.unit) {
            by_week.entry(tally.week).or_default().push((unit, tally));
        }
    }
    let mut totals: HashMap<&UnitId, Figures> = campaign.units.iter().map(|unit| (unit, no_figures())).collect();
    let mut trends: BTreeMap<UnitId, Vec<TrendPoint>> =
        campaign.units.iter().map(|unit| (unit.clone(), Vec::new())).collect();
    for week in campaign.weeks().into_iter().take_while(|week| *week <= until) {
        for (unit, tally) in by_week.get(&week).into_iter().flatten() {
            let Some(total) = totals.get_mut(unit) else { continue };
            total.entry(tally.metric).or_default().add(tally.status, tally.value);
        }
        let rules = campaign.rules(week);
        let mut scores: Vec<(i64, &UnitId)> =
            totals.iter().map(|(unit, total)| (score(&rules, total, basis), *unit)).collect();
        scores.sort_unstable_by(|a, b| b.cmp(a));
        let ranks = ranks(scores.iter().map(|(score, _)| *score));
        for ((score, unit), rank) in scores.iter().zip(ranks) {
            if let Some(trend) = trends.get_mut(*unit) {
                trend.push(TrendPoint { week, rank, score: *score });
            }
        }
    }
    trends
}

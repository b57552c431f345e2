//! 实时排名: who leads in a week. Contributions are summed per home unit into tallies, tallies roll up to the units that
//! take part, and the rules of the week turn sums into points.

use super::{Contribution, Status};
use crate::domain::campaign::{Campaign, Metric, Rules, Weight};
use crate::domain::{Bank, UnitId, Week};
use std::collections::{BTreeMap, HashMap};
use std::ops::RangeInclusive;

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

/// Every metric with nothing in it, so that no table has a hole.
pub(super) fn no_figures() -> BTreeMap<Metric, Figure> {
    Metric::ALL.into_iter().map(|metric| (metric, Figure::default())).collect()
}

/// A participating unit's place in a week.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The unit.
    pub unit: UnitId,
    /// Its rank from 1; equal scores share one, and the next rank is skipped (1-2-2-4).
    pub rank: u32,
    /// Its points in all.
    pub score: i64,
    /// How many communities it should win, by the week's rules.
    pub target: i64,
    /// Every metric since the campaign began.
    pub total: BTreeMap<Metric, Figure>,
    /// Every metric in this week alone.
    pub week: BTreeMap<Metric, Figure>,
    /// Places gained since the week before, lost ones negative; none in the campaign's first week.
    pub movement: Option<i32>,
    /// The points of every metric; they add up to the score.
    pub points: BTreeMap<Metric, i64>,
}

/// Which participating unit stands for which unit: the nearest one upwards, itself included. Looked up once for the bank.
#[derive(Debug, Clone)]
pub struct Placement<'a> {
    campaign: &'a Campaign,
    above: HashMap<&'a UnitId, &'a UnitId>,
}

impl<'a> Placement<'a> {
    /// Looks up every unit of the bank.
    pub fn new(campaign: &'a Campaign, bank: &'a Bank) -> Self {
        let nearest = |unit| bank.upwards(unit).find_map(|above| campaign.units.get(&above.id));
        let above = bank.units().filter_map(|unit| Some((&unit.id, nearest(&unit.id)?))).collect();
        Self { campaign, above }
    }

    /// The participating unit that stands for a unit; none if it takes no part.
    pub fn of(&self, unit: &UnitId) -> Option<&'a UnitId> {
        // A campaign can name a unit that the bank does not have (any more); it stands for itself.
        self.above.get(unit).copied().or_else(|| self.campaign.units.get(unit))
    }
}

/// The weeks that count in a week's standings: from the campaign's first on.
pub(super) fn weeks_until(campaign: &Campaign, week: Week) -> RangeInclusive<Week> {
    Week::of(campaign.starts)..=week
}

/// The points that a value earns: whole ones only.
fn earned(weight: &Weight, value: i64) -> i64 {
    let value = weight.cap.map_or(value, |cap| value.min(cap.max(0)));
    let points = i128::from(weight.points) * i128::from(value) / i128::from(weight.per.max(1));
    i64::try_from(points).unwrap_or(i64::MAX)
}

/// The points of every metric by some rules.
pub(super) fn points(rules: &Rules, figures: &BTreeMap<Metric, Figure>) -> BTreeMap<Metric, i64> {
    let one = |metric: Metric| {
        let value = figures.get(&metric).map_or(0, |figure| figure.counted());
        rules.weights.get(&metric).map_or(0, |weight| earned(weight, value))
    };
    Metric::ALL.into_iter().map(|metric| (metric, one(metric))).collect()
}

/// The sum of points.
pub(super) fn score(points: &BTreeMap<Metric, i64>) -> i64 {
    points.values().fold(0, |sum, points| sum.saturating_add(*points))
}

/// The standings of a campaign in a week: every participating unit, also one with nothing, from the first place on, equal
/// ones by code. Tallies are those of this campaign; pending ones count, and are shown apart. The movement compares with
/// the week before as that week's own rules rank it.
pub fn standings(campaign: &Campaign, week: Week, bank: &Bank, tallies: &[Tally]) -> Vec<Standing> {
    let placement = Placement::new(campaign, bank);
    let mut standings = ranked(campaign, week, &placement, tallies);
    if week > Week::of(campaign.starts) {
        let before = ranked(campaign, week.previous(), &placement, tallies);
        let before: HashMap<UnitId, u32> = before.into_iter().map(|standing| (standing.unit, standing.rank)).collect();
        for standing in &mut standings {
            let gained = before.get(&standing.unit).map(|rank| i64::from(*rank) - i64::from(standing.rank));
            standing.movement = gained.and_then(|gained| i32::try_from(gained).ok());
        }
    }
    standings
}

fn ranked(campaign: &Campaign, week: Week, placement: &Placement<'_>, tallies: &[Tally]) -> Vec<Standing> {
    let rules = campaign.rules(week);
    let weeks = weeks_until(campaign, week);
    // Of each unit, the total and this week's own.
    let mut figures: HashMap<&UnitId, [BTreeMap<Metric, Figure>; 2]> =
        campaign.units.iter().map(|unit| (unit, [no_figures(), no_figures()])).collect();
    for tally in tallies.iter().filter(|tally| weeks.contains(&tally.week)) {
        let Some([total, this_week]) = placement.of(&tally.unit).and_then(|unit| figures.get_mut(unit)) else {
            continue;
        };
        total.entry(tally.metric).or_default().add(tally.status, tally.value);
        if tally.week == week {
            this_week.entry(tally.metric).or_default().add(tally.status, tally.value);
        }
    }
    let standing = |(unit, [total, week]): (&UnitId, [BTreeMap<Metric, Figure>; 2])| {
        let points = points(&rules, &total);
        let (score, target) = (score(&points), rules.target);
        Standing { unit: unit.clone(), rank: 0, score, target, total, week, movement: None, points }
    };
    let mut standings: Vec<Standing> = figures.into_iter().map(standing).collect();
    standings.sort_by(|a, b| b.score.cmp(&a.score).then_with(|| a.unit.cmp(&b.unit)));
    let ranks: Vec<u32> = ranks(standings.iter().map(|standing| standing.score)).collect();
    for (standing, rank) in standings.iter_mut().zip(ranks) {
        standing.rank = rank;
    }
    standings
}

/// The ranks of scores that come in descending order: equal ones share a rank, and the next is skipped.
fn ranks(scores: impl Iterator<Item = i64>) -> impl Iterator<Item = u32> {
    (1..).zip(scores).scan((0, None), |(rank, last), (place, score)| {
        if *last != Some(score) {
            (*rank, *last) = (place, Some(score));
        }
        Some(*rank)
    })
}

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

/// Where every participating unit stood in each week since the campaign began, up to a week: as [`standings`] says of each
/// of them, in one walk through the tallies.
pub fn trends(campaign: &Campaign, until: Week, bank: &Bank, tallies: &[Tally]) -> BTreeMap<UnitId, Vec<TrendPoint>> {
    let placement = Placement::new(campaign, bank);
    let mut by_week: BTreeMap<Week, Vec<(&UnitId, &Tally)>> = BTreeMap::new();
    for tally in tallies.iter().filter(|tally| tally.status.counts()) {
        if let Some(unit) = placement.of(&tally.unit) {
            by_week.entry(tally.week).or_default().push((unit, tally));
        }
    }
    let mut totals: HashMap<&UnitId, BTreeMap<Metric, Figure>> =
        campaign.units.iter().map(|unit| (unit, no_figures())).collect();
    let mut trends: BTreeMap<UnitId, Vec<TrendPoint>> =
        campaign.units.iter().map(|unit| (unit.clone(), Vec::new())).collect();
    for week in campaign.weeks().into_iter().take_while(|week| *week <= until) {
        for (unit, tally) in by_week.get(&week).into_iter().flatten() {
            let Some(total) = totals.get_mut(unit) else { continue };
            total.entry(tally.metric).or_default().add(tally.status, tally.value);
        }
        let rules = campaign.rules(week);
        let mut scores: Vec<(i64, &UnitId)> =
            totals.iter().map(|(unit, total)| (score(&points(&rules, total)), *unit)).collect();
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

/// What counts up to a week for units that take no part: with the totals of all standings it makes up the whole.
pub fn unplaced(campaign: &Campaign, week: Week, bank: &Bank, tallies: &[Tally]) -> BTreeMap<Metric, Figure> {
    let placement = Placement::new(campaign, bank);
    let weeks = weeks_until(campaign, week);
    let mut figures = no_figures();
    for tally in tallies.iter().filter(|tally| weeks.contains(&tally.week) && placement.of(&tally.unit).is_none()) {
        figures.entry(tally.metric).or_default().add(tally.status, tally.value);
    }
    figures
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
}

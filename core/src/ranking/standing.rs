//! 实时排名: who leads in a week. Tallies roll up to the units that take part, and the rules of the week turn sums into
//! points.

use super::score::{Basis, points, ranks, score, sum};
use super::tally::no_figures;
use super::{Figures, Placement, Tally};
use crate::domain::campaign::{Campaign, Metric, Tie};
use crate::domain::{Bank, UnitId, Week};
use std::collections::{BTreeMap, HashMap};
use std::ops::RangeInclusive;

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
    pub total: Figures,
    /// Every metric in this week alone.
    pub week: Figures,
    /// Places gained since the week before, lost ones negative; none in the campaign's first week.
    pub movement: Option<i32>,
    /// The points of every metric; they add up to the score.
    pub points: BTreeMap<Metric, i64>,
}

impl Standing {
    /// How much of its target the unit has won, in hundredths of a percent, rounded down; none without a target.
    pub fn share_of_target(&self, basis: Basis) -> Option<i64> {
        let won = self.total.get(&Metric::Communities).map_or(0, |figure| basis.of(*figure));
        (self.target > 0).then(|| won.saturating_mul(10_000) / self.target)
    }

    /// Whether the unit has won nothing at all (`[case]`: 无一空白点, no blank branch, was the aim).
    pub fn is_blank(&self, basis: Basis) -> bool {
        self.total.get(&Metric::Communities).is_none_or(|figure| basis.of(*figure) == 0)
    }
}

/// The weeks that count in a week's standings: from the campaign's first on.
pub(super) fn weeks_until(campaign: &Campaign, week: Week) -> RangeInclusive<Week> {
    Week::of(campaign.starts)..=week
}

/// The standings of a campaign in a week: every participating unit, also one with nothing, from the first place on, equal
/// ones by code. Tallies are those of this campaign; pending ones count if the basis says so, and are shown apart. The
/// movement compares with the week before as that week's own rules rank it.
pub fn standings(campaign: &Campaign, week: Week, bank: &Bank, tallies: &[Tally], basis: Basis) -> Vec<Standing> {
    let placement = Placement::new(campaign, bank);
    let mut standings = ranked(campaign, week, &placement, tallies, basis);
    if week > Week::of(campaign.starts) {
        let before = ranked(campaign, week.previous(), &placement, tallies, basis);
        let before: HashMap<UnitId, u32> = before.into_iter().map(|standing| (standing.unit, standing.rank)).collect();
        for standing in &mut standings {
            let gained = before.get(&standing.unit).map(|rank| i64::from(*rank) - i64::from(standing.rank));
            standing.movement = gained.and_then(|gained| i32::try_from(gained).ok());
        }
    }
    standings
}

/// The same without the movement.
pub(super) fn ranked(
    campaign: &Campaign,
    week: Week,
    placement: &Placement<'_>,
    tallies: &[Tally],
    basis: Basis,
) -> Vec<Standing> {
    let rules = campaign.rules(week);
    let weeks = weeks_until(campaign, week);
    // Of each unit, the total and this week's own.
    let mut figures: HashMap<&UnitId, [Figures; 2]> =
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
    let standing = |(unit, [total, week]): (&UnitId, [Figures; 2])| {
        let points = points(&rules, &total, basis);
        let (score, target) = (sum(&points), rules.target_of(unit));
        Standing { unit: unit.clone(), rank: 0, score, target, total, week, movement: None, points }
    };
    let mut standings: Vec<Standing> = figures.into_iter().map(standing).collect();
    let reached = match rules.tie {
        Tie::Shared => HashMap::new(),
        Tie::First => reached(campaign, week, placement, tallies, basis, &standings),
    };
    let place = |standing: &Standing| (std::cmp::Reverse(standing.score), reached.get(&standing.unit).copied());
    standings.sort_by(|a, b| place(a).cmp(&place(b)).then_with(|| a.unit.cmp(&b.unit)));
    let ranks: Vec<u32> = ranks(standings.iter().map(place)).collect();
    for (standing, rank) in standings.iter_mut().zip(ranks) {
        standing.rank = rank;
    }
    standings
}

/// In which week each unit first had the score that it has in a week, by that week's rules. Sums never shrink from one week
/// to the next, so it has had it since.
fn reached(
    campaign: &Campaign,
    week: Week,
    placement: &Placement<'_>,
    tallies: &[Tally],
    basis: Basis,
    standings: &[Standing],
) -> HashMap<UnitId, Week> {
    let rules = campaign.rules(week);
    let mut by_unit: HashMap<&UnitId, BTreeMap<Week, Vec<&Tally>>> = HashMap::new();
    for tally in tallies.iter().filter(|tally| weeks_until(campaign, week).contains(&tally.week)) {
        if let Some(unit) = placement.of(&tally.unit) {
            by_unit.entry(unit).or_default().entry(tally.week).or_default().push(tally);
        }
    }
    let first = |standing: &Standing| {
        let mut figures = no_figures();
        // Who has nothing had it from the beginning.
        let mut reached = Week::of(campaign.starts);
        for (week, tallies) in by_unit.get(&standing.unit).into_iter().flatten() {
            if score(&rules, &figures, basis) >= standing.score {
                break;
            }
            reached = *week;
            for tally in tallies {
                figures.entry(tally.metric).or_default().add(tally.status, tally.value);
            }
        }
        reached
    };
    standings.iter().map(|standing| (standing.unit.clone(), first(standing))).collect()
}

/// What counts up to a week for units that take no part: with the totals of all standings it makes up the whole.
pub fn unplaced(campaign: &Campaign, week: Week, bank: &Bank, tallies: &[Tally]) -> Figures {
    let placement = Placement::new(campaign, bank);
    let weeks = weeks_until(campaign, week);
    let mut figures = no_figures();
    for tally in tallies.iter().filter(|tally| weeks.contains(&tally.week) && placement.of(&tally.unit).is_none()) {
        figures.entry(tally.metric).or_default().add(tally.status, tally.value);
    }
    figures
}

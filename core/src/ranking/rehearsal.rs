//! A draft of a campaign's rules played over the weeks so far, beside the rules as they are: whose rank and whose reward
//! would move. By what is confirmed, as bulletins rank and rewards are paid.

use super::score::Basis;
use super::standing::ranked;
use super::{Contribution, Placement, Rule, Status, Tally};
use crate::domain::campaign::{Campaign, Metric};
use crate::domain::{Bank, UnitId, Week};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// A campaign, and what counts by it.
#[derive(Debug, Clone, Copy)]
pub struct Side<'a> {
    /// Its rules.
    pub campaign: &'a Campaign,
    /// The sums of what counts.
    pub tallies: &'a [Tally],
    /// The communities won, each with the tier that its fund reached; other contributions among them do not matter.
    pub won: &'a [Contribution],
}

/// Where a unit stands in a week.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seat {
    /// Its rank from 1, by all that is confirmed up to the week.
    pub rank: u32,
    /// Its points.
    pub score: i64,
    /// What the communities that it won in this very week are rewarded with, in fen.
    pub reward: i64,
}

/// A unit in a week, by the rules as they are and by the draft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rehearsed {
    /// The week.
    pub week: Week,
    /// The unit.
    pub unit: UnitId,
    /// As it is; none if the unit takes no part then.
    pub before: Option<Seat>,
    /// By the draft; likewise.
    pub after: Option<Seat>,
}

impl Rehearsed {
    /// Whether its rank or its reward moves.
    pub fn moves(&self) -> bool {
        let told = |seat: Option<Seat>| seat.map(|seat| (seat.rank, seat.reward));
        told(self.before) != told(self.after)
    }

    /// By how much its reward becomes more, in fen; negative: less.
    pub fn reward_change(&self) -> i64 {
        let reward = |seat: Option<Seat>| seat.map_or(0, |seat| seat.reward);
        reward(self.after).saturating_sub(reward(self.before))
    }
}

/// What a draft would have changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rehearsal {
    /// Every unit in every week so far, week by week, in the order of the draft's ranking; those that leave come last.
    pub all: Vec<Rehearsed>,
}

impl Rehearsal {
    /// Those whose rank or reward moves.
    pub fn moved(&self) -> impl Iterator<Item = &Rehearsed> {
        self.all.iter().filter(|one| one.moves())
    }

    /// How many units have another rank in any week.
    pub fn units_moved(&self) -> usize {
        let rank = |seat: Option<Seat>| seat.map(|seat| seat.rank);
        let moved = self.all.iter().filter(|one| rank(one.before) != rank(one.after));
        moved.map(|one| &one.unit).collect::<BTreeSet<_>>().len()
    }

    /// By how much all rewards together become more, in fen; negative: less.
    pub fn reward_change(&self) -> i64 {
        self.all.iter().map(Rehearsed::reward_change).fold(0, i64::saturating_add)
    }
}

/// Plays a draft over every week up to one. `before` is none of a campaign that is not there yet.
pub fn rehearsal(before: Option<Side<'_>>, after: Side<'_>, bank: &Bank, until: Week) -> Rehearsal {
    let mut weeks: BTreeSet<Week> = after.campaign.weeks().into_iter().collect();
    weeks.extend(before.iter().flat_map(|before| before.campaign.weeks()));
    let seats = |side: Side<'_>| seats(side, bank, until);
    let (was, is) = (before.map(seats).unwrap_or_default(), seats(after));
    let mut all = Vec::new();
    for week in weeks.into_iter().filter(|week| *week <= until) {
        let of = |seats: &Seats| seats.get(&week).cloned().unwrap_or_default();
        let (was, is) = (of(&was), of(&is));
        let by_unit = |seats: &[(UnitId, Seat)]| -> HashMap<UnitId, Seat> { seats.iter().cloned().collect() };
        let (before, after) = (by_unit(&was), by_unit(&is));
        let leave = was.iter().filter(|(unit, _)| !after.contains_key(unit));
        all.extend(is.iter().chain(leave).map(|(unit, _)| Rehearsed {
            week,
            unit: unit.clone(),
            before: before.get(unit).copied(),
            after: after.get(unit).copied(),
        }));
    }
    Rehearsal { all }
}

/// Of each week, the units in the order of their ranks.
type Seats = BTreeMap<Week, Vec<(UnitId, Seat)>>;

fn seats(side: Side<'_>, bank: &Bank, until: Week) -> Seats {
    let placement = Placement::new(side.campaign, bank);
    let mut rewards: BTreeMap<(Week, &UnitId), i64> = BTreeMap::new();
    for one in side.won.iter().filter(|one| one.metric == Metric::Communities && one.status == Status::Confirmed) {
        let Some(unit) = one.unit.as_ref().and_then(|home| placement.of(home)) else { continue };
        let Rule::Won { tier: Some(tier) } = one.rule else { continue };
        let reward = side.campaign.rules(one.week).rewards.get(&tier).map_or(0, |reward| reward.fen());
        let sum = rewards.entry((one.week, unit)).or_default();
        *sum = sum.saturating_add(reward.saturating_mul(one.value));
    }
    let weeks = side.campaign.weeks().into_iter().take_while(|week| *week <= until);
    let of_week = |week| {
        let standings = ranked(side.campaign, week, &placement, side.tallies, Basis::Confirmed);
        let seat = |one: super::Standing| {
            let reward = rewards.get(&(week, &one.unit)).copied().unwrap_or(0);
            (one.unit, Seat { rank: one.rank, score: one.score, reward })
        };
        (week, standings.into_iter().map(seat).collect())
    };
    weeks.map(of_week).collect()
}

#[cfg(test)]
mod tests;

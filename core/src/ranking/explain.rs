//! Why a figure is what it is: the contributions in it and those left out, each with its rule.

use super::score::{Basis, score};
use super::standing::weeks_until;
use super::tally::no_figures;
use super::{Contribution, Figures, Placement};
use crate::domain::campaign::{Campaign, Metric};
use crate::domain::{Bank, UnitId, Week};

/// What stands behind a figure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation<'a> {
    /// What is in it, in order.
    pub counted: Vec<&'a Contribution>,
    /// What is not, in order; each names the rule that left it out.
    pub left_out: Vec<&'a Contribution>,
    /// The sums of what is counted.
    pub figures: Figures,
    /// The figure itself: of one metric its counted sum, of all of them the score that they earn.
    pub value: i64,
}

/// Explains a participating unit's standing in a week: one metric's total since the campaign began, or with no metric the
/// score. Contributions are those of this campaign.
pub fn explain<'a>(
    campaign: &Campaign,
    bank: &Bank,
    contributions: &'a [Contribution],
    unit: &UnitId,
    week: Week,
    metric: Option<Metric>,
) -> Explanation<'a> {
    gather(campaign, bank, contributions, Some(unit), week, metric)
}

/// The same for what stands in no unit's standing: units that take no part, and facts that have no unit at all. Together
/// with every participating unit's explanation it holds each contribution once.
pub fn explain_unplaced<'a>(
    campaign: &Campaign,
    bank: &Bank,
    contributions: &'a [Contribution],
    week: Week,
    metric: Option<Metric>,
) -> Explanation<'a> {
    gather(campaign, bank, contributions, None, week, metric)
}

fn gather<'a>(
    campaign: &Campaign,
    bank: &Bank,
    contributions: &'a [Contribution],
    unit: Option<&UnitId>,
    week: Week,
    metric: Option<Metric>,
) -> Explanation<'a> {
    let placement = Placement::new(campaign, bank);
    let asked = |contribution: &&Contribution| {
        metric.is_none_or(|metric| metric == contribution.metric)
            && contribution.unit.as_ref().and_then(|home| placement.of(home)) == unit
    };
    let explanation = Explanation::of(campaign, contributions.iter().filter(asked), week);
    let value = match metric {
        Some(metric) => explanation.figures.get(&metric).map_or(0, |figure| figure.counted()),
        None => explanation.value,
    };
    Explanation { value, ..explanation }
}

impl<'a> Explanation<'a> {
    /// What some contributions come to by the rules of a week, whoever they are credited to: a person's, say, or a
    /// prospect's. Those outside the weeks that count by then are left out.
    pub fn of(campaign: &Campaign, contributions: impl Iterator<Item = &'a Contribution>, week: Week) -> Self {
        let weeks = weeks_until(campaign, week);
        let mut found: Vec<&Contribution> = contributions.filter(|one| weeks.contains(&one.week)).collect();
        found.sort_unstable();
        let (counted, left_out): (Vec<_>, Vec<_>) = found.into_iter().partition(|one| one.status.counts());
        let mut figures = no_figures();
        for contribution in &counted {
            figures.entry(contribution.metric).or_default().add(contribution.status, contribution.value);
        }
        let value = score(&campaign.rules(week), &figures, Basis::Counted);
        Self { counted, left_out, figures, value }
    }
}

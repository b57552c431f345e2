//! Why a revision says something else than what was sealed before: fact by fact, summed up.

use super::{Contribution, Placement, Standing, Status};
use crate::domain::campaign::Metric;
use crate::domain::{Invalid, Label, UnitId};
use std::collections::BTreeMap;

/// What became of a fact since the last sealing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Why {
    /// It came after the sealing.
    Late,
    /// The back office confirmed it.
    Confirmed,
    /// The back office refused it.
    Rejected,
    /// It is pending again: edited since it was verified, or in conflict.
    Reopened,
    /// A rule leaves it out now, or it was withdrawn.
    LeftOut,
    /// It counts now, which it did not.
    LetIn,
    /// It counts with another figure, for another unit or person, or in another week.
    Corrected,
    /// It is no longer a fact of this campaign.
    Gone,
    /// It stands for another unit of the ranking, since the bank's tree or who takes part is another.
    Moved,
    /// Other rules make something else of the same facts.
    Rules,
}

impl Why {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Late,
        Self::Confirmed,
        Self::Rejected,
        Self::Reopened,
        Self::LeftOut,
        Self::LetIn,
        Self::Corrected,
        Self::Gone,
        Self::Moved,
        Self::Rules,
    ];

    /// Its name in sheets.
    pub fn name(self) -> &'static str {
        match self {
            Self::Late => "late",
            Self::Confirmed => "confirmed",
            Self::Rejected => "rejected",
            Self::Reopened => "reopened",
            Self::LeftOut => "left-out",
            Self::LetIn => "let-in",
            Self::Corrected => "corrected",
            Self::Gone => "gone",
            Self::Moved => "moved",
            Self::Rules => "rules",
        }
    }

    /// The one of a name.
    ///
    /// # Errors
    /// When there is none.
    pub fn named(name: &str) -> Result<Self, Invalid> {
        let wrong = || Invalid::new("cause", name, "a cause of a revision such as late or confirmed");
        Self::ALL.into_iter().find(|why| why.name() == name).ok_or_else(wrong)
    }

    /// Its name on pages.
    pub fn label(self) -> Label {
        match self {
            Self::Late => Label { zh: "截止后才到", en: "came after the cut-off" },
            Self::Confirmed => Label { zh: "经核实确认", en: "confirmed by the back office" },
            Self::Rejected => Label { zh: "经核实驳回", en: "refused by the back office" },
            Self::Reopened => Label { zh: "修改后待重新核实", en: "edited, to be verified again" },
            Self::LeftOut => Label { zh: "改为不计", en: "no longer counted" },
            Self::LetIn => Label { zh: "改为计入", en: "counted now" },
            Self::Corrected => Label { zh: "数额或归属更正", en: "figure or credit corrected" },
            Self::Gone => Label { zh: "已不属本活动", en: "no longer of this campaign" },
            Self::Moved => Label { zh: "机构归属调整", en: "credited to another unit of the ranking" },
            Self::Rules => Label { zh: "规则变更", en: "changed rules" },
        }
    }
}

/// Facts of a unit and a metric that became another by the same cause.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cause {
    /// The ranked unit; none for what stands in no unit's standing.
    pub unit: Option<UnitId>,
    /// The metric.
    pub metric: Metric,
    /// What became of them.
    pub why: Why,
    /// How many.
    pub count: i64,
    /// By how much what is confirmed of the unit became more, or less.
    pub confirmed: i64,
    /// The same of what is pending.
    pub pending: i64,
}

/// Why what is sealed now differs from what was sealed before. Both are all contributions up to the same week, each with the
/// placement of its time.
pub fn causes(
    (placed, before): (&Placement<'_>, &[Contribution]),
    (placement, now): (&Placement<'_>, &[Contribution]),
) -> Vec<Cause> {
    let key = |one: &Contribution| (one.prospect, one.source, one.metric, one.person.clone());
    let was: BTreeMap<_, &Contribution> = before.iter().map(|one| (key(one), one)).collect();
    let is: BTreeMap<_, &Contribution> = now.iter().map(|one| (key(one), one)).collect();
    // How many, and what confirmed and pending become more by.
    type Sum = (i64, i64, i64);
    let mut sums: BTreeMap<(Option<UnitId>, Metric, Why), Sum> = BTreeMap::new();
    let keys: std::collections::BTreeSet<_> = was.keys().chain(is.keys()).collect();
    for key in keys {
        let (was, is) = (was.get(key).copied(), is.get(key).copied());
        let unit = |by: &Placement<'_>, one: &Contribution| one.unit.as_ref().and_then(|home| by.of(home)).cloned();
        let (from, to) = (was.map(|was| unit(placed, was)), is.map(|is| unit(placement, is)));
        let moved = was.zip(is).filter(|(was, is)| from != to && was.status.counts() && is.status.counts());
        let Some(why) = why(was, is).or(moved.map(|_| Why::Moved)) else { continue };
        let mut add = |unit: Option<UnitId>, metric, count: i64, one: Option<&Contribution>, sign: i64| {
            let sum = sums.entry((unit, metric, why)).or_default();
            let of = |status| one.filter(|one| one.status == status).map_or(0, |one| one.value.saturating_mul(sign));
            sum.0 += count;
            sum.1 = sum.1.saturating_add(of(Status::Confirmed));
            sum.2 = sum.2.saturating_add(of(Status::Pending));
        };
        if let (Some(unit), Some(was)) = (&from, was) {
            // One that moves is a fact of both units.
            add(unit.clone(), was.metric, 1, Some(was), -1);
        }
        if let (Some(unit), Some(is)) = (&to, is) {
            add(unit.clone(), is.metric, i64::from(from.as_ref() != Some(unit)), Some(is), 1);
        }
    }
    let cause =
        |((unit, metric, why), (count, confirmed, pending))| Cause { unit, metric, why, count, confirmed, pending };
    sums.into_iter().map(cause).collect()
}

/// Units of which other rules make something else: the same figures, and another score or target.
pub fn causes_of_rules(before: &[Standing], now: &[Standing]) -> Vec<Cause> {
    let differs = |is: &&Standing| {
        before.iter().any(|was| {
            was.unit == is.unit && was.total == is.total && (&was.points, was.target) != (&is.points, is.target)
        })
    };
    let metric = |is: &Standing| {
        let was = before.iter().find(|was| was.unit == is.unit);
        let other = |metric: &Metric| was.is_some_and(|was| was.points.get(metric) != is.points.get(metric));
        Metric::ALL.into_iter().find(other).unwrap_or(Metric::Communities)
    };
    let cause = |is: &Standing| Cause {
        unit: Some(is.unit.clone()),
        metric: metric(is),
        why: Why::Rules,
        count: 0,
        confirmed: 0,
        pending: 0,
    };
    now.iter().filter(differs).map(cause).collect()
}

fn why(was: Option<&Contribution>, is: Option<&Contribution>) -> Option<Why> {
    let counted = |one: Option<&Contribution>| one.is_some_and(|one| one.status.counts());
    match (was, is) {
        // What never counted moves no figure.
        _ if !counted(was) && !counted(is) => None,
        (None, _) => Some(Why::Late),
        (_, None) => Some(Why::Gone),
        (Some(was), Some(is)) if was.status == is.status => (was != is && was.rule == is.rule
            || (&was.unit, was.week, was.value) != (&is.unit, is.week, is.value))
            .then_some(Why::Corrected),
        (_, Some(is)) => Some(match is.status {
            Status::Confirmed if counted(was) => Why::Confirmed,
            Status::Confirmed => Why::LetIn,
            Status::Pending if counted(was) => Why::Reopened,
            Status::Pending => Why::LetIn,
            Status::Rejected => Why::Rejected,
            Status::Excluded => Why::LeftOut,
        }),
    }
}

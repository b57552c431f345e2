//! The rules of a campaign in one week: what is counted, what of it qualifies, what it is worth, and who gets the credit
//! (`[case]`: targets a branch, rewards by fund size, measures adjusted as the drive goes on).

use super::outcome::{Outcome, Product};
use super::value::Value;
use super::{Choice, Fields, Label, Money, UnitId};
use std::collections::{BTreeMap, BTreeSet};

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Metric {
    /// Communities won, each by its first account.
    Communities,
    /// Fund amount in fen.
    Fund,
    /// Cards issued.
    Cards,
    /// Wealth products sold, in fen.
    Wealth,
    /// Visits made.
    Visits,
    /// Activities held (`[case]`: a puppet show, ballots, forums).
    Activities,
}

impl Metric {
    /// All metrics in the order of the tables.
    pub const ALL: [Self; 6] =
        [Self::Communities, Self::Fund, Self::Cards, Self::Wealth, Self::Visits, Self::Activities];

    /// Its name in rules, rows and URLs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Communities => "communities",
            Self::Fund => "fund",
            Self::Cards => "cards",
            Self::Wealth => "wealth",
            Self::Visits => "visits",
            Self::Activities => "activities",
        }
    }

    /// Its name on pages.
    pub fn label(self) -> Label {
        match self {
            Self::Communities => Label { zh: "赢得小区", en: "Communities won" },
            Self::Fund => Label { zh: "资金", en: "Fund amount" },
            Self::Cards => Label { zh: "发卡", en: "Cards" },
            Self::Wealth => Label { zh: "理财", en: "Wealth sales" },
            Self::Visits => Label { zh: "走访", en: "Visits" },
            Self::Activities => Label { zh: "活动", en: "Activities" },
        }
    }

    /// Whether its values are fen.
    pub fn is_money(self) -> bool {
        matches!(self, Self::Fund | Self::Wealth)
    }

    /// The metric of a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|metric| metric.name() == name)
    }
}

/// How a metric turns into points: `points × min(value, cap) ÷ per`, rounded down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Weight {
    /// Points for each `per`.
    pub points: i64,
    /// So much of the metric earns the points once; at least 1.
    pub per: i64,
    /// What lies above earns nothing.
    pub cap: Option<i64>,
}

/// The choices of a version's `tie`.
pub const TIE: &[Choice] = &[
    Choice { name: "shared", label: Label { zh: "名次并列", en: "equal scores share a rank" } },
    Choice { name: "first", label: Label { zh: "先达到者在前", en: "who reached it first leads" } },
];

/// Who leads of two with the same score.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Tie {
    /// They share the rank, and the next one is skipped (1-2-2-4).
    #[default]
    Shared,
    /// Whoever reached the score in an earlier week; in the same week they share the rank.
    First,
}

/// The choices of a version's `credit`.
pub const CREDIT: &[Choice] = &[
    Choice { name: "recorder", label: Label { zh: "归记录人", en: "to whoever recorded it" } },
    Choice { name: "team", label: Label { zh: "按营销小组分成", en: "by the shares of the prospect's team" } },
];

/// Who is credited with an outcome that several people worked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Credit {
    /// Whoever recorded it.
    #[default]
    Recorder,
    /// The prospect's marketing team (`[case]`: 营销小组 for key prospects), each member by their share.
    Team,
}

/// The choices of a version's `untrusted`.
pub const UNTRUSTED: &[Choice] = &[
    Choice { name: "count", label: Label { zh: "照常计入", en: "count" } },
    Choice { name: "leave_out", label: Label { zh: "不计", en: "do not count" } },
];

/// The rules of one week.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rules {
    /// How many communities each unit should win.
    pub target: i64,
    /// Those units of which another number is expected.
    pub targets: BTreeMap<UnitId, i64>,
    /// What each metric is worth; one without a weight earns nothing.
    pub weights: BTreeMap<Metric, Weight>,
    /// Lower bounds of the fund-size tiers by their number (`[case]`: rewards by fund size).
    pub tiers: BTreeMap<u32, Money>,
    /// What a community of each tier is rewarded with.
    pub rewards: BTreeMap<u32, Money>,
    /// Who leads of two with the same score.
    pub tie: Tie,
    /// Who is credited with outcomes.
    pub credit: Credit,
    /// What qualifies.
    pub qualifying: Qualifying,
}

/// Which facts count at all. Facts that do not are listed all the same, with the rule that left them out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Qualifying {
    /// Visits by these channels; by any if none is named.
    pub channels: BTreeSet<String>,
    /// Visits that took at least so many minutes; one that does not say how long it took counts as none.
    pub minutes: i64,
    /// What an outcome has to come to: fen for accounts and wealth products, a number of cards.
    pub least: BTreeMap<&'static str, i64>,
    /// After how many days a visit or an activity comes too late; never, if nothing is said.
    pub late_days: Option<i64>,
    /// Whether what was recorded by a clock that cannot have been right is left out.
    pub leaves_out_untrusted: bool,
}

/// The parts of a version that decide what counts and for whom; other parts only rank it.
const COUNTING: [&str; 7] = ["tier/", "channel/", "least/", "minutes", "late_days", "untrusted", "credit"];

/// Whether a part of a version decides what counts and for whom.
pub(super) fn decides_what_counts(key: &str) -> bool {
    COUNTING.iter().any(|part| if part.ends_with('/') { key.starts_with(part) } else { key == *part })
}

impl Rules {
    /// The rules that some versions, one put over the other, come to. What is out of range is left out.
    pub(super) fn of(keys: &BTreeMap<&str, &Value>) -> Self {
        let int = |key: &str| match keys.get(key) {
            Some(Value::Int(int)) => Some(*int),
            _ => None,
        };
        let chosen = |key: &str, choice: &str| matches!(keys.get(key), Some(Value::Text(text)) if text == choice);
        let within = |prefix: &str| {
            let start = format!("{prefix}/");
            keys.iter().filter_map(move |(key, value)| Some((key.strip_prefix(&start)?, *value))).collect::<Vec<_>>()
        };
        let mut rules = Self {
            target: int("target").unwrap_or(0).clamp(0, TARGET_MAX),
            tie: if chosen("tie", "first") { Tie::First } else { Tie::Shared },
            credit: if chosen("credit", "team") { Credit::Team } else { Credit::Recorder },
            ..Self::default()
        };
        for (unit, target) in within("target_of") {
            if let (Ok(unit), Value::Int(target @ 0..=TARGET_MAX)) = (unit.parse(), target) {
                rules.targets.insert(unit, *target);
            }
        }
        for metric in Metric::ALL {
            let part = |name: &str| int(&format!("{name}/{}", metric.name()));
            if let Some(points @ 0..=1_000_000) = part("points") {
                let weight = Weight { points, per: part("per").unwrap_or(1).max(1), cap: part("cap") };
                rules.weights.insert(metric, weight);
            }
        }
        for (name, to) in [("tier", &mut rules.tiers), ("reward", &mut rules.rewards)] {
            for (number, value) in within(name) {
                if let (Ok(number), Value::Int(fen)) = (number.parse(), value)
                    && let Ok(money) = Money::from_fen(*fen)
                {
                    to.insert(number, money);
                }
            }
        }
        let channels = within("channel").into_iter().filter(|(_, value)| **value == Value::Bool(true));
        rules.qualifying = Qualifying {
            channels: channels.map(|(channel, _)| channel.to_owned()).collect(),
            minutes: int("minutes").unwrap_or(0).max(0),
            least: Product::ALL
                .into_iter()
                .filter_map(|product| Some((product.name(), int(&format!("least/{}", product.name()))?.max(0))))
                .collect(),
            late_days: int("late_days").filter(|days| *days >= 0),
            leaves_out_untrusted: chosen("untrusted", "leave_out"),
        };
        rules
    }

    /// The highest tier that a fund reaches.
    pub fn tier(&self, fund: Money) -> Option<u32> {
        self.tiers.iter().filter(|(_, from)| fund >= **from).max_by_key(|(_, from)| **from).map(|(number, _)| *number)
    }

    /// How many communities a unit should win.
    pub fn target_of(&self, unit: &UnitId) -> i64 {
        self.targets.get(unit).copied().unwrap_or(self.target)
    }
}

/// The largest target of communities.
pub(super) const TARGET_MAX: i64 = 10_000;

impl Qualifying {
    /// Whether a visit is of the sort that counts.
    pub fn admits_visit(&self, visit: &Fields) -> bool {
        let channel = visit.text("channel").unwrap_or_default();
        (self.channels.is_empty() || self.channels.contains(channel))
            && visit.int("minutes").unwrap_or(0) >= self.minutes
    }

    /// Whether an outcome comes to enough.
    pub fn admits_outcome(&self, outcome: &Outcome) -> bool {
        let value = match outcome.product {
            Product::Account | Product::Wealth => outcome.amount.map_or(0, Money::fen),
            Product::Cards => outcome.cards.unwrap_or(0),
        };
        self.least.get(outcome.product.name()).is_none_or(|least| value >= *least)
    }
}

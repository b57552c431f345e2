//! 营销活动: a bank-wide drive with its rules (`[case]`: at least 5 communities a branch, rewards by fund size, the ranking
//! published every week). Rules are versioned: `rule/<week>/…` holds from that week on, key by key.

use super::value::required;
use super::{
    Actions, Allowed, AudienceRule, Columns, Date, FieldSpec, FieldType, Fields, Invalid, KindSpec, Label, Money, Role,
    UnitId, Week, WrittenBy, Zone,
};
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
}

impl Metric {
    /// All metrics in the order of the tables.
    pub const ALL: [Self; 5] = [Self::Communities, Self::Fund, Self::Cards, Self::Wealth, Self::Visits];

    /// Its name in rules, rows and URLs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Communities => "communities",
            Self::Fund => "fund",
            Self::Cards => "cards",
            Self::Wealth => "wealth",
            Self::Visits => "visits",
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

/// The kind.
pub static KIND: KindSpec = KindSpec {
    name: "campaign",
    label: Label { zh: "营销活动", en: "Campaign" },
    written_by: WrittenBy::Team,
    audience: AudienceRule::Bank,
    rights: &[
        Allowed::own(Role::AccountManager, Actions::READ),
        Allowed::own(Role::ProductManager, Actions::READ),
        Allowed::own(Role::BranchLeader, Actions::READ),
        Allowed::own(Role::Verifier, Actions::READ),
        Allowed::own(Role::ServiceDesk, Actions::READ),
        Allowed::own(Role::HeadOffice, Actions::ALL),
        Allowed::own(Role::Auditor, Actions::READ),
    ],
    fields: &[
        FieldSpec::new("name", "名称", "name", FieldType::Text(200)).required(),
        FieldSpec::new("starts", "开始", "starts", FieldType::Date(20, 20)).required(),
        FieldSpec::new("ends", "结束", "ends", FieldType::Date(20, 20)).required(),
        FieldSpec::new("zone", "时区", "time zone", FieldType::Zone),
        FieldSpec::new("unit/*/in", "参加", "takes part", FieldType::Bool),
        FieldSpec::new("target_weight/size", "规模权重", "weight of size", FieldType::Int(0, 100)),
        FieldSpec::new("target_weight/grade", "档次权重", "weight of grade", FieldType::Int(0, 100)),
        FieldSpec::new("target_weight/managed", "物业权重", "weight of management", FieldType::Int(0, 100)),
        FieldSpec::new("target_weight/ring", "区位权重", "weight of the ring", FieldType::Int(0, 100)),
        FieldSpec::new("rule/*/target", "目标小区数", "target of communities", FieldType::Int(0, 10_000)),
        FieldSpec::new("rule/*/points/*", "分值", "points", FieldType::Int(0, 1_000_000)),
        FieldSpec::new("rule/*/per/*", "每", "per", FieldType::Int(1, 100_000_000_000_000)),
        FieldSpec::new("rule/*/cap/*", "封顶", "cap", FieldType::Int(0, 100_000_000_000_000)),
        FieldSpec::new("rule/*/tier/*", "资金档次下限", "tier from", FieldType::Money),
    ],
    columns: Columns::NONE,
    due: |_| None,
    leaves_phones: false,
    flags: |fields| match (fields.date("starts"), fields.date("ends")) {
        (Some(starts), Some(ends)) if ends < starts => vec!["ends-before-start"],
        _ => Vec::new(),
    },
};

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

/// The rules of one week.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rules {
    /// How many communities each unit should win.
    pub target: i64,
    /// What each metric is worth; one without a weight earns nothing.
    pub weights: BTreeMap<Metric, Weight>,
    /// Lower bounds of the fund-size tiers by their number (`[case]`: rewards by fund size).
    pub tiers: BTreeMap<u32, Money>,
}

impl Rules {
    /// The highest tier that a fund reaches.
    pub fn tier(&self, fund: Money) -> Option<u32> {
        self.tiers.iter().filter(|(_, from)| fund >= **from).max_by_key(|(_, from)| **from).map(|(number, _)| *number)
    }
}

/// A campaign with every version of its rules.
#[derive(Debug, Clone, PartialEq)]
pub struct Campaign {
    /// Its name.
    pub name: String,
    /// First day.
    pub starts: Date,
    /// Last day.
    pub ends: Date,
    /// The zone of its days and weeks.
    pub zone: Zone,
    /// The units that are ranked; each stands for all units below it.
    pub units: BTreeSet<UnitId>,
    /// What each version changes, by the week from which it holds: field within the version, and value.
    pub versions: BTreeMap<Week, BTreeMap<String, i64>>,
}

impl Campaign {
    /// The record's fields.
    pub fn to_fields(&self) -> Fields {
        let mut fields = Fields::new();
        fields.set("name", Some(self.name.as_str().into()));
        fields.set("starts", Some(self.starts.into()));
        fields.set("ends", Some(self.ends.into()));
        fields.set("zone", Some(self.zone.name().into()));
        for unit in &self.units {
            fields.set(&format!("unit/{unit}/in"), Some(true.into()));
        }
        for (week, version) in &self.versions {
            for (key, value) in version {
                fields.set(&format!("rule/{week}/{key}"), Some((*value).into()));
            }
        }
        fields
    }

    /// Reads a record's fields. Give it the settled ones: while a field is in conflict, what held before holds on.
    ///
    /// # Errors
    /// When name, start or end is missing, or the zone unknown.
    pub fn read(fields: &Fields) -> Result<Self, Invalid> {
        let mut campaign = Self {
            name: required(fields.text("name"), "name")?.to_owned(),
            starts: required(fields.date("starts").filter(has_weeks), "starts")?,
            ends: required(fields.date("ends").filter(has_weeks), "ends")?,
            zone: fields.text("zone").map_or(Ok(Zone::china()), str::parse)?,
            units: BTreeSet::new(),
            versions: BTreeMap::new(),
        };
        for (name, _) in fields.iter() {
            let name = name.as_str();
            if let Some(unit) = name.strip_prefix("unit/").and_then(|rest| rest.strip_suffix("/in")) {
                if let (Ok(unit), Some(true)) = (unit.parse(), fields.bool(name)) {
                    campaign.units.insert(unit);
                }
            } else if let Some((week, key)) = name.strip_prefix("rule/").and_then(|rest| rest.split_once('/'))
                && let (Ok(week), Some(value)) = (week.parse(), fields.int(name))
            {
                campaign.versions.entry(week).or_default().insert(key.to_owned(), value);
            }
        }
        Ok(campaign)
    }

    /// The rules that hold in a week: each key as the latest version up to then has it. Values out of range are left out.
    pub fn rules(&self, week: Week) -> Rules {
        let mut keys: BTreeMap<&str, i64> = BTreeMap::new();
        for version in self.versions.range(..=week).map(|(_, version)| version) {
            keys.extend(version.iter().map(|(key, value)| (key.as_str(), *value)));
        }
        let key = |name: &str, metric: Metric| keys.get(format!("{name}/{}", metric.name()).as_str()).copied();
        let mut rules = Rules { target: keys.get("target").copied().unwrap_or(0).clamp(0, 10_000), ..Rules::default() };
        for metric in Metric::ALL {
            if let Some(points @ 0..=1_000_000) = key("points", metric) {
                let weight = Weight { points, per: key("per", metric).unwrap_or(1).max(1), cap: key("cap", metric) };
                rules.weights.insert(metric, weight);
            }
        }
        for (key, from) in &keys {
            let number = key.strip_prefix("tier/").and_then(|number| number.parse().ok());
            if let (Some(number), Ok(from)) = (number, Money::from_fen(*from)) {
                rules.tiers.insert(number, from);
            }
        }
        rules
    }

    /// Whether a day lies within the campaign.
    pub fn covers(&self, date: Date) -> bool {
        (self.starts..=self.ends).contains(&date)
    }

    /// Every week of the campaign, in order; at most 520.
    pub fn weeks(&self) -> Vec<Week> {
        let last = Week::of(self.ends);
        std::iter::successors(Some(Week::of(self.starts)), |week| Some(week.next()))
            .take_while(|week| *week <= last)
            .take(520)
            .collect()
    }

    /// Whether another version of this campaign admits and names the same contributions: if so, only the ranking differs.
    pub fn counts_like(&self, other: &Self) -> bool {
        let tiers = |campaign: &Self| -> Vec<_> {
            campaign.weeks().into_iter().map(|week| campaign.rules(week).tiers).collect()
        };
        self.starts == other.starts && self.ends == other.ends && self.zone == other.zone && tiers(self) == tiers(other)
    }
}

/// Whether a day lies in the years that weeks are counted in.
fn has_weeks(date: &Date) -> bool {
    (1971..2199).contains(&date.year())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn week(text: &str) -> Week {
        text.parse().expect("a week")
    }

    fn campaign() -> Campaign {
        Campaign {
            name: "百日会战".into(),
            starts: Date::constant(2026, 3, 2),
            ends: Date::constant(2026, 3, 29),
            zone: Zone::china(),
            units: ["B1", "B2"].iter().map(|id| id.parse().expect("a unit")).collect(),
            versions: BTreeMap::from([
                (
                    week("2026-W10"),
                    BTreeMap::from([
                        ("target".into(), 5),
                        ("points/visits".into(), 2),
                        ("tier/1".into(), 0),
                        ("tier/2".into(), 5_000),
                    ]),
                ),
                (week("2026-W12"), BTreeMap::from([("points/visits".into(), 3), ("cap/visits".into(), 40)])),
            ]),
        }
    }

    #[test]
    fn a_campaign_survives_its_fields() {
        assert_eq!(Campaign::read(&campaign().to_fields()), Ok(campaign()));
    }

    #[test]
    fn a_version_of_the_rules_holds_from_its_week_on_and_leaves_the_rest() {
        let campaign = campaign();
        let visits = |w: &str| campaign.rules(week(w)).weights.get(&Metric::Visits).copied();
        assert_eq!(visits("2026-W11"), Some(Weight { points: 2, per: 1, cap: None }));
        assert_eq!(visits("2026-W12"), Some(Weight { points: 3, per: 1, cap: Some(40) }));
        assert_eq!(campaign.rules(week("2026-W13")).target, 5);
        assert_eq!(campaign.rules(week("2026-W09")), Rules::default());
    }

    #[test]
    fn a_fund_falls_into_the_highest_tier_it_reaches() {
        let rules = campaign().rules(week("2026-W10"));
        let tier = |fen| rules.tier(Money::from_fen(fen).expect("money"));
        assert_eq!((tier(0), tier(4_999), tier(5_000)), (Some(1), Some(1), Some(2)));
    }
}

//! 营销活动: a bank-wide drive with its rules (`[case]`: at least 5 communities a branch, rewards by fund size, the ranking
//! published every week). Rules are versioned: `rule/<week>/…` holds from that week on, key by key.

use super::rules::{TARGET_MAX, decides_what_counts};
use super::value::required;
use super::{
    Actions, Allowed, AudienceRule, Bank, Choice, Columns, Date, FieldSpec, FieldType, Fields, Invalid, KindSpec,
    Label, Role, UnitId, UnitLevel, Value, Week, WrittenBy, Zone,
};
use std::collections::{BTreeMap, BTreeSet};

pub use super::plan::{Material, Phase, Training, materials, phases, training};
pub use super::rules::{CREDIT, Credit, Metric, Qualifying, Rules, TIE, Tie, UNTRUSTED, Weight};
pub use super::versions::{Versions, in_force, puts_for, said_in, tier_numbers, versions};

/// How people are trained for a campaign (`[case]`: by video twice a week, in person by district every week, experience
/// shared every two weeks).
pub const TRAINING: &[Choice] = &[
    Choice { name: "video", label: Label { zh: "视频", en: "by video" } },
    Choice { name: "in_person", label: Label { zh: "面授", en: "in person" } },
    Choice { name: "sharing", label: Label { zh: "经验分享", en: "experience sharing" } },
];

/// When a week's bulletin is sealed unless the campaign says otherwise: Monday at ten, in minutes after the week's end.
pub const CUTOFF: i64 = 600;

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
        FieldSpec::new(
            "cutoff",
            "截止（周一零点起分钟数）",
            "cut-off, minutes after the week",
            FieldType::Int(0, 10_080),
        ),
        FieldSpec::new("unit/*/in", "参加", "takes part", FieldType::Bool),
        FieldSpec::new("target_weight/size", "规模权重", "weight of size", FieldType::Int(0, 100)),
        FieldSpec::new("target_weight/grade", "档次权重", "weight of grade", FieldType::Int(0, 100)),
        FieldSpec::new("target_weight/managed", "物业权重", "weight of management", FieldType::Int(0, 100)),
        FieldSpec::new("target_weight/ring", "区位权重", "weight of the ring", FieldType::Int(0, 100)),
        FieldSpec::new("rule/*/target", "目标小区数", "target of communities", FieldType::Int(0, TARGET_MAX)),
        FieldSpec::new("rule/*/target_of/*", "机构目标", "target of a unit", FieldType::Int(0, TARGET_MAX)),
        FieldSpec::new("rule/*/points/*", "分值", "points", FieldType::Int(0, 1_000_000)),
        FieldSpec::new("rule/*/per/*", "每", "per", FieldType::Int(1, 100_000_000_000_000)),
        FieldSpec::new("rule/*/cap/*", "封顶", "cap", FieldType::Int(0, 100_000_000_000_000)),
        FieldSpec::new("rule/*/tier/*", "资金档次下限", "tier from", FieldType::Money),
        FieldSpec::new("rule/*/reward/*", "档次奖励", "reward of a tier", FieldType::Money),
        FieldSpec::new("rule/*/tie", "同分规则", "equal scores", FieldType::Choice(TIE)),
        FieldSpec::new("rule/*/credit", "业绩归属", "credit of outcomes", FieldType::Choice(CREDIT)),
        FieldSpec::new("rule/*/channel/*", "计入的走访方式", "channels that count", FieldType::Bool),
        FieldSpec::new("rule/*/minutes", "走访最短分钟数", "least minutes of a visit", FieldType::Int(0, 1440)),
        FieldSpec::new("rule/*/least/*", "业绩起点", "least of an outcome", FieldType::Int(0, 100_000_000_000_000)),
        FieldSpec::new("rule/*/late_days", "逾期天数", "days until too late", FieldType::Int(0, 365)),
        FieldSpec::new("rule/*/untrusted", "时钟不可信的记录", "untrusted clocks", FieldType::Choice(UNTRUSTED)),
        FieldSpec::new("rule/*/end/*", "不再适用", "holds no longer", FieldType::Bool),
        FieldSpec::new("rule/*/end/*/*", "不再适用", "holds no longer", FieldType::Bool),
        FieldSpec::new("phase/*/name", "阶段", "phase", FieldType::Text(100)),
        FieldSpec::new("phase/*/starts", "阶段开始", "phase begins", FieldType::Date(20, 20)),
        FieldSpec::new("phase/*/ends", "阶段结束", "phase ends", FieldType::Date(20, 20)),
        FieldSpec::new("training/*/name", "培训", "training", FieldType::Text(200)),
        FieldSpec::new("training/*/on", "培训日期", "day of the training", FieldType::Date(20, 20)),
        FieldSpec::new("training/*/how", "培训方式", "way of the training", FieldType::Choice(TRAINING)),
        FieldSpec::new("material/*/name", "资料", "material", FieldType::Text(200)),
        FieldSpec::new("material/*/where", "资料位置", "where the material is", FieldType::Text(400)),
        FieldSpec::new("news/*", "营销动态", "news of the week", FieldType::Text(4000)),
    ],
    columns: Columns::NONE,
    due: |_| None,
    leaves_phones: false,
    flags: |fields| match (fields.date("starts"), fields.date("ends")) {
        (Some(starts), Some(ends)) if ends < starts => vec!["ends-before-start"],
        _ => Vec::new(),
    },
};

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
    /// How many minutes after a week's end its bulletin is sealed.
    pub cutoff: i64,
    /// The units that are ranked; each stands for all units below it.
    pub units: BTreeSet<UnitId>,
    /// What each version changes, by the week from which it holds: field within the version, and value.
    pub versions: Versions,
}

impl Campaign {
    /// The record's fields.
    pub fn to_fields(&self) -> Fields {
        let mut fields = Fields::new();
        fields.set("name", Some(self.name.as_str().into()));
        fields.set("starts", Some(self.starts.into()));
        fields.set("ends", Some(self.ends.into()));
        fields.set("zone", Some(self.zone.name().into()));
        fields.set("cutoff", (self.cutoff != CUTOFF).then(|| self.cutoff.into()));
        for unit in &self.units {
            fields.set(&format!("unit/{unit}/in"), Some(true.into()));
        }
        for (week, version) in &self.versions {
            for (key, value) in version {
                fields.set(&format!("rule/{week}/{key}"), Some(value.clone()));
            }
        }
        fields
    }

    /// Reads a record's fields. Give it the settled ones: while a field is in conflict, what held before holds on.
    ///
    /// # Errors
    /// When name, start or end is missing, or the zone unknown.
    pub fn read(fields: &Fields) -> Result<Self, Invalid> {
        Ok(Self {
            name: required(fields.text("name"), "name")?.to_owned(),
            starts: required(fields.date("starts").filter(has_weeks), "starts")?,
            ends: required(fields.date("ends").filter(has_weeks), "ends")?,
            zone: fields.text("zone").map_or(Ok(Zone::china()), str::parse)?,
            cutoff: fields.int("cutoff").filter(|cutoff| (0..=10_080).contains(cutoff)).unwrap_or(CUTOFF),
            units: units(fields),
            versions: versions(fields),
        })
    }

    /// The rules that hold in a week: each key as the latest version up to then has it. Values out of range are left out.
    pub fn rules(&self, week: Week) -> Rules {
        Rules::of(&in_force(&self.versions, week))
    }

    /// The moment at which a week's bulletin is sealed, in milliseconds since 1970: what comes later is in a revision.
    pub fn cutoff_of(&self, week: Week) -> i64 {
        self.zone.start_of(week.next().monday()).saturating_add(self.cutoff.saturating_mul(60_000))
    }

    /// The same campaign as it ranks the units of another level: those that are ranked, stand above or lie below. A target
    /// holds for the units that it was set for, so others have only one of their own.
    #[must_use]
    pub fn at_level(&self, level: UnitLevel, bank: &Bank) -> Self {
        let related = |unit: &UnitId| {
            self.units.iter().any(|ranked| bank.is_within(unit, ranked) || bank.is_within(ranked, unit))
        };
        let units = bank.units().filter(|unit| unit.level == level && related(&unit.id)).map(|unit| unit.id.clone());
        let mut campaign = Self { units: units.collect(), ..self.clone() };
        // In each version, as it comes to then: what is set for all, for one, or ended, holds for the units it was set for.
        for (week, version) in &mut campaign.versions {
            version.retain(|key, _| key != "target" && key != "end/target");
            let rules = self.rules(*week);
            for unit in campaign.units.iter().filter(|unit| self.units.contains(*unit)) {
                version.remove(&format!("end/target_of/{unit}"));
                version.insert(format!("target_of/{unit}"), rules.target_of(unit).into());
            }
        }
        campaign
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
        // Rules change where a version begins, and nowhere else.
        let mut weeks: BTreeSet<Week> = self.versions.keys().chain(other.versions.keys()).copied().collect();
        weeks.insert(Week::of(self.starts));
        let counting = |campaign: &Self| -> Vec<BTreeMap<String, Value>> {
            let of = |week| in_force(&campaign.versions, week).into_iter().filter(|(key, _)| decides_what_counts(key));
            let owned = |week| of(week).map(|(key, value)| (key.to_owned(), value.clone())).collect();
            weeks.iter().copied().map(owned).collect()
        };
        self.starts == other.starts
            && self.ends == other.ends
            && self.zone == other.zone
            && counting(self) == counting(other)
    }
}

/// The units that take part, as a record's fields name them.
pub fn units(fields: &Fields) -> BTreeSet<UnitId> {
    let named = fields.iter().filter_map(|(name, value)| {
        let unit = name.as_str().strip_prefix("unit/")?.strip_suffix("/in")?;
        unit.parse().ok().filter(|_: &UnitId| *value == Value::Bool(true))
    });
    named.collect()
}

/// Head office's news, by the week with whose bulletin it goes (`[case]`: 每周下发营销动态).
pub fn news(fields: &Fields) -> BTreeMap<Week, String> {
    let of = |name: &str| fields.text(name).filter(|text| !text.trim().is_empty()).map(str::to_owned);
    let weeks = fields.iter().filter_map(|(name, _)| name.as_str().strip_prefix("news/")?.parse().ok());
    weeks.filter_map(|week: Week| Some((week, of(&format!("news/{week}"))?))).collect()
}

/// Whether a day lies in the years that weeks are counted in.
fn has_weeks(date: &Date) -> bool {
    (1971..2199).contains(&date.year())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Money;

    fn week(text: &str) -> Week {
        text.parse().expect("a week")
    }

    fn campaign() -> Campaign {
        Campaign {
            name: "百日会战".into(),
            starts: Date::constant(2026, 3, 2),
            ends: Date::constant(2026, 3, 29),
            zone: Zone::china(),
            cutoff: CUTOFF,
            units: ["B1", "B2"].iter().map(|id| id.parse().expect("a unit")).collect(),
            versions: BTreeMap::from([
                (
                    week("2026-W10"),
                    BTreeMap::from([
                        ("target".into(), 5.into()),
                        ("points/visits".into(), 2.into()),
                        ("tier/1".into(), 0.into()),
                        ("tier/2".into(), 5_000.into()),
                    ]),
                ),
                (
                    week("2026-W12"),
                    BTreeMap::from([("points/visits".into(), 3.into()), ("cap/visits".into(), 40.into())]),
                ),
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
    fn a_week_is_sealed_on_monday_at_ten_of_the_campaigns_zone() {
        // 02:00 UTC is ten in the morning in Shanghai.
        let ten = "2026-03-09T02:00:00Z".parse::<jiff::Timestamp>().expect("a time").as_millisecond();
        assert_eq!(campaign().cutoff_of(week("2026-W10")), ten);
        let earlier = Campaign { cutoff: 0, ..campaign() };
        assert_eq!(earlier.cutoff_of(week("2026-W10")), ten - 10 * 3_600_000);
    }

    #[test]
    fn only_what_decides_what_counts_asks_for_a_recount() {
        let with = |key: &str, value: Value| {
            let mut other = campaign();
            other.versions.entry(week("2026-W11")).or_default().insert(key.to_owned(), value);
            campaign().counts_like(&other)
        };
        for key in ["points/visits", "per/fund", "cap/cards", "target", "target_of/B1", "reward/1"] {
            assert!(with(key, 7.into()), "{key}");
        }
        assert!(with("tie", "first".into()));
        for key in ["tier/1", "minutes", "least/account", "late_days"] {
            assert!(!with(key, 7.into()), "{key}");
        }
        assert!(!with("channel/on_site", true.into()) && !with("credit", "team".into()));
        assert!(!with("untrusted", "leave_out".into()));
        assert!(!with("end/tier/1", true.into()) && with("end/points/visits", true.into()));
        assert!(with("end/late_days", true.into()), "what nobody said does not end");
    }

    #[test]
    fn a_fund_falls_into_the_highest_tier_it_reaches() {
        let rules = campaign().rules(week("2026-W10"));
        let tier = |fen| rules.tier(Money::from_fen(fen).expect("money"));
        assert_eq!((tier(0), tier(4_999), tier(5_000)), (Some(1), Some(1), Some(2)));
    }
}

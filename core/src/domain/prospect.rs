//! 潜在客户: whom we want to win, above all a residential community with its owner committee. Its fields are what the
//! four conditions ask for (`[case]`: large, high-grade, well managed, near).

use super::value::required;
use super::{
    Actions, Allowed, AudienceRule, Choice, Columns, FieldSpec, FieldType, Fields, GeoPoint, Invalid, KindSpec, Label,
    Money, PersonId, Role, Value, WrittenBy, tier,
};
use std::collections::BTreeMap;

/// How well a community is managed (`[case]`, third condition: no disputes).
pub const MANAGEMENT: &[Choice] = &[
    Choice { name: "good", label: Label { zh: "良好", en: "good" } },
    Choice { name: "fair", label: Label { zh: "一般", en: "fair" } },
    Choice { name: "poor", label: Label { zh: "较差", en: "poor" } },
];

/// How far the owners have organised (`[case]`: the committee's chair and members decide, nobody else).
pub const COMMITTEE: &[Choice] = &[
    Choice { name: "none", label: Label { zh: "未成立", en: "none" } },
    Choice { name: "forming", label: Label { zh: "筹备中", en: "forming" } },
    Choice { name: "elected", label: Label { zh: "已成立", en: "elected" } },
];

/// Whom one wants to win; a prospect that says nothing is a community. What identifies a single person is in its dossier.
pub const CATEGORY: &[Choice] = &[
    Choice { name: "community", label: Label { zh: "小区", en: "community" } },
    Choice { name: "association", label: Label { zh: "业委会联盟", en: "association" } },
    Choice { name: "company", label: Label { zh: "企业", en: "company" } },
    Choice { name: "institution", label: Label { zh: "机构单位", en: "institution" } },
    Choice { name: "person", label: Label { zh: "个人", en: "person" } },
];

/// How far out it lies (`[case]`, fourth condition: inner city first, then the near suburb, then the far one).
pub const RING: &[Choice] = &[
    Choice { name: "inner", label: Label { zh: "城区", en: "inner city" } },
    Choice { name: "near", label: Label { zh: "近郊", en: "near suburb" } },
    Choice { name: "far", label: Label { zh: "远郊", en: "far suburb" } },
];

/// How strong a competitor is there (`[case]`: which of the seven banks sells well, and takes this business seriously).
pub const STRENGTH: &[Choice] = &[
    Choice { name: "weak", label: Label { zh: "弱", en: "weak" } },
    Choice { name: "middling", label: Label { zh: "中", en: "middling" } },
    Choice { name: "strong", label: Label { zh: "强", en: "strong" } },
];

/// Days on which the committee or the office can be met (`[case]`: its members have jobs, and meet on weekends and holidays).
pub const DAY: &[Choice] = &[
    Choice { name: "mon", label: Label { zh: "周一", en: "Monday" } },
    Choice { name: "tue", label: Label { zh: "周二", en: "Tuesday" } },
    Choice { name: "wed", label: Label { zh: "周三", en: "Wednesday" } },
    Choice { name: "thu", label: Label { zh: "周四", en: "Thursday" } },
    Choice { name: "fri", label: Label { zh: "周五", en: "Friday" } },
    Choice { name: "sat", label: Label { zh: "周六", en: "Saturday" } },
    Choice { name: "sun", label: Label { zh: "周日", en: "Sunday" } },
    Choice { name: "holiday", label: Label { zh: "节假日", en: "holidays" } },
];

/// The seven business classes (`[case]`).
pub const CLASS: &[Choice] = &[
    Choice { name: "deposit", label: Label { zh: "存款", en: "deposit" } },
    Choice { name: "loan", label: Label { zh: "贷款", en: "loan" } },
    Choice { name: "treasury", label: Label { zh: "资金业务", en: "treasury" } },
    Choice { name: "wealth", label: Label { zh: "理财", en: "wealth" } },
    Choice { name: "international", label: Label { zh: "国际业务", en: "international" } },
    Choice { name: "interbank", label: Label { zh: "同业", en: "interbank" } },
    Choice { name: "comprehensive", label: Label { zh: "综合", en: "comprehensive" } },
];

/// Why a name that came in a file is doubted. Such rows are taken all the same; whoever visits decides.
pub const SUSPICIOUS: &[Choice] = &[
    Choice { name: "void", label: Label { zh: "失效或无效", en: "marked as void" } },
    Choice { name: "shop", label: Label { zh: "商铺或办公楼", en: "shops or offices" } },
    Choice { name: "house-number", label: Label { zh: "门牌号", en: "a house number" } },
    Choice { name: "test", label: Label { zh: "测试数据", en: "a test entry" } },
];

/// The kind.
pub static KIND: KindSpec = KindSpec {
    name: "prospect",
    label: Label { zh: "潜在客户", en: "Prospect" },
    written_by: WrittenBy::Team,
    audience: AudienceRule::ProspectsUnit,
    rights: &[
        Allowed::own(Role::AccountManager, Actions::ALL),
        Allowed::own(Role::ProductManager, Actions::READ),
        Allowed::own(Role::BranchLeader, Actions::ALL),
        Allowed::own(Role::Verifier, Actions::READ),
        Allowed::own(Role::ServiceDesk, Actions::READ),
        Allowed::own(Role::HeadOffice, Actions::ALL),
        Allowed::own(Role::Auditor, Actions::READ),
    ],
    fields: &[
        FieldSpec::new("name", "名称", "name", FieldType::Text(200)).required(),
        FieldSpec::new("category", "类别", "category", FieldType::Choice(CATEGORY)),
        FieldSpec::new("address", "地址", "address", FieldType::Text(400)),
        FieldSpec::new("district", "区", "district", FieldType::Text(60)),
        FieldSpec::new("area", "板块", "area", FieldType::Text(60)),
        FieldSpec::new("ring", "区位", "ring", FieldType::Choice(RING)),
        FieldSpec::new("place/lat", "纬度", "latitude", FieldType::Latitude),
        FieldSpec::new("place/lon", "经度", "longitude", FieldType::Longitude),
        FieldSpec::new("place/accuracy", "精度（米）", "accuracy in metres", FieldType::Int(0, 100_000)),
        FieldSpec::new("households", "户数", "households", FieldType::Int(0, 100_000)),
        FieldSpec::new(
            "floor_area",
            "建筑面积（平方米）",
            "floor area in square metres",
            FieldType::Int(0, 100_000_000),
        ),
        FieldSpec::new("handover_year", "交房年份", "year of handover", FieldType::Int(1900, 2200)),
        FieldSpec::new("fund_estimate", "维修资金估计", "estimated maintenance fund", FieldType::Money),
        FieldSpec::new("fund_actual", "维修资金实际余额", "actual maintenance fund", FieldType::Money),
        FieldSpec::new("price_level", "均价（每平方米）", "price per square metre", FieldType::Money),
        FieldSpec::new("management_company", "物业公司", "management company", FieldType::Text(200)).searched(),
        FieldSpec::new("management_quality", "物业水平", "management quality", FieldType::Choice(MANAGEMENT)),
        FieldSpec::new("owner_committee", "业主委员会", "owner committee", FieldType::Choice(COMMITTEE)),
        FieldSpec::new("committee_founded", "业委会成立日期", "committee founded", FieldType::Date(60, 1)),
        FieldSpec::new("committee_term_ends", "业委会任期届满", "committee's term ends", FieldType::Date(60, 20)),
        FieldSpec::new("hours/*", "可会面时间", "can be met", FieldType::Text(60)).of(DAY),
        FieldSpec::new("association/*", "所属联盟", "belongs to the association", FieldType::Bool).of_records(),
        FieldSpec::new("current_bank", "现开户行", "current bank", FieldType::Text(100)).searched(),
        FieldSpec::new("competitor/*/name", "同业", "competitor", FieldType::Text(100)).searched(),
        FieldSpec::new("competitor/*/strength", "同业实力", "competitor's strength", FieldType::Choice(STRENGTH)),
        FieldSpec::new("competitor/*/offer", "同业条件", "competitor's offer", FieldType::Text(400)).searched(),
        FieldSpec::new("competitor/*/relation", "同业关系", "competitor's relation", FieldType::Text(400)).searched(),
        FieldSpec::new("competitor/*/gone", "同业已退出", "competitor has left", FieldType::Bool),
        FieldSpec::new("settlement", "月结算量", "monthly settlement", FieldType::Money),
        FieldSpec::new("loan_balance", "贷款余额", "loan balance", FieldType::Money),
        FieldSpec::new("class/*", "业务类别", "business class", FieldType::Bool).of(CLASS),
        FieldSpec::new("tier/level", "管理层级", "tier by level", FieldType::Choice(tier::LEVEL)),
        FieldSpec::new("tier/value", "价值分层", "tier by value", FieldType::Choice(tier::VALUE)),
        FieldSpec::new("tier/reason", "分层理由", "reason for the tier", FieldType::Text(400)).searched(),
        FieldSpec::new("note", "备注", "note", FieldType::Text(2000)).searched(),
        FieldSpec::new("unit", "机构", "unit", FieldType::Unit),
        FieldSpec::new("team/*/share", "营销小组分成", "share in the team", FieldType::Int(0, 100)),
        FieldSpec::new("team/*/gone", "已退出小组", "left the team", FieldType::Bool),
        FieldSpec::new("twin/*", "疑似重复", "possible twin", FieldType::Bool),
        FieldSpec::new("same_as", "与此为同一客户", "the same as", FieldType::Record),
        FieldSpec::new("suspicious", "名称存疑", "doubtful name", FieldType::Choice(SUSPICIOUS)),
        FieldSpec::new("imported", "导入原值", "as the last file said", FieldType::Text(4000)),
    ],
    columns: Columns { unit: Some("unit"), ..Columns::NONE },
    due: |_| None,
    leaves_phones: false,
    flags,
};

fn flags(fields: &Fields) -> Vec<&'static str> {
    let twin = fields.iter().any(|(name, value)| name.as_str().starts_with("twin/") && *value == Value::Bool(true));
    let mut flags = Vec::new();
    if twin {
        flags.push("possible-twin");
    }
    if fields.text("suspicious").is_some() {
        flags.push("suspicious-name");
    }
    if team(fields).values().copied().fold(0, i64::saturating_add) > 100 {
        flags.push("shares-above-100");
    }
    if tier::lacks_reason(fields) {
        flags.push("tier-without-reason");
    }
    flags
}

/// The shares of those who are still in the marketing team (`[case]`: 营销小组 for key prospects).
pub fn team(fields: &Fields) -> BTreeMap<PersonId, i64> {
    let members = fields.iter().filter_map(|(name, _)| name.as_str().strip_prefix("team/")?.strip_suffix("/share"));
    let stays = |member: &&str| fields.bool(&format!("team/{member}/gone")) != Some(true);
    let share = |member: &str| Some((member.parse().ok()?, fields.int(&format!("team/{member}/share"))?));
    members.filter(stays).filter_map(share).collect()
}

/// A community as it is first recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prospect {
    /// The community's name.
    pub name: String,
    /// Street address.
    pub address: Option<String>,
    /// District of the city.
    pub district: Option<String>,
    /// Area within the district.
    pub area: Option<String>,
    /// Where it is.
    pub place: Option<GeoPoint>,
    /// Number of households.
    pub households: Option<i64>,
    /// What its maintenance fund is thought to hold (`[case]`: a middling one 20 million yuan, a large one over 100).
    pub fund_estimate: Option<Money>,
    /// Mean price of a square metre.
    pub price_level: Option<Money>,
    /// One of [`MANAGEMENT`].
    pub management_quality: Option<String>,
    /// One of [`COMMITTEE`].
    pub owner_committee: Option<String>,
    /// Where its fund lies now.
    pub current_bank: Option<String>,
}

impl Prospect {
    /// A community of which only the name is known.
    pub fn named(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            address: None,
            district: None,
            area: None,
            place: None,
            households: None,
            fund_estimate: None,
            price_level: None,
            management_quality: None,
            owner_committee: None,
            current_bank: None,
        }
    }

    /// The record's fields.
    pub fn to_fields(&self) -> Fields {
        let text = |text: &Option<String>| text.as_deref().map(Into::into);
        let mut fields = Fields::new();
        fields.set("name", Some(self.name.as_str().into()));
        fields.set("address", text(&self.address));
        fields.set("district", text(&self.district));
        fields.set("area", text(&self.area));
        fields.set("place/lat", self.place.map(|place| place.lat_e7().into()));
        fields.set("place/lon", self.place.map(|place| place.lon_e7().into()));
        fields.set("place/accuracy", self.place.map(|place| i64::from(place.accuracy_m()).into()));
        fields.set("households", self.households.map(Into::into));
        fields.set("fund_estimate", self.fund_estimate.map(Into::into));
        fields.set("price_level", self.price_level.map(Into::into));
        fields.set("management_quality", text(&self.management_quality));
        fields.set("owner_committee", text(&self.owner_committee));
        fields.set("current_bank", text(&self.current_bank));
        fields
    }

    /// Reads a record's fields; what is missing or out of range is absent.
    ///
    /// # Errors
    /// When it has no name.
    pub fn read(fields: &Fields) -> Result<Self, Invalid> {
        let text = |name| fields.text(name).map(str::to_owned);
        let place = match (fields.int("place/lat"), fields.int("place/lon")) {
            (Some(lat), Some(lon)) => {
                let accuracy = fields.int("place/accuracy").and_then(|metres| u32::try_from(metres).ok()).unwrap_or(0);
                GeoPoint::new(lat, lon, accuracy).ok()
            }
            _ => None,
        };
        Ok(Self {
            name: required(text("name"), "name")?,
            address: text("address"),
            district: text("district"),
            area: text("area"),
            place,
            households: fields.int("households"),
            fund_estimate: fields.money("fund_estimate"),
            price_level: fields.money("price_level"),
            management_quality: text("management_quality"),
            owner_committee: text("owner_committee"),
            current_bank: text("current_bank"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::FieldName;

    #[test]
    fn a_possible_twin_and_a_doubtful_name_are_flagged_until_someone_says_otherwise() {
        let field = |name: &str| name.parse::<FieldName>().expect("a name");
        let twin = field("twin/0195a0c4-7c00-7000-8000-000000000000");
        let mut fields = Prospect::named("失效").to_fields();
        assert!((KIND.flags)(&fields).is_empty());
        fields.put(twin.clone(), Value::Bool(true));
        fields.put(field("suspicious"), "void".into());
        assert!(KIND.check_new(&fields, crate::domain::PhoneTime::from_millis(0).expect("a time")).is_ok());
        assert_eq!((KIND.flags)(&fields), ["possible-twin", "suspicious-name"]);
        fields.put(twin, Value::Bool(false));
        fields.put(field("suspicious"), Value::Null);
        assert!((KIND.flags)(&fields).is_empty());
    }

    #[test]
    fn shares_of_a_team_above_a_hundred_are_flagged_until_somebody_has_left() {
        let field = |name: &str| name.parse::<FieldName>().expect("a name");
        let mut fields = Prospect::named("银枫家园").to_fields();
        fields.put(field("team/P1/share"), 60.into());
        fields.put(field("team/P2/share"), 40.into());
        assert!((KIND.flags)(&fields).is_empty());
        fields.put(field("team/P3/share"), 1.into());
        assert_eq!((KIND.flags)(&fields), ["shares-above-100"], "two edits that were each in order");
        fields.put(field("team/P2/gone"), true.into());
        assert!((KIND.flags)(&fields).is_empty());
    }
}

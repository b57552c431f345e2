//! 潜在客户: whom we want to win, above all a residential community with its owner committee. Its fields are what the
//! four conditions ask for (`[case]`: large, high-grade, well managed, near).

use super::value::required;
use super::{
    Actions, Allowed, AudienceRule, Choice, Columns, FieldSpec, FieldType, Fields, GeoPoint, Invalid, KindSpec, Label,
    Money, Role, Value, WrittenBy,
};

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
        FieldSpec::new("address", "地址", "address", FieldType::Text(400)),
        FieldSpec::new("district", "区", "district", FieldType::Text(60)),
        FieldSpec::new("area", "板块", "area", FieldType::Text(60)),
        FieldSpec::new("place/lat", "纬度", "latitude", FieldType::Latitude),
        FieldSpec::new("place/lon", "经度", "longitude", FieldType::Longitude),
        FieldSpec::new("place/accuracy", "精度（米）", "accuracy in metres", FieldType::Int(0, 100_000)),
        FieldSpec::new("households", "户数", "households", FieldType::Int(0, 100_000)),
        FieldSpec::new("fund_estimate", "维修资金估计", "estimated maintenance fund", FieldType::Money),
        FieldSpec::new("price_level", "均价（每平方米）", "price per square metre", FieldType::Money),
        FieldSpec::new("management_quality", "物业水平", "management quality", FieldType::Choice(MANAGEMENT)),
        FieldSpec::new("owner_committee", "业主委员会", "owner committee", FieldType::Choice(COMMITTEE)),
        FieldSpec::new("current_bank", "现开户行", "current bank", FieldType::Text(100)),
        FieldSpec::new("note", "备注", "note", FieldType::Text(2000)),
        FieldSpec::new("unit", "机构", "unit", FieldType::Unit),
        FieldSpec::new("team/*/share", "营销小组分成", "share in the team", FieldType::Int(0, 100)),
        FieldSpec::new("team/*/gone", "已退出小组", "left the team", FieldType::Bool),
        FieldSpec::new("twin/*", "疑似重复", "possible twin", FieldType::Bool),
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
    flags
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
}

//! 客户档案: one decision maker of a prospect (`[case]`: win the chair and the members of the owner committee; keep files on
//! career, temper, habits, way of working, hobbies). Confidential (`[etiquette]`: only authorised people reach core data): its
//! audience is the assigned people and the unit's leaders, it lies encrypted wherever it lies, and every reading is noted.

use super::value::required;
use super::{
    Actions, Allowed, AudienceRule, Choice, Columns, FieldSpec, FieldType, Fields, Invalid, KindSpec, Label, Role,
    WrittenBy,
};

/// What the person decides with.
pub const ROLE: &[Choice] = &[
    Choice { name: "chair", label: Label { zh: "业委会主任", en: "committee chair" } },
    Choice { name: "member", label: Label { zh: "业委会委员", en: "committee member" } },
    Choice { name: "property_manager", label: Label { zh: "物业经理", en: "property manager" } },
    Choice { name: "association", label: Label { zh: "业委会联盟负责人", en: "head of an association" } },
    Choice { name: "finance", label: Label { zh: "财务负责人", en: "finance" } },
    Choice { name: "other", label: Label { zh: "其他", en: "other" } },
];

/// How the person stands to us.
pub const ATTITUDE: &[Choice] = &[
    Choice { name: "supports", label: Label { zh: "支持", en: "supports us" } },
    Choice { name: "neutral", label: Label { zh: "中立", en: "neutral" } },
    Choice { name: "opposes", label: Label { zh: "反对", en: "opposes us" } },
];

/// The kind.
pub static KIND: KindSpec = KindSpec {
    name: "dossier",
    label: Label { zh: "客户档案", en: "Dossier" },
    written_by: WrittenBy::Team,
    audience: AudienceRule::ProspectsPeople,
    rights: &[Allowed::own(Role::AccountManager, Actions::ALL), Allowed::own(Role::BranchLeader, Actions::ALL)],
    fields: &[
        FieldSpec::new("name", "姓名", "name", FieldType::Text(100)).required(),
        FieldSpec::new("role", "角色", "role", FieldType::Choice(ROLE)),
        FieldSpec::new("attitude", "态度", "attitude", FieldType::Choice(ATTITUDE)),
        FieldSpec::new("influence", "影响力（1–5）", "influence (1–5)", FieldType::Int(1, 5)),
        FieldSpec::new("phone", "电话", "phone", FieldType::Text(40)),
        FieldSpec::new("birthday", "生日", "birthday", FieldType::Date(120, 0)),
        FieldSpec::new("anniversary/*", "纪念日", "anniversary", FieldType::Date(120, 1)),
        FieldSpec::new("career", "经历", "career", FieldType::Text(1000)),
        FieldSpec::new("temper", "性格", "temper", FieldType::Text(400)),
        FieldSpec::new("habits", "习惯与爱好", "habits", FieldType::Text(1000)),
        FieldSpec::new("preferred_times", "方便的时间", "preferred times", FieldType::Text(200)),
        FieldSpec::new("note", "备注", "note", FieldType::Text(2000)),
    ],
    columns: Columns::NONE,
    due: |_| None,
    leaves_phones: false,
    flags: |_| Vec::new(),
};

/// A dossier as it is first recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dossier {
    /// The person's name.
    pub name: String,
    /// One of [`ROLE`].
    pub role: Option<String>,
    /// One of [`ATTITUDE`].
    pub attitude: Option<String>,
    /// How much the person's word weighs, from 1 to 5.
    pub influence: Option<i64>,
    /// Telephone number.
    pub phone: Option<String>,
    /// Birthday (`[etiquette]`: kept, and used for care).
    pub birthday: Option<super::Date>,
    /// Career.
    pub career: Option<String>,
    /// Temper.
    pub temper: Option<String>,
    /// Habits and hobbies.
    pub habits: Option<String>,
    /// When to come (`[case]`: committee members have jobs, and meet on weekends and holidays).
    pub preferred_times: Option<String>,
}

impl Dossier {
    /// A dossier of which only the name is known.
    pub fn named(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            role: None,
            attitude: None,
            influence: None,
            phone: None,
            birthday: None,
            career: None,
            temper: None,
            habits: None,
            preferred_times: None,
        }
    }

    /// The record's fields.
    pub fn to_fields(&self) -> Fields {
        let text = |text: &Option<String>| text.as_deref().map(Into::into);
        let mut fields = Fields::new();
        fields.set("name", Some(self.name.as_str().into()));
        fields.set("role", text(&self.role));
        fields.set("attitude", text(&self.attitude));
        fields.set("influence", self.influence.map(Into::into));
        fields.set("phone", text(&self.phone));
        fields.set("birthday", self.birthday.map(Into::into));
        fields.set("career", text(&self.career));
        fields.set("temper", text(&self.temper));
        fields.set("habits", text(&self.habits));
        fields.set("preferred_times", text(&self.preferred_times));
        fields
    }

    /// Reads a record's fields; what is missing or out of range is absent.
    ///
    /// # Errors
    /// When it has no name.
    pub fn read(fields: &Fields) -> Result<Self, Invalid> {
        let text = |name| fields.text(name).map(str::to_owned);
        Ok(Self {
            name: required(text("name"), "name")?,
            role: text("role"),
            attitude: text("attitude"),
            influence: fields.int("influence"),
            phone: text("phone"),
            birthday: fields.date("birthday"),
            career: text("career"),
            temper: text("temper"),
            habits: text("habits"),
            preferred_times: text("preferred_times"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::PhoneTime;

    #[test]
    fn a_dossier_keeps_what_helps_and_names_what_is_wrong() {
        let known = Dossier {
            role: Some("chair".into()),
            influence: Some(5),
            birthday: Some(crate::domain::Date::constant(1961, 5, 4)),
            preferred_times: Some("周末下午".into()),
            ..Dossier::named("周建国")
        };
        let now = PhoneTime::from_millis(1_772_985_600_000).expect("a time");
        let fields = known.to_fields();
        assert_eq!(KIND.check_new(&fields, now), Ok(()));
        assert_eq!(Dossier::read(&fields), Ok(known));
        let mut wrong = fields;
        wrong.set("influence", Some(9.into()));
        assert_eq!(KIND.check_new(&wrong, now).map_err(|error| error.what), Err("influence".into()));
    }
}

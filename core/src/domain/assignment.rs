//! 分配: which unit a prospect belongs to, from when. Only the server writes it; each is a new record, and the newest in
//! the server's order holds. It alone decides who may hold a prospect's records.

use super::value::required;
use super::{
    Actions, Allowed, AudienceRule, Columns, FieldSpec, FieldType, Fields, Invalid, KindSpec, Label, PersonId,
    PhoneTime, Role, UnitId, Value, WrittenBy,
};
use std::collections::BTreeSet;

/// The kind.
pub static KIND: KindSpec = KindSpec {
    name: "assignment",
    label: Label { zh: "分配", en: "Assignment" },
    written_by: WrittenBy::Server,
    audience: AudienceRule::ProspectsUnit,
    rights: &[
        Allowed::own(Role::AccountManager, Actions::READ),
        Allowed::own(Role::ProductManager, Actions::READ),
        Allowed::own(Role::BranchLeader, Actions::READ),
        Allowed::own(Role::Verifier, Actions::READ),
        Allowed::own(Role::ServiceDesk, Actions::READ),
        Allowed::own(Role::HeadOffice, Actions::READ),
        Allowed::own(Role::Auditor, Actions::READ),
    ],
    fields: &[
        FieldSpec::new("unit", "机构", "unit", FieldType::Unit).required(),
        FieldSpec::new("owner", "客户经理", "account manager", FieldType::Person),
        FieldSpec::new("effective_at", "生效时间", "effective from", FieldType::Time(36_500, 36_500)).required(),
        FieldSpec::new("also/*", "另有机构在营销", "also worked by", FieldType::Bool),
    ],
    columns: Columns { unit: Some("unit"), owner: Some("owner"), occurred_at: Some("effective_at") },
    due: |_| None,
    leaves_phones: false,
    flags: |_| Vec::new(),
};

/// An assignment as the server writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    /// The unit that now holds the prospect.
    pub unit: UnitId,
    /// The account manager in it, if one is named.
    pub owner: Option<PersonId>,
    /// When it was written, which is when it takes effect.
    pub effective_at: PhoneTime,
    /// Other units that work a community of this name, as the server knew when it wrote this; nothing else is told of theirs.
    pub also: BTreeSet<UnitId>,
}

impl Assignment {
    /// The record's fields.
    pub fn to_fields(&self) -> Fields {
        let mut fields = Fields::new();
        fields.set("unit", Some(self.unit.as_str().into()));
        fields.set("owner", self.owner.as_ref().map(|owner| owner.as_str().into()));
        fields.set("effective_at", Some(self.effective_at.into()));
        for unit in &self.also {
            fields.set(&format!("also/{unit}"), Some(true.into()));
        }
        fields
    }

    /// Reads a record's fields.
    ///
    /// # Errors
    /// When the unit or the time is missing.
    pub fn read(fields: &Fields) -> Result<Self, Invalid> {
        Ok(Self {
            unit: required(fields.unit("unit"), "unit")?,
            owner: fields.person("owner"),
            effective_at: required(fields.time("effective_at"), "effective_at")?,
            also: fields
                .members("also", |value| *value == Value::Bool(true))
                .filter_map(|unit| unit.parse().ok())
                .collect(),
        })
    }
}

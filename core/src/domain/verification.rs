//! 核实: the back office's verdict on an outcome as it then was. It names the outcome's heads, so an outcome edited
//! afterwards is pending again. Written by the server, on a verifier's word.

use super::value::required;
use super::{
    Actions, Allowed, AudienceRule, Choice, Columns, Date, FieldSpec, FieldType, Fields, Invalid, KindSpec, Label,
    Money, Role,
};
use super::{PhoneTime, RecordId, UnitId, Value, WrittenBy};

/// The choices of the `verdict` field.
pub const VERDICT: &[Choice] = &[
    Choice { name: "confirmed", label: Label { zh: "已确认", en: "confirmed" } },
    Choice { name: "rejected", label: Label { zh: "已驳回", en: "rejected" } },
];

/// A verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The result stands in the ledger.
    Confirmed,
    /// It does not.
    Rejected,
}

impl Verdict {
    /// Its name in documents.
    pub fn name(self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::Rejected => "rejected",
        }
    }

    fn read(name: &str) -> Option<Self> {
        [Self::Confirmed, Self::Rejected].into_iter().find(|verdict| verdict.name() == name)
    }
}

/// The kind.
pub static KIND: KindSpec = KindSpec {
    name: "verification",
    label: Label { zh: "核实", en: "Verification" },
    written_by: WrittenBy::Server,
    audience: AudienceRule::ProspectsUnit,
    rights: &[
        Allowed::own(Role::AccountManager, Actions::READ),
        Allowed::own(Role::ProductManager, Actions::READ),
        Allowed::own(Role::BranchLeader, Actions::READ),
        Allowed::own(Role::Verifier, Actions::RECORD),
        Allowed::own(Role::HeadOffice, Actions::RECORD),
        Allowed::own(Role::Auditor, Actions::READ),
    ],
    fields: &[
        FieldSpec::new("outcome", "业绩", "outcome", FieldType::Record).required(),
        FieldSpec::new("heads", "版本", "version", FieldType::Hashes(16)).required(),
        FieldSpec::new("verdict", "结论", "verdict", FieldType::Choice(VERDICT)).required(),
        FieldSpec::new("reason", "理由", "reason", FieldType::Text(500)).searched(),
        FieldSpec::new("amount", "核实金额", "verified amount", FieldType::Money),
        FieldSpec::new("opened_on", "核实日期", "verified date", FieldType::Date(100, 100)),
        FieldSpec::new("unit", "计入机构", "credited unit", FieldType::Unit),
        FieldSpec::new("verified_at", "核实时间", "verified at", FieldType::Time(36_500, 36_500)).required(),
    ],
    columns: Columns { unit: Some("unit"), occurred_at: Some("verified_at"), ..Columns::NONE },
    due: |_| None,
    leaves_phones: false,
    flags: |_| Vec::new(),
};

/// A verdict as the server writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verification {
    /// The outcome judged.
    pub outcome: RecordId,
    /// Its heads when it was judged, 32 bytes each, sorted.
    pub heads: Vec<u8>,
    /// The verdict.
    pub verdict: Verdict,
    /// Why, in words for the claimant.
    pub reason: Option<String>,
    /// The amount found in the ledger, if it differs.
    pub amount: Option<Money>,
    /// The day found in the ledger, if it differs.
    pub opened_on: Option<Date>,
    /// The unit it is credited to, if not the claimant's home unit.
    pub unit: Option<UnitId>,
    /// When it was judged.
    pub verified_at: PhoneTime,
}

impl Verification {
    /// The record's fields.
    pub fn to_fields(&self) -> Fields {
        let mut fields = Fields::new();
        fields.set("outcome", Some(self.outcome.into()));
        fields.set("heads", Some(Value::Bytes(self.heads.clone())));
        fields.set("verdict", Some(self.verdict.name().into()));
        fields.set("reason", self.reason.as_deref().map(Into::into));
        fields.set("amount", self.amount.map(Into::into));
        fields.set("opened_on", self.opened_on.map(Into::into));
        fields.set("unit", self.unit.as_ref().map(|unit| unit.as_str().into()));
        fields.set("verified_at", Some(self.verified_at.into()));
        fields
    }

    /// Reads a record's fields.
    ///
    /// # Errors
    /// When what it judges, the verdict or the time is missing.
    pub fn read(fields: &Fields) -> Result<Self, Invalid> {
        Ok(Self {
            outcome: required(fields.record("outcome"), "outcome")?,
            heads: required(fields.bytes("heads"), "heads")?.to_vec(),
            verdict: required(fields.text("verdict").and_then(Verdict::read), "verdict")?,
            reason: fields.text("reason").map(str::to_owned),
            amount: fields.money("amount"),
            opened_on: fields.date("opened_on"),
            unit: fields.unit("unit"),
            verified_at: required(fields.time("verified_at"), "verified_at")?,
        })
    }
}

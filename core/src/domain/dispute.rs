//! 质疑: a remark on a fact as it counts or does not, by a leader who doubts it, and the answers to it. Nothing of it is ever
//! edited, so the trail stays. Written by the server, on the word of whoever is logged in.

use super::value::required;
use super::{
    Actions, Allowed, AudienceRule, Columns, FieldSpec, FieldType, Fields, Invalid, KindSpec, Label, PersonId,
    PhoneTime, RecordId, Role, WrittenBy,
};

/// The kind.
pub static KIND: KindSpec = KindSpec {
    name: "dispute",
    label: Label { zh: "质疑", en: "Dispute" },
    written_by: WrittenBy::Server,
    audience: AudienceRule::ProspectsUnit,
    rights: &[
        Allowed::own(Role::AccountManager, Actions::READ),
        Allowed::own(Role::ProductManager, Actions::READ),
        Allowed::own(Role::BranchLeader, Actions::RECORD),
        Allowed::own(Role::Verifier, Actions::RECORD),
        Allowed::own(Role::HeadOffice, Actions::RECORD),
        Allowed::own(Role::Auditor, Actions::READ),
    ],
    fields: &[
        FieldSpec::new("about", "关于记录", "about the record", FieldType::Record).required(),
        FieldSpec::new("campaign", "营销活动", "campaign", FieldType::Record).required(),
        FieldSpec::new("answers", "答复", "answers the dispute", FieldType::Record),
        FieldSpec::new("settled", "已了结", "settled", FieldType::Bool),
        FieldSpec::new("text", "意见", "remark", FieldType::Text(2000)).required().searched(),
        FieldSpec::new("by", "提出人", "by whom", FieldType::Person).required(),
        FieldSpec::new("said_at", "时间", "said at", FieldType::Time(36_500, 36_500)).required(),
    ],
    columns: Columns { occurred_at: Some("said_at"), owner: Some("by"), ..Columns::NONE },
    due: |_| None,
    leaves_phones: false,
    flags: |_| Vec::new(),
};

/// A remark, or an answer to one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dispute {
    /// The visit, activity or outcome.
    pub about: RecordId,
    /// In which campaign it counts, or does not.
    pub campaign: RecordId,
    /// The remark that this answers; none if it begins a trail.
    pub answers: Option<RecordId>,
    /// Whether it ends the trail.
    pub settled: bool,
    /// What is said.
    pub text: String,
    /// By whom.
    pub by: PersonId,
    /// When.
    pub said_at: PhoneTime,
}

impl Dispute {
    /// The record's fields.
    pub fn to_fields(&self) -> Fields {
        let mut fields = Fields::new();
        fields.set("about", Some(self.about.into()));
        fields.set("campaign", Some(self.campaign.into()));
        fields.set("answers", self.answers.map(Into::into));
        fields.set("settled", self.settled.then(|| true.into()));
        fields.set("text", Some(self.text.as_str().into()));
        fields.set("by", Some(self.by.as_str().into()));
        fields.set("said_at", Some(self.said_at.into()));
        fields
    }

    /// Reads a record's fields.
    ///
    /// # Errors
    /// When it does not say what it is about, by whom or when.
    pub fn read(fields: &Fields) -> Result<Self, Invalid> {
        Ok(Self {
            about: required(fields.record("about"), "about")?,
            campaign: required(fields.record("campaign"), "campaign")?,
            answers: fields.record("answers"),
            settled: fields.bool("settled").unwrap_or(false),
            text: required(fields.text("text"), "text")?.to_owned(),
            by: required(fields.person("by"), "by")?,
            said_at: required(fields.time("said_at"), "said_at")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_remark_survives_its_fields() {
        let remark = Dispute {
            about: RecordId::new(1_000, [3; 10]),
            campaign: RecordId::new(1_000, [4; 10]),
            answers: Some(RecordId::new(1_000, [5; 10])),
            settled: true,
            text: "金额与台账不符".to_owned(),
            by: "HP-L1".parse().expect("a person"),
            said_at: PhoneTime::from_millis(1_773_021_600_000).expect("a time"),
        };
        assert_eq!(Dispute::read(&remark.to_fields()), Ok(remark));
    }
}

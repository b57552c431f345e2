//! 周通报 as phones and everybody in the bank get it: that a week's ranking was sealed, its digest, and a text short enough
//! to be sent on. The rows themselves are on the server's pages. Written by the server alone.

use super::value::required;
use super::{
    Actions, Allowed, AudienceRule, Columns, Digest, FieldSpec, FieldType, Fields, Invalid, KindSpec, Label, PhoneTime,
    RecordId, Role, Value, Week, WrittenBy,
};

/// The kind.
pub static KIND: KindSpec = KindSpec {
    name: "bulletin",
    label: Label { zh: "周通报", en: "Bulletin" },
    written_by: WrittenBy::Server,
    audience: AudienceRule::Bank,
    rights: &[
        Allowed::own(Role::AccountManager, Actions::READ),
        Allowed::own(Role::ProductManager, Actions::READ),
        Allowed::own(Role::BranchLeader, Actions::READ),
        Allowed::own(Role::Verifier, Actions::READ),
        Allowed::own(Role::ServiceDesk, Actions::READ),
        Allowed::own(Role::HeadOffice, Actions::RECORD),
        Allowed::own(Role::Auditor, Actions::READ),
    ],
    fields: &[
        FieldSpec::new("campaign", "营销活动", "campaign", FieldType::Record).required(),
        FieldSpec::new("week", "周", "week", FieldType::Week).required(),
        FieldSpec::new("revision", "第几版", "revision", FieldType::Int(1, 1_000_000)).required(),
        FieldSpec::new("sealed_at", "封存时间", "sealed at", FieldType::Time(36_500, 36_500)).required(),
        FieldSpec::new("digest", "摘要", "digest", FieldType::Digest).required(),
        FieldSpec::new("text", "简讯", "short text", FieldType::Text(4000)).searched(),
        FieldSpec::new("news", "营销动态", "news of the week", FieldType::Text(4000)).searched(),
    ],
    columns: Columns { occurred_at: Some("sealed_at"), ..Columns::NONE },
    due: |_| None,
    leaves_phones: false,
    flags: |_| Vec::new(),
};

/// That a bulletin was sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The campaign.
    pub campaign: RecordId,
    /// The week.
    pub week: Week,
    /// From 1.
    pub revision: i64,
    /// When.
    pub sealed_at: PhoneTime,
    /// The digest of its sheet.
    pub digest: Digest,
    /// What it says, in a few lines for a messaging app.
    pub text: String,
    /// Head office's news of the week.
    pub news: String,
}

impl Notice {
    /// The record's fields.
    pub fn to_fields(&self) -> Fields {
        let mut fields = Fields::new();
        let text = |text: &str| (!text.is_empty()).then(|| Value::from(text));
        fields.set("campaign", Some(self.campaign.into()));
        fields.set("week", Some(self.week.to_string().as_str().into()));
        fields.set("revision", Some(self.revision.into()));
        fields.set("sealed_at", Some(self.sealed_at.into()));
        fields.set("digest", Some(Value::Bytes(self.digest.as_bytes().to_vec())));
        fields.set("text", text(&self.text));
        fields.set("news", text(&self.news));
        fields
    }

    /// Reads a record's fields.
    ///
    /// # Errors
    /// When it does not say which bulletin it is, or of when.
    pub fn read(fields: &Fields) -> Result<Self, Invalid> {
        let text = |name| fields.text(name).unwrap_or_default().to_owned();
        Ok(Self {
            campaign: required(fields.record("campaign"), "campaign")?,
            week: required(fields.text("week"), "week")?.parse()?,
            revision: required(fields.int("revision"), "revision")?,
            sealed_at: required(fields.time("sealed_at"), "sealed_at")?,
            digest: Digest::from_bytes(required(fields.bytes("digest"), "digest")?)?,
            text: text("text"),
            news: text("news"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notice_survives_its_fields() {
        let notice = Notice {
            campaign: RecordId::new(1_000, [3; 10]),
            week: "2026-W10".parse().expect("a week"),
            revision: 2,
            sealed_at: PhoneTime::from_millis(1_773_021_600_000).expect("a time"),
            digest: Digest::of(b"a sheet"),
            text: "第10周通报".to_owned(),
            news: String::new(),
        };
        assert_eq!(Notice::read(&notice.to_fields()), Ok(notice));
    }
}

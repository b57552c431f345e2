//! 附件: a photo or a recording of something recorded about a prospect. The record says what it is; its bytes travel apart, are
//! known by their digest, and are fetched by whoever may hold the record. So no record waits for its photo.

use super::value::required;
use super::{
    Actions, Allowed, AudienceRule, Columns, Digest, FieldSpec, FieldType, Fields, Invalid, KindSpec, Label, PhoneTime,
    RecordId, Role, Value, WrittenBy,
};

/// The largest attachment, in bytes.
pub const MAX_BYTES: u64 = 20 * 1024 * 1024;

/// The kind.
pub static KIND: KindSpec = KindSpec {
    name: "attachment",
    label: Label { zh: "附件", en: "Attachment" },
    written_by: WrittenBy::Author,
    audience: AudienceRule::ProspectsUnit,
    rights: &[
        Allowed::own(Role::AccountManager, Actions::RECORD),
        Allowed::own(Role::ProductManager, Actions::RECORD),
        Allowed::own(Role::BranchLeader, Actions::RECORD),
        Allowed::own(Role::ServiceDesk, Actions::READ),
        Allowed::own(Role::HeadOffice, Actions::RECORD),
        Allowed::own(Role::Auditor, Actions::READ),
    ],
    fields: &[
        FieldSpec::new("of", "所属记录", "belongs to", FieldType::Record).required(),
        FieldSpec::new("digest", "摘要", "digest", FieldType::Digest).required(),
        FieldSpec::new("size", "大小（字节）", "size in bytes", FieldType::Int(1, MAX_BYTES.cast_signed())).required(),
        FieldSpec::new("media_type", "类型", "type", FieldType::Text(100)).required(),
        FieldSpec::new("name", "名称", "name", FieldType::Text(200)).searched(),
        FieldSpec::new("taken_at", "拍摄时间", "taken at", FieldType::Time(3650, 1)),
    ],
    columns: Columns { occurred_at: Some("taken_at"), ..Columns::NONE },
    due: |_| None,
    leaves_phones: false,
    flags: |_| Vec::new(),
};

/// What an attachment is attached to, and what is said of it, before its bytes are looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caption {
    /// The record that it belongs to: the prospect itself, a visit, an outcome.
    pub of: RecordId,
    /// What its bytes are, such as `image/jpeg`.
    pub media_type: String,
    /// What people call it.
    pub name: Option<String>,
    /// When it was taken.
    pub taken_at: Option<PhoneTime>,
}

/// An attachment as it is recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// What is said of it.
    pub caption: Caption,
    /// The digest by which its bytes are known.
    pub digest: Digest,
    /// How many bytes they are.
    pub size: u64,
}

impl Attachment {
    /// The record's fields.
    pub fn to_fields(&self) -> Fields {
        let mut fields = Fields::new();
        fields.set("of", Some(self.caption.of.into()));
        fields.set("digest", Some(Value::Bytes(self.digest.as_bytes().to_vec())));
        fields.set("size", Some(i64::try_from(self.size).unwrap_or(i64::MAX).into()));
        fields.set("media_type", Some(self.caption.media_type.as_str().into()));
        fields.set("name", self.caption.name.as_deref().map(Into::into));
        fields.set("taken_at", self.caption.taken_at.map(Into::into));
        fields
    }

    /// Reads a record's fields; an optional one that is out of range is absent.
    ///
    /// # Errors
    /// When it does not say what its bytes are, or that they are more than an attachment may have.
    pub fn read(fields: &Fields) -> Result<Self, Invalid> {
        let text = |name| fields.text(name).map(str::to_owned);
        let digest = fields.bytes("digest").map(Digest::from_bytes).transpose()?;
        let size = fields.int("size").and_then(|size| u64::try_from(size).ok());
        let bounded = |size: &u64| (1..=MAX_BYTES).contains(size);
        Ok(Self {
            caption: Caption {
                of: required(fields.record("of"), "of")?,
                media_type: required(text("media_type"), "media_type")?,
                name: text("name"),
                taken_at: fields.time("taken_at"),
            },
            digest: required(digest, "digest")?,
            size: required(size.filter(bounded), "size")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attachment_says_what_its_bytes_are_and_names_what_is_wrong() {
        let now = PhoneTime::from_millis(1_772_985_600_000).expect("a time");
        let photo = Attachment {
            caption: Caption {
                of: RecordId::new(1, [1; 10]),
                media_type: "image/jpeg".into(),
                name: Some("大门".into()),
                taken_at: Some(now),
            },
            digest: Digest::of(b"a photo"),
            size: 7,
        };
        let fields = photo.to_fields();
        assert_eq!(KIND.check_new(&fields, now), Ok(()));
        assert_eq!(Attachment::read(&fields), Ok(photo));
        let with = |name: &str, value: Value| {
            let mut wrong = fields.clone();
            wrong.set(name, Some(value));
            (KIND.check_new(&wrong, now).map_err(|error| error.what), Attachment::read(&wrong).is_err())
        };
        let too_large = Value::Int(MAX_BYTES.cast_signed() + 1);
        assert_eq!(with("size", too_large), (Err("size".into()), true));
        assert_eq!(with("size", Value::Int(0)), (Err("size".into()), true));
        assert_eq!(with("digest", Value::Bytes(vec![1; 31])), (Err("digest".into()), true));
        assert_eq!(with("digest", Value::Bytes(vec![])), (Err("digest".into()), true));
    }
}

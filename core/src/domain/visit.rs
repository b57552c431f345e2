//! 走访: one contact with a prospect. Visits are what a manager's day is made of, so one is written once and rarely edited.

use super::value::required;
use super::{
    Actions, Allowed, AudienceRule, Choice, Columns, FieldSpec, FieldType, Fields, Invalid, KindSpec, Label, Money,
    PhoneTime, Role, WrittenBy,
};

/// How the contact was made.
pub const CHANNEL: &[Choice] = &[
    Choice { name: "on_site", label: Label { zh: "上门", en: "on site" } },
    Choice { name: "phone", label: Label { zh: "电话", en: "by phone" } },
    Choice { name: "video", label: Label { zh: "视频", en: "by video" } },
    Choice { name: "forum", label: Label { zh: "论坛", en: "at a forum" } },
];

/// What a gift may be worth at most (`[etiquette]`: 200 yuan).
pub const GIFT_LIMIT_FEN: i64 = 20_000;

/// The kind.
pub static KIND: KindSpec = KindSpec {
    name: "visit",
    label: Label { zh: "走访", en: "Visit" },
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
        FieldSpec::new("occurred_at", "时间", "time", FieldType::Time(730, 1)).required().scoring(),
        FieldSpec::new("channel", "方式", "channel", FieldType::Choice(CHANNEL)).required(),
        FieldSpec::new("purpose", "目的", "purpose", FieldType::Text(200)),
        FieldSpec::new("met", "会见对象", "whom one met", FieldType::Text(200)),
        FieldSpec::new("note", "记录", "note", FieldType::Text(4000)),
        FieldSpec::new("minutes", "时长（分钟）", "minutes", FieldType::Int(0, 1440)),
        FieldSpec::new("gift_value", "礼品金额", "value of a gift", FieldType::Money),
        FieldSpec::new("next_step", "下一步", "next step", FieldType::Text(400)),
        FieldSpec::new("next_at", "下次时间", "next time", FieldType::Time(730, 730)),
        FieldSpec::new("owner", "走访人", "visitor", FieldType::Person),
    ],
    columns: Columns { occurred_at: Some("occurred_at"), owner: Some("owner"), ..Columns::NONE },
    due: |fields| fields.time("next_at"),
    leaves_phones: true,
    flags: |fields| match fields.int("gift_value") {
        Some(fen) if fen > GIFT_LIMIT_FEN => vec!["gift-above-limit"],
        _ => Vec::new(),
    },
};

/// A visit as it is recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visit {
    /// When it took place, as the person says.
    pub occurred_at: PhoneTime,
    /// One of [`CHANNEL`].
    pub channel: String,
    /// Why one came (`[case]`: say it with confidence).
    pub purpose: Option<String>,
    /// Whom one met.
    pub met: Option<String>,
    /// What was said.
    pub note: Option<String>,
    /// How long it took.
    pub minutes: Option<i64>,
    /// What a gift was worth.
    pub gift_value: Option<Money>,
    /// What comes next.
    pub next_step: Option<String>,
    /// When it comes.
    pub next_at: Option<PhoneTime>,
}

impl Visit {
    /// A visit on site with a note.
    pub fn on_site(occurred_at: PhoneTime, note: impl Into<String>) -> Self {
        Self {
            occurred_at,
            channel: "on_site".to_owned(),
            purpose: None,
            met: None,
            note: Some(note.into()),
            minutes: None,
            gift_value: None,
            next_step: None,
            next_at: None,
        }
    }

    /// The record's fields.
    pub fn to_fields(&self) -> Fields {
        let text = |text: &Option<String>| text.as_deref().map(Into::into);
        let mut fields = Fields::new();
        fields.set("occurred_at", Some(self.occurred_at.into()));
        fields.set("channel", Some(self.channel.as_str().into()));
        fields.set("purpose", text(&self.purpose));
        fields.set("met", text(&self.met));
        fields.set("note", text(&self.note));
        fields.set("minutes", self.minutes.map(Into::into));
        fields.set("gift_value", self.gift_value.map(Into::into));
        fields.set("next_step", text(&self.next_step));
        fields.set("next_at", self.next_at.map(Into::into));
        fields
    }

    /// Reads a record's fields; what is missing or out of range is absent.
    ///
    /// # Errors
    /// When the time or the channel is missing.
    pub fn read(fields: &Fields) -> Result<Self, Invalid> {
        let text = |name| fields.text(name).map(str::to_owned);
        Ok(Self {
            occurred_at: required(fields.time("occurred_at"), "occurred_at")?,
            channel: required(text("channel"), "channel")?,
            purpose: text("purpose"),
            met: text("met"),
            note: text("note"),
            minutes: fields.int("minutes"),
            gift_value: fields.money("gift_value"),
            next_step: text("next_step"),
            next_at: fields.time("next_at"),
        })
    }
}

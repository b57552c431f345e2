//! Records as apps see them: plain values in, plain values out. Nothing here decides anything; the engine checks.

use crate::PhoneError;
use crate::edge::{count, named};
use canvass_core::domain::prospect::Prospect;
use canvass_core::domain::visit::Visit;
use canvass_core::domain::{Bank, DeviceNumber, Fields, GeoPoint, Money, PhoneTime, Value};
use canvass_core::replica::{InboxEntry as CoreEntry, InboxReason as CoreReason, RecordView};
use std::collections::HashMap;

/// What a field holds.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Enum)]
pub enum FieldValue {
    /// Nothing: the field was cleared.
    Empty,
    /// Yes or no.
    YesNo {
        /// Which.
        value: bool,
    },
    /// A whole number; money is fen, coordinates are 10⁻⁷ degree.
    Number {
        /// The number.
        value: i64,
    },
    /// Text; also a choice, a date (`2026-03-09`), a unit's or a person's code.
    Text {
        /// The text.
        value: String,
    },
    /// Bytes, such as another record's id.
    Bytes {
        /// The bytes.
        value: Vec<u8>,
    },
    /// A moment.
    Moment {
        /// Milliseconds since 1970.
        value: i64,
    },
}

impl From<Value> for FieldValue {
    fn from(value: Value) -> Self {
        match value {
            Value::Null => Self::Empty,
            Value::Bool(value) => Self::YesNo { value },
            Value::Int(value) => Self::Number { value },
            Value::Text(value) => Self::Text { value },
            Value::Bytes(value) => Self::Bytes { value },
            Value::Time(value) => Self::Moment { value },
        }
    }
}

impl From<FieldValue> for Value {
    fn from(value: FieldValue) -> Self {
        match value {
            FieldValue::Empty => Self::Null,
            FieldValue::YesNo { value } => Self::Bool(value),
            FieldValue::Number { value } => Self::Int(value),
            FieldValue::Text { value } => Self::Text(value),
            FieldValue::Bytes { value } => Self::Bytes(value),
            FieldValue::Moment { value } => Self::Time(value),
        }
    }
}

/// A place on the globe (WGS-84).
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Record)]
pub struct Place {
    /// Latitude in 10⁻⁷ degree.
    pub lat_e7: i64,
    /// Longitude in 10⁻⁷ degree.
    pub lon_e7: i64,
    /// Accuracy in metres, as the receiver claims.
    pub accuracy_m: u32,
}

/// A community as it is first recorded. An error names the field as the record does: `fund_estimate`, without its unit.
#[derive(Debug, Clone, Default, PartialEq, Eq, uniffi::Record)]
pub struct ProspectDraft {
    /// The community's name.
    pub name: String,
    /// Street address.
    #[uniffi(default = None)]
    pub address: Option<String>,
    /// District of the city.
    #[uniffi(default = None)]
    pub district: Option<String>,
    /// Area within the district.
    #[uniffi(default = None)]
    pub area: Option<String>,
    /// Where it is.
    #[uniffi(default = None)]
    pub place: Option<Place>,
    /// Number of households.
    #[uniffi(default = None)]
    pub households: Option<i64>,
    /// What its maintenance fund is thought to hold, in fen.
    #[uniffi(default = None)]
    pub fund_estimate_fen: Option<i64>,
    /// Mean price of a square metre, in fen.
    #[uniffi(default = None)]
    pub price_level_fen: Option<i64>,
    /// `good`, `fair` or `poor`.
    #[uniffi(default = None)]
    pub management_quality: Option<String>,
    /// `none`, `forming` or `elected`.
    #[uniffi(default = None)]
    pub owner_committee: Option<String>,
    /// Where its fund lies now.
    #[uniffi(default = None)]
    pub current_bank: Option<String>,
}

impl TryFrom<ProspectDraft> for Prospect {
    type Error = PhoneError;

    fn try_from(draft: ProspectDraft) -> Result<Self, PhoneError> {
        let place = draft.place.map(|place| GeoPoint::new(place.lat_e7, place.lon_e7, place.accuracy_m));
        Ok(Self {
            name: draft.name,
            address: draft.address,
            district: draft.district,
            area: draft.area,
            place: named("place", place.transpose())?,
            households: draft.households,
            fund_estimate: money("fund_estimate", draft.fund_estimate_fen)?,
            price_level: money("price_level", draft.price_level_fen)?,
            management_quality: draft.management_quality,
            owner_committee: draft.owner_committee,
            current_bank: draft.current_bank,
        })
    }
}

/// A visit as it is recorded. An error names the field as the record does: `gift_value`, without its unit.
#[derive(Debug, Clone, Default, PartialEq, Eq, uniffi::Record)]
pub struct VisitDraft {
    /// When it took place, in milliseconds since 1970.
    pub occurred_at_ms: i64,
    /// `on_site`, `phone`, `video`, `forum`, `message` or `mail`.
    pub channel: String,
    /// Why one came.
    #[uniffi(default = None)]
    pub purpose: Option<String>,
    /// Whom one met.
    #[uniffi(default = None)]
    pub met: Option<String>,
    /// What was said.
    #[uniffi(default = None)]
    pub note: Option<String>,
    /// How long it took, in minutes.
    #[uniffi(default = None)]
    pub minutes: Option<i64>,
    /// What a gift was worth, in fen.
    #[uniffi(default = None)]
    pub gift_value_fen: Option<i64>,
    /// What comes next.
    #[uniffi(default = None)]
    pub next_step: Option<String>,
    /// When it comes, in milliseconds since 1970.
    #[uniffi(default = None)]
    pub next_at_ms: Option<i64>,
}

impl TryFrom<VisitDraft> for Visit {
    type Error = PhoneError;

    fn try_from(draft: VisitDraft) -> Result<Self, PhoneError> {
        Ok(Self {
            occurred_at: named("occurred_at", PhoneTime::from_millis(draft.occurred_at_ms))?,
            channel: draft.channel,
            purpose: draft.purpose,
            met: draft.met,
            note: draft.note,
            minutes: draft.minutes,
            gift_value: money("gift_value", draft.gift_value_fen)?,
            next_step: draft.next_step,
            next_at: named("next_at", draft.next_at_ms.map(PhoneTime::from_millis).transpose())?,
        })
    }
}

fn money(field: &str, fen: Option<i64>) -> Result<Option<Money>, PhoneError> {
    named(field, fen.map(Money::from_fen).transpose())
}

/// One record as a screen shows it.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct RecordSummary {
    /// Its id.
    pub id: String,
    /// Its kind: one of those that `kinds` lists, or one from a newer version.
    pub kind: String,
    /// The prospect it belongs to; a prospect names itself.
    pub prospect: Option<String>,
    /// When it happened, as its person says, in milliseconds since 1970.
    pub occurred_at_ms: Option<i64>,
    /// One line that stands for it in a list.
    pub title: String,
    /// Every field as shown.
    pub fields: HashMap<String, FieldValue>,
    /// Fields on which people disagree.
    pub conflicts: Vec<ConflictView>,
    /// Tolerated oddities, such as `gift-above-limit`.
    pub flags: Vec<String>,
    /// Whether it was withdrawn.
    pub withdrawn: bool,
    /// The device that began it.
    pub author: Option<u32>,
    /// That device's person; nothing before the first sync.
    pub author_name: Option<String>,
    /// How many of its changes the server does not have yet. Only at 0 may it be shown as synced.
    pub unsynced: u32,
}

/// A field on which people put different values at the same time. `resolve` settles it.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct ConflictView {
    /// The field.
    pub field: String,
    /// Every value that stands, in an order that is the same on all phones.
    pub claims: Vec<ClaimView>,
    /// What all of them knew before.
    pub before: Option<FieldValue>,
}

/// One value of a field in conflict.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct ClaimView {
    /// The value.
    pub value: FieldValue,
    /// The device that put it.
    pub author: Option<u32>,
    /// That device's person; nothing before the first sync.
    pub author_name: Option<String>,
    /// When, by that device's clock, in milliseconds since 1970.
    pub at_ms: Option<i64>,
}

/// Why something is in the inbox.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Enum)]
pub enum InboxReason {
    /// The server would not take it.
    Refused {
        /// The rule, for programs.
        code: String,
        /// What happened and what to do.
        words: String,
    },
    /// Others changed these fields meanwhile, so this edit of them was not made again.
    Overtaken,
}

/// Something the person should look at.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct InboxEntry {
    /// Names the entry, for `dismiss`.
    pub id: String,
    /// The record it is about.
    pub record: String,
    /// The record's kind.
    pub kind: String,
    /// Why it is here.
    pub reason: InboxReason,
    /// What the person had put: edit the record with it to send it again.
    pub fields: HashMap<String, FieldValue>,
    /// When it came here, by this phone's clock, in milliseconds since 1970.
    pub at_ms: i64,
}

pub(crate) fn shown(fields: Fields) -> HashMap<String, FieldValue> {
    fields.into_iter().map(|(name, value)| (name.to_string(), value.into())).collect()
}

/// A record for a screen; the bank gives its authors their names.
pub(crate) fn summary(view: RecordView, bank: &Bank) -> RecordSummary {
    let row = view.row;
    let name = |device: Option<DeviceNumber>| Some(bank.holder(device?)?.name.clone());
    // The first that says what the record is about; a kind without words of its own goes by its kind's name.
    let said = ["name", "purpose", "note", "reference", "reason"].iter().find_map(|field| row.fields.text(field));
    let kind = row.kind.spec().map_or(row.kind.name(), |spec| spec.label.zh);
    let title = said.and_then(|text| text.lines().next()).unwrap_or(kind).to_owned();
    let mut conflicts = Vec::new();
    for conflict in row.conflicts {
        let mut claims = Vec::new();
        for claim in conflict.claims {
            claims.push(ClaimView {
                value: claim.value.into(),
                author: claim.author.map(DeviceNumber::get),
                author_name: name(claim.author),
                at_ms: claim.at.map(PhoneTime::millis),
            });
        }
        let before = conflict.before.map(Into::into);
        conflicts.push(ConflictView { field: conflict.field.to_string(), claims, before });
    }
    RecordSummary {
        id: row.id.to_string(),
        kind: row.kind.to_string(),
        prospect: row.prospect.map(|id| id.to_string()),
        occurred_at_ms: row.occurred_at.map(PhoneTime::millis),
        title,
        fields: shown(row.fields),
        conflicts,
        flags: row.flags,
        withdrawn: row.withdrawn,
        author: row.author.map(DeviceNumber::get),
        author_name: name(row.author),
        unsynced: count(view.unsynced),
    }
}

impl From<CoreEntry> for InboxEntry {
    fn from(entry: CoreEntry) -> Self {
        Self {
            id: entry.hash.to_string(),
            record: entry.record.to_string(),
            kind: entry.kind.to_string(),
            reason: match entry.reason {
                CoreReason::Refused { code, words } => InboxReason::Refused { code, words },
                CoreReason::Overtaken => InboxReason::Overtaken,
            },
            fields: shown(entry.fields),
            at_ms: entry.at.millis(),
        }
    }
}

//! Every kind of record by its description: what an app builds forms from, and the one call that records any of them. A kind that a
//! newer engine brings needs no new call.

use crate::edge::parsed;
use crate::{FieldValue, Phone, PhoneError};
use canvass_core::domain::{
    self, AudienceRule, FieldName, FieldSpec, FieldType, Fields, Invalid, KINDS, Kind, KindSpec, Label, Required,
    WrittenBy, prospect,
};
use std::collections::HashMap;

/// A word in both languages.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Words {
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

impl From<Label> for Words {
    fn from(label: Label) -> Self {
        Self { zh: label.zh.to_owned(), en: label.en.to_owned() }
    }
}

impl From<domain::Words> for Words {
    fn from(words: domain::Words) -> Self {
        Self { zh: words.zh, en: words.en }
    }
}

/// A flag in words.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct FlagWords {
    /// What it is called.
    pub label: Words,
    /// What it means and what to do.
    pub means: Words,
}

/// A kind of record.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct KindView {
    /// Its name, for `create` and `list`.
    pub name: String,
    /// What people call it.
    pub label: Words,
    /// Whether people record it on phones; the others only the server writes.
    pub recorded_here: bool,
    /// Whether it belongs to a prospect, which `create` must be told.
    pub of_prospect: bool,
    /// Whether it lies with the dossiers, locked when those are.
    pub confidential: bool,
    /// Its fields, in the order of a form.
    pub fields: Vec<FieldView>,
}

/// A field of a kind.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct FieldView {
    /// Its name. A `*` stands for any one word: where steps end in one, `step/approach` and `step/closing` are fields.
    pub name: String,
    /// What people call it.
    pub label: Words,
    /// What it holds.
    pub holds: Holds,
    /// Whether a record cannot be created without it.
    pub required: bool,
    /// The other field that does as well.
    pub instead: Option<String>,
}

/// What a field holds, which is also how it is given as a `FieldValue`.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Enum)]
pub enum Holds {
    /// `Text` of at most so many bytes (a Chinese character has three).
    Words {
        /// How many.
        max_bytes: u32,
    },
    /// `Text`, one of these.
    Choice {
        /// Which.
        options: Vec<OptionView>,
    },
    /// `Number` in a range.
    Whole {
        /// The least.
        min: i64,
        /// The greatest.
        max: i64,
    },
    /// `Number` of fen.
    Fen,
    /// `YesNo`.
    Truth,
    /// `Text` such as `2026-03-09`.
    Day,
    /// `Moment`.
    Time,
    /// `Bytes` of another record's id: `id_bytes` makes them.
    Record,
    /// `Text`: the code of a unit, a person, a zone or a week.
    Code,
    /// `Number` of 10⁻⁷ degrees.
    Degrees,
    /// `Bytes` that only the engine makes.
    Made,
}

/// One value that a choice can take.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct OptionView {
    /// The value.
    pub name: String,
    /// What people call it.
    pub label: Words,
}

impl From<FieldType> for Holds {
    fn from(ty: FieldType) -> Self {
        match ty {
            FieldType::Text(max) => Self::Words { max_bytes: crate::edge::count(max) },
            FieldType::Choice(options) => Self::Choice {
                options: options
                    .iter()
                    .map(|o| OptionView { name: o.name.to_owned(), label: o.label.into() })
                    .collect(),
            },
            FieldType::Int(min, max) => Self::Whole { min, max },
            FieldType::Money => Self::Fen,
            FieldType::Bool => Self::Truth,
            FieldType::Date(..) => Self::Day,
            FieldType::Time(..) => Self::Time,
            FieldType::Record => Self::Record,
            FieldType::Unit | FieldType::Person | FieldType::Zone | FieldType::Week => Self::Code,
            FieldType::Latitude | FieldType::Longitude => Self::Degrees,
            FieldType::Hashes(_) | FieldType::Digest => Self::Made,
        }
    }
}

impl From<&FieldSpec> for FieldView {
    fn from(field: &FieldSpec) -> Self {
        let (required, instead) = match field.required {
            Required::Never => (false, None),
            Required::Always => (true, None),
            Required::Unless(other) => (true, Some(other.to_owned())),
        };
        Self { name: field.name.to_owned(), label: field.label.into(), holds: field.ty.into(), required, instead }
    }
}

impl From<&KindSpec> for KindView {
    fn from(kind: &KindSpec) -> Self {
        Self {
            name: kind.name.to_owned(),
            label: kind.label.into(),
            recorded_here: kind.written_by != WrittenBy::Server,
            of_prospect: kind.audience != AudienceRule::Bank && kind.name != prospect::KIND.name,
            confidential: kind.is_confidential(),
            fields: kind.fields.iter().map(Into::into).collect(),
        }
    }
}

/// A record's flag in words; nothing for one that only a newer version gives.
#[uniffi::export]
pub fn explain_flag(flag: String) -> Option<FlagWords> {
    let spec = domain::FlagSpec::of(&flag)?;
    Some(FlagWords { label: spec.label.into(), means: spec.explain().into() })
}

/// Every kind of record that this version knows.
#[uniffi::export]
pub fn kinds() -> Vec<KindView> {
    KINDS.iter().map(|kind| KindView::from(*kind)).collect()
}

/// A record's id as a field that names another record holds it.
///
/// # Errors
/// When it is no id.
#[uniffi::export]
pub fn id_bytes(id: String) -> Result<Vec<u8>, PhoneError> {
    Ok(parsed::<canvass_core::domain::RecordId>("id", &id)?.as_bytes().to_vec())
}

/// Fields as the engine takes them.
pub(crate) fn taken(fields: HashMap<String, FieldValue>) -> Result<Fields, PhoneError> {
    let mut taken = Fields::new();
    for (name, value) in fields {
        taken.put(parsed::<FieldName>(&name, &name)?, value.into());
    }
    Ok(taken)
}

/// A kind by its name.
pub(crate) fn known(kind: &str) -> Result<&'static KindSpec, PhoneError> {
    let names: Vec<_> = KINDS.iter().map(|kind| kind.name).collect();
    let invalid = || Invalid::new("kind", kind, format!("one of {}", names.join(", "))).into();
    parsed::<Kind>("kind", kind)?.spec().ok_or_else(invalid)
}

#[uniffi::export]
impl Phone {
    /// Records something of any kind and returns its id: a commitment, a complaint, a planned visit. When this returns, it is safe,
    /// with or without a network. `kinds` says which fields there are.
    ///
    /// # Errors
    /// When a field is wrong or missing (it is named), dossiers are locked, or storage is full.
    #[uniffi::method(default(prospect = None))]
    pub fn create(
        &self,
        kind: String,
        fields: HashMap<String, FieldValue>,
        prospect: Option<String>,
    ) -> Result<String, PhoneError> {
        let prospect = prospect.map(|prospect| parsed("prospect", &prospect)).transpose()?;
        self.begin(known(&kind)?, prospect, &taken(fields)?)
    }
}

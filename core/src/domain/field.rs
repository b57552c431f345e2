//! Names and types of fields. The gate checks a known field's scalar type and size; an edit on the phone is checked in
//! full. A newer phone's value out of an older one's range is therefore kept, and only flagged.

use super::{
    Date, Digest, Expected, GeoPoint, Invalid, Label, Money, PersonId, PhoneTime, RecordId, UnitId, Value, Week, Zone,
    date_from_text,
};
use jiff::ToSpan;
use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// A field's name: 1 to 64 of `A-Z a-z 0-9 . _ -` in segments parted by `/` (`team/<person>/share`).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FieldName(Arc<str>);

impl FieldName {
    /// The longest name in bytes.
    pub const MAX: usize = 64;

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for FieldName {
    type Err = Invalid;
    fn from_str(text: &str) -> Result<Self, Invalid> {
        let segment =
            |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'));
        if text.len() <= Self::MAX && text.split('/').all(segment) {
            Ok(Self(text.into()))
        } else {
            Err(Invalid::new("field name", text, "1 to 64 of A-Z a-z 0-9 . _ - in segments parted by /"))
        }
    }
}

impl Borrow<str> for FieldName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for FieldName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for FieldName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The scalar a field type is stored as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScalarType {
    /// [`Value::Bool`]
    Bool,
    /// [`Value::Int`]
    Int,
    /// [`Value::Text`]
    Text,
    /// [`Value::Bytes`]
    Bytes,
    /// [`Value::Time`]
    Time,
}

/// One of the values a choice field can take.
#[derive(Debug, Clone, Copy)]
pub struct Choice {
    /// The value in documents.
    pub name: &'static str,
    /// What pages show.
    pub label: Label,
}

/// What a field holds, and in which range.
#[derive(Debug, Clone, Copy)]
pub enum FieldType {
    /// Text of at most so many bytes.
    Text(usize),
    /// One of a list; a newer phone may know more.
    Choice(&'static [Choice]),
    /// A whole number in a range.
    Int(i64, i64),
    /// An amount in fen.
    Money,
    /// Yes or no.
    Bool,
    /// A day at most so many years before and after today.
    Date(i16, i16),
    /// A moment at most so many days before and after now.
    Time(i32, i32),
    /// Another record's id.
    Record,
    /// A unit's code.
    Unit,
    /// A person's code.
    Person,
    /// A time zone's name.
    Zone,
    /// An ISO week.
    Week,
    /// Latitude in 10⁻⁷ degree.
    Latitude,
    /// Longitude in 10⁻⁷ degree.
    Longitude,
    /// Change hashes, 32 bytes each, at most so many.
    Hashes(usize),
    /// The digest of bytes that lie elsewhere.
    Digest,
}

/// The longest unknown field's value in bytes.
pub(crate) const UNKNOWN_MAX: usize = 4096;

impl FieldType {
    /// The scalar this is stored as.
    pub fn scalar(self) -> ScalarType {
        match self {
            Self::Bool => ScalarType::Bool,
            Self::Int(..) | Self::Money | Self::Latitude | Self::Longitude => ScalarType::Int,
            Self::Time(..) => ScalarType::Time,
            Self::Record | Self::Hashes(_) | Self::Digest => ScalarType::Bytes,
            _ => ScalarType::Text,
        }
    }

    fn max_bytes(self) -> usize {
        match self {
            Self::Text(max) => max,
            Self::Hashes(max) => max * 32,
            Self::Record => 16,
            Self::Digest => 32,
            _ => 64,
        }
    }

    /// The gate's check: type and size, which two merged edits cannot break. Null is always allowed.
    ///
    /// # Errors
    /// Names the field, and the type or size it must have.
    pub fn check_shape(self, field: &str, value: &Value) -> Result<(), Invalid> {
        let length = match (self.scalar(), value) {
            (_, Value::Null) => 0,
            (ScalarType::Bool, Value::Bool(_))
            | (ScalarType::Int, Value::Int(_))
            | (ScalarType::Time, Value::Time(_)) => 0,
            (ScalarType::Text, Value::Text(text)) => text.len(),
            (ScalarType::Bytes, Value::Bytes(bytes)) => bytes.len(),
            (scalar, _) => return Err(Invalid::value(field, value, Expected::scalar(scalar))),
        };
        match value {
            _ if length <= self.max_bytes() => Ok(()),
            Value::Text(_) => Err(Invalid::bytes(field, length, Expected::text_up_to(self.max_bytes()))),
            _ => Err(Invalid::bytes(field, length, Expected::bytes_up_to(self.max_bytes()))),
        }
    }

    /// The range a stored value must keep; breaking it is a flag, not a refusal.
    ///
    /// # Errors
    /// Names the field and what it may hold.
    pub fn check_range(self, field: &str, value: &Value) -> Result<(), Invalid> {
        self.check_shape(field, value)?;
        let named = |error: Invalid| error.in_field(field);
        match (self, value) {
            (_, Value::Null) => Ok(()),
            (Self::Choice(options), Value::Text(text)) if !options.iter().any(|o| o.name == text) => {
                Err(Invalid::value(field, value, Expected::one_of(options)))
            }
            (Self::Int(min, max), Value::Int(int)) => in_range(field, *int, min, max),
            (Self::Latitude, Value::Int(int)) => in_range(field, *int, -GeoPoint::LAT_MAX, GeoPoint::LAT_MAX),
            (Self::Longitude, Value::Int(int)) => in_range(field, *int, -GeoPoint::LON_MAX, GeoPoint::LON_MAX),
            (Self::Money, Value::Int(int)) => Money::from_fen(*int).map(drop).map_err(named),
            (Self::Date(..), Value::Text(text)) => date_from_text(text).map(drop).map_err(named),
            (Self::Time(..), Value::Time(millis)) => PhoneTime::from_millis(*millis).map(drop).map_err(named),
            (Self::Record, Value::Bytes(bytes)) => RecordId::from_bytes(bytes).map(drop).map_err(named),
            (Self::Unit, Value::Text(text)) => text.parse::<UnitId>().map(drop).map_err(named),
            (Self::Person, Value::Text(text)) => text.parse::<PersonId>().map(drop).map_err(named),
            (Self::Zone, Value::Text(text)) => text.parse::<Zone>().map(drop).map_err(named),
            (Self::Week, Value::Text(text)) => text.parse::<Week>().map(drop).map_err(named),
            (Self::Digest, Value::Bytes(bytes)) => Digest::from_bytes(bytes).map(drop).map_err(named),
            (Self::Hashes(_), Value::Bytes(bytes)) if !bytes.len().is_multiple_of(32) => {
                Err(Invalid::bytes(field, bytes.len(), Expected::hashes()))
            }
            _ => Ok(()),
        }
    }

    /// The whole check, made on the phone before an edit: range, and times not decades away.
    ///
    /// # Errors
    /// Names the field and what it may hold.
    pub fn check_edit(self, field: &str, value: &Value, now: PhoneTime) -> Result<(), Invalid> {
        self.check_range(field, value)?;
        match (self, value) {
            (Self::Date(back, ahead), Value::Text(text)) => {
                let (date, today) = (date_from_text(text)?, now.date(&Zone::china()));
                let first: Date = today.saturating_sub(i64::from(back).years());
                let last: Date = today.saturating_add(i64::from(ahead).years());
                if (first..=last).contains(&date) {
                    Ok(())
                } else {
                    Err(Invalid::value(field, value, Expected::date_between(first, last)))
                }
            }
            (Self::Time(back, ahead), Value::Time(millis)) => {
                const DAY: i64 = 86_400_000;
                let (first, last) = (now.plus_millis(-i64::from(back) * DAY), now.plus_millis(i64::from(ahead) * DAY));
                if (first.millis()..=last.millis()).contains(millis) {
                    Ok(())
                } else {
                    Err(Invalid::value(field, value, Expected::moment_between(first, last)))
                }
            }
            _ => Ok(()),
        }
    }
}

fn in_range(field: &str, int: i64, min: i64, max: i64) -> Result<(), Invalid> {
    if (min..=max).contains(&int) { Ok(()) } else { Err(Invalid::new(field, int, Expected::number(min, max))) }
}

/// One field of a kind. In `name`, a segment `*` stands for any one segment.
#[derive(Debug, Clone, Copy)]
pub struct FieldSpec {
    /// Its name, or pattern of names.
    pub name: &'static str,
    /// What pages and phones show.
    pub label: Label,
    /// What it holds.
    pub ty: FieldType,
    /// Whether a record of this kind can be created without it.
    pub required: Required,
    /// Whether a conflict in it leaves the record's contributions pending.
    pub scoring: bool,
    /// Whether a phone finds the record by the words in it.
    pub searched: bool,
    /// What a `*` of its name may stand for.
    pub members: Members,
}

/// What the `*` of a field's name stands for. Where there are two, the first is meant.
#[derive(Debug, Clone, Copy)]
pub enum Members {
    /// Whatever a name can hold.
    Any,
    /// One of a list; a newer phone may know more.
    OneOf(&'static [Choice]),
    /// A record's id.
    Records,
    /// A person's code.
    People,
}

/// When a record cannot be created without a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Required {
    /// It can do without.
    Never,
    /// It always needs the field.
    Always,
    /// It needs this field or the other: a visit has taken place, or is planned.
    Unless(&'static str),
}

impl FieldSpec {
    /// An optional field that does not score.
    pub const fn new(name: &'static str, zh: &'static str, en: &'static str, ty: FieldType) -> Self {
        let (label, required, members) = (Label { zh, en }, Required::Never, Members::Any);
        Self { name, label, ty, required, scoring: false, searched: false, members }
    }

    /// The same field, required at creation.
    #[must_use]
    pub const fn required(mut self) -> Self {
        self.required = Required::Always;
        self
    }

    /// The same field, required at creation where another is missing.
    #[must_use]
    pub const fn required_unless(mut self, other: &'static str) -> Self {
        self.required = Required::Unless(other);
        self
    }

    /// The same field, as one whose words are searched.
    #[must_use]
    pub const fn searched(mut self) -> Self {
        self.searched = true;
        self
    }

    /// The same field, as one that decides a score.
    #[must_use]
    pub const fn scoring(mut self) -> Self {
        self.scoring = true;
        self
    }

    /// The same field, as one of which each member is one of a list.
    #[must_use]
    pub const fn of(mut self, choices: &'static [Choice]) -> Self {
        self.members = Members::OneOf(choices);
        self
    }

    /// The same field, as one of which each member is a record.
    #[must_use]
    pub const fn of_records(mut self) -> Self {
        self.members = Members::Records;
        self
    }

    /// The same field, as one of which each member is a person of the bank.
    #[must_use]
    pub const fn of_people(mut self) -> Self {
        self.members = Members::People;
        self
    }

    /// The part of a name for which the `*` stands.
    pub fn member<'a>(&self, name: &'a str) -> Option<&'a str> {
        self.name.split('/').zip(name.split('/')).find(|(pattern, _)| *pattern == "*").map(|(_, part)| part)
    }

    /// What pages call a member that is one of a list.
    pub fn member_label(&self, member: &str) -> Option<Label> {
        let Members::OneOf(choices) = self.members else { return None };
        choices.iter().find(|choice| choice.name == member).map(|choice| choice.label)
    }

    /// The whole check, made on the phone before an edit: what the name's `*` stands for, and the value.
    ///
    /// # Errors
    /// Names the field and what it may hold, or what may stand in its name.
    pub fn check_edit(&self, name: &str, value: &Value, now: PhoneTime) -> Result<(), Invalid> {
        let member = self.member(name).unwrap_or_default();
        let named = |error: Invalid| error.in_field(name);
        match self.members {
            Members::OneOf(choices) if self.member_label(member).is_none() => {
                return Err(Invalid::new(name, member, Expected::one_of(choices)));
            }
            Members::Records => member.parse::<RecordId>().map(drop).map_err(named)?,
            Members::People => member.parse::<PersonId>().map(drop).map_err(named)?,
            Members::OneOf(_) | Members::Any => {}
        }
        self.ty.check_edit(name, value, now)
    }

    /// Whether a field's name is this one.
    pub fn matches(&self, name: &str) -> bool {
        if !self.name.contains('*') {
            return self.name == name;
        }
        let (mut pattern, mut segments) = (self.name.split('/'), name.split('/'));
        loop {
            match (pattern.next(), segments.next()) {
                (None, None) => return true,
                (Some("*"), Some(_)) => {}
                (Some(a), Some(b)) if a == b => {}
                _ => return false,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_matches_one_segment_for_each_star() {
        let field = FieldSpec::new("team/*/share", "", "", FieldType::Int(0, 100));
        assert!(field.matches("team/P-7/share"));
        for other in ["team/P-7/gone", "team/share", "team/a/b/share", "team"] {
            assert!(!field.matches(other), "{other}");
        }
    }

    #[test]
    fn a_value_out_of_range_is_refused_by_its_fields_name() {
        let now = PhoneTime::from_millis(1_772_985_600_000).expect("in range");
        let cases: [(FieldType, Value); 6] = [
            (FieldType::Money, Value::Int(-5)),
            (FieldType::Date(2, 1), "2056-01-01".into()),
            (FieldType::Date(2, 1), "tomorrow".into()),
            (FieldType::Time(30, 1), Value::Time(0)),
            (FieldType::Int(0, 9), Value::Text("3".into())),
            (FieldType::Text(3), "four".into()),
        ];
        for (ty, value) in cases {
            let error = ty.check_edit("the_field", &value, now).expect_err("out of range");
            assert_eq!(error.what, "the_field", "{error}");
        }
    }
}

//! What a field can hold, and a record's fields as one flat map of them.

use super::{Date, Expected, FieldName, Invalid, Money, PersonId, PhoneTime, RecordId, UnitId, date_from_text};
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

/// A scalar in a document. Nothing else is allowed there: no nested maps, lists, text objects or counters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Value {
    /// Cleared. Fields are cleared by putting null: a delete concurrent with a put would vanish without a trace.
    Null,
    /// Yes or no.
    Bool(bool),
    /// A whole number; money is fen, coordinates are 10⁻⁷ degree.
    Int(i64),
    /// Text.
    Text(String),
    /// Bytes, such as another record's id.
    Bytes(Vec<u8>),
    /// Milliseconds since 1970.
    Time(i64),
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("(empty)"),
            Self::Bool(value) => value.fmt(f),
            Self::Int(value) => value.fmt(f),
            Self::Text(value) => value.fmt(f),
            Self::Bytes(value) => match RecordId::from_bytes(value) {
                Ok(id) => id.fmt(f),
                Err(_) => write!(f, "({} bytes)", value.len()),
            },
            Self::Time(value) => match PhoneTime::from_millis(*value) {
                Ok(time) => time.fmt(f),
                Err(_) => write!(f, "{value} ms"),
            },
        }
    }
}

impl Value {
    /// The value as a Chinese message quotes it.
    pub(super) fn in_chinese(&self) -> String {
        match self {
            Self::Null => "空".to_owned(),
            Self::Bool(true) => "是".to_owned(),
            Self::Bool(false) => "否".to_owned(),
            Self::Bytes(value) if RecordId::from_bytes(value).is_err() => format!("{} 字节", value.len()),
            Self::Time(value) => match PhoneTime::from_millis(*value) {
                Ok(time) => time.in_beijing(),
                Err(_) => format!("{value} 毫秒"),
            },
            _ => self.to_string(),
        }
    }
}

/// The fields of one record, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fields(BTreeMap<FieldName, Value>);

impl Fields {
    /// No fields.
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts a field and returns the fields, for building.
    #[must_use]
    pub fn with(mut self, name: FieldName, value: Value) -> Self {
        self.put(name, value);
        self
    }

    /// Puts a field, replacing what stood there.
    pub fn put(&mut self, name: FieldName, value: Value) {
        self.0.insert(name, value);
    }

    /// Puts a known field if there is a value; used by the kinds' own files with names from their lists.
    pub(crate) fn set(&mut self, name: &str, value: Option<Value>) {
        if let (Ok(name), Some(value)) = (FieldName::from_str(name), value) {
            self.0.insert(name, value);
        }
    }

    /// A field's value, if it was ever put (it may be [`Value::Null`]).
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// Whether no field was put.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many fields.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// All fields in order of their names.
    pub fn iter(&self) -> impl Iterator<Item = (&FieldName, &Value)> {
        self.0.iter()
    }

    /// Members of a set, by the second segment of their names: of `twin/<id>` those whose value is as asked.
    pub fn members<'a>(&'a self, set: &'a str, is: impl Fn(&Value) -> bool + 'a) -> impl Iterator<Item = &'a str> {
        let within = move |name: &'a FieldName| name.as_str().strip_prefix(set)?.strip_prefix('/');
        self.iter().filter(move |(_, value)| is(value)).filter_map(move |(name, _)| within(name))
    }

    /// A text field, unless empty.
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.get(name)? {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Whether a text field says anything.
    pub(crate) fn has_words(&self, name: &str) -> bool {
        self.text(name).is_some_and(|text| !text.trim().is_empty())
    }

    /// A whole number.
    pub fn int(&self, name: &str) -> Option<i64> {
        match self.get(name)? {
            Value::Int(int) => Some(*int),
            _ => None,
        }
    }

    /// Yes or no.
    pub fn bool(&self, name: &str) -> Option<bool> {
        match self.get(name)? {
            Value::Bool(bool) => Some(*bool),
            _ => None,
        }
    }

    /// Bytes.
    pub fn bytes(&self, name: &str) -> Option<&[u8]> {
        match self.get(name)? {
            Value::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// An amount; one out of range reads as absent (the projection flags it).
    pub fn money(&self, name: &str) -> Option<Money> {
        Money::from_fen(self.int(name)?).ok()
    }

    /// A day; a malformed one reads as absent (the projection flags it).
    pub fn date(&self, name: &str) -> Option<Date> {
        date_from_text(self.text(name)?).ok()
    }

    /// A time by a phone's clock; one out of range reads as absent (the projection flags it).
    pub fn time(&self, name: &str) -> Option<PhoneTime> {
        match self.get(name)? {
            Value::Time(millis) => PhoneTime::from_millis(*millis).ok(),
            _ => None,
        }
    }

    /// Another record's id.
    pub fn record(&self, name: &str) -> Option<RecordId> {
        RecordId::from_bytes(self.bytes(name)?).ok()
    }

    /// A unit's code.
    pub fn unit(&self, name: &str) -> Option<UnitId> {
        self.text(name)?.parse().ok()
    }

    /// A person's code.
    pub fn person(&self, name: &str) -> Option<PersonId> {
        self.text(name)?.parse().ok()
    }
}

impl Extend<(FieldName, Value)> for Fields {
    fn extend<I: IntoIterator<Item = (FieldName, Value)>>(&mut self, fields: I) {
        self.0.extend(fields);
    }
}

impl IntoIterator for Fields {
    type Item = (FieldName, Value);
    type IntoIter = std::collections::btree_map::IntoIter<FieldName, Value>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl FromIterator<(FieldName, Value)> for Fields {
    fn from_iter<I: IntoIterator<Item = (FieldName, Value)>>(fields: I) -> Self {
        Self(fields.into_iter().collect())
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<i64> for Value {
    fn from(int: i64) -> Self {
        Self::Int(int)
    }
}

impl From<bool> for Value {
    fn from(bool: bool) -> Self {
        Self::Bool(bool)
    }
}

impl From<Money> for Value {
    fn from(money: Money) -> Self {
        Self::Int(money.fen())
    }
}

impl From<Date> for Value {
    fn from(date: Date) -> Self {
        Self::Text(date.to_string())
    }
}

impl From<PhoneTime> for Value {
    fn from(time: PhoneTime) -> Self {
        Self::Time(time.millis())
    }
}

impl From<RecordId> for Value {
    fn from(id: RecordId) -> Self {
        Self::Bytes(id.as_bytes().to_vec())
    }
}

/// Reads a required field, or says which one is missing.
pub(crate) fn required<T>(value: Option<T>, field: &str) -> Result<T, Invalid> {
    value.ok_or_else(|| Invalid::missing(field, Expected::held()))
}

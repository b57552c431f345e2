//! How a row's fields and conflicts are stored: JSON that reads well in a database shell and loses no type. Text, numbers,
//! yes/no and null stand as themselves; a time is `{"t":ms}`, bytes are `{"b":"hex"}`.

use super::{Claim, Conflict};
use crate::domain::{DeviceNumber, FieldName, Fields, PhoneTime, Value};
use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::{Value as Json, json};
use std::fmt;
use std::marker::PhantomData;

/// A stored body that is not what was stored.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a stored row is damaged ({0}): rebuild the rows")]
pub struct BodyError(String);

impl BodyError {
    pub(super) fn of(error: impl ToString) -> Self {
        Self(error.to_string())
    }
}

fn to_json(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(value) => json!(value),
        Value::Int(value) => json!(value),
        Value::Text(value) => json!(value),
        Value::Bytes(value) => json!({ "b": value.iter().map(|byte| format!("{byte:02x}")).collect::<String>() }),
        Value::Time(value) => json!({ "t": value }),
    }
}

/// Something as it is stored, read piece by piece: rows are read by the fifty, and a tree of JSON in between would take
/// longer than the database.
struct Stored<T>(T);

struct Reader<T>(PhantomData<T>);

impl<'de> Deserialize<'de> for Stored<Value> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader::<Value>(PhantomData)).map(Self)
    }
}

impl<'de> Visitor<'de> for Reader<Value> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("null, yes or no, a whole number, text, {\"t\":ms} or {\"b\":\"hex\"}")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Int(value))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Value, E> {
        i64::try_from(value).map(Value::Int).map_err(E::custom)
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::Text(value.to_owned()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let wrong = || de::Error::custom("an object that is neither a time nor bytes");
        let value = match map.next_key::<String>()?.as_deref() {
            Some("t") => Value::Time(map.next_value()?),
            Some("b") => Value::Bytes(bytes_from_hex(&map.next_value::<String>()?).ok_or_else(wrong)?),
            _ => return Err(wrong()),
        };
        map.next_key::<String>()?.is_none().then_some(value).ok_or_else(wrong)
    }
}

impl<'de> Deserialize<'de> for Stored<FieldName> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Reader::<FieldName>(PhantomData)).map(Self)
    }
}

impl Visitor<'_> for Reader<FieldName> {
    type Value = FieldName;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a field's name")
    }

    fn visit_str<E: de::Error>(self, name: &str) -> Result<FieldName, E> {
        name.parse().map_err(E::custom)
    }
}

impl<'de> Deserialize<'de> for Stored<Fields> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Reader::<Fields>(PhantomData)).map(Self)
    }
}

impl<'de> Visitor<'de> for Reader<Fields> {
    type Value = Fields;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("fields by their names")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
        let mut fields = Fields::new();
        while let Some((Stored(name), Stored(value))) = map.next_entry()? {
            fields.put(name, value);
        }
        Ok(fields)
    }
}

fn from_json(json: Json) -> Result<Value, BodyError> {
    Stored::deserialize(json).map(|Stored(value)| value).map_err(BodyError::of)
}

fn bytes_from_hex(hex: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    if !hex.len().is_multiple_of(2) {
        return None;
    }
    hex.as_bytes().chunks(2).map(|pair| Some(digit(pair[0])? << 4 | digit(pair[1])?)).collect()
}

/// Fields as JSON.
pub fn fields_to_json(fields: &Fields) -> String {
    Json::Object(fields.iter().map(|(name, value)| (name.to_string(), to_json(value))).collect()).to_string()
}

/// Fields from JSON.
///
/// # Errors
/// When the text is not what [`fields_to_json`] writes.
pub fn fields_from_json(text: &str) -> Result<Fields, BodyError> {
    serde_json::from_str(text).map(|Stored(fields)| fields).map_err(BodyError::of)
}

/// Conflicts as JSON; empty text for none.
pub fn conflicts_to_json(conflicts: &[Conflict]) -> String {
    if conflicts.is_empty() {
        return String::new();
    }
    let claim = |claim: &Claim| json!({ "value": to_json(&claim.value), "author": claim.author.map(DeviceNumber::get), "at": claim.at.map(PhoneTime::millis) });
    let conflict = |conflict: &Conflict| {
        json!({
            "field": conflict.field.as_str(),
            "claims": conflict.claims.iter().map(claim).collect::<Vec<_>>(),
            "before": conflict.before.as_ref().map(|value| json!([to_json(value)])),
        })
    };
    Json::Array(conflicts.iter().map(conflict).collect()).to_string()
}

/// Conflicts from JSON.
///
/// # Errors
/// When the text is not what [`conflicts_to_json`] writes.
pub fn conflicts_from_json(text: &str) -> Result<Vec<Conflict>, BodyError> {
    if text.is_empty() {
        return Ok(Vec::new());
    }
    let wrong = || BodyError("conflicts".to_owned());
    let all: Vec<Json> = serde_json::from_str(text).map_err(|_| wrong())?;
    all.iter()
        .map(|conflict| {
            let claims = conflict["claims"].as_array().ok_or_else(wrong)?.iter().map(|claim| {
                Ok(Claim {
                    value: from_json(claim["value"].clone())?,
                    author: claim["author"].as_u64().and_then(|n| u32::try_from(n).ok()).map(DeviceNumber::new),
                    at: claim["at"].as_i64().and_then(|millis| PhoneTime::from_millis(millis).ok()),
                })
            });
            Ok(Conflict {
                field: name_from(conflict["field"].as_str().ok_or_else(wrong)?)?,
                claims: claims.collect::<Result<_, BodyError>>()?,
                before: conflict["before"].get(0).cloned().map(from_json).transpose()?,
            })
        })
        .collect()
}

fn name_from(name: &str) -> Result<FieldName, BodyError> {
    name.parse().map_err(|_| BodyError(name.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_of_value_survives_storage() {
        let values = [Value::Null, true.into(), (-5).into(), "文".into(), Value::Bytes(vec![0, 255]), Value::Time(-1)];
        let fields: Fields =
            values.iter().enumerate().map(|(n, v)| (format!("f{n}").parse().expect("name"), v.clone())).collect();
        assert_eq!(fields_from_json(&fields_to_json(&fields)), Ok(fields));
        let claim = |value: &Value, at| Claim {
            value: value.clone(),
            author: Some(DeviceNumber::new(3)),
            at: PhoneTime::from_millis(at).ok(),
        };
        let conflicts = vec![
            Conflict {
                field: "a".parse().expect("name"),
                claims: vec![claim(&values[0], 1), claim(&values[3], 2)],
                before: Some(Value::Null),
            },
            Conflict { field: "b".parse().expect("name"), claims: vec![claim(&values[4], -1)], before: None },
        ];
        assert_eq!(conflicts_from_json(&conflicts_to_json(&conflicts)), Ok(conflicts));
        assert_eq!(conflicts_from_json(""), Ok(vec![]));
    }

    #[test]
    fn a_damaged_row_is_an_error() {
        for bad in ["", "[]", "{\"a\":[1]}", "{\"a\":{\"b\":\"0\"}}", "{\"a b\":1}", "{\"a\":1.5}"] {
            assert!(fields_from_json(bad).is_err(), "{bad}");
        }
    }
}

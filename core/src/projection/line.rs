//! A record as one line of JSON for other programs: names and values as people read them, where the stored form keeps types.

use super::Row;
use crate::domain::{COMMON_FIELDS, Fields, KindSpec, Label, PhoneTime, RecordId, Value};
use serde_json::{Map, Value as Json, json};

fn value(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(value) => json!(value),
        Value::Int(value) => json!(value),
        Value::Text(value) => json!(value),
        Value::Time(millis) => PhoneTime::from_millis(*millis).map_or(json!(millis), |time| json!(time.to_string())),
        Value::Bytes(bytes) => match RecordId::from_bytes(bytes) {
            Ok(id) => json!(id.to_string()),
            Err(_) => json!(bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>()),
        },
    }
}

fn fields(fields: &Fields) -> Map<String, Json> {
    fields.iter().map(|(name, put)| (name.to_string(), value(put))).collect()
}

/// A record's row as a line, without its end. Money is in fen, a place in 10⁻⁷ degree, a time in UTC; where people disagree, the
/// fields in conflict are named, and every value that stands.
pub fn line(row: &Row) -> String {
    let conflicts = row.conflicts.iter().map(|conflict| {
        let claims: Vec<Json> = conflict.claims.iter().map(|claim| value(&claim.value)).collect();
        (conflict.field.to_string(), Json::Array(claims))
    });
    json!({
        "record": row.id.to_string(),
        "kind": row.kind.name(),
        "prospect": row.prospect.map(|id| id.to_string()),
        "author": row.author.map(crate::domain::DeviceNumber::get),
        "state": if row.withdrawn { "withdrawn" } else { "active" },
        "occurred_at": row.occurred_at.map(|time| time.to_string()),
        "due_at": row.due_at.map(|time| time.to_string()),
        "fields": fields(&row.fields),
        "conflicts": conflicts.collect::<Map<_, _>>(),
        "flags": row.flags,
    })
    .to_string()
}

/// What the records of a kind and their fields are called, as a line without its end; it stands before them.
pub fn heading(kind: &KindSpec) -> String {
    let label = |label: &Label| json!({ "zh": label.zh, "en": label.en });
    let all = COMMON_FIELDS.iter().chain(kind.fields);
    let labels: Map<String, Json> = all.map(|field| (field.name.to_owned(), label(&field.label))).collect();
    json!({ "labels_of": kind.name, "label": label(&kind.label), "fields": labels }).to_string()
}

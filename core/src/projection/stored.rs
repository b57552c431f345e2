//! A row as a database keeps it: plain values that bind to columns, on phone and server alike.

use super::{BodyError, Row, conflicts_from_json, conflicts_to_json, fields_from_json, fields_to_json};
use crate::document::ChangeHash;
use crate::domain::{DeviceNumber, PhoneTime, RecordId};

/// The columns of a row. `PROJECTION` stands beside them, so that rows of an older projection are found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRow {
    /// [`Row::id`]
    pub id: Vec<u8>,
    /// [`Row::kind`]
    pub kind: String,
    /// [`Row::prospect`]
    pub prospect: Option<Vec<u8>>,
    /// [`Row::author`]
    pub author: Option<u32>,
    /// [`Row::unit`]
    pub unit: Option<String>,
    /// [`Row::owner`]
    pub owner: Option<String>,
    /// `active` or `withdrawn`
    pub state: String,
    /// [`Row::occurred_at`] in milliseconds
    pub occurred_at: Option<i64>,
    /// [`Row::due_at`] in milliseconds
    pub due_at: Option<i64>,
    /// [`Row::fields`] as JSON
    pub body: String,
    /// [`Row::conflicts`] as JSON, empty for none
    pub conflicts: String,
    /// [`Row::flags`], a line each
    pub flags: String,
    /// [`Row::heads`], 32 bytes each
    pub heads: Vec<u8>,
}

impl From<&Row> for StoredRow {
    fn from(row: &Row) -> Self {
        Self {
            id: row.id.as_bytes().to_vec(),
            kind: row.kind.to_string(),
            prospect: row.prospect.map(|id| id.as_bytes().to_vec()),
            author: row.author.map(DeviceNumber::get),
            unit: row.unit.as_ref().map(ToString::to_string),
            owner: row.owner.as_ref().map(ToString::to_string),
            state: if row.withdrawn { "withdrawn" } else { "active" }.to_owned(),
            occurred_at: row.occurred_at.map(PhoneTime::millis),
            due_at: row.due_at.map(PhoneTime::millis),
            body: fields_to_json(&row.fields),
            conflicts: conflicts_to_json(&row.conflicts),
            flags: row.flags.join("\n"),
            heads: row.heads_bytes(),
        }
    }
}

impl TryFrom<StoredRow> for Row {
    type Error = BodyError;

    fn try_from(stored: StoredRow) -> Result<Self, BodyError> {
        let id = |bytes: &[u8]| RecordId::from_bytes(bytes).map_err(BodyError::of);
        let time = |millis: Option<i64>| millis.map(PhoneTime::from_millis).transpose().map_err(BodyError::of);
        Ok(Self {
            id: id(&stored.id)?,
            kind: stored.kind.parse().map_err(BodyError::of)?,
            prospect: stored.prospect.as_deref().map(id).transpose()?,
            author: stored.author.map(DeviceNumber::new),
            unit: stored.unit.as_deref().map(str::parse).transpose().map_err(BodyError::of)?,
            owner: stored.owner.as_deref().map(str::parse).transpose().map_err(BodyError::of)?,
            withdrawn: stored.state == "withdrawn",
            occurred_at: time(stored.occurred_at)?,
            due_at: time(stored.due_at)?,
            fields: fields_from_json(&stored.body)?,
            conflicts: conflicts_from_json(&stored.conflicts)?,
            flags: stored.flags.lines().map(str::to_owned).collect(),
            heads: stored.heads.chunks(32).filter_map(ChangeHash::from_bytes).collect(),
        })
    }
}

//! Rows derived from documents, the same on phone and server: one generic row for a record of any kind. A row depends on
//! its own document alone, so any two replicas with the same changes have the same rows.

mod body;
mod line;
mod project;
mod stored;

pub use body::{BodyError, conflicts_from_json, conflicts_to_json, fields_from_json, fields_to_json};
pub use line::{heading, line};
pub use project::{PROJECTION, project};
pub use stored::StoredRow;

use crate::document::ChangeHash;
use crate::domain::{DeviceNumber, FieldName, Fields, Kind, PersonId, PhoneTime, RecordId, UnitId, Value};

/// One value of a field in conflict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The value.
    pub value: Value,
    /// The device that put it; phones and pages name its person.
    pub author: Option<DeviceNumber>,
    /// When, by that device's clock.
    pub at: Option<PhoneTime>,
}

/// A field on which people put different values at the same time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// The field.
    pub field: FieldName,
    /// Every value that stands, in an order that is the same everywhere.
    pub claims: Vec<Claim>,
    /// What all of them knew before.
    pub before: Option<Value>,
}

/// A tolerated oddity, such as `gift-above-limit` or `out-of-range/households`.
pub type Flag = String;

/// A record as lists, queries and the ranking see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Which record.
    pub id: RecordId,
    /// Of which kind.
    pub kind: Kind,
    /// The prospect it belongs to; a prospect's own row names itself.
    pub prospect: Option<RecordId>,
    /// The device that began it.
    pub author: Option<DeviceNumber>,
    /// The unit the document names; it decides neither rights nor rank.
    pub unit: Option<UnitId>,
    /// The person the document names; likewise.
    pub owner: Option<PersonId>,
    /// Whether it was withdrawn.
    pub withdrawn: bool,
    /// When it happened, as its person says.
    pub occurred_at: Option<PhoneTime>,
    /// When it is due.
    pub due_at: Option<PhoneTime>,
    /// Every field as shown.
    pub fields: Fields,
    /// Fields in conflict.
    pub conflicts: Vec<Conflict>,
    /// Oddities.
    pub flags: Vec<Flag>,
    /// The document's heads, sorted.
    pub heads: Vec<ChangeHash>,
}

impl Row {
    /// Whether a field that decides a score is in conflict.
    pub fn scoring_conflict(&self) -> bool {
        let scoring =
            |field: &FieldName| self.kind.spec().and_then(|spec| spec.field(field.as_str())).is_some_and(|f| f.scoring);
        self.conflicts.iter().any(|conflict| scoring(&conflict.field))
    }

    /// The fields with every conflict undone: where people disagree, what held before holds on.
    pub fn settled_fields(&self) -> Fields {
        let mut fields = self.fields.clone();
        for conflict in &self.conflicts {
            fields.put(conflict.field.clone(), conflict.before.clone().unwrap_or(Value::Null));
        }
        fields
    }

    /// The heads as one run of bytes, 32 each, as a verification names them.
    pub fn heads_bytes(&self) -> Vec<u8> {
        self.heads.iter().flat_map(|head| *head.as_bytes()).collect()
    }
}

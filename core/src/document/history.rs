//! History: who put which field when, and what stood there before.

use super::{ChangeHash, Document, convert};
use crate::domain::{DeviceNumber, FieldName, PhoneTime, Value};
use automerge::{ROOT, ReadDoc};

/// One put of one field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// The field.
    pub field: FieldName,
    /// What its author saw there before; none if nothing was ever put.
    pub from: Option<Value>,
    /// What was put. The same as before where a conflict was settled for what was shown.
    pub to: Value,
    /// By which device; none only if its change names no author.
    pub author: Option<DeviceNumber>,
    /// When, by that device's clock.
    pub at: Option<PhoneTime>,
    /// In which change; puts of one change were made together.
    pub change: ChangeHash,
}

impl Document {
    /// Every put of every field, the newest first; what only says which record it is, is left out.
    pub fn history(&self) -> Vec<Edit> {
        let mut edits = Vec::new();
        // A change comes after those upon which it was made.
        for meta in self.inner.get_changes_meta(&[]) {
            let change = ChangeHash::from(meta.hash);
            let author =
                self.inner.get_author_for_actor(meta.actor.as_ref()).and_then(|author| convert::device(&author));
            let at = PhoneTime::from_millis(meta.timestamp).ok();
            for (field, to) in self.puts_in(&change) {
                if crate::domain::FIXED_FIELDS.contains(&field.as_str()) {
                    continue;
                }
                let before = self.inner.get_at(ROOT, field.as_str(), &meta.deps).ok().flatten();
                let from = before.and_then(|(value, _)| convert::from_automerge(&value));
                edits.push(Edit { field, from, to, author, at, change });
            }
        }
        edits.reverse();
        edits
    }
}

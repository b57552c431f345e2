//! Drafts: what somebody has begun to write. Save on every pause; they survive the app's end and its update.

use crate::edge::{new_id, now, parsed};
use crate::kinds::taken;
use crate::records::shown;
use crate::{FieldValue, Phone, PhoneError};
use canvass_core::domain::RecordId;
use canvass_core::replica::{Draft, DraftView as CoreView};
use std::collections::HashMap;

/// Something begun.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct DraftView {
    /// The draft's id, which will be its record's, if it edits none.
    pub id: String,
    /// Of which kind it is.
    pub kind: String,
    /// The prospect to which it belongs, as far as it is known.
    pub prospect: Option<String>,
    /// The record that it edits; nothing if it begins one.
    pub record: Option<String>,
    /// What was typed so far.
    pub fields: HashMap<String, FieldValue>,
    /// When it was last saved, in milliseconds since 1970.
    pub at_ms: i64,
}

impl From<CoreView> for DraftView {
    fn from(view: CoreView) -> Self {
        let draft = view.draft;
        Self {
            id: draft.id.to_string(),
            kind: draft.kind.to_string(),
            prospect: draft.prospect.map(|id| id.to_string()),
            record: draft.record.map(|id| id.to_string()),
            fields: shown(draft.fields),
            at_ms: view.at.millis(),
        }
    }
}

#[uniffi::export]
impl Phone {
    /// Keeps what somebody has begun to write, in the place of what it was before, and returns the draft's id. Without an id it is a
    /// new draft; with a record it edits that. Values are looked at when it is finished.
    ///
    /// # Errors
    /// When an argument is wrong (it is named), it was finished already, dossiers are locked, or storage is full.
    #[uniffi::method(default(id = None, prospect = None, record = None))]
    pub fn save_draft(
        &self,
        kind: String,
        fields: HashMap<String, FieldValue>,
        id: Option<String>,
        prospect: Option<String>,
        record: Option<String>,
    ) -> Result<String, PhoneError> {
        let now = now()?;
        let parsed_id = |name: &str, id: Option<String>| -> Result<Option<RecordId>, PhoneError> {
            id.map(|id| parsed(name, &id)).transpose()
        };
        let draft = Draft {
            id: parsed_id("id", id)?.unwrap_or_else(|| new_id(now)),
            kind: parsed("kind", &kind)?,
            prospect: parsed_id("prospect", prospect)?,
            record: parsed_id("record", record)?,
            fields: taken(fields)?,
        };
        self.replica().save_draft(&draft, now)?;
        Ok(draft.id.to_string())
    }

    /// The drafts, the last one saved first; those of dossiers too, while these are open.
    ///
    /// # Errors
    /// When the database cannot be read, or storage is full.
    pub fn drafts(&self) -> Result<Vec<DraftView>, PhoneError> {
        let now = now()?;
        let mut replica = self.replica();
        let mut drafts = replica.drafts()?;
        if replica.dossiers_are_open(now)? {
            drafts.extend(replica.dossier_drafts(now, || new_id(now))?);
            drafts.sort_by_key(|view| std::cmp::Reverse((view.at, view.draft.id)));
        }
        Ok(drafts.into_iter().map(Into::into).collect())
    }

    /// Makes of a draft what it is a draft of, and ends it, both in one. Returns the record's id.
    ///
    /// # Errors
    /// As for `create` and `edit`: then the draft stays as it is. `NotFound` when it was finished or discarded.
    pub fn finish_draft(&self, id: String) -> Result<String, PhoneError> {
        Ok(self.replica().finish_draft(parsed("id", &id)?, now()?)?.to_string())
    }

    /// Drops a draft.
    ///
    /// # Errors
    /// When the id is none, or the database cannot be written.
    pub fn discard_draft(&self, id: String) -> Result<(), PhoneError> {
        Ok(self.replica().discard_draft(parsed("id", &id)?)?)
    }
}

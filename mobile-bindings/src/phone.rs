//! One phone. Every call is short, but it reads or writes a file: make it off the screen's thread.

use crate::edge::{count, new_id, now, parsed};
use crate::kinds::taken;
use crate::records::summary;
use crate::{FieldValue, InboxEntry, PhoneError, ProspectDraft, RecordSummary, VisitDraft};
use canvass_core::domain::prospect::{self, Prospect};
use canvass_core::domain::visit::{self, Visit};
use canvass_core::domain::{Fields, KindSpec, RecordId};
use canvass_core::replica::{InboxEntry as CoreEntry, Query, Replica};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// How many records a list returns at most.
const LONGEST_PAGE: u32 = 200;

/// One person's phone: what was recorded here and what came from the server.
#[derive(uniffi::Object)]
pub struct Phone {
    pub(crate) replica: Mutex<Replica>,
    /// Held by the sync under way: a second one waits its turn.
    pub(crate) turn: tokio::sync::Mutex<()>,
    /// Held by the moving of attachments under way; no sync waits for it.
    pub(crate) transfers: tokio::sync::Mutex<()>,
    pub(crate) cancelled: Notify,
}

impl Phone {
    /// The replica, for as long as one call needs it; never across an await.
    pub(crate) fn replica(&self) -> MutexGuard<'_, Replica> {
        // Every write is one transaction, so a panic elsewhere left nothing half done.
        self.replica.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn begin(
        &self,
        kind: &'static KindSpec,
        prospect: Option<RecordId>,
        fields: &Fields,
    ) -> Result<String, PhoneError> {
        let now = now()?;
        let id = new_id(now);
        self.replica().create(id, kind, prospect, fields, now)?;
        Ok(id.to_string())
    }

    /// Both inboxes as one, oldest first.
    fn entries(&self) -> Result<Vec<CoreEntry>, PhoneError> {
        let now = now()?;
        let mut replica = self.replica();
        let mut entries = replica.inbox()?;
        if replica.dossiers_are_open(now)? {
            entries.extend(replica.dossier_inbox(now, || new_id(now))?);
            entries.sort_by_key(|entry| entry.at);
        }
        Ok(entries)
    }
}

#[uniffi::export]
impl Phone {
    /// Whose phone this is: the staff code.
    ///
    /// # Errors
    /// None; declared so that no call can end the app.
    pub fn person(&self) -> Result<String, PhoneError> {
        Ok(self.replica().person().to_string())
    }

    /// That person's name, as the server said it when the phone enrolled.
    ///
    /// # Errors
    /// None; declared so that no call can end the app.
    pub fn person_name(&self) -> Result<String, PhoneError> {
        Ok(self.replica().person_name().to_owned())
    }

    /// Records a community and returns its id. When this returns, it is safe, with or without a network.
    ///
    /// # Errors
    /// When a field is wrong (it is named), or storage is full.
    pub fn record_prospect(&self, draft: ProspectDraft) -> Result<String, PhoneError> {
        self.begin(&prospect::KIND, None, &Prospect::try_from(draft)?.to_fields())
    }

    /// Records a visit to a prospect and returns its id. When this returns, it is safe, with or without a network.
    ///
    /// # Errors
    /// When a field is wrong (it is named), or storage is full.
    pub fn record_visit(&self, prospect: String, draft: VisitDraft) -> Result<String, PhoneError> {
        let prospect = parsed("prospect", &prospect)?;
        self.begin(&visit::KIND, Some(prospect), &Visit::try_from(draft)?.to_fields())
    }

    /// The records of a kind, of a prospect, or all, the newest first: at most `limit` of them (200 at most, 0 means
    /// 50), after passing over `offset`.
    ///
    /// # Errors
    /// When an argument is wrong (it is named), or the database cannot be read.
    #[uniffi::method(default(kind = None, prospect = None, limit = 50, offset = 0))]
    pub fn list(
        &self,
        kind: Option<String>,
        prospect: Option<String>,
        limit: u32,
        offset: u32,
    ) -> Result<Vec<RecordSummary>, PhoneError> {
        let kind = kind.map(|kind| parsed("kind", &kind)).transpose()?;
        let prospect = prospect.map(|prospect| parsed("prospect", &prospect)).transpose()?;
        let query = Query { kind, prospect, limit: limit.min(LONGEST_PAGE), offset, ..Query::default() };
        let replica = self.replica();
        let bank = replica.bank()?;
        let mut list = Vec::new();
        for row in replica.query(&query)? {
            list.extend(replica.record(row.id)?.map(|view| summary(view, &bank)));
        }
        Ok(list)
    }

    /// One record.
    ///
    /// # Errors
    /// When it is not on this phone, or the database cannot be read.
    pub fn record(&self, id: String) -> Result<RecordSummary, PhoneError> {
        let parsed_id = parsed("id", &id)?;
        let replica = self.replica();
        let view = replica.record(parsed_id)?.ok_or(PhoneError::NotFound { id })?;
        Ok(summary(view, &replica.bank()?))
    }

    /// Puts those fields of a record that differ; `Empty` clears one. Returns whether any differed.
    ///
    /// # Errors
    /// When a field is wrong (it is named), the record is not on this phone, or storage is full.
    pub fn edit(&self, id: String, fields: HashMap<String, FieldValue>) -> Result<bool, PhoneError> {
        let id = parsed("id", &id)?;
        let puts = taken(fields)?;
        Ok(self.replica().edit(id, &puts, now()?)?.is_some())
    }

    /// Settles a conflict: of what people put at the same time, this holds.
    ///
    /// # Errors
    /// When the field is not in conflict, or as for `edit`.
    pub fn resolve(&self, id: String, field: String, value: FieldValue) -> Result<(), PhoneError> {
        let id = parsed("id", &id)?;
        Ok(self.replica().resolve(id, &field, value.into(), now()?)?)
    }

    /// How many changes the server does not have yet. Only at 0 may the phone be shown as synced.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn outstanding(&self) -> Result<u32, PhoneError> {
        Ok(count(self.replica().outstanding()?))
    }

    /// How far this phone's clock lay behind the server's at the last sync, in milliseconds; negative: ahead. None before the
    /// first sync. Beyond five minutes the app should say so: what is recorded stands at the wrong time, and a visit that is
    /// dated after it came counts for nothing.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn clock_skew_ms(&self) -> Result<Option<i64>, PhoneError> {
        Ok(self.replica().clock_skew_ms()?)
    }

    /// What the person should look at, oldest first; what is about dossiers too, while those are open, noted as read.
    ///
    /// # Errors
    /// When the database cannot be read, or storage is full.
    pub fn inbox(&self) -> Result<Vec<InboxEntry>, PhoneError> {
        Ok(self.entries()?.into_iter().map(Into::into).collect())
    }

    /// The person has dealt with an entry of the inbox. Only now what they had put there goes.
    ///
    /// # Errors
    /// When there is no such entry, or the database cannot be written.
    pub fn dismiss(&self, entry: String) -> Result<(), PhoneError> {
        let found = self.entries()?.into_iter().find(|found| found.hash.to_string() == entry);
        let found = found.ok_or(PhoneError::NotFound { id: entry })?;
        Ok(self.replica().dismiss(&found.hash)?)
    }
}

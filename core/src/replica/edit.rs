//! Recording and editing: change, row and outbox in one transaction, so that what was saved is saved whole.

use super::changes::{self, Origin};
use super::{Replica, ReplicaError, query, rows};
use crate::document::{Authorship, ChangeHash, Document};
use crate::domain::{AudienceRule, Fields, Invalid, KindSpec, PhoneTime, RecordId, Value, WrittenBy, prospect};
use rusqlite::{Connection, TransactionBehavior};

/// Begins a record whose fields were checked, in the transaction that is open.
pub(super) fn begin(
    db: &Connection,
    id: RecordId,
    kind: &'static KindSpec,
    prospect: Option<RecordId>,
    fields: &Fields,
    authorship: &Authorship,
) -> Result<(), ReplicaError> {
    if changes::exists(db, id)? {
        return Err(ReplicaError::Exists(id));
    }
    let (document, change) = Document::create(id, &kind.into(), prospect, fields, authorship)?;
    changes::insert(db, id, &change, Origin::Outbox)?;
    rows::save(db, id, &document)
}

/// Checks a record that is to begin.
///
/// # Errors
/// Names what is wrong.
pub(super) fn check_beginning(
    kind: &'static KindSpec,
    prospect: Option<RecordId>,
    fields: &Fields,
    now: PhoneTime,
) -> Result<(), Invalid> {
    check_written_by_people(kind)?;
    let needs_prospect = kind.audience != AudienceRule::Bank && kind.name != prospect::KIND.name;
    if needs_prospect != prospect.is_some() {
        let (found, expected) = match prospect {
            Some(id) => (id.to_string(), format!("nothing: a {} belongs to no prospect", kind.name)),
            None => ("(missing)".to_owned(), format!("the prospect to which this {} belongs", kind.name)),
        };
        return Err(Invalid::new("prospect", found, expected));
    }
    kind.check_new(fields, now)
}

/// Checks that people record a kind.
pub(super) fn check_written_by_people(kind: &KindSpec) -> Result<(), Invalid> {
    match kind.written_by {
        WrittenBy::Server => {
            Err(Invalid::new("kind", kind.name, "a kind that people record; this one only the server writes"))
        }
        WrittenBy::Team | WrittenBy::Author => Ok(()),
    }
}

/// Edits a record in the transaction that is open. Returns the change's hash, or `None` when nothing differs.
pub(super) fn put(
    db: &Connection,
    id: RecordId,
    puts: &Fields,
    authorship: &Authorship,
) -> Result<Option<ChangeHash>, ReplicaError> {
    let (mut document, _) = changes::document(db, id)?.ok_or(ReplicaError::NoSuchRecord(id))?;
    let kind = document.kind().ok_or_else(|| ReplicaError::Damaged(format!("record {id} has no kind")))?;
    let Some(spec) = kind.spec() else {
        return Err(Invalid::new("kind", kind, "a kind this version of the app knows: update the app").into());
    };
    check_written_by_people(spec)?;
    spec.check_edit(puts, authorship.at)?;
    let change = document.edit(puts, authorship)?;
    if let Some(change) = &change {
        changes::insert(db, id, change, Origin::Outbox)?;
        rows::save(db, id, &document)?;
    }
    Ok(change.map(|change| change.hash))
}

impl Replica {
    pub(super) fn authorship(&self, at: PhoneTime) -> Authorship {
        Authorship { device: self.device, actor: self.actor, at }
    }

    /// Records something new. When this returns, it is safe.
    ///
    /// `id` is a fresh [`RecordId`]; every kind but a prospect and a campaign belongs to a prospect.
    ///
    /// # Errors
    /// When a field is wrong or missing (it is named), the kind is not written on phones, it is a dossier and those are
    /// locked, or storage is full.
    pub fn create(
        &mut self,
        id: RecordId,
        kind: &'static KindSpec,
        prospect: Option<RecordId>,
        fields: &Fields,
        now: PhoneTime,
    ) -> Result<(), ReplicaError> {
        check_beginning(kind, prospect, fields, now)?;
        let authorship = self.authorship(now);
        let file = self.file_of(kind.is_confidential(), now)?;
        let tx = file.transaction_with_behavior(TransactionBehavior::Immediate)?;
        begin(&tx, id, kind, prospect, fields, &authorship)?;
        tx.commit()?;
        Ok(())
    }

    /// Edits a record: puts those fields that differ. Returns the change's hash, or `None` when nothing differs.
    ///
    /// # Errors
    /// When a field is wrong (it is named), the record is not here, or storage is full.
    pub fn edit(&mut self, id: RecordId, puts: &Fields, now: PhoneTime) -> Result<Option<ChangeHash>, ReplicaError> {
        let authorship = self.authorship(now);
        let tx = self.file_with(id, now)?.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let change = put(&tx, id, puts, &authorship)?;
        tx.commit()?;
        Ok(change)
    }

    /// Settles a conflict: of what people put at the same time, this holds.
    ///
    /// # Errors
    /// When the field is not in conflict, or as for [`Replica::edit`].
    pub fn resolve(&mut self, id: RecordId, field: &str, value: Value, now: PhoneTime) -> Result<(), ReplicaError> {
        let record = query::view(self.file_with(id, now)?, id)?.ok_or(ReplicaError::NoSuchRecord(id))?;
        if !record.row.conflicts.iter().any(|conflict| conflict.field.as_str() == field) {
            return Err(ReplicaError::NoConflict { record: id, field: field.to_owned() });
        }
        self.edit(id, &Fields::new().with(field.parse()?, value), now)?;
        Ok(())
    }

    /// Withdraws a record with a reason. Records are never deleted.
    ///
    /// # Errors
    /// As for [`Replica::edit`].
    pub fn withdraw(&mut self, id: RecordId, reason: &str, now: PhoneTime) -> Result<(), ReplicaError> {
        let mut puts = Fields::new();
        puts.set("state", Some("withdrawn".into()));
        puts.set("withdrawn_reason", Some(reason.into()));
        self.edit(id, &puts, now)?;
        Ok(())
    }
}

//! Drafts: what somebody has begun to write, as typed. They survive the app's end and its update; finishing one makes its record
//! and ends the draft in one transaction. Drafts of dossiers lie in the dossiers' file, and are locked with it.

use super::{Replica, ReplicaError, changes, edit};
use crate::document::ChangeHash;
use crate::domain::{FIXED_FIELDS, Fields, Invalid, Kind, KindSpec, PhoneTime, RecordId, Value, dossier};
use crate::projection::{fields_from_json, fields_to_json};
use crate::wire::Reading;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

/// Something begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// A fresh id: the draft's, and that of the record which it becomes, if it edits none.
    pub id: RecordId,
    /// Of which kind that is.
    pub kind: Kind,
    /// The prospect to which it belongs, as far as it is known.
    pub prospect: Option<RecordId>,
    /// The record that it edits; none if it begins one.
    pub record: Option<RecordId>,
    /// What was typed so far. Values are looked at when it is finished.
    pub fields: Fields,
}

/// A draft as it lies on the phone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftView {
    /// The draft.
    pub draft: Draft,
    /// When it was last saved, by this phone's clock.
    pub at: PhoneTime,
}

impl Replica {
    /// Keeps a draft, in the place of what it was before. When this returns, it is safe.
    ///
    /// # Errors
    /// When its kind or a field's name is none, it was finished already, it is of a dossier and those are locked, or storage is
    /// full.
    pub fn save_draft(&mut self, draft: &Draft, now: PhoneTime) -> Result<(), ReplicaError> {
        let spec = spec_of(&draft.kind)?;
        check_names(spec, &draft.fields)?;
        let tx =
            self.file_of(spec.is_confidential(), now)?.transaction_with_behavior(TransactionBehavior::Immediate)?;
        // Saved late, after it was finished, it would be finished twice.
        if draft.record.is_none() && changes::exists(&tx, draft.id)? {
            return Err(ReplicaError::Exists(draft.id));
        }
        let heads = match draft.record {
            Some(record) => changes::document(&tx, record)?.map(|(document, _)| bytes_of(&document.heads())),
            None => None,
        };
        // What the record was when the draft was begun stays noted, however often it is saved.
        tx.prepare_cached(
            "INSERT INTO draft (id, kind, prospect, record, fields, at, heads) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
             ON CONFLICT (id) DO UPDATE SET kind = ?2, prospect = ?3, record = ?4, fields = ?5, at = ?6",
        )?
        .execute(params![
            draft.id.as_bytes(),
            draft.kind.name(),
            draft.prospect.map(|id| id.as_bytes().to_vec()),
            draft.record.map(|id| id.as_bytes().to_vec()),
            fields_to_json(&draft.fields),
            now.millis(),
            heads
        ])?;
        tx.commit()?;
        Ok(())
    }

    /// The drafts, the last one saved first; those of dossiers stand in [`Self::dossier_drafts`].
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn drafts(&self) -> Result<Vec<DraftView>, ReplicaError> {
        drafts(self.main()?)
    }

    /// The drafts of dossiers, the last one saved first. One that edits a dossier shows something of it: that is noted as read
    /// first, under a fresh id.
    ///
    /// # Errors
    /// When the dossiers are locked, or storage is full: then none is shown.
    pub fn dossier_drafts(
        &mut self,
        now: PhoneTime,
        mut fresh: impl FnMut() -> RecordId,
    ) -> Result<Vec<DraftView>, ReplicaError> {
        let drafts = drafts(self.open_dossiers(now)?)?;
        let edited = drafts.iter().filter_map(|view| view.draft.record);
        let readings: Vec<_> = edited.map(|dossier| Reading { id: fresh(), dossier, at: now }).collect();
        self.note_readings(&readings)?;
        Ok(drafts)
    }

    /// Drops a draft. One that is not there (any more) is no error.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn discard_draft(&mut self, id: RecordId) -> Result<(), ReplicaError> {
        let files = self.files()?;
        for db in std::iter::once(&files.main).chain(&files.dossiers) {
            remove(db, id)?;
        }
        Ok(())
    }

    /// Makes of a draft what it is a draft of: a record of the draft's id, or an edit of the record that it names. With that the
    /// draft ends, both in one. Returns the record.
    ///
    /// # Errors
    /// As for [`Self::create`] and [`Self::edit`], and where somebody changed a field of it since an edit was begun; then the draft
    /// stays as it is. [`ReplicaError::NoSuchRecord`] also when there is
    /// no such draft: it was finished, or discarded.
    pub fn finish_draft(&mut self, id: RecordId, now: PhoneTime) -> Result<RecordId, ReplicaError> {
        let authorship = self.authorship(now);
        let elsewhere = read(self.main()?, id)?.is_none() && self.able && self.dossiers_are_open(now)?;
        let tx = self.file_of(elsewhere, now)?.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let draft = read(&tx, id)?.ok_or(ReplicaError::NoSuchRecord(id))?;
        let record = match draft.record {
            Some(record) => {
                check_untouched(&tx, id, record, &draft.fields)?;
                edit::put(&tx, record, &draft.fields, &authorship)?;
                record
            }
            None => {
                let spec = spec_of(&draft.kind)?;
                edit::check_beginning(spec, draft.prospect, &draft.fields, now)?;
                edit::begin(&tx, id, spec, draft.prospect, &draft.fields, &authorship)?;
                id
            }
        };
        remove(&tx, id)?;
        tx.commit()?;
        Ok(record)
    }
}

fn spec_of(kind: &Kind) -> Result<&'static KindSpec, Invalid> {
    let unknown = || Invalid::new("kind", kind, "a kind this version of the app knows: update the app");
    let spec = kind.spec().ok_or_else(unknown)?;
    edit::check_written_by_people(spec)?;
    Ok(spec)
}

/// A draft's values may be anything; a field that is none could never be finished.
fn check_names(spec: &KindSpec, fields: &Fields) -> Result<(), Invalid> {
    for (name, value) in fields.iter() {
        if FIXED_FIELDS.contains(&name.as_str()) || spec.field(name.as_str()).is_none() {
            return Err(Invalid::new(name.as_str(), value, format!("a field of {} that can be put", spec.name)));
        }
    }
    Ok(())
}

fn bytes_of(heads: &[ChangeHash]) -> Vec<u8> {
    heads.iter().flat_map(|head| *head.as_bytes()).collect()
}

/// A draft waits for days: what others wrote of its fields since it was begun is not overwritten unseen.
fn check_untouched(db: &Connection, draft: RecordId, record: RecordId, fields: &Fields) -> Result<(), ReplicaError> {
    let mut select = db.prepare_cached("SELECT heads FROM draft WHERE id = ?")?;
    let heads: Option<Vec<u8>> = select.query_row([draft.as_bytes()], |row| row.get(0))?;
    let heads: Vec<ChangeHash> = heads.unwrap_or_default().chunks(32).filter_map(ChangeHash::from_bytes).collect();
    let Some((document, _)) = changes::document(db, record)? else { return Ok(()) };
    let now = document.fields();
    for (name, value) in fields.iter() {
        if now.get(name.as_str()) != Some(value) && !document.untouched_since(name.as_str(), &heads) {
            let found = now.get(name.as_str()).cloned().unwrap_or(Value::Null);
            let expected = "what stood there when the draft was begun: it was changed since; look at the record, edit it, and discard the draft";
            return Err(Invalid::new(name.as_str(), found, expected).into());
        }
    }
    Ok(())
}

const COLUMNS: &str = "id, kind, prospect, record, fields, at";

fn parse(row: &rusqlite::Row<'_>) -> Result<DraftView, ReplicaError> {
    let id = |n: usize| -> Result<Option<RecordId>, ReplicaError> {
        Ok(row.get::<_, Option<Vec<u8>>>(n)?.map(|bytes| RecordId::from_bytes(&bytes)).transpose()?)
    };
    let draft = Draft {
        id: RecordId::from_bytes(row.get_ref(0)?.as_blob().unwrap_or_default())?,
        kind: row.get_ref(1)?.as_str().unwrap_or_default().parse()?,
        prospect: id(2)?,
        record: id(3)?,
        fields: fields_from_json(row.get_ref(4)?.as_str().unwrap_or_default())?,
    };
    Ok(DraftView { draft, at: PhoneTime::nearest(row.get(5)?) })
}

fn drafts(db: &Connection) -> Result<Vec<DraftView>, ReplicaError> {
    let mut select = db.prepare_cached(&format!("SELECT {COLUMNS} FROM draft ORDER BY at DESC, id DESC"))?;
    let mut found = select.query([])?;
    let mut drafts = Vec::new();
    while let Some(row) = found.next()? {
        drafts.push(parse(row)?);
    }
    Ok(drafts)
}

fn read(db: &Connection, id: RecordId) -> Result<Option<Draft>, ReplicaError> {
    let mut select = db.prepare_cached(&format!("SELECT {COLUMNS} FROM draft WHERE id = ?"))?;
    let found = select.query_row([id.as_bytes()], |row| Ok(parse(row))).optional()?;
    Ok(found.transpose()?.map(|view| view.draft))
}

fn remove(db: &Connection, id: RecordId) -> Result<(), ReplicaError> {
    db.prepare_cached("DELETE FROM draft WHERE id = ?")?.execute([id.as_bytes()])?;
    Ok(())
}

/// A dossier that leaves takes along the drafts that edit it, which show what it said; what somebody began of their own stays.
pub(super) fn leave(db: &Connection, id: &[u8]) -> Result<(), ReplicaError> {
    db.prepare_cached("DELETE FROM draft WHERE record = ? AND kind = ?")?.execute(params![id, dossier::KIND.name])?;
    Ok(())
}

/// Destroys the drafts that are about something erased, or name it.
pub(super) fn erase(db: &Connection, id: &[u8]) -> Result<(), ReplicaError> {
    // As bytes stand in stored fields, and as they stand in a field's name.
    let hex: String = id.iter().map(|byte| format!("{byte:02x}")).collect();
    let named = RecordId::from_bytes(id).map_or(hex.clone(), |id| id.to_string());
    db.prepare_cached(
        "DELETE FROM draft WHERE ?1 IN (id, prospect, record) OR instr(fields, ?2) > 0 OR instr(fields, ?3) > 0",
    )?
    .execute(params![id, hex, named])?;
    Ok(())
}

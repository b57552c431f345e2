//! The inbox: what did not go as the person meant it, in words, with what they had put. Nothing in it is lost until the
//! person dismisses it.

use super::{Replica, ReplicaError, attachments, changes, rows};
use crate::document::ChangeHash;
use crate::domain::{Fields, Kind, PhoneTime, RecordId};
use crate::projection::{fields_from_json, fields_to_json};
use rusqlite::{Connection, params};

/// Why something is in the inbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InboxReason {
    /// The server would not take it.
    Refused {
        /// The rule, for programs.
        code: String,
        /// What happened and what to do.
        words: String,
    },
    /// Others changed these fields meanwhile, so this edit of them was not made again.
    Overtaken,
}

/// Something the person should look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InboxEntry {
    /// Names the entry.
    pub hash: ChangeHash,
    /// The record it is about.
    pub record: RecordId,
    /// The record's kind.
    pub kind: Kind,
    /// Why it is here.
    pub reason: InboxReason,
    /// What the person had put: edit the record with it to send it again.
    pub fields: Fields,
    /// When it came here, by this phone's clock.
    pub at: PhoneTime,
}

/// The code of what [`InboxReason::Overtaken`] stands for.
const OVERTAKEN: &str = "overtaken";
/// The code of changes that are only kept until what replaces them is acknowledged.
const REPLACED: &str = "replaced";

/// A change that did not stand.
pub(super) struct Quarantined<'a> {
    pub(super) hash: ChangeHash,
    pub(super) record: RecordId,
    pub(super) kind: &'a Kind,
    pub(super) bytes: &'a [u8],
    pub(super) fields: &'a Fields,
    pub(super) at: PhoneTime,
}

/// Keeps a refused change.
pub(super) fn refuse(db: &Connection, change: &Quarantined<'_>, code: &str, words: &str) -> Result<(), ReplicaError> {
    insert(db, change, code, words, None)
}

/// Keeps a change whose edit was made again, until that is acknowledged; fields that others had changed meanwhile are
/// shown in the inbox.
pub(super) fn replace(
    db: &Connection,
    change: &Quarantined<'_>,
    overtaken: bool,
    by: Option<ChangeHash>,
) -> Result<(), ReplicaError> {
    let (code, by) = if overtaken { (OVERTAKEN, None) } else { (REPLACED, by) };
    insert(db, change, code, "", by)
}

/// What was kept until `old` is acknowledged is kept for `new` from now on, which stands in its place; without one it need
/// not be kept.
pub(super) fn hand_on(db: &Connection, old: ChangeHash, new: Option<ChangeHash>) -> Result<(), ReplicaError> {
    match new {
        Some(new) => db
            .prepare_cached("UPDATE quarantine SET replaced_by = ? WHERE replaced_by = ?")?
            .execute([new.as_bytes(), old.as_bytes()])?,
        None => db.prepare_cached("DELETE FROM quarantine WHERE replaced_by = ?")?.execute([old.as_bytes()])?,
    };
    Ok(())
}

fn insert(
    db: &Connection,
    change: &Quarantined<'_>,
    code: &str,
    words: &str,
    replaced_by: Option<ChangeHash>,
) -> Result<(), ReplicaError> {
    db.prepare_cached(
        "INSERT OR REPLACE INTO quarantine (hash, record, kind, bytes, code, words, fields, at, replaced_by)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )?
    .execute(params![
        change.hash.as_bytes(),
        change.record.as_bytes(),
        change.kind.name(),
        change.bytes,
        code,
        words,
        fields_to_json(change.fields),
        change.at.millis(),
        replaced_by.map(|hash| hash.as_bytes().to_vec())
    ])?;
    Ok(())
}

/// What the person should look at in one file, oldest first.
pub(super) fn entries(db: &Connection) -> Result<Vec<InboxEntry>, ReplicaError> {
    let mut select = db.prepare_cached(
        "SELECT hash, record, kind, code, words, fields, at FROM quarantine WHERE code <> ? ORDER BY at, hash",
    )?;
    let mut found = select.query([REPLACED])?;
    let mut entries = Vec::new();
    while let Some(row) = found.next()? {
        let (code, words): (String, String) = (row.get(3)?, row.get(4)?);
        entries.push(InboxEntry {
            hash: changes::hash_of(row.get_ref(0)?.as_blob().unwrap_or_default())?,
            record: RecordId::from_bytes(row.get_ref(1)?.as_blob().unwrap_or_default())?,
            kind: row.get_ref(2)?.as_str().unwrap_or_default().parse()?,
            reason: if code == OVERTAKEN { InboxReason::Overtaken } else { InboxReason::Refused { code, words } },
            fields: fields_from_json(row.get_ref(5)?.as_str().unwrap_or_default())?,
            at: PhoneTime::from_millis(row.get(6)?)?,
        });
    }
    Ok(entries)
}

/// How many those are.
pub(super) fn count(db: &Connection) -> Result<usize, ReplicaError> {
    Ok(db.prepare_cached("SELECT count(*) FROM quarantine WHERE code <> ?")?.query_row([REPLACED], rows::count)?)
}

impl Replica {
    /// What the person should look at, oldest first; what is about dossiers stands in [`Self::dossier_inbox`].
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn inbox(&self) -> Result<Vec<InboxEntry>, ReplicaError> {
        entries(self.main()?)
    }

    /// The person has dealt with an entry, of whichever inbox. Only now its bytes go.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn dismiss(&mut self, entry: &ChangeHash) -> Result<(), ReplicaError> {
        let files = self.files()?;
        for db in std::iter::once(&files.main).chain(&files.dossiers) {
            attachments::dismissed(db, entry.as_bytes())?;
            db.execute("DELETE FROM quarantine WHERE hash = ?1 OR replaced_by = ?1", [entry.as_bytes()])?;
        }
        Ok(())
    }
}

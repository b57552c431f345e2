//! Settling what the server did not take: a refused change leaves the record, and its bytes stay in the inbox; an edit to
//! a record that too many changed at once is made again upon what they made of it.

use super::changes::{self, Origin};
use super::inbox::{self, Quarantined};
use super::{ReplicaError, attachments, rows};
use crate::document::{Authorship, ChangeHash, Document};
use crate::domain::{Fields, Kind, RecordId};
use crate::wire::ERASED;
use rusqlite::Connection;
use std::collections::{BTreeMap, BTreeSet};

/// What is to be settled about one record.
#[derive(Debug, Default)]
pub(super) struct Settlement {
    /// Changes refused, each with code and words.
    pub(super) refused: BTreeMap<ChangeHash, (String, String)>,
    /// Whether pending edits must be made again.
    pub(super) redo: bool,
}

/// Settles one record. Returns how many changes were refused and how many edits were made again. New changes are made by
/// the fresh actor in `authorship`.
pub(super) fn settle(
    db: &Connection,
    record: RecordId,
    settlement: &Settlement,
    authorship: &Authorship,
) -> Result<(usize, usize), ReplicaError> {
    let Some((whole, _)) = changes::document(db, record)? else { return Ok((0, 0)) };
    let kind = whole.kind().ok_or_else(|| ReplicaError::Damaged(format!("record {record} has no kind")))?;
    let at = authorship.at;
    let pending = changes::pending(db, record)?;
    let refused = with_dependents(&whole, &pending, &settlement.refused);
    for (hash, bytes) in &pending {
        if let Some((code, words)) = refused.get(hash) {
            let fields = whole.puts_in(hash);
            // Of what belongs to something erased, nothing is kept here either.
            let nothing = Fields::new();
            let (bytes, fields) = if code == ERASED { (&[][..], &nothing) } else { (bytes.as_slice(), &fields) };
            inbox::refuse(db, &Quarantined { hash: *hash, record, kind: &kind, bytes, fields, at }, code, words)?;
            changes::remove(db, hash)?;
        }
    }
    // What others wrote is never made again in this phone's name.
    let redone = if settlement.redo && changes::pending_are_own(db, record)? {
        redo(db, record, &kind, &whole, authorship)?
    } else {
        0
    };
    match changes::document(db, record)? {
        Some((document, _)) => rows::save(db, record, &document)?,
        None => {
            rows::remove(db, record)?;
            // A photo that belongs to something erased is kept no more than its record.
            if refused.values().any(|(code, _)| code == ERASED) {
                attachments::erase(db, record.as_bytes())?;
            }
        }
    }
    Ok((refused.len(), redone))
}

/// Makes the record's pending edits again upon what the server has of it. Returns how many.
fn redo(
    db: &Connection,
    record: RecordId,
    kind: &Kind,
    whole: &Document,
    authorship: &Authorship,
) -> Result<usize, ReplicaError> {
    let pending = changes::pending(db, record)?;
    let (Some(mut base), Some((first, _))) = (changes::acknowledged_document(db, record)?, pending.first()) else {
        return Ok(0);
    };
    let mut known_then = whole.deps_of(first);
    known_then.sort_unstable();
    if base.is_empty() || known_then == base.heads() {
        // Nothing, or nothing new, to make them upon: they wait until a response brings what the server means.
        return Ok(0);
    }
    let mut puts = Fields::new();
    for (hash, _) in &pending {
        puts.extend(whole.puts_in(hash));
    }
    let (again, overtaken): (Fields, Fields) =
        puts.into_iter().partition(|(field, _)| base.untouched_since(field.as_str(), &known_then));
    let change = base.edit(&again, authorship)?;
    // What keeps the old bytes: the new change until it is acknowledged, else the inbox entry until it is dismissed.
    let shown = (!overtaken.is_empty()).then_some(*first);
    let keeper = change.as_ref().map(|change| change.hash).or(shown);
    for (hash, bytes) in &pending {
        changes::remove(db, hash)?;
        inbox::hand_on(db, *hash, keeper)?;
        // Without a keeper every value stands already in what the server has.
        if keeper.is_some() {
            let old = Quarantined { hash: *hash, record, kind, bytes, fields: &overtaken, at: authorship.at };
            inbox::replace(db, &old, shown == Some(*hash), keeper)?;
        }
    }
    if let Some(change) = change {
        changes::insert(db, record, &change, Origin::Outbox)?;
    }
    Ok(pending.len())
}

/// The refused changes, and the pending ones that were made upon them.
fn with_dependents(
    whole: &Document,
    pending: &[(ChangeHash, Vec<u8>)],
    refused: &BTreeMap<ChangeHash, (String, String)>,
) -> BTreeMap<ChangeHash, (String, String)> {
    let mut all = refused.clone();
    let mut gone: BTreeSet<ChangeHash> = refused.keys().copied().collect();
    for (hash, _) in pending {
        if !gone.contains(hash) && whole.deps_of(hash).iter().any(|dep| gone.contains(dep)) {
            gone.insert(*hash);
            let words = "it was made upon an edit that was refused; make it again if it still holds";
            let refused = ("depends-on-refused".to_owned(), words.to_owned());
            // Of what was erased, what was made upon it is not kept either.
            let erased = all.values().find(|(code, _)| code == ERASED).cloned();
            all.insert(*hash, erased.unwrap_or(refused));
        }
    }
    all
}

//! Applying a response: what came, how each pushed change ended, what left, and the new positions, in one transaction. A
//! cut before its end leaves the phone as it was, and the same is asked again.

use super::changes::{self, Origin};
use super::inbox::{self, Quarantined};
use super::settle::{Settlement, settle};
use super::{Replica, ReplicaError, rows};
use crate::document::ChangeHash;
use crate::document::gate::{Guarded, Refusal, Rules};
use crate::domain::{Fields, PhoneTime, RecordId};
use crate::sync::Applied;
use crate::wire::{Delivery, Position, Reference, Request, Response, Verdict};
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};
use std::collections::{BTreeMap, BTreeSet};

impl Replica {
    /// Applies the response to a request of this phone.
    ///
    /// # Errors
    /// When storage is full or damaged; then nothing of the response was applied.
    pub fn apply(&mut self, request: &Request, response: &Response, now: PhoneTime) -> Result<Applied, ReplicaError> {
        let mut applied = Applied::default();
        let mut authorship = self.authorship(now);
        authorship.actor = authorship.actor.next();
        let tx = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for delivery in &response.deliveries {
            applied.pulled += deliver(&tx, delivery, now)?;
        }
        let unsettled = note_verdicts(&tx, request, response, &mut applied)?;
        let fresh_actor = !unsettled.is_empty();
        for (record, settlement) in unsettled {
            let (refused, redone) = settle(&tx, record, &settlement, &authorship)?;
            applied.refused += refused;
            applied.redone += redone;
        }
        for record in &response.evictions {
            tx.prepare_cached("UPDATE record SET leaving = 1 WHERE id = ?")?.execute([record.as_bytes()])?;
        }
        applied.evicted = evict(&tx)?;
        save_positions(&tx, &response.positions)?;
        save_setting(&tx, "skew_ms", response.clock.skew_ms(now))?;
        if let Some(reference) = &response.reference {
            save_reference(&tx, reference)?;
        }
        if let Some(standings) = &response.standings {
            save_setting(&tx, "standings", standings.to_bytes()?)?;
            save_setting(&tx, "standings_version", i64::try_from(standings.version).unwrap_or(i64::MAX))?;
        }
        applied.outstanding = changes::outstanding(&tx)?;
        tx.commit()?;
        if fresh_actor {
            // The old actor's sequence now has a hole on the server.
            self.actor = authorship.actor;
        }
        Ok(applied)
    }

    /// How far this phone's clock lay behind the server's at the last sync, in milliseconds; `None` before the first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn clock_skew_ms(&self) -> Result<Option<i64>, ReplicaError> {
        self.setting("skew_ms")
    }
}

/// Takes in what the server sent of one record. Returns how many changes were new.
fn deliver(db: &Connection, delivery: &Delivery, now: PhoneTime) -> Result<usize, ReplicaError> {
    let record = delivery.record;
    let mut guarded = match changes::document(db, record)? {
        Some((document, size)) => Guarded::of(record, delivery.kind.clone(), document, size),
        None => Guarded::empty(record, delivery.kind.clone()),
    };
    let mut new = 0;
    for bytes in &delivery.changes {
        match guarded.admit(bytes, &Rules::phone()) {
            Ok(change) => {
                changes::insert(db, record, &change, Origin::Server)?;
                new += 1;
            }
            // The server has it: for a change of this phone's own, that is an acknowledgement.
            Err(Refusal::Known(hash)) => {
                changes::acknowledge(db, &hash)?;
            }
            Err(refusal) => {
                let hash = crate::document::change_hash(bytes);
                let kept = Quarantined { hash, record, kind: &delivery.kind, bytes, fields: &Fields::new(), at: now };
                inbox::refuse(db, &kept, refusal.code(), &refusal.to_string())?;
            }
        }
    }
    if new > 0
        && let Some(document) = guarded.document()
    {
        rows::save(db, record, document)?;
    }
    // What is delivered is in one of this phone's audiences, though it may have been on its way out.
    db.prepare_cached("UPDATE record SET leaving = 0 WHERE id = ? AND leaving = 1")?.execute([record.as_bytes()])?;
    Ok(new)
}

/// Acknowledges what was accepted, and gathers by record what needs settling.
fn note_verdicts(
    db: &Connection,
    request: &Request,
    response: &Response,
    applied: &mut Applied,
) -> Result<BTreeMap<RecordId, Settlement>, ReplicaError> {
    let mut unsettled: BTreeMap<RecordId, Settlement> = BTreeMap::new();
    let mut lacking: BTreeSet<RecordId> = BTreeSet::new();
    for (push, verdicts) in request.pushes.iter().zip(&response.verdicts) {
        for (hash, verdict) in push.hashes().zip(verdicts) {
            match verdict {
                Verdict::Accepted | Verdict::Known => {
                    applied.acknowledged += usize::from(changes::acknowledge(db, &hash)?);
                }
                Verdict::NeedsDeps => {
                    changes::wait(db, &hash)?;
                    lacking.insert(push.record);
                }
                Verdict::Held => changes::wait(db, &hash)?,
                Verdict::PullFirst => {
                    if is_pending(db, &hash)? {
                        unsettled.entry(push.record).or_default().redo = true;
                    }
                }
                Verdict::Refused { code, words } => {
                    if is_pending(db, &hash)? {
                        let settlement = unsettled.entry(push.record).or_default();
                        settlement.refused.insert(hash, (code.clone(), words.clone()));
                    }
                }
            }
        }
    }
    // These wait in the outbox; what they were made upon goes along the next time. Where a change of the same record is
    // to be settled, that one is what the server lacks, and settling looks after what was made upon it.
    for record in lacking.iter().filter(|record| !unsettled.contains_key(record)) {
        changes::requeue(db, *record)?;
    }
    Ok(unsettled)
}

fn is_pending(db: &Connection, hash: &ChangeHash) -> Result<bool, ReplicaError> {
    let mut select = db.prepare_cached("SELECT 1 FROM change WHERE hash = ? AND acknowledged = 0")?;
    Ok(select.query_row([hash.as_bytes()], |_| Ok(())).optional()?.is_some())
}

/// Lets records go that left this phone's audiences and have nothing of their own left to send.
fn evict(db: &Connection) -> Result<usize, ReplicaError> {
    let gone: Vec<Vec<u8>> = db
        .prepare_cached(
            "SELECT id FROM record WHERE leaving = 1
             AND NOT EXISTS (SELECT 1 FROM change WHERE record = record.id AND acknowledged = 0)",
        )?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for id in &gone {
        db.prepare_cached("DELETE FROM change WHERE record = ?")?.execute([id])?;
        db.prepare_cached("DELETE FROM record WHERE id = ?")?.execute([id])?;
    }
    Ok(gone.len())
}

fn save_positions(db: &Connection, positions: &[Position]) -> Result<(), ReplicaError> {
    let place = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    for position in positions {
        db.prepare_cached("INSERT OR REPLACE INTO position (feed, low, high) VALUES (?, ?, ?)")?.execute(params![
            position.feed.to_string(),
            place(position.low),
            place(position.high)
        ])?;
    }
    Ok(())
}

fn save_reference(db: &Connection, reference: &Reference) -> Result<(), ReplicaError> {
    // Only a bank that fits together replaces the one held. One that does not (a newer server's, say) must not keep
    // people's work from being synced: it is left, and comes again with the next response.
    if reference.bank().is_err() {
        return Ok(());
    }
    save_setting(db, "reference", reference.to_bytes()?)?;
    save_setting(db, "reference_version", i64::try_from(reference.version).unwrap_or(i64::MAX))
}

fn save_setting(db: &Connection, name: &str, value: impl rusqlite::ToSql) -> Result<(), ReplicaError> {
    db.prepare_cached("INSERT OR REPLACE INTO setting (name, value) VALUES (?, ?)")?.execute(params![name, value])?;
    Ok(())
}

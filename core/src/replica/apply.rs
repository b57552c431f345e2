//! Applying a response: what came, how each pushed change ended, what left, and the new positions, in one transaction (and
//! one before it for dossiers). A cut before its end leaves the phone as it was, and the same is asked again.

use super::attachments;
use super::changes::{self, Origin};
use super::inbox::{self, Quarantined};
use super::outbox::{self, CATCHING_UP, DOSSIERS_DOUBTED_LATER, is_set};
use super::receipts::{self, Proof};
use super::settle::{Settlement, settle};
use super::{Replica, ReplicaError, check, drafts, erasure, reassigned, retention, rows};
use crate::document::gate::{Guarded, Refusal, Rules};
use crate::document::{Authorship, ChangeHash};
use crate::domain::{Fields, Kind, KindSpec, PersonId, PhoneTime, RecordId, ServerTime, assignment};
use crate::sync::Applied;
use crate::wire::{ABLE_DOSSIERS, Delivery, Position, Push, Receipt, Reference, Request, Response, Verdict};
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};
use std::collections::{BTreeMap, BTreeSet};

/// What of a response concerns one of the files.
struct Part<'a> {
    deliveries: Vec<&'a Delivery>,
    judged: Vec<(&'a Push, &'a [Verdict])>,
    evictions: &'a [RecordId],
    erased: &'a [RecordId],
    /// Records that were asked for whole, and those of them that the server does not know.
    fetched: &'a [RecordId],
    unknown: &'a [RecordId],
    /// Whose phone this is.
    person: &'a PersonId,
    /// When the response was given.
    given_at: ServerTime,
    receipt: Option<&'a Receipt>,
}

impl<'a> Part<'a> {
    fn of(
        request: &'a Request,
        response: &'a Response,
        receipt: Option<&'a Receipt>,
        erased: &'a [RecordId],
        confidential: bool,
    ) -> Self {
        let here = |kind: &Kind| kind.spec().is_some_and(KindSpec::is_confidential) == confidential;
        let judged = request.pushes.iter().zip(response.verdicts.iter().map(Vec::as_slice));
        Self {
            deliveries: response.deliveries.iter().filter(|delivery| here(&delivery.kind)).collect(),
            judged: judged.filter(|(push, _)| here(&push.kind)).collect(),
            evictions: &response.evictions,
            erased,
            fetched: &request.fetch,
            unknown: &response.unknown,
            person: &request.person,
            given_at: response.clock,
            receipt,
        }
    }

    /// Applies it in the transaction that is open. Returns whether anything had to be settled.
    fn apply(&self, db: &Connection, authorship: &Authorship, applied: &mut Applied) -> Result<bool, ReplicaError> {
        let proof = Proof::by(self.receipt, self.given_at);
        for delivery in &self.deliveries {
            let new = match self.fetched.contains(&delivery.record) && check::is_whole(delivery) {
                true => check::take_whole(db, delivery, &proof, authorship.at)?,
                false => deliver(db, delivery, &proof, authorship.at)?,
            };
            if new > 0 && delivery.kind.is(&assignment::KIND) {
                reassigned::note_arrival(db, delivery.record, self.person, authorship.at)?;
            }
            applied.pulled += new;
        }
        for record in self.unknown {
            changes::requeue(db, *record)?;
        }
        let unsettled = note_verdicts(db, &self.judged, &proof, applied)?;
        let any = !unsettled.is_empty();
        for (record, settlement) in unsettled {
            let (refused, redone) = settle(db, record, &settlement, authorship)?;
            applied.refused += refused;
            applied.redone += redone;
        }
        for record in self.evictions {
            db.prepare_cached("UPDATE record SET leaving = 1 WHERE id = ?")?.execute([record.as_bytes()])?;
            retention::is_back(db, *record)?;
        }
        applied.evicted += evict(db, authorship.at)? + erasure::erase(db, self.erased, authorship.at)?;
        Ok(any)
    }
}

impl Replica {
    /// Applies the response to a request of this phone: to each file in a transaction of its own, to the phone's own last, in
    /// which the positions are. Cut off between them, the same is asked and applied again.
    ///
    /// # Errors
    /// When storage is full or damaged; then nothing of the response was applied to that file.
    pub fn apply(&mut self, request: &Request, response: &Response, now: PhoneTime) -> Result<Applied, ReplicaError> {
        let resumes = self.grant(response.dossier_key.as_ref(), response.lease_ms, now)?;
        let applied = self.take_in(request, response, resumes, now);
        // A lease without the key that was asked for: the person may read no dossier any more. What this response takes out
        // of them is out by now; whether that went well or not, nothing of them is shown from here on.
        let asked = request.able.iter().any(|able| able == ABLE_DOSSIERS);
        if asked && response.lease_ms > 0 && response.dossier_key.is_none() {
            self.end_lease(now)?;
        }
        applied
    }

    fn take_in(
        &mut self,
        request: &Request,
        response: &Response,
        resumes: bool,
        now: PhoneTime,
    ) -> Result<Applied, ReplicaError> {
        let mut applied = Applied { resumes, ..Applied::default() };
        let mut authorship = self.authorship(now);
        authorship.actor = authorship.actor.next();
        let receipt = receipts::of(request, response);
        let able = self.able;
        let files = self.files_mut()?;
        // Of the dossiers goes also what was to be erased while they were locked.
        let erased = [response.erased.as_slice(), &erasure::remembered(&files.main)?].concat();
        let part = |confidential| Part::of(request, response, receipt.as_ref(), &erased, confidential);
        let mut fresh_actor = false;
        if let Some(dossiers) = &mut files.dossiers {
            let tx = dossiers.transaction_with_behavior(TransactionBehavior::Immediate)?;
            if response.lost || is_set(&files.main, DOSSIERS_DOUBTED_LATER)? {
                changes::doubt(&tx)?;
            }
            fresh_actor |= part(true).apply(&tx, &authorship, &mut applied)?;
            applied.outstanding += changes::outstanding(&tx)?;
            tx.commit()?;
        }
        let tx = files.main.transaction_with_behavior(TransactionBehavior::Immediate)?;
        if response.lost {
            changes::doubt(&tx)?;
            // Its numbers are others now: the positions that come with this are all there are.
            tx.execute("DELETE FROM position", [])?;
            save_setting(&tx, CATCHING_UP, 1)?;
            attachments::doubt(&tx)?;
        }
        if files.dossiers.is_some() {
            drop_setting(&tx, DOSSIERS_DOUBTED_LATER)?;
            erasure::forget(&tx)?;
        } else {
            if response.lost {
                save_setting(&tx, DOSSIERS_DOUBTED_LATER, 1)?;
            }
            if able {
                erasure::remember(&tx, &response.erased)?;
            }
        }
        fresh_actor |= part(false).apply(&tx, &authorship, &mut applied)?;
        // While the dossiers are locked nothing of their feeds was taken in.
        let taken = |position: &&Position| files.dossiers.is_some() || !position.feed.is_confidential();
        save_positions(&tx, response.positions.iter().filter(taken))?;
        save_setting(&tx, "skew_ms", response.clock.skew_ms(now))?;
        if let Some(reference) = &response.reference {
            save_reference(&tx, reference)?;
        }
        if let Some(standings) = &response.standings {
            save_setting(&tx, "standings", standings.to_bytes()?)?;
            save_setting(&tx, "standings_version", i64::try_from(standings.version).unwrap_or(i64::MAX))?;
        }
        if let Some(commit) = &response.commit {
            save_setting(&tx, "commit", commit.to_bytes())?;
        }
        if !response.more && is_set(&tx, CATCHING_UP)? {
            drop_setting(&tx, CATCHING_UP)?;
            applied.resumes = true;
        }
        if let Some(token) = &response.token {
            tx.prepare_cached("UPDATE phone SET token = ?")?.execute([token.as_slice()])?;
        }
        for reading in &request.readings {
            tx.prepare_cached("DELETE FROM reading WHERE id = ?")?.execute([reading.id.as_bytes()])?;
        }
        check::note_answered(&tx, request, response)?;
        applied.resumes |= !request.readings.is_empty() && outbox::has_readings(&tx)? || check::is_wanting(&tx)?;
        applied.outstanding += changes::outstanding(&tx)?;
        tx.commit()?;
        if !erased.is_empty() {
            for db in std::iter::once(&files.main).chain(&files.dossiers) {
                // Out of the log beside the file, too.
                db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
            }
        }
        applied.checked = check::compare(files, response, now)?;
        if files.dossiers.is_none() {
            let sql = "SELECT locked_outstanding FROM phone";
            applied.outstanding += files.main.query_row(sql, [], rows::count)?;
        }
        if fresh_actor {
            // The old actor's sequence now has a hole on the server.
            self.actor = authorship.actor;
        }
        if applied.evicted > 0 {
            // Out of memory, too.
            self.listed.take();
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
pub(super) fn deliver(
    db: &Connection,
    delivery: &Delivery,
    proof: &Proof<'_>,
    now: PhoneTime,
) -> Result<usize, ReplicaError> {
    let record = delivery.record;
    if retention::is_retired(db, record)? {
        if !check::is_whole(delivery) {
            // Somebody edited what is not here any more: it is of interest again, as a whole.
            check::want(db, &[record], now)?;
            return Ok(0);
        }
        retention::is_back(db, record)?;
    }
    let mut guarded = match changes::document(db, record)? {
        Some((document, size)) => Guarded::of(record, delivery.kind.clone(), document, size),
        None => Guarded::empty(record, delivery.kind.clone()),
    };
    let mut new = 0;
    for bytes in &delivery.changes {
        match guarded.admit(bytes, &Rules::phone()) {
            Ok(change) => {
                changes::insert(db, record, &change, Origin::Server(proof))?;
                new += 1;
            }
            // The server has it: for a change of this phone's own, that is an acknowledgement.
            Err(Refusal::Known(hash)) => {
                changes::acknowledge(db, &hash, proof)?;
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
    judged: &[(&Push, &[Verdict])],
    proof: &Proof<'_>,
    applied: &mut Applied,
) -> Result<BTreeMap<RecordId, Settlement>, ReplicaError> {
    let mut unsettled: BTreeMap<RecordId, Settlement> = BTreeMap::new();
    let mut lacking: BTreeSet<RecordId> = BTreeSet::new();
    for (push, verdicts) in judged {
        for (hash, verdict) in push.hashes().zip(*verdicts) {
            match verdict {
                Verdict::Accepted | Verdict::Known => {
                    applied.acknowledged += usize::from(changes::acknowledge(db, &hash, proof)?);
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
fn evict(db: &Connection, now: PhoneTime) -> Result<usize, ReplicaError> {
    let gone: Vec<Vec<u8>> = db
        .prepare_cached(
            "SELECT id FROM record WHERE leaving = 1
             AND NOT EXISTS (SELECT 1 FROM change WHERE record = record.id AND acknowledged = 0)",
        )?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    reassigned::note_departure(db, &gone, now)?;
    for id in &gone {
        db.prepare_cached("DELETE FROM change WHERE record = ?")?.execute([id])?;
        rows::remove(db, RecordId::from_bytes(id)?)?;
        drafts::leave(db, id)?;
        attachments::leave(db, id)?;
    }
    if !gone.is_empty() {
        receipts::prune(db)?;
    }
    Ok(gone.len())
}

/// Keeps where the feeds stand. One that stands at nothing is one that the person left and this phone has let go of: it is
/// not asked for again.
fn save_positions<'a>(db: &Connection, positions: impl Iterator<Item = &'a Position>) -> Result<(), ReplicaError> {
    let place = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    for position in positions {
        if (position.low, position.high) == (0, 0) {
            db.prepare_cached("DELETE FROM position WHERE feed = ?")?.execute([position.feed.to_string()])?;
            continue;
        }
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

fn drop_setting(db: &Connection, name: &str) -> Result<(), ReplicaError> {
    db.prepare_cached("DELETE FROM setting WHERE name = ?")?.execute([name])?;
    Ok(())
}

fn save_setting(db: &Connection, name: &str, value: impl rusqlite::ToSql) -> Result<(), ReplicaError> {
    db.prepare_cached("INSERT OR REPLACE INTO setting (name, value) VALUES (?, ?)")?.execute(params![name, value])?;
    Ok(())
}

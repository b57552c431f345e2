//! Dossiers: records of a confidential kind, in a file of their own whose key comes with the lease and goes with it. Before
//! one is shown, that it was read stands durably in the outbox.

use super::database;
use super::inbox::{self, InboxEntry};
use super::lease::Lease;
use super::query::{self, RecordView};
use super::vessel::Opens;
use super::{Replica, ReplicaError, changes, rows};
use crate::domain::{Audience, PhoneTime, RecordId, Value};
use crate::wire::{DossierKey, Reading};
use rusqlite::{Connection, TransactionBehavior, params};

impl Replica {
    /// Whether dossiers can be read and recorded at a time: this phone can hold them, and its lease has not run out.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn dossiers_are_open(&mut self, now: PhoneTime) -> Result<bool, ReplicaError> {
        self.look_at_the_clock(now)?;
        Ok(self.files()?.dossiers.is_some())
    }

    /// One dossier. That it was read is noted first, under a fresh id.
    ///
    /// # Errors
    /// When the dossiers are locked, it is not on this phone, or storage is full: then it is not shown.
    pub fn read_dossier(
        &mut self,
        id: RecordId,
        now: PhoneTime,
        reading: RecordId,
    ) -> Result<RecordView, ReplicaError> {
        let dossiers = self.open_dossiers(now)?;
        if !changes::exists(dossiers, id)? {
            return Err(ReplicaError::NoSuchRecord(id));
        }
        self.note_readings(&[Reading { id: reading, dossier: id, at: now }])?;
        query::view(self.dossiers()?, id)?.ok_or(ReplicaError::NoSuchRecord(id))
    }

    /// The dossiers of a prospect, or all; with a text, those in which it stands. Every one that is returned is noted as read
    /// first, each under a fresh id.
    ///
    /// # Errors
    /// When the dossiers are locked, or storage is full: then none is shown.
    pub fn read_dossiers(
        &mut self,
        prospect: Option<RecordId>,
        text: Option<&str>,
        now: PhoneTime,
        mut fresh: impl FnMut() -> RecordId,
    ) -> Result<Vec<RecordView>, ReplicaError> {
        let dossiers = self.open_dossiers(now)?;
        let sql = format!("SELECT {} FROM record WHERE ?1 IS NULL OR prospect = ?1 ORDER BY id DESC", rows::COLUMNS);
        let mut select = dossiers.prepare_cached(&sql)?;
        let prospect = prospect.map(|id| id.as_bytes().to_vec());
        let mut found = rows::parse(select.query_map([prospect], rows::read)?)?;
        if let Some(text) = text {
            let text = text.to_lowercase();
            let within = |value: &Value| matches!(value, Value::Text(here) if here.to_lowercase().contains(&text));
            found.retain(|row| row.fields.iter().any(|(_, value)| within(value)));
        }
        let mut views = Vec::new();
        for row in found {
            let unsynced = query::unsynced(dossiers, row.id)?;
            views.push(RecordView { row, unsynced });
        }
        drop(select);
        let note = |view: &RecordView| Reading { id: fresh(), dossier: view.row.id, at: now };
        let readings: Vec<_> = views.iter().map(note).collect();
        self.note_readings(&readings)?;
        Ok(views)
    }

    /// What the person should look at among dossiers, oldest first. Each dossier in it is noted as read first.
    ///
    /// # Errors
    /// As for [`Self::read_dossiers`].
    pub fn dossier_inbox(
        &mut self,
        now: PhoneTime,
        mut fresh: impl FnMut() -> RecordId,
    ) -> Result<Vec<InboxEntry>, ReplicaError> {
        let entries = inbox::entries(self.open_dossiers(now)?)?;
        let note = |entry: &InboxEntry| Reading { id: fresh(), dossier: entry.record, at: now };
        let readings: Vec<_> = entries.iter().map(note).collect();
        self.note_readings(&readings)?;
        Ok(entries)
    }

    /// The file of dossiers as it is open now.
    pub(super) fn dossiers(&self) -> Result<&Connection, ReplicaError> {
        match &self.files()?.dossiers {
            Some(dossiers) => Ok(dossiers),
            None if self.able => Err(ReplicaError::DossiersLocked),
            None => Err(ReplicaError::NoDossiers),
        }
    }

    /// The file of dossiers, if the lease holds at a time.
    pub(super) fn open_dossiers(&mut self, now: PhoneTime) -> Result<&Connection, ReplicaError> {
        self.look_at_the_clock(now)?;
        self.dossiers()
    }

    /// The file in which records of a kind lie, to be written to.
    pub(super) fn file_of(&mut self, confidential: bool, now: PhoneTime) -> Result<&mut Connection, ReplicaError> {
        if !confidential {
            return Ok(&mut self.files_mut()?.main);
        }
        self.open_dossiers(now)?;
        self.files_mut()?.dossiers.as_mut().ok_or(ReplicaError::DossiersLocked)
    }

    /// The file in which a record lies, to be written to.
    pub(super) fn file_with(&mut self, id: RecordId, now: PhoneTime) -> Result<&mut Connection, ReplicaError> {
        let elsewhere = !changes::exists(self.main()?, id)?
            && self.able
            && self.dossiers_are_open(now)?
            && changes::exists(self.dossiers()?, id)?;
        self.file_of(elsewhere, now)
    }

    /// Notes durably, with where the lease stands, that dossiers were read.
    pub(super) fn note_readings(&mut self, readings: &[Reading]) -> Result<(), ReplicaError> {
        if readings.is_empty() {
            return Ok(());
        }
        let lease = self.lease;
        let tx = self.files_mut()?.main.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for reading in readings {
            tx.prepare_cached("INSERT OR IGNORE INTO reading (id, dossier, at) VALUES (?, ?, ?)")?.execute(params![
                reading.id.as_bytes(),
                reading.dossier.as_bytes(),
                reading.at.millis()
            ])?;
        }
        if let Some(lease) = &lease {
            save_lease(&tx, lease)?;
        }
        tx.commit()?;
        self.lease = lease.map(Lease::saved);
        Ok(())
    }

    /// Takes the key that came with a lease: opens the dossiers, or goes on with them. Returns whether they were locked and
    /// hold something to send.
    pub(super) fn grant(
        &mut self,
        key: Option<&DossierKey>,
        lease_ms: u64,
        now: PhoneTime,
    ) -> Result<bool, ReplicaError> {
        let lease = Lease::granted(lease_ms, now);
        let Some(key) = key.filter(|_| self.able && lease.holds()) else { return Ok(false) };
        let derived = self.vessel.key(key.as_bytes(), Opens::Dossiers)?;
        let (durability, path) = (self.durability, self.vessel.dossiers.clone());
        let files = self.files_mut()?;
        let held: Option<Vec<u8>> = files.main.query_row("SELECT dossier_key FROM phone", [], |row| row.get(0))?;
        let mut resumes = false;
        match &files.dossiers {
            Some(dossiers) => {
                if held.as_deref() != Some(key.as_bytes().as_slice()) {
                    database::change_key(dossiers, &derived)?;
                }
            }
            None => match database::connect(&path, Some(&derived), durability) {
                Ok(dossiers) => {
                    if !changes::any(&dossiers)? {
                        forget_positions(&files.main)?;
                    }
                    resumes = changes::outstanding(&dossiers)? > 0;
                    files.dossiers = Some(dossiers);
                }
                // Of another key's time: nothing is shown of it, and nothing of the rest is held up by it.
                Err(ReplicaError::WrongKey) => return Ok(false),
                Err(error) => return Err(error),
            },
        }
        files.main.execute("UPDATE phone SET dossier_key = ?", [key.as_bytes()])?;
        save_lease(&files.main, &lease)?;
        self.lease = Some(lease);
        Ok(resumes)
    }

    /// Goes on with the lease that the file holds.
    pub(super) fn resume(&mut self, key: &DossierKey, lease: Lease, now: PhoneTime) -> Result<(), ReplicaError> {
        if !self.able {
            return Ok(());
        }
        let derived = self.vessel.key(key.as_bytes(), Opens::Dossiers)?;
        let (durability, path) = (self.durability, self.vessel.dossiers.clone());
        match database::connect(&path, Some(&derived), durability) {
            Ok(dossiers) => self.files_mut()?.dossiers = Some(dossiers),
            Err(ReplicaError::WrongKey) => return Ok(()),
            Err(error) => return Err(error),
        }
        self.lease = Some(lease);
        self.look_at_the_clock(now)
    }

    /// Ends the lease: the server gives this phone no key any more, since the person may read no dossier.
    pub(super) fn end_lease(&mut self, now: PhoneTime) -> Result<(), ReplicaError> {
        // Where storage fails, the ended lease stays, and keeps everything from being shown until the key is gone.
        self.lease = self.lease.map(Lease::ended);
        self.look_at_the_clock(now)
    }

    /// Lets the lease run by the clock, and writes down how far it has run; when it has run out, the dossiers are locked and
    /// their key is dropped.
    pub(super) fn look_at_the_clock(&mut self, now: PhoneTime) -> Result<(), ReplicaError> {
        let Some(lease) = self.lease.map(|lease| lease.at(now)) else { return Ok(()) };
        self.lease = Some(lease);
        if !lease.holds() {
            self.lock()
        } else if lease.is_to_be_saved() {
            match save_lease(self.main()?, &lease) {
                Ok(()) => self.lease = Some(lease.saved()),
                // A full phone still opens and syncs. It shows no dossier, since no reading can be noted, and the next look
                // tries this again.
                Err(ReplicaError::Full) => {}
                Err(error) => return Err(error),
            }
            Ok(())
        } else {
            Ok(())
        }
    }

    /// Locks the dossiers and drops their key.
    fn lock(&mut self) -> Result<(), ReplicaError> {
        let files = self.files_mut()?;
        let outstanding = files.dossiers.as_ref().map(changes::outstanding).transpose()?.unwrap_or(0);
        let outstanding = i64::try_from(outstanding).unwrap_or(i64::MAX);
        files.main.execute("UPDATE phone SET dossier_key = NULL, locked_outstanding = ?", [outstanding])?;
        // Into the file, and out of the log beside it.
        files.main.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        files.dossiers = None;
        self.lease = None;
        Ok(())
    }
}

/// The feeds of dossiers start anew: a file that begins, or one that begins again, holds nothing of them. (What is in it, not
/// where the feeds stand, is confidential; so the positions lie in the phone's own file, at hand also while this is locked.)
fn forget_positions(db: &Connection) -> Result<(), ReplicaError> {
    let feeds: Vec<String> = {
        let mut select = db.prepare_cached("SELECT feed FROM position")?;
        select.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?
    };
    let confidential = |feed: &&String| feed.parse().is_ok_and(|feed: Audience| feed.is_confidential());
    for feed in feeds.iter().filter(confidential) {
        db.prepare_cached("DELETE FROM position WHERE feed = ?")?.execute([feed])?;
    }
    Ok(())
}

fn save_lease(db: &Connection, lease: &Lease) -> Result<(), ReplicaError> {
    db.prepare_cached("UPDATE phone SET lease_ms = ?, lease_spent_ms = ?, lease_seen_at = ?, lease_backwards_ms = ?")?
        .execute(params![lease.lasts_ms, lease.spent_ms, lease.seen_at.millis(), lease.backwards_ms])?;
    Ok(())
}

//! The outbox: what was committed here and the server does not have yet, of both files, and the request that carries it.

use super::{Replica, ReplicaError, changes, check, receipts};
use crate::domain::{Kind, PhoneTime, RecordId};
use crate::wire::{ABLE_DOSSIERS, Commit, Position, Push, Reading, Request};
use rusqlite::Connection;
use std::collections::{BTreeSet, HashMap};

/// Set while the feeds of a server that was restored are pulled anew: until then nobody knows what it lost.
pub(super) const CATCHING_UP: &str = "catching_up";
/// Set while the file of dossiers, which was locked then, does not know yet that the server was restored.
pub(super) const DOSSIERS_DOUBTED_LATER: &str = "dossiers_doubted_later";

/// How many readings one request brings at most.
const READINGS: usize = 1000;

impl Replica {
    /// How many changes the server does not have yet, dossiers' included, also while they are locked.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn outstanding(&self) -> Result<usize, ReplicaError> {
        let files = self.files()?;
        let dossiers = match &files.dossiers {
            Some(dossiers) => changes::outstanding(dossiers)?,
            None => files.main.query_row("SELECT locked_outstanding FROM phone", [], super::rows::count)?,
        };
        Ok(changes::outstanding(&files.main)? + dossiers)
    }

    /// A request that pushes the oldest part of the outbox (what the server could not take yet after all else), at most so
    /// many bytes of it (but at least one change). `nonce` tells its response from others.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn request(
        &self,
        push_bytes: usize,
        pull_bytes: u32,
        nonce: u64,
        now: PhoneTime,
    ) -> Result<Request, ReplicaError> {
        let files = self.files()?;
        // What a restored server still has is pulled first, so that only what it lost is pushed.
        let mut request = match is_set(&files.main, CATCHING_UP)? {
            true => Request::new(self.device, self.person.clone(), now, nonce, 0),
            false => self.bring(push_bytes, nonce, now, Back::Alone)?,
        };
        request.budget = pull_bytes;
        request.commit = self.commit()?;
        request.positions = positions(&files.main)?;
        request.fetch = check::wanted(&files.main)?;
        request.reference = self.version("reference_version")?;
        request.standings = self.version("standings_version")?;
        let token: Vec<u8> = files.main.query_row("SELECT token FROM phone", [], |row| row.get(0))?;
        request.token = Some(token).filter(|token| !token.is_empty()).map(Into::into);
        if self.able {
            request.able.push(ABLE_DOSSIERS.to_owned());
        }
        Ok(request)
    }

    /// A request that brings all there is to bring, and asks for nothing.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn farewell(&self, push_bytes: usize, nonce: u64, now: PhoneTime) -> Result<Request, ReplicaError> {
        self.bring(push_bytes, nonce, now, Back::WithTheRest)
    }

    fn bring(&self, push_bytes: usize, nonce: u64, now: PhoneTime, back: Back) -> Result<Request, ReplicaError> {
        let files = self.files()?;
        let mut request = Request::new(self.device, self.person.clone(), now, nonce, 0);
        let mut left = push_bytes;
        for db in std::iter::once(&files.main).chain(&files.dossiers) {
            if !push(db, &mut request, &mut left, back)? {
                break;
            }
        }
        request.readings = readings(&files.main)?;
        Ok(request)
    }

    /// How far the server's log had come at the last response.
    fn commit(&self) -> Result<Option<Commit>, ReplicaError> {
        let stored: Option<Vec<u8>> = self.setting("commit")?;
        Ok(stored.and_then(|bytes| Commit::from_bytes(&bytes)))
    }

    /// The version of something that the server describes; 0 before it did.
    fn version(&self, setting: &str) -> Result<u64, ReplicaError> {
        Ok(self.setting::<i64>(setting)?.and_then(|version| u64::try_from(version).ok()).unwrap_or(0))
    }
}

/// How what is brought back to a restored server goes along with what it never had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Back {
    /// First, and by itself: it decides how the rest is judged.
    Alone,
    /// In one request: there is no other.
    WithTheRest,
}

/// Puts the oldest part of a file's outbox into a request, with the receipts of what is brought back, as far as the bytes left
/// for that allow. Returns whether that was all of it.
fn push(db: &Connection, request: &mut Request, left: &mut usize, back: Back) -> Result<bool, ReplicaError> {
    let mut select = db.prepare_cached(
        "SELECT change.record, record.kind, change.bytes, change.receipt
         FROM change JOIN record ON record.id = change.record
         WHERE acknowledged = 0 AND (?1 OR receipt IS NOT NULL OR NOT EXISTS (
             SELECT 1 FROM change AS back WHERE back.acknowledged = 0 AND back.waiting = 0 AND back.receipt IS NOT NULL))
         ORDER BY waiting, place",
    )?;
    let mut found = select.query([back == Back::WithTheRest])?;
    let (mut at, mut proven): (HashMap<RecordId, usize>, BTreeSet<i64>) = Default::default();
    while let Some(row) = found.next()? {
        let bytes: Vec<u8> = row.get(2)?;
        let number: Option<i64> = row.get(3)?;
        let receipt = match number.filter(|number| !proven.contains(number)) {
            Some(number) => receipts::read(db, number)?,
            None => None,
        };
        let size = bytes.len() + receipt.as_ref().map_or(0, |receipt| receipt.entries.len() * 44);
        if !request.pushes.is_empty() && size > *left {
            return Ok(false);
        }
        *left = left.saturating_sub(size);
        proven.extend(number);
        request.receipts.extend(receipt);
        let record = RecordId::from_bytes(row.get_ref(0)?.as_blob().unwrap_or_default())?;
        let kind: Kind = row.get_ref(1)?.as_str().unwrap_or_default().parse()?;
        let place = *at.entry(record).or_insert_with(|| {
            request.pushes.push(Push { record, kind, changes: Vec::new() });
            request.pushes.len() - 1
        });
        request.pushes[place].changes.push(bytes.into());
    }
    Ok(true)
}

/// Whether something is set that is set for a while only.
pub(super) fn is_set(db: &Connection, setting: &str) -> Result<bool, ReplicaError> {
    let mut select = db.prepare_cached("SELECT EXISTS (SELECT 1 FROM setting WHERE name = ?)")?;
    Ok(select.query_row([setting], |row| row.get(0))?)
}

fn readings(db: &Connection) -> Result<Vec<Reading>, ReplicaError> {
    let mut select = db.prepare_cached("SELECT id, dossier, at FROM reading ORDER BY at, id LIMIT ?")?;
    let mut found = select.query([i64::try_from(READINGS).unwrap_or(i64::MAX)])?;
    let mut readings = Vec::new();
    while let Some(row) = found.next()? {
        readings.push(Reading {
            id: RecordId::from_bytes(row.get_ref(0)?.as_blob().unwrap_or_default())?,
            dossier: RecordId::from_bytes(row.get_ref(1)?.as_blob().unwrap_or_default())?,
            at: PhoneTime::from_millis(row.get(2)?)?,
        });
    }
    Ok(readings)
}

pub(super) fn has_readings(db: &Connection) -> Result<bool, ReplicaError> {
    Ok(db.query_row("SELECT EXISTS (SELECT 1 FROM reading)", [], |row| row.get(0))?)
}

fn positions(db: &Connection) -> Result<Vec<Position>, ReplicaError> {
    let mut select = db.prepare_cached("SELECT feed, low, high FROM position ORDER BY feed")?;
    let mut found = select.query([])?;
    let mut positions = Vec::new();
    while let Some(row) = found.next()? {
        let place = |n: usize| -> Result<u64, ReplicaError> { Ok(row.get::<_, i64>(n)?.unsigned_abs()) };
        let feed = row.get_ref(0)?.as_str().unwrap_or_default().parse()?;
        positions.push(Position { feed, low: place(1)?, high: place(2)? });
    }
    Ok(positions)
}

//! The outbox: changes committed here that the server does not have yet, and the request that carries them.

use super::{Replica, ReplicaError, changes};
use crate::domain::{Kind, PhoneTime, RecordId};
use crate::wire::{Position, Push, Request};
use rusqlite::Connection;
use std::collections::HashMap;

impl Replica {
    /// How many changes the server does not have yet.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn outstanding(&self) -> Result<usize, ReplicaError> {
        changes::outstanding(&self.db)
    }

    /// A request that pushes the oldest part of the outbox (what the server could not take yet after all else), at most so many bytes of it (but at least one change).
    /// `nonce` tells its response from others.
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
        let mut request = Request::new(self.device, self.person.clone(), now, nonce, pull_bytes);
        request.positions = positions(&self.db)?;
        request.reference = self.version("reference_version")?;
        request.standings = self.version("standings_version")?;
        request.pushes = self.pushes(push_bytes)?;
        Ok(request)
    }

    /// The version of something that the server describes; 0 before it did.
    fn version(&self, setting: &str) -> Result<u64, ReplicaError> {
        Ok(self.setting::<i64>(setting)?.and_then(|version| u64::try_from(version).ok()).unwrap_or(0))
    }

    fn pushes(&self, push_bytes: usize) -> Result<Vec<Push>, ReplicaError> {
        let mut select = self.db.prepare_cached(
            "SELECT change.record, record.kind, change.bytes FROM change JOIN record ON record.id = change.record
             WHERE acknowledged = 0 ORDER BY waiting, place",
        )?;
        let mut found = select.query([])?;
        let (mut pushes, mut at, mut size): (Vec<Push>, HashMap<RecordId, usize>, usize) = Default::default();
        while let Some(row) = found.next()? {
            let bytes: Vec<u8> = row.get(2)?;
            if size > 0 && size + bytes.len() > push_bytes {
                break;
            }
            size += bytes.len();
            let record = RecordId::from_bytes(row.get_ref(0)?.as_blob().unwrap_or_default())?;
            let kind: Kind = row.get_ref(1)?.as_str().unwrap_or_default().parse()?;
            let place = *at.entry(record).or_insert_with(|| {
                pushes.push(Push { record, kind, changes: Vec::new() });
                pushes.len() - 1
            });
            pushes[place].changes.push(bytes.into());
        }
        Ok(pushes)
    }
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

//! Retention: old visits that the server has leave the phone, if the app wishes so, and come back when somebody asks for them.
//! What a check and a list need of them stays: whose, when, and a digest.

use super::{Replica, ReplicaError, changes, check, receipts, rows};
use crate::domain::{Invalid, KINDS, PhoneTime, RecordId};
use crate::wire::CheckDigest;
use rusqlite::{Connection, TransactionBehavior, params};

/// For how many days the phone keeps what it got or sent just now, however old it is: in case the server is restored from a
/// backup, and what was asked for until it was read.
const KEPT_DAYS: i64 = 30;
/// How many records leave after one sync at most.
const AT_ONCE: usize = 500;
const DAY_MS: i64 = 86_400_000;

impl Replica {
    /// For how many days visits stay on this phone; `None`, as from the beginning, for good.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn retention_days(&self) -> Result<Option<u32>, ReplicaError> {
        self.setting("retention_days")
    }

    /// Sets for how many days visits stay on this phone; older ones leave it after the syncs to come, once the server has had
    /// them for a month.
    ///
    /// # Errors
    /// For fewer than 30 days, or when the database cannot be written.
    pub fn set_retention_days(&mut self, days: Option<u32>) -> Result<(), ReplicaError> {
        match days {
            Some(days) if i64::from(days) < KEPT_DAYS => {
                Err(Invalid::new("retention", days, "30 days or more: a restored server may ask for them").into())
            }
            Some(days) => {
                let sql = "INSERT OR REPLACE INTO setting (name, value) VALUES ('retention_days', ?)";
                self.main()?.execute(sql, [days])?;
                Ok(())
            }
            None => {
                self.main()?.execute("DELETE FROM setting WHERE name = 'retention_days'", [])?;
                Ok(())
            }
        }
    }

    /// How many older records of a prospect are not on this phone any more.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn retired(&self, prospect: RecordId) -> Result<usize, ReplicaError> {
        let mut count = self.main()?.prepare_cached("SELECT count(*) FROM retired WHERE prospect = ?")?;
        Ok(count.query_row([prospect.as_bytes()], rows::count)?)
    }

    /// Asks for the older records of a prospect: the next sync brings them, and they stay for a month. Returns how many.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn fetch_retired(&mut self, prospect: RecordId, now: PhoneTime) -> Result<usize, ReplicaError> {
        let db = self.main()?;
        let found: Vec<Vec<u8>> = db
            .prepare_cached("SELECT record FROM retired WHERE prospect = ?")?
            .query_map([prospect.as_bytes()], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        let records: Vec<RecordId> = found.iter().map(|id| RecordId::from_bytes(id)).collect::<Result<_, _>>()?;
        let tx = db.unchecked_transaction()?;
        check::want(&tx, &records, now)?;
        tx.commit()?;
        Ok(records.len())
    }

    /// Lets old records go, as far as the app wishes so. `now` may be wrong: the server's clock decides.
    pub(super) fn retire(&mut self, now: PhoneTime) -> Result<usize, ReplicaError> {
        let Some(days) = self.retention_days()? else { return Ok(0) };
        let Some(skew) = self.clock_skew_ms()? else { return Ok(0) };
        let true_now = now.millis().saturating_add(skew);
        let tx = self.files_mut()?.main.transaction_with_behavior(TransactionBehavior::Immediate)?;
        // Of what came before this was noted nobody knows when: from now on it counts.
        tx.execute(
            "UPDATE change SET acknowledged_at = ?1 WHERE acknowledged = 1 AND acknowledged_at NOT BETWEEN 1 AND ?1",
            [true_now],
        )?;
        let (old, kept) = (true_now - i64::from(days) * DAY_MS, true_now - KEPT_DAYS * DAY_MS);
        let mut gone = 0;
        for kind in KINDS.iter().filter(|kind| kind.leaves_phones) {
            for record in retirable(&tx, kind.name, old, kept)? {
                let hashes = changes::sound(&tx, record)?.into_iter().map(|change| change.hash).collect();
                tx.prepare_cached(
                    "INSERT OR REPLACE INTO retired (record, kind, prospect, occurred_at, digest)
                     SELECT id, kind, prospect, occurred_at, ?2 FROM record WHERE id = ?1",
                )?
                .execute(params![record.as_bytes(), CheckDigest::of_changes(hashes).as_bytes()])?;
                tx.prepare_cached("DELETE FROM change WHERE record = ?")?.execute([record.as_bytes()])?;
                rows::remove(&tx, record)?;
                gone += 1;
            }
        }
        if gone > 0 {
            receipts::prune(&tx)?;
        }
        tx.commit()?;
        Ok(gone)
    }
}

/// Old records of a kind that nobody needs here: nothing of them is still due, the server has had all of them for a month, people
/// agree on them, and nothing about them is in the inbox.
fn retirable(db: &Connection, kind: &str, old: i64, kept: i64) -> Result<Vec<RecordId>, ReplicaError> {
    let mut select = db.prepare_cached(
        "SELECT id FROM record WHERE kind = ?1 AND occurred_at < ?2 AND coalesce(due_at, 0) < ?2
             AND prospect IS NOT NULL AND conflicts = ''
             AND NOT EXISTS (SELECT 1 FROM change WHERE record = record.id AND (acknowledged = 0 OR acknowledged_at >= ?3))
             AND NOT EXISTS (SELECT 1 FROM quarantine WHERE record = record.id)
         ORDER BY occurred_at LIMIT ?4",
    )?;
    let most = i64::try_from(AT_ONCE).unwrap_or(i64::MAX);
    let found = select.query_map(params![kind, old, kept, most], |row| row.get::<_, Vec<u8>>(0))?;
    found.map(|id| Ok(RecordId::from_bytes(&id?)?)).collect()
}

/// Whether a record left this phone because it is old.
pub(super) fn is_retired(db: &Connection, record: RecordId) -> Result<bool, ReplicaError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM retired WHERE record = ?)";
    Ok(db.prepare_cached(sql)?.query_row([record.as_bytes()], |row| row.get(0))?)
}

/// It is here again, or is not this phone's any more.
pub(super) fn is_back(db: &Connection, record: RecordId) -> Result<(), ReplicaError> {
    db.prepare_cached("DELETE FROM retired WHERE record = ?")?.execute([record.as_bytes()])?;
    Ok(())
}

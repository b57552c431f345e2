//! Reassignment, as those are told whom it concerns: which prospects came to this phone or left it because they were assigned anew,
//! when, and with how much. A record leaves only once the server has all that was made of it here.

use super::{Replica, ReplicaError, query};
use crate::domain::assignment::Assignment;
use crate::domain::{Kind, PersonId, PhoneTime, RecordId, prospect};
use rusqlite::{Connection, OptionalExtension, params};

/// For how long it is shown.
const SHOWN_MS: i64 = 90 * 86_400_000;
/// An assignment that is older is no news on a phone that gets it for the first time.
const NEWS_MS: i64 = 30 * 86_400_000;
/// How many are listed at most.
const LISTED: u32 = 500;

/// A prospect that came or left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reassigned {
    /// The prospect.
    pub prospect: RecordId,
    /// Its name.
    pub name: String,
    /// Whether it came; otherwise it left.
    pub came: bool,
    /// When, by this phone's clock.
    pub at: PhoneTime,
    /// How many of its records are here, or left with it, itself included.
    pub records: usize,
}

impl Replica {
    /// The prospects that came to this phone or left it because they were assigned anew, of the last 90 days, the newest first.
    /// All that was recorded here of one that left has reached the server, or is in the inbox.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn reassigned(&self) -> Result<Vec<Reassigned>, ReplicaError> {
        // A prospect's first assignment is none anew.
        let mut select = self.main()?.prepare_cached(
            "SELECT prospect, name, came, at,
                    iif(came, (SELECT count(*) FROM record WHERE record.prospect = reassigned.prospect), records)
             FROM reassigned
             WHERE NOT came OR 1 < (SELECT count(*) FROM record
                                    WHERE record.prospect = reassigned.prospect AND kind = 'assignment')
             ORDER BY at DESC, prospect LIMIT ?",
        )?;
        let mut found = select.query([LISTED])?;
        let mut all = Vec::new();
        while let Some(row) = found.next()? {
            all.push(Reassigned {
                prospect: RecordId::from_bytes(row.get_ref(0)?.as_blob().unwrap_or_default())?,
                name: row.get(1)?,
                came: row.get(2)?,
                at: PhoneTime::nearest(row.get(3)?),
                records: usize::try_from(row.get::<_, i64>(4)?).unwrap_or(0),
            });
        }
        // It comes before its prospect does.
        for came in all.iter_mut().filter(|one| one.came) {
            came.name = name_of(self.main()?, came.prospect)?.unwrap_or_default();
        }
        Ok(all)
    }
}

/// An assignment came: with it a prospect that was not here, or that is this person's from now on.
pub(super) fn note_arrival(
    db: &Connection,
    assignment: RecordId,
    person: &PersonId,
    now: PhoneTime,
) -> Result<(), ReplicaError> {
    let Some(row) = query::view(db, assignment)?.map(|view| view.row) else { return Ok(()) };
    let (Some(prospect), Ok(assigned)) = (row.prospect, Assignment::read(&row.fields)) else { return Ok(()) };
    let is_news = now.millis().saturating_sub(assigned.effective_at.millis()) < NEWS_MS;
    let concerns = assigned.owner.as_ref() == Some(person) || name_of(db, prospect)?.is_none();
    if is_news && concerns {
        let sql = "INSERT OR REPLACE INTO reassigned (prospect, name, came, at, records) VALUES (?, '', 1, ?, 0)";
        db.prepare_cached(sql)?.execute(params![prospect.as_bytes(), now.millis()])?;
    }
    Ok(())
}

/// Records leave, while they are still here: each is counted to its prospect.
pub(super) fn note_departure(db: &Connection, records: &[Vec<u8>], now: PhoneTime) -> Result<(), ReplicaError> {
    for id in records {
        let mut select = db.prepare_cached("SELECT coalesce(prospect, id), kind FROM record WHERE id = ?")?;
        let found = select.query_row([id], |row| Ok((row.get::<_, Vec<u8>>(0)?, row.get::<_, String>(1)?)));
        let Some((prospect, kind)) = found.optional()? else { continue };
        let kind: Kind = kind.parse()?;
        // What belongs to no prospect was not assigned anew.
        if kind.is(&prospect::KIND) || prospect != *id {
            let name = name_of(db, RecordId::from_bytes(&prospect)?)?.unwrap_or_default();
            db.prepare_cached(
                "INSERT INTO reassigned (prospect, name, came, at, records) VALUES (?1, ?2, 0, ?3, 1)
                 ON CONFLICT (prospect) DO UPDATE SET
                     records = iif(came, 1, records + 1), came = 0, at = ?3, name = iif(?2 = '', name, ?2)",
            )?
            .execute(params![prospect, name, now.millis()])?;
        }
    }
    db.prepare_cached("DELETE FROM reassigned WHERE at < ?")?.execute([now.millis() - SHOWN_MS])?;
    Ok(())
}

fn name_of(db: &Connection, prospect: RecordId) -> Result<Option<String>, ReplicaError> {
    let mut select = db.prepare_cached("SELECT coalesce(body ->> '$.name', '') FROM record WHERE id = ?")?;
    Ok(select.query_row([prospect.as_bytes()], |row| row.get(0)).optional()?)
}

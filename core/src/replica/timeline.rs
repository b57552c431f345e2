//! The timeline of a prospect: all that was recorded of it, the newest first, with what was recorded of those linked with it;
//! and the history of a record.

use super::{Replica, ReplicaError, changes, links, query};
use crate::document::Edit;
use crate::domain::{PhoneTime, RecordId, prospect};
use crate::projection::Row;
use rusqlite::{Connection, params};

/// Where a page of a timeline ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cursor {
    /// When that record happened.
    pub at: PhoneTime,
    /// Which record it is.
    pub record: RecordId,
}

/// A record on a timeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    /// The record's row, which also says to which prospect it belongs.
    pub row: Row,
    /// When it happened, or will; of what says neither, when it was begun.
    pub at: PhoneTime,
    /// Whether it belongs to another record of the same prospect, which is linked with this one.
    pub of_linked: bool,
}

/// A page of a timeline.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Timeline {
    /// What is yet to take place or to be done, the first to come first. Only the first page has it.
    pub planned: Vec<Moment>,
    /// What happened, the newest first.
    pub past: Vec<Moment>,
    /// Where the next page goes on, if there is one.
    pub next: Option<Cursor>,
    /// How many older records are not on this phone any more; `fetch_retired` asks for them.
    pub retired: usize,
}

impl Replica {
    /// A page of what was recorded of a prospect and of those linked with it, but the prospects themselves. Dossiers stand apart.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn timeline(&self, prospect: RecordId, before: Option<Cursor>, limit: usize) -> Result<Timeline, ReplicaError> {
        let db = self.main()?;
        let (mut planned, mut past, mut retired) = (Vec::new(), Vec::new(), 0);
        for of in links::group(db, prospect)? {
            gather(db, of, &mut planned, &mut past)?;
            retired += self.retired(of)?;
        }
        planned.sort_unstable();
        past.retain(|moment| before.is_none_or(|before| *moment < before));
        past.sort_unstable_by(|a, b| b.cmp(a));
        let more = past.len() > limit;
        past.truncate(limit);
        let shown = |cursors: &[Cursor]| -> Result<Vec<Moment>, ReplicaError> {
            let mut moments = Vec::new();
            for cursor in cursors {
                let Some(row) = query::view_row(db, cursor.record)? else { continue };
                moments.push(Moment { of_linked: row.prospect != Some(prospect), row, at: cursor.at });
            }
            Ok(moments)
        };
        Ok(Timeline {
            planned: if before.is_none() { shown(&planned)? } else { Vec::new() },
            next: past.last().copied().filter(|_| more),
            past: shown(&past)?,
            retired,
        })
    }

    /// Who changed which field of a record when, from what to what, the newest first.
    ///
    /// # Errors
    /// When the record is not here, or is a dossier, or its stored changes are damaged.
    pub fn history(&self, record: RecordId) -> Result<Vec<Edit>, ReplicaError> {
        let (document, _) = changes::document(self.main()?, record)?.ok_or(ReplicaError::NoSuchRecord(record))?;
        Ok(document.history())
    }

    /// The same of a dossier. That it was read is noted first, under a fresh id.
    ///
    /// # Errors
    /// When the dossiers are locked, it is not on this phone, or storage is full: then nothing is shown.
    pub fn dossier_history(
        &mut self,
        id: RecordId,
        now: PhoneTime,
        reading: RecordId,
    ) -> Result<Vec<Edit>, ReplicaError> {
        self.read_dossier(id, now, reading)?;
        let (document, _) = changes::document(self.dossiers()?, id)?.ok_or(ReplicaError::NoSuchRecord(id))?;
        Ok(document.history())
    }
}

/// When each record of a prospect happened, or will.
fn gather(
    db: &Connection,
    of: RecordId,
    planned: &mut Vec<Cursor>,
    past: &mut Vec<Cursor>,
) -> Result<(), ReplicaError> {
    // What is planned: due, and without a time at which it happened. A proposal was sent, though it says so in no column.
    let mut select = db.prepare_cached(
        "SELECT id, occurred_at, due_at, kind IN ('visit', 'activity', 'commitment') AND state = 'active',
                iif(due_at IS NOT NULL AND kind = 'commitment', NULL, coalesce(body ->> '$.done_at.t', body ->> '$.sent_at.t'))
         FROM record WHERE prospect = ?1 AND kind <> ?2",
    )?;
    let mut found = select.query(params![of.as_bytes(), prospect::KIND.name])?;
    while let Some(row) = found.next()? {
        let record = RecordId::from_bytes(row.get_ref(0)?.as_blob().unwrap_or_default())?;
        let (occurred, due, can_be_planned): (Option<i64>, Option<i64>, bool) = (row.get(1)?, row.get(2)?, row.get(3)?);
        let happened = occurred.or(row.get_ref(4)?.as_i64().ok());
        match due.filter(|_| can_be_planned && happened.is_none()) {
            Some(due) => planned.push(Cursor { at: PhoneTime::nearest(due), record }),
            None => {
                let at = happened.map(PhoneTime::nearest).or(record.begun_at());
                past.push(Cursor { at: at.unwrap_or(PhoneTime::nearest(0)), record });
            }
        }
    }
    Ok(())
}

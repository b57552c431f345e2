//! Links: two records of what is the same prospect are linked, and never deleted. The younger one points to the older, so that
//! links never run in a circle, whichever phones made them.

use super::{Replica, ReplicaError, changes, edit, query, rows};
use crate::domain::assignment::{self, Assignment};
use crate::domain::{Fields, Invalid, PhoneTime, RecordId, UnitId, Value, prospect};
use crate::projection::Row;
use rusqlite::{Connection, TransactionBehavior, params};
use std::collections::BTreeSet;

/// How many prospects one looks through at most: edits made by hand can link without end.
const MOST: usize = 100;

impl Replica {
    /// Says that two records are the same prospect.
    ///
    /// # Errors
    /// When they are one record or are linked already, either is not a prospect on this phone, or storage is full.
    pub fn link(&mut self, one: RecordId, other: RecordId, now: PhoneTime) -> Result<(), ReplicaError> {
        let authorship = self.authorship(now);
        let tx = self.file_of(false, now)?.transaction_with_behavior(TransactionBehavior::Immediate)?;
        prospect_of(&tx, one)?;
        prospect_of(&tx, other)?;
        if one == other {
            return Err(Invalid::new("same_as", other, "another prospect: this one is the same as itself").into());
        }
        if group(&tx, one)?.contains(&other) {
            return Err(Invalid::new("same_as", other, "a prospect that is not linked with this one already").into());
        }
        let (one, other) = (oldest_of(&tx, one)?, oldest_of(&tx, other)?);
        let (older, younger) = if one < other { (one, other) } else { (other, one) };
        edit::put(&tx, younger, &same_as(Some(older)), &authorship)?;
        tx.commit()?;
        Ok(())
    }

    /// Takes a prospect out of those with which it is linked; the others stay linked with each other. Returns how many records
    /// were changed for that.
    ///
    /// # Errors
    /// When it is not a prospect on this phone, or storage is full.
    pub fn unlink(&mut self, prospect: RecordId, now: PhoneTime) -> Result<usize, ReplicaError> {
        let authorship = self.authorship(now);
        let tx = self.file_of(false, now)?.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let up = prospect_of(&tx, prospect)?.fields.record("same_as");
        let mut below = pointing_at(&tx, prospect)?;
        below.sort_unstable();
        // What it held together the one above holds from now on, or else the oldest of them.
        let holds = up.or(below.first().copied());
        let mut changed = usize::from(edit::put(&tx, prospect, &same_as(None), &authorship)?.is_some());
        for record in below {
            let to = holds.filter(|holds| *holds != record);
            changed += usize::from(edit::put(&tx, record, &same_as(to), &authorship)?.is_some());
        }
        tx.commit()?;
        Ok(changed)
    }

    /// The prospects that are the same as one, itself left out, the oldest first; at most 100.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn linked(&self, prospect: RecordId) -> Result<Vec<RecordId>, ReplicaError> {
        let mut group = group(self.main()?, prospect)?;
        group.remove(&prospect);
        Ok(group.into_iter().collect())
    }

    /// The other units that work a community of this one's name, as the server knew when it assigned this one.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn also_worked_by(&self, prospect: RecordId) -> Result<BTreeSet<UnitId>, ReplicaError> {
        let sql = format!(
            "SELECT {} FROM record WHERE prospect = ? AND kind = ? ORDER BY occurred_at DESC, id DESC LIMIT 1",
            rows::COLUMNS
        );
        let mut select = self.main()?.prepare_cached(&sql)?;
        let found = rows::parse(select.query_map(params![prospect.as_bytes(), assignment::KIND.name], rows::read)?)?;
        // One that only a newer version can read says nothing here.
        let newest = found.first().and_then(|row| Assignment::read(&row.fields).ok());
        Ok(newest.map(|assignment| assignment.also).unwrap_or_default())
    }

    /// Says that a possible twin of a prospect is another prospect.
    ///
    /// # Errors
    /// As for [`Self::edit`].
    pub fn deny_twin(&mut self, prospect: RecordId, twin: RecordId, now: PhoneTime) -> Result<(), ReplicaError> {
        let puts = Fields::new().with(format!("twin/{twin}").parse()?, Value::Bool(false));
        self.edit(prospect, &puts, now)?;
        Ok(())
    }
}

fn same_as(prospect: Option<RecordId>) -> Fields {
    let mut puts = Fields::new();
    puts.set("same_as", Some(prospect.map_or(Value::Null, Into::into)));
    puts
}

fn prospect_of(db: &Connection, id: RecordId) -> Result<Row, ReplicaError> {
    let row = query::view_row(db, id)?.ok_or(ReplicaError::NoSuchRecord(id))?;
    match row.kind.is(&prospect::KIND) {
        true => Ok(row),
        false => Err(Invalid::new("same_as", &row.kind, "a prospect: nothing else is linked").into()),
    }
}

/// The prospect to which one points.
fn above(db: &Connection, prospect: RecordId) -> Result<Option<RecordId>, ReplicaError> {
    ids(db, "SELECT same_as FROM glance WHERE prospect = ? AND same_as IS NOT NULL", prospect)
        .map(|all| all.first().copied())
}

fn pointing_at(db: &Connection, prospect: RecordId) -> Result<Vec<RecordId>, ReplicaError> {
    ids(db, "SELECT prospect FROM glance WHERE same_as = ? AND same_as IS NOT NULL", prospect)
}

fn ids(db: &Connection, sql: &str, prospect: RecordId) -> Result<Vec<RecordId>, ReplicaError> {
    let mut select = db.prepare_cached(sql)?;
    let found = select.query_map([prospect.as_bytes()], |row| row.get::<_, Vec<u8>>(0))?;
    // What is no id, somebody's newer app put there: it links nothing here.
    let found = found.collect::<Result<Vec<_>, _>>()?;
    Ok(found.iter().filter_map(|id| RecordId::from_bytes(id).ok()).collect())
}

/// Where the links from a prospect end. Those made by hand may run in a circle: then it is the oldest that was met.
fn oldest_of(db: &Connection, prospect: RecordId) -> Result<RecordId, ReplicaError> {
    let (mut at, mut seen) = (prospect, BTreeSet::from([prospect]));
    while let Some(next) = above(db, at)?.filter(|next| changes::exists(db, *next).unwrap_or(false)) {
        if !seen.insert(next) || seen.len() > MOST {
            return Ok(seen.first().copied().unwrap_or(at));
        }
        at = next;
    }
    Ok(at)
}

/// A prospect and all that are linked with it, over however many links.
pub(super) fn group(db: &Connection, prospect: RecordId) -> Result<BTreeSet<RecordId>, ReplicaError> {
    let (mut group, mut todo) = (BTreeSet::from([prospect]), vec![prospect]);
    while let Some(at) = todo.pop() {
        for next in above(db, at)?.into_iter().chain(pointing_at(db, at)?) {
            if group.len() < MOST && group.insert(next) {
                todo.push(next);
            }
        }
    }
    Ok(group)
}

//! The list of prospects as the phone keeps it: a table that follows the rows, and the same in memory from the first lookup on,
//! brought up to date by what changed since.

use super::{Replica, ReplicaError};
use crate::domain::{Fields, Money, PersonId, RecordId, assignment, prospect, visit};
use crate::lookup::{Facts, Gazetteer, Ring, Spot};
use crate::projection::Row;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, params};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The list in memory, and of when it is.
#[derive(Debug, Default)]
pub(super) struct Cached {
    revision: i64,
    generation: i64,
    list: Gazetteer,
    /// Names of districts and people, each kept once.
    districts: BTreeSet<Arc<str>>,
    people: BTreeSet<Arc<PersonId>>,
}

impl Replica {
    /// Looks something up in the list as it is now.
    pub(super) fn look_up<T>(&self, look: impl FnOnce(&Gazetteer) -> T) -> Result<T, ReplicaError> {
        let mut cached = self.listed.borrow_mut();
        cached.catch_up(self.main()?)?;
        Ok(look(&cached.list))
    }
}

impl Cached {
    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    fn catch_up(&mut self, db: &Connection) -> Result<(), ReplicaError> {
        let (revision, generation): (i64, i64) = db
            .prepare_cached("SELECT revision, generation FROM listed")?
            .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        if generation != self.generation {
            // What was taken out left no trace of which it was.
            *self = Self { generation, ..Self::default() };
        }
        if revision == self.revision {
            return Ok(());
        }
        let since = if self.revision == 0 { "" } else { "WHERE revision > ?1" };
        let sql = format!(
            "SELECT record, gone, name, address, district, lat, lon, households, floor_area, fund_actual, fund_estimate,
                    price, management, ring, category, same_as, last_contact, owner FROM gazetteer {since}"
        );
        let mut select = db.prepare_cached(&sql)?;
        if select.parameter_count() == 1 {
            select.raw_bind_parameter(1, self.revision)?;
        }
        let mut rows = select.raw_query();
        while let Some(row) = rows.next()? {
            let id = RecordId::from_bytes(row.get_ref(0)?.as_blob().unwrap_or_default())?;
            if row.get::<_, bool>(1)? {
                self.list.remove(id);
                continue;
            }
            let facts = self.facts(row)?;
            self.list.put(id, text(row, 2)?.unwrap_or_default(), text(row, 3)?.unwrap_or_default(), facts);
        }
        self.revision = revision;
        Ok(())
    }

    fn facts(&mut self, row: &rusqlite::Row<'_>) -> Result<Facts, ReplicaError> {
        let e7 = |value: Option<i64>, bound: u32| {
            value.and_then(|e7| i32::try_from(e7).ok()).filter(|e7| e7.unsigned_abs() <= bound)
        };
        let spot = e7(whole(row, 5)?, 900_000_000).zip(e7(whole(row, 6)?, 1_800_000_000));
        let known = |name: Option<&str>| ["good", "fair", "poor"].into_iter().find(|known| Some(*known) == name);
        let ring = match text(row, 13)? {
            Some("inner") => Some(Ring::Inner),
            Some("near") => Some(Ring::Near),
            Some("far") => Some(Ring::Far),
            _ => None,
        };
        let owner: Option<PersonId> = text(row, 17)?.and_then(|owner| owner.parse().ok());
        Ok(Facts {
            spot: spot.map(|(lat_e7, lon_e7)| Spot { lat_e7, lon_e7 }),
            households: whole(row, 7)?,
            floor_area: whole(row, 8)?,
            fund_actual: whole(row, 9)?,
            fund_estimate: whole(row, 10)?,
            price: whole(row, 11)?,
            management: known(text(row, 12)?),
            ring,
            community: matches!(text(row, 14)?, None | Some("community")),
            linked: row.get_ref(15)?.as_blob().ok().and_then(|id| RecordId::from_bytes(id).ok()),
            last_contact: whole(row, 16)?,
            owner: owner.map(|owner| kept_once(&mut self.people, Arc::new(owner))),
            district: text(row, 4)?.map(|district| kept_once(&mut self.districts, district.into())),
        })
    }
}

fn kept_once<T: Ord + ?Sized>(all: &mut BTreeSet<Arc<T>>, one: Arc<T>) -> Arc<T> {
    if let Some(kept) = all.get(&one) {
        return kept.clone();
    }
    all.insert(one.clone());
    one
}

/// A text, unless what stands there is of another type, as an older row of an unknown field can be.
fn text<'a>(row: &'a rusqlite::Row<'_>, column: usize) -> rusqlite::Result<Option<&'a str>> {
    match row.get_ref(column)? {
        ValueRef::Text(text) => Ok(std::str::from_utf8(text).ok()),
        _ => Ok(None),
    }
}

/// A whole number, likewise.
fn whole(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<Option<i64>> {
    match row.get_ref(column)? {
        ValueRef::Integer(int) => Ok(Some(int)),
        _ => Ok(None),
    }
}

/// Follows a row that was derived.
pub(super) fn note(db: &Connection, row: &Row) -> Result<(), ReplicaError> {
    if row.kind.is(&prospect::KIND) {
        list(db, row)?;
        contacted(db, row.id.as_bytes())?;
        return assigned(db, row.id.as_bytes());
    }
    match row.prospect {
        Some(prospect) if row.kind.is(&visit::KIND) => contacted(db, prospect.as_bytes()),
        Some(prospect) if row.kind.is(&assignment::KIND) => assigned(db, prospect.as_bytes()),
        _ => Ok(()),
    }
}

/// Follows a row that was removed.
pub(super) fn forget(db: &Connection, id: RecordId, kind: &str, prospect: Option<&[u8]>) -> Result<(), ReplicaError> {
    match prospect {
        _ if kind == prospect::KIND.name => {
            if db.prepare_cached("DELETE FROM gazetteer WHERE record = ?")?.execute([id.as_bytes()])? > 0 {
                db.prepare_cached("UPDATE listed SET revision = revision + 1, generation = generation + 1")?
                    .execute([])?;
            }
            Ok(())
        }
        Some(prospect) if kind == visit::KIND.name => contacted(db, prospect),
        Some(prospect) if kind == assignment::KIND.name => assigned(db, prospect),
        _ => Ok(()),
    }
}

fn list(db: &Connection, row: &Row) -> Result<(), ReplicaError> {
    db.prepare_cached("UPDATE listed SET revision = revision + 1")?.execute([])?;
    if row.withdrawn {
        db.prepare_cached(
            "INSERT OR REPLACE INTO gazetteer (record, revision, gone) SELECT ?, revision, 1 FROM listed",
        )?
        .execute([row.id.as_bytes()])?;
        return Ok(());
    }
    let fields: &Fields = &row.fields;
    db.prepare_cached(
        "INSERT OR REPLACE INTO gazetteer (record, revision, gone, name, address, district, lat, lon, households, floor_area,
             fund_actual, fund_estimate, price, management, ring, category, same_as)
         SELECT ?1, revision, 0, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15 FROM listed",
    )?
    .execute(params![
        row.id.as_bytes(),
        fields.text("name").unwrap_or_default(),
        fields.text("address").unwrap_or_default(),
        fields.text("district"),
        fields.int("place/lat"),
        fields.int("place/lon"),
        fields.int("households").filter(|number| *number >= 0),
        fields.int("floor_area").filter(|number| *number >= 0),
        fields.money("fund_actual").map(Money::fen),
        fields.money("fund_estimate").map(Money::fen),
        fields.money("price_level").map(Money::fen),
        fields.text("management_quality"),
        fields.text("ring"),
        fields.text("category"),
        fields.record("same_as").map(|id| id.as_bytes().to_vec()),
    ])?;
    Ok(())
}

/// Notes when a prospect was last visited: visits that left the phone because they are old count, too.
fn contacted(db: &Connection, prospect: &[u8]) -> Result<(), ReplicaError> {
    let changed = db
        .prepare_cached(
            "WITH newest (at) AS (SELECT nullif(max(
                 coalesce((SELECT occurred_at FROM record WHERE prospect = ?1 AND kind = 'visit' AND state = 'active'
                     AND occurred_at IS NOT NULL ORDER BY occurred_at DESC LIMIT 1), 0),
                 coalesce((SELECT max(occurred_at) FROM retired WHERE prospect = ?1 AND kind = 'visit'), 0)), 0))
             UPDATE gazetteer SET last_contact = newest.at, revision = listed.revision + 1 FROM newest, listed
             WHERE record = ?1 AND gone = 0 AND last_contact IS NOT newest.at",
        )?
        .execute([prospect])?;
    revised(db, changed)
}

/// Notes whose a prospect is by its newest assignment.
fn assigned(db: &Connection, prospect: &[u8]) -> Result<(), ReplicaError> {
    let changed = db
        .prepare_cached(
            "WITH newest (owner) AS (SELECT (SELECT owner FROM record WHERE prospect = ?1 AND kind = 'assignment' AND state = 'active'
                 ORDER BY occurred_at DESC, id DESC LIMIT 1))
             UPDATE gazetteer SET owner = newest.owner, revision = listed.revision + 1 FROM newest, listed
             WHERE record = ?1 AND gone = 0 AND gazetteer.owner IS NOT newest.owner",
        )?
        .execute([prospect])?;
    revised(db, changed)
}

fn revised(db: &Connection, changed: usize) -> Result<(), ReplicaError> {
    if changed > 0 {
        db.prepare_cached("UPDATE listed SET revision = revision + 1")?.execute([])?;
    }
    Ok(())
}

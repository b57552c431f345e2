//! Feeds: for each audience the ordered list of its records. A record is in one feed; moving it leaves a row that says it
//! went.

use super::records;
use crate::store::StoreError;
use canvass_core::domain::{Audience, AudienceRule, Bank, DeviceNumber, RecordId, UnitId};
use canvass_core::projection::Row;
use rusqlite::{Connection, OptionalExtension, params};

/// Takes the next number in the server's order of all things.
pub(super) fn next_sequence(db: &Connection) -> Result<i64, StoreError> {
    let mut update =
        db.prepare_cached("UPDATE setting SET value = value + 1 WHERE name = 'sequence' RETURNING value")?;
    Ok(update.query_row([], |row| row.get(0))?)
}

/// The number up to which everything has been read, in a reader's snapshot.
pub(super) fn sequence(db: &Connection) -> Result<u64, StoreError> {
    let mut select = db.prepare_cached("SELECT value FROM setting WHERE name = 'sequence'")?;
    Ok(select.query_row([], |row| row.get::<_, i64>(0))?.unsigned_abs())
}

/// The unit of a prospect's present assignment: the newest in the server's order.
pub(super) fn assigned_unit(db: &Connection, prospect: RecordId) -> Result<Option<UnitId>, StoreError> {
    let mut select = db.prepare_cached(
        "SELECT unit FROM record WHERE prospect = ? AND kind = 'assignment' ORDER BY seq DESC LIMIT 1",
    )?;
    let unit: Option<Option<String>> = select.query_row([prospect.as_bytes()], |row| row.get(0)).optional()?;
    Ok(unit.flatten().map(|unit| unit.parse()).transpose()?)
}

/// Whose a record is: the table of audiences. A kind that this version does not know, and a record of a prospect that
/// nobody is assigned to, are their author's until known; what the server itself wrote of such a prospect is nobody's.
pub(super) fn audience(db: &Connection, bank: &Bank, row: &Row) -> Result<Option<Audience>, StoreError> {
    let author = || {
        let holder = row.author.and_then(|device: DeviceNumber| bank.holder(device));
        holder.map(|person| Audience::Person(person.id.clone()))
    };
    Ok(match (row.kind.spec().map(|spec| spec.audience), row.prospect) {
        (Some(AudienceRule::Bank), _) => Some(Audience::Bank),
        (Some(AudienceRule::ProspectsUnit), Some(prospect)) => {
            assigned_unit(db, prospect)?.map(Audience::Unit).or_else(author)
        }
        _ => author(),
    })
}

/// Tells a record's audience of its change number `seq`; if the audience is a new one, the old one is told that it went.
pub(super) fn tell(db: &Connection, record: RecordId, audience: &Audience, seq: i64) -> Result<(), StoreError> {
    let feed = audience.to_string();
    db.prepare_cached("UPDATE feed SET gone = 1, last = ?3 WHERE record = ?1 AND feed <> ?2 AND gone = 0")?
        .execute(params![record.as_bytes(), feed, seq])?;
    let again = db
        .prepare_cached("UPDATE feed SET last = ?3 WHERE record = ?1 AND feed = ?2 AND gone = 0")?
        .execute(params![record.as_bytes(), feed, seq])?;
    if again == 0 {
        db.prepare_cached(
            "INSERT INTO feed (feed, record, entered, last, gone) VALUES (?2, ?1, ?3, ?3, 0)
             ON CONFLICT (feed, record) DO UPDATE SET entered = ?3, last = ?3, gone = 0",
        )?
        .execute(params![record.as_bytes(), feed, seq])?;
    }
    Ok(())
}

/// A prospect got its first assignment: what came before it moves from its authors' own feeds to the unit's.
pub(super) fn move_group(db: &Connection, bank: &Bank, prospect: RecordId) -> Result<(), StoreError> {
    for row in records::of_prospect(db, prospect)? {
        let Some(audience) = audience(db, bank, &row)? else { continue };
        let feed = audience.to_string();
        let mut select = db.prepare_cached("SELECT 1 FROM feed WHERE record = ? AND feed = ? AND gone = 0")?;
        let there = select.query_row(params![row.id.as_bytes(), feed], |_| Ok(())).optional()?;
        if there.is_none() {
            tell(db, row.id, &audience, next_sequence(db)?)?;
        }
    }
    Ok(())
}

/// Whether a record is in one of some feeds.
pub(super) fn is_in(db: &Connection, record: RecordId, audiences: &[Audience]) -> Result<bool, StoreError> {
    let mut select = db.prepare_cached("SELECT feed FROM feed WHERE record = ? AND gone = 0")?;
    let mut found = select.query([record.as_bytes()])?;
    while let Some(row) = found.next()? {
        let feed: String = row.get(0)?;
        if audiences.iter().any(|audience| audience.to_string() == feed) {
            return Ok(true);
        }
    }
    Ok(false)
}

//! Feeds: for each audience its records, and in which order it was told of them. A record is in one feed; moving it leaves
//! a row that says it went.

use crate::store::StoreError;
use canvass_core::domain::{Audience, AudienceRule, Bank, DeviceNumber, Kind, RecordId, UnitId};
use rusqlite::{Connection, OptionalExtension, params};

/// Hands out the numbers in the server's order of all things to one job, which notes at its end how far it came.
pub(super) struct Numbers(i64);

impl Numbers {
    pub(super) fn of(db: &Connection) -> Result<Self, StoreError> {
        let mut select = db.prepare_cached("SELECT value FROM setting WHERE name = 'sequence'")?;
        Ok(Self(select.query_row([], |row| row.get(0))?))
    }

    pub(super) fn next(&mut self) -> i64 {
        self.0 += 1;
        self.0
    }

    pub(super) fn save(&self, db: &Connection) -> Result<(), StoreError> {
        db.prepare_cached("UPDATE setting SET value = ? WHERE name = 'sequence'")?.execute([self.0])?;
        Ok(())
    }
}

/// The number up to which everything has been read, in a reader's snapshot.
pub(super) fn sequence(db: &Connection) -> Result<u64, StoreError> {
    Ok(Numbers::of(db)?.0.unsigned_abs())
}

/// The unit of a prospect's present assignment: the newest in the server's order.
pub(super) fn assigned_unit(db: &Connection, prospect: RecordId) -> Result<Option<UnitId>, StoreError> {
    let mut select = db.prepare_cached(
        "SELECT unit FROM record WHERE prospect = ? AND kind = 'assignment' ORDER BY seq DESC LIMIT 1",
    )?;
    let unit: Option<Option<String>> = select.query_row([prospect.as_bytes()], |row| row.get(0)).optional()?;
    Ok(unit.flatten().map(|unit| unit.parse()).transpose()?)
}

/// What decides whose a record is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Belonging<'a> {
    pub(super) kind: &'a Kind,
    pub(super) prospect: Option<RecordId>,
    pub(super) author: Option<DeviceNumber>,
}

/// Whose a record is: the table of audiences. A kind that this version does not know, and a record of a prospect that
/// nobody is assigned to, are their author's until known; what the server itself wrote of such a prospect is nobody's.
pub(super) fn audience(db: &Connection, bank: &Bank, of: Belonging<'_>) -> Result<Option<Audience>, StoreError> {
    let author = || of.author.and_then(|device| bank.holder(device)).map(|person| Audience::Person(person.id.clone()));
    Ok(match (of.kind.spec().map(|spec| spec.audience), of.prospect) {
        (Some(AudienceRule::Bank), _) => Some(Audience::Bank),
        (Some(AudienceRule::ProspectsUnit), Some(prospect)) => {
            assigned_unit(db, prospect)?.map(Audience::Unit).or_else(author)
        }
        _ => author(),
    })
}

/// Tells a record's audience of its changes from number `seq` on; if the audience is a new one, the old one is told that it
/// went.
pub(super) fn tell(db: &Connection, record: RecordId, audience: &Audience, seq: i64) -> Result<(), StoreError> {
    let feed = audience.to_string();
    let held = feed_of(db, record)?;
    if held.as_ref() == Some(&feed) {
        db.prepare_cached("UPDATE feed SET last = ? WHERE record = ? AND feed = ?")?.execute(params![
            seq,
            record.as_bytes(),
            feed
        ])?;
        return note(db, record, &feed, seq);
    }
    if let Some(held) = held {
        db.prepare_cached("UPDATE feed SET gone = 1, last = ? WHERE record = ? AND feed = ?")?.execute(params![
            seq,
            record.as_bytes(),
            held
        ])?;
        note(db, record, &held, seq)?;
    }
    db.prepare_cached(
        "INSERT INTO feed (feed, record, entered, last, gone) VALUES (?2, ?1, ?3, ?3, 0)
         ON CONFLICT (record, feed) DO UPDATE SET entered = ?3, last = ?3, gone = 0",
    )?
    .execute(params![record.as_bytes(), feed, seq])?;
    note(db, record, &feed, seq)
}

fn note(db: &Connection, record: RecordId, feed: &str, seq: i64) -> Result<(), StoreError> {
    db.prepare_cached("INSERT INTO told (feed, seq, record) VALUES (?, ?, ?)")?.execute(params![
        feed,
        seq,
        record.as_bytes()
    ])?;
    Ok(())
}

/// The feed in which a record is.
fn feed_of(db: &Connection, record: RecordId) -> Result<Option<String>, StoreError> {
    let mut select = db.prepare_cached("SELECT feed FROM feed WHERE record = ? AND gone = 0")?;
    Ok(select.query_row([record.as_bytes()], |row| row.get(0)).optional()?)
}

/// A prospect got its first assignment: what came before it moves from its authors' own feeds to the unit's.
pub(super) fn move_group(
    db: &Connection,
    bank: &Bank,
    prospect: RecordId,
    numbers: &mut Numbers,
) -> Result<(), StoreError> {
    let mut select = db.prepare_cached("SELECT id, kind, author FROM record WHERE prospect = ?")?;
    let mut found = select.query([prospect.as_bytes()])?;
    while let Some(row) = found.next()? {
        let record = RecordId::from_bytes(row.get_ref(0)?.as_blob().unwrap_or_default())?;
        let kind: Kind = row.get::<_, String>(1)?.parse()?;
        let author = row.get::<_, Option<u32>>(2)?.map(DeviceNumber::new);
        let Some(audience) = audience(db, bank, Belonging { kind: &kind, prospect: Some(prospect), author })? else {
            continue;
        };
        if feed_of(db, record)?.as_ref() != Some(&audience.to_string()) {
            tell(db, record, &audience, numbers.next())?;
        }
    }
    Ok(())
}

/// Whether a record is in one of some feeds.
pub(super) fn is_in(db: &Connection, record: RecordId, audiences: &[Audience]) -> Result<bool, StoreError> {
    let held = feed_of(db, record)?;
    Ok(held.is_some_and(|feed| audiences.iter().any(|audience| audience.to_string() == feed)))
}

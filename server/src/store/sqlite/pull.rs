//! What is new for a phone: newest first for a first sync, while new work keeps arriving at the other end. Everything is
//! read in one snapshot; no document is loaded.

use super::{bank, feeds};
use crate::ingest::Grants;
use crate::store::{PullOrder, Pulled, StoreError};
use canvass_core::document::ChangeHash;
use canvass_core::domain::{Audience, Bank, Kind, RecordId, Zone};
use canvass_core::wire::{Delivery, Position, Reference};
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::{HashMap, HashSet};

/// What an eviction takes of the budget, in bytes: ids do not compress.
const EVICTION: i64 = 17;

pub(super) fn pull(db: &Connection, bank: &Bank, order: &PullOrder) -> Result<Pulled, StoreError> {
    let end = feeds::sequence(db)?;
    let today = order.now.date(&Zone::china());
    let unknown = || StoreError::UnknownPerson(order.person.clone());
    let audiences = Grants::of(bank, &order.person, today).ok_or_else(unknown)?.audiences(bank);
    let mut pulled = Pulled::default();
    let mut left = i64::try_from(order.budget).unwrap_or(i64::MAX).max(1);
    let known_feeds: HashMap<&Audience, &Position> = order.positions.iter().map(|known| (&known.feed, known)).collect();
    for feed in &audiences {
        let known = known_feeds.get(feed).copied();
        // A feed that is new to the phone is worked down from its present end. A position past the end is none of ours.
        let start = known.filter(|known| known.high <= end && known.low <= end.saturating_add(1)).cloned();
        let start = start.unwrap_or(Position { feed: feed.clone(), low: end + 1, high: end });
        let mut position = start.clone();
        upwards(db, order, &audiences, &mut position, end, &mut left, &mut pulled)?;
        downwards(db, order, &mut position, &mut left, &mut pulled)?;
        pulled.more |= position.high < end && has_above(db, feed, position.high)? || position.low > 0;
        if known != Some(&position) {
            pulled.positions.push(position);
        }
    }
    let version = bank::version(db)?.unsigned_abs();
    if version != order.reference {
        pulled.reference = Some(Reference::of(bank, version));
    }
    Ok(pulled)
}

/// Takes what is new until the budget is spent or the feed's end is reached, in the order in which the audience was told:
/// each record at its first change that the phone lacks. Where a batch is cut, everything numbered up to the new `high` is
/// then delivered, whatever changed again later. (By their last changes, a cut would leave out earlier changes of records
/// still to come.)
fn upwards(
    db: &Connection,
    order: &PullOrder,
    audiences: &[Audience],
    position: &mut Position,
    end: u64,
    left: &mut i64,
    pulled: &mut Pulled,
) -> Result<(), StoreError> {
    let high = position.high;
    let mut taken = HashSet::new();
    let mut select = db.prepare_cached(
        "SELECT told.seq, record, entered, last, gone FROM told JOIN feed USING (record, feed)
         WHERE feed = ? AND told.seq > ? ORDER BY told.seq",
    )?;
    let mut found = select.query(params![position.feed.to_string(), number(high)])?;
    while let Some(row) = found.next()? {
        let entry = Entry::read(row)?;
        if taken.contains(&entry.record) {
            continue;
        }
        if *left <= 0 {
            position.high = entry.seq - 1;
            return Ok(());
        }
        if !entry.gone {
            // A phone that has everything up to `high` needs only what came since.
            let since = if position.low == 0 && entry.entered <= high { high } else { 0 };
            deliver(db, order, entry.record, since, left, pulled)?;
        } else if !feeds::is_in(db, entry.record, audiences)? {
            pulled.evictions.push(entry.record);
            *left -= EVICTION;
        }
        taken.insert(entry.record);
    }
    position.high = end;
    Ok(())
}

/// Works a first sync further down, newest first. It gets its turn only once everything new is delivered, so that a record
/// that moves from one end to the other is not missed.
fn downwards(
    db: &Connection,
    order: &PullOrder,
    position: &mut Position,
    left: &mut i64,
    pulled: &mut Pulled,
) -> Result<(), StoreError> {
    if *left <= 0 || position.low == 0 {
        return Ok(());
    }
    let mut select = db.prepare_cached(
        "SELECT told.seq, record, entered, last, gone FROM told JOIN feed USING (record, feed)
         WHERE feed = ? AND told.seq < ? ORDER BY told.seq DESC",
    )?;
    let mut found = select.query(params![position.feed.to_string(), number(position.low)])?;
    while let Some(row) = found.next()? {
        if *left <= 0 {
            return Ok(());
        }
        let entry = Entry::read(row)?;
        // A record that the audience was told of again later was delivered there.
        if !entry.gone && entry.last == entry.seq {
            deliver(db, order, entry.record, 0, left, pulled)?;
        }
        position.low = entry.seq;
    }
    position.low = 0;
    Ok(())
}

/// Something that an audience was told, and how the record now stands to it.
struct Entry {
    seq: u64,
    record: RecordId,
    entered: u64,
    last: u64,
    gone: bool,
}

impl Entry {
    fn read(row: &rusqlite::Row<'_>) -> Result<Self, StoreError> {
        Ok(Self {
            seq: row.get::<_, i64>(0)?.unsigned_abs(),
            record: RecordId::from_bytes(row.get_ref(1)?.as_blob().unwrap_or_default())?,
            entered: row.get::<_, i64>(2)?.unsigned_abs(),
            last: row.get::<_, i64>(3)?.unsigned_abs(),
            gone: row.get(4)?,
        })
    }
}

/// A place in the server's order as the database knows it.
fn number(place: u64) -> i64 {
    i64::try_from(place).unwrap_or(i64::MAX)
}

fn has_above(db: &Connection, feed: &Audience, high: u64) -> Result<bool, StoreError> {
    let mut select = db.prepare_cached("SELECT 1 FROM told WHERE feed = ? AND seq > ? LIMIT 1")?;
    Ok(select.query_row(params![feed.to_string(), number(high)], |_| Ok(())).optional()?.is_some())
}

/// Adds a record's changes above a number, but for those just pushed.
fn deliver(
    db: &Connection,
    order: &PullOrder,
    record: RecordId,
    since: u64,
    left: &mut i64,
    pulled: &mut Pulled,
) -> Result<(), StoreError> {
    let mut select = db.prepare_cached(
        "SELECT hash, iif(sealed, unseal('dossier', bytes, record), bytes) FROM change
         WHERE record = ? AND seq > ? ORDER BY seq",
    )?;
    let mut found = select.query(params![record.as_bytes(), number(since)])?;
    let mut changes = Vec::new();
    while let Some(row) = found.next()? {
        let hash = ChangeHash::from_bytes(row.get_ref(0)?.as_blob().unwrap_or_default());
        if hash.is_none_or(|hash| !order.pushed.contains(&hash)) {
            let bytes: Vec<u8> = row.get(1)?;
            *left -= i64::try_from(bytes.len()).unwrap_or(i64::MAX);
            changes.push(bytes.into());
        }
    }
    if !changes.is_empty() {
        let mut select = db.prepare_cached("SELECT kind FROM record WHERE id = ?")?;
        let kind: String = select.query_row([record.as_bytes()], |row| row.get(0))?;
        pulled.deliveries.push(Delivery { record, kind: kind.parse::<Kind>()?, changes });
    }
    Ok(())
}

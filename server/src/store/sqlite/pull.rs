//! What is new for a phone: newest first for a first sync, while new work keeps arriving at the other end. Everything is
//! read in one snapshot; no document is loaded.

use super::{bank, feeds};
use crate::store::{PullOrder, Pulled, StoreError};
use canvass_core::document::ChangeHash;
use canvass_core::domain::{Audience, Bank, Kind, RecordId, Zone};
use canvass_core::wire::{Delivery, Position, Reference};
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::HashMap;

/// A row of a feed.
struct Entry {
    record: RecordId,
    entered: u64,
    last: u64,
    gone: bool,
}

/// What an eviction takes of the budget, in bytes: ids do not compress.
const EVICTION: i64 = 17;
/// How many rows of a feed are looked at in one go.
const PAGE: usize = 256;

pub(super) fn pull(db: &Connection, bank: &Bank, order: &PullOrder) -> Result<Pulled, StoreError> {
    let end = feeds::sequence(db)?;
    let audiences = bank::audiences(bank, &order.person, order.now.date(&Zone::china()));
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

/// Takes what is new until the budget is spent or the feed's end is reached, in the order of each record's first change
/// that the phone lacks: where a batch is cut, everything numbered up to the new `high` is then delivered, whatever
/// changed again later. (By their last changes, a cut would leave out earlier changes of records still to come.)
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
    let mut fresh = Vec::new();
    for entry in entries(db, "last > ?2 ORDER BY last", &position.feed, high)? {
        // A phone that has everything up to `high` needs only what came since.
        let since = if position.low == 0 && entry.entered <= high { high } else { 0 };
        let first = match (entry.gone, entry.entered > high) {
            (true, _) => entry.last,
            (false, true) => entry.entered,
            (false, false) => first_above(db, entry.record, high)?.unwrap_or(entry.last),
        };
        fresh.push((first, since, entry));
    }
    fresh.sort_unstable_by_key(|(first, ..)| *first);
    for (first, since, entry) in fresh {
        if *left <= 0 {
            position.high = first - 1;
            return Ok(());
        }
        if !entry.gone {
            deliver(db, order, entry.record, since, left, pulled)?;
        } else if !feeds::is_in(db, entry.record, audiences)? {
            pulled.evictions.push(entry.record);
            *left -= EVICTION;
        }
    }
    position.high = end;
    Ok(())
}

/// The number of a record's first change above a number.
fn first_above(db: &Connection, record: RecordId, high: u64) -> Result<Option<u64>, StoreError> {
    let mut select = db.prepare_cached("SELECT min(seq) FROM change WHERE record = ? AND seq > ?")?;
    let high = i64::try_from(high).unwrap_or(i64::MAX);
    let first: Option<i64> = select.query_row(params![record.as_bytes(), high], |row| row.get(0))?;
    Ok(first.map(i64::unsigned_abs))
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
    while *left > 0 && position.low > 0 {
        let page = entries(db, &format!("last < ?2 ORDER BY last DESC LIMIT {PAGE}"), &position.feed, position.low)?;
        let whole = page.len() < PAGE;
        for entry in page {
            if *left <= 0 {
                return Ok(());
            }
            if !entry.gone {
                deliver(db, order, entry.record, 0, left, pulled)?;
            }
            position.low = entry.last;
        }
        if whole {
            position.low = 0;
        }
    }
    Ok(())
}

fn entries(db: &Connection, which: &str, feed: &Audience, from: u64) -> Result<Vec<Entry>, StoreError> {
    let sql = format!("SELECT record, entered, last, gone FROM feed WHERE feed = ?1 AND {which}");
    let mut select = db.prepare_cached(&sql)?;
    let mut found = select.query(params![feed.to_string(), i64::try_from(from).unwrap_or(i64::MAX)])?;
    let mut entries = Vec::new();
    while let Some(row) = found.next()? {
        entries.push(Entry {
            record: RecordId::from_bytes(row.get_ref(0)?.as_blob().unwrap_or_default())?,
            entered: row.get::<_, i64>(1)?.unsigned_abs(),
            last: row.get::<_, i64>(2)?.unsigned_abs(),
            gone: row.get(3)?,
        });
    }
    Ok(entries)
}

fn has_above(db: &Connection, feed: &Audience, high: u64) -> Result<bool, StoreError> {
    let mut select = db.prepare_cached("SELECT 1 FROM feed WHERE feed = ? AND last > ? LIMIT 1")?;
    let high = i64::try_from(high).unwrap_or(i64::MAX);
    Ok(select.query_row(params![feed.to_string(), high], |_| Ok(())).optional()?.is_some())
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
    let mut select = db.prepare_cached("SELECT hash, bytes FROM change WHERE record = ? AND seq > ? ORDER BY seq")?;
    let mut found = select.query(params![record.as_bytes(), i64::try_from(since).unwrap_or(i64::MAX)])?;
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

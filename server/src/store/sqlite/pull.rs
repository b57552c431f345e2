//! What is new for a phone: newest first for a first sync, while new work keeps arriving at the other end. Everything is
//! read in one snapshot; no document is loaded.

use super::{bank, erasure, feeds, records};
use crate::ingest::{Grants, Told};
use crate::store::{PullOrder, Pulled, StoreError};
use canvass_core::domain::{Audience, Bank, DeviceNumber, Kind, RecordId, ServerTime, Zone};
use canvass_core::wire::{Delivery, Position, ReceiptEntry, Reference};
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::{HashMap, HashSet};

/// What an eviction takes of the budget, in bytes: ids do not compress.
const EVICTION: i64 = 17;

pub(super) fn pull(db: &Connection, bank: &Bank, order: &PullOrder) -> Result<Pulled, StoreError> {
    let end = feeds::sequence(db)?;
    let today = order.now.date(&Zone::china());
    let unknown = || StoreError::UnknownPerson(order.person.clone());
    let grants = Grants::of(bank, &order.person, today).ok_or_else(unknown)?;
    let all_audiences = grants.audiences(bank);
    let mut audiences = all_audiences.clone();
    audiences.retain(|audience| order.dossiers || !audience.is_confidential());
    // Whose roles are others than the phone was told gets its feeds anew, without what they do not read.
    let anew = order.told.as_ref().is_some_and(|told| told.grants.roles != grants.roles);
    let left = i64::try_from(order.budget).unwrap_or(i64::MAX).max(1);
    let (whole, pulled) = (HashSet::new(), Pulled::default());
    let mut pulling = Pulling { db, order, grants: &grants, audiences: &audiences, left, whole, pulled };
    pulling.fetch()?;
    let known_feeds: HashMap<&Audience, &Position> = order.positions.iter().map(|known| (&known.feed, known)).collect();
    for known in order.positions.iter().filter(|known| !audiences.contains(&known.feed)) {
        // Where its place is another server's, all that is known of the feed goes.
        let high = if order.lost { end } else { known.high };
        pulling.depart(&Position { high, ..known.clone() }, end)?;
    }
    for feed in &audiences {
        let known = known_feeds.get(feed).copied();
        // A feed that is new to the phone is worked down from its present end. A position past the end is none of ours.
        let start = known.filter(|known| !order.lost && known.high <= end && known.low <= end.saturating_add(1));
        // Down again from where the phone stands: what came and went since is told to it upwards.
        let start =
            start.map(|known| if anew { Position { low: known.high + 1, ..known.clone() } } else { known.clone() });
        let mut position = start.unwrap_or(Position { feed: feed.clone(), low: end + 1, high: end });
        pulling.upwards(&mut position, end)?;
        pulling.downwards(&mut position)?;
        pulling.pulled.more |= position.high < end && has_above(db, feed, position.high)? || position.low > 0;
        if known != Some(&position) {
            pulling.pulled.positions.push(position);
        }
    }
    if let Some(ask) = order.check.as_ref().filter(|_| !pulling.pulled.more) {
        pulling.pulled.check = Some(pulling.checked(ask)?);
    }
    let mut pulled = pulling.pulled;
    pulled.commit = records::last_commit(db)?;
    for (record, hash) in &order.known {
        pulled.known.extend(records::written(db, *record, hash)?.map(|written| (*hash, written)));
    }
    // What was recorded in good faith and belongs elsewhere by now may be in no feed from which the phone is told to let it go.
    for record in &order.pushed_of {
        if erasure::is_erased(db, *record)? {
            if !pulled.erased.contains(record) {
                pulled.erased.push(*record);
            }
        } else if feeds::is_kept(db, *record)?
            && !feeds::is_in(db, *record, &all_audiences)?
            && !pulled.evictions.contains(record)
        {
            pulled.evictions.push(*record);
        }
    }
    let version = bank::version(db)?.unsigned_abs();
    if version != order.reference {
        pulled.reference = Some(Reference::of(bank, version));
    }
    pulled.told = Some(Told { at: order.now, sequence: end, grants });
    Ok(pulled)
}

/// One pull under way.
pub(super) struct Pulling<'a> {
    pub(super) db: &'a Connection,
    pub(super) order: &'a PullOrder,
    pub(super) grants: &'a Grants,
    pub(super) audiences: &'a [Audience],
    /// How many bytes may still be brought.
    pub(super) left: i64,
    /// What was brought whole already, because the phone asked for it by name.
    pub(super) whole: HashSet<RecordId>,
    pub(super) pulled: Pulled,
}

impl Pulling<'_> {
    /// Takes what is new until the budget is spent or the feed's end is reached, in the order in which the audience was told:
    /// each record at its first change that the phone lacks. Where a batch is cut, everything numbered up to the new `high`
    /// is then delivered, whatever changed again later. (By their last changes, a cut would leave out earlier changes of
    /// records still to come.)
    fn upwards(&mut self, position: &mut Position, end: u64) -> Result<(), StoreError> {
        let high = position.high;
        let mut taken = HashSet::new();
        let mut select = self.db.prepare_cached(
            "SELECT told.seq, record, entered, last, gone FROM told JOIN feed USING (record, feed)
             WHERE feed = ? AND told.seq > ? ORDER BY told.seq",
        )?;
        let mut found = select.query(params![position.feed.to_string(), number(high)])?;
        while let Some(row) = found.next()? {
            let entry = Entry::read(row)?;
            if taken.contains(&entry.record) {
                continue;
            }
            if self.left <= 0 {
                position.high = entry.seq - 1;
                return Ok(());
            }
            if !entry.gone {
                // A phone that has everything up to `high` needs only what came since.
                let since = if position.low == 0 && entry.entered <= high { high } else { 0 };
                self.deliver(entry.record, since, false)?;
            } else {
                self.evict(entry.record)?;
            }
            taken.insert(entry.record);
        }
        position.high = end;
        Ok(())
    }

    /// Works a first sync further down, newest first. It gets its turn only once everything new is delivered, so that a
    /// record that moves from one end to the other is not missed.
    fn downwards(&mut self, position: &mut Position) -> Result<(), StoreError> {
        if self.left <= 0 || position.low == 0 {
            return Ok(());
        }
        let mut select = self.db.prepare_cached(
            "SELECT told.seq, record, entered, last, gone FROM told JOIN feed USING (record, feed)
             WHERE feed = ? AND told.seq < ? ORDER BY told.seq DESC",
        )?;
        let mut found = select.query(params![position.feed.to_string(), number(position.low)])?;
        while let Some(row) = found.next()? {
            if self.left <= 0 {
                return Ok(());
            }
            let entry = Entry::read(row)?;
            // A record that the audience was told of again later was delivered there.
            if !entry.gone && entry.last == entry.seq {
                self.deliver(entry.record, 0, true)?;
            } else if entry.gone && position.feed == Audience::Bank {
                // Nothing leaves the bank's own feed but what was erased, and a phone may hold that from another time.
                self.evict(entry.record)?;
            }
            position.low = entry.seq;
        }
        position.low = 0;
        Ok(())
    }

    /// The person left an audience: what the phone has of it is evicted, newest first. Its position sinks with that, and is
    /// nothing once all is gone.
    fn depart(&mut self, known: &Position, end: u64) -> Result<(), StoreError> {
        if known.high == 0 && known.low == 0 {
            return Ok(());
        }
        let mut position = Position { low: 0, ..known.clone() };
        let mut select =
            self.db.prepare_cached("SELECT seq, record FROM told WHERE feed = ? AND seq <= ? ORDER BY seq DESC")?;
        let mut found = select.query(params![known.feed.to_string(), number(known.high.min(end))])?;
        let mut seen = HashSet::new();
        while let Some(row) = found.next()? {
            let seq = row.get::<_, i64>(0)?.unsigned_abs();
            if self.left <= 0 {
                position.high = seq;
                self.pulled.more = true;
                self.pulled.positions.push(position);
                return Ok(());
            }
            let record = RecordId::from_bytes(row.get_ref(1)?.as_blob().unwrap_or_default())?;
            if seen.insert(record) {
                self.evict(record)?;
            }
        }
        position.high = 0;
        self.pulled.positions.push(position);
        Ok(())
    }

    /// Lets the phone's record go, unless it is in another of its feeds.
    pub(super) fn evict(&mut self, record: RecordId) -> Result<(), StoreError> {
        if erasure::is_erased(self.db, record)? {
            if !self.pulled.erased.contains(&record) {
                self.pulled.erased.push(record);
                self.left -= EVICTION;
            }
            return Ok(());
        }
        if !feeds::is_in(self.db, record, self.audiences)? {
            self.pulled.evictions.push(record);
            self.left -= EVICTION;
        }
        Ok(())
    }

    /// Adds a record's changes above a number, but for those just pushed, and for records that the person's roles do not read.
    /// What they do not read may be on the phone from other roles: where a feed is worked down, it is evicted.
    pub(super) fn deliver(&mut self, record: RecordId, since: u64, down: bool) -> Result<(), StoreError> {
        if self.whole.contains(&record) {
            return Ok(());
        }
        let mut select = self.db.prepare_cached("SELECT kind FROM record WHERE id = ?")?;
        // A record that the log lost keeps nobody from the others.
        let Some(kind) = select.query_row([record.as_bytes()], |row| row.get::<_, String>(0)).optional()? else {
            return Ok(());
        };
        let kind: Kind = kind.parse()?;
        let wanted = self.order.fetch.contains(&record);
        if !self.grants.reads(&kind) {
            if down {
                self.pulled.evictions.push(record);
                self.left -= EVICTION;
            }
            return Ok(());
        }
        let mut select = self.db.prepare_cached(
            "SELECT hash, iif(sealed, unseal('dossier', bytes, record), bytes), device, received_at FROM change
             WHERE record = ? AND seq > ? ORDER BY seq",
        )?;
        let mut found = select.query(params![record.as_bytes(), number(since)])?;
        let mut changes = Vec::new();
        while let Some(row) = found.next()? {
            let hash = records::hash(row.get_ref(0)?.as_blob().unwrap_or_default())?;
            // What was asked for whole comes whole.
            if wanted || !self.order.pushed.contains(&hash) {
                let bytes: Vec<u8> = row.get(1)?;
                self.left -= i64::try_from(bytes.len()).unwrap_or(i64::MAX);
                changes.push(bytes.into());
                let (author, received_at) = (DeviceNumber::new(row.get(2)?), ServerTime::from_millis(row.get(3)?)?);
                self.pulled.receipt.push(ReceiptEntry { hash, author, received_at });
            }
        }
        if !changes.is_empty() {
            self.pulled.deliveries.push(Delivery { record, kind, changes });
        }
        Ok(())
    }
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

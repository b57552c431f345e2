//! Claims as they wait, and what names a booking: read from the contributions that are kept as pending, so that a queue costs
//! what is in it, however much was ever claimed.

use super::writer::Writing;
use super::{SqliteStore, audit, feeds, ledger, records, verify};
use crate::ingest::{Grants, judges};
use crate::store::claims::{Beside, BringOrder, Claim, Claims, Judge, LedgerFile, LedgerFileId, Naming};
use crate::store::{Actor, Deed, Entry, StoreError, VerifyOrder};
use crate::verification::{LedgerRow, Reference, Standing, from_bytes, to_bytes};
use async_trait::async_trait;
use canvass_core::domain::{Bank, RecordId, ServerTime, prospect};
use canvass_core::projection::Row;
use canvass_core::ranking::Status;
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::{BTreeMap, BTreeSet};

#[async_trait]
impl Claims for SqliteStore {
    async fn waiting(&self, judge: Judge, campaign: Option<RecordId>) -> Result<Vec<RecordId>, StoreError> {
        self.read_with_bank(move |db, bank| waiting(db, bank, &judge, campaign)).await
    }

    async fn claim(&self, judge: Judge, outcome: RecordId) -> Result<Option<Claim>, StoreError> {
        self.read_with_bank(move |db, bank| claim(db, bank, &judge, outcome)).await
    }

    async fn claims_with(&self, judge: Judge, bookings: BTreeSet<Reference>) -> Result<Beside, StoreError> {
        self.read_with_bank(move |db, bank| beside(db, bank, &judge, &bookings)).await
    }

    async fn verify_each(&self, orders: Vec<VerifyOrder>) -> Result<Vec<Result<RecordId, StoreError>>, StoreError> {
        self.writer.run(move |writing| verify::verify_each(writing, &orders)).await
    }

    async fn bring_ledger(&self, order: BringOrder) -> Result<(LedgerFileId, bool), StoreError> {
        self.writer.run(move |writing| bring(writing, &order)).await
    }

    async fn ledger_files(&self) -> Result<Vec<LedgerFile>, StoreError> {
        self.read(files).await
    }

    async fn ledger_file(&self, id: LedgerFileId) -> Result<Option<(LedgerFile, Vec<LedgerRow>)>, StoreError> {
        self.read(move |db| read_file(db, id)).await
    }
}

/// What is whose to judge, told once for each prospect.
struct Rights<'a> {
    db: &'a Connection,
    bank: &'a Bank,
    grants: Grants,
    known: BTreeMap<RecordId, bool>,
}

impl<'a> Rights<'a> {
    fn of(db: &'a Connection, bank: &'a Bank, judge: &Judge) -> Result<Self, StoreError> {
        let grants = Grants::of(bank, &judge.person, judge.today);
        let grants = grants.ok_or_else(|| StoreError::UnknownPerson(judge.person.clone()))?;
        Ok(Self { db, bank, grants, known: BTreeMap::new() })
    }

    fn judges(&mut self, prospect: RecordId) -> Result<bool, StoreError> {
        if let Some(known) = self.known.get(&prospect) {
            return Ok(*known);
        }
        let judges = judges(&self.grants, self.bank, feeds::assigned(self.db, prospect)?.as_ref());
        self.known.insert(prospect, judges);
        Ok(judges)
    }
}

/// The queue leads, not the records: it costs what waits.
const WAITING: &str = "SELECT claim.id, claim.prospect FROM
     (SELECT DISTINCT source FROM contribution WHERE status = 'pending' AND (?1 IS NULL OR campaign = ?1)) AS pending
     CROSS JOIN record AS claim ON claim.id = pending.source
     WHERE claim.kind = 'outcome' ORDER BY claim.received_at, claim.id";

/// What names a booking is looked for among outcomes alone.
const NAMING: &str = "SELECT id, body ->> '$.reference' FROM record WHERE kind = 'outcome'";

/// The outcomes whose verdict is a judge's to give, in the order in which they came.
fn waiting(
    db: &Connection,
    bank: &Bank,
    judge: &Judge,
    campaign: Option<RecordId>,
) -> Result<Vec<RecordId>, StoreError> {
    let mut rights = Rights::of(db, bank, judge)?;
    let mut select = db.prepare_cached(WAITING)?;
    let mut found = select.query([campaign.map(|campaign| campaign.as_bytes().to_vec())])?;
    let mut all = Vec::new();
    while let Some(row) = found.next()? {
        let (id, prospect) = (id(row, 0)?, id(row, 1)?);
        if rights.judges(prospect)? {
            all.push(id);
        }
    }
    Ok(all)
}

fn id(row: &rusqlite::Row<'_>, n: usize) -> Result<RecordId, StoreError> {
    Ok(RecordId::from_bytes(row.get_ref(n)?.as_blob().unwrap_or_default())?)
}

/// A claim that waits for a judge.
fn claim(db: &Connection, bank: &Bank, judge: &Judge, outcome: RecordId) -> Result<Option<Claim>, StoreError> {
    let mut rights = Rights::of(db, bank, judge)?;
    let Some(claim) = pending(db, outcome)? else { return Ok(None) };
    let theirs = claim.row.prospect.map(|prospect| rights.judges(prospect)).transpose()?;
    Ok(Some(claim).filter(|_| theirs == Some(true)))
}

/// An outcome that waits for somebody.
fn pending(db: &Connection, outcome: RecordId) -> Result<Option<Claim>, StoreError> {
    let sql = format!("SELECT {}, received_at, seq FROM record WHERE id = ? AND kind = 'outcome'", records::COLUMNS);
    let mut select = db.prepare_cached(&sql)?;
    let mut found = select.query([outcome.as_bytes()])?;
    let Some(stored) = found.next()? else { return Ok(None) };
    let row = Row::try_from(records::read(stored)?)?;
    let received_at = ServerTime::from_millis(stored.get("received_at")?)?;
    let seq = stored.get::<_, i64>("seq")?.unsigned_abs();
    let Some(of) = row.prospect else { return Ok(None) };
    let mut pending = ledger::of_source(db, of, outcome)?;
    pending.retain(|one| one.status == Status::Pending);
    if pending.is_empty() {
        return Ok(None);
    }
    let (prospect, verdicts) = (name(db, of)?, verify::given(db, &row)?);
    Ok(Some(Claim { row, received_at, seq, prospect, pending, verdicts }))
}

/// What a prospect is called.
fn name(db: &Connection, id: RecordId) -> Result<Option<String>, StoreError> {
    let row = records::row(db, id)?.filter(|row| row.kind.is(&prospect::KIND));
    Ok(row.and_then(|row| row.fields.text("name").map(str::to_owned)))
}

/// Everything that a ledger file is matched with.
fn beside(db: &Connection, bank: &Bank, judge: &Judge, bookings: &BTreeSet<Reference>) -> Result<Beside, StoreError> {
    let mut rights = Rights::of(db, bank, judge)?;
    let mut all = Beside { sequence: feeds::sequence(db)?, ..Beside::default() };
    for outcome in waiting(db, bank, judge, None)? {
        all.pending.extend(pending(db, outcome)?);
    }
    let known: BTreeSet<RecordId> = all.pending.iter().map(|claim| claim.row.id).collect();
    // Only what is named is read whole.
    let mut select = db.prepare_cached(NAMING)?;
    let mut found = select.query([])?;
    while let Some(row) = found.next()? {
        let Some(text) = row.get::<_, Option<String>>(1)? else { continue };
        let outcome = id(row, 0)?;
        if known.contains(&outcome) || !Reference::of(&text).is_some_and(|reference| bookings.contains(&reference)) {
            continue;
        }
        let Some(row) = records::row(db, outcome)?.filter(|row| !row.withdrawn) else { continue };
        let Some(of) = row.prospect else { continue };
        let status = settled(db, of, outcome)?;
        let theirs = rights.judges(of)?;
        let standing = match theirs {
            true => Standing::Settled(status),
            false => Standing::Anothers { rejected: status == Status::Rejected },
        };
        let prospect = if theirs { name(db, of)? } else { None };
        all.others.push(Naming { row, prospect, standing });
    }
    Ok(all)
}

/// What became of an outcome: what counts anywhere is told first.
fn settled(db: &Connection, prospect: RecordId, outcome: RecordId) -> Result<Status, StoreError> {
    let all = ledger::of_source(db, prospect, outcome)?;
    Ok(all.iter().map(|one| one.status).min().unwrap_or(Status::Excluded))
}

/// Keeps a ledger file.
fn bring(writing: &mut Writing<'_>, order: &BringOrder) -> Result<(LedgerFileId, bool), StoreError> {
    let db = writing.db;
    let mut select = db.prepare_cached("SELECT id FROM ledger_file WHERE digest = ? AND brought_by = ?")?;
    let known: Option<i64> = select.query_row(params![order.digest, order.by.as_str()], |row| row.get(0)).optional()?;
    if let Some(known) = known {
        return Ok((LedgerFileId(known), false));
    }
    let bytes = to_bytes(&order.rows).map_err(|error| StoreError::Storage(error.to_string()))?;
    db.prepare_cached(
        "INSERT INTO ledger_file (digest, name, brought_by, brought_at, row_count, bytes)
         VALUES (?1, seal('ledger', ?2, ?1), ?3, ?4, ?5, seal('ledger', ?6, ?1))",
    )?
    .execute(params![
        order.digest,
        order.name,
        order.by.as_str(),
        order.at.millis(),
        i64::try_from(order.rows.len()).unwrap_or(i64::MAX),
        bytes
    ])?;
    let id = db.last_insert_rowid();
    let entry = Entry::new(Actor::Person(order.by.clone()), Deed::LedgerBrought, format!("ledger/{id}"));
    audit::note(db, order.at, &entry.with(format!("{} rows", order.rows.len())))?;
    Ok((LedgerFileId(id), true))
}

const FILE: &str = "id, unseal_text('ledger', name, digest), brought_by, brought_at, row_count";

fn file(row: &rusqlite::Row<'_>) -> Result<LedgerFile, StoreError> {
    Ok(LedgerFile {
        id: LedgerFileId(row.get(0)?),
        name: row.get(1)?,
        by: row.get::<_, String>(2)?.parse()?,
        at: ServerTime::from_millis(row.get(3)?)?,
        rows: usize::try_from(row.get::<_, i64>(4)?).unwrap_or(0),
    })
}

/// All ledger files, newest first.
fn files(db: &Connection) -> Result<Vec<LedgerFile>, StoreError> {
    let mut select = db.prepare_cached(&format!("SELECT {FILE} FROM ledger_file ORDER BY id DESC"))?;
    let mut found = select.query([])?;
    let mut all = Vec::new();
    while let Some(row) = found.next()? {
        all.push(file(row)?);
    }
    Ok(all)
}

/// A ledger file with its rows.
fn read_file(db: &Connection, id: LedgerFileId) -> Result<Option<(LedgerFile, Vec<LedgerRow>)>, StoreError> {
    let sql = format!("SELECT {FILE}, unseal('ledger', bytes, digest) FROM ledger_file WHERE id = ?");
    let mut select = db.prepare_cached(&sql)?;
    let mut found = select.query([id.0])?;
    let Some(row) = found.next()? else { return Ok(None) };
    let bytes: Vec<u8> = row.get(5)?;
    let rows = from_bytes(&bytes).map_err(|error| StoreError::Damaged(error.to_string()))?;
    Ok(Some((file(row)?, rows)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::SqliteOptions;

    #[tokio::test]
    async fn the_queue_is_read_by_an_index_of_what_waits_and_bookings_by_one_of_outcomes() {
        let folder = tempfile::tempdir().expect("a folder");
        let options = SqliteOptions { durable: false, ..SqliteOptions::default() };
        let store = SqliteStore::open(&folder.path().join("a.db"), options).expect("opened");
        for (sql, index) in [(WAITING, "contribution_pending"), (NAMING, "record_outcomes")] {
            let plan = store.read(move |db| {
                let mut select = db.prepare(&format!("EXPLAIN QUERY PLAN {sql}"))?;
                let none = vec![rusqlite::types::Null; select.parameter_count()];
                let steps = select.query_map(rusqlite::params_from_iter(none), |row| row.get::<_, String>(3))?;
                Ok(steps.collect::<Result<Vec<_>, _>>()?.join("; "))
            });
            let plan = plan.await.expect("planned");
            assert!(plan.contains(index) && !plan.contains("SCAN claim"), "{plan}");
        }
    }
}

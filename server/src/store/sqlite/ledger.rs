//! The ledger: contributions and their tallies, kept by difference. What counts is decided in core, by one function; here
//! a prospect's contributions are compared with those kept, and only the difference is written.

use super::campaigns::CachedCampaigns;
use super::writer::Writing;
use super::{read, records};
use crate::store::{StoreError, Whose};
use canvass_core::domain::campaign::{Campaign, Metric};
use canvass_core::domain::{Bank, PersonId, RecordId, ServerTime, UnitId, Week};
use canvass_core::projection::Row;
use canvass_core::ranking::{Contribution, Group, GroupRow, Rule, Status, Tally, contributions};
use rusqlite::{Connection, OptionalExtension, ToSql, params};
use std::collections::{BTreeMap, BTreeSet};

/// Counts anew what a push touched: some prospects, or everything if a campaign now admits or names other contributions.
pub(super) fn recount(
    writing: &mut Writing<'_>,
    prospects: &BTreeSet<RecordId>,
    campaigns_touched: bool,
) -> Result<(), StoreError> {
    if campaigns_touched {
        bump(writing.db)?;
        let before = std::mem::take(writing.campaigns).all;
        writing.campaigns.refresh(writing.db)?;
        let now = &writing.campaigns.all;
        let alike = |(id, campaign): &(RecordId, Campaign)| {
            before.iter().any(|(other, was)| other == id && was.counts_like(campaign))
        };
        if before.len() != now.len() || !now.iter().all(alike) {
            return recount_all(writing);
        }
    }
    for prospect in prospects {
        recount_one(writing, *prospect)?;
    }
    Ok(())
}

/// Counts everything anew.
pub(super) fn recount_all(writing: &mut Writing<'_>) -> Result<(), StoreError> {
    let mut select = writing.db.prepare_cached(
        "SELECT DISTINCT prospect FROM record WHERE prospect IS NOT NULL UNION SELECT prospect FROM contribution",
    )?;
    let prospects: Vec<Vec<u8>> = select.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    for prospect in prospects {
        recount_one(writing, RecordId::from_bytes(&prospect)?)?;
    }
    Ok(())
}

/// Counts the prospects anew that have a contribution without a unit: its author may have become known.
pub(super) fn recount_unplaced(writing: &mut Writing<'_>) -> Result<(), StoreError> {
    let mut select = writing.db.prepare_cached(
        "SELECT DISTINCT prospect FROM contribution
         WHERE unit = '' AND campaign IN (SELECT campaign FROM tally WHERE unit = '')",
    )?;
    let prospects: Vec<Vec<u8>> = select.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    for prospect in prospects {
        recount_one(writing, RecordId::from_bytes(&prospect)?)?;
    }
    Ok(())
}

/// The version of what standings are made from: campaigns and tallies.
pub(super) fn version(db: &Connection) -> Result<i64, StoreError> {
    let mut select = db.prepare_cached("SELECT value FROM setting WHERE name = 'ledger_version'")?;
    Ok(select.query_row([], |row| row.get(0))?)
}

fn bump(db: &Connection) -> Result<(), StoreError> {
    db.prepare_cached("UPDATE setting SET value = value + 1 WHERE name = 'ledger_version'")?.execute([])?;
    Ok(())
}

type Key = (RecordId, RecordId, Metric);

fn recount_one(writing: &mut Writing<'_>, prospect: RecordId) -> Result<(), StoreError> {
    writing.campaigns.refresh(writing.db)?;
    let bank = writing.bank()?;
    let db = writing.db;
    let now = of_group(db, prospect, &writing.campaigns.all, &bank)?;
    let kept = of_prospect(db, prospect)?;
    if now != kept {
        bump(db)?;
    }
    for (key, was) in kept.iter().filter(|(key, was)| now.get(key) != Some(was)) {
        let (campaign, source, metric) = key;
        db.prepare_cached("DELETE FROM contribution WHERE campaign = ? AND source = ? AND metric = ?")?
            .execute(params![campaign.as_bytes(), source.as_bytes(), metric.name()])?;
        add_to_tally(db, was, -1)?;
    }
    for (_, is) in now.iter().filter(|(key, is)| kept.get(key) != Some(is)) {
        insert(db, is)?;
        add_to_tally(db, is, 1)?;
    }
    Ok(())
}

/// What a prospect's group comes to, by the rows as they are.
fn of_group(
    db: &Connection,
    prospect: RecordId,
    campaigns: &[(RecordId, Campaign)],
    bank: &Bank,
) -> Result<BTreeMap<Key, Contribution>, StoreError> {
    if campaigns.is_empty() {
        return Ok(BTreeMap::new());
    }
    let sql = format!(
        "SELECT {}, received_at, seq FROM record
         WHERE prospect = ? AND kind IN ('visit', 'outcome', 'verification')",
        records::COLUMNS
    );
    let mut select = db.prepare_cached(&sql)?;
    let mut found = select.query([prospect.as_bytes()])?;
    let mut rows = Vec::new();
    while let Some(stored) = found.next()? {
        rows.push(GroupRow {
            row: Row::try_from(records::read(stored)?)?,
            received_at: ServerTime::from_millis(stored.get("received_at")?)?,
            seq: stored.get::<_, i64>("seq")?.unsigned_abs(),
        });
    }
    let mut own = db.prepare_cached("SELECT 1 FROM record WHERE id = ? AND kind = 'prospect'")?;
    let known = own.query_row([prospect.as_bytes()], |_| Ok(())).optional()?.is_some();
    let all = contributions(&Group { prospect, known, rows: &rows }, campaigns, bank);
    Ok(all.into_iter().map(|one| ((one.campaign, one.source, one.metric), one)).collect())
}

const COLUMNS: &str = "campaign, source, metric, prospect, unit, person, week, value, status, rule";

fn insert(db: &Connection, one: &Contribution) -> Result<(), StoreError> {
    let sql = format!("INSERT INTO contribution ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    db.prepare_cached(&sql)?.execute(params![
        one.campaign.as_bytes(),
        one.source.as_bytes(),
        one.metric.name(),
        one.prospect.as_bytes(),
        one.unit.as_ref().map_or("", UnitId::as_str),
        one.person.as_ref().map_or("", PersonId::as_str),
        one.week.number(),
        one.value,
        one.status.name(),
        one.rule.code()
    ])?;
    Ok(())
}

fn add_to_tally(db: &Connection, one: &Contribution, sign: i64) -> Result<(), StoreError> {
    let unit = one.unit.as_ref().map_or("", UnitId::as_str);
    let key = params![
        one.campaign.as_bytes(),
        unit,
        one.week.number(),
        one.metric.name(),
        one.status.name(),
        sign * one.value,
        sign
    ];
    db.prepare_cached(
        "INSERT INTO tally (campaign, unit, week, metric, status, value, count) VALUES (?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT DO UPDATE SET count = count + excluded.count,
             value = CAST(max(-9e18, min(9e18, value + excluded.value)) AS INTEGER)",
    )?
    .execute(key)?;
    if sign < 0 {
        db.prepare_cached(
            "DELETE FROM tally WHERE campaign = ? AND unit = ? AND week = ? AND metric = ? AND status = ? AND count = 0",
        )?
        .execute(params![one.campaign.as_bytes(), unit, one.week.number(), one.metric.name(), one.status.name()])?;
    }
    Ok(())
}

fn of_prospect(db: &Connection, prospect: RecordId) -> Result<BTreeMap<Key, Contribution>, StoreError> {
    let mut select = db.prepare_cached(&format!("SELECT {COLUMNS} FROM contribution WHERE prospect = ?"))?;
    let mut found = select.query([prospect.as_bytes()])?;
    let mut kept = BTreeMap::new();
    while let Some(row) = found.next()? {
        let one = contribution(row)?;
        kept.insert((one.campaign, one.source, one.metric), one);
    }
    Ok(kept)
}

/// Every contribution kept, in order of its key.
pub(super) fn all(db: &Connection) -> Result<Vec<Contribution>, StoreError> {
    let mut select =
        db.prepare_cached(&format!("SELECT {COLUMNS} FROM contribution ORDER BY campaign, source, metric"))?;
    let mut found = select.query([])?;
    let mut all = Vec::new();
    while let Some(row) = found.next()? {
        all.push(contribution(row)?);
    }
    Ok(all)
}

/// Some of a campaign's contributions, up to a week.
pub(super) fn of(
    db: &Connection,
    campaign: RecordId,
    whose: &Whose,
    until: Week,
) -> Result<Vec<Contribution>, StoreError> {
    let (column, keys): (_, Vec<Box<dyn ToSql>>) = match whose {
        Whose::Units(units) => {
            ("unit", units.iter().map(|unit| key(unit.as_ref().map_or("", UnitId::as_str))).collect())
        }
        Whose::Person(person) => ("person", vec![key(person.as_str())]),
        Whose::Prospect(prospect) => ("prospect", vec![Box::new(*prospect.as_bytes())]),
    };
    let sql = format!("SELECT {COLUMNS} FROM contribution WHERE campaign = ? AND {column} = ? AND week <= ?");
    let mut select = db.prepare_cached(&sql)?;
    let mut all = Vec::new();
    for key in keys {
        let mut found = select.query(params![campaign.as_bytes(), key, until.number()])?;
        while let Some(row) = found.next()? {
            all.push(contribution(row)?);
        }
    }
    Ok(all)
}

fn key(text: &str) -> Box<dyn ToSql> {
    Box::new(text.to_owned())
}

fn contribution(row: &rusqlite::Row<'_>) -> Result<Contribution, StoreError> {
    let id = |n: usize| -> Result<RecordId, StoreError> {
        Ok(RecordId::from_bytes(row.get_ref(n)?.as_blob().unwrap_or_default())?)
    };
    let text = |n: usize| -> Result<String, StoreError> { Ok(row.get(n)?) };
    let optional = |n: usize| text(n).map(|text| if text.is_empty() { None } else { Some(text) });
    Ok(Contribution {
        campaign: id(0)?,
        source: id(1)?,
        metric: named(Metric::named(&text(2)?))?,
        prospect: id(3)?,
        unit: optional(4)?.map(|unit| unit.parse()).transpose()?,
        person: optional(5)?.map(|person| person.parse()).transpose()?,
        week: Week::from_number(row.get(6)?)?,
        value: row.get(7)?,
        status: Status::named(&text(8)?)?,
        rule: text(9)?.parse::<Rule>()?,
    })
}

fn named<T>(found: Option<T>) -> Result<T, StoreError> {
    found.ok_or_else(|| StoreError::Damaged("a contribution has an unknown word: rebuild".to_owned()))
}

/// The sums of a campaign's contributions, but for those that no unit is credited with.
pub(super) fn tallies(db: &Connection, campaign: RecordId) -> Result<Vec<Tally>, StoreError> {
    let mut select = db.prepare_cached(
        "SELECT unit, week, metric, status, value, count FROM tally WHERE campaign = ? AND unit <> ''
         ORDER BY unit, week, metric, status",
    )?;
    let mut found = select.query([campaign.as_bytes()])?;
    let mut tallies = Vec::new();
    while let Some(row) = found.next()? {
        tallies.push(Tally {
            unit: row.get::<_, String>(0)?.parse()?,
            week: Week::from_number(row.get(1)?)?,
            metric: named(Metric::named(&row.get::<_, String>(2)?))?,
            status: Status::named(&row.get::<_, String>(3)?)?,
            value: row.get(4)?,
            count: row.get(5)?,
        });
    }
    Ok(tallies)
}

/// Every tally as kept, in order of its key: what a rebuild compares.
pub(super) fn kept_tallies(db: &Connection) -> Result<BTreeSet<String>, StoreError> {
    let mut select = db.prepare_cached(
        "SELECT hex(campaign) || '|' || unit || '|' || week || '|' || metric || '|' || status || '|' || value || '|' || count
         FROM tally",
    )?;
    Ok(select.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?)
}

/// Forgets every contribution and counts from the rows alone.
pub(super) fn count_from_nothing(writing: &mut Writing<'_>) -> Result<usize, StoreError> {
    writing.db.execute_batch("DELETE FROM contribution; DELETE FROM tally;")?;
    bump(writing.db)?;
    *writing.campaigns = CachedCampaigns::default();
    recount_all(writing)?;
    Ok(read::count(writing.db, "SELECT count(*) FROM contribution")?)
}

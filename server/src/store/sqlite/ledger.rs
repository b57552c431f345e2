//! The ledger: contributions and their tallies, kept by difference. What counts is decided in core, by one function; here
//! what was touched of a prospect's group is compared with what is kept, and only the difference is written.

use super::campaigns::CachedCampaigns;
use super::records::{self, Arrival};
use super::tally::Sums;
use super::writer::Writing;
use super::{bulletins, read};
use crate::store::{StoreError, Whose};
use canvass_core::domain::campaign::{self, Campaign, Metric};
use canvass_core::domain::{PersonId, RecordId, ServerTime, UnitId, Week, prospect};
use canvass_core::projection::Row;
use canvass_core::ranking::{Contribution, Group, GroupRow, Reach, Rule, Status, contributions};
use rusqlite::{Connection, OptionalExtension, ToSql, params};
use std::collections::BTreeMap;

/// What has to be counted anew once everything of a job is appended.
#[derive(Default)]
pub(super) struct Touched {
    campaigns: bool,
    prospects: BTreeMap<RecordId, Part>,
}

/// What was touched of one prospect's group.
#[derive(Default)]
struct Part {
    /// Records that count by themselves.
    alone: Vec<GroupRow>,
    outcomes: bool,
    whole: bool,
}

impl Part {
    const WHOLE: Self = Self { alone: Vec::new(), outcomes: true, whole: true };
}

impl Touched {
    /// Notes a record's row as it now is; `new` if the record came just now.
    pub(super) fn add(&mut self, row: Row, arrival: Arrival, new: bool) {
        self.campaigns |= row.kind.is(&campaign::KIND);
        let reach = Reach::of(&row.kind, new);
        let Some(prospect) = row.prospect.filter(|_| reach != Reach::Nothing) else { return };
        let part = self.prospects.entry(prospect).or_default();
        match reach {
            Reach::Nothing => {}
            Reach::Itself => {
                let Arrival { received_at, changed_at, seq } = arrival;
                part.alone.push(GroupRow { row, received_at, changed_at, seq: seq.unsigned_abs() });
            }
            Reach::Outcomes => part.outcomes = true,
            // Its team shares the outcomes that came before it.
            Reach::Group => (part.whole, part.outcomes) = (true, true),
        }
    }
}

/// Counts anew what a job touched: parts of some prospects' groups, or everything if a campaign now admits or names other
/// contributions.
pub(super) fn recount(writing: &mut Writing<'_>, touched: Touched) -> Result<(), StoreError> {
    if touched.campaigns {
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
    recount_parts(writing, touched.prospects)
}

/// Counts everything anew.
pub(super) fn recount_all(writing: &mut Writing<'_>) -> Result<(), StoreError> {
    recount_those(
        writing,
        "SELECT DISTINCT prospect FROM record WHERE prospect IS NOT NULL UNION SELECT prospect FROM contribution",
    )
}

/// Counts the whole groups of the prospects anew that a question finds.
fn recount_those(writing: &mut Writing<'_>, which: &str) -> Result<(), StoreError> {
    let mut select = writing.db.prepare_cached(which)?;
    let prospects: Vec<Vec<u8>> = select.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    let prospects: Result<Vec<_>, _> = prospects.iter().map(|id| RecordId::from_bytes(id)).collect();
    recount_parts(writing, prospects?.into_iter().map(|prospect| (prospect, Part::WHOLE)))
}

/// The version of what standings are made from: campaigns and tallies.
pub(super) fn version(db: &Connection) -> Result<i64, StoreError> {
    let mut select = db.prepare_cached("SELECT value FROM setting WHERE name = 'ledger_version'")?;
    Ok(select.query_row([], |row| row.get(0))?)
}

pub(super) fn bump(db: &Connection) -> Result<(), StoreError> {
    db.prepare_cached("UPDATE setting SET value = value + 1 WHERE name = 'ledger_version'")?.execute([])?;
    Ok(())
}

/// Campaign, source, metric and person.
pub(super) type Key = (RecordId, RecordId, Metric, Option<PersonId>);

pub(super) fn key_of(one: &Contribution) -> Key {
    (one.campaign, one.source, one.metric, one.person.clone())
}

fn recount_parts(
    writing: &mut Writing<'_>,
    parts: impl IntoIterator<Item = (RecordId, Part)>,
) -> Result<(), StoreError> {
    writing.campaigns.refresh(writing.db)?;
    let (db, bank, campaigns) = (writing.db, writing.bank()?, &writing.campaigns.all);
    let (mut sums, mut differs) = (Sums::default(), false);
    for (prospect, part) in parts {
        let (whole, outcomes) = (part.whole, part.outcomes);
        let rows = rows_of(db, prospect, part)?;
        let kept = if whole { of_prospect(db, prospect)? } else { of_sources(db, prospect, &rows)? };
        let erased = if outcomes { of_erased(db, prospect)? } else { Vec::new() };
        let (known, team) = own(db, prospect, outcomes)?;
        let group = Group { prospect, known, team: &team, rows: &rows, erased: &erased };
        let now = contributions(&group, campaigns, &bank);
        let now: BTreeMap<Key, Contribution> = now.into_iter().map(|one| (key_of(&one), one)).collect();
        differs |= now != kept;
        for (key, was) in kept.iter().filter(|(key, was)| now.get(key) != Some(was)) {
            remove(db, prospect, key)?;
            sums.take(was);
        }
        for (_, is) in now.iter().filter(|(key, is)| kept.get(key) != Some(is)) {
            insert(db, is)?;
            sums.add(is);
        }
    }
    sums.save(db)?;
    if differs { bump(db) } else { Ok(()) }
}

/// A row by which something counts, from a question that asks for its arrival as well.
pub(super) fn group_row(db: &Connection, stored: &rusqlite::Row<'_>) -> Result<GroupRow, StoreError> {
    let row = Row::try_from(records::read(stored)?)?;
    let received_at = ServerTime::from_millis(stored.get("received_at")?)?;
    // Of others it does not matter.
    let planned = row.fields.time("planned_at").is_some();
    let changed_at = if planned { records::changed_at(db, row.id)?.unwrap_or(received_at) } else { received_at };
    Ok(GroupRow { row, received_at, changed_at, seq: stored.get::<_, i64>("seq")?.unsigned_abs() })
}

/// Whether a prospect's own record is here, and the shares of its team if those are asked for.
fn own(db: &Connection, id: RecordId, team: bool) -> Result<(bool, BTreeMap<PersonId, i64>), StoreError> {
    if team {
        let row = records::row(db, id)?.filter(|row| row.kind.is(&prospect::KIND));
        return Ok((row.is_some(), row.map(|row| prospect::team(&row.settled_fields())).unwrap_or_default()));
    }
    let mut own = db.prepare_cached("SELECT 1 FROM record WHERE id = ? AND kind = ?")?;
    let known = own.query_row(params![id.as_bytes(), prospect::KIND.name], |_| Ok(())).optional()?.is_some();
    Ok((known, BTreeMap::new()))
}

/// The rows by which a part counts.
fn rows_of(db: &Connection, prospect: RecordId, part: Part) -> Result<Vec<GroupRow>, StoreError> {
    let (kinds, mut rows) = match part {
        Part { whole: true, .. } => ("'visit', 'activity', 'outcome', 'verification'", Vec::new()),
        Part { outcomes: true, alone, .. } => ("'outcome', 'verification'", alone),
        Part { alone, .. } => return Ok(alone),
    };
    let columns = records::COLUMNS;
    let sql = format!("SELECT {columns}, received_at, seq FROM record WHERE prospect = ? AND kind IN ({kinds})");
    let mut select = db.prepare_cached(&sql)?;
    let mut found = select.query([prospect.as_bytes()])?;
    while let Some(stored) = found.next()? {
        rows.push(group_row(db, stored)?);
    }
    Ok(rows)
}

pub(super) const COLUMNS: &str = "campaign, source, metric, prospect, unit, person, week, value, status, rule";

pub(super) fn insert(db: &Connection, one: &Contribution) -> Result<(), StoreError> {
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
    bulletins::differs(db, one.prospect, &key_of(one))
}

fn remove(db: &Connection, prospect: RecordId, key: &Key) -> Result<(), StoreError> {
    let (campaign, source, metric, person) = key;
    db.prepare_cached(
        "DELETE FROM contribution WHERE prospect = ? AND source = ? AND campaign = ? AND metric = ? AND person = ?",
    )?
    .execute(params![
        prospect.as_bytes(),
        source.as_bytes(),
        campaign.as_bytes(),
        metric.name(),
        person.as_ref().map_or("", PersonId::as_str)
    ])?;
    bulletins::differs(db, prospect, key)
}

fn of_prospect(db: &Connection, prospect: RecordId) -> Result<BTreeMap<Key, Contribution>, StoreError> {
    let mut select = db.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM contribution WHERE prospect = ? AND source NOT IN (SELECT record FROM erased)"
    ))?;
    let mut kept = BTreeMap::new();
    by_key(select.query([prospect.as_bytes()])?, &mut kept)?;
    Ok(kept)
}

/// The contributions of what was erased of a prospect: they stay as they stood.
fn of_erased(db: &Connection, prospect: RecordId) -> Result<Vec<Contribution>, StoreError> {
    let mut select = db.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM contribution WHERE prospect = ? AND source IN (SELECT record FROM erased)"
    ))?;
    let mut kept = BTreeMap::new();
    by_key(select.query([prospect.as_bytes()])?, &mut kept)?;
    Ok(kept.into_values().collect())
}

/// The contributions kept of a prospect that come from some rows.
fn of_sources(
    db: &Connection,
    prospect: RecordId,
    rows: &[GroupRow],
) -> Result<BTreeMap<Key, Contribution>, StoreError> {
    let mut select =
        db.prepare_cached(&format!("SELECT {COLUMNS} FROM contribution WHERE prospect = ? AND source = ?"))?;
    let mut kept = BTreeMap::new();
    for source in rows {
        by_key(select.query([prospect.as_bytes(), source.row.id.as_bytes()])?, &mut kept)?;
    }
    Ok(kept)
}

/// The contributions kept of one record.
pub(super) fn of_source(
    db: &Connection,
    prospect: RecordId,
    source: RecordId,
) -> Result<Vec<Contribution>, StoreError> {
    let mut select =
        db.prepare_cached(&format!("SELECT {COLUMNS} FROM contribution WHERE prospect = ? AND source = ?"))?;
    let mut kept = BTreeMap::new();
    by_key(select.query([prospect.as_bytes(), source.as_bytes()])?, &mut kept)?;
    Ok(kept.into_values().collect())
}

fn by_key(mut found: rusqlite::Rows<'_>, kept: &mut BTreeMap<Key, Contribution>) -> Result<(), StoreError> {
    while let Some(row) = found.next()? {
        let one = contribution(row)?;
        kept.insert(key_of(&one), one);
    }
    Ok(())
}

/// Every contribution kept, in order of its key.
pub(super) fn all(db: &Connection) -> Result<Vec<Contribution>, StoreError> {
    let mut select =
        db.prepare_cached(&format!("SELECT {COLUMNS} FROM contribution ORDER BY campaign, source, metric, person"))?;
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

pub(super) fn contribution(row: &rusqlite::Row<'_>) -> Result<Contribution, StoreError> {
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

pub(super) fn named<T>(found: Option<T>) -> Result<T, StoreError> {
    found.ok_or_else(|| StoreError::Damaged("a contribution has an unknown word: rebuild".to_owned()))
}

/// Forgets every contribution but those of what was erased, and counts from the rows alone.
pub(super) fn count_from_nothing(writing: &mut Writing<'_>) -> Result<usize, StoreError> {
    // What a count from nothing makes go is gone from the next bulletin, too.
    writing.db.execute_batch(
        "INSERT OR IGNORE INTO unsealed SELECT campaign, prospect, source, metric, person FROM contribution;
         DELETE FROM contribution WHERE source NOT IN (SELECT record FROM erased); DELETE FROM tally;",
    )?;
    let mut sums = Sums::default();
    all(writing.db)?.iter().for_each(|of_erased| sums.add(of_erased));
    sums.save(writing.db)?;
    bump(writing.db)?;
    *writing.campaigns = CachedCampaigns::default();
    recount_all(writing)?;
    Ok(read::count(writing.db, "SELECT count(*) FROM contribution")?)
}

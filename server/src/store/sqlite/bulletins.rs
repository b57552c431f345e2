//! Sealing: what counts at one moment is set down for good, beside all ingest, since the one writer does both. Contributions are
//! kept by difference from one sealing to the next, so each bulletin's are there for ever at little cost.

use super::ingest::{Intake, own_record};
use super::ledger::{self, Key};
use super::writer::Writing;
use super::{audit, campaigns, devices, feeds, records, tally};
use crate::ingest::Grants;
use crate::store::bulletins::{BulletinKey, SealOrder, SealedAt};
use crate::store::{Actor, Deed, Entry, StoreError, StoredCampaign, Whose};
use canvass_core::domain::bulletin::{self, Notice};
use canvass_core::domain::campaign::{self, Campaign};
use canvass_core::domain::{
    Action, Bank, Digest, Invalid, Kind, PersonId, Place, RecordId, ServerTime, UnitId, Week, Zone,
};
use canvass_core::projection::Row;
use canvass_core::ranking::{
    Basis, Bulletin, Contribution, Phone, Placement, brief, causes, causes_of_rules, coverage, ledger_line, standings,
    unplaced,
};
use canvass_core::wire::Reference;
use rusqlite::types::Value as Sql;
use rusqlite::{Connection, OptionalExtension, params, params_from_iter};
use std::collections::BTreeMap;

/// Notes that a contribution may differ by now from the one that was sealed last.
pub(super) fn differs(db: &Connection, prospect: RecordId, key: &Key) -> Result<(), StoreError> {
    let (campaign, source, metric, person) = key;
    db.prepare_cached(
        "INSERT OR IGNORE INTO unsealed (campaign, prospect, source, metric, person) VALUES (?, ?, ?, ?, ?)",
    )?
    .execute(params![
        campaign.as_bytes(),
        prospect.as_bytes(),
        source.as_bytes(),
        metric.name(),
        person.as_ref().map_or("", PersonId::as_str)
    ])?;
    Ok(())
}

/// Seals a week, and revises those sealed before it.
pub(super) fn seal(writing: &mut Writing<'_>, order: &SealOrder) -> Result<Vec<BulletinKey>, StoreError> {
    let (db, bank) = (writing.db, writing.bank()?);
    may_seal(&bank, order)?;
    let missing = || StoreError::NoSuchRecord { kind: campaign::KIND.name, id: order.campaign };
    let found = campaigns::all(db)?.into_iter().find(|stored| stored.id == order.campaign).ok_or_else(missing)?;
    if !found.campaign.weeks().contains(&order.week) {
        let (first, last) = (found.campaign.starts, found.campaign.ends);
        return Err(Invalid::new("week", order.week, format!("a week of this campaign, from {first} to {last}")).into());
    }
    let over = found.campaign.zone.start_of(order.week.next().monday());
    if order.at.millis() < over {
        let words = format!("a week that is over: this one ends on {}", order.week.sunday());
        return Err(Invalid::new("week", order.week, words).into());
    }
    let mut weeks: Vec<Week> = all(db, order.campaign)?.into_iter().map(|sealed| sealed.key.week).collect();
    weeks.retain(|week| *week < order.week);
    weeks.push(order.week);
    weeks.sort_unstable();
    weeks.dedup();
    let mut draft = Draft::of(db, &found, &bank, order.at)?;
    let noticed = notices(db, order.campaign)?;
    let mut due = Vec::new();
    for week in weeks {
        let latest = latest(db, order.campaign, week)?;
        // A server that was restored hears from phones which revisions there were.
        let told = noticed.keys().filter(|key| key.week == week).map(|key| key.revision).max().unwrap_or(0);
        let revision = latest.as_ref().map_or(0, |(sealed, _)| sealed.key.revision).max(told) + 1;
        let bulletin = draft.bulletin(week, revision);
        if latest.as_ref().is_none_or(|(_, before)| !before.figures_equal(&bulletin)) {
            due.push((bulletin, latest));
        }
    }
    if due.is_empty() {
        // By the calendar it is noted that somebody looked: then the next cut-off is the next time.
        if order.by == Actor::Server {
            let n = begin(db, order, &bank)?;
            take_over(db, order.campaign, n)?;
        }
        return Ok(Vec::new());
    }
    let n = begin(db, order, &bank)?;
    take_over(db, order.campaign, n)?;
    let mut written = Vec::new();
    for (mut bulletin, latest) in due {
        draft.complete(db, &mut bulletin, latest.map(|(sealed, before)| (sealed.key, before)))?;
        written.push(write(writing, order, n, &bulletin)?);
    }
    Ok(written)
}

fn may_seal(bank: &Bank, order: &SealOrder) -> Result<(), StoreError> {
    let Actor::Person(person) = &order.by else { return Ok(()) };
    let grants = Grants::of(bank, person, order.at.date(&Zone::china()));
    let grants = grants.ok_or_else(|| StoreError::UnknownPerson(person.clone()))?;
    if bulletin::KIND.allows(grants.roles, Action::Create, Place::Own) {
        return Ok(());
    }
    Err(StoreError::Forbidden(format!("{person} seals no bulletin: head office does")))
}

/// Notes a sealing, with the bank as it is. Returns its number.
fn begin(db: &Connection, order: &SealOrder, bank: &Bank) -> Result<i64, StoreError> {
    let body = Reference::of(bank, 1).to_bytes().map_err(|error| StoreError::Damaged(error.to_string()))?;
    let digest = Digest::of(&body);
    db.execute("INSERT OR IGNORE INTO sealed_bank (digest, body) VALUES (?, ?)", params![digest.as_bytes(), body])?;
    db.execute(
        "INSERT INTO sealing (campaign, sealed_at, sealed_by, sequence, bank) VALUES (?, ?, ?, ?, ?)",
        params![
            order.campaign.as_bytes(),
            order.at.millis(),
            order.by.to_string(),
            i64::try_from(feeds::sequence(db)?).unwrap_or(i64::MAX),
            digest.as_bytes()
        ],
    )?;
    Ok(db.last_insert_rowid())
}

/// Brings what is sealed of a campaign to what counts now, by difference.
fn take_over(db: &Connection, campaign: RecordId, n: i64) -> Result<(), StoreError> {
    const CHANGED: &str = "unsealed.campaign = ?1 AND kept.campaign = ?1 AND kept.prospect = unsealed.prospect
         AND kept.source = unsealed.source AND kept.metric = unsealed.metric AND kept.person = unsealed.person";
    const KEY: &str = "(prospect, source, metric, person)";
    let same = "now.campaign = ?1 AND now.prospect = kept.prospect AND now.source = kept.source
         AND now.metric = kept.metric AND now.person = kept.person AND now.unit = kept.unit AND now.week = kept.week
         AND now.value = kept.value AND now.status = kept.status AND now.rule = kept.rule";
    db.execute(
        &format!(
            "UPDATE sealed AS kept SET until = ?2 WHERE campaign = ?1 AND until IS NULL
             AND {KEY} IN (SELECT prospect, source, metric, person FROM unsealed WHERE campaign = ?1)
             AND NOT EXISTS (SELECT 1 FROM contribution AS now WHERE {same})"
        ),
        params![campaign.as_bytes(), n],
    )?;
    db.execute(
        &format!(
            "INSERT INTO sealed (campaign, prospect, source, metric, person, since, unit, week, value, status, rule)
             SELECT kept.campaign, kept.prospect, kept.source, kept.metric, kept.person, ?2, kept.unit, kept.week,
                 kept.value, kept.status, kept.rule
             FROM unsealed CROSS JOIN contribution AS kept ON {CHANGED}
             WHERE NOT EXISTS (SELECT 1 FROM sealed AS now WHERE {same} AND now.until IS NULL)"
        ),
        params![campaign.as_bytes(), n],
    )?;
    db.execute("DELETE FROM unsealed WHERE campaign = ?", [campaign.as_bytes()])?;
    Ok(())
}

/// Keeps a bulletin, and tells everybody in the bank.
fn write(writing: &mut Writing<'_>, order: &SealOrder, n: i64, bulletin: &Bulletin) -> Result<BulletinKey, StoreError> {
    let Bulletin { campaign, week, revision, .. } = *bulletin;
    let (key, digest) = (BulletinKey { campaign, week, revision }, bulletin.digest());
    writing.db.execute(
        "INSERT INTO bulletin (campaign, week, revision, sealing, digest, body) VALUES (?, ?, ?, ?, ?, ?)",
        params![campaign.as_bytes(), week.number(), revision, n, digest.as_bytes(), bulletin.sheet().as_bytes()],
    )?;
    let bank = writing.bank()?;
    let notice = Notice {
        campaign,
        week,
        revision: revision.into(),
        sealed_at: order.at.as_recorded(),
        digest,
        text: brief(bulletin, &bank).zh,
        news: bulletin.news.clone(),
    };
    let (mut intake, id) = (Intake::begin(writing, order.at)?, writing.new_id(order.at));
    own_record(writing, &mut intake, id, &Kind::from(&bulletin::KIND), None, &notice.to_fields(), None)?;
    intake.end(writing)?;
    // Pages that show what is live lead to the newest bulletin.
    ledger::bump(writing.db)?;
    let entry = Entry::new(order.by.clone(), Deed::Sealed, format!("campaign/{campaign}"));
    audit::note(writing.db, order.at, &entry.with(format!("bulletin {week}, revision {revision}, {digest}")))?;
    Ok(key)
}

/// What bulletins of a campaign would say now.
pub(super) struct Draft {
    id: RecordId,
    campaign: Campaign,
    bank: std::sync::Arc<Bank>,
    news: BTreeMap<Week, String>,
    tallies: Vec<canvass_core::ranking::Tally>,
    phones: Vec<Phone>,
    at: ServerTime,
    /// The contributions up to a week, once they were read.
    present: Option<(Week, Vec<Contribution>)>,
}

impl Draft {
    pub(super) fn of(
        db: &Connection,
        stored: &StoredCampaign,
        bank: &std::sync::Arc<Bank>,
        at: ServerTime,
    ) -> Result<Self, StoreError> {
        let fields = records::row(db, stored.id)?.map(|row| row.settled_fields()).unwrap_or_default();
        Ok(Self {
            id: stored.id,
            campaign: (*stored.campaign).clone(),
            bank: bank.clone(),
            news: campaign::news(&fields),
            tallies: tally::tallies(db, stored.id)?,
            phones: phones(db)?,
            at,
            present: None,
        })
    }

    /// The figures of a week.
    pub(super) fn bulletin(&self, week: Week, revision: u32) -> Bulletin {
        let Self { campaign, bank, tallies, .. } = self;
        Bulletin {
            campaign: self.id,
            name: campaign.name.clone(),
            week,
            revision,
            sealed_at: self.at,
            standings: standings(campaign, week, bank, tallies, Basis::Confirmed),
            unplaced: unplaced(campaign, week, bank, tallies),
            coverage: coverage(campaign, week, bank, &self.phones, self.at),
            causes: Vec::new(),
            news: self.news.get(&week).cloned().unwrap_or_default(),
            contributions: 0,
            ledger: Digest::of(b""),
        }
    }

    /// Adds what it was made from, and why it differs from the one before.
    pub(super) fn complete(
        &mut self,
        db: &Connection,
        bulletin: &mut Bulletin,
        before: Option<(BulletinKey, Bulletin)>,
    ) -> Result<(), StoreError> {
        // All that any week of this job asks for is read once.
        let (read, all) = match self.present.take().filter(|(read, _)| *read >= bulletin.week) {
            Some(present) => present,
            None => {
                let last = Week::of(self.campaign.ends);
                (last, present(db, self.id, last)?)
            }
        };
        let now: Vec<Contribution> = all.iter().filter(|one| one.week <= bulletin.week).cloned().collect();
        self.present = Some((read, all));
        bulletin.contributions = now.len() as u64;
        bulletin.ledger = digest(&now);
        if let Some((key, was)) = before {
            // Who took part then, in the tree of that time.
            let units = was.standings.iter().map(|one| one.unit.clone()).collect();
            let (then, bank) = (Campaign { units, ..self.campaign.clone() }, sealed_bank(db, key)?);
            let (placed, placement) = (Placement::new(&then, &bank), Placement::new(&self.campaign, &self.bank));
            bulletin.causes = causes((&placed, &sealed(db, key, None)?), (&placement, &now));
            bulletin.causes.extend(causes_of_rules(&was.standings, &bulletin.standings));
        }
        Ok(())
    }
}

/// The phones in use, and when each was last heard of.
pub(super) fn phones(db: &Connection) -> Result<Vec<Phone>, StoreError> {
    let used = devices::all(db)?.into_iter().filter(|state| state.enrolled_at.is_some() && state.revoked.is_none());
    Ok(used.map(|state| Phone { device: state.number, person: state.person, heard_of: state.seen_at }).collect())
}

/// The order in which contributions are read is that of their lines.
const IN_ORDER: &str = "ORDER BY prospect, source, metric, person";

/// The digest of contributions that were read in order.
fn digest(contributions: &[Contribution]) -> Digest {
    let lines = contributions.iter().map(|one| Ok::<_, std::convert::Infallible>(ledger_line(one)));
    match Digest::of_parts(lines) {
        Ok(digest) => digest,
        Err(never) => match never {},
    }
}

/// The contributions of a campaign as they are, up to a week.
fn present(db: &Connection, campaign: RecordId, until: Week) -> Result<Vec<Contribution>, StoreError> {
    let columns = ledger::COLUMNS;
    let mut select =
        db.prepare_cached(&format!("SELECT {columns} FROM contribution WHERE campaign = ? AND week <= ? {IN_ORDER}"))?;
    let mut found = select.query(params![campaign.as_bytes(), until.number()])?;
    let mut all = Vec::new();
    while let Some(row) = found.next()? {
        all.push(ledger::contribution(row)?);
    }
    Ok(all)
}

/// Which sealing a bulletin is of.
pub(super) fn sealing(db: &Connection, key: BulletinKey) -> Result<i64, StoreError> {
    let mut select =
        db.prepare_cached("SELECT sealing FROM bulletin WHERE campaign = ? AND week = ? AND revision = ?")?;
    let found = select.query_row(params![key.campaign.as_bytes(), key.week.number(), key.revision], |row| row.get(0));
    found.optional()?.ok_or(StoreError::NoBulletin(key.week, key.revision))
}

/// The contributions that a bulletin was made from, or some of them.
pub(super) fn sealed(
    db: &Connection,
    key: BulletinKey,
    whose: Option<&Whose>,
) -> Result<Vec<Contribution>, StoreError> {
    sealed_until(db, key, key.week, whose)
}

/// The same, and whatever else was sealed with it up to a week.
pub(super) fn sealed_until(
    db: &Connection,
    key: BulletinKey,
    until: Week,
    whose: Option<&Whose>,
) -> Result<Vec<Contribution>, StoreError> {
    let n = sealing(db, key)?;
    let (which, keys): (_, Vec<Sql>) = match whose {
        None => ("", vec![Sql::Null]),
        Some(Whose::Units(units)) => {
            let code = |unit: &Option<UnitId>| Sql::from(unit.as_ref().map_or("", UnitId::as_str).to_owned());
            ("AND unit = ?4", units.iter().map(code).collect())
        }
        Some(Whose::Person(person)) => ("AND person = ?4", vec![person.to_string().into()]),
        Some(Whose::Prospect(prospect)) => ("AND prospect = ?4", vec![prospect.as_bytes().to_vec().into()]),
    };
    let columns = ledger::COLUMNS;
    let mut select = db.prepare_cached(&format!(
        "SELECT {columns} FROM sealed WHERE campaign = ?1 AND week <= ?2 AND since <= ?3 AND (until IS NULL OR until > ?3)
         {which} {IN_ORDER}"
    ))?;
    let mut all = Vec::new();
    for which in keys {
        let mut values: Vec<Sql> = vec![key.campaign.as_bytes().to_vec().into(), until.number().into(), n.into()];
        values.extend(whose.map(|_| which));
        let mut found = select.query(params_from_iter(values))?;
        while let Some(row) = found.next()? {
            all.push(ledger::contribution(row)?);
        }
    }
    Ok(all)
}

/// The bank as it was when a bulletin was sealed.
pub(super) fn sealed_bank(db: &Connection, key: BulletinKey) -> Result<Bank, StoreError> {
    let mut select = db.prepare_cached("SELECT body FROM sealing JOIN sealed_bank ON digest = bank WHERE n = ?")?;
    let body: Vec<u8> = select.query_row([sealing(db, key)?], |row| row.get(0))?;
    let bank = Reference::from_bytes(&body).map_err(|error| StoreError::Damaged(error.to_string()))?;
    Ok(bank.bank()?)
}

/// What everybody in the bank was told of a campaign's bulletins: the digest of each, as the change log has it.
pub(super) fn notices(db: &Connection, campaign: RecordId) -> Result<BTreeMap<BulletinKey, Digest>, StoreError> {
    let sql = format!("SELECT {} FROM record WHERE kind = 'bulletin' AND author = 0", records::COLUMNS);
    let mut select = db.prepare_cached(&sql)?;
    let mut all = BTreeMap::new();
    for stored in select.query_map([], records::read)? {
        let notice = Notice::read(&Row::try_from(stored?)?.fields);
        if let Ok(notice) =
            notice.map_err(drop).and_then(|one| if one.campaign == campaign { Ok(one) } else { Err(()) })
            && let Ok(revision) = u32::try_from(notice.revision)
        {
            all.insert(BulletinKey { campaign, week: notice.week, revision }, notice.digest);
        }
    }
    Ok(all)
}

/// When a campaign was last looked at for its bulletins.
pub(super) fn last_sealing(db: &Connection, campaign: RecordId) -> Result<Option<ServerTime>, StoreError> {
    let mut select = db.prepare_cached("SELECT max(sealed_at) FROM sealing WHERE campaign = ?")?;
    let latest: Option<i64> = select.query_row([campaign.as_bytes()], |row| row.get(0))?;
    Ok(latest.map(ServerTime::from_millis).transpose()?)
}

/// Every bulletin of a campaign, the newest first.
pub(super) fn all(db: &Connection, campaign: RecordId) -> Result<Vec<SealedAt>, StoreError> {
    let mut select = db.prepare_cached(
        "SELECT week, revision, sealed_at, sealed_by, digest FROM bulletin JOIN sealing ON n = sealing
         WHERE bulletin.campaign = ? ORDER BY week DESC, revision DESC",
    )?;
    let mut found = select.query([campaign.as_bytes()])?;
    let mut all = Vec::new();
    while let Some(row) = found.next()? {
        let key = BulletinKey { campaign, week: Week::from_number(row.get(0)?)?, revision: row.get(1)? };
        all.push(SealedAt {
            key,
            at: ServerTime::from_millis(row.get(2)?)?,
            by: row.get(3)?,
            digest: Digest::from_bytes(row.get_ref(4)?.as_blob().unwrap_or_default())?,
        });
    }
    Ok(all)
}

/// The newest bulletin of a week.
fn latest(db: &Connection, campaign: RecordId, week: Week) -> Result<Option<(SealedAt, Bulletin)>, StoreError> {
    let newest = all(db, campaign)?.into_iter().find(|sealed| sealed.key.week == week);
    newest.map(|sealed| one(db, sealed.key)).transpose().map(Option::flatten)
}

/// A bulletin.
pub(super) fn one(db: &Connection, key: BulletinKey) -> Result<Option<(SealedAt, Bulletin)>, StoreError> {
    let Some(sealed) = all(db, key.campaign)?.into_iter().find(|sealed| sealed.key == key) else { return Ok(None) };
    Ok(Some((sealed, Bulletin::read(&sheet(db, key)?)?)))
}

/// A bulletin's sheet as it is kept.
pub(super) fn sheet(db: &Connection, key: BulletinKey) -> Result<String, StoreError> {
    let mut select = db.prepare_cached("SELECT body FROM bulletin WHERE campaign = ? AND week = ? AND revision = ?")?;
    let body: Vec<u8> =
        select.query_row(params![key.campaign.as_bytes(), key.week.number(), key.revision], |row| row.get(0))?;
    String::from_utf8(body).map_err(|error| StoreError::Damaged(format!("a bulletin's sheet: {error}")))
}

/// What a week's bulletin would say now.
pub(super) fn unsealed(
    db: &Connection,
    bank: &std::sync::Arc<Bank>,
    (campaign, week): (RecordId, Week),
    at: ServerTime,
) -> Result<Bulletin, StoreError> {
    let missing = || StoreError::NoSuchRecord { kind: campaign::KIND.name, id: campaign };
    let stored = campaigns::all(db)?.into_iter().find(|stored| stored.id == campaign).ok_or_else(missing)?;
    let mut draft = Draft::of(db, &stored, bank, at)?;
    let before = latest(db, campaign, week)?;
    let mut bulletin = draft.bulletin(week, before.as_ref().map_or(1, |(sealed, _)| sealed.key.revision + 1));
    // What it is made from is asked only if it says something else.
    let before = before.filter(|(_, before)| !before.figures_equal(&bulletin));
    if let Some((sealed, before)) = before {
        draft.complete(db, &mut bulletin, Some((sealed.key, before)))?;
    }
    Ok(bulletin)
}

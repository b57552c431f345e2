//! Care: birthdays and anniversaries from the dossiers, and visits that are due by a prospect's tier (`[etiquette]`: regular care
//! visits lift retention by 40 %; birthdays and anniversaries are kept, and used for care).

use super::due::Day;
use super::{Item, LISTED, Section, Whose, words};
use crate::domain::{Date, Fields, Kind, Label, PhoneTime, RecordId, prospect};
use crate::projection::Row;
use crate::replica::glance::STANDS;
use crate::replica::{Replica, ReplicaError, rows};
use crate::wire::Reading;
use jiff::ToSpan;
use rusqlite::{Connection, OptionalExtension, params};

/// After how many days without a visit a prospect is due for one, by its tier of value (`[case]`: the five tiers). A marginal one
/// never is, nor one whose tier nobody decided.
pub const CARE_EVERY_DAYS: [(&str, i64); 4] = [("gold", 14), ("key", 30), ("near_key", 60), ("ordinary", 90)];

/// How many days ahead care dates are told, this day aside.
const AHEAD_DAYS: i64 = 7;
const DAY_MS: i64 = 86_400_000;

/// Care dates, as far as they may be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Care {
    /// This phone holds no dossiers.
    NotHeld,
    /// The dossiers are locked until the next sync.
    Locked,
    /// Storage is full, so that no reading can be noted, and nothing is shown.
    Full,
    /// By date.
    Dates {
        /// The first of them.
        dates: Vec<CareDate>,
        /// How many more there are.
        more: usize,
    },
}

/// A day to remember.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CareDate {
    /// On which day it falls this time.
    pub on: Date,
    /// What it is.
    pub what: Label,
    /// Which anniversary, as its field says.
    pub which: Option<String>,
    /// Whose dossier.
    pub dossier: RecordId,
    /// That person's name.
    pub name: String,
    /// The prospect.
    pub prospect: Option<RecordId>,
}

impl Replica {
    /// The care dates of the days to come. The dossiers of those that are returned are noted as read first.
    pub(super) fn care_dates(
        &mut self,
        today: Date,
        now: PhoneTime,
        whose: Option<&Whose>,
        mut fresh: impl FnMut() -> RecordId,
    ) -> Result<Care, ReplicaError> {
        let found = match self.open_dossiers(now) {
            Ok(dossiers) => celebrated(dossiers, today)?,
            Err(ReplicaError::NoDossiers) => return Ok(Care::NotHeld),
            Err(ReplicaError::DossiersLocked) => return Ok(Care::Locked),
            Err(error) => return Err(error),
        };
        let mut dates = Vec::new();
        for row in &found {
            if self.is_to_care(row, whose)? {
                dates.extend(dates_of(row, today));
            }
        }
        dates.sort_by(|a, b| (a.on, a.dossier, &a.which).cmp(&(b.on, b.dossier, &b.which)));
        let more = dates.len().saturating_sub(LISTED);
        dates.truncate(LISTED);
        let mut shown: Vec<RecordId> = dates.iter().map(|date| date.dossier).collect();
        shown.sort_unstable();
        shown.dedup();
        let readings: Vec<_> = shown.into_iter().map(|dossier| Reading { id: fresh(), dossier, at: now }).collect();
        match self.note_readings(&readings) {
            Ok(()) => Ok(Care::Dates { dates, more }),
            Err(ReplicaError::Full) => Ok(Care::Full),
            Err(error) => Err(error),
        }
    }

    fn is_to_care(&self, row: &Row, whose: Option<&Whose>) -> Result<bool, ReplicaError> {
        let Some(whose) = whose else { return Ok(true) };
        let mut select = self.main()?.prepare_cached("SELECT owner = ?2 FROM glance WHERE prospect = ?1")?;
        let prospect = row.prospect.map(|id| id.as_bytes().to_vec());
        let assigned: Option<Option<bool>> =
            select.query_row(params![prospect, whose.person.as_str()], |row| row.get(0)).optional()?;
        let began = row.author.is_some_and(|author| whose.devices.split(',').any(|own| own == author.to_string()));
        Ok(began || assigned.flatten().unwrap_or(false))
    }
}

/// The days that count as one day: in a year without it, 29 February is kept the day before.
fn kept_on(date: Date) -> Vec<String> {
    let written = |date: Date| format!("-{:02}-{:02}", date.month(), date.day());
    let mut days = vec![written(date)];
    if date.month() == 2 && date.day() == 28 && !date.in_leap_year() {
        days.push("-02-29".to_owned());
    }
    days
}

fn days_ahead(today: Date) -> impl Iterator<Item = Date> {
    (0..=AHEAD_DAYS).map(move |days| today.saturating_add(days.days()))
}

/// The dossiers in which one of the days to come stands, anywhere; which is looked at closely afterwards.
fn celebrated(dossiers: &Connection, today: Date) -> Result<Vec<Row>, ReplicaError> {
    let days: Vec<String> = days_ahead(today).flat_map(kept_on).collect();
    let stands = vec!["instr(body, ? || '\"') > 0"; days.len()].join(" OR ");
    let sql = format!("SELECT {} FROM record WHERE state = 'active' AND ({stands}) ORDER BY id", rows::COLUMNS);
    let mut select = dossiers.prepare_cached(&sql)?;
    rows::parse(select.query_map(rusqlite::params_from_iter(days), rows::read)?)
}

fn dates_of(row: &Row, today: Date) -> Vec<CareDate> {
    let date = |on, what, which: Option<&str>| CareDate {
        on,
        what,
        which: which.map(str::to_owned),
        dossier: row.id,
        name: row.fields.text("name").unwrap_or_default().to_owned(),
        prospect: row.prospect,
    };
    let mut dates = Vec::new();
    dates.extend(next(&row.fields, "birthday", today).map(|on| date(on, words::BIRTHDAY, None)));
    for (name, _) in row.fields.iter() {
        if let Some(which) = name.as_str().strip_prefix("anniversary/") {
            let next = next(&row.fields, name.as_str(), today);
            dates.extend(next.map(|on| date(on, words::ANNIVERSARY, Some(which))));
        }
    }
    dates
}

/// When a day comes round next, if that is soon.
fn next(fields: &Fields, name: &str, today: Date) -> Option<Date> {
    let date = fields.date(name)?;
    let written = date.to_string();
    days_ahead(today).find(|day| *day >= date && kept_on(*day).iter().any(|kept| written.ends_with(kept.as_str())))
}

/// The prospects that are due for a visit by their tier, as SQL.
pub(super) fn routine_sql(day: &Day<'_>) -> String {
    let by_tier: String =
        CARE_EVERY_DAYS.iter().map(|(tier, days)| format!(" WHEN '{tier}' THEN {}", days * DAY_MS)).collect();
    let mine = day.whose.map_or("?1 = ''".to_owned(), Whose::looks_after);
    format!(
        "SELECT prospect, last_at + CASE tier{by_tier} END AS due FROM glance
         WHERE known = 1 AND {STANDS} AND tier IS NOT NULL AND last_at IS NOT NULL AND due < ?2 AND {mine}"
    )
}

/// The prospects that were not visited for longer than their tier allows.
pub(super) fn routine(db: &Connection, day: &Day<'_>) -> Result<Section, ReplicaError> {
    let sql = format!("{} ORDER BY due, prospect LIMIT {LISTED}", routine_sql(day));
    let mut select = db.prepare_cached(&sql)?;
    let mut found = select.query(params![day.person(), day.now.millis()])?;
    let mut section = Section::default();
    while let Some(row) = found.next()? {
        let prospect = RecordId::from_bytes(row.get_ref(0)?.as_blob().unwrap_or_default())?;
        section.items.push(Item {
            record: prospect,
            kind: Kind::from(&prospect::KIND),
            prospect: Some(prospect),
            prospect_name: None,
            what: words::ROUTINE,
            words: None,
            due_at: PhoneTime::nearest(row.get(1)?),
            overdue: true,
            pressing: false,
            hours: None,
        });
    }
    if section.items.len() == LISTED {
        let sql = format!("SELECT count(*) FROM ({})", routine_sql(day));
        let all = db.prepare_cached(&sql)?.query_row(params![day.person(), day.now.millis()], rows::count)?;
        section.more = all.saturating_sub(LISTED);
    }
    Ok(section)
}

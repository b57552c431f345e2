//! Today: what an account manager has before them this day, offline. Every part is bounded and says how much more there is.

mod care;
pub(super) mod due;
mod words;

pub use care::{CARE_EVERY_DAYS, Care, CareDate};

use super::whose::Whose;
use super::{Replica, ReplicaError, changes, inbox, rows};
use crate::domain::{Date, Kind, Label, PhoneTime, RecordId, Zone};
use due::Day;
use jiff::ToSpan;
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::btree_map::{BTreeMap, Entry};

/// How many items one part lists at most.
const LISTED: usize = 50;

/// Whose day it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scope {
    /// What is this person's: named as its owner, begun on a phone of theirs, or of a prospect that is assigned to them.
    #[default]
    Mine,
    /// Everything on this phone, as a leader sees it.
    Unit,
}

/// For when and whom one asks.
#[derive(Debug, Clone)]
pub struct Asking {
    /// The phone's clock.
    pub now: PhoneTime,
    /// The zone of the day.
    pub zone: Zone,
    /// Whose day.
    pub scope: Scope,
}

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// The record that says so; for a visit that is due by its prospect's tier the prospect.
    pub record: RecordId,
    /// That record's kind.
    pub kind: Kind,
    /// The prospect.
    pub prospect: Option<RecordId>,
    /// The prospect's name, if it is on this phone.
    pub prospect_name: Option<String>,
    /// What it is.
    pub what: Label,
    /// What its person wrote of it.
    pub words: Option<String>,
    /// When it is due.
    pub due_at: PhoneTime,
    /// Whether that is past.
    pub overdue: bool,
    /// Whether its deadline is near, or past: of complaints.
    pub pressing: bool,
    /// When the prospect can be met on this day, if anybody noted it.
    pub hours: Option<Hours>,
}

/// When a committee or office can be met (`[case]`: its members have jobs, and meet on weekends and holidays).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hours {
    /// On this day of the week.
    pub this_day: Option<String>,
    /// On holidays: nobody here knows whether this is one.
    pub on_holidays: Option<String>,
}

/// A part of the day.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Section {
    /// What stands first in it.
    pub items: Vec<Item>,
    /// How many more there are.
    pub more: usize,
}

/// What waits, by number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Entries in the inbox: conflicts that were overtaken, refusals. Those about dossiers are among them while these are open.
    pub inbox: usize,
    /// Changes that the server does not have yet, dossiers' included.
    pub unsynced_changes: usize,
    /// Records that those are about; those of locked dossiers aside.
    pub unsynced_records: usize,
    /// Drafts that were not finished; those of locked dossiers aside.
    pub drafts: usize,
    /// Changes to dossiers that cannot be sent until these are open again.
    pub locked: usize,
}

/// A person's day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Today {
    /// Which day.
    pub date: Date,
    /// What is agreed or planned for this day, by the clock.
    pub appointments: Section,
    /// What else is due by the end of this day, or overdue, newest first; of what is older than 90 days only the number is told.
    pub due: Section,
    /// Open complaints, by their deadline: to be answered within 24 hours, then to be re-checked.
    pub complaints: Section,
    /// Prospects that were not visited for longer than their tier allows, the most overdue first.
    pub routine: Section,
    /// Birthdays and anniversaries of the next days.
    pub care: Care,
    /// What waits.
    pub counts: Counts,
}

impl Replica {
    /// What is before a person on this day. Where care dates are shown, each dossier in them is noted as read first, under a fresh
    /// id.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn today(&mut self, asking: &Asking, fresh: impl FnMut() -> RecordId) -> Result<Today, ReplicaError> {
        let date = asking.now.date(&asking.zone);
        let tomorrow = date.saturating_add(1.day());
        let whose = match asking.scope {
            Scope::Mine => Some(self.whose(&self.person.clone())?),
            Scope::Unit => None,
        };
        let care = self.care_dates(date, asking.now, whose.as_ref(), fresh)?;
        let day = Day {
            now: asking.now,
            starts: asking.zone.start_of(date),
            ends: asking.zone.start_of(tomorrow),
            whose: whose.as_ref(),
        };
        let db = self.main()?;
        let (appointments, due) = due::due(db, &day)?;
        let mut today = Today {
            date,
            appointments,
            due,
            complaints: due::complaints(db, &day)?,
            routine: care::routine(db, &day)?,
            care,
            counts: self.counts()?,
        };
        let mut known = BTreeMap::new();
        for section in [&mut today.appointments, &mut today.due, &mut today.complaints, &mut today.routine] {
            for item in &mut section.items {
                let Some(prospect) = item.prospect else { continue };
                let found = match known.entry(prospect) {
                    Entry::Occupied(found) => found.into_mut(),
                    Entry::Vacant(place) => place.insert(name_and_hours(db, prospect, date)?),
                };
                (item.prospect_name, item.hours) = found.clone();
            }
        }
        Ok(today)
    }

    fn counts(&self) -> Result<Counts, ReplicaError> {
        let files = self.files()?;
        let mut counts = Counts { unsynced_changes: self.outstanding()?, ..Counts::default() };
        for db in std::iter::once(&files.main).chain(&files.dossiers) {
            counts.inbox += inbox::count(db)?;
            counts.unsynced_records += changes::outstanding_records(db)?;
            counts.drafts += db.prepare_cached("SELECT count(*) FROM draft")?.query_row([], rows::count)?;
        }
        if files.dossiers.is_none() {
            counts.locked = files.main.query_row("SELECT locked_outstanding FROM phone", [], rows::count)?;
        }
        Ok(counts)
    }
}

/// What is shown of a prospect beside something to do.
fn name_and_hours(
    db: &Connection,
    prospect: RecordId,
    date: Date,
) -> Result<(Option<String>, Option<Hours>), ReplicaError> {
    let mut select =
        db.prepare_cached("SELECT body ->> '$.name', body ->> ?2, body ->> ?3 FROM record WHERE id = ?1")?;
    let path = |day: &str| format!("$.\"hours/{day}\"");
    let found = select
        .query_row(params![prospect.as_bytes(), path(words::day(date)), path("holiday")], |row| {
            // What is no text is of a version that this one does not know.
            let text = |n: usize| row.get_ref(n).map(|value| value.as_str().ok().map(str::to_owned));
            Ok((text(0)?, Hours { this_day: text(1)?, on_holidays: text(2)? }))
        })
        .optional()?;
    let Some((name, hours)) = found else { return Ok((None, None)) };
    Ok((name, Some(hours).filter(|hours| *hours != Hours::default())))
}

//! An account manager's day: what is before them, what they did, and where each prospect stands.

use crate::edge::{count, named, new_id, now, parsed};
use crate::kinds::Words;
use crate::lookup::point;
use crate::records::Place;
use crate::{Phone, PhoneError};
use canvass_core::domain::{PersonId, PhoneTime, Zone, date_from_text};
use canvass_core::replica::{Asking, Care, Item, Numbers, Period, Scope, Section, StageSum};
use std::collections::HashMap;

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct ItemView {
    /// The record that says so; for a visit that is due by its prospect's tier the prospect.
    pub record: String,
    /// That record's kind.
    pub kind: String,
    /// The prospect.
    pub prospect: Option<String>,
    /// Its name.
    pub prospect_name: Option<String>,
    /// What it is: an appointment, a next step, a complaint to be answered.
    pub what: Words,
    /// What its person wrote of it.
    pub text: Option<String>,
    /// When it is due, in milliseconds since 1970.
    pub due_at_ms: i64,
    /// Whether that is past.
    pub overdue: bool,
    /// Whether a complaint's deadline is near, or past.
    pub pressing: bool,
    /// When the committee or office can be met on this day of the week, if anybody noted it.
    pub hours: Option<String>,
    /// When on holidays.
    pub hours_on_holidays: Option<String>,
}

/// A part of the day.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct SectionView {
    /// What stands first in it.
    pub items: Vec<ItemView>,
    /// How many more there are.
    pub more: u32,
}

/// A birthday or another day to remember.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct CareDateView {
    /// On which day it falls, such as `2026-03-09`.
    pub on: String,
    /// What it is.
    pub what: Words,
    /// Which anniversary, as its field says.
    pub which: Option<String>,
    /// Whose dossier; it is noted as read.
    pub dossier: String,
    /// That person's name.
    pub name: String,
    /// The prospect.
    pub prospect: Option<String>,
}

/// Care dates, as far as they may be shown.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Enum)]
pub enum CareView {
    /// This phone holds no dossiers.
    NotHeld,
    /// The dossiers are locked until the next sync.
    Locked,
    /// Storage is full, so that no reading can be noted.
    StorageFull,
    /// Those of the next seven days.
    Dates {
        /// The first of them.
        dates: Vec<CareDateView>,
        /// How many more there are.
        more: u32,
    },
}

/// A person's day.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct TodayView {
    /// Which day, such as `2026-03-09`.
    pub date: String,
    /// What is agreed or planned for this day, by the clock.
    pub appointments: SectionView,
    /// What else is due or overdue, newest first.
    pub due: SectionView,
    /// Open complaints, by their deadline, until they are re-checked.
    pub complaints: SectionView,
    /// Prospects that were not visited for longer than their tier allows.
    pub routine: SectionView,
    /// Birthdays and anniversaries.
    pub care: CareView,
    /// Prospects within 3 km that were not visited for a fortnight, the most worthwhile first, if the phone said where it is.
    pub nearby: Vec<crate::TargetView>,
    /// Entries in the inbox: conflicts that were overtaken, refusals.
    pub inbox: u32,
    /// Changes that the server does not have yet.
    pub unsynced_changes: u32,
    /// Records that those are about.
    pub unsynced_records: u32,
    /// Drafts that were not finished.
    pub drafts: u32,
    /// Changes to dossiers that cannot be sent until these are open again.
    pub locked: u32,
}

/// What lies at a stage of the pipeline.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct StageSumView {
    /// The stage.
    pub stage: String,
    /// Its name.
    pub label: Words,
    /// How many prospects.
    pub prospects: u32,
    /// Their reserve in fen, as far as it is known.
    pub reserve_fen: i64,
}

/// A prospect's present stage.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct StageView {
    /// The stage.
    pub stage: String,
    /// Since when, in milliseconds since 1970; nothing if it never moved.
    pub since_ms: Option<i64>,
    /// The reserve in fen.
    pub reserve_fen: Option<i64>,
    /// Where it may go next; another move is taken all the same, and flagged.
    pub next: Vec<String>,
}

/// A person's numbers in a time.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct NumbersView {
    /// The first day.
    pub from: String,
    /// The last day.
    pub to: String,
    /// Visits that took place.
    pub visits: u32,
    /// By channel.
    pub visits_by_channel: HashMap<String, u32>,
    /// Those made together with somebody.
    pub joint_visits: u32,
    /// Those with a senior leader along.
    pub visits_with_senior: u32,
    /// Minutes that visits took, as far as they say.
    pub minutes: i64,
    /// Activities that took place.
    pub activities: u32,
    /// Proposals sent.
    pub proposals_sent: u32,
    /// Complaints received.
    pub complaints: u32,
    /// Results claimed, by product.
    pub outcomes: HashMap<String, OutcomeSumView>,
    /// Prospects assigned to the person.
    pub assigned: u32,
    /// Those of them visited within 30 days, by whomever.
    pub visited_30_days: u32,
    /// Within 90 days.
    pub visited_90_days: u32,
    /// What lies at each stage now.
    pub pipeline: Vec<StageSumView>,
    /// Prospects that the person moved to identified or contacted.
    pub begun: u32,
    /// Prospects that the person moved to won.
    pub won: u32,
    /// Those begun in this time that are won now.
    pub begun_and_won: u32,
    /// The median of days between visits to a prospect, over the last year.
    pub median_days_between_visits: Option<i64>,
    /// Commitments due in this time: done in time.
    pub commitments_kept: u32,
    /// Done late.
    pub commitments_late: u32,
    /// Not done, and past.
    pub commitments_overdue: u32,
    /// Not done, and yet to come.
    pub commitments_open: u32,
    /// How often a flag stands on something of the person's, by its name; `explain_flag` has the words.
    pub breaches: HashMap<String, u32>,
    /// What campaigns ask of the person's unit.
    pub targets: Vec<CampaignTargetView>,
}

/// Results of one product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Record)]
pub struct OutcomeSumView {
    /// How many.
    pub claims: u32,
    /// Their amounts in fen.
    pub amount_fen: i64,
    /// Their cards.
    pub cards: i64,
}

/// What a campaign asks of a unit.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct CampaignTargetView {
    /// The campaign.
    pub campaign: String,
    /// Its name.
    pub name: String,
    /// The unit.
    pub unit: String,
    /// How many communities it should win.
    pub target: i64,
    /// How many it has won, pending ones included.
    pub won: i64,
    /// Its rank.
    pub rank: u32,
}

impl From<Item> for ItemView {
    fn from(item: Item) -> Self {
        let hours = item.hours.unwrap_or_default();
        Self {
            record: item.record.to_string(),
            kind: item.kind.to_string(),
            prospect: item.prospect.map(|id| id.to_string()),
            prospect_name: item.prospect_name,
            what: item.what.into(),
            text: item.words,
            due_at_ms: item.due_at.millis(),
            overdue: item.overdue,
            pressing: item.pressing,
            hours: hours.this_day,
            hours_on_holidays: hours.on_holidays,
        }
    }
}

impl From<Section> for SectionView {
    fn from(section: Section) -> Self {
        Self { items: section.items.into_iter().map(Into::into).collect(), more: count(section.more) }
    }
}

impl From<Care> for CareView {
    fn from(care: Care) -> Self {
        match care {
            Care::NotHeld => Self::NotHeld,
            Care::Locked => Self::Locked,
            Care::Full => Self::StorageFull,
            Care::Dates { dates, more } => Self::Dates {
                dates: dates
                    .into_iter()
                    .map(|date| CareDateView {
                        on: date.on.to_string(),
                        what: date.what.into(),
                        which: date.which,
                        dossier: date.dossier.to_string(),
                        name: date.name,
                        prospect: date.prospect.map(|id| id.to_string()),
                    })
                    .collect(),
                more: count(more),
            },
        }
    }
}

impl From<StageSum> for StageSumView {
    fn from(sum: StageSum) -> Self {
        let label = sum.label.map_or_else(|| Words { zh: sum.stage.clone(), en: sum.stage.clone() }, Into::into);
        Self { stage: sum.stage, label, prospects: count(sum.prospects), reserve_fen: sum.reserve }
    }
}

fn counts<K: ToString>(all: impl IntoIterator<Item = (K, usize)>) -> HashMap<String, u32> {
    all.into_iter().map(|(name, number)| (name.to_string(), count(number))).collect()
}

impl From<Numbers> for NumbersView {
    fn from(numbers: Numbers) -> Self {
        let (done, kept) = (numbers.activity, numbers.commitments);
        Self {
            from: numbers.from.to_string(),
            to: numbers.to.to_string(),
            visits: count(done.visits),
            visits_by_channel: counts(done.by_channel),
            joint_visits: count(done.joint),
            visits_with_senior: count(done.with_senior),
            minutes: done.minutes,
            activities: count(done.activities),
            proposals_sent: count(done.proposals_sent),
            complaints: count(done.complaints),
            outcomes: done
                .outcomes
                .into_iter()
                .map(|(product, sum)| {
                    let view = OutcomeSumView { claims: count(sum.claims), amount_fen: sum.amount, cards: sum.cards };
                    (product, view)
                })
                .collect(),
            assigned: count(numbers.coverage.assigned),
            visited_30_days: count(numbers.coverage.visited_30),
            visited_90_days: count(numbers.coverage.visited_90),
            pipeline: numbers.pipeline.into_iter().map(Into::into).collect(),
            begun: count(numbers.conversion.begun),
            won: count(numbers.conversion.won),
            begun_and_won: count(numbers.conversion.begun_and_won),
            median_days_between_visits: numbers.cadence.median_days,
            commitments_kept: count(kept.kept),
            commitments_late: count(kept.late),
            commitments_overdue: count(kept.overdue),
            commitments_open: count(kept.open),
            breaches: counts(numbers.breaches),
            targets: numbers
                .targets
                .into_iter()
                .map(|target| CampaignTargetView {
                    campaign: target.campaign.to_string(),
                    name: target.name,
                    unit: target.unit.to_string(),
                    target: target.target,
                    won: target.won,
                    rank: target.rank,
                })
                .collect(),
        }
    }
}

/// How many prospects near the phone a day names.
const NEARBY: usize = 10;

#[uniffi::export]
impl Phone {
    /// What is before the person on this day: their own, or with `everybody` all on this phone, as a leader sees it. With a place, also
    /// what is near. The dossiers of the care dates that are returned are noted as read.
    ///
    /// # Errors
    /// When the place is wrong, or the database cannot be read.
    #[uniffi::method(default(here = None, everybody = false))]
    pub fn today(&self, here: Option<Place>, everybody: bool) -> Result<TodayView, PhoneError> {
        let now = now()?;
        let here = here.map(point).transpose()?;
        let scope = if everybody { Scope::Unit } else { Scope::Mine };
        let asking = Asking { now, zone: Zone::china(), scope };
        let mut replica = self.replica();
        let today = replica.today(&asking, || new_id(now))?;
        let nearby = match here {
            Some(here) => replica.nearby(here, NEARBY, now)?.into_iter().map(Into::into).collect(),
            None => Vec::new(),
        };
        Ok(TodayView {
            date: today.date.to_string(),
            appointments: today.appointments.into(),
            due: today.due.into(),
            complaints: today.complaints.into(),
            routine: today.routine.into(),
            care: today.care.into(),
            nearby,
            inbox: count(today.counts.inbox),
            unsynced_changes: count(today.counts.unsynced_changes),
            unsynced_records: count(today.counts.unsynced_records),
            drafts: count(today.counts.drafts),
            locked: count(today.counts.locked),
        })
    }

    /// A person's numbers from a day to another, both included (`2026-03-01`); without a person, this phone's.
    ///
    /// # Errors
    /// When an argument is wrong (it is named), or the database cannot be read.
    #[uniffi::method(default(person = None))]
    pub fn numbers(&self, from: String, to: String, person: Option<String>) -> Result<NumbersView, PhoneError> {
        let (first, last) = (named("from", date_from_text(&from))?, named("to", date_from_text(&to))?);
        let replica = self.replica();
        let person: PersonId = match person {
            Some(person) => parsed("person", &person)?,
            None => replica.person().clone(),
        };
        Ok(replica.numbers(&person, &Period::Days(first, last), &Zone::china(), now()?)?.into())
    }

    /// At which stage of the pipeline a prospect is, and where it may go. To move it, `create` a `stage_move`.
    ///
    /// # Errors
    /// When the id is none, or the database cannot be read.
    pub fn stage(&self, prospect: String) -> Result<StageView, PhoneError> {
        let stage = self.replica().stage(parsed("prospect", &prospect)?)?;
        Ok(StageView {
            stage: stage.name,
            since_ms: stage.since.map(PhoneTime::millis),
            reserve_fen: stage.reserve,
            next: stage.next.iter().map(|choice| choice.name.to_owned()).collect(),
        })
    }

    /// What lies at each stage: of this person's prospects, or with `everybody` of all on this phone.
    ///
    /// # Errors
    /// When the database cannot be read.
    #[uniffi::method(default(everybody = false))]
    pub fn stages(&self, everybody: bool) -> Result<Vec<StageSumView>, PhoneError> {
        let scope = if everybody { Scope::Unit } else { Scope::Mine };
        Ok(self.replica().stages(scope)?.into_iter().map(Into::into).collect())
    }
}

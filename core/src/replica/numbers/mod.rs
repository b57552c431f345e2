//! My numbers: what a person did in a time, how far that reaches, and what came of it (`[manuals]`: heads of sales units watch
//! activity and productivity, and check a newcomer's day and a veteran's week). Whole numbers only.

pub(super) mod counting;
mod period;

pub use period::Period;

use super::glance::STANDS;
use super::pipeline::{self, StageSum};
use super::whose::Whose;
use super::{Replica, ReplicaError, rows};
use crate::domain::campaign::Metric;
use crate::domain::{
    Date, Fields, KindSpec, PersonId, PhoneTime, RecordId, UnitId, Zone, activity, commitment, complaint, outcome,
    proposal, stage_move,
};
use crate::projection::Row;
use counting::{Bounds, every, median, within};
use rusqlite::{Connection, params};
use std::collections::{BTreeMap, BTreeSet};

const DAY_MS: i64 = 86_400_000;
/// How far back from the period's end visits are looked at for the days between them.
const CADENCE_DAYS: i64 = 365;
/// How many prospects are listed at most.
const LISTED: usize = 50;

/// A person's numbers in a period. What is a person's: what names them as its owner, or nobody and was begun on a phone of theirs.
/// What was withdrawn counts nowhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Numbers {
    /// The period's first day.
    pub from: Date,
    /// Its last day.
    pub to: Date,
    /// What was done in it.
    pub activity: Activity,
    /// How many of the assigned prospects were visited lately, by whomever.
    pub coverage: Coverage,
    /// What lies at each stage now, of the prospects that the person looks after.
    pub pipeline: Vec<StageSum>,
    /// How many prospects came in and were won.
    pub conversion: Conversion,
    /// How many days lie between visits.
    pub cadence: Cadence,
    /// Commitments due in the period.
    pub commitments: Commitments,
    /// How often something of the person's in this period carries a flag, by the flag's name: breaches of service standards above
    /// all. Values out of range are no breach.
    pub breaches: BTreeMap<String, usize>,
    /// What the campaigns ask of the person's unit, and where it stands, as the server last told.
    pub targets: Vec<CampaignTarget>,
}

/// What was done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Activity {
    /// Visits that took place.
    pub visits: usize,
    /// By channel, as the records name it.
    pub by_channel: BTreeMap<String, usize>,
    /// Those made together with somebody (`[manuals]`: 陪同展业).
    pub joint: usize,
    /// Those with a senior leader along.
    pub with_senior: usize,
    /// Minutes that visits took, as far as they say.
    pub minutes: i64,
    /// Activities that took place.
    pub activities: usize,
    /// Proposals sent.
    pub proposals_sent: usize,
    /// Results claimed, verified or not, by the day on which they count.
    pub outcomes: BTreeMap<String, OutcomeSum>,
    /// Complaints received.
    pub complaints: usize,
}

/// Results of one product.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OutcomeSum {
    /// How many.
    pub claims: usize,
    /// Their amounts in fen.
    pub amount: i64,
    /// Their cards.
    pub cards: i64,
}

/// How far visits reach. A duplicate that is linked with an older record does not count.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Prospects assigned to the person.
    pub assigned: usize,
    /// Those of them whose newest visit was within the last 30 days, by whomever.
    pub visited_30: usize,
    /// Within the last 90 days.
    pub visited_90: usize,
}

/// What came of prospects, by the person's own moves of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Conversion {
    /// Prospects that were moved to identified or contacted in the period.
    pub begun: usize,
    /// Prospects that were moved to won in the period, whenever they were begun.
    pub won: usize,
    /// Those begun in the period whose stage is won now.
    pub begun_and_won: usize,
}

/// The days between one visit of the person's and the next, of one prospect, in the year up to the period's end.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cadence {
    /// The median over prospects of each one's median; none if no prospect was visited twice.
    pub median_days: Option<i64>,
    /// How many prospects were visited twice or more.
    pub prospects: usize,
    /// Those with the longest times between, with their median days; at most 50.
    pub slowest: Vec<(RecordId, i64)>,
}

/// What became of commitments that fell due in the period.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Commitments {
    /// Done by their time.
    pub kept: usize,
    /// Done after it.
    pub late: usize,
    /// Not done, and their time is past.
    pub overdue: usize,
    /// Not done, and their time is yet to come.
    pub open: usize,
}

/// What a campaign asks of a unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CampaignTarget {
    /// The campaign.
    pub campaign: RecordId,
    /// Its name.
    pub name: String,
    /// The unit that takes part: the person's, or the nearest above it.
    pub unit: UnitId,
    /// How many communities it should win.
    pub target: i64,
    /// How many it has won, pending ones included.
    pub won: i64,
    /// Its rank.
    pub rank: u32,
}

impl Replica {
    /// A person's numbers in a period, from what is on this phone.
    ///
    /// # Errors
    /// When the period is none, or the database cannot be read.
    pub fn numbers(
        &self,
        person: &PersonId,
        period: &Period,
        zone: &Zone,
        now: PhoneTime,
    ) -> Result<Numbers, ReplicaError> {
        let (from, to) = period.days()?;
        let bounds = Bounds::of(from, to, zone);
        let (db, whose) = (self.main()?, self.whose(person)?);
        let mut numbers = Numbers {
            from,
            to,
            activity: Activity::default(),
            coverage: coverage(db, person, now)?,
            pipeline: pipeline::sums(db, Some(&whose))?,
            conversion: Conversion::default(),
            cadence: cadence(db, &whose, &bounds)?,
            commitments: Commitments::default(),
            breaches: BTreeMap::new(),
            targets: self.campaign_targets(person, now.date(zone))?,
        };
        counting::visits(db, &whose, &bounds, &mut numbers)?;
        let (mut begun, mut won) = (BTreeSet::new(), BTreeSet::new());
        within(db, &whose, &stage_move::KIND, &bounds, |row| {
            numbers.note_flags(&row);
            match row.fields.text("to") {
                Some("identified" | "contacted") => begun.extend(row.prospect),
                Some("won") => won.extend(row.prospect),
                _ => {}
            }
        })?;
        within(db, &whose, &activity::KIND, &bounds, |row| {
            numbers.note_flags(&row);
            numbers.activity.activities += 1;
        })?;
        within(db, &whose, &complaint::KIND, &bounds, |row| {
            numbers.note_flags(&row);
            numbers.activity.complaints += 1;
        })?;
        every(db, &whose, &proposal::KIND, |row| {
            if bounds.hold(row.fields.time("sent_at")) {
                numbers.note_flags(&row);
                numbers.activity.proposals_sent += 1;
            }
        })?;
        every(db, &whose, &commitment::KIND, |row| {
            if bounds.hold(row.fields.time("due_at")) {
                numbers.note_flags(&row);
                numbers.commitments.note(&row.fields, now);
            }
        })?;
        every(db, &whose, &outcome::KIND, |row| {
            if row.fields.date("opened_on").is_some_and(|day| (from..=to).contains(&day)) {
                numbers.note_flags(&row);
                numbers.activity.note_outcome(&row.fields);
            }
        })?;
        let mut begun_and_won = 0;
        for prospect in &begun {
            begun_and_won += usize::from(self.stage(*prospect)?.name == "won");
        }
        numbers.conversion = Conversion { begun: begun.len(), won: won.len(), begun_and_won };
        Ok(numbers)
    }

    fn campaign_targets(&self, person: &PersonId, day: Date) -> Result<Vec<CampaignTarget>, ReplicaError> {
        let bank = self.bank()?;
        let Some(home) = bank.home_unit(person, day) else { return Ok(Vec::new()) };
        let mut targets = Vec::new();
        for campaign in self.standings()? {
            let Some(place) = campaign.place_of(home, &bank) else { continue };
            let won = place.totals.iter().find(|total| total.metric == Metric::Communities.name());
            targets.push(CampaignTarget {
                unit: place.unit.clone(),
                target: place.target,
                won: won.map_or(0, |won| won.confirmed.saturating_add(won.pending)),
                rank: place.rank,
                campaign: campaign.campaign,
                name: campaign.name,
            });
        }
        Ok(targets)
    }
}

impl Numbers {
    fn note_flags(&mut self, row: &Row) {
        self.note_names(row.flags.iter().map(String::as_str));
    }

    fn note_names<'a>(&mut self, flags: impl Iterator<Item = &'a str>) {
        for flag in flags.filter(|flag| !flag.is_empty() && !flag.starts_with("out-of-range/")) {
            *self.breaches.entry(flag.to_owned()).or_default() += 1;
        }
    }
}

impl Activity {
    fn note_outcome(&mut self, fields: &Fields) {
        let sum = self.outcomes.entry(fields.text("product").unwrap_or_default().to_owned()).or_default();
        sum.claims += 1;
        sum.amount = sum.amount.saturating_add(fields.money("amount").map_or(0, |amount| amount.fen()));
        sum.cards = sum.cards.saturating_add(fields.int("cards").unwrap_or(0).max(0));
    }
}

impl Commitments {
    fn note(&mut self, fields: &Fields, now: PhoneTime) {
        let Some(due_at) = fields.time("due_at") else { return };
        match fields.time("done_at") {
            Some(_) if commitment::is_kept_late(fields) => self.late += 1,
            Some(_) => self.kept += 1,
            None if due_at < now => self.overdue += 1,
            None => self.open += 1,
        }
    }
}

fn coverage(db: &Connection, person: &PersonId, now: PhoneTime) -> Result<Coverage, ReplicaError> {
    let sql = format!(
        "SELECT count(*), count(iif(last_at >= ?2, 1, NULL)), count(iif(last_at >= ?3, 1, NULL)) FROM glance
         WHERE owner = ?1 AND known = 1 AND {STANDS}"
    );
    let mut select = db.prepare_cached(&sql)?;
    let since = |days: i64| now.millis() - days * DAY_MS;
    Ok(select.query_row(params![person.as_str(), since(30), since(90)], |row| {
        let count = |n: usize| row.get::<_, i64>(n).map(|count| usize::try_from(count).unwrap_or(0));
        Ok(Coverage { assigned: count(0)?, visited_30: count(1)?, visited_90: count(2)? })
    })?)
}

fn cadence(db: &Connection, whose: &Whose, bounds: &Bounds) -> Result<Cadence, ReplicaError> {
    let year = Bounds { from: bounds.until - CADENCE_DAYS * DAY_MS, until: bounds.until };
    let mut visits: BTreeMap<RecordId, Vec<i64>> = BTreeMap::new();
    for (prospect, at) in counting::visit_times(db, whose, &year)? {
        visits.entry(prospect).or_default().push(at);
    }
    let mut medians = Vec::new();
    for (prospect, mut times) in visits {
        times.sort_unstable();
        let days = times.windows(2).map(|pair| (pair[1] - pair[0]) / DAY_MS).collect();
        medians.extend(median(days).map(|days| (prospect, days)));
    }
    let median_days = median(medians.iter().map(|(_, days)| *days).collect());
    medians.sort_unstable_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
    let prospects = medians.len();
    medians.truncate(LISTED);
    Ok(Cadence { median_days, prospects, slowest: medians })
}

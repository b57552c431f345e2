//! Whom to visit: the prospects on this phone in the order in which they are worth it, or near, or forgotten; a day's route; and
//! likely twins of one that is about to be recorded.

use super::search::words_of;
use super::{Replica, ReplicaError};
use crate::domain::{GeoPoint, PersonId, PhoneTime, RecordId};
use crate::lookup::{Entry, Gazetteer, Score, Spot, Stop, Twin, Wanted, Weights, metres, route, score};
use std::cmp::Ordering;

/// In which order targets are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    /// By the four conditions: communities alone, since the conditions are about them.
    #[default]
    Score,
    /// The nearest first; those whose place is not known last.
    Distance,
    /// Those not visited for longest first, and first of all those never visited.
    LeastRecentlyContacted,
}

/// Which targets.
#[derive(Debug, Clone, Default)]
pub struct TargetQuery {
    /// How much each condition weighs.
    pub weights: Weights,
    /// From where distances are measured.
    pub near: Option<GeoPoint>,
    /// In which order.
    pub order: Order,
    /// Only those assigned to this person.
    pub assigned_to: Option<PersonId>,
    /// At most so many; 0 means 50.
    pub limit: usize,
    /// Pass over so many.
    pub offset: usize,
}

/// A prospect of the list.
#[derive(Debug, Clone, PartialEq)]
pub struct Target {
    /// Which one.
    pub prospect: RecordId,
    /// Its name as typed.
    pub name: String,
    /// How worthwhile it is, and why.
    pub score: Score,
    /// How far away, where both places are known.
    pub distance_m: Option<f64>,
    /// When it was last visited.
    pub last_contact: Option<PhoneTime>,
    /// How many whole days ago that was.
    pub days_since_contact: Option<i64>,
}

/// A prospect near a place.
#[derive(Debug, Clone, PartialEq)]
pub struct Near {
    /// Which one.
    pub prospect: RecordId,
    /// Its name as typed.
    pub name: String,
    /// How far away.
    pub distance_m: f64,
}

/// A likely twin of a prospect that is about to be recorded.
#[derive(Debug, Clone, PartialEq)]
pub struct TwinView {
    /// Its name as typed.
    pub name: String,
    /// Its address, if one is known.
    pub address: String,
    /// Its district, likewise.
    pub district: Option<String>,
    /// Which one it is, how alike the two are, and why.
    pub twin: Twin,
}

const DAY_MS: i64 = 86_400_000;
/// How far away what is nearby may be, in metres by air: a quarter of an hour by bicycle.
const NEARBY_M: f64 = 3_000.0;
/// For how many days a prospect is left alone after a visit.
const NEGLECTED_DAYS: i64 = 14;

impl Replica {
    /// The targets on this phone. Those that somebody linked as the same as another one are left out.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn targets(&self, query: &TargetQuery, now: PhoneTime) -> Result<Vec<Target>, ReplicaError> {
        let chosen = self.look_up(|list| choose(list, query))?;
        self.shown(chosen, now)
    }

    fn shown(&self, chosen: Vec<Chosen>, now: PhoneTime) -> Result<Vec<Target>, ReplicaError> {
        let db = self.main()?;
        let target = |(prospect, score, distance_m, last_contact): Chosen| {
            Ok(Target {
                prospect,
                name: words_of(db, prospect)?.0,
                score,
                distance_m,
                last_contact: last_contact.map(PhoneTime::nearest),
                days_since_contact: last_contact.map(|at| (now.millis() - at).max(0) / DAY_MS),
            })
        };
        chosen.into_iter().map(target).collect()
    }

    /// The prospects near a place that are worth a visit now: within 3 km, not visited for a fortnight, the most worthwhile first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn nearby(&self, place: GeoPoint, limit: usize, now: PhoneTime) -> Result<Vec<Target>, ReplicaError> {
        let query =
            TargetQuery { near: Some(place), order: Order::Distance, limit: usize::MAX, ..TargetQuery::default() };
        let mut chosen = self.look_up(|list| choose(list, &query))?;
        let lately = now.millis() - NEGLECTED_DAYS * DAY_MS;
        chosen.retain(|(_, _, far, last)| {
            far.is_some_and(|metres| metres <= NEARBY_M) && last.is_none_or(|at| at < lately)
        });
        chosen.sort_by(|a, b| b.1.points.cmp(&a.1.points).then_with(|| known_first(a.2, b.2)));
        chosen.truncate(limit);
        self.shown(chosen, now)
    }

    /// The prospects nearest to a place.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn nearest(&self, place: GeoPoint, limit: usize) -> Result<Vec<Near>, ReplicaError> {
        let near = self.look_up(|list| list.nearest(place.into(), limit))?;
        let db = self.main()?;
        near.into_iter()
            .map(|(prospect, distance_m)| Ok(Near { prospect, name: words_of(db, prospect)?.0, distance_m }))
            .collect()
    }

    /// Likely twins of a prospect, as somebody types its name: the likeliest first, at most `limit`.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn twins(
        &self,
        name: &str,
        district: Option<&str>,
        place: Option<GeoPoint>,
        limit: usize,
    ) -> Result<Vec<TwinView>, ReplicaError> {
        let wanted = Wanted { name, district, spot: place.map(Spot::from) };
        let twins = self.look_up(|list| list.twins(&wanted, limit))?;
        let db = self.main()?;
        let view = |twin: Twin| {
            let (name, address, district) = words_of(db, twin.prospect)?;
            Ok(TwinView { name, address, district, twin })
        };
        twins.into_iter().map(view).collect()
    }

    /// The order in which to visit chosen prospects from a place. Those whose place is not known come last; one that is not on this
    /// phone is an error.
    ///
    /// # Errors
    /// For more than a day has ([`crate::lookup::STOPS`]), for one that is not here, or when the database cannot be read.
    pub fn route(&self, start: GeoPoint, chosen: &[RecordId]) -> Result<Vec<Stop>, ReplicaError> {
        let spots = self.look_up(|list| {
            let spot = |id: &RecordId| list.entry(*id).map(|entry| (*id, entry.facts.spot)).ok_or(*id);
            chosen.iter().map(spot).collect::<Result<Vec<_>, _>>()
        })?;
        Ok(route(start.into(), &spots.map_err(ReplicaError::NoSuchRecord)?)?)
    }
}

type Chosen = (RecordId, Score, Option<f64>, Option<i64>);

/// The page of a list that a query asks for.
fn choose(list: &Gazetteer, query: &TargetQuery) -> Vec<Chosen> {
    let spot = query.near.map(Spot::from);
    let wanted = |entry: &&Entry| {
        let facts = &entry.facts;
        !list.stands_elsewhere(entry)
            && (query.order != Order::Score || facts.community)
            && query.assigned_to.as_ref().is_none_or(|person| facts.owner.as_deref() == Some(person))
    };
    let chosen = |entry: &Entry| {
        let distance = spot.zip(entry.facts.spot).map(|(here, there)| metres(here, there));
        (entry.prospect, score(&entry.facts, query.weights), distance, entry.facts.last_contact)
    };
    let mut all: Vec<Chosen> = list.entries().iter().filter(wanted).map(chosen).collect();
    let limit = if query.limit == 0 { 50 } else { query.limit };
    let compare = |a: &Chosen, b: &Chosen| {
        let by = match query.order {
            Order::Score => b.1.points.cmp(&a.1.points),
            Order::Distance => known_first(a.2, b.2),
            // None comes before every time.
            Order::LeastRecentlyContacted => a.3.cmp(&b.3).then_with(|| b.1.points.cmp(&a.1.points)),
        };
        by.then_with(|| known_first(a.2, b.2)).then_with(|| a.0.cmp(&b.0))
    };
    let end = query.offset.saturating_add(limit);
    if all.len() > end {
        all.select_nth_unstable_by(end - 1, compare);
        all.truncate(end);
    }
    all.sort_unstable_by(compare);
    all.drain(..query.offset.min(all.len()));
    all
}

fn known_first(a: Option<f64>, b: Option<f64>) -> Ordering {
    match (a, b) {
        (Some(a), Some(b)) => a.total_cmp(&b),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => Ordering::Equal,
    }
}

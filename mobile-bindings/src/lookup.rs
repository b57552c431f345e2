//! Looking things up as somebody types or walks, without a network: prospects, notes and people by words; whom to visit, what is near,
//! in which order; likely twins of what is about to be recorded.

use crate::edge::{count, named, new_id, now, parsed};
use crate::kinds::Words;
use crate::records::{Place, summary};
use crate::{Phone, PhoneError, RecordSummary};
use canvass_core::domain::{GeoPoint, Label, PhoneTime, RecordId};
use canvass_core::lookup::{Basis, Condition, Reason, Ring, Weights};
use canvass_core::replica::{FoundIn, Order, Target, TargetQuery};

/// How many things a search returns at most.
const MOST: u32 = 200;

/// A prospect that a search found.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct FoundView {
    /// Its id.
    pub prospect: String,
    /// Its name as typed.
    pub name: String,
    /// Its address; empty where none is known.
    pub address: String,
    /// Its district.
    pub district: Option<String>,
    /// Whether it was found in the address, not in the name.
    pub in_address: bool,
    /// From which character of that on, to be shown in bold.
    pub start: u32,
    /// Up to which, exclusive.
    pub end: u32,
}

/// Something written that a search found.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct FoundNoteView {
    /// The record in which it stands.
    pub record: RecordSummary,
    /// In which field.
    pub field: String,
    /// From which character of that on.
    pub start: u32,
    /// Up to which, exclusive.
    pub end: u32,
    /// Give it as `before` for the page after this one.
    pub place: i64,
}

/// In which order targets are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum TargetOrder {
    /// By the four conditions: communities alone.
    Score,
    /// The nearest first.
    Distance,
    /// Those not visited for longest first, and first of all those never visited.
    LeastRecentlyContacted,
}

/// A prospect worth a visit.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct TargetView {
    /// Its id.
    pub prospect: String,
    /// Its name as typed.
    pub name: String,
    /// How worthwhile it is, of 100.
    pub points: u8,
    /// Why: the four conditions, in the order large, high-grade, well managed, near.
    pub reasons: Vec<ReasonView>,
    /// How many metres away, where both places are known.
    pub distance_m: Option<f64>,
    /// When it was last visited.
    pub last_contact_ms: Option<i64>,
    /// How many whole days ago that was.
    pub days_since_contact: Option<i64>,
}

/// What one of the four conditions gives.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct ReasonView {
    /// The condition.
    pub condition: Words,
    /// What it gives, of 100.
    pub points: u8,
    /// How much it weighs in this list.
    pub weight: u8,
    /// On what that rests.
    pub because: Words,
}

/// How much each condition weighs, from 0 to 100.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Record)]
pub struct TargetWeights {
    /// Large.
    #[uniffi(default = 25)]
    pub size: u8,
    /// High-grade.
    #[uniffi(default = 25)]
    pub grade: u8,
    /// Well managed.
    #[uniffi(default = 25)]
    pub managed: u8,
    /// City first, then near suburb, then far.
    #[uniffi(default = 25)]
    pub ring: u8,
}

/// A prospect near a place.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct NearView {
    /// Its id.
    pub prospect: String,
    /// Its name as typed.
    pub name: String,
    /// How many metres away.
    pub distance_m: f64,
}

/// A stop of a day's route.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct StopView {
    /// Whom to visit.
    pub prospect: String,
    /// How many metres from the stop before, by air; nothing where a place is not known.
    pub leg_m: Option<f64>,
}

/// A likely twin of what somebody is about to record.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct TwinView {
    /// Its id.
    pub prospect: String,
    /// Its name as typed.
    pub name: String,
    /// Its address; empty where none is known.
    pub address: String,
    /// Its district.
    pub district: Option<String>,
    /// How alike the two are, of 100.
    pub score: u8,
    /// Whether the districts are the same, where both are known.
    pub same_district: Option<bool>,
    /// How many metres lie between them, where both places are known.
    pub distance_m: Option<f64>,
}

pub(crate) fn point(place: Place) -> Result<GeoPoint, PhoneError> {
    named("place", GeoPoint::new(place.lat_e7, place.lon_e7, place.accuracy_m))
}

fn limited(limit: u32) -> usize {
    usize::try_from(limit.clamp(1, MOST)).unwrap_or(usize::MAX)
}

fn yuan(fen: i64) -> String {
    format!("{}.{:02}", fen / 100, fen % 100)
}

impl From<Reason> for ReasonView {
    fn from(reason: Reason) -> Self {
        let words = |zh: String, en: String| Words { zh, en };
        let of =
            |zh: &str, en: &str, fen: i64| words(format!("{zh} {} 元", yuan(fen)), format!("{en} {} yuan", yuan(fen)));
        let because = match reason.basis {
            Basis::FundActual(fen) => of("维修资金", "maintenance fund", fen),
            Basis::FundEstimate(fen) => of("维修资金估计", "estimated maintenance fund", fen),
            Basis::FundOfFloor(fen) => of("按建筑面积与均价推算的维修资金", "fund by floor area and price", fen),
            Basis::Households(n) => words(format!("{n} 户"), format!("{n} households")),
            Basis::Price(fen) => of("每平方米", "a square metre costs", fen),
            Basis::Management("good") => words("物业良好".into(), "well managed".into()),
            Basis::Management("fair") => words("物业一般".into(), "fairly managed".into()),
            Basis::Management(_) => words("物业较差".into(), "poorly managed".into()),
            Basis::Ring(Ring::Inner) => words("城区".into(), "inner city".into()),
            Basis::Ring(Ring::Near) => words("近郊".into(), "near suburb".into()),
            Basis::Ring(Ring::Far) => words("远郊".into(), "far suburb".into()),
            Basis::Unknown => words("尚不清楚".into(), "not known yet".into()),
        };
        let condition = match reason.condition {
            Condition::Size => Label { zh: "规模大", en: "large" },
            Condition::Grade => Label { zh: "档次高", en: "high-grade" },
            Condition::Managed => Label { zh: "管理好", en: "well managed" },
            Condition::Ring => Label { zh: "位置近", en: "near" },
        };
        Self { condition: condition.into(), points: reason.points, weight: reason.weight, because }
    }
}

impl From<Target> for TargetView {
    fn from(target: Target) -> Self {
        Self {
            prospect: target.prospect.to_string(),
            name: target.name,
            points: target.score.points,
            reasons: target.score.reasons.into_iter().map(Into::into).collect(),
            distance_m: target.distance_m,
            last_contact_ms: target.last_contact.map(PhoneTime::millis),
            days_since_contact: target.days_since_contact,
        }
    }
}

#[uniffi::export]
impl Phone {
    /// The prospects whose name or address has in it what was typed, from one character on, or is read like it (`tiantongyuan`, `tty`
    /// for 天通苑), the best first.
    ///
    /// # Errors
    /// When the database cannot be read.
    #[uniffi::method(default(limit = 50))]
    pub fn search(&self, text: String, limit: u32) -> Result<Vec<FoundView>, PhoneError> {
        let found = self.replica().search(&text, limited(limit))?.into_iter();
        Ok(found
            .map(|found| FoundView {
                prospect: found.prospect.to_string(),
                name: found.name,
                address: found.address,
                district: found.district,
                in_address: found.found_in == FoundIn::Address,
                start: count(found.start),
                end: count(found.end),
            })
            .collect())
    }

    /// What people wrote in which a text stands, newest first; for the next page give the last one's `place` as `before`.
    ///
    /// # Errors
    /// When the database cannot be read.
    #[uniffi::method(default(limit = 50, before = None))]
    pub fn search_notes(
        &self,
        text: String,
        limit: u32,
        before: Option<i64>,
    ) -> Result<Vec<FoundNoteView>, PhoneError> {
        let replica = self.replica();
        let bank = replica.bank()?;
        let mut notes = Vec::new();
        for note in replica.search_notes(&text, limited(limit), before)? {
            let Some(view) = replica.record(note.row.id)? else { continue };
            notes.push(FoundNoteView {
                record: summary(view, &bank),
                field: note.field.to_string(),
                start: count(note.start),
                end: count(note.end),
                place: note.place,
            });
        }
        Ok(notes)
    }

    /// The dossiers of people by name, as it is written or read, the best first. Each that is returned is noted as read, before it is.
    ///
    /// # Errors
    /// When dossiers are locked, or storage is full.
    #[uniffi::method(default(limit = 20))]
    pub fn search_people(&self, text: String, limit: u32) -> Result<Vec<RecordSummary>, PhoneError> {
        let now = now()?;
        let mut replica = self.replica();
        let views = replica.search_people(&text, limited(limit), now, || new_id(now))?;
        let bank = replica.bank()?;
        Ok(views.into_iter().map(|view| summary(view, &bank)).collect())
    }

    /// Whom to visit: the prospects on this phone, with the points that the four conditions give and why. A campaign's own weights
    /// stand in its record (`target_weight/size` and so on).
    ///
    /// # Errors
    /// When the place is wrong, or the database cannot be read.
    #[uniffi::method(default(near = None, mine = false, weights = None, limit = 50, offset = 0))]
    pub fn targets(
        &self,
        order: TargetOrder,
        near: Option<Place>,
        mine: bool,
        weights: Option<TargetWeights>,
        limit: u32,
        offset: u32,
    ) -> Result<Vec<TargetView>, PhoneError> {
        let replica = self.replica();
        let query = TargetQuery {
            weights: weights.map_or_else(Weights::default, |w| Weights::new([w.size, w.grade, w.managed, w.ring])),
            near: near.map(point).transpose()?,
            order: match order {
                TargetOrder::Score => Order::Score,
                TargetOrder::Distance => Order::Distance,
                TargetOrder::LeastRecentlyContacted => Order::LeastRecentlyContacted,
            },
            assigned_to: mine.then(|| replica.person().clone()),
            limit: limited(limit),
            offset: usize::try_from(offset).unwrap_or(usize::MAX),
        };
        let targets = replica.targets(&query, now()?)?.into_iter();
        Ok(targets.map(Into::into).collect())
    }

    /// The prospects nearest to a place.
    ///
    /// # Errors
    /// When the place is wrong, or the database cannot be read.
    #[uniffi::method(default(limit = 50))]
    pub fn nearest(&self, place: Place, limit: u32) -> Result<Vec<NearView>, PhoneError> {
        let near = self.replica().nearest(point(place)?, limited(limit))?.into_iter();
        let view = |(prospect, name, distance_m): (RecordId, String, f64)| NearView {
            prospect: prospect.to_string(),
            name,
            distance_m,
        };
        Ok(near.map(|near| view((near.prospect, near.name, near.distance_m))).collect())
    }

    /// The order in which to visit chosen prospects from a place, at most 50.
    ///
    /// # Errors
    /// For an id that is none or not on this phone, for more than 50, or when the place is wrong.
    pub fn route(&self, start: Place, prospects: Vec<String>) -> Result<Vec<StopView>, PhoneError> {
        let chosen: Vec<RecordId> = prospects.iter().map(|id| parsed("prospect", id)).collect::<Result<_, _>>()?;
        let stops = self.replica().route(point(start)?, &chosen)?.into_iter();
        Ok(stops.map(|stop| StopView { prospect: stop.prospect.to_string(), leg_m: stop.leg_m }).collect())
    }

    /// Likely twins of a prospect, as somebody types its name: offer them before it is recorded twice.
    ///
    /// # Errors
    /// When the place is wrong, or the database cannot be read.
    #[uniffi::method(default(district = None, place = None, limit = 5))]
    pub fn twins(
        &self,
        name: String,
        district: Option<String>,
        place: Option<Place>,
        limit: u32,
    ) -> Result<Vec<TwinView>, PhoneError> {
        let place = place.map(point).transpose()?;
        let twins = self.replica().twins(&name, district.as_deref(), place, limited(limit))?.into_iter();
        Ok(twins
            .map(|found| TwinView {
                prospect: found.twin.prospect.to_string(),
                name: found.name,
                address: found.address,
                district: found.district,
                score: found.twin.score,
                same_district: found.twin.same_district,
                distance_m: found.twin.distance_m,
            })
            .collect())
    }
}

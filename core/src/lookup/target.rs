//! Which prospects are worth a visit, by the four conditions of `[case]`: large, high-grade, well managed, and near to the city.
//! Each says what it gives and on what that rests, so that a list can say why somebody stands where they stand.

use super::{Facts, Ring};
use crate::domain::Fields;

/// One of the four conditions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Condition {
    /// Large: one win is worth it.
    Size,
    /// High-grade: a potential for personal banking.
    Grade,
    /// Well managed: no disputes.
    Managed,
    /// Inner city first, then near suburb, then far.
    Ring,
}

impl Condition {
    /// All of them, in the order of the text.
    pub const ALL: [Self; 4] = [Self::Size, Self::Grade, Self::Managed, Self::Ring];
}

/// What the points of a condition rest on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Basis {
    /// What the maintenance fund holds, in fen.
    FundActual(i64),
    /// What it is thought to hold, in fen.
    FundEstimate(i64),
    /// What it must hold in fen, as 2 % of what all of the floor costs.
    FundOfFloor(i64),
    /// How many households there are.
    Households(i64),
    /// What a square metre costs, in fen.
    Price(i64),
    /// How it is managed: good, fair or poor.
    Management(&'static str),
    /// In which ring it lies.
    Ring(Ring),
    /// Nobody recorded it yet: it gives nothing until somebody finds out.
    Unknown,
}

/// What one condition gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Reason {
    /// Which condition.
    pub condition: Condition,
    /// From 0 to 100.
    pub points: u8,
    /// How much it weighs.
    pub weight: u8,
    /// What the points rest on.
    pub basis: Basis,
}

/// How much each condition weighs, from 0 to 100.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Weights([u8; 4]);

impl Default for Weights {
    /// All the same.
    fn default() -> Self {
        Self([25; 4])
    }
}

impl Weights {
    /// Weights in the order of [`Condition::ALL`]; what is above 100 counts as 100.
    pub fn new(weights: [u8; 4]) -> Self {
        Self(weights.map(|weight| weight.min(100)))
    }

    /// The weights that a campaign gives the conditions; 25 where it gives none.
    pub fn of_campaign(fields: &Fields) -> Self {
        let weight =
            |name: &str| fields.int(&format!("target_weight/{name}")).and_then(|weight| u8::try_from(weight).ok());
        Self::new(["size", "grade", "managed", "ring"].map(|name| weight(name).unwrap_or(25)))
    }
}

/// How worthwhile a prospect is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Score {
    /// From 0 to 100: what the conditions give by their weights, rounded down.
    pub points: u8,
    /// What each gives, in the order of [`Condition::ALL`].
    pub reasons: [Reason; 4],
}

/// Points from a lower bound on, highest first.
type Bands = [(i64, u8); 4];

const YUAN: i64 = 100;
/// `[case]`: a middling fund is 20 million yuan, a large one over 100 million.
const FUND: Bands =
    [(100_000_000 * YUAN, 100), (50_000_000 * YUAN, 80), (20_000_000 * YUAN, 60), (5_000_000 * YUAN, 30)];
/// Where only households are known. Ours: practice names no number of them; at 25,000 yuan a home these are the bands of the fund.
const HOUSEHOLDS: Bands = [(4_000, 100), (2_000, 80), (800, 60), (200, 30)];
/// A square metre. Ours: practice says high-grade, and no price.
const PRICE: Bands = [(80_000 * YUAN, 100), (60_000 * YUAN, 75), (45_000 * YUAN, 50), (30_000 * YUAN, 25)];
/// What is below the lowest band, and known.
const LEAST: u8 = 10;

fn in_band(value: i64, bands: &Bands) -> u8 {
    bands.iter().find(|(from, _)| value >= *from).map_or(LEAST, |(_, points)| *points)
}

/// Scores what is known of a prospect.
pub fn score(facts: &Facts, weights: Weights) -> Score {
    let [size, grade, managed, ring] = weights.0;
    let reason = |condition, weight, (points, basis)| Reason { condition, points, weight, basis };
    let reasons = [
        reason(Condition::Size, size, of_size(facts)),
        reason(Condition::Grade, grade, of_grade(facts)),
        reason(Condition::Managed, managed, of_management(facts)),
        reason(Condition::Ring, ring, of_ring(facts)),
    ];
    let all: u32 = reasons.iter().map(|reason| u32::from(reason.weight)).sum();
    let earned: u32 = reasons.iter().map(|reason| u32::from(reason.weight) * u32::from(reason.points)).sum();
    Score { points: u8::try_from(earned / all.max(1)).unwrap_or(100), reasons }
}

fn of_size(facts: &Facts) -> (u8, Basis) {
    // [case]: the fund is 2 % of the price of the houses.
    let of_floor = || Some(facts.floor_area?.checked_mul(facts.price?)? / 50);
    if let Some(fund) = facts.fund_actual {
        (in_band(fund, &FUND), Basis::FundActual(fund))
    } else if let Some(fund) = facts.fund_estimate {
        (in_band(fund, &FUND), Basis::FundEstimate(fund))
    } else if let Some(fund) = of_floor() {
        (in_band(fund, &FUND), Basis::FundOfFloor(fund))
    } else if let Some(households) = facts.households {
        (in_band(households, &HOUSEHOLDS), Basis::Households(households))
    } else {
        (0, Basis::Unknown)
    }
}

fn of_grade(facts: &Facts) -> (u8, Basis) {
    facts.price.map_or((0, Basis::Unknown), |price| (in_band(price, &PRICE), Basis::Price(price)))
}

fn of_management(facts: &Facts) -> (u8, Basis) {
    match facts.management {
        Some("good") => (100, Basis::Management("good")),
        Some("fair") => (50, Basis::Management("fair")),
        Some("poor") => (0, Basis::Management("poor")),
        _ => (0, Basis::Unknown),
    }
}

fn of_ring(facts: &Facts) -> (u8, Basis) {
    let points = |ring| match ring {
        Ring::Inner => 100,
        Ring::Near => 60,
        Ring::Far => 20,
    };
    facts.ring.map_or((0, Basis::Unknown), |ring| (points(ring), Basis::Ring(ring)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MILLION: i64 = 1_000_000 * YUAN;

    #[test]
    fn a_large_high_grade_well_managed_community_of_the_inner_city_is_worth_most() {
        let best = Facts {
            fund_estimate: Some(120 * MILLION),
            price: Some(90_000 * YUAN),
            management: Some("good"),
            ring: Some(Ring::Inner),
            ..Facts::default()
        };
        assert_eq!(score(&best, Weights::default()).points, 100);
        let far = Facts { ring: Some(Ring::Far), ..best.clone() };
        assert_eq!(score(&far, Weights::default()).points, 80);
        assert_eq!(score(&far, Weights::new([25, 25, 25, 0])).points, 100, "a campaign may not care how far");
        assert_eq!(score(&best, Weights::new([0; 4])).points, 0);
    }

    #[test]
    fn size_rests_on_the_best_that_is_known_of_it() {
        let facts = Facts { households: Some(900), ..Facts::default() };
        assert_eq!(of_size(&facts), (60, Basis::Households(900)));
        let facts = Facts { floor_area: Some(50_000), price: Some(60_000 * YUAN), ..facts };
        assert_eq!(of_size(&facts), (80, Basis::FundOfFloor(60 * MILLION)));
        let facts = Facts { fund_estimate: Some(19 * MILLION), ..facts };
        assert_eq!(of_size(&facts), (30, Basis::FundEstimate(19 * MILLION)));
        let facts = Facts { fund_actual: Some(100 * MILLION), ..facts };
        assert_eq!(of_size(&facts), (100, Basis::FundActual(100 * MILLION)));
    }

    #[test]
    fn what_nobody_knows_gives_nothing_and_says_so() {
        let score = score(&Facts::default(), Weights::default());
        assert_eq!(score.points, 0);
        assert!(score.reasons.iter().all(|reason| reason.basis == Basis::Unknown && reason.weight == 25));
        assert_eq!(score.reasons.map(|reason| reason.condition), Condition::ALL);
    }

    #[test]
    fn a_campaign_weighs_the_conditions_and_leaves_the_others_as_they_are() {
        let weight = |name: &str, weight: i64| (name.parse().expect("a name"), weight.into());
        let fields: Fields =
            [weight("target_weight/size", 60), weight("target_weight/ring", 900)].into_iter().collect();
        assert_eq!(Weights::of_campaign(&fields), Weights::new([60, 25, 25, 25]));
    }
}

//! In which order to visit what one has chosen for a day: always the nearest next, then two legs exchanged as long as that makes
//! the way shorter. Not the shortest way there is, but one that does not cross itself.

use super::{Spot, metres};
use crate::domain::{Invalid, RecordId};

/// How many stops a day's route has at most.
pub const STOPS: usize = 50;

/// One stop.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stop {
    /// Whom to visit.
    pub prospect: RecordId,
    /// How far it is from the stop before, by air; unknown where a place is.
    pub leg_m: Option<f64>,
}

/// Orders stops from a start. Those whose place is not known come last, in the order in which they were chosen.
///
/// # Errors
/// For more stops than a day has.
pub fn route(start: Spot, chosen: &[(RecordId, Option<Spot>)]) -> Result<Vec<Stop>, Invalid> {
    if chosen.len() > STOPS {
        return Err(Invalid::new("route", chosen.len(), format!("at most {STOPS} stops: choose fewer")));
    }
    let mut left: Vec<(RecordId, Spot)> = chosen.iter().filter_map(|(id, spot)| Some((*id, (*spot)?))).collect();
    let (mut way, mut at) = (Vec::with_capacity(left.len()), start);
    while let Some(next) = nearest(at, &left) {
        let stop = left.remove(next);
        at = stop.1;
        way.push(stop);
    }
    straighten(start, &mut way);
    let mut before = start;
    let mut stops: Vec<Stop> = Vec::with_capacity(chosen.len());
    for (prospect, spot) in way {
        stops.push(Stop { prospect, leg_m: Some(metres(before, spot)) });
        before = spot;
    }
    let unknown = chosen.iter().filter(|(_, spot)| spot.is_none());
    stops.extend(unknown.map(|(prospect, _)| Stop { prospect: *prospect, leg_m: None }));
    Ok(stops)
}

fn nearest(at: Spot, left: &[(RecordId, Spot)]) -> Option<usize> {
    let far = |n: &usize| metres(at, left[*n].1);
    (0..left.len()).min_by(|a, b| far(a).total_cmp(&far(b)).then_with(|| left[*a].0.cmp(&left[*b].0)))
}

/// Turns around any part of the way that is shorter when walked the other way round; the way ends anywhere.
fn straighten(start: Spot, way: &mut [(RecordId, Spot)]) {
    // Each turn makes the way shorter; the bound is there for numbers that are no numbers.
    for _ in 0..STOPS {
        let mut turned = false;
        for from in 0..way.len() {
            for to in from + 1..way.len() {
                let before = if from == 0 { start } else { way[from - 1].1 };
                let after = way.get(to + 1).map(|(_, spot)| *spot);
                let leg = |last: Spot| after.map_or(0.0, |after| metres(last, after));
                let now = metres(before, way[from].1) + leg(way[to].1);
                let other = metres(before, way[to].1) + leg(way[from].1);
                if other + 0.01 < now {
                    way[from..=to].reverse();
                    turned = true;
                }
            }
        }
        if !turned {
            break;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::GeoPoint;

    fn spot(lat: i64, lon: i64) -> Spot {
        GeoPoint::new(312_000_000 + lat * 10_000, 1_214_000_000 + lon * 10_000, 0).expect("on the globe").into()
    }

    fn id(n: usize) -> RecordId {
        RecordId::new(i64::try_from(n).expect("few"), [0; 10])
    }

    fn length(stops: &[Stop]) -> f64 {
        stops.iter().filter_map(|stop| stop.leg_m).sum()
    }

    /// The shortest of all orders.
    fn best(start: Spot, left: &[Spot]) -> f64 {
        let legs = (0..left.len()).map(|n| {
            let mut rest = left.to_vec();
            let next = rest.remove(n);
            metres(start, next) + best(next, &rest)
        });
        legs.min_by(f64::total_cmp).unwrap_or(0.0)
    }

    #[test]
    fn the_way_is_never_much_longer_than_the_shortest_there_is() {
        let mut seed = 7_i64;
        let mut next = || {
            seed = (seed * 1_103 + 12_345) % 65_537;
            seed % 100
        };
        for round in 0..40 {
            let spots: Vec<Spot> = (0..6).map(|_| spot(next(), next())).collect();
            let chosen: Vec<_> = spots.iter().enumerate().map(|(n, spot)| (id(n), Some(*spot))).collect();
            let stops = route(spot(50, 50), &chosen).expect("few");
            let shortest = best(spot(50, 50), &spots);
            assert!(length(&stops) <= shortest * 1.25, "round {round}: {} and {shortest}", length(&stops));
        }
    }

    #[test]
    fn every_chosen_one_is_on_the_way_once_and_those_of_unknown_place_come_last() {
        let chosen: Vec<_> = (0..50).map(|n| (id(n), (n % 7 > 0).then(|| spot(n as i64 % 9, n as i64 % 11)))).collect();
        let stops = route(spot(0, 0), &chosen).expect("a day's");
        let mut ids: Vec<_> = stops.iter().map(|stop| stop.prospect).collect();
        assert!(stops[..42].iter().all(|stop| stop.leg_m.is_some()), "{stops:?}");
        assert_eq!(ids[42..], (0..50).filter(|n| n % 7 == 0).map(id).collect::<Vec<_>>());
        ids.sort_unstable();
        assert_eq!(ids, (0..50).map(id).collect::<Vec<_>>());
        let error = route(spot(0, 0), &[(id(0), None); 51]).expect_err("too many");
        assert_eq!(error.what, "route");
    }
}

//! Looking things up without a network: pure, and knowing nothing but the words of the business. A list of all prospects, small
//! enough to be gone through whole for every letter that somebody types, so that nothing that matches is ever missed.

mod gazetteer;
mod geo;
mod matching;
mod normalise;
mod readings;
mod route;
mod target;
mod twin;

pub use gazetteer::{Entry, Facts, Gazetteer, Hit, Ring};
pub use geo::{Spot, metres};
pub use matching::{Match, Part, Sounds};
pub use normalise::{Folded, fold};
pub use readings::readings;
pub use route::{STOPS, Stop, route};
pub use target::{Basis, Condition, Reason, Score, Weights, score};
pub use twin::{THRESHOLD, Twin, Wanted, likeness};

//! Verification: what was claimed beside what the bank's own ledger says. Everything here is pure; which claims there are and
//! whose they are to judge the store says.

mod ledger;
mod matching;

pub use ledger::{DamagedRows, LedgerRow, Reference, from_bytes, half_width, to_bytes};
pub use matching::{Claimed, Difference, Differing, Matched, Report, Settled, Standing, matching};

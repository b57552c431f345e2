//! Deciding what becomes of a push, without a database: gate and rights, change by change. The store loads what is known
//! of the record, asks here, and applies the answer.

mod decide;
mod grants;
mod merge;
mod namesake;
mod rights;
pub mod token;

pub use decide::{Decision, Proven, Quarantined, decide};
pub use grants::{Assigned, Grants, Told, decides, judges};
pub use merge::{Clash, FromFile, Imported, Merged, merge};
pub use namesake::{namesake, namesake_of};
pub use rights::{Denial, Hand, Right, Standpoint, judge, may_write};

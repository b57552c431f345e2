//! Deciding what becomes of a push, without a database: gate and rights, change by change. The store loads what is known
//! of the record, asks here, and applies the answer.

mod decide;
mod merge;
mod rights;

pub use decide::{Decision, Quarantined, Sender, decide};
pub use merge::{Clash, FromFile, Imported, Merged, merge};
pub(crate) use rights::stranger;
pub use rights::{Standpoint, may_write};

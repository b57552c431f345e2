//! One sync as a state machine without IO: it says what to do next and is told what came of it. Whoever drives it brings
//! the transport and the clock.
//!
//! ```text
//!   poll → Prepare ─ prepared ─→ Transmit ─ received ─→ Apply ─ applied ─→ Prepare … → Done
//!                                    └───── failed ───→ Wait ──(time)──→ Prepare
//! ```

mod backoff;
mod session;
#[cfg(test)]
mod tests;

pub use session::{Applied, Failure, Reply, Report, Session, Step, SyncError};

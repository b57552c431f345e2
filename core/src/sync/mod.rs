//! One sync as a state machine without IO: it says what to do next and is told what came of it. Whoever drives it brings
//! the transport and the clock.
//!
//! ```text
//!   poll → Prepare ─ prepared ─→ Transmit ─ received ─→ Apply ─ applied ─→ Prepare … → Done
//!                                    ├───── failed ───→ Wait ──(time)──→ Prepare
//!                                    └── (revoked) ───→ HandOver → Transmit → Wipe ─ wiped ─→ Done
//!                                                                   └─ failed ─→ Wait ──→ Transmit
//! ```

mod backoff;
mod checking;
mod enrolment;
mod moving;
mod outcome;
mod post;
mod session;
mod signing;
#[cfg(test)]
mod tests;
mod transfer;

pub use enrolment::{Enrolment, EnrolmentError};
pub use moving::Parcel;
pub use outcome::{Applied, CheckReport, Checked, Report, SyncError, TransferReport, Transfers};
pub use post::{Failure, Post, Reply};
pub use session::{Caller, Session, Step};
pub use transfer::{Kept, Transfer, TransferPlan, TransferStep};

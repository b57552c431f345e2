//! The phone library: the engine's replica as an app in Kotlin or Swift holds it, with documents and SQL out of sight.
//! Thin wrappers; the app brings a [`Transport`], this crate brings clock and randomness.
//!
//! Every method can throw and none panics. Ids are text, times milliseconds since 1970, money whole fen.

mod edge;
mod error;
mod phone;
mod records;
mod standings;
mod sync;
mod transport;

pub use error::PhoneError;
pub use phone::Phone;
pub use records::{
    ClaimView, ConflictView, FieldValue, InboxEntry, InboxReason, Place, ProspectDraft, RecordSummary, VisitDraft,
};
pub use standings::{MetricView, StandingView};
pub use sync::SyncReport;
pub use transport::{Reply, Transport, TransportError};

uniffi::setup_scaffolding!();

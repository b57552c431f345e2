//! The phone library: the engine's replica as an app in Kotlin or Swift holds it, with documents and SQL out of sight.
//! Thin wrappers; the app brings a [`Transport`], a key and maybe a [`Signer`], this crate brings clock and randomness.
//!
//! Every method can throw and none panics. Ids are text, times milliseconds since 1970, money whole fen.

mod attachments;
mod day;
mod dossiers;
mod drafts;
mod edge;
mod enrolment;
mod error;
mod keeping;
mod kinds;
mod lookup;
mod past;
mod phone;
mod records;
mod signer;
mod standings;
mod sync;
mod transport;

pub use attachments::{AttachmentDraft, AttachmentReport, AttachmentView, UnsentAttachment};
pub use day::{
    CampaignTargetView, CareDateView, CareView, ItemView, NumbersView, OutcomeSumView, SectionView, StageSumView,
    StageView, TodayView,
};
pub use dossiers::DossierDraft;
pub use drafts::DraftView;
pub use enrolment::{give_up, people, server_of};
pub use error::PhoneError;
pub use keeping::ReassignedView;
pub use kinds::{FieldView, FlagWords, Holds, KindView, OptionView, Words, explain_flag, id_bytes, kinds};
pub use lookup::{
    FoundNoteView, FoundView, NearView, ReasonView, StopView, TargetOrder, TargetView, TargetWeights, TwinView,
};
pub use past::{EditView, MomentView, TimelinePlace, TimelineView};
pub use phone::Phone;
pub use records::{
    ClaimView, ConflictView, FieldValue, InboxEntry, InboxReason, Place, ProspectDraft, RecordSummary, VisitDraft,
};
pub use signer::{Signer, SignerError};
pub use standings::{MetricView, StandingView};
pub use sync::{CheckReport, SyncReport};
pub use transport::{Post, Reply, Transport, TransportError};

uniffi::setup_scaffolding!();

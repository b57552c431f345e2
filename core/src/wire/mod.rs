//! Wire format, version 1: what one sync request and response carry, as CBOR with numbered fields in one zstd stream.
//! `PROTOCOL.md` beside this crate's sources is its normative page.

mod attachment;
mod check;
mod codec;
mod directive;
mod enrol;
mod envelope;
mod invitation;
mod key;
mod message;
mod receipt;
mod standings;

pub use attachment::{
    GetRequest, GetResponse, Held, MAX_ASKED, MAX_PIECE, Named, PutRequest, PutResponse, StateRequest, StateResponse,
    UNIT,
};
pub use check::{Answer, Ask, CheckDigest, Inventory, MonthDigest, RecordDigest};
pub use directive::{Demand, Directive, DirectiveError, SignedDirective};
pub use enrol::{Before, EnrolError, EnrolRequest, EnrolResponse, Enrolled};
pub use envelope::{MAX_BODY, MAX_PLAIN, WireError};
pub use invitation::{Invitation, InvitationCode};
pub use key::DossierKey;
pub use message::{
    ABLE_DOSSIERS, Commit, Delivery, ERASED, PROTOCOL, Position, Push, Reading, Reference, Request, Response, Verdict,
};
pub use receipt::{Receipt, ReceiptEntry, ReceiptPart};
pub use standings::{CampaignStandings, MetricTotal, Standings, UnitStanding};

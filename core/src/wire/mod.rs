//! Wire format, version 1: what one sync request and response carry, as CBOR with numbered fields in one zstd stream.
//! `PROTOCOL.md` beside this crate's sources is its normative page.

mod codec;
mod envelope;
mod message;
mod standings;

pub use envelope::{MAX_BODY, MAX_PLAIN, WireError};
pub use message::{Delivery, PROTOCOL, Position, Push, Reference, Request, Response, Verdict};
pub use standings::{CampaignStandings, MetricTotal, Standings, UnitStanding};

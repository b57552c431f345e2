//! The glue between a sync session and this phone's database: whoever brings transport and clock only posts bytes.

use super::{Replica, ReplicaError};
use crate::domain::PhoneTime;
use crate::sync::{Post, Report, Session, Step, SyncError};
use crate::wire::Request;

/// What the driver of a sync does next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Post this to the server; then tell the session `received` or `failed`.
    Transmit(Post),
    /// Wait until then.
    Wait(PhoneTime),
    /// The sync is over.
    Done(Result<Report, SyncError>),
}

impl Replica {
    /// Takes a sync as far as it goes without the network. `nonce` is a fresh random number.
    ///
    /// # Errors
    /// When this phone's storage fails; the sync can be tried again later.
    pub fn advance(&mut self, session: &mut Session, nonce: u64, now: PhoneTime) -> Result<Action, ReplicaError> {
        loop {
            match session.poll(now) {
                Step::Prepare { push_bytes, pull_bytes, check } => {
                    self.look_at_the_clock(now)?;
                    let request = self.request(push_bytes, pull_bytes, nonce, now)?;
                    // What differs comes first.
                    let check = check.filter(|_| request.fetch.is_empty());
                    session.prepared(Request { check, ..request });
                }
                Step::HandOver { push_bytes } => {
                    self.look_at_the_clock(now)?;
                    session.prepared(self.farewell(push_bytes, nonce, now)?);
                }
                Step::Apply(request, response) => {
                    let applied = self.apply(&request, &response, now)?;
                    session.applied(applied);
                }
                Step::Wipe => {
                    // A file that cannot be counted any more keeps the phone no longer.
                    if let Ok(outstanding) = self.outstanding() {
                        session.counted(outstanding);
                    }
                    self.wipe()?;
                    session.wiped();
                }
                Step::Transmit(post) => return Ok(Action::Transmit(post)),
                Step::Wait(until) => return Ok(Action::Wait(until)),
                Step::Done(result) => {
                    if result.is_ok() {
                        // What these cannot do today they do after another sync; this one went well.
                        drop(self.refresh());
                        drop(self.retire(now));
                    }
                    return Ok(Action::Done(result));
                }
            }
        }
    }
}

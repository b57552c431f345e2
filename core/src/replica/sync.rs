//! The glue between a sync session and this phone's database: whoever brings transport and clock only posts bytes.

use super::{Replica, ReplicaError};
use crate::domain::PhoneTime;
use crate::sync::{Report, Session, Step, SyncError};

/// What the driver of a sync does next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Post these bytes to the server's `/v1/sync`; then tell the session `received` or `failed`.
    Transmit(Vec<u8>),
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
                Step::Prepare { push_bytes, pull_bytes } => {
                    session.prepared(self.request(push_bytes, pull_bytes, nonce, now)?);
                }
                Step::Apply(request, response) => {
                    let applied = self.apply(&request, &response, now)?;
                    session.applied(applied);
                }
                Step::Transmit(body) => return Ok(Action::Transmit(body)),
                Step::Wait(until) => return Ok(Action::Wait(until)),
                Step::Done(result) => return Ok(Action::Done(result)),
            }
        }
    }
}

//! One phone's whole local state in one SQLite file: what was recorded here and what came from the server, the rows that
//! lists show, and the outbox of what the server does not have yet. One transaction for each promise.

mod apply;
mod changes;
mod edit;
mod error;
mod inbox;
mod open;
mod outbox;
mod query;
mod rows;
mod settle;
mod sync;
#[cfg(test)]
mod tests;

pub use error::ReplicaError;
pub use inbox::{InboxEntry, InboxReason};
pub use open::{Durability, Opening};
pub use query::{Query, RecordView};
pub use sync::Action;

use crate::document::Actor;
use crate::domain::{DeviceNumber, PersonId};
use rusqlite::Connection;

/// One phone's whole local state.
pub struct Replica {
    db: Connection,
    device: DeviceNumber,
    person: PersonId,
    actor: Actor,
}

impl std::fmt::Debug for Replica {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Replica").field("device", &self.device).field("person", &self.person).finish_non_exhaustive()
    }
}

impl Replica {
    /// This phone's number.
    pub fn device(&self) -> DeviceNumber {
        self.device
    }

    /// Whose phone this is.
    pub fn person(&self) -> &PersonId {
        &self.person
    }
}

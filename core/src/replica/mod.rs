//! One phone's whole local state: what was recorded here and what came from the server, the rows that lists show, and the
//! outbox of what the server does not have yet. One transaction for each promise. Dossiers lie in a second file alike.

mod apply;
mod attachments;
mod blobs;
mod changes;
mod check;
mod database;
mod dossiers;
mod drafts;
mod edit;
mod erasure;
mod error;
mod export;
mod gazetteer;
mod glance;
mod identity;
mod inbox;
mod lease;
mod links;
mod notes;
mod numbers;
mod open;
mod outbox;
mod pipeline;
mod query;
mod reassigned;
mod receipts;
mod refresh;
mod retention;
mod rows;
mod search;
mod settle;
mod sync;
mod targets;
#[cfg(test)]
mod tests;
mod timeline;
mod today;
mod transfer;
mod vessel;
mod what_if;
mod whose;

pub use attachments::{AttachmentView, Unsent};
pub use database::Durability;
pub use drafts::{Draft, DraftView};
pub use error::ReplicaError;
pub use identity::{Identity, PhoneKey};
pub use inbox::{InboxEntry, InboxReason};
pub use numbers::{Activity, Cadence, CampaignTarget, Commitments, Conversion, Coverage, Numbers, OutcomeSum, Period};
pub use open::Opening;
pub use pipeline::{Stage, StageSum};
pub use query::{Query, RecordView};
pub use reassigned::Reassigned;
pub use search::{Found, FoundIn, FoundNote};
pub use sync::Action;
pub use targets::{Near, Order, Target, TargetQuery, TwinView};
pub use timeline::{Cursor, Moment, Timeline};
pub use today::{Asking, CARE_EVERY_DAYS, Care, CareDate, Counts, Hours, Item, Scope, Section, Today};
pub use transfer::TransferAction;
pub use vessel::{DatabaseKey, database_of, people_in};
pub use what_if::WhatIf;

use crate::document::Actor;
use crate::domain::{DeviceNumber, PersonId};
use crate::signing::Signer;
use gazetteer::Cached;
use lease::Lease;
use rusqlite::Connection;
use std::cell::RefCell;
use std::sync::Arc;
use vessel::Vessel;

/// One phone's whole local state.
pub struct Replica {
    /// None once it is wiped.
    files: Option<Files>,
    vessel: Vessel,
    durability: Durability,
    /// Whether it can hold dossiers.
    able: bool,
    device: DeviceNumber,
    person: PersonId,
    name: String,
    /// The platform's key store, where the phone signs by that.
    signer: Option<Arc<dyn Signer>>,
    /// The lease of the dossiers, while it holds.
    lease: Option<Lease>,
    actor: Actor,
    /// The list of prospects that lookups go through, once one was made.
    listed: RefCell<Cached>,
}

/// The open files.
struct Files {
    main: Connection,
    /// None while the dossiers are locked.
    dossiers: Option<Connection>,
}

impl Replica {
    fn files(&self) -> Result<&Files, ReplicaError> {
        self.files.as_ref().ok_or(ReplicaError::Wiped)
    }

    fn files_mut(&mut self) -> Result<&mut Files, ReplicaError> {
        self.files.as_mut().ok_or(ReplicaError::Wiped)
    }

    /// The phone's own file.
    fn main(&self) -> Result<&Connection, ReplicaError> {
        Ok(&self.files()?.main)
    }
}

impl std::fmt::Debug for Replica {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Replica").field("device", &self.device).field("person", &self.person).finish_non_exhaustive()
    }
}

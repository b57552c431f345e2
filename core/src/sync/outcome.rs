//! What a sync comes to, round by round and as a whole.

use crate::signing::SigningError;
use crate::wire::WireError;

/// What a phone has, compared with what the server says that it should.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Checked {
    /// Month by month.
    Months {
        /// How many records the phone has.
        records: usize,
        /// The months that differ.
        differing: Vec<u32>,
    },
    /// Record by record, in some months.
    Records {
        /// How many records the phone has.
        records: usize,
        /// How many differ; they are asked for whole.
        differing: usize,
    },
}

/// What a check came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CheckReport {
    /// Records on the phone.
    pub records: usize,
    /// How many of them differed from what the server has for it, or were lacking.
    pub found: usize,
    /// How many still do, after what differed was sent again.
    pub differing: usize,
}

/// What applying a response came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Applied {
    /// Changes that the server now has durably.
    pub acknowledged: usize,
    /// Changes that came from the server and are new here.
    pub pulled: usize,
    /// Changes refused: kept, and shown in the inbox.
    pub refused: usize,
    /// Edits made again upon what others had changed.
    pub redone: usize,
    /// Records that left this phone.
    pub evicted: usize,
    /// Changes still to be acknowledged.
    pub outstanding: usize,
    /// Whether there is now something to send that could not be sent before.
    pub resumes: bool,
    /// What a check found, if the response answers one.
    pub checked: Option<Checked>,
}

/// What a whole sync came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Sums over all rounds; `outstanding` as it stood after the last.
    pub applied: Applied,
    /// Requests answered.
    pub rounds: u32,
    /// Attempts that failed.
    pub failures: u32,
    /// Bytes of request bodies.
    pub sent: u64,
    /// Bytes of response bodies.
    pub received: u64,
    /// What the check came to, if one was asked for and the server can answer it.
    pub check: Option<CheckReport>,
}

impl Report {
    /// Whether the server durably has everything recorded here. Nothing less is ever called synced.
    pub fn synced(&self) -> bool {
        self.applied.outstanding == 0
    }

    pub(super) fn add(&mut self, applied: &Applied) {
        let sum = &mut self.applied;
        sum.acknowledged += applied.acknowledged;
        sum.pulled += applied.pulled;
        sum.refused += applied.refused;
        sum.redone += applied.redone;
        sum.evicted += applied.evicted;
        sum.outstanding = applied.outstanding;
    }
}

/// What the app lets travel of attachments: it alone knows whether the network costs money.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transfers {
    /// Nothing.
    Nothing,
    /// So many bytes of them in all, and no more.
    UpTo(u64),
    /// Whatever there is.
    Everything,
}

/// What a moving of attachments came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TransferReport {
    /// Attachments that the server has now, verified and durable.
    pub brought: usize,
    /// Attachments that are whole here now, verified.
    pub fetched: usize,
    /// Attachments that wait for the app to let more travel.
    pub held_back: usize,
    /// Attachments that could not be moved now: the server does not know their records yet, or does not have their bytes, or there
    /// is no room for them. They are tried again the next time.
    pub not_moved: usize,
    /// Attempts that failed.
    pub failures: u32,
    /// Bytes of request bodies.
    pub sent: u64,
    /// Bytes of response bodies.
    pub received: u64,
}

/// Why a sync ended early. Nothing is lost, but by [`SyncError::Revoked`]: what was not acknowledged stays in the outbox.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SyncError {
    /// Too many attempts failed in a row.
    #[error("gave up after {failures} attempts ({last}): try again when the network is better")]
    GaveUp {
        /// How many.
        failures: u32,
        /// What the last one said.
        last: String,
    },
    /// The server will not talk to this phone as it is.
    #[error("the server refused this phone ({status}): {words}")]
    Rejected {
        /// HTTP status.
        status: u16,
        /// What the server says.
        words: String,
    },
    /// The phone was revoked, and all that it held is destroyed.
    #[error(
        "this phone was revoked and its data is wiped (of what the server did not have, {handed_over} changes were handed over first; {not_taken} it did not take, {not_sent} were not sent): ask your administrator for a new invitation"
    )]
    Revoked {
        /// How many changes the server did not have yet it took first, for a leader to decide on.
        handed_over: usize,
        /// How many were sent to it, and it said that it does not take them.
        not_taken: usize,
        /// How many did not go with this sync: they were not wanted, lay in locked dossiers, or did not fit into the one
        /// request. (If an earlier sync handed them over and its answer was lost, the server has them all the same.)
        not_sent: usize,
    },
    /// The phone's key could not sign.
    #[error("a request could not be signed: {0}")]
    Signing(SigningError),
    /// A single change does not fit into any message.
    #[error("a request could not be put together: {0}")]
    Request(WireError),
    /// The server keeps answering without an end.
    #[error("the sync did not end within {0} rounds: report this to the operator of the server")]
    Endless(u32),
}

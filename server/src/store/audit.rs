//! The audit log: who did what to whom. Entries are only ever added, each chained to the one before by a keyed mark.

use super::StoreError;
use async_trait::async_trait;
use canvass_core::domain::{DeviceNumber, PersonId, ServerTime};
use std::fmt;

/// Who did something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// A person on a page, or in whose name a command was given.
    Person(PersonId),
    /// A phone.
    Device(DeviceNumber),
    /// Whoever may use the server's shell.
    Operator,
    /// The same, in the name of a person who has the duty.
    OperatorFor(PersonId),
    /// The server by itself.
    Server,
    /// Nobody who is known: a failed login.
    Nobody,
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Person(person) => write!(f, "person/{person}"),
            Self::Device(device) => write!(f, "device/{device}"),
            Self::Operator => f.write_str("operator"),
            Self::OperatorFor(person) => write!(f, "operator for person/{person}"),
            Self::Server => f.write_str("server"),
            Self::Nobody => f.write_str("nobody"),
        }
    }
}

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Deed {
    /// An invitation for a phone was made.
    Invited,
    /// A phone was enrolled.
    Enrolled,
    /// An invitation was tried with a wrong code.
    InvitationFailed,
    /// A phone was revoked.
    Revoked,
    /// A revoked phone handed over what it had not pushed.
    HandedOver,
    /// A leader accepted what was held.
    HeldAccepted,
    /// A leader refused what was held.
    HeldRefused,
    /// A dossier was read.
    DossierRead,
    /// A prospect was assigned.
    Assigned,
    /// A verdict was given.
    Verified,
    /// A bulletin was sealed.
    Sealed,
    /// A campaign was begun or changed on a page.
    CampaignChanged,
    /// A fact was disputed, or a dispute answered.
    Disputed,
    /// A ledger file was brought in.
    LedgerBrought,
    /// All claims that a ledger file bears out were confirmed, each with a verdict of its own.
    MatchedConfirmed,
    /// Something was erased.
    Erased,
    /// The bank's people, roles, units or memberships were changed.
    BankChanged,
    /// A login was made.
    LoginMade,
    /// A login was disabled.
    LoginDisabled,
    /// A disabled login was let in again.
    LoginEnabled,
    /// A login's password or second factor was reset.
    LoginReset,
    /// Somebody logged in.
    LoggedIn,
    /// Somebody failed to log in.
    LoginFailed,
    /// A login was locked after too many failures.
    LoginLocked,
    /// A session was ended.
    SessionEnded,
    /// A second factor was set up.
    SecondFactorSet,
    /// A password was changed.
    PasswordChanged,
    /// A table was taken along as a file.
    Exported,
    /// A backup was made.
    BackupMade,
    /// A backup took the place of the database.
    BackupRestored,
    /// The operator took the log's end for what it was, though nothing proved it.
    AuditAccepted,
}

impl Deed {
    /// Its name in the log.
    pub fn name(self) -> &'static str {
        match self {
            Self::Invited => "invited",
            Self::Enrolled => "enrolled",
            Self::InvitationFailed => "invitation-failed",
            Self::Revoked => "revoked",
            Self::HandedOver => "handed-over",
            Self::HeldAccepted => "held-accepted",
            Self::HeldRefused => "held-refused",
            Self::DossierRead => "dossier-read",
            Self::Assigned => "assigned",
            Self::Verified => "verified",
            Self::Sealed => "sealed",
            Self::CampaignChanged => "campaign-changed",
            Self::Disputed => "disputed",
            Self::LedgerBrought => "ledger-brought",
            Self::MatchedConfirmed => "matched-confirmed",
            Self::Erased => "erased",
            Self::BankChanged => "bank-changed",
            Self::LoginMade => "login-made",
            Self::LoginDisabled => "login-disabled",
            Self::LoginEnabled => "login-enabled",
            Self::LoginReset => "login-reset",
            Self::LoggedIn => "logged-in",
            Self::LoginFailed => "login-failed",
            Self::LoginLocked => "login-locked",
            Self::SessionEnded => "session-ended",
            Self::SecondFactorSet => "second-factor-set",
            Self::PasswordChanged => "password-changed",
            Self::Exported => "exported",
            Self::BackupMade => "backup-made",
            Self::BackupRestored => "backup-restored",
            Self::AuditAccepted => "audit-accepted",
        }
    }
}

/// One entry, as it is added. It names ids, never what a record says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Who.
    pub actor: Actor,
    /// What.
    pub deed: Deed,
    /// To whom or what, such as `device/7` or `dossier/0195…`.
    pub subject: String,
    /// How, in a few words.
    pub detail: String,
}

impl Entry {
    /// An entry without more words.
    pub fn new(actor: Actor, deed: Deed, subject: impl fmt::Display) -> Self {
        Self { actor, deed, subject: subject.to_string(), detail: String::new() }
    }

    /// The same entry with words on how.
    #[must_use]
    pub fn with(self, detail: impl Into<String>) -> Self {
        Self { detail: detail.into(), ..self }
    }
}

/// An entry as it stands in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logged {
    /// Its number, from 1 without a gap.
    pub n: u64,
    /// When.
    pub at: ServerTime,
    /// Who, as [`Actor`] is written.
    pub actor: String,
    /// What, by [`Deed::name`].
    pub deed: String,
    /// To whom or what.
    pub subject: String,
    /// How.
    pub detail: String,
    /// The mark that chains it to the one before.
    pub mark: Vec<u8>,
}

/// Which entries are asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditQuery {
    /// Whose name has this in it, such as `person/WF`.
    pub actor: Option<String>,
    /// Whose deed has this in it.
    pub deed: Option<String>,
    /// Whose subject has this in it.
    pub subject: Option<String>,
    /// Not before this.
    pub from: Option<ServerTime>,
    /// Before this.
    pub until: Option<ServerTime>,
    /// With a higher number than this.
    pub after: Option<u64>,
    /// From the oldest on; otherwise the newest come first.
    pub oldest_first: bool,
    /// At most so many.
    pub limit: usize,
    /// Without the first so many.
    pub offset: usize,
}

/// Some entries.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditPage {
    /// How many fit the query, whatever its limit.
    pub total: usize,
    /// Those within the limit.
    pub entries: Vec<Logged>,
}

/// What walking the chain came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditCheck {
    /// How many entries hold, from the first on.
    pub entries: u64,
    /// The mark of the last of them; empty if there is none.
    pub last: Vec<u8>,
    /// The first thing that does not fit.
    pub fault: Option<AuditFault>,
}

/// Why the log cannot be believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AuditFault {
    /// An entry is not what was noted, or not by this server.
    #[error(
        "entry {n} is not as it was written, or was not written by this server: it, and what follows, proves nothing"
    )]
    Changed {
        /// Its number.
        n: u64,
    },
    /// Entries are gone from the middle.
    #[error("entry {n} is missing: entry {found} stands in its place")]
    Missing {
        /// The first that is missing.
        n: u64,
        /// What stands there.
        found: u64,
    },
    /// Entries are gone from the end.
    #[error(
        "the log ends at entry {entries}, but went on to entry {noted} at least: it was cut off, or an older database was put in place"
    )]
    CutOff {
        /// How many there are.
        entries: u64,
        /// How many there were.
        noted: u64,
    },
    /// Nothing says where the log ended.
    #[error(
        "what is there holds, but nothing beside the secret file says where the log ended, so entries may be gone from its end: bring the .audit file along from where the secret file was, or take the end as it is with --accept"
    )]
    NoHead,
    /// Another hand wrote where the log ended.
    #[error(
        "what is there holds, but what says beside the secret file where the log ended was not written by this server"
    )]
    HeadForged,
}

/// The operations on the audit log. What the other operations note of themselves, they note in their own transaction.
#[async_trait]
pub trait Audit: Send + Sync + 'static {
    /// Adds an entry about something that is no operation of the store's: a dossier shown, a table taken along.
    async fn note(&self, entry: Entry, at: ServerTime) -> Result<(), StoreError>;

    /// Some of the log.
    async fn audit(&self, query: AuditQuery) -> Result<AuditPage, StoreError>;

    /// Walks the whole chain and says whether it holds.
    async fn verify_audit(&self) -> Result<AuditCheck, StoreError>;
}

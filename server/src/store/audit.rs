//! The audit log's words: who did what to whom. Entries are only ever added, each chained to the one before by its hash.

use canvass_core::domain::{DeviceNumber, PersonId};
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
    /// Nobody who is known: a failed login.
    Nobody,
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Person(person) => write!(f, "person/{person}"),
            Self::Device(device) => write!(f, "device/{device}"),
            Self::Operator => f.write_str("operator"),
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

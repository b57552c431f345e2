//! Phones as the server knows them: invited, enrolled with a key of their own, revoked.

use super::{Actor, StoreError};
use async_trait::async_trait;
use canvass_core::domain::{DeviceNumber, PersonId, ServerTime};
use canvass_core::signing::PublicKey;
use canvass_core::wire::Before;

/// How long an invitation holds: a quarter of an hour, in milliseconds.
pub const INVITATION_MS: i64 = 15 * 60 * 1000;

/// How many wrong codes make an invitation void.
pub const ATTEMPTS: u32 = 5;

/// An order to invite a person's phone.
#[derive(Debug, Clone)]
pub struct InviteOrder {
    /// Whose phone it will be.
    pub person: PersonId,
    /// Who invites.
    pub by: Actor,
    /// When.
    pub at: ServerTime,
}

/// An invitation as it is handed out; the code is kept nowhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invited {
    /// By which it is found again.
    pub number: u32,
    /// 80 random bits.
    pub code: [u8; 10],
    /// From when on it holds no more.
    pub expires_at: ServerTime,
}

/// A phone that answers an invitation.
#[derive(Debug, Clone)]
pub struct EnrolOrder {
    /// Which invitation.
    pub invitation: u32,
    /// The code that came with it.
    pub code: [u8; 10],
    /// The phone's key; it has proven that it holds the secret one.
    pub key: PublicKey,
    /// Who it says that it was, before this server was restored.
    pub before: Option<Before>,
    /// When.
    pub at: ServerTime,
}

/// Why an invitation brings no phone in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvitationError {
    /// No such invitation, or another code: nobody is told which.
    #[error("this invitation is not known, or its code is wrong: scan it again, or type it anew")]
    Unknown,
    /// Too old.
    #[error("this invitation was good for 15 minutes, which are over: ask your administrator for a new one")]
    Expired,
    /// Tried too often.
    #[error("this invitation was tried with wrong codes too often and is void: ask your administrator for a new one")]
    Void,
    /// The phone wants to come back under a number that it cannot have.
    #[error(
        "this phone cannot come back under its number, which is not this person's or is another phone's by now: copy what it has not sent, and enrol it anew"
    )]
    NumberTaken,
    /// Another phone came in by it.
    #[error("this invitation was used by another phone: ask your administrator for a new one, and tell them of this")]
    Used,
}

/// What the server knows of a device by which a request is signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credential {
    /// Whose it is.
    pub person: PersonId,
    /// Its key.
    pub key: PublicKey,
    /// Whether it was revoked.
    pub revoked: Option<Revocation>,
}

/// That a device was revoked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revocation {
    /// When.
    pub at: ServerTime,
    /// By whom.
    pub by: String,
    /// Why.
    pub reason: String,
    /// What becomes of what it had not pushed.
    pub hand_over: HandOver,
}

/// What becomes of what a revoked phone had not pushed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HandOver {
    /// It is not wanted.
    No,
    /// The phone may hand it over, once.
    Offered,
    /// It did.
    Taken,
}

impl HandOver {
    /// Its name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::No => "no",
            Self::Offered => "offered",
            Self::Taken => "taken",
        }
    }

    /// That of a name.
    pub fn named(name: &str) -> Option<Self> {
        [Self::No, Self::Offered, Self::Taken].into_iter().find(|state| state.name() == name)
    }
}

/// A device as lists show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceState {
    /// Its number.
    pub number: DeviceNumber,
    /// Whose it is.
    pub person: PersonId,
    /// When it was enrolled; none of a device that never was, whose number only stands in old records.
    pub enrolled_at: Option<ServerTime>,
    /// When it was last heard of, to the hour.
    pub seen_at: Option<ServerTime>,
    /// Whether it was revoked.
    pub revoked: Option<Revocation>,
}

/// An order to revoke devices.
#[derive(Debug, Clone)]
pub struct RevokeOrder {
    /// Which.
    pub devices: Revoked,
    /// Who revokes.
    pub by: Actor,
    /// Why.
    pub reason: String,
    /// Whether what they had not pushed may be handed over, once, for a leader to decide on.
    pub hand_over: bool,
    /// When.
    pub at: ServerTime,
}

/// Which devices are revoked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Revoked {
    /// One.
    Device(DeviceNumber),
    /// All of a person's, with the invitations that are open.
    AllOf(PersonId),
}

/// What the store does with phones.
#[async_trait]
pub trait Devices: Send + Sync {
    /// Makes an invitation.
    async fn invite(&self, order: InviteOrder) -> Result<Invited, StoreError>;

    /// Takes a phone in. The same phone's repetition is answered alike, since an answer may have been lost.
    async fn enrol(&self, order: EnrolOrder) -> Result<Result<DeviceNumber, InvitationError>, StoreError>;

    /// What is known of a device; none of one that was never enrolled. Read anew each time, so that a revocation by another
    /// process holds for the very next request.
    async fn credential(&self, device: DeviceNumber) -> Result<Option<Credential>, StoreError>;

    /// Notes that a device was heard of; at most once an hour is written down.
    async fn seen(&self, device: DeviceNumber, at: ServerTime) -> Result<(), StoreError>;

    /// All devices, by number.
    async fn devices(&self) -> Result<Vec<DeviceState>, StoreError>;

    /// Revokes devices, from the very next request on. Returns those that were not revoked yet.
    async fn revoke(&self, order: RevokeOrder) -> Result<Vec<DeviceNumber>, StoreError>;
}

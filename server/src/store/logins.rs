//! What the store keeps of people who come by a browser: logins, failed tries, second factors, sessions. Each operation is
//! one transaction, with its entry in the audit log; what is to be decided is decided by [`crate::access`].

use super::{Actor, StoreError};
use crate::access::{SessionToken, Step, site};
use async_trait::async_trait;
use canvass_core::domain::{Membership, Person, PersonId, ServerTime};
use zeroize::Zeroizing;

/// From where somebody comes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Visitor {
    /// The network address.
    pub address: String,
    /// What the browser calls itself.
    pub agent: String,
}

impl Visitor {
    /// The site they come from ([`site`]).
    pub fn site(&self) -> String {
        self.address.parse().map_or_else(|_| self.address.clone(), |address| site(address).to_string())
    }
}

/// What a try to log in meets.
#[derive(Debug, Clone)]
pub struct Tried {
    /// Until when the name is locked for this visitor.
    pub locked_until: Option<ServerTime>,
    /// The hash that the password must have; none for a name that nobody may log in by.
    pub password: Option<String>,
}

/// A try to log in, with the password verified or not.
#[derive(Debug, Clone)]
pub struct LogIn {
    /// The name as it was typed.
    pub name: String,
    /// The hash of which the password was found to be; none if it was not.
    pub verified: Option<String>,
    /// From where.
    pub visitor: Visitor,
    /// When.
    pub at: ServerTime,
}

/// What a try to log in comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LoggedIn {
    /// A session begins; it may still lack something.
    Session(SessionToken),
    /// The name or the password is wrong.
    Wrong,
    /// The one-time password was right, and has run out.
    RunOut,
    /// The name is locked until then.
    Locked(ServerTime),
}

/// A session that holds.
#[derive(Debug, Clone)]
pub struct Session {
    /// Its number, by which it is listed and ended.
    pub number: u64,
    /// Whose it is.
    pub person: PersonId,
    /// What comes next for it.
    pub step: Step,
    /// Whether the person has a second factor.
    pub second_factor: bool,
    /// What each form of this session carries, and nobody else knows.
    pub form_token: String,
}

/// A code of a second factor, given in a session.
#[derive(Debug, Clone)]
pub struct GivenCode {
    /// The session.
    pub token: SessionToken,
    /// The code as it was typed: six digits, or a recovery code.
    pub code: String,
    /// From where.
    pub visitor: Visitor,
    /// When.
    pub at: ServerTime,
}

/// What a code comes to, or a present password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CodeAnswer<T> {
    /// It holds.
    Right(T),
    /// It does not.
    Wrong,
    /// Too many were wrong: nothing is looked at until then.
    Locked(ServerTime),
}

/// A second factor that was set up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetUp {
    /// The session under its new token.
    pub token: SessionToken,
    /// The recovery codes, which are shown once.
    pub recovery_codes: Vec<String>,
}

/// A new password of one's own.
#[derive(Debug, Clone)]
pub struct NewPassword {
    /// The session in which it is given.
    pub token: SessionToken,
    /// The hash of which the present password was found to be; none if it was not.
    pub verified: Option<String>,
    /// The new one's hash.
    pub hash: String,
    /// From where.
    pub visitor: Visitor,
    /// When.
    pub at: ServerTime,
}

/// A login by a one-time password: a new one, or one that is reset.
#[derive(Debug, Clone)]
pub struct OneTime {
    /// Whose.
    pub person: PersonId,
    /// The one-time password's hash.
    pub hash: String,
    /// By whom.
    pub by: Actor,
    /// When.
    pub at: ServerTime,
}

/// A session as it is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionState {
    /// Its number.
    pub number: u64,
    /// When it began.
    pub made_at: ServerTime,
    /// When it was last used, to the minute.
    pub seen_at: ServerTime,
    /// When it ends in any case.
    pub expires_at: ServerTime,
    /// From where it was begun.
    pub visitor: Visitor,
}

/// Which of a person's sessions are ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// The one of a number.
    One(u64),
    /// All but one.
    AllBut(u64),
    /// All.
    All,
}

/// A login as it is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginState {
    /// Whose.
    pub person: PersonId,
    /// When it was made.
    pub made_at: ServerTime,
    /// Until when its one-time password holds, if it has not been changed yet.
    pub one_time_until: Option<ServerTime>,
    /// Whether it has a second factor.
    pub second_factor: bool,
    /// Since when it is disabled.
    pub disabled_at: Option<ServerTime>,
    /// Until when too many failures lock it, but for places from which its owner came in before.
    pub locked_until: Option<ServerTime>,
    /// Until when it is locked for those who failed at it; its owner elsewhere notices nothing.
    pub tried_until: Option<ServerTime>,
    /// How many sessions are open.
    pub sessions: usize,
}

/// The operations on logins and sessions.
#[async_trait]
pub trait Logins: Send + Sync {
    /// What a visitor's try to log in by a name meets.
    async fn tried(&self, name: &str, visitor: &Visitor, at: ServerTime) -> Result<Tried, StoreError>;

    /// Counts a try, and begins a session if it was a good one.
    async fn log_in(&self, order: LogIn) -> Result<LoggedIn, StoreError>;

    /// The session of a token, unless it ended, or its person may not come in any more. Notes that it was used, if it was: a
    /// page that only keeps itself up to date keeps no session open.
    async fn session(&self, token: &SessionToken, at: ServerTime, used: bool) -> Result<Option<Session>, StoreError>;

    /// Takes a code of the second factor or a recovery code: the session is full then, under a new token.
    async fn give_code(&self, given: GivenCode) -> Result<CodeAnswer<SessionToken>, StoreError>;

    /// The secret of a second factor that a session is to set up; the same until it is confirmed. None if there is one.
    async fn begin_second_factor(
        &self,
        token: &SessionToken,
        at: ServerTime,
    ) -> Result<Option<Zeroizing<Vec<u8>>>, StoreError>;

    /// Confirms a second factor by its first code.
    async fn confirm_second_factor(&self, given: GivenCode) -> Result<CodeAnswer<SetUp>, StoreError>;

    /// Makes new recovery codes for a code of the second factor; the old ones hold no longer.
    async fn renew_recovery_codes(&self, given: GivenCode) -> Result<CodeAnswer<Vec<String>>, StoreError>;

    /// How many recovery codes a person has left.
    async fn recovery_codes_left(&self, person: &PersonId) -> Result<usize, StoreError>;

    /// Changes a password; every other session of the person ends. A present password that is wrong counts like one at the
    /// log-in: who got a session must not find it out there.
    async fn change_password(&self, new: NewPassword) -> Result<CodeAnswer<SessionToken>, StoreError>;

    /// A person's open sessions.
    async fn sessions(&self, person: &PersonId, at: ServerTime) -> Result<Vec<SessionState>, StoreError>;

    /// Ends sessions of a person. Returns how many.
    async fn end_sessions(
        &self,
        person: &PersonId,
        which: Which,
        by: Actor,
        at: ServerTime,
    ) -> Result<usize, StoreError>;

    /// Every login.
    async fn logins(&self, at: ServerTime) -> Result<Vec<LoginState>, StoreError>;

    /// Makes a login for a person, who joins the bank or is changed there if `joins` says so.
    async fn add_login(&self, new: OneTime, joins: Option<(Person, Option<Membership>)>) -> Result<(), StoreError>;

    /// Gives a login another one-time password; its second factor, lock and sessions go.
    async fn reset_login(&self, new: OneTime) -> Result<(), StoreError>;

    /// Disables a login; its sessions end, and the person's phones are revoked.
    async fn disable_login(&self, person: &PersonId, by: Actor, at: ServerTime) -> Result<(), StoreError>;

    /// Lets a disabled login in again. Phones stay revoked.
    async fn enable_login(&self, person: &PersonId, by: Actor, at: ServerTime) -> Result<(), StoreError>;

    /// Makes sure of a first administrator: none while some administrator has chosen a password; otherwise whoever is to log
    /// in by the one-time password of this hash from now on.
    async fn first_administrator(&self, hash: String, at: ServerTime) -> Result<Option<PersonId>, StoreError>;
}

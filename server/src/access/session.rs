//! Sessions: what one still lacks before it opens any page, and how long it lasts.

use canvass_core::domain::{Bank, Date, PersonId, Role, Roles};
use data_encoding::HEXLOWER;
use std::fmt;
use std::str::FromStr;
use zeroize::Zeroizing;

/// A session ends when nothing was asked for so long: one hour.
pub const IDLE_MS: i64 = 3_600_000;
/// It ends in any case after so long: one working day.
pub const LONGEST_MS: i64 = 12 * 3_600_000;
/// When it was last used is written down this often.
pub const TOUCH_MS: i64 = 60_000;
/// A one-time password holds for a day.
pub const ONE_TIME_MS: i64 = 24 * 3_600_000;

/// What a session's browser returns with every request: 256 random bits. The server keeps only their mark.
#[derive(Clone, PartialEq, Eq)]
pub struct SessionToken(Zeroizing<[u8; 32]>);

impl SessionToken {
    /// A token of fresh randomness.
    pub fn new(random: [u8; 32]) -> Self {
        Self(Zeroizing::new(random))
    }

    /// Its bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// As it stands in the cookie.
    pub fn reveal(&self) -> String {
        HEXLOWER.encode(self.as_bytes())
    }
}

impl FromStr for SessionToken {
    type Err = data_encoding::DecodeError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let length = data_encoding::DecodeError { position: 0, kind: data_encoding::DecodeKind::Length };
        let bytes = HEXLOWER.decode(text.as_bytes())?;
        bytes.as_slice().try_into().map(Self::new).map_err(|_| length)
    }
}

impl fmt::Debug for SessionToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionToken(…)")
    }
}

/// What a session has been given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// The password.
    Password,
    /// All that the person has.
    Full,
}

impl Stage {
    /// Its name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Full => "full",
        }
    }

    /// The stage of a name; what is unknown has been given least.
    pub fn named(name: &str) -> Self {
        if name == Self::Full.name() { Self::Full } else { Self::Password }
    }
}

/// What comes next for a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// A code of the second factor is wanted.
    GiveCode,
    /// The password held once and must be changed.
    ChangePassword,
    /// The role needs a second factor, and there is none.
    SetUpSecondFactor,
    /// Pages are open to it.
    In,
}

/// What comes next: asked for every request anew, so that a role given or a reset made meanwhile counts at once.
pub fn next(stage: Stage, one_time: bool, second_factor: bool, roles: Roles) -> Step {
    match (stage, second_factor) {
        (Stage::Password, true) => Step::GiveCode,
        _ if one_time => Step::ChangePassword,
        (_, false) if roles.any(Role::needs_second_factor) => Step::SetUpSecondFactor,
        _ => Step::In,
    }
}

/// Whether somebody is of the bank on a day: known, and not with all memberships ended. Administrators and auditors may
/// belong to no unit at all.
pub fn of_the_bank(bank: &Bank, person: &PersonId, today: Date) -> bool {
    let mut places = bank.memberships().filter(|member| member.person == *person).peekable();
    bank.person(person).is_some() && (places.peek().is_none() || places.any(|member| member.holds_on(today)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use canvass_core::domain::{Membership, Person, Unit, UnitLevel};

    #[test]
    fn a_session_opens_pages_once_nothing_is_lacking() {
        let leader = Role::BranchLeader.into();
        let manager = Role::AccountManager.into();
        for (stage, one_time, second_factor, roles, step) in [
            (Stage::Password, true, false, leader, Step::ChangePassword),
            (Stage::Password, false, false, leader, Step::SetUpSecondFactor),
            (Stage::Password, false, true, leader, Step::GiveCode),
            (Stage::Password, true, true, leader, Step::GiveCode),
            (Stage::Full, false, true, leader, Step::In),
            (Stage::Full, true, true, leader, Step::ChangePassword),
            (Stage::Full, false, false, leader, Step::SetUpSecondFactor),
            (Stage::Password, true, false, manager, Step::ChangePassword),
            (Stage::Password, false, true, manager, Step::GiveCode),
            (Stage::Password, false, false, manager, Step::In),
            (Stage::Full, false, false, manager, Step::In),
        ] {
            assert_eq!(
                next(stage, one_time, second_factor, roles),
                step,
                "{stage:?} {one_time} {second_factor} {roles}"
            );
        }
    }

    #[test]
    fn who_left_is_not_of_the_bank_any_more_and_who_belongs_to_no_unit_may_be() {
        let unit = Unit { id: "H".parse().expect("id"), parent: None, level: UnitLevel::HeadOffice, name: "H".into() };
        let person = |id: &str| Person { id: id.parse().expect("id"), name: id.into(), roles: Role::Auditor.into() };
        let from = Date::constant(2026, 1, 1);
        let until = Some(Date::constant(2026, 3, 1));
        let left = Membership { person: "L".parse().expect("id"), unit: unit.id.clone(), from, until };
        let bank = Bank::new(vec![unit], vec![person("L"), person("A")], vec![left], vec![]).expect("a bank");
        let here = |id: &str, day| of_the_bank(&bank, &id.parse().expect("id"), day);
        assert!(here("L", Date::constant(2026, 2, 28)) && here("A", from));
        assert!(!here("L", Date::constant(2026, 3, 1)) && !here("X", from));
    }

    #[test]
    fn a_token_survives_its_cookie_and_is_never_printed() {
        let token = SessionToken::new([7; 32]);
        assert_eq!(token.reveal().parse::<SessionToken>().as_ref(), Ok(&token));
        assert_eq!(format!("{token:?}"), "SessionToken(…)");
        for bad in ["", "07", &"07".repeat(33), &"zz".repeat(32)] {
            assert!(bad.parse::<SessionToken>().is_err(), "{bad}");
        }
    }
}

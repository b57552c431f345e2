//! Roles: what a person is at the bank. What each may do is data, in every kind's own file and in [`super::rights`].

use super::{Invalid, Label};
use std::fmt;
use std::str::FromStr;

/// What a person is at the bank. One person can be several things.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// 客户经理: walks communities.
    AccountManager,
    /// 产品经理: goes along with advice on products (`[case]`: ten of them behind three hundred account managers).
    ProductManager,
    /// 支行行长: answers for a branch and reads what all units below record.
    BranchLeader,
    /// 核实员: compares claimed results with the ledger.
    Verifier,
    /// 客服: complaints and questions.
    ServiceDesk,
    /// 总行: defines campaigns.
    HeadOffice,
    /// 审计员: reads, and changes nothing.
    Auditor,
    /// 管理员: people's logins and phones; reads nothing of customers.
    Administrator,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 8] = [
        Self::AccountManager,
        Self::ProductManager,
        Self::BranchLeader,
        Self::Verifier,
        Self::ServiceDesk,
        Self::HeadOffice,
        Self::Auditor,
        Self::Administrator,
    ];

    /// Its name in tables and on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::AccountManager => "account_manager",
            Self::ProductManager => "product_manager",
            Self::BranchLeader => "branch_leader",
            Self::Verifier => "verifier",
            Self::ServiceDesk => "service_desk",
            Self::HeadOffice => "head_office",
            Self::Auditor => "auditor",
            Self::Administrator => "administrator",
        }
    }

    /// Its name on pages.
    pub fn label(self) -> Label {
        match self {
            Self::AccountManager => Label { zh: "客户经理", en: "Account manager" },
            Self::ProductManager => Label { zh: "产品经理", en: "Product manager" },
            Self::BranchLeader => Label { zh: "支行行长", en: "Branch leader" },
            Self::Verifier => Label { zh: "核实员", en: "Verifier" },
            Self::ServiceDesk => Label { zh: "客服", en: "Service desk" },
            Self::HeadOffice => Label { zh: "总行", en: "Head office" },
            Self::Auditor => Label { zh: "审计员", en: "Auditor" },
            Self::Administrator => Label { zh: "管理员", en: "Administrator" },
        }
    }

    /// The role of a name.
    ///
    /// # Errors
    /// When there is no such role.
    pub fn named(name: &str) -> Result<Self, Invalid> {
        Self::ALL.into_iter().find(|role| role.name() == name).ok_or_else(|| {
            let names: Vec<_> = Self::ALL.iter().map(|role| role.name()).collect();
            Invalid::new("role", name, format!("one of {}", names.join(", ")))
        })
    }

    /// Whether the units below one's own are one's own too.
    pub fn oversees(self) -> bool {
        self != Self::AccountManager
    }

    /// Whether the person's phone holds what the units below record.
    pub fn leads(self) -> bool {
        self == Self::BranchLeader
    }

    /// Whether a login of this role needs a second factor (`[etiquette]`: system operations need two).
    pub fn needs_second_factor(self) -> bool {
        matches!(self, Self::BranchLeader | Self::Verifier | Self::HeadOffice | Self::Auditor | Self::Administrator)
    }

    fn bit(self) -> u8 {
        1 << (self as u8)
    }
}

/// What a person is: one role or several.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Roles(u8);

impl Roles {
    /// These roles and no others; `None` for none at all.
    pub fn of(roles: impl IntoIterator<Item = Role>) -> Option<Self> {
        let bits = roles.into_iter().fold(0, |bits, role| bits | role.bit());
        (bits != 0).then_some(Self(bits))
    }

    /// Whether a role is among them.
    pub fn has(self, role: Role) -> bool {
        self.0 & role.bit() != 0
    }

    /// Each of them.
    pub fn iter(self) -> impl Iterator<Item = Role> {
        Role::ALL.into_iter().filter(move |role| self.has(*role))
    }

    /// Whether any of them is so.
    pub fn any(self, is: fn(Role) -> bool) -> bool {
        self.iter().any(is)
    }
}

impl From<Role> for Roles {
    fn from(role: Role) -> Self {
        Self(role.bit())
    }
}

impl fmt::Display for Roles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.iter().map(Role::name).collect();
        f.write_str(&names.join(","))
    }
}

impl fmt::Debug for Roles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Roles {
    type Err = Invalid;
    /// Reads names parted by commas, as they stand in tables and on the wire.
    fn from_str(text: &str) -> Result<Self, Invalid> {
        let mut roles = Vec::new();
        for name in text.split(',') {
            roles.push(Role::named(name.trim())?);
        }
        Self::of(roles).ok_or_else(|| Invalid::new("role", text, "at least one role"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_can_be_several_things() {
        let both: Roles = "branch_leader, verifier".parse().expect("roles");
        assert!(both.has(Role::Verifier) && both.has(Role::BranchLeader) && !both.has(Role::Auditor));
        assert_eq!(both.to_string().parse(), Ok(both));
        assert_eq!(Roles::of(Role::ALL).map(|all| all.iter().count()), Some(Role::ALL.len()));
        for bad in ["", "manager", "verifier,"] {
            assert!(bad.parse::<Roles>().is_err(), "{bad}");
        }
    }
}

//! Who may do what: role × kind × action × own unit or another, as data. Every kind's row of the matrix stands in that
//! kind's own file; this file says how it is read, and holds the duties that are about no record. Rights follow from the
//! bank's tables and from assignments, which only the server writes; no field that a phone writes grants any.

use super::{KindSpec, Role, Roles};

/// What somebody does with records of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// Holds it on a phone, or reads it on a page.
    Read,
    /// Begins one. A verification is begun on a page or by a command: the server writes it down.
    Create,
    /// Edits one that another began; one's own, whoever may create may edit.
    Edit,
}

impl Action {
    /// Every action.
    pub const ALL: [Self; 3] = [Self::Read, Self::Create, Self::Edit];
}

/// Where a record stands to a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// In a unit of the person's, or everybody's. Of a confidential record: the person is assigned, or leads the unit.
    Own,
    /// Anywhere else.
    Other,
}

impl Place {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Own, Self::Other];
}

/// A set of actions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Actions {
    read: bool,
    create: bool,
    edit: bool,
}

impl Actions {
    /// None.
    pub const NONE: Self = Self { read: false, create: false, edit: false };
    /// Reading.
    pub const READ: Self = Self { read: true, ..Self::NONE };
    /// Reading and beginning, and editing what one began.
    pub const RECORD: Self = Self { create: true, ..Self::READ };
    /// All.
    pub const ALL: Self = Self { edit: true, ..Self::RECORD };

    /// Whether an action is among them.
    pub fn has(self, action: Action) -> bool {
        match action {
            Action::Read => self.read,
            Action::Create => self.create,
            Action::Edit => self.edit,
        }
    }
}

/// What a role may do with records of one kind.
#[derive(Debug, Clone, Copy)]
pub struct Allowed {
    role: Role,
    own: Actions,
    other: Actions,
}

impl Allowed {
    /// In one's own unit, and nothing in another.
    pub const fn own(role: Role, own: Actions) -> Self {
        Self { role, own, other: Actions::NONE }
    }
}

impl KindSpec {
    /// Whether somebody of these roles may do something with records of this kind.
    pub fn allows(&self, roles: Roles, action: Action, place: Place) -> bool {
        let granted = |allowed: &Allowed| match place {
            Place::Own => allowed.own.has(action),
            Place::Other => allowed.other.has(action),
        };
        self.rights.iter().any(|allowed| roles.has(allowed.role) && granted(allowed))
    }
}

/// What somebody does that is about no one record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Duty {
    /// Reads the rankings, which are published to the whole bank (`[case]`: every week).
    ReadStandings,
    /// Decides on what is held.
    DecideHeld,
    /// Assigns prospects to units and people.
    AssignProspects,
    /// Erases what was recorded of somebody who asks for it.
    EraseRecords,
    /// Hands out invitations for phones.
    InviteDevices,
    /// Lists phones and revokes them.
    RevokeDevices,
    /// Makes, resets and disables logins.
    ManageLogins,
    /// Reads the audit log.
    ReadAudit,
}

impl Duty {
    /// Every duty.
    pub const ALL: [Self; 8] = [
        Self::ReadStandings,
        Self::DecideHeld,
        Self::AssignProspects,
        Self::EraseRecords,
        Self::InviteDevices,
        Self::RevokeDevices,
        Self::ManageLogins,
        Self::ReadAudit,
    ];

    /// Who has it: roles that have it in their own units, and roles that have it anywhere.
    fn held_by(self) -> (&'static [Role], &'static [Role]) {
        use Role::{Administrator, Auditor, BranchLeader, HeadOffice};
        match self {
            Self::ReadStandings => (&[], &Role::ALL),
            Self::DecideHeld | Self::AssignProspects => (&[BranchLeader, HeadOffice], &[]),
            Self::EraseRecords => (&[HeadOffice], &[]),
            Self::InviteDevices | Self::ManageLogins => (&[], &[Administrator]),
            Self::RevokeDevices => (&[BranchLeader], &[Administrator]),
            Self::ReadAudit => (&[], &[Auditor, Administrator]),
        }
    }
}

impl Roles {
    /// Whether somebody of these roles has a duty at a place.
    pub fn have(self, duty: Duty, place: Place) -> bool {
        let (own, anywhere) = duty.held_by();
        self.iter().any(|role| anywhere.contains(&role) || (place == Place::Own && own.contains(&role)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::KINDS;

    /// The matrix in one picture, as the product owner reads it: r(ead), c(reate), e(dit) in one's own unit; a role without
    /// a letter has nothing, and nobody has anything in another unit.
    #[test]
    fn the_matrix_says_what_the_design_says() {
        let letters = |kind: &KindSpec, role: Role, place| -> String {
            let letter = [(Action::Read, 'r'), (Action::Create, 'c'), (Action::Edit, 'e')];
            letter.into_iter().filter(|(action, _)| kind.allows(role.into(), *action, place)).map(|(_, c)| c).collect()
        };
        let mut drawn = String::new();
        for kind in KINDS {
            let row = Role::ALL.map(|role| format!("{:>4}", letters(kind, role, Place::Own)));
            drawn.push_str(&format!("{:<13}{}\n", kind.name, row.concat()));
            let others = Role::ALL.map(|role| letters(kind, role, Place::Other));
            assert!(others.concat().is_empty(), "{}: {others:?}", kind.name);
        }
        let expected = "\
prospect      rce   r rce   r   r rce   r    
visit          rc  rc  rc       r  rc   r    
campaign        r   r   r   r   r rce   r    
outcome        rc  rc  rc   r      rc   r    
assignment      r   r   r   r   r   r   r    
verification    r   r   r  rc      rc   r    
dossier       rce     rce                    
attachment     rc  rc  rc       r  rc   r    
stage_move     rc  rc  rc   r      rc   r    
commitment    rce  rc rce         rce   r    
activity      rce  rc rce         rce   r    
complaint     rce  rc rce     rce rce   r    
proposal      rce  rc rce         rce   r    
bulletin        r   r   r   r   r  rc   r    
dispute         r   r  rc  rc      rc   r    
";
        assert_eq!(drawn, expected);
    }

    #[test]
    fn duties_are_where_the_design_puts_them() {
        let who = |duty, place| Role::ALL.into_iter().filter(|role| Roles::from(*role).have(duty, place)).collect();
        let who: &dyn Fn(Duty, Place) -> Vec<Role> = &who;
        assert_eq!(who(Duty::DecideHeld, Place::Own), [Role::BranchLeader, Role::HeadOffice]);
        assert_eq!(who(Duty::RevokeDevices, Place::Own), [Role::BranchLeader, Role::Administrator]);
        assert_eq!(who(Duty::RevokeDevices, Place::Other), [Role::Administrator]);
        assert_eq!(who(Duty::ReadAudit, Place::Other), [Role::Auditor, Role::Administrator]);
        assert!(who(Duty::DecideHeld, Place::Other).is_empty());
        assert_eq!(who(Duty::ReadStandings, Place::Other).len(), Role::ALL.len());
    }
}

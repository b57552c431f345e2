//! Whether a phone may write what it pushes. The matrix is core's; here it is asked for a record as it stands to a person
//! now, and as it stood when the phone was last told. Rights come from the bank's own tables and from assignments; no field
//! that a phone writes grants any.

use canvass_core::domain::{Action, Kind, Place, Roles, WrittenBy};

/// Why not: a code for programs, and words for the person.
pub type Denial = (&'static str, String);

/// How a person stands to a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standpoint {
    /// What the person is.
    pub roles: Roles,
    /// Where the record is.
    pub place: Place,
    /// How the person comes to write it.
    pub hand: Hand,
}

/// How a person comes to write a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hand {
    /// Begins it now.
    Begins,
    /// Began it once.
    Began,
    /// Another began it.
    Anothers,
}

/// What a phone's right to write a record comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Right {
    /// It may.
    Granted,
    /// It might have when it was last told, but that is longer ago than a lease: a leader decides.
    Held,
    /// It may not.
    Denied(&'static str, String),
}

/// Why a person may not write a record of another unit's prospect.
fn stranger() -> Denial {
    let words = "this record belongs to another unit: ask your branch leader to have it assigned to you";
    ("not-in-your-audience", words.to_owned())
}

/// Judges by how the person stands to the record now, and how it stood when the phone was last told: work done in good faith
/// is taken; what was told longer ago than a lease (`fresh` is false) is held.
pub fn judge(kind: &Kind, now: Standpoint, told: Option<Standpoint>, fresh: bool) -> Right {
    let denial = match may_write(kind, now) {
        Ok(()) => return Right::Granted,
        Err(denial) => denial,
    };
    match told.map(|told| may_write(kind, told)) {
        Some(Ok(())) if fresh => Right::Granted,
        Some(Ok(())) => Right::Held,
        _ => Right::Denied(denial.0, denial.1),
    }
}

/// Whether a person may write a record of a kind on a phone. A kind this version does not know may come from a newer phone of
/// anyone who holds the record.
///
/// # Errors
/// The code of the rule and words for the person.
pub fn may_write(kind: &Kind, standpoint: Standpoint) -> Result<(), Denial> {
    let Standpoint { roles, place, hand } = standpoint;
    let Some(spec) = kind.spec() else {
        return if hand != Hand::Anothers || place == Place::Own { Ok(()) } else { Err(stranger()) };
    };
    if spec.written_by == WrittenBy::Server {
        return Err(("server-only", format!("a {kind} is written by the server, never by a phone")));
    }
    let action = match hand {
        Hand::Begins => Action::Create,
        // What one person writes goes on being theirs wherever the prospect went; what a team shares goes with it.
        Hand::Began if spec.written_by == WrittenBy::Author => {
            return if spec.allows(roles, Action::Create, Place::Own) { Ok(()) } else { Err(not_your_role(kind)) };
        }
        Hand::Began => Action::Create,
        Hand::Anothers if spec.written_by == WrittenBy::Author && spec.allows(roles, Action::Read, place) => {
            let words = format!("only who recorded a {kind} edits it: ask them to, or record one of your own");
            return Err(("author-only", words));
        }
        Hand::Anothers => Action::Edit,
    };
    if spec.allows(roles, action, place) {
        Ok(())
    } else if spec.allows(roles, action, Place::Own)
        || spec.written_by == WrittenBy::Author && spec.allows(roles, Action::Read, Place::Own)
    {
        Err(stranger())
    } else {
        Err(not_your_role(kind))
    }
}

fn not_your_role(kind: &Kind) -> Denial {
    ("not-your-role", format!("your role does not write a {kind}: ask somebody whose role does to make this edit"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use canvass_core::domain::{KINDS, Role};

    fn allowed(role: Role, hand: Hand, place: Place) -> Vec<&'static str> {
        let at = Standpoint { roles: role.into(), place, hand };
        KINDS.iter().filter(|kind| may_write(&Kind::from(**kind), at).is_ok()).map(|kind| kind.name).collect()
    }

    #[test]
    fn each_role_writes_what_the_design_says_and_nothing_else() {
        use Hand::{Anothers, Began, Begins};
        let shared = ["commitment", "activity", "complaint", "proposal"];
        for field in [Role::AccountManager, Role::BranchLeader] {
            assert_eq!(
                allowed(field, Begins, Place::Own),
                [&["prospect", "visit", "outcome", "dossier", "attachment", "stage_move"][..], &shared].concat()
            );
            assert_eq!(
                allowed(field, Anothers, Place::Own),
                [&["prospect", "dossier"][..], &shared].concat(),
                "a visit is its author's alone"
            );
            assert_eq!(
                allowed(field, Began, Place::Other),
                ["visit", "outcome", "attachment", "stage_move"],
                "what a team shares goes along"
            );
        }
        assert_eq!(
            allowed(Role::HeadOffice, Begins, Place::Own),
            [&["prospect", "visit", "campaign", "outcome", "attachment", "stage_move"][..], &shared].concat()
        );
        assert_eq!(allowed(Role::HeadOffice, Anothers, Place::Own), [&["prospect", "campaign"][..], &shared].concat());
        let of_products = [&["visit", "outcome", "attachment", "stage_move"][..], &shared].concat();
        assert_eq!(allowed(Role::ProductManager, Begins, Place::Own), of_products);
        assert_eq!(
            allowed(Role::ProductManager, Began, Place::Own),
            of_products,
            "who may begin one may go on with it"
        );
        assert!(allowed(Role::ProductManager, Anothers, Place::Own).is_empty());
        for hand in [Begins, Began, Anothers] {
            assert_eq!(allowed(Role::ServiceDesk, hand, Place::Own), ["complaint"]);
        }
        for role in [Role::Verifier, Role::Auditor, Role::Administrator] {
            assert!(allowed(role, Begins, Place::Own).is_empty() && allowed(role, Anothers, Place::Own).is_empty());
        }
        for role in Role::ALL {
            assert!(allowed(role, Anothers, Place::Other).is_empty() && allowed(role, Begins, Place::Other).is_empty());
        }
    }

    #[test]
    fn work_in_good_faith_is_taken_within_a_lease_and_held_beyond_it() {
        let kind = Kind::from(&canvass_core::domain::prospect::KIND);
        let at = |place| Standpoint { roles: Role::AccountManager.into(), place, hand: Hand::Anothers };
        let (here, gone) = (at(Place::Own), at(Place::Other));
        assert_eq!(judge(&kind, here, None, false), Right::Granted);
        assert_eq!(judge(&kind, gone, Some(here), true), Right::Granted);
        assert_eq!(judge(&kind, gone, Some(here), false), Right::Held);
        assert!(matches!(judge(&kind, gone, Some(gone), true), Right::Denied("not-in-your-audience", _)));
        assert!(matches!(judge(&kind, gone, None, true), Right::Denied(..)));
    }
}

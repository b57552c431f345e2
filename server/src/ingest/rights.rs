//! Who may write which kind. Rights come from the bank's own tables; no field that a phone writes grants any.

use canvass_core::domain::{Kind, Role, WrittenBy};

/// How a person stands to a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standpoint {
    /// The person began it, or begins it now.
    Own,
    /// It is in one of the person's audiences.
    Holds,
    /// Neither.
    Stranger,
}

/// Why a person may not write a record of another unit's prospect.
pub(crate) fn stranger() -> (&'static str, String) {
    let words = "this record belongs to another unit: ask your branch leader to have it assigned to you";
    ("not-in-your-audience", words.to_owned())
}

/// Whether a person of a role may write a record of a kind on a phone. A kind this version does not know may come from a
/// newer phone of anyone.
///
/// # Errors
/// The code of the rule and words for the person.
pub fn may_write(role: Role, kind: &Kind, standpoint: Standpoint) -> Result<(), (&'static str, String)> {
    let written_by = kind.spec().map_or(WrittenBy::Team, |spec| spec.written_by);
    match (standpoint, written_by) {
        (_, WrittenBy::Server) => Err(("server-only", format!("a {kind} is written by the server, never by a phone"))),
        (Standpoint::Stranger, _) => Err(stranger()),
        (_, WrittenBy::HeadOffice) if role != Role::HeadOffice => {
            Err(("head-office-only", format!("only head office writes a {kind}: ask them to make this edit")))
        }
        (Standpoint::Holds, WrittenBy::Author) => {
            Err(("author-only", format!("only who recorded a {kind} edits it: ask them to, or record one of your own")))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use canvass_core::domain::KINDS;

    #[test]
    fn each_role_writes_what_the_design_says_and_nothing_else() {
        let allowed = |role, standpoint| -> Vec<&str> {
            let may = KINDS.iter().copied().filter(|kind| may_write(role, &Kind::from(*kind), standpoint).is_ok());
            may.map(|kind| kind.name).collect()
        };
        for field in [Role::AccountManager, Role::BranchLeader] {
            assert_eq!(allowed(field, Standpoint::Own), ["prospect", "visit", "outcome"]);
            assert_eq!(allowed(field, Standpoint::Holds), ["prospect"], "a visit is its author's alone");
        }
        assert_eq!(allowed(Role::HeadOffice, Standpoint::Own), ["prospect", "visit", "campaign", "outcome"]);
        assert_eq!(allowed(Role::HeadOffice, Standpoint::Holds), ["prospect", "campaign"]);
        for role in [Role::AccountManager, Role::BranchLeader, Role::HeadOffice] {
            assert!(allowed(role, Standpoint::Stranger).is_empty());
        }
    }
}

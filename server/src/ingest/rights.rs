//! Who may write which kind. Rights come from the bank's own tables; no field that a phone writes grants any.

use canvass_core::domain::{Kind, Role, WrittenBy};

/// Whether a person of a role may write records of a kind on a phone. A kind this version does not know may come from a
/// newer phone of anyone.
///
/// # Errors
/// The code of the rule and words for the person.
pub fn may_write(role: Role, kind: &Kind) -> Result<(), (&'static str, String)> {
    match kind.spec().map_or(WrittenBy::Phones, |spec| spec.written_by) {
        WrittenBy::Phones => Ok(()),
        WrittenBy::HeadOffice if role == Role::HeadOffice => Ok(()),
        WrittenBy::HeadOffice => {
            Err(("head-office-only", format!("only head office writes a {kind}: ask them to make this edit")))
        }
        WrittenBy::Server => Err(("server-only", format!("a {kind} is written by the server, never by a phone"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use canvass_core::domain::KINDS;

    #[test]
    fn each_role_writes_what_the_design_says_and_nothing_else() {
        let allowed = |role| -> Vec<&str> {
            let may = KINDS.iter().copied().filter(|kind| may_write(role, &Kind::from(*kind)).is_ok());
            may.map(|kind| kind.name).collect()
        };
        assert_eq!(allowed(Role::AccountManager), ["prospect", "visit", "outcome"]);
        assert_eq!(allowed(Role::BranchLeader), ["prospect", "visit", "outcome"]);
        assert_eq!(allowed(Role::HeadOffice), ["prospect", "visit", "campaign", "outcome"]);
    }
}

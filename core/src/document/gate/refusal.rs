//! Why a change was not admitted: to wait for others, to merge first, or for good.

use crate::document::ChangeHash;

/// Why the gate did not admit a change.
#[derive(thiserror::Error, Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The document holds it already; nothing needs to be done.
    #[error("change {0} is already here")]
    Known(ChangeHash),
    /// Changes that it was made upon are not here. Admit them first, then offer it again.
    #[error("{} of the changes it was made upon are not here: they have to come first", .0.len())]
    NeedsDeps(Vec<ChangeHash>),
    /// It would leave too many heads. Pull, merge, and make the edit again.
    #[error("too many edits of this record stand side by side: pull them, and make the edit again")]
    PullFirst,
    /// It breaks a rule, and will whenever it is offered again.
    #[error("{words} ({rule})")]
    Bad {
        /// Which rule, as a code.
        rule: &'static str,
        /// What is wrong and what to do, for a person.
        words: String,
    },
}

impl Refusal {
    /// A short code, stored and counted.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Known(_) => "known",
            Self::NeedsDeps(_) => "needs-deps",
            Self::PullFirst => "pull-first",
            Self::Bad { rule, .. } => rule,
        }
    }
}

/// The refusal by a rule of a change that its person cannot mend: only a faulty or hostile program makes such.
pub(super) fn bad(rule: &'static str, what: &str) -> Refusal {
    Refusal::Bad { rule, words: format!("{what}; update the app and make the edit again") }
}

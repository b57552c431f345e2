//! The decision on one record's push.

use super::rights::{Standpoint, may_write};
use canvass_core::document::gate::{Guarded, Refusal, Rules};
use canvass_core::document::{Change, Document, change_hash};
use canvass_core::domain::{DeviceNumber, Role};
use canvass_core::wire::{Push, Verdict};

/// Who pushes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sender {
    /// The server itself.
    Server,
    /// A phone, of a person with a role.
    Phone {
        /// The phone's number.
        device: DeviceNumber,
        /// Its person's role.
        role: Role,
        /// How the person stands to the record.
        standpoint: Standpoint,
    },
}

impl Sender {
    /// The author that its changes must name.
    pub fn device(&self) -> DeviceNumber {
        match self {
            Self::Server => DeviceNumber::SERVER,
            Self::Phone { device, .. } => *device,
        }
    }
}

/// A change that was refused, with its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quarantined {
    /// The rule.
    pub code: String,
    /// What the person is told.
    pub words: String,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// What becomes of one record's push.
#[derive(Debug)]
pub struct Decision {
    /// One for each change pushed.
    pub verdicts: Vec<Verdict>,
    /// Changes to append, in order.
    pub accepted: Vec<Change>,
    /// Changes refused.
    pub refused: Vec<Quarantined>,
    /// The document with what was accepted; none if nothing ever was.
    pub document: Option<Document>,
}

impl Decision {
    /// The same push, turned away as a whole after all: what was accepted is refused, with its bytes.
    #[must_use]
    pub fn turned_away(mut self, push: &Push, (code, words): (&str, String)) -> Self {
        for (verdict, bytes) in self.verdicts.iter_mut().zip(&push.changes) {
            if *verdict == Verdict::Accepted {
                *verdict = Verdict::Refused { code: code.to_owned(), words: words.clone() };
                self.refused.push(Quarantined { code: code.to_owned(), words: words.clone(), bytes: bytes.to_vec() });
            }
        }
        Self { accepted: Vec::new(), document: None, ..self }
    }
}

/// Decides on a push, given what is known of its record.
pub fn decide(sender: Sender, push: &Push, mut guarded: Guarded) -> Decision {
    let rules = Rules::server(sender.device());
    let right = match sender {
        Sender::Server => Ok(()),
        // By the kind that the record has, whatever the push calls it.
        Sender::Phone { role, standpoint, .. } => {
            let kind = guarded.document().and_then(Document::kind).unwrap_or_else(|| push.kind.clone());
            may_write(role, &kind, standpoint)
        }
    };
    let mut decision = Decision { verdicts: Vec::new(), accepted: Vec::new(), refused: Vec::new(), document: None };
    for bytes in &push.changes {
        let verdict = match &right {
            // What the server has already is known, whatever the rights are today: an acknowledgement may have been lost.
            Err(_) if guarded.document().is_some_and(|document| document.has(&change_hash(bytes))) => Verdict::Known,
            Err((code, words)) => Verdict::Refused { code: (*code).to_owned(), words: words.clone() },
            Ok(()) => match guarded.admit(bytes, &rules) {
                Ok(change) => {
                    decision.accepted.push(change);
                    Verdict::Accepted
                }
                Err(Refusal::Known(_)) => Verdict::Known,
                Err(Refusal::NeedsDeps(_)) => Verdict::NeedsDeps,
                Err(Refusal::PullFirst) => Verdict::PullFirst,
                Err(refusal @ Refusal::Bad { .. }) => {
                    Verdict::Refused { code: refusal.code().to_owned(), words: refusal.to_string() }
                }
            },
        };
        if let Verdict::Refused { code, words } = &verdict {
            let (code, words) = (code.clone(), words.clone());
            decision.refused.push(Quarantined { code, words, bytes: bytes.to_vec() });
        }
        decision.verdicts.push(verdict);
    }
    decision.document = guarded.into_document();
    decision
}

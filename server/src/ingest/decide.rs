//! The decision on one record's push.

use super::rights::{Denial, Right};
use canvass_core::document::gate::{Guarded, Refusal, Rules};
use canvass_core::document::{Change, ChangeHash, Document, change_hash};
use canvass_core::domain::{DeviceNumber, ServerTime};
use canvass_core::wire::{Push, Verdict};
use std::collections::HashMap;

/// Who wrote changes and when they first came, by receipts of this server.
pub type Proven = HashMap<ChangeHash, (DeviceNumber, ServerTime)>;

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
    /// The bytes of changes that a leader decides on, in order.
    pub held: Vec<Vec<u8>>,
    /// Changes refused.
    pub refused: Vec<Quarantined>,
    /// The document with what was accepted; none if nothing ever was.
    pub document: Option<Document>,
}

/// Decides on a push by the gate, given what is known of its record. A change is the device's own, unless its author is
/// proven.
pub fn decide(device: DeviceNumber, proven: &Proven, push: &Push, mut guarded: Guarded) -> Decision {
    let (mut verdicts, mut accepted, mut refused) = (Vec::new(), Vec::new(), Vec::new());
    for bytes in &push.changes {
        let author = match proven.is_empty() {
            true => device,
            false => proven.get(&change_hash(bytes)).map_or(device, |(author, _)| *author),
        };
        verdicts.push(match guarded.admit(bytes, &Rules::server(author)) {
            Ok(change) => {
                accepted.push(change);
                Verdict::Accepted
            }
            Err(Refusal::Known(_)) => Verdict::Known,
            Err(Refusal::NeedsDeps(_)) => Verdict::NeedsDeps,
            Err(Refusal::PullFirst) => Verdict::PullFirst,
            Err(refusal @ Refusal::Bad { .. }) => {
                let (code, words) = (refusal.code().to_owned(), refusal.to_string());
                refused.push(Quarantined { code: code.clone(), words: words.clone(), bytes: bytes.to_vec() });
                Verdict::Refused { code, words }
            }
        });
    }
    Decision { verdicts, accepted, held: Vec::new(), refused, document: guarded.into_document() }
}

impl Decision {
    /// The same push, once the sender's right is known. Who no longer `pulls` the record cannot merge what others made of it
    /// first, so a leader decides on that too.
    #[must_use]
    pub fn by(self, right: Right, pulls: bool, push: &Push) -> Self {
        match right {
            Right::Denied(code, words) => self.turned_away(push, (code, words)),
            Right::Held => self.held_where(push, |verdict| matches!(verdict, Verdict::Accepted | Verdict::PullFirst)),
            Right::Granted if pulls => self,
            Right::Granted => self.held_where(push, |verdict| *verdict == Verdict::PullFirst),
        }
    }

    /// The same push, turned away as a whole: what is not known already is refused, with its bytes.
    #[must_use]
    pub fn turned_away(mut self, push: &Push, (code, words): Denial) -> Self {
        for (verdict, bytes) in self.verdicts.iter_mut().zip(&push.changes) {
            if !matches!(verdict, Verdict::Known | Verdict::Refused { .. }) {
                *verdict = Verdict::Refused { code: code.to_owned(), words: words.clone() };
                self.refused.push(Quarantined { code: code.to_owned(), words: words.clone(), bytes: bytes.to_vec() });
            }
        }
        Self { accepted: Vec::new(), held: Vec::new(), document: None, ..self }
    }

    fn held_where(mut self, push: &Push, holds: impl Fn(&Verdict) -> bool) -> Self {
        for (verdict, bytes) in self.verdicts.iter_mut().zip(&push.changes) {
            // What was made upon something held waits for it.
            if holds(verdict) || (*verdict == Verdict::NeedsDeps && !self.held.is_empty()) {
                self.accepted.retain(|change| change.bytes != bytes.as_slice());
                self.held.push(bytes.to_vec());
                *verdict = Verdict::Held;
            }
        }
        // The document holds what is not in the record until a leader says so.
        if self.accepted.is_empty() {
            self.document = None;
        }
        self
    }
}

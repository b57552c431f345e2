//! What comes back to a server that was restored from an older backup: changes that it had taken once, as receipts of its own
//! prove. They count as they counted before, by author and time, and nothing of them is judged anew.

use super::ingest::{self, Intake};
use super::records::History;
use super::writer::Writing;
use super::{erasure, feeds};
use crate::ingest::{Assigned, Proven, decide};
use crate::store::StoreError;
use canvass_core::document::Document;
use canvass_core::domain::{DeviceNumber, Kind, Zone, prospect};
use canvass_core::wire::{ERASED, Push, Verdict};
use rusqlite::Connection;

/// A push of which the server had some before.
pub(super) struct Parts {
    /// Those changes.
    pub(super) back: Push,
    /// The others.
    pub(super) new: Push,
    /// For each change of the push, whether it comes back.
    comes_back: Vec<bool>,
}

/// Parts what is proven of a push from what is not; none if nothing is.
pub(super) fn parts(push: &Push, proven: &Proven) -> Option<Parts> {
    if proven.is_empty() {
        return None;
    }
    let comes_back: Vec<bool> = push.hashes().map(|hash| proven.contains_key(&hash)).collect();
    if !comes_back.contains(&true) {
        return None;
    }
    let those = |wanted: bool| {
        let changes = push.changes.iter().zip(&comes_back).filter(|(_, back)| **back == wanted);
        Push { changes: changes.map(|(bytes, _)| bytes.clone()).collect(), ..push.clone() }
    };
    Some(Parts { back: those(true), new: those(false), comes_back })
}

impl Parts {
    /// The verdicts on both parts, in the order of the push.
    pub(super) fn together(&self, back: Vec<Verdict>, new: Vec<Verdict>) -> Vec<Verdict> {
        let (mut back, mut new) = (back.into_iter(), new.into_iter());
        let next = |comes_back: &bool| if *comes_back { back.next() } else { new.next() };
        self.comes_back.iter().filter_map(next).collect()
    }
}

/// Takes again what is proven of one record.
pub(super) fn take(
    writing: &mut Writing<'_>,
    intake: &mut Intake,
    (device, proven): (DeviceNumber, &Proven),
    back: &Push,
) -> Result<Vec<Verdict>, StoreError> {
    let history = History::of(writing.db, back.record)?;
    let mut decision = decide(device, proven, back, history.guarded(&back.kind)?);
    let prospect = decision.document.as_ref().and_then(Document::prospect);
    if let Some(prospect) = prospect
        && erasure::is_erased(writing.db, prospect)?
    {
        decision = decision.turned_away(back, (ERASED, erasure::words(&Kind::from(&prospect::KIND))));
    }
    ingest::quarantine(writing.db, device, back, &decision, intake.at)?;
    for change in &decision.accepted {
        let Some((author, received_at)) = proven.get(&change.hash).copied() else { continue };
        reserve(writing.db, author)?;
        // Should its assignment be lost for good, a prospect falls to whom it fell when it first came.
        if back.kind.is(&prospect::KIND) && feeds::assigned(writing.db, back.record)?.is_none() {
            let person = intake.bank.holder(author);
            let day = received_at.date(&Zone::china());
            let unit = person.and_then(|person| intake.bank.home_unit(&person.id, day));
            let to =
                person.zip(unit).map(|(person, unit)| Assigned { unit: unit.clone(), owner: Some(person.id.clone()) });
            intake.unassigned.extend(to.map(|to| (back.record, to, received_at)));
        }
    }
    ingest::append(writing, intake, (device, proven), &history, &decision, None)?;
    Ok(decision.verdicts)
}

/// Keeps a number from being given to another phone whose own enrolment was lost.
fn reserve(db: &Connection, author: DeviceNumber) -> Result<(), StoreError> {
    let sql = "INSERT INTO setting (name, value) VALUES ('device_number', ?1)
               ON CONFLICT (name) DO UPDATE SET value = max(value, ?1)";
    db.prepare_cached(sql)?.execute([author.get()])?;
    Ok(())
}

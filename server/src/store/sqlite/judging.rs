//! Judging one record's push by the record's own kind and prospect, whatever the push calls them, and by how its sender stands
//! to it: for what phones push, what revoked phones hand over, and what a leader decides on.

use super::records::History;
use super::{erasure, feeds};
use crate::ingest::{Assigned, Decision, Grants, Hand, Right, Standpoint, Told, judge, may_write};
use crate::store::StoreError;
use canvass_core::document::Document;
use canvass_core::domain::{
    AudienceRule, Bank, DeviceNumber, Kind, PersonId, Place, RecordId, ServerTime, UnitId, attachment, prospect,
};
use canvass_core::wire::{ERASED, Push};
use rusqlite::Connection;

/// What a push is about.
pub(super) struct About {
    /// The record's kind.
    pub(super) kind: Kind,
    /// The prospect it belongs to.
    pub(super) prospect: Option<RecordId>,
    /// The record whose attachment it is.
    of: Option<RecordId>,
    begun_by: Option<DeviceNumber>,
    /// To whom its prospect is assigned.
    pub(super) assigned: Option<Assigned>,
}

/// By when, and by what it had been told, a sender is judged.
pub(super) struct Judging<'a> {
    pub(super) bank: &'a Bank,
    pub(super) grants: &'a Grants,
    pub(super) told: Option<&'a Told>,
    pub(super) at: ServerTime,
    pub(super) lease_ms: i64,
}

impl About {
    pub(super) fn of(db: &Connection, push: &Push, history: &History, decision: &Decision) -> Result<Self, StoreError> {
        let document = decision.document.as_ref();
        let kind = document.and_then(Document::kind).unwrap_or_else(|| push.kind.clone());
        let prospect = if kind.is(&prospect::KIND) { Some(push.record) } else { document.and_then(Document::prospect) };
        let assigned = prospect.map(|prospect| feeds::assigned(db, prospect)).transpose()?.flatten();
        let of = document.filter(|_| kind.is(&attachment::KIND)).and_then(|document| document.fields().record("of"));
        Ok(Self { kind, prospect, of, begun_by: history.begun_by, assigned })
    }

    /// The unit whose leaders decide on it.
    pub(super) fn unit(&self) -> Option<&UnitId> {
        self.assigned.as_ref().map(|assigned| &assigned.unit)
    }

    fn hand(&self, bank: &Bank, person: &PersonId) -> Hand {
        match self.begun_by {
            None => Hand::Begins,
            Some(device) if bank.holder(device).is_some_and(|began| began.id == *person) => Hand::Began,
            Some(_) => Hand::Anothers,
        }
    }

    fn standpoint(&self, bank: &Bank, grants: &Grants, assigned: Option<&Assigned>) -> Standpoint {
        let hand = self.hand(bank, &grants.person);
        let everybodys = self.kind.spec().is_some_and(|spec| spec.audience == AudienceRule::Bank);
        // What nobody is assigned to is its author's alone.
        let place = match (assigned, hand) {
            (None, Hand::Anothers) if !everybodys => Place::Other,
            _ => grants.place(bank, &self.kind, assigned),
        };
        Standpoint { roles: grants.roles, place, hand }
    }

    /// What the sender's right comes to, and whether the sender pulls the record.
    pub(super) fn judged(&self, db: &Connection, by: &Judging<'_>) -> Result<(Right, bool), StoreError> {
        for belongs_to in [self.prospect, self.of].into_iter().flatten() {
            if erasure::is_erased(db, belongs_to)? {
                return Ok((Right::Denied(ERASED, erasure::words(&self.kind)), false));
            }
        }
        let now = self.standpoint(by.bank, by.grants, self.assigned.as_ref());
        let (mut told, mut fresh) = (None, true);
        if let Some(known) = by.told {
            let sequence = i64::try_from(known.sequence).unwrap_or(i64::MAX);
            let then = self.prospect.map(|prospect| feeds::assigned_at(db, prospect, sequence)).transpose()?.flatten();
            // What nobody was assigned to then, the phone cannot have been told of.
            told = then.as_ref().map(|then| self.standpoint(by.bank, &known.grants, Some(then)));
            fresh = by.at.millis() - known.at.millis() <= by.lease_ms;
        }
        let pulls = now.place == Place::Own || now.hand != Hand::Anothers;
        Ok((judge(&self.kind, now, told, fresh), pulls))
    }

    /// What a leader can accept at most, whose decision stands for the place alone: what the sender's roles write in their own
    /// unit, and never what the server alone writes.
    pub(super) fn acceptable(&self, bank: &Bank, grants: &Grants) -> Right {
        let hand = self.hand(bank, &grants.person);
        match may_write(&self.kind, Standpoint { roles: grants.roles, place: Place::Own, hand }) {
            Ok(()) => Right::Granted,
            Err((code, words)) => Right::Denied(code, words),
        }
    }
}

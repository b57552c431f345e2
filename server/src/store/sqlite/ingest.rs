//! Ingest: check, append, project, tell the audience, count; all in the writer's transaction.

use super::room::Room;
use super::writer::Writing;
use super::{bank, feeds, ledger, records};
use crate::ingest::{Decision, FromFile, Imported, Sender, Standpoint, decide, merge, stranger};
use crate::store::{IngestOrder, ServerRecord, StoreError, VerifyOrder};
use canvass_core::document::{Change, Document};
use canvass_core::domain::assignment::{self, Assignment};
use canvass_core::domain::campaign;
use canvass_core::domain::outcome;
use canvass_core::domain::prospect;
use canvass_core::domain::verification::{self, Verification};
use canvass_core::domain::{Audience, DeviceNumber, Fields, Invalid, Kind, RecordId, ServerTime, UnitId, Zone};
use canvass_core::projection::project;
use canvass_core::wire::{Push, Verdict};
use rusqlite::params;
use std::collections::BTreeSet;

/// Takes in what a phone pushed.
pub(super) fn ingest(writing: &mut Writing<'_>, order: &IngestOrder) -> Result<Vec<Vec<Verdict>>, StoreError> {
    writing.campaigns.refresh(writing.db)?;
    let known = writing.bank()?;
    let person = known.holder(order.device).ok_or(StoreError::OthersDevice { device: order.device })?;
    let today = order.received_at.date(&Zone::china());
    let audiences = bank::audiences(&known, &person.id, today);
    let home = known.home_unit(&person.id, today).cloned();
    let mut room = Room::of(writing.db, order.device)?;
    let mut verdicts = Vec::with_capacity(order.pushes.len());
    let mut touched = Touched::default();
    for push in &order.pushes {
        let begun_by = records::begun_by(writing.db, push.record)?;
        let standpoint = match begun_by {
            None => Standpoint::Own,
            Some(device) if known.holder(device) == Some(person) => Standpoint::Own,
            Some(_) if feeds::is_in(writing.db, push.record, &audiences)? => Standpoint::Holds,
            Some(_) => Standpoint::Stranger,
        };
        let sender = Sender::Phone { device: order.device, role: person.role, standpoint };
        let mut decision = decide(sender, push, records::guarded(writing.db, push.record, &push.kind)?);
        // A new record goes to the unit of the prospect it names, so only who works there may begin one.
        let new = decision.document.as_ref().filter(|_| begun_by.is_none());
        if let Some(prospect) = new.and_then(Document::prospect)
            && let Some(unit) = feeds::assigned_unit(writing.db, prospect)?
            && !audiences.contains(&Audience::Unit(unit))
        {
            decision = decision.turned_away(push, stranger());
        }
        if !room.takes(push) {
            let words = "this phone has sent more than one phone may: ask the operator of the server".to_owned();
            decision = decision.turned_away(push, ("device-full", words));
            // The phone keeps the bytes; here they are what there is no room for.
            decision.refused.clear();
        }
        append(writing, sender.device(), push, &decision, home.as_ref(), order.received_at, &mut touched)?;
        verdicts.push(decision.verdicts);
    }
    room.save(writing.db)?;
    ledger::recount(writing, &touched.prospects, touched.campaigns)?;
    Ok(verdicts)
}

/// What has to be counted anew once everything is appended.
#[derive(Default)]
struct Touched {
    prospects: BTreeSet<RecordId>,
    campaigns: bool,
}

/// Appends what was accepted of one record's push, and keeps what was refused. A prospect that comes for the first time is
/// assigned to `unit`.
fn append(
    writing: &mut Writing<'_>,
    device: DeviceNumber,
    push: &Push,
    decision: &Decision,
    unit: Option<&UnitId>,
    at: ServerTime,
    touched: &mut Touched,
) -> Result<(), StoreError> {
    let db = writing.db;
    for refused in &decision.refused {
        let hash = canvass_core::document::change_hash(&refused.bytes);
        db.prepare_cached(
            "INSERT OR REPLACE INTO quarantine (hash, record, kind, device, code, words, received_at, bytes)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        )?
        .execute(params![
            hash.as_bytes(),
            push.record.as_bytes(),
            push.kind.name(),
            device.get(),
            refused.code,
            refused.words,
            at.millis(),
            refused.bytes
        ])?;
    }
    let (Some(document), false) = (&decision.document, decision.accepted.is_empty()) else { return Ok(()) };
    for change in &decision.accepted {
        records::append(db, feeds::next_sequence(db)?, push.record, change, device, at)?;
    }
    let row = project(push.record, document)
        .ok_or_else(|| StoreError::Damaged(format!("record {} has no kind", push.record)))?;
    let arrival = records::save(db, &row)?;
    let bank = writing.bank()?;
    let is_prospect = row.kind.is(&prospect::KIND);
    if let Some(audience) = feeds::audience(db, &bank, &row)? {
        feeds::tell(db, row.id, &audience, arrival.seq)?;
    }
    if is_prospect
        && feeds::assigned_unit(db, row.id)?.is_none()
        && let Some(unit) = unit
    {
        assign(writing, row.id, unit, at)?;
    }
    touched.prospects.extend(row.prospect);
    touched.campaigns |= row.kind.is(&campaign::KIND);
    Ok(())
}

/// Writes a prospect's first assignment; what came before it moves to the unit's feed.
fn assign(writing: &mut Writing<'_>, prospect: RecordId, unit: &UnitId, at: ServerTime) -> Result<(), StoreError> {
    let assignment = Assignment { unit: unit.clone(), owner: None, effective_at: at.as_recorded() };
    own_record(writing, &Kind::from(&assignment::KIND), Some(prospect), &assignment.to_fields(), None, at)?;
    let bank = writing.bank()?;
    feeds::move_group(writing.db, &bank, prospect)
}

/// Writes a record as the server, through the same gate as everybody's.
fn own_record(
    writing: &mut Writing<'_>,
    kind: &Kind,
    prospect: Option<RecordId>,
    fields: &Fields,
    unit: Option<&UnitId>,
    at: ServerTime,
) -> Result<(RecordId, Touched), StoreError> {
    let id = writing.new_id(at);
    let touched = own_record_named(writing, id, kind, prospect, fields, unit, at)?;
    Ok((id, touched))
}

/// [`own_record`] under an id that is given.
fn own_record_named(
    writing: &mut Writing<'_>,
    id: RecordId,
    kind: &Kind,
    prospect: Option<RecordId>,
    fields: &Fields,
    unit: Option<&UnitId>,
    at: ServerTime,
) -> Result<Touched, StoreError> {
    if let Some(spec) = kind.spec() {
        spec.check_new(fields, at.as_recorded())?;
    }
    let (_, Change { bytes, .. }) = Document::create(id, kind, prospect, fields, &writing.authorship(at))?;
    let push = Push { record: id, kind: kind.clone(), changes: vec![bytes.into()] };
    let mut touched = Touched::default();
    let decision = decide(Sender::Server, &push, records::guarded(writing.db, id, kind)?);
    append(writing, DeviceNumber::SERVER, &push, &decision, unit, at, &mut touched)?;
    match decision.verdicts.as_slice() {
        [Verdict::Accepted] => Ok(touched),
        [Verdict::Refused { words, .. }] => {
            Err(Invalid::new(kind.name(), words, "a record that passes the gate").into())
        }
        _ => Err(StoreError::Damaged(format!("a new {kind} was not accepted"))),
    }
}

/// Writes records as the server.
pub(super) fn write(
    writing: &mut Writing<'_>,
    orders: &[ServerRecord],
    at: ServerTime,
) -> Result<Vec<RecordId>, StoreError> {
    writing.campaigns.refresh(writing.db)?;
    let mut ids = Vec::with_capacity(orders.len());
    let mut all = Touched::default();
    for order in orders {
        let unit = order.assigned_to.as_ref();
        let (id, touched) = own_record(writing, &order.kind, order.prospect, &order.fields, unit, at)?;
        ids.push(id);
        all.prospects.extend(touched.prospects);
        all.campaigns |= touched.campaigns;
    }
    ledger::recount(writing, &all.prospects, all.campaigns)?;
    Ok(ids)
}

/// Brings prospects to what a file says of them.
pub(super) fn import(
    writing: &mut Writing<'_>,
    orders: &[FromFile],
    at: ServerTime,
) -> Result<Vec<Imported>, StoreError> {
    let kind = Kind::from(&prospect::KIND);
    let mut done = Vec::with_capacity(orders.len());
    let mut all = Touched::default();
    for order in orders {
        let merged = merge(order, records::row(writing.db, order.id)?.as_ref());
        let imported = match &merged.puts {
            Some(fields) if merged.imported == Imported::Created => {
                let touched = own_record_named(writing, order.id, &kind, None, fields, Some(&order.unit), at)?;
                all.prospects.extend(touched.prospects);
                merged.imported
            }
            Some(fields) => edit(writing, order.id, &kind, fields, at, &mut all)?.unwrap_or(merged.imported),
            None => merged.imported,
        };
        done.push(imported);
    }
    ledger::recount(writing, &all.prospects, all.campaigns)?;
    Ok(done)
}

/// Edits a record as the server. Returns why not, if the gate refuses.
fn edit(
    writing: &mut Writing<'_>,
    id: RecordId,
    kind: &Kind,
    fields: &Fields,
    at: ServerTime,
    touched: &mut Touched,
) -> Result<Option<Imported>, StoreError> {
    if let Some(spec) = kind.spec() {
        spec.check_edit(fields, at.as_recorded())?;
    }
    let mut document = records::guarded(writing.db, id, kind)?
        .into_document()
        .ok_or(StoreError::NoSuchRecord { kind: prospect::KIND.name, id })?;
    let Some(change) = document.edit(fields, &writing.authorship(at))? else { return Ok(None) };
    let push = Push { record: id, kind: kind.clone(), changes: vec![change.bytes.into()] };
    let decision = decide(Sender::Server, &push, records::guarded(writing.db, id, kind)?);
    append(writing, DeviceNumber::SERVER, &push, &decision, None, at, touched)?;
    match decision.verdicts.as_slice() {
        [Verdict::Accepted] => Ok(None),
        [Verdict::Refused { words, .. }] => Ok(Some(Imported::Refused(words.clone()))),
        _ => Err(StoreError::Damaged(format!("an edit of {id} was not accepted"))),
    }
}

/// Writes a verification that names the outcome's present heads.
pub(super) fn verify(writing: &mut Writing<'_>, order: &VerifyOrder) -> Result<RecordId, StoreError> {
    let missing = || StoreError::NoSuchRecord { kind: outcome::KIND.name, id: order.outcome };
    let row = records::row(writing.db, order.outcome)?.filter(|row| row.kind.is(&outcome::KIND)).ok_or_else(missing)?;
    let verification = Verification {
        outcome: order.outcome,
        heads: row.heads_bytes(),
        verdict: order.verdict,
        reason: order.reason.clone(),
        amount: order.amount,
        opened_on: None,
        unit: None,
        verified_at: order.at.as_recorded(),
    };
    let kind = Kind::from(&verification::KIND);
    let (id, touched) = own_record(writing, &kind, row.prospect, &verification.to_fields(), None, order.at)?;
    ledger::recount(writing, &touched.prospects, touched.campaigns)?;
    Ok(id)
}

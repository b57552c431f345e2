//! Ingest: check, append, project, tell the audience, count; all in the writer's transaction.

use super::bank;
use super::feeds::{self, Belonging, Numbers};
use super::ledger::{self, Touched};
use super::records::{self, History};
use super::room::Room;
use super::writer::Writing;
use crate::ingest::{Decision, FromFile, Imported, Sender, Standpoint, decide, merge, stranger};
use crate::store::{IngestOrder, ServerRecord, StoreError, VerifyOrder};
use canvass_core::document::{Change, Document};
use canvass_core::domain::assignment::{self, Assignment};
use canvass_core::domain::outcome;
use canvass_core::domain::prospect;
use canvass_core::domain::verification::{self, Verification};
use canvass_core::domain::{Audience, Bank, DeviceNumber, Fields, Invalid, Kind, RecordId, ServerTime, UnitId, Zone};
use canvass_core::projection::project;
use canvass_core::wire::{Push, Verdict};
use rusqlite::{Connection, params};
use std::sync::Arc;

/// One job: when it came, the bank by which it is judged, and what has to be counted anew once everything is appended.
struct Intake {
    at: ServerTime,
    bank: Arc<Bank>,
    numbers: Numbers,
    touched: Touched,
}

impl Intake {
    fn begin(writing: &mut Writing<'_>, at: ServerTime) -> Result<Self, StoreError> {
        writing.campaigns.refresh(writing.db)?;
        Ok(Self { at, bank: writing.bank()?, numbers: Numbers::of(writing.db)?, touched: Touched::default() })
    }

    fn end(self, writing: &mut Writing<'_>) -> Result<(), StoreError> {
        self.numbers.save(writing.db)?;
        ledger::recount(writing, self.touched)
    }
}

/// Takes in what a phone pushed.
pub(super) fn ingest(writing: &mut Writing<'_>, order: &IngestOrder) -> Result<Vec<Vec<Verdict>>, StoreError> {
    let mut intake = Intake::begin(writing, order.received_at)?;
    let known = intake.bank.clone();
    let person = known.holder(order.device).ok_or(StoreError::OthersDevice { device: order.device })?;
    let today = order.received_at.date(&Zone::china());
    let audiences = bank::audiences(&known, &person.id, today);
    let home = known.home_unit(&person.id, today);
    let mut room = Room::of(writing.db, order.device)?;
    let mut verdicts = Vec::with_capacity(order.pushes.len());
    for push in &order.pushes {
        let history = History::of(writing.db, push.record)?;
        let standpoint = match history.begun_by {
            None => Standpoint::Own,
            Some(device) if known.holder(device) == Some(person) => Standpoint::Own,
            Some(_) if feeds::is_in(writing.db, push.record, &audiences)? => Standpoint::Holds,
            Some(_) => Standpoint::Stranger,
        };
        let sender = Sender::Phone { device: order.device, role: person.role, standpoint };
        let mut decision = decide(sender, push, history.guarded(&push.kind)?);
        // A new record goes to the unit of the prospect it names, so only who works there may begin one.
        let new = decision.document.as_ref().filter(|_| history.begun_by.is_none());
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
        quarantine(writing.db, sender.device(), push, &decision, order.received_at)?;
        append(writing, &mut intake, sender.device(), &history, &decision, home)?;
        verdicts.push(decision.verdicts);
    }
    room.save(writing.db)?;
    intake.end(writing)?;
    Ok(verdicts)
}

/// Keeps what was refused of one record's push.
fn quarantine(
    db: &Connection,
    device: DeviceNumber,
    push: &Push,
    decision: &Decision,
    at: ServerTime,
) -> Result<(), StoreError> {
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
    Ok(())
}

/// Appends what was accepted of one record's push to its history. A prospect that comes for the first time is assigned to
/// `unit`.
fn append(
    writing: &mut Writing<'_>,
    intake: &mut Intake,
    device: DeviceNumber,
    history: &History,
    decision: &Decision,
    unit: Option<&UnitId>,
) -> Result<(), StoreError> {
    let Some(document) = &decision.document else { return Ok(()) };
    let (db, id, at) = (writing.db, history.record, intake.at);
    let mut numbers = None;
    for change in &decision.accepted {
        let seq = intake.numbers.next();
        records::append(db, seq, id, change, device, at)?;
        numbers = Some(numbers.map_or((seq, seq), |(first, _)| (first, seq)));
    }
    let Some((first, last)) = numbers else { return Ok(()) };
    let row = project(id, document).ok_or_else(|| StoreError::Damaged(format!("record {id} has no kind")))?;
    let arrival = history.then(at, last);
    records::save(db, &row, arrival)?;
    let belonging = Belonging { kind: &row.kind, prospect: row.prospect, author: row.author };
    if let Some(audience) = feeds::audience(db, &intake.bank, belonging)? {
        feeds::tell(db, id, &audience, first)?;
    }
    if row.kind.is(&prospect::KIND)
        && let Some(unit) = unit
        && feeds::assigned_unit(db, id)?.is_none()
    {
        assign(writing, intake, id, unit)?;
    }
    intake.touched.add(row, arrival, history.begun_by.is_none());
    Ok(())
}

/// Writes a prospect's first assignment; what came before it moves to the unit's feed.
fn assign(writing: &mut Writing<'_>, intake: &mut Intake, prospect: RecordId, unit: &UnitId) -> Result<(), StoreError> {
    let assignment = Assignment { unit: unit.clone(), owner: None, effective_at: intake.at.as_recorded() };
    let (id, kind) = (writing.new_id(intake.at), Kind::from(&assignment::KIND));
    own_record(writing, intake, id, &kind, Some(prospect), &assignment.to_fields(), None)?;
    feeds::move_group(writing.db, &intake.bank, prospect, &mut intake.numbers)
}

/// Writes a new record as the server, through the same gate as everybody's.
fn own_record(
    writing: &mut Writing<'_>,
    intake: &mut Intake,
    id: RecordId,
    kind: &Kind,
    prospect: Option<RecordId>,
    fields: &Fields,
    unit: Option<&UnitId>,
) -> Result<(), StoreError> {
    if let Some(spec) = kind.spec() {
        spec.check_new(fields, intake.at.as_recorded())?;
    }
    let (_, change) = Document::create(id, kind, prospect, fields, &writing.authorship(intake.at))?;
    let history = History::of(writing.db, id)?;
    match own_change(writing, intake, kind, &history, change, unit)? {
        Verdict::Accepted => Ok(()),
        Verdict::Refused { words, .. } => Err(Invalid::new(kind.name(), words, "a record that passes the gate").into()),
        _ => Err(StoreError::Damaged(format!("a new {kind} was not accepted"))),
    }
}

/// Decides on a change by the server as on everybody's, and appends it.
fn own_change(
    writing: &mut Writing<'_>,
    intake: &mut Intake,
    kind: &Kind,
    history: &History,
    change: Change,
    unit: Option<&UnitId>,
) -> Result<Verdict, StoreError> {
    let push = Push { record: history.record, kind: kind.clone(), changes: vec![change.bytes.into()] };
    let mut decision = decide(Sender::Server, &push, history.guarded(kind)?);
    quarantine(writing.db, DeviceNumber::SERVER, &push, &decision, intake.at)?;
    append(writing, intake, DeviceNumber::SERVER, history, &decision, unit)?;
    decision.verdicts.pop().ok_or_else(|| StoreError::Damaged(format!("no verdict on a {kind}")))
}

/// Writes records as the server.
pub(super) fn write(
    writing: &mut Writing<'_>,
    orders: &[ServerRecord],
    at: ServerTime,
) -> Result<Vec<RecordId>, StoreError> {
    let mut intake = Intake::begin(writing, at)?;
    let mut ids = Vec::with_capacity(orders.len());
    for order in orders {
        let (id, unit) = (writing.new_id(at), order.assigned_to.as_ref());
        own_record(writing, &mut intake, id, &order.kind, order.prospect, &order.fields, unit)?;
        ids.push(id);
    }
    intake.end(writing)?;
    Ok(ids)
}

/// Brings prospects to what a file says of them.
pub(super) fn import(
    writing: &mut Writing<'_>,
    orders: &[FromFile],
    at: ServerTime,
) -> Result<Vec<Imported>, StoreError> {
    let kind = Kind::from(&prospect::KIND);
    let mut intake = Intake::begin(writing, at)?;
    let mut done = Vec::with_capacity(orders.len());
    for order in orders {
        let merged = merge(order, records::row(writing.db, order.id)?.as_ref());
        let imported = match &merged.puts {
            Some(fields) if merged.imported == Imported::Created => {
                own_record(writing, &mut intake, order.id, &kind, None, fields, Some(&order.unit))?;
                merged.imported
            }
            Some(fields) => edit(writing, &mut intake, order.id, &kind, fields)?.unwrap_or(merged.imported),
            None => merged.imported,
        };
        done.push(imported);
    }
    intake.end(writing)?;
    Ok(done)
}

/// Edits a record as the server. Returns why not, if the gate refuses.
fn edit(
    writing: &mut Writing<'_>,
    intake: &mut Intake,
    id: RecordId,
    kind: &Kind,
    fields: &Fields,
) -> Result<Option<Imported>, StoreError> {
    if let Some(spec) = kind.spec() {
        spec.check_edit(fields, intake.at.as_recorded())?;
    }
    let history = History::of(writing.db, id)?;
    let mut document = history.document()?.ok_or(StoreError::NoSuchRecord { kind: prospect::KIND.name, id })?;
    let Some(change) = document.edit(fields, &writing.authorship(intake.at))? else { return Ok(None) };
    match own_change(writing, intake, kind, &history, change, None)? {
        Verdict::Accepted => Ok(None),
        Verdict::Refused { words, .. } => Ok(Some(Imported::Refused(words))),
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
    let (mut intake, id) = (Intake::begin(writing, order.at)?, writing.new_id(order.at));
    own_record(writing, &mut intake, id, &kind, row.prospect, &verification.to_fields(), None)?;
    intake.end(writing)?;
    Ok(id)
}

//! Ingest: check, append, project, tell the audience, count; all in the writer's transaction.

use super::audit;
use super::bring_back;
use super::devices;
use super::erasure;
use super::feeds::{self, Belonging, Numbers};
use super::judging::{About, Judging};
use super::ledger::{self, Touched};
use super::namesakes;
use super::queue::{self, Keeping};
use super::records::{self, History};
use super::room::Room;
use super::writer::Writing;
use crate::ingest::{Assigned, Decision, FromFile, Grants, Imported, Proven, Right, decide, merge};
use crate::store::queue::HeldFor;
use crate::store::{Actor, AssignOrder, Deed, Entry, IngestOrder, ServerRecord, StoreError};
use canvass_core::document::{Change, Document};
use canvass_core::domain::assignment::{self, Assignment};
use canvass_core::domain::prospect;
use canvass_core::domain::{Bank, DeviceNumber, Fields, Invalid, Kind, PersonId, RecordId, ServerTime, Zone};
use canvass_core::projection::project;
use canvass_core::wire::{ERASED, Push, Reading, Verdict};
use rusqlite::{Connection, OptionalExtension, params};
use std::sync::Arc;

/// One job: when it came, the bank by which it is judged, and what has to be counted anew once everything is appended.
pub(super) struct Intake {
    pub(super) at: ServerTime,
    pub(super) bank: Arc<Bank>,
    numbers: Numbers,
    /// A random number that is noted with each change of the job: another server, restored from a backup, has another there.
    mark: i64,
    touched: Touched,
    /// Prospects that came back, to whom each falls if no assignment comes with it, and since when.
    pub(super) unassigned: Vec<(RecordId, Assigned, ServerTime)>,
}

impl Intake {
    pub(super) fn begin(writing: &mut Writing<'_>, at: ServerTime) -> Result<Self, StoreError> {
        writing.campaigns.refresh(writing.db)?;
        let (bank, numbers) = (writing.bank()?, Numbers::of(writing.db)?);
        let mark = writing.mark();
        Ok(Self { at, bank, numbers, mark, touched: Touched::default(), unassigned: Vec::new() })
    }

    pub(super) fn end(mut self, writing: &mut Writing<'_>) -> Result<(), StoreError> {
        for (prospect, to, since) in std::mem::take(&mut self.unassigned) {
            if feeds::assigned(writing.db, prospect)?.is_none() {
                assign(writing, &mut self, prospect, &to, since)?;
            }
        }
        self.numbers.save(writing.db)?;
        ledger::recount(writing, self.touched)
    }
}

/// How many records and changes of one phone's push one job takes while others wait; one record's are never parted.
const SHARE: usize = 16;

/// Takes in what a phone pushed, from the record with a number on: all of it, or a share if others wait for the writer.
/// Returns the verdicts on what it took, which is one record at least.
pub(super) fn ingest(
    writing: &mut Writing<'_>,
    order: &IngestOrder,
    from: usize,
) -> Result<Vec<Vec<Verdict>>, StoreError> {
    let pushes = order.pushes.get(from..).unwrap_or_default();
    let mut intake = Intake::begin(writing, order.received_at)?;
    // It may have been revoked since its request began, or between two parts of its push.
    if devices::is_revoked(writing.db, order.device)? {
        return Err(StoreError::Revoked(order.device));
    }
    let known = intake.bank.clone();
    let person = known.holder(order.device).ok_or(StoreError::OthersDevice { device: order.device })?;
    let today = order.received_at.date(&Zone::china());
    let unknown = || StoreError::UnknownPerson(person.id.clone());
    let grants = Grants::of(&known, &person.id, today).ok_or_else(unknown)?;
    let first =
        known.home_unit(&person.id, today).map(|unit| Assigned { unit: unit.clone(), owner: Some(person.id.clone()) });
    let told = devices::told(writing.db, order.device, order.told.as_ref())?;
    let (at, lease_ms) = (order.received_at, order.lease_ms);
    let judging = Judging { bank: &known, grants: &grants, told, at, lease_ms };
    let mut sender = Sender { device: order.device, judging, first, room: Room::of(writing.db, order.device)? };
    let mut verdicts = Vec::with_capacity(pushes.len());
    let mut taken = 0;
    for push in pushes {
        taken += 1 + push.changes.len();
        if taken > SHARE && !verdicts.is_empty() && writing.others_wait() {
            break;
        }
        verdicts.push(if records::has_all(writing.db, push)? {
            vec![Verdict::Known; push.changes.len()]
        } else if let Some(verdicts) = erasure::verdicts(writing.db, push)? {
            verdicts
        } else {
            match bring_back::parts(push, &order.proven) {
                None => sender.take(writing, &mut intake, push)?,
                Some(parts) => {
                    let back = bring_back::take(writing, &mut intake, (order.device, &order.proven), &parts.back)?;
                    let new = sender.take(writing, &mut intake, &parts.new)?;
                    parts.together(back, new)
                }
            }
        });
    }
    sender.room.save(writing.db)?;
    intake.end(writing)?;
    Ok(verdicts)
}

/// A phone whose work is taken in.
struct Sender<'a> {
    device: DeviceNumber,
    judging: Judging<'a>,
    /// To whom a prospect falls that it brings for the first time.
    first: Option<Assigned>,
    room: Room,
}

impl Sender<'_> {
    /// Takes in one record's push.
    fn take(
        &mut self,
        writing: &mut Writing<'_>,
        intake: &mut Intake,
        push: &Push,
    ) -> Result<Vec<Verdict>, StoreError> {
        if push.changes.is_empty() {
            return Ok(Vec::new());
        }
        let (device, at, own) = (self.device, intake.at, Proven::new());
        let history = History::of(writing.db, push.record)?;
        let mut decision = decide(device, &own, push, history.guarded(&push.kind)?);
        let about = About::of(writing.db, push, &history, &decision)?;
        let (right, pulls) = about.judged(writing.db, &self.judging)?;
        let right = match right {
            Right::Denied(code, _) if code != ERASED && queue::was_held(writing.db, device, push)? => Right::Held,
            right => right,
        };
        decision = queue::still_refused(writing.db, device, push, decision.by(right, pulls, push))?;
        if !self.room.takes(push) || !queue::has_room(writing.db, device, &decision)? {
            let words = "this phone has sent more than one phone may: ask the operator of the server".to_owned();
            decision = decision.turned_away(push, ("device-full", words));
            // The phone keeps the bytes; here they are what there is no room for.
            decision.refused.clear();
        }
        quarantine(writing.db, device, push, &decision, at)?;
        let (first, held_for) = (self.first.as_ref(), HeldFor::Lease);
        let unit = about.unit().or(first.map(|first| &first.unit));
        queue::keep(writing.db, push.record, &decision, Keeping { about: &about, device, unit, held_for, at })?;
        queue::release(writing.db, push.record, &decision)?;
        append(writing, intake, (device, &own), &history, &decision, first)?;
        Ok(decision.verdicts)
    }
}

/// Notes dossiers that were read on a phone, from the one with a number on: all, or a share if others wait for the writer.
/// Returns how many it noted.
pub(super) fn note_readings(writing: &mut Writing<'_>, order: &IngestOrder, from: usize) -> Result<usize, StoreError> {
    let mut room = Room::of(writing.db, order.device)?;
    let mut noted = 0;
    for reading in order.readings.get(from..).unwrap_or_default() {
        if noted >= SHARE && writing.others_wait() {
            break;
        }
        if room.takes_reading() {
            note_reading(writing.db, order.device, reading, order.received_at)?;
        }
        noted += 1;
    }
    room.save(writing.db)?;
    Ok(noted)
}

/// Notes that a dossier was read on a phone, once; of what is no dossier here there is nothing to note.
pub(super) fn note_reading(
    db: &Connection,
    device: DeviceNumber,
    reading: &Reading,
    at: ServerTime,
) -> Result<(), StoreError> {
    let mut select = db.prepare_cached(
        "SELECT 1 FROM record WHERE id = ?1 AND sealed UNION SELECT 1 FROM held WHERE record = ?1 AND device = ?2",
    )?;
    let about = params![reading.dossier.as_bytes(), device.get()];
    if select.query_row(about, |_| Ok(())).optional()?.is_none() {
        return Ok(());
    }
    let mut insert = db.prepare_cached("INSERT OR IGNORE INTO reading (id, device) VALUES (?, ?)")?;
    if insert.execute(params![reading.id.as_bytes(), device.get()])? == 0 {
        return Ok(());
    }
    let entry = Entry::new(Actor::Device(device), Deed::DossierRead, format!("dossier/{}", reading.dossier));
    audit::note(db, at, &entry.with(format!("on the phone at {}", reading.at)))
}

/// Keeps what was refused of one record's push, but for what is about something erased.
pub(super) fn quarantine(
    db: &Connection,
    device: DeviceNumber,
    push: &Push,
    decision: &Decision,
    at: ServerTime,
) -> Result<(), StoreError> {
    for refused in decision.refused.iter().filter(|refused| refused.code != ERASED) {
        let hash = canvass_core::document::change_hash(&refused.bytes);
        db.prepare_cached(
            "INSERT OR REPLACE INTO quarantine (hash, record, kind, device, code, words, received_at, sealed, bytes)
             VALUES (?1, ?2, ?3, ?4, ?5, seal('quarantine', ?6, ?2), ?7, 1, seal('quarantine', ?8, ?2))",
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

/// Appends what was accepted of one record's push to its history, as its sender's unless it is proven to be another's. A
/// prospect that comes for the first time is assigned as `assigned` says.
pub(super) fn append(
    writing: &mut Writing<'_>,
    intake: &mut Intake,
    (device, proven): (DeviceNumber, &Proven),
    history: &History,
    decision: &Decision,
    assigned: Option<&Assigned>,
) -> Result<(), StoreError> {
    let Some(document) = &decision.document else { return Ok(()) };
    let (db, id, at) = (writing.db, history.record, intake.at);
    if decision.accepted.is_empty() {
        return Ok(());
    }
    let row = project(id, document).ok_or_else(|| StoreError::Damaged(format!("record {id} has no kind")))?;
    let mut numbers = None;
    for change in &decision.accepted {
        let seq = intake.numbers.next();
        let (author, received_at) = proven.get(&change.hash).copied().unwrap_or((device, at));
        records::append(db, (seq, intake.mark), id, change, author, received_at, records::is_sealed(&row.kind))?;
        numbers = Some(numbers.map_or((seq, seq, received_at), |(first, _, came)| (first, seq, came)));
    }
    let Some((first, last, came)) = numbers else { return Ok(()) };
    let arrival = history.then(came, last);
    records::save(db, &row, arrival)?;
    let belonging = Belonging { kind: &row.kind, prospect: row.prospect, author: row.author };
    feeds::tell(db, id, &feeds::audiences(db, &intake.bank, belonging)?, first)?;
    if row.kind.is(&prospect::KIND)
        && let Some(assigned) = assigned
        && feeds::assigned(db, id)?.is_none()
    {
        assign(writing, intake, id, assigned, at)?;
    }
    if let (true, Some(prospect)) = (row.kind.is(&assignment::KIND), row.prospect) {
        feeds::move_group(db, &intake.bank, prospect, &mut intake.numbers)?;
    }
    intake.touched.add(row, arrival, history.begun_by.is_none());
    Ok(())
}

/// Writes a prospect's assignment, effective from a time on, but after any other: a clock that was set back does not bring an
/// earlier one to hold. What belongs to the prospect moves to its audiences.
fn assign(
    writing: &mut Writing<'_>,
    intake: &mut Intake,
    prospect: RecordId,
    to: &Assigned,
    since: ServerTime,
) -> Result<(), StoreError> {
    let latest = feeds::assigned_since(writing.db, prospect)?.map_or(since, |latest| latest.plus_millis(1));
    let effective_at = since.max(latest).as_recorded();
    let also = namesakes::also(writing.db, prospect, &to.unit)?;
    let assignment = Assignment { unit: to.unit.clone(), owner: to.owner.clone(), effective_at, also };
    let (id, kind) = (writing.new_id(intake.at), Kind::from(&assignment::KIND));
    own_record(writing, intake, id, &kind, Some(prospect), &assignment.to_fields(), None)
}

/// Assigns a prospect anew.
pub(super) fn reassign(writing: &mut Writing<'_>, order: &AssignOrder) -> Result<(), StoreError> {
    let missing = || StoreError::NoSuchRecord { kind: prospect::KIND.name, id: order.prospect };
    records::row(writing.db, order.prospect)?.filter(|row| row.kind.is(&prospect::KIND)).ok_or_else(missing)?;
    let bank = writing.bank()?;
    if bank.unit(&order.to.unit).is_none() {
        return Err(Invalid::new("unit", &order.to.unit, "a unit of this bank").into());
    }
    if let Some(owner) = &order.to.owner {
        let today = order.at.date(&Zone::china());
        let known = Grants::of(&bank, owner, today).ok_or_else(|| StoreError::UnknownPerson(owner.clone()))?;
        // Somebody elsewhere would hold nothing of it, and nobody would notice.
        if !known.units.contains(&order.to.unit) {
            return Err(Invalid::new("owner", owner, format!("somebody of unit {}", order.to.unit)).into());
        }
    }
    if feeds::assigned(writing.db, order.prospect)?.as_ref() == Some(&order.to) {
        return Ok(());
    }
    let mut intake = Intake::begin(writing, order.at)?;
    assign(writing, &mut intake, order.prospect, &order.to, order.at)?;
    let owner = order.to.owner.as_ref().map_or("nobody", PersonId::as_str);
    let entry = Entry::new(order.by.clone(), Deed::Assigned, format!("prospect/{}", order.prospect));
    audit::note(writing.db, order.at, &entry.with(format!("to {}, {owner}", order.to.unit)))?;
    intake.end(writing)
}

/// Writes a new record as the server, through the same gate as everybody's.
pub(super) fn own_record(
    writing: &mut Writing<'_>,
    intake: &mut Intake,
    id: RecordId,
    kind: &Kind,
    prospect: Option<RecordId>,
    fields: &Fields,
    assigned: Option<&Assigned>,
) -> Result<(), StoreError> {
    if let Some(spec) = kind.spec() {
        spec.check_new(fields, intake.at.as_recorded())?;
    }
    let (_, change) = Document::create(id, kind, prospect, fields, &writing.authorship(intake.at))?;
    let history = History::of(writing.db, id)?;
    match own_change(writing, intake, kind, &history, change, assigned)? {
        Verdict::Accepted => Ok(()),
        Verdict::Refused { words, .. } => Err(Invalid::new(kind.name(), words, "a record that passes the gate").into()),
        _ => Err(StoreError::Damaged(format!("a new {kind} was not accepted"))),
    }
}

/// Decides on a change by the server as on everybody's, and appends it.
pub(super) fn own_change(
    writing: &mut Writing<'_>,
    intake: &mut Intake,
    kind: &Kind,
    history: &History,
    change: Change,
    assigned: Option<&Assigned>,
) -> Result<Verdict, StoreError> {
    let push = Push { record: history.record, kind: kind.clone(), changes: vec![change.bytes.into()] };
    let mut decision = decide(DeviceNumber::SERVER, &Proven::new(), &push, history.guarded(kind)?);
    quarantine(writing.db, DeviceNumber::SERVER, &push, &decision, intake.at)?;
    append(writing, intake, (DeviceNumber::SERVER, &Proven::new()), history, &decision, assigned)?;
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
        let id = writing.new_id(at);
        let assigned = order.assigned_to.clone().map(|unit| Assigned { unit, owner: None });
        own_record(writing, &mut intake, id, &order.kind, order.prospect, &order.fields, assigned.as_ref())?;
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
        // A file still names who asked to be forgotten: that brings nothing back.
        if erasure::is_erased(writing.db, order.id)? {
            done.push(Imported::Erased);
            continue;
        }
        let merged = merge(order, records::row(writing.db, order.id)?.as_ref());
        let imported = match &merged.puts {
            Some(fields) if merged.imported == Imported::Created => {
                let assigned = Assigned { unit: order.unit.clone(), owner: None };
                own_record(writing, &mut intake, order.id, &kind, None, fields, Some(&assigned))?;
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

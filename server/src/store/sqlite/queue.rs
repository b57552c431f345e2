//! The table of what is held, and what becomes of it.

use super::audit;
use super::feeds;
use super::ingest::{self, Intake};
use super::records::{self, History};
use super::writer::Writing;
use crate::ingest::{Assigned, Decision, Proven, Right, decide};
use crate::store::devices::HandOver;
use crate::store::queue::{DecideOrder, Decided, HandOverOrder, HeldFor, HeldRecord};
use crate::store::{Deed, Entry, StoreError};
use canvass_core::document::change_hash;
use canvass_core::domain::{DeviceNumber, Kind, RecordId, ServerTime, UnitId, Zone, prospect};
use canvass_core::projection::{Row, project};
use canvass_core::wire::{Push, Verdict};
use rusqlite::{Connection, OptionalExtension, params};

/// The code of what a leader refused.
const REFUSED: &str = "leader-refused";

/// Who holds what for whom.
#[derive(Clone, Copy)]
pub(super) struct Keeping<'a> {
    pub(super) device: DeviceNumber,
    pub(super) unit: Option<&'a UnitId>,
    pub(super) held_for: HeldFor,
    pub(super) at: ServerTime,
}

/// Keeps what is held of one record's push.
pub(super) fn keep(db: &Connection, push: &Push, decision: &Decision, keeping: Keeping<'_>) -> Result<(), StoreError> {
    for bytes in &decision.held {
        db.prepare_cached(
            "INSERT OR IGNORE INTO held (hash, record, kind, device, unit, code, received_at, bytes)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, seal('quarantine', ?8, ?2))",
        )?
        .execute(params![
            change_hash(bytes).as_bytes(),
            push.record.as_bytes(),
            push.kind.name(),
            keeping.device.get(),
            keeping.unit.map(UnitId::as_str),
            keeping.held_for.name(),
            keeping.at.millis(),
            bytes
        ])?;
    }
    Ok(())
}

/// What of a record came into it after all is held no longer.
pub(super) fn release(db: &Connection, record: RecordId, decision: &Decision) -> Result<(), StoreError> {
    for change in &decision.accepted {
        db.prepare_cached("DELETE FROM held WHERE record = ? AND hash = ?")?
            .execute(params![record.as_bytes(), change.hash.as_bytes()])?;
    }
    Ok(())
}

/// What a leader refused before stays refused, however often it is sent.
pub(super) fn still_refused(
    db: &Connection,
    device: DeviceNumber,
    push: &Push,
    decision: Decision,
) -> Result<Decision, StoreError> {
    for bytes in &decision.held {
        let mut select =
            db.prepare_cached("SELECT words FROM quarantine WHERE hash = ? AND device = ? AND code = ?")?;
        let hash = change_hash(bytes);
        let words: Option<String> =
            select.query_row(params![hash.as_bytes(), device.get(), REFUSED], |row| row.get(0)).optional()?;
        if let Some(words) = words {
            return Ok(decision.turned_away(push, (REFUSED, words)));
        }
    }
    Ok(decision)
}

/// What is held of one record from one phone, in order.
fn pushed(db: &Connection, record: RecordId, kind: &Kind, device: DeviceNumber) -> Result<Push, StoreError> {
    let mut select = db.prepare_cached(
        "SELECT unseal('quarantine', bytes, record) FROM held WHERE record = ? AND device = ? ORDER BY place",
    )?;
    let found = select.query_map(params![record.as_bytes(), device.get()], |row| row.get::<_, Vec<u8>>(0))?;
    let changes = found.map(|bytes| Ok(bytes?.into())).collect::<Result<_, StoreError>>()?;
    Ok(Push { record, kind: kind.clone(), changes })
}

/// Everything that is held.
pub(super) fn all(db: &Connection) -> Result<Vec<HeldRecord>, StoreError> {
    let mut select = db.prepare_cached(
        "SELECT record, kind, device, unit, code, min(received_at), count(*) FROM held
         GROUP BY record, device ORDER BY min(place)",
    )?;
    let mut found = select.query([])?;
    let mut all = Vec::new();
    while let Some(row) = found.next()? {
        let code: String = row.get(4)?;
        let kind: Kind = row.get::<_, String>(1)?.parse()?;
        let mut held = HeldRecord {
            record: RecordId::from_bytes(row.get_ref(0)?.as_blob().unwrap_or_default())?,
            device: DeviceNumber::new(row.get(2)?),
            unit: row.get::<_, Option<String>>(3)?.map(|unit| unit.parse()).transpose()?,
            held_for: HeldFor::named(&code).ok_or_else(|| StoreError::Damaged(format!("held for {code}")))?,
            received_at: ServerTime::from_millis(row.get(5)?)?,
            changes: usize::try_from(row.get::<_, i64>(6)?).unwrap_or(0),
            row: None,
            kind,
        };
        held.row = with_it(db, &held)?;
        all.push(held);
    }
    Ok(all)
}

/// What a record would be with what is held of it.
fn with_it(db: &Connection, held: &HeldRecord) -> Result<Option<Row>, StoreError> {
    if records::is_sealed(&held.kind) {
        return Ok(None);
    }
    let push = pushed(db, held.record, &held.kind, held.device)?;
    let guarded = History::of(db, held.record)?.guarded(&held.kind)?;
    let decision = decide(held.device, &Proven::new(), &push, guarded);
    Ok(decision.document.filter(|_| !decision.accepted.is_empty()).and_then(|document| project(held.record, &document)))
}

/// Decides on what is held of a record.
pub(super) fn decide_on(writing: &mut Writing<'_>, order: &DecideOrder) -> Result<Decided, StoreError> {
    let db = writing.db;
    let of = params![order.record.as_bytes(), order.device.get()];
    let mut select = db.prepare_cached(
        "SELECT kind, unit, received_at FROM held WHERE record = ? AND device = ? ORDER BY place LIMIT 1",
    )?;
    let first =
        select.query_row(of, |row| Ok((row.get::<_, String>(0)?, row.get::<_, Option<String>>(1)?, row.get(2)?)));
    let missing = || StoreError::NoSuchRecord { kind: "held record", id: order.record };
    let (kind, unit, received_at) = first.optional()?.ok_or_else(missing)?;
    let kind: Kind = kind.parse()?;
    let push = pushed(db, order.record, &kind, order.device)?;
    let history = History::of(db, order.record)?;
    // It counts as of when it came, not of when somebody found the time to look at it.
    let mut intake = Intake::begin(writing, ServerTime::from_millis(received_at)?)?;
    let mut decision = decide(order.device, &Proven::new(), &push, history.guarded(&kind)?);
    let deed = if order.accept {
        Deed::HeldAccepted
    } else {
        decision = decision.turned_away(&push, (REFUSED, order.reason.clone()));
        Deed::HeldRefused
    };
    let assigned = unit.map(|unit| unit.parse()).transpose()?.map(|unit| Assigned { unit, owner: None });
    ingest::quarantine(db, order.device, &push, &decision, order.at)?;
    ingest::append(writing, &mut intake, (order.device, &Proven::new()), &history, &decision, assigned.as_ref())?;
    let mut decided = Decided::default();
    for (verdict, bytes) in decision.verdicts.iter().zip(&push.changes) {
        match verdict {
            Verdict::Accepted | Verdict::Known => decided.accepted += 1,
            Verdict::Refused { .. } => decided.refused += 1,
            Verdict::NeedsDeps | Verdict::PullFirst | Verdict::Held => {
                decided.waiting += 1;
                continue;
            }
        }
        db.prepare_cached("DELETE FROM held WHERE hash = ? AND device = ?")?
            .execute(params![change_hash(bytes).as_bytes(), order.device.get()])?;
    }
    let entry = Entry::new(order.by.clone(), deed, format!("{kind}/{}", order.record));
    audit::note(db, order.at, &entry.with(format!("device/{}: {}", order.device, order.reason)))?;
    intake.end(writing)?;
    Ok(decided)
}

/// Holds what a revoked phone had not pushed.
pub(super) fn hand_over(
    writing: &mut Writing<'_>,
    order: &HandOverOrder,
) -> Result<Option<Vec<Vec<Verdict>>>, StoreError> {
    let db = writing.db;
    let mut select =
        db.prepare_cached("SELECT hand_over, handed_over FROM device_key WHERE number = ? AND revoked_at IS NOT NULL")?;
    let state =
        select.query_row([order.device.get()], |row| Ok((row.get::<_, String>(0)?, row.get::<_, Option<Vec<u8>>>(1)?)));
    let again = match state.optional()? {
        Some((state, _)) if state == HandOver::Offered.name() => false,
        Some((state, digest)) if state == HandOver::Taken.name() && digest.as_deref() == Some(&order.digest) => true,
        _ => return Ok(None),
    };
    let bank = writing.bank()?;
    let person = bank.holder(order.device).ok_or(StoreError::OthersDevice { device: order.device })?;
    let home = bank.home_unit(&person.id, order.at.date(&Zone::china())).or_else(|| last_unit(&bank, &person.id));
    let mut verdicts = Vec::with_capacity(order.pushes.len());
    for push in &order.pushes {
        let history = History::of(db, push.record)?;
        let decision = decide(order.device, &Proven::new(), push, history.guarded(&push.kind)?);
        let document = decision.document.as_ref();
        let known = push.kind.is(&prospect::KIND).then_some(push.record);
        let prospect = known.or_else(|| document.and_then(canvass_core::document::Document::prospect));
        let assigned = prospect.map(|prospect| feeds::assigned(db, prospect)).transpose()?.flatten();
        let unit = assigned.map(|assigned| assigned.unit).or_else(|| home.cloned());
        let decision = still_refused(db, order.device, push, decision.by(Right::Held, false, push))?;
        if !again {
            ingest::quarantine(db, order.device, push, &decision, order.at)?;
            let (device, held_for) = (order.device, HeldFor::Revoked);
            keep(db, push, &decision, Keeping { device, unit: unit.as_ref(), held_for, at: order.at })?;
        }
        verdicts.push(decision.verdicts);
    }
    if !again {
        db.execute(
            "UPDATE device_key SET hand_over = ?, handed_over = ? WHERE number = ?",
            params![HandOver::Taken.name(), order.digest, order.device.get()],
        )?;
        let held: usize = verdicts.iter().flatten().filter(|verdict| **verdict == Verdict::Held).count();
        let actor = crate::store::Actor::Device(order.device);
        let entry = Entry::new(actor, Deed::HandedOver, format!("device/{}", order.device));
        audit::note(db, order.at, &entry.with(format!("{held} changes held")))?;
    }
    Ok(Some(verdicts))
}

/// The unit to which somebody belonged last.
fn last_unit<'a>(bank: &'a canvass_core::domain::Bank, person: &canvass_core::domain::PersonId) -> Option<&'a UnitId> {
    let all = bank.memberships().filter(|membership| membership.person == *person);
    all.max_by_key(|membership| membership.from).map(|membership| &membership.unit)
}

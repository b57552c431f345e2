//! The table of what is held, and what becomes of it.

use super::audit;
use super::bring_back;
use super::erasure;
use super::ingest::{self, Intake};
use super::judging::{About, Judging};
use super::records::{self, History};
use super::writer::Writing;
use crate::ingest::{Assigned, Decision, Grants, Proven, Right, decide, decides};
use crate::store::devices::HandOver;
use crate::store::queue::{DecideOrder, Decided, HandOverOrder, HeldFor, HeldRecord};
use crate::store::{Actor, Deed, Entry, StoreError};
use canvass_core::document::change_hash;
use canvass_core::domain::{DeviceNumber, Kind, RecordId, ServerTime, UnitId, Zone};
use canvass_core::projection::{Row, project};
use canvass_core::wire::{Push, Verdict};
use rusqlite::{Connection, OptionalExtension, params};

/// The code of what a leader refused.
const REFUSED: &str = "leader-refused";

/// Who holds what for whom.
#[derive(Clone, Copy)]
pub(super) struct Keeping<'a> {
    pub(super) about: &'a About,
    pub(super) device: DeviceNumber,
    pub(super) unit: Option<&'a UnitId>,
    pub(super) held_for: HeldFor,
    pub(super) at: ServerTime,
}

/// How many changes of one phone may wait at once.
const MOST: usize = 2_000;

/// Whether there is room for what of a push is held.
pub(super) fn has_room(db: &Connection, device: DeviceNumber, decision: &Decision) -> Result<bool, StoreError> {
    if decision.held.is_empty() {
        return Ok(true);
    }
    let mut select = db.prepare_cached("SELECT count(*) FROM held WHERE device = ?")?;
    let waiting: i64 = select.query_row([device.get()], |row| row.get(0))?;
    Ok(usize::try_from(waiting).unwrap_or(usize::MAX).saturating_add(decision.held.len()) <= MOST)
}

/// Keeps what is held of one record's push.
pub(super) fn keep(
    db: &Connection,
    record: RecordId,
    decision: &Decision,
    keeping: Keeping<'_>,
) -> Result<(), StoreError> {
    for bytes in &decision.held {
        db.prepare_cached(
            "INSERT OR IGNORE INTO held (hash, record, kind, device, unit, code, received_at, bytes, prospect)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, seal('quarantine', ?8, ?2), ?9)",
        )?
        .execute(params![
            change_hash(bytes).as_bytes(),
            record.as_bytes(),
            keeping.about.kind.name(),
            keeping.device.get(),
            keeping.unit.map(UnitId::as_str),
            keeping.held_for.name(),
            keeping.at.millis(),
            bytes,
            keeping.about.prospect.map(|prospect| prospect.as_bytes().to_vec())
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

/// Whether something of a push is held from this phone, or was until a leader refused it: its sender knows by now that the record
/// is elsewhere, but the leader's word is what counts for it.
pub(super) fn was_held(db: &Connection, device: DeviceNumber, push: &Push) -> Result<bool, StoreError> {
    let mut select = db.prepare_cached(
        "SELECT 1 FROM held WHERE hash = ?1 AND device = ?2
         UNION ALL SELECT 1 FROM quarantine WHERE hash = ?1 AND device = ?2 AND code = ?3",
    )?;
    for hash in push.hashes() {
        let about = params![hash.as_bytes(), device.get(), REFUSED];
        if select.query_row(about, |_| Ok(())).optional()?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// What a leader refused before stays refused, however often it is sent.
pub(super) fn still_refused(
    db: &Connection,
    device: DeviceNumber,
    push: &Push,
    decision: Decision,
) -> Result<Decision, StoreError> {
    for bytes in &decision.held {
        let mut select = db.prepare_cached(
            "SELECT iif(sealed, unseal_text('quarantine', words, record), words) FROM quarantine
                 WHERE hash = ? AND device = ? AND code = ?",
        )?;
        let hash = change_hash(bytes);
        let words: Option<String> =
            select.query_row(params![hash.as_bytes(), device.get(), REFUSED], |row| row.get(0)).optional()?;
        if let Some(words) = words {
            return Ok(decision.turned_away(push, (REFUSED, words)));
        }
    }
    Ok(decision)
}

/// What is held of one record from one phone up to a place, in order.
fn pushed(
    db: &Connection,
    record: RecordId,
    kind: &Kind,
    device: DeviceNumber,
    until: u64,
) -> Result<Push, StoreError> {
    let mut select = db.prepare_cached(
        "SELECT unseal('quarantine', bytes, record) FROM held WHERE record = ? AND device = ? AND place <= ?
         ORDER BY place",
    )?;
    let until = i64::try_from(until).unwrap_or(i64::MAX);
    let found = select.query_map(params![record.as_bytes(), device.get(), until], |row| row.get::<_, Vec<u8>>(0))?;
    let changes = found.map(|bytes| Ok(bytes?.into())).collect::<Result<_, StoreError>>()?;
    Ok(Push { record, kind: kind.clone(), changes })
}

/// Everything that is held, without what it says. Each is its prospect's unit's as that is now.
pub(super) fn all(db: &Connection) -> Result<Vec<HeldRecord>, StoreError> {
    let mut select = db.prepare_cached(
        "SELECT record, kind, device,
                coalesce((SELECT assignment.unit FROM record AS assignment
                          WHERE assignment.prospect = held.prospect AND assignment.kind = 'assignment'
                              AND assignment.author = 0
                          ORDER BY assignment.occurred_at DESC, assignment.id DESC LIMIT 1), held.unit),
                code, min(received_at), count(*), max(place)
         FROM held GROUP BY record, device ORDER BY min(place)",
    )?;
    let mut found = select.query([])?;
    let mut all = Vec::new();
    while let Some(row) = found.next()? {
        let code: String = row.get(4)?;
        let kind: Kind = row.get::<_, String>(1)?.parse()?;
        all.push(HeldRecord {
            record: RecordId::from_bytes(row.get_ref(0)?.as_blob().unwrap_or_default())?,
            device: DeviceNumber::new(row.get(2)?),
            unit: row.get::<_, Option<String>>(3)?.map(|unit| unit.parse()).transpose()?,
            held_for: HeldFor::named(&code).ok_or_else(|| StoreError::Damaged(format!("held for {code}")))?,
            received_at: ServerTime::from_millis(row.get(5)?)?,
            changes: usize::try_from(row.get::<_, i64>(6)?).unwrap_or(0),
            until: row.get::<_, i64>(7)?.unsigned_abs(),
            kind,
        });
    }
    Ok(all)
}

/// What a record would be with what is held of it; none if it is confidential, or that does not fit.
pub(super) fn with_it(db: &Connection, held: &HeldRecord) -> Result<Option<Row>, StoreError> {
    let push = pushed(db, held.record, &held.kind, held.device, held.until)?;
    let guarded = History::of(db, held.record)?.guarded(&held.kind)?;
    let decision = decide(held.device, &Proven::new(), &push, guarded);
    let row = decision.document.filter(|_| !decision.accepted.is_empty());
    let row = row.and_then(|document| project(held.record, &document));
    Ok(row.filter(|row| !records::is_sealed(&row.kind)))
}

/// Decides on what was shown of a record.
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
    let (kind, unit): (Kind, Option<UnitId>) = (kind.parse()?, unit.map(|unit| unit.parse()).transpose()?);
    let push = pushed(db, order.record, &kind, order.device, order.until)?;
    let history = History::of(db, order.record)?;
    // It counts as of when it came, not of when somebody found the time to look at it.
    let mut intake = Intake::begin(writing, ServerTime::from_millis(received_at)?)?;
    let mut decision = decide(order.device, &Proven::new(), &push, history.guarded(&kind)?);
    let about = About::of(db, &push, &history, &decision)?;
    let bank = writing.bank()?;
    let unit = about.unit().cloned().or(unit);
    if let Actor::Person(leader) = &order.by {
        let grants = Grants::of(&bank, leader, order.at.date(&Zone::china()));
        if !grants.is_some_and(|grants| decides(&grants, &bank, unit.as_ref())) {
            let words = format!("{leader} does not lead the unit of this record: ask who does to decide");
            return Err(StoreError::Forbidden(words));
        }
    }
    if order.accept {
        let author = bank.holder(order.device).ok_or(StoreError::OthersDevice { device: order.device })?;
        let units = bank.memberships_of(&author.id).iter().map(|membership| membership.unit.clone()).collect();
        let grants = Grants { person: author.id.clone(), roles: author.roles, units };
        decision = decision.by(about.acceptable(&bank, &grants), true, &push);
    } else {
        decision = decision.turned_away(&push, (REFUSED, order.reason.clone()));
    }
    let assigned = unit.map(|unit| Assigned { unit, owner: None });
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
    let deed = if decided.accepted > 0 { Deed::HeldAccepted } else { Deed::HeldRefused };
    if decided.accepted + decided.refused > 0 {
        let entry = Entry::new(order.by.clone(), deed, format!("{}/{}", about.kind, order.record));
        audit::note(db, order.at, &entry.with(format!("device/{}: {}", order.device, order.reason)))?;
    }
    intake.end(writing)?;
    Ok(decided)
}

/// Holds what a revoked phone had not pushed, as far as its person might have written it when the phone was last told, or
/// where they belonged last.
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
    let today = order.at.date(&Zone::china());
    let home = bank.home_unit(&person.id, today).or_else(|| last_unit(&bank, &person.id));
    let units = home.cloned().into_iter().collect();
    let grants = Grants { person: person.id.clone(), roles: person.roles, units };
    let judging = Judging { bank: &bank, grants: &grants, told: order.told.as_ref(), at: order.at, lease_ms: i64::MAX };
    let mut intake = Intake::begin(writing, order.at)?;
    let mut verdicts = Vec::with_capacity(order.pushes.len());
    for push in &order.pushes {
        if let Some(erased) = erasure::verdicts(db, push)? {
            verdicts.push(erased);
            continue;
        }
        // What the server had taken once it takes again; what it never had, a leader decides on.
        let parts = bring_back::parts(push, &order.proven);
        let (back, push) = match &parts {
            Some(parts) => {
                let proven = (order.device, &order.proven);
                (bring_back::take(writing, &mut intake, proven, &parts.back)?, &parts.new)
            }
            None => (Vec::new(), push),
        };
        let history = History::of(db, push.record)?;
        let decision = decide(order.device, &Proven::new(), push, history.guarded(&push.kind)?);
        let about = About::of(db, push, &history, &decision)?;
        let right = match about.judged(db, &judging)?.0 {
            Right::Granted => Right::Held,
            right => right,
        };
        let unit = about.unit().or(home);
        let mut decision = still_refused(db, order.device, push, decision.by(right, false, push))?;
        if !again {
            if !has_room(db, order.device, &decision)? {
                let words = "more was handed over than can wait for a decision".to_owned();
                decision = decision.turned_away(push, ("device-full", words));
            }
            ingest::quarantine(db, order.device, push, &decision, order.at)?;
            let (device, at, held_for) = (order.device, order.at, HeldFor::Revoked);
            keep(db, push.record, &decision, Keeping { about: &about, device, unit, held_for, at })?;
        }
        verdicts.push(match parts {
            Some(parts) => parts.together(back, decision.verdicts),
            None => decision.verdicts,
        });
    }
    intake.end(writing)?;
    if !again {
        for reading in &order.readings {
            ingest::note_reading(db, order.device, reading, order.at)?;
        }
        db.execute(
            "UPDATE device_key SET hand_over = ?, handed_over = ? WHERE number = ?",
            params![HandOver::Taken.name(), order.digest, order.device.get()],
        )?;
        let held: usize = verdicts.iter().flatten().filter(|verdict| **verdict == Verdict::Held).count();
        let entry = Entry::new(Actor::Device(order.device), Deed::HandedOver, format!("device/{}", order.device));
        audit::note(db, order.at, &entry.with(format!("{held} changes held")))?;
    }
    Ok(Some(verdicts))
}

/// The unit to which somebody belonged last.
fn last_unit<'a>(bank: &'a canvass_core::domain::Bank, person: &canvass_core::domain::PersonId) -> Option<&'a UnitId> {
    let all = bank.memberships().filter(|membership| membership.person == *person);
    all.max_by_key(|membership| membership.from).map(|membership| &membership.unit)
}

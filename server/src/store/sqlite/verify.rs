//! Verdicts: who may give one, on what, and the record that is written of it.

use super::audit;
use super::feeds;
use super::ingest::{self, Intake};
use super::records;
use super::writer::Writing;
use crate::ingest::{Grants, judges};
use crate::store::claims::Given;
use crate::store::{Actor, Deed, Entry, StoreError, VerifyOrder};
use canvass_core::domain::verification::{self, Verification};
use canvass_core::domain::{Invalid, Kind, RecordId, ServerTime, Zone, outcome};
use canvass_core::projection::Row;
use rusqlite::Connection;

/// Writes a verification that names the outcome's present heads.
pub(super) fn verify(writing: &mut Writing<'_>, order: &VerifyOrder) -> Result<RecordId, StoreError> {
    let missing = || StoreError::NoSuchRecord { kind: outcome::KIND.name, id: order.outcome };
    let row = records::row(writing.db, order.outcome)?.filter(|row| row.kind.is(&outcome::KIND)).ok_or_else(missing)?;
    may_judge(writing, order, &row)?;
    as_seen(writing.db, order, &row)?;
    if let Some(unit) = &order.unit
        && writing.bank()?.unit(unit).is_none()
    {
        return Err(Invalid::new("unit", unit, "a unit of this bank").into());
    }
    let verification = Verification {
        outcome: order.outcome,
        heads: row.heads_bytes(),
        verdict: order.verdict,
        reason: order.reason.clone(),
        amount: order.amount,
        opened_on: order.opened_on,
        unit: order.unit.clone(),
        verified_at: order.at.as_recorded(),
    };
    let (kind, fields) = (Kind::from(&verification::KIND), verification.to_fields());
    // Before anything is written: of several orders in one transaction one that will not do leaves nothing.
    verification::KIND.check_new(&fields, order.at.as_recorded())?;
    // Of two verdicts the one that came later holds, also if the clock was set back in between.
    let at = records::verified_at(writing.db, row.prospect)?.map_or(order.at, |last| order.at.max(last.plus_millis(1)));
    let (mut intake, id) = (Intake::begin(writing, at)?, writing.new_id(at));
    ingest::own_record(writing, &mut intake, id, &kind, row.prospect, &fields, None)?;
    intake.end(writing)?;
    let subject = format!("{}/{}", outcome::KIND.name, order.outcome);
    let entry = Entry::new(order.by.clone(), Deed::Verified, subject).with(order.verdict.name());
    audit::note(writing.db, order.at, &entry)?;
    Ok(id)
}

/// Writes several, each by itself. What the store itself fails at fails all.
pub(super) fn verify_each(
    writing: &mut Writing<'_>,
    orders: &[VerifyOrder],
) -> Result<Vec<Result<RecordId, StoreError>>, StoreError> {
    let mut done = Vec::with_capacity(orders.len());
    for order in orders {
        let given = verify(writing, order);
        match given {
            Err(
                StoreError::EditedMeanwhile(_)
                | StoreError::JudgedMeanwhile(_)
                | StoreError::Undecided(_)
                | StoreError::NoSuchRecord { .. }
                | StoreError::Forbidden(_)
                | StoreError::Invalid(_),
            )
            | Ok(_) => done.push(given),
            Err(failed) => return Err(failed),
        }
    }
    Ok(done)
}

/// A person has to have the right to judge where the outcome's prospect is assigned.
fn may_judge(writing: &mut Writing<'_>, order: &VerifyOrder, row: &Row) -> Result<(), StoreError> {
    let Actor::Person(person) = &order.by else { return Ok(()) };
    let bank = writing.bank()?;
    let grants = Grants::of(&bank, person, order.at.date(&Zone::china()));
    let grants = grants.ok_or_else(|| StoreError::UnknownPerson(person.clone()))?;
    let assigned = row.prospect.map(|prospect| feeds::assigned(writing.db, prospect)).transpose()?.flatten();
    if judges(&grants, &bank, assigned.as_ref()) {
        return Ok(());
    }
    let words = "gives no verdict on this outcome: verifiers and head office do, in the units that are theirs";
    Err(StoreError::Forbidden(format!("{person} {words}")))
}

/// A verdict on what was seen is on that alone: on its heads, as long as nobody judged them, and nobody contradicts.
fn as_seen(db: &Connection, order: &VerifyOrder, row: &Row) -> Result<(), StoreError> {
    let Some(seen) = &order.heads else { return Ok(()) };
    if *seen != row.heads_bytes() || row.withdrawn {
        return Err(StoreError::EditedMeanwhile(order.outcome));
    }
    if row.scoring_conflict() {
        return Err(StoreError::Undecided(order.outcome));
    }
    let judged = given(db, row)?.iter().any(|given| given.verification.heads == *seen);
    if judged { Err(StoreError::JudgedMeanwhile(order.outcome)) } else { Ok(()) }
}

/// The verdicts on an outcome, the latest last.
pub(super) fn given(db: &Connection, outcome: &Row) -> Result<Vec<Given>, StoreError> {
    let Some(prospect) = outcome.prospect else { return Ok(Vec::new()) };
    let mut select = db.prepare_cached(&format!(
        "SELECT {}, received_at FROM record WHERE prospect = ? AND kind = 'verification' AND state <> 'withdrawn'
         ORDER BY received_at, seq, id",
        records::COLUMNS
    ))?;
    let mut found = select.query([prospect.as_bytes()])?;
    let mut all = Vec::new();
    while let Some(stored) = found.next()? {
        let row = Row::try_from(records::read(stored)?)?;
        let at = ServerTime::from_millis(stored.get("received_at")?)?;
        // What cannot be read judges nothing.
        if let Ok(verification) = Verification::read(&row.fields)
            && verification.outcome == outcome.id
        {
            all.push(Given { at, verification });
        }
    }
    Ok(all)
}

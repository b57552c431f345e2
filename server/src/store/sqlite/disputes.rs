//! Disputes in the log: records of the server's own, on the word of whoever is logged in.

use super::ingest::{Intake, own_record};
use super::writer::Writing;
use super::{audit, campaigns, feeds, records};
use crate::ingest::Grants;
use crate::store::disputes::{DisputeOrder, Fact, Remark};
use crate::store::{Actor, Deed, Entry, StoreError};
use canvass_core::domain::dispute::{self, Dispute};
use canvass_core::domain::{
    Action, Invalid, Kind, RecordId, ServerTime, Zone, activity, campaign, outcome, verification, visit,
};
use canvass_core::projection::Row;
use rusqlite::{Connection, OptionalExtension};

/// Keeps a remark.
pub(super) fn keep(writing: &mut Writing<'_>, order: &DisputeOrder) -> Result<RecordId, StoreError> {
    let missing = || StoreError::NoSuchRecord { kind: "visit, activity or outcome", id: order.about };
    let fact = fact(writing.db, order.about)?.ok_or_else(missing)?;
    let prospect = fact.row.prospect.ok_or_else(missing)?;
    if !campaigns::all(writing.db)?.iter().any(|known| known.id == order.campaign) {
        return Err(StoreError::NoSuchRecord { kind: campaign::KIND.name, id: order.campaign });
    }
    if order.text.trim().is_empty() {
        return Err(Invalid::new("text", "", "a few words that say what is doubted, or the answer").into());
    }
    if let Some(answers) = order.answers {
        let remark = records::row(writing.db, answers)?.and_then(|row| Dispute::read(&row.fields).ok());
        if remark.is_none_or(|remark| (remark.about, remark.campaign) != (order.about, order.campaign)) {
            return Err(StoreError::NoSuchRecord { kind: dispute::KIND.name, id: answers });
        }
    }
    let kind = Kind::from(&dispute::KIND);
    let (mut intake, id) = (Intake::begin(writing, order.at)?, writing.new_id(order.at));
    let grants = Grants::of(&intake.bank, &order.by, order.at.date(&Zone::china()));
    let grants = grants.ok_or_else(|| StoreError::UnknownPerson(order.by.clone()))?;
    let assigned = feeds::assigned(writing.db, prospect)?;
    let place = grants.place(&intake.bank, &kind, assigned.as_ref());
    let judges = verification::KIND.allows(grants.roles, Action::Create, place);
    if !dispute::KIND.allows(grants.roles, Action::Create, place) || order.settled && !judges {
        let words = "may not: leaders dispute what counts in their units, and those who verify it settle that";
        return Err(StoreError::Forbidden(format!("{} {words}", order.by)));
    }
    let said = Dispute {
        about: order.about,
        campaign: order.campaign,
        answers: order.answers,
        settled: order.settled,
        text: order.text.trim().to_owned(),
        by: order.by.clone(),
        said_at: order.at.as_recorded(),
    };
    own_record(writing, &mut intake, id, &kind, Some(prospect), &said.to_fields(), None)?;
    intake.end(writing)?;
    let entry =
        Entry::new(Actor::Person(order.by.clone()), Deed::Disputed, format!("{}/{}", fact.row.kind, order.about));
    let detail = if order.settled {
        "settled"
    } else if order.answers.is_some() {
        "answered"
    } else {
        "begun"
    };
    audit::note(writing.db, order.at, &entry.with(detail))?;
    Ok(id)
}

/// Every remark of a campaign.
pub(super) fn of_campaign(db: &Connection, campaign: RecordId) -> Result<Vec<Remark>, StoreError> {
    let sql = format!("SELECT {} FROM record WHERE kind = 'dispute' AND author = 0 ORDER BY seq", records::COLUMNS);
    let mut select = db.prepare_cached(&sql)?;
    let mut all = Vec::new();
    for stored in select.query_map([], records::read)? {
        let row = Row::try_from(stored?)?;
        let said = Dispute::read(&row.fields).ok().filter(|said| said.campaign == campaign);
        if let (Some(said), Some(prospect)) = (said, row.prospect) {
            all.push(Remark { id: row.id, prospect, said });
        }
    }
    Ok(all)
}

/// A record that can count, and when it came.
pub(super) fn fact(db: &Connection, record: RecordId) -> Result<Option<Fact>, StoreError> {
    let kinds = [&visit::KIND, &activity::KIND, &outcome::KIND];
    let Some(row) = records::row(db, record)?.filter(|row| kinds.iter().any(|kind| row.kind.is(kind))) else {
        return Ok(None);
    };
    let mut select = db.prepare_cached("SELECT received_at FROM record WHERE id = ?")?;
    let received_at: Option<i64> = select.query_row([record.as_bytes()], |row| row.get(0)).optional()?;
    let received_at = received_at.map(ServerTime::from_millis).transpose()?;
    Ok(received_at.map(|received_at| Fact { row, received_at }))
}

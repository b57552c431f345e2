//! Editing campaigns as the server, on a person's behalf: through the gate, upon what the person saw, and never over what
//! somebody else wrote since.

use super::ingest::{Intake, own_change, own_record};
use super::records::{self, History};
use super::writer::Writing;
use super::{audit, erasure};
use crate::ingest::Grants;
use crate::store::campaigns::{EditOrder, Edited};
use crate::store::{Actor, Deed, Entry, StoreError};
use canvass_core::document::ChangeHash;
use canvass_core::domain::{Action, Bank, Fields, Invalid, Kind, Place, ServerTime, Value, Zone, campaign};
use canvass_core::wire::Verdict;

/// So many fields are named in the audit log.
const NAMED: usize = 12;

/// Makes a campaign or edits one.
pub(super) fn edit(writing: &mut Writing<'_>, order: &EditOrder) -> Result<(), StoreError> {
    let (id, kind) = (order.what.id(), Kind::from(&campaign::KIND));
    let begins = matches!(order.what, Edited::New(_));
    may(&*writing.bank()?, &order.by, if begins { Action::Create } else { Action::Edit }, order.at)?;
    let put = match &order.what {
        Edited::New(_) => Some(begin(writing, order, &kind)?),
        Edited::Seen { heads, .. } => upon(writing, order, &kind, heads)?,
    };
    let Some(put) = put else { return Ok(()) };
    let names: Vec<&str> = put.iter().take(NAMED).map(|(name, _)| name.as_str()).collect();
    let more = if put.len() > NAMED { format!(" and {} more", put.len() - NAMED) } else { String::new() };
    let entry = Entry::new(order.by.clone(), Deed::CampaignChanged, format!("{}/{id}", campaign::KIND.name));
    let new = if begins { "new: " } else { "" };
    audit::note(writing.db, order.at, &entry.with(format!("{new}{}{more}", names.join(", "))))
}

/// Begins a campaign. Returns what was put.
fn begin(writing: &mut Writing<'_>, order: &EditOrder, kind: &Kind) -> Result<Fields, StoreError> {
    let id = order.what.id();
    match records::row(writing.db, id)? {
        Some(row) if row.kind == *kind => return Err(StoreError::CampaignEditedMeanwhile(id)),
        Some(_) => return Err(Invalid::new("campaign", id, "an id that no other record has").into()),
        None if erasure::is_erased(writing.db, id)? => {
            return Err(Invalid::new("campaign", id, "an id of nothing that was erased").into());
        }
        None => {}
    }
    let fields: Fields = order.puts.clone().into_iter().filter(|(_, value)| *value != Value::Null).collect();
    let mut intake = Intake::begin(writing, order.at)?;
    own_record(writing, &mut intake, id, kind, None, &fields, None)?;
    intake.end(writing)?;
    Ok(fields)
}

/// Edits a campaign upon what was seen of it. Returns what was put; none if all of it stood there.
fn upon(
    writing: &mut Writing<'_>,
    order: &EditOrder,
    kind: &Kind,
    seen: &[ChangeHash],
) -> Result<Option<Fields>, StoreError> {
    let id = order.what.id();
    let missing = || StoreError::NoSuchRecord { kind: campaign::KIND.name, id };
    let row = records::row(writing.db, id)?.filter(|row| row.kind == *kind).ok_or_else(missing)?;
    campaign::KIND.check_edit(&order.puts, order.at.as_recorded())?;
    if row.heads != seen {
        return Err(StoreError::CampaignEditedMeanwhile(id));
    }
    let unsettled = |name: &str| row.conflicts.iter().any(|conflict| conflict.field.as_str() == name);
    let stands = |name: &str, value: &Value| row.fields.get(name).unwrap_or(&Value::Null) == value && !unsettled(name);
    let put = order.puts.iter().filter(|(name, value)| !stands(name.as_str(), value));
    let put: Fields = put.map(|(name, value)| (name.clone(), value.clone())).collect();
    let mut intake = Intake::begin(writing, order.at)?;
    let history = History::of(writing.db, id)?;
    let mut document = history.document()?.ok_or_else(missing)?;
    let Some(change) = document.edit(&put, &writing.authorship(order.at))? else { return Ok(None) };
    match own_change(writing, &mut intake, kind, &history, change, None)? {
        Verdict::Accepted => {}
        Verdict::Refused { words, .. } => {
            return Err(Invalid::new(kind.name(), words, "an edit that passes the gate").into());
        }
        _ => return Err(StoreError::Damaged(format!("an edit of {id} was not accepted"))),
    }
    intake.end(writing)?;
    Ok(Some(put))
}

/// Whether somebody may do something with campaigns: of a person the matrix says so.
pub(super) fn may(bank: &Bank, by: &Actor, action: Action, at: ServerTime) -> Result<(), StoreError> {
    let Actor::Person(person) = by else { return Ok(()) };
    let grants = Grants::of(bank, person, at.date(&Zone::china()));
    let grants = grants.ok_or_else(|| StoreError::UnknownPerson(person.clone()))?;
    if campaign::KIND.allows(grants.roles, action, Place::Own) {
        return Ok(());
    }
    Err(StoreError::Forbidden(format!("{person} makes and edits no campaign: head office does")))
}

//! Playing a draft of a campaign: every prospect's group is counted by the draft, in one snapshot and one pass over the rows,
//! and nothing is written.

use super::ledger::{self, COLUMNS};
use super::{campaigns, editing, records, tally};
use crate::store::StoreError;
use crate::store::campaigns::RehearseOrder;
use canvass_core::domain::campaign::{self, Campaign};
use canvass_core::domain::{Action, Bank, PersonId, RecordId, prospect};
use canvass_core::ranking::{
    Contribution, Group, GroupRow, Rehearsal, Side, Status, Tally, contributions, rehearsal, tallies,
};
use rusqlite::{Connection, params};
use std::collections::{BTreeMap, HashMap};

/// Of a new campaign's draft, by what its contributions are called while it is played.
const UNNAMED: [u8; 10] = [0; 10];

/// A campaign, and what counts by it.
struct Counted {
    campaign: Campaign,
    tallies: Vec<Tally>,
    won: Vec<Contribution>,
}

impl Counted {
    fn side(&self) -> Side<'_> {
        Side { campaign: &self.campaign, tallies: &self.tallies, won: &self.won }
    }
}

/// Plays a draft.
pub(super) fn rehearse(db: &Connection, bank: &Bank, order: &RehearseOrder) -> Result<Rehearsal, StoreError> {
    let action = if order.campaign.is_some() { Action::Edit } else { Action::Create };
    editing::may(bank, &order.by, action, order.at)?;
    let until = order.at.week(&order.draft.zone);
    let present = match order.campaign {
        None => None,
        Some(id) => {
            let missing = || StoreError::NoSuchRecord { kind: campaign::KIND.name, id };
            records::row(db, id)?.filter(|row| row.kind.is(&campaign::KIND)).ok_or_else(missing)?;
            // One that was withdrawn or cannot be read counts nothing.
            let found = campaigns::all(db)?.into_iter().find(|stored| stored.id == id);
            found.map(|stored| kept(db, id, &stored.campaign)).transpose()?
        }
    };
    let draft = match &present {
        Some(present) if present.campaign.counts_like(&order.draft) => None,
        _ => Some(by_draft(db, bank, order)?),
    };
    let after = match (&draft, &present) {
        (Some(draft), _) => draft.side(),
        // Only the ranking differs.
        (None, Some(present)) => Side { campaign: &order.draft, ..present.side() },
        (None, None) => return Ok(Rehearsal::default()),
    };
    Ok(rehearsal(present.as_ref().map(Counted::side), after, bank, until))
}

/// What is kept of a campaign.
fn kept(db: &Connection, id: RecordId, campaign: &Campaign) -> Result<Counted, StoreError> {
    let mut select = db.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM contribution WHERE campaign = ? AND metric = 'communities' AND status = 'confirmed'"
    ))?;
    let mut found = select.query([id.as_bytes()])?;
    let mut won = Vec::new();
    while let Some(row) = found.next()? {
        won.push(ledger::contribution(row)?);
    }
    Ok(Counted { campaign: campaign.clone(), tallies: tally::tallies(db, id)?, won })
}

/// A prospect's group as it is gathered.
#[derive(Default)]
struct Gathered {
    known: bool,
    team: BTreeMap<PersonId, i64>,
    rows: Vec<GroupRow>,
}

/// Counts everything by the draft. What was erased counts as it stood.
fn by_draft(db: &Connection, bank: &Bank, order: &RehearseOrder) -> Result<Counted, StoreError> {
    let id = order.campaign.unwrap_or_else(|| RecordId::derived(UNNAMED));
    let draft = [(id, order.draft.clone())];
    let mut erased = of_erased(db, id)?;
    let mut counted: Vec<Contribution> = erased.values().flatten().cloned().collect();
    let mut count = |prospect: RecordId, group: &Gathered| {
        let erased = erased.remove(&prospect).unwrap_or_default();
        let group = Group { prospect, known: group.known, team: &group.team, rows: &group.rows, erased: &erased };
        // Rewards and bulletins know only what is confirmed.
        counted.extend(contributions(&group, &draft, bank).into_iter().filter(|one| one.status == Status::Confirmed));
    };
    // Of visits and activities those that can lie within the campaign, whatever the time zone; by the index, so in order.
    let day = 86_400_000;
    let (from, until) =
        (order.draft.zone.start_of(order.draft.starts) - day, order.draft.zone.start_of(order.draft.ends) + 2 * day);
    let mut select = db.prepare_cached(&format!(
        "SELECT {}, received_at, seq FROM record WHERE prospect IS NOT NULL
         AND (kind IN ('prospect', 'outcome', 'verification') OR kind IN ('visit', 'activity')
             AND (occurred_at IS NULL OR conflicts <> '' OR occurred_at BETWEEN ? AND ?))
         ORDER BY prospect",
        records::COLUMNS
    ))?;
    let mut found = select.query(params![from, until])?;
    let mut open: Option<(RecordId, Gathered)> = None;
    while let Some(stored) = found.next()? {
        let one = ledger::group_row(db, stored)?;
        let Some(prospect) = one.row.prospect else { continue };
        if let Some((done, group)) = open.take_if(|(gathering, _)| *gathering != prospect) {
            count(done, &group);
        }
        let (_, group) = open.get_or_insert_with(|| (prospect, Gathered::default()));
        if one.row.kind.is(&prospect::KIND) {
            (group.known, group.team) = (true, prospect::team(&one.row.settled_fields()));
            continue;
        }
        group.rows.push(one);
    }
    if let Some((prospect, group)) = open {
        count(prospect, &group);
    }
    Ok(Counted { campaign: order.draft.clone(), tallies: tallies(&counted), won: counted })
}

/// The contributions of what was erased, by prospect.
fn of_erased(db: &Connection, campaign: RecordId) -> Result<HashMap<RecordId, Vec<Contribution>>, StoreError> {
    let mut select = db.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM contribution WHERE campaign = ? AND source IN (SELECT record FROM erased)"
    ))?;
    let mut found = select.query([campaign.as_bytes()])?;
    let mut all: HashMap<RecordId, Vec<Contribution>> = HashMap::new();
    while let Some(row) = found.next()? {
        let one = ledger::contribution(row)?;
        all.entry(one.prospect).or_default().push(one);
    }
    Ok(all)
}

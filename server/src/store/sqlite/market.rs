//! What is known of communities and of the rivals who are met there.

use super::feeds;
use crate::store::StoreError;
use canvass_core::domain::{RecordId, Week};
use canvass_core::projection::fields_from_json;
use canvass_core::ranking::Community;
use rusqlite::{Connection, params};
use std::collections::{BTreeMap, HashSet};

/// So many records of one community may point to one another: a circle, which two phones can make, ends there.
const HOPS: usize = 16;

/// Every community, with whether a campaign won it by a week. Goes through all prospects.
pub(super) fn communities(db: &Connection, campaign: RecordId, until: Week) -> Result<Vec<Community>, StoreError> {
    let mut select = db.prepare_cached(
        "SELECT DISTINCT prospect FROM contribution WHERE campaign = ? AND metric = 'communities' AND week <= ?
         AND status IN ('confirmed', 'pending')",
    )?;
    let won = select.query_map(params![campaign.as_bytes(), until.number()], |row| row.get(0))?;
    let won: HashSet<Vec<u8>> = won.collect::<Result<_, _>>()?;
    let mut select = db.prepare_cached("SELECT id, body FROM record WHERE kind = 'prospect' AND state = 'active'")?;
    let mut found = select.query([])?;
    let mut all: BTreeMap<RecordId, Community> = BTreeMap::new();
    let mut same_as: BTreeMap<RecordId, RecordId> = BTreeMap::new();
    while let Some(row) = found.next()? {
        let id = RecordId::from_bytes(row.get_ref(0)?.as_blob().unwrap_or_default())?;
        let fields = fields_from_json(row.get_ref(1)?.as_str().unwrap_or_default())?;
        same_as.extend(fields.record("same_as").map(|other| (id, other)));
        let unit = feeds::assigned(db, id)?.map(|assigned| assigned.unit);
        let is_won = won.contains(id.as_bytes().as_slice());
        all.extend(Community::read(&fields, unit, is_won).map(|community| (id, community)));
    }
    // The same community under several records is one: the eldest stands for it.
    for id in same_as.keys() {
        let walk = std::iter::successors(Some(*id), |id| same_as.get(id).copied());
        let Some(eldest) = walk.take(HOPS).last().filter(|eldest| eldest != id && all.contains_key(eldest)) else {
            continue;
        };
        if let (Some(younger), Some(eldest)) = (all.remove(id), all.get_mut(&eldest)) {
            eldest.won |= younger.won;
            eldest.rivals.extend(younger.rivals);
        }
    }
    Ok(all.into_values().collect())
}

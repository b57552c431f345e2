//! What is known of communities and of the rivals who are met there.

use super::feeds;
use crate::store::StoreError;
use canvass_core::domain::{RecordId, Week};
use canvass_core::projection::fields_from_json;
use canvass_core::ranking::Community;
use rusqlite::{Connection, params};
use std::collections::HashSet;

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
    let mut all = Vec::new();
    while let Some(row) = found.next()? {
        let id = row.get_ref(0)?.as_blob().unwrap_or_default();
        let is_won = won.contains(id);
        let fields = fields_from_json(row.get_ref(1)?.as_str().unwrap_or_default())?;
        // The same community under another record is one, not two.
        if fields.record("same_as").is_some() && !is_won {
            continue;
        }
        let unit = feeds::assigned(db, RecordId::from_bytes(id)?)?.map(|assigned| assigned.unit);
        all.extend(Community::read(&fields, unit, is_won));
    }
    Ok(all)
}

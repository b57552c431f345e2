//! The campaigns as the ledger counts by them.

use super::records;
use crate::store::{StoreError, StoredCampaign};
use canvass_core::domain::RecordId;
use canvass_core::domain::campaign::Campaign;
use canvass_core::projection::Row;
use rusqlite::Connection;
use std::sync::Arc;

/// The campaigns as the writer last read them, with the version that says whether they still hold.
#[derive(Default)]
pub(super) struct CachedCampaigns {
    version: Option<i64>,
    pub(super) all: Vec<(RecordId, Campaign)>,
}

impl CachedCampaigns {
    /// Reads the campaigns again if somebody changed them. A job that may touch one does so before it begins: only against
    /// what the ledger was counted by can it tell what changed.
    pub(super) fn refresh(&mut self, db: &Connection) -> Result<(), StoreError> {
        let mut select = db.prepare_cached("SELECT value FROM setting WHERE name = 'campaign_version'")?;
        let version = Some(select.query_row([], |row| row.get(0))?);
        if version != self.version {
            let all = all(db)?.into_iter().map(|stored| (stored.id, (*stored.campaign).clone())).collect();
            *self = Self { version, all };
        }
        Ok(())
    }
}

/// All campaigns that can be read and were not withdrawn, newest first. While a field is in conflict, what held before
/// holds on.
pub(super) fn all(db: &Connection) -> Result<Vec<StoredCampaign>, StoreError> {
    let sql = format!(
        "SELECT {} FROM record WHERE kind = 'campaign' AND state = 'active' ORDER BY id DESC",
        records::COLUMNS
    );
    let mut select = db.prepare_cached(&sql)?;
    let mut all = Vec::new();
    for stored in select.query_map([], records::read)? {
        let row = Row::try_from(stored?)?;
        if let Ok(campaign) = Campaign::read(&row.settled_fields()) {
            all.push(StoredCampaign { id: row.id, campaign: Arc::new(campaign) });
        }
    }
    Ok(all)
}

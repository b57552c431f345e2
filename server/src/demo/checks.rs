//! The checks after the play. Each says how much it looked at; one that looked at nothing has failed.

use super::fleet::Fleet;
use crate::store::{Bulletins, SqliteStore, Store, StoreError};
use canvass_core::document::ChangeHash;
use canvass_core::domain::{Date, RecordId};
use canvass_core::projection::Row;
use canvass_core::ranking::{Basis, standings};
use canvass_core::replica::{Query, ReplicaError};
use std::collections::BTreeMap;
use std::path::Path;

/// One check and how it went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// What is promised.
    pub promise: &'static str,
    /// How many things were looked at.
    pub looked_at: usize,
    /// How many of them break the promise.
    pub broken: usize,
}

impl Check {
    /// Whether the promise holds, and there was something to hold it for.
    pub fn holds(&self) -> bool {
        self.broken == 0 && self.looked_at > 0
    }
}

/// Why a check could not be made.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// The server's store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A phone's replica.
    #[error(transparent)]
    Replica(#[from] ReplicaError),
}

/// Makes every check. The rebuild comes last, because it mends what it finds.
///
/// # Errors
/// When the store or a phone cannot be read.
pub async fn all(
    store: &SqliteStore,
    fleet: &Fleet,
    campaign: RecordId,
    today: Date,
    scratch: &Path,
) -> Result<Vec<Check>, CheckError> {
    Ok(vec![
        nothing_outstanding(fleet)?,
        converged(store, fleet, today).await?,
        nothing_lost(store, fleet).await?,
        same_standings(store, campaign, scratch).await?,
        bulletins_hold(store, campaign, scratch).await?,
        rows_rebuilt(store).await?,
    ])
}

async fn bulletins_hold(store: &SqliteStore, campaign: RecordId, scratch: &Path) -> Result<Check, CheckError> {
    let mut check =
        Check { promise: "each sealed bulletin recomputes from the change log of its time", looked_at: 0, broken: 0 };
    for (n, sealed) in store.bulletins(campaign).await?.into_iter().enumerate() {
        let found = store.check_bulletin(sealed.key, scratch.join(format!("bulletin-{n}.db"))).await?;
        check.looked_at += 1;
        check.broken += usize::from(!found.holds());
    }
    Ok(check)
}

fn nothing_outstanding(fleet: &Fleet) -> Result<Check, CheckError> {
    let mut check =
        Check { promise: "every phone has sent everything, and nothing was refused", looked_at: 0, broken: 0 };
    for number in 0..fleet.size() {
        let settled = fleet.phone(number, |phone| -> Result<bool, ReplicaError> {
            let replica = phone.replica();
            Ok(replica.outstanding()? == 0 && !replica.inbox()?.iter().any(is_refused))
        });
        check.looked_at += 1;
        check.broken += usize::from(!settled.transpose()?.unwrap_or(false));
    }
    Ok(check)
}

fn is_refused(entry: &canvass_core::replica::InboxEntry) -> bool {
    matches!(entry.reason, canvass_core::replica::InboxReason::Refused { .. })
}

/// Every phone holds what it should, row by row and head by head.
async fn converged(store: &SqliteStore, fleet: &Fleet, today: Date) -> Result<Check, CheckError> {
    let mut check = Check { promise: "every phone's records equal the server's", looked_at: 0, broken: 0 };
    for number in 0..fleet.size() {
        let query = Query { limit: u32::MAX, ..Query::default() };
        let held = fleet.phone(number, |phone| (phone.owner().person.clone(), phone.replica().query(&query)));
        let Some((person, rows)) = held else { continue };
        let by_id = |rows: Vec<Row>| rows.into_iter().map(|row| (row.id, row)).collect::<BTreeMap<_, _>>();
        let (here, there) = (by_id(rows?), by_id(store.rows_for(&person, today).await?));
        check.looked_at += there.len();
        check.broken += there.iter().filter(|(id, row)| here.get(id) != Some(row)).count();
        check.broken += here.keys().filter(|id| !there.contains_key(id)).count();
    }
    Ok(check)
}

/// What phones were told is safe, is there.
async fn nothing_lost(store: &SqliteStore, fleet: &Fleet) -> Result<Check, CheckError> {
    let mut noted: Vec<ChangeHash> = Vec::new();
    for number in 0..fleet.size() {
        fleet.phone(number, |phone| noted.extend(phone.acknowledged()));
    }
    let there = store.has_changes(noted.clone()).await?;
    let broken = noted.iter().filter(|hash| !there.contains(hash)).count();
    Ok(Check { promise: "no acknowledged change is missing on the server", looked_at: noted.len(), broken })
}

/// The standings of every week, as kept and as computed from the bank and the change log alone.
async fn same_standings(store: &SqliteStore, campaign: RecordId, scratch: &Path) -> Result<Check, CheckError> {
    let other = store.recomputed_at(&scratch.join("recomputed.db")).await?;
    let mut check = Check { promise: "standings equal a recomputation from the change log", looked_at: 0, broken: 0 };
    let (bank, campaigns) = (store.bank().await?, store.campaigns().await?);
    let (kept, anew) = (store.tallies(campaign).await?, other.tallies(campaign).await?);
    for stored in campaigns.iter().filter(|stored| stored.id == campaign) {
        for week in stored.campaign.weeks() {
            let kept = standings(&stored.campaign, week, &bank, &kept, Basis::Counted);
            let anew = standings(&stored.campaign, week, &bank, &anew, Basis::Counted);
            check.looked_at += kept.iter().filter(|standing| standing.score != 0).count();
            check.broken += kept.iter().zip(&anew).filter(|(a, b)| a != b).count() + kept.len().abs_diff(anew.len());
        }
    }
    // Weeks hide nothing: every sum behind them is compared too.
    check.broken += kept.iter().filter(|tally| !anew.contains(tally)).count();
    check.broken += anew.iter().filter(|tally| !kept.contains(tally)).count();
    Ok(check)
}

async fn rows_rebuilt(store: &SqliteStore) -> Result<Check, CheckError> {
    let rebuilt = store.rebuild().await?;
    Ok(Check {
        promise: "rows and contributions rebuilt equal those kept",
        looked_at: rebuilt.records.min(rebuilt.contributions),
        broken: rebuilt.rows_differing + rebuilt.contributions_differing + rebuilt.tallies_differing,
    })
}

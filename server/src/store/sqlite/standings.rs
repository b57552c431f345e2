//! The standings as phones get them. They are made again only when the ledger, the bank or the week has changed; an idle
//! sync costs a look at two versions.

use super::{bank, campaigns, ledger, tally};
use crate::store::{StoreError, StoredCampaign};
use canvass_core::domain::campaign::{Campaign, Metric};
use canvass_core::domain::{Bank, ServerTime, Week};
use canvass_core::ranking::{Basis, Figure, Standing, standings};
use canvass_core::wire::{CampaignStandings, MetricTotal, Standings, UnitStanding};
use rusqlite::Connection;
use std::sync::{Arc, Mutex, PoisonError};

/// How many weeks after its last one a campaign stays on phones, so that everybody sees how it ended.
const SHOWN_AFTER: i64 = 4;

/// The standings as they were last made. A pull for which they still hold never waits for one that makes them again, and
/// of several that need them anew one makes them for all.
#[derive(Debug, Default)]
pub(super) struct SharedStandings {
    latest: Mutex<Option<Arc<Made>>>,
    making: Mutex<()>,
}

/// Standings, with all that says whether they still hold.
#[derive(Debug)]
struct Made {
    ledger: i64,
    bank: i64,
    campaigns: Vec<StoredCampaign>,
    weeks: Vec<Option<Week>>,
    standings: Standings,
}

impl SharedStandings {
    /// The present standings, if their version is not the one that the phone holds.
    pub(super) fn unlike(
        &self,
        version: u64,
        db: &Connection,
        bank: &Bank,
        now: ServerTime,
    ) -> Result<Option<Standings>, StoreError> {
        let made = self.current(db, bank, now)?;
        Ok((made.standings.version != version).then(|| made.standings.clone()))
    }

    fn current(&self, db: &Connection, bank: &Bank, now: ServerTime) -> Result<Arc<Made>, StoreError> {
        let (ledger, bank_version) = (ledger::version(db)?, bank::version(db)?);
        // Versions only grow, so what another pull made of a newer snapshot will do.
        let holding = || {
            let latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner).clone();
            latest.filter(|made| made.ledger >= ledger && made.bank >= bank_version && made.weeks == made.shown(now))
        };
        if let Some(made) = holding() {
            return Ok(made);
        }
        let _making = self.making.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(made) = holding() {
            return Ok(made);
        }
        let made = Arc::new(Made::of(ledger, bank_version, db, bank, now)?);
        *self.latest.lock().unwrap_or_else(PoisonError::into_inner) = Some(made.clone());
        Ok(made)
    }
}

impl Made {
    fn of(ledger: i64, version: i64, db: &Connection, bank: &Bank, now: ServerTime) -> Result<Self, StoreError> {
        let (campaigns, weeks) = (campaigns::all(db)?, Vec::new());
        let mut made = Self { ledger, bank: version, campaigns, weeks, standings: Standings::default() };
        made.weeks = made.shown(now);
        let mut told = Vec::new();
        for (stored, week) in made.campaigns.iter().zip(&made.weeks) {
            let Some(week) = *week else { continue };
            let tallies = tally::tallies(db, stored.id)?;
            let units =
                standings(&stored.campaign, week, bank, &tallies, Basis::Counted).into_iter().map(told_of).collect();
            told.push(CampaignStandings { campaign: stored.id, name: stored.campaign.name.clone(), week, units });
        }
        made.standings = Standings::of(told).map_err(|error| StoreError::Damaged(error.to_string()))?;
        Ok(made)
    }

    /// The week of each campaign that phones show at a time.
    fn shown(&self, now: ServerTime) -> Vec<Option<Week>> {
        self.campaigns.iter().map(|stored| shown(&stored.campaign, now)).collect()
    }
}

/// The week of a campaign that phones show: the present one, or its last. None before it begins, and long after its end.
fn shown(campaign: &Campaign, now: ServerTime) -> Option<Week> {
    let (first, present, last) = (Week::of(campaign.starts), now.week(&campaign.zone), Week::of(campaign.ends));
    let under_way = first <= present && first <= last && present.number() <= last.number() + SHOWN_AFTER;
    under_way.then(|| present.min(last))
}

fn told_of(standing: Standing) -> UnitStanding {
    let total = |(metric, figure): (Metric, Figure)| MetricTotal {
        metric: metric.name().to_owned(),
        confirmed: figure.confirmed,
        pending: figure.pending,
    };
    UnitStanding {
        unit: standing.unit,
        rank: standing.rank,
        score: standing.score,
        target: standing.target,
        movement: standing.movement,
        totals: standing.total.into_iter().map(total).collect(),
    }
}

//! The standings as phones get them. They are made again only when the ledger, the bank or the week has changed; an idle
//! sync costs a look at two versions.

use super::{bank, campaigns, ledger, tally};
use crate::store::{StoreError, StoredCampaign};
use canvass_core::domain::campaign::{Campaign, Metric};
use canvass_core::domain::{Bank, ServerTime, Week};
use canvass_core::ranking::{Figure, Standing, standings};
use canvass_core::wire::{CampaignStandings, MetricTotal, Standings, UnitStanding};
use rusqlite::Connection;

/// How many weeks after its last one a campaign stays on phones, so that everybody sees how it ended.
const SHOWN_AFTER: i64 = 4;

/// The standings as they were last made, with all that says whether they still hold.
#[derive(Debug, Default)]
pub(super) struct CachedStandings {
    versions: Option<(i64, i64)>,
    campaigns: Vec<StoredCampaign>,
    weeks: Vec<Option<Week>>,
    made: Standings,
}

impl CachedStandings {
    /// The present standings, if their version is not the one that the phone holds.
    pub(super) fn unlike(
        &mut self,
        version: u64,
        db: &Connection,
        bank: &Bank,
        now: ServerTime,
    ) -> Result<Option<Standings>, StoreError> {
        self.refresh(db, bank, now)?;
        Ok((self.made.version != version).then(|| self.made.clone()))
    }

    fn refresh(&mut self, db: &Connection, bank: &Bank, now: ServerTime) -> Result<(), StoreError> {
        let versions = Some((ledger::version(db)?, bank::version(db)?));
        if self.versions != versions {
            *self = Self { versions, campaigns: campaigns::all(db)?, ..Self::default() };
        }
        let weeks: Vec<_> = self.campaigns.iter().map(|stored| shown(&stored.campaign, now)).collect();
        if self.weeks != weeks {
            let mut told = Vec::new();
            for (stored, week) in self.campaigns.iter().zip(&weeks) {
                let Some(week) = *week else { continue };
                let tallies = tally::tallies(db, stored.id)?;
                let units = standings(&stored.campaign, week, bank, &tallies).into_iter().map(told_of).collect();
                told.push(CampaignStandings { campaign: stored.id, name: stored.campaign.name.clone(), week, units });
            }
            self.made = Standings::of(told).map_err(|error| StoreError::Damaged(error.to_string()))?;
            self.weeks = weeks;
        }
        Ok(())
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

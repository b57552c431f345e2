//! Where the units of each campaign stand, as an app shows it.

use crate::edge::{now, parsed};
use crate::{Phone, PhoneError};
use canvass_core::domain::Zone;
use canvass_core::ranking::Contribution;
use std::collections::HashMap;

/// One unit's place in a campaign.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct StandingView {
    /// The campaign.
    pub campaign: String,
    /// Its name.
    pub campaign_name: String,
    /// The week, such as `2026-W10`: the one in which the phone synced last, or the campaign's last.
    pub week: String,
    /// The unit.
    pub unit: String,
    /// Its name.
    pub unit_name: String,
    /// Whether what this phone's person records counts for it.
    pub own: bool,
    /// Its rank from 1; equal scores share one.
    pub rank: u32,
    /// Its points in all.
    pub score: i64,
    /// How many communities it should win.
    pub target: i64,
    /// Places gained since the week before, lost ones negative; none in the campaign's first week.
    pub movement: Option<i32>,
    /// Every metric since the campaign began: `communities`, `fund`, `cards`, `wealth`, `visits`, `activities`, or one from a newer
    /// version.
    pub totals: HashMap<String, MetricView>,
}

/// What a metric comes to: communities, cards or visits, or fen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Record)]
pub struct MetricView {
    /// Confirmed.
    pub confirmed: i64,
    /// Still to be judged; it counts too.
    pub pending: i64,
}

/// An outcome of this phone that waits for the back office, as it would count for the unit of its person.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct PendingView {
    /// The outcome.
    pub outcome: String,
    /// Its prospect.
    pub prospect: String,
    /// What it adds to: `communities`, `fund`, `cards` or `wealth`.
    pub metric: String,
    /// How much: communities or cards, or fen.
    pub value: i64,
}

/// Where the unit of this phone's person stands by what is confirmed, and where it would stand.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct WhatIfView {
    /// The unit.
    pub unit: String,
    /// Its rank from 1 by what is confirmed.
    pub rank: u32,
    /// Its points by what is confirmed.
    pub score: i64,
    /// Its rank if the outcomes were confirmed as well.
    pub rank_then: u32,
    /// Its points then.
    pub score_then: i64,
}

#[uniffi::export]
impl Phone {
    /// The outcomes on this phone that wait for the back office and would count in a campaign for the unit of its person; an
    /// account is two, for its community and for its fund.
    ///
    /// # Errors
    /// When the id is none, or the database cannot be read.
    pub fn pending(&self, campaign: String) -> Result<Vec<PendingView>, PhoneError> {
        let pending = self.replica().pending(parsed("campaign", &campaign)?, now()?)?;
        let view = |one: Contribution| PendingView {
            outcome: one.source.to_string(),
            prospect: one.prospect.to_string(),
            metric: one.metric.name().to_owned(),
            value: one.value,
        };
        Ok(pending.into_iter().map(view).collect())
    }

    /// Where the unit of this phone's person would stand if some of the pending outcomes were confirmed, by the sums of the last
    /// sync: “if my two pending accounts are confirmed, we go from 7th to 5th”. None before a sync told of the campaign.
    ///
    /// # Errors
    /// When an id is none, or the database cannot be read.
    pub fn what_if(&self, campaign: String, outcomes: Vec<String>) -> Result<Option<WhatIfView>, PhoneError> {
        let outcomes: Result<Vec<_>, _> = outcomes.iter().map(|id| parsed("outcomes", id)).collect();
        let found = self.replica().what_if(parsed("campaign", &campaign)?, &outcomes?, now()?)?;
        Ok(found.map(|found| WhatIfView {
            unit: found.unit.to_string(),
            rank: found.before.rank,
            score: found.before.score,
            rank_then: found.after.rank,
            score_then: found.after.score,
        }))
    }

    /// Where every unit stands in each campaign, as the last sync told: the newest campaign first, the first place first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn standings(&self) -> Result<Vec<StandingView>, PhoneError> {
        let replica = self.replica();
        let bank = replica.bank()?;
        let home = bank.home_unit(replica.person(), now()?.date(&Zone::china()));
        let mut views = Vec::new();
        for standings in replica.standings()? {
            let own = home.and_then(|home| standings.place_of(home, &bank)).map(|place| place.unit.clone());
            for place in standings.units {
                let name = bank.unit(&place.unit).map_or_else(|| place.unit.to_string(), |unit| unit.name.clone());
                let totals = place.totals.into_iter();
                views.push(StandingView {
                    campaign: standings.campaign.to_string(),
                    campaign_name: standings.name.clone(),
                    week: standings.week.to_string(),
                    own: own.as_ref() == Some(&place.unit),
                    unit: place.unit.to_string(),
                    unit_name: name,
                    rank: place.rank,
                    score: place.score,
                    target: place.target,
                    movement: place.movement,
                    totals: totals
                        .map(|total| {
                            let (confirmed, pending) = (total.confirmed, total.pending);
                            (total.metric, MetricView { confirmed, pending })
                        })
                        .collect(),
                });
            }
        }
        Ok(views)
    }
}

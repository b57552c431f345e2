//! Where the units of each campaign stand, as an app shows it.

use crate::edge::now;
use crate::{Phone, PhoneError};
use canvass_core::domain::Zone;
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
    /// Every metric since the campaign began: `communities`, `fund`, `cards`, `wealth`, `visits`, or one from a newer
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

#[uniffi::export]
impl Phone {
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

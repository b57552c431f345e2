//! “If my two pending accounts are confirmed, we go from 7th to 5th”: from the sums that the last sync told and from this
//! phone's own outcomes, by the code that the server's page uses.

use super::{Query, Replica, ReplicaError};
use crate::domain::campaign::{self, Campaign, Metric};
use crate::domain::{Bank, PhoneTime, RecordId, ServerTime, UnitId, outcome, prospect, verification};
use crate::ranking::{
    Basis, Contribution, Figure, Figures, Given, Group, GroupRow, Place, Placement, Status, contributions, places,
    what_if,
};
use crate::wire::CampaignStandings;
use std::collections::BTreeMap;

/// What would be if some outcomes were confirmed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WhatIf {
    /// The ranked unit for which this phone's person works.
    pub unit: UnitId,
    /// Its place by what is confirmed.
    pub before: Place,
    /// Its place if the outcomes were confirmed as well.
    pub after: Place,
}

impl Replica {
    /// The outcomes on this phone that wait for the back office and would count for the unit of its person: what
    /// [`Self::what_if`] can suppose.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn pending(&self, campaign: RecordId, now: PhoneTime) -> Result<Vec<Contribution>, ReplicaError> {
        let Some(told) = self.told(campaign)? else { return Ok(Vec::new()) };
        let Some(own) = told.own(self, now) else { return Ok(Vec::new()) };
        let placement = told.placement();
        let mut pending = self.counted(campaign, &told, now)?;
        pending.retain(|one| one.status == Status::Pending && placed(&placement, one) == Some(&own));
        Ok(pending)
    }

    /// Where the unit of this phone's person would stand if some pending outcomes were confirmed; none if no such campaign's
    /// standings are here, or the unit takes no part.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn what_if(
        &self,
        campaign: RecordId,
        outcomes: &[RecordId],
        now: PhoneTime,
    ) -> Result<Option<WhatIf>, ReplicaError> {
        let Some(told) = self.told(campaign)? else { return Ok(None) };
        let Some(unit) = told.own(self, now) else { return Ok(None) };
        let (placement, counted) = (told.placement(), self.counted(campaign, &told, now)?);
        // What a team shares lifts others as well.
        let supposed = |one: &&Contribution| one.status == Status::Pending && outcomes.contains(&one.source);
        let given = |one: &Contribution| {
            Some(Given { unit: placed(&placement, one)?.clone(), metric: one.metric, value: one.value })
        };
        let given: Vec<Given> = counted.iter().filter(supposed).filter_map(given).collect();
        let (rules, totals) = (told.campaign.rules(told.standings.week), told.totals());
        let place = |places: Vec<Place>| places.into_iter().find(|place| place.unit == unit);
        let before = place(places(&rules, &totals, Basis::Confirmed));
        let after = place(what_if(&rules, &totals, &given));
        Ok(before.zip(after).map(|(before, after)| WhatIf { unit, before, after }))
    }

    /// A campaign with its standings as the last sync told them.
    fn told(&self, id: RecordId) -> Result<Option<Told>, ReplicaError> {
        let standings = self.standings()?.into_iter().find(|standings| standings.campaign == id);
        let row = self.record(id)?.map(|view| view.row).filter(|row| row.kind.is(&campaign::KIND));
        let campaign = row.and_then(|row| Campaign::read(&row.settled_fields()).ok());
        let Some((standings, campaign)) = standings.zip(campaign) else { return Ok(None) };
        Ok(Some(Told { standings, campaign, bank: self.bank()? }))
    }

    /// What this phone's outcomes come to in a campaign, by the ranking's own rules. When they came the phone does not know:
    /// they are taken as coming now.
    fn counted(&self, id: RecordId, told: &Told, now: PhoneTime) -> Result<Vec<Contribution>, ReplicaError> {
        let received_at = ServerTime::nearest(now.millis());
        let of_kind = |spec: &'static crate::domain::KindSpec| Query {
            kind: Some(spec.into()),
            limit: u32::MAX,
            ..Query::default()
        };
        let mut groups: BTreeMap<RecordId, Vec<GroupRow>> = BTreeMap::new();
        for row in self.query(&of_kind(&outcome::KIND))? {
            let Some(prospect) = row.prospect else { continue };
            groups.entry(prospect).or_default().push(GroupRow { row, received_at, changed_at: received_at, seq: 0 });
        }
        for row in self.query(&of_kind(&verification::KIND))? {
            // The one that was given last holds.
            let at = row.occurred_at.map_or(received_at, |at| ServerTime::nearest(at.millis()));
            if let Some(group) = row.prospect.and_then(|prospect| groups.get_mut(&prospect)) {
                group.push(GroupRow { row, received_at: at, changed_at: at, seq: 0 });
            }
        }
        let campaigns = [(id, told.campaign.clone())];
        let mut all = Vec::new();
        for (prospect, rows) in groups {
            let own = self.record(prospect)?.map(|view| view.row.settled_fields());
            let team = own.as_ref().map(prospect::team).unwrap_or_default();
            let group = Group { prospect, known: own.is_some(), team: &team, rows: &rows, erased: &[] };
            all.extend(contributions(&group, &campaigns, &told.bank));
        }
        let last = told.standings.week;
        all.retain(|one| one.week <= last);
        Ok(all)
    }
}

fn placed<'a>(placement: &Placement<'a>, one: &Contribution) -> Option<&'a UnitId> {
    placement.of(one.unit.as_ref()?)
}

/// A campaign with its standings.
struct Told {
    standings: CampaignStandings,
    campaign: Campaign,
    bank: Bank,
}

impl Told {
    /// The ranked unit for which this phone's person works.
    fn own(&self, replica: &Replica, now: PhoneTime) -> Option<UnitId> {
        let home = self.bank.home_unit(replica.person(), now.date(&self.campaign.zone))?;
        self.placement().of(home).cloned()
    }

    fn placement(&self) -> Placement<'_> {
        Placement::new(&self.campaign, &self.bank)
    }

    fn totals(&self) -> BTreeMap<UnitId, Figures> {
        let figures = |totals: &[crate::wire::MetricTotal]| -> Figures {
            let known = |total: &crate::wire::MetricTotal| {
                let figure = Figure { confirmed: total.confirmed, pending: total.pending };
                Some((Metric::named(&total.metric)?, figure))
            };
            totals.iter().filter_map(known).collect()
        };
        self.standings.units.iter().map(|unit| (unit.unit.clone(), figures(&unit.totals))).collect()
    }
}

//! Tallies: the sums of contributions by unit and week, from which standings are made.

use super::ledger::named;
use crate::store::StoreError;
use canvass_core::domain::campaign::Metric;
use canvass_core::domain::{RecordId, UnitId, Week};
use canvass_core::ranking::{Contribution, Status, Tally};
use rusqlite::{Connection, params};
use std::collections::{BTreeSet, HashMap};

/// What the contributions of one sum are alike in.
type Key = (RecordId, Option<UnitId>, Week, Metric, Status);

/// By how much a job changes tallies, value and count, summed up before it is written.
#[derive(Default)]
pub(super) struct Sums(HashMap<Key, (i64, i64)>);

impl Sums {
    pub(super) fn add(&mut self, one: &Contribution) {
        self.change(one, one.value, 1);
    }

    pub(super) fn take(&mut self, one: &Contribution) {
        self.change(one, one.value.saturating_neg(), -1);
    }

    fn change(&mut self, one: &Contribution, value: i64, count: i64) {
        let key = (one.campaign, one.unit.clone(), one.week, one.metric, one.status);
        let sum = self.0.entry(key).or_default();
        *sum = (sum.0.saturating_add(value), sum.1.saturating_add(count));
    }

    pub(super) fn save(self, db: &Connection) -> Result<(), StoreError> {
        let mut add = db.prepare_cached(
            "INSERT INTO tally (campaign, unit, week, metric, status, value, count) VALUES (?, ?, ?, ?, ?, ?, ?)
             ON CONFLICT DO UPDATE SET count = count + excluded.count,
                 value = CAST(max(-9e18, min(9e18, value + excluded.value)) AS INTEGER)",
        )?;
        let mut clear = db.prepare_cached(
            "DELETE FROM tally WHERE campaign = ? AND unit = ? AND week = ? AND metric = ? AND status = ? AND count = 0",
        )?;
        for ((campaign, unit, week, metric, status), sum) in self.0.into_iter().filter(|(_, sum)| *sum != (0, 0)) {
            let (unit, week) = (unit.as_ref().map_or("", UnitId::as_str), week.number());
            let (campaign, metric, status) = (campaign.as_bytes(), metric.name(), status.name());
            add.execute(params![campaign, unit, week, metric, status, sum.0, sum.1])?;
            if sum.1 < 0 {
                clear.execute(params![campaign, unit, week, metric, status])?;
            }
        }
        Ok(())
    }
}

/// The sums of a campaign's contributions, but for those that no unit is credited with.
pub(super) fn tallies(db: &Connection, campaign: RecordId) -> Result<Vec<Tally>, StoreError> {
    let mut select = db.prepare_cached(
        "SELECT unit, week, metric, status, value, count FROM tally WHERE campaign = ? AND unit <> ''
         ORDER BY unit, week, metric, status",
    )?;
    let mut found = select.query([campaign.as_bytes()])?;
    let mut tallies: Vec<Tally> = Vec::new();
    while let Some(row) = found.next()? {
        let text = |n: usize| row.get_ref(n)?.as_str().map_err(rusqlite::Error::from);
        // A unit has many in a row.
        let unit = match tallies.last() {
            Some(last) if last.unit.as_str() == text(0)? => last.unit.clone(),
            _ => text(0)?.parse()?,
        };
        tallies.push(Tally {
            unit,
            week: Week::from_number(row.get(1)?)?,
            metric: named(Metric::named(text(2)?))?,
            status: Status::named(text(3)?)?,
            value: row.get(4)?,
            count: row.get(5)?,
        });
    }
    Ok(tallies)
}

/// Every tally as kept, in order of its key: what a rebuild compares.
pub(super) fn kept_tallies(db: &Connection) -> Result<BTreeSet<String>, StoreError> {
    let mut select = db.prepare_cached(
        "SELECT hex(campaign) || '|' || unit || '|' || week || '|' || metric || '|' || status || '|' || value || '|' || count
         FROM tally",
    )?;
    Ok(select.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?)
}

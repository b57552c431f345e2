//! Which participating unit a fact stands for.

use crate::domain::campaign::Campaign;
use crate::domain::{Bank, UnitId};
use std::collections::HashMap;

/// Which participating unit stands for which unit: the nearest one upwards, itself included. Looked up once for the bank.
#[derive(Debug, Clone)]
pub struct Placement<'a> {
    campaign: &'a Campaign,
    above: HashMap<&'a UnitId, &'a UnitId>,
}

impl<'a> Placement<'a> {
    /// Looks up every unit of the bank.
    pub fn new(campaign: &'a Campaign, bank: &'a Bank) -> Self {
        let nearest = |unit| bank.upwards(unit).find_map(|above| campaign.units.get(&above.id));
        let above = bank.units().filter_map(|unit| Some((&unit.id, nearest(&unit.id)?))).collect();
        Self { campaign, above }
    }

    /// The participating unit that stands for a unit; none if it takes no part.
    pub fn of(&self, unit: &UnitId) -> Option<&'a UnitId> {
        // A campaign can name a unit that the bank does not have (any more); it stands for itself.
        self.above.get(unit).copied().or_else(|| self.campaign.units.get(unit))
    }
}

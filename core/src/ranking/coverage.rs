//! Who has reported: standings are only as good as what phones have brought in by then.

use super::Placement;
use crate::domain::campaign::Campaign;
use crate::domain::{Bank, DeviceNumber, PersonId, ServerTime, UnitId, Week};
use std::collections::BTreeMap;

/// A phone that is in use, and when the server last heard of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Phone {
    /// The phone.
    pub device: DeviceNumber,
    /// Whose it is.
    pub person: PersonId,
    /// When it was last heard of.
    pub heard_of: Option<ServerTime>,
}

/// A phone that may hold what nobody else has.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Silent {
    /// The ranked unit for which its person works.
    pub unit: UnitId,
    /// Whose phone it is.
    pub person: PersonId,
    /// The phone.
    pub device: DeviceNumber,
    /// When it was last heard of.
    pub heard_of: Option<ServerTime>,
}

/// How much of what was recorded has come in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Coverage {
    /// How many phones the people of ranked units use.
    pub phones: u32,
    /// Those that were not heard of since the week ended, or for a day while it lasts, in order.
    pub silent: Vec<Silent>,
    /// Ranked units none of whose phones has reported, in order; those without a phone among them.
    pub units: Vec<UnitId>,
}

/// For so long a phone may be silent while the week lasts: a day, in milliseconds.
const DAY_MS: i64 = 86_400_000;

impl Coverage {
    /// How many phones have reported.
    pub fn reported(&self) -> u32 {
        self.phones.saturating_sub(u32::try_from(self.silent.len()).unwrap_or(u32::MAX))
    }
}

/// How much of a week's facts has come in by a time.
pub fn coverage(campaign: &Campaign, week: Week, bank: &Bank, phones: &[Phone], now: ServerTime) -> Coverage {
    let over = campaign.zone.start_of(week.next().monday());
    let since = if now.millis() >= over { over } else { now.millis().saturating_sub(DAY_MS) };
    let day = ServerTime::nearest(over.saturating_sub(1).min(now.millis())).date(&campaign.zone);
    let placement = Placement::new(campaign, bank);
    let mut reported: BTreeMap<&UnitId, bool> = campaign.units.iter().map(|unit| (unit, false)).collect();
    let mut coverage = Coverage::default();
    for phone in phones {
        let home = bank.home_unit(&phone.person, day);
        let Some(unit) = home.and_then(|home| placement.of(home)) else { continue };
        coverage.phones += 1;
        if phone.heard_of.is_some_and(|heard_of| heard_of.millis() >= since) {
            reported.insert(unit, true);
        } else {
            let (person, device, heard_of) = (phone.person.clone(), phone.device, phone.heard_of);
            coverage.silent.push(Silent { unit: unit.clone(), person, device, heard_of });
        }
    }
    coverage.silent.sort_unstable();
    coverage.units = reported.into_iter().filter(|(_, reported)| !reported).map(|(unit, _)| unit.clone()).collect();
    coverage
}

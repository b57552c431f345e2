//! The standings as phones hold them: who leads each campaign in its present week. Their version is made from what they
//! say, so that a phone is sent them again only when they say something else.

use super::WireError;
use crate::domain::{Bank, RecordId, UnitId, Week};
use minicbor::{Decode, Encode};
use sha2::{Digest, Sha256};

/// Every campaign's standings in its present week, under a version.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Standings {
    /// Changes whenever anything below does; 0 if and only if there is no campaign.
    #[n(0)]
    pub version: u64,
    /// The campaigns, newest first.
    #[n(1)]
    pub campaigns: Vec<CampaignStandings>,
}

/// One campaign's standings in a week.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct CampaignStandings {
    /// The campaign.
    #[n(0)]
    pub campaign: RecordId,
    /// Its name.
    #[n(1)]
    pub name: String,
    /// The present week, or the campaign's last.
    #[n(2)]
    pub week: Week,
    /// Every unit that takes part, from the first place on.
    #[n(3)]
    pub units: Vec<UnitStanding>,
}

/// One unit's place.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct UnitStanding {
    /// The unit.
    #[n(0)]
    pub unit: UnitId,
    /// Its rank from 1; equal scores share one.
    #[n(1)]
    pub rank: u32,
    /// Its points in all.
    #[n(2)]
    pub score: i64,
    /// How many communities it should win.
    #[n(3)]
    pub target: i64,
    /// Places gained since the week before, lost ones negative; none in the campaign's first week.
    #[n(4)]
    pub movement: Option<i32>,
    /// Every metric since the campaign began.
    #[n(5)]
    pub totals: Vec<MetricTotal>,
}

/// What a metric comes to, in its own unit: fen, cards, visits or communities.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct MetricTotal {
    /// The metric's name, maybe one from a newer server.
    #[n(0)]
    pub metric: String,
    /// Confirmed.
    #[n(1)]
    pub confirmed: i64,
    /// Still to be judged; it counts too.
    #[n(2)]
    pub pending: i64,
}

impl Standings {
    /// The standings of some campaigns, under the version that follows from them.
    ///
    /// # Errors
    /// Never for standings; the encoder could fail.
    pub fn of(campaigns: Vec<CampaignStandings>) -> Result<Self, WireError> {
        let mut standings = Self { version: 0, campaigns };
        if !standings.campaigns.is_empty() {
            let digest = Sha256::digest(standings.to_bytes()?);
            let first = digest.iter().take(8).fold(0, |number: u64, byte| number << 8 | u64::from(*byte));
            // Half the numbers, so that every version is one of a database's too.
            standings.version = (first >> 1).max(1);
        }
        Ok(standings)
    }

    /// The standings as a phone stores them.
    ///
    /// # Errors
    /// Never for standings; the encoder could fail.
    pub fn to_bytes(&self) -> Result<Vec<u8>, WireError> {
        minicbor::to_vec(self).map_err(|error| WireError::Malformed(error.to_string()))
    }

    /// Reads what [`Self::to_bytes`] wrote.
    ///
    /// # Errors
    /// When the bytes are damaged.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, WireError> {
        minicbor::decode(bytes).map_err(|error| WireError::Malformed(error.to_string()))
    }
}

impl CampaignStandings {
    /// The place that stands for a unit: its own, or that of the nearest unit above it which takes part.
    pub fn place_of(&self, unit: &UnitId, bank: &Bank) -> Option<&UnitStanding> {
        bank.upwards(unit).find_map(|above| self.units.iter().find(|place| place.unit == above.id))
    }
}

#[cfg(test)]
mod tests {
    use super::super::message::samples;
    use super::*;

    #[test]
    fn the_version_changes_with_whatever_the_standings_say_and_with_nothing_else() {
        let standings = samples::standings();
        assert_eq!(Standings::of(standings.campaigns.clone()), Ok(standings.clone()));
        assert_eq!(Standings::from_bytes(&standings.to_bytes().expect("encodes")), Ok(standings.clone()));
        let with = |change: fn(&mut CampaignStandings)| {
            let mut campaigns = standings.campaigns.clone();
            change(&mut campaigns[0]);
            Standings::of(campaigns).expect("encodes").version
        };
        assert_eq!(with(|_| ()), standings.version);
        let changed = [
            with(|campaign| campaign.name.push('!')),
            with(|campaign| campaign.week = campaign.week.next()),
            with(|campaign| campaign.units[0].movement = None),
            with(|campaign| campaign.units[0].totals[0].pending += 1),
            with(|campaign| campaign.units.clear()),
        ];
        assert!(changed.iter().all(|version| *version != standings.version && *version > 0), "{changed:?}");
        assert_eq!(Standings::of(Vec::new()), Ok(Standings::default()), "none at all is the version of a new phone");
    }
}

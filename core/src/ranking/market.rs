//! Whose the market is (`[case]`: about 80 % of the market after a year, several rivals with not one account): communities won,
//! held by rivals, and still open, with who is met where.

use super::Placement;
use crate::domain::{Fields, UnitId};
use std::collections::BTreeMap;

/// A community as the market sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Community {
    /// The unit to which it is assigned.
    pub unit: Option<UnitId>,
    /// Whether it was won in the campaign, confirmed or pending.
    pub won: bool,
    /// Where its fund lies, as far as somebody knows.
    pub current_bank: Option<String>,
    /// Rivals who are met there.
    pub rivals: Vec<String>,
}

impl Community {
    /// What a prospect's own fields say; none of a prospect that is no community.
    pub fn read(fields: &Fields, unit: Option<UnitId>, won: bool) -> Option<Self> {
        if fields.text("category").is_some_and(|category| category != "community") {
            return None;
        }
        let words = |name: &str| fields.text(name).map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
        let members =
            fields.iter().filter_map(|(name, _)| name.as_str().strip_prefix("competitor/")?.strip_suffix("/name"));
        let stays = |member: &&str| fields.bool(&format!("competitor/{member}/gone")) != Some(true);
        let rivals = members.filter(stays).filter_map(|member| words(&format!("competitor/{member}/name"))).collect();
        Some(Self { unit, won, current_bank: words("current_bank"), rivals })
    }
}

/// The market of a ranked unit, or of all of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Market {
    /// How many communities are known.
    pub communities: i64,
    /// How many were won.
    pub won: i64,
    /// How many lie with a rival.
    pub held: i64,
    /// In how many each rival is met: as the bank that holds it, or as a competitor.
    pub rivals: BTreeMap<String, i64>,
}

impl Market {
    /// The share of what is decided that was won, in hundredths of a percent, rounded down; none while nothing is.
    pub fn share(&self) -> Option<i64> {
        let decided = self.won + self.held;
        (decided > 0).then(|| self.won * 10_000 / decided)
    }

    /// Rivals by how often they are met, the most frequent first, equal ones by name.
    pub fn strongest(&self) -> Vec<(&str, i64)> {
        let mut all: Vec<_> = self.rivals.iter().map(|(name, met)| (name.as_str(), *met)).collect();
        all.sort_by_key(|(name, met)| (std::cmp::Reverse(*met), *name));
        all
    }

    fn add(&mut self, community: &Community) {
        self.communities += 1;
        self.won += i64::from(community.won);
        let held_by = community.current_bank.as_ref().filter(|_| !community.won);
        self.held += i64::from(held_by.is_some());
        let mut met: Vec<&String> = community.rivals.iter().chain(held_by).collect();
        met.sort_unstable();
        met.dedup();
        for rival in met {
            *self.rivals.entry(rival.clone()).or_default() += 1;
        }
    }
}

/// The market of every ranked unit, and of all communities together, wherever they are assigned.
pub fn market(placement: &Placement<'_>, communities: &[Community]) -> (BTreeMap<UnitId, Market>, Market) {
    let (mut by_unit, mut whole): (BTreeMap<UnitId, Market>, _) = (BTreeMap::new(), Market::default());
    for community in communities {
        whole.add(community);
        if let Some(unit) = community.unit.as_ref().and_then(|home| placement.of(home)) {
            by_unit.entry(unit.clone()).or_default().add(community);
        }
    }
    (by_unit, whole)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Value;

    fn community(pairs: &[(&str, &str)], won: bool) -> Option<Community> {
        let mut fields = Fields::new();
        for (name, text) in pairs {
            fields.put(name.parse().expect("a name"), (*text).into());
        }
        fields.put("competitor/c9/name".parse().expect("a name"), "已撤行".into());
        fields.put("competitor/c9/gone".parse().expect("a name"), Value::Bool(true));
        Community::read(&fields, None, won)
    }

    #[test]
    fn the_share_is_of_what_is_decided_and_a_rival_is_met_once_in_each_community() {
        let all: Vec<Community> = [
            community(&[("current_bank", "甲行"), ("competitor/c1/name", "甲行")], false),
            community(&[("current_bank", "甲行"), ("competitor/c1/name", "乙行")], true),
            community(&[("competitor/c1/name", "乙行")], false),
            community(&[("category", "association"), ("current_bank", "甲行")], false),
            community(&[("current_bank", " ")], true),
        ]
        .into_iter()
        .flatten()
        .collect();
        let mut whole = Market::default();
        all.iter().for_each(|one| whole.add(one));
        assert_eq!((whole.communities, whole.won, whole.held), (4, 2, 1));
        assert_eq!(whole.share(), Some(6_666), "two of three");
        assert_eq!(whole.strongest(), [("乙行", 2), ("甲行", 1)], "what was won is with them no more");
        assert_eq!(Market::default().share(), None);
    }
}

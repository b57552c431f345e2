//! Audiences: who may hold a record. The server keeps one feed for each.

use super::{Invalid, PersonId, UnitId};
use std::fmt;
use std::str::FromStr;

/// Who may hold a record. Its text (`bank`, `unit/<id>`, `person/<id>`,
/// `leaders/<id>`, `dossiers/<id>`, `dossiers/<id>/<id>`) names the audience's feed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Audience {
    /// Everyone.
    Bank,
    /// The people of one unit, and the leaders of the units above it.
    Unit(UnitId),
    /// One person.
    Person(PersonId),
    /// The leaders of one unit and of those above it: dossiers.
    Leaders(UnitId),
    /// One person to whom prospects of a unit are assigned: dossiers. Without a unit, what that person recorded of prospects that
    /// nobody is assigned to yet. Who leaves the unit leaves the audience.
    Dossiers(PersonId, Option<UnitId>),
}

impl Audience {
    /// Whether its records are confidential: on a phone they lie in a file of their own.
    pub fn is_confidential(&self) -> bool {
        matches!(self, Self::Leaders(_) | Self::Dossiers(..))
    }
}

impl fmt::Display for Audience {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bank => f.write_str("bank"),
            Self::Unit(unit) => write!(f, "unit/{unit}"),
            Self::Person(person) => write!(f, "person/{person}"),
            Self::Leaders(unit) => write!(f, "leaders/{unit}"),
            Self::Dossiers(person, None) => write!(f, "dossiers/{person}"),
            Self::Dossiers(person, Some(unit)) => write!(f, "dossiers/{person}/{unit}"),
        }
    }
}

impl FromStr for Audience {
    type Err = Invalid;
    fn from_str(text: &str) -> Result<Self, Invalid> {
        match text.split_once('/') {
            None if text == "bank" => Ok(Self::Bank),
            Some(("unit", id)) => Ok(Self::Unit(id.parse()?)),
            Some(("person", id)) => Ok(Self::Person(id.parse()?)),
            Some(("leaders", id)) => Ok(Self::Leaders(id.parse()?)),
            Some(("dossiers", of)) => Ok(match of.split_once('/') {
                None => Self::Dossiers(of.parse()?, None),
                Some((person, unit)) => Self::Dossiers(person.parse()?, Some(unit.parse()?)),
            }),
            _ => Err(Invalid::new(
                "feed",
                text,
                "bank, unit/<id>, person/<id>, leaders/<id>, dossiers/<id> or dossiers/<id>/<id>",
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_audience_names_its_feed() {
        for feed in ["bank", "unit/D01-A03", "person/P7", "leaders/B1", "dossiers/P7", "dossiers/P7/B1"] {
            assert_eq!(feed.parse::<Audience>().map(|a| a.to_string()).as_deref(), Ok(feed));
        }
        for bad in ["", "unit", "unit/", "leader/x", "bank/x", "unit/a/b"] {
            assert!(bad.parse::<Audience>().is_err(), "{bad}");
        }
    }
}

//! The bank: its tree of units, its people and their dated membership, and whose device is whose. The server keeps it;
//! phones get it as reference data.

use super::{Date, DeviceNumber, Invalid, Label, PersonId, Roles, UnitId};
use std::collections::BTreeMap;

/// Where a unit stands in the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UnitLevel {
    /// 总行
    HeadOffice,
    /// 支行: what a campaign ranks.
    Branch,
    /// 网点: where account managers work.
    SubBranch,
}

impl UnitLevel {
    /// All of them, from the top down.
    pub const ALL: [Self; 3] = [Self::HeadOffice, Self::Branch, Self::SubBranch];

    /// Its name on pages.
    pub fn label(self) -> Label {
        match self {
            Self::HeadOffice => Label { zh: "总行", en: "Head office" },
            Self::Branch => Label { zh: "支行", en: "Branches" },
            Self::SubBranch => Label { zh: "网点", en: "Sub-branches" },
        }
    }

    /// Its name in tables and on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::HeadOffice => "head_office",
            Self::Branch => "branch",
            Self::SubBranch => "sub_branch",
        }
    }

    /// The level of a name.
    ///
    /// # Errors
    /// When there is no such level.
    pub fn named(name: &str) -> Result<Self, Invalid> {
        Self::ALL
            .into_iter()
            .find(|level| level.name() == name)
            .ok_or_else(|| Invalid::new("unit level", name, "head_office, branch or sub_branch"))
    }
}

/// 机构: a node of the bank's tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// Its code.
    pub id: UnitId,
    /// The unit above; none for head office.
    pub parent: Option<UnitId>,
    /// Its level.
    pub level: UnitLevel,
    /// Its name.
    pub name: String,
}

/// 员工: someone of the bank.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Staff code.
    pub id: PersonId,
    /// Name.
    pub name: String,
    /// What the person is.
    pub roles: Roles,
}

/// A person's place in a unit, from a day on and up to (not including) another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Membership {
    /// Who.
    pub person: PersonId,
    /// Where.
    pub unit: UnitId,
    /// First day.
    pub from: Date,
    /// The first day on which it no longer holds.
    pub until: Option<Date>,
}

impl Membership {
    /// Whether it holds on a day.
    pub fn holds_on(&self, day: Date) -> bool {
        self.from <= day && self.until.is_none_or(|until| day < until)
    }
}

/// An enrolled phone of one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// Its number, the author in documents.
    pub number: DeviceNumber,
    /// Whose it is.
    pub person: PersonId,
}

/// Why units, people and memberships do not make a bank.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BankError {
    /// The tree has no root or several.
    #[error("the bank needs exactly one head office without a parent; found {0}")]
    Roots(usize),
    /// A unit hangs below nothing, or below one of its own or a lower level.
    #[error("unit {unit}: its parent {parent} is missing or not of a higher level")]
    Parent {
        /// The unit.
        unit: UnitId,
        /// What it names as its parent.
        parent: UnitId,
    },
    /// A code stands twice.
    #[error("{0} is listed twice")]
    Twice(String),
    /// A membership ends before it begins.
    #[error("the membership of {person} in {unit} ends on the day it begins, or before")]
    Period {
        /// Who.
        person: PersonId,
        /// Where.
        unit: UnitId,
    },
    /// A person holds what is the server's.
    #[error("device 0 is the server and cannot be a person's")]
    ServersDevice,
    /// Something names a unit or a person that is not listed.
    #[error("{what} names {missing}, which is not listed")]
    Missing {
        /// What names it.
        what: String,
        /// What is missing.
        missing: String,
    },
}

/// The whole bank, checked: one root, every parent of a higher level, every name known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bank {
    units: BTreeMap<UnitId, Unit>,
    people: BTreeMap<PersonId, Person>,
    memberships: BTreeMap<PersonId, Vec<Membership>>,
    devices: BTreeMap<DeviceNumber, PersonId>,
}

impl Bank {
    /// Puts a bank together; one without any unit is the bank of an empty server.
    ///
    /// # Errors
    /// The first thing that does not fit.
    pub fn new(
        units: Vec<Unit>,
        people: Vec<Person>,
        memberships: Vec<Membership>,
        devices: Vec<Device>,
    ) -> Result<Self, BankError> {
        let mut bank = Self::default();
        for unit in units {
            if let Some(twice) = bank.units.insert(unit.id.clone(), unit) {
                return Err(BankError::Twice(format!("unit {}", twice.id)));
            }
        }
        let roots = bank.units.values().filter(|unit| unit.parent.is_none()).count();
        if roots != 1 && !bank.units.is_empty() {
            return Err(BankError::Roots(roots));
        }
        for unit in bank.units.values() {
            if let Some(parent) = &unit.parent {
                // Levels grow strictly downwards, so there can be no cycle.
                if bank.units.get(parent).is_none_or(|above| above.level >= unit.level) {
                    return Err(BankError::Parent { unit: unit.id.clone(), parent: parent.clone() });
                }
            }
        }
        for person in people {
            if let Some(twice) = bank.people.insert(person.id.clone(), person) {
                return Err(BankError::Twice(format!("person {}", twice.id)));
            }
        }
        let missing = |what: String, missing: &dyn ToString| BankError::Missing { what, missing: missing.to_string() };
        for membership in memberships {
            let what = || format!("a membership of {} in {}", membership.person, membership.unit);
            if !bank.people.contains_key(&membership.person) {
                return Err(missing(what(), &membership.person));
            }
            if !bank.units.contains_key(&membership.unit) {
                return Err(missing(what(), &membership.unit));
            }
            if membership.until.is_some_and(|until| until <= membership.from) {
                return Err(BankError::Period { person: membership.person, unit: membership.unit });
            }
            bank.memberships.entry(membership.person.clone()).or_default().push(membership);
        }
        for device in devices {
            if device.number.is_server() {
                return Err(BankError::ServersDevice);
            }
            if !bank.people.contains_key(&device.person) {
                return Err(missing(format!("device {}", device.number), &device.person));
            }
            if bank.devices.insert(device.number, device.person).is_some() {
                return Err(BankError::Twice(format!("device {}", device.number)));
            }
        }
        Ok(bank)
    }

    /// The bank with some units, people and memberships added, or in the place of those of the same code; a membership
    /// replaces the one of the same person, unit and first day. Everything else stays, devices above all.
    ///
    /// # Errors
    /// The first thing that then does not fit.
    pub fn with(&self, units: Vec<Unit>, people: Vec<Person>, memberships: Vec<Membership>) -> Result<Self, BankError> {
        let mut all_units = self.units.clone();
        all_units.extend(units.into_iter().map(|unit| (unit.id.clone(), unit)));
        let mut all_people = self.people.clone();
        all_people.extend(people.into_iter().map(|person| (person.id.clone(), person)));
        let key = |m: &Membership| (m.person.clone(), m.unit.clone(), m.from);
        let mut all: BTreeMap<_, _> = self.memberships().map(|m| (key(m), m.clone())).collect();
        all.extend(memberships.into_iter().map(|m| (key(&m), m)));
        Self::new(
            all_units.into_values().collect(),
            all_people.into_values().collect(),
            all.into_values().collect(),
            self.devices().collect(),
        )
    }

    /// All units, by code.
    pub fn units(&self) -> impl Iterator<Item = &Unit> {
        self.units.values()
    }

    /// All people, by code.
    pub fn people(&self) -> impl Iterator<Item = &Person> {
        self.people.values()
    }

    /// All memberships, by person.
    pub fn memberships(&self) -> impl Iterator<Item = &Membership> {
        self.memberships.values().flatten()
    }

    /// A person's memberships, whenever they hold.
    pub fn memberships_of(&self, person: &PersonId) -> &[Membership] {
        self.memberships.get(person).map_or(&[], Vec::as_slice)
    }

    /// All devices, by number.
    pub fn devices(&self) -> impl Iterator<Item = Device> + '_ {
        self.devices.iter().map(|(number, person)| Device { number: *number, person: person.clone() })
    }

    /// A unit.
    pub fn unit(&self, id: &UnitId) -> Option<&Unit> {
        self.units.get(id)
    }

    /// A person.
    pub fn person(&self, id: &PersonId) -> Option<&Person> {
        self.people.get(id)
    }

    /// Whose device this is.
    pub fn holder(&self, device: DeviceNumber) -> Option<&Person> {
        self.people.get(self.devices.get(&device)?)
    }

    /// The units a person belongs to on a day.
    pub fn units_of<'a>(&'a self, person: &PersonId, date: Date) -> impl Iterator<Item = &'a UnitId> {
        self.memberships.get(person).into_iter().flatten().filter(move |m| m.holds_on(date)).map(|m| &m.unit)
    }

    /// A person's one home unit on a day: none if the person then belongs to no unit or to several.
    pub fn home_unit(&self, person: &PersonId, date: Date) -> Option<&UnitId> {
        let mut units = self.units_of(person, date);
        let home = units.next()?;
        units.all(|other| other == home).then_some(home)
    }

    /// A unit and those above it, up to head office.
    pub fn upwards<'a>(&'a self, unit: &UnitId) -> impl Iterator<Item = &'a Unit> {
        std::iter::successors(self.units.get(unit), |unit| self.units.get(unit.parent.as_ref()?))
    }

    /// Whether a unit is another or lies below it.
    pub fn is_within(&self, unit: &UnitId, above: &UnitId) -> bool {
        self.upwards(unit).any(|ancestor| ancestor.id == *above)
    }

    /// A unit and all below it.
    pub fn below<'a>(&'a self, unit: &'a UnitId) -> impl Iterator<Item = &'a Unit> {
        self.units.values().filter(move |candidate| self.is_within(&candidate.id, unit))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Role;

    fn unit(id: &str, parent: Option<&str>, level: UnitLevel) -> Unit {
        Unit { id: id.parse().expect("id"), parent: parent.map(|p| p.parse().expect("id")), level, name: id.into() }
    }

    fn person(id: &str) -> Person {
        Person { id: id.parse().expect("id"), name: id.into(), roles: Role::AccountManager.into() }
    }

    fn member(person: &str, unit: &str, from: (i16, i8, i8), until: Option<(i16, i8, i8)>) -> Membership {
        let date = |(y, m, d)| Date::constant(y, m, d);
        Membership {
            person: person.parse().expect("id"),
            unit: unit.parse().expect("id"),
            from: date(from),
            until: until.map(date),
        }
    }

    fn tree() -> Vec<Unit> {
        vec![
            unit("H", None, UnitLevel::HeadOffice),
            unit("B", Some("H"), UnitLevel::Branch),
            unit("S", Some("B"), UnitLevel::SubBranch),
            unit("T", Some("B"), UnitLevel::SubBranch),
        ]
    }

    #[test]
    fn a_person_who_moves_has_one_home_unit_each_day() {
        let moves = vec![member("P", "S", (2026, 1, 1), Some((2026, 3, 10))), member("P", "T", (2026, 3, 10), None)];
        let bank = Bank::new(tree(), vec![person("P")], moves, vec![]).expect("a bank");
        let home = |d| bank.home_unit(&"P".parse().expect("id"), d).map(ToString::to_string);
        assert_eq!(home(Date::constant(2025, 12, 31)), None);
        assert_eq!(home(Date::constant(2026, 3, 9)).as_deref(), Some("S"));
        assert_eq!(home(Date::constant(2026, 3, 10)).as_deref(), Some("T"));
    }

    #[test]
    fn what_is_added_replaces_its_like_and_leaves_the_rest() {
        let device = Device { number: DeviceNumber::new(7), person: "P".parse().expect("id") };
        let before = vec![member("P", "S", (2026, 1, 1), None)];
        let bank = Bank::new(tree(), vec![person("P")], before, vec![device]).expect("a bank");
        let moves = vec![member("P", "S", (2026, 1, 1), Some((2026, 3, 10))), member("P", "T", (2026, 3, 10), None)];
        let moved = bank.with(vec![], vec![person("Q")], moves.clone()).expect("a bank");
        assert_eq!(moved.memberships().cloned().collect::<Vec<_>>(), moves);
        assert_eq!((moved.people().count(), moved.devices().count()), (2, 1));
        assert_eq!(moved.with(vec![], vec![person("Q")], moves), Ok(moved.clone()));
        assert!(moved.with(vec![unit("X", Some("nowhere"), UnitLevel::Branch)], vec![], vec![]).is_err());
    }

    #[test]
    fn two_memberships_at_once_leave_no_home_unit() {
        let both = vec![member("P", "S", (2026, 1, 1), None), member("P", "T", (2026, 1, 1), None)];
        let bank = Bank::new(tree(), vec![person("P")], both, vec![]).expect("a bank");
        assert_eq!(bank.home_unit(&"P".parse().expect("id"), Date::constant(2026, 2, 1)), None);
    }

    #[test]
    fn a_membership_that_ends_before_it_begins_and_a_person_with_the_servers_device_are_refused() {
        let ended = vec![member("P", "S", (2026, 3, 1), Some((2026, 3, 1)))];
        assert!(matches!(Bank::new(tree(), vec![person("P")], ended, vec![]), Err(BankError::Period { .. })));
        let server = Device { number: DeviceNumber::SERVER, person: "P".parse().expect("id") };
        assert_eq!(Bank::new(tree(), vec![person("P")], vec![], vec![server]), Err(BankError::ServersDevice));
    }

    #[test]
    fn a_tree_with_two_roots_a_lost_parent_or_a_cycle_is_refused() {
        let bank = |units| Bank::new(units, vec![], vec![], vec![]).err();
        assert_eq!(
            bank(vec![unit("H", None, UnitLevel::HeadOffice), unit("I", None, UnitLevel::HeadOffice)]),
            Some(BankError::Roots(2))
        );
        let mut lost = tree();
        lost.push(unit("X", Some("nowhere"), UnitLevel::Branch));
        assert!(matches!(bank(lost), Some(BankError::Parent { .. })));
        let mut cycle = tree();
        cycle.push(unit("C", Some("D"), UnitLevel::Branch));
        cycle.push(unit("D", Some("C"), UnitLevel::Branch));
        assert!(matches!(bank(cycle), Some(BankError::Parent { .. })));
    }
}

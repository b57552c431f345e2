//! What a person is granted: roles, and units. Audiences and places follow from it. A phone is told its grants with every
//! response, so there are those of today and those that it was told.

use canvass_core::domain::{
    Action, Audience, AudienceRule, Bank, Date, Duty, Kind, PersonId, Place, Role, Roles, ServerTime, UnitId,
    verification,
};

/// What a person is granted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grants {
    /// Who.
    pub person: PersonId,
    /// What the person is.
    pub roles: Roles,
    /// The units to which the person belongs.
    pub units: Vec<UnitId>,
}

/// What a phone had been told when it was last answered, proven by the token that it returns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// When, by the server's clock.
    pub at: ServerTime,
    /// The number of the last change in the server's order at that time: what left an audience later, the phone did not know.
    pub sequence: u64,
    /// The grants of that time.
    pub grants: Grants,
}

/// To whom a prospect is assigned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assigned {
    /// The unit.
    pub unit: UnitId,
    /// The account manager in it, if one is named.
    pub owner: Option<PersonId>,
}

impl Grants {
    /// Those of a person on a day; none of somebody whom the bank does not know.
    pub fn of(bank: &Bank, person: &PersonId, today: Date) -> Option<Self> {
        let known = bank.person(person)?;
        let mut units: Vec<UnitId> = bank.units_of(person, today).cloned().collect();
        units.sort_unstable();
        units.dedup();
        Some(Self { person: person.clone(), roles: known.roles, units })
    }

    /// The audiences whose records the person's phone holds: the bank, the person's own, their units', and for a leader those
    /// of the units below, with the dossiers that leaders see.
    pub fn audiences(&self, bank: &Bank) -> Vec<Audience> {
        let own = &self.person;
        let mut audiences = vec![Audience::Bank, Audience::Person(own.clone()), Audience::Dossiers(own.clone(), None)];
        let leads = self.roles.any(Role::leads);
        for unit in &self.units {
            audiences.push(Audience::Dossiers(own.clone(), Some(unit.clone())));
            let led = bank.below(unit).filter(|_| leads).map(|below| &below.id);
            for unit in std::iter::once(unit).chain(led) {
                // A person may lead one unit and belong to another below it.
                let audience = Audience::Unit(unit.clone());
                if !audiences.contains(&audience) {
                    audiences.push(audience);
                    audiences.extend(leads.then(|| Audience::Leaders(unit.clone())));
                }
            }
        }
        audiences
    }

    /// Whether the person's roles read records of a kind at all. A kind that this version does not know is for whoever is in its
    /// audience.
    pub fn reads(&self, kind: &Kind) -> bool {
        kind.spec().is_none_or(|spec| spec.allows(self.roles, Action::Read, Place::Own))
    }

    /// Whether a unit is one of the person's, or below one for those who oversee.
    pub fn covers(&self, bank: &Bank, unit: &UnitId) -> bool {
        let oversees = self.roles.any(Role::oversees);
        self.units.iter().any(|own| own == unit || oversees && bank.is_within(unit, own))
    }

    /// Where a record of a kind stands to the person, given to whom its prospect is assigned. A prospect that is nobody's yet
    /// keeps nobody out.
    pub fn place(&self, bank: &Bank, kind: &Kind, assigned: Option<&Assigned>) -> Place {
        let rule = kind.spec().map_or(AudienceRule::ProspectsUnit, |spec| spec.audience);
        let own = match (rule, assigned) {
            (AudienceRule::Bank, _) | (_, None) => true,
            (AudienceRule::ProspectsUnit, Some(assigned)) => self.covers(bank, &assigned.unit),
            (AudienceRule::ProspectsPeople, Some(assigned)) => {
                let assigned_here =
                    self.units.contains(&assigned.unit) && assigned.owner.as_ref() == Some(&self.person);
                assigned_here || self.roles.any(Role::leads) && self.covers(bank, &assigned.unit)
            }
        };
        if own { Place::Own } else { Place::Other }
    }
}

/// Whether a person decides on what is held for a unit's leaders; what is no unit's is for head office.
pub fn decides(grants: &Grants, bank: &Bank, unit: Option<&UnitId>) -> bool {
    match unit {
        Some(unit) if grants.covers(bank, unit) => grants.roles.have(Duty::DecideHeld, Place::Own),
        Some(_) => grants.roles.have(Duty::DecideHeld, Place::Other),
        None => grants.roles.has(Role::HeadOffice),
    }
}

/// Whether a person gives verdicts on outcomes with a prospect, given to whom it is assigned.
pub fn judges(grants: &Grants, bank: &Bank, assigned: Option<&Assigned>) -> bool {
    let place = grants.place(bank, &Kind::from(&verification::KIND), assigned);
    verification::KIND.allows(grants.roles, Action::Create, place)
}

//! Whose a record is: the person whom it names as its owner, or else whoever holds the phone that began it.

use super::{Replica, ReplicaError};
use crate::domain::PersonId;

/// A person, with the phones that are that person's.
#[derive(Debug, Clone)]
pub(super) struct Whose {
    pub(super) person: PersonId,
    /// Numbers parted by commas, for `author IN (…)`; nothing is in an empty one.
    pub(super) devices: String,
}

impl Whose {
    /// That a row with `owner` and `author` (each with a prefix) is the person's, as SQL; `?1` is the person.
    pub(super) fn owns(&self, owner: &str, author: &str) -> String {
        format!("({owner} = ?1 OR ({owner} IS NULL AND {author} IN ({})))", self.devices)
    }

    /// That a prospect in `glance` is the person's, likewise: it is assigned to them, or to nobody and last visited by them.
    pub(super) fn looks_after(&self) -> String {
        format!("(owner = ?1 OR (owner IS NULL AND {}))", self.owns("last_owner", "last_author"))
    }
}

impl Replica {
    pub(super) fn whose(&self, person: &PersonId) -> Result<Whose, ReplicaError> {
        let bank = self.bank()?;
        let mut devices: Vec<u32> =
            bank.devices().filter(|device| device.person == *person).map(|device| device.number.get()).collect();
        // Before the first sync the bank is not here yet.
        if *person == self.person && !devices.contains(&self.device.get()) {
            devices.push(self.device.get());
        }
        let devices = devices.iter().map(u32::to_string).collect::<Vec<_>>().join(",");
        Ok(Whose { person: person.clone(), devices })
    }
}

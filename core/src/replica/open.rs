//! Opening a phone's database. No document is read here, however many there are.

use super::{Replica, ReplicaError};
use crate::document::Actor;
use crate::domain::{DeviceNumber, PersonId};
use rusqlite::{Connection, OptionalExtension};
use std::path::Path;

mod embedded {
    refinery::embed_migrations!("migrations");
}

/// How many migrations there are. A file says in its header how many it went through, so that one which is up to date
/// opens without reading and comparing them.
const MIGRATIONS: i64 = 1;

/// What an acknowledged save survives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Durability {
    /// Power loss: every save waits for the disk.
    #[default]
    PowerLoss,
    /// The app's end; power loss can take the latest saves with it, but never harms the file.
    Consistent,
    /// The app's end, but not power loss: for tests and simulations.
    AppEnd,
}

/// Whose phone, and under which fresh name it writes.
#[derive(Debug, Clone)]
pub struct Opening {
    /// The phone's number.
    pub device: DeviceNumber,
    /// Whose phone it is.
    pub person: PersonId,
    /// 16 fresh random bytes at each opening, never stored: they name the actor of this opening.
    pub actor_seed: [u8; 16],
    /// What a save survives.
    pub durability: Durability,
}

impl Replica {
    /// Opens the database at a path, or starts one there.
    ///
    /// # Errors
    /// When the file cannot be used, is damaged, of a newer version, or another phone's.
    pub fn open(path: &Path, opening: Opening) -> Result<Self, ReplicaError> {
        let mut db = Connection::open(path)?;
        let synchronous = match opening.durability {
            Durability::PowerLoss => "FULL",
            Durability::Consistent => "NORMAL",
            Durability::AppEnd => "OFF",
        };
        db.pragma_update(None, "synchronous", synchronous)?;
        db.set_prepared_statement_cache_capacity(64);
        let done: i64 = db.pragma_query_value(None, "user_version", |row| row.get(0))?;
        if done != MIGRATIONS {
            // The file remembers this.
            db.pragma_update(None, "journal_mode", "WAL")?;
            embedded::migrations::runner().run(&mut db).map_err(|error| migration_error(&error))?;
            db.pragma_update(None, "user_version", MIGRATIONS)?;
        }
        let replica =
            Self { db, device: opening.device, person: opening.person, actor: Actor::new(opening.actor_seed) };
        replica.claim()?;
        Ok(replica)
    }

    /// The first opening says whose database this is; the others must be the same phone's.
    fn claim(&self) -> Result<(), ReplicaError> {
        let owner = format!("{} {}", self.device, self.person);
        let stored: Option<Vec<u8>> =
            self.db.query_row("SELECT value FROM setting WHERE name = 'owner'", [], |row| row.get(0)).optional()?;
        match stored {
            None => {
                self.db.execute("INSERT INTO setting (name, value) VALUES ('owner', ?)", [owner.as_bytes()])?;
                Ok(())
            }
            Some(stored) if stored == owner.as_bytes() => Ok(()),
            Some(stored) => {
                let stored = String::from_utf8_lossy(&stored).into_owned();
                let (device, person) = stored.split_once(' ').unwrap_or(("0", &stored));
                Err(ReplicaError::OtherOwner { device: device.parse().unwrap_or(0), person: person.to_owned() })
            }
        }
    }

    /// Caps the database's size in pages, so that a test can fill the disk.
    #[cfg(test)]
    pub(super) fn cap_pages(&self, pages: u32) {
        self.db.pragma_update(None, "max_page_count", pages).expect("a pragma");
    }
}

fn migration_error(error: &refinery::Error) -> ReplicaError {
    match error.kind() {
        refinery::error::Kind::DivergentVersion(..) | refinery::error::Kind::MissingVersion(_) => {
            ReplicaError::Newer(error.to_string())
        }
        _ => ReplicaError::Damaged(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_migration_is_counted() {
        let all = embedded::migrations::runner().get_migrations().len();
        assert_eq!(i64::try_from(all), Ok(MIGRATIONS));
    }
}

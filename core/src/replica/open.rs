//! Beginning, opening and giving up a phone's files. No document is read here, however many there are.

use super::database::{self, Durability};
use super::identity::{self, Identity, Known};
use super::vessel::{DatabaseKey, Vessel};
use super::{Files, Replica, ReplicaError, refresh};
use crate::document::Actor;
use crate::domain::PhoneTime;
use crate::signing::Signer;
use rusqlite::Connection;
use std::cell::RefCell;
use std::path::Path;
use std::sync::Arc;

/// Under which fresh name a phone writes, and how its files open.
#[derive(Debug, Clone)]
pub struct Opening {
    /// 16 fresh random bytes at each opening, never stored: they name the actor of this opening.
    pub actor_seed: [u8; 16],
    /// What a save survives.
    pub durability: Durability,
    /// Encrypts the files. Without one whoever has the phone's storage reads them, and there are no dossiers: for tests.
    pub key: Option<DatabaseKey>,
    /// The phone's clock.
    pub at: PhoneTime,
}

impl Replica {
    /// Starts the database of a phone that has just enrolled.
    ///
    /// # Errors
    /// When the person has one there already, or the file cannot be used.
    pub fn begin(path: &Path, opening: Opening, identity: Identity) -> Result<Self, ReplicaError> {
        let vessel = Vessel::at(path);
        if path.exists() {
            // One that was cut off at its beginning holds nothing.
            if !opened(&vessel, &opening).is_ok_and(|(_, known)| known.is_none()) {
                return Err(ReplicaError::AlreadyEnrolled(path.to_owned()));
            }
        }
        // Whatever lies there still, under keys of another time, is nobody's.
        vessel.destroy()?;
        if opening.key.is_some() {
            vessel.seal(&identity.salt)?;
        }
        let (mut db, _) = opened(&vessel, &opening)?;
        let tx = db.transaction()?;
        identity::found(&tx, &identity)?;
        refresh::note_fresh(&tx)?;
        let known = identity::known(&tx)?.ok_or_else(|| ReplicaError::NotEnrolled(path.to_owned()))?;
        tx.commit()?;
        let signer = match identity.key {
            identity::PhoneKey::Software(_) => None,
            identity::PhoneKey::Platform(signer) => Some(signer),
        };
        let mut replica = Self::of(vessel, db, known, signer, &opening)?;
        let enrolled = identity.enrolled;
        replica.grant(enrolled.dossier_key.as_ref(), enrolled.lease_ms, opening.at)?;
        Ok(replica)
    }

    /// Opens a phone's database. `signer` is the platform's key store, if the phone enrolled with a key of that.
    ///
    /// # Errors
    /// When there is none, it was wiped, the key is another, or the file cannot be used, is damaged or of a newer version.
    pub fn open(path: &Path, opening: Opening, signer: Option<Arc<dyn Signer>>) -> Result<Self, ReplicaError> {
        if !path.exists() {
            return Err(ReplicaError::NotEnrolled(path.to_owned()));
        }
        let vessel = Vessel::at(path);
        let (db, known) = opened(&vessel, &opening)?;
        let known = known.ok_or_else(|| ReplicaError::NotEnrolled(path.to_owned()))?;
        if known.by_platform {
            identity::check_signer(&db, signer.as_deref())?;
        }
        Self::of(vessel, db, known, signer, &opening)
    }

    fn of(
        vessel: Vessel,
        db: Connection,
        known: Known,
        signer: Option<Arc<dyn Signer>>,
        opening: &Opening,
    ) -> Result<Self, ReplicaError> {
        let able = cfg!(feature = "sqlcipher") && opening.key.is_some();
        let files = Files { main: db, dossiers: None };
        let mut replica = Self {
            files: Some(files),
            vessel,
            durability: opening.durability,
            able,
            device: known.device,
            person: known.person,
            name: known.name,
            signer,
            lease: None,
            actor: Actor::new(opening.actor_seed),
            listed: RefCell::default(),
        };
        if let Some((key, lease)) = known.lease {
            replica.resume(&key, lease, opening.at)?;
        }
        Ok(replica)
    }

    /// Destroys the phone's keys and files. From here on everything answers [`ReplicaError::Wiped`].
    ///
    /// # Errors
    /// When a file cannot be destroyed; it can be tried again.
    pub fn wipe(&mut self) -> Result<(), ReplicaError> {
        (self.files, self.lease) = (None, None);
        self.listed.take();
        self.vessel.destroy()
    }

    /// Destroys the keys and files of a phone that cannot be opened any more, or is not wanted. What was not synced is lost.
    ///
    /// # Errors
    /// When a file cannot be destroyed; it can be tried again.
    pub fn give_up(path: &Path) -> Result<(), ReplicaError> {
        Vessel::at(path).destroy()
    }

    /// Caps the database's size in pages, so that a test can fill the disk.
    #[cfg(test)]
    pub(super) fn cap_pages(&self, pages: u32) {
        self.main().expect("open").pragma_update(None, "max_page_count", pages).expect("a pragma");
    }
}

fn opened(vessel: &Vessel, opening: &Opening) -> Result<(Connection, Option<Known>), ReplicaError> {
    let key = vessel.main_key(opening.key.as_ref())?;
    let db = database::connect(&vessel.main, key.as_deref(), opening.durability)?;
    let known = identity::known(&db)?;
    Ok((db, known))
}

//! Who this phone is: what the server said when it enrolled, and the key by which it signs. It stands in the phone's own
//! database, so that nobody takes one person's file for another's.

use super::lease::Lease;
use super::{Replica, ReplicaError};
use crate::domain::{DeviceNumber, PersonId, PhoneTime};
use crate::signing::{PublicKey, Signer, SoftwareKey};
use crate::sync::{Caller, Enrolment, Session};
use crate::wire::{Before, DossierKey, Enrolled, Invitation};
use rusqlite::{Connection, OptionalExtension, params};
use std::fmt;
use std::sync::Arc;
use zeroize::Zeroizing;

/// The key by which a phone signs.
pub enum PhoneKey {
    /// A key in the phone's own database.
    Software(SoftwareKey),
    /// A key in the platform's key store.
    Platform(Arc<dyn Signer>),
}

impl PhoneKey {
    /// What signs by it.
    pub fn signer(&self) -> &dyn Signer {
        match self {
            Self::Software(key) => key,
            Self::Platform(signer) => signer.as_ref(),
        }
    }
}

impl fmt::Debug for PhoneKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.signer().public_key().fmt(f)
    }
}

/// Who a new phone is.
#[derive(Debug)]
pub struct Identity {
    /// What the server says.
    pub enrolled: Enrolled,
    /// The key that it was told of.
    pub key: PhoneKey,
    /// 32 fresh random bytes, which become part of the keys of this phone's files.
    pub salt: [u8; 32],
}

/// What is known of this phone as it opens.
pub(super) struct Known {
    pub(super) device: DeviceNumber,
    pub(super) person: PersonId,
    pub(super) name: String,
    /// Whether it signs by its platform's key store.
    pub(super) by_platform: bool,
    /// The key of its dossiers and the lease on it.
    pub(super) lease: Option<(DossierKey, Lease)>,
}

/// Writes down who this phone is.
pub(super) fn found(db: &Connection, identity: &Identity) -> Result<(), ReplicaError> {
    let enrolled = &identity.enrolled;
    let secret = match &identity.key {
        PhoneKey::Software(key) => Some(key.secret()),
        PhoneKey::Platform(_) => None,
    };
    db.execute(
        "INSERT INTO phone (only, device, person, name, server_key, public_key, secret, token)
         VALUES (1, ?, ?, ?, ?, ?, ?, ?)",
        params![
            enrolled.device.get(),
            enrolled.person.as_str(),
            enrolled.name,
            enrolled.server_key.as_bytes(),
            identity.key.signer().public_key().as_bytes(),
            secret.as_ref().map(|secret| secret.as_slice()),
            enrolled.token.as_slice()
        ],
    )?;
    Ok(())
}

/// Who this phone is; none before it enrolled.
pub(super) fn known(db: &Connection) -> Result<Option<Known>, ReplicaError> {
    let mut select = db.prepare_cached(
        "SELECT device, person, name, dossier_key, lease_ms, lease_spent_ms, lease_seen_at, lease_backwards_ms,
                secret IS NULL
         FROM phone",
    )?;
    let mut found = select.query([])?;
    let Some(row) = found.next()? else { return Ok(None) };
    let lease = Lease::stored(row.get(4)?, row.get(5)?, PhoneTime::nearest(row.get(6)?), row.get(7)?);
    let key = row.get_ref(3)?.as_blob_or_null().ok().flatten().and_then(|bytes| bytes.try_into().ok());
    Ok(Some(Known {
        device: DeviceNumber::new(row.get(0)?),
        person: row.get_ref(1)?.as_str().unwrap_or_default().parse()?,
        name: row.get(2)?,
        by_platform: row.get(8)?,
        lease: key.map(|key| (DossierKey::new(key), lease)),
    }))
}

/// Makes sure that a phone which signs by its platform's key store is given that key.
pub(super) fn check_signer(db: &Connection, signer: Option<&dyn Signer>) -> Result<(), ReplicaError> {
    let of_platform = "SELECT public_key FROM phone WHERE secret IS NULL";
    let public_key: Option<Vec<u8>> = db.query_row(of_platform, [], |row| row.get(0)).optional()?;
    match (public_key, signer) {
        (None, _) => Ok(()),
        (Some(_), None) => Err(ReplicaError::NoSigner),
        (Some(key), Some(signer)) if key == signer.public_key().as_bytes() => Ok(()),
        (Some(_), Some(_)) => Err(ReplicaError::OtherSigner),
    }
}

impl Replica {
    /// This phone's number.
    pub fn device(&self) -> DeviceNumber {
        self.device
    }

    /// Whose phone this is.
    pub fn person(&self) -> &PersonId {
        &self.person
    }

    /// That person's name, as the server said it when the phone enrolled.
    pub fn person_name(&self) -> &str {
        &self.name
    }

    /// Answers an invitation as the phone that this is: its server was restored to a time before it was taken in, and does not know
    /// it. What it holds stays as it is; what the server says goes to [`Replica::taken_in_again`].
    ///
    /// # Errors
    /// When the phone was wiped, or its key cannot be read or sign.
    pub fn comes_back(&self, invitation: &Invitation, now: PhoneTime) -> Result<Enrolment, ReplicaError> {
        let (token, server): (Vec<u8>, Vec<u8>) =
            self.main()?.query_row("SELECT token, server_key FROM phone", [], |row| Ok((row.get(0)?, row.get(1)?)))?;
        // The token is for that server's eyes alone.
        let server = PublicKey::from_bytes(&server).map_err(|error| ReplicaError::Damaged(error.to_string()))?;
        if server.fingerprint() != invitation.fingerprint {
            return Err(ReplicaError::AnotherPhone);
        }
        let (before, signer) = (Before { device: self.device, token: token.into() }, self.signer()?);
        Enrolment::again(invitation, signer.as_ref(), before, now)
            .map_err(|error| ReplicaError::Damaged(error.to_string()))
    }

    /// The server took this phone in again, under its number. The next sync brings back what the server lost.
    ///
    /// # Errors
    /// When what the server says is about another phone, or the database cannot be written.
    pub fn taken_in_again(&mut self, enrolled: &Enrolled, now: PhoneTime) -> Result<(), ReplicaError> {
        let known: Vec<u8> = self.main()?.query_row("SELECT server_key FROM phone", [], |row| row.get(0))?;
        let same_server = known == enrolled.server_key.as_bytes();
        if (enrolled.device, &enrolled.person) != (self.device, &self.person) || !same_server {
            return Err(ReplicaError::AnotherPhone);
        }
        self.main()?.execute("UPDATE phone SET token = ?", [enrolled.token.as_slice()])?;
        self.grant(enrolled.dossier_key.as_ref(), enrolled.lease_ms, now)?;
        Ok(())
    }

    /// A new sync of this phone. The seed spreads waits; it needs no quality.
    ///
    /// # Errors
    /// When the phone was wiped, or its key cannot be read.
    pub fn session(&self, seed: u64) -> Result<Session, ReplicaError> {
        Ok(Session::new(self.caller()?, seed))
    }

    /// Who talks to the server, and by which key.
    pub(super) fn caller(&self) -> Result<Caller, ReplicaError> {
        let server: Vec<u8> = self.main()?.query_row("SELECT server_key FROM phone", [], |row| row.get(0))?;
        let server = PublicKey::from_bytes(&server).map_err(|error| ReplicaError::Damaged(error.to_string()))?;
        Ok(Caller { device: self.device, signer: self.signer()?, server })
    }

    /// What signs as this phone.
    fn signer(&self) -> Result<Arc<dyn Signer>, ReplicaError> {
        let mut select = self.main()?.prepare_cached("SELECT secret FROM phone")?;
        let secret: Option<Zeroizing<Vec<u8>>> =
            select.query_row([], |row| Ok(row.get::<_, Option<Vec<u8>>>(0)?.map(Zeroizing::new)))?;
        match (secret, &self.signer) {
            (Some(secret), _) => {
                let secret = secret.as_slice().try_into().map(Zeroizing::new);
                let secret = secret.map_err(|_| ReplicaError::Damaged("a key is not 32 bytes".to_owned()))?;
                let key = SoftwareKey::from_secret(&secret);
                Ok(Arc::new(key.map_err(|error| ReplicaError::Damaged(error.to_string()))?))
            }
            (None, Some(signer)) => Ok(Arc::clone(signer)),
            (None, None) => Err(ReplicaError::NoSigner),
        }
    }
}

//! How a phone comes to be somebody's: it answers an invitation, and from then on it opens as that person's.

use crate::edge::{named, now, parsed};
use crate::signer::{Platform, Signer};
use crate::{Phone, PhoneError, Transport};
use canvass_core::domain::{PersonId, PhoneTime};
use canvass_core::replica::{DatabaseKey, Durability, Identity, Opening, PhoneKey, Replica, database_of, people_in};
use canvass_core::signing::SoftwareKey;
use canvass_core::sync::{Enrolment, EnrolmentError};
use canvass_core::wire::{Enrolled, Invitation};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::Notify;

/// How often an invitation is answered while no answer comes, and how long that waits each time.
const TRIES: u32 = 4;
const PAUSE: Duration = Duration::from_secs(1);

#[uniffi::export(async_runtime = "tokio")]
impl Phone {
    /// Enrols this phone: answers an invitation, as it was scanned or typed, and starts its person's database in a folder.
    ///
    /// `key` is 32 random bytes that the app keeps in the platform's key store: it encrypts the database. Without one, whoever
    /// has the phone's storage reads it, and the phone holds no dossiers. `signer` signs by the platform's key store; without
    /// one a key in the database does.
    ///
    /// # Errors
    /// When the invitation does not bring the phone in, its person is enrolled here already, or a file cannot be used.
    #[uniffi::constructor(default(signer = None))]
    pub async fn enrol(
        folder: String,
        key: Option<Vec<u8>>,
        invitation: String,
        transport: Arc<dyn Transport>,
        signer: Option<Arc<dyn Signer>>,
    ) -> Result<Arc<Self>, PhoneError> {
        let invitation: Invitation = parsed("invitation", &invitation)?;
        let opening = opening(key, now()?)?;
        let key = match signer {
            Some(signer) => PhoneKey::Platform(Platform::of(signer)?),
            None => PhoneKey::Software(software_key()?),
        };
        let enrolment = Enrolment::new(&invitation, key.signer(), now()?)?;
        let enrolled = answered(&enrolment, transport.as_ref()).await?;
        let path = database_of(Path::new(&folder), &enrolled.person);
        let identity = Identity { enrolled, key, salt: rand::random() };
        let opening = Opening { at: now()?, ..opening };
        let work = tokio::task::spawn_blocking(move || Self::holding(Replica::begin(&path, opening, identity)));
        work.await.unwrap_or_else(|error| Err(PhoneError::Storage { reason: error.to_string() }))
    }

    /// Comes back to a server that does not know this phone any more, because it was restored to a time before it took it in: answers
    /// a new invitation for the same person. Everything here stays, and the next sync brings back what the server lost.
    ///
    /// # Errors
    /// When the invitation does not bring this phone in (its number may be another phone's by now), it is for another person
    /// or from another server, or the phone was wiped.
    pub async fn enrol_again(&self, invitation: String, transport: Arc<dyn Transport>) -> Result<(), PhoneError> {
        let invitation: Invitation = parsed("invitation", &invitation)?;
        let enrolment = self.replica().comes_back(&invitation, now()?)?;
        let enrolled = answered(&enrolment, transport.as_ref()).await?;
        Ok(self.replica().taken_in_again(&enrolled, now()?)?)
    }

    /// Opens the database of a person who enrolled in a folder, with the key and the signer of then.
    ///
    /// # Errors
    /// When nobody of that code enrolled there, the phone was wiped, the key or the signer is another, or the file cannot be
    /// used, is damaged or of a newer version.
    #[uniffi::constructor(default(signer = None))]
    pub fn open(
        folder: String,
        person: String,
        key: Option<Vec<u8>>,
        signer: Option<Arc<dyn Signer>>,
    ) -> Result<Arc<Self>, PhoneError> {
        let path = path(&folder, &person)?;
        let signer = signer.map(Platform::of).transpose()?;
        Self::holding(Replica::open(&path, opening(key, now()?)?, signer))
    }
}

impl Phone {
    fn holding(replica: Result<Replica, canvass_core::replica::ReplicaError>) -> Result<Arc<Self>, PhoneError> {
        let replica = Mutex::new(replica?);
        let (turn, transfers) = (tokio::sync::Mutex::new(()), tokio::sync::Mutex::new(()));
        Ok(Arc::new(Self { replica, turn, transfers, cancelled: Notify::new() }))
    }
}

/// What the server answers to an invitation, asked some times if no answer comes.
async fn answered(enrolment: &Enrolment, transport: &dyn Transport) -> Result<Enrolled, PhoneError> {
    let mut tries = 0;
    loop {
        tries += 1;
        let told = match transport.post(enrolment.post().into()).await {
            Ok(reply) => enrolment.received(&reply.into()),
            Err(error) => Err(EnrolmentError::Lost(error.to_string())),
        };
        match told {
            Err(EnrolmentError::Lost(_)) if tries < TRIES => tokio::time::sleep(PAUSE).await,
            Err(EnrolmentError::Lost(reason)) => return Err(PhoneError::Unreachable { attempts: tries, reason }),
            told => return Ok(told?),
        }
    }
}

/// The address of the server that an invitation is from, such as `https://canvass.bank.example`: where to post.
///
/// # Errors
/// When it is no invitation.
#[uniffi::export]
pub fn server_of(invitation: String) -> Result<String, PhoneError> {
    Ok(parsed::<Invitation>("invitation", &invitation)?.base)
}

/// The codes of the people who enrolled in a folder: several can share one phone, each with a database of their own.
///
/// # Errors
/// When the folder cannot be read.
#[uniffi::export]
pub fn people(folder: String) -> Result<Vec<String>, PhoneError> {
    Ok(people_in(Path::new(&folder))?.iter().map(ToString::to_string).collect())
}

/// Destroys a person's database in a folder, with its keys: one that was wiped only halfway, does not open any more, or is
/// not wanted. What was not synced is lost.
///
/// # Errors
/// When a file cannot be destroyed.
#[uniffi::export]
pub fn give_up(folder: String, person: String) -> Result<(), PhoneError> {
    Ok(Replica::give_up(&path(&folder, &person)?)?)
}

fn path(folder: &str, person: &str) -> Result<PathBuf, PhoneError> {
    let person: PersonId = parsed("person", person)?;
    Ok(database_of(Path::new(folder), &person))
}

fn opening(key: Option<Vec<u8>>, at: PhoneTime) -> Result<Opening, PhoneError> {
    let key = key.map(|bytes| {
        let wrong = || canvass_core::domain::Invalid::new("key", format!("{} bytes", bytes.len()), "32 bytes");
        named("key", bytes.as_slice().try_into().map(DatabaseKey::new).map_err(|_| wrong()))
    });
    Ok(Opening { actor_seed: rand::random(), durability: Durability::PowerLoss, key: key.transpose()?, at })
}

fn software_key() -> Result<SoftwareKey, PhoneError> {
    // Of all numbers, one in 2³² is no key: another is tried.
    let mut last = SoftwareKey::from_secret(&rand::random());
    for _ in 0..8 {
        if last.is_ok() {
            break;
        }
        last = SoftwareKey::from_secret(&rand::random());
    }
    last.map_err(|error| PhoneError::SignerFailed { reason: error.to_string() })
}

//! A phone: a real replica on disk, its owner's clock, and its sync. The demo, the tests' World and load generators play
//! with these.

use super::bank::PhoneOwner;
use super::link::Transport;
use canvass_core::document::ChangeHash;
use canvass_core::domain::{Fields, Invalid, KindSpec, PhoneTime, RecordId, Value};
use canvass_core::replica::{Action, Durability, Identity, Opening, PhoneKey, Query, Replica, ReplicaError};
use canvass_core::signing::SoftwareKey;
use canvass_core::sync::{Enrolment, EnrolmentError, Report, SyncError};
use canvass_core::wire::{Invitation, Request, Response, Verdict};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::collections::HashSet;
use std::path::{Path, PathBuf};

/// What can go wrong on a phone.
#[derive(Debug, thiserror::Error)]
pub enum PhoneError {
    /// Its storage.
    #[error("phone {device}: {error}")]
    Replica {
        /// Which phone.
        device: u32,
        /// What its replica says.
        error: ReplicaError,
    },
    /// A sync that ended early.
    #[error("phone {device}: {error}")]
    Sync {
        /// Which phone.
        device: u32,
        /// What its session says.
        error: SyncError,
    },
    /// An invitation that did not bring it in.
    #[error(transparent)]
    Enrolment(#[from] EnrolmentError),
    /// A value that is none.
    #[error(transparent)]
    Invalid(#[from] Invalid),
}

/// A phone in somebody's hand.
#[derive(Debug)]
pub struct Phone {
    owner: PhoneOwner,
    path: PathBuf,
    durability: Durability,
    replica: Replica,
    rng: ChaCha8Rng,
    skew_ms: i64,
    /// Its clock, as it was last looked at.
    at: PhoneTime,
    /// Changes whose acknowledgement reached this phone, noted from the responses themselves as they arrived.
    acknowledged: HashSet<ChangeHash>,
    /// Fields of records that were ever seen in conflict here.
    conflicts: HashSet<(RecordId, String)>,
}

impl Phone {
    /// Takes a phone with its database in a folder: as it was left there, or a new one that has just enrolled as `identity`
    /// says. Its clock runs `skew_ms` ahead of the true time.
    ///
    /// # Errors
    /// When the database cannot be opened.
    pub fn take(
        owner: PhoneOwner,
        identity: Identity,
        folder: &Path,
        durability: Durability,
        seed: u64,
        (now, skew_ms): (PhoneTime, i64),
    ) -> Result<Self, PhoneError> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        // A stream apart from the one that the owner's script draws from.
        rng.set_stream(u64::from(owner.device.get()) | 1 << 40);
        let path = folder.join(format!("phone-{:05}.db", owner.device.get()));
        let at = now.plus_millis(skew_ms);
        let opening = Opening { actor_seed: rng.random(), durability, key: None, at };
        let replica = match path.exists() {
            true => Replica::open(&path, opening, None),
            false => Replica::begin(&path, opening, identity),
        };
        let replica = replica.map_err(|error| PhoneError::Replica { device: owner.device.get(), error })?;
        Ok(Self {
            owner,
            path,
            durability,
            replica,
            rng,
            skew_ms,
            at,
            acknowledged: HashSet::new(),
            conflicts: HashSet::new(),
        })
    }

    /// Whose phone it is.
    pub fn owner(&self) -> &PhoneOwner {
        &self.owner
    }

    /// Where its database is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its replica.
    pub fn replica(&mut self) -> &mut Replica {
        &mut self.replica
    }

    /// Its clock at a true time.
    pub fn clock(&self, now: PhoneTime) -> PhoneTime {
        now.plus_millis(self.skew_ms)
    }

    /// Changes whose acknowledgement reached this phone.
    pub fn acknowledged(&self) -> &HashSet<ChangeHash> {
        &self.acknowledged
    }

    /// Fields of records that were ever seen in conflict here.
    pub fn conflicts(&self) -> &HashSet<(RecordId, String)> {
        &self.conflicts
    }

    /// The app ends and starts again, under a fresh actor.
    ///
    /// # Errors
    /// When the database cannot be opened.
    pub fn restart(&mut self) -> Result<(), PhoneError> {
        let (actor_seed, durability) = (self.rng.random(), self.durability);
        let opening = Opening { actor_seed, durability, key: None, at: self.at };
        self.replica = Replica::open(&self.path, opening, None).map_err(|error| self.failed(error))?;
        Ok(())
    }

    /// Records something new.
    ///
    /// # Errors
    /// As [`Replica::create`].
    pub fn record(
        &mut self,
        kind: &'static KindSpec,
        prospect: Option<RecordId>,
        fields: &Fields,
        now: PhoneTime,
    ) -> Result<RecordId, PhoneError> {
        let now = self.clock(now);
        let id = RecordId::new(now.millis(), self.rng.random());
        self.replica.create(id, kind, prospect, fields, now).map_err(|error| self.failed(error))?;
        Ok(id)
    }

    /// Edits a record.
    ///
    /// # Errors
    /// As [`Replica::edit`].
    pub fn edit(&mut self, id: RecordId, puts: &Fields, now: PhoneTime) -> Result<(), PhoneError> {
        let now = self.clock(now);
        self.replica.edit(id, puts, now).map(drop).map_err(|error| self.failed(error))
    }

    /// Settles a field in conflict.
    ///
    /// # Errors
    /// As [`Replica::resolve`].
    pub fn resolve(&mut self, id: RecordId, field: &str, value: Value, now: PhoneTime) -> Result<(), PhoneError> {
        let now = self.clock(now);
        self.replica.resolve(id, field, value, now).map_err(|error| self.failed(error))
    }

    /// Syncs. Waits pass on the phone's own clock alone.
    ///
    /// # Errors
    /// When it gave up or was turned away; what was recorded is still in the outbox.
    pub fn sync(&mut self, transport: &mut impl Transport, now: PhoneTime) -> Result<Report, PhoneError> {
        let mut now = self.clock(now);
        self.at = now;
        let session = self.replica.session(self.rng.random());
        let mut session = session.map_err(|error| self.failed(error))?;
        let result = loop {
            let nonce = self.rng.random();
            let action = self.replica.advance(&mut session, nonce, now).map_err(|error| self.failed(error))?;
            match action {
                Action::Transmit(post) => match transport.post(&post) {
                    Ok(reply) => {
                        self.note(&post.body, &reply.body);
                        session.received(&reply, now);
                    }
                    Err(failure) => session.failed(&failure, now),
                },
                Action::Wait(until) => now = until,
                Action::Done(result) => break result,
            }
        };
        let in_conflict = Query { in_conflict: true, limit: 1000, ..Query::default() };
        for row in self.replica.query(&in_conflict).map_err(|error| self.failed(error))? {
            self.conflicts.extend(row.conflicts.into_iter().map(|conflict| (row.id, conflict.field.to_string())));
        }
        result.map_err(|error| PhoneError::Sync { device: self.owner.device.get(), error })
    }

    /// Notes the acknowledgements in a response, if it arrived whole.
    fn note(&mut self, request: &[u8], response: &[u8]) {
        let (Ok(request), Ok(response)) = (Request::decode(request), Response::decode(response)) else { return };
        if request.nonce != response.nonce {
            return;
        }
        for (push, verdicts) in request.pushes.iter().zip(&response.verdicts) {
            let settled = push.hashes().zip(verdicts).filter(|(_, v)| matches!(v, Verdict::Accepted | Verdict::Known));
            self.acknowledged.extend(settled.map(|(hash, _)| hash));
        }
    }

    fn failed(&self, error: ReplicaError) -> PhoneError {
        PhoneError::Replica { device: self.owner.device.get(), error }
    }
}

/// Answers an invitation with a new key, over a line on which that must succeed.
///
/// # Errors
/// When the server does not take the phone in.
pub fn enrol(
    invitation: &Invitation,
    transport: &mut impl Transport,
    rng: &mut ChaCha8Rng,
    now: PhoneTime,
) -> Result<Identity, PhoneError> {
    // Of all numbers, one in 2³² is no key.
    let key = loop {
        if let Ok(key) = SoftwareKey::from_secret(&rng.random()) {
            break key;
        }
    };
    let enrolment = Enrolment::new(invitation, &key, now)?;
    let reply = transport.post(&enrolment.post()).map_err(|failure| EnrolmentError::Lost(failure.to_string()))?;
    let enrolled = enrolment.received(&reply)?;
    Ok(Identity { enrolled, key: PhoneKey::Software(key), salt: rng.random() })
}

//! A phone: a real replica on disk, its owner's clock, and its sync. The demo, the tests' World and load generators play
//! with these.

use super::bank::PhoneOwner;
use super::link::Transport;
use canvass_core::document::ChangeHash;
use canvass_core::domain::{Fields, Invalid, KindSpec, PhoneTime, RecordId, Value};
use canvass_core::replica::{Action, Durability, Opening, Query, Replica, ReplicaError};
use canvass_core::sync::{Report, Session, SyncError};
use canvass_core::wire::{Request, Response, Verdict};
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
    /// Changes whose acknowledgement reached this phone, noted from the responses themselves as they arrived.
    acknowledged: HashSet<ChangeHash>,
    /// Fields of records that were ever seen in conflict here.
    conflicts: HashSet<(RecordId, String)>,
}

impl Phone {
    /// Takes a new phone with its database in a folder. Its clock runs `skew_ms` ahead of the true time.
    ///
    /// # Errors
    /// When the database cannot be opened.
    pub fn take(
        owner: PhoneOwner,
        folder: &Path,
        durability: Durability,
        seed: u64,
        skew_ms: i64,
    ) -> Result<Self, PhoneError> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        // A stream apart from the one that the owner's script draws from.
        rng.set_stream(u64::from(owner.device.get()) | 1 << 40);
        let path = folder.join(format!("phone-{:05}.db", owner.device.get()));
        let replica = open(&path, &owner, durability, &mut rng)?;
        Ok(Self {
            owner,
            path,
            durability,
            replica,
            rng,
            skew_ms,
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
        self.replica = open(&self.path, &self.owner, self.durability, &mut self.rng)?;
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
        let mut session = Session::new(self.rng.random());
        let result = loop {
            let nonce = self.rng.random();
            let action = self.replica.advance(&mut session, nonce, now).map_err(|error| self.failed(error))?;
            match action {
                Action::Transmit(body) => match transport.post(&body) {
                    Ok(reply) => {
                        self.note(&body, &reply.body);
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

fn open(path: &Path, owner: &PhoneOwner, durability: Durability, rng: &mut ChaCha8Rng) -> Result<Replica, PhoneError> {
    let opening = Opening { device: owner.device, person: owner.person.clone(), actor_seed: rng.random(), durability };
    Replica::open(path, opening).map_err(|error| PhoneError::Replica { device: owner.device.get(), error })
}

//! A phone: a real replica on disk, its owner's clock, and its sync. The demo, the tests' World and load generators play
//! with these.

use super::bank::PhoneOwner;
use super::link::Transport;
use canvass_core::document::ChangeHash;
use canvass_core::domain::attachment::Caption;
use canvass_core::domain::{Fields, Invalid, KindSpec, PhoneTime, RecordId, Value};
use canvass_core::replica::{
    Action, DatabaseKey, Durability, Identity, Opening, PhoneKey, Query, Replica, ReplicaError, TransferAction,
};
use canvass_core::signing::SoftwareKey;
use canvass_core::sync::{Enrolment, EnrolmentError, Report, Session, SyncError, TransferReport, Transfers};
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

/// How a phone is set up.
#[derive(Debug, Clone)]
pub struct Setup {
    /// The folder of its database.
    pub folder: PathBuf,
    /// What a save survives.
    pub durability: Durability,
    /// Encrypts its files.
    pub key: Option<DatabaseKey>,
    /// What its randomness follows from.
    pub seed: u64,
    /// How far its clock runs ahead of the true time.
    pub skew_ms: i64,
}

impl Setup {
    fn opening(&self, now: PhoneTime, rng: &mut ChaCha8Rng) -> Opening {
        let at = now.plus_millis(self.skew_ms);
        Opening { actor_seed: rng.random(), durability: self.durability, key: self.key.clone(), at }
    }
}

/// A phone in somebody's hand.
#[derive(Debug)]
pub struct Phone {
    owner: PhoneOwner,
    path: PathBuf,
    setup: Setup,
    replica: Replica,
    rng: ChaCha8Rng,
    /// Changes whose acknowledgement reached this phone, noted from the responses themselves as they arrived.
    acknowledged: HashSet<ChangeHash>,
    /// Fields of records that were ever seen in conflict here.
    conflicts: HashSet<(RecordId, String)>,
}

impl Phone {
    /// Takes a phone up at a true time: as it was left in its folder, or a new one that has just enrolled as `identity` says,
    /// also if that was cut off before.
    ///
    /// # Errors
    /// When the database cannot be opened.
    pub fn take(owner: PhoneOwner, identity: Identity, setup: Setup, now: PhoneTime) -> Result<Self, PhoneError> {
        let mut rng = ChaCha8Rng::seed_from_u64(setup.seed);
        // A stream apart from the one that the owner's script draws from.
        rng.set_stream(u64::from(owner.device.get()) | 1 << 40);
        let path = setup.folder.join(format!("phone-{:05}.db", owner.device.get()));
        let opening = setup.opening(now, &mut rng);
        let replica = match Replica::open(&path, opening.clone(), None) {
            Err(ReplicaError::NotEnrolled(_)) => Replica::begin(&path, opening, identity),
            opened => opened,
        };
        let replica = replica.map_err(|error| PhoneError::Replica { device: owner.device.get(), error })?;
        let (acknowledged, conflicts) = (HashSet::new(), HashSet::new());
        Ok(Self { owner, path, setup, replica, rng, acknowledged, conflicts })
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
        now.plus_millis(self.setup.skew_ms)
    }

    /// Changes whose acknowledgement reached this phone.
    pub fn acknowledged(&self) -> &HashSet<ChangeHash> {
        &self.acknowledged
    }

    /// Fields of records that were ever seen in conflict here.
    pub fn conflicts(&self) -> &HashSet<(RecordId, String)> {
        &self.conflicts
    }

    /// The app ends and starts again at a true time, under a fresh actor.
    ///
    /// # Errors
    /// When the database cannot be opened.
    pub fn restart(&mut self, now: PhoneTime) -> Result<(), PhoneError> {
        let opening = self.setup.opening(now, &mut self.rng);
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
        let session = self.session()?;
        self.drive(session, transport, now)
    }

    /// Syncs, and checks at the end whether this phone has what the server says it should.
    ///
    /// # Errors
    /// As [`Phone::sync`].
    pub fn check(&mut self, transport: &mut impl Transport, now: PhoneTime) -> Result<Report, PhoneError> {
        let session = self.session()?.with_check();
        self.drive(session, transport, now)
    }

    fn session(&mut self) -> Result<Session, PhoneError> {
        self.replica.session(self.rng.random()).map_err(|error| self.failed(error))
    }

    fn drive(
        &mut self,
        mut session: Session,
        transport: &mut impl Transport,
        now: PhoneTime,
    ) -> Result<Report, PhoneError> {
        let mut now = self.clock(now);
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
        if matches!(result, Err(SyncError::Revoked { .. })) {
            // Nothing is left to look at.
            return result.map_err(|error| PhoneError::Sync { device: self.owner.device.get(), error });
        }
        let in_conflict = Query { in_conflict: true, limit: 1000, ..Query::default() };
        for row in self.replica.query(&in_conflict).map_err(|error| self.failed(error))? {
            self.conflicts.extend(row.conflicts.into_iter().map(|conflict| (row.id, conflict.field.to_string())));
        }
        result.map_err(|error| PhoneError::Sync { device: self.owner.device.get(), error })
    }

    /// Attaches bytes to a record.
    ///
    /// # Errors
    /// As [`Replica::attach`].
    pub fn attach(&mut self, caption: Caption, bytes: &[u8], now: PhoneTime) -> Result<RecordId, PhoneError> {
        let now = self.clock(now);
        let id = RecordId::new(now.millis(), self.rng.random());
        self.replica.attach(id, caption, bytes, now).map_err(|error| self.failed(error))?;
        Ok(id)
    }

    /// Moves attachments as far as they may. Waits pass on the phone's own clock alone.
    ///
    /// # Errors
    /// When it gave up or was turned away; what arrived until then stays.
    pub fn transfer(
        &mut self,
        transport: &mut impl Transport,
        transfers: Transfers,
        now: PhoneTime,
    ) -> Result<TransferReport, PhoneError> {
        let mut now = self.clock(now);
        let transfer = self.replica.transfer(transfers, self.rng.random());
        let mut transfer = transfer.map_err(|error| self.failed(error))?;
        let result = loop {
            let nonce = self.rng.random();
            let action = self.replica.advance_transfer(&mut transfer, nonce, now);
            match action.map_err(|error| self.failed(error))? {
                TransferAction::Transmit(post) => match transport.post(&post) {
                    Ok(reply) => transfer.received(&reply, now),
                    Err(failure) => transfer.failed(&failure, now),
                },
                TransferAction::Wait(until) => now = until,
                TransferAction::Done(result) => break result,
            }
        };
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

//! Actors: under which name an opening of a database writes. Every opening takes a fresh one and never stores it, so that
//! a phone restored from a backup cannot fork an actor: automerge would refuse whatever came after, for ever.

use automerge::ActorId;
use sha2::{Digest, Sha256};

/// The name under which one opening of a database writes into documents.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Actor {
    seed: [u8; 16],
    generation: u32,
}

impl Actor {
    /// A fresh actor from 16 bytes of randomness, which the caller supplies at each opening.
    pub fn new(seed: [u8; 16]) -> Self {
        Self { seed, generation: 0 }
    }

    /// The next actor of the same opening: after a refusal the old one's sequence has a hole on the server.
    #[must_use]
    pub fn next(self) -> Self {
        Self { generation: self.generation + 1, ..self }
    }

    pub(super) fn to_automerge(self) -> ActorId {
        let digest = Sha256::new().chain_update(self.seed).chain_update(self.generation.to_be_bytes()).finalize();
        ActorId::from(&digest[..16])
    }
}

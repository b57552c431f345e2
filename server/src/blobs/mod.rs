//! The bytes of attachments on the server: whole and verified in a folder or a bucket, under their record and digest; half sent ones
//! in a folder beside the database. All of it is sealed: who has the folder or the bucket, but not the secret file, sees nothing.
//!
//! Bytes lie under the record that names them, not under their digest alone: who knows a digest, but never had the bytes, cannot
//! get at another unit's photo by naming it, nor learn that it is there. One photo of two records is sent twice for that.

mod place;
mod seal;
mod spool;
mod sweep;
#[cfg(test)]
mod tests;

pub use place::BlobPlace;
pub use sweep::Swept;

use crate::secrets::Secrets;
use canvass_core::domain::attachment::MAX_BYTES;
use canvass_core::domain::{DeviceNumber, Digest, RecordId};
use canvass_core::wire::{Held, MAX_PIECE, Named, UNIT};
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use spool::Spool;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// How many attachments are put together at once: each takes twice its bytes in memory for as long.
const ASSEMBLED_AT_ONCE: usize = 4;

/// Why bytes cannot be kept or read.
#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    /// There is no room.
    #[error("the server has no room for more attachments: ask its operator to make some; the record itself is safe")]
    Full,
    /// The place cannot be used.
    #[error("attachments cannot be kept at {place}: {words}")]
    Place {
        /// The folder or bucket.
        place: String,
        /// Why.
        words: String,
    },
    /// Anything else that storage says.
    #[error("the storage of attachments failed: {0}")]
    Failed(String),
}

impl From<object_store::Error> for BlobError {
    fn from(error: object_store::Error) -> Self {
        let mut source: Option<&(dyn std::error::Error + 'static)> = Some(&error);
        while let Some(cause) = source {
            let io = cause.downcast_ref::<std::io::Error>().map(std::io::Error::kind);
            if matches!(io, Some(std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded)) {
                return Self::Full;
            }
            source = cause.source();
        }
        Self::Failed(error.to_string())
    }
}

/// Whether there is nothing there; every other error is one.
fn if_there<T>(found: Result<T, object_store::Error>) -> Result<Option<T>, BlobError> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(object_store::Error::NotFound { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// The bytes of attachments.
#[derive(Debug, Clone)]
pub struct Blobs(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    kept: Box<dyn ObjectStore>,
    /// Within the bucket.
    below: Path,
    spool: Spool,
    secrets: Secrets,
    assembling: Semaphore,
}

impl Blobs {
    /// Bytes kept in memory: for tests and simulations.
    pub fn in_memory(secrets: Secrets) -> Self {
        Self::of(Box::new(InMemory::new()), Path::default(), Spool::new(Box::new(InMemory::new())), secrets)
    }

    /// Bytes kept at a place; half sent ones in a folder.
    ///
    /// # Errors
    /// When either cannot be used.
    pub fn open(place: &BlobPlace, spool: &std::path::Path, secrets: Secrets) -> Result<Self, BlobError> {
        let (kept, below) = place.open()?;
        Ok(Self::of(kept, below, Spool::new(Box::new(place::local(spool)?)), secrets))
    }

    fn of(kept: Box<dyn ObjectStore>, below: Path, spool: Spool, secrets: Secrets) -> Self {
        Self(Arc::new(Inner { kept, below, spool, secrets, assembling: Semaphore::new(ASSEMBLED_AT_ONCE) }))
    }

    fn folder_of(&self, record: RecordId) -> Path {
        self.0.below.clone().join(record.to_string())
    }

    fn path_of(&self, named: &Named) -> Path {
        self.folder_of(named.record).join(named.digest.to_string())
    }

    /// Whether there is all of it. What is of another length than it should be is not it.
    async fn is_whole(&self, named: &Named, size: u64) -> Result<bool, BlobError> {
        let found = if_there(self.0.kept.head(&self.path_of(named)).await)?;
        Ok(found.is_some_and(|found| found.size == seal::sealed_size(size)))
    }

    /// How much there is of an attachment, for a phone that may bring it.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn held(&self, device: DeviceNumber, named: &Named, size: u64) -> Result<Held, BlobError> {
        if self.is_whole(named, size).await? {
            return Ok(Held::Whole);
        }
        Ok(Held::Partly(self.0.spool.reached(device, named, size).await?))
    }

    /// Takes a piece that a phone brings, if it goes on where the last one ended, and says how much there is by then. Once all is
    /// there, it is verified, and kept durably before this returns; of other bytes nothing is kept.
    ///
    /// # Errors
    /// When there is no room, or storage fails.
    pub async fn put(
        &self,
        device: DeviceNumber,
        named: &Named,
        size: u64,
        offset: u64,
        piece: &[u8],
    ) -> Result<Held, BlobError> {
        let held = self.held(device, named, size).await?;
        let end = offset.saturating_add(piece.len() as u64);
        let fits = end <= size.min(MAX_BYTES) && (end == size || end.is_multiple_of(UNIT));
        let bounded = (1..=MAX_PIECE).contains(&(piece.len() as u64));
        if held != Held::Partly(offset) || !fits || !bounded {
            return Ok(held);
        }
        let sealed = seal::piece(&self.0.secrets, named, offset, piece)?;
        self.0.spool.put(device, named, offset, sealed).await?;
        if end < size { Ok(Held::Partly(end)) } else { self.assemble(device, named).await }
    }

    /// Puts a whole one together, if its bytes are those that its record names.
    async fn assemble(&self, device: DeviceNumber, named: &Named) -> Result<Held, BlobError> {
        let _place = self.0.assembling.acquire().await.map_err(|error| BlobError::Failed(error.to_string()))?;
        let pieces = self.0.spool.pieces(device, named).await?;
        let (secrets, about) = (self.0.secrets.clone(), *named);
        let work = move || -> Result<Option<Vec<u8>>, BlobError> {
            let mut bytes = Vec::new();
            for (offset, sealed) in &pieces {
                let Some(opened) = seal::open_piece(&secrets, &about, *offset, sealed) else { return Ok(None) };
                bytes.extend_from_slice(&opened);
            }
            if Digest::of(&bytes) == about.digest { seal::whole(&secrets, &about, &bytes).map(Some) } else { Ok(None) }
        };
        let sealed =
            tokio::task::spawn_blocking(work).await.map_err(|error| BlobError::Failed(error.to_string()))??;
        let Some(sealed) = sealed else {
            self.0.spool.forget(device, named).await?;
            return Ok(Held::OtherBytes);
        };
        self.0.kept.put(&self.path_of(named), sealed.into()).await?;
        self.0.spool.forget(device, named).await?;
        Ok(Held::Whole)
    }

    /// A part of an attachment that begins at a unit, at most so long; none if it is not there whole, or is damaged.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn get(&self, named: &Named, size: u64, offset: u64, most: u64) -> Result<Option<Vec<u8>>, BlobError> {
        if offset >= size || !offset.is_multiple_of(UNIT) || !self.is_whole(named, size).await? {
            return Ok(None);
        }
        let length = most.min(size - offset);
        let range = seal::range(size, offset, length);
        let Some(sealed) = if_there(self.0.kept.get_range(&self.path_of(named), range).await)? else { return Ok(None) };
        let mut bytes = Vec::new();
        for (segment, sealed) in (offset / UNIT..).zip(sealed.chunks(seal::SEGMENT)) {
            let Some(opened) = seal::open_segment(&self.0.secrets, named, segment, sealed) else {
                tracing::error!(record = %named.record, "an attachment is damaged; a phone that has it brings it again");
                self.0.kept.delete(&self.path_of(named)).await?;
                return Ok(None);
            };
            bytes.extend_from_slice(&opened);
        }
        bytes.truncate(usize::try_from(length).unwrap_or(usize::MAX));
        Ok(Some(bytes))
    }
}

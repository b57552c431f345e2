//! Attachments that are half sent: each piece as it came, under the phone that brings it. A phone has only so many at once, all
//! phones only so much, and what nobody goes on with is removed.

use super::{BlobError, if_there};
use canvass_core::domain::{DeviceNumber, RecordId, ServerTime};
use canvass_core::wire::Named;
use futures_util::TryStreamExt;
use object_store::path::Path;
use object_store::{ObjectMeta, ObjectStore, ObjectStoreExt};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

/// How many half sent attachments one phone has: beyond that, the one that it went on with longest ago is begun anew.
const OF_A_PHONE: usize = 4;
/// How many bytes of all phones wait.
const OF_ALL: u64 = 4 * 1024 * 1024 * 1024;

#[derive(Debug)]
pub(super) struct Spool {
    pieces: Box<dyn ObjectStore>,
    waiting: AtomicU64,
}

fn folder(device: DeviceNumber) -> Path {
    Path::default().join(device.to_string())
}

fn of_record(device: DeviceNumber, record: RecordId) -> Path {
    folder(device).join(record.to_string())
}

fn of(device: DeviceNumber, named: &Named) -> Path {
    of_record(device, named.record).join(named.digest.to_string())
}

impl Spool {
    pub(super) fn new(pieces: Box<dyn ObjectStore>) -> Self {
        Self { pieces, waiting: AtomicU64::new(0) }
    }

    #[cfg(test)]
    pub(super) fn pieces_for_tests(&self) -> &dyn ObjectStore {
        self.pieces.as_ref()
    }

    async fn list(&self, below: Option<&Path>) -> Result<Vec<ObjectMeta>, BlobError> {
        Ok(if_there(self.pieces.list(below).try_collect().await)?.unwrap_or_default())
    }

    /// The pieces of an attachment that follow on each other from its beginning.
    async fn row_of(&self, device: DeviceNumber, named: &Named) -> Result<Vec<(u64, ObjectMeta)>, BlobError> {
        let found = self.list(Some(&of(device, named))).await?;
        let offset = |piece: &ObjectMeta| piece.location.filename().and_then(|name| name.parse::<u64>().ok());
        let mut pieces: Vec<_> = found.into_iter().filter_map(|piece| offset(&piece).zip(Some(piece))).collect();
        pieces.sort_by_key(|(offset, _)| *offset);
        let mut reached = 0;
        pieces.retain(|(offset, piece)| {
            let goes_on = *offset == reached;
            reached += if goes_on { length(piece) } else { 0 };
            goes_on
        });
        Ok(pieces)
    }

    /// How much of an attachment a phone has brought. Where all came, and it was not put together (the server ended before, or
    /// could not keep it), the last piece is wanted once more.
    pub(super) async fn reached(&self, device: DeviceNumber, named: &Named, size: u64) -> Result<u64, BlobError> {
        let row = self.row_of(device, named).await?;
        let end = |(offset, piece): &(u64, ObjectMeta)| (offset + length(piece), *offset);
        let (reached, last) = row.last().map_or((0, 0), end);
        Ok(if reached < size { reached } else { last })
    }

    pub(super) async fn put(
        &self,
        device: DeviceNumber,
        named: &Named,
        offset: u64,
        sealed: Vec<u8>,
    ) -> Result<(), BlobError> {
        let bytes = sealed.len() as u64;
        if self.waiting.load(Ordering::Relaxed).saturating_add(bytes) > OF_ALL {
            return Err(BlobError::Full);
        }
        if offset == 0 {
            self.make_way(device, named.record).await?;
        }
        let path = of(device, named).join(format!("{offset:010}"));
        self.pieces.put(&path, sealed.into()).await?;
        self.waiting.fetch_add(bytes, Ordering::Relaxed);
        Ok(())
    }

    /// Lets go of all that is half sent of a record, whoever sends it.
    pub(super) async fn erase(&self, record: RecordId) -> Result<(), BlobError> {
        let named = record.to_string();
        let of_it = |piece: &ObjectMeta| piece.location.parts().nth(1).is_some_and(|part| part.as_ref() == named);
        self.remove(self.list(None).await?.into_iter().filter(of_it).collect()).await
    }

    /// Lets go of what a phone went on with longest ago, until it may begin another.
    async fn make_way(&self, device: DeviceNumber, begins: RecordId) -> Result<(), BlobError> {
        let mut latest = BTreeMap::new();
        for piece in self.list(Some(&folder(device))).await? {
            let record = piece.location.parts().nth(1).map(|part| part.as_ref().to_owned()).unwrap_or_default();
            let at = latest.entry(record).or_insert(piece.last_modified);
            *at = (*at).max(piece.last_modified);
        }
        latest.remove(&begins.to_string());
        let mut waiting: Vec<_> = latest.into_iter().map(|(record, at)| (at, record)).collect();
        waiting.sort();
        for (_, record) in waiting.iter().rev().skip(OF_A_PHONE - 1) {
            self.remove(self.list(Some(&folder(device).join(record.as_str()))).await?).await?;
        }
        Ok(())
    }

    /// The pieces of an attachment in their order, sealed, each with where it begins.
    pub(super) async fn pieces(&self, device: DeviceNumber, named: &Named) -> Result<Vec<(u64, Vec<u8>)>, BlobError> {
        let mut pieces = Vec::new();
        for (offset, piece) in self.row_of(device, named).await? {
            pieces.push((offset, self.pieces.get(&piece.location).await?.bytes().await?.to_vec()));
        }
        Ok(pieces)
    }

    /// Lets go of what a phone brought of a record's attachment.
    pub(super) async fn forget(&self, device: DeviceNumber, named: &Named) -> Result<(), BlobError> {
        self.remove(self.list(Some(&of_record(device, named.record))).await?).await
    }

    /// Lets go of what nobody went on with since a time, and counts what is left.
    pub(super) async fn tidy(&self, before: ServerTime) -> Result<usize, BlobError> {
        let all = self.list(None).await?;
        self.waiting.store(all.iter().map(|piece| piece.size).sum(), Ordering::Relaxed);
        let stale = |piece: &ObjectMeta| piece.last_modified.timestamp_millis() < before.millis();
        let stale: Vec<_> = all.into_iter().filter(stale).collect();
        let removed = stale.len();
        self.remove(stale).await?;
        Ok(removed)
    }

    async fn remove(&self, pieces: Vec<ObjectMeta>) -> Result<(), BlobError> {
        for piece in pieces {
            if if_there(self.pieces.delete(&piece.location).await)?.is_some() {
                let _ = self.waiting.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |waiting| {
                    Some(waiting.saturating_sub(piece.size))
                });
            }
        }
        Ok(())
    }
}

fn length(piece: &ObjectMeta) -> u64 {
    piece.size.saturating_sub(super::seal::OVERHEAD)
}

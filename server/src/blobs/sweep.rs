//! Letting go of bytes: of a record that was erased, of what no record names any more, and of what was never sent to its end.

use super::{BlobError, Blobs, if_there};
use crate::store::{Store, StoreError};
use canvass_core::domain::attachment::Attachment;
use canvass_core::domain::{RecordId, ServerTime};
use futures_util::TryStreamExt;
use object_store::path::Path;
use object_store::{ObjectMeta, ObjectStoreExt};
use std::collections::HashSet;

/// How many records are asked about at once.
const AT_ONCE: usize = 500;

/// What a sweep found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Swept {
    /// Attachments that a record names.
    pub kept: usize,
    /// Attachments that none names, and that are gone now.
    pub removed: usize,
}

/// Why a sweep did not come to its end. What it removed until then, no record named.
#[derive(Debug, thiserror::Error)]
pub enum SweepError {
    /// The bytes' storage.
    #[error(transparent)]
    Blobs(#[from] BlobError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Blobs {
    /// Destroys the bytes of whatever was erased: what could not be done then is done now.
    ///
    /// # Errors
    /// When either storage fails; it can be called again.
    pub async fn follow_erasures(&self, store: &dyn Store) -> Result<usize, SweepError> {
        let mut gone = 0;
        let erased = store.all_erased().await?;
        for record in erased {
            gone += self.erase(record).await?;
        }
        Ok(gone)
    }

    /// Destroys the bytes of a record: erasure calls this.
    ///
    /// # Errors
    /// When storage fails; it can be called again.
    pub async fn erase(&self, record: RecordId) -> Result<usize, BlobError> {
        let found = self.list(Some(&self.folder_of(record))).await?;
        for object in &found {
            if_there(self.0.kept.delete(&object.location).await)?;
        }
        self.0.spool.erase(record).await?;
        Ok(found.len())
    }

    /// Destroys what no attachment's record names any more, of what was written before a time. (A server that was restored does not
    /// know yet the records that phones bring back: leave what is younger than its backup.)
    ///
    /// # Errors
    /// When either storage fails; it can be called again.
    pub async fn sweep(&self, store: &dyn Store, before: ServerTime) -> Result<Swept, SweepError> {
        let old = |object: &ObjectMeta| object.last_modified.timestamp_millis() < before.millis();
        let found: Vec<_> = self.list(Some(&self.0.below)).await?.into_iter().filter(old).collect();
        let mut swept = Swept::default();
        for some in found.chunks(AT_ONCE) {
            let ids = some.iter().filter_map(|object| record_of(&object.location)).collect();
            let rows = store.rows(ids).await?;
            let named = rows.iter().filter_map(|row| Some((row.id, Attachment::read(&row.fields).ok()?.digest)));
            let named: HashSet<_> = named.map(|(record, digest)| (record.to_string(), digest.to_string())).collect();
            for object in some {
                let place = record_of(&object.location).map(|record| record.to_string());
                let place = place.zip(object.location.filename().map(str::to_owned));
                if place.is_some_and(|place| named.contains(&place)) {
                    swept.kept += 1;
                } else {
                    if_there(self.0.kept.delete(&object.location).await)?;
                    swept.removed += 1;
                }
            }
        }
        Ok(swept)
    }

    /// Lets go of what phones began to send and did not go on with since a time. Returns how many pieces that were.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn tidy(&self, before: ServerTime) -> Result<usize, BlobError> {
        self.0.spool.tidy(before).await
    }

    async fn list(&self, below: Option<&Path>) -> Result<Vec<ObjectMeta>, BlobError> {
        Ok(if_there(self.0.kept.list(below).try_collect().await)?.unwrap_or_default())
    }
}

fn record_of(place: &Path) -> Option<RecordId> {
    place.parts().rev().nth(1).and_then(|record| record.as_ref().parse().ok())
}

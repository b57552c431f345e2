//! Photos and recordings. Attaching one saves its bytes with a record that says what they are; the record goes with the next
//! `sync`, the bytes with the next `sync_attachments` that may, and neither waits for the other.

use crate::edge::{count, new_id, now, parsed};
use crate::{Phone, PhoneError, Transport};
use canvass_core::domain::PhoneTime;
use canvass_core::domain::attachment::Caption;
use canvass_core::replica::{AttachmentView as CoreView, TransferAction};
use canvass_core::sync::{Failure, Transfer, TransferReport, Transfers};
use std::sync::Arc;
use std::time::Duration;

/// What is said of an attachment as it is made.
#[derive(Debug, Clone, Default, PartialEq, Eq, uniffi::Record)]
pub struct AttachmentDraft {
    /// What its bytes are, such as `image/jpeg` or `audio/mp4`.
    pub media_type: String,
    /// What people call it.
    #[uniffi(default = None)]
    pub name: Option<String>,
    /// When it was taken, in milliseconds since 1970.
    #[uniffi(default = None)]
    pub taken_at_ms: Option<i64>,
}

/// An attachment as a screen shows it.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct AttachmentView {
    /// Its record.
    pub id: String,
    /// The record that it belongs to.
    pub of: String,
    /// What its bytes are.
    pub media_type: String,
    /// What people call it.
    pub name: Option<String>,
    /// When it was taken, in milliseconds since 1970.
    pub taken_at_ms: Option<i64>,
    /// How many bytes it has.
    pub size: u64,
    /// How many of them are on this phone: all, and `read_attachment` shows it.
    pub here: u64,
    /// How many of them the server has, as it last told this phone.
    pub there: u64,
    /// Whether the server has said that it has all of them.
    pub confirmed: bool,
    /// Whether it is to be fetched.
    pub wanted: bool,
}

impl From<CoreView> for AttachmentView {
    fn from(view: CoreView) -> Self {
        let Caption { of, media_type, name, taken_at } = view.attachment.caption;
        Self {
            id: view.record.to_string(),
            of: of.to_string(),
            media_type,
            name,
            taken_at_ms: taken_at.map(PhoneTime::millis),
            size: view.attachment.size,
            here: view.here,
            there: view.there,
            confirmed: view.confirmed,
            wanted: view.wanted,
        }
    }
}

/// Bytes on this phone that the server may not have.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct UnsentAttachment {
    /// Their record, which may have left this phone, or been refused.
    pub id: String,
    /// How many they are.
    pub size: u64,
    /// How many of them the server has.
    pub there: u64,
}

/// What a moving of attachments came to.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct AttachmentReport {
    /// Attachments that the server has now, verified and durable.
    pub brought: u32,
    /// Attachments that are whole on this phone now, verified.
    pub fetched: u32,
    /// Attachments that wait for the app to let more travel.
    pub held_back: u32,
    /// Attachments that could not be moved now; they are tried again the next time.
    pub not_moved: u32,
    /// Attempts that failed on the way.
    pub failures: u32,
    /// Bytes sent.
    pub sent: u64,
    /// Bytes received.
    pub received: u64,
}

impl From<TransferReport> for AttachmentReport {
    fn from(report: TransferReport) -> Self {
        Self {
            brought: count(report.brought),
            fetched: count(report.fetched),
            held_back: count(report.held_back),
            not_moved: count(report.not_moved),
            failures: report.failures,
            sent: report.sent,
            received: report.received,
        }
    }
}

#[uniffi::export]
impl Phone {
    /// Attaches bytes to a prospect, or to a record that belongs to one, and returns the attachment's id. When this returns, they are
    /// safe, with or without a network.
    ///
    /// # Errors
    /// When a field is wrong or there are more than 20 MiB (it is named), the record is not on this phone, or storage is full.
    pub fn attach(&self, of: String, draft: AttachmentDraft, bytes: Vec<u8>) -> Result<String, PhoneError> {
        let (now, of) = (now()?, parsed("of", &of)?);
        let taken_at = draft.taken_at_ms.map(PhoneTime::from_millis).transpose();
        let taken_at = taken_at.map_err(|error| error.in_field("taken_at"))?;
        let caption = Caption { of, media_type: draft.media_type, name: draft.name, taken_at };
        let id = new_id(now);
        self.replica().attach(id, caption, &bytes, now)?;
        Ok(id.to_string())
    }

    /// The attachments of a record, or of a prospect and all that belongs to it, the latest first.
    ///
    /// # Errors
    /// When the record is not on this phone, or the database cannot be read.
    pub fn attachments(&self, of: String) -> Result<Vec<AttachmentView>, PhoneError> {
        let of = parsed("of", &of)?;
        Ok(self.replica().attachments(of)?.into_iter().map(Into::into).collect())
    }

    /// What is on this phone and the server may not have, the oldest first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn unsent_attachments(&self) -> Result<Vec<UnsentAttachment>, PhoneError> {
        let unsent = self.replica().unsent_attachments()?;
        let one = |one: canvass_core::replica::Unsent| UnsentAttachment {
            id: one.record.to_string(),
            size: one.size,
            there: one.there,
        };
        Ok(unsent.into_iter().map(one).collect())
    }

    /// An attachment's bytes, verified; none if they are not all on this phone: then ask for it by `want_attachment`.
    ///
    /// # Errors
    /// When its record is not on this phone, or the database fails.
    pub fn read_attachment(&self, id: String) -> Result<Option<Vec<u8>>, PhoneError> {
        let id = parsed("id", &id)?;
        Ok(self.replica().read_attachment(id, now()?)?)
    }

    /// Somebody wants to see an attachment: the next `sync_attachments` that may fetches it, the latest wish first.
    ///
    /// # Errors
    /// When its record is not on this phone, or the database cannot be written.
    pub fn want_attachment(&self, id: String) -> Result<(), PhoneError> {
        let id = parsed("id", &id)?;
        Ok(self.replica().want_attachment(id, now()?)?)
    }

    /// Keeps so many bytes of attachments from now on (512 MiB unless said otherwise), and lets go of what was unused for longest,
    /// but never of what the server does not have.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn set_attachment_room(&self, bytes: u64) -> Result<(), PhoneError> {
        Ok(self.replica().set_attachment_room(bytes)?)
    }
}

#[uniffi::export(async_runtime = "tokio")]
impl Phone {
    /// Moves attachments: what the server lacks goes up, what is wanted comes down, at most `limit` bytes in all (0: nothing; none:
    /// whatever there is, as on Wi-Fi). It runs beside `sync` and delays none; `cancel_sync` ends it, and the next one goes on from there.
    ///
    /// # Errors
    /// When the server cannot be reached or refuses this phone, the app cancels, or storage is full.
    #[uniffi::method(default(limit = None))]
    pub async fn sync_attachments(
        self: Arc<Self>,
        transport: Arc<dyn Transport>,
        limit: Option<u64>,
    ) -> Result<AttachmentReport, PhoneError> {
        let transfers = match limit {
            None => Transfers::Everything,
            Some(0) => Transfers::Nothing,
            Some(bytes) => Transfers::UpTo(bytes),
        };
        // Between two awaits it keeps nothing but what is committed, so it may be dropped at any of them.
        tokio::select! {
            () = self.cancelled.notified() => Err(PhoneError::Cancelled),
            report = Arc::clone(&self).move_attachments(transport, transfers) => report,
        }
    }
}

impl Phone {
    async fn move_attachments(
        self: Arc<Self>,
        transport: Arc<dyn Transport>,
        transfers: Transfers,
    ) -> Result<AttachmentReport, PhoneError> {
        let _turn = self.transfers.lock().await;
        let mut transfer = self.replica().transfer(transfers, rand::random())?;
        let mut at = now()?;
        loop {
            let action;
            (action, transfer) = Arc::clone(&self).advance_transfer(transfer, at).await?;
            match action {
                TransferAction::Transmit(post) => match transport.post(post.into()).await {
                    Ok(reply) => transfer.received(&reply.into(), now()?),
                    Err(error) => transfer.failed(&Failure(error.to_string()), now()?),
                },
                TransferAction::Wait(until) => {
                    let millis = until.millis().saturating_sub(at.millis());
                    tokio::time::sleep(Duration::from_millis(u64::try_from(millis).unwrap_or(0))).await;
                    // The wait is over, also where the clock was turned back meanwhile.
                    at = now()?.max(until);
                    continue;
                }
                TransferAction::Done(result) => return Ok(result?.into()),
            }
            at = now()?;
        }
    }

    /// Takes the transfer as far as it goes without the network, on a thread that may wait for the disk.
    async fn advance_transfer(
        self: Arc<Self>,
        mut transfer: Transfer,
        at: PhoneTime,
    ) -> Result<(TransferAction, Transfer), PhoneError> {
        let work = tokio::task::spawn_blocking(move || {
            let action = self.replica().advance_transfer(&mut transfer, rand::random(), at)?;
            Ok((action, transfer))
        });
        work.await.unwrap_or_else(|error| Err(PhoneError::SyncFailed { reason: error.to_string() }))
    }
}

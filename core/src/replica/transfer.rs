//! The glue between a transfer and this phone's database: whoever brings transport and clock only posts bytes.

use super::{Replica, ReplicaError, attachments, blobs};
use crate::domain::{Digest, PhoneTime, RecordId};
use crate::sync::{Kept, Parcel, Post, SyncError, Transfer, TransferPlan, TransferReport, TransferStep, Transfers};
use crate::wire::{Held, Named};
use rusqlite::{Connection, TransactionBehavior, params};

/// After how long the server is asked again whether it still has what it confirmed: one that lost it gets it back.
const CONFIRMED_FOR_MS: i64 = 86_400_000;
/// How many attachments one transfer moves each way at most; the next one goes on.
const AT_ONCE: i64 = 10_000;

/// What the driver of a transfer does next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TransferAction {
    /// Post this to the server; then tell the transfer `received` or `failed`.
    Transmit(Post),
    /// Wait until then.
    Wait(PhoneTime),
    /// The transfer is over.
    Done(Result<TransferReport, SyncError>),
}

impl Replica {
    /// A new transfer of this phone, as far as the app allows. The seed spreads waits; it needs no quality.
    ///
    /// # Errors
    /// When the phone was wiped, or its key cannot be read.
    pub fn transfer(&self, transfers: Transfers, seed: u64) -> Result<Transfer, ReplicaError> {
        Ok(Transfer::new(self.caller()?, self.person.clone(), transfers, seed))
    }

    /// Takes a transfer as far as it goes without the network. `nonce` is a fresh random number.
    ///
    /// # Errors
    /// When this phone's storage fails; the transfer can be tried again later.
    pub fn advance_transfer(
        &mut self,
        transfer: &mut Transfer,
        nonce: u64,
        now: PhoneTime,
    ) -> Result<TransferAction, ReplicaError> {
        loop {
            match transfer.poll(nonce, now) {
                TransferStep::Plan => transfer.planned(plan(self.main()?, now)?),
                TransferStep::Load { named, offset, length } => {
                    let piece = blobs::read(self.main()?, &named.digest, offset, length)?;
                    transfer.loaded(piece, nonce);
                }
                TransferStep::Note(held) => {
                    let tx = self.files_mut()?.main.transaction_with_behavior(TransactionBehavior::Immediate)?;
                    for (named, held) in &held {
                        note(&tx, named, *held, now)?;
                    }
                    tx.commit()?;
                    transfer.noted(&held);
                }
                TransferStep::Keep { named, offset, piece } => {
                    let room = self.attachment_room()?;
                    let tx = self.files_mut()?.main.transaction_with_behavior(TransactionBehavior::Immediate)?;
                    let kept = keep(&tx, &named, offset, &piece, room, now)?;
                    tx.commit()?;
                    transfer.kept(kept);
                }
                TransferStep::Transmit(post) => return Ok(TransferAction::Transmit(post)),
                TransferStep::Wait(until) => return Ok(TransferAction::Wait(until)),
                TransferStep::Done(result) => return Ok(TransferAction::Done(result)),
            }
        }
    }
}

/// What the server may lack, once it has the record (it would turn the bytes away before that), and what is wanted here.
fn plan(db: &Connection, now: PhoneTime) -> Result<TransferPlan, ReplicaError> {
    // As far back, and as far ahead: a clock that was set back would otherwise have nothing asked for long.
    let (doubtful, absurd) = (now.plus_millis(-CONFIRMED_FOR_MS).millis(), now.plus_millis(CONFIRMED_FOR_MS).millis());
    let mut select = db.prepare_cached(
        "SELECT record, digest, blob.size, there FROM attachment JOIN blob USING (digest)
         WHERE here = blob.size AND (confirmed_at IS NULL OR confirmed_at <= ?1 OR confirmed_at > ?2)
         AND NOT EXISTS (SELECT 1 FROM change WHERE change.record = attachment.record AND acknowledged = 0)
         AND (EXISTS (SELECT 1 FROM record WHERE record.id = attachment.record)
              OR NOT EXISTS (SELECT 1 FROM quarantine WHERE quarantine.record = attachment.record))
         ORDER BY confirmed_at IS NOT NULL, used_at, record LIMIT ?3",
    )?;
    let bring = parcels(&mut select.query(params![doubtful, absurd, AT_ONCE])?)?;
    let mut select = db.prepare_cached(
        "SELECT record, digest, blob.size, here FROM attachment JOIN blob USING (digest)
         WHERE wanted = 1 AND here < blob.size ORDER BY used_at DESC, record LIMIT ?",
    )?;
    let fetch = parcels(&mut select.query([AT_ONCE])?)?;
    Ok(TransferPlan { bring, fetch })
}

fn parcels(found: &mut rusqlite::Rows<'_>) -> Result<Vec<Parcel>, ReplicaError> {
    let mut parcels = Vec::new();
    while let Some(row) = found.next()? {
        let record = RecordId::from_bytes(row.get_ref(0)?.as_blob().unwrap_or_default())?;
        let digest = Digest::from_bytes(row.get_ref(1)?.as_blob().unwrap_or_default())?;
        let bytes = |n: usize| -> rusqlite::Result<u64> { Ok(row.get::<_, i64>(n)?.unsigned_abs()) };
        parcels.push(Parcel::new(Named { record, digest }, bytes(2)?, bytes(3)?));
    }
    Ok(parcels)
}

/// Keeps what the server says it has. What left this phone but for its bytes goes once the server has those.
fn note(db: &Connection, named: &Named, held: Held, now: PhoneTime) -> Result<(), ReplicaError> {
    let (there, confirmed_at) = match held {
        Held::Unknown | Held::OtherBytes => (Some(0), None),
        Held::Partly(there) => (i64::try_from(there).ok(), None),
        Held::Whole => (None, Some(now.millis())),
    };
    let (record, digest) = (named.record.as_bytes().as_slice(), named.digest.as_bytes().as_slice());
    db.prepare_cached(
        "UPDATE attachment SET there = coalesce(?3, size), confirmed_at = ?4 WHERE record = ?1 AND digest = ?2",
    )?
    .execute(params![record, digest, there, confirmed_at])?;
    let mut here = db.prepare_cached("SELECT EXISTS (SELECT 1 FROM record WHERE id = ?)")?;
    if held == Held::Whole && !here.query_row([record], |row| row.get::<_, bool>(0))? {
        attachments::let_go(db, record, digest)?;
    }
    Ok(())
}

/// Keeps a piece of something that is wanted. That the server had all of it is known once it is here.
fn keep(
    db: &Connection,
    named: &Named,
    offset: u64,
    piece: &[u8],
    room: u64,
    now: PhoneTime,
) -> Result<Kept, ReplicaError> {
    let mut wanted = db.prepare_cached("SELECT EXISTS (SELECT 1 FROM attachment WHERE record = ? AND wanted = 1)")?;
    if !wanted.query_row([named.record.as_bytes()], |row| row.get::<_, bool>(0))? {
        return Ok(Kept::NotWanted);
    }
    let kept = blobs::keep(db, &named.digest, offset, piece, room)?;
    if kept == Kept::Whole {
        note(db, named, Held::Whole, now)?;
    }
    Ok(kept)
}

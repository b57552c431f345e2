//! The server's receipts, kept while any change that they are about is: with them this phone can bring back, after the server
//! lost it, also what others wrote.

use super::ReplicaError;
use crate::document::ChangeHash;
use crate::domain::ServerTime;
use crate::wire::{Receipt, Request, Response, Verdict};
use rusqlite::{Connection, OptionalExtension};
use std::cell::Cell;

/// The receipt that comes with a response, whole again: about what the server has of the request, then about what was delivered.
/// One that does not fit proves nothing and is passed over: it must not keep people's work from being synced.
pub(super) fn of(request: &Request, response: &Response) -> Option<Receipt> {
    let part = response.receipt.as_ref()?;
    let pushed = request.pushes.iter().flat_map(|push| push.hashes());
    let judged = pushed.zip(response.verdicts.iter().flatten());
    let has = |verdict: &Verdict| matches!(verdict, Verdict::Accepted | Verdict::Known);
    let accepted = judged.filter(|(_, verdict)| has(verdict)).map(|(hash, _)| hash);
    let delivered = response.deliveries.iter().flat_map(|delivery| delivery.hashes());
    let hashes: Vec<ChangeHash> = accepted.chain(delivered).collect();
    let entries = part.entries(&hashes).ok()?;
    Some(Receipt { mac: part.mac, entries })
}

/// What proves the changes of one response, kept in a file as soon as a change there needs it.
pub(super) struct Proof<'a> {
    receipt: Option<&'a Receipt>,
    /// When the server gave the response, by its own clock: this phone's may jump.
    pub(super) at: ServerTime,
    number: Cell<Option<i64>>,
}

impl<'a> Proof<'a> {
    pub(super) fn by(receipt: Option<&'a Receipt>, at: ServerTime) -> Self {
        Self { receipt, at, number: Cell::new(None) }
    }

    /// The number by which a change names its receipt, if there is one.
    pub(super) fn number(&self, db: &Connection) -> Result<Option<i64>, ReplicaError> {
        if let (Some(receipt), None) = (self.receipt, self.number.get()) {
            db.prepare_cached("INSERT INTO receipt (body) VALUES (?)")?.execute([receipt.to_bytes()?])?;
            self.number.set(Some(db.last_insert_rowid()));
        }
        Ok(self.number.get())
    }
}

pub(super) fn read(db: &Connection, number: i64) -> Result<Option<Receipt>, ReplicaError> {
    let mut select = db.prepare_cached("SELECT body FROM receipt WHERE number = ?")?;
    let body: Option<Vec<u8>> = select.query_row([number], |row| row.get(0)).optional()?;
    Ok(body.map(|body| Receipt::from_bytes(&body)).transpose()?)
}

/// Lets go the receipts of changes that are no longer here.
pub(super) fn prune(db: &Connection) -> Result<(), ReplicaError> {
    db.prepare_cached(
        "DELETE FROM receipt WHERE number NOT IN (SELECT receipt FROM change WHERE receipt IS NOT NULL)",
    )?
    .execute([])?;
    Ok(())
}

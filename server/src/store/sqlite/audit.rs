//! The audit log's table: append-only, each entry chained to the one before.

use crate::store::{Entry, StoreError};
use canvass_core::domain::ServerTime;
use rusqlite::{Connection, OptionalExtension, params};
use sha2::{Digest, Sha256};

/// Adds an entry, in the transaction of what it tells of.
pub(super) fn note(db: &Connection, at: ServerTime, entry: &Entry) -> Result<(), StoreError> {
    let mut select = db.prepare_cached("SELECT n, hash FROM audit ORDER BY n DESC LIMIT 1")?;
    let last: Option<(i64, Vec<u8>)> = select.query_row([], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    let (n, before) = last.map_or((1, Vec::new()), |(n, hash)| (n + 1, hash));
    let (actor, deed) = (entry.actor.to_string(), entry.deed.name());
    let hash = link(&before, n, at.millis(), &[&actor, deed, &entry.subject, &entry.detail]);
    db.prepare_cached("INSERT INTO audit (n, at, actor, action, subject, detail, hash) VALUES (?, ?, ?, ?, ?, ?, ?)")?
        .execute(params![n, at.millis(), actor, deed, entry.subject, entry.detail, hash])?;
    Ok(())
}

/// The hash of an entry: of the one before, its number, its time and its words, each with its length.
fn link(before: &[u8], n: i64, at: i64, words: &[&str]) -> Vec<u8> {
    let mut digest = Sha256::new().chain_update(before).chain_update(n.to_be_bytes()).chain_update(at.to_be_bytes());
    for word in words {
        digest.update((word.len() as u64).to_be_bytes());
        digest.update(word);
    }
    digest.finalize().to_vec()
}

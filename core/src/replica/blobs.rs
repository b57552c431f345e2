//! The bytes of attachments in a phone's file: kept in units, so that what came is never fetched again, and let go of, the
//! longest unused first, where there is no room. Never what the server may not have.

use super::ReplicaError;
use crate::domain::{Digest, PhoneTime};
use crate::sync::Kept;
use crate::wire::UNIT;
use rusqlite::{Connection, OptionalExtension, params};

/// How much is here of some bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Blob {
    pub(super) size: u64,
    pub(super) here: u64,
    used_at: i64,
}

impl Blob {
    pub(super) fn is_whole(self) -> bool {
        self.here == self.size
    }
}

fn number(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

pub(super) fn find(db: &Connection, digest: &Digest) -> Result<Option<Blob>, ReplicaError> {
    let mut select = db.prepare_cached("SELECT size, here, used_at FROM blob WHERE digest = ?")?;
    let found = select.query_row([digest.as_bytes()], |row| {
        let (size, here): (i64, i64) = (row.get(0)?, row.get(1)?);
        Ok(Blob { size: size.unsigned_abs(), here: here.unsigned_abs(), used_at: row.get(2)? })
    });
    Ok(found.optional()?)
}

/// Notes that there are such bytes, of which none may be here yet, and that somebody uses them.
pub(super) fn begin(db: &Connection, digest: &Digest, size: u64, now: PhoneTime) -> Result<(), ReplicaError> {
    db.prepare_cached(
        "INSERT INTO blob (digest, size, here, used_at) VALUES (?1, ?2, 0, ?3)
         ON CONFLICT (digest) DO UPDATE SET used_at = max(used_at, ?3)",
    )?
    .execute(params![digest.as_bytes(), number(size), now.millis()])?;
    Ok(())
}

/// Notes that somebody looks at them.
pub(super) fn used(db: &Connection, digest: &Digest, now: PhoneTime) -> Result<(), ReplicaError> {
    let mut update = db.prepare_cached("UPDATE blob SET used_at = max(used_at, ?) WHERE digest = ?")?;
    update.execute(params![now.millis(), digest.as_bytes()])?;
    Ok(())
}

/// Keeps bytes that are all at hand.
pub(super) fn keep_whole(db: &Connection, digest: &Digest, bytes: &[u8], now: PhoneTime) -> Result<(), ReplicaError> {
    let size = bytes.len() as u64;
    begin(db, digest, size, now)?;
    write(db, digest, 0, bytes)?;
    reach(db, digest, size)
}

/// Keeps a piece of bytes that are wanted, if it goes on where they end, and says how much is here by then. Once all is, it is
/// verified: of other bytes nothing is kept.
pub(super) fn keep(
    db: &Connection,
    digest: &Digest,
    offset: u64,
    piece: &[u8],
    room: u64,
) -> Result<Kept, ReplicaError> {
    let Some(blob) = find(db, digest)? else { return Ok(Kept::NotWanted) };
    let (end, length) = (offset.saturating_add(piece.len() as u64), piece.len() as u64);
    if blob.is_whole() {
        return Ok(Kept::Whole);
    }
    if offset != blob.here || length == 0 || end > blob.size || !(end == blob.size || end.is_multiple_of(UNIT)) {
        return Ok(Kept::Partly(blob.here));
    }
    if !make_room(db, length, room, Some((digest, blob)))? {
        return Ok(Kept::NotWanted);
    }
    write(db, digest, offset, piece)?;
    reach(db, digest, end)?;
    if end < blob.size {
        return Ok(Kept::Partly(end));
    }
    if Digest::of_parts(units(db, digest, 0, blob.size)?.into_iter().map(Ok::<_, ReplicaError>))? == *digest {
        return Ok(Kept::Whole);
    }
    forget_pieces(db, digest)?;
    reach(db, digest, 0)?;
    Ok(Kept::OtherBytes)
}

fn write(db: &Connection, digest: &Digest, offset: u64, bytes: &[u8]) -> Result<(), ReplicaError> {
    let mut insert = db.prepare_cached("INSERT OR REPLACE INTO piece (digest, number, bytes) VALUES (?, ?, ?)")?;
    let unit = usize::try_from(UNIT).unwrap_or(usize::MAX);
    for (place, bytes) in (offset / UNIT..).zip(bytes.chunks(unit)) {
        insert.execute(params![digest.as_bytes(), number(place), bytes])?;
    }
    Ok(())
}

fn reach(db: &Connection, digest: &Digest, here: u64) -> Result<(), ReplicaError> {
    let mut update = db.prepare_cached("UPDATE blob SET here = ? WHERE digest = ?")?;
    update.execute(params![number(here), digest.as_bytes()])?;
    Ok(())
}

fn units(db: &Connection, digest: &Digest, offset: u64, length: u64) -> Result<Vec<Vec<u8>>, ReplicaError> {
    let mut select =
        db.prepare_cached("SELECT bytes FROM piece WHERE digest = ? AND number >= ? AND number < ? ORDER BY number")?;
    let end = offset.saturating_add(length).div_ceil(UNIT);
    let found = select.query_map(params![digest.as_bytes(), number(offset / UNIT), number(end)], |row| row.get(0))?;
    Ok(found.collect::<Result<_, _>>()?)
}

/// A part of some bytes that begins at a unit; none if not all of it is here.
pub(super) fn read(
    db: &Connection,
    digest: &Digest,
    offset: u64,
    length: u64,
) -> Result<Option<Vec<u8>>, ReplicaError> {
    let mut bytes = units(db, digest, offset, length)?.concat();
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    if bytes.len() < length {
        return Ok(None);
    }
    bytes.truncate(length);
    Ok(Some(bytes))
}

/// Lets go of bytes.
pub(super) fn forget(db: &Connection, digest: &Digest) -> Result<(), ReplicaError> {
    forget_pieces(db, digest)?;
    db.prepare_cached("DELETE FROM blob WHERE digest = ?")?.execute([digest.as_bytes()])?;
    db.prepare_cached("UPDATE attachment SET wanted = 0 WHERE digest = ?")?.execute([digest.as_bytes()])?;
    Ok(())
}

fn forget_pieces(db: &Connection, digest: &Digest) -> Result<(), ReplicaError> {
    db.prepare_cached("DELETE FROM piece WHERE digest = ?")?.execute([digest.as_bytes()])?;
    Ok(())
}

/// Lets go of what was unused for longest until so many bytes more fit, but of nothing that the server may not have; for
/// something that is fetched, of nothing that was used since it was asked for. Returns whether they fit.
pub(super) fn make_room(
    db: &Connection,
    bytes: u64,
    room: u64,
    fetched: Option<(&Digest, Blob)>,
) -> Result<bool, ReplicaError> {
    let mut kept: u64 =
        db.query_row("SELECT coalesce(sum(here), 0) FROM blob", [], |row| row.get::<_, i64>(0))?.unsigned_abs();
    let (spared, until) = match fetched {
        Some((digest, blob)) => (digest.as_bytes().as_slice(), blob.used_at),
        None => ([].as_slice(), i64::MAX),
    };
    while kept.saturating_add(bytes) > room {
        let mut select = db.prepare_cached(
            "SELECT digest, here FROM blob WHERE here > 0 AND digest <> ?1 AND used_at <= ?2 AND (here < size OR NOT EXISTS (
                 SELECT 1 FROM attachment WHERE attachment.digest = blob.digest AND confirmed_at IS NULL))
             ORDER BY used_at, digest LIMIT 1",
        )?;
        let oldest =
            select.query_row(params![spared, until], |row| Ok((row.get::<_, Vec<u8>>(0)?, row.get::<_, i64>(1)?)));
        let Some((digest, here)) = oldest.optional()? else { return Ok(false) };
        forget(db, &Digest::from_bytes(&digest)?)?;
        kept -= here.unsigned_abs();
    }
    Ok(true)
}

//! What people wrote, as it is searched: the words of every record, folded, and an index of their pairs of characters.

use super::ReplicaError;
use crate::domain::{FieldName, PhoneTime, RecordId, Value};
use crate::lookup::{Folded, fold};
use crate::projection::Row;
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::BTreeSet;

/// How many new notes are indexed together: one by one would make each save dearer than what it saves.
const TOGETHER: i64 = 64;
/// How many of the newest notes are read before the index is asked: a common character is found there at once, and of a rare one
/// the index has little.
const READ: usize = 1_000;
/// Between two fields, so that nothing is found across them.
const BETWEEN: u16 = 0;

/// The fields of a row whose words are searched, folded.
pub(super) fn searched(row: &Row) -> impl Iterator<Item = (&FieldName, Folded)> {
    // Nothing of what is confidential.
    let spec = row.kind.spec().filter(|spec| !spec.is_confidential() && !row.withdrawn);
    row.fields.iter().filter_map(move |(name, value)| match value {
        Value::Text(text) if spec?.field(name.as_str())?.searched => Some((name, fold(text))),
        _ => None,
    })
}

/// Follows a row that was derived.
pub(super) fn note(db: &Connection, row: &Row) -> Result<(), ReplicaError> {
    if !row.kind.spec().is_some_and(|spec| spec.fields.iter().any(|field| field.searched)) {
        return Ok(());
    }
    let mut words = Vec::new();
    for (_, folded) in searched(row).filter(|(_, folded)| !folded.chars.is_empty()) {
        if !words.is_empty() {
            words.extend(BETWEEN.to_le_bytes());
        }
        words.extend(bytes(&folded.chars));
    }
    let at = row.occurred_at.or(row.id.begun_at()).map_or(0, PhoneTime::millis).div_euclid(1_000);
    let held: Option<(i64, Vec<u8>)> = db
        .prepare_cached("SELECT at, words FROM note WHERE record = ?")?
        .query_row([row.id.as_bytes()], |found| Ok((found.get(0)?, found.get(1)?)))
        .optional()?;
    if held.as_ref().is_some_and(|(then, had)| *then == at && *had == words) {
        return Ok(());
    }
    if held.is_some() {
        forget(db, row.id)?;
    }
    if words.is_empty() {
        return Ok(());
    }
    db.prepare_cached("INSERT INTO note (place, record, at, words) VALUES (?, ?, ?, ?)")?.execute(params![
        free_place(db, at, row.id)?,
        row.id.as_bytes(),
        at,
        words
    ])?;
    let new: i64 =
        db.prepare_cached("SELECT count(*) FROM note WHERE indexed = 0")?.query_row([], |found| found.get(0))?;
    if new >= TOGETHER { index(db) } else { Ok(()) }
}

/// Follows a row that was removed: nothing of its words stays.
pub(super) fn forget(db: &Connection, id: RecordId) -> Result<(), ReplicaError> {
    let held: Option<(i64, Vec<u8>, bool)> = db
        .prepare_cached("DELETE FROM note WHERE record = ? RETURNING place, words, indexed")?
        .query_row([id.as_bytes()], |found| Ok((found.get(0)?, found.get(1)?, found.get(2)?)))
        .optional()?;
    if let Some((place, words, true)) = held {
        db.prepare_cached("INSERT INTO note_index (note_index, rowid, words) VALUES ('delete', ?, ?)")?
            .execute(params![place, pairs(&words)])?;
    }
    Ok(())
}

/// A place for a time that no other note has. Many notes of the same second, as an import brings them, lie somewhat later, the more
/// of them the farther apart.
fn free_place(db: &Connection, at: i64, id: RecordId) -> Result<i64, ReplicaError> {
    let mut taken = db.prepare_cached("SELECT EXISTS (SELECT 1 FROM note WHERE place = ?)")?;
    // FNV-1a: ids of one second differ in a few bytes, and these in all bits.
    let mixed = |mixed: u64, byte: &u8| (mixed ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3);
    let drawn = id.as_bytes().iter().fold(0xcbf2_9ce4_8422_2325, mixed);
    let mut width = 1_u64;
    loop {
        let moved = i64::try_from((drawn.rotate_left(7 * width.ilog2()) >> 16) % width).unwrap_or(0);
        let place = at.saturating_add(moved);
        if !taken.query_row([place], |found| found.get::<_, bool>(0))? {
            return Ok(place);
        }
        width = if width < 1 << 40 { width << 1 } else { return Ok(last_place(db)? + 1) };
    }
}

fn last_place(db: &Connection) -> Result<i64, ReplicaError> {
    Ok(db.query_row("SELECT max(place) FROM note", [], |found| found.get(0))?)
}

/// Indexes what is not indexed yet.
fn index(db: &Connection) -> Result<(), ReplicaError> {
    let mut select = db.prepare_cached("SELECT place, words FROM note WHERE indexed = 0")?;
    let new: Vec<(i64, Vec<u8>)> =
        select.query_map([], |found| Ok((found.get(0)?, found.get(1)?)))?.collect::<Result<_, _>>()?;
    let mut insert = db.prepare_cached("INSERT INTO note_index (rowid, words) VALUES (?, ?)")?;
    for (place, words) in &new {
        insert.execute(params![place, pairs(words)])?;
    }
    db.prepare_cached("UPDATE note SET indexed = 1 WHERE indexed = 0")?.execute([])?;
    Ok(())
}

fn bytes(chars: &[char]) -> Vec<u8> {
    let mut units = [0; 2];
    chars.iter().flat_map(|c| c.encode_utf16(&mut units).to_vec()).flat_map(u16::to_le_bytes).collect()
}

fn chars(words: &[u8]) -> Vec<char> {
    let units = words.chunks_exact(2).map(|unit| u16::from_le_bytes([unit[0], unit[1]]));
    char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

/// The pairs of neighbouring characters of each field, and its last character by itself.
fn pairs(words: &[u8]) -> String {
    let mut pairs = String::with_capacity(words.len() * 4);
    for field in chars(words).split(|c| *c == char::from(0)) {
        for (place, c) in field.iter().enumerate() {
            pairs.push(*c);
            pairs.extend(field.get(place + 1));
            pairs.push(' ');
        }
    }
    pairs
}

/// A note in which a text stands.
pub(super) struct Noted {
    pub(super) place: i64,
    pub(super) record: RecordId,
}

/// The notes in which a folded text stands, newest first, before a place.
pub(super) fn find(db: &Connection, text: &[char], limit: usize, before: i64) -> Result<Vec<Noted>, ReplicaError> {
    let (wanted, mut found) = (bytes(text), Vec::new());
    if wanted.is_empty() || limit == 0 {
        return Ok(found);
    }
    let keep = |row: &rusqlite::Row<'_>, found: &mut Vec<Noted>| -> Result<(), ReplicaError> {
        if holds(row.get_ref(2)?.as_blob().unwrap_or_default(), &wanted) {
            let record = RecordId::from_bytes(row.get_ref(1)?.as_blob().unwrap_or_default())?;
            found.push(Noted { place: row.get(0)?, record });
        }
        Ok(())
    };
    let (mut reached, mut read) = (before, 0);
    let mut select =
        db.prepare_cached("SELECT place, record, words FROM note WHERE place < ?1 ORDER BY place DESC LIMIT ?2")?;
    let mut newest = select.query(params![before, i64::try_from(READ).unwrap_or(i64::MAX)])?;
    while let Some(row) = newest.next()? {
        keep(row, &mut found)?;
        if found.len() == limit {
            return Ok(found);
        }
        (reached, read) = (row.get(0)?, read + 1);
    }
    if read < READ {
        return Ok(found);
    }
    let had = found.len();
    let mut select =
        db.prepare_cached("SELECT place, record, words FROM note WHERE indexed = 0 AND place < ? ORDER BY place DESC")?;
    let mut new = select.query([reached])?;
    while let Some(row) = new.next()? {
        keep(row, &mut found)?;
    }
    let unindexed = found.len();
    let mut select = db.prepare_cached(
        "SELECT place, record, note.words FROM note_index CROSS JOIN note ON place = note_index.rowid
         WHERE note_index MATCH ?1 AND note_index.rowid < ?2 ORDER BY note_index.rowid DESC",
    )?;
    let mut indexed = select.query(params![asked(text), reached])?;
    while let Some(row) = indexed.next()? {
        keep(row, &mut found)?;
        if found.len() - unindexed + had == limit {
            break;
        }
    }
    found.sort_unstable_by_key(|noted| std::cmp::Reverse(noted.place));
    found.truncate(limit);
    Ok(found)
}

/// How many pairs of a long text the index is asked for.
const ASKED: usize = 32;

/// What the index is asked for: all pairs of a text, or all that begins with its only character.
fn asked(text: &[char]) -> String {
    match text {
        [one] => format!("\"{one}\"*"),
        _ => {
            // Some are enough: what is found is read all the same.
            let pairs: BTreeSet<&[char]> = text.windows(2).collect();
            pairs.iter().take(ASKED).map(|pair| format!("\"{}{}\" ", pair[0], pair[1])).collect()
        }
    }
}

/// Whether a run of UTF-16 has another in it.
fn holds(words: &[u8], wanted: &[u8]) -> bool {
    words.len() >= wanted.len() && (0..=words.len() - wanted.len()).step_by(2).any(|at| words[at..].starts_with(wanted))
}

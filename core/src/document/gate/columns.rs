//! The bounded walk of a change's raw bytes. Automerge expands run lengths before it checks anything, so a hundred bytes
//! can ask it for gigabytes. Here nothing is expanded: every count is bounded first, and no column is let through that a
//! flat map does not write.

use super::refusal::{Refusal, bad};
use crate::document::{ChangeHash, change_hash};

/// The longest change in bytes.
const MAX_BYTES: usize = 64 * 1024;
const MAX_DEPS: u64 = 64;
const MAX_ACTORS: u64 = 64;
const MAX_OPS: u64 = 2000;
const MAX_PREDS: u64 = 4000;
const MAX_KEY: u64 = 64;
/// Automerge keeps counters of operations in 32 bits and adds to them unchecked.
const MAX_COUNTER: u64 = 1 << 31;

const MAGIC: [u8; 4] = [0x85, 0x6f, 0x4a, 0x83];
const PLAIN_CHANGE: u8 = 1;
const ACTOR_LENGTH: u64 = 16;
/// What the chunk carries behind its columns when it names its author: footer 1, of four bytes.
const AUTHOR_FOOTER: [u8; 2] = [1, 4];

/// The columns of a flat map's puts, by automerge's specification numbers.
mod column {
    pub(super) const KEY: u64 = 0x15;
    pub(super) const INSERT: u64 = 0x34;
    pub(super) const ACTION: u64 = 0x42;
    pub(super) const VALUE_META: u64 = 0x56;
    pub(super) const VALUE: u64 = 0x57;
    pub(super) const PRED_COUNT: u64 = 0x70;
    pub(super) const PRED_ACTOR: u64 = 0x71;
    pub(super) const PRED_COUNTER: u64 = 0x73;
    pub(super) const ALL: [u64; 8] = [KEY, INSERT, ACTION, VALUE_META, VALUE, PRED_COUNT, PRED_ACTOR, PRED_COUNTER];
}

/// Opens the chunk: its hash and what stands behind its header.
///
/// # Errors
/// When the bytes are not exactly one plain change chunk with a true checksum.
pub(super) fn open(bytes: &[u8]) -> Result<(ChangeHash, &[u8]), Refusal> {
    if bytes.len() > MAX_BYTES {
        return Err(bad("change-size", "a change of more than 64 KB"));
    }
    let mut reader = Reader(bytes);
    if reader.take(4)? != MAGIC {
        return Err(bad("magic", "these bytes are not a change"));
    }
    let checksum = reader.take(4)?;
    if reader.byte()? != PLAIN_CHANGE {
        return Err(bad("chunk-type", "these bytes are not one plain change"));
    }
    let length = reader.unsigned()?;
    let body = reader.take(length)?;
    if !reader.0.is_empty() {
        return Err(bad("trailing-bytes", "bytes stand behind the change"));
    }
    let hash = change_hash(bytes);
    if hash.as_bytes()[..4] != *checksum {
        return Err(bad("checksum", "the change was damaged on its way"));
    }
    Ok((hash, body))
}

/// Walks what stands behind the header, and bounds all that automerge will expand.
///
/// # Errors
/// Names the first bound that is broken.
pub(super) fn walk(body: &[u8]) -> Result<(), Refusal> {
    let mut reader = Reader(body);
    let deps = reader.at_most(MAX_DEPS, "deps-count")?;
    reader.take(deps * 32)?;
    reader.actor()?;
    let _seq = reader.unsigned()?;
    reader.at_most(MAX_COUNTER, "start-op")?;
    let _time = reader.signed()?;
    reader.at_most(0, "message")?;
    let others = reader.at_most(MAX_ACTORS, "actors-count")?;
    for _ in 0..others {
        reader.actor()?;
    }

    let count = reader.at_most(column::ALL.len() as u64, "column")?;
    let mut lengths = Vec::with_capacity(column::ALL.len());
    for _ in 0..count {
        let (name, length) = (reader.unsigned()?, reader.unsigned()?);
        let in_order = lengths.last().is_none_or(|(before, _)| *before < name);
        if !in_order || !column::ALL.contains(&name) {
            return Err(bad("column", "the change does more than put fields"));
        }
        lengths.push((name, length));
    }
    let mut columns = Vec::with_capacity(lengths.len());
    for (name, length) in lengths {
        columns.push((name, reader.take(length)?));
    }
    if !(reader.0.is_empty() || reader.0.len() == 6 && reader.0.starts_with(&AUTHOR_FOOTER)) {
        return Err(bad("trailing-bytes", "the change carries more than its operations and its author"));
    }
    walk_columns(&columns, others)
}

fn walk_columns(columns: &[(u64, &[u8])], others: u64) -> Result<(), Refusal> {
    let column = |name: u64| columns.iter().find(|(other, _)| *other == name).map_or(&[][..], |(_, bytes)| bytes);

    let ops = runs(column(column::ACTION), MAX_OPS, |reader, _| reader.unsigned().map(drop))?;
    if ops == 0 {
        return Err(bad("no-operation", "the change does nothing"));
    }
    let same = |found: u64, wanted: u64| match found == wanted {
        true => Ok(()),
        false => Err(bad("column-length", "the change's columns do not fit together")),
    };

    let mut insert = Reader(column(column::INSERT));
    same(insert.unsigned()?, ops)?;
    same(insert.0.len() as u64, 0)?;

    let keys = runs(column(column::KEY), MAX_OPS, |reader, _| {
        let length = reader.at_most(MAX_KEY, "key-length")?;
        reader.take(length).map(drop)
    })?;
    same(keys, ops)?;

    let mut value_bytes: u64 = 0;
    let values = runs(column(column::VALUE_META), MAX_OPS, |reader, times| {
        // The low four bits are the type.
        value_bytes = value_bytes.saturating_add((reader.unsigned()? >> 4).saturating_mul(times));
        Ok(())
    })?;
    same(values, ops)?;
    same(value_bytes, column(column::VALUE).len() as u64)?;

    let mut preds: u64 = 0;
    let counts = runs(column(column::PRED_COUNT), MAX_OPS, |reader, times| {
        preds = preds.saturating_add(reader.unsigned()?.saturating_mul(times));
        Ok(())
    })?;
    same(counts, ops)?;
    if preds > MAX_PREDS {
        return Err(bad("preds-count", "the change replaces more than 4000 values"));
    }
    let actors =
        runs(column(column::PRED_ACTOR), MAX_PREDS, |reader, _| reader.at_most(others, "pred-actor").map(drop))?;
    same(actors, preds)?;
    let mut at: i64 = 0;
    let counters = runs(column(column::PRED_COUNTER), MAX_PREDS, |reader, times| {
        let step = reader.signed()?.saturating_mul(times.cast_signed());
        at = at.saturating_add(step);
        match u64::try_from(at) {
            Ok(1..=MAX_COUNTER) => Ok(()),
            _ => Err(bad("pred-counter", "the change replaces an operation that cannot be")),
        }
    })?;
    same(counters, preds)
}

/// Walks a run-length column and returns how many entries it stands for. `entry` reads one written entry, which stands
/// for so many. Runs of nulls are refused: a flat map's columns have none.
fn runs(
    column: &[u8],
    max: u64,
    mut entry: impl FnMut(&mut Reader<'_>, u64) -> Result<(), Refusal>,
) -> Result<u64, Refusal> {
    let mut reader = Reader(column);
    let mut total: u64 = 0;
    while !reader.0.is_empty() {
        let run = reader.signed()?;
        total = total.saturating_add(run.unsigned_abs());
        if run == 0 || total > max {
            return Err(bad("run-length", "the change repeats more than it may"));
        }
        if run > 0 {
            entry(&mut reader, run.unsigned_abs())?;
        } else {
            for _ in 0..run.unsigned_abs() {
                entry(&mut reader, 1)?;
            }
        }
    }
    Ok(total)
}

/// What is left to read.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, length: u64) -> Result<&'a [u8], Refusal> {
        let split = usize::try_from(length).ok().and_then(|length| self.0.split_at_checked(length));
        let (taken, rest) = split.ok_or_else(|| bad("truncated", "the change ends early"))?;
        self.0 = rest;
        Ok(taken)
    }

    fn byte(&mut self) -> Result<u8, Refusal> {
        Ok(self.take(1)?[0])
    }

    /// The bits of one LEB128 number, how many there are, and its last two bytes (of which the first may be none).
    fn leb(&mut self) -> Result<(u128, u32, u8, Option<u8>), Refusal> {
        let (mut bits, mut count, mut before) = (0, 0, None);
        // 64 bits take ten bytes at most.
        for _ in 0..10 {
            let byte = self.byte()?;
            bits |= u128::from(byte & 0x7f) << count;
            count += 7;
            if byte & 0x80 == 0 {
                return Ok((bits, count, byte, before));
            }
            before = Some(byte);
        }
        Err(overlong())
    }

    fn unsigned(&mut self) -> Result<u64, Refusal> {
        let (bits, _, last, before) = self.leb()?;
        if before.is_some() && last == 0 {
            return Err(overlong());
        }
        u64::try_from(bits).map_err(|_| overlong())
    }

    fn signed(&mut self) -> Result<i64, Refusal> {
        let (bits, count, last, before) = self.leb()?;
        if before.is_some_and(|before| matches!((last, before & 0x40 != 0), (0, false) | (0x7f, true))) {
            return Err(overlong());
        }
        let shift = 128 - count;
        i64::try_from((bits << shift).cast_signed() >> shift).map_err(|_| overlong())
    }

    fn at_most(&mut self, max: u64, rule: &'static str) -> Result<u64, Refusal> {
        let number = self.unsigned()?;
        if number > max {
            return Err(bad(rule, &format!("the change has {number} where {max} is the most")));
        }
        Ok(number)
    }

    fn actor(&mut self) -> Result<&'a [u8], Refusal> {
        if self.unsigned()? != ACTOR_LENGTH {
            return Err(bad("actor-length", "an actor's name is not of 16 bytes"));
        }
        self.take(ACTOR_LENGTH)
    }
}

fn overlong() -> Refusal {
    bad("number", "a number in the change is badly written")
}

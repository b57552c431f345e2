//! Conflicts: fields that several people put at the same time, each value with who and when, and what held before.

use super::{ChangeHash, Document, convert};
use crate::domain::{DeviceNumber, FieldName, PhoneTime, Value};
use automerge::{ObjId, ROOT, ReadDoc};
use std::collections::BTreeSet;

/// One put that stands on a field: several stand where people put at the same time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Put {
    /// What was put.
    pub value: Value,
    /// By which device; none only if its change names no author.
    pub author: Option<DeviceNumber>,
    /// When, by that device's clock.
    pub at: Option<PhoneTime>,
    /// In which change.
    pub change: Option<ChangeHash>,
}

impl Document {
    /// Every put that stands on a field; the one automerge shows comes last.
    pub fn puts_on(&self, field: &str) -> Vec<Put> {
        let Ok(all) = self.inner.get_all(ROOT, field) else { return Vec::new() };
        all.iter().filter_map(|(value, op)| self.put_of(value, op)).collect()
    }

    fn put_of(&self, value: &automerge::Value<'_>, op: &ObjId) -> Option<Put> {
        let value = convert::from_automerge(value)?;
        let change = self.inner.hash_for_opid(op);
        let meta = change.as_ref().and_then(|hash| self.inner.get_change_meta_by_hash(hash));
        let author = meta.as_ref().and_then(|meta| {
            let author = self.inner.get_author_for_actor(meta.actor.as_ref())?;
            convert::device(&author)
        });
        let at = meta.and_then(|meta| PhoneTime::from_millis(meta.timestamp).ok());
        Some(Put { value, author, at, change: change.map(Into::into) })
    }

    /// The fields on which different values stand, each with its puts. Equal values are no conflict.
    pub fn conflicts(&self) -> Vec<(FieldName, Vec<Put>)> {
        let several = self.inner.map_range(ROOT, ..).filter(|item| item.conflict);
        several
            .filter_map(|item| {
                let name: FieldName = item.key.parse().ok()?;
                let mut puts = self.puts_on(name.as_str());
                let differ = puts.windows(2).any(|pair| pair[0].value != pair[1].value);
                puts.sort_by_key(|put| put.change);
                differ.then_some((name, puts))
            })
            .collect()
    }

    /// What a field held before some puts: its value as of the changes that all of them were made upon. `None` if none of
    /// them knew a value, or what they knew was itself in conflict and nothing agreed came before it.
    pub fn value_before(&self, field: &str, puts: &[Put]) -> Option<Value> {
        let mut changes: BTreeSet<ChangeHash> = puts.iter().filter_map(|put| put.change).collect();
        // Each round steps back in history, so this ends.
        loop {
            let mut common: Option<BTreeSet<ChangeHash>> = None;
            for change in &changes {
                let ancestors = self.ancestors(change);
                common = Some(match common {
                    None => ancestors,
                    Some(common) => common.intersection(&ancestors).copied().collect(),
                });
            }
            let common = common?;
            if common.is_empty() {
                return None;
            }
            let heads: Vec<_> = common.iter().map(|hash| hash.to_automerge()).collect();
            let before = self.inner.get_all_at(ROOT, field, &heads).ok()?;
            let before: Vec<Put> = before.iter().filter_map(|(value, op)| self.put_of(value, op)).collect();
            match before.as_slice() {
                [] => return None,
                [first, rest @ ..] if rest.iter().all(|put| put.value == first.value) => {
                    return Some(first.value.clone());
                }
                several => changes = several.iter().filter_map(|put| put.change).collect(),
            }
        }
    }

    /// The changes on which a change builds, itself left out.
    fn ancestors(&self, change: &ChangeHash) -> BTreeSet<ChangeHash> {
        let mut found = BTreeSet::new();
        let mut todo = self.deps_of(change);
        while let Some(hash) = todo.pop() {
            if found.insert(hash) {
                todo.extend(self.deps_of(&hash));
            }
        }
        found
    }
}

//! What it takes to make an edit again upon what others changed meanwhile.

use super::{ChangeHash, Document, convert};
use crate::domain::{FieldName, Fields};
use automerge::legacy::{Key, OpType};
use automerge::{ROOT, ReadDoc};
use std::collections::BTreeSet;
use std::str::FromStr;

impl Document {
    /// The fields that a change put.
    pub fn puts_in(&self, change: &ChangeHash) -> Fields {
        let Some(change) = self.inner.get_change_by_hash(&change.to_automerge()) else { return Fields::new() };
        let puts = change.decode().operations.into_iter().filter_map(|op| match (op.key, op.action) {
            (Key::Map(name), OpType::Put(scalar)) => {
                Some((FieldName::from_str(&name).ok()?, convert::from_scalar(&scalar)?))
            }
            _ => None,
        });
        puts.collect()
    }

    /// Whether nobody put a field since a state of the document that it still contains.
    pub fn untouched_since(&self, field: &str, heads: &[ChangeHash]) -> bool {
        let heads: Vec<_> = heads.iter().map(|hash| hash.to_automerge()).collect();
        let ops = |puts: Vec<(automerge::Value<'_>, automerge::ObjId)>| -> BTreeSet<Vec<u8>> {
            puts.iter().map(|(_, op)| op.to_bytes()).collect()
        };
        match (self.inner.get_all(ROOT, field), self.inner.get_all_at(ROOT, field, &heads)) {
            (Ok(now), Ok(then)) => ops(now) == ops(then),
            _ => false,
        }
    }
}

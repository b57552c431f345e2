//! One record as one Automerge document: a flat map of scalars whose changes carry their author. Only this module names
//! automerge; bytes from outside come in through [`gate`] alone.

mod actor;
mod change;
mod conflict;
mod convert;
pub mod gate;
mod history;
mod redo;
#[cfg(test)]
mod tests;

pub use actor::Actor;
pub use change::{Change, ChangeHash, DocumentError, change_hash};
pub use conflict::Put;
pub use history::Edit;

use crate::domain::{DeviceNumber, FieldName, Fields, Kind, PhoneTime, RecordId, SCHEMA, Value};
use automerge::transaction::{CommitOptions, Transactable, Transaction};
use automerge::{Automerge, AutomergeError, ROOT, ReadDoc, hydrate};
use std::collections::HashMap;

/// Who makes a change, as what, and when.
#[derive(Debug, Clone)]
pub struct Authorship {
    /// The device that makes it.
    pub device: DeviceNumber,
    /// The actor of this opening of the database.
    pub actor: Actor,
    /// The device's clock.
    pub at: PhoneTime,
}

/// A record's document: every change that this side holds of it, merged.
#[derive(Debug, Clone)]
pub struct Document {
    inner: Automerge,
}

impl Document {
    /// Starts a record's document with its first change.
    ///
    /// # Errors
    /// When automerge refuses a put, which flat scalars never cause.
    pub fn create(
        id: RecordId,
        kind: &Kind,
        prospect: Option<RecordId>,
        fields: &Fields,
        authorship: &Authorship,
    ) -> Result<(Self, Change), DocumentError> {
        let mut first = Fields::new();
        first.set("id", Some(id.into()));
        first.set("kind", Some(kind.name().into()));
        first.set("schema", Some(SCHEMA.into()));
        first.set("prospect", prospect.map(Into::into));
        for (name, value) in fields.iter() {
            first.put(name.clone(), value.clone());
        }
        let mut document = Self { inner: Automerge::new() };
        // All at once: one put after the other takes several times as long.
        let all: HashMap<&str, hydrate::Value> =
            first.iter().map(|(name, value)| (name.as_str(), convert::to_scalar(value).into())).collect();
        let change = document.commit(authorship, |transaction| transaction.init_root_from_hydrate(&all.into()))?;
        Ok((document, change.ok_or(DocumentError::NoEffect)?))
    }

    /// Puts the fields that differ from what the document holds (or are in conflict there) as one change. `None` when
    /// nothing differs.
    ///
    /// # Errors
    /// When automerge refuses a put, which flat scalars never cause.
    pub fn edit(&mut self, puts: &Fields, authorship: &Authorship) -> Result<Option<Change>, DocumentError> {
        let differing: Fields = puts
            .iter()
            .filter(|(name, value)| match self.puts_on(name.as_str()).as_slice() {
                [] => **value != Value::Null,
                stand => stand.iter().any(|put| put.value != **value),
            })
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        self.put(&differing, authorship)
    }

    fn put(&mut self, puts: &Fields, authorship: &Authorship) -> Result<Option<Change>, DocumentError> {
        let losing: Vec<_> = puts.iter().map(|(name, value)| self.losing_to(name, value)).collect();
        self.commit(authorship, |transaction| {
            for ((name, value), losing) in puts.iter().zip(losing) {
                if let Some(losing) = losing {
                    transaction.put(ROOT, name.as_str(), convert::to_scalar(&losing))?;
                }
                transaction.put(ROOT, name.as_str(), convert::to_scalar(value))?;
            }
            Ok(())
        })
    }

    /// Makes what is put the author's one change; `None` if nothing is.
    fn commit(
        &mut self,
        authorship: &Authorship,
        put: impl FnOnce(&mut Transaction<'_>) -> Result<(), AutomergeError>,
    ) -> Result<Option<Change>, DocumentError> {
        // The author must be set before the actor: setting an author discards an actor set before it.
        self.inner.set_author(Some(convert::author(authorship.device)));
        self.inner.set_actor(authorship.actor.to_automerge());
        let mut transaction = self.inner.transaction();
        put(&mut transaction)?;
        let (hash, _) = transaction.commit_with(CommitOptions::default().with_time(authorship.at.millis()));
        match hash.and_then(|hash| self.inner.get_change_by_hash(&hash)) {
            Some(change) => Ok(Some(Change::of(&change))),
            None => Ok(None),
        }
    }

    /// A value that stands on a field beside the shown one, if the shown one is put again. Automerge would turn that put
    /// into a delete of the others, and the choice would vanish beside a concurrent put; putting another first stops it.
    fn losing_to(&self, name: &FieldName, value: &Value) -> Option<Value> {
        let stand = self.puts_on(name.as_str());
        let shown = stand.last().filter(|shown| shown.value == *value)?;
        stand.iter().find(|put| put.value != shown.value).map(|put| put.value.clone())
    }

    /// Rebuilds a document from changes this side has stored. They passed the gate when they came; bytes from elsewhere
    /// must never come here.
    ///
    /// # Errors
    /// When the stored bytes are damaged.
    pub fn load<'a>(stored: impl IntoIterator<Item = &'a [u8]>) -> Result<Self, DocumentError> {
        let changes = stored.into_iter().map(automerge::Change::try_from).collect::<Result<Vec<_>, _>>();
        let mut inner = Automerge::new();
        inner.apply_changes(changes.map_err(|_| DocumentError::Damaged)?)?;
        Ok(Self { inner })
    }

    /// The hashes of the changes nobody built upon yet, sorted.
    pub fn heads(&self) -> Vec<ChangeHash> {
        let mut heads: Vec<_> = self.inner.get_heads().into_iter().map(ChangeHash::from).collect();
        heads.sort_unstable();
        heads
    }

    /// Whether the document holds a change.
    pub fn has(&self, hash: &ChangeHash) -> bool {
        self.inner.get_change_meta_by_hash(&hash.to_automerge()).is_some()
    }

    /// How many changes it holds.
    pub fn len(&self) -> usize {
        self.inner.get_changes_meta(&[]).len()
    }

    /// Whether it holds no change at all.
    pub fn is_empty(&self) -> bool {
        self.inner.get_heads().is_empty()
    }

    /// The author of the record: the device of its first change.
    pub fn author(&self) -> Option<DeviceNumber> {
        let first = self.inner.get_changes_meta(&[]).into_iter().find(|change| change.deps.is_empty())?;
        convert::device(first.author.as_ref()?)
    }

    /// The record's kind, from its first change.
    pub fn kind(&self) -> Option<Kind> {
        match self.shown("kind")? {
            Value::Text(kind) => kind.parse().ok(),
            _ => None,
        }
    }

    /// The prospect it belongs to, from its first change.
    pub fn prospect(&self) -> Option<RecordId> {
        match self.shown("prospect")? {
            Value::Bytes(id) => RecordId::from_bytes(&id).ok(),
            _ => None,
        }
    }

    fn shown(&self, name: &str) -> Option<Value> {
        let (value, _) = self.inner.get(ROOT, name).ok().flatten()?;
        convert::from_automerge(&value)
    }

    /// The changes upon which a change was made.
    pub fn deps_of(&self, hash: &ChangeHash) -> Vec<ChangeHash> {
        let meta = self.inner.get_change_meta_by_hash(&hash.to_automerge());
        meta.map(|meta| meta.deps).unwrap_or_default().into_iter().map(Into::into).collect()
    }

    /// Every field with the value automerge shows, which is the same on all sides. Values of types this version does not
    /// know are left out; the gate lets none in.
    pub fn fields(&self) -> Fields {
        let all = self.inner.map_range(ROOT, ..);
        all.filter_map(|item| Some((item.key.parse().ok()?, convert::from_automerge(&item.value.into_value())?)))
            .collect()
    }
}

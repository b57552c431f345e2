//! Prospects that may be the same community under two identities: rows of one file, and prospects that other files or
//! phones brought. They are only marked, on both sides; people say whether they are the same.

use super::error::ImportError;
use super::index::Index;
use super::listed::Listed;
use crate::ingest::{FromFile, namesake};
use crate::store::Store;
use canvass_core::domain::{Fields, RecordId};
use std::collections::{BTreeSet, HashMap};

/// How many possible twins a record names at most.
pub(super) const TWINS: usize = 8;

/// The prospects that were there before a file, as far as their names stand in it. They are looked up when the first row
/// turns out to be new: a file that brings nothing new costs nothing.
pub(super) struct Known<'a> {
    index: &'a Index,
    districts: BTreeSet<String>,
    found: Option<HashMap<u64, Vec<RecordId>>>,
}

impl<'a> Known<'a> {
    pub(super) fn in_districts(index: &'a Index, districts: BTreeSet<String>) -> Self {
        Self { index, districts, found: None }
    }

    /// Looks through the prospects of the file's districts, once, before any is added.
    pub(super) async fn look(&mut self, store: &dyn Store) -> Result<(), ImportError> {
        if self.found.is_none() {
            let mut found: HashMap<u64, Vec<RecordId>> = HashMap::new();
            for (id, district, name) in store.prospects_in(std::mem::take(&mut self.districts)).await? {
                let namesake = namesake(&district, &name);
                if self.index.has(namesake) {
                    found.entry(namesake).or_default().push(id);
                }
            }
            self.found = Some(found);
        }
        Ok(())
    }

    /// Those that a new record may be.
    fn of(&self, listed: &Listed, id: RecordId) -> impl Iterator<Item = &RecordId> {
        let same = self.found.as_ref().and_then(|found| found.get(&listed.entry.namesake));
        same.into_iter().flatten().filter(move |other| **other != id)
    }

    /// Adds those that a new record may be to its twins.
    pub(super) fn add_to(&self, listed: &Listed, id: RecordId, twins: &mut Vec<RecordId>) {
        for other in self.of(listed, id) {
            if twins.len() < TWINS && !twins.contains(other) {
                twins.push(*other);
            }
        }
    }

    /// What the store is told of those that were there, once new records may be their twins.
    pub(super) fn marks<'b>(&self, new: impl Iterator<Item = (&'b Listed, RecordId)>) -> Vec<FromFile> {
        let mut marks: Vec<FromFile> = Vec::new();
        let mut places: HashMap<RecordId, usize> = HashMap::new();
        for (listed, id) in new {
            for other in self.of(listed, id) {
                let place = *places.entry(*other).or_insert_with(|| {
                    marks.push(FromFile {
                        identity: Fields::new(),
                        values: Fields::new(),
                        ..listed.told(*other, Vec::new())
                    });
                    marks.len() - 1
                });
                if let Some(mark) = marks.get_mut(place).filter(|mark| mark.twins.len() < TWINS) {
                    mark.twins.push(id);
                }
            }
        }
        marks
    }
}

//! What a phone should have, as digests: of the same snapshot as everything else in its response.

use super::pull::Pulling;
use super::{erasure, feeds, records};
use crate::store::StoreError;
use canvass_core::document::ChangeHash;
use canvass_core::domain::{Kind, RecordId};
use canvass_core::wire::{Answer, Ask, CheckDigest, Inventory};
use rusqlite::OptionalExtension;
use std::collections::BTreeMap;

impl Pulling<'_> {
    /// The digests that a phone asks for.
    pub(super) fn checked(&self, ask: &Ask) -> Result<Answer, StoreError> {
        let mut inventory = Inventory::default();
        for audience in self.audiences {
            let mut select = self.db.prepare_cached(
                "SELECT record.id, record.kind, change.hash
                 FROM told JOIN feed ON feed.record = told.record AND feed.feed = told.feed AND last = told.seq
                 JOIN record ON record.id = told.record JOIN change ON change.record = record.id
                 WHERE told.feed = ? AND gone = 0",
            )?;
            let mut found = select.query([audience.to_string()])?;
            let mut changes: BTreeMap<RecordId, Vec<ChangeHash>> = BTreeMap::new();
            let (mut kind, mut read) = (None::<Kind>, false);
            while let Some(row) = found.next()? {
                let name = row.get_ref(1)?.as_str().unwrap_or_default();
                if kind.as_ref().is_none_or(|kind| kind.name() != name) {
                    let other: Kind = name.parse()?;
                    read = self.grants.reads(&other);
                    kind = Some(other);
                }
                if read {
                    let record = RecordId::from_bytes(row.get_ref(0)?.as_blob().unwrap_or_default())?;
                    let hash = records::hash(row.get_ref(2)?.as_blob().unwrap_or_default())?;
                    changes.entry(record).or_default().push(hash);
                }
            }
            for (record, hashes) in changes {
                inventory.add(audience.is_confidential(), record, CheckDigest::of_changes(hashes));
            }
        }
        Ok(inventory.answer(ask))
    }

    /// Brings the records whole that a phone asks for by name, or says why not.
    pub(super) fn fetch(&mut self) -> Result<(), StoreError> {
        for &record in &self.order.fetch {
            if self.left <= 0 {
                self.pulled.more = true;
                return Ok(());
            }
            let mut select = self.db.prepare_cached("SELECT kind FROM record WHERE id = ?")?;
            let kind = select.query_row([record.as_bytes()], |row| row.get::<_, String>(0)).optional()?;
            match kind.map(|kind| kind.parse::<Kind>()).transpose()? {
                None if !erasure::is_erased(self.db, record)? => self.pulled.unknown.push(record),
                Some(kind) if feeds::is_in(self.db, record, self.audiences)? && self.grants.reads(&kind) => {
                    self.deliver(record, 0, false)?;
                    self.whole.insert(record);
                }
                Some(kind) if feeds::is_in(self.db, record, self.audiences)? && !self.grants.reads(&kind) => {
                    self.pulled.evictions.push(record);
                }
                // Of dossiers nothing is said to a phone that cannot keep them.
                Some(kind) if records::is_sealed(&kind) && !self.order.dossiers => {}
                _ => self.evict(record)?,
            }
        }
        Ok(())
    }
}

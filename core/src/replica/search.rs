//! Searches as somebody types: prospects by name and address, what people wrote, and people. Stored as typed, searched folded.

use super::query::{self, RecordView};
use super::{Replica, ReplicaError, notes};
use crate::domain::{FieldName, PhoneTime, RecordId};
use crate::lookup::{Facts, Gazetteer, Hit, fold};
use crate::projection::Row;
use crate::wire::Reading;
use rusqlite::{Connection, OptionalExtension};

/// Where a search found what was typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FoundIn {
    /// In the name.
    Name,
    /// In the address.
    Address,
}

/// A prospect that a search found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Which one.
    pub prospect: RecordId,
    /// Its name as typed.
    pub name: String,
    /// Its address, if one is known.
    pub address: String,
    /// Its district, likewise.
    pub district: Option<String>,
    /// Where it was found.
    pub found_in: FoundIn,
    /// From which character of that on.
    pub start: usize,
    /// Up to which, exclusive.
    pub end: usize,
}

/// Something written that a search found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundNote {
    /// The record in which it stands.
    pub row: Row,
    /// In which field.
    pub field: FieldName,
    /// From which character of that on.
    pub start: usize,
    /// Up to which, exclusive.
    pub end: usize,
    /// Where to go on: give it as `before` for the next page.
    pub place: i64,
}

impl Replica {
    /// The prospects whose name or address has in it what was typed, or is read like it (`tty` for 天通苑), the best first. Nothing
    /// that matches is left out but by `limit`; what was withdrawn is not found.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn search(&self, text: &str, limit: usize) -> Result<Vec<Found>, ReplicaError> {
        let hits = self.look_up(|list| list.search(text, limit))?;
        let db = self.main()?;
        hits.iter().map(|hit| found(db, hit)).collect()
    }

    /// What people wrote in which a text stands, within one field, newest first: at most `limit`, before a place that an earlier page
    /// ended at. Notes of the very same second, as an import makes them, can lie a little out of order.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn search_notes(&self, text: &str, limit: usize, before: Option<i64>) -> Result<Vec<FoundNote>, ReplicaError> {
        let (db, wanted) = (self.main()?, fold(text).chars);
        let mut all = Vec::new();
        for noted in notes::find(db, &wanted, limit, before.unwrap_or(i64::MAX))? {
            let Some(view) = query::view(db, noted.record)? else { continue };
            let within = notes::searched(&view.row).find_map(|(field, folded)| {
                let start = folded.chars.windows(wanted.len()).position(|here| here == wanted)?;
                let (start, end) = folded.original(start, start + wanted.len());
                Some((field.clone(), start, end))
            });
            if let Some((field, start, end)) = within {
                all.push(FoundNote { row: view.row, field, start, end, place: noted.place });
            }
        }
        Ok(all)
    }

    /// The dossiers of people by name, as it is written or read, the best first. Every one that is returned is noted as read first,
    /// each under a fresh id; the names of the others are compared, and not shown.
    ///
    /// # Errors
    /// When the dossiers are locked, or storage is full: then none is shown.
    pub fn search_people(
        &mut self,
        text: &str,
        limit: usize,
        now: PhoneTime,
        mut fresh: impl FnMut() -> RecordId,
    ) -> Result<Vec<RecordView>, ReplicaError> {
        let dossiers = self.open_dossiers(now)?;
        let mut names = Gazetteer::default();
        {
            let mut select = dossiers.prepare_cached(
                "SELECT id, body ->> '$.name' FROM record WHERE kind = 'dossier' AND state = 'active'",
            )?;
            let mut rows = select.query([])?;
            while let Some(row) = rows.next()? {
                let id = RecordId::from_bytes(row.get_ref(0)?.as_blob().unwrap_or_default())?;
                names.put(id, row.get_ref(1)?.as_str().unwrap_or_default(), "", Facts::default());
            }
        }
        let mut views = Vec::new();
        for hit in names.search(text, limit) {
            views.extend(query::view(dossiers, hit.prospect)?);
        }
        let note = |view: &RecordView| Reading { id: fresh(), dossier: view.row.id, at: now };
        let readings: Vec<_> = views.iter().map(note).collect();
        self.note_readings(&readings)?;
        Ok(views)
    }
}

/// What is shown of a prospect that was found.
fn found(db: &Connection, hit: &Hit) -> Result<Found, ReplicaError> {
    let (name, address, district) = words_of(db, hit.prospect)?;
    let found_in = if hit.in_address { FoundIn::Address } else { FoundIn::Name };
    let text = if hit.in_address { &address } else { &name };
    let (start, end) = fold(text).original(hit.found.start, hit.found.end);
    Ok(Found { prospect: hit.prospect, name, address, district, found_in, start, end })
}

/// A prospect's name, address and district as typed.
pub(super) fn words_of(db: &Connection, id: RecordId) -> Result<(String, String, Option<String>), ReplicaError> {
    // What is no text is not of this version; it is not found, either.
    let text = |row: &rusqlite::Row<'_>, column| -> rusqlite::Result<Option<String>> {
        Ok(row.get_ref(column)?.as_str().ok().map(str::to_owned))
    };
    Ok(db
        .prepare_cached("SELECT name, address, district FROM gazetteer WHERE record = ?")?
        .query_row([id.as_bytes()], |row| {
            Ok((text(row, 0)?.unwrap_or_default(), text(row, 1)?.unwrap_or_default(), text(row, 2)?))
        })
        .optional()?
        .unwrap_or_default())
}

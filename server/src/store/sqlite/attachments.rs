//! Who may fetch an attachment's bytes, and who may bring them: it follows from the record that names them.

use super::{feeds, records};
use crate::ingest::Grants;
use crate::store::{KnownAttachment, Standing, StoreError};
use canvass_core::domain::attachment::{self, Attachment};
use canvass_core::domain::{Bank, Date, PersonId, RecordId};
use rusqlite::Connection;

pub(super) fn known(
    db: &Connection,
    bank: &Bank,
    person: &PersonId,
    today: Date,
    records: &[RecordId],
) -> Result<Vec<Option<KnownAttachment>>, StoreError> {
    let grants = Grants::of(bank, person, today).ok_or_else(|| StoreError::UnknownPerson(person.clone()))?;
    let audiences = grants.audiences(bank);
    let known = |record: &RecordId| {
        let row = records::row(db, *record)?.filter(|row| row.kind.is(&attachment::KIND));
        let Some(row) = row else { return Ok(None) };
        let Ok(attachment) = Attachment::read(&row.fields) else { return Ok(None) };
        let recorded = row.author.and_then(|device| bank.holder(device)).is_some_and(|author| author.id == *person);
        let holds = grants.reads(&row.kind) && feeds::is_in(db, *record, &audiences)?;
        let standing = if holds { Some(Standing::Holds) } else { recorded.then_some(Standing::Recorded) };
        Ok(standing.map(|standing| KnownAttachment { attachment, standing }))
    };
    records.iter().map(known).collect()
}

//! What was: a prospect's timeline, a record's history, links between records of the same prospect, and everything at once as a file.

use crate::edge::{count, named, new_id, now, parsed};
use crate::records::summary;
use crate::{FieldValue, Phone, PhoneError, RecordSummary};
use canvass_core::domain::PhoneTime;
use canvass_core::replica::{Cursor, Moment, RecordView, Replica};
use std::fs::OpenOptions;
use std::io::{BufWriter, Write};

/// Where a page of a timeline ended: give it for the next one.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct TimelinePlace {
    /// When that record happened, in milliseconds since 1970.
    pub at_ms: i64,
    /// Which record it is.
    pub record: String,
}

/// A record on a timeline.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct MomentView {
    /// The record.
    pub record: RecordSummary,
    /// When it happened, or will, in milliseconds since 1970.
    pub at_ms: i64,
    /// Whether it belongs to another record of the same prospect, which is linked with this one.
    pub of_linked: bool,
}

/// A page of a timeline.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct TimelineView {
    /// What is yet to take place or to be done, the first to come first. Only the first page has it.
    pub planned: Vec<MomentView>,
    /// What happened, the newest first.
    pub past: Vec<MomentView>,
    /// Where the next page goes on, if there is one.
    pub next: Option<TimelinePlace>,
    /// How many older records are not on this phone any more; `fetch_retired` asks for them.
    pub retired: u32,
}

/// One put of one field.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct EditView {
    /// The field.
    pub field: String,
    /// What stood there before; nothing if nothing was ever put.
    pub before: Option<FieldValue>,
    /// What was put.
    pub after: FieldValue,
    /// By which device.
    pub author: Option<u32>,
    /// That device's person; nothing before the first sync.
    pub author_name: Option<String>,
    /// When, by that device's clock, in milliseconds since 1970.
    pub at_ms: Option<i64>,
}

fn moments(replica: &Replica, moments: Vec<Moment>) -> Result<Vec<MomentView>, PhoneError> {
    let bank = replica.bank()?;
    let mut views = Vec::new();
    for moment in moments {
        // What was let go of between the two looks is not shown.
        let Some(view): Option<RecordView> = replica.record(moment.row.id)? else { continue };
        let record = summary(view, &bank);
        views.push(MomentView { record, at_ms: moment.at.millis(), of_linked: moment.of_linked });
    }
    Ok(views)
}

#[uniffi::export]
impl Phone {
    /// A page of what was recorded of a prospect and of those linked with it, the newest first. Dossiers stand apart.
    ///
    /// # Errors
    /// When an argument is wrong (it is named), or the database cannot be read.
    #[uniffi::method(default(before = None, limit = 50))]
    pub fn timeline(
        &self,
        prospect: String,
        before: Option<TimelinePlace>,
        limit: u32,
    ) -> Result<TimelineView, PhoneError> {
        let prospect = parsed("prospect", &prospect)?;
        let before = match before {
            Some(place) => Some(Cursor {
                at: named("before", PhoneTime::from_millis(place.at_ms))?,
                record: parsed("before", &place.record)?,
            }),
            None => None,
        };
        let limit = usize::try_from(limit.clamp(1, 200)).unwrap_or(usize::MAX);
        let replica = self.replica();
        let page = replica.timeline(prospect, before, limit)?;
        Ok(TimelineView {
            planned: moments(&replica, page.planned)?,
            past: moments(&replica, page.past)?,
            next: page.next.map(|at| TimelinePlace { at_ms: at.at.millis(), record: at.record.to_string() }),
            retired: count(page.retired),
        })
    }

    /// Who changed which field of a record when, from what to what, the newest first. Of a dossier that it was read is noted first.
    ///
    /// # Errors
    /// When the record is not on this phone, its dossiers are locked, or the database cannot be read.
    pub fn history(&self, record: String) -> Result<Vec<EditView>, PhoneError> {
        let (id, now) = (parsed("record", &record)?, now()?);
        let mut replica = self.replica();
        let edits = match replica.record(id)? {
            Some(_) => replica.history(id)?,
            None => replica.dossier_history(id, now, new_id(now))?,
        };
        let bank = replica.bank()?;
        Ok(edits
            .into_iter()
            .map(|edit| EditView {
                field: edit.field.to_string(),
                before: edit.from.map(Into::into),
                after: edit.to.into(),
                author: edit.author.map(|author| author.get()),
                author_name: edit.author.and_then(|author| Some(bank.holder(author)?.name.clone())),
                at_ms: edit.at.map(PhoneTime::millis),
            })
            .collect())
    }

    /// Says that two records are the same prospect: each then shows what was recorded of the other. Nothing is deleted.
    ///
    /// # Errors
    /// When they are one record or are linked already, either is not a prospect on this phone, or storage is full.
    pub fn link(&self, prospect: String, same_as: String) -> Result<(), PhoneError> {
        let (one, other) = (parsed("prospect", &prospect)?, parsed("same_as", &same_as)?);
        Ok(self.replica().link(one, other, now()?)?)
    }

    /// Takes a prospect out of those with which it is linked.
    ///
    /// # Errors
    /// When it is not a prospect on this phone, or storage is full.
    pub fn unlink(&self, prospect: String) -> Result<(), PhoneError> {
        self.replica().unlink(parsed("prospect", &prospect)?, now()?)?;
        Ok(())
    }

    /// The prospects that are the same as one, itself left out.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn linked(&self, prospect: String) -> Result<Vec<String>, PhoneError> {
        let linked = self.replica().linked(parsed("prospect", &prospect)?)?;
        Ok(linked.iter().map(ToString::to_string).collect())
    }

    /// Says that a possible twin of a prospect is another one.
    ///
    /// # Errors
    /// When the prospect is not on this phone, or storage is full.
    pub fn deny_twin(&self, prospect: String, twin: String) -> Result<(), PhoneError> {
        let (prospect, twin) = (parsed("prospect", &prospect)?, parsed("twin", &twin)?);
        Ok(self.replica().deny_twin(prospect, twin, now()?)?)
    }

    /// The other units that work a community of this name in this district, as the server knew when it assigned this one: ask them first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn also_worked_by(&self, prospect: String) -> Result<Vec<String>, PhoneError> {
        let replica = self.replica();
        let bank = replica.bank()?;
        let units = replica.also_worked_by(parsed("prospect", &prospect)?)?.into_iter();
        Ok(units.map(|id| bank.unit(&id).map_or_else(|| id.to_string(), |unit| unit.name.clone())).collect())
    }

    /// Writes every record on this phone as lines of JSON into a new file, and returns how many those were; with `dossiers` those
    /// as well, each noted as read. Whoever has the file can read it: delete it when it was used.
    ///
    /// # Errors
    /// When the file is there already or cannot be written, dossiers are locked, or the database cannot be read.
    #[uniffi::method(default(dossiers = false))]
    pub fn export(&self, file: String, dossiers: bool) -> Result<u32, PhoneError> {
        let failed = |error: std::io::Error| PhoneError::Storage { reason: format!("{file}: {error}") };
        let mut to = BufWriter::new(OpenOptions::new().write(true).create_new(true).open(&file).map_err(failed)?);
        let now = now()?;
        let mut replica = self.replica();
        let mut written = replica.export(&mut to)?;
        if dossiers {
            written += replica.export_dossiers(&mut to, now, || new_id(now))?;
        }
        to.flush().map_err(failed)?;
        Ok(count(written))
    }
}

//! Attachments on a phone: bytes saved together with their record, what is here of each and what the server has of it, and what
//! somebody wants to see.

use super::{Replica, ReplicaError, blobs, changes, edit, query, rows};
use crate::domain::attachment::{self, Attachment, Caption, MAX_BYTES};
use crate::domain::{Digest, Invalid, PhoneTime, RecordId, prospect};
use crate::projection::Row;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

/// How many bytes of attachments a phone keeps, unless the app says otherwise.
const ROOM: u64 = 512 * 1024 * 1024;
/// The setting that says otherwise.
const ROOM_SETTING: &str = "attachment_room";

/// An attachment as a screen shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttachmentView {
    /// Its record.
    pub record: RecordId,
    /// What it is.
    pub attachment: Attachment,
    /// How many of its bytes are here: all, and it can be shown.
    pub here: u64,
    /// Whether it is to be fetched.
    pub wanted: bool,
    /// How many of its bytes the server has, as it last told this phone.
    pub there: u64,
    /// Whether the server has said that it has all of them. Others' attachments may well be there without this phone having asked.
    pub confirmed: bool,
}

/// Bytes that are here, and that the server may not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unsent {
    /// Their record, which may have left this phone, or been refused.
    pub record: RecordId,
    /// How many they are.
    pub size: u64,
    /// How many of them the server has, as it last said.
    pub there: u64,
}

impl Replica {
    /// Attaches bytes to a record: a new record says what they are, and both are saved in one transaction. When this returns, they
    /// are safe. `id` is a fresh [`RecordId`].
    ///
    /// # Errors
    /// When a field is wrong or the bytes are too many (it is named), the record is not here, or storage is full.
    pub fn attach(&mut self, id: RecordId, caption: Caption, bytes: &[u8], now: PhoneTime) -> Result<(), ReplicaError> {
        let size = bytes.len() as u64;
        if !(1..=MAX_BYTES).contains(&size) {
            let found = format!("{size} bytes");
            return Err(Invalid::new("attachment", found, format!("1 to {MAX_BYTES} bytes: make it smaller")).into());
        }
        let prospect = self.prospect_of(caption.of)?;
        let attachment = Attachment { caption, digest: Digest::of(bytes), size };
        let fields = attachment.to_fields();
        attachment::KIND.check_new(&fields, now)?;
        let (authorship, room) = (self.authorship(now), self.attachment_room()?);
        let tx = self.files_mut()?.main.transaction_with_behavior(TransactionBehavior::Immediate)?;
        edit::begin(&tx, id, &attachment::KIND, Some(prospect), &fields, &authorship)?;
        // What nobody else has is kept also where it takes more room than it should.
        blobs::make_room(&tx, size, room, None)?;
        blobs::keep_whole(&tx, &attachment.digest, bytes, now)?;
        note(&tx, id, &attachment, false)?;
        tx.commit()?;
        Ok(())
    }

    /// The prospect to which something about a record belongs.
    fn prospect_of(&self, of: RecordId) -> Result<RecordId, ReplicaError> {
        let Some(view) = query::view(self.main()?, of)? else {
            let confidential =
                self.files()?.dossiers.as_ref().map(|dossiers| changes::exists(dossiers, of)).transpose()?;
            return Err(match confidential {
                Some(true) => Invalid::new("of", of, "a record that is no dossier: those have no attachments").into(),
                _ => ReplicaError::NoSuchRecord(of),
            });
        };
        let own = view.row.kind.is(&prospect::KIND).then_some(of);
        let expected = || Invalid::new("of", of, "a prospect, or a record that belongs to one").into();
        own.or(view.row.prospect).ok_or_else(expected)
    }

    /// An attachment; none if its record is not here, or says nothing that can be read.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn attachment(&self, record: RecordId) -> Result<Option<AttachmentView>, ReplicaError> {
        let db = self.main()?;
        query::view(db, record)?.map_or(Ok(None), |view| of_row(db, &view.row))
    }

    /// The attachments of a record, or of a prospect and all that belongs to it, the latest first.
    ///
    /// # Errors
    /// When the record is not here, or the database cannot be read.
    pub fn attachments(&self, of: RecordId) -> Result<Vec<AttachmentView>, ReplicaError> {
        let (db, prospect) = (self.main()?, self.prospect_of(of)?);
        let sql = format!(
            "SELECT {} FROM record WHERE prospect = ? AND kind = ? ORDER BY occurred_at DESC, id DESC",
            rows::COLUMNS
        );
        let mut select = db.prepare_cached(&sql)?;
        let found = rows::parse(select.query_map(params![prospect.as_bytes(), attachment::KIND.name], rows::read)?)?;
        let mut views = Vec::new();
        for row in &found {
            views.extend(of_row(db, row)?.filter(|view| of == prospect || view.attachment.caption.of == of));
        }
        Ok(views)
    }

    /// What is here and the server may not have, the oldest first. None of it is ever let go of.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn unsent_attachments(&self) -> Result<Vec<Unsent>, ReplicaError> {
        let mut select = self.main()?.prepare_cached(
            "SELECT record, attachment.size, there FROM attachment JOIN blob USING (digest)
             WHERE here = blob.size AND confirmed_at IS NULL ORDER BY used_at, record",
        )?;
        let mut found = select.query([])?;
        let mut unsent = Vec::new();
        while let Some(row) = found.next()? {
            let bytes = |n: usize| -> rusqlite::Result<u64> { Ok(row.get::<_, i64>(n)?.unsigned_abs()) };
            let record = RecordId::from_bytes(row.get_ref(0)?.as_blob().unwrap_or_default())?;
            unsent.push(Unsent { record, size: bytes(1)?, there: bytes(2)? });
        }
        Ok(unsent)
    }

    /// An attachment's bytes, verified; none if they are not all here. What is looked at stays longest.
    ///
    /// # Errors
    /// When its record is not here, or the database fails.
    pub fn read_attachment(&mut self, record: RecordId, now: PhoneTime) -> Result<Option<Vec<u8>>, ReplicaError> {
        let view = self.attachment(record)?.ok_or(ReplicaError::NoSuchRecord(record))?;
        let Attachment { digest, size, .. } = view.attachment;
        if view.here < size {
            return Ok(None);
        }
        let db = self.main()?;
        let bytes = blobs::read(db, &digest, 0, size)?;
        match blobs::used(db, &digest, now) {
            // A full phone still shows what it has.
            Ok(()) | Err(ReplicaError::Full) => {}
            Err(error) => return Err(error),
        }
        let damaged = || ReplicaError::Damaged(format!("the bytes of attachment {record} are not those it names"));
        bytes.filter(|bytes| Digest::of(bytes) == digest).map(Some).ok_or_else(damaged)
    }

    /// Somebody wants to see an attachment: the next transfer that may fetches it, the latest wish first. The wish is kept.
    ///
    /// # Errors
    /// When its record is not here, or the database cannot be written.
    pub fn want_attachment(&mut self, record: RecordId, now: PhoneTime) -> Result<(), ReplicaError> {
        let view = self.attachment(record)?.ok_or(ReplicaError::NoSuchRecord(record))?;
        let Attachment { digest, size, .. } = view.attachment;
        let tx = self.files_mut()?.main.transaction_with_behavior(TransactionBehavior::Immediate)?;
        blobs::begin(&tx, &digest, size, now)?;
        note(&tx, record, &view.attachment, true)?;
        tx.commit()?;
        Ok(())
    }

    /// How many bytes of attachments this phone keeps. What the server does not have yet is kept beyond that.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn attachment_room(&self) -> Result<u64, ReplicaError> {
        Ok(self.setting::<i64>(ROOM_SETTING)?.map_or(ROOM, i64::unsigned_abs))
    }

    /// Keeps so many bytes of attachments from now on, and lets go of others at once, those unused for longest first.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn set_attachment_room(&mut self, bytes: u64) -> Result<(), ReplicaError> {
        let tx = self.files_mut()?.main.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let room = i64::try_from(bytes).unwrap_or(i64::MAX);
        tx.execute("INSERT OR REPLACE INTO setting (name, value) VALUES (?, ?)", params![ROOM_SETTING, room])?;
        blobs::make_room(&tx, 0, bytes, None)?;
        tx.commit()?;
        Ok(())
    }
}

/// Notes whose bytes some are.
fn note(db: &Connection, record: RecordId, attachment: &Attachment, wanted: bool) -> Result<(), ReplicaError> {
    db.prepare_cached(
        "INSERT INTO attachment (record, digest, size, wanted) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (record) DO UPDATE SET digest = ?2, size = ?3, wanted = ?4",
    )?
    .execute(params![
        record.as_bytes(),
        attachment.digest.as_bytes(),
        i64::try_from(attachment.size).unwrap_or(i64::MAX),
        wanted
    ])?;
    Ok(())
}

fn of_row(db: &Connection, row: &Row) -> Result<Option<AttachmentView>, ReplicaError> {
    // What a newer version or a conflict made unreadable is shown by its record alone.
    let read = Attachment::read(&row.fields).ok().filter(|_| row.kind.is(&attachment::KIND));
    let Some(attachment) = read else { return Ok(None) };
    let here = blobs::find(db, &attachment.digest)?.map_or(0, |blob| blob.here);
    let mut select = db.prepare_cached(
        "SELECT wanted, there, confirmed_at IS NOT NULL FROM attachment WHERE record = ? AND digest = ?",
    )?;
    let key = params![row.id.as_bytes(), attachment.digest.as_bytes()];
    let known = select.query_row(key, |row| Ok((row.get(0)?, row.get::<_, i64>(1)?, row.get(2)?))).optional()?;
    let (wanted, there, confirmed): (bool, i64, bool) = known.unwrap_or_default();
    let wanted = wanted && here < attachment.size;
    Ok(Some(AttachmentView { record: row.id, attachment, here, wanted, there: there.unsigned_abs(), confirmed }))
}

/// A record leaves this phone: its bytes go with it, but not before the server has them.
pub(super) fn leave(db: &Connection, record: &[u8]) -> Result<(), ReplicaError> {
    let mut select = db.prepare_cached(
        "SELECT digest FROM attachment WHERE record = ? AND NOT (confirmed_at IS NULL AND EXISTS (
             SELECT 1 FROM blob WHERE blob.digest = attachment.digest AND here = blob.size))",
    )?;
    let digest: Option<Vec<u8>> = select.query_row([record], |row| row.get(0)).optional()?;
    digest.map_or(Ok(()), |digest| let_go(db, record, &digest))
}

/// A record was erased: its bytes go, whether or not the server has them.
pub(super) fn erase(db: &Connection, record: &[u8]) -> Result<(), ReplicaError> {
    let mut select = db.prepare_cached("SELECT digest FROM attachment WHERE record = ?")?;
    let digest: Option<Vec<u8>> = select.query_row([record], |row| row.get(0)).optional()?;
    digest.map_or(Ok(()), |digest| let_go(db, record, &digest))
}

/// The person has dealt with a change that was refused: if it is what began an attachment, the bytes go as well.
pub(super) fn dismissed(db: &Connection, entry: &[u8]) -> Result<(), ReplicaError> {
    let mut select = db.prepare_cached(
        "SELECT attachment.record, digest FROM quarantine JOIN attachment USING (record)
         WHERE hash = ? AND fields ->> '$.digest' IS NOT NULL
         AND NOT EXISTS (SELECT 1 FROM record WHERE record.id = attachment.record)",
    )?;
    let found: Option<(Vec<u8>, Vec<u8>)> =
        select.query_row([entry], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    found.map_or(Ok(()), |(record, digest)| let_go(db, &record, &digest))
}

/// Lets go of a record's bytes, unless they are another's as well.
pub(super) fn let_go(db: &Connection, record: &[u8], digest: &[u8]) -> Result<(), ReplicaError> {
    db.prepare_cached("DELETE FROM attachment WHERE record = ?")?.execute([record])?;
    let mut others = db.prepare_cached("SELECT EXISTS (SELECT 1 FROM attachment WHERE digest = ?)")?;
    if !others.query_row([digest], |row| row.get::<_, bool>(0))? {
        blobs::forget(db, &Digest::from_bytes(digest)?)?;
    }
    Ok(())
}

/// The server was restored: whether it has what it confirmed is to be asked again.
pub(super) fn doubt(db: &Connection) -> Result<(), ReplicaError> {
    db.execute("UPDATE attachment SET confirmed_at = NULL, there = 0", [])?;
    Ok(())
}

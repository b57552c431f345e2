//! Sessions: kept under the mark of their token, so that who reads the database can take up none of them.

use super::audit::note;
use super::logins::{Kept, subject, time};
use super::writer::Writing;
use crate::access::{IDLE_MS, LONGEST_MS, SessionToken, Stage, Step, TOUCH_MS, next};
use crate::secrets::{Purpose, Secrets};
use crate::store::{Actor, Deed, Entry, Session, SessionState, StoreError, Visitor, Which};
use canvass_core::domain::{Bank, PersonId, ServerTime};
use data_encoding::HEXLOWER;
use rusqlite::{Connection, OptionalExtension, params};

/// So many characters of what a browser calls itself are kept.
const AGENT: usize = 200;

fn mark(secrets: &Secrets, what: &[u8], token: &SessionToken) -> [u8; 32] {
    secrets.mark(Purpose::Sessions, &[what, token.as_bytes()].concat())
}

/// A session that holds, as it is kept.
pub(super) struct Open {
    pub(super) number: i64,
    pub(super) person: PersonId,
    pub(super) stage: Stage,
    seen_at: ServerTime,
    step: Step,
    second_factor: bool,
}

impl Open {
    /// Whether the person has a second factor that was confirmed.
    pub(super) fn has_second_factor(&self) -> bool {
        self.second_factor
    }
}

/// The open session of a token, if its person may come in.
fn find(
    db: &Connection,
    bank: &Bank,
    secrets: &Secrets,
    token: &SessionToken,
    at: ServerTime,
) -> Result<Option<Open>, StoreError> {
    let mut select = db.prepare_cached(
        "SELECT id, person, stage, seen_at FROM session WHERE token_hash = ? AND expires_at > ? AND seen_at > ?",
    )?;
    let found = select
        .query_row(params![mark(secrets, b"token\0", token), at.millis(), at.millis() - IDLE_MS], |row| {
            Ok((row.get(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?, row.get::<_, i64>(3)?))
        })
        .optional()?;
    let Some((number, person, stage, seen_at)) = found else { return Ok(None) };
    let (person, stage): (PersonId, _) = (person.parse()?, Stage::named(&stage));
    let (Some(kept), Some(known)) = (Kept::open(db, bank, &person, at)?, bank.person(&person)) else { return Ok(None) };
    let step = next(stage, kept.one_time, kept.second_factor, known.roles);
    let (seen_at, second_factor) = (ServerTime::from_millis(seen_at)?, kept.second_factor);
    Ok(Some(Open { number, person, stage, seen_at, step, second_factor }))
}

/// The same within a job of the writer.
pub(super) fn of(
    writing: &mut Writing<'_>,
    secrets: &Secrets,
    token: &SessionToken,
    at: ServerTime,
) -> Result<Option<Open>, StoreError> {
    let bank = writing.bank()?;
    find(writing.db, &bank, secrets, token, at)
}

/// The session of a token, and whether it is time to note that it was used.
pub(super) fn read(
    db: &Connection,
    bank: &Bank,
    secrets: &Secrets,
    token: &SessionToken,
    at: ServerTime,
) -> Result<Option<(Session, bool)>, StoreError> {
    let Some(open) = find(db, bank, secrets, token, at)? else { return Ok(None) };
    let stale = at.millis() - open.seen_at.millis() >= TOUCH_MS;
    let session = Session {
        number: open.number.unsigned_abs(),
        person: open.person,
        step: open.step,
        second_factor: open.second_factor,
        form_token: HEXLOWER.encode(&mark(secrets, b"form\0", token)),
    };
    Ok(Some((session, stale)))
}

pub(super) fn touch(db: &Connection, number: u64, at: ServerTime) -> Result<(), StoreError> {
    db.prepare_cached("UPDATE session SET seen_at = max(seen_at, ?) WHERE id = ?")?
        .execute(params![at.millis(), number.cast_signed()])?;
    Ok(())
}

/// Begins a session.
pub(super) fn open(
    writing: &mut Writing<'_>,
    secrets: &Secrets,
    person: &PersonId,
    stage: Stage,
    visitor: &Visitor,
    at: ServerTime,
) -> Result<SessionToken, StoreError> {
    let db = writing.db;
    db.prepare_cached("DELETE FROM session WHERE expires_at <= ? OR seen_at <= ?")?
        .execute([at.millis(), at.millis() - IDLE_MS])?;
    // Never from a seed.
    let token = SessionToken::new(rand::random());
    let agent: String = visitor.agent.chars().filter(|c| !c.is_control()).take(AGENT).collect();
    db.prepare_cached(
        "INSERT INTO session (token_hash, id, person, stage, made_at, seen_at, expires_at, address, agent)
         VALUES (?, (SELECT coalesce(max(id), 0) + 1 FROM session), ?, ?, ?, ?, ?, ?, ?)",
    )?
    .execute(params![
        mark(secrets, b"token\0", &token),
        person.as_str(),
        stage.name(),
        at.millis(),
        at.millis(),
        at.plus_millis(LONGEST_MS).millis(),
        visitor.address,
        agent
    ])?;
    Ok(token)
}

/// Puts another session in the place of one that was given more: what a token opened before, no old token opens now.
pub(super) fn replace(
    writing: &mut Writing<'_>,
    secrets: &Secrets,
    old: &Open,
    visitor: &Visitor,
    at: ServerTime,
) -> Result<SessionToken, StoreError> {
    writing.db.prepare_cached("DELETE FROM session WHERE id = ?")?.execute([old.number])?;
    open(writing, secrets, &old.person, Stage::Full, visitor, at)
}

pub(super) fn list(db: &Connection, person: &PersonId, at: ServerTime) -> Result<Vec<SessionState>, StoreError> {
    let mut select = db.prepare_cached(
        "SELECT id, made_at, seen_at, expires_at, address, agent FROM session
         WHERE person = ? AND expires_at > ? AND seen_at > ? ORDER BY seen_at DESC, id DESC",
    )?;
    let mut found = select.query(params![person.as_str(), at.millis(), at.millis() - IDLE_MS])?;
    let mut sessions = Vec::new();
    let needed = |found: Option<ServerTime>| found.ok_or_else(|| StoreError::Damaged("a session has no time".into()));
    while let Some(row) = found.next()? {
        sessions.push(SessionState {
            number: row.get::<_, i64>(0)?.unsigned_abs(),
            made_at: needed(time(row.get(1)?)?)?,
            seen_at: needed(time(row.get(2)?)?)?,
            expires_at: needed(time(row.get(3)?)?)?,
            visitor: Visitor { address: row.get(4)?, agent: row.get(5)? },
        });
    }
    Ok(sessions)
}

pub(super) fn end(
    writing: &mut Writing<'_>,
    person: &PersonId,
    which: Which,
    by: &Actor,
    at: ServerTime,
) -> Result<usize, StoreError> {
    let (sql, number) = match which {
        Which::One(number) => ("DELETE FROM session WHERE person = ? AND id = ?", number),
        Which::AllBut(number) => ("DELETE FROM session WHERE person = ? AND id <> ?", number),
        Which::All => ("DELETE FROM session WHERE person = ? AND id <> ?", 0),
    };
    let ended = writing.db.execute(sql, params![person.as_str(), number.cast_signed()])?;
    if ended > 0 {
        let entry = Entry::new(by.clone(), Deed::SessionEnded, subject(person));
        note(writing.db, at, &entry.with(format!("{ended} ended")))?;
    }
    Ok(ended)
}

/// Ends all sessions of a person as part of a deed that has an entry of its own.
pub(super) fn end_quietly(db: &Connection, person: &PersonId) -> Result<(), StoreError> {
    db.prepare_cached("DELETE FROM session WHERE person = ?")?.execute([person.as_str()])?;
    Ok(())
}

//! Second factors: sealed secrets, codes that hold once, recovery codes kept as marks.

use super::audit::note;
use super::sessions::{self, Open};
use super::writer::Writing;
use super::{lockout, logins};
use crate::access::{Scope, SecondFactor, SessionToken, plain_recovery_code, recovery_code};
use crate::secrets::{Purpose, Secrets};
use crate::store::{Actor, CodeAnswer, Deed, Entry, GivenCode, SetUp, StoreError};
use canvass_core::domain::{PersonId, ServerTime};
use rusqlite::{Connection, OptionalExtension, params};
use zeroize::Zeroizing;

/// How many recovery codes there are.
const CODES: usize = 10;

fn recovery_mark(secrets: &Secrets, person: &PersonId, code: &str) -> [u8; 32] {
    let code = plain_recovery_code(code);
    secrets.mark(Purpose::Sessions, &[b"recovery\0", person.as_str().as_bytes(), b"\0", code.as_bytes()].concat())
}

/// A secret, and the last half minute of which a code was taken.
type Shared = (Zeroizing<Vec<u8>>, u64);

/// The secret of a person's second factor, and the last half minute of which a code was taken.
fn secret(db: &Connection, secrets: &Secrets, person: &PersonId) -> Result<Option<Shared>, StoreError> {
    let mut select = db.prepare_cached("SELECT totp, totp_step FROM login WHERE person = ?")?;
    let found: Option<(Option<Vec<u8>>, i64)> =
        select.query_row([person.as_str()], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    let Some((Some(sealed), step)) = found else { return Ok(None) };
    let damaged = || StoreError::Damaged(format!("the second factor of {person}: reset it"));
    let plain = secrets.open(Purpose::Totp, person.as_str().as_bytes(), &sealed).ok_or_else(damaged)?;
    Ok(Some((plain, step.unsigned_abs())))
}

/// The secret that a session is to set up.
pub(super) fn begin(
    writing: &mut Writing<'_>,
    secrets: &Secrets,
    token: &SessionToken,
    at: ServerTime,
) -> Result<Option<Zeroizing<Vec<u8>>>, StoreError> {
    let Some(open) = sessions::of(writing, secrets, token, at)? else { return Ok(None) };
    if open.has_second_factor() {
        return Ok(None);
    }
    if let Some(pending) = pending(writing.db, secrets, &open)? {
        return Ok(Some(pending.plain));
    }
    let fresh: Zeroizing<Vec<u8>> = Zeroizing::new(rand::random::<[u8; 20]>().to_vec());
    let sealed = secrets.seal(Purpose::Totp, open.person.as_str().as_bytes(), &fresh, rand::random());
    let sealed = sealed.map_err(|error| StoreError::Secret(error.to_string()))?;
    writing.db.execute("UPDATE session SET totp = ? WHERE id = ?", params![sealed, open.number])?;
    Ok(Some(fresh))
}

/// A secret that is being set up.
struct Pending {
    sealed: Vec<u8>,
    plain: Zeroizing<Vec<u8>>,
}

/// The secret that a session is setting up. It is that session's alone: who was in before with the password, and looked at
/// one, has not the one that the person sets up later.
fn pending(db: &Connection, secrets: &Secrets, open: &Open) -> Result<Option<Pending>, StoreError> {
    let mut select = db.prepare_cached("SELECT totp FROM session WHERE id = ?")?;
    let sealed: Option<Option<Vec<u8>>> = select.query_row([open.number], |row| row.get(0)).optional()?;
    let Some(sealed) = sealed.flatten() else { return Ok(None) };
    let damaged = || StoreError::Damaged(format!("a second factor that {} sets up: begin again", open.person));
    let plain = secrets.open(Purpose::Totp, open.person.as_str().as_bytes(), &sealed).ok_or_else(damaged)?;
    Ok(Some(Pending { sealed, plain }))
}

/// Whether a code of the authenticator holds; it does so once.
fn takes_code(db: &Connection, secrets: &Secrets, person: &PersonId, given: &GivenCode) -> Result<bool, StoreError> {
    let Some((plain, last)) = secret(db, secrets, person)? else { return Ok(false) };
    let step = SecondFactor::of(&plain).and_then(|factor| factor.check(&given.code, given.at, last));
    let Some(step) = step else { return Ok(false) };
    db.prepare_cached("UPDATE login SET totp_step = ? WHERE person = ?")?
        .execute(params![step.cast_signed(), person.as_str()])?;
    Ok(true)
}

/// Whether a recovery code holds; it does so once.
fn takes_recovery_code(
    db: &Connection,
    secrets: &Secrets,
    person: &PersonId,
    given: &GivenCode,
) -> Result<bool, StoreError> {
    let sql = "UPDATE recovery_code SET used_at = ? WHERE person = ? AND hash = ? AND used_at IS NULL";
    let mark = recovery_mark(secrets, person, &given.code);
    Ok(db.prepare_cached(sql)?.execute(params![given.at.millis(), person.as_str(), mark])? > 0)
}

/// The session in which a code is given; or what to answer instead.
fn begun<T>(
    writing: &mut Writing<'_>,
    secrets: &Secrets,
    given: &GivenCode,
) -> Result<Result<Open, CodeAnswer<T>>, StoreError> {
    let Some(open) = sessions::of(writing, secrets, &given.token, given.at)? else {
        return Ok(Err(CodeAnswer::Wrong));
    };
    let locked = lockout::locked(writing.db, secrets, open.person.as_str(), &given.visitor, given.at)?;
    Ok(locked.map_or(Ok(open), |until| Err(CodeAnswer::Locked(until))))
}

fn wrong<T>(
    writing: &mut Writing<'_>,
    secrets: &Secrets,
    person: &PersonId,
    given: &GivenCode,
) -> Result<CodeAnswer<T>, StoreError> {
    let until = lockout::failed(writing, secrets, person.as_str(), Scope::INSIDE, (&given.visitor, given.at))?;
    Ok(until.map_or(CodeAnswer::Wrong, CodeAnswer::Locked))
}

pub(super) fn give(
    writing: &mut Writing<'_>,
    secrets: &Secrets,
    given: &GivenCode,
) -> Result<CodeAnswer<SessionToken>, StoreError> {
    let open = match begun(writing, secrets, given)? {
        Ok(open) => open,
        Err(answer) => return Ok(answer),
    };
    let person = open.person.clone();
    let held = open.has_second_factor()
        && (takes_code(writing.db, secrets, &person, given)?
            || takes_recovery_code(writing.db, secrets, &person, given)?);
    if !held {
        return wrong(writing, secrets, &person, given);
    }
    logins::came_in(writing, secrets, &person, &given.visitor, given.at)?;
    Ok(CodeAnswer::Right(sessions::replace(writing, secrets, &open, &given.visitor, given.at)?))
}

pub(super) fn confirm(
    writing: &mut Writing<'_>,
    secrets: &Secrets,
    given: &GivenCode,
) -> Result<CodeAnswer<SetUp>, StoreError> {
    let open = match begun(writing, secrets, given)? {
        Ok(open) => open,
        Err(answer) => return Ok(answer),
    };
    let person = open.person.clone();
    let pending = if open.has_second_factor() { None } else { pending(writing.db, secrets, &open)? };
    let step = |pending: &Pending| SecondFactor::of(&pending.plain)?.check(&given.code, given.at, 0);
    let Some((pending, step)) = pending.and_then(|pending| step(&pending).map(|step| (pending, step))) else {
        return wrong(writing, secrets, &person, given);
    };
    writing.db.execute(
        "UPDATE login SET totp = ?, totp_step = ?, totp_confirmed = 1 WHERE person = ?",
        params![pending.sealed, step.cast_signed(), person.as_str()],
    )?;
    let recovery_codes = fresh_codes(writing.db, secrets, &person)?;
    let entry = Entry::new(Actor::Person(person.clone()), Deed::SecondFactorSet, logins::subject(&person));
    note(writing.db, given.at, &entry.with(&*given.visitor.address))?;
    // Sessions from before gave no second factor.
    sessions::end_quietly(writing.db, &person)?;
    let token = sessions::replace(writing, secrets, &open, &given.visitor, given.at)?;
    Ok(CodeAnswer::Right(SetUp { token, recovery_codes }))
}

pub(super) fn renew(
    writing: &mut Writing<'_>,
    secrets: &Secrets,
    given: &GivenCode,
) -> Result<CodeAnswer<Vec<String>>, StoreError> {
    let open = match begun(writing, secrets, given)? {
        Ok(open) => open,
        Err(answer) => return Ok(answer),
    };
    let person = open.person.clone();
    if !open.has_second_factor() || !takes_code(writing.db, secrets, &person, given)? {
        return wrong(writing, secrets, &person, given);
    }
    let entry = Entry::new(Actor::Person(person.clone()), Deed::SecondFactorSet, logins::subject(&person));
    note(writing.db, given.at, &entry.with("new recovery codes"))?;
    Ok(CodeAnswer::Right(fresh_codes(writing.db, secrets, &person)?))
}

/// Makes recovery codes in the place of those before; the codes themselves are kept nowhere.
fn fresh_codes(db: &Connection, secrets: &Secrets, person: &PersonId) -> Result<Vec<String>, StoreError> {
    db.execute("DELETE FROM recovery_code WHERE person = ?", [person.as_str()])?;
    let codes: Vec<String> = (0..CODES).map(|_| recovery_code(rand::random())).collect();
    for code in &codes {
        db.prepare_cached("INSERT INTO recovery_code (person, hash) VALUES (?, ?)")?
            .execute(params![person.as_str(), recovery_mark(secrets, person, code)])?;
    }
    Ok(codes)
}

pub(super) fn codes_left(db: &Connection, person: &PersonId) -> Result<usize, StoreError> {
    let sql = "SELECT count(*) FROM recovery_code WHERE used_at IS NULL AND person = ?";
    let count: i64 = db.prepare_cached(sql)?.query_row([person.as_str()], |row| row.get(0))?;
    Ok(usize::try_from(count).unwrap_or(0))
}

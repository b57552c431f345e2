//! Failures to log in, as they are counted: of people and of names that nobody has alike.

use super::audit::note;
use super::logins::{Kept, subject, time};
use super::writer::Writing;
use crate::access::{KNOWN_PLACE_MS, Scope};
use crate::secrets::{Purpose, Secrets};
use crate::store::{Actor, Deed, Entry, StoreError, Visitor};
use canvass_core::domain::{PersonId, ServerTime};
use rusqlite::{Connection, OptionalExtension, params};

/// So many counts are kept: whoever tries more names makes the oldest forgotten.
const KEPT: i64 = 100_000;
/// For so long a count is kept at most, in milliseconds.
const KEPT_MS: i64 = 24 * 3_600_000;

/// The mark of a name, under which its failures are counted: what is typed into the field may be a password.
fn name_mark(secrets: &Secrets, name: &str) -> Vec<u8> {
    secrets.mark(Purpose::Sessions, &[b"name\0", name.as_bytes()].concat()).to_vec()
}

/// The key of a count: those of one name are together.
fn key(mark: &[u8], scope: Scope, visitor: &Visitor) -> Vec<u8> {
    match scope {
        Scope::Everywhere => mark.to_vec(),
        Scope::Session => [mark, &[1]].concat(),
        Scope::Site => [mark, &[2], visitor.site().as_bytes()].concat(),
    }
}

/// The key under which it is remembered that a person came in from a place.
fn known_place(mark: &[u8], visitor: &Visitor) -> Vec<u8> {
    [mark, &[3], visitor.site().as_bytes()].concat()
}

/// From which to which key the counts of a person are.
fn all_of(secrets: &Secrets, person: &PersonId) -> [Vec<u8>; 2] {
    let mark = name_mark(secrets, person.as_str());
    let end = [&mark[..], &[0xff]].concat();
    [mark, end]
}

/// Until when a name is locked for a visitor.
pub(super) fn locked(
    db: &Connection,
    secrets: &Secrets,
    name: &str,
    visitor: &Visitor,
    at: ServerTime,
) -> Result<Option<ServerTime>, StoreError> {
    let mark = name_mark(secrets, name);
    let key = |scope| key(&mark, scope, visitor);
    // Who came in from here before is not kept out by what strangers do elsewhere.
    let mut select = db.prepare_cached(
        "SELECT max(locked_until) FROM attempt WHERE name IN (?1, ?2)
         OR name = ?3 AND NOT EXISTS (SELECT 1 FROM attempt AS known WHERE known.name = ?4)",
    )?;
    let keys = params![key(Scope::Site), key(Scope::Session), key(Scope::Everywhere), known_place(&mark, visitor)];
    let until = select.query_row(keys, |row| row.get(0))?;
    Ok(time(until)?.filter(|until| *until > at))
}

/// Until when a person's name is locked everywhere, and until when for those who failed at it.
pub(super) fn locks(
    db: &Connection,
    secrets: &Secrets,
    person: &PersonId,
    at: ServerTime,
) -> Result<[Option<ServerTime>; 2], StoreError> {
    let [from, to] = all_of(secrets, person);
    // The keys of what holds everywhere come before those of sites.
    let everywhere = [&from[..], &[1]].concat();
    let mut select = db.prepare_cached("SELECT max(locked_until) FROM attempt WHERE name BETWEEN ? AND ?")?;
    let mut until = |to: &[u8]| -> Result<_, StoreError> {
        Ok(time(select.query_row(params![from, to], |row| row.get(0))?)?.filter(|until| *until > at))
    };
    Ok([until(&everywhere)?, until(&to)?])
}

/// Somebody has come in from where they are: that place is known from now on, and what failed there is forgotten, and in all.
pub(super) fn came_in(
    db: &Connection,
    secrets: &Secrets,
    person: &PersonId,
    visitor: &Visitor,
    at: ServerTime,
) -> Result<(), StoreError> {
    let mark = name_mark(secrets, person.as_str());
    for scope in [Scope::Site, Scope::Everywhere, Scope::Session] {
        db.prepare_cached("DELETE FROM attempt WHERE name = ?")?.execute([key(&mark, scope, visitor)])?;
    }
    db.prepare_cached("INSERT OR REPLACE INTO attempt (name, failures, last_at) VALUES (?, 0, ?)")?
        .execute(params![known_place(&mark, visitor), at.millis()])?;
    Ok(())
}

/// Lifts every lock of a person.
pub(super) fn forgive(db: &Connection, secrets: &Secrets, person: &PersonId) -> Result<(), StoreError> {
    db.prepare_cached("DELETE FROM attempt WHERE name BETWEEN ? AND ? AND failures > 0")?
        .execute(all_of(secrets, person))?;
    Ok(())
}

/// Counts a failure; says until when the name is locked now for who failed.
pub(super) fn failed(
    writing: &mut Writing<'_>,
    secrets: &Secrets,
    name: &str,
    scopes: &[Scope],
    (visitor, at): (&Visitor, ServerTime),
) -> Result<Option<ServerTime>, StoreError> {
    let db = writing.db;
    db.prepare_cached("DELETE FROM attempt WHERE last_at < iif(failures > 0, ?, ?)")?
        .execute([at.millis() - KEPT_MS, at.millis() - KNOWN_PLACE_MS])?;
    let mark = name_mark(secrets, name);
    // A name that no login has may be a password in the wrong field: it is not written down.
    let known = name.parse::<PersonId>().ok().map(|person| Ok::<_, StoreError>((Kept::of(db, &person)?, person)));
    let whose = match known.transpose()? {
        Some((Some(_), person)) => subject(&person),
        _ => "login/unknown".to_owned(),
    };
    let told = |deed| Entry::new(Actor::Nobody, deed, &whose);
    note(db, at, &told(Deed::LoginFailed).with(&*visitor.address))?;
    let mut longest = None;
    for scope in scopes {
        let failures = count(db, &key(&mark, *scope, visitor), *scope, at)?;
        let Some(until) = scope.lock_after(failures).map(|ms| at.plus_millis(ms)) else { continue };
        let of = match scope {
            Scope::Site => format!("{failures} failures in a row from {}", visitor.address),
            Scope::Everywhere => format!("{failures} failures in a row from everywhere"),
            Scope::Session => format!("{failures} failures in a row past the password"),
        };
        note(db, at, &told(Deed::LoginLocked).with(format!("{of}, until {until}")))?;
        longest = longest.max(Some(until));
    }
    db.prepare_cached(
        "DELETE FROM attempt WHERE name IN (SELECT name FROM attempt WHERE failures > 0 ORDER BY last_at
         LIMIT max(0, (SELECT count(*) FROM attempt WHERE failures > 0) - ?))",
    )?
    .execute([KEPT])?;
    Ok(longest)
}

/// Counts a failure; returns how many in a row there are now.
fn count(db: &Connection, key: &[u8], scope: Scope, at: ServerTime) -> Result<u32, StoreError> {
    let mut select = db.prepare_cached("SELECT failures FROM attempt WHERE name = ? AND last_at > ?")?;
    let before = select.query_row(params![key, at.millis() - scope.remembered_ms()], |row| row.get(0)).optional()?;
    let failures = before.unwrap_or(0_u32).saturating_add(1);
    let until = scope.lock_after(failures).map(|ms| at.plus_millis(ms).millis());
    db.prepare_cached("INSERT OR REPLACE INTO attempt (name, failures, last_at, locked_until) VALUES (?, ?, ?, ?)")?
        .execute(params![key, failures, at.millis(), until])?;
    Ok(failures)
}

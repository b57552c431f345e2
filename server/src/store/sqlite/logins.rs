//! Logins: tries, passwords, who may come in at all.

use super::audit::note;
use super::writer::Writing;
use super::{devices, lockout, roster, sessions};
use crate::access::{ONE_TIME_MS, Scope, SessionToken, Stage, of_the_bank};
use crate::secrets::Secrets;
use crate::store::devices::{RevokeOrder, Revoked};
use crate::store::{
    Actor, BankOrder, CodeAnswer, Deed, Entry, LogIn, LoggedIn, LoginState, NewPassword, OneTime, StoreError, Tried,
    Visitor,
};
use canvass_core::domain::{Bank, Membership, Person, PersonId, Role, ServerTime, Zone};
use rusqlite::{Connection, params};

/// A login as it is kept.
pub(super) struct Kept {
    pub(super) password: String,
    pub(super) one_time: bool,
    one_time_until: Option<ServerTime>,
    pub(super) second_factor: bool,
    disabled: bool,
}

impl Kept {
    pub(super) fn of(db: &Connection, person: &PersonId) -> Result<Option<Self>, StoreError> {
        let mut select = db.prepare_cached(
            "SELECT password, one_time, one_time_until, totp_confirmed, disabled_at FROM login WHERE person = ?",
        )?;
        let mut found = select.query([person.as_str()])?;
        let Some(row) = found.next()? else { return Ok(None) };
        Ok(Some(Self {
            password: row.get(0)?,
            one_time: row.get(1)?,
            one_time_until: time(row.get(2)?)?,
            second_factor: row.get(3)?,
            disabled: row.get::<_, Option<i64>>(4)?.is_some(),
        }))
    }

    /// The login of somebody who may come in: of the bank, and not disabled.
    pub(super) fn open(
        db: &Connection,
        bank: &Bank,
        person: &PersonId,
        at: ServerTime,
    ) -> Result<Option<Self>, StoreError> {
        if !of_the_bank(bank, person, at.date(&Zone::china())) {
            return Ok(None);
        }
        Ok(Self::of(db, person)?.filter(|kept| !kept.disabled))
    }
}

pub(super) fn time(millis: Option<i64>) -> Result<Option<ServerTime>, StoreError> {
    Ok(millis.map(ServerTime::from_millis).transpose()?)
}

pub(super) fn tried(
    db: &Connection,
    bank: &Bank,
    secrets: &Secrets,
    name: &str,
    visitor: &Visitor,
    at: ServerTime,
) -> Result<Tried, StoreError> {
    let known = name.parse().ok().map(|person: PersonId| Kept::open(db, bank, &person, at)).transpose()?.flatten();
    Ok(Tried {
        locked_until: lockout::locked(db, secrets, name, visitor, at)?,
        password: known.map(|kept| kept.password),
    })
}

pub(super) fn log_in(writing: &mut Writing<'_>, secrets: &Secrets, order: &LogIn) -> Result<LoggedIn, StoreError> {
    // Tries can run beside each other: what one of them did meanwhile is looked at here, again.
    if let Some(until) = lockout::locked(writing.db, secrets, &order.name, &order.visitor, order.at)? {
        return Ok(LoggedIn::Locked(until));
    }
    let bank = writing.bank()?;
    let person = order.name.parse::<PersonId>().ok();
    let kept = match &person {
        Some(person) => Kept::open(writing.db, &bank, person, order.at)?,
        None => None,
    };
    let right = kept.filter(|kept| order.verified.as_ref() == Some(&kept.password));
    let (Some(person), Some(kept)) = (&person, right) else {
        let until = lockout::failed(writing, secrets, &order.name, Scope::AT_THE_DOOR, (&order.visitor, order.at))?;
        return Ok(until.map_or(LoggedIn::Wrong, LoggedIn::Locked));
    };
    if kept.one_time && kept.one_time_until.is_some_and(|until| until <= order.at) {
        return Ok(LoggedIn::RunOut);
    }
    // Who still owes a second factor has not come in yet: failures stay counted until that is right too.
    let stage = if kept.second_factor { Stage::Password } else { Stage::Full };
    let token = sessions::open(writing, secrets, person, stage, &order.visitor, order.at)?;
    if stage == Stage::Full {
        came_in(writing, secrets, person, &order.visitor, order.at)?;
    }
    Ok(LoggedIn::Session(token))
}

/// Somebody has come in: what failed before is forgotten.
pub(super) fn came_in(
    writing: &mut Writing<'_>,
    secrets: &Secrets,
    person: &PersonId,
    visitor: &Visitor,
    at: ServerTime,
) -> Result<(), StoreError> {
    lockout::came_in(writing.db, secrets, person, visitor, at)?;
    let entry = Entry::new(Actor::Person(person.clone()), Deed::LoggedIn, subject(person));
    note(writing.db, at, &entry.with(&*visitor.address))
}

/// What the audit log calls a person's login.
pub(super) fn subject(person: &PersonId) -> String {
    format!("login/{person}")
}

pub(super) fn change_password(
    writing: &mut Writing<'_>,
    secrets: &Secrets,
    new: &NewPassword,
) -> Result<CodeAnswer<SessionToken>, StoreError> {
    let Some(open) = sessions::of(writing, secrets, &new.token, new.at)? else { return Ok(CodeAnswer::Wrong) };
    if let Some(until) = lockout::locked(writing.db, secrets, open.person.as_str(), &new.visitor, new.at)? {
        return Ok(CodeAnswer::Locked(until));
    }
    let changed = writing.db.execute(
        "UPDATE login SET password = ?, one_time = 0, one_time_until = NULL WHERE person = ? AND password = ?",
        params![new.hash, open.person.as_str(), new.verified],
    )?;
    if changed == 0 {
        let until = lockout::failed(writing, secrets, open.person.as_str(), Scope::INSIDE, (&new.visitor, new.at))?;
        return Ok(until.map_or(CodeAnswer::Wrong, CodeAnswer::Locked));
    }
    let by = Actor::Person(open.person.clone());
    note(
        writing.db,
        new.at,
        &Entry::new(by, Deed::PasswordChanged, subject(&open.person)).with(&*new.visitor.address),
    )?;
    sessions::end_quietly(writing.db, &open.person)?;
    let token = sessions::open(writing, secrets, &open.person, open.stage, &new.visitor, new.at)?;
    Ok(CodeAnswer::Right(token))
}

pub(super) fn all(db: &Connection, secrets: &Secrets, at: ServerTime) -> Result<Vec<LoginState>, StoreError> {
    let mut select = db.prepare_cached(
        "SELECT person, made_at, one_time, one_time_until, totp_confirmed, disabled_at FROM login ORDER BY person",
    )?;
    let mut found = select.query([])?;
    let mut logins = Vec::new();
    while let Some(row) = found.next()? {
        let person: PersonId = row.get::<_, String>(0)?.parse()?;
        let [locked_until, tried_until] = lockout::locks(db, secrets, &person, at)?;
        logins.push(LoginState {
            made_at: ServerTime::from_millis(row.get(1)?)?,
            one_time_until: time(row.get(3)?)?.filter(|_| row.get(2) == Ok(true)),
            second_factor: row.get(4)?,
            disabled_at: time(row.get(5)?)?,
            locked_until,
            tried_until,
            sessions: sessions::list(db, &person, at)?.len(),
            person,
        });
    }
    Ok(logins)
}

pub(super) fn add(
    writing: &mut Writing<'_>,
    new: &OneTime,
    joins: Option<(Person, Option<Membership>)>,
) -> Result<(), StoreError> {
    if let Some((person, member)) = joins {
        let (by, at) = (new.by.clone(), new.at);
        let memberships = member.into_iter().collect();
        roster::extend(writing, BankOrder { units: vec![], people: vec![person], memberships, by, at })?;
    }
    if writing.bank()?.person(&new.person).is_none() {
        return Err(StoreError::UnknownPerson(new.person.clone()));
    }
    if Kept::of(writing.db, &new.person)?.is_some() {
        return Err(StoreError::LoginExists(new.person.clone()));
    }
    insert(writing.db, &new.person, &new.hash, new.at)?;
    note(writing.db, new.at, &Entry::new(new.by.clone(), Deed::LoginMade, subject(&new.person)))
}

fn insert(db: &Connection, person: &PersonId, hash: &str, at: ServerTime) -> Result<(), StoreError> {
    db.prepare_cached(
        "INSERT INTO login (person, password, one_time, one_time_until, made_at) VALUES (?, ?, 1, ?, ?)",
    )?
    .execute(params![person.as_str(), hash, at.plus_millis(ONE_TIME_MS).millis(), at.millis()])?;
    Ok(())
}

pub(super) fn reset(writing: &mut Writing<'_>, secrets: &Secrets, new: &OneTime) -> Result<(), StoreError> {
    let db = writing.db;
    let reset = db.execute(
        "UPDATE login SET password = ?, one_time = 1, one_time_until = ?, totp = NULL, totp_confirmed = 0 WHERE person = ?",
        params![new.hash, new.at.plus_millis(ONE_TIME_MS).millis(), new.person.as_str()],
    )?;
    if reset == 0 {
        return Err(StoreError::NoLogin(new.person.clone()));
    }
    db.execute("DELETE FROM recovery_code WHERE person = ?", [new.person.as_str()])?;
    lockout::forgive(db, secrets, &new.person)?;
    sessions::end_quietly(db, &new.person)?;
    note(writing.db, new.at, &Entry::new(new.by.clone(), Deed::LoginReset, subject(&new.person)))
}

pub(super) fn disable(
    writing: &mut Writing<'_>,
    person: &PersonId,
    by: &Actor,
    at: ServerTime,
) -> Result<(), StoreError> {
    let db = writing.db;
    // Who has only a phone is disabled just so, by a login that opens with no password.
    if writing.bank()?.person(person).is_none() {
        return Err(StoreError::UnknownPerson(person.clone()));
    }
    let bank = writing.bank()?;
    let administers = |id: &PersonId| bank.person(id).is_some_and(|person| person.roles.has(Role::Administrator));
    if administers(person) {
        let mut select = db.prepare_cached("SELECT person FROM login WHERE disabled_at IS NULL AND person <> ?")?;
        let others: Vec<String> = select.query_map([person.as_str()], |row| row.get(0))?.collect::<Result<_, _>>()?;
        if !others.iter().filter_map(|id| id.parse().ok()).any(|id| administers(&id)) {
            let words = format!("{person} is the last administrator who can log in: make another one first");
            return Err(StoreError::Forbidden(words));
        }
    }
    db.execute(
        "INSERT INTO login (person, password, made_at, disabled_at) VALUES (?1, '', ?2, ?2)
         ON CONFLICT (person) DO UPDATE SET disabled_at = coalesce(disabled_at, ?2)",
        params![person.as_str(), at.millis()],
    )?;
    sessions::end_quietly(db, person)?;
    note(writing.db, at, &Entry::new(by.clone(), Deed::LoginDisabled, subject(person)))?;
    // Whoever may not come in by a browser may not by a phone either.
    let (devices, reason) = (Revoked::AllOf(person.clone()), "login disabled".to_owned());
    devices::revoke(writing.db, &RevokeOrder { devices, by: by.clone(), reason, hand_over: false, at })?;
    Ok(())
}

pub(super) fn enable(
    writing: &mut Writing<'_>,
    secrets: &Secrets,
    person: &PersonId,
    by: &Actor,
    at: ServerTime,
) -> Result<(), StoreError> {
    if writing.db.execute("UPDATE login SET disabled_at = NULL WHERE person = ?", [person.as_str()])? == 0 {
        return Err(StoreError::NoLogin(person.clone()));
    }
    lockout::forgive(writing.db, secrets, person)?;
    note(writing.db, at, &Entry::new(by.clone(), Deed::LoginEnabled, subject(person)))
}

pub(super) fn first_administrator(
    writing: &mut Writing<'_>,
    secrets: &Secrets,
    hash: String,
    at: ServerTime,
) -> Result<Option<PersonId>, StoreError> {
    let bank = writing.bank()?;
    let administrators: Vec<_> = bank.people().filter(|person| person.roles.has(Role::Administrator)).collect();
    let mut waiting = None;
    for person in &administrators {
        match Kept::of(writing.db, &person.id)? {
            Some(kept) if !kept.one_time => return Ok(None),
            Some(kept) if !kept.disabled => waiting = waiting.or(Some(person.id.clone())),
            _ => {}
        }
    }
    let by = Actor::Operator;
    if let Some(person) = waiting {
        reset(writing, secrets, &OneTime { person: person.clone(), hash, by, at })?;
        return Ok(Some(person));
    }
    let (person, joins) = match administrators.first() {
        Some(person) => (person.id.clone(), None),
        None => {
            let id: PersonId = "admin".parse()?;
            let taken = bank.person(&id).is_some();
            let id = if taken { "administrator".parse()? } else { id };
            let person = Person { id: id.clone(), name: "管理员".to_owned(), roles: Role::Administrator.into() };
            (id, Some((person, None)))
        }
    };
    add(writing, &OneTime { person: person.clone(), hash, by, at }, joins)?;
    Ok(Some(person))
}

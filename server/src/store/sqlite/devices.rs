//! The tables of phones' keys and of invitations.

use super::writer::Writing;
use super::{audit, ledger, roster};
use crate::access::of_the_bank;
use crate::ingest::{Told, token};
use crate::secrets::{Purpose, Secrets};
use crate::store::devices::{
    ATTEMPTS, Credential, DeviceState, EnrolOrder, HandOver, INVITATION_MS, InvitationError, InviteOrder, Invited,
    Revocation, RevokeOrder, Revoked,
};
use crate::store::{Actor, Deed, Entry, StoreError};
use canvass_core::domain::{DeviceNumber, PersonId, ServerTime, Zone};
use canvass_core::signing::PublicKey;
use canvass_core::wire::Before;
use rusqlite::{Connection, OptionalExtension, params};

/// In each hour a device is noted once when it is heard of; hours end where days do.
const SEEN_MS: i64 = 3_600_000;

/// A code as it is kept: whoever reads the file cannot enrol by it.
fn kept(secrets: &Secrets, invitation: u32, code: &[u8; 10]) -> [u8; 32] {
    secrets.mark(Purpose::Invitations, &[invitation.to_be_bytes().as_slice(), code].concat())
}

/// Makes an invitation.
pub(super) fn invite(writing: &mut Writing<'_>, secrets: &Secrets, order: &InviteOrder) -> Result<Invited, StoreError> {
    if writing.bank()?.person(&order.person).is_none() {
        return Err(StoreError::UnknownPerson(order.person.clone()));
    }
    if is_disabled(writing.db, &order.person)? {
        return Err(StoreError::Disabled(order.person.clone()));
    }
    // Never from a seed, even where the server's ids are.
    let (db, code) = (writing.db, rand::random());
    let number: u32 = db.query_row("SELECT coalesce(max(id), 0) + 1 FROM invitation", [], |row| row.get(0))?;
    let expires_at = order.at.plus_millis(INVITATION_MS);
    db.prepare_cached(
        "INSERT INTO invitation (id, person, code_hash, made_by, made_at, expires_at) VALUES (?, ?, ?, ?, ?, ?)",
    )?
    .execute(params![
        number,
        order.person.as_str(),
        kept(secrets, number, &code),
        order.by.to_string(),
        order.at.millis(),
        expires_at.millis()
    ])?;
    let subject = format!("person/{}", order.person);
    let entry = Entry::new(order.by.clone(), Deed::Invited, subject).with(format!("invitation {number}"));
    audit::note(db, order.at, &entry)?;
    Ok(Invited { number, code, expires_at })
}

/// An invitation as it stands.
struct Standing {
    person: PersonId,
    code_hash: Vec<u8>,
    expires_at: i64,
    attempts: u32,
    device: Option<u32>,
    key: Option<Vec<u8>>,
}

impl Standing {
    fn of(db: &Connection, number: u32) -> Result<Option<Self>, StoreError> {
        let mut select = db.prepare_cached(
            "SELECT person, code_hash, expires_at, attempts, device, public_key FROM invitation WHERE id = ?",
        )?;
        let found = select.query_row([number], |row| {
            let person: String = row.get(0)?;
            Ok((person, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?))
        });
        let Some((person, code_hash, expires_at, attempts, device, key)) = found.optional()? else { return Ok(None) };
        Ok(Some(Self { person: person.parse()?, code_hash, expires_at, attempts, device, key }))
    }
}

/// Takes a phone in.
pub(super) fn enrol(
    writing: &mut Writing<'_>,
    secrets: &Secrets,
    order: &EnrolOrder,
) -> Result<Result<DeviceNumber, InvitationError>, StoreError> {
    let db = writing.db;
    let Some(standing) = Standing::of(db, order.invitation)? else { return Ok(Err(InvitationError::Unknown)) };
    if standing.attempts >= ATTEMPTS {
        return Ok(Err(InvitationError::Void));
    }
    let said = [order.invitation.to_be_bytes().as_slice(), &order.code].concat();
    if !secrets.is_marked(Purpose::Invitations, &said, &standing.code_hash) {
        db.execute("UPDATE invitation SET attempts = attempts + 1 WHERE id = ?", [order.invitation])?;
        let entry = Entry::new(Actor::Nobody, Deed::InvitationFailed, format!("invitation/{}", order.invitation));
        audit::note(db, order.at, &entry)?;
        return Ok(Err(InvitationError::Unknown));
    }
    if order.at.millis() >= standing.expires_at {
        return Ok(Err(InvitationError::Expired));
    }
    if let Some(device) = standing.device {
        let device = DeviceNumber::new(device);
        let same = standing.key.as_deref() == Some(order.key.as_bytes().as_slice());
        let revoked = credential(db, device)?.is_none_or(|known| known.revoked.is_some());
        return Ok(match (same, revoked) {
            (true, false) => Ok(device),
            (true, true) => Err(InvitationError::Void),
            (false, _) => Err(InvitationError::Used),
        });
    }
    let here = of_the_bank(&*writing.bank()?, &standing.person, order.at.date(&Zone::china()));
    if !here || is_disabled(db, &standing.person)? {
        return Ok(Err(InvitationError::Expired));
    }
    let number = match &order.before {
        Some(before) => match number_of(db, secrets, &standing.person, before)? {
            Some(number) => number,
            None => return Ok(Err(InvitationError::NumberTaken)),
        },
        None => next_number(db)?,
    };
    let device = DeviceNumber::new(number);
    roster::insert_device(db, device, &standing.person)?;
    roster::bump(db)?;
    if order.before.is_some() {
        // What it wrote may have come back before it: only now is known whose it is.
        ledger::recount_all(writing)?;
    }
    db.execute(
        "INSERT INTO device_key (number, public_key, enrolled_at) VALUES (?, ?, ?)",
        params![number, order.key.as_bytes(), order.at.millis()],
    )?;
    db.execute(
        "UPDATE invitation SET used_at = ?, device = ?, public_key = ? WHERE id = ?",
        params![order.at.millis(), number, order.key.as_bytes(), order.invitation],
    )?;
    let entry = Entry::new(Actor::Person(standing.person), Deed::Enrolled, format!("device/{number}"));
    audit::note(db, order.at, &entry.with(format!("invitation {}", order.invitation)))?;
    Ok(Ok(device))
}

/// The number under which a phone comes back that this server took in before it was restored; none if it never was this person's,
/// or a phone has it.
fn number_of(
    db: &Connection,
    secrets: &Secrets,
    person: &PersonId,
    before: &Before,
) -> Result<Option<u32>, StoreError> {
    let sql = "SELECT 1 FROM device WHERE number = ?1 UNION ALL SELECT 1 FROM device_key WHERE number = ?1";
    let number = before.device.get();
    let taken = db.query_row(sql, [number], |_| Ok(())).optional()?.is_some();
    let was_told = token::told(secrets, before.device, person, &before.token).is_some();
    Ok((was_told && !taken).then_some(number))
}

/// A number that no phone ever had.
fn next_number(db: &Connection) -> Result<u32, StoreError> {
    Ok(db.query_row(
        "SELECT 1 + max(coalesce((SELECT max(number) FROM device), 0), coalesce((SELECT max(number) FROM device_key), 0),
                        coalesce((SELECT value FROM setting WHERE name = 'device_number'), 0))",
        [],
        |row| row.get(0),
    )?)
}

fn is_disabled(db: &Connection, person: &PersonId) -> Result<bool, StoreError> {
    let mut select = db.prepare_cached("SELECT 1 FROM login WHERE person = ? AND disabled_at IS NOT NULL")?;
    Ok(select.query_row([person.as_str()], |_| Ok(())).optional()?.is_some())
}

/// Whether a device was revoked.
pub(super) fn is_revoked(db: &Connection, device: DeviceNumber) -> Result<bool, StoreError> {
    let mut select = db.prepare_cached("SELECT 1 FROM device_key WHERE number = ? AND revoked_at IS NOT NULL")?;
    Ok(select.query_row([device.get()], |_| Ok(())).optional()?.is_some())
}

/// What is known of a device.
pub(super) fn credential(db: &Connection, device: DeviceNumber) -> Result<Option<Credential>, StoreError> {
    let mut select = db.prepare_cached(
        "SELECT person, public_key, revoked_at, revoked_by, reason, hand_over FROM device_key JOIN device USING (number)
         WHERE number = ?",
    )?;
    let found = select.query_row([device.get()], |row| {
        Ok((row.get::<_, String>(0)?, row.get::<_, Vec<u8>>(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?))
    });
    let Some((person, key, at, by, reason, hand_over)) = found.optional()? else { return Ok(None) };
    Ok(Some(Credential {
        person: person.parse()?,
        key: PublicKey::from_bytes(&key).map_err(|error| StoreError::Damaged(error.to_string()))?,
        revoked: revocation(at, by, reason, hand_over)?,
    }))
}

fn revocation(
    at: Option<i64>,
    by: Option<String>,
    reason: Option<String>,
    hand_over: String,
) -> Result<Option<Revocation>, StoreError> {
    let Some(at) = at else { return Ok(None) };
    let hand_over = HandOver::named(&hand_over).ok_or_else(|| StoreError::Damaged(format!("hand_over {hand_over}")))?;
    let at = ServerTime::from_millis(at)?;
    Ok(Some(Revocation { at, by: by.unwrap_or_default(), reason: reason.unwrap_or_default(), hand_over }))
}

/// Whether it is time to note again that a device was heard of.
pub(super) fn is_news(db: &Connection, device: DeviceNumber, at: ServerTime) -> Result<bool, StoreError> {
    let mut select = db.prepare_cached("SELECT seen_at FROM device_key WHERE number = ?")?;
    let seen: Option<Option<i64>> = select.query_row([device.get()], |row| row.get(0)).optional()?;
    Ok(seen.is_some_and(|seen| seen.is_none_or(|seen| at.millis() / SEEN_MS > seen / SEEN_MS)))
}

pub(super) fn seen(db: &Connection, device: DeviceNumber, at: ServerTime) -> Result<(), StoreError> {
    db.prepare_cached("UPDATE device_key SET seen_at = ? WHERE number = ?")?
        .execute(params![at.millis(), device.get()])?;
    Ok(())
}

/// All devices.
pub(super) fn all(db: &Connection) -> Result<Vec<DeviceState>, StoreError> {
    let mut select = db.prepare_cached(
        "SELECT number, person, enrolled_at, seen_at, revoked_at, revoked_by, reason, coalesce(hand_over, 'no')
         FROM device LEFT JOIN device_key USING (number) ORDER BY number",
    )?;
    let mut found = select.query([])?;
    let mut all = Vec::new();
    while let Some(row) = found.next()? {
        let time = |at: Option<i64>| at.map(ServerTime::from_millis).transpose();
        all.push(DeviceState {
            number: DeviceNumber::new(row.get(0)?),
            person: row.get::<_, String>(1)?.parse()?,
            enrolled_at: time(row.get(2)?)?,
            seen_at: time(row.get(3)?)?,
            revoked: revocation(row.get(4)?, row.get(5)?, row.get(6)?, row.get(7)?)?,
        });
    }
    Ok(all)
}

/// Revokes devices.
pub(super) fn revoke(db: &Connection, order: &RevokeOrder) -> Result<Vec<DeviceNumber>, StoreError> {
    let (which, key) = match &order.devices {
        Revoked::Device(number) => ("number = ?", number.to_string()),
        Revoked::AllOf(person) => ("number IN (SELECT number FROM device WHERE person = ?)", person.to_string()),
    };
    let sql = format!("SELECT number FROM device_key WHERE revoked_at IS NULL AND {which} ORDER BY number");
    let numbers: Vec<u32> = db.prepare_cached(&sql)?.query_map([key], |row| row.get(0))?.collect::<Result<_, _>>()?;
    if let Revoked::AllOf(person) = &order.devices {
        db.execute("UPDATE invitation SET attempts = ? WHERE person = ?", params![ATTEMPTS, person.as_str()])?;
    }
    let hand_over = if order.hand_over { HandOver::Offered } else { HandOver::No };
    for number in &numbers {
        db.prepare_cached(
            "UPDATE device_key SET revoked_at = ?, revoked_by = ?, reason = ?, hand_over = ? WHERE number = ?",
        )?
        .execute(params![order.at.millis(), order.by.to_string(), order.reason, hand_over.name(), number])?;
        let words = format!("{} (hand over: {})", order.reason, hand_over.name());
        audit::note(
            db,
            order.at,
            &Entry::new(order.by.clone(), Deed::Revoked, format!("device/{number}")).with(words),
        )?;
    }
    Ok(numbers.into_iter().map(DeviceNumber::new).collect())
}

/// What a device was told, unless it has returned a later token before: what it was told then, it cannot unlearn.
pub(super) fn told<'a>(
    db: &Connection,
    device: DeviceNumber,
    told: Option<&'a Told>,
) -> Result<Option<&'a Told>, StoreError> {
    let Some(told) = told else { return Ok(None) };
    let sequence = i64::try_from(told.sequence).unwrap_or(i64::MAX);
    let mut later = db.prepare_cached("UPDATE device_key SET told = ?1 WHERE number = ?2 AND told < ?1")?;
    later.execute(params![sequence, device.get()])?;
    let mut select = db.prepare_cached("SELECT 1 FROM device_key WHERE number = ? AND told > ?")?;
    let outdated = select.query_row(params![device.get(), sequence], |_| Ok(())).optional()?.is_some();
    Ok((!outdated).then_some(told))
}

/// Voids every invitation.
pub(super) fn void_all(db: &Connection) -> Result<(), StoreError> {
    db.execute("UPDATE invitation SET attempts = ?", [ATTEMPTS])?;
    Ok(())
}

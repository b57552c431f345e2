//! Feeds: for each audience its records, and in which order it was told of them. A record is in one feed, a dossier in those
//! of its people and of its unit's leaders; moving it leaves a row that says it went.

use crate::ingest::Assigned;
use crate::store::StoreError;
use canvass_core::domain::{Audience, AudienceRule, Bank, DeviceNumber, Kind, RecordId, ServerTime};
use rusqlite::{Connection, OptionalExtension, params};

/// Hands out the numbers in the server's order of all things to one job, which notes at its end how far it came.
pub(super) struct Numbers(i64);

impl Numbers {
    pub(super) fn of(db: &Connection) -> Result<Self, StoreError> {
        let mut select = db.prepare_cached("SELECT value FROM setting WHERE name = 'sequence'")?;
        Ok(Self(select.query_row([], |row| row.get(0))?))
    }

    pub(super) fn next(&mut self) -> i64 {
        self.0 += 1;
        self.0
    }

    pub(super) fn save(&self, db: &Connection) -> Result<(), StoreError> {
        db.prepare_cached("UPDATE setting SET value = ? WHERE name = 'sequence'")?.execute([self.0])?;
        Ok(())
    }
}

/// The number up to which everything has been read, in a reader's snapshot.
pub(super) fn sequence(db: &Connection) -> Result<u64, StoreError> {
    Ok(Numbers::of(db)?.0.unsigned_abs())
}

/// To whom a prospect is assigned: the assignment that became effective last, as on phones.
pub(super) fn assigned(db: &Connection, prospect: RecordId) -> Result<Option<Assigned>, StoreError> {
    assigned_at(db, prospect, i64::MAX)
}

/// To whom a prospect was assigned at a place in the server's order.
pub(super) fn assigned_at(db: &Connection, prospect: RecordId, seq: i64) -> Result<Option<Assigned>, StoreError> {
    let mut select = db.prepare_cached(
        "SELECT unit, owner FROM record WHERE prospect = ? AND kind = 'assignment' AND author = 0 AND seq <= ?
         ORDER BY occurred_at DESC, id DESC LIMIT 1",
    )?;
    let found: Option<(Option<String>, Option<String>)> =
        select.query_row(params![prospect.as_bytes(), seq], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    let Some((Some(unit), owner)) = found else { return Ok(None) };
    Ok(Some(Assigned { unit: unit.parse()?, owner: owner.map(|owner| owner.parse()).transpose()? }))
}

/// Since when a prospect's newest assignment holds.
pub(super) fn assigned_since(db: &Connection, prospect: RecordId) -> Result<Option<ServerTime>, StoreError> {
    let sql = "SELECT max(occurred_at) FROM record WHERE prospect = ? AND kind = 'assignment' AND author = 0";
    let latest: Option<i64> = db.prepare_cached(sql)?.query_row([prospect.as_bytes()], |row| row.get(0))?;
    Ok(latest.map(ServerTime::from_millis).transpose()?)
}

/// What decides whose a record is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Belonging<'a> {
    pub(super) kind: &'a Kind,
    pub(super) prospect: Option<RecordId>,
    pub(super) author: Option<DeviceNumber>,
}

/// Whose a record is: the table of audiences. A kind that this version does not know, and a record of a prospect that
/// nobody is assigned to, are their author's until known; what the server itself wrote of such a prospect is nobody's.
pub(super) fn audiences(db: &Connection, bank: &Bank, of: Belonging<'_>) -> Result<Vec<Audience>, StoreError> {
    let author = || of.author.and_then(|device| bank.holder(device)).map(|person| person.id.clone());
    let rule = of.kind.spec().map(|spec| spec.audience);
    if rule == Some(AudienceRule::Bank) {
        return Ok(vec![Audience::Bank]);
    }
    let assigned = match (rule, of.prospect) {
        (Some(_), Some(prospect)) => assigned(db, prospect)?,
        _ => None,
    };
    Ok(match (rule, assigned) {
        (Some(AudienceRule::ProspectsPeople), Some(assigned)) => {
            let unit = assigned.unit;
            let owner = assigned.owner.map(|owner| Audience::Dossiers(owner, Some(unit.clone())));
            owner.into_iter().chain([Audience::Leaders(unit)]).collect()
        }
        (Some(AudienceRule::ProspectsPeople), None) => {
            author().map(|author| Audience::Dossiers(author, None)).into_iter().collect()
        }
        (_, Some(assigned)) => vec![Audience::Unit(assigned.unit)],
        (_, None) => author().map(Audience::Person).into_iter().collect(),
    })
}

/// Tells a record's audiences of its changes from number `seq` on; those to which it no longer belongs are told that it went.
pub(super) fn tell(db: &Connection, record: RecordId, audiences: &[Audience], seq: i64) -> Result<(), StoreError> {
    let held = feeds_of(db, record)?;
    let feeds: Vec<String> = audiences.iter().map(Audience::to_string).collect();
    for left in held.iter().filter(|held| !feeds.contains(held)) {
        db.prepare_cached("UPDATE feed SET gone = 1, last = ? WHERE record = ? AND feed = ?")?.execute(params![
            seq,
            record.as_bytes(),
            left
        ])?;
        note(db, record, left, seq)?;
    }
    for feed in feeds {
        if held.contains(&feed) {
            db.prepare_cached("UPDATE feed SET last = ? WHERE record = ? AND feed = ?")?.execute(params![
                seq,
                record.as_bytes(),
                feed
            ])?;
        } else {
            db.prepare_cached(
                "INSERT INTO feed (feed, record, entered, last, gone) VALUES (?2, ?1, ?3, ?3, 0)
                 ON CONFLICT (record, feed) DO UPDATE SET entered = ?3, last = ?3, gone = 0",
            )?
            .execute(params![record.as_bytes(), feed, seq])?;
        }
        note(db, record, &feed, seq)?;
    }
    Ok(())
}

/// Takes a record that was erased out of its feeds, and tells everybody in the bank: a phone may hold something of it wherever
/// it belonged once.
pub(super) fn tell_of_erasure(db: &Connection, record: RecordId, seq: i64) -> Result<(), StoreError> {
    db.prepare_cached("UPDATE feed SET gone = 1, last = ? WHERE record = ?")?
        .execute(params![seq, record.as_bytes()])?;
    let bank = Audience::Bank.to_string();
    db.prepare_cached("INSERT OR IGNORE INTO feed (feed, record, entered, last, gone) VALUES (?2, ?1, ?3, ?3, 1)")?
        .execute(params![record.as_bytes(), bank, seq])?;
    note(db, record, &bank, seq)
}

fn note(db: &Connection, record: RecordId, feed: &str, seq: i64) -> Result<(), StoreError> {
    db.prepare_cached("INSERT INTO told (feed, seq, record) VALUES (?, ?, ?)")?.execute(params![
        feed,
        seq,
        record.as_bytes()
    ])?;
    Ok(())
}

/// The feeds in which a record is.
fn feeds_of(db: &Connection, record: RecordId) -> Result<Vec<String>, StoreError> {
    let mut select = db.prepare_cached("SELECT feed FROM feed WHERE record = ? AND gone = 0")?;
    Ok(select.query_map([record.as_bytes()], |row| row.get(0))?.collect::<Result<_, _>>()?)
}

/// A prospect was assigned: what belongs to it moves to the audiences that follow from that.
pub(super) fn move_group(
    db: &Connection,
    bank: &Bank,
    prospect: RecordId,
    numbers: &mut Numbers,
) -> Result<(), StoreError> {
    let mut select = db.prepare_cached("SELECT id, kind, author FROM record WHERE prospect = ?")?;
    let mut found = select.query([prospect.as_bytes()])?;
    while let Some(row) = found.next()? {
        let record = RecordId::from_bytes(row.get_ref(0)?.as_blob().unwrap_or_default())?;
        let kind: Kind = row.get::<_, String>(1)?.parse()?;
        let author = row.get::<_, Option<u32>>(2)?.map(DeviceNumber::new);
        let mut audiences: Vec<_> = audiences(db, bank, Belonging { kind: &kind, prospect: Some(prospect), author })?;
        audiences.sort_unstable_by_key(Audience::to_string);
        let mut held = feeds_of(db, record)?;
        held.sort_unstable();
        if !audiences.is_empty()
            && !held.iter().eq(audiences.iter().map(Audience::to_string).collect::<Vec<_>>().iter())
        {
            tell(db, record, &audiences, numbers.next())?;
        }
    }
    Ok(())
}

/// Whether a record is in any feed.
pub(super) fn is_kept(db: &Connection, record: RecordId) -> Result<bool, StoreError> {
    Ok(!feeds_of(db, record)?.is_empty())
}

/// Whether a record is in one of some feeds.
pub(super) fn is_in(db: &Connection, record: RecordId, audiences: &[Audience]) -> Result<bool, StoreError> {
    let held = feeds_of(db, record)?;
    Ok(audiences.iter().any(|audience| held.contains(&audience.to_string())))
}

//! The audit log's table: append-only, each entry chained to the one before by a mark that only the holder of the secret
//! file can make. Where the chain ends is kept in a second place, so that a log that was cut off is found out.

use super::head::Noted;
use crate::secrets::{Purpose, Secrets};
use crate::store::audit::{AuditCheck, AuditFault, AuditPage, AuditQuery, Logged};
use crate::store::{Entry, StoreError};
use canvass_core::domain::ServerTime;
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row, params, params_from_iter};

/// Adds an entry, in the transaction of what it tells of; the connection has the key.
pub(super) fn note(db: &Connection, at: ServerTime, entry: &Entry) -> Result<(), StoreError> {
    let (n, before) = last(db)?.map_or((1, Vec::new()), |(n, mark)| (n + 1, mark));
    let (actor, deed) = (entry.actor.to_string(), entry.deed.name());
    let said = said(&before, n, at.millis(), [&actor, deed, &entry.subject, &entry.detail]);
    let sql =
        "INSERT INTO audit (n, at, actor, action, subject, detail, hash) VALUES (?, ?, ?, ?, ?, ?, audit_mark(?))";
    let added =
        db.prepare_cached(sql)?.execute(params![n, at.millis(), actor, deed, entry.subject, entry.detail, said])?;
    // A trigger that somebody put into the file may swallow an entry, but not without a word.
    if added == 1 { Ok(()) } else { Err(StoreError::Damaged("the audit log took no entry".to_owned())) }
}

pub(super) fn last(db: &Connection) -> Result<Option<(i64, Vec<u8>)>, StoreError> {
    let mut select = db.prepare_cached("SELECT n, hash FROM audit ORDER BY n DESC LIMIT 1")?;
    Ok(select.query_row([], |row| Ok((row.get(0)?, row.get(1)?))).optional()?)
}

/// What an entry's mark is made of: the mark of the one before, its number, its time and its words, each with its length.
fn said(before: &[u8], n: i64, at: i64, words: [&str; 4]) -> Vec<u8> {
    let mut said = [before, &n.to_be_bytes(), &at.to_be_bytes()].concat();
    for word in words {
        said.extend((word.len() as u64).to_be_bytes());
        said.extend(word.as_bytes());
    }
    said
}

/// Some of the log.
pub(super) fn read(db: &Connection, query: &AuditQuery) -> Result<AuditPage, StoreError> {
    let mut filter = String::from("1");
    let mut values: Vec<Value> = Vec::new();
    for (column, text) in [("actor", &query.actor), ("action", &query.deed), ("subject", &query.subject)] {
        if let Some(text) = text {
            filter.push_str(&format!(" AND instr({column}, ?) > 0"));
            values.push(text.clone().into());
        }
    }
    for (bound, time) in [("at >= ?", query.from), ("at < ?", query.until)] {
        if let Some(time) = time {
            filter.push_str(&format!(" AND {bound}"));
            values.push(time.millis().into());
        }
    }
    if let Some(n) = query.after {
        filter.push_str(" AND n > ?");
        values.push(i64::try_from(n).unwrap_or(i64::MAX).into());
    }
    let count = format!("SELECT count(*) FROM audit WHERE {filter}");
    let total: i64 = db.prepare_cached(&count)?.query_row(params_from_iter(values.iter()), |row| row.get(0))?;
    let order = if query.oldest_first { "ASC" } else { "DESC" };
    let select = format!("SELECT {COLUMNS} FROM audit WHERE {filter} ORDER BY n {order} LIMIT ? OFFSET ?");
    for number in [query.limit, query.offset] {
        values.push(i64::try_from(number).unwrap_or(i64::MAX).into());
    }
    let mut select = db.prepare_cached(&select)?;
    let entries = select.query_map(params_from_iter(values), logged)?.collect::<Result<_, _>>()?;
    Ok(AuditPage { total: usize::try_from(total).unwrap_or(0), entries })
}

const COLUMNS: &str = "n, at, actor, action, subject, detail, hash";

fn logged(row: &Row<'_>) -> rusqlite::Result<Logged> {
    Ok(Logged {
        n: row.get::<_, i64>(0)?.unsigned_abs(),
        at: ServerTime::nearest(row.get(1)?),
        actor: row.get(2)?,
        deed: row.get(3)?,
        subject: row.get(4)?,
        detail: row.get(5)?,
        mark: row.get(6)?,
    })
}

/// Walks the chain from its beginning; `noted` is where it ended when that was last kept.
pub(super) fn verify(db: &Connection, secrets: &Secrets, noted: Noted) -> Result<AuditCheck, StoreError> {
    let mut check = AuditCheck { entries: 0, last: Vec::new(), fault: None };
    let mut reached = None;
    let mut select = db.prepare(&format!("SELECT {COLUMNS} FROM audit ORDER BY n"))?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        let (n, at): (i64, i64) = (row.get(0)?, row.get(1)?);
        let expected = check.entries + 1;
        // What cannot even be read as an entry was not written by `note`.
        let entry = logged(row).ok().filter(|entry| entry.n == n.unsigned_abs() && n > 0);
        let fault = match entry {
            Some(entry) if entry.n != expected => Some(AuditFault::Missing { n: expected, found: entry.n }),
            Some(entry) => {
                let words = [&*entry.actor, &entry.deed, &entry.subject, &entry.detail];
                let holds = secrets.is_marked(Purpose::Audit, &said(&check.last, n, at, words), &entry.mark);
                check.last = entry.mark;
                (!holds).then_some(AuditFault::Changed { n: expected })
            }
            None => Some(AuditFault::Changed { n: expected }),
        };
        if fault.is_some() {
            check.fault = fault;
            return Ok(check);
        }
        check.entries = expected;
        if matches!(&noted, Noted::Until(head) if head.n == expected) {
            reached = Some(check.last.clone());
        }
    }
    check.fault = match noted {
        Noted::Nothing if check.entries > 0 => Some(AuditFault::NoHead),
        Noted::Nothing => None,
        Noted::Forged => Some(AuditFault::HeadForged),
        Noted::Until(head) if head.n > check.entries => {
            Some(AuditFault::CutOff { entries: check.entries, noted: head.n })
        }
        Noted::Until(head) if head.n == 0 => None,
        Noted::Until(head) => (reached != Some(head.mark)).then_some(AuditFault::Changed { n: head.n }),
    };
    Ok(check)
}

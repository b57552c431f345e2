//! What one sees of a prospect at a glance: last visit and next step, assignment, tier, stage. One narrow row for each, kept
//! with the rows from which it follows, so that lists over many prospects look through no visits.

use super::ReplicaError;
use crate::domain::{Fields, Money, RecordId, assignment, prospect, stage_move, tier, visit};
use rusqlite::{Connection, params};

/// That no other record of the same prospect stands in lists in this one's place (an older one that is here and was not
/// withdrawn), as SQL over `glance`.
pub(super) const STANDS: &str = "(same_as IS NULL OR NOT EXISTS (SELECT 1 FROM glance AS older
    WHERE older.prospect = glance.same_as AND older.known = 1 AND older.prospect < glance.prospect))";

/// Looks again at what a prospect's records of one kind say, after one of them was written or removed.
pub(super) fn look(db: &Connection, kind: &str, prospect: &[u8]) -> Result<(), ReplicaError> {
    let update = match kind {
        _ if kind == prospect::KIND.name => {
            "UPDATE glance SET (known, same_as) = (
                 SELECT coalesce(max(state = 'active'), 0), max(unhex(body ->> '$.same_as.b')) FROM record WHERE id = ?1)
             WHERE prospect = ?1"
        }
        _ if kind == assignment::KIND.name => {
            "UPDATE glance SET (unit, owner) = (
                 SELECT unit, owner FROM record WHERE prospect = ?1 AND kind = 'assignment' AND state = 'active'
                 ORDER BY occurred_at DESC, id DESC LIMIT 1)
             WHERE prospect = ?1"
        }
        _ if kind == visit::KIND.name => {
            "UPDATE glance SET (last_visit, last_at, last_owner, last_author, next_at) = (
                 SELECT id, occurred_at, owner, author, due_at FROM record
                 WHERE prospect = ?1 AND kind = 'visit' AND state = 'active' AND occurred_at IS NOT NULL
                 ORDER BY occurred_at DESC, id DESC LIMIT 1)
             WHERE prospect = ?1"
        }
        _ if kind == stage_move::KIND.name => return look_at_stage(db, prospect),
        _ => return Ok(()),
    };
    db.prepare_cached("INSERT OR IGNORE INTO glance (prospect) VALUES (?)")?.execute([prospect])?;
    db.prepare_cached(update)?.execute([prospect])?;
    if kind == visit::KIND.name {
        look_at_retired(db, prospect)?;
    }
    Ok(())
}

/// Notes a prospect's tier, set by hand or by the rule.
pub(super) fn note_tier(db: &Connection, prospect: RecordId, fields: &Fields) -> Result<(), ReplicaError> {
    db.prepare_cached("UPDATE glance SET tier = ? WHERE prospect = ?")?
        .execute(params![tier::tier(fields), prospect.as_bytes()])?;
    Ok(())
}

/// The present stage: where its newest move that was not withdrawn led.
fn look_at_stage(db: &Connection, prospect: &[u8]) -> Result<(), ReplicaError> {
    db.prepare_cached("INSERT OR IGNORE INTO glance (prospect) VALUES (?)")?.execute([prospect])?;
    db.prepare_cached(
        "UPDATE glance SET (stage, stage_at, reserve) = (
             SELECT body ->> '$.to', occurred_at, iif(body ->> '$.amount' BETWEEN 0 AND ?2, body ->> '$.amount', NULL)
             FROM record WHERE prospect = ?1 AND kind = 'stage_move' AND state = 'active'
             ORDER BY occurred_at DESC, id DESC LIMIT 1)
         WHERE prospect = ?1",
    )?
    .execute(params![prospect, Money::MAX.fen()])?;
    Ok(())
}

/// A visit that left the phone because it is old was made all the same; nothing of it is due any more.
fn look_at_retired(db: &Connection, prospect: &[u8]) -> Result<(), ReplicaError> {
    db.prepare_cached(
        "UPDATE glance SET last_visit = NULL, next_at = NULL, last_at = old.at
         FROM (SELECT max(occurred_at) AS at FROM retired WHERE prospect = ?1 AND kind = 'visit') AS old
         WHERE glance.prospect = ?1 AND coalesce(glance.last_at, -1) < old.at",
    )?
    .execute([prospect])?;
    Ok(())
}

/// Looks again at a prospect of which records went; once nothing of it is here, its row goes as well.
pub(super) fn look_after_removal(db: &Connection, kind: &str, prospect: &[u8]) -> Result<(), ReplicaError> {
    look(db, kind, prospect)?;
    db.prepare_cached(
        "DELETE FROM glance WHERE prospect = ?1 AND NOT EXISTS (SELECT 1 FROM record WHERE prospect = ?1)",
    )?
    .execute([prospect])?;
    Ok(())
}

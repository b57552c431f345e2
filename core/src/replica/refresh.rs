//! After an update of the app: rows that an earlier version derived are derived anew, a part at a time, so that what it knew
//! nothing of is shown.

use super::{Replica, ReplicaError, changes, rows};
use crate::domain::RecordId;
use crate::projection::PROJECTION;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

/// How many rows are derived anew at once.
const AT_ONCE: usize = 1_000;

impl Replica {
    /// Derives anew a part of the rows that an earlier version of the app derived. Returns whether there are more: an app calls
    /// it in the background after an update until there are none; each sync does a part, too.
    ///
    /// # Errors
    /// When the database cannot be read or written, or stored changes are damaged.
    pub fn refresh(&mut self) -> Result<bool, ReplicaError> {
        let files = self.files_mut()?;
        let mut more = false;
        for (db, of_all) in
            std::iter::once((&mut files.main, true)).chain(files.dossiers.iter_mut().map(|db| (db, false)))
        {
            if is_fresh(db)? {
                continue;
            }
            let tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
            if refresh(&tx)? < AT_ONCE {
                note_fresh(&tx)?;
                if of_all {
                    // The earlier version may have passed over what this one understands.
                    tx.execute("DELETE FROM setting WHERE name IN ('reference_version', 'standings_version')", [])?;
                }
            } else {
                more = true;
            }
            tx.commit()?;
        }
        Ok(more)
    }
}

/// Derives some rows anew. Returns how many.
fn refresh(db: &Connection) -> Result<usize, ReplicaError> {
    let mut select = db.prepare_cached("SELECT id FROM record WHERE projection <> ? LIMIT ?")?;
    let most = i64::try_from(AT_ONCE).unwrap_or(i64::MAX);
    let stale: Vec<Vec<u8>> =
        select.query_map(params![PROJECTION, most], |row| row.get(0))?.collect::<Result<_, _>>()?;
    for id in &stale {
        let id = RecordId::from_bytes(id)?;
        match changes::document(db, id) {
            Ok(Some((document, _))) => rows::save(db, id, &document)?,
            Ok(None) => rows::remove(db, id)?,
            // One that storage damaged keeps nobody from the others; a check has it sent again.
            Err(ReplicaError::Damaged(_)) => {
                db.prepare_cached("UPDATE record SET projection = ? WHERE id = ?")?
                    .execute(params![PROJECTION, id.as_bytes()])?;
            }
            Err(error) => return Err(error),
        }
    }
    Ok(stale.len())
}

fn is_fresh(db: &Connection) -> Result<bool, ReplicaError> {
    let mut select = db.prepare_cached("SELECT value FROM setting WHERE name = 'projection'")?;
    let noted: Option<i64> = select.query_row([], |row| row.get(0)).optional()?;
    Ok(noted == Some(PROJECTION))
}

/// Notes that all rows of a file are of this version.
pub(super) fn note_fresh(db: &Connection) -> Result<(), ReplicaError> {
    db.execute("INSERT OR REPLACE INTO setting (name, value) VALUES ('projection', ?)", [PROJECTION])?;
    Ok(())
}

//! Planted faults: damage done on purpose after the play, to show that the checks can fail.

use super::fleet::Fleet;
use super::phone::Phone;
use crate::store::{SqliteStore, StoreError};

/// A fault to plant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Fault {
    /// The server loses one change that it has acknowledged.
    LostChange,
    /// One row on the server is not what its document says.
    StaleRow,
    /// One sum behind the standings is off by one.
    WrongTally,
    /// One contribution is not as a bulletin sealed it.
    ForgedBulletin,
    /// One phone loses a record that it was sent.
    ForgetfulPhone,
}

impl Fault {
    /// Plants it.
    ///
    /// # Errors
    /// When the database cannot be damaged, or has nothing to damage.
    pub async fn plant(self, store: &SqliteStore, fleet: &Fleet) -> Result<(), PlantError> {
        let damaged = match self {
            Self::LostChange => {
                store
                    .tamper("DELETE FROM change WHERE seq = (SELECT max(seq) FROM change WHERE device <> 0)".into())
                    .await?
            }
            Self::StaleRow => {
                let sql = "UPDATE record SET state = 'withdrawn'
                           WHERE id = (SELECT id FROM record WHERE kind = 'visit' AND state = 'active' LIMIT 1)";
                store.tamper(sql.into()).await?
            }
            Self::WrongTally => {
                let sql = "UPDATE tally SET value = value + 1 WHERE (campaign, unit, week, metric, status) IN
                           (SELECT campaign, unit, week, metric, status FROM tally WHERE unit <> '' LIMIT 1)";
                store.tamper(sql.into()).await?
            }
            Self::ForgedBulletin => {
                let sql =
                    "UPDATE sealed SET value = value + 1 WHERE (campaign, prospect, source, metric, person, since) IN
                           (SELECT campaign, prospect, source, metric, person, since FROM sealed LIMIT 1)";
                store.tamper(sql.into()).await?
            }
            Self::ForgetfulPhone => forget(fleet)?,
        };
        if damaged == 0 { Err(PlantError::Nothing) } else { Ok(()) }
    }
}

fn forget(fleet: &Fleet) -> Result<usize, PlantError> {
    let damage = |phone: &mut Phone| -> rusqlite::Result<usize> {
        let db = rusqlite::Connection::open(phone.path())?;
        db.execute("DELETE FROM record WHERE id = (SELECT id FROM record WHERE kind = 'visit' LIMIT 1)", [])
    };
    for number in 0..fleet.size() {
        let damaged = fleet.phone(number, damage).transpose().map_err(StoreError::from)?;
        if damaged.unwrap_or(0) > 0 {
            return Ok(1);
        }
    }
    Ok(0)
}

/// Why a fault could not be planted.
#[derive(Debug, thiserror::Error)]
pub enum PlantError {
    /// Nothing there to damage.
    #[error("there is nothing to damage: play more weeks")]
    Nothing,
    /// The database to damage.
    #[error(transparent)]
    Store(#[from] StoreError),
}

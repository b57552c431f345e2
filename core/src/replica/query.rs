//! Queries: lists come from rows, never from documents.

use super::{Replica, ReplicaError, rows};
use crate::domain::{Bank, DeviceNumber, Kind, RecordId, UnitId, Week, Zone};
use crate::projection::Row;
use crate::wire::{CampaignStandings, Reference, Standings};
use rusqlite::types::Value as Sql;
use rusqlite::{Connection, OptionalExtension, params_from_iter};

/// Which records, newest first.
#[derive(Debug, Clone, Default)]
pub struct Query {
    /// Only of this kind.
    pub kind: Option<Kind>,
    /// Only of this prospect.
    pub prospect: Option<RecordId>,
    /// Only of prospects assigned to this unit.
    pub unit: Option<UnitId>,
    /// Only what happened in this week, in this zone.
    pub week: Option<(Week, Zone)>,
    /// Only records in conflict.
    pub in_conflict: bool,
    /// At most so many; 0 means 50.
    pub limit: u32,
    /// Pass over so many.
    pub offset: u32,
}

/// One record as a screen shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordView {
    /// Its row, with conflicts and flags.
    pub row: Row,
    /// How many of its changes the server does not have yet; only at 0 may it be shown as synced.
    pub unsynced: usize,
}

/// One record of a file.
pub(super) fn view(db: &Connection, id: RecordId) -> Result<Option<RecordView>, ReplicaError> {
    let Some(row) = view_row(db, id)? else { return Ok(None) };
    Ok(Some(RecordView { row, unsynced: unsynced(db, id)? }))
}

/// One record's row of a file.
pub(super) fn view_row(db: &Connection, id: RecordId) -> Result<Option<Row>, ReplicaError> {
    let sql = format!("SELECT {} FROM record WHERE id = ?", rows::COLUMNS);
    let stored = db.prepare_cached(&sql)?.query_row([id.as_bytes()], rows::read).optional()?;
    Ok(stored.map(Row::try_from).transpose()?)
}

/// How many changes of a record the server does not have yet.
pub(super) fn unsynced(db: &Connection, id: RecordId) -> Result<usize, ReplicaError> {
    let mut count = db.prepare_cached("SELECT count(*) FROM change WHERE record = ? AND acknowledged = 0")?;
    Ok(count.query_row([id.as_bytes()], rows::count)?)
}

impl Replica {
    /// The records that a query asks for, newest first. Dossiers are never among them.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn query(&self, query: &Query) -> Result<Vec<Row>, ReplicaError> {
        let mut sql = format!("SELECT {} FROM record WHERE 1", rows::COLUMNS);
        let mut values: Vec<Sql> = Vec::new();
        if let Some(kind) = &query.kind {
            sql.push_str(" AND kind = ?");
            values.push(kind.to_string().into());
        }
        if let Some(prospect) = query.prospect {
            sql.push_str(" AND prospect = ?");
            values.push(prospect.as_bytes().to_vec().into());
        }
        if let Some(unit) = &query.unit {
            // A prospect's earlier assignments come along with it; only the newest one holds.
            sql.push_str(
                " AND prospect IN (SELECT prospect FROM record AS held WHERE kind = 'assignment' AND unit = ?
                  AND NOT EXISTS (SELECT 1 FROM record AS newer WHERE newer.prospect = held.prospect
                      AND newer.kind = 'assignment'
                      AND (newer.occurred_at, newer.id) > (held.occurred_at, held.id)))",
            );
            values.push(unit.to_string().into());
        }
        if let Some((week, zone)) = &query.week {
            sql.push_str(" AND occurred_at >= ? AND occurred_at < ?");
            values.push(zone.start_of(week.monday()).into());
            values.push(zone.start_of(week.next().monday()).into());
        }
        if query.in_conflict {
            sql.push_str(" AND conflicts <> ''");
        }
        sql.push_str(" ORDER BY occurred_at DESC, id DESC LIMIT ? OFFSET ?");
        values.push(i64::from(if query.limit == 0 { 50 } else { query.limit }).into());
        values.push(i64::from(query.offset).into());
        let mut select = self.main()?.prepare_cached(&sql)?;
        rows::parse(select.query_map(params_from_iter(values), rows::read)?)
    }

    /// One record, with its conflicts and flags; `None` when it is not on this phone, or is a dossier.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn record(&self, id: RecordId) -> Result<Option<RecordView>, ReplicaError> {
        view(self.main()?, id)
    }

    /// How many records are on this phone, dossiers aside.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn count(&self) -> Result<usize, ReplicaError> {
        Ok(self.main()?.query_row("SELECT count(*) FROM record", [], rows::count)?)
    }

    /// The bank as the server last described it; an empty one before the first sync.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn bank(&self) -> Result<Bank, ReplicaError> {
        let stored: Option<Vec<u8>> = self.setting("reference")?;
        let Some(stored) = stored else { return Ok(Bank::default()) };
        let reference = Reference::from_bytes(&stored)?;
        Ok(reference.bank()?)
    }

    /// Every campaign's standings in its present week, as the server last told, newest campaign first; none before the
    /// first sync.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn standings(&self) -> Result<Vec<CampaignStandings>, ReplicaError> {
        let stored: Option<Vec<u8>> = self.setting("standings")?;
        Ok(stored.map(|stored| Standings::from_bytes(&stored)).transpose()?.unwrap_or_default().campaigns)
    }

    /// The name of the person whose device this is, as the server last described the bank.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn author_name(&self, device: DeviceNumber) -> Result<Option<String>, ReplicaError> {
        Ok(self.bank()?.holder(device).map(|person| person.name.clone()))
    }

    pub(super) fn setting<T: rusqlite::types::FromSql>(&self, name: &str) -> Result<Option<T>, ReplicaError> {
        Ok(self
            .main()?
            .prepare_cached("SELECT value FROM setting WHERE name = ?")?
            .query_row([name], |row| row.get(0))
            .optional()?)
    }
}

//! How far phones' clocks lie from the server's: a row for each that was ever found to have moved.

use super::SqliteStore;
use crate::store::StoreError;
use crate::store::clocks::{Clocks, Skew};
use async_trait::async_trait;
use canvass_core::domain::{DeviceNumber, ServerTime};
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::BTreeMap;

#[async_trait]
impl Clocks for SqliteStore {
    async fn note_clock(&self, device: DeviceNumber, skew: Skew, at: ServerTime) -> Result<(), StoreError> {
        if self.read(move |db| Ok(skew.is_news(noted(db, device)?))).await? {
            self.writer.run(move |writing| note(writing.db, device, skew, at)).await?;
        }
        Ok(())
    }

    async fn wrong_clocks(&self) -> Result<BTreeMap<DeviceNumber, Skew>, StoreError> {
        self.read(wrong).await
    }
}

fn noted(db: &Connection, device: DeviceNumber) -> Result<Option<Skew>, StoreError> {
    let mut select = db.prepare_cached("SELECT skew_ms FROM device_clock WHERE number = ?")?;
    Ok(select.query_row([device.get()], |row| Ok(Skew(row.get(0)?))).optional()?)
}

fn note(db: &Connection, device: DeviceNumber, skew: Skew, at: ServerTime) -> Result<(), StoreError> {
    db.prepare_cached("INSERT OR REPLACE INTO device_clock (number, skew_ms, at) VALUES (?, ?, ?)")?
        .execute(params![device.get(), skew.0, at.millis()])?;
    Ok(())
}

fn wrong(db: &Connection) -> Result<BTreeMap<DeviceNumber, Skew>, StoreError> {
    let mut select = db.prepare_cached("SELECT number, skew_ms FROM device_clock")?;
    let found = select.query_map([], |row| Ok((DeviceNumber::new(row.get(0)?), Skew(row.get(1)?))))?;
    let all: BTreeMap<DeviceNumber, Skew> = found.collect::<Result<_, _>>()?;
    Ok(all.into_iter().filter(|(_, skew)| skew.is_wrong()).collect())
}

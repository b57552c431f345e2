//! Reading the bank's tables: units, people, memberships, devices.

use crate::store::StoreError;
use canvass_core::domain::{Bank, Device, DeviceNumber, Membership, Person, Unit, UnitLevel, date_from_text};
use rusqlite::Connection;
use std::str::FromStr;
use std::sync::Arc;

/// The bank as it was last read, with the version that says whether it still holds.
#[derive(Debug, Default)]
pub(super) struct CachedBank(Option<(i64, Arc<Bank>)>);

impl CachedBank {
    /// The bank, read again only if somebody changed it.
    pub(super) fn get(&mut self, db: &Connection) -> Result<Arc<Bank>, StoreError> {
        let version = version(db)?;
        match &self.0 {
            Some((cached, bank)) if *cached == version => Ok(bank.clone()),
            _ => {
                let bank = Arc::new(load(db)?);
                self.0 = Some((version, bank.clone()));
                Ok(bank)
            }
        }
    }
}

pub(super) fn version(db: &Connection) -> Result<i64, StoreError> {
    let mut select = db.prepare_cached("SELECT value FROM setting WHERE name = 'bank_version'")?;
    Ok(select.query_row([], |row| row.get(0))?)
}

fn load(db: &Connection) -> Result<Bank, StoreError> {
    let mut units = Vec::new();
    let mut select = db.prepare_cached("SELECT id, parent, level, name FROM unit")?;
    let mut found = select.query([])?;
    while let Some(row) = found.next()? {
        let parent: Option<String> = row.get(1)?;
        units.push(Unit {
            id: parsed(&row.get::<_, String>(0)?)?,
            parent: parent.as_deref().map(parsed).transpose()?,
            level: UnitLevel::named(&row.get::<_, String>(2)?)?,
            name: row.get(3)?,
        });
    }
    let mut people = Vec::new();
    let mut select = db.prepare_cached("SELECT id, name, role FROM person")?;
    let mut found = select.query([])?;
    while let Some(row) = found.next()? {
        let roles = parsed(&row.get::<_, String>(2)?)?;
        people.push(Person { id: parsed(&row.get::<_, String>(0)?)?, name: row.get(1)?, roles });
    }
    let mut memberships = Vec::new();
    let mut select = db.prepare_cached("SELECT person, unit, from_date, until_date FROM membership")?;
    let mut found = select.query([])?;
    while let Some(row) = found.next()? {
        let until: Option<String> = row.get(3)?;
        memberships.push(Membership {
            person: parsed(&row.get::<_, String>(0)?)?,
            unit: parsed(&row.get::<_, String>(1)?)?,
            from: date_from_text(&row.get::<_, String>(2)?)?,
            until: until.as_deref().map(date_from_text).transpose()?,
        });
    }
    let mut devices = Vec::new();
    let mut select = db.prepare_cached("SELECT number, person FROM device")?;
    let mut found = select.query([])?;
    while let Some(row) = found.next()? {
        let person = parsed(&row.get::<_, String>(1)?)?;
        devices.push(Device { number: DeviceNumber::new(row.get(0)?), person });
    }
    Bank::new(units, people, memberships, devices).map_err(|error| StoreError::Damaged(error.to_string()))
}

fn parsed<T: FromStr<Err = canvass_core::domain::Invalid>>(text: &str) -> Result<T, StoreError> {
    Ok(text.parse()?)
}

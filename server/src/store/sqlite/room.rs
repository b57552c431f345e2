//! How much one device may send in all, taken or refused, so that one of them cannot fill the server for everybody.

use crate::store::StoreError;
use canvass_core::domain::DeviceNumber;
use canvass_core::wire::Push;
use rusqlite::{Connection, OptionalExtension, params};

/// The most changes of one device: fifty a day for fifty years.
const MAX_CHANGES: i64 = 1_000_000;
/// The most bytes of changes of one device.
const MAX_BYTES: i64 = 1 << 30;

/// What a device has sent so far.
pub(super) struct Room {
    device: DeviceNumber,
    changes: i64,
    bytes: i64,
}

impl Room {
    pub(super) fn of(db: &Connection, device: DeviceNumber) -> Result<Self, StoreError> {
        let mut select = db.prepare_cached("SELECT changes, bytes FROM sent WHERE device = ?")?;
        let sent = select.query_row([device.get()], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
        let (changes, bytes) = sent.unwrap_or_default();
        Ok(Self { device, changes, bytes })
    }

    /// Counts a push; false if the device has sent too much.
    pub(super) fn takes(&mut self, push: &Push) -> bool {
        let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        self.changes = self.changes.saturating_add(count(push.changes.len()));
        self.bytes = self.bytes.saturating_add(count(push.changes.iter().map(|change| change.len()).sum()));
        self.changes <= MAX_CHANGES && self.bytes <= MAX_BYTES
    }

    /// Counts a dossier that was read; false if the device has sent too much.
    pub(super) fn takes_reading(&mut self) -> bool {
        self.changes = self.changes.saturating_add(1);
        self.changes <= MAX_CHANGES
    }

    pub(super) fn save(&self, db: &Connection) -> Result<(), StoreError> {
        db.prepare_cached("INSERT OR REPLACE INTO sent (device, changes, bytes) VALUES (?, ?, ?)")?
            .execute(params![self.device.get(), self.changes, self.bytes])?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use canvass_core::domain::RecordId;

    #[test]
    fn a_device_has_room_for_a_working_life_and_no_more() {
        let kind = "visit".parse().expect("a kind");
        let push = Push { record: RecordId::new(1, [1; 10]), kind, changes: vec![vec![0; 1000].into()] };
        let mut room = Room { device: DeviceNumber::new(1), changes: 0, bytes: 0 };
        assert!((0..1000).all(|_| room.takes(&push)));
        assert_eq!((room.changes, room.bytes), (1000, 1_000_000));
        room.bytes = MAX_BYTES - 1000;
        assert!(room.takes(&push) && !room.takes(&push));
    }
}

//! What the phone keeps: for how long old visits stay on it, which of a prospect's are on the server alone, and which prospects
//! came or left because they were assigned anew.

use crate::edge::{count, now, parsed};
use crate::{Phone, PhoneError};
use canvass_core::replica::Reassigned;

/// A prospect that came to this phone or left it because it was assigned anew.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct ReassignedView {
    /// The prospect.
    pub prospect: String,
    /// Its name.
    pub name: String,
    /// Whether it came; otherwise it left.
    pub came: bool,
    /// When, in milliseconds since 1970 by this phone's clock.
    pub at_ms: i64,
    /// How many of its records are here, or left with it, itself included.
    pub records: u32,
}

#[uniffi::export]
impl Phone {
    /// The prospects that came to this phone or left it because they were assigned anew, of the last 90 days, the newest first.
    /// All that was recorded here of one that left has reached the server, or is in the inbox.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn reassigned(&self) -> Result<Vec<ReassignedView>, PhoneError> {
        let view = |one: Reassigned| ReassignedView {
            prospect: one.prospect.to_string(),
            name: one.name,
            came: one.came,
            at_ms: one.at.millis(),
            records: count(one.records),
        };
        Ok(self.replica().reassigned()?.into_iter().map(view).collect())
    }

    /// For how many days visits stay on this phone; none, as from the beginning, for good.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn retention_days(&self) -> Result<Option<u32>, PhoneError> {
        Ok(self.replica().retention_days()?)
    }

    /// Sets for how many days visits stay on this phone: 30 or more, or none for good. Older ones leave it with the syncs to come,
    /// once the server has had them for a month; nothing leaves that the server does not have.
    ///
    /// # Errors
    /// For fewer than 30 days, or when the database cannot be written.
    pub fn set_retention_days(&self, days: Option<u32>) -> Result<(), PhoneError> {
        Ok(self.replica().set_retention_days(days)?)
    }

    /// How many older visits of a prospect are on the server alone.
    ///
    /// # Errors
    /// When the argument is no id, or the database cannot be read.
    pub fn retired(&self, prospect: String) -> Result<u32, PhoneError> {
        let prospect = parsed("prospect", &prospect)?;
        Ok(count(self.replica().retired(prospect)?))
    }

    /// Asks for the older visits of a prospect: the next sync brings them, and they stay for a month. Returns how many.
    ///
    /// # Errors
    /// When the argument is no id, or storage is full.
    pub fn fetch_retired(&self, prospect: String) -> Result<u32, PhoneError> {
        let prospect = parsed("prospect", &prospect)?;
        Ok(count(self.replica().fetch_retired(prospect, now()?)?))
    }
}

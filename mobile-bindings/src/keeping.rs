//! What the phone keeps: for how long old visits stay on it, and which of a prospect's are on the server alone.

use crate::edge::{count, now, parsed};
use crate::{Phone, PhoneError};

#[uniffi::export]
impl Phone {
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

//! The time over which numbers are taken.

use crate::domain::{Date, Invalid, Week};

/// A time over which numbers are taken, in whole days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Period {
    /// An ISO week.
    Week(Week),
    /// A month of a year.
    Month(i16, i8),
    /// From a day to another, both included.
    Days(Date, Date),
}

impl Period {
    /// The first and the last day.
    ///
    /// # Errors
    /// When there is no such month, or the days are the wrong way round.
    pub fn days(&self) -> Result<(Date, Date), Invalid> {
        match *self {
            Self::Week(week) => Ok((week.monday(), week.sunday())),
            Self::Month(year, month) => {
                let wrong = |_| Invalid::new("month", format!("{year}-{month}"), "a month such as 2026-3");
                let first = Date::new(year, month, 1).map_err(wrong)?;
                Ok((first, first.last_of_month()))
            }
            Self::Days(from, to) if from <= to => Ok((from, to)),
            Self::Days(from, to) => {
                Err(Invalid::new("period", format!("{from} to {to}"), "a first day and a later one"))
            }
        }
    }
}

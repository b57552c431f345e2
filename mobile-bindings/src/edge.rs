//! What the engine must be given: the phone's clock, fresh randomness, and ids read from an app's text.

use crate::PhoneError;
use canvass_core::domain::{Invalid, PhoneTime, RecordId};
use std::str::FromStr;
use std::time::{SystemTime, UNIX_EPOCH};

/// The phone's clock.
pub(crate) fn now() -> Result<PhoneTime, PhoneError> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).ok();
    // A clock before 1970 reads as -1, which no phone time allows: the person is told to set it.
    let millis = since.map_or(-1, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX));
    named("clock", PhoneTime::from_millis(millis))
}

/// A fresh record id.
pub(crate) fn new_id(now: PhoneTime) -> RecordId {
    RecordId::new(now.millis(), rand::random())
}

/// Reads a text argument; an error names the argument.
pub(crate) fn parsed<T: FromStr<Err = Invalid>>(argument: &str, text: &str) -> Result<T, PhoneError> {
    named(argument, text.parse())
}

/// An error under the name of the argument or field in which it stood.
pub(crate) fn named<T>(field: &str, result: Result<T, Invalid>) -> Result<T, PhoneError> {
    result.map_err(|error| error.in_field(field).into())
}

/// A count as apps get it.
pub(crate) fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

//! Identifiers. Records are named by the phone that makes them (UUIDv7); units and people by the bank's own codes;
//! devices by a number the server gives.

use super::{Expected, Invalid, PhoneTime};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// A record's id: a UUIDv7, so ids sort by the time of their making. One record is one document.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordId([u8; 16]);

impl RecordId {
    /// Makes an id from the phone's clock (milliseconds since 1970) and fresh randomness.
    pub fn new(now_ms: i64, random: [u8; 10]) -> Self {
        let millis = u64::try_from(now_ms).unwrap_or(0);
        Self(uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid().into_bytes())
    }

    /// The id of a record that is named by what it is about, such as a row of a file: the same digest gives the same id
    /// everywhere. Its time is 1970, so it sorts before all that phones made.
    pub fn derived(digest: [u8; 10]) -> Self {
        Self::new(0, digest)
    }

    /// When the record was begun, by the clock of the device that named it; none for a [derived](Self::derived) id.
    pub fn begun_at(&self) -> Option<PhoneTime> {
        let millis = self.0.iter().take(6).fold(0, |millis, byte| millis << 8 | i64::from(*byte));
        PhoneTime::from_millis(millis).ok().filter(|_| millis > 0)
    }

    /// Reads the 16 bytes of an id.
    ///
    /// # Errors
    /// When the bytes are not a UUID of version 7.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Invalid> {
        let wrong = || Invalid::bytes("record id", bytes.len(), Expected::record_bytes());
        let bytes: [u8; 16] = bytes.try_into().map_err(|_| wrong())?;
        let id = uuid::Uuid::from_bytes(bytes);
        if id.get_version_num() != 7 || id.get_variant() != uuid::Variant::RFC4122 {
            return Err(wrong());
        }
        Ok(Self(bytes))
    }

    /// The 16 bytes.
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl FromStr for RecordId {
    type Err = Invalid;
    fn from_str(text: &str) -> Result<Self, Invalid> {
        let wrong = || Invalid::new("record id", text, Expected::record_text());
        let id = uuid::Uuid::try_parse(text).map_err(|_| wrong())?;
        Self::from_bytes(id.as_bytes()).map_err(|_| wrong())
    }
}

impl fmt::Display for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        uuid::Uuid::from_bytes(self.0).hyphenated().fmt(f)
    }
}

impl fmt::Debug for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A bank's own code: 1 to 32 of `A-Z a-z 0-9 . _ -`, so that it can stand in a field's path, a feed's name and a URL.
fn code(what: &str, text: &str) -> Result<Arc<str>, Invalid> {
    let fits = (1..=32).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'));
    if fits { Ok(text.into()) } else { Err(Invalid::new(what, text, Expected::code())) }
}

macro_rules! code_id {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// The code as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = Invalid;
            fn from_str(text: &str) -> Result<Self, Invalid> {
                code($what, text).map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

code_id!(
    /// A unit's code in the bank's tree.
    UnitId,
    "unit id"
);
code_id!(
    /// A person's staff code.
    PersonId,
    "person id"
);

/// An enrolled phone's number. It is the author written into documents; 0 is the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeviceNumber(u32);

impl DeviceNumber {
    /// The server, author of assignments and verifications.
    pub const SERVER: Self = Self(0);

    /// Any device number, the server's included.
    pub const fn new(number: u32) -> Self {
        Self(number)
    }

    /// A phone's number.
    ///
    /// # Errors
    /// When the number is 0, which is the server's.
    pub fn phone(number: u32) -> Result<Self, Invalid> {
        if number == 0 {
            Err(Invalid::new("device number", number, "1 or more; 0 is the server"))
        } else {
            Ok(Self(number))
        }
    }

    /// The number.
    pub const fn get(self) -> u32 {
        self.0
    }

    /// Whether this is the server.
    pub fn is_server(self) -> bool {
        self == Self::SERVER
    }
}

impl fmt::Display for DeviceNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_id_sorts_by_time_and_survives_text() {
        let (early, late) = (RecordId::new(1_000, [9; 10]), RecordId::new(2_000, [0; 10]));
        assert!(early < late);
        assert_eq!(early.to_string().parse::<RecordId>(), Ok(early));
    }

    #[test]
    fn a_record_id_of_another_version_is_refused() {
        assert!("3fa85f64-5717-4562-b3fc-2c963f66afa6".parse::<RecordId>().is_err());
        assert!(RecordId::from_bytes(&[0; 16]).is_err());
        assert!(RecordId::from_bytes(&[0; 3]).is_err());
    }

    #[test]
    fn codes_stay_within_what_a_path_can_hold() {
        assert!("SH-HP.01".parse::<UnitId>().is_ok());
        for bad in ["", "a/b", "黄浦", &"x".repeat(33)] {
            assert!(bad.parse::<UnitId>().is_err(), "{bad}");
        }
        assert!(DeviceNumber::phone(0).is_err());
    }
}

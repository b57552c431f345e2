//! The digest by which bytes are known wherever they lie.

use super::{Expected, Invalid};
use sha2::{Digest as _, Sha256};
use std::fmt;
use std::str::FromStr;

/// The SHA-256 of some bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; 32]);

impl Digest {
    /// Of bytes that are all here.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// Of bytes that come one part after the other.
    ///
    /// # Errors
    /// Whatever getting a part of them fails by.
    pub fn of_parts<B: AsRef<[u8]>, E>(parts: impl IntoIterator<Item = Result<B, E>>) -> Result<Self, E> {
        let mut digest = Sha256::new();
        for part in parts {
            digest.update(part?.as_ref());
        }
        Ok(Self(digest.finalize().into()))
    }

    /// Reads the 32 bytes of a digest.
    ///
    /// # Errors
    /// When they are not as many.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Invalid> {
        let wrong = |_| Invalid::bytes("digest", bytes.len(), Expected::digest());
        bytes.try_into().map(Self).map_err(wrong)
    }

    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl FromStr for Digest {
    type Err = Invalid;

    /// Reads the 64 hexadecimal digits that a digest is shown as.
    fn from_str(text: &str) -> Result<Self, Invalid> {
        let wrong = || Invalid::new("digest", text, Expected::digest());
        if text.len() != 64 || !text.is_ascii() {
            return Err(wrong());
        }
        let mut bytes = [0; 32];
        for (byte, at) in bytes.iter_mut().zip((0..64).step_by(2)) {
            *byte = text.get(at..at + 2).and_then(|two| u8::from_str_radix(two, 16).ok()).ok_or_else(wrong)?;
        }
        Ok(Self(bytes))
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_the_same_however_its_bytes_are_parted() {
        let parts: [Result<&[u8], Invalid>; 3] = [Ok(b"a"), Ok(b" pho"), Ok(b"to")];
        assert_eq!(Digest::of_parts(parts), Ok(Digest::of(b"a photo")));
        assert_eq!(Digest::of(b"").to_string()[..8], *"e3b0c442");
        assert!(Digest::from_bytes(&[0; 31]).is_err());
    }
}

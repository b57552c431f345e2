//! Money in whole fen. No floating point comes near an amount.

use super::Invalid;
use std::fmt;

/// An amount of yuan in fen, from zero to one trillion yuan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Money(i64);

impl Money {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// One trillion yuan: more than any fund, and sums of many still fit 64 bits.
    pub const MAX: Self = Self(100_000_000_000_000);

    /// An amount from fen.
    ///
    /// # Errors
    /// When negative or above [`Money::MAX`].
    pub fn from_fen(fen: i64) -> Result<Self, Invalid> {
        if (0..=Self::MAX.0).contains(&fen) {
            Ok(Self(fen))
        } else {
            Err(Invalid::new("money", fen, "fen from 0 to 100,000,000,000,000"))
        }
    }

    /// An amount from whole yuan.
    ///
    /// # Errors
    /// When negative or above [`Money::MAX`].
    pub fn from_yuan(yuan: i64) -> Result<Self, Invalid> {
        Self::from_fen(yuan.saturating_mul(100))
    }

    /// The amount in fen.
    pub const fn fen(self) -> i64 {
        self.0
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:02}", self.0 / 100, self.0 % 100)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_never_negative_and_never_absurd() {
        assert!(Money::from_fen(-1).is_err());
        assert!(Money::from_fen(i64::MAX).is_err());
        assert!(Money::from_yuan(i64::MAX).is_err());
        assert_eq!(Money::from_yuan(12).map(|m| m.to_string()), Ok("12.00".to_owned()));
    }
}

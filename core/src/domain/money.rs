//! Money in whole fen. No floating point comes near an amount.

use super::{Expected, Invalid};
use std::fmt;
use std::str::FromStr;

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
            Err(Invalid::new("money", fen, Expected::fen()).said(format!("“{fen} 分”不符合要求")))
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

impl FromStr for Money {
    type Err = Invalid;

    /// Reads yuan with at most two decimals: `1200`, `12.5`, `12.34`.
    fn from_str(text: &str) -> Result<Self, Invalid> {
        let wrong = || Invalid::new("money", text, Expected::yuan());
        let (yuan, part) = text.split_once('.').unwrap_or((text, "00"));
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(yuan) || !digits(part) || part.len() > 2 {
            return Err(wrong());
        }
        let fen: i64 = format!("{yuan}{part:0<2}").parse().map_err(|_| wrong())?;
        Self::from_fen(fen)
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
        for (text, fen) in [("1200", 120_000), ("12.5", 1_250), ("12.34", 1_234), ("0.01", 1)] {
            assert_eq!(text.parse::<Money>().map(Money::fen), Ok(fen));
        }
        for bad in ["", "-1", "1.234", "1.", ".5", "1e3", "99999999999999999999"] {
            assert!(bad.parse::<Money>().is_err(), "{bad}");
        }
        assert_eq!(Money::from_yuan(12).map(|m| m.to_string()), Ok("12.00".to_owned()));
    }
}

//! Invitations: what an administrator hands over, as a code to scan or to type, so that a phone can enrol. It names the
//! server, a secret that works once, and the server's key, so that no other server can pass for this one.

use crate::domain::Invalid;
use minicbor::decode::Error as DecodeError;
use minicbor::encode::{Error as EncodeError, Write};
use minicbor::{Decode, Decoder, Encode, Encoder};
use std::fmt;
use std::str::FromStr;

/// The secret of an invitation: 80 random bits, which work once and not for long.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct InvitationCode([u8; 10]);

impl InvitationCode {
    /// A code of 10 fresh random bytes.
    pub fn new(random: [u8; 10]) -> Self {
        Self(random)
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8; 10] {
        &self.0
    }
}

impl fmt::Debug for InvitationCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InvitationCode(…)")
    }
}

impl fmt::Display for InvitationCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = self.0.iter().fold(0, |number: u128, byte| number << 8 | u128::from(*byte));
        f.write_str(&digits(number, CODE_DIGITS))
    }
}

impl FromStr for InvitationCode {
    type Err = Invalid;
    fn from_str(text: &str) -> Result<Self, Invalid> {
        // What was typed is not repeated: the message could end in a log.
        let wrong = || Invalid::new("code", "what was typed", "16 letters and digits, as the invitation shows them");
        let bytes = number(text, CODE_DIGITS).ok_or_else(wrong)?.to_be_bytes();
        let code = bytes[6..].try_into().map_err(|_| wrong())?;
        Ok(Self(code))
    }
}

impl<C> Encode<C> for InvitationCode {
    fn encode<W: Write>(&self, e: &mut Encoder<W>, _: &mut C) -> Result<(), EncodeError<W::Error>> {
        e.bytes(&self.0)?.ok()
    }
}

impl<'b, C> Decode<'b, C> for InvitationCode {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, DecodeError> {
        let bytes = d.bytes()?.try_into().map_err(|_| DecodeError::message("an invitation's code is 10 bytes"))?;
        Ok(Self(bytes))
    }
}

/// An invitation as text: `<base>/enrol#<number>.<code>.<fingerprint>`. What follows the `#` is never sent by a browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// The server's address, such as `https://canvass.bank.example`.
    pub base: String,
    /// The invitation's number.
    pub number: u32,
    /// Its secret.
    pub code: InvitationCode,
    /// [`crate::signing::PublicKey::fingerprint`] of the server's key.
    pub fingerprint: [u8; 16],
}

impl fmt::Display for Invitation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fingerprint = digits(u128::from_be_bytes(self.fingerprint), FINGERPRINT_DIGITS);
        write!(f, "{}{PATH}#{}.{}.{fingerprint}", self.base, self.number, self.code)
    }
}

impl FromStr for Invitation {
    type Err = Invalid;
    /// Reads what was scanned or typed; lower case, blanks and dashes in the code do no harm.
    fn from_str(text: &str) -> Result<Self, Invalid> {
        let wrong = |expected: &str| Invalid::new("invitation", "what was typed", expected);
        let text = Some(text.trim()).filter(|text| text.len() <= MAX_LENGTH).ok_or_else(|| wrong("a shorter text"))?;
        let shape = "an address as the invitation shows it, with # and three parts behind it";
        let (address, parts) = text.split_once('#').ok_or_else(|| wrong(shape))?;
        let base = address.trim().strip_suffix(PATH).ok_or_else(|| wrong(shape))?;
        let host = base.strip_prefix("https://").or_else(|| base.strip_prefix("http://"));
        if host.is_none_or(|host| host.is_empty() || !host.bytes().all(|byte| byte.is_ascii_graphic())) {
            return Err(wrong("an address that begins with https://"));
        }
        let mut parts = parts.split('.');
        let (Some(number), Some(code), Some(print), None) = (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(wrong(shape));
        };
        let number = number.trim().parse().map_err(|_| wrong("a number behind the #"))?;
        let print = self::number(print, FINGERPRINT_DIGITS).ok_or_else(|| wrong("26 letters and digits at its end"))?;
        Ok(Self { base: base.to_owned(), number, code: code.parse()?, fingerprint: print.to_be_bytes() })
    }
}

const PATH: &str = "/enrol";
const MAX_LENGTH: usize = 500;
const CODE_DIGITS: usize = 16;
const FINGERPRINT_DIGITS: usize = 26;

/// Crockford's alphabet: no letter that is taken for a digit.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// A number in so many digits to the base of 32.
fn digits(number: u128, length: usize) -> String {
    let digit = |place: usize| char::from(ALPHABET[usize::try_from(number >> (5 * place) & 31).unwrap_or(0)]);
    (0..length).rev().map(digit).collect()
}

/// Reads so many digits as people type them.
fn number(text: &str, length: usize) -> Option<u128> {
    let typed: Vec<u8> = text.bytes().filter(|byte| !matches!(byte, b' ' | b'-')).collect();
    if typed.len() != length {
        return None;
    }
    typed.iter().try_fold(0_u128, |number, byte| {
        let byte = match byte.to_ascii_uppercase() {
            b'O' => b'0',
            b'I' | b'L' => b'1',
            other => other,
        };
        let digit = ALPHABET.iter().position(|letter| *letter == byte)?;
        number.checked_mul(32)?.checked_add(u128::try_from(digit).ok()?)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn invitation() -> Invitation {
        let fingerprint = [0xff, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 0x7f];
        let code = InvitationCode::new([0xde, 0xad, 0xbe, 0xef, 0, 1, 2, 3, 4, 0xff]);
        Invitation { base: "https://canvass.bank.example:8443/a".to_owned(), number: 41, code, fingerprint }
    }

    #[test]
    fn an_invitation_survives_its_text_and_the_way_people_type_it() {
        let text = invitation().to_string();
        assert!(text.starts_with("https://canvass.bank.example:8443/a/enrol#41.VTPVXVR0"), "{text}");
        assert_eq!(text.parse(), Ok(invitation()));
        let (address, parts) = text.split_once('#').expect("parts");
        let typed = parts.to_lowercase().replace('0', "o").replace('1', "l").replacen("4l", "41", 1);
        let (code, print) = typed.split_at(10);
        assert_eq!(format!(" {address}#{code}-{print} ").parse(), Ok(invitation()));
        assert_eq!(invitation().code.to_string().len(), CODE_DIGITS);
    }

    #[test]
    fn what_is_no_invitation_says_what_is_missing_and_never_repeats_the_secret() {
        let text = invitation().to_string();
        for end in 0..text.len() {
            let error = text[..end].parse::<Invitation>().expect_err("cut");
            assert!(!error.to_string().contains("VTPVXVR0"), "{error}");
        }
        let more = [format!("{text}.X"), text.replace("https", "ftp"), text.replace("41.", "x."), format!("{text}00")];
        for bad in more {
            assert!(bad.parse::<Invitation>().is_err(), "{bad}");
        }
        // 26 digits hold two bits more than a fingerprint has.
        assert_eq!(number(&"Z".repeat(26), 26), None);
        assert_eq!(format!("{:?}", invitation().code), "InvitationCode(…)");
    }
}

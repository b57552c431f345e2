//! The second factor: six digits that change every half a minute (RFC 6238), each of which holds once.

use canvass_core::domain::{PersonId, ServerTime};
use data_encoding::BASE32_NOPAD;
use form_urlencoded::byte_serialize;
use totp_rs::{Algorithm, Builder, Totp};

/// How many bytes a secret has (RFC 4226 recommends 160 bits).
const SECRET: usize = 20;
/// For how many seconds a code is shown.
const STEP: u64 = 30;

/// A second factor: what a person's authenticator and the server share.
pub struct SecondFactor(Totp);

impl SecondFactor {
    /// The second factor of a secret of 20 bytes; none of another length.
    pub fn of(secret: &[u8]) -> Option<Self> {
        let secret = Some(secret).filter(|secret| secret.len() == SECRET)?;
        let totp = Builder::new().with_algorithm(Algorithm::SHA1).with_digits(6).with_skew(1).with_step_duration(STEP);
        totp.with_secret(secret).build().ok().map(Self)
    }

    /// The number of the half minute that a code is for, if it is for this one or its neighbours and later than `last`.
    pub fn check(&self, typed: &str, now: ServerTime, last: u64) -> Option<u64> {
        let code: String = typed.chars().filter(|c| !c.is_whitespace()).collect();
        let seconds = now.millis().unsigned_abs() / 1000;
        self.0.check(&code, seconds).filter(|step| *step > last)
    }

    /// The secret as people type it into an authenticator: in groups of four.
    pub fn text(&self) -> String {
        let text = BASE32_NOPAD.encode(self.0.secret().as_ref());
        let parts: Vec<_> = text.as_bytes().chunks(4).map(|part| String::from_utf8_lossy(part).into_owned()).collect();
        parts.join(" ")
    }

    /// The address that an authenticator reads from a QR code.
    pub fn address(&self, person: &PersonId) -> String {
        let secret = BASE32_NOPAD.encode(self.0.secret().as_ref());
        let person: String = byte_serialize(person.as_str().as_bytes()).collect();
        format!("otpauth://totp/Canvass:{person}?secret={secret}&issuer=Canvass")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_holds_in_its_half_minute_and_beside_it_and_only_once() {
        // RFC 6238, appendix B, at 59 seconds: the last six digits of 94287082.
        let factor = SecondFactor::of(b"12345678901234567890").expect("20 bytes");
        let at = |seconds: i64| ServerTime::from_millis(seconds * 1000).expect("in range");
        assert_eq!(factor.check("287082", at(59), 0), Some(1));
        assert_eq!(factor.check("287 082", at(59), 0), Some(1));
        assert_eq!(factor.check("287082", at(89), 0), Some(1), "a slow hand");
        assert_eq!(factor.check("287082", at(59), 1), None, "used up");
        assert_eq!(factor.check("287082", at(90), 0), None, "too old");
        assert_eq!(factor.check("287083", at(59), 0), None);
        for bad in ["", "28708", "2870822", "28708x", "２８７０８２"] {
            assert_eq!(factor.check(bad, at(59), 0), None, "{bad}");
        }
        assert!(SecondFactor::of(b"short").is_none());
        assert_eq!(factor.text(), "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ");
        let address = factor.address(&"B1-L".parse().expect("id"));
        assert_eq!(address, "otpauth://totp/Canvass:B1-L?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Canvass");
    }
}

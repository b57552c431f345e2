//! Directives: what the server tells one phone alone to do, under its signature, so that nobody else can.

use super::WireError;
use super::envelope::parse;
use crate::domain::{DeviceNumber, Invalid, ServerTime};
use crate::signing::{PublicKey, Signature, Signer, SigningError, hex, unhex};
use minicbor::{Decode, Encode};
use std::fmt;
use std::str::FromStr;

/// What a phone is told to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Demand {
    /// Destroy its keys, and with them all it holds.
    Wipe,
}

impl fmt::Display for Demand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wipe => f.write_str("wipe"),
        }
    }
}

impl FromStr for Demand {
    type Err = Invalid;
    fn from_str(text: &str) -> Result<Self, Invalid> {
        match text {
            "wipe" => Ok(Self::Wipe),
            _ => Err(Invalid::new("directive", text, "wipe: update the app")),
        }
    }
}

/// A directive to one phone.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Directive {
    /// The phone it is for.
    #[n(0)]
    pub device: DeviceNumber,
    /// What it is to do.
    #[n(1)]
    pub what: Demand,
    /// Whether it may first hand over, once, what the server does not have yet.
    #[n(2)]
    pub hand_over: bool,
    /// When the server says so.
    #[n(3)]
    pub at: ServerTime,
}

/// Why a directive is not obeyed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DirectiveError {
    /// Not signed by the server that this phone knows.
    #[error("a directive that the server did not sign was ignored: tell the operator of the server")]
    Forged,
    /// For another phone.
    #[error("a directive for another phone ({0}) was ignored: tell the operator of the server")]
    OtherDevice(DeviceNumber),
    /// Not what it should be.
    #[error("a directive could not be read: {0}")]
    Malformed(String),
}

/// A directive and the server's signature. Its text stands as `directive` in the problem that tells a phone of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedDirective {
    body: Vec<u8>,
    signature: Signature,
}

impl SignedDirective {
    /// Signs a directive.
    ///
    /// # Errors
    /// When the signer cannot sign.
    pub fn sign(directive: &Directive, signer: &dyn Signer) -> Result<Self, SigningError> {
        let body = minicbor::to_vec(directive).map_err(|error| SigningError(error.to_string()))?;
        let signature = signer.sign(&message(&body))?;
        Ok(Self { body, signature })
    }

    /// What the server tells a phone; nothing of it is believed before it has been checked.
    ///
    /// # Errors
    /// When the server of that key did not sign it, or for another phone.
    pub fn open(&self, server: &PublicKey, own: DeviceNumber) -> Result<Directive, DirectiveError> {
        if !server.verifies(&message(&self.body), &self.signature) {
            return Err(DirectiveError::Forged);
        }
        let directive: Directive =
            parse(&self.body).map_err(|error: WireError| DirectiveError::Malformed(error.to_string()))?;
        if directive.device != own {
            return Err(DirectiveError::OtherDevice(directive.device));
        }
        Ok(directive)
    }
}

impl fmt::Display for SignedDirective {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", hex(self.signature.as_bytes()), hex(&self.body))
    }
}

impl FromStr for SignedDirective {
    type Err = DirectiveError;
    fn from_str(text: &str) -> Result<Self, DirectiveError> {
        let wrong = || DirectiveError::Malformed("it is not hexadecimal, or cut".to_owned());
        let bytes = Some(text).filter(|text| text.len() <= MAX_TEXT).and_then(unhex).ok_or_else(wrong)?;
        let (signature, body) = bytes.split_at_checked(64).ok_or_else(wrong)?;
        let signature = Signature::from_bytes(signature).map_err(|_| wrong())?;
        Ok(Self { body: body.to_vec(), signature })
    }
}

const MAX_TEXT: usize = 1000;

fn message(body: &[u8]) -> Vec<u8> {
    [b"canvass directive 1\n", body].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signing::SoftwareKey;

    fn key(n: u8) -> SoftwareKey {
        SoftwareKey::from_secret(&[n; 32]).expect("a key")
    }

    fn wipe() -> Directive {
        let at = ServerTime::from_millis(1_772_000_000_000).expect("a time");
        Directive { device: DeviceNumber::new(7), what: Demand::Wipe, hand_over: true, at }
    }

    #[test]
    fn a_directive_holds_for_the_phone_it_is_for_and_from_its_server_only() {
        let (server, own) = (key(9).public_key(), DeviceNumber::new(7));
        let signed = SignedDirective::sign(&wipe(), &key(9)).expect("signed");
        assert_eq!(signed.open(&server, own), Ok(wipe()));
        let other = DeviceNumber::new(8);
        assert_eq!(signed.open(&server, other), Err(DirectiveError::OtherDevice(own)));
        assert_eq!(signed.open(&key(8).public_key(), own), Err(DirectiveError::Forged));
        let forged = SignedDirective::sign(&wipe(), &key(1)).expect("signed");
        assert_eq!(forged.open(&server, own), Err(DirectiveError::Forged));
    }

    #[test]
    fn a_directive_survives_its_text_and_damage_never_passes() {
        let (server, own) = (key(9).public_key(), DeviceNumber::new(7));
        let text = SignedDirective::sign(&wipe(), &key(9)).expect("signed").to_string();
        assert_eq!(text.parse::<SignedDirective>().expect("reads").open(&server, own), Ok(wipe()));
        for at in 0..text.len() {
            let mut damaged = text.clone().into_bytes();
            damaged[at] = if damaged[at] == b'0' { b'1' } else { b'0' };
            let damaged = String::from_utf8(damaged).expect("ascii");
            assert!(damaged.parse::<SignedDirective>().and_then(|read| read.open(&server, own)).is_err(), "{at}");
            assert!(text[..at].parse::<SignedDirective>().and_then(|read| read.open(&server, own)).is_err(), "{at}");
        }
        for bad in ["", "xyz", &"0".repeat(2000), "é"] {
            assert!(bad.parse::<SignedDirective>().is_err(), "{bad}");
        }
    }
}

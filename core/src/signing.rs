//! Signatures: each phone signs its requests with a P-256 key, which is what phones' secure hardware can hold; the server
//! signs what it tells one phone alone. What is signed is text that a person can read.

use crate::domain::{DeviceNumber, PhoneTime};
use p256::ecdsa::signature::{Signer as _, Verifier as _};
use p256::ecdsa::{Signature as Ecdsa, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};
use std::fmt;
use std::str::FromStr;
use zeroize::Zeroizing;

/// How far the time in a signature may lie from the server's, in milliseconds.
pub const MAX_SKEW_MS: i64 = 5 * 60 * 1000;

/// Bytes that are no key, or no signature.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SigningError(pub String);

/// A P-256 public key, compressed.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PublicKey([u8; 33]);

impl PublicKey {
    /// Reads a key from its compressed or uncompressed form.
    ///
    /// # Errors
    /// When the bytes are no point of the curve.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, SigningError> {
        let wrong = || SigningError("the bytes are no P-256 public key".to_owned());
        let key = VerifyingKey::from_sec1_bytes(bytes).map_err(|_| wrong())?;
        key.to_sec1_point(true).as_bytes().try_into().map(Self).map_err(|_| wrong())
    }

    /// The 33 bytes of the compressed form.
    pub fn as_bytes(&self) -> &[u8; 33] {
        &self.0
    }

    /// The first 16 bytes of the key's digest: what a code to scan can hold, and nobody can find another key for.
    pub fn fingerprint(&self) -> [u8; 16] {
        let mut fingerprint = [0; 16];
        fingerprint.copy_from_slice(&Sha256::digest(self.0)[..16]);
        fingerprint
    }

    /// Whether a message was signed by the key's holder.
    pub fn verifies(&self, message: &[u8], signature: &Signature) -> bool {
        let (Ok(key), Ok(signature)) = (VerifyingKey::from_sec1_bytes(&self.0), Ecdsa::from_slice(&signature.0)) else {
            return false;
        };
        key.verify(message, &signature).is_ok()
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PublicKey(")?;
        self.fingerprint().iter().try_for_each(|byte| write!(f, "{byte:02x}"))?;
        f.write_str(")")
    }
}

/// An ECDSA signature with SHA-256: r and s, 32 bytes each.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Signature([u8; 64]);

impl Signature {
    /// Reads a signature: 64 bytes, or the DER form that phones' key stores give.
    ///
    /// # Errors
    /// When the bytes are neither.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, SigningError> {
        let raw = Ecdsa::from_slice(bytes).or_else(|_| Ecdsa::from_der(bytes));
        let raw = raw.map_err(|_| SigningError("the bytes are no ECDSA signature".to_owned()))?;
        Ok(Self(raw.to_bytes().into()))
    }

    /// The 64 bytes.
    pub fn as_bytes(&self) -> &[u8; 64] {
        &self.0
    }
}

/// Signs as one phone. The app brings one that works in secure hardware; [`SoftwareKey`] is the default.
pub trait Signer: Send + Sync {
    /// The key by which its signatures can be checked.
    fn public_key(&self) -> PublicKey;

    /// Signs a message with ECDSA and SHA-256.
    ///
    /// # Errors
    /// When the hardware does not answer.
    fn sign(&self, message: &[u8]) -> Result<Signature, SigningError>;
}

/// A key in memory.
pub struct SoftwareKey(SigningKey);

impl SoftwareKey {
    /// A key from 32 fresh random bytes, or from those of an earlier one.
    ///
    /// # Errors
    /// For the few of all numbers that are no key: take others.
    pub fn from_secret(secret: &[u8; 32]) -> Result<Self, SigningError> {
        let key = SigningKey::from_slice(secret).map_err(|_| SigningError("the bytes are no P-256 key".to_owned()))?;
        Ok(Self(key))
    }

    /// The 32 bytes, to be kept where nobody else reads them.
    pub fn secret(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.0.to_bytes().into())
    }
}

impl Signer for SoftwareKey {
    fn public_key(&self) -> PublicKey {
        let mut bytes = [0; 33];
        bytes.copy_from_slice(self.0.verifying_key().to_sec1_point(true).as_bytes());
        PublicKey(bytes)
    }

    fn sign(&self, message: &[u8]) -> Result<Signature, SigningError> {
        // By RFC 6979: no randomness, so no phone can spoil its key by having too little of it.
        let signature: Ecdsa = self.0.try_sign(message).map_err(|error| SigningError(error.to_string()))?;
        Ok(Signature(signature.to_bytes().into()))
    }
}

impl fmt::Debug for SoftwareKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.public_key().fmt(f)
    }
}

/// What a signature of a request covers.
pub fn request_message(path: &str, device: DeviceNumber, at: PhoneTime, digest: &[u8; 32]) -> Vec<u8> {
    format!("canvass request 1\nPOST\n{path}\n{device}\n{}\n{}\n", at.millis(), hex(digest)).into_bytes()
}

/// The `Authorization` header of a signed request, in its parts. It says all that the signature covers, so that a server can
/// check it before it reads a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authorization {
    /// Who signs.
    pub device: DeviceNumber,
    /// When, by the phone's clock or by what the server said of the time.
    pub at: PhoneTime,
    /// The SHA-256 of the body.
    pub digest: [u8; 32],
    /// The signature over [`request_message`].
    pub signature: Signature,
}

/// The scheme's name in the header.
const SCHEME: &str = "Canvass";

impl Authorization {
    /// Signs a request.
    ///
    /// # Errors
    /// When the signer cannot sign.
    pub fn sign(
        signer: &dyn Signer,
        device: DeviceNumber,
        path: &str,
        at: PhoneTime,
        body: &[u8],
    ) -> Result<Self, SigningError> {
        let digest: [u8; 32] = Sha256::digest(body).into();
        let signature = signer.sign(&request_message(path, device, at, &digest))?;
        Ok(Self { device, at, digest, signature })
    }

    /// Whether a key's holder signed this for a path.
    pub fn is_by(&self, key: &PublicKey, path: &str) -> bool {
        key.verifies(&request_message(path, self.device, self.at, &self.digest), &self.signature)
    }

    /// Whether a body is the one that was signed.
    pub fn covers(&self, body: &[u8]) -> bool {
        let digest: [u8; 32] = Sha256::digest(body).into();
        digest == self.digest
    }
}

impl fmt::Display for Authorization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (digest, signature) = (hex(&self.digest), hex(self.signature.as_bytes()));
        write!(f, "{SCHEME} device={},time={},digest={digest},signature={signature}", self.device, self.at.millis())
    }
}

impl FromStr for Authorization {
    type Err = SigningError;

    fn from_str(text: &str) -> Result<Self, SigningError> {
        let wrong = |what: &str| SigningError(format!("the Authorization header has no {what}"));
        let parts = text.strip_prefix(SCHEME).and_then(|rest| rest.strip_prefix(' '));
        let parts = parts.filter(|parts| parts.len() <= 400).ok_or_else(|| wrong("Canvass scheme"))?;
        let part = |name: &str| {
            let found = parts.split(',').find_map(|part| part.strip_prefix(name)?.strip_prefix('='));
            found.ok_or_else(|| wrong(name))
        };
        let number = |name: &str| part(name)?.parse::<i64>().map_err(|_| wrong(name));
        let device = u32::try_from(number("device")?).ok().and_then(|number| DeviceNumber::phone(number).ok());
        let at = PhoneTime::from_millis(number("time")?).ok();
        let digest = unhex(part("digest")?).and_then(|bytes| bytes.try_into().ok());
        let signature = unhex(part("signature")?).and_then(|bytes| Signature::from_bytes(&bytes).ok());
        Ok(Self {
            device: device.ok_or_else(|| wrong("device"))?,
            at: at.ok_or_else(|| wrong("time"))?,
            digest: digest.ok_or_else(|| wrong("digest"))?,
            signature: signature.ok_or_else(|| wrong("signature"))?,
        })
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || !text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)) {
        return None;
    }
    text.as_bytes().chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(n: u8) -> SoftwareKey {
        SoftwareKey::from_secret(&[n; 32]).expect("a key")
    }

    fn signed() -> Authorization {
        let at = PhoneTime::from_millis(1_772_424_000_000).expect("a time");
        Authorization::sign(&key(1), DeviceNumber::new(7), "/v1/sync", at, b"body").expect("signed")
    }

    #[test]
    fn a_signature_covers_path_device_time_and_body() {
        let (signed, phone) = (signed(), key(1).public_key());
        assert!(signed.is_by(&phone, "/v1/sync") && signed.covers(b"body"));
        assert!(!signed.is_by(&key(2).public_key(), "/v1/sync"));
        assert!(!signed.is_by(&phone, "/v1/other") && !signed.covers(b"bodY"));
        let other = Authorization { device: DeviceNumber::new(8), ..signed.clone() };
        assert!(!other.is_by(&phone, "/v1/sync"));
        let later = Authorization { at: signed.at.plus_millis(1), ..signed.clone() };
        assert!(!later.is_by(&phone, "/v1/sync"));
        assert!(!Authorization { digest: [0; 32], ..signed }.is_by(&phone, "/v1/sync"));
    }

    #[test]
    fn the_header_survives_its_text_and_damage_never_panics() {
        let text = signed().to_string();
        assert_eq!(text.parse(), Ok(signed()));
        for at in 0..text.len() {
            for with in [b' ', b'x', b',', b'=', 0x7f] {
                let mut bytes = text.clone().into_bytes();
                bytes[at] = with;
                let damaged = String::from_utf8(bytes).expect("ascii");
                let holds = damaged.parse::<Authorization>().is_ok_and(|it| it.is_by(&key(1).public_key(), "/v1/sync"));
                assert!(!holds || damaged == text, "{damaged}");
            }
        }
        for bad in ["", "Canvass", "Bearer x", "Canvass device=0,time=1,digest=00,signature=00"] {
            assert!(bad.parse::<Authorization>().is_err(), "{bad}");
        }
    }

    #[test]
    fn signatures_in_the_form_of_phones_key_stores_are_read() {
        let signature = key(3).sign(b"message").expect("signed");
        let der = Ecdsa::from_slice(signature.as_bytes()).expect("raw").to_der();
        assert_eq!(Signature::from_bytes(der.as_bytes()), Ok(signature));
        assert!(Signature::from_bytes(&[0; 64]).is_err() && Signature::from_bytes(b"short").is_err());
    }
}

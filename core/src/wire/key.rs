//! The key of a phone's dossiers, as it comes with the lease.

use minicbor::decode::Error as DecodeError;
use minicbor::encode::{Error as EncodeError, Write};
use minicbor::{Decode, Decoder, Encode, Encoder};
use std::fmt;
use zeroize::Zeroizing;

/// 32 bytes that open a phone's dossiers. They are wiped from memory when this ends, and no log shows them.
#[derive(Clone, PartialEq, Eq)]
pub struct DossierKey(Zeroizing<[u8; 32]>);

impl DossierKey {
    /// A key of these bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for DossierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DossierKey(…)")
    }
}

impl<C> Encode<C> for DossierKey {
    fn encode<W: Write>(&self, e: &mut Encoder<W>, _: &mut C) -> Result<(), EncodeError<W::Error>> {
        e.bytes(self.as_bytes())?.ok()
    }
}

impl<'b, C> Decode<'b, C> for DossierKey {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, DecodeError> {
        let bytes = d.bytes()?.try_into().map_err(|_| DecodeError::message("a key of dossiers is 32 bytes"))?;
        Ok(Self::new(bytes))
    }
}

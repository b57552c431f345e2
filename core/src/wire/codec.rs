//! How domain types stand in CBOR. What does not parse into its type is malformed, here at the edge.

use super::Demand;
use crate::document::ChangeHash;
use crate::domain::{
    Audience, DeviceNumber, Digest, Kind, PersonId, PhoneTime, RecordId, Roles, ServerTime, UnitId, Week,
};
use crate::signing::{PublicKey, Signature};
use minicbor::decode::Error as DecodeError;
use minicbor::encode::{Error as EncodeError, Write};
use minicbor::{Decode, Decoder, Encode, Encoder};
use std::str::FromStr;

impl<C> Encode<C> for RecordId {
    fn encode<W: Write>(&self, e: &mut Encoder<W>, _: &mut C) -> Result<(), EncodeError<W::Error>> {
        e.bytes(self.as_bytes())?.ok()
    }
}

impl<'b, C> Decode<'b, C> for RecordId {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, DecodeError> {
        Self::from_bytes(d.bytes()?).map_err(|error| DecodeError::message(error.to_string()))
    }
}

fn parsed<T: FromStr<Err = crate::domain::Invalid>>(d: &mut Decoder<'_>) -> Result<T, DecodeError> {
    d.str()?.parse().map_err(|error: crate::domain::Invalid| DecodeError::message(error.to_string()))
}

macro_rules! as_text {
    ($($type:ty),*) => {$(
        impl<C> Encode<C> for $type {
            fn encode<W: Write>(&self, e: &mut Encoder<W>, _: &mut C) -> Result<(), EncodeError<W::Error>> {
                e.str(&self.to_string())?.ok()
            }
        }

        impl<'b, C> Decode<'b, C> for $type {
            fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, DecodeError> {
                parsed(d)
            }
        }
    )*};
}
as_text!(Audience, Demand, Kind, PersonId, Roles, UnitId, Week);

macro_rules! as_millis {
    ($($type:ty),*) => {$(
        impl<C> Encode<C> for $type {
            fn encode<W: Write>(&self, e: &mut Encoder<W>, _: &mut C) -> Result<(), EncodeError<W::Error>> {
                e.i64(self.millis())?.ok()
            }
        }

        impl<'b, C> Decode<'b, C> for $type {
            fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, DecodeError> {
                Self::from_millis(d.i64()?).map_err(|error| DecodeError::message(error.to_string()))
            }
        }
    )*};
}
as_millis!(PhoneTime, ServerTime);

impl<C> Encode<C> for DeviceNumber {
    fn encode<W: Write>(&self, e: &mut Encoder<W>, _: &mut C) -> Result<(), EncodeError<W::Error>> {
        e.u32(self.get())?.ok()
    }
}

impl<'b, C> Decode<'b, C> for DeviceNumber {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, DecodeError> {
        Ok(Self::new(d.u32()?))
    }
}

macro_rules! as_bytes {
    ($($type:ty: $read:expr),*) => {$(
        impl<C> Encode<C> for $type {
            fn encode<W: Write>(&self, e: &mut Encoder<W>, _: &mut C) -> Result<(), EncodeError<W::Error>> {
                e.bytes(self.as_bytes())?.ok()
            }
        }

        impl<'b, C> Decode<'b, C> for $type {
            fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, DecodeError> {
                let bytes = d.bytes()?;
                let read: Option<Self> = $read(bytes);
                // In one form only: a key or signature has others, of another length.
                let read = read.filter(|read| read.as_bytes() == bytes);
                read.ok_or_else(|| DecodeError::message(concat!("the bytes are no ", stringify!($type))))
            }
        }
    )*};
}
as_bytes!(
    ChangeHash: ChangeHash::from_bytes,
    Digest: |bytes| Digest::from_bytes(bytes).ok(),
    PublicKey: |bytes| PublicKey::from_bytes(bytes).ok(),
    Signature: |bytes| Signature::from_bytes(bytes).ok()
);

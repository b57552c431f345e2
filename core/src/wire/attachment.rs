//! What travels for attachments: how much of their bytes the server has, and the bytes themselves, a piece at a time. These are
//! messages of their own, so that no record ever waits behind a photo.

use super::PROTOCOL;
use crate::domain::{DeviceNumber, Digest, PersonId, RecordId};
use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};

/// In what unit bytes are kept on both sides: a piece begins at a multiple of this, and only an attachment's last may end
/// elsewhere. What did not arrive is sent again from there on.
pub const UNIT: u64 = 64 * 1024;

/// The largest piece, in bytes.
pub const MAX_PIECE: u64 = 4 * UNIT;

/// How many attachments one request may ask about.
pub const MAX_ASKED: usize = 256;

/// Bytes, as they are named: those that a record says are its own. Who may hold the record may have them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct Named {
    /// The attachment's record.
    #[n(0)]
    pub record: RecordId,
    /// The digest that it gives.
    #[n(1)]
    pub digest: Digest,
}

/// Asks how much the server has of some attachments.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct StateRequest {
    /// [`PROTOCOL`].
    #[n(0)]
    pub protocol: u32,
    /// A number the response repeats.
    #[n(1)]
    pub nonce: u64,
    /// The phone's number, as in the request's signature.
    #[n(2)]
    pub device: DeviceNumber,
    /// Whose phone it is.
    #[n(3)]
    pub person: PersonId,
    /// Which, at most [`MAX_ASKED`].
    #[n(4)]
    pub asked: Vec<Named>,
}

/// How much the server has of each, in the request's order.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct StateResponse {
    /// [`PROTOCOL`].
    #[n(0)]
    pub protocol: u32,
    /// The request's.
    #[n(1)]
    pub nonce: u64,
    /// One for each.
    #[n(2)]
    pub states: Vec<Held>,
}

/// How much the server has of an attachment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub enum Held {
    /// It has no such record, or none that is this phone's to know of.
    #[n(0)]
    Unknown,
    /// The first so many bytes, and not all.
    #[n(1)]
    Partly(#[n(0)] u64),
    /// All of it, verified and durable.
    #[n(2)]
    Whole,
    /// All came, and were other bytes than the record names: nothing of them is kept.
    #[n(3)]
    OtherBytes,
}

/// Brings a piece.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct PutRequest {
    /// [`PROTOCOL`].
    #[n(0)]
    pub protocol: u32,
    /// A number the response repeats.
    #[n(1)]
    pub nonce: u64,
    /// The phone's number, as in the request's signature.
    #[n(2)]
    pub device: DeviceNumber,
    /// Whose phone it is.
    #[n(3)]
    pub person: PersonId,
    /// Of what.
    #[n(4)]
    pub named: Named,
    /// Where the piece begins, a multiple of [`UNIT`].
    #[n(5)]
    pub offset: u64,
    /// The piece, of at most [`MAX_PIECE`].
    #[n(6)]
    pub piece: ByteVec,
}

/// How much the server has by then. A piece that does not begin where that ends is not taken; the next one does.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct PutResponse {
    /// [`PROTOCOL`].
    #[n(0)]
    pub protocol: u32,
    /// The request's.
    #[n(1)]
    pub nonce: u64,
    /// How much.
    #[n(2)]
    pub held: Held,
}

/// Asks for a piece.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct GetRequest {
    /// [`PROTOCOL`].
    #[n(0)]
    pub protocol: u32,
    /// A number the response repeats.
    #[n(1)]
    pub nonce: u64,
    /// The phone's number, as in the request's signature.
    #[n(2)]
    pub device: DeviceNumber,
    /// Whose phone it is.
    #[n(3)]
    pub person: PersonId,
    /// Of what.
    #[n(4)]
    pub named: Named,
    /// Where the piece begins, a multiple of [`UNIT`].
    #[n(5)]
    pub offset: u64,
    /// How many bytes it may have at most, a multiple of [`UNIT`] up to [`MAX_PIECE`].
    #[n(6)]
    pub most: u64,
}

/// A piece, if the server has the whole.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct GetResponse {
    /// [`PROTOCOL`].
    #[n(0)]
    pub protocol: u32,
    /// The request's.
    #[n(1)]
    pub nonce: u64,
    /// How much the server has. Only where it has the whole is there a piece.
    #[n(2)]
    pub held: Held,
    /// The piece: as many bytes as were asked for, fewer only at the end.
    #[n(3)]
    pub piece: Option<ByteVec>,
}

impl StateResponse {
    /// What the server has, in the order of what was asked.
    pub fn new(nonce: u64, states: Vec<Held>) -> Self {
        Self { protocol: PROTOCOL, nonce, states }
    }
}

impl PutResponse {
    /// What the server has by then.
    pub fn new(nonce: u64, held: Held) -> Self {
        Self { protocol: PROTOCOL, nonce, held }
    }
}

impl GetResponse {
    /// A piece, or why there is none.
    pub fn new(nonce: u64, held: Held, piece: Option<Vec<u8>>) -> Self {
        Self { protocol: PROTOCOL, nonce, held, piece: piece.map(Into::into) }
    }
}

#[cfg(test)]
mod tests {
    use super::super::WireError;
    use super::*;

    fn put(piece: Vec<u8>) -> PutRequest {
        let named = Named { record: RecordId::new(1, [1; 10]), digest: Digest::of(&piece) };
        let (device, person) = (DeviceNumber::new(7), "P7".parse().expect("a person"));
        PutRequest { protocol: PROTOCOL, nonce: 3, device, person, named, offset: UNIT, piece: piece.into() }
    }

    #[test]
    fn the_messages_of_attachments_survive_the_wire() {
        let PutRequest { nonce, device, person, named, .. } = put(vec![1]);
        let asks = StateRequest { protocol: PROTOCOL, nonce, device, person: person.clone(), asked: vec![named; 3] };
        assert_eq!(StateRequest::decode(&asks.encode().expect("encodes")), Ok(asks));
        let states = StateResponse::new(3, vec![Held::Unknown, Held::Partly(UNIT), Held::Whole, Held::OtherBytes]);
        assert_eq!(StateResponse::decode(&states.encode().expect("encodes")), Ok(states));
        let brings = put(vec![9; 100]);
        assert_eq!(PutRequest::decode(&brings.encode().expect("encodes")), Ok(brings));
        let gets = GetRequest { protocol: PROTOCOL, nonce, device, person, named, offset: 0, most: MAX_PIECE };
        assert_eq!(GetRequest::decode(&gets.encode().expect("encodes")), Ok(gets));
        let piece = GetResponse::new(3, Held::Whole, Some(vec![5; 10]));
        assert_eq!(GetResponse::decode(&piece.encode().expect("encodes")), Ok(piece));
    }

    #[test]
    fn the_largest_piece_and_the_most_questions_fit_and_little_more_is_unpacked() {
        // Bytes that do not compress.
        let mut state = 1_u64;
        let noise = |_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            state.to_be_bytes()[0]
        };
        let largest = put((0..MAX_PIECE).map(noise).collect());
        assert_eq!(PutRequest::decode(&largest.encode().expect("encodes")), Ok(largest));
        let named = put(vec![1]).named;
        let states = StateRequest {
            protocol: PROTOCOL,
            nonce: 1,
            device: DeviceNumber::new(7),
            person: "P7".parse().expect("a person"),
            asked: vec![named; MAX_ASKED],
        };
        assert_eq!(StateRequest::decode(&states.encode().expect("encodes")), Ok(states.clone()));
        let zeros = put(vec![0; 1024 * 1024]).encode().expect("encodes");
        assert!(zeros.len() < 10_000);
        assert!(matches!(PutRequest::decode(&zeros), Err(WireError::TooLarge { .. })));
        let many = StateRequest { asked: vec![named; 2_000], ..states }.encode().expect("encodes");
        assert!(matches!(StateRequest::decode(&many), Err(WireError::TooMany { .. })));
    }

    #[test]
    fn a_piece_that_is_cut_or_damaged_on_the_way_is_no_piece() {
        let whole = put((0..200).collect());
        let body = whole.encode().expect("encodes");
        for end in 0..body.len() {
            assert!(PutRequest::decode(&body[..end]).is_err(), "cut at {end}");
        }
        for at in 0..body.len() {
            let mut damaged = body.clone();
            damaged[at] ^= 0x10;
            // (Some bits of a frame's head mean nothing.)
            let read = PutRequest::decode(&damaged);
            assert!(read.is_err() || read.as_ref() == Ok(&whole), "damaged at {at}");
        }
    }
}

//! The bounded way between bytes and messages. Every length is checked before memory is taken for it.

use super::message::{PROTOCOL, Prelude, Reference, Request, Response};
use super::{
    EnrolRequest, EnrolResponse, GetRequest, GetResponse, PutRequest, PutResponse, StateRequest, StateResponse,
};
use minicbor::{Decode, Encode};
use std::io::Read;

/// The largest body that either side sends or takes, in bytes, compressed.
pub const MAX_BODY: usize = 4 * 1024 * 1024;

/// The largest message that either side unpacks, in bytes.
pub const MAX_PLAIN: usize = 32 * 1024 * 1024;

/// How many CBOR items a message may hold: a decoded item takes many times the byte that an empty one takes on the wire.
const MAX_ITEMS: usize = 500_000;

/// What a message may unpack to.
#[derive(Debug, Clone, Copy)]
struct Bounds {
    /// In bytes.
    plain: usize,
    /// In CBOR items.
    items: usize,
}

/// What phones that are known and their server say to each other.
const SYNC: Bounds = Bounds { plain: MAX_PLAIN, items: MAX_ITEMS };

/// What phones that are known and their server say of attachments: one piece, or some hundred of their names.
const ATTACHMENTS: Bounds = Bounds { plain: 512 * 1024, items: 2_048 };

/// What is said before anybody is known: little, so that nobody has much unpacked for them.
const ENROLMENT: Bounds = Bounds { plain: 64 * 1024, items: 256 };

/// What a frame may ask of the decompressor: windows of at most 8 MiB.
const WINDOW_LOG_MAX: u32 = 23;

const LEVEL: i32 = 3;

/// Why bytes are no message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// The body or what it unpacks to is too large.
    #[error("the message is larger than {limit} bytes: send less at once")]
    TooLarge {
        /// The bound it breaks.
        limit: usize,
    },
    /// The message holds too many things.
    #[error("the message holds more than {limit} items: send less at once")]
    TooMany {
        /// The bound it breaks.
        limit: usize,
    },
    /// Not a whole zstd stream.
    #[error("the body is not one whole zstd stream ({0}): it was cut or damaged on the way, or is not compressed")]
    Compression(String),
    /// Another protocol version.
    #[error("protocol version {found} is not spoken here, only {PROTOCOL}: update the older side")]
    Version {
        /// What the other side speaks.
        found: u32,
    },
    /// Not the message it should be.
    #[error("the message is malformed: {0}")]
    Malformed(String),
}

fn pack(message: &impl Encode<()>) -> Result<Vec<u8>, WireError> {
    let plain = minicbor::to_vec(message).map_err(|error| WireError::Malformed(error.to_string()))?;
    let failed = |error: std::io::Error| WireError::Compression(error.to_string());
    let mut compressor = zstd::bulk::Compressor::new(LEVEL).map_err(failed)?;
    // So that a bit flipped on the way is noticed here, and the message sent again: behind this, a damaged change would be
    // refused for good.
    compressor.include_checksum(true).map_err(failed)?;
    let packed = compressor.compress(&plain).map_err(failed)?;
    if packed.len() > MAX_BODY || plain.len() > MAX_PLAIN {
        return Err(WireError::TooLarge { limit: MAX_BODY });
    }
    Ok(packed)
}

fn unpack<M: for<'b> Decode<'b, ()>>(body: &[u8], bounds: Bounds) -> Result<M, WireError> {
    if body.len() > MAX_BODY {
        return Err(WireError::TooLarge { limit: MAX_BODY });
    }
    let broken = |error: std::io::Error| WireError::Compression(error.to_string());
    let mut decoder = zstd::stream::read::Decoder::with_buffer(body).map_err(broken)?.single_frame();
    decoder.window_log_max(WINDOW_LOG_MAX).map_err(broken)?;
    let mut plain = Vec::new();
    decoder.by_ref().take(bounds.plain as u64 + 1).read_to_end(&mut plain).map_err(broken)?;
    if plain.len() > bounds.plain {
        return Err(WireError::TooLarge { limit: bounds.plain });
    }
    if !decoder.finish().is_empty() {
        return Err(WireError::Compression("bytes behind the stream".to_owned()));
    }
    within_bounds(&plain, bounds.items)?;
    let prelude: Prelude = minicbor::decode(&plain).map_err(|error| WireError::Malformed(error.to_string()))?;
    if prelude.protocol != PROTOCOL {
        return Err(WireError::Version { found: prelude.protocol });
    }
    whole(&plain)
}

/// Makes sure that what is decoded takes bounded memory.
fn within_bounds(plain: &[u8], items: usize) -> Result<(), WireError> {
    if minicbor::Decoder::new(plain).tokens().take(items + 1).count() > items {
        return Err(WireError::TooMany { limit: items });
    }
    Ok(())
}

/// Reads one CBOR item that is all there is.
pub(super) fn parse<M: for<'b> Decode<'b, ()>>(plain: &[u8]) -> Result<M, WireError> {
    within_bounds(plain, MAX_ITEMS)?;
    whole(plain)
}

fn whole<M: for<'b> Decode<'b, ()>>(plain: &[u8]) -> Result<M, WireError> {
    let mut cbor = minicbor::Decoder::new(plain);
    let message = cbor.decode().map_err(|error| WireError::Malformed(error.to_string()))?;
    if cbor.position() != plain.len() {
        return Err(WireError::Malformed("bytes behind the message".to_owned()));
    }
    Ok(message)
}

macro_rules! in_an_envelope {
    ($($message:ty: $what:literal within $bounds:expr),*) => {$(
        impl $message {
            #[doc = concat!("The body of ", $what, ".")]
            ///
            /// # Errors
            /// When it is larger than [`MAX_BODY`].
            pub fn encode(&self) -> Result<Vec<u8>, WireError> {
                pack(self)
            }

            #[doc = concat!("Reads the body of ", $what, ".")]
            ///
            /// # Errors
            /// When it is too large, cut, of another version or malformed.
            pub fn decode(body: &[u8]) -> Result<Self, WireError> {
                unpack(body, $bounds)
            }
        }
    )*};
}
in_an_envelope!(
    Request: "a request" within SYNC,
    Response: "a response" within SYNC,
    EnrolRequest: "a phone's answer to an invitation" within ENROLMENT,
    EnrolResponse: "the server's answer to that" within ENROLMENT,
    StateRequest: "a question about attachments" within ATTACHMENTS,
    StateResponse: "the answer to that" within ATTACHMENTS,
    PutRequest: "a piece that is brought" within ATTACHMENTS,
    PutResponse: "the answer to that" within ATTACHMENTS,
    GetRequest: "a question for a piece" within ATTACHMENTS,
    GetResponse: "the answer to that" within ATTACHMENTS
);

impl Reference {
    /// The reference data as a phone stores it.
    ///
    /// # Errors
    /// Never for a bank; the encoder could fail.
    pub fn to_bytes(&self) -> Result<Vec<u8>, WireError> {
        minicbor::to_vec(self).map_err(|error| WireError::Malformed(error.to_string()))
    }

    /// Reads what [`Reference::to_bytes`] wrote.
    ///
    /// # Errors
    /// When the bytes are anything else.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, WireError> {
        minicbor::decode(bytes).map_err(|error| WireError::Malformed(error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::super::message::samples;
    use super::*;

    #[test]
    fn messages_survive_the_wire() {
        let (request, response) = (samples::request(), samples::response());
        assert_eq!(Request::decode(&request.encode().expect("encoded")), Ok(request));
        assert_eq!(Response::decode(&response.encode().expect("encoded")), Ok(response));
    }

    #[test]
    fn a_cut_body_is_an_error_wherever_it_is_cut() {
        let body = samples::request().encode().expect("encoded");
        for end in 0..body.len() {
            assert!(Request::decode(&body[..end]).is_err(), "cut at {end}");
        }
    }

    #[test]
    fn bytes_behind_a_message_are_an_error() {
        let mut body = samples::request().encode().expect("encoded");
        body.push(0);
        assert!(matches!(Request::decode(&body), Err(WireError::Compression(_))));
        let mut plain = minicbor::to_vec(samples::request()).expect("encoded");
        plain.push(0xf6);
        let body = zstd::bulk::compress(&plain, LEVEL).expect("compressed");
        assert!(matches!(Request::decode(&body), Err(WireError::Malformed(_))));
    }

    #[test]
    fn a_small_body_that_unpacks_to_gigabytes_is_refused_within_bounds() {
        let bomb = zstd::bulk::compress(&vec![0_u8; MAX_PLAIN + 1], LEVEL).expect("compressed");
        assert!(bomb.len() < 10_000);
        assert_eq!(Request::decode(&bomb), Err(WireError::TooLarge { limit: MAX_PLAIN }));
        assert_eq!(Request::decode(&vec![0; MAX_BODY + 1]), Err(WireError::TooLarge { limit: MAX_BODY }));
    }

    #[test]
    fn a_small_body_of_millions_of_empty_things_is_refused_before_memory_is_taken_for_them() {
        // A request whose pushes are an array of as many empty byte strings.
        let mut plain = vec![0xa2, 0x00, 0x01, 0x08, 0x9a];
        plain.extend(u32::try_from(MAX_ITEMS).expect("fits").to_be_bytes());
        plain.resize(plain.len() + MAX_ITEMS, 0x40);
        let body = zstd::bulk::compress(&plain, LEVEL).expect("compressed");
        assert!(body.len() < 1_000);
        assert_eq!(Request::decode(&body), Err(WireError::TooMany { limit: MAX_ITEMS }));
        assert_eq!(Response::decode(&body), Err(WireError::TooMany { limit: MAX_ITEMS }));
    }

    #[test]
    fn little_is_unpacked_for_whoever_is_not_known_yet() {
        let bomb = zstd::bulk::compress(&vec![0_u8; ENROLMENT.plain + 1], LEVEL).expect("compressed");
        let (limit, items) = (ENROLMENT.plain, ENROLMENT.items);
        assert_eq!(EnrolRequest::decode(&bomb), Err(WireError::TooLarge { limit }));
        assert_eq!(EnrolResponse::decode(&bomb), Err(WireError::TooLarge { limit }));
        // A message with as many empty things in a field that nobody knows.
        let mut plain = vec![0xa2, 0x00, 0x01, 0x18, 0x63, 0x9a];
        plain.extend(u32::try_from(items).expect("fits").to_be_bytes());
        plain.resize(plain.len() + items, 0x40);
        let body = zstd::bulk::compress(&plain, LEVEL).expect("compressed");
        assert_eq!(EnrolRequest::decode(&body), Err(WireError::TooMany { limit: items }));
        assert_eq!(EnrolResponse::decode(&body), Err(WireError::TooMany { limit: items }));
    }

    #[test]
    fn another_version_is_named_even_if_nothing_else_can_be_read() {
        let plain = [0xa2, 0x00, 0x07, 0x18, 0x63, 0x83, 0x01, 0x02, 0x03];
        let body = zstd::bulk::compress(&plain, LEVEL).expect("compressed");
        assert_eq!(Request::decode(&body), Err(WireError::Version { found: 7 }));
    }

    #[test]
    fn a_field_from_a_newer_side_is_passed_over() {
        let mut plain = minicbor::to_vec(samples::request()).expect("encoded");
        assert_eq!(plain[0] & 0xe0, 0xa0, "a map of few fields");
        plain[0] += 1;
        plain.extend([0x18, 0x63, 0x82, 0x01, 0x61, 0x78]);
        let body = zstd::bulk::compress(&plain, LEVEL).expect("compressed");
        assert_eq!(Request::decode(&body), Ok(samples::request()));
    }

    #[test]
    fn damaged_bytes_never_panic() {
        let plain = minicbor::to_vec(samples::response()).expect("encoded");
        for at in 0..plain.len() {
            for flip in [0x01, 0x1f, 0x20, 0x80, 0xff] {
                let mut damaged = plain.clone();
                damaged[at] ^= flip;
                let body = zstd::bulk::compress(&damaged, LEVEL).expect("compressed");
                let _ = Response::decode(&body);
                let _ = Request::decode(&body);
            }
        }
    }
}

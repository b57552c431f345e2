//! The form of a backup: a header, then chunks, each encrypted and bound to its place and to the header, the last one marked as
//! the last (the STREAM construction). So a chunk that is changed, missing, repeated or out of its order is found out, and so
//! is an end that was cut off or added to. One chunk is in memory at a time.

use crate::secrets::{Purpose, Secrets};
use aead_stream::{DecryptorBE32, EncryptorBE32};
use canvass_core::domain::ServerTime;
use chacha20poly1305::XChaCha20Poly1305;
use chacha20poly1305::aead::Payload;
use std::io::{Error, Read, Write};

const MAGIC: [u8; 8] = *b"CANVASSB";
const VERSION: u8 = 1;
const HEADER: usize = 8 + 1 + 16 + 8 + 32;
/// How much of the database is in one chunk; the last one has less, perhaps nothing.
const CHUNK: usize = 64 * 1024;
const TAG: usize = 16;
/// The key is this backup's alone, so the nonce need not differ.
const NONCE: [u8; 19] = [0; 19];

/// What a backup says in the clear.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) fingerprint: [u8; 16],
    pub(super) made_at: ServerTime,
    pub(super) salt: [u8; 32],
}

impl Header {
    fn bytes(&self) -> Vec<u8> {
        let made_at = self.made_at.millis().to_be_bytes();
        [&MAGIC[..], &[VERSION], &self.fingerprint, &made_at, &self.salt].concat()
    }

    /// Reads a header; none if there is no such thing.
    pub(super) fn read(from: &mut impl Read) -> Result<Option<Self>, Error> {
        let mut bytes = [0; HEADER];
        if fill(from, &mut bytes)? < HEADER {
            return Ok(None);
        }
        let Some(rest) = bytes.strip_prefix(&MAGIC).and_then(|rest| rest.strip_prefix(&[VERSION])) else {
            return Ok(None);
        };
        let Some((fingerprint, rest)) = rest.split_first_chunk() else { return Ok(None) };
        let Some((made_at, salt)) = rest.split_first_chunk() else { return Ok(None) };
        let (Ok(made_at), Ok(salt)) = (ServerTime::from_millis(i64::from_be_bytes(*made_at)), salt.try_into()) else {
            return Ok(None);
        };
        Ok(Some(Self { fingerprint: *fingerprint, made_at, salt }))
    }
}

/// Encrypts all of something. Returns how many bytes it was.
pub(super) fn seal(
    plain: &mut impl Read,
    sealed: &mut impl Write,
    header: &Header,
    secrets: &Secrets,
) -> Result<u64, Error> {
    let about = header.bytes();
    sealed.write_all(&about)?;
    let key = secrets.key(Purpose::Backups, &header.salt);
    let mut stream = EncryptorBE32::<XChaCha20Poly1305>::new(&(*key).into(), &NONCE.into());
    let too_much = |_| Error::other("the database is too large for one backup");
    let (mut chunk, mut total) = (vec![0; CHUNK], 0);
    loop {
        let n = fill(plain, &mut chunk)?;
        total += n as u64;
        let payload = Payload { msg: &chunk[..n], aad: &about };
        if n < CHUNK {
            sealed.write_all(&stream.encrypt_last(payload).map_err(too_much)?)?;
            return Ok(total);
        }
        sealed.write_all(&stream.encrypt_next(payload).map_err(too_much)?)?;
    }
}

/// Why something did not open.
#[derive(Debug)]
pub(super) enum Unsealed {
    /// The bytes are not those that were written, from so far on.
    Damaged { sound: u64 },
    /// They cannot be read.
    Read(Error),
    /// What they say cannot be written.
    Write(Error),
}

/// Decrypts what follows a header, to its very end. Returns how many bytes it was. What was written before an error is
/// sound, but not all.
pub(super) fn open(
    sealed: &mut impl Read,
    plain: &mut impl Write,
    header: &Header,
    secrets: &Secrets,
) -> Result<u64, Unsealed> {
    let about = header.bytes();
    let key = secrets.key(Purpose::Backups, &header.salt);
    let mut stream = DecryptorBE32::<XChaCha20Poly1305>::new(&(*key).into(), &NONCE.into());
    let (mut chunk, mut sound) = (vec![0; CHUNK + TAG], 0);
    loop {
        let n = fill(sealed, &mut chunk).map_err(Unsealed::Read)?;
        let payload = Payload { msg: &chunk[..n], aad: &about };
        let damaged = |_| Unsealed::Damaged { sound };
        if n < CHUNK + TAG {
            let last = stream.decrypt_last(payload).map_err(damaged)?;
            plain.write_all(&last).map_err(Unsealed::Write)?;
            return Ok(sound + last.len() as u64);
        }
        let next = stream.decrypt_next(payload).map_err(damaged)?;
        plain.write_all(&next).map_err(Unsealed::Write)?;
        sound += next.len() as u64;
    }
}

/// Reads until the buffer is full or there is no more. Returns how much there was.
fn fill(from: &mut impl Read, buffer: &mut [u8]) -> Result<usize, Error> {
    let mut filled = 0;
    while filled < buffer.len() {
        match from.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(n) => filled += n,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets(n: u8) -> Secrets {
        Secrets::from_master([n; 32]).expect("secrets")
    }

    fn header() -> Header {
        let made_at = ServerTime::from_millis(1_772_424_000_000).expect("a time");
        Header { fingerprint: secrets(1).fingerprint(), made_at, salt: [9; 32] }
    }

    fn sealed(plain: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        let written = seal(&mut &*plain, &mut out, &header(), &secrets(1)).expect("sealed");
        assert_eq!(written, plain.len() as u64);
        out
    }

    fn opened(mut sealed: &[u8], secrets: &Secrets) -> Option<Vec<u8>> {
        let header = Header::read(&mut sealed).expect("read")?;
        let mut plain = Vec::new();
        open(&mut sealed, &mut plain, &header, secrets).ok().map(|_| plain)
    }

    #[test]
    fn what_was_sealed_opens_to_the_same_whatever_its_length() {
        for length in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 3 * CHUNK + 7] {
            let plain: Vec<u8> = (0..length).map(|n| (n % 251) as u8).collect();
            let sealed = sealed(&plain);
            assert_eq!(opened(&sealed, &secrets(1)).as_deref(), Some(&*plain), "{length}");
            assert_eq!(opened(&sealed, &secrets(2)), None);
        }
    }

    #[test]
    fn every_cut_flip_swap_repetition_and_addition_is_found_out() {
        let plain = "周建国".repeat(3 * CHUNK / 9 + 5).into_bytes();
        let sealed = sealed(&plain);
        assert!(!sealed.windows(9).any(|bytes| bytes == "周建国".as_bytes()), "a name in the clear");
        let piece = CHUNK + TAG;
        // Every cut near a seam and many elsewhere.
        let seams = (0..=3).flat_map(|n| (0..40).map(move |by| HEADER + n * piece + by));
        for cut in (0..sealed.len()).step_by(997).chain(0..HEADER + 40).chain(seams).filter(|cut| *cut < sealed.len()) {
            assert_eq!(opened(&sealed[..cut], &secrets(1)), None, "cut at {cut}");
        }
        // A flip of every bit of the header, and of bits all over the rest.
        for bit in (0..HEADER * 8).chain((HEADER * 8..sealed.len() * 8).step_by(7919)) {
            let mut changed = sealed.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(opened(&changed, &secrets(1)), None, "bit {bit}");
        }
        let part = |n: usize| &sealed[HEADER + n * piece..(HEADER + (n + 1) * piece).min(sealed.len())];
        let with = |parts: &[&[u8]]| [&sealed[..HEADER], &parts.concat()].concat();
        assert_eq!(with(&[part(0), part(1), part(2), part(3)]), sealed);
        for parts in [
            vec![part(1), part(0), part(2), part(3)],
            vec![part(0), part(0), part(1), part(2), part(3)],
            vec![part(0), part(2), part(3)],
            vec![part(0), part(1), part(2), part(3), part(3)],
            vec![part(0), part(1), part(2), part(3), b"x"],
            vec![part(3)],
        ] {
            assert_eq!(opened(&with(&parts), &secrets(1)), None);
        }
        // The head of another backup by the same secrets.
        let mut other = Vec::new();
        let header = Header { salt: [8; 32], ..header() };
        seal(&mut &*plain, &mut other, &header, &secrets(1)).expect("sealed");
        assert_eq!(opened(&[&other[..HEADER], &sealed[HEADER..]].concat(), &secrets(1)), None);
    }
}

//! How the bytes of attachments lie encrypted: each unit by itself, bound to its place, its record and its digest, so that a part can
//! be read without the rest, and none taken for another.

use super::BlobError;
use crate::secrets::{Purpose, Secrets};
use canvass_core::wire::{Named, UNIT};
use std::ops::Range;
use zeroize::Zeroizing;

/// What sealing adds: a nonce of 24 bytes and a mark of 16.
pub(super) const OVERHEAD: u64 = 40;

/// How long a sealed unit is; an attachment's last one may be shorter.
#[expect(clippy::cast_possible_truncation, reason = "some 64 KiB")]
pub(super) const SEGMENT: usize = (UNIT + OVERHEAD) as usize;

/// How long a whole attachment is once it is sealed.
pub(super) fn sealed_size(size: u64) -> u64 {
    size + size.div_ceil(UNIT) * OVERHEAD
}

/// Where in a sealed attachment a part of it lies that begins at a unit.
pub(super) fn range(size: u64, offset: u64, length: u64) -> Range<u64> {
    let (first, end) = (offset / UNIT, (offset + length).div_ceil(UNIT));
    first * (UNIT + OVERHEAD)..(end * (UNIT + OVERHEAD)).min(sealed_size(size))
}

fn about(what: &[u8], named: &Named, place: u64) -> Vec<u8> {
    [what, named.record.as_bytes(), named.digest.as_bytes(), &place.to_be_bytes()].concat()
}

fn sealed(secrets: &Secrets, about: &[u8], plain: &[u8]) -> Result<Vec<u8>, BlobError> {
    let sealed = secrets.seal(Purpose::Attachments, about, plain, rand::random());
    sealed.map_err(|error| BlobError::Failed(error.to_string()))
}

/// A piece as it waits for the others.
pub(super) fn piece(secrets: &Secrets, named: &Named, offset: u64, piece: &[u8]) -> Result<Vec<u8>, BlobError> {
    sealed(secrets, &about(b"piece", named, offset), piece)
}

pub(super) fn open_piece(secrets: &Secrets, named: &Named, offset: u64, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    secrets.open(Purpose::Attachments, &about(b"piece", named, offset), sealed)
}

/// A whole attachment.
pub(super) fn whole(secrets: &Secrets, named: &Named, bytes: &[u8]) -> Result<Vec<u8>, BlobError> {
    let unit = usize::try_from(UNIT).unwrap_or(usize::MAX);
    let mut all = Vec::with_capacity(usize::try_from(sealed_size(bytes.len() as u64)).unwrap_or(0));
    for (segment, unit) in (0..).zip(bytes.chunks(unit)) {
        all.extend(sealed(secrets, &about(b"unit", named, segment), unit)?);
    }
    Ok(all)
}

pub(super) fn open_segment(
    secrets: &Secrets,
    named: &Named,
    segment: u64,
    sealed: &[u8],
) -> Option<Zeroizing<Vec<u8>>> {
    secrets.open(Purpose::Attachments, &about(b"unit", named, segment), sealed)
}

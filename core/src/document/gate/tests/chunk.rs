//! A change's bytes taken apart and put together again with a true length and checksum, to make hostile ones. The
//! mutation test beside the crate uses it too.

use sha2::{Digest, Sha256};

/// One plain change chunk in its parts.
#[derive(Clone, Debug)]
pub(crate) struct Chunk {
    pub(crate) deps: Vec<[u8; 32]>,
    pub(crate) actor: Vec<u8>,
    pub(crate) seq: u64,
    pub(crate) start_op: u64,
    pub(crate) time: Vec<u8>,
    pub(crate) message: Vec<u8>,
    pub(crate) others: Vec<Vec<u8>>,
    pub(crate) columns: Vec<(u64, Vec<u8>)>,
    pub(crate) extra: Vec<u8>,
}

impl Chunk {
    /// Takes an honest change apart.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let mut rest = &bytes[9..];
        unsigned(&mut rest);
        let deps = (0..unsigned(&mut rest)).map(|_| take(&mut rest, 32).try_into().expect("32 bytes")).collect();
        let actor = prefixed(&mut rest);
        let (seq, start_op) = (unsigned(&mut rest), unsigned(&mut rest));
        let end = rest.iter().position(|byte| byte & 0x80 == 0).expect("a number ends") + 1;
        let time = take(&mut rest, end).to_vec();
        let message = prefixed(&mut rest);
        let others = (0..unsigned(&mut rest)).map(|_| prefixed(&mut rest)).collect();
        let heads: Vec<_> = (0..unsigned(&mut rest)).map(|_| (unsigned(&mut rest), unsigned(&mut rest))).collect();
        let columns = heads.iter().map(|(name, length)| (*name, take(&mut rest, *length as usize).to_vec())).collect();
        Self { deps, actor, seq, start_op, time, message, others, columns, extra: rest.to_vec() }
    }

    /// The column of a number, empty if it was not there.
    pub(crate) fn column(&mut self, name: u64) -> &mut Vec<u8> {
        let at = match self.columns.binary_search_by_key(&name, |(name, _)| *name) {
            Ok(at) => at,
            Err(at) => {
                self.columns.insert(at, (name, Vec::new()));
                at
            }
        };
        &mut self.columns[at].1
    }

    /// Puts it together again.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut body = number(self.deps.len() as u64);
        body.extend(self.deps.iter().flatten());
        body.extend(with_length(&self.actor));
        body.extend(number(self.seq));
        body.extend(number(self.start_op));
        body.extend(&self.time);
        body.extend(with_length(&self.message));
        body.extend(number(self.others.len() as u64));
        body.extend(self.others.iter().flat_map(|other| with_length(other)));
        body.extend(number(self.columns.len() as u64));
        body.extend(self.columns.iter().flat_map(|(name, bytes)| [number(*name), number(bytes.len() as u64)].concat()));
        body.extend(self.columns.iter().flat_map(|(_, bytes)| bytes));
        body.extend(&self.extra);
        chunk(1, &body)
    }
}

/// A chunk of a type with a true length and checksum.
pub(crate) fn chunk(kind: u8, body: &[u8]) -> Vec<u8> {
    let hashed = [&[kind], &number(body.len() as u64)[..], body].concat();
    let checksum = &Sha256::digest(&hashed)[..4];
    [&[0x85, 0x6f, 0x4a, 0x83], checksum, &hashed].concat()
}

/// A number in LEB128.
pub(crate) fn number(mut number: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let byte = (number & 0x7f) as u8;
        number >>= 7;
        if number == 0 {
            bytes.push(byte);
            return bytes;
        }
        bytes.push(byte | 0x80);
    }
}

fn with_length(bytes: &[u8]) -> Vec<u8> {
    [&number(bytes.len() as u64)[..], bytes].concat()
}

fn take<'a>(rest: &mut &'a [u8], length: usize) -> &'a [u8] {
    let (taken, left) = rest.split_at(length);
    *rest = left;
    taken
}

fn unsigned(rest: &mut &[u8]) -> u64 {
    let (mut number, mut shift) = (0, 0);
    loop {
        let byte = take(rest, 1)[0];
        number |= u64::from(byte & 0x7f) << shift;
        shift += 7;
        if byte & 0x80 == 0 {
            return number;
        }
    }
}

fn prefixed(rest: &mut &[u8]) -> Vec<u8> {
    let length = unsigned(rest) as usize;
    take(rest, length).to_vec()
}

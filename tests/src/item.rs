//! Messages as trees of CBOR items: what a reader sees of one that was written by a newer or an older version, and the means to
//! write such a one.

use minicbor::data::Type;
use minicbor::{Decoder, Encoder};
use std::collections::BTreeMap;

/// A CBOR item, as far as readers tell items apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// A map of numbered fields.
    Map(BTreeMap<u64, Item>),
    /// A list, a row or a tuple.
    Array(Vec<Item>),
    /// Anything else, as it stands.
    Leaf(Vec<u8>),
}

/// The way to a place in a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// The field of a number, or the place of one in a row.
    To(usize),
    /// Every item of a list.
    Each,
}

impl Item {
    /// The item in a message as it is sent.
    ///
    /// # Panics
    /// When it is none.
    pub fn of(body: &[u8]) -> Self {
        let plain = zstd::decode_all(body).expect("a frame");
        Self::next(&mut Decoder::new(&plain), &plain)
    }

    /// Text.
    ///
    /// # Panics
    /// Never: memory takes it.
    pub fn text(text: &str) -> Self {
        Self::Leaf(minicbor::to_vec(text).expect("written"))
    }

    /// A number.
    ///
    /// # Panics
    /// Never: memory takes it.
    pub fn number(number: u64) -> Self {
        Self::Leaf(minicbor::to_vec(number).expect("written"))
    }

    fn next(decoder: &mut Decoder<'_>, plain: &[u8]) -> Self {
        match decoder.datatype().expect("an item") {
            Type::Map => {
                let length = decoder.map().expect("a map").expect("of definite length");
                let field = |_| (decoder.u64().expect("a number"), Self::next(decoder, plain));
                Self::Map((0..length).map(field).collect())
            }
            Type::Array => {
                let length = decoder.array().expect("an array").expect("of definite length");
                Self::Array((0..length).map(|_| Self::next(decoder, plain)).collect())
            }
            _ => {
                let from = decoder.position();
                decoder.skip().expect("an item");
                Self::Leaf(plain[from..decoder.position()].to_vec())
            }
        }
    }

    /// Whether a reader of the old item finds all of it in this one: fields may have come, and places at a row's end.
    pub fn still_says(&self, old: &Self) -> bool {
        match (self, old) {
            (Self::Map(new), Self::Map(old)) => {
                old.iter().all(|(n, old)| new.get(n).is_some_and(|new| new.still_says(old)))
            }
            (Self::Array(new), Self::Array(old)) => {
                new.len() >= old.len() && new.iter().zip(old).all(|(new, old)| new.still_says(old))
            }
            (new, old) => new == old,
        }
    }

    /// What stands at a place, or at each of several, is changed. Returns how many were.
    pub fn at(&mut self, way: &[Way], change: &mut dyn FnMut(&mut Self)) -> usize {
        let Some((first, rest)) = way.split_first() else {
            change(self);
            return 1;
        };
        match (self, first) {
            (Self::Map(fields), Way::To(n)) => fields.get_mut(&(*n as u64)).map_or(0, |item| item.at(rest, change)),
            (Self::Array(items), Way::To(n)) => items.get_mut(*n).map_or(0, |item| item.at(rest, change)),
            (Self::Array(items), Way::Each) => items.iter_mut().map(|item| item.at(rest, change)).sum(),
            _ => 0,
        }
    }

    /// A map or a row gets a field that nobody knows yet, with all that CBOR has in it.
    ///
    /// # Panics
    /// When this is neither.
    pub fn grow(&mut self) {
        let mut unknown = Encoder::new(Vec::new());
        let written =
            unknown.map(2).and_then(|it| it.str("newer")).and_then(|it| it.array(4)).and_then(|it| it.f64(1.5));
        let written = written.and_then(|it| it.null()).and_then(|it| it.i64(-7)).and_then(|it| it.bytes(&[0, 255]));
        written.and_then(|it| it.u8(1)).and_then(|it| it.bool(true)).expect("written");
        let unknown = Self::Leaf(unknown.into_writer());
        match self {
            Self::Map(fields) => drop(fields.insert(200, unknown)),
            Self::Array(places) => places.push(unknown),
            Self::Leaf(_) => panic!("only maps and rows grow"),
        }
    }

    /// The item as a message is sent.
    ///
    /// # Panics
    /// Never: memory takes it.
    pub fn framed(&self) -> Vec<u8> {
        let mut out = Encoder::new(Vec::new());
        self.write(&mut out);
        let mut frame = zstd::stream::Encoder::new(Vec::new(), 3).expect("a frame");
        frame.include_checksum(true).expect("a checksum");
        std::io::Write::write_all(&mut frame, out.writer()).expect("written");
        frame.finish().expect("a frame")
    }

    fn write(&self, out: &mut Encoder<Vec<u8>>) {
        match self {
            Self::Map(fields) => {
                out.map(fields.len() as u64).expect("written");
                for (n, item) in fields {
                    out.u64(*n).expect("written");
                    item.write(out);
                }
            }
            Self::Array(items) => {
                out.array(items.len() as u64).expect("written");
                items.iter().for_each(|item| item.write(out));
            }
            Self::Leaf(bytes) => out.writer_mut().extend(bytes),
        }
    }
}

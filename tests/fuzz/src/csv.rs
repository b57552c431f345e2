//! A text file's bytes as a table, in both encodings, and mappings that say how to read one. Reading never panics, twice
//! gives the same, and every row has the header's columns.

use crate::files::{file, read_twice};
use canvass_server::import::{Encoding, Mapping};

/// Runs on an input: with how to read it, and for some inputs the mapping (up to a NUL), before the file.
pub fn run(input: &[u8]) {
    let [how, bytes @ ..] = input else { return };
    let mut mapping = Mapping::default();
    let mut bytes = bytes;
    if how & 2 == 2 {
        let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
        let Ok(read) = Mapping::read(&file("mapping.toml", &bytes[..end])) else { return };
        mapping = read;
        bytes = bytes.get(end + 1..).unwrap_or_default();
    }
    if how & 1 == 1 {
        mapping.encoding = Encoding::Gb18030;
    }
    read_twice(&file("table.csv", bytes), &mapping);
}

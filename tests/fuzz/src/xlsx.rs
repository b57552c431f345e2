//! A workbook's bytes as a table: of whole files, and of the sheet and the strings within a sound one. Reading never
//! panics, twice gives the same, and every row has the header's columns.

use crate::files::{file, read_twice, workbook};
use canvass_server::import::Mapping;
use zip::CompressionMethod;

/// Runs on an input.
pub fn run(input: &[u8]) {
    let [how, bytes @ ..] = input else { return };
    let path = match how % 2 {
        0 => file("table.xlsx", bytes),
        _ => file("table.xlsx", &workbook(bytes, CompressionMethod::Stored)),
    };
    read_twice(&path, &Mapping::default());
}

//! A file's bytes as a table: text in both encodings, whole workbooks, and the sheet within a sound one. Reading never
//! panics, twice gives the same, and every row has the header's columns.

#![no_main]

use canvass_fuzz::files::{file, workbook};
use canvass_server::import::{Encoding, Mapping, Table};
use libfuzzer_sys::fuzz_target;

fuzz_target!(init: canvass_fuzz::contain(), |input: &[u8]| {
    canvass_fuzz::judge(|| {
        let [how, bytes @ ..] = input else { return };
        let mut mapping = Mapping::default();
        let path = match how % 4 {
            0 => file("table.csv", bytes),
            1 => {
                mapping.encoding = Encoding::Gb18030;
                file("table.csv", bytes)
            }
            2 => file("table.xlsx", bytes),
            _ => file("table.xlsx", &workbook(bytes)),
        };
        let Ok(table) = Table::open(&path, &mapping) else { return };
        let read = || -> Vec<Result<(u32, Vec<String>), String>> {
            let rows = table.rows().expect("the file is still there");
            // Whoever imports stops at the first row that is wrong.
            let mut sound = true;
            let rows = rows.take_while(|row| std::mem::replace(&mut sound, row.is_ok()));
            rows.map(|row| match row {
                Ok(row) => Ok((row.line, row.cells().map(str::to_owned).collect())),
                Err(error) => Err(error.to_string()),
            })
            .collect()
        };
        let rows = read();
        assert_eq!(rows, read(), "the same file reads the same");
        for (line, cells) in rows.iter().flatten() {
            assert!(*line > 1 && cells.len() == table.header().len());
        }
        drop(table.format());
    });
});

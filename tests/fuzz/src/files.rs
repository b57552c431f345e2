//! Files for the importers, in a folder of this process that goes with it.

use canvass_server::import::{Mapping, Table};
use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use tempfile::TempDir;
use zip::CompressionMethod;
use zip::write::SimpleFileOptions;

static FOLDER: LazyLock<TempDir> = LazyLock::new(|| {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { TempDir::new_in(memory) } else { TempDir::new() }.expect("a folder")
});

/// The folder.
pub fn folder() -> PathBuf {
    FOLDER.path().to_owned()
}

/// A file with some bytes.
pub fn file(name: &str, bytes: &[u8]) -> PathBuf {
    let path = FOLDER.path().join(name);
    std::fs::write(&path, bytes).expect("written");
    path
}

/// A sound workbook around the bytes of its sheet and of its shared strings, which a NUL parts.
pub fn workbook(parts: &[u8], method: CompressionMethod) -> Vec<u8> {
    let mut parts = parts.splitn(2, |byte| *byte == 0);
    let (sheet, strings) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let fixed: [(&str, &str); 4] = [
        (
            "[Content_Types].xml",
            r#"<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/></Types>"#,
        ),
        (
            "_rels/.rels",
            r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#,
        ),
        (
            "xl/workbook.xml",
            r#"<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="a" sheetId="1" r:id="r1"/></sheets></workbook>"#,
        ),
        (
            "xl/_rels/workbook.xml.rels",
            r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="r2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings" Target="sharedStrings.xml"/></Relationships>"#,
        ),
    ];
    let fixed = fixed.iter().map(|(name, text)| (*name, text.as_bytes()));
    for (name, bytes) in fixed.chain([("xl/worksheets/sheet1.xml", sheet), ("xl/sharedStrings.xml", strings)]) {
        let options = SimpleFileOptions::default().compression_method(method);
        zip.start_file(name, options).expect("started");
        zip.write_all(bytes).expect("written");
    }
    zip.finish().expect("finished").into_inner()
}

/// Reads a file twice as whoever imports does, up to the first row that is wrong.
pub fn read_twice(path: &Path, mapping: &Mapping) {
    let Ok(table) = Table::open(path, mapping) else { return };
    let read = || -> Vec<Result<(u32, Vec<String>), String>> {
        let rows = table.rows().expect("the file is still there");
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
}

//! A workbook's first sheet as rows. All of it is in memory, so its size is bounded, packed and unpacked, before anything
//! of it is parsed; cells are taken one by one, because a sheet of two cells can claim to be 17 billion large.

use super::error::{ImportError, shortened};
use calamine::{DataRef, Reader, Xlsx};
use csv::StringRecord;
use std::fs::File;
use std::io::{self, BufReader, Cursor, Read, Seek};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

/// The largest workbook in bytes.
const PACKED: u64 = 20 * 1024 * 1024;
/// The largest in all, unpacked.
const UNPACKED: u64 = 200 * 1024 * 1024;
/// Columns beyond this are refused.
const COLUMNS: u32 = 256;
/// Lines beyond this are refused: no spreadsheet has more, and a row takes many times the few bytes of an almost empty one.
const LINES: u32 = 1_048_576;
/// What to do about a workbook that is too large.
const REMEDY: &str = "save the sheet as CSV, which may be of any size";

/// The rows that are not blank, each with its number in the sheet.
pub(super) fn read(path: &Path) -> Result<Vec<(u32, StringRecord)>, ImportError> {
    let open = || File::open(path).map_err(|error| ImportError::Open { path: path.to_owned(), error });
    let file = open()?;
    let size = file.metadata().map_err(|error| ImportError::Open { path: path.to_owned(), error })?.len();
    if size > PACKED {
        return Err(ImportError::TooLarge { what: "the workbook", most: "20 MB", remedy: REMEDY });
    }
    if !fits(BufReader::new(file))? {
        return Err(ImportError::TooLarge { what: "the unpacked workbook", most: "200 MB", remedy: REMEDY });
    }
    guarded(BufReader::new(open()?))
}

/// The rows of a workbook that is in memory already.
pub(super) fn of_bytes(bytes: &[u8]) -> Result<Vec<(u32, StringRecord)>, ImportError> {
    if !fits(Cursor::new(bytes))? {
        return Err(ImportError::TooLarge { what: "the unpacked workbook", most: "200 MB", remedy: REMEDY });
    }
    guarded(Cursor::new(bytes))
}

/// The parser sees bytes from outside: should it panic on some, the import fails and nothing else does.
fn guarded(file: impl Read + Seek) -> Result<Vec<(u32, StringRecord)>, ImportError> {
    catch_unwind(AssertUnwindSafe(|| rows(file)))
        .unwrap_or_else(|_| Err(ImportError::Workbook("it is damaged".to_owned())))
}

/// Whether all of it, unpacked, stays within the limit: sizes that an archive claims are not trusted.
fn fits(file: impl Read + Seek) -> Result<bool, ImportError> {
    let unreadable = |error: &dyn ToString| ImportError::Workbook(error.to_string());
    let mut archive = zip::ZipArchive::new(file).map_err(|error| unreadable(&error))?;
    let mut left = UNPACKED;
    for index in 0..archive.len() {
        let part = archive.by_index(index).map_err(|error| unreadable(&error))?;
        let size = io::copy(&mut part.take(left + 1), &mut io::sink()).map_err(|error| unreadable(&error))?;
        match left.checked_sub(size) {
            Some(rest) => left = rest,
            None => return Ok(false),
        }
    }
    Ok(true)
}

fn rows(file: impl Read + Seek) -> Result<Vec<(u32, StringRecord)>, ImportError> {
    let unreadable = |error: calamine::XlsxError| ImportError::Workbook(error.to_string());
    let mut book = Xlsx::new(file).map_err(unreadable)?;
    let sheet = book.sheet_names().first().cloned().ok_or(ImportError::Empty)?;
    let mut cells = book.worksheet_cells_reader(&sheet).map_err(unreadable)?;
    let mut rows: Vec<(u32, StringRecord)> = Vec::new();
    while let Some(cell) = cells.next_cell_with_formula_metadata().map_err(unreadable)? {
        let (row, column) = cell.pos;
        let place = || format!("line {} (cell {})", row + 1, reference(row, column));
        let text = match &cell.value {
            DataRef::Error(error) => {
                return Err(ImportError::Formula { place: place(), found: error.to_string() });
            }
            value => text(value),
        };
        if cell.formula.is_some() {
            return Err(ImportError::Formula { place: place(), found: shortened(&text) });
        }
        if text.is_empty() {
            continue;
        }
        if column >= COLUMNS {
            let words = format!("there is a cell {} beyond 256 columns; remove it", reference(row, column));
            return Err(ImportError::Row { line: row + 1, words });
        }
        if row >= LINES {
            return Err(ImportError::TooLarge { what: "the sheet", most: "1,048,576 lines", remedy: REMEDY });
        }
        match rows.last() {
            Some((line, _)) if *line > row + 1 => return Err(ImportError::Workbook("rows out of order".to_owned())),
            Some((line, _)) if *line == row + 1 => {}
            _ => rows.push((row + 1, StringRecord::new())),
        }
        let Some((_, record)) = rows.last_mut() else { continue };
        while record.len() < column as usize {
            record.push_field("");
        }
        if record.len() > column as usize {
            return Err(ImportError::Workbook("cells out of order".to_owned()));
        }
        record.push_field(&text);
    }
    Ok(rows)
}

fn text(value: &DataRef<'_>) -> String {
    match value {
        DataRef::Int(int) => int.to_string(),
        DataRef::Float(float) => float.to_string(),
        DataRef::String(text) => text.trim().to_owned(),
        DataRef::SharedString(text) => text.trim().to_owned(),
        DataRef::Bool(bool) => bool.to_string(),
        DataRef::DateTime(moment) if moment.is_datetime() => {
            let (year, month, day, ..) = moment.to_ymd_hms_milli();
            format!("{year:04}-{month:02}-{day:02}")
        }
        DataRef::DateTime(span) => span.as_f64().to_string(),
        DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text.clone(),
        DataRef::Error(_) | DataRef::Empty => String::new(),
    }
}

/// A cell as a spreadsheet names it, such as `C7`.
fn reference(row: u32, column: u32) -> String {
    let (mut letters, mut left) = (String::new(), column + 1);
    while left > 0 {
        let letter = u8::try_from((left - 1) % 26).unwrap_or(0);
        letters.insert(0, char::from(b'A' + letter));
        left = (left - 1) / 26;
    }
    format!("{letters}{}", row + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_named_as_in_a_spreadsheet() {
        assert_eq!(
            [(0, 0), (6, 2), (0, 25), (9, 26), (0, 701), (0, 702)].map(|(r, c)| reference(r, c)),
            ["A1", "C7", "Z1", "AA10", "ZZ1", "AAA1"]
        );
    }
}

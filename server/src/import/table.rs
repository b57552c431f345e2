//! A file as a table: its header, and its rows as often as they are asked for. CSV is read as a stream, a row at a time;
//! a workbook is held, within its bounds.

use super::error::ImportError;
use super::mapping::{Encoding, Mapping};
use super::sheet;
use super::text::Lines;
use csv::{ByteRecord, StringRecord};
use csv_core::ReadRecordResult;
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A row below the header.
#[derive(Debug, Clone)]
pub struct Row {
    /// The line on which it begins.
    pub line: u32,
    cells: StringRecord,
}

impl Row {
    /// A cell without the blanks around it.
    pub fn cell(&self, column: usize) -> &str {
        self.cells.get(column).unwrap_or_default().trim()
    }

    /// Every cell in its order.
    pub fn cells(&self) -> impl Iterator<Item = &str> {
        self.cells.iter()
    }
}

/// A table in a file, or in the bytes of one.
#[derive(Debug, Clone)]
pub struct Table {
    path: PathBuf,
    bytes: Option<Arc<[u8]>>,
    header: Vec<String>,
    source: Source,
}

#[derive(Debug, Clone)]
enum Source {
    Text { separator: u8, encoding: Encoding },
    Sheet(Arc<Vec<(u32, StringRecord)>>),
}

impl Table {
    /// Opens a file: a workbook if its name ends in `.xlsx`, otherwise text, whose separator is the one that its header
    /// has most of unless the mapping names another.
    ///
    /// # Errors
    /// When it cannot be read, or has no header.
    pub fn open(path: &Path, mapping: &Mapping) -> Result<Self, ImportError> {
        let found = std::fs::metadata(path).map_err(|error| ImportError::Open { path: path.to_owned(), error })?;
        if !found.is_file() {
            return Err(ImportError::NotAFile { path: path.to_owned() });
        }
        let workbook = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("xlsx"));
        let (source, header) = if workbook {
            let rows = sheet::read(path)?;
            let header = rows.first().map(|(_, header)| header.clone()).ok_or(ImportError::Empty)?;
            (Source::Sheet(Arc::new(rows)), header)
        } else {
            let encoding = mapping.encoding;
            let (line, text) = Lines::open(path, encoding)?.next_row()?.ok_or(ImportError::Empty)?;
            let separator = mapping.separator.unwrap_or_else(|| likely(&text));
            (Source::Text { separator, encoding }, Parter::at(separator).part(line, &text)?)
        };
        Self::headed(path, None, source, &header)
    }

    /// Reads the bytes of a file of that name, which were sent: a workbook if they begin as one, otherwise text.
    ///
    /// # Errors
    /// When they cannot be read, or have no header.
    pub fn of_bytes(name: &str, bytes: Arc<[u8]>, mapping: &Mapping) -> Result<Self, ImportError> {
        let (source, header) = if bytes.starts_with(b"PK\x03\x04") {
            let rows = sheet::of_bytes(&bytes)?;
            let header = rows.first().map(|(_, header)| header.clone()).ok_or(ImportError::Empty)?;
            (Source::Sheet(Arc::new(rows)), header)
        } else {
            let encoding = mapping.encoding;
            let text = Lines::of(Box::new(Cursor::new(bytes.clone())), encoding)?.next_row()?;
            let (line, text) = text.ok_or(ImportError::Empty)?;
            let separator = mapping.separator.unwrap_or_else(|| likely(&text));
            (Source::Text { separator, encoding }, Parter::at(separator).part(line, &text)?)
        };
        Self::headed(Path::new(name), Some(bytes), source, &header)
    }

    fn headed(
        path: &Path,
        bytes: Option<Arc<[u8]>>,
        source: Source,
        header: &StringRecord,
    ) -> Result<Self, ImportError> {
        let header: Vec<String> = header.iter().map(|name| name.trim().to_owned()).collect();
        if let Some(twice) =
            header.iter().enumerate().find(|(at, name)| !name.is_empty() && header[..*at].contains(name))
        {
            return Err(ImportError::TwiceInHeader(twice.1.clone()));
        }
        Ok(Self { path: path.to_owned(), bytes, header, source })
    }

    /// The names of the columns.
    pub fn header(&self) -> &[String] {
        &self.header
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What was read, in words.
    pub fn format(&self) -> String {
        match &self.source {
            Source::Text { separator: b'\t', encoding } => format!("{}, parted by tabs", encoding.name()),
            Source::Text { separator, encoding } => {
                format!("{}, parted by {}", encoding.name(), char::from(*separator))
            }
            Source::Sheet(_) => "XLSX, first sheet".to_owned(),
        }
    }

    /// The rows below the header, from the first.
    ///
    /// # Errors
    /// When the file cannot be opened any more.
    pub fn rows(&self) -> Result<Rows<'_>, ImportError> {
        let from = match &self.source {
            Source::Text { separator, encoding } => {
                let mut lines = match &self.bytes {
                    Some(bytes) => Lines::of(Box::new(Cursor::new(bytes.clone())), *encoding)?,
                    None => Lines::open(&self.path, *encoding)?,
                };
                lines.next_row()?;
                From::Text(lines, *separator, Box::new(Parter::at(*separator)))
            }
            Source::Sheet(rows) => From::Sheet(rows.iter().skip(1)),
        };
        Ok(Rows { columns: self.header.len(), from })
    }
}

/// The separator that stands most often in a header.
fn likely(header: &str) -> u8 {
    let count = |separator: &u8| header.bytes().filter(|byte| byte == separator).count();
    // Of those that stand equally often the last one is taken.
    [b'|', b'\t', b';', b','].into_iter().max_by_key(count).unwrap_or(b',')
}

/// Parts rows into cells. It is made once for a table: making it takes longer than parting a row.
struct Parter {
    reader: csv_core::Reader,
    cells: Vec<u8>,
    ends: Vec<usize>,
}

impl Parter {
    fn at(separator: u8) -> Self {
        let reader = csv_core::ReaderBuilder::new().delimiter(separator).build();
        Self { reader, cells: vec![0; 1024], ends: vec![0; 64] }
    }

    fn part(&mut self, line: u32, text: &str) -> Result<StringRecord, ImportError> {
        self.reader.reset();
        let (mut rest, mut written, mut ended) = (text.as_bytes(), 0, 0);
        loop {
            let (result, read, cells, ends) =
                self.reader.read_record(rest, &mut self.cells[written..], &mut self.ends[ended..]);
            (rest, written, ended) = (&rest[read..], written + cells, ended + ends);
            match result {
                // What is left of the row is then nothing, which ends it.
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull => self.cells.resize(self.cells.len() * 2, 0),
                ReadRecordResult::OutputEndsFull => self.ends.resize(self.ends.len() * 2, 0),
                ReadRecordResult::Record | ReadRecordResult::End => break,
            }
        }
        let mut start = 0;
        let mut record = ByteRecord::with_capacity(written, ended);
        for end in &self.ends[..ended] {
            record.push_field(&self.cells[start..*end]);
            start = *end;
        }
        StringRecord::from_byte_record(record).map_err(|error| ImportError::Row {
            line,
            words: format!("the row cannot be parted ({error}); mend its quotes"),
        })
    }
}

/// A table's rows in their order.
pub struct Rows<'a> {
    columns: usize,
    from: From<'a>,
}

enum From<'a> {
    Text(Lines, u8, Box<Parter>),
    Sheet(std::iter::Skip<std::slice::Iter<'a, (u32, StringRecord)>>),
}

impl Iterator for Rows<'_> {
    type Item = Result<Row, ImportError>;

    fn next(&mut self) -> Option<Self::Item> {
        let (line, record) = match &mut self.from {
            From::Text(lines, _, parter) => match lines.next_row() {
                Ok(None) => return None,
                Ok(Some((line, text))) => match parter.part(line, &text) {
                    Ok(record) => (line, record),
                    Err(error) => return Some(Err(error)),
                },
                Err(error) => return Some(Err(error)),
            },
            From::Sheet(rows) => {
                let (line, record) = rows.next()?;
                let mut record = record.clone();
                // A sheet does not write the blank cells at a row's end.
                while record.len() < self.columns {
                    record.push_field("");
                }
                (*line, record)
            }
        };
        if record.len() == self.columns {
            return Some(Ok(Row { line, cells: record }));
        }
        Some(Err(match &self.from {
            From::Text(_, separator, _) => {
                let (found, expected, separator) = (record.len(), self.columns, char::from(*separator));
                ImportError::Ragged { line, found, expected, separator }
            }
            From::Sheet(_) => {
                let words = "there is a cell beyond the columns of the header; name its column or remove it".to_owned();
                ImportError::Row { line, words }
            }
        }))
    }
}

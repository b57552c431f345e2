//! Why a file is not imported: the line, and what to do. Lines are counted from 1, the header being the first.

use crate::store::StoreError;
use canvass_core::domain::BankError;
use std::io;
use std::path::PathBuf;

/// Why nothing was imported. Everything but [`ImportError::Store`] and [`ImportError::Changed`] is found before the first
/// record is written.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file cannot be opened.
    #[error("{path} cannot be opened ({error}); check the path and the right to read it", path = path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// A pipe or a folder.
    #[error("{path} is no plain file; it is read twice, so save it as a file first", path = path.display())]
    NotAFile {
        /// What was given.
        path: PathBuf,
    },
    /// Reading failed midway.
    #[error("line {line}: reading failed ({error}); copy the file to a sound disk and try again")]
    Read {
        /// Where.
        line: u32,
        /// What the system says.
        error: io::Error,
    },
    /// A line is in another encoding.
    #[error("line {line}: not {encoding}; {remedy}")]
    Encoding {
        /// Where.
        line: u32,
        /// The encoding that was expected.
        encoding: &'static str,
        /// What to do.
        remedy: &'static str,
    },
    /// A quote that has no end.
    #[error("line {line}: a quote (\") is opened and not closed within {most}; close it, or remove it")]
    Quote {
        /// Where it opens.
        line: u32,
        /// How far was looked.
        most: &'static str,
    },
    /// There is no header, or no row below it.
    #[error("the file has no rows; it needs a header and rows below it")]
    Empty,
    /// The header lacks a column.
    #[error(
        "line 1: there is no column for `{wanted}`; name it with --column {wanted}=HEADER (the header has: {header})"
    )]
    MissingColumn {
        /// What is missing.
        wanted: String,
        /// What there is.
        header: String,
    },
    /// Two columns of the header have one name.
    #[error("line 1: the column `{0}` stands twice in the header; rename one of them")]
    TwiceInHeader(String),
    /// A row has more or fewer columns than the header.
    #[error(
        "line {line}: {found} columns instead of {expected}; part them by `{separator}` and quote cells that hold one"
    )]
    Ragged {
        /// Where.
        line: u32,
        /// Columns of the row.
        found: usize,
        /// Columns of the header.
        expected: usize,
        /// What parts them.
        separator: char,
    },
    /// A formula where a value should stand.
    #[error("{place}: `{found}` is a formula; put its value there (copy, then paste values only)")]
    Formula {
        /// Line or cell.
        place: String,
        /// What stands there, shortened.
        found: String,
    },
    /// A cell that does not hold what its column should.
    #[error("line {line}: the {column} `{found}` is not valid; {remedy}")]
    Cell {
        /// Where.
        line: u32,
        /// Which column.
        column: String,
        /// What stands there, shortened.
        found: String,
        /// What to do.
        remedy: String,
    },
    /// Rows that contradict one another.
    #[error("line {line}: {words}")]
    Row {
        /// Where.
        line: u32,
        /// What is wrong and what to do.
        words: String,
    },
    /// A workbook that cannot be read.
    #[error("the workbook cannot be read ({0}); save it again as .xlsx, or as CSV")]
    Workbook(String),
    /// A file larger than is taken.
    #[error("{what} is larger than {most}; {remedy}")]
    TooLarge {
        /// What.
        what: &'static str,
        /// The limit.
        most: &'static str,
        /// What to do.
        remedy: &'static str,
    },
    /// A mapping that is none.
    #[error("the mapping is not valid: {0}")]
    Mapping(String),
    /// The bank that would come of it is none.
    #[error("{}{error}", line.map_or_else(String::new, |line| format!("line {line}: ")))]
    Bank {
        /// The line, if one can be named.
        line: Option<u32>,
        /// What does not fit.
        error: BankError,
    },
    /// The file is not what it was when it was checked.
    #[error("line {line}: the file was changed while it was imported; run the import again, which completes it")]
    Changed {
        /// Where that was seen.
        line: u32,
    },
    /// The report cannot be written.
    #[error("the report {path} cannot be written ({error}); name another with --report", path = path.display())]
    Report {
        /// The report.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl ImportError {
    /// A cell that is wrong; what stands there is shortened.
    pub(super) fn cell(line: u32, column: &str, found: &str, remedy: impl Into<String>) -> Self {
        Self::Cell { line, column: column.to_owned(), found: shortened(found), remedy: remedy.into() }
    }
}

/// The first 40 characters.
pub(super) fn shortened(text: &str) -> String {
    match text.char_indices().nth(40) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

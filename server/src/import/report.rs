//! What became of every row: a line of a CSV file each, and the sums for the terminal.

use super::error::ImportError;
use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// What became of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// Something new was written.
    Created,
    /// Something known was changed.
    Updated,
    /// It says what is known.
    Unchanged,
    /// An earlier row of the file says the same.
    Identical,
    /// It could mean several records, so it changed nothing.
    Ambiguous,
    /// It could not be written.
    Refused,
}

impl Outcome {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Created, Self::Updated, Self::Unchanged, Self::Identical, Self::Ambiguous, Self::Refused];

    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Unchanged => "unchanged",
            Self::Identical => "identical",
            Self::Ambiguous => "ambiguous",
            Self::Refused => "refused",
        }
    }
}

/// The sums of an import.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// Rows below the header.
    pub rows: usize,
    /// How many of them came to what; these add up to the rows.
    pub outcomes: BTreeMap<Outcome, usize>,
    /// What else was seen, and in how many rows.
    pub noted: BTreeMap<&'static str, usize>,
    /// Columns that were not taken.
    pub left: Vec<String>,
}

impl Summary {
    /// How many rows came to an outcome.
    pub fn count(&self, outcome: Outcome) -> usize {
        self.outcomes.get(&outcome).copied().unwrap_or(0)
    }

    /// Notes something seen in a row.
    pub(super) fn note(&mut self, what: &'static str) {
        *self.noted.entry(what).or_default() += 1;
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let outcomes: Vec<_> =
            Outcome::ALL.iter().map(|outcome| format!("{} {}", self.count(*outcome), outcome.name())).collect();
        write!(f, "{} rows: {}", self.rows, outcomes.join(", "))?;
        for (what, rows) in &self.noted {
            write!(f, "\n  {rows} rows: {what}")?;
        }
        if !self.left.is_empty() {
            write!(f, "\n  columns not taken: {}", self.left.join(", "))?;
        }
        Ok(())
    }
}

/// Writes what became of each row, if anybody wants to read it, and sums it up.
pub struct Report {
    path: Option<PathBuf>,
    file: Option<csv::Writer<BufWriter<File>>>,
    summary: Summary,
}

impl Report {
    /// Sums alone.
    pub fn sums() -> Self {
        Self { path: None, file: None, summary: Summary::default() }
    }

    /// A report in a file, with the columns line, outcome, record, reason. It is made once the imported file was found
    /// sound.
    pub fn at(path: &Path) -> Self {
        Self { path: Some(path.to_owned()), ..Self::sums() }
    }

    /// Begins the file, before anything is imported. It opens with a byte order mark, so that spreadsheets read its Chinese.
    pub(super) fn begin(&mut self) -> Result<(), ImportError> {
        let Some(path) = &self.path else { return Ok(()) };
        let wrong = |error: io::Error| ImportError::Report { path: path.clone(), error };
        let mut file = BufWriter::new(File::create(path).map_err(wrong)?);
        file.write_all("\u{feff}".as_bytes()).map_err(wrong)?;
        let mut writer = csv::Writer::from_writer(file);
        writer.write_record(["line", "outcome", "record", "reason"]).map_err(|error| wrong(error.into()))?;
        self.file = Some(writer);
        Ok(())
    }

    /// What was seen besides outcomes.
    pub(super) fn summary(&mut self) -> &mut Summary {
        &mut self.summary
    }

    /// Accounts for a row.
    pub(super) fn row(&mut self, line: u32, outcome: Outcome, record: &str, reason: &str) -> Result<(), ImportError> {
        self.summary.rows += 1;
        *self.summary.outcomes.entry(outcome).or_default() += 1;
        let (Some(path), Some(writer)) = (&self.path, &mut self.file) else { return Ok(()) };
        writer
            .write_record([&line.to_string(), outcome.name(), record, reason])
            .map_err(|error| ImportError::Report { path: path.clone(), error: error.into() })
    }

    /// Ends the report.
    ///
    /// # Errors
    /// When the file cannot be written to its end.
    pub fn finish(mut self) -> Result<Summary, ImportError> {
        if let (Some(path), Some(writer)) = (&self.path, &mut self.file) {
            writer.flush().map_err(|error| ImportError::Report { path: path.clone(), error })?;
        }
        Ok(self.summary)
    }
}

//! Which column is what: by flags, by a small TOML file, or by the names that such columns usually have.

use super::error::ImportError;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;
use std::str::FromStr;

/// How a text file is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Encoding {
    /// UTF-8, with a byte order mark or without.
    #[default]
    Utf8,
    /// GB18030, and so GBK and GB2312: what Excel on Chinese Windows saves as CSV.
    Gb18030,
}

impl Encoding {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "UTF-8",
            Self::Gb18030 => "GB18030",
        }
    }

    pub(super) fn remedy(self) -> &'static str {
        match self {
            Self::Utf8 => "if Excel saved it, try --encoding gb18030; otherwise save it as UTF-8",
            Self::Gb18030 => "try it without --encoding gb18030, or save it as UTF-8",
        }
    }
}

impl FromStr for Encoding {
    type Err = ImportError;

    fn from_str(text: &str) -> Result<Self, ImportError> {
        match text.to_ascii_lowercase().as_str() {
            "utf-8" | "utf8" => Ok(Self::Utf8),
            "gb18030" | "gbk" | "gb2312" => Ok(Self::Gb18030),
            _ => Err(ImportError::Mapping(format!("the encoding `{text}` is not known; take utf-8 or gb18030"))),
        }
    }
}

/// How a file is to be read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mapping {
    /// What parts the columns; none to find out from the header.
    pub separator: Option<u8>,
    /// The encoding of a text file.
    pub encoding: Encoding,
    /// The unit of rows that name none of the bank's.
    pub unit: Option<String>,
    /// What is in which column: `name` to `xiaoqu`.
    pub columns: BTreeMap<String, String>,
    /// The unit of a `district`, or of a `district/area`.
    pub units: BTreeMap<String, String>,
}

#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
struct MappingFile {
    separator: Option<String>,
    encoding: Option<String>,
    unit: Option<String>,
    columns: BTreeMap<String, String>,
    units: BTreeMap<String, String>,
}

impl Mapping {
    /// Reads a mapping file.
    ///
    /// # Errors
    /// When it cannot be read, or says what a mapping does not know.
    pub fn read(path: &Path) -> Result<Self, ImportError> {
        let text = std::fs::read_to_string(path).map_err(|error| ImportError::Open { path: path.to_owned(), error })?;
        let file: MappingFile = toml::from_str(&text).map_err(|error| ImportError::Mapping(error.to_string()))?;
        let mut mapping = Self { unit: file.unit, columns: file.columns, units: file.units, ..Self::default() };
        if let Some(separator) = file.separator {
            mapping.set_separator(&separator)?;
        }
        if let Some(encoding) = file.encoding {
            mapping.encoding = encoding.parse()?;
        }
        Ok(mapping)
    }

    /// Takes one character, or `tab`, as the separator.
    ///
    /// # Errors
    /// When it is none.
    pub fn set_separator(&mut self, text: &str) -> Result<(), ImportError> {
        self.separator = Some(match (text, text.as_bytes()) {
            ("tab" | "\\t", _) => b'\t',
            (_, [byte]) if byte.is_ascii() && !byte.is_ascii_alphanumeric() && !b"\"\r\n".contains(byte) => *byte,
            _ => {
                let words = format!("the separator `{text}` must be one ASCII sign such as ; or the word tab");
                return Err(ImportError::Mapping(words));
            }
        });
        Ok(())
    }

    /// Takes `name=xiaoqu`: the name is in the column xiaoqu.
    ///
    /// # Errors
    /// When it is not of that form.
    pub fn set_column(&mut self, text: &str) -> Result<(), ImportError> {
        let (what, column) = text.split_once('=').ok_or_else(|| {
            ImportError::Mapping(format!("--column {text} must have the form name=HEADER, such as name=xiaoqu"))
        })?;
        self.columns.insert(what.trim().to_owned(), column.trim().to_owned());
        Ok(())
    }

    /// Where in a table some columns are.
    pub(super) fn find(&self, header: &[String], wanted: &[Column]) -> Result<Found, ImportError> {
        if let Some(unknown) = self.columns.keys().find(|what| !wanted.iter().any(|column| column.what == **what)) {
            let known: Vec<_> = wanted.iter().map(|column| column.what).collect();
            let words = format!("there is nothing called `{unknown}` to import; take one of {}", known.join(", "));
            return Err(ImportError::Mapping(words));
        }
        let at = |name: &str| header.iter().position(|column| column.eq_ignore_ascii_case(name));
        let mut places = BTreeMap::new();
        for column in wanted {
            let place = match self.columns.get(column.what) {
                Some(named) => at(named),
                None => std::iter::once(&column.what).chain(column.usually).find_map(|name| at(name)),
            };
            let asked = column.required || self.columns.contains_key(column.what);
            match place {
                Some(place) => drop(places.insert(column.what, place)),
                None if !asked => {}
                None => {
                    let header = header.join(", ");
                    return Err(ImportError::MissingColumn { wanted: column.what.to_owned(), header });
                }
            }
        }
        Ok(Found(places))
    }
}

/// A column that an import takes.
pub(super) struct Column {
    /// What it holds, as mappings call it.
    pub(super) what: &'static str,
    /// What such columns are usually called besides.
    pub(super) usually: &'static [&'static str],
    /// Whether the import cannot do without.
    pub(super) required: bool,
}

impl Column {
    pub(super) const fn required(what: &'static str, usually: &'static [&'static str]) -> Self {
        Self { what, usually, required: true }
    }

    pub(super) const fn optional(what: &'static str, usually: &'static [&'static str]) -> Self {
        Self { what, usually, required: false }
    }
}

/// Where the columns are.
pub(super) struct Found(BTreeMap<&'static str, usize>);

impl Found {
    pub(super) fn place(&self, what: &str) -> Option<usize> {
        self.0.get(what).copied()
    }

    /// The columns of a table that are not taken.
    pub(super) fn left<'a>(&self, header: &'a [String]) -> Vec<&'a str> {
        let taken = |at: &usize| self.0.values().any(|place| place == at);
        header.iter().enumerate().filter(|(at, _)| !taken(at)).map(|(_, name)| name.as_str()).collect()
    }
}

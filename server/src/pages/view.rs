//! How one of a page's tables is shown: its order, a search in it, and which page of it.

/// Which table of a page is shown in another way than it comes, and how. Without a name it is the page's first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct View {
    pub(super) table: Option<String>,
    pub(super) sort: Option<Sort>,
    /// Only rows in which this text stands; empty for all.
    pub(super) search: String,
    /// From 1.
    pub(super) page: usize,
    /// As a file instead of on a page.
    pub(super) export: Option<Export>,
}

impl Default for View {
    fn default() -> Self {
        Self { table: None, sort: None, search: String::new(), page: 1, export: None }
    }
}

impl View {
    /// How many characters of a search are looked for.
    pub(super) const LONGEST_SEARCH: usize = 100;

    pub(super) fn parameters(&self) -> Vec<(&'static str, String)> {
        let mut pairs = Vec::new();
        pairs.extend(self.table.clone().map(|table| ("table", table)));
        pairs.extend(self.sort.as_ref().map(|sort| ("sort", sort.name())));
        if !self.search.is_empty() {
            pairs.push(("q", self.search.clone()));
        }
        if self.page > 1 {
            pairs.push(("page", self.page.to_string()));
        }
        pairs.extend(self.export.map(|export| ("export", export.name().to_owned())));
        pairs
    }
}

/// The column by which a table is sorted, and which way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sort {
    pub(super) column: String,
    pub(super) descending: bool,
}

impl Sort {
    /// A column's name, after `-` if the largest comes first.
    pub(super) fn named(name: &str) -> Option<Self> {
        let (column, descending) = name.strip_prefix('-').map_or((name, false), |column| (column, true));
        (!column.is_empty()).then(|| Self { column: column.to_owned(), descending })
    }

    fn name(&self) -> String {
        format!("{}{}", if self.descending { "-" } else { "" }, self.column)
    }
}

/// The kinds of files that a table can become.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Export {
    /// Text with commas, for any program.
    Csv,
    /// A workbook with typed cells.
    Xlsx,
}

impl Export {
    pub(super) const ALL: [Self; 2] = [Self::Csv, Self::Xlsx];

    /// Its name in addresses and as the file's ending.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Xlsx => "xlsx",
        }
    }

    pub(super) fn content_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        }
    }

    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|export| export.name() == name)
    }
}

//! A table of a page: typed cells that one place shows as HTML, as CSV and as a workbook, sorted and searched alike.

mod csv;
mod html;
mod xlsx;

pub(super) use html::{Tables, tables};

use super::format;
use super::view::{Export, View};
use super::words::Lang;
use super::wrong::Wrong;
use canvass_core::domain::campaign::Metric;
use canvass_core::domain::{Date, Label, Week};
use canvass_core::ranking::{Figure, Status};
use maud::Markup;
use std::cmp::Ordering;

/// One table.
pub(super) struct Table {
    /// Its name in addresses, anchors and file names; unique on its page.
    pub(super) name: &'static str,
    pub(super) title: Label,
    pub(super) columns: Vec<Column>,
    pub(super) rows: Vec<Line>,
    /// What to say when there is nothing in it.
    pub(super) nothing: Label,
}

/// One column.
pub(super) struct Column {
    /// Its name in addresses.
    pub(super) name: &'static str,
    pub(super) title: String,
    /// What stands beside its values, such as what is pending of a figure: in files a column of its own.
    beside: Option<String>,
    shape: Shape,
    /// Whether its cells say what the row is about.
    heads_rows: bool,
}

/// What a column is made of, which decides where it stands and what a file makes of it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    Words,
    Number,
    Money,
    /// Hundredths of a percent.
    Percent,
    /// A drawing: cannot be sorted, and is in no file.
    Plot,
    /// Long text.
    Prose,
    /// What tells namesakes apart: in files only.
    Code,
}

impl Column {
    /// A column of words.
    pub(super) fn words(name: &'static str, title: impl Into<String>) -> Self {
        Self { name, title: title.into(), beside: None, shape: Shape::Words, heads_rows: false }
    }

    /// A column of whole numbers.
    pub(super) fn number(name: &'static str, title: impl Into<String>) -> Self {
        Self { shape: Shape::Number, ..Self::words(name, title) }
    }

    /// A column of amounts.
    pub(super) fn money(name: &'static str, title: impl Into<String>) -> Self {
        Self { shape: Shape::Money, ..Self::words(name, title) }
    }

    /// A column of shares.
    pub(super) fn percent(name: &'static str, title: impl Into<String>) -> Self {
        Self { shape: Shape::Percent, ..Self::words(name, title) }
    }

    /// A column of long text.
    pub(super) fn prose(name: &'static str, title: impl Into<String>) -> Self {
        Self { shape: Shape::Prose, ..Self::words(name, title) }
    }

    /// A column of codes, which only files have: there, namesakes must be told apart.
    pub(super) fn code(name: &'static str, title: impl Into<String>) -> Self {
        Self { shape: Shape::Code, ..Self::words(name, title) }
    }

    /// A column of drawings.
    pub(super) fn plot(name: &'static str, title: impl Into<String>) -> Self {
        Self { shape: Shape::Plot, ..Self::words(name, title) }
    }

    /// A metric's column, with what is pending beside it.
    pub(super) fn metric(metric: Metric, lang: Lang, title: String) -> Self {
        let pending = lang.of(Status::Pending.label());
        let beside = Some(format!("{} {pending}", lang.of(metric.label())));
        let shape = if metric.is_money() { Shape::Money } else { Shape::Number };
        Self { beside, shape, ..Self::words(metric.name(), title) }
    }

    /// The same column, as the one that says what each row is about.
    pub(super) fn heads_rows(self) -> Self {
        Self { heads_rows: true, ..self }
    }

    fn is_number(&self) -> bool {
        matches!(self.shape, Shape::Number | Shape::Money | Shape::Percent)
    }

    /// Its titles in a file: its own, and that of what stands beside.
    fn in_files(&self, lang: Lang) -> impl Iterator<Item = String> {
        let unit = match (self.shape, lang) {
            (Shape::Money, Lang::Zh) => "（元）",
            (Shape::Money, Lang::En) => " (yuan)",
            _ => "",
        };
        let titles = [Some(&self.title), self.beside.as_ref()].into_iter().flatten();
        titles.map(move |title| format!("{title}{unit}")).collect::<Vec<_>>().into_iter()
    }
}

/// One row.
pub(super) struct Line {
    /// What it is about, by which a live page knows it again.
    pub(super) key: String,
    /// A cell for each column.
    pub(super) cells: Vec<Cell>,
}

/// One cell.
pub(super) struct Cell {
    value: Value,
    to: Option<String>,
    beside: Option<Value>,
}

impl Cell {
    /// The same cell as a link.
    pub(super) fn to(self, address: String) -> Self {
        Self { to: Some(address), ..self }
    }

    /// The same cell as a link, if it leads to what the reader may see.
    pub(super) fn linked_if(self, may: bool, address: impl FnOnce() -> String) -> Self {
        if may { self.to(address()) } else { self }
    }

    /// A metric's figure with what is pending of it, if anything.
    pub(super) fn figure(metric: Metric, figure: Figure) -> Self {
        let pending = (figure.pending != 0).then(|| Value::of(metric, figure.pending));
        Self { beside: pending, ..Value::of(metric, figure.counted()).into() }
    }
}

impl Cell {
    /// A metric's confirmed figure, with what is pending beside it, if anything.
    pub(super) fn confirmed(metric: Metric, figure: Figure) -> Self {
        let pending = (figure.pending != 0).then(|| Value::of(metric, figure.pending));
        Self { beside: pending, ..Value::of(metric, figure.confirmed).into() }
    }
}

impl From<Value> for Cell {
    fn from(value: Value) -> Self {
        Self { value, to: None, beside: None }
    }
}

/// What stands in a cell.
pub(super) enum Value {
    Nothing,
    Text(String),
    Id(String),
    Number(i64),
    /// In fen.
    Money(i64),
    /// In hundredths of a percent.
    Percent(i64),
    /// In fen, shown to the fen: where it is compared, not summed up.
    Exact(i64),
    Week(Week),
    Day(Date),
    /// A day and the minutes since it began.
    Moment(Date, i16),
    Movement(Option<i32>),
    Status(Status),
    /// A drawing.
    Drawn(Markup),
}

impl Value {
    /// Words, or nothing.
    pub(super) fn text(text: Option<impl Into<String>>) -> Self {
        text.map_or(Self::Nothing, |text| Self::Text(text.into()))
    }

    /// A metric's value.
    pub(super) fn of(metric: Metric, value: i64) -> Self {
        if metric.is_money() { Self::Money(value) } else { Self::Number(value) }
    }

    /// As people read it.
    fn words(&self, lang: Lang) -> String {
        match self {
            Self::Nothing => "–".to_owned(),
            Self::Text(text) | Self::Id(text) => text.clone(),
            Self::Number(number) => format::number(*number),
            Self::Money(fen) => format::money(*fen, lang),
            Self::Percent(share) => format::percent(*share),
            Self::Exact(fen) => format::yuan(*fen, lang),
            Self::Week(week) => week.to_string(),
            Self::Day(day) => day.to_string(),
            Self::Moment(day, minutes) => format::moment(*day, *minutes),
            Self::Movement(places) => places.map_or_else(String::new, |places| format!("{places:+}")),
            Self::Status(status) => lang.of(status.label()).to_owned(),
            Self::Drawn(_) => String::new(),
        }
    }

    /// The order of values in a column; what is missing comes last either way.
    fn compare(&self, other: &Self, descending: bool) -> Ordering {
        let order = match (self, other) {
            (Self::Nothing, Self::Nothing) => return Ordering::Equal,
            (Self::Nothing, _) => return Ordering::Greater,
            (_, Self::Nothing) => return Ordering::Less,
            (Self::Text(a) | Self::Id(a), Self::Text(b) | Self::Id(b)) => a.cmp(b),
            (
                Self::Number(a) | Self::Money(a) | Self::Exact(a) | Self::Percent(a),
                Self::Number(b) | Self::Money(b) | Self::Exact(b) | Self::Percent(b),
            ) => a.cmp(b),
            (Self::Week(a), Self::Week(b)) => a.cmp(b),
            (Self::Day(a), Self::Day(b)) => a.cmp(b),
            (Self::Moment(a, m), Self::Moment(b, n)) => (a, m).cmp(&(b, n)),
            (Self::Movement(a), Self::Movement(b)) => a.cmp(b),
            (Self::Status(a), Self::Status(b)) => a.cmp(b),
            _ => Ordering::Equal,
        };
        if descending { order.reverse() } else { order }
    }
}

impl Table {
    /// Searches and sorts as the address asks of this table.
    fn arrange(&mut self, view: &View, lang: Lang) -> Result<(), Wrong> {
        if !view.search.is_empty() {
            let wanted = view.search.to_lowercase();
            let found = |cell: &Cell| cell.value.words(lang).to_lowercase().contains(&wanted);
            self.rows.retain(|line| line.cells.iter().any(found));
        }
        if let Some(sort) = &view.sort {
            let sortable = |column: &Column| column.name == sort.column && column.shape != Shape::Plot;
            let place = self.columns.iter().position(sortable).ok_or_else(|| Wrong::NoColumn(sort.column.clone()))?;
            self.rows.sort_by(|a, b| match (a.cells.get(place), b.cells.get(place)) {
                (Some(a), Some(b)) => a.value.compare(&b.value, sort.descending),
                _ => Ordering::Equal,
            });
        }
        Ok(())
    }

    /// The table as a file.
    pub(super) fn file(&self, export: Export, lang: Lang) -> Result<Vec<u8>, Wrong> {
        match export {
            Export::Csv => csv::written(self, lang),
            Export::Xlsx => xlsx::written(self, lang),
        }
    }

    /// The titles of the columns in a file.
    fn titles(&self, lang: Lang) -> Vec<String> {
        self.in_files().flat_map(|(_, column)| column.in_files(lang)).collect()
    }

    /// A row's values in a file, one for each title.
    fn values<'a>(&'a self, line: &'a Line) -> impl Iterator<Item = &'a Value> {
        self.in_files().flat_map(|(place, column)| {
            let cell = line.cells.get(place);
            let own = cell.map_or(&Value::Nothing, |cell| &cell.value);
            let beside = cell.and_then(|cell| cell.beside.as_ref()).unwrap_or(&Value::Nothing);
            [Some(own), column.beside.as_ref().map(|_| beside)].into_iter().flatten()
        })
    }

    fn in_files(&self) -> impl Iterator<Item = (usize, &Column)> {
        self.columns.iter().enumerate().filter(|(_, column)| column.shape != Shape::Plot)
    }
}

/// Arranges a page's tables: the one that the address names, or the first. An address that names none of them is wrong.
pub(super) fn arrange(tables: &mut [Table], view: &View, lang: Lang) -> Result<(), Wrong> {
    let chosen = chosen(tables, view)?;
    tables.get_mut(chosen).map_or(Ok(()), |table| table.arrange(view, lang))
}

/// The place of the table that an address is about.
pub(super) fn chosen(tables: &[Table], view: &View) -> Result<usize, Wrong> {
    match &view.table {
        None => Ok(0),
        Some(name) => {
            let place = tables.iter().position(|table| table.name == name);
            place.ok_or_else(|| Wrong::NoColumn(name.clone()))
        }
    }
}

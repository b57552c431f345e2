//! A table on a page: sorted by links in its head, searched by a form, turned by links below, taken along as a file.

use super::{Cell, Column, Shape, Table, Value};
use crate::pages::format;
use crate::pages::parts::movement;
use crate::pages::query::{State, links};
use crate::pages::view::{Export, Sort, View};
use crate::pages::words;
use canvass_core::domain::Label;
use maud::{Markup, html};

/// How many rows one page of a table has.
const ROWS: usize = 200;
/// So few rows are seen at a glance: nobody searches or counts them.
const FEW: usize = 8;

/// A page's tables, each where the page wants it.
pub(in crate::pages) struct Tables<'a> {
    state: &'a dyn State,
    path: &'a str,
    tables: &'a [Table],
    chosen: usize,
}

/// Tables that were arranged as the address asks.
pub(in crate::pages) fn tables<'a>(
    state: &'a dyn State,
    path: &'a str,
    tables: &'a [Table],
    chosen: usize,
) -> Tables<'a> {
    Tables { state, path, tables, chosen }
}

impl Tables<'_> {
    /// One of them with all that belongs to it.
    pub(in crate::pages) fn show(&self, name: &str) -> Markup {
        let Some(place) = self.tables.iter().position(|table| table.name == name) else { return html! {} };
        let table = &self.tables[place];
        let lang = self.state.lang();
        let view = self.view(place);
        let body = format!("{name}-body");
        html! {
            section id=(name) {
                header.tools {
                    h2 { (lang.of(table.title)) }
                    (self.search(place, &view))
                    (self.files(place, &view))
                }
                div.part id=(body) { (self.body(place, &view)) }
            }
        }
    }

    /// How this table is shown: as the address says if it is about this one.
    fn view(&self, place: usize) -> View {
        let named = (place > 0).then(|| self.tables[place].name.to_owned());
        if place == self.chosen {
            View { table: named, export: None, ..self.state.view().clone() }
        } else {
            View { table: named, ..View::default() }
        }
    }

    /// The address of this page with a table shown in a way.
    fn address(&self, view: View) -> String {
        links(self.state.viewed(view)).to(self.path)
    }

    fn search(&self, place: usize, view: &View) -> Markup {
        let lang = self.state.lang();
        let table = &self.tables[place];
        if table.rows.len() <= FEW && view.search.is_empty() {
            return html! {};
        }
        let clean = View { search: String::new(), page: 1, ..view.clone() };
        html! {
            form.search role="search" action=(self.path) method="get" {
                @for (name, value) in self.state.viewed(clean.clone()) {
                    input type="hidden" name=(name) value=(value);
                }
                input type="search" name="q" value=(view.search) maxlength=(View::LONGEST_SEARCH)
                    placeholder=(lang.of(words::SEARCH)) aria-label={ (lang.of(words::SEARCH)) " · " (lang.of(table.title)) };
                button { (lang.of(words::SEARCH)) }
                @if !view.search.is_empty() {
                    a href={ (self.address(clean)) "#" (table.name) } { (lang.of(words::SHOW_ALL)) }
                }
            }
        }
    }

    fn files(&self, place: usize, view: &View) -> Markup {
        let lang = self.state.lang();
        let title = lang.of(self.tables[place].title);
        html! {
            nav.files aria-label={ (lang.of(words::TAKE_ALONG)) " · " (title) } {
                @for export in Export::ALL {
                    @let file = View { export: Some(export), page: 1, ..view.clone() };
                    a href=(self.address(file)) download { (export.name().to_uppercase()) }
                }
            }
        }
    }

    fn body(&self, place: usize, view: &View) -> Markup {
        let lang = self.state.lang();
        let table = &self.tables[place];
        if table.rows.is_empty() {
            let words = if view.search.is_empty() { table.nothing } else { words::NOTHING_FOUND };
            return html! { p.empty { (lang.of(words)) } };
        }
        let pages = table.rows.len().div_ceil(ROWS);
        let page = view.page.min(pages);
        let rows = table.rows.iter().skip((page - 1) * ROWS).take(ROWS);
        html! {
            div.scroll tabindex="0" role="region" aria-label=(lang.of(table.title)) {
                table {
                    thead { tr {
                        @for column in table.columns.iter().filter(|column| column.shape != Shape::Code) {
                            (self.head(column, table, view))
                        }
                    } }
                    tbody {
                        @for line in rows {
                            tr data-key=(line.key) {
                                @for (column, cell) in table.columns.iter().zip(&line.cells) { (self.cell(column, cell)) }
                            }
                        }
                    }
                }
            }
            (self.pager(table, view, page, pages))
        }
    }

    fn head(&self, column: &Column, table: &Table, view: &View) -> Markup {
        if column.shape == Shape::Plot {
            return html! { th scope="col" { (column.title) } };
        }
        let sorted = view.sort.as_ref().filter(|sort| sort.column == column.name).map(|sort| sort.descending);
        // What is largest is looked for first; names from their beginning.
        let descending = sorted.map_or(column.is_number(), |descending| !descending);
        let sort = Some(Sort { column: column.name.to_owned(), descending });
        let address = self.address(View { sort, page: 1, ..view.clone() });
        let (aria, sign) = match sorted {
            None => (None, ""),
            Some(true) => (Some("descending"), " ↓"),
            Some(false) => (Some("ascending"), " ↑"),
        };
        html! {
            th.number[column.is_number()] scope="col" aria-sort=[aria] {
                a href={ (address) "#" (table.name) } { (column.title) span aria-hidden="true" { (sign) } }
            }
        }
    }

    fn cell(&self, column: &Column, cell: &Cell) -> Markup {
        let lang = self.state.lang();
        if column.shape == Shape::Code {
            return html! {};
        }
        let words = |value: &Value| match value {
            Value::Movement(places) => movement(lang, *places),
            Value::Status(status) => html! { span class={ "status " (status.name()) } { (lang.of(status.label())) } },
            Value::Id(id) => html! { span.id { (id) } },
            Value::Week(_) | Value::Day(_) | Value::Moment(..) => html! { span.whole { (value.words(lang)) } },
            Value::Drawn(drawing) => drawing.clone(),
            value => html! { (value.words(lang)) },
        };
        let content = html! {
            @match &cell.to {
                Some(address) => a href=(address) { (words(&cell.value)) },
                None => (words(&cell.value)),
            }
            @if let Some(beside) = &cell.beside {
                small { (words(beside)) " " (lang.of(words::PENDING)) }
            }
        };
        html! {
            @if column.heads_rows {
                th scope="row" { (content) }
            } @else {
                td.number[column.is_number()].prose[column.shape == Shape::Prose] { (content) }
            }
        }
    }

    fn pager(&self, table: &Table, view: &View, page: usize, pages: usize) -> Markup {
        let lang = self.state.lang();
        if table.rows.len() <= FEW && view.search.is_empty() {
            return html! {};
        }
        let number = |n: usize| format::number(i64::try_from(n).unwrap_or(i64::MAX));
        let link = |to: usize, label: Label, rel: &str| {
            let address = self.address(View { page: to, ..view.clone() });
            html! { a rel=(rel) href={ (address) "#" (table.name) } { (lang.of(label)) } }
        };
        html! {
            nav.pager aria-label={ (lang.of(words::PAGES)) " · " (lang.of(table.title)) } {
                span { (number(table.rows.len())) " " (lang.of(words::ROWS)) }
                @if pages > 1 {
                    @if page > 1 { (link(page - 1, words::PREVIOUS_PAGE, "prev")) }
                    span { (number(page)) " / " (number(pages)) }
                    @if page < pages { (link(page + 1, words::NEXT_PAGE, "next")) }
                }
            }
        }
    }
}

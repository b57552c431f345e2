//! Ledger files: those that were brought in, and the way to bring in another.

use super::form::carried;
use super::frame::{Live, Page};
use super::ledger_file::complaints;
use super::parts::{LEDGERS, ledger_path};
use super::query::{Plain, Raw, State as _};
use super::reader::Reader;
use super::table::{Cell, Column, Line, Table, Value};
use super::upload::Upload;
use super::users::{at, name};
use super::words;
use super::wrong::{Instead, Whom, Wrong};
use crate::app::App;
use crate::import::{LedgerFileError, ledger_rows};
use crate::pages::door;
use crate::problem::Problem;
use crate::secrets::Purpose;
use crate::store::StoreError;
use crate::store::claims::{BringOrder, LedgerFile};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use canvass_core::domain::{Bank, Zone};
use maud::html;
use std::sync::Arc;

pub(super) async fn page(
    State(app): State<App>,
    reader: Reader,
    raw: Result<Query<Raw>, QueryRejection>,
) -> Result<Response, Instead> {
    let plain = Raw::of(raw)?.plain(&app, reader)?;
    if !plain.reader.judges() {
        return Err(Wrong::NotYours(Whom::BackOffice).told(plain.lang));
    }
    show(&app, &plain, &[]).await
}

/// The files of the reader and of those whose records the reader sees: a ledger names amounts of whole units.
pub(super) fn opens(plain: &Plain, file: &LedgerFile) -> bool {
    plain.reader.judges() && plain.reader.sees_person(&file.by, plain.today)
}

async fn show(app: &App, plain: &Plain, complaints: &[String]) -> Result<Response, Instead> {
    let lang = plain.lang;
    let failed = |error: StoreError| Wrong::from(error).told(lang);
    let bank = app.store.bank().await.map_err(failed)?;
    let mut files = app.store.ledger_files().await.map_err(failed)?;
    files.retain(|file| opens(plain, file));
    let tables = vec![table(plain, &bank, &files)];
    let title = lang.of(words::LEDGERS).to_owned();
    let page = Page { app, state: plain, path: LEDGERS, title: title.clone(), live: Live::Records, tables };
    page.answer(|tables| {
        html! {
            h1 { (title) }
            @if !complaints.is_empty() {
                div.complaint role="alert" {
                    p { strong { (lang.of(words::NOT_TAKEN)) } }
                    ul { @for complaint in complaints { li { (complaint) } } }
                }
            }
            form.card method="post" action={ (LEDGERS) "?lang=" (lang.name()) } enctype="multipart/form-data" {
                (carried(&plain.reader, lang))
                p.note { (lang.of(words::LEDGERS_HELP)) }
                label { (lang.of(words::LEDGER_FILE)) input type="file" name="file" accept=".csv,.txt,.tsv,.xlsx" required; }
                button { (lang.of(words::BRING_IN)) }
            }
            (tables.show("ledgers"))
        }
    })
    .await
}

fn table(plain: &Plain, bank: &Bank, files: &[LedgerFile]) -> Table {
    let lang = plain.lang;
    let columns = vec![
        Column::words("file", lang.of(words::LEDGER_FILE)).heads_rows(),
        Column::number("rows", lang.of(words::ROWS)),
        Column::words("by", lang.of(words::BROUGHT_BY)),
        Column::words("at", lang.of(words::BROUGHT_AT)),
    ];
    let line = |file: &LedgerFile| Line {
        key: file.id.to_string(),
        cells: vec![
            Cell::from(Value::Text(file.name.clone())).to(plain.links().to(&ledger_path(file.id))),
            Value::Number(i64::try_from(file.rows).unwrap_or(i64::MAX)).into(),
            Value::Text(name(bank, &file.by)).into(),
            at(file.at).into(),
        ],
    };
    let rows = files.iter().map(line).collect();
    Table { name: "ledgers", title: words::LEDGERS, columns, rows, nothing: words::NO_LEDGERS }
}

/// Brings a file in, whole or not at all, and leads to its report.
pub(super) async fn bring(State(app): State<App>, reader: Reader, request: Request) -> Result<Response, Instead> {
    let lang = door::lang(request.uri().query().unwrap_or_default());
    if !reader.judges() {
        return Err(Wrong::NotYours(Whom::BackOffice).told(lang));
    }
    let now = app.clock.now();
    let plain = Plain::answering(lang, reader, now.date(&Zone::china()));
    let Some(Upload { name, bytes }) = Upload::read(request, &plain.reader, lang).await? else {
        return refused(&app, &plain, &[lang.of(words::NO_FILE).to_owned()]).await;
    };
    let digest = app.store.secrets().mark(Purpose::LedgerFiles, &bytes);
    let (called, bytes) = (name.clone(), Arc::from(&*bytes));
    // A large file takes a while to read.
    let rows = tokio::task::spawn_blocking(move || ledger_rows(&called, bytes)).await;
    let rows = match rows.map_err(|error| Wrong::Server(Problem::failed(error)).told(lang))? {
        Ok(rows) => rows,
        Err(error @ (LedgerFileError::Table(_) | LedgerFileError::TooManyRows | LedgerFileError::Cells { .. })) => {
            return refused(&app, &plain, &complaints(&error, lang)).await;
        }
    };
    let by = plain.reader.person().id.clone();
    let (id, _) = app
        .store
        .bring_ledger(BringOrder { name, digest, rows, by, at: now })
        .await
        .map_err(|error| Wrong::from(error).told(lang))?;
    Ok(Redirect::to(&plain.links().to(&ledger_path(id))).into_response())
}

async fn refused(app: &App, plain: &Plain, complaints: &[String]) -> Result<Response, Instead> {
    let shown = show(app, plain, complaints).await?;
    Ok((StatusCode::BAD_REQUEST, shown).into_response())
}

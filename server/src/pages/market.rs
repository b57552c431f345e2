//! 市场: whose the communities are, unit by unit: won, held by rivals, still open, and which rival is met most.

use super::format;
use super::frame::{Live, Page};
use super::parts::{MARKET, STANDINGS, unit_path, week_bar};
use super::query::{Asked, Raw};
use super::reader::Reader;
use super::table::{Cell, Column, Line, Table, Value};
use super::words;
use super::wrong::{Instead, Whom, Wrong};
use crate::app::App;
use crate::store::StoreError;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::Response;
use canvass_core::domain::{Bank, UnitId};
use canvass_core::ranking::{Market, Placement, market};
use maud::html;
use std::collections::BTreeMap;

/// So many rivals are named in a line.
const NAMED: usize = 3;

pub(super) async fn page(
    State(app): State<App>,
    reader: Reader,
    query: Result<Query<Raw>, QueryRejection>,
) -> Result<Response, Instead> {
    let asked = Raw::of(query)?.settle(&app, reader, MARKET).await?;
    let lang = asked.lang;
    if !asked.reader.sees_all() {
        return Err(Wrong::NotYours(Whom::HeadOffice).told(lang));
    }
    let failed = |error: StoreError| Wrong::from(error).told(lang);
    let bank = app.store.bank().await.map_err(failed)?;
    let communities = app.store.communities(asked.campaign.id, asked.week).await.map_err(failed)?;
    let (by_unit, whole) = market(&Placement::new(&asked.campaign.campaign, &bank), &communities);
    let tables = vec![units(&asked, &bank, &by_unit), rivals(&asked, &whole)];
    let title = lang.of(words::MARKET).to_owned();
    let page = Page { app: &app, state: &asked, path: MARKET, title: title.clone(), live: Live::Standings, tables };
    page.answer(|tables| {
        html! {
            p.kicker { a href=(asked.elsewhere().address(STANDINGS)) { "← " (lang.of(words::BACK)) } }
            h1 { (title) }
            p.sub { (asked.campaign.campaign.name) }
            (week_bar(&asked, MARKET))
            dl.fields.part id="market" {
                div { dt { (lang.of(words::COMMUNITIES_KNOWN)) } dd { (format::number(whole.communities)) } }
                div { dt { (lang.of(words::WON)) } dd { (format::number(whole.won)) } }
                div { dt { (lang.of(words::HELD_BY_RIVALS)) } dd { (format::number(whole.held)) } }
                div { dt { (lang.of(words::MARKET_SHARE)) } dd { (whole.share().map_or("–".to_owned(), format::percent)) } }
            }
            p.note { (lang.of(words::MARKET_HELP)) }
            (tables.show("market-units"))
            (tables.show("rivals"))
        }
    })
    .await
}

fn units(asked: &Asked, bank: &Bank, by_unit: &BTreeMap<UnitId, Market>) -> Table {
    let lang = asked.lang;
    let columns = vec![
        Column::words("unit", lang.of(words::UNIT)).heads_rows(),
        Column::code("code", lang.of(words::UNIT_CODE)),
        Column::number("communities", lang.of(words::COMMUNITIES_KNOWN)),
        Column::number("won", lang.of(words::WON)),
        Column::number("held", lang.of(words::HELD_BY_RIVALS)),
        Column::number("open", lang.of(words::STILL_OPEN)),
        Column::percent("share", lang.of(words::MARKET_SHARE)),
        Column::words("rivals", lang.of(words::RIVALS)),
    ];
    let nothing = Market::default();
    let line = |unit: &UnitId| {
        let of = by_unit.get(unit).unwrap_or(&nothing);
        let name = bank.unit(unit).map_or(unit.as_str(), |unit| &unit.name).to_owned();
        let rivals: Vec<String> =
            of.strongest().iter().take(NAMED).map(|(name, met)| format!("{name} {met}")).collect();
        Line {
            key: unit.to_string(),
            cells: vec![
                Cell::from(Value::Text(name)).to(asked.elsewhere().address(&unit_path(unit))),
                Value::Text(unit.to_string()).into(),
                Value::Number(of.communities).into(),
                Value::Number(of.won).into(),
                Value::Number(of.held).into(),
                Value::Number(of.communities - of.won - of.held).into(),
                of.share().map_or(Value::Nothing, Value::Percent).into(),
                Value::text((!rivals.is_empty()).then(|| rivals.join("、"))).into(),
            ],
        }
    };
    let rows = asked.campaign.campaign.units.iter().map(line).collect();
    Table { name: "market-units", title: words::BY_UNIT, columns, rows, nothing: words::NO_UNITS }
}

fn rivals(asked: &Asked, whole: &Market) -> Table {
    let lang = asked.lang;
    let columns = vec![
        Column::words("rival", lang.of(words::RIVALS)).heads_rows(),
        Column::number("met", lang.of(words::MET_IN)),
    ];
    let line = |(name, met): (&str, i64)| Line {
        key: name.to_owned(),
        cells: vec![Value::Text(name.to_owned()).into(), Value::Number(met).into()],
    };
    let rows = whole.strongest().into_iter().map(line).collect();
    Table { name: "rivals", title: words::RIVALS, columns, rows, nothing: words::NO_RIVALS }
}

//! What is disputed in a campaign, the open ones first: a list from which each trail is opened.

use super::fact::{seen_prospects, trails};
use super::format;
use super::frame::{Live, Page};
use super::parts::{DISPUTES, STANDINGS, fact_path};
use super::query::Raw;
use super::reader::Reader;
use super::table::{Cell, Column, Line, Table, Value};
use super::words;
use super::wrong::{Instead, Whom, Wrong};
use crate::app::App;
use crate::store::{Remark, StoreError};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::Response;
use canvass_core::domain::dispute;
use maud::html;

pub(super) async fn page(
    State(app): State<App>,
    reader: Reader,
    query: Result<Query<Raw>, QueryRejection>,
) -> Result<Response, Instead> {
    let asked = Raw::of(query)?.settle(&app, reader, DISPUTES).await?;
    let lang = asked.lang;
    if !asked.reader.reads(&dispute::KIND) {
        return Err(Wrong::NotYours(Whom::UnitsLeader).told(lang));
    }
    let failed = |error: StoreError| Wrong::from(error).told(lang);
    let bank = app.store.bank().await.map_err(failed)?;
    let remarks = app.store.remarks(asked.campaign.id).await.map_err(failed)?;
    let names = seen_prospects(&app, &asked, &remarks).await.map_err(failed)?;
    let columns = vec![
        Column::words("prospect", lang.of(words::DISPUTED_FACT)).heads_rows(),
        Column::words("state", lang.of(words::STATE)),
        Column::words("begun", lang.of(words::BEGUN)),
        Column::words("by", lang.of(words::ACTOR)),
        Column::prose("last", lang.of(words::LAST_SAID)),
    ];
    let zone = &asked.campaign.campaign.zone;
    let line = |trail: &Vec<&Remark>| {
        let (first, last) = (trail.first()?, trail.last()?);
        let name = names.get(&first.prospect)?;
        let (day, minutes) = format::day_and_minutes(first.said.said_at, zone);
        let by = bank.person(&last.said.by).map_or(last.said.by.as_str(), |person| &person.name);
        let state = if last.said.settled { words::DISPUTE_SETTLED } else { words::OPEN };
        Some(Line {
            key: first.said.about.to_string(),
            cells: vec![
                Cell::from(Value::Text(name.clone())).to(asked.elsewhere().address(&fact_path(first.said.about))),
                Value::Text(lang.of(state).to_owned()).into(),
                Value::Moment(day, minutes).into(),
                Value::Text(by.to_owned()).into(),
                Value::Text(last.said.text.clone()).into(),
            ],
        })
    };
    let rows = trails(&remarks).iter().filter_map(line).collect();
    let tables = vec![Table { name: "disputes", title: words::DISPUTES, columns, rows, nothing: words::NO_DISPUTES }];
    let title = lang.of(words::DISPUTES).to_owned();
    let page = Page { app: &app, state: &asked, path: DISPUTES, title: title.clone(), live: Live::Records, tables };
    page.answer(|tables| {
        html! {
            p.kicker { a href=(asked.elsewhere().address(STANDINGS)) { "← " (lang.of(words::BACK)) } }
            h1 { (title) }
            p.sub { (asked.campaign.campaign.name) }
            (tables.show("disputes"))
        }
    })
    .await
}

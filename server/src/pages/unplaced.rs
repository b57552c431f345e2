//! What stands in no unit's standing: facts of units that take no part, and those that no unit can be credited with.

use super::contributions::{self, COUNTED, LEFT_OUT, statuses};
use super::frame::{Live, Page};
use super::parts::{STANDINGS, UNPLACED, week_bar};
use super::query::Raw;
use super::reader::Reader;
use super::words;
use super::wrong::{Instead, Whom, Wrong};
use crate::app::App;
use crate::store::{StoreError, Whose};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::Response;
use canvass_core::ranking::{Placement, explain_unplaced};
use maud::html;

pub(super) async fn page(
    State(app): State<App>,
    reader: Reader,
    query: Result<Query<Raw>, QueryRejection>,
) -> Result<Response, Instead> {
    let asked = Raw::of(query)?.settle(&app, reader, UNPLACED).await?;
    if !asked.reader.sees_all() {
        return Err(Wrong::NotYours(Whom::HeadOffice).told(asked.lang));
    }
    let failed = |error: StoreError| Wrong::from(error).told(asked.lang);
    let bank = app.store.bank().await.map_err(failed)?;
    let campaign = &asked.campaign.campaign;
    let placement = Placement::new(campaign, &bank);
    let outside = bank.units().filter(|unit| placement.of(&unit.id).is_none()).map(|unit| Some(unit.id.clone()));
    let units = Whose::Units(outside.chain([None]).collect());
    let mut contributions = app.store.contributions(asked.campaign.id, units, asked.week).await.map_err(failed)?;
    contributions.retain(|one| asked.reader.reads_metric(one.metric));
    let explanation = explain_unplaced(campaign, &bank, &contributions, asked.week, asked.metric);
    let title = asked.lang.of(words::UNPLACED);
    let tables = contributions::tables(&app, &asked, &bank, &explanation).await.map_err(failed)?;
    let page = Page {
        app: &app,
        state: &asked,
        path: UNPLACED,
        title: title.to_owned(),
        live: Live::Standings,
        tables: tables.into(),
    };
    page.answer(|tables| {
        html! {
            p.kicker { a href=(asked.elsewhere().address(STANDINGS)) { "← " (asked.lang.of(words::BACK)) } }
            h1 { (title) }
            p.sub { (campaign.name) }
            (week_bar(&asked, UNPLACED))
            (statuses(&asked, UNPLACED))
            (tables.show(COUNTED))
            (tables.show(LEFT_OUT))
        }
    })
    .await
}

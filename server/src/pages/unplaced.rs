//! What stands in no unit's standing: facts of units that take no part, and those that no unit can be credited with.

use super::frame;
use super::lists::lists;
use super::parts::{STANDINGS, UNPLACED, week_bar};
use super::query::{Instead, Raw};
use super::words::{self, Lang};
use crate::app::App;
use crate::store::StoreError;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use canvass_core::ranking::{Placement, explain_unplaced};
use maud::{Markup, html};

pub(super) async fn page(State(app): State<App>, query: Result<Query<Raw>, QueryRejection>) -> Result<Markup, Instead> {
    let asked = Raw::of(query)?.settle(&app, UNPLACED).await?;
    let failed = |error: StoreError| Instead::Problem(asked.lang, error.into());
    let bank = app.store.bank().await.map_err(failed)?;
    let campaign = &asked.campaign.campaign;
    let placement = Placement::new(campaign, &bank);
    let outside = bank.units().filter(|unit| placement.of(&unit.id).is_none()).map(|unit| Some(unit.id.clone()));
    let units = outside.chain([None]).collect();
    let contributions = app.store.contributions(asked.campaign.id, units, asked.week).await.map_err(failed)?;
    let explanation = explain_unplaced(campaign, &bank, &contributions, asked.week, asked.metric);
    let title = asked.lang.of(words::UNPLACED);
    let content = html! {
        p.kicker { a href=(asked.address(STANDINGS)) { "← " (asked.lang.of(words::BACK)) } }
        h1 { (title) }
        p.sub { (campaign.name) }
        (week_bar(&asked, UNPLACED))
        (lists(&app, &asked, &bank, &explanation).await.map_err(failed)?)
    };
    let other = asked.in_lang(if asked.lang == Lang::Zh { Lang::En } else { Lang::Zh }).address(UNPLACED);
    Ok(frame::page(asked.lang, title, Some(other), &content))
}

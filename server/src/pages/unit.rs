//! A unit's page: from its figures down to each record that counted or did not, with the rule.

use super::lists::lists;
use super::parts::{STANDINGS, movement, unit_path, week_bar};
use super::query::{Asked, Instead, Raw};
use super::words::{self, Lang};
use super::{format, frame};
use crate::app::App;
use crate::problem::Problem;
use crate::store::StoreError;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use canvass_core::domain::UnitId;
use canvass_core::domain::campaign::Metric;
use canvass_core::ranking::{Standing, explain};
use maud::{Markup, html};

pub(super) async fn page(
    State(app): State<App>,
    unit: Result<Path<String>, PathRejection>,
    query: Result<Query<Raw>, QueryRejection>,
) -> Result<Markup, Instead> {
    let raw = Raw::of(query)?;
    let unit = unit.map_or_else(|_| String::new(), |Path(unit)| unit);
    let missing = || Instead::Problem(raw.lang(), Problem::not_found(&format!("there is no unit {unit}")));
    let unit: UnitId = unit.parse().map_err(|_| missing())?;
    let asked = raw.settle(&app, &unit_path(&unit)).await?;
    let failed = |error: StoreError| Instead::Problem(asked.lang, error.into());
    let bank = app.store.bank().await.map_err(failed)?;
    let name = bank.unit(&unit).ok_or_else(missing)?.name.clone();
    let tallies = app.store.tallies(asked.campaign.id).await.map_err(failed)?;
    let campaign = &asked.campaign.campaign;
    let standing = canvass_core::ranking::standings(campaign, asked.week, &bank, &tallies)
        .into_iter()
        .find(|standing| standing.unit == unit);
    let below = bank.below(&unit).map(|unit| Some(unit.id.clone())).collect();
    let contributions = app.store.contributions(asked.campaign.id, below, asked.week).await.map_err(failed)?;
    let explanation = explain(campaign, &bank, &contributions, &unit, asked.week, asked.metric);
    let lists = lists(&app, &asked, &bank, &explanation).await.map_err(failed)?;
    let content = html! {
        p.kicker { a href=(asked.of_metric(None).address(STANDINGS)) { "← " (asked.lang.of(words::BACK)) } }
        h1 { (name) }
        p.sub { (campaign.name) }
        (week_bar(&asked, &unit_path(&unit)))
        @if let Some(standing) = &standing { (figures(&asked, &unit, standing)) }
        (lists)
    };
    let other = asked.in_lang(if asked.lang == Lang::Zh { Lang::En } else { Lang::Zh }).address(&unit_path(&unit));
    Ok(frame::page(asked.lang, &format!("{name} {}", asked.week), Some(other), &content))
}

/// Rank, score and every metric: each is a filter of the lists below.
fn figures(asked: &Asked, unit: &UnitId, standing: &Standing) -> Markup {
    let lang = asked.lang;
    let path = unit_path(unit);
    let current = |metric: Option<Metric>| (asked.metric == metric).then_some("true");
    html! {
        nav.figures aria-label=(lang.of(words::METRIC)) {
            a href=(asked.of_metric(None).address(&path)) aria-current=[current(None)] {
                span { (lang.of(words::RANK)) " · " (lang.of(words::SCORE)) }
                strong { (standing.rank) " · " (format::number(standing.score)) }
                small { (movement(lang, standing.movement)) }
            }
            @for metric in Metric::ALL {
                @let figure = standing.total.get(&metric).copied().unwrap_or_default();
                @let week = standing.week.get(&metric).copied().unwrap_or_default();
                a href=(asked.of_metric(Some(metric)).address(&path)) aria-current=[current(Some(metric))] {
                    span { (lang.of(metric.label())) }
                    strong {
                        (format::value(metric, figure.counted(), lang))
                        @if metric == Metric::Communities { span.target { " / " (standing.target) } }
                    }
                    small {
                        (lang.of(words::THIS_WEEK)) " " (format::value(metric, week.counted(), lang)) " · "
                        (format::number(standing.points.get(&metric).copied().unwrap_or_default())) " "
                        (lang.of(words::POINTS))
                        @if figure.pending != 0 {
                            " · " (format::value(metric, figure.pending, lang)) " " (lang.of(words::PENDING))
                        }
                    }
                }
            }
        }
    }
}

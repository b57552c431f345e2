//! The standings: what leaders open first thing on Monday.

use super::parts::{STANDINGS, UNPLACED, movement, unit_path, week_bar};
use super::query::{Asked, Instead, Raw};
use super::words::{self, Lang};
use super::{format, frame};
use crate::app::App;
use crate::store::StoreError;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use canvass_core::domain::Bank;
use canvass_core::domain::campaign::Metric;
use canvass_core::ranking::{Figure, Standing, standings, unplaced};
use maud::{Markup, html};
use std::collections::BTreeMap;

pub(super) async fn page(State(app): State<App>, query: Result<Query<Raw>, QueryRejection>) -> Result<Markup, Instead> {
    let asked = Raw::of(query)?.settle(&app, STANDINGS).await?;
    let failed = |error: StoreError| Instead::Problem(asked.lang, error.into());
    let bank = app.store.bank().await.map_err(failed)?;
    let tallies = app.store.tallies(asked.campaign.id).await.map_err(failed)?;
    let campaign = &asked.campaign.campaign;
    let standings = standings(campaign, asked.week, &bank, &tallies);
    let unplaced = unplaced(campaign, asked.week, &bank, &tallies);
    let other = asked.in_lang(if asked.lang == Lang::Zh { Lang::En } else { Lang::Zh }).address(STANDINGS);
    let title = format!("{} {}", asked.lang.of(words::STANDINGS), asked.week);
    Ok(frame::page(asked.lang, &title, Some(other), &content(&asked, &bank, &standings, &unplaced)))
}

fn content(asked: &Asked, bank: &Bank, standings: &[Standing], unplaced: &BTreeMap<Metric, Figure>) -> Markup {
    let lang = asked.lang;
    html! {
        p.kicker { (lang.of(words::STANDINGS)) }
        h1 { (asked.campaign.campaign.name) }
        (week_bar(asked, STANDINGS))
        @if standings.is_empty() {
            p.empty { (lang.of(words::NO_UNITS)) }
        } @else {
            div.scroll tabindex="0" role="region" aria-label=(lang.of(words::STANDINGS)) {
                table.standings {
                    thead { tr {
                        th scope="col" { (lang.of(words::RANK)) }
                        th scope="col" { (lang.of(words::MOVEMENT)) }
                        th scope="col" { (lang.of(words::UNIT)) }
                        th.number scope="col" { (lang.of(words::SCORE)) }
                        @for metric in Metric::ALL {
                            th.number scope="col" { (lang.of(metric.label())) }
                        }
                    } }
                    tbody { @for standing in standings { (row(asked, bank, standing)) } }
                }
            }
            p.note { (lang.of(words::STANDINGS_NOTE)) }
        }
        p.note {
            a href=(asked.of_metric(None).address(UNPLACED)) { (lang.of(words::UNPLACED)) }
            @for (metric, figure) in unplaced.iter().filter(|(_, figure)| figure.counted() != 0) {
                " · " (lang.of(metric.label())) " " (format::value(*metric, figure.counted(), lang))
            }
        }
    }
}

fn row(asked: &Asked, bank: &Bank, standing: &Standing) -> Markup {
    let lang = asked.lang;
    let path = unit_path(&standing.unit);
    let name = bank.unit(&standing.unit).map_or(standing.unit.as_str(), |unit| unit.name.as_str());
    html! {
        tr {
            td.rank { (standing.rank) }
            td { (movement(lang, standing.movement)) }
            th scope="row" { a href=(asked.of_metric(None).address(&path)) { (name) } }
            td.number.score { (format::number(standing.score)) }
            @for metric in Metric::ALL {
                td.number {
                    a href=(asked.of_metric(Some(metric)).address(&path)) { (figure(lang, metric, standing)) }
                }
            }
        }
    }
}

/// A metric's total, for communities against the target, with what is pending beside it.
fn figure(lang: Lang, metric: Metric, standing: &Standing) -> Markup {
    let figure = standing.total.get(&metric).copied().unwrap_or_default();
    html! {
        (format::value(metric, figure.counted(), lang))
        @if metric == Metric::Communities { span.target { " / " (standing.target) } }
        @if figure.pending != 0 {
            small { (format::value(metric, figure.pending, lang)) " " (lang.of(words::PENDING)) }
        }
    }
}

//! A unit's page: from its figures down to each record that counted or did not, with the rule.

use super::parts::{STANDINGS, movement, unit_path, week_bar};
use super::query::{Asked, Instead, Raw};
use super::words::{self, Lang};
use super::{format, frame};
use crate::app::App;
use crate::problem::Problem;
use crate::store::StoreError;
use axum::extract::{Path, Query, State};
use canvass_core::domain::campaign::Metric;
use canvass_core::domain::{Bank, RecordId, UnitId};
use canvass_core::ranking::{Contribution, Explanation, Standing, explain};
use maud::{Markup, html};
use std::collections::BTreeMap;

/// How many records of each list one page shows.
const SHOWN: usize = 300;

pub(super) async fn page(
    State(app): State<App>,
    Path(unit): Path<String>,
    Query(raw): Query<Raw>,
) -> Result<Markup, Instead> {
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
    let below = bank.below(&unit).map(|unit| unit.id.clone()).collect();
    let contributions = app.store.contributions(asked.campaign.id, below, asked.week).await.map_err(failed)?;
    let explanation = explain(campaign, &bank, &contributions, &unit, asked.week, asked.metric);
    let names = names(&app, &explanation).await.map_err(failed)?;
    let content = html! {
        p.kicker { a href=(asked.of_metric(None).address(STANDINGS)) { "← " (asked.lang.of(words::BACK)) } }
        h1 { (name) }
        p.sub { (campaign.name) }
        (week_bar(&asked, &unit_path(&unit)))
        @if let Some(standing) = &standing { (figures(&asked, &unit, standing)) }
        (list(&asked, &bank, &names, words::COUNTED, words::NOTHING_COUNTED, &explanation.counted))
        (list(&asked, &bank, &names, words::LEFT_OUT, words::NOTHING_LEFT_OUT, &explanation.left_out))
    };
    let other = asked.in_lang(if asked.lang == Lang::Zh { Lang::En } else { Lang::Zh }).address(&unit_path(&unit));
    Ok(frame::page(asked.lang, &format!("{name} {}", asked.week), Some(other), &content))
}

/// The names of the prospects that the lists show.
async fn names(app: &App, explanation: &Explanation<'_>) -> Result<BTreeMap<RecordId, String>, StoreError> {
    let lists = [&explanation.counted, &explanation.left_out];
    let shown = lists.into_iter().flat_map(|list| list.iter().take(SHOWN)).map(|one| one.prospect);
    let mut ids: Vec<_> = shown.collect();
    ids.sort_unstable();
    ids.dedup();
    let rows = app.store.rows(ids).await?;
    Ok(rows.iter().filter_map(|row| Some((row.id, row.fields.text("name")?.to_owned()))).collect())
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

fn list(
    asked: &Asked,
    bank: &Bank,
    names: &BTreeMap<RecordId, String>,
    title: canvass_core::domain::Label,
    nothing: canvass_core::domain::Label,
    contributions: &[&Contribution],
) -> Markup {
    let lang = asked.lang;
    html! {
        section {
            h2 { (lang.of(title)) " " small { (format::number(i64::try_from(contributions.len()).unwrap_or(i64::MAX))) " " (lang.of(words::RECORDS)) } }
            @if contributions.is_empty() {
                p.empty { (lang.of(nothing)) }
            } @else {
                div.scroll tabindex="0" role="region" aria-label=(lang.of(title)) {
                    table {
                        thead { tr {
                            th scope="col" { (lang.of(words::WEEK)) }
                            th scope="col" { (lang.of(words::PROSPECT)) }
                            th scope="col" { (lang.of(words::PERSON)) }
                            th scope="col" { (lang.of(words::METRIC)) }
                            th.number scope="col" { (lang.of(words::VALUE)) }
                            th scope="col" { (lang.of(words::STATUS)) }
                            th scope="col" { (lang.of(words::RULE)) }
                        } }
                        tbody { @for one in contributions.iter().take(SHOWN) { (line(lang, bank, names, one)) } }
                    }
                }
                @if contributions.len() > SHOWN { p.note { (lang.of(words::SHORTENED)) } }
            }
        }
    }
}

fn line(lang: Lang, bank: &Bank, names: &BTreeMap<RecordId, String>, one: &Contribution) -> Markup {
    let person = one.person.as_ref().and_then(|id| bank.person(id)).map_or("–", |person| person.name.as_str());
    html! {
        tr id=(format!("{}-{}", one.source, one.metric.name())) {
            td { (one.week) }
            td { (names.get(&one.prospect).map_or("–", String::as_str)) }
            td { (person) }
            td { (lang.of(one.metric.label())) }
            td.number { (format::value(one.metric, one.value, lang)) }
            td { span class={ "status " (one.status.name()) } { (lang.of(one.status.label())) } }
            td { (lang.of(one.rule.label())) }
        }
    }
}

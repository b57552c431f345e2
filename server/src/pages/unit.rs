//! A unit's page: from its figures down to its people, and to each record that counted or did not, with the rule.

use super::contributions::{self, COUNTED, LEFT_OUT, of_the_week, statuses};
use super::format;
use super::frame::{Live, Page};
use super::members;
use super::parts::{Choice, STANDINGS, choices, metric_choices, movement, unit_path, week_bar};
use super::plots;
use super::query::{Asked, Raw, about};
use super::reader::Reader;
use super::what_if;
use super::words;
use super::wrong::{Instead, Whom, Wrong};
use crate::app::App;
use crate::store::{StoreError, Whose};
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::response::Response;
use canvass_core::domain::campaign::Metric;
use canvass_core::domain::{Bank, Unit};
use canvass_core::ranking::{Explanation, Standing, explain, standings, trends};
use maud::{Markup, html};

pub(super) async fn page(
    State(app): State<App>,
    reader: Reader,
    unit: Result<Path<String>, PathRejection>,
    query: Result<Query<Raw>, QueryRejection>,
) -> Result<Response, Instead> {
    let (id, path, asked) = about(&app, reader, unit, query, unit_path, Wrong::NoUnit).await?;
    let failed = |error: StoreError| Wrong::from(error).told(asked.lang);
    let bank = app.store.bank().await.map_err(failed)?;
    let unit = bank.unit(&id).ok_or_else(|| Wrong::NoUnit(id.to_string()).told(asked.lang))?;
    if !asked.reader.sees_unit(&id) {
        return Err(Wrong::NotYours(Whom::UnitsLeader).told(asked.lang));
    }
    let tallies = app.store.tallies(asked.campaign.id).await.map_err(failed)?;
    let campaign = &asked.campaign.campaign;
    let standings = standings(campaign, asked.week, &bank, &tallies, asked.basis);
    let trends = trends(campaign, asked.week, &bank, &tallies, asked.basis);
    let standing = standings.iter().find(|standing| standing.unit == id);
    let below = Whose::Units(bank.below(&id).map(|unit| Some(unit.id.clone())).collect());
    let mut contributions = app.store.contributions(asked.campaign.id, below, asked.week).await.map_err(failed)?;
    contributions.retain(|one| asked.reader.reads_metric(one.metric));
    // A unit that takes no part has no standing of its own: all that it and those below it brought in is shown.
    let explanation = match standing {
        Some(_) => explain(campaign, &bank, &contributions, &id, asked.week, None),
        None => Explanation::of(campaign, contributions.iter(), asked.week),
    };
    let [counted, left_out] = contributions::tables(&app, &asked, &bank, &explanation).await.map_err(failed)?;
    let mut tables = Vec::new();
    let units = members::units(&asked, &bank, &id, &explanation.counted);
    let has_units = !units.rows.is_empty();
    tables.push(members::people(&asked, &bank, &id, &explanation.counted));
    tables.push(units);
    tables.extend([counted, left_out]);
    let pending = what_if::claims(&app, &asked, &explanation.counted).await.map_err(failed)?;
    let title = format!("{} {}", unit.name, asked.week);
    let page = Page { app: &app, state: &asked, path: &path, title, live: Live::Standings, tables };
    page.answer(|tables| {
        html! {
            p.kicker { (above(&asked, &bank, unit)) }
            h1 { (unit.name) }
            p.sub { (campaign.name) }
            (week_bar(&asked, &path))
            (figures(&asked, &path, standing, standings.len(), &explanation))
            @match (asked.metric, standing) {
                (None, Some(_)) => (plots::course(&asked, &id, &trends)),
                (metric, _) => (plots::weeks(&asked, metric.unwrap_or(Metric::Visits), &explanation.counted)),
            }
            @if standing.is_some() { (plots::side_by_side(&asked, &bank, &standings, Some(&id))) }
            @if standing.is_some() { (what_if::form(&asked, &id, &pending)) }
            @if has_units { (tables.show(members::UNITS)) }
            (tables.show(members::PEOPLE))
            (statuses(&asked, &path))
            (tables.show(COUNTED))
            (tables.show(LEFT_OUT))
        }
    })
    .await
}

/// The way up: the standings, and the units above.
fn above(asked: &Asked, bank: &Bank, unit: &Unit) -> Markup {
    let here = asked.elsewhere();
    let mut above: Vec<&Unit> = bank.upwards(&unit.id).skip(1).collect();
    above.reverse();
    html! {
        a href=(here.address(STANDINGS)) { "← " (asked.lang.of(words::BACK)) }
        @for unit in above { " / "
            @if asked.reader.sees_unit(&unit.id) {
                a href=(here.address(&unit_path(&unit.id))) { (unit.name) }
            } @else { (unit.name) }
        }
    }
}

/// Rank, score and every metric: each is a filter of the tables below. A unit that is not ranked itself has no rank.
fn figures(
    asked: &Asked,
    path: &str,
    standing: Option<&Standing>,
    ranked: usize,
    explanation: &Explanation<'_>,
) -> Markup {
    let lang = asked.lang;
    let first = standing.map(|standing| Choice {
        metric: None,
        title: format!("{} · {}", lang.of(words::RANK), lang.of(words::SCORE)),
        value: html! {
            (standing.rank) span.target { " / " (ranked) } " · " (format::number(standing.score))
        },
        below: movement(lang, standing.movement),
    });
    let week = of_the_week(asked, explanation);
    let each = metric_choices(lang, &explanation.figures, &week, standing.map(|standing| standing.target))
        .filter(|choice| choice.metric.is_none_or(|metric| asked.reader.reads_metric(metric)));
    let first = first.unwrap_or_else(|| Choice::all(lang));
    choices(asked, path, &std::iter::once(first).chain(each).collect::<Vec<_>>())
}

//! What if: where a unit would stand if some of its pending outcomes were confirmed. It changes nothing, and is in the address.

use super::format;
use super::frame::{Live, Page};
use super::parts::{STANDINGS, WHAT_IF, unit_path};
use super::query::{Asked, Raw};
use super::reader::Reader;
use super::table::{Column, Line, Table, Value};
use super::words;
use super::wrong::{Instead, Whom, Wrong};
use crate::app::App;
use crate::store::{StoreError, Whose};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use canvass_core::domain::{RecordId, UnitId};
use canvass_core::ranking::{
    Basis, Contribution, Figures, Given, Place, Placement, Status, places, standings, what_if,
};
use maud::{Markup, html};
use std::collections::{BTreeMap, BTreeSet};

/// So many pending outcomes are offered.
const OFFERED: usize = 100;

/// A pending outcome that can be supposed to be confirmed.
pub(super) struct Pending {
    source: RecordId,
    prospect: String,
    adds: Vec<(canvass_core::domain::campaign::Metric, i64)>,
}

/// The pending outcomes among what counted for a unit.
pub(super) async fn claims(app: &App, asked: &Asked, counted: &[&Contribution]) -> Result<Vec<Pending>, StoreError> {
    let mut by_source: BTreeMap<RecordId, (RecordId, Vec<_>)> = BTreeMap::new();
    for one in counted.iter().filter(|one| one.status == Status::Pending) {
        let (_, adds) = by_source.entry(one.source).or_insert((one.prospect, Vec::new()));
        adds.push((one.metric, one.value));
    }
    let first: Vec<_> = by_source.into_iter().take(OFFERED).collect();
    let mut prospects: Vec<RecordId> = first.iter().map(|(_, (prospect, _))| *prospect).collect();
    // Whose prospect it is by now is for those who have it.
    if !asked.reader.sees_all() {
        let strangers = asked.reader.strangers(&app.store.assigned(prospects.clone()).await?);
        prospects.retain(|prospect| !strangers.contains(prospect));
    }
    let rows = app.store.rows(prospects).await?;
    let names: BTreeMap<RecordId, &str> =
        rows.iter().filter_map(|row| Some((row.id, row.fields.text("name")?))).collect();
    let pending = |(source, (prospect, adds)): (RecordId, (RecordId, Vec<_>))| Pending {
        source,
        prospect: names.get(&prospect).copied().unwrap_or(asked.lang.of(words::OTHERS_PROSPECT)).to_owned(),
        adds,
    };
    Ok(first.into_iter().map(pending).collect())
}

/// The form on a unit's page.
pub(super) fn form(asked: &Asked, unit: &UnitId, pending: &[Pending]) -> Markup {
    let lang = asked.lang;
    html! {
        @if !pending.is_empty() {
            details.suppose id="what-if" {
                summary { (lang.of(words::WHAT_IF)) " · " (pending.len()) " " (lang.of(words::PENDING)) }
                p.note { (lang.of(words::WHAT_IF_HELP)) }
                form.card method="get" action=(WHAT_IF) {
                    input type="hidden" name="campaign" value=(asked.campaign.id);
                    input type="hidden" name="week" value=(asked.week);
                    input type="hidden" name="lang" value=(lang.name());
                    input type="hidden" name="unit" value=(unit);
                    ul.choices {
                        @for one in pending {
                            li { label.check {
                                input type="checkbox" name="given" value=(one.source);
                                " " (one.prospect)
                                @for (metric, value) in &one.adds {
                                    " · " (lang.of(metric.label())) " " (format::value(*metric, *value, lang))
                                }
                            } }
                        }
                    }
                    button { (lang.of(words::SUPPOSE)) }
                }
            }
        }
    }
}

pub(super) async fn page(
    State(app): State<App>,
    reader: Reader,
    RawQuery(all): RawQuery,
    query: Result<Query<Raw>, QueryRejection>,
) -> Result<Response, Instead> {
    let all = all.unwrap_or_default();
    let mut asked = Raw::of(query)?.settle(&app, reader, WHAT_IF).await?;
    let lang = asked.lang;
    let failed = |error: StoreError| Wrong::from(error).told(lang);
    let named = |name: &str| -> Vec<String> {
        form_urlencoded::parse(all.as_bytes()).filter(|(key, _)| key == name).map(|(_, value)| value.into()).collect()
    };
    let Some(unit) = named("unit").pop() else {
        // Of no unit there is nothing to suppose.
        return Ok(Redirect::to(&asked.address(STANDINGS)).into_response());
    };
    let unit: UnitId = unit.parse().map_err(|_| Wrong::NoUnit(unit.clone()).told(lang))?;
    let sources: Vec<RecordId> = named("given").iter().filter_map(|id| id.parse().ok()).collect();
    asked.supposed = vec![("unit", unit.to_string())];
    asked.supposed.extend(sources.iter().map(|source| ("given", source.to_string())));
    if !asked.reader.sees_unit(&unit) {
        return Err(Wrong::NotYours(Whom::UnitsLeader).told(lang));
    }
    let bank = app.store.bank().await.map_err(failed)?;
    let name = |unit: &UnitId| bank.unit(unit).map_or(unit.to_string(), |unit| unit.name.clone());
    let tallies = app.store.tallies(asked.campaign.id).await.map_err(failed)?;
    let of = |whose| app.store.contributions(asked.campaign.id, whose, asked.week);
    let below = Whose::Units(bank.below(&unit).map(|unit| Some(unit.id.clone())).collect());
    let own = of(below).await.map_err(failed)?;
    let chosen: BTreeSet<RecordId> =
        own.iter().filter(|one| sources.contains(&one.source)).map(|one| one.prospect).collect();
    // What a team shares lifts other units as well.
    let mut contributions = Vec::new();
    for prospect in chosen {
        contributions.extend(of(Whose::Prospect(prospect)).await.map_err(failed)?);
    }
    let own: BTreeSet<RecordId> = own.into_iter().map(|one| one.source).collect();
    let campaign = &asked.campaign.campaign;
    let placement = Placement::new(campaign, &bank);
    let given: Vec<Given> = contributions
        .iter()
        .filter(|one| one.status == Status::Pending && sources.contains(&one.source) && own.contains(&one.source))
        .filter_map(|one| {
            let unit = placement.of(one.unit.as_ref()?)?.clone();
            Some(Given { unit, metric: one.metric, value: one.value })
        })
        .collect();
    let now = standings(campaign, asked.week, &bank, &tallies, Basis::Confirmed);
    let totals: BTreeMap<UnitId, Figures> = now.into_iter().map(|one| (one.unit, one.total)).collect();
    let rules = campaign.rules(asked.week);
    let (before, after) = (places(&rules, &totals, Basis::Confirmed), what_if(&rules, &totals, &given));
    let place_of = |places: &[Place]| places.iter().find(|place| place.unit == unit).cloned();
    let columns = vec![
        Column::number("rank", lang.of(words::RANK)),
        Column::number("movement", lang.of(words::MOVEMENT)),
        Column::words("unit", lang.of(words::UNIT)).heads_rows(),
        Column::number("score", lang.of(words::SCORE)),
    ];
    let line = |place: &Place| {
        let was = before.iter().find(|was| was.unit == place.unit).map_or(place.rank, |was| was.rank);
        let moved = i64::from(was) - i64::from(place.rank);
        Line {
            key: place.unit.to_string(),
            cells: vec![
                Value::Number(place.rank.into()).into(),
                Value::Movement(i32::try_from(moved).ok()).into(),
                Value::Text(name(&place.unit)).into(),
                Value::Number(place.score).into(),
            ],
        }
    };
    let rows = after.iter().map(line).collect();
    let tables = vec![Table { name: "places", title: words::PLACES_THEN, columns, rows, nothing: words::NO_UNITS }];
    let title = format!("{} · {}", lang.of(words::WHAT_IF), name(&unit));
    let page = Page { app: &app, state: &asked, path: WHAT_IF, title, live: Live::Standings, tables };
    page.answer(|tables| {
        html! {
            p.kicker { a href=(asked.elsewhere().address(&unit_path(&unit))) { "← " (name(&unit)) } }
            h1 { (lang.of(words::WHAT_IF)) }
            p.sub { (campaign.name) " · " (asked.week) }
            @if given.is_empty() { p.empty { (lang.of(words::NOTHING_SUPPOSED)) } }
            @if let (Some(before), Some(after)) = (place_of(&before), place_of(&after)) {
                dl.fields.part id="places-then" {
                    div { dt { (lang.of(words::AS_IT_IS)) } dd { (place(lang, &before)) } }
                    div { dt { (lang.of(words::THEN)) } dd { strong { (place(lang, &after)) } } }
                }
            }
            (tables.show("places"))
        }
    })
    .await
}

fn place(lang: words::Lang, place: &Place) -> Markup {
    html! {
        (lang.of(words::RANK)) " " (place.rank) " · " (format::number(place.score)) " " (lang.of(words::POINTS))
    }
}

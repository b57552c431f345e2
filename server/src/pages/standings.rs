//! The standings: what leaders open first thing on Monday.

use super::bulletin;
use super::format;
use super::frame::{Live, Page};
use super::parts::{Choice, STANDINGS, UNPLACED, choices, metric_choices, unit_path, week_bar};
use super::plots;
use super::query::{Asked, Links, Raw};
use super::reader::Reader;
use super::table::{Cell, Column, Line, Table, Value};
use super::words::{self, Lang};
use super::wrong::{Instead, Wrong};
use crate::app::App;
use crate::store::StoreError;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::Response;
use canvass_core::domain::campaign::{Campaign, Metric};
use canvass_core::domain::{Bank, UnitId, UnitLevel};
use canvass_core::ranking::{Basis, Figure, Standing, TrendPoint, coverage, standings, trends, unplaced};
use maud::{Markup, html};
use std::collections::{BTreeMap, BTreeSet};

pub(super) async fn page(
    State(app): State<App>,
    reader: Reader,
    query: Result<Query<Raw>, QueryRejection>,
) -> Result<Response, Instead> {
    let asked = Raw::of(query)?.settle(&app, reader, STANDINGS).await?;
    let failed = |error: StoreError| Wrong::from(error).told(asked.lang);
    let bank = app.store.bank().await.map_err(failed)?;
    let tallies = app.store.tallies(asked.campaign.id).await.map_err(failed)?;
    let sealed = app.store.bulletins(asked.campaign.id).await.map_err(failed)?;
    let phones = app.store.phones().await.map_err(failed)?;
    let campaign = &ranked(&asked, &bank);
    let standings = standings(campaign, asked.week, &bank, &tallies, asked.basis);
    let coverage = coverage(campaign, asked.week, &bank, &phones, app.clock.now());
    let trends = trends(campaign, asked.week, &bank, &tallies, asked.basis);
    let unplaced = unplaced(campaign, asked.week, &bank, &tallies);
    let page = Page {
        app: &app,
        state: &asked,
        path: STANDINGS,
        title: format!("{} {}", asked.lang.of(words::STANDINGS), asked.week),
        live: Live::Standings,
        tables: vec![table(&asked, &bank, &standings, &trends)],
    };
    page.answer(|tables| {
        let lang = asked.lang;
        html! {
            p.kicker { (lang.of(words::STANDINGS)) }
            h1 { (campaign.name) }
            (week_bar(&asked, STANDINGS))
            (views(&asked))
            (summary(&asked, &standings))
            (tables.show("standings"))
            p.note { (lang.of(words::STANDINGS_NOTE)) " · " (bulletin::newest(&asked, &sealed)) }
            (bulletin::coverage(&asked, &bank, &coverage))
            (blank(&asked, &bank, &standings))
            (plots::side_by_side(&asked, &bank, &standings, None))
            @if asked.reader.sees_all() { (outside(&asked, &unplaced)) }
        }
    })
    .await
}

/// The campaign as the page ranks it: its own units, or those of another level.
fn ranked(asked: &Asked, bank: &Bank) -> Campaign {
    let campaign = &*asked.campaign.campaign;
    asked.level.map_or_else(|| campaign.clone(), |level| campaign.at_level(level, bank))
}

/// Which units are ranked, and by which figures.
fn views(asked: &Asked) -> Markup {
    let lang = asked.lang;
    let link = |label, level, basis| {
        let current = ((asked.level, asked.basis) == (level, basis)).then_some("true");
        html! { a href=(asked.ranking(level, basis).address(STANDINGS)) aria-current=[current] { (lang.of(label)) } }
    };
    let levels = UnitLevel::ALL.into_iter().filter(|level| *level != UnitLevel::HeadOffice);
    html! {
        div.views {
            nav.filter aria-label=(lang.of(words::LEVEL)) {
                (link(words::PARTICIPANTS, None, asked.basis))
                @for level in levels { (link(level.label(), Some(level), asked.basis)) }
            }
            nav.filter aria-label=(lang.of(words::BASIS)) {
                (link(words::BASIS_COUNTED, asked.level, Basis::Counted))
                (link(words::BASIS_CONFIRMED, asked.level, Basis::Confirmed))
            }
        }
    }
}

/// Units that have won nothing (`[case]`: 无一空白点, no blank branch, was the aim).
fn blank(asked: &Asked, bank: &Bank, standings: &[Standing]) -> Markup {
    let lang = asked.lang;
    let blank: Vec<_> = standings.iter().filter(|one| one.is_blank(asked.basis)).map(|one| &one.unit).collect();
    let name = |unit: &UnitId| bank.unit(unit).map_or(unit.to_string(), |unit| unit.name.clone());
    html! {
        p.note.part id="blank" {
            strong { (lang.of(words::BLANK_UNITS)) } " " (format::number(i64::try_from(blank.len()).unwrap_or(i64::MAX)))
            @if !blank.is_empty() && blank.len() <= BLANK_NAMED {
                " · " @for (n, unit) in blank.iter().enumerate() { @if n > 0 { "、" } (name(unit)) }
            }
        }
    }
}

/// So many blank units are named.
const BLANK_NAMED: usize = 20;

/// What all units came to together.
fn summary(asked: &Asked, standings: &[Standing]) -> Markup {
    let lang = asked.lang;
    let sum = |of: fn(&Standing) -> &BTreeMap<Metric, Figure>| {
        let mut sums: BTreeMap<Metric, Figure> = BTreeMap::new();
        for (metric, figure) in standings.iter().flat_map(of) {
            let sum = sums.entry(*metric).or_default();
            sum.confirmed = sum.confirmed.saturating_add(figure.confirmed);
            sum.pending = sum.pending.saturating_add(figure.pending);
        }
        sums
    };
    let (total, week) = (sum(|standing| &standing.total), sum(|standing| &standing.week));
    let target = standings.iter().map(|standing| standing.target).fold(0, i64::saturating_add);
    let units = i64::try_from(standings.len()).unwrap_or(i64::MAX);
    let all = Choice {
        metric: None,
        title: lang.of(words::UNITS_IN).to_owned(),
        value: html! { (format::number(units)) },
        below: html! {
            (lang.of(words::FIRST_UNIT)) " " (format::number(standings.first().map_or(0, |first| first.score))) " "
            (lang.of(words::POINTS))
        },
    };
    let each = metric_choices(lang, &total, &week, Some(target).filter(|target| *target > 0));
    choices(asked, STANDINGS, &std::iter::once(all).chain(each).collect::<Vec<_>>())
}

fn table(asked: &Asked, bank: &Bank, standings: &[Standing], trends: &BTreeMap<UnitId, Vec<TrendPoint>>) -> Table {
    let lang = asked.lang;
    let mut columns = vec![
        Column::number("rank", lang.of(words::RANK)),
        Column::number("movement", lang.of(words::MOVEMENT)),
        Column::words("unit", lang.of(words::UNIT)).heads_rows(),
        Column::code("code", lang.of(words::UNIT_CODE)),
        Column::number("score", lang.of(words::SCORE)),
        Column::percent("share", lang.of(words::SHARE_OF_TARGET)),
        Column::plot("trend", lang.of(words::RANKS_SO_FAR)),
    ];
    columns.extend(Metric::ALL.map(|metric| {
        let title = lang.of(metric.label());
        // One number for all, unless the rules name others for some.
        let targets: BTreeSet<i64> = standings.iter().map(|one| one.target).collect();
        let one_target = targets.first().copied().filter(|_| targets.len() == 1);
        let target = one_target.filter(|target| metric == Metric::Communities && *target > 0);
        let title = target.map_or_else(
            || title.to_owned(),
            |target| format!("{title} / {} {}", lang.of(words::TARGET), format::number(target)),
        );
        Column::metric(metric, lang, title)
    }));
    let plain = asked.elsewhere().links();
    let of_metrics = Metric::ALL.map(|metric| (metric, asked.elsewhere().of_metric(Some(metric)).links()));
    let rows = standings
        .iter()
        .map(|standing| line(asked, &plain, &of_metrics, bank, standing, trends.get(&standing.unit)))
        .collect();
    Table { name: "standings", title: words::STANDINGS, columns, rows, nothing: words::NO_UNITS }
}

fn line(
    asked: &Asked,
    plain: &Links,
    of_metrics: &[(Metric, Links)],
    bank: &Bank,
    standing: &Standing,
    trend: Option<&Vec<TrendPoint>>,
) -> Line {
    let path = unit_path(&standing.unit);
    let name = bank.unit(&standing.unit).map_or(standing.unit.as_str(), |unit| unit.name.as_str());
    let seen = asked.reader.sees_unit(&standing.unit);
    let ranks: Vec<u32> = trend.into_iter().flatten().map(|point| point.rank).collect();
    let ranks =
        plots::ranks(asked, &format!("standings-{}", standing.unit), asked.lang.of(words::RANKS_SO_FAR), &ranks);
    let mut cells = vec![
        Value::Number(i64::from(standing.rank)).into(),
        Value::Movement(standing.movement).into(),
        Cell::from(Value::Text(name.to_owned())).linked_if(seen, || plain.to(&path)),
        Value::Text(standing.unit.to_string()).into(),
        Value::Number(standing.score).into(),
        standing.share_of_target(asked.basis).map_or(Value::Nothing, Value::Percent).into(),
        Value::Drawn(ranks).into(),
    ];
    cells.extend(of_metrics.iter().map(|(metric, links)| {
        let figure = standing.total.get(metric).copied().unwrap_or_default();
        let cell = match asked.basis {
            Basis::Counted => Cell::figure(*metric, figure),
            Basis::Confirmed => Cell::confirmed(*metric, figure),
        };
        cell.linked_if(seen, || links.to(&path))
    }));
    Line { key: standing.unit.to_string(), cells }
}

/// What counts for nobody who is ranked.
fn outside(asked: &Asked, unplaced: &BTreeMap<Metric, Figure>) -> Markup {
    let lang: Lang = asked.lang;
    html! {
        p.note.part id="outside" {
            a href=(asked.elsewhere().address(UNPLACED)) { (lang.of(words::UNPLACED)) }
            @for (metric, figure) in unplaced.iter().filter(|(_, figure)| figure.counted() != 0) {
                " · " (lang.of(metric.label())) " " (format::value(*metric, figure.counted(), lang))
            }
        }
    }
}

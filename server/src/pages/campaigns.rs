//! The list of campaigns, and a campaign's page: its days, its rules, and what all units brought in week by week.

use super::editor::{self, words as editing};
use super::fields::Reading;
use super::format;
use super::frame::{Live, Page};
use super::parts::{CAMPAIGN, CAMPAIGNS, Choice, EDITOR, NEW_CAMPAIGN, STANDINGS, choices, metric_choices, week_bar};
use super::plots;
use super::prospect::disagreement;
use super::query::{Asked, Raw};
use super::reader::Reader;
use super::rules;
use super::table::{Cell, Column, Line, Table, Value};
use super::words;
use super::wrong::{Instead, Wrong};
use crate::app::App;
use crate::store::{StoreError, StoredCampaign};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::Response;
use canvass_core::domain::campaign::{Campaign, Metric};
use canvass_core::domain::{Bank, Week};
use canvass_core::projection::Row;
use canvass_core::ranking::{Figure, Placement, Tally};
use maud::{Markup, html};
use std::collections::BTreeMap;

/// All campaigns, the newest first.
pub(super) async fn list(
    State(app): State<App>,
    reader: Reader,
    query: Result<Query<Raw>, QueryRejection>,
) -> Result<Response, Instead> {
    let asked = Raw::of(query)?.settle(&app, reader, CAMPAIGNS).await?;
    let lang = asked.lang;
    let failed = |error: StoreError| Wrong::from(error).told(lang);
    let campaigns = app.store.campaigns().await.map_err(failed)?;
    let columns = vec![
        Column::words("campaign", lang.of(words::CAMPAIGN)).heads_rows(),
        Column::words("starts", lang.of(words::FIRST_DAY)),
        Column::words("ends", lang.of(words::LAST_DAY)),
        Column::number("units", lang.of(words::UNITS_IN)),
    ];
    let line = |stored: &StoredCampaign| {
        let campaign = &stored.campaign;
        // One whose days make no sense has no page until they are corrected.
        let broken = campaign.weeks().is_empty() && editor::edits(&asked.reader);
        // Without a week: that campaign's own latest is found.
        let address = format!("{}?campaign={}&lang={}", if broken { EDITOR } else { CAMPAIGN }, stored.id, lang.name());
        Line {
            key: stored.id.to_string(),
            cells: vec![
                Cell::from(Value::Text(campaign.name.clone())).to(address),
                Value::Day(campaign.starts).into(),
                Value::Day(campaign.ends).into(),
                Value::Number(i64::try_from(campaign.units.len()).unwrap_or(i64::MAX)).into(),
            ],
        }
    };
    let rows = campaigns.iter().map(line).collect();
    let tables = vec![Table { name: "campaigns", title: words::CAMPAIGNS, columns, rows, nothing: words::NO_CAMPAIGN }];
    let title = lang.of(words::CAMPAIGNS);
    let page =
        Page { app: &app, state: &asked, path: CAMPAIGNS, title: title.to_owned(), live: Live::Standings, tables };
    page.answer(|tables| {
        html! {
            p.kicker { a href=(asked.elsewhere().address(STANDINGS)) { "← " (lang.of(words::BACK)) } }
            h1 { (title) }
            @if editor::edits(&asked.reader) {
                p.sub { a href={ (NEW_CAMPAIGN) "?lang=" (lang.name()) } { (lang.of(editing::NEW_CAMPAIGN)) } }
            }
            (tables.show("campaigns"))
        }
    })
    .await
}

/// One campaign: the one that the address names.
pub(super) async fn page(
    State(app): State<App>,
    reader: Reader,
    query: Result<Query<Raw>, QueryRejection>,
) -> Result<Response, Instead> {
    let asked = Raw::of(query)?.settle(&app, reader, CAMPAIGN).await?;
    let lang = asked.lang;
    let failed = |error: StoreError| Wrong::from(error).told(lang);
    let bank = app.store.bank().await.map_err(failed)?;
    let tallies = app.store.tallies(asked.campaign.id).await.map_err(failed)?;
    let campaign = &asked.campaign.campaign;
    let weeks = by_week(campaign, asked.week, &bank, &tallies);
    let rows = app.store.rows(vec![asked.campaign.id]).await.map_err(failed)?;
    let row = rows.first();
    let fields = row.map(Row::settled_fields).unwrap_or_default();
    let mut tables = vec![week_table(&asked, &weeks), rules::versions(lang, campaign, &bank)];
    tables.extend(rules::plan(lang, &fields));
    let page =
        Page { app: &app, state: &asked, path: CAMPAIGN, title: campaign.name.clone(), live: Live::Standings, tables };
    page.answer(|tables| {
        html! {
            p.kicker { a href=(asked.elsewhere().address(CAMPAIGNS)) { "← " (lang.of(words::CAMPAIGNS)) } }
            h1 { (campaign.name) }
            p.sub {
                (campaign.starts) " – " (campaign.ends) " · " (campaign.zone.name()) " · "
                (format::number(i64::try_from(campaign.units.len()).unwrap_or(i64::MAX))) " " (lang.of(words::UNITS_IN))
                " · " (lang.of(words::CUTOFF)) " " (rules::cutoff(lang, campaign))
                @if editor::edits(&asked.reader) {
                    " · " a href={ (EDITOR) "?campaign=" (asked.campaign.id) "&lang=" (lang.name()) } { (lang.of(editing::EDIT)) }
                }
            }
            @if let Some(row) = row { (conflicts(&asked, &bank, row)) }
            (week_bar(&asked, CAMPAIGN))
            (totals(&asked, &weeks))
            (plots::totals(&asked, asked.metric.unwrap_or(Metric::Communities), &weeks))
            (tables.show("weeks"))
            (tables.show("rules"))
            @for name in ["phases", "training", "materials"] { (tables.show(name)) }
        }
    })
    .await
}

/// Where people disagree about the campaign.
fn conflicts(asked: &Asked, bank: &Bank, row: &Row) -> Markup {
    let reading = Reading { lang: asked.lang, bank, zone: &asked.campaign.campaign.zone };
    html! {
        @if !row.conflicts.is_empty() {
            section.part id="conflicts" {
                h2 { (asked.lang.of(words::CONFLICTS)) }
                p.note { (asked.lang.of(editing::CONFLICT_RULES)) }
                @for conflict in &row.conflicts { (disagreement(&reading, row, conflict)) }
            }
        }
    }
}

type Figures = BTreeMap<Metric, Figure>;

/// What all ranked units brought in, in each week up to one.
fn by_week(campaign: &Campaign, until: Week, bank: &Bank, tallies: &[Tally]) -> BTreeMap<Week, Figures> {
    let placement = Placement::new(campaign, bank);
    let shown = campaign.weeks().into_iter().take_while(|week| *week <= until);
    let mut weeks: BTreeMap<Week, Figures> = shown.map(|week| (week, Figures::new())).collect();
    for tally in tallies.iter().filter(|tally| placement.of(&tally.unit).is_some()) {
        if let Some(figures) = weeks.get_mut(&tally.week) {
            figures.entry(tally.metric).or_default().add(tally.status, tally.value);
        }
    }
    weeks
}

fn totals(asked: &Asked, weeks: &BTreeMap<Week, Figures>) -> Markup {
    let lang = asked.lang;
    let mut total = Figures::new();
    for (metric, figure) in weeks.values().flatten() {
        let sum = total.entry(*metric).or_default();
        sum.confirmed = sum.confirmed.saturating_add(figure.confirmed);
        sum.pending = sum.pending.saturating_add(figure.pending);
    }
    let none = Figures::new();
    let week = weeks.get(&asked.week).unwrap_or(&none);
    let campaign = &asked.campaign.campaign;
    let rules = campaign.rules(asked.week);
    let target = campaign.units.iter().map(|unit| rules.target_of(unit)).fold(0, i64::saturating_add);
    let chosen: Vec<Choice> = metric_choices(lang, &total, week, Some(target).filter(|target| *target > 0)).collect();
    choices(asked, CAMPAIGN, &chosen)
}

fn week_table(asked: &Asked, weeks: &BTreeMap<Week, Figures>) -> Table {
    let lang = asked.lang;
    let mut columns = vec![
        Column::words("week", lang.of(words::WEEK)).heads_rows(),
        Column::words("monday", lang.of(words::FIRST_DAY)),
    ];
    columns.extend(Metric::ALL.map(|metric| Column::metric(metric, lang, lang.of(metric.label()).to_owned())));
    let line = |(week, figures): (&Week, &Figures)| {
        let address = asked.elsewhere().in_week(*week).address(STANDINGS);
        let mut cells = vec![Cell::from(Value::Week(*week)).to(address), Value::Day(week.monday()).into()];
        let figure = |metric| figures.get(&metric).copied().unwrap_or_default();
        cells.extend(Metric::ALL.map(|metric| Cell::figure(metric, figure(metric))));
        Line { key: week.to_string(), cells }
    };
    let rows = weeks.iter().map(line).collect();
    Table { name: "weeks", title: words::BY_WEEK, columns, rows, nothing: words::NOTHING_COUNTED }
}

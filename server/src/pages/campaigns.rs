//! The list of campaigns, and a campaign's page: its days, its rules, and what all units brought in week by week.

use super::format;
use super::frame::{Live, Page};
use super::parts::{CAMPAIGN, CAMPAIGNS, Choice, STANDINGS, choices, metric_choices, week_bar};
use super::plots;
use super::query::{Asked, Raw};
use super::reader::Reader;
use super::table::{Cell, Column, Line, Table, Value};
use super::words::{self, Lang};
use super::wrong::{Instead, Wrong};
use crate::app::App;
use crate::store::{StoreError, StoredCampaign};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::Response;
use canvass_core::domain::campaign::{Campaign, Metric, Rules, Weight};
use canvass_core::domain::{Bank, Week};
use canvass_core::ranking::{Figure, Placement, Tally};
use maud::html;
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
        // Without a week: that campaign's own latest is found.
        let address = format!("{CAMPAIGN}?campaign={}&lang={}", stored.id, lang.name());
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
    let tables = vec![week_table(&asked, &weeks), rule_table(lang, campaign)];
    let page =
        Page { app: &app, state: &asked, path: CAMPAIGN, title: campaign.name.clone(), live: Live::Standings, tables };
    page.answer(|tables| {
        html! {
            p.kicker { a href=(asked.elsewhere().address(CAMPAIGNS)) { "← " (lang.of(words::CAMPAIGNS)) } }
            h1 { (campaign.name) }
            p.sub {
                (campaign.starts) " – " (campaign.ends) " · " (campaign.zone.name()) " · "
                (format::number(i64::try_from(campaign.units.len()).unwrap_or(i64::MAX))) " " (lang.of(words::UNITS_IN))
            }
            (week_bar(&asked, CAMPAIGN))
            (totals(&asked, &weeks))
            (plots::totals(&asked, asked.metric.unwrap_or(Metric::Communities), &weeks))
            (tables.show("weeks"))
            (tables.show("rules"))
        }
    })
    .await
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

fn totals(asked: &Asked, weeks: &BTreeMap<Week, Figures>) -> maud::Markup {
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
    let units = i64::try_from(campaign.units.len()).unwrap_or(i64::MAX);
    let target = campaign.rules(asked.week).target.saturating_mul(units);
    let chosen: Vec<Choice> = metric_choices(lang, &total, week, Some(target)).collect();
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

/// Every version of the rules as it holds from its week on.
fn rule_table(lang: Lang, campaign: &Campaign) -> Table {
    let mut columns = vec![
        Column::words("from", lang.of(words::FROM_WEEK)).heads_rows(),
        Column::number("target", lang.of(words::TARGET)),
    ];
    columns.extend(Metric::ALL.map(|metric| Column::words(metric.name(), lang.of(metric.label()))));
    columns.push(Column::words("tiers", lang.of(words::TIERS)));
    let line = |week: &Week| {
        let rules = campaign.rules(*week);
        let mut cells: Vec<Cell> = vec![Value::Week(*week).into(), Value::Number(rules.target).into()];
        let weight = |metric| Value::text(rules.weights.get(&metric).map(|weight| in_words(lang, metric, weight)));
        cells.extend(Metric::ALL.map(|metric| Cell::from(weight(metric))));
        cells.push(Value::text(tiers(lang, &rules)).into());
        Line { key: week.to_string(), cells }
    };
    let rows = campaign.versions.keys().map(line).collect();
    Table { name: "rules", title: words::RULES, columns, rows, nothing: words::NO_RULES }
}

/// What a metric is worth: `2 points per 10,000 yuan, capped at …`.
fn in_words(lang: Lang, metric: Metric, weight: &Weight) -> String {
    let amount = |value| if metric.is_money() { format::yuan(value, lang) } else { format::number(value) };
    let cap = weight.cap.map_or_else(String::new, |cap| format!(" · {} {}", lang.of(words::CAP), amount(cap)));
    let points = format::number(weight.points);
    format!("{points} {} / {}{cap}", lang.of(words::POINTS), amount(weight.per))
}

fn tiers(lang: Lang, rules: &Rules) -> Option<String> {
    let one = |(number, from): (&u32, &canvass_core::domain::Money)| match lang {
        Lang::Zh => format!("{number} 档 {}", format::yuan(from.fen(), lang)),
        Lang::En => format!("tier {number} {}", format::yuan(from.fen(), lang)),
    };
    let all: Vec<String> = rules.tiers.iter().map(one).collect();
    (!all.is_empty()).then(|| all.join(" · "))
}

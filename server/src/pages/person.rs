//! A person's page: what one account manager brought in, week by week, record by record.

use super::contributions::{self, COUNTED, LEFT_OUT, of_the_week, statuses};
use super::format;
use super::frame::{Live, Page};
use super::parts::{Choice, choices, metric_choices, person_path, unit_path, week_bar};
use super::plots;
use super::query::{Asked, Raw, about};
use super::reader::Reader;
use super::words;
use super::wrong::{Instead, Whom, Wrong};
use crate::app::App;
use crate::store::{StoreError, Whose};
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::response::Response;
use canvass_core::domain::campaign::Metric;
use canvass_core::domain::{Bank, Person};
use canvass_core::ranking::{Contribution, Explanation};
use maud::{Markup, html};

pub(super) async fn page(
    State(app): State<App>,
    reader: Reader,
    person: Result<Path<String>, PathRejection>,
    query: Result<Query<Raw>, QueryRejection>,
) -> Result<Response, Instead> {
    let (id, path, asked) = about(&app, reader, person, query, person_path, Wrong::NoPerson).await?;
    let failed = |error: StoreError| Wrong::from(error).told(asked.lang);
    let bank = app.store.bank().await.map_err(failed)?;
    let person = bank.person(&id).ok_or_else(|| Wrong::NoPerson(id.to_string()).told(asked.lang))?;
    let own = asked.reader.person().id == id;
    if !asked.reader.sees_person(&id, asked.week.sunday()) {
        return Err(Wrong::NotYours(Whom::UnitsLeader).told(asked.lang));
    }
    let whose = Whose::Person(id.clone());
    let mut contributions = app.store.contributions(asked.campaign.id, whose, asked.week).await.map_err(failed)?;
    // Somebody who came from another unit did there what is that unit's to read.
    let here = |one: &Contribution| {
        own || one.unit.as_ref().map_or(asked.reader.sees_all(), |unit| asked.reader.sees_unit(unit))
    };
    contributions.retain(|one| asked.reader.reads_metric(one.metric) && here(one));
    let explanation = Explanation::of(&asked.campaign.campaign, contributions.iter(), asked.week);
    let week = of_the_week(&asked, &explanation);
    let each = metric_choices(asked.lang, &explanation.figures, &week, None)
        .filter(|choice| choice.metric.is_none_or(|metric| asked.reader.reads_metric(metric)));
    let figures: Vec<Choice> = std::iter::once(Choice::all(asked.lang)).chain(each).collect();
    let tables = contributions::tables(&app, &asked, &bank, &explanation).await.map_err(failed)?;
    let title = format!("{} {}", person.name, asked.week);
    let page = Page { app: &app, state: &asked, path: &path, title, live: Live::Standings, tables: tables.into() };
    page.answer(|tables| {
        html! {
            p.kicker { (format::roles(person.roles, asked.lang)) " · " (homes(&asked, &bank, person)) }
            h1 { (person.name) }
            p.sub { (asked.campaign.campaign.name) }
            (week_bar(&asked, &path))
            (choices(&asked, &path, &figures))
            (plots::weeks(&asked, asked.metric.unwrap_or(Metric::Visits), &explanation.counted))
            (statuses(&asked, &path))
            (tables.show(COUNTED))
            (tables.show(LEFT_OUT))
        }
    })
    .await
}

/// The units to which the person belongs on the week's last day.
fn homes(asked: &Asked, bank: &Bank, person: &Person) -> Markup {
    let here = asked.elsewhere();
    let homes: Vec<_> = bank.units_of(&person.id, asked.week.sunday()).filter_map(|unit| bank.unit(unit)).collect();
    html! {
        @for (n, unit) in homes.iter().enumerate() {
            @if n > 0 { " · " }
            @if asked.reader.sees_unit(&unit.id) {
                a href=(here.address(&unit_path(&unit.id))) { (unit.name) }
            } @else { (unit.name) }
        }
        @if homes.is_empty() { (asked.lang.of(words::NO_UNIT)) }
    }
}

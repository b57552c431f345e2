//! A unit's figures as a bulletin sealed them: each record that counted then or did not, with the rule.

use super::contributions::{self, COUNTED, LEFT_OUT, of_the_week};
use super::format;
use super::frame::{Live, Page};
use super::parts::{BULLETIN, Choice, choices, metric_choices, sealed_path};
use super::query::{Asked, Raw, about};
use super::reader::Reader;
use super::words;
use super::wrong::{Instead, Whom, Wrong};
use crate::app::App;
use crate::store::{BulletinKey, StoreError, Whose};
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::response::Response;
use canvass_core::domain::campaign::Campaign;
use canvass_core::ranking::{Explanation, Standing, explain};
use maud::{Markup, html};

pub(super) async fn page(
    State(app): State<App>,
    reader: Reader,
    unit: Result<Path<String>, PathRejection>,
    query: Result<Query<Raw>, QueryRejection>,
) -> Result<Response, Instead> {
    let (id, path, asked) = about(&app, reader, unit, query, sealed_path, Wrong::NoUnit).await?;
    let lang = asked.lang;
    let failed = |error: StoreError| Wrong::from(error).told(lang);
    let bank = app.store.bank().await.map_err(failed)?;
    let unit = bank.unit(&id).ok_or_else(|| Wrong::NoUnit(id.to_string()).told(lang))?;
    if !asked.reader.sees_unit(&id) {
        return Err(Wrong::NotYours(Whom::UnitsLeader).told(lang));
    }
    let newest = app.store.bulletins(asked.campaign.id).await.map_err(failed)?;
    let newest = newest.iter().find(|one| one.key.week == asked.week).map_or(1, |newest| newest.key.revision);
    let revision = asked.revision.unwrap_or(newest);
    let key = BulletinKey { campaign: asked.campaign.id, week: asked.week, revision };
    let found = app.store.bulletin(key).await.map_err(failed)?;
    let (_, bulletin) = found.ok_or_else(|| Wrong::NoBulletin(key.week, key.revision).told(lang))?;
    // The tree and who took part as they were then.
    let then = app.store.sealed_bank(key).await.map_err(failed)?;
    let units = bulletin.standings.iter().map(|one| one.unit.clone()).collect();
    let campaign = Campaign { units, ..(*asked.campaign.campaign).clone() };
    let below = Whose::Units(then.below(&id).map(|unit| Some(unit.id.clone())).collect());
    let mut made_from = app.store.sealed_contributions(key, below).await.map_err(failed)?;
    made_from.retain(|one| asked.reader.reads_metric(one.metric));
    let explanation = match campaign.units.contains(&id) {
        true => explain(&campaign, &then, &made_from, &id, asked.week, None),
        false => Explanation::of(&campaign, made_from.iter(), asked.week),
    };
    let tables = contributions::tables(&app, &asked, &bank, &explanation).await.map_err(failed)?;
    let standing = bulletin.standings.iter().find(|one| one.unit == id);
    let title = format!("{} · {} {}", unit.name, lang.of(words::BULLETIN), asked.week);
    let page = Page { app: &app, state: &asked, path: &path, title, live: Live::Standings, tables: tables.into() };
    page.answer(|tables| {
        html! {
            p.kicker {
                a href=(asked.elsewhere().of_revision(Some(key.revision)).address(BULLETIN)) {
                    "← " (lang.of(words::BULLETIN)) " " (key.week) " · " (lang.of(words::REVISION)) " " (key.revision)
                }
            }
            h1 { (unit.name) }
            p.sub { (bulletin.name) " · " (lang.of(words::AS_SEALED)) }
            (figures(&asked, &path, standing, &explanation))
            (tables.show(COUNTED))
            (tables.show(LEFT_OUT))
        }
    })
    .await
}

fn figures(asked: &Asked, path: &str, standing: Option<&Standing>, explanation: &Explanation<'_>) -> Markup {
    let lang = asked.lang;
    let first = standing.map_or_else(
        || Choice::all(lang),
        |standing| Choice {
            metric: None,
            title: format!("{} · {}", lang.of(words::RANK), lang.of(words::SCORE)),
            value: html! { (standing.rank) " · " (format::number(standing.score)) },
            below: html! { (lang.of(words::BY_CONFIRMED)) },
        },
    );
    let week = of_the_week(asked, explanation);
    let each = metric_choices(lang, &explanation.figures, &week, standing.map(|standing| standing.target))
        .filter(|choice| choice.metric.is_none_or(|metric| asked.reader.reads_metric(metric)));
    choices(asked, path, &std::iter::once(first).chain(each).collect::<Vec<_>>())
}

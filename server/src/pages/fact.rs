//! One record as it counts: what it says, both clocks, each contribution with its rule, the verdicts, and what was disputed.

use super::account::moment;
use super::fields::Reading;
use super::form::{Posted, carried};
use super::format;
use super::frame::{Live, Page};
use super::parts::{fact_path, person_path, prospect_path, unit_path};
use super::query::{Asked, Raw, about};
use super::reader::Reader;
use super::table::{Cell, Column, Line, Table, Value};
use super::words;
use super::wrong::{Instead, Whom, Wrong};
use crate::app::App;
use crate::store::{DisputeOrder, Fact, Remark, StoreError, Whose};
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use canvass_core::domain::{Bank, RecordId, dispute, verification};
use canvass_core::projection::Row;
use canvass_core::ranking::Contribution;
use maud::{Markup, html};
use std::collections::BTreeMap;

pub(super) async fn page(
    State(app): State<App>,
    reader: Reader,
    record: Result<Path<String>, PathRejection>,
    query: Result<Query<Raw>, QueryRejection>,
) -> Result<Response, Instead> {
    let path = |id: &RecordId| fact_path(*id);
    let (id, path, asked) = about(&app, reader, record, query, path, Wrong::NoFact).await?;
    let lang = asked.lang;
    let failed = |error: StoreError| Wrong::from(error).told(lang);
    let missing = || Wrong::NoFact(id.to_string()).told(lang);
    let fact = app.store.fact(id).await.map_err(failed)?.ok_or_else(missing)?;
    let prospect = fact.row.prospect.ok_or_else(missing)?;
    let bank = app.store.bank().await.map_err(failed)?;
    let group = app.store.group(prospect).await.map_err(failed)?;
    let assigned = app.store.assigned(vec![prospect]).await.map_err(failed)?;
    let last = asked.campaign.campaign.weeks().last().copied().unwrap_or(asked.week);
    let mut counts =
        app.store.contributions(asked.campaign.id, Whose::Prospect(prospect), last).await.map_err(failed)?;
    counts.retain(|one| one.source == id);
    let credited = counts.iter().any(|one| one.unit.as_ref().is_some_and(|unit| asked.reader.sees_unit(unit)));
    let sees = asked.reader.sees_prospect(assigned.get(&prospect), &group, asked.week.sunday());
    if !asked.reader.reads_row(&fact.row) || !sees && !credited {
        return Err(Wrong::NotYours(Whom::UnitsLeader).told(lang));
    }
    let mut remarks = app.store.remarks(asked.campaign.id).await.map_err(failed)?;
    remarks.retain(|remark| remark.said.about == id);
    let kind = fact.row.kind.spec().map_or(fact.row.kind.name(), |spec| lang.of(spec.label)).to_owned();
    let tables = vec![contributions(&asked, &bank, &counts)];
    let page = Page { app: &app, state: &asked, path: &path, title: kind.clone(), live: Live::Records, tables };
    page.answer(|tables| {
        html! {
            p.kicker {
                @if sees { a href=(asked.elsewhere().address(&prospect_path(prospect))) { "← " (lang.of(words::PROSPECT)) } }
            }
            h1 { (kind) }
            p.sub { (asked.campaign.campaign.name) }
            (clocks(&asked, &fact))
            @if sees { (says(&asked, &bank, &fact.row)) }
            (tables.show("contributions"))
            @if sees && asked.reader.reads(&verification::KIND) { (verdicts(&asked, &bank, &fact.row, &group)) }
            @if sees && asked.reader.reads(&dispute::KIND) { (trail(&asked, &bank, id, &remarks)) }
        }
    })
    .await
}

/// The person's word, the phone's clock and the server's, side by side.
fn clocks(asked: &Asked, fact: &Fact) -> Markup {
    let lang = asked.lang;
    let zone = &asked.campaign.campaign.zone;
    let at = |time| {
        let (day, minutes) = format::day_and_minutes(time, zone);
        format::moment(day, minutes)
    };
    html! {
        dl.fields.part id="clocks" {
            @if let Some(said) = fact.row.occurred_at { div { dt { (lang.of(words::SAID_AT)) } dd { (at(said)) } } }
            @if let Some(begun) = fact.row.id.begun_at() { div { dt { (lang.of(words::PHONES_CLOCK)) } dd { (at(begun)) } } }
            div { dt { (lang.of(words::SERVERS_CLOCK)) } dd { (at(fact.received_at.as_recorded())) } }
        }
    }
}

/// What the record says.
fn says(asked: &Asked, bank: &Bank, row: &Row) -> Markup {
    let reading = Reading { lang: asked.lang, bank, zone: &asked.campaign.campaign.zone };
    html! {
        section {
            h2 { (asked.lang.of(words::DETAILS)) " · " (reading.author(row.author)) }
            @if row.withdrawn { p.flags { span.flag { (asked.lang.of(words::WITHDRAWN)) } } }
            dl.fields { @for (name, value) in reading.all(row) { div { dt { (name) } dd { (value) } } } }
        }
    }
}

fn contributions(asked: &Asked, bank: &Bank, counts: &[Contribution]) -> Table {
    let lang = asked.lang;
    let columns = vec![
        Column::words("metric", lang.of(words::METRIC)).heads_rows(),
        Column::words("week", lang.of(words::WEEK)),
        Column::words("unit", lang.of(words::UNIT)),
        Column::words("person", lang.of(words::PERSON)),
        Column::words("value", lang.of(words::VALUE)),
        Column::words("status", lang.of(words::STATUS)),
        Column::words("rule", lang.of(words::RULE)),
    ];
    let here = asked.elsewhere();
    let line = |one: &Contribution| {
        let unit = one.unit.as_ref().map_or(Cell::from(Value::Nothing), |unit| {
            let name = bank.unit(unit).map_or(unit.as_str(), |unit| &unit.name).to_owned();
            Cell::from(Value::Text(name)).linked_if(asked.reader.sees_unit(unit), || here.address(&unit_path(unit)))
        });
        let person = one.person.as_ref().map_or(Cell::from(Value::Nothing), |person| {
            let name = bank.person(person).map_or(person.as_str(), |person| &person.name).to_owned();
            let seen = asked.reader.sees_person(person, asked.week.sunday());
            Cell::from(Value::Text(name)).linked_if(seen, || here.address(&person_path(person)))
        });
        Line {
            key: format!("{}-{}", one.metric.name(), one.person.as_ref().map_or("", |person| person.as_str())),
            cells: vec![
                Value::Text(lang.of(one.metric.label()).to_owned()).into(),
                Value::Week(one.week).into(),
                unit,
                person,
                Value::Text(format::value(one.metric, one.value, lang)).into(),
                Value::Status(one.status).into(),
                Value::Text(lang.of(one.rule.label()).to_owned()).into(),
            ],
        }
    };
    let rows = counts.iter().map(line).collect();
    Table { name: "contributions", title: words::HOW_IT_COUNTS, columns, rows, nothing: words::NOT_OF_THIS_CAMPAIGN }
}

fn verdicts(asked: &Asked, bank: &Bank, row: &Row, group: &[Row]) -> Markup {
    let reading = Reading { lang: asked.lang, bank, zone: &asked.campaign.campaign.zone };
    let of = |one: &&Row| one.kind.is(&verification::KIND) && one.fields.record("outcome") == Some(row.id);
    let found: Vec<&Row> = group.iter().filter(of).collect();
    html! {
        @if !found.is_empty() {
            section.part id="verdicts" {
                h2 { (asked.lang.of(verification::KIND.label)) }
                @for one in found {
                    p.note {
                        @for (n, (name, value)) in reading.all(one).into_iter().enumerate() {
                            @if n > 0 { " · " } (name) " " (value)
                        }
                        @if one.fields.bytes("heads") != Some(row.heads_bytes().as_slice()) {
                            " · " (asked.lang.of(words::OF_AN_EARLIER_VERSION))
                        }
                    }
                }
            }
        }
    }
}

/// What was disputed and answered, and the form to go on.
fn trail(asked: &Asked, bank: &Bank, about: RecordId, remarks: &[Remark]) -> Markup {
    let lang = asked.lang;
    let name = |remark: &Remark| {
        let by = &remark.said.by;
        bank.person(by).map_or(by.as_str(), |person| &person.name).to_owned()
    };
    let last = remarks.last();
    let open = last.filter(|last| !last.said.settled);
    let judges = asked.reader.records(&verification::KIND);
    html! {
        section.trail id="trail" {
            h2 { (lang.of(dispute::KIND.label)) }
            div.part id="remarks" {
                @if remarks.is_empty() { p.empty { (lang.of(words::NOT_DISPUTED)) } }
                @for remark in remarks {
                    article.remark {
                        p.note {
                            strong { (name(remark)) } " · "
                            (moment(canvass_core::domain::ServerTime::nearest(remark.said.said_at.millis())))
                            @if remark.said.settled { " · " (lang.of(words::DISPUTE_SETTLED)) }
                        }
                        @for text in remark.said.text.lines() { p { (text) } }
                    }
                }
            }
            @if asked.reader.records(&dispute::KIND) {
                form.card method="post" action=(fact_path(about)) {
                    (carried(&asked.reader, lang))
                    input type="hidden" name="campaign" value=(asked.campaign.id);
                    input type="hidden" name="week" value=(asked.week);
                    @if let Some(open) = open { input type="hidden" name="answers" value=(open.id); }
                    label {
                        (lang.of(if open.is_some() { words::ANSWER } else { words::DISPUTE_IT }))
                        textarea name="text" rows="3" maxlength="600" required {}
                    }
                    @if open.is_some() && judges {
                        label.check { input type="checkbox" name="settled" value="yes"; (lang.of(words::SETTLES_IT)) }
                    }
                    button { (lang.of(words::SEND)) }
                }
            }
        }
    }
}

/// Keeps the remark of a form.
pub(super) async fn say(
    State(app): State<App>,
    record: Result<Path<String>, PathRejection>,
    Posted { reader, sent }: Posted,
) -> Result<Response, Instead> {
    let lang = sent.lang();
    let wrong = || Wrong::Form.told(lang);
    let about: RecordId = record.ok().and_then(|Path(id)| id.parse().ok()).ok_or_else(wrong)?;
    let campaign: RecordId = sent.text("campaign").parse().map_err(|_| wrong())?;
    let week: canvass_core::domain::Week = sent.text("week").parse().map_err(|_| wrong())?;
    let answers = match sent.text("answers") {
        "" => None,
        id => Some(id.parse().map_err(|_| wrong())?),
    };
    let order = DisputeOrder {
        about,
        campaign,
        answers,
        settled: sent.text("settled") == "yes",
        text: sent.text("text").chars().take(600).collect(),
        by: reader.person().id.clone(),
        at: app.clock.now(),
    };
    app.store.dispute(order).await.map_err(|error| Wrong::from(error).told(lang))?;
    let address = format!("{}?campaign={campaign}&week={week}&lang={}#trail", fact_path(about), lang.name());
    Ok(Redirect::to(&address).into_response())
}

/// Remarks by what they are about: open trails first, each in the order in which it was said.
pub(super) fn trails(remarks: &[Remark]) -> Vec<Vec<&Remark>> {
    let mut by_fact: BTreeMap<RecordId, Vec<&Remark>> = BTreeMap::new();
    for remark in remarks {
        by_fact.entry(remark.said.about).or_default().push(remark);
    }
    let mut trails: Vec<_> = by_fact.into_values().collect();
    let last = |trail: &Vec<&Remark>| trail.last().map(|last| (last.said.settled, last.said.said_at));
    trails.sort_by_key(|trail| last(trail).map(|(settled, at)| (settled, std::cmp::Reverse(at))));
    trails
}

/// The prospects of remarks that the reader may see, with their names.
pub(super) async fn seen_prospects(
    app: &App,
    asked: &Asked,
    remarks: &[Remark],
) -> Result<BTreeMap<RecordId, String>, StoreError> {
    let mut ids: Vec<RecordId> = remarks.iter().map(|remark| remark.prospect).collect();
    ids.sort_unstable();
    ids.dedup();
    let assigned = app.store.assigned(ids.clone()).await?;
    let seen = |id: &RecordId| asked.reader.sees_prospect(assigned.get(id), &[], asked.week.sunday());
    ids.retain(seen);
    let rows = app.store.rows(ids).await?;
    let name = |row: Row| (row.id, row.fields.text("name").unwrap_or("–").to_owned());
    Ok(rows.into_iter().map(name).collect())
}

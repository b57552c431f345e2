//! The queue of claims: one after the other as they came, each with all that a verdict needs.

use super::account::moment;
use super::fields::Reading;
use super::format;
use super::frame::{Live, Page};
use super::parts::{VERIFY, person_path, prospect_path, unit_path};
use super::prospect::disagreement;
use super::query::{Asked, Raw};
use super::reader::Reader;
use super::verdict;
use super::words;
use super::wrong::{Instead, Whom, Wrong};
use crate::app::App;
use crate::pages::form::Posted;
use crate::store::claims::{Claim, Given};
use crate::store::{StoreError, VerifyOrder};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use canvass_core::domain::verification::{KIND, VERDICT};
use canvass_core::domain::{Bank, Kind, RecordId, Value, Zone};
use canvass_core::ranking::Rule;
use maud::{Markup, html};
use std::collections::BTreeSet;

pub(super) async fn page(
    State(app): State<App>,
    reader: Reader,
    query: Result<Query<Raw>, QueryRejection>,
) -> Result<Response, Instead> {
    let raw = Raw::of(query)?;
    if !reader.judges() {
        return Err(Wrong::NotYours(Whom::BackOffice).told(raw.lang()));
    }
    let asked = raw.settle(&app, reader, VERIFY).await?;
    let lang = asked.lang;
    let failed = |error: StoreError| Wrong::from(error).told(lang);
    let bank = app.store.bank().await.map_err(failed)?;
    let judge = asked.reader.as_judge(app.clock.now().date(&Zone::china()));
    let waiting = app.store.waiting(judge.clone(), Some(asked.campaign.id)).await.map_err(failed)?;
    let place = asked.claim.and_then(|claim| waiting.iter().position(|one| *one == claim));
    let gone = asked.claim.is_some() && place.is_none();
    let place = place.unwrap_or(0);
    let claim = match waiting.get(place) {
        Some(outcome) => app.store.claim(judge, *outcome).await.map_err(failed)?,
        None => None,
    };
    // After the last one the first comes again: it was left for later.
    let next = waiting.get(place + 1).or(waiting.first().filter(|_| place > 0)).copied();
    let title = lang.of(words::VERIFY).to_owned();
    let page =
        Page { app: &app, state: &asked, path: VERIFY, title: title.clone(), live: Live::Standings, tables: vec![] };
    page.answer(|_| {
        html! {
            h1 { (title) }
            p.sub { (asked.campaign.campaign.name) }
            p.note { (lang.of(words::VERIFY_HELP)) }
            p.part #waiting { strong { (format::number(i64::try_from(waiting.len()).unwrap_or(i64::MAX))) }
                " " (lang.of(words::WAIT_FOR_VERDICT)) }
            @if gone { p.note { (lang.of(words::WAITS_NO_LONGER)) } }
            @match &claim {
                Some(claim) => (shown(&asked, &bank, claim, next)),
                None => section.part #nothing { p.empty { (lang.of(words::NOTHING_TO_JUDGE)) } },
            }
        }
    })
    .await
}

/// One claim, what was said of it before, and the forms to judge it.
fn shown(asked: &Asked, bank: &Bank, claim: &Claim, next: Option<RecordId>) -> Markup {
    let lang = asked.lang;
    let row = &claim.row;
    let reading = Reading { lang, bank, zone: &asked.campaign.campaign.zone };
    let here = asked.elsewhere().links();
    let rules: BTreeSet<Rule> = claim.pending.iter().map(|one| one.rule).collect();
    let afterwards = asked.of_claim(next).address(VERIFY);
    html! {
        section.claim id={ "claim-" (row.id) } {
            h2 {
                @let name = claim.prospect.as_deref().unwrap_or(lang.of(words::UNKNOWN_PROSPECT));
                @match row.prospect.filter(|_| claim.prospect.is_some()) {
                    Some(prospect) => a href=(here.to(&prospect_path(prospect))) { (name) },
                    None => (name),
                }
                @if let Some(product) = row.fields.get("product") { " · " (reading.value(&row.kind, "product", product)) }
            }
            p.flags {
                @for rule in rules { span.flag { (lang.of(rule.label())) } }
                @for flag in reading.flags(row) { span.flag { (flag) } }
            }
            dl.fields {
                @for (name, value) in reading.all(row) { div { dt { (name) } dd { (value) } } }
                (claimant(asked, bank, claim))
                @for one in claim.pending.iter().filter(|one| one.campaign == asked.campaign.id) {
                    div {
                        dt { (lang.of(words::WOULD_COUNT)) " · " (lang.of(one.metric.label())) }
                        dd {
                            @if one.metric.is_money() { (format::yuan(one.value, lang)) } @else { (format::number(one.value)) }
                        }
                    }
                }
                div { dt { (lang.of(words::RECEIVED)) } dd { (moment(claim.received_at)) } }
            }
            @if !row.conflicts.is_empty() {
                h3 { (lang.of(words::CONFLICTS)) }
                @for conflict in &row.conflicts { (disagreement(&reading, row, conflict)) }
            }
            @if !claim.verdicts.is_empty() {
                h3 { (lang.of(words::EARLIER_VERDICTS)) }
                ul.earlier { @for given in claim.verdicts.iter().rev() { li { (earlier(&reading, given)) } } }
            }
            @if row.scoring_conflict() {
                p.complaint { (lang.of(words::CHOOSE_FIRST)) }
            } @else {
                (verdict::forms(&asked.reader, lang, bank, claim, &afterwards))
            }
            @if next.is_some() { p { a href=(afterwards) { (lang.of(words::LATER)) " →" } } }
        }
    }
}

/// Who claims it, and which unit it is credited to.
fn claimant(asked: &Asked, bank: &Bank, claim: &Claim) -> Markup {
    let lang = asked.lang;
    let here = asked.elsewhere().links();
    let person = claim.row.author.and_then(|device| bank.holder(device));
    let unit = claim.pending.iter().find_map(|one| one.unit.as_ref());
    html! {
        div {
            dt { (lang.of(words::CLAIMED_BY)) }
            dd {
                @match person {
                    Some(person) => {
                        @if asked.reader.sees_person(&person.id, asked.week.sunday()) {
                            a href=(here.to(&person_path(&person.id))) { (person.name) }
                        } @else { (person.name) }
                        " " span.id { (person.id) }
                    }
                    None => (lang.of(words::UNKNOWN_PERSON)),
                }
            }
        }
        @if let Some(unit) = unit {
            div {
                dt { (lang.of(words::CREDITED_TO)) }
                dd {
                    @let name = bank.unit(unit).map_or(unit.as_str(), |known| &known.name);
                    @if asked.reader.sees_unit(unit) { a href=(here.to(&unit_path(unit))) { (name) } } @else { (name) }
                }
            }
        }
    }
}

/// A verdict that was given before: when, what, and why.
fn earlier(reading: &Reading<'_>, given: &Given) -> Markup {
    let kind = Kind::from(&KIND);
    let found = &given.verification;
    let value = |field: &str, value: Option<Value>| value.map(|value| reading.value(&kind, field, &value));
    let label = VERDICT.iter().find(|choice| choice.name == found.verdict.name());
    let said = [
        value("amount", found.amount.map(Value::from)),
        value("opened_on", found.opened_on.map(Value::from)),
        value("unit", found.unit.as_ref().map(|unit| unit.as_str().into())),
        found.reason.clone(),
    ];
    html! {
        strong { @if let Some(label) = label { (reading.lang.of(label.label)) } }
        " " (moment(given.at))
        @for said in said.into_iter().flatten() { " · " (said) }
    }
}

pub(super) async fn judge(State(app): State<App>, Posted { reader, sent }: Posted) -> Result<Response, Instead> {
    let lang = sent.lang();
    if !reader.judges() {
        return Err(Wrong::NotYours(Whom::BackOffice).told(lang));
    }
    let order = verdict::read(&sent, &reader, app.clock.now())?;
    let failed = |error: StoreError| match error {
        StoreError::Forbidden(_) => Wrong::NotYours(Whom::BackOffice).told(lang),
        error => Wrong::from(error).told(lang),
    };
    let order = as_it_differs(&app, order).await.map_err(failed)?;
    if let Some(unit) = &order.unit
        && app.store.bank().await.map_err(failed)?.unit(unit).is_none()
    {
        return Err(Wrong::NoUnit(unit.to_string()).told(lang));
    }
    app.store.verify(order).await.map_err(failed)?;
    Ok(Redirect::to(&sent.next()).into_response())
}

/// The same order without what the claim says itself: a verification says only what is otherwise.
async fn as_it_differs(app: &App, order: VerifyOrder) -> Result<VerifyOrder, StoreError> {
    let rows = app.store.rows(vec![order.outcome]).await?;
    let Some(row) = rows.first() else { return Ok(order) };
    let (amount, date) = (row.fields.money("amount"), row.fields.date("opened_on"));
    Ok(VerifyOrder {
        amount: order.amount.filter(|found| Some(*found) != amount),
        opened_on: order.opened_on.filter(|found| Some(*found) != date),
        ..order
    })
}

//! The leader's queue: what came too late or from a revoked phone, each record in words, to be accepted or refused.

use super::account::moment;
use super::fields::Reading;
use super::form::{Posted, carried};
use super::frame::{Live, Page};
use super::parts::{HELD, prospect_path};
use super::query::{Plain, Raw, State as _};
use super::reader::Reader;
use super::words;
use super::wrong::{Instead, Whom, Wrong};
use crate::app::App;
use crate::store::StoreError;
use crate::store::queue::{DecideOrder, HeldFor, HeldRecord};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use canvass_core::domain::{Bank, DeviceNumber, Duty, RecordId, Zone};
use canvass_core::projection::Row;
use maud::{Markup, html};

pub(super) async fn page(
    State(app): State<App>,
    reader: Reader,
    raw: Result<Query<Raw>, QueryRejection>,
) -> Result<Response, Instead> {
    let plain = Raw::of(raw)?.plain(&app, reader)?;
    let lang = plain.lang;
    if !plain.reader.has(Duty::DecideHeld) {
        return Err(Wrong::NotYours(Whom::Leader).told(lang));
    }
    show(&app, &plain).await
}

async fn show(app: &App, plain: &Plain) -> Result<Response, Instead> {
    let lang = plain.lang;
    let failed = |error: StoreError| Wrong::from(error).told(lang);
    let bank = app.store.bank().await.map_err(failed)?;
    let mut held = app.store.held().await.map_err(failed)?;
    held.retain(|held| plain.reader.decides(held.unit.as_ref()));
    let waiting = held.len();
    held.truncate(SHOWN);
    let rows = app.store.held_rows(held.clone()).await.map_err(failed)?;
    let title = lang.of(words::HELD).to_owned();
    let page = Page { app, state: plain, path: HELD, title: title.clone(), live: Live::Records, tables: vec![] };
    page.answer(|_| {
        html! {
            h1 { (title) }
            p.sub { (lang.of(words::HELD_HELP)) }
            @if held.is_empty() { section { p.empty { (lang.of(words::NOTHING_HELD)) } } }
            @for (one, row) in held.iter().zip(&rows) { (record(plain, &bank, one, row.as_ref())) }
            @if waiting > SHOWN { p.sub { (waiting - SHOWN) " " (lang.of(words::MORE_HELD)) } }
        }
    })
    .await
}

/// How many records a page shows; the others follow when these are decided.
const SHOWN: usize = 50;

/// One record with all that is held of it.
fn record(plain: &Plain, bank: &Bank, held: &HeldRecord, row: Option<&Row>) -> Markup {
    let lang = plain.lang;
    let zone = Zone::china();
    let reading = Reading { lang, bank, zone: &zone };
    let kind = held.kind.spec().map_or(held.kind.name(), |spec| lang.of(spec.label));
    let confidential = held.kind.spec().is_some_and(|spec| spec.is_confidential());
    let unit = held.unit.as_ref().and_then(|unit| bank.unit(unit));
    let why = match held.held_for {
        HeldFor::Lease => words::HELD_LEASE,
        HeldFor::Revoked => words::HELD_REVOKED,
    };
    let id = format!("held-{}-{}", held.record, held.device);
    html! {
        section.held id=(id) {
            h2 { (kind) " · " (reading.author(Some(held.device))) }
            p.note {
                (lang.of(words::PHONE)) " " (held.device)
                @if let Some(unit) = unit { " · " (unit.name) }
                " · " (lang.of(words::HELD_SINCE)) " " (moment(held.received_at))
                " · " (held.changes) " " (lang.of(words::HELD_CHANGES))
            }
            p.flags { span.flag { (lang.of(words::HELD_FOR)) " · " (lang.of(why)) } }
            @match row {
                Some(row) => {
                    dl.fields {
                        @for (name, value) in reading.all(row) { div { dt { (name) } dd { (value) } } }
                        @if let Some(prospect) = row.prospect.filter(|prospect| *prospect != row.id) {
                            div {
                                dt { (lang.of(words::PROSPECT)) }
                                dd { a href=(plain.links().to(&prospect_path(prospect))) { span.id { (prospect) } } }
                            }
                        }
                    }
                }
                None if confidential => p.empty { (lang.of(words::HELD_CONFIDENTIAL)) },
                None => p.empty { (lang.of(words::HELD_UNFIT)) },
            }
            form.line method="post" action=(HELD) {
                (carried(&plain.reader, lang))
                input type="hidden" name="record" value=(held.record);
                input type="hidden" name="device" value=(held.device);
                input type="hidden" name="until" value=(held.until);
                label { (lang.of(words::REASON)) input name="reason" maxlength="200"; }
                button name="do" value="accept" { (lang.of(words::ACCEPT)) }
                button name="do" value="refuse" { (lang.of(words::REFUSE)) }
            }
        }
    }
}

pub(super) async fn decide(State(app): State<App>, Posted { reader, sent }: Posted) -> Result<Response, Instead> {
    let lang = sent.lang();
    let failed = |error: StoreError| Wrong::from(error).told(lang);
    let wrong = || Wrong::Form.told(lang);
    let record: RecordId = sent.text("record").parse().map_err(|_| wrong())?;
    let device = DeviceNumber::new(sent.text("device").parse().map_err(|_| wrong())?);
    let until = sent.text("until").parse().map_err(|_| wrong())?;
    let reason: String = sent.text("reason").trim().chars().take(200).collect();
    let accept = match sent.text("do") {
        "accept" => true,
        "refuse" if reason.is_empty() => return Err(Wrong::NoReason.told(lang)),
        "refuse" => false,
        _ => return Err(wrong()),
    };
    let held = app.store.held().await.map_err(failed)?;
    let here = held.iter().find(|held| held.record == record && held.device == device);
    // Somebody else may have decided meanwhile: there is nothing left to do then.
    if let Some(here) = here {
        if !reader.decides(here.unit.as_ref()) {
            return Err(Wrong::NotYours(Whom::Leader).told(lang));
        }
        let order = DecideOrder { record, device, until, accept, reason, by: reader.actor(), at: app.clock.now() };
        app.store.decide(order).await.map_err(failed)?;
    }
    Ok(Redirect::to(&format!("{HELD}?lang={}", lang.name())).into_response())
}

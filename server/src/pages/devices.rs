//! Phones: whose they are, when they were last heard of, and in what state. Administrators invite and revoke them; leaders see
//! and revoke those of their own units.

use super::account::moment;
use super::form::{Posted, carried};
use super::frame::{self, Live, Page};
use super::parts::DEVICES;
use super::qr::qr;
use super::query::{Plain, Raw};
use super::reader::Reader;
use super::table::{Cell, Column, Line, Table, Value};
use super::users::{at, name};
use super::words::{self, Lang};
use super::wrong::{Instead, Whom, Wrong};
use crate::app::App;
use crate::store::devices::{DeviceState, HandOver, InviteOrder, RevokeOrder, Revoked};
use crate::store::{Skew, StoreError};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use canvass_core::domain::{Bank, DeviceNumber, Duty, PersonId};
use canvass_core::wire::{Invitation, InvitationCode};
use maud::{Markup, html};
use std::collections::BTreeMap;

fn allowed(reader: &Reader, lang: Lang) -> Result<(), Instead> {
    let may = reader.has(Duty::RevokeDevices) || reader.has(Duty::InviteDevices);
    if may { Ok(()) } else { Err(Wrong::NotYours(Whom::Administrator).told(lang)) }
}

pub(super) async fn page(
    State(app): State<App>,
    reader: Reader,
    RawQuery(query): RawQuery,
    raw: Result<Query<Raw>, QueryRejection>,
) -> Result<Response, Instead> {
    let mut plain = Raw::of(raw)?.plain(&app, reader)?;
    let lang = plain.lang;
    allowed(&plain.reader, lang)?;
    let failed = |error: StoreError| Wrong::from(error).told(lang);
    let bank = app.store.bank().await.map_err(failed)?;
    let mut devices = app.store.devices().await.map_err(failed)?;
    devices.retain(|device| plain.reader.revokes(&device.person, plain.today));
    let clocks = app.store.wrong_clocks().await.map_err(failed)?;
    let query = query.unwrap_or_default();
    let asked = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "device");
    if let Some((_, number)) = asked {
        let found = devices.iter().find(|device| device.number.to_string() == number);
        let device = found.ok_or_else(|| Wrong::parameter("device", &number).told(lang))?;
        plain.filters.push(("device", number.into_owned()));
        return one(&app, &plain, &bank, device, clocks.get(&device.number)).await;
    }
    let tables = vec![table(&plain, &bank, &devices, &clocks)];
    let title = lang.of(words::DEVICES).to_owned();
    let page = Page { app: &app, state: &plain, path: DEVICES, title: title.clone(), live: Live::Records, tables };
    page.answer(|tables| {
        html! {
            h1 { (title) }
            (tables.show("devices"))
            @if plain.reader.has(Duty::InviteDevices) { (invite_form(&plain, &bank)) }
        }
    })
    .await
}

fn unit(bank: &Bank, plain: &Plain, person: &PersonId) -> String {
    let units: Vec<_> = bank.units_of(person, plain.today).filter_map(|unit| bank.unit(unit)).collect();
    units.iter().map(|unit| unit.name.as_str()).collect::<Vec<_>>().join(" · ")
}

fn state(lang: Lang, device: &DeviceState) -> String {
    match &device.revoked {
        None if device.enrolled_at.is_none() => lang.of(words::NEVER_ENROLLED).to_owned(),
        None => lang.of(words::ACTIVE).to_owned(),
        Some(revoked) => {
            let over = match revoked.hand_over {
                HandOver::No => None,
                HandOver::Offered => Some(words::MAY_HAND_OVER),
                HandOver::Taken => Some(words::HANDED_OVER),
            };
            let words = [Some(words::REVOKED), over].into_iter().flatten().map(|label| lang.of(label));
            words.collect::<Vec<_>>().join(" · ")
        }
    }
}

/// How far a clock that is wrong is off; people are told of no other.
fn clock(lang: Lang, skew: Option<&Skew>) -> Option<String> {
    let (zh, en) = skew?.said();
    Some(if lang == Lang::Zh { zh } else { en })
}

fn table(plain: &Plain, bank: &Bank, devices: &[DeviceState], clocks: &BTreeMap<DeviceNumber, Skew>) -> Table {
    let lang = plain.lang;
    let columns = vec![
        Column::words("device", lang.of(words::DEVICE_NUMBER)).heads_rows(),
        Column::words("person", lang.of(words::PERSON)),
        Column::code("code", lang.of(words::STAFF_CODE)),
        Column::words("unit", lang.of(words::UNIT)),
        Column::words("state", lang.of(words::STATE)),
        Column::words("seen", lang.of(words::SEEN)),
        Column::words("clock", lang.of(words::CLOCK)),
        Column::words("enrolled", lang.of(words::ENROLLED)),
    ];
    let line = |device: &DeviceState| {
        let address = format!("{DEVICES}?device={}&lang={}", device.number, lang.name());
        let cells = vec![
            Cell::from(Value::Number(i64::from(device.number.get()))).to(address),
            Value::Text(name(bank, &device.person)).into(),
            Value::Text(device.person.to_string()).into(),
            Value::Text(unit(bank, plain, &device.person)).into(),
            Value::Text(state(lang, device)).into(),
            device.seen_at.map_or(Value::Nothing, at).into(),
            Value::text(clock(lang, clocks.get(&device.number))).into(),
            device.enrolled_at.map_or(Value::Nothing, at).into(),
        ];
        Line { key: device.number.to_string(), cells }
    };
    let rows = devices.iter().map(line).collect();
    Table { name: "devices", title: words::DEVICES, columns, rows, nothing: words::NO_DEVICES }
}

fn invite_form(plain: &Plain, bank: &Bank) -> Markup {
    let lang = plain.lang;
    html! {
        section {
            h2 { (lang.of(words::INVITE)) }
            p.note { (lang.of(words::INVITE_HELP)) }
            form.line method="post" action=(DEVICES) {
                (carried(&plain.reader, lang))
                input type="hidden" name="do" value="invite";
                label {
                    (lang.of(words::STAFF_CODE))
                    input name="person" list="people" maxlength="32" required autocomplete="off";
                }
                datalist id="people" {
                    @for person in bank.people().take(500) { option value=(person.id) { (person.name) } }
                }
                button { (lang.of(words::INVITE)) }
            }
        }
    }
}

/// One phone, and what can be done about it.
async fn one(
    app: &App,
    plain: &Plain,
    bank: &Bank,
    device: &DeviceState,
    skew: Option<&Skew>,
) -> Result<Response, Instead> {
    let lang = plain.lang;
    let title = format!("{} {}", lang.of(words::PHONE), device.number);
    let fact = |label, value: Option<String>| {
        html! { @if let Some(value) = value { div { dt { (lang.of(label)) } dd { (value) } } } }
    };
    let revoked = device.revoked.as_ref();
    let content = html! {
        h1 { (title) }
        p.sub { (name(bank, &device.person)) " · " (device.person) " · " (unit(bank, plain, &device.person)) }
        section {
            dl.fields {
                (fact(words::STATE, Some(state(lang, device))))
                (fact(words::ENROLLED, device.enrolled_at.map(moment)))
                (fact(words::SEEN, device.seen_at.map(moment)))
                (fact(words::CLOCK, clock(lang, skew)))
                (fact(words::REVOKED, revoked.map(|revoked| format!("{} · {}", moment(revoked.at), revoked.by))))
                (fact(words::REASON, revoked.map(|revoked| revoked.reason.clone())))
            }
        }
        @if device.enrolled_at.is_some() && revoked.is_none() {
            section {
                h2 { (lang.of(words::REVOKE)) }
                p.note { (lang.of(words::REVOKE_HELP)) }
                form.card method="post" action=(DEVICES) {
                    (carried(&plain.reader, lang))
                    input type="hidden" name="do" value="revoke";
                    input type="hidden" name="device" value=(device.number);
                    label { (lang.of(words::REASON)) input name="reason" maxlength="200" required; }
                    label.check { input type="checkbox" name="hand_over" value="yes"; (lang.of(words::HAND_OVER)) }
                    button { (lang.of(words::REVOKE)) }
                }
            }
        }
        p { a href={ (DEVICES) "?lang=" (lang.name()) } { "← " (lang.of(words::BACK_TO_DEVICES)) } }
    };
    let page = Page { app, state: plain, path: DEVICES, title, live: Live::Records, tables: vec![] };
    page.answer(|_| content).await
}

pub(super) async fn act(State(app): State<App>, Posted { reader, sent }: Posted) -> Result<Response, Instead> {
    let lang = sent.lang();
    allowed(&reader, lang)?;
    let failed = |error: StoreError| Wrong::from(error).told(lang);
    let (by, now) = (reader.actor(), app.clock.now());
    match sent.text("do") {
        "invite" => {
            if !reader.has(Duty::InviteDevices) {
                return Err(Wrong::NotYours(Whom::Administrator).told(lang));
            }
            let typed = sent.text("person").trim();
            let person: PersonId = typed.parse().map_err(|_| Wrong::NoPerson(typed.to_owned()).told(lang))?;
            let bank = app.store.bank().await.map_err(failed)?;
            if bank.person(&person).is_none() {
                return Err(Wrong::NoPerson(typed.to_owned()).told(lang));
            }
            let invited =
                app.store.invite(InviteOrder { person: person.clone(), by, at: now }).await.map_err(failed)?;
            let invitation = Invitation {
                base: app.public_url.to_string(),
                number: invited.number,
                code: InvitationCode::new(invited.code),
                fingerprint: app.store.secrets().fingerprint(),
            };
            let until = moment(invited.expires_at);
            Ok(invitation_page(&reader, lang, &name(&bank, &person), &until, &invitation.to_string()).into_response())
        }
        "revoke" => {
            let number: u32 = sent.text("device").parse().map_err(|_| Wrong::Form.told(lang))?;
            let reason: String = sent.text("reason").trim().chars().take(200).collect();
            let devices = app.store.devices().await.map_err(failed)?;
            let device = devices.iter().find(|device| device.number == DeviceNumber::new(number));
            let today = now.date(&canvass_core::domain::Zone::china());
            let device = device.filter(|device| reader.revokes(&device.person, today));
            let device = device.ok_or_else(|| Wrong::NotYours(Whom::Administrator).told(lang))?;
            if reason.is_empty() {
                return Err(Wrong::Form.told(lang));
            }
            let devices = Revoked::Device(device.number);
            let hand_over = sent.text("hand_over") == "yes";
            app.store.revoke(RevokeOrder { devices, by, reason, hand_over, at: now }).await.map_err(failed)?;
            Ok(Redirect::to(&format!("{DEVICES}?device={number}&lang={}", lang.name())).into_response())
        }
        _ => Err(Wrong::Form.told(lang)),
    }
}

/// An invitation, which is shown to nobody again.
fn invitation_page(reader: &Reader, lang: Lang, whom: &str, until: &str, text: &str) -> Markup {
    let content = html! {
        p.sub { (lang.of(words::FOR_WHOM)) " " (whom) " · " (lang.of(words::GOOD_UNTIL)) " " (until) }
        div.card {
            p.note { (lang.of(words::INVITATION_HELP)) }
            (qr(text, lang.of(words::INVITATION)))
            p { code.secret { (text) } }
        }
        p { a href={ (DEVICES) "?lang=" (lang.name()) } { "← " (lang.of(words::BACK_TO_DEVICES)) } }
    };
    frame::door(lang, DEVICES, words::INVITATION, Some(reader), &content)
}

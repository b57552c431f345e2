//! Logins as an administrator sees them: who has one, in what state, from where they are logged in; made, reset and disabled.

use super::account::{moment, session_list};
use super::form::{Posted, carried};
use super::format;
use super::frame::{self, Live, Page};
use super::parts::USERS;
use super::query::{Plain, Raw};
use super::reader::Reader;
use super::table::{Cell, Column, Line, Table, Value};
use super::words::{self, Lang};
use super::wrong::{Instead, Whom, Wrong};
use crate::access::one_time_password;
use crate::app::App;
use crate::problem::Problem;
use crate::store::{LoginState, OneTime, StoreError, Which};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use canvass_core::domain::{Bank, Duty, PersonId, ServerTime, Zone};
use maud::{Markup, html};
use zeroize::Zeroizing;

fn allowed(reader: &Reader, lang: Lang) -> Result<(), Instead> {
    if reader.has(Duty::ManageLogins) { Ok(()) } else { Err(Wrong::NotYours(Whom::Administrator).told(lang)) }
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
    let query = query.unwrap_or_default();
    let asked = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "person");
    let person = asked.map(|(_, person)| person.parse::<PersonId>()).transpose();
    let person = person.map_err(|invalid| Wrong::NoPerson(invalid.to_string()).told(lang))?;
    if let Some(person) = &person {
        plain.filters.push(("person", person.to_string()));
    }
    list(&app, &plain, person.as_ref()).await
}

/// All logins; or one, with what can be done about it.
async fn list(app: &App, plain: &Plain, person: Option<&PersonId>) -> Result<Response, Instead> {
    let (lang, reader, now) = (plain.lang, &plain.reader, app.clock.now());
    let failed = |error: StoreError| Wrong::from(error).told(lang);
    let bank = app.store.bank().await.map_err(failed)?;
    let logins = app.store.logins(now).await.map_err(failed)?;
    if let Some(person) = person {
        let login = logins.iter().find(|login| login.person == *person);
        let login = login.ok_or_else(|| Wrong::NoPerson(person.to_string()).told(lang))?;
        let sessions = app.store.sessions(person, now).await.map_err(failed)?;
        let content = html! {
            p.sub { (person) " · " (roles(&bank, person, lang)) " · " (lang.of(state(login))) }
            (deeds(reader, lang, login))
            section {
                h2 { (lang.of(words::SESSIONS_OF)) }
                (session_list(reader, lang, &sessions, USERS, Some(person.as_str())))
            }
            p { a href={ (USERS) "?lang=" (lang.name()) } { "← " (lang.of(words::BACK_TO_USERS)) } }
        };
        let title = name(&bank, person);
        let page = Page { app, state: plain, path: USERS, title: title.clone(), live: Live::Records, tables: vec![] };
        return page.answer(|_| html! { h1 { (title) } (content) }).await;
    }
    let missing: Vec<_> = bank.people().filter(|person| logins.iter().all(|login| login.person != person.id)).collect();
    let tables = vec![table(lang, &bank, &logins)];
    let title = lang.of(words::USERS).to_owned();
    let page = Page { app, state: plain, path: USERS, title: title.clone(), live: Live::Records, tables };
    page.answer(|tables| {
        html! {
            h1 { (title) }
            (tables.show("users"))
            section {
                h2 { (lang.of(words::ADD_LOGIN)) }
                p.note { (lang.of(words::ADD_LOGIN_HELP)) }
                form.line method="post" action=(USERS) {
                    (carried(reader, lang))
                    input type="hidden" name="do" value="add";
                    label {
                        (lang.of(words::STAFF_CODE))
                        input name="person" list="people" maxlength="32" required autocomplete="off";
                    }
                    datalist id="people" {
                        @for person in missing.iter().take(500) { option value=(person.id) { (person.name) } }
                    }
                    button { (lang.of(words::ADD_LOGIN)) }
                }
            }
        }
    })
    .await
}

/// What someone is called, or the staff code of whom the bank does not know.
pub(super) fn name(bank: &Bank, person: &PersonId) -> String {
    bank.person(person).map_or(person.as_str(), |known| &known.name).to_owned()
}

fn roles(bank: &Bank, person: &PersonId, lang: Lang) -> String {
    let known = bank.person(person).map(|known| format::roles(known.roles, lang));
    known.unwrap_or_else(|| lang.of(words::UNKNOWN_PERSON).to_owned())
}

fn state(login: &LoginState) -> canvass_core::domain::Label {
    match login {
        LoginState { disabled_at: Some(_), .. } => words::DISABLED,
        LoginState { locked_until: Some(_), .. } => words::LOCKED,
        LoginState { tried_until: Some(_), .. } => words::TRIED,
        LoginState { one_time_until: Some(_), .. } => words::WAITS,
        _ => words::ACTIVE,
    }
}

/// A moment as a cell.
pub(super) fn at(time: ServerTime) -> Value {
    let (day, minutes) = format::day_and_minutes(time.as_recorded(), &Zone::china());
    Value::Moment(day, minutes)
}

fn table(lang: Lang, bank: &Bank, logins: &[LoginState]) -> Table {
    let columns = vec![
        Column::words("person", lang.of(words::PERSON)).heads_rows(),
        Column::words("code", lang.of(words::STAFF_CODE)),
        Column::words("role", lang.of(words::ROLE)),
        Column::words("state", lang.of(words::STATE)),
        Column::words("second", lang.of(words::SECOND_FACTOR)),
        Column::number("sessions", lang.of(words::SESSIONS)),
        Column::words("made", lang.of(words::MADE)),
    ];
    let line = |login: &LoginState| {
        let address = format!("{USERS}?person={}&lang={}", login.person, lang.name());
        let second = if login.second_factor { words::YES } else { words::NO_SECOND };
        let cells = vec![
            Cell::from(Value::Text(name(bank, &login.person))).to(address),
            Value::Text(login.person.to_string()).into(),
            Value::Text(roles(bank, &login.person, lang)).into(),
            Value::Text(lang.of(state(login)).to_owned()).into(),
            Value::Text(lang.of(second).to_owned()).into(),
            Value::Number(i64::try_from(login.sessions).unwrap_or(i64::MAX)).into(),
            at(login.made_at).into(),
        ];
        Line { key: login.person.to_string(), cells }
    };
    let rows = logins.iter().map(line).collect();
    Table { name: "users", title: words::USERS, columns, rows, nothing: words::NO_LOGINS }
}

/// What can be done about a login.
fn deeds(reader: &Reader, lang: Lang, login: &LoginState) -> Markup {
    let button = |what: &str, help: Option<canvass_core::domain::Label>, label| {
        html! {
            form.deed method="post" action=(USERS) {
                (carried(reader, lang))
                input type="hidden" name="do" value=(what);
                input type="hidden" name="person" value=(login.person);
                button { (lang.of(label)) }
                @if let Some(help) = help { span.note { (lang.of(help)) } }
            }
        }
    };
    html! {
        section {
            h2 { (lang.of(words::ACTIONS)) }
            @if let Some(until) = login.one_time_until { p.note { (lang.of(words::ONE_TIME)) " · " (moment(until)) } }
            (button("reset", Some(words::RESET_HELP), words::RESET))
            @if login.disabled_at.is_some() {
                (button("enable", None, words::ENABLE))
            } @else {
                @if login.locked_until.or(login.tried_until).is_some() {
                    (button("enable", Some(words::UNLOCK_HELP), words::UNLOCK))
                }
                (button("disable", Some(words::DISABLE_HELP), words::DISABLE))
            }
            @if login.sessions > 0 { (button("end-all", None, words::END_ALL)) }
        }
    }
}

pub(super) async fn act(State(app): State<App>, Posted { reader, sent }: Posted) -> Result<Response, Instead> {
    let lang = sent.lang();
    allowed(&reader, lang)?;
    let failed = |error: StoreError| Wrong::from(error).told(lang);
    let person: PersonId =
        sent.text("person").trim().parse().map_err(|_| Wrong::NoPerson(sent.text("person").to_owned()).told(lang))?;
    let (by, at) = (reader.actor(), app.clock.now());
    match sent.text("do") {
        what @ ("add" | "reset") => {
            let password = Zeroizing::new(one_time_password(rand::random()));
            let hash = app.passwords.hash(password.clone()).await;
            let hash =
                hash.ok_or_else(|| Wrong::Server(Problem::failed("a password could not be hashed")).told(lang))?;
            let new = OneTime { person: person.clone(), hash, by, at };
            match what {
                "add" => app.store.add_login(new, None).await,
                _ => app.store.reset_login(new).await,
            }
            .map_err(failed)?;
            return Ok(shown_once(&reader, lang, &person, &password).into_response());
        }
        "disable" => app.store.disable_login(&person, by, at).await.map_err(failed)?,
        "enable" => app.store.enable_login(&person, by, at).await.map_err(failed)?,
        "end-all" => drop(app.store.end_sessions(&person, Which::All, by, at).await.map_err(failed)?),
        "end" => {
            let number = sent.text("session").parse().map_err(|_| Wrong::Form.told(lang))?;
            app.store.end_sessions(&person, Which::One(number), by, at).await.map_err(failed)?;
        }
        _ => return Err(Wrong::Form.told(lang)),
    }
    Ok(Redirect::to(&format!("{USERS}?person={person}&lang={}", lang.name())).into_response())
}

/// A one-time password, which is shown to nobody again.
fn shown_once(reader: &Reader, lang: Lang, person: &PersonId, password: &str) -> Markup {
    let content = html! {
        p.sub { (person) }
        div.card {
            p { code.secret { (password) } }
            p.note { (lang.of(words::ONE_TIME_HELP)) }
        }
        p { a href={ (USERS) "?lang=" (lang.name()) } { "← " (lang.of(words::BACK_TO_USERS)) } }
    };
    frame::door(lang, USERS, words::ONE_TIME, Some(reader), &content)
}

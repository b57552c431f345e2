//! One's own account: password, second factor, and where one is logged in.

use super::door::{self, ACCOUNT, From, with_cookie, with_next};
use super::form::{Posted, carried};
use super::format;
use super::frame;
use super::login::{code_field, complaint, given, refused};
use super::reader::Reader;
use super::second::shown_once;
use super::words::{self, Lang};
use super::wrong::{Instead, Wrong};
use crate::app::App;
use crate::store::{CodeAnswer, SessionState, StoreError, Which};
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use canvass_core::domain::{ServerTime, Zone};
use maud::{Markup, html};

pub(super) async fn page(
    State(app): State<App>,
    reader: Reader,
    RawQuery(query): RawQuery,
) -> Result<Response, Instead> {
    let lang = door::lang(&query.unwrap_or_default());
    let page = account(&app, &reader, lang, None).await.map_err(|error| Wrong::from(error).told(lang))?;
    Ok(page.into_response())
}

async fn account(app: &App, reader: &Reader, lang: Lang, wrong: Option<&str>) -> Result<Markup, StoreError> {
    let (person, own) = (reader.person(), reader.session());
    let sessions = app.store.sessions(&person.id, app.clock.now()).await?;
    let left = app.store.recovery_codes_left(&person.id).await?;
    let content = html! {
        p.sub { (person.name) " · " (person.id) " · " (format::roles(person.roles, lang)) }
        section {
            h2 { (lang.of(words::PASSWORD)) }
            p { a.button href=(with_next(door::PASSWORD, ACCOUNT, lang)) { (lang.of(words::CHANGE_PASSWORD)) } }
        }
        section {
            h2 { (lang.of(words::SECOND_FACTOR)) }
            @if own.second_factor {
                p { (lang.of(words::HAS_SECOND)) " " (left) " " (lang.of(words::CODES_LEFT)) }
                form.card method="post" action=(ACCOUNT) {
                    (complaint(wrong))
                    p.note { (lang.of(words::RENEW_HELP)) }
                    (carried(reader, lang))
                    input type="hidden" name="do" value="renew";
                    (code_field(lang, words::CODE, false))
                    button { (lang.of(words::RENEW_CODES)) }
                }
            } @else {
                p { a.button href=(with_next(door::SECOND_FACTOR, ACCOUNT, lang)) { (lang.of(words::SET_UP)) } }
            }
        }
        section {
            h2 { (lang.of(words::OWN_SESSIONS)) }
            (session_list(reader, lang, &sessions, ACCOUNT, None))
            @if sessions.len() > 1 {
                form method="post" action=(ACCOUNT) {
                    (carried(reader, lang))
                    input type="hidden" name="do" value="end-others";
                    button { (lang.of(words::END_OTHERS)) }
                }
            }
        }
    };
    Ok(frame::door(lang, ACCOUNT, words::ACCOUNT, Some(reader), &content))
}

/// Sessions, each with a button that ends it.
pub(super) fn session_list(
    reader: &Reader,
    lang: Lang,
    sessions: &[SessionState],
    action: &str,
    person: Option<&str>,
) -> Markup {
    html! {
        @if sessions.is_empty() { p.empty { (lang.of(words::NO_SESSIONS)) } }
        ul.sessions {
            @for session in sessions {
                li {
                    div {
                        strong { (session.visitor.address) }
                        @if session.number == reader.session().number && person.is_none() {
                            " · " (lang.of(words::THIS_SESSION))
                        }
                        br;
                        small {
                            (lang.of(words::BEGUN)) " " (moment(session.made_at)) " · "
                            (lang.of(words::LAST_SEEN)) " " (moment(session.seen_at))
                        }
                        @if !session.visitor.agent.is_empty() { br; small { (session.visitor.agent) } }
                    }
                    form method="post" action=(action) {
                        (carried(reader, lang))
                        input type="hidden" name="do" value="end";
                        input type="hidden" name="session" value=(session.number);
                        @if let Some(person) = person { input type="hidden" name="person" value=(person); }
                        button { (lang.of(words::END)) span.hidden { " " (session.visitor.address) " " (moment(session.made_at)) } }
                    }
                }
            }
        }
    }
}

/// A moment of the server's clock, as people here read it.
pub(super) fn moment(at: ServerTime) -> String {
    let (day, minutes) = format::day_and_minutes(at.as_recorded(), &Zone::china());
    format::moment(day, minutes)
}

pub(super) async fn act(
    State(app): State<App>,
    from: From,
    Posted { reader, sent }: Posted,
) -> Result<Response, Instead> {
    let lang = sent.lang();
    let failed = |error: StoreError| Wrong::from(error).told(lang);
    let (person, own) = (&reader.person().id, reader.session().number);
    let which = match sent.text("do") {
        "end-others" => Which::AllBut(own),
        "end" => Which::One(sent.text("session").parse().map_err(|_| Wrong::Form.told(lang))?),
        "renew" => return renew(&app, &from, &Posted { reader, sent }).await,
        _ => return Err(Wrong::Form.told(lang)),
    };
    app.store.end_sessions(person, which, reader.actor(), app.clock.now()).await.map_err(failed)?;
    if which == Which::One(own) {
        return Ok(with_cookie(&app, None, Redirect::to(&with_next(door::LOGIN, "/", lang))));
    }
    Ok(Redirect::to(&with_next(ACCOUNT, "/", lang)).into_response())
}

async fn renew(app: &App, from: &From, Posted { reader, sent }: &Posted) -> Result<Response, Instead> {
    let lang = sent.lang();
    let failed = |error: StoreError| Wrong::from(error).told(lang);
    let given = given(app, from, reader, sent);
    let now = given.at;
    let locked_until = match app.store.renew_recovery_codes(given).await.map_err(failed)? {
        CodeAnswer::Right(codes) => {
            let onward = with_next(ACCOUNT, "/", lang);
            return Ok(shown_once(Some(reader), lang, &onward, &codes).into_response());
        }
        CodeAnswer::Wrong => None,
        CodeAnswer::Locked(until) => Some(until),
    };
    let (status, words) = refused(lang, locked_until, now);
    Ok((status, account(app, reader, lang, Some(&words)).await.map_err(failed)?).into_response())
}

//! Logging in and out: the password, then the second factor. What is wrong is said in the same words, and after the same work,
//! whether the person exists or not.

use super::door::{self, From, local, next, with_cookie, with_next};
use super::form::{Knock, Posted, Sent, carried};
use super::frame;
use super::reader::Reader;
use super::words::{self, Lang};
use super::wrong::{Instead, Wrong};
use crate::access::Step;
use crate::app::App;
use crate::store::{CodeAnswer, GivenCode, LogIn, LoggedIn, StoreError, Which};
use axum::extract::{RawQuery, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use canvass_core::domain::{Label, ServerTime};
use maud::{Markup, html};

/// So long may what is typed as a name be.
const LONGEST_NAME: usize = 64;

pub(super) async fn page(RawQuery(query): RawQuery) -> Markup {
    let query = query.unwrap_or_default();
    form(door::lang(&query), &next(&query), "", None)
}

fn form(lang: Lang, next: &str, name: &str, wrong: Option<&str>) -> Markup {
    let content = html! {
        p.sub { (lang.of(words::LOGIN_HELP)) }
        form.card method="post" action=(door::LOGIN) {
            (complaint(wrong))
            input type="hidden" name="lang" value=(lang.name());
            input type="hidden" name="next" value=(next);
            label {
                (lang.of(words::STAFF_CODE))
                input name="person" value=(name) autocomplete="username" autocapitalize="none" spellcheck="false"
                    maxlength=(LONGEST_NAME) required autofocus[name.is_empty()];
            }
            label {
                (lang.of(words::PASSWORD))
                input type="password" name="password" autocomplete="current-password" maxlength="200" required
                    autofocus[!name.is_empty()];
            }
            button { (lang.of(words::LOG_IN)) }
        }
    };
    let path = with_path(door::LOGIN, next);
    frame::door(lang, &path, words::LOG_IN, None, &content)
}

/// The page's own address but for its language.
pub(super) fn with_path(way: &str, next: &str) -> String {
    let whole = with_next(way, next, Lang::default());
    whole.rsplit_once("lang=").map_or(whole.clone(), |(path, _)| path.trim_end_matches(['?', '&']).to_owned())
}

/// Why what was sent before was not taken.
pub(super) fn complaint(wrong: Option<&str>) -> Markup {
    html! { @if let Some(wrong) = wrong { p.complaint role="alert" { (wrong) } } }
}

/// Until when nothing is looked at, in words.
pub(super) fn locked(lang: Lang, until: ServerTime, now: ServerTime) -> String {
    let minutes = (until.millis() - now.millis()).max(0).unsigned_abs().div_ceil(60_000);
    match lang {
        Lang::Zh => format!("错误次数过多，已暂时锁定。请约 {minutes} 分钟后再试；忘记密码请联系管理员。"),
        Lang::En => format!(
            "There were too many failures in a row. Try again in about {minutes} min; if you forgot the password, ask an administrator."
        ),
    }
}

pub(super) async fn log_in(State(app): State<App>, from: From, Knock(sent): Knock) -> Result<Response, Instead> {
    let (lang, next) = (sent.lang(), sent.next());
    let name: String = sent.text("person").trim().chars().take(LONGEST_NAME).collect();
    let failed = |error: StoreError| Wrong::from(error).told(lang);
    let refuse = |status, words: &str| Ok((status, form(lang, &next, &name, Some(words))).into_response());
    if !app.limits.password(from.address) {
        return refuse(StatusCode::TOO_MANY_REQUESTS, lang.of(words::TOO_OFTEN)).map(|answer| later(answer, 60));
    }
    let now = app.clock.now();
    let tried = app.store.tried(&name, &from.visitor(), now).await.map_err(failed)?;
    if let Some(until) = tried.locked_until {
        return refuse(StatusCode::TOO_MANY_REQUESTS, &locked(lang, until, now));
    }
    let right = app.passwords.verify(sent.secret("password"), tried.password.clone()).await;
    let verified = tried.password.filter(|_| right);
    let now = app.clock.now();
    let order = LogIn { name: name.clone(), verified, visitor: from.visitor(), at: now };
    match app.store.log_in(order).await.map_err(failed)? {
        LoggedIn::Session(token) => Ok(with_cookie(from.scheme, Some(&token), Redirect::to(&landing(&next, lang)))),
        LoggedIn::Wrong => refuse(StatusCode::UNAUTHORIZED, lang.of(words::WRONG_LOGIN)),
        LoggedIn::RunOut => refuse(StatusCode::UNAUTHORIZED, lang.of(words::RUN_OUT)),
        LoggedIn::Locked(until) => refuse(StatusCode::TOO_MANY_REQUESTS, &locked(lang, until, now)),
    }
}

fn later(mut answer: Response, seconds: u32) -> Response {
    answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    answer
}

/// Where somebody goes who came in; whoever wanted nothing in particular sees the standings in their language.
pub(super) fn landing(next: &str, lang: Lang) -> String {
    match local(next) {
        "/" => format!("{}?lang={}", super::parts::STANDINGS, lang.name()),
        next => next.to_owned(),
    }
}

pub(super) async fn code_page(reader: Reader, RawQuery(query): RawQuery) -> Response {
    let query = query.unwrap_or_default();
    let lang = door::lang(&query);
    if reader.session().step != Step::GiveCode {
        return Redirect::to(&landing(&next(&query), lang)).into_response();
    }
    code_form(&reader, lang, &next(&query), None).into_response()
}

fn code_form(reader: &Reader, lang: Lang, next: &str, wrong: Option<&str>) -> Markup {
    let content = html! {
        p.sub { (lang.of(words::GIVE_CODE_HELP)) }
        form.card method="post" action=(door::CODE) {
            (complaint(wrong))
            (carried(reader, lang))
            input type="hidden" name="next" value=(next);
            (code_field(lang, words::CODE, true))
            button { (lang.of(words::CONTINUE)) }
        }
    };
    frame::door(lang, &with_path(door::CODE, next), words::SECOND_FACTOR, Some(reader), &content)
}

/// The field for a code: what a phone's keyboard offers there, it fills in by itself.
pub(super) fn code_field(lang: Lang, label: Label, focused: bool) -> Markup {
    html! {
        label {
            (lang.of(label))
            input name="code" autocomplete="one-time-code" autocapitalize="none" spellcheck="false" maxlength="20" required
                autofocus[focused];
        }
    }
}

/// A code as a session gives it.
pub(super) fn given(app: &App, from: &From, reader: &Reader, sent: &Sent) -> GivenCode {
    let code = sent.text("code").trim().to_owned();
    GivenCode { token: reader.token().clone(), code, visitor: from.visitor(), at: app.clock.now() }
}

/// Why a code was not taken.
pub(super) fn refused(lang: Lang, locked_until: Option<ServerTime>, now: ServerTime) -> (StatusCode, String) {
    match locked_until {
        Some(until) => (StatusCode::TOO_MANY_REQUESTS, locked(lang, until, now)),
        None => (StatusCode::UNAUTHORIZED, lang.of(words::WRONG_CODE).to_owned()),
    }
}

pub(super) async fn give_code(
    State(app): State<App>,
    from: From,
    Posted { reader, sent }: Posted,
) -> Result<Response, Instead> {
    let (lang, next) = (sent.lang(), sent.next());
    let given = given(&app, &from, &reader, &sent);
    let now = given.at;
    let answer = app.store.give_code(given).await.map_err(|error| Wrong::from(error).told(lang))?;
    let locked_until = match answer {
        CodeAnswer::Right(token) => {
            return Ok(with_cookie(from.scheme, Some(&token), Redirect::to(&landing(&next, lang))));
        }
        CodeAnswer::Wrong => None,
        CodeAnswer::Locked(until) => Some(until),
    };
    let (status, words) = refused(lang, locked_until, now);
    Ok((status, code_form(&reader, lang, &next, Some(&words))).into_response())
}

pub(super) async fn log_out(
    State(app): State<App>,
    from: From,
    Posted { reader, sent }: Posted,
) -> Result<Response, Instead> {
    let lang = sent.lang();
    let (person, which) = (&reader.person().id, Which::One(reader.session().number));
    let ended = app.store.end_sessions(person, which, reader.actor(), app.clock.now()).await;
    ended.map_err(|error| Wrong::from(error).told(lang))?;
    Ok(with_cookie(from.scheme, None, Redirect::to(&with_next(door::LOGIN, "/", lang))))
}

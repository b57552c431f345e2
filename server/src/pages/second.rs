//! Setting up the second factor: a code to scan, a first code to prove it, and recovery codes that are shown once.

use super::door::{self, From, next, with_cookie};
use super::form::{Posted, carried};
use super::frame;
use super::login::{code_field, complaint, given, landing, refused, with_path};
use super::qr::qr;
use super::reader::Reader;
use super::words::{self, Lang};
use super::wrong::{Instead, Wrong};
use crate::access::SecondFactor;
use crate::app::App;
use crate::store::{CodeAnswer, StoreError};
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};

pub(super) async fn page(
    State(app): State<App>,
    reader: Reader,
    RawQuery(query): RawQuery,
) -> Result<Response, Instead> {
    let query = query.unwrap_or_default();
    let (lang, next) = (door::lang(&query), next(&query));
    match form(&app, &reader, lang, &next, None).await.map_err(|error| Wrong::from(error).told(lang))? {
        Some(form) => Ok(form.into_response()),
        None => Ok(Redirect::to(&landing(&next, lang)).into_response()),
    }
}

/// The form with the secret that is to be set up; none if there is a second factor already.
async fn form(
    app: &App,
    reader: &Reader,
    lang: Lang,
    next: &str,
    wrong: Option<&str>,
) -> Result<Option<Markup>, StoreError> {
    let secret = app.store.begin_second_factor(reader.token(), app.clock.now()).await?;
    let Some(factor) = secret.and_then(|secret| SecondFactor::of(&secret)) else { return Ok(None) };
    let content = html! {
        p.sub { (lang.of(words::SET_UP_HELP)) }
        form.card method="post" action=(door::SECOND_FACTOR) {
            (qr(&factor.address(&reader.person().id), lang.of(words::QR_TITLE)))
            p { (lang.of(words::SECRET)) br; code.secret { (factor.text()) } }
            (complaint(wrong))
            (carried(reader, lang))
            input type="hidden" name="next" value=(next);
            (code_field(lang, words::CODE, false))
            button { (lang.of(words::CONTINUE)) }
        }
    };
    Ok(Some(frame::door(lang, &with_path(door::SECOND_FACTOR, next), words::SET_UP, Some(reader), &content)))
}

pub(super) async fn confirm(
    State(app): State<App>,
    from: From,
    Posted { reader, sent }: Posted,
) -> Result<Response, Instead> {
    let (lang, next) = (sent.lang(), sent.next());
    let failed = |error: StoreError| Wrong::from(error).told(lang);
    let given = given(&app, &from, &reader, &sent);
    let now = given.at;
    let locked_until = match app.store.confirm_second_factor(given).await.map_err(failed)? {
        CodeAnswer::Right(set_up) => {
            let page = shown_once(None, lang, &landing(&next, lang), &set_up.recovery_codes);
            return Ok(with_cookie(&app, Some(&set_up.token), page));
        }
        CodeAnswer::Wrong => None,
        CodeAnswer::Locked(until) => Some(until),
    };
    let (status, words) = refused(lang, locked_until, now);
    let form = form(&app, &reader, lang, &next, Some(&words)).await.map_err(failed)?;
    Ok((status, form.unwrap_or_default()).into_response())
}

/// Recovery codes, and the way on.
pub(super) fn shown_once(reader: Option<&Reader>, lang: Lang, onward: &str, codes: &[String]) -> Markup {
    let content = html! {
        p.sub { (lang.of(words::RECOVERY_HELP)) }
        div.card {
            ul.codes { @for code in codes { li { code { (code) } } } }
            p { a.button href=(onward) { (lang.of(words::GO_ON)) } }
        }
    };
    frame::door(lang, door::ACCOUNT, words::RECOVERY_CODES, reader, &content)
}

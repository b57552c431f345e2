//! Changing one's password: at the first login, when it must be, and whenever one wants to.

use super::door::{self, From, next, with_cookie};
use super::form::{Posted, carried};
use super::frame;
use super::login::{complaint, landing, locked, with_path};
use super::reader::Reader;
use super::words::{self, Lang};
use super::wrong::{Instead, Wrong};
use crate::access::{LONGEST_PASSWORD, SHORTEST_PASSWORD, Step, Unfit, fit};
use crate::app::App;
use crate::problem::Problem;
use crate::store::{CodeAnswer, NewPassword, StoreError};
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use canvass_core::domain::Label;
use maud::{Markup, html};

pub(super) async fn page(reader: Reader, RawQuery(query): RawQuery) -> Markup {
    let query = query.unwrap_or_default();
    form(&reader, door::lang(&query), &next(&query), None)
}

fn form(reader: &Reader, lang: Lang, next: &str, wrong: Option<&str>) -> Markup {
    let first = reader.session().step == Step::ChangePassword;
    let help = if first { words::FIRST_PASSWORD_HELP } else { words::CHANGE_PASSWORD_HELP };
    let present = if first { words::ONE_TIME } else { words::PRESENT_PASSWORD };
    let field = |name: &str, label: Label, autocomplete: &str, shortest: Option<usize>| {
        html! {
            label {
                (lang.of(label))
                input type="password" name=(name) autocomplete=(autocomplete) minlength=[shortest]
                    maxlength=(LONGEST_PASSWORD) required;
            }
        }
    };
    let content = html! {
        p.sub { (lang.of(help)) }
        form.card method="post" action=(door::PASSWORD) {
            (complaint(wrong))
            (carried(reader, lang))
            input type="hidden" name="next" value=(next);
            // What password stores file the new one under.
            input.hidden name="person" value=(reader.person().id) autocomplete="username" readonly tabindex="-1" aria-hidden="true";
            (field("present", present, "current-password", None))
            (field("new", words::NEW_PASSWORD, "new-password", Some(SHORTEST_PASSWORD)))
            (field("again", words::NEW_PASSWORD_AGAIN, "new-password", Some(SHORTEST_PASSWORD)))
            button { (lang.of(words::CHANGE_PASSWORD)) }
        }
    };
    frame::door(lang, &with_path(door::PASSWORD, next), words::CHANGE_PASSWORD, Some(reader), &content)
}

/// Why a password will not do, in words.
fn unfit(why: Unfit) -> Label {
    match why {
        Unfit::Short => words::UNFIT_SHORT,
        Unfit::Long => words::UNFIT_LONG,
        Unfit::OwnName => words::UNFIT_OWN,
        Unfit::Guessed => words::UNFIT_GUESSED,
        Unfit::Same => words::UNFIT_SAME,
    }
}

pub(super) async fn change(
    State(app): State<App>,
    from: From,
    Posted { reader, sent }: Posted,
) -> Result<Response, Instead> {
    let (lang, next, person) = (sent.lang(), sent.next(), reader.person());
    let failed = |error: StoreError| Wrong::from(error).told(lang);
    let answer = |status, words: &str| Ok((status, form(&reader, lang, &next, Some(words))).into_response());
    let refuse = |words: Label| answer(StatusCode::UNPROCESSABLE_ENTITY, lang.of(words));
    let wait = |until, now| answer(StatusCode::TOO_MANY_REQUESTS, &locked(lang, until, now));
    let (present, new) = (sent.secret("present"), sent.secret("new"));
    if new.as_str() != sent.text("again") {
        return refuse(words::NOT_ALIKE);
    }
    if let Err(why) = fit(&new, person).and_then(|()| if new == present { Err(Unfit::Same) } else { Ok(()) }) {
        return refuse(unfit(why));
    }
    // Who got a session could guess the password here: that is paced, counted and locked like a log-in.
    if !app.limits.password(from.address) {
        return answer(StatusCode::TOO_MANY_REQUESTS, lang.of(words::TOO_OFTEN));
    }
    let now = app.clock.now();
    let tried = app.store.tried(person.id.as_str(), &from.visitor(), now).await.map_err(failed)?;
    if let Some(until) = tried.locked_until {
        return wait(until, now);
    }
    let right = app.passwords.verify(present, tried.password.clone()).await;
    let verified = tried.password.filter(|_| right);
    let hash = app.passwords.hash(new).await;
    let hash = hash.ok_or_else(|| Wrong::Server(Problem::failed("a password could not be hashed")).told(lang))?;
    let now = app.clock.now();
    let new = NewPassword { token: reader.token().clone(), verified, hash, visitor: from.visitor(), at: now };
    match app.store.change_password(new).await.map_err(failed)? {
        CodeAnswer::Right(token) => Ok(with_cookie(from.scheme, Some(&token), Redirect::to(&landing(&next, lang)))),
        CodeAnswer::Wrong => refuse(words::WRONG_PRESENT),
        CodeAnswer::Locked(until) => wait(until, now),
    }
}

//! The frame of every page, and the pages that say why there is nothing to see.

use super::words::{self, Lang};
use crate::problem::Problem;
use axum::response::{IntoResponse, Response};
use maud::{DOCTYPE, Markup, html};

/// A whole page. `other` is the same page in the other language.
pub(super) fn page(lang: Lang, title: &str, other: Option<String>, content: &Markup) -> Markup {
    let (other_lang, other_name) = match lang {
        Lang::Zh => (Lang::En, "English"),
        Lang::En => (Lang::Zh, "中文"),
    };
    html! {
        (DOCTYPE)
        html lang=(lang.name()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " · Canvass" }
                link rel="stylesheet" href="/style.css";
            }
            body {
                a.skip href="#content" { (lang.of(words::SKIP)) }
                header.top {
                    a.brand href={ "/standings?lang=" (lang.name()) } { "Canvass" }
                    nav {
                        @if let Some(other) = other {
                            a href=(other) lang=(other_lang.name()) hreflang=(other_lang.name()) { (other_name) }
                        }
                    }
                }
                main #content { (content) }
            }
        }
    }
}

/// There is no campaign yet.
pub(super) fn no_campaign(lang: Lang) -> Response {
    let other = format!("/standings?lang={}", if lang == Lang::Zh { "en" } else { "zh" });
    let content = html! {
        h1 { (lang.of(words::NO_CAMPAIGN)) }
        p { (lang.of(words::NO_CAMPAIGN_HELP)) }
    };
    page(lang, lang.of(words::NO_CAMPAIGN), Some(other), &content).into_response()
}

/// Something is wrong with the address, or with the server.
pub(super) fn problem(lang: Lang, problem: &Problem) -> Response {
    let content = html! {
        h1 { (lang.of(words::ERROR)) }
        p { (problem.detail()) }
        p { a href={ "/standings?lang=" (lang.name()) } { (lang.of(words::START)) } }
    };
    (problem.status(), page(lang, lang.of(words::ERROR), None, &content)).into_response()
}

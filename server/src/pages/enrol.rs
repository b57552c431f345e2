//! What somebody sees who opens an invitation's link in a browser. The code in it stays in the browser: what follows the `#` is
//! sent nowhere.

use super::door;
use super::frame;
use super::words;
use axum::extract::RawQuery;
use maud::{Markup, html};

pub(super) async fn page(RawQuery(query): RawQuery) -> Markup {
    let lang = door::lang(&query.unwrap_or_default());
    let content = html! {
        div.card {
            p { (lang.of(words::ENROL_HELP)) }
            p.note { (lang.of(words::ENROL_NO_APP)) }
        }
    };
    frame::door(lang, "/enrol", words::ENROL, None, &content)
}

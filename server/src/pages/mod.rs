//! Pages for people with a browser, made on the server: Chinese first, English by `?lang=en`; every state in the address.

mod campaigns;
mod contributions;
mod events;
mod fields;
mod format;
mod frame;
mod members;
mod parts;
mod person;
mod plot;
mod plots;
mod prospect;
mod query;
mod standings;
mod table;
mod unit;
mod unplaced;
mod view;
mod words;
mod wrong;

use crate::app::App;
use axum::Router;
use axum::http::{HeaderValue, Uri, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;

/// The pages' routes.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/", get(|| async { Redirect::to(parts::STANDINGS) }))
        .route(parts::STANDINGS, get(standings::page))
        .route("/units/{unit}", get(unit::page))
        .route("/people/{person}", get(person::page))
        .route("/prospects/{prospect}", get(prospect::page))
        .route(parts::CAMPAIGN, get(campaigns::page))
        .route(parts::CAMPAIGNS, get(campaigns::list))
        .route(parts::UNPLACED, get(unplaced::page))
        .route("/events", get(events::stream))
        .route("/style.css", get(|| file("text/css; charset=utf-8", include_str!("style.css"))))
        .route("/live.js", get(|| file("text/javascript; charset=utf-8", include_str!("live.js"))))
        .route("/icon.svg", get(|| file("image/svg+xml", include_str!("icon.svg"))))
}

async fn file(kind: &'static str, content: &'static str) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, HeaderValue::from_static(kind))], content)
}

/// The page for an address at which there is nothing.
pub fn nothing(uri: &Uri) -> Response {
    let lang =
        if uri.query().is_some_and(|query| query.contains("lang=en")) { words::Lang::En } else { words::Lang::Zh };
    frame::wrong(lang, &wrong::Wrong::Nothing(uri.path().to_owned()))
}

//! Pages for people with a browser, made on the server: Chinese first, English by `?lang=en`; every state in the address.

mod format;
mod frame;
mod lists;
mod parts;
#[cfg_attr(
    not(test),
    expect(dead_code, unused_imports, reason = "the pages that show plots come with the next change")
)]
mod plot;
mod query;
mod standings;
mod unit;
mod unplaced;
mod words;

use crate::app::App;
use axum::Router;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Redirect};
use axum::routing::get;

/// The pages' routes.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/", get(|| async { Redirect::to("/standings") }))
        .route("/standings", get(standings::page))
        .route("/units/{unit}", get(unit::page))
        .route("/unplaced", get(unplaced::page))
        .route("/style.css", get(style))
}

async fn style() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, HeaderValue::from_static("text/css; charset=utf-8"))], include_str!("style.css"))
}

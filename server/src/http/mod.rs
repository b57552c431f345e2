//! The server on HTTP: one router, thin handlers.

mod attachments;
mod body;
mod budget;
pub mod client;
mod enrol;
mod health;
mod lane;
pub mod limits;
mod places;
mod serve;
mod signed;
mod sync;

pub(crate) use body::{Small, small};
pub use serve::{Entrance, ServeError, Tls, bind, serve};
pub use signed::CONTENT_TYPE;

pub use crate::app::App;
use crate::pages;
pub use crate::problem::Problem;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Uri, header};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use canvass_core::wire::MAX_BODY;
use std::time::Duration;
use tower::limit::GlobalConcurrencyLimitLayer;
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, NotForContentType, Predicate};
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::timeout::RequestBodyTimeoutLayer;

/// How many pushes and pulls are worked on at once; others wait. What one of them may take in memory, times this, is what a
/// crowd may take.
const AT_ONCE: usize = 64;

/// How many requests about attachments are: in places of their own, so that no photo keeps a record waiting.
const ATTACHMENTS_AT_ONCE: usize = 32;

/// How many answers to invitations are: few, and in places of their own, for nobody knows yet who sends them.
const ENROLMENTS_AT_ONCE: usize = 8;

/// How long a phone that is known may pause while it sends a request. It holds its place meanwhile, so what it sends may not
/// take forever in all either: see [`body`].
const PATIENCE: Duration = Duration::from_secs(20);

/// Below which phones bring and fetch attachments.
const ATTACHMENTS: &str = "/v1/attachments/";

/// Where phones answer invitations.
const ENROL: &str = "/v1/enrol";
/// How much such an answer may say.
const MAX_ENROL: usize = 16 * 1024;

/// The whole server as a router.
pub fn router(app: App) -> Router {
    let header = |name: HeaderName, value: &'static str| {
        SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
    };
    let enrolments =
        Small { bytes: MAX_ENROL, at_once: ENROLMENTS_AT_ONCE, refusal: |problem| problem.into_response() };
    let attachments = Router::new()
        .route("/v1/attachments/state", post(attachments::state))
        .route("/v1/attachments/put", post(attachments::put))
        .route("/v1/attachments/get", post(attachments::get))
        .layer(GlobalConcurrencyLimitLayer::new(ATTACHMENTS_AT_ONCE))
        .layer(RequestBodyTimeoutLayer::new(PATIENCE))
        .layer(DefaultBodyLimit::max(attachments::MAX_BODY));
    Router::new()
        .route("/v1/sync", post(sync::sync))
        .route("/v1/handover", post(enrol::hand_over))
        .layer(GlobalConcurrencyLimitLayer::new(AT_ONCE))
        .layer(RequestBodyTimeoutLayer::new(PATIENCE))
        .merge(attachments)
        .merge(small(Router::new().route(ENROL, post(enrol::enrol)), enrolments))
        .merge(pages::routes(&app).layer(compressed()))
        .route(health::LIVE, get(health::live))
        .route(health::READY, get(health::ready))
        .fallback(nothing)
        .method_not_allowed_fallback(|| async { Problem::method_not_allowed() })
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(from_fn_with_state(app.clone(), limits::guard))
        .layer(from_fn_with_state(app.clone(), client::identify))
        // No page of ours loads, frames or sends anything elsewhere.
        .layer(header(
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        ))
        // Pages name people and customers: nobody between keeps them, and a browser asks again.
        .layer(header(header::CACHE_CONTROL, "private, no-cache"))
        .layer(header(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(header(header::REFERRER_POLICY, "same-origin"))
        // No page of another site shares a window with ours, and ours use nothing of the device.
        .layer(header(HeaderName::from_static("cross-origin-opener-policy"), "same-origin"))
        .layer(header(HeaderName::from_static("cross-origin-resource-policy"), "same-origin"))
        .layer(header(
            HeaderName::from_static("permissions-policy"),
            "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
        ))
        .with_state(app)
}

/// Pages and files of text travel compressed; a workbook is, and a stream of events must not wait.
fn compressed() -> CompressionLayer<impl Predicate> {
    let all_but_workbooks = DefaultPredicate::new().and(NotForContentType::const_new("application/vnd.openxmlformats"));
    CompressionLayer::new().quality(CompressionLevel::Fastest).compress_when(all_but_workbooks)
}

/// An unknown address: in words for people with a browser, as a problem for programs.
async fn nothing(uri: Uri, headers: HeaderMap) -> Response {
    let accepted = headers.get(header::ACCEPT).and_then(|accepted| accepted.to_str().ok());
    if accepted.is_some_and(|accepted| accepted.contains("text/html")) {
        return pages::nothing(&uri);
    }
    Problem::not_found(&format!("there is nothing at {}", uri.path())).into_response()
}

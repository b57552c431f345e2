//! Pages for people with a browser, made on the server: Chinese first, English by `?lang=en`; every state in the address.

mod account;
mod attachment;
mod audit;
mod bulletin;
mod campaigns;
mod contributions;
mod devices;
mod disputes;
mod door;
mod dossier;
mod editor;
mod enrol;
mod erasure;
mod events;
mod fact;
mod fields;
mod form;
mod format;
mod frame;
mod held;
mod ledger_file;
mod ledger_report;
mod ledger_tables;
mod ledgers;
mod login;
mod market;
mod members;
mod parts;
mod password;
mod person;
mod plot;
mod plots;
mod prospect;
mod qr;
mod query;
mod reader;
mod rules;
mod sealed;
mod second;
mod standings;
mod table;
mod unit;
mod unplaced;
mod upload;
mod users;
mod verdict;
mod verify;
mod view;
mod what_if;
mod words;
mod wrong;

use crate::app::App;
use crate::http::{Small, small};
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderValue, Uri, header};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use tower::limit::GlobalConcurrencyLimitLayer;
use tower_http::csrf::CsrfLayer;

/// How many pages are made at once; others wait.
const AT_ONCE: usize = 64;

/// How many edits of campaigns are taken at once: each is long.
const EDITS_AT_ONCE: usize = 4;

/// How many log-ins are looked at: in places of their own, so that guessers keep nobody from a page.
const KNOCKS_AT_ONCE: usize = 16;

/// How many files are read at once: each may be large.
const UPLOADS_AT_ONCE: usize = 4;

/// The pages' routes. All but the log-in itself stand behind the guard; a new page belongs there too.
pub fn routes(app: &App) -> Router<App> {
    let forms = CsrfLayer::new().with_rejection_response(|_| frame::wrong(words::Lang::default(), &wrong::Wrong::Form));
    let refusal = |problem| frame::wrong(words::Lang::default(), &wrong::Wrong::Server(problem));
    let pages = Router::new()
        .route("/", get(|| async { Redirect::to(parts::STANDINGS) }))
        .route(parts::STANDINGS, get(standings::page))
        .route("/units/{unit}", get(unit::page))
        .route("/people/{person}", get(person::page))
        .route("/prospects/{prospect}", get(prospect::page).post(erasure::erase))
        .route(parts::CAMPAIGN, get(campaigns::page))
        .route(parts::CAMPAIGNS, get(campaigns::list))
        .route(parts::BULLETIN, get(bulletin::page).post(bulletin::seal))
        .route("/sealed/{unit}", get(sealed::page))
        .route("/facts/{record}", get(fact::page).post(fact::say))
        .route(parts::MARKET, get(market::page))
        .route(parts::WHAT_IF, get(what_if::page))
        .route(parts::DISPUTES, get(disputes::page))
        .route(parts::UNPLACED, get(unplaced::page))
        .route(reader::EVENTS, get(events::stream))
        .route("/dossiers/{dossier}", get(dossier::page))
        .route("/attachments/{attachment}", get(attachment::bytes))
        .route(parts::USERS, get(users::page).post(users::act))
        .route(parts::DEVICES, get(devices::page).post(devices::act))
        .route(parts::VERIFY, get(verify::page).post(verify::judge))
        .route(parts::LEDGERS, get(ledgers::page))
        .route("/ledgers/{file}", get(ledger_report::page).post(ledger_report::confirm_all))
        .route(parts::HELD, get(held::page).post(held::decide))
        .route(parts::AUDIT, get(audit::page))
        .route(door::ACCOUNT, get(account::page).post(account::act))
        .route(door::PASSWORD, get(password::page).post(password::change))
        .route(door::SECOND_FACTOR, get(second::page).post(second::confirm))
        .route(door::CODE, get(login::code_page).post(login::give_code))
        .route(door::LOGOUT, post(login::log_out))
        .route_layer(from_fn_with_state(app.clone(), reader::guard))
        .route("/enrol", get(enrol::page))
        .route("/style.css", get(|| file("text/css; charset=utf-8", include_str!("style.css"))))
        .route("/live.js", get(|| file("text/javascript; charset=utf-8", include_str!("live.js"))))
        .route("/icon.svg", get(|| file("image/svg+xml", include_str!("icon.svg"))));
    // Who brings a file is known before a byte of it is read.
    let uploads = Router::new()
        .route(parts::LEDGERS, post(ledgers::bring))
        .layer(GlobalConcurrencyLimitLayer::new(UPLOADS_AT_ONCE))
        .layer(DefaultBodyLimit::max(upload::LARGEST))
        .route_layer(from_fn_with_state(app.clone(), reader::guard));
    let edits = Router::new()
        .route(parts::EDITOR, get(editor::page).post(editor::act))
        .route(parts::NEW_CAMPAIGN, get(editor::new_page).post(editor::act))
        .route_layer(from_fn_with_state(app.clone(), reader::guard));
    let knocks = Router::new().route(door::LOGIN, get(login::page).post(login::log_in));
    small(pages, Small { bytes: form::LONGEST, at_once: AT_ONCE, refusal })
        .merge(uploads)
        .merge(small(edits, Small { bytes: form::LONGEST_CAMPAIGN, at_once: EDITS_AT_ONCE, refusal }))
        .merge(small(knocks, Small { bytes: form::LONGEST, at_once: KNOCKS_AT_ONCE, refusal }))
        .layer(forms)
}

async fn file(kind: &'static str, content: &'static str) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, HeaderValue::from_static(kind))], content)
}

/// The page for an address at which there is nothing.
pub fn nothing(uri: &Uri) -> Response {
    frame::wrong(door::lang(uri.query().unwrap_or_default()), &wrong::Wrong::Nothing(uri.path().to_owned()))
}

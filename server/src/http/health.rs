//! Whether the process lives, and whether it can work.

use super::{App, Problem};
use axum::extract::State;

/// The process lives.
pub(super) async fn live() -> &'static str {
    "live\n"
}

/// The store answers.
pub(super) async fn ready(State(app): State<App>) -> Result<&'static str, Problem> {
    app.store.bank().await?;
    Ok("ready\n")
}

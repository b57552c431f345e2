//! Whether the process lives, and whether it can work.

use super::{App, Problem};
use axum::extract::State;

/// The paths.
pub(super) const LIVE: &str = "/livez";
pub(super) const READY: &str = "/readyz";

/// Whether a path asks this: what watches over a server may do so in the clear.
pub(super) fn asked(path: &str) -> bool {
    [LIVE, READY].contains(&path)
}

/// The process lives.
pub(super) async fn live() -> &'static str {
    "live\n"
}

/// The store answers.
pub(super) async fn ready(State(app): State<App>) -> Result<&'static str, Problem> {
    app.store.bank().await?;
    Ok("ready\n")
}

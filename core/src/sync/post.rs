//! What goes over the network, and what comes back. The session makes the one and reads the other; a transport only carries.

use crate::domain::ServerTime;

/// What is to be posted to the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Post {
    /// The path below the server's address.
    pub path: &'static str,
    /// The `Authorization` header; none where a phone enrols.
    pub authorization: Option<String>,
    /// The body.
    pub body: Vec<u8>,
}

/// What a transport brought back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
}

/// Why a transport brought nothing back.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the server could not be reached: {0}")]
pub struct Failure(pub String);

/// How the type of every problem of this protocol begins.
const PROBLEM: &str = "urn:canvass:problem:";

/// What a reply that is no success says.
#[derive(Debug, Default)]
pub(super) struct Problem {
    /// What it is, for programs; empty when no server of this protocol says it, but a proxy or a portal on the way.
    pub(super) code: String,
    /// For people.
    pub(super) words: String,
    /// The server's clock, where the phone's time was wrong.
    pub(super) time: Option<ServerTime>,
    /// A directive's text; it is not believed yet.
    pub(super) directive: Option<String>,
}

impl Problem {
    pub(super) fn of(reply: &Reply) -> Self {
        let body: serde_json::Value = serde_json::from_slice(&reply.body).unwrap_or_default();
        let text = |name: &str| body.get(name).and_then(serde_json::Value::as_str);
        let time = body.get("time").and_then(serde_json::Value::as_i64);
        Self {
            code: text("type").and_then(|kind| kind.strip_prefix(PROBLEM)).unwrap_or_default().to_owned(),
            words: text("detail").map_or_else(|| format!("HTTP status {}", reply.status), str::to_owned),
            time: time.and_then(|millis| ServerTime::from_millis(millis).ok()),
            directive: text("directive").map(str::to_owned),
        }
    }
}

/// Whether a status may be the link's or the moment's fault. A bad link can cut a request, so 400 is among them; the others
/// say that this phone is not welcome.
pub(super) fn may_pass(status: u16) -> bool {
    matches!(status, 400 | 408 | 413 | 425 | 429 | 500..=599)
}

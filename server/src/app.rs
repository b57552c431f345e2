//! What every handler and page shares.

use crate::access::{Pace, Passwords};
use crate::clock::Clock;
use crate::live::Live;
use crate::store::Store;
use std::sync::Arc;

/// What every handler shares.
#[derive(Clone)]
pub struct App {
    /// The server's memory.
    pub store: Arc<dyn Store>,
    /// The server's clock.
    pub clock: Arc<dyn Clock>,
    /// What tells pages that something is new.
    pub live: Live,
    /// What hashes passwords.
    pub passwords: Passwords,
    /// How often one address may try to log in.
    pub pace: Arc<Pace>,
    /// Where people and phones reach the server, if that was said.
    pub public_url: Option<Arc<str>>,
    /// Whether they do so over TLS: cookies are for that alone then.
    pub secure: bool,
}

impl App {
    /// A server on a store, by a clock.
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>) -> Self {
        let (live, pace) = (Live::new(store.clone()), Arc::new(Pace::by(clock.clone())));
        Self { store, clock, live, passwords: Passwords::default(), pace, public_url: None, secure: false }
    }

    /// The same server, reached at an address such as `https://canvass.example`.
    #[must_use]
    pub fn reached_at(self, url: &str) -> Self {
        let public_url = Some(url.trim_end_matches('/').into());
        Self { public_url, secure: url.starts_with("https://"), ..self }
    }
}

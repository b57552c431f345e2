//! What every handler and page shares.

use crate::access::Passwords;
use crate::blobs::Blobs;
use crate::clock::Clock;
use crate::http::client::Proxies;
use crate::http::limits::{Allowances, Limits};
use crate::live::Live;
use crate::store::Store;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// What every handler shares.
#[derive(Clone)]
pub struct App {
    /// The server's memory.
    pub store: Arc<dyn Store>,
    /// The server's clock.
    pub clock: Arc<dyn Clock>,
    /// The bytes of attachments.
    pub blobs: Blobs,
    /// What tells pages that something is new.
    pub live: Live,
    /// What one address, and one phone, may ask for.
    pub limits: Limits,
    /// The proxies that are believed about who asks.
    pub proxies: Proxies,
    /// Where phones and browsers reach the server.
    pub public_url: PublicUrl,
    /// What hashes passwords.
    pub passwords: Passwords,
}

impl App {
    /// A server on a store, by a clock. It keeps attachments in memory until it is given another place for them.
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>) -> Self {
        let (live, limits) = (Live::new(store.clone()), Limits::new(clock.clone(), Allowances::default()));
        let (passwords, blobs) = (Passwords::default(), Blobs::in_memory(store.secrets().clone()));
        let (proxies, public_url) = (Proxies::default(), PublicUrl::default());
        Self { store, clock, blobs, live, limits, proxies, public_url, passwords }
    }
}

/// Where phones and browsers reach the server: what invitations carry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl(String);

impl Default for PublicUrl {
    /// Where `serve` listens unless it is told otherwise.
    fn default() -> Self {
        Self("http://127.0.0.1:8471".to_owned())
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for PublicUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let base = text.trim_end_matches('/');
        let host = base.strip_prefix("https://").or_else(|| base.strip_prefix("http://"));
        let plain = |host: &str| !host.is_empty() && !host.contains(['/', '?', '#', '@', ' ']);
        if host.is_some_and(plain) {
            Ok(Self(base.to_owned()))
        } else {
            Err("an address such as https://canvass.example.com or http://127.0.0.1:8471, without a path".to_owned())
        }
    }
}

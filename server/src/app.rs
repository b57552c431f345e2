//! What every handler and page shares.

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
}

impl App {
    /// A server on a store, by a clock.
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>) -> Self {
        Self { live: Live::new(store.clone()), store, clock }
    }
}

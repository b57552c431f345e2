//! What every handler and page shares.

use crate::clock::Clock;
use crate::store::Store;
use std::sync::Arc;

/// What every handler shares.
#[derive(Clone)]
pub struct App {
    /// The server's memory.
    pub store: Arc<dyn Store>,
    /// The server's clock.
    pub clock: Arc<dyn Clock>,
}

//! The server's clock, which tests and the demo move by hand.

use canvass_core::domain::ServerTime;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// Tells the server's time.
pub trait Clock: Send + Sync + 'static {
    /// The time now.
    fn now(&self) -> ServerTime;
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> ServerTime {
        ServerTime::nearest(jiff::Timestamp::now().as_millisecond())
    }
}

/// A clock that stands still until it is moved. Clones share the time.
#[derive(Debug, Clone)]
pub struct ManualClock(Arc<AtomicI64>);

impl ManualClock {
    /// A clock that stands at a time.
    pub fn at(time: ServerTime) -> Self {
        Self(Arc::new(AtomicI64::new(time.millis())))
    }

    /// Moves the clock forward; it never goes back.
    pub fn advance_to(&self, time: ServerTime) {
        self.0.fetch_max(time.millis(), Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> ServerTime {
        ServerTime::nearest(self.0.load(Ordering::SeqCst))
    }
}

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
        in_range(jiff::Timestamp::now().as_millisecond())
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
        in_range(self.0.load(Ordering::SeqCst))
    }
}

/// A machine whose clock lies outside the years 1970 to 2200 counts as standing at the nearer end.
fn in_range(millis: i64) -> ServerTime {
    const EPOCH: i64 = 0;
    match (ServerTime::from_millis(millis), ServerTime::from_millis(EPOCH)) {
        (Ok(time), _) | (Err(_), Ok(time)) => time,
        (Err(error), Err(_)) => unreachable!("the epoch is in range: {error}"),
    }
}

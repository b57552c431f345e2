//! The server's clock, which tests and the demo move by hand.

use canvass_core::domain::ServerTime;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

/// Tells the server's time.
pub trait Clock: Send + Sync + 'static {
    /// The time now.
    fn now(&self) -> ServerTime;

    /// How long it has gone on since some beginning. Setting the time does not change this.
    fn elapsed(&self) -> Duration;
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> ServerTime {
        ServerTime::nearest(jiff::Timestamp::now().as_millisecond())
    }

    fn elapsed(&self) -> Duration {
        static BEGINNING: LazyLock<Instant> = LazyLock::new(Instant::now);
        BEGINNING.elapsed()
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

    /// Moves the clock forward; by this it never goes back.
    pub fn advance_to(&self, time: ServerTime) {
        self.0.fetch_max(time.millis(), Ordering::SeqCst);
    }

    /// Sets the clock, also back, as whoever runs the machine may.
    pub fn set_to(&self, time: ServerTime) {
        self.0.store(time.millis(), Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> ServerTime {
        ServerTime::nearest(self.0.load(Ordering::SeqCst))
    }

    fn elapsed(&self) -> Duration {
        Duration::from_millis(self.0.load(Ordering::SeqCst).unsigned_abs())
    }
}

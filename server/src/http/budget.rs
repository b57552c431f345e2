//! A budget for each sender: so much at first, later one more each time. Memory is bounded: who is too many shares a budget.

use crate::clock::Clock;
use governor::clock::Clock as Ticking;
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};
use std::hash::Hash;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// What is allowed: at first so many, later one more each time.
#[derive(Debug, Clone, Copy)]
pub struct Allowance {
    /// How many at first.
    pub at_first: NonZeroU32,
    /// After how long one more.
    pub each: Duration,
}

impl Allowance {
    pub(super) const fn of(at_first: u32, each: Duration) -> Self {
        match NonZeroU32::new(at_first) {
            Some(at_first) => Self { at_first, each },
            None => Self { at_first: NonZeroU32::MIN, each },
        }
    }
}

/// How often those who were quiet are forgotten, at most, while there are that many.
const FORGET: Duration = Duration::from_secs(1);

/// The server's clock as the limiters read it.
#[derive(Clone)]
pub(super) struct Ticks(pub(super) Arc<dyn Clock>);

impl Ticking for Ticks {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        self.0.elapsed().into()
    }
}

/// A budget for each sender. `None` stands for all for whom there is no room.
pub(super) struct Budget<K: Hash + Eq + Clone> {
    limiter: RateLimiter<Option<K>, HashMapStateStore<Option<K>>, Ticks, NoOpMiddleware<Nanos>>,
    ticks: Ticks,
    senders: usize,
    forgot: Mutex<Duration>,
}

impl<K: Hash + Eq + Clone> Budget<K> {
    pub(super) fn new(allowance: Allowance, ticks: &Ticks, senders: usize) -> Self {
        let each = allowance.each.max(Duration::from_nanos(1));
        let quota = Quota::with_period(each).unwrap_or_else(|| Quota::per_second(NonZeroU32::MIN));
        let limiter = RateLimiter::hashmap_with_clock(quota.allow_burst(allowance.at_first), ticks.clone());
        Self { limiter, ticks: ticks.clone(), senders, forgot: Mutex::default() }
    }

    /// Takes some of a sender's budget, or says how long to wait for it. What is more than the whole budget takes all.
    pub(super) fn take(&self, sender: K, n: u32) -> Result<(), Duration> {
        let sender = self.has_room().then_some(sender);
        let n = NonZeroU32::new(n).unwrap_or(NonZeroU32::MIN);
        match self.limiter.check_key_n(&sender, n) {
            Ok(Ok(())) => Ok(()),
            Ok(Err(until)) => Err(until.wait_time_from(self.ticks.now())),
            Err(most) => {
                let all = NonZeroU32::new(most.0).unwrap_or(NonZeroU32::MIN);
                let taken = self.limiter.check_key_n(&sender, all);
                taken.map_or(Ok(()), |taken| taken.map_err(|until| until.wait_time_from(self.ticks.now())))
            }
        }
    }

    fn has_room(&self) -> bool {
        if self.limiter.len() < self.senders {
            return true;
        }
        let now = self.ticks.0.elapsed();
        let mut forgot = self.forgot.lock().unwrap_or_else(PoisonError::into_inner);
        if now.saturating_sub(*forgot) >= FORGET {
            *forgot = now;
            self.limiter.retain_recent();
        }
        self.limiter.len() < self.senders
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ManualClock;
    use canvass_core::domain::ServerTime;

    #[test]
    fn who_is_too_many_shares_a_budget_and_who_was_quiet_is_forgotten() {
        let clock = ManualClock::at(at(1_000_000));
        let budget: Budget<u32> =
            Budget::new(Allowance::of(2, Duration::from_secs(10)), &Ticks(Arc::new(clock.clone())), 3);
        let served = (0..100).filter(|sender| budget.take(*sender, 1).is_ok()).count();
        assert_eq!(served, 3 + 2, "three have their own, the others two together");
        assert!(budget.limiter.len() <= 4);
        clock.advance_to(at(1_060_000));
        assert!(budget.take(1000, 2).is_ok());
        assert_eq!(budget.limiter.len(), 1);
    }

    fn at(millis: i64) -> ServerTime {
        ServerTime::from_millis(millis).expect("a time")
    }
}

//! How often one address may try to log in: enough for a branch that comes to work at once, too little to guess.

use crate::clock::Clock;
use governor::clock::Clock as PacedBy;
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

/// So many tries at once, and then one in so many seconds.
const AT_ONCE: NonZeroU32 = NonZeroU32::MIN.saturating_add(39);
const EACH: Duration = Duration::from_secs(5);
/// So many addresses are remembered before those are forgotten that have been quiet.
const REMEMBERED: usize = 10_000;

/// What one household, office or attacker has of addresses: one of IPv4, 64 bits of IPv6.
pub fn block(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
        address => address,
    }
}

/// The server's clock, as the limiter reads it.
#[derive(Clone)]
struct ByServer(Arc<dyn Clock>);

impl PacedBy for ByServer {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        self.0.elapsed().into()
    }
}

/// Paces tries by address.
pub struct Pace(RateLimiter<IpAddr, HashMapStateStore<IpAddr>, ByServer, NoOpMiddleware<Nanos>>);

impl Pace {
    /// By a clock.
    pub fn by(clock: Arc<dyn Clock>) -> Self {
        let quota = Quota::with_period(EACH).unwrap_or(Quota::per_second(NonZeroU32::MIN)).allow_burst(AT_ONCE);
        Self(RateLimiter::new(quota, HashMapStateStore::default(), ByServer(clock)))
    }

    /// Whether a block of addresses, as one visitor has them, may try now.
    pub fn allows(&self, block: IpAddr) -> bool {
        if self.0.len() > REMEMBERED {
            self.0.retain_recent();
        }
        self.0.check_key(&block).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ManualClock;
    use canvass_core::domain::ServerTime;

    #[test]
    fn an_address_that_tries_too_often_waits_and_no_other_does() {
        let clock = ManualClock::at(ServerTime::nearest(1_000_000_000));
        let pace = Pace::by(Arc::new(clock.clone()));
        let (busy, other): (IpAddr, IpAddr) = ("10.0.0.1".parse().expect("ip"), "10.0.0.2".parse().expect("ip"));
        let taken = (0..100).filter(|_| pace.allows(busy)).count();
        assert_eq!(taken, 40);
        assert!(pace.allows(other));
        clock.advance_to(clock.now().plus_millis(5_000));
        assert!(pace.allows(busy) && !pace.allows(busy));
    }
}

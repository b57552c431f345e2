//! How long to wait after a failure: twice as long each time, spread out so that phones do not come back all at once.

/// The first wait in milliseconds.
const FIRST_MS: u64 = 500;
/// The longest wait in milliseconds.
const LONGEST_MS: u64 = 60_000;

/// Waits between attempts, spread by a seed the caller supplies.
#[derive(Debug, Clone)]
pub(super) struct Backoff {
    seed: u64,
    failures: u32,
}

impl Backoff {
    pub(super) fn new(seed: u64) -> Self {
        Self { seed, failures: 0 }
    }

    pub(super) fn failures(&self) -> u32 {
        self.failures
    }

    pub(super) fn succeeded(&mut self) {
        self.failures = 0;
    }

    /// Counts a failure and returns the wait before the next attempt: between half and the whole of the doubled time.
    pub(super) fn failed(&mut self) -> u64 {
        let whole = (FIRST_MS << self.failures.min(10)).min(LONGEST_MS);
        self.failures += 1;
        // SplitMix64: a well-spread number from a counter; no security rests on it.
        self.seed = self.seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.seed;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        whole / 2 + (mixed ^ (mixed >> 31)) % (whole / 2 + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_stay_bounded_and_differ_between_phones() {
        let waits = |seed| {
            let mut backoff = Backoff::new(seed);
            (0..12).map(|_| backoff.failed()).collect::<Vec<_>>()
        };
        assert_ne!(waits(1), waits(2));
        let (first, last) = (waits(1)[0], waits(1)[11]);
        assert!((250..=500).contains(&first) && (30_000..=60_000).contains(&last), "{first} {last}");
    }
}

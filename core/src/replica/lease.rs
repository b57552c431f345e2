//! How long a phone keeps the key of its dossiers without contact. The lease is spent by the time that passes on the phone's
//! clock, as far as it moves forwards; turned back, it gives nothing back, and turned back far it ends the lease.

use crate::domain::PhoneTime;

/// How far a clock may move backwards in all under one lease. Clocks are set right by seconds; more is somebody's doing.
const MAX_BACKWARDS_MS: i64 = 5 * 60 * 1000;
/// How far a clock may move forwards before that is written down.
const MAX_UNSAVED_MS: i64 = 5 * 60 * 1000;

/// A lease as it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Lease {
    /// How long it lasts.
    pub(super) lasts_ms: i64,
    /// How much of that has passed.
    pub(super) spent_ms: i64,
    /// The clock when it was last looked at.
    pub(super) seen_at: PhoneTime,
    /// How far it has moved backwards in all.
    pub(super) backwards_ms: i64,
    /// How far it has moved since this was written down.
    unsaved_ms: i64,
}

impl Lease {
    /// A lease that begins now.
    pub(super) fn granted(lasts_ms: u64, now: PhoneTime) -> Self {
        let lasts_ms = i64::try_from(lasts_ms).unwrap_or(i64::MAX);
        Self { lasts_ms, spent_ms: 0, seen_at: now, backwards_ms: 0, unsaved_ms: 0 }
    }

    /// A lease as it was written down. The first look after that is written down whatever it shows.
    pub(super) fn stored(lasts_ms: i64, spent_ms: i64, seen_at: PhoneTime, backwards_ms: i64) -> Self {
        Self { lasts_ms, spent_ms, seen_at, backwards_ms, unsaved_ms: MAX_UNSAVED_MS }
    }

    /// The lease after another look at the clock.
    #[must_use]
    pub(super) fn at(self, now: PhoneTime) -> Self {
        let moved = now.millis() - self.seen_at.millis();
        Self {
            spent_ms: self.spent_ms.saturating_add(moved.max(0)),
            backwards_ms: self.backwards_ms.saturating_add((-moved).max(0)),
            seen_at: now,
            unsaved_ms: if moved < 0 { MAX_UNSAVED_MS } else { self.unsaved_ms.saturating_add(moved) },
            ..self
        }
    }

    /// The lease when its key is not to be held any longer.
    #[must_use]
    pub(super) fn ended(self) -> Self {
        Self { lasts_ms: 0, ..self }
    }

    /// Whether it is to be written down: what only memory knows, the next opening would give back. Some minutes forwards may
    /// wait; what moved backwards may not.
    pub(super) fn is_to_be_saved(&self) -> bool {
        self.unsaved_ms >= MAX_UNSAVED_MS
    }

    /// The lease once it is written down.
    #[must_use]
    pub(super) fn saved(self) -> Self {
        Self { unsaved_ms: 0, ..self }
    }

    /// Whether it still holds.
    pub(super) fn holds(&self) -> bool {
        self.spent_ms < self.lasts_ms && self.backwards_ms <= MAX_BACKWARDS_MS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000;

    fn at(hours: i64) -> PhoneTime {
        PhoneTime::from_millis(1_772_985_600_000).expect("a time").plus_millis(hours * HOUR)
    }

    fn after(looks: &[PhoneTime]) -> bool {
        looks.iter().fold(Lease::granted(24 * HOUR.unsigned_abs(), at(0)), |lease, look| lease.at(*look)).holds()
    }

    #[test]
    fn a_lease_holds_for_its_time_and_no_longer() {
        assert!(after(&[]) && after(&[at(23)]) && after(&[at(1), at(12), at(23)]));
        assert!(!after(&[at(24)]) && !after(&[at(12), at(25)]));
        assert!(!Lease::granted(0, at(0)).holds());
    }

    #[test]
    fn a_clock_turned_back_does_not_help() {
        assert!(!after(&[at(20), at(0)]), "turned back at once");
        assert!(!after(&[at(25), at(0)]), "or when it has run out");
        // Little by little: a minute back each hour is soon five.
        let back = |n: i64| at(n).plus_millis(-(n * 60_000));
        let looks: Vec<_> = (1..20).flat_map(|n| [back(n), back(n).plus_millis(-60_000)]).collect();
        assert!(!after(&looks));
        let seconds = [at(1), at(1).plus_millis(-2_000), at(2), at(2).plus_millis(-2_000)];
        assert!(after(&seconds), "a clock that is set right by seconds is no offence");
    }

    #[test]
    fn what_passed_is_written_down_after_minutes_and_what_moved_backwards_at_once() {
        let lease = Lease::granted(HOUR.unsigned_abs(), at(0));
        let after = |lease: Lease, minutes: i64| lease.at(lease.seen_at.plus_millis(minutes * 60_000));
        assert!(!lease.is_to_be_saved() && !after(lease, 4).is_to_be_saved());
        assert!(after(after(lease, 4), 1).is_to_be_saved(), "many short looks add up");
        assert!(!after(after(lease, 5).saved(), 4).is_to_be_saved());
        assert!(lease.at(at(0).plus_millis(-1)).is_to_be_saved());
        let stored = Lease::stored(HOUR, 0, at(0), 0);
        assert!(after(stored, 0).is_to_be_saved(), "an opening is a look");
    }

    #[test]
    fn a_clock_that_starts_anywhere_spends_what_passes() {
        let early = PhoneTime::nearest(0);
        let lease = Lease::granted(HOUR.unsigned_abs(), early);
        assert!(lease.at(early.plus_millis(HOUR - 1)).holds() && !lease.at(early.plus_millis(HOUR)).holds());
    }
}

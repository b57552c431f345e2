//! When failures lock a name: a growing pause, for people who exist and names that nobody has alike.

/// So many failures in a row lock nothing yet.
pub const FREE_FAILURES: u32 = 4;

/// The first pause, and the longest.
const MINUTE_MS: i64 = 60_000;
const LONGEST_MS: i64 = 60 * MINUTE_MS;

/// For how long a name is locked after so many failures in a row, in milliseconds: a minute after the fifth, then twice as
/// long each time, up to an hour.
pub fn lock_after(failures: u32) -> Option<i64> {
    let doublings = failures.checked_sub(FREE_FAILURES + 1)?;
    Some(MINUTE_MS.checked_shl(doublings.min(10)).unwrap_or(LONGEST_MS).min(LONGEST_MS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fifth_failure_locks_for_a_minute_and_each_further_one_for_twice_as_long_up_to_an_hour() {
        let minutes = |failures| lock_after(failures).map(|ms| ms / MINUTE_MS);
        assert_eq!((0..=4).filter_map(minutes).count(), 0);
        let grown: Vec<_> = (5..=12).filter_map(minutes).collect();
        assert_eq!(grown, [1, 2, 4, 8, 16, 32, 60, 60]);
        assert_eq!(minutes(u32::MAX), Some(60));
    }
}

//! A value that several people share, in whole numbers whose sum is the value.

/// Splits a value by shares, all of them above zero: each gets its part rounded down, and what is left over goes one by one to
/// those from whom most was cut off, the earlier one first. Who gets nothing of a value has no part; a value of nothing is
/// the one with the largest share's.
pub(super) fn split(value: i64, shares: impl Iterator<Item = i64>) -> Vec<Option<i64>> {
    let shares: Vec<i128> = shares.map(i128::from).collect();
    let whole = shares.iter().sum::<i128>().max(1);
    let exact: Vec<i128> = shares.iter().map(|share| i128::from(value) * share).collect();
    let mut parts: Vec<i128> = exact.iter().map(|exact| exact / whole).collect();
    let mut most_cut: Vec<usize> = (0..parts.len()).collect();
    most_cut
        .sort_by_key(|n| std::cmp::Reverse((exact.get(*n).map_or(0, |exact| exact % whole), shares.get(*n).copied())));
    let left = i128::from(value) - parts.iter().sum::<i128>();
    for n in most_cut.iter().take(usize::try_from(left).unwrap_or(0)) {
        if let Some(part) = parts.get_mut(*n) {
            *part += 1;
        }
    }
    let first = most_cut.first().copied();
    let part = |(n, part): (usize, i128)| {
        let part = i64::try_from(part).unwrap_or(i64::MAX);
        (part != 0 || (value == 0 && first == Some(n))).then_some(part)
    };
    parts.into_iter().enumerate().map(part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_whole_and_add_up_to_the_value() {
        let parts = |value, shares: &[i64]| split(value, shares.iter().copied());
        assert_eq!(parts(100, &[50, 50]), [Some(50), Some(50)]);
        assert_eq!(parts(10, &[1, 1, 1]), [Some(4), Some(3), Some(3)]);
        assert_eq!(parts(1, &[40, 60]), [None, Some(1)], "a community is won by whoever has most of it");
        assert_eq!(parts(1, &[50, 50]), [Some(1), None]);
        assert_eq!(parts(0, &[40, 60]).iter().flatten().count(), 1);
        assert_eq!(parts(7, &[1]), [Some(7)]);
        for (value, shares) in [(i64::MAX, vec![1, 2, 3]), (99_999_999_999_999, vec![33, 33, 34]), (2, vec![1; 7])] {
            let sum: i64 = split(value, shares.iter().copied()).into_iter().flatten().sum();
            assert_eq!(sum, value, "{shares:?}");
        }
    }
}

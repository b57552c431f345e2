//! Where a value stands on a plot: whole numbers throughout, so that no value is too large to draw.

use std::fmt;

/// A place along a plot's width or height, in ten-thousandths of it; counted from the left or from the top.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place(i64);

impl Place {
    /// The whole width or height.
    pub(super) const ALL: i64 = 10_000;

    /// `part` of `whole` equal parts from the start.
    pub(super) fn part(part: usize, whole: usize) -> Self {
        let share = part as i128 * i128::from(Self::ALL) / (whole.max(1) as i128);
        Self(share.try_into().unwrap_or(Self::ALL).clamp(0, Self::ALL))
    }

    /// The middle of band `at` of `bands` bands of equal width.
    pub(super) fn middle(at: usize, bands: usize) -> Self {
        Self::part(at.saturating_mul(2).saturating_add(1), bands.saturating_mul(2))
    }

    /// How far it is from here to another place, whichever comes first.
    pub(super) fn to(self, other: Self) -> Self {
        Self((self.0 - other.0).abs())
    }

    /// This place in the units of a stretched drawing, `Place::ALL` wide and high.
    pub(super) fn units(self) -> i64 {
        self.0
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 % 100 {
            0 => write!(f, "{}%", self.0 / 100),
            hundredths => write!(f, "{}.{hundredths:02}%", self.0 / 100),
        }
    }
}

/// The values from one end of a plot's height to the other, and those that get a line and a label.
#[derive(Debug)]
pub(super) struct Axis {
    low: i128,
    high: i128,
    /// Whether the lowest value is on top, as with ranks.
    falling: bool,
    /// At most five values, from low to high.
    pub(super) ticks: Vec<i64>,
}

impl Axis {
    /// An axis for amounts: zero is on it, and both ends are round.
    pub(super) fn of_values(values: impl Iterator<Item = i128>) -> Self {
        let (low, high) = values.fold((0, 0), |(low, high), value| (value.min(low), value.max(high)));
        if low == high {
            return Self { low, high: 1, falling: false, ticks: vec![0] };
        }
        let step = step(low, high);
        let (first, last) = (low.div_euclid(step), -(-high).div_euclid(step));
        let ticks = (first..=last).map(|n| near(n * step)).collect();
        Self { low: first * step, high: last * step, falling: false, ticks }
    }

    /// An axis for bars that lie: from the lowest to the highest value and zero, without labels.
    pub(super) fn of_bars(values: impl Iterator<Item = i128>) -> Self {
        let (low, high) = values.fold((0, 0), |(low, high), value| (value.min(low), value.max(high)));
        Self { low, high: high.max(low + 1), falling: false, ticks: Vec::new() }
    }

    /// An axis for places in a ranking: 1 on top.
    pub(super) fn of_ranks(ranks: impl Iterator<Item = i128> + Clone) -> Self {
        if ranks.clone().any(|rank| rank < 1) {
            return Self { falling: true, ..Self::of_values(ranks) };
        }
        let worst = ranks.max().unwrap_or(1);
        if worst == 1 {
            return Self { low: 1, high: 2, falling: true, ticks: vec![1] };
        }
        let step = step(0, worst);
        let last = -(-worst).div_euclid(step);
        let round = (1..=last).map(|n| near(n * step)).filter(|tick| *tick > 1);
        Self { low: 1, high: last * step, falling: true, ticks: std::iter::once(1).chain(round).collect() }
    }

    /// An axis that just holds the values, for a drawing without labels; equal values are in its middle.
    pub(super) fn around(values: impl Iterator<Item = i128> + Clone, falling: bool) -> Self {
        let (low, high) = (values.clone().min().unwrap_or(0), values.max().unwrap_or(0));
        let room = i128::from(low == high);
        Self { low: low - room, high: high + room, falling, ticks: Vec::new() }
    }

    /// How far down a value is.
    pub(super) fn down(&self, value: i128) -> Place {
        let span = (self.high - self.low).max(1);
        let above = if self.falling { value - self.low } else { self.high - value };
        Place(i64::try_from(above * i128::from(Place::ALL) / span).unwrap_or(Place::ALL).clamp(0, Place::ALL))
    }

    /// How far along a value is, where the low end is on the left.
    pub(super) fn along(&self, value: i128) -> Place {
        Place(Place::ALL - self.down(value).0)
    }
}

/// A value as near as it can be said.
pub(super) fn near(value: i128) -> i64 {
    i64::try_from(value).unwrap_or(if value < 0 { i64::MIN } else { i64::MAX })
}

/// The smallest round step that parts these values into at most four.
fn step(low: i128, high: i128) -> i128 {
    let decades = std::iter::successors(Some(10_i128), |decade| decade.checked_mul(10));
    let steps = decades.flat_map(|decade| [10, 20, 25, 50].map(|tenths| decade * tenths / 100));
    let mut enough = steps.filter(|step| -(-high).div_euclid(*step) - low.div_euclid(*step) <= 4);
    enough.next().unwrap_or(i128::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticks(values: &[i128]) -> Vec<i64> {
        Axis::of_values(values.iter().copied()).ticks
    }

    #[test]
    fn an_axis_has_few_round_labels_and_zero_among_them() {
        assert_eq!(ticks(&[7]), [0, 2, 4, 6, 8]);
        assert_eq!(ticks(&[60, 12]), [0, 20, 40, 60]);
        assert_eq!(ticks(&[100]), [0, 25, 50, 75, 100]);
        assert_eq!(ticks(&[1_234_567]), [0, 500_000, 1_000_000, 1_500_000]);
        assert_eq!(ticks(&[-3, 9]), [-5, 0, 5, 10]);
        assert_eq!(ticks(&[-40]), [-40, -30, -20, -10, 0]);
        assert_eq!(ticks(&[0, 0]), [0]);
        assert_eq!(ticks(&[]), [0]);
        for high in 2..3_000 {
            let ticks = ticks(&[high]);
            assert!((3..=5).contains(&ticks.len()) && ticks.contains(&0), "{high}: {ticks:?}");
        }
    }

    #[test]
    fn ranks_have_the_first_place_on_top() {
        let axis = Axis::of_ranks([3, 12, 7].into_iter());
        assert_eq!(axis.ticks, [1, 5, 10, 15]);
        assert_eq!(axis.down(1), Place(0));
        assert!(axis.down(3) < axis.down(12));
        assert_eq!(Axis::of_ranks([1, 1].into_iter()).ticks, [1]);
        assert_eq!(Axis::of_ranks([2].into_iter()).ticks, [1, 2]);
    }

    #[test]
    fn the_largest_numbers_have_a_place() {
        let (least, most) = (i128::from(i64::MIN), i128::from(i64::MAX));
        let axis = Axis::of_values([least, most, most * 2].into_iter());
        assert!(axis.ticks.len() >= 2 && axis.ticks.contains(&0), "{:?}", axis.ticks);
        assert!(axis.down(most * 2) < axis.down(most) && axis.down(most) < axis.down(least));
        let ranks = Axis::of_ranks([least, most].into_iter());
        assert!(ranks.down(least) < ranks.down(most));
        assert_eq!(Axis::around([5, 5].into_iter(), false).down(5).to_string(), "50%");
    }
}

//! The table: what was measured beside what it is measured against, the ratio, the target, and whether it is reached.

use comfy_table::{CellAlignment, Table, presets};
use std::time::{Duration, Instant};

/// One line of the table.
pub(crate) struct Figure {
    name: String,
    measured: String,
    baseline: String,
    ratio: String,
    target: String,
    verdict: String,
}

impl Figure {
    pub(crate) fn new(name: impl Into<String>, measured: impl Into<String>) -> Self {
        let none = String::new;
        Self {
            name: name.into(),
            measured: measured.into(),
            baseline: none(),
            ratio: none(),
            target: none(),
            verdict: none(),
        }
    }

    /// What it is measured against, and how many times that it is.
    pub(crate) fn against(mut self, baseline: impl Into<String>, ratio: f64) -> Self {
        self.baseline = baseline.into();
        self.ratio = format!("{ratio:.2}");
        self
    }

    /// `value` should be at most `limit`.
    pub(crate) fn at_most(mut self, target: impl Into<String>, value: f64, limit: f64) -> Self {
        self.target = target.into();
        let share = value / limit;
        self.verdict =
            if share <= 1.0 { format!("reached ({share:.2} of it)") } else { format!("MISSED ({share:.2} of it)") };
        self
    }

    /// `value` should be at least `limit`.
    pub(crate) fn at_least(mut self, target: impl Into<String>, value: f64, limit: f64) -> Self {
        self.target = target.into();
        let verdict = if value >= limit { "reached" } else { "MISSED" };
        self.verdict = format!("{verdict} ({:.2} of it)", value / limit);
        self
    }
}

/// All figures, and what is to be said about each group.
#[derive(Default)]
pub(crate) struct Report {
    figures: Vec<Figure>,
    notes: Vec<(&'static str, String)>,
}

impl Report {
    pub(crate) fn add(&mut self, figure: Figure) {
        eprintln!("  {}: {} {}", figure.name, figure.measured, figure.verdict);
        self.figures.push(figure);
    }

    /// Says what the time of a group goes into.
    pub(crate) fn note(&mut self, group: &'static str, words: impl Into<String>) {
        self.notes.push((group, words.into()));
    }

    pub(crate) fn print(&self) {
        let mut table = Table::new();
        table.load_style(presets::ASCII_MARKDOWN);
        table.set_header(["figure", "measured", "beside it", "ratio", "target", "verdict"]);
        for figure in &self.figures {
            table.add_row([
                &figure.name,
                &figure.measured,
                &figure.baseline,
                &figure.ratio,
                &figure.target,
                &figure.verdict,
            ]);
        }
        if let Some(column) = table.column_mut(3) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        println!("\n{table}\n\nWhat it goes into, measured in the same run:\n");
        for (group, words) in &self.notes {
            println!("- **{group}** {words}");
        }
    }
}

/// Times of the same work, again and again.
#[derive(Default, Clone)]
pub(crate) struct Times(Vec<Duration>);

impl Times {
    /// Does some work and notes how long it took.
    pub(crate) fn time<T>(&mut self, work: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let result = work();
        self.0.push(start.elapsed());
        result
    }

    pub(crate) fn note(&mut self, time: Duration) {
        self.0.push(time);
    }

    /// Adds what somebody else measured.
    pub(crate) fn join(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    fn quantile(&self, share: f64) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let last = sorted.len().saturating_sub(1);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a length")]
        let place = (last as f64 * share).round() as usize;
        sorted.get(place).map_or(f64::NAN, |time| time.as_secs_f64() * 1000.0)
    }

    /// The median in milliseconds.
    pub(crate) fn median(&self) -> f64 {
        self.quantile(0.5)
    }

    /// What 95 of 100 stay below, in milliseconds.
    pub(crate) fn p95(&self) -> f64 {
        self.quantile(0.95)
    }
}

/// Milliseconds for people.
pub(crate) fn ms(value: f64) -> String {
    if value >= 100.0 {
        format!("{value:.0} ms")
    } else if value >= 1.0 {
        format!("{value:.2} ms")
    } else {
        format!("{value:.3} ms")
    }
}

/// A count with its thousands apart.
pub(crate) fn count(value: usize) -> String {
    let digits = value.to_string();
    let mut out = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

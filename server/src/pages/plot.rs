//! Plots as SVG: pure functions of figures and words, so that they look the same on every screen and on paper.
//!
//! Text keeps its size at every width: places along a plot are percentages, text is in em, and only lines are stretched.
//! Series differ by dash and shape as well as by colour, and every plot says its gist in a sentence.

mod axis;
mod columns;
mod distribution;
mod field;
mod gist;
mod label;
mod spark;
mod trend;

pub(super) use columns::{Column, Columns, columns};
pub(super) use distribution::{Distribution, UnitValue, distribution, median};
pub(super) use spark::{Spark, spark};
pub(super) use trend::{Series, Trend, Upward, trend};

use super::words::Lang;

/// What every plot needs besides its figures.
#[derive(Debug, Clone, Copy)]
pub(super) struct Heading<'a> {
    /// A word that no other plot of the page has: ids within the plot begin with it.
    pub(super) id: &'a str,
    /// What the plot shows, above it.
    pub(super) title: &'a str,
    /// The language of the sentence for those who cannot see the plot.
    pub(super) lang: Lang,
}

impl Heading<'_> {
    /// The id of a part of this plot.
    fn part(&self, part: &str) -> String {
        format!("{}-{part}", self.id)
    }

    /// The ids that name this plot: its title and its gist.
    fn named_by(&self) -> String {
        format!("{} {}", self.part("title"), self.part("desc"))
    }
}

/// The weeks along a plot.
#[derive(Debug, Clone, Copy)]
pub(super) struct Weeks<'a> {
    /// A short name of each week, in order; more than eight columns are cut.
    pub(super) labels: &'a [String],
    /// The place among them of the week that the page is about.
    pub(super) shown: Option<usize>,
}

impl Weeks<'_> {
    /// The shown week, if it is one of these.
    fn shown(&self) -> Option<usize> {
        self.shown.filter(|shown| *shown < self.labels.len())
    }

    /// A week's name.
    fn label(&self, at: usize) -> &str {
        self.labels.get(at).map_or("", String::as_str)
    }
}

#[cfg(test)]
mod tests;

//! A figure of each week as a column: what counts, and on it what is pending.

use super::axis::{Axis, Place, near};
use super::field::{self, Field};
use super::gist::Gist;
use super::{Heading, Weeks};
use maud::{Markup, html};

/// A figure over weeks.
#[derive(Debug, Clone, Copy)]
pub(in crate::pages) struct Columns<'a> {
    /// Its title, and the language of its sentence.
    pub(in crate::pages) heading: Heading<'a>,
    /// The weeks, from left to right.
    pub(in crate::pages) weeks: Weeks<'a>,
    /// A column for each week; none where there is no figure.
    pub(in crate::pages) values: &'a [Option<Column>],
}

/// A week's figure in its two parts, which do not overlap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::pages) struct Column {
    /// What is confirmed.
    pub(in crate::pages) confirmed: i64,
    /// What waits to be confirmed.
    pub(in crate::pages) pending: i64,
}

impl Column {
    fn confirmed(self) -> i128 {
        i128::from(self.confirmed)
    }

    fn pending(self) -> i128 {
        i128::from(self.pending)
    }

    /// Both parts together.
    fn all(self) -> i128 {
        self.confirmed() + self.pending()
    }

    /// Where the pending part begins: on the confirmed one, unless they go different ways.
    fn pending_from(self) -> i128 {
        if self.confirmed().signum() * self.pending().signum() < 0 { 0 } else { self.confirmed() }
    }

    /// The values that the axis must reach.
    fn reach(self) -> [i128; 2] {
        [self.confirmed(), self.pending_from() + self.pending()]
    }
}

/// Draws a figure over weeks.
pub(in crate::pages) fn columns(plot: &Columns<'_>, show: impl Fn(i64) -> String) -> Markup {
    let gist = Gist(plot.heading.lang);
    let bands = plot.weeks.labels.len();
    let figures: Vec<_> =
        plot.values.iter().take(bands).enumerate().filter_map(|(at, one)| Some((at, (*one)?))).collect();
    if figures.is_empty() {
        return field::empty(&plot.heading, gist.nothing());
    }
    let axis = Axis::of_values(figures.iter().flat_map(|(_, column)| column.reach()));
    let labels = field::labels(&axis, &show);
    let any_pending = figures.iter().any(|(_, column)| column.pending != 0);
    let hatch = plot.heading.part("hatch");
    let legend = html! {
        @if any_pending {
            ul.legend {
                li { svg.key width="14" height="10" aria-hidden="true" { rect.confirmed width="14" height="10" {} } " " (gist.confirmed()) }
                li { svg.key width="14" height="10" aria-hidden="true" {
                    rect.pending x=".5" y=".5" width="13" height="9" fill={ "url(#" (hatch) ")" } {} } " " (gist.pending()) }
            }
        }
    };
    let words = |at: usize| {
        let week = plot.weeks.label(at);
        match figures.iter().find(|(of, _)| *of == at) {
            Some((_, column)) if any_pending => {
                format!("{week}\n{}", gist.both(&show(column.confirmed), &show(column.pending)))
            }
            Some((_, column)) => format!("{week}\n{}", show(column.confirmed)),
            None => format!("{week}\n–"),
        }
    };
    let drawing = html! {
        @if any_pending {
            defs {
                pattern.hatch id=(hatch) width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)" {
                    rect width="5" height="5" {}
                    line x1="0" x2="0" y1="0" y2="5" {}
                }
            }
        }
        @for (at, column) in &figures {
            (part("confirmed", None, *at, bands, &axis, 0, column.confirmed()))
            (part("pending", Some(&hatch), *at, bands, &axis, column.pending_from(), column.pending_from() + column.pending()))
        }
        (field::week_labels(&plot.weeks, field::room(&labels)))
        (field::tooltips(bands, words))
    };
    let named: Vec<_> = figures.iter().map(|(at, column)| (plot.weeks.label(*at), column.all())).collect();
    let wide = |value: i128| show(near(value));
    let mut statements = vec![gist.run("", &named, false, &wide)];
    if let Some((at, column)) = figures.iter().rev().find(|(_, column)| column.pending != 0) {
        statements.push(gist.at(&gist.both(&show(column.confirmed), &show(column.pending)), plot.weeks.label(*at)));
    }
    let sentence = gist.join(&statements);
    Field { heading: plot.heading, gist: &sentence, legend: &legend, axis: &axis, labels: &labels }
        .draw("columns", &drawing)
}

/// One part of a column, from one value to another.
fn part(class: &str, hatch: Option<&str>, at: usize, bands: usize, axis: &Axis, from: i128, to: i128) -> Markup {
    let (one, other) = (axis.down(from), axis.down(to));
    let (left, right) = (Place::part(at * 10 + 2, bands * 10), Place::part(at * 10 + 8, bands * 10));
    html! {
        @if from != to {
            rect class=(class) x=(left) y=(one.min(other)) width=(left.to(right)) height=(one.to(other))
                fill=[hatch.map(|id| format!("url(#{id})"))] {}
        }
    }
}

//! The values of all units in order: where one stands among them, and the middle.

use super::Heading;
use super::axis::{Axis, Place};
use super::field::{self, Field};
use super::gist::Gist;
use maud::{Markup, html};
use std::fmt::Write;

/// Up to this many units, each has a line with its name.
const NAMED: usize = 30;

/// Up to this many units, bars have gaps between them.
const PARTED: usize = 150;

/// The values of many units.
#[derive(Debug, Clone, Copy)]
pub(in crate::pages) struct Distribution<'a> {
    /// Its title, and the language of its sentence.
    pub(in crate::pages) heading: Heading<'a>,
    /// The units, in the order in which they are drawn: the first place first.
    pub(in crate::pages) units: &'a [UnitValue<'a>],
    /// The place among them of the unit that the page is about.
    pub(in crate::pages) own: Option<usize>,
}

/// A unit's value.
#[derive(Debug, Clone, Copy)]
pub(in crate::pages) struct UnitValue<'a> {
    /// The unit's name.
    pub(in crate::pages) name: &'a str,
    /// Its value.
    pub(in crate::pages) value: i64,
    /// The address of its page, if that is the reader's to open.
    pub(in crate::pages) href: Option<&'a str>,
}

/// Draws the values of many units: a line for each, or a strip of narrow bars if there are more than thirty.
pub(in crate::pages) fn distribution(plot: &Distribution<'_>, show: impl Fn(i64) -> String) -> Markup {
    let gist = Gist(plot.heading.lang);
    let Some(median) = median(plot.units.iter().map(|unit| unit.value)) else {
        return field::empty(&plot.heading, gist.nothing());
    };
    let values = plot.units.iter().map(|unit| i128::from(unit.value));
    let sentence = sentence(plot, median, gist, &show);
    let legend = html! {
        ul.legend {
            @if let Some(own) = plot.own.and_then(|own| plot.units.get(own)) {
                li { (own_key()) " " (own.name) " " b { (show(own.value)) } }
            }
            li { (median_key()) " " (gist.median()) " " b { (show(median)) } }
        }
    };
    if plot.units.len() <= NAMED {
        lines(plot, &Axis::of_bars(values), median, &legend, &sentence, &show)
    } else {
        let axis = Axis::of_values(values);
        let labels = field::labels(&axis, &show);
        let drawing = strip(plot, &axis, median, &show);
        Field { heading: plot.heading, gist: &sentence, legend: &legend, axis: &axis, labels: &labels }
            .draw("strip", &drawing)
    }
}

/// The middle value; between the two middle ones, their middle, rounded down.
pub(in crate::pages) fn median(values: impl Iterator<Item = i64>) -> Option<i64> {
    let mut values: Vec<_> = values.collect();
    values.sort_unstable();
    let upper = *values.get(values.len() / 2)?;
    let lower = *values.get(values.len().saturating_sub(1) / 2)?;
    i64::try_from((i128::from(lower) + i128::from(upper)).div_euclid(2)).ok()
}

/// A table with a bar in each line: names can be read, followed and copied.
fn lines(
    plot: &Distribution<'_>,
    axis: &Axis,
    median: i64,
    legend: &Markup,
    sentence: &str,
    show: &impl Fn(i64) -> String,
) -> Markup {
    let zero = axis.along(0);
    let middle = axis.along(i128::from(median));
    html! {
        figure.plot.distribution role="group" aria-labelledby=(plot.heading.part("title")) aria-describedby=(plot.heading.part("desc")) {
            figcaption {
                strong id=(plot.heading.part("title")) { (plot.heading.title) }
                (legend)
                p.hidden id=(plot.heading.part("desc")) { (sentence) }
            }
            table {
                tbody {
                    @for (at, unit) in plot.units.iter().enumerate() {
                        @let end = axis.along(i128::from(unit.value));
                        tr.own[plot.own == Some(at)] {
                            th scope="row" { a href=[unit.href] { (unit.name) } }
                            td.bar {
                                svg aria-hidden="true" {
                                    rect x=(zero.min(end)) y="20%" width=(zero.to(end)) height="60%" {}
                                    line.zero x1=(zero) x2=(zero) y1="0" y2="100%" {}
                                    line.median x1=(middle) x2=(middle) y1="0" y2="100%" {}
                                }
                            }
                            td.number { (show(unit.value)) }
                        }
                    }
                }
            }
        }
    }
}

/// Narrow bars side by side. Each leads to its unit by pointer; by keyboard, the page's table does.
fn strip(plot: &Distribution<'_>, axis: &Axis, median: i64, show: &impl Fn(i64) -> String) -> Markup {
    let bands = plot.units.len();
    let middle = axis.down(i128::from(median));
    let own = plot.own.and_then(|own| Some((own, plot.units.get(own)?)));
    html! {
        svg.stretched viewBox={ "0 0 " (Place::ALL) " " (Place::ALL) } preserveAspectRatio="none" {
            path d=(bars(plot.units, axis)) {}
        }
        @if let Some((at, unit)) = own {
            @let (left, right) = sides(at, bands);
            @let (zero, end) = (axis.down(0), axis.down(i128::from(unit.value)));
            g.own {
                rect x=(left) y=(zero.min(end)) width=(left.to(right)) height=(zero.to(end)) {}
                svg.mark x=(Place::middle(at, bands)) y="100%" { path d="M0 2 5 10 -5 10Z" {} }
            }
        }
        line.median x1="0" x2="100%" y1=(middle) y2=(middle) {}
        text.week.start x="0" y="100%" dy="1.5em" { "1" }
        text.week.end x="100%" y="100%" dy="1.5em" { (bands) }
        @for (at, unit) in plot.units.iter().enumerate() {
            a href=[unit.href] tabindex="-1" {
                rect.hit x=(Place::part(at, bands)) y="0" width=(field::band(at, bands)) height="100%" {
                    title { (at + 1) " " (unit.name) "\n" (show(unit.value)) }
                }
            }
        }
    }
}

/// All bars as one outline, so that even hundreds of narrow ones stay even.
fn bars(units: &[UnitValue<'_>], axis: &Axis) -> String {
    let zero = axis.down(0).units();
    let mut path = format!("M0 {zero}");
    for (at, unit) in units.iter().enumerate() {
        let (left, right) = sides(at, units.len());
        let end = axis.down(i128::from(unit.value));
        let _ = write!(path, "H{}V{}H{}", left.units(), end.units(), right.units());
        if units.len() <= PARTED {
            let _ = write!(path, "V{zero}");
        }
    }
    let _ = write!(path, "V{zero}Z");
    path
}

/// The left and the right side of a bar among others.
fn sides(at: usize, bars: usize) -> (Place, Place) {
    let left = Place::part(at, bars);
    let right = if bars <= PARTED { Place::part(at * 5 + 4, bars * 5) } else { Place::part(at + 1, bars) };
    (left, right)
}

fn own_key() -> Markup {
    html! { svg.key width="14" height="10" aria-hidden="true" { g.own { rect width="14" height="10" {} } } }
}

fn median_key() -> Markup {
    html! { svg.key width="22" height="10" aria-hidden="true" { line.median x1="0" x2="22" y1="5" y2="5" {} } }
}

fn sentence(plot: &Distribution<'_>, median: i64, gist: Gist, show: &impl Fn(i64) -> String) -> String {
    let mut statements = Vec::new();
    if let Some(own) = plot.own.and_then(|own| plot.units.get(own)) {
        let place = plot.units.iter().filter(|unit| unit.value > own.value).count() + 1;
        statements.push(gist.place(own.name, &show(own.value), place, plot.units.len()));
    }
    let highest = plot.units.iter().rev().max_by_key(|unit| unit.value);
    let lowest = plot.units.iter().min_by_key(|unit| unit.value);
    if let (Some(highest), Some(lowest)) = (highest, lowest) {
        let (most, least) = (show(highest.value), show(lowest.value));
        statements.push(gist.spread(&show(median), (highest.name, &most), (lowest.name, &least)));
    }
    gist.join(&statements)
}

//! Values over the weeks of a campaign: a unit, with what it is compared to.

use super::axis::{Axis, Place, near};
use super::field::{self, Field};
use super::gist::Gist;
use super::{Heading, Weeks};
use maud::{Markup, html};
use std::fmt::Write;

/// Up to this many weeks, the first series has a mark at each of them.
const MARKED_WEEKS: usize = 26;

/// Values over weeks.
#[derive(Debug, Clone, Copy)]
pub(in crate::pages) struct Trend<'a> {
    /// Its title, and the language of its sentence.
    pub(in crate::pages) heading: Heading<'a>,
    /// The weeks, from left to right.
    pub(in crate::pages) weeks: Weeks<'a>,
    /// The lines, the important one first; only three are drawn.
    pub(in crate::pages) series: &'a [Series<'a>],
    /// What stands on top.
    pub(in crate::pages) upward: Upward,
}

/// One line of a trend.
#[derive(Debug, Clone, Copy)]
pub(in crate::pages) struct Series<'a> {
    /// Whose values these are.
    pub(in crate::pages) name: &'a str,
    /// A value for each week; none where there is a gap.
    pub(in crate::pages) values: &'a [Option<i64>],
}

/// What stands on top of a plot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::pages) enum Upward {
    /// The largest value; zero is on the axis.
    Values,
    /// The first place.
    Ranks,
}

/// Draws values over weeks.
pub(in crate::pages) fn trend(plot: &Trend<'_>, show: impl Fn(i64) -> String) -> Markup {
    let gist = Gist(plot.heading.lang);
    let series: Vec<_> = plot.series.iter().take(3).map(|one| Line::of(one, plot.weeks.labels.len())).collect();
    let values = series.iter().flat_map(|line| line.points.iter()).flatten().map(|value| i128::from(*value));
    if values.clone().next().is_none() {
        return field::empty(&plot.heading, gist.nothing());
    }
    let axis = match plot.upward {
        Upward::Values => Axis::of_values(values),
        Upward::Ranks => Axis::of_ranks(values),
    };
    let labels = field::labels(&axis, &show);
    let legend = html! {
        ul.legend {
            @for (n, line) in series.iter().enumerate() {
                li { (key(n)) " " (line.name)
                    @if let Some(value) = plot.weeks.shown().and_then(|shown| line.at(shown)) { " " b { (show(value)) } }
                }
            }
        }
    };
    let words = |at: usize| {
        let mut words = plot.weeks.label(at).to_owned();
        for line in &series {
            let _ = write!(words, "\n{} {}", line.name, line.at(at).map_or_else(|| "–".to_owned(), &show));
        }
        words
    };
    let drawing = html! {
        (field::shown_line(&plot.weeks))
        @for (n, line) in series.iter().enumerate().rev() {
            g class=(class(n)) { (line.stroke(&axis)) (line.marks(n, &axis, plot.weeks.shown())) }
        }
        (field::week_labels(&plot.weeks, field::room(&labels)))
        (field::tooltips(plot.weeks.labels.len(), words))
    };
    let sentence = sentence(plot, &series, gist, &show);
    Field { heading: plot.heading, gist: &sentence, legend: &legend, axis: &axis, labels: &labels }
        .draw("trend", &drawing)
}

/// A series, with exactly one point or gap for each week.
struct Line<'a> {
    name: &'a str,
    points: Vec<Option<i64>>,
}

impl<'a> Line<'a> {
    fn of(series: &Series<'a>, weeks: usize) -> Self {
        let gaps = std::iter::repeat(None);
        Self { name: series.name, points: series.values.iter().copied().chain(gaps).take(weeks).collect() }
    }

    fn at(&self, week: usize) -> Option<i64> {
        self.points.get(week).copied().flatten()
    }

    /// The line through all points, broken at the gaps.
    fn stroke(&self, axis: &Axis) -> Markup {
        html! {
            svg.stretched viewBox={ "0 0 " (Place::ALL) " " (Place::ALL) } preserveAspectRatio="none" {
                path d=(path(&self.points, axis)) {}
            }
        }
    }

    /// The points that get a mark: those that no line shows, the shown week's, and for the first series all if few.
    fn marks(&self, n: usize, axis: &Axis, shown: Option<usize>) -> Markup {
        let all = n == 0 && self.points.len() <= MARKED_WEEKS;
        let alone = |at: usize| {
            let before = at.checked_sub(1).and_then(|before| self.at(before));
            before.is_none() && self.at(at.saturating_add(1)).is_none()
        };
        let points = self.points.iter().enumerate().filter_map(|(at, value)| Some((at, (*value)?)));
        html! {
            @for (at, value) in points.filter(|(at, _)| all || alone(*at) || shown == Some(*at)) {
                svg.mark.now[shown == Some(at)] x=(Place::middle(at, self.points.len())) y=(axis.down(i128::from(value))) {
                    (mark(n))
                }
            }
        }
    }

    /// The points with the names of their weeks.
    fn named<'b>(&self, weeks: &Weeks<'b>) -> Vec<(&'b str, i128)> {
        let points = weeks.labels.iter().zip(&self.points);
        points.filter_map(|(week, value)| Some((week.as_str(), i128::from((*value)?)))).collect()
    }
}

/// A path through points in the middle of their bands, broken at gaps.
pub(super) fn path(points: &[Option<i64>], axis: &Axis) -> String {
    let mut path = String::new();
    let mut pen = 'M';
    for (at, value) in points.iter().enumerate() {
        let Some(value) = value else {
            pen = 'M';
            continue;
        };
        let (x, y) = (Place::middle(at, points.len()), axis.down(i128::from(*value)));
        let _ = write!(path, "{pen}{} {}", x.units(), y.units());
        pen = 'L';
    }
    path
}

/// The look of a series.
fn class(n: usize) -> &'static str {
    ["first", "second", "third"].get(n).copied().unwrap_or("third")
}

/// A series' mark around the point where it is drawn.
fn mark(n: usize) -> Markup {
    html! {
        @match n {
            0 => circle r="3.5" {},
            1 => rect x="-3" y="-3" width="6" height="6" {},
            _ => path d="M0 -4 4 0 0 4 -4 0Z" {},
        }
    }
}

/// A sample of a series' line and mark.
fn key(n: usize) -> Markup {
    html! {
        svg.key width="28" height="10" aria-hidden="true" {
            g class=(class(n)) { line x1="1" x2="27" y1="5" y2="5" {} svg.mark x="14" y="5" { (mark(n)) } }
        }
    }
}

fn sentence(plot: &Trend<'_>, series: &[Line<'_>], gist: Gist, show: &impl Fn(i64) -> String) -> String {
    let show = |value: i128| show(near(value));
    let statements: Vec<_> = series
        .iter()
        .enumerate()
        .map(|(n, line)| match n {
            0 => gist.run(line.name, &line.named(&plot.weeks), plot.upward == Upward::Ranks, &show),
            _ => gist.last(line.name, &line.named(&plot.weeks), &show),
        })
        .collect();
    gist.join(&statements)
}

//! A trend small enough for a table's cell.

use super::axis::{Axis, Place, near};
use super::gist::Gist;
use super::trend::{Upward, path};
use super::{Heading, Weeks};
use maud::{Markup, html};

/// A tiny trend.
#[derive(Debug, Clone, Copy)]
pub(in crate::pages) struct Spark<'a> {
    /// What it shows, to be heard or found by pointing; and the language of its sentence.
    pub(in crate::pages) heading: Heading<'a>,
    /// The weeks, from left to right; their names are heard, not seen.
    pub(in crate::pages) weeks: Weeks<'a>,
    /// A value for each week; none where there is a gap.
    pub(in crate::pages) values: &'a [Option<i64>],
    /// What stands on top.
    pub(in crate::pages) upward: Upward,
}

/// Draws a tiny trend from its lowest to its highest value, the last one marked.
pub(in crate::pages) fn spark(plot: &Spark<'_>, show: impl Fn(i64) -> String) -> Markup {
    let gist = Gist(plot.heading.lang);
    let points: Vec<_> = plot.values.iter().copied().take(plot.weeks.labels.len()).collect();
    let values = points.iter().flatten().map(|value| i128::from(*value));
    let low_is_best = plot.upward == Upward::Ranks;
    let axis = Axis::around(values, low_is_best);
    let named = plot.weeks.labels.iter().zip(&points);
    let named: Vec<_> = named.filter_map(|(week, value)| Some((week.as_str(), i128::from((*value)?)))).collect();
    let show = |value: i128| show(near(value));
    let sentence = gist.join(&[gist.run("", &named, low_is_best, &show)]);
    let last = points.iter().enumerate().rev().find_map(|(at, value)| Some((at, (*value)?)));
    html! {
        svg.spark role="img" aria-labelledby=(plot.heading.named_by()) {
            title id=(plot.heading.part("title")) { (plot.heading.title) }
            desc id=(plot.heading.part("desc")) { (sentence) }
            g.first {
                svg.stretched viewBox={ "0 0 " (Place::ALL) " " (Place::ALL) } preserveAspectRatio="none" {
                    path d=(path(&points, &axis)) {}
                }
                @if let Some((at, value)) = last {
                    svg.mark x=(Place::middle(at, points.len())) y=(axis.down(i128::from(value))) { circle r="2.5" {} }
                }
            }
        }
    }
}

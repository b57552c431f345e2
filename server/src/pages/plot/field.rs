//! What plots share: the frame with its title and gist, the lines across with their labels, and the weeks below.

use super::axis::{Axis, Place};
use super::label;
use super::{Heading, Weeks};
use maud::{Markup, html};

/// A plot that is a picture: its title, what the signs in it mean, the labels of its axis, and the drawing.
pub(super) struct Field<'a> {
    pub(super) heading: Heading<'a>,
    /// The gist in a sentence, for those who cannot see the drawing.
    pub(super) gist: &'a str,
    /// What the signs mean.
    pub(super) legend: &'a Markup,
    pub(super) axis: &'a Axis,
    /// The axis's labels, from low to high.
    pub(super) labels: &'a [String],
}

/// The texts of an axis's labels; one that says the same as the one below it is left empty.
pub(super) fn labels(axis: &Axis, show: &impl Fn(i64) -> String) -> Vec<String> {
    let mut labels: Vec<String> = Vec::new();
    for tick in &axis.ticks {
        let label = show(*tick);
        let said = labels.iter().rev().find(|label| !label.is_empty()).is_some_and(|last| *last == label);
        labels.push(if said { String::new() } else { label });
    }
    labels
}

/// The room that an axis's labels take, in tenths of an em.
pub(super) fn room(labels: &[String]) -> usize {
    labels.iter().map(|label| label::room(label)).max().unwrap_or(0) + 7
}

impl Field<'_> {
    /// The plot with a drawing in it.
    pub(super) fn draw(&self, kind: &str, drawing: &Markup) -> Markup {
        let room = room(self.labels);
        let ticks = || self.axis.ticks.iter().map(|tick| self.axis.down(i128::from(*tick)));
        html! {
            figure class={ "plot " (kind) } {
                figcaption { strong { (self.heading.title) } (self.legend) }
                div.field {
                    svg.scale width=(format!("{}.{}em", room / 10, room % 10)) aria-hidden="true" {
                        @for (place, label) in ticks().zip(self.labels) {
                            text x="100%" y=(place) dx="-.5em" dy=".35em" { (label) }
                        }
                    }
                    svg.area role="img" aria-labelledby=(self.heading.named_by()) {
                        title id=(self.heading.part("title")) { (self.heading.title) }
                        desc id=(self.heading.part("desc")) { (self.gist) }
                        @for (place, tick) in ticks().zip(&self.axis.ticks) {
                            line.zero[*tick == 0].grid x1="0" x2="100%" y1=(place) y2=(place) {}
                        }
                        (drawing)
                    }
                }
            }
        }
    }
}

/// The shown week's line, to lie below a drawing.
pub(super) fn shown_line(weeks: &Weeks<'_>) -> Markup {
    html! {
        @if let Some(shown) = weeks.shown() {
            @let middle = Place::middle(shown, weeks.labels.len());
            line.shown x1=(middle) x2=(middle) y1="0" y2="100%" {}
        }
    }
}

/// The weeks' names below a drawing; as many as there is room for, the shown week's always.
pub(super) fn week_labels(weeks: &Weeks<'_>, before: usize) -> Markup {
    let bands = weeks.labels.len();
    let labels: Vec<_> = weeks.labels.iter().map(|name| label::week(name)).collect();
    let thinned = label::thinned(&labels, weeks.shown().unwrap_or(bands.saturating_sub(1)), before);
    let named = labels.iter().zip(thinned).enumerate();
    html! {
        @for (at, label, from) in named.filter_map(|(at, (label, from))| Some((at, label, from?))) {
            text class={ "week from-" (from) @if weeks.shown() == Some(at) { " now" } }
                x=(Place::middle(at, bands)) y="100%" dy="1.5em" { (label) }
        }
    }
}

/// What a pointer finds over each band: its words.
pub(super) fn tooltips(bands: usize, words: impl Fn(usize) -> String) -> Markup {
    html! {
        @for at in 0..bands {
            rect.hit x=(Place::part(at, bands)) y="0" width=(band(at, bands)) height="100%" { title { (words(at)) } }
        }
    }
}

/// How wide a band is.
pub(super) fn band(at: usize, bands: usize) -> Place {
    Place::part(at, bands).to(Place::part(at.saturating_add(1), bands))
}

/// A plot that has nothing to show.
pub(super) fn empty(heading: &Heading<'_>, words: &str) -> Markup {
    html! {
        figure.plot {
            figcaption { strong { (heading.title) } }
            p.empty { (words) }
        }
    }
}

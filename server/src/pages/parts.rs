//! What several pages show, and where they are.

use super::query::Asked;
use super::words::{self, Lang};
use canvass_core::domain::UnitId;
use maud::{Markup, html};

/// Where the standings are.
pub(super) const STANDINGS: &str = "/standings";

/// Where is what stands in no unit's standing.
pub(super) const UNPLACED: &str = "/unplaced";

/// Where a unit's page is.
pub(super) fn unit_path(unit: &UnitId) -> String {
    format!("/units/{unit}")
}

/// The week with its days, and the way to its neighbours.
pub(super) fn week_bar(asked: &Asked, path: &str) -> Markup {
    let weeks = asked.campaign.campaign.weeks();
    let neighbour = |week| weeks.contains(&week).then(|| asked.in_week(week).address(path));
    let lang = asked.lang;
    html! {
        nav.weeks aria-label=(lang.of(words::WEEK)) {
            @match neighbour(asked.week.previous()) {
                Some(address) => a rel="prev" href=(address) { "← " (lang.of(words::PREVIOUS_WEEK)) },
                None => span {},
            }
            strong { (asked.week) small { (asked.week.monday()) " – " (asked.week.sunday()) } }
            @match neighbour(asked.week.next()) {
                Some(address) => a rel="next" href=(address) { (lang.of(words::NEXT_WEEK)) " →" },
                None => span {},
            }
        }
    }
}

/// How many places a unit went up or down, in a sign and in words.
pub(super) fn movement(lang: Lang, movement: Option<i32>) -> Markup {
    let (class, sign, word, places) = match movement {
        None => ("same", "·", words::NEW, None),
        Some(0) => ("same", "–", words::SAME, None),
        Some(places) if places > 0 => ("up", "▲", words::UP, Some(places)),
        Some(places) => ("down", "▼", words::DOWN, Some(places.saturating_neg())),
    };
    html! {
        span class={ "movement " (class) } title=(lang.of(word)) {
            span aria-hidden="true" { (sign) }
            span.hidden { (lang.of(word)) " " }
            @if let Some(places) = places { (places) }
        }
    }
}

//! What several pages show, and where they are.

use super::format;
use super::query::Asked;
use super::words::{self, Lang};
use crate::store::claims::LedgerFileId;
use canvass_core::domain::campaign::Metric;
use canvass_core::domain::{PersonId, RecordId, UnitId};
use canvass_core::ranking::Figure;
use maud::{Markup, html};
use std::collections::BTreeMap;

/// Where the standings are.
pub(super) const STANDINGS: &str = "/standings";

/// Where a week's bulletin is.
pub(super) const BULLETIN: &str = "/bulletin";

/// Where a record is shown as it counts.
pub(super) fn fact_path(record: RecordId) -> String {
    format!("/facts/{record}")
}

/// Where the market is.
pub(super) const MARKET: &str = "/market";

/// Where is what would be if some outcomes were confirmed.
pub(super) const WHAT_IF: &str = "/what-if";

/// Where what was disputed is listed.
pub(super) const DISPUTES: &str = "/disputes";

/// Where a unit's figures are as a bulletin sealed them.
pub(super) fn sealed_path(unit: &UnitId) -> String {
    format!("/sealed/{unit}")
}

/// Where is what stands in no unit's standing.
pub(super) const UNPLACED: &str = "/unplaced";

/// Where all campaigns are listed.
pub(super) const CAMPAIGNS: &str = "/campaigns";

/// Where phones are listed.
pub(super) const DEVICES: &str = "/devices";

/// Where is what waits for a decision.
pub(super) const HELD: &str = "/held";

/// Where claims are judged, one after the other.
pub(super) const VERIFY: &str = "/verify";

/// Where ledger files are.
pub(super) const LEDGERS: &str = "/ledgers";

/// Where the report of a ledger file is.
pub(super) fn ledger_path(file: LedgerFileId) -> String {
    format!("{LEDGERS}/{file}")
}

/// Where logins are listed.
pub(super) const USERS: &str = "/users";

/// Where the audit log is.
pub(super) const AUDIT: &str = "/audit";

/// Where a person's page is.
pub(super) fn person_path(person: &PersonId) -> String {
    format!("/people/{person}")
}

/// Where a prospect's page is.
pub(super) fn prospect_path(prospect: RecordId) -> String {
    format!("/prospects/{prospect}")
}

/// Where a dossier's page is.
pub(super) fn dossier_path(dossier: RecordId) -> String {
    format!("/dossiers/{dossier}")
}

/// Where a campaign's page is; the address says which campaign.
pub(super) const CAMPAIGN: &str = "/campaign";

/// Where a campaign is edited; the address says which.
pub(super) const EDITOR: &str = "/campaign/edit";

/// Where a campaign is begun.
pub(super) const NEW_CAMPAIGN: &str = "/campaign/new";

/// Where a unit's page is.
pub(super) fn unit_path(unit: &UnitId) -> String {
    format!("/units/{unit}")
}

/// A figure that chooses what the page shows: the metric, its value, and words below.
pub(super) struct Choice {
    /// None: all of them.
    pub(super) metric: Option<Metric>,
    pub(super) title: String,
    pub(super) value: Markup,
    pub(super) below: Markup,
}

impl Choice {
    /// No metric in particular.
    pub(super) fn all(lang: Lang) -> Self {
        Self {
            metric: None,
            title: lang.of(words::METRIC).to_owned(),
            value: html! { (lang.of(words::ALL)) },
            below: html! {},
        }
    }
}

/// Figures of which one can be chosen; the chosen one decides what the page shows below.
pub(super) fn choices(asked: &Asked, path: &str, choices: &[Choice]) -> Markup {
    html! {
        nav.figures.part id="figures" aria-label=(asked.lang.of(words::METRIC)) {
            @for choice in choices {
                a href=(asked.of_metric(choice.metric).address(path))
                    aria-current=[(asked.metric == choice.metric).then_some("true")] {
                    span { (choice.title) }
                    strong { (choice.value) }
                    small { (choice.below) }
                }
            }
        }
    }
}

/// A choice for each metric: its total, with what of it is this week's and what is pending.
pub(super) fn metric_choices<'a>(
    lang: Lang,
    total: &'a BTreeMap<Metric, Figure>,
    week: &'a BTreeMap<Metric, Figure>,
    target: Option<i64>,
) -> impl Iterator<Item = Choice> + 'a {
    Metric::ALL.into_iter().map(move |metric| {
        let total = total.get(&metric).copied().unwrap_or_default();
        let week = week.get(&metric).copied().unwrap_or_default();
        let target = target.filter(|_| metric == Metric::Communities);
        Choice {
            metric: Some(metric),
            title: lang.of(metric.label()).to_owned(),
            value: html! {
                (format::large(metric, total.counted(), lang))
                @if let Some(target) = target { span.target { " / " (format::number(target)) } }
            },
            below: html! {
                (lang.of(words::THIS_WEEK)) " " (format::large(metric, week.counted(), lang))
                @if total.pending != 0 {
                    " · " (format::large(metric, total.pending, lang)) " " (lang.of(words::PENDING))
                }
            },
        }
    })
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

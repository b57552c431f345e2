//! The part of the form that is a version of the rules: what earns points, what counts at all, and what is rewarded.

use super::{Form, Wide};
use crate::pages::editor::filled::{NEW_ROWS, tiers};
use crate::pages::editor::words;
use crate::pages::words as common;
use canvass_core::domain::campaign::{CREDIT, Metric, TIE, UNTRUSTED};
use canvass_core::domain::visit::CHANNEL;
use maud::{Markup, html};

impl Form<'_> {
    pub(super) fn rules(&self) -> Markup {
        html! {
            fieldset {
                legend {
                    @if self.shown.row.is_some() {
                        (self.of(words::RULES_FROM)) " " (self.shown.from) " " (self.of(words::RULES_ON))
                    } @else { (self.of(words::RULES_FIRST)) }
                }
                p.note { (self.of(words::RULES_HELP)) }
                div.inputs { (self.text("rule/target", self.of(words::TARGET), Wide::Word, None)) }
                h3 { (self.of(words::METRICS)) }
                (self.metrics())
                h3 { (self.of(words::QUALIFYING)) }
                p.note { (self.of(words::CHANNELS)) }
                div.ticks {
                    @for channel in CHANNEL {
                        (self.ticked(&format!("rule/channel/{}", channel.name), self.of(channel.label)))
                    }
                }
                div.inputs {
                    (self.text("rule/minutes", self.of(words::MINUTES), Wide::Number, None))
                    (self.text("rule/late_days", self.of(words::LATE_DAYS), Wide::Number, None))
                    (self.text("rule/least/account", self.of(words::LEAST_ACCOUNT), Wide::Number, None))
                    (self.text("rule/least/cards", self.of(words::LEAST_CARDS), Wide::Number, None))
                    (self.text("rule/least/wealth", self.of(words::LEAST_WEALTH), Wide::Number, None))
                    (self.chosen("rule/untrusted", self.of(words::UNTRUSTED), UNTRUSTED, false))
                    (self.chosen("rule/tie", self.of(words::TIE), TIE, false))
                    (self.chosen("rule/credit", self.of(words::CREDIT), CREDIT, false))
                }
                h3 { (self.of(words::TIERS)) }
                (self.tiers())
                h3 { (self.of(words::WEIGHTS)) }
                div.inputs {
                    (self.text("target_weight/size", self.of(words::WEIGHT_SIZE), Wide::Number, None))
                    (self.text("target_weight/grade", self.of(words::WEIGHT_GRADE), Wide::Number, None))
                    (self.text("target_weight/managed", self.of(words::WEIGHT_MANAGED), Wide::Number, None))
                    (self.text("target_weight/ring", self.of(words::WEIGHT_RING), Wide::Number, None))
                }
            }
        }
    }

    fn metrics(&self) -> Markup {
        let parts = [("points", common::POINTS), ("per", words::PER), ("cap", words::CAP_AT)];
        html! {
            div.grid role="group" aria-label=(self.of(words::METRICS)) {
                span.note { (self.of(common::METRIC)) }
                @for (_, title) in parts { span.note aria-hidden="true" { (self.of(title)) } }
                @for metric in Metric::ALL {
                    @let name = self.of(metric.label());
                    span { (name) }
                    @for (part, title) in parts {
                        div { (self.bare(&format!("rule/{part}/{}", metric.name()), &format!("{name} · {}", self.of(title)), Wide::Number)) }
                    }
                }
            }
        }
    }

    fn tiers(&self) -> Markup {
        let numbers =
            tiers(&self.shown.base, self.shown.from).into_iter().map(|number| (number.to_string(), number.to_string()));
        let new = (1..=NEW_ROWS).map(|n| (format!("new{n}"), self.of(words::NEW_ROW).to_owned()));
        html! {
            div.grid.tiers role="group" aria-label=(self.of(words::TIERS)) {
                span.note { (self.of(words::TIER)) }
                @for title in [words::TIER_FROM, words::REWARD] { span.note aria-hidden="true" { (self.of(title)) } }
                @for (row, name) in numbers.chain(new) {
                    span { (name) }
                    @for (part, title) in [("tier", words::TIER_FROM), ("reward", words::REWARD)] {
                        div { (self.bare(&format!("rule/{part}/{row}"), &format!("{} · {name}", self.of(title)), Wide::Number)) }
                    }
                }
            }
        }
    }
}

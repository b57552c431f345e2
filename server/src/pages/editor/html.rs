//! The editor's form: every input with its label, and beside it what is wrong with what was typed.

mod rules;

use super::filled::{NEW_ROWS, Scope};
use super::{Shown, heads, play, words};
use crate::pages::fields::Reading;
use crate::pages::form::carried;
use crate::pages::format;
use crate::pages::parts::{CAMPAIGN, CAMPAIGNS, EDITOR, NEW_CAMPAIGN};
use crate::pages::query::Plain;
use crate::pages::words::{self as common, Lang};
use canvass_core::domain::campaign::{TRAINING, materials, phases, training};
use canvass_core::domain::{Choice, Label, RecordId, Unit, UnitId, UnitLevel, Value, Week, Zone};
use canvass_core::projection::{Conflict, Row, fields_to_json};
use maud::{Markup, html};
use std::collections::BTreeMap;

/// What the form is made from.
pub(super) struct Form<'a> {
    pub(super) lang: Lang,
    pub(super) plain: &'a Plain,
    pub(super) scope: &'a Scope<'a>,
    pub(super) shown: &'a Shown,
    /// The bulletins that rules from the week on revise, each week's with its newest revision.
    pub(super) revised: &'a BTreeMap<Week, u32>,
}

/// How wide an input is.
#[derive(Clone, Copy)]
enum Wide {
    Line,
    Word,
    Number,
}

impl Wide {
    fn class(self) -> &'static str {
        match self {
            Self::Line => "long",
            Self::Word => "word",
            Self::Number => "short",
        }
    }
}

impl Form<'_> {
    fn of(&self, label: Label) -> &'static str {
        self.lang.of(label)
    }

    /// The whole content of the page.
    pub(super) fn page(&self, title: &str) -> Markup {
        let (lang, shown) = (self.lang, self.shown);
        let row = shown.row.as_ref();
        // The whole address, so that an answer to the form is one that can be asked for again.
        let path = if row.is_some() { EDITOR } else { NEW_CAMPAIGN };
        let action = self.plain.own_links().to(path);
        html! {
            p.kicker {
                @match row {
                    Some(row) if !row.withdrawn => {
                        a href={ (CAMPAIGN) "?campaign=" (row.id) "&lang=" (lang.name()) } { "← " (self.of(common::CAMPAIGN)) }
                    }
                    _ => a href={ (CAMPAIGNS) "?lang=" (lang.name()) } { "← " (self.of(common::CAMPAIGNS)) },
                }
            }
            h1 { (title) @if let Some(name) = shown.base.text("name") { " · " (name) } }
            @if let Some(words) = &shown.complaint {
                p.complaint role="alert" { (if lang == Lang::Zh { &words.zh } else { &words.en }) }
            }
            @if let Some(rehearsal) = &shown.rehearsal { (play::rehearsal(lang, self.scope.bank, rehearsal)) }
            @if row.is_some_and(|row| row.withdrawn) {
                p.complaint { (self.of(words::WITHDRAWN)) " " (shown.base.text("withdrawn_reason").unwrap_or_default()) }
            }
            @if let Some(row) = row { (self.versions(row.id)) }
            form.editor method="post" action=(action) {
                (carried(&self.plain.reader, lang))
                @if let Some(row) = row {
                    input type="hidden" name="campaign" value=(row.id);
                    input type="hidden" name="heads" value=(heads(row));
                    input type="hidden" name="from" value=(shown.from);
                    input type="hidden" name="seen" value=(fields_to_json(&shown.base));
                    (self.conflicts(row))
                } @else {
                    input type="hidden" name="new" value=(shown.id);
                }
                (self.calendar())
                (self.rules())
                (self.units())
                (self.lists())
                (self.news())
                (self.warning())
                div.deeds {
                    // The first one is what the return key does: it writes nothing.
                    button name="do" value="rehearse" { (self.of(words::REHEARSE)) }
                    button.main name="do" value="save" { (self.of(words::SAVE)) }
                    p.note { (self.of(words::REHEARSE_HELP)) }
                }
            }
            @if let Some(row) = row { (self.withdrawal(row)) }
        }
    }

    /// What is wrong with an input, or what somebody else put there meanwhile.
    fn beside(&self, input: &str) -> Markup {
        let fault = self.shown.faults.get(input);
        html! {
            @if let Some(words) = fault {
                small.fault { (if self.lang == Lang::Zh { &words.zh } else { &words.en }) }
            }
            @if let Some(now) = self.shown.meanwhile.get(input) {
                small.meanwhile {
                    (self.of(words::MEANWHILE_HERE)) " "
                    @if now.is_empty() { (self.of(words::EMPTIED)) } @else { "“" (now) "”" }
                }
            }
        }
    }

    /// An input without its label, for a cell of a table.
    fn bare(&self, input: &str, label: &str, wide: Wide) -> Markup {
        let invalid = self.shown.faults.contains_key(input).then_some("true");
        html! {
            input name=(input) value=(self.shown.filled.text(input)) class=(wide.class()) aria-label=(label)
                aria-invalid=[invalid] autocomplete="off";
            (self.beside(input))
        }
    }

    fn text(&self, input: &str, label: &str, wide: Wide, hint: Option<&str>) -> Markup {
        let invalid = self.shown.faults.contains_key(input).then_some("true");
        html! {
            label class=(wide.class()) {
                span { (label) }
                input name=(input) value=(self.shown.filled.text(input)) aria-invalid=[invalid] placeholder=[hint]
                    autocomplete="off";
                (self.beside(input))
            }
        }
    }

    fn chosen(&self, input: &str, label: &str, choices: &[Choice], may_be_none: bool) -> Markup {
        let chosen = self.shown.filled.text(input);
        html! {
            label.word {
                span { (label) }
                select name=(input) {
                    @if may_be_none { option value="" selected[chosen.is_empty()] { "–" } }
                    @for choice in choices {
                        option value=(choice.name) selected[choice.name == chosen] { (self.of(choice.label)) }
                    }
                }
                (self.beside(input))
            }
        }
    }

    fn ticked(&self, input: &str, label: &str) -> Markup {
        html! {
            label.check {
                input type="checkbox" name=(input) value="on" checked[self.shown.filled.has(input)];
                span { (label) }
            }
        }
    }

    /// Which weeks have a version of the rules, and the way to any week's.
    fn versions(&self, id: RecordId) -> Markup {
        let (lang, from) = (self.lang, self.shown.from);
        let versions = canvass_core::domain::campaign::versions(&self.shown.base);
        let weeks = super::weeks(&self.shown.base);
        let address = |week: Week| format!("{EDITOR}?campaign={id}&from={week}&lang={}", lang.name());
        html! {
            nav.filter aria-label=(self.of(words::VERSIONS)) {
                span { (self.of(words::VERSIONS)) }
                @for week in versions.keys() {
                    a href=(address(*week)) aria-current=[(*week == from).then_some("true")] { (week) }
                }
            }
            form.line method="get" action=(EDITOR) {
                input type="hidden" name="campaign" value=(id);
                label {
                    (self.of(common::FROM_WEEK))
                    select name="from" {
                        @if !weeks.contains(&from) { option value=(from) selected { (from) } }
                        @for week in weeks {
                            option value=(week) selected[week == from] { (week) " · " (week.monday()) }
                        }
                    }
                }
                input type="hidden" name="lang" value=(lang.name());
                button { (self.of(words::VERSION_SHOW)) }
            }
        }
    }

    fn calendar(&self) -> Markup {
        let days = words::WEEKDAYS.map(|day| self.of(day));
        let day = self.shown.filled.text("cutoff_day");
        html! {
            fieldset {
                legend { (self.of(words::CALENDAR)) }
                p.note { (self.of(words::CALENDAR_HELP)) }
                div.inputs {
                    (self.text("name", self.of(words::NAME), Wide::Line, None))
                    (self.text("starts", self.of(common::FIRST_DAY), Wide::Word, Some("2026-03-02")))
                    (self.text("ends", self.of(common::LAST_DAY), Wide::Word, Some("2026-05-31")))
                    (self.text("zone", self.of(words::ZONE), Wide::Word, Some(Zone::china().name())))
                    label.word {
                        span { (self.of(words::CUTOFF_DAY)) }
                        select name="cutoff_day" {
                            @for (n, name) in days.iter().enumerate() {
                                option value=(n) selected[n.to_string() == day] { (name) }
                            }
                        }
                    }
                    (self.text("cutoff_time", self.of(words::CUTOFF_TIME), Wide::Number, Some("10:00")))
                }
            }
        }
    }

    fn units(&self) -> Markup {
        let all: Vec<&Unit> = self.scope.units().collect();
        let is_top = |unit: &Unit| unit.parent.as_ref().is_none_or(|above| !all.iter().any(|one| one.id == *above));
        let below = |unit: &UnitId| -> Vec<&Unit> {
            all.iter().copied().filter(|one| one.parent.as_ref() == Some(unit)).collect()
        };
        html! {
            fieldset {
                legend { (self.of(words::UNITS)) }
                p.note { (self.of(words::UNITS_HELP)) }
                (self.ticked("all_branches", self.of(words::ALL_BRANCHES)))
                ul.units {
                    @for unit in all.iter().filter(|unit| is_top(unit)) {
                        @let subs = below(&unit.id);
                        li {
                            (self.unit(unit))
                            @if !subs.is_empty() {
                                details open[subs.iter().any(|sub| self.is_said(sub))] {
                                    summary { (self.of(words::SUB_BRANCHES)) " · " (subs.len()) }
                                    ul { @for sub in &subs { li { (self.unit(sub)) } } }
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    /// Whether the form says anything of a unit.
    fn is_said(&self, unit: &Unit) -> bool {
        let (ticked, target) = (format!("unit/{}", unit.id), format!("rule/target_of/{}", unit.id));
        let wrong = self.shown.faults.contains_key(&target) || self.shown.meanwhile.contains_key(&ticked);
        self.shown.filled.has(&ticked) || self.shown.filled.has(&target) || wrong
    }

    fn unit(&self, unit: &Unit) -> Markup {
        let level = if unit.level == UnitLevel::Branch { "" } else { self.of(unit.level.label()) };
        let input = format!("unit/{}", unit.id);
        let target = format!("{} · {}", self.of(words::OWN_TARGET), unit.name);
        html! {
            div.unit {
                (self.ticked(&input, &unit.name)) span.note { (level) }
                (self.beside(&input))
                span.own-target {
                    span.note aria-hidden="true" { (self.of(words::OWN_TARGET)) }
                    (self.bare(&format!("rule/target_of/{}", unit.id), &target, Wide::Number))
                }
            }
        }
    }

    fn lists(&self) -> Markup {
        let base = &self.shown.base;
        let rows =
            |keys: Vec<String>| keys.into_iter().chain((1..=NEW_ROWS).map(|n| format!("new{n}"))).collect::<Vec<_>>();
        let phases = rows(phases(base).into_iter().map(|one| one.key).collect());
        let trainings = rows(training(base).into_iter().map(|one| one.key).collect());
        let materials = rows(materials(base).into_iter().map(|one| one.key).collect());
        html! {
            fieldset {
                legend { (self.of(words::PHASES)) }
                @for row in &phases {
                    div.inputs.row {
                        (self.text(&format!("phase/{row}/name"), self.of(words::NAME), Wide::Line, None))
                        (self.text(&format!("phase/{row}/starts"), self.of(common::FIRST_DAY), Wide::Word, None))
                        (self.text(&format!("phase/{row}/ends"), self.of(common::LAST_DAY), Wide::Word, None))
                    }
                }
            }
            fieldset {
                legend { (self.of(words::TRAINING)) }
                @for row in &trainings {
                    div.inputs.row {
                        (self.text(&format!("training/{row}/name"), self.of(words::NAME), Wide::Line, None))
                        (self.text(&format!("training/{row}/on"), self.of(words::DAY), Wide::Word, None))
                        (self.chosen(&format!("training/{row}/how"), self.of(words::TRAINING_HOW), TRAINING, true))
                    }
                }
            }
            fieldset {
                legend { (self.of(words::MATERIALS)) }
                @for row in &materials {
                    div.inputs.row {
                        (self.text(&format!("material/{row}/name"), self.of(words::NAME), Wide::Line, None))
                        (self.text(&format!("material/{row}/where"), self.of(words::PLACE), Wide::Line, None))
                    }
                }
            }
        }
    }

    fn news(&self) -> Markup {
        html! {
            @if !self.scope.news.is_empty() {
                fieldset {
                    legend { (self.of(words::NEWS)) }
                    p.note { (self.of(words::NEWS_HELP)) }
                    @for week in &self.scope.news {
                        @let input = format!("news/{week}");
                        label.long {
                            span { (week) " · " (week.monday()) }
                            textarea name=(input) rows="3" { "\n" (self.shown.filled.text(&input)) }
                            (self.beside(&input))
                        }
                    }
                }
            }
        }
    }

    /// Which sealed bulletins rules of this week revise.
    fn warning(&self) -> Markup {
        html! {
            @if !self.revised.is_empty() {
                p.warning {
                    (self.of(words::SEALED_WARNING)) " "
                    @for (n, (week, revision)) in self.revised.iter().enumerate() {
                        @if n > 0 { "、" } (week) " · " (self.of(common::REVISION)) " " (revision)
                    }
                }
            }
        }
    }

    /// Where people disagree, and the choice.
    fn conflicts(&self, row: &Row) -> Markup {
        let zone = super::zone(&self.shown.base);
        let reading = Reading { lang: self.lang, bank: self.scope.bank, zone: &zone };
        html! {
            @if !row.conflicts.is_empty() {
                fieldset id="conflicts" {
                    legend { (self.of(common::CONFLICTS)) }
                    p.note { (self.of(words::CONFLICT_RULES)) }
                    @for conflict in &row.conflicts { (self.conflict(&reading, row, conflict)) }
                }
            }
        }
    }

    fn conflict(&self, reading: &Reading<'_>, row: &Row, conflict: &Conflict) -> Markup {
        let field = conflict.field.as_str();
        let week = field.strip_prefix("rule/").and_then(|rest| rest.split('/').next());
        let value = |value: &Value| reading.value(&row.kind, field, value);
        let before = conflict.before.as_ref().unwrap_or(&Value::Null);
        html! {
            label.long {
                span { (reading.name(&row.kind, field)) @if let Some(week) = week { " · " (week) } }
                select name={ "settle/" (field) } {
                    @let chosen = self.shown.settled.get(field).map_or("", String::as_str);
                    option value="" selected[chosen.is_empty()] { (self.of(words::LEAVE_OPEN)) }
                    @for (n, claim) in conflict.claims.iter().enumerate() {
                        option value=(n) selected[chosen == n.to_string()] {
                            (value(&claim.value)) " · " (reading.author(claim.author))
                            @if let Some(at) = claim.at {
                                @let (day, minutes) = format::day_and_minutes(at, reading.zone);
                                " " (format::moment(day, minutes))
                            }
                        }
                    }
                    option value="before" selected[chosen == "before"] { (value(before)) " · " (self.of(words::WAS_BEFORE)) }
                }
            }
        }
    }

    fn withdrawal(&self, row: &Row) -> Markup {
        html! {
            section.withdrawal {
                form.line method="post" action=(EDITOR) {
                    (carried(&self.plain.reader, self.lang))
                    input type="hidden" name="campaign" value=(row.id);
                    input type="hidden" name="heads" value=(heads(row));
                    @if row.withdrawn {
                        button name="do" value="restore" { (self.of(words::BRING_BACK)) }
                    } @else {
                        p.note { strong { (self.of(words::WITHDRAW)) } " " (self.of(words::WITHDRAW_HELP)) }
                        label { (self.of(words::WHY)) input name="reason" maxlength="160" autocomplete="off"; }
                        button name="do" value="withdraw" { (self.of(words::WITHDRAW)) }
                    }
                }
            }
        }
    }
}

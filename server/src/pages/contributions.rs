//! The records behind a figure: what counted and what did not, each with its rule.

use super::parts::{fact_path, person_path, prospect_path};
use super::query::{Asked, Links};
use super::table::{Cell, Column, Line, Table, Value};
use super::words;
use crate::app::App;
use crate::store::StoreError;
use canvass_core::domain::campaign::Metric;
use canvass_core::domain::{Bank, Label, RecordId};
use canvass_core::ranking::{Contribution, Explanation, Figure, Status};
use maud::{Markup, html};
use std::collections::{BTreeMap, BTreeSet};

/// The table of what counted.
pub(super) const COUNTED: &str = "counted";
/// The table of what did not.
pub(super) const LEFT_OUT: &str = "left-out";

/// Both tables of an explanation.
pub(super) async fn tables(
    app: &App,
    asked: &Asked,
    bank: &Bank,
    explanation: &Explanation<'_>,
) -> Result<[Table; 2], StoreError> {
    let both = || explanation.counted.iter().chain(&explanation.left_out);
    let mut ids: Vec<RecordId> = both().map(|one| one.prospect).collect();
    ids.sort_unstable();
    ids.dedup();
    // What counts for a unit stays listed wherever its prospect went; who it is, is for those who have it now.
    if !asked.reader.sees_all() {
        let strangers = asked.reader.strangers(&app.store.assigned(ids.clone()).await?);
        ids.retain(|id| !strangers.contains(id));
    }
    let erased = app.store.erased(ids.clone()).await?;
    let rows = app.store.rows(ids).await?;
    let mut names = Names { erased, ..Names::default() };
    names.known = rows.iter().filter_map(|row| Some((row.id, row.fields.text("name")?))).collect();
    let table = |name, title, nothing, list| table(asked, bank, &names, name, title, nothing, list);
    Ok([
        table(COUNTED, words::COUNTED, words::NOTHING_COUNTED, &explanation.counted),
        table(LEFT_OUT, words::LEFT_OUT, words::NOTHING_LEFT_OUT, &explanation.left_out),
    ])
}

/// What prospects are called.
#[derive(Default)]
struct Names<'a> {
    known: BTreeMap<RecordId, &'a str>,
    erased: BTreeSet<RecordId>,
}

fn table(
    asked: &Asked,
    bank: &Bank,
    names: &Names<'_>,
    name: &'static str,
    title: Label,
    nothing: Label,
    contributions: &[&Contribution],
) -> Table {
    let lang = asked.lang;
    let columns = vec![
        Column::words("week", lang.of(words::WEEK)),
        Column::words("prospect", lang.of(words::PROSPECT)).heads_rows(),
        Column::words("person", lang.of(words::PERSON)),
        Column::code("staff", lang.of(words::STAFF_CODE)),
        Column::code("unit", lang.of(words::UNIT_CODE)),
        Column::words("metric", lang.of(words::METRIC)),
        Column::number("number", lang.of(words::VALUE)),
        Column::money("amount", lang.of(words::FUND_VALUE)),
        Column::words("status", lang.of(words::STATUS)),
        Column::words("rule", lang.of(words::RULE)),
        Column::words("record", lang.of(words::RECORD)),
    ];
    let wanted = |one: &&&Contribution| {
        asked.status.is_none_or(|status| status == one.status) && asked.metric.is_none_or(|metric| metric == one.metric)
    };
    let here = asked.elsewhere().links();
    let rows = contributions.iter().filter(wanted).map(|one| line(asked, &here, bank, names, one)).collect();
    Table { name, title, columns, rows, nothing }
}

fn line(asked: &Asked, here: &Links, bank: &Bank, names: &Names<'_>, one: &Contribution) -> Line {
    let lang = asked.lang;
    let name = names.known.get(&one.prospect).copied();
    let gone = if names.erased.contains(&one.prospect) { words::ERASED_PROSPECT } else { words::OTHERS_PROSPECT };
    let prospect = Cell::from(Value::Text(name.unwrap_or(lang.of(gone)).to_owned()));
    let prospect = prospect.linked_if(name.is_some(), || here.to(&prospect_path(one.prospect)));
    let person = one.person.as_ref().and_then(|id| bank.person(id));
    let person = person.map_or(Cell::from(Value::Nothing), |person| {
        let seen = asked.reader.sees_person(&person.id, asked.week.sunday());
        Cell::from(Value::Text(person.name.clone())).linked_if(seen, || here.to(&person_path(&person.id)))
    });
    let (number, amount) = match one.metric.is_money() {
        true => (Value::Nothing, Value::Money(one.value)),
        false => (Value::Number(one.value), Value::Nothing),
    };
    Line {
        key: format!("{}-{}", one.source, one.metric.name()),
        cells: vec![
            Value::Week(one.week).into(),
            prospect,
            person,
            Value::text(one.person.as_ref().map(ToString::to_string)).into(),
            Value::text(one.unit.as_ref().map(ToString::to_string)).into(),
            Value::Text(lang.of(one.metric.label()).to_owned()).into(),
            number.into(),
            amount.into(),
            Value::Status(one.status).into(),
            Value::Text(lang.of(one.rule.label()).to_owned()).into(),
            Cell::from(Value::Id(one.source.to_string())).to(here.to(&fact_path(one.source))),
        ],
    }
}

/// Links that leave only facts of one status in the tables.
pub(super) fn statuses(asked: &Asked, path: &str) -> Markup {
    let lang = asked.lang;
    let link = |status: Option<Status>, label: Label| {
        let current = (asked.status == status).then_some("true");
        html! { a href=(asked.of_status(status).address(path)) aria-current=[current] { (lang.of(label)) } }
    };
    html! {
        nav.filter aria-label=(lang.of(words::STATUS)) {
            (link(None, words::ALL))
            @for status in Status::ALL { (link(Some(status), status.label())) }
        }
    }
}

/// What of the counted is the week's own, metric by metric.
pub(super) fn of_the_week(asked: &Asked, explanation: &Explanation<'_>) -> BTreeMap<Metric, Figure> {
    let mut figures: BTreeMap<Metric, Figure> = BTreeMap::new();
    for one in explanation.counted.iter().filter(|one| one.week == asked.week) {
        figures.entry(one.metric).or_default().add(one.status, one.value);
    }
    figures
}

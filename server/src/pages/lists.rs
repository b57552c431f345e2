//! The records behind a figure: what counted and what did not, each with its rule.

use super::format;
use super::query::Asked;
use super::words::{self, Lang};
use crate::app::App;
use crate::store::StoreError;
use canvass_core::domain::{Bank, Label, RecordId};
use canvass_core::ranking::{Contribution, Explanation};
use maud::{Markup, html};
use std::collections::BTreeMap;

/// How many records of each list one page shows.
const SHOWN: usize = 300;

/// Both lists of an explanation.
pub(super) async fn lists(
    app: &App,
    asked: &Asked,
    bank: &Bank,
    explanation: &Explanation<'_>,
) -> Result<Markup, StoreError> {
    let names = names(app, explanation).await?;
    Ok(html! {
        (list(asked, bank, &names, words::COUNTED, words::NOTHING_COUNTED, &explanation.counted))
        (list(asked, bank, &names, words::LEFT_OUT, words::NOTHING_LEFT_OUT, &explanation.left_out))
    })
}

/// The names of the prospects that the lists show.
async fn names(app: &App, explanation: &Explanation<'_>) -> Result<BTreeMap<RecordId, String>, StoreError> {
    let lists = [&explanation.counted, &explanation.left_out];
    let shown = lists.into_iter().flat_map(|list| list.iter().take(SHOWN)).map(|one| one.prospect);
    let mut ids: Vec<_> = shown.collect();
    ids.sort_unstable();
    ids.dedup();
    let rows = app.store.rows(ids).await?;
    Ok(rows.iter().filter_map(|row| Some((row.id, row.fields.text("name")?.to_owned()))).collect())
}

fn list(
    asked: &Asked,
    bank: &Bank,
    names: &BTreeMap<RecordId, String>,
    title: Label,
    nothing: Label,
    contributions: &[&Contribution],
) -> Markup {
    let lang = asked.lang;
    html! {
        section {
            h2 { (lang.of(title)) " " small { (format::number(i64::try_from(contributions.len()).unwrap_or(i64::MAX))) " " (lang.of(words::RECORDS)) } }
            @if contributions.is_empty() {
                p.empty { (lang.of(nothing)) }
            } @else {
                div.scroll tabindex="0" role="region" aria-label=(lang.of(title)) {
                    table {
                        thead { tr {
                            th scope="col" { (lang.of(words::WEEK)) }
                            th scope="col" { (lang.of(words::PROSPECT)) }
                            th scope="col" { (lang.of(words::PERSON)) }
                            th scope="col" { (lang.of(words::METRIC)) }
                            th.number scope="col" { (lang.of(words::VALUE)) }
                            th scope="col" { (lang.of(words::STATUS)) }
                            th scope="col" { (lang.of(words::RULE)) }
                            th scope="col" { (lang.of(words::RECORD)) }
                        } }
                        tbody { @for one in contributions.iter().take(SHOWN) { (line(lang, bank, names, one)) } }
                    }
                }
                @if contributions.len() > SHOWN { p.note { (lang.of(words::SHORTENED)) } }
            }
        }
    }
}

fn line(lang: Lang, bank: &Bank, names: &BTreeMap<RecordId, String>, one: &Contribution) -> Markup {
    let person = one.person.as_ref().and_then(|id| bank.person(id)).map_or("–", |person| person.name.as_str());
    html! {
        tr id=(format!("{}-{}", one.source, one.metric.name())) {
            td { (one.week) }
            td { (names.get(&one.prospect).map_or("–", String::as_str)) }
            td { (person) }
            td { (lang.of(one.metric.label())) }
            td.number { (format::value(one.metric, one.value, lang)) }
            td { span class={ "status " (one.status.name()) } { (lang.of(one.status.label())) } }
            td { (lang.of(one.rule.label())) }
            td.id { (one.source) }
        }
    }
}

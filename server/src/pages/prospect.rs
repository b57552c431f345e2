//! A prospect's page: what is known of it, where people disagree, everything that happened, and what of it counts.

use super::attachment::attachment_path;
use super::contributions::{self, COUNTED, LEFT_OUT};
use super::erasure;
use super::fields::Reading;
use super::format;
use super::frame::{Live, Page};
use super::parts::{STANDINGS, dossier_path, person_path, prospect_path, unit_path, week_bar};
use super::query::{Asked, Raw, about};
use super::reader::Reader;
use super::table::{Cell, Column, Line, Table, Value};
use super::words;
use super::wrong::{Instead, Whom, Wrong};
use crate::app::App;
use crate::ingest::Assigned;
use crate::store::{StoreError, Whose};
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::response::Response;
use canvass_core::domain::{Bank, Duty, PhoneTime, RecordId, Value as FieldValue, Zone, attachment, prospect};
use canvass_core::projection::{Conflict, Row};
use canvass_core::ranking::Explanation;
use maud::{Markup, html};

pub(super) async fn page(
    State(app): State<App>,
    reader: Reader,
    id: Result<Path<String>, PathRejection>,
    query: Result<Query<Raw>, QueryRejection>,
) -> Result<Response, Instead> {
    let (id, path, asked) = about(&app, reader, id, query, |id| prospect_path(*id), Wrong::NoProspect).await?;
    let failed = |error: StoreError| Wrong::from(error).told(asked.lang);
    let bank = app.store.bank().await.map_err(failed)?;
    let today = app.clock.now().date(&Zone::china());
    let mut group = app.store.group(id).await.map_err(failed)?;
    let to_whom = app.store.assigned(vec![id]).await.map_err(failed)?.remove(&id);
    if group.is_empty() {
        if !app.store.erased(vec![id]).await.map_err(failed)?.is_empty() {
            return Err(Wrong::Erased.told(asked.lang));
        }
        return Err(Wrong::NoProspect(id.to_string()).told(asked.lang));
    }
    if !asked.reader.sees_prospect(to_whom.as_ref(), &group, today) {
        return Err(Wrong::NotYours(Whom::UnitsLeader).told(asked.lang));
    }
    let recorded = group.len();
    group.retain(|row| asked.reader.reads_row(row));
    let dossiers = match asked.reader.reads_dossiers(to_whom.as_ref()) {
        true => app.store.dossiers(id).await.map_err(failed)?,
        false => Vec::new(),
    };
    // Work with a prospect can arrive before it does.
    let own = group.iter().find(|row| row.id == id && row.kind.is(&prospect::KIND));
    let campaign = &asked.campaign.campaign;
    let whose = Whose::Prospect(id);
    let mut contributions = app.store.contributions(asked.campaign.id, whose, asked.week).await.map_err(failed)?;
    contributions.retain(|one| asked.reader.reads_metric(one.metric));
    let explanation = Explanation::of(campaign, contributions.iter(), asked.week);
    let reading = Reading { lang: asked.lang, bank: &bank, zone: &campaign.zone };
    let mut tables = vec![history(&asked, &reading, id, &group)];
    tables.extend(contributions::tables(&app, &asked, &bank, &explanation).await.map_err(failed)?);
    let mut twins = own.map(twins_of).unwrap_or_default();
    let strangers = asked.reader.strangers(&app.store.assigned(twins.clone()).await.map_err(failed)?);
    twins.retain(|twin| !strangers.contains(twin));
    let twins = app.store.rows(twins).await.map_err(failed)?;
    let name = own.and_then(|row| row.fields.text("name")).unwrap_or(asked.lang.of(words::UNKNOWN_PROSPECT)).to_owned();
    let page = Page { app: &app, state: &asked, path: &path, title: name.clone(), live: Live::Records, tables };
    page.answer(|tables| {
        html! {
            p.kicker {
                a href=(asked.elsewhere().address(STANDINGS)) { "← " (asked.lang.of(words::BACK)) }
                " · " (assigned(&asked, &bank, to_whom.as_ref()))
            }
            h1 { (name) }
            p.sub { (asked.lang.of(words::PROSPECT)) }
            @if let Some(row) = own { (known(&asked, &reading, row, &twins)) }
            @if !dossiers.is_empty() { (confidential(&asked, &dossiers)) }
            (tables.show("history"))
            h2.chapter { (campaign.name) }
            (week_bar(&asked, &path))
            (tables.show(COUNTED))
            (tables.show(LEFT_OUT))
            @if asked.reader.has(Duty::EraseRecords) && own.is_some() { (erasure::form(&asked, id, recorded)) }
        }
    })
    .await
}

/// The unit of the newest assignment.
fn assigned(asked: &Asked, bank: &Bank, to_whom: Option<&Assigned>) -> Markup {
    let unit = to_whom.map(|assigned| &assigned.unit);
    html! {
        @match unit {
            Some(id) => {
                (asked.lang.of(words::ASSIGNED_TO)) " "
                @let name = bank.unit(id).map_or(id.as_str(), |unit| &unit.name);
                @if asked.reader.sees_unit(id) {
                    a href=(asked.elsewhere().address(&unit_path(id))) { (name) }
                } @else { (name) }
            }
            None => (asked.lang.of(words::NOT_ASSIGNED)),
        }
    }
}

/// That there are dossiers, and the way to each. What one says is only on its own page, where its reading is noted.
fn confidential(asked: &Asked, dossiers: &[RecordId]) -> Markup {
    let lang = asked.lang;
    let here = asked.elsewhere().links();
    html! {
        section id="dossiers" {
            h2 { (lang.of(words::DOSSIERS)) " · " (dossiers.len()) }
            p.note { (lang.of(words::DOSSIERS_HELP)) }
            ul.dossiers {
                @for (n, id) in (1..).zip(dossiers) {
                    li { a href=(here.to(&dossier_path(*id))) { (lang.of(words::DOSSIER)) " " (n) } }
                }
            }
        }
    }
}

/// The records that may be the same prospect.
fn twins_of(row: &Row) -> Vec<RecordId> {
    let marked = row.fields.iter().filter(|(_, value)| **value == FieldValue::Bool(true));
    marked.filter_map(|(name, _)| name.as_str().strip_prefix("twin/")?.parse().ok()).collect()
}

/// What is known of the prospect, what is odd about it, and where people disagree.
fn known(asked: &Asked, reading: &Reading<'_>, row: &Row, twins: &[Row]) -> Markup {
    let lang = reading.lang;
    let here = asked.elsewhere().links();
    let flags = reading.flags(row);
    html! {
        section.part id="known" {
            @if !flags.is_empty() || row.withdrawn {
                p.flags {
                    @if row.withdrawn { span.flag { (lang.of(words::WITHDRAWN)) } }
                    @for flag in flags { span.flag { (flag) } }
                }
            }
            dl.fields {
                @for (name, value) in reading.all(row) { div { dt { (name) } dd { (value) } } }
                @for twin in twins {
                    @let place = [twin.fields.text("area"), twin.fields.text("address")].into_iter().flatten();
                    div {
                        dt { (reading.flag("possible-twin")) }
                        dd {
                            a href=(here.to(&prospect_path(twin.id))) { (twin.fields.text("name").unwrap_or("–")) }
                            @for part in place { " · " (part) }
                        }
                    }
                }
                div { dt { (lang.of(words::RECORDED_BY)) } dd { (reading.author(row.author)) } }
            }
            @if !row.conflicts.is_empty() {
                h2 { (lang.of(words::CONFLICTS)) }
                p.note { (lang.of(words::CONFLICTS_HELP)) }
                @for conflict in &row.conflicts { (disagreement(reading, row, conflict)) }
            }
        }
    }
}

/// Every value that stands for a field, with who put it and when; the one that is shown now is marked.
pub(super) fn disagreement(reading: &Reading<'_>, row: &Row, conflict: &Conflict) -> Markup {
    let lang = reading.lang;
    let field = conflict.field.as_str();
    let shown = row.fields.get(field);
    html! {
        div.conflict {
            h3 { (reading.name(&row.kind, field)) }
            ul {
                @for claim in &conflict.claims {
                    li {
                        strong { (reading.value(&row.kind, field, &claim.value)) }
                        " " (reading.author(claim.author))
                        @if let Some(at) = claim.at {
                            @let (day, minutes) = format::day_and_minutes(at, reading.zone);
                            " " (format::moment(day, minutes))
                        }
                        @if shown == Some(&claim.value) { " · " (lang.of(words::SHOWN)) }
                    }
                }
            }
        }
    }
}

/// Everything recorded about the prospect, the latest first.
fn history(asked: &Asked, reading: &Reading<'_>, id: RecordId, group: &[Row]) -> Table {
    let lang = asked.lang;
    let columns = vec![
        Column::words("time", lang.of(words::TIME)),
        Column::words("what", lang.of(words::WHAT)).heads_rows(),
        Column::words("person", lang.of(words::PERSON)),
        Column::prose("details", lang.of(words::DETAILS)),
        Column::words("flags", lang.of(words::FLAGS)),
        Column::words("record", lang.of(words::RECORD)),
    ];
    let mut events: Vec<&Row> = group.iter().filter(|row| row.id != id).collect();
    // An outcome says no time of day: a record's id says when it was begun.
    let time = |row: &Row| row.occurred_at.or_else(|| row.id.begun_at()).unwrap_or(PhoneTime::nearest(0));
    events.sort_by_key(|row| std::cmp::Reverse((time(row), row.id)));
    let line = |row: &&Row| {
        let (day, minutes) = format::day_and_minutes(time(row), reading.zone);
        let holder = row.author.and_then(|device| reading.bank.holder(device));
        let author = Cell::from(Value::Text(reading.author(row.author)));
        let author = match holder {
            Some(person) => {
                let seen = asked.reader.sees_person(&person.id, asked.week.sunday());
                author.linked_if(seen, || asked.elsewhere().address(&person_path(&person.id)))
            }
            None => author,
        };
        let kind = row.kind.spec().map_or(row.kind.name(), |spec| lang.of(spec.label));
        let details: Vec<String> =
            reading.event(row).into_iter().map(|(name, value)| format!("{name}: {value}")).collect();
        let mut flags = reading.flags(row);
        flags.extend(row.withdrawn.then(|| lang.of(words::WITHDRAWN).to_owned()));
        flags.extend((!row.conflicts.is_empty()).then(|| lang.of(words::CONFLICTS).to_owned()));
        Line {
            key: row.id.to_string(),
            cells: vec![
                Value::Moment(day, minutes).into(),
                Cell::from(Value::Text(kind.to_owned()))
                    .linked_if(row.kind.is(&attachment::KIND), || asked.elsewhere().address(&attachment_path(row.id))),
                author,
                Value::text((!details.is_empty()).then(|| details.join(" · "))).into(),
                Value::text((!flags.is_empty()).then(|| flags.join(", "))).into(),
                Value::Id(row.id.to_string()).into(),
            ],
        }
    };
    let rows = events.iter().map(line).collect();
    Table { name: "history", title: words::HISTORY, columns, rows, nothing: words::NO_HISTORY }
}

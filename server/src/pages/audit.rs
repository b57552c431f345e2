//! The audit log as auditors and administrators read it: filtered, taken along, and checked for being whole.

use super::frame::{Live, Page};
use super::parts::AUDIT;
use super::query::{Plain, Raw, State as _};
use super::reader::Reader;
use super::table::{Column, Line, Table, Value};
use super::users::at;
use super::words::{self, Lang};
use super::wrong::{Instead, Whom, Wrong};
use crate::app::App;
use crate::store::StoreError;
use crate::store::audit::{AuditCheck, AuditPage, AuditQuery, Logged};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, RawQuery, State};
use axum::response::Response;
use canvass_core::domain::{Date, Duty, Label, ServerTime, Zone, date_from_text};
use jiff::ToSpan;
use maud::{Markup, html};

/// So many entries a page shows, in pages of the table; a file has more.
const SHOWN: usize = 2_000;
const IN_A_FILE: usize = 200_000;
/// A log so short is checked whenever it is looked at; a longer one when that is asked for.
const CHECKED_AT_ONCE: usize = 20_000;
/// So long may what is looked for be.
const LONGEST: usize = 100;

/// What the address asks of the log.
#[derive(Default)]
struct Asked {
    query: AuditQuery,
    from: Option<Date>,
    until: Option<Date>,
    check: bool,
}

fn asked(query: &str, lang: Lang) -> Result<Asked, Instead> {
    let mut asked = Asked::default();
    let day = |name, text: &str| date_from_text(text).map_err(|_| Wrong::parameter(name, text).told(lang));
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        let text: String = value.trim().chars().take(LONGEST).collect();
        if text.is_empty() {
            continue;
        }
        match &*name {
            "actor" => asked.query.actor = Some(text),
            "deed" => asked.query.deed = Some(text),
            "subject" => asked.query.subject = Some(text),
            "from" => asked.from = Some(day("from", &text)?),
            "until" => asked.until = Some(day("until", &text)?),
            "check" => asked.check = true,
            _ => {}
        }
    }
    let begins = |date: Date| ServerTime::nearest(Zone::china().start_of(date));
    asked.query.from = asked.from.map(begins);
    asked.query.until = asked.until.map(|date| begins(date.saturating_add(1.day())));
    Ok(asked)
}

pub(super) async fn page(
    State(app): State<App>,
    reader: Reader,
    RawQuery(query): RawQuery,
    raw: Result<Query<Raw>, QueryRejection>,
) -> Result<Response, Instead> {
    let mut plain = Raw::of(raw)?.plain(&app, reader)?;
    let lang = plain.lang;
    if !plain.reader.has(Duty::ReadAudit) {
        return Err(Wrong::NotYours(Whom::Auditor).told(lang));
    }
    let failed = |error: StoreError| Wrong::from(error).told(lang);
    let asked = asked(&query.unwrap_or_default(), lang)?;
    let day = |date: Option<Date>| date.map(|date| date.to_string()).unwrap_or_default();
    plain.filters = vec![
        ("actor", asked.query.actor.clone().unwrap_or_default()),
        ("deed", asked.query.deed.clone().unwrap_or_default()),
        ("subject", asked.query.subject.clone().unwrap_or_default()),
        ("from", day(asked.from)),
        ("until", day(asked.until)),
    ];
    let whole = plain.view().export.is_some();
    let limit = if whole { IN_A_FILE } else { SHOWN };
    let found = app.store.audit(AuditQuery { limit, ..asked.query }).await.map_err(failed)?;
    let check = match !whole && (asked.check || found.total <= CHECKED_AT_ONCE) {
        true => Some(app.store.verify_audit().await.map_err(failed)?),
        false => None,
    };
    let tables = vec![table(lang, &found)];
    let title = lang.of(words::AUDIT).to_owned();
    let page = Page { app: &app, state: &plain, path: AUDIT, title: title.clone(), live: Live::Records, tables };
    page.answer(|tables| {
        html! {
            h1 { (title) }
            (chain(lang, check.as_ref()))
            (filter(&plain))
            (tables.show("audit"))
            @if found.total > found.entries.len() {
                p.note { (found.total) " " (lang.of(words::SHOWN_OF)) " " (found.entries.len()) }
            }
        }
    })
    .await
}

/// Whether the log is whole, or how to find out.
fn chain(lang: Lang, check: Option<&AuditCheck>) -> Markup {
    html! {
        @match check {
            None => p.sub { a href={ (AUDIT) "?check=now&lang=" (lang.name()) } { (lang.of(words::CHECK_CHAIN)) } },
            Some(AuditCheck { fault: Some(fault), .. }) => {
                p.complaint role="alert" { strong { (lang.of(words::CHAIN_BROKEN)) } " " (fault) }
            }
            Some(AuditCheck { entries, .. }) => {
                p.sub.holds { (lang.of(words::CHAIN_HOLDS)) " " (entries) " " (lang.of(words::ENTRIES)) }
            }
        }
    }
}

fn filter(plain: &Plain) -> Markup {
    let lang = plain.lang;
    let value = |name: &str| plain.filters.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value);
    let field = |name: &str, label: Label, kind: &str| {
        html! { label { (lang.of(label)) input type=(kind) name=(name) value=(value(name)) maxlength=(LONGEST); } }
    };
    html! {
        form.line method="get" action=(AUDIT) {
            input type="hidden" name="lang" value=(lang.name());
            (field("actor", words::ACTOR, "text"))
            label {
                (lang.of(words::DEED))
                select name="deed" {
                    option value="" { (lang.of(words::ALL)) }
                    @for (name, label) in words::DEEDS {
                        option value=(name) selected[value("deed") == *name] { (lang.of(*label)) }
                    }
                }
            }
            (field("subject", words::SUBJECT, "text"))
            (field("from", words::FROM_DAY, "date"))
            (field("until", words::UNTIL_DAY, "date"))
            button { (lang.of(words::FILTER)) }
        }
    }
}

fn table(lang: Lang, found: &AuditPage) -> Table {
    let columns = vec![
        Column::number("n", lang.of(words::ENTRY)),
        Column::words("at", lang.of(words::TIME)).heads_rows(),
        Column::words("actor", lang.of(words::ACTOR)),
        Column::words("deed", lang.of(words::DEED)),
        Column::words("subject", lang.of(words::SUBJECT)),
        Column::prose("detail", lang.of(words::DETAILS)),
    ];
    let line = |entry: &Logged| {
        let deed = words::DEEDS.iter().find(|(name, _)| *name == entry.deed);
        let deed = deed.map_or(entry.deed.as_str(), |(_, label)| lang.of(*label));
        let cells = vec![
            Value::Number(i64::try_from(entry.n).unwrap_or(i64::MAX)).into(),
            at(entry.at).into(),
            Value::Text(entry.actor.clone()).into(),
            Value::Text(deed.to_owned()).into(),
            Value::Text(entry.subject.clone()).into(),
            Value::text(Some(entry.detail.clone()).filter(|detail| !detail.is_empty())).into(),
        ];
        Line { key: entry.n.to_string(), cells }
    };
    let rows = found.entries.iter().map(line).collect();
    Table { name: "audit", title: words::AUDIT, columns, rows, nothing: words::NO_ENTRIES }
}

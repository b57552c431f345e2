//! 周通报: a week's ranking as it was sealed, fit for paper; its revisions with their causes; and head office's way to seal.

use super::account::moment;
use super::form::{Posted, carried};
use super::format;
use super::frame::{Live, Page};
use super::parts::{BULLETIN, sealed_path, week_bar};
use super::query::{Asked, Raw};
use super::reader::Reader;
use super::table::{Cell, Column, Line, Table, Value};
use super::words::{self, Lang};
use super::wrong::{Instead, Whom, Wrong};
use crate::app::App;
use crate::store::{BulletinKey, SealOrder, SealedAt, StoreError};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Redirect, Response};
use canvass_core::domain::campaign::Metric;
use canvass_core::domain::{Bank, ServerTime, UnitId, bulletin};
use canvass_core::ranking::{Basis, Bulletin, Cause, Coverage, Standing, brief};
use maud::{Markup, html};

pub(super) async fn page(
    State(app): State<App>,
    reader: Reader,
    query: Result<Query<Raw>, QueryRejection>,
) -> Result<Response, Instead> {
    let raw = Raw::of(query)?;
    let asked = raw.settle(&app, reader, BULLETIN).await?;
    let lang = asked.lang;
    let failed = |error: StoreError| Wrong::from(error).told(lang);
    let bank = app.store.bank().await.map_err(failed)?;
    let all = app.store.bulletins(asked.campaign.id).await.map_err(failed)?;
    let of_week: Vec<&SealedAt> = all.iter().filter(|one| one.key.week == asked.week).collect();
    let chosen = match asked.revision {
        Some(revision) => {
            let found = of_week.iter().find(|one| one.key.revision == revision);
            Some(found.ok_or_else(|| Wrong::NoBulletin(asked.week, revision).told(lang))?)
        }
        None => of_week.first(),
    };
    let found = match chosen {
        Some(chosen) => app.store.bulletin(chosen.key).await.map_err(failed)?,
        None => None,
    };
    if raw.wants_sheet() {
        let (_, bulletin) = found.ok_or_else(|| Wrong::NoBulletin(asked.week, 1).told(lang))?;
        if !asked.reader.sees_all() {
            return Err(Wrong::NotYours(Whom::HeadOffice).told(lang));
        }
        return Ok(sheet(&bulletin));
    }
    let before = match &found {
        Some((sealed, _)) if sealed.key.revision > 1 => {
            let key = BulletinKey { revision: sealed.key.revision - 1, ..sealed.key };
            app.store.bulletin(key).await.map_err(failed)?.map(|(_, before)| before)
        }
        _ => None,
    };
    let now = app.clock.now();
    let mut tables = match &found {
        Some((_, bulletin)) => {
            vec![ranking(&asked, &bank, bulletin, before.as_ref()), causes(&asked, &bank, &bulletin.causes, "causes")]
        }
        None => Vec::new(),
    };
    let coming = match seals(&asked.reader) && is_over(&asked, now) {
        true => Some(app.store.unsealed(asked.campaign.id, asked.week, now).await.map_err(failed)?),
        false => None,
    };
    tables.extend(coming.as_ref().map(|coming| causes(&asked, &bank, &coming.causes, "coming")));
    tables.push(revisions(&asked, &bank, &all));
    let title = format!("{} {}", lang.of(words::BULLETIN), asked.week);
    let page = Page { app: &app, state: &asked, path: BULLETIN, title, live: Live::Standings, tables };
    page.answer(|tables| {
        html! {
            p.kicker { (lang.of(words::BULLETIN)) }
            h1 { (found.as_ref().map_or(asked.campaign.campaign.name.as_str(), |(_, bulletin)| &bulletin.name)) }
            (week_bar(&asked, BULLETIN))
            @match &found {
                Some((sealed, bulletin)) => {
                    (head(&asked, sealed, bulletin))
                    (coverage(&asked, &bank, &bulletin.coverage))
                    (news(lang, bulletin))
                    (tables.show("bulletin"))
                    @if !bulletin.causes.is_empty() { (tables.show("causes")) }
                    (short_text(&asked, bulletin, &bank))
                }
                None => section { p.empty { (lang.of(words::NOT_SEALED)) " " (cutoff(&asked)) } },
            }
            @if let Some(coming) = &coming { (sealing(&asked, found.as_ref().map(|(_, b)| b), coming, || tables.show("coming"))) }
            (tables.show("revisions"))
        }
    })
    .await
}

fn is_over(asked: &Asked, now: ServerTime) -> bool {
    now.millis() >= asked.campaign.campaign.zone.start_of(asked.week.next().monday())
}

/// Whether the reader seals bulletins.
pub(super) fn seals(reader: &Reader) -> bool {
    reader.records(&bulletin::KIND)
}

/// When the week is, or was to be, sealed.
fn cutoff(asked: &Asked) -> Markup {
    let at = ServerTime::nearest(asked.campaign.campaign.cutoff_of(asked.week));
    html! { (asked.lang.of(words::CUTOFF)) " " (moment(at)) }
}

fn head(asked: &Asked, sealed: &SealedAt, bulletin: &Bulletin) -> Markup {
    let lang = asked.lang;
    html! {
        p.sub {
            (lang.of(words::REVISION)) " " (bulletin.revision) " · " (lang.of(words::SEALED_AT)) " " (moment(sealed.at))
            " · " (lang.of(words::BY_CONFIRMED))
        }
        p.note { (lang.of(words::DIGEST)) " " span.id.digest { (sealed.digest) } }
    }
}

/// Who had reported when it was sealed. Who is silent, their leaders see.
pub(super) fn coverage(asked: &Asked, bank: &Bank, coverage: &Coverage) -> Markup {
    let lang = asked.lang;
    let number = |n: usize| format::number(i64::try_from(n).unwrap_or(i64::MAX));
    let seen: Vec<_> = coverage.silent.iter().filter(|silent| asked.reader.sees_unit(&silent.unit)).collect();
    let name = |unit: &UnitId| bank.unit(unit).map_or(unit.to_string(), |unit| unit.name.clone());
    html! {
        section.part.coverage id="coverage" {
            p.note {
                strong { (lang.of(words::COVERAGE)) } " "
                (format::number(coverage.reported().into())) " / " (format::number(coverage.phones.into())) " "
                (lang.of(words::PHONES_REPORTED))
                @if !coverage.silent.is_empty() { " · " (lang.of(words::MAY_RISE)) }
                @if !coverage.units.is_empty() {
                    " · " (number(coverage.units.len())) " " (lang.of(words::QUIET_UNITS)) " "
                    @for (n, unit) in coverage.units.iter().take(NAMED).enumerate() {
                        @if n > 0 { "、" } (name(unit))
                    }
                    @if coverage.units.len() > NAMED { " …" }
                }
            }
            @if !seen.is_empty() {
                details {
                    summary { (number(seen.len())) " " (lang.of(words::SILENT_PHONES)) }
                    ul {
                        @for silent in seen {
                            li {
                                (bank.person(&silent.person).map_or(silent.person.as_str(), |person| &person.name))
                                " · " (name(&silent.unit)) " · " (lang.of(words::PHONE)) " " (silent.device) " · "
                                (lang.of(words::SEEN)) " "
                                @match silent.heard_of { Some(at) => (moment(at)), None => "–" }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// So many units are named in a line.
const NAMED: usize = 12;

fn news(lang: Lang, bulletin: &Bulletin) -> Markup {
    html! {
        @if !bulletin.news.is_empty() {
            section.news { h2 { (lang.of(words::NEWS)) } @for line in bulletin.news.lines() { p { (line) } } }
        }
    }
}

fn ranking(asked: &Asked, bank: &Bank, bulletin: &Bulletin, before: Option<&Bulletin>) -> Table {
    let lang = asked.lang;
    let mut columns = vec![
        Column::number("rank", lang.of(words::RANK)),
        Column::number("movement", lang.of(words::MOVEMENT)),
        Column::words("unit", lang.of(words::UNIT)).heads_rows(),
        Column::code("code", lang.of(words::UNIT_CODE)),
        Column::number("score", lang.of(words::SCORE)),
        Column::number("target", lang.of(words::TARGET)),
        Column::percent("share", lang.of(words::SHARE_OF_TARGET)),
    ];
    columns.extend(Metric::ALL.map(|metric| Column::metric(metric, lang, lang.of(metric.label()).to_owned())));
    if before.is_some() {
        columns.push(Column::words("was", lang.of(words::WAS_BEFORE)));
    }
    let was = |unit: &UnitId| before.and_then(|before| before.standings.iter().find(|one| one.unit == *unit));
    let line = |one: &Standing| {
        let path = sealed_path(&one.unit);
        let name = bank.unit(&one.unit).map_or(one.unit.as_str(), |unit| unit.name.as_str());
        let seen = asked.reader.sees_unit(&one.unit);
        let address = || asked.elsewhere().of_revision(Some(bulletin.revision)).address(&path);
        let mut cells = vec![
            Value::Number(one.rank.into()).into(),
            Value::Movement(one.movement).into(),
            Cell::from(Value::Text(name.to_owned())).linked_if(seen, address),
            Value::Text(one.unit.to_string()).into(),
            Value::Number(one.score).into(),
            Value::Number(one.target).into(),
            one.share_of_target(Basis::Confirmed).map_or(Value::Nothing, Value::Percent).into(),
        ];
        cells.extend(
            Metric::ALL.map(|metric| Cell::confirmed(metric, one.total.get(&metric).copied().unwrap_or_default())),
        );
        if before.is_some() {
            let differs = was(&one.unit).filter(|was| (was.rank, was.score) != (one.rank, one.score));
            let words = differs.map(|was| format!("{} · {}", was.rank, format::number(was.score)));
            cells.push(Value::text(words).into());
        }
        Line { key: one.unit.to_string(), cells }
    };
    let rows = bulletin.standings.iter().map(line).collect();
    Table { name: "bulletin", title: words::RANKING, columns, rows, nothing: words::NO_UNITS }
}

fn causes(asked: &Asked, bank: &Bank, causes: &[Cause], name: &'static str) -> Table {
    let lang = asked.lang;
    let columns = vec![
        Column::words("unit", lang.of(words::UNIT)).heads_rows(),
        Column::words("metric", lang.of(words::METRIC)),
        Column::words("why", lang.of(words::CAUSE)),
        Column::number("count", lang.of(words::FACTS)),
        Column::words("confirmed", lang.of(words::CONFIRMED_CHANGE)),
        Column::words("pending", lang.of(words::PENDING_CHANGE)),
    ];
    let line = |(n, cause): (usize, &Cause)| {
        let unit = cause.unit.as_ref().and_then(|unit| bank.unit(unit));
        let unit = unit.map_or(lang.of(words::UNPLACED_SHORT).to_owned(), |unit| unit.name.clone());
        let change = |value: i64| {
            let sign = if value > 0 { "+" } else { "" };
            Value::text((value != 0).then(|| format!("{sign}{}", format::value(cause.metric, value, lang))))
        };
        Line {
            key: format!("{name}-{n}"),
            cells: vec![
                Value::Text(unit).into(),
                Value::Text(lang.of(cause.metric.label()).to_owned()).into(),
                Value::Text(lang.of(cause.why.label()).to_owned()).into(),
                Value::Number(cause.count).into(),
                change(cause.confirmed).into(),
                change(cause.pending).into(),
            ],
        }
    };
    let rows = causes.iter().enumerate().map(line).collect();
    let title = if name == "causes" { words::CAUSES } else { words::SINCE_SEALED };
    Table { name, title, columns, rows, nothing: words::NOTHING_SINCE }
}

/// The text for messaging apps, ready to be copied.
fn short_text(asked: &Asked, bulletin: &Bulletin, bank: &Bank) -> Markup {
    let lang = asked.lang;
    let words = brief(bulletin, bank);
    let text = if lang == Lang::Zh { words.zh } else { words.en };
    let sheet = format!("{}&sheet=1", asked.of_revision(Some(bulletin.revision)).address(BULLETIN));
    html! {
        section.brief {
            header.tools {
                h2 { (lang.of(words::SHORT_TEXT)) }
                @if asked.reader.sees_all() {
                    nav.files { a href=(sheet) download { (lang.of(words::SHEET)) } }
                }
            }
            textarea readonly rows="9" aria-label=(lang.of(words::SHORT_TEXT)) { (text) }
        }
    }
}

/// The sheet of which the digest is.
fn sheet(bulletin: &Bulletin) -> Response {
    let name = format!("attachment; filename=\"canvass-bulletin-{}-{}.txt\"", bulletin.week, bulletin.revision);
    let disposition = HeaderValue::try_from(name).unwrap_or_else(|_| HeaderValue::from_static("attachment"));
    let kind = HeaderValue::from_static("text/plain; charset=utf-8");
    ([(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, disposition)], bulletin.sheet()).into_response()
}

/// What a sealing would say, and the button for it.
fn sealing(asked: &Asked, sealed: Option<&Bulletin>, coming: &Bulletin, table: impl FnOnce() -> Markup) -> Markup {
    let lang = asked.lang;
    let differs = sealed.is_none_or(|sealed| !sealed.figures_equal(coming));
    html! {
        section.part.sealing id="sealing" {
            @if sealed.is_some() { (table()) }
            @if differs {
                form.line method="post" action=(BULLETIN) {
                    (carried(&asked.reader, lang))
                    input type="hidden" name="campaign" value=(asked.campaign.id);
                    input type="hidden" name="week" value=(asked.week);
                    button name="do" value="seal" {
                        (lang.of(if sealed.is_some() { words::SEAL_REVISION } else { words::SEAL_NOW }))
                    }
                }
            } @else { p.note { (lang.of(words::NOTHING_DIFFERS)) } }
        }
    }
}

fn revisions(asked: &Asked, bank: &Bank, all: &[SealedAt]) -> Table {
    let lang = asked.lang;
    let columns = vec![
        Column::words("week", lang.of(words::WEEK)).heads_rows(),
        Column::number("revision", lang.of(words::REVISION)),
        Column::words("sealed", lang.of(words::SEALED_AT)),
        Column::words("by", lang.of(words::SEALED_BY)),
        Column::words("digest", lang.of(words::DIGEST)),
    ];
    let line = |one: &SealedAt| {
        let address = asked.elsewhere().in_week(one.key.week).of_revision(Some(one.key.revision)).address(BULLETIN);
        let (day, minutes) = format::day_and_minutes(one.at.as_recorded(), &asked.campaign.campaign.zone);
        let person = one.by.strip_prefix("person/").and_then(|id| id.parse().ok());
        let by = match person.and_then(|id| bank.person(&id)) {
            Some(person) => person.name.clone(),
            None if one.by == "server" => lang.of(words::BY_CALENDAR).to_owned(),
            None => one.by.clone(),
        };
        Line {
            key: format!("{}-{}", one.key.week, one.key.revision),
            cells: vec![
                Cell::from(Value::Week(one.key.week)).to(address),
                Value::Number(one.key.revision.into()).into(),
                Value::Moment(day, minutes).into(),
                Value::Text(by).into(),
                Value::Id(one.digest.to_string().chars().take(16).collect()).into(),
            ],
        }
    };
    let rows = all.iter().map(line).collect();
    Table { name: "revisions", title: words::ALL_BULLETINS, columns, rows, nothing: words::NO_BULLETINS }
}

/// Seals the week of a form.
pub(super) async fn seal(State(app): State<App>, Posted { reader, sent }: Posted) -> Result<Response, Instead> {
    let lang = sent.lang();
    let wrong = || Wrong::Form.told(lang);
    if !seals(&reader) {
        return Err(Wrong::NotYours(Whom::HeadOffice).told(lang));
    }
    let campaign = sent.text("campaign").parse().map_err(|_| wrong())?;
    let week = sent.text("week").parse().map_err(|_| wrong())?;
    let order = SealOrder { campaign, week, by: reader.actor(), at: app.clock.now() };
    app.store.seal(order).await.map_err(|error| Wrong::from(error).told(lang))?;
    let address = format!("{BULLETIN}?campaign={campaign}&week={week}&lang={}", lang.name());
    Ok(Redirect::to(&address).into_response())
}

/// Where the newest bulletin of a campaign is, for pages that show what is live.
pub(super) fn newest(asked: &Asked, all: &[SealedAt]) -> Markup {
    let lang = asked.lang;
    let found = all.iter().find(|one| one.key.week <= asked.week);
    html! {
        @if let Some(newest) = found {
            a href=(asked.elsewhere().in_week(newest.key.week).address(BULLETIN)) {
                (lang.of(words::BULLETIN)) " " (newest.key.week) " · " (lang.of(words::REVISION)) " " (newest.key.revision)
            }
        } @else {
            a href=(asked.elsewhere().address(BULLETIN)) { (lang.of(words::BULLETIN)) } " · " (cutoff(asked))
        }
    }
}

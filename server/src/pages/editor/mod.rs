//! The campaign editor: head office makes a campaign and edits its rules in the browser, plays a draft over the weeks so far,
//! and never writes over what somebody else edited meanwhile.

mod filled;
mod html;
mod play;
mod read;
pub(super) mod words;

use super::form::Posted;
use super::frame::{Live, Page};
use super::parts::{CAMPAIGN, CAMPAIGNS, EDITOR, NEW_CAMPAIGN};
use super::query::{Plain, Raw};
use super::reader::Reader;
use super::wrong::{Instead, Whom, Wrong};
use crate::app::App;
use crate::store::{EditOrder, Edited, RehearseOrder, StoreError};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use canvass_core::domain::campaign::{Campaign, KIND};
use canvass_core::domain::{Bank, Fields, Label, RecordId, ServerTime, Value, Week, Words, Zone};
use canvass_core::projection::{Row, fields_from_json};
use canvass_core::ranking::Rehearsal;
use filled::{Filled, Scope};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Whether a reader makes and edits campaigns.
pub(super) fn edits(reader: &Reader) -> bool {
    reader.records(&KIND)
}

/// What the page shows beside what stands in the inputs.
struct Shown {
    /// The campaign's record as it is; none of a new one.
    row: Option<Row>,
    /// The record's id, also if it is yet to be begun.
    id: RecordId,
    /// The record as the form is filled from it.
    base: Fields,
    /// The week from which the rules shown hold.
    from: Week,
    news: Vec<Week>,
    filled: Filled,
    faults: BTreeMap<String, Words>,
    /// What somebody else put into inputs meanwhile.
    meanwhile: BTreeMap<String, String>,
    /// What was chosen for fields in conflict, as the form says it.
    settled: BTreeMap<String, String>,
    complaint: Option<Words>,
    rehearsal: Option<Rehearsal>,
}

/// What every answer of the editor needs.
struct Desk<'a> {
    app: &'a App,
    plain: Plain,
    bank: Arc<Bank>,
    now: ServerTime,
}

impl<'a> Desk<'a> {
    async fn of(app: &'a App, plain: Plain) -> Result<Self, Instead> {
        if !edits(&plain.reader) {
            return Err(Wrong::NotYours(Whom::HeadOffice).told(plain.lang));
        }
        let bank = app.store.bank().await.map_err(|error| Wrong::from(error).told(plain.lang))?;
        Ok(Self { app, plain, bank, now: app.clock.now() })
    }

    fn failed(&self, error: StoreError) -> Instead {
        Wrong::from(error).told(self.plain.lang)
    }

    /// `seen` is what the form carries of the record as it was seen.
    fn scope(&self, from: Week, news: &[Week], seen: &str) -> Scope<'_> {
        let stamp = seen.chars().filter(char::is_ascii_alphanumeric).take(8).collect();
        Scope { bank: &self.bank, from, news: news.to_vec(), stamp, now: self.now.as_recorded() }
    }

    /// A campaign's record, withdrawn or not.
    async fn row(&self, id: &str) -> Result<Row, Instead> {
        let missing = || Wrong::NoCampaign(id.to_owned()).told(self.plain.lang);
        let record: RecordId = id.parse().map_err(|_| missing())?;
        let rows = self.app.store.rows(vec![record]).await.map_err(|error| self.failed(error))?;
        rows.into_iter().find(|row| row.kind.is(&KIND)).ok_or_else(missing)
    }

    async fn answer(mut self, shown: Shown, status: StatusCode) -> Result<Response, Instead> {
        let lang = self.plain.lang;
        let (path, title) = match &shown.row {
            Some(row) => {
                self.plain.filters = vec![("campaign", row.id.to_string()), ("from", shown.from.to_string())];
                (EDITOR, lang.of(words::EDIT))
            }
            None => (NEW_CAMPAIGN, lang.of(words::NEW_CAMPAIGN)),
        };
        let sealed = match &shown.row {
            Some(row) => self.app.store.bulletins(row.id).await.map_err(|error| self.failed(error))?,
            None => Vec::new(),
        };
        // Bulletins come with the newest revision of each week first.
        let revised: BTreeMap<Week, u32> = sealed
            .iter()
            .rev()
            .filter(|one| one.key.week >= shown.from)
            .map(|one| (one.key.week, one.key.revision))
            .collect();
        let scope = self.scope(shown.from, &shown.news, "");
        let form = html::Form { lang, plain: &self.plain, scope: &scope, shown: &shown, revised: &revised };
        let content = form.page(title);
        let title = title.to_owned();
        let page = Page { app: self.app, state: &self.plain, path, title, live: Live::Records, tables: vec![] };
        let mut response = page.answer(|_| content).await?;
        *response.status_mut() = status;
        Ok(response)
    }
}

/// The editor of the campaign that the address names, with the rules of the week that it names.
pub(super) async fn page(
    State(app): State<App>,
    reader: Reader,
    RawQuery(query): RawQuery,
    raw: Result<Query<Raw>, QueryRejection>,
) -> Result<Response, Instead> {
    let desk = Desk::of(&app, Raw::of(raw)?.plain(&app, reader)?).await?;
    let lang = desk.plain.lang;
    let query = query.unwrap_or_default();
    let asked = |name: &str| {
        form_urlencoded::parse(query.as_bytes()).find(|(known, _)| known == name).map(|(_, text)| text.into_owned())
    };
    let Some(id) = asked("campaign") else {
        return Ok(Redirect::to(&format!("{CAMPAIGNS}?lang={}", lang.name())).into_response());
    };
    let row = desk.row(&id).await?;
    let base = row.settled_fields();
    let weeks = weeks(&base);
    let present = desk.now.week(&zone(&base));
    let Some(from) = asked("from") else {
        let from = within(&weeks, present);
        let full = format!("{EDITOR}?campaign={}&from={from}&lang={}", row.id, lang.name());
        return Ok(Redirect::to(&full).into_response());
    };
    let from: Week = from.parse().map_err(|_| Wrong::parameter("from", &from).told(lang))?;
    let mut news: Vec<Week> = [present.previous(), present, present.next(), from].into();
    news.retain(|week| weeks.contains(week));
    news.sort_unstable();
    news.dedup();
    let shown = fresh(&desk, (row.id, Some(row)), base, from, news);
    desk.answer(shown, StatusCode::OK).await
}

/// The editor of a campaign that is not there yet.
pub(super) async fn new_page(
    State(app): State<App>,
    reader: Reader,
    raw: Result<Query<Raw>, QueryRejection>,
) -> Result<Response, Instead> {
    let desk = Desk::of(&app, Raw::of(raw)?.plain(&app, reader)?).await?;
    let from = desk.now.week(&Zone::china());
    // Sent twice, the form still begins one campaign.
    let id = RecordId::new(desk.now.millis(), rand::random());
    let shown = fresh(&desk, (id, None), Fields::new(), from, Vec::new());
    desk.answer(shown, StatusCode::OK).await
}

/// The form as the record fills it.
fn fresh(desk: &Desk<'_>, (id, row): (RecordId, Option<Row>), base: Fields, from: Week, news: Vec<Week>) -> Shown {
    let filled = Filled::of(&base, &desk.scope(from, &news, ""));
    let (faults, meanwhile) = (BTreeMap::new(), BTreeMap::new());
    let settled = BTreeMap::new();
    Shown { row, id, base, from, news, filled, faults, meanwhile, settled, complaint: None, rehearsal: None }
}

fn zone(fields: &Fields) -> Zone {
    fields.text("zone").and_then(|zone| zone.parse().ok()).unwrap_or_else(Zone::china)
}

/// The weeks of a campaign, as far as its days can be read.
fn weeks(fields: &Fields) -> Vec<Week> {
    Campaign::read(fields).map(|campaign| campaign.weeks()).unwrap_or_default()
}

/// The week nearest to one among some.
fn within(weeks: &[Week], week: Week) -> Week {
    match (weeks.first(), weeks.last()) {
        (Some(first), Some(last)) => week.clamp(*first, *last),
        _ => week,
    }
}

/// Saves or rehearses what a form says, withdraws the campaign, or brings it back.
pub(super) async fn act(State(app): State<App>, Posted { reader, sent }: Posted) -> Result<Response, Instead> {
    let mut plain = Raw::default().plain(&app, reader)?;
    plain.lang = sent.lang();
    let lang = plain.lang;
    let desk = Desk::of(&app, plain).await?;
    let wrong = || Wrong::Form.told(lang);
    let row = match sent.text("campaign") {
        "" => None,
        id => Some(desk.row(id).await?),
    };
    if let (Some(row), state @ ("withdraw" | "restore")) = (&row, sent.text("do")) {
        return set_state(desk, row.clone(), sent.text("heads"), state == "withdraw", sent.text("reason")).await;
    }
    let filled = Filled::sent(&sent);
    let (base, from) = match &row {
        Some(_) => {
            let base = fields_from_json(sent.text("seen")).map_err(|_| wrong())?;
            (base, sent.text("from").parse().map_err(|_| wrong())?)
        }
        None => (Fields::new(), filled.starts().map_or(desk.now.week(&Zone::china()), Week::of)),
    };
    let weeks = sent.all().filter_map(|(name, _)| name.strip_prefix("news/")?.parse().ok());
    let news: Vec<Week> = weeks.collect::<BTreeSet<Week>>().into_iter().collect();
    let carried = sent.text(if row.is_some() { "heads" } else { "new" });
    let mut read = read::read(&filled, &base, &desk.scope(from, &news, carried));
    let settled = row.iter().flat_map(|row| &row.conflicts).filter_map(|conflict| {
        let value = match sent.text(&format!("settle/{}", conflict.field)) {
            "before" => conflict.before.clone().unwrap_or(Value::Null),
            n => conflict.claims.get(n.parse::<usize>().ok()?)?.value.clone(),
        };
        (read.puts.get(conflict.field.as_str()).is_none()).then(|| (conflict.field.clone(), value))
    });
    let settled: Vec<_> = settled.collect();
    read.puts.extend(settled);
    let id = match &row {
        Some(row) => row.id,
        None => sent.text("new").parse().map_err(|_| wrong())?,
    };
    let mut shown = fresh(&desk, (id, row), base, from, news);
    shown.filled = filled;
    // What somebody else wrote in between is shown first, whatever is asked: what is played is what would be saved.
    if sent.text("do") != "save" && shown.row.as_ref().is_some_and(|row| heads(row) != sent.text("heads")) {
        let row = desk.row(&id.to_string()).await?;
        return meanwhile(desk, shown, row).await;
    }
    let chosen = sent.all().filter_map(|(name, n)| Some((name.strip_prefix("settle/")?.to_owned(), n.to_owned())));
    shown.settled = chosen.collect();
    if !read.faults.is_empty() {
        shown.faults = read.faults;
        shown.complaint = Some(both(words::FAULTS));
        return desk.answer(shown, StatusCode::UNPROCESSABLE_ENTITY).await;
    }
    match sent.text("do") {
        "rehearse" => rehearse(desk, shown, &read.puts).await,
        "save" => save(desk, shown, sent.text("heads"), read.puts).await,
        _ => Err(wrong()),
    }
}

fn both(label: Label) -> Words {
    Words { zh: label.zh.to_owned(), en: label.en.to_owned() }
}

async fn rehearse(desk: Desk<'_>, mut shown: Shown, puts: &Fields) -> Result<Response, Instead> {
    let mut fields = shown.base.clone();
    fields.extend(puts.clone());
    let campaign = shown.row.as_ref().map(|row| row.id);
    // Each input was made sure of, so only what no input shows can be unreadable.
    let draft = Campaign::read(&fields).map_err(|error| desk.failed(error.into()))?;
    let order = RehearseOrder { campaign, draft, by: desk.plain.reader.actor(), at: desk.now };
    shown.rehearsal = Some(desk.app.store.rehearse(order).await.map_err(|error| desk.failed(error))?);
    desk.answer(shown, StatusCode::OK).await
}

/// The heads of a record as a form carries them.
fn heads(row: &Row) -> String {
    row.heads.iter().map(ToString::to_string).collect::<Vec<_>>().join(".")
}

async fn save(desk: Desk<'_>, mut shown: Shown, seen: &str, puts: Fields) -> Result<Response, Instead> {
    let (by, id) = (desk.plain.reader.actor(), shown.id);
    let what = match &shown.row {
        None => Some(Edited::New(id)),
        Some(row) => (heads(row) == seen).then(|| Edited::Seen { id, heads: row.heads.clone() }),
    };
    let saved = match what {
        Some(what) => desk.app.store.edit_campaign(EditOrder { what, puts: puts.clone(), by, at: desk.now }).await,
        None => Err(StoreError::CampaignEditedMeanwhile(id)),
    };
    match saved {
        Ok(()) => Ok(saved_as(&desk, id)),
        Err(StoreError::CampaignEditedMeanwhile(_)) => {
            let row = desk.row(&id.to_string()).await?;
            let now = row.settled_fields();
            // The same form sent twice finds its own work there.
            let stands = |name: &str, value: &Value| now.get(name).unwrap_or(&Value::Null) == value;
            if row.conflicts.is_empty() && puts.iter().all(|(name, value)| stands(name.as_str(), value)) {
                return Ok(saved_as(&desk, id));
            }
            shown.settled.clear();
            meanwhile(desk, shown, row).await
        }
        Err(StoreError::Invalid(error)) => {
            shown.complaint = Some(KIND.explain(&error));
            desk.answer(shown, StatusCode::UNPROCESSABLE_ENTITY).await
        }
        Err(error) => Err(desk.failed(error)),
    }
}

/// The form with what was typed over what somebody else wrote in between.
async fn meanwhile(desk: Desk<'_>, mut shown: Shown, row: Row) -> Result<Response, Instead> {
    let now = row.settled_fields();
    let scope = desk.scope(shown.from, &shown.news, "");
    let (was, is) = (Filled::of(&shown.base, &scope), Filled::of(&now, &scope));
    (shown.filled, shown.meanwhile) = shown.filled.over(&was, &is);
    (shown.row, shown.base, shown.complaint) = (Some(row), now, Some(both(words::MEANWHILE)));
    desk.answer(shown, StatusCode::CONFLICT).await
}

fn saved_as(desk: &Desk<'_>, id: RecordId) -> Response {
    Redirect::to(&format!("{CAMPAIGN}?campaign={id}&lang={}", desk.plain.lang.name())).into_response()
}

/// Withdraws a campaign with a reason, or brings it back.
async fn set_state(desk: Desk<'_>, row: Row, seen: &str, withdraw: bool, reason: &str) -> Result<Response, Instead> {
    let base = row.settled_fields();
    let from = within(&weeks(&base), desk.now.week(&zone(&base)));
    let id = row.id;
    let refused = |label: Label, row: Row| {
        let base = row.settled_fields();
        let shown = fresh(&desk, (id, Some(row)), base, from, Vec::new());
        Shown { complaint: Some(both(label)), ..shown }
    };
    let reason: String = reason.trim().chars().take(160).collect();
    if withdraw && reason.is_empty() {
        let shown = refused(words::WHY_NEEDED, row);
        return desk.answer(shown, StatusCode::UNPROCESSABLE_ENTITY).await;
    }
    if heads(&row) != seen {
        let shown = refused(words::MEANWHILE, row);
        return desk.answer(shown, StatusCode::CONFLICT).await;
    }
    let state = if withdraw { "withdrawn" } else { "active" };
    let mut puts: Vec<(&str, Value)> = vec![("state", state.into())];
    puts.extend(withdraw.then(|| ("withdrawn_reason", Value::from(reason.as_str()))));
    let puts = puts.into_iter().filter_map(|(name, value)| Some((name.parse().ok()?, value))).collect();
    let order =
        EditOrder { what: Edited::Seen { id, heads: row.heads }, puts, by: desk.plain.reader.actor(), at: desk.now };
    desk.app.store.edit_campaign(order).await.map_err(|error| desk.failed(error))?;
    // What was withdrawn by mistake is brought back from here.
    let way = if withdraw { EDITOR } else { CAMPAIGN };
    Ok(Redirect::to(&format!("{way}?campaign={id}&lang={}", desk.plain.lang.name())).into_response())
}

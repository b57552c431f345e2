//! What a page's address asks for: every state is in it.

use super::reader::Reader;
use super::view::{Export, Sort, View};
use super::words::Lang;
use super::wrong::{Instead, Wrong};
use crate::app::App;
use crate::store::{StoreError, StoredCampaign, Versions};
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query};
use axum::response::{IntoResponse, Redirect};
use canvass_core::domain::campaign::Metric;
use canvass_core::domain::{Date, RecordId, UnitLevel, Week, Zone};
use canvass_core::ranking::{Basis, Status};
use form_urlencoded::Serializer;
use serde::Deserialize;
use std::str::FromStr;

/// The parameters as they stand in the address.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Raw {
    lang: Option<String>,
    campaign: Option<String>,
    week: Option<String>,
    metric: Option<String>,
    status: Option<String>,
    level: Option<String>,
    basis: Option<String>,
    revision: Option<String>,
    sheet: Option<String>,
    claim: Option<String>,
    table: Option<String>,
    sort: Option<String>,
    q: Option<String>,
    page: Option<String>,
    export: Option<String>,
}

/// The parameters, each one made sure of.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) lang: Lang,
    /// For whom the page is made.
    pub(super) reader: Reader,
    pub(super) campaign: StoredCampaign,
    pub(super) week: Week,
    pub(super) metric: Option<Metric>,
    pub(super) status: Option<Status>,
    /// Which units are ranked; those that take part, if nothing is said.
    pub(super) level: Option<UnitLevel>,
    /// By which figures.
    pub(super) basis: Basis,
    /// Which revision of the week's bulletin; the newest, if nothing is said.
    pub(super) revision: Option<u32>,
    /// What a page supposes, which can name the same thing several times.
    pub(super) supposed: Vec<(&'static str, String)>,
    /// The claim to judge next.
    pub(super) claim: Option<RecordId>,
    pub(super) view: View,
    /// What the store's versions were before anything was read for the page.
    pub(super) versions: Versions,
}

impl Raw {
    /// The parameters of an address that can be read at all.
    pub(super) fn of(query: Result<Query<Self>, QueryRejection>) -> Result<Self, Instead> {
        let unreadable = |rejection: QueryRejection| Wrong::Address(rejection.body_text());
        query.map(|Query(raw)| raw).map_err(|rejection| unreadable(rejection).told(Lang::default()))
    }

    /// Whether a bulletin's sheet is asked for in place of its page.
    pub(super) fn wants_sheet(&self) -> bool {
        self.sheet.is_some()
    }

    pub(super) fn lang(&self) -> Lang {
        self.lang.as_deref().and_then(Lang::named).unwrap_or_default()
    }

    /// Makes sure of every parameter; an address that lacks campaign or week is answered by one that has them.
    pub(super) async fn settle(&self, app: &App, reader: Reader, path: &str) -> Result<Asked, Instead> {
        let lang = self.lang();
        let versions = app.store.versions().await.map_err(|error| Wrong::from(error).told(lang))?;
        let campaigns = app.store.campaigns().await.map_err(|error| Wrong::from(error).told(lang))?;
        let chosen = match &self.campaign {
            Some(text) => {
                let id: RecordId = text.parse().map_err(|_| Wrong::parameter("campaign", text).told(lang))?;
                let found = campaigns.iter().find(|campaign| campaign.id == id);
                Some(found.ok_or_else(|| Wrong::NoCampaign(text.clone()).told(lang))?)
            }
            None => campaigns.first(),
        };
        let Some(campaign) = chosen.cloned() else { return Err(Instead::NoCampaignYet(lang, reader)) };
        let weeks = campaign.campaign.weeks();
        let (Some(first), Some(last)) = (weeks.first().copied(), weeks.last().copied()) else {
            return Err(Wrong::EndsBeforeItStarts.told(lang));
        };
        let week = match &self.week {
            Some(text) => {
                text.parse::<Week>().map_err(|_| Wrong::parameter("week", text).told(lang))?.clamp(first, last)
            }
            None => latest(app, &campaign, first, last).await.map_err(|error| Wrong::from(error).told(lang))?,
        };
        let mut asked = Asked {
            lang,
            reader,
            campaign,
            week,
            metric: None,
            status: None,
            claim: None,
            level: None,
            basis: Basis::Counted,
            revision: None,
            supposed: Vec::new(),
            view: View::default(),
            versions,
        };
        self.filters(&mut asked).map_err(|wrong| wrong.told(lang))?;
        if self.campaign.is_none() || self.week.as_deref() != Some(week.to_string().as_str()) {
            return Err(Instead::Page(Box::new(Redirect::to(&asked.address(path)).into_response())));
        }
        Ok(asked)
    }

    fn filters(&self, asked: &mut Asked) -> Result<(), Wrong> {
        asked.metric = read("metric", self.metric.as_ref(), Metric::named)?;
        asked.status = read("status", self.status.as_ref(), |name| Status::named(name).ok())?;
        asked.level = read("level", self.level.as_ref(), |name| UnitLevel::named(name).ok())?;
        let basis = |name: &str| [Basis::Counted, Basis::Confirmed].into_iter().find(|basis| basis.name() == name);
        asked.basis = read("basis", self.basis.as_ref(), basis)?.unwrap_or_default();
        asked.revision = read("revision", self.revision.as_ref(), |text| text.parse().ok().filter(|n| *n > 0))?;
        asked.claim = read("claim", self.claim.as_ref(), |id| id.parse().ok())?;
        asked.view = self.view()?;
        Ok(())
    }

    /// How the page's tables are shown.
    fn view(&self) -> Result<View, Wrong> {
        Ok(View {
            table: self.table.clone().filter(|name| !name.is_empty()),
            sort: read("sort", self.sort.as_ref(), Sort::named)?,
            search: self.q.as_deref().unwrap_or_default().trim().chars().take(View::LONGEST_SEARCH).collect(),
            page: read("page", self.page.as_ref(), |page| page.parse().ok().filter(|page| *page > 0))?.unwrap_or(1),
            export: read("export", self.export.as_ref(), Export::named)?,
        })
    }

    /// The parameters of a page that is about no campaign.
    pub(super) fn plain(&self, app: &App, reader: Reader) -> Result<Plain, Instead> {
        let view = self.view().map_err(|wrong| wrong.told(self.lang()))?;
        let today = app.clock.now().date(&Zone::china());
        Ok(Plain { lang: self.lang(), reader, view, today, filters: Vec::new() })
    }
}

/// Reads a parameter, if it is there.
fn read<T>(
    name: &'static str,
    text: Option<&String>,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Result<Option<T>, Wrong> {
    text.filter(|text| !text.is_empty()).map(|text| parse(text).ok_or_else(|| Wrong::parameter(name, text))).transpose()
}

/// What a page is about that names something in its path: that thing's id, the page's path, and the rest of the address.
pub(super) async fn about<T: FromStr>(
    app: &App,
    reader: Reader,
    named: Result<Path<String>, PathRejection>,
    query: Result<Query<Raw>, QueryRejection>,
    path: fn(&T) -> String,
    missing: fn(String) -> Wrong,
) -> Result<(T, String, Asked), Instead> {
    let raw = Raw::of(query)?;
    let text = named.map_or_else(|_| String::new(), |Path(named)| named);
    let id: T = text.parse().map_err(|_| missing(text).told(raw.lang()))?;
    let path = path(&id);
    let asked = raw.settle(app, reader, &path).await?;
    Ok((id, path, asked))
}

/// The addresses of pages in one state, which is written out once.
pub(super) struct Links(String);

impl Links {
    pub(super) fn to(&self, path: &str) -> String {
        format!("{path}?{}", self.0)
    }
}

/// The week to show when none is asked for: the present one, or the last in which anything counted if that came earlier.
async fn latest(app: &App, campaign: &StoredCampaign, first: Week, last: Week) -> Result<Week, StoreError> {
    let tallies = app.store.tallies(campaign.id).await?;
    let counted = tallies.iter().map(|tally| tally.week).max().unwrap_or(first);
    let present = app.clock.now().week(&campaign.campaign.zone);
    Ok(counted.min(present).clamp(first, last))
}

impl Asked {
    /// The address of a page in this state.
    pub(super) fn address(&self, path: &str) -> String {
        self.links().to(path)
    }

    /// The way to many pages in this state.
    pub(super) fn links(&self) -> Links {
        links(self.parameters())
    }

    /// This state as the parameters of an address.
    pub(super) fn parameters(&self) -> Vec<(&'static str, String)> {
        let mut pairs = vec![("campaign", self.campaign.id.to_string()), ("week", self.week.to_string())];
        pairs.extend(self.metric.map(|metric| ("metric", metric.name().to_owned())));
        pairs.extend(self.status.map(|status| ("status", status.name().to_owned())));
        pairs.extend(self.level.map(|level| ("level", level.name().to_owned())));
        pairs.extend((self.basis != Basis::Counted).then(|| ("basis", self.basis.name().to_owned())));
        pairs.extend(self.revision.map(|revision| ("revision", revision.to_string())));
        pairs.extend(self.supposed.iter().cloned());
        pairs.extend(self.claim.map(|claim| ("claim", claim.to_string())));
        pairs.extend(self.view.parameters());
        pairs.push(("lang", self.lang.name().to_owned()));
        pairs
    }

    /// The same state with other units ranked, or by other figures.
    pub(super) fn ranking(&self, level: Option<UnitLevel>, basis: Basis) -> Self {
        Self { level, basis, ..self.clone() }.on_first_page()
    }

    /// The same state with one revision of the week's bulletin.
    pub(super) fn of_revision(&self, revision: Option<u32>) -> Self {
        Self { revision, ..self.clone() }.on_first_page()
    }

    /// The same campaign, week and language, without what filters or arranges one page.
    pub(super) fn elsewhere(&self) -> Self {
        let (metric, status, claim, level, revision) = (None, None, None, None, None);
        let (basis, supposed, view) = (Basis::Counted, Vec::new(), View::default());
        Self { metric, status, claim, level, basis, revision, supposed, view, ..self.clone() }
    }

    /// The same state in another week.
    pub(super) fn in_week(&self, week: Week) -> Self {
        Self { week, revision: None, ..self.clone() }.on_first_page()
    }

    /// The same state with another metric.
    pub(super) fn of_metric(&self, metric: Option<Metric>) -> Self {
        Self { metric, ..self.clone() }.on_first_page()
    }

    /// The same state with only facts of a status.
    pub(super) fn of_status(&self, status: Option<Status>) -> Self {
        Self { status, ..self.clone() }.on_first_page()
    }

    /// The same state with another claim to judge.
    pub(super) fn of_claim(&self, claim: Option<RecordId>) -> Self {
        Self { claim, ..self.elsewhere() }
    }

    /// The same state in another language.
    pub(super) fn in_lang(&self, lang: Lang) -> Self {
        Self { lang, ..self.clone() }
    }

    fn on_first_page(mut self) -> Self {
        self.view.page = 1;
        self
    }
}

/// What the frame and the tables of a page need to know of its state.
pub(super) trait State: Send + Sync {
    /// Its language.
    fn lang(&self) -> Lang;

    /// For whom it is made.
    fn reader(&self) -> &Reader;

    /// How its tables are shown.
    fn view(&self) -> &View;

    /// This state with its tables shown in a way, as the parameters of an address.
    fn viewed(&self, view: View) -> Vec<(&'static str, String)>;

    /// The address of a page in this state and another language.
    fn in_other_language(&self, path: &str) -> String;

    /// The way to the other pages from here.
    fn links(&self) -> Links;

    /// What the store's versions were, if the page is kept up to date.
    fn versions(&self) -> Option<Versions>;

    /// Of when a file of its tables is.
    fn of_when(&self) -> String;
}

impl State for Asked {
    fn lang(&self) -> Lang {
        self.lang
    }

    fn reader(&self) -> &Reader {
        &self.reader
    }

    fn view(&self) -> &View {
        &self.view
    }

    fn viewed(&self, view: View) -> Vec<(&'static str, String)> {
        Self { view, ..self.clone() }.parameters()
    }

    fn in_other_language(&self, path: &str) -> String {
        self.in_lang(self.lang.other()).address(path)
    }

    fn links(&self) -> Links {
        self.elsewhere().links()
    }

    fn versions(&self) -> Option<Versions> {
        Some(self.versions)
    }

    fn of_when(&self) -> String {
        self.week.to_string()
    }
}

/// The state of a page that is about no campaign, such as the list of logins.
#[derive(Debug, Clone)]
pub(super) struct Plain {
    pub(super) lang: Lang,
    pub(super) reader: Reader,
    view: View,
    pub(super) today: Date,
    /// What else the address asks of this page.
    pub(super) filters: Vec<(&'static str, String)>,
}

impl Plain {
    /// The state of a page that is shown in answer to a form.
    pub(super) fn answering(lang: Lang, reader: Reader, today: Date) -> Self {
        Self { lang, reader, view: View::default(), today, filters: Vec::new() }
    }

    fn parameters(&self, view: &View, lang: Lang) -> Vec<(&'static str, String)> {
        let mut pairs: Vec<_> = self.filters.iter().filter(|(_, value)| !value.is_empty()).cloned().collect();
        pairs.extend(view.parameters());
        pairs.push(("lang", lang.name().to_owned()));
        pairs
    }
}

impl Plain {
    /// The way to pages with this page's own filters.
    pub(super) fn own_links(&self) -> Links {
        links(self.parameters(&View::default(), self.lang))
    }
}

impl State for Plain {
    fn lang(&self) -> Lang {
        self.lang
    }

    fn reader(&self) -> &Reader {
        &self.reader
    }

    fn view(&self) -> &View {
        &self.view
    }

    fn viewed(&self, view: View) -> Vec<(&'static str, String)> {
        self.parameters(&view, self.lang)
    }

    fn in_other_language(&self, path: &str) -> String {
        links(self.parameters(&self.view, self.lang.other())).to(path)
    }

    fn links(&self) -> Links {
        links([("lang", self.lang.name().to_owned())])
    }

    fn versions(&self) -> Option<Versions> {
        None
    }

    fn of_when(&self) -> String {
        self.today.to_string()
    }
}

/// The way to many pages with some parameters, which are written out once.
pub(super) fn links(parameters: impl IntoIterator<Item = (&'static str, String)>) -> Links {
    Links(Serializer::new(String::new()).extend_pairs(parameters).finish())
}

//! What a page's address asks for: every state is in it.

use super::frame;
use super::words::Lang;
use crate::app::App;
use crate::problem::Problem;
use crate::store::StoredCampaign;
use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use axum::response::{IntoResponse, Redirect, Response};
use canvass_core::domain::campaign::Metric;
use canvass_core::domain::{RecordId, Week};
use serde::Deserialize;

/// The parameters as they stand in the address.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Raw {
    lang: Option<String>,
    campaign: Option<String>,
    week: Option<String>,
    metric: Option<String>,
}

/// The parameters, each one made sure of.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) lang: Lang,
    pub(super) campaign: StoredCampaign,
    pub(super) week: Week,
    pub(super) metric: Option<Metric>,
}

/// Why there is no page yet: the address lacks something, is wrong, or there is no campaign.
pub(super) enum Instead {
    Page(Box<Response>),
    Problem(Lang, Problem),
}

impl IntoResponse for Instead {
    fn into_response(self) -> Response {
        match self {
            Self::Page(response) => *response,
            Self::Problem(lang, problem) => frame::problem(lang, &problem),
        }
    }
}

impl Raw {
    /// The parameters of an address that can be read at all.
    pub(super) fn of(query: Result<Query<Self>, QueryRejection>) -> Result<Self, Instead> {
        query
            .map(|Query(raw)| raw)
            .map_err(|rejection| Instead::Problem(Lang::default(), Problem::bad_parameter(rejection.body_text())))
    }

    pub(super) fn lang(&self) -> Lang {
        self.lang.as_deref().and_then(Lang::named).unwrap_or_default()
    }

    /// Makes sure of every parameter; an address that lacks campaign or week is answered by one that has them.
    pub(super) async fn settle(&self, app: &App, path: &str) -> Result<Asked, Instead> {
        let lang = self.lang();
        let wrong = |error: &dyn ToString| Instead::Problem(lang, Problem::bad_parameter(error.to_string()));
        let campaigns = app.store.campaigns().await.map_err(|error| Instead::Problem(lang, error.into()))?;
        let chosen = match &self.campaign {
            Some(id) => {
                let id: RecordId = id.parse().map_err(|error| wrong(&error))?;
                let missing = || Problem::not_found(&format!("there is no campaign {id}"));
                let found = campaigns.iter().find(|campaign| campaign.id == id);
                Some(found.ok_or_else(|| Instead::Problem(lang, missing()))?)
            }
            None => campaigns.first(),
        };
        let Some(campaign) = chosen.cloned() else { return Err(Instead::Page(Box::new(frame::no_campaign(lang)))) };
        let metric = match &self.metric {
            Some(name) => Some(Metric::named(name).ok_or_else(|| wrong(&format!("there is no metric {name}")))?),
            None => None,
        };
        let weeks = campaign.campaign.weeks();
        let (first, last) = match (weeks.first(), weeks.last()) {
            (Some(first), Some(last)) => (*first, *last),
            _ => return Err(wrong(&"this campaign ends before it starts: head office must correct its dates")),
        };
        let week = match &self.week {
            Some(week) => week.parse::<Week>().map_err(|error| wrong(&error))?.clamp(first, last),
            None => latest(app, &campaign, first, last).await.map_err(|problem| Instead::Problem(lang, problem))?,
        };
        let asked = Asked { lang, campaign, week, metric };
        if self.campaign.is_none() || self.week.as_deref() != Some(week.to_string().as_str()) {
            return Err(Instead::Page(Box::new(Redirect::to(&asked.address(path)).into_response())));
        }
        Ok(asked)
    }
}

/// The week to show when none is asked for: the present one, or the last in which anything counted if that came earlier.
async fn latest(app: &App, campaign: &StoredCampaign, first: Week, last: Week) -> Result<Week, Problem> {
    let tallies = app.store.tallies(campaign.id).await?;
    let counted = tallies.iter().map(|tally| tally.week).max().unwrap_or(first);
    let present = app.clock.now().week(&campaign.campaign.zone);
    Ok(counted.min(present).clamp(first, last))
}

impl Asked {
    /// The address of a page in this state.
    pub(super) fn address(&self, path: &str) -> String {
        let metric = self.metric.map_or_else(String::new, |metric| format!("&metric={}", metric.name()));
        format!("{path}?campaign={}&week={}{metric}&lang={}", self.campaign.id, self.week, self.lang.name())
    }

    /// The same state in another week.
    pub(super) fn in_week(&self, week: Week) -> Self {
        Self { week, ..self.clone() }
    }

    /// The same state with another metric.
    pub(super) fn of_metric(&self, metric: Option<Metric>) -> Self {
        Self { metric, ..self.clone() }
    }

    /// The same state in another language.
    pub(super) fn in_lang(&self, lang: Lang) -> Self {
        Self { lang, ..self.clone() }
    }
}

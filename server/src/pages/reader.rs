//! Who reads: the person behind a request's session, and what of the bank is theirs to see. The guard stands before every page
//! but those of the door itself; a page asks its reader, never a role.

use super::door::{self, turned_away};
use crate::access::{SessionToken, Step};
use crate::app::App;
use crate::http::client::Scheme;
use crate::ingest::{Assigned, Grants, decides};
use crate::problem::Problem;
use crate::store::claims::Judge;
use crate::store::{Actor, Session};
use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use canvass_core::domain::campaign::Metric;
use canvass_core::domain::{
    Action, AudienceRule, Bank, Date, Duty, KINDS, Kind, KindSpec, Person, PersonId, Place, RecordId, UnitId, Zone,
    activity, dossier, outcome, prospect, verification, visit,
};
use canvass_core::projection::Row;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Where open pages listen for what is new.
pub(super) const EVENTS: &str = "/events";

/// What a page's own script says when it renews the page: nobody looks, so it is no use of the session.
const RENEWS: &str = "x-canvass-renews";

/// The person behind a session.
#[derive(Debug, Clone)]
pub(super) struct Reader(Arc<Known>);

#[derive(Debug)]
struct Known {
    person: Person,
    grants: Grants,
    bank: Arc<Bank>,
    session: Session,
    token: SessionToken,
}

/// Lets in whoever has a session that lacks nothing; all others are shown the way.
pub(super) async fn guard(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let used = request.uri().path() != EVENTS && !request.headers().contains_key(RENEWS);
    let reader = match Reader::of(&app, door::scheme(request.extensions()), request.headers(), used).await {
        Ok(Some(reader)) => reader,
        Ok(None) => return turned_away(&request, door::LOGIN),
        Err(problem) => return problem.into_response(),
    };
    let way = match reader.0.session.step {
        Step::In => None,
        Step::GiveCode => Some(door::CODE),
        Step::ChangePassword => Some(door::PASSWORD),
        Step::SetUpSecondFactor => Some(door::SECOND_FACTOR),
    };
    let here = request.uri().path();
    match way {
        Some(way) if here != way && here != door::LOGOUT => return turned_away(&request, way),
        _ => {}
    }
    request.extensions_mut().insert(reader);
    let mut response = next.run(request).await;
    // Pages name people and customers: no copy of one outlives its session.
    response.headers_mut().entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

impl Reader {
    async fn of(app: &App, scheme: Scheme, headers: &HeaderMap, used: bool) -> Result<Option<Self>, Problem> {
        let Some(token) = door::token(scheme, headers) else { return Ok(None) };
        let now = app.clock.now();
        let Some(session) = app.store.session(&token, now, used).await? else { return Ok(None) };
        let bank = app.store.bank().await?;
        let person = bank.person(&session.person).cloned();
        let grants = Grants::of(&bank, &session.person, now.date(&Zone::china()));
        let known = person.zip(grants).map(|(person, grants)| Known { person, grants, bank, session, token });
        Ok(known.map(|known| Self(Arc::new(known))))
    }

    pub(super) fn person(&self) -> &Person {
        &self.0.person
    }

    pub(super) fn session(&self) -> &Session {
        &self.0.session
    }

    pub(super) fn token(&self) -> &SessionToken {
        &self.0.token
    }

    /// The reader as the audit log names whoever acts.
    pub(super) fn actor(&self) -> Actor {
        Actor::Person(self.0.person.id.clone())
    }

    /// Whether the session lacks nothing.
    pub(super) fn is_in(&self) -> bool {
        self.0.session.step == Step::In
    }

    /// Whether the session still holds, and lacks nothing. Asking is no use of it. Of a store that cannot say, the reader asks
    /// anew.
    pub(super) async fn still_in(&self, app: &App) -> bool {
        let session = app.store.session(self.token(), app.clock.now(), false).await;
        matches!(session, Ok(Some(session)) if session.step == Step::In)
    }

    /// Whether records of a kind are the reader's to read at all.
    pub(super) fn reads(&self, kind: &KindSpec) -> bool {
        kind.allows(self.0.grants.roles, Action::Read, Place::Own)
    }

    /// Whether the reader begins records of a kind, as far as those are the reader's own units'.
    pub(super) fn records(&self, kind: &KindSpec) -> bool {
        kind.allows(self.0.grants.roles, Action::Create, Place::Own)
    }

    /// Whether the facts of a metric are: each comes from records of one kind.
    pub(super) fn reads_metric(&self, metric: Metric) -> bool {
        self.reads(match metric {
            Metric::Visits => &visit::KIND,
            Metric::Activities => &activity::KIND,
            Metric::Communities | Metric::Fund | Metric::Cards | Metric::Wealth => &outcome::KIND,
        })
    }

    /// Whether a row of a prospect that the reader may see is the reader's to read on the prospect's page. Confidential ones
    /// have pages of their own, on which each reading is noted.
    pub(super) fn reads_row(&self, row: &Row) -> bool {
        match row.kind.spec() {
            Some(spec) => !spec.is_confidential() && self.reads(spec),
            // What a newer phone recorded may be anything.
            None => KINDS.iter().filter(|kind| !kind.is_confidential()).all(|kind| self.reads(kind)),
        }
    }

    /// Whether anything of customers is.
    fn reads_customers(&self) -> bool {
        KINDS.iter().any(|kind| kind.audience != AudienceRule::Bank && self.reads(kind))
    }

    /// Whether what a unit's people record is.
    pub(super) fn sees_unit(&self, unit: &UnitId) -> bool {
        self.reads_customers() && self.0.grants.covers(&self.0.bank, unit)
    }

    /// Whether what all units record is.
    pub(super) fn sees_all(&self) -> bool {
        let mut roots = self.0.bank.units().filter(|unit| unit.parent.is_none());
        self.reads_customers() && roots.all(|root| self.sees_unit(&root.id))
    }

    /// Whether what a person of some day records is: one's own, and that of people whose unit one sees.
    pub(super) fn sees_person(&self, person: &PersonId, day: Date) -> bool {
        let own = self.0.person.id == *person && self.reads_customers();
        own || self.sees_all() || self.0.bank.units_of(person, day).any(|unit| self.sees_unit(unit))
    }

    /// Whether a prospect is, given to whom it is assigned and what is recorded of it. What nobody is assigned to yet is its
    /// authors' and their units'.
    pub(super) fn sees_prospect(&self, assigned: Option<&Assigned>, group: &[Row], day: Date) -> bool {
        let Known { grants, bank, .. } = &*self.0;
        let kind = Kind::from(&prospect::KIND);
        match assigned {
            Some(_) => prospect::KIND.allows(grants.roles, Action::Read, grants.place(bank, &kind, assigned)),
            None => {
                let author = |row: &Row| row.author.and_then(|device| bank.holder(device));
                let mine = |row: &Row| author(row).is_some_and(|author| self.sees_person(&author.id, day));
                self.reads(&prospect::KIND) && (self.sees_all() || group.iter().any(mine))
            }
        }
    }

    /// Of some prospects, those assigned where the reader does not look.
    pub(super) fn strangers(&self, assigned: &BTreeMap<RecordId, Assigned>) -> Vec<RecordId> {
        let foreign = |(_, assigned): &(&RecordId, &Assigned)| !self.sees_prospect(Some(assigned), &[], Date::ZERO);
        assigned.iter().filter(foreign).map(|(id, _)| *id).collect()
    }

    /// Whether the dossiers of a prospect are the reader's to read: assigned people and leaders only.
    pub(super) fn reads_dossiers(&self, assigned: Option<&Assigned>) -> bool {
        let Known { grants, bank, .. } = &*self.0;
        let place = grants.place(bank, &Kind::from(&dossier::KIND), assigned);
        assigned.is_some() && dossier::KIND.allows(grants.roles, Action::Read, place)
    }

    /// Whether the reader has a duty somewhere.
    pub(super) fn has(&self, duty: Duty) -> bool {
        self.0.grants.roles.have(duty, Place::Own)
    }

    /// Whether the reader lists and revokes a person's phones.
    pub(super) fn revokes(&self, person: &PersonId, today: Date) -> bool {
        let Known { grants, bank, .. } = &*self.0;
        let own = bank.units_of(person, today).any(|unit| grants.covers(bank, unit));
        grants.roles.have(Duty::RevokeDevices, if own { Place::Own } else { Place::Other })
    }

    /// Whether the reader gives verdicts on outcomes at all.
    pub(super) fn judges(&self) -> bool {
        verification::KIND.allows(self.0.grants.roles, Action::Create, Place::Own)
    }

    /// The reader as the store asks what is whose to judge.
    pub(super) fn as_judge(&self, today: Date) -> Judge {
        Judge { person: self.0.person.id.clone(), today }
    }

    /// Whether the reader decides on what is held for a unit's leaders.
    pub(super) fn decides(&self, unit: Option<&UnitId>) -> bool {
        decides(&self.0.grants, &self.0.bank, unit)
    }
}

impl FromRequestParts<App> for Reader {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Response> {
        let nobody = || Problem::failed("a page without a guard before it").into_response();
        parts.extensions.get::<Self>().cloned().ok_or_else(nobody)
    }
}

//! A dossier's page, for the assigned people and the unit's leaders. That it is read is noted before it is shown.

use super::fields::Reading;
use super::frame::{Live, Page};
use super::parts::{dossier_path, prospect_path};
use super::query::{Raw, State as _};
use super::reader::Reader;
use super::words;
use super::wrong::{Instead, Wrong};
use crate::app::App;
use crate::store::{Deed, Entry, StoreError};
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::response::Response;
use canvass_core::domain::{RecordId, Zone};
use maud::html;

pub(super) async fn page(
    State(app): State<App>,
    reader: Reader,
    id: Result<Path<String>, PathRejection>,
    query: Result<Query<Raw>, QueryRejection>,
) -> Result<Response, Instead> {
    let plain = Raw::of(query)?.plain(&app, reader)?;
    let lang = plain.lang;
    let failed = |error: StoreError| Wrong::from(error).told(lang);
    // Whether there is none, or one that is not the reader's, is answered alike.
    let none = || Wrong::NoDossier.told(lang);
    let id: RecordId = id.ok().and_then(|Path(id)| id.parse().ok()).ok_or_else(none)?;
    let row = app.store.rows(vec![id]).await.map_err(failed)?.pop();
    let row = row.filter(|row| row.kind.spec().is_some_and(|kind| kind.is_confidential())).ok_or_else(none)?;
    let prospect = row.prospect.ok_or_else(none)?;
    let assigned = app.store.assigned(vec![prospect]).await.map_err(failed)?.remove(&prospect);
    if !plain.reader.reads_dossiers(assigned.as_ref()) {
        return Err(none());
    }
    let read = Entry::new(plain.reader.actor(), Deed::DossierRead, format!("dossier/{id}")).with("on a page");
    app.store.note(read, app.clock.now()).await.map_err(failed)?;
    let bank = app.store.bank().await.map_err(failed)?;
    let reading = Reading { lang, bank: &bank, zone: &Zone::china() };
    let path = dossier_path(id);
    let title = row.fields.text("name").unwrap_or(lang.of(words::DOSSIER)).to_owned();
    // A page that renewed itself would be read anew each time: this one stands still.
    let page =
        Page { app: &app, state: &plain, path: &path, title: title.clone(), live: Live::Records, tables: vec![] };
    page.answer(|_| {
        html! {
            p.kicker { a href=(plain.links().to(&prospect_path(prospect))) { "← " (lang.of(words::PROSPECT)) } }
            h1 { (title) }
            p.sub { (lang.of(words::DOSSIER)) }
            p.note { (lang.of(words::DOSSIER_NOTED)) }
            section {
                dl.fields {
                    @for (name, value) in reading.all(&row) { div { dt { (name) } dd { (value) } } }
                    div { dt { (lang.of(words::RECORDED_BY)) } dd { (reading.author(row.author)) } }
                }
            }
        }
    })
    .await
}

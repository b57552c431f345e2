//! Erasing a prospect from its page: head office's part of a person's right over their data.

use super::form::{Posted, carried};
use super::parts::prospect_path;
use super::query::Asked;
use super::words;
use super::wrong::{Instead, Whom, Wrong};
use crate::app::App;
use crate::store::{EraseOrder, StoreError};
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use canvass_core::domain::{Duty, RecordId, Zone, prospect};
use maud::{Markup, html};

/// The form, folded away: what it does cannot be undone, so the name has to be typed.
pub(super) fn form(asked: &Asked, id: RecordId, records: usize) -> Markup {
    let lang = asked.lang;
    html! {
        details.erase id="erase" {
            summary { (lang.of(words::ERASE)) }
            p.note { (lang.of(words::ERASE_HELP)) " (" (records) " " (lang.of(words::RECORDS)) ")" }
            form.line method="post" action=(prospect_path(id)) {
                (carried(&asked.reader, lang))
                label { (lang.of(words::ERASE_WHY)) input name="reason" maxlength="200" required; }
                label { (lang.of(words::ERASE_NAME)) input name="name" autocomplete="off" required; }
                button name="do" value="erase" { (lang.of(words::ERASE_NOW)) }
            }
        }
    }
}

/// Erases the prospect, if the form says its name.
pub(super) async fn erase(
    State(app): State<App>,
    id: Result<Path<String>, PathRejection>,
    Posted { reader, sent }: Posted,
) -> Result<Response, Instead> {
    let lang = sent.lang();
    let failed = |error: StoreError| Wrong::from(error).told(lang);
    let id = id.ok().and_then(|Path(id)| id.parse::<RecordId>().ok()).ok_or_else(|| Wrong::Form.told(lang))?;
    let row = app.store.rows(vec![id]).await.map_err(failed)?.pop();
    let name = row.filter(|row| row.kind.is(&prospect::KIND)).and_then(|row| Some(row.fields.text("name")?.to_owned()));
    let name =
        name.filter(|name| !name.trim().is_empty()).ok_or_else(|| Wrong::NoProspect(id.to_string()).told(lang))?;
    let to_whom = app.store.assigned(vec![id]).await.map_err(failed)?.remove(&id);
    let group = app.store.group(id).await.map_err(failed)?;
    let today = app.clock.now().date(&Zone::china());
    if !reader.has(Duty::EraseRecords) || !reader.sees_prospect(to_whom.as_ref(), &group, today) {
        return Err(Wrong::NotYours(Whom::HeadOffice).told(lang));
    }
    let reason: String = sent.text("reason").trim().chars().take(200).collect();
    if sent.text("do") != "erase" || reason.is_empty() || sent.text("name").trim() != name.trim() {
        return Err(Wrong::NotConfirmed.told(lang));
    }
    let order = EraseOrder { record: id, reason, by: reader.actor(), at: app.clock.now() };
    for record in app.store.erase(order).await.map_err(failed)? {
        // What cannot be reached just now goes when the server starts the next time.
        if let Err(error) = app.blobs.erase(record).await {
            tracing::error!(%error, %record, "the bytes of an attachment that was erased could not be destroyed yet");
        }
    }
    Ok(Redirect::to(&format!("{}?lang={}", prospect_path(id), lang.name())).into_response())
}

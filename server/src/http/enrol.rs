//! `POST /v1/enrol`: a phone answers an invitation with its key, and is told who it is from now on. `POST /v1/handover`: a
//! revoked phone hands over, once, what it had not pushed.

use super::body::Brought;
use super::signed::{CONTENT_TYPE, Signed, SignedFarewell, is_sync};
use super::sync::{dossier_key, message, off_thread, packed, proven, to_its_end};
use super::{App, Problem};
use crate::ingest::{Grants, Told, token};
use crate::store::LEASE_MS;
use crate::store::devices::EnrolOrder;
use crate::store::queue::HandOverOrder;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response as HttpResponse};
use canvass_core::domain::{Zone, dossier};
use canvass_core::wire::{EnrolRequest, EnrolResponse, Enrolled, Request, Response};

pub(super) async fn enrol(
    State(app): State<App>,
    headers: HeaderMap,
    Brought(body): Brought,
) -> Result<HttpResponse, Problem> {
    is_sync(&headers)?;
    let request = off_thread(move || EnrolRequest::decode(&body)).await??;
    if !request.is_proven() {
        return Err(Problem::bad_signature());
    }
    let now = app.clock.now();
    let (invitation, code) = (request.invitation, *request.code.as_bytes());
    let order = EnrolOrder { invitation, code, key: request.public_key, before: request.before, at: now };
    let device = app.store.enrol(order).await?.map_err(Problem::invitation)?;
    let bank = app.store.bank().await?;
    let person = bank.holder(device).ok_or_else(|| Problem::unknown_device(device))?;
    let grants = Grants::of(&bank, &person.id, now.date(&Zone::china()));
    let grants = grants.ok_or_else(|| Problem::unknown_device(device))?;
    let (secrets, sequence) = (app.store.secrets(), app.store.versions().await?.sequence);
    let reads = grants.reads(&(&dossier::KIND).into());
    let enrolled = Enrolled {
        device,
        person: person.id.clone(),
        name: person.name.clone(),
        roles: grants.roles,
        units: grants.units.clone(),
        clock: now,
        server_key: secrets.signer().public_key(),
        token: token::token(secrets, device, &Told { at: now, sequence, grants }).into(),
        lease_ms: LEASE_MS.unsigned_abs(),
        dossier_key: reads.then(|| dossier_key(secrets, device)),
    };
    let body = EnrolResponse::seal(&enrolled, secrets.signer()).map_err(Problem::failed)?.encode()?;
    Ok(([(header::CONTENT_TYPE, HeaderValue::from_static(CONTENT_TYPE))], body).into_response())
}

pub(super) async fn hand_over(
    SignedFarewell(signed): SignedFarewell,
    State(app): State<App>,
    Brought(body): Brought,
) -> Result<HttpResponse, Problem> {
    to_its_end(async move {
        let _turn = app.limits.records().turn(signed.device).await;
        let request = message(&app, &signed, body).await?;
        taken_over(&app, &signed, request).await
    })
    .await
}

async fn taken_over(app: &App, signed: &Signed, request: Request) -> Result<HttpResponse, Problem> {
    let now = app.clock.now();
    let secrets = app.store.secrets();
    let told = request.token.as_ref().and_then(|text| token::told(secrets, signed.device, &request.person, text));
    let order = HandOverOrder {
        device: signed.device,
        digest: signed.digest(),
        at: now,
        told,
        proven: proven(secrets, &request.receipts),
        readings: request.readings,
        pushes: request.pushes,
    };
    let verdicts = app.store.hand_over(order).await?.ok_or_else(Problem::handed_over)?;
    packed(Response { verdicts, ..Response::new(request.nonce, now) }).await
}

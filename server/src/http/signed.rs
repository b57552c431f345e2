//! Signed requests: who sends one is known, and believed, before a byte of its body is read.

use super::limits::{Lane, Place};
use super::{App, Problem};
use crate::access::of_the_bank;
use crate::store::devices::{HandOver, Revocation};
use axum::body::Bytes;
use axum::extract::FromRequestParts;
use axum::extract::rejection::BytesRejection;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use canvass_core::domain::{DeviceNumber, PersonId, Zone};
use canvass_core::signing::{Authorization, MAX_SKEW_MS};
use canvass_core::wire::{Demand, Directive, MAX_BODY, SignedDirective};

/// The type of the bodies that phones send and get.
pub const CONTENT_TYPE: &str = "application/vnd.canvass.sync";

/// A request signed by a device that is known and was not revoked.
pub(super) struct Signed {
    pub(super) device: DeviceNumber,
    pub(super) person: PersonId,
    authorization: Authorization,
    /// Held while the request is worked on.
    _place: Place<DeviceNumber>,
}

/// A request about attachments, signed by a device that is known and was not revoked.
pub(super) struct SignedForAttachments(pub(super) Signed);

/// A request signed by a device that was revoked, and whose last work is wanted.
pub(super) struct SignedFarewell(pub(super) Signed);

impl FromRequestParts<App> for Signed {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        admitted(parts, app, app.limits.records()).await
    }
}

impl FromRequestParts<App> for SignedForAttachments {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        admitted(parts, app, app.limits.attachments()).await.map(Self)
    }
}

async fn admitted(parts: &Parts, app: &App, lane: &Lane) -> Result<Signed, Problem> {
    match admit(parts, app, lane).await? {
        (signed, None) => Ok(signed),
        (signed, Some(revocation)) => Err(farewell(app, signed.device, &revocation)),
    }
}

impl FromRequestParts<App> for SignedFarewell {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        match admit(parts, app, app.limits.records()).await? {
            (signed, Some(revocation)) if revocation.hand_over != HandOver::No => Ok(Self(signed)),
            (signed, Some(revocation)) => Err(farewell(app, signed.device, &revocation)),
            (_, None) => Err(Problem::not_revoked()),
        }
    }
}

/// Checks a request's signature. Says whether its device was revoked.
async fn admit(parts: &Parts, app: &App, lane: &Lane) -> Result<(Signed, Option<Revocation>), Problem> {
    is_sync(&parts.headers)?;
    let text = parts.headers.get(header::AUTHORIZATION).and_then(|text| text.to_str().ok());
    let authorization: Authorization =
        text.ok_or_else(|| Problem::unsigned("this request is not signed"))?.parse().map_err(Problem::unsigned)?;
    let device = authorization.device;
    lane.waits(device)?;
    let credential = app.store.credential(device).await?.ok_or_else(|| Problem::unknown_device(device))?;
    if !authorization.is_by(&credential.key, parts.uri.path()) {
        return Err(Problem::bad_signature());
    }
    let now = app.clock.now();
    // Also for a device that was revoked: what it is told depends on no clock but the server's.
    if (now.millis() - authorization.at.millis()).abs() > MAX_SKEW_MS {
        return Err(Problem::stale_time(now));
    }
    // A body of untold length is counted as the longest.
    let length = parts.headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    lane.take(device, length.unwrap_or(MAX_BODY as u64))?;
    let _place = lane.place(device)?;
    let signed = Signed { device, person: credential.person, authorization, _place };
    // A leaver whose phone nobody thought of gets nothing more; what it had not pushed waits on it until it is revoked.
    let bank = app.store.bank().await?;
    if credential.revoked.is_none() && !of_the_bank(&bank, &signed.person, now.date(&Zone::china())) {
        return Err(Problem::not_of_the_bank(&signed.person));
    }
    Ok((signed, credential.revoked))
}

/// Makes sure that a device was not revoked while its request was being worked on.
pub(super) async fn still_admitted(app: &App, device: DeviceNumber) -> Result<(), Problem> {
    let credential = app.store.credential(device).await?.ok_or_else(|| Problem::unknown_device(device))?;
    credential.revoked.map_or(Ok(()), |revocation| Err(farewell(app, device, &revocation)))
}

/// What a revoked device is told: to wipe, under the server's signature, for itself alone.
fn farewell(app: &App, device: DeviceNumber, revocation: &Revocation) -> Problem {
    let hand_over = revocation.hand_over == HandOver::Offered;
    let directive = Directive { device, what: Demand::Wipe, hand_over, at: revocation.at };
    match SignedDirective::sign(&directive, app.store.secrets().signer()) {
        Ok(directive) => Problem::revoked(&directive.to_string()),
        Err(error) => Problem::failed(error),
    }
}

/// Whether a body is of the type that phones send.
pub(super) fn is_sync(headers: &HeaderMap) -> Result<(), Problem> {
    match headers.get(header::CONTENT_TYPE) {
        Some(value) if value.as_bytes() == CONTENT_TYPE.as_bytes() => Ok(()),
        _ => Err(Problem::unsupported_media_type(CONTENT_TYPE)),
    }
}

/// A body as it was read, if it was not longer than its route takes.
pub(super) fn read(body: Result<Bytes, BytesRejection>, most: usize) -> Result<Bytes, Problem> {
    body.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Problem::too_large(format!("the body is larger than {most} bytes")),
        _ => Problem::unreadable(rejection),
    })
}

impl Signed {
    /// The body, if it is the one that was signed. A link that cuts a body makes it another.
    pub(super) fn body(&self, body: Bytes) -> Result<Bytes, Problem> {
        if self.authorization.covers(&body) { Ok(body) } else { Err(Problem::other_body()) }
    }

    /// The digest of the body.
    pub(super) fn digest(&self) -> [u8; 32] {
        self.authorization.digest
    }

    /// Makes sure that a message names who signed it.
    pub(super) fn is_of(&self, device: DeviceNumber, person: &PersonId) -> Result<(), Problem> {
        if device == self.device && *person == self.person { Ok(()) } else { Err(Problem::anothers_name()) }
    }
}

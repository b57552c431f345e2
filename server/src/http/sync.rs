//! `POST /v1/sync`: decode, ingest, pull, encode.

use super::{App, Problem};
use crate::store::{IngestOrder, PullOrder};
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response as HttpResponse};
use canvass_core::domain::RecordId;
use canvass_core::wire::{MAX_BODY, Push, Request, Response};
use std::collections::HashSet;

/// The type of sync bodies.
pub const CONTENT_TYPE: &str = "application/vnd.canvass.sync";

/// How many records and changes one request may push: every one costs the writer time, however small it is. A phone that is
/// told so halves what it sends.
const MAX_PUSHED: usize = 10_000;

pub(super) async fn sync(
    State(app): State<App>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<HttpResponse, Problem> {
    if headers.get(header::CONTENT_TYPE).is_none_or(|value| value.as_bytes() != CONTENT_TYPE.as_bytes()) {
        return Err(Problem::unsupported_media_type(CONTENT_TYPE));
    }
    let body = body.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Problem::too_large(format!("the body is larger than {MAX_BODY} bytes")),
        _ => Problem::unreadable(rejection),
    })?;
    let request = off_thread(move || Request::decode(&body)).await??;
    bounded(&request.pushes)?;
    let response = answer(&app, request).await?;
    let body = off_thread(move || response.encode()).await??;
    Ok(([(header::CONTENT_TYPE, HeaderValue::from_static(CONTENT_TYPE))], body).into_response())
}

/// Makes sure that what is pushed takes bounded time. A record's document is loaded once for each push of it, so a record
/// stands there once.
fn bounded(pushes: &[Push]) -> Result<(), Problem> {
    let pushed = pushes.iter().map(|push| 1 + push.changes.len()).sum::<usize>();
    if pushed > MAX_PUSHED {
        return Err(Problem::too_large(format!(
            "{pushed} records and changes are pushed: send at most {MAX_PUSHED} at once"
        )));
    }
    let records: HashSet<RecordId> = pushes.iter().map(|push| push.record).collect();
    if records.len() < pushes.len() {
        return Err(Problem::unreadable("a record is pushed twice in one request: push all its changes together"));
    }
    Ok(())
}

async fn answer(app: &App, request: Request) -> Result<Response, Problem> {
    let now = app.clock.now();
    app.store.admit(request.device, &request.person).await?;
    let pushed = request.pushes.iter().flat_map(|push| push.hashes().collect::<Vec<_>>()).collect();
    let verdicts = if request.pushes.is_empty() {
        Vec::new()
    } else {
        let order = IngestOrder::new(request.device, now, request.pushes);
        app.store.ingest(order).await?
    };
    let pulled = app
        .store
        .pull(PullOrder {
            person: request.person,
            now,
            positions: request.positions,
            reference: request.reference,
            standings: request.standings,
            // Compressed, so much fits into a body with room to spare.
            budget: usize::try_from(request.budget).unwrap_or(MAX_BODY).min(MAX_BODY / 2),
            pushed,
        })
        .await?;
    Ok(Response {
        verdicts,
        deliveries: pulled.deliveries,
        evictions: pulled.evictions,
        positions: pulled.positions,
        more: pulled.more,
        reference: pulled.reference,
        standings: pulled.standings,
        ..Response::new(request.nonce, now)
    })
}

/// Runs what takes processor time off the threads that serve everybody.
async fn off_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
    tokio::task::spawn_blocking(work).await.map_err(Problem::failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn push(n: u8, changes: usize) -> Push {
        let kind = "visit".parse().expect("a kind");
        Push { record: RecordId::new(1, [n; 10]), kind, changes: vec![vec![].into(); changes] }
    }

    #[test]
    fn what_would_keep_the_writer_busy_for_long_is_turned_away_at_the_door() {
        let status = |pushes: &[Push]| bounded(pushes).map_err(|problem| problem.status());
        assert_eq!(status(&[push(1, MAX_PUSHED - 3), push(2, 1)]), Ok(()));
        assert_eq!(status(&[push(1, MAX_PUSHED - 2), push(2, 1)]), Err(StatusCode::PAYLOAD_TOO_LARGE));
        assert_eq!(status(&[push(1, 1), push(2, 1), push(1, 1)]), Err(StatusCode::BAD_REQUEST));
    }
}

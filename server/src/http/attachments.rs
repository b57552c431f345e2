//! `POST /v1/attachments/state`, `/put`, `/get`: the bytes of attachments, a piece at a time, for phones that may hold the records
//! which name them. To all others there are none.

use super::body::Brought;
use super::signed::{CONTENT_TYPE, Signed, SignedForAttachments, still_admitted};
use super::sync::{off_thread, to_its_end};
use super::{App, Problem};
use crate::store::{KnownAttachment, Standing};
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response as HttpResponse};
use canvass_core::domain::{PersonId, Zone};
use canvass_core::wire::{
    GetRequest, GetResponse, Held, MAX_ASKED, MAX_PIECE, Named, PutRequest, PutResponse, StateRequest, StateResponse,
    UNIT, WireError,
};

/// The largest body of such a request: a piece that does not compress, and what is said of it.
pub(super) const MAX_BODY: usize = 512 * 1024;

pub(super) async fn state(
    SignedForAttachments(signed): SignedForAttachments,
    State(app): State<App>,
    Brought(body): Brought,
) -> Result<HttpResponse, Problem> {
    to_its_end(async move {
        let _turn = app.limits.attachments().turn(signed.device).await;
        let body = signed.body(body)?;
        let request = off_thread(move || StateRequest::decode(&body)).await??;
        signed.is_of(request.device, &request.person)?;
        if request.asked.len() > MAX_ASKED {
            let asked = request.asked.len();
            return Err(Problem::too_large(format!("{asked} attachments: ask about at most {MAX_ASKED} at once")));
        }
        let mut states = Vec::with_capacity(request.asked.len());
        for (named, known) in request.asked.iter().zip(known(&app, &request.person, &request.asked).await?) {
            states.push(match known {
                Some(known) => app.blobs.held(signed.device, named, known.attachment.size).await?,
                None => Held::Unknown,
            });
        }
        answer(&app, &signed, StateResponse::new(request.nonce, states).encode()).await
    })
    .await
}

pub(super) async fn put(
    SignedForAttachments(signed): SignedForAttachments,
    State(app): State<App>,
    Brought(body): Brought,
) -> Result<HttpResponse, Problem> {
    to_its_end(async move {
        let _turn = app.limits.attachments().turn(signed.device).await;
        let body = signed.body(body)?;
        let request = off_thread(move || PutRequest::decode(&body)).await??;
        signed.is_of(request.device, &request.person)?;
        let PutRequest { named, offset, piece, .. } = &request;
        if piece.len() as u64 > MAX_PIECE {
            let words = format!("a piece of {} bytes: send at most {MAX_PIECE} at once", piece.len());
            return Err(Problem::too_large(words));
        }
        let held = match known(&app, &request.person, &[*named]).await?.pop().flatten() {
            Some(known) => app.blobs.put(signed.device, named, known.attachment.size, *offset, piece).await?,
            None => Held::Unknown,
        };
        answer(&app, &signed, PutResponse::new(request.nonce, held).encode()).await
    })
    .await
}

pub(super) async fn get(
    SignedForAttachments(signed): SignedForAttachments,
    State(app): State<App>,
    Brought(body): Brought,
) -> Result<HttpResponse, Problem> {
    to_its_end(async move {
        let _turn = app.limits.attachments().turn(signed.device).await;
        let body = signed.body(body)?;
        let request = off_thread(move || GetRequest::decode(&body)).await??;
        signed.is_of(request.device, &request.person)?;
        let GetRequest { named, offset, most, .. } = &request;
        if !(UNIT..=MAX_PIECE).contains(most) || !most.is_multiple_of(UNIT) || !offset.is_multiple_of(UNIT) {
            let words = format!("a piece begins at a multiple of {UNIT} and has as many bytes, up to {MAX_PIECE}");
            return Err(Problem::unreadable(words));
        }
        let known = known(&app, &request.person, &[*named]).await?.pop().flatten();
        let response = match known.filter(|known| known.standing == Standing::Holds) {
            Some(known) => {
                let size = known.attachment.size;
                app.limits.attachments().take_bytes(signed.device, (*most).min(size.saturating_sub(*offset)))?;
                let piece = app.blobs.get(named, size, *offset, *most).await?;
                let held = if piece.is_some() { Held::Whole } else { Held::Partly(0) };
                GetResponse::new(request.nonce, held, piece)
            }
            None => GetResponse::new(request.nonce, Held::Unknown, None),
        };
        answer(&app, &signed, response.encode()).await
    })
    .await
}

/// What a person may know of some attachments: nothing of one whose record names other bytes.
async fn known(app: &App, person: &PersonId, asked: &[Named]) -> Result<Vec<Option<KnownAttachment>>, Problem> {
    let today = app.clock.now().date(&Zone::china());
    let records = asked.iter().map(|named| named.record).collect();
    let known = app.store.attachments(person.clone(), today, records).await?;
    let same = |(known, named): (Option<KnownAttachment>, &Named)| {
        known.filter(|known| known.attachment.digest == named.digest)
    };
    Ok(known.into_iter().zip(asked).map(same).collect())
}

/// An answer, unless its phone was revoked meanwhile.
async fn answer(app: &App, signed: &Signed, body: Result<Vec<u8>, WireError>) -> Result<HttpResponse, Problem> {
    still_admitted(app, signed.device).await?;
    Ok(([(header::CONTENT_TYPE, HeaderValue::from_static(CONTENT_TYPE))], body?).into_response())
}

//! An attachment's bytes, for whoever may read its record on the prospect's page. What a browser shows safely it shows; everything
//! else is taken along as a file, whatever its record calls it.

use super::query::{Raw, State as _};
use super::reader::Reader;
use super::wrong::{Instead, Wrong};
use crate::app::App;
use crate::blobs::Blobs;
use crate::store::StoreError;
use axum::body::Body;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use canvass_core::domain::attachment::{self, Attachment};
use canvass_core::domain::{RecordId, Zone};
use canvass_core::wire::{MAX_PIECE, Named};
use futures_util::stream;

/// What browsers show without running anything of it.
const SHOWN: [&str; 7] = ["image/jpeg", "image/png", "image/webp", "image/gif", "audio/mpeg", "audio/mp4", "audio/ogg"];

/// Where an attachment's bytes are.
pub(super) fn attachment_path(attachment: RecordId) -> String {
    format!("/attachments/{attachment}")
}

pub(super) async fn bytes(
    State(app): State<App>,
    reader: Reader,
    id: Result<Path<String>, PathRejection>,
    query: Result<Query<Raw>, QueryRejection>,
) -> Result<Response, Instead> {
    let plain = Raw::of(query)?.plain(&app, reader)?;
    let lang = plain.lang();
    let failed = |error: StoreError| Wrong::from(error).told(lang);
    // Whether there is none, one whose bytes have not come, or one that is not the reader's, is answered alike.
    let none = || Wrong::NoAttachment.told(lang);
    let id: RecordId = id.ok().and_then(|Path(id)| id.parse().ok()).ok_or_else(none)?;
    let row = app.store.rows(vec![id]).await.map_err(failed)?.pop();
    let row = row.filter(|row| row.kind.is(&attachment::KIND)).ok_or_else(none)?;
    let prospect = row.prospect.ok_or_else(none)?;
    let assigned = app.store.assigned(vec![prospect]).await.map_err(failed)?.remove(&prospect);
    let group = app.store.group(prospect).await.map_err(failed)?;
    let today = app.clock.now().date(&Zone::china());
    if !plain.reader.sees_prospect(assigned.as_ref(), &group, today) || !plain.reader.reads_row(&row) {
        return Err(none());
    }
    let attachment = Attachment::read(&row.fields).map_err(|_| none())?;
    let named = Named { record: id, digest: attachment.digest };
    let first = app.blobs.get(&named, attachment.size, 0, MAX_PIECE).await;
    let first = first.map_err(|error| Wrong::Server(error.into()).told(lang))?.ok_or_else(none)?;
    Ok(answer(app.blobs.clone(), named, &attachment, first))
}

fn answer(blobs: Blobs, named: Named, attachment: &Attachment, first: Vec<u8>) -> Response {
    let size = attachment.size;
    let shown = SHOWN.iter().find(|shown| **shown == attachment.caption.media_type);
    let kind = shown.copied().unwrap_or("application/octet-stream");
    // A piece at a time, so that a crowd of readers takes little memory.
    let rest = stream::try_unfold((Some(first), 0), move |(ready, offset)| {
        let blobs = blobs.clone();
        async move {
            let piece = match ready {
                Some(piece) => Some(piece),
                None => blobs.get(&named, size, offset, MAX_PIECE).await.map_err(std::io::Error::other)?,
            };
            let cut = std::io::Error::from(std::io::ErrorKind::UnexpectedEof);
            match piece {
                Some(piece) => {
                    let end = offset + piece.len() as u64;
                    Ok(Some((piece, (None, end))))
                }
                None if offset == size => Ok(None),
                None => Err(cut),
            }
        }
    });
    let name = attachment.caption.name.as_deref().unwrap_or("attachment");
    let how = if shown.is_some() { "inline" } else { "attachment" };
    let disposition = format!("{how}; filename*=UTF-8''{}", encoded(name));
    let mut response = Body::from_stream(rest).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(size));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox"));
    if let Ok(disposition) = HeaderValue::from_str(&disposition) {
        headers.insert(header::CONTENT_DISPOSITION, disposition);
    }
    response
}

/// A name as RFC 5987 has it.
fn encoded(name: &str) -> String {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    name.bytes().map(|byte| if plain(&byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

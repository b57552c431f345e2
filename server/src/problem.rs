//! Errors on HTTP: problem+json (RFC 9457), each with what happened and what to do.

use crate::blobs::BlobError;
use crate::store::StoreError;
use crate::store::devices::InvitationError;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use canvass_core::domain::{DeviceNumber, PersonId, ServerTime};
use canvass_core::wire::WireError;
use std::time::Duration;

/// An error as the other side sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    status: StatusCode,
    code: &'static str,
    title: &'static str,
    detail: String,
    /// A member beside the standard ones, for programs.
    member: Option<(&'static str, String)>,
}

impl Problem {
    fn new(status: StatusCode, code: &'static str, title: &'static str, detail: impl ToString) -> Self {
        Self { status, code, title, detail: detail.to_string(), member: None }
    }

    fn unauthorized(code: &'static str, detail: impl ToString) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, code, "Not authorized", detail)
    }

    /// A request of a phone without a signature that can be read.
    pub fn unsigned(detail: impl ToString) -> Self {
        Self::unauthorized("unsigned", format!("{}: enrol this phone, and sign with its key", detail.to_string()))
    }

    /// A device that was never enrolled.
    pub fn unknown_device(device: DeviceNumber) -> Self {
        Self::unauthorized(
            "unknown-device",
            format!("device {device} is not enrolled here: enrol it with an invitation"),
        )
    }

    /// A signature by another key, or over something else.
    pub fn bad_signature() -> Self {
        let detail = "the signature does not fit this request: it was changed on the way, or signed by another key";
        Self::unauthorized("bad-signature", detail)
    }

    /// A signature that is too old or too new; the phone signs again by this clock.
    pub fn stale_time(now: ServerTime) -> Self {
        let detail =
            format!("the request was signed at another time than the server's {now}: sign it again at that time");
        Self { member: Some(("time", now.millis().to_string())), ..Self::unauthorized("stale-time", detail) }
    }

    /// The device was revoked; it is told what to do under the server's signature.
    pub fn revoked(directive: &str) -> Self {
        let detail = "this phone was revoked: what it holds is wiped; ask your administrator for a new invitation";
        let problem = Self::new(StatusCode::FORBIDDEN, "revoked", "Revoked", detail);
        Self { member: Some(("directive", directive.to_owned())), ..problem }
    }

    /// The person belongs to no unit any more.
    pub fn not_of_the_bank(person: &PersonId) -> Self {
        let detail = format!("{person} belongs to no unit of this bank any more: ask your administrator");
        Self::new(StatusCode::FORBIDDEN, "not-of-the-bank", "Not of the bank", detail)
    }

    /// Only revoked devices hand over.
    pub fn not_revoked() -> Self {
        let detail = "this phone was not revoked: it syncs as usual, and has nothing to hand over";
        Self::new(StatusCode::CONFLICT, "not-revoked", "Not revoked", detail)
    }

    /// Something else was handed over already.
    pub fn handed_over() -> Self {
        let detail = "this phone handed over what it had once already";
        Self::new(StatusCode::CONFLICT, "handed-over", "Handed over", detail)
    }

    /// A body that is not the one that was signed.
    pub fn other_body() -> Self {
        let detail = "the body is not the one that was signed: it was cut or changed on the way; send it again";
        Self::new(StatusCode::BAD_REQUEST, "other-body", "Another body", detail)
    }

    /// A message that names another device or person than signed it.
    pub fn anothers_name() -> Self {
        let detail = "the message names another device or person than the one that signed it";
        Self::new(StatusCode::FORBIDDEN, "anothers-name", "Another's name", detail)
    }

    /// An invitation that brings nobody in.
    pub fn invitation(error: InvitationError) -> Self {
        let (status, code) = match error {
            InvitationError::Unknown => (StatusCode::NOT_FOUND, "invitation-unknown"),
            InvitationError::Expired => (StatusCode::GONE, "invitation-expired"),
            InvitationError::Void => (StatusCode::GONE, "invitation-void"),
            InvitationError::Used => (StatusCode::GONE, "invitation-used"),
            InvitationError::NumberTaken => (StatusCode::CONFLICT, "number-taken"),
        };
        Self::new(status, code, "The invitation brings nobody in", error)
    }

    /// There is nothing here.
    pub fn not_found(detail: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found", "Not found", detail)
    }

    /// There is something here, but not for this method.
    pub fn method_not_allowed() -> Self {
        let detail = "this address does not take that method: sync is a POST, pages are a GET";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", "Method not allowed", detail)
    }

    /// A parameter in the address is wrong.
    pub fn bad_parameter(detail: impl ToString) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad-parameter", "A parameter is wrong", detail)
    }

    /// The body took too long.
    pub fn late(within: Duration) -> Self {
        let detail =
            format!("the body did not come within {} seconds: send it again, or less at once", within.as_secs());
        Self::new(StatusCode::REQUEST_TIMEOUT, "late", "Too late", detail)
    }

    /// The body is of another type.
    pub fn unsupported_media_type(expected: &str) -> Self {
        let detail = format!("send a body of type {expected}");
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type", "Unsupported media type", detail)
    }

    /// The body did not arrive.
    pub fn unreadable(detail: impl ToString) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "malformed", "The request is malformed", detail)
    }

    /// The body is too large.
    pub fn too_large(detail: impl ToString) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", "The request is too large", detail)
    }

    /// So many pages are open that no other can be kept up to date.
    pub fn too_many_listeners() -> Self {
        let detail = "too many pages are kept up to date at once: reload the page to see what is new";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "too-many-listeners", "Too many listeners", detail)
    }

    /// Somebody asks for more than they may; they are told when to ask again.
    pub fn too_many_requests(words: &str, wait: Duration) -> Self {
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        let seconds = seconds.clamp(1, 3600);
        let plural = if seconds == 1 { "" } else { "s" };
        let detail = format!("{words}: wait {seconds} second{plural} and send it again");
        let problem = Self::new(StatusCode::TOO_MANY_REQUESTS, "too-many-requests", "Too many requests", detail);
        Self { member: Some(("retry_after", seconds.to_string())), ..problem }
    }

    /// A request in the clear that did not come through the declared proxy.
    pub fn around_the_proxy() -> Self {
        let detail = "this server is reached through its proxy, over https: use the address that your invitation names";
        Self::new(StatusCode::FORBIDDEN, "around-the-proxy", "Only through the proxy", detail)
    }

    /// A request that reached the declared proxy in the clear, or a proxy that does not say how it was reached.
    pub fn in_the_clear() -> Self {
        let detail = "this server is reached over https only: use the address that your invitation names; the operator's proxy \
                      has to say X-Forwarded-Proto: https of what came to it so";
        Self::new(StatusCode::FORBIDDEN, "in-the-clear", "Only over https", detail)
    }

    /// Nobody is logged in, or the session has ended.
    pub fn not_logged_in() -> Self {
        let detail = "nobody is logged in, or the session has ended: log in at /login with a browser";
        Self::new(StatusCode::UNAUTHORIZED, "not-logged-in", "Not logged in", detail)
    }

    /// The server itself failed at something that should not fail.
    pub fn failed(error: impl ToString) -> Self {
        tracing::error!(error = error.to_string(), "the server failed");
        let detail = "the server failed at this request; it can be sent again, and the operator finds more in the log";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "failed", "The server failed", detail)
    }

    /// The status that goes with it.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// What happened and what to do.
    pub fn detail(&self) -> &str {
        &self.detail
    }
}

impl From<WireError> for Problem {
    fn from(error: WireError) -> Self {
        match &error {
            WireError::TooLarge { .. } | WireError::TooMany { .. } => Self::too_large(&error),
            WireError::Version { .. } => {
                Self::new(StatusCode::UPGRADE_REQUIRED, "protocol-version", "Another protocol version", &error)
            }
            WireError::Compression(_) | WireError::Malformed(_) => Self::unreadable(&error),
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        let (status, code, title) = match &error {
            StoreError::Disabled(_) => (StatusCode::CONFLICT, "disabled", "Disabled"),
            StoreError::UnknownPerson(_) => (StatusCode::FORBIDDEN, "unknown-person", "Unknown person"),
            StoreError::Revoked(_) => (StatusCode::FORBIDDEN, "revoked", "Revoked"),
            StoreError::Forbidden(_) => (StatusCode::FORBIDDEN, "forbidden", "Not allowed"),
            StoreError::EditedMeanwhile(_) | StoreError::JudgedMeanwhile(_) | StoreError::Undecided(_) => {
                (StatusCode::CONFLICT, "not-as-seen", "Not as it was seen")
            }
            StoreError::OthersDevice { .. } => (StatusCode::CONFLICT, "device-of-another", "Another's device"),
            StoreError::CampaignEditedMeanwhile(_) => (StatusCode::CONFLICT, "edited-meanwhile", "Edited meanwhile"),
            StoreError::LoginExists(_) => (StatusCode::CONFLICT, "login-exists", "There is a login"),
            StoreError::NoLogin(_) => (StatusCode::NOT_FOUND, "no-login", "There is no login"),
            StoreError::NoSuchRecord { .. } | StoreError::NoBulletin(..) => {
                (StatusCode::NOT_FOUND, "not-found", "Not found")
            }
            StoreError::Invalid(_) | StoreError::Bank(_) => {
                (StatusCode::BAD_REQUEST, "bad-parameter", "A parameter is wrong")
            }
            StoreError::Full => (StatusCode::INSUFFICIENT_STORAGE, "storage-full", "Storage is full"),
            StoreError::Busy => (StatusCode::SERVICE_UNAVAILABLE, "busy", "Busy"),
            StoreError::Secret(_) | StoreError::Damaged(_) | StoreError::Newer(_) | StoreError::Storage(_) => {
                tracing::error!(%error, "the store failed");
                let title = "The server's storage failed";
                return Self::new(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "storage",
                    title,
                    "the server could not use its storage; nothing of this request was kept, and it can be sent again",
                );
            }
        };
        Self::new(status, code, title, &error)
    }
}

impl From<BlobError> for Problem {
    fn from(error: BlobError) -> Self {
        if matches!(error, BlobError::Full) {
            return Self::new(StatusCode::INSUFFICIENT_STORAGE, "storage-full", "Storage is full", error);
        }
        tracing::error!(%error, "the storage of attachments failed");
        let detail = "the server could not use its storage of attachments; what was asked can be sent again";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "storage", "The server's storage failed", detail)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut body = serde_json::json!({
            "type": format!("urn:canvass:problem:{}", self.code),
            "title": self.title,
            "status": self.status.as_u16(),
            "detail": self.detail,
        });
        if let (Some((name, text)), Some(members)) = (self.member, body.as_object_mut()) {
            let value = text.parse::<i64>().map_or_else(|_| text.into(), Into::into);
            members.insert(name.to_owned(), value);
        }
        let retry_after = match body.get("retry_after") {
            Some(seconds) => HeaderValue::from_str(&seconds.to_string()).ok(),
            None => (self.status == StatusCode::SERVICE_UNAVAILABLE).then(|| HeaderValue::from_static("1")),
        };
        let mut response = (self.status, body.to_string()).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(retry_after) = retry_after {
            headers.insert(header::RETRY_AFTER, retry_after);
        }
        response
    }
}

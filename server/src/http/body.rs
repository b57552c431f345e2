//! Reading what is sent, within a time that counts from its first byte to its last: whoever sends a byte now and then would
//! otherwise keep a place for hours.

use super::Problem;
use super::signed::read;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, FromRequest, Request};
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use canvass_core::wire::MAX_BODY;
use std::time::Duration;
use tokio::time::timeout;
use tower::limit::GlobalConcurrencyLimitLayer;

/// How long something small may take that anybody may send: a form, an answer to an invitation.
const SMALL_WITHIN: Duration = Duration::from_secs(10);

/// How long the largest body may take of a phone that is known: 4 MiB over a very bad link.
const SIGNED_WITHIN: Duration = Duration::from_secs(300);

/// The body of a request of a phone, read once it is known who sends it, and while its place is held.
pub(super) struct Brought(pub(super) Bytes);

impl<S: Send + Sync> FromRequest<S> for Brought {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let body = timeout(SIGNED_WITHIN, Bytes::from_request(request, state)).await;
        read(body.map_err(|_| Problem::late(SIGNED_WITHIN))?, MAX_BODY).map(Self)
    }
}

/// Routes to which anybody may send something small, and how many of it are worked on at once. Each comes whole before it takes
/// one of their places, so that whoever sends slowly waits for themselves alone.
pub(crate) fn small<S: Clone + Send + Sync + 'static>(routes: Router<S>, bounds: Small) -> Router<S> {
    let whole = move |request, next| whole(request, next, bounds);
    routes
        .layer(GlobalConcurrencyLimitLayer::new(bounds.at_once))
        .layer(from_fn(whole))
        .layer(DefaultBodyLimit::max(bounds.bytes))
}

/// What is taken of anybody.
#[derive(Clone, Copy)]
pub(crate) struct Small {
    /// How long one may be.
    pub(crate) bytes: usize,
    /// How many are worked on at once.
    pub(crate) at_once: usize,
    /// How it is said that one did not come.
    pub(crate) refusal: fn(Problem) -> Response,
}

async fn whole(request: Request, next: Next, bounds: Small) -> Response {
    let (parts, body) = request.into_parts();
    let body = Bytes::from_request(Request::from_parts(parts.clone(), body), &());
    let body = timeout(SMALL_WITHIN, body).await.map_err(|_| Problem::late(SMALL_WITHIN));
    match body.and_then(|body| read(body, bounds.bytes)) {
        Ok(body) => next.run(Request::from_parts(parts, body.into())).await,
        Err(problem) => (bounds.refusal)(problem),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;
    use axum::response::IntoResponse;
    use axum::routing::post;
    use futures_util::FutureExt;
    use futures_util::stream::{self, StreamExt};
    use std::convert::Infallible;
    use tokio::time::{Instant, sleep};
    use tower::ServiceExt;

    /// A body of which one byte comes every nine seconds, for hours.
    fn dripping() -> Body {
        Body::from_stream(stream::unfold((), |()| async {
            sleep(Duration::from_secs(9)).await;
            Some((Ok::<_, Infallible>("x"), ()))
        }))
    }

    async fn asked(routes: &Router, body: Body) -> (u16, Duration) {
        let begun = Instant::now();
        let request = Request::post("/").body(body).expect("a request");
        let answer = routes.clone().oneshot(request).await.expect("answered");
        (answer.status().as_u16(), begun.elapsed())
    }

    #[tokio::test(start_paused = true)]
    async fn who_sends_slowly_takes_nobodys_place_and_has_ten_seconds_in_all() {
        let bounds = Small { bytes: 100, at_once: 2, refusal: IntoResponse::into_response };
        let routes: Router = small(Router::new().route("/", post(|body: Bytes| async move { body })), bounds);
        let slow = stream::iter(0..50).map(|_| asked(&routes, dripping())).buffer_unordered(50).collect::<Vec<_>>();
        let mut slow = std::pin::pin!(slow);
        assert!((&mut slow).now_or_never().is_none());
        assert_eq!(asked(&routes, Body::from("quick")).await, (200, Duration::ZERO));
        assert!(slow.await.iter().all(|answer| *answer == (408, SMALL_WITHIN)));
        assert_eq!(asked(&routes, Body::from("x".repeat(101))).await.0, 413);
    }

    #[tokio::test(start_paused = true)]
    async fn a_phone_has_five_minutes_for_its_body_in_all() {
        let routes: Router = Router::new().route("/", post(|Brought(body): Brought| async move { body }));
        assert_eq!(asked(&routes, dripping()).await, (408, SIGNED_WITHIN));
        assert_eq!(asked(&routes, Body::from("quick")).await, (200, Duration::ZERO));
    }
}

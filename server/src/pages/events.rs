//! `GET /events`: tells an open page when it is out of date, as server-sent events; the page then fetches itself again.

use super::frame::Live;
use super::reader::Reader;
use crate::app::App;
use crate::problem::Problem;
use crate::store::Versions;
use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::stream::{self, Stream};
use std::convert::Infallible;
use std::time::Duration;

/// After how long a browser whose stream was cut tries again.
const RETRY: Duration = Duration::from_secs(3);

/// How often it is looked whether the session still holds, when there is nothing to tell.
const LOOK: Duration = Duration::from_secs(60);

/// Every version that a page can carry, whenever one of them is another: a page looks for its own. It ends with the
/// session.
pub(super) async fn stream(
    State(app): State<App>,
    reader: Reader,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    let listener = app.live.listen().ok_or_else(Problem::too_many_listeners)?;
    let events = stream::unfold((listener, app, reader), |(mut listener, app, reader)| async {
        let versions = loop {
            let told = tokio::time::timeout(LOOK, listener.next()).await;
            if !reader.still_in(&app).await {
                return None;
            }
            if let Ok(versions) = told {
                break versions?;
            }
        };
        let of = |live| format!("\"{}\":\"{}\"", name(live), version(live, versions));
        let data = format!("{{{},{}}}", of(Live::Standings), of(Live::Records));
        Some((Ok(Event::default().retry(RETRY).data(data)), (listener, app, reader)))
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::default()))
}

/// What a page calls what makes it out of date.
pub(super) fn name(live: Live) -> &'static str {
    match live {
        Live::Standings => "standings",
        Live::Records => "records",
    }
}

/// The version that a page carries.
pub(super) fn version(live: Live, versions: Versions) -> String {
    match live {
        Live::Standings => format!("{}.{}", versions.ledger, versions.bank),
        Live::Records => format!("{}.{}.{}", versions.sequence, versions.ledger, versions.bank),
    }
}

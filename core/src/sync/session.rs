//! The phone's side of one sync: push and pull in rounds until nothing is left on either side, or it is no use trying.

use super::backoff::Backoff;
use crate::domain::PhoneTime;
use crate::wire::{Request, Response, WireError};

/// How many failures in a row end a sync; the next one starts where this one stopped.
const MAX_FAILURES: u32 = 8;
/// How many rounds one sync may take at most.
const MAX_ROUNDS: u32 = 10_000;
const PUSH_BYTES: usize = 1024 * 1024;
const PULL_BYTES: u32 = 1024 * 1024;

/// What to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Put a request together from the outbox, of about so many bytes of changes, and hand it to [`Session::prepared`].
    Prepare {
        /// How many bytes of changes to push at most (but at least one change).
        push_bytes: usize,
        /// How many bytes of changes to ask for.
        pull_bytes: u32,
    },
    /// Post these bytes; hand the answer to [`Session::received`], or say [`Session::failed`].
    Transmit(Vec<u8>),
    /// Apply this response to the request in one transaction, and say what came of it by [`Session::applied`].
    Apply(Box<Request>, Box<Response>),
    /// Do nothing until then, then poll again.
    Wait(PhoneTime),
    /// It is over.
    Done(Result<Report, SyncError>),
}

/// What a transport brought back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
}

/// Why a transport brought nothing back.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the server could not be reached: {0}")]
pub struct Failure(pub String);

/// What applying a response came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Applied {
    /// Changes that the server now has durably.
    pub acknowledged: usize,
    /// Changes that came from the server and are new here.
    pub pulled: usize,
    /// Changes refused: kept, and shown in the inbox.
    pub refused: usize,
    /// Edits made again upon what others had changed.
    pub redone: usize,
    /// Records that left this phone.
    pub evicted: usize,
    /// Changes still to be acknowledged.
    pub outstanding: usize,
}

/// What a whole sync came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Report {
    /// Sums over all rounds; `outstanding` as it stood after the last.
    pub applied: Applied,
    /// Requests answered.
    pub rounds: u32,
    /// Attempts that failed.
    pub failures: u32,
    /// Bytes of request bodies.
    pub sent: u64,
    /// Bytes of response bodies.
    pub received: u64,
}

impl Report {
    /// Whether the server durably has everything recorded here. Nothing less is ever called synced.
    pub fn synced(&self) -> bool {
        self.applied.outstanding == 0
    }
}

/// Why a sync ended early. Nothing is lost: what was not acknowledged stays in the outbox.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SyncError {
    /// Too many attempts failed in a row.
    #[error("gave up after {failures} attempts ({last}): try again when the network is better")]
    GaveUp {
        /// How many.
        failures: u32,
        /// What the last one said.
        last: String,
    },
    /// The server will not talk to this phone as it is.
    #[error("the server refused this phone ({status}): {words}")]
    Rejected {
        /// HTTP status.
        status: u16,
        /// What the server says.
        words: String,
    },
    /// A single change does not fit into any message.
    #[error("a request could not be put together: {0}")]
    Request(WireError),
    /// The server keeps answering without an end.
    #[error("the sync did not end within {0} rounds: report this to the operator of the server")]
    Endless(u32),
}

#[derive(Debug)]
enum State {
    Prepare,
    Prepared(Box<Request>, Vec<u8>),
    InFlight(Box<Request>),
    Received(Box<Request>, Box<Response>),
    Applying { more: bool },
    Waiting(PhoneTime),
    Done(Result<Report, SyncError>),
}

/// One sync of one phone.
#[derive(Debug)]
pub struct Session {
    state: State,
    backoff: Backoff,
    report: Report,
    push_bytes: usize,
}

impl Session {
    /// A new sync. The seed spreads waits; it needs no quality.
    pub fn new(seed: u64) -> Self {
        Self { state: State::Prepare, backoff: Backoff::new(seed), report: Report::default(), push_bytes: PUSH_BYTES }
    }

    /// What to do next. Polling again without having done it asks the same again, but for [`Step::Transmit`] and
    /// [`Step::Apply`], which are handed out once.
    pub fn poll(&mut self, now: PhoneTime) -> Step {
        match std::mem::replace(&mut self.state, State::Prepare) {
            State::Waiting(until) if now < until => {
                self.state = State::Waiting(until);
                Step::Wait(until)
            }
            State::Prepare | State::Waiting(_) => Step::Prepare { push_bytes: self.push_bytes, pull_bytes: PULL_BYTES },
            State::Prepared(request, body) => {
                self.report.sent += body.len() as u64;
                self.state = State::InFlight(request);
                Step::Transmit(body)
            }
            State::Received(request, response) => {
                self.state = State::Applying { more: response.more };
                Step::Apply(request, response)
            }
            State::Done(result) => {
                self.state = State::Done(result.clone());
                Step::Done(result)
            }
            // The driver asked without bringing what it was sent for: the attempt is lost, the next one starts afresh.
            State::InFlight(_) | State::Applying { .. } => self.poll(now),
        }
    }

    /// Here is the request asked for.
    pub fn prepared(&mut self, request: Request) {
        if !matches!(self.state, State::Prepare) {
            return;
        }
        self.state = match request.encode() {
            Ok(body) => State::Prepared(Box::new(request), body),
            Err(WireError::TooLarge { .. }) if self.push_bytes > 1 => {
                self.push_bytes /= 2;
                State::Prepare
            }
            Err(error) => State::Done(Err(SyncError::Request(error))),
        };
    }

    /// Here is what the server answered.
    pub fn received(&mut self, reply: &Reply, now: PhoneTime) {
        let request = match std::mem::replace(&mut self.state, State::Prepare) {
            State::InFlight(request) => request,
            // An answer that nobody waits for, such as one delivered twice: it changes nothing.
            other => {
                self.state = other;
                return;
            }
        };
        self.report.received += reply.body.len() as u64;
        match reply.status {
            200 => match Response::decode(&reply.body) {
                Ok(response) if response.nonce == request.nonce && fits(&request, &response) => {
                    self.backoff.succeeded();
                    self.report.rounds += 1;
                    self.state = State::Received(request, Box::new(response));
                }
                Ok(_) => self.retry("an answer to another request", now),
                Err(error @ WireError::Version { .. }) => self.reject(200, &error.to_string()),
                Err(error) => self.retry(&error.to_string(), now),
            },
            413 if self.push_bytes > 1 => {
                self.push_bytes /= 2;
                self.retry(&words(reply), now);
            }
            // A bad link can cut a request, so 400 is worth another try; the others say that this phone is not welcome.
            400 | 408 | 413 | 425 | 429 | 500..=599 => self.retry(&words(reply), now),
            status => self.reject(status, &words(reply)),
        }
    }

    /// The transport brought nothing back.
    pub fn failed(&mut self, failure: &Failure, now: PhoneTime) {
        if matches!(self.state, State::InFlight(_)) {
            self.retry(&failure.to_string(), now);
        }
    }

    /// The response was applied; this is what it came to.
    pub fn applied(&mut self, applied: Applied) {
        let State::Applying { more } = self.state else { return };
        let sum = &mut self.report.applied;
        sum.acknowledged += applied.acknowledged;
        sum.pulled += applied.pulled;
        sum.refused += applied.refused;
        sum.redone += applied.redone;
        sum.evicted += applied.evicted;
        sum.outstanding = applied.outstanding;
        let progress = applied.acknowledged + applied.refused + applied.redone > 0;
        self.state = if self.report.rounds >= MAX_ROUNDS {
            State::Done(Err(SyncError::Endless(MAX_ROUNDS)))
        } else if more || (applied.outstanding > 0 && progress) {
            State::Prepare
        } else {
            State::Done(Ok(self.report))
        };
    }

    fn retry(&mut self, why: &str, now: PhoneTime) {
        self.report.failures += 1;
        let wait = self.backoff.failed();
        self.state = if self.backoff.failures() >= MAX_FAILURES {
            State::Done(Err(SyncError::GaveUp { failures: self.backoff.failures(), last: why.to_owned() }))
        } else {
            State::Waiting(now.plus_millis(i64::try_from(wait).unwrap_or(i64::MAX)))
        };
    }

    fn reject(&mut self, status: u16, words: &str) {
        self.state = State::Done(Err(SyncError::Rejected { status, words: words.to_owned() }));
    }
}

/// Whether a response answers each pushed change once.
fn fits(request: &Request, response: &Response) -> bool {
    request.pushes.len() == response.verdicts.len()
        && request.pushes.iter().zip(&response.verdicts).all(|(push, verdicts)| push.changes.len() == verdicts.len())
}

/// What a problem+json body says, for people.
fn words(reply: &Reply) -> String {
    let problem: Option<serde_json::Value> = serde_json::from_slice(&reply.body).ok();
    let detail = problem.as_ref().and_then(|problem| problem.get("detail")?.as_str());
    detail.map_or_else(|| format!("HTTP status {}", reply.status), str::to_owned)
}

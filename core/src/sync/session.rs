//! The phone's side of one sync: push and pull in rounds until nothing is left on either side, or it is no use trying.

use super::backoff::Backoff;
use super::checking::Checking;
use super::post::{Problem, may_pass};
use super::{Applied, Failure, Post, Reply, Report, SyncError};
use crate::domain::{DeviceNumber, PhoneTime};
use crate::signing::{Authorization, PublicKey, Signer};
use crate::wire::{Ask, Demand, DirectiveError, MAX_PLAIN, Request, Response, SignedDirective, Verdict, WireError};
use std::fmt;
use std::sync::Arc;

/// How many failures in a row end a sync; the next one starts where this one stopped.
const MAX_FAILURES: u32 = 8;
/// How many rounds one sync may take at most.
const MAX_ROUNDS: u32 = 10_000;
/// How often in a row a request is signed again by the server's clock before that counts as a failure.
const MAX_SIGNED_AGAIN: u32 = 3;
const PUSH_BYTES: usize = 1024 * 1024;
const PULL_BYTES: u32 = 1024 * 1024;

/// Who talks in a session, and with whom.
#[derive(Clone)]
pub struct Caller {
    /// The phone.
    pub device: DeviceNumber,
    /// Signs as the phone.
    pub signer: Arc<dyn Signer>,
    /// The key of the server that took the phone in: only it can tell the phone to wipe.
    pub server: PublicKey,
}

impl fmt::Debug for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Caller").field("device", &self.device).field("server", &self.server).finish_non_exhaustive()
    }
}

/// What to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Put a request together from the outbox, of about so many bytes of changes, and hand it to [`Session::prepared`].
    Prepare {
        /// How many bytes of changes to push at most (but at least one change).
        push_bytes: usize,
        /// How many bytes of changes to ask for.
        pull_bytes: u32,
        /// What to ask of a check.
        check: Option<Ask>,
    },
    /// Put a last request together from all that the server does not have, of at most so many bytes of changes, and hand it
    /// to [`Session::prepared`].
    HandOver {
        /// How many bytes of changes at most (but at least one change).
        push_bytes: usize,
    },
    /// Post this; hand the answer to [`Session::received`], or say [`Session::failed`].
    Transmit(Post),
    /// Apply this response to the request in one transaction, and say what came of it by [`Session::applied`].
    Apply(Box<Request>, Box<Response>),
    /// Say by [`Session::counted`] what the server does not have, destroy the phone's keys and what they open, then say
    /// [`Session::wiped`].
    Wipe,
    /// Do nothing until then, then poll again.
    Wait(PhoneTime),
    /// It is over.
    Done(Result<Report, SyncError>),
}

/// What a request is about.
#[derive(Debug)]
enum Errand {
    Sync(Box<Request>),
    HandOver(Box<Request>),
}

impl Errand {
    fn path(&self) -> &'static str {
        match self {
            Self::Sync(_) => "/v1/sync",
            Self::HandOver(_) => "/v1/handover",
        }
    }

    fn request(&self) -> &Request {
        match self {
            Self::Sync(request) | Self::HandOver(request) => request,
        }
    }
}

/// What came of a hand-over.
#[derive(Debug, Clone, Copy, Default)]
struct HandedOver {
    /// Changes that were sent.
    sent: usize,
    /// Those of them that the server has now.
    taken: usize,
}

#[derive(Debug)]
enum State {
    Prepare,
    Prepared(Errand, Vec<u8>),
    InFlight(Errand, Vec<u8>),
    Received(Box<Request>, Box<Response>),
    Applying { more: bool, asked: bool },
    Wiping(HandedOver),
    Waiting(PhoneTime),
    Done(Result<Report, SyncError>),
}

/// One sync of one phone.
#[derive(Debug)]
pub struct Session {
    caller: Caller,
    state: State,
    backoff: Backoff,
    checking: Option<Checking>,
    report: Report,
    push_bytes: usize,
    /// How far the server's clock is ahead of the phone's, once a request was turned away for its time.
    ahead_ms: i64,
    signed_again: u32,
    /// The phone was revoked, and may hand over what it has.
    leaving: bool,
    /// What is handed over, to be sent again as it is: the server answers only its repetition alike.
    farewell: Option<(Errand, Vec<u8>)>,
    /// How many changes the server did not have when all was destroyed, those handed over included.
    outstanding: usize,
}

impl Session {
    /// A new sync. The seed spreads waits; it needs no quality.
    pub fn new(caller: Caller, seed: u64) -> Self {
        Self {
            caller,
            state: State::Prepare,
            backoff: Backoff::new(seed),
            checking: None,
            report: Report::default(),
            push_bytes: PUSH_BYTES,
            ahead_ms: 0,
            signed_again: 0,
            leaving: false,
            farewell: None,
            outstanding: 0,
        }
    }

    /// The same with a check at its end: whether the phone has what the server says it should, and what differs sent again.
    #[must_use]
    pub fn with_check(mut self) -> Self {
        self.checking = Some(Checking::begin());
        self
    }

    /// What to do next. Polling again without having done it asks the same again, but for [`Step::Transmit`] and
    /// [`Step::Apply`], which are handed out once.
    pub fn poll(&mut self, now: PhoneTime) -> Step {
        match std::mem::replace(&mut self.state, State::Prepare) {
            State::Waiting(until) if now < until => {
                self.state = State::Waiting(until);
                Step::Wait(until)
            }
            State::Prepare | State::Waiting(_) if self.leaving => match self.farewell.take() {
                Some((errand, body)) => self.transmit(errand, body, now),
                None => Step::HandOver { push_bytes: self.push_bytes },
            },
            State::Prepare | State::Waiting(_) => Step::Prepare {
                push_bytes: self.push_bytes,
                pull_bytes: PULL_BYTES,
                check: self.checking.as_ref().and_then(Checking::ask).cloned(),
            },
            State::Prepared(errand, body) => self.transmit(errand, body, now),
            State::Received(request, response) => {
                self.state = State::Applying { more: response.more, asked: request.check.is_some() };
                Step::Apply(request, response)
            }
            State::Wiping(handed_over) => {
                self.state = State::Wiping(handed_over);
                Step::Wipe
            }
            State::Done(result) => {
                self.state = State::Done(result.clone());
                Step::Done(result)
            }
            // The driver asked without bringing what it was sent for: the attempt is lost, the next one starts afresh.
            State::InFlight(errand, body) => {
                self.keep(errand, body);
                self.poll(now)
            }
            State::Applying { .. } => self.poll(now),
        }
    }

    fn transmit(&mut self, errand: Errand, body: Vec<u8>, now: PhoneTime) -> Step {
        let (path, at) = (errand.path(), now.plus_millis(self.ahead_ms));
        match Authorization::sign(self.caller.signer.as_ref(), self.caller.device, path, at, &body) {
            Ok(authorization) => {
                self.report.sent += body.len() as u64;
                self.state = State::InFlight(errand, body.clone());
                Step::Transmit(Post { path, authorization: Some(authorization.to_string()), body })
            }
            Err(error) => {
                self.state = State::Done(Err(SyncError::Signing(error)));
                self.poll(now)
            }
        }
    }

    /// Here is the request asked for.
    pub fn prepared(&mut self, request: Request) {
        if !matches!(self.state, State::Prepare) {
            return;
        }
        self.state = match request.encode() {
            Ok(body) if self.leaving => State::Prepared(Errand::HandOver(Box::new(request)), body),
            Ok(body) => State::Prepared(Errand::Sync(Box::new(request)), body),
            Err(WireError::TooLarge { .. } | WireError::TooMany { .. }) if self.push_bytes > 1 => {
                self.push_bytes /= 2;
                State::Prepare
            }
            // One change that fits into no request keeps a phone that has to go no longer.
            Err(_) if self.leaving => State::Wiping(HandedOver::default()),
            Err(error) => State::Done(Err(SyncError::Request(error))),
        };
    }

    /// Here is what the server answered.
    pub fn received(&mut self, reply: &Reply, now: PhoneTime) {
        let (errand, body) = match std::mem::replace(&mut self.state, State::Prepare) {
            State::InFlight(errand, body) => (errand, body),
            // An answer that nobody waits for, such as one delivered twice: it changes nothing.
            other => {
                self.state = other;
                return;
            }
        };
        self.report.received += reply.body.len() as u64;
        if reply.status == 200 {
            self.signed_again = 0;
            self.answered(errand, body, reply, now);
            return;
        }
        let problem = Problem::of(reply);
        if let (401, "stale-time", Some(time)) = (reply.status, problem.code.as_str(), problem.time) {
            self.ahead_ms = time.skew_ms(now);
            if self.signed_again < MAX_SIGNED_AGAIN {
                self.signed_again += 1;
                self.state = State::Prepared(errand, body);
            } else {
                self.keep(errand, body);
                self.retry(&problem.words, now);
            }
            return;
        }
        match (errand, reply.status) {
            (_, 413) if self.push_bytes > 1 => {
                self.push_bytes /= 2;
                self.retry(&problem.words, now);
            }
            // Who can keep a phone from handing over could have kept the directive from it: so it may try again later.
            // Nor does whoever answers on the way: that is not the server's word.
            (errand, status) if may_pass(status) || problem.code.is_empty() => {
                self.keep(errand, body);
                self.retry(&problem.words, now);
            }
            (Errand::HandOver(request), _) => {
                self.state = State::Wiping(HandedOver { sent: changes_of(&request), taken: 0 });
            }
            (Errand::Sync(_), 403) if problem.code == "revoked" => self.revoked(&problem),
            (Errand::Sync(_), status) => self.reject(status, &problem.words),
        }
    }

    /// A 200 is believed only with the server's answer to this very request in it: a portal answers 200, too, and what was
    /// handed over to one is lost with the wipe.
    fn answered(&mut self, errand: Errand, body: Vec<u8>, reply: &Reply, now: PhoneTime) {
        match (Response::decode(&reply.body), errand) {
            (Ok(response), errand) if !answers(errand.request(), &response) => {
                self.keep(errand, body);
                self.retry("an answer to another request", now);
            }
            (Ok(response), Errand::Sync(request)) => {
                self.backoff.succeeded();
                self.report.rounds += 1;
                self.state = State::Received(request, Box::new(response));
            }
            (Ok(response), Errand::HandOver(request)) => {
                let taken = response.verdicts.iter().flatten().filter(|verdict| is_taken(verdict)).count();
                self.state = State::Wiping(HandedOver { sent: changes_of(&request), taken });
            }
            (Err(error @ WireError::Version { .. }), _) => self.reject(200, &error.to_string()),
            (Err(error), errand) => {
                self.keep(errand, body);
                self.retry(&error.to_string(), now);
            }
        }
    }

    /// Keeps a hand-over to be sent again as it is. (A sync asks anew, and brings what was recorded meanwhile.)
    fn keep(&mut self, errand: Errand, body: Vec<u8>) {
        if matches!(errand, Errand::HandOver(_)) {
            self.farewell = Some((errand, body));
        }
    }

    /// The server says that this phone was revoked. It wipes only on the word of the server that took it in.
    fn revoked(&mut self, problem: &Problem) {
        let text = problem.directive.as_deref().unwrap_or_default();
        let opened =
            text.parse().and_then(|directive: SignedDirective| directive.open(&self.caller.server, self.caller.device));
        match opened {
            Ok(directive) => match directive.what {
                Demand::Wipe if directive.hand_over => {
                    self.backoff.succeeded();
                    (self.leaving, self.push_bytes) = (true, MAX_PLAIN / 2);
                }
                Demand::Wipe => self.state = State::Wiping(HandedOver::default()),
            },
            Err(DirectiveError::Malformed(_)) if text.is_empty() => self.reject(403, &problem.words),
            Err(error) => self.reject(403, &error.to_string()),
        }
    }

    /// The transport brought nothing back.
    pub fn failed(&mut self, failure: &Failure, now: PhoneTime) {
        match std::mem::replace(&mut self.state, State::Prepare) {
            State::InFlight(errand, body) => {
                self.keep(errand, body);
                self.retry(&failure.to_string(), now);
            }
            other => self.state = other,
        }
    }

    /// The response was applied; this is what it came to.
    pub fn applied(&mut self, applied: Applied) {
        let State::Applying { more, asked } = self.state else { return };
        self.report.add(&applied);
        match (&mut self.checking, &applied.checked) {
            (Some(checking), Some(checked)) => checking.compared(checked),
            (Some(checking), None) if asked && !more => checking.unanswered(),
            _ => {}
        }
        let checks = self.checking.as_ref().is_some_and(|checking| checking.ask().is_some());
        let progress = applied.acknowledged + applied.refused + applied.redone > 0;
        self.state = if self.report.rounds >= MAX_ROUNDS {
            State::Done(Err(SyncError::Endless(MAX_ROUNDS)))
        } else if more || checks || applied.resumes || (applied.outstanding > 0 && progress) {
            State::Prepare
        } else {
            self.report.check = self.checking.as_ref().and_then(Checking::report);
            State::Done(Ok(self.report.clone()))
        };
    }

    /// So many changes, those handed over included, the server does not have as far as the phone knows.
    pub fn counted(&mut self, outstanding: usize) {
        self.outstanding = outstanding;
    }

    /// What the phone held is destroyed.
    pub fn wiped(&mut self) {
        if let State::Wiping(HandedOver { sent, taken }) = self.state {
            let (not_taken, not_sent) = (sent.saturating_sub(taken), self.outstanding.saturating_sub(sent));
            self.state = State::Done(Err(SyncError::Revoked { handed_over: taken, not_taken, not_sent }));
        }
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

/// Whether a verdict on what was handed over says that the server has it.
fn is_taken(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::Held | Verdict::Accepted | Verdict::Known)
}

fn changes_of(request: &Request) -> usize {
    request.pushes.iter().map(|push| push.changes.len()).sum()
}

/// Whether a response is the one to a request, and answers each pushed change once.
fn answers(request: &Request, response: &Response) -> bool {
    response.nonce == request.nonce
        && request.pushes.len() == response.verdicts.len()
        && request.pushes.iter().zip(&response.verdicts).all(|(push, verdicts)| push.changes.len() == verdicts.len())
}

//! The phone's side of moving attachments: what the server lacks goes up, what somebody wants comes down, piece by piece, as far
//! as the app allows. It runs apart from syncs, after them, and goes on wherever the last one stopped.
//!
//! ```text
//!   poll → Plan ─ planned ─→ Transmit (what do you have?) ─ received ─→ Note ─ noted ─┐
//!     ┌────────────────────────────────────────────────────────────────────────────────┘
//!     ├→ Load ─ loaded ─→ Transmit (a piece) ─ received ─→ Note ─ noted ─→ …
//!     ├→ Transmit (give me a piece) ─ received ─→ Keep ─ kept ─→ …
//!     └→ Done                     └─ failed ─→ Wait ──(time)──→ the same again, in smaller pieces
//! ```

use super::backoff::Backoff;
use super::moving::{Parcel, Task, Tasks};
use super::outcome::{TransferReport, Transfers};
use super::post::{Problem, may_pass};
use super::signing::Signing;
use super::{Caller, Failure, Post, Reply, SyncError};
use crate::domain::{PersonId, PhoneTime};
use crate::wire::{
    GetRequest, GetResponse, Held, MAX_PIECE, Named, PROTOCOL, PutRequest, PutResponse, StateRequest, StateResponse,
    UNIT, WireError,
};

/// How many failures in a row end a transfer; the next one goes on from there.
const MAX_FAILURES: u32 = 8;

/// What to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TransferStep {
    /// Say what is to be moved by [`Transfer::planned`].
    Plan,
    /// Bring bytes of an attachment to [`Transfer::loaded`].
    Load {
        /// Of which.
        named: Named,
        /// From where on.
        offset: u64,
        /// How many.
        length: u64,
    },
    /// Post this; hand the answer to [`Transfer::received`], or say [`Transfer::failed`].
    Transmit(Post),
    /// Keep what the server says it has, then say [`Transfer::noted`].
    Note(Vec<(Named, Held)>),
    /// Keep a piece, and say by [`Transfer::kept`] what is here by then.
    Keep {
        /// Of which.
        named: Named,
        /// From where on.
        offset: u64,
        /// The bytes.
        piece: Vec<u8>,
    },
    /// Do nothing until then, then poll again.
    Wait(PhoneTime),
    /// It is over.
    Done(Result<TransferReport, SyncError>),
}

/// What is to be moved.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TransferPlan {
    /// What is whole here and may not be whole there, in the order in which it is to go.
    pub bring: Vec<Parcel>,
    /// What is wanted here and not whole, in the order in which it is to come.
    pub fetch: Vec<Parcel>,
}

/// How much is here of an attachment that is fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// The first so many bytes.
    Partly(u64),
    /// All, verified.
    Whole,
    /// All came, and were other bytes than the record names: nothing of them is kept.
    OtherBytes,
    /// Nothing more: there is no room, or nobody wants it any more.
    NotWanted,
}

#[derive(Debug)]
enum State {
    Planning,
    /// Whatever the next task is.
    Next,
    Loading(Parcel, u64),
    Ready(Task, &'static str, Vec<u8>),
    InFlight(Task, &'static str, Vec<u8>),
    Noting(Vec<(Named, Held)>),
    Noted,
    Keeping(Parcel, Vec<u8>),
    Stored,
    Waiting(PhoneTime),
    Done(Result<TransferReport, SyncError>),
}

/// One moving of attachments.
#[derive(Debug)]
pub struct Transfer {
    signing: Signing,
    person: PersonId,
    state: State,
    tasks: Tasks,
    backoff: Backoff,
    /// How many bytes the app still lets travel.
    left: u64,
    /// How large a piece is: smaller after failures, for a link that carries no large one.
    piece: u64,
    report: TransferReport,
}

impl Transfer {
    /// A new one, as far as the app allows. The seed spreads waits; it needs no quality.
    pub fn new(caller: Caller, person: PersonId, transfers: Transfers, seed: u64) -> Self {
        let left = match transfers {
            Transfers::Nothing => 0,
            Transfers::UpTo(bytes) => bytes,
            Transfers::Everything => u64::MAX,
        };
        let report = TransferReport::default();
        // Who lets nothing travel is asked for nothing.
        let state = if left == 0 { State::Done(Ok(report)) } else { State::Planning };
        Self {
            signing: Signing::new(caller),
            person,
            state,
            tasks: Tasks::default(),
            backoff: Backoff::new(seed),
            left,
            piece: MAX_PIECE,
            report,
        }
    }

    /// What to do next; `nonce` is a fresh random number. Polling again without having done it asks the same again, but for
    /// [`TransferStep::Transmit`], which begins its task anew.
    pub fn poll(&mut self, nonce: u64, now: PhoneTime) -> TransferStep {
        loop {
            match std::mem::replace(&mut self.state, State::Next) {
                State::Planning => {
                    self.state = State::Planning;
                    return TransferStep::Plan;
                }
                State::Waiting(until) if now < until => {
                    self.state = State::Waiting(until);
                    return TransferStep::Wait(until);
                }
                State::Next | State::Waiting(_) | State::InFlight(..) => self.begin(nonce),
                State::Loading(parcel, length) => {
                    let (named, offset) = (parcel.named, parcel.there);
                    self.state = State::Loading(parcel, length);
                    return TransferStep::Load { named, offset, length };
                }
                State::Ready(task, path, body) => match self.signing.post(path, &body, now) {
                    Ok(post) => {
                        self.report.sent += body.len() as u64;
                        self.state = State::InFlight(task, path, body);
                        return TransferStep::Transmit(post);
                    }
                    Err(error) => self.state = State::Done(Err(SyncError::Signing(error))),
                },
                State::Noting(held) => {
                    self.state = State::Noted;
                    return TransferStep::Note(held);
                }
                State::Keeping(parcel, piece) => {
                    let (named, offset) = (parcel.named, parcel.there);
                    self.state = State::Stored;
                    return TransferStep::Keep { named, offset, piece };
                }
                // The driver did not say what came of it: storage failed. The task is begun anew.
                State::Noted | State::Stored => {}
                State::Done(result) => {
                    self.state = State::Done(result.clone());
                    return TransferStep::Done(result);
                }
            }
        }
    }

    /// Begins the task that is next.
    fn begin(&mut self, nonce: u64) {
        let (device, person) = (self.signing.device(), self.person.clone());
        match self.tasks.next() {
            None => self.state = State::Done(Ok(self.report)),
            Some(Task::Ask(parcels)) => {
                let asked = parcels.iter().map(|parcel| parcel.named).collect();
                let request = StateRequest { protocol: PROTOCOL, nonce, device, person, asked };
                self.ready(Task::Ask(parcels), "/v1/attachments/state", request.encode());
            }
            Some(Task::Bring(parcel)) => match self.portion(&parcel) {
                Some(length) => self.state = State::Loading(parcel, length),
                None => self.hold_back(),
            },
            Some(Task::Fetch(parcel)) => match self.portion(&parcel) {
                Some(length) => {
                    let (named, offset, most) = (parcel.named, parcel.there, length.next_multiple_of(UNIT));
                    let request = GetRequest { protocol: PROTOCOL, nonce, device, person, named, offset, most };
                    self.ready(Task::Fetch(parcel), "/v1/attachments/get", request.encode());
                }
                None => self.hold_back(),
            },
        }
    }

    /// How long the next piece of an attachment may be; none if the app lets none travel any more.
    fn portion(&self, parcel: &Parcel) -> Option<u64> {
        let rest = parcel.rest();
        let allowed = if self.left >= rest { rest } else { self.left / UNIT * UNIT };
        Some(allowed.min(self.piece)).filter(|length| *length > 0)
    }

    fn hold_back(&mut self) {
        self.tasks.drop_first();
        self.report.held_back += 1;
    }

    fn ready(&mut self, task: Task, path: &'static str, body: Result<Vec<u8>, WireError>) {
        self.state = match body {
            Ok(body) => State::Ready(task, path, body),
            Err(error) => State::Done(Err(SyncError::Request(error))),
        };
    }

    /// This is to be moved.
    pub fn planned(&mut self, plan: TransferPlan) {
        if matches!(self.state, State::Planning) {
            (self.tasks, self.state) = (Tasks::of(plan), State::Next);
        }
    }

    /// Here are the bytes asked for; none if they are not here any more.
    pub fn loaded(&mut self, piece: Option<Vec<u8>>, nonce: u64) {
        let State::Loading(parcel, length) = &self.state else { return };
        let (parcel, length) = (parcel.clone(), *length);
        match piece.filter(|piece| piece.len() as u64 == length) {
            Some(piece) => {
                let request = PutRequest {
                    protocol: PROTOCOL,
                    nonce,
                    device: self.signing.device(),
                    person: self.person.clone(),
                    named: parcel.named,
                    offset: parcel.there,
                    piece: piece.into(),
                };
                self.ready(Task::Bring(parcel), "/v1/attachments/put", request.encode());
            }
            None => {
                self.tasks.drop_first();
                (self.state, self.report.not_moved) = (State::Next, self.report.not_moved + 1);
            }
        }
    }

    /// Here is what the server answered.
    pub fn received(&mut self, reply: &Reply, now: PhoneTime) {
        let (task, path, body) = match std::mem::replace(&mut self.state, State::Next) {
            State::InFlight(task, path, body) => (task, path, body),
            // An answer that nobody waits for, such as one delivered twice: it changes nothing.
            other => {
                self.state = other;
                return;
            }
        };
        self.report.received += reply.body.len() as u64;
        if reply.status != 200 {
            let problem = Problem::of(reply);
            if self.signing.signs_again(reply.status, &problem, now) {
                self.state = State::Ready(task, path, body);
            } else if may_pass(reply.status) || problem.code == "stale-time" {
                self.retry(&problem.words, now);
            } else {
                // A phone that was revoked, too, is told what to do by its next sync.
                self.state = State::Done(Err(SyncError::Rejected { status: reply.status, words: problem.words }));
            }
            return;
        }
        self.signing.was_taken();
        let carried = !matches!(task, Task::Ask(_));
        match self.answered(task, &body, reply) {
            Ok(()) => {
                self.backoff.succeeded();
                self.piece = if carried { (self.piece * 2).min(MAX_PIECE) } else { self.piece };
            }
            Err(error @ WireError::Version { .. }) => {
                self.state = State::Done(Err(SyncError::Rejected { status: 200, words: error.to_string() }));
            }
            Err(error) => self.retry(&error.to_string(), now),
        }
    }

    /// Takes in an answer, if it is one to this very request.
    fn answered(&mut self, task: Task, body: &[u8], reply: &Reply) -> Result<(), WireError> {
        let other = || WireError::Malformed("an answer to another request".to_owned());
        match task {
            Task::Ask(parcels) => {
                let (asked, answer) = (StateRequest::decode(body)?, StateResponse::decode(&reply.body)?);
                let sound = answer.states.iter().zip(&parcels).all(|(held, parcel)| parcel.could_be(*held));
                if answer.nonce != asked.nonce || answer.states.len() != parcels.len() || !sound {
                    return Err(other());
                }
                self.state = State::Noting(parcels.iter().map(|parcel| parcel.named).zip(answer.states).collect());
            }
            Task::Bring(parcel) => {
                let (brought, answer) = (PutRequest::decode(body)?, PutResponse::decode(&reply.body)?);
                if answer.nonce != brought.nonce || !parcel.could_be(answer.held) {
                    return Err(other());
                }
                self.left = self.left.saturating_sub(brought.piece.len() as u64);
                self.state = State::Noting(vec![(parcel.named, answer.held)]);
            }
            Task::Fetch(parcel) => {
                let (asked, answer) = (GetRequest::decode(body)?, GetResponse::decode(&reply.body)?);
                if answer.nonce != asked.nonce {
                    return Err(other());
                }
                match answer.piece {
                    Some(piece) if answer.held == Held::Whole => {
                        if piece.len() as u64 != parcel.rest().min(asked.most) {
                            return Err(other());
                        }
                        self.left = self.left.saturating_sub(piece.len() as u64);
                        self.state = State::Keeping(parcel, piece.into());
                    }
                    _ => {
                        self.tasks.drop_first();
                        self.report.not_moved += 1;
                    }
                }
            }
        }
        Ok(())
    }

    /// What the server has is noted.
    pub fn noted(&mut self, held: &[(Named, Held)]) {
        if matches!(self.state, State::Noted) {
            self.tasks.told(held, &mut self.report);
            self.state = State::Next;
        }
    }

    /// So much is here by now of what is fetched.
    pub fn kept(&mut self, kept: Kept) {
        if matches!(self.state, State::Stored) {
            self.tasks.came(kept, &mut self.report);
            self.state = State::Next;
        }
    }

    /// The transport brought nothing back.
    pub fn failed(&mut self, failure: &Failure, now: PhoneTime) {
        if matches!(self.state, State::InFlight(..)) {
            self.retry(&failure.to_string(), now);
        }
    }

    fn retry(&mut self, why: &str, now: PhoneTime) {
        self.tasks.doubt_first();
        self.report.failures += 1;
        self.piece = (self.piece / 2).max(UNIT);
        let wait = self.backoff.failed();
        self.state = if self.backoff.failures() >= MAX_FAILURES {
            State::Done(Err(SyncError::GaveUp { failures: self.backoff.failures(), last: why.to_owned() }))
        } else {
            State::Waiting(now.plus_millis(i64::try_from(wait).unwrap_or(i64::MAX)))
        };
    }
}

#[cfg(test)]
mod tests;

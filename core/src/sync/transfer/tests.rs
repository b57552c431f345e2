//! Promises of the transfer's state machine, driven by hand: no network, no clock, no database.

use super::*;
use crate::domain::{DeviceNumber, Digest, RecordId};
use crate::signing::{Signer, SoftwareKey};
use std::collections::BTreeMap;
use std::sync::Arc;

const NOW: i64 = 1_772_985_600_000;

fn at(millis: i64) -> PhoneTime {
    PhoneTime::from_millis(NOW + millis).expect("in range")
}

fn transfer(transfers: Transfers) -> Transfer {
    let key = |n| SoftwareKey::from_secret(&[n; 32]).expect("a key");
    let (device, server) = (DeviceNumber::new(7), key(9).public_key());
    Transfer::new(Caller { device, signer: Arc::new(key(7)), server }, "P7".parse().expect("a person"), transfers, 1)
}

fn bytes(n: u8, units: u64) -> Vec<u8> {
    vec![n; usize::try_from(units * UNIT).expect("few") - 1]
}

fn named(n: u8, bytes: &[u8]) -> Named {
    Named { record: RecordId::new(1, [n; 10]), digest: Digest::of(bytes) }
}

/// A server and a phone as far as a transfer knows them, and what went over the line between.
#[derive(Default)]
struct Ends {
    plan: TransferPlan,
    phone: BTreeMap<Named, Vec<u8>>,
    server: BTreeMap<Named, Vec<u8>>,
    /// Sizes, by which the server knows what is whole.
    sizes: BTreeMap<Named, u64>,
    pieces: Vec<(u64, u64)>,
    requests: usize,
    waited: u32,
    nonce: u64,
}

impl Ends {
    fn bringing(mut self, n: u8, bytes: &[u8]) -> Self {
        let named = named(n, bytes);
        self.plan.bring.push(Parcel::new(named, bytes.len() as u64, 0));
        self.phone.insert(named, bytes.to_vec());
        self.sizes.insert(named, bytes.len() as u64);
        self.server.insert(named, Vec::new());
        self
    }

    fn fetching(mut self, n: u8, bytes: &[u8], here: u64) -> Self {
        let named = named(n, bytes);
        self.plan.fetch.push(Parcel::new(named, bytes.len() as u64, here));
        self.phone.insert(named, bytes[..usize::try_from(here).expect("few")].to_vec());
        self.sizes.insert(named, bytes.len() as u64);
        self.server.insert(named, bytes.to_vec());
        self
    }

    fn held(&self, named: &Named) -> Held {
        match self.server.get(named) {
            None => Held::Unknown,
            Some(bytes) if bytes.len() as u64 == self.sizes[named] => Held::Whole,
            Some(bytes) => Held::Partly(bytes.len() as u64),
        }
    }

    /// What an honest server answers.
    fn answer(&mut self, post: &Post) -> Reply {
        let body = match post.path {
            "/v1/attachments/state" => {
                let request = StateRequest::decode(&post.body).expect("a question");
                let states = request.asked.iter().map(|named| self.held(named)).collect();
                StateResponse::new(request.nonce, states).encode()
            }
            "/v1/attachments/put" => {
                let request = PutRequest::decode(&post.body).expect("a piece");
                self.pieces.push((request.offset, request.piece.len() as u64));
                if let Some(kept) = self.server.get_mut(&request.named).filter(|it| it.len() as u64 == request.offset) {
                    kept.extend_from_slice(&request.piece);
                }
                PutResponse::new(request.nonce, self.held(&request.named)).encode()
            }
            _ => {
                let request = GetRequest::decode(&post.body).expect("a question");
                self.pieces.push((request.offset, request.most));
                let held = self.held(&request.named);
                let from = usize::try_from(request.offset).expect("few");
                let piece = |bytes: &Vec<u8>| {
                    let end = bytes.len().min(from + usize::try_from(request.most).expect("few"));
                    bytes[from..end].to_vec()
                };
                let piece = self.server.get(&request.named).filter(|_| held == Held::Whole).map(piece);
                GetResponse::new(request.nonce, held, piece).encode()
            }
        };
        Reply { status: 200, body: body.expect("encodes") }
    }

    /// Drives a transfer to its end; `line` says what becomes of each request.
    fn drive(
        &mut self,
        transfer: &mut Transfer,
        mut line: impl FnMut(&mut Self, &Post, usize) -> Option<Reply>,
    ) -> Result<TransferReport, SyncError> {
        let mut now = at(0);
        loop {
            self.nonce += 1;
            match transfer.poll(self.nonce, now) {
                TransferStep::Plan => transfer.planned(self.plan.clone()),
                TransferStep::Load { named, offset, length } => {
                    let (from, length) = (usize::try_from(offset).expect("few"), usize::try_from(length).expect("few"));
                    let piece = self.phone.get(&named).and_then(|bytes| bytes.get(from..from + length));
                    transfer.loaded(piece.map(<[u8]>::to_vec), self.nonce);
                }
                TransferStep::Transmit(post) => {
                    self.requests += 1;
                    let number = self.requests;
                    match line(self, &post, number) {
                        Some(reply) => transfer.received(&reply, now),
                        None => transfer.failed(&Failure("no signal".to_owned()), now),
                    }
                }
                TransferStep::Note(held) => transfer.noted(&held),
                TransferStep::Keep { named, offset, piece } => {
                    let size = self.sizes[&named];
                    let kept = self.phone.entry(named).or_default();
                    assert_eq!(kept.len() as u64, offset, "a piece goes on where the last one ended");
                    kept.extend(piece);
                    let whole = kept.len() as u64 == size;
                    let kept = if !whole {
                        Kept::Partly(kept.len() as u64)
                    } else if Digest::of(kept) == named.digest {
                        Kept::Whole
                    } else {
                        kept.clear();
                        Kept::OtherBytes
                    };
                    transfer.kept(kept);
                }
                TransferStep::Wait(until) => (now, self.waited) = (until, self.waited + 1),
                TransferStep::Done(result) => return result,
            }
        }
    }

    fn run(&mut self, transfers: Transfers) -> TransferReport {
        let mut transfer = transfer(transfers);
        self.drive(&mut transfer, |ends, post, _| Some(ends.answer(post))).expect("done")
    }
}

#[test]
fn what_is_whole_here_goes_up_and_what_is_wanted_comes_down_each_byte_once() {
    let (photo, voice, theirs) = (bytes(1, 9), bytes(2, 1), bytes(3, 6));
    let mut ends = Ends::default().bringing(1, &photo).bringing(2, &voice).fetching(3, &theirs, 2 * UNIT);
    let report = ends.run(Transfers::Everything);
    assert_eq!((report.brought, report.fetched, report.not_moved, report.failures), (2, 1, 0, 0));
    assert_eq!(ends.server[&named(1, &photo)], photo);
    assert_eq!(ends.phone[&named(3, &theirs)], theirs);
    let moved: u64 = ends.pieces.iter().map(|(_, length)| length.div_ceil(UNIT)).sum();
    assert_eq!(moved, 9 + 1 + 4, "{:?}", ends.pieces);
}

#[test]
fn nothing_travels_until_the_app_lets_it_and_then_no_more_than_it_lets() {
    let photo = bytes(1, 9);
    let mut ends = Ends::default().bringing(1, &photo).fetching(2, &bytes(2, 3), 0);
    assert_eq!(ends.run(Transfers::Nothing), TransferReport::default());
    assert_eq!(ends.requests, 0, "not even a question");
    let report = ends.run(Transfers::UpTo(5 * UNIT + 17));
    assert_eq!((report.brought, report.held_back), (0, 2));
    assert_eq!(ends.server[&named(1, &photo)].len() as u64, 5 * UNIT);
    let report = ends.run(Transfers::Everything);
    assert_eq!((report.brought, report.fetched, report.held_back), (1, 1, 0));
    assert_eq!(ends.pieces.iter().filter(|(offset, _)| *offset == 0).count(), 2, "it went on: {:?}", ends.pieces);
}

#[test]
fn a_bad_line_gets_smaller_pieces_and_what_arrived_is_not_sent_again() {
    let photo = bytes(1, 12);
    let mut ends = Ends::default().bringing(1, &photo);
    let mut transfer = transfer(Transfers::Everything);
    // Every second answer is lost, though what was asked arrived.
    let report = ends.drive(&mut transfer, |ends, post, number| {
        let reply = ends.answer(post);
        (number % 2 == 1).then_some(reply)
    });
    let report = report.expect("done");
    assert_eq!((report.brought, ends.server[&named(1, &photo)].len()), (1, photo.len()));
    assert!(report.failures > 0 && ends.waited == report.failures);
    let sent: u64 = ends.pieces.iter().map(|(_, length)| length).sum();
    assert_eq!(sent, photo.len() as u64, "the server is asked before a piece is sent again: {:?}", ends.pieces);
}

#[test]
fn a_line_that_carries_no_piece_gets_smaller_ones_and_then_others_get_their_turn() {
    let mut ends = Ends::default().bringing(1, &bytes(1, 12)).bringing(2, &bytes(2, 1));
    let mut transfer = transfer(Transfers::Everything);
    let mut tried = Vec::new();
    let report = ends.drive(&mut transfer, |ends, post, _| match PutRequest::decode(&post.body) {
        Ok(request) if request.named == named(1, &bytes(1, 12)) => {
            tried.push(request.piece.len() as u64 / UNIT);
            None
        }
        _ => Some(ends.answer(post)),
    });
    let report = report.expect("done");
    assert_eq!((report.brought, report.not_moved), (1, 1));
    assert_eq!(tried, [4, 2, 1, 1]);
}

#[test]
fn a_line_that_brings_nothing_ends_the_transfer_and_the_next_goes_on_from_there() {
    let theirs = bytes(3, 8);
    let mut ends = Ends::default().fetching(3, &theirs, 0);
    let mut first = transfer(Transfers::Everything);
    let given_up = ends.drive(&mut first, |ends, post, number| (number <= 1).then(|| ends.answer(post)));
    assert!(matches!(given_up, Err(SyncError::GaveUp { failures: MAX_FAILURES, .. })));
    ends.plan.fetch[0].there = ends.phone[&named(3, &theirs)].len() as u64;
    assert_eq!(ends.plan.fetch[0].there, MAX_PIECE);
    assert_eq!(ends.run(Transfers::Everything).fetched, 1);
}

#[test]
fn a_record_that_the_server_does_not_know_keeps_nothing_else_waiting() {
    let (unknown, known) = (bytes(1, 2), bytes(2, 2));
    let mut ends = Ends::default().bringing(1, &unknown).bringing(2, &known).fetching(3, &bytes(3, 1), 0);
    ends.server.remove(&named(1, &unknown));
    ends.server.remove(&named(3, &bytes(3, 1)));
    let report = ends.run(Transfers::Everything);
    assert_eq!((report.brought, report.fetched, report.not_moved), (1, 0, 2));
    assert!(ends.pieces.iter().filter(|(offset, _)| *offset == 0).count() <= 2);
}

#[test]
fn wrong_bytes_are_fetched_again_but_not_for_ever() {
    let theirs = bytes(3, 3);
    let mut ends = Ends::default().fetching(3, &theirs, 0).fetching(4, &bytes(4, 1), 0);
    ends.server.insert(named(3, &theirs), bytes(9, 3));
    let report = ends.run(Transfers::Everything);
    assert_eq!((report.fetched, report.not_moved), (1, 1));
    assert!(ends.phone[&named(3, &theirs)].is_empty(), "nothing of it is kept");
}

#[test]
fn a_server_that_never_gets_further_keeps_no_phone_busy() {
    let mut ends = Ends::default().bringing(1, &bytes(1, 4)).bringing(2, &bytes(2, 1));
    let mut transfer = transfer(Transfers::Everything);
    let forgetful = named(1, &bytes(1, 4));
    let report = ends.drive(&mut transfer, |ends, post, _| {
        ends.server.insert(forgetful, Vec::new());
        if let Ok(request) = PutRequest::decode(&post.body)
            && request.named == forgetful
        {
            let stuck = PutResponse::new(request.nonce, Held::Partly(0)).encode().expect("encodes");
            return Some(Reply { status: 200, body: stuck });
        }
        Some(ends.answer(post))
    });
    let report = report.expect("done");
    assert_eq!((report.brought, report.not_moved), (1, 1));
    assert!(ends.requests < 10);
}

#[test]
fn answers_to_other_requests_and_impossible_ones_change_nothing() {
    let photo = bytes(1, 3);
    let mut ends = Ends::default().bringing(1, &photo);
    let mut transfer = transfer(Transfers::Everything);
    let report = ends.drive(&mut transfer, |ends, post, number| {
        let wrong = |held| PutResponse::new(number as u64, held).encode().expect("encodes");
        match number {
            1 => Some(Reply { status: 200, body: StateResponse::new(0, vec![Held::Whole]).encode().expect("encodes") }),
            2 => {
                let nonce = StateRequest::decode(&post.body).expect("a question").nonce;
                let many = StateResponse::new(nonce, vec![Held::Whole; 2]).encode().expect("encodes");
                Some(Reply { status: 200, body: many })
            }
            3 => {
                let nonce = StateRequest::decode(&post.body).expect("a question").nonce;
                let odd = StateResponse::new(nonce, vec![Held::Partly(17)]).encode().expect("encodes");
                Some(Reply { status: 200, body: odd })
            }
            5 => Some(Reply { status: 200, body: wrong(Held::Whole) }),
            6 => Some(Reply { status: 200, body: b"<html>a portal</html>".to_vec() }),
            _ => Some(ends.answer(post)),
        }
    });
    let report = report.expect("done");
    assert_eq!((report.brought, report.failures), (1, 5));
    assert_eq!(ends.server[&named(1, &photo)], photo);
}

#[test]
fn a_wrong_clock_is_set_right_and_a_phone_that_is_turned_away_stops() {
    let mut ends = Ends::default().bringing(1, &bytes(1, 1));
    let mut first = transfer(Transfers::Everything);
    let mut times = Vec::new();
    let report = ends.drive(&mut first, |ends, post, number| {
        let signed: crate::signing::Authorization =
            post.authorization.as_deref().expect("signed").parse().expect("a header");
        times.push(signed.at);
        let server = at(3_600_000).millis();
        let stale = format!(r#"{{"type":"urn:canvass:problem:stale-time","detail":"late","time":{server}}}"#);
        Some(if number == 1 { Reply { status: 401, body: stale.into_bytes() } } else { ends.answer(post) })
    });
    assert_eq!(report.expect("done").brought, 1);
    assert_eq!(times[..2], [at(0), at(3_600_000)]);
    let mut second = transfer(Transfers::Everything);
    let revoked = br#"{"type":"urn:canvass:problem:revoked","detail":"this phone was revoked"}"#;
    let turned_away = ends.drive(&mut second, |_, _, _| Some(Reply { status: 403, body: revoked.to_vec() }));
    assert!(matches!(turned_away, Err(SyncError::Rejected { status: 403, .. })), "{turned_away:?}");
}

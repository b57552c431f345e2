//! Promises of attachments on a phone: saved with their record or not at all, kept until the server has them, and let go of
//! beyond the room there is.

use super::*;
use crate::domain::Digest;
use crate::domain::attachment::{Caption, MAX_BYTES};
use crate::sync::{Kept, Reply, SyncError, Transfer, TransferReport, Transfers};
use crate::wire::{GetRequest, GetResponse, Held, Named, PutRequest, PutResponse, StateRequest, StateResponse, UNIT};
use std::collections::BTreeMap;

fn caption(of: RecordId) -> Caption {
    Caption { of, media_type: "image/jpeg".to_owned(), name: Some("大门".to_owned()), taken_at: Some(at(0)) }
}

/// Bytes of a photo, all of one sort so that tests are quick, but each photo another's.
fn photo(n: u8, size: usize) -> Vec<u8> {
    let mut bytes = vec![n; size];
    bytes[size - 1] = 1;
    bytes
}

/// A server that keeps what comes, by record; it knows those records that it was told of.
#[derive(Default)]
struct Server {
    known: BTreeMap<RecordId, (Digest, u64)>,
    kept: BTreeMap<RecordId, Vec<u8>>,
    pieces: Vec<u64>,
}

impl Server {
    fn held(&self, named: &Named) -> Held {
        match (self.known.get(&named.record), self.kept.get(&named.record)) {
            (Some((digest, _)), None) if *digest == named.digest => Held::Partly(0),
            (Some((digest, size)), Some(bytes)) if *digest == named.digest => {
                if bytes.len() as u64 == *size {
                    Held::Whole
                } else {
                    Held::Partly(bytes.len() as u64)
                }
            }
            _ => Held::Unknown,
        }
    }

    fn answer(&mut self, post: &crate::sync::Post) -> Reply {
        let body = if let Ok(request) = StateRequest::decode(&post.body) {
            StateResponse::new(request.nonce, request.asked.iter().map(|named| self.held(named)).collect()).encode()
        } else if let Ok(request) = PutRequest::decode(&post.body) {
            self.pieces.push(request.offset);
            if matches!(self.held(&request.named), Held::Partly(there) if there == request.offset) {
                self.kept.entry(request.named.record).or_default().extend_from_slice(&request.piece);
            }
            PutResponse::new(request.nonce, self.held(&request.named)).encode()
        } else {
            let request = GetRequest::decode(&post.body).expect("a question");
            self.pieces.push(request.offset);
            let from = usize::try_from(request.offset).expect("few");
            let piece = self
                .kept
                .get(&request.named.record)
                .map(|bytes| bytes[from..bytes.len().min(from + usize::try_from(request.most).expect("few"))].to_vec());
            GetResponse::new(request.nonce, self.held(&request.named), piece).encode()
        };
        Reply { status: 200, body: body.expect("encodes") }
    }
}

impl Phone {
    fn attach(&mut self, n: u8, of: RecordId, bytes: &[u8]) -> RecordId {
        self.replica.attach(id(n), caption(of), bytes, at(i64::from(n))).expect("attached");
        id(n)
    }

    /// Moves attachments; of the requests only so many are answered before the app is killed.
    fn transfer_until(&mut self, server: &mut Server, requests: usize) -> Option<Result<TransferReport, SyncError>> {
        let mut transfer: Transfer = self.replica.transfer(Transfers::Everything, 1).expect("a transfer");
        for nonce in 0.. {
            match self.replica.advance_transfer(&mut transfer, nonce, at(5_000)).expect("storage") {
                TransferAction::Transmit(_) if nonce == requests as u64 => return None,
                TransferAction::Transmit(post) => transfer.received(&server.answer(&post), at(5_000)),
                TransferAction::Wait(_) => panic!("nothing failed"),
                TransferAction::Done(result) => return Some(result),
            }
        }
        unreachable!("a transfer has an end")
    }

    fn transfer(&mut self, server: &mut Server) -> TransferReport {
        self.transfer_until(server, usize::MAX).expect("an end").expect("done")
    }

    fn view(&self, record: RecordId) -> AttachmentView {
        self.replica.attachment(record).expect("reads").expect("is here")
    }

    /// The server takes all records, and knows these attachments from then on.
    fn synced_to(&mut self, server: &mut Server, attachments: &[RecordId]) {
        self.acknowledge();
        for record in attachments {
            let attachment = self.view(*record).attachment;
            server.known.insert(*record, (attachment.digest, attachment.size));
        }
    }
}

#[test]
fn a_photo_is_saved_with_its_record_and_read_again_after_reopening() {
    let mut phone = Phone::new(7);
    let prospect = phone.begin(1);
    let visit = id(2);
    phone.replica.create(visit, &visit::KIND, Some(prospect), &visited(0, "好"), at(5)).expect("created");
    let bytes = photo(9, 150_000);
    let record = phone.attach(3, visit, &bytes);
    phone.reopen();
    assert_eq!(phone.replica.read_attachment(record, at(9)).expect("reads").as_deref(), Some(bytes.as_slice()));
    let view = phone.view(record);
    assert_eq!((view.here, view.there, view.confirmed), (150_000, 0, false));
    assert_eq!(phone.row(record).prospect, Some(prospect));
    assert_eq!(phone.replica.attachments(visit).expect("lists"), std::slice::from_ref(&view));
    assert_eq!(phone.replica.attachments(prospect).expect("lists"), [view]);
    assert_eq!(phone.replica.unsent_attachments().expect("lists").len(), 1);
    assert_eq!(phone.unsynced(record), 1, "its record goes with the next sync like any other");
}

#[test]
fn what_is_too_large_empty_or_of_nothing_here_is_refused_by_name_and_nothing_is_written() {
    let mut phone = Phone::new(7);
    let prospect = phone.begin(1);
    let before = phone.dump();
    let attach = |phone: &mut Phone, caption, bytes: &[u8]| phone.replica.attach(id(3), caption, bytes, at(5));
    let too_large = vec![1; usize::try_from(MAX_BYTES).expect("fits") + 1];
    for bytes in [&[][..], &too_large] {
        match attach(&mut phone, caption(prospect), bytes) {
            Err(ReplicaError::Invalid(invalid)) => {
                assert_eq!(invalid.what, "attachment");
                assert!(invalid.to_string().contains("20971520"), "{invalid}");
            }
            other => panic!("{other:?}"),
        }
    }
    assert!(matches!(attach(&mut phone, caption(id(8)), b"x"), Err(ReplicaError::NoSuchRecord(_))));
    let nameless = Caption { media_type: "x".repeat(101), ..caption(prospect) };
    assert!(matches!(attach(&mut phone, nameless, b"x"), Err(ReplicaError::Invalid(it)) if it.what == "media_type"));
    assert_eq!(phone.dump(), before);
}

#[test]
fn a_full_disk_keeps_neither_photo_nor_record_and_loses_nothing() {
    let mut phone = Phone::new(7);
    let prospect = phone.begin(1);
    let first = phone.attach(2, prospect, &photo(2, 100_000));
    phone.cap_now();
    let before = phone.dump();
    let full = phone.replica.attach(id(3), caption(prospect), &photo(3, 500_000), at(5));
    assert!(matches!(full, Err(ReplicaError::Full)), "{full:?}");
    assert_eq!(phone.dump(), before);
    phone.reopen();
    assert!(phone.replica.read_attachment(first, at(9)).expect("reads").is_some());
    phone.replica.attach(id(3), caption(prospect), &photo(3, 500_000), at(5)).expect("there is space again");
}

#[test]
fn bytes_wait_for_their_record_and_go_once_it_is_acknowledged() {
    let (mut phone, mut server) = (Phone::new(7), Server::default());
    let prospect = phone.begin(1);
    let bytes = photo(2, 300_000);
    let record = phone.attach(2, prospect, &bytes);
    assert_eq!(phone.transfer(&mut server), TransferReport::default(), "nothing is asked or sent");
    phone.synced_to(&mut server, &[record]);
    assert_eq!(phone.transfer(&mut server).brought, 1);
    assert_eq!(server.kept[&record], bytes);
    let view = phone.view(record);
    assert_eq!((view.there, view.confirmed), (300_000, true));
    assert!(phone.replica.unsent_attachments().expect("lists").is_empty());
    assert_eq!(phone.transfer(&mut server), TransferReport::default(), "nothing is left to ask");
}

#[test]
fn an_app_killed_between_any_two_pieces_sends_and_fetches_none_twice() {
    let (mut ours, mut theirs, mut server) = (Phone::new(7), Phone::new(8), Server::default());
    let prospect = ours.begin(1);
    let bytes = photo(2, usize::try_from(9 * UNIT + 5).expect("few"));
    let record = ours.attach(2, prospect, &bytes);
    let delivered = delivered(&ours.request());
    ours.synced_to(&mut server, &[record]);
    // One piece each time: a question, a piece, and the app is killed.
    while ours.transfer_until(&mut server, 2).is_none() {
        ours.reopen();
    }
    assert_eq!(server.kept[&record], bytes);
    assert_eq!(server.pieces, [0, 4 * UNIT, 8 * UNIT]);
    server.pieces.clear();
    theirs.receive(delivered);
    theirs.replica.want_attachment(record, at(9)).expect("noted");
    while theirs.transfer_until(&mut server, 1).is_none() {
        theirs.reopen();
    }
    assert_eq!(theirs.replica.read_attachment(record, at(9)).expect("reads"), Some(bytes));
    assert_eq!(server.pieces, [0, 4 * UNIT, 8 * UNIT]);
}

#[test]
fn only_what_somebody_wants_is_fetched_and_wrong_bytes_never_become_it() {
    let (mut ours, mut theirs, mut server) = (Phone::new(7), Phone::new(8), Server::default());
    let prospect = ours.begin(1);
    let record = ours.attach(2, prospect, &photo(2, 100_000));
    let delivered = delivered(&ours.request());
    ours.synced_to(&mut server, &[record]);
    server.kept.insert(record, photo(3, 100_000));
    theirs.receive(delivered);
    assert_eq!(theirs.transfer(&mut server), TransferReport::default());
    theirs.replica.want_attachment(record, at(9)).expect("noted");
    assert_eq!(theirs.transfer(&mut server).not_moved, 1);
    let view = theirs.view(record);
    assert_eq!((view.here, view.wanted), (0, true), "it is still wanted");
    assert_eq!(theirs.replica.read_attachment(record, at(9)).expect("reads"), None);
    assert_eq!(theirs.count("SELECT count(*) FROM piece"), 0);
    server.kept.insert(record, photo(2, 100_000));
    assert_eq!(theirs.transfer(&mut server).fetched, 1);
}

#[test]
fn beyond_its_room_a_phone_lets_go_of_the_longest_unused_but_never_of_what_the_server_may_lack() {
    let (mut phone, mut server) = (Phone::new(7), Server::default());
    let prospect = phone.begin(1);
    let sent: Vec<_> = [2, 3, 4].map(|n| phone.attach(n, prospect, &photo(n, 100_000))).into();
    phone.synced_to(&mut server, &sent);
    assert_eq!(phone.transfer(&mut server).brought, 3);
    phone.replica.read_attachment(sent[0], at(100)).expect("reads");
    let unsent = phone.attach(50, prospect, &photo(50, 100_000));
    phone.replica.set_attachment_room(250_000).expect("set");
    let here = |phone: &Phone, record| phone.view(record).here;
    assert_eq!(sent.iter().map(|record| here(&phone, *record)).collect::<Vec<_>>(), [100_000, 0, 0]);
    assert_eq!(here(&phone, unsent), 100_000);
    phone.replica.set_attachment_room(0).expect("set");
    assert_eq!((here(&phone, sent[0]), here(&phone, unsent)), (0, 100_000));
    let another = phone.attach(51, prospect, &photo(51, 100_000));
    assert_eq!(here(&phone, another), 100_000, "what is attached is kept, room or not");
    // Wanted again, it comes again, if there is room for it.
    phone.replica.want_attachment(sent[1], at(200)).expect("noted");
    assert_eq!(phone.transfer(&mut server).fetched, 0);
    phone.replica.set_attachment_room(400_000).expect("set");
    phone.replica.want_attachment(sent[1], at(200)).expect("noted");
    assert_eq!(phone.transfer(&mut server).fetched, 1);
}

#[test]
fn what_left_the_phone_before_its_photo_was_sent_is_sent_and_then_gone() {
    let (mut phone, mut server) = (Phone::new(7), Server::default());
    let prospect = phone.begin(1);
    let record = phone.attach(2, prospect, &photo(2, 100_000));
    let attachment = phone.view(record).attachment;
    server.known.insert(record, (attachment.digest, attachment.size));
    // The answer that takes the record lets it go as well: it belongs to another unit by now.
    let request = phone.request();
    let response = Response { evictions: vec![prospect, record], ..answer(&request, |_| Verdict::Accepted) };
    assert_eq!(phone.apply(&request, &response).evicted, 2);
    assert!(phone.replica.attachment(record).expect("reads").is_none());
    assert_eq!(phone.replica.unsent_attachments().expect("lists").len(), 1);
    assert_eq!(phone.transfer(&mut server).brought, 1);
    assert_eq!(server.kept[&record].len(), 100_000);
    assert_eq!(phone.count("SELECT count(*) FROM piece"), 0, "nothing of it stays");
    assert_eq!(phone.count("SELECT count(*) FROM attachment"), 0);
}

#[test]
fn others_photos_leave_with_their_records_at_once() {
    let (mut ours, mut theirs, mut server) = (Phone::new(7), Phone::new(8), Server::default());
    let prospect = ours.begin(1);
    let record = ours.attach(2, prospect, &photo(2, 100_000));
    let delivered = delivered(&ours.request());
    ours.synced_to(&mut server, &[record]);
    ours.transfer(&mut server);
    theirs.receive(delivered);
    theirs.replica.want_attachment(record, at(9)).expect("noted");
    assert_eq!(theirs.transfer(&mut server).fetched, 1);
    let request = theirs.request();
    let response = Response { evictions: vec![record], ..answer(&request, |_| Verdict::Accepted) };
    theirs.apply(&request, &response);
    assert_eq!(theirs.count("SELECT count(*) FROM piece"), 0);
}

#[test]
fn a_refused_attachments_bytes_stay_until_the_person_has_dealt_with_it() {
    let (mut phone, mut server) = (Phone::new(7), Server::default());
    let prospect = phone.begin(1);
    phone.acknowledge();
    phone.attach(2, prospect, &photo(2, 100_000));
    let request = phone.request();
    phone.apply(&request, &answer(&request, |_| refused("not-in-your-audience")));
    assert_eq!(phone.transfer(&mut server), TransferReport::default(), "the server would not know its record");
    assert_eq!(phone.replica.unsent_attachments().expect("lists").len(), 1);
    let entry = phone.replica.inbox().expect("reads").pop().expect("an entry");
    phone.replica.dismiss(&entry.hash).expect("dismissed");
    assert!(phone.replica.unsent_attachments().expect("lists").is_empty());
    assert_eq!(phone.count("SELECT count(*) FROM piece"), 0);
}

#[test]
fn one_photo_of_two_records_lies_here_once_and_goes_with_the_last() {
    let (mut phone, mut server) = (Phone::new(7), Server::default());
    let prospect = phone.begin(1);
    let bytes = photo(2, 100_000);
    let (one, other) = (phone.attach(2, prospect, &bytes), phone.attach(3, prospect, &bytes));
    assert_eq!(phone.count("SELECT count(*) FROM blob"), 1);
    phone.synced_to(&mut server, &[one, other]);
    assert_eq!(phone.transfer(&mut server).brought, 2);
    let request = phone.request();
    phone.apply(&request, &Response { evictions: vec![one], ..answer(&request, |_| Verdict::Accepted) });
    assert_eq!(phone.replica.read_attachment(other, at(9)).expect("reads"), Some(bytes));
}

#[test]
fn what_was_confirmed_long_ago_or_by_a_server_that_was_restored_is_asked_for_again() {
    let (mut phone, mut server) = (Phone::new(7), Server::default());
    let prospect = phone.begin(1);
    let record = phone.attach(2, prospect, &photo(2, 100_000));
    phone.synced_to(&mut server, &[record]);
    assert_eq!(phone.transfer(&mut server).brought, 1);
    server.kept.clear();
    assert_eq!(phone.transfer(&mut server), TransferReport::default(), "it said so just now");
    let request = phone.request();
    let response = Response { lost: true, ..answer(&request, |_| Verdict::NeedsDeps) };
    phone.apply(&request, &response);
    phone.acknowledge();
    phone.acknowledge();
    assert_eq!(phone.transfer(&mut server).brought, 1);
    phone.replica.main().expect("open").execute("UPDATE attachment SET confirmed_at = 1", []).expect("aged");
    server.kept.clear();
    assert_eq!(phone.transfer(&mut server).brought, 1);
    assert_eq!(server.kept[&record].len(), 100_000);
}

#[test]
fn a_piece_that_does_not_go_on_where_the_last_one_ended_is_not_kept() {
    let phone = Phone::new(7);
    let digest = Digest::of(b"wanted");
    let db = phone.replica.main().expect("open");
    super::super::blobs::begin(db, &digest, 3 * UNIT, at(0)).expect("begun");
    let keep = |offset, length: u64| {
        let piece = vec![1; usize::try_from(length).expect("few")];
        super::super::blobs::keep(db, &digest, offset, &piece, u64::MAX).expect("storage")
    };
    assert_eq!(keep(UNIT, UNIT), Kept::Partly(0));
    assert_eq!(keep(0, UNIT - 1), Kept::Partly(0), "only whole units, but for the end");
    assert_eq!(keep(0, 4 * UNIT), Kept::Partly(0), "no more than there is");
    assert_eq!(keep(0, UNIT), Kept::Partly(UNIT));
    assert_eq!(keep(0, UNIT), Kept::Partly(UNIT), "sent twice");
    assert_eq!(keep(UNIT, 2 * UNIT), Kept::OtherBytes);
}

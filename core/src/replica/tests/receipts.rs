//! Promises of receipts: what others wrote can be brought back to a server that lost it, with its proof of who wrote it.

use super::*;
use crate::wire::{Receipt, ReceiptEntry, ReceiptPart};

/// A response to a request that delivers something, with the receipt about all of that.
fn proven(request: &Request, deliveries: Vec<Delivery>, mac: u8) -> (Response, Vec<ReceiptEntry>) {
    let response = Response { deliveries, ..answer(request, |_| Verdict::Accepted) };
    let accepted = hashes(request).into_iter().map(|hash| (hash, 7));
    let delivered = response.deliveries.iter().flat_map(|d| d.hashes().collect::<Vec<_>>()).map(|hash| (hash, 8));
    let received_at = ServerTime::from_millis(DAY).expect("in range");
    let entry = |(hash, author)| ReceiptEntry { hash, author: DeviceNumber::new(author), received_at };
    let entries: Vec<_> = accepted.chain(delivered).map(entry).collect();
    (Response { receipt: Some(ReceiptPart::of([mac; 32], &entries)), ..response }, entries)
}

/// A phone that holds a record of another's with its receipt, and has edited it.
fn with_anothers() -> (Phone, RecordId, Receipt) {
    let (mut ours, mut theirs) = (Phone::new(7), Phone::new(8));
    let record = theirs.begin(1);
    theirs.edit(record, "households", 900);
    let request = ours.request();
    let (response, entries) = proven(&request, delivered(&theirs.request()), 3);
    ours.apply(&request, &response);
    (ours, record, Receipt { mac: [3; 32], entries })
}

#[test]
fn a_server_that_lost_what_others_wrote_gets_it_with_the_proof_of_who_wrote_it() {
    let (mut phone, record, receipt) = with_anothers();
    assert!(phone.request().receipts.is_empty());
    let edit = phone.edit(record, "note", "甲");
    phone.reopen();
    let request = phone.request();
    assert_eq!(hashes(&request), [edit]);
    let applied = phone.apply(&request, &answer(&request, |_| Verdict::NeedsDeps));
    assert_eq!(applied.outstanding, 3);
    let request = phone.request();
    let theirs: Vec<_> = receipt.entries.iter().map(|entry| entry.hash).collect();
    assert_eq!(hashes(&request), theirs, "what comes back goes first, and by itself");
    let farewell = phone.replica.farewell(usize::MAX, 1, at(9)).expect("a request");
    assert_eq!(hashes(&farewell), [theirs, vec![edit]].concat(), "but there is only one last request");
    assert_eq!(request.receipts, [receipt]);
    assert_eq!(phone.acknowledge().outstanding, 1);
    assert_eq!(hashes(&phone.request()), [edit]);
    assert!(phone.request().receipts.is_empty());
    assert_eq!(phone.acknowledge().outstanding, 0);
}

#[test]
fn what_others_wrote_is_never_made_again_in_this_phones_name() {
    let (mut phone, record, _) = with_anothers();
    phone.edit(record, "note", "甲");
    let request = phone.request();
    phone.apply(&request, &answer(&request, |_| Verdict::NeedsDeps));
    let (before, request) = (hashes(&phone.request()), phone.request());
    phone.apply(&request, &answer(&request, |_| Verdict::PullFirst));
    assert_eq!(hashes(&phone.request()), before);
}

#[test]
fn a_receipt_is_kept_while_any_change_of_it_is_here_and_once() {
    let (mut phone, record, _) = with_anothers();
    let own = phone.begin(2);
    let request = phone.request();
    let (response, _) = proven(&request, Vec::new(), 4);
    phone.apply(&request, &response);
    let before = phone.dump();
    phone.apply(&request, &response);
    assert_eq!(phone.dump(), before, "the same response again");
    assert_eq!(phone.count("SELECT count(*) FROM receipt"), 2);
    for (gone, left) in [(record, 1), (own, 0)] {
        let request = phone.request();
        phone.apply(&request, &Response { evictions: vec![gone], ..answer(&request, |_| Verdict::Accepted) });
        assert_eq!(phone.count("SELECT count(*) FROM receipt"), left);
    }
}

#[test]
fn a_receipt_that_does_not_fit_keeps_no_work_from_being_synced() {
    let (mut ours, mut theirs) = (Phone::new(7), Phone::new(8));
    let record = theirs.begin(1);
    let request = ours.request();
    let (response, entries) = proven(&request, delivered(&theirs.request()), 3);
    let short = Response { receipt: Some(ReceiptPart::of([3; 32], &entries[1..])), ..response };
    assert_eq!(ours.apply(&request, &short).pulled, 1);
    assert_eq!((ours.unsynced(record), ours.count("SELECT count(*) FROM receipt")), (0, 0));
}

#[test]
fn receipts_count_as_bytes_of_a_request() {
    let (mut phone, record, _) = with_anothers();
    phone.edit(record, "note", "甲");
    let request = phone.request();
    phone.apply(&request, &answer(&request, |_| Verdict::NeedsDeps));
    let first = phone.request().pushes[0].changes[0].len();
    let small = phone.replica.request(first, 1, 1, at(0)).expect("a request");
    assert_eq!((hashes(&small).len(), small.receipts.len()), (1, 1), "one change, with its receipt");
}

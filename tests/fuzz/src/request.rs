//! A request's bytes: no decoder panics, and what that of a sync decodes says the same when it is encoded again.

use crate::body;
use canvass_core::wire::{GetRequest, PutRequest, Receipt, Request, StateRequest};

/// Runs on an input.
pub fn run(input: &[u8]) {
    let body = body(input);
    drop((StateRequest::decode(&body), PutRequest::decode(&body), GetRequest::decode(&body)));
    let Ok(request) = Request::decode(&body) else { return };
    let encoded = request.encode().expect("what came in fits again");
    assert_eq!(Request::decode(&encoded).as_ref(), Ok(&request));
    for receipt in &request.receipts {
        assert_eq!(Receipt::said(&receipt.entries).len(), receipt.entries.len() * 44, "a mac covers every entry");
    }
}

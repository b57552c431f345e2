//! A request's bytes: the decoder never panics, and what it decodes says the same when it is encoded again.

use crate::body;
use canvass_core::wire::{Receipt, Request};

/// Runs on an input.
pub fn run(input: &[u8]) {
    let Ok(request) = Request::decode(&body(input)) else { return };
    let encoded = request.encode().expect("what came in fits again");
    assert_eq!(Request::decode(&encoded).as_ref(), Ok(&request));
    for receipt in &request.receipts {
        assert_eq!(Receipt::said(&receipt.entries).len(), receipt.entries.len() * 44, "a mac covers every entry");
    }
}

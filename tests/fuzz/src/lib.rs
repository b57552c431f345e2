//! What is done with bytes from outside, a module for each kind of them with a function of an input: a fuzzer drives it
//! (`libfuzzer`), and a test runs it on all that was kept (`tests/corpus.rs`). Beside them what they share: the record that
//! changes are offered to, files for the importers, and panics that count.

#![expect(clippy::expect_used, clippy::panic, reason = "a panic is a finding")]

pub mod cells;
pub mod change;
pub mod csv;
pub mod entrance;
pub mod files;
pub mod phone;
pub mod record;
pub mod request;
pub mod response;
pub mod xlsx;

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook};

thread_local! {
    static LAST: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Lets a panic that the product contains pass in silence: only one that leaves a target is a finding.
pub fn contain() {
    set_hook(Box::new(|panic| LAST.with(|last| *last.borrow_mut() = panic.to_string())));
}

/// Runs a target on an input, and says what its panic was, if it panicked.
pub fn caught(run: impl FnOnce()) -> Option<String> {
    let panic = catch_unwind(AssertUnwindSafe(run)).err();
    panic.map(|_| LAST.with(|last| last.borrow().clone()))
}

/// Ends the process with words when a target panics on an input, as a fuzzer wants it.
pub fn drive(run: fn(&[u8]), input: &[u8]) {
    if let Some(words) = caught(|| run(input)) {
        eprintln!("{words}");
        std::process::abort();
    }
}

/// A message's body: the payload as it is, or packed, so that the bytes behind the decompressor are reached too.
pub fn body(input: &[u8]) -> Vec<u8> {
    match input {
        [how, payload @ ..] if how % 2 == 1 => zstd::bulk::compress(payload, 1).unwrap_or_default(),
        [_, payload @ ..] => payload.to_vec(),
        [] => Vec::new(),
    }
}

/// What a target is called and what it does with an input.
pub type Target = (&'static str, fn(&[u8]));

/// Every target.
pub const TARGETS: [Target; 8] = [
    ("request", request::run),
    ("response", response::run),
    ("change", change::run),
    ("entrance", entrance::run),
    ("csv", csv::run),
    ("xlsx", xlsx::run),
    ("cells", cells::run),
    ("phone", phone::run),
];

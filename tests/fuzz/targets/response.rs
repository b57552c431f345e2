//! A response's bytes: the decoder never panics, what it decodes says the same when it is encoded again, and the bank and
//! the standings in it are taken or refused.

#![no_main]

use canvass_core::wire::Response;
use canvass_fuzz::body;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    if let Ok(response) = Response::decode(&body(input)) {
        let encoded = response.encode().expect("what came in fits again");
        assert_eq!(Response::decode(&encoded).as_ref(), Ok(&response));
        drop(response.reference.map(|reference| reference.bank()));
    }
});

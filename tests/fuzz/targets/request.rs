//! A request's bytes: the decoder never panics, and what it decodes says the same when it is encoded again.

#![no_main]

use canvass_core::wire::Request;
use canvass_fuzz::body;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    if let Ok(request) = Request::decode(&body(input)) {
        let encoded = request.encode().expect("what came in fits again");
        assert_eq!(Request::decode(&encoded).as_ref(), Ok(&request));
    }
});

//! Drives [`canvass_fuzz::request`].

#![no_main]

libfuzzer_sys::fuzz_target!(init: canvass_fuzz::contain(), |input: &[u8]| {
    canvass_fuzz::drive(canvass_fuzz::request::run, input);
});

//! Drives [`canvass_fuzz::entrance`].

#![no_main]

libfuzzer_sys::fuzz_target!(init: canvass_fuzz::contain(), |input: &[u8]| {
    canvass_fuzz::drive(canvass_fuzz::entrance::run, input);
});

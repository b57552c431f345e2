//! Drives [`canvass_fuzz::cells`].

#![no_main]

libfuzzer_sys::fuzz_target!(init: canvass_fuzz::contain(), |input: &[u8]| {
    canvass_fuzz::drive(canvass_fuzz::cells::run, input);
});

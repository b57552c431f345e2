//! Drives [`canvass_fuzz::phone`].

#![no_main]

libfuzzer_sys::fuzz_target!(init: canvass_fuzz::contain(), |input: &[u8]| {
    canvass_fuzz::drive(canvass_fuzz::phone::run, input);
});

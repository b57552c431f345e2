//! What comes from whoever is not known yet: headers, answers to invitations, and what a phone is told before it trusts
//! anybody. None of it panics, and what is read says the same when it is written again.

#![no_main]

use canvass_core::domain::DeviceNumber;
use canvass_core::signing::{Authorization, Signer, SoftwareKey};
use canvass_core::wire::{EnrolRequest, EnrolResponse, Invitation, SignedDirective};
use canvass_fuzz::body;
use canvass_server::ingest::token;
use canvass_server::secrets::Secrets;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let key = SoftwareKey::from_secret(&[7; 32]).expect("a key").public_key();
    let bytes = body(input);
    if let Ok(request) = EnrolRequest::decode(&bytes) {
        request.is_proven();
        assert_eq!(EnrolRequest::decode(&request.encode().expect("fits again")).as_ref(), Ok(&request));
    }
    if let Ok(response) = EnrolResponse::decode(&bytes) {
        assert!(response.open(&[0; 16]).is_err(), "nobody has a key of that fingerprint");
    }
    let secrets = Secrets::from_master([7; 32]).expect("secrets");
    let person = "P1".parse().expect("a person");
    assert!(token::told(&secrets, DeviceNumber::new(7), &person, &bytes).is_none(), "nobody guesses a mark");
    let Ok(text) = std::str::from_utf8(input.get(1..).unwrap_or_default()) else { return };
    if let Ok(authorization) = text.parse::<Authorization>() {
        assert_eq!(authorization.to_string().parse().as_ref(), Ok(&authorization));
        assert!(!authorization.is_by(&key, "/v1/sync"), "nobody signs without the key");
    }
    if let Ok(invitation) = text.parse::<Invitation>() {
        assert_eq!(invitation.to_string().parse().as_ref(), Ok(&invitation));
    }
    if let Ok(directive) = text.parse::<SignedDirective>() {
        assert!(directive.open(&key, DeviceNumber::new(7)).is_err(), "nobody directs without the key");
    }
});

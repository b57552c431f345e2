//! What comes from whoever is not known yet: headers, answers to invitations, and what a phone is told before it trusts
//! anybody. None of it panics, and what is read says the same when it is written again.

use crate::body;
use canvass_core::domain::{DeviceNumber, PhoneTime};
use canvass_core::signing::{Authorization, PublicKey, Signer, SoftwareKey};
use canvass_core::sync::{Enrolment, Reply};
use canvass_core::wire::{EnrolRequest, EnrolResponse, Invitation, InvitationCode, SignedDirective};
use canvass_server::ingest::token;
use canvass_server::secrets::Secrets;
use std::sync::LazyLock;

/// Somebody with a key, an open invitation answered, and a server's secrets.
struct Known {
    key: PublicKey,
    enrolment: Enrolment,
    secrets: Secrets,
}

static KNOWN: LazyLock<Known> = LazyLock::new(|| {
    let key = SoftwareKey::from_secret(&[7; 32]).expect("a key");
    let base = "https://canvass.example".into();
    let invitation = Invitation { base, number: 41, code: InvitationCode::new([5; 10]), fingerprint: [0; 16] };
    let now = PhoneTime::from_millis(1_772_000_000_000).expect("in range");
    let enrolment = Enrolment::new(&invitation, &key, now).expect("signed");
    Known { key: key.public_key(), enrolment, secrets: Secrets::from_master([7; 32]).expect("secrets") }
});

/// Runs on an input.
pub fn run(input: &[u8]) {
    let Known { key, enrolment, secrets } = &*KNOWN;
    let bytes = body(input);
    if let Ok(request) = EnrolRequest::decode(&bytes) {
        request.is_proven();
        assert_eq!(EnrolRequest::decode(&request.encode().expect("fits again")).as_ref(), Ok(&request));
    }
    if let Ok(response) = EnrolResponse::decode(&bytes) {
        assert!(response.open(&[0; 16]).is_err(), "nobody has a key of that fingerprint");
    }
    let person = "P1".parse().expect("a person");
    assert!(token::told(secrets, DeviceNumber::new(7), &person, &bytes).is_none(), "nobody guesses a mark");
    let status = if input.first().is_some_and(|how| how & 2 == 2) { 410 } else { 200 };
    assert!(enrolment.received(&Reply { status, body: bytes }).is_err(), "nobody has a key of that fingerprint");
    let Ok(text) = std::str::from_utf8(input.get(1..).unwrap_or_default()) else { return };
    if let Ok(authorization) = text.parse::<Authorization>() {
        assert_eq!(authorization.to_string().parse().as_ref(), Ok(&authorization));
        assert!(!authorization.is_by(key, "/v1/sync"), "nobody signs without the key");
    }
    if let Ok(invitation) = text.parse::<Invitation>() {
        assert_eq!(invitation.to_string().parse().as_ref(), Ok(&invitation));
    }
    if let Ok(directive) = text.parse::<SignedDirective>() {
        assert!(directive.open(key, DeviceNumber::new(7)).is_err(), "nobody directs without the key");
    }
}

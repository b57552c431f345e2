//! Promises of enrolment and revocation: a phone knows who it is from its own file, signs as that, and wipes on the word of
//! its own server only.

use super::*;
use crate::signing::Authorization;
use crate::sync::{Post, Reply, Session, SyncError};
use crate::wire::{Demand, Directive, SignedDirective};
use std::sync::Arc;

fn transmit(replica: &mut Replica, session: &mut Session) -> Post {
    match replica.advance(session, 1, at(5)).expect("advances") {
        Action::Transmit(post) => post,
        other => panic!("{other:?}"),
    }
}

fn signed(post: &Post) -> Authorization {
    post.authorization.as_deref().expect("signed").parse().expect("a header")
}

#[test]
fn a_phone_knows_from_its_file_who_it_is_and_signs_as_that() {
    let mut phone = Phone::new(7);
    phone.reopen();
    let replica = &mut phone.replica;
    assert_eq!((replica.device(), replica.person().as_str()), (DeviceNumber::new(7), "P7"));
    assert_eq!(replica.person_name(), "王芳");
    let mut session = replica.session(1).expect("a session");
    let post = transmit(replica, &mut session);
    assert!(signed(&post).is_by(&key(7).public_key(), "/v1/sync") && signed(&post).covers(&post.body));
}

#[test]
fn only_an_enrolled_phone_opens_and_it_is_enrolled_once() {
    let folder = tempfile::tempdir().expect("a directory");
    let path = folder.path().join("P7.db");
    let none = Replica::open(&path, opening(7, 0), None);
    assert!(matches!(none, Err(ReplicaError::NotEnrolled(_))), "{none:?}");
    assert!(!path.exists(), "nothing is left behind");
    drop(Replica::begin(&path, opening(7, 0), identity(7)).expect("begins"));
    let twice = Replica::begin(&path, opening(7, 1), identity(8));
    assert!(matches!(twice, Err(ReplicaError::AlreadyEnrolled(_))), "{twice:?}");
    assert_eq!(Replica::open(&path, opening(7, 2), None).expect("opens").device(), DeviceNumber::new(7));
    Replica::give_up(&path).expect("given up");
    let again = Replica::begin(&path, opening(7, 3), identity(8)).expect("begins anew");
    assert_eq!(again.device(), DeviceNumber::new(8));
}

#[test]
fn people_who_share_a_phone_have_a_database_each() {
    let folder = tempfile::tempdir().expect("a directory");
    for number in [8, 7] {
        let person = format!("P{number}").parse().expect("a person");
        let path = database_of(folder.path(), &person);
        drop(Replica::begin(&path, opening(number, 0), identity(number)).expect("begins"));
    }
    let people: Vec<_> = people_in(folder.path()).expect("reads").iter().map(ToString::to_string).collect();
    assert_eq!(people, ["P7", "P8"]);
}

#[test]
fn a_key_in_the_platforms_key_store_signs_and_no_other_passes_for_it() {
    let folder = tempfile::tempdir().expect("a directory");
    let path = folder.path().join("P7.db");
    let platform = Identity { key: PhoneKey::Platform(Arc::new(key(3))), ..identity(7) };
    drop(Replica::begin(&path, opening(7, 0), platform).expect("begins"));
    let bytes = std::fs::read(&path).expect("a file");
    assert!(!bytes.windows(32).any(|window| window == [3; 32]), "the secret is nowhere here");
    let without = Replica::open(&path, opening(7, 1), None);
    assert!(matches!(without, Err(ReplicaError::NoSigner)), "{without:?}");
    let other = Replica::open(&path, opening(7, 1), Some(Arc::new(key(4))));
    assert!(matches!(other, Err(ReplicaError::OtherSigner)), "{other:?}");
    let mut replica = Replica::open(&path, opening(7, 1), Some(Arc::new(key(3)))).expect("opens");
    let mut session = replica.session(1).expect("a session");
    assert!(signed(&transmit(&mut replica, &mut session)).is_by(&key(3).public_key(), "/v1/sync"));
}

#[test]
fn the_token_of_the_last_response_goes_with_the_next_request() {
    let mut phone = Phone::new(7);
    assert_eq!(phone.request().token, None);
    for token in [vec![1, 2, 3], vec![4]] {
        let request = phone.request();
        let told = Response { token: Some(token.clone().into()), ..answer(&request, |_| Verdict::Accepted) };
        phone.apply(&request, &told);
        phone.acknowledge();
        phone.reopen();
        assert_eq!(phone.request().token, Some(token.into()), "also where a response brought none");
    }
}

/// The server's word that a phone was revoked.
pub(super) fn revoked(device: u32, server: u8, hand_over: bool) -> Reply {
    let at = ServerTime::from_millis(DAY).expect("in range");
    let directive = Directive { device: DeviceNumber::new(device), what: Demand::Wipe, hand_over, at };
    let directive = SignedDirective::sign(&directive, &key(server)).expect("signed");
    let body = format!(r#"{{"type":"urn:canvass:problem:revoked","detail":"x","directive":"{directive}"}}"#);
    Reply { status: 403, body: body.into_bytes() }
}

#[test]
fn a_forged_directive_destroys_nothing() {
    let mut phone = Phone::new(7);
    let record = phone.begin(1);
    for reply in [revoked(7, 98, true), revoked(8, 99, false)] {
        let mut session = phone.replica.session(1).expect("a session");
        transmit(&mut phone.replica, &mut session);
        session.received(&reply, at(5));
        let action = phone.replica.advance(&mut session, 2, at(6)).expect("advances");
        assert!(matches!(action, Action::Done(Err(SyncError::Rejected { status: 403, .. }))), "{action:?}");
        phone.reopen();
        assert_eq!(phone.unsynced(record), 1);
    }
}

#[test]
fn a_revoked_phone_hands_over_what_it_has_then_nothing_of_it_is_left() {
    let mut phone = Phone::new(7);
    phone.begin(1);
    phone.edit(id(1), "households", 900);
    let outbox = hashes(&phone.request());
    let mut session = phone.replica.session(1).expect("a session");
    transmit(&mut phone.replica, &mut session);
    session.received(&revoked(7, 99, true), at(5));
    let last = transmit(&mut phone.replica, &mut session);
    assert_eq!(last.path, "/v1/handover");
    let request = Request::decode(&last.body).expect("a request");
    assert_eq!((hashes(&request), request.positions.len()), (outbox, 0));
    // A portal's 200 is no word of the server's: nothing is destroyed, and the same is sent again.
    session.received(&Reply { status: 200, body: b"<html>please log in</html>".to_vec() }, at(6));
    let action = phone.replica.advance(&mut session, 3, at(6)).expect("advances");
    let Action::Wait(until) = action else { panic!("{action:?}") };
    assert_eq!(phone.replica.outstanding().expect("counts"), 2);
    let action = phone.replica.advance(&mut session, 4, until).expect("advances");
    assert!(matches!(&action, Action::Transmit(post) if post.body == last.body), "{action:?}");
    phone.begin(3);
    let told = answer(&request, |hash| if *hash == hashes(&request)[0] { Verdict::Held } else { refused("size") });
    session.received(&Reply { status: 200, body: told.encode().expect("encodes") }, until);
    let action = phone.replica.advance(&mut session, 5, until).expect("advances");
    assert_eq!(action, Action::Done(Err(SyncError::Revoked { handed_over: 1, not_taken: 1, not_sent: 1 })));

    let left: Vec<_> = std::fs::read_dir(phone.dir.path()).expect("a folder").collect();
    assert!(left.is_empty(), "{left:?}");
    let replica = &mut phone.replica;
    let answers = [
        replica.record(id(1)).err(),
        replica.count().err(),
        replica.outstanding().err(),
        replica.inbox().err(),
        replica.session(1).err(),
        replica.edit(id(1), &Fields::new(), at(8)).err(),
        replica.create(id(2), &prospect::KIND, None, &community("银枫家园"), at(8)).err(),
        replica.read_dossier(id(1), at(8), id(9)).err(),
    ];
    for answer in answers {
        assert!(matches!(answer, Some(ReplicaError::Wiped)), "{answer:?}");
    }
    let again = Replica::open(&phone.path(), opening(7, 9), None);
    assert!(matches!(again, Err(ReplicaError::NotEnrolled(_))), "{again:?}");
}

#[test]
fn a_phone_without_encryption_holds_no_dossiers_and_says_so() {
    let mut phone = Phone::new(7);
    let request = phone.request();
    assert!(request.able.is_empty());
    let key = Some(crate::wire::DossierKey::new([6; 32]));
    let lease = Response { dossier_key: key, lease_ms: 1_000_000, ..answer(&request, |_| Verdict::Accepted) };
    phone.apply(&request, &lease);
    assert!(!phone.replica.dossiers_are_open(at(1)).expect("answers"));
    let fields = crate::domain::dossier::Dossier::named("周建国").to_fields();
    let recorded = phone.replica.create(id(2), &crate::domain::dossier::KIND, Some(id(1)), &fields, at(2));
    assert!(matches!(recorded, Err(ReplicaError::NoDossiers)), "{recorded:?}");
    assert!(matches!(phone.replica.read_dossier(id(2), at(2), id(9)), Err(ReplicaError::NoDossiers)));
    assert!(!phone.path().with_extension("dossiers").exists());
    assert_eq!(phone.count("SELECT count(*) FROM phone WHERE dossier_key IS NULL"), 1, "the key is not kept either");
}

#[cfg(not(feature = "sqlcipher"))]
#[test]
fn a_build_without_encryption_takes_no_key() {
    let folder = tempfile::tempdir().expect("a directory");
    let keyed = Opening { key: Some(DatabaseKey::new([1; 32])), ..opening(7, 0) };
    let begun = Replica::begin(&folder.path().join("P7.db"), keyed, identity(7));
    assert!(matches!(begun, Err(ReplicaError::NoEncryption)), "{begun:?}");
}

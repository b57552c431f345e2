//! Phones are who they say they are: each request is signed, each directive is for one phone alone, and whoever is revoked is
//! out at the very next request.

#![expect(clippy::expect_used, reason = "fixtures are right or the test is wrong")]

use axum::body::Body;
use axum::http::Request as HttpRequest;
use canvass_core::document::{Actor, Authorship, Change, Document};
use canvass_core::domain::prospect::Prospect;
use canvass_core::domain::{DeviceNumber, Fields, Kind, Membership, PersonId, RecordId, ServerTime, prospect};
use canvass_core::signing::{Authorization, MAX_SKEW_MS, Signer, SoftwareKey};
use canvass_core::wire::{
    Demand, DirectiveError, EnrolRequest, EnrolResponse, Enrolled, InvitationCode, Push, Receipt, Request, Response,
    SignedDirective, Verdict,
};
use canvass_server::clock::Clock;
use canvass_server::http::CONTENT_TYPE;
use canvass_server::store::devices::{InviteOrder, Invited, RevokeOrder, Revoked};
use canvass_server::store::{self, Devices, Queue, Store};
use canvass_tests::{Answer, World, key_of, person, unit};
use futures_util::stream::{self, StreamExt};
use std::convert::Infallible;

/// B1-S1-P1 and B1-S1-P2, who work side by side.
const WANG: DeviceNumber = DeviceNumber::new(11);
const LI: DeviceNumber = DeviceNumber::new(12);

fn code(answer: &Answer) -> (u16, String) {
    let json = answer.json();
    let code = json["type"].as_str().expect("a type").trim_start_matches("urn:canvass:problem:").to_owned();
    assert!(json["detail"].as_str().expect("a detail").len() > 10, "{json}");
    (answer.status, code)
}

fn person_of(device: DeviceNumber) -> PersonId {
    person(if device == WANG { "B1-S1-P1" } else { "B1-S1-P2" })
}

fn request(world: &World, device: DeviceNumber) -> Request {
    Request::new(device, person_of(device), world.now(), 77, 1_000_000)
}

fn create(world: &World, device: DeviceNumber, n: u8) -> (RecordId, Document, Change) {
    let authorship = Authorship { device, actor: Actor::new([n; 16]), at: world.now() };
    let id = RecordId::new(world.now().millis(), [n; 10]);
    let fields = Prospect::named("银枫家园").to_fields();
    let (document, change) =
        Document::create(id, &Kind::from(&prospect::KIND), None, &fields, &authorship).expect("created");
    (id, document, change)
}

fn push(world: &World, device: DeviceNumber, id: RecordId, changes: &[&Change]) -> Request {
    let changes = changes.iter().map(|change| change.bytes.clone().into()).collect();
    let mut request = request(world, device);
    request.pushes = vec![Push { record: id, kind: (&prospect::KIND).into(), changes }];
    request
}

fn invite(world: &World, who: &str) -> Invited {
    let order = InviteOrder { person: person(who), by: store::Actor::Operator, at: world.clock.now() };
    world.run(world.store.invite(order)).expect("invited")
}

fn enrol(world: &World, invited: &Invited, code: [u8; 10], key: &SoftwareKey) -> Answer {
    let code = InvitationCode::new(code);
    let request = EnrolRequest::new(invited.number, code, key, world.now()).expect("signed");
    world.post_under("", "/v1/enrol", request.encode().expect("encoded"))
}

fn enrolled(world: &World, answer: &Answer) -> Enrolled {
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
    let response = EnrolResponse::decode(&answer.body).expect("an answer");
    response.open(&world.store.secrets().fingerprint()).expect("signed by this server")
}

fn revoke(world: &World, device: DeviceNumber, hand_over: bool) {
    let (devices, by, reason) = (Revoked::Device(device), store::Actor::Operator, "lost".to_owned());
    let order = RevokeOrder { devices, by, reason, hand_over, at: world.clock.now() };
    assert_eq!(world.run(world.store.revoke(order)).expect("revoked"), [device]);
}

#[test]
fn a_phone_that_is_revoked_while_its_request_is_on_the_way_gets_nothing_for_it_and_leaves_nothing() {
    let world = World::new(72);
    let (id, _, change) = create(&world, WANG, 1);
    let body = push(&world, WANG, id, &[&change]).encode().expect("encoded");
    let signed = Authorization::sign(&key_of(WANG), WANG, "/v1/sync", world.now(), &body).expect("signed");
    // The finder of a phone has sent half of a request; the phone is revoked; the other half comes.
    let half = body.len() / 2;
    let (store, at) = (world.store.clone(), world.clock.now());
    let halves = stream::iter([body[..half].to_vec(), body[half..].to_vec()]).enumerate().then(move |(n, half)| {
        let store = store.clone();
        async move {
            if n == 1 {
                let (devices, by) = (Revoked::Device(WANG), store::Actor::Operator);
                let order = RevokeOrder { devices, by, reason: "lost".to_owned(), hand_over: false, at };
                store.revoke(order).await.expect("revoked");
            }
            Ok::<_, Infallible>(half)
        }
    });
    let request = HttpRequest::post("/v1/sync")
        .header("content-type", CONTENT_TYPE)
        .header("authorization", signed.to_string())
        .body(Body::from_stream(halves))
        .expect("a request");
    assert_eq!(code(&world.http(request)), (403, "revoked".to_owned()));
    assert!(world.row(id).is_none());
}

#[test]
fn an_invited_phone_is_told_who_it_is_and_syncs_at_once() {
    let world = World::new(1);
    let (invited, key) = (invite(&world, "B1-S1-P1"), SoftwareKey::from_secret(&[5; 32]).expect("a key"));
    let told = enrolled(&world, &enrol(&world, &invited, invited.code, &key));
    assert_eq!((told.person.clone(), told.units.clone()), (person("B1-S1-P1"), vec![unit("B1-S1")]));
    assert!(told.lease_ms > 0 && told.dossier_key.is_some() && told.device != WANG);
    let mut request = Request::new(told.device, told.person.clone(), world.now(), 7, 1_000_000);
    request.token = Some(told.token.clone());
    let body = request.encode().expect("encoded");
    let signed = Authorization::sign(&key, told.device, "/v1/sync", world.now(), &body).expect("signed");
    let answer = world.post_under(&signed.to_string(), "/v1/sync", body);
    assert_eq!(answer.status, 200, "{}", answer.text());
    // Another server's answer to the same invitation is not believed.
    let response = EnrolResponse::decode(&enrol(&world, &invited, invited.code, &key).body).expect("the same answer");
    assert!(response.open(&[0; 16]).is_err());
}

#[test]
fn an_invitation_needs_its_code_and_the_key_that_answers_it() {
    let world = World::new(2);
    let (invited, key) = (invite(&world, "B1-S1-P1"), SoftwareKey::from_secret(&[5; 32]).expect("a key"));
    for _ in 0..5 {
        assert_eq!(code(&enrol(&world, &invited, [0; 10], &key)), (404, "invitation-unknown".into()));
    }
    assert_eq!(code(&enrol(&world, &invited, invited.code, &key)), (410, "invitation-void".into()));
    let second = invite(&world, "B1-S1-P1");
    // A key that the sender does not have.
    let mut borrowed =
        EnrolRequest::new(second.number, InvitationCode::new(second.code), &key, world.now()).expect("signed");
    borrowed.public_key = key_of(LI).public_key();
    let answer = world.post_under("", "/v1/enrol", borrowed.encode().expect("encoded"));
    assert_eq!(code(&answer), (401, "bad-signature".into()));
    world.pass_hours(1);
    assert_eq!(code(&enrol(&world, &second, second.code, &key)), (410, "invitation-expired".into()));
    let third = invite(&world, "B1-S1-P1");
    enrolled(&world, &enrol(&world, &third, third.code, &key));
    let other = SoftwareKey::from_secret(&[6; 32]).expect("a key");
    assert_eq!(code(&enrol(&world, &third, third.code, &other)), (410, "invitation-used".into()));
}

#[test]
fn what_is_unsigned_forged_or_changed_is_turned_away_each_in_its_own_words_and_changes_nothing() {
    let world = World::new(3);
    let before = world.counts();
    let (id, _, change) = create(&world, WANG, 1);
    let body = push(&world, WANG, id, &[&change]).encode().expect("encoded");
    let signed = |signer: &SoftwareKey, device, path: &str, at| {
        Authorization::sign(signer, device, path, at, &body).expect("signed")
    };
    let post = |authorization: &str, body: &[u8]| code(&world.post_under(authorization, "/v1/sync", body.to_vec()));
    assert_eq!(post("", &body), (401, "unsigned".into()));
    assert_eq!(post("Bearer abc", &body), (401, "unsigned".into()));
    let unknown = DeviceNumber::new(999);
    assert_eq!(
        post(&signed(&key_of(unknown), unknown, "/v1/sync", world.now()).to_string(), &body),
        (401, "unknown-device".into())
    );
    // Li signs as Wang; Wang's signature is for another path; the body is another.
    let bad = (401, "bad-signature".to_owned());
    assert_eq!(post(&signed(&key_of(LI), WANG, "/v1/sync", world.now()).to_string(), &body), bad);
    assert_eq!(post(&signed(&key_of(WANG), WANG, "/v1/handover", world.now()).to_string(), &body), bad);
    let honest = signed(&key_of(WANG), WANG, "/v1/sync", world.now());
    let later = Authorization { at: honest.at.plus_millis(1), ..honest.clone() };
    assert_eq!(post(&later.to_string(), &body), bad);
    let mut other = body.clone();
    *other.last_mut().expect("a body") ^= 1;
    assert_eq!(post(&honest.to_string(), &other), (400, "other-body".into()));
    // Li's honest signature over a message that says it is Wang's.
    let wangs = Authorization::sign(&key_of(LI), LI, "/v1/sync", world.now(), &body).expect("signed");
    assert_eq!(post(&wangs.to_string(), &body), (403, "anothers-name".into()));
    assert_eq!(world.counts(), before);
    assert_eq!(world.post_under(&honest.to_string(), "/v1/sync", body).status, 200);
}

#[test]
fn a_clock_that_is_wrong_is_told_the_time_and_locks_nobody_out() {
    let world = World::new(4);
    let body = request(&world, WANG).encode().expect("encoded");
    for skew in [MAX_SKEW_MS + 1, -MAX_SKEW_MS - 1, 40 * 365 * 86_400_000] {
        let at = world.now().plus_millis(skew);
        let signed = Authorization::sign(&key_of(WANG), WANG, "/v1/sync", at, &body).expect("signed");
        let answer = world.post_under(&signed.to_string(), "/v1/sync", body.clone());
        assert_eq!(code(&answer), (401, "stale-time".into()));
        let told = answer.json()["time"].as_i64().expect("the server's time");
        assert_eq!(told, world.clock.now().millis());
        let at = ServerTime::from_millis(told).expect("a time").as_recorded();
        let again = Authorization::sign(&key_of(WANG), WANG, "/v1/sync", at, &body).expect("signed");
        assert_eq!(world.post_under(&again.to_string(), "/v1/sync", body.clone()).status, 200);
    }
}

#[test]
fn a_revoked_phone_is_told_to_wipe_by_an_order_for_it_alone() {
    let world = World::new(5);
    world.ask(&request(&world, WANG));
    revoke(&world, WANG, false);
    let answer = world.post_as(WANG, "/v1/sync", request(&world, WANG).encode().expect("encoded"));
    assert_eq!(code(&answer), (403, "revoked".into()));
    let server = world.store.secrets().signer().public_key();
    let text = answer.json()["directive"].as_str().expect("a directive").to_owned();
    let directive: SignedDirective = text.parse().expect("a directive");
    let opened = directive.open(&server, WANG).expect("for Wang");
    assert_eq!((opened.what, opened.hand_over), (Demand::Wipe, false));
    assert_eq!(directive.open(&server, LI), Err(DirectiveError::OtherDevice(WANG)));
    assert_eq!(directive.open(&key_of(LI).public_key(), WANG), Err(DirectiveError::Forged));
    world.ask(&request(&world, LI));
    // Nothing may be handed over, and a phone that was not revoked has nothing to hand over.
    let body = request(&world, WANG).encode().expect("encoded");
    assert_eq!(code(&world.post_as(WANG, "/v1/handover", body)), (403, "revoked".into()));
    let body = request(&world, LI).encode().expect("encoded");
    assert_eq!(code(&world.post_as(LI, "/v1/handover", body)), (409, "not-revoked".into()));
}

#[test]
fn what_a_revoked_phone_hands_over_waits_for_the_branch_leader() {
    let world = World::new(6);
    let (id, _, change) = create(&world, WANG, 1);
    let body = push(&world, WANG, id, &[&change]).encode().expect("encoded");
    revoke(&world, WANG, true);
    let answer = world.post_as(WANG, "/v1/handover", body);
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(Response::decode(&answer.body).expect("an answer").verdicts, [[Verdict::Held]]);
    let held = world.run(world.store.held()).expect("held");
    assert_eq!((held.len(), held[0].record, held[0].unit.clone()), (1, id, Some(unit("B1-S1"))));
    assert!(world.row(id).is_none(), "nothing of it counts yet");
    let (_, _, more) = create(&world, WANG, 2);
    let body = push(&world, WANG, id, &[&more]).encode().expect("encoded");
    assert_eq!(code(&world.post_as(WANG, "/v1/handover", body)), (409, "handed-over".into()));
}

#[test]
fn a_change_is_its_senders_own_or_proven_by_a_receipt() {
    let world = World::new(7);
    let (id, mut document, first) = create(&world, WANG, 1);
    let accepted = world.ask(&push(&world, WANG, id, &[&first]));
    let hashes: Vec<_> =
        std::iter::once(first.hash).chain(accepted.deliveries.iter().flat_map(|it| it.hashes())).collect();
    let part = accepted.receipt.expect("a receipt");
    let receipt = Receipt { mac: part.mac, entries: part.entries(&hashes).expect("entries") };
    assert_eq!(receipt.entries[0].author, WANG);

    // The server is lost; another begins with the same secrets and an empty log. Li holds what Wang recorded.
    let secret = std::fs::read(world.folder().join("canvass.key")).expect("the secret file");
    let restored = World::new(8);
    assert_ne!(std::fs::read(restored.folder().join("canvass.key")).expect("another"), secret);
    let alone = restored.ask(&push(&restored, LI, id, &[&first]));
    let refused = |verdict: &Verdict| matches!(verdict, Verdict::Refused { code, .. } if code == "not-your-change");
    assert!(refused(&alone.verdicts[0][0]), "{:?}", alone.verdicts);
    let mut foreign = push(&restored, LI, id, &[&first]);
    foreign.receipts = vec![receipt.clone()];
    assert!(refused(&restored.ask(&foreign).verdicts[0][0]), "a receipt of another server proves nothing");

    // The same server, which lost the record.
    let lost = format!("DELETE FROM change WHERE record = x'{}'", hex(id.as_bytes()));
    world.run(world.store.tamper(lost)).expect("lost");
    world.run(world.store.rebuild()).expect("rebuilt");
    assert!(world.row(id).is_none());
    world.pass_hours(30);
    let puts = Fields::new().with("households".parse().expect("a field"), 900.into());
    let authorship = Authorship { device: LI, actor: Actor::new([9; 16]), at: world.now() };
    let own = document.edit(&puts, &authorship).expect("edited").expect("a change");
    let mut again = push(&world, LI, id, &[&first, &own]);
    assert!(refused(&world.ask(&again).verdicts[0][0]), "not without the receipt");
    let mut forged = receipt.clone();
    forged.entries[0].author = LI;
    again.receipts = vec![forged];
    assert!(refused(&world.ask(&again).verdicts[0][0]), "nor with one that was changed");
    again.receipts = vec![receipt];
    assert_eq!(world.ask(&again).verdicts, [[Verdict::Accepted, Verdict::Accepted]]);
    assert_eq!(world.row(id).expect("a row").author, Some(WANG), "it is whose it was");
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn a_token_of_another_phone_or_of_ones_own_making_grants_nothing() {
    let world = World::new(9);
    let told = world.ask(&request(&world, LI)).token.expect("a token");
    let (id, _, change) = create(&world, WANG, 1);
    let mut request = push(&world, WANG, id, &[&change]);
    for token in [told, vec![0; 80].into(), vec![].into()] {
        request.token = Some(token);
        // The work is the phone's own all the same; only the proof of what it was told is worth nothing.
        let verdicts = world.ask(&request).verdicts;
        assert!(matches!(verdicts[0][0], Verdict::Accepted | Verdict::Known), "{verdicts:?}");
    }
}

#[test]
fn a_leaver_gets_nothing_more_and_a_revoked_phone_no_second_welcome() {
    let world = World::new(10);
    let (invited, key) = (invite(&world, "B1-S1-P1"), SoftwareKey::from_secret(&[5; 32]).expect("a key"));
    let told = enrolled(&world, &enrol(&world, &invited, invited.code, &key));
    revoke(&world, told.device, false);
    let again = enrol(&world, &invited, invited.code, &key);
    assert_eq!(code(&again), (410, "invitation-void".into()), "its answer would bring the keys again");

    world.ask(&request(&world, LI));
    let open = invite(&world, "B1-S1-P2");
    let bank = world.run(world.store.bank()).expect("a bank");
    let ended = bank.memberships().filter(|member| member.person == person_of(LI)).cloned();
    let ended = ended.map(|member| Membership { until: Some(world.today()), ..member }).collect();
    world.run(world.store.set_bank(bank.with(vec![], vec![], ended).expect("a bank"))).expect("set");
    let body = request(&world, LI).encode().expect("encoded");
    assert_eq!(code(&world.post_as(LI, "/v1/sync", body)), (403, "not-of-the-bank".into()));
    assert_eq!(code(&enrol(&world, &open, open.code, &key)), (410, "invitation-expired".into()));
}

//! Promises of the sync's state machine, driven by hand: no network, no clock, no database.

use super::*;
use crate::domain::{DeviceNumber, PhoneTime, RecordId, ServerTime};
use crate::signing::{Authorization, Signer, SoftwareKey};
use crate::wire::{Demand, Directive, MAX_BODY, PROTOCOL, Push, Request, Response, SignedDirective, Verdict};
use std::sync::Arc;

fn key(n: u8) -> SoftwareKey {
    SoftwareKey::from_secret(&[n; 32]).expect("a key")
}

/// Phone 7 of the server with key 9.
fn session() -> Session {
    let (device, server) = (DeviceNumber::new(7), key(9).public_key());
    Session::new(Caller { device, signer: Arc::new(key(7)), server }, 1)
}

fn at(millis: i64) -> PhoneTime {
    PhoneTime::from_millis(1_772_985_600_000 + millis).expect("in range")
}

/// A request that pushes one change of so many bytes, which do not compress.
fn request(nonce: u64, bytes: usize) -> Request {
    let mut request = Request::new(DeviceNumber::new(7), "P7".parse().expect("id"), at(0), nonce, 1);
    let mut state = 1_u64;
    let noise = |_| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state.to_be_bytes()[0]
    };
    let change: Vec<u8> = (0..bytes).map(noise).collect();
    request.pushes = vec![Push {
        record: RecordId::new(1, [1; 10]),
        kind: "visit".parse().expect("kind"),
        changes: vec![change.into()],
    }];
    request
}

fn response(nonce: u64, more: bool) -> Response {
    let clock = ServerTime::from_millis(1_772_985_600_000).expect("in range");
    Response { verdicts: vec![vec![Verdict::Accepted]], more, ..Response::new(nonce, clock) }
}

fn ok(response: &Response) -> Reply {
    Reply { status: 200, body: response.encode().expect("encodes") }
}

fn problem(status: u16, detail: &str) -> Reply {
    let said = format!(r#"{{"type":"urn:canvass:problem:some","title":"no","detail":"{detail}"}}"#);
    Reply { status, body: said.into_bytes() }
}

fn push_bytes(session: &mut Session, now: PhoneTime) -> usize {
    match session.poll(now) {
        Step::Prepare { push_bytes, .. } => push_bytes,
        other => panic!("{other:?}"),
    }
}

/// From the wish for a request to its bytes on the wire.
fn transmit(session: &mut Session, nonce: u64, now: PhoneTime) -> Vec<u8> {
    push_bytes(session, now);
    session.prepared(request(nonce, 10));
    match session.poll(now) {
        Step::Transmit(post) => post.body,
        other => panic!("{other:?}"),
    }
}

/// A whole round; what applying it comes to is told.
fn round(session: &mut Session, more: bool, applied: Applied) -> Step {
    transmit(session, 5, at(0));
    session.received(&ok(&response(5, more)), at(0));
    let step = session.poll(at(0));
    assert!(matches!(step, Step::Apply(..)), "{step:?}");
    session.applied(applied);
    session.poll(at(0))
}

fn waits_until(session: &mut Session, now: PhoneTime) -> PhoneTime {
    match session.poll(now) {
        Step::Wait(until) => until,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_sync_pushes_applies_and_is_done() {
    let mut session = session();
    let body = transmit(&mut session, 5, at(0));
    assert_eq!(Request::decode(&body).expect("a request"), request(5, 10));
    let reply = ok(&response(5, false));
    session.received(&reply, at(0));
    assert_eq!(
        session.poll(at(0)),
        Step::Apply(Box::new(request(5, 10)), Box::new(response(5, false))),
        "the response goes with its request"
    );
    session.applied(Applied { acknowledged: 1, pulled: 2, ..Applied::default() });
    let Step::Done(Ok(report)) = session.poll(at(0)) else { panic!("not done") };
    assert_eq!((report.rounds, report.failures, report.synced()), (1, 0, true));
    assert_eq!((report.applied.acknowledged, report.applied.pulled), (1, 2));
    assert_eq!((report.sent, report.received), (body.len() as u64, reply.body.len() as u64));
    session.prepared(request(6, 10));
    session.received(&reply, at(0));
    assert!(matches!(session.poll(at(9)), Step::Done(Ok(_))), "and stays done");
}

#[test]
fn a_failure_is_waited_out_and_after_too_many_in_a_row_the_sync_gives_up() {
    let mut session = session();
    let mut now = at(0);
    for attempt in 1.. {
        transmit(&mut session, attempt, now);
        session.failed(&Failure("no signal".into()), now);
        if attempt == 8 {
            break;
        }
        let until = waits_until(&mut session, now);
        assert!(until.millis() > now.millis());
        assert_eq!(waits_until(&mut session, now.plus_millis(1)), until, "too early changes nothing");
        now = until;
    }
    match session.poll(now) {
        Step::Done(Err(error @ SyncError::GaveUp { failures: 8, .. })) => {
            assert!(error.to_string().contains("no signal"), "{error}");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_answer_ends_the_count_of_failures() {
    let mut session = session();
    let mut now = at(0);
    for _ in 0..3 {
        for nonce in 0..7 {
            transmit(&mut session, nonce, now);
            session.failed(&Failure("no signal".into()), now);
            now = waits_until(&mut session, now);
        }
        transmit(&mut session, 5, now);
        session.received(&ok(&response(5, true)), now);
        assert!(matches!(session.poll(now), Step::Apply(..)));
        session.applied(Applied::default());
    }
}

#[test]
fn what_may_be_the_links_or_the_moments_fault_is_tried_again() {
    let whole = ok(&response(5, false)).body;
    let cut = Reply { status: 200, body: whole[..whole.len() - 1].to_vec() };
    let portal = Reply { status: 200, body: b"<html>please log in</html>".to_vec() };
    let fewer = Response { verdicts: Vec::new(), ..response(5, false) };
    let mut replies = vec![cut, portal, ok(&fewer)];
    replies.extend([400, 408, 413, 425, 429, 500, 502, 503, 507].map(|status| problem(status, "later")));
    for reply in replies {
        let mut session = session();
        transmit(&mut session, 5, at(0));
        session.received(&reply, at(0));
        let until = waits_until(&mut session, at(0));
        transmit(&mut session, 5, until);
        session.received(&ok(&response(5, false)), until);
        assert!(matches!(session.poll(until), Step::Apply(..)), "{}", reply.status);
    }
}

#[test]
fn a_server_that_will_not_have_this_phone_ends_the_sync_with_its_own_words() {
    for status in [401, 403, 404, 409, 415, 426] {
        let mut session = session();
        transmit(&mut session, 5, at(0));
        session.received(&problem(status, "ask the operator"), at(0));
        let rejected = SyncError::Rejected { status, words: "ask the operator".into() };
        assert!(rejected.to_string().contains("ask the operator"));
        assert_eq!(session.poll(at(0)), Step::Done(Err(rejected)));
    }
}

#[test]
fn what_a_portal_or_a_proxy_says_is_not_the_servers_word() {
    let others = [&b"\xff not json"[..], b"<html>403</html>", br#"{"type":"about:blank","detail":"no"}"#];
    for (status, body) in [302, 403, 404, 409].into_iter().flat_map(|status| others.map(|body| (status, body))) {
        let elsewhere = Reply { status, body: body.to_vec() };
        let mut session = session();
        transmit(&mut session, 5, at(0));
        session.received(&elsewhere, at(0));
        waits_until(&mut session, at(0));
        // Least of all does it make a phone destroy what it hands over.
        let mut session = leaving();
        let last = post(&mut session, at(0));
        session.received(&elsewhere, at(0));
        let until = waits_until(&mut session, at(0));
        assert_eq!(post(&mut session, until).body, last.body);
    }
}

#[test]
fn a_server_of_another_version_ends_the_sync() {
    let mut session = session();
    transmit(&mut session, 5, at(0));
    let newer = Response { protocol: PROTOCOL + 1, ..response(5, false) };
    session.received(&ok(&newer), at(0));
    assert!(matches!(session.poll(at(0)), Step::Done(Err(SyncError::Rejected { .. }))));
}

#[test]
fn an_answer_to_another_request_is_never_applied() {
    let mut session = session();
    transmit(&mut session, 5, at(0));
    session.received(&ok(&response(4, false)), at(0));
    waits_until(&mut session, at(0));
    // An answer that nobody waits for any more is passed over.
    session.received(&ok(&response(5, false)), at(0));
    session.applied(Applied { acknowledged: 1, ..Applied::default() });
    waits_until(&mut session, at(0));
}

#[test]
fn a_request_that_is_too_large_is_made_smaller() {
    let mut session = session();
    let whole = push_bytes(&mut session, at(0));
    session.prepared(request(1, 10));
    assert!(matches!(session.poll(at(0)), Step::Transmit(_)));
    session.received(&problem(413, "too much"), at(0));
    let until = waits_until(&mut session, at(0));
    assert_eq!(push_bytes(&mut session, until), whole / 2);

    session = self::session();
    push_bytes(&mut session, at(0));
    session.prepared(request(1, MAX_BODY + 1));
    assert_eq!(push_bytes(&mut session, at(0)), whole / 2, "without asking the server");
}

#[test]
fn one_change_that_fits_into_no_request_ends_the_sync() {
    let mut session = session();
    let large = request(1, MAX_BODY + 1);
    for _ in 0..64 {
        match session.poll(at(0)) {
            Step::Prepare { .. } => session.prepared(large.clone()),
            Step::Done(result) => {
                assert!(matches!(result, Err(SyncError::Request(_))), "{result:?}");
                return;
            }
            other => panic!("{other:?}"),
        }
    }
    panic!("it never ended");
}

#[test]
fn a_sync_goes_on_while_there_is_more_or_its_outbox_shrinks() {
    let mut session = session();
    let step = round(&mut session, true, Applied { pulled: 9, ..Applied::default() });
    assert!(matches!(step, Step::Prepare { .. }), "there is more to fetch: {step:?}");
    let some_progress = [
        Applied { acknowledged: 1, outstanding: 3, ..Applied::default() },
        Applied { refused: 1, outstanding: 2, ..Applied::default() },
        Applied { redone: 1, outstanding: 2, ..Applied::default() },
    ];
    for applied in some_progress {
        let step = round(&mut session, false, applied.clone());
        assert!(matches!(step, Step::Prepare { .. }), "{applied:?}: {step:?}");
    }
    let Step::Done(Ok(report)) = round(&mut session, false, Applied { acknowledged: 2, ..Applied::default() }) else {
        panic!("not done")
    };
    assert!(report.synced());
    assert_eq!((report.rounds, report.applied.acknowledged, report.applied.pulled), (5, 3, 9));
}

#[test]
fn a_sync_that_gets_no_further_ends_and_is_not_called_synced() {
    let mut session = session();
    match round(&mut session, false, Applied { pulled: 4, outstanding: 1, ..Applied::default() }) {
        Step::Done(Ok(report)) => assert!(!report.synced()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_server_that_always_has_more_does_not_keep_a_phone_for_ever() {
    let mut session = session();
    let reply = ok(&response(5, true));
    for rounds in 1..20_000 {
        transmit(&mut session, 5, at(0));
        session.received(&reply, at(0));
        assert!(matches!(session.poll(at(0)), Step::Apply(..)));
        session.applied(Applied::default());
        if let Step::Done(result) = session.poll(at(0)) {
            assert_eq!(result, Err(SyncError::Endless(rounds)));
            return;
        }
    }
    panic!("it never ended");
}

/// What goes on the wire next.
fn post(session: &mut Session, now: PhoneTime) -> Post {
    match session.poll(now) {
        Step::Transmit(post) => post,
        other => panic!("{other:?}"),
    }
}

fn signed(post: &Post) -> Authorization {
    let authorization: Authorization = post.authorization.as_deref().expect("signed").parse().expect("a header");
    assert!(authorization.is_by(&key(7).public_key(), post.path) && authorization.covers(&post.body));
    authorization
}

fn told(status: u16, code: &str, member: &str) -> Reply {
    let body = format!(r#"{{"type":"urn:canvass:problem:{code}","detail":"no",{member}}}"#);
    Reply { status, body: body.into_bytes() }
}

#[test]
fn every_request_is_signed_at_its_time() {
    let mut session = session();
    push_bytes(&mut session, at(0));
    session.prepared(request(1, 10));
    let post = post(&mut session, at(5));
    assert_eq!((post.path, signed(&post).at, signed(&post).device), ("/v1/sync", at(5), DeviceNumber::new(7)));
}

#[test]
fn a_phone_whose_clock_is_wrong_signs_again_by_the_servers_and_goes_on_so() {
    let mut session = session();
    let servers = at(40 * 86_400_000);
    let stale = told(401, "stale-time", &format!(r#""time":{}"#, servers.millis()));
    let first = transmit(&mut session, 5, at(0));
    session.received(&stale, at(0));
    let again = post(&mut session, at(10));
    assert_eq!((signed(&again).at, &again.body), (servers.plus_millis(10), &first), "the same, signed again");
    session.received(&ok(&response(5, true)), at(20));
    assert!(matches!(session.poll(at(20)), Step::Apply(..)));
    session.applied(Applied::default());
    push_bytes(&mut session, at(20));
    session.prepared(request(6, 10));
    assert_eq!(signed(&post(&mut session, at(20))).at, servers.plus_millis(20), "at once, without asking");
}

#[test]
fn a_server_that_no_time_pleases_does_not_keep_a_phone_for_ever() {
    let mut session = session();
    let (mut now, mut posts) = (at(0), 0);
    loop {
        match session.poll(now) {
            Step::Prepare { .. } => session.prepared(request(5, 10)),
            Step::Transmit(_) => {
                posts += 1;
                assert!(posts < 100);
                session.received(&told(401, "stale-time", r#""time":1772985600000"#), now);
            }
            Step::Wait(until) => now = until,
            Step::Done(result) => {
                assert!(matches!(result, Err(SyncError::GaveUp { .. })), "{result:?}");
                break;
            }
            other => panic!("{other:?}"),
        }
    }
}

fn wipe(hand_over: bool, device: u32, server: u8) -> Reply {
    let at = ServerTime::from_millis(1_772_985_600_000).expect("in range");
    let directive = Directive { device: DeviceNumber::new(device), what: Demand::Wipe, hand_over, at };
    let signed = SignedDirective::sign(&directive, &key(server)).expect("signed");
    told(403, "revoked", &format!(r#""directive":"{signed}""#))
}

#[test]
fn a_revoked_phone_wipes_and_says_so() {
    let mut session = session();
    transmit(&mut session, 5, at(0));
    session.received(&wipe(false, 7, 9), at(0));
    assert_eq!(session.poll(at(0)), Step::Wipe);
    assert_eq!(session.poll(at(0)), Step::Wipe, "until it is done");
    session.counted(3);
    session.wiped();
    let revoked = SyncError::Revoked { handed_over: 0, not_taken: 0, not_sent: 3 };
    assert!(revoked.to_string().contains("3 were not sent"), "{revoked}");
    assert_eq!(session.poll(at(0)), Step::Done(Err(revoked)));
}

#[test]
fn a_directive_that_is_forged_or_for_another_phone_wipes_nothing() {
    let damaged = told(403, "revoked", r#""directive":"00""#);
    let none = told(403, "revoked", r#""other":1"#);
    for reply in [wipe(false, 7, 8), wipe(true, 8, 9), damaged, none] {
        let mut session = session();
        transmit(&mut session, 5, at(0));
        session.received(&reply, at(0));
        let step = session.poll(at(0));
        assert!(matches!(step, Step::Done(Err(SyncError::Rejected { status: 403, .. }))), "{step:?}");
    }
}

/// A revoked phone that is to hand over what it has, as it asks for that.
fn asked_to_hand_over() -> Session {
    let mut session = session();
    transmit(&mut session, 5, at(0));
    session.received(&wipe(true, 7, 9), at(0));
    assert!(matches!(session.poll(at(0)), Step::HandOver { push_bytes } if push_bytes > MAX_BODY));
    session
}

/// That, with its last request put together.
fn leaving() -> Session {
    let mut session = asked_to_hand_over();
    session.prepared(request(6, 10));
    session
}

#[test]
fn a_revoked_phone_hands_over_first_what_the_server_does_not_have_if_that_is_wanted() {
    let mut session = leaving();
    let last = post(&mut session, at(0));
    assert_eq!((last.path, signed(&last).at), ("/v1/handover", at(0)));
    // A lost answer is waited out; the same is handed over again.
    session.failed(&Failure("no signal".into()), at(0));
    let until = waits_until(&mut session, at(0));
    assert_eq!(post(&mut session, until).body, last.body);
    session.received(&ok(&response(6, false)), until);
    assert_eq!(session.poll(until), Step::Wipe);
    session.counted(1);
    session.wiped();
    let revoked = SyncError::Revoked { handed_over: 1, not_taken: 0, not_sent: 0 };
    assert_eq!(session.poll(until), Step::Done(Err(revoked)));
}

#[test]
fn a_revoked_phone_wipes_on_no_200_but_the_servers_own_answer_to_what_it_handed_over() {
    let whole = ok(&response(6, false)).body;
    let cut = Reply { status: 200, body: whole[..whole.len() - 1].to_vec() };
    let portal = Reply { status: 200, body: b"<html>please log in</html>".to_vec() };
    let empty = Reply { status: 200, body: Vec::new() };
    let fewer = Response { verdicts: Vec::new(), ..response(6, false) };
    for reply in [cut, portal, empty, ok(&response(5, false)), ok(&fewer), problem(503, "busy")] {
        let mut session = leaving();
        let last = post(&mut session, at(0));
        session.received(&reply, at(0));
        let until = waits_until(&mut session, at(0));
        assert_eq!(post(&mut session, until).body, last.body, "the server answers only the same alike");
        session.received(&ok(&response(6, false)), until);
        assert_eq!(session.poll(until), Step::Wipe);
    }
    let mut session = leaving();
    let mut now = at(0);
    let ended = loop {
        match session.poll(now) {
            Step::Transmit(_) => session.received(&Reply { status: 200, body: Vec::new() }, now),
            Step::Wait(until) => now = until,
            other => break other,
        }
    };
    assert!(matches!(ended, Step::Done(Err(SyncError::GaveUp { .. }))), "it keeps what it has: {ended:?}");
}

#[test]
fn a_revoked_phone_counts_as_handed_over_only_what_the_server_took() {
    let mut session = asked_to_hand_over();
    let mut farewell = request(6, 10);
    farewell.pushes[0].changes = (0..6).map(|n| vec![n; 10].into()).collect();
    session.prepared(farewell);
    post(&mut session, at(0));
    let refused = Verdict::Refused { code: "size".into(), words: "too large".into() };
    let verdicts =
        vec![Verdict::Held, Verdict::Accepted, Verdict::Known, refused, Verdict::NeedsDeps, Verdict::PullFirst];
    session.received(&ok(&Response { verdicts: vec![verdicts], ..response(6, false) }), at(0));
    assert_eq!(session.poll(at(0)), Step::Wipe);
    session.counted(10);
    session.wiped();
    let revoked = SyncError::Revoked { handed_over: 3, not_taken: 3, not_sent: 4 };
    let words = revoked.to_string();
    assert!(words.contains("3 changes were handed over") && words.contains("3 it did not take"), "{words}");
    assert_eq!(session.poll(at(0)), Step::Done(Err(revoked)));
}

#[test]
fn a_revoked_phone_whose_last_work_is_not_taken_wipes_all_the_same() {
    for (status, code) in [(409, "handed-over"), (403, "revoked"), (401, "unknown-device")] {
        let mut session = leaving();
        post(&mut session, at(0));
        session.received(&told(status, code, r#""other":1"#), at(0));
        assert_eq!(session.poll(at(0)), Step::Wipe, "{code}");
    }
}

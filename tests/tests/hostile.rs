//! Hostile bytes: whatever comes to the sync address is answered by a problem in words, or by a refusal that names the
//! rule, and changes nothing; whatever a phone is answered leaves it usable.

#![expect(clippy::expect_used, clippy::panic, reason = "fixtures are right or the test is wrong")]

use axum::body::Body;
use axum::http::Request as HttpRequest;
use canvass_core::document::{Actor, Authorship, Change, Document, change_hash};
use canvass_core::domain::assignment::Assignment;
use canvass_core::domain::prospect::Prospect;
use canvass_core::domain::{
    DeviceNumber, Fields, Kind, KindSpec, PersonId, RecordId, assignment, campaign, prospect, visit,
};
use canvass_core::ranking::Rule;
use canvass_core::replica::InboxReason;
use canvass_core::signing::Authorization;
use canvass_core::wire::{MAX_BODY, MAX_PLAIN, Push, Request, Response, Verdict};
use canvass_server::http::{CONTENT_TYPE, router};
use canvass_server::secrets::Purpose;
use canvass_server::store::Store;
use canvass_tests::{Answer, World, key_of, person, sync_all, unit};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::time::Duration;
use tower::ServiceExt;

/// The problem of an answer that must be one: its type and detail.
fn problem(answer: &Answer, status: u16) -> (String, String) {
    assert_eq!(answer.status, status, "{}", String::from_utf8_lossy(&answer.body));
    assert_eq!(answer.header("content-type"), "application/problem+json");
    let json = answer.json();
    assert_eq!(json["status"], status);
    let text = |name: &str| json[name].as_str().unwrap_or_else(|| panic!("{name} is missing")).to_owned();
    assert!(!text("title").is_empty() && text("type").starts_with("urn:canvass:problem:"), "{json}");
    assert!(text("detail").len() > 10, "{json}");
    (text("type").trim_start_matches("urn:canvass:problem:").to_owned(), text("detail"))
}

fn opening(world: &World, device: u32, seed: u8) -> Authorship {
    Authorship { device: DeviceNumber::new(device), actor: Actor::new([seed; 16]), at: world.now() }
}

fn request(world: &World, device: u32, person: PersonId) -> Request {
    Request::new(DeviceNumber::new(device), person, world.now(), 77, 1_000_000)
}

/// A request of B1-S1-P1, device 11, that creates a prospect.
fn honest(world: &World) -> Request {
    let id = RecordId::new(world.now().millis(), [3; 10]);
    let (_, change) = create(world, id, &prospect::KIND, None, &Prospect::named("银枫家园").to_fields(), 11);
    let mut request = request(world, 11, person("B1-S1-P1"));
    request.pushes = vec![push(id, &prospect::KIND, &[&change])];
    request
}

fn create(
    world: &World,
    id: RecordId,
    kind: &'static KindSpec,
    prospect: Option<RecordId>,
    fields: &Fields,
    device: u32,
) -> (Document, Change) {
    Document::create(id, &Kind::from(kind), prospect, fields, &opening(world, device, 9)).expect("created")
}

fn push(record: RecordId, kind: &'static KindSpec, changes: &[&Change]) -> Push {
    let changes = changes.iter().map(|change| change.bytes.clone().into()).collect();
    Push { record, kind: Kind::from(kind), changes }
}

fn packed(plain: &[u8]) -> Vec<u8> {
    zstd::bulk::compress(plain, 3).expect("compressed")
}

fn plain(request: &Request) -> Vec<u8> {
    zstd::bulk::decompress(&request.encode().expect("encoded"), MAX_PLAIN).expect("unpacked")
}

/// Phones can still sync, both ways.
fn assert_alive(world: &World) {
    let mut phones = ["B1-S1-P1", "B1-S1-P2"].map(|code| world.phone(code));
    let prospect = phones[0].prospect("还活着");
    sync_all(&mut phones);
    assert!(phones[1].row(prospect).is_some());
}

#[test]
fn a_body_that_is_no_request_is_a_problem_in_words_and_changes_nothing() {
    let world = World::new(1);
    assert_alive(&world);
    let before = world.counts();
    let body = honest(&world).encode().expect("encoded");
    let kind = |answer: &Answer, status| problem(answer, status).0;

    assert_eq!(kind(&world.post(Vec::new()), 400), "malformed");
    assert_eq!(kind(&world.post(b"hello".to_vec()), 400), "malformed");
    assert_eq!(kind(&world.post(plain(&honest(&world))), 400), "malformed", "uncompressed CBOR");
    assert_eq!(kind(&world.post(packed(b"")), 400), "malformed");
    assert_eq!(kind(&world.post(packed(&[0xf6])), 400), "malformed");
    assert_eq!(kind(&world.post(packed(&[0x9f; 100_000])), 400), "malformed", "arrays within arrays");
    let mut twice = body.clone();
    twice.extend(&body);
    assert_eq!(kind(&world.post(twice), 400), "malformed");
    assert_eq!(kind(&world.post(vec![0; MAX_BODY + 1]), 413), "too-large");
    assert_eq!(kind(&world.post(vec![0; 3 * MAX_BODY]), 413), "too-large");
    let bomb = packed(&vec![0; MAX_PLAIN + 1]);
    assert!(bomb.len() < 10_000);
    assert_eq!(kind(&world.post(bomb), 413), "too-large", "a bomb");
    for end in (0..body.len()).step_by(7) {
        assert_eq!(kind(&world.post(body[..end].to_vec()), 400), "malformed", "cut at {end}");
    }
    let whole = plain(&honest(&world));
    for end in (0..whole.len()).step_by(7) {
        assert_eq!(kind(&world.post(packed(&whole[..end])), 400), "malformed", "plain cut at {end}");
    }
    assert_eq!(world.counts(), before);
    assert_alive(&world);
}

#[test]
fn another_version_type_or_method_is_told_as_such() {
    let world = World::new(2);
    let before = world.counts();
    let mut newer = honest(&world);
    newer.protocol = 2;
    let (kind, words) = problem(&world.post(newer.encode().expect("encoded")), 426);
    assert_eq!(kind, "protocol-version");
    assert!(words.contains('2') && words.contains("update"), "{words}");

    let body = honest(&world).encode().expect("encoded");
    let with_type = |content_type: Option<&str>| {
        let mut request = axum::http::Request::post("/v1/sync");
        if let Some(content_type) = content_type {
            request = request.header("content-type", content_type);
        }
        world.http(request.body(body.clone().into()).expect("a request"))
    };
    for wrong in [None, Some("application/json"), Some("application/vnd.canvass.sync2"), Some("")] {
        assert_eq!(problem(&with_type(wrong), 415).0, "unsupported-media-type");
    }
    let get = |address: &str| world.http(HttpRequest::get(address).body(Body::empty()).expect("a request"));
    assert_eq!(problem(&get("/v1/sync"), 405).0, "method-not-allowed");
    assert_eq!(problem(&get("/v1/other"), 404).0, "not-found");
    assert_eq!(world.counts(), before);
}

#[test]
fn two_thousand_random_bodies_are_problems_and_change_nothing() {
    let world = World::new(4);
    assert_alive(&world);
    let before = world.counts();
    let mut rng = ChaCha8Rng::seed_from_u64(4);
    for n in 0..2000 {
        let mut random = vec![0_u8; rng.random_range(0..300)];
        rng.fill(&mut random[..]);
        // Half of them at least unpack, and of those half start like a request.
        let body = match n % 4 {
            0 | 1 => random,
            2 => packed(&random),
            _ => packed(&[&[0xaa, 0x00, 0x01][..], &random].concat()),
        };
        let answer = world.post(body);
        assert!((400..500).contains(&answer.status), "{}", answer.status);
        problem(&answer, answer.status);
    }
    assert_eq!(world.counts(), before);
    assert_alive(&world);
}

#[test]
fn a_request_damaged_anywhere_is_answered_and_never_half_kept() {
    let world = World::new(5);
    assert_alive(&world);
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let whole = plain(&honest(&world));
    let (mut answered, mut refused) = (0, 0);
    for _ in 0..1500 {
        let mut damaged = whole.clone();
        for _ in 0..rng.random_range(1..4) {
            let at = rng.random_range(0..damaged.len());
            damaged[at] ^= 1 << rng.random_range(0..8);
        }
        let answer = world.post(packed(&damaged));
        match answer.status {
            200 => {
                let response = Response::decode(&answer.body).expect("an answer");
                answered += 1;
                refused += response.verdicts.iter().flatten().filter(|v| matches!(v, Verdict::Refused { .. })).count();
            }
            400..500 => drop(problem(&answer, answer.status)),
            status => panic!("{status}: {}", String::from_utf8_lossy(&answer.body)),
        }
    }
    assert!(answered > 100 && refused > 100, "{answered} answered, {refused} refused");
    let rebuilt = world.run(world.store.rebuild()).expect("rebuilt");
    assert!(rebuilt.nothing_differed(), "{rebuilt:?}");
    assert_alive(&world);
}

/// What a device gets for a push: its one verdict's code and words.
fn refusal(world: &World, device: u32, code: &str, push: Push) -> (String, String) {
    let before = world.counts();
    let bytes = push.changes.last().expect("a change").to_vec();
    let mut asked = request(world, device, person(code));
    asked.pushes = vec![push];
    let answer = world.ask(&asked);
    let Some(Verdict::Refused { code, words }) = answer.verdicts[0].last().cloned() else {
        panic!("{:?}", answer.verdicts)
    };
    let after = world.counts();
    assert_eq!((after.changes, after.records), (before.changes, before.records), "{code}");
    assert_eq!(after.quarantined, before.quarantined + 1, "{code}");
    let file = rusqlite::Connection::open(world.store.path()).expect("a file");
    let hash = change_hash(&bytes);
    let (record, sealed): (Vec<u8>, Vec<u8>) = file
        .query_row(
            "SELECT record, bytes FROM quarantine WHERE code = ? AND hash = ?",
            (&code, hash.as_bytes()),
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .expect("its bytes are kept");
    assert_ne!(sealed, bytes, "and nobody reads them in the file");
    let kept = world.store.secrets().open(Purpose::Quarantine, &record, &sealed).expect("sealed by this server");
    assert_eq!(*kept, bytes);
    assert!(words.len() > 20, "{words}");
    (code, words)
}

#[test]
fn a_refused_change_names_its_rule_and_its_bytes_are_kept() {
    let world = World::new(6);
    let mut zhang = world.phone("B2-S1-P1");
    let theirs = zhang.prospect("城南小区");
    zhang.sync();
    let id = |n| RecordId::new(world.now().millis(), [n; 10]);
    let named = Prospect::named("银枫家园").to_fields();
    let code = |push: Push| refusal(&world, 11, "B1-S1-P1", push).0;

    let drive = World::plain_campaign().to_fields();
    let (_, change) = create(&world, id(1), &campaign::KIND, None, &drive, 11);
    let (rule, words) = refusal(&world, 11, "B1-S1-P1", push(id(1), &campaign::KIND, &[&change]));
    assert_eq!(rule, "not-your-role");
    assert!(words.contains("role"), "{words}");

    let grab = Assignment { unit: unit("B1-S1"), owner: None, effective_at: world.now(), also: Default::default() }
        .to_fields();
    let (_, change) = create(&world, id(2), &assignment::KIND, Some(theirs), &grab, 11);
    assert_eq!(code(push(id(2), &assignment::KIND, &[&change])), "server-only");
    // Head office may not either.
    let (_, change) = create(&world, id(12), &assignment::KIND, Some(theirs), &grab, 1);
    assert_eq!(refusal(&world, 1, "H-P", push(id(12), &assignment::KIND, &[&change])).0, "server-only");

    let (_, change) = create(&world, id(3), &prospect::KIND, None, &named, 12);
    assert_eq!(code(push(id(3), &prospect::KIND, &[&change])), "not-your-change");
    let (_, change) = create(&world, id(4), &prospect::KIND, None, &named, 0);
    assert_eq!(code(push(id(4), &prospect::KIND, &[&change])), "not-your-change", "the server's name");

    let mut stolen = stored_document(&world, theirs);
    let puts = Fields::new().with("name".parse().expect("a field"), "我的小区".into());
    let change = stolen.edit(&puts, &opening(&world, 11, 5)).expect("edited").expect("a change");
    let (rule, words) = refusal(&world, 11, "B1-S1-P1", push(theirs, &prospect::KIND, &[&change]));
    assert_eq!(rule, "not-in-your-audience");
    assert!(words.contains("another unit"), "{words}");

    let (mut document, mut change) = create(&world, id(5), &prospect::KIND, None, &named, 11);
    let last = change.bytes.len() - 1;
    change.bytes[last] ^= 1;
    assert_eq!(code(push(id(5), &prospect::KIND, &[&change])), "checksum");
    let (_, change) = create(&world, id(6), &prospect::KIND, None, &named, 11);
    assert_eq!(code(push(id(7), &prospect::KIND, &[&change])), "wrong-record");
    let (_, change) = create(&world, id(9), &prospect::KIND, None, &named, 11);
    assert_eq!(code(push(id(9), &visit::KIND, &[&change])), "wrong-kind");
    let wrong = Fields::new().with("households".parse().expect("a field"), "many".into());
    let change = document.edit(&wrong, &opening(&world, 11, 6)).expect("edited").expect("a change");
    let first = create(&world, id(5), &prospect::KIND, None, &named, 11).1;
    world.ask(&Request { pushes: vec![push(id(5), &prospect::KIND, &[&first])], ..honest(&world) });
    let (_, words) = refusal(&world, 11, "B1-S1-P1", push(id(5), &prospect::KIND, &[&change]));
    assert!(words.contains("households"), "{words}");
    let huge = Fields::new().with("note".parse().expect("a field"), "长".repeat(30_000).as_str().into());
    let (_, change) = create(&world, id(8), &prospect::KIND, None, &huge, 11);
    assert_eq!(code(push(id(8), &prospect::KIND, &[&change])), "change-size");
    assert_alive(&world);
}

/// A record's document as the server has it: what a spy could have.
fn stored_document(world: &World, id: RecordId) -> Document {
    let file = rusqlite::Connection::open(world.store.path()).expect("a file");
    let mut select = file.prepare("SELECT bytes FROM change WHERE record = ? ORDER BY seq").expect("prepared");
    let changes: Vec<Vec<u8>> =
        select.query_map([id.as_bytes()], |row| row.get(0)).expect("read").map(|row| row.expect("read")).collect();
    Document::load(changes.iter().map(Vec::as_slice)).expect("loaded")
}

#[test]
fn a_refusal_lands_in_the_inbox_with_words_and_holds_nothing_else_back() {
    let world = World::new(7);
    let mut wang = world.phone("B1-S1-P1");
    let first = wang.prospect("银枫家园");
    let mine = wang.record(&campaign::KIND, None, &World::plain_campaign().to_fields());
    wang.edit(mine, "name", "我的活动");
    let last = wang.visit(first);
    let report = wang.sync();
    assert_eq!((report.applied.refused, report.applied.outstanding), (2, 0));
    assert!(world.row(first).is_some() && world.row(last).is_some() && world.row(mine).is_none());
    assert_eq!(world.counts().quarantined, 2);

    let inbox = wang.inbox();
    assert_eq!(inbox.len(), 2);
    for entry in &inbox {
        assert_eq!(entry.record, mine);
        let InboxReason::Refused { code, words } = &entry.reason else { panic!("{:?}", entry.reason) };
        assert!(code == "not-your-role" && words.contains("role"), "{code}: {words}");
    }
    assert!(inbox.iter().any(|entry| entry.fields.text("name") == Some("我的活动")), "what was put is there");
    // The refused record is gone from the lists, and work goes on, also after a restart.
    assert!(wang.row(mine).is_none());
    wang.edit(first, "households", 700);
    wang.restart();
    wang.edit(first, "households", 701);
    assert!(wang.sync().synced());
    assert_eq!((wang.inbox().len(), world.counts().quarantined), (2, 2));
    world.assert_holds_its_own(&mut wang);
}

#[test]
fn hostile_answers_leave_a_phone_usable() {
    let world = World::new(8);
    let mut li = world.phone("B1-S1-P2");
    let theirs: Vec<_> = (0..5).map(|n| li.prospect(&format!("小区{n}"))).collect();
    li.sync();
    let mut rng = ChaCha8Rng::seed_from_u64(8);
    for n in 0..60 {
        // A fresh number, so that every round has a first sync to spoil.
        let folder = tempfile::tempdir().expect("a folder");
        let mut wang = world.phone_in("B1-S1-P1", folder.path());
        let own = wang.prospect("自己的");
        let seed: u64 = rng.random();
        wang.faults.rewrite_next(move |response| spoil(response, n % 6, &mut ChaCha8Rng::seed_from_u64(seed)));
        let _ = wang.try_sync();
        if n % 6 == 2 {
            let inbox = wang.inbox();
            assert!(
                inbox.iter().any(|entry| entry.fields.text("name") == Some("自己的")),
                "refused work is kept ({n})"
            );
        } else {
            assert!(wang.row(own).is_some(), "own work stays ({n})");
        }
        wang.restart();
        let next = wang.prospect("下一个");
        wang.edit(next, "households", 5);
        for id in &theirs {
            if wang.row(*id).is_some() {
                wang.edit(*id, "note", "还能写");
            }
        }
        assert!(wang.try_sync().is_ok(), "honest answers are taken again ({n})");
        assert_eq!(wang.outstanding(), 0);
        assert!(world.row(next).is_some() && world.row(own).is_some(), "and the server has it all ({n})");
    }
    assert_alive(&world);
}

fn spoil(response: &mut Response, how: usize, rng: &mut ChaCha8Rng) {
    match how {
        // Changes are damaged.
        0 => {
            for change in response.deliveries.iter_mut().flat_map(|delivery| &mut delivery.changes) {
                let mut bytes = change.to_vec();
                let at = rng.random_range(0..bytes.len());
                bytes[at] ^= 1 << rng.random_range(0..8);
                *change = bytes.into();
            }
        }
        // Changes go to other records.
        1 => {
            let ids: Vec<_> = response.deliveries.iter().map(|delivery| delivery.record).rev().collect();
            response.deliveries.iter_mut().zip(ids).for_each(|(delivery, id)| delivery.record = id);
        }
        // Everything pushed is refused, in words of any length.
        2 => {
            let refused = Verdict::Refused { code: "x".repeat(3000), words: "<b>".repeat(3000) };
            response.verdicts.iter_mut().flatten().for_each(|verdict| *verdict = refused.clone());
        }
        // Verdicts and deliveries do not fit the request.
        3 => response.verdicts.push(vec![Verdict::Accepted; 1000]),
        // Everything is to leave, and positions lie beyond all numbers.
        4 => {
            response.evictions = response.deliveries.iter().map(|delivery| delivery.record).collect();
            response.positions.iter_mut().for_each(|position| (position.low, position.high) = (u64::MAX, u64::MAX));
        }
        // Random bytes as changes, of kinds nobody knows.
        _ => {
            for delivery in &mut response.deliveries {
                let mut bytes = vec![0; rng.random_range(0..2000)];
                rng.fill(&mut bytes[..]);
                delivery.changes = vec![bytes.into(), Vec::new().into()];
                delivery.kind = "poll".parse().expect("a kind");
            }
        }
    }
}

#[test]
fn nobody_takes_a_community_of_another_unit_by_a_claim_of_their_own() {
    let world = World::new(21);
    let campaign = world.launch(&World::plain_campaign());
    let mut owner = world.phone("B1-S1-P1");
    let community = owner.prospect("银枫家园");
    owner.claim_account(community, world.today(), 30_000);
    owner.sync();
    let before = world.tallies(campaign);

    let mut rival = world.phone("B2-S1-P1");
    rival.sync();
    let claim = rival.claim_account(community, world.today(), 1);
    rival.sync();
    let inbox = rival.inbox();
    assert_eq!((inbox.len(), inbox[0].record), (1, claim));
    assert!(matches!(&inbox[0].reason, InboxReason::Refused { code, .. } if code == "not-in-your-audience"));
    assert_eq!(rival.row(claim), None, "it does not stay on the phone as if it stood");
    assert_eq!(world.tallies(campaign), before);
}

#[test]
fn a_colleague_cannot_rewrite_anothers_visit() {
    let world = World::new(22);
    let (mut author, mut colleague) = (world.phone("B1-S1-P1"), world.phone("B1-S1-P2"));
    let prospect = author.prospect("银枫家园");
    let visit = author.visit(prospect);
    author.sync();
    colleague.sync();
    colleague.edit(visit, "note", "改写");
    colleague.sync();
    assert!(matches!(&colleague.inbox()[0].reason, InboxReason::Refused { code, .. } if code == "author-only"));
    assert_eq!(colleague.row(visit), author.row(visit), "the record is rebuilt without the edit");
}

#[test]
fn what_is_done_with_a_prospect_that_nobody_recorded_counts_for_nothing() {
    let world = World::new(23);
    let campaign = world.launch(&World::plain_campaign());
    let mut phone = world.phone("B1-S1-P1");
    phone.visit(RecordId::new(world.now().millis(), [5; 10]));
    phone.claim_account(RecordId::new(world.now().millis(), [6; 10]), world.today(), 30_000);
    phone.sync();
    let all = world.contributions(campaign);
    assert_eq!(all.len(), 3);
    assert!(all.iter().all(|one| one.rule == Rule::UnknownProspect && !one.status.counts()), "{all:?}");
}

#[test]
fn phones_that_stall_in_the_middle_of_a_request_keep_neither_pages_nor_health_waiting() {
    let world = World::new(9);
    world.run(async {
        let router = router(world.app());
        let mut stalled = tokio::task::JoinSet::new();
        for _ in 0..200 {
            let body = Body::from_stream(futures_util::stream::pending::<Result<Vec<u8>, std::io::Error>>());
            // Signed, or nobody would wait for what is in it.
            let device = DeviceNumber::new(11);
            let signed = Authorization::sign(&key_of(device), device, "/v1/sync", world.now(), b"").expect("signed");
            let request = HttpRequest::post("/v1/sync")
                .header("content-type", CONTENT_TYPE)
                .header("authorization", signed.to_string())
                .body(body)
                .expect("a request");
            stalled.spawn(router.clone().oneshot(request));
        }
        tokio::task::yield_now().await;
        for address in ["/livez", "/readyz", "/login"] {
            let request = HttpRequest::get(address).body(Body::empty()).expect("a request");
            let answer = tokio::time::timeout(Duration::from_secs(20), router.clone().oneshot(request)).await;
            let response = answer.unwrap_or_else(|_| panic!("{address} waits for stalled phones")).expect("answered");
            assert_eq!(response.status(), 200, "{address}");
        }
        stalled.abort_all();
    });
}

#[test]
fn nobody_known_who_stalls_in_what_they_send_keeps_phones_or_pages_waiting() {
    let world = World::new(10);
    let router = router(world.app());
    let mut stalled = tokio::task::JoinSet::new();
    let (form, sync) = ("application/x-www-form-urlencoded", CONTENT_TYPE);
    world.run(async {
        for (address, kind) in [("/v1/enrol", sync), ("/login", form), ("/account/password", form)] {
            for _ in 0..100 {
                let body = Body::from_stream(futures_util::stream::pending::<Result<Vec<u8>, std::io::Error>>());
                let request = HttpRequest::post(address).header("content-type", kind).body(body).expect("a request");
                stalled.spawn(router.clone().oneshot(request));
            }
        }
        tokio::task::yield_now().await;
        let body = honest(&world).encode().expect("encoded");
        let device = DeviceNumber::new(11);
        let signed = Authorization::sign(&key_of(device), device, "/v1/sync", world.now(), &body).expect("signed");
        let synced = HttpRequest::post("/v1/sync")
            .header("content-type", sync)
            .header("authorization", signed.to_string())
            .body(Body::from(body))
            .expect("a request");
        let looked = HttpRequest::get("/enrol").body(Body::empty()).expect("a request");
        let knocked = HttpRequest::get("/login").body(Body::empty()).expect("a request");
        for request in [synced, looked, knocked] {
            let address = request.uri().clone();
            // Less than those who stall are given.
            let answer = tokio::time::timeout(Duration::from_secs(8), router.clone().oneshot(request)).await;
            let response = answer.unwrap_or_else(|_| panic!("{address} waits for who stalls")).expect("answered");
            assert_eq!(response.status(), 200, "{address}");
        }
        stalled.abort_all();
    });
}

//! Photos and recordings end to end: they travel apart from their records and behind them, go on wherever a line was cut, are what
//! their records say or nothing, and are for whoever may hold the record.

#![expect(clippy::expect_used, reason = "fixtures are right or the test is wrong")]

use canvass_core::domain::attachment::Attachment;
use canvass_core::domain::{DeviceNumber, Digest, RecordId, ServerTime, Value};
use canvass_core::sync::{SyncError, Transfers};
use canvass_core::wire::{
    GetRequest, GetResponse, Held, MAX_PIECE, Named, PROTOCOL, PutRequest, PutResponse, StateRequest, StateResponse,
    UNIT,
};
use canvass_server::blobs::Blobs;
use canvass_server::ingest::Assigned;
use canvass_server::store::{Actor, AssignOrder, Store};
use canvass_tests::{Faults, World, basement, person, unit};

/// A photo's bytes: they do not compress, and no two photos are alike.
fn photo(n: u64, size: usize) -> Vec<u8> {
    let mut state = n.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let noise = |_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_be_bytes()[0]
    };
    (0..size).map(noise).collect()
}

const KIB: usize = 1024;

/// What a phone asks about an attachment, and what it is answered.
struct Asks<'a> {
    world: &'a World,
    device: u32,
    person: &'a str,
    named: Named,
}

impl Asks<'_> {
    fn post(&self, path: &str, body: Vec<u8>) -> Vec<u8> {
        let answer = self.world.post_as(DeviceNumber::new(self.device), path, body);
        assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
        answer.body
    }

    fn state(&self) -> Held {
        let (device, person) = (DeviceNumber::new(self.device), person(self.person));
        let request = StateRequest { protocol: PROTOCOL, nonce: 1, device, person, asked: vec![self.named] };
        let body = self.post("/v1/attachments/state", request.encode().expect("encodes"));
        StateResponse::decode(&body).expect("an answer").states[0]
    }

    fn put(&self, offset: u64, piece: &[u8]) -> Held {
        let (device, person) = (DeviceNumber::new(self.device), person(self.person));
        let (named, piece) = (self.named, piece.to_vec().into());
        let request = PutRequest { protocol: PROTOCOL, nonce: 1, device, person, named, offset, piece };
        let body = self.post("/v1/attachments/put", request.encode().expect("encodes"));
        PutResponse::decode(&body).expect("an answer").held
    }

    fn get(&self, offset: u64) -> GetResponse {
        let (device, person) = (DeviceNumber::new(self.device), person(self.person));
        let named = self.named;
        let request = GetRequest { protocol: PROTOCOL, nonce: 1, device, person, named, offset, most: MAX_PIECE };
        let body = self.post("/v1/attachments/get", request.encode().expect("encodes"));
        GetResponse::decode(&body).expect("an answer")
    }
}

fn named(attachment: RecordId, bytes: &[u8]) -> Named {
    Named { record: attachment, digest: Digest::of(bytes) }
}

fn assign(world: &World, prospect: RecordId, to: &str) {
    use canvass_server::clock::Clock;
    let to = Assigned { unit: unit(to), owner: None };
    let order = AssignOrder { prospect, to, by: Actor::Operator, at: world.clock.now() };
    world.run(world.store.assign(order)).expect("assigned");
}

#[test]
fn a_record_arrives_before_its_photo_and_a_colleague_sees_the_photo_once_it_came() {
    let world = World::new(61);
    let (mut wang, mut li) = (world.phone("B1-S1-P1"), world.phone("B1-S1-P2"));
    let prospect = wang.prospect("银枫家园");
    let visit = wang.visit(prospect);
    let bytes = photo(1, 700 * KIB);
    let attachment = wang.attach(visit, &bytes);
    assert!(wang.sync().synced(), "no record waits for a photo");
    li.sync();
    let view = li.attachment(attachment).expect("its record is here");
    assert_eq!((view.here, view.attachment.size), (0, bytes.len() as u64));
    li.want(attachment);
    assert_eq!(li.transfer().not_moved, 1, "the server does not have it yet");
    assert_eq!(wang.transfer().brought, 1);
    assert_eq!(li.transfer().fetched, 1);
    assert_eq!(li.look_at(attachment), Some(bytes));
    assert!(wang.attachment(attachment).expect("here").confirmed);
    assert_eq!(world.row(attachment).map(|row| Attachment::read(&row.fields).is_ok()), Some(true));
}

/// Moves a photo up and down again over lines that are cut at a byte of a request or of an answer; what then goes over them in all
/// is little more than once the photo.
fn moved_over_cuts(cut_at: impl Fn(&Faults, usize)) {
    let world = World::new(62);
    let (mut wang, mut li) = (world.phone("B1-S1-P1"), world.phone("B1-S1-P2"));
    let prospect = wang.prospect("银枫家园");
    let size = 400 * KIB;
    wang.sync();
    for byte in [0, 1, 90, 150, 5_000, 65_536, 65_900, 131_000, 262_000, 262_200] {
        let bytes = photo(byte as u64 + 9, size);
        let attachment = wang.attach(prospect, &bytes);
        wang.sync();
        li.sync();
        for holder in [&mut wang, &mut li] {
            if holder.person() == person("B1-S1-P2") {
                holder.want(attachment);
            }
            cut_at(&holder.faults, byte);
            let killed = byte % 2 == 1;
            if killed {
                holder.faults.die_when_cut();
            }
            let report = holder.try_transfer(Transfers::Everything);
            let cut = holder.faults.has_cut();
            holder.faults.mend();
            if let Err(error) = report {
                assert!(killed && matches!(error, SyncError::GaveUp { .. }), "byte {byte}: {error}");
                holder.restart();
                let report = holder.transfer();
                assert_eq!(report.brought + report.fetched, 1, "byte {byte}");
                let moved = report.sent + report.received;
                assert!(moved < size as u64 + 10_000, "byte {byte}: {moved} bytes after the cut");
            } else if let Ok(report) = report {
                assert_eq!(report.brought + report.fetched, 1, "byte {byte}");
                assert_eq!(report.failures, u32::from(cut), "byte {byte}");
                let again = if cut { MAX_PIECE } else { 0 };
                let moved = report.sent + report.received;
                assert!(moved < size as u64 + again + 10_000, "byte {byte}: {moved} bytes in all");
            }
        }
        assert_eq!(li.look_at(attachment), Some(bytes), "byte {byte}");
        assert_eq!(wang.transfer().sent, 0, "byte {byte}: nothing is left to ask");
    }
}

#[test]
fn a_request_that_is_cut_anywhere_goes_on_and_sends_nothing_twice_that_arrived() {
    moved_over_cuts(Faults::cut_request_at);
}

#[test]
fn an_answer_that_is_cut_anywhere_goes_on_and_fetches_nothing_twice_that_arrived() {
    moved_over_cuts(Faults::cut_answer_at);
}

#[test]
fn over_a_basements_network_every_photo_arrives_whole_at_last() {
    let world = World::new(63);
    let (mut wang, mut li) = (world.phone("B1-S1-P1"), world.phone("B1-S1-P2"));
    let prospect = wang.prospect("银枫家园");
    let photos: Vec<_> = (0..5).map(|n| photo(n, 150 * KIB)).collect();
    let attachments: Vec<_> = photos.iter().map(|bytes| wang.attach(prospect, bytes)).collect();
    wang.sync();
    li.sync();
    attachments.iter().for_each(|attachment| li.want(*attachment));
    for holder in [&mut wang, &mut li] {
        holder.weather(basement());
    }
    for _ in 0..50 {
        drop(wang.try_transfer(Transfers::Everything));
        wang.restart();
        drop(li.try_transfer(Transfers::Everything));
        li.restart();
    }
    for (attachment, bytes) in attachments.iter().zip(&photos) {
        assert_eq!(li.look_at(*attachment).as_ref(), Some(bytes));
    }
}

#[test]
fn without_wifi_nothing_of_a_photo_travels_until_the_person_says_so() {
    let world = World::new(64);
    let mut wang = world.phone("B1-S1-P1");
    let prospect = wang.prospect("银枫家园");
    let bytes = photo(1, 500 * KIB);
    let attachment = wang.attach(prospect, &bytes);
    wang.sync();
    let held = wang.try_transfer(Transfers::Nothing).expect("nothing to fail");
    assert_eq!((held.sent, held.received), (0, 0));
    let some = wang.try_transfer(Transfers::UpTo(200 * 1024)).expect("a line");
    assert_eq!((some.brought, some.held_back), (0, 1));
    assert!(some.sent < 210 * 1024, "{}", some.sent);
    assert_eq!(wang.attachment(attachment).expect("here").there, 3 * UNIT);
    let rest = wang.transfer();
    assert_eq!(rest.brought, 1);
    assert!(rest.sent < 320 * 1024, "only the rest: {}", rest.sent);
}

#[test]
fn wrong_bytes_never_become_the_photo() {
    let world = World::new(65);
    let mut wang = world.phone("B1-S1-P1");
    let prospect = wang.prospect("银枫家园");
    let bytes = photo(1, 100 * KIB);
    let attachment = wang.attach(prospect, &bytes);
    wang.sync();
    let named = named(attachment, &bytes);
    let colleague = Asks { world: &world, device: 12, person: "B1-S1-P2", named };
    let wrong = photo(2, 100 * KIB);
    assert_eq!(colleague.put(0, &wrong[..65_536]), Held::Partly(UNIT));
    assert_eq!(colleague.put(UNIT, &wrong[65_536..]), Held::OtherBytes);
    assert_eq!((colleague.state(), colleague.get(0).piece), (Held::Partly(0), None));
    assert_eq!(wang.transfer().brought, 1, "what a colleague began is in nobody's way");
    assert_eq!(colleague.get(0).piece.map(Vec::from), Some(bytes));
}

#[test]
fn who_may_not_hold_the_record_gets_nothing_and_learns_nothing() {
    let world = World::new(66);
    let (mut wang, mut stranger) = (world.phone("B1-S1-P1"), world.phone("B2-S1-P1"));
    let prospect = wang.prospect("银枫家园");
    let bytes = photo(1, 100 * KIB);
    let attachment = wang.attach(prospect, &bytes);
    wang.sync();
    assert_eq!(wang.transfer().brought, 1);
    let of = |device, person, named| Asks { world: &world, device, person, named };
    let (there, nowhere) = (named(attachment, &bytes), named(prospect, b"nothing"));
    let device = stranger.device().get();
    for named in [there, nowhere] {
        let asks = of(device, "B2-S1-P1", named);
        assert_eq!((asks.state(), asks.put(0, &bytes[..65_536])), (Held::Unknown, Held::Unknown));
        assert_eq!((asks.get(0).held, asks.get(0).piece), (Held::Unknown, None));
    }
    // Whoever knows the digest, and names it in a record of their own, still has to have the bytes.
    let own = stranger.prospect("翠湖苑");
    let known = stranger.attach(own, &bytes);
    stranger.sync();
    let asks = of(device, "B2-S1-P1", named(known, &bytes));
    assert_eq!((asks.state(), asks.get(0).piece), (Held::Partly(0), None));
    // A leader above holds it; somebody of the same unit, under another digest, does not.
    assert_eq!(of(2, "B1-L", there).get(0).held, Held::Whole);
    assert_eq!(of(12, "B1-S1-P2", named(attachment, b"other")).state(), Held::Unknown);
}

#[test]
fn no_bytes_are_taken_without_a_record_and_none_beyond_what_it_says() {
    let world = World::new(67);
    let mut wang = world.phone("B1-S1-P1");
    let prospect = wang.prospect("银枫家园");
    let bytes = photo(1, 100 * KIB);
    let attachment = wang.attach(prospect, &bytes);
    let asks = Asks { world: &world, device: 11, person: "B1-S1-P1", named: named(attachment, &bytes) };
    assert_eq!(asks.put(0, &bytes[..65_536]), Held::Unknown, "its record has not come");
    wang.sync();
    assert_eq!(asks.put(0, &photo(2, 200 * KIB)), Held::Partly(0), "it is not so large");
    let large = photo(3, 300 * KIB).into();
    let request = PutRequest {
        protocol: PROTOCOL,
        nonce: 1,
        device: DeviceNumber::new(11),
        person: person("B1-S1-P1"),
        named: asks.named,
        offset: 0,
        piece: large,
    };
    let answer = world.post_as(request.device, "/v1/attachments/put", request.encode().expect("encodes"));
    assert_eq!(answer.status, 413);
    assert!(answer.text().contains("send at most 262144 at once"), "{}", answer.text());
    let answer = world.post_as(request.device, "/v1/attachments/put", vec![0; 600 * KIB]);
    assert_eq!(answer.status, 413);
    let others = PutRequest { person: person("B1-S1-P2"), piece: vec![1].into(), ..request };
    let answer = world.post_as(DeviceNumber::new(11), "/v1/attachments/put", others.encode().expect("encodes"));
    assert_eq!(answer.status, 403);
}

#[test]
fn two_phones_attach_the_same_photo_and_each_record_has_it() {
    let world = World::new(68);
    let (mut wang, mut li) = (world.phone("B1-S1-P1"), world.phone("B1-S1-P2"));
    let prospect = wang.prospect("银枫家园");
    wang.sync();
    li.sync();
    let bytes = photo(1, 100 * KIB);
    let (ours, theirs) = (wang.attach(prospect, &bytes), li.attach(prospect, &bytes));
    for holder in [&mut wang, &mut li] {
        holder.sync();
        assert_eq!(holder.transfer().brought, 1);
    }
    wang.sync();
    assert_eq!(wang.look_at(theirs), Some(bytes), "it is here already");
    assert_ne!(ours, theirs);
}

#[test]
fn a_photo_of_a_prospect_that_went_elsewhere_is_still_brought_and_then_leaves_the_phone() {
    let world = World::new(69);
    let (mut wang, mut there) = (world.phone("B1-S1-P1"), world.phone("B2-S1-P1"));
    let prospect = wang.prospect("银枫家园");
    wang.sync();
    let bytes = photo(1, 100 * KIB);
    let attachment = wang.attach(prospect, &bytes);
    assign(&world, prospect, "B2-S1");
    // What was recorded in good faith is taken, and leaves the phone with that.
    wang.sync();
    assert!(wang.attachment(attachment).is_none() && wang.row(prospect).is_none());
    assert_eq!(wang.transfer().brought, 1);
    assert!(wang.replica().unsent_attachments().expect("read").is_empty());
    there.sync();
    there.want(attachment);
    assert_eq!(there.transfer().fetched, 1);
    assert_eq!(there.look_at(attachment), Some(bytes.clone()));
    let asks = Asks { world: &world, device: 11, person: "B1-S1-P1", named: named(attachment, &bytes) };
    assert_eq!(asks.get(0).held, Held::Unknown, "who let go of the record does not get its photo back");
}

#[test]
fn a_server_that_lost_its_folder_gets_back_what_phones_hold() {
    let mut world = World::new(70);
    let (mut wang, mut li) = (world.phone("B1-S1-P1"), world.phone("B1-S1-P2"));
    let prospect = wang.prospect("银枫家园");
    let (mine, theirs) = (photo(1, 100 * KIB), photo(2, 100 * KIB));
    let (first, second) = (wang.attach(prospect, &mine), wang.attach(prospect, &theirs));
    wang.sync();
    li.sync();
    assert_eq!(wang.transfer().brought, 2);
    li.want(second);
    assert_eq!(li.transfer().fetched, 1);
    world.keeps_attachments_in(Blobs::in_memory(world.store.secrets().clone()));
    assert_eq!(wang.transfer().sent, 0, "the server said just now that it has them");
    world.pass_hours(25);
    // Whoever holds it brings it, not only who took it.
    assert_eq!(li.transfer().brought, 1);
    assert_eq!(wang.transfer().brought, 1);
    let asks = Asks { world: &world, device: 2, person: "B1-L", named: named(first, &mine) };
    assert_eq!(asks.get(0).piece.map(Vec::from), Some(mine));
}

#[test]
fn what_no_record_names_any_more_is_swept_away_and_an_erased_records_bytes_are_gone() {
    use canvass_server::clock::Clock;
    let mut world = World::new(71);
    let mut wang = world.phone("B1-S1-P1");
    let blobs = Blobs::in_memory(world.store.secrets().clone());
    world.keeps_attachments_in(blobs.clone());
    let prospect = wang.prospect("银枫家园");
    let bytes: Vec<_> = (0..3).map(|n| photo(n, 70 * KIB)).collect();
    let attachments: Vec<_> = bytes.iter().map(|bytes| wang.attach(prospect, bytes)).collect();
    wang.sync();
    assert_eq!(wang.transfer().brought, 3);
    let far_ahead = world.clock.now().plus_millis(100 * 365 * 86_400_000);
    let sweep = |before| world.run(blobs.sweep(world.store.as_ref(), before)).expect("swept");
    assert_eq!((sweep(far_ahead).kept, sweep(far_ahead).removed), (3, 0));
    // One names other bytes now, one is erased.
    wang.edit(attachments[0], "digest", Value::Bytes(vec![9; 32]));
    wang.sync();
    assert_eq!(world.run(blobs.erase(attachments[1])).expect("erased"), 1);
    let long_ago = ServerTime::from_millis(0).expect("a time");
    assert_eq!(sweep(long_ago).removed, 0, "what is young is left: its record may be on its way");
    let swept = sweep(far_ahead);
    assert_eq!((swept.kept, swept.removed), (1, 1));
    let left = Asks { world: &world, device: 2, person: "B1-L", named: named(attachments[2], &bytes[2]) };
    assert_eq!(left.state(), Held::Whole);
}

#[test]
fn a_page_gives_a_photo_to_whoever_reads_its_record_and_runs_nothing_of_it() {
    let world = World::new(73);
    let campaign = world.launch(&World::plain_campaign());
    let mut wang = world.phone("B1-S1-P1");
    let prospect = wang.prospect("银枫家园");
    let bytes = photo(1, 600 * KIB);
    let attachment = wang.attach(prospect, &bytes);
    wang.sync();
    let address = format!("/attachments/{attachment}");
    assert_eq!(world.get_as("B1-L", &address).status, 404, "its bytes have not come");
    assert_eq!(wang.transfer().brought, 1);
    let page = format!("/prospects/{prospect}?campaign={campaign}&week=2026-W10&lang=en");
    let page = world.get_as("B1-L", &page).text();
    assert!(page.contains(&address), "the prospect's page leads there");
    let shown = world.get_as("B1-L", &address);
    assert_eq!((shown.status, &shown.body), (200, &bytes));
    assert_eq!((shown.header("content-type"), shown.header("x-content-type-options")), ("image/jpeg", "nosniff"));
    assert_eq!(shown.header("content-disposition"), "inline; filename*=UTF-8''%E5%A4%A7%E9%97%A8.jpg");
    assert!(shown.header("content-security-policy").contains("sandbox"));
    assert_eq!(world.get_as("B2-L", &address).status, 404, "another unit's leader learns nothing");
    wang.edit(attachment, "media_type", "text/html");
    wang.sync();
    let taken = world.get_as("B1-L", &address);
    assert_eq!(taken.header("content-type"), "application/octet-stream");
    assert!(taken.header("content-disposition").starts_with("attachment;"));
}

#[test]
fn photos_have_a_budget_of_their_own_and_records_still_come_through() {
    use canvass_server::http::limits::{Allowances, Limits};
    use std::sync::Arc;
    let world = World::new(72);
    let limits = Limits::new(Arc::new(world.clock.clone()), Allowances::default());
    let device = DeviceNumber::new(11);
    let pieces = (0..10_000).take_while(|_| limits.attachments().take(device, MAX_PIECE).is_ok()).count();
    assert_eq!(pieces, 256, "64 MiB at once");
    assert!(limits.attachments().waits(device).is_err());
    assert!(limits.records().waits(device).is_ok() && limits.records().take(device, MAX_PIECE).is_ok());
}

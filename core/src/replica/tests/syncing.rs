//! Promises of pushing and pulling: nothing counts as synced before the server has it, and a response applies whole or
//! not at all.

use super::*;
use crate::domain::{Audience, Bank, Device, Person, Role, Unit, UnitLevel};
use crate::wire::{CampaignStandings, Position, Reference, Standings};

#[test]
fn a_request_carries_the_outbox_in_order_each_record_once() {
    let mut phone = Phone::new(7);
    let (first, second) = (phone.begin(1), phone.begin(2));
    let edit = phone.edit(first, "households", 900);
    let request = phone.request();
    let records: Vec<_> = request.pushes.iter().map(|push| (push.record, push.changes.len())).collect();
    assert_eq!(records, [(first, 2), (second, 1)]);
    assert_eq!(hashes(&request)[1], edit);
    assert_eq!((request.device, request.clock), (DeviceNumber::new(7), at(2_000)));
}

#[test]
fn a_request_keeps_its_byte_budget_but_brings_at_least_one_change() {
    let mut phone = Phone::new(7);
    for n in 0..10 {
        phone.begin(n);
    }
    let first = phone.request().pushes[0].changes[0].len();
    let count = |budget| hashes(&phone.replica.request(budget, 1, 1, at(0)).expect("a request")).len();
    assert_eq!(count(1), 1);
    assert_eq!(count(first), 1);
    let bytes_of = |request: &Request| request.pushes.iter().flat_map(|p| &p.changes).map(|c| c.len()).sum::<usize>();
    let budget = 3 * first + first / 2;
    let request = phone.replica.request(budget, 1, 1, at(0)).expect("a request");
    assert!(bytes_of(&request) <= budget && hashes(&request).len() == 3, "{}", bytes_of(&request));
    assert_eq!(hashes(&request), hashes(&phone.request())[..3], "the oldest go first");
}

#[test]
fn a_record_is_synced_only_when_the_server_has_every_change_of_it() {
    for verdict in [Verdict::Accepted, Verdict::Known] {
        let mut phone = Phone::new(7);
        let record = phone.begin(1);
        let edit = phone.edit(record, "households", 900);
        let request = phone.request();
        let verdict_of = |hash: &ChangeHash| if *hash == edit { Verdict::Held } else { verdict.clone() };
        let applied = phone.apply(&request, &answer(&request, verdict_of));
        assert_eq!((applied.acknowledged, applied.outstanding, phone.unsynced(record)), (1, 1, 1));
        let request = phone.request();
        assert_eq!(hashes(&request), [edit], "only what is not acknowledged is sent again");
        assert_eq!(phone.acknowledge(), Applied { acknowledged: 1, ..Applied::default() });
        assert_eq!((phone.unsynced(record), phone.replica.outstanding().expect("counts")), (0, 0));
        assert!(phone.request().pushes.is_empty());
    }
}

#[test]
fn a_change_of_this_phones_own_that_the_server_brings_is_thereby_acknowledged() {
    let mut phone = Phone::new(7);
    let record = phone.begin(1);
    let back = delivered(&phone.request());
    let applied = phone.receive(back);
    assert_eq!((applied.pulled, applied.outstanding, phone.unsynced(record)), (0, 0, 0));
}

#[test]
fn the_same_response_applied_twice_changes_nothing() {
    let (mut ours, mut theirs, record) = two_phones();
    let kept = ours.begin(2);
    ours.acknowledge();
    for value in [900, 901] {
        ours.edit(record, "households", value);
    }
    ours.edit(kept, "note", "甲");
    ours.begin(3);
    theirs.edit(record, "note", "乙");
    let request = ours.request();
    let sent = hashes(&request);
    let verdicts = |hash: &ChangeHash| match sent.iter().position(|sent| sent == hash) {
        Some(0 | 1) => Verdict::PullFirst,
        Some(2) => refused("size"),
        _ => Verdict::Accepted,
    };
    let mut response = Response { deliveries: delivered(&theirs.request()), ..answer(&request, verdicts) };
    response.positions = vec![Position { feed: Audience::Bank, low: 3, high: 9 }];
    response.evictions = vec![kept];
    let applied = ours.apply(&request, &response);
    assert_eq!((applied.acknowledged, applied.refused, applied.redone, applied.evicted), (1, 1, 2, 1));
    let before = ours.dump();
    let again = ours.apply(&request, &response);
    assert_eq!(again, Applied { outstanding: 1, ..Applied::default() });
    assert_eq!(ours.dump(), before);
}

#[test]
fn a_response_that_cannot_be_applied_whole_leaves_everything_as_it_was() {
    let (mut ours, mut theirs, record) = two_phones();
    ours.edit(record, "households", 900);
    let long = visited(0, &"谈".repeat(1_000));
    for n in 10..60 {
        theirs.replica.create(id(n), &visit::KIND, Some(record), &long, at(5)).expect("created");
    }
    let request = ours.request();
    let mut response = Response { deliveries: delivered(&theirs.request()), ..answer(&request, |_| refused("size")) };
    response.positions = vec![Position { feed: Audience::Bank, low: 0, high: 60 }];
    let before = ours.dump();
    ours.cap_now();
    let applied = ours.replica.apply(&request, &response, at(3_000));
    assert!(matches!(applied, Err(ReplicaError::Full)), "{applied:?}");
    assert_eq!(ours.dump(), before);
    assert_eq!(ours.request(), request, "the same is asked again");
    ours.reopen();
    let applied = ours.apply(&request, &response);
    assert_eq!((applied.pulled, applied.refused), (50, 1));
    assert_eq!(ours.request().positions, response.positions);
}

#[test]
fn a_feed_that_the_person_left_is_let_go_of_when_the_server_says_so() {
    let mut phone = Phone::new(7);
    let stands = |feed: &str, low, high| Position { feed: feed.parse().expect("a feed"), low, high };
    for (said, kept) in [
        (vec![stands("unit/A", 0, 9), stands("unit/B", 3, 9)], vec![stands("unit/A", 0, 9), stands("unit/B", 3, 9)]),
        (vec![stands("unit/A", 0, 4)], vec![stands("unit/A", 0, 4), stands("unit/B", 3, 9)]),
        (vec![stands("unit/A", 0, 0), stands("unit/C", 0, 0)], vec![stands("unit/B", 3, 9)]),
    ] {
        let request = phone.request();
        phone.apply(&request, &Response { positions: said, ..answer(&request, |_| Verdict::Accepted) });
        assert_eq!(phone.request().positions, kept);
    }
}

#[test]
fn what_others_recorded_and_edited_is_seen() {
    let (mut ours, mut theirs, record) = two_phones();
    theirs.edit(record, "households", 900);
    theirs.replica.create(id(2), &visit::KIND, Some(record), &visited(0, "谈"), at(5)).expect("created");
    let applied = ours.receive(delivered(&theirs.request()));
    assert_eq!((applied.pulled, applied.outstanding), (2, 0));
    assert_eq!(ours.row(record), theirs.row(record));
    assert_eq!(ours.row(id(2)).author, Some(DeviceNumber::new(8)));
    assert_eq!(ours.unsynced(id(2)), 0);
}

#[test]
fn a_conflict_shows_each_value_its_author_and_what_held_before_until_it_is_resolved() {
    let (mut ours, mut theirs, record) = two_phones();
    ours.edit(record, "households", 900);
    theirs.edit(record, "households", 950);
    ours.receive(delivered(&theirs.request()));
    let listed = ours.replica.query(&Query { in_conflict: true, ..Query::default() }).expect("lists");
    let [row] = listed.as_slice() else { panic!("{listed:?}") };
    let [conflict] = row.conflicts.as_slice() else { panic!("{:?}", row.conflicts) };
    assert_eq!((conflict.field.as_str(), &conflict.before), ("households", &Some(800.into())));
    let mut claims: Vec<_> =
        conflict.claims.iter().map(|claim| (claim.value.clone(), claim.author.map(DeviceNumber::get))).collect();
    claims.sort();
    assert_eq!(claims, [(900.into(), Some(7)), (950.into(), Some(8))]);

    ours.replica.resolve(record, "households", 950.into(), at(5)).expect("resolved");
    assert_eq!(ours.row(record).conflicts, []);
    assert_eq!(ours.row(record).fields.int("households"), Some(950));
    theirs.receive(delivered(&ours.request()));
    assert_eq!(theirs.row(record), ours.row(record));
    let again = ours.replica.resolve(record, "households", 950.into(), at(5));
    assert!(matches!(again, Err(ReplicaError::NoConflict { .. })));
}

#[test]
fn a_server_that_lacks_what_an_edit_was_made_upon_gets_it_with_the_next_request() {
    let mut phone = Phone::new(7);
    let record = phone.begin(1);
    let first = hashes(&phone.request())[0];
    phone.acknowledge();
    let edit = phone.edit(record, "households", 900);
    let request = phone.request();
    assert_eq!(hashes(&request), [edit]);
    let applied = phone.apply(&request, &answer(&request, |_| Verdict::NeedsDeps));
    assert_eq!(applied.outstanding, 2);
    assert_eq!(hashes(&phone.request()), [first, edit]);
}

#[test]
fn a_record_that_left_goes_but_one_with_unsent_work_stays_until_that_is_acknowledged() {
    let mut phone = Phone::new(7);
    let (gone, busy) = (phone.begin(1), phone.begin(2));
    phone.acknowledge();
    phone.edit(busy, "note", "甲");
    let mut request = phone.request();
    let pushes = std::mem::take(&mut request.pushes);
    let response = Response { evictions: vec![gone, busy], ..answer(&request, |_| Verdict::Accepted) };
    assert_eq!(phone.apply(&request, &response).evicted, 1);
    assert!(phone.replica.record(gone).expect("reads").is_none());
    assert_eq!(phone.unsynced(busy), 1);
    request.pushes = pushes;
    let applied = phone.apply(&request, &answer(&request, |_| Verdict::Accepted));
    assert_eq!((applied.acknowledged, applied.evicted), (1, 1));
    assert_eq!(phone.replica.count().expect("counts"), 0);
    assert_eq!(phone.count("SELECT count(*) FROM change"), 0);
}

#[test]
fn a_record_that_comes_back_before_its_work_was_sent_stays() {
    let mut phone = Phone::new(7);
    let record = phone.begin(1);
    let whole = delivered(&phone.request());
    phone.acknowledge();
    phone.edit(record, "note", "甲");
    let request = Request { pushes: Vec::new(), ..phone.request() };
    let response = Response { evictions: vec![record], ..answer(&request, |_| Verdict::Accepted) };
    phone.apply(&request, &response);
    phone.receive(whole);
    assert_eq!(phone.acknowledge().evicted, 0);
    assert_eq!(phone.unsynced(record), 0);
}

#[test]
fn positions_and_the_clocks_skew_are_kept() {
    let mut phone = Phone::new(7);
    assert_eq!(phone.replica.clock_skew_ms().expect("reads"), None);
    let request = phone.request();
    let unit: Audience = "unit/B1".parse().expect("a feed");
    let positions = vec![Position { feed: Audience::Bank, low: 0, high: 4 }, Position { feed: unit, low: 5, high: 9 }];
    let mut response = Response { positions: positions.clone(), ..answer(&request, |_| Verdict::Accepted) };
    response.clock = ServerTime::from_millis(DAY + 63_000).expect("in range");
    phone.apply(&request, &response);
    phone.reopen();
    assert_eq!(phone.request().positions, positions);
    assert_eq!(phone.replica.clock_skew_ms().expect("reads"), Some(response.clock.skew_ms(at(3_000))));
    assert_eq!(response.clock.skew_ms(at(3_000)).abs(), 60_000);
}

fn reference(unit: &str, version: u64) -> Reference {
    let head =
        Unit { id: unit.parse().expect("id"), parent: None, level: UnitLevel::HeadOffice, name: "总行".into() };
    let person: crate::domain::PersonId = "P8".parse().expect("id");
    let people = vec![Person { id: person.clone(), name: "王芳".into(), roles: Role::AccountManager.into() }];
    let bank = Bank::new(vec![head], people, Vec::new(), vec![Device { number: DeviceNumber::new(8), person }]);
    Reference::of(&bank.expect("a bank"), version)
}

#[test]
fn the_bank_is_kept_and_names_authors() {
    let mut phone = Phone::new(7);
    assert_eq!(phone.replica.author_name(DeviceNumber::new(8)).expect("reads"), None);
    let request = phone.request();
    let response = Response { reference: Some(reference("H", 3)), ..answer(&request, |_| Verdict::Accepted) };
    phone.apply(&request, &response);
    phone.reopen();
    assert_eq!(phone.request().reference, 3);
    assert_eq!(phone.replica.author_name(DeviceNumber::new(8)).expect("reads").as_deref(), Some("王芳"));
    assert_eq!(phone.replica.author_name(DeviceNumber::new(9)).expect("reads"), None);
    assert_eq!(phone.replica.bank().expect("reads").units().count(), 1);
}

#[test]
fn a_bank_this_version_cannot_read_keeps_no_work_from_being_synced() {
    let mut phone = Phone::new(7);
    let record = phone.begin(1);
    let request = phone.request();
    // A newer server's: of a role that is not known here.
    let mut bytes = reference("H", 4).to_bytes().expect("encodes");
    let role = Role::AccountManager.name().as_bytes();
    let place = bytes.windows(role.len()).position(|window| window == role).expect("the role");
    bytes[place] = b'x';
    let newer: Reference = Reference::from_bytes(&bytes).expect("decodes");
    assert!(newer.bank().is_err());
    let response = Response { reference: Some(newer), ..answer(&request, |_| Verdict::Accepted) };
    phone.apply(&request, &response);
    assert_eq!((phone.unsynced(record), phone.request().reference), (0, 0));
}

#[test]
fn the_standings_are_kept_until_others_come_and_asked_for_by_their_version() {
    let mut phone = Phone::new(7);
    assert_eq!((phone.replica.standings().expect("reads"), phone.request().standings), (Vec::new(), 0));
    let campaign = |name: &str| {
        let week = "2026-W10".parse().expect("a week");
        CampaignStandings { campaign: id(9), name: name.to_owned(), week, units: Vec::new() }
    };
    let told = |campaigns: Vec<CampaignStandings>| Standings::of(campaigns).expect("encodes");
    for standings in [told(vec![campaign("春季")]), told(vec![campaign("夏季"), campaign("春季")]), told(Vec::new())]
    {
        let request = phone.request();
        let response = Response { standings: Some(standings.clone()), ..answer(&request, |_| Verdict::Accepted) };
        phone.apply(&request, &response);
        phone.acknowledge();
        phone.reopen();
        assert_eq!(phone.replica.standings().expect("reads"), standings.campaigns);
        assert_eq!(phone.request().standings, standings.version);
    }
}

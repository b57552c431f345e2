//! Promises of looking things up on a phone: what is here is found as it is now, and what is gone is not, whichever way it went.

use super::*;
use crate::document::{Actor, Authorship};
use crate::domain::assignment;
use crate::domain::visit::Visit;
use crate::lookup::{Basis, Condition};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const DAYS: i64 = 86_400_000;

fn names(phone: &Phone, text: &str) -> Vec<String> {
    phone.replica.search(text, 50).expect("searched").into_iter().map(|found| found.name).collect()
}

fn notes(phone: &Phone, text: &str) -> Vec<RecordId> {
    phone.replica.search_notes(text, 50, None).expect("searched").into_iter().map(|found| found.row.id).collect()
}

fn named(phone: &mut Phone, n: u8, name: &str) {
    phone.replica.create(id(n), &prospect::KIND, None, &community(name), at(0)).expect("created");
}

fn visit_of(phone: &mut Phone, n: u8, prospect: u8, millis: i64, note: &str) {
    let fields = visited(millis, note);
    phone.replica.create(id(n), &visit::KIND, Some(id(prospect)), &fields, at(millis.max(0))).expect("created");
}

fn withdraw(phone: &mut Phone, n: u8) {
    phone.edit(id(n), "state", "withdrawn");
}

#[test]
fn a_prospect_is_found_by_its_name_now_and_not_by_the_one_it_had() {
    let mut phone = Phone::new(7);
    named(&mut phone, 1, "銀楓家園（二期）");
    named(&mut phone, 2, "𠮷祥😀里");
    let found = &phone.replica.search("枫家园2", 5).expect("searched");
    assert!(found.is_empty(), "{found:?}");
    let [found] = &phone.replica.search("枫家园二", 5).expect("searched")[..] else { panic!("one") };
    let shown: String = found.name.chars().skip(found.start).take(found.end - found.start).collect();
    assert_eq!((found.name.as_str(), shown.as_str()), ("銀楓家園（二期）", "楓家園（二"), "as typed, and where in it");
    assert_eq!(names(&phone, "😀"), ["𠮷祥😀里"]);
    assert_eq!(names(&phone, "𠮷"), ["𠮷祥😀里"]);
    phone.edit(id(1), "name", "天通苑");
    assert_eq!((names(&phone, "枫"), names(&phone, "tty")), (vec![], vec!["天通苑".to_owned()]));
    phone.edit(id(1), "address", "昌平路5号");
    let [found] = &phone.replica.search("cpl5", 5).expect("searched")[..] else { panic!("one") };
    assert_eq!((found.found_in, found.start, found.end), (FoundIn::Address, 0, 4));
    withdraw(&mut phone, 1);
    assert!(names(&phone, "tty").is_empty());
    phone.edit(id(1), "state", "active");
    assert_eq!(names(&phone, "tty"), ["天通苑"]);
}

#[test]
fn the_list_kept_up_to_date_says_the_same_as_one_made_afresh() {
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let mut phone = Phone::new(7);
    let words = ["天", "通", "苑", "重", "庆", "长", "乐", "里", "二期"];
    let word = |rng: &mut ChaCha8Rng| words[rng.random_range(0..words.len())];
    let queries = ["天", "t", "cq", "zhong", "乐里", "le", "二期", "cl"];
    let mut begun = 0_u8;
    for step in 0..120 {
        let name: String = (0..3).map(|_| word(&mut rng)).collect();
        let one = rng.random_range(1..=begun.max(1));
        match rng.random_range(0..5) {
            0 | 1 if begun < 40 => {
                begun += 1;
                named(&mut phone, begun, &name);
            }
            2 if begun > 0 => drop(phone.replica.edit(id(one), &fields(&[("name", name.as_str().into())]), at(step))),
            3 if begun > 0 => drop(phone.replica.edit(id(one), &fields(&[("state", "withdrawn".into())]), at(step))),
            4 if begun > 0 => drop(phone.replica.edit(id(one), &fields(&[("state", "active".into())]), at(step))),
            _ => {}
        }
        // Now and then somebody searches, so that the list is brought up to date in steps of any size.
        if rng.random_ratio(1, 3) {
            let kept: Vec<_> = queries.map(|query| phone.replica.search(query, 50).expect("searched")).into();
            phone.reopen();
            let fresh: Vec<_> = queries.map(|query| phone.replica.search(query, 50).expect("searched")).into();
            assert_eq!(kept, fresh, "step {step}");
        }
    }
    assert!(begun > 20);
}

#[test]
fn what_was_erased_is_found_no_more_and_stands_neither_in_the_list_nor_in_the_index() {
    let mut phone = Phone::new(7);
    named(&mut phone, 1, "骏马苑");
    named(&mut phone, 2, "白马苑");
    // Enough that notes are indexed.
    for n in 10..110 {
        let note = if n == 50 { "骏马图挂在墙上" } else { "谈了维修资金" };
        visit_of(&mut phone, n, if n == 50 { 1 } else { 2 }, i64::from(n) * 1_000, note);
    }
    phone.acknowledge();
    // 骏马 without its first byte, which a term may share with the one before it.
    let in_index =
        |phone: &Phone| phone.count("SELECT count(*) FROM note_index_data WHERE instr(block, x'aa8fe9a9ac') > 0");
    assert_eq!((names(&phone, "骏马").len(), notes(&phone, "骏马"), in_index(&phone) > 0), (1, vec![id(50)], true));
    let mut request = phone.request();
    request.pushes.clear();
    let response = Response { erased: vec![id(1)], ..answer(&request, |_| Verdict::Accepted) };
    phone.apply(&request, &response);
    assert!(phone.replica.listed.borrow().is_empty(), "out of memory at once");
    assert_eq!((names(&phone, "马"), notes(&phone, "骏马"), in_index(&phone)), (vec!["白马苑".to_owned()], vec![], 0));
    let folded = format!("{:?}", "骏马".encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>());
    assert!(!phone.dump().contains(&folded[1..folded.len() - 1]));
    assert_eq!(notes(&phone, "维修").len(), 50);
    // What leaves because it is somebody else's now is not found, either.
    let response = Response { evictions: vec![id(2)], ..answer(&request, |_| Verdict::Accepted) };
    phone.apply(&request, &response);
    assert!(names(&phone, "马").is_empty());
}

#[test]
fn a_note_is_found_by_any_part_of_one_field_and_not_across_two() {
    let mut phone = Phone::new(7);
    phone.begin(1);
    let visit = Visit {
        purpose: Some("送方案".into()),
        next_step: Some("签约".into()),
        ..Visit::on_site(at(0), "主任，问利率。😀")
    };
    phone.replica.create(id(2), &visit::KIND, Some(id(1)), &visit.to_fields(), at(0)).expect("created");
    for found in ["主", "率", "主任问利", "主任，问", "任 問", "😀", "率😀", "送方案", "签约", "约", "案"]
    {
        assert_eq!(notes(&phone, found), [id(2)], "{found}");
    }
    for not in ["案签", "率签约", "利率送", "😀签", "任利", "", "。"] {
        assert_eq!(notes(&phone, not), [], "{not}");
    }
    let [found] = &phone.replica.search_notes("任问", 5, None).expect("searched")[..] else { panic!("one") };
    assert_eq!((found.field.as_str(), found.start, found.end), ("note", 1, 4), "with the comma between");
    phone.edit(id(2), "note", "会计不在");
    assert_eq!((notes(&phone, "利率"), notes(&phone, "会计")), (vec![], vec![id(2)]));
    withdraw(&mut phone, 2);
    assert!(notes(&phone, "会计").is_empty());
}

#[test]
fn notes_come_newest_first_page_by_page_however_old_they_are_and_whenever_they_came() {
    let mut phone = Phone::new(7);
    phone.begin(1);
    let authorship = Authorship { device: DeviceNumber::new(9), actor: Actor::new([9; 16]), at: at(0) };
    // Times out of order, and every twentieth at one and the same second.
    let time = |n: i64| if n % 20 == 0 { 0 } else { (n * 7_919) % 3_000 * 60_000 };
    let mut expected = Vec::new();
    let deliveries = (0..2_600_i64).map(|n| {
        let note = format!("{}谈了利率{n}", if n % 9 == 0 { "罕见" } else { "" });
        let record = RecordId::new(DAY + n, [3; 10]);
        let fields = visited(time(n) - 30 * DAYS, &note);
        if n % 9 == 0 {
            expected.push((time(n), record));
        }
        let (_, change) =
            Document::create(record, &(&visit::KIND).into(), Some(id(1)), &fields, &authorship).expect("a visit");
        Delivery { record, kind: (&visit::KIND).into(), changes: vec![change.bytes.into()] }
    });
    phone.receive(deliveries.collect());
    assert!(phone.count("SELECT count(*) FROM note WHERE indexed = 0") < 64);
    for query in ["罕见", "罕", "罕见谈了利"] {
        let (mut all, mut before) = (Vec::new(), None);
        loop {
            let page = phone.replica.search_notes(query, 37, before).expect("searched");
            let Some(last) = page.last() else { break };
            before = Some(last.place);
            all.extend(page.iter().map(|found| (found.row.occurred_at.expect("a time"), found.row.id)));
        }
        assert_eq!(all.len(), expected.len(), "{query}");
        let distinct: std::collections::BTreeSet<_> = all.iter().map(|(_, id)| *id).collect();
        assert_eq!(distinct, expected.iter().map(|(_, id)| *id).collect(), "{query}");
        // Those of one second lie anywhere within the minutes that their number needs.
        let disorder = all.windows(2).map(|pair| pair[1].0.millis() - pair[0].0.millis()).max().expect("many");
        assert!(disorder <= 10 * 60_000, "{query}: {disorder} ms");
    }
    assert_eq!(notes(&phone, "利率2599").len(), 1);
    assert_eq!(notes(&phone, "了利率").len(), 50);
}

#[test]
fn an_update_finds_prospects_at_once_and_notes_as_rows_are_derived_anew() {
    let mut phone = Phone::new(7);
    phone.begin(1);
    named(&mut phone, 2, "已撤回苑");
    visit_of(&mut phone, 3, 1, 5_000, "谈了利率");
    withdraw(&mut phone, 2);
    phone
        .replica
        .main()
        .expect("open")
        .execute_batch(
            "DROP TABLE gazetteer; DROP TABLE listed; DROP TABLE note; DROP TABLE note_index;
             DROP TABLE glance; DROP TABLE draft;
             DROP INDEX record_due; DROP INDEX record_of_owner; DROP INDEX record_of_author;
             DELETE FROM refinery_schema_history WHERE version >= 5; PRAGMA user_version = 4;
             UPDATE record SET projection = 0; UPDATE setting SET value = 0 WHERE name = 'projection';",
        )
        .expect("as an earlier version left it");
    phone.reopen();
    let targets = |phone: &Phone| phone.replica.targets(&TargetQuery::default(), at(0)).expect("listed");
    assert_eq!((names(&phone, "yfjy"), names(&phone, "苑")), (vec!["银枫家园".to_owned()], vec![]));
    let before = targets(&phone);
    assert_eq!(before[0].last_contact, Some(at(5_000)));
    assert!(notes(&phone, "利率").is_empty());
    while phone.replica.refresh().expect("refreshed") {}
    assert_eq!((notes(&phone, "利率"), targets(&phone)), (vec![id(3)], before));
}

/// An assignment as the server delivers it.
fn assigned(n: u8, prospect: u8, owner: &str, millis: i64) -> Delivery {
    let to = fields(&[("unit", "B1".into()), ("owner", owner.into()), ("effective_at", at(millis).into())]);
    let authorship = Authorship { device: DeviceNumber::SERVER, actor: Actor::new([100 + n; 16]), at: at(millis) };
    let kind = Kind::from(&assignment::KIND);
    let (_, change) = Document::create(id(n), &kind, Some(id(prospect)), &to, &authorship).expect("created");
    Delivery { record: id(n), kind, changes: vec![change.bytes.into()] }
}

#[test]
fn targets_are_listed_by_worth_distance_or_neglect_and_say_why() {
    let mut phone = Phone::new(7);
    let community = |fund: i64, lat: Option<i64>| {
        let mut all = vec![("name", Value::from("某苑")), ("fund_estimate", (fund * 100).into())];
        if let Some(lat) = lat {
            all.extend([("place/lat", lat.into()), ("place/lon", 1_214_000_000.into())]);
        }
        fields(&all)
    };
    for (n, fund, lat) in
        [(1, 19_000_000, Some(312_000_000)), (2, 120_000_000, Some(312_900_000)), (3, 30_000_000, None)]
    {
        phone.replica.create(id(n), &prospect::KIND, None, &community(fund, lat), at(0)).expect("created");
    }
    visit_of(&mut phone, 11, 2, -3 * DAYS, "谈");
    visit_of(&mut phone, 12, 2, -9 * DAYS, "谈");
    visit_of(&mut phone, 13, 3, -5 * DAYS, "谈");
    phone.receive(vec![assigned(21, 1, "P7", 0), assigned(22, 2, "P7", 0), assigned(23, 2, "P8", 10)]);
    let here = crate::domain::GeoPoint::new(312_000_000, 1_214_000_000, 0).expect("a place");
    let list = |phone: &Phone, order, assigned_to: Option<&str>| {
        let assigned_to = assigned_to.map(|person| person.parse().expect("id"));
        let query = TargetQuery { order, assigned_to, near: Some(here), ..TargetQuery::default() };
        phone.replica.targets(&query, at(0)).expect("listed")
    };
    let order = |targets: Vec<Target>| -> Vec<RecordId> { targets.iter().map(|target| target.prospect).collect() };
    assert_eq!(order(list(&phone, Order::Score, None)), [id(2), id(3), id(1)]);
    assert_eq!(order(list(&phone, Order::Distance, None)), [id(1), id(2), id(3)]);
    assert_eq!(order(list(&phone, Order::LeastRecentlyContacted, None)), [id(1), id(3), id(2)]);
    assert_eq!(order(list(&phone, Order::Score, Some("P7"))), [id(1)]);
    assert_eq!(order(list(&phone, Order::Score, Some("P8"))), [id(2)]);
    let best = &list(&phone, Order::Score, None)[0];
    assert_eq!((best.days_since_contact, best.last_contact), (Some(3), Some(at(-3 * DAYS))));
    assert!(best.distance_m.is_some_and(|metres| (metres - 10_007.0).abs() < 5.0), "{best:?}");
    let reason = best.score.reasons[0];
    assert_eq!((reason.condition, reason.points), (Condition::Size, 100));
    assert_eq!(reason.basis, Basis::FundEstimate(12_000_000_000));
    assert_eq!(best.score.reasons[3].basis, Basis::Unknown);
    // A visit that did not take place after all is no contact.
    withdraw(&mut phone, 11);
    assert_eq!(list(&phone, Order::Score, None)[0].days_since_contact, Some(9));
    let page = TargetQuery { limit: 1, offset: 1, ..TargetQuery::default() };
    assert_eq!(order(phone.replica.targets(&page, at(0)).expect("listed")), [id(3)]);
    let near = phone.replica.nearest(here, 5).expect("listed");
    assert_eq!(near.iter().map(|near| near.prospect).collect::<Vec<_>>(), [id(1), id(2)]);
    let route = phone.replica.route(here, &[id(3), id(2), id(1)]).expect("ordered");
    assert_eq!(route.iter().map(|stop| stop.prospect).collect::<Vec<_>>(), [id(1), id(2), id(3)]);
    let unknown = phone.replica.route(here, &[id(99)]);
    assert!(matches!(unknown, Err(ReplicaError::NoSuchRecord(one)) if one == id(99)));
}

#[test]
fn a_likely_twin_is_shown_while_one_types() {
    let mut phone = Phone::new(7);
    named(&mut phone, 1, "永业公寓（二期）");
    named(&mut phone, 2, "永业公寓（一期）");
    let twins = phone.replica.twins("永业公寓2期", None, None, 5).expect("compared");
    assert_eq!(twins.iter().map(|view| view.name.as_str()).collect::<Vec<_>>(), ["永业公寓（二期）"]);
    assert_eq!((twins[0].twin.prospect, twins[0].twin.score, twins[0].twin.same_district), (id(1), 100, None));
    assert!(phone.replica.twins("天", None, None, 5).expect("compared").is_empty());
}

#[test]
fn a_wiped_phone_finds_nothing() {
    let mut phone = Phone::new(7);
    phone.begin(1);
    assert_eq!(names(&phone, "yf").len(), 1);
    phone.replica.wipe().expect("wiped");
    assert!(phone.replica.listed.borrow().is_empty());
    assert!(matches!(phone.replica.search("yf", 5), Err(ReplicaError::Wiped)));
}

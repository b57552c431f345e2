//! Promises of today: what is before somebody this day stands there, what is over does not, and nothing open is forgotten.

use super::*;
use crate::domain::{activity, commitment, complaint, proposal};

fn asking(now: i64, scope: Scope) -> Asking {
    Asking { now: at(now), zone: Zone::china(), scope }
}

fn today(phone: &mut Phone, now: i64) -> Today {
    phone.replica.today(&asking(now, Scope::Mine), || id(99)).expect("answers")
}

fn planned(millis: i64) -> Fields {
    fields(&[("planned_at", at(millis).into()), ("channel", "on_site".into()), ("purpose", "送方案".into())])
}

fn promised(millis: i64, r#type: &str) -> Fields {
    fields(&[("what", "回电".into()), ("type", r#type.into()), ("due_at", at(millis).into())])
}

fn with_next(millis: i64, next: i64) -> Fields {
    visited(millis, "谈").with("next_at".parse().expect("name"), at(next).into())
}

fn complained(millis: i64) -> Fields {
    fields(&[("facts", "查不到余额".into()), ("occurred_at", at(millis).into()), ("severity", "serious".into())])
}

fn records(section: &Section) -> Vec<RecordId> {
    section.items.iter().map(|item| item.record).collect()
}

fn called(section: &Section) -> Vec<&str> {
    section.items.iter().map(|item| item.what.en).collect()
}

#[test]
fn what_takes_place_today_stands_by_the_clock_and_what_else_is_due_newest_first() {
    let mut phone = Phone::new(7);
    phone.begin(1);
    phone.edit(id(1), "hours/mon", "19:00-21:00");
    phone.create(11, &visit::KIND, 1, &planned(15 * HOUR));
    phone.create(12, &commitment::KIND, 1, &promised(9 * HOUR, "appointment"));
    let play = fields(&[("name", "木偶戏".into()), ("planned_at", at(23 * HOUR).into())]);
    phone.create(13, &activity::KIND, 1, &play);
    phone.create(14, &visit::KIND, 1, &planned(25 * HOUR));
    phone.create(21, &commitment::KIND, 1, &promised(18 * HOUR, "task"));
    phone.create(22, &commitment::KIND, 1, &promised(-DAYS, "appointment"));
    phone.create(23, &visit::KIND, 1, &with_next(-5 * DAYS, -3 * DAYS));
    let sent = [("title", "方案".into()), ("sent_at", at(-9 * DAYS).into()), ("answer_due_at", at(-2 * DAYS).into())];
    phone.create(24, &proposal::KIND, 1, &fields(&sent));
    let today = today(&mut phone, 12 * HOUR);
    assert_eq!(records(&today.appointments), [id(12), id(11), id(13)]);
    assert_eq!(called(&today.appointments), ["appointment", "planned visit", "activity"]);
    assert_eq!(today.appointments.items.iter().map(|item| item.overdue).collect::<Vec<_>>(), [true, false, false]);
    assert_eq!(records(&today.due), [id(21), id(22), id(24), id(23)]);
    assert_eq!(called(&today.due), ["task", "appointment", "proposal awaiting an answer", "next step"]);
    let first = &today.due.items[0];
    assert_eq!((first.words.as_deref(), first.prospect_name.as_deref()), (Some("回电"), Some("银枫家园")));
    assert_eq!(first.hours.as_ref().and_then(|hours| hours.this_day.as_deref()), Some("19:00-21:00"));
    assert_eq!((today.care, today.date.to_string().as_str()), (Care::NotHeld, "2026-03-09"));
}

#[test]
fn what_is_done_or_withdrawn_is_due_no_more() {
    let mut phone = Phone::new(7);
    phone.begin(1);
    phone.create(11, &commitment::KIND, 1, &promised(HOUR, "task"));
    phone.create(12, &visit::KIND, 1, &planned(2 * HOUR));
    phone.create(13, &commitment::KIND, 1, &promised(HOUR, "task"));
    phone.edit(id(11), "done_at", at(HOUR));
    phone.edit(id(12), "occurred_at", at(2 * HOUR));
    phone.replica.withdraw(id(13), "twice", at(HOUR)).expect("withdrawn");
    let today = today(&mut phone, 3 * HOUR);
    assert_eq!((today.due, today.appointments), (Section::default(), Section::default()));
}

#[test]
fn a_later_visit_overtakes_a_next_step_and_a_withdrawn_one_does_not() {
    let mut phone = Phone::new(7);
    phone.begin(1);
    phone.create(11, &visit::KIND, 1, &with_next(-9 * DAYS, -3 * DAYS));
    // It came later to the phone, and had taken place before.
    phone.create(12, &visit::KIND, 1, &with_next(-20 * DAYS, -4 * DAYS));
    assert_eq!(records(&today(&mut phone, 0).due), [id(11)]);
    phone.create(13, &visit::KIND, 1, &visited(-DAYS, "谈"));
    assert_eq!(records(&today(&mut phone, 0).due), []);
    phone.replica.withdraw(id(13), "it was another community", at(0)).expect("withdrawn");
    assert_eq!(records(&today(&mut phone, 0).due), [id(11)]);
    // One that is only planned overtakes nothing.
    phone.create(14, &visit::KIND, 1, &planned(9 * DAYS));
    assert_eq!(records(&today(&mut phone, 0).due), [id(11)]);
    // Nor does one elsewhere.
    phone.begin(2);
    phone.create(15, &visit::KIND, 2, &visited(-DAYS, "谈"));
    phone.reopen();
    assert_eq!(records(&today(&mut phone, 0).due), [id(11)]);
}

#[test]
fn an_open_complaint_surfaces_however_old_until_it_is_rechecked_and_presses_near_its_deadline() {
    let mut phone = Phone::new(7);
    phone.begin(1);
    phone.create(11, &complaint::KIND, 1, &complained(-200 * DAYS));
    phone.create(12, &complaint::KIND, 1, &complained(-21 * HOUR));
    phone.create(13, &complaint::KIND, 1, &complained(-2 * HOUR));
    let seen = |phone: &mut Phone| -> Vec<(RecordId, bool, bool, &'static str)> {
        let section = today(phone, 0).complaints;
        section.items.iter().map(|item| (item.record, item.overdue, item.pressing, item.what.en)).collect()
    };
    let answer = "complaint to be answered";
    assert_eq!(
        seen(&mut phone),
        [(id(11), true, true, answer), (id(12), false, true, answer), (id(13), false, false, answer)]
    );
    phone.edit(id(11), "answered_at", at(-HOUR));
    assert_eq!(seen(&mut phone)[2], (id(11), false, false, "complaint to be re-checked"));
    phone.edit(id(11), "rechecked_at", at(0));
    assert_eq!(seen(&mut phone).len(), 2);
    assert!(today(&mut phone, 0).due.items.is_empty(), "complaints stand apart");
}

#[test]
fn mine_is_what_names_me_or_nobody_and_was_begun_here_or_is_of_a_prospect_assigned_to_me() {
    let mut phone = Phone::new(7);
    for n in 1..=3 {
        phone.begin(n);
    }
    let owner = |fields: Fields, owner: &str| fields.with("owner".parse().expect("name"), owner.into());
    phone.create(11, &commitment::KIND, 1, &promised(HOUR, "task"));
    phone.create(12, &commitment::KIND, 1, &owner(promised(2 * HOUR, "task"), "P9"));
    phone.receive(vec![
        others(13, &commitment::KIND, 2, &promised(3 * HOUR, "task")),
        others(14, &commitment::KIND, 2, &owner(promised(4 * HOUR, "task"), "P7")),
        others(15, &commitment::KIND, 3, &promised(5 * HOUR, "task")),
        others(16, &visit::KIND, 3, &with_next(-2 * DAYS, 6 * HOUR)),
        others(17, &visit::KIND, 2, &with_next(-2 * DAYS, 7 * HOUR)),
        assigned(21, 2, "B1", Some("P7"), -9 * DAYS),
        assigned(22, 2, "B1", Some("P9"), 0),
        assigned(23, 3, "B1", Some("P7"), 0),
    ]);
    assert_eq!(records(&today(&mut phone, 0).due), [id(16), id(15), id(14), id(11)]);
    let all = phone.replica.today(&asking(0, Scope::Unit), || id(99)).expect("answers");
    assert_eq!(records(&all.due), [17, 16, 15, 14, 13, 12, 11].map(id));
}

#[test]
fn of_what_is_long_overdue_and_of_what_is_too_much_only_the_number_is_told() {
    let mut phone = Phone::new(7);
    phone.begin(1);
    phone.create(11, &commitment::KIND, 1, &promised(-91 * DAYS, "task"));
    phone.create(12, &commitment::KIND, 1, &promised(-89 * DAYS, "task"));
    let section = today(&mut phone, 0).due;
    assert_eq!((records(&section), section.more), (vec![id(12)], 1));
    for n in 20..80 {
        phone.create(n, &commitment::KIND, 1, &promised(i64::from(n), "task"));
    }
    let section = today(&mut phone, 0).due;
    assert_eq!((section.items.len(), section.more, section.items[0].record), (50, 12, id(79)));
}

#[test]
fn a_prospect_is_due_for_a_visit_by_its_tier_the_most_overdue_first() {
    let mut phone = Phone::new(7);
    let tiers = [(1, "gold", 15), (2, "gold", 13), (3, "key", 45), (4, "ordinary", 200), (5, "marginal", 600)];
    for (n, tier, days) in tiers {
        phone.begin(n);
        phone.edit(id(n), "tier/value", tier);
        phone.create(10 + n, &visit::KIND, n, &visited(-days * DAYS, "谈"));
    }
    // Never visited; and of a tier that nobody decided.
    phone.begin(6);
    phone.edit(id(6), "tier/value", "gold");
    phone.begin(7);
    phone.create(17, &visit::KIND, 7, &visited(-500 * DAYS, "谈"));
    let section = today(&mut phone, 0).routine;
    assert_eq!((records(&section), section.more), (vec![id(4), id(3), id(1)], 0));
    assert_eq!(section.items[2].due_at, at(-DAYS));
    phone.edit(id(4), "tier/value", "marginal");
    phone.replica.link(id(1), id(3), at(0)).expect("linked");
    assert_eq!(records(&today(&mut phone, 0).routine), [id(1)], "a duplicate is not visited for itself");
}

#[test]
fn what_waits_is_counted() {
    let (mut phone, _, record) = two_phones();
    let request = {
        phone.edit(record, "note", "一");
        phone.request()
    };
    phone.apply(&request, &answer(&request, |_| refused("size")));
    phone.edit(record, "note", "二");
    phone.edit(record, "households", 3);
    phone.begin(2);
    let draft = Draft {
        id: id(50),
        kind: (&visit::KIND).into(),
        prospect: Some(record),
        record: None,
        fields: fields(&[("note", "半句".into())]),
    };
    phone.replica.save_draft(&draft, at(0)).expect("saved");
    let counts = today(&mut phone, 0).counts;
    assert_eq!(counts, Counts { inbox: 1, unsynced_changes: 3, unsynced_records: 2, drafts: 1, locked: 0 });
}

#[test]
fn what_was_erased_or_left_or_grew_old_is_seen_at_a_glance() {
    let (mut phone, _, record) = two_phones();
    phone.create(11, &visit::KIND, 1, &with_next(-400 * DAYS, -399 * DAYS));
    phone.edit(record, "tier/value", "gold");
    phone.acknowledge();
    phone.receive(vec![assigned(21, 1, "B1", Some("P7"), 0)]);
    let last = "SELECT last_at FROM glance";
    assert_eq!(phone.count(last), at(-400 * DAYS).millis());
    // It leaves the phone because it is old, and was made all the same.
    phone.replica.set_retention_days(Some(365)).expect("set");
    phone.replica.main().expect("open").execute("UPDATE change SET acknowledged_at = 1", []).expect("long ago");
    assert_eq!(phone.replica.retire(at(200 * DAYS)).expect("looked"), 1);
    assert_eq!(phone.replica.record(id(11)).expect("reads"), None);
    assert_eq!((phone.count(last), records(&today(&mut phone, 0).routine)), (at(-400 * DAYS).millis(), vec![record]));
    let mut request = phone.request();
    request.pushes.clear();
    let response = Response { evictions: vec![record, id(21)], ..answer(&request, |_| Verdict::Accepted) };
    phone.apply(&request, &response);
    assert_eq!(phone.count("SELECT count(*) FROM glance"), 0);
}

//! Promises of numbers: what a person did is counted once, in its period, to that person.

use super::*;
use crate::domain::{Date, Week, activity, commitment, complaint, outcome, proposal, stage_move};

fn numbers(phone: &Phone, period: Period) -> Numbers {
    let me = "P7".parse().expect("id");
    phone.replica.numbers(&me, &period, &Zone::china(), at(3 * DAYS)).expect("counts")
}

/// The week of every test.
fn this_week() -> Period {
    Period::Week(Week::of(at(0).date(&Zone::china())))
}

fn also(fields: Fields, more: &[(&str, Value)]) -> Fields {
    more.iter().fold(fields, |fields, (name, value)| fields.with(name.parse().expect("a name"), value.clone()))
}

#[test]
fn visits_of_the_period_and_the_person_are_counted_by_channel_with_whom_and_how_long() {
    let mut phone = Phone::new(7);
    phone.begin(1);
    phone.create(11, &visit::KIND, 1, &also(visited(-1, "上周"), &[("minutes", 600.into())]));
    phone.create(
        12,
        &visit::KIND,
        1,
        &also(visited(0, "谈"), &[("minutes", 20.into()), ("companion/P9", true.into())]),
    );
    phone.create(13, &visit::KIND, 1, &also(visited(1, "谈"), &[("minutes", 15.into()), ("senior", true.into())]));
    phone.create(
        14,
        &visit::KIND,
        1,
        &also(visited(2, "谈"), &[("channel", "phone".into()), ("companion/P9", false.into())]),
    );
    phone.create(15, &visit::KIND, 1, &also(visited(3, "别人的"), &[("owner", "P9".into())]));
    phone.create(16, &visit::KIND, 1, &visited(4, "撤回"));
    phone.replica.withdraw(id(16), "twice", at(5)).expect("withdrawn");
    let planned = fields(&[("planned_at", at(HOUR).into()), ("channel", "phone".into())]);
    phone.create(17, &visit::KIND, 1, &planned);
    phone.receive(vec![
        others(21, &visit::KIND, 1, &also(visited(5, "替我记的"), &[("owner", "P7".into())])),
        others(22, &visit::KIND, 1, &visited(6, "别人的")),
    ]);
    let did = numbers(&phone, this_week()).activity;
    assert_eq!((did.visits, did.minutes, did.joint, did.with_senior), (4, 35, 2, 1));
    let by_channel: Vec<_> = did.by_channel.iter().map(|(channel, visits)| (channel.as_str(), *visits)).collect();
    assert_eq!(by_channel, [("on_site", 3), ("phone", 1)]);
    let days = |from: i8, to: i8| Period::Days(Date::constant(2026, 3, from), Date::constant(2026, 3, to));
    assert_eq!(numbers(&phone, days(8, 8)).activity.minutes, 600);
    assert_eq!(numbers(&phone, Period::Month(2026, 3)).activity.visits, 5);
    assert_eq!(numbers(&phone, days(10, 11)).activity.visits, 0);
    let me = "P7".parse().expect("id");
    for wrong in [Period::Month(2026, 13), days(9, 8)] {
        let error = phone.replica.numbers(&me, &wrong, &Zone::china(), at(0)).map(drop);
        assert!(matches!(error, Err(ReplicaError::Invalid(_))), "{error:?}");
    }
}

#[test]
fn what_else_was_done_is_counted_by_its_own_time() {
    let mut phone = Phone::new(7);
    phone.begin(1);
    phone.create(11, &activity::KIND, 1, &fields(&[("name", "讲座".into()), ("occurred_at", at(0).into())]));
    phone.create(12, &activity::KIND, 1, &fields(&[("name", "讲座".into()), ("planned_at", at(0).into())]));
    phone.create(13, &proposal::KIND, 1, &fields(&[("title", "方案".into()), ("sent_at", at(0).into())]));
    phone.create(14, &proposal::KIND, 1, &fields(&[("title", "未寄".into())]));
    phone.create(15, &complaint::KIND, 1, &fields(&[("facts", "x".into()), ("occurred_at", at(0).into())]));
    let claim = |day: &str, product: &str| {
        fields(&[("product", product.into()), ("opened_on", day.into()), ("amount", 700.into()), ("cards", 3.into())])
    };
    phone.create(16, &outcome::KIND, 1, &claim("2026-03-09", "account"));
    phone.create(17, &outcome::KIND, 1, &claim("2026-03-08", "account"));
    phone.create(18, &outcome::KIND, 1, &claim("2026-03-09", "account"));
    let did = numbers(&phone, this_week()).activity;
    assert_eq!((did.activities, did.proposals_sent, did.complaints), (1, 1, 1));
    assert_eq!(did.outcomes.get("account"), Some(&OutcomeSum { claims: 2, amount: 1_400, cards: 6 }));
    assert_eq!(did.outcomes.len(), 1);
}

#[test]
fn commitments_are_kept_late_overdue_or_open() {
    let mut phone = Phone::new(7);
    phone.begin(1);
    let promise = |due: i64, done: Option<i64>| {
        let promise = [("what", "回电".into()), ("type", "task".into()), ("due_at", at(due).into())];
        also(fields(&promise), &done.map(|done| ("done_at", at(done).into())).into_iter().collect::<Vec<_>>())
    };
    let cases = [(HOUR, Some(HOUR)), (HOUR, Some(HOUR + 1)), (2 * HOUR, None), (5 * DAYS, None), (8 * DAYS, None)];
    for (n, (due, done)) in (11..).zip(cases) {
        phone.create(n, &commitment::KIND, 1, &promise(due, done));
    }
    // An appointment ends after its time, and is kept by arriving.
    let met = [("type", "appointment".into()), ("arrived_at", at(HOUR - 180_000).into())];
    phone.create(20, &commitment::KIND, 1, &also(promise(HOUR, Some(2 * HOUR)), &met));
    let commitments = numbers(&phone, this_week()).commitments;
    assert_eq!(commitments, Commitments { kept: 2, late: 1, overdue: 1, open: 1 });
}

#[test]
fn coverage_is_over_what_is_assigned_and_counts_whoever_visited() {
    let mut phone = Phone::new(7);
    for n in 1..=5 {
        phone.begin(n);
    }
    let assign = |n: u8, owner| assigned(20 + n, n, "B1", Some(owner), 0);
    phone.receive(vec![
        assign(1, "P7"),
        assign(2, "P7"),
        assign(3, "P7"),
        assign(4, "P9"),
        others(31, &visit::KIND, 1, &visited(-20 * DAYS, "谈")),
        others(32, &visit::KIND, 2, &visited(-50 * DAYS, "谈")),
        others(33, &visit::KIND, 4, &visited(-DAYS, "谈")),
    ]);
    let coverage = numbers(&phone, this_week()).coverage;
    assert_eq!(coverage, Coverage { assigned: 3, visited_30: 1, visited_90: 2 });
    phone.replica.link(id(1), id(2), at(0)).expect("linked");
    assert_eq!(numbers(&phone, this_week()).coverage.assigned, 2, "a duplicate is not counted twice");
}

#[test]
fn the_pipeline_the_conversion_and_the_days_between_visits_are_of_what_the_person_looks_after() {
    let mut phone = Phone::new(7);
    for n in 1..=3 {
        phone.begin(n);
    }
    let moved = |to: &str, millis: i64| {
        fields(&[("to", to.into()), ("occurred_at", at(millis).into()), ("amount", 900.into())])
    };
    phone.create(11, &stage_move::KIND, 1, &moved("contacted", 0));
    phone.create(12, &stage_move::KIND, 1, &moved("won", HOUR));
    phone.create(13, &stage_move::KIND, 2, &moved("contacted", -9 * DAYS));
    phone.create(14, &stage_move::KIND, 2, &moved("won", HOUR));
    phone.create(15, &stage_move::KIND, 3, &moved("contacted", HOUR));
    for (n, prospect, day) in [(21, 1, -20), (22, 1, -10), (23, 1, -7), (24, 2, -9), (25, 2, -2), (26, 3, -1)] {
        phone.create(n, &visit::KIND, prospect, &visited(day * DAYS, "谈"));
    }
    let numbers = numbers(&phone, this_week());
    assert_eq!(numbers.conversion, Conversion { begun: 2, won: 2, begun_and_won: 1 });
    let won = numbers.pipeline.iter().find(|sum| sum.stage == "won").map(|sum| (sum.prospects, sum.reserve));
    assert_eq!(won, Some((2, 1_800)));
    // Of the first prospect 10 and 3 days, of the second 7.
    let cadence = Cadence { median_days: Some(3), prospects: 2, slowest: vec![(id(2), 7), (id(1), 3)] };
    assert_eq!(numbers.cadence, cadence);
}

#[test]
fn breaches_of_service_standards_are_counted_by_name() {
    let mut phone = Phone::new(7);
    phone.begin(1);
    for n in 11..13 {
        phone.create(n, &visit::KIND, 1, &also(visited(0, "谈"), &[("gift_value", 30_000.into())]));
    }
    phone.create(13, &visit::KIND, 1, &also(visited(0, "谈"), &[("gift_value", 100.into())]));
    let breaches = numbers(&phone, this_week()).breaches;
    assert_eq!(breaches.into_iter().collect::<Vec<_>>(), [("gift-above-limit".to_owned(), 2)]);
}

//! How long a day takes with a branch's worth of records. Run by hand: `cargo test --release -p canvass-core -- --ignored large`.

use super::*;
use crate::domain::PersonId;
use std::time::Instant;

/// 20,000 prospects, 200,000 visits over two years of 40 people, 5,000 commitments, written as rows alone.
fn branch() -> Phone {
    let phone = Phone::new(7);
    let db = phone.replica.main().expect("open");
    db.execute_batch(
        "BEGIN;
         CREATE TEMP TABLE n AS WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 199999)
             SELECT i FROM n;
         INSERT INTO record (id, kind, prospect, author, state, body, conflicts, flags, heads, projection)
             SELECT unhex(printf('0190000000007000800000000%07x', i)), 'prospect',
                    unhex(printf('0190000000007000800000000%07x', i)), 100 + i % 40, 'active',
                    json_object('name', '小区' || i, 'address', '某路' || i || '号', 'households', 800, 'tier/value',
                        CASE i % 5 WHEN 0 THEN 'gold' WHEN 1 THEN 'key' WHEN 2 THEN 'near_key' WHEN 3 THEN 'ordinary'
                        ELSE 'marginal' END, 'imported', printf('%.400c', 'x')), '', '', zeroblob(32), 2
             FROM n WHERE i < 20000;
         INSERT INTO record (id, kind, prospect, unit, owner, state, occurred_at, body, conflicts, flags, heads, projection)
             SELECT unhex(printf('0190000000007000800100000%07x', i)), 'assignment',
                    unhex(printf('0190000000007000800000000%07x', i)), 'B1', 'P' || (i % 40), 'active', 1, '{}', '', '',
                    zeroblob(32), 2 FROM n WHERE i < 20000;",
    )
    .expect("prospects");
    db.execute(
        "INSERT INTO record (id, kind, prospect, author, owner, state, occurred_at, due_at, body, conflicts, flags, heads, projection)
         SELECT unhex(printf('0190000000007000800200000%07x', i)), 'visit',
                unhex(printf('0190000000007000800000000%07x', (i * 7919) % 20000)), 100 + (i * 7919) % 40,
                iif(i % 2, 'P' || ((i * 7919) % 40), NULL), 'active', ?1 - i * 315360, ?1 - i * 315360 + 864000000,
                json_object('channel', 'on_site', 'minutes', 20, 'note', printf('%.300c', 'n'), 'next_step', '回访',
                    'occurred_at', json_object('t', ?1 - i * 315360)), '', '', zeroblob(32), 2
         FROM n",
        [at(0).millis()],
    )
    .expect("visits");
    db.execute(
        "INSERT INTO record (id, kind, prospect, author, state, due_at, body, conflicts, flags, heads, projection)
         SELECT unhex(printf('0190000000007000800300000%07x', i)), 'commitment',
                unhex(printf('0190000000007000800000000%07x', (i * 31) % 20000)), 100 + i % 40, 'active', ?1 - i * 3153600,
                json_object('what', '回电', 'type', 'task'), '', '', zeroblob(32), 2
         FROM n WHERE i < 5000",
        [at(0).millis() + 40_000_000],
    )
    .expect("commitments");
    db.execute_batch("COMMIT").expect("written");
    let prospects: Vec<Vec<u8>> = db
        .prepare("SELECT id FROM record WHERE kind = 'prospect'")
        .expect("a query")
        .query_map([], |row| row.get(0))
        .expect("reads")
        .collect::<Result<_, _>>()
        .expect("ids");
    db.execute_batch("BEGIN").expect("begun");
    for prospect in &prospects {
        for kind in ["prospect", "assignment", "visit"] {
            super::super::glance::look(db, kind, prospect).expect("seen");
        }
    }
    db.execute_batch("COMMIT").expect("written");
    phone
}

fn p95(what: &str, mut once: impl FnMut()) {
    let mut times: Vec<_> = (0..40)
        .map(|_| {
            let start = Instant::now();
            once();
            start.elapsed()
        })
        .collect();
    times.sort_unstable();
    println!("{what}: median {:?}, p95 {:?}", times[20], times[38]);
}

#[test]
#[ignore = "a measurement, not a promise"]
fn large() {
    let mut phone = branch();
    for scope in [Scope::Mine, Scope::Unit] {
        phone.replica.person = "P7".parse().expect("id");
        phone.replica.device = DeviceNumber::new(107);
        let asking = Asking { now: at(12 * HOUR), zone: Zone::china(), here: None, scope };
        let today = phone.replica.today(&asking, || id(99)).expect("answers");
        println!(
            "due {} + {}, routine {} + {}",
            today.due.items.len(),
            today.due.more,
            today.routine.items.len(),
            today.routine.more
        );
        p95(&format!("today {scope:?}"), || drop(phone.replica.today(&asking, || id(99)).expect("answers")));
    }
    let me: PersonId = "P7".parse().expect("id");
    for period in [Period::Week("2026-W10".parse().expect("week")), Period::Month(2026, 2)] {
        let numbers = phone.replica.numbers(&me, &period, &Zone::china(), at(0)).expect("counts");
        println!("{} visits, {:?}, {:?}", numbers.activity.visits, numbers.coverage, numbers.cadence.median_days);
        p95(&format!("numbers {period:?}"), || {
            drop(phone.replica.numbers(&me, &period, &Zone::china(), at(0)).expect("counts"));
        });
    }
    let prospect = today_prospect(&phone);
    p95("timeline", || drop(phone.replica.timeline(prospect, None, 50).expect("reads")));
    p95("stages", || drop(phone.replica.stages(Scope::Unit).expect("reads")));
    println!("a visit {} bytes", phone.count("SELECT * FROM pragma_page_count") * 4096 / 200_000);
}

fn today_prospect(phone: &Phone) -> RecordId {
    phone.replica.query(&Query { limit: 1, ..Query::default() }).expect("reads")[0].prospect.expect("of one")
}

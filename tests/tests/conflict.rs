//! Conflicts: what several people put at the same time is seen by all of them, each value with who and when, until one is
//! chosen. Nobody's value disappears silently, however many put at once.

use canvass_core::domain::{RecordId, Value};
use canvass_core::projection::Row;
use canvass_core::replica::InboxReason;
use canvass_tests::{Holder, NAMES, World, sync_all};
use std::collections::BTreeSet;

/// A prospect of B1-S1, and everybody's phone there with it on it.
fn shared(world: &World, managers: u32) -> (RecordId, Vec<Holder>) {
    let mut phones: Vec<_> = (1..=managers).map(|n| world.phone(&format!("B1-S1-P{n}"))).collect();
    let prospect = phones[0].prospect("银枫家园");
    phones[0].edit(prospect, "households", 800);
    sync_all(&mut phones);
    (prospect, phones)
}

/// Everybody syncs until nobody has anything to send or fetch, and then holds what the server says.
fn settle(world: &World, phones: &mut [Holder]) {
    for _ in 0..3 {
        sync_all(phones);
    }
    for phone in phones {
        assert_eq!(phone.outstanding(), 0);
        world.assert_holds_its_own(phone);
    }
}

fn values(row: &Row, field: &str) -> BTreeSet<Value> {
    let conflict = row.conflicts.iter().find(|conflict| conflict.field.as_str() == field);
    conflict.map(|conflict| conflict.claims.iter().map(|claim| claim.value.clone()).collect()).unwrap_or_default()
}

#[test]
fn two_who_edit_one_field_offline_see_both_values_with_names_and_times_until_one_is_chosen() {
    let world = World::new(1);
    let (prospect, mut phones) = shared(&world, 2);
    phones.push(world.phone("B1-L"));
    phones[2].sync();
    let first = world.now();
    phones[0].edit(prospect, "households", 850);
    world.pass_hours(3);
    let second = world.now();
    phones[1].edit(prospect, "households", 910);
    settle(&world, &mut phones);

    let on_server = world.row(prospect).expect("there");
    for phone in &mut phones {
        let row = phone.row(prospect).expect("there");
        assert_eq!(row, on_server);
        assert_eq!(row.conflicts.len(), 1);
        let conflict = &row.conflicts[0];
        assert_eq!((conflict.field.as_str(), &conflict.before), ("households", &Some(Value::Int(800))));
        let mut claims = conflict.claims.iter().map(|claim| {
            let author = claim.author.expect("an author");
            let name = phone.replica().author_name(author).expect("read").expect("known");
            (claim.value.clone(), name, claim.at)
        });
        let claims = claims.by_ref().collect::<BTreeSet<_>>();
        let expected = [(850, NAMES[0], first), (910, NAMES[1], second)];
        assert_eq!(claims, expected.map(|(value, name, at)| (Value::Int(value), name.to_owned(), Some(at))).into());
    }

    phones[1].resolve(prospect, "households", 850);
    settle(&world, &mut phones);
    for phone in &mut phones {
        let row = phone.row(prospect).expect("there");
        assert!(row.conflicts.is_empty());
        assert_eq!(row.fields.int("households"), Some(850));
    }
    assert!(phones[0].replica().resolve(prospect, "households", Value::Int(1), world.now()).is_err());
}

#[test]
fn two_who_choose_differently_at_the_same_time_are_in_conflict_again_not_overruled() {
    let world = World::new(2);
    let (prospect, mut phones) = shared(&world, 2);
    phones[0].edit(prospect, "households", 850);
    phones[1].edit(prospect, "households", 910);
    settle(&world, &mut phones);
    phones[0].resolve(prospect, "households", 850);
    phones[1].resolve(prospect, "households", 910);
    settle(&world, &mut phones);
    let both = BTreeSet::from([Value::Int(850), Value::Int(910)]);
    assert_eq!(values(&world.row(prospect).expect("there"), "households"), both);
    phones[0].resolve(prospect, "households", 910);
    settle(&world, &mut phones);
    assert!(world.row(prospect).expect("there").conflicts.is_empty());
}

#[test]
fn equal_values_are_no_conflict_and_neither_are_different_fields() {
    let world = World::new(3);
    let (prospect, mut phones) = shared(&world, 2);
    for phone in &mut phones {
        phone.edit(prospect, "households", 910);
    }
    phones[0].edit(prospect, "address", "某街1号");
    phones[1].edit(prospect, "note", "门口有班车");
    settle(&world, &mut phones);
    let row = world.row(prospect).expect("there");
    assert!(row.conflicts.is_empty(), "{:?}", row.conflicts);
    assert_eq!(row.fields.int("households"), Some(910));
    assert_eq!((row.fields.text("address"), row.fields.text("note")), (Some("某街1号"), Some("门口有班车")));
}

#[test]
fn a_value_cleared_while_another_puts_one_is_a_conflict_too() {
    let world = World::new(4);
    let (prospect, mut phones) = shared(&world, 2);
    phones[0].edit(prospect, "households", Value::Null);
    phones[1].edit(prospect, "households", 910);
    settle(&world, &mut phones);
    let row = world.row(prospect).expect("there");
    assert_eq!(values(&row, "households"), BTreeSet::from([Value::Null, Value::Int(910)]));
}

#[test]
fn twenty_who_edit_one_field_at_once_are_all_heard_in_the_record_or_in_their_inbox() {
    let world = World::with_managers(5, 20);
    let (prospect, mut phones) = shared(&world, 20);
    for (n, phone) in (0..).zip(&mut phones) {
        phone.edit(prospect, "households", 1000 + n);
    }
    for (n, phone) in phones.iter_mut().enumerate() {
        let report = phone.sync();
        assert!(report.synced());
        assert_eq!(report.applied.redone, usize::from(n >= 16), "the 17th and later are told to pull first ({n})");
    }
    settle(&world, &mut phones);
    let row = world.row(prospect).expect("there");
    let in_record = values(&row, "households");
    let mut in_inbox = BTreeSet::new();
    for (n, phone) in (0..).zip(&mut phones) {
        for entry in phone.inbox() {
            assert_eq!((entry.reason, entry.record), (InboxReason::Overtaken, prospect));
            let value = entry.fields.get("households").cloned().expect("what was put");
            assert_eq!(value, Value::Int(1000 + n), "everyone finds their own");
            in_inbox.insert(value);
        }
    }
    assert_eq!((in_record.len(), in_inbox.len()), (16, 4));
    assert_eq!(&in_record | &in_inbox, (1000..1020).map(Value::Int).collect());

    let theirs = in_inbox.into_iter().next().expect("one");
    phones[7].edit(prospect, "households", theirs.clone());
    settle(&world, &mut phones);
    let row = world.row(prospect).expect("there");
    assert!(row.conflicts.is_empty());
    assert_eq!(row.fields.get("households"), Some(&theirs));
    assert_eq!(row.heads.len(), 1);
}

#[test]
fn twenty_who_edit_different_fields_at_once_lose_nothing_and_agree() {
    let world = World::with_managers(6, 20);
    let (prospect, mut phones) = shared(&world, 20);
    let share = |n: i64| format!("team/B1-S1-P{}/share", n + 1);
    for (n, phone) in (0..).zip(&mut phones) {
        phone.edit(prospect, &share(n), n);
        // A second edit upon the first, in another change.
        phone.edit(prospect, &share(n), n + 10);
    }
    let redone: usize = phones.iter_mut().map(|phone| phone.sync().applied.redone).sum();
    assert!(redone > 0, "somebody had to pull first");
    settle(&world, &mut phones);
    let row = world.row(prospect).expect("there");
    assert!(row.conflicts.is_empty(), "{:?}", row.conflicts);
    for (n, phone) in (0..).zip(&mut phones) {
        assert_eq!(row.fields.int(&share(n)), Some(n + 10));
        assert!(phone.inbox().is_empty());
    }
}

#[test]
fn who_comes_too_late_keeps_what_nobody_else_touched_and_finds_the_rest_in_the_inbox() {
    let world = World::with_managers(7, 18);
    let (prospect, mut phones) = shared(&world, 18);
    for (n, phone) in (0..).zip(&mut phones) {
        phone.edit(prospect, "households", 1000 + n);
    }
    let last = phones.len() - 1;
    phones[last].edit(prospect, "note", "物业换人了");
    phones[last].edit(prospect, "current_bank", "某行");
    settle(&world, &mut phones);
    let row = world.row(prospect).expect("there");
    assert_eq!((row.fields.text("note"), row.fields.text("current_bank")), (Some("物业换人了"), Some("某行")));
    assert!(!values(&row, "households").contains(&Value::Int(1017)));
    let inbox = phones[last].inbox();
    assert_eq!(inbox.len(), 1);
    assert_eq!(inbox[0].fields.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["households"]);
    assert_eq!(inbox[0].fields.int("households"), Some(1017));

    let entry = inbox[0].hash;
    phones[last].replica().dismiss(&entry).expect("dismissed");
    assert!(phones[last].inbox().is_empty());
}

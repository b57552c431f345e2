//! Promises of documents: authors survive, conflicts have names, nobody's value disappears.

use super::*;
use crate::domain::{prospect, visit};

fn at(millis: i64) -> PhoneTime {
    PhoneTime::from_millis(1_772_000_000_000 + millis).expect("in range")
}

fn by(device: u32, opening: u8, millis: i64) -> Authorship {
    Authorship { device: DeviceNumber::new(device), actor: Actor::new([opening; 16]), at: at(millis) }
}

fn id(n: u8) -> RecordId {
    RecordId::new(1_772_000_000_000, [n; 10])
}

fn fields(pairs: &[(&str, Value)]) -> Fields {
    pairs.iter().map(|(name, value)| (name.parse().expect("a name"), value.clone())).collect()
}

fn community() -> (Document, Vec<Vec<u8>>) {
    let first = fields(&[("name", "银枫家园".into()), ("households", 800.into())]);
    let (document, change) =
        Document::create(id(1), &Kind::from(&prospect::KIND), None, &first, &by(7, 1, 0)).expect("created");
    (document, vec![change.bytes])
}

fn load(changes: &[Vec<u8>]) -> Document {
    Document::load(changes.iter().map(Vec::as_slice)).expect("own bytes load")
}

#[test]
fn a_first_change_says_what_the_record_is_and_who_began_it() {
    let (document, changes) = community();
    let fields = load(&changes).fields();
    assert_eq!(fields.record("id"), Some(id(1)));
    assert_eq!(fields.text("kind"), Some("prospect"));
    assert_eq!(fields.int("schema"), Some(SCHEMA));
    assert_eq!(document.author(), Some(DeviceNumber::new(7)));
    assert_eq!(load(&changes).heads(), document.heads());
}

#[test]
fn a_first_change_is_the_same_as_if_its_fields_were_put_one_by_one() {
    let first = fields(&[("name", "银枫家园".into()), ("households", 800.into()), ("note", Value::Null)]);
    let authorship = by(7, 1, 0);
    let (document, change) =
        Document::create(id(1), &Kind::from(&prospect::KIND), None, &first, &authorship).expect("created");
    let mut other = Automerge::new();
    other.set_author(Some(convert::author(authorship.device)));
    other.set_actor(authorship.actor.to_automerge());
    let mut transaction = other.transaction();
    for (name, value) in document.fields().iter() {
        transaction.put(ROOT, name.as_str(), convert::to_scalar(value)).expect("put");
    }
    transaction.commit_with(CommitOptions::default().with_time(authorship.at.millis()));
    let one_by_one = other.get_changes(&[]).pop().expect("a change");
    assert_eq!(change.bytes, one_by_one.raw_bytes());
}

#[test]
fn the_author_stands_in_the_actors_first_change_only_and_counts_for_the_later_ones() {
    let (mut document, mut changes) = community();
    let edit = document.edit(&fields(&[("households", 801.into())]), &by(7, 1, 10)).expect("edited").expect("differs");
    assert_eq!(edit.author, None);
    changes.push(edit.bytes);
    assert_eq!(load(&changes).puts_on("households")[0].author, Some(DeviceNumber::new(7)));
    assert_eq!(load(&changes).puts_on("households")[0].at, Some(at(10)));
}

#[test]
fn an_edit_that_changes_nothing_makes_no_change() {
    let (mut document, _) = community();
    assert_eq!(
        document.edit(&fields(&[("households", 800.into()), ("note", Value::Null)]), &by(7, 1, 5)).expect("edited"),
        None
    );
}

#[test]
fn two_who_put_at_once_are_both_seen_with_names_and_times_until_one_is_chosen() {
    let (document, mut changes) = community();
    let (mut a, mut b) = (document.clone(), document);
    changes
        .push(a.edit(&fields(&[("households", 900.into())]), &by(8, 2, 20)).expect("edited").expect("differs").bytes);
    changes
        .push(b.edit(&fields(&[("households", 950.into())]), &by(9, 3, 30)).expect("edited").expect("differs").bytes);
    let mut merged = load(&changes);
    let conflicts = merged.conflicts();
    assert_eq!(conflicts.len(), 1);
    let mut seen: Vec<_> = conflicts[0].1.iter().map(|p| (p.value.clone(), p.author.map(|a| a.get()), p.at)).collect();
    seen.sort();
    assert_eq!(seen, vec![(900.into(), Some(8), Some(at(20))), (950.into(), Some(9), Some(at(30)))]);
    assert_eq!(merged.value_before("households", &conflicts[0].1), Some(800.into()));

    let shown = merged.fields().int("households").expect("shown");
    let settle = merged.edit(&fields(&[("households", shown.into())]), &by(7, 4, 40)).expect("edited");
    assert!(settle.is_some(), "choosing the shown value still settles the conflict");
    assert!(merged.conflicts().is_empty());
}

#[test]
fn equal_values_put_at_once_are_no_conflict() {
    let (document, mut changes) = community();
    for device in [8, 9] {
        let mut phone = document.clone();
        changes.push(
            phone
                .edit(&fields(&[("households", 900.into())]), &by(device, device as u8, 20))
                .expect("edited")
                .expect("differs")
                .bytes,
        );
    }
    assert!(load(&changes).conflicts().is_empty());
}

#[test]
fn clearing_at_the_same_time_as_a_put_is_a_conflict_not_a_vanished_deletion() {
    let (document, mut changes) = community();
    let (mut a, mut b) = (document.clone(), document);
    changes
        .push(a.edit(&fields(&[("households", Value::Null)]), &by(8, 2, 20)).expect("edited").expect("differs").bytes);
    changes
        .push(b.edit(&fields(&[("households", 950.into())]), &by(9, 3, 30)).expect("edited").expect("differs").bytes);
    assert_eq!(load(&changes).conflicts()[0].1.len(), 2);
}

#[test]
fn changes_load_in_any_order() {
    let visit = Kind::from(&visit::KIND);
    let (mut document, first) =
        Document::create(id(2), &visit, Some(id(1)), &fields(&[("note", "一".into())]), &by(7, 1, 0)).expect("created");
    let second = document.edit(&fields(&[("note", "二".into())]), &by(7, 1, 1)).expect("edited").expect("differs");
    let loaded = load(&[second.bytes.clone(), first.bytes.clone()]);
    assert_eq!(loaded.fields(), document.fields());
    assert_eq!(change_hash(&second.bytes), second.hash);
    assert!(loaded.has(&second.hash) && loaded.len() == 2);
}

#[test]
fn the_history_says_who_put_what_when_and_what_its_author_saw_before() {
    let (document, mut changes) = community();
    let (mut a, mut b) = (document.clone(), document);
    let put = |document: &mut Document, value: i64, by: &Authorship| {
        document.edit(&fields(&[("households", value.into())]), by).expect("edited").expect("differs").bytes
    };
    changes.push(put(&mut a, 900, &by(8, 2, 20)));
    changes.push(put(&mut b, 950, &by(9, 3, 30)));
    let mut merged = load(&changes);
    let shown = merged.fields().int("households").expect("shown");
    put(&mut merged, 900, &by(7, 4, 40));
    let history = merged.history();
    let told: Vec<_> = history
        .iter()
        .filter(|edit| edit.field.as_str() == "households")
        .map(|edit| (edit.from.clone(), edit.to.clone(), edit.author.map(DeviceNumber::get), edit.at))
        .collect();
    assert_eq!(told[0], (Some(shown.into()), 900.into(), Some(7), Some(at(40))), "the newest first");
    assert_eq!(told[3], (None, 800.into(), Some(7), Some(at(0))));
    // Those who put at the same time both saw what held before.
    for edit in
        [(Some(800.into()), 900.into(), Some(8), Some(at(20))), (Some(800.into()), 950.into(), Some(9), Some(at(30)))]
    {
        assert!(told[1..3].contains(&edit), "{told:?}");
    }
    assert_eq!(told.len(), 4);
    assert!(history.iter().all(|edit| !["id", "kind", "schema"].contains(&edit.field.as_str())), "{history:?}");
}

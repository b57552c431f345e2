//! Promises of what the server would not take: it leaves the record, never the phone; the person can go on at once.

use super::*;

#[test]
fn a_refused_edit_leaves_the_record_and_waits_in_the_inbox_with_its_words_fields_and_bytes() {
    let mut phone = Phone::new(7);
    let record = phone.begin(1);
    phone.acknowledge();
    let before = phone.row(record);
    let bad = phone.edit(record, "households", 900);
    let upon_it = phone.edit(record, "note", "甲");
    let request = phone.request();
    let verdict = |hash: &ChangeHash| if *hash == bad { refused("rights") } else { Verdict::NeedsDeps };
    let applied = phone.apply(&request, &answer(&request, verdict));
    assert_eq!((applied.refused, applied.outstanding), (2, 0), "what was made upon it goes along, and nothing else");
    assert_eq!(phone.row(record), before);
    assert_eq!(phone.kept_bytes(), 2);

    let mut inbox = phone.replica.inbox().expect("reads");
    inbox.sort_by_key(|entry| entry.hash != bad);
    let [first, second] = inbox.as_slice() else { panic!("{inbox:?}") };
    let reason = InboxReason::Refused { code: "rights".into(), words: "ask your branch leader".into() };
    assert_eq!((first.record, first.kind.name(), &first.reason), (record, "prospect", &reason));
    assert_eq!((&first.fields, first.at), (&fields(&[("households", 900.into())]), at(3_000)));
    assert_eq!((second.hash, &second.fields), (upon_it, &fields(&[("note", "甲".into())])));
    assert!(matches!(&second.reason, InboxReason::Refused { code, .. } if code == "depends-on-refused"));

    phone.reopen();
    phone.replica.dismiss(&bad).expect("dismissed");
    assert_eq!(phone.replica.inbox().expect("reads").len(), 1);
    assert_eq!(phone.kept_bytes(), 1);
}

#[test]
fn a_refusal_holds_back_nothing_else() {
    let mut phone = Phone::new(7);
    let (record, other) = (phone.begin(1), phone.begin(2));
    phone.acknowledge();
    let bad = phone.edit(record, "households", 900);
    phone.edit(other, "households", 700);
    let request = phone.request();
    let verdict = |hash: &ChangeHash| if *hash == bad { refused("size") } else { Verdict::Accepted };
    let applied = phone.apply(&request, &answer(&request, verdict));
    assert_eq!((applied.acknowledged, applied.refused, applied.outstanding), (1, 1, 0));
    assert_eq!(phone.row(other).fields.int("households"), Some(700));
}

#[test]
fn after_a_refusal_the_person_edits_again_under_a_fresh_name_upon_what_the_server_has() {
    let mut phone = Phone::new(7);
    let record = phone.begin(1);
    let first = phone.request().pushes.remove(0);
    phone.acknowledge();
    phone.edit(record, "households", 900);
    let request = phone.request();
    phone.apply(&request, &answer(&request, |_| refused("size")));
    let again = phone.edit(record, "households", 901);
    assert_eq!(phone.row(record).fields.int("households"), Some(901));

    let second = phone.request().pushes.remove(0);
    let mut server = Guarded::empty(record, first.kind);
    let admit = |server: &mut Guarded, bytes: &[u8]| -> Change { server.admit(bytes, &Rules::phone()).expect("taken") };
    let began = admit(&mut server, &first.changes[0]);
    let edit = admit(&mut server, &second.changes[0]);
    assert_eq!((second.changes.len(), edit.hash), (1, again));
    assert_eq!((edit.deps, edit.author), (vec![began.hash], Some(DeviceNumber::new(7))));
    assert_eq!(phone.acknowledge().outstanding, 0);
}

#[test]
fn a_record_refused_from_its_start_leaves_the_lists_but_not_the_inbox_and_can_be_recorded_again() {
    let mut phone = Phone::new(7);
    let record = phone.begin(1);
    phone.edit(record, "note", "甲");
    let request = phone.request();
    let applied = phone.apply(&request, &answer(&request, |_| refused("rights")));
    assert_eq!((applied.refused, applied.outstanding), (2, 0));
    assert_eq!(phone.replica.count().expect("counts"), 0);
    assert_eq!(phone.replica.query(&Query::default()).expect("lists"), []);
    let inbox = phone.replica.inbox().expect("reads");
    assert!(inbox.iter().any(|entry| entry.fields.text("name") == Some("银枫家园")), "{inbox:?}");
    phone.begin(1);
    assert_eq!(phone.acknowledge().outstanding, 0);
}

/// The server answers by pull first, and brings what the other phone has in its outbox.
fn pull_first(phone: &mut Phone, other: &Phone) -> Applied {
    let request = phone.request();
    // As the server does: what was made upon a change it did not take lacks that change.
    let first = hashes(&request)[0];
    let verdict = |hash: &ChangeHash| if *hash == first { Verdict::PullFirst } else { Verdict::NeedsDeps };
    let response = Response { deliveries: delivered(&other.request()), ..answer(&request, verdict) };
    phone.apply(&request, &response)
}

#[test]
fn an_edit_to_be_made_again_stands_upon_what_others_wrote_and_overwrites_none_of_it() {
    let (mut ours, mut theirs, record) = two_phones();
    let old = ours.edit(record, "households", 900);
    ours.edit(record, "note", "甲");
    let other = theirs.edit(record, "note", "乙");
    let applied = pull_first(&mut ours, &theirs);
    assert_eq!((applied.redone, applied.pulled, applied.outstanding), (2, 1, 1));
    let row = ours.row(record);
    assert_eq!((row.fields.int("households"), row.fields.text("note")), (Some(900), Some("乙")));
    assert_eq!(row.conflicts, []);
    assert_eq!(row.heads.len(), 1, "the new edit builds upon the other's");

    let inbox = ours.replica.inbox().expect("reads");
    let [entry] = inbox.as_slice() else { panic!("{inbox:?}") };
    assert_eq!((&entry.reason, &entry.fields), (&InboxReason::Overtaken, &fields(&[("note", "甲".into())])));
    assert_eq!((entry.hash, ours.kept_bytes()), (old, 2), "the old bytes are kept");

    let document = ours.document(record);
    let again = hashes(&ours.request())[0];
    assert_eq!(document.deps_of(&again), [other]);
    assert_eq!(document.puts_in(&again), fields(&[("households", 900.into())]));
    ours.acknowledge();
    assert_eq!(ours.kept_bytes(), 1, "what the person has not seen yet stays");
    ours.replica.dismiss(&old).expect("dismissed");
    assert_eq!(ours.kept_bytes(), 0);
}

#[test]
fn the_old_bytes_of_an_edit_made_again_are_kept_until_the_new_one_is_acknowledged() {
    let (mut ours, mut theirs, record) = two_phones();
    ours.edit(record, "households", 900);
    theirs.edit(record, "note", "乙");
    pull_first(&mut ours, &theirs);
    assert_eq!((ours.replica.inbox().expect("reads").len(), ours.kept_bytes()), (0, 1));
    // Once more, before the new one was acknowledged.
    theirs.edit(record, "note", "丙");
    assert_eq!(pull_first(&mut ours, &theirs).redone, 1);
    assert_eq!(ours.kept_bytes(), 2);
    assert_eq!(ours.row(record).fields.int("households"), Some(900));
    ours.acknowledge();
    assert_eq!(ours.kept_bytes(), 0);
}

#[test]
fn what_is_left_of_an_edit_that_others_overtook_whole_is_kept_until_it_is_dismissed() {
    let (mut ours, mut theirs, record) = two_phones();
    let old = ours.edit(record, "note", "甲");
    ours.edit(record, "note", "甲甲");
    theirs.edit(record, "note", "乙");
    let applied = pull_first(&mut ours, &theirs);
    assert_eq!((applied.redone, applied.outstanding), (2, 0));
    assert_eq!(ours.row(record), theirs.row(record));
    let inbox = ours.replica.inbox().expect("reads");
    assert_eq!(inbox.iter().map(|entry| &entry.fields).collect::<Vec<_>>(), [&fields(&[("note", "甲甲".into())])]);
    assert_eq!(ours.kept_bytes(), 2);
    ours.replica.dismiss(&old).expect("dismissed");
    assert_eq!(ours.kept_bytes(), 0);
}

#[test]
fn an_edit_is_not_made_again_when_nothing_new_came_to_make_it_upon() {
    let (mut ours, theirs, record) = two_phones();
    ours.edit(record, "households", 900);
    let before = hashes(&ours.request());
    let applied = pull_first(&mut ours, &theirs);
    assert_eq!((applied.redone, applied.outstanding), (0, 1));
    assert_eq!(hashes(&ours.request()), before);
    assert_eq!(ours.row(record).fields.int("households"), Some(900));
}

//! Promises of erasure on a phone: nothing of what a person asked to be destroyed is left, whatever state it was in, and whoever
//! holds the phone is told that it went.

use super::*;
use crate::wire::ERASED;

/// The server says that something was erased.
fn erase(phone: &mut Phone, erased: Vec<RecordId>) -> Applied {
    let mut request = phone.request();
    request.pushes.clear();
    let response = Response { erased, ..answer(&request, |_| Verdict::Accepted) };
    phone.apply(&request, &response)
}

#[test]
fn what_was_erased_goes_whatever_state_it_was_in_and_what_belongs_to_it_goes_along() {
    let (mut ours, _, record) = two_phones();
    let other = ours.begin(2);
    let visit = |phone: &mut Phone, n, prospect| {
        let visited = visited(0, "骏马图在墙上");
        phone.replica.create(id(n), &visit::KIND, Some(prospect), &visited, at(0)).expect("created");
    };
    visit(&mut ours, 3, record);
    visit(&mut ours, 4, other);
    // Sent, refused and in the inbox, and not sent yet.
    let refused_edit = ours.edit(record, "note", "骏马图是他父亲的");
    let request = ours.request();
    let response = answer(&request, |hash| match *hash == refused_edit {
        true => refused("field-type"),
        false => Verdict::Accepted,
    });
    ours.apply(&request, &response);
    ours.edit(record, "note", "骏马图他不卖");
    visit(&mut ours, 5, record);
    assert!(ours.dump().contains(&format!("{:?}", "骏马图".as_bytes())[1..20]));
    let applied = erase(&mut ours, vec![record]);
    assert_eq!((applied.evicted, applied.outstanding), (3, 0));
    for gone in [record, id(3), id(5)] {
        assert_eq!(ours.replica.record(gone).expect("reads"), None);
    }
    assert!(
        ours.replica.record(other).expect("reads").is_some() && ours.replica.record(id(4)).expect("reads").is_some()
    );
    let inbox = ours.replica.inbox().expect("reads");
    let [told] = inbox.as_slice() else { panic!("{inbox:?}") };
    let InboxReason::Refused { code, words } = &told.reason else { panic!("{told:?}") };
    assert_eq!((code.as_str(), told.record, told.fields.is_empty()), (ERASED, record, true));
    assert!(words.contains("2 changes"), "an edit and a visit had not been sent: {words}");
    let dump = ours.dump();
    for id in [record, id(3), id(5)] {
        let bytes = format!("{:?}", id.as_bytes());
        // Only the line that tells of it names it.
        assert_eq!(dump.matches(&bytes[1..bytes.len() - 1]).count(), usize::from(id == record), "{dump}");
    }
    // The same again changes nothing, and tells nothing new.
    assert_eq!(erase(&mut ours, vec![record]).evicted, 0);
    assert!(ours.dump() == dump);
    ours.replica.dismiss(&told.hash).expect("dismissed");
    assert!(ours.replica.inbox().expect("reads").is_empty());
}

#[test]
fn what_is_refused_because_it_was_erased_leaves_nothing_in_the_inbox_but_that() {
    let (mut ours, _, record) = two_phones();
    ours.edit(record, "note", "骏马图");
    let request = ours.request();
    ours.apply(&request, &answer(&request, |_| refused(ERASED)));
    let inbox = ours.replica.inbox().expect("reads");
    assert!(inbox.len() == 1 && inbox[0].fields.is_empty(), "{inbox:?}");
    assert_eq!(ours.kept_bytes(), 0);
}

#[test]
fn a_record_of_it_that_was_refused_as_a_whole_is_forgotten_too() {
    let (mut ours, _, record) = two_phones();
    let visited = visited(0, "骏马图在墙上");
    ours.replica.create(id(3), &visit::KIND, Some(record), &visited, at(0)).expect("created");
    let request = ours.request();
    ours.apply(&request, &answer(&request, |_| refused("not-in-your-audience")));
    assert_eq!((ours.replica.inbox().expect("reads").len(), ours.kept_bytes()), (1, 1));
    erase(&mut ours, vec![record]);
    let inbox = ours.replica.inbox().expect("reads");
    assert!(inbox.len() == 1 && inbox[0].record == record && inbox[0].fields.is_empty(), "{inbox:?}");
    assert_eq!(ours.kept_bytes(), 0);
}

#[test]
fn what_was_made_upon_something_erased_is_not_kept_either() {
    let (mut ours, _, record) = two_phones();
    let first = ours.edit(record, "note", "骏马图");
    let request = ours.request();
    ours.edit(record, "note", "骏马图他不卖");
    let response = answer(&request, |hash| if *hash == first { refused(ERASED) } else { Verdict::Accepted });
    ours.apply(&request, &response);
    assert!(ours.replica.inbox().expect("reads").iter().all(|entry| entry.fields.is_empty()));
    assert_eq!(ours.kept_bytes(), 0);
}

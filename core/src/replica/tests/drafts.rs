//! Promises of drafts: what was typed is there after whatever ends the app, and becomes its record once and no more.

use super::*;
use crate::domain::{dossier, prospect};

fn draft(n: u8, typed: &[(&str, Value)]) -> Draft {
    Draft { id: id(n), kind: (&visit::KIND).into(), prospect: Some(id(1)), record: None, fields: fields(typed) }
}

fn drafts(phone: &Phone) -> Vec<Draft> {
    phone.replica.drafts().expect("reads").into_iter().map(|view| view.draft).collect()
}

#[test]
fn a_draft_stays_as_typed_until_it_is_finished_or_discarded() {
    let mut phone = Phone::new(7);
    phone.begin(1);
    // A time that is no time, and a text in the place of a number.
    let typed =
        draft(11, &[("note", "谈到一半 🏠".into()), ("minutes", "三十".into()), ("occurred_at", "昨天".into())]);
    phone.replica.save_draft(&typed, at(0)).expect("saved");
    phone.replica.save_draft(&draft(12, &[]), at(10)).expect("saved");
    phone.reopen();
    assert_eq!(drafts(&phone), [draft(12, &[]), typed.clone()]);
    assert_eq!(phone.replica.outstanding().expect("counts"), 1, "no record begins with a draft");
    phone.replica.discard_draft(id(12)).expect("discarded");
    phone.replica.discard_draft(id(12)).expect("nothing is left to discard");
    let again = draft(11, &[("note", "谈完了".into())]);
    phone.replica.save_draft(&again, at(20)).expect("saved");
    assert_eq!(drafts(&phone), [again]);
}

#[test]
fn only_fields_that_there_are_can_be_drafted() {
    let mut phone = Phone::new(7);
    phone.begin(1);
    for wrong in ["colour", "kind", "prospect"] {
        match phone.replica.save_draft(&draft(11, &[(wrong, "x".into())]), at(0)) {
            Err(ReplicaError::Invalid(invalid)) => assert_eq!(invalid.what, wrong),
            other => panic!("{other:?}"),
        }
    }
    let servers = Draft { kind: (&assignment::KIND).into(), ..draft(11, &[]) };
    assert!(matches!(phone.replica.save_draft(&servers, at(0)), Err(ReplicaError::Invalid(_))));
    assert_eq!(drafts(&phone), []);
}

#[test]
fn a_finished_draft_is_a_record_and_no_draft_and_what_cannot_be_finished_stays() {
    let mut phone = Phone::new(7);
    phone.begin(1);
    let missing = draft(11, &[("occurred_at", at(0).into()), ("note", "好".into())]);
    phone.replica.save_draft(&missing, at(0)).expect("saved");
    match phone.replica.finish_draft(id(11), at(0)) {
        Err(ReplicaError::Invalid(invalid)) => assert_eq!(invalid.what, "channel"),
        other => panic!("{other:?}"),
    }
    assert_eq!((drafts(&phone), phone.replica.record(id(11)).expect("reads")), (vec![missing.clone()], None));
    let mut whole = missing;
    whole.fields.put("channel".parse().expect("name"), "phone".into());
    phone.replica.save_draft(&whole, at(0)).expect("saved");
    assert_eq!(phone.replica.finish_draft(id(11), at(0)).expect("finished"), id(11));
    phone.reopen();
    assert_eq!((drafts(&phone), phone.row(id(11)).fields.text("note")), (vec![], Some("好")));
    // A second touch, and a late save of what was finished, make nothing twice.
    assert!(matches!(phone.replica.finish_draft(id(11), at(0)), Err(ReplicaError::NoSuchRecord(_))));
    assert!(matches!(phone.replica.save_draft(&whole, at(0)), Err(ReplicaError::Exists(_))));
    assert_eq!(phone.unsynced(id(11)), 1);
}

#[test]
fn a_draft_of_an_edit_edits_when_it_is_finished() {
    let mut phone = Phone::new(7);
    let record = phone.begin(1);
    let edit = Draft {
        kind: (&prospect::KIND).into(),
        prospect: None,
        record: Some(record),
        ..draft(11, &[("households", 900.into())])
    };
    phone.replica.save_draft(&edit, at(0)).expect("saved");
    assert_eq!(phone.row(record).fields.int("households"), Some(800));
    assert_eq!(phone.replica.finish_draft(id(11), at(0)).expect("finished"), record);
    assert_eq!((phone.row(record).fields.int("households"), drafts(&phone)), (Some(900), vec![]));
    assert_eq!(phone.replica.record(id(11)).expect("reads"), None);
}

#[test]
fn on_a_full_disk_a_draft_is_neither_lost_nor_doubled() {
    let mut phone = Phone::new(7);
    phone.begin(1);
    let typed =
        [("occurred_at", at(0).into()), ("channel", "phone".into()), ("note", "长".repeat(1_300).as_str().into())];
    phone.replica.save_draft(&draft(11, &typed), at(0)).expect("saved");
    phone.cap_now();
    let filler = visited(0, &"谈".repeat(1_000));
    let mut n = 20;
    while phone.replica.create(id(n), &visit::KIND, Some(id(1)), &filler, at(5)).is_ok() {
        n += 1;
    }
    let before = phone.dump();
    assert!(matches!(phone.replica.finish_draft(id(11), at(0)), Err(ReplicaError::Full)));
    assert_eq!(phone.dump(), before);
    phone.reopen();
    phone.replica.finish_draft(id(11), at(0)).expect("there is space again");
    assert_eq!((drafts(&phone), phone.unsynced(id(11))), (vec![], 1));
}

#[test]
fn drafts_go_with_what_was_erased_and_stay_with_what_was_only_reassigned() {
    let (mut phone, _, record) = two_phones();
    phone.begin(2);
    phone.acknowledge();
    phone.replica.save_draft(&draft(11, &[("note", "骏马图".into())]), at(0)).expect("saved");
    let edit = Draft { kind: (&prospect::KIND).into(), prospect: None, record: Some(record), ..draft(12, &[]) };
    phone.replica.save_draft(&edit, at(0)).expect("saved");
    let naming = Draft { prospect: Some(id(2)), ..draft(13, &[("fulfils", record.into())]) };
    // Whatever names it goes along: nobody can say what else stands there.
    let named = phone.replica.save_draft(&naming, at(0)).is_ok();
    let other = Draft { prospect: Some(id(2)), ..draft(14, &[("note", "别处".into())]) };
    phone.replica.save_draft(&other, at(0)).expect("saved");
    let tell = |phone: &mut Phone, response: &dyn Fn(Response) -> Response| {
        let mut request = phone.request();
        request.pushes.clear();
        let response = response(answer(&request, |_| Verdict::Accepted));
        phone.apply(&request, &response);
    };
    tell(&mut phone, &|response| Response { evictions: vec![record], ..response });
    assert_eq!(phone.replica.record(record).expect("reads"), None);
    assert_eq!(drafts(&phone).len(), 3 + usize::from(named), "they wait for the person");
    tell(&mut phone, &|response| Response { erased: vec![record], ..response });
    assert_eq!(drafts(&phone), [other]);
}

#[test]
fn a_draft_of_a_dossier_is_kept_nowhere_on_a_phone_that_holds_none() {
    let mut phone = Phone::new(7);
    phone.begin(1);
    let secret = Draft { kind: (&dossier::KIND).into(), ..draft(11, &[("name", "周建国".into())]) };
    assert!(matches!(phone.replica.save_draft(&secret, at(0)), Err(ReplicaError::NoDossiers)));
    assert!(!phone.dump().contains("周建国"));
}

#[test]
fn a_wipe_takes_the_drafts_along() {
    let mut phone = Phone::new(7);
    phone.begin(1);
    phone.replica.save_draft(&draft(11, &[("note", "谈".into())]), at(0)).expect("saved");
    phone.replica.wipe().expect("wiped");
    assert!(matches!(phone.replica.drafts(), Err(ReplicaError::Wiped)));
    assert!(matches!(phone.replica.save_draft(&draft(11, &[]), at(0)), Err(ReplicaError::Wiped)));
    assert!(!phone.path().exists());
}

#[test]
fn a_draft_of_an_edit_overwrites_nothing_that_somebody_changed_since() {
    let mut phone = Phone::new(7);
    phone.begin(1);
    let edit = Draft {
        id: id(11),
        kind: (&prospect::KIND).into(),
        prospect: Some(id(1)),
        record: Some(id(1)),
        fields: fields(&[("households", 900.into()), ("note", "周末再来".into())]),
    };
    phone.replica.save_draft(&edit, at(0)).expect("saved");
    phone.replica.edit(id(1), &fields(&[("households", 1_200.into())]), at(10)).expect("edited meanwhile");
    // Saving it again does not make the other value seen.
    phone.replica.save_draft(&edit, at(20)).expect("saved");
    match phone.replica.finish_draft(id(11), at(30)) {
        Err(ReplicaError::Invalid(invalid)) => {
            assert_eq!((invalid.what.as_str(), invalid.found.as_str()), ("households", "1200"))
        }
        other => panic!("{other:?}"),
    }
    assert_eq!((phone.row(id(1)).fields.int("households"), drafts(&phone).len()), (Some(1_200), 1));
    let rest = Draft { fields: fields(&[("note", "周末再来".into())]), ..edit };
    phone.replica.save_draft(&rest, at(40)).expect("saved");
    assert_eq!(phone.replica.finish_draft(id(11), at(50)).expect("nobody touched it"), id(1));
    assert_eq!(phone.row(id(1)).fields.text("note"), Some("周末再来"));
}

//! Promises of looking back: all of a prospect stands in its order, over linked duplicates, and every change has a name.

use super::*;
use crate::domain::{commitment, dossier, outcome, proposal, stage_move};

fn moved(to: &str, millis: i64) -> Fields {
    fields(&[("to", to.into()), ("occurred_at", at(millis).into()), ("amount", 500.into())])
}

fn records(moments: &[Moment]) -> Vec<RecordId> {
    moments.iter().map(|moment| moment.row.id).collect()
}

/// A prospect with a visit, a move, a proposal, a result and a commitment, in no order.
fn with_past() -> Phone {
    let mut phone = Phone::new(7);
    phone.begin(1);
    phone.create(13, &stage_move::KIND, 1, &moved("contacted", -3 * DAYS));
    phone.create(11, &visit::KIND, 1, &visited(-DAYS, "谈"));
    phone.create(14, &proposal::KIND, 1, &fields(&[("title", "方案".into()), ("sent_at", at(-4 * DAYS).into())]));
    let claim = fields(&[("product", "account".into()), ("opened_on", "2026-01-05".into())]);
    phone.create(12, &outcome::KIND, 1, &claim);
    let promise =
        |millis: i64| fields(&[("what", "回电".into()), ("type", "task".into()), ("due_at", at(millis).into())]);
    phone.create(15, &commitment::KIND, 1, &promise(9 * DAYS));
    phone.create(16, &commitment::KIND, 1, &promise(2 * DAYS));
    phone.edit(id(15), "done_at", at(-2 * DAYS));
    phone
}

#[test]
fn a_timeline_has_everything_once_newest_first_in_pages_and_what_is_planned_apart() {
    let phone = with_past();
    let whole = phone.replica.timeline(id(1), None, 50).expect("reads");
    // The result was recorded today: that is all that says when.
    assert_eq!(records(&whole.past), [12, 11, 15, 13, 14].map(id));
    assert_eq!((records(&whole.planned), whole.next), (vec![id(16)], None));
    let (mut paged, mut before) = (Vec::new(), None);
    loop {
        let page = phone.replica.timeline(id(1), before, 2).expect("reads");
        assert!(page.past.len() <= 2 && page.planned.is_empty() == before.is_some());
        paged.extend(records(&page.past));
        before = page.next;
        if before.is_none() {
            break;
        }
    }
    assert_eq!(paged, records(&whole.past));
}

#[test]
fn what_belongs_to_linked_prospects_stands_among_it_and_says_so() {
    let mut phone = with_past();
    phone.begin(2);
    phone.begin(3);
    phone.create(22, &visit::KIND, 2, &visited(-2 * HOUR, "谈"));
    phone.create(23, &visit::KIND, 3, &visited(-3 * HOUR, "谈"));
    phone.replica.link(id(2), id(1), at(0)).expect("linked");
    phone.replica.link(id(3), id(2), at(0)).expect("linked");
    for one in [1, 2, 3] {
        let timeline = phone.replica.timeline(id(one), None, 50).expect("reads");
        assert_eq!(records(&timeline.past)[1..4], [22, 23, 11].map(id));
        for moment in timeline.past {
            assert_eq!(moment.of_linked, moment.row.prospect != Some(id(one)), "{moment:?}");
        }
    }
}

#[test]
fn links_run_from_the_younger_to_the_older_and_nothing_is_lost_by_them() {
    let mut phone = Phone::new(7);
    for n in 1..=4 {
        phone.begin(n);
    }
    let same_as = |phone: &Phone, n: u8| phone.row(id(n)).fields.record("same_as");
    phone.replica.link(id(1), id(2), at(0)).expect("linked");
    phone.replica.link(id(4), id(3), at(0)).expect("linked");
    // Two that are linked already bring theirs along.
    phone.replica.link(id(2), id(4), at(0)).expect("linked");
    assert_eq!([1, 2, 3, 4].map(|n| same_as(&phone, n)), [None, Some(id(1)), Some(id(1)), Some(id(3))]);
    assert_eq!(phone.replica.linked(id(4)).expect("reads"), [1, 2, 3].map(id));
    let refused = |phone: &mut Phone, one, other| match phone.replica.link(id(one), id(other), at(0)) {
        Err(ReplicaError::Invalid(invalid)) => invalid.to_string(),
        other => panic!("{other:?}"),
    };
    assert!(refused(&mut phone, 1, 4).contains("already"), "a circle");
    assert!(refused(&mut phone, 2, 2).contains("itself"));
    phone.create(11, &visit::KIND, 1, &visited(0, "谈"));
    assert!(refused(&mut phone, 1, 11).contains("nothing else is linked"));
    assert!(matches!(phone.replica.link(id(1), id(9), at(0)), Err(ReplicaError::NoSuchRecord(_))));
    // Whoever goes, the others stay together.
    assert_eq!(phone.replica.unlink(id(1), at(0)).expect("unlinked"), 2);
    assert_eq!([1, 2, 3, 4].map(|n| same_as(&phone, n)), [None, None, Some(id(2)), Some(id(3))]);
    assert_eq!(phone.replica.unlink(id(3), at(0)).expect("unlinked"), 2);
    assert_eq!(phone.replica.linked(id(2)).expect("reads"), [id(4)]);
    assert_eq!((phone.replica.linked(id(1)), phone.replica.linked(id(3))).0.expect("reads"), []);
    assert_eq!(phone.replica.count().expect("counts"), 5);
}

#[test]
fn a_circle_that_somebody_made_by_hand_keeps_nobody_waiting() {
    let mut phone = Phone::new(7);
    for n in 1..=3 {
        phone.begin(n);
    }
    phone.edit(id(1), "same_as", id(2));
    phone.edit(id(2), "same_as", id(1));
    assert_eq!(phone.replica.linked(id(1)).expect("reads"), [id(2)]);
    phone.replica.link(id(3), id(2), at(0)).expect("linked");
    assert_eq!(phone.replica.linked(id(1)).expect("reads"), [id(2), id(3)]);
}

#[test]
fn a_twin_that_was_denied_is_no_twin_any_more() {
    let mut phone = Phone::new(7);
    phone.begin(1);
    phone.edit(id(1), &format!("twin/{}", id(2)), true);
    assert_eq!(phone.row(id(1)).flags, ["possible-twin"]);
    phone.replica.deny_twin(id(1), id(2), at(0)).expect("denied");
    assert!(phone.row(id(1)).flags.is_empty());
}

#[test]
fn the_stage_is_where_the_newest_move_that_stands_led_and_says_where_it_may_go() {
    let mut phone = Phone::new(7);
    phone.begin(1);
    phone.begin(2);
    assert_eq!(phone.replica.stage(id(1)).expect("reads").name, "identified");
    phone.create(12, &stage_move::KIND, 1, &moved("engaged", -HOUR));
    phone.create(11, &stage_move::KIND, 1, &moved("contacted", -2 * HOUR));
    let stage = phone.replica.stage(id(1)).expect("reads");
    assert_eq!((stage.name.as_str(), stage.since, stage.reserve), ("engaged", Some(at(-HOUR)), Some(500)));
    let next: Vec<_> = stage.next.iter().map(|choice| choice.name).collect();
    assert_eq!(next, ["proposed", "lost", "dormant"]);
    phone.replica.withdraw(id(12), "too early", at(0)).expect("withdrawn");
    assert_eq!(phone.replica.stage(id(1)).expect("reads").name, "contacted");
    let sums = phone.replica.stages(Scope::Unit).expect("reads");
    assert_eq!(sums.len(), stage_move::STAGE.len());
    let of = |stage: &str| sums.iter().find(|sum| sum.stage == stage).map(|sum| (sum.prospects, sum.reserve));
    assert_eq!((of("identified"), of("contacted"), of("won")), (Some((1, 0)), Some((1, 500)), Some((0, 0))));
}

#[test]
fn every_change_of_a_record_is_told_with_who_when_and_what_stood_there_before() {
    let (mut ours, mut theirs, record) = two_phones();
    theirs.edit(record, "households", 900);
    let request = theirs.request();
    ours.receive(delivered(&request));
    ours.edit(record, "households", 950);
    let history = ours.replica.history(record).expect("reads");
    let told: Vec<_> = history
        .iter()
        .filter(|edit| edit.field.as_str() == "households")
        .map(|edit| (edit.from.clone(), edit.to.clone(), edit.author.map(DeviceNumber::get)))
        .collect();
    assert_eq!(
        told,
        [(Some(900.into()), 950.into(), Some(7)), (Some(800.into()), 900.into(), Some(8)), (None, 800.into(), Some(7))]
    );
    assert!(matches!(ours.replica.history(id(9)), Err(ReplicaError::NoSuchRecord(_))));
    assert!(dossier::KIND.is_confidential() && ours.replica.dossier_history(id(9), at(0), id(8)).is_err());
}

#[test]
fn a_linked_prospect_stands_for_itself_again_once_the_other_is_withdrawn() {
    let mut phone = Phone::new(7);
    phone.begin(1);
    phone.begin(2);
    let listed = |phone: &Phone| phone.replica.targets(&TargetQuery::default(), at(0)).expect("listed").len();
    let counted = |phone: &Phone| -> usize {
        phone.replica.stages(Scope::Unit).expect("reads").iter().map(|sum| sum.prospects).sum()
    };
    phone.replica.link(id(1), id(2), at(0)).expect("linked");
    assert_eq!((listed(&phone), counted(&phone)), (1, 1));
    phone.replica.withdraw(id(1), "重复", at(10)).expect("withdrawn");
    assert_eq!((listed(&phone), counted(&phone)), (1, 1), "what is left of the two stands");
}

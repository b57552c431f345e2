//! Erasure: what was recorded of somebody who asks for it is gone, and everything else goes on as if it were there.

use crate::Place;
use crate::stage::*;
use canvass_core::domain::{DeviceNumber, Fields, RecordId};
use canvass_core::wire::{ERASED, Verdict};
use canvass_server::ingest::{FromFile, Imported};
use canvass_server::store::queue::DecideOrder;
use canvass_server::store::{Actor, EraseOrder, PullOrder, StoreError};

pub(crate) fn order(record: RecordId) -> EraseOrder {
    EraseOrder { record, reason: "asked for".into(), by: Actor::Operator, at: server(NOON) }
}

fn is_refused(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::Refused { code, .. } if code == ERASED)
}

pub(crate) async fn what_is_pushed_to_something_erased_is_known_or_refused_and_never_kept(place: &impl Place) {
    let store = with_bank(place).await;
    let mut pen = Pen::of(3);
    let mut prospect = pen.prospect("银枫家园");
    let first = prospect.push();
    push_at(&*store, 3, NOON, vec![first.clone()]).await;
    let before = store.counts().await.expect("counts");
    let commit =
        store.pull(PullOrder::new(person("ann"), server(NOON), 1)).await.expect("pulled").commit.expect("some");
    assert_eq!(store.erase(order(prospect.id)).await.expect("erased").len(), 2, "with its assignment");
    // What was there is acknowledged again; what is new is not taken, nor what is begun for it.
    pen.edit(&mut prospect, "note", "还会再来");
    let mut visit = pen.visit(prospect.id, NOON);
    let verdicts = push_at(&*store, 3, NOON, vec![first, prospect.push()]).await;
    assert_eq!(verdicts[0], [Verdict::Known]);
    assert!(is_refused(&verdicts[1][0]), "{verdicts:?}");
    let visited = push_at(&*store, 3, NOON, vec![visit.push()]).await;
    assert!(is_refused(&visited[0][0]), "{visited:?}");
    let counts = store.counts().await.expect("counts");
    // Each erasure is a commit of its own.
    assert_eq!((counts.changes, counts.records, counts.quarantined), (before.changes + 2, 0, 0));
    // The log has no hole: whoever was told how far it came is not told that it was lost.
    assert!(store.has_commit(commit).await.expect("asked"));
    assert!(store.rebuild().await.expect("rebuilt").nothing_differed());
    assert!(store.erase(order(prospect.id)).await.expect("erased before").is_empty());
}

pub(crate) async fn every_phone_is_told_of_it_wherever_it_stands(place: &impl Place) {
    let store = with_bank(place).await;
    let mut pen = Pen::of(3);
    let (mut prospect, mut other) = (pen.prospect("银枫家园"), pen.prospect("东湖花园"));
    send(&*store, 3, vec![&mut prospect, &mut other]).await;
    let (mut bob, mut dan) = (View::with_budget("bob", 1), View::of("dan"));
    bob.pull(&*store).await;
    dan.pull(&*store).await;
    let mut half = View::with_budget("ann", 1);
    half.pull_once(&*store).await;
    store.erase(order(prospect.id)).await.expect("erased");
    for view in [&mut bob, &mut dan, &mut half] {
        view.pull(&*store).await;
        assert!(view.erased.contains(&prospect.id) && !view.erased.contains(&other.id));
        assert!(!view.held.contains_key(&prospect.id));
    }
    assert_eq!(bob.held.len(), 2, "the other and its assignment");
}

pub(crate) async fn what_a_leader_was_to_decide_goes_along(place: &impl Place) {
    let store = with_bank(place).await;
    let mut pen = Pen::of(6);
    let mut prospect = Pen::of(3).prospect("银枫家园");
    send(&*store, 3, vec![&mut prospect]).await;
    // Somebody of another unit, told long ago, is held.
    let mut visit = pen.visit(prospect.id, NOON);
    let to = canvass_server::ingest::Assigned { unit: unit("S3"), owner: None };
    let assign = |to, at| canvass_server::store::AssignOrder { prospect: prospect.id, to, by: Actor::Operator, at };
    store.assign(assign(to, server(NOON))).await.expect("assigned");
    let mut dan = View::of("dan");
    dan.pull(&*store).await;
    let back = canvass_server::ingest::Assigned { unit: unit("S1"), owner: None };
    store.assign(assign(back, server(NOON + 1))).await.expect("assigned");
    let old = canvass_server::store::IngestOrder {
        told: dan.told.clone(),
        ..canvass_server::store::IngestOrder::new(DeviceNumber::new(6), server(NOON + 30 * DAY), vec![visit.push()])
    };
    assert_eq!(store.ingest(old).await.expect("ingested"), [[Verdict::Held]]);
    let erased = store.erase(order(prospect.id)).await.expect("erased");
    assert!(erased.contains(&visit.id));
    assert!(store.held().await.expect("held").is_empty());
    let decide = DecideOrder {
        record: visit.id,
        device: DeviceNumber::new(6),
        until: 99,
        accept: true,
        reason: String::new(),
        by: Actor::Operator,
        at: server(NOON),
    };
    assert!(matches!(store.decide(decide).await, Err(StoreError::NoSuchRecord { .. })));
}

pub(crate) async fn a_file_that_still_names_it_brings_nothing_back(place: &impl Place) {
    let store = with_bank(place).await;
    let listed = |n: u8| FromFile {
        id: RecordId::derived([n; 10]),
        unit: unit("S1"),
        identity: Fields::new().with("name".parse().expect("a name"), format!("小区{n}").as_str().into()),
        values: Fields::new(),
        suspicious: None,
        twins: Vec::new(),
    };
    let import = || async { store.import_prospects(vec![listed(1), listed(2)], server(NOON)).await.expect("imported") };
    assert_eq!(import().await, [Imported::Created, Imported::Created]);
    store.erase(order(RecordId::derived([1; 10]))).await.expect("erased");
    assert_eq!(import().await, [Imported::Erased, Imported::Unchanged(Vec::new())]);
    assert_eq!(store.counts().await.expect("counts").records, 2);
}

pub(crate) async fn what_was_refused_about_it_goes_along(place: &impl Place) {
    let store = with_bank(place).await;
    let (mut pen, mut stranger) = (Pen::of(3), Pen::of(6));
    let (mut prospect, mut other) = (pen.prospect("银枫家园"), pen.prospect("东湖花园"));
    send(&*store, 3, vec![&mut prospect, &mut other]).await;
    // Somebody of another unit tries to begin something with both.
    let (mut one, mut two) = (stranger.visit(prospect.id, NOON), stranger.visit(other.id, NOON));
    let verdicts = push_at(&*store, 6, NOON, vec![one.push(), two.push()]).await;
    assert!(verdicts.iter().flatten().all(|verdict| matches!(verdict, Verdict::Refused { .. })), "{verdicts:?}");
    assert_eq!(store.counts().await.expect("counts").quarantined, 2);
    store.erase(order(prospect.id)).await.expect("erased");
    assert_eq!(store.counts().await.expect("counts").quarantined, 1, "what is about the other stays");
}

//! Pushes: what is acknowledged is there, once; what is not leaves nothing.

use crate::Place;
use crate::stage::*;
use canvass_core::document::change_hash;
use canvass_core::domain::{DeviceNumber, Fields, Kind, Value, campaign, prospect, visit};
use canvass_core::wire::{MAX_BODY, Push, Verdict};
use canvass_server::store::{Actor, IngestOrder, ServerRecord, StoreError, VerifyOrder};
use tokio::task::JoinSet;

pub(crate) async fn a_push_sent_twice_is_accepted_then_known(place: &impl Place) {
    let store = with_bank(place).await;
    let push = Pen::of(3).prospect("银枫家园").push();
    assert_eq!(push_at(&*store, 3, NOON, vec![push.clone()]).await, [[Verdict::Accepted]]);
    let before = store.counts().await.expect("counts");
    assert_eq!(push_at(&*store, 3, NOON + DAY, vec![push]).await, [[Verdict::Known]]);
    assert_eq!(store.counts().await.expect("counts"), before);
}

pub(crate) async fn each_change_has_a_verdict_of_its_own(place: &impl Place) {
    let store = with_bank(place).await;
    let mut pen = Pen::of(3);
    let mut draft = pen.prospect("银枫家园");
    for households in [100, 200, 300] {
        pen.edit(&mut draft, "households", households);
    }
    let mut push = draft.push();
    // The second edit is left behind, and damage stands in its place.
    let late = std::mem::replace(&mut push.changes[2], vec![7; 40].into());
    let mut other = pen.visit(draft.id, NOON);
    let verdicts = push_at(&*store, 3, NOON, vec![push.clone(), other.push()]).await;
    assert!(
        matches!(
            verdicts[0].as_slice(),
            [Verdict::Accepted, Verdict::Accepted, Verdict::Refused { code, .. }, Verdict::NeedsDeps] if code == "magic"
        ),
        "{verdicts:?}"
    );
    assert_eq!(verdicts[1], [Verdict::Accepted]);
    let counts = store.counts().await.expect("counts");
    // The prospect, its visit and the assignment that the server wrote.
    assert_eq!((counts.records, counts.changes, counts.quarantined), (3, 4, 1));
    push.changes[2] = late;
    let verdicts = push_at(&*store, 3, NOON, vec![push]).await;
    assert_eq!(verdicts, [[Verdict::Known, Verdict::Known, Verdict::Accepted, Verdict::Accepted]]);
}

pub(crate) async fn many_pushes_at_once_are_all_there_after_reopening(place: &impl Place) {
    let store = with_bank(place).await;
    let mut pen = Pen::of(3);
    let mut waiting = JoinSet::new();
    let mut hashes = Vec::new();
    for n in 0..150 {
        let push = pen.prospect(&format!("小区{n}")).push();
        hashes.extend(push.hashes());
        let store = store.clone();
        waiting.spawn(async move { push_at(&*store, 3, NOON, vec![push]).await });
    }
    while let Some(verdicts) = waiting.join_next().await {
        assert_eq!(verdicts.expect("joined"), [[Verdict::Accepted]]);
    }
    drop(store);
    let store = place.open();
    assert_eq!(store.has_changes(hashes).await.expect("asked").len(), 150);
    assert_eq!(held_by(&*store, "bob").await.len(), 300, "each prospect with its assignment");
}

pub(crate) async fn an_order_that_fails_takes_nobody_along_and_leaves_nothing(place: &impl Place) {
    let store = with_bank(place).await;
    let mut pen = Pen::of(3);
    let mut waiting = JoinSet::new();
    for n in 0..40 {
        let store = store.clone();
        let good = pen.prospect(&format!("小区{n}")).push();
        let stranger = pen.prospect(&format!("外人{n}")).push();
        waiting.spawn(async move {
            match n % 4 {
                0 => {
                    let order = IngestOrder::new(DeviceNumber::new(99), server(NOON), vec![stranger]);
                    matches!(store.ingest(order).await, Err(StoreError::OthersDevice { .. }))
                }
                1 => {
                    // The first record is good; the second makes the order fail.
                    let record = |fields| ServerRecord {
                        kind: Kind::from(&prospect::KIND),
                        prospect: None,
                        fields,
                        assigned_to: None,
                    };
                    let named = Fields::new().with("name".parse().expect("a name"), "好".into());
                    let order = vec![record(named), record(Fields::new())];
                    matches!(store.write(order, server(NOON)).await, Err(StoreError::Invalid(_)))
                }
                2 => {
                    let confirmed = canvass_core::domain::verification::Verdict::Confirmed;
                    let order = VerifyOrder::new(good.record, confirmed, server(NOON), Actor::Operator);
                    matches!(store.verify(order).await, Err(StoreError::NoSuchRecord { .. }))
                }
                _ => push_at(&*store, 3, NOON, vec![good]).await == [[Verdict::Accepted]],
            }
        });
    }
    while let Some(as_expected) = waiting.join_next().await {
        assert!(as_expected.expect("joined"));
    }
    let counts = store.counts().await.expect("counts");
    assert_eq!((counts.records, counts.quarantined), (20, 0), "ten prospects with their assignments");
    assert!(store.rebuild().await.expect("rebuilt").nothing_differed());
}

pub(crate) async fn a_change_called_by_another_kind_gains_no_rights(place: &impl Place) {
    let store = with_bank(place).await;
    let mut rules = Pen::of(1).campaign(&campaign(2, 1));
    send(&*store, 1, vec![&mut rules]).await;
    Pen::of(3).edit(&mut rules, "name", "my own campaign");
    let mut push = rules.push();
    for kind in [&visit::KIND, &campaign::KIND] {
        push.kind = kind.into();
        let verdicts = push_at(&*store, 3, NOON, vec![push.clone()]).await;
        assert!(matches!(&verdicts[0][0], Verdict::Refused { code, .. } if code == "not-your-role"), "{verdicts:?}");
    }
    let campaigns = store.campaigns().await.expect("campaigns");
    assert_eq!(campaigns[0].campaign.name, "百日营销");
}

pub(crate) async fn nobody_writes_a_record_of_another_units(place: &impl Place) {
    let store = with_bank(place).await;
    let mut prospect = Pen::of(3).prospect("银枫家园");
    send(&*store, 3, vec![&mut prospect]).await;
    Pen::of(6).edit(&mut prospect, "households", 7);
    let push = prospect.push();
    let verdicts = push_at(&*store, 6, NOON, vec![push.clone()]).await;
    assert!(matches!(&verdicts[0][0], Verdict::Refused { code, .. } if code == "not-in-your-audience"), "{verdicts:?}");
    // Nor does it help to send another's change as one's own, or one's own as another's.
    let verdicts = push_at(&*store, 4, NOON, vec![push]).await;
    assert!(matches!(&verdicts[0][0], Verdict::Refused { code, .. } if code == "not-your-change"), "{verdicts:?}");
    assert!(store.rows(vec![prospect.id]).await.expect("rows")[0].fields.int("households").is_none());
}

pub(crate) async fn a_record_always_fits_into_a_response(place: &impl Place) {
    let store = with_bank(place).await;
    let mut pen = Pen::of(3);
    let mut draft = pen.prospect("银枫家园");
    // Bytes that no compression makes smaller.
    let mut state = 1_u64;
    let mut noise = || -> u8 {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state.to_be_bytes()[0]
    };
    let mut refused = 0;
    for _ in 0..90 {
        let mut fields = Fields::new();
        for n in 0..14 {
            let bytes = (0..4_000).map(|_| noise()).collect();
            fields.put(format!("later/{n}").parse().expect("a name"), Value::Bytes(bytes));
        }
        pen.put(&mut draft, &fields);
        let Push { record, kind, changes } = draft.push();
        let verdicts = push_at(&*store, 3, NOON, vec![Push { record, kind, changes }]).await;
        refused +=
            usize::from(matches!(verdicts[0].last(), Some(Verdict::Refused { code, .. }) if code == "document-full"));
        if refused > 0 {
            break;
        }
    }
    assert_eq!(refused, 1, "the record grows without an end");
    let mut view = View::of("bob");
    view.pull(&*store).await;
    assert!(view.most < MAX_BODY / 2, "{}", view.most);
    let kept = &view.held[&draft.id];
    assert!(kept.iter().all(|change| draft.document.has(&change_hash(change))));
}

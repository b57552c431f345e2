//! Work in good faith is taken within a lease and held beyond it; a leader decides, and nothing is lost meanwhile.

use crate::Place;
use crate::stage::*;
use canvass_core::domain::{DeviceNumber, RecordId, Role};
use canvass_core::signing::{Signer, SoftwareKey};
use canvass_core::wire::{Push, Verdict};
use canvass_server::ingest::{Assigned, Grants, Told};
use canvass_server::store::devices::{EnrolOrder, InviteOrder, RevokeOrder, Revoked};
use canvass_server::store::queue::{DecideOrder, Decided, HandOverOrder, HeldFor};
use canvass_server::store::{Actor, AssignOrder, IngestOrder, LEASE_MS, Store};

/// What ann's phone is told, now.
async fn told(store: &dyn Store, at: i64) -> Told {
    let sequence = store.versions().await.expect("versions").sequence;
    let grants = Grants { person: person("ann"), roles: Role::AccountManager.into(), units: vec![unit("S1")] };
    Told { at: server(at), sequence, grants }
}

async fn push_told(store: &dyn Store, at: i64, told: &Told, pushes: Vec<Push>) -> Vec<Vec<Verdict>> {
    let order = IngestOrder::new(DeviceNumber::new(3), server(at), pushes);
    store.ingest(IngestOrder { told: Some(told.clone()), ..order }).await.expect("ingested")
}

async fn assign(store: &dyn Store, prospect: RecordId, to: &str, owner: Option<&str>) {
    let to = Assigned { unit: unit(to), owner: owner.map(person) };
    let order = AssignOrder { prospect, to, by: Actor::Operator, at: server(NOON) };
    store.assign(order).await.expect("assigned");
}

async fn decide(store: &dyn Store, record: RecordId, accept: bool) -> Decided {
    let by = Actor::Person(person("dan"));
    let (device, reason) = (DeviceNumber::new(3), "查无此事".to_owned());
    store
        .decide(DecideOrder { record, device, accept, reason, by, at: server(NOON + 2 * LEASE_MS) })
        .await
        .expect("decided")
}

pub(crate) async fn work_on_what_was_reassigned_meanwhile_is_taken_within_a_lease(place: &impl Place) {
    let store = with_bank(place).await;
    let mut pen = Pen::of(3);
    let mut prospect = pen.prospect("银枫家园");
    send(&*store, 3, vec![&mut prospect]).await;
    let known = told(&*store, NOON).await;
    assign(&*store, prospect.id, "S3", None).await;
    // The phone does not know yet: it edits, and records a visit.
    pen.edit(&mut prospect, "households", 900);
    let mut visit = pen.visit(prospect.id, NOON);
    let verdicts = push_told(&*store, NOON + 5, &known, vec![prospect.push(), visit.push()]).await;
    assert_eq!(verdicts, [[Verdict::Accepted], [Verdict::Accepted]]);
    assert!(
        held_by(&*store, "dan").await.is_superset(&[prospect.id, visit.id].into()),
        "it goes where the prospect went"
    );
    // From now on it knows.
    let known = told(&*store, NOON + 6).await;
    pen.edit(&mut prospect, "households", 901);
    let verdicts = push_told(&*store, NOON + 7, &known, vec![prospect.push()]).await;
    assert!(matches!(&verdicts[0][0], Verdict::Refused { code, .. } if code == "not-in-your-audience"), "{verdicts:?}");
}

pub(crate) async fn older_work_is_held_until_a_leader_accepts_or_refuses_it(place: &impl Place) {
    let store = with_bank(place).await;
    let mut pen = Pen::of(3);
    let mut prospect = pen.prospect("银枫家园");
    send(&*store, 3, vec![&mut prospect]).await;
    let known = told(&*store, NOON).await;
    assign(&*store, prospect.id, "S3", None).await;
    let (mut good, mut bad) = (pen.visit(prospect.id, NOON), pen.visit(prospect.id, NOON + 1));
    pen.edit(&mut good, "note", "后来补记");
    let (good, bad) = (good.push(), bad.push());
    let late = NOON + LEASE_MS + 1;
    let verdicts = push_told(&*store, late, &known, vec![good.clone(), bad.clone()]).await;
    assert_eq!(verdicts, [vec![Verdict::Held, Verdict::Held], vec![Verdict::Held]]);
    let again = push_told(&*store, late, &known, vec![good.clone()]).await;
    assert_eq!(again, [[Verdict::Held, Verdict::Held]], "sent again, it is held once");
    let held = store.held().await.expect("held");
    assert_eq!(held.len(), 2);
    assert_eq!((held[0].record, held[0].changes, held[0].held_for), (good.record, 2, HeldFor::Lease));
    assert_eq!(held[0].unit, Some(unit("S3")), "whose prospect it is now");
    assert_eq!(held[0].row.as_ref().and_then(|row| row.fields.text("note")), Some("后来补记"));
    assert!(!held_by(&*store, "dan").await.contains(&good.record), "nobody has it yet");

    assert_eq!(decide(&*store, good.record, true).await, Decided { accepted: 2, ..Decided::default() });
    assert_eq!(decide(&*store, bad.record, false).await, Decided { refused: 1, ..Decided::default() });
    assert!(store.held().await.expect("held").is_empty());
    assert!(held_by(&*store, "dan").await.contains(&good.record));
    let verdicts = push_told(&*store, late, &known, vec![good, bad]).await;
    assert_eq!(verdicts[0], [Verdict::Known, Verdict::Known]);
    let refused = |verdict: &Verdict| matches!(verdict, Verdict::Refused { words, .. } if words == "查无此事");
    assert!(refused(&verdicts[1][0]), "{verdicts:?}");
    assert!(store.rebuild().await.expect("rebuilt").nothing_differed());
}

pub(crate) async fn a_phone_cannot_have_been_told_of_what_came_later(place: &impl Place) {
    let store = with_bank(place).await;
    let known = told(&*store, NOON).await;
    let mut prospect = Pen::of(6).prospect("西关花园");
    send(&*store, 6, vec![&mut prospect]).await;
    let mut visit = Pen::of(3).visit(prospect.id, NOON);
    let verdicts = push_told(&*store, NOON + 1, &known, vec![visit.push()]).await;
    assert!(matches!(&verdicts[0][0], Verdict::Refused { code, .. } if code == "not-in-your-audience"), "{verdicts:?}");
}

pub(crate) async fn a_revoked_phone_hands_over_once_and_a_leader_decides(place: &impl Place) {
    let store = with_bank(place).await;
    let invited = InviteOrder { person: person("ann"), by: Actor::Operator, at: server(NOON) };
    let invited = store.invite(invited).await.expect("invited");
    let key = SoftwareKey::from_secret(&[1; 32]).expect("a key").public_key();
    let order = EnrolOrder { invitation: invited.number, code: invited.code, key, at: server(NOON) };
    let device = store.enrol(order).await.expect("asked").expect("enrolled");
    let mut pen = Pen::of(device.get());
    let (mut prospect, mut late) = (pen.prospect("天通苑"), pen.prospect("来晚了"));
    let mut visit = pen.visit(prospect.id, NOON);
    let hand_over = |digest: u8, pushes: Vec<Push>| {
        let order = HandOverOrder { device, digest: [digest; 32], at: server(NOON + 2), pushes };
        let store = store.clone();
        async move { store.hand_over(order).await.expect("asked") }
    };
    let pushes = vec![prospect.push(), visit.push()];
    assert_eq!(hand_over(1, pushes.clone()).await, None, "it was not revoked");
    let reason = "离职".to_owned();
    let devices = Revoked::Device(device);
    let order = RevokeOrder { devices, by: Actor::Operator, reason, hand_over: true, at: server(NOON + 1) };
    store.revoke(order).await.expect("revoked");
    let held = Some(vec![vec![Verdict::Held], vec![Verdict::Held]]);
    assert_eq!(hand_over(1, pushes.clone()).await, held);
    assert_eq!(hand_over(1, pushes).await, held, "the answer was lost");
    assert_eq!(hand_over(2, vec![late.push()]).await, None, "nothing else");
    let queue = store.held().await.expect("held");
    assert_eq!(
        queue.iter().map(|held| (held.held_for, held.unit.clone())).collect::<Vec<_>>(),
        [(HeldFor::Revoked, Some(unit("S1"))), (HeldFor::Revoked, Some(unit("S1")))]
    );
    for record in [prospect.id, visit.id] {
        let (by, reason) = (Actor::Person(person("leader")), String::new());
        let order = DecideOrder { record, device, accept: true, reason, by, at: server(NOON + 3) };
        assert_eq!(store.decide(order).await.expect("decided").accepted, 1);
    }
    assert!(held_by(&*store, "bob").await.is_superset(&[prospect.id, visit.id].into()));
}

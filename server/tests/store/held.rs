//! Work in good faith is taken within a lease and held beyond it; a leader decides, and nothing is lost meanwhile.

use crate::Place;
use crate::stage::*;
use canvass_core::domain::assignment::Assignment;
use canvass_core::domain::dossier::{self, Dossier};
use canvass_core::domain::verification::{Verdict as Judgement, Verification};
use canvass_core::domain::{DeviceNumber, RecordId, Role, assignment, verification, visit};
use canvass_core::signing::{Signer, SoftwareKey};
use canvass_core::wire::{Push, Verdict};
use canvass_server::ingest::{Assigned, Grants, Proven, Told};
use canvass_server::store::devices::{EnrolOrder, InviteOrder, RevokeOrder, Revoked};
use canvass_server::store::queue::{DecideOrder, Decided, HandOverOrder, HeldFor, HeldRecord};
use canvass_server::store::{Actor, AssignOrder, IngestOrder, LEASE_MS, Store, StoreError};

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

/// What is held of a record, as a leader is shown it.
async fn shown(store: &dyn Store, record: RecordId) -> HeldRecord {
    let held = store.held().await.expect("held");
    held.into_iter().find(|held| held.record == record).expect("it is held")
}

async fn decide_as(store: &dyn Store, who: &str, held: &HeldRecord, accept: bool) -> Result<Decided, StoreError> {
    let (by, reason) = (Actor::Person(person(who)), "查无此事".to_owned());
    let HeldRecord { record, device, until, .. } = *held;
    store.decide(DecideOrder { record, device, until, accept, reason, by, at: server(NOON + 2 * LEASE_MS) }).await
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
    let rows = store.held_rows(held.clone()).await.expect("rows");
    assert_eq!(rows[0].as_ref().and_then(|row| row.fields.text("note")), Some("后来补记"));
    assert!(!held_by(&*store, "dan").await.contains(&good.record), "nobody has it yet");

    // The leader of the unit it left has no say, nor has anybody without the duty.
    for who in ["leader", "ann", "dan"] {
        assert!(matches!(decide_as(&*store, who, &held[0], true).await, Err(StoreError::Forbidden(_))), "{who}");
    }
    // What came after it was shown waits on.
    let before = HeldRecord { until: held[0].until - 1, ..held[0].clone() };
    let decided = decide_as(&*store, "head", &before, true).await.expect("decided");
    assert_eq!(decided, Decided { accepted: 1, ..Decided::default() });
    let rest = shown(&*store, good.record).await;
    assert_eq!(decide_as(&*store, "head", &rest, true).await.expect("decided").accepted, 1);
    let bad_one = shown(&*store, bad.record).await;
    let decided = decide_as(&*store, "head", &bad_one, false).await.expect("decided");
    assert_eq!(decided, Decided { refused: 1, ..Decided::default() });
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
    let order = EnrolOrder { invitation: invited.number, code: invited.code, key, before: None, at: server(NOON) };
    let device = store.enrol(order).await.expect("asked").expect("enrolled");
    let mut pen = Pen::of(device.get());
    let (mut prospect, mut late) = (pen.prospect("天通苑"), pen.prospect("来晚了"));
    let mut visit = pen.visit(prospect.id, NOON);
    let hand_over = |digest: u8, pushes: Vec<Push>| {
        let order = handed(device, digest, pushes);
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
        let held = shown(&*store, record).await;
        assert_eq!(decide_as(&*store, "leader", &held, true).await.expect("decided").accepted, 1);
    }
    assert!(held_by(&*store, "bob").await.is_superset(&[prospect.id, visit.id].into()));
}

fn handed(device: DeviceNumber, digest: u8, pushes: Vec<Push>) -> HandOverOrder {
    let (told, proven, readings) = (None, Proven::new(), Vec::new());
    HandOverOrder { device, digest: [digest; 32], at: server(NOON + 2), told, proven, readings, pushes }
}

pub(crate) async fn neither_a_hand_over_nor_a_leader_goes_round_the_matrix(place: &impl Place) {
    let store = with_bank(place).await;
    let mut bob = Pen::of(4);
    let mut prospect = bob.prospect("天通苑");
    send(&*store, 4, vec![&mut prospect]).await;
    let mut bobs = bob.account(prospect.id, today(), 100_000);
    send(&*store, 4, vec![&mut bobs]).await;
    let device = DeviceNumber::new(enrol(&*store, "ann", 1).await);
    let mut pen = Pen::of(device.get());
    let verdict = Verification {
        outcome: bobs.id,
        heads: vec![1; 32],
        verdict: Judgement::Confirmed,
        reason: None,
        amount: None,
        opened_on: None,
        unit: None,
        verified_at: phone(NOON),
    };
    let grab = Assignment { unit: unit("S3"), owner: None, effective_at: phone(NOON), also: Default::default() };
    let mut forged = [
        pen.record(&verification::KIND, Some(prospect.id), &verdict.to_fields()),
        pen.record(&assignment::KIND, Some(prospect.id), &grab.to_fields()),
        pen.campaign(&campaign(2, 1)),
    ];
    // Bob's own claim, raised by another; and a foreign record that calls itself a prospect.
    pen.edit(&mut bobs, "cards", 900);
    let mut pushes: Vec<Push> = forged.iter_mut().map(Draft::push).collect();
    pushes.push(bobs.push());
    let devices = Revoked::Device(device);
    let reason = "自己撤销".to_owned();
    let order = RevokeOrder { devices, by: Actor::Operator, reason, hand_over: true, at: server(NOON + 1) };
    store.revoke(order).await.expect("revoked");
    let verdicts = store.hand_over(handed(device, 1, pushes)).await.expect("asked").expect("taken");
    let codes: Vec<_> = verdicts
        .iter()
        .flatten()
        .map(|verdict| match verdict {
            Verdict::Refused { code, .. } => code.as_str(),
            _ => "let through",
        })
        .collect();
    assert_eq!(codes, ["server-only", "server-only", "not-your-role", "author-only"]);
    assert!(store.held().await.expect("held").is_empty());
}

pub(crate) async fn a_token_from_before_the_last_one_claims_nothing(place: &impl Place) {
    let store = with_bank(place).await;
    let device = enrol(&*store, "ann", 1).await;
    let mut pen = Pen::of(device);
    let mut prospect = pen.prospect("银枫家园");
    send(&*store, device, vec![&mut prospect]).await;
    let before = told(&*store, NOON).await;
    assign(&*store, prospect.id, "S3", None).await;
    let after = told(&*store, NOON + 1).await;
    let push = |told: &Told, push: Push| {
        let order = IngestOrder::new(DeviceNumber::new(device), server(NOON + 2), vec![push]);
        let (store, order) = (store.clone(), IngestOrder { told: Some(told.clone()), ..order });
        async move { store.ingest(order).await.expect("ingested").remove(0).remove(0) }
    };
    pen.edit(&mut prospect, "households", 900);
    assert_eq!(push(&before, prospect.push()).await, Verdict::Accepted, "in good faith");
    pen.edit(&mut prospect, "households", 901);
    let edit = prospect.push();
    for told in [&after, &before] {
        let verdict = push(told, edit.clone()).await;
        assert!(matches!(&verdict, Verdict::Refused { code, .. } if code == "not-in-your-audience"), "{verdict:?}");
    }
}

pub(crate) async fn a_held_dossier_is_shown_to_nobody_whatever_it_calls_itself(place: &impl Place) {
    let store = with_bank(place).await;
    let mut pen = Pen::of(3);
    let mut prospect = pen.prospect("银枫家园");
    let mut chair = pen.record(&dossier::KIND, Some(prospect.id), &Dossier::named("周建国").to_fields());
    send(&*store, 3, vec![&mut prospect, &mut chair]).await;
    let known = told(&*store, NOON).await;
    assign(&*store, prospect.id, "S1", Some("bob")).await;
    pen.edit(&mut chair, "temper", "急躁");
    let push = Push { kind: (&visit::KIND).into(), ..chair.push() };
    let verdicts = push_told(&*store, NOON + LEASE_MS + 1, &known, vec![push]).await;
    assert_eq!(verdicts, [[Verdict::Held]]);
    let held = store.held().await.expect("held");
    assert!(held[0].kind.is(&dossier::KIND), "by its own kind");
    assert_eq!(store.held_rows(held).await.expect("rows"), [None]);
}

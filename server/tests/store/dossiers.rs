//! A dossier is for the people of its prospect's assignment and the unit's leaders, and lies encrypted.

use crate::Place;
use crate::stage::*;
use canvass_core::domain::dossier::{self, Dossier};
use canvass_core::domain::{Person, RecordId, Role, visit};
use canvass_core::wire::{Reading, Verdict};
use canvass_server::ingest::Assigned;
use canvass_server::store::audit::AuditQuery;
use canvass_server::store::{Actor, AssignOrder, Deed, IngestOrder, Store};
use std::collections::BTreeSet;

/// A name that must be found nowhere.
pub(crate) const PLANTED: &str = "周建国甲乙丙";

async fn held_with_dossiers(store: &dyn Store, who: &str) -> BTreeSet<RecordId> {
    View::of(who).with_dossiers().pull(store).await
}

async fn assign(store: &dyn Store, prospect: RecordId, to: &str, owner: Option<&str>) {
    let to = Assigned { unit: unit(to), owner: owner.map(person) };
    store.assign(AssignOrder { prospect, to, by: Actor::Operator, at: server(NOON) }).await.expect("assigned");
}

pub(crate) async fn a_dossier_is_for_its_people_and_leaders_and_moves_with_the_prospect(place: &impl Place) {
    let store = with_bank(place).await;
    let mut pen = Pen::of(3);
    let mut prospect = pen.prospect("银枫家园");
    let mut chair = pen.record(&dossier::KIND, Some(prospect.id), &Dossier::named(PLANTED).to_fields());
    send(&*store, 3, vec![&mut prospect, &mut chair]).await;
    let id = chair.id;
    let has = |who: &'static str| {
        let store = store.clone();
        async move { held_with_dossiers(&*store, who).await.contains(&id) }
    };
    assert!(has("ann").await, "to whom the prospect is assigned");
    assert!(has("leader").await);
    for who in ["bob", "cat", "dan", "head"] {
        assert!(!has(who).await, "{who}");
    }
    assert!(!held_by(&*store, "ann").await.contains(&chair.id), "a phone that cannot keep dossiers gets none");
    // Bob is of the same unit, and may not write it either.
    pen.edit(&mut chair, "temper", "急躁");
    let verdicts = push_at(&*store, 4, NOON, vec![chair.push()]).await;
    assert!(matches!(&verdicts[0][0], Verdict::Refused { .. }), "{verdicts:?}");
    assign(&*store, prospect.id, "S1", Some("bob")).await;
    assert!(has("bob").await && has("leader").await && !has("ann").await);
    assign(&*store, prospect.id, "S3", None).await;
    assert!(!has("bob").await && !has("leader").await);
}

pub(crate) async fn a_phone_that_held_a_dossier_lets_it_go_with_the_prospect(place: &impl Place) {
    let store = with_bank(place).await;
    let mut pen = Pen::of(3);
    let mut prospect = pen.prospect("银枫家园");
    let mut chair = pen.record(&dossier::KIND, Some(prospect.id), &Dossier::named(PLANTED).to_fields());
    send(&*store, 3, vec![&mut prospect, &mut chair]).await;
    let mut phone = View::of("ann").with_dossiers();
    assert!(phone.pull(&*store).await.contains(&chair.id));
    assign(&*store, prospect.id, "S1", Some("bob")).await;
    let left = phone.pull(&*store).await;
    assert!(!left.contains(&chair.id) && left.contains(&prospect.id), "the prospect is her unit's all the same");
}

pub(crate) async fn who_leaves_a_unit_lets_go_of_its_records_in_bounded_batches(place: &impl Place) {
    let store = with_bank(place).await;
    let mut pen = Pen::of(4);
    for n in 0..30 {
        send(&*store, 4, vec![&mut pen.prospect(&format!("小区{n}"))]).await;
    }
    let mut phone = View::with_budget("ann", 200);
    assert_eq!(phone.pull(&*store).await.len(), 60);
    let moved = vec![member("ann", "S1", since(), Some(today())), member("ann", "S3", today(), None)];
    store.set_bank(bank_with(moved, &[])).await.expect("a bank");
    assert!(phone.pull_once(&*store).await, "more to let go of");
    assert!(phone.pull(&*store).await.is_empty());
    assert!(!phone.pull_once(&*store).await, "and that is the end of it");
}

pub(crate) async fn a_reading_is_noted_once_however_often_it_arrives(place: &impl Place) {
    let store = with_bank(place).await;
    let mut pen = Pen::of(3);
    let mut prospect = pen.prospect("银枫家园");
    let mut chair = pen.record(&dossier::KIND, Some(prospect.id), &Dossier::named(PLANTED).to_fields());
    send(&*store, 3, vec![&mut prospect, &mut chair]).await;
    let reading = Reading { id: RecordId::new(NOON, [1; 10]), dossier: chair.id, at: phone(NOON) };
    let nonsense = Reading { id: RecordId::new(NOON, [3; 10]), dossier: prospect.id, at: phone(NOON) };
    let noted = async || {
        let query = AuditQuery { deed: Some(Deed::DossierRead.name().to_owned()), limit: 10, ..AuditQuery::default() };
        store.audit(query).await.expect("the log").entries.len()
    };
    for _ in 0..2 {
        let order = IngestOrder::new(canvass_core::domain::DeviceNumber::new(3), server(NOON), Vec::new());
        let order = IngestOrder { readings: vec![reading.clone(), nonsense.clone()], ..order };
        assert!(store.ingest(order).await.expect("ingested").is_empty());
        assert_eq!(noted().await, 1, "once, and only of a dossier");
    }
}

pub(crate) async fn who_goes_to_another_unit_lets_go_of_the_dossiers_of_the_old_one(place: &impl Place) {
    let store = with_bank(place).await;
    let mut pen = Pen::of(3);
    let mut prospect = pen.prospect("银枫家园");
    let mut chair = pen.record(&dossier::KIND, Some(prospect.id), &Dossier::named(PLANTED).to_fields());
    send(&*store, 3, vec![&mut prospect, &mut chair]).await;
    let mut phone = View::of("ann").with_dossiers();
    assert!(phone.pull(&*store).await.contains(&chair.id));
    let moved = vec![member("ann", "S1", since(), Some(today())), member("ann", "S3", today(), None)];
    store.set_bank(bank_with(moved, &[])).await.expect("a bank");
    assert!(phone.pull(&*store).await.is_empty(), "she is still named as its owner");
    pen.edit(&mut chair, "temper", "急躁");
    let verdicts = push_at(&*store, 3, NOON, vec![chair.push()]).await;
    assert!(matches!(&verdicts[0][0], Verdict::Refused { .. }), "{verdicts:?}");
}

pub(crate) async fn other_roles_bring_other_records(place: &impl Place) {
    let store = with_bank(place).await;
    let mut pen = Pen::of(4);
    let mut prospect = pen.prospect("银枫家园");
    let mut visit = pen.visit(prospect.id, NOON);
    send(&*store, 4, vec![&mut prospect, &mut visit]).await;
    let mut phone = View::of("ann");
    assert!(phone.pull(&*store).await.contains(&visit.id));
    let as_role = async |role: Role| {
        let bank = bank();
        let person = Person { roles: role.into(), ..bank.person(&person("ann")).expect("ann").clone() };
        store.set_bank(bank.with(vec![], vec![person], vec![]).expect("a bank")).await.expect("set");
    };
    as_role(Role::Verifier).await;
    let left = phone.pull(&*store).await;
    assert!(!left.contains(&visit.id) && left.contains(&prospect.id), "a verifier reads no visits");
    as_role(Role::AccountManager).await;
    assert!(phone.pull(&*store).await.contains(&visit.id), "and an account manager does, also those of before");
}

pub(crate) async fn a_dossier_reads_back_rebuilds_and_counts_for_nothing(place: &impl Place) {
    let store = with_bank(place).await;
    let mut pen = Pen::of(3);
    let mut prospect = pen.prospect("银枫家园");
    let mut chair = pen.record(&dossier::KIND, Some(prospect.id), &Dossier::named(PLANTED).to_fields());
    let mut visit = pen.record(&visit::KIND, Some(prospect.id), &visit_at(NOON));
    send(&*store, 3, vec![&mut prospect, &mut chair, &mut visit]).await;
    pen.edit(&mut chair, "temper", "急躁");
    send(&*store, 3, vec![&mut chair]).await;
    let row = store.rows(vec![chair.id]).await.expect("rows").pop().expect("a row");
    assert_eq!((row.fields.text("name"), row.fields.text("temper")), (Some(PLANTED), Some("急躁")));
    assert!(store.rebuild().await.expect("rebuilt").nothing_differed());
}

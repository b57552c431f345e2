//! Imports: what files say is written once, as the server, and people's corrections stay.

use crate::Place;
use crate::stage::*;
use canvass_core::domain::{DeviceNumber, FieldName, Fields, RecordId, Role, Unit, UnitLevel};
use canvass_server::ingest::{FromFile, Imported};
use canvass_server::store::{Actor, BankOrder, Store, StoreError};

fn field(name: &str) -> FieldName {
    name.parse().expect("a name")
}

fn listed(n: u8, price: i64) -> FromFile {
    FromFile {
        id: RecordId::derived([n; 10]),
        unit: unit("S1"),
        identity: Fields::new().with(field("name"), format!("小区{n}").as_str().into()),
        values: Fields::new().with(field("price_level"), price.into()),
        suspicious: Some("void"),
        twins: Vec::new(),
    }
}

async fn import(store: &dyn Store, files: Vec<FromFile>) -> Vec<Imported> {
    store.import_prospects(files, server(NOON)).await.expect("imported")
}

pub(crate) async fn a_prospect_from_a_file_is_its_units_and_the_same_file_again_changes_nothing(place: &impl Place) {
    let store = with_bank(place).await;
    let mut twin = listed(2, 0);
    twin.twins = vec![RecordId::derived([1; 10])];
    let files = vec![listed(1, 500), twin];
    assert_eq!(import(&*store, files.clone()).await, [Imported::Created, Imported::Created]);
    let before = store.counts().await.expect("counts");
    assert_eq!(before.records, 4, "each with its assignment");
    assert_eq!(import(&*store, files).await, vec![Imported::Unchanged(Vec::new()); 2]);
    assert_eq!(store.counts().await.expect("counts"), before);
    assert_eq!(held_by(&*store, "ann").await.len(), 4);
    assert_eq!(held_by(&*store, "cat").await.len(), 0);
    let rows = store.rows(vec![RecordId::derived([2; 10])]).await.expect("rows");
    assert_eq!(rows[0].flags, ["possible-twin", "suspicious-name"]);
    assert!(store.rebuild().await.expect("rebuilt").nothing_differed());
}

pub(crate) async fn a_newer_file_edits_what_it_says_otherwise_and_leaves_corrections_alone(place: &impl Place) {
    let store = with_bank(place).await;
    import(&*store, vec![listed(1, 500), listed(2, 500)]).await;
    // A colleague corrects both on the phone.
    for n in [1, 2] {
        let id = RecordId::derived([n; 10]);
        let mut view = View::of("ann");
        view.pull(&*store).await;
        let changes: Vec<Vec<u8>> = view.held[&id].iter().cloned().collect();
        let mut draft = Pen::of(3).held(id, &changes);
        Pen::of(3).edit(&mut draft, "price_level", 700);
        send(&*store, 3, vec![&mut draft]).await;
    }
    let done = import(&*store, vec![listed(1, 500), listed(2, 600)]).await;
    assert_eq!(done[0], Imported::Unchanged(Vec::new()));
    assert!(matches!(&done[1], Imported::Updated(fields, clashes) if fields.len() == 1 && clashes.len() == 1));
    let rows = store.rows([1, 2].map(|n| RecordId::derived([n; 10])).to_vec()).await.expect("rows");
    assert_eq!(rows.iter().map(|row| row.fields.int("price_level")).collect::<Vec<_>>(), [Some(700), Some(600)]);
    assert!(rows.iter().all(|row| row.conflicts.is_empty()));
    assert!(store.rebuild().await.expect("rebuilt").nothing_differed());
}

pub(crate) async fn a_phones_prospect_is_found_in_its_district_and_marked_as_a_twin(place: &impl Place) {
    let store = with_bank(place).await;
    let mut pen = Pen::of(3);
    let mut own = pen.prospect("永业公寓");
    pen.edit(&mut own, "district", "黄浦");
    let (mut elsewhere, mut nowhere) = (pen.prospect("永业公寓"), pen.prospect("青溪新村"));
    pen.edit(&mut elsewhere, "district", "徐汇");
    send(&*store, 3, vec![&mut own, &mut elsewhere, &mut nowhere]).await;
    let found = store.prospects_in(["黄浦".to_owned(), "静安".to_owned()].into()).await.expect("read");
    assert_eq!(found, [(own.id, "黄浦".to_owned(), "永业公寓".to_owned())]);

    let new = RecordId::derived([1; 10]);
    let mark =
        FromFile { identity: Fields::new(), values: Fields::new(), id: own.id, twins: vec![new], ..listed(1, 0) };
    let done = import(&*store, vec![mark.clone()]).await;
    assert!(matches!(&done[0], Imported::Updated(fields, _) if fields.len() == 1), "{done:?}");
    let rows = store.rows(vec![own.id]).await.expect("rows");
    assert!(rows[0].flags.contains(&"possible-twin".into()) && rows[0].author == Some(DeviceNumber::new(3)));
    assert_eq!(import(&*store, vec![mark]).await, [Imported::Unchanged(Vec::new())]);
    assert!(store.rebuild().await.expect("rebuilt").nothing_differed());
}

pub(crate) async fn an_order_that_cannot_be_written_leaves_the_batch_unwritten(place: &impl Place) {
    let store = with_bank(place).await;
    let mut nameless = listed(2, 500);
    nameless.identity = Fields::new();
    let failed = store.import_prospects(vec![listed(1, 500), nameless], server(NOON)).await;
    assert!(matches!(failed, Err(StoreError::Invalid(_))));
    assert_eq!(store.counts().await.expect("counts").records, 0);
}

pub(crate) async fn a_bank_is_extended_and_its_phones_stay(place: &impl Place) {
    let store = with_bank(place).await;
    let device = DeviceNumber::new(enrol(&*store, "dan", 7).await);
    let added =
        Unit { id: unit("S9"), parent: Some(unit("B2")), level: UnitLevel::SubBranch, name: "新网点".into() };
    let extend = async |unit: Unit| {
        let (units, people, memberships) = (vec![unit], Vec::new(), Vec::new());
        store.extend_bank(BankOrder { units, people, memberships, by: Actor::Operator, at: server(NOON) }).await
    };
    assert!(extend(added.clone()).await.expect("extended"));
    assert!(!extend(added.clone()).await.expect("nothing to do"));
    let bank = store.bank().await.expect("a bank");
    assert_eq!(bank.unit(&unit("S9")), Some(&added));
    assert_eq!(bank.holder(device).map(|holder| holder.roles), Some(Role::AccountManager.into()));
    let lost = Unit { parent: Some(unit("nowhere")), ..added };
    assert!(matches!(extend(lost).await, Err(StoreError::Bank(_))));
}

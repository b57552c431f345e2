//! Revocation and leases: a phone that was revoked hands over what is wanted and is empty from then on; a phone that is not
//! heard of loses its dossiers, and gets them back with the next sync.

#![expect(clippy::expect_used, reason = "fixtures are right or the test is wrong")]

use canvass_core::domain::DeviceNumber;
use canvass_core::replica::ReplicaError;
use canvass_core::sync::SyncError;
use canvass_server::clock::Clock;
use canvass_server::store::devices::{RevokeOrder, Revoked};
use canvass_server::store::{Actor, Devices, Queue};
use canvass_tests::{Holder, World};

fn revoke(world: &World, device: DeviceNumber, hand_over: bool) {
    let (devices, by, reason) = (Revoked::Device(device), Actor::Operator, "lost".to_owned());
    let order = RevokeOrder { devices, by, reason, hand_over, at: world.clock.now() };
    assert_eq!(world.run(world.store.revoke(order)).expect("revoked"), [device]);
}

/// Nothing of a phone is left, in its folder or behind its calls.
fn assert_empty(phone: &mut Holder) {
    let path = phone.phone().path().to_owned();
    for ending in ["db", "db-wal", "db-shm", "salt", "dossiers", "dossiers-wal"] {
        assert!(!path.with_extension(ending).exists(), "{ending}");
    }
    assert!(matches!(phone.replica().count(), Err(ReplicaError::Wiped)));
}

#[test]
fn a_revoked_phone_hands_over_what_it_had_not_sent_and_is_wiped() {
    let world = World::new(61);
    let mut wang = world.phone("B1-S1-P1");
    let prospect = wang.prospect("银枫家园");
    wang.sync();
    let visit = wang.visit(prospect);
    revoke(&world, wang.device(), true);
    assert_eq!(wang.try_sync(), Err(SyncError::Revoked { handed_over: 1, not_taken: 0, not_sent: 0 }));
    assert_empty(&mut wang);
    let held = world.run(world.store.held()).expect("a queue");
    let [held] = held.as_slice() else { panic!("{held:?}") };
    assert_eq!((held.record, held.device, held.changes), (visit, wang.device(), 1));
    assert!(world.row(visit).is_none(), "a leader decides first");
}

#[test]
fn where_its_last_work_is_not_wanted_a_revoked_phone_is_just_wiped() {
    let world = World::new(62);
    let (mut wang, mut li) = (world.phone("B1-S1-P1"), world.phone("B1-S1-P2"));
    let prospect = wang.prospect("银枫家园");
    wang.sync();
    wang.visit(prospect);
    revoke(&world, wang.device(), false);
    assert_eq!(wang.try_sync(), Err(SyncError::Revoked { handed_over: 0, not_taken: 0, not_sent: 1 }));
    assert_empty(&mut wang);
    assert!(world.run(world.store.held()).expect("a queue").is_empty());
    // The colleague beside notices nothing.
    assert_eq!(li.sync().applied.pulled, 2);
}

#[test]
fn a_phone_whose_clock_is_years_off_syncs_and_is_wiped_all_the_same() {
    let world = World::new(63);
    let mut wang = world.phone("B1-S1-P1");
    wang.sync();
    let prospect = wang.prospect("银枫家园");
    let years_off = world.now().plus_millis(3 * 365 * 86_400_000);
    let report = wang.sync_by(years_off).expect("synced");
    assert!(report.synced() && world.row(prospect).is_some());
    revoke(&world, wang.device(), false);
    let wiped = Err(SyncError::Revoked { handed_over: 0, not_taken: 0, not_sent: 0 });
    assert_eq!(wang.sync_by(years_off).map(drop), wiped);
    assert_empty(&mut wang);
}

#[cfg(feature = "sqlcipher")]
mod dossiers {
    use super::*;
    use canvass_core::domain::RecordId;
    use canvass_core::domain::dossier::{self, Dossier};
    use canvass_server::store::Deed;
    use canvass_server::store::audit::{Audit, AuditQuery};

    fn reading(world: &World, n: u8) -> RecordId {
        RecordId::new(world.now().millis(), [n; 10])
    }

    fn names(world: &World, phone: &mut Holder) -> Vec<String> {
        let (now, mut n) = (world.now(), 100);
        let fresh = || {
            n += 1;
            reading(world, n)
        };
        let views = phone.replica().read_dossiers(None, None, now, fresh).expect("shown");
        views.iter().map(|view| view.row.fields.text("name").expect("a name").to_owned()).collect()
    }

    #[test]
    fn a_dossier_reaches_the_leader_and_nobody_beside_and_every_reading_the_log() {
        let world = World::new(64);
        let (mut wang, mut li, mut leader) = (world.phone("B1-S1-P1"), world.phone("B1-S1-P2"), world.phone("B1-L"));
        let prospect = wang.prospect("银枫家园");
        wang.sync();
        let dossier = wang.record(&dossier::KIND, Some(prospect), &Dossier::named("周建国").to_fields());
        assert!(wang.sync().synced());
        for phone in [&mut li, &mut leader] {
            phone.sync();
        }
        assert_eq!(names(&world, &mut leader), ["周建国"]);
        assert_eq!(names(&world, &mut li), Vec::<String>::new());
        let now = world.now();
        leader.replica().read_dossier(dossier, now, reading(&world, 1)).expect("shown");
        leader.sync();
        let query = AuditQuery { deed: Some(Deed::DossierRead.name().to_owned()), limit: 10, ..AuditQuery::default() };
        let noted = world.run(world.store.audit(query)).expect("a log");
        assert_eq!(noted.total, 2, "{noted:?}");
        let who = format!("device/{}", leader.device());
        assert!(noted.entries.iter().all(|entry| entry.actor == who), "{noted:?}");
    }

    #[test]
    fn dossiers_are_locked_after_a_lease_without_contact_and_go_on_with_the_next_sync() {
        let world = World::new(65);
        let mut wang = world.phone("B1-S1-P1");
        let prospect = wang.prospect("银枫家园");
        wang.sync();
        wang.record(&dossier::KIND, Some(prospect), &Dossier::named("周建国").to_fields());
        world.pass_hours(24 * 15);
        wang.restart();
        let now = world.now();
        assert!(!wang.replica().dossiers_are_open(now).expect("answers"));
        assert_eq!(wang.outstanding(), 1, "it is not forgotten");
        assert!(wang.sync().synced());
        assert_eq!(names(&world, &mut wang), ["周建国"]);
    }
}

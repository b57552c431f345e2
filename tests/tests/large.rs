//! Records as large as the gate lets them become: they reach every phone that may hold them, and hold up nobody's sync.

#![expect(clippy::expect_used, reason = "fixtures are right or the test is wrong")]

use canvass_core::document::{Actor, Authorship, Change, Document};
use canvass_core::domain::prospect::Prospect;
use canvass_core::domain::{Fields, Kind, RecordId, Value, prospect};
use canvass_core::wire::{Push, Request, Verdict};
use canvass_tests::{World, person};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Fields that only a newer phone knows, 56 KB that nothing compresses.
fn heavy(rng: &mut ChaCha8Rng) -> Fields {
    let field = |n| {
        let mut bytes = vec![0; 4000];
        rng.fill(&mut bytes[..]);
        (format!("x/{n}").parse().expect("a field"), Value::Bytes(bytes))
    };
    (0..14).map(field).collect()
}

struct Sender<'a> {
    world: &'a World,
    by: Authorship,
}

impl Sender<'_> {
    fn create(&self, n: u8) -> (RecordId, Document, Change) {
        let id = RecordId::new(self.world.now().millis(), [n; 10]);
        let fields = Prospect::named("大小区").to_fields();
        let (document, change) =
            Document::create(id, &Kind::from(&prospect::KIND), None, &fields, &self.by).expect("created");
        (id, document, change)
    }

    /// Pushes changes of a record as device 11; says whether all were accepted.
    fn push(&self, record: RecordId, changes: &[Change]) -> bool {
        let mut request = Request::new(self.by.device, person("B1-S1-P1"), self.world.now(), 1, 1);
        let changes = changes.iter().map(|change| change.bytes.clone().into()).collect();
        request.pushes = vec![Push { record, kind: Kind::from(&prospect::KIND), changes }];
        self.world.ask(&request).verdicts[0].iter().all(|verdict| *verdict == Verdict::Accepted)
    }
}

#[test]
fn a_record_as_large_as_one_may_become_reaches_every_phone_beside_all_others() {
    let world = World::new(1);
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let device = world.phone("B1-S1-P1").device();
    let sender = Sender { world: &world, by: Authorship { device, actor: Actor::new([1; 16]), at: world.now() } };
    let (large, mut document, first) = sender.create(1);
    assert!(sender.push(large, &[first]));
    let full = (0..100).find(|_| {
        let change = document.edit(&heavy(&mut rng), &sender.by).expect("edited").expect("a change");
        !sender.push(large, &[change])
    });
    assert!(full.is_some_and(|changes| changes > 10), "the gate caps it: {full:?}");
    // Newer ones come first, and use up most of a batch.
    for n in 2..20 {
        let (id, mut document, first) = sender.create(n);
        let change = document.edit(&heavy(&mut rng), &sender.by).expect("edited").expect("a change");
        assert!(sender.push(id, &[first, change]));
    }
    for code in ["B1-S1-P2", "B1-L"] {
        let mut phone = world.phone(code);
        if let Err(error) = phone.try_sync() {
            panic!("{code} cannot sync any more: {error}");
        }
        assert!(phone.row(large).is_some());
        world.assert_holds_its_own(&mut phone);
    }
}

//! Feeds: every phone gets what is its audience's, once, newest first, in batches as small as asked for, whatever arrives
//! between two batches; and nobody gets anything else.

#![expect(clippy::expect_used, reason = "fixtures are right or the test is wrong")]

use canvass_core::document::{ChangeHash, change_hash};
use canvass_core::domain::prospect::Prospect;
use canvass_core::domain::visit::Visit;
use canvass_core::domain::{
    AudienceRule, Columns, FieldSpec, FieldType, Fields, KindSpec, Label, RecordId, WrittenBy, prospect, visit,
};
use canvass_core::wire::Position;
use canvass_server::clock::Clock;
use canvass_server::store::{PullOrder, Pulled, Store};
use canvass_tests::{Holder, World, basement, person, sync_all};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// A phone reduced to what it has been sent.
struct Reader<'a> {
    world: &'a World,
    person: &'static str,
    positions: HashMap<String, Position>,
    reference: u64,
    /// Changes in the order in which they came.
    got: Vec<(RecordId, ChangeHash)>,
    evicted: Vec<RecordId>,
}

impl<'a> Reader<'a> {
    fn new(world: &'a World, person: &'static str) -> Self {
        let (positions, got, evicted) = Default::default();
        Self { world, person, positions, reference: 0, got, evicted }
    }

    fn pull(&mut self, budget: usize) -> Pulled {
        let order = PullOrder {
            positions: self.positions.values().cloned().collect(),
            reference: self.reference,
            ..PullOrder::new(person(self.person), self.world.clock.now(), budget)
        };
        let pulled = self.world.run(self.world.store.pull(order)).expect("pulled");
        for position in &pulled.positions {
            self.positions.insert(position.feed.to_string(), position.clone());
        }
        if let Some(reference) = &pulled.reference {
            self.reference = reference.version;
        }
        for delivery in &pulled.deliveries {
            self.got.extend(delivery.changes.iter().map(|change| (delivery.record, change_hash(change))));
        }
        self.evicted.extend(&pulled.evictions);
        pulled
    }

    /// Pulls until there is no more.
    fn pull_all(&mut self, budget: usize) -> usize {
        (1..=10_000).find(|_| !self.pull(budget).more).expect("it ends")
    }

    fn has(&self) -> HashSet<ChangeHash> {
        self.got.iter().map(|(_, hash)| *hash).collect()
    }
}

/// The hash of every change of some records in the server's log.
fn log(world: &World, records: &BTreeSet<RecordId>) -> HashSet<ChangeHash> {
    let file = rusqlite::Connection::open(world.store.path()).expect("a file");
    let mut select = file.prepare("SELECT record, hash FROM change").expect("prepared");
    let found = select
        .query_map([], |row| Ok((row.get::<_, Vec<u8>>(0)?, row.get::<_, Vec<u8>>(1)?)))
        .expect("queried")
        .map(|row| row.expect("read"));
    found
        .filter(|(record, _)| records.contains(&RecordId::from_bytes(record).expect("an id")))
        .map(|(_, hash)| ChangeHash::from_bytes(&hash).expect("a hash"))
        .collect()
}

/// Everything that a person's phone should have been sent.
fn due(world: &World, code: &str) -> HashSet<ChangeHash> {
    log(world, &world.rows_for(code).into_keys().collect())
}

/// Records some prospects with visits, in one sync.
fn work(holder: &mut Holder, prospects: usize) -> Vec<RecordId> {
    let made: Vec<_> = (0..prospects).map(|n| holder.prospect(&format!("小区{n}"))).collect();
    for prospect in &made {
        holder.visit(*prospect);
    }
    holder.sync();
    made
}

#[test]
fn a_first_sync_comes_newest_first_and_resumes_at_its_batch() {
    let world = World::new(1);
    let mut wang = world.phone("B1-S1-P1");
    let made: Vec<_> = (0..30).map(|_| work(&mut wang, 1)[0]).collect();
    let mut reader = Reader::new(&world, "B1-S1-P2");
    let first = reader.pull(1);
    assert_eq!(first.deliveries.len(), 1, "a budget of nothing brings one record all the same");
    let mut batches = 1;
    while reader.pull(1).more {
        batches += 1;
    }
    assert!(batches >= 89, "each batch is small: {batches}");
    assert_eq!(reader.got.len(), reader.has().len(), "nothing comes twice");
    assert_eq!(reader.has(), due(&world, "B1-S1-P2"));
    let prospects: Vec<_> = reader.got.iter().map(|(id, _)| *id).filter(|id| made.contains(id)).collect();
    assert_eq!(prospects, made.into_iter().rev().collect::<Vec<_>>());
}

#[test]
fn a_cut_between_two_changes_of_one_record_misses_neither() {
    let world = World::new(2);
    let mut wang = world.phone("B1-S1-P1");
    let (a, b) = (wang.prospect("甲"), wang.prospect("乙"));
    wang.sync();
    let mut reader = Reader::new(&world, "B1-S1-P2");
    reader.pull_all(1_000_000);
    // A, B, A in the server's order, and then batches of one record.
    for (id, value) in [(a, 1), (b, 2), (a, 3)] {
        wang.edit(id, "households", value);
        wang.sync();
    }
    reader.pull_all(1);
    assert_eq!(reader.has(), due(&world, "B1-S1-P2"));
}

#[test]
fn whatever_arrives_between_batches_of_whatever_size_nothing_is_missed() {
    for seed in 0..6 {
        let world = World::new(seed);
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut phones = ["B1-S1-P1", "B1-S1-P2", "B1-S2-P1"].map(|code| world.phone(code));
        let mut made: [Vec<RecordId>; 3] = Default::default();
        let mut readers = ["B1-S1-P1", "B1-S2-P2", "B1-L"].map(|code| Reader::new(&world, code));
        for _ in 0..60 {
            let who = rng.random_range(0..3);
            let phone = &mut phones[who];
            for _ in 0..rng.random_range(1..4) {
                match made[who].as_slice() {
                    [_, ..] if rng.random_bool(0.6) => {
                        let id = made[who][rng.random_range(0..made[who].len())];
                        phone.edit(id, "households", rng.random_range(0..5000_i64));
                    }
                    _ => made[who].push(phone.prospect("小区")),
                }
            }
            phone.sync();
            // Somebody fetches one batch, however much there is.
            let reader = &mut readers[rng.random_range(0..3)];
            reader.pull(rng.random_range(1..2000));
        }
        for reader in &mut readers {
            reader.pull_all(rng.random_range(1..900));
            assert_eq!(reader.has(), due(&world, reader.person), "{} with seed {seed}", reader.person);
            let idle = reader.pull(1);
            assert!(idle.deliveries.is_empty() && idle.positions.is_empty() && !idle.more);
        }
    }
}

#[test]
fn each_phone_gets_each_change_after_those_it_was_made_upon() {
    let world = World::new(3);
    let mut phones = ["B1-S1-P1", "B1-S1-P2"].map(|code| world.phone(code));
    let shared = work(&mut phones[0], 3);
    phones[1].sync();
    for round in 0..12 {
        for (n, phone) in (0..).zip(&mut phones) {
            phone.weather(basement());
            phone.edit(shared[round % 3], "households", i64::try_from(round).expect("few") * 2 + n);
            let _ = phone.try_sync();
        }
    }
    for phone in phones.iter_mut() {
        phone.sync_at_last();
    }
    let mut late = world.phone("B1-S1-P2");
    late.sync();
    for mut phone in phones.into_iter().chain([late]) {
        phone.sync_at_last();
        world.assert_holds_its_own(&mut phone);
        assert!(phone.inbox().is_empty(), "nothing was delivered that did not fit");
    }
}

#[test]
fn one_edit_to_a_record_of_many_changes_costs_one_change_on_the_wire() {
    let world = World::new(4);
    let mut phones = ["B1-S1-P1", "B1-S1-P2"].map(|code| world.phone(code));
    let prospect = phones[0].prospect("银枫家园");
    for n in 0..200 {
        phones[0].edit(prospect, "households", n);
    }
    sync_all(&mut phones);
    phones[0].edit(prospect, "households", 999);
    phones[0].sync();

    phones[1].faults.take_log();
    let report = phones[1].sync();
    assert_eq!((report.rounds, report.applied.pulled), (1, 1));
    let log = phones[1].faults.take_log();
    let carried: Vec<_> = log.iter().flat_map(|one| &one.response.deliveries).map(|one| one.changes.len()).collect();
    assert_eq!(carried, [1]);
    assert_eq!(phones[1].row(prospect).expect("there").fields.int("households"), Some(999));
    let own: usize = log.iter().map(|one| one.request.pushes.len()).sum();
    assert_eq!(own, 0);
}

#[test]
fn what_a_phone_pushed_is_not_sent_back_to_it() {
    let world = World::new(5);
    let mut wang = world.phone("B1-S1-P1");
    wang.sync();
    wang.faults.take_log();
    let made = work(&mut wang, 5);
    for exchange in wang.faults.take_log() {
        for delivery in exchange.response.deliveries {
            assert_eq!(delivery.kind.name(), "assignment", "only what the server wrote itself");
            assert!(!made.contains(&delivery.record));
        }
    }
}

#[test]
fn an_idle_sync_sends_nothing_however_much_there_is() {
    let world = World::new(6);
    let mut wang = world.phone("B1-S1-P1");
    work(&mut wang, 100);
    wang.sync();
    wang.faults.take_log();
    let report = wang.sync();
    assert_eq!(report.rounds, 1);
    assert!(report.sent < 200 && report.received < 140, "{} sent, {} received", report.sent, report.received);
    let [exchange] = &wang.faults.take_log()[..] else { panic!("one exchange") };
    let answer = &exchange.response;
    assert!(answer.deliveries.is_empty() && answer.evictions.is_empty() && answer.positions.is_empty());
    assert!(answer.reference.is_none() && !answer.more);
}

#[test]
fn a_leaders_phone_gets_the_records_of_all_units_below_and_of_no_other() {
    let world = World::new(7);
    let mut made = BTreeMap::new();
    for code in ["B1-S1-P1", "B1-S2-P1", "B2-S1-P1"] {
        made.insert(code, work(&mut world.phone(code), 2));
    }
    let mut leader = world.phone("B1-L");
    leader.sync();
    let rows = leader.rows();
    for (code, made) in &made {
        for id in made {
            assert_eq!(rows.contains_key(id), code.starts_with("B1"), "{code}");
        }
    }
    // What a leader records is of the branch itself.
    let own = leader.prospect("支行直管小区");
    leader.sync();
    let mut below = world.phone("B1-S1-P1");
    below.sync();
    assert!(below.row(own).is_none());
    world.assert_holds_its_own(&mut leader);
}

/// A kind that only newer phones know.
static POLL: KindSpec = KindSpec {
    rights: &[],
    name: "poll",
    label: Label { zh: "问卷", en: "Poll" },
    written_by: WrittenBy::Team,
    audience: AudienceRule::ProspectsUnit,
    fields: &[FieldSpec::new("question", "问题", "question", FieldType::Text(200)).required()],
    columns: Columns::NONE,
    due: |_| None,
    leaves_phones: false,
    flags: |_| Vec::new(),
};

#[test]
fn a_record_of_an_unknown_kind_is_kept_for_its_author_alone() {
    let world = World::new(8);
    let mut wang = world.phone("B1-S1-P1");
    let prospect = work(&mut wang, 1)[0];
    let question = Fields::new().with("question".parse().expect("a field"), "要不要班车？".into());
    let poll = wang.record(&POLL, Some(prospect), &question);
    assert!(wang.sync().synced());
    assert!(wang.inbox().is_empty());
    for code in ["B1-S1-P2", "B1-L", "H-P"] {
        let mut other = world.phone(code);
        other.sync();
        assert!(other.row(poll).is_none(), "{code}");
    }
    // The author's next phone has it, and nothing is lost of what this version does not know.
    let mut reader = Reader::new(&world, "B1-S1-P1");
    reader.pull_all(1_000_000);
    assert!(reader.got.iter().any(|(id, _)| *id == poll));
    assert_eq!(world.row(poll).expect("kept").fields.text("question"), Some("要不要班车？"));
}

/// Records something under an id made elsewhere.
fn record_as(holder: &mut Holder, id: RecordId, kind: &'static KindSpec, prospect: Option<RecordId>, fields: &Fields) {
    let now = holder.now();
    holder.replica().create(id, kind, prospect, fields, now).expect("recorded");
}

/// A visit of B1-S1-P1 to a prospect that the server does not know yet, synced.
fn visit_to_unknown(world: &World) -> (Holder, RecordId, RecordId) {
    let mut wang = world.phone("B1-S1-P1");
    let (prospect, visit) = (RecordId::new(world.now().millis(), [7; 10]), RecordId::new(0, [8; 10]));
    let made = Visit::on_site(world.now(), "门卫说下周来");
    record_as(&mut wang, visit, &visit::KIND, Some(prospect), &made.to_fields());
    assert!(wang.sync().synced());
    for code in ["B1-S1-P2", "B1-L"] {
        let mut other = world.phone(code);
        other.sync();
        assert!(other.row(visit).is_none(), "{code} got a record of an unknown prospect");
    }
    (wang, prospect, visit)
}

#[test]
fn a_record_of_an_unknown_prospect_is_its_authors_until_the_prospect_comes_and_then_the_units() {
    let world = World::new(9);
    let (mut wang, prospect, visit) = visit_to_unknown(&world);
    let mut li = world.phone("B1-S1-P2");
    record_as(&mut li, prospect, &prospect::KIND, None, &Prospect::named("银枫家园").to_fields());
    li.sync();
    for code in ["B1-S1-P2", "B1-L"] {
        let mut other = world.phone(code);
        other.sync();
        assert!(other.row(visit).is_some(), "{code}");
    }
    let report = wang.sync();
    assert_eq!(report.applied.evicted, 0, "it left the author's own feed, but is in the unit's");
    assert!(wang.row(visit).is_some() && wang.row(prospect).is_some());
    world.assert_holds_its_own(&mut wang);
}

#[test]
fn a_record_that_turns_out_to_be_another_units_leaves_the_phone_once_its_own_work_is_sent() {
    let world = World::new(10);
    let (mut wang, prospect, visit) = visit_to_unknown(&world);
    let mut zhang = world.phone("B2-S1-P1");
    record_as(&mut zhang, prospect, &prospect::KIND, None, &Prospect::named("银枫家园").to_fields());
    zhang.sync();
    zhang.sync();
    assert!(zhang.row(visit).is_some(), "the unit that has the prospect has its visits");

    wang.edit(visit, "note", "门卫换人了");
    wang.faults.lose_answers(1);
    let report = wang.sync();
    assert_eq!((report.applied.evicted, wang.outstanding()), (1, 0));
    assert!(wang.row(visit).is_none() && wang.inbox().is_empty());
    assert_eq!(world.row(visit).expect("kept").fields.text("note"), Some("门卫换人了"));
    zhang.sync();
    world.assert_holds_its_own(&mut zhang);
    world.assert_holds_its_own(&mut wang);
}

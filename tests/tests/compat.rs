//! Older and newer versions side by side: neither side needs to know all that the other says. Fields, kinds and values that only a
//! newer app knows are kept, relayed and shown, and survive the edits of older ones; fields of messages that only one side knows
//! harm nothing; and what could not be understood at all costs another try, never anybody's work.

#![expect(clippy::expect_used, reason = "fixtures are right or the test is wrong")]

use canvass_core::document::gate::{Guarded, Rules};
use canvass_core::document::{Actor, Authorship, Change, Document};
use canvass_core::domain::prospect::Prospect;
use canvass_core::domain::visit::Visit;
use canvass_core::domain::{DeviceNumber, Fields, Kind, Person, PersonId, RecordId, Role, Value};
use canvass_core::replica::ReplicaError;
use canvass_core::sync::{Failure, Post, Reply, SyncError};
use canvass_core::wire::{Position, Push, Request, Response, Verdict};
use canvass_server::demo::link::Transport;
use canvass_server::demo::phone::PhoneError;
use canvass_server::store::Store;
use canvass_tests::item::Item;
use canvass_tests::item::Way::{self, Each, To};
use canvass_tests::{Holder, World, person, sync_all, week};
use std::collections::BTreeMap;

/// B1-S1-P1, who has the newest app; B1-S1-P2, who works beside him, has today's.
const WANG: DeviceNumber = DeviceNumber::new(11);

/// The newest app, as far as others hear of it: documents and messages by their own interfaces.
struct NewerApp<'a> {
    world: &'a World,
    person: PersonId,
    openings: u8,
    positions: BTreeMap<String, Position>,
    documents: BTreeMap<RecordId, (Kind, Document)>,
}

impl<'a> NewerApp<'a> {
    fn of_wang(world: &'a World) -> Self {
        let (positions, documents) = (BTreeMap::new(), BTreeMap::new());
        Self { world, person: person("B1-S1-P1"), openings: 0, positions, documents }
    }

    fn authorship(&mut self) -> Authorship {
        self.openings += 1;
        Authorship { device: WANG, actor: Actor::new([self.openings; 16]), at: self.world.now() }
    }

    /// Begins a record under the next schema.
    fn record(&mut self, kind: &str, prospect: Option<RecordId>, fields: Fields) -> RecordId {
        let (kind, authorship): (Kind, _) = (kind.parse().expect("a kind"), self.authorship());
        let id = RecordId::new(self.world.now().millis(), [self.openings; 10]);
        let fields = fields.with("schema".parse().expect("a name"), 2.into());
        let (document, change) = Document::create(id, &kind, prospect, &fields, &authorship).expect("created");
        self.documents.insert(id, (kind, document));
        self.sync(Some((id, change)));
        id
    }

    fn edit(&mut self, id: RecordId, field: &str, value: impl Into<Value>) {
        let authorship = self.authorship();
        let (_, document) = self.documents.get_mut(&id).expect("known");
        let puts = Fields::new().with(field.parse().expect("a name"), value.into());
        let change = document.edit(&puts, &authorship).expect("edited").expect("a change");
        self.sync(Some((id, change)));
    }

    /// Pushes a change, which is taken, and takes in what is new.
    fn sync(&mut self, push: Option<(RecordId, Change)>) {
        let mut request = Request::new(WANG, self.person.clone(), self.world.now(), 7, 1_000_000);
        request.schema = 2;
        request.positions = self.positions.values().cloned().collect();
        if let Some((id, change)) = push {
            let kind = self.documents[&id].0.clone();
            request.pushes = vec![Push { record: id, kind, changes: vec![change.bytes.into()] }];
        }
        let response = self.world.ask(&request);
        assert!(response.verdicts.iter().flatten().all(|verdict| *verdict == Verdict::Accepted), "{response:?}");
        for position in response.positions {
            self.positions.insert(position.feed.to_string(), position);
        }
        for delivery in response.deliveries {
            let known = self.documents.remove(&delivery.record);
            let (kind, document) = known.map_or((delivery.kind.clone(), None), |(kind, one)| (kind, Some(one)));
            let mut guarded = match document {
                Some(document) => Guarded::of(delivery.record, kind.clone(), document, 0),
                None => Guarded::empty(delivery.record, kind.clone()),
            };
            for change in &delivery.changes {
                drop(guarded.admit(change, &Rules::phone()));
            }
            self.documents.insert(delivery.record, (kind, guarded.into_document().expect("a document")));
        }
    }

    fn fields(&self, id: RecordId) -> Fields {
        self.documents[&id].1.fields()
    }
}

/// What only the newest app knows of a community.
fn newer_fields() -> Fields {
    [
        ("chargers", Value::Int(40)),
        ("visitors/B1-S1-P1/words", "周三晚上在".into()),
        ("solar", true.into()),
        ("plan", Value::Bytes(vec![0, 255, 7])),
        ("renovated_at", Value::Time(1_772_000_000_000)),
        ("management_quality", "excellent".into()),
        ("owner_committee", Value::Null),
    ]
    .into_iter()
    .map(|(name, value)| (name.parse().expect("a name"), value))
    .collect()
}

fn assert_has_newer_fields(fields: &Fields, but: &str, by: &str) {
    for (name, value) in newer_fields().iter().filter(|(name, _)| name.as_str() != but) {
        assert_eq!(fields.get(name.as_str()), Some(value), "{name} {by}");
    }
    assert_eq!(fields.int("schema"), Some(2), "{by}");
}

fn app_of_li(world: &World) -> Holder {
    world.phone("B1-S1-P2")
}

#[test]
fn what_a_newer_app_put_into_a_record_survives_the_edits_of_older_ones() {
    let world = World::new(1);
    let campaign = world.launch(&World::plain_campaign());
    let (mut newer, mut li) = (NewerApp::of_wang(&world), app_of_li(&world));
    let mut fields = Prospect::named("银枫家园").to_fields();
    fields.extend(newer_fields());
    let id = newer.record("prospect", None, fields);
    li.sync();
    let row = li.row(id).expect("a row");
    assert_has_newer_fields(&row.fields, "", "as it came to the older phone");
    assert_eq!(row.flags, ["out-of-range/management_quality"], "shown, and said to be no choice of this version");
    // The older app edits what it knows, and comes from a restart in between.
    li.edit(id, "households", 900);
    li.restart();
    li.edit(id, "note", "保安室在北门");
    assert_has_newer_fields(&li.row(id).expect("a row").fields, "", "after the older phone's edits");
    li.sync();
    newer.sync(None);
    assert_has_newer_fields(&newer.fields(id), "", "as they came back to the newer phone");
    assert_eq!(newer.fields(id).int("households"), Some(900));
    // Both at once: the older one a field it knows, the newer one a field that only it knows.
    li.edit(id, "households", 950);
    newer.edit(id, "chargers", 60);
    sync_all(&mut [li]);
    newer.sync(None);
    let mut li = app_of_li(&world);
    li.sync();
    for fields in [newer.fields(id), li.row(id).expect("here").fields, world.row(id).expect("there").fields] {
        assert_has_newer_fields(&fields, "chargers", "at last");
        assert_eq!((fields.int("households"), fields.int("chargers")), (Some(950), Some(60)));
    }
    world.assert_holds_its_own(&mut li);
    world.assert_rebuilds(campaign);
}

#[test]
fn an_older_app_shows_a_conflict_in_a_field_that_it_does_not_know_and_leaves_it_to_those_who_do() {
    let world = World::new(2);
    let (mut one, mut other) = (NewerApp::of_wang(&world), NewerApp::of_wang(&world));
    other.openings = 100;
    let mut li = app_of_li(&world);
    let mut fields = Prospect::named("银枫家园").to_fields();
    fields.extend(newer_fields());
    let id = one.record("prospect", None, fields);
    other.sync(None);
    one.edit(id, "chargers", 50);
    other.edit(id, "chargers", 70);
    li.sync();
    let conflicts = li.row(id).expect("a row").conflicts;
    assert_eq!((conflicts.len(), conflicts[0].field.as_str(), conflicts[0].claims.len()), (1, "chargers", 2));
    let now = li.now();
    let refused = li.replica().resolve(id, "chargers", 70.into(), now).expect_err("what does it mean?");
    assert!(refused.to_string().contains("chargers"), "{refused}");
    li.edit(id, "households", 900);
    li.sync();
    assert_eq!(world.row(id).expect("a row").conflicts, conflicts, "until somebody chooses who knows it");
    one.sync(None);
    one.edit(id, "chargers", 70);
    li.sync();
    let row = li.row(id).expect("a row");
    assert_eq!((row.conflicts.len(), row.fields.int("chargers")), (0, Some(70)));
}

#[test]
fn a_choice_that_only_a_newer_app_knows_is_kept_shown_and_counted() {
    let world = World::new(3);
    let campaign = world.launch(&World::plain_campaign());
    let (mut newer, mut li) = (NewerApp::of_wang(&world), app_of_li(&world));
    let prospect = newer.record("prospect", None, Prospect::named("银枫家园").to_fields());
    let mut fields = Visit::on_site(world.now(), "谈了方案").to_fields();
    fields.put("channel".parse().expect("a name"), "hologram".into());
    let visit = newer.record("visit", Some(prospect), fields);
    li.sync();
    let row = li.row(visit).expect("a row");
    assert_eq!((row.fields.text("channel"), row.flags.len()), (Some("hologram"), 1));
    let standing = world.standing(campaign, week("2026-W10"), "B1");
    assert_eq!(standing.score, 2, "a visit is a visit, however it was made");
    world.assert_holds_its_own(&mut li);
}

#[test]
fn a_kind_that_only_a_newer_app_knows_is_kept_for_its_author_until_it_is_known() {
    let world = World::new(4);
    let campaign = world.launch(&World::plain_campaign());
    let mut newer = NewerApp::of_wang(&world);
    let prospect = newer.record("prospect", None, Prospect::named("银枫家园").to_fields());
    let survey = newer.record("survey", Some(prospect), newer_fields());
    // The author's older phone has it and shows it, but does not touch what it does not understand.
    let (mut wang, mut li) = (world.phone("B1-S1-P1"), app_of_li(&world));
    sync_all(&mut [app_of_li(&world)]);
    wang.sync();
    let row = wang.row(survey).expect("a row");
    assert_eq!((row.kind.name(), row.kind.spec().is_none(), row.prospect), ("survey", true, Some(prospect)));
    assert_has_newer_fields(&row.fields, "", "on the author's older phone");
    let (puts, now) = (Fields::new().with("chargers".parse().expect("a name"), 1.into()), wang.now());
    let refused = wang.replica().edit(survey, &puts, now);
    assert!(matches!(&refused, Err(ReplicaError::Invalid(invalid)) if invalid.to_string().contains("update the app")));
    // Nobody else's phone is sent what nobody can say the audience of; everything else goes on around it.
    assert!(li.row(survey).is_none() && li.row(prospect).is_some());
    li.visit(prospect);
    wang.visit(prospect);
    sync_all(&mut [wang, li]);
    newer.edit(survey, "chargers", 41);
    let mut wang = world.phone("B1-S1-P1");
    wang.sync();
    assert_eq!(wang.row(survey).expect("a row").fields.int("chargers"), Some(41));
    assert_eq!(world.standing(campaign, week("2026-W10"), "B1").score, 4);
    world.assert_holds_its_own(&mut wang);
    world.assert_rebuilds(campaign);
}

type Rewrite<'a> = Box<dyn Fn(&mut Item) + 'a>;

/// A line on which another version's requests and answers are written: both are changed as items, and signed again.
struct Between<'a> {
    world: &'a World,
    device: DeviceNumber,
    there: Rewrite<'a>,
    back: Rewrite<'a>,
}

impl Transport for Between<'_> {
    fn post(&mut self, post: &Post) -> Result<Reply, Failure> {
        let mut request = Item::of(&post.body);
        (self.there)(&mut request);
        let answer = self.world.post_as(self.device, post.path, request.framed());
        let mut body = answer.body;
        if answer.status == 200 {
            let mut response = Item::of(&body);
            (self.back)(&mut response);
            body = response.framed();
        }
        Ok(Reply { status: answer.status, body })
    }
}

fn between<'a>(
    world: &'a World,
    device: DeviceNumber,
    there: impl Fn(&mut Item) + 'a,
    back: impl Fn(&mut Item) + 'a,
) -> Between<'a> {
    Between { world, device, there: Box::new(there), back: Box::new(back) }
}

fn unchanged(_: &mut Item) {}

/// Every map and row of a request, but what can never grow.
const OF_REQUESTS: [&[Way]; 7] =
    [&[], &[To(6), Each], &[To(8), Each], &[To(11)], &[To(12), Each], &[To(12), Each, To(1), Each], &[To(18), Each]];

/// Every map and row of an answer; the tuples of the bank can never grow.
const OF_ANSWERS: [&[Way]; 10] = [
    &[],
    &[To(3), Each, Each, To(1)],
    &[To(4), Each],
    &[To(6), Each],
    &[To(8)],
    &[To(12)],
    &[To(13)],
    &[To(17)],
    &[To(17), To(1), Each],
    &[To(17), To(1), Each, To(3), Each],
];

fn grown(item: &mut Item, places: &[&[Way]]) -> Vec<usize> {
    places.iter().map(|way| item.at(way, &mut Item::grow)).collect()
}

#[test]
fn fields_of_a_newer_app_in_any_map_or_row_of_a_request_harm_nothing() {
    let mut world = World::new(5);
    let campaign = world.launch(&World::plain_campaign());
    let grew = std::cell::RefCell::new(vec![0; OF_REQUESTS.len()]);
    let mut wang = world.phone("B1-S1-P1");
    let prospect = wang.prospect("银枫家园");
    wang.sync();
    let backup = world.folder().join("backup");
    std::fs::create_dir(&backup).expect("a folder");
    std::fs::copy(world.folder().join("canvass.key"), backup.join("canvass.key")).expect("copied");
    world.run(world.store.copy_to(backup.join("canvass.db"))).expect("copied");
    wang.visit(prospect);
    wang.sync();
    // A restored server, so that receipts travel, too.
    world.start_from(&backup);
    wang.visit(prospect);
    let there = |item: &mut Item| {
        let counts = grown(item, &OF_REQUESTS);
        grew.borrow_mut().iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
    };
    let now = wang.now();
    let mut line = between(&world, WANG, there, unchanged);
    let report = wang.phone().sync(&mut line, now).expect("synced");
    assert!(report.synced() && report.applied.refused == 0, "{report:?}");
    // Dossiers are read on encrypted phones alone.
    assert!(grew.borrow()[..6].iter().all(|count| *count > 0), "{grew:?}");
    drop(line);
    assert_eq!(world.standing(campaign, week("2026-W10"), "B1").score, 4);
    world.assert_holds_its_own(&mut wang);
}

#[test]
fn fields_of_a_newer_server_in_any_map_or_row_of_an_answer_harm_nothing() {
    let world = World::new(6);
    world.launch(&World::plain_campaign());
    let grew = std::cell::RefCell::new(vec![0; OF_ANSWERS.len()]);
    let mut wang = world.phone("B1-S1-P1");
    let prospect = wang.prospect("银枫家园");
    wang.visit(prospect);
    let back = |item: &mut Item| {
        let counts = grown(item, &OF_ANSWERS);
        grew.borrow_mut().iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
        assert!(Response::decode(&item.framed()).is_ok());
    };
    let now = wang.now();
    let report = wang.phone().sync(&mut between(&world, WANG, unchanged, back), now).expect("synced");
    assert!(report.synced() && report.applied.acknowledged == 2, "{report:?}");
    assert!(grew.borrow().iter().all(|count| *count > 0), "{grew:?}");
    world.assert_holds_its_own(&mut wang);
    assert_eq!(wang.replica().standings().expect("standings").len(), 1);
    assert!(wang.replica().bank().expect("a bank").person(&person("B1-L")).is_some());
    // What it kept of them goes on with the server as it is.
    wang.restart();
    wang.visit(prospect);
    assert!(wang.sync().synced());
}

/// Leaves of a message only the fields up to a number.
fn only_up_to(last: u64) -> impl Fn(&mut Item) {
    move |item| {
        if let Item::Map(fields) = item {
            fields.retain(|n, _| *n <= last);
        }
    }
}

#[test]
fn an_app_and_a_server_that_know_no_optional_field_still_sync() {
    for (there, back) in [(9, u64::MAX), (u64::MAX, 7), (9, 7)] {
        let world = World::new(7);
        let campaign = world.launch(&World::plain_campaign());
        let (mut wang, mut li) = (world.phone("B1-S1-P1"), app_of_li(&world));
        let prospect = li.prospect("银枫家园");
        li.sync();
        let own = wang.prospect("金桥小区");
        wang.visit(own);
        let now = wang.now();
        let mut line = between(&world, WANG, only_up_to(there), only_up_to(back));
        let report = wang.phone().sync(&mut line, now).expect("synced");
        assert!(report.synced() && report.applied.acknowledged == 2, "{there} {back} {report:?}");
        assert!(wang.row(prospect).is_some());
        // And once both are of today again.
        assert!(wang.sync().synced());
        world.assert_holds_its_own(&mut wang);
        assert_eq!(wang.replica().standings().expect("standings").len(), 1);
        world.assert_rebuilds(campaign);
    }
}

#[test]
fn a_bank_that_an_older_app_cannot_make_sense_of_keeps_no_work_from_being_synced() {
    let world = World::new(8);
    let mut wang = world.phone("B1-S1-P1");
    wang.sync();
    let before = wang.replica().bank().expect("a bank");
    let bank = world.run(world.store.bank()).expect("a bank");
    let newcomer = Person { id: person("B1-S1-P9"), name: "赵云".to_owned(), roles: Role::AccountManager.into() };
    let bank = bank.with(vec![], vec![newcomer], vec![]).expect("a bank");
    world.run(world.store.set_bank(bank)).expect("set");
    // A level of units, a role, and a date that no version of today knows.
    let places: [&[Way]; 3] =
        [&[To(8), To(1), To(0), To(2)], &[To(8), To(2), To(0), To(2)], &[To(8), To(3), To(0), To(2)]];
    for place in places {
        let prospect = wang.prospect("银枫家园");
        let back = |item: &mut Item| assert_eq!(item.at(place, &mut |item| *item = Item::text("galactic")), 1);
        let now = wang.now();
        let report = wang.phone().sync(&mut between(&world, WANG, unchanged, back), now).expect("synced");
        assert!(report.synced(), "{report:?}");
        assert_eq!(wang.unsynced(prospect), 0);
        assert_eq!(wang.replica().bank().expect("a bank"), before, "it keeps the one it has");
    }
    wang.sync();
    assert!(wang.replica().bank().expect("a bank").person(&person("B1-S1-P9")).is_some(), "and goes on asking");
}

#[test]
fn a_verdict_that_an_older_app_cannot_read_costs_tries_and_no_work() {
    let world = World::new(9);
    let mut wang = world.phone("B1-S1-P1");
    let prospect = wang.prospect("银枫家园");
    let unknown = Item::Array(vec![Item::number(9), Item::Array(vec![Item::text("later")])]);
    let back =
        |item: &mut Item| assert_eq!(item.at(&[To(3), Each, Each], &mut |verdict| *verdict = unknown.clone()), 1);
    let now = wang.now();
    let outcome = wang.phone().sync(&mut between(&world, WANG, unchanged, back), now);
    assert!(matches!(outcome, Err(PhoneError::Sync { error: SyncError::GaveUp { .. }, .. })));
    assert_eq!(wang.unsynced(prospect), 1, "it is not called synced");
    assert!(wang.sync().synced());
    assert_eq!(world.counts().records, 2, "prospect and assignment, once");
    world.assert_holds_its_own(&mut wang);
}

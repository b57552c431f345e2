//! What the promises are played with: a small bank, pens that write as phones do, and a phone's view of its feeds.

use canvass_core::document::{Actor, Authorship, Document};
use canvass_core::domain::campaign::Campaign;
use canvass_core::domain::outcome::{Outcome, Product};
use canvass_core::domain::prospect::Prospect;
use canvass_core::domain::visit::Visit;
use canvass_core::domain::{
    Bank, Date, Device, DeviceNumber, Fields, Kind, KindSpec, Membership, Money, Person, PersonId, PhoneTime, RecordId,
    Role, ServerTime, Unit, UnitId, UnitLevel, Week, Zone, activity, campaign, outcome, prospect, visit,
};
use canvass_core::signing::{Signer, SoftwareKey};
use canvass_core::wire::{Position, Push, Verdict};
use canvass_server::ingest::Told;
use canvass_server::store::devices::{EnrolOrder, InviteOrder};
use canvass_server::store::{self, IngestOrder, PullOrder, Store};
use std::collections::{BTreeMap, BTreeSet};

/// Monday, 2 March 2026, 12:00 in China.
pub(crate) const NOON: i64 = 1_772_424_000_000;
pub(crate) const DAY: i64 = 86_400_000;

pub(crate) fn server(millis: i64) -> ServerTime {
    ServerTime::from_millis(millis).expect("a time")
}

pub(crate) fn phone(millis: i64) -> PhoneTime {
    PhoneTime::from_millis(millis).expect("a time")
}

pub(crate) fn today() -> Date {
    server(NOON).date(&Zone::china())
}

pub(crate) fn unit(code: &str) -> UnitId {
    code.parse().expect("a unit")
}

pub(crate) fn person(code: &str) -> PersonId {
    code.parse().expect("a person")
}

/// Head office HQ; branch B1 with S1 and S2; branch B2 with S3.
fn units() -> Vec<Unit> {
    let unit = |id: &str, parent: Option<&str>, level| Unit {
        id: unit(id),
        parent: parent.map(unit),
        level,
        name: format!("{id}支行"),
    };
    vec![
        unit("HQ", None, UnitLevel::HeadOffice),
        unit("B1", Some("HQ"), UnitLevel::Branch),
        unit("B2", Some("HQ"), UnitLevel::Branch),
        unit("S1", Some("B1"), UnitLevel::SubBranch),
        unit("S2", Some("B1"), UnitLevel::SubBranch),
        unit("S3", Some("B2"), UnitLevel::SubBranch),
    ]
}

/// Everyone, with device, role and unit.
pub(crate) const STAFF: [(&str, u32, Role, &str); 6] = [
    ("head", 1, Role::HeadOffice, "HQ"),
    ("leader", 2, Role::BranchLeader, "B1"),
    ("ann", 3, Role::AccountManager, "S1"),
    ("bob", 4, Role::AccountManager, "S1"),
    ("cat", 5, Role::AccountManager, "S2"),
    ("dan", 6, Role::AccountManager, "S3"),
];

pub(crate) fn member(who: &str, at: &str, from: Date, until: Option<Date>) -> Membership {
    Membership { person: person(who), unit: unit(at), from, until }
}

pub(crate) fn since() -> Date {
    Date::constant(2025, 1, 1)
}

/// The bank, with other memberships than everyone's usual one for some, and without some devices.
pub(crate) fn bank_with(other: Vec<Membership>, without: &[u32]) -> Bank {
    let people =
        STAFF.iter().map(|(id, _, role, _)| Person { id: person(id), name: (*id).into(), roles: (*role).into() });
    let usual = STAFF.iter().map(|(id, _, _, at)| member(id, at, since(), None));
    let mut memberships: Vec<_> = usual.filter(|usual| !other.iter().any(|m| m.person == usual.person)).collect();
    memberships.extend(other);
    let devices = STAFF.iter().filter(|(_, number, ..)| !without.contains(number));
    let devices = devices.map(|(id, number, ..)| Device { number: DeviceNumber::new(*number), person: person(id) });
    Bank::new(units(), people.collect(), memberships, devices.collect()).expect("a bank")
}

pub(crate) fn bank() -> Bank {
    bank_with(Vec::new(), &[])
}

/// A campaign of so many weeks from the week of [`NOON`] on, both branches taking part.
pub(crate) fn campaign(weeks: i64, points: i64) -> Campaign {
    let starts = Date::constant(2026, 3, 2);
    Campaign {
        name: "百日营销".into(),
        starts,
        ends: starts.checked_add(jiff::ToSpan::days(weeks * 7 - 1)).expect("a date"),
        zone: Zone::china(),
        cutoff: campaign::CUTOFF,
        units: BTreeSet::from([unit("B1"), unit("B2")]),
        versions: BTreeMap::from([(Week::of(starts), BTreeMap::from([("points/visits".to_owned(), points.into())]))]),
    }
}

pub(crate) fn visit_at(millis: i64) -> Fields {
    Visit::on_site(phone(millis), "见了业委会主任").to_fields()
}

pub(crate) fn account(on: Date, yuan: i64) -> Fields {
    let amount = Money::from_yuan(yuan).ok();
    Outcome { product: Product::Account, opened_on: on, amount, cards: None, reference: None }.to_fields()
}

/// A record as its writer holds it.
pub(crate) struct Draft {
    pub(crate) id: RecordId,
    pub(crate) kind: Kind,
    pub(crate) document: Document,
    /// Every change made so far and not pushed.
    unsent: Vec<Vec<u8>>,
}

impl Draft {
    /// The same record as another phone holds it.
    pub(crate) fn copy(&self) -> Self {
        Self { id: self.id, kind: self.kind.clone(), document: self.document.clone(), unsent: Vec::new() }
    }

    /// A push of what was not pushed yet.
    pub(crate) fn push(&mut self) -> Push {
        let changes = self.unsent.drain(..).map(Into::into).collect();
        Push { record: self.id, kind: self.kind.clone(), changes }
    }
}

/// Writes as one phone does.
pub(crate) struct Pen {
    device: u32,
    records: u64,
}

impl Pen {
    pub(crate) fn of(device: u32) -> Self {
        Self { device, records: 0 }
    }

    pub(crate) fn device(&self) -> u32 {
        self.device
    }

    fn authorship(&self) -> Authorship {
        let actor = Actor::new([u8::try_from(self.device).expect("a small number"); 16]);
        Authorship { device: DeviceNumber::new(self.device), actor, at: phone(NOON) }
    }

    fn create(&mut self, kind: Kind, prospect: Option<RecordId>, fields: &Fields) -> Draft {
        self.records += 1;
        let mut random = [0; 10];
        random[..8].copy_from_slice(&(u64::from(self.device) << 32 | self.records).to_be_bytes());
        let id = RecordId::new(NOON, random);
        let (document, change) = Document::create(id, &kind, prospect, fields, &self.authorship()).expect("created");
        Draft { id, kind, document, unsent: vec![change.bytes] }
    }

    pub(crate) fn record(&mut self, kind: &'static KindSpec, prospect: Option<RecordId>, fields: &Fields) -> Draft {
        self.create(kind.into(), prospect, fields)
    }

    pub(crate) fn unknown_kind(&mut self, prospect: RecordId) -> Draft {
        self.create("puppet_show".parse().expect("a kind"), Some(prospect), &Fields::new())
    }

    pub(crate) fn prospect(&mut self, name: &str) -> Draft {
        self.record(&prospect::KIND, None, &Prospect::named(name).to_fields())
    }

    pub(crate) fn visit(&mut self, prospect: RecordId, millis: i64) -> Draft {
        self.record(&visit::KIND, Some(prospect), &visit_at(millis))
    }

    pub(crate) fn activity(&mut self, prospect: RecordId, millis: i64) -> Draft {
        let mut fields = Fields::new().with("name".parse().expect("a name"), "木偶剧".into());
        fields.put("occurred_at".parse().expect("a name"), phone(millis).into());
        self.record(&activity::KIND, Some(prospect), &fields)
    }

    pub(crate) fn account(&mut self, prospect: RecordId, on: Date, yuan: i64) -> Draft {
        self.record(&outcome::KIND, Some(prospect), &account(on, yuan))
    }

    pub(crate) fn campaign(&mut self, campaign: &Campaign) -> Draft {
        self.record(&campaign::KIND, None, &campaign.to_fields())
    }

    /// A prospect as a phone holds it that was sent these changes.
    pub(crate) fn held(&self, id: RecordId, changes: &[Vec<u8>]) -> Draft {
        let document = Document::load(changes.iter().map(Vec::as_slice)).expect("loaded");
        Draft { id, kind: (&prospect::KIND).into(), document, unsent: Vec::new() }
    }

    /// A campaign as a phone holds it that was sent these changes.
    pub(crate) fn held_campaign(&self, id: RecordId, changes: &[Vec<u8>]) -> Draft {
        Draft { kind: (&campaign::KIND).into(), ..self.held(id, changes) }
    }

    /// Edits a record that this pen holds.
    pub(crate) fn edit(&self, draft: &mut Draft, name: &str, value: impl Into<canvass_core::domain::Value>) {
        let fields = Fields::new().with(name.parse().expect("a name"), value.into());
        self.put(draft, &fields);
    }

    pub(crate) fn put(&self, draft: &mut Draft, fields: &Fields) {
        if let Some(change) = draft.document.edit(fields, &self.authorship()).expect("edited") {
            draft.unsent.push(change.bytes);
        }
    }
}

/// Enrols a phone of somebody's, with a key by a number.
pub(crate) async fn enrol(at_store: &dyn Store, who: &str, key: u8) -> u32 {
    let (person, at) = (person(who), server(NOON));
    let invited = at_store.invite(InviteOrder { person, by: store::Actor::Operator, at }).await.expect("invited");
    let key = SoftwareKey::from_secret(&[key; 32]).expect("a key").public_key();
    let order = EnrolOrder { invitation: invited.number, code: invited.code, key, before: None, at };
    at_store.enrol(order).await.expect("asked").expect("enrolled").get()
}

/// Pushes as a device, at a time.
pub(crate) async fn push_at(store: &dyn Store, device: u32, at: i64, pushes: Vec<Push>) -> Vec<Vec<Verdict>> {
    let order = IngestOrder::new(DeviceNumber::new(device), server(at), pushes);
    store.ingest(order).await.expect("ingested")
}

/// Pushes drafts whole; all of it must be accepted.
pub(crate) async fn send(store: &dyn Store, device: u32, drafts: Vec<&mut Draft>) {
    let pushes = drafts.into_iter().map(Draft::push).collect();
    let verdicts = push_at(store, device, NOON, pushes).await;
    assert!(verdicts.iter().flatten().all(|verdict| *verdict == Verdict::Accepted), "{verdicts:?}");
}

/// A phone's view of its feeds.
pub(crate) struct View {
    person: PersonId,
    positions: BTreeMap<String, Position>,
    budget: usize,
    dossiers: bool,
    pub(crate) told: Option<Told>,
    pub(crate) held: BTreeMap<RecordId, BTreeSet<Vec<u8>>>,
    /// What it was told that it was erased.
    pub(crate) erased: BTreeSet<RecordId>,
    /// Changes that came in the last pull to the end, repeated ones too.
    pub(crate) came: usize,
    /// The most bytes of changes that one response brought.
    pub(crate) most: usize,
}

impl View {
    pub(crate) fn of(who: &str) -> Self {
        Self::with_budget(who, 1 << 20)
    }

    pub(crate) fn with_budget(who: &str, budget: usize) -> Self {
        let (positions, held, erased) = (BTreeMap::new(), BTreeMap::new(), BTreeSet::new());
        Self { person: person(who), positions, budget, dossiers: false, told: None, held, erased, came: 0, most: 0 }
    }

    /// The same, of a phone that can keep dossiers.
    pub(crate) fn with_dossiers(self) -> Self {
        Self { dossiers: true, ..self }
    }

    /// Pulls once. Returns whether there is more.
    pub(crate) async fn pull_once(&mut self, store: &dyn Store) -> bool {
        let order = PullOrder {
            told: self.told.clone(),
            dossiers: self.dossiers,
            positions: self.positions.values().cloned().collect(),
            ..PullOrder::new(self.person.clone(), server(NOON), self.budget)
        };
        let pulled = store.pull(order).await.expect("pulled");
        self.told = pulled.told.clone();
        let bytes = pulled.deliveries.iter().flat_map(|delivery| &delivery.changes).map(|change| change.len()).sum();
        self.most = self.most.max(bytes);
        for delivery in pulled.deliveries {
            self.came += delivery.changes.len();
            let changes = delivery.changes.into_iter().map(|change| change.to_vec());
            self.held.entry(delivery.record).or_default().extend(changes);
        }
        self.erased.extend(&pulled.erased);
        for gone in pulled.evictions.into_iter().chain(pulled.erased) {
            self.held.remove(&gone);
        }
        for position in pulled.positions {
            self.positions.insert(position.feed.to_string(), position);
        }
        pulled.more
    }

    /// Pulls to the end. Returns which records the phone then holds.
    pub(crate) async fn pull(&mut self, store: &dyn Store) -> BTreeSet<RecordId> {
        self.came = 0;
        let mut rounds = 0;
        while self.pull_once(store).await {
            rounds += 1;
            assert!(rounds < 10_000, "the pull has no end");
        }
        self.held.keys().copied().collect()
    }
}

/// What a person's new phone would hold.
pub(crate) async fn held_by(store: &dyn Store, who: &str) -> BTreeSet<RecordId> {
    View::of(who).pull(store).await
}

/// A store with the bank in it.
pub(crate) async fn with_bank(place: &impl crate::Place) -> std::sync::Arc<dyn Store> {
    let store = place.open();
    store.set_bank(bank()).await.expect("a bank");
    store
}

//! Rights, walked over the wire: every role × kind × action × own unit or another, each cell tried by a signed request of a
//! person of that role, and answered as the matrix says.

#![expect(clippy::expect_used, clippy::panic, reason = "fixtures are right or the test is wrong")]

use canvass_core::document::{Actor, Authorship, Change, Document};
use canvass_core::domain::assignment::Assignment;
use canvass_core::domain::attachment::{Attachment, Caption};
use canvass_core::domain::bulletin::Notice;
use canvass_core::domain::campaign::Campaign;
use canvass_core::domain::dispute::Dispute;
use canvass_core::domain::dossier::Dossier;
use canvass_core::domain::outcome::{Outcome, Product};
use canvass_core::domain::prospect::Prospect;
use canvass_core::domain::verification::{Verdict as Judgement, Verification};
use canvass_core::domain::visit::Visit;
use canvass_core::domain::{
    Action, AudienceRule, Bank, Device, DeviceNumber, Digest, Fields, KINDS, Kind, KindSpec, Membership, Person, Place,
    RecordId, Role, Unit, UnitLevel, Value, WrittenBy, Zone, assignment, bulletin, campaign, dispute, dossier, outcome,
    prospect, verification,
};
use canvass_core::wire::{ABLE_DOSSIERS, Push, Request, Response, Verdict};
use canvass_server::demo::bank::PhoneOwner;
use canvass_server::ingest::Assigned;
use canvass_server::store::{AssignOrder, ServerRecord, Store};
use canvass_tests::{World, date, person, unit};
use std::cell::Cell;
use std::collections::BTreeMap;

/// Two branches; in the first a person of each role, `B1-<role>`, and one who recorded what stands there; in the second one
/// who did so there.
fn bank() -> (Bank, Vec<PhoneOwner>) {
    let level = |id: &str, parent: Option<&str>, level| Unit {
        id: unit(id),
        parent: parent.map(unit),
        level,
        name: format!("{id}支行"),
    };
    let units = vec![
        level("H", None, UnitLevel::HeadOffice),
        level("B1", Some("H"), UnitLevel::Branch),
        level("B2", Some("H"), UnitLevel::Branch),
    ];
    let mut staff: Vec<(String, &str, Role)> =
        Role::ALL.iter().map(|role| (format!("B1-{}", role.name()), "B1", *role)).collect();
    staff.push(("B1-colleague".to_owned(), "B1", Role::AccountManager));
    staff.push(("B2-stranger".to_owned(), "B2", Role::AccountManager));
    staff.push(("H-P".to_owned(), "H", Role::HeadOffice));
    let phones: Vec<_> = (1..)
        .zip(&staff)
        .map(|(number, (id, home, role))| PhoneOwner {
            device: DeviceNumber::new(number),
            person: person(id),
            unit: unit(home),
            role: *role,
        })
        .collect();
    let people =
        phones.iter().map(|it| Person { id: it.person.clone(), name: it.person.to_string(), roles: it.role.into() });
    let from = date("2025-01-01");
    let members =
        phones.iter().map(|it| Membership { person: it.person.clone(), unit: it.unit.clone(), from, until: None });
    let devices = phones.iter().map(|it| Device { number: it.device, person: it.person.clone() });
    let bank = Bank::new(units, people.collect(), members.collect(), devices.collect()).expect("a bank");
    (bank, phones)
}

/// The world, and a record of each kind in each place, begun by others.
struct Walk {
    world: World,
    devices: BTreeMap<String, DeviceNumber>,
    records: BTreeMap<(&'static str, bool), (RecordId, Document)>,
    prospects: BTreeMap<bool, RecordId>,
    made: Cell<u8>,
}

impl Walk {
    fn begin() -> Self {
        let (bank, phones) = bank();
        let devices = phones.iter().map(|phone| (phone.person.to_string(), phone.device)).collect();
        let world = World::of(41, (bank, phones));
        let mut walk =
            Self { world, devices, records: BTreeMap::new(), prospects: BTreeMap::new(), made: Cell::new(0) };
        for (own, who) in [(true, "B1-colleague"), (false, "B2-stranger")] {
            for kind in KINDS.iter().copied().filter(|kind| kind.written_by != WrittenBy::Server) {
                if kind.audience == AudienceRule::Bank {
                    continue;
                }
                let (id, document, change) = walk.new_record(who, kind, own);
                let response = walk.push(who, id, kind, &change);
                assert_eq!(response.verdicts, [[Verdict::Accepted]], "{}", kind.name);
                walk.records.insert((kind.name, own), (id, document));
                if kind.name == prospect::KIND.name {
                    walk.prospects.insert(own, id);
                }
            }
            let claim = walk.records[&(outcome::KIND.name, own)].0;
            walk.world.judge(claim, Judgement::Confirmed, None);
            walk.by_server(&dispute::KIND, Some(walk.prospects[&own]));
            // What the server wrote is found on the phones of its unit.
            let there = walk.pulled(who).deliveries;
            for kind in [&assignment::KIND, &verification::KIND, &dispute::KIND] {
                let delivery = there.iter().find(|delivery| delivery.kind.is(kind)).expect("delivered");
                let document = Document::load(delivery.changes.iter().map(|change| change.as_slice())).expect("loaded");
                walk.records.insert((kind.name, own), (delivery.record, document));
            }
        }
        let (id, document, change) = walk.new_record("H-P", &campaign::KIND, true);
        assert_eq!(walk.push("H-P", id, &campaign::KIND, &change).verdicts, [[Verdict::Accepted]]);
        let sealed = walk.by_server(&bulletin::KIND, None);
        let there = walk.pulled("H-P").deliveries;
        let sealed = there.iter().find(|delivery| delivery.record == sealed).expect("delivered");
        let notice = Document::load(sealed.changes.iter().map(|change| change.as_slice())).expect("loaded");
        for own in [true, false] {
            walk.records.insert((campaign::KIND.name, own), (id, document.clone()));
            walk.records.insert((bulletin::KIND.name, own), (sealed.record, notice.clone()));
        }
        walk
    }

    /// A record that the server writes by itself.
    fn by_server(&self, kind: &'static KindSpec, prospect: Option<RecordId>) -> RecordId {
        let record = ServerRecord { kind: kind.into(), prospect, fields: self.fields(kind), assigned_to: None };
        let written = self.world.run(self.world.store.write(vec![record], server_now(&self.world)));
        written.expect("written")[0]
    }

    fn fields(&self, kind: &'static KindSpec) -> Fields {
        let now = self.world.now();
        let opened_on = self.world.today();
        let fields = |pairs: &[(&str, Value)]| -> Fields {
            pairs.iter().map(|(name, value)| (name.parse().expect("a field"), value.clone())).collect()
        };
        match kind.name {
            "prospect" => Prospect::named("银枫家园").to_fields(),
            "visit" => Visit::on_site(now, "见了业委会主任").to_fields(),
            "outcome" => {
                Outcome { product: Product::Account, opened_on, amount: None, cards: None, reference: None }.to_fields()
            }
            "attachment" => {
                let (of, media_type) = (self.prospects[&true], "image/jpeg".to_owned());
                let caption = Caption { of, media_type, name: None, taken_at: None };
                Attachment { caption, digest: Digest::of(b"a photo"), size: 7 }.to_fields()
            }
            "dossier" => Dossier::named("周建国").to_fields(),
            "stage_move" => fields(&[("to", "contacted".into()), ("occurred_at", now.into())]),
            "commitment" => fields(&[("what", "送对账单".into()), ("type", "task".into()), ("due_at", now.into())]),
            "activity" => fields(&[("name", "木偶剧".into()), ("planned_at", now.into())]),
            "complaint" => fields(&[("facts", "查不到余额".into()), ("occurred_at", now.into())]),
            "proposal" => fields(&[("title", "服务方案".into())]),
            "campaign" => Campaign { name: "春雷行动".into(), ..World::plain_campaign() }.to_fields(),
            "assignment" => {
                Assignment { unit: unit("B1"), owner: None, effective_at: now, also: Default::default() }.to_fields()
            }
            "bulletin" => Notice {
                campaign: RecordId::new(1, [1; 10]),
                week: self.world.now().week(&Zone::china()),
                revision: 1,
                sealed_at: now,
                digest: Digest::of(b"a sheet"),
                text: "周通报".to_owned(),
                news: String::new(),
            }
            .to_fields(),
            "dispute" => Dispute {
                about: self.records[&(outcome::KIND.name, true)].0,
                campaign: RecordId::new(1, [1; 10]),
                answers: None,
                settled: false,
                text: "金额不符".to_owned(),
                by: person("B1-verifier"),
                said_at: now,
            }
            .to_fields(),
            _ => Verification {
                outcome: self.records[&(outcome::KIND.name, true)].0,
                heads: vec![1; 32],
                verdict: Judgement::Confirmed,
                reason: None,
                amount: None,
                opened_on: None,
                unit: None,
                verified_at: now,
            }
            .to_fields(),
        }
    }

    fn authorship(&self, who: &str) -> Authorship {
        self.made.set(self.made.get().wrapping_add(1));
        let mut seed = [self.made.get(); 16];
        seed[1] = u8::try_from(self.devices[who].get()).expect("few");
        Authorship { device: self.devices[who], actor: Actor::new(seed), at: self.world.now() }
    }

    fn new_record(&self, who: &str, kind: &'static KindSpec, own: bool) -> (RecordId, Document, Change) {
        let authorship = self.authorship(who);
        let mut random = [self.made.get(); 10];
        random[1] = u8::try_from(self.devices[who].get()).expect("few");
        let id = RecordId::new(self.world.now().millis(), random);
        let free = kind.audience == AudienceRule::Bank || kind.name == prospect::KIND.name;
        let of = if free { None } else { self.prospects.get(&own).copied() };
        let (document, change) =
            Document::create(id, &Kind::from(kind), of, &self.fields(kind), &authorship).expect("created");
        (id, document, change)
    }

    fn request(&self, who: &str) -> Request {
        let mut request = Request::new(self.devices[who], person(who), self.world.now(), 7, 4_000_000);
        request.able = vec![ABLE_DOSSIERS.to_owned()];
        request
    }

    fn push(&self, who: &str, id: RecordId, kind: &'static KindSpec, change: &Change) -> Response {
        let mut request = self.request(who);
        request.pushes = vec![Push { record: id, kind: kind.into(), changes: vec![change.bytes.clone().into()] }];
        self.world.ask(&request)
    }

    fn pulled(&self, who: &str) -> Response {
        self.world.ask(&self.request(who))
    }

    /// The person is assigned the prospect of a place, as far as an account manager can be.
    fn assign(&self, role: Role) {
        let owner = (role == Role::AccountManager).then(|| person(&format!("B1-{}", role.name())));
        let to = Assigned { unit: unit("B1"), owner };
        let by = canvass_server::store::Actor::Operator;
        let order = AssignOrder { prospect: self.prospects[&true], to, by, at: server_now(&self.world) };
        self.world.run(self.world.store.assign(order)).expect("assigned");
    }

    /// Whether a cell lets the person through.
    fn try_cell(&self, role: Role, kind: &'static KindSpec, action: Action, place: Place) -> bool {
        let (who, own) = (format!("B1-{}", role.name()), place == Place::Own);
        let (id, document) = &self.records[&(kind.name, own)];
        let response = match action {
            Action::Read => return self.pulled(&who).deliveries.iter().any(|delivery| delivery.record == *id),
            Action::Create => {
                let (id, _, change) = self.new_record(&who, kind, own);
                self.push(&who, id, kind, &change)
            }
            Action::Edit => {
                let mut document = document.clone();
                let puts = Fields::new().with("withdrawn_reason".parse().expect("a field"), who.as_str().into());
                let change = document.edit(&puts, &self.authorship(&who)).expect("edited").expect("a change");
                self.push(&who, *id, kind, &change)
            }
        };
        match &response.verdicts[0][0] {
            Verdict::Accepted => true,
            Verdict::Refused { code, .. } => {
                let by_right = ["not-in-your-audience", "author-only", "server-only", "not-your-role"];
                assert!(by_right.contains(&code.as_str()), "{code}");
                false
            }
            other => panic!("{role:?} {} {action:?} {place:?}: {other:?}", kind.name),
        }
    }
}

fn server_now(world: &World) -> canvass_core::domain::ServerTime {
    use canvass_server::clock::Clock;
    world.clock.now()
}

/// What the wire must answer: the matrix, but that the server alone writes its own kinds, whoever may ask it to on a page.
fn expected(role: Role, kind: &KindSpec, action: Action, place: Place) -> bool {
    let by_server = kind.written_by == WrittenBy::Server && action != Action::Read;
    // A campaign is everybody's, and a new prospect is its finder's.
    let everywhere = kind.audience == AudienceRule::Bank || (kind.name == "prospect" && action == Action::Create);
    let place = if everywhere { Place::Own } else { place };
    !by_server && kind.allows(role.into(), action, place)
}

#[test]
fn every_cell_of_the_matrix_is_answered_over_the_wire_as_it_says() {
    let walk = Walk::begin();
    let (mut cells, mut open) = (0, 0);
    for role in Role::ALL {
        walk.assign(role);
        for kind in KINDS {
            for action in Action::ALL {
                for place in Place::ALL {
                    let may = walk.try_cell(role, kind, action, place);
                    assert_eq!(may, expected(role, kind, action, place), "{role:?} {} {action:?} {place:?}", kind.name);
                    cells += 1;
                    open += usize::from(may);
                }
            }
        }
    }
    println!("{cells} cells walked: {open} open, {} closed", cells - open);
    assert_eq!(cells, Role::ALL.len() * KINDS.len() * Action::ALL.len() * Place::ALL.len());
    assert!(open > 50 && cells - open > 200, "both sides were seen: {open} of {cells}");
}

#[test]
fn no_field_that_a_phone_writes_grants_access() {
    let walk = Walk::begin();
    let stranger = "B2-stranger";
    // Names itself owner, unit and team of another unit's prospect, in its own record and in the prospect.
    for (field, value) in [("unit", "B2"), ("team/B2-stranger/share", "100"), ("owner", stranger)] {
        let (id, document) = &walk.records[&(prospect::KIND.name, true)];
        let mut document = document.clone();
        let puts = Fields::new().with(field.parse().expect("a field"), value.into());
        let change = document.edit(&puts, &walk.authorship(stranger)).expect("edited").expect("a change");
        let verdicts = walk.push(stranger, *id, &prospect::KIND, &change).verdicts;
        assert!(matches!(&verdicts[0][0], Verdict::Refused { .. }), "{field}: {verdicts:?}");
    }
    let (id, _, change) = walk.new_record(stranger, &assignment::KIND, true);
    let verdicts = walk.push(stranger, id, &assignment::KIND, &change).verdicts;
    assert!(matches!(&verdicts[0][0], Verdict::Refused { code, .. } if code == "server-only"), "{verdicts:?}");
    let (own, _) = &walk.records[&(prospect::KIND.name, true)];
    assert!(walk.pulled(stranger).deliveries.iter().all(|delivery| delivery.record != *own));
    // Nor does calling a record by another kind.
    let (id, document) = &walk.records[&(dossier::KIND.name, true)];
    let mut document = document.clone();
    let puts = Fields::new().with("temper".parse().expect("a field"), "急躁".into());
    let change = document.edit(&puts, &walk.authorship("B1-colleague")).expect("edited").expect("a change");
    let mut request = walk.request("B1-verifier");
    let kind = Kind::from(&prospect::KIND);
    request.pushes = vec![Push { record: *id, kind, changes: vec![change.bytes.into()] }];
    assert!(matches!(walk.world.ask(&request).verdicts[0][0], Verdict::Refused { .. }));
}

//! The bank that the figures play in, and its servers' databases, filled by the store's own operations.

use crate::sample::Sample;
use canvass_core::document::{Actor, Authorship, Document};
use canvass_core::domain::campaign::{self, Campaign};
use canvass_core::domain::{
    Bank, Date, Device, DeviceNumber, Fields, Kind, KindSpec, Membership, Person, PhoneTime, RecordId, Role,
    ServerTime, Unit, UnitId, UnitLevel, Week, Zone, outcome, prospect, visit,
};
use canvass_core::wire::{Push, Verdict};
use canvass_server::demo::bank::PhoneOwner;
use canvass_server::store::{IngestOrder, ServerRecord, SqliteOptions, SqliteStore, Store};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::mpsc;

/// Wednesday 2026-05-20, 10:00 in Shanghai, in the campaign's twelfth week. The clock stands still, so that a prepared
/// database never ages.
pub(crate) const NOW: i64 = 1_779_242_400_000;
/// The campaign's first day.
pub(crate) const START: Date = Date::constant(2026, 3, 2);

pub(crate) fn now() -> PhoneTime {
    PhoneTime::from_millis(NOW).expect("in range")
}

pub(crate) fn server_now() -> ServerTime {
    ServerTime::from_millis(NOW).expect("in range")
}

/// The week of [`NOW`].
pub(crate) fn this_week() -> Week {
    server_now().week(&Zone::china())
}

/// How a town is built and what its server holds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Town {
    /// Branches of the bank; all of them take part in the campaign.
    pub(crate) branches: usize,
    /// Sub-branches of each; 0 if people are at the branches themselves.
    pub(crate) subs: usize,
    /// Account managers at each of the lowest units.
    pub(crate) managers: usize,
    /// Prospects of each of the lowest units.
    pub(crate) prospects: usize,
    /// Records of each prospect.
    pub(crate) each: usize,
    /// Of which kind: visits or outcomes.
    pub(crate) kind: &'static KindSpec,
}

impl Town {
    /// The bank and whose phone is whose: head office's is the first.
    pub(crate) fn staff(&self) -> (Bank, Vec<PhoneOwner>) {
        let unit = |id: &str, parent: Option<&str>, level| Unit {
            id: id.parse().expect("a unit"),
            parent: parent.map(|parent| parent.parse().expect("a unit")),
            level,
            name: format!("{id}网点"),
        };
        let mut units = vec![unit("H", None, UnitLevel::HeadOffice)];
        let mut owners = vec![("H-P".to_owned(), "H".to_owned(), Role::HeadOffice)];
        for branch in 1..=self.branches {
            let branch = format!("B{branch:04}");
            units.push(unit(&branch, Some("H"), UnitLevel::Branch));
            owners.push((format!("{branch}-L"), branch.clone(), Role::BranchLeader));
            let mut homes = vec![branch.clone()];
            if self.subs > 0 {
                homes = (1..=self.subs).map(|sub| format!("{branch}-S{sub}")).collect();
                units.extend(homes.iter().map(|home| unit(home, Some(&branch), UnitLevel::SubBranch)));
            }
            for home in homes {
                let people = (1..=self.managers).map(|n| (format!("{home}-P{n}"), home.clone(), Role::AccountManager));
                owners.extend(people);
            }
        }
        let phones: Vec<PhoneOwner> = (1..)
            .zip(&owners)
            .map(|(number, (person, unit, role))| PhoneOwner {
                device: DeviceNumber::new(number),
                person: person.parse().expect("a person"),
                unit: unit.parse().expect("a unit"),
                role: *role,
            })
            .collect();
        let person = |phone: &PhoneOwner| Person {
            id: phone.person.clone(),
            name: format!("员工{}", phone.device),
            roles: phone.role.into(),
        };
        let member = |phone: &PhoneOwner| Membership {
            person: phone.person.clone(),
            unit: phone.unit.clone(),
            from: Date::constant(2025, 1, 1),
            until: None,
        };
        let device = |phone: &PhoneOwner| Device { number: phone.device, person: phone.person.clone() };
        let bank = Bank::new(
            units,
            phones.iter().map(person).collect(),
            phones.iter().map(member).collect(),
            phones.iter().map(device).collect(),
        );
        (bank.expect("a bank"), phones)
    }

    /// The account managers' phones, by unit.
    pub(crate) fn managers(&self) -> BTreeMap<UnitId, Vec<PhoneOwner>> {
        let mut by_unit: BTreeMap<UnitId, Vec<PhoneOwner>> = BTreeMap::new();
        for phone in self.staff().1.into_iter().filter(|phone| phone.role == Role::AccountManager) {
            by_unit.entry(phone.unit.clone()).or_default().push(phone);
        }
        by_unit
    }

    /// How many records of its kind there are.
    pub(crate) fn records(&self) -> usize {
        self.managers().len() * self.prospects * self.each
    }

    /// Fills a server's database, without waiting for the disk. Records are made on one thread and taken in on another.
    pub(crate) fn fill(self, path: &Path) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let store =
            SqliteStore::open(path, SqliteOptions { durable: false, seed: Some(1), ..SqliteOptions::default() })
                .expect("a store");
        let (bank, phones) = self.staff();
        runtime.block_on(store.set_bank(bank)).expect("a bank");
        runtime.block_on(canvass_tests::enrolled(&store, &phones));
        let head_office = phones.first().expect("head office");
        ingest(&runtime, &store, launch(head_office, self.branches));
        let mut work = Vec::new();
        for (number, (unit, managers)) in (1..).zip(self.managers()) {
            let mut sample = Sample::of("town", number);
            let new = (0..self.prospects).map(|_| ServerRecord {
                kind: Kind::from(&prospect::KIND),
                prospect: None,
                fields: sample.prospect().to_fields(),
                assigned_to: Some(unit.clone()),
            });
            let ids = runtime.block_on(store.write(new.collect(), server_now())).expect("prospects");
            work.push((sample, managers, ids));
        }
        let (orders, made) = mpsc::sync_channel(4);
        std::thread::scope(|scope| {
            scope.spawn(move || {
                let at_once = 1.max(500 / self.each.max(1));
                let parts = self.prospects.div_ceil(at_once);
                for part in 0..parts {
                    for (sample, managers, ids) in &mut work {
                        let manager = &managers[part % managers.len()];
                        let prospects = ids.chunks(at_once).nth(part).unwrap_or_default();
                        let all = prospects.iter().flat_map(|id| std::iter::repeat_n(*id, self.each)).collect();
                        let order = order(manager, record(sample, manager, self.kind, all, moment(part, parts)));
                        orders.send(order).expect("the store takes them");
                    }
                }
            });
            for order in made {
                ingest(&runtime, &store, order);
            }
        });
    }
}

/// New records of a person, one for each prospect named, as their phone would push them.
pub(crate) fn record(
    sample: &mut Sample,
    owner: &PhoneOwner,
    kind: &'static KindSpec,
    prospects: Vec<RecordId>,
    at: PhoneTime,
) -> Vec<Push> {
    let authorship = Authorship { device: owner.device, actor: Actor::new(sample.seed()), at };
    let push = |prospect: RecordId| {
        let (id, fields) = (sample.id(at), fields_of(sample, kind, at));
        let (_, change) = Document::create(id, &kind.into(), Some(prospect), &fields, &authorship).expect("a record");
        Push { record: id, kind: kind.into(), changes: vec![change.bytes.into()] }
    };
    prospects.into_iter().map(push).collect()
}

/// The fields of a visit recorded at a time, made in the hours before; or of an outcome of some day of the campaign.
pub(crate) fn fields_of(sample: &mut Sample, kind: &'static KindSpec, at: PhoneTime) -> Fields {
    let minutes = |bound: usize, sample: &mut Sample| i64::try_from(sample.below(bound)).expect("few");
    if kind.name == outcome::KIND.name {
        let minute = minutes(78 * 24 * 60, sample);
        sample.outcome(moment(0, 1).plus_millis(minute * 60_000).date(&Zone::china()))
    } else {
        let ago = minutes(10 * 60, sample);
        sample.visit(at.plus_millis(-ago * 60_000))
    }
}

/// A time of the campaign: the `part`th of so many parts from its beginning to [`NOW`].
pub(crate) fn moment(part: usize, parts: usize) -> PhoneTime {
    let begun = Zone::china().start_of(START);
    let share = |number: usize| i64::try_from(number).expect("few");
    PhoneTime::from_millis(begun + (NOW - begun) / share(parts) * share(part)).expect("in range")
}

/// An order of what a phone pushes.
pub(crate) fn order(owner: &PhoneOwner, pushes: Vec<Push>) -> IngestOrder {
    IngestOrder::new(owner.device, server_now(), pushes)
}

fn ingest(runtime: &tokio::runtime::Runtime, store: &SqliteStore, order: IngestOrder) {
    let verdicts = runtime.block_on(store.ingest(order)).expect("taken in");
    assert!(verdicts.iter().flatten().all(|verdict| *verdict == Verdict::Accepted), "{verdicts:?}");
}

/// Thirteen weeks in which so many branches take part.
pub(crate) fn thirteen_weeks(branches: usize) -> Campaign {
    let rules = [
        ("target", 5),
        ("points/communities", 100),
        ("points/fund", 1),
        ("per/fund", 100_000),
        ("points/cards", 1),
        ("points/wealth", 1),
        ("per/wealth", 1_000_000),
        ("points/visits", 2),
    ];
    Campaign {
        name: "百日会战".to_owned(),
        starts: START,
        ends: Date::constant(2026, 5, 31),
        zone: Zone::china(),
        cutoff: campaign::CUTOFF,
        units: (1..=branches).map(|n| format!("B{n:04}").parse().expect("a unit")).collect(),
        versions: BTreeMap::from([(
            Week::of(START),
            rules.into_iter().map(|(k, v)| (k.to_owned(), v.into())).collect(),
        )]),
    }
}

/// Head office's campaign. A change holds at most 2,000 puts, so the units come in several.
fn launch(head_office: &PhoneOwner, branches: usize) -> IngestOrder {
    let campaign = thirteen_weeks(branches);
    let id = RecordId::new(NOW, [7; 10]);
    let authorship = Authorship { device: head_office.device, actor: Actor::new([7; 16]), at: now() };
    let fields: Vec<_> = campaign.to_fields().iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    let mut parts = fields.chunks(1_000).map(|part| part.iter().cloned().collect::<Fields>());
    let kind = Kind::from(&campaign::KIND);
    let first = parts.next().expect("fields");
    let (mut document, change) = Document::create(id, &kind, None, &first, &authorship).expect("a campaign");
    let mut changes = vec![change.bytes.into()];
    for part in parts {
        changes.push(document.edit(&part, &authorship).expect("edited").expect("differs").bytes.into());
    }
    order(head_office, vec![Push { record: id, kind, changes }])
}

/// The prospects in a server's database, by the unit to which they are assigned.
pub(crate) fn prospects(path: &Path) -> BTreeMap<UnitId, Vec<RecordId>> {
    let db = rusqlite::Connection::open(path).expect("a database");
    let mut select =
        db.prepare("SELECT unit, prospect FROM record WHERE kind = 'assignment' ORDER BY id").expect("SQL");
    let found = select.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, Vec<u8>>(1)?))).expect("rows");
    let mut by_unit: BTreeMap<UnitId, Vec<RecordId>> = BTreeMap::new();
    for row in found {
        let (unit, prospect) = row.expect("a row");
        let unit = unit.parse().expect("a unit");
        by_unit.entry(unit).or_default().push(RecordId::from_bytes(&prospect).expect("an id"));
    }
    by_unit
}

/// The kind of visits.
pub(crate) static VISIT: &KindSpec = &visit::KIND;
/// The kind of outcomes.
pub(crate) static OUTCOME: &KindSpec = &outcome::KIND;

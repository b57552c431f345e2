//! The messages. Field numbers are for ever; numbers kept free are listed in `PROTOCOL.md`.

use super::{Answer, Ask, DossierKey, Receipt, ReceiptPart, Standings};
use crate::document::ChangeHash;
use crate::domain::{
    Audience, Bank, Date, Device, DeviceNumber, Invalid, Kind, Membership, Person, PersonId, PhoneTime,
};
use crate::domain::{RecordId, SCHEMA, ServerTime, Unit, UnitId, UnitLevel, date_from_text};
use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};

/// The protocol version spoken here.
pub const PROTOCOL: u32 = 1;

/// What every message starts with, readable whatever follows.
#[derive(Decode)]
#[cbor(map)]
pub(super) struct Prelude {
    #[n(0)]
    pub(super) protocol: u32,
}

/// A place in an audience's feed: `low` is how far down a first sync has worked (0: done), `high` how far up.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Position {
    /// The feed.
    #[n(0)]
    pub feed: Audience,
    /// Everything from here up to `high` is here; 0 when nothing older is missing.
    #[n(1)]
    pub low: u64,
    /// Everything up to here is here, or older than `low`.
    #[n(2)]
    pub high: u64,
}

/// A place in a server's change log, by which a phone finds out later whether the server still has what it acknowledged: one
/// that was restored from an older backup has nothing there, or something with another mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct Commit {
    /// The number of a change in the server's order.
    #[n(0)]
    pub sequence: u64,
    /// The random number that the server noted with it. (What stands there would not do: the same can come back to the same
    /// place, behind something else.)
    #[n(1)]
    pub mark: u64,
}

impl Commit {
    /// As a phone keeps it.
    pub fn to_bytes(&self) -> [u8; 16] {
        let mut bytes = [0; 16];
        let said = self.sequence.to_be_bytes().into_iter().chain(self.mark.to_be_bytes());
        bytes.iter_mut().zip(said).for_each(|(to, from)| *to = from);
        bytes
    }

    /// Reads what [`Self::to_bytes`] wrote.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (sequence, mark) = bytes.split_first_chunk::<8>()?;
        Some(Self { sequence: u64::from_be_bytes(*sequence), mark: u64::from_be_bytes(mark.try_into().ok()?) })
    }
}

/// What a phone asks, and what it brings.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Request {
    /// [`PROTOCOL`].
    #[n(0)]
    pub protocol: u32,
    /// The schema version the phone writes.
    #[n(1)]
    pub schema: i64,
    /// A number the response repeats, so that no answer is taken for another request's.
    #[n(2)]
    pub nonce: u64,
    /// The phone's number, as in the request's signature.
    #[n(3)]
    pub device: DeviceNumber,
    /// Whose phone it is.
    #[n(4)]
    pub person: PersonId,
    /// The phone's clock.
    #[n(5)]
    pub clock: PhoneTime,
    /// Where the phone stands in each feed it knows.
    #[n(6)]
    pub positions: Vec<Position>,
    /// The version of the reference data it holds; 0 for none.
    #[n(7)]
    pub reference: u64,
    /// What is new here, each record's changes in their order.
    #[n(8)]
    pub pushes: Vec<Push>,
    /// About how many bytes of changes it will take back.
    #[n(9)]
    pub budget: u32,
    /// What the last response gave, unread: it says what this phone had been told.
    #[n(10)]
    pub token: Option<ByteVec>,
    /// How far the server's log had come at the last response.
    #[n(11)]
    pub commit: Option<Commit>,
    /// Proofs of who wrote pushed changes and when they first came: of others' changes, and of all that is brought back.
    #[n(12)]
    #[cbor(default)]
    pub receipts: Vec<Receipt>,
    /// What this phone can do, by name: [`ABLE_DOSSIERS`].
    #[n(15)]
    #[cbor(default)]
    pub able: Vec<String>,
    /// The version of the standings it holds; 0 for none.
    #[n(16)]
    #[cbor(default)]
    pub standings: u64,
    /// Dossiers that were read on this phone, for the audit log.
    #[n(18)]
    #[cbor(default)]
    pub readings: Vec<Reading>,
    /// What it asks of a check.
    #[n(19)]
    pub check: Option<Ask>,
    /// Records that it asks for whole.
    #[n(20)]
    #[cbor(default)]
    pub fetch: Vec<RecordId>,
}

/// In [`Request::able`]: the phone can keep dossiers in a file of their own, encrypted.
pub const ABLE_DOSSIERS: &str = "dossiers";

/// The code of a refusal of what belongs to something erased: neither side keeps anything of it.
pub const ERASED: &str = "erased";

/// A dossier was read.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Reading {
    /// A fresh id of the reading, so that one that arrives twice is noted once.
    #[n(0)]
    pub id: RecordId,
    /// The dossier.
    #[n(1)]
    pub dossier: RecordId,
    /// When, by the phone's clock.
    #[n(2)]
    pub at: PhoneTime,
}

impl Request {
    /// A request that brings and asks nothing yet.
    pub fn new(device: DeviceNumber, person: PersonId, clock: PhoneTime, nonce: u64, budget: u32) -> Self {
        Self {
            protocol: PROTOCOL,
            schema: SCHEMA,
            nonce,
            device,
            person,
            clock,
            positions: Vec::new(),
            reference: 0,
            pushes: Vec::new(),
            budget,
            token: None,
            commit: None,
            receipts: Vec::new(),
            able: Vec::new(),
            standings: 0,
            readings: Vec::new(),
            check: None,
            fetch: Vec::new(),
        }
    }
}

/// One record's new changes.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Push {
    /// The record.
    #[n(0)]
    pub record: RecordId,
    /// Its kind.
    #[n(1)]
    pub kind: Kind,
    /// The changes' bytes, each after those it was made upon.
    #[n(2)]
    pub changes: Vec<ByteVec>,
}

/// How a pushed change ended.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Verdict {
    /// The server has it durably, since now.
    #[n(0)]
    Accepted,
    /// The server had it already.
    #[n(1)]
    Known,
    /// The server lacks what it was made upon.
    #[n(2)]
    NeedsDeps,
    /// Too many people changed the record at once: merge what this response brings, and make the edit again.
    #[n(3)]
    PullFirst,
    /// Waits for a branch leader's decision.
    #[n(4)]
    Held,
    /// The server will not take it.
    #[n(5)]
    Refused {
        /// The rule, for programs.
        #[n(0)]
        code: String,
        /// What happened and what to do, for people.
        #[n(1)]
        words: String,
    },
}

/// What the server answers.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Response {
    /// [`PROTOCOL`].
    #[n(0)]
    pub protocol: u32,
    /// The request's number.
    #[n(1)]
    pub nonce: u64,
    /// The server's clock.
    #[n(2)]
    pub clock: ServerTime,
    /// For each push, in the request's order, a verdict for each of its changes.
    #[n(3)]
    pub verdicts: Vec<Vec<Verdict>>,
    /// What is new there.
    #[n(4)]
    pub deliveries: Vec<Delivery>,
    /// Records that left this device's audiences.
    #[n(5)]
    pub evictions: Vec<RecordId>,
    /// Where the phone stands once it has applied this.
    #[n(6)]
    pub positions: Vec<Position>,
    /// Whether there is more to fetch.
    #[n(7)]
    pub more: bool,
    /// The reference data, if the phone's version is not the present one.
    #[n(8)]
    pub reference: Option<Reference>,
    /// What the phone returns with its next request, unread.
    #[n(9)]
    pub token: Option<ByteVec>,
    /// How long the phone may go on without contact, in milliseconds; 0 for no word on that.
    #[n(10)]
    #[cbor(default)]
    pub lease_ms: u64,
    /// The server does not have the commit that the request names: it was restored, and wants back what the phone holds.
    #[n(11)]
    #[cbor(default)]
    pub lost: bool,
    /// How far the server's log has come.
    #[n(12)]
    pub commit: Option<Commit>,
    /// Who wrote what was accepted and delivered here, and when it came.
    #[n(13)]
    pub receipt: Option<ReceiptPart>,
    /// The digests that were asked for, as of when everything here is applied; only if there is no more.
    #[n(15)]
    pub check: Option<Answer>,
    /// The key of the phone's dossiers, for as long as the lease.
    #[n(16)]
    pub dossier_key: Option<DossierKey>,
    /// The standings, if the phone's version is not the present one.
    #[n(17)]
    pub standings: Option<Standings>,
    /// Records that the phone asked for whole and of which the server has nothing.
    #[n(18)]
    #[cbor(default)]
    pub unknown: Vec<RecordId>,
    /// Records that were erased: whatever the phone has of them goes at once, sent or not.
    #[n(19)]
    #[cbor(default)]
    pub erased: Vec<RecordId>,
}

impl Response {
    /// A response that brings nothing.
    pub fn new(nonce: u64, clock: ServerTime) -> Self {
        Self {
            protocol: PROTOCOL,
            nonce,
            clock,
            verdicts: Vec::new(),
            deliveries: Vec::new(),
            evictions: Vec::new(),
            positions: Vec::new(),
            more: false,
            reference: None,
            token: None,
            lease_ms: 0,
            lost: false,
            commit: None,
            receipt: None,
            check: None,
            dossier_key: None,
            standings: None,
            unknown: Vec::new(),
            erased: Vec::new(),
        }
    }
}

/// One record's changes from the server, each after those it was made upon.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Delivery {
    /// The record.
    #[n(0)]
    pub record: RecordId,
    /// Its kind.
    #[n(1)]
    pub kind: Kind,
    /// The changes' bytes.
    #[n(2)]
    pub changes: Vec<ByteVec>,
}

/// The bank as phones hold it, under a version that changes whenever it does.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Reference {
    /// Its version; never 0.
    #[n(0)]
    pub version: u64,
    #[n(1)]
    units: Vec<(UnitId, Option<UnitId>, String, String)>,
    #[n(2)]
    people: Vec<(PersonId, String, String)>,
    #[n(3)]
    memberships: Vec<(PersonId, UnitId, String, Option<String>)>,
    #[n(4)]
    devices: Vec<(DeviceNumber, PersonId)>,
}

impl Reference {
    /// The reference data of a bank.
    pub fn of(bank: &Bank, version: u64) -> Self {
        let unit = |u: &Unit| (u.id.clone(), u.parent.clone(), u.level.name().to_owned(), u.name.clone());
        let person = |p: &Person| (p.id.clone(), p.name.clone(), p.roles.to_string());
        let member = |m: &Membership| {
            (m.person.clone(), m.unit.clone(), m.from.to_string(), m.until.map(|date: Date| date.to_string()))
        };
        Self {
            version,
            units: bank.units().map(unit).collect(),
            people: bank.people().map(person).collect(),
            memberships: bank.memberships().map(member).collect(),
            devices: bank.devices().map(|device| (device.number, device.person)).collect(),
        }
    }

    /// The bank that this describes.
    ///
    /// # Errors
    /// When a name or date in it is malformed, or its parts do not fit together.
    pub fn bank(&self) -> Result<Bank, Invalid> {
        let mut units = Vec::new();
        for (id, parent, level, name) in &self.units {
            let level = UnitLevel::named(level)?;
            units.push(Unit { id: id.clone(), parent: parent.clone(), level, name: name.clone() });
        }
        let mut people = Vec::new();
        for (id, name, role) in &self.people {
            people.push(Person { id: id.clone(), name: name.clone(), roles: role.parse()? });
        }
        let mut memberships = Vec::new();
        for (person, unit, from, until) in &self.memberships {
            let until = until.as_deref().map(date_from_text).transpose()?;
            memberships.push(Membership {
                person: person.clone(),
                unit: unit.clone(),
                from: date_from_text(from)?,
                until,
            });
        }
        let devices = self.devices.iter().map(|(number, person)| Device { number: *number, person: person.clone() });
        Bank::new(units, people, memberships, devices.collect())
            .map_err(|error| Invalid::new("reference data", error, "a bank that fits together"))
    }
}

impl Delivery {
    /// The hash of each change, in order.
    pub fn hashes(&self) -> impl Iterator<Item = ChangeHash> + '_ {
        self.changes.iter().map(|change| crate::document::change_hash(change))
    }
}

impl Push {
    /// The hash of each change, in order.
    pub fn hashes(&self) -> impl Iterator<Item = ChangeHash> + '_ {
        self.changes.iter().map(|change| crate::document::change_hash(change))
    }
}

#[cfg(test)]
pub(super) mod samples {
    use super::*;
    use crate::domain::Role;
    use crate::wire::{CampaignStandings, CheckDigest, Inventory, MetricTotal, ReceiptEntry, UnitStanding};

    fn entry(n: u8) -> ReceiptEntry {
        let received_at = ServerTime::from_millis(1_772_000_000_000).expect("in range");
        let hash = crate::document::change_hash(&[n; 40]);
        ReceiptEntry { hash, author: DeviceNumber::new(n.into()), received_at }
    }

    pub(crate) fn standings() -> Standings {
        let totals = vec![MetricTotal { metric: "visits".into(), confirmed: 12, pending: 0 }];
        let unit = "B".parse().expect("id");
        let first = UnitStanding { unit, rank: 1, score: 24, target: 5, movement: Some(-2), totals };
        let (campaign, week) = (RecordId::new(4, [4; 10]), "2026-W10".parse().expect("a week"));
        let campaign = CampaignStandings { campaign, name: "百日会战".into(), week, units: vec![first] };
        Standings::of(vec![campaign]).expect("encodes")
    }

    fn inventory() -> Inventory {
        let mut inventory = Inventory::default();
        inventory.add(false, RecordId::new(2, [2; 10]), CheckDigest::of_changes(vec![entry(1).hash]));
        inventory
    }

    pub(crate) fn request() -> Request {
        let person = "P1".parse().expect("id");
        let clock = PhoneTime::from_millis(1_772_000_000_000).expect("in range");
        let mut request = Request::new(DeviceNumber::new(7), person, clock, 99, 1_000_000);
        request.positions = vec![Position { feed: Audience::Bank, low: 0, high: 12 }];
        request.pushes = vec![Push {
            record: RecordId::new(1, [1; 10]),
            kind: "visit".parse().expect("kind"),
            changes: vec![vec![1, 2, 3].into(), vec![].into()],
        }];
        request.token = Some(vec![1; 40].into());
        request.commit = Some(Commit { sequence: 12, mark: 6 });
        request.receipts = vec![Receipt { mac: [8; 32], entries: vec![entry(1), entry(2)] }];
        request.able = vec![ABLE_DOSSIERS.to_owned()];
        request.readings =
            vec![Reading { id: RecordId::new(5, [5; 10]), dossier: RecordId::new(6, [6; 10]), at: clock }];
        request.check = Some(Ask { months: Some(vec![672, 673]) });
        request.fetch = vec![RecordId::new(7, [7; 10])];
        request
    }

    pub(crate) fn response() -> Response {
        let unit = |id: &str, parent: Option<&str>, level| Unit {
            id: id.parse().expect("id"),
            parent: parent.map(|p| p.parse().expect("id")),
            level,
            name: "黄浦支行".into(),
        };
        let units = vec![unit("H", None, UnitLevel::HeadOffice), unit("B", Some("H"), UnitLevel::Branch)];
        let person: PersonId = "P1".parse().expect("id");
        let people = vec![Person { id: person.clone(), name: "王芳".into(), roles: Role::AccountManager.into() }];
        let from = Date::constant(2026, 1, 1);
        let member = Membership {
            person: person.clone(),
            unit: "B".parse().expect("id"),
            from,
            until: Some(Date::constant(2026, 7, 1)),
        };
        let device = Device { number: DeviceNumber::new(7), person };
        let bank = Bank::new(units, people, vec![member], vec![device]).expect("a bank");
        let reference = Reference::of(&bank, 3);
        assert_eq!(reference.bank(), Ok(bank));
        Response {
            protocol: PROTOCOL,
            nonce: 99,
            clock: ServerTime::from_millis(1_772_000_000_500).expect("in range"),
            verdicts: vec![vec![
                Verdict::Accepted,
                Verdict::Known,
                Verdict::NeedsDeps,
                Verdict::PullFirst,
                Verdict::Held,
                Verdict::Refused { code: "checksum".into(), words: "…".into() },
            ]],
            deliveries: vec![Delivery {
                record: RecordId::new(2, [2; 10]),
                kind: "prospect".parse().expect("kind"),
                changes: vec![vec![9; 40].into()],
            }],
            evictions: vec![RecordId::new(3, [3; 10])],
            positions: vec![Position { feed: "unit/B".parse().expect("feed"), low: 5, high: 12 }],
            more: true,
            reference: Some(reference),
            token: Some(vec![2; 40].into()),
            lease_ms: 14 * 86_400_000,
            lost: true,
            commit: Some(Commit { sequence: 12, mark: 6 }),
            receipt: Some(ReceiptPart::of([8; 32], &[entry(1), entry(2)])),
            check: Some(inventory().answer(&Ask { months: Some(vec![0]) })),
            dossier_key: Some(DossierKey::new([4; 32])),
            standings: Some(standings()),
            unknown: vec![RecordId::new(7, [7; 10])],
            erased: vec![RecordId::new(8, [8; 10])],
        }
    }
}

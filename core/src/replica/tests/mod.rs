//! Promises of a phone's replica. Phones here are real ones on disk; the server is played by hand, a response at a time.

mod attachments;
#[cfg(feature = "sqlcipher")]
mod care;
#[cfg(feature = "sqlcipher")]
mod dossiers;
mod drafts;
#[cfg(feature = "sqlcipher")]
mod encrypted;
mod enrolled;
mod erasing;
mod exporting;
mod lookup;
mod numbers;
mod plans;
mod receipts;
mod saving;
mod settling;
mod syncing;
mod timeline;
mod today;

use super::*;
use crate::document::gate::{Guarded, Rules};
use crate::document::{Actor, Authorship, Change, ChangeHash, Document};
use crate::domain::{
    Fields, Kind, KindSpec, PhoneTime, RecordId, Role, ServerTime, Value, Zone, assignment, prospect, visit,
};
use crate::projection::{Row, project};
use crate::signing::{Signer, SoftwareKey};
use crate::sync::Applied;
use crate::wire::{Delivery, Enrolled, Request, Response, Verdict};
use std::path::PathBuf;

/// The day of every test: 2026-03-09, 00:00 in Shanghai, a Monday.
const DAY: i64 = 1_772_985_600_000;
const PLENTY: usize = 1024 * 1024;

fn at(millis: i64) -> PhoneTime {
    PhoneTime::from_millis(DAY + millis).expect("in range")
}

fn id(n: u8) -> RecordId {
    RecordId::new(DAY, [n; 10])
}

fn fields(pairs: &[(&str, Value)]) -> Fields {
    pairs.iter().map(|(name, value)| (name.parse().expect("a name"), value.clone())).collect()
}

fn community(name: &str) -> Fields {
    fields(&[("name", name.into()), ("households", 800.into())])
}

fn visited(millis: i64, note: &str) -> Fields {
    visit::Visit::on_site(at(millis), note).to_fields()
}

const HOUR: i64 = 3_600_000;
const DAYS: i64 = 24 * HOUR;

/// An assignment as the server writes and delivers it.
fn assigned(n: u8, prospect: u8, unit: &str, owner: Option<&str>, millis: i64) -> Delivery {
    let owner = owner.map(|owner| owner.parse().expect("id"));
    let to = assignment::Assignment {
        unit: unit.parse().expect("id"),
        owner,
        effective_at: at(millis),
        also: Default::default(),
    };
    let author = Authorship { device: DeviceNumber::SERVER, actor: Actor::new([100 + n; 16]), at: at(millis) };
    let kind = Kind::from(&assignment::KIND);
    let (_, change) = Document::create(id(n), &kind, Some(id(prospect)), &to.to_fields(), &author).expect("created");
    Delivery { record: id(n), kind, changes: vec![change.bytes.into()] }
}

/// A record that somebody else's phone began, as the server delivers it.
fn others(n: u8, kind: &'static KindSpec, prospect: u8, fields: &Fields) -> Delivery {
    let author = Authorship { device: DeviceNumber::new(8), actor: Actor::new([100 + n; 16]), at: at(0) };
    let kind = Kind::from(kind);
    let (_, change) = Document::create(id(n), &kind, Some(id(prospect)), fields, &author).expect("created");
    Delivery { record: id(n), kind, changes: vec![change.bytes.into()] }
}

/// A phone on disk. It writes without waiting for the disk: no test cuts the power.
struct Phone {
    dir: tempfile::TempDir,
    number: u32,
    openings: u8,
    replica: Replica,
}

impl Phone {
    fn new(number: u32) -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("phone.db");
        let replica = Replica::begin(&path, opening(number, 0), identity(number)).expect("begins");
        Self { dir, number, openings: 0, replica }
    }

    fn path(&self) -> PathBuf {
        self.dir.path().join("phone.db")
    }

    fn reopen(&mut self) {
        self.openings += 1;
        self.replica = Replica::open(&self.path(), opening(self.number, self.openings), None).expect("opens again");
    }

    fn begin(&mut self, n: u8) -> RecordId {
        self.replica.create(id(n), &prospect::KIND, None, &community("银枫家园"), at(0)).expect("created");
        id(n)
    }

    fn create(&mut self, n: u8, kind: &'static KindSpec, prospect: u8, fields: &Fields) -> RecordId {
        self.replica.create(id(n), kind, Some(id(prospect)), fields, at(0)).expect("created");
        id(n)
    }

    fn edit(&mut self, record: RecordId, field: &str, value: impl Into<Value>) -> ChangeHash {
        let puts = fields(&[(field, value.into())]);
        self.replica.edit(record, &puts, at(1_000)).expect("edited").expect("differs")
    }

    fn row(&self, record: RecordId) -> Row {
        self.replica.record(record).expect("reads").expect("is here").row
    }

    fn unsynced(&self, record: RecordId) -> usize {
        self.replica.record(record).expect("reads").expect("is here").unsynced
    }

    fn request(&self) -> Request {
        self.replica.request(PLENTY, 1_000_000, 1, at(2_000)).expect("a request")
    }

    fn apply(&mut self, request: &Request, response: &Response) -> Applied {
        self.replica.apply(request, response, at(3_000)).expect("applied")
    }

    /// The server takes everything in the outbox.
    fn acknowledge(&mut self) -> Applied {
        let request = self.request();
        self.apply(&request, &answer(&request, |_| Verdict::Accepted))
    }

    /// The server brings something and asks for nothing.
    fn receive(&mut self, deliveries: Vec<Delivery>) -> Applied {
        let mut request = self.request();
        request.pushes.clear();
        let response = Response { deliveries, ..answer(&request, |_| Verdict::Accepted) };
        self.apply(&request, &response)
    }

    fn count(&self, sql: &str) -> i64 {
        self.replica.main().expect("open").query_row(sql, [], |row| row.get(0)).expect("a number")
    }

    fn kept_bytes(&self) -> i64 {
        self.count("SELECT count(*) FROM quarantine WHERE length(bytes) > 0")
    }

    /// Everything in the database, as text.
    fn dump(&self) -> String {
        let mut all = String::new();
        for table in [
            "setting",
            "change",
            "record",
            "position",
            "quarantine",
            "receipt",
            "reading",
            "erased",
            "retired",
            "wanted",
            "blob",
            "piece",
            "attachment",
            "gazetteer",
            "note",
            "glance",
            "draft",
        ] {
            let mut select = self
                .replica
                .main()
                .expect("open")
                .prepare(&format!("SELECT * FROM {table} ORDER BY 1"))
                .expect("a table");
            let columns = select.column_count();
            let mut found = select.query([]).expect("reads");
            while let Some(row) = found.next().expect("reads") {
                let values: Vec<_> = (0..columns).map(|n| row.get_ref(n).expect("a value")).collect();
                all.push_str(&format!("{table} {values:?}\n"));
            }
        }
        all
    }

    /// The record's document, from the stored changes.
    fn document(&self, record: RecordId) -> Document {
        super::changes::document(self.replica.main().expect("open"), record).expect("loads").expect("is here").0
    }

    fn cap_now(&self) {
        let pages = self.count("SELECT * FROM pragma_page_count");
        self.replica.cap_pages(u32::try_from(pages).expect("few pages"));
    }
}

fn opening(number: u32, opening: u8) -> Opening {
    let mut actor_seed = [opening; 16];
    actor_seed[..4].copy_from_slice(&number.to_be_bytes());
    Opening { actor_seed, durability: Durability::AppEnd, key: None, at: at(0) }
}

fn key(n: u8) -> SoftwareKey {
    SoftwareKey::from_secret(&[n; 32]).expect("a key")
}

/// Who a phone is, by the server with key 99.
fn identity(number: u32) -> Identity {
    let enrolled = Enrolled {
        device: DeviceNumber::new(number),
        person: format!("P{number}").parse().expect("id"),
        name: "王芳".to_owned(),
        roles: Role::AccountManager.into(),
        units: Vec::new(),
        clock: ServerTime::from_millis(DAY).expect("in range"),
        server_key: key(99).public_key(),
        token: Vec::new().into(),
        lease_ms: 0,
        dossier_key: None,
    };
    Identity { enrolled, key: PhoneKey::Software(key(7)), salt: [5; 32] }
}

/// What the server says to a request when it says nothing but verdicts.
fn answer(request: &Request, verdict: impl Fn(&ChangeHash) -> Verdict) -> Response {
    let verdicts = request.pushes.iter().map(|push| push.hashes().map(|hash| verdict(&hash)).collect()).collect();
    let clock = ServerTime::from_millis(DAY + 3_000).expect("in range");
    Response { verdicts, ..Response::new(request.nonce, clock) }
}

/// What a request brings, as the server delivers it to other phones.
fn delivered(request: &Request) -> Vec<Delivery> {
    let delivery = |push: &crate::wire::Push| Delivery {
        record: push.record,
        kind: push.kind.clone(),
        changes: push.changes.clone(),
    };
    request.pushes.iter().map(delivery).collect()
}

fn refused(code: &str) -> Verdict {
    Verdict::Refused { code: code.to_owned(), words: "ask your branch leader".to_owned() }
}

fn hashes(request: &Request) -> Vec<ChangeHash> {
    request.pushes.iter().flat_map(|push| push.hashes().collect::<Vec<_>>()).collect()
}

/// Two phones that both hold one prospect, acknowledged.
fn two_phones() -> (Phone, Phone, RecordId) {
    let (mut ours, mut theirs) = (Phone::new(7), Phone::new(8));
    let record = ours.begin(1);
    let first = delivered(&ours.request());
    ours.acknowledge();
    theirs.receive(first);
    (ours, theirs, record)
}

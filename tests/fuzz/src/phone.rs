//! A response's bytes applied by a phone on disk that has work of its own to send. Whatever a server says in good form is
//! applied, also when it says it twice; and the phone can be read, written, opened anew and synced after that.

use crate::body;
use crate::files::folder;
use crate::record::life;
use canvass_core::domain::{DeviceNumber, Fields, Kind, PhoneTime, RecordId, Role, ServerTime, prospect};
use canvass_core::replica::{Durability, Identity, Opening, PhoneKey, Query, Replica};
use canvass_core::signing::{Signer, SoftwareKey};
use canvass_core::wire::{Delivery, Enrolled, Request, Response, Verdict};
use std::path::PathBuf;
use std::sync::LazyLock;

const PLENTY: usize = 1024 * 1024;
const PULL: u32 = 1024 * 1024;

/// The database of the phone before each input.
static BEFORE: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let mut phone = Replica::begin(&path(), opening(1), identity()).expect("begins");
    let life = life();
    let record = RecordId::new(1_772_000_000_000, [1; 10]);
    let changes = life[..5].iter().map(|step| step.change.clone().into()).collect();
    let request = request(&phone);
    let deliveries = vec![Delivery { record, kind: Kind::from(&prospect::KIND), changes }];
    phone.apply(&request, &Response { deliveries, ..accepting(&request) }, now()).expect("applied");
    phone.create(own(), &prospect::KIND, None, &puts("name", "青溪新村"), now()).expect("created");
    phone.edit(own(), &puts("note", "周末再去"), now()).expect("edited");
    phone.edit(record, &puts("name", "银枫家园二期"), now()).expect("edited");
    drop(phone);
    std::fs::read(path()).expect("there")
});

fn path() -> PathBuf {
    folder().join("phone.db")
}

fn now() -> PhoneTime {
    PhoneTime::from_millis(1_772_000_000_000).expect("in range")
}

/// A record that began on the phone itself.
fn own() -> RecordId {
    RecordId::new(1_772_000_000_000, [2; 10])
}

fn puts(field: &str, value: &str) -> Fields {
    [(field.parse().expect("a name"), value.into())].into_iter().collect()
}

fn opening(n: u8) -> Opening {
    Opening { actor_seed: [n; 16], durability: Durability::AppEnd, key: None, at: now() }
}

fn identity() -> Identity {
    let key = |n| SoftwareKey::from_secret(&[n; 32]).expect("a key");
    let enrolled = Enrolled {
        device: DeviceNumber::new(1),
        person: "P1".parse().expect("a person"),
        name: "王芳".to_owned(),
        roles: Role::AccountManager.into(),
        units: Vec::new(),
        clock: ServerTime::from_millis(now().millis()).expect("in range"),
        server_key: key(8).public_key(),
        token: Vec::new().into(),
        lease_ms: 0,
        dossier_key: None,
    };
    Identity { enrolled, key: PhoneKey::Software(key(7)), salt: [5; 32] }
}

fn request(phone: &Replica) -> Request {
    phone.request(PLENTY, PULL, 99, now()).expect("a request")
}

fn accepting(request: &Request) -> Response {
    let verdicts = request.pushes.iter().map(|push| vec![Verdict::Accepted; push.changes.len()]).collect();
    let clock = ServerTime::from_millis(now().millis()).expect("in range");
    Response { verdicts, ..Response::new(request.nonce, clock) }
}

/// Runs on an input.
pub fn run(input: &[u8]) {
    let Ok(mut response) = Response::decode(&body(input)) else { return };
    let before = &*BEFORE;
    for beside in ["phone.db-wal", "phone.db-shm"] {
        drop(std::fs::remove_file(folder().join(beside)));
    }
    std::fs::write(path(), before).expect("written");
    let mut phone = Replica::open(&path(), opening(2), None).expect("opens");

    let request = request(&phone);
    // A session lets nothing else through to the phone.
    response.nonce = request.nonce;
    response.verdicts.resize(request.pushes.len(), Vec::new());
    for (verdicts, push) in response.verdicts.iter_mut().zip(&request.pushes) {
        verdicts.resize(push.changes.len(), Verdict::Accepted);
    }
    for _ in 0..2 {
        phone.apply(&request, &response, now()).expect("applied");
    }
    use_it(&mut phone, 4);
    let rows = phone.query(&Query::default()).expect("reads");
    drop(phone);
    let mut phone = Replica::open(&path(), opening(3), None).expect("opens again");
    assert_eq!(phone.query(&Query::default()).expect("reads"), rows, "what was there is there");
    use_it(&mut phone, 5);
}

/// What a person and a sound server do with a phone at any time.
fn use_it(phone: &mut Replica, fresh: u8) {
    let rows = phone.query(&Query::default()).expect("reads");
    for row in &rows {
        phone.record(row.id).expect("reads").expect("is listed");
    }
    phone.bank().expect("reads");
    phone.standings().expect("reads");
    phone.inbox().expect("reads");
    let fresh = RecordId::new(1_772_000_000_001, [fresh; 10]);
    phone.create(fresh, &prospect::KIND, None, &puts("name", "永业公寓"), now()).expect("records");
    let request = request(phone);
    assert!(!request.pushes.is_empty(), "what was recorded goes along");
    assert_eq!(Request::decode(&request.encode().expect("fits")).as_ref(), Ok(&request));
    phone.apply(&request, &accepting(&request), now()).expect("applied");
}

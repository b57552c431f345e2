//! The phone's process: it says what it lost, then records and syncs, and says of everything that it is safe once it is.

use crate::bank::{identity, key_of, person, small_bank};
use canvass_core::domain::prospect::Prospect;
use canvass_core::domain::visit::Visit;
use canvass_core::domain::{Fields, PhoneTime, RecordId, prospect, visit};
use canvass_core::projection::Row;
use canvass_core::replica::{Durability, Query};
use canvass_core::signing::{PublicKey, Signer};
use canvass_server::clock::{Clock, SystemClock};
use canvass_server::demo::bank::PhoneOwner;
use canvass_server::demo::link::HttpTransport;
use canvass_server::demo::phone::{Phone, PhoneError, Setup};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::collections::HashSet;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// How many records of earlier days are edited again.
const RECENT: u32 = 60;

pub(super) fn now() -> PhoneTime {
    SystemClock.now().as_recorded()
}

pub(super) fn owner() -> PhoneOwner {
    small_bank(1).1.into_iter().find(|owner| owner.person == person("B1-S1-P1")).expect("a phone")
}

/// The phone in a folder, which has just enrolled with a server of that key if it is not there yet.
pub(super) fn phone_in(folder: &Path, durability: Durability, seed: u64, server: Option<PublicKey>) -> Phone {
    let setup = Setup { folder: folder.to_owned(), durability, key: None, seed, skew_ms: 0 };
    let server = server.unwrap_or_else(|| key_of(owner().device).public_key());
    Phone::take(owner(), identity(&owner(), server, SystemClock.now()), setup, now()).expect("a phone")
}

/// How often a record was edited: its note says that.
pub(super) fn edition(row: &Row) -> u64 {
    row.fields.text("note").and_then(|note| note.parse().ok()).unwrap_or(0)
}

/// Reads `check RECORD EDITION` and `server URL` from standard input up to `go`, and says `missing RECORD` for each record
/// that is not here at least in that edition, then `ready`. After that, `saved RECORD EDITION`, `acknowledged HASH` and
/// `synced` or `failed`, until standard input ends or, if there is a number of them, so many syncs have been tried.
///
/// # Panics
/// When the database cannot be used.
pub fn work(folder: &Path, seed: u64, durable: bool, syncs: Option<usize>) {
    let durability = if durable { Durability::PowerLoss } else { Durability::Consistent };
    let mut phone = phone_in(folder, durability, seed, None);
    let server = Arc::new(Mutex::new(String::new()));
    for line in std::io::stdin().lines() {
        let line = line.expect("a line");
        let words: Vec<_> = line.split(' ').collect();
        match words[..] {
            ["check", record, expected] => {
                let row = phone.replica().record(record.parse().expect("an id")).expect("read").map(|view| view.row);
                let expected = expected.parse().expect("a number");
                if row.is_none_or(|row| edition(&row) < expected) {
                    println!("missing {record}");
                }
            }
            ["server", url] => url.clone_into(&mut server.lock().expect("nobody panics")),
            _ => break,
        }
    }
    println!("ready");
    let told = server.clone();
    std::thread::spawn(move || {
        for line in std::io::stdin().lines().map_while(Result::ok) {
            if let Some(url) = line.strip_prefix("server ") {
                url.clone_into(&mut told.lock().unwrap_or_else(PoisonError::into_inner));
            }
        }
        if syncs.is_none() {
            std::process::exit(0);
        }
    });
    let mut worker = Worker::of(phone, seed);
    for _ in 0..syncs.unwrap_or(usize::MAX) {
        worker.record_some();
        let url = server.lock().unwrap_or_else(PoisonError::into_inner).clone();
        worker.sync(&url);
    }
}

struct Worker {
    phone: Phone,
    rng: ChaCha8Rng,
    prospects: Vec<RecordId>,
    /// What can be edited, in which edition.
    records: Vec<(RecordId, u64)>,
    said: HashSet<canvass_core::document::ChangeHash>,
    transport: Option<(String, HttpTransport)>,
}

impl Worker {
    fn of(mut phone: Phone, seed: u64) -> Self {
        let query = Query { limit: RECENT, ..Query::default() };
        let rows = phone.replica().query(&query).expect("read");
        let kind = |row: &Row| row.kind.spec().map_or("", |spec| spec.name);
        let own = |row: &&Row| [prospect::KIND.name, visit::KIND.name].contains(&kind(row));
        let records: Vec<_> = rows.iter().filter(own).map(|row| (row.id, edition(row))).collect();
        let prospects = rows.iter().filter(|row| kind(row) == prospect::KIND.name).map(|row| row.id).collect();
        let rng = ChaCha8Rng::seed_from_u64(seed);
        Self { phone, rng, prospects, records, said: HashSet::new(), transport: None }
    }

    fn record_some(&mut self) {
        for _ in 0..self.rng.random_range(1..=8) {
            let choice = self.rng.random_range(0..10);
            if self.prospects.is_empty() || choice == 0 {
                let fields = Prospect::named("银枫家园").to_fields().with("note".parse().expect("a field"), "1".into());
                let id = self.phone.record(&prospect::KIND, None, &fields, now()).expect("recorded");
                self.prospects.push(id);
                self.saved(id, 1);
            } else if choice < 4 && !self.records.is_empty() {
                let place = self.rng.random_range(0..self.records.len());
                let (id, edition) = self.records.swap_remove(place);
                let puts =
                    Fields::new().with("note".parse().expect("a field"), (edition + 1).to_string().as_str().into());
                self.phone.edit(id, &puts, now()).expect("edited");
                self.saved(id, edition + 1);
            } else {
                let place = self.rng.random_range(0..self.prospects.len());
                let fields = Visit::on_site(now(), "1").to_fields();
                let id = self.phone.record(&visit::KIND, Some(self.prospects[place]), &fields, now());
                self.saved(id.expect("recorded"), 1);
            }
        }
    }

    fn saved(&mut self, id: RecordId, edition: u64) {
        println!("saved {id} {edition}");
        self.records.push((id, edition));
    }

    fn sync(&mut self, url: &str) {
        if self.transport.as_ref().is_none_or(|(known, _)| known != url) {
            self.transport = Some((url.to_owned(), HttpTransport::new(url)));
        }
        let Some((_, transport)) = &mut self.transport else { return };
        let result = self.phone.sync(transport, now());
        // Also what was acknowledged in a sync that failed later.
        for hash in self.phone.acknowledged().iter().filter(|hash| !self.said.contains(hash)) {
            println!("acknowledged {hash}");
        }
        self.said.clone_from(self.phone.acknowledged());
        match result {
            Ok(_) => println!("synced"),
            Err(PhoneError::Sync { .. }) => println!("failed"),
            Err(other) => panic!("{other}"),
        }
    }
}

//! A server and a phone, killed and started again, and what they said to be safe in the meantime.

use super::child::Running;
use super::phone::{edition, now, owner, phone_in};
use super::powercut::{Disk, Shim};
use super::server::{found, hash, runtime, store_in};
use super::{Figures, Plan, Role};
use canvass_core::domain::{RecordId, Zone};
use canvass_core::projection::Row;
use canvass_core::replica::{Durability, Query};
use canvass_server::clock::{Clock, SystemClock};
use canvass_server::demo::link::HttpTransport;
use canvass_server::store::{SqliteStore, Store};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rusqlite::Connection;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// After how many operations of the phone somebody is killed at most.
const LONGEST: f64 = 500.0;

/// How long the killer waits behind an operation at most, so that it hits any moment of the next ones.
const HESITATION: Duration = Duration::from_millis(4);

/// One in so many that start is killed before it is ready, within this time.
const IMPATIENCE: (u32, Duration) = (8, Duration::from_millis(25));

/// One of the two: its folder, its process while it runs, and what was said to be safe there.
struct Side {
    folder: PathBuf,
    disk: Option<Disk>,
    running: Option<Running>,
    /// Records in their editions, or changes (as edition 0), by their names.
    safe: BTreeMap<String, u64>,
    /// Those of them for which it was not asked since they were said.
    unasked: BTreeMap<String, u64>,
}

impl Side {
    fn safe(&mut self, name: &str, edition: u64) {
        self.safe.insert(name.to_owned(), edition);
        self.unasked.insert(name.to_owned(), edition);
    }
}

/// A server and a phone.
pub(super) struct Pair<'a> {
    program: &'a Path,
    plan: &'a Plan,
    shim: Option<&'a Shim>,
    figures: &'a mut Figures,
    rng: ChaCha8Rng,
    server: Side,
    phone: Side,
    address: String,
    _folder: tempfile::TempDir,
}

impl<'a> Pair<'a> {
    /// A new server and a phone that is enrolled there, both running.
    pub(super) fn begin(
        program: &'a Path,
        plan: &'a Plan,
        shim: Option<&'a Shim>,
        seed: u64,
        figures: &'a mut Figures,
    ) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let side = |name| {
            let folder = folder.path().join(name);
            std::fs::create_dir(&folder).expect("a folder");
            Side { folder, disk: None, running: None, safe: BTreeMap::new(), unasked: BTreeMap::new() }
        };
        let (mut server, mut phone) = (side("server"), side("phone"));
        let store = store_in(&server.folder, true);
        runtime().block_on(found(&store));
        drop(phone_in(&phone.folder, Durability::PowerLoss, seed, Some(store.secrets().signer().public_key())));
        drop(store);
        for side in [&mut server, &mut phone] {
            side.disk = shim.map(|_| Disk::under(&side.folder));
        }
        let (rng, address) = (ChaCha8Rng::seed_from_u64(seed), String::new());
        Self { program, plan, shim, figures, rng, server, phone, address, _folder: folder }
    }

    /// Kills until there were so many kills. `None` when one of the two did not start any more.
    pub(super) fn kill_until(&mut self, kills: usize, progress: &mut impl FnMut(usize)) -> Option<()> {
        self.start(Role::Server)?;
        self.start(Role::Phone)?;
        while self.figures.kills() < kills && (self.plan.weakened.is_some() || self.figures.all_is_well()) {
            // As likely between 1 and 2 as between 250 and 500.
            let operations = LONGEST.powf(self.rng.random_range(0.0..1.0)).ceil();
            self.listen(operations)?;
            std::thread::sleep(HESITATION.mul_f32(self.rng.random_range(0.0..1.0)));
            match self.rng.random_range(0..10) {
                0..5 => self.kill_and_start(&[Role::Server])?,
                5..9 => self.kill_and_start(&[Role::Phone])?,
                _ => self.kill_and_start(&[Role::Phone, Role::Server])?,
            }
            progress(self.figures.kills());
        }
        Some(())
    }

    fn kill_and_start(&mut self, roles: &[Role]) -> Option<()> {
        for role in roles {
            self.kill(*role);
        }
        roles.iter().rev().try_for_each(|role| self.start(*role))
    }

    fn side(&mut self, role: Role) -> &mut Side {
        match role {
            Role::Server => &mut self.server,
            Role::Phone => &mut self.phone,
        }
    }

    /// Hears so many operations of the phone.
    fn listen(&mut self, operations: f64) -> Option<()> {
        let mut heard = 0.0;
        while heard < operations {
            let Some(line) = self.phone.running.as_ref().and_then(Running::hear) else {
                self.gone(Role::Phone, "ended while it worked");
                return None;
            };
            heard += if self.heard(&line) { 1.0 } else { 0.0 };
        }
        Some(())
    }

    /// Notes what one of the two said. Returns whether it ended an operation.
    fn heard(&mut self, line: &str) -> bool {
        let words: Vec<_> = line.split(' ').collect();
        match words[..] {
            ["saved", record, edition] => {
                self.phone.safe(record, edition.parse().expect("a number"));
                self.figures.saved += 1;
            }
            ["acknowledged", change] => {
                if !self.server.safe.contains_key(change) {
                    self.server.safe(change, 0);
                    self.figures.acknowledged += 1;
                }
                return false;
            }
            ["synced"] => self.figures.synced += 1,
            ["failed"] => {}
            _ => self.figures.faults.push(format!("a phone said {line:?}")),
        }
        true
    }

    fn kill(&mut self, role: Role) {
        let Some(running) = self.side(role).running.take() else { return };
        let said = running.kill();
        self.figures.count_kill(role);
        if role == Role::Phone {
            for line in &said {
                self.heard(line);
            }
        }
        self.after_death(role);
    }

    fn after_death(&mut self, role: Role) {
        self.side(role).disk.iter().for_each(Disk::cut);
    }

    fn command(&mut self, role: Role) -> Command {
        let seed = self.rng.random_range(0..u64::from(u32::MAX));
        let mut command = Command::new(self.program);
        let side = self.side(role);
        command.arg(if role == Role::Server { "--as-server" } else { "--as-phone" }).arg(&side.folder);
        command.args(["--seed", &seed.to_string()]);
        if self.plan.weakened == Some(role) {
            command.args(["--weaken", if role == Role::Server { "server" } else { "phone" }]);
        }
        if let (Some(shim), Some(disk)) = (self.shim, &self.side(role).disk) {
            // One in two disks keeps nothing that was not synced, the others some of it.
            disk.preload(&mut command, shim, (seed % 2 == 0).then_some(seed), None);
        }
        command
    }

    /// Starts one of the two, which has to say first whether all is there that was said to be safe since it was last asked.
    fn start(&mut self, role: Role) -> Option<()> {
        loop {
            let mut running = Running::start(&mut self.command(role));
            let mut told = String::new();
            for (name, edition) in &self.side(role).unasked {
                // Writing into a string never fails.
                let _ = match role {
                    Role::Server => writeln!(told, "check {name}"),
                    Role::Phone => writeln!(told, "check {name} {edition}"),
                };
            }
            if role == Role::Phone {
                let _ = writeln!(told, "server {}", self.address);
            }
            running.tell(&format!("{told}go\n"));
            if self.rng.random_range(0..IMPATIENCE.0) == 0 {
                std::thread::sleep(IMPATIENCE.1.mul_f32(self.rng.random_range(0.0..1.0)));
                let said = running.kill();
                self.figures.count_kill(role);
                self.figures.while_starting += 1;
                for line in said {
                    if !self.is_missing(role, &line) && role == Role::Phone && line != "ready" {
                        self.heard(&line);
                    }
                }
                self.after_death(role);
                continue;
            }
            loop {
                let Some(line) = running.hear() else {
                    self.gone(role, "did not start again");
                    return None;
                };
                if let Some(address) = line.strip_prefix("ready") {
                    if role == Role::Server {
                        self.address = format!("http://{}", address.trim());
                    }
                    break;
                }
                if !self.is_missing(role, &line) {
                    self.figures.faults.push(format!("{role:?} said {line:?} while starting"));
                }
            }
            let side = self.side(role);
            side.running = Some(running);
            side.unasked.clear();
            if let (Role::Server, Some(phone)) = (role, &mut self.phone.running) {
                phone.tell(&format!("server {}\n", self.address));
            }
            return Some(());
        }
    }

    /// Notes that something is lost, if a line says that.
    fn is_missing(&mut self, role: Role, line: &str) -> bool {
        let Some(name) = line.strip_prefix("missing ") else { return false };
        let side = self.side(role);
        side.unasked.remove(name);
        side.safe.remove(name);
        self.lost(role, 1);
        true
    }

    fn lost(&mut self, role: Role, number: usize) {
        match role {
            Role::Server => self.figures.lost_acknowledged += number,
            Role::Phone => self.figures.lost_saved += number,
        }
    }

    /// One of the two does not run any more: with it all is lost that was safe there.
    fn gone(&mut self, role: Role, how: &str) {
        let number = std::mem::take(&mut self.side(role).safe).len();
        self.lost(role, number);
        if self.plan.weakened != Some(role) {
            self.figures.faults.push(format!("{role:?} {how}"));
        }
    }

    /// Both are killed once more; then the phone syncs calmly, and all that was ever said is looked for.
    pub(super) fn look_at_all(mut self) {
        self.kill(Role::Phone);
        self.kill(Role::Server);
        // Which one was weakened may be damaged, and was seen to lose: there is nothing to look for.
        if self.plan.weakened.is_some() || self.start(Role::Server).is_none() {
            return;
        }
        let mut phone = phone_in(&self.phone.folder, Durability::PowerLoss, self.rng.random(), None);
        let mut transport = HttpTransport::new(&self.address);
        if let Err(error) = phone.sync(&mut transport, now()) {
            self.figures.faults.push(error.to_string());
        }
        let here = rows(&mut phone);
        let fault = |found: bool, fault: &str| found.then(|| fault.to_owned());
        let unsent = phone.replica().outstanding().is_ok_and(|outstanding| outstanding > 0);
        let inbox = phone.replica().inbox().is_ok_and(|inbox| !inbox.is_empty());
        // The server waits for open connections.
        drop((phone, transport));
        self.server.running.take().map(Running::end);
        let short = |(name, edition_said): (&String, &u64)| {
            let row = name.parse().ok().and_then(|id: RecordId| here.get(&id));
            row.is_none_or(|row| edition(row) < *edition_said)
        };
        self.figures.lost_saved += self.phone.safe.iter().filter(|safe| short(*safe)).count();
        let store = store_in(&self.server.folder, true);
        let (missing, mut faults) = runtime().block_on(look_at_store(&store, &self.server.safe, &here));
        drop(store);
        self.figures.lost_acknowledged += missing;
        faults.extend(fault(unsent, "a phone cannot send all it has"));
        faults.extend(fault(inbox, "something was refused"));
        for side in [&self.server, &self.phone] {
            faults.extend(fault(!sound(&side.folder), "a database is not sound"));
        }
        self.figures.faults.extend(faults);
    }
}

fn rows(phone: &mut canvass_server::demo::phone::Phone) -> BTreeMap<RecordId, Row> {
    let all = Query { limit: u32::MAX, ..Query::default() };
    phone.replica().query(&all).expect("read").into_iter().map(|row| (row.id, row)).collect()
}

/// How many acknowledged changes are not in the log, and what else is wrong: the phone has to have what the server has of
/// its person's, each once, and all that is derived has to be what a rebuild makes of the log.
async fn look_at_store(
    store: &SqliteStore,
    acknowledged: &BTreeMap<String, u64>,
    here: &BTreeMap<RecordId, Row>,
) -> (usize, Vec<String>) {
    let mut faults = Vec::new();
    let asked: BTreeSet<_> = acknowledged.keys().map(|name| hash(name)).collect();
    let found = store.has_changes(asked.iter().copied().collect()).await.expect("read");
    let today = SystemClock.now().date(&Zone::china());
    let there = store.rows_for(&owner().person, today).await.expect("rows");
    if there.len() != here.len() || there.iter().any(|row| here.get(&row.id) != Some(row)) {
        faults.push(format!("phone and server differ: {} and {} records", here.len(), there.len()));
    }
    let rebuilt = store.rebuild().await.expect("rebuilt");
    if !rebuilt.nothing_differed() || rebuilt.contributions == 0 {
        faults.push(format!("{rebuilt:?}"));
    }
    let counts = store.counts().await.expect("counts");
    if counts.quarantined > 0 || counts.in_conflict > 0 {
        faults.push(format!("{counts:?}"));
    }
    (asked.len() - found.len(), faults)
}

/// Whether the databases of a folder are sound.
fn sound(folder: &Path) -> bool {
    let files = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let databases: Vec<_> = files.filter(|path| path.extension().is_some_and(|ending| ending == "db")).collect();
    let checked = |path: &PathBuf| -> rusqlite::Result<String> {
        Connection::open(path)?.query_row("PRAGMA integrity_check", [], |row| row.get(0))
    };
    !databases.is_empty() && databases.iter().all(|path| checked(path).is_ok_and(|word| word == "ok"))
}

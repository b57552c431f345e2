//! A process killed at every step: before each file it makes, write, sync, shortening and removal, in the middle of each
//! write, one run for each. Both what is in its files then and what a power cut would leave of them is taken up again.

use super::Role;
use super::child::Running;
use super::phone::{edition, now, owner, phone_in};
use super::powercut::{Disk, Shim, copy};
use super::server::{found, hash, listening, runtime, store_in};
use canvass_core::document::ChangeHash;
use canvass_core::domain::{RecordId, Zone};
use canvass_core::replica::{Durability, Query};
use canvass_server::clock::{Clock, SystemClock};
use canvass_server::demo::link::HttpTransport;
use canvass_server::http::serve;
use canvass_server::store::{SqliteStore, Store};
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;

/// How many syncs a phone makes in each run.
const SYNCS: &str = "2";

/// What came of it.
#[derive(Debug, Clone, Default)]
pub struct Stepped {
    /// How many steps there were.
    pub steps: usize,
    /// Records and edits that were said to be saved, in all runs.
    pub saved: usize,
    /// Changes that were said to be acknowledged, in all runs.
    pub acknowledged: usize,
    /// What was lost, or is otherwise not as it has to be.
    pub faults: Vec<String>,
}

impl fmt::Display for Stepped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (steps, saved, acknowledged) = (self.steps, self.saved, self.acknowledged);
        write!(f, "{steps} steps, {saved} records and edits saved, {acknowledged} changes acknowledged")?;
        self.faults.iter().try_for_each(|fault| write!(f, "\nWRONG: {fault}"))
    }
}

/// What a phone said in a run.
#[derive(Default)]
struct Said {
    saved: Vec<(RecordId, u64)>,
    acknowledged: Vec<String>,
}

impl Said {
    fn of(lines: &[String]) -> Self {
        let mut said = Self::default();
        for line in lines {
            match line.split(' ').collect::<Vec<_>>()[..] {
                ["saved", record, edition] => {
                    said.saved.push((record.parse().expect("an id"), edition.parse().expect("a number")));
                }
                ["acknowledged", change] => said.acknowledged.push(change.to_owned()),
                _ => {}
            }
        }
        said
    }
}

/// A server in this process.
struct Hosted {
    store: Arc<SqliteStore>,
    url: String,
    runtime: Runtime,
    _end: oneshot::Sender<()>,
}

impl Hosted {
    fn on(folder: &Path) -> Self {
        let (store, runtime) = (Arc::new(store_in(folder, false)), runtime());
        let (app, listener) = runtime.block_on(listening(store.clone()));
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let (end, ended) = oneshot::channel();
        runtime.spawn(serve(listener, app, async { drop(ended.await) }));
        Self { store, url, runtime, _end: end }
    }

    /// Whether it has changes.
    fn has(&self, changes: &[String]) -> bool {
        let hashes: Vec<_> = changes.iter().map(|change| hash(change)).collect();
        let found = self.runtime.block_on(self.store.has_changes(hashes)).expect("read");
        changes.iter().all(|change| found.contains(&hash(change)))
    }
}

/// Takes a phone up as it was left, which must have what it said to be saved, and syncs it with a server, after which that
/// must have the same.
fn takes_up(folder: &Path, said: &Said, server: &Hosted, seed: u64) -> Result<(), String> {
    let mut phone = phone_in(folder, Durability::AppEnd, seed, None);
    for (id, expected) in &said.saved {
        let row = phone.replica().record(*id).map_err(|error| error.to_string())?.map(|view| view.row);
        if row.is_none_or(|row| edition(&row) < *expected) {
            return Err(format!("{id} is not there in edition {expected}"));
        }
    }
    if !server.has(&said.acknowledged) {
        return Err("the server lacks what it acknowledged".to_owned());
    }
    let report = phone.sync(&mut HttpTransport::new(&server.url), now()).map_err(|error| error.to_string())?;
    let refused = !phone.replica().inbox().map_err(|error| error.to_string())?.is_empty();
    if !report.synced() || refused {
        return Err(format!("not all was taken: {report:?}"));
    }
    let all = Query { limit: u32::MAX, ..Query::default() };
    let mut here = phone.replica().query(&all).map_err(|error| error.to_string())?;
    let today = SystemClock.now().date(&Zone::china());
    let there = server.runtime.block_on(server.store.rows_for(&owner().person, today));
    let mut there = there.map_err(|error| error.to_string())?;
    here.sort_by_key(|row| row.id);
    there.sort_by_key(|row| row.id);
    if here == there { Ok(()) } else { Err(format!("{} records here, {} there", here.len(), there.len())) }
}

/// The folders of one run.
struct Run {
    folder: PathBuf,
    disk: Disk,
}

impl Run {
    fn of(folder: PathBuf, template: Option<&Path>) -> Self {
        match template {
            Some(template) => copy(template, &folder),
            None => std::fs::create_dir(&folder).expect("a folder"),
        }
        Self { disk: Disk::under(&folder), folder }
    }

    fn start(&self, command: &mut Command, shim: &Shim, step: usize) -> Running {
        self.disk.preload(command, shim, None, Some(step));
        Running::start(command)
    }

    /// What was left by the kill, and what a power cut would have left.
    fn left(self) -> [PathBuf; 2] {
        let after = self.folder.with_extension("after");
        copy(self.disk.path(), &after);
        [self.folder, after]
    }
}

fn phone_command(program: &Path, folder: &Path, seed: usize) -> Command {
    let mut command = Command::new(program);
    command.arg("--as-phone").arg(folder).args(["--seed", &seed.to_string()]);
    command
}

fn server_command(program: &Path, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.arg("--as-server").arg(folder);
    command
}

/// Kills one of the two at every step of some work and two syncs: the phone from its beginning on, the server from a start
/// to its end.
///
/// # Panics
/// When the machine does not let it, or files cannot be opened any more.
pub fn at_every_step(program: &Path, shim: &Shim, role: Role) -> Stepped {
    let scratch = tempfile::tempdir().expect("a folder");
    let template = scratch.path().join("server");
    std::fs::create_dir(&template).expect("a folder");
    let store = store_in(&template, false);
    runtime().block_on(found(&store));
    drop(store);
    let mut stepped = Stepped::default();
    for step in 1.. {
        let at = |what: &str| scratch.path().join(format!("{what}-{step}"));
        let (said, ended) = match role {
            Role::Phone => {
                let run = Run::of(at("phone"), None);
                let there = at("server");
                copy(&template, &there);
                let server = Hosted::on(&there);
                let mut running =
                    run.start(phone_command(program, &run.folder, step).args(["--syncs", SYNCS]), shim, step);
                running.tell(&format!("server {}\ngo\n", server.url));
                let (lines, ended) = running.end();
                let said = Said::of(&lines);
                for (folder, how) in run.left().iter().zip(["killed", "without power"]) {
                    let seed = 2 * step as u64 + u64::from(how == "killed") + 1_000_000;
                    let taken_up = takes_up(folder, &said, &server, seed);
                    stepped.faults.extend(taken_up.err().map(|fault| format!("step {step}, {how}: {fault}")));
                }
                (said, ended)
            }
            Role::Server => {
                let run = Run::of(at("server"), Some(&template));
                let mut running = run.start(&mut server_command(program, &run.folder), shim, step);
                running.tell("go\n");
                let phone = at("phone");
                std::fs::create_dir(&phone).expect("a folder");
                // A server that is killed before it listens is not there for the phone.
                let address = running.hear().and_then(|line| line.strip_prefix("ready ").map(str::to_owned));
                let url = format!("http://{}", address.as_deref().unwrap_or("127.0.0.1:9"));
                let mut working = Running::start(phone_command(program, &phone, step).args(["--syncs", SYNCS]));
                working.tell(&format!("server {url}\ngo\n"));
                let said = Said::of(&working.end().0);
                let (_, ended) = running.end();
                for (folder, how) in run.left().iter().zip(["killed", "without power"]) {
                    let server = Hosted::on(folder);
                    let again = at(how);
                    copy(&phone, &again);
                    let mut taken_up = takes_up(&again, &said, &server, 2_000_000 + step as u64);
                    let rebuilt = server.runtime.block_on(server.store.rebuild()).expect("rebuilt");
                    if !rebuilt.nothing_differed() {
                        taken_up = Err(format!("{rebuilt:?}"));
                    }
                    stepped.faults.extend(taken_up.err().map(|fault| format!("step {step}, {how}: {fault}")));
                }
                (said, ended)
            }
        };
        stepped.saved += said.saved.len();
        stepped.acknowledged += said.acknowledged.len();
        if ended {
            break;
        }
        stepped.steps = step;
    }
    stepped
}

/// Kills a server at every step of a start, its very first or one with files that an earlier version left, and lets it start
/// again with what is left, which must have some changes.
///
/// # Panics
/// When the machine does not let it.
pub fn at_every_step_of_a_start(program: &Path, shim: &Shim, files: Option<&Path>, changes: &[ChangeHash]) -> Stepped {
    let scratch = tempfile::tempdir().expect("a folder");
    let asked: String = changes.iter().map(|change| format!("check {change}\n")).collect();
    let mut stepped = Stepped::default();
    for step in 1.. {
        let run = Run::of(scratch.path().join(format!("server-{step}")), files);
        let mut running = run.start(&mut server_command(program, &run.folder), shim, step);
        running.tell("go\n");
        let (_, ended) = running.end();
        for (folder, how) in run.left().iter().zip(["killed", "without power"]) {
            let mut again = Running::start(&mut server_command(program, folder));
            again.tell(&format!("{asked}go\n"));
            let (said, well) = again.end();
            if !well || said.len() != 1 {
                stepped.faults.push(format!("step {step}, {how}: the server does not start again as it was: {said:?}"));
            }
        }
        if ended {
            break;
        }
        stepped.steps = step;
    }
    stepped
}

/// Kills an app at every step of opening files that an earlier version left, and opens what is left, which must have all that is
/// unsent and all that is shown.
///
/// # Panics
/// When the machine does not let it.
pub fn at_every_step_of_an_opening(program: &Path, shim: &Shim, files: &Path) -> Stepped {
    let scratch = tempfile::tempdir().expect("a folder");
    let held = |folder: &Path, seed: u64| {
        let mut phone = phone_in(folder, Durability::AppEnd, seed, None);
        let all = Query { limit: u32::MAX, ..Query::default() };
        let mut rows = phone.replica().query(&all).expect("read");
        rows.sort_by_key(|row| row.id);
        (phone.replica().outstanding().expect("read"), phone.replica().inbox().expect("read"), rows)
    };
    let whole = scratch.path().join("whole");
    copy(files, &whole);
    let expected = held(&whole, 1);
    let mut stepped = Stepped::default();
    for step in 1.. {
        let run = Run::of(scratch.path().join(format!("phone-{step}")), Some(files));
        let mut command = phone_command(program, &run.folder, step);
        let (_, ended) = run.start(command.args(["--syncs", "0"]), shim, step).end();
        for (n, (folder, how)) in (1..).zip(run.left().iter().zip(["killed", "without power"])) {
            if held(folder, 2 * step as u64 + n) != expected {
                stepped.faults.push(format!("step {step}, {how}: the phone is not as it was"));
            }
        }
        if ended {
            break;
        }
        stepped.steps = step;
    }
    stepped
}

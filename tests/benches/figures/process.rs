//! A server in a process of its own, so that its time and memory are its alone: this program, started again.

use crate::town;
use canvass_core::domain::{PhoneTime, ServerTime};
use canvass_core::replica::{Action, Replica};
use canvass_core::sync::{Report, Session};
use canvass_server::clock::{Clock, ManualClock};
use canvass_server::demo::link::{HttpTransport, Transport};
use canvass_server::http::limits::{Allowances, Limits};
use canvass_server::http::{App, bind, serve};
use canvass_server::store::{SqliteOptions, SqliteStore};
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The argument that makes this program a server.
pub(crate) const SERVE: &str = "--serve-database";

/// The argument that makes this program a server with its usual limits.
pub(crate) const SERVE_LIMITED: &str = "--serve-limited";

/// Stands still for the business, and goes on for what is allowed in a while.
struct Standing(Instant);

impl Clock for Standing {
    fn now(&self) -> ServerTime {
        town::server_now()
    }

    fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}

/// Serves a database, durably, until standard input ends.
pub(crate) fn run(path: &str, limited: bool) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let store = SqliteStore::open(Path::new(path), SqliteOptions::default()).expect("a store");
        let clock = Arc::new(ManualClock::at(town::server_now()));
        let mut app = App::new(Arc::new(store), clock.clone());
        // The clock stands still, so nobody would get anything back.
        app.limits = Limits::new(clock, Allowances::unbounded());
        if limited {
            app.limits = Limits::new(Arc::new(Standing(Instant::now())), Allowances::default());
        }
        let listener = bind("127.0.0.1:0".parse().expect("an address")).await.expect("listening");
        println!("{}", listener.local_addr().expect("an address"));
        let ended = tokio::task::spawn_blocking(|| drop(std::io::stdin().read_to_end(&mut Vec::new())));
        serve(listener, app, async { drop(ended.await) }).await.expect("served");
    });
}

/// A server's process. It ends with this.
pub(crate) struct Server {
    child: Child,
    /// Where it listens, such as `127.0.0.1:40000`.
    pub(crate) address: String,
}

impl Server {
    /// Starts a server on a database.
    pub(crate) fn on(path: &Path) -> Self {
        let mut command = Command::new(std::env::current_exe().expect("this program's path"));
        command.arg(SERVE);
        Self::started(command, path)
    }

    /// Starts a server with its usual limits on a database, on one processor core.
    pub(crate) fn limited(path: &Path, core: &str) -> Self {
        let mut command = Command::new("taskset");
        command.args(["-c", core]).arg(std::env::current_exe().expect("this program's path")).arg(SERVE_LIMITED);
        Self::started(command, path)
    }

    fn started(mut command: Command, path: &Path) -> Self {
        let mut child = command.arg(path).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("a process");
        let mut address = String::new();
        let said = BufReader::new(child.stdout.take().expect("its output")).read_line(&mut address);
        said.expect("it says where it listens");
        Self { child, address: address.trim().to_owned() }
    }

    /// Its base address.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// A phone's way to it.
    pub(crate) fn transport(&self) -> HttpTransport {
        HttpTransport::new(&self.url())
    }

    /// The processor time it has taken, in milliseconds, to 10.
    pub(crate) fn cpu(&self) -> f64 {
        cpu_in(&self.proc("stat"))
    }

    /// What it holds in memory at most since [`Server::forget_peak`], in KiB.
    pub(crate) fn peak(&self) -> usize {
        self.status("VmHWM:")
    }

    /// Starts counting the peak anew.
    pub(crate) fn forget_peak(&self) {
        std::fs::write(format!("/proc/{}/clear_refs", self.child.id()), "5").expect("Linux, and its own process");
    }

    fn status(&self, name: &str) -> usize {
        let status = self.proc("status");
        let line = status.lines().find_map(|line| line.strip_prefix(name)).expect("a line");
        line.trim().trim_end_matches(" kB").parse().expect("a number")
    }

    fn proc(&self, file: &str) -> String {
        std::fs::read_to_string(format!("/proc/{}/{file}", self.child.id())).expect("these figures need Linux")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The processor time that this process has taken, in milliseconds, to 10.
pub(crate) fn own_cpu() -> f64 {
    cpu_in(&std::fs::read_to_string("/proc/self/stat").expect("these figures need Linux"))
}

fn cpu_in(stat: &str) -> f64 {
    // Behind the name, which is in brackets: utime and stime are the 14th and 15th fields, in hundredths of a second.
    let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields).split_whitespace().skip(11).take(2);
    fields.map(|ticks| ticks.parse::<f64>().expect("a number") * 10.0).sum()
}

/// Syncs a phone, which must succeed. `nonce` must differ from sync to sync.
pub(crate) fn sync(replica: &mut Replica, transport: &mut impl Transport, nonce: u64, at: PhoneTime) -> Report {
    let session = replica.session(nonce).expect("a session");
    drive(replica, session, transport, (nonce, at))
}

/// Takes a sync to its end, which must be a good one.
pub(crate) fn drive(
    replica: &mut Replica,
    mut session: Session,
    transport: &mut impl Transport,
    (nonce, at): (u64, PhoneTime),
) -> Report {
    for round in 0.. {
        match replica.advance(&mut session, nonce.wrapping_mul(1_000_003).wrapping_add(round), at).expect("advanced") {
            Action::Transmit(post) => match transport.post(&post) {
                Ok(reply) => session.received(&reply, at),
                Err(failure) => session.failed(&failure, at),
            },
            Action::Wait(until) => {
                eprintln!("  a sync had to wait");
                std::thread::sleep(Duration::from_millis(u64::try_from(until.millis() - at.millis()).unwrap_or(0)));
            }
            Action::Done(result) => return result.expect("synced"),
        }
    }
    unreachable!("a sync ends")
}

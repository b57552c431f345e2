//! One phone that floods does not slow the others: ten honest phones sync with and without it, by turns, against a server
//! with its usual limits on a processor core of its own. The flooder has the other core, as an attacker would have a machine.

use crate::process::Server;
use crate::sample::Sample;
use crate::server::Pen;
use crate::stock::{Stock, copy};
use crate::table::{Figure, Report, Times, ms};
use crate::town::{VISIT, now, prospects, record};
use crate::wire::CITY;
use canvass_core::domain::{RecordId, UnitId};
use canvass_core::signing::Authorization;
use canvass_core::sync::Post;
use canvass_core::wire::Request;
use canvass_server::demo::bank::PhoneOwner;
use canvass_server::demo::link::{HttpTransport, Transport};
use canvass_tests::key_of;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// The argument that makes this program a phone that floods.
pub(crate) const FLOOD: &str = "--flood";

/// Which core the server has, and which the flooder.
const CORES: (&str, &str) = ("0", "1");
/// Turns, each once without and once with the flooder.
const TURNS: usize = 3;
/// Syncs of each honest phone in half a turn: in all fewer than a phone may make at once.
const SYNCS: usize = 15;
/// What an honest phone does between two syncs, so that ten of them do not flood.
const PAUSE: Duration = Duration::from_millis(40);
/// Connections of the flooder.
const CONNECTIONS: usize = 16;
/// How long a flooder goes on at most, should nobody end it, and how many requests each connection makes at most.
const FLOOD_ENDS: (Duration, usize) = (Duration::from_secs(30), 100_000);

/// Floods a server: signed pushes of 500 new visits each, as fast as one core and 16 connections can; each connection sends
/// its own again and again. `turn` tells one flood's visits from another's.
pub(crate) fn flood(url: &str, database: &str, turn: &str) {
    let owner = flooder();
    let theirs = prospects(Path::new(database));
    let mut sample = Sample::of("flood", turn.parse().expect("a turn"));
    let all: Vec<_> = theirs[&owner.unit].iter().cycle().take(500).copied().collect();
    let posts: Vec<Post> = (0..CONNECTIONS).map(|_| push(&owner, &mut sample, all.clone())).collect();
    let answered = Arc::new(AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for post in &posts {
            let answered = answered.clone();
            scope.spawn(move || {
                let (mut line, begun) = (HttpTransport::new(url), Instant::now());
                for _ in 0..FLOOD_ENDS.1 {
                    if begun.elapsed() > FLOOD_ENDS.0 {
                        break;
                    }
                    let status = line.post(post).map_or(0, |reply| reply.status);
                    if answered.fetch_add(1, Ordering::Relaxed) == 0 {
                        println!("floods, and was answered {status}");
                    }
                }
            });
        }
    });
}

/// A signed push of a new visit to each of some prospects.
fn push(owner: &PhoneOwner, sample: &mut Sample, prospects: Vec<RecordId>) -> Post {
    let mut request = Request::new(owner.device, owner.person.clone(), now(), 7, 1 << 20);
    request.pushes = record(sample, owner, VISIT, prospects, now());
    let (path, body) = ("/v1/sync", request.encode().expect("encoded"));
    let signed = Authorization::sign(&key_of(owner.device), owner.device, path, now(), &body).expect("signed");
    Post { path, authorization: Some(signed.to_string()), body }
}

/// Whose phone floods: a colleague of the first honest one.
fn flooder() -> PhoneOwner {
    CITY.managers().into_values().next().expect("a unit")[1].clone()
}

/// A flooder's process. It ends with this.
struct Flood(Child);

impl Flood {
    /// Starts it on its core, and waits until it was answered once.
    fn start(server: &Server, database: &Path, turn: usize) -> Self {
        let mut child = Command::new("taskset")
            .args(["-c", CORES.1])
            .arg(std::env::current_exe().expect("this program's path"))
            .arg(FLOOD)
            .arg(server.url())
            .arg(database)
            .arg(turn.to_string())
            .stdout(Stdio::piped())
            .spawn()
            .expect("taskset, of Debian's util-linux");
        let said = BufReader::new(child.stdout.take().expect("its output")).read_line(&mut String::new());
        said.expect("it says that it floods");
        Self(child)
    }
}

impl Drop for Flood {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// Ten phones sync side by side, each a new visit at a time.
fn half_a_turn(pens: &mut [(Pen<HttpTransport>, Sample)], theirs: &BTreeMap<UnitId, Vec<RecordId>>, times: &mut Times) {
    let measured = std::thread::scope(|scope| {
        let phones: Vec<_> = pens
            .iter_mut()
            .map(|(pen, sample)| {
                scope.spawn(move || {
                    let mut taken = Times::default();
                    for n in 0..SYNCS {
                        let prospects = vec![theirs[&pen.owner().unit][n % theirs[&pen.owner().unit].len()]];
                        let pushes = record(sample, pen.owner(), VISIT, prospects, now());
                        taken.time(|| pen.sync(pushes));
                        std::thread::sleep(PAUSE);
                    }
                    taken
                })
            })
            .collect();
        phones.into_iter().map(|phone| phone.join().expect("synced")).collect::<Vec<_>>()
    });
    measured.into_iter().for_each(|taken| times.join(taken));
}

/// 9: What honest phones notice of one that floods.
pub(crate) fn flooded(report: &mut Report, stock: &mut Stock) {
    let scratch = stock.scratch();
    let database = copy(&stock.database("city", |path| CITY.fill(path)), scratch.path(), "canvass.db");
    let theirs = prospects(&database);
    let server = Server::limited(&database, CORES.0);
    let mut pens: Vec<_> = (1..)
        .zip(CITY.managers().into_values())
        .map(|(n, owners)| (Pen::up_to_date(owners[0].clone(), server.transport()), Sample::of("honest", n)))
        .collect();
    let (mut calm, mut flooded) = (Times::default(), Times::default());
    for turn in 0..TURNS {
        half_a_turn(&mut pens, &theirs, &mut calm);
        let flood = Flood::start(&server, &database, turn);
        half_a_turn(&mut pens, &theirs, &mut flooded);
        drop(flood);
    }
    for (what, with, without) in [("median", flooded.median(), calm.median()), ("p95", flooded.p95(), calm.p95())] {
        let ratio = with / without;
        report.add(
            Figure::new(format!("9 a sync of ten phones while another floods, {what}"), ms(with))
                .against(format!("without it {}", ms(without)), ratio)
                .at_most("2 x", ratio, 2.0),
        );
    }
    report.note(
        "9",
        "Each honest phone pushes a new visit and pulls, again and again; the flooder sends a push of 500 new visits on each \
         of 16 connections, again and again. The server has one core with its limits as they are; flooder and phones have the other.",
    );
}

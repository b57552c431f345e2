//! Figures 3, 4 (bytes) and 6: what goes over the wire.

use crate::process::{Server, sync};
use crate::sample::{Plain, Sample};
use crate::stock::{Stock, copy};
use crate::table::{Figure, Report, Times, count, ms};
use crate::town::{Town, VISIT, fields_of, now, prospects, server_now};
use canvass_core::domain::{Fields, Role};
use canvass_core::replica::{Durability, Opening, Replica};
use canvass_core::signing::Signer;
use canvass_core::sync::{Failure, Post, Reply};
use canvass_core::wire::{Request, Response};
use canvass_server::demo::bank::PhoneOwner;
use canvass_server::demo::link::{HttpTransport, Transport};
use canvass_tests::{identity, key_of};
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Ten units of 2,000 records each: 100 prospects with their assignments, and 18 visits of each.
pub(crate) const CITY: Town = Town { branches: 5, subs: 2, managers: 3, prospects: 100, each: 18, kind: VISIT };

/// A person's new phone, in a folder.
pub(crate) fn phone(owner: &PhoneOwner, folder: &Path, durability: Durability) -> Replica {
    let seed = Sample::of("wire", u64::from(owner.device.get())).seed();
    let opening = Opening { actor_seed: seed, durability, key: None, at: now() };
    // No server tells these phones to wipe, so any key is the server's.
    let identity = identity(owner, key_of(owner.device).public_key(), server_now());
    Replica::begin(&folder.join(format!("phone-{}.db", owner.device)), opening, identity).expect("begun")
}

/// A way to the server on which every byte is counted: a proxy between.
struct Counted {
    http: HttpTransport,
    there: Arc<AtomicUsize>,
    back: Arc<AtomicUsize>,
}

impl Counted {
    fn to(server: &Server) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("listening");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let (there, back) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let counters = (there.clone(), back.clone());
        let address = server.address.clone();
        std::thread::spawn(move || {
            for phone in listener.incoming().flatten() {
                let Ok(server) = TcpStream::connect(&address) else { return };
                let (Ok(phone_too), Ok(server_too)) = (phone.try_clone(), server.try_clone()) else { return };
                let (there, back) = counters.clone();
                std::thread::spawn(move || pass(phone, server, &there));
                std::thread::spawn(move || pass(server_too, phone_too, &back));
            }
        });
        Self { http: HttpTransport::new(&url), there, back }
    }

    /// How many bytes went there and back since this was last asked.
    fn take(&self) -> (usize, usize) {
        (self.there.swap(0, Ordering::SeqCst), self.back.swap(0, Ordering::SeqCst))
    }
}

fn pass(mut from: TcpStream, mut to: TcpStream, counter: &AtomicUsize) {
    let mut buffer = [0; 16_384];
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        counter.fetch_add(length, Ordering::SeqCst);
        if to.write_all(&buffer[..length]).is_err() {
            break;
        }
    }
    drop(to.shutdown(Shutdown::Write));
}

impl Transport for Counted {
    fn post(&mut self, post: &Post) -> Result<Reply, Failure> {
        self.http.post(post)
    }
}

/// A way to the server that keeps what was said on it.
struct Heard {
    http: HttpTransport,
    said: Vec<(Request, Response, usize, usize)>,
}

impl Transport for Heard {
    fn post(&mut self, post: &Post) -> Result<Reply, Failure> {
        let reply = self.http.post(post)?;
        let (request, response) = (Request::decode(&post.body), Response::decode(&reply.body));
        let (request, response) = (request.expect("a request"), response.expect("a response"));
        self.said.push((request, response, post.body.len(), reply.body.len()));
        Ok(reply)
    }
}

/// 3: A sync with nothing new.
pub(crate) fn idle(report: &mut Report, stock: &mut Stock, large: Town, large_name: &str) {
    for (town, name) in [(CITY, "city"), (large, large_name)] {
        let scratch = stock.scratch();
        let database = copy(&stock.database(name, |path| town.fill(path)), scratch.path(), "canvass.db");
        let server = Server::on(&database);
        let leader = town.staff().1.into_iter().find(|owner| owner.role == Role::BranchLeader).expect("a leader");
        let mut replica = phone(&leader, scratch.path(), Durability::AppEnd);
        let mut line = Counted::to(&server);
        sync(&mut replica, &mut line, 1, now());
        let feeds = replica.request(0, 0, 0, now()).expect("a request").positions.len();
        assert_eq!(feeds, 5, "the bank's, the person's, the branch's, and two sub-branches'");
        let (mut times, mut bodies) = (Times::default(), (0, 0));
        line.take();
        const SYNCS: usize = 50;
        for n in 0..SYNCS {
            let done = times.time(|| sync(&mut replica, &mut line, 100 + n as u64, now()));
            assert_eq!((done.rounds, done.applied.pulled), (1, 0), "one request, and nothing in it");
            bodies = (bodies.0.max(done.sent), bodies.1.max(done.received));
        }
        let (there, back) = line.take();
        let (there, back) = (there.div_ceil(SYNCS), back.div_ceil(SYNCS));
        let held = format!("{} of {} records", count(replica.count().expect("counted")), count(town.all()));
        let body = bodies.0.max(bodies.1) as f64;
        report.add(
            Figure::new(
                format!("3 idle sync, phone of {held}: body"),
                format!("{} B there, {} B back", bodies.0, bodies.1),
            )
            .at_most("400 B each way", body, 400.0),
        );
        report.add(
            Figure::new("3 the same with headers", format!("{there} B there, {back} B back, {}", ms(times.median())))
                .at_most("1,000 B each way", there.max(back) as f64, 1000.0),
        );
    }
    report.note(
        "3",
        "One request, five feeds (bank, person, branch, two sub-branches); bytes as a proxy between counted them.",
    );
}

/// 4: What 1,000 visits made offline weigh on the wire.
pub(crate) fn push(report: &mut Report, stock: &mut Stock) {
    let scratch = stock.scratch();
    let database = copy(&stock.database("city", |path| CITY.fill(path)), scratch.path(), "canvass.db");
    let server = Server::on(&database);
    let mut sample = Sample::of("wire", 5);
    for visits in [1_000, 1] {
        let (unit, owners) = CITY.managers().into_iter().next().expect("a unit");
        let owner = &owners[usize::from(visits == 1)];
        let mut replica = phone(owner, scratch.path(), Durability::AppEnd);
        let mut line = Heard { http: server.transport(), said: Vec::new() };
        sync(&mut replica, &mut line, 1, now());
        let idle = sync(&mut replica, &mut line, 2, now());
        let ours = &prospects(&database)[&unit];
        let mut plain = Plain::new();
        for n in 0..visits {
            let (id, prospect) = (sample.id(now()), ours[n % ours.len()]);
            let fields = fields_of(&mut sample, VISIT, now());
            assert_eq!(fields.len() + 4, 12);
            replica.create(id, VISIT, Some(prospect), &fields, now()).expect("saved");
            plain.add(id, "visit", Some(prospect), &fields);
        }
        line.said.clear();
        let done = sync(&mut replica, &mut line, 3, now());
        assert_eq!(done.applied.acknowledged, visits);
        let changes: usize = pushed(&line).map(|change| change.len()).sum();
        let (sent, packed) = (usize::try_from(done.sent).expect("fits"), plain.zstd());
        let ratio = sent as f64 / packed as f64;
        let figure = Figure::new(
            format!("4 push of {} visits: request bodies", count(visits)),
            format!("{} B in {} requests, {} B a visit", count(sent), done.rounds, sent / visits),
        );
        let figure = figure.against(format!("plain CBOR, zstd {} B", count(packed)), ratio);
        report.add(if visits == 1 { figure } else { figure.at_most("1.2 x plain", ratio, 1.2) });
        report.note(
            "4",
            format!(
                "{} visits: plain CBOR {} B before zstd, changes {} B; an idle request is {} B of it; answer {} B.",
                count(visits),
                count(plain.len()),
                count(changes),
                idle.sent,
                count(usize::try_from(done.received).expect("fits"))
            ),
        );
    }
}

fn pushed(line: &Heard) -> impl Iterator<Item = Vec<u8>> + '_ {
    let pushes = line.said.iter().flat_map(|(request, ..)| &request.pushes);
    pushes.flat_map(|push| push.changes.iter().map(|change| change.to_vec()))
}

/// 6: One edit to a prospect with 500 changes.
pub(crate) fn edit(report: &mut Report, stock: &mut Stock) {
    let scratch = stock.scratch();
    let database = copy(&stock.database("city", |path| CITY.fill(path)), scratch.path(), "canvass.db");
    let server = Server::on(&database);
    let (unit, owners) = CITY.managers().into_iter().next().expect("a unit");
    let prospect = prospects(&database)[&unit][0];
    let lines = || Heard { http: server.transport(), said: Vec::new() };
    let mut phones: Vec<_> =
        owners.iter().take(2).map(|owner| (phone(owner, scratch.path(), Durability::AppEnd), lines())).collect();
    for (replica, line) in &mut phones {
        sync(replica, line, 1, now());
    }
    let put = |value: i64| Fields::new().with("households".parse().expect("a field"), value.into());
    let [(writer, there), (reader, back)] = &mut phones[..] else { unreachable!("two phones") };
    for n in 0..500 {
        writer.edit(prospect, &put(10_000 + n), now()).expect("edited");
    }
    sync(writer, there, 2, now());
    sync(reader, back, 2, now());
    there.said.clear();
    back.said.clear();
    let mut times = Times::default();
    times.time(|| writer.edit(prospect, &put(1), now())).expect("edited");
    sync(writer, there, 3, now());
    sync(reader, back, 3, now());
    let up = pushed(there).count();
    let down: usize =
        back.said.iter().flat_map(|(_, r, ..)| &r.deliveries).map(|delivery| delivery.changes.len()).sum();
    let bytes = |line: &Heard, up: bool| line.said.iter().map(|said| if up { said.2 } else { said.3 }).sum::<usize>();
    report.add(
        Figure::new(
            "6 one edit after 500 changes",
            format!("{up} change up ({} B), {down} down ({} B)", bytes(there, true), bytes(back, false)),
        )
        .at_most("1 change", up.max(down) as f64, 1.0),
    );
    report.note("6", format!("Making that edit takes {}: its document of 500 changes is loaded.", ms(times.median())));
}

impl Town {
    /// How many records its server holds, prospects and assignments included.
    pub(crate) fn all(&self) -> usize {
        self.managers().len() * self.prospects * (2 + self.each) + 1
    }
}

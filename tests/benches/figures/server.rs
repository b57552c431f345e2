//! Figures 4 (time), 5 and 7: what phones cost the server, in a process of its own, durably.

use crate::process::{Server, own_cpu, sync};
use crate::sample::{Plain, Sample};
use crate::stock::{Stock, copy};
use crate::table::{Figure, Report, Times, count, ms};
use crate::town::{Town, VISIT, fields_of, now, prospects, record};
use crate::wire::{CITY, phone};
use canvass_core::domain::{Fields, RecordId};
use canvass_core::replica::{Durability, Query};
use canvass_core::signing::Authorization;
use canvass_core::sync::Post;
use canvass_core::wire::{Position, Push, Request, Response, Verdict};
use canvass_server::demo::bank::PhoneOwner;
use canvass_server::demo::link::Transport;
use canvass_tests::key_of;
use std::path::Path;

/// Fifty units, 10 prospects of each, 20 visits of each of these.
pub(crate) const FEW: Town = Town { branches: 25, subs: 2, managers: 2, prospects: 10, each: 20, kind: VISIT };
/// The same with 300 prospects of each unit.
pub(crate) const MANY: Town = Town { prospects: 300, ..FEW };
/// Prospects that have 500 visits each.
const CROWDED: Town = Town { branches: 5, subs: 2, managers: 2, prospects: 2, each: 500, kind: VISIT };

/// 4: Server time for visits made offline.
pub(crate) fn push(report: &mut Report, stock: &mut Stock) {
    const EACH: usize = 1_000;
    let scratch = stock.scratch();
    let database = copy(&stock.database("city", |path| CITY.fill(path)), scratch.path(), "canvass.db");
    let theirs = prospects(&database);
    let server = Server::on(&database);
    let mut line = server.transport();
    let mut sample = Sample::of("server", 6);
    let mut phones: Vec<_> = CITY
        .managers()
        .into_iter()
        .map(|(unit, owners)| {
            let mut replica = phone(&owners[0], scratch.path(), Durability::AppEnd);
            sync(&mut replica, &mut line, 1, now());
            for n in 0..EACH {
                let prospect = theirs[&unit][n % theirs[&unit].len()];
                let fields = fields_of(&mut sample, VISIT, now());
                replica.create(sample.id(now()), VISIT, Some(prospect), &fields, now()).expect("saved");
            }
            replica
        })
        .collect();
    let (mut times, before) = (Times::default(), server.cpu());
    for replica in &mut phones {
        let done = times.time(|| sync(replica, &mut line, 2, now()));
        assert_eq!(done.applied.acknowledged, EACH);
    }
    let each = (server.cpu() - before) / (EACH * phones.len()) as f64;
    report.add(
        Figure::new(
            format!(
                "4 push of 1,000 visits, durable: server CPU each ({} to the last acknowledgement)",
                ms(times.median())
            ),
            ms(each),
        )
        .at_most("0.15 ms", each, 0.15),
    );
}

/// 5: A new phone of a unit with 2,000 records.
pub(crate) fn first_sync(report: &mut Report, stock: &mut Stock) {
    /// Phones of ten units, and again: by the second time the caches are as full as they get.
    const TURNS: usize = 2;
    let scratch = stock.scratch();
    let prepared = stock.database("city", |path| CITY.fill(path));
    let plain = plain_of(&prepared, &CITY);
    let server = Server::on(&copy(&prepared, scratch.path(), "canvass.db"));
    let mut line = server.transport();
    let (mut times, mut opened, mut bytes, mut records, mut peaks) =
        (Times::default(), Times::default(), 0, 0, Vec::new());
    let (before, own_before) = (server.cpu(), own_cpu());
    for turn in 0..TURNS {
        server.forget_peak();
        for owners in CITY.managers().into_values() {
            let owner = &owners[turn];
            let replica = times.time(|| {
                let mut replica = opened.time(|| phone(owner, scratch.path(), Durability::PowerLoss));
                let done = sync(&mut replica, &mut line, 1, now());
                bytes = bytes.max(usize::try_from(done.received).expect("fits"));
                let visits = Query { kind: Some(VISIT.into()), ..Query::default() };
                assert_eq!(replica.query(&visits).expect("listed").len(), 50);
                replica
            });
            records += replica.count().expect("counted");
        }
        peaks.push(server.peak() as f64 / 1024.0);
    }
    let (cpu, own) = (server.cpu() - before, own_cpu() - own_before);
    let phones = TURNS * CITY.managers().len();
    let each = records / phones;
    let ratio = bytes as f64 / plain as f64;
    let cpu = cpu / records as f64;
    report.add(
        Figure::new(
            format!("5 first sync, {} records, until listed (p95 {})", count(each), ms(times.p95())),
            ms(times.median()),
        )
        .at_most("0.5 s", times.median(), 500.0),
    );
    report.add(
        Figure::new("5 its bytes", format!("{} B", count(bytes)))
            .against(format!("plain CBOR, zstd {} B", count(plain)), ratio)
            .at_most("1.2 x plain", ratio, 1.2),
    );
    report.add(Figure::new("5 server CPU a record", ms(cpu)).at_most("0.05 ms", cpu, 0.05));
    if let [first, second] = peaks[..] {
        report.add(
            Figure::new("5 server memory, phones 11 to 20 at the peak", format!("{second:.1} MB"))
                .against(format!("phones 1 to 10: {first:.1} MB"), second / first)
                .at_most("flat (1.1 x)", second / first, 1.1),
        );
    }
    let server_ms = cpu * each as f64;
    report.note(
        "5",
        format!(
            "Of {}: the server's processor {}, the phone's {} (gate, rows and SQL for {} changes), opening a new database \
             {}; what is left is waiting, for the disk or for other work on this machine. Bytes include the bank's units \
             and people.",
            ms(times.median()),
            ms(server_ms),
            ms(own / phones as f64),
            count(each),
            ms(opened.median()),
        ),
    );
}

/// What a unit's records, prospects and assignments included, are as plain CBOR under zstd.
fn plain_of(database: &Path, town: &Town) -> usize {
    let unit = town.managers().into_keys().next().expect("a unit");
    let db = rusqlite::Connection::open(database).expect("a database");
    let mut select = db
        .prepare(
            "SELECT id, kind, prospect, body FROM record JOIN feed ON feed.record = record.id
             WHERE feed = 'unit/' || ? AND gone = 0 ORDER BY last DESC",
        )
        .expect("SQL");
    let mut found = select.query([unit.as_str()]).expect("rows");
    let mut plain = Plain::new();
    while let Some(row) = found.next().expect("a row") {
        let id = |n: usize| {
            row.get::<_, Option<Vec<u8>>>(n).expect("bytes").map(|b| RecordId::from_bytes(&b).expect("an id"))
        };
        let (kind, body): (String, String) = (row.get(1).expect("a kind"), row.get(3).expect("a body"));
        let fields = canvass_core::projection::fields_from_json(&body).expect("fields");
        let own = |name: &str| !["id", "kind", "schema", "prospect"].contains(&name);
        let fields: Fields = fields
            .iter()
            .filter(|(name, _)| own(name.as_str()))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        let prospect = id(2).filter(|_| kind != "prospect");
        plain.add(id(0).expect("an id"), &kind, prospect, &fields);
    }
    plain.zstd()
}

/// A phone that is up to date, of which only the requests are played: what it holds costs the server nothing.
pub(crate) struct Pen<T> {
    owner: PhoneOwner,
    positions: Vec<Position>,
    standings: u64,
    reference: u64,
    line: T,
}

impl<T: Transport> Pen<T> {
    pub(crate) fn up_to_date(owner: PhoneOwner, line: T) -> Self {
        let mut pen = Self { owner, positions: Vec::new(), standings: 0, reference: 0, line };
        let first = pen.ask(Vec::new(), 1);
        // As if it had worked all the way down.
        pen.positions = first.positions.into_iter().map(|position| Position { low: 0, ..position }).collect();
        let second = pen.ask(Vec::new(), 1 << 20);
        assert!(second.deliveries.is_empty() && !second.more);
        pen
    }

    fn ask(&mut self, pushes: Vec<Push>, budget: u32) -> Response {
        let mut request = Request::new(self.owner.device, self.owner.person.clone(), now(), 7, budget);
        request.pushes = pushes;
        request.positions = self.positions.clone();
        request.reference = self.reference;
        request.standings = self.standings;
        let (path, body) = ("/v1/sync", request.encode().expect("encoded"));
        let signer = key_of(self.owner.device);
        let signed = Authorization::sign(&signer, self.owner.device, path, now(), &body).expect("signed");
        let reply = self.line.post(&Post { path, authorization: Some(signed.to_string()), body }).expect("answered");
        assert_eq!(reply.status, 200, "{}", String::from_utf8_lossy(&reply.body));
        let response = Response::decode(&reply.body).expect("a response");
        for moved in &response.positions {
            self.positions.retain(|position| position.feed != moved.feed);
            self.positions.push(moved.clone());
        }
        self.reference = response.reference.as_ref().map_or(self.reference, |reference| reference.version);
        self.standings = response.standings.as_ref().map_or(self.standings, |standings| standings.version);
        response
    }

    /// Whose phone it is.
    pub(crate) fn owner(&self) -> &PhoneOwner {
        &self.owner
    }

    /// Pushes and pulls in one request.
    pub(crate) fn sync(&mut self, pushes: Vec<Push>) {
        let response = self.ask(pushes, 1 << 20);
        assert!(response.verdicts.iter().flatten().all(|verdict| *verdict == Verdict::Accepted));
    }

    /// Pushes new visits, one for each prospect named.
    fn push(&mut self, sample: &mut Sample, prospects: Vec<RecordId>) {
        let pushes = record(sample, &self.owner, VISIT, prospects, now());
        self.sync(pushes);
    }
}

/// Visits taken in, and the milliseconds of the server's processor that they took.
#[derive(Default, Clone, Copy)]
struct Taken {
    visits: usize,
    cpu: f64,
}

impl Taken {
    fn add(&mut self, other: Self) {
        self.visits += other.visits;
        self.cpu += other.cpu;
    }

    fn per_second(self) -> f64 {
        self.visits as f64 / (self.cpu / 1000.0)
    }
}

/// One round on a warm server: every unit pushes, two visits of each of ten prospects.
fn ingest_round(stock: &Stock, prepared: &Path, town: &Town, round: u64) -> Taken {
    let scratch = stock.scratch();
    let database = copy(prepared, scratch.path(), "canvass.db");
    let theirs = prospects(&database);
    let server = Server::on(&database);
    let mut sample = Sample::of("server", 1_000 + round);
    let mut pens: Vec<_> =
        town.managers().into_values().map(|owners| Pen::up_to_date(owners[0].clone(), server.transport())).collect();
    // The first time round, a server that has just begun fills its caches.
    let (mut visits, mut before) = (0, 0.0);
    for counted in [false, true] {
        if counted {
            before = server.cpu();
        }
        for pen in &mut pens {
            let mut ours = theirs[&pen.owner.unit].clone();
            let mut chosen = Vec::new();
            for _ in 0..10.min(ours.len()) {
                let prospect = ours.swap_remove(sample.below(ours.len()));
                chosen.extend([prospect, prospect]);
            }
            visits += if counted { chosen.len() } else { 0 };
            pen.push(&mut sample, chosen);
        }
    }
    Taken { visits, cpu: server.cpu() - before }
}

/// 7: Ingest with few and with many visits stored.
pub(crate) fn ingest(report: &mut Report, stock: &mut Stock) {
    const ROUNDS: u64 = 8;
    let few = stock.database("visits-few", |path| FEW.fill(path));
    let many = stock.database("visits-many", |path| MANY.fill(path));
    let crowded = stock.database("visits-crowded", |path| CROWDED.fill(path));
    let (mut of_few, mut of_many) = (Taken::default(), Taken::default());
    for round in 0..ROUNDS {
        of_few.add(ingest_round(stock, &few, &FEW, round));
        of_many.add(ingest_round(stock, &many, &MANY, round));
    }
    let (of_few, of_many) = (of_few.per_second(), of_many.per_second());
    let per_second = |rate: f64| format!("{rate:.0} visits a CPU second");
    report.add(
        Figure::new(format!("7 ingest with {} visits stored", count(MANY.records())), per_second(of_many))
            .against(format!("{} stored: {}", count(FEW.records()), per_second(of_few)), of_many / of_few)
            .at_least("0.85 x", of_many / of_few, 0.85),
    );
    let scratch = stock.scratch();
    let database = copy(&crowded, scratch.path(), "canvass.db");
    let theirs = prospects(&database);
    let server = Server::on(&database);
    let mut sample = Sample::of("server", 2_000);
    let mut pens: Vec<_> =
        CROWDED.managers().into_values().map(|owners| Pen::up_to_date(owners[0].clone(), server.transport())).collect();
    let (mut visits, before) = (0, server.cpu());
    for _ in 0..3 {
        for pen in &mut pens {
            for prospect in &theirs[&pen.owner.unit] {
                pen.push(&mut sample, vec![*prospect]);
                visits += 1;
            }
        }
    }
    let each = (server.cpu() - before) / f64::from(visits);
    let usual = 1000.0 / of_few;
    report.add(
        Figure::new("7 one visit to a prospect that has 500, a request of its own", ms(each))
            .against(format!("one of twenty in a push, prospect of 20: {}", ms(usual)), each / usual),
    );
    report.note(
        "7",
        "Every unit pushes twenty visits over HTTP, two of each of ten prospects drawn from its own, which have 20; each \
         round on a fresh copy, after one push of every unit that is not counted.",
    );
}

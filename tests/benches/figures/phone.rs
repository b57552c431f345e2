//! Figures 1 and 2: what a save costs on the phone, and what it costs to open the app.

use crate::sample::Sample;
use crate::stock::{Stock, copy};
use crate::table::{Figure, Report, Times, count, ms};
use crate::town::{VISIT, fields_of, moment, now, server_now};
use canvass_core::document::{Actor, Authorship, Document};
use canvass_core::domain::Role;
use canvass_core::domain::{DeviceNumber, RecordId, prospect};
use canvass_core::projection::{StoredRow, project};
use canvass_core::replica::{Durability, Opening, Query, Replica};
use canvass_core::signing::Signer;
use canvass_core::wire::{Delivery, Request, Response};
use canvass_server::demo::bank::PhoneOwner;
use canvass_tests::{identity, key_of};
use rusqlite::{Connection, params};
use std::path::Path;

/// How many records a phone holds for these figures: few and many.
const HELD: [usize; 2] = [1_000, 100_000];

/// Opens a phone, or begins one.
pub(crate) fn open(path: &Path, sample: &mut Sample, durability: Durability) -> Replica {
    let opening = Opening { actor_seed: sample.seed(), durability, key: None, at: now() };
    if path.exists() {
        return Replica::open(path, opening, None).expect("opened");
    }
    let (person, unit) = ("B0001-S1-P1".parse().expect("a person"), "B0001-S1".parse().expect("a unit"));
    let owner = PhoneOwner { device: DeviceNumber::new(9), person, unit, role: Role::AccountManager };
    let identity = identity(&owner, key_of(owner.device).public_key(), server_now());
    Replica::begin(path, opening, identity).expect("begun")
}

/// A phone that holds so many records from the server: of twenty-one, one is a prospect and the others its visits.
fn held(stock: &mut Stock, records: usize) -> std::path::PathBuf {
    stock.database(&format!("phone-{records}"), |path| {
        let mut sample = Sample::of("phone", 2);
        let mut replica = open(path, &mut sample, Durability::AppEnd);
        let authorship = Authorship { device: DeviceNumber::new(8), actor: Actor::new(sample.seed()), at: now() };
        let mut begun = None;
        for start in (0..records).step_by(1_000) {
            let mut response = answer();
            for n in start..records.min(start + 1_000) {
                let at = moment(n, records);
                let id = sample.id(at);
                let (kind, of, fields) = match begun {
                    Some(prospect) if n % 21 > 0 => (VISIT, Some(prospect), fields_of(&mut sample, VISIT, at)),
                    _ => {
                        begun = Some(id);
                        (&prospect::KIND, None, sample.prospect().to_fields())
                    }
                };
                let (_, change) = Document::create(id, &kind.into(), of, &fields, &authorship).expect("a record");
                response.deliveries.push(Delivery {
                    record: id,
                    kind: kind.into(),
                    changes: vec![change.bytes.into()],
                });
            }
            let request = Request::new(replica.device(), replica.person().clone(), now(), 1, 0);
            replica.apply(&request, &response, now()).expect("applied");
        }
        assert_eq!(replica.count().expect("counted"), records);
    })
}

fn answer() -> Response {
    Response::new(1, server_now())
}

/// A table of nothing but a key and the bytes.
fn bare(path: &Path, synchronous: &str) -> Connection {
    let db = Connection::open(path).expect("opened");
    db.execute_batch(&format!(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = {synchronous};
         CREATE TABLE bare (id BLOB PRIMARY KEY, change BLOB, row BLOB) WITHOUT ROWID;"
    ))
    .expect("made");
    db
}

/// The parts of a save, as they take place in it.
#[derive(Default)]
struct Parts {
    check: Times,
    document: Times,
    row: Times,
    saved: Times,
    bare: Times,
}

const SAVES: usize = 300;

/// 1: A visit recorded and durable.
pub(crate) fn saves(report: &mut Report, stock: &mut Stock) {
    let few = held(stock, HELD[0]);
    let many = held(stock, HELD[1]);
    let full = save(stock, &few, Durability::PowerLoss, "FULL");
    let normal = save(stock, &few, Durability::Consistent, "NORMAL");
    let off = save(stock, &few, Durability::AppEnd, "OFF");
    for (name, parts) in [("FULL", &full), ("NORMAL", &normal)] {
        let (saved, bare) = (parts.saved.median(), parts.bare.median());
        report.add(
            Figure::new(format!("1 save a visit, {name} (p95 {})", ms(parts.saved.p95())), ms(saved))
                .against(format!("bare insert {} (p95 {})", ms(bare), ms(parts.bare.p95())), saved / bare)
                .at_most("bare + 0.3 ms", saved - bare, 0.3),
        );
    }
    let in_many = save(stock, &many, Durability::PowerLoss, "FULL");
    let (saved, bare) = (in_many.saved.median(), in_many.bare.median());
    report.add(
        Figure::new(format!("1 the same, phone of {} records", count(HELD[1])), ms(saved))
            .against(format!("bare insert {}", ms(bare)), saved / bare)
            .at_most("bare + 0.3 ms", saved - bare, 0.3),
    );
    let (check, document, row) = (off.check.median(), off.document.median(), off.row.median());
    let rest = off.saved.median() - check - document - row;
    report.note(
        "1",
        format!(
            "A save above the bare insert: checking the fields {}, the document with its change {}, the row {}, SQL with \
             its indices {} (of which the bare insert has {}); then the disk, {} against the bare insert's {} with FULL.",
            ms(check),
            ms(document),
            ms(row),
            ms(rest),
            ms(off.bare.median()),
            ms(full.saved.median() - off.saved.median()),
            ms(full.bare.median() - off.bare.median()),
        ),
    );
}

fn save(stock: &Stock, held: &Path, durability: Durability, synchronous: &str) -> Parts {
    let scratch = stock.scratch();
    let mut sample = Sample::of("phone", 3);
    let mut replica = open(&copy(held, scratch.path(), "phone.db"), &mut sample, durability);
    let bare = bare(&scratch.path().join("bare.db"), synchronous);
    let one = Query { kind: Some((&prospect::KIND).into()), limit: 1, ..Query::default() };
    let prospect = replica.query(&one).expect("listed").first().expect("a prospect").id;
    let authorship = Authorship { device: replica.device(), actor: Actor::new(sample.seed()), at: now() };
    let mut parts = Parts::default();
    for n in 0..SAVES {
        let (id, fields) = (sample.id(now()), fields_of(&mut sample, VISIT, now()));
        parts.check.time(|| VISIT.check_new(&fields, now())).expect("checked");
        let create = || Document::create(id, &VISIT.into(), Some(prospect), &fields, &authorship);
        let (document, change) = parts.document.time(create).expect("a visit");
        let row = parts.row.time(|| StoredRow::from(&project(id, &document).expect("a row")));
        let bytes = [row.body.as_bytes(), &row.heads, row.kind.as_bytes()].concat();
        let insert = |parts: &mut Parts, id: RecordId| {
            parts.bare.time(|| {
                let mut insert = bare.prepare_cached("INSERT INTO bare VALUES (?, ?, ?)").expect("SQL");
                insert.execute(params![id.as_bytes(), change.bytes, bytes]).expect("inserted")
            });
        };
        if n % 2 == 0 {
            insert(&mut parts, id);
        }
        parts.saved.time(|| replica.create(id, VISIT, Some(prospect), &fields, now())).expect("saved");
        if n % 2 == 1 {
            insert(&mut parts, id);
        }
    }
    parts
}

/// What the product's own query says, by hand.
const LIST: &str =
    "SELECT id, kind, prospect, author, unit, owner, state, occurred_at, due_at, body, conflicts, flags, heads
    FROM record WHERE kind = 'visit' ORDER BY occurred_at DESC, id DESC LIMIT 50";

fn list_bare(db: &Connection, sql: &str) -> usize {
    let mut select = db.prepare(sql).expect("SQL");
    let mut found = select.query([]).expect("rows");
    let mut rows = Vec::new();
    while let Some(row) = found.next().expect("a row") {
        rows.push((0..13).map(|n| row.get(n).expect("a column")).collect::<Vec<rusqlite::types::Value>>());
    }
    rows.len()
}

const OPENINGS: usize = 100;

/// 2: Open a replica and list.
pub(crate) fn opening(report: &mut Report, stock: &mut Stock) {
    let mut medians = Vec::new();
    for records in HELD {
        let scratch = stock.scratch();
        let path = copy(&held(stock, records), scratch.path(), "phone.db");
        let mut sample = Sample::of("phone", 4);
        let visits = Query { kind: Some(VISIT.into()), ..Query::default() };
        let (mut opened, mut listed, mut both, mut all) =
            (Times::default(), Times::default(), Times::default(), Times::default());
        let (mut bare_opened, mut bare_listed, mut bare) = (Times::default(), Times::default(), Times::default());
        for _ in 0..OPENINGS {
            let replica = both.time(|| {
                let replica = opened.time(|| open(&path, &mut sample, Durability::PowerLoss));
                let rows = listed.time(|| replica.query(&visits)).expect("listed");
                assert_eq!(rows.len(), 50);
                replica
            });
            assert_eq!(all.time(|| replica.query(&Query::default())).expect("listed").len(), 50);
            drop(replica);
            let db = bare.time(|| {
                let db = bare_opened.time(|| Connection::open(&path)).expect("opened");
                assert_eq!(bare_listed.time(|| list_bare(&db, LIST)), 50);
                db
            });
            drop(db);
        }
        let (here, there) = (both.median(), bare.median());
        medians.push(here);
        report.add(
            Figure::new(format!("2 open, list 50 of {}", count(records)), ms(here))
                .against(format!("bare {}", ms(there)), here / there)
                .at_most("1.5 x bare", here / there, 1.5),
        );
        report.note(
            "2",
            format!(
                "{} records: opening {} (bare {}), listing {} (bare {}); listing all kinds together {}.",
                count(records),
                ms(opened.median()),
                ms(bare_opened.median()),
                ms(listed.median()),
                ms(bare_listed.median()),
                ms(all.median())
            ),
        );
    }
    if let [few, many] = medians[..] {
        report.add(
            Figure::new(format!("2 {} against {} records", count(HELD[1]), count(HELD[0])), ms(many))
                .against(ms(few), many / few)
                .at_most("flat (1.2 x)", many / few, 1.2),
        );
    }
}

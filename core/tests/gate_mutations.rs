//! Hundreds of thousands of damaged and forged changes against the gate: none may make it panic, and none it admits may
//! leave a record that cannot be loaded, saved, edited or merged again. And honest changes, none of which it may refuse.
//!
//! `MUTATIONS` and `HONEST` in the environment ask for more of them: see the README.

#![allow(clippy::expect_used)] // Clippy takes only what stands inside a test function for a test.

#[path = "../src/document/gate/tests/chunk.rs"]
mod chunk;

use canvass_core::document::gate::{Guarded, Rules};
use canvass_core::document::{Actor, Authorship, Document};
use canvass_core::domain::{DeviceNumber, Fields, Kind, PhoneTime, RecordId, Value, prospect};
use chunk::{Chunk, chunk, number};
use rand::seq::{IndexedMutRandom, IndexedRandom, SliceRandom};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

const THREADS: u64 = 2;
const MUTATIONS: usize = 220_000;
const HONEST: usize = 100;
const PHONES: u32 = 3;
const HONEST_EDITS: usize = 60;

fn id() -> RecordId {
    RecordId::new(1_772_000_000_000, [1; 10])
}

fn kind() -> Kind {
    Kind::from(&prospect::KIND)
}

fn by(device: u32, opening: u8) -> Authorship {
    let at = PhoneTime::from_millis(1_772_000_000_000).expect("in range");
    Authorship { device: DeviceNumber::new(device), actor: Actor::new([opening; 16]), at }
}

/// An honest change, and the record into which it came.
struct Case {
    before: Guarded,
    past: Vec<Vec<u8>>,
    change: Vec<u8>,
    device: u32,
}

/// What an honest person puts: known fields, unknown ones, long and empty ones.
fn honest_puts(rng: &mut ChaCha8Rng) -> Fields {
    let long = "居委会同意在小区广场办活动，下周再去。".repeat(if rng.random_bool(0.1) { 60 } else { 2 });
    let all: [(&str, Value); 7] = [
        ("name", "银枫家园".into()),
        ("households", rng.random_range(0..5000_i64).into()),
        ("x/note", Value::Text(long)),
        ("x/empty", Value::Null),
        ("x/yes", rng.random_bool(0.5).into()),
        ("x/time", Value::Time(rng.random_range(-9..9_000_000_000))),
        ("x/bytes", Value::Bytes((0..rng.random_range(0..40)).collect())),
    ];
    let chosen = rng.random_range(1..all.len());
    all.sample(rng, chosen).map(|(name, value)| (name.parse().expect("a name"), value.clone())).collect()
}

/// A record's life on phones that edit at once, pull now and then, and open their databases anew, and what the server
/// refused of it.
fn honest_life(rng: &mut ChaCha8Rng) -> (Vec<Case>, Vec<String>) {
    let mut server = Guarded::empty(id(), kind());
    let (mut cases, mut refused): (Vec<Case>, _) = (Vec::new(), Vec::new());
    let mut offer = |server: &mut Guarded, change: &[u8], device: u32| {
        let past = cases.iter().map(|case| case.change.clone()).collect();
        cases.push(Case { before: server.clone(), past, change: change.to_vec(), device });
        if let Err(refusal) = server.admit(change, &Rules::server(DeviceNumber::new(device))) {
            refused.push(format!("an honest change is refused ({}): {}", refusal.code(), hex(change)));
        }
    };
    let (document, first) = Document::create(id(), &kind(), None, &honest_puts(rng), &by(1, 1)).expect("created");
    offer(&mut server, &first.bytes, 1);
    let mut phones: Vec<(Document, u8)> = (1..=PHONES).map(|phone| (document.clone(), phone as u8)).collect();
    for _ in 0..HONEST_EDITS {
        let device = rng.random_range(1..=PHONES);
        let (document, opening) = &mut phones[device as usize - 1];
        match rng.random_range(0..4) {
            0 => *document = server.document().unwrap_or(document).clone(),
            1 => *opening = opening.wrapping_add(PHONES as u8),
            _ => {
                if let Some(change) = document.edit(&honest_puts(rng), &by(device, *opening)).expect("edited") {
                    offer(&mut server, &change.bytes, device);
                }
            }
        }
    }
    (cases, refused)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A change's bytes behind its header.
fn body(change: &[u8]) -> Vec<u8> {
    let length = change[9..].iter().position(|byte| byte & 0x80 == 0).expect("a number ends") + 1;
    change[9 + length..].to_vec()
}

fn flip(bytes: &mut [u8], rng: &mut ChaCha8Rng) {
    if let Some(byte) = (!bytes.is_empty()).then(|| rng.random_range(0..bytes.len())).map(|at| &mut bytes[at]) {
        *byte = match rng.random_range(0..3) {
            0 => *byte ^ (1 << rng.random_range(0..8)),
            1 => byte.wrapping_add(if rng.random_bool(0.5) { 1 } else { 255 }),
            _ => rng.random(),
        };
    }
}

/// A number near another, or at an edge.
fn near(n: u64, rng: &mut ChaCha8Rng) -> u64 {
    let edges = [0, 1, u64::from(u32::MAX), 1 << 31, (1 << 31) - 1, u64::MAX, i64::MAX as u64];
    match rng.random_range(0..3) {
        0 => n.wrapping_add(1),
        1 => n.wrapping_sub(1),
        _ => *edges.choose(rng).expect("some"),
    }
}

/// One part of a change made other than it was.
fn forge(chunk: &mut Chunk, other: &Chunk, rng: &mut ChaCha8Rng) {
    match rng.random_range(0..16) {
        0 => chunk.deps.clone_from(&other.deps),
        1 => drop(chunk.deps.pop()),
        2 => chunk.deps.extend(other.deps.first()),
        3 => flip(&mut chunk.actor, rng),
        4 => chunk.actor.clone_from(&other.actor),
        5 => chunk.seq = near(chunk.seq, rng),
        6 => chunk.start_op = near(chunk.start_op, rng),
        7 => chunk.time = number(rng.random::<u64>() >> rng.random_range(0..64)),
        8 => chunk.others.clone_from(&other.others),
        9 => chunk.others.push(other.actor.clone()),
        10 => flip(&mut chunk.extra, rng),
        11 => chunk.extra.clone_from(&other.extra),
        12 => {
            let (name, bytes) = other.columns.choose(rng).expect("some");
            chunk.column(*name).clone_from(bytes);
        }
        13 => {
            let at = rng.random_range(0..chunk.columns.len());
            chunk.columns.remove(at);
        }
        _ => {
            let (_, bytes) = chunk.columns.choose_mut(rng).expect("some");
            (0..rng.random_range(1..4)).for_each(|_| flip(bytes, rng));
        }
    }
}

fn mutated(case: &Case, other: &Case, rng: &mut ChaCha8Rng) -> Vec<u8> {
    let how = rng.random_range(0..10);
    if how < 4 {
        let (mut forged, other) = (Chunk::of(&case.change), Chunk::of(&other.change));
        for _ in 0..rng.random_range(1..3) {
            if !forged.columns.is_empty() {
                forge(&mut forged, &other, rng);
            }
        }
        return forged.bytes();
    }
    let repaired = rng.random_bool(0.9);
    let mut bytes = if repaired { body(&case.change) } else { case.change.clone() };
    let mut from = rng.random_range(0..bytes.len());
    let mut to = rng.random_range(0..bytes.len());
    if from > to {
        (from, to) = (to, from);
    }
    to = to.min(from + rng.random_range(1..64));
    match how {
        4..=6 => (0..rng.random_range(1..5)).for_each(|_| flip(&mut bytes, rng)),
        7 => {
            let other = body(&other.change);
            let piece = &other[from.min(other.len())..to.min(other.len())];
            bytes.splice(from..to, piece.iter().copied());
        }
        8 if rng.random_bool(0.5) => bytes.truncate(from),
        8 => drop(bytes.drain(from..to)),
        _ => {
            let again: Vec<u8> = bytes[from..to].to_vec();
            bytes.splice(to..to, again);
        }
    }
    if repaired { chunk(1, &bytes) } else { bytes }
}

/// Tries a record into which the gate let a change: it must load, save, and take honest edits and merges.
fn try_out(mut guarded: Guarded, case: &Case, bytes: &[u8], rng: &mut ChaCha8Rng) -> Result<(), &'static str> {
    let mut all: Vec<Vec<u8>> = case.past.iter().cloned().chain([bytes.to_vec()]).collect();
    loads(&guarded, &mut all, rng)?;

    let changes = all.iter().map(|bytes| automerge::Change::try_from(&bytes[..]).map_err(|_| "does not decode"));
    let mut raw = automerge::Automerge::new();
    raw.apply_changes(changes.collect::<Result<Vec<_>, _>>()?).map_err(|_| "does not apply")?;
    let saved = automerge::Automerge::load(&raw.save()).map_err(|_| "does not load from a snapshot")?;
    if saved.get_heads() != raw.get_heads() {
        return Err("has other heads in its snapshot");
    }

    // Somebody edits who did not know the change, then somebody who did; then somebody merges both.
    let editors = case.before.document().into_iter().chain(guarded.document()).cloned().collect::<Vec<_>>();
    for (n, mut document) in editors.into_iter().enumerate() {
        edit_honestly(&mut guarded, &mut document, by(50, 200 + n as u8), &mut all, rng)?;
    }
    let mut merged = guarded.document().ok_or("is empty")?.clone();
    edit_honestly(&mut guarded, &mut merged, by(51, 210), &mut all, rng)?;
    if guarded.document().ok_or("is empty")?.heads().len() != 1 {
        return Err("stays parted after a merge");
    }
    loads(&guarded, &mut all, rng)
}

fn edit_honestly(
    guarded: &mut Guarded,
    document: &mut Document,
    authorship: Authorship,
    all: &mut Vec<Vec<u8>>,
    rng: &mut ChaCha8Rng,
) -> Result<(), &'static str> {
    // One that the record did not hold before, so that the edit has an effect.
    let fresh = rng.random_range(10_000..i64::MAX);
    let puts = honest_puts(rng).with("households".parse().expect("a name"), fresh.into());
    let edit = document.edit(&puts, &authorship).map_err(|_| "cannot be edited")?.ok_or("an edit has no effect")?;
    guarded.admit(&edit.bytes, &Rules::phone()).map_err(|_| "an honest edit is refused")?;
    all.push(edit.bytes);
    Ok(())
}

fn loads(guarded: &Guarded, all: &mut [Vec<u8>], rng: &mut ChaCha8Rng) -> Result<(), &'static str> {
    all.shuffle(rng);
    let document = guarded.document().ok_or("is empty")?;
    let loaded = Document::load(all.iter().map(Vec::as_slice)).map_err(|_| "does not load from its changes")?;
    if loaded.heads() != document.heads() || loaded.fields() != document.fields() || loaded.len() != all.len() {
        return Err("loads as another record");
    }
    Ok(())
}

#[derive(Default, Debug)]
struct Counts {
    honest: usize,
    honest_refused: Vec<String>,
    mutated: usize,
    accepted: usize,
    known: usize,
    refused: BTreeMap<&'static str, usize>,
    bad: Vec<String>,
}

impl Counts {
    fn add(&mut self, other: Self) {
        self.honest += other.honest;
        self.honest_refused.extend(other.honest_refused);
        self.mutated += other.mutated;
        self.accepted += other.accepted;
        self.known += other.known;
        for (code, count) in other.refused {
            *self.refused.entry(code).or_default() += count;
        }
        self.bad.extend(other.bad);
    }

    /// Offers mutations of the changes of one life.
    fn attack(&mut self, cases: &[Case], mutations: usize, rng: &mut ChaCha8Rng) {
        for _ in 0..mutations {
            let case = cases.choose(rng).expect("some");
            let bytes = mutated(case, cases.choose(rng).expect("some"), rng);
            let rules = match rng.random_bool(0.5) {
                true => Rules::phone(),
                false => Rules::server(DeviceNumber::new(case.device)),
            };
            self.mutated += 1;
            let mut guarded = case.before.clone();
            let verdict = catch_unwind(AssertUnwindSafe(|| guarded.admit(&bytes, &rules).map(drop)));
            let wrong = match verdict {
                Err(_) => Some("the gate panics"),
                Ok(Err(refusal)) => {
                    *self.refused.entry(refusal.code()).or_default() += 1;
                    None
                }
                Ok(Ok(())) if bytes == case.change => {
                    self.known += 1;
                    None
                }
                Ok(Ok(())) => {
                    self.accepted += 1;
                    let tried = catch_unwind(AssertUnwindSafe(|| try_out(guarded, case, &bytes, rng)));
                    tried.unwrap_or(Err("panics afterwards")).err()
                }
            };
            self.bad.extend(wrong.map(|wrong| format!("{wrong}: {}", hex(&bytes))));
        }
    }
}

/// Plays lives until there were so many honest changes, and spreads so many mutations over them.
fn play(honest: usize, mutations: usize, mut rng: ChaCha8Rng) -> Counts {
    let mut counts = Counts::default();
    while counts.honest < honest {
        let (cases, refused) = honest_life(&mut rng);
        let (honest_left, left) = (honest - counts.honest, mutations - counts.mutated);
        counts.honest += cases.len();
        counts.honest_refused.extend(refused);
        counts.attack(&cases, left * cases.len().min(honest_left) / honest_left, &mut rng);
    }
    counts
}

/// How many of something to try: what the environment asks for, or few enough for every test run.
fn asked(name: &str, otherwise: usize) -> usize {
    std::env::var(name).map_or(otherwise, |text| text.parse().expect("a number"))
}

#[test]
fn no_damaged_or_forged_change_breaks_the_gate_or_a_record_and_no_honest_one_is_refused() {
    let threads = THREADS as usize;
    let (mutations, honest) = (asked("MUTATIONS", MUTATIONS) / threads, asked("HONEST", HONEST) / threads);
    // Automerge's panics are expected, and contained; their messages would be thousands.
    std::panic::set_hook(Box::new(|_| {}));
    let mut all = Counts::default();
    let done = std::thread::scope(|scope| {
        let rngs = (0..THREADS).map(ChaCha8Rng::seed_from_u64);
        let threads: Vec<_> = rngs.map(|rng| scope.spawn(move || play(honest, mutations, rng))).collect();
        threads.into_iter().map(|thread| thread.join()).collect::<Vec<_>>()
    });
    drop(std::panic::take_hook());
    done.into_iter().for_each(|counts| all.add(counts.expect("no thread fails")));

    println!("honest {}, refused {}", all.honest, all.honest_refused.len());
    let (accepted, known, bad) = (all.accepted, all.known, all.bad.len());
    println!("mutated {}: accepted {accepted} (of these bad {bad}), unchanged {known}", all.mutated);
    println!("refused {}: {:?}", all.refused.values().sum::<usize>(), all.refused);
    for wrong in all.honest_refused.iter().take(5).chain(all.bad.iter().take(5)) {
        println!("{wrong}");
    }
    assert_eq!((all.honest_refused.len(), all.bad.len()), (0, 0));
    assert_eq!(all.mutated, mutations * threads, "every mutation was tried");
    assert_eq!(all.refused.values().sum::<usize>() + accepted + known, all.mutated, "every mutation was judged");
    assert!(accepted > 1000 && all.honest > 50, "{accepted} accepted, {} honest", all.honest);
    assert!(all.refused.len() > 15, "every rule is met: {:?}", all.refused);
}

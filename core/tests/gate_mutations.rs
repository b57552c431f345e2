//! Hundreds of thousands of damaged and forged changes against the gate: none may make it panic, and none it admits may
//! leave a record that cannot be loaded, saved, edited or merged again.

#[path = "../src/document/gate/tests/chunk.rs"]
mod chunk;

use canvass_core::document::gate::{Guarded, Rules};
use canvass_core::document::{Actor, Authorship, Document};
use canvass_core::domain::{DeviceNumber, Fields, Kind, PhoneTime, RecordId, Value, prospect};
use chunk::{Chunk, chunk, number};
use rand::seq::{IndexedRandom, SliceRandom};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

const THREADS: u64 = 2;
const MUTATIONS_EACH: usize = 110_000;
const PHONES: u32 = 3;
const HONEST_EDITS: usize = 120;

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
    let long = "居委会同意在小区广场办活动，下周再去。".repeat(rng.random_range(1..60));
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

/// A record's life on phones that edit at once, pull now and then, and open their databases anew. Every change has to
/// come in at the server.
fn honest_life(rng: &mut ChaCha8Rng) -> Vec<Case> {
    let mut server = Guarded::empty(id(), kind());
    let mut cases: Vec<Case> = Vec::new();
    let mut offer = |server: &mut Guarded, change: &[u8], device: u32| {
        let past = cases.iter().map(|case| case.change.clone()).collect();
        cases.push(Case { before: server.clone(), past, change: change.to_vec(), device });
        server.admit(change, &Rules::server(DeviceNumber::new(device))).expect("an honest change comes in");
    };
    let (document, first) = Document::create(id(), &kind(), None, &honest_puts(rng), &by(1, 1)).expect("created");
    offer(&mut server, &first.bytes, 1);
    let mut phones: Vec<(Document, u8)> = (1..=PHONES).map(|phone| (document.clone(), phone as u8)).collect();
    for _ in 0..HONEST_EDITS {
        let device = rng.random_range(1..=PHONES);
        let (document, opening) = &mut phones[device as usize - 1];
        match rng.random_range(0..4) {
            0 => *document = server.document().expect("created").clone(),
            1 => *opening = opening.wrapping_add(PHONES as u8),
            _ => {
                if let Some(change) = document.edit(&honest_puts(rng), &by(device, *opening)).expect("edited") {
                    offer(&mut server, &change.bytes, device);
                }
            }
        }
    }
    cases
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

/// What is wrong with a record after the gate admitted a change; nothing should ever be.
fn wrong_with(guarded: &Guarded, case: &Case, bytes: &[u8], rng: &mut ChaCha8Rng) -> Option<&'static str> {
    let mut guarded = guarded.clone();
    let mut all: Vec<Vec<u8>> = case.past.iter().cloned().chain([bytes.to_vec()]).collect();
    let same = |guarded: &Guarded, all: &mut Vec<Vec<u8>>, rng: &mut ChaCha8Rng| {
        all.shuffle(rng);
        let document = guarded.document()?;
        let loaded = Document::load(all.iter().map(Vec::as_slice)).ok()?;
        (loaded.heads() == document.heads() && loaded.fields() == document.fields() && loaded.len() == all.len())
            .then_some(())
    };
    if same(&guarded, &mut all, rng).is_none() {
        return Some("does not load from its changes");
    }

    let changes = all.iter().map(|bytes| automerge::Change::try_from(&bytes[..]));
    let mut raw = automerge::Automerge::new();
    raw.apply_changes(changes.collect::<Result<Vec<_>, _>>().ok()?).ok()?;
    if automerge::Automerge::load(&raw.save()).ok().map(|saved| saved.get_heads()) != Some(raw.get_heads()) {
        return Some("does not load from a snapshot");
    }

    // Somebody who did not know the change edits at once; then somebody who merged both.
    let concurrent = case.before.document().cloned();
    let editors = concurrent.into_iter().chain(guarded.document().cloned()).enumerate();
    for (n, mut document) in editors {
        let puts = honest_puts(rng).with("households".parse().expect("a name"), (9000 + n as i64).into());
        let edit = document.edit(&puts, &by(50, 200 + n as u8)).ok().flatten();
        let Some(edit) = edit else { return Some("cannot be edited") };
        if guarded.admit(&edit.bytes, &Rules::phone()).is_err() {
            return Some("an honest edit is refused");
        }
        all.push(edit.bytes);
    }
    let mut merged = guarded.document()?.clone();
    let puts = Fields::new().with("households".parse().expect("a name"), (-1).into());
    let Ok(Some(merge)) = merged.edit(&puts, &by(51, 210)) else { return Some("cannot be merged") };
    if merge.deps.len() != guarded.document()?.heads().len() || guarded.admit(&merge.bytes, &Rules::phone()).is_err() {
        return Some("an honest merge is refused");
    }
    all.push(merge.bytes);
    same(&guarded, &mut all, rng).is_none().then_some("does not load after a merge")
}

#[derive(Default, Debug)]
struct Counts {
    honest: usize,
    accepted: usize,
    known: usize,
    refused: BTreeMap<&'static str, usize>,
    bad: Vec<String>,
}

fn attack(seed: u64) -> Counts {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let cases = honest_life(&mut rng);
    let mut counts = Counts { honest: cases.len(), ..Counts::default() };
    for _ in 0..MUTATIONS_EACH {
        let case = cases.choose(&mut rng).expect("some");
        let bytes = mutated(case, cases.choose(&mut rng).expect("some"), &mut rng);
        let rules = match rng.random_bool(0.5) {
            true => Rules::phone(),
            false => Rules::server(DeviceNumber::new(case.device)),
        };
        let mut guarded = case.before.clone();
        let verdict = catch_unwind(AssertUnwindSafe(|| guarded.admit(&bytes, &rules)));
        let wrong = match verdict {
            Err(_) => Some("the gate panics"),
            Ok(Err(refusal)) => {
                *counts.refused.entry(refusal.code()).or_default() += 1;
                None
            }
            Ok(Ok(_)) if bytes == case.change => {
                counts.known += 1;
                None
            }
            Ok(Ok(_)) => {
                counts.accepted += 1;
                catch_unwind(AssertUnwindSafe(|| wrong_with(&guarded, case, &bytes, &mut rng)))
                    .unwrap_or(Some("panics afterwards"))
            }
        };
        if let Some(wrong) = wrong {
            let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            counts.bad.push(format!("{wrong}: {hex}"));
        }
    }
    counts
}

#[test]
fn no_damaged_or_forged_change_breaks_the_gate_or_a_record() {
    // Automerge's panics are expected, and contained; their messages would be thousands.
    std::panic::set_hook(Box::new(|_| {}));
    let all: Vec<Counts> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS).map(|seed| scope.spawn(move || attack(seed))).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().map_err(|_| "an honest change was refused"))
            .collect::<Result<_, _>>()
    })
    .expect("honest changes come in");
    drop(std::panic::take_hook());

    let mut refused: BTreeMap<&str, usize> = BTreeMap::new();
    for (code, count) in all.iter().flat_map(|counts| &counts.refused) {
        *refused.entry(code).or_default() += count;
    }
    let sum = |of: fn(&Counts) -> usize| all.iter().map(of).sum::<usize>();
    let (honest, accepted, bad) = (sum(|c| c.honest), sum(|c| c.accepted), sum(|c| c.bad.len()));
    println!("honest {honest}, all accepted; mutated: accepted {accepted}, unchanged {}, bad {bad}", sum(|c| c.known));
    println!("refused {}: {refused:?}", refused.values().sum::<usize>());
    for bad in all.iter().flat_map(|counts| &counts.bad).take(5) {
        println!("{bad}");
    }
    assert_eq!(bad, 0);
    assert!(accepted > 1000 && honest > 50, "{accepted} accepted, {honest} honest");
    assert!(refused.len() > 15, "every rule is met: {refused:?}");
}

//! An honest record to which changes are offered, the same in every run, so that a corpus stays of use.

#[allow(dead_code)]
#[path = "../../../core/src/document/gate/tests/chunk.rs"]
mod chunk;

use canvass_core::document::gate::{Guarded, Rules};
use canvass_core::document::{Actor, Authorship, Document};
use canvass_core::domain::{DeviceNumber, Fields, Kind, PhoneTime, RecordId, Value, prospect};
use sha2::{Digest, Sha256};

/// An honest change, and the record into which it came.
pub struct Step {
    /// The record before it.
    pub before: Guarded,
    /// The change.
    pub change: Vec<u8>,
    /// Whose it is.
    pub device: DeviceNumber,
}

fn by(device: u32, opening: u8) -> Authorship {
    let at = PhoneTime::from_millis(1_772_000_000_000).expect("in range");
    Authorship { device: DeviceNumber::new(device), actor: Actor::new([opening; 16]), at }
}

fn puts<const N: usize>(fields: [(&str, Value); N]) -> Fields {
    fields.into_iter().map(|(name, value)| (name.parse().expect("a name"), value)).collect()
}

/// The life of a record on two phones that edit it apart and together.
pub fn life() -> Vec<Step> {
    let (id, kind) = (RecordId::new(1_772_000_000_000, [1; 10]), Kind::from(&prospect::KIND));
    let mut server = Guarded::empty(id, kind.clone());
    let mut steps = Vec::new();
    let mut offer = |server: &mut Guarded, change: Vec<u8>, device: u32| {
        let before = server.clone();
        let device = DeviceNumber::new(device);
        server.admit(&change, &Rules::server(device)).expect("an honest change comes in");
        steps.push(Step { before, change, device });
    };
    let first = puts([("name", "银枫家园".into()), ("households", 1200.into()), ("x/empty", Value::Null)]);
    let (document, change) = Document::create(id, &kind, None, &first, &by(1, 1)).expect("created");
    offer(&mut server, change.bytes, 1);
    let (mut one, mut other) = (document.clone(), document);
    let long = "居委会同意在小区广场办活动，下周再去。".repeat(9);
    for (n, fields) in [
        puts([("note", Value::Text(long)), ("x/yes", true.into()), ("place/lat", 399_000_000.into())]),
        puts([("households", 1300.into()), ("x/time", Value::Time(-9)), ("x/bytes", Value::Bytes(vec![7; 40]))]),
        puts([("households", 1400.into()), ("team/P1/share", 50.into())]),
    ]
    .iter()
    .enumerate()
    {
        let change = one.edit(fields, &by(1, 1 + n as u8)).expect("edited").expect("new");
        offer(&mut server, change.bytes, 1);
        let fields = fields.clone().with("households".parse().expect("a name"), (2000 + n as i64).into());
        let change = other.edit(&fields, &by(2, 101)).expect("edited").expect("new");
        offer(&mut server, change.bytes, 2);
    }
    let mut merged = server.document().expect("there").clone();
    let change = merged.edit(&puts([("name", "银枫".into())]), &by(2, 101)).expect("edited").expect("new");
    offer(&mut server, change.bytes, 2);
    steps
}

/// The changes of an input: as they are, or put behind a header with a true length and checksum.
pub fn change(wrapped: bool, bytes: &[u8]) -> Vec<u8> {
    if wrapped { chunk::chunk(1, bytes) } else { bytes.to_vec() }
}

/// A change's bytes behind its header.
pub fn inner(change: &[u8]) -> &[u8] {
    let length = change[9..].iter().position(|byte| byte & 0x80 == 0).expect("a number ends") + 1;
    &change[9 + length..]
}

/// Changes of a hundred bytes whose columns agree that they put, or replace, millions of values.
pub fn greedy() -> [Vec<u8>; 2] {
    let many = chunk::number(4_000_000);
    let run = |value: &[u8]| [&many[..], value].concat();
    let life = life();
    let mut puts = chunk::Chunk::of(&life[0].change);
    let columns =
        [(0x15, run(b"\x01a")), (0x34, many.clone()), (0x42, run(&[1])), (0x56, run(&[0])), (0x70, run(&[0]))];
    puts.columns = columns.to_vec();
    let mut replaces = chunk::Chunk::of(&life[1].change);
    let one = |value: &[u8]| [&[0x7f][..], value].concat();
    // Counters are told as differences: the first from nothing, the others none.
    let counters = [&one(&[1])[..], &chunk::number(3_999_999), &[0]].concat();
    replaces.columns = vec![
        (0x15, one(b"\x04name")),
        (0x34, vec![1]),
        (0x42, one(&[1])),
        (0x56, one(&[0])),
        (0x70, one(&many)),
        (0x71, run(&[0])),
        (0x73, counters),
    ];
    [puts.bytes(), replaces.bytes()]
}

/// What everybody must still be able to do with a record into which the gate let a change: load it, edit it with the change
/// or without, and merge.
pub fn try_out(before: &Guarded, mut guarded: Guarded, mut all: Vec<Vec<u8>>) {
    loads(&guarded, &all);
    // Nobody foresees an opening's randomness, so it depends on the input: a fuzzer that saw it compared would forge it.
    let mut random: [u8; 16] = [0; 16];
    random.copy_from_slice(&Sha256::digest(all.concat())[..16]);
    let mut fresh = |device| {
        random[0] = random[0].wrapping_add(1);
        Authorship { actor: Actor::new(random), ..by(device, 0) }
    };
    let editors: Vec<Document> = before.document().into_iter().chain(guarded.document()).cloned().collect();
    for mut document in editors {
        edit(&mut guarded, &mut document, &fresh(50), &mut all);
    }
    let mut merged = guarded.document().expect("is not empty").clone();
    edit(&mut guarded, &mut merged, &fresh(51), &mut all);
    assert_eq!(guarded.document().expect("is not empty").heads().len(), 1, "stays parted after a merge");
    loads(&guarded, &all);
}

fn edit(guarded: &mut Guarded, document: &mut Document, by: &Authorship, all: &mut Vec<Vec<u8>>) {
    let edit = (0..3).find_map(|n| {
        let fresh = puts([("households", (4_000_000 + n).into())]);
        document.edit(&fresh, by).expect("can be edited")
    });
    let edit = edit.expect("an edit has an effect");
    guarded.admit(&edit.bytes, &Rules::phone()).expect("an honest edit comes in");
    all.push(edit.bytes);
}

fn loads(guarded: &Guarded, all: &[Vec<u8>]) {
    let document = guarded.document().expect("is not empty");
    for turned in [false, true] {
        let mut changes: Vec<&[u8]> = all.iter().map(Vec::as_slice).collect();
        if turned {
            changes.reverse();
        }
        let loaded = Document::load(changes).expect("loads from its changes");
        assert!(loaded.heads() == document.heads() && loaded.fields() == document.fields(), "loads as another record");
        assert_eq!(loaded.len(), all.len());
    }
}

//! Promises of the gate: every hostile shape is refused by its rule and leaves the record as it was; everything honest
//! comes in.

mod chunk;

use super::*;
use crate::document::{Actor, Authorship, change_hash};
use crate::domain::{Fields, PhoneTime, Value, prospect, visit};
use automerge::marks::{ExpandMark, Mark};
use automerge::transaction::{CommitOptions, Transactable, Transaction};
use automerge::{ActorId, Author, ObjType, ROOT, ScalarValue};
use chunk::{Chunk, chunk, number};

const A: u32 = 7;
const B: u32 = 8;

fn by(device: u32, opening: u8) -> Authorship {
    Authorship {
        device: DeviceNumber::new(device),
        actor: Actor::new([opening; 16]),
        at: PhoneTime::from_millis(1_772_000_000_000).expect("in range"),
    }
}

fn id(n: u8) -> RecordId {
    RecordId::new(1_772_000_000_000, [n; 10])
}

fn fields(pairs: &[(&str, Value)]) -> Fields {
    pairs.iter().map(|(name, value)| (name.parse().expect("a name"), value.clone())).collect()
}

fn kind() -> Kind {
    Kind::from(&prospect::KIND)
}

fn server(device: u32) -> Rules {
    Rules::server(DeviceNumber::new(device))
}

/// A record that device A created, on A's phone, with the first change's bytes.
fn created() -> (Document, Vec<u8>) {
    let first = fields(&[("name", "银枫家园".into()), ("households", 800.into())]);
    let (document, change) = Document::create(id(1), &kind(), None, &first, &by(A, 1)).expect("created");
    (document, change.bytes)
}

/// The same record at the server.
fn at_server() -> Guarded {
    let mut guarded = Guarded::empty(id(1), kind());
    guarded.admit(&created().1, &server(A)).expect("honest");
    guarded
}

fn edit(document: &mut Document, name: &str, value: impl Into<Value>, authorship: &Authorship) -> Vec<u8> {
    document.edit(&fields(&[(name, value.into())]), authorship).expect("edited").expect("differs").bytes
}

/// An honest first edit of the record by device A's second opening.
fn honest_edit() -> Vec<u8> {
    edit(&mut created().0, "households", 801, &by(A, 2))
}

/// What another program can do with automerge to the record, as device A.
fn hostile(work: impl FnOnce(&mut Transaction<'_>)) -> Vec<u8> {
    hostile_upon(&created().0, &[9; 16], Some(&[0, 0, 0, 7]), work)
}

fn hostile_upon(
    document: &Document,
    actor: &[u8],
    author: Option<&[u8]>,
    work: impl FnOnce(&mut Transaction<'_>),
) -> Vec<u8> {
    let mut inner = document.inner.clone();
    inner.set_author(author.map(|author| Author::from(author.to_vec())));
    inner.set_actor(ActorId::from(actor));
    let mut transaction = inner.transaction();
    work(&mut transaction);
    let (hash, _) = transaction.commit_with(CommitOptions::default().with_time(1));
    inner.get_change_by_hash(&hash.expect("does something")).expect("made").raw_bytes().to_vec()
}

/// A change that creates a record with automerge alone.
fn hostile_first(puts: &[(&str, ScalarValue)]) -> Vec<u8> {
    hostile_upon(&Document { inner: Automerge::new() }, &[9; 16], Some(&[0, 0, 0, 7]), |t| {
        puts.iter().for_each(|(name, value)| t.put(ROOT, *name, value.clone()).expect("put"));
    })
}

/// An honest edit, taken apart and changed.
fn forged(change: impl FnOnce(&mut Chunk)) -> Vec<u8> {
    let mut chunk = Chunk::of(&honest_edit());
    change(&mut chunk);
    chunk.bytes()
}

/// Refused by these rules, and the record is as it was.
fn refused_by(rules: &Rules, guarded: &mut Guarded, bytes: &[u8]) -> Refusal {
    let before = guarded.clone();
    let refusal = guarded.admit(bytes, rules).expect_err("must be refused");
    let seen = |g: &Guarded| g.document().map(|d| (d.heads(), d.fields(), d.len()));
    assert_eq!(seen(guarded), seen(&before));
    assert_eq!((guarded.bytes, guarded.graph.len()), (before.bytes, before.graph.len()));
    refusal
}

/// Refused by server and phone alike, under this code.
fn refused(bytes: &[u8], code: &str) {
    for rules in [server(A), Rules::phone()] {
        let refusal = refused_by(&rules, &mut at_server(), bytes);
        assert_eq!(refusal.code(), code, "{refusal}");
    }
}

fn refused_first(bytes: &[u8], code: &str) {
    for rules in [server(A), Rules::phone()] {
        let refusal = refused_by(&rules, &mut Guarded::empty(id(1), kind()), bytes);
        assert_eq!(refusal.code(), code, "{refusal}");
    }
}

#[test]
fn honest_changes_come_in_and_read_as_their_writer_sees_them() {
    let (mut phone, first) = created();
    let mut server_side = Guarded::empty(id(1), kind());
    let mut other_phone = Guarded::empty(id(1), kind());
    let mut offer = |bytes: &[u8], device| {
        let change = server_side.admit(bytes, &server(device)).expect("honest");
        assert_eq!((change.hash, &change.bytes[..]), (change_hash(bytes), bytes));
        other_phone.admit(bytes, &Rules::phone()).expect("honest");
        assert_eq!(server_side.admit(bytes, &server(device)), Err(Refusal::Known(change.hash)));
    };
    offer(&first, A);
    for (n, authorship) in [by(A, 1), by(A, 1), by(B, 2), by(A, 3), by(B, 2)].iter().enumerate() {
        offer(&edit(&mut phone, "households", n as i64, authorship), authorship.device.get());
    }
    assert_eq!(server_side.document().expect("there").fields(), phone.fields());
    assert_eq!(other_phone.into_document().expect("there").heads(), phone.heads());
}

#[test]
fn a_merge_and_an_edit_upon_ones_own_change_that_others_built_on_come_in() {
    let (phone, _) = created();
    let mut guarded = at_server();
    let (mut a, mut b) = (Guarded::of(id(1), kind(), phone.clone(), 0), Guarded::of(id(1), kind(), phone, 0));
    for (side, opening, device) in [(&mut a, 2, A), (&mut b, 3, B)] {
        let mut document = side.document().expect("there").clone();
        let bytes = edit(&mut document, "households", i64::from(opening), &by(device, opening));
        side.admit(&bytes, &Rules::phone()).expect("honest");
        guarded.admit(&bytes, &server(device)).expect("honest");
    }
    let mut merged = guarded.document().expect("there").clone();
    assert_eq!(merged.heads().len(), 2);
    let merge = edit(&mut merged, "households", 5, &by(B, 3));
    guarded.admit(&merge, &server(B)).expect("honest");
    // A's own last change is no head any more, and yet stands in the deps that automerge writes.
    let late = edit(&mut merged, "households", 6, &by(A, 2));
    assert_eq!(guarded.admit(&late, &server(A)).expect("honest").deps.len(), 2);
    assert_eq!(guarded.document().expect("there").fields(), merged.fields());
}

#[test]
fn damaged_bytes_are_refused() {
    let mut wrong_checksum = honest_edit();
    wrong_checksum[5] ^= 1;
    refused(&wrong_checksum, "checksum");
    let mut flipped = honest_edit();
    *flipped.last_mut().expect("not empty") ^= 1;
    refused(&flipped, "checksum");
    let mut magic = honest_edit();
    magic[0] = 0;
    refused(&magic, "magic");
    refused(&honest_edit()[..40], "truncated");
    refused(&[], "truncated");
}

#[test]
fn bytes_behind_a_change_or_inside_it_are_refused() {
    refused(&[&honest_edit()[..], &[0]].concat(), "trailing-bytes");
    for extra in [&[1, 4, 0, 0, 0, 7, 9][..], &[2, 4, 0, 0, 0, 7], &[1, 3, 0, 0, 7], &[0; 3000]] {
        refused(&forged(|chunk| chunk.extra = extra.to_vec()), "trailing-bytes");
    }
    refused(&forged(|chunk| chunk.message = b"hello".to_vec()), "message");
}

#[test]
fn other_chunks_than_one_plain_change_are_refused() {
    let (document, _) = created();
    refused(&document.inner.save(), "chunk-type");
    let heads = document.inner.get_heads();
    refused(document.inner.bundle(heads).expect("bundled").bytes(), "chunk-type");
    let long = edit(&mut created().0, "x_note", "长".repeat(300).as_str(), &by(A, 2));
    let deflated = automerge::Change::try_from(&long[..]).expect("honest").bytes().to_vec();
    assert_eq!(deflated[8], 2);
    refused(&deflated, "chunk-type");
    let body = Chunk::of(&honest_edit()).bytes();
    refused(&chunk(7, &body[11..]), "chunk-type");
}

#[test]
fn a_hundred_bytes_that_ask_for_gigabytes_are_refused_before_they_are_read() {
    let huge = [&number(0x3fff_ffff)[..], &[1]].concat();
    refused(&forged(|chunk| *chunk.column(0x42) = huge.clone()), "run-length");
    refused(&forged(|chunk| *chunk.column(0x70) = huge.clone()), "run-length");
    refused(&forged(|chunk| *chunk.column(0x70) = [&[0x7f][..], &number(u64::MAX)].concat()), "preds-count");
    refused(&forged(|chunk| *chunk.column(0x71) = huge.clone()), "run-length");
    refused(&forged(|chunk| *chunk.column(0x15) = [&number(0x3fff_ffff)[..], &[1, b'a']].concat()), "run-length");
    // The longest run there is, written as a count of entries to come.
    let lowest = [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7f];
    refused(&forged(|chunk| *chunk.column(0x42) = lowest.to_vec()), "run-length");
    refused(&forged(|chunk| chunk.deps = vec![[0; 32]; 65]), "deps-count");
    refused(&forged(|chunk| chunk.others = vec![vec![3; 16]; 65]), "actors-count");
    refused(&forged(|chunk| chunk.actor = vec![3; 40]), "actor-length");
    refused(&chunk(1, &number(u64::MAX)), "deps-count");
    refused(&forged(|chunk| *chunk.column(0x73) = [&[0x7f][..], &number(1 << 33)].concat()), "pred-counter");
    refused(&vec![0; 64 * 1024 + 1], "change-size");
}

#[test]
fn a_change_with_too_many_operations_is_refused() {
    refused(&hostile(|t| (0..2001).for_each(|n| t.put(ROOT, format!("f{n}"), 1).expect("put"))), "run-length");
    refused(
        &hostile_upon(&created().0, &[9; 16], Some(&[0, 0, 0, 7]), |t| {
            t.put(ROOT, "x", "x".repeat(64 * 1024)).expect("put");
        }),
        "change-size",
    );
}

#[test]
fn operations_must_be_numbered_from_where_history_ends() {
    let honest = Chunk::of(&honest_edit()).start_op;
    for start in [honest - 1, honest + 1, 1, 1 << 31] {
        refused(&forged(|chunk| chunk.start_op = start), "start-op");
    }
    refused(&forged(|chunk| chunk.start_op = u64::from(u32::MAX)), "start-op");
    refused(&forged(|chunk| chunk.start_op = u64::MAX), "start-op");
    refused(&forged(|chunk| chunk.start_op = 0), "undecodable");
}

#[test]
fn an_actor_writes_one_chain_without_forks_or_gaps() {
    let (phone, _) = created();
    let (mut here, mut restored) = (phone.clone(), phone);
    let mut guarded = at_server();
    guarded.admit(&edit(&mut here, "households", 1, &by(A, 1)), &server(A)).expect("honest");
    let forked = edit(&mut restored, "households", 2, &by(A, 1));
    assert_eq!(refused_by(&server(A), &mut guarded, &forked).code(), "seq-reuse");

    refused(&forged(|chunk| chunk.seq = 2), "seq-gap");
    refused(&forged(|chunk| (chunk.actor, chunk.seq) = (created_actor(), 3)), "seq-gap");

    // An actor that forgets its own last change.
    let forgotten = Chunk::of(&edit(&mut restored, "households", 3, &by(B, 5)));
    let mut own = Chunk::of(&edit(&mut here, "area", 3, &by(A, 1)));
    (own.deps, own.start_op) = (forgotten.deps.clone(), forgotten.start_op);
    let mut guarded = at_server();
    guarded.admit(&forked, &server(A)).expect("honest");
    let behind = edit(&mut created().0, "x", 1, &by(A, 6));
    guarded.admit(&behind, &server(A)).expect("honest");
    (own.deps, own.seq) = (vec![*change_hash(&behind).as_bytes()], 3);
    assert_eq!(refused_by(&server(A), &mut guarded, &own.bytes()).code(), "own-change-not-in-deps");
}

fn created_actor() -> Vec<u8> {
    Chunk::of(&created().1).actor
}

#[test]
fn a_change_whose_past_is_missing_names_what_is_missing() {
    let (mut phone, first) = created();
    let middle = edit(&mut phone, "households", 1, &by(A, 2));
    let last = edit(&mut phone, "households", 2, &by(B, 3));
    let missing = |of: &[u8]| Refusal::NeedsDeps(vec![change_hash(of)]);
    assert_eq!(refused_by(&server(B), &mut at_server(), &last), missing(&middle));
    assert_eq!(refused_by(&server(A), &mut Guarded::empty(id(1), kind()), &middle), missing(&first));
    let mut guarded = at_server();
    guarded.admit(&middle, &server(A)).expect("honest");
    guarded.admit(&last, &server(B)).expect("its past is here now");
}

#[test]
fn deps_out_of_order_or_twice_are_refused() {
    refused(&forged(|chunk| chunk.deps.push(chunk.deps[0])), "deps-order");
    let mut guarded = at_server();
    for opening in [3, 4] {
        let bytes = edit(&mut created().0, "households", i64::from(opening), &by(A, opening));
        guarded.admit(&bytes, &server(A)).expect("honest");
    }
    let merge = edit(&mut guarded.document().expect("there").clone(), "households", 9, &by(A, 5));
    let mut swapped = Chunk::of(&merge);
    swapped.deps.swap(0, 1);
    assert_eq!(refused_by(&server(A), &mut guarded, &swapped.bytes()).code(), "deps-order");
    guarded.admit(&merge, &server(A)).expect("honest");
}

#[test]
fn a_writer_who_never_wrote_here_cannot_be_named() {
    refused(&forged(|chunk| chunk.others[0] = vec![0xaa; 16]), "unknown-actor");
    refused(&forged(|chunk| chunk.others.push(vec![0xaa; 16])), "unknown-actor");
    refused(&forged(|chunk| chunk.others.push(created_actor())), "not-canonical");
}

#[test]
fn nothing_but_puts_of_plain_scalars_comes_in() {
    let put = |value: ScalarValue| hostile(move |t| t.put(ROOT, "x", value).expect("put"));
    refused(&hostile(|t| t.delete(ROOT, "name").expect("deleted")), "operation");
    refused(&hostile(|t| drop(t.put_object(ROOT, "x", ObjType::Map).expect("put"))), "operation");
    refused(&hostile(|t| drop(t.put_object(ROOT, "x", ObjType::List).expect("put"))), "operation");
    refused(&hostile(|t| drop(t.put_object(ROOT, "x", ObjType::Text).expect("put"))), "operation");
    let nested = hostile(|t| {
        let map = t.put_object(ROOT, "x", ObjType::Map).expect("put");
        t.put(map, "y", 1).expect("put");
    });
    refused(&nested, "column");
    let list = hostile(|t| {
        let list = t.put_object(ROOT, "x", ObjType::List).expect("put");
        t.insert(list, 0, 1).expect("inserted");
    });
    refused(&list, "column");
    let marked = hostile(|t| {
        let text = t.put_object(ROOT, "x", ObjType::Text).expect("put");
        t.splice_text(&text, 0, 0, "abc").expect("spliced");
        t.mark(&text, Mark::new("bold".to_owned(), true, 0, 2), ExpandMark::After).expect("marked");
    });
    refused(&marked, "column");
    refused(&put(ScalarValue::counter(1)), "value-type");
    refused(&put(ScalarValue::F64(1.5)), "value-type");
    refused(&put(ScalarValue::Uint(1)), "value-type");
    refused(&put(ScalarValue::Unknown { type_code: 12, bytes: vec![1] }), "value-type");
    refused(&forged(|chunk| *chunk.column(0x34) = vec![0, 1]), "column-length");
    refused(&forged(|chunk| *chunk.column(0x42) = vec![1, 5]), "operation");

    let mut guarded = at_server();
    let scalars = [ScalarValue::Null, true.into(), ScalarValue::Int(-1), "一".into(), vec![1u8].into()];
    let honest = hostile(|t| {
        t.put(ROOT, "time", ScalarValue::Timestamp(1)).expect("put");
        scalars.into_iter().enumerate().for_each(|(n, value)| t.put(ROOT, format!("x{n}"), value).expect("put"));
    });
    guarded.admit(&honest, &server(A)).expect("all allowed scalars");
}

#[test]
fn a_counter_cannot_be_counted_up() {
    let (document, _) = created();
    let mut inner = document.inner.clone();
    inner.set_actor(ActorId::from(&[5; 16][..]));
    let mut transaction = inner.transaction();
    transaction.put(ROOT, "count", ScalarValue::counter(1)).expect("put");
    transaction.commit();
    let counting = Document { inner };
    let bytes = hostile_upon(&counting, &[9; 16], Some(&[0, 0, 0, 7]), |t| {
        t.increment(ROOT, "count", 1).expect("counted");
    });
    let mut there = Guarded::of(id(1), kind(), counting, 0);
    assert_eq!(refused_by(&Rules::phone(), &mut there, &bytes).code(), "operation");
}

#[test]
fn a_fields_name_must_be_one() {
    refused(&hostile(|t| t.put(ROOT, "x".repeat(65), 1).expect("put")), "key-length");
    for name in ["", "银枫", "a b", "a//b", "/", "a\0"] {
        refused(&hostile(|t| t.put(ROOT, name, 1).expect("put")), "field-name");
    }
    refused(&forged(|chunk| *chunk.column(0x15) = vec![0x7f, 2, 0xff, 0xfe]), "undecodable");
    let mut twice = Chunk::of(&hostile(|t| {
        t.put(ROOT, "x", 1).expect("put");
        t.put(ROOT, "y", 1).expect("put");
    }));
    *twice.column(0x15) = vec![2, 1, b'x'];
    refused(&twice.bytes(), "preds");
}

#[test]
fn a_put_replaces_what_its_writer_saw_and_nothing_else() {
    // An operation that does not exist, another field's, and none at all.
    refused(&forged(|chunk| *chunk.column(0x73) = [&[0x7f][..], &number(60)[..1]].concat()), "preds");
    let (document, _) = created();
    let (_, id_of_name) = document.inner.get(ROOT, "name").expect("read").expect("there");
    let automerge::ObjId::Id(counter, ..) = id_of_name else { panic!("an operation") };
    refused(&forged(|chunk| *chunk.column(0x73) = vec![0x7f, counter as u8]), "preds");
    refused(
        &forged(|chunk| {
            chunk.columns.retain(|(name, _)| !matches!(name, 0x71 | 0x73));
            chunk.others.clear();
            *chunk.column(0x70) = vec![0x7f, 0];
        }),
        "preds",
    );

    // A concurrent value, which its writer did not see and which would vanish.
    let mut guarded = at_server();
    let concurrent = edit(&mut created().0, "households", 900, &by(B, 4));
    guarded.admit(&concurrent, &server(B)).expect("honest");
    let mut blind = Chunk::of(&honest_edit());
    let theirs = Chunk::of(&concurrent);
    blind.others = vec![theirs.actor];
    *blind.column(0x73) = vec![0x7f, theirs.start_op as u8];
    assert_eq!(refused_by(&server(A), &mut guarded, &blind.bytes()).code(), "preds");
    guarded.admit(&honest_edit(), &server(A)).expect("honest");
    assert_eq!(guarded.document().expect("there").conflicts().len(), 1);
}

#[test]
fn choosing_the_shown_value_of_a_conflict_comes_in_and_stands_beside_another_choice() {
    let mut guarded = at_server();
    for (device, households) in [(A, 900), (B, 950)] {
        let bytes = edit(&mut created().0, "households", households, &by(device, 20 + device as u8));
        guarded.admit(&bytes, &server(device)).expect("honest");
    }
    let disputed = guarded.document().expect("there").clone();
    let shown = disputed.fields().int("households").expect("shown");
    let choice = edit(&mut disputed.clone(), "households", shown, &by(A, 30));
    let other_choice = edit(&mut disputed.clone(), "households", 7, &by(B, 31));
    guarded.admit(&choice, &server(A)).expect("a choice");
    assert!(guarded.document().expect("there").conflicts().is_empty());
    guarded.admit(&other_choice, &server(B)).expect("another choice");
    assert_eq!(guarded.document().expect("there").conflicts().len(), 1, "no choice vanishes");
}

#[test]
fn a_record_is_created_once_by_a_change_that_says_what_it_is() {
    let again =
        Document::create(id(1), &kind(), None, &fields(&[("name", "二".into())]), &by(A, 3)).expect("created").1;
    refused(&again.bytes, "second-root");

    let visit = Kind::from(&visit::KIND);
    let first = created().1;
    let mut other_record = Guarded::empty(id(2), kind());
    let mut other_kind = Guarded::empty(id(1), visit);
    assert_eq!(refused_by(&server(A), &mut other_record, &first).code(), "wrong-record");
    assert_eq!(refused_by(&Rules::phone(), &mut other_record, &first).code(), "wrong-record");
    assert_eq!(refused_by(&server(A), &mut other_kind, &first).code(), "wrong-kind");

    let id_put = ("id", ScalarValue::Bytes(id(1).as_bytes().to_vec()));
    let (kind_put, schema_put) = (("kind", ScalarValue::from("prospect")), ("schema", ScalarValue::Int(1)));
    refused_first(&hostile_first(&[kind_put.clone(), schema_put.clone()]), "wrong-record");
    refused_first(&hostile_first(&[id_put.clone(), schema_put.clone()]), "wrong-kind");
    refused_first(&hostile_first(&[id_put.clone(), kind_put.clone()]), "wrong-schema");
    refused_first(&hostile_first(&[id_put.clone(), kind_put.clone(), ("schema", ScalarValue::Int(0))]), "wrong-schema");
    let good = hostile_first(&[id_put, kind_put, schema_put]);
    Guarded::empty(id(1), kind()).admit(&good, &server(A)).expect("it says what it is");
    let mut late = Chunk::of(&good);
    late.seq = 2;
    refused_first(&late.bytes(), "seq-gap");
    (late.seq, late.start_op) = (1, 2);
    refused_first(&late.bytes(), "start-op");
}

#[test]
fn what_the_first_change_fixed_stays() {
    let puts: [(&str, ScalarValue); 4] = [
        ("id", ScalarValue::Bytes(id(2).as_bytes().to_vec())),
        ("kind", "visit".into()),
        ("schema", ScalarValue::Int(2)),
        ("prospect", ScalarValue::Bytes(id(3).as_bytes().to_vec())),
    ];
    for (name, value) in puts {
        refused(&hostile(|t| t.put(ROOT, name, value).expect("put")), "fixed-field");
    }
}

#[test]
fn every_change_has_an_author_and_a_device_pushes_only_its_own() {
    let put =
        |author: Option<&[u8]>| hostile_upon(&created().0, &[9; 16], author, |t| t.put(ROOT, "x", 1).expect("put"));
    refused(&put(None), "author-missing");
    refused(&put(Some(&[7])), "trailing-bytes");
    refused(&put(Some(&[])), "trailing-bytes");

    let mut guarded = at_server();
    assert_eq!(refused_by(&server(B), &mut guarded, &honest_edit()).code(), "not-your-change");
    let mut empty = Guarded::empty(id(1), kind());
    assert_eq!(refused_by(&server(B), &mut empty, &created().1).code(), "not-your-change");
    // Another device going on under A's actor: the author is the one of the actor's first change.
    let stolen = edit(&mut created().0, "households", 5, &by(B, 1));
    assert_eq!(refused_by(&server(B), &mut guarded, &stolen).code(), "not-your-change");
    guarded.admit(&stolen, &Rules::phone()).expect("phones judge structure, not rights");

    let mut again = Chunk::of(&edit(&mut created().0, "households", 5, &by(A, 1)));
    again.extra = vec![1, 4, 0, 0, 0, B as u8];
    refused(&again.bytes(), "author-twice");
}

#[test]
fn the_author_of_a_stored_record_is_known_again() {
    let (mut phone, first) = created();
    let mut guarded = Guarded::of(id(1), kind(), phone.clone(), first.len());
    let next = edit(&mut phone, "households", 5, &by(A, 1));
    assert_eq!(refused_by(&server(B), &mut guarded, &next).code(), "not-your-change");
    guarded.admit(&next, &server(A)).expect("honest");
}

#[test]
fn a_known_field_keeps_type_and_size_and_an_unknown_one_is_kept_up_to_4_kb() {
    let offer = |name: &str, value: ScalarValue| {
        let bytes = hostile(|t| t.put(ROOT, name, value).expect("put"));
        at_server().admit(&bytes, &Rules::phone()).expect("phones hold what a newer server took");
        at_server().admit(&bytes, &server(A)).map(drop)
    };
    for (name, value) in [
        ("households", ScalarValue::from("many")),
        ("name", ScalarValue::Int(1)),
        ("name", "x".repeat(5000).into()),
        ("state", ScalarValue::Boolean(true)),
    ] {
        let refusal = offer(name, value).expect_err("wrong");
        assert_eq!(refusal.code(), "field-type");
        assert!(refusal.to_string().contains(name), "{refusal}");
    }
    assert_eq!(offer("households", ScalarValue::Null), Ok(()));
    assert_eq!(offer("households", ScalarValue::Int(-5)), Ok(()), "a range is a flag, no refusal");
    assert_eq!(offer("from_a_newer_phone", "x".repeat(4096).into()), Ok(()));
    assert_eq!(offer("from_a_newer_phone", "x".repeat(4097).into()).expect_err("big").code(), "unknown-field-size");
    assert_eq!(offer("newer/bytes", vec![0; 4097].into()).expect_err("big").code(), "unknown-field-size");
}

#[test]
fn a_kind_from_a_newer_phone_comes_in() {
    let newer: Kind = "petition".parse().expect("a kind");
    let (mut phone, first) =
        Document::create(id(4), &newer, Some(id(1)), &fields(&[("topic", "电梯".into())]), &by(A, 1)).expect("created");
    let mut guarded = Guarded::empty(id(4), newer);
    guarded.admit(&first.bytes, &server(A)).expect("an unknown kind is kept");
    guarded.admit(&edit(&mut phone, "topic", "绿化", &by(A, 1)), &server(A)).expect("and edited");
    let wrong = edit(&mut phone, "state", 5, &by(A, 1));
    assert_eq!(refused_by(&server(A), &mut guarded, &wrong).code(), "field-type");
}

#[test]
fn a_crowd_of_concurrent_changes_does_not_wedge_a_record() {
    let mut guarded = at_server();
    let mut phones = at_server();
    let mut taken = 0;
    for n in 0..65u8 {
        let bytes = edit(&mut created().0, "households", i64::from(n), &by(A, 100 + n));
        match guarded.admit(&bytes, &server(A)) {
            Ok(_) => {
                taken += 1;
                phones.admit(&bytes, &Rules::phone()).expect("what the server took");
            }
            Err(refusal) => assert_eq!(refusal, Refusal::PullFirst),
        }
    }
    assert_eq!((taken, guarded.document().expect("there").heads().len()), (16, 16));

    // Whoever pulls and then edits is taken, however busy the record is, and leaves one head.
    let mut phone = phones.into_document().expect("there");
    for n in 0..20 {
        let honest = edit(&mut phone, "households", 1000 + n, &by(B, 2));
        guarded.admit(&honest, &server(B)).expect("an honest edit");
    }
    assert_eq!(guarded.document().expect("there").heads(), phone.heads());
    assert_eq!(phone.heads().len(), 1);
}

#[test]
fn phones_hold_more_heads_than_the_server_lets_in() {
    let mut phone = at_server();
    for n in 0..64u8 {
        let bytes = edit(&mut created().0, "households", i64::from(n), &by(A, 100 + n));
        phone.admit(&bytes, &Rules::phone()).expect("no limit on heads");
    }
    let merge = edit(&mut phone.document().expect("there").clone(), "households", 0, &by(B, 2));
    phone.admit(&merge, &Rules::phone()).expect("64 deps are the most");
}

#[test]
fn a_document_is_capped_in_changes_and_bytes() {
    let bytes = honest_edit();
    let capped = |rules: Rules| at_server().admit(&bytes, &rules).map(drop).map_err(|refusal| refusal.code());
    assert_eq!(capped(Rules { max_changes: 1, ..server(A) }), Err("document-full"));
    assert_eq!(capped(Rules { max_changes: 2, ..server(A) }), Ok(()));
    let both = created().1.len() + bytes.len();
    assert_eq!(capped(Rules { max_bytes: both - 1, ..server(A) }), Err("document-full"));
    assert_eq!(capped(Rules { max_bytes: both, ..server(A) }), Ok(()));
}

//! What a change does: puts of scalars on the root's keys, each replacing exactly what its writer saw there. And whether
//! it may: a record's identity is put once, by its first change, and known fields have a type and a size.

use super::refusal::{Refusal, bad};
use crate::document::convert;
use crate::domain::{COMMON_FIELDS, FIXED_FIELDS, FieldName, Fields, Kind, RecordId, UNKNOWN_MAX, Value};
use automerge::legacy::{Key, ObjectId, Op, OpType};
use automerge::{ActorId, Automerge, ObjId, ROOT, ReadDoc};
use std::collections::HashMap;

/// An operation's counter and actor.
type OpId = (u64, ActorId);

/// The puts of a change in their order.
///
/// # Errors
/// When it does anything but put scalars on fields of the root, each in the place of what stood there.
pub(super) fn puts(
    change: &automerge::Change,
    document: Option<&Automerge>,
) -> Result<Vec<(FieldName, Value)>, Refusal> {
    let mut puts = Vec::new();
    // The change's own latest put on each field.
    let mut own: HashMap<FieldName, OpId> = HashMap::new();
    for (op, counter) in change.decode().operations.iter().zip(change.start_op().get()..) {
        let (name, value) = put(op)?;
        let stood = match own.insert(name.clone(), (counter, change.actor_id().clone())) {
            Some(earlier) => vec![earlier],
            None => document.map(|document| standing(document, &name, change)).unwrap_or_default(),
        };
        let mut replaced: Vec<OpId> = op.pred.iter().map(|id| (id.counter(), id.actor().clone())).collect();
        replaced.sort_unstable();
        if stood != replaced {
            return Err(bad("preds", &format!("the change replaces other values of `{name}` than its writer saw")));
        }
        puts.push((name, value));
    }
    Ok(puts)
}

fn put(op: &Op) -> Result<(FieldName, Value), Refusal> {
    let more = || bad("operation", "the change does more than put fields");
    let (ObjectId::Root, Key::Map(key), OpType::Put(scalar)) = (&op.obj, &op.key, &op.action) else {
        return Err(more());
    };
    let name = key.parse().map_err(|_| bad("field-name", &format!("`{}` is no field's name", key.escape_debug())))?;
    let value = convert::from_scalar(scalar).ok_or_else(|| {
        bad("value-type", &format!("`{name}` is put with a value of a type that records do not hold"))
    })?;
    Ok((name, value))
}

/// The operations that stood on a field for whoever made a change. An honest put replaces these, all and only: with
/// fewer its writer would dispute what they knew, with others a value nobody saw would vanish.
fn standing(document: &Automerge, name: &FieldName, change: &automerge::Change) -> Vec<OpId> {
    let all = document.get_all_at(ROOT, name.as_str(), change.deps()).unwrap_or_default();
    let mut ids: Vec<_> = all
        .into_iter()
        .filter_map(|(_, id)| match id {
            ObjId::Id(counter, actor, _) => Some((counter, actor)),
            ObjId::Root => None,
        })
        .collect();
    ids.sort_unstable();
    ids
}

/// Judges a record's first change: it says which record this is, of which kind and schema.
///
/// # Errors
/// Names what is missing or other than it should be.
pub(super) fn judge_first(puts: &Fields, id: RecordId, kind: &Kind) -> Result<(), Refusal> {
    if puts.record("id") != Some(id) {
        return Err(bad("wrong-record", &format!("the change does not create the record {id}")));
    }
    if puts.text("kind") != Some(kind.name()) {
        return Err(bad("wrong-kind", &format!("the change does not create a record of kind {kind}")));
    }
    if puts.int("schema").is_none_or(|schema| schema < 1) {
        return Err(bad("wrong-schema", "the change does not say in which version it is written"));
    }
    Ok(())
}

/// Judges a later change: it leaves alone what the first one fixed.
///
/// # Errors
/// Names the fixed field it puts.
pub(super) fn judge_later(puts: &[(FieldName, Value)]) -> Result<(), Refusal> {
    match puts.iter().find(|(name, _)| FIXED_FIELDS.contains(&name.as_str())) {
        None => Ok(()),
        Some((name, _)) => Err(bad("fixed-field", &format!("`{name}` is fixed when the record is created"))),
    }
}

/// Judges each field by itself: a known one by type and size, an unknown one by size alone. Rules across fields are flags
/// of the projection, since two valid edits can merge into an invalid whole.
///
/// # Errors
/// Names the field, and what it may hold.
pub(super) fn judge_fields(puts: &[(FieldName, Value)], kind: &Kind) -> Result<(), Refusal> {
    for (name, value) in puts {
        let known = match kind.spec() {
            Some(spec) => spec.field(name.as_str()),
            None => COMMON_FIELDS.iter().find(|field| field.matches(name.as_str())),
        };
        if let Some(field) = known {
            let checked = field.ty.check_shape(name.as_str(), value);
            checked.map_err(|error| Refusal::Bad { rule: "field-type", words: error.to_string() })?;
            continue;
        }
        let length = match value {
            Value::Text(text) => text.len(),
            Value::Bytes(bytes) => bytes.len(),
            _ => 0,
        };
        if length > UNKNOWN_MAX {
            let words =
                format!("`{name}` holds {length} bytes; a field this version does not know may hold {UNKNOWN_MAX}");
            return Err(Refusal::Bad { rule: "unknown-field-size", words });
        }
    }
    Ok(())
}

//! From a document to its row: a pure function, versioned.

use super::{Claim, Conflict, Flag, Row};
use crate::document::Document;
use crate::domain::{Columns, Kind, RecordId, Value};

/// The version of this function and of the kinds that it knows; rows made by an older one are made anew.
pub const PROJECTION: i64 = 4;

/// The row of a record, or `None` for a document whose first change is missing.
pub fn project(id: RecordId, document: &Document) -> Option<Row> {
    let fields = document.fields();
    let kind: Kind = fields.text("kind")?.parse().ok()?;
    let spec = kind.spec();
    let columns = spec.map_or(Columns::NONE, |spec| spec.columns);
    let conflicts: Vec<Conflict> = document
        .conflicts()
        .into_iter()
        .map(|(field, puts)| Conflict {
            before: document.value_before(field.as_str(), &puts),
            claims: puts.into_iter().map(|put| Claim { value: put.value, author: put.author, at: put.at }).collect(),
            field,
        })
        .collect();
    let mut flags: Vec<Flag> = Vec::new();
    if let Some(spec) = spec {
        let out_of_range = |(name, value): (&crate::domain::FieldName, &Value)| {
            let field = spec.field(name.as_str())?;
            field.ty.check_range(name.as_str(), value).is_err().then(|| format!("out-of-range/{name}"))
        };
        flags.extend(fields.iter().filter_map(out_of_range));
        flags.extend((spec.flags)(&fields).into_iter().map(str::to_owned));
    }
    let withdrawn = fields.text("state") == Some("withdrawn");
    Some(Row {
        id,
        prospect: if kind.is(&crate::domain::prospect::KIND) { Some(id) } else { fields.record("prospect") },
        author: document.author(),
        unit: columns.unit.and_then(|name| fields.unit(name)),
        owner: columns.owner.and_then(|name| fields.person(name)),
        withdrawn,
        occurred_at: columns.occurred_at.and_then(|name| fields.time(name)),
        due_at: if withdrawn { None } else { spec.and_then(|spec| (spec.due)(&fields)) },
        heads: document.heads(),
        kind,
        fields,
        conflicts,
        flags,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{COMMON_FIELDS, KINDS};
    use sha2::{Digest, Sha256};

    /// What rows of this version are made by.
    const OF: (i64, &str) = (4, "78f0613a8422ea26");

    #[test]
    fn whoever_changes_what_rows_are_made_by_raises_the_version() {
        let fields = |fields: &[crate::domain::FieldSpec]| -> String {
            fields
                .iter()
                .map(|field| format!("{} {:?} {} {}\n", field.name, field.ty, field.scoring, field.searched))
                .collect()
        };
        let kind =
            |kind: &&crate::domain::KindSpec| format!("{} {:?}\n{}", kind.name, kind.columns, fields(kind.fields));
        let all = fields(COMMON_FIELDS) + &KINDS.iter().map(kind).collect::<String>();
        let digest: String = Sha256::digest(all).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        assert_eq!((PROJECTION, digest.as_str()), OF, "raise PROJECTION, and note here what rows are made by now");
    }
}

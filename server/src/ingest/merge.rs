//! What a file says of a prospect, against what the record says by now. A file overrides only what it says otherwise than
//! the last file did: what somebody in the field corrected stays, however often the old list comes again. The last file's
//! values are kept in the record itself (`imported`), so nothing beside the documents has to be remembered.

use canvass_core::domain::{FieldName, Fields, RecordId, UnitId, Value};
use canvass_core::projection::{Row, fields_from_json, fields_to_json};

/// One prospect as a file has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FromFile {
    /// Its record, named by district, area and name.
    pub id: RecordId,
    /// The unit to which it is assigned when it is new.
    pub unit: UnitId,
    /// Name, district, area: what makes it this one.
    pub identity: Fields,
    /// What else the file knows of it; what it does not know is left out and changes nothing.
    pub values: Fields,
    /// Why its name is doubted, one of [`canvass_core::domain::prospect::SUSPICIOUS`].
    pub suspicious: Option<&'static str>,
    /// Records that may be the same community.
    pub twins: Vec<RecordId>,
}

impl FromFile {
    /// The file's values as a record keeps them.
    pub fn said(&self) -> String {
        fields_to_json(&self.values)
    }
}

/// A field on which the file and somebody in the field both said something new.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clash {
    /// The field.
    pub field: FieldName,
    /// What somebody in the field had put.
    pub was: Value,
    /// Whether the file's value was put upon it. It is not while the field is in conflict: people settle that first.
    pub put: bool,
}

/// What an imported prospect came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Imported {
    /// It is new.
    Created,
    /// Some of its fields were put, which people see as an edit by the server.
    Updated(Vec<FieldName>, Vec<Clash>),
    /// It says what it said before. What is in conflict was left alone.
    Unchanged(Vec<Clash>),
    /// It was erased, and stays so.
    Erased,
    /// It could not be written; the words say why.
    Refused(String),
}

/// What to put, and what that comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merged {
    /// The fields to put, if any.
    pub puts: Option<Fields>,
    /// What it comes to.
    pub imported: Imported,
}

/// Merges what a file says into a record, if it is there.
pub fn merge(file: &FromFile, row: Option<&Row>) -> Merged {
    let Some(row) = row else { return Merged { puts: Some(created(file)), imported: Imported::Created } };
    let only_twins = file.identity.is_empty() && file.values.is_empty();
    if !only_twins && !row.author.is_some_and(|author| author.is_server()) {
        let words = "a phone began a record under this row's id: it was left alone".to_owned();
        return Merged { puts: None, imported: Imported::Refused(words) };
    }
    let mut said = row.fields.text("imported").and_then(|said| fields_from_json(said).ok()).unwrap_or_default();
    let (mut puts, mut clashes) = (Fields::new(), Vec::new());
    for (name, value) in file.values.iter().filter(|(name, value)| said.get(name.as_str()) != Some(value)) {
        let now = row.fields.get(name.as_str()).unwrap_or(&Value::Null);
        let disputed = row.conflicts.iter().any(|conflict| conflict.field == *name);
        if disputed || (now != said.get(name.as_str()).unwrap_or(&Value::Null) && now != value) {
            clashes.push(Clash { field: name.clone(), was: now.clone(), put: !disputed });
        }
        if !disputed {
            puts.put(name.clone(), value.clone());
        }
    }
    let updated: Vec<FieldName> = puts.iter().map(|(name, _)| name.clone()).collect();
    said.extend(puts.iter().map(|(name, value)| (name.clone(), value.clone())));
    if !updated.is_empty() {
        put(&mut puts, "imported", fields_to_json(&said).as_str().into());
    }
    // Once somebody said that it is no twin, that stands.
    for (name, value) in twins(file).filter(|(name, _)| row.fields.get(name.as_str()).is_none()) {
        puts.put(name, value);
    }
    if puts.is_empty() {
        return Merged { puts: None, imported: Imported::Unchanged(clashes) };
    }
    let shown = puts.iter().map(|(name, _)| name.clone()).filter(|name| name.as_str() != "imported").collect();
    Merged { puts: Some(puts), imported: Imported::Updated(shown, clashes) }
}

fn created(file: &FromFile) -> Fields {
    let mut fields = file.identity.clone();
    fields.extend(file.values.clone());
    fields.extend(twins(file));
    put(&mut fields, "imported", file.said().as_str().into());
    if let Some(why) = file.suspicious {
        put(&mut fields, "suspicious", why.into());
    }
    fields
}

fn twins(file: &FromFile) -> impl Iterator<Item = (FieldName, Value)> + '_ {
    file.twins.iter().filter_map(|id| Some((format!("twin/{id}").parse().ok()?, Value::Bool(true))))
}

fn put(fields: &mut Fields, name: &str, value: Value) {
    if let Ok(name) = name.parse() {
        fields.put(name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use canvass_core::domain::{DeviceNumber, Kind, prospect};
    use canvass_core::projection::{Claim, Conflict};

    fn field(name: &str) -> FieldName {
        name.parse().expect("a name")
    }

    fn file(price: i64) -> FromFile {
        FromFile {
            id: RecordId::derived([1; 10]),
            unit: "S1".parse().expect("a unit"),
            identity: Fields::new().with(field("name"), "甲".into()),
            values: Fields::new().with(field("price_level"), price.into()),
            suspicious: None,
            twins: Vec::new(),
        }
    }

    fn row(fields: Fields) -> Row {
        Row {
            id: RecordId::derived([1; 10]),
            kind: Kind::from(&prospect::KIND),
            prospect: None,
            author: Some(DeviceNumber::SERVER),
            unit: None,
            owner: None,
            withdrawn: false,
            occurred_at: None,
            due_at: None,
            fields,
            conflicts: Vec::new(),
            flags: Vec::new(),
            heads: Vec::new(),
        }
    }

    fn imported(price: i64) -> Row {
        row(merge(&file(price), None).puts.expect("fields"))
    }

    #[test]
    fn the_same_value_again_leaves_alone_what_somebody_corrected() {
        let mut row = imported(5);
        row.fields.put(field("price_level"), 9.into());
        assert_eq!(merge(&file(5), Some(&row)), Merged { puts: None, imported: Imported::Unchanged(Vec::new()) });
    }

    #[test]
    fn a_new_value_is_put_and_a_correction_that_it_replaces_is_named() {
        let mut row = imported(5);
        let Imported::Updated(fields, clashes) = merge(&file(6), Some(&row)).imported else { panic!("not updated") };
        assert_eq!((fields, clashes), (vec![field("price_level")], Vec::new()));
        row.fields.put(field("price_level"), 9.into());
        let merged = merge(&file(6), Some(&row));
        let puts = merged.puts.expect("puts");
        assert_eq!((puts.int("price_level"), puts.text("imported")), (Some(6), Some(r#"{"price_level":6}"#)));
        let clash = Clash { field: field("price_level"), was: 9.into(), put: true };
        assert_eq!(merged.imported, Imported::Updated(vec![field("price_level")], vec![clash]));
    }

    #[test]
    fn a_field_in_conflict_is_left_to_the_people_and_tried_again_by_the_next_file() {
        let mut row = imported(5);
        let claim = |value: i64| Claim { value: value.into(), author: None, at: None };
        row.conflicts.push(Conflict { field: field("price_level"), claims: vec![claim(7), claim(8)], before: None });
        let merged = merge(&file(6), Some(&row));
        assert!(merged.puts.is_none());
        assert!(matches!(&merged.imported, Imported::Unchanged(clashes) if !clashes[0].put));
        row.conflicts.clear();
        assert!(merge(&file(6), Some(&row)).puts.is_some());
    }

    #[test]
    fn what_the_file_does_not_know_changes_nothing() {
        let mut unknown = file(5);
        unknown.values = Fields::new();
        assert_eq!(merge(&unknown, Some(&imported(5))).puts, None);
    }

    #[test]
    fn a_twin_that_somebody_dismissed_stays_dismissed() {
        let mut with_twin = file(5);
        with_twin.twins = vec![RecordId::derived([2; 10])];
        let mut row = imported(5);
        let puts = merge(&with_twin, Some(&row)).puts.expect("puts");
        let (name, value) = puts.iter().next().expect("a twin");
        assert_eq!((puts.len(), value), (1, &Value::Bool(true)));
        row.fields.put(name.clone(), Value::Bool(false));
        assert_eq!(merge(&with_twin, Some(&row)).puts, None);
    }

    #[test]
    fn a_record_that_a_phone_began_is_never_taken_over() {
        let mut row = imported(5);
        row.author = Some(DeviceNumber::new(3));
        assert!(matches!(merge(&file(6), Some(&row)), Merged { puts: None, imported: Imported::Refused(_) }));
        let mut mark = file(6);
        (mark.identity, mark.values, mark.twins) = (Fields::new(), Fields::new(), vec![RecordId::derived([2; 10])]);
        let puts = merge(&mark, Some(&row)).puts.expect("marked as a possible twin");
        assert!(puts.len() == 1 && puts.iter().all(|(name, _)| name.as_str().starts_with("twin/")));
    }
}

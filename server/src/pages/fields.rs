//! A record's fields as people read them: names and values in the page's language, codes as names.

use super::format;
use super::words::{self, Lang};
use canvass_core::domain::{Bank, DeviceNumber, FieldSpec, FieldType, FlagSpec, Kind, PhoneTime, Value, Zone};
use canvass_core::projection::Row;

/// What decides how a field reads.
pub(super) struct Reading<'a> {
    pub(super) lang: Lang,
    pub(super) bank: &'a Bank,
    pub(super) zone: &'a Zone,
}

/// Fields that a page shows in a place of their own, or that mean something to programs alone.
const APART: [&str; 13] = [
    "id", "kind", "schema", "prospect", "state", "imported", "heads", "outcome", "of", "digest", "dossier", "fulfils",
    "same_as",
];

/// Sets of which the same holds: their members are other records.
const APART_SETS: [&str; 3] = ["twin/", "person/", "association/"];

impl Reading<'_> {
    /// A field's name; one that a newer version knows, as it is. What a `*` of it stands for is said after it.
    pub(super) fn name(&self, kind: &Kind, field: &str) -> String {
        let Some(spec) = kind.spec().and_then(|spec| spec.field(field)) else { return field.to_owned() };
        let label = self.lang.of(spec.label);
        match spec.member(field) {
            Some(member) => {
                let known = spec.member_label(member).map(|label| self.lang.of(label).to_owned());
                format!("{label} · {}", known.unwrap_or_else(|| self.member(member)))
            }
            None => label.to_owned(),
        }
    }

    fn member(&self, member: &str) -> String {
        let person = member.parse().ok().and_then(|id| self.bank.person(&id)).map(|person| &person.name);
        let unit = member.parse().ok().and_then(|id| self.bank.unit(&id)).map(|unit| &unit.name);
        person.or(unit).map_or(member, String::as_str).to_owned()
    }

    /// A field's value.
    pub(super) fn value(&self, kind: &Kind, field: &str, value: &Value) -> String {
        let ty = kind.spec().and_then(|spec| spec.field(field)).map(|spec| spec.ty);
        match (ty, value) {
            (_, Value::Null) => "–".to_owned(),
            (Some(FieldType::Choice(choices)), Value::Text(text)) => {
                let choice = choices.iter().find(|choice| choice.name == text);
                choice.map_or(text.as_str(), |choice| self.lang.of(choice.label)).to_owned()
            }
            (Some(FieldType::Money), Value::Int(fen)) => format::yuan(*fen, self.lang),
            (Some(FieldType::Latitude | FieldType::Longitude), Value::Int(e7)) => {
                let sign = if *e7 < 0 { "−" } else { "" };
                format!("{sign}{}.{:07}", e7.unsigned_abs() / 10_000_000, e7.unsigned_abs() % 10_000_000)
            }
            (_, Value::Int(int)) => format::number(*int),
            (_, Value::Bool(bool)) => self.lang.of(if *bool { words::YES } else { words::NO }).to_owned(),
            (_, Value::Time(millis)) => PhoneTime::from_millis(*millis).map_or_else(
                |_| value.to_string(),
                |time| {
                    let (day, minutes) = format::day_and_minutes(time, self.zone);
                    format::moment(day, minutes)
                },
            ),
            (Some(FieldType::Unit), Value::Text(text)) => {
                let unit = text.parse().ok().and_then(|id| self.bank.unit(&id));
                unit.map_or(text.as_str(), |unit| &unit.name).to_owned()
            }
            (Some(FieldType::Person), Value::Text(text)) => self.member(text),
            _ => value.to_string(),
        }
    }

    /// A record's fields that are not empty, in the order of the kind's list, then those it does not know.
    pub(super) fn all(&self, row: &Row) -> Vec<(String, String)> {
        self.but_for(row, None)
    }

    /// The same without the time at which it happened.
    pub(super) fn event(&self, row: &Row) -> Vec<(String, String)> {
        self.but_for(row, row.kind.spec().and_then(|spec| spec.columns.occurred_at))
    }

    fn but_for(&self, row: &Row, shown: Option<&str>) -> Vec<(String, String)> {
        let listed = row.kind.spec().map_or(&[][..], |spec| spec.fields);
        let place = |name: &str| listed.iter().position(|spec: &FieldSpec| spec.matches(name)).unwrap_or(listed.len());
        let apart = |name: &str| {
            APART.contains(&name) || APART_SETS.iter().any(|set| name.starts_with(set)) || shown == Some(name)
        };
        let mut fields: Vec<_> = row
            .fields
            .iter()
            .filter(|(name, value)| **value != Value::Null && !apart(name.as_str()))
            .map(|(name, value)| (place(name.as_str()), name.as_str(), value))
            .collect();
        fields.sort_by_key(|(place, ..)| *place);
        let read = |(_, name, value)| (self.name(&row.kind, name), self.value(&row.kind, name, value));
        fields.into_iter().map(read).collect()
    }

    /// The name of the person whose device it is; the server's own records are the head office's.
    pub(super) fn author(&self, device: Option<DeviceNumber>) -> String {
        let device = device.filter(|device| !device.is_server());
        match device.map(|device| self.bank.holder(device)) {
            None => self.lang.of(words::SERVER).to_owned(),
            Some(None) => self.lang.of(words::UNKNOWN_PERSON).to_owned(),
            Some(Some(person)) => person.name.clone(),
        }
    }

    /// A record's flags in words.
    pub(super) fn flags(&self, row: &Row) -> Vec<String> {
        let mut flags: Vec<String> = row.flags.iter().map(|flag| self.flag(flag)).collect();
        flags.dedup();
        flags
    }

    /// A flag in words; one that a newer version gives, as it is.
    pub(super) fn flag(&self, flag: &str) -> String {
        FlagSpec::of(flag).map_or(flag, |spec| self.lang.of(spec.label)).to_owned()
    }
}

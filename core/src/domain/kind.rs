//! The list of record kinds. A new kind is one new file beside this one, and one line in [`KINDS`].

use super::{Allowed, Choice, Expected, FieldSpec, FieldType, Fields, Invalid, PhoneTime, Required, Value};
use super::{activity, assignment, attachment, bulletin, campaign, commitment, complaint, dispute, dossier};
use super::{outcome, proposal, prospect, stage_move, verification, visit};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// The schema version this code writes into documents; old ones stay readable.
pub const SCHEMA: i64 = 1;

/// A word in both languages of the pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Label {
    /// Chinese, shown first.
    pub zh: &'static str,
    /// English.
    pub en: &'static str,
}

/// A sentence in both languages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    /// Chinese, shown first.
    pub zh: String,
    /// English.
    pub en: String,
}

/// Whose hand records of a kind are in; which roles may begin them, [`KindSpec::rights`] says. One person's, a team's and the server's own records are never mixed in one document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WrittenBy {
    /// A team in the field: whoever holds the record, on a phone.
    Team,
    /// One person in the field, who began the record, on a phone.
    Author,
    /// The server alone.
    Server,
}

/// Who may hold records of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AudienceRule {
    /// Everyone in the bank.
    Bank,
    /// The unit of the prospect's present assignment.
    ProspectsUnit,
    /// The people of the prospect's present assignment, and the unit's leaders. Such a kind is confidential.
    ProspectsPeople,
}

/// Which fields fill the generic row's own columns.
#[derive(Debug, Clone, Copy)]
pub struct Columns {
    /// The unit the document names; it decides neither rights nor rank.
    pub unit: Option<&'static str>,
    /// The person the document names; likewise.
    pub owner: Option<&'static str>,
    /// When it happened, as its person says.
    pub occurred_at: Option<&'static str>,
}

impl Columns {
    /// No columns filled.
    pub const NONE: Self = Self { unit: None, owner: None, occurred_at: None };
}

/// All that is particular to a kind of record.
#[derive(Debug)]
pub struct KindSpec {
    /// Its name in documents and on the wire.
    pub name: &'static str,
    /// Its name on pages.
    pub label: Label,
    /// Who writes it.
    pub written_by: WrittenBy,
    /// Who may hold it.
    pub audience: AudienceRule,
    /// Its row of the matrix of rights; a role that is not listed may do nothing.
    pub rights: &'static [Allowed],
    /// Its fields, beside [`COMMON_FIELDS`].
    pub fields: &'static [FieldSpec],
    /// What fills the row's columns.
    pub columns: Columns,
    /// When somebody has to do something about it; nothing once that is done. It fills the row's `due_at`.
    pub due: fn(&Fields) -> Option<PhoneTime>,
    /// Whether its records may leave phones when they are old: of what ended with its day, and matters for nothing that is yet to
    /// be done.
    pub leaves_phones: bool,
    /// Oddities of a record as a whole, by name (`ends-before-start`), that two valid edits can merge into.
    pub flags: fn(&Fields) -> Vec<&'static str>,
}

/// Every kind this version knows.
pub static KINDS: &[&KindSpec] = &[
    &prospect::KIND,
    &visit::KIND,
    &campaign::KIND,
    &outcome::KIND,
    &assignment::KIND,
    &verification::KIND,
    &dossier::KIND,
    &attachment::KIND,
    &stage_move::KIND,
    &commitment::KIND,
    &activity::KIND,
    &complaint::KIND,
    &proposal::KIND,
    &bulletin::KIND,
    &dispute::KIND,
];

const STATES: &[Choice] = &[
    Choice { name: "active", label: Label { zh: "有效", en: "active" } },
    Choice { name: "withdrawn", label: Label { zh: "已撤回", en: "withdrawn" } },
];

/// Fields of every kind. `id`, `kind`, `schema` and `prospect` are put by a document's first change only.
pub static COMMON_FIELDS: &[FieldSpec] = &[
    FieldSpec::new("id", "编号", "id", FieldType::Record),
    FieldSpec::new("kind", "种类", "kind", FieldType::Text(32)),
    FieldSpec::new("schema", "版本", "schema", FieldType::Int(1, 1_000_000)),
    FieldSpec::new("prospect", "潜在客户", "prospect", FieldType::Record),
    FieldSpec::new("state", "状态", "state", FieldType::Choice(STATES)),
    FieldSpec::new("withdrawn_reason", "撤回原因", "reason for withdrawal", FieldType::Text(500)),
];

/// Fields that only a document's first change may put.
pub(crate) const FIXED_FIELDS: [&str; 4] = ["id", "kind", "schema", "prospect"];

impl KindSpec {
    /// Whether its records lie encrypted wherever they lie, and every reading of them is noted.
    pub fn is_confidential(&self) -> bool {
        self.audience == AudienceRule::ProspectsPeople
    }

    /// The field of a name, if this version knows it.
    pub fn field(&self, name: &str) -> Option<&'static FieldSpec> {
        COMMON_FIELDS.iter().chain(self.fields).find(|field| field.matches(name))
    }

    /// Checks an edit on the phone: every value's type, size and range.
    ///
    /// # Errors
    /// Names the first field that is wrong, and what it may hold.
    pub fn check_edit(&self, fields: &Fields, now: PhoneTime) -> Result<(), Invalid> {
        for (name, value) in fields.iter() {
            let name = name.as_str();
            if FIXED_FIELDS.contains(&name) {
                return Err(Invalid::value(name, value, Expected::left_alone()));
            }
            match self.field(name) {
                Some(field) => field.check_edit(name, value, now)?,
                None => return Err(Invalid::value(name, value, Expected::field_of(self))),
            }
        }
        Ok(())
    }

    /// Checks a new record: an edit, with every required field.
    ///
    /// # Errors
    /// Names the first field that is wrong or missing.
    pub fn check_new(&self, fields: &Fields, now: PhoneTime) -> Result<(), Invalid> {
        self.check_edit(fields, now)?;
        let missing = |name| matches!(fields.get(name), None | Some(Value::Null));
        for field in self.fields.iter().filter(|field| missing(field.name)) {
            let expected = match field.required {
                Required::Never => continue,
                Required::Unless(other) if !missing(other) => continue,
                Required::Unless(other) => {
                    Expected::given_or(other, self.field(other).map_or(other, |other| other.label.zh))
                }
                Required::Always => Expected::given(),
            };
            return Err(Invalid::missing(field.name, expected));
        }
        Ok(())
    }

    /// An error of one of its fields as people read it: with the name that pages give the field.
    pub fn explain(&self, error: &Invalid) -> Words {
        let called = self.called(&error.what);
        error.of(&called.zh, &called.en)
    }

    /// What pages call a field; one that this version does not know, by its name. What a `*` of it stands for is said after it.
    pub fn called(&self, name: &str) -> Words {
        let Some(field) = self.field(name) else { return Words { zh: name.to_owned(), en: name.to_owned() } };
        let member = field.member(name).map(|member| match field.member_label(member) {
            Some(label) => (format!(" · {}", label.zh), format!(" · {}", label.en)),
            None => (format!(" · {member}"), format!(" · {member}")),
        });
        let (zh, en) = member.unwrap_or_default();
        Words { zh: format!("{}{zh}", field.label.zh), en: format!("{}{en}", field.label.en) }
    }
}

/// A record's kind by name: one of [`KINDS`], or one from a newer phone, which is kept and relayed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Kind(Arc<str>);

impl Kind {
    /// The kind's name.
    pub fn name(&self) -> &str {
        &self.0
    }

    /// What this version knows of it.
    pub fn spec(&self) -> Option<&'static KindSpec> {
        KINDS.iter().copied().find(|kind| kind.name == self.name())
    }

    /// Whether this is the kind of a spec.
    pub fn is(&self, spec: &KindSpec) -> bool {
        self.name() == spec.name
    }
}

impl From<&'static KindSpec> for Kind {
    fn from(spec: &'static KindSpec) -> Self {
        Self(spec.name.into())
    }
}

impl FromStr for Kind {
    type Err = Invalid;
    fn from_str(text: &str) -> Result<Self, Invalid> {
        let fits = (1..=32).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        if fits { Ok(Self(text.into())) } else { Err(Invalid::new("kind", text, "1 to 32 of a-z and _")) }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_kind_has_its_own_name_and_its_columns_name_its_fields() {
        let names: BTreeSet<_> = KINDS.iter().map(|kind| kind.name).collect();
        assert_eq!(names.len(), KINDS.len());
        for kind in KINDS {
            assert_eq!(kind.name.parse::<Kind>().ok().and_then(|k| k.spec()).map(|s| s.name), Some(kind.name));
            let columns = [kind.columns.unit, kind.columns.owner, kind.columns.occurred_at];
            for column in columns.into_iter().flatten() {
                assert!(kind.field(column).is_some(), "{}: {column}", kind.name);
            }
            for field in kind.fields {
                assert!(!COMMON_FIELDS.iter().any(|common| common.name == field.name), "{}: {}", kind.name, field.name);
            }
        }
    }
}

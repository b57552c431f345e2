//! What is due by the end of a day, from the index of what is due; a visit's next step only while no later visit overtook it.

use super::{Item, LISTED, Section, Whose, words};
use crate::domain::{KINDS, KindSpec, PhoneTime, RecordId, complaint};
use crate::projection::Row;
use crate::replica::{ReplicaError, query};
use rusqlite::{Connection, params};

/// How far back what is overdue is listed; of what is older only the number is told.
const BACK_MS: i64 = 90 * 86_400_000;
/// How long before its deadline a complaint presses.
const NEAR_MS: i64 = 4 * 3_600_000;

/// A day of somebody's.
pub(in crate::replica) struct Day<'a> {
    pub(in crate::replica) now: PhoneTime,
    /// The day's first moment.
    pub(in crate::replica) starts: i64,
    /// The next day's.
    pub(in crate::replica) ends: i64,
    /// None for everybody's.
    pub(in crate::replica) whose: Option<&'a Whose>,
}

impl Day<'_> {
    /// The person's code, or nothing that is anybody's.
    pub(super) fn person(&self) -> &str {
        self.whose.map_or("", |whose| whose.person.as_str())
    }

    fn item(&self, row: &Row, due_at: PhoneTime) -> Item {
        Item {
            record: row.id,
            kind: row.kind.clone(),
            prospect: row.prospect,
            prospect_name: None,
            what: words::what(&row.kind, &row.fields),
            words: words::words(&row.kind, &row.fields),
            due_at,
            overdue: due_at < self.now,
            pressing: row.kind.is(&complaint::KIND) && due_at.millis() < self.now.millis().saturating_add(NEAR_MS),
            hours: None,
        }
    }
}

/// When and what: the first of many, and how many more there are.
#[derive(Default)]
struct Found {
    first: Vec<(PhoneTime, RecordId)>,
    more: usize,
}

/// What takes place on a day, and what else is due by its end.
pub(super) fn due(db: &Connection, day: &Day<'_>) -> Result<(Section, Section), ReplicaError> {
    let mut found = next_steps(db, day)?;
    for kind in KINDS.iter().filter(|kind| !kind.is_confidential() && kind.name != complaint::KIND.name) {
        let of_kind = of_kind(db, day, kind)?;
        found.first.extend(of_kind.first);
        found.more += of_kind.more;
    }
    found.first.sort_unstable_by(|a, b| b.cmp(a));
    let (mut appointments, mut due) = (Section::default(), Section { items: Vec::new(), more: found.more });
    for (due_at, record) in found.first {
        let Some(row) = query::view_row(db, record)? else { continue };
        let at_its_time = due_at.millis() >= day.starts && words::takes_place(&row.kind, &row.fields);
        let section = if at_its_time { &mut appointments } else { &mut due };
        if section.items.len() < LISTED {
            section.items.push(day.item(&row, due_at));
        } else {
            section.more += 1;
        }
    }
    appointments.items.reverse();
    Ok((appointments, due))
}

/// Open complaints by their deadline, however old.
pub(super) fn complaints(db: &Connection, day: &Day<'_>) -> Result<Section, ReplicaError> {
    let sql = due_sql(day, "ASC");
    let mut found = collect(db, &sql, params![day.person(), complaint::KIND.name, i64::MAX], i64::MIN)?;
    let mut section = Section { items: Vec::new(), more: found.more };
    for (due_at, record) in found.first.drain(..) {
        section.items.extend(query::view_row(db, record)?.map(|row| day.item(&row, due_at)));
    }
    Ok(section)
}

fn of_kind(db: &Connection, day: &Day<'_>, kind: &KindSpec) -> Result<Found, ReplicaError> {
    collect(db, &due_sql(day, "DESC"), params![day.person(), kind.name, day.ends], day.now.millis() - BACK_MS)
}

/// What of a kind is due before a moment, from the index alone.
pub(in crate::replica) fn due_sql(day: &Day<'_>, order: &str) -> String {
    let mine = day.whose.map_or("?1 = ''".to_owned(), |whose| {
        let owns = whose.owns("record.owner", "author");
        let looks_after = whose.looks_after();
        format!("({owns} OR EXISTS (SELECT 1 FROM glance WHERE glance.prospect = record.prospect AND {looks_after}))")
    });
    format!(
        "SELECT due_at, id FROM record
         WHERE kind = ?2 AND due_at IS NOT NULL AND (kind <> 'visit' OR occurred_at IS NULL) AND due_at < ?3 AND {mine}
         ORDER BY due_at {order}"
    )
}

/// The next steps of prospects' newest visits.
fn next_steps(db: &Connection, day: &Day<'_>) -> Result<Found, ReplicaError> {
    let mine = day
        .whose
        .map_or("?1 = ''".to_owned(), |whose| format!("({} OR owner = ?1)", whose.owns("last_owner", "last_author")));
    let sql = format!(
        "SELECT next_at, last_visit FROM glance
         WHERE next_at IS NOT NULL AND next_at < ?2 AND last_visit IS NOT NULL AND {mine} ORDER BY next_at DESC"
    );
    collect(db, &sql, params![day.person(), day.ends], day.now.millis() - BACK_MS)
}

/// The first of what is found since a moment, and how many there are beside.
fn collect(db: &Connection, sql: &str, values: impl rusqlite::Params, since: i64) -> Result<Found, ReplicaError> {
    let mut select = db.prepare_cached(sql)?;
    let mut rows = select.query(values)?;
    let mut found = Found::default();
    while let Some(row) = rows.next()? {
        let due_at: i64 = row.get(0)?;
        if found.first.len() < LISTED && due_at >= since {
            let record = RecordId::from_bytes(row.get_ref(1)?.as_blob().unwrap_or_default())?;
            found.first.push((PhoneTime::nearest(due_at), record));
        } else {
            found.more += 1;
        }
    }
    Ok(found)
}

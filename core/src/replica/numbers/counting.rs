//! What of a person's is looked at for numbers: by the indexes of whose a record is, never through the whole unit's.

use super::{KindSpec, Numbers, Row, Whose, rows};
use crate::domain::{Date, PhoneTime, RecordId, Zone, visit};
use crate::replica::ReplicaError;
use jiff::ToSpan;
use rusqlite::{Connection, params};

/// From a moment up to, and not including, another.
#[derive(Debug, Clone, Copy)]
pub(in crate::replica) struct Bounds {
    pub(in crate::replica) from: i64,
    pub(in crate::replica) until: i64,
}

impl Bounds {
    pub(super) fn of(from: Date, to: Date, zone: &Zone) -> Self {
        Self { from: zone.start_of(from), until: zone.start_of(to.saturating_add(1.day())) }
    }

    pub(super) fn hold(&self, time: Option<PhoneTime>) -> bool {
        time.is_some_and(|time| (self.from..self.until).contains(&time.millis()))
    }
}

/// What stands of a kind and is a person's, as SQL in two parts, each with an index of its own: what names them, and what names
/// nobody and was begun on their phones. `?1` is the person, `?2` the kind.
pub(in crate::replica) fn of_person(whose: &Whose, columns: &str, further: &str) -> String {
    let select =
        |is: &str| format!("SELECT {columns} FROM record WHERE kind = ?2 AND {is} AND state = 'active' {further}");
    let by_author = format!("owner IS NULL AND author IN ({})", whose.devices);
    format!("{} UNION ALL {}", select("owner = ?1"), select(&by_author))
}

/// That it happened from `?3` up to `?4`.
pub(in crate::replica) const HAPPENED: &str = "AND occurred_at >= ?3 AND occurred_at < ?4";

/// Everything of a kind that is a person's, in bounds.
pub(super) fn within(
    db: &Connection,
    whose: &Whose,
    kind: &KindSpec,
    bounds: &Bounds,
    mut note: impl FnMut(Row),
) -> Result<(), ReplicaError> {
    let mut select = db.prepare_cached(&of_person(whose, rows::COLUMNS, HAPPENED))?;
    let values = params![whose.person.as_str(), kind.name, bounds.from, bounds.until];
    for stored in select.query_map(values, rows::read)? {
        note(Row::try_from(stored?)?);
    }
    Ok(())
}

/// Everything of a kind that is a person's.
pub(super) fn every(
    db: &Connection,
    whose: &Whose,
    kind: &KindSpec,
    mut note: impl FnMut(Row),
) -> Result<(), ReplicaError> {
    let mut select = db.prepare_cached(&of_person(whose, rows::COLUMNS, ""))?;
    for stored in select.query_map(params![whose.person.as_str(), kind.name], rows::read)? {
        note(Row::try_from(stored?)?);
    }
    Ok(())
}

/// Counts a person's visits. There are many: only what is counted is read of each.
pub(super) fn visits(
    db: &Connection,
    whose: &Whose,
    bounds: &Bounds,
    numbers: &mut Numbers,
) -> Result<(), ReplicaError> {
    let columns = "body ->> '$.channel', body ->> '$.minutes', coalesce(body ->> '$.senior', 0), flags,
                   instr(body, '\"companion/') > 0 AND EXISTS (
                       SELECT 1 FROM json_each(body) WHERE key GLOB 'companion/*' AND type = 'true')";
    let mut select = db.prepare_cached(&of_person(whose, columns, HAPPENED))?;
    let mut found = select.query(params![whose.person.as_str(), visit::KIND.name, bounds.from, bounds.until])?;
    while let Some(row) = found.next()? {
        let activity = &mut numbers.activity;
        activity.visits += 1;
        *activity.by_channel.entry(row.get_ref(0)?.as_str().unwrap_or_default().to_owned()).or_default() += 1;
        let minutes = row.get_ref(1)?.as_i64().unwrap_or(0).max(0);
        activity.minutes = activity.minutes.saturating_add(minutes);
        let senior = row.get_ref(2)?.as_i64().unwrap_or(0) == 1;
        activity.with_senior += usize::from(senior);
        activity.joint += usize::from(senior || row.get::<_, bool>(4)?);
        numbers.note_names(row.get_ref(3)?.as_str().unwrap_or_default().lines());
    }
    Ok(())
}

/// When a person visited which prospect.
pub(super) fn visit_times(
    db: &Connection,
    whose: &Whose,
    bounds: &Bounds,
) -> Result<Vec<(RecordId, i64)>, ReplicaError> {
    let mut select = db.prepare_cached(&of_person(whose, "prospect, occurred_at", HAPPENED))?;
    let mut found = select.query(params![whose.person.as_str(), visit::KIND.name, bounds.from, bounds.until])?;
    let mut times = Vec::new();
    while let Some(row) = found.next()? {
        times.push((RecordId::from_bytes(row.get_ref(0)?.as_blob().unwrap_or_default())?, row.get(1)?));
    }
    Ok(times)
}

/// The middle of some numbers; of an even number of them the lower of the two in the middle.
pub(super) fn median(mut numbers: Vec<i64>) -> Option<i64> {
    numbers.sort_unstable();
    numbers.get(numbers.len().checked_sub(1)? / 2).copied()
}

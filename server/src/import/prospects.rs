//! Prospects from a file. A row is what its district, area and name say; its record's id follows from them, so that the
//! same row finds its record again on any server, whatever people have since made of the record's fields. Batches are
//! written in the order of the file; an import that is cut off is completed by running it again.

use super::assign::Assign;
use super::error::ImportError;
use super::index::Index;
use super::listed::{COLUMNS, Listed, Reader, suspicious};
use super::mapping::Mapping;
use super::progress;
use super::report::{Outcome, Report};
use super::table::Table;
use super::twins::{Known, TWINS};
use crate::ingest::{Clash, FromFile, Imported, merge};
use crate::store::Store;
use canvass_core::domain::{FieldName, RecordId, ServerTime};
use canvass_core::projection::Row as RecordRow;
use indicatif::ProgressBar;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// How many rows are written in one transaction.
const BATCH: usize = 500;

/// An import of prospects.
pub struct ProspectImport<'a> {
    /// The file.
    pub table: &'a Table,
    /// How it is to be read.
    pub mapping: &'a Mapping,
    /// When.
    pub at: ServerTime,
    /// Whether it is only previewed.
    pub dry_run: bool,
    /// Where its progress shows.
    pub bar: &'a ProgressBar,
}

impl ProspectImport<'_> {
    /// Checks the whole file, then imports it. What becomes of each row goes to the report.
    ///
    /// # Errors
    /// Before anything is written: the first thing that is wrong with the file. Afterwards only what the store says, or
    /// that somebody changed the file; running the import again then completes it.
    pub async fn run(&self, store: &dyn Store, report: &mut Report) -> Result<(), ImportError> {
        let assign = Assign::new(store.bank().await?.as_ref(), self.mapping)?;
        let found = self.mapping.find(self.table.header(), &COLUMNS)?;
        let reader = Reader { found, assign, now: self.at.as_recorded() };
        report.summary().left = reader.found.left(self.table.header()).into_iter().map(str::to_owned).collect();
        progress::checking(self.bar);
        let (mut entries, mut districts) = (Vec::new(), BTreeSet::new());
        for row in self.table.rows()? {
            let listed = reader.read(&row?)?;
            entries.push(listed.entry);
            if !districts.contains(&listed.district) {
                districts.insert(listed.district);
            }
            self.bar.inc(1);
        }
        if entries.is_empty() {
            return Err(ImportError::Empty);
        }
        report.begin()?;
        progress::writing(self.bar, entries.len(), self.dry_run);
        let index = Index::of(entries);
        let mut known = Known::in_districts(&index, districts);
        let mut planned = self.plan_namesakes(store, &reader, &index).await?;
        let mut batch: Vec<(Listed, Option<Target>)> = Vec::with_capacity(BATCH);
        for row in self.table.rows()? {
            let listed = reader.read(&row?)?;
            let first = index.first_line(&listed.entry).ok_or(ImportError::Changed { line: listed.entry.line })?;
            let target = if first == listed.entry.line { planned.remove(&first) } else { Some(Target::SameAs(first)) };
            batch.push((listed, target));
            if batch.len() == BATCH {
                self.write(store, &mut known, std::mem::take(&mut batch), report).await?;
            }
        }
        self.write(store, &mut known, batch, report).await?;
        self.bar.finish_and_clear();
        Ok(())
    }

    /// Decides for rows that share a name in a district with others, which have to be looked at together.
    async fn plan_namesakes(
        &self,
        store: &dyn Store,
        reader: &Reader,
        index: &Index,
    ) -> Result<HashMap<u32, Target>, ImportError> {
        let mut planned = HashMap::new();
        if !index.any_namesakes() {
            return Ok(planned);
        }
        let mut groups: BTreeMap<u64, Vec<Listed>> = BTreeMap::new();
        for row in self.table.rows()? {
            let listed = reader.read(&row?)?;
            let first = index.first_line(&listed.entry) == Some(listed.entry.line);
            if first && index.has_namesakes(&listed.entry) {
                groups.entry(listed.entry.namesake).or_default().push(listed);
            }
        }
        for group in groups.values() {
            let standings = standings(store, &group.iter().collect::<Vec<_>>()).await?;
            let mut places: BTreeMap<(&str, &str), Vec<usize>> = BTreeMap::new();
            for (at, listed) in group.iter().enumerate() {
                places.entry((&listed.area, &listed.name)).or_default().push(at);
            }
            let mut targets: BTreeMap<usize, Target> = BTreeMap::new();
            for rows in places.into_values() {
                let listed: Vec<&Listed> = rows.iter().map(|at| &group[*at]).collect();
                let standing = rows.first().map(|at| &standings[*at]);
                targets.extend(rows.iter().copied().zip(standing.map(|s| match_rows(&listed, s)).unwrap_or_default()));
            }
            let ids: Vec<RecordId> = targets.values().filter_map(Target::record).collect();
            for (at, mut target) in targets {
                if let Target::Record { id, twins, .. } = &mut target {
                    twins.extend(ids.iter().filter(|other| *other != id).take(TWINS));
                }
                planned.insert(group[at].entry.line, target);
            }
        }
        Ok(planned)
    }

    /// Writes some rows in one transaction, and accounts for them.
    async fn write(
        &self,
        store: &dyn Store,
        known: &mut Known<'_>,
        mut batch: Vec<(Listed, Option<Target>)>,
        report: &mut Report,
    ) -> Result<(), ImportError> {
        let alone: Vec<&Listed> =
            batch.iter().filter(|(_, target)| target.is_none()).map(|(listed, _)| listed).collect();
        let mut found = Vec::with_capacity(alone.len());
        for (listed, standing) in alone.iter().zip(standings(store, &alone).await?) {
            found.extend(match_rows(&[*listed], &standing));
        }
        let mut found = found.into_iter();
        for (_, target) in batch.iter_mut().filter(|(_, target)| target.is_none()) {
            *target = found.next();
        }
        let fresh: Vec<RecordId> = batch.iter().filter_map(|(_, target)| target.as_ref()?.fresh()).collect();
        if !fresh.is_empty() {
            known.look(store).await?;
        }
        // What was erased is nobody's twin.
        let erased = store.erased(fresh).await?;
        for (listed, target) in &mut batch {
            if let Some(Target::Record { id, new: true, twins }) = target
                && !erased.contains(id)
            {
                known.add_to(listed, *id, twins);
            }
        }
        let mut orders: Vec<FromFile> = batch
            .iter()
            .filter_map(|(listed, target)| match target {
                Some(Target::Record { id, twins, .. }) => Some(listed.told(*id, twins.clone())),
                _ => None,
            })
            .collect();
        let done = if self.dry_run {
            let rows = store.rows(orders.iter().map(|order| order.id).collect()).await?;
            let rows: HashMap<RecordId, RecordRow> = rows.into_iter().map(|row| (row.id, row)).collect();
            let erased = store.erased(orders.iter().map(|order| order.id).collect()).await?;
            let planned = |order: &FromFile| match erased.contains(&order.id) {
                true => Imported::Erased,
                false => merge(order, rows.get(&order.id)).imported,
            };
            orders.iter().map(planned).collect()
        } else {
            let new = batch.iter().filter_map(|(listed, target)| match target {
                Some(Target::Record { id, new: true, .. }) if !erased.contains(id) => Some((listed, *id)),
                _ => None,
            });
            orders.extend(known.marks(new));
            store.import_prospects(orders, self.at).await?
        };
        let mut done = done.into_iter();
        for (listed, target) in &batch {
            account(report, listed, target.as_ref(), &mut done)?;
            self.bar.inc(1);
        }
        Ok(())
    }
}

/// What a row means.
enum Target {
    /// A record, there already or new, and records that may be the same community.
    Record { id: RecordId, new: bool, twins: Vec<RecordId> },
    /// One of so many, or yet another.
    OneOf(usize),
    /// What an earlier line says.
    SameAs(u32),
}

impl Target {
    fn known(id: RecordId) -> Self {
        Self::Record { id, new: false, twins: Vec::new() }
    }

    fn new(id: RecordId) -> Self {
        Self::Record { id, new: true, twins: Vec::new() }
    }

    /// The record, if it is new.
    fn fresh(&self) -> Option<RecordId> {
        match self {
            Self::Record { id, new: true, .. } => Some(*id),
            _ => None,
        }
    }

    fn record(&self) -> Option<RecordId> {
        match self {
            Self::Record { id, .. } => Some(*id),
            _ => None,
        }
    }
}

/// What was imported of a district, area and name so far.
#[derive(Default)]
struct Standing {
    /// The records, with what the last file said of them.
    known: Vec<(RecordId, String)>,
    /// The first number that no record has.
    free: u32,
}

async fn standings(store: &dyn Store, listed: &[&Listed]) -> Result<Vec<Standing>, ImportError> {
    let mut standings: Vec<Standing> = listed.iter().map(|_| Standing::default()).collect();
    let mut open: Vec<usize> = (0..listed.len()).collect();
    for nth in 0.. {
        if open.is_empty() {
            break;
        }
        let rows = store.rows(open.iter().map(|at| listed[*at].id(nth)).collect()).await?;
        let rows: HashMap<RecordId, RecordRow> = rows.into_iter().map(|row| (row.id, row)).collect();
        open.retain(|at| {
            let Some(row) = rows.get(&listed[*at].id(nth)) else {
                standings[*at].free = nth;
                return false;
            };
            if row.author.is_some_and(|author| author.is_server()) {
                let said = row.fields.text("imported").unwrap_or_default().to_owned();
                standings[*at].known.push((row.id, said));
            }
            true
        });
    }
    Ok(standings)
}

/// Finds the records of the differing rows of one district, area and name. Where there is one of each, they belong
/// together. Otherwise a row is the record that says exactly the same; if every record is found so, the other rows are
/// new; if not, any of them could be any, and none is touched.
fn match_rows(rows: &[&Listed], standing: &Standing) -> Vec<Target> {
    if let ([_], [(id, _)]) = (rows, standing.known.as_slice()) {
        return vec![Target::known(*id)];
    }
    let mut left: Vec<&(RecordId, String)> = standing.known.iter().collect();
    let mut targets: Vec<Option<Target>> = Vec::new();
    for row in rows {
        let said = row.said();
        let same = left.iter().position(|(_, known)| *known == said);
        targets.push(same.map(|at| Target::known(left.remove(at).0)));
    }
    let mut free = standing.free..;
    let mut other = |row: &Listed| match left.len() {
        0 => Target::new(row.id(free.next().unwrap_or(u32::MAX))),
        several => Target::OneOf(several),
    };
    targets.into_iter().zip(rows).map(|(target, row)| target.unwrap_or_else(|| other(row))).collect()
}

/// Accounts for a row.
fn account(
    report: &mut Report,
    listed: &Listed,
    target: Option<&Target>,
    done: &mut impl Iterator<Item = Imported>,
) -> Result<(), ImportError> {
    let mut reasons: Vec<String> = Vec::new();
    let (outcome, record) = match target {
        Some(Target::SameAs(line)) => {
            reasons.push(format!("the same as line {line}"));
            (Outcome::Identical, None)
        }
        Some(Target::Record { id, twins, .. }) => {
            if let Some(other) = twins.first() {
                report.summary().note("possible twin of another prospect of that name in the district");
                reasons.push(format!("possible twin of {other}"));
            }
            (settle(report, done.next(), &mut reasons), Some(*id))
        }
        Some(Target::OneOf(several)) => {
            let which = format!("one of {several} known records, or a new one");
            reasons.push(format!(
                "several rows are known of this place and name, so it may be {which}: nothing was changed"
            ));
            (Outcome::Ambiguous, None)
        }
        None => (Outcome::Refused, None),
    };
    if listed.price_unknown {
        report.summary().note("price unknown");
        reasons.push("price unknown".to_owned());
    }
    if let Some(why) = suspicious(&listed.name) {
        report.summary().note("suspicious name");
        reasons.push(format!("suspicious name ({why})"));
    }
    let record = record.map(|id| id.to_string()).unwrap_or_default();
    report.row(listed.entry.line, outcome, &record, &reasons.join("; "))
}

fn settle(report: &mut Report, imported: Option<Imported>, reasons: &mut Vec<String>) -> Outcome {
    let mut clashed = |clashes: Vec<Clash>, reasons: &mut Vec<String>| {
        for Clash { field, was, put } in clashes {
            report.summary().note("also changed in the field");
            reasons.push(if put {
                format!("{field}: took the place of {was}, put in the field")
            } else {
                format!("{field}: left alone, as people disagree on it")
            });
        }
    };
    match imported {
        Some(Imported::Created) => Outcome::Created,
        Some(Imported::Updated(fields, clashes)) => {
            let fields: Vec<_> = fields.iter().map(FieldName::as_str).collect();
            reasons.push(format!("changed {}", fields.join(", ")));
            clashed(clashes, reasons);
            Outcome::Updated
        }
        Some(Imported::Unchanged(clashes)) => {
            clashed(clashes, reasons);
            Outcome::Unchanged
        }
        Some(Imported::Erased) => {
            report.summary().note("erased, as a person asked for: left out");
            reasons.push("erased, as a person asked for: left out".to_owned());
            Outcome::Unchanged
        }
        Some(Imported::Refused(words)) => {
            reasons.push(words);
            Outcome::Refused
        }
        None => Outcome::Refused,
    }
}

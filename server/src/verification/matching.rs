//! Matching: each row of a ledger file and each claim stand in the report exactly once. What is not clear beyond doubt (a
//! reference that two claim, or that stands twice in the file) is for a person to judge.

use super::ledger::{LedgerRow, Reference};
use canvass_core::domain::{Date, Money, RecordId};
use canvass_core::ranking::Status;
use std::collections::BTreeMap;

/// How a claim stands before it is matched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It waits for a verdict.
    Pending {
        /// People disagree about what is claimed.
        undecided: bool,
    },
    /// It was judged, or a rule leaves it out.
    Settled(Status),
    /// It is another's to judge, and does not stand in the report: but no two may claim one booking.
    Anothers {
        /// It was rejected.
        rejected: bool,
    },
}

/// What matching needs to know of a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimed {
    /// The outcome.
    pub outcome: RecordId,
    /// The booking it names.
    pub reference: Option<Reference>,
    /// The amount claimed.
    pub amount: Option<Money>,
    /// Whether it is about an amount at all: cards are not.
    pub of_money: bool,
    /// The day claimed.
    pub date: Option<Date>,
    /// How it stands.
    pub standing: Standing,
}

/// Why a row and a claim are no match.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Difference {
    /// The amounts.
    Amount,
    /// The days.
    Date,
    /// Two outcomes or more name this booking.
    ClaimedTwice,
    /// Two rows or more have this reference.
    TwiceInFile,
    /// People disagree about what is claimed.
    Undecided,
}

/// A row and the one claim that it bears out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Matched {
    /// The row's place in the file.
    pub row: usize,
    /// The claim's place.
    pub claim: usize,
}

/// A row and a claim of one reference that do not agree. Of several there may be more of one than of the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Differing {
    /// The row's place in the file.
    pub row: Option<usize>,
    /// The claim's place.
    pub claim: Option<usize>,
    /// In what, at least one thing.
    pub differences: Vec<Difference>,
}

/// A row whose claim waits for nobody any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settled {
    /// The row's place in the file.
    pub row: usize,
    /// The claim's place.
    pub claim: usize,
    /// What became of it.
    pub status: Status,
}

/// What a ledger file says of what was claimed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Amount and day are as claimed.
    pub matched: Vec<Matched>,
    /// For a person to judge.
    pub differing: Vec<Differing>,
    /// Rows that nobody claims.
    pub unknown: Vec<usize>,
    /// Pending claims that no row bears out.
    pub missing: Vec<usize>,
    /// Rows whose claims were judged before, or are left out by a rule.
    pub settled: Vec<Settled>,
}

/// Claims of one reference.
#[derive(Default)]
struct Named {
    pending: Vec<usize>,
    settled: Vec<(Status, usize)>,
    /// How many name the booking and may be paid for it: all but those that were rejected.
    rivals: usize,
}

/// Matches rows with claims.
pub fn matching(rows: &[LedgerRow], claims: &[Claimed]) -> Report {
    let mut report = Report::default();
    let mut named: BTreeMap<&Reference, Named> = BTreeMap::new();
    for (place, claim) in claims.iter().enumerate() {
        let Some(reference) = &claim.reference else {
            // Without a reference nothing bears it out.
            report.missing.extend(matches!(claim.standing, Standing::Pending { .. }).then_some(place));
            continue;
        };
        let of = named.entry(reference).or_default();
        match claim.standing {
            Standing::Pending { .. } => of.pending.push(place),
            Standing::Settled(status) => of.settled.push((status, place)),
            Standing::Anothers { .. } => {}
        }
        let rejected =
            matches!(claim.standing, Standing::Settled(Status::Rejected) | Standing::Anothers { rejected: true });
        of.rivals += usize::from(!rejected);
    }
    let mut found: BTreeMap<Reference, Vec<usize>> = BTreeMap::new();
    for (place, row) in rows.iter().enumerate() {
        match Reference::of(&row.reference) {
            Some(reference) => found.entry(reference).or_default().push(place),
            None => report.unknown.push(place),
        }
    }
    for (reference, of) in &mut named {
        match found.remove(*reference) {
            None => report.missing.append(&mut of.pending),
            Some(places) => report.add(rows, claims, &places, of),
        }
    }
    report.unknown.extend(found.into_values().flatten());
    report.in_order(rows, claims);
    report
}

impl Report {
    /// Adds the rows and the claims of one reference.
    fn add(&mut self, rows: &[LedgerRow], claims: &[Claimed], places: &[usize], of: &mut Named) {
        if of.pending.is_empty() {
            // What counts is told before what was rejected.
            of.settled.sort_unstable();
            match of.settled.first() {
                Some(&(status, claim)) => {
                    self.settled.extend(places.iter().map(|row| Settled { row: *row, claim, status }));
                }
                None => self.unknown.extend(places),
            }
            return;
        }
        let mut common = Vec::new();
        common.extend((of.rivals > 1).then_some(Difference::ClaimedTwice));
        common.extend((places.len() > 1).then_some(Difference::TwiceInFile));
        for n in 0..places.len().max(of.pending.len()) {
            let (row, claim) = (places.get(n).copied(), of.pending.get(n).copied());
            let mut differences = match (row, claim) {
                (Some(row), Some(claim)) => compared(&rows[row], &claims[claim]),
                _ => Vec::new(),
            };
            differences.extend(&common);
            match (row, claim) {
                (Some(row), Some(claim)) if differences.is_empty() => self.matched.push(Matched { row, claim }),
                _ => self.differing.push(Differing { row, claim, differences }),
            }
        }
    }

    /// As the file and the claims came.
    fn in_order(&mut self, rows: &[LedgerRow], claims: &[Claimed]) {
        self.matched.sort_unstable_by_key(|matched| matched.row);
        // What is about one booking stands together.
        let reference = |one: &Differing| {
            let row = one.row.and_then(|row| Reference::of(&rows[row].reference));
            row.or_else(|| one.claim.and_then(|claim| claims[claim].reference.clone()))
        };
        let mut first: BTreeMap<Reference, usize> = BTreeMap::new();
        for one in &self.differing {
            if let (Some(reference), Some(row)) = (reference(one), one.row) {
                first.entry(reference).and_modify(|known| *known = row.min(*known)).or_insert(row);
            }
        }
        let place = |one: &Differing| reference(one).and_then(|reference| first.get(&reference).copied());
        self.differing.sort_by_cached_key(|one| (place(one), one.row.is_none(), one.row, one.claim));
        self.unknown.sort_unstable();
        self.missing.sort_unstable();
        self.settled.sort_unstable_by_key(|settled| settled.row);
    }
}

/// In what a row and a claim of its reference differ.
fn compared(row: &LedgerRow, claim: &Claimed) -> Vec<Difference> {
    let amount = claim.of_money && claim.amount != row.amount;
    let date = claim.date != Some(row.date);
    let undecided = matches!(claim.standing, Standing::Pending { undecided: true });
    let all = [(amount, Difference::Amount), (date, Difference::Date), (undecided, Difference::Undecided)];
    all.into_iter().filter(|(differs, _)| *differs).map(|(_, difference)| difference).collect()
}

#[cfg(test)]
mod tests;

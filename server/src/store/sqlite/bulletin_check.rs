//! A bulletin recomputed from nothing but the change log as it was at its sealing, and the bank as it was then.

use super::{bulletins, campaigns, erasure, ledger, rebuild, tally};
use crate::store::StoreError;
use crate::store::bulletins::{BulletinCheck, BulletinKey};
use canvass_core::domain::{Bank, Digest, Week};
use canvass_core::ranking::{Basis, Bulletin, Contribution, ledger_digest, standings, unplaced};
use rusqlite::{Connection, params};
use std::collections::HashSet;
use std::path::Path;

/// The number of a week after every other.
const LAST_WEEK: i64 = 12_000;

/// What a bulletin was made from.
pub(super) struct Sealed {
    pub(super) key: BulletinKey,
    digest: Digest,
    sheet: String,
    /// Whether the digest is the one that everybody was told of.
    told: bool,
    pub(super) sequence: i64,
    pub(super) bank: Bank,
    contributions: Vec<Contribution>,
    /// Those whose record was erased since: nothing can be recomputed of them.
    pub(super) erased: Vec<Contribution>,
}

/// Reads what a bulletin was made from.
pub(super) fn read(db: &Connection, key: BulletinKey) -> Result<Sealed, StoreError> {
    let n = bulletins::sealing(db, key)?;
    let sequence = db.query_row("SELECT sequence FROM sealing WHERE n = ?", [n], |row| row.get(0))?;
    let bank = bulletins::sealed_bank(db, key)?;
    let digest: Vec<u8> = db.query_row(
        "SELECT digest FROM bulletin WHERE campaign = ? AND week = ? AND revision = ?",
        params![key.campaign.as_bytes(), key.week.number(), key.revision],
        |row| row.get(0),
    )?;
    let contributions = bulletins::sealed(db, key, None)?;
    // One of a later week may have won a community, too.
    let whole = bulletins::sealed_until(db, key, Week::from_number(LAST_WEEK)?, None)?;
    let gone = erasure::among(db, &whole.iter().map(|one| one.source).collect::<Vec<_>>())?;
    let erased = whole.into_iter().filter(|one| gone.contains(&one.source)).collect();
    let digest = Digest::from_bytes(&digest)?;
    let told = bulletins::notices(db, key.campaign)?.get(&key) == Some(&digest);
    Ok(Sealed { told, key, digest, sheet: bulletins::sheet(db, key)?, sequence, bank, contributions, erased })
}

/// Fills an empty database with the change log up to the sealing, and what was sealed of what was erased since.
pub(super) fn fill(db: &Connection, source: &Path, sealed: &Sealed) -> Result<(), StoreError> {
    rebuild::copy_log(db, source, Some(sealed.sequence))?;
    db.execute("DELETE FROM contribution", [])?;
    sealed.erased.iter().try_for_each(|one| ledger::insert(db, one))
}

/// Compares what was recomputed with what was sealed.
pub(super) fn compare(db: &Connection, sealed: &Sealed) -> Result<BulletinCheck, StoreError> {
    let BulletinKey { campaign, week, .. } = sealed.key;
    let of_week = |one: &Contribution| one.campaign == campaign && one.week <= week;
    let anew: HashSet<Contribution> = ledger::all(db)?.into_iter().filter(of_week).collect();
    let was: HashSet<&Contribution> = sealed.contributions.iter().collect();
    let differing =
        was.iter().filter(|one| !anew.contains(**one)).count() + anew.iter().filter(|one| !was.contains(one)).count();
    let kept = Bulletin::read(&sealed.sheet).ok();
    let says_so = kept.as_ref().is_some_and(|kept| {
        let key = BulletinKey { campaign: kept.campaign, week: kept.week, revision: kept.revision };
        let made_from = (kept.contributions, kept.ledger);
        key == sealed.key && made_from == (sealed.contributions.len() as u64, ledger_digest(&sealed.contributions))
    });
    let found = campaigns::all(db)?.into_iter().find(|stored| stored.id == campaign);
    let tallies = tally::tallies(db, campaign)?;
    let figures_equal = kept.zip(found).is_some_and(|(kept, found)| {
        let (campaign, bank) = (&found.campaign, &sealed.bank);
        kept.standings == standings(campaign, week, bank, &tallies, Basis::Confirmed)
            && kept.unplaced == unplaced(campaign, week, bank, &tallies)
    });
    Ok(BulletinCheck {
        key: sealed.key,
        digest: sealed.digest,
        sheet_whole: Digest::of(sealed.sheet.as_bytes()) == sealed.digest && says_so,
        told: sealed.told,
        contributions: sealed.contributions.len(),
        erased: sealed.erased.iter().filter(|one| of_week(one)).count(),
        differing,
        figures_equal,
    })
}

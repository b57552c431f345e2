//! The check: whether phone and server have the same changes of the same records, told from digests by month, so that only
//! what differs is sent again.

use crate::document::ChangeHash;
use crate::domain::RecordId;
use minicbor::{Decode, Encode};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;

/// A twelfth of a mean year, in milliseconds.
const MONTH_MS: i64 = 2_629_800_000;
/// From here on, 256 numbers for records that were named by what they are about: their ids tell no time.
const DERIVED: u32 = 1 << 31;
/// How many digests of records one response lists at most, but always a whole month.
const LISTED: usize = 60_000;

/// A short digest: of a record's changes, or of a month's records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(transparent)]
pub struct CheckDigest(
    #[n(0)]
    #[cbor(with = "minicbor::bytes")]
    [u8; 16],
);

impl CheckDigest {
    /// Of a record's changes, in any order.
    pub fn of_changes(mut hashes: Vec<ChangeHash>) -> Self {
        hashes.sort_unstable();
        Self::of(hashes.iter().map(|hash| hash.as_bytes().as_slice()))
    }

    /// Of a month's records, in the order of their ids.
    fn of_records(records: &BTreeMap<RecordId, Self>) -> Self {
        Self::of(records.iter().flat_map(|(record, digest)| [record.as_bytes().as_slice(), digest.0.as_slice()]))
    }

    fn of<'a>(parts: impl Iterator<Item = &'a [u8]>) -> Self {
        let whole = parts.fold(Sha256::new(), |whole, part| whole.chain_update(part)).finalize();
        let mut short = [0; 16];
        short.iter_mut().zip(whole).for_each(|(to, from)| *to = from);
        Self(short)
    }

    /// As it is stored.
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// Reads what was stored.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }
}

/// The month of a record: how many twelfths of a year after 1970 it was begun, by the clock of the device that named it.
fn month_of(record: RecordId) -> u32 {
    match record.begun_at() {
        Some(at) => u32::try_from(at.millis() / MONTH_MS).unwrap_or(0),
        None => DERIVED + u32::from(record.as_bytes().last().copied().unwrap_or(0)),
    }
}

/// What a phone asks of a check.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Ask {
    /// The digest of each record of these months; without it the digests of all months.
    #[n(0)]
    pub months: Option<Vec<u32>>,
}

/// A month's records by their digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct MonthDigest {
    /// Whether it is about dossiers.
    #[n(0)]
    pub confidential: bool,
    /// The month.
    #[n(1)]
    pub month: u32,
    /// How many records.
    #[n(2)]
    pub records: u32,
    /// Their digest.
    #[n(3)]
    pub digest: CheckDigest,
}

/// A record's digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct RecordDigest {
    /// Whether it is a dossier.
    #[n(0)]
    pub confidential: bool,
    /// The record.
    #[n(1)]
    pub record: RecordId,
    /// The digest of its changes.
    #[n(2)]
    pub digest: CheckDigest,
}

/// What the server answers, as of the moment at which everything in its response is applied.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Answer {
    /// The digests of all months, if they were asked for.
    #[n(0)]
    #[cbor(default)]
    pub months: Vec<MonthDigest>,
    /// The months of which each record is listed.
    #[n(1)]
    #[cbor(default)]
    pub listed: Vec<u32>,
    /// The digests of their records.
    #[n(2)]
    #[cbor(default)]
    pub records: Vec<RecordDigest>,
}

/// What one side has: each record's digest, by month.
#[derive(Debug, Clone, Default)]
pub struct Inventory(BTreeMap<(bool, u32), BTreeMap<RecordId, CheckDigest>>);

impl Inventory {
    /// Adds a record with the hashes of its changes.
    pub fn add(&mut self, confidential: bool, record: RecordId, digest: CheckDigest) {
        self.0.entry((confidential, month_of(record))).or_default().insert(record, digest);
    }

    /// Adds changes as they come, those of one record after each other.
    ///
    /// # Errors
    /// The first that the changes end with.
    pub fn add_all<E>(
        &mut self,
        confidential: bool,
        changes: impl Iterator<Item = Result<(RecordId, ChangeHash), E>>,
    ) -> Result<(), E> {
        let mut open: Option<(RecordId, Vec<ChangeHash>)> = None;
        for change in changes {
            let (record, hash) = change?;
            match &mut open {
                Some((of, hashes)) if *of == record => hashes.push(hash),
                _ => {
                    let whole = open.replace((record, vec![hash]));
                    whole.into_iter().for_each(|(of, all)| self.add(confidential, of, CheckDigest::of_changes(all)));
                }
            }
        }
        open.into_iter().for_each(|(of, all)| self.add(confidential, of, CheckDigest::of_changes(all)));
        Ok(())
    }

    /// How many records there are.
    pub fn records(&self) -> usize {
        self.0.values().map(BTreeMap::len).sum()
    }

    /// The answer to what a phone asks.
    pub fn answer(&self, ask: &Ask) -> Answer {
        let mut answer = Answer::default();
        let Some(months) = &ask.months else {
            let digest =
                |(&(confidential, month), records): (&(bool, u32), &BTreeMap<RecordId, CheckDigest>)| MonthDigest {
                    confidential,
                    month,
                    records: u32::try_from(records.len()).unwrap_or(u32::MAX),
                    digest: CheckDigest::of_records(records),
                };
            answer.months = self.0.iter().map(digest).collect();
            return answer;
        };
        for &month in months {
            let of = |confidential| self.0.get(&(confidential, month)).map_or(0, BTreeMap::len);
            // A month that does not fit beside the others comes another time; one that fits into no message, never.
            if of(false) + of(true) + answer.records.len() > LISTED {
                continue;
            }
            for confidential in [false, true] {
                let records = self.0.get(&(confidential, month)).into_iter().flatten();
                let digest = |(&record, &digest)| RecordDigest { confidential, record, digest };
                answer.records.extend(records.map(digest));
            }
            answer.listed.push(month);
        }
        answer
    }

    /// The months that differ from the other side's; dossiers' only where `confidential`.
    pub fn differing_months(&self, theirs: &[MonthDigest], confidential: bool) -> Vec<u32> {
        let ours = self.answer(&Ask { months: None }).months;
        let compared = |digests: &[MonthDigest]| -> BTreeMap<(bool, u32), CheckDigest> {
            let wanted = digests.iter().filter(|one| confidential || !one.confidential);
            wanted.map(|one| ((one.confidential, one.month), one.digest)).collect()
        };
        let (ours, theirs) = (compared(&ours), compared(theirs));
        let mut differing: Vec<u32> = ours
            .iter()
            .filter(|(at, digest)| theirs.get(at) != Some(digest))
            .chain(theirs.iter().filter(|(at, _)| !ours.contains_key(at)))
            .map(|((_, month), _)| *month)
            .collect();
        differing.sort_unstable();
        differing.dedup();
        differing
    }

    /// The records of the listed months that differ from the other side's; dossiers only where `confidential`.
    pub fn differing_records(&self, theirs: &Answer, confidential: bool) -> Vec<RecordId> {
        let ours = self.answer(&Ask { months: Some(theirs.listed.clone()) }).records;
        let compared = |digests: &[RecordDigest]| -> BTreeMap<RecordId, CheckDigest> {
            let wanted = digests.iter().filter(|one| confidential || !one.confidential);
            wanted.map(|one| (one.record, one.digest)).collect()
        };
        let (ours, theirs) = (compared(&ours), compared(&theirs.records));
        let lacking = theirs.iter().filter(|(record, _)| !ours.contains_key(record));
        let differing = ours.iter().filter(|(record, digest)| theirs.get(record) != Some(digest)).chain(lacking);
        differing.map(|(record, _)| *record).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::change_hash;

    fn record(n: u8, millis: i64) -> RecordId {
        RecordId::new(millis, [n; 10])
    }

    fn hash(n: u8) -> ChangeHash {
        change_hash(&[n; 40])
    }

    fn inventory(changes: &[(RecordId, u8)]) -> Inventory {
        let mut inventory = Inventory::default();
        let changes = changes.iter().map(|(record, n)| Ok::<_, ()>((*record, hash(*n))));
        inventory.add_all(false, changes).expect("no error");
        inventory
    }

    /// What each side finds by asking for months, then for records.
    fn found(ours: &Inventory, theirs: &Inventory) -> Vec<RecordId> {
        let months = ours.differing_months(&theirs.answer(&Ask { months: None }).months, true);
        ours.differing_records(&theirs.answer(&Ask { months: Some(months) }), true)
    }

    #[test]
    fn only_what_differs_is_found_whichever_side_lacks_it() {
        let (march, april) = (1_772_400_000_000, 1_776_400_000_000);
        let (a, b, c, d) = (record(1, march), record(2, march), record(3, april), RecordId::derived([4; 10]));
        assert!(month_of(a) == month_of(b) && month_of(b) < month_of(c) && month_of(d) == DERIVED + 4);
        let whole = inventory(&[(a, 1), (a, 2), (b, 3), (c, 4), (d, 5)]);
        assert_eq!(whole.records(), 4);
        assert!(found(&whole, &inventory(&[(a, 2), (a, 1), (b, 3), (c, 4), (d, 5)])).is_empty(), "in any order");
        let without = inventory(&[(a, 1), (b, 3), (c, 4), (d, 5)]);
        assert_eq!((found(&whole, &without), found(&without, &whole)), (vec![a], vec![a]), "a change is lacking");
        let fewer = inventory(&[(a, 1), (a, 2), (b, 3), (d, 5)]);
        assert_eq!((found(&whole, &fewer), found(&fewer, &whole)), (vec![c], vec![c]), "a record is lacking");
        assert_eq!(found(&Inventory::default(), &whole).len(), 4);
    }

    #[test]
    fn dossiers_are_compared_only_where_they_are_open() {
        let mut ours = inventory(&[(record(1, 5), 1)]);
        let mut theirs = ours.clone();
        theirs.add(true, record(2, 5), CheckDigest::of_changes(vec![hash(2)]));
        let months = theirs.answer(&Ask { months: None }).months;
        assert!(ours.differing_months(&months, false).is_empty());
        assert_eq!(ours.differing_months(&months, true), [0]);
        let listed = theirs.answer(&Ask { months: Some(vec![0]) });
        assert!(ours.differing_records(&listed, false).is_empty());
        assert_eq!(ours.differing_records(&listed, true), [record(2, 5)]);
        ours.add(true, record(2, 5), CheckDigest::of_changes(vec![hash(2)]));
        assert!(ours.differing_months(&months, true).is_empty());
    }
}

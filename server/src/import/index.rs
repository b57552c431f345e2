//! What has to be known of a whole file at once: which rows are the same, and which share a name in a district. 32 bytes a
//! row; everything else is read again.

use sha2::{Digest, Sha256};

/// One row of a file, as far as it is compared with others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Entry {
    /// Of its district and name ([`super::twins::namesake`]).
    pub(super) namesake: u64,
    /// Of all its cells.
    pub(super) row: u128,
    /// Where it stands.
    pub(super) line: u32,
}

/// The rows of a file, once it was read to the end.
pub(super) struct Index {
    /// Sorted; of rows that are the same, the first.
    entries: Vec<Entry>,
}

impl Index {
    pub(super) fn of(mut entries: Vec<Entry>) -> Self {
        entries.sort_unstable();
        entries.dedup_by_key(|entry| (entry.namesake, entry.row));
        Self { entries }
    }

    /// Where a row stood first; none if it was not in the file when that was checked.
    pub(super) fn first_line(&self, entry: &Entry) -> Option<u32> {
        let key = |entry: &Entry| (entry.namesake, entry.row);
        let found = self.entries.binary_search_by_key(&key(entry), key).ok()?;
        self.entries.get(found).map(|first| first.line)
    }

    /// Whether several differing rows have this row's name and district.
    pub(super) fn has_namesakes(&self, entry: &Entry) -> bool {
        let at = self.entries.partition_point(|other| other.namesake < entry.namesake);
        self.entries.get(at + 1).is_some_and(|second| second.namesake == entry.namesake)
    }

    /// Whether any row has this number of a district and name.
    pub(super) fn has(&self, namesake: u64) -> bool {
        self.entries.binary_search_by_key(&namesake, |entry| entry.namesake).is_ok()
    }

    /// Whether any row has.
    pub(super) fn any_namesakes(&self) -> bool {
        self.entries.windows(2).any(|pair| pair[0].namesake == pair[1].namesake)
    }
}

/// A digest of some words in their order.
pub(super) fn digest<'a>(words: impl IntoIterator<Item = &'a str>) -> [u8; 32] {
    let mut digest = Sha256::new();
    for word in words {
        digest.update((word.len() as u64).to_be_bytes());
        digest.update(word);
    }
    digest.finalize().into()
}

/// The first bytes of a digest as a number.
pub(super) fn number(digest: &[u8; 32]) -> u128 {
    digest[..16].iter().fold(0, |number, byte| number << 8 | u128::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_rows_are_one_and_differing_ones_of_a_name_are_namesakes() {
        let entry = |namesake, row, line| Entry { namesake, row, line };
        let index = Index::of(vec![entry(2, 9, 5), entry(1, 7, 4), entry(1, 7, 2), entry(2, 8, 3)]);
        assert_eq!(index.first_line(&entry(1, 7, 4)), Some(2));
        assert_eq!(index.first_line(&entry(3, 7, 4)), None);
        assert!(!index.has_namesakes(&entry(1, 7, 4)) && index.has_namesakes(&entry(2, 8, 3)));
        assert!(index.has_namesakes(&entry(2, 9, 5)) && index.any_namesakes());
        assert_ne!(digest(["ab", "c"]), digest(["a", "bc"]));
    }
}

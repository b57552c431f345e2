//! Receipts: the server's proof, for a batch of changes, of who wrote them and when they came. A phone keeps them while it
//! holds any of the changes; with them it can bring back what others wrote to a server that lost it.

use super::WireError;
use crate::document::ChangeHash;
use crate::domain::{DeviceNumber, ServerTime};
use minicbor::{Decode, Encode};

/// What a receipt says of one change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub struct ReceiptEntry {
    /// The change.
    #[n(0)]
    pub hash: ChangeHash,
    /// The device that wrote it.
    #[n(1)]
    pub author: DeviceNumber,
    /// When the server first had it.
    #[n(2)]
    pub received_at: ServerTime,
}

/// The server's proof for a batch of changes. Only the server can check it: the key of its MAC lies apart from its database.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Receipt {
    /// The MAC over [`Receipt::said`] of the entries.
    #[n(0)]
    #[cbor(with = "minicbor::bytes")]
    pub mac: [u8; 32],
    /// Every change of the batch, whether or not the phone still holds it: without one of them the MAC cannot be checked.
    #[n(1)]
    pub entries: Vec<ReceiptEntry>,
}

impl Receipt {
    /// What the MAC covers: the entries sorted by hash, each as hash, author and time, highest byte first.
    pub fn said(entries: &[ReceiptEntry]) -> Vec<u8> {
        let mut sorted: Vec<&ReceiptEntry> = entries.iter().collect();
        sorted.sort_unstable();
        let mut said = Vec::with_capacity(sorted.len() * (32 + 4 + 8));
        for entry in sorted {
            said.extend(entry.hash.as_bytes());
            said.extend(entry.author.get().to_be_bytes());
            said.extend(entry.received_at.millis().to_be_bytes());
        }
        said
    }

    /// The receipt as a phone stores it.
    ///
    /// # Errors
    /// Never for a receipt; the encoder could fail.
    pub fn to_bytes(&self) -> Result<Vec<u8>, WireError> {
        minicbor::to_vec(self).map_err(|error| WireError::Malformed(error.to_string()))
    }

    /// Reads what [`Self::to_bytes`] wrote.
    ///
    /// # Errors
    /// When the bytes are damaged.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, WireError> {
        minicbor::decode(bytes).map_err(|error| WireError::Malformed(error.to_string()))
    }
}

/// A receipt as it comes with a response: about the changes of the request that were accepted, in the request's order, then
/// about those delivered, in the response's order. The phone knows their hashes, so they are not sent.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct ReceiptPart {
    /// The receipt's MAC.
    #[n(0)]
    #[cbor(with = "minicbor::bytes")]
    pub mac: [u8; 32],
    #[n(1)]
    authors: Vec<DeviceNumber>,
    /// The first one from 1970 on, each other from the one before.
    #[n(2)]
    times: Vec<i64>,
}

impl ReceiptPart {
    /// What is sent of a receipt whose entries stand in that order.
    pub fn of(mac: [u8; 32], entries: &[ReceiptEntry]) -> Self {
        let mut before = 0;
        let since = |entry: &ReceiptEntry| {
            let at = entry.received_at.millis();
            at - std::mem::replace(&mut before, at)
        };
        let times = entries.iter().map(since).collect();
        Self { mac, authors: entries.iter().map(|entry| entry.author).collect(), times }
    }

    /// The receipt's entries: they are about changes of these hashes, in that order.
    ///
    /// # Errors
    /// When it is about more or fewer changes, or a time is none.
    pub fn entries(&self, hashes: &[ChangeHash]) -> Result<Vec<ReceiptEntry>, WireError> {
        if self.authors.len() != hashes.len() || self.times.len() != hashes.len() {
            let words = format!("the receipt is not about {} changes", hashes.len());
            return Err(WireError::Malformed(words));
        }
        let mut at = 0_i64;
        let entry = |((hash, author), since): ((&ChangeHash, &DeviceNumber), &i64)| {
            at = at.saturating_add(*since);
            let received_at = ServerTime::from_millis(at).map_err(|error| WireError::Malformed(error.to_string()))?;
            Ok(ReceiptEntry { hash: *hash, author: *author, received_at })
        };
        hashes.iter().zip(&self.authors).zip(&self.times).map(entry).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::change_hash;

    fn entry(n: u8, at: i64) -> ReceiptEntry {
        let received_at = ServerTime::from_millis(at).expect("a time");
        ReceiptEntry { hash: change_hash(&[n; 40]), author: DeviceNumber::new(n.into()), received_at }
    }

    #[test]
    fn a_receipt_is_whole_again_with_the_hashes_that_the_phone_knows() {
        let entries = vec![entry(3, 1_772_000_000_000), entry(1, 1_771_000_000_000), entry(2, 1_772_000_000_001)];
        let part = ReceiptPart::of([7; 32], &entries);
        let hashes: Vec<_> = entries.iter().map(|entry| entry.hash).collect();
        assert_eq!(part.entries(&hashes), Ok(entries));
        assert!(part.entries(&hashes[1..]).is_err() && part.entries(&[]).is_err());
        let damaged = ReceiptPart { times: vec![i64::MAX, i64::MAX, -1], ..part };
        assert!(damaged.entries(&hashes).is_err());
        let none = ReceiptPart::of([7; 32], &[]);
        assert_eq!(none.entries(&[]), Ok(Vec::new()));
    }

    #[test]
    fn what_a_receipt_says_does_not_depend_on_the_order_but_on_everything_else() {
        let (a, b) = (entry(1, 5), entry(2, 6));
        assert_eq!(Receipt::said(&[a, b]), Receipt::said(&[b, a]));
        assert_eq!(Receipt::said(&[a, b]).len(), 2 * 44);
        let other = ReceiptEntry { author: DeviceNumber::new(9), ..b };
        let later = ReceiptEntry { received_at: b.received_at.plus_millis(1), ..b };
        for changed in [vec![a], vec![a, other], vec![a, later]] {
            assert_ne!(Receipt::said(&changed), Receipt::said(&[a, b]));
        }
    }
}

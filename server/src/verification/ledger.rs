//! Rows of a ledger file, how their references are compared, and how they are kept.

use canvass_core::domain::{Date, Invalid, Money, date_from_text};

/// A booking in the bank's own ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerRow {
    /// Its line in the file.
    pub line: u32,
    /// By which a claim names it, as it stands in the file.
    pub reference: String,
    /// How much; none where none is said, as for cards.
    pub amount: Option<Money>,
    /// The day.
    pub date: Date,
}

/// A reference as it is compared: neither width nor case of a letter, nor blanks around it, make another one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reference(String);

impl Reference {
    /// That of a text; none if nothing stands there.
    pub fn of(text: &str) -> Option<Self> {
        let text = half_width(text).trim().to_uppercase();
        (!text.is_empty()).then_some(Self(text))
    }
}

/// A text with the wide forms of digits, letters and signs, as Chinese keyboards type them, in their usual form.
pub fn half_width(text: &str) -> String {
    let half = |c: char| match c {
        '\u{3000}' => ' ',
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        c => c,
    };
    text.chars().map(half).collect()
}

/// Rows that were kept and cannot be read back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the kept rows of a ledger file cannot be read")]
pub struct DamagedRows;

impl From<csv::Error> for DamagedRows {
    fn from(_: csv::Error) -> Self {
        Self
    }
}

impl From<Invalid> for DamagedRows {
    fn from(_: Invalid) -> Self {
        Self
    }
}

/// Rows as they are kept: line, reference, fen, day.
///
/// # Errors
/// When there is no memory left to write them to.
pub fn to_bytes(rows: &[LedgerRow]) -> Result<Vec<u8>, DamagedRows> {
    let mut writer = csv::WriterBuilder::new().has_headers(false).from_writer(Vec::new());
    for row in rows {
        let fen = row.amount.map(|amount| amount.fen().to_string()).unwrap_or_default();
        writer.write_record([&row.line.to_string(), &row.reference, &fen, &row.date.to_string()])?;
    }
    writer.into_inner().map_err(|_| DamagedRows)
}

/// Kept rows, read back.
///
/// # Errors
/// When they are not what [`to_bytes`] writes.
pub fn from_bytes(bytes: &[u8]) -> Result<Vec<LedgerRow>, DamagedRows> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(bytes);
    let row = |record: csv::StringRecord| -> Result<LedgerRow, DamagedRows> {
        let cell = |n: usize| record.get(n).ok_or(DamagedRows);
        let amount = match cell(2)? {
            "" => None,
            fen => Some(Money::from_fen(fen.parse().map_err(|_| DamagedRows)?)?),
        };
        let line = cell(0)?.parse().map_err(|_| DamagedRows)?;
        Ok(LedgerRow { line, reference: cell(1)?.to_owned(), amount, date: date_from_text(cell(3)?)? })
    };
    reader.records().map(|record| row(record?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_the_same_however_wide_and_large_its_letters_are_typed() {
        let same = ["KH2026-0301", "kh2026-0301", " ＫＨ２０２６－０３０１　"];
        assert!(same.iter().all(|text| Reference::of(text) == Reference::of("KH2026-0301")));
        assert_ne!(Reference::of("KH2026-0301"), Reference::of("KH2026-03O1"));
        assert_eq!((Reference::of(""), Reference::of("　 ")), (None, None));
    }

    #[test]
    fn rows_are_read_back_as_they_were_kept() {
        let date = date_from_text("2026-03-02").expect("a day");
        let row = |line, reference: &str, fen: Option<i64>| LedgerRow {
            line,
            reference: reference.to_owned(),
            amount: fen.and_then(|fen| Money::from_fen(fen).ok()),
            date,
        };
        let rows = vec![row(2, "K-1", Some(2_000_050)), row(3, "有,逗号\"引号", None), row(7, "K-3", Some(0))];
        assert_eq!(from_bytes(&to_bytes(&rows).expect("written")), Ok(rows));
        assert_eq!(from_bytes(b"2,K-1,x,2026-03-02"), Err(DamagedRows));
        assert_eq!(from_bytes(b"2,K-1"), Err(DamagedRows));
    }
}

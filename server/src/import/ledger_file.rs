//! A ledger file: what the bank's own ledger says of a period, one line a booking, to be matched with what was claimed. It is
//! taken whole or not at all, and what is wrong with it is said cell by cell.

use super::cells::Cells;
use super::error::{ImportError, shortened};
use super::mapping::{Column, Encoding, Mapping};
use super::table::Table;
use crate::verification::{LedgerRow, half_width};
use canvass_core::domain::{Date, Money, date_from_text};
use std::sync::Arc;

/// How many rows a file may have.
pub const MOST_ROWS: usize = 100_000;
/// How many bad cells are told at once: whoever mends a file wants more than the first.
const TOLD: usize = 20;
/// The longest reference in bytes, as outcomes have it.
const LONGEST: usize = 100;

/// A column of such a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LedgerColumn {
    /// By which a booking is found.
    Reference,
    /// In yuan; blank where cards were issued.
    Amount,
    /// The day of the booking.
    Date,
}

impl LedgerColumn {
    /// Its name among the columns that are looked for.
    pub fn name(self) -> &'static str {
        match self {
            Self::Reference => "reference",
            Self::Amount => "amount",
            Self::Date => "date",
        }
    }
}

const COLUMNS: [Column; 3] = [
    Column::required(
        "reference",
        &["凭证号", "流水号", "凭证编号", "交易流水号", "业务编号", "ledger reference", "voucher", "ref"],
    ),
    Column::required(
        "amount",
        &["金额", "金额(元)", "金额（元）", "交易金额", "发生额", "amount (yuan)", "amount(yuan)", "yuan"],
    ),
    Column::required("date", &["日期", "办理日期", "交易日期", "记账日期", "开户日期", "booked on", "day"]),
];

/// What is wrong with a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing stands there.
    Empty,
    /// It is longer than any reference.
    Long,
    /// It is a formula, or holds signs that no reference has.
    Signs,
    /// It is no amount in yuan.
    NoAmount,
    /// It is no day.
    NoDay,
}

/// A cell that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadCell {
    /// Its line; the header is line 1.
    pub line: u32,
    /// Its column.
    pub column: LedgerColumn,
    /// What stands there, shortened.
    pub found: String,
    /// What is wrong with it.
    pub fault: Fault,
}

/// Why nothing of a ledger file was taken.
#[derive(Debug, thiserror::Error)]
pub enum LedgerFileError {
    /// It is no table with these columns.
    #[error(transparent)]
    Table(#[from] ImportError),
    /// There are more rows than are taken.
    #[error("the file has more than {MOST_ROWS} rows: part it by days")]
    TooManyRows,
    /// Cells that cannot be read.
    #[error("{} cells cannot be read", cells.len() + more)]
    Cells {
        /// The first of them.
        cells: Vec<BadCell>,
        /// How many more there are.
        more: usize,
    },
}

/// The rows of a ledger file from its bytes. Text is UTF-8, or else GB18030: what Excel on Chinese Windows saves as CSV.
///
/// # Errors
/// Whatever is wrong with it; nothing is half taken.
pub fn ledger_rows(name: &str, bytes: Arc<[u8]>) -> Result<Vec<LedgerRow>, LedgerFileError> {
    let encoding = if std::str::from_utf8(&bytes).is_ok() { Encoding::Utf8 } else { Encoding::Gb18030 };
    let mapping = Mapping { encoding, ..Mapping::default() };
    let table = Table::of_bytes(name, bytes, &mapping)?;
    let found = mapping.find(table.header(), &COLUMNS)?;
    let (mut rows, mut bad, mut more) = (Vec::new(), Vec::new(), 0);
    for row in table.rows()? {
        let row = row?;
        if rows.len() >= MOST_ROWS {
            return Err(LedgerFileError::TooManyRows);
        }
        match ledger_row(&Cells { row: &row, found: &found }) {
            Ok(row) => rows.push(row),
            Err(cells) => {
                let room = TOLD.saturating_sub(bad.len()).min(cells.len());
                more += cells.len() - room;
                bad.extend(cells.into_iter().take(room));
            }
        }
    }
    if !bad.is_empty() {
        return Err(LedgerFileError::Cells { cells: bad, more });
    }
    if rows.is_empty() {
        return Err(ImportError::Empty.into());
    }
    Ok(rows)
}

fn ledger_row(cells: &Cells<'_>) -> Result<LedgerRow, Vec<BadCell>> {
    let line = cells.row.line;
    let raw = |column: LedgerColumn| cells.raw(column.name()).unwrap_or_default();
    let bad = |column: LedgerColumn, fault| BadCell { line, column, found: shortened(raw(column)), fault };
    let reference = reference(raw(LedgerColumn::Reference)).map_err(|fault| bad(LedgerColumn::Reference, fault));
    let amount = match raw(LedgerColumn::Amount) {
        "" => Ok(None),
        text => yuan(text).map(Some).ok_or_else(|| bad(LedgerColumn::Amount, Fault::NoAmount)),
    };
    let date = match raw(LedgerColumn::Date) {
        "" => Err(bad(LedgerColumn::Date, Fault::Empty)),
        text => day(text).ok_or_else(|| bad(LedgerColumn::Date, Fault::NoDay)),
    };
    match (reference, amount, date) {
        (Ok(reference), Ok(amount), Ok(date)) => Ok(LedgerRow { line, reference, amount, date }),
        (reference, amount, date) => Err([reference.err(), amount.err(), date.err()].into_iter().flatten().collect()),
    }
}

fn reference(text: &str) -> Result<String, Fault> {
    match text {
        "" => Err(Fault::Empty),
        text if text.len() > LONGEST => Err(Fault::Long),
        // A spreadsheet that opens a report would run it.
        text if text.starts_with(['=', '+', '-', '@']) || text.chars().any(char::is_control) => Err(Fault::Signs),
        text => Ok(text.to_owned()),
    }
}

/// An amount as ledgers print it: `20000`, `20,000.50`, `￥20,000.50`, `2万` is none.
pub(crate) fn yuan(text: &str) -> Option<Money> {
    let text = half_width(text);
    let text = text.trim().trim_start_matches(['¥', '￥']).trim_end_matches('元').trim();
    let (whole, part) = text.split_once('.').map_or((text, None), |(whole, part)| (whole, Some(part)));
    // Thousands are parted by threes, or not at all: 20,00 may be a mistyped 2,000 as well as 20.00.
    let mut groups = whole.split(',');
    let first = groups.next().unwrap_or_default();
    let parted = whole.contains(',');
    if parted && (first.is_empty() || first.len() > 3) || groups.any(|group| group.len() != 3) {
        return None;
    }
    let whole = whole.replace(',', "");
    let plain = match part.map(|part| part.trim_end_matches('0')) {
        None | Some("") => whole,
        Some(part) => format!("{whole}.{part}"),
    };
    plain.parse().ok()
}

/// A day as ledgers print it: `2026-03-02`, `2026/3/2`, `20260302`, `2026年3月2日`, with a time of day or without.
pub(crate) fn day(text: &str) -> Option<Date> {
    let text = half_width(text);
    let day = text.trim().split([' ', 'T']).next().unwrap_or_default();
    let numbers: Vec<&str> = day.trim_end_matches('日').split(['-', '/', '.', '年', '月']).collect();
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !numbers.iter().all(|number| digits(number)) {
        return None;
    }
    let (year, month, day) = match numbers[..] {
        [year, month, day] if year.len() == 4 && month.len() <= 2 && day.len() <= 2 => (year, month, day),
        [all] if all.len() == 8 => (&all[..4], &all[4..6], &all[6..]),
        _ => return None,
    };
    date_from_text(&format!("{year}-{month:0>2}-{day:0>2}")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<LedgerRow>, LedgerFileError> {
        ledger_rows("ledger.csv", text.as_bytes().into())
    }

    #[test]
    fn amounts_and_days_are_read_as_ledgers_print_them_or_not_at_all() {
        for (text, fen) in [
            ("20000", 2_000_000),
            ("20,000.50", 2_000_050),
            ("￥1,020,000.00", 102_000_000),
            ("１２．５元", 1250),
            ("0", 0),
        ] {
            assert_eq!(yuan(text).map(Money::fen), Some(fen), "{text}");
        }
        for wrong in ["", "-5", "20,00", ",200", "2万", "1.234", "1e5", "12.5.1", "2000,000"] {
            assert_eq!(yuan(wrong), None, "{wrong}");
        }
        for text in ["2026-03-02", "2026/3/2", "20260302", "2026年3月2日", "2026.03.02", "2026-03-02 10:31:00"] {
            assert_eq!(day(text).map(|day| day.to_string()).as_deref(), Some("2026-03-02"), "{text}");
        }
        for wrong in ["", "3/2/2026", "2026-13-01", "2026-02-30", "yesterday", "2026-3", "202603021"] {
            assert_eq!(day(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn headers_are_known_in_both_languages_and_gb18030_is_found_out() {
        let chinese = "日期,凭证号,金额,摘要\n2026/3/2,K-1,\"20,000.00\",开户\n2026-03-03,K-2,,发卡\n";
        let english = "Reference;Amount;Date\nK-1;20000;20260302\nK-2;;2026-03-03\n";
        let (gb, _, _) = encoding_rs::GB18030.encode(chinese);
        let expected = read(chinese).expect("read");
        assert_eq!(read(english).expect("read"), expected);
        assert_eq!(ledger_rows("台账.csv", gb.into_owned().into()).expect("read"), expected);
        assert_eq!(
            (expected[0].line, expected[0].amount.map(Money::fen), expected[1].amount),
            (2, Some(2_000_000), None)
        );
    }

    #[test]
    fn a_workbook_says_what_its_csv_says() {
        let mut workbook = rust_xlsxwriter::Workbook::new();
        let sheet = workbook.add_worksheet();
        let of_days = rust_xlsxwriter::Format::new().set_num_format("yyyy-mm-dd");
        let day = rust_xlsxwriter::ExcelDateTime::from_ymd(2026, 3, 2).expect("a day");
        sheet.write_row(0, 0, ["流水号", "交易金额", "交易日期"]).expect("written");
        sheet.write(1, 0, "K-1").expect("written");
        sheet.write(1, 1, 20_000.5).expect("written");
        sheet.write_datetime_with_format(1, 2, &day, &of_days).expect("written");
        sheet.write(2, 0, 31_000_042).expect("written");
        sheet.write(2, 2, "2026年3月3日").expect("written");
        let bytes = workbook.save_to_buffer().expect("saved");
        let rows = ledger_rows("ledger.xlsx", bytes.into()).expect("read");
        assert_eq!(rows, read("ref,yuan,day\nK-1,20000.5,2026-03-02\n31000042,,2026-03-03\n").expect("read"));
    }

    #[test]
    fn what_is_wrong_is_said_cell_by_cell_and_nothing_is_half_taken() {
        let text = "reference,amount,date\nK-1,20000,2026-03-02\n,x,\n=1+1,5,2026-03-02\n";
        let Err(LedgerFileError::Cells { cells, more: 0 }) = read(text) else { panic!("nothing is taken") };
        let said: Vec<_> = cells.iter().map(|bad| (bad.line, bad.column, bad.fault)).collect();
        let expected = [
            (3, LedgerColumn::Reference, Fault::Empty),
            (3, LedgerColumn::Amount, Fault::NoAmount),
            (3, LedgerColumn::Date, Fault::Empty),
            (4, LedgerColumn::Reference, Fault::Signs),
        ];
        assert_eq!(said, expected);
        let many: String = (0..30).map(|n| format!("K-{n},x,2026-03-02\n")).collect();
        let many = read(&format!("reference,amount,date\n{many}"));
        assert!(matches!(many, Err(LedgerFileError::Cells { cells, more: 10 }) if cells.len() == 20));
        assert!(matches!(
            read("reference,amount\nK-1,5\n"),
            Err(LedgerFileError::Table(ImportError::MissingColumn { .. }))
        ));
        assert!(matches!(read("reference,amount,date\n"), Err(LedgerFileError::Table(ImportError::Empty))));
        assert!(read("PK\u{3}\u{4}no workbook").is_err());
    }
}

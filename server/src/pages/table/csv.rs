//! A table as CSV: with the mark that makes Excel read UTF-8, amounts in yuan, and no cell that a program would run.

use super::{Table, Value};
use crate::pages::words::Lang;
use crate::pages::wrong::Wrong;
use crate::problem::Problem;

const BYTE_ORDER_MARK: &str = "\u{feff}";

pub(super) fn written(table: &Table, lang: Lang) -> Result<Vec<u8>, Wrong> {
    let failed = |error: &dyn ToString| Wrong::Server(Problem::failed(error.to_string()));
    let mut writer =
        csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(BYTE_ORDER_MARK.as_bytes().to_vec());
    let titles = table.titles(lang);
    writer.write_record(titles.iter().map(|title| harmless(title))).map_err(|error| failed(&error))?;
    for line in &table.rows {
        let cells = table.values(line).map(|value| plain(value, lang));
        writer.write_record(cells).map_err(|error| failed(&error))?;
    }
    writer.into_inner().map_err(|error| failed(&error))
}

/// A value without thousands' separators, so that programs read it.
fn plain(value: &Value, lang: Lang) -> String {
    match value {
        Value::Nothing | Value::Drawn(_) => String::new(),
        Value::Number(number) => number.to_string(),
        // As the workbook has it: the share itself, of which a program makes a percentage.
        Value::Percent(share) => format!("{}.{:04}", share / 10_000, share % 10_000),
        Value::Money(fen) | Value::Exact(fen) => {
            let sign = if *fen < 0 { "-" } else { "" };
            format!("{sign}{}.{:02}", fen.unsigned_abs() / 100, fen.unsigned_abs() % 100)
        }
        Value::Movement(places) => places.map(|places| places.to_string()).unwrap_or_default(),
        _ => harmless(&value.words(lang)),
    }
}

/// What people wrote, with an apostrophe before whatever a spreadsheet would take for a formula.
fn harmless(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

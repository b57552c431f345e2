//! A table as a workbook: numbers, amounts, days and times as what they are, the head frozen, words never as formulas.

use super::{Table, Value};
use crate::pages::words::Lang;
use crate::pages::wrong::Wrong;
use crate::problem::Problem;
use canvass_core::domain::Date;
use rust_xlsxwriter::{ExcelDateTime, Format, FormatAlign, Workbook, Worksheet, XlsxError};

/// How many rows a worksheet holds below its head.
const MOST_ROWS: usize = 1_048_575;
/// How many characters a cell holds.
const MOST_CHARACTERS: usize = 32_767;

pub(super) fn written(table: &Table, lang: Lang) -> Result<Vec<u8>, Wrong> {
    if table.rows.len() > MOST_ROWS {
        return Err(Wrong::TooLong);
    }
    workbook(table, lang).map_err(|error| Wrong::Server(Problem::failed(error)))
}

fn workbook(table: &Table, lang: Lang) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    sheet.set_name(lang.of(table.title))?;
    let head = Format::new().set_bold().set_align(FormatAlign::Top).set_text_wrap();
    let titles = table.titles(lang);
    for (column, title) in (0..).zip(&titles) {
        sheet.write_string_with_format(0, column, cut(title), &head)?;
    }
    let formats = Formats::new();
    for (row, line) in (1..).zip(&table.rows) {
        for (column, value) in (0..).zip(table.values(line)) {
            write(sheet, row, column, value, &formats, lang)?;
        }
    }
    sheet.set_freeze_panes(1, 0)?;
    let last_column = u16::try_from(titles.len().saturating_sub(1)).unwrap_or(u16::MAX);
    sheet.autofilter(0, 0, u32::try_from(table.rows.len()).unwrap_or(u32::MAX), last_column)?;
    sheet.autofit();
    workbook.save_to_buffer()
}

struct Formats {
    number: Format,
    money: Format,
    percent: Format,
    day: Format,
    moment: Format,
}

impl Formats {
    fn new() -> Self {
        let of = |code| Format::new().set_num_format(code);
        Self {
            number: of("#,##0"),
            money: of("#,##0.00"),
            percent: of("0.0%"),
            day: of("yyyy-mm-dd"),
            moment: of("yyyy-mm-dd hh:mm"),
        }
    }
}

fn write(
    sheet: &mut Worksheet,
    row: u32,
    column: u16,
    value: &Value,
    formats: &Formats,
    lang: Lang,
) -> Result<(), XlsxError> {
    match value {
        Value::Nothing | Value::Drawn(_) | Value::Movement(None) => {}
        Value::Number(number) => {
            sheet.write_number_with_format(row, column, as_excel(*number), &formats.number)?;
        }
        Value::Movement(Some(places)) => {
            sheet.write_number(row, column, f64::from(*places))?;
        }
        Value::Money(fen) | Value::Exact(fen) => {
            sheet.write_number_with_format(row, column, as_excel(*fen) / 100.0, &formats.money)?;
        }
        Value::Percent(share) => {
            sheet.write_number_with_format(row, column, as_excel(*share) / 10_000.0, &formats.percent)?;
        }
        Value::Day(day) => {
            sheet.write_datetime_with_format(row, column, excel_day(*day)?, &formats.day)?;
        }
        Value::Moment(day, minutes) => {
            let minutes = u16::try_from(*minutes).unwrap_or(0);
            let (hour, minute) = (minutes / 60, u8::try_from(minutes % 60).unwrap_or(0));
            let moment = excel_day(*day)?.and_hms(hour, minute, 0.0)?;
            sheet.write_datetime_with_format(row, column, moment, &formats.moment)?;
        }
        Value::Text(_) | Value::Id(_) | Value::Week(_) | Value::Status(_) => {
            sheet.write_string(row, column, cut(&value.words(lang)))?;
        }
    }
    Ok(())
}

fn excel_day(day: Date) -> Result<ExcelDateTime, XlsxError> {
    let number = |part: i8| u8::try_from(part).unwrap_or(1);
    ExcelDateTime::from_ymd(u16::try_from(day.year()).unwrap_or(1900), number(day.month()), number(day.day()))
}

/// A workbook has no whole numbers; up to 2⁵³ none of them changes.
#[expect(clippy::cast_precision_loss, reason = "a workbook has no other numbers")]
fn as_excel(number: i64) -> f64 {
    number as f64
}

fn cut(text: &str) -> &str {
    text.char_indices().nth(MOST_CHARACTERS).map_or(text, |(end, _)| text.get(..end).unwrap_or(text))
}

//! What a cell says, exactly: text, amounts, numbers, days. No floating point comes near an amount.

use super::error::{ImportError, shortened};
use super::mapping::Found;
use super::table::Row;
use canvass_core::domain::{Date, Money, date_from_text};

/// The cells of one row by what they hold.
#[derive(Clone, Copy)]
pub(super) struct Cells<'a> {
    pub(super) row: &'a Row,
    pub(super) found: &'a Found,
}

impl<'a> Cells<'a> {
    /// The text of a cell; none if it is blank or there is no such column.
    pub(super) fn text(&self, what: &str) -> Result<Option<&'a str>, ImportError> {
        let Some(text) = self.raw(what) else { return Ok(None) };
        // A spreadsheet that opens what we show or export would run it.
        if text.starts_with(['=', '+', '-', '@']) {
            let place = format!("line {}", self.row.line);
            return Err(ImportError::Formula { place, found: shortened(text) });
        }
        if text.chars().any(char::is_control) {
            let remedy = "it holds line breaks, tabs or other signs that no name has; remove them";
            return Err(ImportError::cell(self.row.line, what, &text.escape_debug().to_string(), remedy));
        }
        Ok(Some(text))
    }

    /// The text of a cell that must not be blank.
    pub(super) fn required(&self, what: &str) -> Result<&'a str, ImportError> {
        self.text(what)?
            .ok_or_else(|| ImportError::cell(self.row.line, what, "", "it is empty; fill it or delete the row"))
    }

    /// What stands in a cell that is no text; none if it is blank.
    pub(super) fn raw(&self, what: &str) -> Option<&'a str> {
        self.found.place(what).map(|place| self.row.cell(place)).filter(|text| !text.is_empty())
    }

    /// An amount in yuan; 0 means that it is not known.
    pub(super) fn yuan(&self, what: &str) -> Result<Option<Money>, ImportError> {
        let Some(text) = self.raw(what) else { return Ok(None) };
        let money = scaled(text, 2).and_then(|fen| Money::from_fen(fen).ok());
        let money = money.ok_or_else(|| self.wrong(what, text, "write yuan in digits, and 0 if it is unknown"))?;
        Ok(Some(money).filter(|money| *money != Money::ZERO))
    }

    /// A whole number; 0 means that it is not known.
    pub(super) fn count(&self, what: &str, most: i64) -> Result<Option<i64>, ImportError> {
        let Some(text) = self.raw(what) else { return Ok(None) };
        let count = text.parse::<i64>().ok().filter(|count| (0..=most).contains(count));
        let remedy = || self.wrong(what, text, &format!("write a whole number from 0 to {most}"));
        Ok(Some(count.ok_or_else(remedy)?).filter(|count| *count != 0))
    }

    /// Degrees in 10⁻⁷ degree.
    pub(super) fn degrees(&self, what: &str, most: i64) -> Result<Option<i64>, ImportError> {
        let Some(text) = self.raw(what) else { return Ok(None) };
        let degrees = match text.strip_prefix('-') {
            Some(south) => scaled(south, 7).map(|degrees| -degrees),
            None => scaled(text, 7),
        };
        let degrees = degrees.filter(|degrees| degrees.abs() <= most);
        Ok(Some(degrees.ok_or_else(|| self.wrong(what, text, "write degrees such as 31.2304 (WGS-84)"))?))
    }

    /// A day.
    pub(super) fn date(&self, what: &str) -> Result<Option<Date>, ImportError> {
        let Some(text) = self.raw(what) else { return Ok(None) };
        let date = date_from_text(text).map_err(|_| self.wrong(what, text, "write a day as 2026-03-02"))?;
        Ok(Some(date))
    }

    /// One of some words.
    pub(super) fn wrong(&self, what: &str, found: &str, remedy: &str) -> ImportError {
        ImportError::cell(self.row.line, what, found, remedy)
    }
}

/// A number without sign, times ten to the `places`; none if it has more places than that.
fn scaled(text: &str, places: usize) -> Option<i64> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let part = part.trim_end_matches('0');
    if whole.is_empty() || !digits(whole) || !digits(part) || part.len() > places {
        return None;
    }
    format!("{whole}{part:0<places$}").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_read_exactly_or_not_at_all() {
        let cases = [("123050", Some(12_305_000)), ("12.5", Some(1250)), ("12.50", Some(1250)), ("0", Some(0))];
        for (text, fen) in cases {
            assert_eq!(scaled(text, 2), fen, "{text}");
        }
        for wrong in ["", ".", "12.345", "-5", "1e5", "１２", "1,000", "99999999999999999999", "+5", "1.2.3"] {
            assert_eq!(scaled(wrong, 2), None, "{wrong}");
        }
        assert_eq!(scaled("121.4737", 7), Some(1_214_737_000));
    }
}

//! Figures as people read them. Whole numbers only; nothing is rounded up.

use super::words::Lang;
use canvass_core::domain::campaign::Metric;

/// A whole number with its thousands parted.
pub(super) fn number(value: i64) -> String {
    let digits = value.unsigned_abs().to_string();
    let mut parted = String::new();
    for (n, digit) in digits.chars().enumerate() {
        if n > 0 && (digits.len() - n).is_multiple_of(3) {
            parted.push(',');
        }
        parted.push(digit);
    }
    if value < 0 { format!("−{parted}") } else { parted }
}

/// An amount in fen: 万元 in Chinese, millions of yuan in English, cut after two decimals.
pub(super) fn money(fen: i64, lang: Lang) -> String {
    let (per, unit) = match lang {
        Lang::Zh => (1_000_000, "万元"),
        Lang::En => (100_000_000, "m yuan"),
    };
    let cut = fen / (per / 100);
    format!("{}.{:02} {unit}", number(cut / 100), (cut % 100).abs())
}

/// A metric's value.
pub(super) fn value(metric: Metric, value: i64, lang: Lang) -> String {
    if metric.is_money() { money(value, lang) } else { number(value) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_parted_and_cut_never_rounded_up() {
        assert_eq!(number(1_234_567), "1,234,567");
        assert_eq!((number(-1_000), number(999)), ("−1,000".into(), "999".into()));
        assert_eq!(money(2_345_678_999, Lang::Zh), "2,345.67 万元");
        assert_eq!(money(2_345_678_999, Lang::En), "23.45 m yuan");
        assert_eq!(value(Metric::Visits, 12, Lang::Zh), "12");
    }
}

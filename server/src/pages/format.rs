//! Figures as people read them. Whole numbers only; nothing is rounded up.

use super::words::Lang;
use canvass_core::domain::campaign::Metric;
use canvass_core::domain::{Date, PhoneTime, Role, Roles, Zone};

/// A share given in hundredths of a percent, as people read it.
pub(super) fn percent(share: i64) -> String {
    format!("{}.{}%", number(share / 100), share % 100 / 10)
}

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

/// An amount in fen: 万元 in Chinese, millions of yuan in English, cut after two decimals; below a million, English says
/// whole yuan.
pub(super) fn money(fen: i64, lang: Lang) -> String {
    const MILLION: i64 = 100_000_000;
    let (per, unit) = match lang {
        _ if fen == 0 => return number(0),
        Lang::En if fen.unsigned_abs() < MILLION.unsigned_abs() => return format!("{} yuan", number(fen / 100)),
        Lang::Zh => (1_000_000, "万元"),
        Lang::En => (MILLION, "m yuan"),
    };
    let cut = fen / (per / 100);
    format!("{}.{:02} {unit}", number(cut / 100), (cut % 100).abs())
}

/// A metric's value where it stands alone and large: from a hundred million yuan on, 亿元 in Chinese.
pub(super) fn large(metric: Metric, value: i64, lang: Lang) -> String {
    const YI: i64 = 10_000_000_000;
    if metric.is_money() && lang == Lang::Zh && value.unsigned_abs() >= YI.unsigned_abs() {
        let cut = value / (YI / 100);
        return format!("{}.{:02} 亿元", number(cut / 100), (cut % 100).abs());
    }
    self::value(metric, value, lang)
}

/// A moment: the day, and the minutes since it began.
pub(super) fn moment(day: Date, minutes: i16) -> String {
    format!("{day} {:02}:{:02}", minutes / 60, minutes % 60)
}

/// An amount in fen, to the fen: 元 in Chinese, yuan in English.
pub(super) fn yuan(fen: i64, lang: Lang) -> String {
    let unit = match lang {
        Lang::Zh => "元",
        Lang::En => "yuan",
    };
    let cents = match fen % 100 {
        0 => String::new(),
        rest => format!(".{:02}", rest.abs()),
    };
    format!("{}{cents} {unit}", number(fen / 100))
}

/// The day in a zone, and the minutes since it began.
pub(super) fn day_and_minutes(time: PhoneTime, zone: &Zone) -> (Date, i16) {
    let day = time.date(zone);
    let minutes = (time.millis() - zone.start_of(day)) / 60_000;
    (day, i16::try_from(minutes.clamp(0, 1439)).unwrap_or(0))
}

/// What a person is.
pub(super) fn roles(roles: Roles, lang: Lang) -> String {
    roles.iter().map(|role: Role| lang.of(role.label())).collect::<Vec<_>>().join(" · ")
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
        assert_eq!((money(3_000_099, Lang::En), money(0, Lang::Zh)), ("30,000 yuan".into(), "0".into()));
        assert_eq!(large(Metric::Fund, 1_116_036_400_000, Lang::Zh), "111.60 亿元");
        assert_eq!(large(Metric::Fund, 999_999_999_999, Lang::En), "9,999.99 m yuan");
        assert_eq!(yuan(2_000_050, Lang::Zh), "20,000.50 元");
        assert_eq!(yuan(-100, Lang::En), "−1 yuan");
        assert_eq!(value(Metric::Visits, 12, Lang::Zh), "12");
    }
}

//! Service standards as data: what a customer may expect, and where it is written. Flags measure by them, and whoever
//! explains a flag names them; a number stands here alone.

use super::{Label, Words};

/// What a standard counts in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// Minutes.
    Minutes,
    /// Hours.
    Hours,
    /// Yuan.
    Yuan,
}

impl Measure {
    /// Its name behind a number.
    pub const fn label(self) -> Label {
        match self {
            Self::Minutes => Label { zh: "分钟", en: "minutes" },
            Self::Hours => Label { zh: "小时", en: "hours" },
            Self::Yuan => Label { zh: "元", en: "yuan" },
        }
    }
}

/// A standard: a number that is kept when it lies between two others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standard {
    /// Its name for programs.
    pub name: &'static str,
    /// What it is about.
    pub label: Label,
    /// The least that keeps it.
    pub least: i64,
    /// The most that keeps it; nothing where more is better.
    pub most: Option<i64>,
    /// What both count in.
    pub measure: Measure,
    /// Where it is written.
    pub source: &'static str,
}

impl Standard {
    const fn at_most(name: &'static str, label: Label, most: i64, measure: Measure, source: &'static str) -> Self {
        Self { name, label, least: 0, most: Some(most), measure, source }
    }

    /// Whether a number keeps it.
    pub fn is_kept_by(&self, number: i64) -> bool {
        number >= self.least && self.most.is_none_or(|most| number <= most)
    }

    /// Its bounds in words: `8–15 minutes`.
    pub fn limit(&self) -> Words {
        let number = match (self.least, self.most) {
            (least, None) => least.to_string(),
            (0, Some(most)) => most.to_string(),
            (least, Some(most)) => format!("{least}–{most}"),
        };
        let measure = self.measure.label();
        Words { zh: format!("{number} {}", measure.zh), en: format!("{number} {}", measure.en) }
    }

    /// A number of its measure in what records hold: milliseconds, or fen.
    const fn stored(&self, number: i64) -> i64 {
        match self.measure {
            Measure::Minutes => number * 60_000,
            Measure::Hours => number * 3_600_000,
            Measure::Yuan => number * 100,
        }
    }

    /// Its upper bound in what records hold: milliseconds, or fen.
    pub const fn most_stored(&self) -> i64 {
        match self.most {
            Some(most) => self.stored(most),
            None => i64::MAX,
        }
    }

    /// Its lower bound in what records hold: milliseconds, or fen.
    pub const fn least_stored(&self) -> i64 {
        self.stored(self.least)
    }
}

/// An instant message is answered.
pub const MESSAGE: Standard = Standard::at_most(
    "message",
    Label { zh: "回复即时消息", en: "a message answered" },
    5,
    Measure::Minutes,
    ETIQUETTE,
);

/// Mail is answered.
pub const MAIL: Standard =
    Standard::at_most("mail", Label { zh: "回复邮件", en: "mail answered" }, 2, Measure::Hours, ETIQUETTE);

/// How long a telephone call takes.
pub const CALL: Standard = Standard {
    name: "call",
    label: Label { zh: "通话时长", en: "length of a call" },
    least: 8,
    most: Some(15),
    measure: Measure::Minutes,
    source: ETIQUETTE,
};

/// What a gift may be worth.
pub const GIFT: Standard =
    Standard::at_most("gift", Label { zh: "礼品金额", en: "value of a gift" }, 200, Measure::Yuan, ETIQUETTE);

/// A complaint is answered.
pub const COMPLAINT: Standard =
    Standard::at_most("complaint", Label { zh: "答复投诉", en: "a complaint answered" }, 24, Measure::Hours, CASE);

/// How early one arrives.
pub const ARRIVAL: Standard = Standard {
    name: "arrival",
    label: Label { zh: "提前到达", en: "early arrival" },
    least: 3,
    most: None,
    measure: Measure::Minutes,
    source: CASE,
};

/// Every standard.
pub static STANDARDS: &[&Standard] = &[&MESSAGE, &MAIL, &CALL, &GIFT, &COMPLAINT, &ARRIVAL];

const ETIQUETTE: &str = "[etiquette]";
const CASE: &str = "[case]";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn standards_are_those_that_are_written_and_their_bounds_keep_them() {
        let written: Vec<_> =
            STANDARDS.iter().map(|it| format!("{} {} {}", it.name, it.limit().en, it.source)).collect();
        assert_eq!(
            written,
            [
                "message 5 minutes [etiquette]",
                "mail 2 hours [etiquette]",
                "call 8–15 minutes [etiquette]",
                "gift 200 yuan [etiquette]",
                "complaint 24 hours [case]",
                "arrival 3 minutes [case]",
            ]
        );
        assert_eq!((CALL.limit().zh.as_str(), ARRIVAL.limit().zh.as_str()), ("8–15 分钟", "3 分钟"));
        let kept = |minutes| CALL.is_kept_by(minutes);
        assert_eq!([7, 8, 15, 16].map(kept), [false, true, true, false]);
        assert_eq!([2, 3, 60].map(|minutes| ARRIVAL.is_kept_by(minutes)), [false, true, true]);
        assert_eq!((GIFT.most_stored(), MAIL.most_stored(), ARRIVAL.least_stored()), (20_000, 7_200_000, 180_000));
    }
}

//! What a plot says in a sentence, for those who cannot see it.

use super::super::words::Lang;
use canvass_core::domain::Label;
use std::fmt::Write;

const NOTHING: Label = Label { zh: "暂无数据", en: "No figures yet" };
const FIRST: Label = Label { zh: "最早", en: "first" };
const LAST: Label = Label { zh: "最近", en: "last" };
const HIGHEST: Label = Label { zh: "最高", en: "highest" };
const LOWEST: Label = Label { zh: "最低", en: "lowest" };
const BEST: Label = Label { zh: "最好", en: "best" };
const MEDIAN: Label = Label { zh: "中位数", en: "median" };
const CONFIRMED: Label = Label { zh: "已确认", en: "confirmed" };
const PENDING: Label = Label { zh: "待核实", en: "pending" };

/// Words in one language, put together into sentences.
#[derive(Debug, Clone, Copy)]
pub(super) struct Gist(pub(super) Lang);

impl Gist {
    pub(super) fn nothing(self) -> &'static str {
        self.0.of(NOTHING)
    }

    pub(super) fn median(self) -> &'static str {
        self.0.of(MEDIAN)
    }

    pub(super) fn confirmed(self) -> &'static str {
        self.0.of(CONFIRMED)
    }

    pub(super) fn pending(self) -> &'static str {
        self.0.of(PENDING)
    }

    /// First, last and highest value of a run; `best` is the lowest, where a low value is good.
    pub(super) fn run(
        self,
        name: &str,
        points: &[(&str, i128)],
        low_is_best: bool,
        show: &dyn Fn(i128) -> String,
    ) -> String {
        let (Some(first), Some(last)) = (points.first(), points.last()) else {
            return self.sentence(name, &[self.nothing().to_owned()]);
        };
        let (top, word) = if low_is_best {
            (points.iter().rev().min_by_key(|point| point.1), BEST)
        } else {
            (points.iter().max_by_key(|point| point.1), HIGHEST)
        };
        let said = |word, (week, value): &(&str, i128)| self.at(&format!("{} {}", self.0.of(word), show(*value)), week);
        let mut parts = vec![said(FIRST, first), said(LAST, last)];
        parts.extend(top.map(|top| said(word, top)));
        if points.len() == 1 {
            parts.truncate(1);
        }
        self.sentence(name, &parts)
    }

    /// The last value of a run that is only compared with.
    pub(super) fn last(self, name: &str, points: &[(&str, i128)], show: &dyn Fn(i128) -> String) -> String {
        let last = points.last().map(|(week, value)| self.at(&format!("{} {}", self.0.of(LAST), show(*value)), week));
        self.sentence(name, &[last.unwrap_or_else(|| self.nothing().to_owned())])
    }

    /// A unit's value with its place.
    pub(super) fn place(self, name: &str, value: &str, place: usize, of: usize) -> String {
        let place = match self.0 {
            Lang::Zh => format!("第 {place} 名（共 {of} 个）"),
            Lang::En => format!("place {place} of {of}"),
        };
        self.sentence(name, &[value.to_owned(), place])
    }

    /// Median, highest and lowest of many.
    pub(super) fn spread(self, median: &str, highest: (&str, &str), lowest: (&str, &str)) -> String {
        let said = |word, (name, value): (&str, &str)| self.at(&format!("{} {value}", self.0.of(word)), name);
        let parts = [format!("{} {median}", self.median()), said(HIGHEST, highest), said(LOWEST, lowest)];
        self.sentence("", &parts)
    }

    /// What is confirmed, and what is pending beside it.
    pub(super) fn both(self, confirmed: &str, pending: &str) -> String {
        let comma = self.comma();
        format!("{} {confirmed}{comma}{} {pending}", self.confirmed(), self.pending())
    }

    /// Something with what it belongs to behind it.
    pub(super) fn at(self, words: &str, of: &str) -> String {
        match self.0 {
            Lang::Zh => format!("{words}（{of}）"),
            Lang::En => format!("{words} ({of})"),
        }
    }

    fn comma(self) -> &'static str {
        match self.0 {
            Lang::Zh => "，",
            Lang::En => ", ",
        }
    }

    /// Whose, and what about it. Without its full stop: several are joined.
    fn sentence(self, name: &str, parts: &[String]) -> String {
        let colon = match self.0 {
            Lang::Zh => "：",
            Lang::En => ": ",
        };
        let parts = parts.join(self.comma());
        if name.is_empty() { parts } else { format!("{name}{colon}{parts}") }
    }

    /// Several statements as one sentence.
    pub(super) fn join(self, statements: &[String]) -> String {
        let (between, end) = match self.0 {
            Lang::Zh => ("；", "。"),
            Lang::En => ("; ", "."),
        };
        let mut sentence = statements.join(between);
        let _ = write!(sentence, "{end}");
        sentence
    }
}

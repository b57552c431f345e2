//! Likely twins: whether two names mean the same place. Numbers and sides (2期, 东区, 99号) tell places apart, however they are
//! written; words that only say that people live there do not.

use super::gazetteer::first;
use super::{Gazetteer, Spot, fold, metres};
use crate::domain::RecordId;
use std::collections::BTreeSet;

/// From which likeness on two are shown as possible twins, of 100.
pub const THRESHOLD: u8 = 85;

/// A prospect as somebody is about to record it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wanted<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its district, if that is known.
    pub district: Option<&'a str>,
    /// Its place, likewise.
    pub spot: Option<Spot>,
}

/// A likely twin.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Twin {
    /// Which one.
    pub prospect: RecordId,
    /// How alike they are, of 100.
    pub score: u8,
    /// How alike the names are by themselves.
    pub names: u8,
    /// Whether both districts are known and the same, or known and not.
    pub same_district: Option<bool>,
    /// How far apart they are, where both places are known.
    pub distance_m: Option<f64>,
}

/// A name taken apart.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Parts {
    /// What is left of the name without the rest.
    pub(super) core: Vec<char>,
    /// Numbers, each with what it counts, and sides: in order, a blank after each.
    pub(super) marks: String,
}

/// Words that only say that people live there, the longer first. 公寓, 花园 and 新村 say more: beside one another they are three.
const GENERIC: [&[char]; 3] = [&['住', '宅', '小', '区'], &['小', '区'], &['社', '区']];
/// How its buildings are, in brackets: of one community often listed apart.
const BUILDINGS: [&str; 5] = ["公寓", "别墅", "住宅", "洋房", "高层"];
/// Sides of a place; each tells it apart from the other sides before these words.
const SIDES: [char; 8] = ['东', '南', '西', '北', '中', '甲', '乙', '丙'];
const COUNTED: [char; 12] = ['期', '区', '号', '弄', '村', '坊', '栋', '幢', '组', '街', '座', '支'];

impl Parts {
    pub(super) fn of(name: &str) -> Self {
        let mut name = name.trim_end();
        while let Some(shorter) = without_buildings(name) {
            name = shorter;
        }
        let mut chars = digits(&fold(name).chars);
        // 第二期 is 二期.
        chars.retain(|c| *c != '第');
        let (mut core, mut marks) = (Vec::new(), BTreeSet::<String>::new());
        let mut place = 0;
        while let Some(c) = chars.get(place).copied() {
            if c.is_ascii_digit() {
                let end = chars[place..].iter().position(|c| !c.is_ascii_digit()).map_or(chars.len(), |n| place + n);
                let number: String = chars[place..end].iter().collect();
                let counted = chars.get(end).filter(|c| COUNTED.contains(c));
                // An estate's second stage is called 二期 and 二区 alike.
                let unit = counted.map(|c| if *c == '期' { '区' } else { *c });
                marks.insert(number.trim_start_matches('0').chars().chain(unit).collect());
                place = end + usize::from(counted.is_some());
            } else if (SIDES.contains(&c) || c.is_ascii_lowercase())
                && chars.get(place + 1).is_some_and(|next| matches!(next, '区' | '苑' | '块' | '座'))
                && place > 0
            {
                marks.insert(c.to_string());
                place += 2;
            } else {
                core.push(c);
                place += 1;
            }
        }
        while let Some(word) = GENERIC.iter().find(|word| core.len() > word.len() + 1 && core.ends_with(word)) {
            core.truncate(core.len() - word.len());
        }
        Self { core, marks: marks.iter().flat_map(|mark| [mark.as_str(), " "]).collect() }
    }

    /// Whether all that tells this one apart is said by the other, too.
    fn says_no_more_than(&self, other: &Self) -> bool {
        self.marks.split_terminator(' ').all(|mark| other.marks.split_terminator(' ').any(|here| here == mark))
    }
}

/// A name without the brackets at its end that say how its buildings are.
fn without_buildings(name: &str) -> Option<&str> {
    let inner = name.strip_suffix([')', '）'])?;
    BUILDINGS.iter().find_map(|word| inner.strip_suffix(word)?.strip_suffix(['(', '（']).map(str::trim_end))
}

/// Writes Chinese numerals before or after nothing but themselves as digits: 二十三 as 23, 一〇五 as 105.
fn digits(chars: &[char]) -> Vec<char> {
    let value = |c: char| "〇一二三四五六七八九".chars().position(|digit| digit == c).or((c == '零').then_some(0));
    let numeral = |c: &char| value(*c).is_some() || matches!(c, '十' | '百');
    let (mut out, mut place) = (Vec::new(), 0);
    while let Some(c) = chars.get(place) {
        let end = chars[place..].iter().position(|c| !numeral(c)).map_or(chars.len(), |n| place + n);
        let counts = chars.get(end).is_some_and(|c| COUNTED.contains(c)) || (end == chars.len() && place > 0);
        if end == place || !counts {
            // A numeral that counts nothing is part of a name: 四季, 三林.
            let next = end.max(place + 1);
            out.extend(if end == place { vec![*c] } else { chars[place..end].to_vec() });
            place = next;
            continue;
        }
        let run = &chars[place..end];
        if run.iter().any(|c| matches!(c, '十' | '百')) {
            let (mut sum, mut digit) = (0, None);
            for c in run {
                match c {
                    '百' => sum += digit.take().unwrap_or(1) * 100,
                    '十' => sum += digit.take().unwrap_or(1) * 10,
                    c => digit = value(*c),
                }
            }
            out.extend((sum + digit.unwrap_or(0)).to_string().chars());
        } else {
            out.extend(run.iter().filter_map(|c| char::from_digit(u32::try_from(value(*c)?).ok()?, 10)));
        }
        place = end;
    }
    out
}

/// How alike two names are, of 100.
fn names(a: &Parts, b: &Parts) -> u8 {
    if a.marks != b.marks {
        // One of them may have left out what tells it apart; two that say different things are two.
        let one_says_more = a.says_no_more_than(b) || b.says_no_more_than(a);
        return if one_says_more { same_letters(a, b) / 2 } else { 0 };
    }
    same_letters(a, b)
}

fn same_letters(a: &Parts, b: &Parts) -> u8 {
    let (a, b) = (a.core.as_slice(), b.core.as_slice());
    if a.is_empty() || b.is_empty() {
        return if a == b { 100 } else { 0 };
    }
    let longer = a.len().max(b.len());
    let same = longer.saturating_sub(edits(a, b));
    u8::try_from(same * 100 / longer).unwrap_or(0)
}

/// How many characters have to be put in, taken out or changed to make one of the other.
fn edits(a: &[char], b: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (n, from) in a.iter().enumerate() {
        let mut before = row[0];
        row[0] = n + 1;
        for (m, to) in b.iter().enumerate() {
            let changed = before + usize::from(from != to);
            before = row[m + 1];
            row[m + 1] = changed.min(before + 1).min(row[m] + 1);
        }
    }
    row[b.len()]
}

/// How alike two prospects are, of 100, by name, district and place: names by themselves, whether the district is the same, and
/// how far apart they are.
pub fn likeness(a: &Wanted<'_>, b: &Wanted<'_>) -> Twin {
    compare(&Parts::of(a.name), a, &Parts::of(b.name), b.district, b.spot, RecordId::new(0, [0; 10]))
}

fn compare(
    parts: &Parts,
    wanted: &Wanted<'_>,
    other: &Parts,
    district: Option<&str>,
    spot: Option<Spot>,
    prospect: RecordId,
) -> Twin {
    let names = names(parts, other);
    let same_district = wanted.district.zip(district).map(|(a, b)| bare(a) == bare(b));
    let distance_m = wanted.spot.zip(spot).map(|(a, b)| metres(a, b));
    let mut score = i32::from(names);
    if same_district == Some(false) {
        score -= 40;
    }
    match distance_m {
        // Side by side and called the same, or nearly.
        Some(metres) if metres <= 200.0 && names == 100 => score += 25,
        Some(metres) if metres <= 200.0 && names >= 75 => score += 10,
        Some(metres) if metres > 3_000.0 => score -= 50,
        Some(metres) if metres > 1_000.0 => score -= 20,
        _ => {}
    }
    let score = u8::try_from(score.clamp(0, 100)).unwrap_or(0);
    Twin { prospect, score, names, same_district, distance_m }
}

/// 黄浦区 and 黄浦 are one district.
fn bare(district: &str) -> String {
    let folded = fold(district).to_string();
    folded.strip_suffix('区').map_or(folded.clone(), str::to_owned)
}

impl Gazetteer {
    /// The likely twins of a prospect that somebody is about to record, the likeliest first.
    pub fn twins(&self, wanted: &Wanted<'_>, limit: usize) -> Vec<Twin> {
        let parts = Parts::of(wanted.name);
        if parts.core.is_empty() && parts.marks.is_empty() {
            return Vec::new();
        }
        let mut twins: Vec<Twin> = self
            .kindred(&parts.core)
            .map(|entry| {
                let facts = &entry.facts;
                compare(&parts, wanted, &self.parts_of(entry), facts.district.as_deref(), facts.spot, entry.prospect)
            })
            .filter(|twin| twin.score >= THRESHOLD)
            .collect();
        first(&mut twins, limit, |a, b| b.score.cmp(&a.score).then_with(|| a.prospect.cmp(&b.prospect)));
        twins
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lookup::Facts;

    fn alike(a: &str, b: &str) -> u8 {
        let named = |name| Wanted { name, district: Some("黄浦"), ..Wanted::default() };
        let (there, back) = (likeness(&named(a), &named(b)), likeness(&named(b), &named(a)));
        assert_eq!(there.score, back.score, "{a} and {b}");
        there.score
    }

    #[test]
    fn the_same_place_written_otherwise_is_a_likely_twin() {
        for (a, b) in [
            ("永业公寓（二期）", "永业公寓2期"),
            ("永业公寓二期", "永业公寓 第二期"),
            ("永業公寓", "永业公寓"),
            ("汇龙新城", "汇龙新城小区"),
            ("田林十二村", "田林12村"),
            ("ＳＯＨＯ东海广场", "soho东海广场"),
            ("永嘉路484号", "永嘉路４８４号"),
            ("天通苑东区", "天通苑(东区)"),
            ("四季花园", "四季花园小区"),
            ("嘉华居(公寓)", "嘉华居（别墅）"),
            ("漫城(四期)(公寓)", "漫城四期"),
            ("中远两湾城一期", "中远两湾城1区"),
        ] {
            assert!(alike(a, b) >= THRESHOLD, "{a} and {b}: {}", alike(a, b));
        }
    }

    #[test]
    fn what_only_looks_alike_is_not() {
        for (a, b) in [
            ("永业公寓一期", "永业公寓二期"),
            ("郁江巷路99号", "郁江巷路83号"),
            ("天通苑东区", "天通苑西区"),
            ("田林十二村", "田林十一村"),
            ("永嘉路484号", "永嘉路484弄"),
            ("阳光花园", "星光花园"),
            ("三林苑", "四林苑"),
            ("三林苑", "三林新苑"),
            ("财大小区", "财大公寓"),
            ("龙山新村", "龙山花园"),
            ("a区", "b区"),
        ] {
            assert!(alike(a, b) < THRESHOLD, "{a} and {b}: {}", alike(a, b));
        }
    }

    #[test]
    fn another_district_or_a_place_far_away_says_that_it_is_another_one() {
        let wanted = |district, lat_e7| Wanted {
            name: "悦公馆",
            district: Some(district),
            spot: Some(Spot { lat_e7, lon_e7: 1_214_000_000 }),
        };
        let here = wanted("静安", 312_000_000);
        assert_eq!(likeness(&here, &wanted("静安区", 312_000_100)).score, 100);
        let elsewhere = Wanted { spot: None, ..wanted("浦东", 0) };
        assert!(likeness(&here, &elsewhere).score < THRESHOLD);
        assert!(
            likeness(&here, &wanted("浦东", 312_000_000)).score >= THRESHOLD,
            "side by side, the district is mistyped"
        );
        let far = likeness(&here, &wanted("静安", 312_500_000));
        assert!(far.score < THRESHOLD && far.same_district == Some(true), "{far:?}");
    }

    #[test]
    fn twins_are_found_among_all_and_the_likeliest_is_first() {
        let mut town = Gazetteer::default();
        let names = ["永业公寓（一期）", "永业公寓（二期）", "永业公寓", "永兴公寓", "永业大厦", "永业公寓2期小区"];
        for (n, name) in (1..).zip(names) {
            town.put(RecordId::new(0, [n; 10]), name, "", Facts::default());
        }
        let twins = town.twins(&Wanted { name: "永业公寓2期", ..Wanted::default() }, 5);
        let found: Vec<_> = twins.iter().map(|twin| twin.prospect.as_bytes()[15]).collect();
        assert_eq!(found, [2, 6], "{twins:?}");
        assert!(town.twins(&Wanted::default(), 5).is_empty());
    }
}

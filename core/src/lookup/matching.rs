//! Whether a text has in it what somebody typed: as it is written, or as it is read, by whole readings, initials and the beginning
//! of the last reading in any mix (`tiantongyuan`, `tty`, `tiant`, `天ty`). All ways are followed at once, a bit for each.

use super::readings;
use std::collections::HashMap;

/// Up to where the common characters go.
const COMMON: usize = 0xa000;

/// Characters that texts are made of, each with its readings, under small numbers. Number 0 is no character.
#[derive(Debug, Default)]
pub struct Sounds {
    /// Numbers of the common characters by their codes, 0 for none yet.
    common: Vec<u16>,
    /// Numbers of the others.
    rare: HashMap<char, u16>,
    chars: Vec<char>,
    /// Of each character, the numbers of its readings.
    read: Vec<Box<[u16]>>,
    syllables: Vec<String>,
    syllable_numbers: HashMap<String, u16>,
}

impl Sounds {
    /// The number of a character, a new one if it has none.
    pub fn number(&mut self, c: char) -> u16 {
        if self.chars.is_empty() {
            self.chars.push('\0');
            self.read.push(Box::default());
            self.common.resize(COMMON, 0);
        }
        if let Some(number) = self.known(c) {
            return number;
        }
        // More different characters than there are numbers: no town has a tenth of them.
        let Ok(number) = u16::try_from(self.chars.len()) else { return 0 };
        let read = readings(c).into_iter().map(|reading| self.syllable(reading)).collect();
        self.chars.push(c);
        self.read.push(read);
        match self.common.get_mut(c as usize) {
            Some(place) => *place = number,
            None => drop(self.rare.insert(c, number)),
        }
        number
    }

    /// The number of a character, if it has one.
    pub fn known(&self, c: char) -> Option<u16> {
        match self.common.get(c as usize) {
            Some(0) => None,
            Some(number) => Some(*number),
            None => self.rare.get(&c).copied(),
        }
    }

    /// The character of a number.
    pub fn char(&self, number: u16) -> char {
        self.chars.get(usize::from(number)).copied().unwrap_or('\0')
    }

    /// How many numbers there are.
    pub fn len(&self) -> usize {
        self.chars.len()
    }

    /// Whether there is none yet.
    pub fn is_empty(&self) -> bool {
        self.chars.is_empty()
    }

    fn syllable(&mut self, reading: String) -> u16 {
        let next = u16::try_from(self.syllables.len()).unwrap_or(u16::MAX);
        *self.syllable_numbers.entry(reading).or_insert_with_key(|reading| {
            self.syllables.push(reading.clone());
            next
        })
    }
}

/// How a text matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// It is what was typed.
    Whole,
    /// It begins with that.
    Beginning,
    /// That is in it.
    Inside,
}

/// A match: the better, the smaller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Match {
    /// Whether it sounds like what was typed, rather than being written like it.
    pub sounds: bool,
    /// How much of the text it is.
    pub part: Part,
    /// From which character of the text on.
    pub start: usize,
    /// Up to which, exclusive.
    pub end: usize,
}

/// What one character of a text makes of the places reached in a query: bits that move on by a step, by two, or by a reading.
#[derive(Debug, Clone, Copy, Default)]
struct Step {
    one: u64,
    two: u64,
    /// Where the rest of the query is the beginning of a reading.
    rest: u64,
    readings: (u32, u32),
    moves: bool,
}

/// A query made ready for texts of some characters.
#[derive(Debug)]
pub(super) struct Pattern {
    /// As numbers; `None` if a character is in no text.
    written: Option<Vec<u16>>,
    steps: Vec<Step>,
    readings: Vec<(u64, u8)>,
    /// The bit that is set once all was found; 0 for a query too long to be read aloud, which is looked for as it is written.
    done: u64,
}

impl Pattern {
    /// Makes a folded query ready; `None` for one in which nothing is left.
    pub(super) fn new(query: &[char], sounds: &Sounds) -> Option<Self> {
        if query.is_empty() {
            return None;
        }
        let written = query.iter().map(|c| sounds.known(*c)).collect();
        let mut pattern = Self { written, steps: Vec::new(), readings: Vec::new(), done: 0 };
        if query.len() < 64 {
            pattern.done = 1 << query.len();
            pattern.prepare(query, sounds);
        }
        Some(pattern)
    }

    fn prepare(&mut self, query: &[char], sounds: &Sounds) {
        let within: Vec<Within> = sounds.syllables.iter().map(|syllable| Within::of(query, syllable)).collect();
        self.steps = vec![Step::default(); sounds.len()];
        for (place, c) in query.iter().enumerate() {
            if let Some(step) = sounds.known(*c).and_then(|number| self.steps.get_mut(usize::from(number))) {
                step.one |= 1 << place;
            }
        }
        for (step, read) in self.steps.iter_mut().zip(&sounds.read) {
            step.readings.0 = u32::try_from(self.readings.len()).unwrap_or(0);
            for syllable in read.iter().filter_map(|number| within.get(usize::from(*number))) {
                step.one |= syllable.initial;
                step.two |= syllable.double;
                step.rest |= syllable.rest;
                if syllable.whole != 0 {
                    self.readings.push((syllable.whole, syllable.length));
                }
            }
            step.readings.1 = u32::try_from(self.readings.len()).unwrap_or(0);
            step.moves = (step.one | step.two | step.rest) != 0 || step.readings.0 < step.readings.1;
        }
    }

    /// Where one gets by a character from the places reached, and whether that ends the query.
    fn advance(&self, places: u64, number: u16) -> (u64, bool) {
        let Some(step) = self.steps.get(usize::from(number)).filter(|step| step.moves) else { return (0, false) };
        let mut next = (places & step.one) << 1 | (places & step.two) << 2;
        for (whole, length) in &self.readings[step.readings.0 as usize..step.readings.1 as usize] {
            next |= (places & whole) << length;
        }
        (next, next & self.done != 0 || places & step.rest != 0)
    }

    /// Whether a text matches at all.
    pub(super) fn is_in(&self, text: &[u16]) -> bool {
        if self.done == 0 {
            return self.written_in(text).is_some();
        }
        let mut places = 1;
        for number in text {
            let (next, done) = self.advance(places, *number);
            if done {
                return true;
            }
            places = next | 1;
        }
        false
    }

    fn written_in(&self, text: &[u16]) -> Option<usize> {
        let written = self.written.as_deref()?;
        text.windows(written.len()).position(|here| here == written)
    }

    /// The best match in a text.
    pub(super) fn find(&self, text: &[u16]) -> Option<Match> {
        if let (Some(start), Some(written)) = (self.written_in(text), &self.written) {
            let end = start + written.len();
            return Some(Match { sounds: false, part: part(start, end, text.len()), start, end });
        }
        if self.done == 0 {
            return None;
        }
        (0..text.len()).find_map(|start| {
            let (mut places, mut end) = (1, None);
            for (here, number) in text.iter().enumerate().skip(start) {
                let (next, done) = self.advance(places, *number);
                if done {
                    // Of several ends the whole text is best, else the nearest.
                    end = if here + 1 == text.len() && start == 0 { Some(here + 1) } else { end.or(Some(here + 1)) };
                }
                places = next;
                if places == 0 || (end.is_some() && start > 0) {
                    break;
                }
            }
            end.map(|end| Match { sounds: true, part: part(start, end, text.len()), start, end })
        })
    }
}

fn part(start: usize, end: usize, length: usize) -> Part {
    match (start, end) {
        (0, end) if end == length => Part::Whole,
        (0, _) => Part::Beginning,
        _ => Part::Inside,
    }
}

/// Where in a query a syllable can stand.
struct Within {
    whole: u64,
    length: u8,
    initial: u64,
    double: u64,
    rest: u64,
}

impl Within {
    fn of(query: &[char], syllable: &str) -> Self {
        let letters: Vec<char> = syllable.chars().collect();
        let mut within =
            Self { whole: 0, length: u8::try_from(letters.len()).unwrap_or(0), initial: 0, double: 0, rest: 0 };
        for place in 0..query.len() {
            let (rest, bit) = (&query[place..], 1 << place);
            if rest.starts_with(&letters) {
                within.whole |= bit;
            }
            if letters.starts_with(&rest[..1]) {
                within.initial |= bit;
            }
            if letters.starts_with(rest) {
                within.rest |= bit;
            }
            if matches!(letters.as_slice(), ['z' | 'c' | 's', 'h', ..]) && rest.starts_with(&letters[..2]) {
                within.double |= bit;
            }
        }
        within
    }
}

#[cfg(test)]
mod tests {
    use super::super::fold;
    use super::*;

    fn find(text: &str, query: &str) -> Option<Match> {
        let mut sounds = Sounds::default();
        let text: Vec<u16> = fold(text).chars.into_iter().map(|c| sounds.number(c)).collect();
        let pattern = Pattern::new(&fold(query).chars, &sounds)?;
        let found = pattern.find(&text);
        assert_eq!(pattern.is_in(&text), found.is_some(), "{query}");
        found
    }

    #[test]
    fn a_name_is_found_however_one_begins_to_type_it() {
        for query in [
            "天通苑",
            "天",
            "通苑",
            "tiantongyuan",
            "tian tong yuan",
            "tty",
            "t",
            "ty",
            "tiant",
            "tianty",
            "ttongy",
            "ttyuan",
            "tiantongyu",
            "Tian'tong",
            "天ty",
            "天tongy",
            "t通苑",
            "tongyuan",
            "y",
        ] {
            assert!(find("天通苑", query).is_some(), "{query}");
        }
        for query in ["tyt", "tianyuan", "ttyy", "tong tian", "天苑", "q", "", "，", "tiantongyuanx"] {
            assert_eq!(find("天通苑", query), None, "{query}");
        }
        for query in ["zy", "zhy", "zhongy", "zhyuan", "chongy", "cy", "chyuan"] {
            assert!(find("重园", query).is_some(), "{query}");
        }
        for query in ["soho", "soho2q", "so", "2qi", "2", "q"] {
            assert!(find("SOHO②期", query).is_some(), "{query}");
        }
    }

    #[test]
    fn what_is_written_so_comes_before_what_only_sounds_so_and_the_whole_before_a_part() {
        let rank = |text, query| find(text, query).map(|found| (found.sounds, found.part)).expect("found");
        assert_eq!(rank("天通苑", "天通苑"), (false, Part::Whole));
        assert_eq!(rank("天通苑北", "天通苑"), (false, Part::Beginning));
        assert_eq!(rank("新天通苑", "天通苑"), (false, Part::Inside));
        assert_eq!(rank("天通苑", "tty"), (true, Part::Whole));
        assert_eq!(rank("天通苑北", "tty"), (true, Part::Beginning));
        assert_eq!(rank("新天通苑", "tty"), (true, Part::Inside));
        assert_eq!(rank("tty大厦", "tty"), (false, Part::Beginning));
        assert!((false, Part::Inside) < (true, Part::Whole));
    }

    #[test]
    fn a_query_longer_than_any_name_is_still_looked_for_as_it_is_written() {
        let long = "长".repeat(70);
        assert!(find(&long, &"长".repeat(66)).is_some());
        assert_eq!(find(&long, &"长".repeat(71)), None);
        assert_eq!(find(&long, &"c".repeat(66)), None, "64 letters and more are not read aloud");
    }
}

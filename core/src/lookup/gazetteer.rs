//! The list of all prospects on a phone, in memory: names and addresses as small numbers for characters, and what lists are
//! ordered by. A search goes through all of it, so it cannot miss anything, and that takes a millisecond or two.

use super::matching::Pattern;
use super::twin::Parts;
use super::{Match, Sounds, Spot, fold, metres};
use crate::domain::{PersonId, RecordId};
use std::collections::HashMap;
use std::sync::Arc;

/// How far out a prospect lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ring {
    /// 城区
    Inner,
    /// 近郊
    Near,
    /// 远郊
    Far,
}

/// What lists of prospects are ordered and filtered by; whatever is not known is absent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// Where it is.
    pub spot: Option<Spot>,
    /// Number of households.
    pub households: Option<i64>,
    /// Floor in square metres.
    pub floor_area: Option<i64>,
    /// The fund as known, in fen.
    pub fund_actual: Option<i64>,
    /// The fund as estimated, in fen.
    pub fund_estimate: Option<i64>,
    /// Price of a square metre in fen.
    pub price: Option<i64>,
    /// How it is managed: good, fair or poor.
    pub management: Option<&'static str>,
    /// How far out it lies.
    pub ring: Option<Ring>,
    /// Whether it is a residential community, rather than an association, a company, an institution or a person.
    pub community: bool,
    /// Whether somebody said that it is the same as another one.
    pub linked: Option<RecordId>,
    /// When it was last visited, in milliseconds.
    pub last_contact: Option<i64>,
    /// Whose it is, if a person's.
    pub owner: Option<Arc<PersonId>>,
    /// In which district it lies.
    pub district: Option<Arc<str>>,
}

/// One prospect of the list.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Which one.
    pub prospect: RecordId,
    /// What is known of it.
    pub facts: Facts,
    name: Span,
    address: Span,
    /// Its name as it is compared with others.
    core: Span,
    marks: Box<str>,
}

/// A run of the list's text.
#[derive(Debug, Clone, Copy, Default)]
struct Span {
    start: u32,
    length: u16,
}

/// A prospect that a search found: the better, the smaller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hit {
    /// Which one.
    pub prospect: RecordId,
    /// Whether its address matches, rather than its name.
    pub in_address: bool,
    /// How, in characters of the folded text.
    pub found: Match,
}

/// The list.
#[derive(Debug, Default)]
pub struct Gazetteer {
    sounds: Sounds,
    text: Vec<u16>,
    /// How much of the text is nobody's any more.
    waste: usize,
    entries: Vec<Entry>,
    places: HashMap<RecordId, usize>,
    /// How often each character is in a name as it is compared.
    counts: Vec<u32>,
}

impl Gazetteer {
    /// Puts a prospect into the list, or what it is now in the place of what it was.
    pub fn put(&mut self, prospect: RecordId, name: &str, address: &str, facts: Facts) {
        self.remove(prospect);
        let Parts { core, marks } = Parts::of(name);
        let core = self.write(&core);
        for place in core.range() {
            let number = usize::from(self.text[place]);
            if self.counts.len() <= number {
                self.counts.resize(number + 1, 0);
            }
            self.counts[number] += 1;
        }
        let (name, address) = (self.write(&fold(name).chars), self.write(&fold(address).chars));
        self.places.insert(prospect, self.entries.len());
        self.entries.push(Entry { prospect, facts, name, address, core, marks: marks.into() });
    }

    /// Takes a prospect out; nothing of its text stays.
    pub fn remove(&mut self, prospect: RecordId) {
        let Some(place) = self.places.remove(&prospect) else { return };
        let gone = self.entries.swap_remove(place);
        if let Some(moved) = self.entries.get(place) {
            self.places.insert(moved.prospect, place);
        }
        for number in &self.text[gone.core.range()] {
            self.counts[usize::from(*number)] -= 1;
        }
        for span in [gone.name, gone.address, gone.core] {
            self.text[span.range()].fill(0);
            self.waste += span.range().len();
        }
        if self.waste > 1_000 && self.waste > self.text.len() / 2 {
            self.tidy();
        }
    }

    fn write(&mut self, chars: &[char]) -> Span {
        let start = u32::try_from(self.text.len()).unwrap_or(u32::MAX);
        // A name has at most 200 bytes, an address 400.
        let chars = &chars[..chars.len().min(usize::from(u16::MAX))];
        for c in chars {
            let number = self.sounds.number(*c);
            self.text.push(number);
        }
        Span { start, length: u16::try_from(chars.len()).unwrap_or(u16::MAX) }
    }

    /// Writes the text anew without what is nobody's.
    fn tidy(&mut self) {
        let mut text = Vec::with_capacity(self.text.len() - self.waste);
        for entry in &mut self.entries {
            for span in [&mut entry.name, &mut entry.address, &mut entry.core] {
                let here = span.range();
                span.start = u32::try_from(text.len()).unwrap_or(u32::MAX);
                text.extend_from_slice(&self.text[here]);
            }
        }
        (self.text, self.waste) = (text, 0);
    }

    /// How many prospects there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// All prospects, in no order.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// One prospect.
    pub fn entry(&self, prospect: RecordId) -> Option<&Entry> {
        self.places.get(&prospect).and_then(|place| self.entries.get(*place))
    }

    /// Whether another record of the same prospect stands in lists in this one's place: an older one, and it is here.
    pub fn stands_elsewhere(&self, entry: &Entry) -> bool {
        entry.facts.linked.is_some_and(|older| older < entry.prospect && self.places.contains_key(&older))
    }

    /// A prospect's name as it is compared with others.
    pub(super) fn parts_of(&self, entry: &Entry) -> Parts {
        let core = self.text[entry.core.range()].iter().map(|number| self.sounds.char(*number)).collect();
        Parts { core, marks: entry.marks.to_string() }
    }

    /// The prospects in whose name or address a text stands, or that sound like it, the best first: names before addresses, what
    /// is written so before what sounds so, the whole before its beginning before its middle; then the shorter name.
    pub fn search(&self, text: &str, limit: usize) -> Vec<Hit> {
        let Some(pattern) = Pattern::new(&fold(text).chars, &self.sounds) else { return Vec::new() };
        let mut hits = Vec::new();
        for entry in &self.entries {
            let (name, address) = (&self.text[entry.name.range()], &self.text[entry.address.range()]);
            let (in_address, matched) = match pattern.is_in(name) {
                true => (false, pattern.find(name)),
                false if pattern.is_in(address) => (true, pattern.find(address)),
                false => continue,
            };
            if let Some(found) = matched {
                hits.push((Hit { prospect: entry.prospect, in_address, found }, entry.name));
            }
        }
        let key = |(hit, name): &(Hit, Span)| (hit.in_address, hit.found.sounds, hit.found.part, name.length);
        let letters = |span: &Span| self.text[span.range()].iter().map(|number| self.sounds.char(*number));
        first(&mut hits, limit, |a, b| {
            key(a)
                .cmp(&key(b))
                .then_with(|| letters(&a.1).cmp(letters(&b.1)))
                .then_with(|| a.0.prospect.cmp(&b.0.prospect))
        });
        hits.into_iter().map(|(hit, _)| hit).collect()
    }

    /// The prospects nearest to a place, with how many metres away each is.
    pub fn nearest(&self, spot: Spot, limit: usize) -> Vec<(RecordId, f64)> {
        let far = |entry: &Entry| Some((entry.prospect, metres(spot, entry.facts.spot?)));
        let mut all: Vec<_> =
            self.entries.iter().filter(|entry| !self.stands_elsewhere(entry)).filter_map(far).collect();
        first(&mut all, limit, |a, b| a.1.total_cmp(&b.1).then_with(|| a.0.cmp(&b.0)));
        all
    }

    /// The prospects that share enough characters of a name to be worth comparing with it: by how rare what they share is.
    pub(super) fn kindred<'a>(&'a self, name: &[char]) -> impl Iterator<Item = &'a Entry> {
        let all = f64::from(u32::try_from(self.entries.len() + 1).unwrap_or(u32::MAX));
        let mut rarity = vec![0.0; self.sounds.len()];
        let mut of_name = 0.0;
        for c in name {
            let number = self.sounds.known(*c).map(usize::from);
            let count = number.and_then(|number| self.counts.get(number)).copied().unwrap_or(0);
            let rare = (all / f64::from(count + 1)).ln().max(0.1);
            // A character that is there twice is shared once: enough to be compared.
            if let Some(place) = number.and_then(|number| rarity.get_mut(number)).filter(|place| **place == 0.0) {
                *place = rare;
            }
            of_name += rare;
        }
        self.entries.iter().filter(move |entry| {
            let text = &self.text[entry.core.range()];
            let shared: f64 = text.iter().map(|number| rarity[usize::from(*number)]).sum();
            shared >= of_name * 0.4
        })
    }
}

impl Span {
    fn range(self) -> std::ops::Range<usize> {
        let start = self.start as usize;
        start..start + usize::from(self.length)
    }
}

/// Leaves the first so many of a list in order.
pub(super) fn first<T>(all: &mut Vec<T>, limit: usize, compare: impl Fn(&T, &T) -> std::cmp::Ordering) {
    if limit == 0 {
        all.clear();
    } else if all.len() > limit {
        all.select_nth_unstable_by(limit - 1, &compare);
        all.truncate(limit);
    }
    all.sort_unstable_by(compare);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: u8) -> RecordId {
        RecordId::new(0, [n; 10])
    }

    fn town(names: &[&str]) -> Gazetteer {
        let mut town = Gazetteer::default();
        for (n, name) in (1..).zip(names) {
            town.put(id(n), name, "", Facts::default());
        }
        town
    }

    fn search(town: &Gazetteer, text: &str) -> Vec<u8> {
        town.search(text, 50).iter().map(|hit| hit.prospect.as_bytes()[15]).collect()
    }

    #[test]
    fn the_whole_name_comes_first_then_its_beginning_then_the_middle_then_what_sounds_so_then_addresses() {
        let mut town = town(&["北天通苑", "天通苑北一区", "天通苑", "天通苑东", "甜桐园", "甜桐园二期", "大甜桐园"]);
        town.put(id(20), "阳光里", "天通苑路5号", Facts::default());
        assert_eq!(search(&town, "天通苑"), [3, 4, 2, 1, 20]);
        assert_eq!(search(&town, "tiantongyuan"), [3, 5, 4, 6, 2, 1, 7, 20]);
        assert_eq!(town.search("天通苑", 2).len(), 2);
        assert!(town.search("天通苑", 0).is_empty() && town.search(" ", 9).is_empty());
    }

    #[test]
    fn what_was_taken_out_or_renamed_is_not_found_and_nothing_of_its_text_stays() {
        let mut town = town(&["甲苑", "乙苑", "丙苑"]);
        town.put(id(2), "丁苑", "", Facts::default());
        town.remove(id(1));
        assert_eq!((search(&town, "乙"), search(&town, "甲"), search(&town, "苑")), (vec![], vec![], vec![2, 3]));
        assert_eq!((town.len(), town.text.iter().filter(|number| **number > 0).count()), (2, 8), "each twice");
        assert!(town.entry(id(1)).is_none() && town.entry(id(3)).is_some());
    }

    #[test]
    fn a_list_that_changes_much_stays_small() {
        let mut town = Gazetteer::default();
        for round in 0..3_000_u32 {
            let n = u8::try_from(round % 7).expect("small");
            town.put(id(n), &format!("名字{round}"), "某路1号", Facts::default());
        }
        assert!(town.text.len() < 3_500, "{}", town.text.len());
        assert_eq!(search(&town, "名字2999"), [u8::try_from(2_999 % 7).expect("small")]);
    }

    #[test]
    fn the_nearest_come_first_and_those_without_a_place_not_at_all() {
        let mut town = town(&["无处"]);
        for n in 2..9 {
            let spot = Spot { lat_e7: 312_000_000 + i32::from(n) * 10_000, lon_e7: 1_214_000_000 };
            town.put(
                id(n),
                "某苑",
                "",
                Facts { spot: Some(spot), linked: (n == 5).then(|| id(1)), ..Facts::default() },
            );
        }
        let here = Spot { lat_e7: 312_041_000, lon_e7: 1_214_000_000 };
        let near: Vec<_> = town.nearest(here, 3).iter().map(|(id, _)| id.as_bytes()[15]).collect();
        assert_eq!(near, [4, 3, 6], "5 is the same as another one");
    }
}

//! Text as it is searched. What people type is stored as they typed it; to be found it is folded: full width to half width,
//! capitals to small letters, traditional to simplified characters, and no blanks or punctuation, which nobody remembers.

use hanconv::RawDictionary;
use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;

/// A folded text, and where each of its characters stood.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Folded {
    /// The characters that are left.
    pub chars: Vec<char>,
    /// For each of them, which character of the original it comes from.
    pub places: Vec<usize>,
}

impl Folded {
    /// The characters of the original, from and to (exclusive), that a run of the folded ones comes from.
    pub fn original(&self, start: usize, end: usize) -> (usize, usize) {
        let from = self.places.get(start).copied().unwrap_or(0);
        let last = end.checked_sub(1).and_then(|last| self.places.get(last)).copied();
        (from, last.map_or(from, |last| last + 1))
    }
}

impl std::fmt::Display for Folded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.chars.iter().try_for_each(|c| write!(f, "{c}"))
    }
}

/// Folds a text.
pub fn fold(text: &str) -> Folded {
    let simplified = simplified();
    let mut folded = Folded::default();
    for (place, c) in text.chars().enumerate() {
        let mut put = |c: char| {
            folded.chars.push(simplified.of(c));
            folded.places.push(place);
        };
        match narrow(c) {
            c if !is_kept(c) => {}
            // Numbers in circles and Roman ones, as stages of building are called.
            c @ '①'..='⑳' => (u32::from(c) - u32::from('①') + 1).to_string().chars().for_each(put),
            c @ 'Ⅰ'..='Ⅻ' => ROMAN[(u32::from(c) - u32::from('Ⅰ')) as usize].chars().for_each(put),
            c @ 'ⅰ'..='ⅻ' => ROMAN[(u32::from(c) - u32::from('ⅰ')) as usize].chars().for_each(put),
            c if c.is_ascii() => put(c.to_ascii_lowercase()),
            c => c.to_lowercase().for_each(&mut put),
        }
    }
    folded
}

const ROMAN: [&str; 12] = ["i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii"];

/// The half-width form of a full-width character.
fn narrow(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        c => c,
    }
}

/// Whether a character is more than a blank, a mark of punctuation, or how another one is to be shown.
fn is_kept(c: char) -> bool {
    !matches!(c,
        '\u{0}'..='/' | ':'..='@' | '['..='`' | '{'..='\u{a9}' | '\u{ab}'..='\u{b1}' | '\u{b4}' | '\u{b6}'..='\u{b8}'
        | '\u{bb}' | '\u{bf}' | '\u{2000}'..='\u{206f}' | '\u{3000}'..='\u{3004}' | '\u{3008}'..='\u{3020}'
        | '\u{3030}' | '\u{303d}' | '\u{30fb}' | '\u{fe00}'..='\u{fe6f}' | '\u{feff}' | '\u{ff61}'..='\u{ff65}')
        && !c.is_whitespace()
        && !c.is_control()
}

/// Simplified forms, those of the common characters in a table by their codes: a whole town is folded before a first search.
struct Simplified {
    common: Vec<char>,
    rare: HashMap<char, char>,
}

impl Simplified {
    fn of(&self, c: char) -> char {
        match self.common.get(c as usize) {
            Some(simplified) => *simplified,
            None => self.rare.get(&c).copied().unwrap_or(c),
        }
    }
}

/// Up to where the common characters go.
const COMMON: u32 = 0xa000;

fn simplified() -> &'static Simplified {
    static FORMS: OnceLock<Simplified> = OnceLock::new();
    FORMS.get_or_init(|| {
        let mut forms = Simplified {
            common: (0..COMMON).map(|code| char::from_u32(code).unwrap_or('\0')).collect(),
            rare: HashMap::new(),
        };
        for (from, to) in pairs() {
            match forms.common.get_mut(from as usize) {
                Some(form) => *form = to,
                None => drop(forms.rare.insert(from, to)),
            }
        }
        forms
    })
}

/// Traditional characters, each with its simplified form: the first where it has several.
fn pairs() -> impl Iterator<Item = (char, char)> {
    let one = |text: &str| text.chars().next();
    let pairs = || RawDictionary::TSCharacters.iter().filter_map(move |(from, to)| Some((one(from)?, one(to)?)));
    let pairs = move || pairs().filter(|(from, to)| from != to);
    // 薴 is written 苧, and 苧 as another word 苎: a form that something is folded into is folded no further.
    let forms: HashSet<char> = pairs().map(|(_, to)| to).collect();
    pairs().filter(move |(from, _)| !forms.contains(from))
}

/// The traditional characters that are folded into a simplified one.
pub(super) fn traditional(c: char) -> &'static [char] {
    static MAP: OnceLock<HashMap<char, Vec<char>>> = OnceLock::new();
    let map = MAP.get_or_init(|| {
        let mut map: HashMap<char, Vec<char>> = HashMap::new();
        pairs().for_each(|(from, to)| map.entry(to).or_default().push(from));
        map
    });
    map.get(&c).map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_alike_to_a_person_is_the_same_to_a_search() {
        for (typed, searched) in [
            ("永业公寓（二期）", "永业公寓二期"),
            ("ＳＯＨＯ　天山·廣場", "soho天山广场"),
            ("萬科 ② 期, A-1", "万科2期a1"),
            ("Ⅱ期", "ii期"),
            ("𠮷田😀苑", "𠮷田😀苑"),
            ("👨‍👩‍👧", "👨👩👧"),
            ("——…", ""),
        ] {
            assert_eq!(fold(typed).to_string(), searched, "{typed}");
        }
    }

    #[test]
    fn folding_again_changes_nothing_and_no_simplified_character_is_folded_further() {
        for (from, to) in pairs() {
            assert_eq!(fold(&from.to_string()).chars, [to], "{from}");
            assert_eq!(fold(&to.to_string()).chars, [to], "{to}");
        }
        assert!(pairs().count() > 3_000);
    }

    #[test]
    fn a_place_in_the_folded_text_is_found_in_what_was_typed() {
        let folded = fold("《天通苑》 （⑫期）");
        assert_eq!(folded.to_string(), "天通苑12期");
        assert_eq!(folded.original(0, 3), (1, 4));
        assert_eq!(folded.original(3, 6), (7, 9), "a number in a circle is one character");
    }
}

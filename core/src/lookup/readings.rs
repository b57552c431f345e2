//! How a character is read: every reading it has, without tones, as people type them.

use super::normalise::traditional;
use pinyin::ToPinyinMulti;

/// All readings of a folded character in the letters a to z; `ü` both as `v` and as `u`. A simplified character is read like each
/// of the traditional ones that it stands for.
pub fn readings(c: char) -> Vec<String> {
    let mut found = Vec::new();
    for c in std::iter::once(c).chain(traditional(c).iter().copied()) {
        for reading in c.to_pinyin_multi().into_iter().flatten() {
            let plain = reading.plain();
            for umlaut in ["v", "u"] {
                let letters = plain.replace('ü', umlaut).replace('ê', "e");
                if letters.bytes().all(|byte| byte.is_ascii_lowercase()) && !found.contains(&letters) {
                    found.push(letters);
                }
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_character_is_found_by_any_of_its_readings() {
        for (c, expected) in [
            ('重', &["chong", "zhong"][..]),
            ('长', &["chang", "zhang"]),
            ('乐', &["le", "yue"]),
            ('行', &["hang", "xing"]),
            ('单', &["chan", "dan", "shan"]),
            ('曾', &["ceng", "zeng"]),
            ('吕', &["lu", "lv"]),
            ('干', &["gan", "qian"]),
        ] {
            let readings = readings(c);
            for reading in expected {
                assert!(readings.iter().any(|r| r == reading), "{c} is read {reading}: {readings:?}");
            }
        }
        assert!(readings('a').is_empty() && readings('7').is_empty() && readings('😀').is_empty());
    }
}

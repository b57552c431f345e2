//! When two communities bear the same name: in the same district, whatever the width, case, blanks and signs it was written with.

use canvass_core::domain::prospect;
use canvass_core::projection::Row;
use sha2::{Digest, Sha256};

/// A number for a district and a name: the same for names that people write differently in width, case, blanks or signs.
pub fn namesake(district: &str, name: &str) -> u64 {
    let mut digest = Sha256::new();
    for word in [district, &plain(name)] {
        digest.update((word.len() as u64).to_be_bytes());
        digest.update(word);
    }
    digest.finalize().iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// The number of a community that two units could work without knowing of each other. People and companies have none: that
/// somebody else works them is no one's business.
pub fn namesake_of(row: &Row) -> Option<u64> {
    let community = matches!(row.fields.text("category"), None | Some("community"));
    if !row.kind.is(&prospect::KIND) || row.withdrawn || !community {
        return None;
    }
    Some(namesake(row.fields.text("district")?, row.fields.text("name")?))
}

/// A name in narrow small letters and digits; of signs only `-` is left, as it parts house numbers.
fn plain(name: &str) -> String {
    let narrow = |c: char| match u32::from(c) {
        wide @ 0xff01..=0xff5e => char::from_u32(wide - 0xfee0).unwrap_or(c),
        _ => c,
    };
    name.chars().map(narrow).filter(|c| c.is_alphanumeric() || *c == '-').flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_differ_in_writing_alone_are_the_same() {
        for (one, other) in [
            ("永业公寓（二期）", "永业公寓(二期)"),
            ("永业公寓 二期", "永业公寓二期"),
            ("ＡＢ花园１２", "ab花园12"),
            ("圣·马丁", "圣马丁"),
        ] {
            assert_eq!(plain(one), plain(other));
        }
        assert_ne!(plain("24-28号"), plain("2428号"));
        assert_ne!(namesake("黄浦", "永业公寓"), namesake("徐汇", "永业公寓"));
    }
}

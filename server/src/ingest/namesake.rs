//! When two communities bear the same name: in the same district, whatever the width, case, blanks, signs and forms of characters
//! it was written with.

use canvass_core::domain::prospect;
use canvass_core::lookup::fold;
use canvass_core::projection::Row;
use sha2::{Digest, Sha256};

/// A number for a district and a name: the same for names that people write differently in width, case, blanks, signs or
/// forms of characters.
pub fn namesake(district: &str, name: &str) -> u64 {
    let mut digest = Sha256::new();
    for word in [bare(district), plain(name)] {
        digest.update((word.len() as u64).to_be_bytes());
        digest.update(word.as_bytes());
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

/// A name as a phone's search folds it; of signs only `-` is left, as it parts house numbers.
fn plain(name: &str) -> String {
    let parts: Vec<String> = name.split(['-', '－']).map(|part| fold(part).to_string()).collect();
    parts.join("-")
}

/// A district without the word for one: 黄浦区 is 黄浦.
fn bare(district: &str) -> String {
    let folded = fold(district).to_string();
    let bare = folded.strip_suffix(['区', '县']).filter(|bare| bare.chars().count() > 1);
    bare.map_or(folded.clone(), str::to_owned)
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
            ("萬科廣場", "万科广场"),
        ] {
            assert_eq!(plain(one), plain(other));
        }
        assert_ne!(plain("24-28号"), plain("2428号"));
        assert_eq!(namesake("黄浦区", "永业公寓"), namesake("黄浦", "永业公寓"));
        assert_ne!(namesake("黄浦", "永业公寓"), namesake("徐汇", "永业公寓"));
    }
}

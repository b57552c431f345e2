//! The promise of a search: nothing that matches is left out, and nothing that does not match is shown. Judged over a town of made-up
//! names full of characters with several readings, by rules that are written down a second time here, one way at a time.

#![expect(clippy::expect_used, reason = "fixtures are right or the test is wrong")]

use canvass_core::domain::RecordId;
use canvass_core::lookup::{Facts, Gazetteer, fold, readings};
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::collections::{BTreeMap, BTreeSet};

const BEGINNINGS: &[&str] = &[
    "重庆",
    "长乐",
    "长寿",
    "行知",
    "单县",
    "曾家",
    "朝阳",
    "朝天门",
    "乐山",
    "大厦",
    "厦门",
    "尉迟",
    "解放",
    "西安",
    "先农",
    "女贞",
    "绿洲",
    "吕家",
    "天通",
    "甜桐",
    "汇龙",
    "永业",
    "SOHO",
    "１号",
    "𠮷田",
    "廣場",
    "萬科",
    "東方",
    "😀笑",
];
const MIDDLES: &[&str] = &["", "一", "二", "新", "重", "曲", "参", "都", "乐", "行", "长", "Ａ", "·"];
const ENDS: &[&str] =
    &["苑", "园", "小区", "花园", "公寓（二期）", "大厦", "都市", "里", "弄", "行", "号院", "中学", "城"];

type Town = BTreeMap<RecordId, (String, String)>;

fn town(rng: &mut ChaCha8Rng, size: u32) -> Town {
    let mut pick = |list: &[&'static str]| list.choose(rng).copied().expect("a list");
    (0..size)
        .map(|n| {
            let name = format!("{}{}{}", pick(BEGINNINGS), pick(MIDDLES), pick(ENDS));
            let address = format!("{}{}路{n}弄", pick(BEGINNINGS), pick(MIDDLES));
            (RecordId::new(i64::from(n), [1; 10]), (name, address))
        })
        .collect()
}

/// Whether what is left of a query can be read off a run of characters, from its first on.
fn read_off(query: &str, run: &[char]) -> bool {
    if query.is_empty() {
        return true;
    }
    let Some((c, rest)) = run.split_first() else { return false };
    if query.strip_prefix(*c).is_some_and(|left| read_off(left, rest)) {
        return true;
    }
    readings(*c).iter().any(|reading| {
        let mut sounds = vec![reading.as_str(), &reading[..1]];
        sounds.extend(["zh", "ch", "sh"].into_iter().filter(|initial| reading.starts_with(initial)));
        reading.starts_with(query)
            || sounds.into_iter().any(|sound| query.strip_prefix(sound).is_some_and(|left| read_off(left, rest)))
    })
}

fn matches(text: &str, query: &str) -> bool {
    let (text, query) = (fold(text).to_string(), fold(query).to_string());
    let chars: Vec<char> = text.chars().collect();
    text.contains(&query) || (0..chars.len()).any(|start| read_off(&query, &chars[start..]))
}

/// What somebody could type who means a run of a name's characters.
fn typed(rng: &mut ChaCha8Rng, name: &str, how: u32) -> String {
    let chars: Vec<char> = fold(name).chars;
    let length = rng.random_range(1..=chars.len().min(4));
    let start = rng.random_range(0..=chars.len() - length);
    let run = &chars[start..start + length];
    let reading = |c: char, rng: &mut ChaCha8Rng| readings(c).choose(rng).cloned().unwrap_or_else(|| c.to_string());
    match how {
        // As it is written.
        0 => run.iter().collect(),
        1 => run.iter().take(1).collect(),
        2 => run.iter().take(2).collect(),
        // As it is read, the last reading perhaps not to its end.
        3 => run.iter().map(|c| reading(*c, rng)).collect(),
        4 => {
            let mut letters: Vec<char> =
                run.iter().flat_map(|c| reading(*c, rng).chars().collect::<Vec<_>>()).collect();
            letters.truncate(letters.len() - usize::from(letters.len() > 1 && letters[letters.len() - 1].is_ascii()));
            letters.into_iter().collect()
        }
        // By initials.
        5 => run.iter().filter_map(|c| reading(*c, rng).chars().next()).collect(),
        // In a mix, with blanks.
        _ => run
            .iter()
            .map(|c| match rng.random_range(0..3) {
                0 => c.to_string(),
                1 => format!("{} ", reading(*c, rng)),
                _ => reading(*c, rng).chars().take(1).collect(),
            })
            .collect(),
    }
}

#[test]
fn every_prospect_that_matches_is_found_by_any_reading_of_its_characters_and_no_other() {
    let mut rng = ChaCha8Rng::seed_from_u64(6);
    let town = town(&mut rng, 600);
    let mut list = Gazetteer::default();
    for (id, (name, address)) in &town {
        list.put(*id, name, address, Facts::default());
    }
    let names: Vec<_> = town.values().map(|(name, _)| name).collect();
    let (mut queries, mut found) = (BTreeSet::new(), 0);
    for n in 0..420 {
        let name = names.choose(&mut rng).expect("a town");
        let query = typed(&mut rng, name, n % 7);
        assert!(matches(name, &query), "{query} is meant to mean {name}");
        queries.insert(query);
    }
    assert!(queries.len() >= 200, "{} queries", queries.len());
    for query in &queries {
        let hits: BTreeSet<RecordId> = list.search(query, usize::MAX).iter().map(|hit| hit.prospect).collect();
        let expected: BTreeSet<RecordId> = town
            .iter()
            .filter(|(_, (name, address))| matches(name, query) || matches(address, query))
            .map(|(id, _)| *id)
            .collect();
        let missed: Vec<_> = expected.difference(&hits).map(|id| &town[id]).collect();
        let wrong: Vec<_> = hits.difference(&expected).map(|id| &town[id]).collect();
        assert!(missed.is_empty() && wrong.is_empty(), "{query}: missed {missed:?}, wrong {wrong:?}");
        found += hits.len();
    }
    assert!(found > 5_000, "{found} in all");
}

#[test]
fn a_character_with_several_readings_is_found_by_each() {
    let mut list = Gazetteer::default();
    let named = ["重庆里", "长乐坊", "行知苑", "单家弄", "曾园", "绿洲"];
    for (n, name) in (1..).zip(named) {
        list.put(RecordId::new(n, [0; 10]), name, "", Facts::default());
    }
    for (query, name) in [
        ("chongqing", "重庆里"),
        ("zhongqing", "重庆里"),
        ("changle", "长乐坊"),
        ("zhangyue", "长乐坊"),
        ("hangzhi", "行知苑"),
        ("xingzhi", "行知苑"),
        ("shanjia", "单家弄"),
        ("danjia", "单家弄"),
        ("chanj", "单家弄"),
        ("zengyuan", "曾园"),
        ("cengy", "曾园"),
        ("lvzhou", "绿洲"),
        ("luzhou", "绿洲"),
    ] {
        let first = list.search(query, 1).first().map(|hit| hit.prospect);
        let place = named.iter().position(|known| *known == name).and_then(|n| i64::try_from(n).ok()).expect("few");
        assert_eq!(first, Some(RecordId::new(place + 1, [0; 10])), "{query} for {name}");
    }
}

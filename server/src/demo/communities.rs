//! The demo's communities, made up from a seed. A city's own come in as an operator imports them.

use canvass_core::domain::prospect::Prospect;
use canvass_core::domain::{Bank, GeoPoint, Money, UnitId, UnitLevel};
use rand::RngExt;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;
use std::collections::HashMap;

/// A community and the sub-branch it is assigned to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Community {
    /// What is known of it.
    pub prospect: Prospect,
    /// The sub-branch.
    pub unit: UnitId,
}

/// Makes `per_unit` communities for each sub-branch, around its place in the city. No two share a name.
pub fn generate(rng: &mut ChaCha8Rng, bank: &Bank, per_unit: usize) -> Vec<Community> {
    let mut named: HashMap<String, u32> = HashMap::new();
    let mut communities = Vec::new();
    for unit in bank.units().filter(|unit| unit.level == UnitLevel::SubBranch) {
        let branch = unit.parent.as_ref().and_then(|parent| bank.unit(parent)).map(|branch| branch.name.as_str());
        let district = branch.map(|name| name.trim_end_matches("支行").to_owned());
        let area = unit.name.trim_end_matches("网点");
        let centre = around(rng, CENTRE, 1_200_000);
        for _ in 0..per_unit {
            let name = name(rng);
            let phase = named.entry(name.clone()).or_default();
            *phase += 1;
            let name = if *phase == 1 { name } else { format!("{name}{phase}期") };
            let address = Some(format!("{area}{}号", rng.random_range(1..1_500)));
            let prospect = Prospect {
                address,
                district: district.clone(),
                area: Some(area.to_owned()),
                ..facts(rng, name, centre)
            };
            communities.push(Community { prospect, unit: unit.id.clone() });
        }
    }
    communities
}

/// The centre of the made-up city, in 10⁻⁷ degree.
const CENTRE: (i64, i64) = (312_304_000, 1_214_737_000);

fn around(rng: &mut ChaCha8Rng, (lat, lon): (i64, i64), reach: i64) -> (i64, i64) {
    (lat + rng.random_range(-reach..=reach), lon + rng.random_range(-reach..=reach))
}

fn name(rng: &mut ChaCha8Rng) -> String {
    [FIRST.choose(rng), SECOND.choose(rng), KINDS.choose(rng)].into_iter().flatten().copied().collect()
}

/// A community of that name. Its fund is 2 % of what its homes of 90 m² cost when they were sold (`[case]`).
fn facts(rng: &mut ChaCha8Rng, name: String, centre: (i64, i64)) -> Prospect {
    let households = households(rng);
    let price = rng.random_range(50..=180) * 100;
    let (lat, lon) = around(rng, centre, 100_000);
    let fund = (households * 90 * price / 50) / 10_000 * 10_000;
    // A good address is better kept, and its owners organise sooner.
    let quality = rng.random_range(0..100) + if price > 12_000 { 20 } else { 0 };
    let committee = rng.random_range(0..100) + if households > 1_500 { 20 } else { 0 };
    let pick = |score, low, middle, (bad, fair, good): (&str, &str, &str)| {
        Some(if score < low {
            bad.to_owned()
        } else if score < middle {
            fair.to_owned()
        } else {
            good.to_owned()
        })
    };
    Prospect {
        place: GeoPoint::new(lat, lon, rng.random_range(4..80)).ok(),
        households: Some(households),
        fund_estimate: Money::from_yuan(fund).ok(),
        price_level: Money::from_yuan(price).ok(),
        management_quality: pick(quality, 20, 70, ("poor", "fair", "good")),
        owner_committee: pick(committee, 50, 75, ("none", "forming", "elected")),
        current_bank: rng.random_ratio(3, 4).then(|| other_bank(rng).to_owned()),
        ..Prospect::named(name)
    }
}

/// 200 to 6,000 households: each doubling is rarer than the one below, and alike within.
pub(super) fn households(rng: &mut ChaCha8Rng) -> i64 {
    match rng.random_range(0..100) {
        0..20 => rng.random_range(200..400),
        20..48 => rng.random_range(400..800),
        48..76 => rng.random_range(800..1_600),
        76..93 => rng.random_range(1_600..3_200),
        _ => rng.random_range(3_200..=6_000),
    }
}

/// Where a fund may lie before it is won; often still with the housing office.
pub(super) fn other_bank(rng: &mut ChaCha8Rng) -> &'static str {
    BANKS[rng.random_range(0..BANKS.len())]
}

const BANKS: [&str; 8] =
    ["房管局专户", "房管局专户", "建设银行", "工商银行", "交通银行", "招商银行", "浦发银行", "光大银行"];

const FIRST: [&str; 48] = [
    "银", "金", "翠", "紫", "碧", "枫", "梅", "兰", "竹", "海", "天", "康", "瑞", "安", "和", "华", "永", "新", "阳",
    "春", "秋", "云", "星", "月", "龙", "凤", "东", "南", "西", "北", "锦", "玉", "丽", "怡", "雅", "富", "荣", "盛",
    "嘉", "宝", "清", "绿", "蓝", "景", "世", "名", "博", "仁",
];

const SECOND: [&str; 32] = [
    "枫", "泰", "湖", "江", "河", "山", "桥", "林", "泉", "城", "都", "庭", "园", "景", "和", "安", "宁", "欣", "兴",
    "达", "丰", "润", "源", "茂", "港", "湾", "苑", "居", "轩", "岸", "峰", "岭",
];

const KINDS: [&str; 16] = [
    "家园", "花园", "苑", "公寓", "新村", "小区", "名邸", "雅苑", "嘉园", "新城", "华庭", "公馆", "里", "坊", "豪庭",
    "广场",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::bank;
    use canvass_core::domain::{Date, PhoneTime, prospect};
    use rand::SeedableRng;
    use std::collections::HashSet;

    fn made(seed: u64) -> (Bank, Vec<Community>) {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let bank = bank::generate(&mut rng, 80, Date::constant(2026, 3, 2)).expect("a bank").bank;
        let communities = generate(&mut rng, &bank, 30);
        (bank, communities)
    }

    #[test]
    fn the_same_seed_gives_the_same_communities_and_no_two_share_a_name() {
        let (_, communities) = made(7);
        assert_eq!(communities, made(7).1);
        assert_ne!(communities, made(8).1);
        let names: HashSet<_> = communities.iter().map(|community| &community.prospect.name).collect();
        assert_eq!(names.len(), communities.len());
    }

    #[test]
    fn every_sub_branch_has_its_communities_and_each_is_a_valid_prospect() {
        let (bank, communities) = made(1);
        let now = PhoneTime::from_millis(1_772_985_600_000).expect("in range");
        for unit in bank.units() {
            let here = communities.iter().filter(|community| community.unit == unit.id).count();
            assert_eq!(here, if unit.level == UnitLevel::SubBranch { 30 } else { 0 }, "{}", unit.name);
        }
        for Community { prospect, .. } in &communities {
            let fields = prospect.to_fields();
            prospect::KIND.check_new(&fields, now).expect("valid");
            assert_eq!(Prospect::read(&fields).as_ref(), Ok(prospect));
            assert!((200..=6_000).contains(&prospect.households.expect("counted")));
        }
    }

    #[test]
    fn a_middling_fund_is_about_20_million_yuan_and_a_large_one_over_100() {
        let (_, communities) = made(3);
        let mut funds: Vec<i64> = communities
            .iter()
            .filter_map(|community| community.prospect.fund_estimate)
            .map(|f| f.fen() / 100)
            .collect();
        assert_eq!(funds.len(), communities.len());
        funds.sort_unstable();
        let middle = funds[funds.len() / 2];
        assert!((15_000_000..=25_000_000).contains(&middle), "{middle}");
        assert!(funds.last().is_some_and(|largest| *largest > 100_000_000));
    }
}

//! The demo's communities: made up from a seed, or read from a city's file of communities and their prices.

use super::bank::area_unit;
use canvass_core::domain::prospect::{self, Prospect};
use canvass_core::domain::{Bank, GeoPoint, Invalid, Money, UnitId, UnitLevel, Value};
use rand::RngExt;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;
use std::collections::{HashMap, HashSet};
use std::io::{self, BufRead};
use std::path::{Path, PathBuf};

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

/// A city's file as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CityFile {
    /// District, area and community of every row kept, in the order of the file.
    pub communities: Vec<(String, String, Prospect)>,
    /// The districts with their areas, in the order of first appearance. An area's name may recur in another district.
    pub districts: Vec<(String, Vec<String>)>,
    /// Rows read, without the header: those kept and the duplicates.
    pub rows: usize,
    /// Rows left out because an earlier one is the same in every column.
    pub duplicates: usize,
}

impl CityFile {
    /// The communities with the sub-branches that [`super::bank::for_areas`] makes of [`CityFile::districts`].
    ///
    /// # Errors
    /// Only when there are too many districts or areas for a unit's code.
    pub fn assigned(&self) -> Result<Vec<Community>, Invalid> {
        let mut units: HashMap<(&str, &str), UnitId> = HashMap::new();
        for (d, (district, areas)) in self.districts.iter().enumerate() {
            for (a, area) in areas.iter().enumerate() {
                units.insert((district, area), area_unit(d, a)?);
            }
        }
        let of = |(district, area, prospect): &(String, String, Prospect)| {
            let unit = units.get(&(district.as_str(), area.as_str()))?.clone();
            Some(Community { prospect: prospect.clone(), unit })
        };
        Ok(self.communities.iter().filter_map(of).collect())
    }
}

/// Why a city's file cannot be used. Lines are counted from 1, the header being the first.
#[derive(Debug, thiserror::Error)]
pub enum CsvError {
    /// The file cannot be opened.
    #[error("{path} cannot be opened ({error}); check the path and the right to read it", path = path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// Reading failed midway.
    #[error("line {line}: reading failed ({error}); copy the file to a sound disk and try again")]
    Read {
        /// Where.
        line: usize,
        /// What the system says.
        error: io::Error,
    },
    /// There is no header, or no row below it.
    #[error("the file has no communities; it needs the header city_ch;date;district;area;xiaoqu;price;sale and rows")]
    Empty,
    /// The header lacks a column.
    #[error("line 1: there is no column {column}; the header must be city_ch;date;district;area;xiaoqu;price;sale")]
    MissingColumn {
        /// What is missing.
        column: &'static str,
    },
    /// A row has more or fewer columns than the header.
    #[error("line {line}: {found} columns instead of {expected}; part them by ; and use no ; within a name")]
    Ragged {
        /// Where.
        line: usize,
        /// Columns of the row.
        found: usize,
        /// Columns of the header.
        expected: usize,
    },
    /// A line is in another encoding.
    #[error("line {line}: not UTF-8; save the file as UTF-8 (iconv -f GB18030 -t UTF-8)")]
    NotUtf8 {
        /// Where.
        line: usize,
    },
    /// A price is no amount of yuan.
    #[error("line {line}: the price `{found}` is not a number; write whole yuan, and 0 if it is unknown")]
    Price {
        /// Where.
        line: usize,
        /// What stands there, shortened.
        found: String,
    },
    /// A district, area or community has no name.
    #[error("line {line}: {column} is empty; name it or delete the row")]
    Blank {
        /// Where.
        line: usize,
        /// Which column.
        column: &'static str,
    },
    /// A name is longer than its field allows.
    #[error("line {line}: {column} is too long ({reason}); shorten it")]
    Name {
        /// Where.
        line: usize,
        /// Which column.
        column: &'static str,
        /// What its field allows.
        reason: Invalid,
    },
}

/// Reads a city's file: UTF-8, columns parted by `;` and named in the header
/// `city_ch;date;district;area;xiaoqu;price;sale`, prices in whole yuan per square metre, 0 where unknown. Rows that are
/// the same in every column are read once; one name with differing rows stays as many communities.
///
/// # Errors
/// The first thing that is wrong, with its line and what to do.
pub fn read_csv(path: &Path) -> Result<CityFile, CsvError> {
    let file = std::fs::File::open(path).map_err(|error| CsvError::Open { path: path.to_owned(), error })?;
    read(io::BufReader::new(file))
}

/// [`read_csv`] from an open file.
pub(crate) fn read(reader: impl BufRead) -> Result<CityFile, CsvError> {
    let mut lines = Lines { reader, number: 0 };
    let header = lines.next_line()?.ok_or(CsvError::Empty)?;
    let header: Vec<&str> = header.trim_start_matches('\u{feff}').split(';').collect();
    let column =
        |column: &'static str| header.iter().position(|name| *name == column).ok_or(CsvError::MissingColumn { column });
    let (district, area, xiaoqu, price) = (column("district")?, column("area")?, column("xiaoqu")?, column("price")?);

    let mut city = CityFile { communities: Vec::new(), districts: Vec::new(), rows: 0, duplicates: 0 };
    let mut seen = HashSet::new();
    while let Some(text) = lines.next_line()? {
        let (line, row) = (lines.number, text.split(';').collect::<Vec<_>>());
        if row.len() != header.len() {
            return Err(CsvError::Ragged { line, found: row.len(), expected: header.len() });
        }
        let prospect = Prospect {
            district: Some(word(line, "district", "district", row[district])?),
            area: Some(word(line, "area", "area", row[area])?),
            price_level: yuan(line, row[price])?,
            ..Prospect::named(word(line, "xiaoqu", "name", row[xiaoqu])?)
        };
        city.rows += 1;
        if seen.insert(text.clone()) {
            city.add(row[district].trim(), row[area].trim(), prospect);
        } else {
            city.duplicates += 1;
        }
    }
    if city.rows == 0 { Err(CsvError::Empty) } else { Ok(city) }
}

impl CityFile {
    fn add(&mut self, district: &str, area: &str, prospect: Prospect) {
        let place = self.districts.iter().position(|(name, _)| name == district).unwrap_or_else(|| {
            self.districts.push((district.to_owned(), Vec::new()));
            self.districts.len() - 1
        });
        let areas = &mut self.districts[place].1;
        if !areas.iter().any(|name| name == area) {
            areas.push(area.to_owned());
        }
        self.communities.push((district.to_owned(), area.to_owned(), prospect));
    }
}

/// A file's lines that are not blank.
struct Lines<R> {
    reader: R,
    number: usize,
}

impl<R: BufRead> Lines<R> {
    fn next_line(&mut self) -> Result<Option<String>, CsvError> {
        loop {
            let (mut bytes, line) = (Vec::new(), self.number + 1);
            if self.reader.read_until(b'\n', &mut bytes).map_err(|error| CsvError::Read { line, error })? == 0 {
                return Ok(None);
            }
            self.number = line;
            let text = String::from_utf8(bytes).map_err(|_| CsvError::NotUtf8 { line })?;
            let text = text.trim_end_matches(['\r', '\n']);
            if !text.is_empty() {
                return Ok(Some(text.to_owned()));
            }
        }
    }
}

fn word(line: usize, column: &'static str, field: &str, text: &str) -> Result<String, CsvError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(CsvError::Blank { line, column });
    }
    if let Some(spec) = prospect::KIND.field(field) {
        spec.ty.check_shape(field, &Value::from(text)).map_err(|reason| CsvError::Name { line, column, reason })?;
    }
    Ok(text.to_owned())
}

fn yuan(line: usize, text: &str) -> Result<Option<Money>, CsvError> {
    let wrong = || CsvError::Price { line, found: text.chars().take(40).collect() };
    match text.trim().parse::<i64>().map_err(|_| wrong())? {
        0 => Ok(None),
        yuan => Money::from_yuan(yuan).map(Some).map_err(|_| wrong()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::bank;
    use canvass_core::domain::{Date, PhoneTime};
    use rand::SeedableRng;

    const HEADER: &str = "city_ch;date;district;area;xiaoqu;price;sale\n";

    fn made(seed: u64) -> (Bank, Vec<Community>) {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let bank = bank::generate(&mut rng, 80, Date::constant(2026, 3, 2)).expect("a bank").bank;
        let communities = generate(&mut rng, &bank, 30);
        (bank, communities)
    }

    fn rows(rows: &str) -> Result<CityFile, CsvError> {
        read(format!("{HEADER}{rows}").as_bytes())
    }

    fn complaint(rows: Result<CityFile, CsvError>) -> String {
        rows.expect_err("refused").to_string()
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

    #[test]
    fn rows_kept_and_duplicates_add_up_and_differing_rows_of_one_name_stay() {
        let city = rows(concat!(
            "上海;20181007;黄浦;五里桥;永业公寓;123050;10\r\n",
            "上海;20181007;黄浦;五里桥;永业公寓;123050;10\r\n",
            "上海;20181007;黄浦;五里桥;永业公寓;123050;11\n",
            "\n",
            "上海;20181007;徐汇;五里桥;汇龙新城;0;0",
        ))
        .expect("a city");
        assert_eq!((city.rows, city.duplicates, city.communities.len()), (4, 1, 3));
        assert_eq!(city.communities[0].2.price_level, Money::from_yuan(123_050).ok());
        assert_eq!(city.communities[2].2.price_level, None, "0 means unknown");
        assert_eq!(city.communities[2].2.name, "汇龙新城");
    }

    #[test]
    fn an_area_whose_name_recurs_in_another_district_has_a_sub_branch_there_too() {
        let city =
            rows("上海;1;黄浦;五里桥;甲;1;1\n上海;1;徐汇;漕河泾;乙;1;1\n上海;1;徐汇;五里桥;丙;1;1\n").expect("a city");
        let areas = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let districts =
            vec![("黄浦".to_owned(), areas(&["五里桥"])), ("徐汇".to_owned(), areas(&["漕河泾", "五里桥"]))];
        assert_eq!(city.districts, districts);
        let units: Vec<_> =
            city.assigned().expect("codes").iter().map(|community| community.unit.to_string()).collect();
        assert_eq!(units, ["D01-A01", "D02-A01", "D02-A02"]);
    }

    #[test]
    fn a_byte_order_mark_and_another_order_of_columns_are_read() {
        let city = read("\u{feff}price;xiaoqu;area;district\n9;甲;五里桥;黄浦\n".as_bytes()).expect("a city");
        assert_eq!(city.communities[0].0, "黄浦");
    }

    #[test]
    fn a_file_that_cannot_be_used_is_refused_with_its_line_and_what_to_do() {
        let good = "上海;1;黄浦;五里桥;甲;1;1\n";
        let cases = [
            (rows(&format!("{good}上海;1;黄浦;五里桥;乙\n")), "line 3: 5 columns instead of 7"),
            (rows(&format!("{good}\n上海;1;黄浦;五里桥;乙;about 9;1\n")), "line 4: the price `about 9`"),
            (rows("上海;1;黄浦;五里桥;甲;-5;1\n"), "line 2: the price `-5`"),
            (rows("上海;1;黄浦;五里桥;甲;99999999999999999;1\n"), "line 2: the price"),
            (rows("上海;1;黄浦;五里桥; ;1;1\n"), "line 2: xiaoqu is empty"),
            (rows(&format!("上海;1;黄浦;五里桥;{};1;1\n", "长".repeat(67))), "at most 200 bytes"),
            (rows(&format!("上海;1;{};五里桥;甲;1;1\n", "长".repeat(21))), "line 2: district is too long"),
            (rows(""), "no communities"),
            (read(&b""[..]), "no communities"),
            (read(&b"city_ch;date;district;area;price;sale\n"[..]), "no column xiaoqu"),
            (read(&b"district;area;xiaoqu;price\na;b;\xba\xba;1\n"[..]), "line 2: not UTF-8; save the file as UTF-8"),
            (read_csv(Path::new("no-such-file.csv")), "no-such-file.csv cannot be opened"),
        ];
        for (result, expected) in cases {
            let complaint = complaint(result);
            assert!(complaint.contains(expected), "{complaint} should contain {expected}");
            assert!(complaint.contains(';'), "{complaint} names no remedy");
        }
    }
}

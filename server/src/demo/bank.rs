//! The demo's bank: units, people with plausible names, and who holds which phone. The same seed gives the same bank.

use canvass_core::domain::{
    Bank, BankError, Date, Device, DeviceNumber, Invalid, Membership, Person, PersonId, Role, Unit, UnitId, UnitLevel,
};
use jiff::ToSpan;
use rand::RngExt;
use rand::seq::{IndexedRandom, SliceRandom};
use rand_chacha::ChaCha8Rng;

/// The fewest phones a demo can be played with: head office and three in the field.
pub const LEAST_PHONES: usize = 4;

/// One phone and whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhoneOwner {
    /// The phone's number, from 1 without gaps.
    pub device: DeviceNumber,
    /// Whose it is.
    pub person: PersonId,
    /// Where that person works.
    pub unit: UnitId,
    /// What that person may do.
    pub role: Role,
}

/// A bank and its phones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Staff {
    /// Units, people, memberships and devices.
    pub bank: Bank,
    /// Every phone by its number: head office, then branch leaders, then account managers.
    pub phones: Vec<PhoneOwner>,
}

/// Why no bank was made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StaffError {
    /// So few phones show nothing.
    #[error("{0} phones are too few for a demo; ask for at least {LEAST_PHONES}")]
    TooFewPhones(usize),
    /// There is nowhere to work.
    #[error("there is no district with an area in it; give a file with at least one community")]
    NoAreas,
    /// A code was not one. Codes come from counters, so this means far too many units or people.
    #[error(transparent)]
    Code(#[from] Invalid),
    /// The parts do not make a bank.
    #[error(transparent)]
    Bank(#[from] BankError),
}

/// One branch before it has people: its unit's code and name, and its sub-branches' names.
struct Plan {
    id: UnitId,
    name: String,
    sub_branches: Vec<(UnitId, String)>,
}

/// Makes a bank of 3 to 18 branches, about one for every 8 phones, each with 2 to 5 sub-branches. Everyone belongs to one
/// unit, from a year before `start`.
///
/// # Errors
/// When there are fewer than [`LEAST_PHONES`] phones.
pub fn generate(rng: &mut ChaCha8Rng, phones: usize, start: Date) -> Result<Staff, StaffError> {
    let branches = (phones / 8).clamp(3, BRANCHES.len());
    let managers = phones / branches;
    let mut names: Vec<String> =
        STREETS.iter().flat_map(|street| ["路", "街", "桥"].map(|kind| format!("{street}{kind}网点"))).collect();
    names.shuffle(rng);
    let mut names = names.into_iter();
    let mut plans = Vec::new();
    for (index, place) in BRANCHES.iter().take(branches).enumerate() {
        let id = format!("B{:02}", index + 1);
        let count = rng.random_range(2..=5).min((managers / 2).max(2));
        let mut sub_branches = Vec::new();
        for (number, name) in names.by_ref().take(count).enumerate() {
            sub_branches.push((format!("{id}-S{}", number + 1).parse()?, name));
        }
        plans.push(Plan { id: id.parse()?, name: format!("{place}支行"), sub_branches });
    }
    staff(rng, phones, start, plans)
}

/// Makes a bank that fits a city: each district is a branch (`D01`, 黄浦支行), each area a sub-branch (`D01-A03`,
/// 五里桥网点; see [`area_unit`]). Every sub-branch exists, with a phone or without. Phones go round the districts, and
/// within each round its areas, so that every district has one if there are enough.
///
/// # Errors
/// When there are fewer than [`LEAST_PHONES`] phones, or no areas.
pub fn for_areas(
    rng: &mut ChaCha8Rng,
    phones: usize,
    start: Date,
    areas: &[(String, Vec<String>)],
) -> Result<Staff, StaffError> {
    let mut plans = Vec::new();
    for (district, (name, areas)) in areas.iter().enumerate() {
        let mut sub_branches = Vec::new();
        for (area, name) in areas.iter().enumerate() {
            sub_branches.push((area_unit(district, area)?, format!("{name}网点")));
        }
        plans.push(Plan { id: format!("D{:02}", district + 1).parse()?, name: format!("{name}支行"), sub_branches });
    }
    staff(rng, phones, start, plans)
}

/// The sub-branch of an area, by the places of its district and of itself in their lists, from 0.
///
/// # Errors
/// Only for places beyond any list.
pub fn area_unit(district: usize, area: usize) -> Result<UnitId, Invalid> {
    format!("D{:02}-A{:02}", district + 1, area + 1).parse()
}

fn staff(rng: &mut ChaCha8Rng, phones: usize, start: Date, plans: Vec<Plan>) -> Result<Staff, StaffError> {
    if phones < LEAST_PHONES {
        return Err(StaffError::TooFewPhones(phones));
    }
    let staffed: Vec<&Plan> = plans.iter().filter(|plan| !plan.sub_branches.is_empty()).collect();
    if staffed.is_empty() {
        return Err(StaffError::NoAreas);
    }
    let head_office: UnitId = "HQ".parse()?;
    let mut hired = Hired { people: Vec::new(), memberships: Vec::new(), from: start.saturating_sub(1.year()) };
    let mut owners = vec![(hired.hire(rng, &head_office, Role::HeadOffice)?, head_office.clone(), Role::HeadOffice)];

    // Every branch has a leader, but managers come first when phones are scarce: each branch needs one in the field.
    let field = phones - 1;
    let leaders_phones = plans.len().min(field / 4).min(field.saturating_sub(staffed.len()));
    for (index, plan) in plans.iter().enumerate() {
        let leader = hired.hire(rng, &plan.id, Role::BranchLeader)?;
        if index < leaders_phones {
            owners.push((leader, plan.id.clone(), Role::BranchLeader));
        }
    }
    for turn in 0..field - leaders_phones {
        let plan = staffed[turn % staffed.len()];
        // Two to a sub-branch before the next one gets any: only colleagues can contradict each other.
        let (unit, _) = &plan.sub_branches[turn / staffed.len() / 2 % plan.sub_branches.len()];
        owners.push((hired.hire(rng, unit, Role::AccountManager)?, unit.clone(), Role::AccountManager));
    }

    let phones: Vec<PhoneOwner> = (1..)
        .zip(owners)
        .map(|(number, (person, unit, role))| PhoneOwner { device: DeviceNumber::new(number), person, unit, role })
        .collect();
    let devices = phones.iter().map(|phone| Device { number: phone.device, person: phone.person.clone() }).collect();
    let bank = Bank::new(units(head_office, plans), hired.people, hired.memberships, devices)?;
    Ok(Staff { bank, phones })
}

fn units(head_office: UnitId, plans: Vec<Plan>) -> Vec<Unit> {
    let unit = |id: UnitId, parent: Option<&UnitId>, level, name| Unit { id, parent: parent.cloned(), level, name };
    let mut units = vec![unit(head_office.clone(), None, UnitLevel::HeadOffice, "总行".to_owned())];
    for plan in plans {
        let below = plan.sub_branches.into_iter();
        units.extend(below.map(|(id, name)| unit(id, Some(&plan.id), UnitLevel::SubBranch, name)));
        units.push(unit(plan.id, Some(&head_office), UnitLevel::Branch, plan.name));
    }
    units
}

/// The people so far.
struct Hired {
    people: Vec<Person>,
    memberships: Vec<Membership>,
    from: Date,
}

impl Hired {
    fn hire(&mut self, rng: &mut ChaCha8Rng, unit: &UnitId, role: Role) -> Result<PersonId, Invalid> {
        let id: PersonId = format!("P{:04}", self.people.len() + 1).parse()?;
        self.people.push(Person { id: id.clone(), name: person_name(rng), roles: role.into() });
        self.memberships.push(Membership { person: id.clone(), unit: unit.clone(), from: self.from, until: None });
        Ok(id)
    }
}

fn person_name(rng: &mut ChaCha8Rng) -> String {
    let given = if rng.random_ratio(1, 4) { 1 } else { 2 };
    let mut name = surname(rng).to_owned();
    name.extend((0..given).filter_map(|_| GIVEN.choose(rng)));
    name
}

/// A surname, the common ones more often.
pub(super) fn surname(rng: &mut ChaCha8Rng) -> &'static str {
    let common = if rng.random_ratio(1, 2) { 10 } else { SURNAMES.len() };
    SURNAMES[rng.random_range(0..common)]
}

const SURNAMES: [&str; 44] = [
    "王", "李", "张", "刘", "陈", "杨", "黄", "赵", "吴", "周", "徐", "孙", "马", "朱", "胡", "林", "郭", "何", "高",
    "罗", "郑", "梁", "谢", "宋", "唐", "许", "邓", "冯", "韩", "曹", "曾", "彭", "萧", "蔡", "潘", "田", "董", "袁",
    "于", "余", "叶", "蒋", "杜", "欧阳",
];

const GIVEN: [char; 60] = [
    '伟', '芳', '娜', '敏', '静', '丽', '强', '磊', '军', '洋', '勇', '艳', '杰', '娟', '涛', '明', '超', '霞', '平',
    '刚', '桂', '英', '华', '玉', '兰', '红', '建', '国', '文', '志', '海', '波', '宁', '晨', '雪', '梅', '佳', '怡',
    '浩', '宇', '欣', '婷', '鹏', '飞', '慧', '琳', '俊', '峰', '春', '燕', '凯', '帆', '嘉', '蕾', '颖', '晓', '东',
    '晖', '瑞', '思',
];

const BRANCHES: [&str; 18] = [
    "东湖",
    "城南",
    "西关",
    "北苑",
    "滨江",
    "望京",
    "中关",
    "广安",
    "朝阳门",
    "新华",
    "金桥",
    "大兴",
    "丰台",
    "石景",
    "亚运",
    "长虹",
    "临港",
    "海淀桥",
];

const STREETS: [&str; 32] = [
    "建设", "人民", "解放", "中山", "和平", "胜利", "光明", "友谊", "文化", "学院", "科学", "体育", "工农", "青年",
    "民主", "团结", "振兴", "长安", "永定", "安定", "德胜", "宣武", "玉泉", "万寿", "双井", "三元", "劲松", "清河",
    "青云", "白石", "紫竹", "月坛",
];

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use std::collections::BTreeSet;

    const START: Date = Date::constant(2026, 3, 2);

    fn rng(seed: u64) -> ChaCha8Rng {
        ChaCha8Rng::seed_from_u64(seed)
    }

    fn city() -> Vec<(String, Vec<String>)> {
        let areas = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        vec![
            ("黄浦".to_owned(), areas(&["五里桥", "老西门", "打浦桥", "南京东路"])),
            ("徐汇".to_owned(), areas(&["徐家汇", "五里桥"])),
            ("崇明".to_owned(), areas(&["堡镇"])),
        ]
    }

    #[test]
    fn the_same_seed_gives_the_same_bank_and_another_seed_another() {
        assert_eq!(generate(&mut rng(7), 40, START), generate(&mut rng(7), 40, START));
        assert_ne!(generate(&mut rng(7), 40, START), generate(&mut rng(8), 40, START));
    }

    #[test]
    fn every_phone_has_one_owner_at_home_in_the_unit_it_names() {
        for phones in [4, 5, 9, 24, 80, 144, 400] {
            let staff = generate(&mut rng(1), phones, START).expect("a bank");
            assert_eq!(staff.phones.len(), phones);
            let people: BTreeSet<_> = staff.phones.iter().map(|phone| &phone.person).collect();
            assert_eq!(people.len(), phones, "one phone each");
            for (number, phone) in (1..).zip(&staff.phones) {
                assert_eq!(phone.device.get(), number);
                let holder = staff.bank.holder(phone.device).expect("enrolled");
                assert_eq!((&holder.id, holder.roles), (&phone.person, phone.role.into()));
                assert_eq!(staff.bank.home_unit(&phone.person, START), Some(&phone.unit));
            }
        }
    }

    #[test]
    fn a_bank_has_its_branches_each_with_a_leader_and_somebody_in_the_field() {
        for (phones, branches) in [(4, 3), (24, 3), (80, 10), (400, 18)] {
            let staff = generate(&mut rng(2), phones, START).expect("a bank");
            let found: Vec<_> = staff.bank.units().filter(|unit| unit.level == UnitLevel::Branch).collect();
            assert_eq!(found.len(), branches);
            for branch in found {
                let sub_branches = staff.bank.below(&branch.id).count() - 1;
                assert!((2..=5).contains(&sub_branches), "{}: {sub_branches}", branch.name);
                let leads = |m: &&Membership| m.unit == branch.id;
                assert_eq!(staff.bank.memberships().filter(leads).count(), 1);
                let here = |phone: &&PhoneOwner| {
                    phone.role == Role::AccountManager && staff.bank.is_within(&phone.unit, &branch.id)
                };
                assert!(staff.phones.iter().any(|phone| here(&phone)), "{} has no manager", branch.name);
            }
            let managers = staff.phones.iter().filter(|phone| phone.role == Role::AccountManager).count();
            assert!(managers * 2 > phones, "{managers} of {phones}");
            let names: BTreeSet<_> = staff.bank.units().map(|unit| &unit.name).collect();
            assert_eq!(names.len(), staff.bank.units().count(), "two units share a name");
        }
    }

    #[test]
    fn a_city_becomes_branches_and_sub_branches_and_areas_of_one_name_stay_apart() {
        let staff = for_areas(&mut rng(3), 5, START, &city()).expect("a bank");
        let name = |id: &str| staff.bank.unit(&id.parse().expect("id")).map(|unit| unit.name.as_str());
        assert_eq!(name("D01"), Some("黄浦支行"));
        assert_eq!(name("D01-A01"), Some("五里桥网点"));
        assert_eq!(name("D02-A02"), Some("五里桥网点"));
        assert_eq!(area_unit(1, 1).map(|id| id.to_string()), Ok("D02-A02".to_owned()));
        assert_eq!(staff.bank.units().count(), 1 + 3 + 7, "areas without a phone have a sub-branch too");
        for district in ["D01", "D02", "D03"] {
            let district = district.parse().expect("id");
            assert!(staff.phones.iter().any(|phone| staff.bank.is_within(&phone.unit, &district)), "{district}");
        }
    }

    #[test]
    fn too_few_phones_or_no_areas_are_refused_with_a_remedy() {
        assert_eq!(generate(&mut rng(1), 3, START), Err(StaffError::TooFewPhones(3)));
        assert_eq!(generate(&mut rng(1), 0, START), Err(StaffError::TooFewPhones(0)));
        assert_eq!(for_areas(&mut rng(1), 9, START, &[]), Err(StaffError::NoAreas));
        assert!(StaffError::TooFewPhones(3).to_string().contains("at least 4"));
    }
}

//! To which unit a row's prospect goes: as the mapping says, or by the names of the bank's units: a district is a branch's,
//! an area a sub-branch's below it.

use super::error::ImportError;
use super::mapping::Mapping;
use canvass_core::domain::{Bank, UnitId, UnitLevel};
use std::collections::HashMap;

/// What a unit's name may end in besides its place.
const ENDINGS: [&str; 6] = ["支行", "分行", "网点", "分理处", "营业部", "营业所"];

/// Which unit has which district and area.
#[derive(Debug, Clone)]
pub struct Assign {
    mapped: HashMap<String, UnitId>,
    branches: HashMap<String, Vec<UnitId>>,
    sub_branches: HashMap<(UnitId, String), Vec<UnitId>>,
    otherwise: Option<UnitId>,
}

impl Assign {
    /// By a mapping, and the names of a bank's units.
    ///
    /// # Errors
    /// When the mapping names a unit that the bank does not have.
    pub fn new(bank: &Bank, mapping: &Mapping) -> Result<Self, ImportError> {
        let known = |text: &String| -> Result<UnitId, ImportError> {
            let unit: UnitId = text.parse().map_err(|error| ImportError::Mapping(format!("{error}")))?;
            let known = bank.unit(&unit).is_some();
            let words = || format!("there is no unit {unit} in the bank; import the units first, or name another");
            known.then(|| unit.clone()).ok_or_else(|| ImportError::Mapping(words()))
        };
        let mut assign = Self {
            mapped: mapping
                .units
                .iter()
                .map(|(place, unit)| Ok((place.clone(), known(unit)?)))
                .collect::<Result<_, ImportError>>()?,
            branches: HashMap::new(),
            sub_branches: HashMap::new(),
            otherwise: mapping.unit.as_ref().map(known).transpose()?,
        };
        for unit in bank.units() {
            for place in places(&unit.name) {
                match (unit.level, &unit.parent) {
                    (UnitLevel::Branch, _) => assign.branches.entry(place).or_default().push(unit.id.clone()),
                    (UnitLevel::SubBranch, Some(parent)) => {
                        assign.sub_branches.entry((parent.clone(), place)).or_default().push(unit.id.clone());
                    }
                    _ => {}
                }
            }
        }
        Ok(assign)
    }

    /// The unit of a district and area.
    ///
    /// # Errors
    /// In words, when none or several can be meant.
    pub fn unit(&self, district: &str, area: &str) -> Result<UnitId, String> {
        if let Some(unit) = self.mapped.get(&format!("{district}/{area}")).or_else(|| self.mapped.get(district)) {
            return Ok(unit.clone());
        }
        match self.named(district, area) {
            Ok(unit) => Ok(unit),
            Err(words) => self.otherwise.clone().ok_or(words),
        }
    }

    fn named(&self, district: &str, area: &str) -> Result<UnitId, String> {
        const REMEDY: &str =
            "map it under [units] in a --mapping file, import its unit, or give a default with --unit ID";
        let one = |found: Option<&Vec<UnitId>>, what: String| match found.map(Vec::as_slice) {
            Some([unit]) => Ok(unit.clone()),
            Some([]) | None => Err(format!("no {what}; {REMEDY}")),
            Some(several) => Err(format!("{} units could be the {what}; {REMEDY}", several.len())),
        };
        let branch = one(self.branches.get(district), format!("branch is named after the district `{district}`"))?;
        let key = (branch, area.to_owned());
        let what = format!("sub-branch of {} is named after the area `{area}`", key.0);
        one(self.sub_branches.get(&key), what)
    }
}

/// The places a unit's name can stand for: the name itself, and without its ending.
fn places(name: &str) -> Vec<String> {
    let bare = ENDINGS.iter().find_map(|ending| name.strip_suffix(ending)).filter(|bare| !bare.is_empty());
    std::iter::once(name).chain(bare).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use canvass_core::domain::Unit;

    fn bank() -> Bank {
        let unit = |id: &str, parent: Option<&str>, level, name: &str| Unit {
            id: id.parse().expect("a unit"),
            parent: parent.map(|parent| parent.parse().expect("a unit")),
            level,
            name: name.to_owned(),
        };
        let units = vec![
            unit("HQ", None, UnitLevel::HeadOffice, "总行"),
            unit("B1", Some("HQ"), UnitLevel::Branch, "黄浦支行"),
            unit("B2", Some("HQ"), UnitLevel::Branch, "徐汇"),
            unit("S1", Some("B1"), UnitLevel::SubBranch, "五里桥网点"),
            unit("S2", Some("B2"), UnitLevel::SubBranch, "五里桥支行"),
            unit("S3", Some("B2"), UnitLevel::SubBranch, "漕河泾网点"),
            unit("S4", Some("B2"), UnitLevel::SubBranch, "漕河泾"),
        ];
        Bank::new(units, vec![], vec![], vec![]).expect("a bank")
    }

    fn unit(mapping: &Mapping, district: &str, area: &str) -> Result<String, String> {
        Assign::new(&bank(), mapping).expect("assigns").unit(district, area).map(|unit| unit.to_string())
    }

    #[test]
    fn a_district_is_its_branchs_and_an_area_its_sub_branchs_there() {
        let none = Mapping::default();
        assert_eq!(unit(&none, "黄浦", "五里桥"), Ok("S1".into()));
        assert_eq!(unit(&none, "徐汇", "五里桥"), Ok("S2".into()));
        for (district, area, words) in [
            ("静安", "五里桥", "no branch is named after the district `静安`"),
            ("黄浦", "老西门", "no sub-branch of B1 is named after the area `老西门`"),
            ("徐汇", "漕河泾", "2 units could be the sub-branch"),
        ] {
            let error = unit(&none, district, area).expect_err("unknown");
            assert!(error.contains(words) && error.contains("--unit"), "{error}");
        }
    }

    #[test]
    fn a_mapping_goes_before_names_and_a_default_comes_last() {
        let mut mapping = Mapping { unit: Some("HQ".into()), ..Mapping::default() };
        mapping.units.insert("徐汇".into(), "B2".into());
        mapping.units.insert("徐汇/漕河泾".into(), "S3".into());
        assert_eq!(unit(&mapping, "徐汇", "漕河泾"), Ok("S3".into()));
        assert_eq!(unit(&mapping, "徐汇", "五里桥"), Ok("B2".into()));
        assert_eq!(unit(&mapping, "黄浦", "五里桥"), Ok("S1".into()));
        assert_eq!(unit(&mapping, "静安", "曹家渡"), Ok("HQ".into()));
        mapping.unit = Some("B9".into());
        assert!(Assign::new(&bank(), &mapping).is_err_and(|error| error.to_string().contains("no unit B9")));
    }
}

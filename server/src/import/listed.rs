//! A row of a file of prospects: what it says, checked cell by cell, and the record that it means.

use super::assign::Assign;
use super::cells::Cells;
use super::error::ImportError;
use super::index::{Entry, digest, number};
use super::mapping::{Column, Found, Mapping};
use super::table::{Row, Table};
use crate::ingest::namesake;
use crate::ingest::{FromFile, merge};
use canvass_core::domain::{FieldName, Fields, GeoPoint, PhoneTime, RecordId, UnitId, Value, prospect};
use canvass_core::projection::fields_to_json;

pub(super) const COLUMNS: [Column; 13] = [
    Column::required("name", &["xiaoqu", "community", "名称", "小区", "小区名称"]),
    Column::required("district", &["区", "行政区", "区县"]),
    Column::required("area", &["板块", "街道", "商圈"]),
    Column::optional("price", &["均价", "单价"]),
    Column::optional("address", &["地址"]),
    Column::optional("households", &["户数"]),
    Column::optional("fund", &["维修资金"]),
    Column::optional("bank", &["现开户行"]),
    Column::optional("quality", &[]),
    Column::optional("committee", &[]),
    Column::optional("lat", &["latitude", "纬度"]),
    Column::optional("lon", &["longitude", "经度"]),
    Column::optional("note", &["备注"]),
];

/// The id of the `nth` record that an import makes of a district, area and name: from 0, more than one only where a file
/// listed differing rows of them.
pub fn record_id(district: &str, area: &str, name: &str, nth: u32) -> RecordId {
    let digest = digest(["prospect", district, area, name, &nth.to_string()]);
    let mut short = [0; 10];
    short.copy_from_slice(&digest[..10]);
    RecordId::derived(short)
}

/// Districts with their areas, in the order of first appearance.
pub type Areas = Vec<(String, Vec<String>)>;

/// The districts of a file with their areas.
///
/// # Errors
/// When the file cannot be read, or has no rows.
pub fn areas(table: &Table, mapping: &Mapping) -> Result<Areas, ImportError> {
    let found = mapping.find(table.header(), &COLUMNS)?;
    let mut areas = Areas::new();
    for row in table.rows()? {
        let row = row?;
        let cells = Cells { row: &row, found: &found };
        let (district, area) = (cells.required("district")?, cells.required("area")?);
        let place = areas.iter().position(|(name, _)| name == district).unwrap_or_else(|| {
            areas.push((district.to_owned(), Vec::new()));
            areas.len() - 1
        });
        if !areas[place].1.iter().any(|name| name == area) {
            areas[place].1.push(area.to_owned());
        }
    }
    if areas.is_empty() { Err(ImportError::Empty) } else { Ok(areas) }
}

/// A row that is sound.
pub(super) struct Listed {
    pub(super) entry: Entry,
    pub(super) name: String,
    pub(super) district: String,
    pub(super) area: String,
    pub(super) values: Fields,
    pub(super) unit: UnitId,
    pub(super) price_unknown: bool,
}

impl Listed {
    /// The id of its record, or of a further one.
    pub(super) fn id(&self, nth: u32) -> RecordId {
        record_id(&self.district, &self.area, &self.name, nth)
    }

    /// What the store is told of it.
    pub(super) fn told(&self, id: RecordId, twins: Vec<RecordId>) -> FromFile {
        FromFile {
            id,
            unit: self.unit.clone(),
            identity: named([
                ("name", Some(self.name.as_str().into())),
                ("district", Some(self.district.as_str().into())),
                ("area", Some(self.area.as_str().into())),
            ]),
            values: self.values.clone(),
            suspicious: suspicious(&self.name),
            twins,
        }
    }

    /// Its values as a record keeps them.
    pub(super) fn said(&self) -> String {
        fields_to_json(&self.values)
    }
}

fn named<const N: usize>(fields: [(&str, Option<Value>); N]) -> Fields {
    let present = fields.into_iter().filter_map(|(name, value)| Some((name.parse::<FieldName>().ok()?, value?)));
    present.collect()
}

/// Why a name is doubted, if it is.
pub(super) fn suspicious(name: &str) -> Option<&'static str> {
    let has = |words: &[&str]| words.iter().any(|word| name.contains(word));
    let numbered = |at: usize| name[..at].chars().next_back().is_some_and(|c| c.is_numeric());
    if has(&["失效", "无效", "作废"]) {
        Some("void")
    } else if has(&["商铺", "店铺", "底商", "门面", "商场", "商业类", "办公楼", "写字楼"]) {
        Some("shop")
    } else if name.match_indices('号').any(|(at, _)| numbered(at)) {
        Some("house-number")
    } else if has(&["测试"]) {
        Some("test")
    } else {
        None
    }
}

/// Reads rows.
pub(super) struct Reader {
    pub(super) found: Found,
    pub(super) assign: Assign,
    pub(super) now: PhoneTime,
}

impl Reader {
    /// Reads a row, or says what is wrong with it.
    pub(super) fn read(&self, row: &Row) -> Result<Listed, ImportError> {
        let cells = Cells { row, found: &self.found };
        let (name, district, area) = (cells.required("name")?, cells.required("district")?, cells.required("area")?);
        let price = cells.yuan("price")?;
        let text = |what| cells.text(what).map(|text| text.map(Into::into));
        let choice = |what: &str, options: &[canvass_core::domain::Choice]| {
            let Some(text) = cells.text(what)? else { return Ok(None) };
            let named = options.iter().find(|o| o.name == text || o.label.zh == text || o.label.en == text);
            let names: Vec<_> = options.iter().map(|option| option.name).collect();
            let named = named.ok_or_else(|| cells.wrong(what, text, &format!("write one of {}", names.join(", "))))?;
            Ok::<_, ImportError>(Some(Value::from(named.name)))
        };
        let (lat, lon) = (cells.degrees("lat", GeoPoint::LAT_MAX)?, cells.degrees("lon", GeoPoint::LON_MAX)?);
        if lat.is_some() != lon.is_some() {
            let words = "only one of lat and lon is given; give both or neither".to_owned();
            return Err(ImportError::Row { line: row.line, words });
        }
        let values = named([
            ("price_level", price.map(Into::into)),
            ("address", text("address")?),
            ("households", cells.count("households", 100_000)?.map(Into::into)),
            ("fund_estimate", cells.yuan("fund")?.map(Into::into)),
            ("current_bank", text("bank")?),
            ("management_quality", choice("quality", prospect::MANAGEMENT)?),
            ("owner_committee", choice("committee", prospect::COMMITTEE)?),
            ("place/lat", lat.map(Into::into)),
            ("place/lon", lon.map(Into::into)),
            ("note", text("note")?),
        ]);
        let unit = self.assign.unit(district, area).map_err(|words| ImportError::Row { line: row.line, words })?;
        let entry = Entry { line: row.line, row: number(&digest(row.cells())), namesake: namesake(district, name) };
        let [name, district, area] = [name, district, area].map(str::to_owned);
        let listed = Listed { entry, name, district, area, values, unit, price_unknown: price.is_none() };
        let new = merge(&listed.told(listed.id(0), Vec::new()), None).puts.unwrap_or_default();
        prospect::KIND.check_new(&new, self.now).map_err(|error| ImportError::Row {
            line: row.line,
            words: format!("{error}; shorten or mend the cell"),
        })?;
        Ok(listed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubtful_names_are_named_and_others_are_not() {
        let cases = [
            ("失效", Some("void")),
            ("车峰路452号(失效)", Some("void")),
            ("知雅汇(商铺)", Some("shop")),
            ("制造局后街24-28号", Some("house-number")),
            ("上海测试", Some("test")),
            ("瞿溪路937弄", None),
            ("北市场小区", None),
            ("一号公馆", None),
            ("军民新村", None),
        ];
        for (name, why) in cases {
            assert_eq!(suspicious(name), why, "{name}");
        }
    }

    #[test]
    fn a_place_and_name_have_the_same_id_everywhere_and_no_others_have_it() {
        let id = record_id("黄浦", "五里桥", "永业公寓", 0);
        assert_eq!(id.to_string(), record_id("黄浦", "五里桥", "永业公寓", 0).to_string());
        for other in [record_id("黄浦", "五里桥", "永业公寓", 1), record_id("黄浦五里桥", "", "永业公寓", 0)]
        {
            assert_ne!(id, other);
        }
        assert_eq!(RecordId::from_bytes(id.as_bytes()), Ok(id));
    }
}

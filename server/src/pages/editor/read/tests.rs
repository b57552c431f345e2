//! What a form comes to: nothing where nothing was touched, only what differs otherwise, and a remedy beside each input.

use super::*;
use crate::pages::editor::filled::Filled;
use canvass_core::domain::{Bank, PhoneTime, Unit, UnitLevel, Week};

fn week(text: &str) -> Week {
    text.parse().expect("a week")
}

fn bank() -> Bank {
    let unit = |id: &str, parent: Option<&str>, level| Unit {
        id: id.parse().expect("a unit"),
        parent: parent.map(|id| id.parse().expect("a unit")),
        level,
        name: id.to_owned(),
    };
    let units = vec![
        unit("H", None, UnitLevel::HeadOffice),
        unit("B1", Some("H"), UnitLevel::Branch),
        unit("B2", Some("H"), UnitLevel::Branch),
        unit("S1", Some("B1"), UnitLevel::SubBranch),
    ];
    Bank::new(units, vec![], vec![], vec![]).expect("a bank")
}

fn fields(pairs: &[(&str, Value)]) -> Fields {
    pairs.iter().map(|(name, value)| (name.parse().expect("a name"), value.clone())).collect()
}

/// A campaign that says something of everything, and a unit and a part that this page does not know.
fn base() -> Fields {
    fields(&[
        ("id", Value::Bytes(vec![1; 16])),
        ("name", "百日会战".into()),
        ("starts", "2026-03-02".into()),
        ("ends", "2026-05-31".into()),
        ("cutoff", 10_080.into()),
        ("unit/B1/in", true.into()),
        ("unit/GONE/in", true.into()),
        ("rule/2026-W10/target", 5.into()),
        ("rule/2026-W10/target_of/B2", 7.into()),
        ("rule/2026-W10/target_of/GONE", 7.into()),
        ("rule/2026-W10/points/fund", 1.into()),
        ("rule/2026-W10/per/fund", 100_000.into()),
        ("rule/2026-W10/cap/fund", 5_000_050.into()),
        ("rule/2026-W10/tier/1", 0.into()),
        ("rule/2026-W10/reward/1", 100_000.into()),
        ("rule/2026-W10/tie", "first".into()),
        ("rule/2026-W10/channel/on_site", true.into()),
        ("rule/2026-W10/late_days", 3.into()),
        ("rule/2026-W10/weather/rain", true.into()),
        ("rule/2026-W12/target", 6.into()),
        ("phase/a/name", "启动".into()),
        ("phase/a/starts", "2026-03-02".into()),
        ("training/a/name", "产品培训".into()),
        ("training/a/how", "video".into()),
        ("material/a/name", "折页".into()),
        ("news/2026-W12", "天通苑\n奥林匹克花园".into()),
    ])
}

/// What the form comes to when some inputs are changed; with nothing they are emptied.
fn changed(base: &Fields, from: &str, changes: &[(&str, &str)]) -> Read {
    let bank = bank();
    let now = PhoneTime::from_millis(1_773_800_000_000).expect("a time");
    let scope = Scope { bank: &bank, from: week(from), news: vec![week("2026-W12")], stamp: "5eed".into(), now };
    let filled = Filled::of(base, &scope).with(changes);
    read(&filled, base, &scope)
}

fn put(changes: &[(&str, &str)]) -> Vec<(String, Value)> {
    let read = changed(&base(), "2026-W12", changes);
    assert!(read.faults.is_empty(), "{:?}", read.faults);
    read.puts.iter().map(|(name, value)| (name.to_string(), value.clone())).collect()
}

fn one(name: &str, value: impl Into<Value>) -> (String, Value) {
    (name.to_owned(), value.into())
}

#[test]
fn a_form_that_nobody_touched_puts_nothing_in_any_week() {
    for from in ["2026-W10", "2026-W11", "2026-W12", "2026-W20"] {
        let read = changed(&base(), from, &[]);
        assert!(read.faults.is_empty() && read.puts.is_empty(), "{from}: {read:?}");
    }
}

#[test]
fn only_what_differs_from_the_version_in_force_is_put() {
    assert_eq!(put(&[("name", "百日会战二期")]), [one("name", "百日会战二期")]);
    assert_eq!(put(&[("rule/points/fund", "2")]), [one("rule/2026-W12/points/fund", 2)]);
    assert_eq!(put(&[("rule/target", "5")]), [one("rule/2026-W12/target", Value::Null)], "as it was before");
    assert_eq!(put(&[("rule/cap/fund", "60,000")]), [one("rule/2026-W12/cap/fund", 6_000_000)], "yuan on the page");
    assert_eq!(put(&[("rule/late_days", "")]), [one("rule/2026-W12/end/late_days", true)]);
    assert_eq!(put(&[("rule/channel/on_site", "")]), [one("rule/2026-W12/channel/on_site", false)]);
    assert_eq!(put(&[("rule/tie", "shared")]), [one("rule/2026-W12/tie", "shared")]);
    assert_eq!(put(&[("rule/credit", "recorder")]), [], "what holds anyway is not said");
    assert_eq!(put(&[("cutoff_day", "0"), ("cutoff_time", "10:30")]), [one("cutoff", 630)]);
    assert_eq!(put(&[("unit/B1", ""), ("unit/S1", "on")]), [one("unit/B1/in", false), one("unit/S1/in", true)]);
    assert_eq!(put(&[("all_branches", "on")]), [one("unit/B2/in", true)]);
    assert_eq!(put(&[("rule/target_of/B2", "")]), [one("rule/2026-W12/end/target_of/B2", true)]);
}

#[test]
fn tiers_and_rows_are_added_and_go_when_they_are_emptied() {
    assert_eq!(
        put(&[("rule/tier/new2", "20000"), ("rule/reward/new2", "3000.5")]),
        [one("rule/2026-W12/reward/2", 300_050), one("rule/2026-W12/tier/2", 2_000_000)]
    );
    assert_eq!(
        put(&[("rule/tier/1", ""), ("rule/reward/1", "")]),
        [one("rule/2026-W12/end/reward/1", true), one("rule/2026-W12/end/tier/1", true)]
    );
    assert_eq!(put(&[("phase/a/name", ""), ("phase/a/starts", "")]).len(), 2);
    let added = put(&[("material/new1/name", "海报"), ("material/new1/where", "内网")]);
    assert_eq!(added, [one("material/5eed1/name", "海报"), one("material/5eed1/where", "内网")]);
    assert_eq!(put(&[("news/2026-W12", "新消息")]), [one("news/2026-W12", "新消息")]);
}

#[test]
fn what_makes_no_sense_is_told_beside_its_input_in_both_languages() {
    for (input, typed, remedy, zh) in [
        ("name", "", "cannot be created without it", "请填写"),
        ("starts", "下周", "a date such as", "日期"),
        ("ends", "2026-03-01", "before the first day", "早于"),
        ("zone", "Mars", "an IANA name", "时区"),
        ("cutoff_time", "25:00", "a time of day", "时刻"),
        ("rule/target", "许多", "a number from", "整数"),
        ("rule/per/fund", "0", "more than 0", "大于"),
        ("rule/cap/fund", "-5", "yuan with at most two decimals", "金额"),
        ("rule/tie", "coin", "one of", "请选择"),
        ("rule/tier/new1", "0", "another tier", "相同"),
        ("rule/target_of/B1", "99999999", "a number from", "整数"),
        ("training/a/how", "telepathy", "one of", "请选择"),
    ] {
        let read = changed(&base(), "2026-W12", &[(input, typed)]);
        let told = read.faults.get(input).unwrap_or_else(|| panic!("{input}: {:?}", read.faults));
        assert!(told.en.contains(remedy) && told.zh.contains(zh), "{input}: {told:?}");
        assert_eq!(read.faults.len(), 1, "{input}: {:?}", read.faults);
    }
    for (changes, input) in [
        ([("rule/reward/new1", "5"), ("name", "x")], "rule/tier/new1"),
        ([("phase/new1/ends", "2026-03-05"), ("name", "x")], "phase/new1/name"),
        ([("phase/a/ends", "2026-03-01"), ("name", "x")], "phase/a/ends"),
    ] {
        assert!(changed(&base(), "2026-W12", &changes).faults.contains_key(input), "{input}");
    }
}

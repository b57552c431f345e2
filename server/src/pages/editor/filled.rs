//! What stands in the editor's form, by the names of its inputs: as the record has it, as it was sent, and how the two come
//! together when somebody else edited the record meanwhile.

use crate::pages::form::Sent;
use canvass_core::domain::campaign::{self, Metric, in_force, tier_numbers, versions};
use canvass_core::domain::outcome::Product;
use canvass_core::domain::{Bank, Date, Fields, Money, PhoneTime, Unit, UnitLevel, Value, Week, Zone};
use std::collections::{BTreeMap, BTreeSet};

/// What the form is about.
pub(super) struct Scope<'a> {
    pub(super) bank: &'a Bank,
    /// The week from which the rules shown hold.
    pub(super) from: Week,
    /// The weeks whose news are shown.
    pub(super) news: Vec<Week>,
    /// What new rows are called by, so that a form sent twice adds them once: it follows from what was seen.
    pub(super) stamp: String,
    pub(super) now: PhoneTime,
}

impl Scope<'_> {
    /// The units that can take part, in the order of their codes.
    pub(super) fn units(&self) -> impl Iterator<Item = &Unit> {
        self.bank.units().filter(|unit| unit.level != UnitLevel::HeadOffice)
    }
}

/// Fields that the form shows as they are.
pub(super) const PLAIN: [&str; 8] = [
    "name",
    "starts",
    "ends",
    "zone",
    "target_weight/size",
    "target_weight/grade",
    "target_weight/managed",
    "target_weight/ring",
];

/// Parts of a version that are chosen, and what holds where nothing is said.
pub(super) const CHOSEN: [(&str, &str); 3] = [("tie", "shared"), ("credit", "recorder"), ("untrusted", "count")];

/// How many empty rows follow those that the tiers have, or a list.
pub(super) const NEW_ROWS: usize = 3;

/// What a form carries beside its inputs.
const CARRIED: [&str; 8] = ["form", "lang", "do", "campaign", "new", "heads", "seen", "from"];

/// What stands in the inputs; one that is empty, or not ticked, is not there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Filled(BTreeMap<String, String>);

impl Filled {
    /// What was sent.
    pub(super) fn sent(sent: &Sent) -> Self {
        let mut filled = Self::default();
        for (name, text) in sent.all().filter(|(name, _)| !CARRIED.contains(name) && !name.starts_with("settle/")) {
            filled.put(name, text.replace("\r\n", "\n"));
        }
        filled
    }

    /// What a record says, with the rules that hold in the week shown.
    pub(super) fn of(fields: &Fields, scope: &Scope<'_>) -> Self {
        let mut filled = Self::default();
        for name in PLAIN {
            filled.put(name, fields.get(name).map_or(String::new(), plain));
        }
        if !filled.has("zone") {
            filled.put("zone", Zone::china().name().to_owned());
        }
        let cutoff = fields.int("cutoff").unwrap_or(campaign::CUTOFF).clamp(0, 10_080);
        // The week's very end is Sunday at 24:00.
        let day = (cutoff / 1440).min(6);
        filled.put("cutoff_day", day.to_string());
        filled.put("cutoff_time", format!("{:02}:{:02}", (cutoff - day * 1440) / 60, cutoff % 60));
        let taking_part = campaign::units(fields);
        for unit in scope.units().filter(|unit| taking_part.contains(&unit.id)) {
            filled.put(&format!("unit/{}", unit.id), "on".to_owned());
        }
        for (part, default) in CHOSEN {
            filled.put(&format!("rule/{part}"), default.to_owned());
        }
        let versions = versions(fields);
        for (key, value) in in_force(&versions, scope.from) {
            let foreign =
                key.strip_prefix("target_of/").is_some_and(|unit| !scope.units().any(|it| it.id.as_str() == unit));
            if !foreign {
                filled.put(&format!("rule/{key}"), rule(key, value));
            }
        }
        let shown = |name: &str| ["phase/", "training/", "material/"].iter().any(|set| name.starts_with(set));
        for (name, value) in fields.iter().filter(|(name, _)| shown(name.as_str())) {
            filled.put(name.as_str(), plain(value));
        }
        for week in &scope.news {
            let name = format!("news/{week}");
            filled.put(&name, fields.get(&name).map_or(String::new(), plain));
        }
        filled
    }

    fn put(&mut self, name: &str, text: String) {
        if !text.trim().is_empty() {
            self.0.insert(name.to_owned(), text);
        }
    }

    /// The same with some inputs changed.
    #[cfg(test)]
    pub(super) fn with(mut self, changes: &[(&str, &str)]) -> Self {
        for (name, text) in changes {
            self.0.remove(*name);
            self.put(name, (*text).to_owned());
        }
        self
    }

    /// What stands in an input.
    pub(super) fn text(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    /// Whether anything does.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// The first day, if it can be read.
    pub(super) fn starts(&self) -> Option<Date> {
        canvass_core::domain::date_from_text(self.text("starts").trim()).ok()
    }

    /// What was typed over what was seen, put over what stands there now; and which inputs stand otherwise now than they were
    /// seen, with what stands there now.
    pub(super) fn over(&self, seen: &Self, now: &Self) -> (Self, BTreeMap<String, String>) {
        let names: BTreeSet<&String> = self.0.keys().chain(seen.0.keys()).chain(now.0.keys()).collect();
        let (mut merged, mut meanwhile) = (Self::default(), BTreeMap::new());
        for name in names {
            let (typed, was, is) = (self.text(name), seen.text(name), now.text(name));
            let alike = |a: &str, b: &str| a.trim() == b.trim();
            merged.put(name, (if alike(typed, was) { is } else { typed }).to_owned());
            if !alike(was, is) && !alike(typed, is) {
                meanwhile.insert(name.clone(), is.to_owned());
            }
        }
        (merged, meanwhile)
    }
}

/// The tiers that a form shows rows for: those in force, by their numbers.
pub(super) fn tiers(fields: &Fields, from: Week) -> Vec<u32> {
    let versions = versions(fields);
    let keys = in_force(&versions, from);
    let is = |number: &u32| ["tier", "reward"].iter().any(|set| keys.contains_key(&*format!("{set}/{number}")));
    tier_numbers(&versions).into_iter().filter(is).collect()
}

/// Whether a part of a version is an amount, which people type in yuan.
pub(super) fn is_money(key: &str) -> bool {
    match key.split_once('/') {
        Some(("per" | "cap", metric)) => Metric::named(metric).is_some_and(Metric::is_money),
        Some(("least", product)) => product != Product::Cards.name(),
        Some(("tier" | "reward", _)) => true,
        _ => false,
    }
}

fn rule(key: &str, value: &Value) -> String {
    match value {
        Value::Int(fen) if is_money(key) => Money::from_fen(*fen).map_or_else(|_| fen.to_string(), yuan),
        value => plain(value),
    }
}

/// Yuan as people type them.
fn yuan(money: Money) -> String {
    let text = money.to_string();
    text.strip_suffix(".00").map_or(text.clone(), str::to_owned)
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null | Value::Bool(false) => String::new(),
        Value::Bool(true) => "on".to_owned(),
        value => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(pairs: &[(&str, &str)]) -> Filled {
        let mut filled = Filled::default();
        pairs.iter().for_each(|(name, text)| filled.put(name, (*text).to_owned()));
        filled
    }

    #[test]
    fn what_somebody_else_changed_stays_and_what_was_typed_is_not_lost() {
        let seen = filled(&[("name", "百日"), ("rule/target", "5"), ("unit/B1", "on"), ("zone", "Asia/Shanghai")]);
        let typed = filled(&[("name", "百日会战"), ("rule/target", "5"), ("zone", "Asia/Shanghai")]);
        let now = filled(&[("name", "秋季"), ("rule/target", "6"), ("unit/B1", "on"), ("zone", "Asia/Shanghai")]);
        let (merged, meanwhile) = typed.over(&seen, &now);
        assert_eq!(merged, filled(&[("name", "百日会战"), ("rule/target", "6"), ("zone", "Asia/Shanghai")]));
        let told: Vec<_> = meanwhile.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        assert_eq!(told, [("name", "秋季"), ("rule/target", "6")]);
        assert_eq!(typed.over(&seen, &seen), (typed, BTreeMap::new()));
    }

    #[test]
    fn amounts_stand_in_yuan_as_they_are_typed() {
        assert_eq!(rule("tier/2", &Value::Int(2_000_000)), "20000");
        assert_eq!(rule("cap/fund", &Value::Int(50)), "0.50");
        assert_eq!(rule("cap/visits", &Value::Int(50)), "50");
        assert_eq!(rule("least/cards", &Value::Int(50)), "50");
    }
}

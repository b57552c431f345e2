//! What was typed into the editor's form, as fields to put: only those that differ, each input that makes no sense with its
//! remedy. Pure: what it comes to follows from the form, the record as it was seen, and the bank.

use super::filled::{CHOSEN, Filled, NEW_ROWS, PLAIN, Scope, is_money, tiers};
use super::words;
use canvass_core::domain::campaign::{
    self, KIND, Metric, Versions, materials, phases, puts_for, said_in, tier_numbers, training, versions,
};
use canvass_core::domain::outcome::PRODUCT;
use canvass_core::domain::visit::CHANNEL;
use canvass_core::domain::{FieldSpec, FieldType, Fields, Label, UnitLevel, Value, Words, Zone};
use std::collections::{BTreeMap, BTreeSet};

/// What a form came to.
#[derive(Debug, Default)]
pub(super) struct Read {
    /// What is to be put.
    pub(super) puts: Fields,
    /// What is wrong, by the inputs' names.
    pub(super) faults: BTreeMap<String, Words>,
}

/// Reads a form over the record as it was seen.
pub(super) fn read(filled: &Filled, base: &Fields, scope: &Scope<'_>) -> Read {
    let mut reading = Reading { filled, base, versions: versions(base), scope, read: Read::default() };
    reading.calendar();
    reading.units();
    reading.rules();
    reading.tiers();
    reading.rows("phase", &["name", "starts", "ends"], phases(base).into_iter().map(|one| one.key).collect());
    reading.rows("training", &["name", "on", "how"], training(base).into_iter().map(|one| one.key).collect());
    reading.rows("material", &["name", "where"], materials(base).into_iter().map(|one| one.key).collect());
    for week in &scope.news {
        let name = format!("news/{week}");
        if let Some(value) = reading.typed(&name, &name) {
            reading.put(&name, value);
        }
    }
    reading.read
}

struct Reading<'a> {
    filled: &'a Filled,
    base: &'a Fields,
    /// The versions of its rules, as they were seen.
    versions: Versions,
    scope: &'a Scope<'a>,
    read: Read,
}

impl Reading<'_> {
    fn fault(&mut self, input: &str, words: Label) {
        let words = Words { zh: words.zh.to_owned(), en: words.en.to_owned() };
        self.read.faults.entry(input.to_owned()).or_insert(words);
    }

    /// What was typed into an input, as the value of a field; nothing if it makes no sense, which is noted.
    fn typed(&mut self, input: &str, name: &str) -> Option<Value> {
        let spec = KIND.field(name)?;
        self.typed_as(input, name, spec)
    }

    fn typed_as(&mut self, input: &str, name: &str, spec: &FieldSpec) -> Option<Value> {
        match spec.typed(name, self.filled.text(input), self.scope.now) {
            Ok(value) => Some(value),
            Err(error) => {
                self.read.faults.insert(input.to_owned(), error.beside());
                None
            }
        }
    }

    fn put(&mut self, name: &str, value: Value) {
        if self.base.get(name).unwrap_or(&Value::Null) != &value
            && let Ok(name) = name.parse()
        {
            self.read.puts.put(name, value);
        }
    }

    fn calendar(&mut self) {
        for name in PLAIN {
            let Some(value) = self.typed(name, name) else { continue };
            let unsaid = name == "zone" && value == Value::from(Zone::china().name());
            if !unsaid || !matches!(self.base.get("zone"), None | Some(Value::Null)) {
                self.put(name, value);
            }
        }
        self.in_order("starts", "ends");
        let day: Option<i64> = self.filled.text("cutoff_day").parse().ok().filter(|day| (0..7).contains(day));
        match day.zip(minutes(self.filled.text("cutoff_time"))) {
            None => self.fault("cutoff_time", words::CUTOFF_WRONG),
            Some((day, minutes)) => {
                let cutoff = day * 1440 + minutes;
                if self.base.int("cutoff").unwrap_or(campaign::CUTOFF) != cutoff {
                    self.put("cutoff", cutoff.into());
                }
            }
        }
    }

    /// Of two days that can both be read, the later one comes second.
    fn in_order(&mut self, first: &str, last: &str) {
        let day = |input: &str| canvass_core::domain::date_from_text(self.filled.text(input).trim()).ok();
        if day(first).zip(day(last)).is_some_and(|(first, last)| last < first) {
            self.fault(last, words::ENDS_BEFORE);
        }
    }

    fn units(&mut self) {
        let known = campaign::units(self.base);
        let all_branches = self.filled.has("all_branches");
        for unit in self.scope.units() {
            let ticked =
                self.filled.has(&format!("unit/{}", unit.id)) || all_branches && unit.level == UnitLevel::Branch;
            if ticked != known.contains(&unit.id) {
                self.put(&format!("unit/{}/in", unit.id), ticked.into());
            }
        }
    }

    fn rules(&mut self) {
        let mut keys = vec!["target".to_owned(), "minutes".to_owned(), "late_days".to_owned()];
        keys.extend(
            ["points", "per", "cap"].iter().flat_map(|part| Metric::ALL.map(|one| format!("{part}/{}", one.name()))),
        );
        keys.extend(PRODUCT.iter().map(|product| format!("least/{}", product.name)));
        keys.extend(self.scope.units().map(|unit| format!("target_of/{}", unit.id)));
        for key in keys {
            let input = format!("rule/{key}");
            if let Some(value) = self.part(&input, &key) {
                self.say(&key, &value);
            }
        }
        for (key, default) in CHOSEN {
            let unsaid = self.filled.text(&format!("rule/{key}")) == default && !self.said_before(key);
            let value = if unsaid { Some(Value::Null) } else { self.part(&format!("rule/{key}"), key) };
            if let Some(value) = value {
                self.say(key, &value);
            }
        }
        for channel in CHANNEL {
            let key = format!("channel/{}", channel.name);
            let ticked = self.filled.has(&format!("rule/{key}"));
            let value = if ticked || self.said_before(&key) { ticked.into() } else { Value::Null };
            self.say(&key, &value);
        }
    }

    /// What was typed for a part of the version; amounts in yuan.
    fn part(&mut self, input: &str, key: &str) -> Option<Value> {
        let name = format!("rule/{}/{key}", self.scope.from);
        let spec = *KIND.field(&name)?;
        let spec = if is_money(key) { FieldSpec { ty: FieldType::Money, ..spec } } else { spec };
        let value = self.typed_as(input, &name, &spec)?;
        if key.starts_with("per/") && value == Value::Int(0) {
            self.fault(input, words::ABOVE_ZERO);
            return None;
        }
        Some(value)
    }

    /// Whether an earlier version says something of a part, so that this one has to say it otherwise.
    fn said_before(&self, key: &str) -> bool {
        said_in(&self.versions, self.scope.from.previous(), key).is_some()
    }

    /// Lets a part come to a value from the week on.
    fn say(&mut self, key: &str, value: &Value) {
        let puts = puts_for(&self.versions, self.scope.from, key, value);
        self.read.puts.extend(puts);
    }

    fn tiers(&mut self) {
        let mut next = tier_numbers(&self.versions).last().map_or(1, |last| last.saturating_add(1));
        let rows = tiers(self.base, self.scope.from).into_iter().map(|number| (number.to_string(), Some(number)));
        let rows: Vec<_> = rows.chain((1..=NEW_ROWS).map(|n| (format!("new{n}"), None))).collect();
        let mut begun = BTreeSet::new();
        for (row, number) in rows {
            let (tier, reward) = (format!("rule/tier/{row}"), format!("rule/reward/{row}"));
            if number.is_none() && !self.filled.has(&tier) && !self.filled.has(&reward) {
                continue;
            }
            let number = number.unwrap_or(next);
            next = next.max(number.saturating_add(1));
            let from = self.part(&tier, &format!("tier/{number}"));
            let rewarded = self.part(&reward, &format!("reward/{number}"));
            let (Some(from), Some(rewarded)) = (from, rewarded) else { continue };
            if from == Value::Null && rewarded != Value::Null {
                self.fault(&tier, words::TIER_NEEDS_FROM);
            } else if from != Value::Null && !begun.insert(from.clone()) {
                self.fault(&tier, words::TIER_TWICE);
            }
            self.say(&format!("tier/{number}"), &from);
            self.say(&format!("reward/{number}"), &rewarded);
        }
    }

    /// The rows of a list: those that the record has, and new ones. A row that was emptied goes.
    fn rows(&mut self, set: &str, parts: &[&str], keys: Vec<String>) {
        let fresh = |n: usize| {
            let key = format!("{}{n}", self.scope.stamp);
            if keys.contains(&key) { format!("{key}x") } else { key }
        };
        let new: Vec<_> = (1..=NEW_ROWS).map(|n| (format!("new{n}"), fresh(n))).collect();
        let rows: Vec<_> = keys.into_iter().map(|key| (key.clone(), key)).chain(new).collect();
        for (row, key) in rows {
            let input = |part: &str| format!("{set}/{row}/{part}");
            let said = parts.iter().any(|part| self.filled.has(&input(part)));
            if said && !self.filled.has(&input("name")) {
                self.fault(&input("name"), words::NAME_NEEDED);
            }
            for part in parts {
                if let Some(value) = self.typed(&input(part), &format!("{set}/{key}/{part}")) {
                    self.put(&format!("{set}/{key}/{part}"), value);
                }
            }
            if parts.contains(&"ends") {
                self.in_order(&input("starts"), &input("ends"));
            }
        }
    }
}

/// A time of day such as `10:00`, in minutes; up to `24:00`.
fn minutes(text: &str) -> Option<i64> {
    let (hours, minutes) = text.trim().split_once([':', '：'])?;
    let digits = |text: &str| (1..=2).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(hours) || !digits(minutes) {
        return None;
    }
    let (hours, minutes): (i64, i64) = (hours.parse().ok()?, minutes.parse().ok()?);
    (minutes < 60 && hours * 60 + minutes <= 1440).then_some(hours * 60 + minutes)
}

#[cfg(test)]
mod tests;

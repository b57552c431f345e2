//! Versions of a campaign's rules: what each says, key by key, and from which week on it holds. A key that a version says
//! nothing of is as the version before has it; one that it ends (`end/<key>`) is as if nobody had ever set it.

use super::{FieldName, Fields, Value, Week};
use std::collections::{BTreeMap, BTreeSet};

/// What each version says, by the week from which it holds: key within the version, and value.
pub type Versions = BTreeMap<Week, BTreeMap<String, Value>>;

/// How the name of a key that ends begins.
const END: &str = "end/";

/// Every version that a record's fields have.
pub fn versions(fields: &Fields) -> Versions {
    let mut versions = Versions::new();
    for (name, value) in fields.iter().filter(|(_, value)| **value != Value::Null) {
        if let Some((week, key)) = name.as_str().strip_prefix("rule/").and_then(|rest| rest.split_once('/'))
            && let Ok(week) = week.parse()
        {
            versions.entry(week).or_default().insert(key.to_owned(), value.clone());
        }
    }
    versions
}

/// What holds in a week: each key as the latest version up to then has it, without those that a version ended. Where one
/// version both sets a key and ends it, as two people can at the same time, it is set.
pub fn in_force(versions: &Versions, week: Week) -> BTreeMap<&str, &Value> {
    let mut keys: BTreeMap<&str, &Value> = BTreeMap::new();
    for version in versions.range(..=week).map(|(_, version)| version) {
        for (key, value) in version {
            if let (Some(ended), Value::Bool(true)) = (key.strip_prefix(END), value) {
                keys.remove(ended);
            }
        }
        let said = version.iter().filter(|(key, _)| !key.starts_with(END));
        keys.extend(said.map(|(key, value)| (key.as_str(), value)));
    }
    keys
}

/// What holds of one key in a week, as [`in_force`] has it.
pub fn said_in<'a>(versions: &'a Versions, week: Week, key: &str) -> Option<&'a Value> {
    let end = format!("{END}{key}");
    let saying = versions.range(..=week).rev().map(|(_, version)| version);
    let mut saying =
        saying.filter(|version| version.contains_key(key) || version.get(&end) == Some(&Value::Bool(true)));
    saying.next()?.get(key)
}

/// What has to be put so that a key comes to a value from a week on, or to nothing with [`Value::Null`]: only what differs
/// from the version in force before is said by the week's own. Names that no field can have are passed over.
pub fn puts_for(versions: &Versions, week: Week, key: &str, value: &Value) -> Fields {
    // What holds already needs no saying, however it came to hold.
    if said_in(versions, week, key) == Some(value).filter(|value| **value != Value::Null) {
        return Fields::new();
    }
    let empty = BTreeMap::new();
    let own = versions.get(&week).unwrap_or(&empty);
    let before = said_in(versions, week.previous(), key);
    let end = format!("{END}{key}");
    let (says, ends) = match (value, before) {
        (Value::Null, None) => (Value::Null, Value::Null),
        (Value::Null, Some(_)) => (Value::Null, Value::Bool(true)),
        (value, before) if before == Some(value) => (Value::Null, Value::Null),
        (value, _) => (value.clone(), Value::Null),
    };
    let mut puts = Fields::new();
    for (key, value) in [(key, says), (&*end, ends)] {
        if own.get(key).unwrap_or(&Value::Null) != &value
            && let Ok(name) = format!("rule/{week}/{key}").parse::<FieldName>()
        {
            puts.put(name, value);
        }
    }
    puts
}

/// The numbers that any version gave to a tier, also one that ended: a new tier takes none of them.
pub fn tier_numbers(versions: &Versions) -> BTreeSet<u32> {
    let keys = versions.values().flatten().map(|(key, _)| key.strip_prefix(END).unwrap_or(key));
    keys.filter_map(|key| key.strip_prefix("tier/").or(key.strip_prefix("reward/"))?.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn week(text: &str) -> Week {
        text.parse().expect("a week")
    }

    fn fields(pairs: &[(&str, Value)]) -> Fields {
        pairs.iter().map(|(name, value)| (name.parse().expect("a name"), value.clone())).collect()
    }

    fn said(puts: &Fields) -> Vec<(String, Value)> {
        puts.iter().map(|(name, value)| (name.to_string(), value.clone())).collect()
    }

    #[test]
    fn a_version_says_only_what_differs_and_can_end_what_an_earlier_one_said() {
        let versions = versions(&fields(&[
            ("rule/2026-W10/cap/visits", 40.into()),
            ("rule/2026-W10/target", 5.into()),
            ("rule/2026-W12/target", 6.into()),
            ("rule/2026-W12/end/cap/visits", true.into()),
        ]));
        assert_eq!(in_force(&versions, week("2026-W11")).get("cap/visits"), Some(&&Value::Int(40)));
        assert_eq!(in_force(&versions, week("2026-W12")).get("cap/visits"), None);
        let puts = |from: &str, key: &str, value: Value| said(&puts_for(&versions, week(from), key, &value));
        let put = |name: &str, value: Value| (name.to_owned(), value);
        assert_eq!(puts("2026-W12", "target", 6.into()), []);
        assert_eq!(puts("2026-W12", "target", 7.into()), [put("rule/2026-W12/target", 7.into())]);
        assert_eq!(puts("2026-W12", "target", 5.into()), [put("rule/2026-W12/target", Value::Null)], "as before");
        assert_eq!(puts("2026-W13", "target", 6.into()), []);
        assert_eq!(
            puts("2026-W12", "target", Value::Null),
            [put("rule/2026-W12/end/target", true.into()), put("rule/2026-W12/target", Value::Null)]
        );
        assert_eq!(
            puts("2026-W12", "cap/visits", 30.into()),
            [put("rule/2026-W12/cap/visits", 30.into()), put("rule/2026-W12/end/cap/visits", Value::Null)]
        );
        assert_eq!(puts("2026-W12", "cap/visits", Value::Null), []);
        assert_eq!(puts("2026-W10", "cap/visits", Value::Null), [put("rule/2026-W10/cap/visits", Value::Null)]);
        assert_eq!(puts("2026-W12", "minutes", Value::Null), [], "what nobody ever said needs no end");
    }

    #[test]
    fn what_is_put_comes_to_what_was_asked_for_whatever_stood_there() {
        let mut base = Fields::new();
        let values = [Value::Null, 1.into(), 2.into()];
        // Every order of two edits of two weeks.
        for (first, second, third) in values
            .iter()
            .flat_map(|a| values.iter().flat_map(|b| values.iter().map(|c| (a.clone(), b.clone(), c.clone()))))
        {
            for (from, value) in [("2026-W10", first), ("2026-W12", second), ("2026-W10", third)] {
                base.extend(puts_for(&versions(&base), week(from), "cap/visits", &value));
                let versions = versions(&base);
                let found = said_in(&versions, week(from), "cap/visits");
                assert_eq!(found.cloned().unwrap_or(Value::Null), value, "{base:?}");
                assert_eq!(in_force(&versions, week(from)).get("cap/visits").copied(), found, "{base:?}");
            }
        }
    }

    #[test]
    fn a_key_that_is_set_and_ended_at_once_is_set() {
        let both = fields(&[
            ("rule/2026-W10/late_days", 3.into()),
            ("rule/2026-W11/late_days", 5.into()),
            ("rule/2026-W11/end/late_days", true.into()),
        ]);
        assert_eq!(in_force(&versions(&both), week("2026-W11")).get("late_days"), Some(&&Value::Int(5)));
        assert_eq!(said_in(&versions(&both), week("2026-W11"), "late_days"), Some(&Value::Int(5)));
        assert_eq!(tier_numbers(&versions(&fields(&[("rule/2026-W10/end/tier/7", true.into())]))), [7].into());
    }
}

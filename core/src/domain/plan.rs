//! What goes with a campaign besides its rules: phases, the training plan, materials (`[case]`: three months of training by
//! video, in person and by sharing experience; materials on request).

use super::{Date, Fields};
use std::collections::BTreeSet;

/// A part of a campaign's days with a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Phase {
    /// Which, within the campaign.
    pub key: String,
    /// Its name.
    pub name: String,
    /// Its first day.
    pub starts: Option<Date>,
    /// Its last day.
    pub ends: Option<Date>,
}

/// A training.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Training {
    /// Which, within the campaign.
    pub key: String,
    /// What it is about.
    pub name: String,
    /// Its day.
    pub on: Option<Date>,
    /// In which way, by the name of one of [`super::campaign::TRAINING`].
    pub how: Option<String>,
}

/// Something to read or to hand out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Material {
    /// Which, within the campaign.
    pub key: String,
    /// What it is.
    pub name: String,
    /// Where it is found.
    pub place: Option<String>,
}

/// The keys of a set of which any member says something.
fn keys<'a>(fields: &'a Fields, set: &'a str) -> BTreeSet<&'a str> {
    let names = fields.iter().filter(|(_, value)| **value != super::Value::Null).map(|(name, _)| name.as_str());
    names.filter_map(|name| name.strip_prefix(set)?.strip_prefix('/')?.split('/').next()).collect()
}

fn text(fields: &Fields, name: &str) -> Option<String> {
    fields.text(name).filter(|text| !text.trim().is_empty()).map(str::to_owned)
}

/// A campaign's phases, the earliest first.
pub fn phases(fields: &Fields) -> Vec<Phase> {
    let phase = |key: &str| Phase {
        key: key.to_owned(),
        name: text(fields, &format!("phase/{key}/name")).unwrap_or_default(),
        starts: fields.date(&format!("phase/{key}/starts")),
        ends: fields.date(&format!("phase/{key}/ends")),
    };
    let mut all: Vec<Phase> = keys(fields, "phase").into_iter().map(phase).collect();
    all.sort_by(|a, b| (a.starts.is_none(), a.starts, &a.key).cmp(&(b.starts.is_none(), b.starts, &b.key)));
    all
}

/// A campaign's training plan, the earliest first.
pub fn training(fields: &Fields) -> Vec<Training> {
    let training = |key: &str| Training {
        key: key.to_owned(),
        name: text(fields, &format!("training/{key}/name")).unwrap_or_default(),
        on: fields.date(&format!("training/{key}/on")),
        how: text(fields, &format!("training/{key}/how")),
    };
    let mut all: Vec<Training> = keys(fields, "training").into_iter().map(training).collect();
    all.sort_by(|a, b| (a.on.is_none(), a.on, &a.key).cmp(&(b.on.is_none(), b.on, &b.key)));
    all
}

/// A campaign's materials, by their keys.
pub fn materials(fields: &Fields) -> Vec<Material> {
    let material = |key: &str| Material {
        key: key.to_owned(),
        name: text(fields, &format!("material/{key}/name")).unwrap_or_default(),
        place: text(fields, &format!("material/{key}/where")),
    };
    keys(fields, "material").into_iter().map(material).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Value;

    #[test]
    fn phases_and_training_come_by_their_days_and_what_was_cleared_is_gone() {
        let fields: Fields = [
            ("phase/a/name", "冲刺".into()),
            ("phase/a/starts", "2026-04-01".into()),
            ("phase/b/name", "启动".into()),
            ("phase/b/starts", "2026-03-02".into()),
            ("phase/b/ends", "2026-03-31".into()),
            ("phase/c/name", Value::Null),
            ("training/x/name", "产品培训".into()),
            ("training/x/on", "2026-03-03".into()),
            ("training/x/how", "video".into()),
            ("material/1/name", "折页".into()),
        ]
        .into_iter()
        .map(|(name, value)| (name.parse().expect("a name"), value))
        .collect();
        assert_eq!(phases(&fields).iter().map(|phase| &*phase.name).collect::<Vec<_>>(), ["启动", "冲刺"]);
        assert_eq!(phases(&fields)[0].ends, Some(Date::constant(2026, 3, 31)));
        assert_eq!(training(&fields)[0].how.as_deref(), Some("video"));
        assert_eq!(materials(&fields).len(), 1);
    }
}

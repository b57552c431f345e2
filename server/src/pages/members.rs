//! Who makes up a unit's figures: the units directly below it, and its people, also those who recorded nothing.

use super::format;
use super::parts::{person_path, unit_path};
use super::query::Asked;
use super::table::{Cell, Column, Line, Table, Value};
use super::words;
use canvass_core::domain::campaign::Metric;
use canvass_core::domain::{Bank, PersonId, Unit, UnitId};
use canvass_core::ranking::{Basis, Contribution, Figures, ranks, score};
use std::collections::{BTreeMap, HashMap};

/// The table of the units below.
pub(super) const UNITS: &str = "units";
/// The table of the people.
pub(super) const PEOPLE: &str = "people";

/// A person, the unit they belong to, and what they brought in.
type Member<'a> = (&'a PersonId, (Option<&'a UnitId>, Figures));

fn add(figures: &mut Figures, one: &Contribution) {
    figures.entry(one.metric).or_default().add(one.status, one.value);
}

/// The units directly below one, each with all below it.
pub(super) fn units(asked: &Asked, bank: &Bank, unit: &UnitId, counted: &[&Contribution]) -> Table {
    let lang = asked.lang;
    let below: Vec<&Unit> = bank.units().filter(|below| below.parent.as_ref() == Some(unit)).collect();
    let child_above = |home: &Unit| bank.upwards(&home.id).find(|above| above.parent.as_ref() == Some(unit));
    let homes: HashMap<&UnitId, &UnitId> =
        bank.units().filter_map(|home| Some((&home.id, &child_above(home)?.id))).collect();
    let mut figures: HashMap<&UnitId, Figures> = HashMap::new();
    let mut own = Figures::new();
    for one in counted {
        match one.unit.as_ref().and_then(|home| homes.get(home)) {
            Some(child) => add(figures.entry(child).or_default(), one),
            None => add(&mut own, one),
        }
    }
    let line = |child: &&Unit| {
        let path = unit_path(&child.id);
        let name = Cell::from(Value::Text(child.name.clone())).to(asked.elsewhere().address(&path));
        let mut cells = vec![name, Value::Text(child.id.to_string()).into()];
        cells.extend(metrics(asked, &path, figures.get(&child.id)));
        Line { key: child.id.to_string(), cells }
    };
    let mut rows: Vec<Line> = below.iter().map(line).collect();
    if !own.is_empty() && !rows.is_empty() {
        // What people of the unit itself did, so that the lines add up to it.
        let mut cells =
            vec![Value::Text(lang.of(words::UNIT_ITSELF).to_owned()).into(), Value::Text(unit.to_string()).into()];
        cells.extend(read(asked).map(|metric| Cell::figure(metric, own.get(&metric).copied().unwrap_or_default())));
        rows.push(Line { key: unit.to_string(), cells });
    }
    let mut columns =
        vec![Column::words("unit", lang.of(words::UNIT)).heads_rows(), Column::code("code", lang.of(words::UNIT_CODE))];
    columns.extend(metric_columns(asked));
    Table { name: UNITS, title: words::BELOW, columns, rows, nothing: words::NO_UNITS }
}

/// The people of a unit and of those below it: who belongs there on the week's last day, and whoever else something was
/// credited for.
pub(super) fn people(asked: &Asked, bank: &Bank, unit: &UnitId, counted: &[&Contribution]) -> Table {
    let lang = asked.lang;
    let day = asked.week.sunday();
    let mut figures: BTreeMap<&PersonId, (Option<&UnitId>, Figures)> = BTreeMap::new();
    for member in bank.memberships().filter(|member| member.holds_on(day) && bank.is_within(&member.unit, unit)) {
        figures.entry(&member.person).or_insert_with(|| (Some(&member.unit), Figures::new()));
    }
    for one in counted {
        if let Some(person) = &one.person {
            let (_, figures) = figures.entry(person).or_insert_with(|| (one.unit.as_ref(), Figures::new()));
            add(figures, one);
        }
    }
    let line = |(rank, (score, (id, (home, figures)))): (u32, (i64, Member<'_>))| {
        let here = asked.elsewhere();
        let path = person_path(id);
        let person = bank.person(id);
        let name = person.map_or(id.as_str(), |person| &person.name).to_owned();
        let role = person.map(|person| format::roles(person.roles, lang));
        let home = home.and_then(|home| bank.unit(home));
        let home = home.map_or(Cell::from(Value::Nothing), |home| {
            let seen = asked.reader.sees_unit(&home.id);
            Cell::from(Value::Text(home.name.clone())).linked_if(seen, || here.address(&unit_path(&home.id)))
        });
        let name = Cell::from(Value::Text(name)).to(here.address(&path));
        let mut cells = vec![
            Value::Number(rank.into()).into(),
            name,
            Value::Text(id.to_string()).into(),
            Value::text(role).into(),
            home,
            Value::Number(score).into(),
        ];
        cells.extend(metrics(asked, &path, Some(&figures)));
        Line { key: id.to_string(), cells }
    };
    let rules = asked.campaign.campaign.rules(asked.week);
    let mut placed: Vec<_> = figures.into_iter().map(|one| (score(&rules, &one.1.1, Basis::Counted), one)).collect();
    placed.sort_by_key(|(score, (id, _))| (std::cmp::Reverse(*score), *id));
    let ranks: Vec<u32> = ranks(placed.iter().map(|(score, _)| *score)).collect();
    let rows = ranks.into_iter().zip(placed).map(line).collect();
    let mut columns = vec![
        Column::number("rank", lang.of(words::RANK)),
        Column::words("person", lang.of(words::PERSON)).heads_rows(),
        Column::code("code", lang.of(words::STAFF_CODE)),
        Column::words("role", lang.of(words::ROLE)),
        Column::words("unit", lang.of(words::UNIT)),
        Column::number("score", lang.of(words::SCORE)),
    ];
    columns.extend(metric_columns(asked));
    Table { name: PEOPLE, title: words::PEOPLE, columns, rows, nothing: words::NO_PEOPLE }
}

/// The metrics whose facts the reader may read.
fn read(asked: &Asked) -> impl Iterator<Item = Metric> {
    Metric::ALL.into_iter().filter(|metric| asked.reader.reads_metric(*metric))
}

fn metric_columns(asked: &Asked) -> impl Iterator<Item = Column> {
    let lang = asked.lang;
    read(asked).map(move |metric| Column::metric(metric, lang, lang.of(metric.label()).to_owned()))
}

fn metrics(asked: &Asked, path: &str, figures: Option<&Figures>) -> impl Iterator<Item = Cell> {
    read(asked).map(move |metric| {
        let figure = figures.and_then(|figures| figures.get(&metric)).copied().unwrap_or_default();
        Cell::figure(metric, figure).to(asked.elsewhere().of_metric(Some(metric)).address(path))
    })
}

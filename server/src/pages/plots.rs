//! What the pages draw: a unit's course among all others, a metric week by week, all units side by side.

use super::format;
use super::parts::unit_path;
use super::plot::{
    self, Columns, Distribution, Heading, Series, Spark, Trend, UnitValue, Upward, Weeks, columns, distribution, spark,
    trend,
};
use super::query::Asked;
use super::words::{self, Lang};
use canvass_core::domain::campaign::Metric;
use canvass_core::domain::{Bank, UnitId, Week};
use canvass_core::ranking::{Contribution, Figure, Standing, TrendPoint};
use maud::{Markup, html};
use std::collections::BTreeMap;

/// The weeks of the campaign so far; the last one is the page's own.
fn weeks_so_far(asked: &Asked) -> Vec<Week> {
    asked.campaign.campaign.weeks().into_iter().take_while(|week| *week <= asked.week).collect()
}

/// What a week is called along a plot: without its year.
fn labels(weeks: &[Week]) -> Vec<String> {
    weeks.iter().map(|week| week.to_string().split('-').next_back().unwrap_or_default().to_owned()).collect()
}

fn heading<'a>(asked: &Asked, id: &'a str, title: &'a str) -> Heading<'a> {
    Heading { id, title, lang: asked.lang }
}

/// A value along an axis or beside a bar: of a round amount, without its decimals.
fn value(metric: Metric, value: i64, lang: Lang) -> String {
    format::value(metric, value, lang).replace(".00 ", " ")
}

fn part(id: &str, plot: &Markup) -> Markup {
    html! { section.part id=(id) { (plot) } }
}

/// A unit's ranks so far, small enough for a table.
pub(super) fn ranks(asked: &Asked, id: &str, title: &str, ranks: &[u32]) -> Markup {
    let labels = labels(&weeks_so_far(asked));
    let values: Vec<Option<i64>> = ranks.iter().map(|rank| Some(i64::from(*rank))).collect();
    let weeks = Weeks { labels: &labels, shown: labels.len().checked_sub(1) };
    let plot = Spark { heading: heading(asked, id, title), weeks, values: &values, upward: Upward::Ranks };
    spark(&plot, format::number)
}

/// A unit's score week by week, with the first place's and the median of all.
pub(super) fn course(asked: &Asked, unit: &UnitId, trends: &BTreeMap<UnitId, Vec<TrendPoint>>) -> Markup {
    let lang = asked.lang;
    let labels = labels(&weeks_so_far(asked));
    let places = 0..labels.len();
    let score = |trend: &Vec<TrendPoint>, place: usize| trend.get(place).map(|point| point.score);
    let own: Vec<Option<i64>> = places.clone().map(|place| score(trends.get(unit)?, place)).collect();
    let of_all = |pick: fn(&[i64]) -> Option<i64>| -> Vec<Option<i64>> {
        places
            .clone()
            .map(|place| {
                let scores: Vec<i64> = trends.values().filter_map(|trend| score(trend, place)).collect();
                pick(&scores)
            })
            .collect()
    };
    let median = of_all(|scores| plot::median(scores.iter().copied()));
    let first = of_all(|scores| scores.iter().max().copied());
    let series = [
        Series { name: lang.of(words::SCORE), values: &own },
        Series { name: lang.of(words::MEDIAN_UNIT), values: &median },
        Series { name: lang.of(words::FIRST_UNIT), values: &first },
    ];
    let weeks = Weeks { labels: &labels, shown: labels.len().checked_sub(1) };
    let heading = heading(asked, "course", lang.of(words::SCORES_SO_FAR));
    part("course-part", &trend(&Trend { heading, weeks, series: &series, upward: Upward::Values }, format::number))
}

/// A metric week by week, by the contributions behind it.
pub(super) fn weeks(asked: &Asked, metric: Metric, counted: &[&Contribution]) -> Markup {
    let mut figures: BTreeMap<Week, Figure> = BTreeMap::new();
    for one in counted.iter().filter(|one| one.metric == metric) {
        figures.entry(one.week).or_default().add(one.status, one.value);
    }
    by_week(asked, metric, |week| figures.get(&week).copied().unwrap_or_default())
}

/// A metric of all units together, week by week.
pub(super) fn totals(asked: &Asked, metric: Metric, figures: &BTreeMap<Week, BTreeMap<Metric, Figure>>) -> Markup {
    by_week(asked, metric, |week| figures.get(&week).and_then(|of| of.get(&metric)).copied().unwrap_or_default())
}

fn by_week(asked: &Asked, metric: Metric, figure: impl Fn(Week) -> Figure) -> Markup {
    let lang = asked.lang;
    let all = weeks_so_far(asked);
    let labels = labels(&all);
    let column = |week: &Week| {
        let Figure { confirmed, pending } = figure(*week);
        Some(plot::Column { confirmed, pending })
    };
    let values: Vec<_> = all.iter().map(column).collect();
    let title = format!("{} · {}", lang.of(metric.label()), lang.of(words::BY_WEEK));
    let weeks = Weeks { labels: &labels, shown: labels.len().checked_sub(1) };
    let plot = Columns { heading: heading(asked, "weekly", &title), weeks, values: &values };
    part("weekly-part", &columns(&plot, |amount| value(metric, amount, lang)))
}

/// All ranked units by the metric that the page is about, or by their scores.
pub(super) fn side_by_side(asked: &Asked, bank: &Bank, standings: &[Standing], own: Option<&UnitId>) -> Markup {
    let lang = asked.lang;
    let value = |standing: &Standing| match asked.metric {
        None => standing.score,
        Some(metric) => standing.total.get(&metric).map_or(0, |figure| figure.counted()),
    };
    let mut units: Vec<(i64, &UnitId)> = standings.iter().map(|standing| (value(standing), &standing.unit)).collect();
    units.sort_by(|(a, x), (b, y)| b.cmp(a).then_with(|| x.cmp(y)));
    let here = asked.elsewhere().of_metric(asked.metric).links();
    let address = |unit: &UnitId| asked.reader.sees_unit(unit).then(|| here.to(&unit_path(unit)));
    let addresses: Vec<Option<String>> = units.iter().map(|(_, unit)| address(unit)).collect();
    let named = |((value, unit), href): (&(i64, &UnitId), &Option<String>)| {
        (*value, bank.unit(unit).map_or(unit.as_str(), |unit| &unit.name).to_owned(), href.clone())
    };
    let named: Vec<_> = units.iter().zip(&addresses).map(named).collect();
    let values: Vec<_> =
        named.iter().map(|(value, name, href)| UnitValue { name, value: *value, href: href.as_deref() }).collect();
    let place = own.and_then(|own| units.iter().position(|(_, unit)| *unit == own));
    let what = asked.metric.map_or(words::SCORE, Metric::label);
    let title = format!("{} · {}", lang.of(what), lang.of(words::SIDE_BY_SIDE));
    let plot = Distribution { heading: heading(asked, "units-plot", &title), units: &values, own: place };
    let show = |value| asked.metric.map_or_else(|| format::number(value), |metric| self::value(metric, value, lang));
    part("units-plot-part", &distribution(&plot, show))
}

//! What every plot promises, whatever the figures are.

use super::super::format::number;
use super::*;

const HOSTILE: &str = "<script>alert(1)</script>\"'&";
const EXTREME: [i64; 6] = [0, 1, -1, 5, i64::MIN, i64::MAX];

fn heading(id: &'static str) -> Heading<'static> {
    Heading { id, title: HOSTILE, lang: Lang::Zh }
}

fn labels(weeks: usize) -> Vec<String> {
    (0..weeks).map(|week| format!("{HOSTILE}{week}")).collect()
}

fn english(id: &'static str) -> Heading<'static> {
    Heading { id, title: "Communities", lang: Lang::En }
}

/// Every plot of some values, as one page.
fn page(values: &[Option<i64>]) -> String {
    let labels = labels(values.len());
    let name = "银".repeat(40) + HOSTILE;
    let mut page = String::new();
    for (ids, shown) in
        [(["a", "b", "c", "d", "e", "f"], None), (["g", "h", "i", "j", "k", "l"], Some(values.len() / 2))]
    {
        let [first, second, third, fourth, fifth, sixth] = ids.map(heading);
        let weeks = Weeks { labels: &labels, shown };
        let one = Series { name: &name, values };
        let two = Series { name: "second", values: values.get(1..).unwrap_or(&[]) };
        for (heading, upward) in [(first, Upward::Values), (second, Upward::Ranks)] {
            page += &trend(&Trend { heading, weeks, series: &[one, two, one, two], upward }, number).into_string();
        }
        let turned = values.iter().rev();
        let halves: Vec<_> =
            values.iter().zip(turned).map(|(confirmed, pending)| column(*confirmed, *pending)).collect();
        page += &columns(&Columns { heading: third, weeks, values: &halves }, number).into_string();
        for (heading, upward) in [(fourth, Upward::Values), (fifth, Upward::Ranks)] {
            page += &spark(&Spark { heading, weeks, values, upward }, number).into_string();
        }
        let units = values.iter().flatten().map(|value| UnitValue {
            name: &name,
            value: *value,
            href: Some("/units/a?b=\"&c"),
        });
        let units: Vec<_> = units.collect();
        page += &distribution(&Distribution { heading: sixth, units: &units, own: shown }, number).into_string();
    }
    page
}

fn column(confirmed: Option<i64>, pending: Option<i64>) -> Option<Column> {
    Some(Column { confirmed: confirmed?, pending: pending? })
}

/// The figures that break plots: none, one, all the same, gaps, the largest, the least, very many.
fn pages() -> impl Iterator<Item = String> {
    let few = (0..4).flat_map(|length| EXTREME.map(|value| vec![Some(value); length]));
    let pairs =
        EXTREME.into_iter().flat_map(|one| EXTREME.map(|other| vec![None, Some(one), None, Some(other), Some(one)]));
    let many = [29, 30, 31, 60, 150, 151, 2_000].map(|length| (0..length).map(|n| Some(n * 7 % 97 - 9)).collect());
    let gaps = (0..4).map(|length| vec![None; length]);
    few.chain(pairs).chain(many).chain(gaps).map(|values: Vec<_>| page(&values))
}

/// The values of an attribute.
fn attributes<'a>(page: &'a str, name: &str) -> Vec<&'a str> {
    let open = format!(" {name}=\"");
    page.split(&open).skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

#[test]
fn no_figures_take_a_drawing_out_of_its_place() {
    for page in pages() {
        for name in ["x", "y", "x1", "x2", "y1", "y2", "width", "height"] {
            for value in attributes(&page, name).into_iter().filter_map(|value| value.strip_suffix('%')) {
                let share: f64 = value.parse().expect("a number");
                assert!((0.0..=100.0).contains(&share), "{name}={value}%");
            }
        }
        for point in attributes(&page, "d").join(" ").split(|c: char| !c.is_ascii_digit() && c != '-') {
            let unit: i64 = if point.is_empty() { 0 } else { point.parse().expect("a whole number") };
            assert!((-10..=axis::Place::ALL).contains(&unit), "{point}");
        }
    }
}

#[test]
fn names_stay_text_and_nothing_asks_for_what_the_content_policy_refuses() {
    for page in pages() {
        for refused in ["<script", "<style", " style=", "http", "<image", "<foreignObject", "javascript:"] {
            assert!(!page.contains(refused), "{refused}");
        }
    }
}

#[test]
fn every_picture_has_a_title_and_a_sentence_and_every_id_is_there_once() {
    for page in pages() {
        let ids = attributes(&page, "id");
        let unique: std::collections::BTreeSet<_> = ids.iter().collect();
        assert_eq!(ids.len(), unique.len(), "{ids:?}");
        assert_eq!(
            page.matches("role=\"img\"").count() + page.matches("role=\"group\"").count(),
            attributes(&page, "aria-labelledby").len()
        );
        for named in attributes(&page, "aria-labelledby").into_iter().chain(attributes(&page, "aria-describedby")) {
            assert!(named.split(' ').all(|id| unique.contains(&id)), "{named}");
        }
        let drawn =
            page.split("<svg").skip(1).filter(|svg| svg.split('>').next().is_some_and(|tag| tag.contains("area")));
        for svg in drawn {
            assert!(svg.contains("role=\"img\"") && svg.contains("<title id=") && svg.contains("<desc id="));
        }
        for fill in attributes(&page, "fill") {
            let id = fill.trim_start_matches("url(#").trim_end_matches(')');
            assert!(unique.contains(&id), "{fill}");
        }
    }
}

fn weeks_of(labels: &[String], shown: usize) -> Weeks<'_> {
    Weeks { labels, shown: Some(shown) }
}

fn plain(weeks: usize) -> Vec<String> {
    (1..=weeks).map(|week| format!("W{week:02}")).collect()
}

/// The sentence of the only plot of a page.
fn sentence(page: &str) -> &str {
    let after = page.split("-desc\">").last().expect("a sentence");
    after.split('<').next().expect("its end")
}

#[test]
fn the_sentence_of_a_trend_says_first_last_and_best() {
    let labels = plain(5);
    let values = [None, Some(3), Some(12), Some(7), None];
    let middle = [Some(4); 5];
    let series = [Series { name: "East", values: &values }, Series { name: "Median", values: &middle }];
    let plot = Trend { heading: english("t"), weeks: weeks_of(&labels, 3), series: &series, upward: Upward::Values };
    let page = trend(&plot, number).into_string();
    assert_eq!(sentence(&page), "East: first 3 (W02), last 7 (W04), highest 12 (W03); Median: last 4 (W05).");
    let ranks = Trend { series: &series[..1], upward: Upward::Ranks, ..plot };
    let page = trend(&ranks, number).into_string();
    assert_eq!(sentence(&page), "East: first 3 (W02), last 7 (W04), best 3 (W02).");
    let page = spark(
        &Spark { heading: heading("s"), weeks: weeks_of(&labels, 3), values: &values, upward: Upward::Values },
        number,
    );
    assert_eq!(sentence(&page.into_string()), "最早 3（W02），最近 7（W04），最高 12（W03）。");
}

#[test]
fn the_sentence_of_a_distribution_says_the_place_with_ties_shared() {
    for (count, spread) in
        [(5, "median 9, highest 10 (n0), lowest 6 (n4)."), (40, "median -10, highest 10 (n0), lowest -29 (n39).")]
    {
        let names: Vec<_> = (0..count).map(|n| format!("n{n}")).collect();
        let value = |n: i64| if n == 2 { 9 } else { 10 - n };
        let units: Vec<_> = names
            .iter()
            .zip(0..)
            .map(|(name, n)| UnitValue { name, value: value(n), href: Some("/units/a") })
            .collect();
        let plot = Distribution { heading: english("d"), units: &units, own: Some(2) };
        let page = distribution(&plot, |value| value.to_string()).into_string();
        assert_eq!(sentence(&page), format!("n2: 9, place 2 of {count}; {spread}"));
        assert_eq!(page.matches("<a href=\"/units/a\"").count(), names.len(), "every bar leads to its unit");
        assert!(page.contains("class=\"own\"") && page.contains("class=\"median\""));
    }
}

#[test]
fn the_sentence_of_columns_says_what_is_pending() {
    let labels = plain(3);
    let values = [column(Some(4), Some(0)), None, column(Some(2), Some(1))];
    let page =
        columns(&Columns { heading: english("c"), weeks: weeks_of(&labels, 2), values: &values }, number).into_string();
    assert_eq!(sentence(&page), "first 4 (W01), last 3 (W03), highest 4 (W01); confirmed 2, pending 1 (W03).");
    assert!(page.contains("url(#c-hatch)"), "what is pending is hatched");
    let confirmed = [column(Some(4), Some(0))];
    let page = columns(&Columns { heading: english("c"), weeks: weeks_of(&labels, 2), values: &confirmed }, number)
        .into_string();
    assert!(!page.contains("hatch") && !page.contains("legend"), "nothing pending needs no sign");
}

#[test]
fn gaps_break_a_line_and_a_lone_point_has_a_mark() {
    let labels = plain(60);
    let mut values = vec![Some(1); 60];
    (values[20], values[40], values[42]) = (None, None, None);
    let plot = Trend {
        heading: english("t"),
        weeks: weeks_of(&labels, 59),
        series: &[Series { name: "East", values: &values }],
        upward: Upward::Values,
    };
    let page = trend(&plot, number).into_string();
    assert_eq!(attributes(&page, "d")[0].matches('M').count(), 4);
    let marks: Vec<_> = page.split("class=\"mark").skip(2).collect();
    assert_eq!(marks.len(), 2, "the point between two gaps, and the shown week's");
    assert!(page.contains("W60\nEast 1") && page.contains("W41\nEast –"), "a pointer finds each week's value");
}

#[test]
fn the_shown_week_is_marked_and_always_named() {
    for shown in [0, 31, 59] {
        let labels = plain(60);
        let values = vec![Some(7); 60];
        let series = [Series { name: "East", values: &values }];
        let plot =
            Trend { heading: english("t"), weeks: weeks_of(&labels, shown), series: &series, upward: Upward::Values };
        let page = trend(&plot, number).into_string();
        let now = page.split("class=\"week from-0 now\"").nth(1).expect("the shown week");
        assert!(now.split('<').next().is_some_and(|text| text.ends_with(&labels[shown])));
        assert!(page.contains("class=\"shown\"") && page.contains("class=\"mark now\""));
    }
}

#[test]
fn a_strip_of_two_thousand_bars_stays_light() {
    let units: Vec<_> =
        (0..2_000).map(|n| UnitValue { name: "天通苑支行", value: 2_000 - n, href: Some("/units/a") }).collect();
    let page = distribution(&Distribution { heading: heading("d"), units: &units, own: Some(7) }, number).into_string();
    assert!(page.len() < 400_000, "{} bytes", page.len());
}

#[test]
fn the_style_sheet_has_every_sign_and_the_widths_at_which_labels_appear() {
    let style = include_str!("../style.css");
    for (n, width) in label::WIDTHS.iter().enumerate().skip(1) {
        let rule = format!("@container (min-width: {}em) {{ .plot .from-{n} {{ display: inline; }} }}", width / 10);
        assert!(style.contains(&rule), "{rule}");
    }
    for series in [".second path", ".third path"] {
        let rule = style.lines().find(|line| line.starts_with(series)).expect("a rule");
        assert!(rule.contains("stroke-dasharray"), "{series} differs by its dashes, also in black and white");
    }
}

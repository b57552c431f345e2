//! A campaign's rules and what goes with them in words, for its page: when its weeks are sealed, what each version says, who
//! should win how many, what counts at all; phases, training, materials.

use super::editor::words as editing;
use super::format;
use super::table::{Cell, Column, Line, Table, Value};
use super::words::{self, Lang};
use canvass_core::domain::campaign::{
    CREDIT, Campaign, Credit, Metric, Qualifying, Rules, TIE, TRAINING, Tie, UNTRUSTED, Weight, materials, phases,
    training,
};
use canvass_core::domain::outcome::Product;
use canvass_core::domain::visit::CHANNEL;
use canvass_core::domain::{Bank, Choice, Fields, Label, Week};

/// When a week is sealed, as people say it.
pub(super) fn cutoff(lang: Lang, campaign: &Campaign) -> String {
    let (day, minutes) = (campaign.cutoff / 1440, campaign.cutoff % 1440);
    // The end of the week after is the Monday that follows it.
    let day = usize::try_from(day).unwrap_or(0);
    let name = lang.of(editing::WEEKDAYS.get(day % 7).copied().unwrap_or(editing::WEEKDAYS[0]));
    let time = format!("{:02}:{:02}", minutes / 60, minutes % 60);
    match (lang, day) {
        (Lang::Zh, 7) => format!("再下周{} {time}", name.trim_start_matches('周')),
        (Lang::Zh, _) => format!("下一{name} {time}"),
        (Lang::En, 7) => format!("{time} on the {name} after the week after"),
        (Lang::En, _) => format!("{time} on {name} of the week after"),
    }
}

fn chosen(lang: Lang, choices: &[Choice], name: &str) -> &'static str {
    let none = Label { zh: "–", en: "–" };
    lang.of(choices.iter().find(|choice| choice.name == name).map_or(none, |choice| choice.label))
}

/// Every version of the rules as it holds from its week on.
pub(super) fn versions(lang: Lang, campaign: &Campaign, bank: &Bank) -> Table {
    let mut columns = vec![
        Column::words("from", lang.of(words::FROM_WEEK)).heads_rows(),
        Column::number("target", lang.of(words::TARGET)),
        Column::words("targets", lang.of(editing::OWN_TARGET)),
    ];
    columns.extend(Metric::ALL.map(|metric| Column::words(metric.name(), lang.of(metric.label()))));
    columns.push(Column::words("tiers", lang.of(words::TIERS)));
    columns.push(Column::words("qualifying", lang.of(editing::QUALIFYING)));
    columns.push(Column::words("tie", lang.of(editing::TIE)));
    columns.push(Column::words("credit", lang.of(editing::CREDIT)));
    let line = |week: &Week| {
        let rules = campaign.rules(*week);
        let targets = rules.targets.iter().map(|(unit, target)| {
            let name = bank.unit(unit).map_or(unit.as_str(), |unit| &unit.name);
            format!("{name} {}", format::number(*target))
        });
        let mut cells: Vec<Cell> =
            vec![Value::Week(*week).into(), Value::Number(rules.target).into(), listed(targets.collect()).into()];
        let weight = |metric| Value::text(rules.weights.get(&metric).map(|weight| in_words(lang, metric, weight)));
        cells.extend(Metric::ALL.map(|metric| Cell::from(weight(metric))));
        cells.push(listed(tiers(lang, &rules)).into());
        cells.push(listed(qualifying(lang, &rules.qualifying)).into());
        let tie = if rules.tie == Tie::First { "first" } else { "shared" };
        let credit = if rules.credit == Credit::Team { "team" } else { "recorder" };
        cells.push(Value::Text(chosen(lang, TIE, tie).to_owned()).into());
        cells.push(Value::Text(chosen(lang, CREDIT, credit).to_owned()).into());
        Line { key: week.to_string(), cells }
    };
    let rows = campaign.versions.keys().map(line).collect();
    Table { name: "rules", title: words::RULES, columns, rows, nothing: words::NO_RULES }
}

fn listed(all: Vec<String>) -> Value {
    Value::text((!all.is_empty()).then(|| all.join(" · ")))
}

/// What a metric is worth: `2 points per 10,000 yuan, capped at …`.
fn in_words(lang: Lang, metric: Metric, weight: &Weight) -> String {
    let amount = |value| if metric.is_money() { format::yuan(value, lang) } else { format::number(value) };
    let cap = weight.cap.map_or_else(String::new, |cap| format!(" · {} {}", lang.of(words::CAP), amount(cap)));
    let points = format::number(weight.points);
    format!("{points} {} / {}{cap}", lang.of(words::POINTS), amount(weight.per))
}

fn tiers(lang: Lang, rules: &Rules) -> Vec<String> {
    let one = |(number, from): (&u32, &canvass_core::domain::Money)| {
        let reward = rules.rewards.get(number).filter(|reward| reward.fen() > 0);
        let reward = reward.map_or_else(String::new, |reward| format!(" → {}", format::yuan(reward.fen(), lang)));
        match lang {
            Lang::Zh => format!("{number} 档 {}{reward}", format::yuan(from.fen(), lang)),
            Lang::En => format!("tier {number} {}{reward}", format::yuan(from.fen(), lang)),
        }
    };
    rules.tiers.iter().map(one).collect()
}

/// What counts at all, one condition after the other.
fn qualifying(lang: Lang, rules: &Qualifying) -> Vec<String> {
    let mut all = Vec::new();
    let channels = CHANNEL.iter().filter(|channel| rules.channels.contains(channel.name));
    let channels: Vec<_> = channels.map(|channel| lang.of(channel.label)).collect();
    let said = |label: Label, value: String| format!("{} {value}", lang.of(label));
    if !rules.channels.is_empty() {
        all.push(said(words::CHANNELS_COUNTED, channels.join(if lang == Lang::Zh { "、" } else { ", " })));
    }
    all.extend((rules.minutes > 0).then(|| said(editing::MINUTES, format::number(rules.minutes))));
    for (product, label) in [
        (Product::Account, editing::LEAST_ACCOUNT),
        (Product::Cards, editing::LEAST_CARDS),
        (Product::Wealth, editing::LEAST_WEALTH),
    ] {
        let least = rules.least.get(product.name()).filter(|least| **least > 0);
        all.extend(least.map(|least| {
            let value = if product == Product::Cards { *least } else { *least / 100 };
            said(label, format::number(value))
        }));
    }
    all.extend(rules.late_days.map(|days| said(editing::LATE_DAYS, format::number(days))));
    all.extend(
        rules
            .leaves_out_untrusted
            .then(|| format!("{}: {}", lang.of(editing::UNTRUSTED), chosen(lang, UNTRUSTED, "leave_out"))),
    );
    all
}

/// Phases, training plan and materials, as far as there are any.
pub(super) fn plan(lang: Lang, fields: &Fields) -> Vec<Table> {
    let day = |day: Option<_>| Cell::from(day.map_or(Value::Nothing, Value::Day));
    let text = |text: &str| Cell::from(Value::Text(text.to_owned()));
    let mut tables = Vec::new();
    let rows: Vec<Line> = phases(fields)
        .into_iter()
        .map(|one| Line { cells: vec![text(&one.name), day(one.starts), day(one.ends)], key: one.key })
        .collect();
    let columns = vec![
        Column::words("phase", lang.of(editing::NAME)).heads_rows(),
        Column::words("starts", lang.of(words::FIRST_DAY)),
        Column::words("ends", lang.of(words::LAST_DAY)),
    ];
    tables.push(Table { name: "phases", title: editing::PHASES, columns, rows, nothing: words::NOTHING_FOUND });
    let rows: Vec<Line> = training(fields)
        .into_iter()
        .map(|one| {
            let how = one.how.as_deref().map(|how| chosen(lang, TRAINING, how));
            Line { cells: vec![text(&one.name), day(one.on), Value::text(how).into()], key: one.key }
        })
        .collect();
    let columns = vec![
        Column::words("training", lang.of(editing::NAME)).heads_rows(),
        Column::words("on", lang.of(editing::DAY)),
        Column::words("how", lang.of(editing::TRAINING_HOW)),
    ];
    tables.push(Table { name: "training", title: editing::TRAINING, columns, rows, nothing: words::NOTHING_FOUND });
    let rows: Vec<Line> = materials(fields)
        .into_iter()
        .map(|one| Line { cells: vec![text(&one.name), Value::text(one.place).into()], key: one.key })
        .collect();
    let columns = vec![
        Column::words("material", lang.of(editing::NAME)).heads_rows(),
        Column::words("where", lang.of(editing::PLACE)),
    ];
    tables.push(Table { name: "materials", title: editing::MATERIALS, columns, rows, nothing: words::NOTHING_FOUND });
    tables.retain(|table| !table.rows.is_empty());
    tables
}

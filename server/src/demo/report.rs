//! What the demo prints: the table of the last week, what was played, and the checks.

use super::checks::Check;
use super::fleet::FleetCounts;
use crate::store::Counts;
use canvass_core::domain::campaign::Metric;
use canvass_core::domain::{Bank, Week};
use canvass_core::ranking::Standing;
use comfy_table::{CellAlignment, Table, presets};
use std::time::Duration;

/// What was played, in numbers. A number of nothing means that something was not played.
pub(super) fn counts(fleet: &FleetCounts, store: &Counts) -> Vec<(&'static str, usize)> {
    vec![
        ("phones", fleet.phones),
        ("records", store.records),
        ("changes", store.changes),
        ("syncs", fleet.syncs),
        ("conflicts seen", fleet.conflicts),
        ("requests", fleet.link.requests),
        ("drops", fleet.link.drops),
        ("repeats", fleet.link.repeats),
        ("truncations", fleet.link.truncations),
        ("delays", fleet.link.delays),
    ]
}

pub(super) fn standings(bank: &Bank, week: Week, standings: &[Standing]) -> String {
    let mut table = Table::new();
    table.load_style(presets::UTF8_HORIZONTAL_ONLY);
    table.set_header(["Rank", "Branch", "Communities", "Fund (yuan)", "Visits", "Score", "Movement"]);
    for standing in standings {
        let counted = |metric| standing.total.get(&metric).map_or(0, |figure| figure.counted());
        let movement = match standing.movement {
            None => "new".to_owned(),
            Some(0) => "=".to_owned(),
            Some(places) => format!("{places:+}"),
        };
        table.add_row([
            standing.rank.to_string(),
            bank.unit(&standing.unit).map_or_else(|| standing.unit.to_string(), |unit| unit.name.clone()),
            format!("{} of {}", counted(Metric::Communities), standing.target),
            format!("{}.{:02}", counted(Metric::Fund) / 100, counted(Metric::Fund) % 100),
            counted(Metric::Visits).to_string(),
            standing.score.to_string(),
            movement,
        ]);
    }
    for column in [0, 2, 3, 4, 5, 6] {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    format!("Standings of {week} ({} to {})\n{table}", week.monday(), week.sunday())
}

pub(super) fn played(counts: &[(&'static str, usize)], fleet: &FleetCounts, took: Duration) -> String {
    let numbers: Vec<_> = counts.iter().map(|(what, number)| format!("{number} {what}")).collect();
    format!(
        "Played: {}\n        {} bytes sent, {} received; {} syncs gave up and were tried again; took {:.1} s",
        numbers.join(", "),
        fleet.link.sent,
        fleet.link.received,
        fleet.failed_syncs,
        took.as_secs_f64()
    )
}

pub(super) fn checks(checks: &[Check]) -> String {
    let line = |check: &Check| {
        let (mark, verdict) = match (check.holds(), check.looked_at) {
            (true, n) => ("ok    ", format!("{n} looked at")),
            (false, 0) => ("FAILED", "there was nothing to look at".to_owned()),
            (false, n) => ("FAILED", format!("{} of {n} broken", check.broken)),
        };
        format!("  {mark}  {} ({verdict})", check.promise)
    };
    format!("Checks\n{}", checks.iter().map(line).collect::<Vec<_>>().join("\n"))
}

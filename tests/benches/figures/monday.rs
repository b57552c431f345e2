//! Figures 15 to 17: what a Monday costs: standings of thousands of units, sealing a week, and counting a million contributions
//! from nothing.

use crate::sample::Sample;
use crate::stock::{Stock, copy};
use crate::table::{Figure, Report, Times, count, ms};
use crate::town::{OUTCOME, Town, now, order, prospects, record, server_now, thirteen_weeks, this_week};
use canvass_core::domain::Week;
use canvass_core::domain::campaign::Metric;
use canvass_core::ranking::{Basis, Status, Tally, standings};
use canvass_server::store::{Actor, Bulletins, Campaigns, RehearseOrder, SealOrder, SqliteOptions, SqliteStore, Store};
use std::time::Instant;

const UNITS: Town = Town { branches: 10_000, subs: 0, managers: 1, prospects: 0, each: 0, kind: OUTCOME };
/// A million contributions: 950,000 outcomes, and 50,000 prospects won once each.
const MILLION: Town = Town { branches: 20, subs: 2, managers: 2, prospects: 1_250, each: 19, kind: OUTCOME };

/// 15: Standings of ten thousand units, from the sums of twelve weeks.
pub(crate) fn units(report: &mut Report, _: &mut Stock) {
    let (bank, _) = UNITS.staff();
    let campaign = thirteen_weeks(UNITS.branches);
    let weeks: Vec<Week> = campaign.weeks().into_iter().take_while(|week| *week <= this_week()).collect();
    let mut tallies = Vec::new();
    for unit in &campaign.units {
        for (n, week) in (1..).zip(&weeks) {
            for metric in [Metric::Communities, Metric::Fund, Metric::Visits] {
                let (unit, week, status) = (unit.clone(), *week, Status::Confirmed);
                tallies.push(Tally { unit, week, metric, status, value: n * 7 % 5, count: 1 });
            }
        }
    }
    let mut times = Times::default();
    for _ in 0..20 {
        let ranked = times.time(|| standings(&campaign, this_week(), &bank, &tallies, Basis::Confirmed).len());
        assert_eq!(ranked, UNITS.branches);
    }
    let name = format!("15 standings of {} units, {} sums", count(UNITS.branches), count(tallies.len()));
    report.add(Figure::new(name, format!("{} (p95 {})", ms(times.median()), ms(times.p95()))));
}

/// 16 and 17: Sealing beside a million contributions, and counting them from nothing.
pub(crate) fn million(report: &mut Report, stock: &mut Stock) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let scratch = stock.scratch();
    let database = copy(&stock.database("outcomes-million", |path| MILLION.fill(path)), scratch.path(), "canvass.db");
    let store = SqliteStore::open(&database, SqliteOptions::default()).expect("a store");
    let stored = runtime.block_on(store.campaigns()).expect("campaigns").remove(0);
    let campaign = stored.id;
    let (week, at) = (this_week().previous(), server_now());
    let seal = |n: i64| {
        let order = SealOrder { campaign, week, by: Actor::Server, at: at.plus_millis(n) };
        let start = Instant::now();
        let written = runtime.block_on(store.seal(order)).expect("sealed").len();
        (written, start.elapsed().as_secs_f64() * 1e3)
    };
    let (written, first) = seal(0);
    assert_eq!(written, 1);
    let managers = MILLION.managers();
    let (unit, owners) = managers.iter().next().expect("a unit");
    let theirs = prospects(&database);
    let mut sample = Sample::of("monday", 16);
    for prospect in theirs[unit].iter().take(100) {
        let order = order(&owners[0], record(&mut sample, &owners[0], OUTCOME, vec![*prospect], now()));
        runtime.block_on(store.ingest(order)).expect("taken in");
    }
    let (_, second) = seal(1);
    // A draft that only ranks otherwise, and one that lets less count.
    let rehearse = |key: &str, value: i64| {
        let mut draft = (*stored.campaign).clone();
        draft.versions.values_mut().next().expect("rules").insert(key.to_owned(), value.into());
        let order = RehearseOrder { campaign: Some(campaign), draft, by: Actor::Operator, at };
        let start = Instant::now();
        runtime.block_on(store.rehearse(order)).expect("rehearsed");
        start.elapsed().as_secs_f64() * 1e3
    };
    let (ranked, counted) = (rehearse("points/communities", 90), rehearse("least/account", 100_000_000));
    let start = Instant::now();
    let rebuilt = runtime.block_on(store.rebuild()).expect("rebuilt");
    let whole = start.elapsed().as_secs_f64() * 1e3;
    assert!(rebuilt.nothing_differed(), "{rebuilt:?}");
    let contributions = count(rebuilt.contributions);
    report.add(Figure::new(format!("16 first sealing of {contributions} contributions"), ms(first)));
    report.add(Figure::new("16 sealing again after 100 outcomes", ms(second)));
    report.add(Figure::new("16 rehearsal over twelve weeks: other points", ms(ranked)));
    report.add(Figure::new(format!("16 rehearsal: what counts, of {contributions} contributions"), ms(counted)));
    report.add(Figure::new(format!("17 rows and {contributions} contributions from nothing"), ms(whole)));
    report.note("16", format!("Eleven weeks are sealed up to {week}; the writer is held meanwhile."));
}

//! Figure 8: the standings page, and what one outcome costs until it stands in it.

use crate::process::Server;
use crate::sample::Sample;
use crate::stock::{Stock, copy};
use crate::table::{Figure, Report, Times, count, ms};
use crate::town::{OUTCOME, Town, now, order, prospects, record, server_now, this_week};
use canvass_core::ranking::{Basis, standings, trends, unplaced};
use canvass_server::store::{SqliteOptions, SqliteStore, Store, StoredCampaign};
use std::path::Path;

const FORTY: Town = Town { branches: 40, subs: 0, managers: 1, prospects: 2, each: 6, kind: OUTCOME };
const THOUSANDS: Town = Town { branches: 2_000, ..FORTY };
const FEW: Town = Town { branches: 20, subs: 2, managers: 2, prospects: 25, each: 10, kind: OUTCOME };
const MANY: Town = Town { prospects: 750, ..FEW };

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}

fn campaign(runtime: &tokio::runtime::Runtime, store: &SqliteStore) -> StoredCampaign {
    runtime.block_on(store.campaigns()).expect("campaigns").into_iter().next().expect("a campaign")
}

/// 8: The page for few and for many units.
pub(crate) fn page(report: &mut Report, stock: &mut Stock) {
    for (town, name, times) in [(FORTY, "units-40", 200), (THOUSANDS, "units-2000", 60)] {
        let scratch = stock.scratch();
        let database = copy(&stock.database(name, |path| town.fill(path)), scratch.path(), "canvass.db");
        page_of(report, &town, &database, times);
    }
}

fn page_of(report: &mut Report, town: &Town, database: &Path, repeats: usize) {
    let runtime = runtime();
    let server = Server::on(database);
    let store = SqliteStore::open(database, SqliteOptions::default()).expect("a store");
    let stored = campaign(&runtime, &store);
    let week = this_week();
    let address = format!("{}/standings?campaign={}&week={week}&lang=zh", server.url(), stored.id);
    let alive = format!("{}/livez", server.url());
    let bank = runtime.block_on(store.bank()).expect("a bank");
    let reader = bank.people().next().expect("somebody").id.to_string();
    let token = runtime.block_on(canvass_tests::session(&store, &reader, server_now()));
    let cookie = format!("canvass={}", token.reveal());
    let agent = ureq::Agent::new_with_defaults();
    let get = |address: &str| {
        let mut response = agent.get(address).header("cookie", &cookie).call().expect("a page");
        response.body_mut().read_to_string().expect("text").len()
    };
    let [mut page, mut http, mut sql, mut ranking]: [Times; 4] = Default::default();
    let (mut length, mut ranked) = (0, 0);
    for _ in 0..repeats {
        length = page.time(|| get(&address));
        http.time(|| get(&alive));
        let (bank, tallies) = sql.time(|| {
            runtime.block_on(async {
                store.campaigns().await.expect("campaigns");
                (store.bank().await.expect("a bank"), store.tallies(stored.id).await.expect("tallies"))
            })
        });
        ranked = ranking.time(|| {
            let all = standings(&stored.campaign, week, &bank, &tallies, Basis::Counted);
            unplaced(&stored.campaign, week, &bank, &tallies);
            trends(&stored.campaign, week, &bank, &tallies, Basis::Counted);
            all.len()
        });
    }
    assert_eq!(ranked, town.branches);
    let rest = page.median() - sql.median() - ranking.median() - http.median();
    let name = format!("8 standings page of {} units, {} KB", count(town.branches), length >> 10);
    report.add(Figure::new(name, format!("{} (p95 {})", ms(page.median()), ms(page.p95()))));
    report.note(
        "8",
        format!(
            "{} units, medians: SQL {}, ranking {}, HTML {}, HTTP {}.",
            count(town.branches),
            ms(sql.median()),
            ms(ranking.median()),
            ms(rest.max(0.0)),
            ms(http.median())
        ),
    );
}

/// 8: One outcome until it stands in the standings.
pub(crate) fn outcome(report: &mut Report, stock: &mut Stock) {
    const TIMES: usize = 100;
    let runtime = runtime();
    let scratch = stock.scratch();
    let mut sides = Vec::new();
    for (town, name) in [(FEW, "outcomes-few"), (MANY, "outcomes-many")] {
        let database = copy(&stock.database(name, |path| town.fill(path)), scratch.path(), name);
        // Without waiting for the disk, which would take as long on both sides.
        let store = SqliteStore::open(&database, SqliteOptions { durable: false, ..SqliteOptions::default() })
            .expect("a store");
        let stored = campaign(&runtime, &store);
        sides.push((town, prospects(&database), store, stored, Times::default(), Times::default()));
    }
    let managers = FEW.managers();
    let units: Vec<_> = managers.keys().cloned().collect();
    let mut sample = Sample::of("pages", 8);
    for n in 0..TIMES {
        for (_, theirs, store, stored, whole, taken) in &mut sides {
            let unit = &units[n % units.len()];
            let owner = &managers[unit][0];
            let prospect = theirs[unit][sample.below(theirs[unit].len())];
            let order = order(owner, record(&mut sample, owner, OUTCOME, vec![prospect], now()));
            whole.time(|| {
                runtime.block_on(async {
                    let start = std::time::Instant::now();
                    store.ingest(order).await.expect("taken in");
                    taken.note(start.elapsed());
                    let bank = store.bank().await.expect("a bank");
                    let tallies = store.tallies(stored.id).await.expect("tallies");
                    standings(&stored.campaign, this_week(), &bank, &tallies, Basis::Counted).len()
                })
            });
        }
    }
    let [(few, .., of_few, took_few), (many, .., of_many, took_many)] = &sides[..] else { unreachable!("two sides") };
    let ratio = of_many.median() / of_few.median();
    report.add(
        Figure::new(
            format!("8 one outcome until it stands, {} stored", count(many.records())),
            format!("{} (p95 {})", ms(of_many.median()), ms(of_many.p95())),
        )
        .against(format!("{} stored: {}", count(few.records()), ms(of_few.median())), ratio)
        .at_most("1.2 x", ratio, 1.2),
    );
    report.note(
        "8",
        format!(
            "One outcome, without waiting for the disk: taken in {} with {} stored, {} with {}; the rest is tallies and ranking.",
            ms(took_few.median()),
            count(few.records()),
            ms(took_many.median()),
            count(many.records())
        ),
    );
}

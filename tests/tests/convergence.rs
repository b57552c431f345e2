//! Convergence: whatever people do on their phones, however bad the network and whatever the order of their syncs, in the
//! end all hold the same, rows equal a rebuild, and the ranking follows from the facts alone.

#![expect(clippy::expect_used, reason = "fixtures are right or the test is wrong")]

use canvass_core::domain::campaign::Metric;
use canvass_core::domain::{Kind, RecordId, Value, outcome, prospect, visit};
use canvass_core::ranking::{Figure, Standing, Tally, tallies, unplaced};
use canvass_core::replica::Query;
use canvass_server::store::Store;
use canvass_tests::{Holder, World, basement, date, sync_all, week};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use std::collections::BTreeMap;
use std::iter::Sum;

const CODES: [&str; 5] = ["B1-S1-P1", "B1-S1-P2", "B1-S2-P1", "B2-S1-P1", "B1-L"];

/// What somebody does. Numbers choose among what is there.
#[derive(Debug, Clone)]
enum Act {
    Prospect,
    Visit(usize),
    Claim(usize, i64),
    Edit(usize, i64),
    EditClaim(usize, i64),
    Resolve(usize),
    Withdraw(usize),
    Judge(usize, bool),
    Restart,
    Sync,
    SyncBadly,
    Pass(i64),
}

fn act() -> impl Strategy<Value = (usize, Act)> {
    let some = || 0..100_usize;
    let act = prop_oneof![
        3 => Just(Act::Prospect),
        4 => some().prop_map(Act::Visit),
        3 => (some(), 1..90_000_i64).prop_map(|(n, yuan)| Act::Claim(n, yuan)),
        8 => (some(), 0..3_i64).prop_map(|(n, value)| Act::Edit(n, value)),
        2 => (some(), 1..900_000_i64).prop_map(|(n, fen)| Act::EditClaim(n, fen)),
        3 => some().prop_map(Act::Resolve),
        1 => some().prop_map(Act::Withdraw),
        2 => (some(), any::<bool>()).prop_map(|(n, confirmed)| Act::Judge(n, confirmed)),
        1 => Just(Act::Restart),
        5 => Just(Act::Sync),
        5 => Just(Act::SyncBadly),
        1 => (1..30_i64).prop_map(Act::Pass),
    ];
    (0..CODES.len(), act)
}

/// The record of a kind that a number chooses on a phone.
fn choose(holder: &mut Holder, kind: Kind, n: usize) -> Option<RecordId> {
    let query = Query { kind: Some(kind), limit: 1000, ..Query::default() };
    let rows = holder.replica().query(&query).expect("read");
    (!rows.is_empty()).then(|| rows[n % rows.len()].id)
}

fn play(world: &World, phones: &mut [Holder], campaign: RecordId, who: usize, act: &Act) {
    let holder = &mut phones[who];
    let chosen = |holder: &mut Holder, kind, n: &usize| choose(holder, Kind::from(kind), *n);
    match act {
        Act::Prospect => drop(holder.prospect("小区")),
        Act::Visit(n) => {
            if let Some(id) = chosen(holder, &prospect::KIND, n) {
                holder.visit(id);
            }
        }
        Act::Claim(n, yuan) => {
            if let Some(id) = chosen(holder, &prospect::KIND, n) {
                holder.claim_account(id, date("2026-03-02"), *yuan);
            }
        }
        Act::Edit(n, value) => {
            if let Some(id) = chosen(holder, &prospect::KIND, n) {
                holder.edit(id, "households", if *value == 0 { Value::Null } else { Value::Int(*value) });
            }
        }
        Act::EditClaim(n, fen) => {
            if let Some(id) = chosen(holder, &outcome::KIND, n) {
                holder.edit(id, "amount", *fen);
            }
        }
        Act::Resolve(n) => {
            let query = Query { in_conflict: true, limit: 1000, ..Query::default() };
            let rows = holder.replica().query(&query).expect("read");
            if let Some(row) = rows.get(n % rows.len().max(1)) {
                let conflict = &row.conflicts[0];
                let claim = &conflict.claims[n % conflict.claims.len()];
                holder.resolve(row.id, conflict.field.as_str(), claim.value.clone());
            }
        }
        Act::Withdraw(n) => {
            if let Some(id) = chosen(holder, &visit::KIND, n) {
                holder.withdraw(id, "记错了");
            }
        }
        Act::Judge(n, confirmed) => {
            use canvass_core::domain::verification::Verdict;
            let claims: Vec<_> =
                world.contributions(campaign).into_iter().filter(|one| one.metric == Metric::Communities).collect();
            if let Some(one) = claims.get(n % claims.len().max(1)) {
                world.judge(one.source, if *confirmed { Verdict::Confirmed } else { Verdict::Rejected }, None);
            }
        }
        Act::Restart => holder.restart(),
        Act::Sync => {
            holder.weather(canvass_server::demo::link::Weather::CLEAR);
            holder.sync();
        }
        Act::SyncBadly => {
            holder.weather(basement());
            let _ = holder.try_sync();
        }
        Act::Pass(hours) => world.pass_hours(*hours),
    }
}

fn settle(world: &World, phones: &mut [Holder]) {
    for _ in 0..3 {
        for phone in phones.iter_mut() {
            phone.sync_at_last();
        }
    }
    for phone in phones {
        assert_eq!(phone.outstanding(), 0);
        world.assert_holds_its_own(phone);
        let missing = phone.phone().acknowledged().len();
        let noted = phone.phone().acknowledged().iter().copied().collect();
        assert_eq!(world.run(world.store.has_changes(noted)).expect("read").len(), missing);
    }
}

fn total(standings: &[Standing], metric: Metric) -> Figure {
    standings.iter().map(|one| one.total[&metric]).map(Both).sum::<Both>().0
}

struct Both(Figure);

impl Sum for Both {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self(Figure::default()), |sum, one| {
            Self(Figure { confirmed: sum.0.confirmed + one.0.confirmed, pending: sum.0.pending + one.0.pending })
        })
    }
}

/// What all units have together is what all facts come to.
fn assert_adds_up(world: &World, campaign: RecordId) {
    let (all, kept) = (world.contributions(campaign), world.tallies(campaign));
    // The store keeps its tallies in the order of their words.
    let sorted = |mut tallies: Vec<Tally>| {
        tallies.sort_unstable();
        tallies
    };
    assert_eq!(tallies(&all), sorted(kept.clone()));
    let bank = world.run(world.store.bank()).expect("a bank");
    let last = week("2026-W13");
    let standings = world.standings(campaign, last);
    let elsewhere = unplaced(&World::plain_campaign(), last, &bank, &kept);
    for metric in Metric::ALL {
        let counted = all.iter().filter(|one| one.metric == metric && one.status.counts());
        let sum: i64 = counted.map(|one| one.value).sum();
        assert_eq!(total(&standings, metric).counted() + elsewhere[&metric].counted(), sum, "{metric:?}");
    }
}

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        rng_seed: RngSeed::Fixed(11),
        failure_persistence: None,
        max_shrink_iters: 200,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config(16))]

    #[test]
    fn any_work_in_any_order_over_any_network_converges(seed in 0..1000_u64, acts in prop::collection::vec(act(), 30..120)) {
        let world = World::new(seed);
        let campaign = world.launch(&World::plain_campaign());
        let mut phones: Vec<_> = CODES.iter().map(|code| world.phone(code)).collect();
        for (who, act) in &acts {
            play(&world, &mut phones, campaign, *who, act);
        }
        settle(&world, &mut phones);
        // A phone taken anew holds the same as the one that was there all along.
        let fresh = tempfile::tempdir().expect("a folder");
        let mut anew = world.phone_in("B1-L", fresh.path());
        anew.sync();
        world.assert_holds_its_own(&mut anew);
        world.assert_rebuilds(campaign);
        assert_adds_up(&world, campaign);
    }

    #[test]
    fn the_ranking_does_not_depend_on_the_order_in_which_facts_arrive(
        facts in prop::collection::vec((0..4_usize, act()), 10..60),
        order in Just([0_usize, 1, 2, 3]).prop_shuffle(),
    ) {
        let first = arrive(&facts, [0, 1, 2, 3]);
        let second = arrive(&facts, order);
        prop_assert_eq!(first, second);
    }
}

/// Everybody works offline by the same script, colleagues on the same prospects, and then syncs in some order. Returns the
/// standings of every week.
fn arrive(facts: &[(usize, (usize, Act))], order: [usize; 4]) -> BTreeMap<String, Vec<Standing>> {
    let world = World::new(1);
    let campaign = world.launch(&World::plain_campaign());
    let mut phones: Vec<_> = CODES[..4].iter().map(|code| world.phone(code)).collect();
    for phone in &mut phones {
        let prospect = phone.prospect("小区");
        phone.claim_account(prospect, date("2026-03-02"), 5_000);
    }
    for _ in 0..2 {
        sync_all(&mut phones);
    }
    for (who, (_, act)) in facts {
        match act {
            Act::Sync | Act::SyncBadly | Act::Judge(..) | Act::Resolve(_) => {}
            act => play(&world, &mut phones, campaign, *who, act),
        }
    }
    world.pass_hours(1);
    for who in order.iter().chain(&order) {
        phones[*who].sync();
    }
    world.assert_rebuilds(campaign);
    World::plain_campaign()
        .weeks()
        .into_iter()
        .map(|week| (week.to_string(), world.standings(campaign, week)))
        .collect()
}

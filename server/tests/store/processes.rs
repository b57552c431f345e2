//! Several handles on one store, as several processes have them, and one after another: what one commits, the others see.

use crate::Place;
use crate::stage::*;
use canvass_core::domain::verification::Verdict as Judgement;
use canvass_core::domain::{RecordId, Week};
use canvass_core::wire::Verdict;
use canvass_server::store::{Actor, Store, VerifyOrder, Whose};
use tokio::task::JoinSet;

pub(crate) async fn all_that_was_written_is_there_after_reopening(place: &impl Place) {
    let store = with_bank(place).await;
    let (mut head, mut ann) = (Pen::of(1), Pen::of(3));
    let mut rules = head.campaign(&campaign(2, 1));
    let mut prospect = ann.prospect("银枫家园");
    let mut visit = ann.visit(prospect.id, NOON);
    send(&*store, 1, vec![&mut rules]).await;
    send(&*store, 3, vec![&mut prospect, &mut visit]).await;
    let said = async |store: &dyn Store| {
        (
            store.bank().await.expect("a bank"),
            store.counts().await.expect("counts"),
            store.tallies(rules.id).await.expect("tallies"),
            store.rows(vec![prospect.id, visit.id]).await.expect("rows"),
            held_by(store, "leader").await,
        )
    };
    let before = said(&*store).await;
    assert_eq!((before.2.len(), before.3.len()), (1, 2));
    drop(store);
    assert_eq!(said(&*place.open()).await, before);
}

pub(crate) async fn each_process_sees_the_others_bank_and_campaigns(place: &impl Place) {
    let (one, two) = (with_bank(place).await, place.open());
    let (mut head, mut ann, mut dan) = (Pen::of(1), Pen::of(3), Pen::of(6));
    // Both have read an empty list of campaigns and the first bank.
    let mut early = dan.prospect("早");
    send(&*two, 6, vec![&mut early]).await;
    let mut rules = head.campaign(&campaign(2, 1));
    send(&*one, 1, vec![&mut rules]).await;
    let mut prospect = ann.prospect("银枫家园");
    let mut visit = ann.visit(prospect.id, NOON);
    send(&*two, 3, vec![&mut prospect, &mut visit]).await;
    assert_eq!(one.tallies(rules.id).await.expect("tallies").len(), 1, "the campaign was not seen");
    // The person moves; the next prospect is the new unit's.
    one.set_bank(bank_with(vec![member("ann", "S3", since(), None)], &[])).await.expect("set");
    let mut moved = ann.prospect("新单位的小区");
    send(&*two, 3, vec![&mut moved]).await;
    assert!(held_by(&*one, "dan").await.contains(&moved.id), "the bank was not seen");
    assert!(two.rebuild().await.expect("rebuilt").nothing_differed());
}

pub(crate) async fn a_campaign_edited_by_turns_is_counted_as_it_stands(place: &impl Place) {
    let (one, two) = (with_bank(place).await, place.open());
    let (mut head, mut ann) = (Pen::of(1), Pen::of(3));
    let mut rules = head.campaign(&campaign(2, 1));
    let mut prospect = ann.prospect("银枫家园");
    let (mut first, mut second) = (ann.visit(prospect.id, NOON), ann.visit(prospect.id, NOON + 8 * DAY));
    send(&*one, 1, vec![&mut rules]).await;
    push_at(&*one, 3, NOON + 9 * DAY, vec![prospect.push(), first.push(), second.push()]).await;
    // The other process shortens the campaign; this one, which last saw it long, makes it long again.
    for (store, weeks, visits) in [(&two, 1, 1), (&one, 2, 2), (&two, 1, 1), (&two, 2, 2), (&one, 1, 1)] {
        head.put(&mut rules, &campaign(weeks, 1).to_fields());
        send(&**store, 1, vec![&mut rules]).await;
        let tallies = one.tallies(rules.id).await.expect("tallies");
        assert_eq!(tallies.iter().map(|tally| tally.value).sum::<i64>(), visits, "{weeks} weeks");
    }
    assert!(one.rebuild().await.expect("rebuilt").nothing_differed());
}

pub(crate) async fn two_processes_write_at_once_and_nothing_is_lost(place: &impl Place) {
    let stores = [with_bank(place).await, place.open()];
    let mut head = Pen::of(1);
    let mut rules = head.campaign(&campaign(2, 1));
    send(&*stores[0], 1, vec![&mut rules]).await;
    let mut ann = Pen::of(3);
    let mut prospect = ann.prospect("银枫家园");
    let mut outcomes: Vec<_> = (0..20).map(|n| ann.account(prospect.id, today(), 10_000 * (n + 1))).collect();
    send(&*stores[0], 3, vec![&mut prospect]).await;
    send(&*stores[0], 3, outcomes.iter_mut().collect()).await;
    let mut waiting = JoinSet::new();
    for (n, outcome) in outcomes.iter().enumerate() {
        let verdict = if n % 2 == 0 { Judgement::Rejected } else { Judgement::Confirmed };
        let order = VerifyOrder::new(outcome.id, verdict, server(NOON), Actor::Operator);
        let (verifying, ingesting) = (stores[1].clone(), stores[0].clone());
        let visit = ann.visit(prospect.id, NOON).push();
        waiting.spawn(async move { verifying.verify(order).await.map(|_: RecordId| ()).map_err(|e| e.to_string()) });
        waiting.spawn(async move {
            let verdicts = push_at(&*ingesting, 3, NOON, vec![visit]).await;
            if verdicts == [[Verdict::Accepted]] { Ok(()) } else { Err(format!("{verdicts:?}")) }
        });
    }
    while let Some(done) = waiting.join_next().await {
        assert_eq!(done.expect("joined"), Ok(()));
    }
    let week = Week::of(today());
    let units = Whose::Units(vec![Some(unit("S1"))]);
    let counted = stores[0].contributions(rules.id, units, week).await.expect("contributions");
    // Twenty visits, and of each account the community and its fund.
    assert_eq!(counted.len(), 60);
    let waits = |rule| matches!(rule, canvass_core::ranking::Rule::AwaitingVerification);
    assert!(!counted.iter().any(|one| waits(one.rule)), "a verdict was not counted");
    assert!(stores[1].rebuild().await.expect("rebuilt").nothing_differed());
}

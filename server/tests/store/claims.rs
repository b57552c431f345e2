//! The verifier's side: what waits for whom in which order, verdicts on what was seen and nothing else, ledger files.

use crate::Place;
use crate::stage::*;
use canvass_core::domain::campaign::Metric;
use canvass_core::domain::outcome::{Outcome, Product};
use canvass_core::domain::verification::Verdict as Judgement;
use canvass_core::domain::{Date, Fields, Membership, Money, Person, RecordId, Role, outcome};
use canvass_core::ranking::Status;
use canvass_server::store::claims::{BringOrder, Judge};
use canvass_server::store::{Actor, BankOrder, Store, StoreError, VerifyOrder, Whose};
use canvass_server::verification::{LedgerRow, Reference, Standing};
use std::collections::BTreeSet;

async fn verifier(store: &dyn Store, who: &str, at: &str) -> Judge {
    let people = vec![Person { id: person(who), name: who.to_owned(), roles: Role::Verifier.into() }];
    let memberships = vec![Membership { person: person(who), unit: unit(at), from: since(), until: None }];
    let order = BankOrder { units: vec![], people, memberships, by: Actor::Operator, at: server(NOON) };
    store.extend_bank(order).await.expect("joined");
    Judge { person: person(who), today: today() }
}

fn account_by(reference: &str, yuan: i64) -> Fields {
    let (amount, reference) = (Money::from_yuan(yuan).ok(), Some(reference.to_owned()));
    Outcome { product: Product::Account, opened_on: today(), amount, cards: None, reference }.to_fields()
}

/// A campaign in which ann of S1 and dan of S3 claim something, one after the other.
struct Claimed {
    store: std::sync::Arc<dyn Store>,
    campaign: RecordId,
    ann: Pen,
    hers: Draft,
    his: Draft,
}

async fn claimed(place: &impl Place) -> Claimed {
    let store = with_bank(place).await;
    let (mut head, mut ann, mut dan) = (Pen::of(1), Pen::of(3), Pen::of(6));
    let mut rules = head.campaign(&campaign(2, 1));
    let (mut garden, mut court) = (ann.prospect("银枫家园"), dan.prospect("春晓苑"));
    let mut hers = ann.record(&outcome::KIND, Some(garden.id), &account_by("K-1", 20_000));
    let mut his = dan.record(&outcome::KIND, Some(court.id), &account_by("K-2", 30_000));
    send(&*store, 1, vec![&mut rules]).await;
    let at = |n: i64| NOON + n * 60_000;
    push_at(&*store, 3, at(0), vec![garden.push()]).await;
    push_at(&*store, 6, at(1), vec![court.push(), his.push()]).await;
    push_at(&*store, 3, at(2), vec![hers.push()]).await;
    Claimed { campaign: rules.id, store, ann, hers, his }
}

/// A verdict by a judge on what they saw.
fn on(seen: &canvass_core::projection::Row, judge: &Judge, verdict: Judgement) -> VerifyOrder {
    let by = Actor::Person(judge.person.clone());
    VerifyOrder { heads: Some(seen.heads_bytes()), ..VerifyOrder::new(seen.id, verdict, server(NOON + 600_000), by) }
}

pub(crate) async fn claims_wait_in_the_order_in_which_they_came_for_whoever_may_judge_them(place: &impl Place) {
    let Claimed { store, campaign, hers, his, .. } = claimed(place).await;
    let (all, b1) = (verifier(&*store, "vera", "HQ").await, verifier(&*store, "eve", "B1").await);
    let as_judge = |who: &str| Judge { person: person(who), today: today() };
    let waiting = async |judge: &Judge| store.waiting(judge.clone(), Some(campaign)).await.expect("a queue");
    for judge in [&all, &as_judge("head")] {
        assert_eq!(waiting(judge).await, [his.id, hers.id]);
    }
    assert_eq!(waiting(&b1).await, [hers.id], "of her own units alone");
    for who in ["leader", "ann"] {
        assert!(waiting(&as_judge(who)).await.is_empty(), "{who} judges nothing");
    }
    assert_eq!(store.waiting(all.clone(), None).await.expect("a queue"), [his.id, hers.id]);
    assert!(store.waiting(all.clone(), Some(his.id)).await.expect("a queue").is_empty(), "of another campaign");
    assert!(matches!(store.waiting(as_judge("nobody"), None).await, Err(StoreError::UnknownPerson(_))));

    let claim = store.claim(all, hers.id).await.expect("read").expect("a claim");
    assert_eq!((claim.prospect.as_deref(), claim.received_at), (Some("银枫家园"), server(NOON + 120_000)));
    let metrics: BTreeSet<Metric> = claim.pending.iter().map(|one| one.metric).collect();
    assert_eq!(metrics, BTreeSet::from([Metric::Communities, Metric::Fund]));
    assert!(claim.verdicts.is_empty() && claim.pending.iter().all(|one| one.unit == Some(unit("S1"))));
    assert!(store.claim(b1, his.id).await.expect("read").is_none());
}

pub(crate) async fn a_verdict_on_what_was_seen_is_on_nothing_that_came_since(place: &impl Place) {
    let Claimed { store, campaign, ann, mut hers, his } = claimed(place).await;
    let vera = verifier(&*store, "vera", "HQ").await;
    let seen = store.claim(vera.clone(), hers.id).await.expect("read").expect("a claim").row;
    ann.edit(&mut hers, "amount", 99_000 * 100);
    send(&*store, 3, vec![&mut hers]).await;
    let late = store.verify(on(&seen, &vera, Judgement::Confirmed)).await;
    assert!(matches!(late, Err(StoreError::EditedMeanwhile(id)) if id == hers.id), "{late:?}");
    let seen = store.claim(vera.clone(), hers.id).await.expect("read").expect("it waits still").row;
    let reject = VerifyOrder { reason: Some("台账中查无此户".into()), ..on(&seen, &vera, Judgement::Rejected) };
    store.verify(reject).await.expect("judged");
    let again = store.verify(on(&seen, &vera, Judgement::Confirmed)).await;
    assert!(matches!(again, Err(StoreError::JudgedMeanwhile(id)) if id == hers.id), "{again:?}");
    assert_eq!(store.waiting(vera.clone(), Some(campaign)).await.expect("a queue"), [his.id]);
    // Edited afterwards it waits again, with what was said before.
    ann.edit(&mut hers, "amount", 20_000 * 100);
    send(&*store, 3, vec![&mut hers]).await;
    assert_eq!(store.waiting(vera.clone(), Some(campaign)).await.expect("a queue"), [his.id, hers.id]);
    let claim = store.claim(vera.clone(), hers.id).await.expect("read").expect("a claim");
    let reasons: Vec<_> = claim.verdicts.iter().map(|given| given.verification.reason.as_deref()).collect();
    assert_eq!(reasons, [Some("台账中查无此户")]);
    // In one transaction each stands by itself.
    let nobody = RecordId::new(NOON, [77; 10]);
    let his_row = store.claim(vera.clone(), his.id).await.expect("read").expect("a claim").row;
    let orders = vec![
        on(&seen, &vera, Judgement::Confirmed),
        VerifyOrder::new(nobody, Judgement::Confirmed, server(NOON), Actor::Operator),
        on(&his_row, &vera, Judgement::Confirmed),
        on(&his_row, &vera, Judgement::Confirmed),
    ];
    let given = store.verify_each(orders).await.expect("asked");
    assert!(matches!(
        given[..],
        [
            Err(StoreError::EditedMeanwhile(_)),
            Err(StoreError::NoSuchRecord { .. }),
            Ok(_),
            Err(StoreError::JudgedMeanwhile(_))
        ]
    ));
    let rebuilt = store.rebuild().await.expect("rebuilt");
    assert!(rebuilt.nothing_differed(), "{rebuilt:?}");
}

pub(crate) async fn what_people_disagree_about_is_not_judged_until_they_chose(place: &impl Place) {
    let Claimed { store, ann, mut hers, .. } = claimed(place).await;
    let vera = verifier(&*store, "vera", "HQ").await;
    // Two of her phones, neither of which knows of the other.
    let other = Pen::of(enrol(&*store, "ann", 9).await);
    let mut same = hers.copy();
    ann.edit(&mut hers, "amount", 1_000);
    other.edit(&mut same, "amount", 2_000);
    send(&*store, 3, vec![&mut hers]).await;
    send(&*store, other.device(), vec![&mut same]).await;
    let claim = store.claim(vera.clone(), hers.id).await.expect("read").expect("a claim");
    assert!(claim.row.scoring_conflict());
    let judged = store.verify(on(&claim.row, &vera, Judgement::Confirmed)).await;
    assert!(matches!(judged, Err(StoreError::Undecided(id)) if id == hers.id), "{judged:?}");
}

pub(crate) async fn a_verdict_credits_the_amount_day_and_unit_that_the_ledger_says(place: &impl Place) {
    let Claimed { store, campaign, hers, .. } = claimed(place).await;
    let vera = verifier(&*store, "vera", "HQ").await;
    let seen = store.claim(vera.clone(), hers.id).await.expect("read").expect("a claim").row;
    let nowhere = VerifyOrder { unit: Some(unit("X9")), ..on(&seen, &vera, Judgement::Confirmed) };
    let refused = store.verify(nowhere).await.expect_err("no such unit");
    assert!(refused.to_string().contains("a unit of this bank"), "{refused}");
    let found = VerifyOrder {
        amount: Money::from_yuan(18_000).ok(),
        opened_on: Some(Date::constant(2026, 3, 9)),
        unit: Some(unit("S3")),
        ..on(&seen, &vera, Judgement::Confirmed)
    };
    store.verify(found).await.expect("judged");
    let whose = Whose::Units(vec![Some(unit("S3"))]);
    let week = canvass_core::domain::Week::of(Date::constant(2026, 3, 9));
    let all = store.contributions(campaign, whose, week).await.expect("contributions");
    let fund = all.iter().find(|one| one.metric == Metric::Fund && one.source == hers.id).expect("credited there");
    assert_eq!((fund.value, fund.week, fund.status), (1_800_000, week, Status::Confirmed));
}

pub(crate) async fn a_booking_is_found_whoever_claims_it_and_whoever_judges_it(place: &impl Place) {
    let Claimed { store, hers, his, .. } = claimed(place).await;
    let (vera, eve) = (verifier(&*store, "vera", "HQ").await, verifier(&*store, "eve", "B1").await);
    let bookings: BTreeSet<Reference> = ["k-1", "k-2"].into_iter().filter_map(Reference::of).collect();
    let all = store.claims_with(vera.clone(), bookings.clone()).await.expect("read");
    assert_eq!(all.pending.iter().map(|claim| claim.row.id).collect::<Vec<_>>(), [his.id, hers.id]);
    assert!(all.others.is_empty());
    let hers_alone = store.claims_with(eve.clone(), bookings.clone()).await.expect("read");
    assert_eq!(hers_alone.pending.len(), 1);
    let theirs: Vec<_> = hers_alone.others.iter().map(|one| (one.row.id, one.standing, &one.prospect)).collect();
    assert_eq!(theirs, [(his.id, Standing::Anothers { rejected: false }, &None)], "that it is claimed, and no name");
    store.verify(VerifyOrder::new(hers.id, Judgement::Rejected, server(NOON), Actor::Operator)).await.expect("judged");
    let judged = store.claims_with(eve, bookings).await.expect("read");
    let settled = judged.others.iter().find(|one| one.row.id == hers.id).expect("named");
    assert_eq!(
        (settled.standing, settled.prospect.as_deref()),
        (Standing::Settled(Status::Rejected), Some("银枫家园"))
    );
    let none = store.claims_with(vera, BTreeSet::new()).await.expect("read");
    assert!(none.others.is_empty() && none.pending.len() == 1);
}

pub(crate) async fn a_ledger_file_is_kept_once_and_read_back_as_it_was(place: &impl Place) {
    let store = with_bank(place).await;
    let rows = vec![
        LedgerRow { line: 2, reference: "K-1".into(), amount: Money::from_yuan(20_000).ok(), date: today() },
        LedgerRow { line: 3, reference: "卡-7".into(), amount: None, date: today() },
    ];
    let order = |by: &str, digest| BringOrder {
        name: "三月台账.xlsx".into(),
        digest: [digest; 32],
        rows: rows.clone(),
        by: person(by),
        at: server(NOON),
    };
    let (first, new) = store.bring_ledger(order("head", 1)).await.expect("kept");
    assert!(new);
    assert_eq!(store.bring_ledger(order("head", 1)).await.expect("known"), (first, false));
    assert_ne!(store.bring_ledger(order("head", 2)).await.expect("kept").0, first);
    assert_ne!(store.bring_ledger(order("leader", 1)).await.expect("kept").0, first, "each reads their own");
    assert_eq!(store.ledger_files().await.expect("a list").len(), 3);
    let (file, read) = store.ledger_file(first).await.expect("read").expect("there");
    assert_eq!((file.name.as_str(), file.rows, file.by, read), ("三月台账.xlsx", 2, person("head"), rows));
    assert!(store.ledger_file(canvass_server::store::claims::LedgerFileId(99)).await.expect("asked").is_none());
}

//! Disputes: who may doubt and who may settle, and that a trail says what was said.

use crate::Place;
use crate::stage::*;
use canvass_core::domain::RecordId;
use canvass_core::domain::{Bank, Person, Role};
use canvass_server::store::audit::AuditQuery;
use canvass_server::store::{DisputeOrder, StoreError};

fn order(about: RecordId, campaign: RecordId, who: &str, text: &str) -> DisputeOrder {
    let (by, at) = (person(who), server(NOON));
    DisputeOrder { about, campaign, answers: None, settled: false, text: text.to_owned(), by, at }
}

pub(crate) async fn a_community_under_two_records_is_one_in_the_market(place: &impl Place) {
    let store = with_bank(place).await;
    let head = enrol(&*store, "head", 1).await;
    let ann = enrol(&*store, "ann", 3).await;
    let mut pen = Pen::of(ann);
    let mut rules = Pen::of(head).campaign(&campaign(1, 1));
    send(&*store, head, vec![&mut rules]).await;
    let (mut elder, mut younger, mut other) =
        (pen.prospect("银枫家园"), pen.prospect("银枫家园一期"), pen.prospect("春晓苑"));
    pen.edit(&mut elder, "current_bank", "甲行");
    pen.edit(&mut younger, "same_as", elder.id);
    pen.edit(&mut other, "competitor/c1/name", "乙行");
    let mut claim = pen.account(younger.id, today(), 20_000);
    send(&*store, ann, vec![&mut elder, &mut younger, &mut other, &mut claim]).await;
    let until = canvass_core::domain::Week::of(today());
    let communities = store.communities(rules.id, until).await.expect("read");
    let mut said: Vec<_> =
        communities.iter().map(|one| (one.won, one.current_bank.as_deref(), one.rivals.len())).collect();
    said.sort_unstable();
    assert_eq!(said, [(false, None, 1), (true, Some("甲行"), 0)], "won under the younger record is won");
    assert!(communities.iter().all(|one| one.unit == Some(unit("S1"))));
}

pub(crate) async fn a_leader_doubts_a_verifier_settles_and_the_trail_stays(place: &impl Place) {
    let store = with_bank(place).await;
    let now = store.bank().await.expect("a bank");
    let mut people: Vec<Person> = now.people().cloned().collect();
    people.push(Person { id: person("vera"), name: "核实员".into(), roles: Role::Verifier.into() });
    let members = now.memberships().cloned().chain([member("vera", "HQ", since(), None)]).collect();
    let bank = Bank::new(now.units().cloned().collect(), people, members, now.devices().collect());
    store.set_bank(bank.expect("a bank")).await.expect("set");
    let head = enrol(&*store, "head", 1).await;
    let ann = enrol(&*store, "ann", 3).await;
    let mut pen = Pen::of(ann);
    let mut rules = Pen::of(head).campaign(&campaign(1, 1));
    send(&*store, head, vec![&mut rules]).await;
    let (mut yinfeng, campaign) = (pen.prospect("银枫家园"), rules.id);
    let mut claim = pen.account(yinfeng.id, today(), 20_000);
    send(&*store, ann, vec![&mut yinfeng, &mut claim]).await;

    for who in ["ann", "dan"] {
        let refused = store.dispute(order(claim.id, campaign, who, "金额不符")).await;
        assert!(matches!(refused, Err(StoreError::Forbidden(_))), "{who}: {refused:?}");
    }
    let empty = store.dispute(order(claim.id, campaign, "leader", " \n")).await;
    assert!(matches!(&empty, Err(StoreError::Invalid(error)) if error.what == "text"), "{empty:?}");
    let of_nothing = store.dispute(order(yinfeng.id, campaign, "leader", "不对")).await;
    assert!(matches!(of_nothing, Err(StoreError::NoSuchRecord { .. })), "{of_nothing:?}");

    let doubt = store.dispute(order(claim.id, campaign, "leader", "回单在案，请复核。")).await.expect("kept");
    let own = DisputeOrder { answers: Some(doubt), settled: true, ..order(claim.id, campaign, "leader", "算了") };
    assert!(matches!(store.dispute(own).await, Err(StoreError::Forbidden(_))), "nobody settles their own doubt");
    let nowhere = store.dispute(order(claim.id, claim.id, "leader", "不对")).await;
    assert!(matches!(nowhere, Err(StoreError::NoSuchRecord { .. })), "that is no campaign: {nowhere:?}");
    let elsewhere = DisputeOrder { answers: Some(doubt), ..order(claim.id, claim.id, "vera", "已查") };
    assert!(matches!(store.dispute(elsewhere).await, Err(StoreError::NoSuchRecord { .. })), "in another campaign");
    let answer =
        DisputeOrder {
            answers: Some(doubt), settled: true, ..order(claim.id, campaign, "vera", " 已查到，改为确认 ")
        };
    store.dispute(answer).await.expect("kept");

    let trail = store.remarks(campaign).await.expect("read");
    let said: Vec<_> =
        trail.iter().map(|one| (one.said.by.as_str(), one.said.text.as_str(), one.said.settled)).collect();
    assert_eq!(said, [("leader", "回单在案，请复核。", false), ("vera", "已查到，改为确认", true)]);
    assert!(trail.iter().all(|one| one.prospect == yinfeng.id && one.said.about == claim.id));
    assert!(held_by(&*store, "bob").await.contains(&doubt), "the unit's phones read it");
    let query = AuditQuery { deed: Some("disputed".to_owned()), limit: 10, ..AuditQuery::default() };
    assert_eq!(store.audit(query).await.expect("read").total, 2);
    assert!(store.rebuild().await.expect("rebuilt").nothing_differed());
}

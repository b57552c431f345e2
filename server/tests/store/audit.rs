//! Promises about the audit log: what is noted, by whom, and that it is found again.

use crate::Place;
use crate::stage::*;
use canvass_core::domain::verification::Verdict as Judgement;
use canvass_core::domain::{Membership, Person, PersonId, RecordId, Role};
use canvass_server::store::audit::{AuditQuery, Logged};
use canvass_server::store::{Actor, BankOrder, Deed, Entry, Store, StoreError, VerifyOrder};

async fn log(store: &dyn Store) -> Vec<Logged> {
    let query = AuditQuery { oldest_first: true, limit: 100, ..AuditQuery::default() };
    store.audit(query).await.expect("the log").entries
}

fn in_short(log: &[Logged]) -> Vec<String> {
    log.iter().map(|e| [&*e.actor, &e.deed, &e.subject, &e.detail].join(" ").trim_end().to_owned()).collect()
}

async fn an_outcome(store: &dyn Store) -> RecordId {
    let mut ann = Pen::of(3);
    let mut prospect = ann.prospect("天通苑");
    let mut outcome = ann.account(prospect.id, today(), 1000);
    send(store, 3, vec![&mut prospect, &mut outcome]).await;
    outcome.id
}

async fn judge(store: &dyn Store, outcome: RecordId, by: Actor) -> Result<RecordId, StoreError> {
    let verdict = Judgement::Confirmed;
    store.verify(VerifyOrder::new(outcome, verdict, server(NOON), by)).await
}

/// Somebody new in a unit.
async fn hire(store: &dyn Store, who: &str, role: Role, at: &str) {
    let people = vec![Person { id: person(who), name: who.into(), roles: role.into() }];
    let memberships = vec![Membership { person: person(who), unit: unit(at), from: since(), until: None }];
    let order = BankOrder { units: Vec::new(), people, memberships, by: Actor::Operator, at: server(NOON) };
    store.extend_bank(order).await.expect("hired");
}

pub(crate) async fn a_verdict_is_given_by_whom_the_matrix_lets_and_noted_with_who_gave_it(place: &impl Place) {
    let store = place.open();
    store.set_bank(bank()).await.expect("a bank");
    let outcome = an_outcome(&*store).await;
    hire(&*store, "vera", Role::Verifier, "HQ").await;
    hire(&*store, "far", Role::Verifier, "B2").await;
    for (who, may) in [("ann", false), ("leader", false), ("far", false), ("vera", true), ("head", true)] {
        let judged = judge(&*store, outcome, Actor::Person(person(who))).await;
        match judged {
            Ok(_) => assert!(may, "{who}"),
            Err(StoreError::Forbidden(words)) => assert!(!may && words.contains(who), "{words}"),
            Err(other) => panic!("{who}: {other}"),
        }
    }
    let nobody = judge(&*store, outcome, Actor::Person(person("nobody"))).await;
    assert!(matches!(nobody, Err(StoreError::UnknownPerson(_))));
    judge(&*store, outcome, Actor::Operator).await.expect("judged");
    let noted: Vec<_> = in_short(&log(&*store).await).into_iter().filter(|e| e.contains("verified")).collect();
    let expected = ["person/vera", "person/head", "operator"];
    assert_eq!(noted, expected.map(|who| format!("{who} verified outcome/{outcome} confirmed")));
}

pub(crate) async fn whose_rights_changed_is_noted_and_what_changed_nothing_is_not(place: &impl Place) {
    let store = place.open();
    store.set_bank(bank()).await.expect("a bank");
    hire(&*store, "eve", Role::Verifier, "B2").await;
    hire(&*store, "eve", Role::Verifier, "B2").await;
    hire(&*store, "eve", Role::BranchLeader, "B1").await;
    assert_eq!(
        in_short(&log(&*store).await),
        [
            "operator bank-changed person/eve new, verifier; in B2 from 2025-01-01",
            "operator bank-changed person/eve branch_leader, was verifier; in B1 from 2025-01-01",
        ]
    );
    let check = store.verify_audit().await.expect("walked");
    assert_eq!((check.entries, check.fault), (2, None));
}

pub(crate) async fn entries_are_found_by_who_what_whom_and_when(place: &impl Place) {
    let store = place.open();
    let who: PersonId = person("vera");
    for n in 0..30 {
        let actor = if n % 3 == 0 { Actor::Operator } else { Actor::Person(who.clone()) };
        let deed = if n % 2 == 0 { Deed::DossierRead } else { Deed::Exported };
        store.note(Entry::new(actor, deed, format!("dossier/{n}")), server(NOON + n)).await.expect("noted");
    }
    let found = async |query: AuditQuery| {
        let page = store.audit(AuditQuery { limit: query.limit.max(4), ..query }).await.expect("the log");
        (page.total, page.entries.iter().map(|entry| entry.n).collect::<Vec<_>>())
    };
    let any = AuditQuery::default;
    assert_eq!(found(any()).await, (30, vec![30, 29, 28, 27]));
    assert_eq!(found(AuditQuery { offset: 28, ..any() }).await, (30, vec![2, 1]));
    assert_eq!(found(AuditQuery { after: Some(28), oldest_first: true, ..any() }).await, (2, vec![29, 30]));
    let vera = || AuditQuery { actor: Some("vera".into()), ..any() };
    assert_eq!(found(vera()).await, (20, vec![30, 29, 27, 26]));
    assert_eq!(found(AuditQuery { deed: Some("export".into()), ..vera() }).await, (10, vec![30, 26, 24, 20]));
    assert_eq!(found(AuditQuery { subject: Some("dossier/7".into()), ..any() }).await, (1, vec![8]));
    let (from, until) = (Some(server(NOON + 2)), Some(server(NOON + 4)));
    assert_eq!(found(AuditQuery { from, until, ..any() }).await, (2, vec![4, 3]));
    // What stands in a question is looked for as it is.
    assert_eq!(found(AuditQuery { actor: Some("%' OR 1 --".into()), ..any() }).await.0, 0);
}

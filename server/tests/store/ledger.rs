//! The ledger: kept by difference, and at any moment what a count from nothing gives.

use crate::Place;
use crate::stage::*;
use canvass_core::domain::campaign::Metric;
use canvass_core::domain::verification::{self, Verdict as Judgement, Verification};
use canvass_core::domain::{Kind, RecordId, Week, Zone};
use canvass_core::ranking::{Contribution, Rule, Status, tallies};
use canvass_core::wire::Verdict;
use canvass_server::store::{Actor, ServerRecord, Store, VerifyOrder, Versions, Whose};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use std::collections::BTreeSet;

/// Every contribution that some unit is credited with.
async fn credited(store: &dyn Store, campaign: RecordId) -> Vec<Contribution> {
    let units = Whose::Units(store.bank().await.expect("a bank").units().map(|unit| Some(unit.id.clone())).collect());
    let until = Week::from_number(12_000).expect("a week");
    let mut all = store.contributions(campaign, units, until).await.expect("contributions");
    all.sort_unstable();
    all
}

/// What was kept must equal a count from nothing, and the sums their parts.
async fn assert_true(store: &dyn Store, campaign: RecordId) {
    let kept = credited(store, campaign).await;
    let mut sums = store.tallies(campaign).await.expect("tallies");
    sums.sort_unstable();
    assert_eq!(sums, tallies(&kept));
    let rebuilt = store.rebuild().await.expect("rebuilt");
    assert!(rebuilt.nothing_differed(), "{rebuilt:?}");
}

async fn judge(store: &dyn Store, outcome: RecordId, verdict: Judgement) {
    let order = VerifyOrder::new(outcome, verdict, server(NOON), Actor::Operator);
    store.verify(order).await.expect("verified");
}

fn day(n: i64) -> canvass_core::domain::Date {
    server(NOON + n * DAY).date(&Zone::china())
}

pub(crate) async fn what_is_kept_by_difference_equals_a_rebuild_after_random_work(place: &impl Place) {
    let mut seen = BTreeSet::new();
    for seed in 1..=3 {
        let store = with_bank(place).await;
        let mut rng = StdRng::seed_from_u64(seed);
        let mut pens = Vec::new();
        for (who, n) in [("ann", 3), ("bob", 4), ("cat", 5), ("dan", 6), ("head", 1)] {
            let device = enrol(&*store, who, n).await;
            pens.push((device, Pen::of(device)));
        }
        let (head, mut head_pen) = pens.pop().expect("head office");
        let mut rules = head_pen.campaign(&campaign(2, 1));
        send(&*store, head, vec![&mut rules]).await;
        let mut prospects: Vec<RecordId> = Vec::new();
        let mut drafts: Vec<(usize, Draft)> = Vec::new();
        for step in 0..150 {
            let who = rng.random_range(0..pens.len());
            let (device, pen) = &mut pens[who];
            let device = *device;
            let old = (!drafts.is_empty()).then(|| rng.random_range(0..drafts.len()));
            let made = match (rng.random_range(0..20), old) {
                (0..2, _) => Some(pen.prospect(&format!("小区{step}"))),
                (2, _) if !prospects.is_empty() => {
                    let prospect = prospects[rng.random_range(0..prospects.len())];
                    Some(pen.activity(prospect, NOON + rng.random_range(-3..20) * DAY))
                }
                (3..7, _) if !prospects.is_empty() => {
                    let prospect = prospects[rng.random_range(0..prospects.len())];
                    Some(pen.visit(prospect, NOON + rng.random_range(-3..20) * DAY))
                }
                (7..11, _) if !prospects.is_empty() => {
                    let prospect = prospects[rng.random_range(0..prospects.len())];
                    Some(pen.account(prospect, day(rng.random_range(-3..20)), rng.random_range(1..9) * 10_000_000))
                }
                (11..13, Some(old)) => {
                    let (author, draft) = &mut drafts[old];
                    let (device, pen) = &pens[*author];
                    match rng.random_range(0..3) {
                        _ if draft.kind.name() == "prospect" => {
                            let member = ["ann", "bob", "dan"][rng.random_range(0..3)];
                            pen.edit(draft, &format!("team/{member}/share"), rng.random_range(0..100));
                        }
                        0 => pen.edit(draft, "state", "withdrawn"),
                        1 => pen.edit(draft, "amount", rng.random_range(1..9) * 1_000_000),
                        _ => pen.edit(draft, "state", "active"),
                    }
                    push_at(&*store, *device, NOON + 25 * DAY, vec![draft.push()]).await;
                    None
                }
                (13..16, Some(old)) if drafts[old].1.kind.name() == "outcome" => {
                    let verdict = [Judgement::Confirmed, Judgement::Rejected][rng.random_range(0..2)];
                    judge(&*store, drafts[old].1.id, verdict).await;
                    None
                }
                (16, _) => {
                    let mut other = campaign(rng.random_range(1..4), rng.random_range(1..4));
                    let version = other.versions.values_mut().next().expect("rules");
                    version.insert("credit".into(), ["recorder", "team"][rng.random_range(0..2)].into());
                    version.insert("least/account".into(), (rng.random_range(0..3) * 100_000_000).into());
                    version.insert("late_days".into(), rng.random_range(5..30).into());
                    head_pen.put(&mut rules, &other.to_fields());
                    push_at(&*store, head, NOON, vec![rules.push()]).await;
                    None
                }
                (17, _) => {
                    // A visit to somebody whose record comes later, if ever.
                    Some(pen.visit(RecordId::new(NOON, rng.random()), NOON))
                }
                (18, _) => {
                    let to = ["S1", "S2", "S3"][rng.random_range(0..3)];
                    let on = day(rng.random_range(0..10));
                    let now = store.bank().await.expect("a bank");
                    let moved = [member("ann", "S1", since(), Some(on)), member("ann", to, on, None)];
                    let others = now.memberships().filter(|m| m.person != person("ann")).cloned();
                    let bank = canvass_core::domain::Bank::new(
                        now.units().cloned().collect(),
                        now.people().cloned().collect(),
                        others.chain(moved).collect(),
                        now.devices().collect(),
                    );
                    store.set_bank(bank.expect("a bank")).await.expect("set");
                    None
                }
                _ => None,
            };
            if let Some(mut draft) = made {
                if draft.kind.name() == "prospect" {
                    prospects.push(draft.id);
                }
                // What is begun with another unit's prospect is refused.
                if push_at(&*store, device, NOON + 25 * DAY, vec![draft.push()]).await == [[Verdict::Accepted]] {
                    drafts.push((who, draft));
                }
            }
            if step % 10 == 9 {
                assert_true(&*store, rules.id).await;
            }
        }
        seen.extend(credited(&*store, rules.id).await.iter().map(|one| one.status));
    }
    assert_eq!(seen, Status::ALL.into_iter().collect(), "the work was too dull");
}

pub(crate) async fn a_prospect_that_comes_after_its_outcomes_brings_its_team(place: &impl Place) {
    let store = with_bank(place).await;
    let (mut head, mut ann) = (Pen::of(1), Pen::of(3));
    let mut shared = campaign(2, 1);
    shared.versions.values_mut().next().expect("rules").insert("credit".to_owned(), "team".into());
    let mut rules = head.campaign(&shared);
    send(&*store, 1, vec![&mut rules]).await;
    let mut prospect = ann.prospect("银枫家园");
    let mut claim = ann.account(prospect.id, today(), 20_000);
    send(&*store, 3, vec![&mut claim]).await;
    ann.edit(&mut prospect, "team/ann/share", 40);
    ann.edit(&mut prospect, "team/dan/share", 60);
    send(&*store, 3, vec![&mut prospect]).await;
    let said: Vec<_> = credited(&*store, rules.id).await;
    let said: Vec<_> =
        said.iter().map(|one| (one.metric, one.person.as_ref().map_or("", |p| p.as_str()), one.value)).collect();
    let expected = [(Metric::Communities, "dan", 1), (Metric::Fund, "ann", 800_000), (Metric::Fund, "dan", 1_200_000)];
    assert_eq!(said, expected);
    assert_true(&*store, rules.id).await;
}

pub(crate) async fn new_weights_change_no_contribution(place: &impl Place) {
    let store = with_bank(place).await;
    let (mut head, mut ann) = (Pen::of(1), Pen::of(3));
    let mut rules = head.campaign(&campaign(2, 1));
    let mut prospect = ann.prospect("银枫家园");
    let mut visit = ann.visit(prospect.id, NOON);
    send(&*store, 1, vec![&mut rules]).await;
    send(&*store, 3, vec![&mut prospect, &mut visit]).await;
    let before = credited(&*store, rules.id).await;
    assert_eq!(before.len(), 1);
    head.put(&mut rules, &campaign(2, 9).to_fields());
    send(&*store, 1, vec![&mut rules]).await;
    assert_eq!(credited(&*store, rules.id).await, before);
    let week = Week::of(today());
    let points = store.campaigns().await.expect("campaigns")[0].campaign.rules(week).weights[&Metric::Visits].points;
    assert_eq!(points, 9);
    assert_true(&*store, rules.id).await;
}

/// A campaign of two weeks, and a visit in its first and in its second week.
async fn two_visits(store: &dyn Store) -> (Pen, Draft) {
    let (mut head, mut ann) = (Pen::of(1), Pen::of(3));
    let mut rules = head.campaign(&campaign(2, 1));
    let mut prospect = ann.prospect("银枫家园");
    let (mut first, mut second) = (ann.visit(prospect.id, NOON), ann.visit(prospect.id, NOON + 8 * DAY));
    send(store, 1, vec![&mut rules]).await;
    let pushes = vec![prospect.push(), first.push(), second.push()];
    push_at(store, 3, NOON + 9 * DAY, pushes).await;
    assert_eq!(credited(store, rules.id).await.len(), 2);
    (head, rules)
}

pub(crate) async fn a_new_period_is_counted_anew(place: &impl Place) {
    let store = with_bank(place).await;
    let (head, mut rules) = two_visits(&*store).await;
    for (weeks, visits) in [(1, 1), (3, 2)] {
        head.put(&mut rules, &campaign(weeks, 1).to_fields());
        send(&*store, 1, vec![&mut rules]).await;
        assert_eq!(credited(&*store, rules.id).await.len(), visits, "{weeks} weeks");
        assert_true(&*store, rules.id).await;
    }
}

pub(crate) async fn a_campaign_that_names_a_prospect_is_counted(place: &impl Place) {
    let store = with_bank(place).await;
    two_visits(&*store).await;
    let mut odd = Pen::of(1);
    odd.prospect("not this one");
    let about = RecordId::new(NOON, [9; 10]);
    let mut rules = odd.record(&canvass_core::domain::campaign::KIND, Some(about), &campaign(2, 1).to_fields());
    send(&*store, 1, vec![&mut rules]).await;
    assert_eq!(credited(&*store, rules.id).await.len(), 2);
    assert_true(&*store, rules.id).await;
}

pub(crate) async fn a_withdrawn_or_unreadable_campaign_counts_nothing(place: &impl Place) {
    let store = with_bank(place).await;
    let (head, mut rules) = two_visits(&*store).await;
    let null = canvass_core::domain::Value::Null;
    let steps = [
        ("state", "withdrawn".into(), 0),
        ("state", "active".into(), 2),
        ("name", null, 0),
        ("name", "再来".into(), 2),
        ("ends", "someday".into(), 0),
    ];
    for (field, value, visits) in steps {
        head.edit(&mut rules, field, value);
        send(&*store, 1, vec![&mut rules]).await;
        assert_eq!(credited(&*store, rules.id).await.len(), visits, "{field}");
        assert_true(&*store, rules.id).await;
    }
}

pub(crate) async fn a_transfer_moves_what_was_achieved_since(place: &impl Place) {
    let store = with_bank(place).await;
    let (_, rules) = two_visits(&*store).await;
    let on = day(5);
    let moved = vec![member("ann", "S1", since(), Some(on)), member("ann", "S3", on, None)];
    store.set_bank(bank_with(moved, &[])).await.expect("set");
    let now: Vec<_> = credited(&*store, rules.id).await.into_iter().map(|one| (one.week, one.unit)).collect();
    let first = Week::of(today());
    assert_eq!(now.len(), 2);
    assert!(now.contains(&(first, Some(unit("S1")))) && now.contains(&(first.next(), Some(unit("S3")))), "{now:?}");
    assert_true(&*store, rules.id).await;
}

pub(crate) async fn work_of_a_phone_that_becomes_known_again_counts_again(place: &impl Place) {
    let store = with_bank(place).await;
    let (_, rules) = two_visits(&*store).await;
    store.set_bank(bank_with(Vec::new(), &[3])).await.expect("set");
    assert_eq!(credited(&*store, rules.id).await, []);
    store.set_bank(bank()).await.expect("set");
    assert_eq!(credited(&*store, rules.id).await.len(), 2);
    assert_true(&*store, rules.id).await;
}

pub(crate) async fn a_result_credited_to_a_unit_has_its_person_again_once_their_phone_is_known(place: &impl Place) {
    let store = with_bank(place).await;
    let (mut head, mut ann) = (Pen::of(1), Pen::of(3));
    let mut rules = head.campaign(&campaign(2, 1));
    let mut prospect = ann.prospect("银枫家园");
    let mut account = ann.account(prospect.id, today(), 20_000_000);
    send(&*store, 1, vec![&mut rules]).await;
    send(&*store, 3, vec![&mut prospect, &mut account]).await;
    let row = store.rows(vec![account.id]).await.expect("rows").remove(0);
    let verification = Verification {
        outcome: account.id,
        heads: row.heads_bytes(),
        verdict: Judgement::Confirmed,
        reason: None,
        amount: None,
        opened_on: None,
        unit: Some(unit("S1")),
        verified_at: phone(NOON),
    };
    let record = ServerRecord {
        kind: Kind::from(&verification::KIND),
        prospect: Some(prospect.id),
        fields: verification.to_fields(),
        assigned_to: None,
    };
    store.write(vec![record], server(NOON)).await.expect("written");
    let people = async || -> BTreeSet<_> {
        credited(&*store, rules.id).await.into_iter().map(|one| one.person.map(|person| person.to_string())).collect()
    };
    assert_eq!(people().await, BTreeSet::from([Some("ann".to_owned())]));
    store.set_bank(bank_with(Vec::new(), &[3])).await.expect("set");
    assert_eq!(people().await, BTreeSet::from([None]));
    store.set_bank(bank()).await.expect("set");
    assert_eq!(people().await, BTreeSet::from([Some("ann".to_owned())]));
    assert_true(&*store, rules.id).await;
}

pub(crate) async fn an_outcome_edited_after_its_verification_is_pending_again(place: &impl Place) {
    let store = with_bank(place).await;
    let (mut head, mut ann) = (Pen::of(1), Pen::of(3));
    let mut rules = head.campaign(&campaign(2, 1));
    let mut prospect = ann.prospect("银枫家园");
    let mut outcome = ann.account(prospect.id, today(), 20_000_000);
    send(&*store, 1, vec![&mut rules]).await;
    send(&*store, 3, vec![&mut prospect, &mut outcome]).await;
    let fund = async || {
        let all = credited(&*store, rules.id).await;
        let fund: Vec<_> = all.iter().filter(|one| one.metric == Metric::Fund).collect();
        assert_eq!(fund.len(), 1);
        (fund[0].status, fund[0].rule)
    };
    assert_eq!(fund().await, (Status::Pending, Rule::AwaitingVerification));
    judge(&*store, outcome.id, Judgement::Confirmed).await;
    assert_eq!(fund().await, (Status::Confirmed, Rule::Fund));
    ann.edit(&mut outcome, "amount", 30_000_000 * 100);
    send(&*store, 3, vec![&mut outcome]).await;
    assert_eq!(fund().await, (Status::Pending, Rule::EditedSinceVerification));
    judge(&*store, outcome.id, Judgement::Rejected).await;
    assert_eq!(fund().await, (Status::Rejected, Rule::RejectedByVerification));
    judge(&*store, outcome.id, Judgement::Confirmed).await;
    assert_eq!(fund().await, (Status::Confirmed, Rule::Fund));
    assert_true(&*store, rules.id).await;
}

pub(crate) async fn contributions_are_found_by_unit_person_and_prospect(place: &impl Place) {
    let store = with_bank(place).await;
    let (mut head, mut ann, mut bob) = (Pen::of(1), Pen::of(3), Pen::of(4));
    let mut rules = head.campaign(&campaign(2, 1));
    send(&*store, 1, vec![&mut rules]).await;
    let (mut garden, mut court) = (ann.prospect("银枫家园"), ann.prospect("春晓苑"));
    let (mut hers, mut there) = (ann.visit(garden.id, NOON), ann.visit(court.id, NOON));
    send(&*store, 3, vec![&mut garden, &mut court, &mut hers, &mut there]).await;
    let mut his = bob.visit(garden.id, NOON);
    send(&*store, 4, vec![&mut his]).await;
    let week = Week::of(today());
    let sources = async |whose| -> BTreeSet<RecordId> {
        let found = store.contributions(rules.id, whose, week).await.expect("contributions");
        found.into_iter().map(|one| one.source).collect()
    };
    assert_eq!(sources(Whose::Person(person("ann"))).await, BTreeSet::from([hers.id, there.id]));
    assert_eq!(sources(Whose::Prospect(garden.id)).await, BTreeSet::from([hers.id, his.id]));
    assert_eq!(sources(Whose::Units(vec![Some(unit("S1"))])).await, BTreeSet::from([hers.id, there.id, his.id]));
    assert!(sources(Whose::Units(vec![None])).await.is_empty());

    let group = store.group(garden.id).await.expect("a group");
    let kinds: Vec<&str> = group.iter().map(|row| row.kind.name()).collect();
    assert_eq!(kinds, ["prospect", "assignment", "visit", "visit"]);
}

pub(crate) async fn each_version_grows_with_what_it_is_of_and_with_nothing_else(place: &impl Place) {
    let store = with_bank(place).await;
    let (mut head, mut ann) = (Pen::of(1), Pen::of(3));
    let mut rules = head.campaign(&campaign(2, 1));
    send(&*store, 1, vec![&mut rules]).await;
    let mut garden = ann.prospect("银枫家园");
    send(&*store, 3, vec![&mut garden]).await;
    let before = store.versions().await.expect("versions");
    let mut visit = ann.visit(garden.id, NOON);
    send(&*store, 3, vec![&mut visit]).await;
    let counted = store.versions().await.expect("versions");
    assert!(counted.sequence > before.sequence && counted.ledger > before.ledger && counted.bank == before.bank);
    ann.edit(&mut garden, "households", 850);
    send(&*store, 3, vec![&mut garden]).await;
    let edited = store.versions().await.expect("versions");
    assert_eq!(edited, Versions { sequence: edited.sequence, ..counted });
    assert!(edited.sequence > counted.sequence);
    store.set_bank(bank()).await.expect("set");
    assert!(store.versions().await.expect("versions").bank > edited.bank);
}

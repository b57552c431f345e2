//! Bulletins: what was sealed stays, says why it was revised, and recomputes from the change log whatever came later.

use crate::Place;
use crate::stage::*;
use canvass_core::domain::campaign::Metric;
use canvass_core::domain::verification::Verdict as Judgement;
use canvass_core::domain::{Bank, Device, DeviceNumber, Kind, RecordId, Week, Zone, bulletin};
use canvass_core::ranking::{Bulletin, Cause, Why, ledger_digest};
use canvass_server::store::{Actor, BulletinKey, EraseOrder, SealOrder, Store, StoreError, VerifyOrder, Whose};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use std::collections::BTreeSet;

fn week(text: &str) -> Week {
    text.parse().expect("a week")
}

/// Monday at ten after the first week.
const CUTOFF: i64 = NOON + 7 * DAY - 2 * 3_600_000;

fn order(campaign: RecordId, week_: &str, at: i64) -> SealOrder {
    SealOrder { campaign, week: week(week_), by: Actor::Server, at: server(at) }
}

async fn seal(store: &dyn Store, campaign: RecordId, week: &str, at: i64) -> Vec<(String, u32)> {
    let keys = store.seal(order(campaign, week, at)).await.expect("sealed");
    keys.into_iter().map(|key| (key.week.to_string(), key.revision)).collect()
}

async fn read(store: &dyn Store, campaign: RecordId, week_: &str, revision: u32) -> Bulletin {
    let key = BulletinKey { campaign, week: week(week_), revision };
    let (sealed, bulletin) = store.bulletin(key).await.expect("read").expect("it was sealed");
    assert_eq!(sealed.digest, bulletin.digest(), "the digest is that of the sheet");
    bulletin
}

fn figure(bulletin: &Bulletin, branch: &str, metric: Metric) -> (i64, i64) {
    let standing = bulletin.standings.iter().find(|one| one.unit == unit(branch)).expect("it takes part");
    let figure = standing.total[&metric];
    (figure.confirmed, figure.pending)
}

async fn judge(store: &dyn Store, outcome: RecordId, verdict: Judgement) {
    let order = VerifyOrder::new(outcome, verdict, server(NOON), Actor::Operator);
    store.verify(order).await.expect("verified");
}

async fn assert_recomputes(store: &dyn Store, campaign: RecordId) -> usize {
    let sealed = store.bulletins(campaign).await.expect("bulletins");
    for one in &sealed {
        let folder = tempfile::tempdir().expect("folder");
        let check = store.check_bulletin(one.key, folder.path().join("anew.db")).await.expect("checked");
        assert!(check.holds(), "{check:?}");
        let all = store.bank().await.expect("a bank").units().map(|unit| Some(unit.id.clone())).chain([None]).collect();
        let made_from = store.sealed_contributions(one.key, Whose::Units(all)).await.expect("contributions");
        let (_, bulletin) = store.bulletin(one.key).await.expect("read").expect("there");
        assert_eq!((made_from.len() as u64, ledger_digest(&made_from)), (bulletin.contributions, bulletin.ledger));
    }
    sealed.len()
}

fn day(n: i64) -> canvass_core::domain::Date {
    server(NOON + n * DAY).date(&Zone::china())
}

struct Played {
    store: std::sync::Arc<dyn Store>,
    campaign: RecordId,
    ann: (u32, Pen),
    dan: (u32, Pen),
}

/// A campaign of three weeks in which a visit is ten points; phones of ann (B1) and dan (B2).
async fn played(place: &impl Place) -> Played {
    let store = with_bank(place).await;
    let head = enrol(&*store, "head", 1).await;
    let ann = enrol(&*store, "ann", 3).await;
    let dan = enrol(&*store, "dan", 6).await;
    let mut rules = Pen::of(head).campaign(&campaign(3, 10));
    send(&*store, head, vec![&mut rules]).await;
    Played { store, campaign: rules.id, ann: (ann, Pen::of(ann)), dan: (dan, Pen::of(dan)) }
}

pub(crate) async fn what_comes_after_the_cut_off_makes_a_revision_that_names_its_causes(place: &impl Place) {
    let Played { store, campaign, ann: (ann, mut pen), dan: (dan, mut other) } = played(place).await;
    let store = &*store;
    let (mut yinfeng, mut tiantong) = (pen.prospect("银枫家园"), other.prospect("天通苑"));
    let (mut visit, mut theirs) = (pen.visit(yinfeng.id, NOON), other.visit(tiantong.id, NOON));
    let mut claim = pen.account(yinfeng.id, day(0), 20_000);
    send(store, ann, vec![&mut yinfeng, &mut visit, &mut claim]).await;
    send(store, dan, vec![&mut tiantong, &mut theirs]).await;

    assert_eq!(seal(store, campaign, "2026-W10", CUTOFF).await, [("2026-W10".to_owned(), 1)]);
    let first = read(store, campaign, "2026-W10", 1).await;
    assert_eq!(figure(&first, "B1", Metric::Communities), (0, 1), "pending stands beside, and ranks nobody");
    let places: Vec<_> = first.standings.iter().map(|one| (one.unit.to_string(), one.rank, one.score)).collect();
    assert_eq!(places, [("B1".to_owned(), 1, 10), ("B2".to_owned(), 1, 10)]);
    assert_eq!((first.coverage.phones, first.coverage.silent.len()), (2, 2), "neither synced since Sunday");
    assert!(first.causes.is_empty());
    assert!(seal(store, campaign, "2026-W10", CUTOFF + 1).await.is_empty(), "nothing differs: nothing is revised");

    // A late visit of dan's, and the back office confirms ann's claim.
    let mut late = other.visit(tiantong.id, NOON + DAY);
    push_at(store, dan, CUTOFF + 3_600_000, vec![late.push()]).await;
    judge(store, claim.id, Judgement::Confirmed).await;
    let coming = store.unsealed(campaign, week("2026-W10"), server(CUTOFF + 2 * 3_600_000)).await.expect("a draft");
    let sealed = seal(store, campaign, "2026-W11", CUTOFF + 7 * DAY).await;
    assert_eq!(
        sealed,
        [("2026-W10".to_owned(), 2), ("2026-W11".to_owned(), 1)],
        "each earlier week of which a figure differs"
    );
    let second = read(store, campaign, "2026-W10", 2).await;
    let cause = |branch: &str, metric, why, count, confirmed, pending| Cause {
        unit: Some(unit(branch)),
        metric,
        why,
        count,
        confirmed,
        pending,
    };
    let expected = [
        cause("B1", Metric::Communities, Why::Confirmed, 1, 1, -1),
        cause("B1", Metric::Fund, Why::Confirmed, 1, 2_000_000, -2_000_000),
        cause("B2", Metric::Visits, Why::Late, 1, 1, 0),
    ];
    assert_eq!(second.causes, expected);
    assert_eq!(coming.causes, expected, "what would be revised is told before it is");
    assert_eq!(figure(&second, "B2", Metric::Visits), (2, 0));
    assert_eq!(read(store, campaign, "2026-W10", 1).await, first, "the earlier one is still to be read");

    let notices = store.rows_for(&person("cat"), today()).await.expect("rows");
    let notices: Vec<_> = notices.into_iter().filter(|row| row.kind == Kind::from(&bulletin::KIND)).collect();
    assert_eq!(notices.len(), 3, "everybody in the bank is told of each");
    let notice = bulletin::Notice::read(&notices[0].fields).expect("a notice");
    assert!(
        notice.text.contains("第 1 名") && notice.text.contains(&notice.digest.to_string()[..12]),
        "{}",
        notice.text
    );
    assert_eq!(assert_recomputes(store, campaign).await, 3);
}

pub(crate) async fn a_bulletin_recomputes_whatever_was_corrected_or_erased_since(place: &impl Place) {
    for seed in 1..=3 {
        let Played { store, campaign, ann, dan } = played(place).await;
        let store = &*store;
        let mut rng = StdRng::seed_from_u64(seed);
        let mut pens = [ann, dan];
        let mut prospects: [Vec<RecordId>; 2] = [Vec::new(), Vec::new()];
        let mut claims: Vec<(usize, Draft)> = Vec::new();
        let mut sealed = 0;
        for step in 0..90_i64 {
            let now = NOON + step * 8 * 3_600_000;
            let who = rng.random_range(0..2);
            let (device, pen) = &mut pens[who];
            let known = prospects[who].len();
            match rng.random_range(0..10) {
                0..2 => {
                    let mut made = pen.prospect(&format!("小区{step}"));
                    push_at(store, *device, now, vec![made.push()]).await;
                    prospects[who].push(made.id);
                }
                2..5 if known > 0 => {
                    let prospect = prospects[who][rng.random_range(0..known)];
                    let ago = rng.random_range(0..12) * DAY;
                    push_at(store, *device, now, vec![pen.visit(prospect, now - ago).push()]).await;
                }
                5..7 if known > 0 => {
                    let prospect = prospects[who][rng.random_range(0..known)];
                    let mut made = pen.account(prospect, server(now - DAY).date(&Zone::china()), 10_000);
                    push_at(store, *device, now, vec![made.push()]).await;
                    claims.push((who, made));
                }
                7 if !claims.is_empty() => {
                    let n = rng.random_range(0..claims.len());
                    let verdict = [Judgement::Confirmed, Judgement::Rejected][rng.random_range(0..2)];
                    // What was erased cannot be judged.
                    let order = VerifyOrder::new(claims[n].1.id, verdict, server(now), Actor::Operator);
                    drop(store.verify(order).await);
                }
                8 if known > 2 && step > 30 => {
                    // A whole prospect, or one claim that may have won its community.
                    let record = match claims.pop() {
                        Some((_, claim)) if rng.random() => claim.id,
                        _ => prospects[who].remove(0),
                    };
                    let by = Actor::Operator;
                    store
                        .erase(EraseOrder { record, reason: "asked".into(), by, at: server(now) })
                        .await
                        .expect("erased");
                }
                9 => {
                    // Where ann belongs is corrected for days that were sealed long ago.
                    let on = day(rng.random_range(0..10));
                    let to = ["S2", "S3"][rng.random_range(0..2)];
                    let moved = vec![member("ann", "S1", since(), Some(on)), member("ann", to, on, None)];
                    let now = store.bank().await.expect("a bank");
                    let others = now.memberships().filter(|m| m.person != person("ann")).cloned();
                    let devices: Vec<Device> = now.devices().collect();
                    let bank = Bank::new(
                        now.units().cloned().collect(),
                        now.people().cloned().collect(),
                        others.chain(moved).collect(),
                        devices,
                    );
                    store.set_bank(bank.expect("a bank")).await.expect("set");
                }
                _ => {}
            }
            for (n, text) in [(1, "2026-W10"), (2, "2026-W11"), (3, "2026-W12")] {
                let cutoff = CUTOFF + (n - 1) * 7 * DAY;
                if now >= cutoff && now < cutoff + 16 * 3_600_000 {
                    sealed += seal(store, campaign, text, now).await.len();
                }
            }
        }
        assert!(sealed >= 3, "{sealed}");
        assert_eq!(assert_recomputes(store, campaign).await, sealed);
    }
}

pub(crate) async fn a_changed_rule_and_a_unit_that_went_elsewhere_are_named_as_causes(place: &impl Place) {
    let Played { store, campaign: id, ann: (ann, mut pen), .. } = played(place).await;
    let mut yinfeng = pen.prospect("银枫家园");
    let mut visit = pen.visit(yinfeng.id, NOON);
    send(&*store, ann, vec![&mut yinfeng, &mut visit]).await;
    seal(&*store, id, "2026-W10", CUTOFF).await;
    // Head office makes more of a visit, from that week on.
    let changes = store.rows(vec![id]).await.expect("rows");
    assert_eq!(changes.len(), 1);
    let head = enrol(&*store, "head", 9).await;
    let mut pulled = View::of("head");
    pulled.pull(&*store).await;
    let all: Vec<Vec<u8>> = pulled.held[&id].iter().cloned().collect();
    let office = Pen::of(head);
    let mut rules = office.held(id, &all);
    rules.kind = Kind::from(&canvass_core::domain::campaign::KIND);
    office.put(&mut rules, &campaign(3, 12).to_fields());
    send(&*store, head, vec![&mut rules]).await;
    assert_eq!(seal(&*store, id, "2026-W10", CUTOFF + 1).await, [("2026-W10".to_owned(), 2)]);
    let said = |bulletin: &Bulletin| -> Vec<(Option<String>, Why)> {
        bulletin.causes.iter().map(|one| (one.unit.as_ref().map(ToString::to_string), one.why)).collect()
    };
    assert_eq!(said(&read(&*store, id, "2026-W10", 2).await), [(Some("B1".to_owned()), Why::Rules)]);
    // Her sub-branch is put under the other branch.
    let now = store.bank().await.expect("a bank");
    let moved = now.units().cloned().map(|mut one| {
        if one.id == unit("S1") {
            one.parent = Some(unit("B2"));
        }
        one
    });
    let bank = Bank::new(
        moved.collect(),
        now.people().cloned().collect(),
        now.memberships().cloned().collect(),
        now.devices().collect(),
    );
    store.set_bank(bank.expect("a bank")).await.expect("set");
    assert_eq!(seal(&*store, id, "2026-W10", CUTOFF + 2).await, [("2026-W10".to_owned(), 3)]);
    let third = read(&*store, id, "2026-W10", 3).await;
    assert_eq!(said(&third), [(Some("B1".to_owned()), Why::Moved), (Some("B2".to_owned()), Why::Moved)]);
    assert_eq!(third.causes.iter().map(|one| one.confirmed).collect::<Vec<_>>(), [-1, 1]);
    assert_recomputes(&*store, id).await;
}

pub(crate) async fn what_a_rebuild_makes_go_is_gone_from_the_next_bulletin(place: &impl Place) {
    let Played { store, campaign, ann: (ann, mut pen), .. } = played(place).await;
    let (mut yinfeng, absent) = (pen.prospect("银枫家园"), RecordId::new(NOON, [7; 10]));
    let mut visit = pen.visit(yinfeng.id, NOON);
    // Of a prospect that nobody recorded it is listed and counts for nothing.
    let mut other = pen.visit(absent, NOON);
    send(&*store, ann, vec![&mut yinfeng, &mut visit, &mut other]).await;
    seal(&*store, campaign, "2026-W10", CUTOFF).await;
    store.rebuild().await.expect("rebuilt");
    let mut late = pen.visit(yinfeng.id, NOON + DAY);
    push_at(&*store, ann, CUTOFF, vec![late.push()]).await;
    assert_eq!(seal(&*store, campaign, "2026-W10", CUTOFF + 1).await.len(), 1);
    assert_eq!(assert_recomputes(&*store, campaign).await, 2);
}

pub(crate) async fn sealing_beside_sixty_four_writers_loses_and_doubles_nothing(place: &impl Place) {
    let Played { store, campaign, ann: (ann, mut pen), .. } = played(place).await;
    let mut yinfeng = pen.prospect("银枫家园");
    send(&*store, ann, vec![&mut yinfeng]).await;
    let visits: Vec<_> = (0..64 * 8).map(|n| pen.visit(yinfeng.id, NOON + n * 1000).push()).collect();
    let mut writers = tokio::task::JoinSet::new();
    for pushes in visits.chunks(8) {
        let (store, pushes) = (store.clone(), pushes.to_vec());
        writers.spawn(async move {
            for push in pushes {
                push_at(&*store, ann, NOON, vec![push]).await;
            }
        });
    }
    let mut sealed = 0;
    while !writers.is_empty() {
        sealed += seal(&*store, campaign, "2026-W10", CUTOFF + sealed as i64).await.len();
        while let Some(done) = writers.try_join_next() {
            done.expect("it wrote");
        }
    }
    seal(&*store, campaign, "2026-W10", CUTOFF + 1000).await;
    let all = store.bulletins(campaign).await.expect("bulletins");
    assert!(all.len() > 2, "sealed while they wrote: {}", all.len());
    let last = read(&*store, campaign, "2026-W10", all[0].key.revision).await;
    assert_eq!(figure(&last, "B1", Metric::Visits), (64 * 8, 0));
    // Each fact was late for exactly one revision, or in the first.
    let mut counted = figure(&read(&*store, campaign, "2026-W10", 1).await, "B1", Metric::Visits).0;
    for revision in 2..=all[0].key.revision {
        let causes = read(&*store, campaign, "2026-W10", revision).await.causes;
        assert!(causes.iter().all(|cause| cause.why == Why::Late), "{causes:?}");
        counted += causes.iter().map(|cause| cause.confirmed).sum::<i64>();
    }
    assert_eq!(counted, 64 * 8);
    assert_recomputes(&*store, campaign).await;
}

pub(crate) async fn only_head_office_seals_and_only_weeks_that_are_over(place: &impl Place) {
    let Played { store, campaign, .. } = played(place).await;
    let by = |who: &str| SealOrder { by: Actor::Person(person(who)), ..order(campaign, "2026-W10", CUTOFF) };
    let refused = store.seal(by("leader")).await;
    assert!(matches!(refused, Err(StoreError::Forbidden(_))), "{refused:?}");
    for (week, at) in [("2026-W10", NOON), ("2026-W09", CUTOFF), ("2026-W40", CUTOFF)] {
        let refused = store.seal(order(campaign, week, at)).await;
        assert!(matches!(&refused, Err(StoreError::Invalid(error)) if error.what == "week"), "{refused:?}");
    }
    let nothing = store.seal(order(RecordId::new(1, [0; 10]), "2026-W10", CUTOFF)).await;
    assert!(matches!(nothing, Err(StoreError::NoSuchRecord { .. })), "{nothing:?}");
    assert_eq!(store.seal(by("head")).await.expect("sealed").len(), 1);
    assert_eq!(store.bulletins(campaign).await.expect("bulletins")[0].by, "person/head");
}

pub(crate) async fn whoever_was_heard_of_since_the_week_ended_has_reported(place: &impl Place) {
    let Played { store, campaign, ann: (ann, _), .. } = played(place).await;
    store.seen(DeviceNumber::new(ann), server(CUTOFF - 3_600_000)).await.expect("noted");
    seal(&*store, campaign, "2026-W10", CUTOFF).await;
    let coverage = read(&*store, campaign, "2026-W10", 1).await.coverage;
    let silent: BTreeSet<_> = coverage.silent.iter().map(|silent| silent.person.to_string()).collect();
    assert_eq!((coverage.phones, silent), (2, BTreeSet::from(["dan".to_owned()])));
    assert_eq!(coverage.units, [unit("B2")]);
}

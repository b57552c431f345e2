//! Feeds: who holds what, and that everybody gets it once, in whatever pieces.

use crate::Place;
use crate::stage::*;
use canvass_core::domain::RecordId;
use canvass_core::domain::assignment::{self, Assignment};
use canvass_core::domain::prospect::{self, Prospect};
use canvass_core::domain::verification::Verdict as Judgement;
use canvass_server::store::{Actor, VerifyOrder};
use std::collections::BTreeSet;

pub(crate) async fn a_new_prospect_is_assigned_to_its_authors_home_unit(place: &impl Place) {
    let store = with_bank(place).await;
    let mut prospect = Pen::of(3).prospect("银枫家园");
    send(&*store, 3, vec![&mut prospect]).await;
    let held = held_by(&*store, "bob").await;
    assert_eq!((held.len(), held.contains(&prospect.id)), (2, true), "the prospect and its assignment");
    for who in ["ann", "leader"] {
        assert_eq!(held_by(&*store, who).await, held, "{who}");
    }
    for who in ["cat", "dan", "head"] {
        assert_eq!(held_by(&*store, who).await, BTreeSet::new(), "{who}");
    }
    let rows = store.rows(held.into_iter().collect()).await.expect("rows");
    let assignment = rows.iter().find(|row| row.kind.name() == "assignment").expect("an assignment");
    assert_eq!((assignment.unit.clone(), assignment.prospect), (Some(unit("S1")), Some(prospect.id)));
}

pub(crate) async fn who_begins_a_community_is_told_that_another_unit_works_it(place: &impl Place) {
    let store = with_bank(place).await;
    let (mut ann, mut cat) = (Pen::of(3), Pen::of(5));
    let in_district = |pen: &mut Pen, name: &str, more: &[(&str, &str)]| {
        let mut fields = Prospect { district: Some("黄浦".into()), ..Prospect::named(name) }.to_fields();
        fields.extend(more.iter().map(|(name, value)| (name.parse().expect("a name"), (*value).into())));
        pen.record(&prospect::KIND, None, &fields)
    };
    let company = [("category", "company")];
    let mut first = in_district(&mut ann, "永业公寓（二期）", &[]);
    let (mut firm, mut gone) = (in_district(&mut ann, "银枫公司", &company), in_district(&mut ann, "汇龙新城", &[]));
    let mut bobs = in_district(&mut Pen::of(4), "永业公寓 二期", &[]);
    send(&*store, 3, vec![&mut first, &mut firm, &mut gone]).await;
    ann.edit(&mut gone, "state", "withdrawn");
    send(&*store, 3, vec![&mut gone]).await;
    send(&*store, 4, vec![&mut bobs]).await;
    let mut theirs = in_district(&mut cat, "永业公寓(二期)", &[]);
    let (mut rival, mut free) = (in_district(&mut cat, "银枫公司", &company), in_district(&mut cat, "汇龙新城", &[]));
    let mut elsewhere = cat.prospect("永业公寓二期");
    send(&*store, 5, vec![&mut theirs, &mut rival, &mut free, &mut elsewhere]).await;
    let told = |prospect: RecordId| {
        let store = &store;
        async move {
            let held = held_by(&**store, "leader").await;
            let rows = store.rows(held.into_iter().collect()).await.expect("rows");
            let assignment = rows.iter().find(|row| row.prospect == Some(prospect) && row.kind.is(&assignment::KIND));
            Assignment::read(&assignment.expect("an assignment").fields).expect("whole").also
        }
    };
    assert_eq!(
        told(theirs.id).await,
        BTreeSet::from([unit("S1")]),
        "another unit works it, however its name is written"
    );
    assert_eq!(told(bobs.id).await, BTreeSet::new(), "a colleague's is no other unit's");
    for (prospect, why) in
        [(&first, "was the first"), (&rival, "no community"), (&free, "withdrawn"), (&elsewhere, "another district")]
    {
        assert_eq!(told(prospect.id).await, BTreeSet::new(), "{why}");
    }
    let cats = held_by(&*store, "cat").await;
    assert!(!cats.contains(&first.id) && !cats.contains(&bobs.id), "nothing of it comes along");
}

pub(crate) async fn a_visit_to_an_unknown_prospect_is_its_authors_until_the_prospect_is_known(place: &impl Place) {
    let store = with_bank(place).await;
    let mut prospect = Pen::of(5).prospect("银枫家园");
    let mut visit = Pen::of(3).visit(prospect.id, NOON);
    send(&*store, 3, vec![&mut visit]).await;
    let mut ann = View::of("ann");
    assert_eq!(ann.pull(&*store).await, BTreeSet::from([visit.id]));
    for who in ["bob", "leader", "cat"] {
        assert_eq!(held_by(&*store, who).await, BTreeSet::new(), "{who}");
    }
    // It turns out to be a prospect of the unit next door.
    send(&*store, 5, vec![&mut prospect]).await;
    assert_eq!(ann.pull(&*store).await, BTreeSet::new(), "it left her phone");
    for who in ["cat", "leader"] {
        let held = held_by(&*store, who).await;
        assert!(held.contains(&visit.id) && held.contains(&prospect.id), "{who}: {held:?}");
    }
    // Whoever began a record may go on with it.
    Pen::of(3).edit(&mut visit, "minutes", 30);
    send(&*store, 3, vec![&mut visit]).await;
}

pub(crate) async fn a_verdict_on_an_unknown_prospects_outcome_is_shown_to_nobody(place: &impl Place) {
    let store = with_bank(place).await;
    let mut prospect = Pen::of(4).prospect("银枫家园");
    let mut outcome = Pen::of(3).account(prospect.id, today(), 20_000_000);
    send(&*store, 3, vec![&mut outcome]).await;
    let (verdict, reason) = (Judgement::Rejected, Some("台账中查无此户".to_owned()));
    let order = VerifyOrder { reason, ..VerifyOrder::new(outcome.id, verdict, server(NOON), Actor::Operator) };
    let verification = store.verify(order).await.expect("verified");
    for (who, ..) in STAFF {
        assert!(!held_by(&*store, who).await.contains(&verification), "{who}");
    }
    send(&*store, 4, vec![&mut prospect]).await;
    for (who, holds) in [("ann", true), ("bob", true), ("leader", true), ("cat", false), ("dan", false)] {
        assert_eq!(held_by(&*store, who).await.contains(&verification), holds, "{who}");
    }
}

pub(crate) async fn a_kind_from_the_future_is_its_authors_alone(place: &impl Place) {
    let store = with_bank(place).await;
    let mut pen = Pen::of(3);
    let mut prospect = pen.prospect("银枫家园");
    let mut show = pen.unknown_kind(prospect.id);
    send(&*store, 3, vec![&mut prospect, &mut show]).await;
    assert!(held_by(&*store, "ann").await.contains(&show.id));
    for who in ["bob", "leader", "head"] {
        assert!(!held_by(&*store, who).await.contains(&show.id), "{who}");
    }
}

pub(crate) async fn a_small_budget_brings_the_same_as_a_large_one(place: &impl Place) {
    let store = with_bank(place).await;
    let (mut ann, mut cat) = (Pen::of(3), Pen::of(5));
    let (mut early, mut late) = (View::with_budget("leader", 1), View::with_budget("leader", 700));
    let mut drafts = Vec::new();
    for n in 0..30 {
        let mut prospect =
            if n % 2 == 0 { ann.prospect(&format!("小区{n}")) } else { cat.prospect(&format!("小区{n}")) };
        send(&*store, 3 + n % 2 * 2, vec![&mut prospect]).await;
        drafts.push((n, prospect));
        // One phone is in the middle of its first sync all the while.
        early.pull_once(&*store).await;
    }
    for round in 0..3 {
        for (n, draft) in &mut drafts {
            if *n % 3 == round {
                let pen = if *n % 2 == 0 { &ann } else { &cat };
                pen.edit(draft, "households", i64::from(*n + round));
                send(&*store, 3 + *n % 2 * 2, vec![draft]).await;
                early.pull_once(&*store).await;
            }
        }
        late.pull_once(&*store).await;
    }
    let mut whole = View::of("leader");
    assert_eq!(whole.pull(&*store).await.len(), 60);
    for view in [&mut early, &mut late] {
        view.pull(&*store).await;
        assert_eq!(view.held, whole.held);
        assert!(view.most < 2_000, "{} bytes in one response", view.most);
    }
}

pub(crate) async fn who_has_everything_gets_only_the_new_change(place: &impl Place) {
    let store = with_bank(place).await;
    let mut pen = Pen::of(3);
    let mut drafts: Vec<_> = (0..20).map(|n| pen.prospect(&format!("小区{n}"))).collect();
    send(&*store, 3, drafts.iter_mut().collect()).await;
    let mut bob = View::of("bob");
    bob.pull(&*store).await;
    for households in 0..5 {
        pen.edit(&mut drafts[7], "households", households);
    }
    send(&*store, 3, vec![&mut drafts[7]]).await;
    bob.pull(&*store).await;
    assert_eq!(bob.came, 5);
    bob.pull(&*store).await;
    assert_eq!(bob.came, 0);
}

pub(crate) async fn a_leader_twice_in_a_branch_gets_each_record_once(place: &impl Place) {
    let store = place.open();
    let twice = vec![member("leader", "B1", since(), None), member("leader", "S1", since(), None)];
    store.set_bank(bank_with(twice, &[])).await.expect("a bank");
    let mut prospect = Pen::of(3).prospect("银枫家园");
    send(&*store, 3, vec![&mut prospect]).await;
    let mut leader = View::of("leader");
    leader.pull(&*store).await;
    assert_eq!(leader.came, 2);
    assert_eq!(store.rows_for(&person("leader"), today()).await.expect("rows").len(), 2);
}

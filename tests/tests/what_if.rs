//! What would be if pending outcomes were confirmed: a phone without a network and the server's page say the same.

use canvass_core::domain::campaign::Metric;
use canvass_core::domain::verification::Verdict;
use canvass_core::ranking::Place;
use canvass_tests::{World, date, unit};

#[test]
fn a_phone_says_where_its_branch_would_stand_and_the_page_says_the_same() {
    let world = World::new(1);
    let campaign = world.launch(&World::plain_campaign());
    let day = date("2026-03-02");
    let mut wang = world.phone("B1-S1-P1");
    let yinfeng = wang.prospect("银枫家园");
    wang.visit(yinfeng);
    let first = wang.claim_account(yinfeng, day, 20_000);
    let other = wang.prospect("春晓苑");
    let second = wang.claim_account(other, day, 30_000);
    wang.sync();
    for (code, name) in [("B2-S1-P1", "城南里"), ("B3-S1-P1", "西关花园")] {
        let mut rival = world.phone(code);
        let theirs = rival.prospect(name);
        let claim = rival.claim_account(theirs, day, 10_000);
        rival.sync();
        world.judge(claim, Verdict::Confirmed, None);
    }
    wang.sync();

    let now = wang.now();
    let pending = wang.replica().pending(campaign, now).expect("read");
    let said: Vec<_> = pending.iter().map(|one| (one.source, one.metric, one.value)).collect();
    let both = |outcome, fen| [(outcome, Metric::Communities, 1), (outcome, Metric::Fund, fen)];
    assert_eq!(said, [both(first, 2_000_000), both(second, 3_000_000)].concat());
    let supposed = |outcomes: &[_], wang: &mut canvass_tests::Holder| {
        let found = wang.replica().what_if(campaign, outcomes, now).expect("read").expect("it takes part");
        assert_eq!(found.unit, unit("B1"));
        let place = |place: Place| (place.rank, place.score);
        (place(found.before), place(found.after))
    };
    // A visit is 2 points; a community 100, and each 1,000 yuan of its fund 1: the others have 110 each.
    assert_eq!(supposed(&[], &mut wang), ((3, 2), (3, 2)));
    assert_eq!(supposed(&[first], &mut wang), ((3, 2), (1, 122)));
    assert_eq!(supposed(&[first, second], &mut wang), ((3, 2), (1, 252)));
    assert!(wang.replica().what_if(first, &[], now).expect("read").is_none(), "that is no campaign");

    let address = |given: &str| format!("/what-if?campaign={campaign}&week=2026-W10&lang=en&unit=B1{given}");
    let page = world.get_as("B1-L", &address(&format!("&given={first}&given={second}"))).text();
    assert!(page.contains("Rank 3 · 2 points") && page.contains("Rank 1 · 252 points"), "{page}");
    let nothing = world.get_as("B1-L", &address("")).text();
    assert!(nothing.contains("Nothing was ticked"), "{nothing}");
    let others = world.get_as("B2-L", &address(""));
    assert_eq!(others.status, 403, "{}", others.text());

    // Once confirmed they are pending no more, and the branch stands where it was said.
    for outcome in [first, second] {
        world.judge(outcome, Verdict::Confirmed, None);
    }
    wang.sync();
    assert!(wang.replica().pending(campaign, now).expect("read").is_empty());
    assert_eq!(supposed(&[first], &mut wang), ((1, 252), (1, 252)));
}

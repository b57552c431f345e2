//! Monday in a real browser: a bulletin is sealed, printed and read back, revised with its causes; a leader disputes and the
//! verifier answers. With `SHOTS` set to a folder, pictures are kept.

#![expect(clippy::expect_used, reason = "fixtures are right or the test is wrong")]

use canvass_core::domain::verification::Verdict;
use canvass_core::domain::{Membership, Person, RecordId, Role};
use canvass_server::clock::Clock;
use canvass_server::store::{Actor, BankOrder, Store};
use canvass_tests::browser::{Look, Paper, Site, Window};
use canvass_tests::{World, date, person, unit};

/// Two branches after the first week, one claim confirmed, one pending, one refused; a verifier of the whole bank.
fn played() -> (World, RecordId, RecordId) {
    let world = World::new(1);
    let (by, at, from) = (Actor::Operator, world.clock.now(), date("2025-01-01"));
    let people = vec![Person { id: person("V"), name: "核实员".into(), roles: Role::Verifier.into() }];
    let memberships = vec![Membership { person: person("V"), unit: unit("H"), from, until: None }];
    let order = BankOrder { units: vec![], people, memberships, by, at };
    world.run(world.store.extend_bank(order)).expect("joined");
    let mut campaign = World::plain_campaign();
    campaign.units.retain(|branch| *branch != unit("B3"));
    let id = world.launch(&campaign);
    let mut head = world.phone("H-P");
    head.edit(id, "news/2026-W10", "东湖支行在银枫家园送遮阳伞，居民反响很好。\n下周三视频培训。");
    head.sync();
    let day = date("2026-03-02");
    let mut wang = world.phone("B1-S1-P1");
    let yinfeng = wang.prospect("银枫家园三期（含商业街、地下车库与社区服务中心）");
    wang.visit(yinfeng);
    let refused = wang.claim_account(yinfeng, day, 20_000);
    wang.sync();
    let mut zhang = world.phone("B2-S1-P1");
    let south = zhang.prospect("城南里小区");
    zhang.visit(south);
    zhang.visit(south);
    let claimed = zhang.claim_account(south, day, 30_000);
    zhang.sync();
    world.judge(refused, Verdict::Rejected, Some("台账中无此账户"));
    world.becomes(date("2026-03-09"), 10);
    wang.sync();
    zhang.sync();
    (world, refused, claimed)
}

/// Presses the one button of a form, and waits for the next page.
fn press(window: &Window, form: &str) {
    window.eval(&format!("window.before = true; document.querySelector('{form} button').click()"));
    window.until("!window.before && document.readyState === 'complete'");
}

#[test]
fn head_office_seals_a_week_prints_it_and_revises_it_with_its_causes() {
    let (world, _, claimed) = played();
    let Some(site) = Site::of(&world) else { return };
    let head = world.cookie("H-P");
    let window = site.open_with(Some(&head), "/bulletin?week=2026-W10&lang=zh", Look::DESK);
    assert!(
        window.text().contains("本周通报尚未封存") && window.text().contains("2026-03-09 10:00"),
        "{}",
        window.text()
    );
    press(&window, "#sealing form");
    let text = window.text();
    for words in ["版次 1", "按已核实业绩排名", "2 / 10 部手机已上报", "送遮阳伞", "数字与已封存的一致", "摘要"]
    {
        assert!(text.contains(words), "{words} in {text}");
    }
    let row = |n: usize| format!("document.querySelectorAll('#bulletin tbody tr')[{n}].innerText");
    let second = window.eval(&row(1));
    assert!(second.as_str().expect("text").contains("东湖支行"), "{second}");
    window.sound("bulletin-zh");
    if let Some(paper) = Paper::of(&window) {
        assert_eq!((paper.format.as_str(), paper.sheets), ("A4", 1), "{}", paper.text);
        assert!(paper.line("城南支行").contains('4'), "{}", paper.text);
        assert!(paper.text.contains("遮阳伞") && !paper.text.contains("现在封存"), "{}", paper.text);
    }
    // The back office confirms what was pending, and head office is shown what a revision would say.
    world.judge(claimed, Verdict::Confirmed, None);
    window.go("/bulletin?week=2026-W10&lang=zh");
    assert!(window.text().contains("经核实确认"), "{}", window.text());
    window.sound("bulletin-coming-zh");
    press(&window, "#sealing form");
    assert!(window.text().contains("版次 2") && window.text().contains("修订原因"), "{}", window.text());
    window.eval("document.querySelector('a[hreflang=en]').click()");
    window.until("document.documentElement.lang === 'en' && document.readyState === 'complete'");
    assert!(window.text().contains("Why it was revised") && window.text().contains("confirmed by the back office"));
    window.sound("bulletin-revised-en");
    // The earlier one is still to be read, and what it was made from.
    window.eval("document.querySelector('#revisions tbody tr:nth-child(2) a').click()");
    window.until("location.search.includes('revision=1') && document.readyState === 'complete'");
    assert!(window.text().contains("Revision 1"), "{}", window.text());
    window.eval("document.querySelector('#bulletin tbody th a').click()");
    window.until("location.pathname.startsWith('/sealed/') && document.readyState === 'complete'");
    assert!(window.text().contains("as it was sealed") && window.text().contains("Waiting for the back office"));
    window.sound("sealed-en");
    // Others read it, and seal nothing.
    let manager = world.cookie("B1-S1-P1");
    let others = site.open_with(Some(&manager), "/bulletin?week=2026-W10&lang=zh", Look::PHONE);
    assert!(others.text().contains("版次 2") && !others.text().contains("封存新一版"), "{}", others.text());
    // The standings rank other levels, and what is confirmed alone.
    let standings =
        site.open_with(Some(&head), "/standings?week=2026-W10&level=sub_branch&basis=confirmed&lang=zh", Look::DESK);
    assert!(standings.text().contains("2-1网点") && standings.text().contains("空白机构"), "{}", standings.text());
    standings.sound("standings-levels-zh");
}

#[test]
fn a_leader_disputes_a_refusal_the_verifier_answers_and_the_trail_stays() {
    let (world, refused, _) = played();
    let Some(site) = Site::of(&world) else { return };
    let leader = site.open_with(Some(&world.cookie("B1-L")), "/units/B1?week=2026-W10&lang=zh", Look::DESK);
    leader.eval("document.querySelector('#left-out a[href^=\"/facts/\"]').click()");
    leader.until("location.pathname.startsWith('/facts/') && document.readyState === 'complete'");
    for words in ["后台已驳回", "手机记录时间", "服务器收到时间", "台账中无此账户", "没有人提出质疑"]
    {
        assert!(leader.text().contains(words), "{words} in {}", leader.text());
    }
    leader.fill("text", "账户已于三月二日开立，回单在案，请复核。");
    leader.send();
    assert!(leader.text().contains("回单在案"), "{}", leader.text());
    leader.sound("fact-zh");
    let verifier = site.open_with(Some(&world.cookie("V")), "/disputes?week=2026-W10&lang=zh", Look::DESK);
    assert!(verifier.text().contains("待答复") && verifier.text().contains("银枫家园"), "{}", verifier.text());
    verifier.sound("disputes-zh");
    verifier.eval("document.querySelector('#disputes tbody a').click()");
    verifier.until("location.pathname.startsWith('/facts/') && document.readyState === 'complete'");
    verifier.fill("text", "已查到补录的账户，改为确认。");
    verifier.eval("document.querySelector('[name=settled]').checked = true");
    verifier.send();
    // The leader's page, still open, shows the answer.
    leader.until("document.body.innerText.includes('改为确认') && document.body.innerText.includes('已了结')");
    assert!(verifier.address().contains(&refused.to_string()));
    assert_eq!(leader.complaints(), [""; 0]);
    // An account manager reads the trail and adds nothing to it.
    let manager = site.open_with(
        Some(&world.cookie("B1-S1-P1")),
        &format!("/facts/{refused}?week=2026-W10&lang=en"),
        Look::PHONE,
    );
    assert!(manager.text().contains("改为确认") && !manager.text().contains("Dispute it"), "{}", manager.text());
}

#[test]
fn a_leader_sees_where_the_branch_would_stand_if_what_is_pending_were_confirmed() {
    let (world, _, _) = played();
    let Some(site) = Site::of(&world) else { return };
    let window = site.open_with(Some(&world.cookie("B2-L")), "/units/B2?week=2026-W10&lang=zh", Look::DESK);
    window.eval("document.querySelector('#what-if summary').click()");
    window.eval("document.querySelector('#what-if [name=given]').checked = true");
    window.sound("unit-what-if-zh");
    press(&window, "#what-if form");
    assert!(window.text().contains("假如确认后"), "{}", window.text());
    let then = window.eval("document.querySelector('#places-then strong').innerText");
    // Two visits are 4 points; the community 100, its fund of 30,000 yuan another 30.
    assert_eq!(then, "名次 1 · 134 分");
    assert!(window.address().contains("given="), "{}", window.address());
    window.sound("what-if-zh");
}

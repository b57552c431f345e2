//! Head office makes a campaign in a real browser, edits its rules, plays the draft over the weeks so far, sees who would
//! move, and saves; another window's standings follow by themselves. With `SHOTS` set to a folder, pictures are kept.

use canvass_core::domain::verification::Verdict;
use canvass_server::clock::Clock;
use canvass_server::store::{Actor, Bulletins, SealOrder, Store};
use canvass_tests::browser::{Look, Site, Window};
use canvass_tests::{World, date, week};

/// Types into an input of the editor.
fn fill(window: &Window, name: &str, value: &str) {
    let found = format!("document.querySelector('form.editor [name=\"{name}\"]')");
    assert_eq!(window.eval(&format!("Boolean({found})")), true, "no input {name}");
    window.eval(&format!("{found}.value = '{value}'"));
}

/// Presses a button of the editor and waits for the next page.
fn press(window: &Window, deed: &str) {
    window.eval("window.before = true");
    window.eval(&format!("document.querySelector('form.editor button[value={deed}]').click()"));
    window.until("!window.before && document.readyState === 'complete'");
}

#[test]
fn head_office_makes_a_campaign_rehearses_other_rules_and_saves_them_while_others_watch() {
    let world = World::new(1);
    let Some(site) = Site::of(&world) else { return };
    let window = site.open("/standings?lang=zh", Look::DESK);
    window.eval("window.before = true");
    window.eval("document.querySelector('main a[href^=\"/campaign/new\"]').click()");
    window.until("!window.before && location.pathname === '/campaign/new' && document.readyState === 'complete'");
    window.sound("campaign-new-zh");
    for (name, value) in [
        ("name", "百日会战"),
        ("starts", "2026-03-02"),
        ("ends", "五月底"),
        ("rule/target", "5"),
        ("rule/points/communities", "100"),
        ("rule/points/fund", "1"),
        ("rule/per/fund", "1000"),
        ("rule/cap/fund", "50000"),
        ("rule/points/visits", "2"),
        ("rule/minutes", "-5"),
        ("rule/tier/new1", "0"),
        ("rule/reward/new1", "1000"),
        ("rule/tier/new2", "50000"),
        ("rule/reward/new2", "3000"),
        ("phase/new1/name", "启动阶段"),
        ("phase/new1/starts", "2026-03-02"),
        ("phase/new1/ends", "2026-03-15"),
        ("training/new1/name", "产品培训"),
        ("training/new1/on", "2026-03-03"),
        ("training/new1/how", "video"),
        ("material/new1/name", "宣传折页"),
        ("material/new1/where", "内网资料库"),
    ] {
        fill(&window, name, value);
    }
    window.eval("document.querySelector('[name=all_branches]').click()");
    press(&window, "save");
    assert!(window.text().contains("没有保存：请更正标出的各项。"), "{}", window.text());
    assert_eq!(window.eval("document.querySelectorAll('form.editor [aria-invalid]').length"), 2);
    // The browser itself says so of the page's status.
    window.complaints();
    window.sound("campaign-faults-zh");
    fill(&window, "ends", "2026-05-31");
    fill(&window, "rule/minutes", "");
    press(&window, "save");
    assert!(window.address().starts_with("/campaign?campaign="), "{}", window.address());
    window.complaints();
    window.sound("campaign-made-zh");
    let campaign = world.run(world.store.campaigns()).expect("campaigns")[0].id;

    // Two branches work; the first wins a community, the second visits a lot.
    let mut wang = world.phone("B1-S1-P1");
    let garden = wang.prospect("银枫家园");
    let account = wang.claim_account(garden, date("2026-03-02"), 20_000);
    wang.sync();
    let mut zhang = world.phone("B2-S1-P1");
    let other = zhang.prospect("城南里");
    for _ in 0..50 {
        zhang.visit(other);
    }
    zhang.sync();
    world.judge(account, Verdict::Confirmed, None);
    world.becomes(date("2026-03-11"), 9);
    let order = SealOrder { campaign, week: week("2026-W10"), by: Actor::Server, at: world.clock.now() };
    world.run(world.store.seal(order)).expect("sealed");

    // A week later one has to log in again.
    let Some(site) = Site::of(&world) else { return };
    let window = site.open("/campaigns?lang=zh", Look::DESK);
    let watching = site.open(&format!("/standings?campaign={campaign}&week=2026-W11&lang=en"), Look::DESK);
    let first = "document.querySelector('tbody tr').innerText";
    watching.until(&format!("{first}.includes('东湖支行')"));
    watching.eval("window.still = 'the same page'");
    watching.until("document.querySelector('p.live').dataset.state === 'on'");

    for (lang, summary, moves) in [
        ("zh", "2 家机构名次变化 · 奖励合计增加 5,000 元", "东湖支行"),
        ("en", "2 units change rank · rewards rise by 5,000 yuan", "城南支行"),
    ] {
        window.go(&format!("/campaign/edit?campaign={campaign}&from=2026-W10&lang={lang}"));
        assert_eq!(window.eval("document.querySelector('[name=\"rule/cap/fund\"]').value"), "50000");
        fill(&window, "rule/points/visits", "3");
        fill(&window, "rule/reward/1", "6000");
        press(&window, "rehearse");
        assert!(window.text().contains(summary), "{}", window.text());
        assert!(window.text().contains("2026-W10 ·"), "sealed ones are named: {}", window.text());
        assert_eq!(window.eval("document.querySelectorAll('#rehearsal tbody tr').length"), 4);
        let named = format!("document.querySelector('#rehearsal tbody').innerText.includes('{moves}')");
        assert_eq!(window.eval(&named), true);
        window.sound(&format!("campaign-rehearsed-{lang}"));
        assert_eq!(watching.eval(&format!("{first}.includes('东湖支行')")), true, "nothing was saved");
    }
    // What was typed still stands in the form, and is saved.
    assert_eq!(window.eval("document.querySelector('[name=\"rule/points/visits\"]').value"), "3");
    press(&window, "save");
    assert!(window.address().starts_with("/campaign?campaign="), "{}", window.address());
    watching.until(&format!("{first}.includes('城南支行')"));
    assert_eq!(watching.eval("window.still"), "the same page");
    window.sound("campaign-saved-en");
}

#[test]
fn the_return_key_in_the_editor_writes_nothing() {
    let world = World::new(2);
    let campaign = world.launch(&World::plain_campaign());
    let Some(site) = Site::of(&world) else { return };
    let window = site.open(&format!("/campaign/edit?campaign={campaign}&from=2026-W10&lang=en"), Look::DESK);
    fill(&window, "name", "another");
    window.eval("document.querySelector('form.editor [name=name]').focus()");
    window.eval("window.before = true");
    window.press("Enter");
    window.until("!window.before && document.readyState === 'complete'");
    assert!(window.text().contains("Not saved yet"), "{}", window.text());
    assert_eq!(world.run(world.store.campaigns()).expect("campaigns")[0].campaign.name, "百日会战");
}

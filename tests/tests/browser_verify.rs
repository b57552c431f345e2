//! The back office in a real browser: a verdict in one window moves the ranks in another, and a ledger file is brought in,
//! looked at and confirmed. With `SHOTS` set to a folder, pictures are kept.

#![expect(clippy::expect_used, reason = "fixtures are right or the test is wrong")]

use canvass_core::domain::verification::Verdict;
use canvass_core::domain::{Membership, Person, Role};
use canvass_server::clock::Clock;
use canvass_server::store::{Actor, BankOrder, Store};
use canvass_tests::browser::{Look, Site};
use canvass_tests::{World, date, person, unit};

/// A verifier of the whole bank, and two branches whose ranks hang on a claim.
fn played() -> World {
    let world = World::new(1);
    let (by, at, from) = (Actor::Operator, world.clock.now(), date("2025-01-01"));
    let people = vec![Person { id: person("V"), name: "核实员".into(), roles: Role::Verifier.into() }];
    let memberships = vec![Membership { person: person("V"), unit: unit("H"), from, until: None }];
    let order = BankOrder { units: vec![], people, memberships, by, at };
    world.run(world.store.extend_bank(order)).expect("joined");
    world.launch(&World::plain_campaign());
    let day = date("2026-03-02");
    let mut zhang = world.phone("B2-S1-P1");
    let south = zhang.prospect("城南里小区");
    zhang.claim_by(south, "KH-2001", day, 40_000);
    zhang.sync();
    let mut wang = world.phone("B1-S1-P1");
    let names =
        ["银枫家园三期（含商业街、地下车库与社区服务中心）", "春晓苑", "东湖花园", "锦绣江南一期", "锦绣江南二期"];
    let mut judged = None;
    for (n, name) in (1..).zip(names) {
        world.pass_hours(1);
        let prospect = wang.prospect(name);
        judged = Some(wang.claim_by(prospect, &format!("kh-100{n}"), day, if n == 1 { 30_000 } else { n * 100 }));
        wang.sync();
    }
    let judged = judged.expect("the last");
    world.judge(judged, Verdict::Rejected, Some("台账中查无此户，请核对凭证号"));
    wang.edit(judged, "reference", "KH-1010");
    wang.sync();
    world
}

const LEDGER: &str = "凭证号,金额,日期\\nＫＨ－1002,200.00,2026-03-02\\nKH-1003,250,2026-03-03\\n\
                      KH-7000,88000.50,2026-03-02\\nKH-2001,10000,2026-03-02\\n";

#[test]
fn a_verdict_in_one_window_moves_the_ranks_in_another_without_a_reload() {
    let world = played();
    let Some(site) = Site::of(&world) else { return };
    let cookie = world.cookie("V");
    let standings = site.open("/standings?week=2026-W10&lang=zh", Look::DESK);
    let first = |branch: &str| format!("document.querySelector('tbody tr').innerText.includes('{branch}')");
    // All five of one branch count while they are pending: the other is second.
    standings.until(&first("东湖支行"));
    standings.eval("window.still = 'the same page'");
    standings.until("document.querySelector('p.live').dataset.state === 'on'");
    let queue = site.open_with(Some(&cookie), "/verify?lang=zh", Look::DESK);
    assert!(queue.text().contains("6 笔业绩待核实"), "{}", queue.text());
    assert!(queue.text().contains("城南里小区") && queue.text().contains("KH-2001"), "the oldest comes first");
    queue.sound("verify-zh");
    for lang in ["en", "zh"] {
        queue.eval(&format!("document.querySelector('a[hreflang={lang}]').click()"));
        queue.until(&format!("document.documentElement.lang === '{lang}' && document.readyState === 'complete'"));
        if lang == "en" {
            assert!(queue.text().contains("6 outcomes wait for a verdict"), "{}", queue.text());
            queue.sound("verify-en");
        }
    }
    queue.fill("amount", "38,000");
    queue.send();
    assert!(queue.text().contains("5 笔业绩待核实") && queue.text().contains("银枫家园"), "{}", queue.text());
    // The branch in front loses what the ledger does not bear out, one after the other.
    for left in [4, 3, 2, 1] {
        queue.fill("reason", "台账中查无此户");
        queue.send();
        assert!(queue.text().contains(&format!("{left} 笔业绩待核实")), "{}", queue.text());
    }
    standings.until(&first("城南支行"));
    assert_eq!(standings.eval("window.still"), "the same page");
    assert_eq!((standings.complaints(), queue.complaints()), (vec![], vec![]));
    assert!(queue.text().contains("核实后又有修改") && queue.text().contains("请核对凭证号"), "{}", queue.text());
    queue.sound("verify-again-zh");
    queue.fill("reason", "台账中查无此户");
    queue.send();
    assert!(queue.text().contains("没有等待核实的业绩"), "{}", queue.text());
    queue.sound("verify-nothing-zh");
}

#[test]
fn a_ledger_file_is_brought_in_and_what_it_bears_out_confirmed() {
    let world = played();
    let Some(site) = Site::of(&world) else { return };
    let cookie = world.cookie("V");
    let window = site.open_with(Some(&cookie), "/ledgers?lang=zh", Look::DESK);
    let choose = |name: &str, text: &str| {
        window.eval(&format!(
            "window.filled = document.querySelector('main input[type=file]'); (() => {{ const chosen = new DataTransfer(); \
             chosen.items.add(new File(['{text}'], '{name}')); window.filled.files = chosen.files; return 0 }})()"
        ));
        window.send();
    };
    choose("坏.csv", "凭证号,金额,日期\\nK-1,两万,2026-03-02\\nK-2,5,昨天\\n");
    assert!(window.text().contains("第 2 行，金额“两万”不是金额"), "{}", window.text());
    // The browser itself says that the file was refused.
    window.complaints();
    window.sound("ledgers-refused-zh");
    choose("三月台账.csv", LEDGER);
    assert!(window.address().starts_with("/ledgers/1"), "{}", window.address());
    for (lang, words) in [
        ("zh", ["相符", "不符", "无人申报", "台账中没有", "金额不同、日期不同"]),
        ("en", ["Matched", "Differing", "Unknown", "Missing", "another amount, another day"]),
    ] {
        window.go(&format!("/ledgers/1?lang={lang}"));
        for word in words {
            assert!(window.text().contains(word), "{word} in {}", window.text());
        }
        let rows = window.eval(
            "['matched', 'differing', 'unknown', 'missing'].map((id) => document.querySelectorAll(`#${id} tbody tr`).length)",
        );
        assert_eq!(rows.to_string(), "[1,2,1,3]");
        window.sound(&format!("ledger-{lang}"));
    }
    window.go("/ledgers/1?lang=zh");
    let until = window.eval("document.querySelector('main [name=until]').value");
    window.fill("until", until.as_str().expect("text"));
    window.send();
    assert!(window.text().contains("没有可以直接确认的业绩"), "{}", window.text());
    window.eval("window.before = true; document.querySelector('form.verdict button[value=confirm]').click()");
    window.until("!window.before && document.readyState === 'complete'");
    assert_eq!(window.eval("document.querySelectorAll('#settled tbody tr').length"), 2, "{}", window.text());
    assert_eq!(window.complaints(), [""; 0]);
    window.go("/ledgers?lang=en");
    assert!(window.text().contains("三月台账.csv") && window.text().contains("核实员"), "{}", window.text());
    window.sound("ledgers-en");
}

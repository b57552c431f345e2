//! Campaigns in the browser and on phones: what head office makes here is on every phone, what it records there is in the
//! editor, what two people change at once is lost by neither, and a draft is played before it is saved.

#![expect(clippy::expect_used, reason = "fixtures are right or the test is wrong")]

use canvass_core::domain::verification::Verdict;
use canvass_core::domain::{RecordId, campaign};
use canvass_server::clock::Clock;
use canvass_server::store::{Actor, Bulletins, SealOrder, Store};
use canvass_tests::visitor::wait;
use canvass_tests::{Answer, Form, World, date, person, unit, week};

/// The editor of a campaign from a week on, as head office sees it.
fn editor(world: &World, id: RecordId, from: &str) -> Form {
    let answer = world.get(&format!("/campaign/edit?campaign={id}&from={from}&lang=en"));
    assert_eq!(answer.status, 200, "{}", answer.text());
    Form::of(&answer.text(), "editor")
}

fn send(world: &World, form: &Form, deed: &str) -> Answer {
    let path = if form.text("campaign").is_empty() { "/campaign/new" } else { "/campaign/edit" };
    world.send_form(Some(&world.cookie("H-P")), path, &form.clone().with("do", deed).fields())
}

fn save(world: &World, form: &Form) -> String {
    let answer = send(world, form, "save");
    assert_eq!(answer.status, 303, "{}", answer.text());
    answer.header("location").to_owned()
}

fn new(world: &World) -> Form {
    let form = Form::of(&world.get("/campaign/new?lang=en").text(), "editor");
    let pairs = [
        ("name", "百日会战"),
        ("starts", "2026-03-02"),
        ("ends", "2026-05-31"),
        ("all_branches", "on"),
        ("rule/target", "5"),
        ("rule/points/communities", "100"),
        ("rule/points/fund", "1"),
        ("rule/per/fund", "1000"),
        ("rule/cap/fund", "50,000"),
        ("rule/tier/new1", "0"),
        ("rule/reward/new1", "1000"),
        ("phase/new1/name", "启动"),
        ("phase/new1/starts", "2026-03-02"),
    ];
    pairs.into_iter().fold(form, |form, (name, text)| form.with(name, text))
}

fn only_campaign(world: &World) -> RecordId {
    let all = world.run(world.store.campaigns()).expect("campaigns");
    assert_eq!(all.len(), 1);
    all[0].id
}

#[test]
fn a_campaign_made_in_the_browser_is_on_phones_and_one_recorded_offline_is_in_the_editor() {
    let world = World::new(1);
    let made = save(&world, &new(&world));
    let id = only_campaign(&world);
    assert_eq!(made, format!("/campaign?campaign={id}&lang=en"));
    let mut wang = world.phone("B1-S1-P1");
    wang.sync();
    let row = wang.row(id).expect("it is on the phone");
    assert_eq!(row.fields.text("name"), Some("百日会战"));
    assert_eq!(row.fields.int("rule/2026-W10/cap/fund"), Some(5_000_000), "yuan on the page, fen in the record");
    assert_eq!(row.fields.bool("unit/B3/in"), Some(true));
    // A phone of head office edits it without a network.
    let mut chen = world.phone("H-P");
    chen.sync();
    chen.edit(id, "rule/2026-W11/points/visits", 2);
    chen.edit(id, "training/1/name", "产品培训");
    chen.sync();
    let form = editor(&world, id, "2026-W11");
    assert_eq!((form.text("rule/points/visits"), form.text("training/1/name")), ("2", "产品培训"));
    assert_eq!(form.text("rule/points/communities"), "100", "what held before holds on");
    assert_eq!(editor(&world, id, "2026-W10").text("rule/points/visits"), "");
    // One that was begun on a phone is edited like any other.
    let recorded = chen.record(&campaign::KIND, None, &World::plain_campaign().to_fields());
    chen.sync();
    save(&world, &editor(&world, recorded, "2026-W12").with("rule/points/visits", "3"));
    chen.sync();
    assert_eq!(chen.row(recorded).expect("there").fields.int("rule/2026-W12/points/visits"), Some(3));
    world.assert_rebuilds(recorded);
}

#[test]
fn what_makes_no_sense_comes_back_as_it_was_typed_with_the_remedy_beside_it() {
    let world = World::new(2);
    for (lang, remedy, complaint) in [
        ("en", "a number from 0 to 10000", "Nothing was saved: correct what is marked"),
        ("zh", "应为 0 到 10000 之间的整数", "没有保存：请更正标出的各项"),
    ] {
        let form = new(&world).with("lang", lang).with("rule/target", "五个").with("ends", "2026-01-01");
        for deed in ["save", "rehearse"] {
            let answer = send(&world, &form, deed);
            assert_eq!(answer.status, 422);
            let html = answer.text();
            assert!(html.contains(complaint), "{html}");
            let beside = html.split("name=\"rule/target\"").nth(1).expect("the input").split("</label>").next();
            assert!(beside.expect("its label").contains(remedy), "{beside:?}");
            let again = Form::of(&html, "editor");
            assert_eq!((again.text("rule/target"), again.text("rule/per/fund")), ("五个", "1000"));
            assert_eq!((again.text("phase/new1/name"), again.text("unit/B1")), ("启动", ""));
        }
    }
    assert!(world.run(world.store.campaigns()).expect("campaigns").is_empty());
    let nonsense = world.send_form(Some(&world.cookie("H-P")), "/campaign/edit", &[("do", "save")]);
    assert_eq!(nonsense.status, 403, "a form from elsewhere changes nothing");
}

#[test]
fn two_windows_that_save_one_after_the_other_lose_nothing() {
    let world = World::new(3);
    let form = new(&world);
    save(&world, &form);
    // Sent twice, it begins one campaign, and each of its rows once.
    wait(&world, 5);
    save(&world, &form);
    let id = only_campaign(&world);
    let other = send(&world, &form.with("name", "别的名字"), "save");
    assert_eq!(other.status, 409, "{}", other.text());
    assert_eq!(Form::of(&other.text(), "editor").text("campaign"), id.to_string());
    let (first, second) = (editor(&world, id, "2026-W11"), editor(&world, id, "2026-W11"));
    let first =
        first.with("name", "百日会战一期").with("rule/points/communities", "120").with("material/new1/name", "折页");
    save(&world, &first);
    // The same form again finds its own work there.
    wait(&world, 5);
    save(&world, &first);
    let answer = send(&world, &second.with("name", "春季会战").with("rule/points/cards", "1"), "save");
    assert_eq!(answer.status, 409);
    let html = answer.text();
    assert!(html.contains("somebody else has just edited this campaign"), "{html}");
    assert!(html.contains("was just changed to “百日会战一期”"), "{html}");
    let merged = Form::of(&html, "editor");
    let stands = |name: &str| merged.text(name).to_owned();
    assert_eq!(stands("name"), "春季会战", "what was typed");
    assert_eq!(stands("rule/points/cards"), "1");
    assert_eq!(stands("rule/points/communities"), "120", "what the other saved");
    save(&world, &merged);
    // A rehearsal in between is no way round it: it is told, and nothing is played, before anything can be saved.
    let (third, fourth) = (editor(&world, id, "2026-W11"), editor(&world, id, "2026-W11"));
    save(&world, &third.with("rule/points/visits", "9"));
    let played = send(&world, &fourth.with("rule/points/visits", "8"), "rehearse");
    assert_eq!(played.status, 409, "{}", played.text());
    let html = played.text();
    assert!(html.contains("was just changed to “9”") && !html.contains("id=\"rehearsal\""), "{html}");
    let last = editor(&world, id, "2026-W11");
    assert_eq!(last.text("rule/points/visits"), "9");
    assert_eq!(
        (last.text("name"), last.text("rule/points/communities"), last.text("rule/points/cards")),
        ("春季会战", "120", "1")
    );
}

#[test]
fn a_phone_and_the_browser_that_change_one_field_at_once_conflict_and_one_is_chosen_in_the_editor() {
    let world = World::new(4);
    let id = world.launch(&World::plain_campaign());
    let mut chen = world.phone("H-P");
    chen.edit(id, "rule/2026-W10/points/visits", 20);
    save(&world, &editor(&world, id, "2026-W10").with("rule/points/visits", "30"));
    chen.sync();
    let page = world.get(&format!("/campaign?campaign={id}&week=2026-W10&lang=en")).text();
    assert!(page.contains("Where people disagree") && page.contains("陈静"), "{page}");
    assert!(page.contains("2 points / 1"), "the last rules without a conflict hold: {page}");
    let form = editor(&world, id, "2026-W10");
    assert_eq!(form.text("rule/points/visits"), "2");
    // Left open, it stays so whatever else is saved.
    save(&world, &form.with("rule/points/cards", "1"));
    let form = editor(&world, id, "2026-W10");
    let settle = "settle/rule/2026-W10/points/visits";
    let row = world.row(id).expect("there");
    let place = row.conflicts[0].claims.iter().position(|claim| claim.value == 20.into()).expect("the phone's");
    save(&world, &form.with(settle, &place.to_string()));
    assert!(world.row(id).expect("there").conflicts.is_empty());
    chen.sync();
    let row = chen.row(id).expect("there");
    assert_eq!((row.fields.int("rule/2026-W10/points/visits"), row.conflicts.len()), (Some(20), 0));
}

#[test]
fn a_draft_is_played_over_the_weeks_so_far_and_saved_only_then() {
    let world = World::new(5);
    let mut plain = World::plain_campaign();
    let rules = plain.versions.get_mut(&week("2026-W10")).expect("the first");
    rules.extend([("tier/1".to_owned(), 0.into()), ("reward/1".to_owned(), 100_000.into())]);
    let id = world.launch(&plain);
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
    let order = SealOrder { campaign: id, week: week("2026-W10"), by: Actor::Server, at: world.clock.now() };
    assert_eq!(world.run(world.store.seal(order)).expect("sealed").len(), 1);
    // A community with 20,000 yuan is 120 points, 50 visits are 100; at 3 points a visit they are 150.
    let form = editor(&world, id, "2026-W10").with("rule/points/visits", "3").with("rule/reward/1", "6,000");
    let answer = send(&world, &form, "rehearse");
    assert_eq!(answer.status, 200, "{}", answer.text());
    let html = answer.text();
    for words in [
        "<strong>2</strong> units change rank",
        "rewards rise by <strong>5,000 yuan</strong>",
        "1 → <strong>2</strong>",
        "2 → <strong>1</strong>",
        "100 → <strong>150</strong>",
        "1,000 yuan → <strong>6,000 yuan</strong>",
        "the next sealing revises them: 2026-W10 · Revision 1",
    ] {
        assert!(html.contains(words), "{words} in {html}");
    }
    assert_eq!(world.standing(id, week("2026-W10"), "B1").rank, 1, "nothing was saved");
    // The form is still filled in, and saves.
    save(&world, &Form::of(&html, "editor"));
    assert_eq!(world.standing(id, week("2026-W10"), "B1").rank, 2);
    let nothing = send(&world, &editor(&world, id, "2026-W12").with("rule/target", "9"), "rehearse").text();
    assert!(nothing.contains("nobody's rank or reward would move") && !nothing.contains("revises them"), "{nothing}");
}

#[test]
fn a_campaign_is_withdrawn_with_a_reason_and_brought_back() {
    let world = World::new(6);
    save(&world, &new(&world));
    let id = only_campaign(&world);
    let form = editor(&world, id, "2026-W10");
    assert_eq!(send(&world, &form, "withdraw").status, 422);
    assert_eq!(send(&world, &form.clone().with("reason", "重复建立"), "withdraw").status, 303);
    assert!(world.run(world.store.campaigns()).expect("campaigns").is_empty());
    let full = world.get(&format!("/campaign/edit?campaign={id}&lang=en"));
    assert_eq!(full.header("location"), format!("/campaign/edit?campaign={id}&from=2026-W10&lang=en"));
    let page = world.get(full.header("location")).text();
    assert!(page.contains("This campaign was withdrawn") && page.contains("重复建立"), "{page}");
    assert_eq!(send(&world, &form, "restore").status, 409, "upon what stands there now alone");
    assert_eq!(send(&world, &editor(&world, id, "2026-W10"), "restore").status, 303);
    assert_eq!(only_campaign(&world), id);
}

#[test]
fn the_campaigns_page_says_in_words_what_the_rules_are_and_what_goes_with_them() {
    let world = World::new(7);
    let form = new(&world)
        .with("cutoff_day", "1")
        .with("cutoff_time", "09:30")
        .with("rule/target_of/B2", "7")
        .with("rule/channel/on_site", "on")
        .with("rule/minutes", "15")
        .with("rule/late_days", "3")
        .with("rule/least/account", "10000")
        .with("rule/tie", "first")
        .with("rule/credit", "team")
        .with("training/new1/name", "产品培训")
        .with("training/new1/on", "2026-03-03")
        .with("training/new1/how", "video")
        .with("material/new1/name", "宣传折页")
        .with("material/new1/where", "内网资料库");
    save(&world, &form);
    let id = only_campaign(&world);
    // Whoever reads it; only head office is led to the editor.
    let read = |code: &str, lang: &str| {
        world.get_as(code, &format!("/campaign?campaign={id}&week=2026-W10&lang={lang}")).text()
    };
    for words in [
        "下一周二 09:30",
        "城南支行 7",
        "走访方式 上门",
        "走访至少几分钟 15",
        "几天后上报即逾期 3",
        "开户金额起点（元） 10,000",
        "先达到者在前",
        "按营销小组分成",
        "1 档 0 元 → 1,000 元",
        "启动",
        "产品培训",
        "视频",
        "宣传折页",
        "内网资料库",
    ] {
        assert!(read("B1-L", "zh").contains(words), "{words} in {}", read("B1-L", "zh"));
    }
    for words in ["09:30 on Tuesday of the week after", "who reached it first leads", "by video", "visits on site"] {
        assert!(read("B1-L", "en").contains(words), "{words} in {}", read("B1-L", "en"));
    }
    assert!(read("H-P", "en").contains("/campaign/edit") && !read("B1-L", "en").contains("/campaign/edit"));
    assert!(world.run(world.store.bank()).expect("a bank").person(&person("B1-L")).is_some());
    assert_eq!(world.standing(id, week("2026-W10"), "B2").target, 7);
    assert_eq!(world.standing(id, week("2026-W10"), "B1").target, 5);
    assert!(world.run(world.store.campaigns()).expect("campaigns")[0].campaign.units.contains(&unit("B3")));
}

//! The back office: a verdict given on a page reaches the claimant's phone with its reason; what is edited afterwards waits
//! again; a ledger file is matched, and what it bears out confirmed at once.

#![expect(clippy::expect_used, clippy::panic, reason = "fixtures are right or the test is wrong")]

use canvass_core::domain::{RecordId, verification};
use canvass_core::ranking::{Rule, Status};
use canvass_server::store::Audit;
use canvass_server::store::audit::AuditQuery;
use canvass_tests::{Holder, World, date};

/// What a page has in a hidden field.
fn hidden<'a>(page: &'a str, name: &str) -> &'a str {
    let found = page.split(&format!("name=\"{name}\" value=\"")).nth(1).and_then(|rest| rest.split('"').next());
    found.unwrap_or_else(|| panic!("no {name} in {page}"))
}

/// The part of a report that is one table.
fn table<'a>(page: &'a str, name: &str) -> &'a str {
    let from = page.find(&format!("<section id=\"{name}\">")).unwrap_or_else(|| panic!("no {name} in {page}"));
    let rest = &page[from..];
    &rest[..rest.find("</section>").expect("it ends")]
}

/// A world with a campaign, and the queue's address.
fn stage(seed: u64) -> (World, RecordId, String) {
    let world = World::new(seed);
    let campaign = world.launch(&World::plain_campaign());
    let queue = format!("/verify?campaign={campaign}&week=2026-W10&lang=en");
    (world, campaign, queue)
}

fn judge(world: &World, queue: &str, fields: &[(&str, &str)]) -> u16 {
    let shown = world.get(queue).text();
    let (outcome, heads) = (hidden(&shown, "outcome").to_owned(), hidden(&shown, "heads").to_owned());
    let fields = [&[("outcome", &*outcome), ("heads", &*heads), ("next", queue)], fields].concat();
    world.submit("H-P", queue, &fields).status
}

/// What the phone has of verdicts: each with its reason.
fn verdicts(phone: &mut Holder) -> Vec<(String, Option<String>)> {
    let rows = phone.rows();
    let verdicts = rows.values().filter(|row| row.kind.is(&verification::KIND));
    let text = |row: &canvass_core::projection::Row, name: &str| row.fields.text(name).map(str::to_owned);
    verdicts.map(|row| (text(row, "verdict").expect("a verdict"), text(row, "reason"))).collect()
}

#[test]
fn a_verdict_on_the_page_reaches_the_claimants_phone_and_what_is_edited_afterwards_waits_again() {
    let (world, campaign, queue) = stage(1);
    let mut wang = world.phone("B1-S1-P1");
    let garden = wang.prospect("银枫家园");
    let account = wang.claim_account(garden, date("2026-03-02"), 20_000);
    wang.sync();
    let shown = world.get(&queue).text();
    for words in ["银枫家园", "王芳", "20,000 yuan", "account", "1-1网点", "Waiting for the back office", "Confirm"]
    {
        assert!(shown.contains(words), "{words} in {shown}");
    }
    assert_eq!(judge(&world, &queue, &[("do", "reject"), ("reason", " ")]), 400, "a reason is needed");
    assert_eq!(judge(&world, &queue, &[("do", "reject"), ("reason", "台账中查无此户")]), 303);
    wang.sync();
    assert_eq!(verdicts(&mut wang), [("rejected".to_owned(), Some("台账中查无此户".to_owned()))]);
    assert!(world.get(&queue).text().contains("Nothing waits for a verdict"));

    // The claimant looks it up again.
    wang.edit(account, "amount", 18_000 * 100);
    wang.sync();
    let shown = world.get(&queue).text();
    for words in ["Edited since it was verified", "Earlier verdicts", "台账中查无此户", "18,000 yuan"] {
        assert!(shown.contains(words), "{words} in {shown}");
    }
    // While a verifier looks at it, it is edited once more: that is not judged unseen.
    let (outcome, heads) = (hidden(&shown, "outcome").to_owned(), hidden(&shown, "heads").to_owned());
    wang.edit(account, "amount", 19_000 * 100);
    wang.sync();
    let late = world.submit("H-P", &queue, &[("outcome", &outcome), ("heads", &heads), ("do", "confirm")]);
    assert!(late.status == 409 && late.text().contains("edited this outcome after you opened it"), "{}", late.text());
    let corrected = [("do", "confirm"), ("amount", "１7,500.50"), ("date", "2026-03-03"), ("unit", "B1-S2")];
    assert_eq!(judge(&world, &queue, &corrected), 303);
    let fund = world.contributions(campaign).into_iter().find(|one| one.rule == Rule::Fund).expect("a fund");
    assert_eq!((fund.status, fund.value), (Status::Confirmed, 1_750_050));
    assert_eq!(fund.unit.map(|unit| unit.to_string()).as_deref(), Some("B1-S2"));
    wang.sync();
    assert_eq!(verdicts(&mut wang).len(), 2);
    let again = world.submit("H-P", &queue, &[("outcome", &outcome), ("heads", &heads), ("do", "confirm")]);
    assert_eq!(again.status, 409, "what is judged is judged by what was seen");
    world.assert_rebuilds(campaign);
}

#[test]
fn what_people_disagree_about_is_shown_with_every_value_and_cannot_be_judged_until_one_is_chosen() {
    let (world, _, queue) = stage(6);
    let elsewhere = tempfile::tempdir().expect("a folder");
    let mut wang = world.phone("B1-S1-P1");
    let garden = wang.prospect("银枫家园");
    let account = wang.claim_by(garden, "KH-1", date("2026-03-02"), 20_000);
    wang.sync();
    let mut tablet = world.phone_in("B1-S1-P1", elsewhere.path());
    tablet.sync();
    let seen = world.get(&queue).text();
    let (outcome, heads) = (hidden(&seen, "outcome").to_owned(), hidden(&seen, "heads").to_owned());
    wang.edit(account, "amount", 21_000 * 100);
    tablet.edit(account, "amount", 22_000 * 100);
    wang.sync();
    tablet.sync();
    let shown = world.get(&queue).text();
    for words in ["21,000 yuan", "22,000 yuan", "They choose one on a phone first"] {
        assert!(shown.contains(words), "{words} in {shown}");
    }
    assert!(!shown.contains("name=\"heads\""), "there is nothing to press: {shown}");
    let pressed = world.submit("H-P", &queue, &[("outcome", &outcome), ("heads", &heads), ("do", "confirm")]);
    assert_eq!(pressed.status, 409);
    let ledger = b"reference,amount,date\nKH-1,21000,2026-03-02\n";
    let report = world.upload("H-P", "/ledgers", "a.csv", ledger).header("location").to_owned();
    let page = world.get(&report).text();
    assert!(table(&page, "differing").contains("Where people disagree") && !page.contains("Confirm all"), "{page}");
    wang.sync();
    wang.resolve(account, "amount", 21_000 * 100);
    wang.sync();
    assert!(table(&world.get(&report).text(), "matched").contains("银枫家园"));
    assert_eq!(judge(&world, &queue, &[("do", "confirm")]), 303);
    assert!(world.get(&queue).text().contains("Nothing waits"));
}

#[test]
fn what_cannot_be_read_in_a_verdict_is_said_and_judges_nothing() {
    let (world, _, queue) = stage(2);
    let mut wang = world.phone("B1-S1-P1");
    let garden = wang.prospect("银枫家园");
    wang.claim_account(garden, date("2026-03-02"), 20_000);
    wang.sync();
    for (field, value, status) in [
        ("amount", "20,00", 400),
        ("amount", "-5", 400),
        ("date", "yesterday", 400),
        ("unit", "no unit", 400),
        ("unit", "B9", 404),
        ("heads", "xyz", 403),
        ("outcome", "7", 403),
    ] {
        let shown = world.get(&queue).text();
        let mut fields = vec![("do", "confirm"), (field, value)];
        for name in ["outcome", "heads"] {
            if name != field {
                fields.push((name, hidden(&shown, name)));
            }
        }
        let answer = world.submit("H-P", &queue, &fields);
        assert_eq!(answer.status, status, "{field}={value}: {}", answer.text());
    }
    assert!(world.get(&queue).text().contains("银枫家园"), "it waits still");
}

#[test]
fn a_ledger_file_is_matched_confirmed_at_once_and_matched_anew_at_each_look() {
    let (world, campaign, _) = stage(3);
    let (mut wang, mut zhang) = (world.phone("B1-S1-P1"), world.phone("B2-S1-P1"));
    let day = date("2026-03-02");
    let name = |n: i64| format!("小区{n}");
    let communities: Vec<_> = (0..6).map(|n| wang.prospect(&name(n))).collect();
    for (n, community) in (0..).zip(&communities) {
        wang.claim_by(*community, &format!("kh-{n}"), day, 10_000 + n);
    }
    let theirs = zhang.prospect("城南花园");
    zhang.claim_by(theirs, "KH-5", day, 10_005);
    let judged = wang.prospect("已核实小区");
    let done = wang.claim_by(judged, "KH-8", day, 9_000);
    wang.sync();
    zhang.sync();
    world.judge(done, canvass_core::domain::verification::Verdict::Confirmed, None);
    // 0 and 1 match; 2 differs in the amount, 3 in the day; 4 is missing; 5 is claimed twice; 7 is nobody's; 8 was judged.
    let ledger = "凭证号,金额,日期\nＫＨ－0,\"10,000.00\",2026-03-02\nKH-1,10001,2026/3/2\nKH-2,10.5,2026-03-02\n\
                  KH-3,10003,2026-03-03\nKH-5,10005,2026-03-02\nKH-7,70000,2026-03-02\nKH-8,9000,2026-03-02\n";
    let brought = world.upload("H-P", "/ledgers", "三月台账.csv", ledger.as_bytes());
    assert_eq!(brought.status, 303, "{}", brought.text());
    let report = brought.header("location").to_owned();
    let again = world.upload("H-P", "/ledgers", "again.csv", ledger.as_bytes());
    assert_eq!(again.header("location"), report, "the same file is found, not kept twice");

    let page = world.get(&report).text();
    for (name, there, elsewhere) in [
        ("matched", ["小区0", "小区1"].as_slice(), ["小区2", "小区5"].as_slice()),
        (
            "differing",
            &["小区2", "another amount", "小区3", "another day", "claimed twice", "城南花园"],
            &["小区4", "KH-7"],
        ),
        ("unknown", &["KH-7", "70,000 yuan"], &["KH-1<", "KH-8"]),
        ("missing", &["小区4", "kh-4"], &["小区5", "城南花园"]),
        ("settled", &["KH-8", "已核实小区", "Confirmed"], &["小区0"]),
    ] {
        let table = table(&page, name);
        for words in there {
            assert!(table.contains(words), "{words} in {name}: {table}");
        }
        for words in elsewhere {
            assert!(!table.contains(words), "{words} not in {name}: {table}");
        }
    }
    let csv = world.get(&format!("{report}&table=differing&export=csv")).text();
    assert!(csv.contains("10002.00") && csv.contains("10.50") && csv.lines().count() == 5, "{csv}");
    assert!(world.get(&report.replace("lang=en", "lang=zh")).text().contains("同一凭证号有多笔申报"));

    // What changed after the page was opened is left out.
    let edited = wang_claim(&mut wang, "kh-1");
    wang.edit(edited, "note", "改了备注");
    wang.sync();
    let until = hidden(&page, "until").to_owned();
    let pressed = world.submit("H-P", &report, &[("until", &until)]);
    assert_eq!(pressed.status, 303, "{}", pressed.text());
    let page = world.get(&report).text();
    assert!(table(&page, "settled").contains("小区0") && table(&page, "matched").contains("小区1"), "{page}");
    let until = hidden(&page, "until").to_owned();
    for _ in 0..2 {
        assert_eq!(world.submit("H-P", &report, &[("until", &until)]).status, 303);
    }
    let page = world.get(&report).text();
    assert!(table(&page, "settled").contains("小区1") && table(&page, "matched").contains("Nothing can be confirmed"));

    // One that differs is confirmed with what the ledger says, another rejected.
    let differing = table(&page, "differing");
    let second = differing.split("小区3").nth(1).expect("the other");
    let confirm = [
        ("outcome", hidden(differing, "outcome")),
        ("heads", hidden(differing, "heads")),
        ("amount", hidden(differing, "amount")),
        ("date", hidden(differing, "date")),
        ("next", hidden(differing, "next")),
        ("do", "confirm"),
    ];
    let submit = |fields: &[(&str, &str)]| {
        let token = hidden(&page, "form");
        let fields = [&[("form", token), ("lang", "en")], fields].concat();
        world.send_form(Some(&world.cookie("H-P")), "/verify", &fields)
    };
    let answer = submit(&confirm);
    assert!(answer.status == 303 && answer.header("location").starts_with(&report), "{}", answer.text());
    let (outcome, heads) = (hidden(second, "outcome"), hidden(second, "heads"));
    assert_eq!(
        submit(&[("outcome", outcome), ("heads", heads), ("do", "reject"), ("reason", "次日才开户")]).status,
        303
    );
    let page = world.get(&report).text();
    let settled = table(&page, "settled");
    assert!(settled.contains("小区2") && settled.contains("小区3") && settled.contains("Rejected"), "{settled}");
    let confirmed = world.contributions(campaign).into_iter().filter(|one| one.status == Status::Confirmed);
    let mut funds: Vec<i64> = confirmed.filter(|one| one.rule == Rule::Fund).map(|one| one.value).collect();
    funds.sort_unstable();
    assert_eq!(funds, [1_050, 900_000, 1_000_000, 1_000_100]);
    wang.sync();
    assert_eq!(verdicts(&mut wang).len(), 5);
    world.assert_rebuilds(campaign);

    let query = AuditQuery { limit: 100, oldest_first: true, ..AuditQuery::default() };
    let log = world.run(world.store.audit(query)).expect("a log").entries;
    let deeds =
        |deed: &str| log.iter().filter(|entry| entry.deed == deed).map(|entry| &*entry.detail).collect::<Vec<_>>();
    assert_eq!(deeds("ledger-brought"), ["7 rows"]);
    assert_eq!(deeds("matched-confirmed"), ["1 claims", "1 claims", "0 claims"]);
    assert_eq!(deeds("verified").len(), 5);
    assert!(log.iter().all(|entry| !entry.subject.contains("KH") && !entry.detail.contains("KH")), "ids alone");
}

/// A claim on a phone by its reference.
fn wang_claim(phone: &mut Holder, reference: &str) -> RecordId {
    let rows = phone.rows();
    rows.values().find(|row| row.fields.text("reference") == Some(reference)).expect("a claim").id
}

#[test]
fn a_file_that_cannot_be_taken_is_told_line_by_line_in_both_languages_and_nothing_is_kept() {
    let (world, ..) = stage(4);
    let bad = "reference,amount,date\nK-1,20000,2026-03-02\nK-2,two,03/02/2026\n".as_bytes();
    let refused = world.upload("H-P", "/ledgers", "bad.csv", bad);
    let text = refused.text();
    assert_eq!(refused.status, 400, "{text}");
    for words in
        ["The file was not taken", "line 3, amount: “two” is no amount", "line 3, date: “03/02/2026” is no day"]
    {
        assert!(text.contains(words), "{words} in {text}");
    }
    assert!(text.contains("No ledger file was brought in yet"), "nothing is half taken: {text}");
    let unnamed = world.upload("H-P", "/ledgers", "bad.csv", b"a,b,c\n1,2,3\n").text();
    assert!(unnamed.contains("there is no column for the reference"), "{unnamed}");
    let damaged = world.upload("H-P", "/ledgers", "bad.xlsx", b"PK\x03\x04 no workbook");
    assert!(damaged.status == 400 && damaged.text().contains("save it again as .xlsx"), "{}", damaged.text());
    assert!(world.upload("H-P", "/ledgers", "empty.csv", b"").text().contains("Choose a file first"));
    let large = vec![b'x'; 11 * 1024 * 1024];
    let answer = world.upload("H-P", "/ledgers", "large.csv", &large);
    assert!(answer.status == 413 && answer.text().contains("larger than 10 MB"), "{}", answer.text());
    assert_eq!(world.send_form(Some(&world.cookie("H-P")), "/ledgers", &[("form", "x")]).status, 403);
}

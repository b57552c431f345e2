//! The pages: what a branch leader opens on Monday, from the table down to the record and the rule, in both languages, safe
//! whatever people wrote into the records.

#![expect(clippy::expect_used, reason = "fixtures are right or the test is wrong")]

use axum::body::Body;
use axum::http::Request;
use canvass_core::domain::RecordId;
use canvass_core::domain::verification::Verdict;
use canvass_tests::{Answer, World, date};

/// A world in which B1 has something of everything. Returns its campaign.
fn played() -> (World, RecordId) {
    let world = World::new(1);
    let campaign = world.launch(&World::plain_campaign());
    let mut wang = world.phone("B1-S1-P1");
    let prospect = wang.prospect("银枫家园");
    wang.visit(prospect);
    let first = wang.claim_account(prospect, date("2026-03-01"), 20_000);
    wang.claim_account(prospect, date("2026-03-02"), 30_000);
    let open = wang.claim_account(prospect, date("2026-03-02"), 25_000);
    wang.sync();
    // Before the campaign's first day it does not belong to it at all; the first of the two others wins.
    world.judge(first, Verdict::Confirmed, None);
    world.judge(open, Verdict::Rejected, None);
    (world, campaign)
}

fn standings(campaign: RecordId, lang: &str) -> String {
    format!("/standings?campaign={campaign}&week=2026-W10&lang={lang}")
}

/// Every address in a page's attributes, as a browser reads it.
fn addresses(html: &str) -> Vec<String> {
    let mut found = Vec::new();
    for attribute in ["href=\"", "src=\"", "action=\""] {
        for piece in html.split(attribute).skip(1) {
            let address = piece.split('"').next().expect("it ends");
            found.push(address.replace("&amp;", "&"));
        }
    }
    // A form is sent there; it is no link.
    found.retain(|address| address != "/logout");
    found
}

fn assert_page(answer: &Answer, status: u16) -> String {
    assert_eq!(answer.status, status, "{}", answer.text());
    assert!(answer.header("content-type").starts_with("text/html"), "{}", answer.header("content-type"));
    let policy = answer.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    let html = answer.text();
    let scripts: Vec<_> = html.match_indices("<script").map(|(at, _)| &html[at..at + 30]).collect();
    assert_eq!(scripts, ["<script src=\"/live.js\" defer><"], "no other script on any page");
    for address in addresses(&html) {
        assert!(address.starts_with('/') && !address.starts_with("//") || address == "#content", "{address}");
    }
    assert!(!html.contains("http://") && !html.contains("https://"), "nothing from elsewhere");
    html
}

#[test]
fn an_address_without_week_and_campaign_is_answered_by_one_that_has_them() {
    let (world, campaign) = played();
    let answer = world.get("/");
    assert_eq!((answer.status, answer.header("location")), (303, "/standings"));
    let answer = world.get("/standings");
    assert_eq!((answer.status, answer.header("location")), (303, standings(campaign, "zh").as_str()));
    let answer = world.get("/standings?lang=en");
    assert_eq!(answer.header("location"), standings(campaign, "en"));
    let answer = world.get("/units/B1?metric=visits");
    let expected = format!("/units/B1?campaign={campaign}&week=2026-W10&metric=visits&lang=zh");
    assert_eq!(answer.header("location"), expected);
    assert_eq!(world.get(answer.header("location")).status, 200);
}

#[test]
fn the_standings_speak_chinese_first_and_english_when_asked() {
    let (world, campaign) = played();
    let zh = assert_page(&world.get(&standings(campaign, "zh")), 200);
    assert!(zh.contains("<html lang=\"zh\">") && zh.contains("实时排名") && zh.contains("东湖支行"));
    let en = assert_page(&world.get(&standings(campaign, "en")), 200);
    assert!(en.contains("<html lang=\"en\">") && en.contains("Standings") && en.contains("东湖支行"));
    assert!(addresses(&zh).contains(&standings(campaign, "en")) && addresses(&en).contains(&standings(campaign, "zh")));
    // 1 community pending 100, its fund 30,000 yuan 30, a visit 2.
    assert!(zh.contains(">132<") && zh.contains("3.00 万元"), "{zh}");
    assert!(en.contains("30,000 yuan"));
}

#[test]
fn a_branchs_number_leads_to_what_counted_and_what_did_not_with_the_rule() {
    let (world, campaign) = played();
    let table = assert_page(&world.get(&standings(campaign, "en")), 200);
    let wanted = format!("/units/B1?campaign={campaign}&week=2026-W10&metric=communities&lang=en");
    assert!(addresses(&table).contains(&wanted), "{:?}", addresses(&table));
    let page = assert_page(&world.get(&wanted), 200);
    let (counted, left_out) = page.split_once("What did not count").expect("two lists");
    assert!(
        counted.contains("银枫家园") && counted.contains("王芳") && counted.contains("Waiting for the back office")
    );
    assert!(!counted.contains("Visit made"), "only the metric asked for");
    assert!(left_out.contains("Refused by the back office"));

    let all = assert_page(&world.get(&wanted.replace("&metric=communities", "")), 200);
    assert!(all.contains("Visit made") && all.contains("Waiting for the back office"));
    let nothing = assert_page(&world.get(&wanted.replace("/B1", "/B2")), 200);
    assert!(nothing.contains("Nothing counts here yet") && nothing.contains("Nothing was left out"));
    let sub_branch = world.get(&wanted.replace("/B1", "/B1-S1"));
    assert_page(&sub_branch, 200);
}

/// What only filters, arranges or exports what a page shows.
const ARRANGES: [&str; 7] = ["metric=", "status=", "table=", "sort=", "q=", "page=", "export="];

#[test]
fn every_link_on_every_page_leads_to_a_page_or_a_file() {
    let (world, campaign) = played();
    let mut seen = std::collections::BTreeSet::new();
    let mut rooms = std::collections::BTreeSet::new();
    let mut todo = vec![standings(campaign, "zh")];
    while let Some(address) = todo.pop() {
        let place = address.split('#').next().expect("a place").to_owned();
        if place.is_empty() || !seen.insert(place.clone()) {
            continue;
        }
        let answer = world.get(&place);
        let kind = answer.header("content-type");
        if answer.status == 303 {
            todo.push(answer.header("location").to_owned());
        } else if kind.starts_with("text/html") {
            rooms.insert(place.split(['/', '?']).nth(1).expect("a room").to_owned());
            let found = addresses(&assert_page(&answer, 200));
            // From what is arranged already, or another week, nothing new is reached.
            if place.contains("week=2026-W10") && !ARRANGES.iter().any(|name| place.contains(name)) {
                todo.extend(found);
            }
        } else {
            let file = place.contains("export=")
                || place.ends_with(".css")
                || place.ends_with(".js")
                || place.ends_with(".svg");
            assert!(file && answer.status == 200 && !answer.body.is_empty(), "{place}: {}", answer.status);
        }
    }
    let expected = [
        "account",
        "bulletin",
        "campaign",
        "campaigns",
        "disputes",
        "facts",
        "held",
        "ledgers",
        "market",
        "people",
        "prospects",
        "standings",
        "units",
        "unplaced",
        "verify",
    ];
    assert_eq!(rooms.iter().map(String::as_str).collect::<Vec<_>>(), expected);
}

#[test]
fn a_wrong_address_is_told_in_words_on_a_page() {
    let (world, campaign) = played();
    let ok = standings(campaign, "en");
    let status = |address: &str, status| assert_page(&world.get(address), status);
    assert!(status(&ok.replace("/standings", "/units/B9"), 404).contains("there is no unit B9"));
    status("/units/%3Cscript%3E", 404);
    let bad_week = status(&ok.replace("2026-W10", "2026-W99"), 400);
    assert!(bad_week.contains("2026-W99"), "{bad_week}");
    status(&ok.replace("2026-W10", "%3Cscript%3Ealert(1)%3C/script%3E"), 400);
    status(&format!("{ok}&metric=luck"), 400);
    status(&ok.replace(&campaign.to_string(), "x"), 400);
    status(&ok.replace(&campaign.to_string(), "0195a0c4-7c00-7000-8000-000000000000"), 404);
    // A week outside the campaign leads to its nearest.
    let answer = world.get(&ok.replace("2026-W10", "2027-W01"));
    assert_eq!(answer.header("location"), ok.replace("2026-W10", "2026-W13"));
}

#[test]
fn without_a_campaign_the_page_says_what_to_do() {
    let world = World::new(2);
    assert!(assert_page(&world.get("/standings"), 200).contains("还没有营销活动"));
    assert!(assert_page(&world.get("/standings?lang=en"), 200).contains("There is no campaign yet"));
    let mut campaign = World::plain_campaign();
    campaign.units.clear();
    let id = world.launch(&campaign);
    assert!(assert_page(&world.get(&standings(id, "en")), 200).contains("No unit takes part in this campaign yet"));
}

#[test]
fn what_people_write_is_shown_as_text() {
    let world = World::new(3);
    let mut campaign = World::plain_campaign();
    campaign.name = "<script>alert(1)</script> & \"百日\"".to_owned();
    let campaign = world.launch(&campaign);
    let mut wang = world.phone("B1-S1-P1");
    let prospect = wang.prospect("<script>alert('小区')</script>\"><img src=x onerror=alert(1)>");
    wang.visit(prospect);
    wang.sync();
    let table = assert_page(&world.get(&standings(campaign, "zh")), 200);
    assert!(table.contains("&lt;script&gt;alert(1)&lt;/script&gt; &amp;"), "{table}");
    let unit = standings(campaign, "zh").replace("/standings", "/units/B1");
    let page = assert_page(&world.get(&unit), 200);
    assert!(page.contains("&lt;script&gt;alert('小区')&lt;/script&gt;") && !page.contains("<img"), "{page}");
    let prospect = assert_page(&world.get(&unit.replace("/units/B1", &format!("/prospects/{prospect}"))), 200);
    assert!(
        prospect.contains("&lt;script&gt;alert('小区')&lt;/script&gt;") && !prospect.contains("<img"),
        "{prospect}"
    );
}

#[test]
fn text_travels_compressed_to_browsers_that_take_it_and_nothing_else_does() {
    let (world, campaign) = played();
    let encoding = |address: &str| {
        let request = Request::get(address).header("cookie", world.cookie("H-P")).header("accept-encoding", "gzip");
        let request = request.body(Body::empty()).expect("a request");
        world.http(request).header("content-encoding").to_owned()
    };
    let page = standings(campaign, "zh");
    assert_eq!(encoding(&page), "gzip");
    assert_eq!(encoding(&format!("{page}&export=csv")), "gzip");
    assert_eq!(encoding(&format!("{page}&export=xlsx")), "");
    assert_eq!(world.get(&page).header("content-encoding"), "");
}

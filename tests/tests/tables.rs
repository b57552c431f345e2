//! The tables of the pages: sorted, searched and filtered by links that can be sent to a colleague, and taken along as
//! files that spreadsheets read right.

#![expect(clippy::expect_used, reason = "fixtures are right or the test is wrong")]

use calamine::{Data, Reader, Xlsx};
use canvass_core::domain::RecordId;
use canvass_core::domain::verification::Verdict;
use canvass_tests::{Answer, World, date};
use std::io::Cursor;

const WEEK: &str = "2026-W10";

/// Three branches with funds of 30,000, 20,000 and 0 yuan; the first is pending, the second confirmed.
fn played() -> (World, RecordId) {
    let world = World::new(1);
    let campaign = world.launch(&World::plain_campaign());
    let mut wang = world.phone("B1-S1-P1");
    let garden = wang.prospect("=HYPERLINK(\"http://evil\",\"银枫家园\")");
    wang.visit(garden);
    wang.claim_account(garden, date("2026-03-02"), 30_000);
    wang.sync();
    let mut other = world.phone("B2-S1-P1");
    let court = other.prospect("春晓苑");
    let account = other.claim_account(court, date("2026-03-02"), 20_000);
    other.sync();
    world.judge(account, Verdict::Confirmed, Some("账户已开立"));
    (world, campaign)
}

fn address(path: &str, campaign: RecordId, more: &str) -> String {
    format!("{path}?campaign={campaign}&week={WEEK}{more}&lang=en")
}

fn page(world: &World, address: &str) -> String {
    let answer = world.get(address);
    assert_eq!(answer.status, 200, "{address}: {}", answer.text());
    answer.text()
}

/// The places of some words on a page.
fn order(page: &str, words: &[&str]) -> Vec<usize> {
    let table = page.split("id=\"standings-body\"").nth(1).expect("the table");
    let table = table.split("</table>").next().expect("its end");
    let mut places: Vec<_> = words.iter().map(|word| table.find(word).expect("a row")).enumerate().collect();
    places.sort_by_key(|(_, at)| *at);
    places.into_iter().map(|(n, _)| n).collect()
}

const BRANCHES: [&str; 3] = ["东湖支行", "城南支行", "西关支行"];

#[test]
fn a_table_is_sorted_by_a_link_that_can_be_sent_to_a_colleague() {
    let (world, campaign) = played();
    let sorted = |sort: &str| order(&page(&world, &address("/standings", campaign, sort)), &BRANCHES);
    assert_eq!(sorted(""), [0, 1, 2]);
    assert_eq!(sorted("&sort=-fund"), [0, 1, 2]);
    assert_eq!(sorted("&sort=fund"), [2, 1, 0]);
    assert_eq!(sorted("&sort=-rank"), [2, 1, 0]);
    let html = page(&world, &address("/standings", campaign, "&sort=-fund"));
    assert!(html.contains("aria-sort=\"descending\""));
    assert!(html.contains("sort=fund&amp;lang=en#standings"), "the same link turns the order around");
    assert!(html.contains("sort=-fund&amp;lang=zh"), "the other language keeps the order");
}

#[test]
fn a_search_leaves_the_rows_in_which_it_stands() {
    let (world, campaign) = played();
    let html = page(&world, &address("/standings", campaign, "&q=%E5%9F%8E%E5%8D%97"));
    let table = html.split("<tbody>").nth(1).and_then(|rest| rest.split("</tbody>").next()).expect("rows");
    assert!(table.contains("城南支行") && !table.contains("东湖支行"));
    assert!(html.contains("value=\"城南\""), "the box says what is searched for");
    let none = page(&world, &address("/standings", campaign, "&q=nowhere"));
    assert!(none.contains("No row matches") && none.contains("Show all"));
}

#[test]
fn facts_can_be_filtered_by_their_status() {
    let (world, campaign) = played();
    let all = page(&world, &address("/units/B1", campaign, ""));
    assert!(all.contains("Visit made") && all.contains("Waiting for the back office"));
    let pending = page(&world, &address("/units/B1", campaign, "&status=pending"));
    assert!(!pending.contains("Visit made") && pending.contains("Waiting for the back office"));
}

#[test]
fn what_a_table_does_not_have_is_said() {
    let (world, campaign) = played();
    for wrong in ["&sort=luck", "&table=luck", "&export=pdf", "&page=0", "&page=x", "&status=luck"] {
        let answer = world.get(&address("/standings", campaign, wrong));
        assert_eq!(answer.status, 400, "{wrong}");
        let name = wrong.trim_start_matches('&').split('=').nth(1).expect("a value");
        assert!(answer.text().contains(name), "{wrong}: {}", answer.text());
    }
}

fn file(world: &World, path: &str, campaign: RecordId, more: &str) -> Answer {
    let answer = world.get(&address(path, campaign, more));
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert!(answer.header("content-disposition").starts_with("attachment; filename=\"canvass-"));
    answer
}

#[test]
fn a_csv_opens_in_a_spreadsheet_with_chinese_words_plain_numbers_and_no_formula() {
    let (world, campaign) = played();
    let answer = file(&world, "/standings", campaign, "&export=csv&sort=fund");
    assert_eq!(answer.header("content-type"), "text/csv; charset=utf-8");
    assert!(answer.header("content-disposition").ends_with("standings-2026-W10.csv\""));
    let text = answer.text();
    let mut lines = text.strip_prefix('\u{feff}').expect("the mark that Excel wants").split("\r\n");
    assert_eq!(
        lines.next(),
        Some(
            "Rank,Movement,Unit,Unit code,Score,Of target,Communities won / target 5,Communities won Pending,Fund amount (yuan),Fund amount Pending (yuan),Cards,Cards Pending,Wealth sales (yuan),Wealth sales Pending (yuan),Visits,Visits Pending,Activities,Activities Pending"
        )
    );
    assert_eq!(lines.next(), Some("3,,西关支行,B3,0,0.0000,0,,0.00,,0,,0.00,,0,,0,"));
    assert_eq!(lines.next(), Some("2,,城南支行,B2,120,0.2000,1,,20000.00,,0,,0.00,,0,,0,"));
    assert_eq!(lines.next(), Some("1,,东湖支行,B1,132,0.2000,1,1,30000.00,30000.00,0,,0.00,,1,,0,"));

    let counted = file(&world, "/units/B1", campaign, "&table=counted&export=csv").text();
    assert!(counted.contains(",\"'=HYPERLINK(\"\"http://evil\"\",\"\"银枫家园\"\")\","), "{counted}");
}

#[test]
fn a_workbook_has_numbers_amounts_and_days_as_what_they_are_and_words_never_as_formulas() {
    let (world, campaign) = played();
    let answer = file(&world, "/units/B1", campaign, "&table=counted&export=xlsx");
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(answer.body.clone())).expect("a workbook");
    let sheet = book.worksheet_range_at(0).expect("a sheet").expect("readable");
    let head: Vec<String> = sheet.rows().next().expect("a head").iter().map(ToString::to_string).collect();
    assert_eq!(head[..6], ["Week", "Prospect", "Person", "Staff code", "Unit code", "Metric"]);
    let fund = sheet.rows().find(|row| row[5] == Data::String("Fund amount".to_owned())).expect("a fund");
    assert_eq!(fund[7], Data::Float(30_000.0));
    assert_eq!((&fund[3], &fund[4]), (&Data::String("B1-S1-P1".to_owned()), &Data::String("B1-S1".to_owned())));
    assert_eq!(fund[1], Data::String("=HYPERLINK(\"http://evil\",\"银枫家园\")".to_owned()));
    let formulas = book.worksheet_formula(&book.sheet_names()[0].clone()).expect("readable");
    assert!(formulas.is_empty(), "words are no formulas");

    let weeks = file(&world, "/campaign", campaign, "&export=xlsx");
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(weeks.body.clone())).expect("a workbook");
    let sheet = book.worksheet_range_at(0).expect("a sheet").expect("readable");
    let first = sheet.rows().nth(1).expect("a week");
    assert!(matches!(&first[1], Data::DateTime(day) if day.to_ymd_hms_milli().0 == 2026), "{:?}", first[1]);
}

#[test]
fn a_file_has_every_row_that_the_page_turns_over() {
    let world = World::new(4);
    let campaign = world.launch(&World::plain_campaign());
    let mut wang = world.phone("B1-S1-P1");
    let garden = wang.prospect("银枫家园");
    for _ in 0..205 {
        wang.visit(garden);
    }
    wang.sync();
    let first = page(&world, &address("/people/B1-S1-P1", campaign, ""));
    assert_eq!(first.matches("<tr data-key=").count(), 200);
    assert!(first.contains("205 rows") && first.contains("1 / 2") && first.contains("rel=\"next\""));
    let second = page(&world, &address("/people/B1-S1-P1", campaign, "&page=2"));
    assert_eq!(second.matches("<tr data-key=").count(), 5);
    assert!(second.contains("rel=\"prev\"") && !second.contains("Next page"));
    let text = file(&world, "/people/B1-S1-P1", campaign, "&export=csv").text();
    assert_eq!(text.lines().count(), 206);
}

#[test]
fn a_prospects_page_tells_what_happened_with_the_back_offices_words() {
    let (world, campaign) = played();
    let counted = page(&world, &address("/units/B2", campaign, ""));
    let prospect = counted.split("/prospects/").nth(1).and_then(|rest| rest.split('?').next()).expect("a link");
    let html = page(&world, &address(&format!("/prospects/{prospect}"), campaign, ""));
    assert!(html.contains("春晓苑") && html.contains("账户已开立") && html.contains("2-1网点"));
    assert!(html.contains("amount: 20,000 yuan") && html.contains("verdict: confirmed"));
    let unknown = world.get(&address("/prospects/0195a0c4-7c00-7000-8000-000000000000", campaign, ""));
    assert_eq!(unknown.status, 404);
    assert!(unknown.text().contains("may not have synced yet"));
}

#[test]
fn a_prospects_page_shows_every_value_that_people_disagree_on() {
    let world = World::new(5);
    let campaign = world.launch(&World::plain_campaign());
    let (mut wang, mut li) = (world.phone("B1-S1-P1"), world.phone("B1-S1-P2"));
    let garden = wang.prospect("银枫家园");
    wang.sync();
    li.sync();
    wang.edit(garden, "households", 850);
    li.edit(garden, "households", 910);
    wang.sync();
    li.sync();
    let html = page(&world, &address(&format!("/prospects/{garden}"), campaign, ""));
    let conflict = html.split("class=\"conflict\"").nth(1).expect("a conflict");
    assert!(conflict.contains("850") && conflict.contains("910"), "{conflict}");
    assert!(conflict.contains("王芳") && conflict.contains("李强"), "{conflict}");
    assert_eq!(conflict.matches(" · shown").count(), 1);
}

/// A table of a page as a file: its cells, row by row, without what names the row.
fn figures(world: &World, path: &str, campaign: RecordId, table: &str) -> Vec<Vec<String>> {
    let text = file(world, path, campaign, &format!("&table={table}&export=csv")).text();
    let rows = text.lines().map(|line| line.split(',').map(str::to_owned).collect::<Vec<_>>());
    let rows: Vec<Vec<String>> = rows.collect();
    let first = rows[0].iter().position(|title| title == "Communities won" || title.starts_with("Communities won /"));
    rows[1..].iter().map(|row| row[first.expect("metrics")..].to_vec()).collect()
}

/// The sum of each column of a table, in whole fen or pieces.
fn sums(rows: &[Vec<String>]) -> Vec<i64> {
    let number = |cell: &String| cell.replace('.', "").parse::<i64>().unwrap_or(0);
    (0..rows[0].len()).map(|column| rows.iter().map(|row| number(&row[column])).sum()).collect()
}

#[test]
fn the_figures_of_units_their_people_and_the_units_below_add_up_from_sub_branch_to_head_office() {
    let (world, campaign) = played();
    let mut leader = world.phone("B1-L");
    let prospect = leader.prospect("行长亲自走访");
    leader.visit(prospect);
    leader.sync();
    let all = sums(&figures(&world, "/standings", campaign, "standings"));
    assert!(all.iter().filter(|sum| **sum > 0).count() >= 4, "{all:?}");
    for table in ["units", "people"] {
        assert_eq!(sums(&figures(&world, "/units/H", campaign, table)), all, "{table} of head office");
    }
    let branch = sums(&figures(&world, "/units/B1", campaign, "people"));
    assert_eq!(sums(&figures(&world, "/units/B1", campaign, "units")), branch);
    assert!(page(&world, &address("/units/B1", campaign, "")).contains("This unit itself"));
    let sub_branch = figures(&world, "/units/B1", campaign, "units").remove(0);
    assert_eq!(sums(&figures(&world, "/units/B1-S1", campaign, "people")), sums(&[sub_branch]));
    assert!(page(&world, &address("/units/B1-S1", campaign, "")).contains("Visit made"));
}

#[test]
fn a_leader_sees_who_recorded_nothing() {
    let (world, campaign) = played();
    let html = page(&world, &address("/units/B3", campaign, ""));
    let people =
        html.split("id=\"people-body\"").nth(1).and_then(|rest| rest.split("</table>").next()).expect("people");
    assert!(people.contains("王芳"), "{people}");
    assert_eq!(world.get(&address("/people/nobody", campaign, "")).status, 404);
}

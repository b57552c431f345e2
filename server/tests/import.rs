//! The import commands, run as an operator runs them on files of every kind.

#![cfg(unix)]
// Helpers of tests may fail as tests do; clippy knows only functions marked as tests.
#![allow(clippy::expect_used)]

use canvass_server::import::{Mapping, Table, record_id};
use canvass_server::store::sqlite::database_in;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use tempfile::TempDir;

const UNITS: &str = "id,parent,level,name\nHQ,,head_office,总行\nB1,HQ,branch,黄浦支行\nS1,B1,sub_branch,五里桥网点\n\
                     S2,B1,sub_branch,老西门网点\nB2,HQ,支行,徐汇支行\nS3,B2,网点,五里桥网点\n";
const HEADER: &str = "city_ch;date;district;area;xiaoqu;price;sale\n";

/// A bank's data folder, and files beside it.
struct Desk(TempDir);

impl Desk {
    /// With the units in it.
    fn new() -> Self {
        let desk = Self(tempfile::tempdir().expect("a folder"));
        desk.put("units.csv", UNITS);
        desk.taken(&["units", "units.csv"]);
        desk
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn put(&self, name: &str, bytes: impl AsRef<[u8]>) {
        std::fs::write(self.at(name), bytes).expect("written");
    }

    fn run(&self, args: &[&str]) -> (bool, String, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_canvass-server"));
        command.arg("import").args(args).args(["--data", "data"]).current_dir(self.0.path());
        let output = command.env_remove("CANVASS_LOG").stdin(Stdio::null()).output().expect("run");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
        (output.status.success(), text(output.stdout), text(output.stderr))
    }

    fn taken(&self, args: &[&str]) -> String {
        let (good, said, error) = self.run(args);
        assert!(good, "{args:?}: {said}{error}");
        said
    }

    fn refused(&self, args: &[&str]) -> String {
        let before = self.counts();
        let (good, said, error) = self.run(args);
        assert!(!good, "{args:?} was taken: {said}");
        assert!(!error.contains("panicked"), "{error}");
        assert_eq!(self.counts(), before, "something was imported: {error}");
        error
    }

    /// How many changes and units there are.
    fn counts(&self) -> Option<(i64, i64)> {
        let path = database_in(&self.at("data"));
        let db = path.exists().then(|| rusqlite::Connection::open(path).expect("opened"))?;
        let count = |table: &str| {
            db.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).expect("counted")
        };
        Some((count("change"), count("unit") + count("membership")))
    }

    /// The report of a file by line: outcome, record, reason.
    fn report(&self, name: &str) -> BTreeMap<u32, (String, String, String)> {
        let text = std::fs::read_to_string(self.at("data").join(name)).expect("a report");
        let mut rows = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
        let rows = rows.records().map(|row| row.expect("a row"));
        rows.map(|row| (row[0].parse().expect("a line"), (row[1].into(), row[2].into(), row[3].into()))).collect()
    }

    /// A field of a record.
    fn body(&self, record: &str) -> serde_json::Value {
        let db = rusqlite::Connection::open(database_in(&self.at("data"))).expect("opened");
        let id = record.replace('-', "");
        let sql = "SELECT json_set(body, '$.flags', flags) FROM record WHERE lower(hex(id)) = ?";
        let body: String = db.query_row(sql, [id], |row| row.get(0)).expect("a record");
        serde_json::from_str(&body).expect("json")
    }
}

fn city() -> String {
    let rows = [
        "上海;1;黄浦;五里桥;永业公寓;123050;10",
        "上海;1;黄浦;五里桥;永业公寓;123050;10",
        "上海;1;黄浦;五里桥;青溪新村;0;4",
        "上海;1;黄浦;五里桥;青溪新村;29387;1",
        "上海;1;黄浦;老西门;青溪新村;30000;1",
        "上海;1;徐汇;五里桥;青溪新村;30000;1",
        "上海;1;徐汇;五里桥;失效;0;0",
        "上海;1;徐汇;五里桥;斜土路102号;0;0",
        "上海;1;徐汇;五里桥;绿地广场(商铺);50000;0",
    ];
    format!("{HEADER}{}\n", rows.join("\n"))
}

#[test]
fn every_row_is_accounted_for_and_the_same_file_again_changes_nothing() {
    let desk = Desk::new();
    desk.put("city.csv", city());
    let preview = desk.taken(&["prospects", "city.csv", "--dry-run"]);
    assert!(preview.contains("9 rows: 8 created") && preview.contains("nothing was written"), "{preview}");
    assert_eq!(desk.counts(), Some((0, 6)));

    let said = desk.taken(&["prospects", "city.csv"]);
    for part in [
        "9 rows: 8 created, 0 updated, 0 unchanged, 1 identical, 0 ambiguous",
        "3 rows: possible twin",
        "3 rows: price unknown",
        "3 rows: suspicious name",
        "columns not taken: city_ch, date, sale",
    ] {
        assert!(said.contains(part), "no {part} in {said}");
    }
    let report = desk.report("import-prospects-city.csv");
    assert_eq!(report.len(), 9);
    assert_eq!((report[&3].0.as_str(), report[&3].2.as_str()), ("identical", "the same as line 2"));
    let twins: Vec<_> = [4, 5, 6].map(|line| report[&line].1.clone()).into();
    for (line, own) in (4..).zip(&twins) {
        let body = desk.body(own);
        for other in twins.iter().filter(|other| *other != own) {
            assert_eq!(body[format!("twin/{other}")], true, "line {line}");
        }
        assert_eq!(body["flags"], "possible-twin");
    }
    assert!(desk.body(&report[&4].1).get("price_level").is_none(), "0 means unknown");
    assert_eq!(desk.body(&report[&7].1)["flags"], "", "of another district");
    for (line, why) in [(8, "void"), (9, "house-number"), (10, "shop")] {
        let body = desk.body(&report[&line].1);
        assert_eq!((body["suspicious"].as_str(), body["flags"].as_str()), (Some(why), Some("suspicious-name")));
    }

    let before = desk.counts();
    let said = desk.taken(&["prospects", "city.csv"]);
    assert!(said.contains("0 created, 0 updated, 8 unchanged, 1 identical"), "{said}");
    assert_eq!(desk.counts(), before);
}

#[test]
fn a_new_row_and_a_prospect_of_another_file_are_marked_as_possible_twins_of_each_other() {
    let desk = Desk::new();
    desk.put("city.csv", city());
    desk.taken(&["prospects", "city.csv"]);
    let known = desk.report("import-prospects-city.csv")[&2].1.clone();
    // The same name written otherwise in another area of the district; and in another district.
    let other =
        "上海;1;黄浦;老西门;永业 公寓;1;1\n上海;1;黄浦;老西门;（永业）公寓;1;1\n上海;1;徐汇;五里桥;永业公寓;1;1\n";
    desk.put("other.csv", format!("{HEADER}{other}"));
    let before = desk.counts();
    let said = desk.taken(&["prospects", "other.csv", "--dry-run"]);
    assert!(said.contains("3 created") && said.contains("2 rows: possible twin"), "{said}");
    assert_eq!(desk.counts(), before);
    let said = desk.taken(&["prospects", "other.csv"]);
    assert!(said.contains("3 created") && said.contains("2 rows: possible twin"), "{said}");
    let report = desk.report("import-prospects-other.csv");
    for (line, name) in [(2, "永业 公寓"), (3, "（永业）公寓")] {
        assert_eq!(report[&line].1, record_id("黄浦", "老西门", name, 0).to_string(), "each has a record of its own");
    }
    let all = [&known, &report[&2].1, &report[&3].1];
    for one in all {
        let body = desk.body(one);
        let twins = all.iter().filter(|other| body[format!("twin/{other}")] == true).count();
        assert_eq!((twins, body["flags"].as_str()), (2, Some("possible-twin")), "{body}");
    }
    assert_eq!(desk.body(&report[&4].1)["flags"], "", "of another district");
    let before = desk.counts();
    for file in ["other.csv", "city.csv"] {
        assert!(desk.taken(&["prospects", file]).contains("0 created, 0 updated"), "{file}");
    }
    assert_eq!(desk.counts(), before);
}

#[test]
fn a_newer_file_updates_what_changed_and_leaves_what_could_be_several() {
    let desk = Desk::new();
    desk.put("city.csv", city());
    desk.taken(&["prospects", "city.csv"]);
    // Another day, a new price for one, new prices for both of a pair, one that is new.
    let newer = city()
        .replace("上海;1;", "上海;2;")
        .replace("永业公寓;123050", "永业公寓;130000")
        .replace("青溪新村;0;4", "青溪新村;28000;4")
        + "上海;2;徐汇;五里桥;汇龙新城;1;1\n";
    desk.put("newer.csv", newer);
    let said = desk.taken(&["prospects", "newer.csv"]);
    assert!(said.contains("10 rows: 1 created, 1 updated, 6 unchanged, 1 identical, 1 ambiguous"), "{said}");
    let report = desk.report("import-prospects-newer.csv");
    assert!(report[&2].0 == "updated" && report[&2].2.contains("changed price_level"), "{:?}", report[&2]);
    assert_eq!(desk.body(&report[&2].1)["price_level"], 13_000_000);
    assert!(report[&4].0 == "ambiguous" && report[&4].2.contains("nothing was changed"), "{:?}", report[&4]);
    // One row where there were two before could be either.
    desk.put("single.csv", format!("{HEADER}上海;3;黄浦;五里桥;青溪新村;31000;1\n"));
    let before = desk.counts();
    assert!(desk.taken(&["prospects", "single.csv"]).contains("1 ambiguous"));
    assert_eq!(desk.counts(), before);
}

#[test]
fn an_import_that_was_cut_off_is_completed_by_the_next() {
    let desk = Desk::new();
    desk.put("city.csv", city());
    let half: String = city().lines().take(4).map(|line| format!("{line}\n")).collect();
    desk.put("half.csv", half);
    desk.taken(&["prospects", "half.csv"]);
    let said = desk.taken(&["prospects", "city.csv"]);
    // The one that was there is now known to have twins.
    assert!(said.contains("9 rows: 6 created, 1 updated, 1 unchanged, 1 identical, 0 ambiguous"), "{said}");
    let before = desk.counts();
    assert!(desk.taken(&["prospects", "city.csv"]).contains("8 unchanged"));
    assert_eq!(desk.counts(), before);
}

#[test]
fn a_broken_file_names_the_line_and_the_remedy_and_leaves_nothing() {
    let desk = Desk::new();
    let good = "上海;1;黄浦;五里桥;甲;1;1\n";
    let with = |row: &str| format!("{HEADER}{good}\n{row}\n{good}").into_bytes();
    let gbk = |text: &str| encoding_rs::GB18030.encode(text).0.into_owned();
    let cases: [(Vec<u8>, &str); 18] = [
        (with("上海;1;黄浦;五里桥;乙"), "line 4: 5 columns instead of 7; part them by `;`"),
        (with("上海;1;黄浦;五里桥;乙;about 9;1"), "line 4: the price `about 9` is not valid; write yuan"),
        (with("上海;1;黄浦;五里桥;乙;-5;1"), "line 4: the price `-5`"),
        (with("上海;1;黄浦;五里桥; ;1;1"), "line 4: the name `` is not valid; it is empty"),
        (with("上海;1;黄浦;五里桥;=1+1;1;1"), "line 4: `=1+1` is a formula; put its value"),
        (with("上海;1;黄浦;五里桥;@SUM(A1);1;1"), "line 4: `@SUM(A1)` is a formula"),
        (with("上海;1;黄浦;五里桥;\"a\nb\";1;1"), "line 4: the name"),
        (with("上海;1;黄浦;五里桥;\"乙;1;1"), "line 4: a quote (\") is opened and not closed"),
        (with(&format!("上海;1;黄浦;五里桥;{};1;1", "长".repeat(67))), "line 4: name"),
        (with("上海;1;静安;五里桥;乙;1;1"), "line 4: no branch is named after the district `静安`; map it"),
        (with("上海;1;黄浦;陆家浜;乙;1;1"), "line 4: no sub-branch of B1 is named after the area `陆家浜`; map it"),
        (gbk(&format!("{HEADER}{good}")), "line 2: not UTF-8; if Excel saved it, try --encoding gb18030"),
        (b"\xff\xfea\0".to_vec(), "line 1: not UTF-8; it is UTF-16: save it"),
        (Vec::new(), "the file has no rows; it needs"),
        (HEADER.into(), "the file has no rows; it needs"),
        ("district;area;price\n".into(), "line 1: there is no column for `name`; name it with --column name=HEADER"),
        ("name;name\n".into(), "line 1: the column `name` stands twice"),
        (with("上海;1;黄浦;五里桥;乙;99999999999999999;1"), "line 4: the price"),
    ];
    for (bytes, expected) in cases {
        desk.put("broken.csv", bytes);
        let error = desk.refused(&["prospects", "broken.csv"]);
        assert!(error.contains(expected) && error.contains("nothing was imported"), "{error} should say {expected}");
    }
    for (args, expected) in [
        (vec!["prospects", "nowhere.csv"], "cannot be opened"),
        (vec!["prospects", "data"], "is no plain file"),
        (vec!["prospects", "units.csv", "--column", "nmae=name"], "there is nothing called `nmae`"),
        (vec!["prospects", "units.csv", "--separator", "ab"], "must be one ASCII sign"),
        (vec!["prospects", "units.csv", "--encoding", "latin1"], "take utf-8 or gb18030"),
        (vec!["prospects", "units.csv", "--report", "units.csv"], "would overwrite the file"),
    ] {
        let error = desk.refused(&args);
        assert!(error.contains(expected), "{error} should say {expected}");
    }
}

#[test]
fn a_file_from_excel_in_another_encoding_and_with_other_columns_is_mapped() {
    let desk = Desk::new();
    let text = "城区\t片区\t楼盘\t单价\n黄浦\t五里桥\t永业公寓\t123050.5\n静安\t曹家渡\t康定花园\t0\n浦东\t三林\t军民新村\t9\n";
    desk.put("gbk.txt", encoding_rs::GB18030.encode(text).0);
    let flags =
        ["--column", "district=城区", "--column", "area=片区", "--column", "name=楼盘", "--encoding", "gb18030"];
    desk.put("map.toml", "[units]\n\"静安/曹家渡\" = \"S2\"\n");
    let args = [&["prospects", "gbk.txt", "--mapping", "map.toml", "--unit", "B2"], &flags[..]].concat();
    let said = desk.taken(&args);
    assert!(said.contains("GB18030, parted by tabs") && said.contains("3 rows: 3 created"), "{said}");
    let report = desk.report("import-prospects-gbk.csv");
    assert_eq!(desk.body(&report[&2].1)["price_level"], 12_305_050);
    let db = rusqlite::Connection::open(database_in(&desk.at("data"))).expect("opened");
    let mut select = db.prepare("SELECT unit FROM record WHERE kind = 'assignment' ORDER BY seq").expect("prepared");
    let units: Vec<String> =
        select.query_map([], |row| row.get(0)).expect("read").map(|u| u.expect("a unit")).collect();
    assert_eq!(units, ["S1", "S2", "B2"]);
    desk.put("wrong.toml", "[colums]\nname = \"x\"\n");
    assert!(desk.refused(&["prospects", "gbk.txt", "--mapping", "wrong.toml"]).contains("unknown field `colums`"));
}

#[test]
fn a_workbook_is_read_by_its_cells_and_a_formula_in_it_is_refused() {
    use rust_xlsxwriter::{Format, Workbook};
    let desk = Desk::new();
    let book = |formula: bool| {
        let mut book = Workbook::new();
        let sheet = book.add_worksheet();
        for (column, name) in (0..).zip(["district", "area", "name", "price", "households"]) {
            sheet.write(0, column, name).expect("written");
        }
        for row in [1, 3] {
            sheet.write(row, 0, "黄浦").expect("written").write(row, 1, "五里桥").expect("written");
            sheet.write(row, 2, format!("小区{row}")).expect("written").write(row, 3, 52_000.25).expect("written");
        }
        if formula {
            sheet.write_formula(3, 4, "=1+1").expect("written");
        }
        book.save(desk.at("city.xlsx")).expect("saved");
    };
    book(true);
    let error = desk.refused(&["prospects", "city.xlsx"]);
    assert!(error.contains("line 4 (cell E4)") && error.contains("is a formula; put its value"), "{error}");
    book(false);
    assert!(desk.taken(&["prospects", "city.xlsx"]).contains("2 rows: 2 created"));
    let report = desk.report("import-prospects-city.csv");
    assert_eq!(desk.body(&report[&4].1)["price_level"], 5_200_025);
    desk.put("no.xlsx", "no workbook");
    assert!(desk.refused(&["prospects", "no.xlsx"]).contains("save it again as .xlsx"));

    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for (column, name) in (0..).zip(["工号", "姓名", "角色", "机构", "开始日期", "until"]) {
        sheet.write(0, column, name).expect("written");
    }
    for (column, cell) in (0..).zip(["WF", "王芳", "客户经理", "S1"]) {
        sheet.write(1, column, cell).expect("written");
    }
    let day = rust_xlsxwriter::ExcelDateTime::from_ymd(2026, 3, 2).expect("a day");
    sheet.write_with_format(1, 4, &day, &Format::new().set_num_format("yyyy-mm-dd")).expect("written");
    book.save(desk.at("people.xlsx")).expect("saved");
    assert!(desk.taken(&["people", "people.xlsx"]).contains("1 rows: 1 created"));
}

#[test]
fn units_and_people_come_in_once_and_move_by_a_newer_file() {
    let desk = Desk::new();
    assert!(desk.taken(&["units", "units.csv"]).contains("6 rows: 0 created, 0 updated, 6 unchanged"));
    let people =
        "id,name,role,unit,from,until\nWF,王芳,account_manager,S1,2026-01-01,\nLQ,李强,支行行长,B1,2026-01-01,\n";
    desk.put("people.csv", people);
    assert!(desk.taken(&["people", "people.csv", "--dry-run"]).contains("2 rows: 2 created"));
    assert_eq!(desk.counts(), Some((0, 6)));
    assert!(desk.taken(&["people", "people.csv"]).contains("2 rows: 2 created"));
    assert!(desk.taken(&["people", "people.csv"]).contains("2 unchanged"));
    let moved = "id,name,role,unit,from,until\nWF,王芳,account_manager,S3,2026-03-02,\n";
    desk.put("moved.csv", moved);
    assert!(desk.taken(&["people", "moved.csv"]).contains("1 rows: belongs to two units at once"));
    desk.put("moved.csv", format!("{moved}WF,王芳,account_manager,S1,2026-01-01,2026-03-02\n"));
    let said = desk.taken(&["people", "moved.csv"]);
    assert!(said.contains("1 updated, 1 unchanged") && !said.contains("at once"), "{said}");

    let header = "id,name,role,unit,from,until\n";
    for (rows, expected) in [
        ("A,a,boss,S1,2026-01-01,\n", "line 2: the role `boss`"),
        ("A,a,account_manager,S7,2026-01-01,\n", "line 2: the unit `S7` is not valid; the bank has no such unit"),
        ("A,a,account_manager,S1,yesterday,\n", "line 2: the from `yesterday`"),
        ("A,a,account_manager,S1,2026-01-02,2026-01-02\n", "line 2: the until"),
        ("A,a,account_manager,S1,2026-01-01,\nA,b,account_manager,S1,2026-02-01,\n", "line 3: the name or role of A"),
        ("王,a,account_manager,S1,2026-01-01,\n", "line 2: the id `王`"),
    ] {
        desk.put("broken.csv", format!("{header}{rows}"));
        let error = desk.refused(&["people", "broken.csv"]);
        assert!(error.contains(expected), "{error} should say {expected}");
    }
    for (rows, expected) in [
        ("X,nowhere,branch,x\n", "line 2: unit X: its parent nowhere"),
        ("X,HQ,house,x\n", "line 2: the level `house`"),
        ("X,,head_office,x\n", "line 2: the bank needs exactly one head office"),
        ("X,HQ,branch,x\nX,HQ,branch,y\n", "line 3: unit X stands on line 2 already"),
    ] {
        desk.put("broken.csv", format!("id,parent,level,name\n{rows}"));
        let error = desk.refused(&["units", "broken.csv"]);
        assert!(error.contains(expected), "{error} should say {expected}");
    }
}

/// Opens a file and reads it to its end or its first fault.
fn read(path: &std::path::Path) -> Result<usize, canvass_server::import::ImportError> {
    let table = Table::open(path, &Mapping::default())?;
    table.rows()?.try_fold(0, |rows, row| row.map(|_| rows + 1))
}

#[test]
fn a_workbook_that_claims_or_unpacks_to_more_than_is_taken_is_refused() {
    use std::io::Write;
    let desk = Desk::new();
    let mut book = rust_xlsxwriter::Workbook::new();
    book.add_worksheet().write(0, 0, "name").expect("written").write(1_048_575, 16_383, "x").expect("written");
    book.save(desk.at("wide.xlsx")).expect("saved");
    let error = read(&desk.at("wide.xlsx")).expect_err("too wide").to_string();
    assert!(error.contains("line 1048576: there is a cell XFD1048576 beyond 256 columns"), "{error}");

    let mut bomb = zip::ZipWriter::new(std::fs::File::create(desk.at("bomb.xlsx")).expect("made"));
    bomb.start_file("xl/sharedStrings.xml", zip::write::SimpleFileOptions::default()).expect("begun");
    for _ in 0..201 {
        bomb.write_all(&vec![b' '; 1024 * 1024]).expect("written");
    }
    bomb.finish().expect("ended");
    let error = read(&desk.at("bomb.xlsx")).expect_err("too large").to_string();
    assert!(error.contains("the unpacked workbook is larger than 200 MB; save the sheet as CSV"), "{error}");

    // Under a megabyte that would take a gigabyte as rows.
    let sheet = |rows: &str| {
        let start = r#"<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>"#;
        let file = std::fs::File::create(desk.at("long.xlsx")).expect("made");
        let mut new = zip::ZipWriter::new(file);
        let mut old = zip::ZipArchive::new(std::fs::File::open(desk.at("wide.xlsx")).expect("there")).expect("sound");
        for index in 0..old.len() {
            let part = old.by_index_raw(index).expect("a part");
            if part.name().expect("text") != "xl/worksheets/sheet1.xml" {
                new.raw_copy_file(part).expect("copied");
            }
        }
        new.start_file("xl/worksheets/sheet1.xml", zip::write::SimpleFileOptions::default()).expect("begun");
        new.write_all(format!("{start}{rows}</sheetData></worksheet>").as_bytes()).expect("written");
        new.finish().expect("ended");
        read(&desk.at("long.xlsx"))
    };
    let row = "<row><c><v>1</v></c></row>";
    assert_eq!(sheet(&row.repeat(3)).expect("sound"), 2);
    let error = sheet(&row.repeat(1_048_577)).expect_err("too long").to_string();
    assert!(error.contains("the sheet is larger than 1,048,576 lines; save the sheet as CSV"), "{error}");
}

#[test]
fn damaged_files_end_in_words_and_never_in_a_panic() {
    use rand::{RngExt, SeedableRng};
    let desk = Desk::new();
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    for row in 0..20 {
        sheet.write(row, 0, format!("小区{row}")).expect("written").write(row, 1, row * 1_000).expect("written");
    }
    let sound = [book.save_to_buffer().expect("saved"), city().into_bytes()];
    let mut rng = rand::rngs::StdRng::seed_from_u64(1);
    for (name, bytes) in ["damaged.xlsx", "damaged.csv"].into_iter().zip(sound) {
        let mut refused = 0;
        for _ in 0..300 {
            let mut bytes = bytes.clone();
            for _ in 0..rng.random_range(1..6) {
                let at = rng.random_range(0..bytes.len());
                match rng.random_range(0..3) {
                    0 => bytes[at] = rng.random(),
                    1 => bytes.truncate(at.max(1)),
                    _ => drop(bytes.remove(at.min(bytes.len() - 1))),
                }
                if bytes.is_empty() {
                    bytes.push(0);
                }
            }
            desk.put(name, &bytes);
            refused += usize::from(read(&desk.at(name)).is_err_and(|error| error.to_string().contains(';')));
        }
        assert!(refused > 150, "{name}: {refused}");
    }
}

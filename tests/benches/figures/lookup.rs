//! Figures 11 to 14: looking things up on a phone of 20,000 prospects and 200,000 visits. `CANVASS_NAMES` is the path of a file of
//! real communities (`;` between columns: city, date, district, area, name, price); without it names are made up.

use crate::phone;
use crate::sample::Sample;
use crate::stock::Stock;
use crate::table::{Figure, Report, Times, count, ms};
use crate::town::{VISIT, fields_of, moment, now, server_now};
use canvass_core::document::{Actor, Authorship, Document};
use canvass_core::domain::prospect::{self, Prospect};
use canvass_core::domain::{DeviceNumber, GeoPoint, Kind, Money, RecordId, Zone};
use canvass_core::lookup::{THRESHOLD, Wanted, likeness, readings};
use canvass_core::replica::{Asking, Durability, Order, Period, Query, Replica, Scope, TargetQuery};
use canvass_core::wire::{Delivery, Request, Response};
use rusqlite::Connection;
use std::path::{Path, PathBuf};
use std::process::Command;

const PROSPECTS: usize = 20_000;
const VISITS: usize = 200_000;
/// How often each kind of search is made.
const SEARCHES: usize = 300;
/// Pairs of lines of the real file, each judged by a person: the same community or not.
const TWINS: &str = include_str!("twins.csv");

/// A community of the file.
struct Community {
    district: String,
    area: String,
    name: String,
    price: i64,
}

/// The file's lines as it numbers them, if there is one.
fn real() -> Option<Vec<Option<Community>>> {
    let path = std::env::var_os("CANVASS_NAMES")?;
    let text = std::fs::read_to_string(path).expect("CANVASS_NAMES names a readable file");
    let line = |line: &str| {
        let columns: Vec<&str> = line.split(';').collect();
        let text = |n: usize| columns.get(n).map(|text| (*text).to_owned());
        let price = columns.get(5).and_then(|price| price.parse().ok()).unwrap_or(0);
        Some(Community { district: text(2)?, area: text(3)?, name: text(4)?, price })
    };
    // The first line names the columns.
    Some(std::iter::once(None).chain(text.lines().skip(1).map(line)).collect())
}

/// The prospects of the town, in an order that does not change.
fn communities(sample: &mut Sample) -> Vec<Prospect> {
    let real: Vec<Community> = real().into_iter().flatten().flatten().collect();
    let mut number = |bound: usize| i64::try_from(sample.below(bound)).expect("few");
    let mut places: Vec<GeoPoint> = Vec::new();
    for _ in 0..PROSPECTS {
        let (lat, lon) = (310_000_000 + number(4_000_000), 1_212_000_000 + number(6_000_000));
        places.push(GeoPoint::new(lat, lon, 20).expect("in Shanghai"));
    }
    let make = |(n, place): (usize, GeoPoint)| {
        let mut made = sample.prospect();
        if let Some(known) = real.get(n % real.len().max(1)) {
            made.name = known.name.clone();
            made.address = Some(format!("{}{}路{}弄", known.district, known.area, n % 1_800));
            (made.district, made.area) = (Some(known.district.clone()), Some(known.area.clone()));
            made.price_level = Money::from_yuan(known.price).ok().filter(|_| known.price > 0);
        }
        Prospect { place: Some(place), ..made }
    };
    places.into_iter().enumerate().map(make).collect()
}

/// A phone that holds the town.
fn held(stock: &mut Stock) -> PathBuf {
    let name = if std::env::var_os("CANVASS_NAMES").is_some() { "lookup-real" } else { "lookup-made" };
    stock.database(name, |path| {
        let mut sample = Sample::of("lookup", 0);
        let mut replica = phone::open(path, &mut sample, Durability::AppEnd);
        // A colleague wrote half of it, and whoever holds the phone the other half.
        let authorship = Authorship { device: DeviceNumber::new(8), actor: Actor::new(sample.seed()), at: now() };
        let own = Authorship { device: replica.device(), actor: Actor::new(sample.seed()), at: now() };
        let mut ids: Vec<RecordId> = Vec::new();
        let mut response = Response::new(1, server_now());
        let mut take = |response: &mut Response| {
            let request = Request::new(replica.device(), replica.person().clone(), now(), 1, 0);
            replica.apply(&request, response, now()).expect("applied");
            response.deliveries.clear();
        };
        for community in communities(&mut Sample::of("lookup", 1)) {
            let (id, fields) = (sample.id(moment(0, 1)), community.to_fields());
            let kind = Kind::from(&prospect::KIND);
            let (_, change) = Document::create(id, &kind, None, &fields, &authorship).expect("a prospect");
            response.deliveries.push(Delivery { record: id, kind, changes: vec![change.bytes.into()] });
            ids.push(id);
            if response.deliveries.len() == 1_000 {
                take(&mut response);
            }
        }
        for n in 0..VISITS {
            let at = moment(n, VISITS);
            let (id, fields, of) = (sample.id(at), fields_of(&mut sample, VISIT, at), ids[sample.below(ids.len())]);
            let by = if n % 2 == 0 { &authorship } else { &own };
            let (_, change) = Document::create(id, &VISIT.into(), Some(of), &fields, by).expect("a visit");
            response.deliveries.push(Delivery { record: id, kind: VISIT.into(), changes: vec![change.bytes.into()] });
            if response.deliveries.len() == 1_000 {
                take(&mut response);
            }
        }
        take(&mut response);
        assert_eq!(replica.count().expect("counted"), PROSPECTS + VISITS);
    })
}

fn opened(path: &Path) -> Replica {
    phone::open(path, &mut Sample::of("lookup", 2), Durability::AppEnd)
}

/// A figure of a p95.
fn p95(name: &str, found: usize, times: &Times, limit: f64) -> Figure {
    let each = found / SEARCHES;
    let name = format!("{name}, {each} shown (median {})", ms(times.median()));
    Figure::new(name, ms(times.p95())).at_most(format!("p95 {}", ms(limit)), times.p95(), limit)
}

/// 11: Names and addresses, as one types.
pub(crate) fn search(report: &mut Report, stock: &mut Stock) {
    let path = held(stock);
    let mut sample = Sample::of("lookup", 3);
    let names: Vec<Vec<char>> =
        communities(&mut Sample::of("lookup", 1)).iter().map(|one| one.name.chars().collect()).collect();
    let mut loading = Times::default();
    for _ in 0..10 {
        let replica = opened(&path);
        loading.time(|| replica.search("天", 50)).expect("searched");
    }
    report.add(Figure::new("11 the first search after opening", ms(loading.median())).at_most(
        "100 ms",
        loading.median(),
        100.0,
    ));
    let replica = opened(&path);
    replica.search("天", 50).expect("searched");
    for (what, length) in [("one character", 1), ("two characters", 2), ("full pinyin", 3), ("initials", 3)] {
        let (mut times, mut found) = (Times::default(), 0);
        for _ in 0..SEARCHES {
            let name = &names[sample.below(names.len())];
            let start = sample.below(name.len().saturating_sub(length) + 1);
            let run = name.iter().skip(start).take(length);
            let mut read = |c: &char| {
                let all = readings(*c);
                if all.is_empty() { c.to_string() } else { all[sample.below(all.len())].clone() }
            };
            let query: String = match what {
                "full pinyin" => run.map(read).collect(),
                "initials" => run.filter_map(|c| read(c).chars().next()).collect(),
                _ => run.collect(),
            };
            found += times.time(|| replica.search(&query, 50)).expect("searched").len();
        }
        report.add(p95(&format!("11 search by {what}"), found, &times, 15.0));
    }
    let names = if std::env::var_os("CANVASS_NAMES").is_some() { "real names" } else { "made-up names" };
    report.note("11", format!("{} prospects with {names}; each search goes through all of them.", count(PROSPECTS)));
    memory(report, &path);
}

/// What a process that only opens a phone and looks things up takes.
fn memory(report: &mut Report, path: &Path) {
    let program = std::env::current_exe().expect("this program");
    let output = Command::new(program).arg(OPEN).arg(path).output().expect("started");
    let text = String::from_utf8_lossy(&output.stdout);
    let Ok(kilobytes) = text.trim().parse::<u32>() else { return report.note("11", "Memory is not told here.") };
    let megabytes = f64::from(kilobytes) / 1024.0;
    report.add(
        Figure::new("11 memory of a process with an open replica, at most", format!("{megabytes:.1} MB"))
            .at_most("40 MB", megabytes, 40.0),
    );
}

/// The argument by which this program opens a phone, looks things up and tells how much memory that took.
pub(crate) const OPEN: &str = "--open-and-look-up";

/// Opens a phone, looks things up, and prints the most memory that this process took, in kilobytes.
pub(crate) fn open_and_look_up(path: &str) {
    let replica = opened(Path::new(path));
    replica.search("tian", 50).expect("searched");
    replica.search_notes("维修资金", 50, None).expect("searched");
    replica.targets(&TargetQuery::default(), now()).expect("listed");
    replica.query(&Query::default()).expect("listed");
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let most = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    println!("{}", most.trim().trim_end_matches("kB").trim());
}

/// 12: What people wrote.
pub(crate) fn notes(report: &mut Report, stock: &mut Stock) {
    let path = held(stock);
    let replica = opened(&path);
    let mut sample = Sample::of("lookup", 4);
    for length in [1, 2, 3, 4, 6] {
        let (mut times, mut found) = (Times::default(), 0);
        for _ in 0..SEARCHES {
            let fields = fields_of(&mut sample, VISIT, now());
            let note: Vec<char> = fields.text("note").unwrap_or_default().chars().collect();
            let start = sample.below(note.len() - length + 1);
            let query: String = note.iter().skip(start).take(length).collect();
            found += times.time(|| replica.search_notes(&query, 50, None)).expect("searched").len();
        }
        report.add(p95(&format!("12 search notes by {length} of their characters"), found, &times, 40.0));
    }
    drop(replica);
    let db = Connection::open(&path).expect("opened");
    let bytes = |like: &str| -> f64 {
        let sql = format!("SELECT coalesce(sum(pgsize), 0) FROM dbstat WHERE name GLOB '{like}'");
        db.query_row(&sql, [], |row| row.get::<_, i64>(0)).expect("sizes") as f64 / VISITS as f64
    };
    let (words, pairs) =
        (bytes("note") + bytes("sqlite_autoindex_note_1") + bytes("note_unindexed"), bytes("note_index*"));
    report.add(Figure::new("12 index of notes, bytes a visit", format!("{:.0}", words + pairs)).at_most(
        "1.2 KB",
        words + pairs,
        1_228.8,
    ));
    report.add(Figure::new("12 the phone's file, bytes a visit with all else", format!("{:.0}", bytes("*"))));
    report.note("12", format!("{words:.0} bytes are the folded words, {pairs:.0} the index of their pairs."));
}

/// 13: Whom to visit, and twins.
pub(crate) fn targets(report: &mut Report, stock: &mut Stock) {
    let path = held(stock);
    let replica = opened(&path);
    let mut sample = Sample::of("lookup", 5);
    let mut place = || {
        let number = |n: usize| i64::try_from(n).expect("few");
        let (lat, lon) = (sample.below(4_000_000), sample.below(6_000_000));
        GeoPoint::new(310_000_000 + number(lat), 1_212_000_000 + number(lon), 0).expect("in Shanghai")
    };
    replica.search("天", 1).expect("searched");
    for (what, order) in [
        ("worth", Order::Score),
        ("distance", Order::Distance),
        ("time since the last contact", Order::LeastRecentlyContacted),
    ] {
        let (mut times, mut found) = (Times::default(), 0);
        for _ in 0..SEARCHES {
            let query = TargetQuery { order, near: Some(place()), ..TargetQuery::default() };
            found += times.time(|| replica.targets(&query, now())).expect("listed").len();
        }
        report.add(p95(&format!("13 targets by {what}"), found, &times, 30.0));
    }
    let (mut times, mut found) = (Times::default(), 0);
    for _ in 0..SEARCHES {
        let here = place();
        found += times.time(|| replica.nearest(here, 50)).expect("listed").len();
    }
    report.add(p95("13 the nearest 50", found, &times, 5.0));
    let all = communities(&mut Sample::of("lookup", 1));
    let (mut times, mut found) = (Times::default(), 0);
    let mut sample = Sample::of("lookup", 6);
    for _ in 0..SEARCHES {
        let one = &all[sample.below(all.len())];
        let twins = times.time(|| replica.twins(&one.name, one.district.as_deref(), None, 5));
        found += twins.expect("compared").len();
    }
    report.add(p95("13 twins while typing", found, &times, 20.0));
    judge(report);
}

/// 14: Today, numbers and a timeline, of one person and of all.
pub(crate) fn day(report: &mut Report, stock: &mut Stock) {
    let path = held(stock);
    let mut replica = opened(&path);
    let mut sample = Sample::of("lookup", 7);
    for (whose, scope) in [("one's own", Scope::Mine), ("everybody's", Scope::Unit)] {
        let asking = Asking { now: now(), zone: Zone::china(), scope };
        let (mut times, mut found) = (Times::default(), 0);
        for _ in 0..SEARCHES {
            let today = times.time(|| replica.today(&asking, || sample.id(now()))).expect("told");
            found += today.due.items.len() + today.appointments.items.len();
        }
        assert!(found > 0, "a day on which nothing is due measures nothing");
        report.add(p95(&format!("14 {whose} day"), found, &times, 30.0));
    }
    let (person, today) = (replica.person().clone(), now().date(&Zone::china()));
    let period = Period::Month(today.year(), today.month());
    let (mut times, mut found) = (Times::default(), 0);
    for _ in 0..50 {
        let numbers = times.time(|| replica.numbers(&person, &period, &Zone::china(), now())).expect("counted");
        found += numbers.activity.visits;
    }
    report.add(Figure::new(format!("14 a month's numbers of {} visits, p95", found / 50), ms(times.p95())));
    let visits = replica.query(&Query { limit: 200, ..Query::default() }).expect("listed");
    let mut times = Times::default();
    for row in &visits {
        let prospect = row.prospect.expect("a visit");
        times.time(|| replica.timeline(prospect, None, 50)).expect("shown");
    }
    report.add(Figure::new("14 a page of a timeline, p95", ms(times.p95())));
}

/// How the likely twins compare with what a person says of pairs of the real file.
fn judge(report: &mut Report) {
    let Some(lines) = real() else {
        return report.note("13", "Precision and recall of twins need the real file: name it by CANVASS_NAMES.");
    };
    let (mut right, mut wrong, mut missed, mut pairs) = (0, 0, 0, 0);
    for row in TWINS.lines().skip(1) {
        let mut columns = row.split(',');
        let mut line = || {
            let number: usize = columns.next().and_then(|n| n.parse().ok()).expect("a line");
            lines.get(number - 1).and_then(Option::as_ref).expect("a community")
        };
        let (a, b) = (line(), line());
        let shown = likeness(&wanted(a), &wanted(b)).score >= THRESHOLD;
        let same = columns.next() == Some("1");
        pairs += 1;
        match (same, shown) {
            (true, true) => right += 1,
            (false, true) => {
                wrong += 1;
                eprintln!("  wrongly a twin: {row}");
            }
            (true, false) => {
                missed += 1;
                eprintln!("  a twin missed: {row}");
            }
            (false, false) => {}
        }
    }
    let share = |part: i32, of: i32| f64::from(part) / f64::from(of.max(1));
    let (precision, recall) = (share(right, right + wrong), share(right, right + missed));
    report.add(Figure::new(
        format!("13 twins: precision and recall over {pairs} pairs that a person judged"),
        format!("{precision:.2} and {recall:.2}"),
    ));
}

fn wanted(one: &Community) -> Wanted<'_> {
    Wanted { name: &one.name, district: Some(&one.district), spot: None }
}

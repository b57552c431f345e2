//! The pages in a real browser: both languages, desk and phone, light and dark, keyboard and paper. What holds for every
//! page is checked on every page that links lead to, so a new page is covered once something links to it.

use canvass_core::domain::verification::Verdict;
use canvass_tests::browser::{Focused, Look, Paper, Site, axe};
use canvass_tests::{World, date, unit};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Sorted this way and that, in every week and language, there is no end of pages: so many of each kind stand for all.
const OF_EACH_KIND: usize = 2;

/// The body text of WCAG 2, level AA.
const READABLE: f64 = 4.5;

/// Two weeks of a campaign of two branches, in which everything that a page can show has happened.
fn played() -> World {
    let world = World::new(1);
    let mut campaign = World::plain_campaign();
    campaign.ends = date("2026-03-15");
    campaign.units.retain(|branch| *branch != unit("B3"));
    world.launch(&campaign);
    let mut wang = world.phone("B1-S1-P1");
    let long =
        wang.prospect("东湖新技术开发区关山大道与雄楚大道交汇处银枫家园三期（含商业街、地下车库与社区服务中心）");
    wang.visit(long);
    let first = wang.claim_account(long, date("2026-03-02"), 20_000);
    let refused = wang.claim_account(long, date("2026-03-02"), 25_000);
    wang.claim_account(long, date("2026-03-01"), 30_000);
    wang.sync();
    world.judge(first, Verdict::Confirmed, None);
    world.judge(refused, Verdict::Rejected, Some("the account was closed again"));
    // A branch that takes no part.
    let mut other = world.phone("B3-S1-P1");
    let prospect = other.prospect("西关花园");
    other.visit(prospect);
    other.sync();
    // In the second week the branches change places.
    world.becomes(date("2026-03-10"), 9);
    let mut zhang = world.phone("B2-S1-P1");
    for name in ["Riverside-Gardens-Residential-Community-Block-17", "城南里"] {
        let prospect = zhang.prospect(name);
        zhang.visit(prospect);
        zhang.claim_account(prospect, date("2026-03-10"), 40_000);
    }
    zhang.sync();
    world
}

/// A page that links lead to.
struct Met {
    address: String,
    /// Which page it is, whomever it shows, and its language.
    room: String,
    /// How much HTML it is.
    length: usize,
}

/// The pages that links lead to from the standings, the nearest of each kind.
fn met(world: &World) -> Vec<Met> {
    let mut met = Vec::new();
    let mut seen = BTreeSet::new();
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    let mut todo = VecDeque::from(["/standings?lang=zh".to_owned(), "/standings?lang=en".to_owned()]);
    while let Some(link) = todo.pop_front() {
        assert!(link.starts_with('/'), "a link leads elsewhere: {link}");
        let of_kind = kinds.entry(kind(&link)).or_default();
        if *of_kind >= OF_EACH_KIND || !seen.insert(link.clone()) {
            continue;
        }
        let answer = world.get(&link);
        if answer.status == 303 {
            todo.push_front(answer.header("location").to_owned());
            continue;
        }
        assert_eq!(answer.status, 200, "{link}");
        if !answer.header("content-type").starts_with("text/html") {
            continue;
        }
        *of_kind += 1;
        let html = answer.text();
        let links = html.split(" href=\"").skip(1).filter_map(|rest| rest.split(['"', '#']).next());
        todo.extend(links.filter(|link| !link.is_empty()).map(|link| link.replace("&amp;", "&")));
        met.push(Met { room: room(&link), length: html.len(), address: link });
    }
    assert!(kinds.len() >= 8, "{kinds:?}");
    met
}

/// Which page an address leads to, whomever it shows, and its language.
fn room(address: &str) -> String {
    let path = address.split('?').next().unwrap_or(address);
    let (room, whom) = path.trim_start_matches('/').split_once('/').map_or((path, 0), |(room, _)| (room, 1));
    format!("{room} {whom} {}", asked(address, "lang"))
}

/// A room and what else its addresses ask for.
fn kind(address: &str) -> String {
    let pairs = address.split(['?', '&']).filter_map(|pair| pair.split_once('='));
    format!("{} {:?}", room(address), pairs.map(|(name, _)| name).collect::<Vec<_>>())
}

/// Of each room that links lead to, the page that shows most, in each language.
fn each_room(world: &World) -> Vec<String> {
    let mut fullest: BTreeMap<String, Met> = BTreeMap::new();
    for page in met(world) {
        if fullest.get(&page.room).is_none_or(|kept| kept.length < page.length) {
            fullest.insert(page.room.clone(), page);
        }
    }
    fullest.into_values().map(|page| page.address).collect()
}

fn asked<'a>(address: &'a str, key: &str) -> &'a str {
    let pairs = address.split(['?', '&']).filter_map(|pair| pair.split_once('='));
    pairs.filter(|(name, _)| *name == key).map(|(_, value)| value).next().unwrap_or_default()
}

#[test]
fn every_page_fits_every_window_and_asks_nobody_else() {
    let world = played();
    let Some(site) = Site::of(&world) else { return };
    let window = site.open("/standings", Look::DESK);
    for Met { address, .. } in met(&world) {
        window.go(&address);
        for look in [Look::DESK, Look::PHONE, Look::NARROW] {
            window.look(look);
            let wide = window.wide(look.width);
            assert!(wide.is_empty(), "{address} at {} scrolls sideways: {wide:#?}", look.width);
        }
        window.look(Look::DESK);
        let lang = asked(&address, "lang");
        assert_eq!(window.eval("document.documentElement.lang"), lang, "{address}");
        assert_eq!(window.eval("document.querySelectorAll('h1').length"), 1, "{address}");
        assert_eq!(window.eval("document.querySelectorAll('main').length"), 1, "{address}");
        assert_ne!(window.eval("document.title"), "", "{address}");
        let other = address.replace(&format!("lang={lang}"), if lang == "zh" { "lang=en" } else { "lang=zh" });
        let link =
            window.eval("(() => { const a = document.querySelector('a[hreflang]'); return a.pathname + a.search })()");
        assert_eq!(link, other, "the other language of {address}");
        assert_eq!(window.complaints(), [""; 0], "{address}");
        for request in window.requests() {
            assert!(request.starts_with(&site.origin()), "{address} asks for {request}");
        }
    }
}

#[test]
fn a_reader_changes_the_language_and_stays_where_they_were() {
    let world = played();
    let Some(site) = Site::of(&world) else { return };
    let window = site.open("/units/B2?metric=communities&week=2026-W11", Look::DESK);
    let zh = window.address();
    assert_eq!((asked(&zh, "lang"), asked(&zh, "metric"), asked(&zh, "week")), ("zh", "communities", "2026-W11"));
    assert_eq!(window.eval("document.title"), "城南支行 2026-W11 · Canvass");
    for word in ["城南支行", "百日会战", "计入", "赢得小区", "城南里", "待核实", "上一周"] {
        assert!(window.text().contains(word), "{word} in {}", window.text());
    }
    window.eval("document.querySelector('a[hreflang=en]').click()");
    window.until("document.documentElement.lang === 'en' && document.readyState === 'complete'");
    assert_eq!(window.address(), zh.replace("lang=zh", "lang=en"));
    for word in ["城南支行", "百日会战", "What counted", "Communities", "城南里", "Waiting", "Previous week"]
    {
        assert!(window.text().contains(word), "{word} in {}", window.text());
    }
    // From here the standings are in English too, in the same week.
    window.eval("document.querySelector('main a').click()");
    window.until("location.pathname === '/standings' && document.readyState === 'complete'");
    assert_eq!(window.address(), window.address().replace("lang=zh", "lang=en"));
    assert_eq!(window.eval("document.title"), "Standings 2026-W11 · Canvass");
    for word in ["Rank", "Score", "Next week", "Previous week"] {
        assert_eq!(window.text().contains(word), word != "Next week", "{word} in {}", window.text());
    }
    window.eval("document.querySelector('a[hreflang=zh]').click()");
    window.until("document.documentElement.lang === 'zh' && document.readyState === 'complete'");
    assert_eq!(window.eval("document.title"), "实时排名 2026-W11 · Canvass");
    for word in ["名次", "得分", "城南支行", "东湖支行", "上一周"] {
        assert!(window.text().contains(word), "{word} in {}", window.text());
    }
}

#[test]
fn every_text_can_be_read_in_light_and_dark() {
    let world = played();
    let Some(site) = Site::of(&world) else { return };
    let window = site.open("/standings", Look::DESK);
    for met in each_room(&world) {
        window.go(&met);
        for (look, range) in [(Look::DESK, 0.8..=1.0), (Look::DESK.dark(), 0.0..=0.05)] {
            window.look(look);
            assert!(range.contains(&window.brightness()), "{met}: {look:?} has {}", window.brightness());
            let faint = window.faint(READABLE);
            assert!(faint.is_empty(), "{met} {look:?}: {faint:#?}");
        }
    }
}

#[test]
fn the_keyboard_reaches_everything_and_shows_where_it_is() {
    let world = played();
    let Some(site) = Site::of(&world) else { return };
    let window = site.open("/standings", Look::DESK);
    for page in each_room(&world) {
        window.go(&page);
        let all = window.interactive();
        for (place, name) in all.iter().enumerate() {
            window.press("Tab");
            let focused = window.focused();
            let Some(Focused { place: reached, seen, .. }) = &focused else { panic!("{page}: no way to {name}") };
            assert_eq!((*reached, *seen), (place, true), "{page}: {name} comes next, but {focused:?}");
        }
    }
}

#[test]
fn the_first_key_skips_to_the_content() {
    let world = played();
    let Some(site) = Site::of(&world) else { return };
    for (lang, words) in [("zh", "跳到正文"), ("en", "Skip to the content")] {
        let window = site.open(&format!("/units/B1?lang={lang}"), Look::PHONE);
        window.press("Tab");
        let first = window.focused().expect("a focus");
        assert_eq!((first.place, first.text.as_str(), first.seen), (0, words, true));
        window.press("Enter");
        window.until("location.hash === '#content'");
        window.press("Tab");
        let next = window.focused().expect("a focus");
        let place =
            window.eval("[...document.querySelectorAll('a[href], button')].findIndex((a) => a.closest('main'))");
        assert_eq!(place, next.place, "{next:?} is the first in the content");
    }
}

#[test]
fn the_standings_print_on_one_sheet_without_what_only_screens_need() {
    let world = played();
    let Some(site) = Site::of(&world) else { return };
    for (lang, title, rank) in [("zh", "实时排名", "名次"), ("en", "Standings", "Rank")] {
        let window = site.open(&format!("/standings?week=2026-W11&lang={lang}"), Look::DESK.dark());
        let Some(paper) = Paper::of(&window) else { return };
        assert_eq!((paper.sheets, paper.format.as_str()), (1, "A4"));
        for word in [title, rank, "百日会战", "2026-W11", "2026-03-09"] {
            assert!(paper.text.contains(word), "{word} in {}", paper.text);
        }
        for (rank, branch, score) in [("1", "城南支行", "254"), ("2", "东湖支行", "122")] {
            let words: Vec<_> = paper.line(branch).split_whitespace().collect();
            assert_eq!((words.first(), words.contains(&score)), (Some(&rank), true), "{words:?}");
        }
        for word in ["English", "中文", "上一周", "Previous week", "跳到正文", "Skip to"] {
            assert!(!paper.text.contains(word), "{word} in {}", paper.text);
        }
    }
}

#[test]
fn axe_finds_nothing_serious() {
    let Some(axe) = axe() else { return };
    let world = played();
    let empty = World::new(2);
    let (Some(site), Some(nothing)) = (Site::of(&world), Site::of(&empty)) else { return };
    let window = site.open("/standings", Look::DESK);
    let mut pages = each_room(&world);
    pages.extend(["/units/B9?lang=zh".to_owned(), "/units/B9?lang=en".to_owned()]);
    let mut found = Vec::new();
    for page in &pages {
        window.go(page);
        found.extend(window.barriers(&axe));
    }
    let window = nothing.open("/standings", Look::DESK);
    found.extend(window.barriers(&axe));
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn what_a_phone_syncs_appears_in_both_open_windows_without_a_reload() {
    let world = played();
    let Some(site) = Site::of(&world) else { return };
    let windows = [
        site.open("/standings?week=2026-W11&lang=zh", Look::DESK),
        site.open("/standings?week=2026-W11&lang=en", Look::PHONE.dark()),
    ];
    let row = |branch: &str| {
        format!("[...document.querySelectorAll('tbody tr')].find((row) => row.innerText.includes('{branch}'))")
    };
    for window in &windows {
        window.until(&format!("{}.innerText.includes('122')", row("东湖支行")));
        // A reload would forget this.
        window.eval("window.still = 'the same page'");
        window.until("document.querySelector('p.live').dataset.state === 'on'");
        window.eval(&format!("{}.querySelector('a').focus()", row("城南支行")));
    }
    let mut wang = world.phone("B1-S1-P1");
    for name in ["银枫四期", "银枫五期"] {
        let prospect = wang.prospect(name);
        wang.visit(prospect);
        wang.claim_account(prospect, date("2026-03-10"), 10_000);
    }
    wang.sync();
    for window in &windows {
        window.until(&format!("{}.innerText.includes('346')", row("东湖支行")));
        assert_eq!(window.eval("window.still"), "the same page");
        assert_eq!(window.eval("document.activeElement.innerText"), "城南支行", "the focus stays where it was");
        assert_eq!(window.eval("document.querySelector('tbody tr').innerText.includes('东湖支行')"), true);
        assert_eq!(window.complaints(), [""; 0]);
        for request in window.requests() {
            assert!(request.starts_with(&site.origin()), "{request}");
        }
    }
}

//! Who sees what on the pages: every role on every page, own unit and another; what a role does not read is on none of them,
//! nor in any file taken along; dossiers are for those they are for, and each reading is noted.

#![expect(clippy::expect_used, reason = "fixtures are right or the test is wrong")]

use canvass_core::document::{Actor as Pen, Authorship, Document};
use canvass_core::domain::dossier::Dossier;
use canvass_core::domain::prospect::Prospect;
use canvass_core::domain::verification::Verdict;
use canvass_core::domain::{DeviceNumber, Membership, Person, RecordId, Role, dossier, prospect};
use canvass_core::wire::{Push, Request as SyncRequest};
use canvass_server::clock::Clock;
use canvass_server::ingest::Assigned;
use canvass_server::store::audit::{AuditQuery, Logged};
use canvass_server::store::{Actor, AssignOrder, Audit, BankOrder, ServerRecord, Store};
use canvass_tests::{World, date, person, unit};

/// A reader of each role: the field's are at home in B1-S1 or B1; head office in H; the administrator nowhere.
const READERS: [(Role, &str); 8] = [
    (Role::AccountManager, "B1-S1-P1"),
    (Role::ProductManager, "B1-PM"),
    (Role::BranchLeader, "B1-L"),
    (Role::Verifier, "B1-V"),
    (Role::ServiceDesk, "B1-SD"),
    (Role::HeadOffice, "H-P"),
    (Role::Auditor, "B1-A"),
    (Role::Administrator, "ADM"),
];

const PURPOSE: &str = "谈了方案";

/// A World in which both branches recorded something, and somebody of each role reads.
struct Stage {
    world: World,
    campaign: RecordId,
    own: RecordId,
    other: RecordId,
}

fn stage(seed: u64) -> Stage {
    let world = World::new(seed);
    let (by, at, from) = (Actor::Operator, world.clock.now(), date("2025-01-01"));
    let joining = [
        (Role::ProductManager, "B1-PM"),
        (Role::Verifier, "B1-V"),
        (Role::ServiceDesk, "B1-SD"),
        (Role::Auditor, "B1-A"),
        (Role::Administrator, "ADM"),
    ];
    let people = joining.map(|(role, id)| Person { id: person(id), name: format!("{id}某"), roles: role.into() });
    let member = |(_, id): &(Role, &str)| Membership { person: person(id), unit: unit("B1"), from, until: None };
    let memberships = joining.iter().filter(|(_, id)| *id != "ADM").map(member).collect();
    let order = BankOrder { units: vec![], people: people.to_vec(), memberships, by, at };
    world.run(world.store.extend_bank(order)).expect("they joined");
    let campaign = world.launch(&World::plain_campaign());
    let mut wang = world.phone("B1-S1-P1");
    let own = wang.prospect("银枫家园");
    wang.visit(own);
    let account = wang.claim_account(own, date("2026-03-02"), 31_234);
    wang.sync();
    world.judge(account, Verdict::Confirmed, Some("台账第七行"));
    let mut stranger = world.phone("B2-S1-P1");
    let other = stranger.prospect("城南花园");
    stranger.visit(other);
    stranger.sync();
    Stage { world, campaign, own, other }
}

impl Stage {
    fn address(&self, path: &str) -> String {
        let and = if path.contains('?') { '&' } else { '?' };
        format!("{path}{and}campaign={}&week=2026-W10&lang=en", self.campaign)
    }

    fn text(&self, code: &str, path: &str) -> String {
        let answer = self.world.get_as(code, &self.address(path));
        assert_eq!(answer.status, 200, "{code} {path}: {}", answer.text());
        answer.text()
    }

    fn log(&self, deed: &str) -> Vec<Logged> {
        let query = AuditQuery { deed: Some(deed.to_owned()), limit: 100, oldest_first: true, ..AuditQuery::default() };
        self.world.run(self.world.store.audit(query)).expect("a log").entries
    }

    fn write_dossier(&self, prospect: RecordId, name: &str) -> RecordId {
        let fields = Dossier { habits: Some("晨练".to_owned()), ..Dossier::named(name) }.to_fields();
        let kind = (&dossier::KIND).into();
        let record = ServerRecord { kind, prospect: Some(prospect), fields, assigned_to: None };
        self.world.run(self.world.store.write(vec![record], self.world.clock.now())).expect("written")[0]
    }
}

#[test]
fn every_role_opens_what_is_its_own_and_nothing_else() {
    let stage = stage(1);
    let ledger = "reference,amount,date\nK-1,20000,2026-03-02\n";
    let brought = stage.world.upload("B1-V", "/ledgers", "ledger.csv", ledger.as_bytes());
    assert_eq!((brought.status, brought.header("location")), (303, "/ledgers/1?lang=en"));
    let (own, other) = (format!("/prospects/{}", stage.own), format!("/prospects/{}", stage.other));
    let pages = [
        "/standings",
        "/campaign",
        "/campaigns",
        "/campaign/edit?from=2026-W10",
        "/campaign/new",
        "/bulletin",
        "/market",
        "/disputes",
        "/unplaced",
        "/units/B1-S1",
        "/units/B2-S1",
        "/people/B1-S1-P1",
        "/people/B2-S1-P1",
        &own,
        &other,
        "/verify",
        "/ledgers",
        "/ledgers/1",
        "/held",
        "/devices",
        "/users",
        "/audit",
        "/account",
    ];
    let mut drawn = String::new();
    let mut cells = 0;
    for page in pages {
        let letters = READERS.map(|(_, code)| {
            let answer = stage.world.get_as(code, &stage.address(page));
            cells += 1;
            if answer.status == 403 {
                let text = answer.text();
                assert!(text.contains("not yours to see") && text.contains("ask"), "{code} {page}: {text}");
                assert!(!text.contains("银枫家园") && !text.contains("城南花园"), "{code} {page}: {text}");
            }
            match answer.status {
                200 => 'o',
                403 => '.',
                status => panic!("{code} {page}: {status}"),
            }
        });
        let name = page.replace(&stage.own.to_string(), "own").replace(&stage.other.to_string(), "other");
        let name = name.split('?').next().unwrap_or_default();
        let letters: String = letters.iter().flat_map(|letter| [' ', *letter]).collect();
        drawn.push_str(&format!("{name:<18}{letters}\n"));
    }
    // Account manager, product manager, branch leader, verifier, service desk, head office, auditor, administrator.
    let expected = "\
/standings         o o o o o o o o
/campaign          o o o o o o o o
/campaigns         o o o o o o o o
/campaign/edit     . . . . . o . .
/campaign/new      . . . . . o . .
/bulletin          o o o o o o o o
/market            . . . . . o . .
/disputes          o o o o . o o .
/unplaced          . . . . . o . .
/units/B1-S1       o o o o o o o .
/units/B2-S1       . . . . . o . .
/people/B1-S1-P1   o o o o o o o .
/people/B2-S1-P1   . . . . . o . .
/prospects/own     o o o o o o o .
/prospects/other   . . . . . o . .
/verify            . . . o . o . .
/ledgers           . . . o . o . .
/ledgers/1         . . . o . o . .
/held              . . o . . o . .
/devices           . . o . . . . o
/users             . . . . . . . o
/audit             . . . . . . o o
/account           o o o o o o o o
";
    assert_eq!(drawn, expected);
    assert_eq!(cells, 184);
}

#[test]
fn no_link_on_any_page_leads_a_reader_to_what_is_not_theirs() {
    let stage = stage(2);
    for (_, code) in READERS {
        let mut todo = vec![stage.address("/standings")];
        let mut seen = std::collections::BTreeSet::new();
        while let Some(address) = todo.pop() {
            let filters = ["sort=", "status=", "metric=", "table=", "export=", "lang=zh"];
            if seen.len() > 60 || filters.iter().any(|name| address.contains(name)) || !seen.insert(address.clone()) {
                continue;
            }
            let answer = stage.world.get_as(code, &address);
            assert!([200, 303].contains(&answer.status), "{code} is led to {address}: {}", answer.status);
            if answer.status == 303 {
                todo.push(answer.header("location").to_owned());
            } else if answer.header("content-type").starts_with("text/html") {
                let html = answer.text();
                let links = html.split(" href=\"").skip(1).filter_map(|rest| rest.split(['"', '#']).next());
                todo.extend(links.filter(|link| link.starts_with('/')).map(|link| link.replace("&amp;", "&")));
            }
        }
        assert!(seen.len() > 3, "{code}: {seen:?}");
    }
}

#[test]
fn rows_of_a_kind_that_a_role_does_not_read_are_on_no_page_and_in_no_file() {
    let stage = stage(3);
    let pages = ["/units/B1-S1".to_owned(), "/people/B1-S1-P1".to_owned(), format!("/prospects/{}", stage.own)];
    let tables = ["counted", "left-out", "people", "units", "history"];
    let mut all = std::collections::BTreeMap::new();
    for code in ["B1-V", "B1-SD", "B1-L"] {
        let mut read = String::new();
        for page in &pages {
            read.push_str(&stage.text(code, page));
            for table in tables {
                for export in ["csv", "xlsx"] {
                    let address = stage.address(&format!("{page}?table={table}&export={export}"));
                    let answer = stage.world.get_as(code, &address);
                    if answer.status == 200 {
                        read.push_str(&String::from_utf8_lossy(&answer.body));
                    }
                }
            }
        }
        all.insert(code, read);
    }
    let has = |code: &str, words: &str| all[code].contains(words);
    for (words, verifier, desk) in [
        ("31,234", true, false),
        ("31234.00", true, false),
        ("台账第七行", true, false),
        ("Visit made", false, true),
        (PURPOSE, false, true),
        ("银枫家园", true, true),
    ] {
        assert!(has("B1-L", words), "the leader reads {words}");
        assert_eq!((has("B1-V", words), has("B1-SD", words)), (verifier, desk), "{words}");
    }
}

#[test]
fn a_prospect_that_went_to_another_unit_keeps_its_name_from_the_old_one_but_not_its_points() {
    let stage = stage(4);
    let to = Assigned { unit: unit("B2-S1"), owner: None };
    let order = AssignOrder { prospect: stage.own, to, by: Actor::Operator, at: stage.world.clock.now() };
    stage.world.run(stage.world.store.assign(order)).expect("assigned");
    let page = stage.text("B1-L", "/units/B1");
    assert!(!page.contains("银枫家园") && page.contains("A prospect of another unit now"), "{page}");
    assert!(page.contains("31,234 yuan") && page.contains(">133<"), "what was won counts where it was won");
    let prospect = stage.address(&format!("/prospects/{}", stage.own));
    assert_eq!(stage.world.get_as("B1-L", &prospect).status, 403);
    assert!(stage.world.get_as("B2-L", &prospect).text().contains("银枫家园"));
}

#[test]
fn dossiers_are_for_the_assigned_people_and_the_units_leaders_and_each_reading_is_noted_first() {
    let stage = stage(5);
    let id = stage.write_dossier(stage.own, "周建国");
    let (page, prospect) = (format!("/dossiers/{id}"), format!("/prospects/{}", stage.own));
    let may = ["B1-S1-P1", "B1-L"];
    for code in may {
        let shown = stage.text(code, &prospect);
        assert!(shown.contains("Dossiers · 1") && shown.contains(&page) && !shown.contains("周建国"), "{shown}");
    }
    assert!(stage.log("dossier-read").is_empty(), "that there is one is no reading");
    for (n, code) in (1..).zip(may) {
        let shown = stage.text(code, &page);
        assert!(shown.contains("周建国") && shown.contains("晨练") && shown.contains("is noted in the audit log"));
        let log = stage.log("dossier-read");
        assert_eq!(log.len(), n);
        assert_eq!((&*log[n - 1].actor, &*log[n - 1].subject), (&*format!("person/{code}"), &*format!("dossier/{id}")));
    }
    let nothing = |code: &str, id: &str| {
        let answer = stage.world.get_as(code, &format!("/dossiers/{id}?lang=en"));
        (answer.status, answer.text().replace(id, "ID"))
    };
    let none = nothing("B1-L", "0195a0c4-7c00-7000-8000-000000000000");
    assert_eq!(none.0, 404);
    for code in ["B1-S1-P2", "B1-PM", "B1-V", "B1-SD", "H-P", "B1-A", "ADM", "B2-L"] {
        assert_eq!(nothing(code, &id.to_string()), none, "{code} does not learn that there is one");
        let answer = stage.world.get_as(code, &stage.address(&prospect));
        assert!(!answer.text().contains("Dossier") && !answer.text().contains("周建国"), "{code}");
    }
    // Not as a record of another sort, nor in any file.
    assert_eq!(nothing("B1-L", &stage.own.to_string()), none);
    for table in ["history", "counted", "left-out"] {
        let file = stage.text("B1-L", &format!("{prospect}?table={table}&export=csv"));
        assert!(!file.contains("周建国") && !file.contains(&id.to_string()), "{file}");
    }
    // Nobody's yet is nobody's to read.
    let stranger = stage.write_dossier(stage.other, "吴敏");
    assert_eq!(nothing("B1-L", &stranger.to_string()), none);
    assert_eq!(stage.log("dossier-read").len(), 2);
}

#[test]
fn what_is_taken_along_is_noted_with_its_path_table_and_rows() {
    let stage = stage(6);
    stage.text("B1-L", "/units/B1?table=counted&export=csv");
    let log = stage.log("exported");
    assert_eq!(log.len(), 1);
    assert_eq!((&*log[0].actor, &*log[0].subject), ("person/B1-L", "/units/B1"));
    assert_eq!(log[0].detail, "table counted, 3 rows, csv");
    assert_eq!(stage.world.get_as("B1-L", &stage.address("/units/B2?export=csv")).status, 403);
    assert_eq!(stage.log("exported").len(), 1, "what was refused was not taken");
    let audit = stage.text("B1-A", "/audit?export=csv");
    assert!(audit.contains("took a table along") && audit.contains("person/B1-L"), "{audit}");
}

#[test]
fn a_leader_revokes_phones_of_the_own_units_and_an_administrator_invites_and_revokes_any() {
    let stage = stage(7);
    let world = &stage.world;
    let listed = stage.text("B1-L", "/devices");
    assert!(listed.contains("1-1网点") && !listed.contains("2-1网点"), "{listed}");
    assert!(!listed.contains("Invite a phone"), "{listed}");
    let all = stage.text("ADM", "/devices");
    assert!(all.contains("1-1网点") && all.contains("2-1网点") && all.contains("Invite a phone"), "{all}");

    let revoke = |code: &str, number: u32| {
        let number = number.to_string();
        world.submit(code, "/devices", &[("do", "revoke"), ("device", &number), ("reason", "遗失")]).status
    };
    let foreign = world.phone("B2-S1-P1").device().get();
    assert_eq!(revoke("B1-L", foreign), 403);
    assert!(world.phone("B2-S1-P1").try_sync().is_ok());
    let own = world.phone("B1-S1-P1").device().get();
    assert_eq!(revoke("B1-L", own), 303);
    assert!(world.phone("B1-S1-P1").try_sync().is_err(), "at the very next request");
    let shown = stage.text("B1-L", &format!("/devices?device={own}"));
    assert!(shown.contains("revoked") && shown.contains("遗失") && shown.contains("person/B1-L"), "{shown}");

    let invite = |code: &str| world.submit(code, "/devices", &[("do", "invite"), ("person", "B1-S1-P2")]);
    assert_eq!(invite("B1-L").status, 403);
    let answer = invite("ADM");
    assert_eq!(answer.status, 200, "{}", answer.text());
    let text = answer.text();
    assert!(text.contains("/enrol#") && text.contains("class=\"qr\"") && !text.contains("style="), "{text}");
    assert_eq!(stage.log("invited").len(), 1);
    assert_eq!(world.submit("ADM", "/devices", &[("do", "invite"), ("person", "nobody")]).status, 404);
}

#[test]
fn what_is_held_is_decided_by_the_leader_of_its_unit_with_a_reason_when_refused() {
    let stage = stage(8);
    let world = &stage.world;
    let wang = DeviceNumber::new(11);
    let held = |n: u8, name: &str| {
        let by = Authorship { device: wang, actor: Pen::new([n; 16]), at: world.now() };
        let id = RecordId::new(world.now().millis(), [n; 10]);
        let kind = (&prospect::KIND).into();
        let (_, change) = Document::create(id, &kind, None, &Prospect::named(name).to_fields(), &by).expect("created");
        (id, Push { record: id, kind, changes: vec![change.bytes.into()] })
    };
    let ((first, a), (second, b)) = (held(91, "交回的小区"), held(92, "第二个小区"));
    let revoked = [("do", "revoke"), ("device", "11"), ("reason", "离职"), ("hand_over", "yes")];
    assert_eq!(world.submit("ADM", "/devices", &revoked).status, 303);
    let mut request = SyncRequest::new(wang, person("B1-S1-P1"), world.now(), 1, 1_000_000);
    request.pushes = vec![a, b];
    let answer = world.post_as(wang, "/v1/handover", request.encode().expect("encoded"));
    assert_eq!(answer.status, 200, "{}", answer.text());

    let queue = stage.text("B1-L", "/held");
    for words in ["交回的小区", "第二个小区", "王芳", "handed over by a revoked phone"] {
        assert!(queue.contains(words), "{words} in {queue}");
    }
    assert!(stage.text("B2-L", "/held").contains("Nothing waits"), "another branch's leader sees nothing of it");
    let decide = |code: &str, record: RecordId, what: &str, reason: &str| {
        let record = record.to_string();
        let fields = [("do", what), ("record", &*record), ("device", "11"), ("until", "9"), ("reason", reason)];
        world.submit(code, "/held", &fields).status
    };
    assert_eq!(decide("B2-L", first, "accept", ""), 403);
    assert_eq!(decide("B1-L", first, "refuse", " "), 400);
    assert!(world.row(first).is_none());
    assert_eq!(decide("B1-L", first, "accept", ""), 303);
    assert_eq!(decide("B1-L", second, "refuse", "不是我们的小区"), 303);
    assert!(world.row(first).is_some() && world.row(second).is_none());
    assert!(stage.text("B1-L", "/held").contains("Nothing waits"));
    assert_eq!((stage.log("held-accepted").len(), stage.log("held-refused").len()), (1, 1));
}

#[test]
fn a_verifier_judges_claims_of_the_own_units_and_reads_no_others_ledger_files() {
    let stage = stage(10);
    let world = &stage.world;
    let claim = |code: &str, prospect: RecordId, yuan: i64| {
        let mut phone = world.phone(code);
        let outcome = phone.claim_account(prospect, date("2026-03-02"), yuan);
        phone.sync();
        outcome
    };
    let theirs = claim("B2-S1-P1", stage.other, 55_000);
    let queue = stage.text("B1-V", "/verify");
    assert!(queue.contains("Nothing waits") && !queue.contains("城南花园"), "{queue}");
    let shown = stage.text("H-P", "/verify");
    assert!(shown.contains("城南花园") && shown.contains("55,000 yuan"), "{shown}");
    let heads = shown.split("name=\"heads\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("heads");
    let theirs = theirs.to_string();
    let judge = |code: &str| {
        let fields = [("outcome", &*theirs), ("heads", heads), ("do", "confirm"), ("next", "/verify")];
        world.submit(code, &stage.address("/verify"), &fields).status
    };
    // What the verifier of another branch could guess does not help.
    let token = world.get_as("B1-V", "/account").text();
    let token = token.split("name=\"form\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a form");
    let fields = [("form", token), ("outcome", &theirs), ("heads", heads), ("do", "confirm"), ("lang", "en")];
    let refused = world.send_form(Some(&world.cookie("B1-V")), "/verify", &fields);
    assert!(refused.status == 403 && refused.text().contains("back office"), "{}", refused.text());
    assert_eq!(judge("H-P"), 303);
    let ledger = "凭证号,金额,日期\nK-1,66666,2026-03-02\n".as_bytes();
    let brought = world.upload("H-P", "/ledgers", "总行台账.csv", ledger);
    let report = brought.header("location").to_owned();
    assert!(world.get_as("H-P", &report).text().contains("66,666 yuan"));
    let hidden = world.get_as("B1-V", &report);
    assert!(hidden.status == 404 && !hidden.text().contains("66,666"), "{}", hidden.text());
    assert!(!stage.text("B1-V", "/ledgers").contains("总行台账"));
    // The same file of their own they may match with their own units' claims.
    let own = world.upload("B1-V", "/ledgers", "总行台账.csv", ledger).header("location").to_owned();
    assert_ne!(own, report);
    assert!(world.get_as("B1-V", &own).text().contains("66,666 yuan"));
    assert_eq!(world.upload("B1-L", "/ledgers", "a.csv", ledger).status, 403);
}

#[test]
fn an_administrator_makes_resets_and_disables_logins_and_nobody_else_does() {
    let stage = stage(9);
    let world = &stage.world;
    for (_, code) in READERS.iter().filter(|(role, _)| *role != Role::Administrator) {
        assert_eq!(world.submit(code, "/account", &[("do", "nothing")]).status, 403);
        let token = world.get_as(code, "/account").text();
        let token =
            token.split("name=\"form\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a form");
        let fields = [("form", token), ("do", "reset"), ("person", "B1-L")];
        assert_eq!(world.send_form(Some(&world.cookie(code)), "/users", &fields).status, 403, "{code}");
    }
    let made = world.submit("ADM", "/users", &[("do", "add"), ("person", "B3-L")]);
    assert_eq!(made.status, 200, "{}", made.text());
    let one_time = |text: String| {
        let found = text.split("<code class=\"secret\">").nth(1).and_then(|rest| rest.split('<').next());
        found.expect("a password").to_owned()
    };
    let password = one_time(made.text());
    assert!(!stage.text("ADM", "/users?person=B3-L").contains(&password), "it is shown only once");
    let log_in = |password: &str| {
        world.send_form(None, "/login", &[("person", "B3-L"), ("password", password), ("lang", "en")]).status
    };
    assert_eq!(log_in(&password), 303);
    let reset = one_time(world.submit("ADM", "/users", &[("do", "reset"), ("person", "B3-L")]).text());
    assert_eq!((log_in(&password), log_in(&reset)), (401, 303));
    assert!(stage.text("ADM", "/users?person=B3-L").contains("Open sessions"));
    assert_eq!(world.submit("ADM", "/users", &[("do", "disable"), ("person", "B3-L")]).status, 303);
    assert_eq!(log_in(&reset), 401);
    let deeds = ["login-made", "login-reset", "login-disabled"];
    for deed in deeds {
        let log = stage.log(deed);
        assert!(
            log.iter().any(|entry| entry.actor == "person/ADM" && entry.subject == "login/B3-L"),
            "{deed}: {log:?}"
        );
    }
}

#[test]
fn nobody_but_head_office_makes_edits_or_rehearses_a_campaign_whatever_they_send() {
    let stage = stage(10);
    let world = &stage.world;
    let campaign = stage.campaign.to_string();
    for (_, code) in READERS.iter().filter(|(role, _)| *role != Role::HeadOffice) {
        let token = world.get_as(code, "/account").text();
        let token =
            token.split("name=\"form\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a form");
        for (path, deed) in [
            ("/campaign/new", "save"),
            ("/campaign/new", "rehearse"),
            ("/campaign/edit", "save"),
            ("/campaign/edit", "rehearse"),
            ("/campaign/edit", "withdraw"),
            ("/campaign/edit", "restore"),
        ] {
            let of = if path.ends_with("new") { "" } else { &campaign };
            let fields = [("form", token), ("do", deed), ("campaign", of), ("name", "x"), ("reason", "x")];
            assert_eq!(world.send_form(Some(&world.cookie(code)), path, &fields).status, 403, "{code} {path} {deed}");
        }
    }
    assert!(stage.log("campaign-changed").is_empty());
    assert_eq!(world.run(world.store.campaigns()).expect("campaigns").len(), 1);
}

//! The door in a real browser: from a one-time password over the first set-up of a second factor to the standings, and the
//! pages of those who look after logins, phones, the queue and the audit log. With `SHOTS` set to a folder, pictures are kept.

#![expect(clippy::expect_used, reason = "fixtures are right or the test is wrong")]

use canvass_core::document::{Actor as Pen, Authorship, Document};
use canvass_core::domain::dossier::Dossier;
use canvass_core::domain::prospect::Prospect;
use canvass_core::domain::{DeviceNumber, Person, RecordId, Role, ServerTime, dossier, prospect};
use canvass_core::wire::{Push, Request};
use canvass_server::access::Passwords;
use canvass_server::clock::Clock;
use canvass_server::store::devices::{RevokeOrder, Revoked};
use canvass_server::store::{Actor, BankOrder, Devices, Logins, OneTime, ServerRecord, Store};
use canvass_tests::browser::{Look, Site, Window};
use canvass_tests::{Authenticator, World, date, person};

const ONE_TIME: &str = "ABCD-EFGH-IJKL-MNOP";
const CHOSEN: &str = "走访东湖社区 every Wednesday";

/// A branch that has something of everything: records, a dossier, a revoked phone, work that is held.
fn played() -> (World, RecordId) {
    let world = World::new(1);
    let (by, at) = (Actor::Operator, world.clock.now());
    let admin = Person { id: person("ADM"), name: "管理员".into(), roles: Role::Administrator.into() };
    let order = BankOrder { units: vec![], people: vec![admin], memberships: vec![], by: by.clone(), at };
    world.run(world.store.extend_bank(order)).expect("joined");
    world.launch(&World::plain_campaign());
    let mut wang = world.phone("B1-S1-P1");
    let garden = wang.prospect("银枫家园");
    wang.visit(garden);
    wang.claim_account(garden, date("2026-03-02"), 20_000);
    wang.sync();
    let fields = Dossier {
        role: Some("chair".into()),
        career: Some("退休教师，曾任小学校长".into()),
        habits: Some("晨练，养兰花".into()),
        ..Dossier::named("周建国")
    };
    let (kind, fields) = ((&dossier::KIND).into(), fields.to_fields());
    let record = ServerRecord { kind, prospect: Some(garden), fields, assigned_to: None };
    let dossier = world.run(world.store.write(vec![record], at)).expect("written")[0];
    let li = DeviceNumber::new(12);
    let order = RevokeOrder { devices: Revoked::Device(li), by, reason: "手机遗失".into(), hand_over: true, at };
    world.run(world.store.revoke(order)).expect("revoked");
    let pen = Authorship { device: li, actor: Pen::new([9; 16]), at: world.now() };
    let (id, kind) = (RecordId::new(world.now().millis(), [9; 10]), (&prospect::KIND).into());
    let fields = Prospect { households: Some(860), ..Prospect::named("锦绣江南一期") }.to_fields();
    let (_, change) = Document::create(id, &kind, None, &fields, &pen).expect("created");
    let mut request = Request::new(li, person("B1-S1-P2"), world.now(), 1, 1_000_000);
    request.pushes = vec![Push { record: id, kind, changes: vec![change.bytes.into()] }];
    let answer = world.post_as(li, "/v1/handover", request.encode().expect("encoded"));
    assert_eq!(answer.status, 200, "{}", answer.text());
    (world, dossier)
}

/// Gives a leader a login by a one-time password.
fn invite(world: &World) {
    let hash = world.run(Passwords::default().hash(ONE_TIME.to_owned().into())).expect("hashed");
    let new = OneTime { person: person("B1-L"), hash, by: Actor::Operator, at: world.clock.now() };
    world.run(world.store.add_login(new, None)).expect("a login");
}

#[test]
fn a_leader_comes_in_by_a_one_time_password_sets_up_a_second_factor_and_comes_in_again_by_it() {
    let (world, _) = played();
    invite(&world);
    let Some(site) = Site::of(&world) else { return };
    let mut leader = None;
    for lang in ["zh", "en"] {
        let (window, authenticator) = match leader.take() {
            None => {
                let window = site.open_with(None, "/units/B1?lang=zh", Look::DESK);
                assert!(window.address().starts_with("/login?next="), "{}", window.address());
                window.sound("login-zh");
                log_in(&window, ONE_TIME);
                window.until("location.pathname === '/account/password'");
                window.sound("password-zh");
                window.fill("present", ONE_TIME);
                window.fill("new", CHOSEN);
                window.fill("again", CHOSEN);
                window.send();
                window.until("location.pathname === '/account/second-factor'");
                window.sound("set-up-zh");
                let secret = window.eval("document.querySelector('code.secret').innerText");
                let authenticator = Authenticator::typed(secret.as_str().expect("text"));
                window.fill("code", &authenticator.code(world.clock.now()));
                window.send();
                assert_eq!(window.eval("document.querySelectorAll('.codes li').length"), 10);
                window.sound("recovery-codes-zh");
                window.eval("document.querySelector('a.button').click()");
                window.until("location.pathname === '/units/B1' && document.readyState === 'complete'");
                assert!(window.text().contains("东湖支行"), "{}", window.text());
                (window, authenticator)
            }
            Some((window, authenticator)) => (window, authenticator),
        };
        window.go(&format!("/account?lang={lang}"));
        window.sound(&format!("account-{lang}"));
        window.eval("document.querySelector('form.own button').click()");
        window.until("location.pathname === '/login' && document.readyState === 'complete'");
        window.go(&format!("/login?lang={lang}"));
        window.sound(&format!("log-in-{lang}"));
        later(&world);
        log_in(&window, CHOSEN);
        window.until("location.pathname === '/login/code'");
        assert_eq!(window.eval("document.documentElement.lang"), lang);
        window.sound(&format!("second-factor-{lang}"));
        window.fill("code", &authenticator.code(world.clock.now()));
        window.send();
        window.until("location.pathname === '/standings' && document.readyState === 'complete'");
        assert!(window.text().contains("东湖支行") && window.text().contains("1号行长"), "{}", window.text());
        assert_eq!(window.complaints(), [""; 0]);
        leader = Some((window, authenticator));
    }
}

/// The authenticator shows another code.
fn later(world: &World) {
    let now: ServerTime = world.clock.now();
    world.clock.advance_to(now.plus_millis(30_000));
}

fn log_in(window: &Window, password: &str) {
    window.fill("person", "B1-L");
    window.fill("password", password);
    window.send();
}

#[test]
fn the_pages_of_phones_logins_queue_audit_and_dossiers_fit_every_window_and_break_no_policy() {
    let (world, dossier) = played();
    let Some(site) = Site::of(&world) else { return };
    // So that there is something to see in the log.
    world.send_form(None, "/login", &[("person", "ADM"), ("password", "wrong")]);
    let auditing = ["/users", "/users?person=ADM", "/devices", "/devices?device=12", "/devices?device=11", "/audit"];
    let leading = ["/held", "/devices", &format!("/dossiers/{dossier}"), "/units/B2", "/enrol"];
    for (code, pages) in [("ADM", &auditing[..]), ("B1-L", &leading[..])] {
        let cookie = world.cookie(code);
        for lang in ["zh", "en"] {
            let window = site.open_with(Some(&cookie), "/standings", Look::DESK);
            for page in pages {
                let and = if page.contains('?') { '&' } else { '?' };
                window.go(&format!("{page}{and}lang={lang}"));
                assert_eq!(window.eval("document.documentElement.lang"), lang, "{page}");
                assert_eq!(window.eval("document.querySelectorAll('h1').length"), 1, "{page}");
                let name =
                    page.trim_start_matches('/').replace(['/', '?', '='], "-").replace(&dossier.to_string(), "one");
                if *page == "/units/B2" {
                    assert!(
                        window.text().contains(if lang == "zh" { "权限" } else { "not yours" }),
                        "{}",
                        window.text()
                    );
                    // The browser itself says that the page was refused.
                    window.complaints();
                }
                window.sound(&format!("{code}-{name}-{lang}"));
            }
            if code == "ADM" {
                window.go(&format!("/devices?lang={lang}"));
                window.fill("person", "B1-S1-P1");
                window.send();
                assert!(window.text().contains("/enrol#"), "{}", window.text());
                window.sound(&format!("invitation-{lang}"));
            }
        }
    }
}

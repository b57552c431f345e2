//! Logging in: the way from a one-time password to a session that opens pages, and everything that must not open one.

#![expect(clippy::expect_used, reason = "fixtures are right or the test is wrong")]

use axum::body::Body;
use axum::http::Request;
use canvass_core::domain::{Date, Membership};
use canvass_server::clock::Clock;
use canvass_server::store::{Actor, Audit, BankOrder, Logins, Store, Which, audit::AuditQuery};
use canvass_tests::visitor::{CHOSEN, ONE_TIME, Visitor, choose_password, first_login, invite, wait};
use canvass_tests::{Authenticator, World, person, unit};
use std::io::Write;
use std::sync::{Arc, Mutex, OnceLock};

/// What the server logs in this process, down to the last detail.
fn logged() -> &'static Arc<Mutex<Vec<u8>>> {
    static LOGGED: OnceLock<Arc<Mutex<Vec<u8>>>> = OnceLock::new();
    struct Shared(Arc<Mutex<Vec<u8>>>);
    impl Write for Shared {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().expect("a log").write(bytes)
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    LOGGED.get_or_init(|| {
        let log = Arc::<Mutex<Vec<u8>>>::default();
        let shared = log.clone();
        let to_it = move || Shared(shared.clone());
        tracing_subscriber::fmt()
            .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
            .with_writer(to_it)
            .init();
        log
    })
}

#[test]
fn a_one_time_password_opens_nothing_but_the_choice_of_another_and_a_leader_then_sets_up_a_second_factor() {
    let world = World::new(1);
    invite(&world, "B1-L");
    let mut leader = Visitor::new(&world);
    let wanted = "/units/B1?lang=en";
    let answer = leader.get(wanted);
    assert_eq!(answer.header("location"), "/login?next=%2Funits%2FB1%3Flang%3Den&lang=en");
    leader.follow(&answer);
    let answer = leader.submit("/login", &[("person", "B1-L"), ("password", ONE_TIME), ("next", wanted)]);
    assert_eq!(answer.header("location"), wanted);
    let answer = leader.follow(&answer);
    assert!(answer.header("location").starts_with("/account/password?"), "{}", answer.header("location"));
    for closed in ["/standings", "/account", "/account/second-factor", "/devices", "/login/code"] {
        assert!(leader.get(closed).header("location").starts_with("/account/password?"), "{closed}");
    }
    leader.follow(&answer);
    for (new, words) in [
        (ONE_TIME, "another password"),
        ("short", "at least twelve"),
        ("my code is B1-L, you know", "your staff code"),
        ("aaaaaaaaaaaaaaaa", "too easy"),
    ] {
        let fields = [("present", ONE_TIME), ("new", new), ("again", new)];
        let answer = leader.submit("/account/password", &fields);
        assert!(answer.status == 422 && answer.text().contains(words), "{new}: {}", answer.text());
    }
    let fields = [("present", "wrong"), ("new", CHOSEN), ("again", CHOSEN)];
    assert!(leader.submit("/account/password", &fields).text().contains("present password is wrong"));
    assert_eq!(choose_password(&mut leader).status, 303);

    for closed in ["/standings", "/account", "/units/B1", "/events-of-the-day"] {
        let answer = leader.get(closed);
        assert!(answer.header("location").starts_with("/account/second-factor?") || answer.status == 404, "{closed}");
    }
    leader.get("/account/second-factor?lang=en");
    let secret = leader.between("<code class=\"secret\">", '<').to_owned();
    assert!(leader.shown.contains("class=\"qr\"") && !leader.shown.contains("style="), "{}", leader.shown);
    leader.get("/account/second-factor?lang=en");
    assert_eq!(leader.between("<code class=\"secret\">", '<'), secret, "a reload keeps what was scanned");
    assert_eq!(leader.submit("/account/second-factor", &[("code", "000000")]).status, 401);
    let code = Authenticator::typed(&secret).code(world.clock.now());
    let before = leader.cookie.clone();
    assert_eq!(leader.submit("/account/second-factor", &[("code", &code)]).status, 200);
    assert_ne!(leader.cookie, before, "more is open to it, so it is another session");
    assert!(leader.is_in());
    assert_eq!(world.browse(before.as_deref(), "/standings").status, 303, "and the old one is over");
    // An account manager needs none.
    invite(&world, "B1-S1-P1");
    let mut manager = Visitor::new(&world);
    manager.log_in("B1-S1-P1", ONE_TIME);
    choose_password(&mut manager);
    assert!(manager.is_in());
    // The one-time password holds no longer.
    assert_eq!(Visitor::new(&world).log_in("B1-S1-P1", ONE_TIME).status, 401);
}

#[test]
fn a_one_time_password_runs_out_after_a_day() {
    let world = World::new(2);
    invite(&world, "B1-S1-P1");
    wait(&world, 24 * 3600);
    let answer = Visitor::new(&world).log_in("B1-S1-P1", ONE_TIME);
    assert!(answer.status == 401 && answer.text().contains("has run out"), "{}", answer.text());
}

#[test]
fn who_looked_at_the_secret_of_a_second_factor_in_another_session_does_not_have_it() {
    let world = World::new(15);
    invite(&world, "B1-L");
    let set_up = |visitor: &mut Visitor<'_>, password: &str| {
        visitor.log_in("B1-L", password);
        if password == ONE_TIME {
            choose_password(visitor);
        }
        visitor.get("/account/second-factor?lang=en");
        visitor.between("<code class=\"secret\">", '<').to_owned()
    };
    let mut leader = Visitor::new(&world);
    let theirs = set_up(&mut leader, ONE_TIME);
    let seen = set_up(&mut Visitor::new(&world), CHOSEN);
    assert_ne!(seen, theirs);
    leader.get("/account/second-factor?lang=en");
    assert_eq!(leader.between("<code class=\"secret\">", '<'), theirs, "the same as long as the session lasts");
    let code = |secret: &str| Authenticator::typed(secret).code(world.clock.now());
    assert_eq!(leader.submit("/account/second-factor", &[("code", &code(&seen))]).status, 401);
    assert_eq!(leader.submit("/account/second-factor", &[("code", &code(&theirs))]).status, 200);
}

#[test]
fn a_code_holds_once_and_so_does_a_recovery_code() {
    let world = World::new(5);
    let (authenticator, codes) = first_login(&mut Visitor::new(&world), "B1-L");
    let give = |code: &str| {
        let mut visitor = Visitor::new(&world);
        let answer = visitor.log_in("B1-L", CHOSEN);
        let answer = visitor.follow(&answer);
        assert!(answer.header("location").starts_with("/login/code?"), "{}", answer.header("location"));
        visitor.get("/login/code?lang=en");
        let status = visitor.submit("/login/code", &[("code", code)]).status;
        (status, visitor.is_in())
    };
    assert_eq!(give(&authenticator.code(world.clock.now())), (401, false), "it was used for the set-up");
    wait(&world, 30);
    let code = authenticator.code(world.clock.now());
    assert_eq!(give(&code), (303, true));
    assert_eq!(give(&code), (401, false));
    assert_eq!(give(&codes[3].to_uppercase().replace('-', " ")), (303, true), "however it is typed");
    assert_eq!(give(&codes[3]), (401, false));
    assert_eq!(give(&codes[4]), (303, true));
}

#[test]
fn new_recovery_codes_void_the_old_ones_and_want_a_code() {
    let world = World::new(6);
    let mut leader = Visitor::new(&world);
    let (authenticator, old) = first_login(&mut leader, "B1-L");
    leader.get("/account?lang=en");
    assert!(leader.shown.contains("10 recovery codes are left"), "{}", leader.shown);
    assert_eq!(leader.submit("/account", &[("do", "renew"), ("code", "000000")]).status, 401);
    wait(&world, 30);
    let code = authenticator.code(world.clock.now());
    assert_eq!(leader.submit("/account", &[("do", "renew"), ("code", &code)]).status, 200);
    let fresh = leader.between("<li><code>", '<').to_owned();
    assert!(!old.contains(&fresh));
    for (code, status) in [(&old[0], 401), (&fresh, 303)] {
        let mut visitor = Visitor::new(&world);
        visitor.log_in("B1-L", CHOSEN);
        visitor.get("/login/code?lang=en");
        assert_eq!(visitor.submit("/login/code", &[("code", code)]).status, status);
    }
}

#[test]
fn a_session_ends_when_it_is_idle_too_old_or_ended_and_at_the_very_next_request() {
    let world = World::new(7);
    let fresh = || {
        let mut visitor = Visitor::new(&world);
        visitor.log_in("B1-S1-P1", CHOSEN);
        assert!(visitor.is_in());
        visitor
    };
    invite(&world, "B1-S1-P1");
    let mut first = Visitor::new(&world);
    first.log_in("B1-S1-P1", ONE_TIME);
    choose_password(&mut first);

    let mut idle = fresh();
    wait(&world, 3599);
    assert!(idle.is_in());
    wait(&world, 3600);
    assert!(!idle.is_in(), "an hour without a request");

    // An open page renews itself, which is no use of it.
    let alone = fresh();
    let renews = || {
        let request = Request::get("/account").header("cookie", alone.cookie.as_deref().expect("a session"));
        let request = request.header("accept", "text/html").header("x-canvass-renews", "1");
        world.http(request.body(Body::empty()).expect("a request")).status
    };
    wait(&world, 3000);
    assert_eq!(renews(), 200);
    wait(&world, 601);
    assert_eq!(renews(), 303);

    let mut old = fresh();
    for _ in 0..12 {
        wait(&world, 3590);
        assert!(old.is_in());
    }
    wait(&world, 600);
    assert!(!old.is_in(), "twelve hours after the log-in, however busy");

    let mut out = fresh();
    let cookie = out.cookie.clone();
    out.get("/account?lang=en");
    out.submit("/logout", &[]);
    assert!(out.cookie.is_none() && world.browse(cookie.as_deref(), "/account").status == 303);

    let (mut here, mut there) = (fresh(), fresh());
    here.get("/account?lang=en");
    assert_eq!(here.shown.matches("value=\"end\"").count(), 2);
    here.submit("/account", &[("do", "end-others")]);
    assert!(here.is_in() && !there.is_in());
    let mut there = fresh();
    here.get("/account/password?lang=en");
    let new = "another sentence that is long";
    here.submit("/account/password", &[("present", CHOSEN), ("new", new), ("again", new)]);
    assert!(here.is_in() && !there.is_in(), "another password ends the others");
    let who = person("B1-S1-P1");
    let ended = world.run(world.store.end_sessions(&who, Which::All, Actor::Operator, world.clock.now()));
    assert_eq!(ended.expect("ended"), 1);
    assert!(!here.is_in());
}

#[test]
fn who_is_disabled_reset_or_not_of_the_bank_any_more_is_out_at_the_very_next_request() {
    let world = World::new(8);
    invite(&world, "B1-S1-P1");
    let mut manager = Visitor::new(&world);
    manager.log_in("B1-S1-P1", ONE_TIME);
    choose_password(&mut manager);
    let (who, now) = (person("B1-S1-P1"), world.clock.now());
    world.run(world.store.disable_login(&who, Actor::Operator, now)).expect("disabled");
    assert!(!manager.is_in());
    let wrong = manager.log_in("B1-S1-P1", CHOSEN);
    assert!(
        wrong.status == 401 && wrong.text().contains("or the password is wrong"),
        "no other words than for anybody"
    );
    let phone = world.phone("B1-S1-P1").try_sync();
    assert!(phone.is_err(), "the phone is revoked, too");
    world.run(world.store.enable_login(&who, Actor::Operator, now)).expect("enabled");
    assert_eq!(manager.log_in("B1-S1-P1", CHOSEN).status, 303);
    assert!(manager.is_in());

    // Their last membership ends.
    let left = Membership {
        person: who.clone(),
        unit: unit("B1-S1"),
        from: Date::constant(2025, 1, 1),
        until: Some(world.today()),
    };
    let order = BankOrder { units: vec![], people: vec![], memberships: vec![left], by: Actor::Operator, at: now };
    world.run(world.store.extend_bank(order)).expect("changed");
    assert!(!manager.is_in());
    assert_eq!(manager.log_in("B1-S1-P1", CHOSEN).status, 401);
}

#[test]
fn a_form_from_elsewhere_or_without_its_sessions_token_changes_nothing() {
    let world = World::new(9);
    invite(&world, "B1-S1-P1");
    let mut manager = Visitor::new(&world);
    manager.log_in("B1-S1-P1", ONE_TIME);
    choose_password(&mut manager);
    manager.get("/account?lang=en");
    let token = manager.between("name=\"form\" value=\"", '"').to_owned();
    let mine = manager.cookie.clone().expect("a session");
    let mut other = Visitor::new(&world);
    other.log_in("B1-S1-P1", CHOSEN);
    other.get("/account?lang=en");
    let anothers = other.between("name=\"form\" value=\"", '"').to_owned();
    assert_ne!(token, anothers);

    let send = |token: &str, headers: &[(&str, &str)]| {
        let body = format!("form={token}&lang=en&do=end-others");
        let mut request = Request::post("/account")
            .header("cookie", &mine)
            .header("content-type", "application/x-www-form-urlencoded")
            .header("host", "canvass.test");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        world.http(request.body(Body::from(body)).expect("a request")).status
    };
    let here = [("sec-fetch-site", "same-origin"), ("origin", "http://canvass.test")];
    assert_eq!(send("", &here), 403);
    assert_eq!(send(&anothers, &here), 403);
    assert_eq!(send(&token, &[("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")]), 403);
    assert_eq!(send(&token, &[("sec-fetch-site", "same-site"), ("origin", "http://other.test")]), 403);
    assert_eq!(send(&token, &[("origin", "http://evil.example")]), 403);
    assert!(other.is_in(), "nothing of that was done");
    assert_eq!(send(&token, &here), 303);
    assert!(!other.is_in());
    // Nor does a link do what forms do.
    manager.get("/account?do=end&session=1");
    manager.get("/logout");
    assert!(manager.is_in());
}

#[test]
fn after_the_log_in_one_goes_to_a_page_here_and_nowhere_else() {
    let world = World::new(10);
    invite(&world, "B1-S1-P1");
    let mut manager = Visitor::new(&world);
    manager.log_in("B1-S1-P1", ONE_TIME);
    choose_password(&mut manager);
    for (next, expected) in [
        ("https://evil.example/", "/standings?lang=en"),
        ("//evil.example/", "/standings?lang=en"),
        ("/\\evil.example/", "/standings?lang=en"),
        ("/units/B1?lang=en", "/units/B1?lang=en"),
    ] {
        let mut visitor = Visitor::new(&world);
        let query: String = next.bytes().map(|byte| format!("%{byte:02X}")).collect();
        visitor.get(&format!("/login?lang=en&next={query}"));
        let carried = visitor.between("name=\"next\" value=\"", '"').replace("&amp;", "&");
        let answer = visitor.submit("/login", &[("person", "B1-S1-P1"), ("password", CHOSEN), ("next", next)]);
        assert_eq!(answer.header("location"), expected);
        assert!(carried == "/" || carried == expected, "{carried}");
    }
}

#[test]
fn a_cookie_is_for_http_alone_and_over_tls_for_this_host_alone() {
    let world = World::new(11);
    invite(&world, "B1-S1-P1");
    let mut visitor = Visitor::new(&world);
    let answer = visitor.log_in("B1-S1-P1", ONE_TIME);
    let cookie = answer.header("set-cookie");
    assert!(cookie.starts_with("canvass=") && cookie.ends_with("; Path=/; HttpOnly; SameSite=Lax"), "{cookie}");
    let token = cookie.split(['=', ';']).nth(1).expect("a token");
    assert_eq!(token.len(), 64, "256 bits");
    assert_eq!(answer.header("cache-control"), "private, no-cache");
    assert_eq!(visitor.get("/account/password").header("cache-control"), "no-store");
}

#[test]
fn no_secret_is_in_the_database_the_audit_log_or_the_servers_log() {
    let log = logged();
    let world = World::new(12);
    let mut leader = Visitor::new(&world);
    let (_, codes) = first_login(&mut leader, "B1-L");
    // What was typed into the wrong field, as happens.
    Visitor::new(&world).log_in(CHOSEN, "B1-L");
    let cookie = leader.cookie.clone().expect("a session");
    let token = cookie.trim_start_matches("canvass=").to_owned();
    leader.get("/account?lang=en");
    let form = leader.between("name=\"form\" value=\"", '"').to_owned();
    let mut secrets =
        vec![ONE_TIME.to_owned(), CHOSEN.to_owned(), token, form, codes[0].clone(), codes[9].replace('-', "")];
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let query = AuditQuery { limit: 100, ..AuditQuery::default() };
    let audit = format!("{:?}", world.run(world.store.audit(query)).expect("a log"));
    for expected in ["login-made", "password-changed", "second-factor-set", "login-failed"] {
        assert!(audit.contains(expected), "{expected} in {audit}");
    }
    let mut files = vec![audit, text(&log.lock().expect("a log"))];
    for file in std::fs::read_dir(world.folder()).expect("a folder") {
        let path = file.expect("a file").path();
        if path.is_file() && path.extension().is_none_or(|ending| ending != "key") {
            files.push(text(&std::fs::read(path).expect("read")));
        }
    }
    assert!(files.len() >= 3 && files[1].len() > 100, "{}", files[1].len());
    secrets.retain(|secret| secret.len() >= 10);
    assert_eq!(secrets.len(), 6);
    for secret in secrets {
        assert!(files.iter().all(|file| !file.contains(&secret)), "{secret} was written down");
    }
}

#[test]
fn a_program_is_told_to_log_in_and_a_browser_is_led_there() {
    let world = World::new(13);
    let ask = |accept: &str, address: &str| {
        let request = Request::get(address).header("accept", accept).body(Body::empty()).expect("a request");
        world.http(request)
    };
    for address in ["/standings", "/events", "/units/B1?export=csv", "/users", "/account"] {
        let answer = ask("*/*", address);
        assert_eq!(answer.status, 401, "{address}");
        assert_eq!(answer.json()["type"], "urn:canvass:problem:not-logged-in");
        assert_eq!(ask("text/html,*/*", address).status, 303, "{address}");
    }
    for open in ["/login", "/enrol", "/style.css", "/live.js", "/icon.svg", "/livez", "/readyz"] {
        assert_eq!(ask("text/html,*/*", open).status, 200, "{open}");
    }
    let answer = ask("text/html", "/login");
    for (name, value) in [("cross-origin-opener-policy", "same-origin"), ("x-content-type-options", "nosniff")] {
        assert_eq!(answer.header(name), value);
    }
    assert!(answer.header("permissions-policy").contains("camera=()"));
}

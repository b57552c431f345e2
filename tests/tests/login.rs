//! Logging in: the way from a one-time password to a session that opens pages, and everything that must not open one.

#![expect(clippy::expect_used, clippy::panic, reason = "fixtures are right or the test is wrong")]

use axum::body::Body;
use axum::http::Request;
use canvass_core::domain::{Date, Membership};
use canvass_server::access::Passwords;
use canvass_server::clock::Clock;
use canvass_server::http::client::Peer;
use canvass_server::store::{Actor, Audit, BankOrder, Logins, OneTime, Store, Which, audit::AuditQuery};
use canvass_tests::{Answer, Authenticator, World, person, unit};
use std::io::Write;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, OnceLock};

const ONE_TIME: &str = "ABCD-EFGH-IJKL-MNOP";
const CHOSEN: &str = "走访东湖社区 every Wednesday";

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

/// Somebody's browser: its cookie, and the page it shows.
struct Visitor<'a> {
    world: &'a World,
    cookie: Option<String>,
    shown: String,
    address: IpAddr,
}

impl<'a> Visitor<'a> {
    fn new(world: &'a World) -> Self {
        Self::at(world, "127.0.0.1")
    }

    fn at(world: &'a World, address: &str) -> Self {
        Self { world, cookie: None, shown: String::new(), address: address.parse().expect("an address") }
    }

    fn ask(&mut self, mut request: Request<Body>) -> Answer {
        request.extensions_mut().insert(Peer { address: self.address, tls: false });
        let answer = self.world.http(request);
        self.keep(answer)
    }

    fn keep(&mut self, answer: Answer) -> Answer {
        for set in answer.headers.get_all("set-cookie") {
            let set = set.to_str().expect("text");
            let pair = set.split(';').next().expect("a cookie").to_owned();
            self.cookie = Some(pair).filter(|_| !set.contains("Max-Age=0"));
        }
        if answer.status != 303 {
            self.shown = answer.text();
        }
        answer
    }

    fn get(&mut self, address: &str) -> Answer {
        self.ask(World::page(self.cookie.as_deref(), address))
    }

    fn between(&self, before: &str, after: char) -> &str {
        let found = self.shown.split(before).nth(1).and_then(|rest| rest.split(after).next());
        found.unwrap_or_else(|| panic!("no {before} in {}", self.shown))
    }

    /// Sends a form with what the page shown carries unseen.
    fn submit(&mut self, address: &str, fields: &[(&str, &str)]) -> Answer {
        let token = match self.shown.contains("name=\"form\"") {
            true => self.between("name=\"form\" value=\"", '"').to_owned(),
            false => String::new(),
        };
        let fields = [&[("form", &*token), ("lang", "en")], fields].concat();
        self.ask(World::form(self.cookie.as_deref(), address, &fields))
    }

    fn log_in(&mut self, code: &str, password: &str) -> Answer {
        self.get("/login?lang=en");
        self.submit("/login", &[("person", code), ("password", password)])
    }

    /// Follows where an answer leads.
    fn follow(&mut self, answer: &Answer) -> Answer {
        assert_eq!(answer.status, 303, "{}", answer.text());
        let to = answer.header("location").to_owned();
        self.get(&to)
    }

    fn is_in(&mut self) -> bool {
        let answer = self.get("/standings?lang=en");
        answer.status == 200 || answer.header("location").starts_with("/standings")
    }
}

/// A login by a one-time password.
fn invite(world: &World, code: &str) {
    let hash = world.run(Passwords::default().hash(ONE_TIME.to_owned().into())).expect("hashed");
    let new = OneTime { person: person(code), hash, by: Actor::Operator, at: world.clock.now() };
    world.run(world.store.add_login(new, None)).expect("a login");
}

fn choose_password(visitor: &mut Visitor<'_>) -> Answer {
    visitor.get("/account/password?lang=en");
    visitor.submit("/account/password", &[("present", ONE_TIME), ("new", CHOSEN), ("again", CHOSEN)])
}

/// Goes the whole way of a first login. Returns the authenticator and the recovery codes.
fn first_login(visitor: &mut Visitor<'_>, code: &str) -> (Authenticator, Vec<String>) {
    invite(visitor.world, code);
    visitor.log_in(code, ONE_TIME);
    choose_password(visitor);
    visitor.get("/account/second-factor?lang=en");
    let authenticator = Authenticator::typed(visitor.between("<code class=\"secret\">", '<'));
    let code = authenticator.code(visitor.world.clock.now());
    assert_eq!(visitor.submit("/account/second-factor", &[("code", &code)]).status, 200);
    let codes: Vec<_> = visitor.shown.split("<li><code>").skip(1).map(|rest| rest[..11].to_owned()).collect();
    assert_eq!(codes.len(), 10, "{}", visitor.shown);
    (authenticator, codes)
}

/// Half a minute passes: the authenticator shows another code.
fn wait(world: &World, seconds: i64) {
    world.clock.advance_to(world.clock.now().plus_millis(seconds * 1000));
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
fn nobody_learns_from_the_answers_who_has_a_login_and_failures_lock_any_name_alike() {
    let world = World::new(3);
    first_login(&mut Visitor::new(&world), "B1-L");
    let names = ["B1-L", "B2-L", "nobody", "王芳' OR 1=1"];
    let mut answers = Vec::new();
    for n in 1..=6 {
        let of_each = names.map(|name| {
            let answer = Visitor::new(&world).log_in(name, "not the password");
            let shown = name.replace('\'', "&#39;");
            (
                answer.status,
                answer.text().replace(&format!("value=\"{shown}\""), "value=\"NAME\"").replace(name, "NAME"),
            )
        });
        assert!(of_each.iter().all(|answer| *answer == of_each[0]), "after {n}: {of_each:#?}");
        answers.push(of_each[0].clone());
    }
    let statuses: Vec<_> = answers.iter().map(|(status, _)| *status).collect();
    assert_eq!(statuses, [401, 401, 401, 401, 429, 429]);
    assert!(answers[0].1.contains("The staff code or the password is wrong"), "{}", answers[0].1);
    assert!(answers[5].1.contains("Try again in about 1 min"), "{}", answers[5].1);
    // The right password is not even looked at.
    assert_eq!(Visitor::new(&world).log_in("B1-L", CHOSEN).status, 429);
    for (seconds, words) in [(60, "in about 2 min"), (120, "in about 4 min")] {
        wait(&world, seconds);
        let locked = Visitor::new(&world).log_in("B1-L", "not the password");
        assert!(locked.status == 429 && locked.text().contains(words), "{}", locked.text());
    }
    wait(&world, 4 * 60);
    assert_eq!(Visitor::new(&world).log_in("B1-L", CHOSEN).status, 303);
}

#[test]
fn who_fails_with_anothers_staff_code_locks_it_for_themselves_and_not_for_its_owner() {
    let world = World::new(13);
    let (authenticator, _) = first_login(&mut Visitor::new(&world), "B1-L");
    for n in 0..40 {
        let mut stranger = Visitor::at(&world, &format!("203.0.113.{}", n % 8));
        assert!([401, 429].contains(&stranger.log_in("B1-L", "not the password").status));
    }
    assert_eq!(Visitor::at(&world, "203.0.113.7").log_in("B1-L", CHOSEN).status, 429);
    let locked = world.run(world.store.logins(world.clock.now())).expect("read").into_iter();
    assert!(locked.filter(|login| login.locked_until.is_some()).count() == 1, "an administrator sees that it is tried");
    let mut leader = Visitor::at(&world, "198.51.100.1");
    assert_eq!(leader.log_in("B1-L", CHOSEN).status, 303);
    leader.get("/login/code?lang=en");
    wait(&world, 30);
    assert_eq!(leader.submit("/login/code", &[("code", &authenticator.code(world.clock.now()))]).status, 303);
    assert_eq!(Visitor::at(&world, "203.0.113.7").log_in("B1-L", CHOSEN).status, 429, "theirs stays");
    // From very many addresses at once it is locked for everybody, until an administrator lifts it.
    for n in 0..50 {
        Visitor::at(&world, &format!("203.0.112.{n}")).log_in("B1-L", "not the password");
    }
    assert_eq!(Visitor::at(&world, "198.51.100.1").log_in("B1-L", CHOSEN).status, 429);
    world.run(world.store.enable_login(&person("B1-L"), Actor::Operator, world.clock.now())).expect("lifted");
    assert_eq!(Visitor::at(&world, "203.0.113.7").log_in("B1-L", CHOSEN).status, 303);
}

#[test]
fn a_password_that_is_right_does_not_forgive_wrong_codes() {
    let world = World::new(4);
    let (authenticator, _) = first_login(&mut Visitor::new(&world), "B1-L");
    let mut statuses = Vec::new();
    for _ in 0..6 {
        let mut thief = Visitor::new(&world);
        if thief.log_in("B1-L", CHOSEN).status == 303 {
            thief.get("/login/code?lang=en");
            statuses.push(thief.submit("/login/code", &[("code", "000000")]).status);
        }
    }
    assert_eq!(statuses, [401, 401, 401, 401, 429]);
    wait(&world, 61);
    let mut leader = Visitor::new(&world);
    leader.log_in("B1-L", CHOSEN);
    leader.get("/login/code?lang=en");
    let code = authenticator.code(world.clock.now());
    assert_eq!(leader.submit("/login/code", &[("code", &code)]).status, 303);
}

#[test]
fn who_guesses_the_present_password_in_a_session_is_locked_out_like_at_the_door() {
    let world = World::new(12);
    let mut thief = Visitor::new(&world);
    first_login(&mut thief, "B1-L");
    thief.get("/account/password?lang=en");
    let new = "another sentence that is long";
    let mut change = |present: &str| {
        let answer = thief.submit("/account/password", &[("present", present), ("new", new), ("again", new)]);
        (answer.status, answer.text())
    };
    let statuses: Vec<_> = (0..6).map(|n| change(&format!("guess {n}")).0).collect();
    assert_eq!(statuses, [422, 422, 422, 422, 429, 429]);
    let (status, words) = change(CHOSEN);
    assert!(status == 429 && words.contains("in about 1 min"), "the right one is not even looked at: {words}");
    assert_eq!(Visitor::new(&world).log_in("B1-L", CHOSEN).status, 429);
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

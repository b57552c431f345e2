//! Somebody who logs in with a browser: the whole way, passwords and all, page by page.

use super::bank::person;
use super::keyring::Authenticator;
use super::world::{Answer, World};
use axum::body::Body;
use axum::http::Request;
use canvass_server::access::Passwords;
use canvass_server::clock::Clock;
use canvass_server::http::client::Peer;
use canvass_server::store::{Actor, Logins, OneTime};
use std::net::IpAddr;

/// The one-time password of [`invite`].
pub const ONE_TIME: &str = "ABCD-EFGH-IJKL-MNOP";
/// The password that [`choose_password`] chooses.
pub const CHOSEN: &str = "走访东湖社区 every Wednesday";

/// Somebody's browser: its cookie, and the page it shows.
pub struct Visitor<'a> {
    /// Where the server is.
    pub world: &'a World,
    /// The cookie it has.
    pub cookie: Option<String>,
    /// The page it shows.
    pub shown: String,
    address: IpAddr,
}

impl<'a> Visitor<'a> {
    /// On this machine.
    pub fn new(world: &'a World) -> Self {
        Self::at(world, "127.0.0.1")
    }

    /// At an address.
    pub fn at(world: &'a World, address: &str) -> Self {
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

    /// Opens a page.
    pub fn get(&mut self, address: &str) -> Answer {
        self.ask(World::page(self.cookie.as_deref(), address))
    }

    /// What stands in the page shown between two marks.
    pub fn between(&self, before: &str, after: char) -> &str {
        let found = self.shown.split(before).nth(1).and_then(|rest| rest.split(after).next());
        found.unwrap_or_else(|| panic!("no {before} in {}", self.shown))
    }

    /// Sends a form with what the page shown carries unseen.
    pub fn submit(&mut self, address: &str, fields: &[(&str, &str)]) -> Answer {
        let token = match self.shown.contains("name=\"form\"") {
            true => self.between("name=\"form\" value=\"", '"').to_owned(),
            false => String::new(),
        };
        let fields = [&[("form", &*token), ("lang", "en")], fields].concat();
        self.ask(World::form(self.cookie.as_deref(), address, &fields))
    }

    /// Gives a staff code and a password.
    pub fn log_in(&mut self, code: &str, password: &str) -> Answer {
        self.get("/login?lang=en");
        self.submit("/login", &[("person", code), ("password", password)])
    }

    /// Follows where an answer leads.
    pub fn follow(&mut self, answer: &Answer) -> Answer {
        assert_eq!(answer.status, 303, "{}", answer.text());
        let to = answer.header("location").to_owned();
        self.get(&to)
    }

    /// Whether pages open.
    pub fn is_in(&mut self) -> bool {
        let answer = self.get("/standings?lang=en");
        answer.status == 200 || answer.header("location").starts_with("/standings")
    }
}

/// A login by a one-time password.
pub fn invite(world: &World, code: &str) {
    let hash = world.run(Passwords::default().hash(ONE_TIME.to_owned().into())).expect("hashed");
    let new = OneTime { person: person(code), hash, by: Actor::Operator, at: world.clock.now() };
    world.run(world.store.add_login(new, None)).expect("a login");
}

/// Chooses another password than the one-time one.
pub fn choose_password(visitor: &mut Visitor<'_>) -> Answer {
    visitor.get("/account/password?lang=en");
    visitor.submit("/account/password", &[("present", ONE_TIME), ("new", CHOSEN), ("again", CHOSEN)])
}

/// Goes the whole way of a first login. Returns the authenticator and the recovery codes.
pub fn first_login(visitor: &mut Visitor<'_>, code: &str) -> (Authenticator, Vec<String>) {
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

/// Seconds pass; after half a minute the authenticator shows another code.
pub fn wait(world: &World, seconds: i64) {
    world.clock.advance_to(world.clock.now().plus_millis(seconds * 1000));
}

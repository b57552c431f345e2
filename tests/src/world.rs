//! The World: one server, its clock, and phones on a network.

use super::bank::{enrolled, identity, key_of, person, small_bank, unit, week};
use super::holder::Holder;
use super::keyring::Keyring;
use super::line::{Door, Faults, Line};
use axum::body::Body;
use axum::http::{HeaderMap, Request as HttpRequest};
use canvass_core::domain::campaign::{self, Campaign};
use canvass_core::domain::verification::Verdict as Judgement;
use canvass_core::domain::{Bank, Date, DeviceNumber, PhoneTime, RecordId, ServerTime, Week, Zone};
use canvass_core::projection::Row;
use canvass_core::ranking::{Basis, Contribution, Standing, Tally, standings};
use canvass_core::replica::{DatabaseKey, Durability};
use canvass_core::signing::Authorization;
use canvass_core::wire::{Request, Response};
use canvass_server::blobs::Blobs;
use canvass_server::clock::{Clock, ManualClock};
use canvass_server::demo::bank::PhoneOwner;
use canvass_server::demo::link::{Link, Weather};
use canvass_server::demo::phone::{Phone, Setup};
use canvass_server::http::limits::{Allowances, Limits};
use canvass_server::http::{App, CONTENT_TYPE, router};
use canvass_server::store::sqlite::database_in;
use canvass_server::store::{Actor, Counts, SqliteOptions, SqliteStore, Store, VerifyOrder, Whose};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::Future;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tower::ServiceExt;

/// The basement's network without its delays: tests never wait.
pub fn basement() -> Weather {
    Weather { drops: 120, repeats: 80, truncates: 60, delays: 0, longest_delay: Duration::ZERO }
}

/// The key that an app would give: with the feature `sqlcipher` every world's phones are encrypted, and hold dossiers.
fn app_key() -> Option<DatabaseKey> {
    cfg!(feature = "sqlcipher").then(|| DatabaseKey::new([0xa1; 32]))
}

/// Everybody syncs, in order, over lines on which that must succeed.
pub fn sync_all(phones: &mut [Holder]) {
    for phone in phones {
        phone.sync();
    }
}

/// A value as it stands in a form.
fn percent(value: &str) -> String {
    value
        .bytes()
        .map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

/// A server on the files of a folder, with a clock.
fn serve(folder: &Path, seed: u64, clock: &ManualClock) -> (Arc<SqliteStore>, App) {
    let options = SqliteOptions { durable: false, seed: Some(seed), ..SqliteOptions::default() };
    let store = Arc::new(SqliteStore::open(&database_in(folder), options).expect("a store"));
    let mut app = App::new(store.clone(), Arc::new(clock.clone()));
    // The clock stands still while phones sync, so nobody would get anything back.
    app.limits = Limits::new(Arc::new(clock.clone()), Allowances::unbounded());
    (store, app)
}

/// What the server answered.
#[derive(Debug, Clone)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Headers.
    pub headers: HeaderMap,
    /// Body.
    pub body: Vec<u8>,
}

impl Answer {
    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8(self.body.clone()).expect("text")
    }

    /// A header, empty if it is not there.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("text"))
    }

    /// The body as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }
}

/// One server, its clock, and phones on a network.
pub struct World {
    /// The server's store.
    pub store: Arc<SqliteStore>,
    /// The one clock.
    pub clock: ManualClock,
    app: App,
    door: Door,
    runtime: Arc<tokio::runtime::Runtime>,
    phones: Vec<PhoneOwner>,
    seed: u64,
    openings: Cell<u64>,
    keyring: RefCell<Keyring>,
    folder: tempfile::TempDir,
}

impl World {
    /// A world with two account managers in each sub-branch, on Monday 2026-03-02 at 8:00 in Shanghai.
    pub fn new(seed: u64) -> Self {
        Self::with_managers(seed, 2)
    }

    /// A world with so many account managers in each sub-branch.
    pub fn with_managers(seed: u64, managers: u32) -> Self {
        Self::of(seed, small_bank(managers))
    }

    /// A world of another bank, whose phones were enrolled before the story begins.
    pub fn of(seed: u64, (bank, phones): (Bank, Vec<PhoneOwner>)) -> Self {
        let world = Self::in_folder(seed, tempfile::tempdir().expect("a folder"), phones);
        world.run(world.store.set_bank(bank)).expect("a bank");
        world.run(enrolled(&world.store, &world.phones));
        world
    }

    /// A world that goes on from what lies in a folder: a server's files, with the bank and the phones' keys in them.
    pub fn in_folder(seed: u64, folder: tempfile::TempDir, phones: Vec<PhoneOwner>) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let midnight = Zone::china().start_of(week("2026-W10").monday());
        let clock = ManualClock::at(ServerTime::from_millis(midnight + 8 * 3_600_000).expect("in range"));
        let (store, app) = serve(folder.path(), seed, &clock);
        let door = Door::to(router(app.clone()));
        let runtime = Arc::new(runtime);
        Self {
            store,
            clock,
            app,
            door,
            runtime,
            phones,
            seed,
            openings: Cell::new(0),
            keyring: RefCell::default(),
            folder,
        }
    }

    /// A person's phone, as it was left; the network is clear.
    pub fn phone(&self, code: &str) -> Holder {
        self.phone_in(code, self.folder.path())
    }

    /// A person's phone with its database in another folder: a new one, if there is none yet.
    pub fn phone_in(&self, code: &str, folder: &Path) -> Holder {
        self.phone_by(code, folder, self.next_opening(), Faults::default())
    }

    /// The number of the next opening of a phone.
    pub fn next_opening(&self) -> u64 {
        self.openings.replace(self.openings.get() + 1)
    }

    /// A person's phone whose files are not encrypted, also where others' are.
    pub fn unencrypted_phone(&self, code: &str) -> Holder {
        self.phone_under(None, code, 0)
    }

    /// A person's phone, as it was left, whose clock runs so far ahead of the true time from here on.
    pub fn phone_ahead(&self, code: &str, skew_ms: i64) -> Holder {
        self.phone_under(app_key(), code, skew_ms)
    }

    fn phone_under(&self, key: Option<DatabaseKey>, code: &str, skew_ms: i64) -> Holder {
        let (folder, opening) = (self.folder.path().to_owned(), self.next_opening());
        let setup = Setup { folder, durability: Durability::AppEnd, key, seed: self.seed_of(opening), skew_ms };
        self.phone_set_up(code, setup, opening, Faults::default())
    }

    /// A person's phone with its database in another folder, by the number of an opening, from which its randomness follows,
    /// on a line with some faults.
    pub fn phone_by(&self, code: &str, folder: &Path, opening: u64, faults: Faults) -> Holder {
        let (folder, key, seed) = (folder.to_owned(), app_key(), self.seed_of(opening));
        let setup = Setup { folder, durability: Durability::AppEnd, key, seed, skew_ms: 0 };
        self.phone_set_up(code, setup, opening, faults)
    }

    fn seed_of(&self, opening: u64) -> u64 {
        self.seed.wrapping_mul(1_000_003).wrapping_add(opening)
    }

    fn phone_set_up(&self, code: &str, setup: Setup, opening: u64, faults: Faults) -> Holder {
        let owner = self.phones.iter().find(|owner| owner.person == person(code)).expect("a phone").clone();
        // Each taking up is another opening, so another actor.
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        rng.set_stream(opening << 32 | u64::from(owner.device.get()));
        let identity = identity(&owner, self.store.secrets().signer().public_key(), self.clock.now());
        let phone = Phone::take(owner, identity, setup, self.now()).expect("a phone");
        let line = || Line::new(self.door.clone(), self.runtime.clone(), faults.clone());
        let (link, late) = (Link::new(line(), Weather::CLEAR, rng), line());
        Holder::new(phone, link, late, self.clock.clone(), faults)
    }

    /// Everybody's phones.
    pub fn everybody(&self) -> Vec<Holder> {
        self.phones.iter().map(|owner| self.phone(owner.person.as_str())).collect()
    }

    /// The server, to be served on a real socket.
    pub fn app(&self) -> App {
        self.app.clone()
    }

    /// The server ends and starts again from its files as they lie in another folder, wherever they were when that copy was
    /// made. What it kept in memory is gone.
    pub fn start_from(&mut self, folder: &Path) {
        let seed = self.seed.wrapping_mul(1_000_003).wrapping_add(self.next_opening());
        let (store, app) = serve(folder, seed, &self.clock);
        self.door.lead_to(router(app.clone()));
        (self.store, self.app) = (store, app);
    }

    /// From now on the server keeps attachments there.
    pub fn keeps_attachments_in(&mut self, blobs: Blobs) {
        self.app.blobs = blobs;
        self.door.lead_to(router(self.app.clone()));
    }

    /// Runs something of the server's to its end.
    pub fn run<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }

    /// Where files of this world may lie.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The true time.
    pub fn now(&self) -> PhoneTime {
        self.clock.now().as_recorded()
    }

    /// Today.
    pub fn today(&self) -> Date {
        self.clock.now().date(&Zone::china())
    }

    /// Time passes.
    pub fn pass_hours(&self, hours: i64) {
        self.clock.advance_to(self.clock.now().plus_millis(hours * 3_600_000));
    }

    /// It becomes a day, at an hour in Shanghai.
    pub fn becomes(&self, date: Date, hour: i64) {
        let at = Zone::china().start_of(date) + hour * 3_600_000;
        self.clock.advance_to(ServerTime::from_millis(at).expect("in range"));
    }

    /// Four weeks from 2026-W10 for all three branches: a community is 100 points, each full 1,000 yuan of its fund 1 (up
    /// to 50), a visit 2.
    pub fn plain_campaign() -> Campaign {
        let rules = [
            ("target", 5),
            ("points/communities", 100),
            ("points/fund", 1),
            ("per/fund", 100_000),
            ("cap/fund", 5_000_000),
            ("points/visits", 2),
        ];
        Campaign {
            name: "百日会战".to_owned(),
            starts: week("2026-W10").monday(),
            ends: week("2026-W13").sunday(),
            zone: Zone::china(),
            cutoff: campaign::CUTOFF,
            units: ["B1", "B2", "B3"].into_iter().map(unit).collect(),
            versions: BTreeMap::from([(
                week("2026-W10"),
                rules.into_iter().map(|(key, value)| (key.to_owned(), value.into())).collect(),
            )]),
        }
    }

    /// Head office records a campaign on its phone and syncs.
    pub fn launch(&self, campaign: &Campaign) -> RecordId {
        let mut head_office = self.phone("H-P");
        let id = head_office.record(&campaign::KIND, None, &campaign.to_fields());
        head_office.sync();
        id
    }

    /// The standings of a week.
    pub fn standings(&self, campaign: RecordId, week: Week) -> Vec<Standing> {
        let bank = self.run(self.store.bank()).expect("a bank");
        let campaigns = self.run(self.store.campaigns()).expect("campaigns");
        let stored = campaigns.iter().find(|stored| stored.id == campaign).expect("the campaign");
        standings(&stored.campaign, week, &bank, &self.tallies(campaign), Basis::Counted)
    }

    /// A branch's standing in a week.
    pub fn standing(&self, campaign: RecordId, week: Week, branch: &str) -> Standing {
        self.standings(campaign, week).into_iter().find(|one| one.unit == unit(branch)).expect("it takes part")
    }

    /// A campaign's tallies.
    pub fn tallies(&self, campaign: RecordId) -> Vec<Tally> {
        self.run(self.store.tallies(campaign)).expect("tallies")
    }

    /// Every contribution of a campaign that has a unit.
    pub fn contributions(&self, campaign: RecordId) -> Vec<Contribution> {
        let bank = self.run(self.store.bank()).expect("a bank");
        let units = Whose::Units(bank.units().map(|unit| Some(unit.id.clone())).collect());
        self.run(self.store.contributions(campaign, units, week("2030-W01"))).expect("contributions")
    }

    /// The back office judges an outcome.
    pub fn judge(&self, outcome: RecordId, verdict: Judgement, reason: Option<&str>) -> RecordId {
        let reason = reason.map(str::to_owned);
        let order = VerifyOrder { reason, ..VerifyOrder::new(outcome, verdict, self.clock.now(), Actor::Operator) };
        self.run(self.store.verify(order)).expect("verified")
    }

    /// A record's row on the server.
    pub fn row(&self, id: RecordId) -> Option<Row> {
        self.run(self.store.rows(vec![id])).expect("rows").pop()
    }

    /// Every row that a person's phone should hold.
    pub fn rows_for(&self, code: &str) -> BTreeMap<RecordId, Row> {
        let rows = self.run(self.store.rows_for(&person(code), self.today())).expect("rows");
        rows.into_iter().map(|row| (row.id, row)).collect()
    }

    /// How much the server has.
    pub fn counts(&self) -> Counts {
        self.run(self.store.counts()).expect("counts")
    }

    /// The server's disk is full: its file cannot grow any more.
    pub fn fill_disk(&self) {
        self.cap_pages(1);
    }

    /// There is room on the server's disk again.
    pub fn make_room(&self) {
        self.cap_pages(u32::MAX - 1);
    }

    fn cap_pages(&self, pages: u32) {
        // The pragma answers with a row, for which there is no use here; SQLite raises a cap below the present size to it.
        drop(self.run(self.store.tamper(format!("PRAGMA max_page_count = {pages}"))));
    }

    /// Asks the server for something on HTTP.
    pub fn http(&self, request: HttpRequest<Body>) -> Answer {
        self.run(async {
            let response = self.door.router().oneshot(request).await.expect("the router never fails");
            let (parts, body) = response.into_parts();
            let body = axum::body::to_bytes(body, usize::MAX).await.expect("a body").to_vec();
            Answer { status: parts.status.as_u16(), headers: parts.headers, body }
        })
    }

    /// The cookie by which a person's browser is known: they have logged in, and lack nothing.
    pub fn cookie(&self, code: &str) -> String {
        let mut keyring = self.keyring.borrow_mut();
        let token = self.run(keyring.token(&self.store, code, self.clock.now()));
        format!("canvass={}", token.reveal())
    }

    /// Gets a page as head office, which reads all but dossiers.
    pub fn get(&self, address: &str) -> Answer {
        self.get_as("H-P", address)
    }

    /// Gets a page as somebody who has logged in.
    pub fn get_as(&self, code: &str, address: &str) -> Answer {
        self.browse(Some(&self.cookie(code)), address)
    }

    /// Gets a page as a browser does, with a cookie or without.
    pub fn browse(&self, cookie: Option<&str>, address: &str) -> Answer {
        self.http(Self::page(cookie, address))
    }

    /// A browser's request for a page.
    pub fn page(cookie: Option<&str>, address: &str) -> HttpRequest<Body> {
        let request = HttpRequest::get(address).header("accept", "text/html");
        let request = cookie.into_iter().fold(request, |request, cookie| request.header("cookie", cookie));
        request.body(Body::empty()).expect("a request")
    }

    /// Sends a form as a browser does.
    pub fn send_form(&self, cookie: Option<&str>, address: &str, fields: &[(&str, &str)]) -> Answer {
        self.http(Self::form(cookie, address, fields))
    }

    /// A browser's request that sends a form.
    pub fn form(cookie: Option<&str>, address: &str, fields: &[(&str, &str)]) -> HttpRequest<Body> {
        let body: String = fields.iter().map(|(name, value)| format!("{name}={}&", percent(value))).collect();
        let request = HttpRequest::post(address)
            .header("accept", "text/html")
            .header("content-type", "application/x-www-form-urlencoded")
            .header("host", "canvass.test")
            .header("origin", "http://canvass.test")
            .header("sec-fetch-site", "same-origin");
        let request = cookie.into_iter().fold(request, |request, cookie| request.header("cookie", cookie));
        request.body(Body::from(body)).expect("a request")
    }

    /// Sends a form of a page as somebody who looks at it: with what it carries unseen.
    pub fn submit(&self, code: &str, page: &str, fields: &[(&str, &str)]) -> Answer {
        let shown = self.get_as(code, page).text();
        let token = shown.split("name=\"form\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
        let path = page.split('?').next().unwrap_or(page);
        let fields = [&[("form", token.expect("a form")), ("lang", "en")], fields].concat();
        self.send_form(Some(&self.cookie(code)), path, &fields)
    }

    /// Brings a file in by a page's form as somebody who looks at it.
    pub fn upload(&self, code: &str, page: &str, name: &str, bytes: &[u8]) -> Answer {
        let shown = self.get_as(code, "/account").text();
        let token = shown.split("name=\"form\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
        let part = |name: &str, rest: &str| format!("--edge\r\ncontent-disposition: form-data; name=\"{name}\"{rest}");
        let mut body = part("form", &format!("\r\n\r\n{}\r\n", token.expect("a form"))).into_bytes();
        let file = format!("; filename=\"{name}\"\r\ncontent-type: application/octet-stream\r\n\r\n");
        body.extend(part("file", &file).into_bytes());
        body.extend(bytes);
        body.extend(b"\r\n--edge--\r\n");
        let request = HttpRequest::post(format!("{page}?lang=en"))
            .header("accept", "text/html")
            .header("content-type", "multipart/form-data; boundary=edge")
            .header("host", "canvass.test")
            .header("origin", "http://canvass.test")
            .header("sec-fetch-site", "same-origin")
            .header("cookie", self.cookie(code));
        self.http(request.body(Body::from(body)).expect("a request"))
    }

    /// Posts a body to the sync address, signed by the phone of B1-S1-P1.
    pub fn post(&self, body: impl Into<Vec<u8>>) -> Answer {
        self.post_as(DeviceNumber::new(11), "/v1/sync", body)
    }

    /// Posts a body to an address, signed by a phone.
    pub fn post_as(&self, device: DeviceNumber, path: &str, body: impl Into<Vec<u8>>) -> Answer {
        let body = body.into();
        let signed = Authorization::sign(&key_of(device), device, path, self.now(), &body).expect("signed");
        self.post_under(&signed.to_string(), path, body)
    }

    /// Posts a body to an address under any authorization.
    pub fn post_under(&self, authorization: &str, path: &str, body: impl Into<Vec<u8>>) -> Answer {
        let body = body.into();
        let request =
            HttpRequest::post(path).header("content-type", CONTENT_TYPE).header("authorization", authorization);
        // As every real client says it.
        let request = request.header("content-length", body.len());
        self.http(request.body(Body::from(body)).expect("a request"))
    }

    /// Posts a request that must be answered.
    pub fn ask(&self, request: &Request) -> Response {
        let answer = self.post_as(request.device, "/v1/sync", request.encode().expect("encoded"));
        assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
        Response::decode(&answer.body).expect("an answer")
    }

    /// Whether all that is derived equals a rebuild, and the tallies a recomputation from the change log alone.
    pub fn assert_rebuilds(&self, campaign: RecordId) {
        let rebuilt = self.run(self.store.rebuild()).expect("rebuilt");
        assert!(rebuilt.nothing_differed(), "{rebuilt:?}");
        let scratch = tempfile::tempdir().expect("a folder");
        let other = self.run(self.store.recomputed_at(&scratch.path().join("other.db"))).expect("recomputed");
        assert_eq!(self.run(other.tallies(campaign)).expect("tallies"), self.tallies(campaign));
    }

    /// A person's phone holds exactly what the server says it should.
    pub fn assert_holds_its_own(&self, holder: &mut Holder) {
        let (here, there) = (holder.rows(), self.rows_for(holder.person().as_str()));
        let ids = |rows: &BTreeMap<RecordId, Row>| rows.keys().copied().collect::<Vec<_>>();
        assert_eq!(ids(&here), ids(&there), "{} holds other records", holder.person());
        for (id, row) in &there {
            assert_eq!(here.get(id), Some(row), "{} has another row of {id}", holder.person());
        }
    }
}

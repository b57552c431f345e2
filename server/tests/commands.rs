//! The operator's commands, run as an operator runs them: exit codes, words, and what other processes then see.

#![cfg(all(unix, feature = "demo"))]
// Helpers of tests may fail as tests do; clippy knows only functions marked as tests.
#![allow(clippy::expect_used, clippy::panic)]

use canvass_core::domain::{RecordId, Week};
use canvass_server::store::sqlite::database_in;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::sync::OnceLock;
use tempfile::TempDir;

const PLAY: [&str; 8] = ["demo", "--phones", "16", "--weeks", "2", "--seed", "1", "--exit"];

fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_canvass-server"));
    command.args(args).env_remove("CANVASS_LOG").stdin(Stdio::null());
    command
}

fn run(args: &[&str]) -> Output {
    command(args).output().expect("run")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("text")
}

fn utf8(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}

/// Runs a command that must fail, and gives its words.
fn refused(args: &[&str]) -> String {
    let output = run(args);
    assert!(!output.status.success(), "{args:?} was taken");
    let words = text(&output.stderr);
    assert!(!words.contains("panicked"), "{words}");
    words
}

/// A play that several tests look at: its folder, and what it printed.
fn played() -> &'static (TempDir, PathBuf, Output) {
    static PLAYED: OnceLock<(TempDir, PathBuf, Output)> = OnceLock::new();
    PLAYED.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a folder");
        let data = folder.path().join("data");
        let output = run(&[&PLAY[..], &["--data", utf8(&data)]].concat());
        (folder, data, output)
    })
}

/// A copy of the play's database for one test alone.
fn copy() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for file in ["canvass.db", "canvass.key"] {
        std::fs::copy(played().1.join(file), folder.path().join(file)).expect("copied");
    }
    folder
}

/// A server in another process, ended with the test.
struct Serving {
    child: Child,
    stdout: BufReader<ChildStdout>,
    address: String,
    /// What it said before it served.
    before: String,
    cookie: String,
}

impl Serving {
    fn start(data: &Path) -> Self {
        let mut command = command(&["serve", "--data", utf8(data), "--listen", "127.0.0.1:0"]);
        let mut child = command.stdout(Stdio::piped()).spawn().expect("started");
        let mut stdout = BufReader::new(child.stdout.take().expect("its words"));
        let (mut line, mut before) = (String::new(), String::new());
        while !line.contains("http://") {
            before.push_str(&line);
            line.clear();
            assert!(stdout.read_line(&mut line).expect("a line") > 0, "it ended: {before}");
        }
        let address = line.split_once("http://").and_then(|(_, rest)| rest.split_once('/')).expect("an address").0;
        Self { address: address.to_owned(), child, stdout, before, cookie: String::new() }
    }

    /// Sends part of a request, and keeps the connection.
    fn say(&self, words: &str) -> TcpStream {
        let mut stream = TcpStream::connect(&self.address).expect("connected");
        stream.write_all(words.as_bytes()).expect("sent");
        stream
    }

    fn get(&self, path: &str) -> (u16, String) {
        let cookie = &self.cookie;
        let head = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie}\r\nConnection: close\r\n\r\n");
        let mut stream = self.say(&head);
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("answered");
        (status(&answer), answer)
    }

    /// Sends a form as a browser of this machine does.
    fn send(&self, path: &str, form: &str) -> String {
        let (host, cookie, length) = (&self.address, &self.cookie, form.len());
        let mut stream = self.say(&format!(
            "POST {path} HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\nAccept: text/html\r\nCookie: {cookie}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{form}"
        ));
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("answered");
        answer
    }

    /// Logs in by a one-time password, and chooses another.
    fn log_in(&mut self, person: &str, password: &str) {
        let set = |answer: &str| {
            let cookie = answer.lines().find_map(|line| line.strip_prefix("set-cookie: "));
            cookie.unwrap_or_else(|| panic!("no session: {answer}")).split(';').next().expect("a cookie").to_owned()
        };
        self.cookie = set(&self.send("/login", &format!("person={person}&password={password}")));
        let (_, page) = self.get("/account/password");
        let token =
            page.split("name=\"form\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a form");
        let new = "a-long-walk-in-the-evening";
        let form = format!("form={token}&present={password}&new={new}&again={new}");
        self.cookie = set(&self.send("/account/password", &form));
    }

    fn terminate(&self) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().expect("run").success());
    }

    /// Waits for its end. Gives its exit code and its last words.
    fn ended(mut self) -> (Option<i32>, String) {
        let mut words = String::new();
        self.stdout.read_to_string(&mut words).expect("read");
        (self.child.wait().expect("ended").code(), words)
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn status(answer: &str) -> u16 {
    answer.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status")
}

#[test]
fn a_demo_prints_the_table_and_its_checks_and_all_hold() {
    let (_, data, output) = played();
    let report = text(&output.stdout);
    assert!(output.status.success(), "{report}\n{}", text(&output.stderr));
    for part in ["Standings of 2026-W11", "Branch", "Communities", "conflicts seen", "Checks"] {
        assert!(report.contains(part), "no {part} in\n{report}");
    }
    assert_eq!(report.matches("  ok      ").count(), 7, "{report}");
    assert!(!report.contains("FAILED"), "{report}");
    assert!(database_in(data).exists() && data.join("phones").exists());
}

#[test]
fn every_planted_fault_is_found_by_the_check_that_looks_for_it() {
    let faults = [
        ("lost-change", "no acknowledged change is missing on the server"),
        ("stale-row", "rows and contributions rebuilt equal those kept"),
        ("wrong-tally", "standings equal a recomputation from the change log"),
        ("forged-bulletin", "each sealed bulletin recomputes from the change log of its time"),
        ("forgetful-phone", "every phone's records equal the server's"),
    ];
    let small = ["demo", "--phones", "5", "--weeks", "1", "--seed", "3", "--exit", "--plant"];
    for (fault, promise) in faults {
        let output = run(&[&small[..], &[fault]].concat());
        let report = text(&output.stdout);
        assert_eq!(output.status.code(), Some(1), "{fault}: {report}\n{}", text(&output.stderr));
        let found =
            report.lines().any(|line| line.contains("FAILED") && line.contains(promise) && line.contains("broken"));
        assert!(found, "{fault} was not found:\n{report}");
    }
}

#[test]
fn a_folder_in_use_is_not_played_over() {
    let words = refused(&[&PLAY[..], &["--data", utf8(&played().1)]].concat());
    assert!(words.contains("already holds a database") && words.contains("--data"), "{words}");
}

#[test]
fn a_rebuild_of_what_was_played_finds_no_difference_and_one_of_a_fault_mends_it() {
    let folder = copy();
    let rebuild = || text(&run(&["rebuild", "--data", utf8(folder.path())]).stdout);
    assert!(rebuild().contains("nothing differed"));
    let db = rusqlite::Connection::open(database_in(folder.path())).expect("opened");
    db.execute("UPDATE tally SET value = value + 1", []).expect("damaged");
    drop(db);
    let (first, second) = (rebuild(), rebuild());
    assert!(first.contains("what differed was mended") && !first.contains(" 0 sums differed"), "{first}");
    assert!(second.contains("nothing differed"), "{second}");
}

#[test]
fn bulletins_are_listed_printed_and_proven_from_the_shell_and_a_forged_one_is_found_out() {
    let folder = copy();
    let bulletin = |words: &[&str]| run(&[&["bulletin"], words, &["--data", utf8(folder.path())]].concat());
    let said = |words: &[&str]| text(&bulletin(words).stdout);
    // What came after the play's last cut-off is in a revision, and then there is nothing more.
    said(&["seal"]);
    assert!(said(&["seal"]).contains("nothing to seal"));
    let list = said(&["list"]);
    let newest = list.lines().next().expect("a bulletin");
    assert!(newest.starts_with("2026-W11\trevision ") && newest.contains("\tserver\t"), "{newest}");
    let digest = newest.rsplit('\t').next().expect("a digest");
    let sheet = bulletin(&["show", "2026-W11", "--sheet"]).stdout;
    assert_eq!(canvass_core::domain::Digest::of(&sheet).to_string(), digest, "sha256sum of the sheet says the same");
    assert!(said(&["show", "2026-W11"]).contains(&format!("摘要 {}", &digest[..12])));
    let proven = bulletin(&["verify"]);
    let words = text(&proven.stdout);
    assert!(proven.status.success() && words.contains("holds") && words.contains(" 0 differ"), "{words}");

    let none = bulletin(&["show", "2026-W40"]);
    let words = text(&none.stderr);
    assert!(!none.status.success() && words.contains("bulletin list"), "{words}");
    let early = bulletin(&["seal", "--week", "2026-W30"]);
    assert!(!early.status.success() && text(&early.stderr).contains("a week of this campaign"));

    // Whoever forges a sheet together with its digest has everybody's notice against them.
    let db = rusqlite::Connection::open(database_in(folder.path())).expect("opened");
    let newest = "(week, revision) = (SELECT week, revision FROM bulletin ORDER BY week DESC, revision DESC LIMIT 1)";
    let forgery = text(&sheet).replacen("phones\t15", "phones\t14", 1);
    assert_ne!(forgery, text(&sheet));
    let digest = canvass_core::domain::Digest::of(forgery.as_bytes());
    let forged = format!("UPDATE bulletin SET body = ?, digest = ? WHERE {newest}");
    let own = (sheet.clone(), canvass_core::domain::Digest::of(&sheet));
    assert_eq!(db.execute(&forged, (forgery.as_bytes(), digest.as_bytes())).expect("forged"), 1);
    let proven = bulletin(&["verify", "2026-W11"]);
    let words = text(&proven.stdout);
    assert!(proven.status.code() == Some(1) && words.contains("not the one that everybody"), "{words}");
    assert_eq!(db.execute(&forged, (own.0, own.1.as_bytes())).expect("mended"), 1);
    assert!(bulletin(&["verify", "2026-W11"]).status.success());

    let forged = format!("UPDATE bulletin SET body = CAST(CAST(body AS TEXT) || 'x' AS BLOB) WHERE {newest}");
    assert_eq!(db.execute(&forged, []).expect("forged"), 1);
    drop(db);
    let proven = bulletin(&["verify", "2026-W11"]);
    let words = text(&proven.stdout);
    assert!(proven.status.code() == Some(1) && words.contains("DOES NOT HOLD"), "{words}");
    assert!(words.contains("the sheet that is kept is not the one that was sealed"), "{words}");
    let db = rusqlite::Connection::open(database_in(folder.path())).expect("opened");
    db.execute(&format!("DELETE FROM bulletin WHERE {newest}"), []).expect("taken away");
    drop(db);
    let proven = bulletin(&["verify"]);
    let words = text(&proven.stdout);
    assert!(proven.status.code() == Some(1) && words.contains("\tIS MISSING"), "{words}");
}

#[test]
fn migrate_says_where_the_database_is() {
    let folder = copy();
    let output = run(&["migrate", "--data", utf8(folder.path())]);
    assert!(output.status.success());
    assert!(text(&output.stdout).contains("canvass.db is of this version"));
}

/// Somebody of a role.
fn somebody(data: &Path, role: &str) -> String {
    let db = rusqlite::Connection::open(database_in(data)).expect("opened");
    db.query_row("SELECT id FROM person WHERE role = ? LIMIT 1", [role], |row| row.get(0)).expect("somebody")
}

/// A claim that nobody judged yet: the outcome, and the address of the standings in which it is pending.
fn pending(data: &Path) -> (RecordId, String) {
    let db = rusqlite::Connection::open(database_in(data)).expect("opened");
    let sql = "SELECT source, campaign, week FROM contribution
               WHERE metric = 'communities' AND rule = 'awaiting-verification' LIMIT 1";
    let found: (Vec<u8>, Vec<u8>, i64) =
        db.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).expect("a pending claim");
    let id = |bytes: &[u8]| RecordId::from_bytes(bytes).expect("an id");
    let week = Week::from_number(found.2).expect("a week");
    (id(&found.0), format!("/standings?campaign={}&week={week}&lang=en", id(&found.1)))
}

#[test]
fn a_verdict_given_in_another_process_is_on_the_page_at_once() {
    let folder = copy();
    let (outcome, page) = pending(folder.path());
    let mut serving = Serving::start(folder.path());
    let (status, answer) = serving.get(&page);
    assert!(status == 401 && answer.contains("urn:canvass:problem:not-logged-in"), "{answer}");
    // A login made in another process holds here, too.
    let manager = somebody(folder.path(), "account_manager");
    let made = text(&run(&["user", "add", &manager, "--data", utf8(folder.path())]).stdout);
    serving.log_in(&manager, made.trim().rsplit(' ').next().expect("a password"));
    let (status, before) = serving.get(&page);
    assert_eq!(status, 200, "{before}");
    let outcome = outcome.to_string();
    let verify = |verdict: &[&str]| {
        let output = run(&[&["verify", &outcome, "--data", utf8(folder.path())], verdict].concat());
        assert!(output.status.success(), "{}", text(&output.stderr));
        assert!(text(&output.stdout).contains("it counts now"));
        serving.get(&page).1
    };
    let pending = |page: &str| page.matches("pending</small>").count();
    let confirmed = verify(&["--confirm"]);
    assert_ne!(confirmed, before);
    assert!(pending(&confirmed) <= pending(&before));
    let rejected = verify(&["--reject", "--reason", "台账中查无此户"]);
    assert_ne!(rejected, confirmed);
}

#[test]
fn health_pages_and_wrong_addresses_are_answered() {
    let folder = tempfile::tempdir().expect("a folder");
    let serving = Serving::start(&folder.path().join("new"));
    for (path, wanted, words) in [
        ("/livez", 200, "live"),
        ("/readyz", 200, "ready"),
        ("/standings?lang=en", 401, "log in at /login with a browser"),
        ("/login?lang=en", 200, "Log in with your staff code"),
        ("/enrol?lang=en", 200, "This is an invitation for a phone"),
        ("/nowhere", 404, "there is nothing at /nowhere"),
        ("/v1/sync", 405, "sync is a POST"),
    ] {
        let (status, answer) = serving.get(path);
        assert_eq!(status, wanted, "{path}: {answer}");
        assert!(answer.contains(words), "{path}: {answer}");
        assert!(answer.to_lowercase().contains("content-security-policy: default-src 'none'"), "{path}: {answer}");
    }
}

#[test]
fn the_first_start_prints_an_administrators_one_time_password_until_it_was_used() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = utf8(folder.path());
    let said = |serving: &Serving| {
        let found =
            serving.before.split_once("one-time password ").map(|(who, rest)| (who.to_owned(), rest.to_owned()));
        let (who, rest) = found.expect("a password");
        assert!(who.contains("log in as admin"), "{who}");
        rest.split_whitespace().next().expect("a password").to_owned()
    };
    let serving = Serving::start(folder.path());
    let first = said(&serving);
    drop(serving);
    let mut serving = Serving::start(folder.path());
    let second = said(&serving);
    assert_ne!(first, second, "each start makes another");
    let answer = serving.send("/login?lang=en", &format!("person=admin&password={first}&lang=en"));
    assert!(answer.contains("The staff code or the password is wrong"), "{answer}");
    serving.log_in("admin", &second);
    // An administrator sets up a second factor before anything else.
    let (status, answer) = serving.get("/users");
    assert_eq!(status, 401, "{answer}");
    let (status, answer) = serving.get("/account/second-factor?lang=en");
    assert!(status == 200 && answer.contains("Scan the code"), "{answer}");
    drop(serving);
    assert!(!Serving::start(folder.path()).before.contains("one-time"), "it was used");
    let listed = text(&run(&["user", "list", "--data", data]).stdout);
    assert!(listed.starts_with("admin\t") && listed.contains("no second factor"), "{listed}");
    for words in [&listed, &text(&run(&["user", "sessions", "admin", "--data", data]).stdout)] {
        assert!(!words.contains(&second) && !words.contains("argon2"), "{words}");
    }
}

#[test]
fn a_login_that_is_disabled_reset_or_ended_by_command_is_out_at_the_very_next_request() {
    let folder = copy();
    let data = utf8(folder.path());
    let manager = somebody(folder.path(), "account_manager");
    let user = |args: &[&str]| {
        let output = run(&[&["user"], args, &["--data", data]].concat());
        assert!(output.status.success(), "{}", text(&output.stderr));
        text(&output.stdout)
    };
    let password = |said: String| said.trim().rsplit(' ').next().expect("a password").to_owned();
    let mut serving = Serving::start(folder.path());
    serving.log_in(&manager, &password(user(&["add", &manager])));
    assert_eq!(serving.get("/account").0, 200);
    assert!(user(&["sessions", &manager]).contains("127.0.0.1"));
    assert!(user(&["end-sessions", &manager]).contains("1 ended"));
    assert_eq!(serving.get("/account").0, 401);
    serving.log_in(&manager, &password(user(&["reset", &manager])));
    assert_eq!(serving.get("/account").0, 200);
    user(&["disable", &manager]);
    assert_eq!(serving.get("/account").0, 401);
    assert!(user(&["list"]).contains("disabled since"));
    user(&["enable", &manager]);
    assert_eq!(serving.get("/account").0, 401, "what ended stays ended");
    let twice = refused(&["user", "add", &manager, "--data", data]);
    assert!(twice.contains("has a login already"), "{twice}");
    let stranger = refused(&["user", "add", "nobody", "--data", data]);
    assert!(stranger.contains("--name and --role"), "{stranger}");
    let joined = user(&["add", "A1", "--name", "审计", "--role", "auditor,verifier"]);
    assert!(joined.contains("one-time password of A1"), "{joined}");
}

/// Begins to answer an invitation, which needs no signature, and waits until the server is reading its body.
fn half_a_request(serving: &Serving) -> TcpStream {
    let head = "POST /v1/enrol HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/vnd.canvass.sync\r\n\
                Content-Length: 4\r\nExpect: 100-continue\r\n\r\n";
    let mut stream = serving.say(head);
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).expect("told to go on");
    assert_eq!(&answer, b"HTTP/1.1 100");
    stream
}

#[test]
fn a_server_told_to_stop_finishes_what_is_under_way() {
    let folder = tempfile::tempdir().expect("a folder");
    let serving = Serving::start(folder.path());
    let mut stream = half_a_request(&serving);
    serving.terminate();
    // It takes nobody new any more.
    while TcpStream::connect(&serving.address).is_ok() {}
    stream.write_all(b"abcd").expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("answered");
    assert!(answer.contains("HTTP/1.1 400") && answer.contains("urn:canvass:problem:malformed"), "{answer}");
    let (code, words) = serving.ended();
    assert_eq!((code, words.trim()), (Some(0), "stopped"));
    // One tidy file is left.
    assert!(!folder.path().join("canvass.db-wal").exists());
}

#[test]
fn a_server_told_to_stop_does_not_wait_for_a_phone_that_stalls() {
    let folder = tempfile::tempdir().expect("a folder");
    let serving = Serving::start(folder.path());
    let _stalled = half_a_request(&serving);
    serving.terminate();
    assert_eq!(serving.ended(), (Some(0), "stopped\n".to_owned()));
}

#[test]
fn a_server_is_offered_to_this_machine_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let words = refused(&["serve", "--data", utf8(folder.path()), "--listen", "0.0.0.0:0"]);
    assert!(words.contains("would travel in the clear"), "{words}");
}

#[test]
fn wrong_arguments_are_answered_in_words() {
    let folder = copy();
    let data = utf8(folder.path());
    let (outcome, _) = pending(folder.path());
    let outcome = outcome.to_string();
    let nobody = "0195a0c4-7c00-7000-8000-000000000000";
    let empty = tempfile::tempdir().expect("a folder");
    let no_data = utf8(empty.path());
    let cases: &[(&[&str], &str)] = &[
        (&["verify", nobody, "--confirm", "--data", data], "there is no outcome 0195a0c4"),
        (&["verify", "7", "--confirm", "--data", data], "a UUIDv7 such as"),
        (&["verify", &outcome, "--confirm", "--amount=-5", "--data", data], "--amount"),
        (&["verify", &outcome, "--confirm", "--amount", "9999999999999999", "--data", data], "--amount"),
        (&["verify", &outcome, "--confirm", "--reject", "--data", data], "cannot be used with"),
        (&["verify", &outcome, "--confirm", "--date", "yesterday", "--data", data], "--date"),
        (&["verify", &outcome, "--confirm", "--unit", "nowhere", "--data", data], "a unit of this bank"),
        (&["verify", &outcome, "--reject", "--amount", "5", "--data", data], "cannot be used with"),
        (&["verify", &outcome, "--data", data], "--confirm"),
        (&["verify", &outcome, "--confirm", "--data", no_data], "there is no database at"),
        (&["rebuild", "--data", no_data], "there is no database at"),
        (&["migrate", "--data", no_data], "there is no database at"),
        (&["migrate"], "--data"),
        (&["demo", "--phones", "2", "--exit"], "4..=5000"),
        (&["demo", "--weeks", "0", "--exit"], "1..=52"),
        (&["serve", "--data", data, "--listen", "everywhere"], "--listen"),
        (&[], "Usage"),
    ];
    for (args, expected) in cases {
        let words = refused(args);
        assert!(words.contains(expected), "{args:?}: {words}");
    }
    let reason = "长".repeat(400);
    let words = refused(&["verify", &outcome, "--reject", "--reason", &reason, "--data", data]);
    assert!(words.contains("reason"), "{words}");
    assert!(run(&["rebuild", "--data", data]).status.success());
    std::fs::write(database_in(empty.path()), "no database".repeat(100)).expect("written");
    let words = refused(&["migrate", "--data", no_data]);
    assert!(words.contains("canvass.db") && words.contains("damaged"), "{words}");
}

#[test]
fn a_demo_plays_in_the_communities_of_a_city() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("city.csv");
    let mut city = "city_ch;date;district;area;xiaoqu;price;sale\n".to_owned();
    for n in 0..24 {
        let district = ["黄浦", "徐汇"][n % 2];
        city.push_str(&format!("上海;201708;{district};五里桥;小区{n};{};1\n", 60_000 + n));
    }
    std::fs::write(&file, &city).expect("written");
    let play = ["demo", "--phones", "5", "--weeks", "1", "--exit", "--communities", utf8(&file)];
    let report = text(&run(&play).stdout);
    for part in ["24 rows, 0 of them repeated; 2 districts", "黄浦支行", "徐汇支行"] {
        assert!(report.contains(part), "no {part} in\n{report}");
    }
    std::fs::write(&file, format!("{city}上海;201708;黄浦;五里桥;小区;dear;1\n")).expect("written");
    let words = refused(&play);
    assert!(words.contains("line 26") && words.contains("dear"), "{words}");
}

#[test]
fn a_body_too_large_is_answered_by_a_problem_over_a_real_connection() {
    let folder = tempfile::tempdir().expect("a folder");
    let serving = Serving::start(folder.path());
    let head = "POST /v1/enrol HTTP/1.1\r\nhost: x\r\ncontent-type: application/vnd.canvass.sync\r\n";
    // Only the length is said: the server need not wait for the rest.
    let mut socket = serving.say(&format!("{head}content-length: 5000000\r\nconnection: close\r\n\r\n"));
    let rest = socket.try_clone().expect("a socket");
    let writing = std::thread::spawn(move || drop((&rest).write_all(&vec![0; 5_000_000])));
    let mut answer = String::new();
    drop(socket.read_to_string(&mut answer));
    drop(writing.join());
    assert_eq!(status(&answer), 413, "{answer}");
    assert!(
        answer.contains("application/problem+json") && answer.contains("urn:canvass:problem:too-large"),
        "{answer}"
    );
}

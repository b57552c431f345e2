//! What an operator is promised: a log that shows when it was touched, backups that only the secret file opens, and a server
//! that speaks to others over nothing that can be listened to.

#![cfg(unix)]
// Helpers of tests may fail as tests do; clippy knows only functions marked as tests.
#![allow(clippy::expect_used, clippy::panic)]

mod audit;
mod backup;
mod entrance;

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use tempfile::TempDir;

fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_canvass-server"));
    for name in ["LOG", "SECRET_FILE", "LISTEN", "TLS_CERT", "TLS_KEY", "BEHIND_PROXY", "PUBLIC_URL"] {
        command.env_remove(format!("CANVASS_{name}"));
    }
    command.args(args).stdin(Stdio::null());
    command
}

fn run(args: &[&str]) -> Output {
    command(args).output().expect("run")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("text")
}

/// Runs a command that must succeed, and gives its words.
fn done(args: &[&str]) -> String {
    let output = run(args);
    assert!(output.status.success(), "{args:?}: {}{}", text(&output.stdout), text(&output.stderr));
    text(&output.stdout)
}

/// Runs a command that must fail, and gives its words.
fn refused(args: &[&str]) -> String {
    let output = run(args);
    let words = text(&output.stdout) + &text(&output.stderr);
    assert_eq!(output.status.code().map(|code| code != 0), Some(true), "{args:?} was taken: {words}");
    assert!(!words.contains("panicked"), "{words}");
    words
}

fn utf8(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}

/// A small bank's data folder, and the file with which its people come again.
struct Bank {
    folder: TempDir,
}

/// Names that stand in the bank's database, and must stand nowhere else.
const NAMES: [&str; 4] = ["周建国", "欧阳若兰", "天通苑北一区", "银枫家园"];

impl Bank {
    fn new() -> Self {
        let bank = Self { folder: tempfile::tempdir().expect("a folder") };
        bank.import("units", "id,parent,level,name\nHQ,,总行,总行\nB1,HQ,支行,黄浦支行\n");
        bank.import(
            "people",
            "id,name,role,unit,from,until\nWF,周建国,account_manager,B1,2026-01-01,\nLD,欧阳若兰,branch_leader,B1,2026-01-01,\n",
        );
        bank.import("prospects", "name,district,area\n天通苑北一区,黄浦,五里桥\n银枫家园,黄浦,五里桥\n");
        bank
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// A file beside the data folder.
    fn beside(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn import(&self, what: &str, rows: &str) -> String {
        let file = self.beside(&format!("{what}.csv"));
        std::fs::write(&file, rows).expect("written");
        let unit: &[&str] = if what == "prospects" { &["--unit", "B1"] } else { &[] };
        done(&[&["import", what, utf8(&file), "--data", utf8(&self.data())], unit].concat())
    }

    fn database(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(canvass_server::store::sqlite::database_in(&self.data())).expect("opened")
    }
}

/// A server in another process, ended with the test.
struct Serving {
    child: Child,
    address: String,
    /// Held open, so that it may go on speaking.
    _words: BufReader<ChildStdout>,
}

impl Serving {
    fn start(data: &Path, more: &[&str]) -> Self {
        let mut command = command(&[&["serve", "--data", utf8(data)], more].concat());
        let mut child = command.stdout(Stdio::piped()).spawn().expect("started");
        // Before it says where it serves, it says how its first administrator gets in.
        let mut words = BufReader::new(child.stdout.take().expect("its words"));
        let mut line = String::new();
        while !line.starts_with("serving at ") {
            line.clear();
            assert!(words.read_line(&mut line).expect("a line") > 0, "it ended before it served");
        }
        let address = line.split_once("://").and_then(|(_, rest)| rest.split_once('/')).expect("an address").0;
        Self { address: address.to_owned(), child, _words: words }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

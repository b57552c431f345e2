//! The README's commands for operators work as they stand there.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

const FOLDER: &str = "/tmp/canvass-demo";
const BINARY: &str = "target/release/canvass-server";

#[test]
fn the_operators_tour_runs_as_written() {
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md")).expect("README.md");
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("demo").display().to_string();
    let tour: Vec<Vec<String>> = readme
        .lines()
        .filter_map(|line| line.strip_prefix(BINARY))
        .map(|line| line.split('#').next().unwrap_or_default().replace(FOLDER, &data))
        .map(|line| line.split_whitespace().map(str::to_owned).collect())
        .collect();
    let verbs: Vec<&str> = tour.iter().map(|words| words[0].as_str()).collect();
    assert_eq!(verbs, ["demo", "rebuild", "user", "serve"], "the tour as the README has it");
    for words in &tour[..3] {
        let done = Command::new(env!("CARGO_BIN_EXE_canvass-server")).args(words).output().expect("runs");
        let said = String::from_utf8_lossy(&done.stdout);
        assert!(done.status.success(), "{words:?}: {said}{}", String::from_utf8_lossy(&done.stderr));
        if words[0] == "rebuild" {
            assert!(said.contains("nothing differed"), "{said}");
        }
    }
    let mut command = Command::new(env!("CARGO_BIN_EXE_canvass-server"));
    // Another port than the usual one, which may be taken.
    let mut serve =
        command.args(&tour[3]).args(["--listen", "127.0.0.1:0"]).stdout(Stdio::piped()).spawn().expect("runs");
    // First it says how the first administrator comes in.
    let mut lines = BufReader::new(serve.stdout.take().expect("its output")).lines().map(|line| line.expect("a line"));
    let said = lines.find(|line| line.contains("http://")).expect("an address");
    serve.kill().expect("ended");
    serve.wait().expect("ended");
    assert!(said.contains("http://127.0.0.1:") && said.contains("/standings"), "{said}");
}

#[test]
fn the_tables_of_the_readme_name_every_command_and_fault() {
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md")).expect("README.md");
    let help = |words: &[&str]| {
        let done = Command::new(env!("CARGO_BIN_EXE_canvass-server")).args(words).output().expect("runs");
        String::from_utf8_lossy(&done.stdout).into_owned()
    };
    let commands = help(&["--help"]);
    for command in commands.lines().skip_while(|line| !line.starts_with("Commands:")).skip(1) {
        let Some(name) = command.split_whitespace().next().filter(|name| *name != "help") else { break };
        assert!(readme.contains(&format!("| `{name} ")), "the README's table lacks {name}");
    }
    let faults = help(&["demo", "--help"]);
    for fault in ["lost-change", "stale-row", "wrong-tally", "forgetful-phone"] {
        assert!(faults.contains(fault) && readme.contains(&format!("| `{fault}` |")), "{fault}");
    }
}

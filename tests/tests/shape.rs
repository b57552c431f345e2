//! The shape of the source: which part may know which, checked on the text of every file.

#![expect(clippy::expect_used, reason = "fixtures are right or the test is wrong")]

use std::path::{Path, PathBuf};

/// A source file: its path from the workspace's root with `/`, and its text.
struct Source {
    path: String,
    text: String,
}

impl Source {
    /// The code without its line comments.
    fn code(&self) -> impl Iterator<Item = &str> {
        self.text.lines().filter(|line| !line.trim_start().starts_with("//"))
    }

    fn names(&self, word: &str) -> bool {
        let part = |c: char| c.is_alphanumeric() || c == '_';
        self.code().any(|line| {
            line.match_indices(word).any(|(at, _)| {
                let (before, after) = (&line[..at], &line[at + word.len()..]);
                !before.chars().next_back().is_some_and(part) && !after.chars().next().is_some_and(part)
            })
        })
    }

    fn within(&self, folders: &[&str]) -> bool {
        folders.iter().any(|folder| self.path.starts_with(folder))
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a workspace").to_owned()
}

fn walk(folder: &Path, found: &mut Vec<Source>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            if path.file_name().is_none_or(|name| name != "target") {
                walk(&path, found);
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).expect("text");
            let path = path.strip_prefix(root()).expect("within").to_string_lossy().replace('\\', "/");
            found.push(Source { path, text });
        }
    }
}

fn sources() -> Vec<Source> {
    let mut found = Vec::new();
    for folder in ["core", "server", "mobile-bindings", "tests"] {
        walk(&root().join(folder), &mut found);
    }
    assert!(found.len() > 80, "{} files", found.len());
    found
}

/// The source files of the product, without tests beside them.
fn product() -> Vec<Source> {
    sources().into_iter().filter(|source| source.path.contains("/src/") && !source.path.starts_with("tests/")).collect()
}

/// No file names a word but those in some folders, which do.
fn assert_only(word: &str, folders: &[&str]) {
    let product = product();
    let naming: Vec<_> = product.iter().filter(|source| source.names(word)).collect();
    let strays: Vec<_> = naming.iter().filter(|source| !source.within(folders)).map(|source| &source.path).collect();
    assert!(strays.is_empty(), "{word} is named in {strays:?}, not only in {folders:?}");
    assert!(!naming.is_empty(), "nothing names {word} any more: mend this test");
}

#[test]
fn only_documents_name_automerge() {
    assert_only("automerge", &["core/src/document/"]);
}

#[test]
fn only_the_replica_and_the_store_name_a_database() {
    assert_only("rusqlite", &["core/src/replica/", "server/src/store/", "server/src/demo/plant.rs"]);
    assert_only("refinery", &["core/src/replica/", "server/src/store/"]);
}

#[test]
fn only_the_demo_plays_phones() {
    let server: Vec<_> = product().into_iter().filter(|source| source.path.starts_with("server/")).collect();
    for source in &server {
        let phones = source.code().any(|line| line.contains("canvass_core::replica"));
        assert!(!phones || source.within(&["server/src/demo/"]), "{} uses the phone's replica", source.path);
    }
}

#[test]
fn only_the_wire_and_the_edges_know_how_messages_are_encoded() {
    assert_only("minicbor", &["core/src/wire/"]);
    assert_only("zstd", &["core/src/wire/"]);
    assert_only(
        "serde_json",
        &["core/src/projection/", "core/src/sync/", "server/src/problem.rs", "server/src/cli/audit.rs"],
    );
    assert_only("axum", &["server/src/http/", "server/src/pages/", "server/src/problem.rs"]);
}

#[test]
fn the_core_reads_no_clock_draws_no_randomness_and_opens_no_socket() {
    let forbidden = [
        "SystemTime::now",
        "Instant::now",
        "Timestamp::now",
        "Zoned::now",
        "now_v7",
        "new_v4",
        "rand::rng",
        "thread_rng",
        "from_os_rng",
        "getrandom",
        "ActorId::random",
        "std::net",
        "thread::sleep",
    ];
    let core: Vec<_> = product().into_iter().filter(|source| source.path.starts_with("core/")).collect();
    assert!(core.len() > 40);
    for source in core {
        for word in forbidden {
            assert!(!source.code().any(|line| line.contains(word)), "{} names {word}", source.path);
        }
    }
}

#[test]
fn the_modules_of_the_core_know_only_those_below_them() {
    let allowed: [(&str, &[&str]); 7] = [
        ("domain", &[]),
        ("lookup", &["domain"]),
        ("document", &["domain"]),
        ("projection", &["domain", "document"]),
        ("ranking", &["domain", "projection"]),
        ("wire", &["domain", "document"]),
        ("sync", &["domain", "wire"]),
    ];
    let all = ["domain", "document", "lookup", "projection", "ranking", "wire", "sync", "replica"];
    let product = product();
    for (module, below) in allowed {
        let folder = format!("core/src/{module}/");
        let files: Vec<_> = product.iter().filter(|source| source.path.starts_with(&folder)).collect();
        assert!(!files.is_empty(), "{folder}");
        for other in all.iter().filter(|other| **other != module && !below.contains(other)) {
            for file in &files {
                let used = file.code().any(|line| line.contains(&format!("crate::{other}")));
                assert!(!used, "{} uses {other}, which lies above it", file.path);
            }
        }
    }
}

#[test]
fn every_file_says_why_it_exists_and_none_is_too_long() {
    for source in sources() {
        assert!(source.text.starts_with("//!"), "{} does not open with //!", source.path);
        let lines = source.text.lines().count();
        assert!(lines <= 600, "{} has {lines} lines", source.path);
    }
}

#[test]
fn every_file_that_the_documents_name_is_there() {
    for document in ["README.md", "ARCHITECTURE.md", "core/PROTOCOL.md"] {
        let text = std::fs::read_to_string(root().join(document)).expect("a document");
        let names = text.split('`').filter(|word| word.contains('/') && !word.contains([' ', '<', '{', '=']));
        let rooms = ["core/", "server/src", "server/tests", "mobile-bindings/", "tests/tests"];
        for name in names.filter(|name| rooms.iter().any(|room| name.starts_with(room))) {
            assert!(root().join(name).exists(), "{document} names {name}");
        }
    }
}

#[test]
fn every_test_that_the_threats_page_names_is_there() {
    let text = std::fs::read_to_string(root().join("server/SECURITY.md")).expect("a page");
    let rooms = ["core/", "server/", "mobile-bindings/", "tests/"];
    let (mut last, mut named) = (String::new(), 0);
    for word in text.split('`').skip(1).step_by(2) {
        let (file, test) = word.split_once("::").map_or((word, None), |(file, test)| (file, Some(test)));
        if file != "…" && !rooms.iter().any(|room| file.starts_with(room)) {
            continue;
        }
        if file != "…" {
            last = std::fs::read_to_string(root().join(file)).unwrap_or_else(|_| panic!("SECURITY.md names {file}"));
        }
        let found = test.is_none_or(|test| last.contains(&format!("fn {test}(")));
        assert!(found, "SECURITY.md names {word}, and there is no such test");
        named += 1;
    }
    assert!(named > 15, "{named} tests");
}

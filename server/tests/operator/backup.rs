//! A backup is whole or not there, and says nothing to whom has no secret file.

use crate::{Bank, NAMES, Serving, done, refused, utf8};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

fn contains(file: &Path, name: &str) -> bool {
    std::fs::read(file).expect("read").windows(name.len()).any(|bytes| bytes == name.as_bytes())
}

fn nothing_is_left_in(data: &Path) {
    assert!(!data.join(".backup").exists(), "a plain copy was left");
}

#[test]
fn a_backup_made_while_the_server_serves_comes_back_whole_and_says_no_name() {
    let bank = Bank::new();
    let (data, file, back) = (bank.data(), bank.beside("one.backup"), bank.beside("back"));
    let serving = Serving::start(&data, &["--listen", "127.0.0.1:0"]);
    let key = data.join("canvass.key");
    done(&["backup", "create", utf8(&file), "--data", utf8(&data)]);
    drop(serving);
    nothing_is_left_in(&data);
    assert_eq!(std::fs::metadata(&file).expect("there").permissions().mode() & 0o777, 0o600);
    let database = data.join("canvass.db");
    assert!(NAMES.iter().all(|name| contains(&database, name) || contains(&data.join("canvass.db-wal"), name)));
    assert!(NAMES.iter().all(|name| !contains(&file, name)), "a name stands in the backup");
    assert!(!contains(&file, "SQLite format"));
    let said = done(&["backup", "verify", utf8(&file), "--data", utf8(&data)]);
    assert!(said.contains("is whole: made 20") && said.contains("changes of 4 records, 6 entries of"), "{said}");
    nothing_is_left_in(&data);
    let secret = ["--secret-file", utf8(&key)];
    let said = done(&[&["backup", "restore", utf8(&file), "--data", utf8(&back)], &secret[..]].concat());
    assert!(said.contains("has the database as it was"), "{said}");
    nothing_is_left_in(&back);
    assert!(done(&[&["rebuild", "--data", utf8(&back)], &secret[..]].concat()).contains("nothing differed"));
    assert!(NAMES.iter().all(|name| contains(&back.join("canvass.db"), name)));
    // Both logs hold, and tell of it.
    for (data, words) in
        [(&data, "operator\tbackup-made\tdatabase"), (&back, "operator\tbackup-restored\tdatabase\tas of 20")]
    {
        let said = done(&[&["audit", "verify", "--data", utf8(data)], &secret[..]].concat());
        assert!(said.starts_with("7 entries hold"), "{said}");
        let tail = done(&[&["audit", "tail", "-n", "1", "--data", utf8(data)], &secret[..]].concat());
        assert!(tail.contains(words), "{tail}");
    }
}

#[test]
fn another_secret_file_opens_nothing_and_is_named_as_the_cause() {
    let (bank, other) = (Bank::new(), Bank::new());
    let file = bank.beside("one.backup");
    done(&["backup", "create", utf8(&file), "--data", utf8(&bank.data())]);
    let key = other.data().join("canvass.key");
    for args in [
        vec!["backup", "verify", utf8(&file), "--data", utf8(&other.data())],
        vec!["backup", "restore", utf8(&file), "--data", utf8(&bank.beside("back")), "--secret-file", utf8(&key)],
    ] {
        let words = refused(&args);
        assert!(words.contains("another secret file") && words.contains("--secret-file"), "{words}");
    }
    let nothing = bank.beside("nothing");
    std::fs::create_dir(&nothing).expect("made");
    let words = refused(&["backup", "verify", utf8(&file), "--data", utf8(&nothing)]);
    assert!(words.contains("a backup opens only with the secret file"), "{words}");
}

#[test]
fn a_damaged_backup_makes_no_database() {
    let bank = Bank::new();
    let (data, file, back) = (bank.data(), bank.beside("one.backup"), bank.beside("back"));
    done(&["backup", "create", utf8(&file), "--data", utf8(&data)]);
    let whole = std::fs::read(&file).expect("read");
    let (damaged, key) = (bank.beside("damaged.backup"), data.join("canvass.key"));
    let flipped = |at: usize| {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        bytes
    };
    let cases = [
        (whole[..whole.len() - 1].to_vec(), "is damaged, was changed or is cut off"),
        (whole[..whole.len() / 2].to_vec(), "is damaged, was changed or is cut off"),
        (flipped(whole.len() / 2), "is damaged, was changed or is cut off"),
        (flipped(30), "is damaged, was changed or is cut off"),
        ([&whole[..], b"more"].concat(), "is damaged, was changed or is cut off"),
        (flipped(3), "is not a backup"),
        (Vec::new(), "is not a backup"),
    ];
    for (bytes, expected) in cases {
        std::fs::write(&damaged, bytes).expect("written");
        for args in [
            vec!["backup", "verify", utf8(&damaged), "--data", utf8(&data)],
            vec!["backup", "restore", utf8(&damaged), "--data", utf8(&back), "--secret-file", utf8(&key)],
        ] {
            let words = refused(&args);
            assert!(words.contains(expected), "{words}");
        }
        assert!(!back.join("canvass.db").exists());
        nothing_is_left_in(&back);
        nothing_is_left_in(&data);
    }
}

#[test]
fn nothing_is_written_over_and_what_a_killed_command_left_is_removed() {
    let bank = Bank::new();
    let (data, file) = (bank.data(), bank.beside("one.backup"));
    std::fs::create_dir(data.join(".backup")).expect("made");
    std::fs::write(data.join(".backup/copy.db"), "a plain copy").expect("left");
    done(&["backup", "create", utf8(&file), "--data", utf8(&data)]);
    nothing_is_left_in(&data);
    let before = std::fs::read(&file).expect("read");
    let words = refused(&["backup", "create", utf8(&file), "--data", utf8(&data)]);
    assert!(words.contains("is there already"), "{words}");
    assert_eq!(std::fs::read(&file).expect("read"), before);
    let words = refused(&["backup", "restore", utf8(&file), "--data", utf8(&data)]);
    assert!(words.contains("canvass.db is there already"), "{words}");
    let words = refused(&["backup", "create", "/nowhere/one.backup", "--data", utf8(&data)]);
    assert!(words.contains("/nowhere/one.backup cannot be used"), "{words}");
    nothing_is_left_in(&data);
}

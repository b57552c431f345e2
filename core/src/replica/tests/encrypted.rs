//! Promises of encryption: nothing of a phone can be read without the app's key, nor with it once the phone was wiped.

use super::*;
use std::path::Path;

pub(super) fn keyed(number: u32, n: u8) -> Opening {
    Opening { key: Some(DatabaseKey::new([0xa1; 32])), ..opening(number, n) }
}

/// A phone whose files are encrypted.
pub(super) fn begin(folder: &Path, number: u32) -> Replica {
    let person = format!("P{number}").parse().expect("a person");
    Replica::begin(&database_of(folder, &person), keyed(number, 0), identity(number)).expect("begins")
}

/// Which files of a folder hold a text as it is.
pub(super) fn files_with(folder: &Path, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let bytes = std::fs::read(&path).expect("a file");
        if bytes.windows(text.len()).any(|window| window == text.as_bytes()) {
            found.push(path.display().to_string());
        }
    }
    found
}

#[test]
fn no_file_of_an_encrypted_phone_shows_what_it_holds() {
    let folder = tempfile::tempdir().expect("a directory");
    let mut replica = begin(folder.path(), 7);
    replica.create(id(1), &prospect::KIND, None, &community("银枫家园"), at(0)).expect("created");
    assert_eq!(files_with(folder.path(), "银枫家园"), Vec::<String>::new(), "while it is open");
    assert_eq!(files_with(folder.path(), "SQLite format"), Vec::<String>::new());
    drop(replica);
    assert_eq!(files_with(folder.path(), "银枫家园"), Vec::<String>::new(), "when it is closed");
    let path = folder.path().join("P7.db");
    let replica = Replica::open(&path, keyed(7, 1), None).expect("opens");
    let row = replica.record(id(1)).expect("reads").expect("is here").row;
    assert_eq!(row.fields.text("name"), Some("银枫家园"));
    // The check itself finds what is there to find.
    let plain = Phone::new(8);
    drop(plain.replica);
    assert!(!files_with(plain.dir.path(), "王芳").is_empty());
}

#[test]
fn a_wrong_key_or_none_opens_nothing() {
    let folder = tempfile::tempdir().expect("a directory");
    drop(begin(folder.path(), 7));
    let path = folder.path().join("P7.db");
    for key in [Some(DatabaseKey::new([2; 32])), None] {
        let opened = Replica::open(&path, Opening { key, ..opening(7, 1) }, None);
        assert!(matches!(opened, Err(ReplicaError::WrongKey)), "{opened:?}");
    }
    let begun = Replica::begin(&path, keyed(7, 1), identity(8));
    assert!(matches!(begun, Err(ReplicaError::AlreadyEnrolled(_))), "{begun:?}");
    assert!(Replica::open(&path, keyed(7, 1), None).is_ok(), "and the attempts harmed nothing");
}

#[test]
fn after_a_wipe_not_even_a_copy_of_the_file_opens_under_the_apps_key() {
    let (folder, other) = (tempfile::tempdir().expect("a directory"), tempfile::tempdir().expect("a directory"));
    let mut replica = begin(folder.path(), 7);
    replica.create(id(1), &prospect::KIND, None, &community("银枫家园"), at(0)).expect("created");
    drop(replica);
    // What the storage may still hold of a deleted file.
    let (path, copy) = (folder.path().join("P7.db"), other.path().join("P7.db"));
    std::fs::copy(&path, &copy).expect("copied");
    let mut replica = Replica::open(&path, keyed(7, 1), None).expect("opens");
    replica.wipe().expect("wiped");
    assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 0);
    let opened = Replica::open(&copy, keyed(7, 2), None);
    assert!(matches!(opened, Err(ReplicaError::Wiped)), "{opened:?}");
}

#[test]
fn a_wipe_that_was_cut_off_still_opens_nothing_and_can_be_finished() {
    let folder = tempfile::tempdir().expect("a directory");
    drop(begin(folder.path(), 7));
    let path = folder.path().join("P7.db");
    std::fs::write(path.with_extension("salt"), [0; 32]).expect("overwritten");
    let opened = Replica::open(&path, keyed(7, 1), None);
    assert!(matches!(opened, Err(ReplicaError::Wiped)), "{opened:?}");
    Replica::give_up(&path).expect("finished");
    assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 0);
    begin(folder.path(), 7);
}

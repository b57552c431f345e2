//! The files of server and phones from outside: copies of them as they lie at a moment, and what stands in them.

use canvass_core::document::ChangeHash;
use canvass_core::domain::{DeviceNumber, KindSpec, RecordId};
use canvass_server::store::SqliteStore;
use rusqlite::{Connection, OpenFlags};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Copies the files of a folder that some database there consists of, all but what every opening makes anew.
pub(super) fn copy_files(from: &Path, to: &Path, stem: &str) {
    drop(std::fs::remove_dir_all(to));
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with(stem) && !name.ends_with("-shm") && entry.path().is_file() {
            std::fs::copy(entry.path(), to.join(name)).expect("copied");
        }
    }
}

/// Copies the server's files as they lie while it runs: what it committed is in them, what it keeps in memory is not.
pub(super) fn copy_server(database: &Path, to: &Path) {
    copy_files(database.parent().expect("a folder"), to, "canvass");
}

/// The changes that a phone can bring back to a server that lost them: its own, and those that a receipt proves.
pub(super) fn can_bring_back(database: &Path) -> Vec<ChangeHash> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(database, flags).expect("a database");
    let mut select = db.prepare("SELECT hash FROM change WHERE own = 1 OR receipt IS NOT NULL").expect("a query");
    let found = select.query_map([], |row| row.get::<_, Vec<u8>>(0)).expect("changes");
    found.map(|hash| ChangeHash::from_bytes(&hash.expect("a hash")).expect("a hash")).collect()
}

/// The records of which a phone has a change.
pub(super) fn has_something_of(database: &Path) -> BTreeSet<RecordId> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(database, flags).expect("a database");
    changes_in(&db).into_iter().map(|(_, record)| record).collect()
}

fn changes_in(db: &Connection) -> Vec<(ChangeHash, RecordId)> {
    let mut select = db.prepare("SELECT hash, record FROM change WHERE bytes <> x''").expect("a query");
    let found = select.query_map([], |row| Ok((row.get::<_, Vec<u8>>(0)?, row.get::<_, Vec<u8>>(1)?)));
    let read = |(hash, record): (Vec<u8>, Vec<u8>)| {
        (ChangeHash::from_bytes(&hash).expect("a hash"), RecordId::from_bytes(&record).expect("an id"))
    };
    found.expect("changes").map(|change| read(change.expect("a change"))).collect()
}

/// What stands in the server's database, read beside it.
pub(super) struct Inside(Connection);

impl Inside {
    pub(super) fn of(store: &SqliteStore) -> Self {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        Self(Connection::open_with_flags(store.path(), flags).expect("a database"))
    }

    /// The records of a kind, in the order of their ids.
    pub(super) fn records(&self, kind: &KindSpec) -> Vec<RecordId> {
        let mut select = self.0.prepare("SELECT id FROM record WHERE kind = ? ORDER BY id").expect("a query");
        let found = select.query_map([kind.name], |row| row.get::<_, Vec<u8>>(0)).expect("records");
        found.map(|id| RecordId::from_bytes(&id.expect("an id")).expect("an id")).collect()
    }

    /// The changes of the log, each with its record, that have bytes.
    pub(super) fn changes(&self) -> Vec<(ChangeHash, RecordId)> {
        changes_in(&self.0)
    }

    /// What is kept of refused and held changes: how many bytes of each.
    pub(super) fn kept(&self) -> BTreeMap<(DeviceNumber, ChangeHash), usize> {
        let sql = "SELECT device, hash, length(bytes) FROM quarantine UNION ALL
                   SELECT device, hash, length(bytes) FROM held";
        let mut select = self.0.prepare(sql).expect("a query");
        let found = select.query_map([], |row| {
            let hash = ChangeHash::from_bytes(&row.get::<_, Vec<u8>>(1)?).expect("a hash");
            let length = usize::try_from(row.get::<_, i64>(2)?).unwrap_or(0);
            Ok(((DeviceNumber::new(row.get(0)?), hash), length))
        });
        found.expect("changes").collect::<Result<_, _>>().expect("changes")
    }
}

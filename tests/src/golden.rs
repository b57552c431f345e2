//! Golden files: bytes and databases as they once were written, kept beside the tests so that whatever comes later still reads
//! them. They are written once, by ignored tests, and never anew: what is there stays as it is.

use canvass_core::document::ChangeHash;
use canvass_server::store::sqlite::database_in;
use rusqlite::Connection;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// Where they are.
pub fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("golden").join(name)
}

/// Bytes as text.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Bytes from text, on however many lines.
///
/// # Panics
/// When the text is no bytes.
pub fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let pair = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).expect("digits"), 16).expect("hexadecimal");
    digits.chunks(2).map(pair).collect()
}

/// A file of named texts: `[name]`, and below it what was written, up to the next name.
#[derive(Debug)]
pub struct Sheet {
    path: PathBuf,
    text: String,
    entries: BTreeMap<String, String>,
}

impl Sheet {
    /// Reads one; an empty one if there is none yet.
    pub fn read(name: &str) -> Self {
        let path = golden(name);
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        let mut entries = BTreeMap::new();
        let mut at = String::new();
        for line in text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
            match line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
                Some(name) => at = name.to_owned(),
                None => {
                    let entry: &mut String = entries.entry(at.clone()).or_default();
                    writeln!(entry, "{line}").expect("text");
                }
            }
        }
        Self { path, text, entries }
    }

    /// The names of what is there.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.keys().map(String::as_str)
    }

    /// What was written under a name.
    ///
    /// # Panics
    /// When nothing was.
    pub fn text(&self, name: &str) -> &str {
        self.entries.get(name).unwrap_or_else(|| panic!("{} has no {name}", self.path.display())).trim_end()
    }

    /// Bytes that were written under a name.
    pub fn bytes(&self, name: &str) -> Vec<u8> {
        unhex(self.text(name))
    }

    /// Writes something under a name, unless that is there.
    pub fn add(&mut self, name: &str, text: &str) {
        if self.entries.contains_key(name) {
            return;
        }
        write!(self.text, "\n[{name}]\n{}\n", text.trim_end()).expect("text");
        self.entries.insert(name.to_owned(), text.to_owned());
        std::fs::write(&self.path, &self.text).expect("written");
    }

    /// Writes bytes under a name, unless that is there, in lines that can be looked at.
    pub fn add_bytes(&mut self, name: &str, bytes: &[u8]) {
        let lines: Vec<String> = bytes.chunks(48).map(hex).collect();
        self.add(name, &lines.join("\n"));
    }
}

/// A database as SQL, with all that is in it.
///
/// # Panics
/// When it cannot be read.
pub fn dump(path: &Path) -> String {
    let db = Connection::open(path).expect("a database");
    let version: i64 = db.pragma_query_value(None, "user_version", |row| row.get(0)).expect("a version");
    let mut text = format!("PRAGMA user_version = {version};\n");
    let sql = "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'
               ORDER BY type <> 'table', rowid";
    let mut select = db.prepare(sql).expect("a query");
    let found = select.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).expect("read");
    let made: Vec<(String, String, String)> = found.collect::<Result<_, _>>().expect("read");
    for (what, name, sql) in &made {
        writeln!(text, "\n{sql};").expect("text");
        // What an index of words holds stands in tables of its own.
        if what == "table" && !sql.starts_with("CREATE VIRTUAL") {
            rows(&db, name).iter().for_each(|row| writeln!(text, "INSERT INTO {name} VALUES ({row});").expect("text"));
        }
    }
    text
}

/// The rows of a table, as SQL says them.
fn rows(db: &Connection, table: &str) -> Vec<String> {
    let mut columns = db.prepare(&format!("SELECT name FROM pragma_table_info('{table}')")).expect("a query");
    let quoted = columns.query_map([], |row| Ok(format!("quote({})", row.get::<_, String>(0)?))).expect("read");
    let quoted: Vec<String> = quoted.collect::<Result<_, _>>().expect("read");
    let sql = format!("SELECT {} FROM {table}", quoted.join(" || ', ' || "));
    let mut select = db.prepare(&sql).expect("a query");
    select.query_map([], |row| row.get(0)).expect("read").collect::<Result<_, _>>().expect("read")
}

/// Makes a database from SQL.
///
/// # Panics
/// When there is one, or the SQL is wrong.
pub fn load(sql: &str, path: &Path) {
    assert!(!path.exists(), "{} is there", path.display());
    let db = Connection::open(path).expect("a database");
    // As both sides keep their files from the beginning.
    db.pragma_update(None, "journal_mode", "WAL").expect("a pragma");
    db.execute_batch(&format!("BEGIN; {sql} COMMIT;")).expect("it was a database");
}

/// The phone of B1-S1-P1 as an app with two migrations left it.
pub const PHONE: &str = "phone-v2.sql";
/// The server as one with four migrations left it.
pub const SERVER: &str = "server-v4.sql";
/// Where its audit log had come to, as it was kept beside the database.
pub const AUDIT: &str = "server-v4.audit";
/// The secret file of that server. It never was anybody's.
const SECRET: &str = "6363636363636363636363636363636363636363636363636363636363636363\n";

/// What is in a golden file of SQL.
///
/// # Panics
/// When it is not there.
pub fn sql(name: &str) -> String {
    std::fs::read_to_string(golden(name)).expect("a golden file")
}

/// Puts the secret file into a folder that the golden server has there.
///
/// # Panics
/// When it cannot be written.
pub fn hand_out_secret(folder: &Path) {
    let path = folder.join("canvass.key");
    std::fs::write(&path, SECRET).expect("written");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).expect("for its owner alone");
    }
}

/// Puts the golden server's files into a folder.
///
/// # Panics
/// When they cannot be written.
pub fn old_server(folder: &Path) {
    hand_out_secret(folder);
    load(&sql(SERVER), &database_in(folder));
    std::fs::copy(golden(AUDIT), folder.join("canvass.audit")).expect("copied");
}

/// Puts the golden phone's file into a folder.
///
/// # Panics
/// When it cannot be written.
pub fn old_phone(folder: &Path) {
    load(&sql(PHONE), &folder.join("phone-00011.db"));
}

/// The changes of the golden server's log.
///
/// # Panics
/// When they cannot be read.
pub fn old_changes() -> Vec<ChangeHash> {
    hashes_in(SERVER)
}

/// The changes in a golden file.
///
/// # Panics
/// When they cannot be read.
pub fn hashes_in(name: &str) -> Vec<ChangeHash> {
    let db = Connection::open_in_memory().expect("a database");
    db.execute_batch(&sql(name)).expect("it was a database");
    let mut select = db.prepare("SELECT hash FROM change").expect("a query");
    let found = select.query_map([], |row| row.get::<_, Vec<u8>>(0)).expect("read");
    found.map(|hash| ChangeHash::from_bytes(&hash.expect("read")).expect("a hash")).collect()
}

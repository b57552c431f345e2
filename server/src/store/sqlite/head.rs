//! Where the audit log's chain ends, kept in a second place: a small file beside the secret file, where who may write the
//! database need not be able to write. So a log that was cut off, or an older database put in place, is found out.

use super::audit::last;
use crate::secrets::{Purpose, Secrets, sync_folder_of};
use crate::store::StoreError;
use data_encoding::HEXLOWER;
use rusqlite::Connection;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// Where the chain ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct End {
    pub(super) n: u64,
    pub(super) mark: Vec<u8>,
}

/// What the second place says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Noted {
    /// There is nothing.
    Nothing,
    /// Something that these secrets did not write.
    Forged,
    /// The log went at least so far.
    Until(End),
}

/// The second place.
#[derive(Debug, Clone)]
pub(super) struct Head(PathBuf);

impl Head {
    /// The one of a database and its secret file. Several databases may have one secret file.
    pub(super) fn of(database: &Path, secret_file: &Path) -> Self {
        let canonical = |path: &Path| path.parent().and_then(|folder| folder.canonicalize().ok());
        let folder = canonical(database);
        let stem = database.file_stem().unwrap_or_default().to_string_lossy();
        let name = if folder.is_some() && folder == canonical(secret_file) {
            format!("{stem}.audit")
        } else {
            let digest = Sha256::digest(folder.unwrap_or_default().to_string_lossy().as_bytes());
            format!("{stem}-{}.audit", HEXLOWER.encode(&digest[..6]))
        };
        Self(secret_file.with_file_name(name))
    }

    /// What is kept there.
    pub(super) fn read(&self, secrets: &Secrets) -> Noted {
        let mut text = String::new();
        match File::open(&self.0).and_then(|file| file.take(4096).read_to_string(&mut text)) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Noted::Nothing,
            Err(_) => Noted::Forged,
            Ok(_) => parsed(&text, secrets),
        }
    }

    /// Keeps where the chain ends as it is now, whatever was kept before.
    pub(super) fn begin_anew(&self, db: &Connection, secrets: &Secrets) -> Result<(), StoreError> {
        let end = last(db)?.map_or(End { n: 0, mark: Vec::new() }, |(n, mark)| End { n: n.unsigned_abs(), mark });
        let failed = |error: std::io::Error| StoreError::Storage(format!("{}: {error}", self.0.display()));
        let mut file = self.locked().map_err(failed)?;
        file.set_len(0).and_then(|()| file.write_all(&line(&end, secrets))).map_err(failed)?;
        self.sync(&file).map_err(failed)
    }

    /// Waits until the file is on the disk. After that a power cut leaves it as it was or as it is written next: one sector
    /// holds its line.
    fn sync(&self, file: &File) -> std::io::Result<()> {
        file.sync_all()?;
        sync_folder_of(&self.0)
    }

    /// The file, for one writer at a time: commands note too while the server does.
    fn locked(&self) -> std::io::Result<File> {
        let mut options = File::options();
        options.read(true).write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&self.0)?;
        file.lock()?;
        Ok(file)
    }
}

/// Keeps up with the log, after each commit.
pub(super) struct Follower<'a> {
    head: &'a Head,
    secrets: &'a Secrets,
    /// The entry that was followed last.
    followed: i64,
    /// Whether the log had no entry yet, so that nothing can have been cut off.
    from_the_first: bool,
    /// What could not be done last: it is said once, not at each commit.
    complained: Option<String>,
}

impl<'a> Follower<'a> {
    pub(super) fn of(db: &Connection, head: &'a Head, secrets: &'a Secrets) -> Self {
        Self { head, secrets, followed: 0, from_the_first: matches!(last(db), Ok(None)), complained: None }
    }

    /// Keeps where the chain now ends, once its transaction is durable. It is a lower bound: after a crash it may say less.
    /// What does not continue from what was kept is not kept: the file stays as the proof.
    pub(super) fn follow(&mut self, db: &Connection) {
        let n = last(db).ok().flatten().map_or(0, |(n, _)| n);
        if std::mem::replace(&mut self.followed, n) == n {
            return;
        }
        let complaint = self.keep(db).err();
        if let Some(error) = complaint.as_ref().filter(|_| complaint != self.complained) {
            let file = self.head.0.display();
            tracing::error!(%error, %file, "where the audit log ends could not be kept beside the secret file");
        }
        self.complained = complaint;
    }

    fn keep(&self, db: &Connection) -> Result<(), String> {
        let words = |error: std::io::Error| error.to_string();
        if self.head.read(self.secrets) == Noted::Nothing && !self.from_the_first {
            return Err("nothing says where it ended before: see `audit verify`".to_owned());
        }
        let mut file = self.head.locked().map_err(words)?;
        let Some((n, mark)) = last(db).map_err(|error| error.to_string())? else { return Ok(()) };
        let mut text = String::new();
        file.read_to_string(&mut text).map_err(words)?;
        let end = End { n: n.unsigned_abs(), mark };
        let noted = parsed(&text, self.secrets);
        let is_first = noted == Noted::Nothing;
        match noted {
            Noted::Until(noted) if noted.n > end.n || !continues(db, &noted) => {
                return Err("the audit log does not continue what was kept: see `audit verify`".to_owned());
            }
            Noted::Forged => return Err("the file is not of these secrets: see `audit verify`".to_owned()),
            Noted::Nothing | Noted::Until(_) => {}
        }
        file.seek(SeekFrom::Start(0)).and_then(|_| file.write_all(&line(&end, self.secrets))).map_err(words)?;
        if is_first { self.head.sync(&file).map_err(words) } else { Ok(()) }
    }
}

/// Whether the log has what was kept.
fn continues(db: &Connection, noted: &End) -> bool {
    if noted.n == 0 {
        return true;
    }
    let n = i64::try_from(noted.n).unwrap_or(i64::MAX);
    let mark: rusqlite::Result<Vec<u8>> = db.query_row("SELECT hash FROM audit WHERE n = ?", [n], |row| row.get(0));
    mark.is_ok_and(|mark| mark == noted.mark)
}

/// The file's one line, always of one length, so that it is written in one piece.
fn line(end: &End, secrets: &Secrets) -> Vec<u8> {
    let said = format!("{:020} {}", end.n, HEXLOWER.encode(&end.mark));
    let mark = secrets.mark(Purpose::Audit, said.as_bytes());
    format!("{said} {}\n", HEXLOWER.encode(&mark)).into_bytes()
}

fn parsed(text: &str, secrets: &Secrets) -> Noted {
    if text.is_empty() {
        return Noted::Nothing;
    }
    let mut words = text.trim_end().split(' ');
    let (Some(n), Some(hash), Some(mark), None) = (words.next(), words.next(), words.next(), words.next()) else {
        return Noted::Forged;
    };
    let marked = HEXLOWER.decode(mark.as_bytes());
    match (n.parse(), HEXLOWER.decode(hash.as_bytes()), marked) {
        (Ok(number), Ok(hash), Ok(marked))
            if secrets.is_marked(Purpose::Audit, format!("{n} {}", HEXLOWER.encode(&hash)).as_bytes(), &marked) =>
        {
            Noted::Until(End { n: number, mark: hash })
        }
        _ => Noted::Forged,
    }
}

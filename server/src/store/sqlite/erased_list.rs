//! The ids of what was erased, in a small file beside the secret file: a database that is put back to an older backup learns
//! from it what must not come back.

use crate::secrets::sync_folder_of;
use crate::store::StoreError;
use canvass_core::domain::{RecordId, ServerTime};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// The file: a line for each record, its id and when it was erased in milliseconds since 1970.
#[derive(Debug, Clone)]
pub(super) struct ErasedList(PathBuf);

impl ErasedList {
    /// The one that goes with a secret file. Ids are unique, so databases with one secret file share it: also one that is put
    /// back into another folder.
    pub(super) fn of(secret_file: &Path) -> Self {
        Self(secret_file.with_extension("erased"))
    }

    /// What is in it.
    pub(super) fn read(&self) -> Result<BTreeMap<RecordId, ServerTime>, StoreError> {
        let mut text = String::new();
        match File::open(&self.0).and_then(|mut file| file.read_to_string(&mut text)) {
            Ok(_) => self.parsed(&text),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(BTreeMap::new()),
            Err(error) => Err(self.failed(&error)),
        }
    }

    /// Adds what is not in it yet. When this returns, it is on the disk.
    pub(super) fn add(&self, records: &BTreeMap<RecordId, ServerTime>) -> Result<(), StoreError> {
        let failed = |error: std::io::Error| self.failed(&error);
        let mut options = File::options();
        options.read(true).write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&self.0).map_err(failed)?;
        file.lock().map_err(failed)?;
        let mut text = String::new();
        file.read_to_string(&mut text).map_err(failed)?;
        let known = self.parsed(&text)?;
        let new = records.iter().filter(|(record, _)| !known.contains_key(record));
        let lines: String = new.map(|(record, at)| format!("{record} {}\n", at.millis())).collect();
        if lines.is_empty() {
            return Ok(());
        }
        // Over a line that a power cut tore: its erasure was never said to be done.
        let whole = text.rfind('\n').map_or(0, |end| end + 1);
        file.seek(SeekFrom::Start(whole as u64)).map_err(failed)?;
        file.write_all(lines.as_bytes()).map_err(failed)?;
        let end = file.stream_position().map_err(failed)?;
        file.set_len(end).and_then(|()| file.sync_all()).and_then(|()| sync_folder_of(&self.0)).map_err(failed)
    }

    fn parsed(&self, text: &str) -> Result<BTreeMap<RecordId, ServerTime>, StoreError> {
        let whole = text.rfind('\n').map_or("", |end| &text[..end]);
        let mut all = BTreeMap::new();
        for (n, line) in whole.lines().enumerate() {
            let words = line.split_once(' ');
            let parsed = words.and_then(|(id, at)| {
                Some((id.parse::<RecordId>().ok()?, ServerTime::from_millis(at.parse().ok()?).ok()?))
            });
            let (record, at) = parsed.ok_or_else(|| {
                let (file, line) = (self.0.display(), n + 1);
                let words = "is no id and time: mend it from a copy; without it erased data could come back";
                StoreError::Secret(format!("{file}: line {line} {words}"))
            })?;
            all.insert(record, at);
        }
        Ok(all)
    }

    fn failed(&self, error: &std::io::Error) -> StoreError {
        StoreError::Storage(format!("{}: {error}", self.0.display()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some(n: u8) -> BTreeMap<RecordId, ServerTime> {
        let at = ServerTime::from_millis(i64::from(n)).expect("a time");
        BTreeMap::from([(RecordId::new(1, [n; 10]), at)])
    }

    #[test]
    fn what_was_added_is_there_and_a_torn_line_is_written_over() {
        let folder = tempfile::tempdir().expect("folder");
        let list = ErasedList::of(&folder.path().join("canvass.key"));
        assert!(list.read().expect("read").is_empty());
        list.add(&some(1)).expect("added");
        list.add(&some(1)).expect("added twice");
        let whole = std::fs::read_to_string(&list.0).expect("text");
        assert_eq!(whole.lines().count(), 1);
        for cut in 0..20 {
            let torn = format!("{whole}{}", &whole[..cut]);
            std::fs::write(&list.0, torn).expect("torn");
            assert_eq!(list.read().expect("read"), some(1));
            list.add(&some(2)).expect("added");
            let mut both = some(1);
            both.extend(some(2));
            assert_eq!(list.read().expect("read"), both);
        }
        std::fs::write(&list.0, format!("nonsense\n{whole}")).expect("written");
        let error = list.read().expect_err("damaged").to_string();
        assert!(error.contains("line 1"), "{error}");
    }
}

//! Databases that take long to fill are made once, under the target folder, and copied for each run. Their key changes when
//! a schema, the sample or what counts does.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// What is in stock.
pub(crate) struct Stock {
    folder: PathBuf,
    /// How long this run has spent preparing.
    pub(crate) spent: Duration,
}

impl Stock {
    /// The stock of this version; those of others are thrown away.
    pub(crate) fn open() -> Self {
        // Beside what cargo keeps for benchmarks, wherever this program lies itself.
        let shelf = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("a target folder").join("figures");
        let folder = shelf.join(key());
        for other in std::fs::read_dir(&shelf).into_iter().flatten().flatten().filter(|entry| entry.path() != folder) {
            drop(std::fs::remove_dir_all(other.path()));
        }
        std::fs::create_dir_all(&folder).expect("a folder");
        Self { folder, spent: Duration::ZERO }
    }

    /// A prepared database, made now if there is none yet.
    pub(crate) fn database(&mut self, name: &str, make: impl FnOnce(&Path)) -> PathBuf {
        let path = self.folder.join(format!("{name}.db"));
        if !path.exists() {
            let unfinished = self.folder.join(format!("{name}.unfinished"));
            for suffix in ["", "-wal", "-shm"] {
                drop(std::fs::remove_file(format!("{}{suffix}", unfinished.display())));
            }
            let start = Instant::now();
            make(&unfinished);
            std::fs::rename(&unfinished, &path).expect("renamed");
            let spent = start.elapsed();
            self.spent += spent;
            let megabytes = std::fs::metadata(&path).map_or(0, |found| found.len() >> 20);
            eprintln!("  prepared {name} ({megabytes} MB) in {:.1} s", spent.as_secs_f64());
        }
        path
    }

    /// A folder for one run, on the same disk.
    pub(crate) fn scratch(&self) -> tempfile::TempDir {
        tempfile::Builder::new().prefix("run-").tempdir_in(&self.folder).expect("a folder")
    }
}

/// A database's copy in a folder.
pub(crate) fn copy(from: &Path, folder: &Path, name: &str) -> PathBuf {
    let to = folder.join(name);
    std::fs::copy(from, &to).expect("copied");
    // A server's database goes with its secrets; a phone's has none.
    let secret = from.with_file_name("canvass.key");
    if secret.exists() {
        std::fs::copy(secret, folder.join("canvass.key")).expect("copied");
    }
    to
}

fn key() -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a workspace");
    let mut hasher = DefaultHasher::new();
    include_str!("sample.rs").hash(&mut hasher);
    include_str!("town.rs").hash(&mut hasher);
    canvass_core::projection::PROJECTION.hash(&mut hasher);
    for side in ["core/migrations", "server/migrations", "core/src/ranking"] {
        let mut files: Vec<_> = std::fs::read_dir(root.join(side)).expect("a folder").flatten().collect();
        files.retain(|file| file.path().is_file());
        files.sort_by_key(std::fs::DirEntry::path);
        for file in files {
            std::fs::read(file.path()).expect("a file").hash(&mut hasher);
        }
    }
    format!("{:016x}", hasher.finish())
}

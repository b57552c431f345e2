//! Power cuts: a shim in C, preloaded into a process, that lets only what was synced get to a second copy of its folder.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The compiled shim.
#[derive(Debug)]
pub struct Shim {
    library: PathBuf,
    _folder: tempfile::TempDir,
}

impl Shim {
    /// Compiles the shim, if there is a C compiler, on Linux.
    ///
    /// # Panics
    /// When it does not compile.
    pub fn compiled() -> Option<Self> {
        if !cfg!(target_os = "linux") {
            return None;
        }
        let folder = tempfile::tempdir().expect("a folder");
        let (source, library) = (folder.path().join("powercut.c"), folder.path().join("powercut.so"));
        std::fs::write(&source, include_str!("powercut.c")).expect("written");
        let mut compiler = Command::new("cc");
        compiler.args(["-shared", "-fPIC", "-O1", "-o"]).args([&library, &source]).args(["-ldl", "-lpthread"]);
        let compiled = compiler.status().ok()?;
        assert!(compiled.success(), "the shim does not compile");
        Some(Self { library, _folder: folder })
    }
}

/// What of a folder's files is on the disk.
#[derive(Debug)]
pub struct Disk {
    folder: PathBuf,
    disk: PathBuf,
}

impl Disk {
    /// A disk that has everything in a folder.
    ///
    /// # Panics
    /// When the folder cannot be copied.
    pub fn under(folder: &Path) -> Self {
        let folder = folder.canonicalize().expect("a folder");
        let disk = folder.with_extension("disk");
        copy(&folder, &disk);
        Self { folder, disk }
    }

    /// Lets a process write its folder under this. The process is killed at its nth step, if there is one.
    pub fn preload(&self, command: &mut Command, shim: &Shim, seed: Option<u64>, step: Option<usize>) {
        command.env("LD_PRELOAD", &shim.library).env("POWERCUT_FOLDER", &self.folder).env("POWERCUT_DISK", &self.disk);
        if let Some(seed) = seed {
            command.env("POWERCUT_SEED", seed.to_string());
        }
        if let Some(step) = step {
            command.env("POWERCUT_STEP", step.to_string());
        }
    }

    /// Where a power cut now would leave the files.
    pub fn path(&self) -> &Path {
        &self.disk
    }

    /// The power is cut, and comes again: of the folder only what was on the disk is there.
    ///
    /// # Panics
    /// When the folder cannot be copied.
    pub fn cut(&self) {
        copy(&self.disk, &self.folder);
        copy(&self.folder, &self.disk);
    }
}

/// Puts a copy of a folder of files in place of another; what has no name on the disk is left out.
pub(super) fn copy(from: &Path, to: &Path) {
    if to.exists() {
        std::fs::remove_dir_all(to).expect("removed");
    }
    std::fs::create_dir(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        if !entry.file_name().to_string_lossy().starts_with(".unnamed.") {
            std::fs::copy(entry.path(), to.join(entry.file_name())).expect("copied");
        }
    }
}

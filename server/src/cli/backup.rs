//! `backup create|verify|restore`: encrypted copies of the database, from the shell.

use super::Data;
use anyhow::Context;
use canvass_server::backup::{self, Contents};
use canvass_server::clock::{Clock, SystemClock};
use canvass_server::secrets::Secrets;
use clap::Subcommand;
use std::path::PathBuf;

/// What is done with backups.
#[derive(Debug, Subcommand)]
pub(crate) enum Backup {
    /// Write the whole database, encrypted, to a new file; the server may go on serving.
    Create {
        /// The file.
        file: PathBuf,
        #[command(flatten)]
        data: Data,
    },
    /// Read a backup to its end and say what is in it.
    Verify {
        /// The file.
        file: PathBuf,
        #[command(flatten)]
        data: Data,
    },
    /// Make a database from a backup, in a folder that has none.
    Restore {
        /// The file.
        file: PathBuf,
        #[command(flatten)]
        data: Data,
    },
}

impl Backup {
    pub(crate) async fn run(self) -> anyhow::Result<bool> {
        match self {
            Self::Create { file, data } => {
                let store = data.open_existing()?;
                let bytes = backup::create(&store, &file, SystemClock.now()).await?;
                println!("{} holds the database ({bytes} bytes), encrypted", file.display());
                println!(
                    "keep the secret file apart from it: without that file nobody can read the backup, you included"
                );
            }
            Self::Verify { file, data } => {
                let contents = backup::verify(&file, &data.folder, &secrets(&data)?).await?;
                println!("{} is whole: {}", file.display(), told(&contents));
            }
            Self::Restore { file, data } => {
                let (options, secrets) = (data.options(), secrets(&data)?);
                let contents = backup::restore(&file, &data.folder, options, &secrets, SystemClock.now()).await?;
                println!("{} has the database as it was: {}", data.folder.display(), told(&contents));
                println!(
                    "what phones sent later is not in it: those that still hold it bring it back at their next sync"
                );
                println!("{}", about_erasures(&data));
                println!("every session has ended, and open invitations are void");
                println!(
                    "whoever was disabled, revoked or reset since must be so again: `audit tail` of the lost server says who"
                );
            }
        }
        Ok(true)
    }
}

/// Whether what was erased since is known beside the secret file.
fn about_erasures(data: &Data) -> String {
    let key = data.secret_file.clone().unwrap_or_else(|| data.folder.join("canvass.key"));
    let list = key.with_extension("erased");
    match std::fs::read_to_string(&list) {
        Ok(text) => format!(
            "erased again, by {}: {} records that people asked to be erased",
            list.display(),
            text.lines().count()
        ),
        Err(_) => format!(
            "there is no {}: whatever was erased since the backup is back. If the lost server had such a list, put it there before \
             anybody is served",
            list.display()
        ),
    }
}

/// The secrets alone: a backup has to open where no database is left.
fn secrets(data: &Data) -> anyhow::Result<Secrets> {
    let file = data.secret_file.clone().unwrap_or_else(|| data.folder.join("canvass.key"));
    Secrets::read(&file)
        .context("a backup opens only with the secret file: put it there, or name it with --secret-file")
}

fn told(contents: &Contents) -> String {
    let of = &contents.inspected;
    format!(
        "made {}, {} bytes, {} changes of {} records, {} entries of the audit log",
        contents.made_at, contents.bytes, of.changes, of.records, of.audit_entries
    )
}

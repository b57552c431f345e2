//! The operator's commands: thin, each one call into the library.

mod device;
mod import;
mod queue;

use anyhow::{Context, bail};
use canvass_core::domain::verification::Verdict;
use canvass_core::domain::{Money, PersonId, RecordId};
use canvass_server::clock::{Clock, SystemClock};
use canvass_server::http::{self, App};
use canvass_server::store::sqlite::database_in;
use canvass_server::store::{Actor, SqliteOptions, SqliteStore, Store, VerifyOrder};
use clap::{Args, Parser, Subcommand};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Merges what account managers' phones recorded, and ranks the branches of each campaign.
#[derive(Debug, Parser)]
#[command(name = "canvass-server", version)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve phones and pages from a data folder, until SIGTERM or Ctrl-C.
    Serve {
        #[command(flatten)]
        data: Data,
        /// The address to listen on; only this machine's own until devices enrol and people log in.
        #[arg(long, default_value = "127.0.0.1:8471")]
        listen: SocketAddr,
    },
    /// Play several weeks of field work, check and report it, then serve the page.
    #[cfg(feature = "demo")]
    Demo(demo::Demo),
    /// Bring a data folder's database to this version.
    Migrate {
        #[command(flatten)]
        data: Data,
    },
    /// Make rows, contributions and sums anew from the change log, and say what differed.
    Rebuild {
        #[command(flatten)]
        data: Data,
    },
    /// Bring in a file of prospects, units or people; the same file again changes nothing.
    #[command(subcommand)]
    Import(import::Import),
    /// Invite, list and revoke phones.
    #[command(subcommand)]
    Device(device::Device),
    /// Decide on what waits for a leader.
    #[command(subcommand)]
    Queue(queue::Queue),
    /// Assign a prospect to a unit, and to an account manager in it.
    Assign(queue::Assign),
    /// Give the back office's verdict on an outcome as it now stands.
    Verify {
        /// The outcome's id.
        outcome: RecordId,
        #[command(flatten)]
        verdict: VerdictArg,
        /// Why, in words for the claimant.
        #[arg(long)]
        reason: Option<String>,
        /// The amount in the ledger in yuan, if it differs from the claim.
        #[arg(long, value_name = "YUAN")]
        amount: Option<Money>,
        /// The person whose verdict it is, who must have the right to give it; otherwise it is the operator's.
        #[arg(long, value_name = "PERSON")]
        by: Option<PersonId>,
        #[command(flatten)]
        data: Data,
    },
}

#[derive(Debug, Args)]
struct Data {
    /// The folder that holds the server's database.
    #[arg(long = "data", value_name = "DIR")]
    folder: PathBuf,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct VerdictArg {
    /// The result stands in the ledger.
    #[arg(long)]
    confirm: bool,
    /// It does not.
    #[arg(long)]
    reject: bool,
}

impl Cli {
    /// Runs the command. Returns whether all is well.
    pub(crate) async fn run(self) -> anyhow::Result<bool> {
        match self.command {
            Command::Serve { data, listen } => {
                std::fs::create_dir_all(&data.folder)
                    .with_context(|| format!("cannot make the folder {}", data.folder.display()))?;
                serve(Arc::new(open(&data.folder)?), listen).await?;
                Ok(true)
            }
            #[cfg(feature = "demo")]
            Command::Demo(demo) => demo.run().await,
            Command::Migrate { data } => {
                open_existing(&data.folder)?;
                println!("{} is of this version", database_in(&data.folder).display());
                Ok(true)
            }
            Command::Rebuild { data } => {
                let rebuilt = open_existing(&data.folder)?.rebuild().await?;
                println!(
                    "{} changes of {} records: {} rows differed\n{} contributions: {} differed; {} sums differed",
                    rebuilt.changes,
                    rebuilt.records,
                    rebuilt.rows_differing,
                    rebuilt.contributions,
                    rebuilt.contributions_differing,
                    rebuilt.tallies_differing
                );
                println!(
                    "{}",
                    if rebuilt.nothing_differed() { "nothing differed" } else { "what differed was mended" }
                );
                Ok(true)
            }
            Command::Import(import) => import.run().await,
            Command::Device(device) => device.run().await,
            Command::Queue(queue) => queue.run().await,
            Command::Assign(assign) => assign.run().await,
            Command::Verify { outcome, verdict, reason, amount, by, data } => {
                let order = VerifyOrder {
                    outcome,
                    verdict: if verdict.confirm { Verdict::Confirmed } else { Verdict::Rejected },
                    reason,
                    amount,
                    at: SystemClock.now(),
                    by: by.map_or(Actor::Operator, Actor::Person),
                };
                let verification = open_existing(&data.folder)?.verify(order).await?;
                println!(
                    "verification {verification} written: it counts now, and reaches the phones at their next sync"
                );
                Ok(true)
            }
        }
    }
}

fn open(folder: &Path) -> anyhow::Result<SqliteStore> {
    let path = database_in(folder);
    SqliteStore::open(&path, SqliteOptions::default()).with_context(|| format!("cannot open {}", path.display()))
}

fn open_existing(folder: &Path) -> anyhow::Result<SqliteStore> {
    let path = database_in(folder);
    if !path.exists() {
        bail!("there is no database at {}: `serve` or `demo` with this --data starts one", path.display());
    }
    open(folder)
}

/// In whose name a command is given.
async fn person_or_operator(store: &SqliteStore, by: Option<PersonId>) -> anyhow::Result<Actor> {
    let Some(person) = by else { return Ok(Actor::Operator) };
    if store.bank().await?.person(&person).is_none() {
        bail!("person {person} is not known to this bank: give the staff code of somebody who is");
    }
    Ok(Actor::Person(person))
}

/// Serves until told to stop.
async fn serve(store: Arc<SqliteStore>, listen: SocketAddr) -> anyhow::Result<()> {
    let listener = http::bind(listen).await?;
    // Listened for before anybody is told that the server is there: a signal must never find it unprepared.
    let told = stop_signals()?;
    println!("serving at http://{}/standings (Ctrl-C or SIGTERM stops)", listener.local_addr()?);
    http::serve(listener, App::new(store, Arc::new(SystemClock)), told).await?;
    println!("stopped");
    Ok(())
}

/// Ctrl-C, or SIGTERM where there is such a thing.
#[cfg(unix)]
fn stop_signals() -> anyhow::Result<impl Future<Output = ()> + Send + 'static> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupted, mut terminated) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! {
            _ = interrupted.recv() => {}
            _ = terminated.recv() => {}
        }
    })
}

/// Ctrl-C.
#[cfg(not(unix))]
fn stop_signals() -> anyhow::Result<impl Future<Output = ()> + Send + 'static> {
    Ok(async { drop(tokio::signal::ctrl_c().await) })
}

#[cfg(feature = "demo")]
mod demo {
    use super::{PathBuf, SocketAddr, serve};
    use canvass_server::demo::plant::Fault;
    use canvass_server::demo::{Setting, play};
    use clap::Args;

    #[derive(Debug, Args)]
    pub(super) struct Demo {
        /// How many phones.
        #[arg(long, default_value_t = 40, value_parser = clap::value_parser!(u16).range(4..=5000))]
        phones: u16,
        /// For how many weeks.
        #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=52))]
        weeks: u32,
        /// Where all chance comes from.
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Keep the databases in this folder; otherwise they go when the demo ends.
        #[arg(long, value_name = "DIR")]
        data: Option<PathBuf>,
        /// A city's communities, as CSV with the columns district;area;xiaoqu;price.
        #[arg(long, value_name = "FILE")]
        communities: Option<PathBuf>,
        /// Stop after the report, with exit code 1 if a check failed.
        #[arg(long)]
        exit: bool,
        /// Plant a fault before the checks, to see one fail.
        #[arg(long, value_enum)]
        plant: Option<Fault>,
        /// Where to serve the page.
        #[arg(long, default_value = "127.0.0.1:0")]
        listen: SocketAddr,
    }

    impl Demo {
        pub(super) async fn run(self) -> anyhow::Result<bool> {
            let temporary = tempfile::tempdir()?;
            let data = self.data.unwrap_or_else(|| temporary.path().join("demo"));
            let played = play(Setting {
                phones: usize::from(self.phones),
                weeks: self.weeks,
                seed: self.seed,
                data,
                communities: self.communities,
                plant: self.plant,
            })
            .await?;
            println!("{}", played.report);
            let all_hold = played.all_hold();
            if !self.exit {
                serve(played.store, self.listen).await?;
            }
            Ok(all_hold)
        }
    }
}

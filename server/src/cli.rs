//! The operator's commands: thin, each one call into the library.

mod audit;
mod backup;
mod bulletin;
mod device;
mod erase;
mod import;
mod queue;
mod serve;
mod user;
mod verify;

use anyhow::{Context, bail};
use canvass_core::domain::{Duty, PersonId, Place, UnitId, Zone};
use canvass_server::clock::{Clock, SystemClock};
use canvass_server::ingest::Grants;
use canvass_server::store::sqlite::database_in;
use canvass_server::store::{Actor, Logins, SqliteOptions, SqliteStore, Store};
use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;

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
    Serve(Box<serve::Serve>),
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
    /// Make, list, reset and disable logins for the pages, and end their sessions.
    #[command(subcommand)]
    User(user::User),
    /// Decide on what waits for a leader.
    #[command(subcommand)]
    Queue(queue::Queue),
    /// Show, check and export the audit log.
    #[command(subcommand)]
    Audit(audit::Audit),
    /// Seal, list, print and verify weekly bulletins.
    #[command(subcommand)]
    Bulletin(bulletin::Bulletin),
    /// Make, check and restore encrypted backups.
    #[command(subcommand)]
    Backup(backup::Backup),
    /// Assign a prospect, or a whole territory, to a unit, and to an account manager in it.
    Assign(queue::Assign),
    /// Destroy what was recorded of somebody who asks for it.
    Erase(erase::Erase),
    /// Give the back office's verdict on an outcome as it now stands.
    Verify(verify::Verify),
}

#[derive(Debug, Args)]
struct Data {
    /// The folder that holds the server's database.
    #[arg(long = "data", value_name = "DIR")]
    folder: PathBuf,
    /// The secret file that goes with it; otherwise canvass.key in the same folder.
    #[arg(long, value_name = "FILE", env = "CANVASS_SECRET_FILE")]
    secret_file: Option<PathBuf>,
}

impl Data {
    fn options(&self) -> SqliteOptions {
        SqliteOptions { secret_file: self.secret_file.clone(), ..SqliteOptions::default() }
    }

    /// The database; a new one, if there is none.
    fn open(&self) -> anyhow::Result<SqliteStore> {
        let path = database_in(&self.folder);
        SqliteStore::open(&path, self.options()).with_context(|| format!("cannot open {}", path.display()))
    }

    /// The database that is there.
    fn open_existing(&self) -> anyhow::Result<SqliteStore> {
        let path = database_in(&self.folder);
        if !path.exists() {
            bail!("there is no database at {}: `serve` or `demo` with this --data starts one", path.display());
        }
        self.open()
    }
}

impl Cli {
    /// Runs the command. Returns whether all is well.
    pub(crate) async fn run(self) -> anyhow::Result<bool> {
        match self.command {
            Command::Serve(serve) => serve.run().await,
            #[cfg(feature = "demo")]
            Command::Demo(demo) => demo.run().await,
            Command::Migrate { data } => {
                data.open_existing()?;
                println!("{} is of this version", database_in(&data.folder).display());
                Ok(true)
            }
            Command::Rebuild { data } => {
                let rebuilt = data.open_existing()?.rebuild().await?;
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
            Command::Audit(audit) => audit.run().await,
            Command::Backup(backup) => backup.run().await,
            Command::Bulletin(bulletin) => bulletin.run().await,
            Command::User(user) => user.run().await,
            Command::Queue(queue) => queue.run().await,
            Command::Assign(assign) => assign.run().await,
            Command::Erase(erase) => erase.run().await,
            Command::Verify(verify) => verify.run().await,
        }
    }
}

/// In whose name a command is given: the operator's own, or that of a person who has the duty, for a unit or for any.
async fn person_or_operator(
    store: &SqliteStore,
    by: Option<PersonId>,
    duty: Duty,
    unit: Option<&UnitId>,
) -> anyhow::Result<Actor> {
    let Some(person) = by else { return Ok(Actor::Operator) };
    let bank = store.bank().await?;
    let Some(grants) = Grants::of(&bank, &person, SystemClock.now().date(&Zone::china())) else {
        bail!("person {person} is not known to this bank: give the staff code of somebody who is");
    };
    let place = if unit.is_some_and(|unit| grants.covers(&bank, unit)) { Place::Own } else { Place::Other };
    if !grants.roles.have(duty, place) {
        bail!("{person} ({}) may not do this there: leave --by out, or name somebody whose duty it is", grants.roles);
    }
    Ok(Actor::OperatorFor(person))
}

/// Makes sure that an administrator can log in, by a one-time password that is printed now and never again.
async fn first_administrator(store: &SqliteStore) -> anyhow::Result<()> {
    let (password, hash) = user::one_time().await?;
    if let Some(person) = store.first_administrator(hash, SystemClock.now()).await? {
        println!("no administrator has logged in yet: log in as {person} with the one-time password {}", *password);
        println!("it is shown only now and good for 24 hours; until it is used, each start makes another");
    }
    Ok(())
}

#[cfg(feature = "demo")]
mod demo {
    use super::serve::serve;
    use super::{PathBuf, first_administrator, user};
    use canvass_core::domain::Role;
    use canvass_server::clock::{Clock, SystemClock};
    use canvass_server::demo::plant::Fault;
    use canvass_server::demo::{Played, Setting, play};
    use canvass_server::http::Entrance;
    use canvass_server::store::{Actor, Logins, OneTime, Store};
    use clap::Args;
    use std::net::SocketAddr;

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

    /// Prints ways in: one for head office, one for a leader, one for an account manager, and the administrator's.
    async fn logins(played: &Played) -> anyhow::Result<()> {
        let bank = played.store.bank().await?;
        println!("logins for the page; each password is for the first login only:");
        for role in [Role::HeadOffice, Role::BranchLeader, Role::AccountManager] {
            let Some(person) = bank.people().find(|person| person.roles.has(role)) else { continue };
            let (password, hash) = user::one_time().await?;
            let new = OneTime { person: person.id.clone(), hash, by: Actor::Operator, at: SystemClock.now() };
            played.store.add_login(new, None).await?;
            let second = if role.needs_second_factor() { ", with an authenticator to set up" } else { "" };
            println!("  {:<14} {}  {}{second}", role.label().en, person.id, *password);
        }
        first_administrator(&played.store).await
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
                logins(&played).await?;
                serve(played.store, Entrance::default(), self.listen, None, None).await?;
            }
            Ok(all_hold)
        }
    }
}

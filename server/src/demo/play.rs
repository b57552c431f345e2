//! The whole play: set the stage, play the weeks, check, report.

use super::bank::{self, StaffError};
use super::checks::{self, Check, CheckError};
use super::communities::{self, Community};
use super::fleet::Fleet;
use super::phone::PhoneError;
use super::plant::{Fault, PlantError};
use super::{report, script};
use crate::calendar;
use crate::clock::{Clock, ManualClock};
use crate::http::{self, App, ServeError};
use crate::import::{self, ImportError, Mapping, Outcome, ProspectImport, Report, Table};
use crate::store::devices::{Devices, InviteOrder, Invited};
use crate::store::{Actor, ServerRecord, SqliteOptions, SqliteStore, Store, StoreError, VerifyOrder, Whose};
use canvass_core::domain::verification::Verdict;
use canvass_core::domain::{Bank, Date, Invalid, Kind, PhoneTime, RecordId, ServerTime, Week, Zone, prospect};
use canvass_core::ranking::{Basis, Rule, standings};
use canvass_core::wire::{Invitation, InvitationCode};
use indicatif::{ProgressBar, ProgressStyle};
use jiff::ToSpan;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;
use tokio_util::sync::CancellationToken;

/// The first day of the play: a Monday.
const STARTS: Date = Date::constant(2026, 3, 2);
/// Communities for each sub-branch of the made-up bank.
const PER_UNIT: usize = 25;

/// What to play.
#[derive(Debug, Clone)]
pub struct Setting {
    /// How many phones.
    pub phones: usize,
    /// For how many weeks.
    pub weeks: u32,
    /// From which seed.
    pub seed: u64,
    /// Where the databases go.
    pub data: PathBuf,
    /// A city's communities instead of made-up ones.
    pub communities: Option<PathBuf>,
    /// A fault to plant before the checks.
    pub plant: Option<Fault>,
}

/// How it went.
#[derive(Debug)]
pub struct Played {
    /// What to print.
    pub report: String,
    /// The checks.
    pub checks: Vec<Check>,
    /// The server's store, for serving the page.
    pub store: Arc<SqliteStore>,
    /// The campaign.
    pub campaign: RecordId,
    /// The last week played.
    pub week: Week,
}

impl Played {
    /// Whether every check held.
    pub fn all_hold(&self) -> bool {
        self.checks.iter().all(Check::holds)
    }
}

/// Why the play broke off.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The folder holds a play already.
    #[error("{0} already holds a database: choose another folder with --data, or remove it")]
    InUse(PathBuf),
    /// The folder cannot be used.
    #[error("cannot use the folder {0}: {1}")]
    Folder(PathBuf, std::io::Error),
    /// The file of communities.
    #[error(transparent)]
    Communities(#[from] ImportError),
    /// The bank.
    #[error(transparent)]
    Staff(#[from] StaffError),
    /// The server's store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The server.
    #[error(transparent)]
    Serve(#[from] ServeError),
    /// A phone.
    #[error(transparent)]
    Phone(#[from] PhoneError),
    /// A value that is none.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// A planted fault.
    #[error(transparent)]
    Plant(#[from] PlantError),
    /// A check.
    #[error(transparent)]
    Check(#[from] CheckError),
    /// A part of the play ended unexpectedly.
    #[error("the play broke off: {0}")]
    Broken(String),
}

/// Plays it.
///
/// # Errors
/// When a file, the store, the server or a phone fails. A check that does not hold is no error; it is in the report.
pub async fn play(setting: Setting) -> Result<Played, DemoError> {
    let began = Instant::now();
    let stage = set_stage(&setting).await?;
    let Stage { store, clock, bank, phones, .. } = &stage;
    let listener = http::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await?;
    let address = listener.local_addr().map_err(ServeError::Io)?;
    let stop = CancellationToken::new();
    let app = App::new(store.clone(), Arc::new(clock.clone()));
    let server = tokio::spawn(http::serve(listener, app, stop.clone().cancelled_owned()));

    let folder = setting.data.join("phones");
    let base = format!("http://{address}");
    let invited = invite(store, phones, &base, clock.now()).await?;
    let (seed, moved) = (setting.seed, clock.clone());
    let fleet = off_thread(move || Fleet::hand_out(&invited, &folder, &base, seed, STARTS, moved)).await?;
    let fleet = Arc::new(fleet);
    let bar = progress(u64::try_from(phones.len()).unwrap_or(0) * (u64::from(setting.weeks) * 7 + 1));
    let campaign = launch(&fleet, script::campaign(bank, STARTS, setting.weeks), &bar).await?;
    let mut verifier = ChaCha8Rng::seed_from_u64(setting.seed ^ 0x7665_7269);
    for day in 0..i64::from(setting.weeks) * 7 {
        let date = STARTS.saturating_add(day.days());
        bar.set_message(format!("{} · {date}", Week::of(date)));
        play_day(&fleet, date, &bar).await?;
        if day % 7 == 0 {
            // Monday's cut-off has passed.
            calendar::seal_due(store.as_ref(), clock.now()).await?;
        }
        if day % 7 == 4 {
            verify(store.as_ref(), campaign, bank, clock, &mut verifier).await?;
        }
    }
    let ends = STARTS.saturating_add((i64::from(setting.weeks) * 7).days());
    let last = i64::from(setting.weeks) * 7 * 86_400_000 + 10 * 3_600_000;
    let cutoff = ServerTime::nearest(Zone::china().start_of(STARTS).saturating_add(last));
    clock.advance_to(cutoff);
    calendar::seal_due(store.as_ref(), cutoff).await?;
    bar.set_message("settling");
    settle(&fleet, ends, &bar).await?;
    bar.finish_and_clear();
    stop.cancel();
    server.await.map_err(|error| DemoError::Broken(error.to_string()))??;

    if let Some(fault) = setting.plant {
        fault.plant(store, &fleet).await?;
    }
    let week = Week::of(ends).previous();
    let table = report::standings(bank, week, &week_standings(store.as_ref(), campaign, bank, week).await?);
    let scratch = tempfile::tempdir().map_err(|error| DemoError::Folder(std::env::temp_dir(), error))?;
    let mut checks = checks::all(store, &fleet, campaign, ends, scratch.path()).await?;
    let counts = fleet.counts();
    let played = report::counts(&counts, &store.counts().await?);
    let nothing = played.iter().filter(|(_, number)| *number == 0).count();
    checks.push(Check { promise: "something of everything was played", looked_at: played.len(), broken: nothing });
    let report =
        format!("{table}\n\n{}\n\n{}", report::played(&played, &counts, began.elapsed()), report::checks(&checks));
    Ok(Played { report, checks, store: store.clone(), campaign, week })
}

/// What stands ready before the first day.
struct Stage {
    store: Arc<SqliteStore>,
    clock: ManualClock,
    bank: Bank,
    phones: Vec<bank::PhoneOwner>,
}

async fn set_stage(setting: &Setting) -> Result<Stage, DemoError> {
    let database = database(&setting.data)?;
    let mut rng = ChaCha8Rng::seed_from_u64(setting.seed);
    let city = setting.communities.as_deref().map(City::open).transpose()?;
    let staff = match &city {
        Some(city) => bank::for_areas(&mut rng, setting.phones, STARTS, &city.areas)?,
        None => bank::generate(&mut rng, setting.phones, STARTS)?,
    };
    let clock = ManualClock::at(ServerTime::from_millis(Zone::china().start_of(STARTS))?);
    let options = SqliteOptions { seed: Some(setting.seed), ..SqliteOptions::default() };
    let store = Arc::new(SqliteStore::open(&database, options)?);
    store.set_bank(without_phones(&staff.bank)?).await?;
    match city {
        Some(city) => city.import(store.as_ref(), clock.now()).await?,
        None => {
            let communities = communities::generate(&mut rng, &staff.bank, PER_UNIT);
            write_communities(store.as_ref(), &communities, clock.now()).await?;
        }
    }
    Ok(Stage { store, clock, bank: staff.bank, phones: staff.phones })
}

/// The bank before anybody has a phone.
fn without_phones(bank: &Bank) -> Result<Bank, StaffError> {
    let units = bank.units().cloned().collect();
    Ok(Bank::new(units, bank.people().cloned().collect(), bank.memberships().cloned().collect(), Vec::new())?)
}

/// An invitation for everybody, as an administrator hands them out.
async fn invite(
    store: &Arc<SqliteStore>,
    phones: &[bank::PhoneOwner],
    base: &str,
    at: ServerTime,
) -> Result<Vec<(bank::PhoneOwner, Invitation)>, StoreError> {
    let fingerprint = store.secrets().fingerprint();
    let mut invited = Vec::with_capacity(phones.len());
    for phone in phones {
        let order = InviteOrder { person: phone.person.clone(), by: Actor::Operator, at };
        let Invited { number, code, .. } = store.invite(order).await?;
        let invitation = Invitation { base: base.to_owned(), number, code: InvitationCode::new(code), fingerprint };
        invited.push((phone.clone(), invitation));
    }
    Ok(invited)
}

/// A city's file of communities, which comes in as an operator would import it.
struct City {
    table: Table,
    mapping: Mapping,
    areas: import::Areas,
}

impl City {
    fn open(file: &Path) -> Result<Self, ImportError> {
        let mapping = Mapping::default();
        let table = Table::open(file, &mapping)?;
        let areas = import::areas(&table, &mapping)?;
        Ok(Self { table, mapping, areas })
    }

    async fn import(&self, store: &dyn Store, at: ServerTime) -> Result<(), ImportError> {
        let bar = progress(0);
        let mut report = Report::sums();
        let import = ProspectImport { table: &self.table, mapping: &self.mapping, at, dry_run: false, bar: &bar };
        import.run(store, &mut report).await?;
        let summary = report.finish()?;
        println!(
            "{}: {} rows, {} of them repeated; {} districts",
            self.table.path().display(),
            summary.rows,
            summary.count(Outcome::Identical),
            self.areas.len()
        );
        Ok(())
    }
}

/// Makes the folder, and refuses one that holds a play already.
fn database(data: &Path) -> Result<PathBuf, DemoError> {
    let path = crate::store::sqlite::database_in(data);
    if path.exists() {
        return Err(DemoError::InUse(data.to_owned()));
    }
    std::fs::create_dir_all(data.join("phones")).map_err(|error| DemoError::Folder(data.to_owned(), error))?;
    Ok(path)
}

async fn write_communities(store: &dyn Store, communities: &[Community], at: ServerTime) -> Result<(), StoreError> {
    let bar = progress(u64::try_from(communities.len()).unwrap_or(0));
    bar.set_message("communities");
    for some in communities.chunks(500) {
        let record = |community: &Community| ServerRecord {
            kind: Kind::from(&prospect::KIND),
            prospect: None,
            fields: community.prospect.to_fields(),
            assigned_to: Some(community.unit.clone()),
        };
        store.write(some.iter().map(record).collect(), at).await?;
        bar.inc(u64::try_from(some.len()).unwrap_or(0));
    }
    bar.finish_and_clear();
    Ok(())
}

async fn launch(
    fleet: &Arc<Fleet>,
    campaign: canvass_core::domain::campaign::Campaign,
    bar: &ProgressBar,
) -> Result<RecordId, DemoError> {
    let now = PhoneTime::from_millis(Zone::china().start_of(STARTS) + 7 * 3_600_000)?;
    let (fleet, bar) = (fleet.clone(), bar.clone());
    bar.set_message("first sync");
    off_thread(move || fleet.launch(&campaign, now, &|| bar.inc(1))).await
}

async fn play_day(fleet: &Arc<Fleet>, date: Date, bar: &ProgressBar) -> Result<(), DemoError> {
    let (fleet, bar) = (fleet.clone(), bar.clone());
    off_thread(move || fleet.play(date, &|| bar.inc(1))).await
}

async fn settle(fleet: &Arc<Fleet>, ends: Date, bar: &ProgressBar) -> Result<(), DemoError> {
    let now = PhoneTime::from_millis(Zone::china().start_of(ends) + 8 * 3_600_000)?;
    let (fleet, bar) = (fleet.clone(), bar.clone());
    off_thread(move || fleet.settle(now, &|| bar.tick())).await
}

async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, PhoneError> + Send + 'static,
) -> Result<T, DemoError> {
    let done = tokio::task::spawn_blocking(work).await;
    Ok(done.map_err(|error| DemoError::Broken(error.to_string()))??)
}

/// On Fridays the back office judges what was claimed: most is confirmed, some rejected, some left for later.
async fn verify(
    store: &dyn Store,
    campaign: RecordId,
    bank: &Bank,
    clock: &ManualClock,
    rng: &mut ChaCha8Rng,
) -> Result<(), StoreError> {
    let now = clock.now();
    let units = Whose::Units(bank.units().map(|unit| Some(unit.id.clone())).collect());
    let all = store.contributions(campaign, units, now.week(&Zone::china())).await?;
    let waiting = |rule: Rule| matches!(rule, Rule::AwaitingVerification | Rule::EditedSinceVerification);
    let outcomes: BTreeSet<RecordId> = all.iter().filter(|one| waiting(one.rule)).map(|one| one.source).collect();
    for outcome in outcomes {
        let (verdict, reason) = match rng.random_range(0..10) {
            0..7 => (Verdict::Confirmed, None),
            7 => (Verdict::Rejected, Some("台账中查无此户".to_owned())),
            _ => continue,
        };
        let order = VerifyOrder { reason, ..VerifyOrder::new(outcome, verdict, now, Actor::Operator) };
        store.verify(order).await?;
    }
    Ok(())
}

async fn week_standings(
    store: &dyn Store,
    campaign: RecordId,
    bank: &Bank,
    week: Week,
) -> Result<Vec<canvass_core::ranking::Standing>, StoreError> {
    let tallies = store.tallies(campaign).await?;
    let campaigns = store.campaigns().await?;
    let found = campaigns.iter().find(|stored| stored.id == campaign);
    Ok(found.map(|stored| standings(&stored.campaign, week, bank, &tallies, Basis::Counted)).unwrap_or_default())
}

fn progress(length: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} {msg} {elapsed}");
    ProgressBar::new(length).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

//! `bulletin seal|list|show|verify`: the weekly ranking, sealed and proven from the shell.

use super::Data;
use canvass_core::domain::{PersonId, RecordId, Week};
use canvass_core::ranking::brief;
use canvass_server::calendar;
use canvass_server::clock::{Clock, SystemClock};
use canvass_server::store::{Actor, BulletinKey, Bulletins as _, SealOrder, Store, StoreError};
use clap::{Args, Subcommand};

/// What is done with bulletins.
#[derive(Debug, Subcommand)]
pub(crate) enum Bulletin {
    /// Seal a week that is over, and revise those sealed before it.
    Seal {
        /// The week, such as 2026-W10; otherwise every week whose cut-off has passed.
        #[arg(long)]
        week: Option<Week>,
        /// In whose name: somebody of head office; otherwise the operator's.
        #[arg(long, value_name = "PERSON")]
        by: Option<PersonId>,
        #[command(flatten)]
        which: Which,
    },
    /// List what was sealed, newest first.
    List {
        #[command(flatten)]
        which: Which,
    },
    /// Print a bulletin.
    Show {
        /// The week.
        week: Week,
        /// Which of its revisions; otherwise the newest.
        #[arg(long)]
        revision: Option<u32>,
        /// Print the sheet of which the digest is: `… --sheet | sha256sum` says the same.
        #[arg(long)]
        sheet: bool,
        #[command(flatten)]
        which: Which,
    },
    /// Recompute bulletins from the change log as it was when they were sealed; exit code 1 if one does not hold.
    Verify {
        /// The week; otherwise every bulletin of the campaign.
        week: Option<Week>,
        #[command(flatten)]
        which: Which,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Which {
    /// The campaign's id; may be left out where there is only one.
    #[arg(long)]
    campaign: Option<RecordId>,
    #[command(flatten)]
    data: Data,
}

impl Bulletin {
    pub(crate) async fn run(self) -> anyhow::Result<bool> {
        match self {
            Self::Seal { week, by, which } => seal(week, by, which).await,
            Self::List { which } => {
                let store = which.data.open_existing()?;
                let campaign = calendar::campaign(&store, which.campaign).await?;
                for sealed in store.bulletins(campaign.id).await? {
                    let BulletinKey { week, revision, .. } = sealed.key;
                    println!("{week}\trevision {revision}\t{}\t{}\t{}", sealed.at, sealed.by, sealed.digest);
                }
                Ok(true)
            }
            Self::Show { week, revision, sheet, which } => {
                let store = which.data.open_existing()?;
                let campaign = calendar::campaign(&store, which.campaign).await?.id;
                let newest = store.bulletins(campaign).await?.into_iter().find(|one| one.key.week == week);
                let revision = revision.or(newest.map(|newest| newest.key.revision)).unwrap_or(1);
                let found = store.bulletin(BulletinKey { campaign, week, revision }).await?;
                let (_, bulletin) = found.ok_or(StoreError::NoBulletin(week, revision))?;
                if sheet {
                    print!("{}", bulletin.sheet());
                } else {
                    println!("{}", brief(&bulletin, &*store.bank().await?).zh);
                }
                Ok(true)
            }
            Self::Verify { week, which } => verify(week, which).await,
        }
    }
}

async fn seal(week: Option<Week>, by: Option<PersonId>, which: Which) -> anyhow::Result<bool> {
    let store = which.data.open_existing()?;
    let now = SystemClock.now();
    let written = match week {
        Some(week) => {
            let campaign = calendar::campaign(&store, which.campaign).await?.id;
            let by = by.map_or(Actor::Operator, Actor::Person);
            store.seal(SealOrder { campaign, week, by, at: now }).await?
        }
        None => calendar::seal_due(&store, now).await?,
    };
    if written.is_empty() {
        println!("nothing to seal: no figure differs from what was sealed");
    }
    for key in written {
        let found = store.bulletin(key).await?;
        let digest = found.map(|(sealed, _)| sealed.digest.to_string()).unwrap_or_default();
        println!("sealed {}, revision {}, digest {digest}", key.week, key.revision);
    }
    Ok(true)
}

async fn verify(week: Option<Week>, which: Which) -> anyhow::Result<bool> {
    let store = which.data.open_existing()?;
    let campaign = calendar::campaign(&store, which.campaign).await?.id;
    let mut sealed = store.bulletins(campaign).await?;
    sealed.retain(|one| week.is_none_or(|week| one.key.week == week));
    if let (Some(week), true) = (week, sealed.is_empty()) {
        return Err(StoreError::NoBulletin(week, 1).into());
    }
    let mut all_hold = true;
    let kept: Vec<BulletinKey> = sealed.iter().map(|one| one.key).collect();
    for key in store.told_of(campaign).await? {
        if week.is_none_or(|week| key.week == week) && !kept.contains(&key) {
            println!("{}\trevision {}\tIS MISSING\teverybody was told of it", key.week, key.revision);
            all_hold = false;
        }
    }
    for one in sealed {
        let scratch = tempfile::tempdir()?;
        let check = store.check_bulletin(one.key, scratch.path().join("anew.db")).await?;
        let BulletinKey { week, revision, .. } = check.key;
        let verdict = if check.holds() { "holds" } else { "DOES NOT HOLD" };
        println!("{week}\trevision {revision}\t{verdict}\tdigest {}", check.digest);
        println!(
            "\t{} contributions recomputed from the change log, {} differ; {} as sealed, their records were erased since",
            check.contributions - check.erased,
            check.differing,
            check.erased
        );
        if !check.told {
            println!("\tits digest is not the one that everybody in the bank was told of");
        }
        if !check.sheet_whole {
            println!("\tthe sheet that is kept is not the one that was sealed");
        }
        if !check.figures_equal {
            println!("\tthe ranking made anew says something else");
        }
        all_hold &= check.holds();
    }
    Ok(all_hold)
}

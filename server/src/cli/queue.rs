//! `queue list|accept|refuse`: what waits for a leader's decision, from the shell; and `assign`.

use super::{Data, person_or_operator};
use anyhow::{Context, bail};
use canvass_core::domain::{DeviceNumber, Duty, PersonId, RecordId, UnitId};
use canvass_server::clock::{Clock, SystemClock};
use canvass_server::ingest::Assigned;
use canvass_server::store::Store;
use canvass_server::store::queue::{DecideOrder, HeldFor, Queue as _};
use canvass_server::territory::{self, TerritoryOrder};
use clap::{Args, Subcommand};
use indicatif::ProgressBar;

/// What is done with what is held.
#[derive(Debug, Subcommand)]
pub(crate) enum Queue {
    /// List what is held, oldest first.
    List {
        #[command(flatten)]
        data: Data,
    },
    /// Take what is held of a record.
    Accept(Which),
    /// Refuse what is held of a record; its bytes stay in quarantine, and whoever recorded it is told why.
    Refuse(Which),
}

#[derive(Debug, Args)]
pub(crate) struct Which {
    /// The record's id.
    record: RecordId,
    /// The number of the phone that sent it.
    #[arg(long)]
    device: u32,
    /// Why, in words for whoever recorded it.
    #[arg(long, default_value = "")]
    reason: String,
    /// In whose name: a leader of the unit; otherwise the operator's.
    #[arg(long, value_name = "PERSON")]
    by: Option<PersonId>,
    #[command(flatten)]
    data: Data,
}

impl Queue {
    pub(crate) async fn run(self) -> anyhow::Result<bool> {
        match self {
            Self::List { data } => {
                let store = data.open_existing()?;
                let bank = store.bank().await?;
                for held in store.held().await? {
                    let who = bank.holder(held.device).map_or("", |person| &person.name);
                    let unit = held.unit.as_ref().map_or("head office", UnitId::as_str);
                    let why = match held.held_for {
                        HeldFor::Lease => "older than a lease",
                        HeldFor::Revoked => "handed over by a revoked phone",
                    };
                    println!(
                        "{}\t{}\tdevice {}\t{who}\t{unit}\t{}\t{} changes\t{why}",
                        held.record, held.kind, held.device, held.received_at, held.changes
                    );
                }
                Ok(true)
            }
            Self::Accept(which) => which.decide(true).await,
            Self::Refuse(which) => which.decide(false).await,
        }
    }
}

impl Which {
    async fn decide(self, accept: bool) -> anyhow::Result<bool> {
        if !accept && self.reason.trim().is_empty() {
            bail!("say why with --reason: whoever recorded it is told");
        }
        let store = self.data.open_existing()?;
        let device = DeviceNumber::phone(self.device)?;
        let at = SystemClock.now();
        let held = store.held().await?;
        let held = held.iter().find(|held| held.record == self.record && held.device == device);
        let Some(held) = held else { bail!("nothing is held of record {} from device {device}", self.record) };
        let by = person_or_operator(&store, self.by, Duty::DecideHeld, held.unit.as_ref()).await?;
        let until = held.until;
        let order = DecideOrder { record: self.record, device, until, accept, reason: self.reason, by, at };
        let decided = store.decide(order).await?;
        println!("{} accepted, {} refused, {} still held", decided.accepted, decided.refused, decided.waiting);
        Ok(decided.waiting == 0)
    }
}

/// Assign a prospect, or a whole territory, to a unit, and to an account manager in it.
#[derive(Debug, Args)]
pub(crate) struct Assign {
    /// The prospect's id.
    #[arg(required_unless_present = "from")]
    prospect: Option<RecordId>,
    /// Instead all prospects that are assigned to this unit now: a territory. Cut off, say it again.
    #[arg(long, value_name = "UNIT", conflicts_with = "prospect")]
    from: Option<UnitId>,
    /// Of those only the ones of this account manager.
    #[arg(long, value_name = "PERSON", requires = "from")]
    from_owner: Option<PersonId>,
    /// The unit.
    #[arg(long)]
    unit: UnitId,
    /// The account manager, who then holds its dossiers beside the unit's leaders.
    #[arg(long, value_name = "PERSON")]
    owner: Option<PersonId>,
    /// In whose name; otherwise the operator's.
    #[arg(long, value_name = "PERSON")]
    by: Option<PersonId>,
    #[command(flatten)]
    data: Data,
}

impl Assign {
    pub(crate) async fn run(self) -> anyhow::Result<bool> {
        let store = self.data.open_existing()?;
        let by = person_or_operator(&store, self.by.clone(), Duty::AssignProspects, Some(&self.unit)).await?;
        let prospects = match self.from {
            Some(from) => {
                // Whoever gives a territory away needs the right to there, too.
                person_or_operator(&store, self.by, Duty::AssignProspects, Some(&from)).await?;
                if store.bank().await?.unit(&from).is_none() {
                    bail!(
                        "there is no unit {from}: name the unit itself to which the prospects are assigned, not one above it"
                    );
                }
                store.territory(from, self.from_owner).await?
            }
            None => self.prospect.into_iter().collect(),
        };
        let bar = ProgressBar::new(prospects.len() as u64);
        let to = Assigned { unit: self.unit, owner: self.owner };
        let order = TerritoryOrder { prospects, to, by };
        let done = territory::assign(&store, &SystemClock, order, |done| bar.set_position(done as u64)).await;
        let (assigned, all) = (bar.position(), bar.length().unwrap_or(0));
        bar.finish_and_clear();
        println!("assigned {assigned} of {all}: phones learn of it at their next sync");
        done.context("it stopped there; say it again to go on")?;
        Ok(true)
    }
}

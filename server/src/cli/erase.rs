//! `erase`: destroys what was recorded of somebody who asks for it, from the shell.

use super::{Data, person_or_operator, serve};
use canvass_core::domain::{Duty, PersonId, RecordId};
use canvass_server::blobs::BlobPlace;
use canvass_server::clock::{Clock, SystemClock};
use canvass_server::store::{EraseOrder, Store};
use clap::Args;
use std::io::{IsTerminal, Write};

/// Destroy a record for good, here and on every phone; with a prospect all that belongs to it. What counted goes on counting.
#[derive(Debug, Args)]
pub(crate) struct Erase {
    /// The record's id: a dossier, a visit, an outcome, or a prospect.
    record: RecordId,
    /// Why, for the audit log. Do not write here what is to be forgotten.
    #[arg(long)]
    reason: String,
    /// Ask nothing.
    #[arg(long)]
    yes: bool,
    /// In whose name, who must have the duty; otherwise the operator's.
    #[arg(long, value_name = "PERSON")]
    by: Option<PersonId>,
    /// Where photos and recordings are kept, as `serve` is told.
    #[arg(long, value_name = "FOLDER|URL", env = "CANVASS_ATTACHMENTS")]
    attachments: Option<BlobPlace>,
    #[command(flatten)]
    data: Data,
}

impl Erase {
    pub(crate) async fn run(self) -> anyhow::Result<bool> {
        let store = self.data.open_existing()?;
        let of = store.rows(vec![self.record]).await?.pop().and_then(|row| row.prospect).unwrap_or(self.record);
        let unit = store.assigned(vec![of]).await?.remove(&of).map(|assigned| assigned.unit);
        let by = person_or_operator(&store, self.by, Duty::EraseRecords, unit.as_ref()).await?;
        if !self.yes && !confirmed(self.record)? {
            println!("nothing was erased");
            return Ok(false);
        }
        let order = EraseOrder { record: self.record, reason: self.reason, by, at: SystemClock.now() };
        let erased = store.erase(order).await?;
        // Opening them destroys the bytes of what was erased.
        serve::blobs(&store, self.attachments, SystemClock.now()).await?;
        match erased.len() {
            0 => println!("it was erased before"),
            records => println!(
                "erased {records} records: phones let go of them at their next sync\n\
                 backups made before still hold them; restored beside this secret file and its list of what was erased, \
                 they are erased there again"
            ),
        }
        Ok(true)
    }
}

/// Asks whoever sits at a terminal; who does not has to say --yes.
fn confirmed(record: RecordId) -> anyhow::Result<bool> {
    if !std::io::stdin().is_terminal() {
        anyhow::bail!("erasing cannot be undone: say --yes");
    }
    print!("erase {record} and what belongs to it, for good? Type yes: ");
    std::io::stdout().flush()?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    Ok(answer.trim() == "yes")
}

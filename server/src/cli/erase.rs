//! `erase`: destroys what was recorded of somebody who asks for it, from the shell.

use super::{Data, person_or_operator, serve};
use anyhow::Context;
use canvass_core::domain::{Duty, PersonId, RecordId, prospect};
use canvass_server::blobs::BlobPlace;
use canvass_server::clock::{Clock, SystemClock};
use canvass_server::store::{EraseOrder, SqliteStore, Store};
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
        if self.reason.trim().is_empty() {
            anyhow::bail!("say why with --reason: it is noted in the audit log");
        }
        if !self.yes && !confirmed(&described(&store, self.record).await?)? {
            println!("nothing was erased");
            return Ok(false);
        }
        let order = EraseOrder { record: self.record, reason: self.reason, by, at: SystemClock.now() };
        match store.erase(order).await?.len() {
            0 => println!("it was erased before"),
            records => println!(
                "erased, records with all that belongs to it: {records}; phones let go of them at their next sync\n\
                 its id stands in the list beside the secret file: every database that uses this secret file erases it when it \
                 is opened, a restored copy and the one it was copied from alike\n\
                 backups made before still hold it; restored beside this secret file and its list, it is erased there again"
            ),
        }
        // Opening them destroys the bytes of what was erased.
        serve::blobs(&store, self.attachments, SystemClock.now()).await.context(
            "the records are erased; their photos and recordings could not be reached: name their place as `serve` is told, with \
             --attachments, and say it again (`serve` does it too when it starts)",
        )?;
        Ok(true)
    }
}

/// What would go, in words.
async fn described(store: &SqliteStore, record: RecordId) -> anyhow::Result<String> {
    let Some(row) = store.rows(vec![record]).await?.pop() else { return Ok(format!("record {record}")) };
    let name = row.fields.text("name").map(|name| format!(" {name}")).unwrap_or_default();
    let others = if row.kind.is(&prospect::KIND) { store.group(record).await?.len().saturating_sub(1) } else { 0 };
    Ok(format!("{}{name} ({record}), with {others} records that belong to it,", row.kind))
}

/// Asks whoever sits at a terminal; who does not has to say --yes.
fn confirmed(what: &str) -> anyhow::Result<bool> {
    if !std::io::stdin().is_terminal() {
        anyhow::bail!("erasing cannot be undone: say --yes");
    }
    print!("erase {what} for good? Type yes: ");
    std::io::stdout().flush()?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    Ok(answer.trim() == "yes")
}

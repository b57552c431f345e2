//! `audit verify|tail|export`: who did what, and whether the log can be believed, from the shell.

use super::Data;
use anyhow::{Context, bail};
use canvass_core::domain::{Date, ServerTime, Zone, date_from_text};
use canvass_server::clock::{Clock, SystemClock};
use canvass_server::store::audit::{AuditFault, AuditQuery, Logged};
use canvass_server::store::{Actor, Audit as _, Deed, Entry, SqliteStore};
use clap::{Args, Subcommand, ValueEnum};
use data_encoding::HEXLOWER;
use std::io::Write;

/// What is done with the audit log.
#[derive(Debug, Subcommand)]
pub(crate) enum Audit {
    /// Walk the whole chain and say whether it holds, or what does not fit.
    Verify {
        /// Take the log's end as it is, if nothing else is wrong: what says where it went to was lost.
        #[arg(long)]
        accept: bool,
        #[command(flatten)]
        data: Data,
    },
    /// Show the latest entries, the last one at the end.
    Tail {
        /// How many.
        #[arg(short = 'n', long, default_value_t = 20)]
        entries: usize,
        #[command(flatten)]
        data: Data,
    },
    /// Write all entries to standard output, the oldest first.
    Export(Export),
}

#[derive(Debug, Args)]
pub(crate) struct Export {
    /// As what.
    #[arg(long, value_enum, default_value_t = Format::Csv)]
    format: Format,
    /// From this day on, as it is in China.
    #[arg(long, value_name = "DATE")]
    from: Option<String>,
    /// To the end of this day.
    #[arg(long, value_name = "DATE")]
    to: Option<String>,
    #[command(flatten)]
    data: Data,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    Csv,
    Jsonl,
}

/// How many entries are in memory at a time.
const AT_A_TIME: usize = 1000;

impl Audit {
    pub(crate) async fn run(self) -> anyhow::Result<bool> {
        match self {
            Self::Verify { accept, data } => verify(&data.open_existing()?, accept).await,
            Self::Tail { entries, data } => {
                let store = data.open_existing()?;
                let page = store.audit(AuditQuery { limit: entries, ..AuditQuery::default() }).await?;
                for entry in page.entries.iter().rev() {
                    let Logged { n, at, actor, deed, subject, detail, .. } = entry;
                    println!("{n}\t{at}\t{actor}\t{deed}\t{subject}\t{}", in_line(detail));
                }
                Ok(true)
            }
            Self::Export(export) => export.run().await,
        }
    }
}

async fn verify(store: &SqliteStore, accept: bool) -> anyhow::Result<bool> {
    let check = store.verify_audit().await?;
    match &check.fault {
        None => {
            println!("{} entries hold; the last one's mark is {}", check.entries, HEXLOWER.encode(&check.last));
            Ok(true)
        }
        Some(AuditFault::NoHead | AuditFault::HeadForged | AuditFault::CutOff { .. }) if accept => {
            let fault = check.fault.map(|fault| fault.to_string()).unwrap_or_default();
            store.begin_audit_anew().await?;
            let entry = Entry::new(Actor::Operator, Deed::AuditAccepted, "audit").with(fault);
            store.note(entry, SystemClock.now()).await?;
            println!("{} entries hold, and the end is taken as it is; that is noted in the log", check.entries);
            Ok(true)
        }
        Some(fault) => {
            println!("{} entries hold, then: {fault}", check.entries);
            Ok(false)
        }
    }
}

impl Export {
    async fn run(self) -> anyhow::Result<bool> {
        let from = self.from.as_deref().map(date_from_text).transpose()?.map(start).transpose()?;
        let until = self.to.as_deref().map(date_from_text).transpose()?;
        let until = until.map(|day| day.tomorrow().context("--to is too far away").and_then(start)).transpose()?;
        if from.zip(until).is_some_and(|(from, until)| from >= until) {
            bail!("--from is after --to");
        }
        let store = self.data.open_existing()?;
        let mut out = std::io::stdout().lock();
        if matches!(self.format, Format::Csv) {
            write_csv(&mut out, ["n", "at", "actor", "deed", "subject", "detail", "mark"].map(str::to_owned))?;
        }
        let mut after = 0;
        loop {
            let (after_n, oldest_first, limit) = (Some(after), true, AT_A_TIME);
            let query = AuditQuery { from, until, after: after_n, oldest_first, limit, ..AuditQuery::default() };
            let page = store.audit(query).await?;
            let Some(last) = page.entries.last() else { break };
            after = last.n;
            for entry in page.entries {
                self.format.write(&mut out, entry)?;
            }
        }
        out.flush()?;
        let entry = Entry::new(Actor::Operator, Deed::Exported, "audit");
        store.note(entry, SystemClock.now()).await?;
        Ok(true)
    }
}

/// When a day begins in China.
fn start(day: Date) -> anyhow::Result<ServerTime> {
    Ok(ServerTime::from_millis(Zone::china().start_of(day))?)
}

impl Format {
    fn write(self, out: &mut impl Write, entry: Logged) -> anyhow::Result<()> {
        let (n, at, mark) = (entry.n, entry.at.to_string(), HEXLOWER.encode(&entry.mark));
        match self {
            Self::Csv => {
                let words = [entry.actor, entry.deed, entry.subject, entry.detail].map(harmless);
                let [actor, deed, subject, detail] = words;
                write_csv(out, [n.to_string(), at, actor, deed, subject, detail, mark])
            }
            Self::Jsonl => {
                let line = serde_json::json!({
                    "n": n, "at": at, "actor": entry.actor, "deed": entry.deed, "subject": entry.subject,
                    "detail": entry.detail, "mark": mark,
                });
                Ok(writeln!(out, "{line}")?)
            }
        }
    }
}

fn write_csv(out: &mut impl Write, cells: [String; 7]) -> anyhow::Result<()> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(cells)?;
    Ok(out.write_all(&writer.into_inner()?)?)
}

/// No cell is a formula to a spreadsheet.
fn harmless(cell: String) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{cell}") } else { cell }
}

/// What somebody wrote makes no line of its own.
fn in_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

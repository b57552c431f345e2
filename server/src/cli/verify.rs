//! `verify`: the back office's verdict on an outcome, from the shell.

use super::Data;
use canvass_core::domain::verification::Verdict;
use canvass_core::domain::{Date, Money, PersonId, RecordId, UnitId, date_from_text};
use canvass_server::clock::{Clock, SystemClock};
use canvass_server::store::{Actor, Store, VerifyOrder};
use clap::Args;

/// Give the back office's verdict on an outcome as it now stands.
#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// The outcome's id.
    outcome: RecordId,
    #[command(flatten)]
    verdict: VerdictArg,
    /// Why, in words for the claimant.
    #[arg(long)]
    reason: Option<String>,
    /// The amount in the ledger in yuan, if it differs from the claim.
    #[arg(long, value_name = "YUAN", conflicts_with = "reject")]
    amount: Option<Money>,
    /// The day in the ledger, if it differs from the claim.
    #[arg(long, value_name = "DAY", value_parser = date_from_text, conflicts_with = "reject")]
    date: Option<Date>,
    /// The unit to which it is credited, if not the claimant's home unit.
    #[arg(long, conflicts_with = "reject")]
    unit: Option<UnitId>,
    /// The person whose verdict it is, who must have the right to give it; otherwise it is the operator's.
    #[arg(long, value_name = "PERSON")]
    by: Option<PersonId>,
    #[command(flatten)]
    data: Data,
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

impl Verify {
    pub(crate) async fn run(self) -> anyhow::Result<bool> {
        let verdict = if self.verdict.confirm { Verdict::Confirmed } else { Verdict::Rejected };
        let by = self.by.map_or(Actor::Operator, Actor::Person);
        let order = VerifyOrder {
            reason: self.reason,
            amount: self.amount,
            opened_on: self.date,
            unit: self.unit,
            ..VerifyOrder::new(self.outcome, verdict, SystemClock.now(), by)
        };
        let verification = self.data.open_existing()?.verify(order).await?;
        println!("verification {verification} written: it counts now, and reaches the phones at their next sync");
        Ok(true)
    }
}

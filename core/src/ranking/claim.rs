//! An outcome with what the back office says of it: what is claimed, what was verified, and whether the verdict is on what
//! the outcome says now.

use super::{GroupRow, Rule};
use crate::domain::campaign::{Metric, Rules};
use crate::domain::outcome::{Outcome, Product};
use crate::domain::verification::{self, Verdict, Verification};
use crate::domain::{Date, Fields, Money, RecordId, UnitId, Value};
use crate::projection::{Conflict, Row};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// A row's fields as they count: where people disagree, what held before holds on. Where nothing did, the value shown
/// stands in, which is the same on every side, so that the claim is not lost from sight.
pub(super) fn counting_fields(row: &Row) -> Cow<'_, Fields> {
    let mut fields = Cow::Borrowed(&row.fields);
    for conflict in &row.conflicts {
        if let Some(before) = held_before(conflict) {
            fields.to_mut().put(conflict.field.clone(), before.clone());
        }
    }
    fields
}

pub(super) fn held_before(conflict: &Conflict) -> Option<&Value> {
    conflict.before.as_ref().filter(|before| **before != Value::Null)
}

/// The verifications of a group by the outcome they judge, the newest last.
pub(super) struct Verdicts(BTreeMap<RecordId, Vec<Verification>>);

impl Verdicts {
    pub(super) fn of(rows: &[&GroupRow]) -> Self {
        let verifications = rows.iter().filter(|row| row.row.kind.is(&verification::KIND) && !row.row.withdrawn);
        let mut newest_last: Vec<&&GroupRow> = verifications.collect();
        // By when each was given: what a restored server gets back comes in any order.
        newest_last.sort_by_key(|row| (row.received_at, row.seq, row.row.id));
        let mut by_outcome: BTreeMap<RecordId, Vec<Verification>> = BTreeMap::new();
        for verification in newest_last.into_iter().filter_map(|row| Verification::read(&row.row.fields).ok()) {
            by_outcome.entry(verification.outcome).or_default().push(verification);
        }
        Self(by_outcome)
    }

    /// The verification that holds for an outcome as it now is, or why none does. While people disagree none can: nobody
    /// knows which of the values was judged.
    fn on(&self, outcome: &Row) -> Result<&Verification, Rule> {
        if outcome.scoring_conflict() {
            return Err(Rule::Conflict);
        }
        let heads = outcome.heads_bytes();
        let all = self.0.get(&outcome.id).ok_or(Rule::AwaitingVerification)?;
        all.iter().rev().find(|verification| verification.heads == heads).ok_or(Rule::EditedSinceVerification)
    }
}

/// An outcome with what the back office says of it, before any campaign looks at it.
pub(super) struct Claim<'a> {
    pub(super) row: &'a GroupRow,
    /// The outcome as verified, else as claimed; none if it cannot be read.
    pub(super) outcome: Option<Outcome>,
    /// Its day, which may be readable when the rest is not.
    pub(super) opened_on: Option<Date>,
    /// An amount stands there that is none.
    pub(super) amount_unreadable: bool,
    /// The verdict that holds, or why none does.
    pub(super) verdict: Result<Verdict, Rule>,
    /// The unit that the back office credits.
    pub(super) unit: Option<UnitId>,
}

impl<'a> Claim<'a> {
    pub(super) fn read(row: &'a GroupRow, verdicts: &Verdicts) -> Self {
        let mut fields = counting_fields(&row.row);
        let verification = verdicts.on(&row.row);
        // What a refusal found in the ledger is no correction: the claim is shown as it was made.
        if let Some(found) = verification.ok().filter(|held| held.verdict == Verdict::Confirmed) {
            for (name, value) in
                [("amount", found.amount.map(Value::from)), ("opened_on", found.opened_on.map(Value::from))]
            {
                if value.is_some() {
                    fields.to_mut().set(name, value);
                }
            }
        }
        let amount_stands = !matches!(fields.get("amount"), None | Some(Value::Null));
        Self {
            row,
            outcome: Outcome::read(&fields).ok(),
            opened_on: fields.date("opened_on"),
            amount_unreadable: amount_stands && fields.money("amount").is_none(),
            verdict: verification.map(|held| held.verdict),
            unit: verification.ok().and_then(|held| held.unit.clone()),
        }
    }

    pub(super) fn is_account(&self) -> bool {
        self.outcome.as_ref().is_some_and(|outcome| outcome.product == Product::Account)
    }

    /// What it adds: each metric with its value, `None` where the figure cannot be read, and the rule once confirmed.
    pub(super) fn figures(&self, tiers: &Rules) -> Vec<(Metric, Option<i64>, Rule)> {
        // What cannot be read at all is listed where a leader looks first.
        let Some(outcome) = &self.outcome else { return vec![(Metric::Communities, None, Rule::Unreadable)] };
        let fen = outcome.amount.map(Money::fen);
        match outcome.product {
            Product::Account => {
                let tier = tiers.tier(outcome.amount.unwrap_or(Money::ZERO));
                let won = (Metric::Communities, Some(1), Rule::Won { tier });
                let fund = (fen.is_some() || self.amount_unreadable).then_some((Metric::Fund, fen, Rule::Fund));
                std::iter::once(won).chain(fund).collect()
            }
            Product::Cards => vec![(Metric::Cards, outcome.cards, Rule::CardsIssued)],
            Product::Wealth => vec![(Metric::Wealth, fen, Rule::WealthSold)],
        }
    }
}

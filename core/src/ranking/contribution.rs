//! 计分项: the one ledger. A prospect's visits, outcomes and verifications are taken as one group, because which account
//! won the community depends on all of them; the group's contributions are a function of its set of rows.

use super::{Rule, Status};
use crate::domain::campaign::{Campaign, Metric, Rules};
use crate::domain::outcome::{self, Outcome, Product};
use crate::domain::verification::{self, Verdict, Verification};
use crate::domain::{
    Bank, Date, Fields, Kind, Money, Person, PersonId, RecordId, ServerTime, UnitId, Value, Week, prospect, visit,
};
use crate::projection::{Conflict, Row};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// How far a phone's clock may run ahead before its visit counts as not having happened yet.
const AHEAD_MS: i64 = 10 * 60_000;

/// One fact as it counts in one campaign. Campaign, source and metric together are its key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Contribution {
    /// In which campaign.
    pub campaign: RecordId,
    /// The visit or outcome.
    pub source: RecordId,
    /// What it adds to.
    pub metric: Metric,
    /// With which prospect.
    pub prospect: RecordId,
    /// The unit it is credited to: the verified one, else the person's home unit on that day. What counts always has one.
    pub unit: Option<UnitId>,
    /// Who achieved it: the holder of the device that began the record.
    pub person: Option<PersonId>,
    /// The week in which it counts, in the campaign's zone.
    pub week: Week,
    /// How much: fen, cards, visits or communities; for what is left out, how much it would have been.
    pub value: i64,
    /// Whether it counts.
    pub status: Status,
    /// By which rule.
    pub rule: Rule,
}

/// A record's row, and what only the server knows of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupRow {
    /// The row.
    pub row: Row,
    /// When the server received the record's first change.
    pub received_at: ServerTime,
    /// The place of the record's last change in the server's order: of two verifications the higher one holds.
    pub seq: u64,
}

/// A prospect's visits, outcomes and verifications, in any order.
#[derive(Debug, Clone, Copy)]
pub struct Group<'a> {
    /// The prospect.
    pub prospect: RecordId,
    /// Whether the prospect's own record is here: what is done with one that nobody recorded counts for nothing.
    pub known: bool,
    /// Its rows; those of other kinds do not matter.
    pub rows: &'a [GroupRow],
    /// The contributions of its records that were erased. They stay as they stood and are not among those computed, but one of
    /// them may have won the community.
    pub erased: &'a [Contribution],
}

/// What a change of one record can change of the contributions of its prospect's group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Nothing.
    Nothing,
    /// Its own contributions: visits count each by itself.
    Itself,
    /// Those of all the prospect's outcomes: one of them won the community, and verifications judge others.
    Outcomes,
    /// All: what is done with a prospect counts once its own record is here.
    Group,
}

impl Reach {
    /// How far a record of a kind reaches.
    pub fn of(kind: &Kind) -> Self {
        match kind {
            kind if kind.is(&visit::KIND) => Self::Itself,
            kind if kind.is(&outcome::KIND) || kind.is(&verification::KIND) => Self::Outcomes,
            kind if kind.is(&prospect::KIND) => Self::Group,
            _ => Self::Nothing,
        }
    }
}

/// All contributions of a group to some campaigns, in order. A record counts in every campaign whose days cover it; what is
/// left out is listed too, with the rule. A record without a readable day is listed under the day on which it came.
///
/// Of a group whose rows are only some of the visits, or only the outcomes and verifications, these are the contributions
/// that those records have in the whole group ([`Reach`]).
pub fn contributions(group: &Group<'_>, campaigns: &[(RecordId, Campaign)], bank: &Bank) -> Vec<Contribution> {
    let mut rows: Vec<&GroupRow> = group.rows.iter().collect();
    // Should a record be given twice, its newest row stands.
    rows.sort_by(|a, b| {
        let newest = |r: &&GroupRow| (r.seq, r.received_at);
        a.row.id.cmp(&b.row.id).then_with(|| newest(b).cmp(&newest(a))).then_with(|| b.row.heads.cmp(&a.row.heads))
    });
    rows.dedup_by_key(|row| row.row.id);
    let verdicts = Verdicts::of(&rows);
    let of_kind = |spec| rows.iter().filter(move |row| row.row.kind.is(spec));
    let outcomes: Vec<Claim<'_>> = of_kind(&outcome::KIND).map(|row| Claim::read(row, &verdicts)).collect();

    let mut all = Vec::new();
    for (id, campaign) in campaigns {
        let ledger = Ledger { id: *id, campaign, bank, prospect: group.prospect };
        all.extend(of_kind(&visit::KIND).filter_map(|row| ledger.visit(row)));
        let won = |one: &&Contribution| {
            one.metric == Metric::Communities && matches!(one.status, Status::Confirmed | Status::Pending)
        };
        let taken = group.erased.iter().filter(won).any(|one| one.campaign == *id);
        ledger.outcomes(&outcomes, taken, &mut all);
    }
    if !group.known {
        for one in all.iter_mut().filter(|one| one.status != Status::Excluded) {
            one.rule = Rule::UnknownProspect;
            one.status = one.rule.status();
        }
    }
    all.sort_unstable();
    all
}

/// A row's fields as they count: where people disagree, what held before holds on. Where nothing did, the value shown
/// stands in, which is the same on every side, so that the claim is not lost from sight.
fn counting_fields(row: &Row) -> Cow<'_, Fields> {
    let mut fields = Cow::Borrowed(&row.fields);
    for conflict in &row.conflicts {
        if let Some(before) = held_before(conflict) {
            fields.to_mut().put(conflict.field.clone(), before.clone());
        }
    }
    fields
}

fn held_before(conflict: &Conflict) -> Option<&Value> {
    conflict.before.as_ref().filter(|before| **before != Value::Null)
}

/// The verifications of a group by the outcome they judge, the newest last.
struct Verdicts(BTreeMap<RecordId, Vec<Verification>>);

impl Verdicts {
    fn of(rows: &[&GroupRow]) -> Self {
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
struct Claim<'a> {
    row: &'a GroupRow,
    /// The outcome as verified, else as claimed; none if it cannot be read.
    outcome: Option<Outcome>,
    /// Its day, which may be readable when the rest is not.
    opened_on: Option<Date>,
    /// An amount stands there that is none.
    amount_unreadable: bool,
    /// The verdict that holds, or why none does.
    verdict: Result<Verdict, Rule>,
    /// The unit that the back office credits.
    unit: Option<UnitId>,
}

impl<'a> Claim<'a> {
    fn read(row: &'a GroupRow, verdicts: &Verdicts) -> Self {
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

    fn is_account(&self) -> bool {
        self.outcome.as_ref().is_some_and(|outcome| outcome.product == Product::Account)
    }

    /// What it adds: each metric with its value, `None` where the figure cannot be read, and the rule once confirmed.
    fn figures(&self, tiers: &Rules) -> Vec<(Metric, Option<i64>, Rule)> {
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

/// What a claim comes to in one campaign.
struct Credited<'a> {
    claim: &'a Claim<'a>,
    date: Date,
    unit: Option<UnitId>,
    /// The rule that leaves it out, whatever the other claims are.
    left_out: Option<Rule>,
}

/// One campaign's side of the ledger.
struct Ledger<'a> {
    id: RecordId,
    campaign: &'a Campaign,
    bank: &'a Bank,
    prospect: RecordId,
}

impl Ledger<'_> {
    /// A visit counts at once. While people disagree about its time, the time that held before counts; where none did, it
    /// is pending under the one shown.
    fn visit(&self, source: &GroupRow) -> Option<Contribution> {
        let row = &source.row;
        let fields = counting_fields(row);
        if visit::is_planned(&fields) {
            return None;
        }
        let occurred_at = fields.time("occurred_at");
        let date = match occurred_at {
            Some(time) => time.date(&self.campaign.zone),
            None => source.received_at.date(&self.campaign.zone),
        };
        if !self.campaign.covers(date) {
            return None;
        }
        let home = self.home(row, date);
        let undecided = row.conflicts.iter().any(|c| c.field.as_str() == "occurred_at" && held_before(c).is_none());
        let rule = match (occurred_at, &home) {
            _ if row.withdrawn => Rule::Withdrawn,
            (None, _) => Rule::Unreadable,
            (Some(time), _) if source.received_at.skew_ms(time) < -AHEAD_MS => Rule::Future,
            (_, Err(no_home)) => *no_home,
            _ if undecided => Rule::Conflict,
            _ => Rule::Visited,
        };
        Some(self.contribution(row, Metric::Visits, 1, date, home.ok().cloned(), rule))
    }

    /// `taken` when an outcome that was erased has won the community.
    fn outcomes(&self, claims: &[Claim<'_>], taken: bool, all: &mut Vec<Contribution>) {
        let credited: Vec<Credited<'_>> = claims.iter().filter_map(|claim| self.credit(claim)).collect();
        let accounts = credited.iter().filter(|c| c.claim.is_account() && c.left_out.is_none());
        let winner = accounts.map(|c| (c.date, c.claim.row.row.id)).min();
        for Credited { claim, date, unit, left_out } in credited {
            let row = &claim.row.row;
            let came_later = claim.is_account() && (taken || winner.is_some_and(|(_, first)| first != row.id));
            let left_out = left_out.or(came_later.then_some(Rule::AlreadyWon));
            for (metric, value, confirmed) in claim.figures(&self.campaign.rules(Week::of(date))) {
                let rule = match (left_out, value, claim.verdict) {
                    (Some(left_out), ..) => left_out,
                    (None, None, _) => Rule::Unreadable,
                    (None, _, Ok(_)) => confirmed,
                    (None, _, Err(pending)) => pending,
                };
                all.push(self.contribution(row, metric, value.unwrap_or(0), date, unit.clone(), rule));
            }
        }
    }

    fn credit<'a>(&self, claim: &'a Claim<'a>) -> Option<Credited<'a>> {
        let row = &claim.row.row;
        let received_on = claim.row.received_at.date(&self.campaign.zone);
        let date = claim.opened_on.unwrap_or(received_on);
        if !self.campaign.covers(date) {
            return None;
        }
        let unit = match &claim.unit {
            Some(unit) => Ok(unit),
            None => self.home(row, date),
        };
        let left_out = match (claim.verdict, &unit) {
            _ if row.withdrawn => Some(Rule::Withdrawn),
            _ if claim.outcome.is_none() => Some(Rule::Unreadable),
            (Ok(Verdict::Rejected), _) => Some(Rule::RejectedByVerification),
            // Confirmed, its day stands in the bank's own ledger.
            (Err(_), _) if date > received_on => Some(Rule::Future),
            (_, Err(no_home)) => Some(*no_home),
            _ => None,
        };
        Some(Credited { claim, date, unit: unit.ok().cloned(), left_out })
    }

    fn author(&self, row: &Row) -> Option<&Person> {
        self.bank.holder(row.author?)
    }

    fn home(&self, row: &Row, date: Date) -> Result<&UnitId, Rule> {
        let person = self.author(row).ok_or(Rule::UnknownAuthor)?;
        self.bank.home_unit(&person.id, date).ok_or(Rule::NoHomeUnit)
    }

    fn contribution(
        &self,
        row: &Row,
        metric: Metric,
        value: i64,
        date: Date,
        unit: Option<UnitId>,
        rule: Rule,
    ) -> Contribution {
        Contribution {
            campaign: self.id,
            source: row.id,
            metric,
            prospect: self.prospect,
            unit,
            person: self.author(row).map(|person| person.id.clone()),
            week: Week::of(date),
            value,
            status: rule.status(),
            rule,
        }
    }
}

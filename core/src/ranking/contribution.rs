//! 计分项: the one ledger. A prospect's visits, outcomes and verifications are taken as one group, because which account
//! won the community depends on all of them; the group's contributions are a function of its set of rows.

use super::claim::{Claim, Verdicts, counting_fields, held_before};
use super::share::split;
use super::{Rule, Status};
use crate::domain::campaign::{Campaign, Credit, Metric, Rules};
use crate::domain::verification::{self, Verdict};
use crate::domain::{
    Bank, Date, Fields, Kind, KindSpec, Person, PersonId, PhoneTime, RecordId, ServerTime, UnitId, Week, activity,
    outcome, prospect, visit,
};
use crate::projection::Row;
use std::collections::BTreeMap;

/// How far a phone's clock may run ahead before its visit counts as not having happened yet.
const AHEAD_MS: i64 = 10 * 60_000;

/// One fact as it counts in one campaign. Campaign, source, metric and person together are its key: a team's outcome is
/// several.
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
    /// Who achieved it: the holder of the device that began the record, or a member of the prospect's team.
    pub person: Option<PersonId>,
    /// The week in which it counts, in the campaign's zone.
    pub week: Week,
    /// How much: fen, cards, visits, activities or communities; for what is left out, how much it would have been.
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
    /// When it received the newest one: what was planned says only then that it took place.
    pub changed_at: ServerTime,
    /// The place of the record's last change in the server's order: of two verifications the higher one holds.
    pub seq: u64,
}

/// A prospect's visits, activities, outcomes and verifications, in any order.
#[derive(Debug, Clone, Copy)]
pub struct Group<'a> {
    /// The prospect.
    pub prospect: RecordId,
    /// Whether the prospect's own record is here: what is done with one that nobody recorded counts for nothing.
    pub known: bool,
    /// The shares of the prospect's marketing team, where there is one.
    pub team: &'a BTreeMap<PersonId, i64>,
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
    /// Its own contributions: visits and activities count each by itself.
    Itself,
    /// Those of all the prospect's outcomes: one of them won the community, verifications judge others, and the
    /// prospect's team shares them.
    Outcomes,
    /// All: what is done with a prospect counts once its own record is here.
    Group,
}

impl Reach {
    /// How far a record of a kind reaches; `new` if it came just now.
    pub fn of(kind: &Kind, new: bool) -> Self {
        match kind {
            kind if SINGLE.iter().any(|one| kind.is(one.kind)) => Self::Itself,
            kind if kind.is(&outcome::KIND) || kind.is(&verification::KIND) => Self::Outcomes,
            kind if kind.is(&prospect::KIND) => {
                if new {
                    Self::Group
                } else {
                    Self::Outcomes
                }
            }
            _ => Self::Nothing,
        }
    }
}

/// A kind whose records count each by itself, as one, and at once.
struct Single {
    kind: &'static KindSpec,
    metric: Metric,
    rule: Rule,
    /// Whether it has yet to take place.
    planned: fn(&Fields) -> bool,
}

static SINGLE: [Single; 2] = [
    Single { kind: &visit::KIND, metric: Metric::Visits, rule: Rule::Visited, planned: visit::is_planned },
    Single {
        kind: &activity::KIND,
        metric: Metric::Activities,
        rule: Rule::ActivityHeld,
        planned: activity::is_planned,
    },
];

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
        let rules = campaign.versions.keys().map(|week| (*week, campaign.rules(*week))).collect();
        let ledger = Ledger { id: *id, campaign, rules, bank, group };
        for single in &SINGLE {
            all.extend(of_kind(single.kind).filter_map(|row| ledger.single(single, row)));
        }
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

/// What a claim comes to in one campaign.
struct Credited<'a> {
    claim: &'a Claim<'a>,
    date: Date,
    /// To whom it is credited, with their shares.
    hands: Vec<(Hand, i64)>,
    /// The rule that leaves it out, whatever the other claims are.
    left_out: Option<Rule>,
}

/// Who is credited, and with which unit, or why with none.
struct Hand {
    person: Option<PersonId>,
    unit: Result<UnitId, Rule>,
}

/// One campaign's side of the ledger.
struct Ledger<'a> {
    id: RecordId,
    campaign: &'a Campaign,
    /// Each version of its rules, by the week from which it holds.
    rules: BTreeMap<Week, Rules>,
    bank: &'a Bank,
    group: &'a Group<'a>,
}

/// What holds where a campaign has no rules yet.
static NO_RULES: std::sync::LazyLock<Rules> = std::sync::LazyLock::new(Rules::default);

impl Ledger<'_> {
    fn rules(&self, date: Date) -> &Rules {
        self.rules.range(..=Week::of(date)).next_back().map_or(&*NO_RULES, |(_, rules)| rules)
    }

    /// A visit or an activity counts at once. While people disagree about its time, the time that held before counts; where
    /// none did, it is pending under the one shown.
    fn single(&self, single: &Single, source: &GroupRow) -> Option<Contribution> {
        let row = &source.row;
        let fields = counting_fields(row);
        if (single.planned)(&fields) {
            return None;
        }
        let received_on = source.received_at.date(&self.campaign.zone);
        let occurred_at = fields.time("occurred_at");
        let date = occurred_at.map_or(received_on, |time| time.date(&self.campaign.zone));
        if !self.campaign.covers(date) {
            return None;
        }
        let hand = self.author_at_home(row, date);
        let undecided = row.conflicts.iter().any(|c| c.field.as_str() == "occurred_at" && held_before(c).is_none());
        let qualifying = &self.rules(date).qualifying;
        // What was planned before was recorded long before it happened: only when it was said to have can be wrong.
        let planned = fields.time("planned_at").is_some();
        let known_at = if planned { source.changed_at } else { source.received_at };
        let days_late = received_on.duration_since(date).as_hours() / 24;
        let rule = match (occurred_at, &hand.unit) {
            _ if row.withdrawn => Rule::Withdrawn,
            (None, _) => Rule::Unreadable,
            (Some(time), _) if known_at.skew_ms(time) < -AHEAD_MS => Rule::Future,
            (Some(time), _) if qualifying.leaves_out_untrusted && !planned && untrusted(source, time) => {
                Rule::UntrustedClock
            }
            _ if !planned && qualifying.late_days.is_some_and(|allowed| days_late > allowed) => Rule::Late,
            (_, Err(no_home)) => *no_home,
            _ if single.metric == Metric::Visits && !qualifying.admits_visit(&fields) => Rule::DoesNotQualify,
            _ if undecided => Rule::Conflict,
            _ => single.rule,
        };
        Some(self.contribution(row, single.metric, 1, date, &hand, rule))
    }

    /// `taken` when an outcome that was erased has won the community.
    fn outcomes(&self, claims: &[Claim<'_>], taken: bool, all: &mut Vec<Contribution>) {
        let credited: Vec<Credited<'_>> = claims.iter().filter_map(|claim| self.credit(claim)).collect();
        let accounts = credited.iter().filter(|c| c.claim.is_account() && c.left_out.is_none());
        let winner = accounts.map(|c| (c.date, c.claim.row.row.id)).min();
        for Credited { claim, date, hands, left_out } in credited {
            let row = &claim.row.row;
            let came_later = claim.is_account() && (taken || winner.is_some_and(|(_, first)| first != row.id));
            let left_out = left_out.or(came_later.then_some(Rule::AlreadyWon));
            for (metric, value, confirmed) in claim.figures(self.rules(date)) {
                let rule = match (left_out, value, claim.verdict) {
                    (Some(left_out), ..) => left_out,
                    (None, None, _) => Rule::Unreadable,
                    (None, _, Ok(_)) => confirmed,
                    (None, _, Err(pending)) => pending,
                };
                let parts = split(value.unwrap_or(0), hands.iter().map(|(_, share)| *share));
                for (part, (hand, _)) in parts.into_iter().zip(&hands) {
                    let Some(part) = part else { continue };
                    let rule = match &hand.unit {
                        Err(no_home) if rule.status().counts() => *no_home,
                        _ => rule,
                    };
                    all.push(self.contribution(row, metric, part, date, hand, rule));
                }
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
        let hands = self.hands(claim, date);
        let qualifying = &self.rules(date).qualifying;
        let nobodys = hands.iter().find_map(|(hand, _)| hand.unit.as_ref().err()).copied();
        let left_out = match (claim.verdict, &claim.outcome) {
            _ if row.withdrawn => Some(Rule::Withdrawn),
            (_, None) => Some(Rule::Unreadable),
            (Ok(Verdict::Rejected), _) => Some(Rule::RejectedByVerification),
            // Confirmed, its day stands in the bank's own ledger.
            (Err(_), _) if date > received_on => Some(Rule::Future),
            _ if hands.iter().all(|(hand, _)| hand.unit.is_err()) => nobodys,
            (_, Some(outcome)) if !claim.amount_unreadable && !qualifying.admits_outcome(outcome) => {
                Some(Rule::DoesNotQualify)
            }
            _ => None,
        };
        Some(Credited { claim, date, hands, left_out })
    }

    /// Who is credited with a claim: whoever recorded it, or the prospect's team by its shares. The unit that the back office
    /// credits holds for all of them.
    fn hands(&self, claim: &Claim<'_>, date: Date) -> Vec<(Hand, i64)> {
        let credited_by_office = |hand: Hand| match &claim.unit {
            Some(unit) => Hand { unit: Ok(unit.clone()), ..hand },
            None => hand,
        };
        let team: Vec<_> = self.group.team.iter().filter(|(_, share)| **share > 0).collect();
        if self.rules(date).credit == Credit::Recorder || team.is_empty() {
            return vec![(credited_by_office(self.author_at_home(&claim.row.row, date)), 1)];
        }
        let hand = |person: &PersonId| Hand { unit: self.home(person, date), person: Some(person.clone()) };
        let mut hands: Vec<_> =
            team.into_iter().map(|(person, share)| (credited_by_office(hand(person)), *share)).collect();
        // Who is of no unit that day has no share, unless nobody is of any.
        if hands.iter().any(|(hand, _)| hand.unit.is_ok()) {
            hands.retain(|(hand, _)| hand.unit.is_ok());
        }
        hands
    }

    fn author(&self, row: &Row) -> Option<&Person> {
        self.bank.holder(row.author?)
    }

    fn author_at_home(&self, row: &Row, date: Date) -> Hand {
        let person = self.author(row).map(|person| person.id.clone());
        let unit = person.as_ref().ok_or(Rule::UnknownAuthor).and_then(|person| self.home(person, date));
        Hand { person, unit }
    }

    fn home(&self, person: &PersonId, date: Date) -> Result<UnitId, Rule> {
        self.bank.home_unit(person, date).cloned().ok_or(Rule::NoHomeUnit)
    }

    fn contribution(&self, row: &Row, metric: Metric, value: i64, date: Date, hand: &Hand, rule: Rule) -> Contribution {
        Contribution {
            campaign: self.id,
            source: row.id,
            metric,
            prospect: self.group.prospect,
            unit: hand.unit.as_ref().ok().cloned(),
            person: hand.person.clone(),
            week: Week::of(date),
            value,
            status: rule.status(),
            rule,
        }
    }
}

/// Whether the clock of the phone that recorded something cannot have been right: it was recorded after it was received, or
/// is said to have happened after it was recorded. A clock that was behind looks like a phone that was offline.
fn untrusted(source: &GroupRow, occurred_at: PhoneTime) -> bool {
    let recorded_at = source.row.id.begun_at();
    recorded_at.is_some_and(|recorded_at| {
        source.received_at.skew_ms(recorded_at) < -AHEAD_MS || occurred_at.millis() - recorded_at.millis() > AHEAD_MS
    })
}

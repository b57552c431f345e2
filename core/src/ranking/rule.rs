//! How a fact counts, and by which rule: stored with each contribution, and shown to whoever asks why.

use crate::domain::{Invalid, Label};
use std::fmt;
use std::str::FromStr;

/// Whether a fact counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// It counts.
    Confirmed,
    /// It counts in standings, shown apart, until the back office has judged it.
    Pending,
    /// The back office refused it.
    Rejected,
    /// A rule leaves it out.
    Excluded,
}

impl Status {
    /// All of them, in the order of the tables.
    pub const ALL: [Self; 4] = [Self::Confirmed, Self::Pending, Self::Rejected, Self::Excluded];

    /// Its name in rows and URLs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::Pending => "pending",
            Self::Rejected => "rejected",
            Self::Excluded => "excluded",
        }
    }

    /// The status of a name.
    ///
    /// # Errors
    /// When there is no such status.
    pub fn named(name: &str) -> Result<Self, Invalid> {
        Self::ALL
            .into_iter()
            .find(|status| status.name() == name)
            .ok_or_else(|| Invalid::new("status", name, "confirmed, pending, rejected or excluded"))
    }

    /// Its name on pages.
    pub fn label(self) -> Label {
        match self {
            Self::Confirmed => Label { zh: "已确认", en: "Confirmed" },
            Self::Pending => Label { zh: "待核实", en: "Pending" },
            Self::Rejected => Label { zh: "已驳回", en: "Rejected" },
            Self::Excluded => Label { zh: "不计", en: "Not counted" },
        }
    }

    /// Whether it adds to standings: confirmed or pending.
    pub fn counts(self) -> bool {
        matches!(self, Self::Confirmed | Self::Pending)
    }
}

/// The rule that counted a fact or left it out. Each belongs to one status, which [`Rule::status`] names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// A visit was made.
    Visited,
    /// A community was won, with a fund of this size tier; none if the rules name no tier it reaches. Only a confirmed
    /// fund has a tier: tiers are for rewards, and rewards are paid on what is confirmed.
    Won {
        /// The tier's number in the rules of the contribution's week.
        tier: Option<u32>,
    },
    /// An activity was held.
    ActivityHeld,
    /// The fund of a community won.
    Fund,
    /// Cards were issued.
    CardsIssued,
    /// Wealth products were sold.
    WealthSold,
    /// The back office has not judged it yet.
    AwaitingVerification,
    /// The back office judged it as it was before the last edit.
    EditedSinceVerification,
    /// People disagree about a field that decides the score.
    Conflict,
    /// The back office refused it.
    RejectedByVerification,
    /// Another account of this community came first.
    AlreadyWon,
    /// It is said to have happened after the server heard of it.
    Future,
    /// It came more days after it is said to have happened than the campaign allows.
    Late,
    /// It was recorded by a clock that cannot have been right, and the campaign leaves such out.
    UntrustedClock,
    /// The campaign asks for more: another channel, a longer visit, a larger outcome.
    DoesNotQualify,
    /// Its record was withdrawn.
    Withdrawn,
    /// On that day its person belonged to no unit or to several.
    NoHomeUnit,
    /// The bank knows nobody with the device that recorded it.
    UnknownAuthor,
    /// Its date, product, amount or number is missing or makes no sense.
    Unreadable,
    /// The prospect it names is not known to the server.
    UnknownProspect,
}

/// Every rule without a number in it.
const PLAIN: [Rule; 20] = [
    Rule::Visited,
    Rule::ActivityHeld,
    Rule::Won { tier: None },
    Rule::Fund,
    Rule::CardsIssued,
    Rule::WealthSold,
    Rule::AwaitingVerification,
    Rule::EditedSinceVerification,
    Rule::Conflict,
    Rule::RejectedByVerification,
    Rule::AlreadyWon,
    Rule::Future,
    Rule::Late,
    Rule::UntrustedClock,
    Rule::DoesNotQualify,
    Rule::Withdrawn,
    Rule::NoHomeUnit,
    Rule::UnknownAuthor,
    Rule::Unreadable,
    Rule::UnknownProspect,
];

const TIER: &str = "won-tier-";

impl Rule {
    /// The status that this rule gives.
    pub fn status(self) -> Status {
        match self {
            Self::Visited
            | Self::ActivityHeld
            | Self::Won { .. }
            | Self::Fund
            | Self::CardsIssued
            | Self::WealthSold => Status::Confirmed,
            Self::AwaitingVerification | Self::EditedSinceVerification | Self::Conflict => Status::Pending,
            Self::RejectedByVerification => Status::Rejected,
            Self::AlreadyWon
            | Self::Future
            | Self::Late
            | Self::UntrustedClock
            | Self::DoesNotQualify
            | Self::Withdrawn
            | Self::NoHomeUnit
            | Self::UnknownAuthor
            | Self::Unreadable
            | Self::UnknownProspect => Status::Excluded,
        }
    }

    /// Its text in rows and URLs, which [`str::parse`] reads: `already-won`, `won-tier-2`.
    pub fn code(self) -> String {
        match self {
            Self::Won { tier: Some(tier) } => format!("{TIER}{tier}"),
            plain => plain.word().to_owned(),
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Visited => "visited",
            Self::ActivityHeld => "activity-held",
            Self::Won { .. } => "won",
            Self::Fund => "fund",
            Self::CardsIssued => "cards-issued",
            Self::WealthSold => "wealth-sold",
            Self::AwaitingVerification => "awaiting-verification",
            Self::EditedSinceVerification => "edited-since-verification",
            Self::Conflict => "conflict",
            Self::RejectedByVerification => "rejected-by-verification",
            Self::AlreadyWon => "already-won",
            Self::Future => "future",
            Self::Late => "late",
            Self::UntrustedClock => "untrusted-clock",
            Self::DoesNotQualify => "does-not-qualify",
            Self::Withdrawn => "withdrawn",
            Self::NoHomeUnit => "no-home-unit",
            Self::UnknownAuthor => "unknown-author",
            Self::Unreadable => "unreadable",
            Self::UnknownProspect => "unknown-prospect",
        }
    }

    /// Why it counts or does not, in a leader's words. A tier's number is not in them.
    pub fn label(self) -> Label {
        let (zh, en) = match self {
            Self::Visited => ("已走访", "Visit made"),
            Self::ActivityHeld => ("已举办活动", "Activity held"),
            Self::Won { .. } => ("首个账户，赢得小区", "First account: community won"),
            Self::Fund => ("所赢小区的资金", "Fund of a community won"),
            Self::CardsIssued => ("已发卡", "Cards issued"),
            Self::WealthSold => ("已售理财", "Wealth products sold"),
            Self::AwaitingVerification => ("等待后台核实", "Waiting for the back office"),
            Self::EditedSinceVerification => {
                ("核实后又有修改，需重新核实", "Edited since it was verified: to be verified again")
            }
            Self::Conflict => ("计分字段有冲突，请先选定", "People entered different values: choose one"),
            Self::RejectedByVerification => ("后台已驳回", "Refused by the back office"),
            Self::AlreadyWon => ("该小区已由更早的账户赢得", "An earlier account already won this community"),
            Self::Future => ("日期晚于服务器收到的时间", "Dated after the server received it"),
            Self::Late => ("上报逾期，超过活动规定的天数", "It came later than the campaign allows"),
            Self::UntrustedClock => {
                ("记录时手机时钟不可信", "The clock of the phone that recorded it cannot have been right")
            }
            Self::DoesNotQualify => {
                ("不符合活动的计分条件", "The campaign asks for more: another channel, a longer visit, a larger amount")
            }
            Self::Withdrawn => ("记录已撤回", "The record was withdrawn"),
            Self::NoHomeUnit => ("当日无唯一所属机构", "Its person had no single home unit that day"),
            Self::UnknownAuthor => ("记录设备无对应员工", "Nobody is known to hold the device that recorded it"),
            Self::UnknownProspect => ("潜在客户未登记", "Nobody recorded this prospect"),
            Self::Unreadable => {
                ("日期、产品、金额或数量缺失或有误", "Date, product, amount or number is missing or wrong")
            }
        };
        Label { zh, en }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.code())
    }
}

impl FromStr for Rule {
    type Err = Invalid;
    fn from_str(code: &str) -> Result<Self, Invalid> {
        let tier = code.strip_prefix(TIER).and_then(|number| number.parse().ok());
        let rule = match tier {
            // Through the number and back, so that each rule has one code only.
            Some(tier) => Some(Self::Won { tier: Some(tier) }).filter(|rule| rule.code() == code),
            None => PLAIN.into_iter().find(|rule| rule.word() == code),
        };
        rule.ok_or_else(|| Invalid::new("rule", code, "a rule of the ranking such as already-won or won-tier-2"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_rule_and_status_survives_storage_under_its_own_code() {
        let rules: Vec<Rule> = PLAIN.into_iter().chain([0, 2, u32::MAX].map(|n| Rule::Won { tier: Some(n) })).collect();
        for rule in &rules {
            assert_eq!(rule.code().parse(), Ok(*rule));
        }
        assert_eq!(rules.iter().map(|rule| rule.code()).collect::<BTreeSet<_>>().len(), rules.len());
        assert_eq!(rules[2].code(), "won");
        assert_eq!(Rule::Won { tier: Some(2) }.code(), "won-tier-2");
        for status in Status::ALL {
            assert_eq!(Status::named(status.name()), Ok(status));
        }
    }

    #[test]
    fn a_code_that_is_none_is_refused() {
        for bad in ["", "Won", "won-tier-", "won-tier-02", "won-tier-+2", "won-tier--1", "pending"] {
            assert!(bad.parse::<Rule>().is_err(), "{bad}");
        }
        assert!(Status::named("won").is_err());
    }
}

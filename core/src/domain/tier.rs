//! 客户分层: what a prospect is worth to us, by rule from its figures, or by hand with a reason.

use super::{Choice, Fields, Label, Money};

/// Who looks after a prospect (`[case]`: tiers of head office, branch and sub-branch).
pub const LEVEL: &[Choice] = &[
    Choice { name: "head_office", label: Label { zh: "总行级", en: "head office" } },
    Choice { name: "branch", label: Label { zh: "支行级", en: "branch" } },
    Choice { name: "sub_branch", label: Label { zh: "网点级", en: "sub-branch" } },
];

/// The tiers by value, the best first.
pub const VALUE: &[Choice] = &[
    Choice { name: "gold", label: Label { zh: "黄金", en: "gold" } },
    Choice { name: "key", label: Label { zh: "重点", en: "key" } },
    Choice { name: "near_key", label: Label { zh: "准重点", en: "near-key" } },
    Choice { name: "ordinary", label: Label { zh: "普通", en: "ordinary" } },
    Choice { name: "marginal", label: Label { zh: "边缘", en: "marginal" } },
];

/// A band: whoever is over so many yuan is in it, up to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Band {
    /// Its lower bound, which lies below it.
    pub over_yuan: i64,
    /// The tier of who is in it, one of [`VALUE`].
    pub tier: &'static str,
}

const fn over(over_yuan: i64, tier: &'static str) -> Band {
    Band { over_yuan, tier }
}

/// Bands of the monthly settlement, the highest first (`[case]`: over 1, 5, 10, 20, 30, 50 million yuan). Which tier each
/// earns is ours.
pub const SETTLEMENT: &[Band] = &[
    over(50_000_000, "gold"),
    over(30_000_000, "gold"),
    over(20_000_000, "key"),
    over(10_000_000, "key"),
    over(5_000_000, "near_key"),
    over(1_000_000, "ordinary"),
];

/// Bands of the loan balance, the highest first (`[case]`: over 1, 5, 10, 20 million yuan). Which tier each earns is ours.
pub const LOAN: &[Band] =
    &[over(20_000_000, "gold"), over(10_000_000, "key"), over(5_000_000, "near_key"), over(1_000_000, "ordinary")];

/// The tier of who reaches no band.
const LOWEST: &str = "marginal";

/// The tier by the rule: the better of what settlement and loans earn; none while neither is known.
pub fn tier_of(settlement: Option<Money>, loan: Option<Money>) -> Option<&'static str> {
    let earned = [(SETTLEMENT, settlement), (LOAN, loan)].into_iter().filter_map(|(bands, amount)| {
        let fen = amount?.fen();
        Some(bands.iter().find(|band| fen > band.over_yuan * 100).map_or(LOWEST, |band| band.tier))
    });
    earned.min_by_key(|tier| VALUE.iter().position(|value| value.name == *tier))
}

/// The tier of a prospect: as set by hand, or else by the rule.
pub fn tier(fields: &Fields) -> Option<&str> {
    fields.text("tier/value").or_else(|| by_rule(fields))
}

/// Whether a prospect's tier was set by hand to another than the rule's, and nobody said why.
pub(super) fn lacks_reason(fields: &Fields) -> bool {
    let by_hand = fields.text("tier/value").is_some_and(|value| Some(value) != by_rule(fields));
    by_hand && !fields.has_words("tier/reason")
}

fn by_rule(fields: &Fields) -> Option<&'static str> {
    tier_of(fields.money("settlement"), fields.money("loan_balance"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Value;

    fn yuan(yuan: i64) -> Option<Money> {
        Some(Money::from_yuan(yuan).expect("money"))
    }

    #[test]
    fn the_tier_is_the_better_of_what_settlement_and_loans_earn() {
        assert_eq!(tier_of(None, None), None, "of whom nothing is known");
        assert_eq!(tier_of(yuan(1_000_000), None), Some("marginal"), "a band begins above its bound");
        assert_eq!(tier_of(yuan(1_000_001), None), Some("ordinary"));
        assert_eq!(tier_of(yuan(30_000_001), None), Some("gold"));
        assert_eq!(tier_of(yuan(5_000_001), yuan(10_000_001)), Some("key"));
        assert_eq!(tier_of(yuan(0), yuan(0)), Some("marginal"));
        for bands in [SETTLEMENT, LOAN] {
            assert!(bands.windows(2).all(|pair| pair[0].over_yuan > pair[1].over_yuan), "the highest first");
            assert!(bands.iter().all(|band| VALUE.iter().any(|value| value.name == band.tier)));
        }
    }

    #[test]
    fn a_tier_by_hand_holds_and_needs_a_reason_where_the_rule_says_otherwise() {
        let mut fields = Fields::new();
        fields.set("settlement", yuan(6_000_000).map(Into::into));
        assert_eq!((tier(&fields), lacks_reason(&fields)), (Some("near_key"), false));
        fields.set("tier/value", Some("near_key".into()));
        assert!(!lacks_reason(&fields), "as the rule has it");
        fields.set("tier/value", Some("gold".into()));
        assert_eq!((tier(&fields), lacks_reason(&fields)), (Some("gold"), true));
        fields.set("tier/reason", Some(" ".into()));
        assert!(lacks_reason(&fields), "a blank is no reason");
        fields.set("tier/reason", Some("业委会联盟会长单位".into()));
        assert!(!lacks_reason(&fields));
        fields.set("tier/value", Some(Value::Null));
        assert_eq!(tier(&fields), Some("near_key"));
    }
}

//! 阶段推进: one step of a prospect through the pipeline. Each is a record of its own, so who moved what and when stays; the
//! newest that was not withdrawn says where the prospect stands, and one that nobody moved is identified.

use super::{
    Actions, Allowed, AudienceRule, Choice, Columns, FieldSpec, FieldType, Fields, KindSpec, Label, Role, WrittenBy,
};

/// The stages of the pipeline, with those of the reserve (`[case]`: in talks, filed, in approval, approved, placed).
pub const STAGE: &[Choice] = &[
    Choice { name: IDENTIFIED, label: Label { zh: "已识别", en: "identified" } },
    Choice { name: "contacted", label: Label { zh: "已接触", en: "contacted" } },
    Choice { name: "engaged", label: Label { zh: "营销中", en: "engaged" } },
    Choice { name: "proposed", label: Label { zh: "已提方案", en: "proposed" } },
    Choice { name: "filed", label: Label { zh: "申报中", en: "filed" } },
    Choice { name: "in_approval", label: Label { zh: "审批中", en: "in approval" } },
    Choice { name: "approved", label: Label { zh: "已批", en: "approved" } },
    Choice { name: "won", label: Label { zh: "已投放", en: "won" } },
    Choice { name: "lost", label: Label { zh: "已流失", en: "lost" } },
    Choice { name: "dormant", label: Label { zh: "已搁置", en: "dormant" } },
];

/// Where a prospect stands that nobody moved yet.
pub const IDENTIFIED: &str = "identified";

/// The moves in good order: from each stage to those that may follow. Any other is kept, and flagged.
pub const MOVES: &[(&str, &[&str])] = &[
    (IDENTIFIED, &["contacted", "lost", "dormant"]),
    ("contacted", &["engaged", "lost", "dormant"]),
    ("engaged", &["proposed", "lost", "dormant"]),
    ("proposed", &["engaged", "filed", "lost", "dormant"]),
    ("filed", &["proposed", "in_approval", "lost", "dormant"]),
    ("in_approval", &["proposed", "filed", "approved", "lost", "dormant"]),
    ("approved", &["won", "lost", "dormant"]),
    ("won", &["lost", "dormant"]),
    ("lost", &["contacted", "engaged"]),
    ("dormant", &["contacted", "engaged", "lost"]),
];

/// Stages of which the next reader asks why.
const WITH_REASON: [&str; 2] = ["lost", "dormant"];

/// The kind.
pub static KIND: KindSpec = KindSpec {
    name: "stage_move",
    label: Label { zh: "阶段推进", en: "Stage move" },
    written_by: WrittenBy::Author,
    audience: AudienceRule::ProspectsUnit,
    rights: &[
        Allowed::own(Role::AccountManager, Actions::RECORD),
        Allowed::own(Role::ProductManager, Actions::RECORD),
        Allowed::own(Role::BranchLeader, Actions::RECORD),
        Allowed::own(Role::Verifier, Actions::READ),
        Allowed::own(Role::HeadOffice, Actions::RECORD),
        Allowed::own(Role::Auditor, Actions::READ),
    ],
    fields: &[
        FieldSpec::new("from", "原阶段", "from", FieldType::Choice(STAGE)),
        FieldSpec::new("to", "新阶段", "to", FieldType::Choice(STAGE)).required(),
        FieldSpec::new("occurred_at", "时间", "time", FieldType::Time(730, 1)).required(),
        FieldSpec::new("reason", "原因", "reason", FieldType::Text(400)).searched(),
        FieldSpec::new("amount", "储备金额", "amount in reserve", FieldType::Money),
        FieldSpec::new("reference", "编号", "reference", FieldType::Text(100)).searched(),
        FieldSpec::new("owner", "推进人", "who moved it", FieldType::Person),
    ],
    columns: Columns { occurred_at: Some("occurred_at"), owner: Some("owner"), ..Columns::NONE },
    due: |_| None,
    leaves_phones: false,
    flags,
};

/// Whether a move is in good order.
pub fn is_allowed(from: &str, to: &str) -> bool {
    MOVES.iter().any(|(stage, next)| *stage == from && next.contains(&to))
}

fn flags(fields: &Fields) -> Vec<&'static str> {
    let Some(to) = fields.text("to") else { return Vec::new() };
    let mut flags = Vec::new();
    if !is_allowed(fields.text("from").unwrap_or(IDENTIFIED), to) {
        flags.push("odd-move");
    }
    if WITH_REASON.contains(&to) && !fields.has_words("reason") {
        flags.push("no-reason");
    }
    flags
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moved(from: Option<&str>, to: &str, reason: Option<&str>) -> Vec<&'static str> {
        let mut fields = Fields::new();
        fields.set("from", from.map(Into::into));
        fields.set("to", Some(to.into()));
        fields.set("reason", reason.map(Into::into));
        flags(&fields)
    }

    #[test]
    fn every_stage_is_reached_in_good_order_and_no_stage_is_a_dead_end() {
        for stage in STAGE {
            let reached = MOVES.iter().any(|(_, next)| next.contains(&stage.name));
            assert!(reached || stage.name == IDENTIFIED, "{}", stage.name);
            assert!(MOVES.iter().any(|(from, next)| *from == stage.name && !next.is_empty()), "{}", stage.name);
        }
        let known = |name: &str| STAGE.iter().any(|stage| stage.name == name);
        assert!(MOVES.iter().all(|(from, next)| known(from) && next.iter().all(|to| known(to) && to != from)));
    }

    #[test]
    fn an_odd_order_and_a_loss_without_a_reason_are_flagged() {
        assert!(moved(None, "contacted", None).is_empty(), "whom nobody moved is identified");
        assert!(moved(Some("approved"), "won", None).is_empty());
        assert!(moved(Some("filed"), "proposed", None).is_empty(), "sent back");
        assert_eq!(moved(Some("identified"), "won", None), ["odd-move"]);
        assert_eq!(moved(Some("engaged"), "engaged", None), ["odd-move"]);
        assert_eq!(moved(Some("engaged"), "lost", None), ["no-reason"]);
        assert_eq!(moved(Some("engaged"), "dormant", Some(" ")), ["no-reason"]);
        assert!(moved(Some("engaged"), "lost", Some("换届")).is_empty());
    }
}

//! 服务方案: what we offer one community, chosen to fit it (`[case]`: products that stand on safety, regular operation and
//! complete service): its version, when it was sent, and what they said.

use super::{
    Actions, Allowed, AudienceRule, Choice, Columns, FieldSpec, FieldType, Fields, KindSpec, Label, PhoneTime, Role,
    WrittenBy,
};

/// What the prospect said to it.
pub const ANSWER: &[Choice] = &[
    Choice { name: "accepted", label: Label { zh: "接受", en: "accepted" } },
    Choice { name: "declined", label: Label { zh: "拒绝", en: "declined" } },
    Choice { name: "changes", label: Label { zh: "要求修改", en: "wants changes" } },
];

/// The kind.
pub static KIND: KindSpec = KindSpec {
    name: "proposal",
    label: Label { zh: "服务方案", en: "Proposal" },
    written_by: WrittenBy::Team,
    audience: AudienceRule::ProspectsUnit,
    rights: &[
        Allowed::own(Role::AccountManager, Actions::ALL),
        Allowed::own(Role::ProductManager, Actions::RECORD),
        Allowed::own(Role::BranchLeader, Actions::ALL),
        Allowed::own(Role::HeadOffice, Actions::ALL),
        Allowed::own(Role::Auditor, Actions::READ),
    ],
    fields: &[
        FieldSpec::new("title", "标题", "title", FieldType::Text(200)).required().searched(),
        FieldSpec::new("version", "版本号", "version of the plan", FieldType::Int(1, 1000)),
        FieldSpec::new("products", "产品", "products", FieldType::Text(1000)).searched(),
        FieldSpec::new("safety", "安全性", "safety", FieldType::Text(1000)).searched(),
        FieldSpec::new("operation", "规范运作", "regular operation", FieldType::Text(1000)).searched(),
        FieldSpec::new("completeness", "服务完整性", "complete service", FieldType::Text(1000)).searched(),
        FieldSpec::new("terms", "条款", "terms", FieldType::Text(2000)).searched(),
        FieldSpec::new("sent_at", "发出时间", "sent", FieldType::Time(730, 1)),
        FieldSpec::new("answer_due_at", "预计答复时间", "answer due", FieldType::Time(730, 730)),
        FieldSpec::new("answered_at", "答复时间", "answered", FieldType::Time(730, 1)),
        FieldSpec::new("answer", "答复", "answer", FieldType::Choice(ANSWER)),
        FieldSpec::new("answer_note", "答复说明", "what they said", FieldType::Text(1000)).searched(),
        FieldSpec::new("owner", "负责人", "who made it", FieldType::Person),
    ],
    columns: Columns { occurred_at: Some("sent_at"), owner: Some("owner"), ..Columns::NONE },
    due,
    leaves_phones: false,
    flags: |_| Vec::new(),
};

/// The answer, once it was sent and while there is none.
fn due(fields: &Fields) -> Option<PhoneTime> {
    let waits = fields.time("sent_at").is_some() && fields.time("answered_at").is_none();
    fields.time("answer_due_at").filter(|_| waits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_due_from_the_sending_until_it_comes() {
        let now = PhoneTime::from_millis(1_772_985_600_000).expect("a time");
        let mut fields = Fields::new();
        fields.set("title", Some("银枫家园服务方案".into()));
        fields.set("answer_due_at", Some(now.into()));
        assert_eq!(KIND.check_new(&fields, now), Ok(()));
        assert_eq!(due(&fields), None, "nobody answers what was not sent");
        fields.set("sent_at", Some(now.into()));
        assert_eq!(due(&fields), Some(now));
        fields.set("answered_at", Some(now.into()));
        assert_eq!(due(&fields), None);
    }
}

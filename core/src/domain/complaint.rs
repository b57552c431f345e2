//! 投诉: a complaint as a chance (`[case]`: five steps, an answer within 24 hours, none missed in recording, handling and
//! re-checking). Facts and feelings stand apart; it is open until somebody asked again whether the customer is content.

use super::{
    Actions, Allowed, AudienceRule, Choice, Columns, FieldSpec, FieldType, Fields, KindSpec, Label, PhoneTime, Role,
    WrittenBy, standard,
};

/// How grave it is.
pub const SEVERITY: &[Choice] = &[
    Choice { name: "minor", label: Label { zh: "一般", en: "minor" } },
    Choice { name: "serious", label: Label { zh: "较重", en: "serious" } },
    Choice { name: "grave", label: Label { zh: "严重", en: "grave" } },
];

/// The five steps (`[case]`).
pub const STEP: &[Choice] = &[
    Choice { name: "attitude", label: Label { zh: "态度开放", en: "open attitude" } },
    Choice { name: "early", label: Label { zh: "及早处理", en: "early" } },
    Choice { name: "senior", label: Label { zh: "负责人出面", en: "a senior person" } },
    Choice { name: "remedy", label: Label { zh: "补救", en: "remedy" } },
    Choice { name: "follow_up", label: Label { zh: "跟踪结果", en: "follow-up" } },
];

/// How long after the answer one asks again, where nobody set another time.
const RECHECK_DAYS: i64 = 7;
const DAY_MS: i64 = 86_400_000;

/// The kind.
pub static KIND: KindSpec = KindSpec {
    name: "complaint",
    label: Label { zh: "投诉", en: "Complaint" },
    written_by: WrittenBy::Team,
    audience: AudienceRule::ProspectsUnit,
    rights: &[
        Allowed::own(Role::AccountManager, Actions::ALL),
        Allowed::own(Role::ProductManager, Actions::RECORD),
        Allowed::own(Role::BranchLeader, Actions::ALL),
        Allowed::own(Role::ServiceDesk, Actions::ALL),
        Allowed::own(Role::HeadOffice, Actions::ALL),
        Allowed::own(Role::Auditor, Actions::READ),
    ],
    fields: &[
        FieldSpec::new("facts", "事实", "facts", FieldType::Text(2000)).required().searched(),
        FieldSpec::new("feelings", "情绪", "feelings", FieldType::Text(1000)).searched(),
        FieldSpec::new("occurred_at", "收到时间", "received", FieldType::Time(730, 1)).required(),
        FieldSpec::new("severity", "严重程度", "severity", FieldType::Choice(SEVERITY)),
        FieldSpec::new("step/*", "步骤", "step", FieldType::Bool).of(STEP),
        FieldSpec::new("answered_at", "答复时间", "answered", FieldType::Time(730, 1)),
        FieldSpec::new("answer", "答复", "answer", FieldType::Text(2000)).searched(),
        FieldSpec::new("senior", "出面的负责人", "senior person", FieldType::Person),
        FieldSpec::new("root_cause", "根本原因", "root cause", FieldType::Text(1000)).searched(),
        FieldSpec::new("remedy", "补救措施", "remedy", FieldType::Text(1000)).searched(),
        FieldSpec::new("recheck_due_at", "计划复查时间", "re-check due", FieldType::Time(730, 730)),
        FieldSpec::new("rechecked_at", "复查时间", "re-checked", FieldType::Time(730, 1)),
        FieldSpec::new("satisfaction", "满意度（1–5）", "satisfaction (1–5)", FieldType::Int(1, 5)),
        FieldSpec::new("dossier", "投诉人", "who complains", FieldType::Record),
        FieldSpec::new("owner", "负责人", "who handles it", FieldType::Person),
    ],
    columns: Columns { occurred_at: Some("occurred_at"), owner: Some("owner"), ..Columns::NONE },
    due,
    leaves_phones: false,
    flags,
};

/// Whether it is open: until it was re-checked.
pub fn is_open(fields: &Fields) -> bool {
    fields.time("rechecked_at").is_none()
}

/// The answer first, then the re-check.
fn due(fields: &Fields) -> Option<PhoneTime> {
    match fields.time("answered_at") {
        _ if !is_open(fields) => None,
        // One that does not say (any more) when it came is due at once: an open one surfaces, whatever else is wrong with it.
        None => {
            let received = fields.time("occurred_at").unwrap_or(PhoneTime::nearest(0));
            Some(received.plus_millis(standard::COMPLAINT.most_stored()))
        }
        Some(answered) => {
            Some(fields.time("recheck_due_at").unwrap_or_else(|| answered.plus_millis(RECHECK_DAYS * DAY_MS)))
        }
    }
}

fn flags(fields: &Fields) -> Vec<&'static str> {
    let mut flags = Vec::new();
    if let (Some(received), Some(answered)) = (fields.time("occurred_at"), fields.time("answered_at"))
        && answered.millis() - received.millis() > standard::COMPLAINT.most_stored()
    {
        flags.push("answered-late");
    }
    if fields.text("severity") == Some("grave") && fields.person("senior").is_none() {
        flags.push("grave-without-senior");
    }
    flags
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000;

    fn at(hours: i64) -> PhoneTime {
        PhoneTime::from_millis(1_772_985_600_000 + hours * HOUR).expect("a time")
    }

    fn complaint(times: &[(&str, i64)]) -> Fields {
        let mut fields = Fields::new();
        fields.set("facts", Some("查不到维修资金余额".into()));
        fields.set("feelings", Some("很着急".into()));
        fields.set("occurred_at", Some(at(0).into()));
        for (name, hours) in times {
            fields.set(name, Some(at(*hours).into()));
        }
        assert_eq!(KIND.check_new(&fields, at(300)), Ok(()));
        fields
    }

    #[test]
    fn a_complaint_surfaces_until_it_is_re_checked() {
        let due = |times: &[(&str, i64)]| due(&complaint(times));
        assert_eq!(due(&[]), Some(at(24)), "the answer is due within a day");
        assert_eq!(due(&[("recheck_due_at", 48)]), Some(at(24)), "the answer comes first");
        assert_eq!(due(&[("answered_at", 5)]), Some(at(5 + 7 * 24)));
        assert_eq!(due(&[("answered_at", 5), ("recheck_due_at", 48)]), Some(at(48)));
        assert_eq!(due(&[("answered_at", 5), ("rechecked_at", 50)]), None);
        assert_eq!(due(&[("rechecked_at", 50)]), None);
    }

    #[test]
    fn a_late_answer_and_a_grave_one_without_a_senior_person_are_flagged() {
        assert!(flags(&complaint(&[("answered_at", 24)])).is_empty());
        let mut late = complaint(&[("answered_at", 25)]);
        assert_eq!(flags(&late), ["answered-late"]);
        late.set("severity", Some("grave".into()));
        assert_eq!(flags(&late), ["answered-late", "grave-without-senior"]);
        late.set("senior", Some("B1-L".into()));
        assert_eq!(flags(&late), ["answered-late"]);
    }
}

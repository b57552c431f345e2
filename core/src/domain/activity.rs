//! 活动: what was done for a community or an association to be welcome there (`[case]`: a puppet show, ballots printed and
//! collected, a payment kiosk, forums): planned, held, and what came of it.

use super::{
    Actions, Allowed, AudienceRule, Choice, Columns, FieldSpec, FieldType, Fields, KindSpec, Label, Role, WrittenBy,
};

/// What it was.
pub const TYPE: &[Choice] = &[
    Choice { name: "show", label: Label { zh: "演出", en: "show" } },
    Choice { name: "ballot", label: Label { zh: "协助选票", en: "help with ballots" } },
    Choice { name: "forum", label: Label { zh: "论坛", en: "forum" } },
    Choice { name: "lecture", label: Label { zh: "讲座", en: "lecture" } },
    Choice { name: "booth", label: Label { zh: "展台", en: "booth" } },
    Choice { name: "kiosk", label: Label { zh: "缴费机", en: "payment kiosk" } },
    Choice { name: "other", label: Label { zh: "其他", en: "other" } },
];

/// The kind.
pub static KIND: KindSpec = KindSpec {
    name: "activity",
    label: Label { zh: "活动", en: "Activity" },
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
        FieldSpec::new("name", "名称", "name", FieldType::Text(200)).required().searched(),
        FieldSpec::new("type", "类型", "type", FieldType::Choice(TYPE)),
        FieldSpec::new("occurred_at", "举办时间", "held", FieldType::Time(730, 1))
            .required_unless("planned_at")
            .scoring(),
        FieldSpec::new("planned_at", "计划时间", "planned for", FieldType::Time(730, 730)),
        FieldSpec::new("plan", "计划", "plan", FieldType::Text(2000)).searched(),
        FieldSpec::new("cost", "费用", "cost", FieldType::Money),
        FieldSpec::new("sponsorship", "赞助金额", "sponsorship", FieldType::Money),
        FieldSpec::new("materials", "物料", "materials", FieldType::Text(1000)).searched(),
        FieldSpec::new("attendance", "到场人数", "attendance", FieldType::Int(0, 1_000_000)),
        FieldSpec::new("leads", "意向客户数", "leads", FieldType::Int(0, 1_000_000)),
        FieldSpec::new("result", "结果", "result", FieldType::Text(2000)).searched(),
        FieldSpec::new("note", "备注", "note", FieldType::Text(2000)).searched(),
        FieldSpec::new("owner", "负责人", "who runs it", FieldType::Person),
    ],
    columns: Columns { occurred_at: Some("occurred_at"), owner: Some("owner"), ..Columns::NONE },
    due: |fields| fields.time("planned_at").filter(|_| is_planned(fields)),
    leaves_phones: false,
    flags: |_| Vec::new(),
};

/// Whether it has yet to be held: it counts for nothing until then.
pub fn is_planned(fields: &Fields) -> bool {
    fields.time("planned_at").is_some() && fields.time("occurred_at").is_none()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::PhoneTime;

    #[test]
    fn an_activity_is_planned_or_was_held_and_is_due_until_it_was() {
        let now = PhoneTime::from_millis(1_772_985_600_000).expect("a time");
        let next_month = now.plus_millis(30 * 86_400_000);
        let mut fields = Fields::new();
        fields.set("name", Some("木偶剧".into()));
        assert_eq!(KIND.check_new(&fields, now).map_err(|error| error.what), Err("occurred_at".into()));
        fields.set("planned_at", Some(next_month.into()));
        assert_eq!(KIND.check_new(&fields, now), Ok(()));
        assert_eq!((KIND.due)(&fields), Some(next_month));
        fields.set("occurred_at", Some(now.into()));
        assert_eq!((KIND.due)(&fields), None);
    }
}

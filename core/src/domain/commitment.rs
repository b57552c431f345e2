//! 承诺: what was promised to a prospect, and by when (`[case]`: promises are kept, all of them): a task, an appointment, or
//! care that comes again.

use super::{
    Actions, Allowed, AudienceRule, Choice, Columns, FieldSpec, FieldType, Fields, KindSpec, Label, PhoneTime, Role,
    WrittenBy, Zone, standard,
};

/// What kind of promise it is.
pub const TYPE: &[Choice] = &[
    Choice { name: "task", label: Label { zh: "任务", en: "task" } },
    Choice { name: "appointment", label: Label { zh: "约见", en: "appointment" } },
    Choice { name: "care", label: Label { zh: "关怀", en: "care" } },
];

/// The kind.
pub static KIND: KindSpec = KindSpec {
    name: "commitment",
    label: Label { zh: "承诺", en: "Commitment" },
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
        FieldSpec::new("what", "内容", "what was promised", FieldType::Text(400)).required().searched(),
        FieldSpec::new("type", "类型", "type", FieldType::Choice(TYPE)).required(),
        FieldSpec::new("due_at", "约定时间", "due", FieldType::Time(730, 730)).required(),
        FieldSpec::new("done_at", "完成时间", "done", FieldType::Time(730, 1)),
        FieldSpec::new("result", "结果", "result", FieldType::Text(1000)).searched(),
        FieldSpec::new("arrived_at", "到达时间", "arrived", FieldType::Time(730, 1)),
        FieldSpec::new("every_days", "每隔（天）", "every so many days", FieldType::Int(1, 366)),
        FieldSpec::new("dossier", "对象", "for whom", FieldType::Record),
        FieldSpec::new("of", "所属记录", "belongs to", FieldType::Record),
        FieldSpec::new("owner", "负责人", "who keeps it", FieldType::Person),
    ],
    columns: Columns { owner: Some("owner"), ..Columns::NONE },
    due,
    leaves_phones: false,
    flags,
};

/// What recurs is due again so many days after it was done (`[etiquette]`: regular care); whoever does it again puts `due_at` and
/// `done_at` anew.
fn due(fields: &Fields) -> Option<PhoneTime> {
    match (fields.time("done_at"), fields.int("every_days")) {
        (None, _) => fields.time("due_at"),
        (Some(done), Some(days @ 1..=366)) => Some(done.plus_millis(days * 86_400_000)),
        (Some(_), _) => None,
    }
}

/// Whether it was kept, but late. An appointment is kept by arriving: it is over only some time later, so where nobody said
/// when they arrived, it was late if it took place on a later day.
pub fn is_kept_late(fields: &Fields) -> bool {
    let (Some(due), done) = (fields.time("due_at"), fields.time("done_at")) else { return false };
    if fields.text("type") != Some("appointment") {
        return done.is_some_and(|done| done > due);
    }
    match fields.time("arrived_at") {
        Some(arrived) => arrived > due,
        None => done.is_some_and(|done| done.date(&Zone::china()) > due.date(&Zone::china())),
    }
}

/// Whether one came to an appointment later than the standard has it.
fn arrived_late(fields: &Fields) -> bool {
    match (fields.text("type"), fields.time("due_at"), fields.time("arrived_at")) {
        (Some("appointment"), Some(due), Some(arrived)) => {
            due.millis() - arrived.millis() < standard::ARRIVAL.least_stored()
        }
        _ => false,
    }
}

fn flags(fields: &Fields) -> Vec<&'static str> {
    let found = [("kept-late", is_kept_late(fields)), ("arrived-late", arrived_late(fields))];
    found.into_iter().filter(|(_, so)| *so).map(|(flag, _)| flag).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i64 = 60_000;
    const HOUR: i64 = 60 * MINUTE;

    /// 2026-03-09, 14:00 in China.
    fn due() -> PhoneTime {
        PhoneTime::from_millis(1_772_985_600_000 + 14 * HOUR).expect("a time")
    }

    fn promised(kind: &str, done: Option<i64>, arrived: Option<i64>) -> Fields {
        let mut fields = Fields::new();
        fields.set("what", Some("送对账单".into()));
        fields.set("type", Some(kind.into()));
        fields.set("due_at", Some(due().into()));
        fields.set("done_at", done.map(|millis| due().plus_millis(millis).into()));
        fields.set("arrived_at", arrived.map(|millis| due().plus_millis(millis).into()));
        assert_eq!(KIND.check_new(&fields, due()), Ok(()));
        fields
    }

    #[test]
    fn a_promise_is_due_until_it_is_done_and_says_whether_it_was_late() {
        assert_eq!((KIND.due)(&promised("task", None, None)), Some(due()));
        let kept = |done| ((KIND.due)(&promised("task", Some(done), None)), flags(&promised("care", Some(done), None)));
        assert_eq!(kept(0), (None, vec![]));
        assert_eq!(kept(1), (None, vec!["kept-late"]));
        let mut weekly = promised("care", Some(-HOUR), None);
        weekly.set("every_days", Some(7.into()));
        assert_eq!((KIND.due)(&weekly), Some(due().plus_millis((7 * 24 - 1) * HOUR)), "regular care comes round again");
    }

    #[test]
    fn who_comes_to_an_appointment_comes_three_minutes_early() {
        let came = |minutes: i64| flags(&promised("appointment", Some(HOUR), Some(minutes * MINUTE)));
        assert!(came(-3).is_empty(), "it ends an hour later, and is in time all the same");
        assert_eq!(came(-2), ["arrived-late"]);
        assert_eq!(came(1), ["kept-late", "arrived-late"]);
        assert!(flags(&promised("task", Some(0), Some(0))).is_empty(), "nobody waits for a task");
        assert!(flags(&promised("appointment", Some(HOUR), None)).is_empty());
        assert_eq!(flags(&promised("appointment", Some(11 * HOUR), None)), ["kept-late"], "on the next day");
    }
}

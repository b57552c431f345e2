//! How today names what it shows, in both languages.

use crate::domain::{Date, Fields, Kind, Label, activity, commitment, complaint, proposal, visit};
use jiff::civil::Weekday;

const PLANNED_VISIT: Label = Label { zh: "计划走访", en: "planned visit" };
const APPOINTMENT: Label = Label { zh: "预约", en: "appointment" };
const TASK: Label = Label { zh: "任务", en: "task" };
const CARE: Label = Label { zh: "关怀", en: "care" };
const ACTIVITY: Label = Label { zh: "活动", en: "activity" };
const NEXT_STEP: Label = Label { zh: "下一步", en: "next step" };
const AWAITED: Label = Label { zh: "方案待答复", en: "proposal awaiting an answer" };
const TO_ANSWER: Label = Label { zh: "投诉待答复", en: "complaint to be answered" };
const TO_RECHECK: Label = Label { zh: "投诉待回访", en: "complaint to be re-checked" };
/// A visit that is due by the prospect's tier.
pub(super) const ROUTINE: Label = Label { zh: "例行走访", en: "due for a visit" };
/// A birthday.
pub(super) const BIRTHDAY: Label = Label { zh: "生日", en: "birthday" };
/// Another day to remember.
pub(super) const ANNIVERSARY: Label = Label { zh: "纪念日", en: "anniversary" };
const ANYTHING: Label = Label { zh: "待办", en: "due" };

/// What something that is due is.
pub(super) fn what(kind: &Kind, fields: &Fields) -> Label {
    match kind.name() {
        name if name == visit::KIND.name && fields.time("occurred_at").is_none() => PLANNED_VISIT,
        name if name == visit::KIND.name => NEXT_STEP,
        name if name == activity::KIND.name => ACTIVITY,
        name if name == proposal::KIND.name => AWAITED,
        name if name == complaint::KIND.name && fields.time("answered_at").is_none() => TO_ANSWER,
        name if name == complaint::KIND.name => TO_RECHECK,
        name if name == commitment::KIND.name => match fields.text("type") {
            Some("appointment") => APPOINTMENT,
            Some("care") => CARE,
            _ => TASK,
        },
        _ => kind.spec().map_or(ANYTHING, |spec| spec.label),
    }
}

/// What its person wrote of it.
pub(super) fn words(kind: &Kind, fields: &Fields) -> Option<String> {
    let field = match kind.name() {
        name if name == visit::KIND.name && fields.time("occurred_at").is_none() => "purpose",
        name if name == visit::KIND.name => "next_step",
        name if name == activity::KIND.name => "name",
        name if name == proposal::KIND.name => "title",
        name if name == complaint::KIND.name => "facts",
        name if name == commitment::KIND.name => "what",
        _ => return None,
    };
    fields.text(field).map(str::to_owned)
}

/// Whether it takes place at its time, and is not only to be done by then.
pub(super) fn takes_place(kind: &Kind, fields: &Fields) -> bool {
    match kind.name() {
        name if name == visit::KIND.name => fields.time("occurred_at").is_none(),
        name if name == activity::KIND.name => true,
        name if name == commitment::KIND.name => fields.text("type") == Some("appointment"),
        _ => false,
    }
}

/// How a prospect's hours name a day of the week.
pub(super) fn day(date: Date) -> &'static str {
    match date.weekday() {
        Weekday::Monday => "mon",
        Weekday::Tuesday => "tue",
        Weekday::Wednesday => "wed",
        Weekday::Thursday => "thu",
        Weekday::Friday => "fri",
        Weekday::Saturday => "sat",
        Weekday::Sunday => "sun",
    }
}

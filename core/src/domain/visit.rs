//! 走访: one contact with a prospect. Visits are what a manager's day is made of, so one is written once and rarely edited.

use super::value::required;
use super::{
    Actions, Allowed, AudienceRule, Choice, Columns, FieldSpec, FieldType, Fields, Invalid, KindSpec, Label, Money,
    PhoneTime, Role, WrittenBy, standard,
};

/// How the contact was made.
pub const CHANNEL: &[Choice] = &[
    Choice { name: "on_site", label: Label { zh: "上门", en: "on site" } },
    Choice { name: "phone", label: Label { zh: "电话", en: "by phone" } },
    Choice { name: "video", label: Label { zh: "视频", en: "by video" } },
    Choice { name: "forum", label: Label { zh: "论坛", en: "at a forum" } },
    Choice { name: "message", label: Label { zh: "即时消息", en: "by message" } },
    Choice { name: "mail", label: Label { zh: "邮件", en: "by mail" } },
];

/// The eight steps of a sale (`[manuals]`), as far as this visit took them.
pub const STEP: &[Choice] = &[
    Choice { name: "preparation", label: Label { zh: "准备", en: "preparation" } },
    Choice { name: "approach", label: Label { zh: "接近", en: "approach" } },
    Choice { name: "understanding", label: Label { zh: "了解需求", en: "understanding" } },
    Choice { name: "presentation", label: Label { zh: "介绍方案", en: "presentation" } },
    Choice { name: "objections", label: Label { zh: "处理异议", en: "objections" } },
    Choice { name: "closing", label: Label { zh: "促成", en: "closing" } },
    Choice { name: "follow_up", label: Label { zh: "回访", en: "follow-up" } },
    Choice { name: "review", label: Label { zh: "总结", en: "review" } },
];

/// What one prepares (`[manuals]`).
pub const PREPARATION: &[Choice] = &[
    Choice { name: "knowledge", label: Label { zh: "业务知识", en: "knowledge" } },
    Choice { name: "area", label: Label { zh: "区域特点", en: "the area's character" } },
    Choice { name: "file", label: Label { zh: "客户档案", en: "the prospect's file" } },
    Choice { name: "competitors", label: Label { zh: "同业动态", en: "the competitors' moves" } },
    Choice { name: "materials", label: Label { zh: "资料", en: "materials" } },
];

/// How one approaches (`[case]`).
pub const APPROACH: &[Choice] = &[
    Choice { name: "smiled", label: Label { zh: "微笑、称呼得当", en: "smiled and addressed rightly" } },
    Choice { name: "named", label: Label { zh: "自我介绍、递名片", en: "named oneself and the bank" } },
    Choice { name: "thanked", label: Label { zh: "感谢接待", en: "thanked for being received" } },
    Choice {
        name: "common_ground", label: Label { zh: "赞美或找到共同点", en: "praised or found common ground" }
    },
    Choice { name: "purpose", label: Label { zh: "自信地说明来意", en: "said why one came" } },
];

/// What a gift may be worth at most.
pub const GIFT_LIMIT_FEN: i64 = standard::GIFT.most_stored();

/// Further from the prospect than this, as far as the receiver is sure of it, a visit on site is odd.
const FAR_M: i64 = 500;

/// A place that is less sure than this says nothing.
const ROUGH_M: i64 = 1000;

/// The kind.
pub static KIND: KindSpec = KindSpec {
    name: "visit",
    label: Label { zh: "走访", en: "Visit" },
    written_by: WrittenBy::Author,
    audience: AudienceRule::ProspectsUnit,
    rights: &[
        Allowed::own(Role::AccountManager, Actions::RECORD),
        Allowed::own(Role::ProductManager, Actions::RECORD),
        Allowed::own(Role::BranchLeader, Actions::RECORD),
        Allowed::own(Role::ServiceDesk, Actions::READ),
        Allowed::own(Role::HeadOffice, Actions::RECORD),
        Allowed::own(Role::Auditor, Actions::READ),
    ],
    fields: &[
        FieldSpec::new("occurred_at", "时间", "time", FieldType::Time(730, 1)).required_unless("planned_at").scoring(),
        FieldSpec::new("planned_at", "计划时间", "planned for", FieldType::Time(730, 730)),
        FieldSpec::new("channel", "方式", "channel", FieldType::Choice(CHANNEL)).required(),
        FieldSpec::new("asked_at", "来信时间", "their message came", FieldType::Time(730, 1)),
        FieldSpec::new("purpose", "目的", "purpose", FieldType::Text(200)).searched(),
        FieldSpec::new("met", "会见对象", "whom one met", FieldType::Text(200)).searched(),
        FieldSpec::new("person/*", "会见的人", "person met", FieldType::Bool).of_records(),
        FieldSpec::new("companion/*", "陪同展业", "came along", FieldType::Bool).of_people(),
        FieldSpec::new("senior", "负责人同行", "a senior leader along", FieldType::Bool),
        FieldSpec::new("step/*", "步骤", "step", FieldType::Bool).of(STEP),
        FieldSpec::new("prep/*", "准备事项", "prepared", FieldType::Bool).of(PREPARATION),
        FieldSpec::new("approach/*", "接近要点", "approach", FieldType::Bool).of(APPROACH),
        FieldSpec::new("note", "记录", "note", FieldType::Text(4000)).searched(),
        FieldSpec::new("needs", "需求", "needs", FieldType::Text(2000)).searched(),
        FieldSpec::new("objections", "异议", "objections", FieldType::Text(2000)).searched(),
        FieldSpec::new("minutes", "时长（分钟）", "minutes", FieldType::Int(0, 1440)),
        FieldSpec::new("gift", "礼品", "gift", FieldType::Text(200)).searched(),
        FieldSpec::new("gift_value", "礼品金额", "value of a gift", FieldType::Money),
        // Of an association or a community, not of a person: no gift.
        FieldSpec::new("sponsorship", "赞助", "sponsorship", FieldType::Text(200)).searched(),
        FieldSpec::new("sponsorship_value", "赞助金额", "value of the sponsorship", FieldType::Money),
        FieldSpec::new("place/lat", "纬度", "latitude", FieldType::Latitude),
        FieldSpec::new("place/lon", "经度", "longitude", FieldType::Longitude),
        FieldSpec::new("place/accuracy", "精度（米）", "accuracy in metres", FieldType::Int(0, 100_000)),
        FieldSpec::new(
            "place/distance",
            "与客户的距离（米）",
            "metres from the prospect",
            FieldType::Int(0, 21_000_000),
        ),
        FieldSpec::new("fulfils", "履行的承诺", "keeps the commitment", FieldType::Record),
        FieldSpec::new("next_step", "下一步", "next step", FieldType::Text(400)).searched(),
        FieldSpec::new("next_at", "下次时间", "next time", FieldType::Time(730, 730)),
        FieldSpec::new("owner", "走访人", "visitor", FieldType::Person),
    ],
    columns: Columns { occurred_at: Some("occurred_at"), owner: Some("owner"), ..Columns::NONE },
    due: |fields| fields.time(if is_planned(fields) { "planned_at" } else { "next_at" }),
    leaves_phones: true,
    flags,
};

/// Whether it has yet to take place: it is somebody's plan, and counts for nothing.
pub fn is_planned(fields: &Fields) -> bool {
    fields.time("planned_at").is_some() && fields.time("occurred_at").is_none()
}

/// Where somebody was is evidence for who asks, and never a reason to drop the visit.
fn flags(fields: &Fields) -> Vec<&'static str> {
    let (channel, int) = (fields.text("channel"), |name| fields.int(name));
    let on_site = channel == Some("on_site");
    let call = int("minutes").filter(|_| channel == Some("phone"));
    let accuracy = int("place/accuracy").unwrap_or(0);
    let surely_away = int("place/distance").map(|distance| distance.saturating_sub(accuracy));
    // How long they waited for the answer that this contact was.
    let waited =
        fields.time("occurred_at").zip(fields.time("asked_at")).map(|(at, asked)| at.millis() - asked.millis());
    let slower = |than: &str, standard: &standard::Standard| {
        channel == Some(than) && waited.is_some_and(|waited| waited > standard.most_stored())
    };
    let found = [
        ("message-answered-late", slower("message", &standard::MESSAGE)),
        ("mail-answered-late", slower("mail", &standard::MAIL)),
        ("gift-above-limit", int("gift_value").is_some_and(|fen| fen > GIFT_LIMIT_FEN)),
        ("call-length", call.is_some_and(|minutes| !standard::CALL.is_kept_by(minutes))),
        ("far-from-prospect", on_site && surely_away.is_some_and(|metres| metres > FAR_M)),
        ("rough-location", on_site && accuracy > ROUGH_M),
    ];
    found.into_iter().filter(|(_, so)| *so).map(|(flag, _)| flag).collect()
}

/// A visit as it is recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visit {
    /// When it took place, as the person says.
    pub occurred_at: PhoneTime,
    /// One of [`CHANNEL`].
    pub channel: String,
    /// Why one came (`[case]`: say it with confidence).
    pub purpose: Option<String>,
    /// Whom one met.
    pub met: Option<String>,
    /// What was said.
    pub note: Option<String>,
    /// How long it took.
    pub minutes: Option<i64>,
    /// What a gift was worth.
    pub gift_value: Option<Money>,
    /// What comes next.
    pub next_step: Option<String>,
    /// When it comes.
    pub next_at: Option<PhoneTime>,
}

impl Visit {
    /// A visit on site with a note.
    pub fn on_site(occurred_at: PhoneTime, note: impl Into<String>) -> Self {
        Self {
            occurred_at,
            channel: "on_site".to_owned(),
            purpose: None,
            met: None,
            note: Some(note.into()),
            minutes: None,
            gift_value: None,
            next_step: None,
            next_at: None,
        }
    }

    /// The record's fields.
    pub fn to_fields(&self) -> Fields {
        let text = |text: &Option<String>| text.as_deref().map(Into::into);
        let mut fields = Fields::new();
        fields.set("occurred_at", Some(self.occurred_at.into()));
        fields.set("channel", Some(self.channel.as_str().into()));
        fields.set("purpose", text(&self.purpose));
        fields.set("met", text(&self.met));
        fields.set("note", text(&self.note));
        fields.set("minutes", self.minutes.map(Into::into));
        fields.set("gift_value", self.gift_value.map(Into::into));
        fields.set("next_step", text(&self.next_step));
        fields.set("next_at", self.next_at.map(Into::into));
        fields
    }

    /// Reads a record's fields; what is missing or out of range is absent.
    ///
    /// # Errors
    /// When the time or the channel is missing.
    pub fn read(fields: &Fields) -> Result<Self, Invalid> {
        let text = |name| fields.text(name).map(str::to_owned);
        Ok(Self {
            occurred_at: required(fields.time("occurred_at"), "occurred_at")?,
            channel: required(text("channel"), "channel")?,
            purpose: text("purpose"),
            met: text("met"),
            note: text("note"),
            minutes: fields.int("minutes"),
            gift_value: fields.money("gift_value"),
            next_step: text("next_step"),
            next_at: fields.time("next_at"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> PhoneTime {
        PhoneTime::from_millis(1_772_985_600_000).expect("a time")
    }

    fn visited(channel: &str, ints: &[(&str, i64)]) -> Vec<&'static str> {
        let mut fields = Visit { channel: channel.to_owned(), ..Visit::on_site(now(), "好") }.to_fields();
        for (name, int) in ints {
            fields.set(name, Some((*int).into()));
        }
        assert_eq!(KIND.check_new(&fields, now()), Ok(()));
        flags(&fields)
    }

    #[test]
    fn a_planned_visit_is_due_when_it_is_planned_and_a_done_one_when_the_next_is() {
        let (tomorrow, next_week) = (now().plus_millis(86_400_000), now().plus_millis(7 * 86_400_000));
        let mut fields = Fields::new();
        fields.set("channel", Some("on_site".into()));
        assert_eq!(KIND.check_new(&fields, now()).map_err(|error| error.what), Err("occurred_at".into()));
        fields.set("planned_at", Some(tomorrow.into()));
        fields.set("next_at", Some(next_week.into()));
        assert_eq!(KIND.check_new(&fields, now()), Ok(()));
        assert!(is_planned(&fields) && Visit::read(&fields).is_err(), "it has not taken place");
        assert_eq!((KIND.due)(&fields), Some(tomorrow));
        fields.set("occurred_at", Some(tomorrow.into()));
        assert!(!is_planned(&fields) && Visit::read(&fields).is_ok());
        assert_eq!((KIND.due)(&fields), Some(next_week));
    }

    #[test]
    fn a_gift_above_the_limit_is_flagged_and_a_sponsorship_never() {
        assert!(visited("on_site", &[("gift_value", 20_000), ("sponsorship_value", 5_000_000)]).is_empty());
        assert_eq!(visited("on_site", &[("gift_value", 20_001)]), ["gift-above-limit"]);
    }

    #[test]
    fn a_call_too_short_or_too_long_is_flagged_and_other_visits_take_their_time() {
        for (minutes, flags) in [(7, &["call-length"][..]), (8, &[]), (15, &[]), (16, &["call-length"])] {
            assert_eq!(visited("phone", &[("minutes", minutes)]), flags, "{minutes}");
        }
        assert!(visited("phone", &[]).is_empty() && visited("on_site", &[("minutes", 90)]).is_empty());
    }

    #[test]
    fn a_visit_on_site_far_from_the_prospect_is_flagged_as_far_as_the_place_is_sure() {
        let at = |distance, accuracy| visited("on_site", &[("place/distance", distance), ("place/accuracy", accuracy)]);
        assert!(at(500, 0).is_empty() && at(900, 400).is_empty());
        assert_eq!(at(901, 400), ["far-from-prospect"]);
        assert_eq!(at(900, 1001), ["rough-location"]);
        assert_eq!(visited("on_site", &[("place/distance", 501)]), ["far-from-prospect"]);
        assert!(visited("phone", &[("place/distance", 9000)]).is_empty(), "one calls from anywhere");
    }

    #[test]
    fn what_a_star_stands_for_is_checked_as_well() {
        let edit = |name: &str| {
            let fields = Fields::new().with(name.parse().expect("a name"), true.into());
            KIND.check_edit(&fields, now()).map_err(|error| KIND.explain(&error))
        };
        for good in ["step/closing", "companion/P-7", "person/0195a0c4-7c00-7000-8000-000000000000"] {
            assert_eq!(edit(good), Ok(()), "{good}");
        }
        for bad in ["step/dancing", "prep/closing", "approach/closing", "person/P-7"] {
            assert!(edit(bad).is_err(), "{bad}");
        }
        let words = edit("step/dancing").expect_err("no step").zh;
        assert!(words.starts_with("步骤 · dancing：“dancing”不符合要求，请选择以下之一：准备、"), "{words}");
    }
}

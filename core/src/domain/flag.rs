//! Flags in words: every oddity that a record can be marked with, what it means and what to do, in both languages. A flag
//! never refuses or drops anything; it is for whoever looks.

use super::standard::{self, Standard};
use super::{Label, Words};

/// A flag in words.
#[derive(Debug, Clone, Copy)]
pub struct FlagSpec {
    /// Its name in rows. One that ends in `/` has the field's name behind it.
    pub name: &'static str,
    /// What pages show.
    pub label: Label,
    /// What it means and what to do, in a sentence in which `{limit}` stands for the standard's.
    means: Label,
    /// The service standard that it measures by.
    pub standard: Option<&'static Standard>,
}

impl FlagSpec {
    const fn new(name: &'static str, label: Label, means: Label) -> Self {
        Self { name, label, means, standard: None }
    }

    const fn by(mut self, standard: &'static Standard) -> Self {
        self.standard = Some(standard);
        self
    }

    /// What it means and what to do.
    pub fn explain(&self) -> Words {
        let limit = self.standard.map_or(Words { zh: String::new(), en: String::new() }, Standard::limit);
        Words { zh: self.means.zh.replace("{limit}", &limit.zh), en: self.means.en.replace("{limit}", &limit.en) }
    }

    /// The words of a flag; none for one that only a newer version gives.
    pub fn of(flag: &str) -> Option<&'static Self> {
        FLAGS.iter().find(|it| it.name == flag || it.name.ends_with('/') && flag.starts_with(it.name))
    }
}

const fn zh_en(zh: &'static str, en: &'static str) -> Label {
    Label { zh, en }
}

/// Every flag that a record can have.
pub static FLAGS: &[FlagSpec] = &[
    FlagSpec::new(
        "possible-twin",
        zh_en("疑似与另一记录重复", "Possibly recorded twice"),
        zh_en(
            "可能与另一条客户记录是同一客户；请核对后关联，或说明不是。",
            "It may be the same prospect as another record; compare them, then link them or say that they differ.",
        ),
    ),
    FlagSpec::new(
        "suspicious-name",
        zh_en("名称存疑", "Doubtful name"),
        zh_en(
            "文件中的名称不像一个客户；请走访核实，改正名称或撤回记录。",
            "The name that came in a file does not look like a prospect's; go and see, then correct it or withdraw the record.",
        ),
    ),
    FlagSpec::new(
        "shares-above-100",
        zh_en("小组分成超过 100%", "Shares above 100 %"),
        zh_en(
            "营销小组在组成员的分成合计超过 100%；请商定后调低。",
            "The shares of those in the marketing team come to more than 100 %; agree on lower ones.",
        ),
    ),
    FlagSpec::new(
        "tier-without-reason",
        zh_en("分层缺理由", "A tier without a reason"),
        zh_en(
            "手工设定的价值分层与规则不同而没有理由；请补填理由，或清空分层而按规则。",
            "The tier by value was set by hand to another than the rule's; give the reason, or clear it and let the rule hold.",
        ),
    ),
    FlagSpec::new(
        "odd-move",
        zh_en("阶段顺序异常", "An odd move"),
        zh_en(
            "这一步不符合阶段的常规顺序；请确认无误，或撤回后重新登记。",
            "The move is out of the usual order of stages; make sure that it is right, or withdraw it and record it anew.",
        ),
    ),
    FlagSpec::new(
        "no-reason",
        zh_en("缺原因", "No reason"),
        zh_en(
            "客户流失或搁置而没有写明原因；请补填，供后来人参考。",
            "The prospect is lost or dormant and nobody said why; add the reason for whoever comes next.",
        ),
    ),
    FlagSpec::new(
        "gift-above-limit",
        zh_en("礼品超过限额", "A gift above the limit"),
        zh_en(
            "礼品金额超过 {limit}；请核对金额，属实的须向负责人说明。",
            "The gift is worth more than {limit}; check the amount, and account for it to your leader if it is right.",
        ),
    )
    .by(&standard::GIFT),
    FlagSpec::new(
        "message-answered-late",
        zh_en("消息回复超时", "A message answered late"),
        zh_en(
            "即时消息应在 {limit} 内回复；请说明原因，下次先回一句“已收到”。",
            "A message is answered within {limit}; say why it was not, and next time answer first that it arrived.",
        ),
    )
    .by(&standard::MESSAGE),
    FlagSpec::new(
        "mail-answered-late",
        zh_en("邮件回复超时", "A mail answered late"),
        zh_en(
            "邮件应在 {limit} 内回复；请说明原因，下次先回复何时能答。",
            "A mail is answered within {limit}; say why it was not, and next time say at once when the answer comes.",
        ),
    )
    .by(&standard::MAIL),
    FlagSpec::new(
        "call-length",
        zh_en("通话时长不合标准", "A call too short or too long"),
        zh_en(
            "通话时长标准为 {limit}；过短说不清，过长打扰客户，下次请把握。",
            "A call should take {limit}: shorter says too little, longer imposes; mind it next time.",
        ),
    )
    .by(&standard::CALL),
    FlagSpec::new(
        "far-from-prospect",
        zh_en("距客户较远", "Far from the prospect"),
        zh_en(
            "登记上门走访的地点离客户较远；请核对走访对象和客户位置，记录照常有效。",
            "The visit on site was recorded far from the prospect; check whom it is about and where the prospect lies. The visit counts all the same.",
        ),
    ),
    FlagSpec::new(
        "rough-location",
        zh_en("定位粗略", "A rough location"),
        zh_en(
            "定位误差太大，不能说明在何处；下次请在开阔处定位，记录照常有效。",
            "The location is too rough to say where this was; take it in the open next time. The visit counts all the same.",
        ),
    ),
    FlagSpec::new(
        "kept-late",
        zh_en("逾期履行", "Kept late"),
        zh_en(
            "承诺在约定时间之后才履行；请向客户致歉，今后约定能守住的时间。",
            "The promise was kept after it was due; apologise, and promise a time that can be kept.",
        ),
    ),
    FlagSpec::new(
        "arrived-late",
        zh_en("未提前到达", "Arrived late"),
        zh_en(
            "约见应提前 {limit}到达；下次请早些出发。",
            "One arrives {limit} before an appointment; set out earlier next time.",
        ),
    )
    .by(&standard::ARRIVAL),
    FlagSpec::new(
        "answered-late",
        zh_en("答复逾期", "Answered late"),
        zh_en(
            "投诉应在 {limit}内答复；请向客户说明原因，并查找延误之处。",
            "A complaint is answered within {limit}; tell the customer why it took longer, and find out where it lay.",
        ),
    )
    .by(&standard::COMPLAINT),
    FlagSpec::new(
        "grave-without-senior",
        zh_en("严重投诉无负责人出面", "Grave without a senior person"),
        zh_en(
            "严重投诉应由负责人出面处理；请请一位负责人并登记。",
            "A senior person handles a grave complaint; ask one, and name them in the record.",
        ),
    ),
    FlagSpec::new(
        "ends-before-start",
        zh_en("结束早于开始", "Ends before it starts"),
        zh_en("结束日期早于开始日期；请改正其中之一。", "The last day lies before the first; correct one of them."),
    ),
    FlagSpec::new(
        "no-amount",
        zh_en("缺金额", "No amount"),
        zh_en("开户和理财业绩须有金额才能计入；请补填。", "An account or a wealth sale counts by its amount; add it."),
    ),
    FlagSpec::new(
        "no-cards",
        zh_en("缺卡数", "No number of cards"),
        zh_en("发卡业绩须有张数才能计入；请补填。", "Cards count by their number; add it."),
    ),
    FlagSpec::new(
        "out-of-range/",
        zh_en("数值超出合理范围", "A value out of range"),
        zh_en(
            "这一项的值超出本版本所知的范围；请核对并改正，或更新应用。",
            "A field's value lies outside what this version knows; check and correct it, or update the app.",
        ),
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        Date, Fields, KindSpec, PhoneTime, Value, campaign, commitment, complaint, outcome, prospect, stage_move, visit,
    };
    use std::collections::BTreeSet;

    fn time(hours: i64) -> Value {
        PhoneTime::from_millis(1_772_985_600_000 + hours * 3_600_000).expect("a time").into()
    }

    /// For each kind, fields that make it give every flag that it has.
    fn odd() -> Vec<(&'static KindSpec, Vec<(&'static str, Value)>)> {
        vec![
            (
                &prospect::KIND,
                vec![
                    ("twin/0195a0c4-7c00-7000-8000-000000000000", true.into()),
                    ("suspicious", "void".into()),
                    ("team/P1/share", 100.into()),
                    ("team/P2/share", 1.into()),
                    ("tier/value", "gold".into()),
                ],
            ),
            (&stage_move::KIND, vec![("from", "identified".into()), ("to", "won".into())]),
            (&stage_move::KIND, vec![("from", "engaged".into()), ("to", "lost".into())]),
            (
                &visit::KIND,
                vec![
                    ("channel", "on_site".into()),
                    ("gift_value", 20_001.into()),
                    ("place/distance", 9_000.into()),
                    ("place/accuracy", 1_001.into()),
                ],
            ),
            (&visit::KIND, vec![("channel", "phone".into()), ("minutes", 90.into())]),
            (&visit::KIND, vec![("channel", "message".into()), ("asked_at", time(0)), ("occurred_at", time(1))]),
            (&visit::KIND, vec![("channel", "mail".into()), ("asked_at", time(0)), ("occurred_at", time(3))]),
            (
                &commitment::KIND,
                vec![
                    ("type", "appointment".into()),
                    ("due_at", time(0)),
                    ("arrived_at", time(1)),
                    ("done_at", time(2)),
                ],
            ),
            (&complaint::KIND, vec![("occurred_at", time(0)), ("answered_at", time(25)), ("severity", "grave".into())]),
            (
                &campaign::KIND,
                vec![("starts", Date::constant(2026, 3, 2).into()), ("ends", Date::constant(2026, 3, 1).into())],
            ),
            (&outcome::KIND, vec![("product", "account".into())]),
            (&outcome::KIND, vec![("product", "cards".into())]),
        ]
    }

    #[test]
    fn every_flag_of_every_kind_is_on_the_list_and_every_flag_on_the_list_occurs() {
        let mut given: BTreeSet<String> = BTreeSet::from(["out-of-range/households".to_owned()]);
        for (kind, pairs) in odd() {
            let fields: Fields =
                pairs.into_iter().map(|(name, value)| (name.parse().expect("a name"), value)).collect();
            for (name, value) in fields.iter() {
                let field = kind.field(name.as_str()).expect("a field of the kind");
                assert_eq!(field.ty.check_range(name.as_str(), value), Ok(()));
            }
            let flags = (kind.flags)(&fields);
            assert!(!flags.is_empty(), "{}: {fields:?}", kind.name);
            given.extend(flags.into_iter().map(str::to_owned));
        }
        for flag in &given {
            assert!(FlagSpec::of(flag).is_some(), "{flag} has no words");
        }
        for spec in FLAGS {
            assert!(given.iter().any(|flag| flag.starts_with(spec.name)), "{} never occurs", spec.name);
        }
        assert_eq!(given.len(), FLAGS.len());
    }

    /// A flag that a kind gives stands in that kind's file as text: none is given there that is not on the list.
    #[test]
    fn no_kinds_file_gives_a_flag_that_is_not_on_the_list() {
        let sources = [
            include_str!("prospect.rs"),
            include_str!("stage_move.rs"),
            include_str!("visit.rs"),
            include_str!("commitment.rs"),
            include_str!("complaint.rs"),
            include_str!("campaign.rs"),
            include_str!("outcome.rs"),
        ];
        for source in sources {
            let code = source.split("#[cfg(test)]").next().expect("code");
            // Other words in quotes are names and labels.
            let of_words = |line: &&str| line.contains("Label {") || line.contains("FieldSpec::new");
            let code: Vec<_> = code.lines().filter(|line| !of_words(line)).collect();
            let code = code.join("\n");
            let literals = code.split('"').skip(1).step_by(2);
            let flags: Vec<_> = literals.filter(|it| it.contains('-') && it.bytes().all(is_of_a_flag)).collect();
            for flag in &flags {
                assert!(FlagSpec::of(flag).is_some(), "{flag} has no words");
            }
            assert!(!flags.is_empty());
        }
    }

    fn is_of_a_flag(byte: u8) -> bool {
        byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'
    }

    #[test]
    fn a_flag_is_explained_in_both_languages_with_the_standards_own_number() {
        for spec in FLAGS {
            let Words { zh, en } = spec.explain();
            assert!(
                zh.ends_with('。') && en.ends_with('.') && !zh.is_ascii() && !spec.label.zh.is_ascii(),
                "{}",
                spec.name
            );
            assert!(!zh.contains('{') && !en.contains('{'), "{}", spec.name);
            let limit = spec.standard.map(Standard::limit);
            assert!(limit.is_none_or(|limit| zh.contains(&limit.zh) && en.contains(&limit.en)), "{}", spec.name);
        }
        let gift = FlagSpec::of("gift-above-limit").expect("known").explain();
        assert!(gift.zh.contains("200 元") && gift.en.contains("200 yuan"), "{gift:?}");
        assert!(FlagSpec::of("of-a-newer-version").is_none());
    }
}

//! What fields may hold, in the words that people are told when they hold something else: every remedy stands here, in
//! English and in Chinese side by side.

use super::{Choice, Date, KindSpec, PhoneTime, ScalarType};
use std::fmt;

/// What would have been accepted. Words from elsewhere may be English alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    en: Box<str>,
    zh: Option<Box<str>>,
}

impl Expected {
    fn both(en: impl Into<String>, zh: impl Into<String>) -> Self {
        Self { en: en.into().into(), zh: Some(zh.into().into()) }
    }

    /// A scalar of a type.
    pub(super) fn scalar(scalar: ScalarType) -> Self {
        let zh = match scalar {
            ScalarType::Bool => "是或否",
            ScalarType::Int => "整数",
            ScalarType::Text => "文字",
            ScalarType::Bytes => "字节数据",
            ScalarType::Time => "时间",
        };
        Self::both(format!("{scalar:?}").to_lowercase(), format!("应为{zh}"))
    }

    /// Text of at most so many bytes: a Chinese character takes three of them, a rare one or an emoji four.
    pub(super) fn text_up_to(bytes: usize) -> Self {
        let han = bytes / 3;
        Self::both(
            format!("at most {bytes} bytes (about {han} Chinese characters or {bytes} Latin letters): make it shorter"),
            format!("至多 {bytes} 字节（约 {han} 个汉字或 {bytes} 个英文字母），请写短一些"),
        )
    }

    /// Bytes, at most so many.
    pub(super) fn bytes_up_to(bytes: usize) -> Self {
        Self::both(format!("at most {bytes} bytes"), format!("至多 {bytes} 字节"))
    }

    /// One of a list.
    pub(super) fn one_of(choices: &[Choice]) -> Self {
        let names: Vec<_> = choices.iter().map(|choice| choice.name).collect();
        let labels: Vec<_> = choices.iter().map(|choice| choice.label.zh).collect();
        Self::both(format!("one of {}", names.join(", ")), format!("请选择以下之一：{}", labels.join("、")))
    }

    /// A number in a range.
    pub(super) fn number(min: i64, max: i64) -> Self {
        Self::both(format!("a number from {min} to {max}"), format!("应为 {min} 到 {max} 之间的整数"))
    }

    /// An amount in fen.
    pub(super) fn fen() -> Self {
        Self::both("fen from 0 to 100,000,000,000,000", "应为 0 到 100,000,000,000,000 分，即至多一万亿元")
    }

    /// An amount in yuan.
    pub(super) fn yuan() -> Self {
        Self::both(
            "yuan with at most two decimals, such as 1200 or 12.34",
            "应为至多两位小数的金额（元），例如 1200 或 12.34",
        )
    }

    /// A day.
    pub(super) fn date() -> Self {
        Self::both("a date such as 2026-03-02", "应为日期，例如 2026-03-02")
    }

    /// A day in a range.
    pub(super) fn date_between(first: Date, last: Date) -> Self {
        Self::both(format!("a date from {first} to {last}"), format!("应为 {first} 到 {last} 之间的日期"))
    }

    /// A moment.
    pub(super) fn moment() -> Self {
        Self::both("milliseconds since 1970, before the year 2200", "应为 1970 年到 2199 年之间的时间")
    }

    /// A moment in a range.
    pub(super) fn moment_between(first: PhoneTime, last: PhoneTime) -> Self {
        let zh = format!("应为 {} 到 {} 之间的时间（北京时间）", first.in_beijing(), last.in_beijing());
        Self::both(format!("a time from {first} to {last}"), zh)
    }

    /// A record's id as bytes.
    pub(super) fn record_bytes() -> Self {
        Self::both("the 16 bytes of a UUIDv7", "应为记录编号（UUIDv7，16 字节）")
    }

    /// A record's id as text.
    pub(super) fn record_text() -> Self {
        Self::both(
            "a UUIDv7 such as 0195a0c4-7c00-7000-8000-000000000000",
            "应为记录编号（UUIDv7），例如 0195a0c4-7c00-7000-8000-000000000000",
        )
    }

    /// A code of the bank's.
    pub(super) fn code() -> Self {
        Self::both("1 to 32 of A-Z a-z 0-9 . _ -", "应为 1 到 32 个字母、数字或 . _ - 组成的代码")
    }

    /// A time zone.
    pub(super) fn zone() -> Self {
        Self::both("an IANA name such as Asia/Shanghai", "应为时区名称，例如 Asia/Shanghai")
    }

    /// A week.
    pub(super) fn week() -> Self {
        Self::both("an ISO week from 1970 to 2199 such as 2026-W12", "应为 1970 年到 2199 年之间的周，例如 2026-W12")
    }

    /// A digest.
    pub(super) fn digest() -> Self {
        Self::both("the 32 bytes of a SHA-256", "应为 SHA-256 摘要（32 字节）")
    }

    /// Change hashes.
    pub(super) fn hashes() -> Self {
        Self::both("change hashes of 32 bytes each", "应为改动的摘要，每个 32 字节")
    }

    /// Something, where a record is begun.
    pub(super) fn given() -> Self {
        Self::both("a value: the record cannot be created without it", "没有它不能建立记录，请填写")
    }

    /// This field or another, which people call so in Chinese.
    pub(super) fn given_or(other: &str, other_zh: &str) -> Self {
        Self::both(
            format!("a value, or one in {other}: the record cannot be created without either"),
            format!("请填写它或“{other_zh}”，两者都没有就不能建立记录"),
        )
    }

    /// Something, where a record is read.
    pub(super) fn held() -> Self {
        Self::both("a value: the record cannot do without it", "记录不能缺少它，请填写")
    }

    /// No edit.
    pub(super) fn left_alone() -> Self {
        Self::both("to be left alone: it is fixed when the record is created", "它在建立记录时已固定，请勿改动")
    }

    /// A field that the kind has.
    pub(super) fn field_of(kind: &KindSpec) -> Self {
        Self::both(format!("a field of {}", kind.name), format!("“{}”没有这一项，请去掉它或更新应用", kind.label.zh))
    }

    pub(super) fn in_chinese(&self) -> String {
        self.zh.as_deref().map_or_else(|| format!("应为：{}", self.en), str::to_owned)
    }
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.en)
    }
}

impl From<&str> for Expected {
    fn from(en: &str) -> Self {
        Self::from(en.to_owned())
    }
}

impl From<String> for Expected {
    fn from(en: String) -> Self {
        Self { en: en.into(), zh: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        FieldName, FieldSpec, FieldType, Fields, Invalid, KINDS, Label, RecordId, Value, Words, prospect, visit,
    };

    /// 2026-03-09, 00:00 in China.
    fn now() -> PhoneTime {
        PhoneTime::from_millis(1_772_985_600_000).expect("a time")
    }

    const GRADE: &[Choice] = &[
        Choice { name: "good", label: Label { zh: "良好", en: "good" } },
        Choice { name: "poor", label: Label { zh: "较差", en: "poor" } },
    ];

    #[test]
    fn every_type_of_field_says_in_both_languages_what_was_wrong_and_what_to_do() {
        let (text, bytes, number) = (|it: &str| Value::from(it), |n| Value::Bytes(vec![1; n]), Value::Int);
        let code = "应为 1 到 32 个字母、数字或 . _ - 组成的代码";
        let cases: [(FieldType, Value, &str, &str); 31] = [
            (
                FieldType::Text(200),
                text(&"很".repeat(67)),
                "`201 bytes` is not valid; expected at most 200 bytes (about 66 Chinese characters or 200 Latin letters): make it shorter",
                "“201 字节”不符合要求，至多 200 字节（约 66 个汉字或 200 个英文字母），请写短一些",
            ),
            (FieldType::Text(9), number(3), "`3` is not valid; expected text", "“3”不符合要求，应为文字"),
            (
                FieldType::Choice(GRADE),
                text("bad"),
                "`bad` is not valid; expected one of good, poor",
                "“bad”不符合要求，请选择以下之一：良好、较差",
            ),
            (FieldType::Choice(GRADE), true.into(), "`true` is not valid; expected text", "“是”不符合要求，应为文字"),
            (
                FieldType::Int(0, 9),
                number(10),
                "`10` is not valid; expected a number from 0 to 9",
                "“10”不符合要求，应为 0 到 9 之间的整数",
            ),
            (FieldType::Int(0, 9), text("3"), "`3` is not valid; expected int", "“3”不符合要求，应为整数"),
            (
                FieldType::Money,
                number(-5),
                "`-5` is not valid; expected fen from 0 to 100,000,000,000,000",
                "“-5 分”不符合要求，应为 0 到 100,000,000,000,000 分，即至多一万亿元",
            ),
            (FieldType::Money, text("many"), "`many` is not valid; expected int", "“many”不符合要求，应为整数"),
            (FieldType::Bool, number(1), "`1` is not valid; expected bool", "“1”不符合要求，应为是或否"),
            (
                FieldType::Date(2, 1),
                text("tomorrow"),
                "`tomorrow` is not valid; expected a date such as 2026-03-02",
                "“tomorrow”不符合要求，应为日期，例如 2026-03-02",
            ),
            (
                FieldType::Date(2, 1),
                text("2056-01-01"),
                "`2056-01-01` is not valid; expected a date from 2024-03-09 to 2027-03-09",
                "“2056-01-01”不符合要求，应为 2024-03-09 到 2027-03-09 之间的日期",
            ),
            (FieldType::Date(2, 1), number(1), "`1` is not valid; expected text", "“1”不符合要求，应为文字"),
            (
                FieldType::Time(30, 1),
                Value::Time(0),
                "`1970-01-01T00:00:00Z` is not valid; expected a time from 2026-02-06T16:00:00Z to 2026-03-09T16:00:00Z",
                "“1970-01-01 08:00”不符合要求，应为 2026-02-07 00:00 到 2026-03-10 00:00 之间的时间（北京时间）",
            ),
            (
                FieldType::Time(30, 1),
                Value::Time(-1),
                "`-1` is not valid; expected milliseconds since 1970, before the year 2200",
                "“-1”不符合要求，应为 1970 年到 2199 年之间的时间",
            ),
            (FieldType::Time(30, 1), text("now"), "`now` is not valid; expected time", "“now”不符合要求，应为时间"),
            (
                FieldType::Record,
                bytes(3),
                "`3 bytes` is not valid; expected the 16 bytes of a UUIDv7",
                "“3 字节”不符合要求，应为记录编号（UUIDv7，16 字节）",
            ),
            (
                FieldType::Record,
                bytes(17),
                "`17 bytes` is not valid; expected at most 16 bytes",
                "“17 字节”不符合要求，至多 16 字节",
            ),
            (FieldType::Record, text("x"), "`x` is not valid; expected bytes", "“x”不符合要求，应为字节数据"),
            (
                FieldType::Unit,
                text("黄浦"),
                "`黄浦` is not valid; expected 1 to 32 of A-Z a-z 0-9 . _ -",
                &format!("“黄浦”不符合要求，{code}"),
            ),
            (FieldType::Unit, bytes(2), "`(2 bytes)` is not valid; expected text", "“2 字节”不符合要求，应为文字"),
            (
                FieldType::Person,
                text(""),
                "`` is not valid; expected 1 to 32 of A-Z a-z 0-9 . _ -",
                &format!("“”不符合要求，{code}"),
            ),
            (FieldType::Person, number(7), "`7` is not valid; expected text", "“7”不符合要求，应为文字"),
            (
                FieldType::Zone,
                text("Mars/Olympus"),
                "`Mars/Olympus` is not valid; expected an IANA name such as Asia/Shanghai",
                "“Mars/Olympus”不符合要求，应为时区名称，例如 Asia/Shanghai",
            ),
            (
                FieldType::Week,
                text("W12"),
                "`W12` is not valid; expected an ISO week from 1970 to 2199 such as 2026-W12",
                "“W12”不符合要求，应为 1970 年到 2199 年之间的周，例如 2026-W12",
            ),
            (
                FieldType::Latitude,
                number(900_000_001),
                "`900000001` is not valid; expected a number from -900000000 to 900000000",
                "“900000001”不符合要求，应为 -900000000 到 900000000 之间的整数",
            ),
            (
                FieldType::Longitude,
                number(-1_800_000_001),
                "`-1800000001` is not valid; expected a number from -1800000000 to 1800000000",
                "“-1800000001”不符合要求，应为 -1800000000 到 1800000000 之间的整数",
            ),
            (FieldType::Latitude, text("31"), "`31` is not valid; expected int", "“31”不符合要求，应为整数"),
            (
                FieldType::Hashes(1),
                bytes(31),
                "`31 bytes` is not valid; expected change hashes of 32 bytes each",
                "“31 字节”不符合要求，应为改动的摘要，每个 32 字节",
            ),
            (
                FieldType::Hashes(1),
                bytes(64),
                "`64 bytes` is not valid; expected at most 32 bytes",
                "“64 字节”不符合要求，至多 32 字节",
            ),
            (
                FieldType::Digest,
                bytes(31),
                "`31 bytes` is not valid; expected the 32 bytes of a SHA-256",
                "“31 字节”不符合要求，应为 SHA-256 摘要（32 字节）",
            ),
            (FieldType::Digest, text("x"), "`x` is not valid; expected bytes", "“x”不符合要求，应为字节数据"),
        ];
        for (ty, value, en, zh) in cases {
            let field = FieldSpec::new("the_field", "这一项", "this field", ty);
            let error = field.check_edit("the_field", &value, now()).expect_err(en);
            assert_eq!(error.to_string(), format!("the_field: {en}"));
            assert_eq!(error.in_chinese(), format!("the_field：{zh}"));
        }
    }

    #[test]
    fn an_error_of_a_kind_names_its_field_as_pages_do() {
        let name = |name: &str| name.parse::<FieldName>().expect("a name");
        let said = |kind: &KindSpec, fields: Fields| kind.explain(&kind.check_new(&fields, now()).expect_err("wrong"));
        let words = |zh: &str, en: &str| Words { zh: zh.to_owned(), en: en.to_owned() };
        let named = |field: &str, value: Value| Fields::new().with(name("name"), "甲".into()).with(name(field), value);
        assert_eq!(
            said(&prospect::KIND, Fields::new()),
            words(
                "名称：尚未填写，没有它不能建立记录，请填写",
                "name: `(missing)` is not valid; expected a value: the record cannot be created without it"
            )
        );
        assert_eq!(
            said(&visit::KIND, Fields::new()),
            words(
                "时间：尚未填写，请填写它或“计划时间”，两者都没有就不能建立记录",
                "time: `(missing)` is not valid; expected a value, or one in planned_at: the record cannot be created without either"
            )
        );
        assert_eq!(
            said(&prospect::KIND, named("households", (-1).into())),
            words(
                "户数：“-1”不符合要求，应为 0 到 100000 之间的整数",
                "households: `-1` is not valid; expected a number from 0 to 100000"
            )
        );
        assert_eq!(
            said(&prospect::KIND, named("hours/sun", 14.into())),
            words(
                "可会面时间 · 周日：“14”不符合要求，应为文字",
                "can be met · Sunday: `14` is not valid; expected text"
            )
        );
        assert_eq!(
            said(&prospect::KIND, named("colour", "red".into())),
            words(
                "colour：“red”不符合要求，“潜在客户”没有这一项，请去掉它或更新应用",
                "colour: `red` is not valid; expected a field of prospect"
            )
        );
        assert_eq!(
            said(&prospect::KIND, named("prospect", RecordId::new(1, [1; 10]).into())),
            words(
                "潜在客户：“00000000-0001-7101-8101-010101010101”不符合要求，它在建立记录时已固定，请勿改动",
                "prospect: `00000000-0001-7101-8101-010101010101` is not valid; expected to be left alone: it is fixed when the record is created"
            )
        );
    }

    #[test]
    fn no_field_of_any_kind_refuses_a_value_in_english_alone() {
        let wrong =
            [Value::Bool(true), Value::Int(i64::MIN), Value::from("\u{0}"), Value::Bytes(vec![1; 7]), Value::Time(-1)];
        for kind in KINDS {
            for field in kind.fields {
                let member = "0195a0c4-7c00-7000-8000-000000000000";
                let errors = wrong
                    .iter()
                    .filter_map(|value| field.check_edit(&field.name.replace('*', member), value, now()).err());
                let errors: Vec<Invalid> = errors.collect();
                assert!(errors.len() >= 4, "{}: {}", kind.name, field.name);
                for error in errors {
                    assert!(error.expected.zh.is_some(), "{}: {error}", kind.name);
                }
            }
        }
    }
}

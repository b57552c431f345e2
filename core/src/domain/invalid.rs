//! The one error of parsing: what was wrong, what stood there, what was expected; in English as it stands, and in Chinese.

use super::{Expected, Value, Words};

/// What is said to be found where nothing is.
const MISSING: &str = "(missing)";

/// A value from outside that is not what its type demands.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}: `{found}` is not valid; expected {expected}")]
pub struct Invalid {
    /// The field or type, in the words of the design.
    pub what: String,
    /// What was found, shortened to 60 characters.
    pub found: String,
    /// What would have been accepted.
    pub expected: Expected,
    /// What is said of it in Chinese, where quoting it would not do.
    found_zh: Option<Box<str>>,
}

impl Invalid {
    /// Builds the error; long values are shortened.
    pub fn new(what: impl Into<String>, found: impl ToString, expected: impl Into<Expected>) -> Self {
        let found = shortened(found.to_string());
        Self { what: what.into(), found, expected: expected.into(), found_zh: None }
    }

    /// A field that was left out.
    pub(super) fn missing(field: &str, expected: Expected) -> Self {
        Self::new(field, MISSING, expected)
    }

    /// A field whose value will not do.
    pub(super) fn value(field: &str, value: &Value, expected: Expected) -> Self {
        let found = shortened(value.in_chinese());
        Self::new(field, value, expected).said(format!("“{found}”不符合要求"))
    }

    /// Bytes that will not do, of which only their number is said.
    pub(super) fn bytes(what: &str, length: usize, expected: Expected) -> Self {
        Self::new(what, format!("{length} bytes"), expected).said(format!("“{length} 字节”不符合要求"))
    }

    /// The same error, with what it says in Chinese of what was found.
    #[must_use]
    pub(super) fn said(mut self, found_zh: impl Into<String>) -> Self {
        self.found_zh = Some(found_zh.into().into());
        self
    }

    /// The same error, named after the field in which it stood.
    #[must_use]
    pub fn in_field(mut self, field: &str) -> Self {
        self.what = field.to_owned();
        self
    }

    /// The error in Chinese. What is expected is English within it where no more is known.
    pub fn in_chinese(&self) -> String {
        self.of(&self.what, &self.what).zh
    }

    /// The error in both languages where it stands beside the field that it is of: what was found, and what to do.
    pub fn beside(&self) -> Words {
        let named = self.of("", "");
        let without = |words: &str, mark: &str| words.strip_prefix(mark).unwrap_or(words).to_owned();
        Words { zh: without(&named.zh, "："), en: without(&named.en, ": ") }
    }

    /// The error in both languages, of something that people call by a name of their own.
    pub(super) fn of(&self, zh: &str, en: &str) -> Words {
        let found = match &self.found_zh {
            Some(found) => found.to_string(),
            None if self.found == MISSING => "尚未填写".to_owned(),
            None => format!("“{}”不符合要求", self.found),
        };
        Words {
            zh: format!("{zh}：{found}，{}", self.expected.in_chinese()),
            en: format!("{en}: `{}` is not valid; expected {}", self.found, self.expected),
        }
    }
}

fn shortened(text: String) -> String {
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

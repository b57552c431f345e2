//! The one error of parsing: what was wrong, what stood there, what was expected.

/// A value from outside that is not what its type demands.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}: `{found}` is not valid; expected {expected}")]
pub struct Invalid {
    /// The field or type, in the words of the design.
    pub what: String,
    /// What was found, shortened to 60 characters.
    pub found: String,
    /// What would have been accepted.
    pub expected: String,
}

impl Invalid {
    /// Builds the error; long values are shortened.
    pub fn new(what: impl Into<String>, found: impl ToString, expected: impl Into<String>) -> Self {
        let found = found.to_string();
        let found = match found.char_indices().nth(60) {
            Some((end, _)) => format!("{}…", &found[..end]),
            None => found,
        };
        Self { what: what.into(), found, expected: expected.into() }
    }

    /// The same error, named after the field in which it stood.
    #[must_use]
    pub fn in_field(mut self, field: &str) -> Self {
        self.what = field.to_owned();
        self
    }
}

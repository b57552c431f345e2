//! The change gate (temporary).
use super::*;
#[derive(Debug, Clone)]
pub struct Rules {
    pub max_heads: Option<usize>,
    pub max_changes: usize,
    pub max_bytes: usize,
    pub author: Option<DeviceNumber>,
    pub fields: bool,
}
impl Rules {
    pub fn phone() -> Self {
        Self { max_heads: None, max_changes: usize::MAX, max_bytes: usize::MAX, author: None, fields: false }
    }
    pub fn server(author: DeviceNumber) -> Self {
        Self { max_heads: Some(16), max_changes: 10_000, max_bytes: 4 << 20, author: Some(author), fields: true }
    }
}
#[derive(Debug, Clone)]
pub struct Guarded {
    document: Option<Document>,
}
#[derive(thiserror::Error, Debug, Clone, PartialEq, Eq)]
#[error("refused")]
pub enum Refusal {
    Known(ChangeHash),
    NeedsDeps(Vec<ChangeHash>),
    PullFirst,
    Bad { rule: &'static str, words: String },
}
impl Refusal {
    pub fn code(&self) -> &'static str {
        match self {
            Self::Bad { rule, .. } => rule,
            _ => "x",
        }
    }
}
impl Guarded {
    pub fn empty(_id: RecordId, _kind: Kind) -> Self {
        Self { document: None }
    }
    pub fn of(_id: RecordId, _kind: Kind, document: Document, _bytes: usize) -> Self {
        Self { document: Some(document) }
    }
    pub fn admit(&mut self, bytes: &[u8], rules: &Rules) -> Result<Change, Refusal> {
        let c =
            automerge::Change::try_from(bytes).map_err(|e| Refusal::Bad { rule: "checksum", words: e.to_string() })?;
        let mut d = self.document.clone().unwrap_or(Document { inner: Automerge::new() });
        if d.has(&c.hash().into()) {
            return Err(Refusal::Known(c.hash().into()));
        }
        let change = Change::of(&c);
        let missing: Vec<_> = change.deps.iter().filter(|h| !d.has(h)).copied().collect();
        if !missing.is_empty() {
            return Err(Refusal::NeedsDeps(missing));
        }
        d.inner.apply_changes([c]).map_err(|e| Refusal::Bad { rule: "apply", words: e.to_string() })?;
        if rules.max_heads.is_some_and(|m| d.heads().len() > m) {
            return Err(Refusal::PullFirst);
        }
        self.document = Some(d);
        Ok(change)
    }
    pub fn document(&self) -> Option<&Document> {
        self.document.as_ref()
    }
    pub fn into_document(self) -> Option<Document> {
        self.document
    }
}

//! The gate: the only way by which changes from outside come into a document. Automerge must never see unchecked bytes:
//! some make it panic, some ask it for gigabytes, some it takes and cannot load again. The rules are those of section 9 of
//! `PROTOCOL.md`, cheapest first; each refuses what no honest phone makes.

mod columns;
mod graph;
mod ops;
mod refusal;
#[cfg(test)]
mod tests;

pub use refusal::Refusal;

use super::{Change, Document};
use crate::domain::{DeviceNumber, Kind, RecordId};
use automerge::{Automerge, ReadDoc};
use graph::Graph;
use refusal::bad;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What one side demands beyond the structure.
#[derive(Debug, Clone)]
pub struct Rules {
    /// With more heads than this the sender must pull first.
    pub max_heads: Option<usize>,
    /// The most changes in one document.
    pub max_changes: usize,
    /// The most bytes of changes in one document.
    pub max_bytes: usize,
    /// The device whose changes these are; `None` takes any device's.
    pub author: Option<DeviceNumber>,
    /// Whether each field's type and size is judged.
    pub fields: bool,
}

impl Rules {
    /// A phone's: structure alone. What the server took, every phone must be able to hold.
    pub fn phone() -> Self {
        Self { max_heads: None, max_changes: usize::MAX, max_bytes: usize::MAX, author: None, fields: false }
    }

    /// The server's, for changes that a device sends as its own.
    pub fn server(author: DeviceNumber) -> Self {
        Self {
            max_heads: Some(16),
            max_changes: 10_000,
            // So that a whole record fits into a response beside half a body of others: one that did not would stop the sync
            // of everybody who may hold it, for ever.
            max_bytes: 1024 * 1024,
            author: Some(author),
            fields: true,
        }
    }
}

/// One record's document, guarded: changes come in only through [`Guarded::admit`].
#[derive(Debug, Clone)]
pub struct Guarded {
    id: RecordId,
    kind: Kind,
    document: Option<Document>,
    graph: Graph,
    bytes: usize,
}

impl Guarded {
    /// A record of which nothing is here yet.
    pub fn empty(id: RecordId, kind: Kind) -> Self {
        Self { id, kind, document: None, graph: Graph::default(), bytes: 0 }
    }

    /// A record whose document this side has stored; its changes take `bytes` there.
    pub fn of(id: RecordId, kind: Kind, document: Document, bytes: usize) -> Self {
        let graph = Graph::of(&document.inner);
        Self { id, kind, document: Some(document).filter(|document| !document.is_empty()), graph, bytes }
    }

    /// Judges a change, and if it is good, takes it into the document.
    ///
    /// # Errors
    /// Says why not; everything is then as it was before.
    pub fn admit(&mut self, bytes: &[u8], rules: &Rules) -> Result<Change, Refusal> {
        let (hash, body) = columns::open(bytes)?;
        if self.graph.knows(&hash) {
            return Err(Refusal::Known(hash));
        }
        columns::walk(body)?;
        let change = contain(|| automerge::Change::try_from(bytes))?
            .map_err(|_| bad("undecodable", "the change cannot be read"))?;

        let author = self.graph.judge(&change)?;
        if rules.author.is_some() && rules.author != author {
            return Err(bad("not-your-change", "the change was written by another device than the one that sends it"));
        }
        self.judge_operations(&change, rules)?;
        if rules.max_heads.is_some_and(|max| self.graph.heads_with(&change) > max) {
            return Err(Refusal::PullFirst);
        }
        if self.graph.len() >= rules.max_changes || self.bytes.saturating_add(bytes.len()) > rules.max_bytes {
            let words = "this record has been changed as often as one record can; create a new one".to_owned();
            return Err(Refusal::Bad { rule: "document-full", words });
        }

        let (document, kept) = contain(|| apply(self.document.as_ref(), change))??;
        if kept.raw_bytes() != bytes {
            return Err(not_kept());
        }
        self.document = Some(document);
        self.graph.add(&kept, author);
        self.bytes = self.bytes.saturating_add(bytes.len());
        Ok(Change::of(&kept))
    }

    fn judge_operations(&self, change: &automerge::Change, rules: &Rules) -> Result<(), Refusal> {
        let document = self.document.as_ref().map(|document| &document.inner);
        let puts = contain(|| ops::puts(change, document))??;
        match document {
            None => ops::judge_first(&puts.iter().cloned().collect(), self.id, &self.kind)?,
            Some(_) => ops::judge_later(&puts)?,
        }
        if rules.fields { ops::judge_fields(&puts, &self.kind) } else { Ok(()) }
    }

    /// The document; `None` while nothing was admitted.
    pub fn document(&self) -> Option<&Document> {
        self.document.as_ref()
    }

    /// The document, to be edited here.
    pub fn into_document(self) -> Option<Document> {
        self.document
    }
}

/// Applies a change to a copy, and reads it back: what does not come back as it went in would be lost at the next save.
fn apply(document: Option<&Document>, change: automerge::Change) -> Result<(Document, automerge::Change), Refusal> {
    let hash = change.hash();
    let mut inner = document.map_or_else(Automerge::new, |document| document.inner.clone());
    inner.apply_changes([change]).map_err(|_| bad("not-applicable", "the change does not fit the record"))?;
    let kept = inner.get_change_by_hash(&hash).ok_or_else(not_kept)?;
    Ok((Document { inner }, kept))
}

/// Runs automerge on foreign input. Whatever it touches is thrown away when it panics; in a build with debug assertions
/// it panics on reading back what it would not keep.
fn contain<T>(work: impl FnOnce() -> T) -> Result<T, Refusal> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|_| not_kept())
}

fn not_kept() -> Refusal {
    bad("not-canonical", "the record would not keep the change as it was made")
}

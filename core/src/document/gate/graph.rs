//! A change's place in its document's history: what it was made upon, and which of its actor's changes it is. Automerge
//! trusts all of this; a fork or a wrong counter would only show later, as a panic or as changes silently queued.

use super::refusal::{Refusal, bad};
use crate::document::{ChangeHash, convert};
use crate::domain::DeviceNumber;
use automerge::{ActorId, Automerge};
use std::collections::{BTreeSet, HashMap};

/// What must be known of a document's history to judge the next change.
#[derive(Debug, Clone, Default)]
pub(super) struct Graph {
    /// Every change with the counter of its last operation.
    max_ops: HashMap<ChangeHash, u64>,
    actors: HashMap<ActorId, Latest>,
    heads: BTreeSet<ChangeHash>,
}

/// An actor's latest change.
#[derive(Debug, Clone)]
struct Latest {
    seq: u64,
    hash: ChangeHash,
    /// From the actor's first change.
    author: Option<DeviceNumber>,
}

impl Graph {
    pub(super) fn of(document: &Automerge) -> Self {
        let mut graph = Self { heads: document.get_heads().into_iter().map(Into::into).collect(), ..Self::default() };
        for meta in document.get_changes_meta(&[]) {
            let latest = Latest {
                seq: meta.seq,
                hash: meta.hash.into(),
                author: meta.author.as_ref().and_then(convert::device),
            };
            graph.max_ops.insert(latest.hash, meta.max_op);
            let known = graph.actors.get(meta.actor.as_ref());
            if known.is_none_or(|known| known.seq < latest.seq) {
                graph.actors.insert(meta.actor.into_owned(), latest);
            }
        }
        graph
    }

    pub(super) fn len(&self) -> usize {
        self.max_ops.len()
    }

    pub(super) fn knows(&self, hash: &ChangeHash) -> bool {
        self.max_ops.contains_key(hash)
    }

    /// How many heads the document would have with a change.
    pub(super) fn heads_with(&self, change: &automerge::Change) -> usize {
        let replaced = change.deps().iter().filter(|dep| self.heads.contains(&ChangeHash::from(**dep))).count();
        self.heads.len() - replaced + 1
    }

    /// Judges a change's place, and says which device wrote it.
    ///
    /// # Errors
    /// When changes it needs are missing, or it is not what an honest phone makes next.
    pub(super) fn judge(&self, change: &automerge::Change) -> Result<Option<DeviceNumber>, Refusal> {
        self.judge_deps(change)?;
        let author = change.author().as_ref().and_then(convert::device);
        let author = match self.actors.get(change.actor_id()) {
            None if change.seq() != 1 => return Err(bad("seq-gap", "an earlier change of the same writer is missing")),
            None if author.is_none() => return Err(bad("author-missing", "the change does not say who wrote it")),
            None => author,
            Some(latest) if change.seq() <= latest.seq => {
                return Err(bad("seq-reuse", "the same writer already made another change in its place"));
            }
            Some(latest) if change.seq() != latest.seq + 1 => {
                return Err(bad("seq-gap", "an earlier change of the same writer is missing"));
            }
            // Automerge adds the actor's own last change to a transaction's deps even where it is no head.
            Some(latest) if !change.deps().contains(&latest.hash.to_automerge()) => {
                return Err(bad("own-change-not-in-deps", "the change does not build on its writer's last one"));
            }
            Some(_) if author.is_some() => return Err(bad("author-twice", "the change names its author again")),
            Some(latest) => latest.author,
        };
        if change.other_actor_ids().iter().any(|actor| !self.actors.contains_key(actor)) {
            return Err(bad("unknown-actor", "the change names a writer who never wrote here"));
        }
        Ok(author)
    }

    fn judge_deps(&self, change: &automerge::Change) -> Result<(), Refusal> {
        let deps: Vec<ChangeHash> = change.deps().iter().copied().map(Into::into).collect();
        if deps.windows(2).any(|pair| pair[0] >= pair[1]) {
            return Err(bad("deps-order", "what the change builds on is not in order"));
        }
        let missing: Vec<_> = deps.iter().filter(|dep| !self.knows(dep)).copied().collect();
        if !missing.is_empty() {
            return Err(Refusal::NeedsDeps(missing));
        }
        if deps.is_empty() && self.len() > 0 {
            return Err(bad("second-root", "the record was created already; this would create it again"));
        }
        let last_op = deps.iter().filter_map(|dep| self.max_ops.get(dep)).max().copied().unwrap_or(0);
        if change.start_op().get() != last_op + 1 {
            return Err(bad("start-op", "the change's operations are not numbered from where its history ends"));
        }
        Ok(())
    }

    /// Notes an admitted change, whose author [`Graph::judge`] found.
    pub(super) fn add(&mut self, change: &automerge::Change, author: Option<DeviceNumber>) {
        let hash = ChangeHash::from(change.hash());
        for dep in change.deps() {
            self.heads.remove(&ChangeHash::from(*dep));
        }
        self.heads.insert(hash);
        self.max_ops.insert(hash, change.max_op());
        self.actors.insert(change.actor_id().clone(), Latest { seq: change.seq(), hash, author });
    }
}

//! The pipeline: at which stage each prospect is, where it may go next, and what lies at each stage (`[case]`: the reserve is sold
//! to in its own way at each).

use super::glance::STANDS;
use super::today::Scope;
use super::whose::Whose;
use super::{Replica, ReplicaError};
use crate::domain::{Choice, Label, PhoneTime, RecordId, stage_move};
use rusqlite::{Connection, OptionalExtension};
use std::collections::BTreeMap;

/// A prospect's present stage.
#[derive(Debug, Clone)]
pub struct Stage {
    /// One of [`stage_move::STAGE`], or one from a newer phone.
    pub name: String,
    /// Since when; none if it never moved.
    pub since: Option<PhoneTime>,
    /// The reserve in fen, as its newest move says.
    pub reserve: Option<i64>,
    /// Where it may move. Another move is recorded all the same, and flagged.
    pub next: Vec<Choice>,
}

/// What lies at a stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StageSum {
    /// One of [`stage_move::STAGE`], or one from a newer phone.
    pub stage: String,
    /// What pages show; none for one from a newer phone.
    pub label: Option<Label>,
    /// How many prospects; those that are linked with an older record of the same are not counted twice.
    pub prospects: usize,
    /// Their reserve in fen, as far as it is known.
    pub reserve: i64,
}

impl Replica {
    /// At which stage a prospect is: where the newest of its moves led that was not withdrawn.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn stage(&self, prospect: RecordId) -> Result<Stage, ReplicaError> {
        let mut select =
            self.main()?.prepare_cached("SELECT stage, stage_at, reserve FROM glance WHERE prospect = ?")?;
        type Found = (Option<String>, Option<i64>, Option<i64>);
        let found: Option<Found> =
            select.query_row([prospect.as_bytes()], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).optional()?;
        let (name, since, reserve) = found.unwrap_or_default();
        let name = name.unwrap_or_else(|| stage_move::IDENTIFIED.to_owned());
        let next = stage_move::STAGE.iter().filter(|to| stage_move::is_allowed(&name, to.name));
        Ok(Stage { next: next.copied().collect(), name, since: since.map(PhoneTime::nearest), reserve })
    }

    /// What lies at each stage, every one of them in order: of the prospects that this person looks after (assigned to them, or to
    /// nobody and last visited by them), or of all on this phone.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn stages(&self, scope: Scope) -> Result<Vec<StageSum>, ReplicaError> {
        match scope {
            Scope::Mine => sums(self.main()?, Some(&self.whose(&self.person)?)),
            Scope::Unit => sums(self.main()?, None),
        }
    }
}

/// What lies at each stage, of the prospects that somebody looks after, or of all.
pub(super) fn sums(db: &Connection, whose: Option<&Whose>) -> Result<Vec<StageSum>, ReplicaError> {
    let mine = whose.map_or("?1 = ''".to_owned(), Whose::looks_after);
    let sql = format!(
        "SELECT coalesce(stage, ?2), count(*), coalesce(sum(reserve), 0) FROM glance
         WHERE known = 1 AND {STANDS} AND {mine} GROUP BY 1"
    );
    let mut select = db.prepare_cached(&sql)?;
    let person = whose.map_or("", |whose| whose.person.as_str());
    let found = select.query_map([person, stage_move::IDENTIFIED], |row| {
        let prospects = usize::try_from(row.get::<_, i64>(1)?).unwrap_or(0);
        Ok((row.get::<_, String>(0)?, (prospects, row.get::<_, i64>(2)?)))
    })?;
    let mut found: BTreeMap<String, (usize, i64)> = found.collect::<Result<_, _>>()?;
    let mut sums = Vec::new();
    for choice in stage_move::STAGE {
        let (prospects, reserve) = found.remove(choice.name).unwrap_or_default();
        sums.push(StageSum { stage: choice.name.to_owned(), label: Some(choice.label), prospects, reserve });
    }
    let newer = |(stage, (prospects, reserve))| StageSum { stage, label: None, prospects, reserve };
    sums.extend(found.into_iter().map(newer));
    Ok(sums)
}

//! What is still to be moved, in its order, and what an answer leaves of it. A server that says the same again and again, or takes
//! back what it said, keeps a phone from the rest only so often.

use super::outcome::TransferReport;
use super::{Kept, TransferPlan};
use crate::wire::{Held, MAX_ASKED, Named, UNIT};
use std::collections::{BTreeMap, VecDeque};

/// How often an attachment may get no further before the next one gets its turn.
const MAX_SETBACKS: u32 = 4;

/// One attachment on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parcel {
    /// Which.
    pub named: Named,
    /// How many bytes it has.
    pub size: u64,
    /// How many of them are where they should be, from the first on.
    pub there: u64,
    /// The most that ever was.
    furthest: u64,
    /// How often it got no further since.
    setbacks: u32,
    /// Whether a piece of it is on its way whose answer did not come.
    in_doubt: bool,
}

impl Parcel {
    /// An attachment of a size, of which so many bytes are where they should be.
    pub fn new(named: Named, size: u64, there: u64) -> Self {
        Self { named, size, there, furthest: there, setbacks: 0, in_doubt: false }
    }

    /// How many bytes are to be moved.
    pub fn rest(&self) -> u64 {
        self.size.saturating_sub(self.there)
    }

    /// Whether a server can have so much of it.
    pub(super) fn could_be(&self, held: Held) -> bool {
        match held {
            Held::Partly(there) => there < self.size && there.is_multiple_of(UNIT),
            Held::Unknown | Held::Whole | Held::OtherBytes => true,
        }
    }

    /// It is so far by now. Returns whether it should go on at once.
    fn comes_to(&mut self, there: u64) -> bool {
        self.setbacks = if there > self.furthest { 0 } else { self.setbacks + 1 };
        (self.there, self.furthest) = (there, self.furthest.max(there));
        self.setbacks < MAX_SETBACKS
    }
}

/// One thing to do.
#[derive(Debug, Clone)]
pub(super) enum Task {
    /// Ask what the server has of these.
    Ask(Vec<Parcel>),
    /// Bring it a piece.
    Bring(Parcel),
    /// Fetch a piece.
    Fetch(Parcel),
}

/// All that is to do: questions first, then what lies here alone, then what is wanted here.
#[derive(Debug, Default)]
pub(super) struct Tasks {
    ask: VecDeque<Vec<Parcel>>,
    bring: VecDeque<Parcel>,
    fetch: VecDeque<Parcel>,
}

impl Tasks {
    pub(super) fn of(plan: TransferPlan) -> Self {
        let ask = plan.bring.chunks(MAX_ASKED).map(<[Parcel]>::to_vec).collect();
        Self { ask, bring: VecDeque::new(), fetch: plan.fetch.into() }
    }

    /// What is next; it stays so until an answer moves it on.
    pub(super) fn next(&self) -> Option<Task> {
        let ask = self.ask.front().cloned().map(Task::Ask);
        let bring = || self.bring.front().cloned().map(Task::Bring);
        ask.or_else(bring).or_else(|| self.fetch.front().cloned().map(Task::Fetch))
    }

    /// Lets go of what is next.
    pub(super) fn drop_first(&mut self) {
        if self.ask.pop_front().is_none() && self.bring.pop_front().is_none() {
            self.fetch.pop_front();
        }
    }

    /// What became of the piece that was next nobody knows: the server is asked before it is sent again.
    pub(super) fn doubt_first(&mut self) {
        if self.ask.is_empty()
            && let Some(parcel) = self.bring.pop_front()
        {
            self.ask.push_front(vec![Parcel { in_doubt: true, ..parcel }]);
        }
    }

    /// The server says what it has of what is next.
    pub(super) fn told(&mut self, held: &[(Named, Held)], report: &mut TransferReport) {
        if let Some(asked) = self.ask.pop_front() {
            let mut parcels: BTreeMap<Named, Parcel> = asked.into_iter().map(|it| (it.named, it)).collect();
            for (named, held) in held {
                let Some(mut parcel) = parcels.remove(named) else { continue };
                match held {
                    Held::Partly(there) if parcel.in_doubt => {
                        parcel.in_doubt = false;
                        self.carry_on(parcel, *there, report);
                    }
                    Held::Partly(there) => {
                        // What it said earlier it may have lost since.
                        (parcel.there, parcel.furthest) = (*there, *there);
                        self.bring.push_back(parcel);
                    }
                    Held::Whole => report.brought += usize::from(parcel.in_doubt),
                    Held::Unknown | Held::OtherBytes => report.not_moved += 1,
                }
            }
            return;
        }
        let Some(((_, held), parcel)) = held.first().copied().zip(self.bring.pop_front()) else { return };
        match held {
            Held::Partly(there) => self.carry_on(parcel, there, report),
            Held::OtherBytes => self.carry_on(parcel, 0, report),
            Held::Whole => report.brought += 1,
            Held::Unknown => report.not_moved += 1,
        }
    }

    fn carry_on(&mut self, mut parcel: Parcel, there: u64, report: &mut TransferReport) {
        if parcel.comes_to(there) {
            self.bring.push_front(parcel);
        } else {
            report.not_moved += 1;
        }
    }

    /// So much is here by now of what is next.
    pub(super) fn came(&mut self, kept: Kept, report: &mut TransferReport) {
        let Some(mut parcel) = self.fetch.pop_front() else { return };
        let goes_on = match kept {
            Kept::Partly(there) => parcel.comes_to(there),
            Kept::OtherBytes => parcel.comes_to(0),
            Kept::Whole => {
                report.fetched += 1;
                return;
            }
            Kept::NotWanted => false,
        };
        if goes_on {
            self.fetch.push_front(parcel);
        } else {
            report.not_moved += 1;
        }
    }
}

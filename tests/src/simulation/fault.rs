//! Faults that the simulator has to find: each is planted from outside, by a line that rewrites answers, a trigger in the
//! database, or files put back, so that the product itself has no switch for any of them.

use super::server::copy_server;
use crate::line::Faults;
use crate::world::World;
use canvass_core::domain::{Audience, DeviceNumber};
use canvass_server::store::SqliteStore;
use clap::ValueEnum;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

/// A fault that can be planted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Fault {
    /// The server answers before its commit is durable: when it dies, the last request's work is gone.
    AcknowledgedBeforeCommit,
    /// A phone is told a position that counts changes which are still on their way.
    PositionBeforeCommit,
    /// A phone put back to a copy of its files writes under the same actor as before.
    ActorReused,
    /// The server does not tell phones which records left them.
    EvictionForgotten,
    /// The server refuses changes and does not keep them.
    RefusalWithoutBytes,
    /// A contribution is added to its sum twice.
    CountedTwice,
    /// The server does not tell phones what was erased.
    ErasureForgotten,
}

impl Fault {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::AcknowledgedBeforeCommit,
        Self::PositionBeforeCommit,
        Self::ActorReused,
        Self::EvictionForgotten,
        Self::RefusalWithoutBytes,
        Self::CountedTwice,
        Self::ErasureForgotten,
    ];
}

/// What is planted in one run.
pub(super) struct Planted {
    fault: Option<Fault>,
    /// How many numbers the changes that are on their way from each phone have drawn already.
    drawn: Rc<RefCell<BTreeMap<DeviceNumber, u64>>>,
    /// Where the server's database is now.
    database: Rc<RefCell<PathBuf>>,
    /// The server's files as they were before the last request.
    before: PathBuf,
}

impl Planted {
    pub(super) fn new(fault: Option<Fault>, world: &World) -> Self {
        let planted = Self {
            fault,
            drawn: Rc::default(),
            database: Rc::new(RefCell::new(world.store.path().to_owned())),
            before: world.folder().join("before"),
        };
        planted.in_the_database(world);
        planted
    }

    fn in_the_database(&self, world: &World) {
        let trigger = match self.fault {
            Some(Fault::RefusalWithoutBytes) => {
                "CREATE TRIGGER planted AFTER INSERT ON quarantine BEGIN
                     DELETE FROM quarantine WHERE hash = new.hash AND device = new.device;
                 END"
            }
            Some(Fault::CountedTwice) => {
                "CREATE TRIGGER planted AFTER INSERT ON contribution BEGIN
                     UPDATE tally SET value = value + new.value WHERE campaign = new.campaign AND unit = new.unit
                         AND week = new.week AND metric = new.metric AND status = new.status;
                 END"
            }
            _ => return,
        };
        world.run(world.store.tamper(trigger.to_owned())).expect("planted");
    }

    /// Plants it on a phone's line.
    pub(super) fn on_the_line(&self, line: &Faults) {
        match self.fault {
            Some(Fault::AcknowledgedBeforeCommit) => {
                let (database, before) = (self.database.clone(), self.before.clone());
                line.before_arrival(move || copy_server(&database.borrow(), &before));
                // Phones would bring back what is lost, and make up for the fault: so they are not told how far the log came.
                line.rewrite_each(|_, response| response.commit = None);
            }
            Some(Fault::PositionBeforeCommit) => {
                let drawn = self.drawn.clone();
                line.rewrite_each(move |request, response| {
                    let drawn = drawn.borrow();
                    let others = drawn.iter().filter(|(device, _)| **device != request.device);
                    let ahead: u64 = others.map(|(_, changes)| changes).sum();
                    let units = response.positions.iter_mut().filter(|at| matches!(at.feed, Audience::Unit(_)));
                    units.for_each(|position| position.high += ahead);
                });
            }
            Some(Fault::ErasureForgotten) => line.rewrite_each(|_, response| response.erased.clear()),
            Some(Fault::EvictionForgotten) => line.rewrite_each(|_, response| response.evictions.clear()),
            _ => {}
        }
    }

    /// So many changes are on their way from each phone.
    pub(super) fn on_their_way(&self, changes: BTreeMap<DeviceNumber, u64>) {
        *self.drawn.borrow_mut() = changes;
    }

    /// Whether a phone put back writes under the actor of the opening from which the copy is.
    pub(super) fn reuses_actors(&self) -> bool {
        self.fault == Some(Fault::ActorReused)
    }

    /// Copies to a folder what is left of the server's files when it dies.
    pub(super) fn left_of(&self, store: &Arc<SqliteStore>, to: PathBuf) -> PathBuf {
        if self.fault == Some(Fault::AcknowledgedBeforeCommit) && self.before.exists() {
            copy_server(&self.before.join("canvass.db"), &to);
        } else {
            copy_server(store.path(), &to);
        }
        self.is_in(&to);
        to
    }

    /// The server's files are in a folder now.
    pub(super) fn is_in(&self, folder: &Path) {
        *self.database.borrow_mut() = folder.join("canvass.db");
    }
}

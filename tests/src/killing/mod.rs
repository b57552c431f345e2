//! A kill loop on real processes: a server and a phone that record and sync over loopback, killed at random, started again,
//! and asked whether all that was said to be safe is there. With a power cut each killed process also finds its files as
//! its disk would have them.

mod child;
mod pair;
mod phone;
mod powercut;
mod server;
mod steps;

pub use phone::work;
pub use powercut::{Disk, Shim};
pub use server::serve;
pub use steps::{Stepped, at_every_step, at_every_step_of_a_start, at_every_step_of_an_opening};

use std::fmt;
use std::path::Path;
use std::time::{Duration, Instant};

/// One of the two processes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The server.
    Server,
    /// The phone.
    Phone,
}

/// What is to be done.
#[derive(Debug, Clone)]
pub struct Plan {
    /// How many kills at least.
    pub kills: usize,
    /// What happens follows from this, but for the moments at which the machine lets it.
    pub seed: u64,
    /// Each kill is a power cut.
    pub power_cut: bool,
    /// Whose commits do not wait for the disk: the phone's are `NORMAL` then, the server's `OFF`.
    pub weakened: Option<Role>,
}

/// After how many kills all is looked at, and begun anew, so that the files stay small.
const EPOCH: usize = 100;

/// What was done, and what was lost.
#[derive(Debug, Clone, Default)]
pub struct Figures {
    /// Kills of the server.
    pub server_kills: usize,
    /// Kills of the phone.
    pub phone_kills: usize,
    /// How many of them came while the process was starting.
    pub while_starting: usize,
    /// How often all was looked at, and begun anew.
    pub epochs: usize,
    /// Records and edits that the phone said it had saved.
    pub saved: usize,
    /// Changes that the phone said the server had acknowledged.
    pub acknowledged: usize,
    /// Syncs that ended well.
    pub synced: usize,
    /// Saved records that a phone did not have any more, or only an earlier edition of.
    pub lost_saved: usize,
    /// Acknowledged changes that the server did not have any more.
    pub lost_acknowledged: usize,
    /// Whatever else is not as it has to be.
    pub faults: Vec<String>,
    /// How long it took.
    pub took: Duration,
}

impl Figures {
    /// All kills.
    pub fn kills(&self) -> usize {
        self.server_kills + self.phone_kills
    }

    /// Whether nothing was lost, and nothing else is wrong.
    pub fn all_is_well(&self) -> bool {
        self.lost_saved + self.lost_acknowledged == 0 && self.faults.is_empty()
    }

    fn count_kill(&mut self, role: Role) {
        match role {
            Role::Server => self.server_kills += 1,
            Role::Phone => self.phone_kills += 1,
        }
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.took.as_secs_f64();
        let (kills, starting) = (self.kills(), self.while_starting);
        writeln!(
            f,
            "{kills} kills ({} of the server, {} of the phone, {starting} of them while it was starting) in {seconds:.0} s",
            self.server_kills, self.phone_kills
        )?;
        writeln!(f, "{} records and edits saved: {} lost", self.saved, self.lost_saved)?;
        writeln!(f, "{} changes acknowledged: {} lost", self.acknowledged, self.lost_acknowledged)?;
        write!(f, "{} syncs, {} times all was looked at and begun anew", self.synced, self.epochs)?;
        self.faults.iter().try_for_each(|fault| write!(f, "\nWRONG: {fault}"))
    }
}

/// Kills by a plan. `program` is one that has the roles of [`serve`] and [`work`]; `progress` is told the kills so far.
///
/// # Panics
/// When the machine does not let it: no process, no folder, no compiler for a power cut.
pub fn run(program: &Path, plan: &Plan, mut progress: impl FnMut(usize)) -> Figures {
    let begun = Instant::now();
    let mut figures = Figures::default();
    let shim = plan.power_cut.then(|| Shim::compiled().expect("a power cut needs a C compiler (`cc`) and Linux"));
    while figures.kills() < plan.kills && (plan.weakened.is_some() || figures.all_is_well()) {
        let until = plan.kills.min(figures.kills() + EPOCH);
        let seed = plan.seed.wrapping_mul(1_000_003).wrapping_add(figures.epochs as u64);
        let mut pair = pair::Pair::begin(program, plan, shim.as_ref(), seed, &mut figures);
        let going = pair.kill_until(until, &mut progress);
        if going.is_some() {
            pair.look_at_all();
        }
        figures.epochs += 1;
    }
    figures.took = begun.elapsed();
    figures
}

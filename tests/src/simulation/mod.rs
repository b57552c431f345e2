//! The simulator: one seed becomes a plan of what people do, what the network does and what breaks; it is played on real
//! phones and a real server, and then every promise has to hold. A plan that breaks one is made as short as it goes.

mod checks;
mod fault;
mod plan;
mod play;
mod server;
mod shrink;
mod stage;

pub use fault::Fault;
pub use plan::{Road, Sort, Step, plan};
pub use shrink::shrink;
pub use stage::Deeds;

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// How many steps a run has, unless it is said otherwise.
pub const STEPS: usize = 60;

/// A run that broke a promise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Its seed.
    pub seed: u64,
    /// What was played.
    pub steps: Vec<Step>,
    /// Which promise broke, and how.
    pub words: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "seed {} breaks a promise: {}", self.seed, self.words)?;
        writeln!(f, "{} steps:", self.steps.len())?;
        self.steps.iter().try_for_each(|step| writeln!(f, "  {step:?}"))
    }
}

/// Plays the plan of a seed and checks every promise.
///
/// # Errors
/// The first promise that broke, with the whole plan.
pub fn run(seed: u64, steps: usize, fault: Option<Fault>) -> Result<Deeds, Failure> {
    let steps = plan(seed, steps);
    play(seed, &steps, fault).map_err(|words| Failure { seed, steps, words })
}

/// Plays some steps and checks every promise. Whatever panics on the way has broken one, too.
///
/// # Errors
/// The first promise that broke, in words.
pub fn play(seed: u64, steps: &[Step], fault: Option<Fault>) -> Result<Deeds, String> {
    let played = catch_unwind(AssertUnwindSafe(|| play::play(seed, steps, fault)));
    played.unwrap_or_else(|panic| {
        let words = panic.downcast_ref::<String>().cloned();
        let words = words.or_else(|| panic.downcast_ref::<&str>().map(|words| (*words).to_owned()));
        Err(format!("a panic: {}", words.unwrap_or_default()))
    })
}

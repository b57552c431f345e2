//! A seed becomes a plan, purely: the same seed, the same steps. Numbers in steps choose among what is there when a step is
//! played, so that a plan still means something when steps are taken out of it.

use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// How many phones there are.
pub(super) const PHONES: usize = 5;

/// What is recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    /// A prospect.
    Prospect,
    /// A visit to a prospect.
    Visit,
    /// An account opened for a prospect.
    Claim,
}

/// What the network does to one sync.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Road {
    /// Nothing.
    Clear,
    /// One request in four is lost, repeated or cut short, there or back.
    Basement,
    /// The answers to so many requests are lost.
    Unheard(usize),
    /// So many requests hang on the way, until they are let go; from eight on the sync gives up.
    Hanging(usize),
    /// A bit flips on the way there (or back).
    Flipped(bool, usize),
}

/// One step. `phone` is the place of a phone, `pick` chooses a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields say what they are")]
pub enum Step {
    /// Something is recorded.
    Record { phone: usize, what: Sort, pick: usize, amount: i64 },
    /// A field of a prospect is edited; 0 clears it.
    Edit { phone: usize, pick: usize, field: usize, value: i64 },
    /// Two phones put different values into one field of a prospect that both hold.
    Clash { phone: usize, other: usize, pick: usize, value: i64 },
    /// An outcome's amount is edited, which only its author may.
    EditClaim { phone: usize, pick: usize, amount: i64 },
    /// A conflict is settled.
    Resolve { phone: usize, pick: usize },
    /// A record is withdrawn.
    Withdraw { phone: usize, pick: usize },
    /// A phone syncs.
    Sync { phone: usize, road: Road, luck: u64 },
    /// What hung on the way from a phone arrives.
    Release { phone: usize },
    /// A phone has no signal any more.
    Cut { phone: usize },
    /// A phone has a signal again.
    Mend { phone: usize },
    /// A phone's clock goes wrong by so much from now on.
    Skew { phone: usize, ms: i64 },
    /// Time passes.
    Pass { hours: i64 },
    /// An app ends and starts again.
    Restart { phone: usize },
    /// A phone dies and starts again from what its files were.
    Crash { phone: usize },
    /// A copy of a phone's files is made.
    Backup { phone: usize },
    /// A phone is put back to the last copy of its files.
    Restore { phone: usize },
    /// The server dies and starts again from what its files were.
    ServerCrash,
    /// A prospect is assigned to a sub-branch.
    Reassign { pick: usize, unit: usize },
    /// The back office judges an outcome.
    Judge { pick: usize, confirm: bool },
    /// A leader decides on what is held.
    Decide { pick: usize, accept: bool },
    /// A device is revoked.
    Revoke { phone: usize, hand_over: bool },
    /// A person goes to another sub-branch.
    Move { phone: usize, unit: usize },
    /// The server is put back to one of the backups that are made whenever time passes.
    ServerRestore { pick: usize },
    /// A prospect is erased with all that belongs to it, or a visit alone.
    Erase { pick: usize, whole: bool },
}

/// The plan of a seed.
pub fn plan(seed: u64, steps: usize) -> Vec<Step> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let opening = (0..PHONES).flat_map(|phone| {
        let first = Step::Record { phone, what: Sort::Prospect, pick: 0, amount: 0 };
        [first, Step::Sync { phone, road: Road::Clear, luck: 0 }]
    });
    let mut all: Vec<_> = opening.take(steps).collect();
    all.extend((all.len()..steps).map(|_| step(&mut rng)));
    all
}

fn road(rng: &mut ChaCha8Rng) -> Road {
    match rng.random_range(0..20) {
        0..=8 => Road::Clear,
        9..=13 => Road::Basement,
        14..=15 => Road::Unheard(rng.random_range(1..=8)),
        16..=17 => Road::Hanging(*[1, 2, 8, 8].choose(rng).unwrap_or(&1)),
        _ => Road::Flipped(rng.random_bool(0.5), rng.random_range(0..4_000)),
    }
}

fn step(rng: &mut ChaCha8Rng) -> Step {
    let phone = rng.random_range(0..PHONES);
    let pick = rng.random_range(0..1_000);
    match rng.random_range(0..202) {
        0..=8 => Step::Record { phone, what: Sort::Prospect, pick, amount: 0 },
        9..=26 => Step::Record { phone, what: Sort::Visit, pick, amount: 0 },
        27..=37 => Step::Record { phone, what: Sort::Claim, pick, amount: rng.random_range(1..90_000) },
        38..=59 => Step::Edit { phone, pick, field: rng.random_range(0..3), value: rng.random_range(0..3) },
        60..=66 => {
            let other = (phone + rng.random_range(1..PHONES)) % PHONES;
            Step::Clash { phone, other, pick, value: rng.random_range(1..1_000) }
        }
        67..=71 => Step::EditClaim { phone, pick, amount: rng.random_range(1..900_000) },
        72..=78 => Step::Resolve { phone, pick },
        79..=81 => Step::Withdraw { phone, pick },
        82..=135 => Step::Sync { phone, road: road(rng), luck: rng.random() },
        136..=140 => Step::Release { phone },
        141..=143 => Step::Cut { phone },
        144..=148 => Step::Mend { phone },
        149..=151 => {
            let minute = 60_000;
            let choices = [0, 3 * minute, -20 * minute, 30 * 60 * minute, -72 * 60 * minute, 900 * 24 * 60 * minute];
            Step::Skew { phone, ms: *choices.choose(rng).unwrap_or(&0) }
        }
        152..=158 => Step::Pass { hours: rng.random_range(1..30) },
        159..=160 => Step::Pass { hours: 24 * rng.random_range(5..20) },
        161..=164 => Step::Restart { phone },
        165..=168 => Step::Crash { phone },
        169..=175 => Step::Backup { phone },
        176..=182 => Step::Restore { phone },
        183..=185 => Step::ServerCrash,
        186..=189 => Step::Reassign { pick, unit: rng.random_range(0..6) },
        190..=193 => Step::Judge { pick, confirm: rng.random_bool(0.6) },
        194..=195 => Step::Decide { pick, accept: rng.random_bool(0.6) },
        196 => Step::Revoke { phone, hand_over: rng.random_bool(0.6) },
        198..=199 => Step::ServerRestore { pick: pick + rng.random_range(0..6) },
        200..=201 => Step::Erase { pick, whole: rng.random_bool(0.5) },
        _ => Step::Move { phone, unit: rng.random_range(0..6) },
    }
}

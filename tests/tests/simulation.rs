//! Simulated runs: whatever people, phones, the network and the server do, by one seed each, every promise holds in the end;
//! and whoever breaks one on purpose is found.

use canvass_tests::simulation::{Deeds, Fault, Road, STEPS, Sort, Step, plan, play, run, shrink};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// Seeds in which each fault is found, and what the check says that finds it. Where a changed product makes a seed miss,
/// `simulate --plant <fault>` finds another.
const CAUGHT: [(Fault, u64, &str); 7] = [
    (Fault::AcknowledgedBeforeCommit, 6, "acknowledged and lost"),
    (Fault::PositionBeforeCommit, 7, "lacks"),
    (Fault::ActorReused, 29, "seq-reuse"),
    (Fault::EvictionForgotten, 1, "still holds"),
    (Fault::RefusalWithoutBytes, 5, "refused without its bytes kept"),
    (Fault::CountedTwice, 2, "the tallies are not the sums of the contributions"),
    (Fault::ErasureForgotten, 0, "still holds"),
];

/// Steps that once broke a promise, as short as they were made.
const MENDED: [(&str, &[Step]); 5] = [
    (
        "a visit to a prospect that was assigned elsewhere before it came stayed on its phone for ever",
        &[
            Step::Record { phone: 3, what: Sort::Prospect, pick: 0, amount: 0 },
            Step::Sync { phone: 3, road: Road::Clear, luck: 0 },
            Step::Record { phone: 3, what: Sort::Visit, pick: 0, amount: 0 },
            Step::Reassign { pick: 0, unit: 1 },
        ],
    ),
    (
        "a phone put back to a copy from before its first sync kept what its person no longer may hold",
        &[
            Step::Record { phone: 4, what: Sort::Prospect, pick: 0, amount: 0 },
            Step::Backup { phone: 4 },
            Step::Sync { phone: 4, road: Road::Clear, luck: 0 },
            Step::Move { phone: 4, unit: 1 },
            Step::Restore { phone: 4 },
        ],
    ),
    (
        "a server that was put back got the same change back at the same place, behind another one that a phone then never got",
        &[
            Step::Record { phone: 0, what: Sort::Prospect, pick: 0, amount: 0 },
            Step::Sync { phone: 0, road: Road::Clear, luck: 0 },
            Step::Record { phone: 1, what: Sort::Prospect, pick: 0, amount: 0 },
            Step::Sync { phone: 1, road: Road::Clear, luck: 0 },
            Step::Record { phone: 2, what: Sort::Prospect, pick: 0, amount: 0 },
            Step::Sync { phone: 2, road: Road::Clear, luck: 0 },
            Step::Record { phone: 3, what: Sort::Prospect, pick: 0, amount: 0 },
            Step::Record { phone: 4, what: Sort::Prospect, pick: 0, amount: 0 },
            Step::Sync { phone: 4, road: Road::Clear, luck: 0 },
            Step::Sync { phone: 3, road: Road::Unheard(7), luck: 0 },
            Step::Record { phone: 4, what: Sort::Prospect, pick: 498, amount: 0 },
            Step::Reassign { pick: 199, unit: 3 },
            Step::Pass { hours: 3 },
            Step::Edit { phone: 0, pick: 456, field: 2, value: 2 },
            Step::Reassign { pick: 549, unit: 1 },
            Step::Edit { phone: 1, pick: 574, field: 1, value: 1 },
            Step::Sync { phone: 0, road: Road::Unheard(2), luck: 0 },
            Step::Sync { phone: 4, road: Road::Clear, luck: 0 },
            Step::ServerRestore { pick: 662 },
            Step::Sync { phone: 1, road: Road::Clear, luck: 0 },
            Step::Sync { phone: 4, road: Road::Clear, luck: 0 },
        ],
    ),
    (
        "a server that was put back refused an edit because of an assignment that it had lost and that came after it",
        &[
            Step::Record { phone: 4, what: Sort::Prospect, pick: 0, amount: 0 },
            Step::Sync { phone: 4, road: Road::Clear, luck: 0 },
            Step::Pass { hours: 13 },
            Step::Reassign { pick: 688, unit: 2 },
            Step::Sync { phone: 3, road: Road::Clear, luck: 0 },
            Step::ServerRestore { pick: 852 },
            Step::Edit { phone: 3, pick: 864, field: 0, value: 2 },
        ],
    ),
    (
        "a phone that had heard of one erasure did not hear of another once the server was put back to before both",
        &[
            Step::Record { phone: 0, what: Sort::Prospect, pick: 0, amount: 0 },
            Step::Record { phone: 1, what: Sort::Prospect, pick: 0, amount: 0 },
            Step::Sync { phone: 1, road: Road::Clear, luck: 0 },
            Step::Record { phone: 2, what: Sort::Prospect, pick: 0, amount: 0 },
            Step::Record { phone: 4, what: Sort::Prospect, pick: 0, amount: 0 },
            Step::Record { phone: 0, what: Sort::Visit, pick: 736, amount: 0 },
            Step::Sync { phone: 2, road: Road::Flipped(false, 3099), luck: 1_172_612_915_345_145_309 },
            Step::Sync { phone: 4, road: Road::Clear, luck: 2_308_982_716_107_691_353 },
            Step::Sync { phone: 0, road: Road::Clear, luck: 5_297_507_280_202_659_344 },
            Step::Pass { hours: 3 },
            Step::Erase { pick: 639, whole: true },
            Step::Sync { phone: 4, road: Road::Basement, luck: 9_015_527_796_493_724_868 },
            Step::Erase { pick: 843, whole: false },
            Step::ServerRestore { pick: 502 },
        ],
    ),
];

#[test]
fn what_once_broke_a_promise_breaks_none_any_more() {
    for (story, steps) in MENDED {
        assert_eq!(play(0, steps, None).err(), None, "{story}");
    }
}

#[test]
fn two_hundred_seeds_break_no_promise() {
    const SEEDS: u64 = 200;
    let (next, sum) = (AtomicU64::new(0), Mutex::new(Deeds::default()));
    let work = || {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= SEEDS {
                break;
            }
            match run(seed, STEPS, None) {
                Ok(deeds) => *sum.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) += deeds,
                Err(failure) => panic!("{failure}\nmade shorter: {}", shrink(&failure, None)),
            }
        }
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(work);
        }
    });
    let deeds = *sum.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    println!("{deeds:?}");
    // A check of what never happens proves nothing.
    let happened = [
        deeds.edits,
        deeds.syncs,
        deeds.given_up,
        deeds.crashes,
        deeds.restores,
        deeds.server_restores,
        deeds.acknowledged,
        deeds.pulled,
        deeds.refused,
        deeds.decided,
        deeds.evicted,
        deeds.wiped,
        deeds.verdicts,
        deeds.moves,
        deeds.erasures,
    ];
    assert!(happened.iter().all(|times| *times >= 10), "{deeds:?}");
}

#[test]
fn every_planted_fault_is_found_by_its_seed_and_nothing_without_it() {
    for (fault, seed, expected) in CAUGHT {
        assert_eq!(run(seed, STEPS, None).err(), None, "{fault:?}");
        let Err(failure) = run(seed, STEPS, Some(fault)) else { panic!("{fault:?} is not found by seed {seed}") };
        assert!(failure.words.contains(expected), "{fault:?}: {}", failure.words);
        assert!(failure.to_string().contains(&format!("seed {seed}")), "{failure}");
    }
    assert!(Fault::ALL.iter().all(|fault| CAUGHT.iter().any(|(caught, ..)| caught == fault)));
}

#[test]
fn a_failing_run_becomes_as_short_as_it_goes() {
    let (fault, seed, _) = CAUGHT[0];
    let Err(failure) = run(seed, STEPS, Some(fault)) else { panic!("{fault:?} is not found by seed {seed}") };
    let short = shrink(&failure, Some(fault));
    assert!(short.steps.len() <= 5 && !short.steps.is_empty(), "{short}");
    assert_eq!(play(seed, &short.steps, Some(fault)).err().as_ref(), Some(&short.words));
    assert_eq!(play(seed, &short.steps, None).err(), None);
}

#[test]
fn the_same_seed_plays_the_same() {
    for seed in 0..5 {
        assert_eq!(plan(seed, STEPS), plan(seed, STEPS));
        assert_eq!(run(seed, STEPS, None), run(seed, STEPS, None));
    }
    assert_ne!(plan(0, STEPS), plan(1, STEPS));
}

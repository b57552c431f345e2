//! Plays any number of seeds on all cores, and says what they came to. The first that breaks a promise is shown with as few
//! steps as it takes.

use canvass_tests::simulation::{Deeds, Failure, Fault, STEPS, run, shrink};
use clap::Parser;
use indicatif::{ProgressBar, ProgressStyle};
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// Plays simulated runs of phones and a server, and checks every promise after each.
#[derive(Debug, Parser)]
struct Args {
    /// How many seeds.
    #[arg(long, default_value_t = 1_000)]
    seeds: u64,
    /// The first of them.
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// How many steps each run has.
    #[arg(long, default_value_t = STEPS)]
    steps: usize,
    /// How many runs at once; as many as there are cores, unless it is said.
    #[arg(long)]
    threads: Option<usize>,
    /// Plants a fault, to see that it is found.
    #[arg(long)]
    plant: Option<Fault>,
}

#[derive(Default)]
struct Found {
    deeds: Deeds,
    played: u64,
    failure: Option<Failure>,
}

fn main() -> ExitCode {
    let args = Args::parse();
    // What panics within a run is told with its seed.
    std::panic::set_hook(Box::new(|_| {}));
    let bar = ProgressBar::new(args.seeds);
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos}/{len} seeds, {per_sec}, {eta} left") {
        bar.set_style(style);
    }
    let (next, found, begun) = (AtomicU64::new(args.from), Mutex::new(Found::default()), Instant::now());
    let lock = || found.lock().unwrap_or_else(PoisonError::into_inner);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..args.threads.unwrap_or(cores) {
            scope.spawn(|| {
                while lock().failure.is_none() {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= args.from.saturating_add(args.seeds) {
                        break;
                    }
                    let result = run(seed, args.steps, args.plant);
                    let mut found = lock();
                    found.played += 1;
                    match result {
                        Ok(deeds) => found.deeds += deeds,
                        // Of several at once, the lowest seed is told.
                        Err(failure) if found.failure.as_ref().is_none_or(|known| failure.seed < known.seed) => {
                            found.failure = Some(failure);
                        }
                        Err(_) => {}
                    }
                    bar.inc(1);
                }
            });
        }
    });
    bar.finish_and_clear();
    let seconds = begun.elapsed().as_secs_f64();
    let Found { deeds, played, failure } = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    println!("{played} seeds in {seconds:.1} s ({:.1} a second)", played as f64 / seconds.max(0.001));
    println!(
        "{} edits, {} syncs ({} gave up), {} crashes, {} restores of phones, {} of the server",
        deeds.edits, deeds.syncs, deeds.given_up, deeds.crashes, deeds.restores, deeds.server_restores
    );
    println!(
        "{} changes acknowledged, {} refused, {} decided on, {} records evicted, {} phones wiped, {} verdicts, {} moves, {} erasures",
        deeds.acknowledged,
        deeds.refused,
        deeds.decided,
        deeds.evicted,
        deeds.wiped,
        deeds.verdicts,
        deeds.moves,
        deeds.erasures
    );
    let Some(failure) = failure else { return ExitCode::SUCCESS };
    println!("\n{}\nmade shorter:", failure.words);
    println!("{}", shrink(&failure, args.plant));
    let plant = args.plant.map_or_else(String::new, |fault| {
        use clap::ValueEnum;
        let name = fault.to_possible_value().map(|value| value.get_name().to_owned());
        format!(" --plant {}", name.unwrap_or_default())
    });
    println!("again: simulate --from {} --seeds 1 --steps {}{plant}", failure.seed, args.steps);
    ExitCode::FAILURE
}

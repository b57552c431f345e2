//! Kills a server and a phone at random, and says what was lost: `killer --kills 5000`. It starts itself as both.

use canvass_tests::killing::{self, Plan, Role, Shim};
use clap::{Parser, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Kills a server and a phone that record and sync, at random, and looks whether anything that was said to be safe is lost.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// How many kills
    #[arg(long, default_value_t = 500)]
    kills: usize,
    /// What happens follows from this
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Each kill is a power cut: what was not synced is gone from the files (needs Linux and `cc`)
    #[arg(long)]
    power_cut: bool,
    /// Whose commits do not wait for the disk, to see that a power cut then does lose something
    #[arg(long, value_enum, value_name = "WHO")]
    weaken: Option<Who>,
    /// Instead kill each of the two at every step that it makes in its files, one run for each step (needs Linux and `cc`)
    #[arg(long, conflicts_with_all = ["kills", "seed", "power_cut", "weaken"])]
    every_step: bool,
    /// Play the server on a folder (started by this program itself)
    #[arg(long, value_name = "FOLDER", hide = true)]
    as_server: Option<PathBuf>,
    /// Play the phone on a folder (started by this program itself)
    #[arg(long, value_name = "FOLDER", hide = true)]
    as_phone: Option<PathBuf>,
    /// After how many syncs the phone ends
    #[arg(long, hide = true)]
    syncs: Option<usize>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Who {
    /// The phone: `synchronous = NORMAL`
    Phone,
    /// The server: `synchronous = OFF`
    Server,
}

impl From<Who> for Role {
    fn from(who: Who) -> Self {
        match who {
            Who::Phone => Self::Phone,
            Who::Server => Self::Server,
        }
    }
}

fn every_step(program: &Path) -> ExitCode {
    let Some(shim) = Shim::compiled() else {
        eprintln!("stopping at every step needs Linux and a C compiler (`cc`)");
        return ExitCode::FAILURE;
    };
    let runs = [
        ("a phone from its beginning", killing::at_every_step(program, &shim, Role::Phone)),
        ("a server at work", killing::at_every_step(program, &shim, Role::Server)),
        ("a server's first start", killing::at_every_step_of_a_start(program, &shim, None, &[])),
    ];
    for (what, stepped) in &runs {
        println!("{what}: {stepped}");
    }
    if runs.iter().all(|(_, stepped)| stepped.faults.is_empty()) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let weakened = arguments.weaken.map(Role::from);
    if let Some(folder) = &arguments.as_server {
        killing::serve(folder, weakened != Some(Role::Server));
        return ExitCode::SUCCESS;
    }
    if let Some(folder) = &arguments.as_phone {
        killing::work(folder, arguments.seed, weakened != Some(Role::Phone), arguments.syncs);
        return ExitCode::SUCCESS;
    }
    let plan = Plan { kills: arguments.kills, seed: arguments.seed, power_cut: arguments.power_cut, weakened };
    let program = match std::env::current_exe() {
        Ok(program) => program,
        Err(error) => {
            eprintln!("this program does not find itself: {error}");
            return ExitCode::FAILURE;
        }
    };
    if arguments.every_step {
        return every_step(&program);
    }
    let bar = ProgressBar::new(plan.kills as u64);
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} kills, {per_sec}, {eta} to go");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    let figures = killing::run(&program, &plan, |kills| bar.set_position(kills as u64));
    bar.finish_and_clear();
    println!("{figures}");
    if figures.all_is_well() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

//! The figures that Canvass promises, measured side by side with what they are promised against. `cargo bench` measures
//! all of them, `cargo bench -- sync` those whose name has the word in it. Everything is real: replicas and stores on disk,
//! HTTP to a server in a process of its own, and `synchronous = FULL` wherever the text says durable.

#![expect(clippy::expect_used, reason = "a benchmark whose preparation fails has nothing to say")]
#![expect(clippy::cast_precision_loss, reason = "counts and sums of a benchmark are small")]

mod fairness;
mod keeping;
mod lookup;
mod monday;
mod pages;
mod phone;
mod process;
mod sample;
mod server;
mod stock;
mod table;
mod town;
mod wire;

use std::time::Instant;
use stock::Stock;
use table::Report;

type Measure = fn(&mut Report, &mut Stock);

const FIGURES: &[(&str, Measure)] = &[
    ("1-save", phone::saves),
    ("2-open", phone::opening),
    ("3-idle-sync", |report, stock| wire::idle(report, stock, server::MANY, "visits-many")),
    ("4-push-bytes", wire::push),
    ("4-push-time", server::push),
    ("5-first-sync", server::first_sync),
    ("6-edit", wire::edit),
    ("7-ingest", server::ingest),
    ("8-page", pages::page),
    ("8-outcome", pages::outcome),
    ("9-fairness", fairness::flooded),
    ("10-check", keeping::check),
    ("11-search", lookup::search),
    ("12-notes", lookup::notes),
    ("13-targets", lookup::targets),
    ("14-day", lookup::day),
    ("15-units", monday::units),
    ("16-sealing", monday::million),
];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match &arguments[..] {
        [what, path] if what == process::SERVE => return process::run(path, false),
        [what, path] if what == process::SERVE_LIMITED => return process::run(path, true),
        [what, path] if what == lookup::OPEN => return lookup::open_and_look_up(path),
        [what, url, database, turn] if what == fairness::FLOOD => return fairness::flood(url, database, turn),
        _ => {}
    }
    if !arguments.iter().any(|argument| argument == "--bench") {
        println!("These are benchmarks: run them with `cargo bench`.");
        return;
    }
    let wanted: Vec<&String> = arguments.iter().filter(|argument| !argument.starts_with('-')).collect();
    let (mut report, mut stock, start) = (Report::default(), Stock::open(), Instant::now());
    for (name, measure) in FIGURES {
        if wanted.is_empty() || wanted.iter().any(|word| name.contains(word.as_str())) {
            eprintln!("{name}");
            measure(&mut report, &mut stock);
        }
    }
    report.print();
    let (all, spent) = (start.elapsed().as_secs_f64(), stock.spent.as_secs_f64());
    println!("\nPreparing databases took {spent:.0} s, measuring {:.0} s.", all - spent);
}

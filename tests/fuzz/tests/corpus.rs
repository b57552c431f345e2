//! Runs each target on every input that was kept for it: those of `corpus`, which between them reach nearly all that a fuzzer
//! reached, and those of `crashes`, on which it once failed. None may panic, or take more memory or work than its bound.
//! Time is not measured, since machines differ: work is counted in allocations, and what goes on for ever ends no test.

#![allow(clippy::expect_used)] // Clippy takes only what stands inside a test function for a test.

use canvass_core::domain::{DeviceNumber, PhoneTime, RecordId, ServerTime};
use canvass_core::wire::{CampaignStandings, MAX_PLAIN, Request, Response, Standings, UnitStanding};
use canvass_fuzz::{TARGETS, body, caught, contain};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

const MIB: u64 = 1024 * 1024;
/// What a message may take in memory: what it unpacks to, while the buffer for that grows, and what is decoded of it.
const MESSAGE: u64 = 4 * MAX_PLAIN as u64;
/// In allocations: a change is applied, loaded and edited many times for one input.
const WORK: u64 = 50_000;

/// How many bytes a target may have at a time.
fn bound(target: &str) -> u64 {
    match target {
        "request" | "response" | "phone" => MESSAGE,
        // Nobody who is not known yet has more than 64 KiB unpacked.
        "entrance" => MIB,
        // Files as small as these, and changes, of which none is larger than 64 KiB.
        _ => 8 * MIB,
    }
}

fn kept() -> [PathBuf; 2] {
    ["corpus", "crashes"].map(|folder| Path::new(env!("CARGO_MANIFEST_DIR")).join(folder))
}

fn names(folder: &Path) -> BTreeSet<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    entries.map(|entry| entry.expect("an entry").file_name().into_string().expect("text")).collect()
}

/// Runs a target on an input, and says what is wrong.
fn judge(name: &str, run: fn(&[u8]), input: &[u8]) -> Option<String> {
    let mut panic = None;
    let took = allocation_counter::measure(|| panic = caught(|| run(input)));
    let wrong = match panic {
        Some(words) => words,
        None if took.bytes_max > bound(name) => format!("{} bytes at a time", took.bytes_max),
        None if took.count_total > WORK => format!("{} allocations", took.count_total),
        None => return None,
    };
    Some(wrong)
}

#[test]
fn nothing_that_was_kept_makes_a_target_panic_or_take_more_than_its_bound() {
    contain();
    let mut wrong = Vec::new();
    for (name, run) in TARGETS {
        let inputs = kept().map(|folder| folder.join(name));
        let inputs = inputs.iter().flat_map(|folder| names(folder).into_iter().map(|file| folder.join(file)));
        let mut count = 0;
        for path in inputs {
            count += 1;
            let words = judge(name, run, &std::fs::read(&path).expect("an input"));
            wrong.extend(words.map(|words| format!("{}: {words}", path.display())));
        }
        println!("{name}: {count} inputs");
        assert!(count > 10, "{name} has {count} inputs");
    }
    drop(std::panic::take_hook());
    assert!(wrong.is_empty(), "{} fail:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn whatever_was_kept_is_of_a_target() {
    let targets: BTreeSet<String> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    let [corpus, crashes] = kept().map(|folder| names(&folder));
    assert_eq!(corpus, targets);
    assert!(crashes.is_subset(&targets), "{crashes:?}");
    let driven = names(&Path::new(env!("CARGO_MANIFEST_DIR")).join("libfuzzer/targets"));
    assert_eq!(driven, targets.iter().map(|name| format!("{name}.rs")).collect(), "what a fuzzer drives");
}

/// The most that a message can be: in bytes, and in things.
#[test]
fn the_largest_and_the_fullest_messages_take_no_more_than_their_bound() {
    let blank: Vec<u8> = [&[1][..], &vec![0; MAX_PLAIN + 1]].concat();
    let (device, person) = (DeviceNumber::new(7), "P1".parse().expect("a person"));
    let mut request = Request::new(device, person, PhoneTime::from_millis(0).expect("a time"), 1, 1);
    request.able = vec![String::new(); 499_000];
    let mut response = Response::new(1, ServerTime::from_millis(0).expect("a time"));
    let unit = UnitStanding {
        unit: "B".parse().expect("a unit"),
        rank: 1,
        score: 1,
        target: 1,
        movement: None,
        totals: vec![],
    };
    let (campaign, week) = (RecordId::new(4, [4; 10]), "2026-W10".parse().expect("a week"));
    let units = vec![unit; 70_000];
    response.standings = Some(Standings {
        version: 1,
        campaigns: vec![CampaignStandings { campaign, name: String::new(), week, units }],
    });
    let bodies = [body(&blank), request.encode().expect("fits"), response.encode().expect("fits")];
    for (body, decodes) in bodies.iter().zip([false, true, true]) {
        let mut decoded = false;
        let took = allocation_counter::measure(|| {
            decoded = Request::decode(body).is_ok() | Response::decode(body).is_ok();
        });
        assert!(decoded == decodes && took.bytes_max < MESSAGE, "{took:?}");
    }
}

//! Processes that are killed at random, and power that is cut: nothing is lost that was said to be safe. A server and a phone
//! are started by the program `killer` and killed, and say after each start whether all is there.

#![expect(clippy::expect_used, reason = "fixtures are right or the test is wrong")]

use canvass_tests::browser::foreign;
use canvass_tests::killing::{Figures, Plan, Role, Shim, run};
use std::path::Path;

fn killed(plan: &Plan) -> Figures {
    let figures = run(Path::new(env!("CARGO_BIN_EXE_killer")), plan, |_| {});
    assert!(
        figures.kills() >= plan.kills && figures.saved > plan.kills && figures.acknowledged > plan.kills,
        "{figures}"
    );
    figures
}

/// Whether the power can be cut here.
fn can_cut_power() -> bool {
    foreign(Shim::compiled(), "cutting the power needs a C compiler (`cc`) and Linux").is_some()
}

#[test]
fn kills_at_random_lose_nothing_that_was_saved_or_acknowledged() {
    let figures = killed(&Plan { kills: 40, seed: 1, power_cut: false, weakened: None });
    assert!(figures.all_is_well(), "{figures}");
    assert!(figures.server_kills > 5 && figures.phone_kills > 5, "{figures}");
}

#[test]
fn power_cuts_lose_nothing_that_was_saved_or_acknowledged() {
    if can_cut_power() {
        let figures = killed(&Plan { kills: 40, seed: 2, power_cut: true, weakened: None });
        assert!(figures.all_is_well(), "{figures}");
    }
}

#[test]
fn power_cuts_would_lose_what_a_phone_saved_if_it_did_not_wait_for_the_disk() {
    if can_cut_power() {
        let figures = killed(&Plan { kills: 20, seed: 3, power_cut: true, weakened: Some(Role::Phone) });
        assert!(figures.lost_saved > 20 && figures.faults.is_empty(), "{figures}");
    }
}

#[test]
fn power_cuts_would_lose_what_a_server_acknowledged_if_it_did_not_wait_for_the_disk() {
    if can_cut_power() {
        let figures = killed(&Plan { kills: 20, seed: 4, power_cut: true, weakened: Some(Role::Server) });
        assert!(figures.lost_acknowledged > 20 && figures.lost_saved == 0, "{figures}");
    }
}

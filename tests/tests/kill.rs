//! Processes that are killed at random, and power that is cut: nothing is lost that was said to be safe. A server and a phone
//! are started by the program `killer` and killed, and say after each start whether all is there.

use canvass_tests::browser::foreign;
use canvass_tests::golden::{old_changes, old_phone, old_server};
use canvass_tests::killing::{
    Figures, Plan, Role, Shim, at_every_step, at_every_step_of_a_start, at_every_step_of_an_opening, run,
};
use std::path::Path;

fn killer() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_killer"))
}

fn killed(plan: &Plan) -> Figures {
    let figures = run(killer(), plan, |_| {});
    assert!(
        figures.kills() >= plan.kills && figures.saved > plan.kills && figures.acknowledged > plan.kills,
        "{figures}"
    );
    figures
}

/// What cuts the power, if it can be cut here.
fn shim() -> Option<Shim> {
    foreign(Shim::compiled(), "cutting the power needs a C compiler (`cc`) and Linux")
}

#[test]
fn kills_at_random_lose_nothing_that_was_saved_or_acknowledged() {
    let figures = killed(&Plan { kills: 30, seed: 1, power_cut: false, weakened: None });
    assert!(figures.all_is_well(), "{figures}");
    assert!(figures.server_kills > 3 && figures.phone_kills > 3, "{figures}");
}

#[test]
fn power_cuts_lose_nothing_that_was_saved_or_acknowledged() {
    if shim().is_some() {
        let figures = killed(&Plan { kills: 30, seed: 2, power_cut: true, weakened: None });
        assert!(figures.all_is_well(), "{figures}");
    }
}

#[test]
fn power_cuts_would_lose_what_a_phone_saved_if_it_did_not_wait_for_the_disk() {
    if shim().is_some() {
        let figures = killed(&Plan { kills: 12, seed: 3, power_cut: true, weakened: Some(Role::Phone) });
        assert!(figures.lost_saved > 20 && figures.faults.is_empty(), "{figures}");
    }
}

#[test]
fn power_cuts_would_lose_what_a_server_acknowledged_if_it_did_not_wait_for_the_disk() {
    if shim().is_some() {
        let figures = killed(&Plan { kills: 12, seed: 4, power_cut: true, weakened: Some(Role::Server) });
        assert!(figures.lost_acknowledged > 20 && figures.lost_saved == 0, "{figures}");
    }
}

#[test]
fn a_phone_killed_at_every_step_has_what_it_saved() {
    let Some(shim) = shim() else { return };
    let stepped = at_every_step(killer(), &shim, Role::Phone);
    assert!(stepped.faults.is_empty(), "{stepped:#?}");
    assert!(stepped.steps > 50 && stepped.saved > stepped.steps && stepped.acknowledged > 50, "{stepped:#?}");
}

#[test]
fn a_server_killed_at_every_step_has_what_it_acknowledged() {
    let Some(shim) = shim() else { return };
    let stepped = at_every_step(killer(), &shim, Role::Server);
    assert!(stepped.faults.is_empty(), "{stepped:#?}");
    assert!(stepped.steps > 20 && stepped.acknowledged > stepped.steps, "{stepped:#?}");
}

#[test]
fn a_server_killed_at_every_step_of_its_first_start_starts_again() {
    let Some(shim) = shim() else { return };
    let stepped = at_every_step_of_a_start(killer(), &shim, None, &[]);
    assert!(stepped.faults.is_empty(), "{stepped:#?}");
    assert!(stepped.steps > 50, "{stepped:#?}");
}

#[test]
fn a_server_killed_at_every_step_of_an_update_has_what_it_had_before() {
    let Some(shim) = shim() else { return };
    let files = tempfile::tempdir().expect("a folder");
    old_server(files.path());
    let stepped = at_every_step_of_a_start(killer(), &shim, Some(files.path()), &old_changes());
    assert!(stepped.faults.is_empty(), "{stepped:#?}");
    assert!(stepped.steps > 10, "{stepped:#?}");
}

#[test]
fn a_phone_killed_at_every_step_of_an_update_has_what_it_had_before() {
    let Some(shim) = shim() else { return };
    let files = tempfile::tempdir().expect("a folder");
    old_phone(files.path());
    let stepped = at_every_step_of_an_opening(killer(), &shim, files.path());
    assert!(stepped.faults.is_empty(), "{stepped:#?}");
}

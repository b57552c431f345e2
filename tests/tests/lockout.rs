//! Who guesses at a password or a code is locked out, whether there is such a login or not; its owner is not.

use canvass_server::clock::Clock;
use canvass_server::store::{Actor, Logins};
use canvass_tests::visitor::{CHOSEN, Visitor, first_login, wait};
use canvass_tests::{World, person};

#[test]
fn nobody_learns_from_the_answers_who_has_a_login_and_failures_lock_any_name_alike() {
    let world = World::new(3);
    first_login(&mut Visitor::new(&world), "B1-L");
    let names = ["B1-L", "B2-L", "nobody", "王芳' OR 1=1"];
    let mut answers = Vec::new();
    for n in 1..=6 {
        let of_each = names.map(|name| {
            let answer = Visitor::new(&world).log_in(name, "not the password");
            let shown = name.replace('\'', "&#39;");
            (
                answer.status,
                answer.text().replace(&format!("value=\"{shown}\""), "value=\"NAME\"").replace(name, "NAME"),
            )
        });
        assert!(of_each.iter().all(|answer| *answer == of_each[0]), "after {n}: {of_each:#?}");
        answers.push(of_each[0].clone());
    }
    let statuses: Vec<_> = answers.iter().map(|(status, _)| *status).collect();
    assert_eq!(statuses, [401, 401, 401, 401, 429, 429]);
    assert!(answers[0].1.contains("The staff code or the password is wrong"), "{}", answers[0].1);
    assert!(answers[5].1.contains("Try again in about 1 min"), "{}", answers[5].1);
    // The right password is not even looked at.
    assert_eq!(Visitor::new(&world).log_in("B1-L", CHOSEN).status, 429);
    for (seconds, words) in [(60, "in about 2 min"), (120, "in about 4 min")] {
        wait(&world, seconds);
        let locked = Visitor::new(&world).log_in("B1-L", "not the password");
        assert!(locked.status == 429 && locked.text().contains(words), "{}", locked.text());
    }
    wait(&world, 4 * 60);
    assert_eq!(Visitor::new(&world).log_in("B1-L", CHOSEN).status, 303);
}

#[test]
fn who_fails_with_anothers_staff_code_locks_it_for_themselves_and_not_for_its_owner() {
    let world = World::new(13);
    let (authenticator, _) = first_login(&mut Visitor::new(&world), "B1-L");
    for n in 0..40 {
        let mut stranger = Visitor::at(&world, &format!("203.0.113.{}", n % 8));
        assert!([401, 429].contains(&stranger.log_in("B1-L", "not the password").status));
    }
    assert_eq!(Visitor::at(&world, "203.0.113.7").log_in("B1-L", CHOSEN).status, 429);
    let locked = world.run(world.store.logins(world.clock.now())).expect("read").into_iter();
    assert!(
        locked.filter(|login| login.tried_until.is_some() && login.locked_until.is_none()).count() == 1,
        "an administrator sees that it is tried"
    );
    let mut leader = Visitor::at(&world, "198.51.100.1");
    assert_eq!(leader.log_in("B1-L", CHOSEN).status, 303);
    leader.get("/login/code?lang=en");
    wait(&world, 30);
    assert_eq!(leader.submit("/login/code", &[("code", &authenticator.code(world.clock.now()))]).status, 303);
    assert_eq!(Visitor::at(&world, "203.0.113.7").log_in("B1-L", CHOSEN).status, 429, "theirs stays");
}

#[test]
fn failures_from_very_many_places_lock_a_staff_code_but_not_where_its_owner_came_in_before() {
    let world = World::new(14);
    let mut leader = Visitor::at(&world, "198.51.100.1");
    let (authenticator, _) = first_login(&mut leader, "B1-L");
    wait(&world, 30);
    leader.log_in("B1-L", CHOSEN);
    leader.get("/login/code?lang=en");
    assert_eq!(leader.submit("/login/code", &[("code", &authenticator.code(world.clock.now()))]).status, 303);
    let from = |address: &str| Visitor::at(&world, address).log_in("B1-L", CHOSEN).status;
    // All the networks of one site are one place.
    for n in 0..52 {
        Visitor::at(&world, &format!("2001:db8:1:{n:x}::1")).log_in("B1-L", "not the password");
    }
    assert_eq!((from("2001:db8:1:ffff::1"), from("192.0.2.1")), (429, 303));
    for n in 0..52 {
        Visitor::at(&world, &format!("203.0.113.{n}")).log_in("B1-L", "not the password");
    }
    assert_eq!((from("192.0.2.1"), from("198.51.100.1")), (429, 303));
    world.run(world.store.enable_login(&person("B1-L"), Actor::Operator, world.clock.now())).expect("lifted");
    assert_eq!(from("192.0.2.1"), 303);
}

#[test]
fn a_password_that_is_right_does_not_forgive_wrong_codes() {
    let world = World::new(4);
    let (authenticator, _) = first_login(&mut Visitor::new(&world), "B1-L");
    let mut statuses = Vec::new();
    for _ in 0..6 {
        let mut thief = Visitor::new(&world);
        if thief.log_in("B1-L", CHOSEN).status == 303 {
            thief.get("/login/code?lang=en");
            statuses.push(thief.submit("/login/code", &[("code", "000000")]).status);
        }
    }
    assert_eq!(statuses, [401, 401, 401, 401, 429]);
    wait(&world, 61);
    let mut leader = Visitor::new(&world);
    leader.log_in("B1-L", CHOSEN);
    leader.get("/login/code?lang=en");
    let code = authenticator.code(world.clock.now());
    assert_eq!(leader.submit("/login/code", &[("code", &code)]).status, 303);
}

#[test]
fn who_guesses_the_present_password_in_a_session_is_locked_out_like_at_the_door() {
    let world = World::new(12);
    let mut thief = Visitor::new(&world);
    first_login(&mut thief, "B1-L");
    thief.get("/account/password?lang=en");
    let new = "another sentence that is long";
    let mut change = |present: &str| {
        let answer = thief.submit("/account/password", &[("present", present), ("new", new), ("again", new)]);
        (answer.status, answer.text())
    };
    let statuses: Vec<_> = (0..6).map(|n| change(&format!("guess {n}")).0).collect();
    assert_eq!(statuses, [422, 422, 422, 422, 429, 429]);
    let (status, words) = change(CHOSEN);
    assert!(status == 429 && words.contains("in about 1 min"), "the right one is not even looked at: {words}");
    assert_eq!(Visitor::new(&world).log_in("B1-L", CHOSEN).status, 429);
}

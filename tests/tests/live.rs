//! Open pages are told when they are out of date, and a server that stops lets them go.

#![expect(clippy::expect_used, reason = "fixtures are right or the test is wrong")]

use axum::body::{Body, BodyDataStream};
use axum::http::Request;
use canvass_server::clock::Clock;
use canvass_server::http::router;
use canvass_server::store::{Actor, Logins, Which};
use canvass_tests::{World, person};
use futures_util::StreamExt;
use std::pin::Pin;

use tower::ServiceExt;

/// A stream of what is new, as a page opens it.
async fn listening(world: &World, cookie: String) -> Pin<Box<BodyDataStream>> {
    let request = Request::get("/events").header("cookie", cookie).body(Body::empty()).expect("a request");
    let response = router(world.app()).oneshot(request).await.expect("answered");
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    Box::pin(response.into_body().into_data_stream())
}

/// The version of the standings in the next thing told; none when the stream has ended.
async fn told(stream: &mut Pin<Box<BodyDataStream>>) -> Option<serde_json::Value> {
    loop {
        let bytes = stream.next().await?.expect("sent");
        let text = String::from_utf8(bytes.to_vec()).expect("text");
        if let Some(data) = text.lines().find_map(|line| line.strip_prefix("data: ")) {
            return Some(serde_json::from_str(data).expect("JSON"));
        }
    }
}

/// The version that a page carries.
fn carried(world: &World, address: &str) -> String {
    let html = world.get(address).text();
    html.split("data-version=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a version").to_owned()
}

#[test]
fn an_open_page_is_told_when_a_phone_has_synced_and_only_of_what_it_shows() {
    let world = World::new(1);
    let campaign = world.launch(&World::plain_campaign());
    let mut wang = world.phone("B1-S1-P1");
    let garden = wang.prospect("银枫家园");
    wang.sync();
    let standings = format!("/standings?campaign={campaign}&week=2026-W10");
    let prospect = format!("/prospects/{garden}?campaign={campaign}&week=2026-W10");
    let cookie = world.cookie("H-P");
    let mut stream = world.run(listening(&world, cookie));
    let first = world.run(told(&mut stream)).expect("told");
    assert_eq!(first["standings"], carried(&world, &standings));
    assert_eq!(first["records"], carried(&world, &prospect));

    // An edit that counts for nothing: the prospect's page is out of date, the standings are not.
    wang.edit(garden, "households", 850);
    wang.sync();
    let second = world.run(told(&mut stream)).expect("told");
    assert_eq!(second["standings"], first["standings"]);
    assert_ne!(second["records"], first["records"]);
    assert_eq!(second["records"], carried(&world, &prospect));

    wang.visit(garden);
    wang.sync();
    let third = world.run(told(&mut stream)).expect("told");
    assert_ne!(third["standings"], second["standings"]);
    assert_eq!(third["standings"], carried(&world, &standings));
}

#[test]
fn a_server_that_stops_ends_the_streams_of_open_pages() {
    let world = World::new(2);
    let cookie = world.cookie("H-P");
    let mut stream = world.run(listening(&world, cookie));
    assert!(world.run(told(&mut stream)).is_some());
    world.app().live.stop();
    assert_eq!(world.run(told(&mut stream)), None);
}

#[test]
fn the_stream_of_a_session_that_ended_tells_nothing_more() {
    let world = World::new(3);
    let mut wang = world.phone("B1-S1-P1");
    let cookie = world.cookie("H-P");
    let mut stream = world.run(listening(&world, cookie));
    assert!(world.run(told(&mut stream)).is_some());
    let who = person("H-P");
    let ended = world.store.end_sessions(&who, Which::All, Actor::Operator, world.clock.now());
    assert_eq!(world.run(ended).expect("ended"), 1);
    wang.prospect("银枫家园");
    wang.sync();
    assert_eq!(world.run(told(&mut stream)), None);
}

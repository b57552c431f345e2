//! One phone that asks for too much is turned away in words, and nobody else notices.

#![expect(clippy::expect_used, reason = "fixtures are right or the test is wrong")]

use axum::body::{Body, to_bytes};
use axum::http::Request as HttpRequest;
use canvass_core::signing::Authorization;
use canvass_core::wire::Request;
use canvass_server::http::limits::{Allowances, Limits};
use canvass_server::http::{CONTENT_TYPE, router};
use canvass_tests::{Holder, World, key_of};
use tower::ServiceExt;

/// What a phone gets for an idle sync: the status, and the body as text.
fn synced(world: &World, router: &axum::Router, phone: &Holder) -> (u16, String) {
    let device = phone.device();
    let body = Request::new(device, phone.person(), world.now(), 7, 1 << 20).encode().expect("encoded");
    let signed = Authorization::sign(&key_of(device), device, "/v1/sync", world.now(), &body).expect("signed");
    let request = HttpRequest::post("/v1/sync")
        .header("content-type", CONTENT_TYPE)
        .header("content-length", body.len())
        .header("authorization", signed.to_string())
        .body(Body::from(body))
        .expect("a request");
    world.run(async {
        let answer = router.clone().oneshot(request).await.expect("answered");
        let status = answer.status().as_u16();
        let body = to_bytes(answer.into_body(), 1 << 22).await.expect("a body");
        (status, String::from_utf8_lossy(&body).into_owned())
    })
}

#[test]
fn a_phone_that_floods_is_told_to_wait_and_its_colleague_syncs_on() {
    let world = World::with_managers(9, 2);
    let mut app = world.app();
    app.limits = Limits::new(app.clock.clone(), Allowances::default());
    let router = router(app);
    let (heavy, colleague) = (world.phone("B1-S1-P1"), world.phone("B1-S1-P2"));
    let turned_away = (0..200).map(|_| synced(&world, &router, &heavy)).find(|(status, _)| *status != 200);
    let (status, words) = turned_away.expect("somewhen too much");
    assert_eq!(status, 429, "{words}");
    assert!(words.contains("urn:canvass:problem:too-many-requests") && words.contains("wait 1 second"), "{words}");
    assert_eq!(synced(&world, &router, &colleague).0, 200);
    assert_eq!(synced(&world, &router, &heavy).0, 429);
    world.pass_hours(1);
    assert_eq!(synced(&world, &router, &heavy).0, 200, "who waited is served again");
}

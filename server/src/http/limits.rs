//! How much one address, and one phone, may ask for: so much in a while, and so much at once. One heavy or hostile sender
//! waits or is turned away; the others do not notice. Memory is bounded: who is too many shares a budget.

pub use super::budget::Allowance;
use super::budget::{Budget, Ticks};
use super::client::ClientAddress;
pub use super::lane::{Lane, LaneAllowance};
use super::places::AtOnce;
pub use super::places::{Place, Turn};
use super::{App, Problem};
use crate::clock::Clock;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use canvass_core::domain::DeviceNumber;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

/// How many senders are told apart; more share one budget.
const SENDERS: usize = 100_000;
/// How many requests one counts as that proves nothing: checking a signature is work, and for nobody.
const UNPROVEN_COSTS: u32 = 20;

/// All allowances.
#[derive(Debug, Clone, Copy)]
pub struct Allowances {
    /// Requests of an address. A branch of 300 phones and its pages are one address, so this is generous.
    pub requests: Allowance,
    /// Requests of an address that prove nothing: a wrong signature, an unknown device, a wrong password.
    pub unproven: Allowance,
    /// Answers to invitations from an address.
    pub enrolments: Allowance,
    /// Passwords tried from an address: enough for a branch that comes to work at once, too little to guess.
    pub passwords: Allowance,
    /// Requests of a phone.
    pub device_requests: Allowance,
    /// Kilobytes of a phone's requests.
    pub device_kilobytes: Allowance,
    /// Records, changes and readings that a phone brings: the store's time goes into them, however small they are.
    pub device_pushes: Allowance,
    /// Requests of a phone about attachments, and their kilobytes both ways.
    pub attachments: LaneAllowance,
    /// How many of an address are worked on at once; others wait.
    pub address_at_once: usize,
    /// How many of a phone are worked on at once; others are turned away.
    pub device_at_once: usize,
}

impl Default for Allowances {
    fn default() -> Self {
        Self {
            requests: Allowance::of(3000, Duration::from_millis(10)),
            unproven: Allowance::of(60, Duration::from_secs(2)),
            enrolments: Allowance::of(30, Duration::from_secs(10)),
            passwords: Allowance::of(40, Duration::from_secs(5)),
            device_requests: Allowance::of(120, Duration::from_secs(1)),
            device_kilobytes: Allowance::of(32 * 1024, Duration::from_millis(4)),
            device_pushes: Allowance::of(10_000, Duration::from_millis(20)),
            attachments: LaneAllowance {
                requests: Allowance::of(600, Duration::from_millis(100)),
                kilobytes: Allowance::of(64 * 1024, Duration::from_millis(2)),
                at_once: 4,
            },
            address_at_once: 32,
            device_at_once: 4,
        }
    }
}

impl Allowances {
    /// As good as none, for simulations and measurements whose clock stands still.
    pub fn unbounded() -> Self {
        let any = Allowance::of(u32::MAX, Duration::from_nanos(1));
        Self {
            requests: any,
            unproven: any,
            enrolments: any,
            passwords: any,
            device_requests: any,
            device_kilobytes: any,
            device_pushes: any,
            attachments: LaneAllowance { requests: any, kilobytes: any, at_once: usize::MAX },
            address_at_once: usize::MAX,
            device_at_once: usize::MAX,
        }
    }
}

/// All budgets of one server.
#[derive(Clone)]
pub struct Limits(Arc<Inner>);

struct Inner {
    requests: Budget<IpAddr>,
    unproven: Budget<IpAddr>,
    enrolments: Budget<IpAddr>,
    passwords: Budget<IpAddr>,
    device_pushes: Budget<DeviceNumber>,
    address_places: Arc<AtOnce<IpAddr>>,
    /// Those of requests about attachments.
    photo_places: Arc<AtOnce<IpAddr>>,
    records: Lane,
    attachments: Lane,
}

impl Limits {
    /// Full budgets, by a clock.
    pub fn new(clock: Arc<dyn Clock>, allowances: Allowances) -> Self {
        let ticks = Ticks(clock);
        let records = LaneAllowance {
            requests: allowances.device_requests,
            kilobytes: allowances.device_kilobytes,
            at_once: allowances.device_at_once,
        };
        Self(Arc::new(Inner {
            requests: Budget::new(allowances.requests, &ticks, SENDERS),
            unproven: Budget::new(allowances.unproven, &ticks, SENDERS),
            enrolments: Budget::new(allowances.enrolments, &ticks, SENDERS),
            passwords: Budget::new(allowances.passwords, &ticks, SENDERS),
            device_pushes: Budget::new(allowances.device_pushes, &ticks, SENDERS),
            address_places: Arc::new(AtOnce::new(allowances.address_at_once)),
            photo_places: Arc::new(AtOnce::new(allowances.address_at_once)),
            records: Lane::new(records, &ticks, SENDERS),
            attachments: Lane::new(allowances.attachments, &ticks, SENDERS),
        }))
    }

    /// The lane of syncs.
    pub fn records(&self) -> &Lane {
        &self.0.records
    }

    /// The lane of attachments.
    pub fn attachments(&self) -> &Lane {
        &self.0.attachments
    }

    /// Counts the records, changes and readings that a phone brings, once its message was read.
    ///
    /// # Errors
    /// `too-many-requests`, with how long to wait.
    pub fn device_pushes(&self, device: DeviceNumber, pushed: usize) -> Result<(), Problem> {
        if pushed == 0 {
            return Ok(());
        }
        let pushed = u32::try_from(pushed).unwrap_or(u32::MAX);
        self.0.device_pushes.take(device, pushed).map_err(|wait| self.0.records.makes_wait(device, wait))
    }

    /// Counts a request of an address; `enrols` if it answers an invitation.
    fn address(&self, client: ClientAddress, enrols: bool) -> Result<(), Problem> {
        if client.is_own() {
            return Ok(());
        }
        let block = client.block();
        let taken = self.0.requests.take(block, 1);
        let taken = taken.and_then(|()| if enrols { self.0.enrolments.take(block, 1) } else { Ok(()) });
        taken.map_err(|wait| Problem::too_many_requests("too much is asked for from your address", wait))
    }

    /// Counts a request that proved nothing as twenty, and takes one of the few such that are answered by why.
    fn unproven(&self, client: ClientAddress) -> Result<(), Problem> {
        if client.is_own() {
            return Ok(());
        }
        // What is left of the budget for less than that is for those who do prove who they are.
        let _costs_more = self.0.requests.take(client.block(), UNPROVEN_COSTS);
        let words = "too many requests from your address prove nothing";
        self.0.unproven.take(client.block(), 1).map_err(|wait| Problem::too_many_requests(words, wait))
    }

    /// Whether a password may be tried from an address now.
    pub fn password(&self, client: ClientAddress) -> bool {
        self.0.passwords.take(client.block(), 1).is_ok()
    }

    /// Waits for a place for an address. Photos of a branch have others than its records.
    async fn address_place(&self, client: ClientAddress, photos: bool) -> Option<Place<IpAddr>> {
        if client.is_own() {
            return None;
        }
        let places = if photos { &self.0.photo_places } else { &self.0.address_places };
        Some(places.place(client.block()).await)
    }
}

/// How long who asks for too much waits for that answer: a sender that does not wait by itself does so here, on its own
/// connection.
const TURNED_AWAY: Duration = Duration::from_millis(250);

/// The layer: counts each request of an address, lets it wait for a place, and counts it once more if it proved nothing.
pub(super) async fn guard(State(app): State<App>, request: Request, next: Next) -> Response {
    let Some(client) = request.extensions().get::<ClientAddress>().copied() else {
        return Problem::failed("a request came without an address").into_response();
    };
    let enrols = request.uri().path() == super::ENROL;
    let photos = request.uri().path().starts_with(super::ATTACHMENTS);
    let response = match app.limits.address(client, enrols) {
        Err(problem) => problem.into_response(),
        Ok(()) => {
            let _place = app.limits.address_place(client, photos).await;
            let response = next.run(request).await;
            let unproven = response.status() == StatusCode::UNAUTHORIZED;
            let counted = if unproven { app.limits.unproven(client) } else { Ok(()) };
            counted.map_or_else(IntoResponse::into_response, |()| response)
        }
    };
    if response.status() == StatusCode::TOO_MANY_REQUESTS {
        tokio::time::sleep(TURNED_AWAY).await;
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ManualClock;
    use canvass_core::domain::ServerTime;
    use futures_util::FutureExt;
    use tokio::time::{Instant, sleep};

    fn at(millis: i64) -> ServerTime {
        ServerTime::from_millis(millis).expect("a time")
    }

    fn limits() -> (Limits, ManualClock) {
        let clock = ManualClock::at(at(1_000_000));
        (Limits::new(Arc::new(clock.clone()), Allowances::default()), clock)
    }

    fn client(text: &str) -> ClientAddress {
        ClientAddress::new(text.parse().expect("an address"))
    }

    #[test]
    fn a_phone_that_floods_is_told_how_long_to_wait_and_the_others_are_not() {
        let (limits, clock) = limits();
        let (heavy, honest) = (DeviceNumber::new(7), DeviceNumber::new(8));
        let taken = (0..1000).take_while(|_| limits.records().take(heavy, 1).is_ok()).count();
        assert_eq!(taken, 120);
        let problem = limits.records().take(heavy, 1).expect_err("too many");
        assert_eq!(problem.status(), StatusCode::TOO_MANY_REQUESTS);
        assert!(problem.detail().contains("device 7") && problem.detail().contains("wait 1 second"), "{problem:?}");
        assert!(limits.records().take(honest, 1).is_ok());
        assert!(limits.records().waits(heavy).is_err(), "before its signature is looked at");
        assert!(limits.records().waits(honest).is_ok());
        clock.advance_to(at(1_000_000 + 2_000));
        assert!(limits.records().waits(heavy).is_ok());
        assert_eq!((0..10).take_while(|_| limits.records().take(heavy, 1).is_ok()).count(), 2);
    }

    #[test]
    fn bytes_count_too_and_one_body_of_any_size_is_let_through_once() {
        let (limits, clock) = limits();
        let device = DeviceNumber::new(7);
        assert_eq!(
            (0..100).take_while(|_| limits.records().take(device, 2 << 20).is_ok()).count(),
            16,
            "32 MiB at first"
        );
        assert!(limits.records().take(device, 2 << 20).is_err());
        clock.advance_to(at(1_000_000 + 9_000));
        assert!(limits.records().take(device, 2 << 20).is_ok());
        assert!(limits.records().take(DeviceNumber::new(8), u64::MAX).is_ok());
        assert!(limits.records().take(DeviceNumber::new(8), 1).is_err());
    }

    #[test]
    fn what_is_pushed_counts_however_small_it_is() {
        let (limits, clock) = limits();
        let (heavy, honest) = (DeviceNumber::new(7), DeviceNumber::new(8));
        assert_eq!((0..100).take_while(|_| limits.device_pushes(heavy, 1000).is_ok()).count(), 10);
        assert!(limits.records().waits(heavy).is_err() && limits.records().waits(honest).is_ok());
        assert!(limits.device_pushes(heavy, 0).is_ok(), "who only asks for what is new");
        assert!(limits.device_pushes(honest, 10_000).is_ok(), "a phone that was away for long");
        clock.advance_to(at(1_000_000 + 20_000));
        assert!(limits.records().waits(heavy).is_ok() && limits.device_pushes(heavy, 1000).is_ok());
        assert!(limits.device_pushes(heavy, 1000).is_err());
    }

    #[test]
    fn a_branch_behind_one_address_is_served_and_a_guesser_behind_it_is_slowed() {
        let (limits, clock) = limits();
        let branch = client("203.0.113.9");
        assert!((0..3000).all(|_| limits.address(branch, false).is_ok()));
        assert!(limits.address(branch, false).is_err());
        assert!(limits.address(client("203.0.113.10"), false).is_ok());
        clock.advance_to(at(1_000_000 + 60_000));
        assert_eq!((0..100).take_while(|_| limits.address(branch, true).is_ok()).count(), 30, "answers to invitations");
        assert_eq!((0..100).take_while(|_| limits.unproven(branch).is_ok()).count(), 60);
        assert_eq!((0..100).take_while(|_| limits.password(branch)).count(), 40);
        assert!(limits.password(client("203.0.113.10")));
        assert!(limits.address(branch, false).is_ok(), "who proves who they are is served on");
        assert!((0..10_000).all(|_| limits.address(client("127.0.0.1"), true).is_ok()), "the operator's own machine");
    }

    #[test]
    fn the_whole_of_a_network_of_ipv6_is_one_sender() {
        let (limits, _) = limits();
        let hosts = (0..100_u32).map(|host| client(&format!("2001:db8::{host:x}")));
        assert_eq!(hosts.take_while(|host| limits.address(*host, true).is_ok()).count(), 30);
    }

    #[tokio::test(start_paused = true)]
    async fn what_one_phone_asks_is_worked_on_one_after_the_other_with_more_time_for_others() {
        let (limits, _) = limits();
        let begun = Instant::now();
        let turn = limits.records().turn(DeviceNumber::new(7)).await;
        let mut next = Box::pin(limits.records().turn(DeviceNumber::new(7)));
        assert!((&mut next).now_or_never().is_none(), "it waits");
        assert!(limits.records().turn(DeviceNumber::new(8)).now_or_never().is_some(), "another does not");
        sleep(Duration::from_millis(200)).await;
        drop(turn);
        assert!((&mut next).now_or_never().is_none(), "it waits for others");
        drop(next.await);
        assert_eq!(begun.elapsed().as_millis() / 10, 80);
        assert!(limits.records().is_idle(), "who left is forgotten");
        for _ in 0..3 {
            let turn = limits.records().turn(DeviceNumber::new(7)).await;
            sleep(Duration::from_millis(200)).await;
            drop(turn);
        }
        assert_eq!(begun.elapsed().as_millis() / 10, 140, "nobody waits who asks for one thing after another");
    }

    #[tokio::test]
    async fn one_phone_has_four_places_and_one_address_thirty_two() {
        let (limits, _) = limits();
        let held: Vec<_> = (0..4).map(|_| limits.records().place(DeviceNumber::new(7)).expect("a place")).collect();
        let turned_away = limits.records().place(DeviceNumber::new(7)).err().expect("none is left");
        assert_eq!(turned_away.status(), StatusCode::TOO_MANY_REQUESTS);
        assert!(limits.records().place(DeviceNumber::new(8)).is_ok());
        drop(held);
        assert!(limits.records().place(DeviceNumber::new(7)).is_ok());
        assert!(limits.records().is_idle(), "who left is forgotten");
        let mut held = Vec::new();
        for _ in 0..32 {
            held.push(limits.address_place(client("203.0.113.9"), false).await);
        }
        let mut waiting = Box::pin(limits.address_place(client("203.0.113.9"), false));
        assert!(futures_util::FutureExt::now_or_never(&mut waiting).is_none());
        assert!(limits.address_place(client("203.0.113.10"), false).await.is_some());
        held.pop();
        assert!(waiting.await.is_some());
        held.clear();
        assert!(limits.0.address_places.is_empty());
    }
}
